//! The BM-SC's side of MSK requests and pushes (TS 33.246 §6.3.2.2, §6.3.2.3): one value for each user and Key Group.
//!
//! It is the [`Delivery`] of [`BmSc`] with the rules around it: who may get a key, what ends a delivery, and that a
//! repetition is the same message. [`MskDelivery::config`] makes the [`BmSc`] repeat as this table says.
//!
//! | state | event | condition | actions, in order | next |
//! |---|---|---|---|---|
//! | Idle, Delivered, Failed, Waiting | `RequestGranted`, `MskChanged` | served, MUK valid | `SaveCounter`, `SaveDelivery`, `Send` with V | Waiting, message 1 |
//! | | | the BM-SC asks for no acknowledgement | the same without V | Delivered |
//! | | | not served | error `NotAuthorised` | same |
//! | | | lifetime of the MUK passed | error `ExpiredKey` | same |
//! | Waiting | `Verification` | MAC good, answers the message | `SaveDelivery`, `Delivered` | Delivered |
//! | | | MAC bad, or answers another one | error of the message | Waiting |
//! | | `Timeout` | due after 1, 2, 4 s | `SaveDelivery`, `Send` of the same octets | Waiting, one more |
//! | | | the octets would differ | error `Inconsistent` | Waiting |
//! | | | due after message 4, or lifetime of the MUK passed | `SaveDelivery`, `Undelivered` | Failed |
//! | | | no longer served | `SaveDelivery` | Idle |
//! | | | not due | none | Waiting |
//! | any | `Deauthorised`, `Deregistered` | waiting | `SaveDelivery` | Idle |
//! | | | not waiting | none | Idle |
//! | all but Waiting | `SolicitPull` | served, MUK valid | `SaveCounter`, `Send` without V | same |
//! | | | not served | error `NotAuthorised` | same |
//! | | | lifetime of the MUK passed | error `ExpiredKey` | same |
//! | | `Timeout` | | none | same |
//! | | `Verification` | | error `WrongState` | same |
//! | Waiting | `SolicitPull` | | error `UnexpectedState` | same |
//!
//! The end of the last delivery that a new MSK waits for may add the switch to any row, as with [`BmSc`]; a request for
//! another than the next MSK may add `PushAlso`. A pull while a message waits would make its repetition a replay.

use core::fmt;

use rand_core::TryCryptoRng;

use crate::crypto::Primitives;
use crate::error::{EncodeError, Error, SealError};
use crate::id::{GroupName, MskName};
use crate::ims::ImsError;
use crate::keys::PreSharedKey;
use crate::role::{Actions, BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Resend, User};
use crate::time::Tick;
use crate::wire::{CryptoSession, Policy};

/// UDP port of the terminal to which MIKEY datagrams go: IANA's port of MIKEY. That MBMS uses it is not confirmed; the
/// alternative is an announced port.
pub const MIKEY_UDP_PORT: u16 = 2269;

/// Lifetime of a MUK below which the terminal had better bootstrap again, milliseconds.
pub const MUK_RENEWAL_MS: u32 = 60_000;

/// A user to whom MSKs may go: registered, or provisioned, and authorised.
pub struct Recipient<'a, K> {
    /// His MUK, its names and its counter.
    pub user: User<'a, K>,
    /// When the lifetime of his MUK ends.
    pub muk_expires: Tick,
}

impl<K> Clone for Recipient<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

// Derived, it would ask for a MUK that can be copied.
impl<K> Copy for Recipient<'_, K> {}

impl<K> fmt::Debug for Recipient<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient").field("user", &self.user).field("muk_expires", &self.muk_expires).finish()
    }
}

/// How SRTP is to use the MTKs under the MSK; part of its message, so a repetition brings the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionSecurity<'a> {
    /// Security policies.
    pub policies: &'a [Policy<'a>],
    /// Crypto sessions; `None` makes one for each policy (point U30).
    pub sessions: Option<&'a [CryptoSession]>,
}

