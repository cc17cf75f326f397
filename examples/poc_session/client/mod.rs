//! A PoC client behind two sockets: SIP on one, the bearer on the other.

mod bearer;

use core::net::SocketAddr;
use std::collections::VecDeque;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::id::Mki;
use castkey::keys::{Muk, MukId};
use castkey::poc::{Client, ClientAction, ClientEvent, Offer};

use crate::Outcome;
use crate::clock::Now;
use crate::intruder::Intruder;
use crate::link::{self, open_socket};
use crate::sdp::{self, Author, Keys};
use crate::setting::{self, NAF, SERVER_URI, SIP_TIMERS};
use crate::sip::{DialogId, Endpoint, Event, Payload, RequestId};
use crate::srtp::Receiver;
use crate::stage::Stage;
use crate::weather::Weather;

/// A terminal keeps at most 16 packets whose key may come, as the library counts them.
type Waiting = VecDeque<(Mki, Vec<u8>)>;

pub(crate) struct Terminal {
    /// Its number among the clients, from 0.
    pub(crate) id: usize,
    name: &'static str,
    label: String,
    uri: String,
    endpoint: Endpoint,
    server: SocketAddr,
    bearer: Rc<UdpSocket>,
    client: Client<Muk>,
    receiver: Receiver,
    dialog: Option<DialogId>,
    version: u64,
    waiting: Waiting,
    /// Whether the bearer is listened to: from the first MSK on.
    listens: bool,
    /// Set when the user was thrown out and does not accept it.
    pub(crate) intruder: Option<Intruder>,
    /// Whether a MissedKey waits for the dialog to be free.
    asks: bool,
}

impl Terminal {
    pub(crate) fn new(
        id: usize, name: &'static str, muk: Muk, server: SocketAddr, weather: &Weather,
    ) -> Outcome<Self> {
        let uri = format!("sip:{name}@home1.net");
        let mut endpoint = Endpoint::bind(SocketAddr::from(([127, 0, 0, 1], 0)), &uri, SIP_TIMERS)?;
        weather.over(&mut endpoint);
        let mut client = Client::new(setting::client());
        let idr = idr(name);
        client.bootstrapped(MukId { idi: NAF.as_bytes(), idr: idr.as_bytes() }, muk)?;
        Ok(Self {
            id,
            name,
            label: name.to_uppercase(),
            uri,
            endpoint,
            server,
            bearer: open_socket()?,
            client,
            receiver: Receiver::new(None),
            dialog: None,
            version: 0,
            waiting: VecDeque::new(),
            listens: false,
            intruder: None,
            asks: false,
        })
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) const fn sip_address(&self) -> SocketAddr {
        self.endpoint.address()
    }

    pub(crate) fn bearer_address(&self) -> Outcome<SocketAddr> {
        Ok(self.bearer.local_addr()?)
    }

    /// Whether what is sent under this key can be read.
    pub(crate) fn can_read(&self, mki: Mki) -> bool {
        self.client.mtk(mki).is_some()
    }

    /// Thrown out, and trying to read on.
    fn is_out(&self) -> bool {
        self.intruder.as_ref().is_some_and(Intruder::is_out)
    }

    pub(crate) const fn is_inside(&self) -> bool {
        self.dialog.is_some()
    }

    /// Calls the server.
    pub(crate) fn call(&mut self, now: Now) -> Outcome<()> {
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        for action in self.client.handle(ClientEvent::Negotiate, now.tick, &mut out)? {
            if matches!(action, ClientAction::OfferSupport) {
                let payload = self.describe(&Keys::NONE)?;
                self.dialog = Some(self.endpoint.invite(SERVER_URI, self.server, &payload, now.instant)?);
            }
        }
        Ok(())
    }

    /// Leaves the session.
    pub(crate) fn leave(&mut self, now: Now) -> Outcome<()> {
        if let Some(dialog) = self.dialog.take() {
            self.endpoint.bye(dialog, now.instant)?;
        }
        self.hang_up(now)
    }

