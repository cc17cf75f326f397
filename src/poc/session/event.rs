//! What the session of a Multicast PoC Channel is told, and what it wants done.

use crate::id::MskName;
use crate::poc::indication::{Indication, UpdateSeq};
use crate::poc::policy::{PolicyEvent, Reason};
use crate::time::Tick;

/// The timers of a session. [`Session::timers`](super::Session::timers) says which run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionTimer {
    /// `T_BCAST`: no Session Update Response came.
    Bcast,
    /// Some members may have had their time to answer.
    Sweep,
    /// The indication is sent once more.
    Copy,
    /// The overlap of the MSK before is over.
    Overlap,
    /// An update that must happen is tried again.
    BackOff,
    /// The clients that left are enough of a reason now.
    Coalesce,
}

/// What happens to the session as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEvent {
    /// Something that may call for an update, other than what a member does.
    Trigger(PolicyEvent),
    /// Another PoC function asks for an update of this channel's MSK.
    AskedByOther,
    /// The Session Update Response says that this MSK is stored.
    BcastStored(MskName),
    /// The Session Update Response refuses.
    BcastRejected,
    /// The indication could not be handed to the distribution.
    BcastUnreachable,
    /// The distribution refuses the indication of this update: it holds no such MSK.
    IndicationRejected(UpdateSeq),
    /// The distribution uses this MSK.
    BcastSwitched(MskName),
    /// A distribution without any key is there: the channel starts, or it has restarted. To be told before anything else is
    /// sent to it, and again when the Session Update Request that follows did not get through.
    BearerReset,
    /// The bearer is there.
    BearerUp,
    /// It is not known whether the bearer is there.
    BearerDown,
    /// A packet came from the controlling function.
    Media {
        /// Whether on the session dedicated to Media Traffic Optimisation.
        dedicated: bool,
    },
    /// The session is over.
    Ended,
    /// This timer may have run out. A spurious one is harmless.
    Fired(SessionTimer),
    /// The deadline may have passed: fires the timer that is due longest; others keep their deadline.
    Timeout,
}

/// Why a re-INVITE failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// A final response 300 to 699 that no other variant describes.
    Status(u16),
    /// 491: the client had an INVITE of its own under way.
    Glare {
        /// Whether this function made the Call-ID of the dialog (RFC 3261 §14.1).
        owns_call_id: bool,
        /// 32 random bits.
        random: u32,
    },
    /// 500 with Retry-After: the client still had an INVITE of ours unanswered.
    Busy {
        /// Retry-After, milliseconds.
        retry_after_ms: u32,
    },
    /// The SIP stack gave the transaction up; counts as 408.
    TransactionTimeout,
}

/// What happens to one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LegEvent {
    /// It negotiates the Multicast PoC Channel.
    Join,
    /// Send it what it lacks; asked for by [`SessionAction::Distribute`] and [`SessionAction::Deliver`].
    Deliver,
    /// It answered 200.
    Ok {
        /// Whether the key confirmation was there and good for every MSK of the offer.
        confirmed: bool,
    },
    /// It refused, or could not be reached.
    Fail(Failure),
    /// Its time to answer may have passed.
    Timeout,
    /// It is thrown out.
    Expelled,
    /// Its subscription has ended.
    Deauthorised,
    /// It leaves.
    Left,
    /// It asks for the MSK.
    Requested,
    /// It has bootstrapped again and has a new MUK.
    MukRenewed,
    /// There is no MUK for it: the BSF does not know its B-TID, or does not answer (TS 33.220).
    MukUnavailable,
}

/// Why a member does not hold the MSK it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unkeyed {
    /// It did not answer in time.
    Timeout,
    /// It refused the offer.
    Rejected,
    /// It answered without a good key confirmation.
    BadConfirm,
    /// There is no MUK to protect an MSK for it.
    NoMuk,
}

/// What the session wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionAction {
    /// Send the Session Update Request with this MSK to the distribution.
    SessionUpdate(MskName),
    /// Hand this MSK to every member: a [`LegEvent::Deliver`] each.
    Distribute(MskName),
    /// A [`LegEvent::Timeout`] to every member.
    Sweep,
    /// Send the indication to the distribution.
    SendIndication(Indication),
    /// Have the distribution make a new MTK under the MSK in use.
    RollMtk,
    /// This is no reason for an update.
    NoUpdate(Reason),
    /// The update is given up; its MSK is never used.
    UpdateAborted(MskName),
    /// Somebody who was thrown out still reads, after four attempts to change that.
    ExclusionPending,
    /// Nobody needs this MSK any more.
    RetireMsk(MskName),
    /// Everybody is on this MSK.
    UpdateDone(MskName),
    /// Nobody is left to receive the bearer.
    StopBearer,
    /// A message that does not fit was ignored.
    ProtocolError,
    /// Forward the packet to the distribution, unchanged.
    ToBcast,
    /// Keep the packet until the bearer is there.
    Hold,
    /// Forward the packets that were kept.
    ReleaseHeld,
    /// Drop the packet: there is no bearer, and enough are kept.
    NoBearer,
    /// Drop the packet: it did not come on the dedicated session.
    DropMedia,
    /// Call with the timeout event at this time.
    ArmTimer(Tick),
    /// Send the member a (re-)INVITE with these MSKs, each protected for it alone.
    SendMsk {
        /// The MSK in use, where the member may lack it.
        current: Option<MskName>,
        /// The MSK to come.
        updated: Option<MskName>,
    },
    /// A [`LegEvent::Deliver`] to this member now.
    Deliver,
    /// A [`LegEvent::Deliver`] to this member at this time.
    DeliverAt(Tick),
    /// The member holds this MSK.
    Keyed(MskName),
    /// The member does not hold the MSK it should.
    Unkeyed(Unkeyed),
    /// The member is out; end what dialog there is with it.
    RemoveMember,
    /// End the session with this member: it refused the keys (RFC 4567 §4.1.2).
    EndSession,
    /// Offer this member the session without the multicast channel.
    OfferUnicast,
    /// Answer the request with this status.
    Refuse(u16),
}
