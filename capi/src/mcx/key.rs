//! A key in use: what is told of it, and the keys of application signalling.

#![allow(unsafe_code, reason = "marks types")]

use castkey::keys::SignallingKeys;
use castkey::mcx::{HeldKey, KeyUse};

use crate::bytes::{Places, Plain};
use crate::mcx::time::castkey_mcx_time;
use crate::settings::choice;
use crate::status::Status;

/// From a client to its server: CSKs.
pub const CASTKEY_MCX_UNICAST_UPLINK: u32 = 0;
/// From a server to one client: CSKs and MuSiKs.
pub const CASTKEY_MCX_UNICAST_DOWNLINK: u32 = 1;
/// From a server to many clients: MuSiKs.
pub const CASTKEY_MCX_MULTICAST_DOWNLINK: u32 = 2;

/// Octets of a CSK, a MuSiK, an SPK.
pub const CASTKEY_MCX_KEY_LEN: usize = 16;

/// What is known of a key besides its octets.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_key {
    /// Key ID, which is the MKI of packets; its 4 most significant bits are 2 for a CSK and 6 for a MuSiK.
    pub id: u32,
    /// The signalling algorithm that goes with it.
    pub algorithm: u32,
    /// When it became or becomes active.
    pub active_from: castkey_mcx_time,
    /// When it expires; no time: never.
    pub expiry: castkey_mcx_time,
}

/// The keys of application signalling: XML in SIP bodies, and MCData signalling (TS 33.180, F.1.4). Wipe them after use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_xml_keys {
    /// Confidentiality.
    pub confidentiality: [u8; CASTKEY_MCX_KEY_LEN],
    /// Integrity.
    pub integrity: [u8; CASTKEY_MCX_KEY_LEN],
}

// SAFETY: integers.
unsafe impl Plain for castkey_mcx_key {}
// SAFETY: integers.
unsafe impl Plain for castkey_mcx_xml_keys {}

impl castkey_mcx_key {
    pub(crate) fn of(key: &HeldKey) -> Self {
        Self {
            id: key.id().to_u32(),
            algorithm: key.algorithm().into(),
            active_from: castkey_mcx_time::of(key.active_from()),
            expiry: key.expiry().map_or(castkey_mcx_time::NONE, castkey_mcx_time::of),
        }
    }
}

impl castkey_mcx_xml_keys {
    pub(crate) fn write(place: &Places<'_, Self>, keys: &SignallingKeys) {
        place.fill(|to| {
            to.confidentiality = *keys.confidentiality.expose();
            to.integrity = *keys.integrity.expose();
        });
    }
}

/// The use of this number.
pub(crate) fn key_use(number: u32) -> Result<KeyUse, Status> {
    let all = [KeyUse::UnicastUplink, KeyUse::UnicastDownlink, KeyUse::MulticastDownlink];
    choice(&all, number)
}
