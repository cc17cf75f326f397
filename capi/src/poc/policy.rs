//! When an MSK is updated: local policy.

use castkey::poc::{OnJoin, OnLeave, PolicyConfig, Reason};

use crate::settings::{choice, flag};
use crate::status::Status;

/// A client that leaves causes nothing.
pub const CASTKEY_POC_ON_LEAVE_NEVER: u32 = 0;
/// A client that leaves causes an update.
pub const CASTKEY_POC_ON_LEAVE_ALWAYS: u32 = 1;
/// All clients that leave within `coalesce_ms` of the first cause one update.
pub const CASTKEY_POC_ON_LEAVE_COALESCE: u32 = 2;

/// A client that joins causes nothing.
pub const CASTKEY_POC_ON_JOIN_NEVER: u32 = 0;
/// A client that joins causes an update.
pub const CASTKEY_POC_ON_JOIN_ALWAYS: u32 = 1;

/// A client was expelled.
pub const CASTKEY_POC_REASON_EXPELLED: u32 = 1;
/// A client left.
pub const CASTKEY_POC_REASON_LEFT: u32 = 2;
/// A client joined.
pub const CASTKEY_POC_REASON_JOINED: u32 = 3;
/// The MSK is too old or too much used.
pub const CASTKEY_POC_REASON_LIFETIME: u32 = 4;
/// The MTK IDs of the MSK are used up.
pub const CASTKEY_POC_REASON_MTK_RANGE: u32 = 5;
/// The MTK is too old.
pub const CASTKEY_POC_REASON_MTK_PERIODIC: u32 = 6;
/// A key is known to outsiders.
pub const CASTKEY_POC_REASON_COMPROMISE: u32 = 7;
/// A client has a new MUK.
pub const CASTKEY_POC_REASON_MUK_RENEWED: u32 = 8;
/// A subscription has ended.
pub const CASTKEY_POC_REASON_DEAUTHORISED: u32 = 9;
/// The operator wants it.
pub const CASTKEY_POC_REASON_ADMIN: u32 = 10;
/// Another reason of local policy.
pub const CASTKEY_POC_REASON_OTHER: u32 = 11;

/// The choices that the standard leaves to local policy. No choice turns an expulsion into anything but an update.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_policy {
    /// CASTKEY_POC_ON_LEAVE_*. Default CASTKEY_POC_ON_LEAVE_COALESCE.
    pub on_leave: u32,
    /// See CASTKEY_POC_ON_LEAVE_COALESCE, milliseconds. Default 5,000.
    pub coalesce_ms: u32,
    /// CASTKEY_POC_ON_JOIN_*. Default CASTKEY_POC_ON_JOIN_NEVER.
    pub on_join: u32,
    /// Flag: a client that leaves under CASTKEY_POC_ON_LEAVE_ALWAYS during an update supersedes it rather than merges.
    /// Default 0.
    pub leave_supersedes: u32,
    /// Oldest MSK, milliseconds. Default 24 hours.
    pub msk_max_age_ms: u64,
    /// Most packets under one MSK. Default 2^48.
    pub msk_max_packets: u64,
}

impl castkey_poc_policy {
    pub(crate) fn policy(&self) -> Result<PolicyConfig, Status> {
        Ok(PolicyConfig {
            on_leave: choice(
                &[OnLeave::Never, OnLeave::Always, OnLeave::Coalesce(self.coalesce_ms)],
                self.on_leave,
            )?,
            on_join: choice(&[OnJoin::Never, OnJoin::Always], self.on_join)?,
            msk_max_age_ms: self.msk_max_age_ms,
            msk_max_packets: self.msk_max_packets,
            leave_supersedes: flag(self.leave_supersedes)?,
        })
    }

    pub(crate) fn of(policy: &PolicyConfig) -> Self {
        let (on_leave, coalesce_ms) = match policy.on_leave {
            OnLeave::Always => (CASTKEY_POC_ON_LEAVE_ALWAYS, 0),
            OnLeave::Coalesce(ms) => (CASTKEY_POC_ON_LEAVE_COALESCE, ms),
            _ => (CASTKEY_POC_ON_LEAVE_NEVER, 0),
        };
        Self {
            on_leave,
            coalesce_ms,
            on_join: (policy.on_join == OnJoin::Always).into(),
            leave_supersedes: policy.leave_supersedes.into(),
            msk_max_age_ms: policy.msk_max_age_ms,
            msk_max_packets: policy.msk_max_packets,
        }
    }
}

/// The number of a reason.
pub(crate) const fn reason_number(reason: Reason) -> u32 {
    match reason {
        Reason::Expelled => CASTKEY_POC_REASON_EXPELLED,
        Reason::Left => CASTKEY_POC_REASON_LEFT,
        Reason::Joined => CASTKEY_POC_REASON_JOINED,
        Reason::Lifetime => CASTKEY_POC_REASON_LIFETIME,
        Reason::MtkRange => CASTKEY_POC_REASON_MTK_RANGE,
        Reason::MtkPeriodic => CASTKEY_POC_REASON_MTK_PERIODIC,
        Reason::Compromise => CASTKEY_POC_REASON_COMPROMISE,
        Reason::MukRenewed => CASTKEY_POC_REASON_MUK_RENEWED,
        Reason::Deauthorised => CASTKEY_POC_REASON_DEAUTHORISED,
        Reason::Admin => CASTKEY_POC_REASON_ADMIN,
        Reason::Other(_) => CASTKEY_POC_REASON_OTHER,
        _ => 0,
    }
}
