//! What a distribution is told, what it wants done, and how it is set up.

#![allow(unsafe_code, reason = "marks types")]

use castkey::poc::{
    BearerAction, BearerEvent, BearerRefusal, DistributionAction, DistributionConfig, DistributionEvent,
};
use castkey::time::Tick;

use crate::bytes::{Plain, Promise};
use crate::name::castkey_name;
use crate::poc::client_types::CASTKEY_POC_ARM_TIMER;
use crate::poc::coding::{castkey_poc_channel, castkey_poc_coding};
use crate::poc::indication::castkey_poc_indication;
use crate::poc::msk::castkey_poc_msk;
use crate::poc::timing::castkey_poc_timing;
use crate::settings::{castkey_settings, suite, suite_number};
use crate::span::Span;
use crate::status::Status;
use crate::ue_types::place_of;

/// A Session Update Request came with `msk`; without one, which is NULL, it is refused.
pub const CASTKEY_POC_DISTRIBUTION_UPDATE: u32 = 1;
/// The MSK Update indication of the server came: `indication`.
pub const CASTKEY_POC_DISTRIBUTION_INDICATION: u32 = 2;
/// The server gives its update up.
pub const CASTKEY_POC_DISTRIBUTION_ABORT: u32 = 3;
/// Make a new MTK under the MSK in use.
pub const CASTKEY_POC_DISTRIBUTION_ROLL: u32 = 4;
/// The deadline may have passed.
pub const CASTKEY_POC_DISTRIBUTION_TIMEOUT: u32 = 5;

/// Send `len` octets at `offset` over the bearer: an MTK message.
pub const CASTKEY_POC_MULTICAST_MIKEY: u32 = 64;
/// Send `len` octets at `offset` over the bearer: the indication under SRTCP.
pub const CASTKEY_POC_MULTICAST_MBCP: u32 = 65;
/// The MTK IDs of the MSK in use are used up: tell the server.
pub const CASTKEY_POC_MTK_RANGE_EXHAUSTED: u32 = 66;
/// Answer the Session Update Request: the MSK `name` is stored.
pub const CASTKEY_POC_UPDATE_STORED: u32 = 67;
/// Answer the Session Update Request: refused, `detail` is one of CASTKEY_POC_REFUSED_*.
pub const CASTKEY_POC_UPDATE_REFUSED: u32 = 68;
/// Answer the indication number `seq`: refused, `detail` is one of CASTKEY_POC_REFUSED_*.
pub const CASTKEY_POC_INDICATION_REFUSED: u32 = 69;
/// Answer the indication number `seq`: it has been distributed already.
pub const CASTKEY_POC_INDICATION_DONE: u32 = 70;
/// Protect everything with the newest MTK from now on: castkey_poc_distribution_traffic() gives it.
pub const CASTKEY_POC_USE_MTK: u32 = 71;
/// Tell the server that the MSK `name` is in use.
pub const CASTKEY_POC_SWITCHED: u32 = 72;
/// Nothing under the MSK `name` is needed any more; its `domain` is 0.
pub const CASTKEY_POC_RETIRED: u32 = 73;

/// The request carries no MSK.
pub const CASTKEY_POC_REFUSED_NO_MSK: u32 = 1;
/// Another key under a name that is held, or a name of another Key Domain.
pub const CASTKEY_POC_REFUSED_NAME: u32 = 2;
/// No MSK to come is stored.
pub const CASTKEY_POC_REFUSED_NOT_STORED: u32 = 3;
/// The indication does not name the MSKs in use and to come.
pub const CASTKEY_POC_REFUSED_MISMATCH: u32 = 4;

/// How a distribution is set up; castkey_poc_distribution_config_default() fills in all but the channel.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_distribution_config {
    /// The uncertain points of the key messages.
    pub settings: castkey_settings,
    /// The times.
    pub timing: castkey_poc_timing,
    /// Name and subtype of the indication.
    pub coding: castkey_poc_coding,
    /// The channel, of which the Key Domain is looked at.
    pub channel: castkey_poc_channel,
    /// The suite of MTK messages: CASTKEY_SUITE_*. Default CASTKEY_SUITE_SHA1.
    pub suite: u32,
    /// The SSRC of what it sends itself. Default 0, to be set.
    pub ssrc: u32,
}

/// What happens to a distribution. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_distribution_event {
    /// CASTKEY_POC_DISTRIBUTION_UPDATE to CASTKEY_POC_DISTRIBUTION_TIMEOUT.
    pub kind: u32,
    /// 0.
    pub reserved: u32,
    /// An MSK.
    pub msk: *const castkey_poc_msk,
    /// An indication.
    pub indication: castkey_poc_indication,
}

/// What a distribution wants done. Fields that the kind does not name are 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_distribution_action {
    /// CASTKEY_POC_MULTICAST_MIKEY to CASTKEY_POC_RETIRED, or CASTKEY_POC_ARM_TIMER.
    pub kind: u32,
    /// Where its octets begin in `out`.
    pub offset: u32,
    /// How many there are.
    pub len: u32,
    /// Why something is refused.
    pub detail: u32,
    /// The number of an update.
    pub seq: u32,
    /// The MSK.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// A time, milliseconds.
    pub at: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_distribution_config {}
