//! What a PoC Server wants done.

#![allow(unsafe_code, reason = "marks a type")]

use castkey::poc::{ServerAction, SessionAction, Unkeyed};
use castkey::time::Tick;

use crate::bytes::Plain;
use crate::name::castkey_name;
use crate::poc::client_types::CASTKEY_POC_ARM_TIMER;
use crate::poc::indication::castkey_poc_indication;
use crate::poc::policy::reason_number;
use crate::ue_types::place_of;

/// Store `counter` of the member safely before the offer goes out.
pub const CASTKEY_POC_SAVE_COUNTER: u32 = 32;
/// Send the member an offer with an MSK message of `len` octets at `offset` for the MSK in use and one of `updated_len`
/// octets at `updated_offset` for the MSK to come; without either that is empty. With both, the first stands at session
/// level of the SDP and the second under its media line.
pub const CASTKEY_POC_DELIVER_MSK: u32 = 33;
/// Send the Session Update Request with the MSK `name` to the distribution: castkey_poc_server_msk() gives it.
pub const CASTKEY_POC_REQUEST_UPDATE: u32 = 34;
/// Hand the MSK `name` to every member: a CASTKEY_POC_LEG_DELIVER each.
pub const CASTKEY_POC_DISTRIBUTE: u32 = 35;
/// A CASTKEY_POC_LEG_TIMEOUT to every member.
pub const CASTKEY_POC_SWEEP: u32 = 36;
/// Send `indication` to the distribution.
pub const CASTKEY_POC_SEND_INDICATION: u32 = 37;
/// Have the distribution make a new MTK under the MSK in use: CASTKEY_POC_DISTRIBUTION_ROLL.
pub const CASTKEY_POC_ROLL_MTK: u32 = 38;
/// `detail`, one of CASTKEY_POC_REASON_*, is no reason for an update.
pub const CASTKEY_POC_NO_UPDATE: u32 = 39;
/// The update is given up; its MSK `name` is never used: CASTKEY_POC_DISTRIBUTION_ABORT.
pub const CASTKEY_POC_UPDATE_ABORTED: u32 = 40;
/// Somebody who was thrown out still reads, after four attempts to change that.
pub const CASTKEY_POC_EXCLUSION_PENDING: u32 = 41;
/// Nobody needs the MSK `name` any more.
pub const CASTKEY_POC_RETIRE_MSK: u32 = 42;
/// Everybody is on the MSK `name`.
pub const CASTKEY_POC_UPDATE_DONE: u32 = 43;
/// Nobody is left to receive the bearer.
pub const CASTKEY_POC_STOP_BEARER: u32 = 44;
/// A message that does not fit was ignored.
pub const CASTKEY_POC_PROTOCOL_ERROR: u32 = 45;
/// Forward the packet to the distribution, unchanged.
pub const CASTKEY_POC_TO_BCAST: u32 = 46;
/// Keep the packet until the bearer is there.
pub const CASTKEY_POC_HOLD: u32 = 47;
/// Forward the packets that were kept.
pub const CASTKEY_POC_RELEASE_HELD: u32 = 48;
/// Drop the packet: there is no bearer, and enough are kept.
pub const CASTKEY_POC_NO_BEARER: u32 = 49;
/// Drop the packet: it did not come on the dedicated session.
pub const CASTKEY_POC_DROP_MEDIA: u32 = 50;
/// A CASTKEY_POC_LEG_DELIVER to this member now.
pub const CASTKEY_POC_DELIVER: u32 = 51;
/// A CASTKEY_POC_LEG_DELIVER to this member at the time `at`.
pub const CASTKEY_POC_DELIVER_AT: u32 = 52;
/// The member holds the MSK `name`.
pub const CASTKEY_POC_KEYED: u32 = 53;
/// The member does not hold the MSK it should: `detail` is one of CASTKEY_POC_UNKEYED_*.
pub const CASTKEY_POC_UNKEYED: u32 = 54;
/// The member is out; end what dialog there is with it.
pub const CASTKEY_POC_REMOVE_MEMBER: u32 = 55;
/// End the session with this member: it refused the keys.
pub const CASTKEY_POC_END_SESSION: u32 = 56;
/// Offer this member the session without the multicast channel.
pub const CASTKEY_POC_OFFER_UNICAST: u32 = 57;
/// Answer the request with the SIP status in `detail`.
pub const CASTKEY_POC_REFUSE: u32 = 58;

/// It did not answer in time.
pub const CASTKEY_POC_UNKEYED_TIMEOUT: u32 = 1;
/// It refused the offer.
pub const CASTKEY_POC_UNKEYED_REJECTED: u32 = 2;
/// It answered without a good key confirmation.
pub const CASTKEY_POC_UNKEYED_BAD_CONFIRM: u32 = 3;
/// There is no MUK to protect an MSK for it.
pub const CASTKEY_POC_UNKEYED_NO_MUK: u32 = 4;

