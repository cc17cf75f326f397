//! What can go wrong, sorted by whose fault it is, each with a number that never changes.
//!
//! Codes are append-only: a retired one stays reserved. Decoding errors are 1 to 63, errors of opening a message
//! 64 to 95, of building one 96 to 127, of the roles 128 to 159, of PoC 160 to 191, of IMS 192 to 255, of
//! SAKKE 256 to 287, of ECCSI 288 to 319, of mission-critical signalling keys 320 to 383.

use core::fmt;

/// A closed list of errors with a stable number, a name and a clause of text each.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// The number of this error, stable for ever.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The name of this variant, as the conformance harness prints it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)+ })
            }
        }
    };
}

#[cfg(any(feature = "ims", feature = "mcx", feature = "poc"))]
pub(crate) use coded;

coded! {
    /// Why octets are not the message they claim to be.
    DecodeErrorKind {
        /// The octets end inside a field.
        Truncated = 1, "octets end inside a field";
        /// Octets follow the last payload, or the last entry of a list.
        TrailingOctets = 2, "octets follow the last payload";
        /// The version octet is not 1 (RFC 3830 §6.1).
        BadVersion = 3, "version is not 1";
        /// The data type is not the one this message needs.
        WrongDataType = 4, "data type does not fit this message";
        /// A next payload value that this library does not know; the chain cannot be followed further.
        UnknownPayload = 5, "unknown next payload value";
        /// A payload that is known but has no place in this message.
        UnsupportedPayload = 6, "payload has no place in this message";
        /// A payload stands more often than the message allows.
        DuplicatePayload = 7, "payload stands too often";
        /// A payload that the message needs is missing.
        MissingPayload = 8, "a required payload is missing";
        /// A payload stands where it must not: nothing may follow the KEMAC, V or SIGN payload.
        WrongOrder = 9, "payload stands in the wrong place";
        /// More payloads than [`MAX_PAYLOADS`](crate::wire::MAX_PAYLOADS).
        TooManyPayloads = 10, "too many payloads";
        /// A message longer than [`MAX_MESSAGE_LEN`](crate::wire::MAX_MESSAGE_LEN), or a field over its limit.
        TooLong = 11, "message or field over its limit";
        /// A length field with a value its payload cannot have.
        BadLength = 12, "length field has an impossible value";
        /// The PRF is unknown, not allowed here, or does not go with the other algorithms.
        UnsupportedPrf = 13, "PRF not supported";
        /// The MAC algorithm is unknown, NULL where a MAC is needed, or does not go with the other algorithms.
        UnsupportedMac = 14, "MAC algorithm not supported";
        /// The encryption algorithm is unknown, not allowed here, or does not go with the other algorithms.
        UnsupportedEncryption = 15, "encryption algorithm not supported";
        /// The timestamp type is unknown or not allowed here.
        UnsupportedTimestamp = 16, "timestamp type not supported";
        /// The CS ID map is unknown, or contradicts the SP payloads (RFC 3830 §6.1.1, RFC 4563 §5).
        BadCsIdMap = 17, "CS ID map unknown or in contradiction with the policies";
        /// The Key ID information has a wrong length, a duplicate, a gap or an unknown type (RFC 4563 §4).
        BadKeyId = 18, "Key ID information malformed";
        /// The Key data sub-payloads are malformed, or of a type or length this message does not carry.
        BadKeyData = 19, "Key data malformed";
        /// A security policy parameter is unknown or has a value SRTP does not define (RFC 3830 §6.10.1).
        UnsupportedPolicy = 20, "security policy not supported";
        /// RAND is shorter or longer than the setting allows (RFC 3830 §6.11).
        BadRand = 21, "RAND length not allowed";
        /// A field that must be zero is not.
        ReservedNotZero = 22, "reserved field is not zero";
        /// A stored state record is damaged: wrong tag, version, checksum or an impossible value.
        DamagedState = 23, "stored state is damaged";
        /// The signature is of a type or length this message does not carry (RFC 6509 §4.3).
        UnsupportedSignature = 24, "signature type or length not supported";
        /// The SAKKE parameter set, ID scheme or length is not the one this message needs (RFC 6509 §4.2).
        UnsupportedSakke = 25, "SAKKE parameter set, ID scheme or length not supported";
        /// An identity is of a type, role or length this message does not carry (RFC 6043 §6.6).
        BadIdentity = 26, "identity of a wrong type, role or length";
        /// A General Extension is not of the form its type has.
        BadExtension = 27, "General Extension malformed";
    }
}

