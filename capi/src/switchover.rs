//! The move from one MSK to the next, for programs that keep their own keys.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::id::MskId;
use castkey::role::{SwitchAction, SwitchEvent, SwitchTiming, Switchover};
use castkey::time::Tick;

use crate::bytes::{Plain, Promise};
use crate::settings::flag;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// No time: nothing is waited for.
pub const CASTKEY_NEVER: u64 = 0xFFFF_FFFF_FFFF_FFFF;

/// No MSK is held.
pub const CASTKEY_SWITCHOVER_IDLE: u32 = 0;
/// One MSK is in use.
pub const CASTKEY_SWITCHOVER_STEADY: u32 = 1;
/// The next MSK is stored and not used yet.
pub const CASTKEY_SWITCHOVER_PENDING: u32 = 2;
/// The switch was announced before the next MSK arrived.
pub const CASTKEY_SWITCHOVER_EXPECTING: u32 = 3;
/// Told to switch, no MTK under the new MSK seen yet.
pub const CASTKEY_SWITCHOVER_SWITCHING: u32 = 4;
/// MTKs under both MSKs serve.
pub const CASTKEY_SWITCHOVER_OVERLAP: u32 = 5;

/// `msk` was stored.
pub const CASTKEY_SWITCH_STORED: u32 = 1;
/// An authentic announcement: from `from` to `msk`.
pub const CASTKEY_SWITCH_ANNOUNCED: u32 = 2;
/// An MTK message under `msk` was verified, or sent.
pub const CASTKEY_SWITCH_MTK_VERIFIED: u32 = 3;
/// The same, and none was ever verified under the MSK in use.
pub const CASTKEY_SWITCH_REORDERED: u32 = 4;
/// Whoever makes the MSKs says that `msk`, which is held, is in use.
pub const CASTKEY_SWITCH_IN_USE: u32 = 5;
/// The same, and nothing but an announcement speaks for the switch that is on.
pub const CASTKEY_SWITCH_IN_USE_INSTEAD: u32 = 6;
/// `msk` was deleted.
pub const CASTKEY_SWITCH_FORGOTTEN: u32 = 7;
/// The deadline may have passed.
pub const CASTKEY_SWITCH_TIMEOUT: u32 = 8;

/// Nothing is to be done.
pub const CASTKEY_SWITCH_ACTION_NONE: u32 = 0;
/// Use `msk` from now on; with `has_dropped`, drop the MTKs of `dropped`.
pub const CASTKEY_SWITCH_ACTION_ACTIVATE: u32 = 1;
/// Drop the MTKs of `msk`, and take no more under it.
pub const CASTKEY_SWITCH_ACTION_RETIRE: u32 = 2;
/// `msk` was announced and did not come: ask for it.
pub const CASTKEY_SWITCH_ACTION_MISSING: u32 = 3;
/// The announcement does not name the keys that are in use and to come.
pub const CASTKEY_SWITCH_ACTION_MISMATCH: u32 = 4;

/// How long keys are kept around a switch. castkey_ue_config_default() and castkey_bm_sc_config_default() fill it in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_switch_timing {
    /// How long the MTKs of the MSK before still serve, milliseconds. Default 5,000.
    pub overlap_ms: u64,
    /// How long an announced MSK that is not held is waited for, milliseconds. Default 10,000.
    pub early_ms: u64,
    /// Flag: an MTK under the next MSK switches without an announcement. Default 1.
    pub implicit: u32,
    /// 0.
    pub reserved: u32,
}

/// Which MSK is in use, and which is coming or going. An MSK ID is a number here: Key Group in the upper 16 bits, Key Number in
/// the lower ones. All zero is idle, the start.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_switchover {
    /// CASTKEY_SWITCHOVER_*.
    pub kind: u32,
    /// The MSK in use; not when idle.
    pub active: u32,
    /// The MSK to come: in pending and expecting; in switching and overlap if `has_next`.
    pub next: u32,
    /// Flag, see `next`.
    pub has_next: u32,
    /// The MSK used before, in switching and overlap.
    pub retiring: u32,
    /// 0.
    pub reserved: u32,
    /// When a timeout is wanted, milliseconds, in expecting and overlap; else CASTKEY_NEVER or 0.
    pub until: u64,
}

/// What may move a castkey_switchover.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_switch_event {
    /// CASTKEY_SWITCH_STORED to CASTKEY_SWITCH_TIMEOUT.
    pub kind: u32,
    /// The MSK that the event names.
    pub msk: u32,
    /// The MSK under which an announcement came.
    pub from: u32,
}

/// What is to be done after a step.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_switch_action {
    /// CASTKEY_SWITCH_ACTION_*.
    pub kind: u32,
    /// The MSK.
    pub msk: u32,
    /// Another MSK that gives way, if `has_dropped`.
    pub dropped: u32,
    /// Flag, see `dropped`.
    pub has_dropped: u32,
}

// SAFETY: integers.
unsafe impl Plain for castkey_switch_timing {}
// SAFETY: integers.
unsafe impl Plain for castkey_switchover {}
// SAFETY: integers.
unsafe impl Plain for castkey_switch_event {}
// SAFETY: integers.
unsafe impl Plain for castkey_switch_action {}

const fn id(number: u32) -> MskId {
    MskId::from_octets(number.to_be_bytes())
}

const fn number(id: MskId) -> u32 {
    u32::from_be_bytes(id.to_octets())
}

impl castkey_switch_timing {
    pub(crate) fn timing(&self) -> Result<SwitchTiming, Status> {
        let Self { overlap_ms, early_ms, implicit, .. } = *self;
        let ms = |ms| u32::try_from(ms).unwrap_or(u32::MAX);
        Ok(SwitchTiming { overlap_ms: ms(overlap_ms), early_ms: ms(early_ms), implicit: flag(implicit)? })
    }