/// What happens to the delivery of MSKs of one Key Group to one user.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum MskDeliveryEvent<'a> {
    /// A request of the user was granted: H2, H4, H5 or H6.
    RequestGranted {
        /// The MSK; Key Number 0 is the current one.
        name: MskName,
        /// How its MTKs are used.
        security: SessionSecurity<'a>,
    },
    /// The Key Group has a new MSK.
    MskChanged {
        /// The MSK.
        name: MskName,
        /// How its MTKs are used.
        security: SessionSecurity<'a>,
    },
    /// A verification message came from the user.
    Verification(&'a [u8]),
    /// The deadline may have passed.
    Timeout(SessionSecurity<'a>),
    /// The user may have the service no more: H7.
    Deauthorised,
    /// The user wants the service no more: H3.
    Deregistered,
    /// The user is to request the MSK of this group.
    SolicitPull(GroupName),
}

/// Why an event is refused; nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MskDeliveryError {
    /// The request procedure does not allow it.
    Procedure(ImsError),
    /// The BM-SC refuses it.
    BmSc(Error),
}

impl MskDeliveryError {
    /// The number of this error, stable for ever.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Procedure(e) => e.code(),
            Self::BmSc(e) => e.code(),
        }
    }
}

impl fmt::Display for MskDeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Procedure(e) => e.fmt(f),
            Self::BmSc(e) => e.fmt(f),
        }
    }
}

impl core::error::Error for MskDeliveryError {}

impl From<Error> for MskDeliveryError {
    fn from(e: Error) -> Self {
        Self::BmSc(e)
    }
}

/// Octets at the end of a message that tell it from every other: its MAC ends there.
const TAIL_LEN: usize = 8;

/// How far the delivery of an MSK of one Key Group to one user is; the caller's row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MskDelivery {
    delivery: Delivery,
    /// The end of the message sent last.
    tail: [u8; TAIL_LEN],
}

impl MskDelivery {
    /// The configuration of a [`BmSc`] that repeats identical octets after 1, 2 and 4 s and then gives up.
    #[must_use]
    pub fn config() -> BmScConfig {
        BmScConfig { resend: Resend::Identical, ..BmScConfig::default() }
    }

    /// Nothing was sent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How far it is.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// When a [`MskDeliveryEvent::Timeout`] is wanted.
    #[must_use]
    pub const fn deadline(&self) -> Option<Tick> {
        match self.delivery {
            Delivery::Waiting { due, .. } => Some(due),
            _ => None,
        }
    }

