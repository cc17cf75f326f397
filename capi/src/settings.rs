//! The uncertain points of the standards as numbers, each with its default.

use castkey::crypto::{Cipher, MacHash, Prf};
use castkey::id::Counter;
use castkey::keys::{Algorithms, SameMskId, SeqLower};
use castkey::message::psk::ExtPlace;
use castkey::settings::{
    DraftExt, DraftGroup, ErrorMessages, InvalidInterval, KeyDataTypes, Profile, Settings, Sha256Suite,
    VerificationMap,
};
use castkey::wire::{IdType, KeyDataType};

use crate::bytes::{Plain, Promise};
use crate::primitives::SHA1_ONLY;
use crate::status::{Status, castkey_status};

/// TS 33.246 as published from Release 6 on.
pub const CASTKEY_PROFILE_REL6: u32 = 0;
/// The early draft: Key Group in the CSB ID, MSK ID of 2 octets.
pub const CASTKEY_PROFILE_DRAFT: u32 = 1;
/// Behind the header.
pub const CASTKEY_EXT_FIRST: u32 = 0;
/// Behind T.
pub const CASTKEY_EXT_AFTER_T: u32 = 1;
/// Before the KEMAC.
pub const CASTKEY_EXT_BEFORE_KEMAC: u32 = 2;
/// A terminal sends no error messages.
pub const CASTKEY_ERROR_MESSAGES_NEVER: u32 = 0;
/// A terminal answers a wrong MAC by error message number 0.
pub const CASTKEY_ERROR_MESSAGES_ON_BAD_MAC: u32 = 1;
/// The lowest MTK ID of an interval is SEQl + 1.
pub const CASTKEY_SEQ_LOWER_EXCLUSIVE: u32 = 0;
/// The lowest MTK ID of an interval is SEQl.
pub const CASTKEY_SEQ_LOWER_INCLUSIVE: u32 = 1;
/// SEQl above SEQu deletes the MSK.
pub const CASTKEY_INVALID_INTERVAL_DELETE: u32 = 0;
/// SEQl above SEQu is refused.
pub const CASTKEY_INVALID_INTERVAL_REJECT: u32 = 1;
/// The same key keeps its counters, another one replaces it.
pub const CASTKEY_SAME_MSK_ID_MERGE: u32 = 0;
/// The entry is replaced.
pub const CASTKEY_SAME_MSK_ID_REPLACE: u32 = 1;
/// The message is refused.
pub const CASTKEY_SAME_MSK_ID_REFUSE: u32 = 2;
/// Only the mandatory suite is taken.
pub const CASTKEY_SHA256_SUITE_OFF: u32 = 0;
/// Also PRF-HMAC-SHA-256, AES-CM-256 and HMAC-SHA-256-256.
pub const CASTKEY_SHA256_SUITE_FULL: u32 = 1;
/// Also PRF-HMAC-SHA-256, AES-CM-128 and HMAC-SHA-256-256.
pub const CASTKEY_SHA256_SUITE_WITH_AES128: u32 = 2;
/// An acknowledgement has the CS ID map of its message.
pub const CASTKEY_VERIFICATION_MAP_REPEAT: u32 = 0;
/// An acknowledgement has the empty CS ID map.
pub const CASTKEY_VERIFICATION_MAP_EMPTY: u32 = 1;
/// The Key Group stands in the low half of the CSB ID.
pub const CASTKEY_DRAFT_GROUP_RIGHT: u32 = 0;
/// The Key Group stands in the high half of the CSB ID.
pub const CASTKEY_DRAFT_GROUP_LEFT: u32 = 1;
/// The draft's extension holds the bare IDs.
pub const CASTKEY_DRAFT_EXT_BARE: u32 = 0;
/// The draft's extension holds sub-payloads of RFC 4563.
pub const CASTKEY_DRAFT_EXT_KEY_IDS: u32 = 1;
/// MIKEY-1, AES-CM-128, HMAC-SHA-1-160: the mandatory suite (RFC 3830, 4.2).
pub const CASTKEY_SUITE_SHA1: u32 = 0;
/// PRF-HMAC-SHA-256, AES-CM-256, HMAC-SHA-256-256 (RFC 6043, 12.1).
pub const CASTKEY_SUITE_SHA256: u32 = 1;
/// PRF-HMAC-SHA-256, AES-CM-128, HMAC-SHA-256-256.
pub const CASTKEY_SUITE_SHA256_AES128: u32 = 2;

