//! The PoC Server that performs the Participating PoC Function and controls the Multicast PoC Channel, behind its sockets:
//! SIP to the clients, a link to the distribution, and the session from X that is dedicated to Media Traffic Optimisation.

mod acts;
mod calls;
mod row;

use core::net::SocketAddr;
use std::collections::{BTreeMap, VecDeque};
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::keys::Muk;
use castkey::poc::{Confirm, LegEvent, Server, SessionEvent};
use castkey::time::Tick;
use rand::rngs::SysRng;

use crate::Outcome;
use crate::clock::Now;
use crate::control::{self, Frame};
use crate::link::{self, open_socket};
use crate::setting::{self, DOMAIN, GROUPS, SERVER_URI, SIP_TIMERS};
use crate::sip::{DialogId, Endpoint, RequestId};
use crate::stage::Stage;
use crate::weather::Weather;

pub(crate) use row::Row;

pub(crate) struct Pf {
    server: Server,
    confirm: Confirm,
    endpoint: Endpoint,
    control: Rc<UdpSocket>,
    bcast: SocketAddr,
    media: Rc<UdpSocket>,
    /// Where media has to come from.
    talker: Option<SocketAddr>,
    pub(crate) rows: Vec<Row>,
    /// What is to happen to a member when our 2xx is acknowledged.
    acknowledged: BTreeMap<RequestId, (DialogId, LegEvent)>,
    transaction: u32,
    /// Packets that wait for the bearer.
    held: VecDeque<Vec<u8>>,
    rollover: Rollover,
    /// Updates that are over, and those given up.
    pub(crate) done: u32,
    pub(crate) aborted: u32,
    /// Offers sent, answers taken, failures.
    pub(crate) offers: u64,
    pub(crate) refused: u64,
    /// Requests of people who are out.
    pub(crate) turned_away: u64,
    /// Whether callers unknown so far are taken as users; for clients from outside.
    pub(crate) open_house: bool,
}

/// The rollover counter of the stream that passes.
#[derive(Clone, Copy, Debug, Default)]
struct Rollover {
    roc: u32,
    last: u16,
}

impl Rollover {
    fn pass(&mut self, packet: &[u8]) {
        if let [_, _, high, low, ..] = packet {
            let sequence = u16::from_be_bytes([*high, *low]);
            if sequence < self.last && self.last - sequence > 0x8000 {
                self.roc += 1;
            }
            self.last = sequence;
        }
    }
}

impl Pf {
    pub(crate) fn new(
        address: SocketAddr, confirm: Confirm, bcast: SocketAddr, weather: &Weather,
    ) -> Outcome<Self> {
        let mut endpoint = Endpoint::bind(address, SERVER_URI, SIP_TIMERS)?;
        weather.over(&mut endpoint);
        Ok(Self {
            server: Server::new(setting::server(confirm), DOMAIN, GROUPS, &mut SysRng)?,
            confirm,
            endpoint,
            control: open_socket()?,
            bcast,
            media: open_socket()?,
            talker: None,
            rows: Vec::new(),
            acknowledged: BTreeMap::new(),
            transaction: 0,
            held: VecDeque::new(),
            rollover: Rollover::default(),
            done: 0,
            aborted: 0,
            offers: 0,
            refused: 0,
            turned_away: 0,
            open_house: false,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.endpoint.address()
    }

    pub(crate) fn media_address(&self) -> Outcome<SocketAddr> {
        Ok(self.media.local_addr()?)
    }

    pub(crate) const fn expect_media_from(&mut self, talker: SocketAddr) {
        self.talker = Some(talker);
    }

    /// A user who may join, and the MUK that his bootstrapping left here.
    pub(crate) fn admit(&mut self, name: &str, muk: Muk) {
        self.rows.push(Row::new(name, muk));
    }

    /// Whether nothing is left to say to anybody.
    pub(crate) fn is_idle(&self) -> bool {
        self.endpoint.dialogs().next().is_none()
    }

    pub(crate) fn turn(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        while let Some(event) = self.endpoint.poll(now.instant) {
            self.take(event, now, stage)?;
        }
        for (_, octets) in link::receive(&self.control, 256) {
            if let Some((_, frame)) = control::decode(&octets) {
                self.answered(frame, now, stage)?;
            }
        }
        for (from, packet) in link::receive(&self.media, 256) {
            self.media(from, packet, now, stage)?;
        }
        while self.server.session().deadline().is_some_and(|at| at <= now.tick) {
            self.session(SessionEvent::Timeout, now, stage)?;
        }
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get_mut(at) else { continue };
            if row.deliver_at.take_if(|at| *at <= now.tick).is_some() && row.leg.is_member() {
                self.leg(at, LegEvent::Deliver, now, stage)?;
            }
            self.flush(at, now, stage)?;
        }
        Ok(())
    }

    /// Something of the distribution.
    fn answered(&mut self, frame: Frame, now: Now, stage: &mut Stage) -> Outcome<()> {
        let event = match frame {
            Frame::Stored { msk, .. } => SessionEvent::BcastStored(msk),
            Frame::Rejected(_) => SessionEvent::BcastRejected,
            Frame::IndicationRejected(seq) => SessionEvent::IndicationRejected(seq),
            Frame::Switched(name) => SessionEvent::BcastSwitched(name),
            Frame::BearerUp => SessionEvent::BearerUp,
            Frame::Exhausted => SessionEvent::Trigger(castkey::poc::PolicyEvent::MtkRangeExhausted),
            _ => return Ok(()),
        };
        self.session(event, now, stage)
    }

    /// A packet that claims to be of X.
    fn media(&mut self, from: SocketAddr, packet: Vec<u8>, now: Now, stage: &mut Stage) -> Outcome<()> {
        stage.step(
            15,
            now,
            "the Core hands it to the PF, on the session dedicated to Media Traffic Optimisation",
        );
        let dedicated = self.talker == Some(from);
        let control = matches!(packet.as_slice(), [_, 192..=223, ..]);
        if dedicated && !control {
            self.rollover.pass(&packet);
        }
        self.held.push_back(packet);
        self.session(SessionEvent::Media { dedicated }, now, stage)
    }

    pub(crate) fn tell(&mut self, frame: &Frame) -> Outcome<()> {
        self.transaction += 1;
        self.control.send_to(&control::encode(self.transaction, frame), self.bcast)?;
        Ok(())
    }

    /// When the member last joined or was keyed; for whoever wants to wait for everybody.
    pub(crate) fn quiet_since(&self) -> Option<Tick> {
        self.rows.iter().filter_map(|row| row.changed).max()
    }
}
