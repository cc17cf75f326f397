//! Keys of mission-critical services: seven kinds of 16 octets, each named by the purpose tag of its key ID (TS 33.180
//! §5.2.2, §E.4.1).
//!
//! ```text
//! key ID   | purpose tag 4 bits | random 28 bits |
//!
//! CSK, MuSiK --MIKEY PRF--> SRTP master key and salt --> SRTCP session keys
//! CSK, SPK   --FC 51, 52--> confidentiality and integrity key of application signalling
//! any        --FC 53-----> DPCK of the key parameters
//! GMK        --FC 50-----> user salt: key ID XOR salt = GUK-ID
//! ```

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::{Choice, ConstantTimeEq};

use crate::crypto::{self, Primitives, RustCrypto, mc_kdf};
use crate::error::RngError;
use crate::id::CsbId;
use crate::secret::Secret;

/// Bits of a key ID that are random.
const RANDOM_BITS: u32 = 0x0FFF_FFFF;

/// How often a key ID is drawn anew before the generator counts as broken: 28 good bits repeat a live one that often
/// with no holder that memory could hold.
const MAX_DRAWS: usize = 64;

/// What a key is for: the 4 most significant bits of its key ID (TS 33.180 §5.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PurposeTag {
    /// Group master key.
    Gmk,
    /// Private call key.
    Pck,
    /// Client-server key.
    Csk,
    /// Signalling protection key, between servers.
    Spk,
    /// Multicast floor control key.
    Mkfc,
    /// Media streams control key of multicast.
    Mscck,
    /// Multicast signalling key.
    MuSik,
}

impl PurposeTag {
    /// The tag with this value; `None` for 7 to 15, which are not assigned, and above.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Gmk,
            1 => Self::Pck,
            2 => Self::Csk,
            3 => Self::Spk,
            4 => Self::Mkfc,
            5 => Self::Mscck,
            6 => Self::MuSik,
            _ => return None,
        })
    }

    /// The value, which is also the key type in key parameters (TS 33.180 §E.6.1).
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Gmk => 0,
            Self::Pck => 1,
            Self::Csk => 2,
            Self::Spk => 3,
            Self::Mkfc => 4,
            Self::Mscck => 5,
            Self::MuSik => 6,
        }
    }

    /// The crypto sessions that a key of this kind serves (TS 33.180 table E.1.3-1); `None` where the table says nothing.
    #[must_use]
    pub const fn cs_ids(self) -> Option<&'static [u8]> {
        Some(match self {
            Self::Gmk => &[4, 5],
            Self::Pck => &[0, 1, 2, 3],
            Self::Csk => &[6, 8],
            Self::MuSik => &[7, 9],
            Self::Spk | Self::Mkfc | Self::Mscck => return None,
        })
    }

    /// The crypto session of SRTCP in `service` under a CSK or MuSiK; `None` for the other kinds.
    #[must_use]
    pub const fn srtcp_cs_id(self, service: McService) -> Option<u8> {
        match (self, service) {
            (Self::Csk, McService::Mcptt) => Some(6),
            (Self::MuSik, McService::Mcptt) => Some(7),
            (Self::Csk, McService::McVideo) => Some(8),
            (Self::MuSik, McService::McVideo) => Some(9),
            _ => None,
        }
    }
}

/// A mission-critical service with SRTCP of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum McService {
    /// Push to talk.
    Mcptt,
    /// Video.
    McVideo,
}

/// Key ID, 4 octets, with an assigned purpose tag: GMK-ID, PCK-ID, CSK-ID and so on. It is the CSB ID of the message that
/// carries the key (of a GMK the GUK-ID is), and the MKI of the packets under it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

impl KeyId {
    /// The key ID of kind `tag` with the low 28 bits of `random`.
    #[must_use]
    #[allow(clippy::cast_lossless, reason = "From is not const")]
    pub const fn new(tag: PurposeTag, random: u32) -> Self {
        Self((tag.bits() as u32) << 28 | random & RANDOM_BITS)
    }

    /// The key ID with this value; `None` when its purpose tag is not assigned.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "4 bits are left")]
    pub const fn from_u32(value: u32) -> Option<Self> {
        match PurposeTag::from_bits((value >> 28) as u8) {
            Some(_) => Some(Self(value)),
            None => None,
        }
    }

    /// Draws a key ID that `is_live` does not know: it is unique between its holder and his peer (RFC 3830 §6.1).
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails, or gives live key IDs only.
    pub fn draw<R: TryCryptoRng + ?Sized>(
        tag: PurposeTag, is_live: impl Fn(Self) -> bool, rng: &mut R,
    ) -> Result<Self, RngError> {
        for _ in 0..MAX_DRAWS {
            let id = Self::new(tag, rng.try_next_u32().map_err(|_| RngError)?);
            if !is_live(id) {
                return Ok(id);
            }
        }
        Err(RngError)
    }

    /// What the key is for.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "4 bits are left")]
    pub const fn tag(self) -> PurposeTag {
        match PurposeTag::from_bits((self.0 >> 28) as u8) {
            Some(tag) => tag,
            // INVARIANT: no constructor takes a tag that is not assigned.
            None => PurposeTag::Gmk,
        }
    }

    /// The value.
    #[must_use]
    pub const fn to_u32(self) -> u32 {
        self.0
    }

    /// The 4 octets of SPI and MKI.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// The CSB ID with this value.
    #[must_use]
    pub const fn csb(self) -> CsbId {
        CsbId(self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}-ID({:08x})", self.tag(), self.0)
    }
}