/// How the points that the standards leave open are settled. castkey_settings_default() fills in what they most likely mean;
/// change single fields afterwards. Flags are 0 or 1.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_settings {
    /// The wire profile: CASTKEY_PROFILE_*.
    pub profile: u32,
    /// ID type written for IDi. Default 1, URI.
    pub idi_type: u32,
    /// ID type written for IDr. Default 0, NAI.
    pub idr_type: u32,
    /// Where the Key ID extension is written: CASTKEY_EXT_*.
    pub ext_place: u32,
    /// What is said of a refused message: CASTKEY_ERROR_MESSAGES_*.
    pub error_messages: u32,
    /// Key data type of an MSK. Default 2, TEK.
    pub key_data_msk: u32,
    /// Key data type of an MTK with salt. Default 3, TEK+SALT.
    pub key_data_mtk_with_salt: u32,
    /// Key data type of an MTK without salt. Default 2, TEK.
    pub key_data_mtk: u32,
    /// Flag: an MSK message may lack RAND where one is held.
    pub rand_optional: u32,
    /// Longest RAND accepted, octets, at most 32. Default 32.
    pub rand_max_len: u32,
    /// Flag: an identical copy of the last MSK message is acknowledged again.
    pub reack_duplicate: u32,
    /// Flag: `initial_counter` counts as stored where no counter is.
    pub has_initial_counter: u32,
    /// See `has_initial_counter`.
    pub initial_counter: u32,
    /// CASTKEY_SEQ_LOWER_*.
    pub seq_lower: u32,
    /// CASTKEY_INVALID_INTERVAL_*.
    pub invalid_interval: u32,
    /// CASTKEY_SAME_MSK_ID_*.
    pub same_msk_id: u32,
    /// Which suites are taken besides the mandatory one: CASTKEY_SHA256_SUITE_*. A library built with `SUITES=sha1` knows OFF
    /// alone, and of the suites to send with CASTKEY_SUITE_SHA1.
    pub sha256_suite: u32,
    /// CASTKEY_VERIFICATION_MAP_*.
    pub verification_map: u32,
    /// Flag: keys may travel under NULL encryption.
    pub allow_null_encryption: u32,
    /// Flag: timestamps other than COUNTER are taken, for tests.
    pub any_timestamp: u32,
    /// CASTKEY_DRAFT_GROUP_*.
    pub draft_group: u32,
    /// CASTKEY_DRAFT_EXT_*.
    pub draft_ext: u32,
    /// ID type of the Network ID in the draft profile. Default 0, NAI.
    pub draft_idi_type: u32,
}

#[allow(unsafe_code, reason = "marks a type")]
// SAFETY: integers.
unsafe impl Plain for castkey_settings {}

const PROFILE: [Profile; 2] = [Profile::Rel6, Profile::Draft];
const EXT: [ExtPlace; 3] = [ExtPlace::First, ExtPlace::AfterT, ExtPlace::BeforeKemac];
const ERROR_MESSAGES: [ErrorMessages; 2] = [ErrorMessages::Never, ErrorMessages::OnBadMac];
const SEQ_LOWER: [SeqLower; 2] = [SeqLower::Exclusive, SeqLower::Inclusive];
const INVALID_INTERVAL: [InvalidInterval; 2] = [InvalidInterval::Delete, InvalidInterval::Reject];
const SAME_MSK_ID: [SameMskId; 3] = [SameMskId::Merge, SameMskId::Replace, SameMskId::Refuse];
const SHA256_SUITE: &[Sha256Suite] = if SHA1_ONLY {
    &[Sha256Suite::Off]
} else {
    &[Sha256Suite::Off, Sha256Suite::Full, Sha256Suite::WithAes128]
};
const VERIFICATION_MAP: [VerificationMap; 2] = [VerificationMap::Repeat, VerificationMap::Empty];
const DRAFT_GROUP: [DraftGroup; 2] = [DraftGroup::Right, DraftGroup::Left];
const DRAFT_EXT: [DraftExt; 2] = [DraftExt::Bare, DraftExt::KeyIds];

/// The choice of this number.
pub(crate) fn choice<T: Copy>(of: &[T], number: u32) -> Result<T, Status> {
    usize::try_from(number).ok().and_then(|number| of.get(number)).copied().ok_or(Status::BAD_ENUM)
}

/// 0 or 1.
pub(crate) const fn flag(number: u32) -> Result<bool, Status> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Status::BAD_ENUM),
    }
}

/// A number of one octet.
pub(crate) fn octet(number: u32) -> Result<u8, Status> {
    u8::try_from(number).map_err(|_| Status::BAD_ENUM)
}

/// The number of a choice.
pub(crate) fn number<T: PartialEq>(of: &[T], chosen: &T) -> u32 {
    of.iter().zip(0..).find(|(one, _)| *one == chosen).map_or(0, |(_, number)| number)
}