    pub(crate) fn turn(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        while let Some(event) = self.endpoint.poll(now.instant) {
            self.take(event, now, stage)?;
        }
        for (_, octets) in link::receive(&self.bearer, 256) {
            if self.listens {
                self.hear(&octets, now, stage);
            }
        }
        if self.client.deadline().is_some_and(|at| at <= now.tick) {
            self.bearer_event(ClientEvent::Timeout, now, stage);
        }
        if self.asks {
            self.ask(now, stage)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event, now: Now, stage: &mut Stage) -> Outcome<()> {
        match event {
            Event::Accepted { payload, .. } => {
                if let Some(roc) = sdp::rollover(&payload) {
                    self.receiver.set_roc(roc);
                }
            }
            Event::Reinvited { request, payload, .. } => self.offered(request, &payload, now, stage)?,
            Event::Refused { dialog, code, .. } if self.dialog == Some(dialog) => {
                stage.note(now, format!("{} hears {code} to its INVITE", self.label));
                // The dialog is over for the server; whoever belongs to the session joins anew (RFC 3261 §12.2.1.2).
                if matches!(code, 408 | 481) && !self.is_out() {
                    self.hang_up(now)?;
                    self.call(now)?;
                } else if self.endpoint.dialog(dialog).is_none() {
                    self.dialog = None;
                }
            }
            Event::Ended { dialog } if self.dialog == Some(dialog) => {
                self.dialog = None;
                if let Some(intruder) = &mut self.intruder {
                    intruder.thrown_out();
                    stage.note(now, format!("{} gets BYE, keeps its keys and listens on", self.label));
                } else {
                    stage.note(now, format!("{} gets BYE and wipes its keys", self.label));
                    self.hang_up(now)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A re-INVITE.
    fn offered(&mut self, request: RequestId, payload: &Payload, now: Now, stage: &mut Stage) -> Outcome<()> {
        // Steps 5 and 6: what the Core delivers. Steps 7 and 9: the answers.
        stage.step(if self.id == 0 { 5 } else { 6 }, now, &format!("re-INVITE reaches {}", self.label));
        let refuse = Payload::warning("home1.net", 306, "key management not usable");
        let Ok(Some(lines)) = sdp::lines(payload) else {
            return Ok(self.endpoint.answer(request, 488, &refuse, now.instant)?);
        };
        if let Some(roc) = sdp::rollover(payload) {
            self.receiver.set_roc(roc);
        }
        let keys = lines.keys(self.client.switchover().active().is_none());
        let offer = Offer {
            current: keys.current.as_deref(),
            updated: keys.updated.as_deref(),
            protocols: &lines.protocols,
        };
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        for action in self.client.handle(ClientEvent::Offer(offer), now.tick, &mut out)? {
            match action {
                ClientAction::Answer { current, updated } => {
                    let answer = self.describe(&Keys::own(current, updated))?;
                    self.listens = true;
                    stage.step(
                        if self.id == 0 { 9 } else { 7 },
                        now,
                        &format!("{} has stored the MSK: 200 with a verification message", self.label),
                    );
                    self.endpoint.answer(request, 200, &answer, now.instant)?;
                }
                ClientAction::Reject(refused) => {
                    stage.note(now, format!("{} refuses an offer: {refused}", self.label));
                    self.endpoint.answer(request, 488, &refuse, now.instant)?;
                }
                ClientAction::MissingMsk => {
                    let answer = self.describe(&Keys::NONE)?;
                    self.endpoint.answer(request, 200, &answer, now.instant)?;
                }
                ClientAction::Channel(action) => self.follow(action, "an offer", now, stage),
                _ => {}
            }
        }
        self.retry(now, stage);
        Ok(())
    }

    fn describe(&mut self, keys: &Keys) -> Outcome<Payload> {
        self.version += 1;
        let (port, channel_port) = (self.endpoint.address().port(), self.bearer.local_addr()?.port());
        let author = Author { name: self.name, version: self.version, port, channel_port };
        sdp::of_client(author, "127.0.0.1", &self.uri, keys)
    }

    /// A re-INVITE of its own asks for the MSK, as soon as the dialog is free.
    fn ask(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        let Some(dialog) = self.dialog else {
            self.asks = false;
            return Ok(());
        };
        let payload = self.describe(&Keys::NONE)?;
        if self.endpoint.reinvite(dialog, &payload, now.instant).is_ok() {
            stage.note(now, format!("{} asks for the MSK by a re-INVITE", self.label));
            self.asks = false;
        }
        Ok(())
    }

    /// The expelled calls again.
    pub(crate) fn call_again(&mut self, now: Now) -> Outcome<()> {
        let payload = self.describe(&Keys::NONE)?;
        self.dialog = Some(self.endpoint.invite(SERVER_URI, self.server, &payload, now.instant)?);
        Ok(())
    }

    fn hang_up(&mut self, now: Now) -> Outcome<()> {
        (self.receiver, self.asks) = (Receiver::new(None), false);
        self.waiting.clear();
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        for action in self.client.handle(ClientEvent::Bye, now.tick, &mut out)? {
            self.listens &= !matches!(action, ClientAction::LeaveBearer);
        }
        Ok(())
    }
}

/// How the server knows the MUK of this user.
pub(crate) fn idr(user: &str) -> String {
    format!("{user}@bsf.home1.net")
}
