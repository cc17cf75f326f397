//! Status codes: those of the library as they are, from 1024 on those of the C interface.

use core::ffi::{CStr, c_char};

use castkey::error::{
    DecodeError, DecodeErrorKind, EncodeError, Error, KeyUnavailable, OpenError, RngError, SealError,
};

/// What a call ends with: CASTKEY_OK, or why nothing has changed. Numbers are never reused and never change.
pub type castkey_status = u32;

/// Everything was done.
pub const CASTKEY_OK: castkey_status = 0;
/// The octets end inside a field.
pub const CASTKEY_ERR_TRUNCATED: castkey_status = 1;
/// Octets follow the last payload.
pub const CASTKEY_ERR_TRAILING_OCTETS: castkey_status = 2;
/// The version octet is not 1 (RFC 3830, 6.1).
pub const CASTKEY_ERR_BAD_VERSION: castkey_status = 3;
/// The data type is not the one this message needs.
pub const CASTKEY_ERR_WRONG_DATA_TYPE: castkey_status = 4;
/// A next payload value that is not known.
pub const CASTKEY_ERR_UNKNOWN_PAYLOAD: castkey_status = 5;
/// A payload that has no place in this message.
pub const CASTKEY_ERR_UNSUPPORTED_PAYLOAD: castkey_status = 6;
/// A payload stands more often than the message allows.
pub const CASTKEY_ERR_DUPLICATE_PAYLOAD: castkey_status = 7;
/// A payload that the message needs is missing.
pub const CASTKEY_ERR_MISSING_PAYLOAD: castkey_status = 8;
/// A payload stands where it must not.
pub const CASTKEY_ERR_WRONG_ORDER: castkey_status = 9;
/// More payloads than a message may have.
pub const CASTKEY_ERR_TOO_MANY_PAYLOADS: castkey_status = 10;
/// A message or a field is over its limit.
pub const CASTKEY_ERR_TOO_LONG: castkey_status = 11;
/// A length field has a value its payload cannot have.
pub const CASTKEY_ERR_BAD_LENGTH: castkey_status = 12;
/// The PRF is not supported here.
pub const CASTKEY_ERR_UNSUPPORTED_PRF: castkey_status = 13;
/// The MAC algorithm is not supported here.
pub const CASTKEY_ERR_UNSUPPORTED_MAC: castkey_status = 14;
/// The encryption algorithm is not supported here.
pub const CASTKEY_ERR_UNSUPPORTED_ENCRYPTION: castkey_status = 15;
/// The timestamp type is not supported here.
pub const CASTKEY_ERR_UNSUPPORTED_TIMESTAMP: castkey_status = 16;
/// The CS ID map is unknown, or contradicts the policies.
pub const CASTKEY_ERR_BAD_CS_ID_MAP: castkey_status = 17;
/// The Key ID information is malformed (RFC 4563, 4).
pub const CASTKEY_ERR_BAD_KEY_ID: castkey_status = 18;
/// The Key data is malformed or of a wrong type.
pub const CASTKEY_ERR_BAD_KEY_DATA: castkey_status = 19;
/// A security policy that SRTP does not define.
pub const CASTKEY_ERR_UNSUPPORTED_POLICY: castkey_status = 20;
/// RAND is shorter or longer than allowed.
pub const CASTKEY_ERR_BAD_RAND: castkey_status = 21;
/// A field that must be zero is not.
pub const CASTKEY_ERR_RESERVED_NOT_ZERO: castkey_status = 22;
/// The stored state is damaged, or does not fit this library.
pub const CASTKEY_ERR_DAMAGED_STATE: castkey_status = 23;
/// The signature is of a type or length not supported here.
pub const CASTKEY_ERR_UNSUPPORTED_SIGNATURE: castkey_status = 24;
/// The SAKKE parameter set or scheme is not supported here.
pub const CASTKEY_ERR_UNSUPPORTED_SAKKE: castkey_status = 25;
/// An identity is of a wrong type, role or length.
pub const CASTKEY_ERR_BAD_IDENTITY: castkey_status = 26;
/// A General Extension is malformed.
pub const CASTKEY_ERR_BAD_EXTENSION: castkey_status = 27;
/// No MUK is held under the identities of the message.
pub const CASTKEY_ERR_MUK_UNKNOWN: castkey_status = 64;
/// No MSK is held under the name in the message.
pub const CASTKEY_ERR_MSK_UNKNOWN: castkey_status = 65;
/// The group has switched away from the MSK of the message.
pub const CASTKEY_ERR_MSK_RETIRED: castkey_status = 66;
/// The counter is not newer than the last accepted one.
pub const CASTKEY_ERR_REPLAY: castkey_status = 67;
/// The MTK ID lies outside the window of the MSK.
pub const CASTKEY_ERR_KEY_NOT_FRESH: castkey_status = 68;
/// The MSK was installed without the RAND that its MTK messages need.
pub const CASTKEY_ERR_NO_RAND: castkey_status = 69;
/// The holder of the key does not answer, refuses, or is not there.
pub const CASTKEY_ERR_KEY_UNAVAILABLE: castkey_status = 70;
/// The MAC is wrong.
pub const CASTKEY_ERR_MAC_INVALID: castkey_status = 71;
/// The MAC is right, the content is not.
pub const CASTKEY_ERR_BAD_CONTENT: castkey_status = 72;
/// The interval of the MSK ends before it begins.
pub const CASTKEY_ERR_INVALID_INTERVAL: castkey_status = 73;
/// Another key under the name of a held MSK.
pub const CASTKEY_ERR_SAME_MSK_ID: castkey_status = 74;
/// No room for another MSK.
pub const CASTKEY_ERR_MSK_STORE_FULL: castkey_status = 75;
/// No room for another MUK, or its identities are too long.
pub const CASTKEY_ERR_MUK_STORE_FULL: castkey_status = 76;
/// The output does not fit its buffer.
pub const CASTKEY_ERR_BUFFER_TOO_SMALL: castkey_status = 96;
/// A field does not fit its length prefix, or there are too many.
pub const CASTKEY_ERR_FIELD_TOO_LONG: castkey_status = 97;
/// The values given contradict each other.
pub const CASTKEY_ERR_INCONSISTENT: castkey_status = 98;
/// The random generator failed, or is not there.
pub const CASTKEY_ERR_RNG: castkey_status = 99;
/// No room for another Key Group.
pub const CASTKEY_ERR_GROUP_STORE_FULL: castkey_status = 128;
/// The Key Group, key or member is not known.
pub const CASTKEY_ERR_UNKNOWN: castkey_status = 129;
/// The event does not fit the state of the role.
pub const CASTKEY_ERR_WRONG_STATE: castkey_status = 130;
/// All MTK IDs of the MSK are used up.
pub const CASTKEY_ERR_INTERVAL_EXHAUSTED: castkey_status = 131;
/// A pointer is NULL that must not be, or is NULL with a length other than 0.
pub const CASTKEY_ERR_NULL: castkey_status = 1024;
/// The memory for an object, or the room for actions or names, is too small.
pub const CASTKEY_ERR_SHORT: castkey_status = 1025;
/// This is no such object: not initialised, wiped, or copied or moved from where it was initialised.
pub const CASTKEY_ERR_STATE: castkey_status = 1026;
/// A pointer is not aligned as its type asks.
pub const CASTKEY_ERR_ALIGN: castkey_status = 1027;
/// Memory that is written overlaps memory that is read or written otherwise.
pub const CASTKEY_ERR_OVERLAP: castkey_status = 1028;
/// A kind, a choice or a flag has a value that is not defined, or a count is over its limit.
pub const CASTKEY_ERR_BAD_ENUM: castkey_status = 1029;
/// A length is not one that this argument can have.
pub const CASTKEY_ERR_LENGTH: castkey_status = 1030;
/// Text is not UTF-8.
pub const CASTKEY_ERR_TEXT: castkey_status = 1031;
/// A call with this object is in progress: a callback called back.
pub const CASTKEY_ERR_BUSY: castkey_status = 1032;
/// The table of primitives has gaps, and this library was built without primitives.
pub const CASTKEY_ERR_PRIMITIVES: castkey_status = 1033;