/// Group master key.
#[derive(Debug)]
pub struct Gmk(Secret<16>);

/// Private call key.
#[derive(Debug)]
pub struct Pck(Secret<16>);

/// Client-server key: protects signalling between one client and its server, in both directions.
#[derive(Debug)]
pub struct Csk(Secret<16>);

/// Signalling protection key: protects signalling between servers; keyed by hand (TS 33.180 §5.4).
#[derive(Debug)]
pub struct Spk(Secret<16>);

/// Multicast floor control key of a group.
#[derive(Debug)]
pub struct Mkfc(Secret<16>);

/// Media streams control key of multicast.
#[derive(Debug)]
pub struct Mscck(Secret<16>);

/// Multicast signalling key: protects signalling from the server to many clients.
#[derive(Debug)]
#[doc(alias = "MuSiK")]
pub struct MuSik(Secret<16>);

macro_rules! mc_key {
    ($name:ident, $tag:ident) => {
        impl $name {
            /// Length, octets.
            pub const LEN: usize = 16;

            /// What this kind of key is for.
            pub const TAG: PurposeTag = PurposeTag::$tag;

            /// Takes over the octets.
            #[must_use]
            pub const fn new(octets: Secret<16>) -> Self {
                Self(octets)
            }

            /// Makes a new one.
            ///
            /// # Errors
            ///
            /// [`RngError`] when the generator fails.
            pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RngError> {
                crypto::fill(rng).map(Self)
            }

            /// The octets.
            #[must_use]
            pub const fn secret(&self) -> &Secret<16> {
                &self.0
            }

            /// A second copy.
            #[must_use]
            pub const fn duplicate(&self) -> Self {
                Self(self.0.duplicate())
            }
        }

        impl ConstantTimeEq for $name {
            fn ct_eq(&self, other: &Self) -> Choice {
                self.0.ct_eq(&other.0)
            }
        }
    };
}

mc_key!(Gmk, Gmk);
mc_key!(Pck, Pck);
mc_key!(Csk, Csk);
mc_key!(Spk, Spk);
mc_key!(Mkfc, Mkfc);
mc_key!(Mscck, Mscck);
mc_key!(MuSik, MuSik);

impl Gmk {
    /// The user salt of the user with this URI: the low 28 bits of FC 50 (TS 33.180 §F.1); `None` for a URI over 65,535
    /// octets.
    #[must_use]
    pub fn user_salt(&self, uri: &[u8]) -> Option<u32> {
        self.user_salt_with(&RustCrypto, uri)
    }

    /// [`user_salt`](Self::user_salt) with the caller's primitives.
    #[must_use]
    pub fn user_salt_with<P: Primitives>(&self, p: &P, uri: &[u8]) -> Option<u32> {
        mc_kdf::user_salt(p, &self.0, uri)
    }

    /// GUK-ID from GMK-ID, or back: the random bits XORed with the user salt, the tag kept (TS 33.180 §5.2.3).
    #[must_use]
    pub fn guk_id(&self, id: KeyId, uri: &[u8]) -> Option<KeyId> {
        self.user_salt(uri).map(|salt| KeyId(id.0 ^ salt))
    }
}

/// A key that a message carried, of the kind that its purpose tag says.
#[derive(Debug)]
#[non_exhaustive]
pub enum McKey {
    /// Group master key.
    Gmk(Gmk),
    /// Private call key.
    Pck(Pck),
    /// Client-server key.
    Csk(Csk),
    /// Signalling protection key.
    Spk(Spk),
    /// Multicast floor control key.
    Mkfc(Mkfc),
    /// Media streams control key.
    Mscck(Mscck),
    /// Multicast signalling key.
    MuSik(MuSik),
}

impl McKey {
    /// The key of kind `tag` with these octets.
    #[must_use]
    pub const fn new(tag: PurposeTag, octets: Secret<16>) -> Self {
        match tag {
            PurposeTag::Gmk => Self::Gmk(Gmk(octets)),
            PurposeTag::Pck => Self::Pck(Pck(octets)),
            PurposeTag::Csk => Self::Csk(Csk(octets)),
            PurposeTag::Spk => Self::Spk(Spk(octets)),
            PurposeTag::Mkfc => Self::Mkfc(Mkfc(octets)),
            PurposeTag::Mscck => Self::Mscck(Mscck(octets)),
            PurposeTag::MuSik => Self::MuSik(MuSik(octets)),
        }
    }

    /// What the key is for.
    #[must_use]
    pub const fn tag(&self) -> PurposeTag {
        match self {
            Self::Gmk(_) => PurposeTag::Gmk,
            Self::Pck(_) => PurposeTag::Pck,
            Self::Csk(_) => PurposeTag::Csk,
            Self::Spk(_) => PurposeTag::Spk,
            Self::Mkfc(_) => PurposeTag::Mkfc,
            Self::Mscck(_) => PurposeTag::Mscck,
            Self::MuSik(_) => PurposeTag::MuSik,
        }
    }

    /// The octets.
    #[must_use]
    pub const fn secret(&self) -> &Secret<16> {
        match self {
            Self::Gmk(Gmk(octets))
            | Self::Pck(Pck(octets))
            | Self::Csk(Csk(octets))
            | Self::Spk(Spk(octets))
            | Self::Mkfc(Mkfc(octets))
            | Self::Mscck(Mscck(octets))
            | Self::MuSik(MuSik(octets)) => octets,
        }
    }
}
