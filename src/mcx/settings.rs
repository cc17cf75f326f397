//! What no standard settles, and what a deployment chooses: each a field with its default.

use super::negotiation::NegotiationEncoding;
use super::ntp::{Clock, Ntp64};
use crate::keys::XpkIdForm;
use crate::message::Quirks;

/// Longest and shortest skew, seconds.
pub const SKEW_RANGE_S: core::ops::RangeInclusive<u64> = 1..=3600;

/// Where the salt of 12 octets stands in the 14 of the SRTP key derivation; RFC 3711 §4.3.1 and RFC 7714 §11 leave it
/// open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SaltPlace {
    /// Before two zero octets, as deployed.
    #[default]
    BeforeZeros,
    /// Behind two zero octets, as RFC 3711 §4.3.1 reads by the letter.
    BehindZeros,
}

/// All settings. [`McxSettings::DEFAULT`] is what deployed systems are most likely to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct McxSettings {
    /// How far T may lie from the clock, seconds. Default 60, from 1 to 3600; another value counts as the nearer end.
    pub skew_s: u64,
    /// How long an old CSK is kept for incoming traffic, seconds. Default 60. Less than the skew may cost packets at a change that
    /// a clock ahead brings early.
    pub overlap_s: u64,
    /// Deviations that are taken. Default none.
    pub quirks: Quirks,
    /// How offer and selection travel. Default the extension of type 241.
    pub encoding: NegotiationEncoding,
    /// Whether a selection stands in the signalling algorithm octet too. Default no. It is read always.
    pub emit_signalling_algorithm: bool,
    /// Where the SRTP master salt stands in the key derivation. Default before two zero octets.
    pub salt_place: SaltPlace,
    /// How the key ID enters the derivation of XML keys. Default its 4 octets; alternative its base64.
    pub xpk_id: XpkIdForm,
    /// Whether a message in SDP must carry the list of key management protocols. Default no; a list that is there must
    /// always be right.
    pub require_sdp_ids: bool,
}

impl McxSettings {
    /// Every setting at its default.
    pub const DEFAULT: Self = Self {
        skew_s: 60,
        overlap_s: 60,
        quirks: Quirks::NONE,
        encoding: NegotiationEncoding::Extension,
        emit_signalling_algorithm: false,
        salt_place: SaltPlace::BeforeZeros,
        xpk_id: XpkIdForm::Octets,
        require_sdp_ids: false,
    };

    /// The skew within its range.
    #[must_use]
    pub fn skew_s(&self) -> u64 {
        self.skew_s.clamp(*SKEW_RANGE_S.start(), *SKEW_RANGE_S.end())
    }

    pub(super) fn clock(&self, now: Ntp64) -> Clock {
        Clock { now, skew_s: self.skew_s() }
    }
}

impl Default for McxSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}
