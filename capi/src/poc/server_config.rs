//! How a PoC Server is set up.

#![allow(unsafe_code, reason = "marks a type")]

use castkey::id::MtkId;
use castkey::poc::{Confirm, OnRekeyReject, ServerConfig, SessionConfig};

use crate::bytes::Plain;
use crate::poc::coding::castkey_poc_channel;
use crate::poc::policy::castkey_poc_policy;
use crate::poc::timing::castkey_poc_timing;
use crate::settings::{castkey_settings, choice, flag, suite, suite_number};
use crate::status::Status;

/// A member proves by a verification message that it opened the MSK.
pub const CASTKEY_POC_CONFIRM_REQUIRED: u32 = 0;
/// Its 200 is enough.
pub const CASTKEY_POC_CONFIRM_OK_IS_ENOUGH: u32 = 1;

/// The session of a member that refused the keys is ended.
pub const CASTKEY_POC_ON_REJECT_ABORT: u32 = 0;
/// It is offered the session without the multicast channel.
pub const CASTKEY_POC_ON_REJECT_UNICAST: u32 = 1;

/// How a PoC Server is set up; castkey_poc_server_config_default() fills in all but the channel.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_server_config {
    /// The uncertain points of the key messages.
    pub settings: castkey_settings,
    /// The times.
    pub timing: castkey_poc_timing,
    /// The channel.
    pub channel: castkey_poc_channel,
    /// Local policy.
    pub policy: castkey_poc_policy,
    /// CASTKEY_POC_CONFIRM_*. Default CASTKEY_POC_CONFIRM_REQUIRED.
    pub confirm: u32,
    /// CASTKEY_POC_ON_REJECT_*. Default CASTKEY_POC_ON_REJECT_ABORT.
    pub on_rekey_reject: u32,
    /// Flag: the bearer, and its key updates, go on without a member. Default 1.
    pub keep_bearer: u32,
    /// Flag: `first_mtk` stands in the indication. Default 1.
    pub has_first_mtk: u32,
    /// MTK ID of the first MTK under a new MSK, at most 65,535. Default 1.
    pub first_mtk: u32,
    /// The suite of every message: CASTKEY_SUITE_*. Default CASTKEY_SUITE_SHA1.
    pub suite: u32,
    /// SEQl of every MSK, at most 65,535. Default 0.
    pub seq_low: u32,
    /// SEQu of every MSK, at most 65,535. Default 65,535.
    pub seq_high: u32,
    /// Flag: MSK messages list the key management protocols of the SDP: `mikey`. Default 1.
    pub sdp_ids: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_server_config {}

fn mtk_id(number: u32) -> Result<MtkId, Status> {
    u16::try_from(number).map(MtkId).map_err(|_| Status::BAD_ENUM)
}

impl castkey_poc_server_config {
    pub(crate) fn config(&self) -> Result<ServerConfig, Status> {
        let first_mtk = mtk_id(self.first_mtk)?;
        Ok(ServerConfig {
            session: SessionConfig {
                policy: self.policy.policy()?,
                timing: self.timing.timing()?,
                confirm: choice(&[Confirm::Required, Confirm::OkIsEnough], self.confirm)?,
                on_rekey_reject: choice(
                    &[OnRekeyReject::Abort, OnRekeyReject::Unicast],
                    self.on_rekey_reject,
                )?,
                keep_bearer: flag(self.keep_bearer)?,
                channel: self.channel.tag()?,
                first_mtk: flag(self.has_first_mtk)?.then_some(first_mtk),
            },
            settings: self.settings.settings()?,
            algorithms: suite(self.suite)?,
            seq_low: mtk_id(self.seq_low)?,
            seq_high: mtk_id(self.seq_high)?,
            sdp_ids: flag(self.sdp_ids)?,
        })
    }

    pub(crate) fn of(config: &ServerConfig) -> Self {
        let session = &config.session;
        Self {
            settings: castkey_settings::of(&config.settings),
            timing: castkey_poc_timing::of(&session.timing),
            channel: castkey_poc_channel::NONE,
            policy: castkey_poc_policy::of(&session.policy),
            confirm: (session.confirm == Confirm::OkIsEnough).into(),
            on_rekey_reject: (session.on_rekey_reject == OnRekeyReject::Unicast).into(),
            keep_bearer: session.keep_bearer.into(),
            has_first_mtk: session.first_mtk.is_some().into(),
            first_mtk: session.first_mtk.map_or(0, |first| first.0.into()),
            suite: suite_number(config.algorithms),
            seq_low: config.seq_low.0.into(),
            seq_high: config.seq_high.0.into(),
            sdp_ids: config.sdp_ids.into(),
            reserved: 0,
        }
    }
}
