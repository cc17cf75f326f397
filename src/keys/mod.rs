//! What a key is, where it comes from, how long it lives.
//!
//! ```text
//! CK || IK = Ks --GBA_ME--> Ks_NAF ------> MUK (32) --MIKEY--> MSK (16, per Key Group) --MIKEY--> MTK (16 + salt 14)
//!            |                 '---------> MRK (32) --base64--> HTTP Digest password       |
//!            '----GBA_U---> Ks_int_NAF --> MUK                                             '--> SRTP session keys
//!                           Ks_ext_NAF --> MRK
//! ```

mod download;
mod gba;
mod kept_keys;
#[cfg(feature = "mcx")]
mod mc_signalling;
#[cfg(feature = "mcx")]
mod mcx;
mod msk;
mod msk_store;
mod mtk;
mod mtk_store;
mod muk;
mod muk_id;
mod muk_store;
mod protection;
mod psk;
mod replay;
mod srtp;

pub use download::{DownloadKeys, KeyUrl};
pub use gba::{Ks, KsExtNaf, KsIntNaf, KsNaf, NafId};
pub(crate) use kept_keys::{KeptKeys, KeyedMsk};
#[cfg(feature = "mcx")]
pub use mc_signalling::{MasterKey, MasterKeyLen, SignallingKeys, SrtpMaster, XpkIdForm};
#[cfg(feature = "mcx")]
pub use mcx::{Csk, Gmk, KeyId, McKey, McService, Mkfc, Mscck, MuSik, Pck, PurposeTag, Spk};
pub(crate) use msk::MskFields;
pub use msk::{Msk, MskEntry, MskRand};
pub(crate) use msk_store::Held;
pub use msk_store::{Inserted, MskStore, SameMskId, StoredMsk};
pub use mtk::{Mtk, MtkSalt};
pub use mtk_store::MtkStore;
pub use muk::{DigestPassword, DigestPasswordForm, Mrk, MrkDerivation, Muk, MukId, MukOctets};
pub(crate) use muk_id::MAX_KEPT_LEN;
pub use muk_id::{KeptMukId, MAX_MUK_ID_LEN, MukIdDigest, MukIdOctets};
pub use muk_store::{MAX_STORED_KEY_LEN, MukSlot, MukStore, StoredKey};
pub use protection::{Algorithms, MessageKeys, PreSharedKey, Protection, ProtectionKeys};
pub use psk::{Psk, Tgk};
pub use replay::{MtkWindow, SeqLower, check_counter};
pub use srtp::SrtpKeys;
