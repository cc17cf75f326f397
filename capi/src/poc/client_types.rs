//! What a PoC Client is told, what it wants done, and how it is set up.

#![allow(unsafe_code, reason = "marks types")]

use castkey::poc::{
    ClientAction, ClientConfig, ClientEvent, FollowerAction, FollowerConfig, Offer, Packet, Timing,
};
use castkey::time::Tick;

use crate::bytes::{Plain, Promise};
use crate::name::castkey_name;
use crate::octets::castkey_octets;
use crate::poc::coding::{castkey_poc_channel, castkey_poc_coding};
use crate::poc::timing::castkey_poc_timing;
use crate::settings::{castkey_settings, flag};
use crate::span::Span;
use crate::status::Status;
use crate::ue_types::place_of;

/// The user wants a Multicast PoC Channel.
pub const CASTKEY_POC_CLIENT_NEGOTIATE: u32 = 1;
/// An INVITE or re-INVITE, or the answer to a request for the MSK: `current`, `updated`, `protocols`.
pub const CASTKEY_POC_CLIENT_OFFER: u32 = 2;
/// An MTK message from the bearer: `octets`.
pub const CASTKEY_POC_CLIENT_MIKEY: u32 = 3;
/// A datagram with Media Burst Control from the bearer: `octets`.
pub const CASTKEY_POC_CLIENT_MBCP: u32 = 4;
/// A media packet from the bearer: under the MTK `name`, or without protection if `is_plain`.
pub const CASTKEY_POC_CLIENT_PACKET: u32 = 5;
/// The session is over, or the user was thrown out of it.
pub const CASTKEY_POC_CLIENT_BYE: u32 = 6;
/// The deadline may have passed.
pub const CASTKEY_POC_CLIENT_TIMEOUT: u32 = 7;

/// There is no MUK: run GBA, and do not offer Multicast PoC before.
pub const CASTKEY_POC_NEED_BOOTSTRAP: u32 = 1;
/// Offer support of Multicast PoC.
pub const CASTKEY_POC_OFFER_SUPPORT: u32 = 2;
/// Answer 200, with a verification message of `len` octets at `offset` for the MSK in use and one of `updated_len` octets at
/// `updated_offset` for the MSK to come, at the level of their MSK messages; without either that is empty.
pub const CASTKEY_POC_ANSWER: u32 = 3;
/// Answer 488 with Warning 306, for the status in `detail`; the session stays as it was.
pub const CASTKEY_POC_REJECT: u32 = 4;
/// The channel came without an MSK: do not join the bearer.
pub const CASTKEY_POC_MISSING_MSK: u32 = 5;
/// Leave the bearer.
pub const CASTKEY_POC_LEAVE_BEARER: u32 = 6;
/// Media Burst Control for the application: `len` octets at `offset`, authentic and decrypted.
pub const CASTKEY_POC_MBCP: u32 = 7;
/// What becomes of the packet: `detail` is one of CASTKEY_POC_PACKET_*.
pub const CASTKEY_POC_PACKET: u32 = 8;
/// The MSK `name` is held.
pub const CASTKEY_POC_STORED: u32 = 9;
/// The MSK `name` was deleted: a third one of its Key Group came.
pub const CASTKEY_POC_EVICTED: u32 = 10;
/// The MSK `name` is in use from now on.
pub const CASTKEY_POC_ACTIVATED: u32 = 11;
/// The MTK `name` is there; its `domain` is 0.
pub const CASTKEY_POC_MTK_READY: u32 = 12;
/// The MTKs under the MSK `name` are gone.
pub const CASTKEY_POC_MTK_DROPPED: u32 = 13;
/// The MSK `name` is missing: ask the server for it.
pub const CASTKEY_POC_MISSED_KEY: u32 = 14;
/// The pending MSK `name` waits for its indication, unusually long.
pub const CASTKEY_POC_PENDING_STALE: u32 = 15;
/// The switch to the MSK `name` was announced, and no MTK under it came.
pub const CASTKEY_POC_SWITCH_STALLED: u32 = 16;
/// Tell the timeout event at the time `at`. Of client, server and distribution.
pub const CASTKEY_POC_ARM_TIMER: u32 = 17;

/// Its MTK is held.
pub const CASTKEY_POC_PACKET_ACCEPT: u32 = 1;
/// Its MSK is held, its MTK will come: keep it.
pub const CASTKEY_POC_PACKET_HOLD: u32 = 2;
/// The same, and enough are kept: drop the oldest.
pub const CASTKEY_POC_PACKET_HOLD_INSTEAD: u32 = 3;
/// Its MSK is missing and was asked for: drop it.
pub const CASTKEY_POC_PACKET_MISSED: u32 = 4;

