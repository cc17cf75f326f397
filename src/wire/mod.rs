//! Octets and their meaning: MIKEY messages and their payloads, without keys, without crypto, without policy.
//!
//! ```text
//! +-----+   +-----------+   +-----------+         +-----------+
//! | HDR |-->| payload 1 |-->| payload 2 |-- .. -->| payload n |--> 0
//! +-----+   +-----------+   +-----------+         +-----------+
//! ```
//!
//! Each arrow is a *next payload* octet that names what follows (RFC 3830 §5.2, §6.1).
//!
//! | file | what it holds | clause |
//! |---|---|---|
//! | `hdr` | common header, CS ID maps | RFC 3830 §6.1, RFC 4563 §5, RFC 6043 §6.1.1 |
//! | `kemac`, `key_data` | KEMAC, Key data and key validity | RFC 3830 §6.2, §6.13, §6.14 |
//! | `timestamp`, `identity` | T, ID and IDR | RFC 3830 §6.6, §6.7, RFC 6043 §6.6 |
//! | `sp`, `srtp_algorithm`, `srtp_policy` | SP, and what its parameters mean for SRTP | RFC 3830 §6.10, RFC 4771 §4, RFC 7714 §14.3 |
//! | `ext` | General Extension, Key ID information | RFC 3830 §6.15, RFC 4563 §4 |
//! | `err` | ERR and V | RFC 3830 §6.12, §6.9 |
//! | `sakke` | SAKKE | RFC 6509 §4.2 |
//! | `other` | PKE, DH, SIGN, CERT, CHASH | RFC 3830 §6.3 to §6.8 |
//! | `key_mgmt` | messages as text, the `key-mgmt` line of SDP | RFC 4567 §3 |
//! | `mbs_container` | MSKs in 5G NAS | TS 24.501 |
//! | `psk_walk` | the chain of a pre-shared-key message, by offsets | RFC 3830 §3.1 |
//! | `message`, `builder` | the chain, read and written | RFC 3830 §5.2 |
//!
//! Two levels: [`Message::decode`] walks the whole chain once and checks every bound; what comes out of it afterwards
//! cannot fail. Which payloads a certain message needs, and how often, is not decided here. Unknown *values* inside a
//! known payload stay in their code point type; an unknown *payload* ends decoding, because payloads share no length
//! field by which it could be skipped.

mod builder;
mod codepoint;
mod cursor;
mod err;
mod ext;
mod hdr;
mod identity;
mod kemac;
mod key_data;
mod key_mgmt;
mod mbs_container;
mod message;
mod other;
mod psk_walk;
mod reader;
mod sakke;
mod sp;
mod srtp_algorithm;
mod srtp_policy;
mod timestamp;
mod writer;

pub use builder::{MessageWriter, Unsealed};
pub use codepoint::{
    BcastSubtype, CsIdMapType, DataType, EncrAlg, ErrorNo, ExtType, IdRole, IdType, KeyDataType, KeyIdType,
    KvType, MacAlg, PayloadType, PrfFunc, ProtType, SpParamType, TsType,
};
pub use err::Verification;
pub use ext::{Extension, KeyIdOctets, KeyIdSub, KeyIds, key_id_subs};
pub use hdr::{CryptoSession, CsIdMap, GenericId, GenericIdMap, Hdr, SrtpIdMap, SrtpSession};
pub use identity::{Identity, IdentityRole};
pub use kemac::Kemac;
pub use key_data::{KeyData, KeyDataChain, KeyValidity, encode_key_data, key_data_len};
pub use key_mgmt::{
    MIKEY, TextError, decode_message_text, encode_key_mgmt_line, encode_message_text, key_mgmt_line_len,
    parse_key_mgmt_line,
};
pub use mbs_container::{MbsContainer, MbsKeySet};
pub use message::{Located, Message, Payload, Payloads};
pub use other::{Cert, Chash, Dh, Pke, Sign};
pub(crate) use psk_walk::PskPlaces;
pub use sakke::{SAKKE_ID_SCHEME_MC, SAKKE_ID_SCHEME_TEL, SAKKE_PARAMS_1, SED_LEN, Sakke};
pub use sp::{Policy, PolicyParam};
pub use srtp_algorithm::{SrtpAuth, SrtpAuthAlg, SrtpEncr};
pub use srtp_policy::SrtpPolicy;
pub use timestamp::{Timestamp, TsOctets};

/// Longest message, octets.
pub const MAX_MESSAGE_LEN: usize = 4096;

/// Most payloads of a message.
pub const MAX_PAYLOADS: usize = 32;

/// Longest identity, octets.
pub const MAX_IDENTITY_LEN: usize = 255;

/// Longest MSK message, verification message or MTK message that this library builds, octets: both identities at their
/// longest, two policies with all parameters, 16 crypto sessions, the SHA-256 suite.
pub const MAX_MSK_MESSAGE_LEN: usize = 1024;

/// Longest MTK message that this library builds, octets: header 10, EXT 19, T 6, KEMAC 5 + 36 + 32.
pub const MAX_MTK_MESSAGE_LEN: usize = 108;
