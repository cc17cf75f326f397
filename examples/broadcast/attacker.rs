//! The attacker: hears every datagram on the air, sends each once more a little later, and once with a flipped bit.

use core::net::SocketAddr;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::time::Tick;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::link::{Kind, Link};

struct Heard {
    at: Tick,
    kind: Kind,
    to_server: bool,
    octets: Vec<u8>,
}

pub(crate) struct Attacker {
    rng: StdRng,
    socket: Rc<UdpSocket>,
    address: SocketAddr,
    heard: Vec<Heard>,
    stopped: bool,
    /// The next recording to send.
    next: usize,
    /// Terminals that get everything from the start again, and how far they are.
    blasts: Vec<(SocketAddr, usize)>,
    pub(crate) replayed: u64,
    pub(crate) flipped: u64,
}

impl Attacker {
    /// Age of a recording when it is sent: more than any delay of the link.
    const AGE_MS: u64 = 250;
    /// Datagrams a turn, so that no socket buffer overflows.
    const A_TURN: usize = 16;
    /// Most recordings kept.
    const MOST: usize = 20_000;

    pub(crate) fn new(seed: u64, socket: Rc<UdpSocket>) -> std::io::Result<Self> {
        Ok(Self {
            rng: StdRng::seed_from_u64(seed ^ 0xA77A_C4E2),
            address: socket.local_addr()?,
            socket,
            heard: Vec::new(),
            stopped: false,
            next: 0,
            blasts: Vec::new(),
            replayed: 0,
            flipped: 0,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn hear(&mut self, kind: Kind, to_server: bool, octets: &[u8], now: Tick) {
        if !self.stopped && self.heard.len() < Self::MOST {
            self.heard.push(Heard { at: now, kind, to_server, octets: octets.to_vec() });
        }
    }

    /// Sends every recording to `victim` again.
    pub(crate) fn blast(&mut self, victim: SocketAddr) {
        self.blasts.push((victim, 0));
    }

    /// Records no more; what is recorded is still sent.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether every recording was sent.
    pub(crate) fn is_done(&self) -> bool {
        self.blasts.is_empty() && self.next >= self.heard.len()
    }

    /// Sends what is due: to the server what was meant for it, to every victim what was meant for any.
    pub(crate) fn turn(&mut self, server: SocketAddr, victims: &[SocketAddr], link: &Link, now: Tick) {
        for _ in 0..Self::A_TURN {
            let Some(heard) = self.heard.get(self.next).filter(|h| h.at.after_millis(Self::AGE_MS) <= now)
            else {
                break;
            };
            self.next += 1;
            let targets = if heard.to_server { core::slice::from_ref(&server) } else { victims };
            let bit = self.rng.random_range(0..heard.octets.len().max(1) * 8);
            let flipped: Vec<u8> =
                (0..).zip(&heard.octets).map(|(at, octet)| flip(at, *octet, bit)).collect();
            for to in targets.iter().filter(|to| !link.is_deaf(heard.kind, **to)) {
                self.replayed += u64::from(self.socket.send_to(&heard.octets, to).is_ok());
                self.flipped += u64::from(self.socket.send_to(&flipped, to).is_ok());
            }
        }
        for (to, at) in &mut self.blasts {
            for heard in self.heard.iter().skip(*at).take(Self::A_TURN).filter(|h| !link.is_deaf(h.kind, *to))
            {
                self.replayed += u64::from(self.socket.send_to(&heard.octets, *to).is_ok());
            }
            *at += Self::A_TURN;
        }
        let all = self.heard.len();
        self.blasts.retain(|(_, at)| *at < all);
    }
}

/// `octet`, with bit `bit` of the datagram flipped if it lies in octet `at`.
const fn flip(at: usize, octet: u8, bit: usize) -> u8 {
    if bit / 8 == at { octet ^ 0x80 >> (bit % 8) } else { octet }
}
