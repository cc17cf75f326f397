//! The link: every datagram passes it on its way to the socket, and it drops, duplicates and delays some of them.
//!
//! Its choices come from a seeded generator in the order of sending. The order of sending depends on the clock, so two
//! runs with one seed are alike, not identical.

use core::net::SocketAddr;
use std::io;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::time::Tick;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What a datagram is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mikey,
    Media,
    Request,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LinkCounts {
    pub(crate) offered: u64,
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    pub(crate) delayed: u64,
}

struct Delayed {
    due: Tick,
    from: Rc<UdpSocket>,
    to: SocketAddr,
    octets: Vec<u8>,
}

pub(crate) struct Link {
    rng: StdRng,
    loss: f64,
    delayed: Vec<Delayed>,
    /// A terminal that gets media but no MIKEY, for as long as this is set.
    pub(crate) deaf: Option<SocketAddr>,
    pub(crate) counts: LinkCounts,
}

impl Link {
    /// Longest delay of an overtaken datagram, milliseconds.
    const MAX_DELAY_MS: u64 = 60;

    pub(crate) fn new(loss: f64, seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self { rng, loss, delayed: Vec::new(), deaf: None, counts: LinkCounts::default() }
    }

    /// Sends a datagram, or loses it, or sends it twice, or later.
    pub(crate) fn send(
        &mut self, kind: Kind, from: &Rc<UdpSocket>, to: SocketAddr, octets: &[u8], now: Tick,
    ) {
        self.counts.offered += 1;
        if self.is_deaf(kind, to) || self.rng.random_bool(self.loss) {
            self.counts.lost += 1;
            return;
        }
        if self.rng.random_bool(self.loss / 2.0) {
            self.counts.duplicated += 1;
            let due = now.after_millis(self.rng.random_range(0..=Self::MAX_DELAY_MS));
            self.delayed.push(Delayed { due, from: Rc::clone(from), to, octets: octets.to_vec() });
        }
        if self.rng.random_bool(self.loss / 2.0) {
            self.counts.delayed += 1;
            let due = now.after_millis(self.rng.random_range(5..=Self::MAX_DELAY_MS));
            self.delayed.push(Delayed { due, from: Rc::clone(from), to, octets: octets.to_vec() });
        } else {
            self.put(from, to, octets, now);
        }
    }

    /// Sends what was delayed until now.
    pub(crate) fn pump(&mut self, now: Tick) {
        let (due, later) = core::mem::take(&mut self.delayed).into_iter().partition(|d| d.due <= now);
        self.delayed = later;
        let due: Vec<Delayed> = due;
        for Delayed { from, to, octets, .. } in due {
            self.put(&from, to, &octets, now);
        }
    }

    pub(crate) fn is_deaf(&self, kind: Kind, to: SocketAddr) -> bool {
        kind == Kind::Mikey && self.deaf == Some(to)
    }

    /// A full socket buffer is no loss of the link: the datagram waits a moment.
    fn put(&mut self, from: &Rc<UdpSocket>, to: SocketAddr, octets: &[u8], now: Tick) {
        if let Err(e) = from.send_to(octets, to) {
            if e.kind() == io::ErrorKind::WouldBlock {
                let due = now.after_millis(1);
                self.delayed.push(Delayed { due, from: Rc::clone(from), to, octets: octets.to_vec() });
            } else {
                self.counts.lost += 1;
            }
        }
    }
}

/// A non-blocking socket on the loopback address.
pub(crate) fn open_socket() -> io::Result<Rc<UdpSocket>> {
    let socket = UdpSocket::bind(("127.0.0.1", 0))?;
    socket.set_nonblocking(true)?;
    Ok(Rc::new(socket))
}

/// The datagrams that wait on `socket`, at most `limit`.
pub(crate) fn receive(socket: &UdpSocket, limit: usize) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut buffer = [0; 2048];
    let mut received = Vec::new();
    while received.len() < limit {
        match socket.recv_from(&mut buffer) {
            Ok((len, from)) => received.push((from, buffer.get(..len).unwrap_or_default().to_vec())),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    received
}
