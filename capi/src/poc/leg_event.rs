//! What happens to one member of a session.

#![allow(unsafe_code, reason = "marks a type")]

use castkey::poc::{Failure, LegEvent};

use crate::bytes::Plain;
use crate::settings::flag;
use crate::status::Status;

/// It negotiates the Multicast PoC Channel.
pub const CASTKEY_POC_LEG_JOIN: u32 = 1;
/// Send it what it lacks; asked for by CASTKEY_POC_DISTRIBUTE and CASTKEY_POC_DELIVER.
pub const CASTKEY_POC_LEG_DELIVER: u32 = 2;
/// It answered 200; `confirmed` says what castkey_poc_server_confirms() said.
pub const CASTKEY_POC_LEG_OK: u32 = 3;
/// It refused, or could not be reached: `failure`.
pub const CASTKEY_POC_LEG_FAIL: u32 = 4;
/// Its time to answer may have passed.
pub const CASTKEY_POC_LEG_TIMEOUT: u32 = 5;
/// It is thrown out.
pub const CASTKEY_POC_LEG_EXPELLED: u32 = 6;
/// Its subscription has ended.
pub const CASTKEY_POC_LEG_DEAUTHORISED: u32 = 7;
/// It leaves.
pub const CASTKEY_POC_LEG_LEFT: u32 = 8;
/// It asks for the MSK.
pub const CASTKEY_POC_LEG_REQUESTED: u32 = 9;
/// It has bootstrapped again and has a new MUK.
pub const CASTKEY_POC_LEG_MUK_RENEWED: u32 = 10;
/// There is no MUK for it.
pub const CASTKEY_POC_LEG_MUK_UNAVAILABLE: u32 = 11;

/// The final response `status`, 300 to 699, that nothing else describes.
pub const CASTKEY_POC_FAILURE_STATUS: u32 = 1;
/// 491: the client had an INVITE of its own under way; `owns_call_id`, `random`.
pub const CASTKEY_POC_FAILURE_GLARE: u32 = 2;
/// 500 with Retry-After: `retry_after_ms`.
pub const CASTKEY_POC_FAILURE_BUSY: u32 = 3;
/// The SIP stack gave the transaction up.
pub const CASTKEY_POC_FAILURE_TIMEOUT: u32 = 4;

/// What happens to one member. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_leg_event {
    /// CASTKEY_POC_LEG_JOIN to CASTKEY_POC_LEG_MUK_UNAVAILABLE.
    pub kind: u32,
    /// Flag: the key confirmation was there and good.
    pub confirmed: u32,
    /// CASTKEY_POC_FAILURE_*.
    pub failure: u32,
    /// A SIP status, at most 65,535.
    pub status: u32,
    /// Flag: this function made the Call-ID of the dialog.
    pub owns_call_id: u32,
    /// 32 random bits.
    pub random: u32,
    /// Retry-After, milliseconds.
    pub retry_after_ms: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_leg_event {}

impl castkey_poc_leg_event {
    fn failure(&self) -> Result<Failure, Status> {
        Ok(match self.failure {
            CASTKEY_POC_FAILURE_STATUS => {
                Failure::Status(u16::try_from(self.status).map_err(|_| Status::BAD_ENUM)?)
            }
            CASTKEY_POC_FAILURE_GLARE => {
                Failure::Glare { owns_call_id: flag(self.owns_call_id)?, random: self.random }
            }
            CASTKEY_POC_FAILURE_BUSY => Failure::Busy { retry_after_ms: self.retry_after_ms },
            CASTKEY_POC_FAILURE_TIMEOUT => Failure::TransactionTimeout,
            _ => return Err(Status::BAD_ENUM),
        })
    }

    pub(crate) fn event(&self) -> Result<LegEvent, Status> {
        Ok(match self.kind {
            CASTKEY_POC_LEG_JOIN => LegEvent::Join,
            CASTKEY_POC_LEG_DELIVER => LegEvent::Deliver,
            CASTKEY_POC_LEG_OK => LegEvent::Ok { confirmed: flag(self.confirmed)? },
            CASTKEY_POC_LEG_FAIL => LegEvent::Fail(self.failure()?),
            CASTKEY_POC_LEG_TIMEOUT => LegEvent::Timeout,
            CASTKEY_POC_LEG_EXPELLED => LegEvent::Expelled,
            CASTKEY_POC_LEG_DEAUTHORISED => LegEvent::Deauthorised,
            CASTKEY_POC_LEG_LEFT => LegEvent::Left,
            CASTKEY_POC_LEG_REQUESTED => LegEvent::Requested,
            CASTKEY_POC_LEG_MUK_RENEWED => LegEvent::MukRenewed,
            CASTKEY_POC_LEG_MUK_UNAVAILABLE => LegEvent::MukUnavailable,
            _ => return Err(Status::BAD_ENUM),
        })
    }
}
