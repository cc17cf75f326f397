//! What no standard settles of mission-critical signalling.

use castkey::keys::XpkIdForm;
use castkey::mcx::{McxSettings, NegotiationEncoding, SaltPlace};
use castkey::message::{Quirk, Quirks};

use crate::settings::{choice, flag, number};
use crate::status::Status;

/// Deviation: the signature covers the message without the two octets of signature type and length.
pub const CASTKEY_MCX_QUIRK_SIGN_WITHOUT_HEADER: u32 = 1;
/// Deviation: an SP payload stands beside the empty map, and counts.
pub const CASTKEY_MCX_QUIRK_SP_WITH_EMPTY_MAP: u32 = 2;
/// Deviation: the map of SSRC and ROC instead of GENERIC-ID.
pub const CASTKEY_MCX_QUIRK_SRTP_ID_MAP: u32 = 4;
/// Deviation: key parameters stand in their extension unencrypted.
pub const CASTKEY_MCX_QUIRK_RAW_KEY_PARAMETERS: u32 = 8;

/// Offer and selection in a General Extension of type 241.
pub const CASTKEY_MCX_ENCODING_EXTENSION: u32 = 0;
/// A selection in the octet of the key parameters alone.
pub const CASTKEY_MCX_ENCODING_OCTET: u32 = 1;
/// Offer and selection in SP parameters 241 and 242.
pub const CASTKEY_MCX_ENCODING_SP: u32 = 2;

/// The salt of 12 octets stands before two zero octets.
pub const CASTKEY_MCX_SALT_BEFORE_ZEROS: u32 = 0;
/// The salt of 12 octets stands behind two zero octets.
pub const CASTKEY_MCX_SALT_BEHIND_ZEROS: u32 = 1;

/// The key ID enters the derivation of XML keys as its 4 octets.
pub const CASTKEY_MCX_XPK_ID_OCTETS: u32 = 0;
/// The key ID enters the derivation of XML keys as base64.
pub const CASTKEY_MCX_XPK_ID_BASE64: u32 = 1;

/// What no standard settles, and what a deployment chooses.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_settings {
    /// How far T may lie from the clock, seconds: 1 to 3,600. Default 60.
    pub skew_s: u64,
    /// How long an old CSK is kept for incoming traffic, seconds. Default 60.
    pub overlap_s: u64,
    /// Deviations that are taken: a sum of CASTKEY_MCX_QUIRK_*. Default 0.
    pub quirks: u32,
    /// How offer and selection travel: CASTKEY_MCX_ENCODING_*. Default CASTKEY_MCX_ENCODING_EXTENSION.
    pub encoding: u32,
    /// Flag: a selection stands in the signalling algorithm octet too. Default 0.
    pub emit_signalling_algorithm: u32,
    /// CASTKEY_MCX_SALT_*. Default CASTKEY_MCX_SALT_BEFORE_ZEROS.
    pub salt_place: u32,
    /// CASTKEY_MCX_XPK_ID_*. Default CASTKEY_MCX_XPK_ID_OCTETS.
    pub xpk_id: u32,
    /// Flag: a message in SDP must carry the list of key management protocols. Default 0.
    pub require_sdp_ids: u32,
}

const ENCODING: [NegotiationEncoding; 3] = [
    NegotiationEncoding::Extension,
    NegotiationEncoding::SignallingAlgorithm,
    NegotiationEncoding::SpParameters,
];
const SALT_PLACE: [SaltPlace; 2] = [SaltPlace::BeforeZeros, SaltPlace::BehindZeros];
const XPK_ID: [XpkIdForm; 2] = [XpkIdForm::Octets, XpkIdForm::Base64];
const QUIRK: [(u32, Quirk); 4] = [
    (CASTKEY_MCX_QUIRK_SIGN_WITHOUT_HEADER, Quirk::SignWithoutHeader),
    (CASTKEY_MCX_QUIRK_SP_WITH_EMPTY_MAP, Quirk::SpWithEmptyMap),
    (CASTKEY_MCX_QUIRK_SRTP_ID_MAP, Quirk::SrtpIdMap),
    (CASTKEY_MCX_QUIRK_RAW_KEY_PARAMETERS, Quirk::RawKeyParameters),
];

fn quirks(bits: u32) -> Result<Quirks, Status> {
    let known = QUIRK.iter().fold(0, |all, (bit, _)| all | bit);
    if bits & !known != 0 {
        return Err(Status::BAD_ENUM);
    }
    let taken = QUIRK.iter().filter(|(bit, _)| bits & bit != 0);
    Ok(taken.fold(Quirks::NONE, |quirks, (_, quirk)| quirks.with(*quirk)))
}

impl castkey_mcx_settings {
    pub(crate) fn settings(&self) -> Result<McxSettings, Status> {
        Ok(McxSettings {
            skew_s: self.skew_s,
            overlap_s: self.overlap_s,
            quirks: quirks(self.quirks)?,
            encoding: choice(&ENCODING, self.encoding)?,
            emit_signalling_algorithm: flag(self.emit_signalling_algorithm)?,
            salt_place: choice(&SALT_PLACE, self.salt_place)?,
            xpk_id: choice(&XPK_ID, self.xpk_id)?,
            require_sdp_ids: flag(self.require_sdp_ids)?,
        })
    }

    pub(crate) fn of(settings: &McxSettings) -> Self {
        let taken = QUIRK.iter().filter(|(_, quirk)| settings.quirks.has(*quirk));
        Self {
            skew_s: settings.skew_s,
            overlap_s: settings.overlap_s,
            quirks: taken.fold(0, |all, (bit, _)| all | bit),
            encoding: number(&ENCODING, &settings.encoding),
            emit_signalling_algorithm: settings.emit_signalling_algorithm.into(),
            salt_place: number(&SALT_PLACE, &settings.salt_place),
            xpk_id: number(&XPK_ID, &settings.xpk_id),
            require_sdp_ids: settings.require_sdp_ids.into(),
        }
    }
}