/// Most actions of one event of a PoC Client.
pub const CASTKEY_POC_MAX_CLIENT_ACTIONS: usize = 20;

/// How a PoC Client is set up; castkey_poc_client_config_default() fills in all but the channel.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_client_config {
    /// The uncertain points of the key messages.
    pub settings: castkey_settings,
    /// The times.
    pub timing: castkey_poc_timing,
    /// Name and subtype of the indication.
    pub coding: castkey_poc_coding,
    /// The channel.
    pub channel: castkey_poc_channel,
    /// Flag: only an indication switches. Default 0: an MTK under the pending MSK does too.
    pub strict_indication: u32,
    /// Flag: the MSK in use is spared when a third one of its group comes. Default 0.
    pub protect_active: u32,
    /// Flag: an MSK message must list the key management protocols of the SDP. Default 0.
    pub require_sdp_ids: u32,
    /// 0.
    pub reserved: u32,
}

/// What happens to a PoC Client. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_client_event {
    /// CASTKEY_POC_CLIENT_NEGOTIATE to CASTKEY_POC_CLIENT_TIMEOUT.
    pub kind: u32,
    /// Flag: the packet has no MKI.
    pub is_plain: u32,
    /// An MTK, as castkey_name_from_mki() gives it; its `domain` is not looked at.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// A datagram.
    pub octets: castkey_octets,
    /// The MSK message for the MSK in use; NULL if there is none.
    pub current: castkey_octets,
    /// The MSK message for the MSK to come; NULL if there is none.
    pub updated: castkey_octets,
    /// The key management protocols that the SDP names, separated by `;`.
    pub protocols: castkey_octets,
}

/// What a PoC Client wants done. Fields that the kind does not name are 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_client_action {
    /// CASTKEY_POC_NEED_BOOTSTRAP to CASTKEY_POC_ARM_TIMER.
    pub kind: u32,
    /// Where its octets begin in `out`.
    pub offset: u32,
    /// How many there are.
    pub len: u32,
    /// Where the octets for the MSK to come begin in `out`.
    pub updated_offset: u32,
    /// How many there are.
    pub updated_len: u32,
    /// A status, or what becomes of a packet.
    pub detail: u32,
    /// The key.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// A time, milliseconds.
    pub at: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_client_config {}
// SAFETY: integers and pointers.
unsafe impl Plain for castkey_poc_client_event {}
// SAFETY: integers.
unsafe impl Plain for castkey_poc_client_action {}

const _: () = assert!(CASTKEY_POC_MAX_CLIENT_ACTIONS == castkey::poc::MAX_CLIENT_ACTIONS);

impl castkey_poc_client_config {
    pub(crate) fn config(&self) -> Result<ClientConfig, Status> {
        Ok(ClientConfig {
            channel: FollowerConfig {
                domain: self.channel.domain(),
                groups: self.channel.groups(),
                channel: self.channel.tag()?,
                timing: self.timing.timing()?,
                strict_indication: flag(self.strict_indication)?,
                protect_active: flag(self.protect_active)?,
            },
            settings: self.settings.settings()?,
            coding: self.coding.coding()?,
            require_sdp_ids: flag(self.require_sdp_ids)?,
        })
    }

    pub(crate) fn by_default() -> Self {
        Self {
            settings: castkey_settings::of(&castkey::Settings::DEFAULT),
            timing: castkey_poc_timing::of(&Timing::DEFAULT),
            coding: castkey_poc_coding::by_default(),
            channel: castkey_poc_channel::NONE,
            strict_indication: 0,
            protect_active: 0,
            require_sdp_ids: 0,
            reserved: 0,
        }
    }
}

impl castkey_poc_client_event {
    /// The memory that an event of this kind refers to.
    pub(crate) fn spans(&self) -> [Span; 4] {
        let nothing = Span::read::<u8>(core::ptr::null(), 0);
        let when = |is: bool, span| if is { span } else { nothing };
        let datagram = matches!(self.kind, CASTKEY_POC_CLIENT_MIKEY | CASTKEY_POC_CLIENT_MBCP);
        let offer = self.kind == CASTKEY_POC_CLIENT_OFFER;
        [
            when(datagram, self.octets.span()),
            when(offer, self.current.span()),
            when(offer, self.updated.span()),
            when(offer, self.protocols.span()),
        ]
    }

