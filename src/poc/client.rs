//! A PoC Client on one Multicast PoC Channel: its [`Follower`] together with the MUK, the MSKs and the MTKs.
//!
//! ```text
//! offer      MSK messages in SDP, under the MUK        -> answer 200 with verification messages, or 488
//! bearer     MTK message, under an MSK                 -> MTK
//!            Media Burst Control, SRTCP under an MTK   -> the indication is handled here, the rest handed on
//!            media, SRTP under an MTK                  -> the key by its MKI
//! ```
//!
//! The state table is that of [`Follower`]. A client keeps nothing over a restart: it bootstraps again, because the
//! counters of its MUK are gone, and negotiates the channel anew.

use core::fmt;

use super::client_event::{ClientAction, ClientConfig, ClientEvent, Offer};
use super::follower::{Follower, FollowerAction, MAX_CLIENT_ACTIONS, Packet};
use super::mbcp::{MAX_DATAGRAM_LEN, apps};
use super::srtcp::{SrtcpKeys, SrtcpReplay, srtcp_mki};
use super::{PocError, Refused};
use crate::crypto::{Primitives, RustCrypto};
use crate::error::{EncodeError, Error, OpenError, SealError};
use crate::id::{Counter, Mki, MskName};
use crate::keys::{
    KeyedMsk, Msk, MskEntry, Mtk, MtkSalt, MtkWindow, Muk, MukId, MukStore, PreSharedKey, StoredKey,
    check_counter,
};
use crate::message::{MskContent, MskMessage, MtkMessage, OpenedMtk, seal_verification};
use crate::role::Actions;
use crate::time::Tick;
use crate::wire::{ExtType, MAX_MSK_MESSAGE_LEN};

/// An MTK with what SRTCP makes of it.
struct TrafficKey<P> {
    opened: OpenedMtk,
    srtcp: SrtcpKeys<P>,
    /// Each MTK has a window of its own: an expelled member knows the old MTK, and a packet of his with a high index must
    /// not make the client refuse what comes under the new one.
    replay: SrtcpReplay,
}

/// A PoC Client on one Multicast PoC Channel. `K` is the MUK or its handle, `P` the primitives for everything else.
pub struct Client<K = Muk, P = RustCrypto> {
    config: ClientConfig,
    muks: MukStore<2, K>,
    channel: Follower<KeyedMsk<P>, TrafficKey<P>>,
    refused: u32,
    p: P,
}

/// An MSK message of an offer, opened.
struct Opened<P> {
    entry: MskEntry<P>,
    counter: Counter,
    len: usize,
}

impl<K: PreSharedKey + StoredKey> Client<K> {
    /// A client without any key.
    #[must_use]
    pub const fn new(config: ClientConfig) -> Self {
        Self::with(config, RustCrypto)
    }
}

impl<K: PreSharedKey + StoredKey, P: Primitives> Client<K, P> {
    /// Octets of `out` that are enough for any event: two verification messages, or a datagram.
    pub const MAX_OUT_LEN: usize =
        if 2 * MAX_MSK_MESSAGE_LEN > MAX_DATAGRAM_LEN { 2 * MAX_MSK_MESSAGE_LEN } else { MAX_DATAGRAM_LEN };

    /// [`new`](Client::new) with the caller's primitives.
    #[must_use]
    pub const fn with(config: ClientConfig, p: P) -> Self {
        Self { config, muks: MukStore::new(), channel: Follower::new(), refused: 0, p }
    }

    /// The control: which MSKs are held, in use and to come.
    pub fn switchover(&self) -> crate::role::Switchover {
        self.channel.switchover()
    }

    /// The MSKs held, by name.
    pub fn msks(&self) -> impl Iterator<Item = MskName> {
        self.channel.msks().iter().map(KeyedMsk::name)
    }

