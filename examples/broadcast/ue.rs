//! A terminal: the library's role, a socket, SRTP, and a store that outlives it.

use std::collections::{HashMap, VecDeque};
mod events;

use core::net::SocketAddr;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::crypto::RustCrypto;
use castkey::error::{Error, OpenError};
use castkey::id::{GroupName, Mki, MskId};
use castkey::keys::Muk;
use castkey::message::Incoming;
use castkey::role::{Ue, UeConfig, UeEvent};
use castkey::settings::Settings;
use castkey::time::Tick;

use crate::Outcome;
use crate::air::Air;
use crate::aka::Subscriber;
use crate::ledger::Party;
use crate::link::{open_socket, receive};
use crate::srtp::{Receiver, mki_of, speech, with_mki};

type Role = Ue<1, Muk, RustCrypto, 1>;

/// Packets that wait for their key.
const QUEUE: usize = 16;

/// Packets or MTK messages with the same unknown MSK, without one that could be read between them, before it counts as
/// missed. The MKI of a packet is not authenticated, so a flipped bit must not cause a request.
const SIGHTINGS: u8 = 3;

/// What survives the loss of power.
#[derive(Clone, Debug, Default)]
struct Flash {
    /// The octets of the last `Persist`.
    role: Vec<u8>,
    /// Highest SRTP index accepted: RFC 3711 wants the rollover counter kept, and without it the replay protection
    /// of the media would start anew.
    index: Option<u64>,
    /// MSKs pushed out by newer ones. Who replays their traffic must not make the terminal ask for them.
    retired: Vec<MskId>,
    /// Number of the last request.
    asked: u32,
}

/// A packet that waits for its key.
struct Waiting {
    mki: Mki,
    packet: Vec<u8>,
    hostile: bool,
}

pub(crate) struct Terminal {
    id: usize,
    role: Role,
    config: UeConfig,
    group: GroupName,
    socket: Rc<UdpSocket>,
    address: SocketAddr,
    server: SocketAddr,
    subscriber: Subscriber,
    flash: Flash,
    srtp: Receiver,
    waiting: VecDeque<Waiting>,
    sightings: HashMap<MskId, u8>,
    missed: Option<MskId>,
    /// Tries every key it ever had on every packet.
    pub(crate) expelled: bool,
    alive: bool,
}