    pub(crate) fn event<'c>(&self, promise: &'c Promise) -> Result<ClientEvent<'c>, Status> {
        Ok(match self.kind {
            CASTKEY_POC_CLIENT_NEGOTIATE => ClientEvent::Negotiate,
            CASTKEY_POC_CLIENT_OFFER => ClientEvent::Offer(Offer {
                current: self.current.optional(promise)?,
                updated: self.updated.optional(promise)?,
                protocols: self.protocols.read(promise)?,
            }),
            CASTKEY_POC_CLIENT_MIKEY => ClientEvent::Mikey(self.octets.read(promise)?),
            CASTKEY_POC_CLIENT_MBCP => ClientEvent::Mbcp(self.octets.read(promise)?),
            CASTKEY_POC_CLIENT_PACKET => {
                ClientEvent::Packet((!flag(self.is_plain)?).then_some(self.name.mki()))
            }
            CASTKEY_POC_CLIENT_BYE => ClientEvent::Bye,
            CASTKEY_POC_CLIENT_TIMEOUT => ClientEvent::Timeout,
            _ => return Err(Status::BAD_ENUM),
        })
    }
}

impl castkey_poc_client_action {
    const NONE: Self = Self {
        kind: 0,
        offset: 0,
        len: 0,
        updated_offset: 0,
        updated_len: 0,
        detail: 0,
        name: castkey_name::NONE,
        reserved: 0,
        at: 0,
    };

    /// The action, whose octets lie behind the address `start`.
    pub(crate) fn of(action: &ClientAction<'_>, start: usize) -> Self {
        let none = Self::NONE;
        match *action {
            ClientAction::NeedBootstrap => Self { kind: CASTKEY_POC_NEED_BOOTSTRAP, ..none },
            ClientAction::OfferSupport => Self { kind: CASTKEY_POC_OFFER_SUPPORT, ..none },
            ClientAction::Answer { current, updated } => {
                let (offset, len) = current.map_or((0, 0), |octets| place_of(octets, start));
                let (updated_offset, updated_len) = updated.map_or((0, 0), |octets| place_of(octets, start));
                Self { kind: CASTKEY_POC_ANSWER, offset, len, updated_offset, updated_len, ..none }
            }
            ClientAction::Reject(refused) => {
                Self { kind: CASTKEY_POC_REJECT, detail: refused.code(), ..none }
            }
            ClientAction::MissingMsk => Self { kind: CASTKEY_POC_MISSING_MSK, ..none },
            ClientAction::LeaveBearer => Self { kind: CASTKEY_POC_LEAVE_BEARER, ..none },
            ClientAction::Mbcp(octets) => {
                let (offset, len) = place_of(octets, start);
                Self { kind: CASTKEY_POC_MBCP, offset, len, ..none }
            }
            ClientAction::Packet(packet) => {
                let detail = match packet {
                    Packet::Accept => CASTKEY_POC_PACKET_ACCEPT,
                    Packet::Hold => CASTKEY_POC_PACKET_HOLD,
                    Packet::HoldInsteadOfOldest => CASTKEY_POC_PACKET_HOLD_INSTEAD,
                    _ => CASTKEY_POC_PACKET_MISSED,
                };
                Self { kind: CASTKEY_POC_PACKET, detail, ..none }
            }
            ClientAction::Channel(action) => Self::of_channel(action),
            _ => none,
        }
    }

    fn of_channel(action: FollowerAction) -> Self {
        let none = Self::NONE;
        let named = |kind, name| Self { kind, name: castkey_name::of_msk(name), ..none };
        match action {
            FollowerAction::Stored(name) => named(CASTKEY_POC_STORED, name),
            FollowerAction::Evicted(name) => named(CASTKEY_POC_EVICTED, name),
            FollowerAction::Activated(name) => named(CASTKEY_POC_ACTIVATED, name),
            FollowerAction::MtkReady(mki) => {
                Self { kind: CASTKEY_POC_MTK_READY, name: castkey_name::of_mki(mki), ..none }
            }
            FollowerAction::MtkDropped(name) => named(CASTKEY_POC_MTK_DROPPED, name),
            FollowerAction::MissedKey(name) => named(CASTKEY_POC_MISSED_KEY, name),
            FollowerAction::PendingStale(name) => named(CASTKEY_POC_PENDING_STALE, name),
            FollowerAction::SwitchStalled(name) => named(CASTKEY_POC_SWITCH_STALLED, name),
            FollowerAction::ArmTimer(at) => {
                Self { kind: CASTKEY_POC_ARM_TIMER, at: Tick::as_millis(at), ..none }
            }
            _ => none,
        }
    }
}
