//! How a PoC Client is set up, what it is told, and what it wants done.

use core::fmt;

use super::Refused;
use super::follower::{FollowerAction, FollowerConfig, FollowerTimer, Packet};
use super::indication::IndicationCoding;
use crate::id::Mki;
use crate::settings::Settings;

/// How a client is set up.
#[derive(Clone, Copy, Debug)]
pub struct ClientConfig {
    /// The channel.
    pub channel: FollowerConfig,
    /// The uncertain points of the key messages.
    pub settings: Settings,
    /// Name and subtype of the indication.
    pub coding: IndicationCoding,
    /// Whether an MSK message must list the key management protocols of the SDP (point U-18). Default no; a list that is
    /// there must always be the right one.
    pub require_sdp_ids: bool,
}

/// The key management part of an offer.
#[derive(Clone, Copy, Default)]
pub struct Offer<'a> {
    /// The MSK message for the MSK in use: the one at session level of the SDP beside `updated`, or the only one of a
    /// first negotiation.
    pub current: Option<&'a [u8]>,
    /// The MSK message for the MSK to come: of a re-INVITE, or beside `current`.
    pub updated: Option<&'a [u8]>,
    /// The key management protocols that the SDP names, separated by `;`.
    pub protocols: &'a [u8],
}

impl fmt::Debug for Offer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = |octets: Option<&[u8]>| octets.map(<[u8]>::len);
        f.debug_struct("Offer")
            .field("current", &len(self.current))
            .field("updated", &len(self.updated))
            .finish_non_exhaustive()
    }
}

/// What happens to a client.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ClientEvent<'a> {
    /// The user wants a Multicast PoC Channel.
    Negotiate,
    /// An INVITE or re-INVITE, or the answer to a request for the MSK.
    Offer(Offer<'a>),
    /// An MTK message from the bearer.
    Mikey(&'a [u8]),
    /// A datagram with Media Burst Control from the bearer.
    Mbcp(&'a [u8]),
    /// A media packet from the bearer, by its MKI; without one it is not protected.
    Packet(Option<Mki>),
    /// The session is over, or the user was thrown out of it.
    Bye,
    /// This timer may have run out. A spurious one is harmless.
    Fired(FollowerTimer),
    /// The deadline may have passed: fires the timer that is due longest; others keep their deadline.
    Timeout,
}

impl fmt::Debug for ClientEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Negotiate => f.write_str("Negotiate"),
            Self::Offer(offer) => offer.fmt(f),
            // Under NULL encryption the octets hold keys.
            Self::Mikey(octets) => write!(f, "Mikey({} octets)", octets.len()),
            Self::Mbcp(octets) => write!(f, "Mbcp({} octets)", octets.len()),
            Self::Packet(mki) => f.debug_tuple("Packet").field(mki).finish(),
            Self::Bye => f.write_str("Bye"),
            Self::Fired(timer) => f.debug_tuple("Fired").field(timer).finish(),
            Self::Timeout => f.write_str("Timeout"),
        }
    }
}

/// What a client wants done.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ClientAction<'o> {
    /// There is no MUK: run GBA, and do not offer Multicast PoC before.
    NeedBootstrap,
    /// Offer support of Multicast PoC.
    OfferSupport,
    /// Answer 200, with these verification messages as key management lines at the level of their MSK messages.
    Answer {
        /// For the MSK in use.
        current: Option<&'o [u8]>,
        /// For the MSK to come.
        updated: Option<&'o [u8]>,
    },
    /// Answer 488 with Warning 306; the session stays as it was.
    Reject(Refused),
    /// The channel came without an MSK: do not join the bearer.
    MissingMsk,
    /// Leave the bearer.
    LeaveBearer,
    /// Media Burst Control for the application: an authentic, decrypted datagram.
    Mbcp(&'o [u8]),
    /// What becomes of the packet.
    Packet(Packet),
    /// Whatever else the control wants.
    Channel(FollowerAction),
}

impl fmt::Debug for ClientAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeedBootstrap => f.write_str("NeedBootstrap"),
            Self::OfferSupport => f.write_str("OfferSupport"),
            Self::Answer { current, updated } => f
                .debug_struct("Answer")
                .field("current", &current.map(<[u8]>::len))
                .field("updated", &updated.map(<[u8]>::len))
                .finish(),
            Self::Reject(refused) => f.debug_tuple("Reject").field(refused).finish(),
            Self::MissingMsk => f.write_str("MissingMsk"),
            Self::LeaveBearer => f.write_str("LeaveBearer"),
            Self::Mbcp(octets) => write!(f, "Mbcp({} octets)", octets.len()),
            Self::Packet(packet) => packet.fmt(f),
            Self::Channel(action) => action.fmt(f),
        }
    }
}
