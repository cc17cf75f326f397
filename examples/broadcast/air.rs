//! What everybody shares: the link, the attacker who listens to it, the judge who looks on, and the diary.

use core::net::SocketAddr;
use std::net::UdpSocket;
use std::rc::Rc;
use std::time::Instant;

use castkey::time::Tick;
use indicatif::ProgressBar;

use crate::attacker::Attacker;
use crate::ledger::Ledger;
use crate::link::{Kind, Link};

/// The monotonic clock, in the library's unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Tick {
        Tick::from_millis(u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

pub(crate) struct Air {
    pub(crate) link: Link,
    pub(crate) attacker: Option<Attacker>,
    pub(crate) ledger: Ledger,
    pub(crate) diary: Vec<(Tick, String)>,
    pub(crate) bar: ProgressBar,
    /// Whether datagrams are told to the judge; not with a crowd, whose datagrams are too many to keep.
    pub(crate) judged: bool,
    /// Whether the diary names what every terminal does; not when there are many.
    pub(crate) detail: bool,
}

impl Air {
    /// Most lines in the diary.
    const MOST_LINES: usize = 400;

    pub(crate) fn note(&mut self, now: Tick, text: String) {
        self.bar.set_message(text.clone());
        if self.diary.len() < Self::MOST_LINES {
            self.diary.push((now, text));
        }
    }

    /// Sends one datagram to each of `to`.
    pub(crate) fn send(
        &mut self, kind: Kind, to_server: bool, from: &Rc<UdpSocket>, to: &[SocketAddr], octets: &[u8],
        now: Tick,
    ) {
        if self.judged {
            self.ledger.sent(octets);
        }
        if let Some(attacker) = &mut self.attacker {
            attacker.hear(kind, to_server, octets, now);
        }
        for to in to {
            self.link.send(kind, from, *to, octets, now);
        }
    }

    pub(crate) fn is_attacker(&self, from: SocketAddr) -> bool {
        self.attacker.as_ref().is_some_and(|attacker| attacker.address() == from)
    }
}
