//! What a terminal is told, what it wants done, and how it is set up.

#![allow(unsafe_code, reason = "marks types")]

use castkey::id::{KeyDomainId, MtkId};
use castkey::keys::MskRand;
use castkey::role::{BackOff, Cause, SwitchEvent, UeAction, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::time::Tick;

use crate::bytes::{Engine, Plain, Promise};
use crate::muk::{Key, castkey_muk, castkey_muk_id};
use crate::name::castkey_name;
use crate::octets::castkey_octets;
use crate::settings::{castkey_settings, flag, octet};
use crate::span::Span;
use crate::status::Status;
use crate::switchover::castkey_switch_timing;

/// A bootstrapping run left the MUK `muk` with the identities `muk_id`.
pub const CASTKEY_UE_BOOTSTRAPPED: u32 = 1;
/// The user wants a service with the Key Group `name`.
pub const CASTKEY_UE_WANTED: u32 = 2;
/// A MIKEY datagram came: `octets`.
pub const CASTKEY_UE_MIKEY: u32 = 3;
/// A packet came under the MTK `name`, for which castkey_ue_mtk() has no key.
pub const CASTKEY_UE_MKI: u32 = 4;
/// An authentic announcement of a switch: from the MSK `name` to the MSK `to`.
pub const CASTKEY_UE_ANNOUNCED: u32 = 5;
/// The MSK `name` came by other means than MIKEY: 16 octets in `octets`, with `rand`, `seq_low` and `seq_high`.
pub const CASTKEY_UE_INSTALL: u32 = 6;
/// The user left the service: forget the keys of the Key Group `name`.
pub const CASTKEY_UE_FORGET: u32 = 7;
/// The bootstrapping run with the identities `muk_id` has ended: forget its MUK.
pub const CASTKEY_UE_FORGET_MUK: u32 = 8;
/// The deadline may have passed.
pub const CASTKEY_UE_TIMEOUT: u32 = 9;

/// Store `len` octets at `offset` safely before anything that follows: the whole state with its keys, for castkey_ue_restore().
pub const CASTKEY_UE_PERSIST: u32 = 1;
/// Send `len` octets at `offset` to where the message came from.
pub const CASTKEY_UE_SEND: u32 = 2;
/// The MSK `name` is held; `other`, if not 0, is the Key Number of the one it pushed out. With `detail` 1, castkey_msk_security()
/// reads from the datagram how SRTP uses the MTKs under it.
pub const CASTKEY_UE_MSK_STORED: u32 = 3;
/// The BM-SC took the MSK `name` back.
pub const CASTKEY_UE_MSK_INVALIDATED: u32 = 4;
/// The MSK `name` is in use from now on.
pub const CASTKEY_UE_ACTIVATED: u32 = 5;
/// castkey_ue_mtk() gives the MTK `name`.
pub const CASTKEY_UE_MTK_READY: u32 = 6;
/// The MTKs under the MSK `name` are gone.
pub const CASTKEY_UE_MTK_DROPPED: u32 = 7;
/// The MTK `name` is missing, its MSK is held: wait, the BM-SC repeats MTK messages.
pub const CASTKEY_UE_AWAIT_MTK: u32 = 8;
/// The MSK `name` is missing, for the cause in `detail`; a request is scheduled.
pub const CASTKEY_UE_MISSED_KEY: u32 = 9;
/// Send an MSK request for `name` to the BM-SC: `detail` is the cause, `other` the attempt, from 1.
pub const CASTKEY_UE_REQUEST_MSK: u32 = 10;
/// No request for the MSK `name` was answered.
pub const CASTKEY_UE_REQUEST_ABANDONED: u32 = 11;
/// An announcement in the Key Domain of `name` did not name the keys in use and to come.
pub const CASTKEY_UE_ANNOUNCEMENT_MISMATCH: u32 = 12;
/// The message was refused with the status in `detail`; an error message follows.
pub const CASTKEY_UE_REFUSED: u32 = 13;
/// Tell CASTKEY_UE_TIMEOUT at the time `at`.
pub const CASTKEY_UE_ARM_TIMER: u32 = 14;

/// The user activated the service.
pub const CASTKEY_CAUSE_ACTIVATION: u32 = 1;
/// Traffic or an MTK message named an MSK that is not held.
pub const CASTKEY_CAUSE_MISSED_UPDATE: u32 = 2;
/// The BM-SC asked for the request.
pub const CASTKEY_CAUSE_PULL: u32 = 3;

/// Most actions of one event, of any role.
pub const CASTKEY_MAX_ACTIONS: usize = 8;

/// How a terminal is set up; castkey_ue_config_default() fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_ue_config {
    /// The uncertain points.
    pub settings: castkey_settings,
    /// How long keys are kept around a switch.
    pub timing: castkey_switch_timing,
    /// Least wait before a request, milliseconds. Default 0.
    pub offset_ms: u32,
    /// Further wait, drawn from 0 to this, milliseconds. Default 1,000.
    pub random_ms: u32,
    /// Wait for an answer before the second request, milliseconds; doubles each time. Default 4,000.
    pub retry_ms: u32,
    /// Requests before the terminal gives up, at most 255. Default 4.
    pub attempts: u32,
    /// Where the spread of requests starts: any number that differs from terminal to terminal.
    pub jitter: u32,
    /// Flag: `draft_domain` is given.
    pub has_draft_domain: u32,
    /// The Key Domain of the channel, which MTK messages of the draft profile lack.
    pub draft_domain: [u8; 3],
    /// 0.
    pub reserved: u8,
}

