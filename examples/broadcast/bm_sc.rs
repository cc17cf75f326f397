//! The BM-SC: the library's role, a table of users, a socket, and the source of the media.

use std::collections::{HashMap, VecDeque};
mod events;

use core::net::SocketAddr;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::crypto::RustCrypto;
use castkey::error::Error;
use castkey::id::{Counter, GroupName, MskId, MskName};
use castkey::keys::{DigestPassword, Muk};
use castkey::message::Incoming;
use castkey::role::{BmSc, BmScConfig, Delivery};
use castkey::settings::Settings;
use castkey::time::Tick;

use events::Step;

use crate::Outcome;
use crate::air::Air;
use crate::aka::Subscriber;
use crate::ledger::Party;
use crate::link::{Kind, receive};
use crate::request::Request;
use crate::srtp::Source;

struct Row {
    subscriber: Subscriber,
    muk: Muk,
    password: DigestPassword,
    /// Number of the last request taken.
    asked: u32,
    counter: Option<Counter>,
    delivery: Delivery,
    address: SocketAddr,
    member: bool,
    turned_away: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ServerCounts {
    /// MSK messages sealed and sent.
    pub(crate) msk_messages: u64,
    pub(crate) acknowledged: u64,
    pub(crate) mtk_messages: u64,
}

pub(crate) struct Server {
    role: BmSc<1>,
    group: GroupName,
    rows: Vec<Row>,
    by_btid: HashMap<Vec<u8>, usize>,
    socket: Rc<UdpSocket>,
    /// Where multicast goes: everybody who listens, member or not.
    pub(crate) listeners: Vec<SocketAddr>,
    to_push: VecDeque<(MskName, usize)>,
    pub(crate) source: Source,
    pub(crate) counts: ServerCounts,
}

impl Server {
    pub(crate) fn new(config: BmScConfig, group: GroupName, socket: Rc<UdpSocket>) -> Self {
        Self {
            role: BmSc::with(config, RustCrypto),
            group,
            rows: Vec::new(),
            by_btid: HashMap::new(),
            socket,
            listeners: Vec::new(),
            to_push: VecDeque::new(),
            source: Source::new(),
            counts: ServerCounts::default(),
        }
    }

    /// Takes a subscriber on the member list.
    pub(crate) fn admit(&mut self, subscriber: Subscriber, address: SocketAddr) -> Outcome<()> {
        let muk = subscriber.muk()?;
        self.by_btid.insert(subscriber.btid().to_vec(), self.rows.len());
        let password = subscriber.password()?;
        self.rows.push(Row {
            subscriber,
            muk,
            password,
            asked: 0,
            counter: None,
            delivery: Delivery::Idle,
            address,
            member: true,
            turned_away: false,
        });
        Ok(())
    }

    pub(crate) fn open(&mut self, now: Tick, air: &mut Air) -> Outcome<()> {
        Ok(self.step(Step::Open, now, air)?)
    }

    pub(crate) fn rekey(&mut self, now: Tick, air: &mut Air) -> Outcome<()> {
        Ok(self.step(Step::Rekey, now, air)?)
    }

    pub(crate) fn roll(&mut self, now: Tick, air: &mut Air) -> Outcome<()> {
        Ok(self.step(Step::Roll, now, air)?)
    }

    /// Strikes a user off the member list. He keeps what he has; what comes next is not for him.
    pub(crate) fn expel(&mut self, user: usize, now: Tick, air: &mut Air) -> Outcome<()> {
        if let Some(row) = self.rows.get_mut(user) {
            row.member = false;
        }
        self.step(Step::Gone(user), now, air)?;
        if let Some(row) = self.rows.get_mut(user) {
            row.delivery = Delivery::Idle;
        }
        Ok(())
    }

    /// A terminal came back at another address.
    pub(crate) fn moved(&mut self, user: usize, from: SocketAddr, to: SocketAddr) {
        if let Some(row) = self.rows.get_mut(user) {
            row.address = to;
        }
        for listener in self.listeners.iter_mut().filter(|listener| **listener == from) {
            *listener = to;
        }
    }

    pub(crate) const fn socket(&self) -> &Rc<UdpSocket> {
        &self.socket
    }

    /// Members whose newest MSK message is acknowledged.
    pub(crate) fn delivered(&self) -> usize {
        self.rows.iter().filter(|row| row.member && matches!(row.delivery, Delivery::Delivered(_))).count()
    }

