//! The points that no text in reach settles, each a field with its default.
//!
//! The numbers U1 to U30 and D1 to D5 name the points; docs of a field give the default and the alternatives. Points
//! that lie in the caller's hands have no field: U6 (the CSB ID to send is an argument), U29 (the RAND of an MSK
//! that did not come by MIKEY is an argument), D4 and D5 (identity octets and Network ID are arguments). U12, U20 and
//! U21 concern helpers and are arguments there: [`KeyDomainCoding`](crate::id::KeyDomainCoding),
//! [`KeyUrl`](crate::keys::KeyUrl), [`DownloadKeys`](crate::keys::DownloadKeys).

use crate::id::Counter;
use crate::keys::{DigestPasswordForm, MrkDerivation, MukOctets, SameMskId, SeqLower};
use crate::message::psk::ExtPlace;
use crate::wire::{IdType, KeyDataType};

/// Which wire profile a deployment speaks. A receiver runs one profile; nobody guesses from octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// TS 33.246 as published from Release 6 on.
    #[default]
    Rel6,
    /// The early draft: Key Group in the CSB ID, Network ID in IDi, MSK ID of 2 octets.
    Draft,
}

/// Which algorithms besides the mandatory set a receiver takes (point U28).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sha256Suite {
    /// PRF MIKEY-1, AES-CM-128 and HMAC-SHA-1-160 only.
    #[default]
    Off,
    /// Also PRF-HMAC-SHA-256, AES-CM-256 and HMAC-SHA-256-256 together (RFC 6043 §12.1).
    Full,
    /// Also PRF-HMAC-SHA-256, AES-CM-128 and HMAC-SHA-256-256 together.
    WithAes128,
}

/// What a UE tells the BM-SC about a message it refused (point U10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorMessages {
    /// Nothing.
    #[default]
    Never,
    /// After a wrong MAC an error message number 0 with V.
    OnBadMac,
}

/// What an MSK message with SEQl > SEQu does (point U18).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidInterval {
    /// A held MSK of that name is deleted.
    #[default]
    Delete,
    /// The message is refused, a held MSK stays.
    Reject,
}

/// Which CS ID map a verification message carries (point U30).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationMap {
    /// That of the message it answers.
    #[default]
    Repeat,
    /// The empty map.
    Empty,
}

/// Where the 2-octet Key Group stands in the 4-octet CSB ID of the draft (point D1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftGroup {
    /// In the low-order half: `00 00` and the group.
    #[default]
    Right,
    /// In the high-order half.
    Left,
}

/// The extension of the draft profile (point D2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftExt {
    /// The bare MSK ID, and the bare MTK ID behind it.
    #[default]
    Bare,
    /// Sub-payloads of RFC 4563 with an MSK ID of 2 octets.
    KeyIds,
}

/// The Key data types a writer uses (point U11); a reader takes all of TGK, TGK+SALT, TEK and TEK+SALT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDataTypes {
    /// Of an MSK; default TEK, alternative TGK.
    pub msk: KeyDataType,
    /// Of an MTK with salt; default TEK+SALT, alternative TGK+SALT.
    pub mtk_with_salt: KeyDataType,
    /// Of an MTK without salt; default TEK, alternative TGK.
    pub mtk: KeyDataType,
}

impl Default for KeyDataTypes {
    fn default() -> Self {
        Self { msk: KeyDataType::TEK, mtk_with_salt: KeyDataType::TEK_SALT, mtk: KeyDataType::TEK }
    }
}

/// All settings. [`Settings::DEFAULT`] is what the standards are most likely to mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The wire profile.
    pub profile: Profile,
    /// U1: derivation of the MRK. Default FC 01, `mbms-mrk`.
    pub mrk: MrkDerivation,
    /// U2: octets of the MUK. Default all 32.
    pub muk: MukOctets,
    /// U3: form of the Digest password. Default base64.
    pub digest_password: DigestPasswordForm,
    /// U5: ID type a writer gives IDi. Default URI; ignored on receipt.
    pub idi_type: IdType,
    /// U5: ID type a writer gives IDr. Default NAI; ignored on receipt.
    pub idr_type: IdType,
    /// U9: where a writer puts the Key ID extension. Default first; a reader takes any order.
    pub ext_place: ExtPlace,
    /// U10: error messages of a UE. Default never.
    pub error_messages: ErrorMessages,
    /// U11: Key data types a writer uses. Default TEK, TEK+SALT, TEK.
    pub key_data: KeyDataTypes,
    /// U13: whether an MSK message may lack RAND when the receiver holds one of the same MUK. Default no.
    pub rand_optional: bool,
    /// Longest RAND accepted, octets; shorter than 16 and longer than 32 is always refused. Default 32.
    pub rand_max_len: u8,
    /// U14: whether an octet-identical copy of the last MSK message is acknowledged again. Default no.
    pub reack_duplicate: bool,
    /// U15: the counter taken as stored where none is. Default none: any counter is accepted.
    pub initial_counter: Option<Counter>,
    /// U16: the lowest MTK ID of an interval. Default SEQl + 1.
    pub seq_lower: SeqLower,
    /// U18: an interval that ends before it begins. Default the MSK is deleted.
    pub invalid_interval: InvalidInterval,
    /// U19: the name of a held MSK again. Default merge.
    pub same_msk_id: SameMskId,
    /// U28: the SHA-256 suite. Default off.
    pub sha256_suite: Sha256Suite,
    /// U30: the map of a verification message. Default repeated.
    pub verification_map: VerificationMap,
    /// Whether keys may travel under NULL encryption (RFC 3830 §4.2.3 ties it to secure transports). Default no.
    pub allow_null_encryption: bool,
    /// Whether timestamps other than COUNTER are taken, for tests. Default no. Their low 32 bits are the counter.
    pub any_timestamp: bool,
    /// D1: place of the Key Group in the CSB ID of the draft. Default right.
    pub draft_group: DraftGroup,
    /// D2: extension of the draft. Default bare.
    pub draft_ext: DraftExt,
    /// D3: ID type of the Network ID in the IDi of the draft. Default NAI (0).
    pub draft_idi_type: IdType,
}

impl Settings {
    /// Every point at its default.
    pub const DEFAULT: Self = Self {
        profile: Profile::Rel6,
        mrk: MrkDerivation { fc: 0x01, p0: b"mbms-mrk" },
        muk: MukOctets::All,
        digest_password: DigestPasswordForm::Base64,
        idi_type: IdType::URI,
        idr_type: IdType::NAI,
        ext_place: ExtPlace::First,
        error_messages: ErrorMessages::Never,
        key_data: KeyDataTypes {
            msk: KeyDataType::TEK,
            mtk_with_salt: KeyDataType::TEK_SALT,
            mtk: KeyDataType::TEK,
        },
        rand_optional: false,
        rand_max_len: 32,
        reack_duplicate: false,
        initial_counter: None,
        seq_lower: SeqLower::Exclusive,
        invalid_interval: InvalidInterval::Delete,
        same_msk_id: SameMskId::Merge,
        sha256_suite: Sha256Suite::Off,
        verification_map: VerificationMap::Repeat,
        allow_null_encryption: false,
        any_timestamp: false,
        draft_group: DraftGroup::Right,
        draft_ext: DraftExt::Bare,
        draft_idi_type: IdType::NAI,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}