/// What happens to a terminal. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_ue_event {
    /// CASTKEY_UE_BOOTSTRAPPED to CASTKEY_UE_TIMEOUT.
    pub kind: u32,
    /// A Key Group, an MSK or an MTK, as the kind says.
    pub name: castkey_name,
    /// The MSK that an announcement switches to.
    pub to: castkey_name,
    /// SEQl of an MSK that is installed.
    pub seq_low: u16,
    /// SEQu of an MSK that is installed.
    pub seq_high: u16,
    /// A datagram, or an MSK.
    pub octets: castkey_octets,
    /// The RAND of an MSK that is installed, 16 to 32 octets; none, and its MTK messages are refused.
    pub rand: castkey_octets,
    /// The identities of a MUK.
    pub muk_id: castkey_muk_id,
    /// A MUK.
    pub muk: castkey_muk,
}

/// What a terminal wants done.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_ue_action {
    /// CASTKEY_UE_PERSIST to CASTKEY_UE_ARM_TIMER.
    pub kind: u32,
    /// Where its octets begin in `out`.
    pub offset: u32,
    /// How many there are; 0 if it has none.
    pub len: u32,
    /// A cause, a status or a flag, as the kind says.
    pub detail: u32,
    /// The key or group.
    pub name: castkey_name,
    /// A Key Number or an attempt, as the kind says.
    pub other: u16,
    /// 0.
    pub reserved: u32,
    /// A time, milliseconds.
    pub at: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_ue_config {}
// SAFETY: integers and pointers.
unsafe impl Plain for castkey_ue_event {}
// SAFETY: integers.
unsafe impl Plain for castkey_ue_action {}

impl castkey_ue_config {
    pub(crate) fn config(&self) -> Result<UeConfig, Status> {
        Ok(UeConfig {
            settings: self.settings.settings()?,
            timing: self.timing.timing()?,
            back_off: BackOff {
                offset_ms: self.offset_ms,
                random_ms: self.random_ms,
                retry_ms: self.retry_ms,
                attempts: octet(self.attempts)?,
            },
            jitter: self.jitter,
            draft_domain: flag(self.has_draft_domain)?.then_some(KeyDomainId::new(self.draft_domain)),
        })
    }

    pub(crate) fn of(config: &UeConfig) -> Self {
        Self {
            settings: castkey_settings::of(&config.settings),
            timing: castkey_switch_timing::of(&config.timing),
            offset_ms: config.back_off.offset_ms,
            random_ms: config.back_off.random_ms,
            retry_ms: config.back_off.retry_ms,
            attempts: config.back_off.attempts.into(),
            jitter: config.jitter,
            has_draft_domain: config.draft_domain.is_some().into(),
            draft_domain: config.draft_domain.map_or([0; 3], KeyDomainId::to_octets),
            reserved: 0,
        }
    }
}

impl castkey_ue_event {
    /// The memory that an event of this kind refers to.
    pub(crate) fn spans(&self) -> [Span; 5] {
        let nothing = Span::read::<u8>(core::ptr::null(), 0);
        let [idi, idr] = self.muk_id.spans();
        match self.kind {
            CASTKEY_UE_BOOTSTRAPPED => [idi, idr, self.muk.octets.span(), nothing, nothing],
            CASTKEY_UE_FORGET_MUK => [idi, idr, nothing, nothing, nothing],
            CASTKEY_UE_MIKEY => [self.octets.span(), nothing, nothing, nothing, nothing],
            CASTKEY_UE_INSTALL => [self.octets.span(), self.rand.span(), nothing, nothing, nothing],
            _ => [nothing; 5],
        }
    }

