//! The endpoint: its socket, its dialogs and transactions, and the loop that turns datagrams and time into events.

mod calls;
mod requests;
mod responses;

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use ezk_sip_types::Method;
use ezk_sip_types::host::HostPort;
use ezk_sip_types::print::AppendCtx;
use ezk_sip_types::uri::{SipUri, SipUriUserPart};

use super::client::{ClientTransaction, Due};
use super::dialog::{Dialog, DialogId, DialogView, Stage};
use super::error::SipError;
use super::link::{Datagram, Fate, Link, LinkCounts};
use super::message::{Message, Start};
use super::payload::Payload;
use super::server::ServerTransaction;
use super::timers::Timers;
use super::token::Tokens;

/// Datagrams that one call of [`Endpoint::poll`] takes, so that a flood does not keep the timers from running.
const BATCH: usize = 64;

/// Names an INVITE that waits for an answer of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RequestId(u64);

/// Why an INVITE of ours failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The peer said so.
    Answer,
    /// No answer came in time; the code is 408 (RFC 3261 §8.1.3.1).
    TimedOut,
}

/// What the application has to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A first INVITE came. It wants an answer.
    Invited { dialog: DialogId, request: RequestId, uri: String, payload: Payload },
    /// An INVITE within a dialog came. It wants an answer.
    Reinvited { dialog: DialogId, request: RequestId, payload: Payload },
    /// The caller took an INVITE back; it has its 487. After a first INVITE the dialog is over.
    Cancelled { dialog: DialogId, request: RequestId },
    /// The peer has our 2xx.
    Acknowledged { dialog: DialogId, request: RequestId },
    /// The peer never said that he has our 2xx. The dialog is over, a BYE is on its way.
    Unacknowledged { dialog: DialogId, request: RequestId },
    /// A provisional answer above 100.
    Progress { dialog: DialogId, code: u16, payload: Payload },
    /// Our INVITE was accepted, the ACK is on its way.
    Accepted { dialog: DialogId, payload: Payload },
    /// Our INVITE failed. After a first INVITE the dialog is over; after another it stands as it was.
    Refused { dialog: DialogId, code: u16, cause: Cause, payload: Payload },
    /// The peer said BYE, and has his 200. The dialog is over.
    Ended { dialog: DialogId },
    /// Our BYE was answered, or never (408). The dialog was over before.
    Closed { dialog: DialogId, code: u16 },
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    link: Link,
    address: SocketAddr,
    /// Value of From, without the tag.
    identity: String,
    contact: String,
    timers: Timers,
    tokens: Tokens,
    serial: u64,
    dialogs: BTreeMap<DialogId, Dialog>,
    clients: BTreeMap<u64, ClientTransaction>,
    servers: BTreeMap<RequestId, ServerTransaction>,
    events: VecDeque<Event>,
}