/// Why a call refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(castkey_status);

impl Status {
    pub(crate) const NULL: Self = Self(CASTKEY_ERR_NULL);
    pub(crate) const SHORT: Self = Self(CASTKEY_ERR_SHORT);
    pub(crate) const STATE: Self = Self(CASTKEY_ERR_STATE);
    pub(crate) const ALIGN: Self = Self(CASTKEY_ERR_ALIGN);
    pub(crate) const OVERLAP: Self = Self(CASTKEY_ERR_OVERLAP);
    pub(crate) const BAD_ENUM: Self = Self(CASTKEY_ERR_BAD_ENUM);
    pub(crate) const LENGTH: Self = Self(CASTKEY_ERR_LENGTH);
    pub(crate) const TEXT: Self = Self(CASTKEY_ERR_TEXT);
    pub(crate) const BUSY: Self = Self(CASTKEY_ERR_BUSY);
    pub(crate) const PRIMITIVES: Self = Self(CASTKEY_ERR_PRIMITIVES);

    pub(crate) const UNKNOWN: Self = Self(CASTKEY_ERR_UNKNOWN);
    pub(crate) const BUFFER_TOO_SMALL: Self = Self(CASTKEY_ERR_BUFFER_TOO_SMALL);

    /// The number for C.
    pub(crate) const fn of(done: Result<(), Self>) -> castkey_status {
        match done {
            Ok(()) => CASTKEY_OK,
            Err(Self(code)) => code,
        }
    }
}