    pub(crate) fn of(timing: &SwitchTiming) -> Self {
        let SwitchTiming { overlap_ms, early_ms, implicit } = *timing;
        Self {
            overlap_ms: overlap_ms.into(),
            early_ms: early_ms.into(),
            implicit: implicit.into(),
            reserved: 0,
        }
    }
}

impl castkey_switchover {
    pub(crate) fn of(switch: Switchover) -> Self {
        Self {
            kind: match switch {
                Switchover::Steady { .. } => CASTKEY_SWITCHOVER_STEADY,
                Switchover::Pending { .. } => CASTKEY_SWITCHOVER_PENDING,
                Switchover::Expecting { .. } => CASTKEY_SWITCHOVER_EXPECTING,
                Switchover::Switching { .. } => CASTKEY_SWITCHOVER_SWITCHING,
                Switchover::Overlap { .. } => CASTKEY_SWITCHOVER_OVERLAP,
                _ => CASTKEY_SWITCHOVER_IDLE,
            },
            active: switch.active().map_or(0, number),
            next: match switch {
                Switchover::Expecting { next, .. } => number(next),
                other => other.next().map_or(0, number),
            },
            has_next: switch.next().is_some().into(),
            retiring: switch.retiring().map_or(0, number),
            reserved: 0,
            until: switch.deadline().map_or(CASTKEY_NEVER, Tick::as_millis),
        }
    }

    fn switchover(&self) -> Result<Switchover, Status> {
        let (active, next, retiring) = (id(self.active), id(self.next), id(self.retiring));
        let until = Tick::from_millis(self.until);
        let coming = flag(self.has_next)?.then_some(next);
        Ok(match self.kind {
            CASTKEY_SWITCHOVER_IDLE => Switchover::Idle,
            CASTKEY_SWITCHOVER_STEADY => Switchover::Steady { active },
            CASTKEY_SWITCHOVER_PENDING => Switchover::Pending { active, next },
            CASTKEY_SWITCHOVER_EXPECTING => Switchover::Expecting { active, next, until },
            CASTKEY_SWITCHOVER_SWITCHING => Switchover::Switching { active, retiring, next: coming },
            CASTKEY_SWITCHOVER_OVERLAP => Switchover::Overlap { active, retiring, until, next: coming },
            _ => return Err(Status::BAD_ENUM),
        })
    }
}

impl castkey_switch_event {
    fn event(&self) -> Result<SwitchEvent, Status> {
        let (msk, from) = (id(self.msk), id(self.from));
        Ok(match self.kind {
            CASTKEY_SWITCH_STORED => SwitchEvent::Stored(msk),
            CASTKEY_SWITCH_ANNOUNCED => SwitchEvent::Announced { from, to: msk },
            CASTKEY_SWITCH_MTK_VERIFIED => SwitchEvent::MtkVerified(msk),
            CASTKEY_SWITCH_REORDERED => SwitchEvent::Reordered(msk),
            CASTKEY_SWITCH_IN_USE => SwitchEvent::InUse(msk),
            CASTKEY_SWITCH_IN_USE_INSTEAD => SwitchEvent::InUseInstead(msk),
            CASTKEY_SWITCH_FORGOTTEN => SwitchEvent::Forgotten(msk),
            CASTKEY_SWITCH_TIMEOUT => SwitchEvent::Timeout,
            _ => return Err(Status::BAD_ENUM),
        })
    }
}

impl castkey_switch_action {
    fn of(action: Option<SwitchAction>) -> Self {
        let (kind, msk, dropped) = match action {
            Some(SwitchAction::Activate { msk, dropped }) => {
                (CASTKEY_SWITCH_ACTION_ACTIVATE, Some(msk), dropped)
            }
            Some(SwitchAction::Retire(msk)) => (CASTKEY_SWITCH_ACTION_RETIRE, Some(msk), None),
            Some(SwitchAction::Missing(msk)) => (CASTKEY_SWITCH_ACTION_MISSING, Some(msk), None),
            Some(SwitchAction::Mismatch) => (CASTKEY_SWITCH_ACTION_MISMATCH, None, None),
            _ => (CASTKEY_SWITCH_ACTION_NONE, None, None),
        };
        Self {
            kind,
            msk: msk.map_or(0, number),
            dropped: dropped.map_or(0, number),
            has_dropped: dropped.is_some().into(),
        }
    }
}

/// One step of the move from one MSK to the next (TS 33.246, 6.3.2.3): from `before` to `after`, which is other memory; `action`
/// says what to do. `now` is the caller's clock in milliseconds.
///
/// castkey_ue and castkey_bm_sc do this by themselves; it is for programs that hold their keys elsewhere.
///
/// - CASTKEY_ERR_BAD_ENUM: a kind or a flag is not defined.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_switchover_step(
    before: *const castkey_switchover, event: *const castkey_switch_event,
    timing: *const castkey_switch_timing, now: u64, after: *mut castkey_switchover,
    action: *mut castkey_switch_action,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[
            Span::read(before, 1),
            Span::read(event, 1),
            Span::read(timing, 1),
            Span::write(after, 1),
            Span::write(action, 1),
        ])?;
        let (event, timing) = (promise.read(event)?.event()?, promise.read(timing)?.timing()?);
        let before = promise.read(before)?.switchover()?;
        let (place, wanted) = (promise.place(after)?, promise.place(action)?);
        let (after, action) = before.step(event, &timing, Tick::from_millis(now));
        place.set(castkey_switchover::of(after));
        wanted.set(castkey_switch_action::of(action));
        Ok(())
    })())
}
