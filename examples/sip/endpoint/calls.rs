//! What the application asks of the endpoint.

use core::net::SocketAddr;
use std::time::Instant;

use ezk_sip_types::Method;
use ezk_sip_types::uri::SipUri;

use super::{Endpoint, RequestId, read_uri};
use crate::sip::client::{ClientTransaction, Sent};
use crate::sip::dialog::{Dialog, DialogId, Stage};
use crate::sip::error::SipError;
use crate::sip::message::{self, Outline};
use crate::sip::payload::Payload;

impl Endpoint {
    /// Calls the SIP URI `to`, at the address `peer`. The answer comes as `Accepted` or `Refused`.
    ///
    /// # Errors
    ///
    /// [`SipError::Uri`], and [`SipError::Header`] or [`SipError::Body`] for a payload that cannot be sent. Nothing is
    /// sent then.
    pub(crate) fn invite(
        &mut self, to: &str, peer: SocketAddr, payload: &Payload, now: Instant,
    ) -> Result<DialogId, SipError> {
        let target = read_uri(to)?;
        payload.check()?;
        let id = DialogId(self.next_serial());
        let local_tag = self.tokens.tag();
        self.dialogs.insert(
            id,
            Dialog {
                stage: Stage::Early,
                caller: true,
                call_id: self.tokens.call_id(),
                local: format!("{};tag={local_tag}", self.identity),
                local_tag,
                remote_tag: None,
                remote: format!("<{to}>"),
                local_cseq: self.tokens.cseq(),
                remote_cseq: None,
                target,
                peer,
                closing: false,
            },
        );
        self.send_request(id, &Method::INVITE, Some(peer), payload, now);
        Ok(id)
    }

    /// Makes a new offer within an established dialog. The answer comes as `Accepted` or `Refused`; refused, the
    /// session is what it was.
    ///
    /// # Errors
    ///
    /// [`SipError::NoDialog`]; [`SipError::WrongState`] before it is established or after `bye`;
    /// [`SipError::InviteInProgress`] while an INVITE of either side has no final answer, or ours to the peer's no ACK;
    /// [`SipError::Header`], [`SipError::Body`]. Nothing is sent then.
    pub(crate) fn reinvite(&mut self, id: DialogId, payload: &Payload, now: Instant) -> Result<(), SipError> {
        let dialog = self.live(id)?;
        if dialog.stage != Stage::Established || dialog.closing {
            return Err(SipError::WrongState);
        }
        payload.check()?;
        let of_theirs = self.servers.values().any(|server| {
            server.dialog == Some(id) && server.is_invite() && (server.is_open() || server.awaits_ack())
        });
        if of_theirs || self.open_invite(id).is_some() {
            return Err(SipError::InviteInProgress);
        }
        self.send_request(id, &Method::INVITE, None, payload, now);
        Ok(())
    }

    /// Takes an INVITE of ours back. The CANCEL goes out behind the first provisional answer. What comes of it is an
    /// event still: `Refused` with 487, or with 408 when the peer is silent, or `Accepted` when he was quicker.
    ///
    /// # Errors
    ///
    /// [`SipError::NoDialog`]; [`SipError::WrongState`] when no INVITE of ours waits for its answer.
    pub(crate) fn cancel(&mut self, id: DialogId, now: Instant) -> Result<(), SipError> {
        self.live(id)?;
        let serial = self.open_invite(id).ok_or(SipError::WrongState)?;
        if let Some(client) = self.clients.get_mut(&serial) {
            client.want_cancel();
        }
        self.send_cancel(serial, now);
        Ok(())
    }

    /// Answers an INVITE: provisional (101 to 199, any number of times) or final, once. Refusing a first INVITE ends
    /// the dialog.
    ///
    /// # Errors
    ///
    /// [`SipError::NoRequest`] when it is unknown or has its final answer; [`SipError::Code`]; [`SipError::Header`],
    /// [`SipError::Body`]. Nothing is sent then.
    pub(crate) fn answer(
        &mut self, request: RequestId, code: u16, payload: &Payload, now: Instant,
    ) -> Result<(), SipError> {
        if !(101..700).contains(&code) {
            return Err(SipError::Code(code));
        }
        payload.check()?;
        let server =
            self.servers.get(&request).filter(|server| server.is_open()).ok_or(SipError::NoRequest)?;
        let id = server.dialog.ok_or(SipError::NoRequest)?;
        let target = server.request.contact();
        let dialog = self.dialogs.get_mut(&id).ok_or(SipError::NoRequest)?;
        if (200..300).contains(&code) {
            dialog.stage = Stage::Established;
            dialog.target = target.unwrap_or_else(|| dialog.target.clone());
        } else if code >= 300 && dialog.stage == Stage::Early {
            dialog.stage = Stage::Over;
        }
        let tag = dialog.local_tag.clone();
        self.send_answer(request, code, Some(&tag), payload, now);
        Ok(())
    }