macro_rules! lift {
    ($($from:ty)+) => {$(
        impl From<$from> for Status {
            fn from(e: $from) -> Self {
                Self(e.code())
            }
        }
    )+};
}

lift!(DecodeError EncodeError Error OpenError SealError);
#[cfg(feature = "mcx")]
lift!(castkey::mcx::McxError castkey::sakke::EccsiError castkey::sakke::SakkeError castkey::mcx::Rejected<'_>);
#[cfg(feature = "poc")]
lift!(castkey::poc::PocError castkey::poc::Refused);

impl From<KeyUnavailable> for Status {
    fn from(_: KeyUnavailable) -> Self {
        Self(CASTKEY_ERR_KEY_UNAVAILABLE)
    }
}

impl From<RngError> for Status {
    fn from(_: RngError) -> Self {
        Self(CASTKEY_ERR_RNG)
    }
}

const fn name(status: castkey_status) -> &'static CStr {
    match status {
        CASTKEY_OK => c"CASTKEY_OK",
        CASTKEY_ERR_TRUNCATED => c"CASTKEY_ERR_TRUNCATED",
        CASTKEY_ERR_TRAILING_OCTETS => c"CASTKEY_ERR_TRAILING_OCTETS",
        CASTKEY_ERR_BAD_VERSION => c"CASTKEY_ERR_BAD_VERSION",
        CASTKEY_ERR_WRONG_DATA_TYPE => c"CASTKEY_ERR_WRONG_DATA_TYPE",
        CASTKEY_ERR_UNKNOWN_PAYLOAD => c"CASTKEY_ERR_UNKNOWN_PAYLOAD",
        CASTKEY_ERR_UNSUPPORTED_PAYLOAD => c"CASTKEY_ERR_UNSUPPORTED_PAYLOAD",
        CASTKEY_ERR_DUPLICATE_PAYLOAD => c"CASTKEY_ERR_DUPLICATE_PAYLOAD",
        CASTKEY_ERR_MISSING_PAYLOAD => c"CASTKEY_ERR_MISSING_PAYLOAD",
        CASTKEY_ERR_WRONG_ORDER => c"CASTKEY_ERR_WRONG_ORDER",
        CASTKEY_ERR_TOO_MANY_PAYLOADS => c"CASTKEY_ERR_TOO_MANY_PAYLOADS",
        CASTKEY_ERR_TOO_LONG => c"CASTKEY_ERR_TOO_LONG",
        CASTKEY_ERR_BAD_LENGTH => c"CASTKEY_ERR_BAD_LENGTH",
        CASTKEY_ERR_UNSUPPORTED_PRF => c"CASTKEY_ERR_UNSUPPORTED_PRF",
        CASTKEY_ERR_UNSUPPORTED_MAC => c"CASTKEY_ERR_UNSUPPORTED_MAC",
        CASTKEY_ERR_UNSUPPORTED_ENCRYPTION => c"CASTKEY_ERR_UNSUPPORTED_ENCRYPTION",
        CASTKEY_ERR_UNSUPPORTED_TIMESTAMP => c"CASTKEY_ERR_UNSUPPORTED_TIMESTAMP",
        CASTKEY_ERR_BAD_CS_ID_MAP => c"CASTKEY_ERR_BAD_CS_ID_MAP",
        CASTKEY_ERR_BAD_KEY_ID => c"CASTKEY_ERR_BAD_KEY_ID",
        CASTKEY_ERR_BAD_KEY_DATA => c"CASTKEY_ERR_BAD_KEY_DATA",
        CASTKEY_ERR_UNSUPPORTED_POLICY => c"CASTKEY_ERR_UNSUPPORTED_POLICY",
        CASTKEY_ERR_BAD_RAND => c"CASTKEY_ERR_BAD_RAND",
        CASTKEY_ERR_RESERVED_NOT_ZERO => c"CASTKEY_ERR_RESERVED_NOT_ZERO",
        CASTKEY_ERR_DAMAGED_STATE => c"CASTKEY_ERR_DAMAGED_STATE",
        CASTKEY_ERR_UNSUPPORTED_SIGNATURE => c"CASTKEY_ERR_UNSUPPORTED_SIGNATURE",
        CASTKEY_ERR_UNSUPPORTED_SAKKE => c"CASTKEY_ERR_UNSUPPORTED_SAKKE",
        CASTKEY_ERR_BAD_IDENTITY => c"CASTKEY_ERR_BAD_IDENTITY",
        CASTKEY_ERR_BAD_EXTENSION => c"CASTKEY_ERR_BAD_EXTENSION",
        CASTKEY_ERR_MUK_UNKNOWN => c"CASTKEY_ERR_MUK_UNKNOWN",
        CASTKEY_ERR_MSK_UNKNOWN => c"CASTKEY_ERR_MSK_UNKNOWN",
        CASTKEY_ERR_MSK_RETIRED => c"CASTKEY_ERR_MSK_RETIRED",
        CASTKEY_ERR_REPLAY => c"CASTKEY_ERR_REPLAY",
        CASTKEY_ERR_KEY_NOT_FRESH => c"CASTKEY_ERR_KEY_NOT_FRESH",
        CASTKEY_ERR_NO_RAND => c"CASTKEY_ERR_NO_RAND",
        CASTKEY_ERR_KEY_UNAVAILABLE => c"CASTKEY_ERR_KEY_UNAVAILABLE",
        CASTKEY_ERR_MAC_INVALID => c"CASTKEY_ERR_MAC_INVALID",
        CASTKEY_ERR_BAD_CONTENT => c"CASTKEY_ERR_BAD_CONTENT",
        CASTKEY_ERR_INVALID_INTERVAL => c"CASTKEY_ERR_INVALID_INTERVAL",
        CASTKEY_ERR_SAME_MSK_ID => c"CASTKEY_ERR_SAME_MSK_ID",
        CASTKEY_ERR_MSK_STORE_FULL => c"CASTKEY_ERR_MSK_STORE_FULL",
        CASTKEY_ERR_MUK_STORE_FULL => c"CASTKEY_ERR_MUK_STORE_FULL",
        CASTKEY_ERR_BUFFER_TOO_SMALL => c"CASTKEY_ERR_BUFFER_TOO_SMALL",
        CASTKEY_ERR_FIELD_TOO_LONG => c"CASTKEY_ERR_FIELD_TOO_LONG",
        CASTKEY_ERR_INCONSISTENT => c"CASTKEY_ERR_INCONSISTENT",
        CASTKEY_ERR_RNG => c"CASTKEY_ERR_RNG",
        CASTKEY_ERR_GROUP_STORE_FULL => c"CASTKEY_ERR_GROUP_STORE_FULL",
        CASTKEY_ERR_UNKNOWN => c"CASTKEY_ERR_UNKNOWN",
        CASTKEY_ERR_WRONG_STATE => c"CASTKEY_ERR_WRONG_STATE",
        CASTKEY_ERR_INTERVAL_EXHAUSTED => c"CASTKEY_ERR_INTERVAL_EXHAUSTED",
        CASTKEY_ERR_NULL => c"CASTKEY_ERR_NULL",
        CASTKEY_ERR_SHORT => c"CASTKEY_ERR_SHORT",
        CASTKEY_ERR_STATE => c"CASTKEY_ERR_STATE",
        CASTKEY_ERR_ALIGN => c"CASTKEY_ERR_ALIGN",
        CASTKEY_ERR_OVERLAP => c"CASTKEY_ERR_OVERLAP",
        CASTKEY_ERR_BAD_ENUM => c"CASTKEY_ERR_BAD_ENUM",
        CASTKEY_ERR_LENGTH => c"CASTKEY_ERR_LENGTH",
        CASTKEY_ERR_TEXT => c"CASTKEY_ERR_TEXT",
        CASTKEY_ERR_BUSY => c"CASTKEY_ERR_BUSY",
        CASTKEY_ERR_PRIMITIVES => c"CASTKEY_ERR_PRIMITIVES",
        status => crate::status_of_parts::name(status),
    }
}

