//! What happens to the session of a PoC Server as a whole.

#![allow(unsafe_code, reason = "marks a type")]

use castkey::poc::{PolicyEvent, SessionEvent, UpdateSeq};

use crate::bytes::Plain;
use crate::name::castkey_name;
use crate::poc::policy::{
    CASTKEY_POC_REASON_ADMIN, CASTKEY_POC_REASON_COMPROMISE, CASTKEY_POC_REASON_LIFETIME,
    CASTKEY_POC_REASON_MTK_PERIODIC, CASTKEY_POC_REASON_MTK_RANGE, CASTKEY_POC_REASON_OTHER,
};
use crate::settings::flag;
use crate::status::Status;

/// Something that may call for an update, other than what a member does: for `reason`.
pub const CASTKEY_POC_SESSION_TRIGGER: u32 = 1;
/// Another PoC function asks for an update of this channel's MSK.
pub const CASTKEY_POC_SESSION_ASKED_BY_OTHER: u32 = 2;
/// The Session Update Response says that the MSK `name` is stored.
pub const CASTKEY_POC_SESSION_BCAST_STORED: u32 = 3;
/// The Session Update Response refuses.
pub const CASTKEY_POC_SESSION_BCAST_REJECTED: u32 = 4;
/// The indication could not be handed to the distribution.
pub const CASTKEY_POC_SESSION_BCAST_UNREACHABLE: u32 = 5;
/// The distribution refuses the indication number `seq`.
pub const CASTKEY_POC_SESSION_INDICATION_REJECTED: u32 = 6;
/// The distribution uses the MSK `name`.
pub const CASTKEY_POC_SESSION_BCAST_SWITCHED: u32 = 7;
/// A distribution without any key is there: the channel starts, or it has restarted. To be told before anything else is sent
/// to it.
pub const CASTKEY_POC_SESSION_BEARER_RESET: u32 = 8;
/// The bearer is there.
pub const CASTKEY_POC_SESSION_BEARER_UP: u32 = 9;
/// It is not known whether the bearer is there.
pub const CASTKEY_POC_SESSION_BEARER_DOWN: u32 = 10;
/// A packet came from the controlling function; `dedicated` says whether on the session of Media Traffic Optimisation.
pub const CASTKEY_POC_SESSION_MEDIA: u32 = 11;
/// The session is over.
pub const CASTKEY_POC_SESSION_ENDED: u32 = 12;
/// The deadline may have passed.
pub const CASTKEY_POC_SESSION_TIMEOUT: u32 = 13;

/// What happens to the session as a whole. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_session_event {
    /// CASTKEY_POC_SESSION_TRIGGER to CASTKEY_POC_SESSION_TIMEOUT.
    pub kind: u32,
    /// CASTKEY_POC_REASON_LIFETIME, with `age_ms` and `packets`; CASTKEY_POC_REASON_MTK_RANGE,
    /// CASTKEY_POC_REASON_MTK_PERIODIC, CASTKEY_POC_REASON_COMPROMISE, CASTKEY_POC_REASON_ADMIN; CASTKEY_POC_REASON_OTHER,
    /// with `number`. What a member causes goes to castkey_poc_server_handle_leg().
    pub reason: u32,
    /// A number of the operator's, at most 65,535.
    pub number: u32,
    /// Flag, see CASTKEY_POC_SESSION_MEDIA.
    pub dedicated: u32,
    /// The number of an update.
    pub seq: u32,
    /// An MSK.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// Age of the MSK in use, milliseconds.
    pub age_ms: u64,
    /// Packets under its MTKs.
    pub packets: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_session_event {}

impl castkey_poc_session_event {
    fn trigger(&self) -> Result<PolicyEvent, Status> {
        Ok(match self.reason {
            CASTKEY_POC_REASON_LIFETIME => {
                PolicyEvent::MskLifetime { age_ms: self.age_ms, packets: self.packets }
            }
            CASTKEY_POC_REASON_MTK_RANGE => PolicyEvent::MtkRangeExhausted,
            CASTKEY_POC_REASON_MTK_PERIODIC => PolicyEvent::MtkPeriodic,
            CASTKEY_POC_REASON_COMPROMISE => PolicyEvent::Compromise,
            CASTKEY_POC_REASON_ADMIN => PolicyEvent::AdminRequest,
            CASTKEY_POC_REASON_OTHER => {
                PolicyEvent::Other(u16::try_from(self.number).map_err(|_| Status::BAD_ENUM)?)
            }
            _ => return Err(Status::BAD_ENUM),
        })
    }

    pub(crate) fn event(&self) -> Result<SessionEvent, Status> {
        let name = self.name.msk();
        Ok(match self.kind {
            CASTKEY_POC_SESSION_TRIGGER => SessionEvent::Trigger(self.trigger()?),
            CASTKEY_POC_SESSION_ASKED_BY_OTHER => SessionEvent::AskedByOther,
            CASTKEY_POC_SESSION_BCAST_STORED => SessionEvent::BcastStored(name),
            CASTKEY_POC_SESSION_BCAST_REJECTED => SessionEvent::BcastRejected,
            CASTKEY_POC_SESSION_BCAST_UNREACHABLE => SessionEvent::BcastUnreachable,
            CASTKEY_POC_SESSION_INDICATION_REJECTED => SessionEvent::IndicationRejected(UpdateSeq(self.seq)),
            CASTKEY_POC_SESSION_BCAST_SWITCHED => SessionEvent::BcastSwitched(name),
            CASTKEY_POC_SESSION_BEARER_RESET => SessionEvent::BearerReset,
            CASTKEY_POC_SESSION_BEARER_UP => SessionEvent::BearerUp,
            CASTKEY_POC_SESSION_BEARER_DOWN => SessionEvent::BearerDown,
            CASTKEY_POC_SESSION_MEDIA => SessionEvent::Media { dedicated: flag(self.dedicated)? },
            CASTKEY_POC_SESSION_ENDED => SessionEvent::Ended,
            CASTKEY_POC_SESSION_TIMEOUT => SessionEvent::Timeout,
            _ => return Err(Status::BAD_ENUM),
        })
    }
}