/// A decoding error: what is wrong, and at which octet of the message (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Octet offset at which it was noticed.
    pub at: u16,
}

impl DecodeError {
    /// The error `kind` at octet `at`; an offset beyond 65,535 reads 65,535.
    #[must_use]
    pub const fn new(kind: DecodeErrorKind, at: usize) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "the branch above saturates")]
        let at = if at > u16::MAX as usize { u16::MAX } else { at as u16 };
        Self { kind, at }
    }

    /// The number of this error.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.kind.code()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}", self.kind, self.at)
    }
}

impl core::error::Error for DecodeError {}

/// Why a message could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output buffer is too small; an empty one may be passed to ask for the size.
    BufferTooSmall {
        /// Octets the whole message takes.
        needed: u32,
    },
    /// A field does not fit its length prefix, or the message is over its limit.
    FieldTooLong,
    /// The values given contradict each other: a policy beside the empty map, a key under Key Number 0, an interval
    /// that ends before it begins, a code point this message does not carry.
    Inconsistent,
}

impl EncodeError {
    /// The number of this error, stable for ever.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::BufferTooSmall { .. } => 96,
            Self::FieldTooLong => 97,
            Self::Inconsistent => 98,
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => {
                write!(f, "output buffer too small, {needed} octets are needed")
            }
            Self::FieldTooLong => f.write_str("a field does not fit its length prefix"),
            Self::Inconsistent => f.write_str("the values given contradict each other"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// The random generator failed; nothing was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RngError;

impl fmt::Display for RngError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the random generator failed")
    }
}

impl core::error::Error for RngError {}

/// The holder of a pre-shared key could not use it: the secure element does not answer or refused.
///
/// A wrong MAC is not this error; see [`OpenError::MacInvalid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUnavailable;

impl fmt::Display for KeyUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pre-shared key cannot be used")
    }
}

impl core::error::Error for KeyUnavailable {}

/// Why a message was not opened. The variants stand in the order of processing (TS 33.246 §6.5.3, §6.5.4; RFC 3830
/// §5.3); after any of them nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OpenError {
    /// The octets are no such message.
    Undecodable(DecodeError),
    /// No MUK is held under the (IDi, IDr) of the message.
    MukUnknown,
    /// No MSK is held under the name in the message.
    MskUnknown,
    /// The MSK is retired: the group has switched away from it, and nothing ever rolls back.
    MskRetired,
    /// The counter is not newer than the last accepted one.
    Replay,
    /// The MTK ID lies outside the window `SEQs < SEQp <= SEQu` of the MSK.
    KeyNotFresh,
    /// The MSK was installed without the RAND that its MTK messages are keyed with (5G delivery, point U29).
    NoRand,
    /// The holder of the key could not use it.
    KeyUnavailable,
    /// The MAC is wrong.
    MacInvalid,
    /// The MAC is right, the content is not: key length, type or interval. Told apart from
    /// [`MacInvalid`](Self::MacInvalid) because only the holder of the key can cause it, so it tells an attacker nothing.
    BadContent(DecodeErrorKind),
    /// The interval of the MSK ends before it begins and the setting says to refuse it (point U18).
    InvalidInterval,
    /// Another key under the name of a held MSK, and the setting says to refuse it (point U19).
    SameMskId,
    /// No room for another MSK.
    MskStoreFull,
    /// No room for another MUK.
    MukStoreFull,
    /// The answer does not fit the output buffer.
    Encode(EncodeError),
}

impl OpenError {
    /// The number of this error, stable for ever; that of the decoding error where one caused it.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Undecodable(e) => e.code(),
            Self::MukUnknown => 64,
            Self::MskUnknown => 65,
            Self::MskRetired => 66,
            Self::Replay => 67,
            Self::KeyNotFresh => 68,
            Self::NoRand => 69,
            Self::KeyUnavailable => 70,
            Self::MacInvalid => 71,
            Self::BadContent(_) => 72,
            Self::InvalidInterval => 73,
            Self::SameMskId => 74,
            Self::MskStoreFull => 75,
            Self::MukStoreFull => 76,
            Self::Encode(e) => e.code(),
        }
    }
}

