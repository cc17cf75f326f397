//! Requests that came.
//!
//! | request | where                                          | answer                              |
//! |---------|------------------------------------------------|-------------------------------------|
//! | any     | seen before                                    | what it had, again                  |
//! | INVITE  | asks for an extension                          | 420                                 |
//! | INVITE  | To tag, no such dialog                         | 481                                 |
//! | INVITE  | CSeq not above the last                        | 500                                 |
//! | INVITE  | an INVITE of ours has no final answer          | 491                                 |
//! | INVITE  | another of the peer's has no final answer      | 500 with Retry-After 0 to 10 s      |
//! | INVITE  | body not what its type says, or no Contact     | 400                                 |
//! | INVITE  | no To tag, came on another way already         | 482                                 |
//! | INVITE  | else                                           | the application's                   |
//! | CANCEL  | of an INVITE we know                           | 200, and 487 to the INVITE if open  |
//! | BYE     | in a dialog                                    | 200, and 487 to open INVITEs        |
//! | CANCEL, BYE | else                                       | 481                                 |
//! | OPTIONS | anywhere                                       | 200                                 |
//! | other   | anywhere                                       | 405                                 |

use core::net::SocketAddr;
use std::time::Instant;

use ezk_sip_types::{Method, Name};

use super::{Endpoint, Event, RequestId};
use crate::sip::dialog::{Dialog, DialogId, Stage};
use crate::sip::message::{ALLOW, Message};
use crate::sip::payload::Payload;
use crate::sip::server::ServerTransaction;

impl Endpoint {
    pub(super) fn take_request(&mut self, from: SocketAddr, mut request: Message, now: Instant) {
        let reply_to = request.hops.stamp(from);
        let method = request.cseq.method.clone();
        if method == Method::ACK {
            self.take_ack(&request, now);
        } else if let Some(server) = self.servers.values().find(|server| server.is_of(&request, &method)) {
            let again = server.repeated().map(|octets| (server.reply_to, octets.to_vec()));
            if let Some((to, octets)) = again {
                self.send_again(to, &octets);
            }
        } else if method == Method::INVITE {
            self.take_invite(request, from, reply_to, now);
        } else if method == Method::CANCEL {
            self.take_cancel(request, reply_to, now);
        } else if method == Method::BYE {
            self.take_bye(request, reply_to, now);
        } else if method == Method::OPTIONS {
            let accept = "application/sdp, multipart/mixed";
            self.reply(
                request,
                reply_to,
                200,
                &Payload::EMPTY.with("Allow", ALLOW).with("Accept", accept),
                now,
            );
        } else {
            self.reply(request, reply_to, 405, &Payload::EMPTY.with("Allow", ALLOW), now);
        }
    }

    fn take_ack(&mut self, ack: &Message, now: Instant) {
        let dialog = self.dialog_of(ack);
        // The ACK of a refusal is part of its transaction, that of a 2xx a request of its own.
        let is_it = |server: &ServerTransaction| {
            server.is_of(ack, &Method::INVITE)
                || (server.is_invite()
                    && server.dialog.is_some()
                    && server.dialog == dialog
                    && server.request.cseq.cseq == ack.cseq.cseq)
        };
        let Some((request, server)) = self.servers.iter_mut().find(|(_, server)| is_it(server)) else {
            self.link.counts.stray += 1;
            return;
        };
        let (request, first) = (*request, server.acknowledge(&self.timers, now));
        if let Some(id) = dialog.filter(|_| first) {
            self.events.push_back(Event::Acknowledged { dialog: id, request });
            if self.dialogs.get(&id).is_some_and(|dialog| dialog.closing) {
                self.send_bye(id, now);
            }
        }
    }

