//! What a BM-SC is told, what it wants done, and how it is set up.

#![allow(unsafe_code, reason = "marks types")]

use castkey::id::{Counter, MtkId};
use castkey::role::{BmScAction, BmScConfig, BmScEvent, Resend, User};
use castkey::time::Tick;
use castkey::wire::{CryptoSession, Policy};

use crate::bytes::{Plain, Promise};
use crate::delivery::{castkey_delivery, castkey_user};
use crate::muk::Key;
use crate::name::castkey_name;
use crate::octets::castkey_octets;
use crate::policy::castkey_security;
use crate::settings::{castkey_settings, choice, flag, octet, suite, suite_number};
use crate::span::Span;
use crate::status::Status;
use crate::switchover::castkey_switch_timing;
use crate::ue_types::place_of;

/// A message that is sent again has the next counter.
pub const CASTKEY_RESEND_NEW_COUNTER: u32 = 0;
/// A message that is sent again has the same octets.
pub const CASTKEY_RESEND_IDENTICAL: u32 = 1;

/// Start the Key Group `name`: its first MSK and MTK are made.
pub const CASTKEY_BM_SC_OPEN: u32 = 1;
/// A new MSK is wanted for the Key Group `name`.
pub const CASTKEY_BM_SC_REKEY: u32 = 2;
/// Send the MSK `name` to `user`, whose delivery so far is `delivery`, with `security`.
pub const CASTKEY_BM_SC_PUSH: u32 = 3;
/// Everybody was sent the next MSK of the Key Group `name`.
pub const CASTKEY_BM_SC_DISTRIBUTED: u32 = 4;
/// The verification message `octets` came from `user`, whose delivery is `delivery`.
pub const CASTKEY_BM_SC_ACKNOWLEDGED: u32 = 5;
/// The deadline of `delivery` to `user` may have passed; with `security`.
pub const CASTKEY_BM_SC_RETRY: u32 = 6;
/// `delivery` is off: its user left or was expelled.
pub const CASTKEY_BM_SC_GONE: u32 = 7;
/// Move the Key Group `name` to the next MSK now.
pub const CASTKEY_BM_SC_SWITCH: u32 = 8;
/// Renew the MTK of the Key Group `name`.
pub const CASTKEY_BM_SC_ROLL: u32 = 9;
/// Solicit `user` to request the MSK of the Key Group `name`.
pub const CASTKEY_BM_SC_PULL: u32 = 10;
/// An authenticated request of `user`, who is entitled to it, for the MSK `name`; Key Number 0 is the current one. With
/// `delivery` and `security`.
pub const CASTKEY_BM_SC_REQUESTED: u32 = 11;
/// End the Key Group `name`.
pub const CASTKEY_BM_SC_CLOSE: u32 = 12;
/// The deadline may have passed.
pub const CASTKEY_BM_SC_TIMEOUT: u32 = 13;

/// Send the MSK `name` to every member by CASTKEY_BM_SC_PUSH, then say CASTKEY_BM_SC_DISTRIBUTED.
pub const CASTKEY_BM_SC_DISTRIBUTE: u32 = 1;
/// Send this user the MSK `name` as well, with the delivery just saved.
pub const CASTKEY_BM_SC_PUSH_ALSO: u32 = 2;
/// Another MSK of the Key Group `name` will follow the one that is being distributed.
pub const CASTKEY_BM_SC_REKEY_QUEUED: u32 = 3;
/// Store `counter` of the user safely before the datagram goes out.
pub const CASTKEY_BM_SC_SAVE_COUNTER: u32 = 4;
/// Store `delivery` of the user.
pub const CASTKEY_BM_SC_SAVE_DELIVERY: u32 = 5;
/// Send `len` octets at `offset` to the user.
pub const CASTKEY_BM_SC_SEND: u32 = 6;
/// Send `len` octets at `offset` to the group.
pub const CASTKEY_BM_SC_MULTICAST: u32 = 7;
/// The user holds the MSK `name`.
pub const CASTKEY_BM_SC_DELIVERED: u32 = 8;
/// The user never acknowledged the MSK `name`.
pub const CASTKEY_BM_SC_UNDELIVERED: u32 = 9;
/// The MSK `name` protects MTKs from now on.
pub const CASTKEY_BM_SC_ACTIVATED: u32 = 10;
/// Protect media with the MTK `name` from now on; its `domain` is 0. castkey_bm_sc_traffic() gives the MTK.
pub const CASTKEY_BM_SC_USE_MTK: u32 = 11;
/// Nobody needs the MSK `name` any more.
pub const CASTKEY_BM_SC_RETIRED: u32 = 12;
/// Tell CASTKEY_BM_SC_TIMEOUT at the time `at`.
pub const CASTKEY_BM_SC_ARM_TIMER: u32 = 13;