    #[inline(never)]
    pub(crate) fn event<'c>(&self, promise: &'c Promise, engine: Engine) -> Result<UeEvent<'c, Key>, Status> {
        Ok(match self.kind {
            CASTKEY_UE_BOOTSTRAPPED => UeEvent::Bootstrapped {
                id: self.muk_id.of(promise)?,
                muk: Key::of(promise, self.muk, engine)?,
            },
            CASTKEY_UE_WANTED => UeEvent::Wanted(self.name.group()),
            CASTKEY_UE_MIKEY => UeEvent::Mikey(self.octets.read(promise)?),
            CASTKEY_UE_MKI => UeEvent::Mki(self.name.domain(), self.name.mki()),
            CASTKEY_UE_ANNOUNCED => UeEvent::Announced(
                self.name.domain(),
                SwitchEvent::Announced { from: self.name.msk_id(), to: self.to.msk_id() },
            ),
            CASTKEY_UE_INSTALL => UeEvent::Install {
                name: self.name.msk(),
                msk: Secret::new(self.octets.read(promise)?.try_into().map_err(|_| Status::LENGTH)?),
                rand: match self.rand.read(promise)? {
                    [] => None,
                    rand => Some(MskRand::new(rand).ok_or(Status::LENGTH)?),
                },
                seq_low: MtkId(self.seq_low),
                seq_high: MtkId(self.seq_high),
            },
            CASTKEY_UE_FORGET => UeEvent::Forget(self.name.group()),
            CASTKEY_UE_FORGET_MUK => UeEvent::ForgetMuk(self.muk_id.of(promise)?),
            CASTKEY_UE_TIMEOUT => UeEvent::Timeout,
            _ => return Err(Status::BAD_ENUM),
        })
    }
}

const fn cause_number(cause: Cause) -> u32 {
    match cause {
        Cause::Activation => CASTKEY_CAUSE_ACTIVATION,
        Cause::MissedUpdate => CASTKEY_CAUSE_MISSED_UPDATE,
        Cause::Pull => CASTKEY_CAUSE_PULL,
        _ => 0,
    }
}

/// Where `octets` lie behind the address `start`: offset and length.
pub(crate) fn place_of(octets: &[u8], start: usize) -> (u32, u32) {
    let offset = octets.as_ptr().addr().saturating_sub(start);
    (u32::try_from(offset).unwrap_or(u32::MAX), u32::try_from(octets.len()).unwrap_or(u32::MAX))
}

impl castkey_ue_action {
    const NONE: Self = Self {
        kind: 0,
        offset: 0,
        len: 0,
        detail: 0,
        name: castkey_name::NONE,
        other: 0,
        reserved: 0,
        at: 0,
    };

    /// The action, whose octets lie behind the address `start`.
    #[inline(never)]
    pub(crate) fn of(action: UeAction<'_>, start: usize) -> Self {
        let none = Self::NONE;
        let octets = |kind, octets| {
            let (offset, len) = place_of(octets, start);
            Self { kind, offset, len, ..none }
        };
        let named = |kind, name| Self { kind, name, ..none };
        match action {
            UeAction::Persist(state) => octets(CASTKEY_UE_PERSIST, state.as_octets()),
            UeAction::Send(datagram) => octets(CASTKEY_UE_SEND, datagram),
            UeAction::MskStored { name, evicted, security } => Self {
                other: evicted.map_or(0, |evicted| evicted.number.0),
                detail: security.is_some().into(),
                ..named(CASTKEY_UE_MSK_STORED, castkey_name::of_msk(name))
            },
            UeAction::MskInvalidated(name) => named(CASTKEY_UE_MSK_INVALIDATED, castkey_name::of_msk(name)),
            UeAction::Activated(name) => named(CASTKEY_UE_ACTIVATED, castkey_name::of_msk(name)),
            UeAction::MtkReady(domain, mki) => named(CASTKEY_UE_MTK_READY, castkey_name::of_mtk(domain, mki)),
            UeAction::MtkDropped(name) => named(CASTKEY_UE_MTK_DROPPED, castkey_name::of_msk(name)),
            UeAction::AwaitMtk(domain, mki) => named(CASTKEY_UE_AWAIT_MTK, castkey_name::of_mtk(domain, mki)),
            UeAction::MissedKey { name, cause } => Self {
                detail: cause_number(cause),
                ..named(CASTKEY_UE_MISSED_KEY, castkey_name::of_msk(name))
            },
            UeAction::RequestMsk { name, cause, attempt } => Self {
                detail: cause_number(cause),
                other: attempt.into(),
                ..named(CASTKEY_UE_REQUEST_MSK, castkey_name::of_msk(name))
            },
            UeAction::RequestAbandoned(name) => {
                named(CASTKEY_UE_REQUEST_ABANDONED, castkey_name::of_msk(name))
            }
            UeAction::AnnouncementMismatch(domain) => named(
                CASTKEY_UE_ANNOUNCEMENT_MISMATCH,
                castkey_name { domain: domain.to_octets(), ..castkey_name::NONE },
            ),
            UeAction::Refused(error) => Self { kind: CASTKEY_UE_REFUSED, detail: error.code(), ..none },
            UeAction::ArmTimer(at) => Self { kind: CASTKEY_UE_ARM_TIMER, at: Tick::as_millis(at), ..none },
            _ => none,
        }
    }
}