// SAFETY: integers and a pointer.
unsafe impl Plain for castkey_poc_distribution_event {}
// SAFETY: integers.
unsafe impl Plain for castkey_poc_distribution_action {}

impl castkey_poc_distribution_config {
    pub(crate) fn config(&self) -> Result<DistributionConfig, Status> {
        Ok(DistributionConfig {
            timing: self.timing.timing()?,
            settings: self.settings.settings()?,
            algorithms: suite(self.suite)?,
            coding: self.coding.coding()?,
            ssrc: self.ssrc,
        })
    }

    pub(crate) fn of(config: &DistributionConfig) -> Self {
        Self {
            settings: castkey_settings::of(&config.settings),
            timing: castkey_poc_timing::of(&config.timing),
            coding: castkey_poc_coding::by_default(),
            channel: castkey_poc_channel::NONE,
            suite: suite_number(config.algorithms),
            ssrc: config.ssrc,
        }
    }
}

impl castkey_poc_distribution_event {
    /// The memory that an event of this kind refers to.
    pub(crate) fn span(&self) -> Span {
        if self.kind == CASTKEY_POC_DISTRIBUTION_UPDATE {
            Span::read(self.msk, 1)
        } else {
            Span::read::<u8>(core::ptr::null(), 0)
        }
    }

    pub(crate) fn event(&self, promise: &Promise) -> Result<DistributionEvent, Status> {
        Ok(match self.kind {
            CASTKEY_POC_DISTRIBUTION_UPDATE if self.msk.is_null() => DistributionEvent::SessionUpdate(None),
            CASTKEY_POC_DISTRIBUTION_UPDATE => {
                let msk = promise.slice(self.msk, 1)?.first().ok_or(Status::NULL)?;
                DistributionEvent::SessionUpdate(Some(msk.updated()?))
            }
            CASTKEY_POC_DISTRIBUTION_INDICATION => {
                DistributionEvent::Bearer(BearerEvent::Indication(self.indication.indication()?))
            }
            CASTKEY_POC_DISTRIBUTION_ABORT => DistributionEvent::Bearer(BearerEvent::Abort),
            CASTKEY_POC_DISTRIBUTION_ROLL => DistributionEvent::Bearer(BearerEvent::Roll),
            CASTKEY_POC_DISTRIBUTION_TIMEOUT => DistributionEvent::Bearer(BearerEvent::Timeout),
            _ => return Err(Status::BAD_ENUM),
        })
    }
}

const fn refusal_number(why: BearerRefusal) -> u32 {
    match why {
        BearerRefusal::NoMsk => CASTKEY_POC_REFUSED_NO_MSK,
        BearerRefusal::Name => CASTKEY_POC_REFUSED_NAME,
        BearerRefusal::NotStored => CASTKEY_POC_REFUSED_NOT_STORED,
        BearerRefusal::Mismatch => CASTKEY_POC_REFUSED_MISMATCH,
        _ => 0,
    }
}

impl castkey_poc_distribution_action {
    const NONE: Self =
        Self { kind: 0, offset: 0, len: 0, detail: 0, seq: 0, name: castkey_name::NONE, reserved: 0, at: 0 };

    /// The action, whose octets lie behind the address `start`.
    pub(crate) fn of(action: &DistributionAction<'_>, start: usize) -> Self {
        let none = Self::NONE;
        let octets = |kind, octets| {
            let (offset, len) = place_of(octets, start);
            Self { kind, offset, len, ..none }
        };
        match *action {
            DistributionAction::MulticastMikey(datagram) => octets(CASTKEY_POC_MULTICAST_MIKEY, datagram),
            DistributionAction::MulticastMbcp(datagram) => octets(CASTKEY_POC_MULTICAST_MBCP, datagram),
            DistributionAction::MtkRangeExhausted => Self { kind: CASTKEY_POC_MTK_RANGE_EXHAUSTED, ..none },
            DistributionAction::Bearer(action) => Self::of_bearer(action),
            _ => none,
        }
    }

    fn of_bearer(action: BearerAction) -> Self {
        let none = Self::NONE;
        let named = |kind, name| Self { kind, name: castkey_name::of_msk(name), ..none };
        match action {
            BearerAction::Stored(name) => named(CASTKEY_POC_UPDATE_STORED, name),
            BearerAction::Refused(why) => {
                Self { kind: CASTKEY_POC_UPDATE_REFUSED, detail: refusal_number(why), ..none }
            }
            BearerAction::RejectIndication(seq, why) => {
                Self { kind: CASTKEY_POC_INDICATION_REFUSED, seq: seq.0, detail: refusal_number(why), ..none }
            }
            BearerAction::Acknowledge(seq) => Self { kind: CASTKEY_POC_INDICATION_DONE, seq: seq.0, ..none },
            BearerAction::UseMtk => Self { kind: CASTKEY_POC_USE_MTK, ..none },
            BearerAction::Switched(name) => named(CASTKEY_POC_SWITCHED, name),
            BearerAction::Retire(msk) => {
                let mut name = castkey_name::NONE;
                (name.group, name.number) = (msk.group.0, msk.number.0);
                Self { kind: CASTKEY_POC_RETIRED, name, ..none }
            }
            BearerAction::ArmTimer(at) => {
                Self { kind: CASTKEY_POC_ARM_TIMER, at: Tick::as_millis(at), ..none }
            }
            _ => none,
        }
    }
}