    pub(crate) fn members(&self) -> usize {
        self.rows.iter().filter(|row| row.member).count()
    }

    pub(crate) fn is_pushing(&self) -> bool {
        !self.to_push.is_empty()
    }

    /// The MSK in use.
    pub(crate) fn current(&self) -> Option<MskId> {
        self.role.current(self.group).map(|entry| entry.name().id)
    }

    /// One media packet to everybody who listens.
    pub(crate) fn play(&mut self, to: &[SocketAddr], now: Tick, air: &mut Air) -> Outcome<()> {
        if let Some((index, mki, packet)) = self.source.next()? {
            air.ledger.sent_media(&packet, index, mki);
            let all = if to.is_empty() { &self.listeners } else { to };
            air.send(Kind::Media, false, &self.socket, all, &packet, now);
        }
        Ok(())
    }

    /// Timers, and at most `pushes` MSK messages of a distribution that is under way.
    pub(crate) fn tick(&mut self, pushes: usize, now: Tick, air: &mut Air) -> Outcome<()> {
        for _ in 0..8 {
            if self.role.deadline().is_none_or(|at| at > now) {
                break;
            }
            self.step(Step::Timeout, now, air)?;
        }
        for _ in 0..pushes {
            let Some((name, user)) = self.to_push.pop_front() else { break };
            if self.rows.get(user).is_some_and(|row| row.member) {
                // The MSK may be gone when it was superseded meanwhile.
                let _ = self.step(Step::Push(name, user), now, air);
            }
            if self.to_push.is_empty() {
                self.step(Step::Distributed, now, air)?;
            }
        }
        Ok(())
    }

    /// Sends again what was not acknowledged in time, at most `most` messages.
    pub(crate) fn retry(&mut self, most: usize, now: Tick, air: &mut Air) -> Outcome<()> {
        let is_due = |row: &Row| matches!(row.delivery, Delivery::Waiting { due, .. } if due <= now);
        let late: Vec<usize> =
            (0..).zip(&self.rows).filter(|(_, row)| is_due(row)).map(|(at, _)| at).take(most).collect();
        late.into_iter().try_for_each(|user| Ok(self.step(Step::Retry(user), now, air)?))
    }

    /// Takes the datagrams that wait on the socket.
    pub(crate) fn receive(&mut self, limit: usize, now: Tick, air: &mut Air) {
        for (_, octets) in receive(&self.socket, limit) {
            let taken = match Request::read(&octets) {
                Some(request) => self.request(&request, now, air),
                None => self.acknowledgement(&octets, now, air),
            };
            match taken {
                Ok(()) if air.judged => air.ledger.accepted(Party::Server, &octets),
                Ok(()) => {}
                Err(_) => air.ledger.refused(Party::Server),
            }
        }
    }

    fn acknowledgement(&mut self, octets: &[u8], now: Tick, air: &mut Air) -> Result<(), Error> {
        let Incoming::Verification(message) = Incoming::decode(octets, None, &Settings::DEFAULT)? else {
            return Err(Error::WrongState);
        };
        // By identity, not by address: terminals may share a socket, and an attacker may send from his own.
        let idr = message.idr().ok_or(Error::Unknown)?;
        let user = self.by_btid.get(idr.octets).copied().ok_or(Error::Unknown)?;
        self.step(Step::Acknowledged(user, octets), now, air)?;
        self.counts.acknowledged += 1;
        Ok(())
    }

    fn request(&mut self, request: &Request<'_>, now: Tick, air: &mut Air) -> Result<(), Error> {
        let user = self.by_btid.get(request.btid).copied().ok_or(Error::Unknown)?;
        let row = self.rows.get_mut(user).ok_or(Error::Unknown)?;
        let name = request.name;
        if request.number <= row.asked || !request.is_of(&row.password) {
            return Err(Error::Unknown);
        }
        row.asked = request.number;
        if !row.member {
            if !core::mem::replace(&mut row.turned_away, true) {
                air.note(
                    now,
                    format!("BM-SC: UE {} asks for {:?}, is no member, gets nothing", user + 1, name.id),
                );
            }
            return Ok(());
        }
        // A delivery that is under way answers the request, and a second one would take its place.
        if matches!(row.delivery, Delivery::Waiting { .. }) {
            return Ok(());
        }
        self.step(Step::Requested(name, user), now, air)
    }
}