/// How a BM-SC is set up; castkey_bm_sc_config_default() fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_bm_sc_config {
    /// The uncertain points.
    pub settings: castkey_settings,
    /// How long keys are kept around a switch.
    pub timing: castkey_switch_timing,
    /// The suite of every message: CASTKEY_SUITE_*. Default CASTKEY_SUITE_SHA1.
    pub suite: u32,
    /// SEQl of every MSK, at most 65,535. Default 0.
    pub seq_low: u32,
    /// SEQu of every MSK, at most 65,535. Default 65,535.
    pub seq_high: u32,
    /// Flag: MTKs carry an SRTP salt. Default 1.
    pub salt: u32,
    /// Flag: MSK messages ask for an acknowledgement. Default 1.
    pub acknowledge: u32,
    /// Wait for an acknowledgement before the second message, milliseconds; doubles each time. Default 1,000.
    pub retry_ms: u32,
    /// Messages before a delivery counts as failed, at most 255. Default 4.
    pub attempts: u32,
    /// What the second and later messages are: CASTKEY_RESEND_*.
    pub resend: u32,
    /// Longest wait of a switch for acknowledgements, milliseconds. Default 10,000.
    pub switch_wait_ms: u32,
    /// Period of the MTK carousel, milliseconds. Default 1,000.
    pub carousel_ms: u32,
    /// How long a new MTK is announced before media uses it, milliseconds. Default 500.
    pub lead_ms: u32,
    /// Flag: MTKs are renewed every `roll_ms`. Default 0.
    pub has_roll: u32,
    /// Period at which MTKs are renewed, milliseconds.
    pub roll_ms: u32,
    /// With this many MTK IDs left, or fewer, the next MSK goes out; at most 65,535. Default 64.
    pub reserve: u32,
}

/// What happens to a BM-SC. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_bm_sc_event {
    /// CASTKEY_BM_SC_OPEN to CASTKEY_BM_SC_TIMEOUT.
    pub kind: u32,
    /// A Key Group or an MSK, as the kind says.
    pub name: castkey_name,
    /// The user.
    pub user: castkey_user,
    /// His delivery.
    pub delivery: castkey_delivery,
    /// A datagram.
    pub octets: castkey_octets,
    /// How SRTP uses the MTKs under the MSK.
    pub security: castkey_security,
}

/// What a BM-SC wants done.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_bm_sc_action {
    /// CASTKEY_BM_SC_DISTRIBUTE to CASTKEY_BM_SC_ARM_TIMER.
    pub kind: u32,
    /// Where its octets begin in `out`.
    pub offset: u32,
    /// How many there are; 0 if it has none.
    pub len: u32,
    /// A counter.
    pub counter: u32,
    /// The key or group.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// A delivery.
    pub delivery: castkey_delivery,
    /// A time, milliseconds.
    pub at: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_bm_sc_config {}
// SAFETY: integers and pointers.
unsafe impl Plain for castkey_bm_sc_event {}
// SAFETY: integers.
unsafe impl Plain for castkey_bm_sc_action {}

/// A number of two octets.
fn mtk_id(number: u32) -> Result<MtkId, Status> {
    u16::try_from(number).map(MtkId).map_err(|_| Status::BAD_ENUM)
}

