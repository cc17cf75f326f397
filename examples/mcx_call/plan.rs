//! Names, times and policies of the run.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use castkey::mcx::{
    ALGORITHM_AES_128, ALGORITHM_AES_256, AlgorithmList, AlgorithmPolicy, KeyPeriods, McxError, Ntp64,
};

/// A free port.
pub(crate) const LOCALHOST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub(crate) const HOME_KMS: &str = "kms.home.example";
pub(crate) const AWAY_KMS: &str = "kms.away.example";

/// MDSIs: the public service identities of the participating functions.
pub(crate) const HOME_MDSI: &str = "sip:mcptt@home.example";
pub(crate) const AWAY_MDSI: &str = "sip:mcptt@away.example";

/// MC service user IDs, and the IMPUs behind them.
pub(crate) const ALICE: (&str, &str) = ("sip:alice@home.example", "sip:+491701@ims.home.example");
pub(crate) const BOB: (&str, &str) = ("sip:bob@home.example", "sip:+491702@ims.home.example");
pub(crate) const MALLORY: (&str, &str) = ("sip:mallory@home.example", "sip:+491703@ims.home.example");

/// Four weeks, from a day after 1900 on.
pub(crate) const PERIOD_S: u64 = 28 * 86_400;
pub(crate) const OFFSET_S: u64 = 86_400;

/// Number of the period in which the run begins; it does so an hour before its end.
pub(crate) const FIRST_PERIOD: u64 = 1_647;

/// SSRCs of floor control: everybody's own, for a CSK serves both directions.
pub(crate) const HOME_SSRC: u32 = 0x5E00_0001;
pub(crate) const AWAY_SSRC: u32 = 0x5E00_0002;
pub(crate) const ALICE_SSRC: u32 = 0xA11C_E001;
pub(crate) const BOB_SSRC: u32 = 0xB0B0_0001;

pub(crate) fn periods() -> Result<KeyPeriods, McxError> {
    KeyPeriods::new(PERIOD_S, OFFSET_S)
}

pub(crate) fn begin() -> Result<Ntp64, McxError> {
    let end = periods()?.start(FIRST_PERIOD + 1);
    Ok(Ntp64::from_seconds(end.seconds - 3_600))
}

/// What both KMSs provision: AES-256-GCM before AES-128-GCM, which is the default.
pub(crate) fn policy() -> Result<AlgorithmPolicy, McxError> {
    let supported = AlgorithmList::new(&[ALGORITHM_AES_256, ALGORITHM_AES_128])?;
    Ok(AlgorithmPolicy { supported, default: ALGORITHM_AES_128, floor: supported, strict_preference: false })
}