    fn take_invite(&mut self, request: Message, from: SocketAddr, reply_to: SocketAddr, now: Instant) {
        if let Some(unsupported) = request.headers.get_raw(&Name::REQUIRE).next() {
            let payload = Payload::EMPTY.with("Unsupported", unsupported);
            return self.reply(request, reply_to, 420, &payload, now);
        }
        let known = self.dialog_of(&request);
        let refusal = match known {
            Some(dialog) => self.refusal_within(dialog, &request),
            None if request.to_tag.is_some() => Some((481, Payload::EMPTY)),
            None if self.came_on_another_way(&request) => Some((482, Payload::EMPTY)),
            None => None,
        };
        if let Some((code, payload)) = refusal {
            return self.reply(request, reply_to, code, &payload, now);
        }
        let (Some(payload), Some(target)) = (request.payload(), request.contact()) else {
            return self.reply(request, reply_to, 400, &Payload::EMPTY, now);
        };
        let serial = RequestId(self.next_serial());
        let event = if let Some(dialog) = known {
            Event::Reinvited { dialog, request: serial, payload }
        } else {
            let dialog = DialogId(self.next_serial());
            let local_tag = self.tokens.tag();
            self.dialogs.insert(
                dialog,
                Dialog {
                    stage: Stage::Early,
                    caller: false,
                    call_id: request.call_id.clone(),
                    local: format!("{};tag={local_tag}", request.raw(&Name::TO)),
                    local_tag,
                    remote_tag: Some(request.from_tag.clone()),
                    remote: request.raw(&Name::FROM),
                    local_cseq: self.tokens.cseq(),
                    remote_cseq: Some(request.cseq.cseq),
                    target,
                    peer: from,
                    closing: false,
                },
            );
            Event::Invited { dialog, request: serial, uri: request.uri(), payload }
        };
        let (Event::Reinvited { dialog, .. } | Event::Invited { dialog, .. }) = event else { return };
        let server = ServerTransaction::start(request, reply_to, Some(dialog), &self.timers, now);
        self.servers.insert(serial, server);
        self.events.push_back(event);
    }

    /// Why an INVITE within a dialog cannot be taken now, if so.
    fn refusal_within(&mut self, id: DialogId, request: &Message) -> Option<(u16, Payload)> {
        if !self.is_in_order(id, request) {
            return Some((500, Payload::EMPTY));
        }
        if self.open_invite(id).is_some() {
            return Some((491, Payload::EMPTY));
        }
        let is_open =
            |server: &ServerTransaction| server.dialog == Some(id) && server.is_invite() && server.is_open();
        self.servers.values().any(is_open).then(|| {
            let seconds = self.tokens.retry_after_s();
            (500, Payload::EMPTY.with("Retry-After", &seconds.to_string()))
        })
    }

    /// Whether the CSeq is above all that came before; if so it is the last one now.
    fn is_in_order(&mut self, id: DialogId, request: &Message) -> bool {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return false };
        let in_order = dialog.remote_cseq.is_none_or(|last| request.cseq.cseq > last);
        if in_order {
            dialog.remote_cseq = Some(request.cseq.cseq);
        }
        in_order
    }

    /// The same request with another branch: a proxy before us forked it, and another branch came first.
    fn came_on_another_way(&self, request: &Message) -> bool {
        self.servers.values().map(|server| &server.request).any(|other| {
            other.call_id == request.call_id
                && other.from_tag == request.from_tag
                && other.cseq == request.cseq
        })
    }

    fn take_cancel(&mut self, cancel: Message, reply_to: SocketAddr, now: Instant) {
        let found = self.servers.iter().find(|(_, server)| server.is_of(&cancel, &Method::INVITE));
        let Some((id, invite)) = found.map(|(id, invite)| (*id, invite)) else {
            return self.reply(cancel, reply_to, 481, &Payload::EMPTY, now);
        };
        let (dialog, open) = (invite.dialog, invite.is_open());
        self.reply(cancel, reply_to, 200, &Payload::EMPTY, now);
        if let Some(dialog) = dialog.filter(|_| open) {
            self.send_answer(id, 487, None, &Payload::EMPTY, now);
            if let Some(early) = self.dialogs.get_mut(&dialog).filter(|dialog| dialog.stage == Stage::Early) {
                early.stage = Stage::Over;
            }
            self.events.push_back(Event::Cancelled { dialog, request: id });
        }
    }

    fn take_bye(&mut self, bye: Message, reply_to: SocketAddr, now: Instant) {
        let Some(dialog) = self.dialog_of(&bye) else {
            return self.reply(bye, reply_to, 481, &Payload::EMPTY, now);
        };
        if !self.is_in_order(dialog, &bye) {
            return self.reply(bye, reply_to, 500, &Payload::EMPTY, now);
        }
        self.reply(bye, reply_to, 200, &Payload::EMPTY, now);
        self.end(dialog, now);
        self.events.push_back(Event::Ended { dialog });
    }

    fn dialog_of(&self, request: &Message) -> Option<DialogId> {
        self.dialogs.iter().find(|(_, dialog)| dialog.is_of(request)).map(|(id, _)| *id)
    }

    /// Answers a request that the application does not see.
    fn reply(&mut self, request: Message, reply_to: SocketAddr, code: u16, payload: &Payload, now: Instant) {
        let id = RequestId(self.next_serial());
        let server = ServerTransaction::start(request, reply_to, None, &self.timers, now);
        self.servers.insert(id, server);
        self.send_answer(id, code, None, payload, now);
    }
}