/// What a PoC Server wants done. Fields that the kind does not name are 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_server_action {
    /// CASTKEY_POC_SAVE_COUNTER to CASTKEY_POC_REFUSE, or CASTKEY_POC_ARM_TIMER.
    pub kind: u32,
    /// Where its octets begin in `out`.
    pub offset: u32,
    /// How many there are.
    pub len: u32,
    /// Where the octets for the MSK to come begin in `out`.
    pub updated_offset: u32,
    /// How many there are.
    pub updated_len: u32,
    /// A counter.
    pub counter: u32,
    /// A reason, a SIP status, or why a member is not keyed.
    pub detail: u32,
    /// The MSK.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// An indication.
    pub indication: castkey_poc_indication,
    /// A time, milliseconds.
    pub at: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_server_action {}

impl castkey_poc_server_action {
    const NONE: Self = Self {
        kind: 0,
        offset: 0,
        len: 0,
        updated_offset: 0,
        updated_len: 0,
        counter: 0,
        detail: 0,
        name: castkey_name::NONE,
        reserved: 0,
        indication: castkey_poc_indication::NONE,
        at: 0,
    };

    /// The action for a member, whose octets lie behind the address `start`.
    pub(crate) fn of(action: &ServerAction<'_>, start: usize) -> Self {
        let none = Self::NONE;
        match *action {
            ServerAction::SaveCounter(counter) => {
                Self { kind: CASTKEY_POC_SAVE_COUNTER, counter: counter.0, ..none }
            }
            ServerAction::DeliverMsk { current, updated } => {
                let (offset, len) = current.map_or((0, 0), |octets| place_of(octets, start));
                let (updated_offset, updated_len) = updated.map_or((0, 0), |octets| place_of(octets, start));
                Self { kind: CASTKEY_POC_DELIVER_MSK, offset, len, updated_offset, updated_len, ..none }
            }
            ServerAction::Session(action) => Self::of_session(action),
            _ => none,
        }
    }

    /// The action of the session.
    pub(crate) fn of_session(action: SessionAction) -> Self {
        let none = Self::NONE;
        let bare = |kind| Self { kind, ..none };
        let named = |kind, name| Self { kind, name: castkey_name::of_msk(name), ..none };
        let detailed = |kind, detail| Self { kind, detail, ..none };
        let timed = |kind, at| Self { kind, at: Tick::as_millis(at), ..none };
        match action {
            SessionAction::SessionUpdate(name) => named(CASTKEY_POC_REQUEST_UPDATE, name),
            SessionAction::Distribute(name) => named(CASTKEY_POC_DISTRIBUTE, name),
            SessionAction::Sweep => bare(CASTKEY_POC_SWEEP),
            SessionAction::SendIndication(indication) => Self {
                indication: castkey_poc_indication::of(&indication),
                ..bare(CASTKEY_POC_SEND_INDICATION)
            },
            SessionAction::RollMtk => bare(CASTKEY_POC_ROLL_MTK),
            SessionAction::NoUpdate(reason) => detailed(CASTKEY_POC_NO_UPDATE, reason_number(reason)),
            SessionAction::UpdateAborted(name) => named(CASTKEY_POC_UPDATE_ABORTED, name),
            SessionAction::ExclusionPending => bare(CASTKEY_POC_EXCLUSION_PENDING),
            SessionAction::RetireMsk(name) => named(CASTKEY_POC_RETIRE_MSK, name),
            SessionAction::UpdateDone(name) => named(CASTKEY_POC_UPDATE_DONE, name),
            SessionAction::StopBearer => bare(CASTKEY_POC_STOP_BEARER),
            SessionAction::ProtocolError => bare(CASTKEY_POC_PROTOCOL_ERROR),
            SessionAction::ToBcast => bare(CASTKEY_POC_TO_BCAST),
            SessionAction::Hold => bare(CASTKEY_POC_HOLD),
            SessionAction::ReleaseHeld => bare(CASTKEY_POC_RELEASE_HELD),
            SessionAction::NoBearer => bare(CASTKEY_POC_NO_BEARER),
            SessionAction::DropMedia => bare(CASTKEY_POC_DROP_MEDIA),
            SessionAction::ArmTimer(at) => timed(CASTKEY_POC_ARM_TIMER, at),
            SessionAction::Deliver => bare(CASTKEY_POC_DELIVER),
            SessionAction::DeliverAt(at) => timed(CASTKEY_POC_DELIVER_AT, at),
            SessionAction::Keyed(name) => named(CASTKEY_POC_KEYED, name),
            SessionAction::Unkeyed(why) => detailed(
                CASTKEY_POC_UNKEYED,
                match why {
                    Unkeyed::Timeout => CASTKEY_POC_UNKEYED_TIMEOUT,
                    Unkeyed::Rejected => CASTKEY_POC_UNKEYED_REJECTED,
                    Unkeyed::BadConfirm => CASTKEY_POC_UNKEYED_BAD_CONFIRM,
                    Unkeyed::NoMuk => CASTKEY_POC_UNKEYED_NO_MUK,
                    _ => 0,
                },
            ),
            SessionAction::RemoveMember => bare(CASTKEY_POC_REMOVE_MEMBER),
            SessionAction::EndSession => bare(CASTKEY_POC_END_SESSION),
            SessionAction::OfferUnicast => bare(CASTKEY_POC_OFFER_UNICAST),
            SessionAction::Refuse(status) => detailed(CASTKEY_POC_REFUSE, status.into()),
            _ => none,
        }
    }
}
