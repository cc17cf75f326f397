//! The UDP socket for MIKEY at either end, and a link that a scene may make lose datagrams or hold them back.

use core::net::{IpAddr, SocketAddr};
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::UdpSocket;

pub(crate) struct Link {
    socket: UdpSocket,
    /// Terminals that nothing sent to them alone reaches.
    pub(crate) deaf: HashSet<IpAddr>,
    /// Datagrams that wait for the scene, by terminal.
    pub(crate) held: HashMap<IpAddr, Vec<Vec<u8>>>,
    /// Datagrams sent to each terminal alone, lost ones included.
    sent: HashMap<IpAddr, u64>,
    /// The last one of these.
    pub(crate) last: Vec<u8>,
}

impl Link {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let (deaf, held, sent) = (HashSet::new(), HashMap::new(), HashMap::new());
        Ok(Self { socket, deaf, held, sent, last: Vec::new() })
    }

    pub(crate) fn sent_to(&self, to: IpAddr) -> u64 {
        self.sent.get(&to).copied().unwrap_or_default()
    }

    /// Datagrams held back for a terminal.
    pub(crate) fn holds(&self, to: IpAddr) -> usize {
        self.held.get(&to).map_or(0, Vec::len)
    }

    /// A unicast datagram, as the scene wants it: sent, lost or held back.
    pub(crate) fn send(&mut self, to: SocketAddr, octets: &[u8]) {
        *self.sent.entry(to.ip()).or_default() += 1;
        self.last = octets.to_vec();
        if let Some(held) = self.held.get_mut(&to.ip()) {
            held.push(octets.to_vec());
        } else if !self.deaf.contains(&to.ip()) {
            self.put(to, octets);
        }
    }

    /// Sends whatever the scene says. UDP may lose it, and everybody here sends again.
    pub(crate) fn put(&self, to: SocketAddr, octets: &[u8]) {
        let _ = self.socket.send_to(octets, to);
    }

    /// The next datagram that waits on the socket.
    pub(crate) fn receive(&self) -> Option<(SocketAddr, Vec<u8>)> {
        let mut buffer = [0; 2_048];
        let (len, from) = self.socket.recv_from(&mut buffer).ok()?;
        Some((from, buffer.get(..len).unwrap_or_default().to_vec()))
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}
