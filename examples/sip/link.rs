//! The socket, and the closure that decides what becomes of each datagram.

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::net::UdpSocket;

/// A datagram on its way out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datagram<'a> {
    pub(crate) to: SocketAddr,
    pub(crate) octets: &'a [u8],
}

impl Datagram<'_> {
    /// The request or status line.
    pub(crate) fn start_line(&self) -> &str {
        let end = self.octets.iter().position(|octet| matches!(octet, b'\r' | b'\n'));
        let line = self.octets.get(..end.unwrap_or(self.octets.len())).unwrap_or_default();
        core::str::from_utf8(line).unwrap_or_default()
    }
}

/// What the link does with a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Deliver,
    Lose,
    Duplicate,
}

/// What went over the link, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkCounts {
    /// Datagrams given to the link.
    pub(crate) offered: u64,
    /// Of these, sent again by a timer or in answer to a repetition.
    pub(crate) repeated: u64,
    /// Of these, lost by the closure or refused by the socket.
    pub(crate) lost: u64,
    pub(crate) received: u64,
    /// Of these, not SIP that the endpoint understands.
    pub(crate) malformed: u64,
    /// Of these, belonging to nothing that the endpoint knows.
    pub(crate) stray: u64,
}

type Filter = Box<dyn FnMut(&Datagram<'_>) -> Fate + Send>;

pub(super) struct Link {
    socket: UdpSocket,
    filter: Option<Filter>,
    buffer: Vec<u8>,
    pub(super) counts: LinkCounts,
}

impl Link {
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, filter: None, buffer: vec![0; 65_535], counts: LinkCounts::default() })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(super) fn set_filter(&mut self, filter: impl FnMut(&Datagram<'_>) -> Fate + Send + 'static) {
        self.filter = Some(Box::new(filter));
    }

    /// Sends, or loses. A socket that refuses is a loss too: SIP over UDP has to live with either.
    pub(super) fn send(&mut self, to: SocketAddr, octets: &[u8]) {
        self.counts.offered += 1;
        let fate = self.filter.as_mut().map_or(Fate::Deliver, |filter| filter(&Datagram { to, octets }));
        let copies = match fate {
            Fate::Lose => 0,
            Fate::Deliver => 1,
            Fate::Duplicate => 2,
        };
        let sent = (0..copies).filter(|_| self.socket.send_to(octets, to).is_ok()).count();
        if sent == 0 {
            self.counts.lost += 1;
        }
    }

    /// The next datagram that waits on the socket.
    pub(super) fn receive(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        // An error other than "nothing there" belongs to one datagram; the next call gets the one behind it.
        for _ in 0..16 {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((len, from)) => {
                    self.counts.received += 1;
                    return Some((from, self.buffer.get(..len).unwrap_or_default().to_vec()));
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return None,
                Err(_) => {}
            }
        }
        None
    }

    /// Waits until a datagram is there, at most this long.
    pub(super) fn wait(&self, at_most: Duration) -> io::Result<()> {
        if at_most.is_zero() {
            return Ok(());
        }
        self.socket.set_read_timeout(Some(at_most))?;
        self.socket.set_nonblocking(false)?;
        // The outcome does not matter: whoever waited looks at the socket next.
        let _ = self.socket.peek_from(&mut [0]);
        self.socket.set_nonblocking(true)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("socket", &self.socket)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
