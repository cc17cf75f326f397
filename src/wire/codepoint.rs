//! The registries of MIKEY: numbers with names. A number without a name is kept, shown, and written back.

use core::fmt;

macro_rules! code_points {
    ($($(#[$doc:meta])* $name:ident { $($(#[$cdoc:meta])* $const:ident = $value:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u8);

        impl $name {
            $($(#[$cdoc])* pub const $const: Self = Self($value);)+

            /// The name of this number, if it has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($const)),)+
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#04x}", self.0),
                }
            }
        }
    )+};
}

code_points! {
    /// Data type of a message (RFC 3830 §6.1, RFC 4738, RFC 6043, RFC 6267, RFC 6509).
    DataType {
        /// Pre-shared key method, I_MESSAGE.
        PSK = 0,
        /// Verification message of the pre-shared key method.
        PSK_VER = 1,
        /// Public-key method.
        PK = 2,
        /// Verification message of the public-key method.
        PK_VER = 3,
        /// Diffie-Hellman method, I_MESSAGE.
        DH_INIT = 4,
        /// Diffie-Hellman method, R_MESSAGE.
        DH_RESP = 5,
        /// Error message.
        ERROR = 6,
        /// DHHMAC I_MESSAGE.
        DHHMAC_INIT = 7,
        /// DHHMAC R_MESSAGE.
        DHHMAC_RESP = 8,
        /// RSA-R I_MESSAGE.
        RSA_R_I = 9,
        /// RSA-R R_MESSAGE.
        RSA_R_R = 10,
        /// MIKEY-TICKET, first of 11 to 18.
        TICKET_FIRST = 11,
        /// MIKEY-TICKET, last of 11 to 18.
        TICKET_LAST = 18,
        /// IBAKE, first of 19 to 25.
        IBAKE_FIRST = 19,
        /// IBAKE, last of 19 to 25.
        IBAKE_LAST = 25,
        /// SAKKE I_MESSAGE.
        SAKKE = 26,
        /// CS ID map update.
        CS_ID_MAP_UPDATE = 27,
    }
    /// Next payload (RFC 3830 §6.1, RFC 6043 §6.1, RFC 6267, RFC 6509).
    PayloadType {
        /// The payload is the last.
        LAST = 0,
        /// Key data transport.
        KEMAC = 1,
        /// Envelope key.
        PKE = 2,
        /// Diffie-Hellman value.
        DH = 3,
        /// Signature.
        SIGN = 4,
        /// Timestamp.
        T = 5,
        /// Identity.
        ID = 6,
        /// Certificate.
        CERT = 7,
        /// Certificate hash.
        CHASH = 8,
        /// Verification.
        V = 9,
        /// Security policy.
        SP = 10,
        /// RAND.
        RAND = 11,
        /// Error.
        ERR = 12,
        /// Ticket request.
        TR = 13,
        /// Identity with a role.
        IDR = 14,
        /// RAND with a role.
        RANDR = 15,
        /// Ticket policy.
        TP = 16,
        /// Ticket.
        TICKET = 17,
        /// Key data sub-payload, inside a KEMAC only.
        KEY_DATA = 20,
        /// General Extension.
        EXT = 21,
        /// IBAKE.
        IBAKE = 22,
        /// Escrow.
        ESK = 23,
        /// Secret key.
        SK = 24,
        /// Elliptic curve point.
        ECCPT = 25,
        /// SAKKE.
        SAKKE = 26,
    }
    /// PRF func, 7 bits (RFC 3830 §6.1, RFC 6043 §6.1).
    PrfFunc {
        /// MIKEY-1, with HMAC-SHA-1.
        MIKEY_1 = 0,
        /// PRF-HMAC-SHA-256.
        HMAC_SHA_256 = 1,
    }
    /// CS ID map type (RFC 3830 §6.1, RFC 4563 §5, RFC 6043 §6.1).
    CsIdMapType {
        /// SRTP-ID.
        SRTP_ID = 0,
        /// Empty map.
        EMPTY = 1,
        /// GENERIC-ID.
        GENERIC_ID = 2,
    }
    /// Encryption algorithm of a KEMAC (RFC 3830 §6.2, RFC 6043 §6.2).
    EncrAlg {
        /// No encryption.
        NULL = 0,
        /// AES-CM-128.
        AES_CM_128 = 1,
        /// AES key wrap, 128 bits.
        AES_KW_128 = 2,
        /// AES-CM-256.
        AES_CM_256 = 3,
    }
    /// MAC algorithm of a KEMAC, authentication algorithm of a V payload (RFC 3830 §6.2, §6.9, RFC 6043 §6.2).
    MacAlg {
        /// No MAC.
        NULL = 0,
        /// HMAC-SHA-1-160.
        HMAC_SHA_1_160 = 1,
        /// HMAC-SHA-256-256.
        HMAC_SHA_256_256 = 2,
    }
    /// Timestamp type (RFC 3830 §6.6, RFC 6043 §6.3).
    TsType {
        /// NTP-UTC, 64 bits.
        NTP_UTC = 0,
        /// NTP, 64 bits.
        NTP = 1,
        /// COUNTER, 32 bits.
        COUNTER = 2,
        /// NTP-UTC, 32 bits.
        NTP_UTC_32 = 3,
    }
    /// Identity type (RFC 3830 §6.7, RFC 6043 §6.5).
    IdType {
        /// Network Access Identifier.
        NAI = 0,
        /// URI.
        URI = 1,
        /// Byte string.
        BYTE_STRING = 2,
    }
    /// Role of an identity in an IDR payload (RFC 6043 §6.6, RFC 6509 §4.4, TS 33.180 §5.2.6).
    IdRole {
        /// Initiator.
        INITIATOR = 1,
        /// Responder.
        RESPONDER = 2,
        /// Key management service.
        KMS = 3,
        /// Pre-shared key.
        PSK = 4,
        /// Application.
        APPLICATION = 5,
        /// Initiator's KMS.
        INITIATOR_KMS = 6,
        /// Responder's KMS.
        RESPONDER_KMS = 7,
        /// UID of a hidden initiator.
        INITIATOR_UID = 8,
        /// UID of a hidden responder.
        RESPONDER_UID = 9,
    }
    /// Key data type, 4 bits (RFC 3830 §6.13).
    KeyDataType {
        /// TEK generation key.
        TGK = 0,
        /// TEK generation key with salt.
        TGK_SALT = 1,
        /// Traffic encrypting key.
        TEK = 2,
        /// Traffic encrypting key with salt.
        TEK_SALT = 3,
    }
    /// Key validity type, 4 bits (RFC 3830 §6.13).
    KvType {
        /// No specific validity.
        NULL = 0,
        /// SPI or MKI.
        SPI = 1,
        /// Interval.
        INTERVAL = 2,
    }
    /// Protocol of a security policy (RFC 3830 §6.10, RFC 4442).
    ProtType {
        /// SRTP.
        SRTP = 0,
        /// TESLA.
        TESLA = 1,
    }
    /// Type of a General Extension (RFC 3830 §6.15, RFC 4563 §4, RFC 4738 §3.9.3, RFC 5410 §3, TS 33.180 §E.5, §E.6); 241
    /// to 255 are for private use.
    ExtType {
        /// Vendor ID.
        VENDOR_ID = 0,
        /// SDP identifiers.
        SDP_IDS = 1,
        /// TESLA I-Key.
        TESLA_I_KEY = 2,
        /// Key ID information.
        KEY_ID = 3,
        /// CSB ID of RSA-R.
        CSB_ID = 4,
        /// OMA BCAST.
        OMA_BCAST = 5,
        /// The key of the message once more, encapsulated to its sender.
        SAKKE_TO_SELF = 6,
        /// Mission-critical key parameters.
        MC_KEY_PARAMETERS = 7,
        /// Algorithms of mission-critical signalling, offered or selected: a private coding.
        KEY_ALGORITHMS = 241,
    }
    /// Type of a Key ID sub-payload (RFC 4563 §4).
    KeyIdType {
        /// MBMS Key Domain ID.
        KEY_DOMAIN_ID = 0,
        /// MBMS Service Key ID.
        MSK_ID = 1,
        /// MBMS Traffic Key ID.
        MTK_ID = 2,
    }
    /// Subtype of an OMA BCAST extension (RFC 5410 §3).
    BcastSubtype {
        /// Long-term key message.
        LTKM = 1,
        /// Short-term key message.
        STKM = 2,
        /// Long-term key message reporting.
        LTKM_REPORTING = 3,
        /// Parental control.
        PARENTAL_CONTROL = 4,
    }
    /// Error number (RFC 3830 §6.12, RFC 4738 §3.9.2, RFC 6043 §6.9).
    ErrorNo {
        /// Authentication failure.
        AUTH_FAILURE = 0,
        /// Invalid timestamp.
        INVALID_TS = 1,
        /// PRF not supported.
        INVALID_PRF = 2,
        /// MAC algorithm not supported.
        INVALID_MAC = 3,
        /// Encryption algorithm not supported.
        INVALID_EA = 4,
        /// Hash function not supported.
        INVALID_HA = 5,
        /// DH group not supported.
        INVALID_DH = 6,
        /// Identity not supported.
        INVALID_ID = 7,
        /// Certificate not supported.
        INVALID_CERT = 8,
        /// SP type not supported.
        INVALID_SP = 9,
        /// SP parameters not supported.
        INVALID_SP_PARAM = 10,
        /// Data type not supported.
        INVALID_DT = 11,
        /// Unspecified error.
        UNSPECIFIED = 12,
        /// Message could not be parsed.
        UNPARSEABLE = 13,
        /// Ticket: unsupported.
        INVALID_TICKET_TYPE = 14,
        /// Ticket: policy.
        INVALID_TICKET_POLICY = 15,
    }
    /// Parameter of an SRTP security policy (RFC 3830 §6.10.1, RFC 4771 §4, RFC 7714 §14.3).
    SpParamType {
        /// Encryption algorithm.
        ENCR_ALG = 0,
        /// Session encryption key length, also the master key length.
        ENCR_KEY_LEN = 1,
        /// Authentication algorithm.
        AUTH_ALG = 2,
        /// Session authentication key length.
        AUTH_KEY_LEN = 3,
        /// Session salt length.
        SALT_LEN = 4,
        /// Pseudo-random function.
        PRF = 5,
        /// Key derivation rate.
        KEY_DERIVATION_RATE = 6,
        /// SRTP encryption on or off.
        SRTP_ENCR = 7,
        /// SRTCP encryption on or off.
        SRTCP_ENCR = 8,
        /// FEC order.
        FEC_ORDER = 9,
        /// SRTP authentication on or off.
        SRTP_AUTH = 10,
        /// Authentication tag length.
        TAG_LEN = 11,
        /// SRTP prefix length.
        PREFIX_LEN = 12,
        /// ROC transmission rate.
        ROC_RATE = 13,
        /// SRTP authentication algorithm.
        SRTP_AUTH_ALG = 14,
        /// SRTCP authentication algorithm.
        SRTCP_AUTH_ALG = 15,
        /// SRTP session authentication key length.
        SRTP_AUTH_KEY_LEN = 16,
        /// SRTCP session authentication key length.
        SRTCP_AUTH_KEY_LEN = 17,
        /// SRTP authentication tag length.
        SRTP_TAG_LEN = 18,
        /// SRTCP authentication tag length.
        SRTCP_TAG_LEN = 19,
        /// AEAD tag length.
        AEAD_TAG_LEN = 20,
        /// Algorithms of mission-critical signalling that are offered: a private coding, no part of SRTP.
        KEY_ALGORITHMS = 241,
        /// Algorithm of mission-critical signalling that is selected: a private coding, no part of SRTP.
        SELECTED_ALGORITHM = 242,
    }
}

impl MacAlg {
    /// Length of the MAC, octets; `None` for an algorithm this library does not know.
    #[must_use]
    pub const fn mac_len(self) -> Option<usize> {
        match self {
            Self::NULL => Some(0),
            Self::HMAC_SHA_1_160 => Some(20),
            Self::HMAC_SHA_256_256 => Some(32),
            _ => None,
        }
    }
}