const SUITES: &[Algorithms] = if SHA1_ONLY {
    &[Algorithms::SHA1]
} else {
    &[Algorithms::SHA1, Algorithms::SHA256, Algorithms::SHA256_AES128]
};

/// The suite of this number.
pub(crate) fn suite(number: u32) -> Result<Algorithms, Status> {
    choice(SUITES, number)
}

/// The number of a suite.
pub(crate) const fn suite_number(suite: Algorithms) -> u32 {
    match suite {
        Algorithms { prf: Prf::Mikey1, cipher: Cipher::AesCm128, mac: MacHash::Sha1 } => CASTKEY_SUITE_SHA1,
        Algorithms { cipher: Cipher::AesCm256, .. } => CASTKEY_SUITE_SHA256,
        _ => CASTKEY_SUITE_SHA256_AES128,
    }
}

impl castkey_settings {
    /// The settings of the library, or [`Status::BAD_ENUM`].
    pub(crate) fn settings(&self) -> Result<Settings, Status> {
        Ok(Settings {
            profile: choice(&PROFILE, self.profile)?,
            idi_type: IdType(octet(self.idi_type)?),
            idr_type: IdType(octet(self.idr_type)?),
            ext_place: choice(&EXT, self.ext_place)?,
            error_messages: choice(&ERROR_MESSAGES, self.error_messages)?,
            key_data: KeyDataTypes {
                msk: KeyDataType(octet(self.key_data_msk)?),
                mtk_with_salt: KeyDataType(octet(self.key_data_mtk_with_salt)?),
                mtk: KeyDataType(octet(self.key_data_mtk)?),
            },
            rand_optional: flag(self.rand_optional)?,
            rand_max_len: octet(self.rand_max_len)?,
            reack_duplicate: flag(self.reack_duplicate)?,
            initial_counter: flag(self.has_initial_counter)?.then_some(Counter(self.initial_counter)),
            seq_lower: choice(&SEQ_LOWER, self.seq_lower)?,
            invalid_interval: choice(&INVALID_INTERVAL, self.invalid_interval)?,
            same_msk_id: choice(&SAME_MSK_ID, self.same_msk_id)?,
            sha256_suite: choice(SHA256_SUITE, self.sha256_suite)?,
            verification_map: choice(&VERIFICATION_MAP, self.verification_map)?,
            allow_null_encryption: flag(self.allow_null_encryption)?,
            any_timestamp: flag(self.any_timestamp)?,
            draft_group: choice(&DRAFT_GROUP, self.draft_group)?,
            draft_ext: choice(&DRAFT_EXT, self.draft_ext)?,
            draft_idi_type: IdType(octet(self.draft_idi_type)?),
            ..Settings::DEFAULT
        })
    }

    /// The settings as numbers.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            profile: number(&PROFILE, &settings.profile),
            idi_type: settings.idi_type.0.into(),
            idr_type: settings.idr_type.0.into(),
            ext_place: number(&EXT, &settings.ext_place),
            error_messages: number(&ERROR_MESSAGES, &settings.error_messages),
            key_data_msk: settings.key_data.msk.0.into(),
            key_data_mtk_with_salt: settings.key_data.mtk_with_salt.0.into(),
            key_data_mtk: settings.key_data.mtk.0.into(),
            rand_optional: settings.rand_optional.into(),
            rand_max_len: settings.rand_max_len.into(),
            reack_duplicate: settings.reack_duplicate.into(),
            has_initial_counter: settings.initial_counter.is_some().into(),
            initial_counter: settings.initial_counter.map_or(0, |counter| counter.0),
            seq_lower: number(&SEQ_LOWER, &settings.seq_lower),
            invalid_interval: number(&INVALID_INTERVAL, &settings.invalid_interval),
            same_msk_id: number(&SAME_MSK_ID, &settings.same_msk_id),
            sha256_suite: number(SHA256_SUITE, &settings.sha256_suite),
            verification_map: number(&VERIFICATION_MAP, &settings.verification_map),
            allow_null_encryption: settings.allow_null_encryption.into(),
            any_timestamp: settings.any_timestamp.into(),
            draft_group: number(&DRAFT_GROUP, &settings.draft_group),
            draft_ext: number(&DRAFT_EXT, &settings.draft_ext),
            draft_idi_type: settings.draft_idi_type.0.into(),
        }
    }
}

/// Fills in the default of every setting.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `settings`.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "exports a function")]
pub unsafe extern "C" fn castkey_settings_default(settings: *mut castkey_settings) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(settings)?.set(castkey_settings::of(&Settings::DEFAULT));
        Ok(())
    })())
}