    /// Handles one event. `recipient` is `None` for a user who is not, or no longer, entitled to keys of the service;
    /// for an acknowledgement under a replaced MUK it bears that one. Store the row where the actions say `SaveDelivery`.
    /// `out` takes the datagram, at most [`MAX_MSK_MESSAGE_LEN`](crate::wire::MAX_MSK_MESSAGE_LEN) octets.
    ///
    /// # Errors
    ///
    /// [`MskDeliveryError::Procedure`] with [`ImsError::NotAuthorised`], [`ImsError::ExpiredKey`] or
    /// [`ImsError::UnexpectedState`]; [`MskDeliveryError::BmSc`] with what [`BmSc::handle`] refuses, and with
    /// [`EncodeError::Inconsistent`] for a repetition that would not be one. Nothing has changed then.
    #[allow(clippy::too_many_arguments, reason = "event, user, keys, now, rng, out")]
    pub fn handle<'o, const GROUPS: usize, P: Primitives, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, event: MskDeliveryEvent<'_>, recipient: Option<Recipient<'_, K>>,
        bm_sc: &mut BmSc<GROUPS, P>, now: Tick, rng: &mut R, out: &'o mut [u8],
    ) -> Result<Actions<BmScAction<'o>>, MskDeliveryError> {
        use MskDeliveryEvent as E;
        let event = match (event, recipient) {
            (E::RequestGranted { name, security: SessionSecurity { policies, sessions } }, Some(r)) => {
                let (user, delivery) = (r.with_valid_muk(now)?, self.restarted());
                BmScEvent::Requested { name, user, delivery, policies, sessions }
            }
            (E::MskChanged { name, security: SessionSecurity { policies, sessions } }, Some(r)) => {
                let (user, delivery) = (r.with_valid_muk(now)?, self.restarted());
                BmScEvent::Push { name, user, delivery, policies, sessions }
            }
            (E::Verification(octets), Some(Recipient { user, .. })) => {
                BmScEvent::Acknowledged { user, delivery: self.delivery, octets }
            }
            (E::Timeout(SessionSecurity { policies, sessions }), Some(r)) => {
                let delivery = if now < r.muk_expires { self.delivery } else { self.exhausted() };
                BmScEvent::Retry { user: r.user, delivery, policies, sessions }
            }
            (E::SolicitPull(_), _) if self.delivery.awaits().is_some() => {
                return Err(MskDeliveryError::Procedure(ImsError::UnexpectedState));
            }
            (E::SolicitPull(group), Some(r)) => BmScEvent::Pull { group, user: r.with_valid_muk(now)? },
            (E::Timeout(_), None) if self.deadline().is_none_or(|due| now < due) => {
                return Ok(Actions::new());
            }
            (E::Deauthorised | E::Deregistered, _) | (E::Timeout(_), None) => {
                return self.cancel::<GROUPS, P, K, R>(bm_sc, now, rng, out);
            }
            (_, None) => return Err(MskDeliveryError::Procedure(ImsError::NotAuthorised)),
        };
        let actions = bm_sc.handle(event, now, rng, out)?;
        let is_new = actions.iter().any(|action| matches!(action, BmScAction::SaveCounter(_)));
        let mut next = *self;
        for action in &actions {
            match action {
                BmScAction::SaveDelivery(delivery) => next.delivery = *delivery,
                // What is not waited for is not repeated either.
                BmScAction::Send(octets) if next.deadline().is_some() => {
                    let tail = octets.last_chunk::<TAIL_LEN>().copied().unwrap_or_default();
                    if !is_new && tail != self.tail {
                        return Err(Error::Seal(SealError::Encode(EncodeError::Inconsistent)).into());
                    }
                    next.tail = tail;
                }
                _ => {}
            }
        }
        *self = next;
        Ok(actions)
    }

    /// The delivery as one whose next message is the first.
    const fn restarted(&self) -> Delivery {
        match self.delivery {
            Delivery::Waiting { name, counter, due, .. } => {
                Delivery::Waiting { name, counter, attempt: 0, due }
            }
            other => other,
        }
    }

    /// The delivery as one that has no message left.
    const fn exhausted(&self) -> Delivery {
        match self.delivery {
            Delivery::Waiting { name, counter, due, .. } => {
                Delivery::Waiting { name, counter, attempt: u8::MAX, due }
            }
            other => other,
        }
    }

    fn cancel<'o, const GROUPS: usize, P: Primitives, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, bm_sc: &mut BmSc<GROUPS, P>, now: Tick, rng: &mut R, out: &'o mut [u8],
    ) -> Result<Actions<BmScAction<'o>>, MskDeliveryError> {
        let mut actions = Actions::new();
        let rest = bm_sc.handle(BmScEvent::<'_, K>::Gone(self.delivery), now, rng, out)?;
        if self.delivery.awaits().is_some() {
            actions.push(BmScAction::SaveDelivery(Delivery::Idle));
        }
        for action in rest {
            actions.push(action);
        }
        *self = Self::new();
        Ok(actions)
    }
}

impl<'a, K> Recipient<'a, K> {
    fn with_valid_muk(self, now: Tick) -> Result<User<'a, K>, MskDeliveryError> {
        if now < self.muk_expires {
            Ok(self.user)
        } else {
            Err(MskDeliveryError::Procedure(ImsError::ExpiredKey))
        }
    }
}

/// Why a terminal that sends a request is asked to authenticate anew or to run GBA again (TS 33.246 §6.3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reauthentication {
    /// Its request answers a solicited pull that was to force a new bootstrapping.
    ForcedByPull,
    /// The operator wants it.
    Operator,
    /// The lifetime of its MUK is nearly over.
    MukExpiring,
}

/// What may speak for a new bootstrapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReauthenticationWish {
    /// A solicited pull was sent with the intent to force it.
    pub forced_by_pull: bool,
    /// The operator wants it.
    pub operator: bool,
}

/// Whether a request under a MUK that lives until `muk_expires` is to be answered with 401 instead of keys, and why. A
/// lifetime below `threshold_ms` milliseconds is too short; [`MUK_RENEWAL_MS`] by default.
#[must_use]
pub fn reauthentication(
    wish: ReauthenticationWish, muk_expires: Tick, threshold_ms: u32, now: Tick,
) -> Option<Reauthentication> {
    if wish.forced_by_pull {
        Some(Reauthentication::ForcedByPull)
    } else if wish.operator {
        Some(Reauthentication::Operator)
    } else if now.after_millis(threshold_ms.into()) > muk_expires {
        Some(Reauthentication::MukExpiring)
    } else {
        None
    }
}