    /// The MTK and its salt for packets with this MKI.
    #[must_use]
    pub fn mtk(&self, mki: Mki) -> Option<(&Mtk, Option<&MtkSalt>)> {
        self.channel.key(mki).map(|key| (&key.opened.mtk, key.opened.salt.as_ref()))
    }

    /// How many messages and packets were refused.
    #[must_use]
    pub const fn refused(&self) -> u32 {
        self.refused
    }

    /// When a [`ClientEvent::Timeout`] is wanted.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        self.channel.deadline()
    }

    /// A bootstrapping run left this MUK. It serves the server that is the NAF named in `id`, and no other.
    ///
    /// # Errors
    ///
    /// [`OpenError::MukStoreFull`] when two are held that proved themselves.
    pub fn bootstrapped(&mut self, id: MukId<'_>, muk: K) -> Result<(), OpenError> {
        self.muks.install(id, muk)
    }

    /// Handles one event. `out` takes the octets of the actions; [`MAX_OUT_LEN`](Self::MAX_OUT_LEN) is always enough.
    ///
    /// # Errors
    ///
    /// [`Refused::Poc`]: [`PocError::Unprotected`] for a packet without protection, [`PocError::UnknownMsk`] and
    /// [`PocError::ExpiredKey`] for a key that is not or no longer held, [`PocError::BadMac`], [`PocError::Replay`],
    /// [`PocError::IndicationMismatch`], [`PocError::Malformed`]; [`Refused::Key`] for an MTK message that cannot be
    /// opened, and for an answer that does not fit into `out`. It is counted, and nothing else has changed then; an
    /// authentic packet that is refused for what it says is not taken a second time.
    pub fn handle<'o>(
        &mut self, event: ClientEvent<'_>, now: Tick, out: &'o mut [u8],
    ) -> Result<Actions<ClientAction<'o>, MAX_CLIENT_ACTIONS>, Refused> {
        let mut actions = Actions::new();
        self.handle_into(event, now, out, &mut actions)?;
        Ok(actions)
    }

    /// [`handle`](Self::handle) with a list of the caller's for the actions, for where stack is scarce. What was in the list is
    /// taken out.
    ///
    /// # Errors
    ///
    /// As [`handle`](Self::handle); the list is empty then.
    pub fn handle_into<'o>(
        &mut self, event: ClientEvent<'_>, now: Tick, out: &'o mut [u8],
        actions: &mut Actions<ClientAction<'o>, MAX_CLIENT_ACTIONS>,
    ) -> Result<(), Refused> {
        actions.clear();
        let before = self.deadline();
        let mut wanted = Actions::new();
        let handled = match event {
            ClientEvent::Negotiate => Ok(Some(match self.muks.iter().next() {
                Some(_) => ClientAction::OfferSupport,
                None => ClientAction::NeedBootstrap,
            })),
            ClientEvent::Offer(offer) => self.offer(&offer, now, &mut wanted, out).map(Some),
            ClientEvent::Mikey(octets) => self.mikey(octets, now, &mut wanted).map(|()| None),
            ClientEvent::Mbcp(octets) => self.mbcp(octets, now, &mut wanted, out),
            ClientEvent::Packet(None) => Err(PocError::Unprotected.into()),
            ClientEvent::Packet(Some(mki)) => {
                let packet = self.channel.packet(mki, &self.config.channel, now, &mut wanted);
                packet.map(|packet| Some(ClientAction::Packet(packet))).map_err(Refused::from)
            }
            ClientEvent::Bye => {
                self.channel.clear();
                Ok(Some(ClientAction::LeaveBearer))
            }
            ClientEvent::Fired(timer) => {
                self.channel.fired(timer, &self.config.channel, now, &mut wanted);
                Ok(None)
            }
            ClientEvent::Timeout => {
                let due = self.channel.timers().filter(|(_, at)| *at <= now).min_by_key(|(_, at)| *at);
                if let Some((timer, _)) = due {
                    self.channel.fired(timer, &self.config.channel, now, &mut wanted);
                }
                Ok(None)
            }
        };
        if handled.is_err() {
            self.refused = self.refused.saturating_add(1);
        }
        actions.extend(handled?);
        for action in &wanted {
            actions.push(ClientAction::Channel(*action));
        }
        if let Some(at) = self.deadline().filter(|at| Some(*at) != before) {
            actions.push(ClientAction::Channel(FollowerAction::ArmTimer(at)));
        }
        Ok(())
    }

    // One function an event, none inlined: their frames do not add up.
    /// Opens every MSK of an offer before it stores any.
    #[inline(never)]
    fn offer<'o>(
        &mut self, offer: &Offer<'_>, now: Tick, wanted: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
        out: &'o mut [u8],
    ) -> Result<ClientAction<'o>, Refused> {
        if offer.current.is_none() && offer.updated.is_none() {
            // An ordinary renegotiation, unless there has never been a key.
            return Ok(match self.channel.switchover().active() {
                Some(_) => ClientAction::Answer { current: None, updated: None },
                None => ClientAction::MissingMsk,
            });
        }
        let (current, updated) = match self.open_offer(offer, out) {
            Ok(opened) => opened,
            // The answer does not fit: that is no fault of the offer.
            Err(
                refused @ Refused::Key(Error::Seal(SealError::Encode(EncodeError::BufferTooSmall { .. }))),
            ) => {
                return Err(refused);
            }
            Err(refused) => {
                self.refused = self.refused.saturating_add(1);
                return Ok(ClientAction::Reject(refused));
            }
        };
        let first = current.as_ref().map_or(0, |opened| opened.len);
        let second = updated.as_ref().map_or(0, |opened| opened.len);
        // Of a first negotiation with one MSK this is the one in use, wherever it stands.
        let messages = [(offer.current, current, true), (offer.updated, updated, false)];
        for (octets, opened, current) in messages {
            let (Some(octets), Some(opened)) = (octets, opened) else { continue };
            if let Ok(message) = MskMessage::decode(octets, &self.config.settings) {
                self.muks.accept(&message.muk_id(), opened.counter, opened.entry.rand().copied(), [0; 4]);
            }
            // The name was checked when the message was opened.
            let stored =
                self.channel.store(KeyedMsk::new(opened.entry), current, &self.config.channel, now, wanted);
            debug_assert!(stored.is_ok(), "a name that was checked");
        }
        let (front, rest) = out.split_at_mut_checked(first).unwrap_or_default();
        let answer = |octets: &'o [u8]| Some(octets).filter(|octets| !octets.is_empty());
        Ok(ClientAction::Answer { current: answer(front), updated: rest.get(..second).and_then(answer) })
    }

    /// Opens the messages of an offer and writes their verification messages behind each other. Changes nothing.
    #[allow(clippy::type_complexity, reason = "the two messages of an offer")]
    fn open_offer(
        &self, offer: &Offer<'_>, out: &mut [u8],
    ) -> Result<(Option<Opened<P>>, Option<Opened<P>>), Refused> {
        let current = match offer.current {
            Some(octets) => Some(self.open(octets, None, offer.protocols, out)?),
            None => None,
        };
        let (last, at) = current.as_ref().map_or((None, 0), |opened| (Some(opened.counter), opened.len));
        let rest = out.get_mut(at..).unwrap_or_default();
        let updated = match offer.updated {
            Some(octets) => Some(self.open(octets, last, offer.protocols, rest)?),
            None => None,
        };
        Ok((current, updated))
    }

    #[inline(never)]
    fn open(
        &self, octets: &[u8], last: Option<Counter>, protocols: &[u8], out: &mut [u8],
    ) -> Result<Opened<P>, Refused> {
        let settings = &self.config.settings;
        let message = MskMessage::decode(octets, settings)?;
        let slot = self.muks.get(message.muk_id()).ok_or(OpenError::MukUnknown)?;
        let opened = message.open(&slot.muk, last.or(slot.counter()), slot.rand.as_ref(), settings)?;
        let listed = message.psk().extensions().find(|extension| extension.ext_type == ExtType::SDP_IDS);
        match listed {
            Some(listed) if listed.octets != protocols => return Err(OpenError::MacInvalid.into()),
            None if self.config.require_sdp_ids => return Err(OpenError::MacInvalid.into()),
            _ => {}
        }
        self.channel.check_name(message.name(), &self.config.channel)?;
        let MskContent::Key { msk, rand, seq_low, seq_high } = opened.content else {
            return Err(PocError::MissingMsk.into());
        };
        let len = if message.v() {
            seal_verification(message.psk(), &opened.keys, settings, out)?.len()
        } else {
            0
        };
        let window = MtkWindow::new(seq_low, seq_high, settings.seq_lower);
        let entry = MskEntry::new(message.name(), Msk::with(msk, self.p), rand, window);
        Ok(Opened { entry, counter: message.counter(), len })
    }

    #[inline(never)]
    fn mikey(
        &mut self, octets: &[u8], now: Tick, wanted: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) -> Result<(), Refused> {
        let (settings, channel) = (&self.config.settings, &self.config.channel);
        let message = MtkMessage::decode(octets, Some(channel.domain), settings)?;
        let (name, mki) = (message.msk(), Mki::new(message.msk().id, message.mtk()));
        self.channel.check_name(name, channel)?;
        let Some(keyed) = self.channel.msks().get(name) else {
            return Ok(self.channel.missed(name, channel, now, wanted)?);
        };
        if !self.channel.admits_mtk(mki)? {
            return Ok(());
        }
        check_counter(message.counter(), keyed.entry.counter().or(settings.initial_counter))
            .map_err(Error::from)?;
        let Some(KeyedMsk { entry, keys }) = self.channel.msk_mut(name) else { return Ok(()) };
        let opened = message.open_under(entry, keys, settings)?;
        entry.accept(message.counter(), message.mtk());
        let srtcp = SrtcpKeys::derive(self.p, &opened.mtk, opened.salt.as_ref());
        let key = TrafficKey { opened, srtcp, replay: SrtcpReplay::new() };
        self.channel.mtk_verified(mki, key, &self.config.channel, now, wanted);
        Ok(())
    }

    #[inline(never)]
    fn mbcp<'o>(
        &mut self, octets: &[u8], now: Tick, wanted: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
        out: &'o mut [u8],
    ) -> Result<Option<ClientAction<'o>>, Refused> {
        let mki = srtcp_mki(octets)?;
        let Some(key) = self.channel.key_mut(mki) else {
            return match self.channel.packet(mki, &self.config.channel, now, wanted)? {
                Packet::Accept => Ok(None),
                other => Ok(Some(ClientAction::Packet(other))),
            };
        };
        let plain: &'o [u8] = key.replay.unprotect(&key.srtcp, octets, out)?;
        let (mut others, mut followed) = (false, false);
        let mut refusal = None;
        // One bad packet ends the datagram; what came before it counts.
        for app in apps(plain) {
            match app.and_then(|app| self.config.coding.decode(&app)) {
                Ok(Some(announced)) => {
                    let config = &self.config.channel;
                    match self.channel.announced(&announced, mki.msk, config, now, wanted) {
                        Ok(()) => followed = true,
                        Err(refused) => refusal = Some(refused),
                    }
                }
                Ok(None) => others = true,
                Err(refused) => refusal = Some(refused),
            }
        }
        match refusal {
            Some(refused) if !others && !followed => Err(refused.into()),
            _ => Ok(others.then_some(ClientAction::Mbcp(plain))),
        }
    }
}

impl<K, P: Primitives> fmt::Debug for Client<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("muks", &self.muks)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