impl Endpoint {
    /// Opens a socket at `address`, which peers must be able to send to; port 0 takes a free one. `identity` is the
    /// SIP URI that calls come from.
    ///
    /// # Errors
    ///
    /// [`SipError::Uri`] for an identity that is none, [`SipError::Io`] without a socket.
    pub(crate) fn bind(address: SocketAddr, identity: &str, timers: Timers) -> Result<Self, SipError> {
        let uri = read_uri(identity)?;
        let link = Link::bind(address)?;
        let address = link.address()?;
        let mut contact = SipUri::new(HostPort::from(address));
        if let SipUriUserPart::User(user) = uri.user_part {
            contact.set_user(user);
        }
        Ok(Self {
            link,
            address,
            identity: format!("<{identity}>"),
            contact: format!("<{}>", contact.default_print_ctx()),
            timers,
            tokens: Tokens::new()?,
            serial: 0,
            dialogs: BTreeMap::new(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            events: VecDeque::new(),
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets `filter` decide about every datagram that the endpoint sends.
    pub(crate) fn set_filter(&mut self, filter: impl FnMut(&Datagram<'_>) -> Fate + Send + 'static) {
        self.link.set_filter(filter);
    }

    pub(crate) const fn counts(&self) -> LinkCounts {
        self.link.counts
    }

    /// What is known of a dialog, until it is over.
    pub(crate) fn dialog(&self, dialog: DialogId) -> Option<DialogView> {
        self.dialogs.get(&dialog).filter(|dialog| dialog.stage != Stage::Over).map(Dialog::view)
    }

    /// Dialogs that are not over.
    pub(crate) fn dialogs(&self) -> impl Iterator<Item = DialogId> {
        self.dialogs.iter().filter(|(_, dialog)| dialog.stage != Stage::Over).map(|(id, _)| *id)
    }

    /// Transactions and dialogs that are kept, those included that only wait to be forgotten.
    pub(crate) fn kept(&self) -> usize {
        self.dialogs.len() + self.clients.len() + self.servers.len()
    }

    /// Takes what waits on the socket, does what is due at `now`, and returns the next event. To be called until it
    /// returns `None`; never blocks.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Event> {
        for _ in 0..BATCH {
            if !self.events.is_empty() {
                break;
            }
            let Some((from, octets)) = self.link.receive() else { break };
            self.take(from, &octets, now);
        }
        if self.events.is_empty() {
            self.run_timers(now);
        }
        self.events.pop_front()
    }

    /// When [`poll`](Self::poll) has something to do even if no datagram comes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let clients = self.clients.values().filter_map(ClientTransaction::deadline);
        let servers = self.servers.values().filter_map(ServerTransaction::deadline);
        clients.chain(servers).min()
    }

    /// Sleeps until there is something to poll for, at most this long.
    ///
    /// # Errors
    ///
    /// [`SipError::Io`] when the socket cannot be made to wait.
    pub(crate) fn wait(&self, now: Instant, at_most: Duration) -> Result<(), SipError> {
        if !self.events.is_empty() {
            return Ok(());
        }
        let due = self.deadline().map(|at| at.saturating_duration_since(now));
        Ok(self.link.wait(due.map_or(at_most, |due| due.min(at_most)))?)
    }

    const fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn take(&mut self, from: SocketAddr, octets: &[u8], now: Instant) {
        let Some(message) = Message::decode(octets) else {
            self.link.counts.malformed += 1;
            return;
        };
        match message.start {
            Start::Request { .. } => self.take_request(from, message, now),
            Start::Status(code) => self.take_response(code, &message, now),
        }
    }

    fn send_again(&mut self, to: SocketAddr, octets: &[u8]) {
        self.link.counts.repeated += 1;
        self.link.send(to, octets);
    }

    fn run_timers(&mut self, now: Instant) {
        let clients: Vec<u64> = self.clients.keys().copied().collect();
        for serial in clients {
            self.run_client(serial, now);
        }
        let servers: Vec<RequestId> = self.servers.keys().copied().collect();
        for request in servers {
            self.run_server(request, now);
        }
        let (clients, servers) = (&self.clients, &self.servers);
        self.dialogs.retain(|id, dialog| {
            dialog.stage != Stage::Over
                || clients.values().any(|client| client.dialog == *id)
                || servers.values().any(|server| server.dialog == Some(*id))
        });
    }

    fn run_client(&mut self, serial: u64, now: Instant) {
        let Some(client) = self.clients.get_mut(&serial) else { return };
        match client.due(now) {
            Due::Nothing => {}
            Due::Resend => {
                let (to, octets) = (client.peer, client.request.clone());
                self.send_again(to, &octets);
            }
            Due::Over => {
                self.clients.remove(&serial);
            }
            Due::GivenUp => {
                let (dialog, method) = (client.dialog, client.method.clone());
                self.clients.remove(&serial);
                if method == Method::INVITE {
                    self.refused(dialog, 408, Cause::TimedOut, Payload::EMPTY);
                } else if method == Method::BYE {
                    self.events.push_back(Event::Closed { dialog, code: 408 });
                }
            }
        }
    }

    fn run_server(&mut self, request: RequestId, now: Instant) {
        let Some(server) = self.servers.get_mut(&request) else { return };
        if server.take_trying(now) {
            self.send_answer(request, 100, None, &Payload::EMPTY, now);
            return;
        }
        match server.due(now) {
            Due::Nothing => {}
            Due::Resend => {
                let (to, octets) = (server.reply_to, server.last().unwrap_or_default().to_vec());
                self.send_again(to, &octets);
            }
            Due::Over => {
                self.servers.remove(&request);
            }
            Due::GivenUp => {
                let dialog = server.dialog;
                self.servers.remove(&request);
                if let Some(dialog) = dialog
                    && self.dialogs.get(&dialog).is_some_and(|dialog| dialog.stage == Stage::Established)
                {
                    self.events.push_back(Event::Unacknowledged { dialog, request });
                    self.send_bye(dialog, now);
                }
            }
        }
    }

    /// An INVITE of ours failed.
    fn refused(&mut self, id: DialogId, code: u16, cause: Cause, payload: Payload) {
        let Some(dialog) = self.dialogs.get_mut(&id).filter(|dialog| dialog.stage != Stage::Over) else {
            return;
        };
        if dialog.stage == Stage::Early {
            dialog.stage = Stage::Over;
        }
        self.events.push_back(Event::Refused { dialog: id, code, cause, payload });
    }

    /// The dialog is over: whoever waits for an answer within it gets 487, and we wait no longer than for a request.
    fn end(&mut self, id: DialogId, now: Instant) {
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            dialog.stage = Stage::Over;
        }
        for client in self.clients.values_mut().filter(|client| client.dialog == id) {
            client.limit(&self.timers, now);
        }
        let is_open = |server: &ServerTransaction| server.dialog == Some(id) && server.is_open();
        let open: Vec<RequestId> =
            self.servers.iter().filter(|(_, server)| is_open(server)).map(|(request, _)| *request).collect();
        for request in open {
            self.send_answer(request, 487, None, &Payload::EMPTY, now);
        }
    }
}

pub(super) fn read_uri(uri: &str) -> Result<SipUri, SipError> {
    let bad = || SipError::Uri(uri.to_owned());
    if uri.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | '"' | ' ')) {
        return Err(bad());
    }
    uri.parse().map_err(|_| bad())
}
