//! What everybody is configured with: the names of the session and its times.

use core::time::Duration;

use castkey::id::{KeyDomainId, KeyGroup};
use castkey::poc::{
    ChannelTag, ClientConfig, Confirm, DistributionConfig, FollowerConfig, IndicationCoding, OnLeave,
    PolicyConfig, ServerConfig, SessionConfig, Timing,
};

use crate::sip::Timers;

/// PoC Session Identity.
pub(crate) const SESSION: &str = "sip:session1@pf.home1.net";

/// Multicast PoC Channel Identity.
pub(crate) const CHANNEL: &str = "sip:channel1@pf.home1.net";

pub(crate) const SERVER_URI: &str = "sip:pf@home1.net";

/// The server as a network application function: whose MUK it is.
pub(crate) const NAF: &str = "pf.home1.net";

/// The multicast group of the channel.
pub(crate) const GROUP_ADDRESS: &str = "239.255.107.1";

pub(crate) const ACCESS: &str = "3GPP-MBMS";
pub(crate) const QOE: &str = "none";
pub(crate) const AREAS: [&str; 2] = ["area-1", "area-2"];

pub(crate) const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);

/// The primary and the spare Key Group of the channel.
pub(crate) const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];

/// SSRC of what the distribution says itself.
const BCAST_SSRC: u32 = 0x6263_6173;

/// T1 of SIP: 40 ms in the place of 500, so that a transaction without an answer ends after 2.56 s.
pub(crate) const SIP_TIMERS: Timers = Timers::with_t1(Duration::from_millis(40));

/// A good tenth of the default times. The wait of the gate is shorter than that of a SIP transaction, where the defaults
/// are equal, so that one can see both.
pub(crate) const TIMING: Timing = Timing {
    reinvite_ms: 600,
    reinvite_expelled_ms: 600,
    bcast_ms: 1_000,
    indication_interval_ms: 100,
    mtk_interval_ms: 100,
    mtk_period_ms: 250,
    overlap_ms: 1_000,
    overlap_expelled_ms: 1_000,
    in_flight_ms: 200,
    settle_ms: 1_000,
    early_ms: 2_000,
    pending_max_ms: 20_000,
    switch_max_ms: 4_000,
    missed_back_off_ms: 500,
    missed_back_off_max_ms: 4_000,
    back_off_unit_ms: 200,
    ..Timing::DEFAULT
};

pub(crate) fn server(confirm: Confirm) -> ServerConfig {
    let policy = PolicyConfig { on_leave: OnLeave::Never, ..PolicyConfig::default() };
    let channel = Some(ChannelTag::of(CHANNEL));
    let session = SessionConfig { policy, timing: TIMING, confirm, channel, ..SessionConfig::default() };
    ServerConfig { session, ..ServerConfig::default() }
}

pub(crate) fn distribution() -> DistributionConfig {
    DistributionConfig { timing: TIMING, ssrc: BCAST_SSRC, ..DistributionConfig::default() }
}

pub(crate) fn client() -> ClientConfig {
    let mut channel = FollowerConfig::new(DOMAIN, GROUPS);
    (channel.timing, channel.channel) = (TIMING, Some(ChannelTag::of(CHANNEL)));
    ClientConfig {
        channel,
        settings: castkey::Settings::DEFAULT,
        coding: IndicationCoding::DEFAULT,
        require_sdp_ids: true,
    }
}