impl From<DecodeError> for OpenError {
    fn from(e: DecodeError) -> Self {
        Self::Undecodable(e)
    }
}

impl From<EncodeError> for OpenError {
    fn from(e: EncodeError) -> Self {
        Self::Encode(e)
    }
}

impl From<KeyUnavailable> for OpenError {
    fn from(_: KeyUnavailable) -> Self {
        Self::KeyUnavailable
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undecodable(e) => return e.fmt(f),
            Self::Encode(e) => return e.fmt(f),
            Self::BadContent(kind) => return write!(f, "authentic, but {kind}"),
            Self::MukUnknown => "no MUK under these identities",
            Self::MskUnknown => "no MSK under this name",
            Self::MskRetired => "the MSK is retired",
            Self::Replay => "counter not newer than the last one",
            Self::KeyNotFresh => "MTK ID outside the window of the MSK",
            Self::NoRand => "the MSK was installed without its RAND",
            Self::KeyUnavailable => "the pre-shared key cannot be used",
            Self::MacInvalid => "MAC is wrong",
            Self::InvalidInterval => "interval ends before it begins",
            Self::SameMskId => "another key under the name of a held MSK",
            Self::MskStoreFull => "no room for another MSK",
            Self::MukStoreFull => "no room for another MUK",
        })
    }
}

impl core::error::Error for OpenError {}

/// Why a message was not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SealError {
    /// The octets could not be written.
    Encode(EncodeError),
    /// The holder of the key could not use it.
    KeyUnavailable,
    /// The random generator failed.
    Rng,
}

impl SealError {
    /// The number of this error, stable for ever.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Encode(e) => e.code(),
            Self::KeyUnavailable => 70,
            Self::Rng => 99,
        }
    }
}

impl From<EncodeError> for SealError {
    fn from(e: EncodeError) -> Self {
        Self::Encode(e)
    }
}

impl From<KeyUnavailable> for SealError {
    fn from(_: KeyUnavailable) -> Self {
        Self::KeyUnavailable
    }
}

impl From<RngError> for SealError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(e) => e.fmt(f),
            Self::KeyUnavailable => KeyUnavailable.fmt(f),
            Self::Rng => RngError.fmt(f),
        }
    }
}

impl core::error::Error for SealError {}

/// Why a role refused an event; nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// A received message was refused.
    Open(OpenError),
    /// A message could not be built.
    Seal(SealError),
    /// No room for another Key Group.
    GroupStoreFull,
    /// The Key Group, key or member that the event names is not known.
    Unknown,
    /// The event does not fit the state.
    WrongState,
    /// All MTK IDs of the MSK are used up; a new MSK must be active first.
    IntervalExhausted,
}

impl Error {
    /// The number of this error, stable for ever.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Open(e) => e.code(),
            Self::Seal(e) => e.code(),
            Self::GroupStoreFull => 128,
            Self::Unknown => 129,
            Self::WrongState => 130,
            Self::IntervalExhausted => 131,
        }
    }
}

macro_rules! lift {
    ($($from:ty => $e:ident $into:expr;)+) => {
        $(impl From<$from> for Error {
            fn from($e: $from) -> Self {
                $into
            }
        })+
    };
}

lift! {
    OpenError => e Self::Open(e);
    DecodeError => e Self::Open(OpenError::Undecodable(e));
    SealError => e Self::Seal(e);
    EncodeError => e Self::Seal(SealError::Encode(e));
    RngError => _e Self::Seal(SealError::Rng);
    KeyUnavailable => _e Self::Seal(SealError::KeyUnavailable);
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(e) => return e.fmt(f),
            Self::Seal(e) => return e.fmt(f),
            Self::GroupStoreFull => "no room for another Key Group",
            Self::Unknown => "key group, key or member not known",
            Self::WrongState => "the event does not fit the state",
            Self::IntervalExhausted => "all MTK IDs of the MSK are used up",
        })
    }
}

impl core::error::Error for Error {}

const _: () = assert!(size_of::<DecodeError>() <= 8 && size_of::<EncodeError>() <= 8);
const _: () =
    assert!(size_of::<OpenError>() <= 12 && size_of::<SealError>() <= 12 && size_of::<Error>() <= 16);
