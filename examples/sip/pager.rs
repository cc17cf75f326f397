//! MESSAGE (RFC 3428): a request outside of any dialog, and its answer.
//!
//! ```text
//!   sender                                    receiver
//!   send     -- MESSAGE, Via with a branch -->  receive -> Letter::Request
//!   receive  <-- answer with that Via -------   answer
//! ```
//!
//! For links that lose nothing: nothing is sent again by itself. What is no SIP but shares the socket, as RTCP does by
//! the two top bits of its first octet, comes out as it is.

use core::net::SocketAddr;
use core::time::Duration;

use ezk_sip_types::Method;

use super::endpoint::read_uri;
use super::error::SipError;
use super::link::Link;
use super::message::{self, Message, Outline, Start};
use super::payload::Payload;
use super::token::Tokens;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A MESSAGE that came.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) payload: Payload,
    /// Value of From, without its tag.
    pub(crate) from: String,
    /// The whole datagram, for somebody on the path.
    pub(crate) octets: Vec<u8>,
    request: Message,
    reply_to: SocketAddr,
}

impl Page {
    /// Where it came from.
    pub(crate) const fn source(&self) -> SocketAddr {
        self.reply_to
    }
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) enum Letter {
    Request(Box<Page>),
    /// The answer to a MESSAGE of ours.
    Answer {
        code: u16,
        payload: Payload,
    },
    /// No SIP: a packet whose first two bits are those of RTP and RTCP.
    Packet(Vec<u8>),
}

#[derive(Debug)]
pub(crate) struct Pager {
    link: Link,
    address: SocketAddr,
    identity: String,
    tokens: Tokens,
    cseq: u32,
    /// Branches without an answer.
    open: Vec<String>,
    /// Datagrams that belong to nothing.
    pub(crate) stray: u64,
}

impl Pager {
    /// Opens a socket at `address`; `identity` is the SIP URI that requests come from.
    ///
    /// # Errors
    ///
    /// [`SipError::Uri`], [`SipError::Io`].
    pub(crate) fn bind(address: SocketAddr, identity: &str) -> Result<Self, SipError> {
        read_uri(identity)?;
        let link = Link::bind(address)?;
        let address = link.address()?;
        let identity = identity.to_owned();
        Ok(Self { link, address, identity, tokens: Tokens::new()?, cseq: 0, open: Vec::new(), stray: 0 })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a MESSAGE for the SIP URI `to` to the address `peer`; how many octets it has.
    ///
    /// # Errors
    ///
    /// [`SipError::Uri`], and [`SipError::Header`] or [`SipError::Body`] for a payload that cannot be sent.
    pub(crate) fn send(&mut self, to: &str, peer: SocketAddr, payload: &Payload) -> Result<usize, SipError> {
        let identity = self.identity.clone();
        self.send_as(&identity, to, peer, payload)
    }

    /// The same with another From.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub(crate) fn send_as(
        &mut self, from: &str, to: &str, peer: SocketAddr, payload: &Payload,
    ) -> Result<usize, SipError> {
        let uri = read_uri(to)?;
        payload.check()?;
        self.cseq += 1;
        let branch = self.tokens.branch();
        let octets = Outline {
            method: Method::MESSAGE,
            uri: &uri,
            address: self.address,
            branch: &branch,
            from: &format!("<{from}>;tag={}", self.tokens.tag()),
            to: &format!("<{to}>"),
            call_id: &self.tokens.call_id(),
            cseq: self.cseq,
            contact: None,
        }
        .encode(payload);
        self.link.send(peer, &octets);
        self.open.push(branch);
        Ok(octets.len())
    }

    /// Sends octets as they are.
    pub(crate) fn send_octets(&mut self, peer: SocketAddr, octets: &[u8]) {
        self.link.send(peer, octets);
    }

    /// Answers a MESSAGE; how many octets the answer has.
    ///
    /// # Errors
    ///
    /// [`SipError::Code`], [`SipError::Header`], [`SipError::Body`].
    pub(crate) fn answer(&mut self, page: &Page, code: u16, payload: &Payload) -> Result<usize, SipError> {
        if !(200..700).contains(&code) {
            return Err(SipError::Code(code));
        }
        payload.check()?;
        let octets = message::answer(&page.request, code, Some(&self.tokens.tag()), None, payload);
        self.link.send(page.reply_to, &octets);
        Ok(octets.len())
    }

    /// Waits for the next letter. `None` when nothing came.
    pub(crate) fn receive(&mut self) -> Option<Letter> {
        if let Some(letter) = self.take() {
            return Some(letter);
        }
        self.link.wait(PATIENCE).ok()?;
        self.take()
    }

    /// The next letter that waits on the socket.
    pub(crate) fn take(&mut self) -> Option<Letter> {
        while let Some((from, octets)) = self.link.receive() {
            match self.read(from, octets) {
                Some(letter) => return Some(letter),
                None => self.stray += 1,
            }
        }
        None
    }

    fn read(&mut self, from: SocketAddr, octets: Vec<u8>) -> Option<Letter> {
        if octets.first().is_some_and(|first| first >> 6 == 2) {
            return Some(Letter::Packet(octets));
        }
        let mut request = Message::decode(&octets)?;
        match request.start.clone() {
            Start::Request { method, .. } if method == Method::MESSAGE => {
                let payload = request.payload()?;
                let from_field = payload.header("From").unwrap_or_default();
                let uri = from_field.split(['<', '>']).nth(1).unwrap_or(from_field).to_owned();
                let reply_to = request.hops.stamp(from);
                Some(Letter::Request(Box::new(Page { payload, from: uri, octets, request, reply_to })))
            }
            Start::Request { .. } => None,
            Start::Status(code) => {
                let at = self.open.iter().position(|branch| *branch == request.hops.branch)?;
                self.open.swap_remove(at);
                Some(Letter::Answer { code, payload: request.payload_or_octets() })
            }
        }
    }

    /// The next datagram as it is, for somebody on the path who reads along.
    pub(crate) fn receive_octets(&mut self) -> Option<Vec<u8>> {
        if let Some((_, octets)) = self.link.receive() {
            return Some(octets);
        }
        self.link.wait(PATIENCE).ok()?;
        self.link.receive().map(|(_, octets)| octets)
    }
}