impl castkey_bm_sc_config {
    pub(crate) fn config(&self) -> Result<BmScConfig, Status> {
        Ok(BmScConfig {
            settings: self.settings.settings()?,
            timing: self.timing.timing()?,
            algorithms: suite(self.suite)?,
            seq_low: mtk_id(self.seq_low)?,
            seq_high: mtk_id(self.seq_high)?,
            salt: flag(self.salt)?,
            acknowledge: flag(self.acknowledge)?,
            retry_ms: self.retry_ms,
            attempts: octet(self.attempts)?,
            resend: choice(&[Resend::NewCounter, Resend::Identical], self.resend)?,
            switch_wait_ms: self.switch_wait_ms,
            carousel_ms: self.carousel_ms,
            lead_ms: self.lead_ms,
            roll_ms: flag(self.has_roll)?.then_some(self.roll_ms),
            reserve: mtk_id(self.reserve)?.0,
        })
    }

    pub(crate) fn of(config: &BmScConfig) -> Self {
        Self {
            settings: castkey_settings::of(&config.settings),
            timing: castkey_switch_timing::of(&config.timing),
            suite: suite_number(config.algorithms),
            seq_low: config.seq_low.0.into(),
            seq_high: config.seq_high.0.into(),
            salt: config.salt.into(),
            acknowledge: config.acknowledge.into(),
            retry_ms: config.retry_ms,
            attempts: config.attempts.into(),
            resend: (config.resend == Resend::Identical).into(),
            switch_wait_ms: config.switch_wait_ms,
            carousel_ms: config.carousel_ms,
            lead_ms: config.lead_ms,
            has_roll: config.roll_ms.is_some().into(),
            roll_ms: config.roll_ms.unwrap_or(0),
            reserve: config.reserve.into(),
        }
    }
}

impl castkey_bm_sc_event {
    /// Whether an event of this kind is of a user.
    pub(crate) const fn has_user(&self) -> bool {
        matches!(
            self.kind,
            CASTKEY_BM_SC_PUSH
                | CASTKEY_BM_SC_ACKNOWLEDGED
                | CASTKEY_BM_SC_RETRY
                | CASTKEY_BM_SC_PULL
                | CASTKEY_BM_SC_REQUESTED
        )
    }

    /// Whether an event of this kind brings policies.
    pub(crate) const fn has_security(&self) -> bool {
        matches!(self.kind, CASTKEY_BM_SC_PUSH | CASTKEY_BM_SC_RETRY | CASTKEY_BM_SC_REQUESTED)
    }

    /// The memory that an event of this kind refers to; that of the policies' parameters aside.
    pub(crate) fn spans(&self) -> [Span; 6] {
        let nothing = Span::read::<u8>(core::ptr::null(), 0);
        let [idi, idr] = self.user.muk_id.spans();
        let [policies, sessions] = self.security.spans();
        let of_user = |span| if self.has_user() { span } else { nothing };
        let of_security = |span| if self.has_security() { span } else { nothing };
        let octets = if self.kind == CASTKEY_BM_SC_ACKNOWLEDGED { self.octets.span() } else { nothing };
        [
            of_user(idi),
            of_user(idr),
            of_user(self.user.muk.octets.span()),
            of_security(policies),
            of_security(sessions),
            octets,
        ]
    }

