//! Answers that came.

use std::time::Instant;

use ezk_sip_types::{Method, Name};

use super::calls::repeat;
use super::{Cause, Endpoint, Event};
use crate::sip::client::Answered;
use crate::sip::dialog::Stage;
use crate::sip::message::{Message, Outline};
use crate::sip::payload::Payload;

impl Endpoint {
    pub(super) fn take_response(&mut self, code: u16, answer: &Message, now: Instant) {
        let found = self.clients.iter_mut().find(|(_, client)| {
            client.branch == answer.hops.branch
                && client.method == answer.cseq.method
                && client.cseq == answer.cseq.cseq
        });
        let Some((serial, client)) = found else {
            self.link.counts.stray += 1;
            return;
        };
        let serial = *serial;
        let (invite, id) = (client.method == Method::INVITE, client.dialog);
        match client.answered(code, &self.timers, now) {
            Answered::Provisional if invite => self.take_progress(serial, code, answer, now),
            Answered::Final if invite && code < 300 => self.take_accepted(serial, answer),
            Answered::Final if invite => self.take_refused(serial, code, answer),
            Answered::Final if client.method == Method::BYE => {
                self.events.push_back(Event::Closed { dialog: id, code });
            }
            Answered::Repeated => self.acknowledge_again(serial, answer),
            Answered::Provisional | Answered::Final | Answered::Ignored => {}
        }
    }

    fn take_progress(&mut self, serial: u64, code: u16, answer: &Message, now: Instant) {
        let id = self.clients.get(&serial).map(|client| client.dialog);
        if let Some((id, dialog)) = id.and_then(|id| Some((id, self.dialogs.get_mut(&id)?)))
            && dialog.stage != Stage::Over
            && code > 100
        {
            let payload = answer.payload_or_octets();
            self.events.push_back(Event::Progress { dialog: id, code, payload });
        }
        self.send_cancel(serial, now);
    }

    /// A 2xx: the dialog stands, and the ACK is a request of its own (RFC 3261 §13.2.2.4).
    fn take_accepted(&mut self, serial: u64, answer: &Message) {
        let branch = self.tokens.branch();
        let Some(client) = self.clients.get_mut(&serial) else { return };
        let id = client.dialog;
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        dialog.learn(answer);
        let ack = Outline {
            method: Method::ACK,
            uri: &dialog.target,
            address: self.address,
            branch: &branch,
            from: &dialog.local,
            to: &dialog.remote,
            call_id: &dialog.call_id,
            cseq: client.cseq,
            contact: None,
        }
        .encode(&Payload::EMPTY);
        let to = dialog.next_hop();
        client.set_ack(to, ack.clone());
        self.link.send(to, &ack);
        // After a BYE of either side, the ACK is all that is left to say.
        if dialog.stage != Stage::Over {
            dialog.stage = Stage::Established;
            self.events.push_back(Event::Accepted { dialog: id, payload: answer.payload_or_octets() });
        }
    }

    /// A refusal: its ACK belongs to the transaction and goes where the INVITE went (RFC 3261 §17.1.1.3).
    fn take_refused(&mut self, serial: u64, code: u16, answer: &Message) {
        let Some(client) = self.clients.get_mut(&serial) else { return };
        let id = client.dialog;
        let to = answer.raw(&Name::TO);
        let ack = repeat(client, &to, Method::ACK, self.address, &answer.call_id);
        client.set_ack(client.peer, ack.clone());
        self.link.send(client.peer, &ack);
        self.refused(id, code, Cause::Answer, answer.payload_or_octets());
    }

    fn acknowledge_again(&mut self, serial: u64, answer: &Message) {
        let Some(client) = self.clients.get(&serial) else { return };
        let dialog = self.dialogs.get(&client.dialog);
        // A 2xx of another fork would need another ACK.
        let same =
            dialog.is_none_or(|dialog| dialog.remote_tag.is_none() || dialog.remote_tag == answer.to_tag);
        match client.ack().cloned() {
            Some((to, ack)) if same => self.send_again(to, &ack),
            _ => self.link.counts.stray += 1,
        }
    }
}