/// The name of a status as a C string, for logs: that of its macro, or "unknown status". The string is constant and needs
/// not be freed.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "exports a function")]
pub extern "C" fn castkey_status_name(status: castkey_status) -> *const c_char {
    name(status).as_ptr()
}

/// The numbers of the header are those of the library.
const _: () = {
    const fn same(code: u32, header: castkey_status) {
        assert!(code == header);
    }
    same(DecodeErrorKind::Truncated.code(), CASTKEY_ERR_TRUNCATED);
    same(DecodeErrorKind::TrailingOctets.code(), CASTKEY_ERR_TRAILING_OCTETS);
    same(DecodeErrorKind::BadVersion.code(), CASTKEY_ERR_BAD_VERSION);
    same(DecodeErrorKind::WrongDataType.code(), CASTKEY_ERR_WRONG_DATA_TYPE);
    same(DecodeErrorKind::UnknownPayload.code(), CASTKEY_ERR_UNKNOWN_PAYLOAD);
    same(DecodeErrorKind::UnsupportedPayload.code(), CASTKEY_ERR_UNSUPPORTED_PAYLOAD);
    same(DecodeErrorKind::DuplicatePayload.code(), CASTKEY_ERR_DUPLICATE_PAYLOAD);
    same(DecodeErrorKind::MissingPayload.code(), CASTKEY_ERR_MISSING_PAYLOAD);
    same(DecodeErrorKind::WrongOrder.code(), CASTKEY_ERR_WRONG_ORDER);
    same(DecodeErrorKind::TooManyPayloads.code(), CASTKEY_ERR_TOO_MANY_PAYLOADS);
    same(DecodeErrorKind::TooLong.code(), CASTKEY_ERR_TOO_LONG);
    same(DecodeErrorKind::BadLength.code(), CASTKEY_ERR_BAD_LENGTH);
    same(DecodeErrorKind::UnsupportedPrf.code(), CASTKEY_ERR_UNSUPPORTED_PRF);
    same(DecodeErrorKind::UnsupportedMac.code(), CASTKEY_ERR_UNSUPPORTED_MAC);
    same(DecodeErrorKind::UnsupportedEncryption.code(), CASTKEY_ERR_UNSUPPORTED_ENCRYPTION);
    same(DecodeErrorKind::UnsupportedTimestamp.code(), CASTKEY_ERR_UNSUPPORTED_TIMESTAMP);
    same(DecodeErrorKind::BadCsIdMap.code(), CASTKEY_ERR_BAD_CS_ID_MAP);
    same(DecodeErrorKind::BadKeyId.code(), CASTKEY_ERR_BAD_KEY_ID);
    same(DecodeErrorKind::BadKeyData.code(), CASTKEY_ERR_BAD_KEY_DATA);
    same(DecodeErrorKind::UnsupportedPolicy.code(), CASTKEY_ERR_UNSUPPORTED_POLICY);
    same(DecodeErrorKind::BadRand.code(), CASTKEY_ERR_BAD_RAND);
    same(DecodeErrorKind::ReservedNotZero.code(), CASTKEY_ERR_RESERVED_NOT_ZERO);
    same(DecodeErrorKind::DamagedState.code(), CASTKEY_ERR_DAMAGED_STATE);
    same(DecodeErrorKind::UnsupportedSignature.code(), CASTKEY_ERR_UNSUPPORTED_SIGNATURE);
    same(DecodeErrorKind::UnsupportedSakke.code(), CASTKEY_ERR_UNSUPPORTED_SAKKE);
    same(DecodeErrorKind::BadIdentity.code(), CASTKEY_ERR_BAD_IDENTITY);
    same(DecodeErrorKind::BadExtension.code(), CASTKEY_ERR_BAD_EXTENSION);
    same(OpenError::MukUnknown.code(), CASTKEY_ERR_MUK_UNKNOWN);
    same(OpenError::MskUnknown.code(), CASTKEY_ERR_MSK_UNKNOWN);
    same(OpenError::MskRetired.code(), CASTKEY_ERR_MSK_RETIRED);
    same(OpenError::Replay.code(), CASTKEY_ERR_REPLAY);
    same(OpenError::KeyNotFresh.code(), CASTKEY_ERR_KEY_NOT_FRESH);
    same(OpenError::NoRand.code(), CASTKEY_ERR_NO_RAND);
    same(OpenError::KeyUnavailable.code(), CASTKEY_ERR_KEY_UNAVAILABLE);
    same(OpenError::MacInvalid.code(), CASTKEY_ERR_MAC_INVALID);
    same(OpenError::BadContent(DecodeErrorKind::BadKeyData).code(), CASTKEY_ERR_BAD_CONTENT);
    same(OpenError::InvalidInterval.code(), CASTKEY_ERR_INVALID_INTERVAL);
    same(OpenError::SameMskId.code(), CASTKEY_ERR_SAME_MSK_ID);
    same(OpenError::MskStoreFull.code(), CASTKEY_ERR_MSK_STORE_FULL);
    same(OpenError::MukStoreFull.code(), CASTKEY_ERR_MUK_STORE_FULL);
    same(EncodeError::BufferTooSmall { needed: 0 }.code(), CASTKEY_ERR_BUFFER_TOO_SMALL);
    same(EncodeError::FieldTooLong.code(), CASTKEY_ERR_FIELD_TOO_LONG);
    same(EncodeError::Inconsistent.code(), CASTKEY_ERR_INCONSISTENT);
    same(SealError::Rng.code(), CASTKEY_ERR_RNG);
    same(Error::GroupStoreFull.code(), CASTKEY_ERR_GROUP_STORE_FULL);
    same(Error::Unknown.code(), CASTKEY_ERR_UNKNOWN);
    same(Error::WrongState.code(), CASTKEY_ERR_WRONG_STATE);
    same(Error::IntervalExhausted.code(), CASTKEY_ERR_INTERVAL_EXHAUSTED);
};