    /// Ends an established dialog. It is over at once; only if the peer has not yet acknowledged a 2xx of ours, both
    /// the end and the BYE wait for that (RFC 3261 §15). `Closed` tells the answer.
    ///
    /// # Errors
    ///
    /// [`SipError::NoDialog`]; [`SipError::WrongState`] before it is established, where [`cancel`](Self::cancel) or a
    /// refusing [`answer`](Self::answer) is the way out, and when it is done already.
    pub(crate) fn bye(&mut self, id: DialogId, now: Instant) -> Result<(), SipError> {
        let dialog = self.live(id)?;
        if dialog.stage != Stage::Established || dialog.closing {
            return Err(SipError::WrongState);
        }
        if self.servers.values().any(|server| server.dialog == Some(id) && server.awaits_ack()) {
            if let Some(dialog) = self.dialogs.get_mut(&id) {
                dialog.closing = true;
            }
        } else {
            self.send_bye(id, now);
        }
        Ok(())
    }

    fn live(&self, id: DialogId) -> Result<&Dialog, SipError> {
        self.dialogs.get(&id).filter(|dialog| dialog.stage != Stage::Over).ok_or(SipError::NoDialog)
    }

    /// The INVITE of ours in this dialog that has no final answer.
    pub(super) fn open_invite(&self, id: DialogId) -> Option<u64> {
        let is_it = |client: &ClientTransaction| {
            client.dialog == id && client.method == Method::INVITE && client.is_open()
        };
        self.clients.iter().find(|(_, client)| is_it(client)).map(|(serial, _)| *serial)
    }

    pub(super) fn send_bye(&mut self, id: DialogId, now: Instant) {
        self.end(id, now);
        self.send_request(id, &Method::BYE, None, &Payload::EMPTY, now);
    }

    /// Starts a transaction within the dialog, to `peer` instead of the dialog's target if it is given.
    fn send_request(
        &mut self, id: DialogId, method: &Method, peer: Option<SocketAddr>, payload: &Payload, now: Instant,
    ) {
        let branch = self.tokens.branch();
        let serial = self.next_serial();
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        let cseq = dialog.next_cseq();
        let peer = peer.unwrap_or_else(|| dialog.next_hop());
        let request = Outline {
            method: method.clone(),
            uri: &dialog.target,
            address: self.address,
            branch: &branch,
            from: &dialog.local,
            to: &dialog.remote,
            call_id: &dialog.call_id,
            cseq,
            contact: (*method == Method::INVITE).then_some(self.contact.as_str()),
        }
        .encode(payload);
        self.link.send(peer, &request);
        let sent = Sent {
            branch,
            method: method.clone(),
            dialog: id,
            uri: dialog.target.clone(),
            from: dialog.local.clone(),
            to: dialog.remote.clone(),
            cseq,
            peer,
            request,
        };
        self.clients.insert(serial, ClientTransaction::start(sent, &self.timers, now));
    }

    /// The CANCEL of an INVITE of ours, if its time has come: same branch, same CSeq, a transaction of its own.
    pub(super) fn send_cancel(&mut self, serial: u64, now: Instant) {
        let cancel = self.next_serial();
        let Some(client) = self.clients.get_mut(&serial) else { return };
        if !client.take_cancel(&self.timers, now) {
            return;
        }
        let Some(dialog) = self.dialogs.get(&client.dialog) else { return };
        let (method, address) = (Method::CANCEL, self.address);
        let request = repeat(client, &client.to, method.clone(), address, &dialog.call_id);
        self.link.send(client.peer, &request);
        let sent = Sent {
            branch: client.branch.clone(),
            method,
            dialog: client.dialog,
            uri: client.uri.clone(),
            from: client.from.clone(),
            to: client.to.clone(),
            cseq: client.cseq,
            peer: client.peer,
            request,
        };
        self.clients.insert(cancel, ClientTransaction::start(sent, &self.timers, now));
    }

    /// Answers the request of a server transaction.
    pub(super) fn send_answer(
        &mut self, id: RequestId, code: u16, tag: Option<&str>, payload: &Payload, now: Instant,
    ) {
        let Some(server) = self.servers.get_mut(&id) else { return };
        let known = server.dialog.and_then(|dialog| self.dialogs.get(&dialog));
        // A 100 has no tag (RFC 3261 §8.2.6.2); everything else has one.
        let tag = match (tag, known) {
            _ if code == 100 => None,
            (Some(tag), _) => Some(tag.to_owned()),
            (None, Some(dialog)) => Some(dialog.local_tag.clone()),
            (None, None) => Some(self.tokens.tag()),
        };
        let contact = (server.is_invite() && (101..300).contains(&code)).then_some(self.contact.as_str());
        let octets = message::answer(&server.request, code, tag.as_deref(), contact, payload);
        self.link.send(server.reply_to, &octets);
        server.answer(code, octets, &self.timers, now);
    }
}

/// An ACK or a CANCEL: what the INVITE was, under another method (RFC 3261 §9.1, §17.1.1.3).
pub(super) fn repeat(
    client: &ClientTransaction, to: &str, method: Method, address: SocketAddr, call_id: &str,
) -> Vec<u8> {
    let uri: &SipUri = &client.uri;
    let (branch, from, cseq) = (client.branch.as_str(), client.from.as_str(), client.cseq);
    Outline { method, uri, address, branch, from, to, call_id, cseq, contact: None }.encode(&Payload::EMPTY)
}
