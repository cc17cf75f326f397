//! What some deployed senders do otherwise: each deviation named, off unless switched on, and counted when it was used.

use core::fmt;

/// A deviation that a receiver may be told to take. None of them leaves a check out that guards a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// `accept_sign_without_header`: the signature covers the message without the two octets of signature type and length.
    /// They have one allowed value, so the message is covered as a whole nevertheless. Both spans are tried, this one last.
    SignWithoutHeader,
    /// `accept_sp_with_empty_map`: an SP payload stands beside the empty map, and then counts (RFC 4563 §5 forbids it).
    SpWithEmptyMap,
    /// `accept_srtp_id_map`: the older map of SSRC and ROC instead of GENERIC-ID; all crypto sessions of the key apply.
    SrtpIdMap,
    /// `accept_raw_key_parameters`: the key parameters stand in their extension unencrypted; the signature covers them.
    RawKeyParameters,
}

/// A set of [`Quirk`]s.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Quirks(u8);

impl Quirk {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::SignWithoutHeader, Self::SpWithEmptyMap, Self::SrtpIdMap, Self::RawKeyParameters];

    const fn bit(self) -> u8 {
        match self {
            Self::SignWithoutHeader => 1,
            Self::SpWithEmptyMap => 2,
            Self::SrtpIdMap => 4,
            Self::RawKeyParameters => 8,
        }
    }

    /// The name of the option.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignWithoutHeader => "accept_sign_without_header",
            Self::SpWithEmptyMap => "accept_sp_with_empty_map",
            Self::SrtpIdMap => "accept_srtp_id_map",
            Self::RawKeyParameters => "accept_raw_key_parameters",
        }
    }
}

impl Quirks {
    /// None: the default.
    pub const NONE: Self = Self(0);

    /// These and `quirk`.
    #[must_use]
    pub const fn with(self, quirk: Quirk) -> Self {
        Self(self.0 | quirk.bit())
    }

    /// All that are in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `quirk` is among them.
    #[must_use]
    pub const fn has(self, quirk: Quirk) -> bool {
        self.0 & quirk.bit() != 0
    }

    /// Those that are in it.
    pub fn iter(self) -> impl Iterator<Item = Quirk> {
        Quirk::ALL.into_iter().filter(move |quirk| self.has(*quirk))
    }
}

impl fmt::Debug for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// How many accepted messages needed which deviation; stays at the far end instead of wrapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuirkCounts([u32; Quirk::ALL.len()]);

impl QuirkCounts {
    /// Counts a message that needed `used`.
    pub fn count(&mut self, used: Quirks) {
        for (count, quirk) in self.0.iter_mut().zip(Quirk::ALL) {
            if used.has(quirk) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// How many messages needed `quirk`.
    #[must_use]
    pub fn of(&self, quirk: Quirk) -> u32 {
        self.0.iter().zip(Quirk::ALL).find(|(_, known)| *known == quirk).map_or(0, |(count, _)| *count)
    }
}