impl Terminal {
    /// A terminal after its bootstrapping run.
    pub(crate) fn new(
        id: usize, subscriber: Subscriber, config: UeConfig, group: GroupName,
        (socket, server): (Rc<UdpSocket>, SocketAddr), now: Tick, air: &mut Air,
    ) -> Outcome<Self> {
        let mut this = Self {
            id,
            role: Ue::with(config, RustCrypto),
            config,
            group,
            address: socket.local_addr()?,
            socket,
            server,
            flash: Flash::default(),
            srtp: Receiver::new(None),
            waiting: VecDeque::new(),
            sightings: HashMap::new(),
            missed: None,
            expelled: false,
            alive: true,
            subscriber: subscriber.clone(),
        };
        let muk = subscriber.muk()?;
        this.handle(UeEvent::Bootstrapped { id: subscriber.id(), muk }, now, air)?;
        Ok(this)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The user turns the service on.
    pub(crate) fn want(&mut self, now: Tick, air: &mut Air) -> Outcome<()> {
        self.handle(UeEvent::Wanted(self.group), now, air)?;
        Ok(())
    }

    pub(crate) fn holds_an_mtk(&self) -> bool {
        self.role.mkis().next().is_some()
    }

    pub(crate) fn holds(&self, mki: Mki) -> bool {
        self.role.mtk(self.group.domain, mki).is_some()
    }

    /// Loses power: socket and everything in memory are gone.
    pub(crate) fn kill(&mut self) {
        self.alive = false;
        self.role = Ue::with(self.config, RustCrypto);
        self.srtp = Receiver::new(None);
        self.waiting.clear();
        self.sightings.clear();
    }

    /// Starts again from what it had stored.
    pub(crate) fn restart(&mut self, now: Tick, air: &mut Air) -> Outcome<()> {
        self.role = Ue::restore(self.config, RustCrypto, &self.flash.role, now, Muk::from_octets)?;
        self.srtp = Receiver::new(self.flash.index);
        let held: Vec<Mki> = self.role.mkis().map(|(_, mki)| mki).collect();
        for mki in held {
            self.add_key(mki, air);
        }
        self.socket = open_socket()?;
        self.address = self.socket.local_addr()?;
        self.alive = true;
        Ok(())
    }

    /// Timers.
    pub(crate) fn tick(&mut self, now: Tick, air: &mut Air) -> Outcome<()> {
        for _ in 0..4 {
            if !self.alive || self.role.deadline().is_none_or(|at| at > now) {
                break;
            }
            self.handle(UeEvent::Timeout, now, air)?;
        }
        Ok(())
    }

    /// Takes the datagrams that wait on the socket.
    pub(crate) fn receive(&mut self, limit: usize, now: Tick, air: &mut Air) {
        if !self.alive {
            return;
        }
        for (from, octets) in receive(&self.socket, limit) {
            let hostile = air.is_attacker(from);
            if !hostile {
                air.ledger.arrived(self.id, &octets);
            }
            // MIKEY starts with version 1, RTP with version 2 in the two highest bits.
            let media = octets.first().is_some_and(|first| first & 0xC0 == 0x80);
            let taken =
                if media { self.media(octets, hostile, now, air) } else { self.mikey(&octets, now, air) };
            if !taken {
                air.ledger.refused(Party::Ue(self.id));
            }
        }
    }

    /// A MIKEY datagram; false when it is refused.
    pub(crate) fn mikey(&mut self, octets: &[u8], now: Tick, air: &mut Air) -> bool {
        let Ok(incoming) = Incoming::decode(octets, None, &Settings::DEFAULT) else { return false };
        if let Incoming::Mtk(message) = incoming
            && message.msk().group() == self.group
            && self.role.msks().get(message.msk()).is_none()
            && !self.is_missed(message.msk().id)
        {
            return false;
        }
        match self.handle(UeEvent::Mikey(octets), now, air) {
            Ok(changed) => {
                if changed && air.judged {
                    air.ledger.accepted(Party::Ue(self.id), octets);
                }
                true
            }
            Err(_) => false,
        }
    }

    /// Whether an MSK that is not held has been named often enough to be missed.
    fn is_missed(&mut self, msk: MskId) -> bool {
        if self.flash.retired.contains(&msk) {
            return false;
        }
        if self.sightings.len() >= 256 {
            self.sightings.clear();
        }
        let sightings = self.sightings.entry(msk).or_default();
        *sightings = sightings.saturating_add(1);
        *sightings >= SIGHTINGS
    }

    /// A media packet; false when it is refused. That it is `hostile` only the judge may know.
    pub(crate) fn media(&mut self, packet: Vec<u8>, hostile: bool, now: Tick, air: &mut Air) -> bool {
        let Some(mki) = mki_of(&packet) else { return false };
        if self.holds(mki) {
            return self.unprotect(&packet, &packet, hostile, air);
        }
        if self.expelled {
            let keys = self.srtp.known().to_vec();
            if keys.into_iter().any(|key| self.unprotect(&with_mki(&packet, key), &packet, hostile, air)) {
                return true;
            }
        }
        if mki.msk.group != self.group.group {
            return false;
        }
        let known = self.role.msks().get(self.group.msk(mki.msk.number)).is_some();
        if known || self.is_missed(mki.msk) {
            let unknown_key = self.handle(UeEvent::Mki(self.group.domain, mki), now, air);
            if unknown_key == Err(Error::Open(OpenError::MskRetired)) {
                return false;
            }
        }
        if self.flash.retired.contains(&mki.msk) {
            return false;
        }
        if self.waiting.len() >= QUEUE {
            self.waiting.pop_front();
            air.ledger.refused(Party::Ue(self.id));
        }
        self.waiting.push_back(Waiting { mki, packet, hostile });
        true
    }

    /// Decrypts `packet`, which came as `original`.
    fn unprotect(&mut self, packet: &[u8], original: &[u8], hostile: bool, air: &mut Air) -> bool {
        let Ok(plain) = self.srtp.unprotect(packet) else { return false };
        // Stored before the payload is used, as everything that protects from replay.
        self.flash.index = self.srtp.highest();
        self.sightings.clear();
        let says = plain.first_chunk().map(|octets| u64::from_be_bytes(*octets));
        let whole = says.filter(|index| plain == speech(*index));
        air.ledger.decrypted(self.id, original, whole, hostile);
        true
    }

    fn add_key(&mut self, mki: Mki, air: &mut Air) {
        let Some((mtk, salt)) = self.role.mtk(self.group.domain, mki) else { return };
        if self.srtp.add_key(mki, mtk, salt).is_ok() {
            air.ledger.holds(self.id, mki);
        }
    }

    /// Tries the packets that waited for `mki`.
    fn release(&mut self, mki: Mki, air: &mut Air) {
        let (ready, waiting): (VecDeque<Waiting>, _) =
            core::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.mki == mki);
        self.waiting = waiting;
        for Waiting { packet, hostile, .. } in ready {
            if !hostile {
                air.ledger.key_came(self.id, &packet);
            }
            if !self.unprotect(&packet, &packet, hostile, air) {
                air.ledger.refused(Party::Ue(self.id));
            }
        }
    }
}