    /// The event; `muk` is that of its user, if it has one.
    pub(crate) fn event<'c>(
        &self, promise: &'c Promise, muk: Option<&'c Key>, policies: &'c [Policy<'c>],
        sessions: Option<&'c [CryptoSession]>,
    ) -> Result<BmScEvent<'c, Key>, Status> {
        let (group, name) = (self.name.group(), self.name.msk());
        let user = || {
            Ok::<_, Status>(User {
                id: self.user.muk_id.of(promise)?,
                muk: muk.ok_or(Status::BAD_ENUM)?,
                counter: flag(self.user.has_counter)?.then_some(Counter(self.user.counter)),
            })
        };
        let delivery = || self.delivery.delivery();
        Ok(match self.kind {
            CASTKEY_BM_SC_OPEN => BmScEvent::Open(group),
            CASTKEY_BM_SC_REKEY => BmScEvent::Rekey(group),
            CASTKEY_BM_SC_PUSH => {
                BmScEvent::Push { name, user: user()?, delivery: delivery()?, policies, sessions }
            }
            CASTKEY_BM_SC_DISTRIBUTED => BmScEvent::Distributed(group),
            CASTKEY_BM_SC_ACKNOWLEDGED => BmScEvent::Acknowledged {
                user: user()?,
                delivery: delivery()?,
                octets: self.octets.read(promise)?,
            },
            CASTKEY_BM_SC_RETRY => {
                BmScEvent::Retry { user: user()?, delivery: delivery()?, policies, sessions }
            }
            CASTKEY_BM_SC_GONE => BmScEvent::Gone(delivery()?),
            CASTKEY_BM_SC_SWITCH => BmScEvent::Switch(group),
            CASTKEY_BM_SC_ROLL => BmScEvent::Roll(group),
            CASTKEY_BM_SC_PULL => BmScEvent::Pull { group, user: user()? },
            CASTKEY_BM_SC_REQUESTED => {
                BmScEvent::Requested { name, user: user()?, delivery: delivery()?, policies, sessions }
            }
            CASTKEY_BM_SC_CLOSE => BmScEvent::Close(group),
            CASTKEY_BM_SC_TIMEOUT => BmScEvent::Timeout,
            _ => return Err(Status::BAD_ENUM),
        })
    }
}

impl castkey_bm_sc_action {
    const NONE: Self = Self {
        kind: 0,
        offset: 0,
        len: 0,
        counter: 0,
        name: castkey_name::NONE,
        reserved: 0,
        delivery: castkey_delivery::IDLE,
        at: 0,
    };

    /// The action, whose octets lie behind the address `start`.
    pub(crate) fn of(action: BmScAction<'_>, start: usize) -> Self {
        let none = Self::NONE;
        let octets = |kind, octets| {
            let (offset, len) = place_of(octets, start);
            Self { kind, offset, len, ..none }
        };
        let msk = |kind, name| Self { kind, name: castkey_name::of_msk(name), ..none };
        match action {
            BmScAction::Distribute(name) => msk(CASTKEY_BM_SC_DISTRIBUTE, name),
            BmScAction::PushAlso(name) => msk(CASTKEY_BM_SC_PUSH_ALSO, name),
            BmScAction::RekeyQueued(group) => {
                Self { kind: CASTKEY_BM_SC_REKEY_QUEUED, name: castkey_name::of_group(group), ..none }
            }
            BmScAction::SaveCounter(counter) => {
                Self { kind: CASTKEY_BM_SC_SAVE_COUNTER, counter: counter.0, ..none }
            }
            BmScAction::SaveDelivery(delivery) => {
                Self { kind: CASTKEY_BM_SC_SAVE_DELIVERY, delivery: castkey_delivery::of(delivery), ..none }
            }
            BmScAction::Send(datagram) => octets(CASTKEY_BM_SC_SEND, datagram),
            BmScAction::Multicast(datagram) => octets(CASTKEY_BM_SC_MULTICAST, datagram),
            BmScAction::Delivered(name) => msk(CASTKEY_BM_SC_DELIVERED, name),
            BmScAction::Undelivered(name) => msk(CASTKEY_BM_SC_UNDELIVERED, name),
            BmScAction::Activated(name) => msk(CASTKEY_BM_SC_ACTIVATED, name),
            BmScAction::UseMtk(mki) => {
                Self { kind: CASTKEY_BM_SC_USE_MTK, name: castkey_name::of_mki(mki), ..none }
            }
            BmScAction::Retired(name) => msk(CASTKEY_BM_SC_RETIRED, name),
            BmScAction::ArmTimer(at) => {
                Self { kind: CASTKEY_BM_SC_ARM_TIMER, at: Tick::as_millis(at), ..none }
            }
            _ => none,
        }
    }
}
