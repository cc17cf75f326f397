//! Server transactions (RFC 3261 §17.2, RFC 6026 §7.1 and §8.4).
//!
//! | state      | what came       | INVITE                                     | others                    |
//! |------------|-----------------|--------------------------------------------|---------------------------|
//! | Proceeding | the request     | the last provisional answer again          | nothing                   |
//! | Proceeding | 200 ms passed   | 100                                        | -                         |
//! | Proceeding | answer 2xx      | Accepted, sent again to T2 until ACK       | Completed                 |
//! | Proceeding | other answer    | Completed, sent again to T2 until ACK      | Completed                 |
//! | Completed  | the request     | the answer again                           | the answer again          |
//! | Completed  | ACK             | Confirmed, silent for T4                   | -                         |
//! | Accepted   | the request     | nothing: the core sends the answer again   | -                         |
//! | Accepted   | ACK             | not sent again                             | -                         |
//! | Accepted   | 64 T1, no ACK   | the session ends                           | -                         |

use core::net::SocketAddr;
use std::time::Instant;

use ezk_sip_types::Method;

use super::client::Due;
use super::dialog::DialogId;
use super::message::Message;
use super::timers::{Resend, Timers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
}

#[derive(Debug)]
pub(super) struct ServerTransaction {
    pub(super) request: Message,
    pub(super) reply_to: SocketAddr,
    /// Whom the answers of an INVITE belong to.
    pub(super) dialog: Option<DialogId>,
    state: State,
    last: Option<Vec<u8>>,
    trying: Option<Instant>,
    resend: Option<Resend>,
    expires: Option<Instant>,
    acknowledged: bool,
}

impl ServerTransaction {
    pub(super) fn start(
        request: Message, reply_to: SocketAddr, dialog: Option<DialogId>, timers: &Timers, now: Instant,
    ) -> Self {
        let trying = (request.cseq.method == Method::INVITE).then(|| now + timers.trying());
        Self {
            request,
            reply_to,
            dialog,
            state: State::Proceeding,
            last: None,
            trying,
            resend: None,
            expires: None,
            acknowledged: false,
        }
    }

    /// Whether `request` is this one again, or the ACK or CANCEL of it (RFC 3261 §17.2.3, §9.2).
    pub(super) fn is_of(&self, request: &Message, method: &Method) -> bool {
        self.request.hops.branch == request.hops.branch
            && self.request.hops.sent_by == request.hops.sent_by
            && self.request.cseq.method == *method
    }

    pub(super) fn is_invite(&self) -> bool {
        self.request.cseq.method == Method::INVITE
    }

    /// Whether there is no final answer yet.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Whether it was accepted and the peer has not yet said that he knows.
    pub(super) fn awaits_ack(&self) -> bool {
        self.state == State::Accepted && !self.acknowledged
    }

    /// Notes an answer that goes out now.
    pub(super) fn answer(&mut self, code: u16, octets: Vec<u8>, timers: &Timers, now: Instant) {
        self.last = Some(octets);
        self.trying = None;
        if code < 200 {
            return;
        }
        self.expires = Some(now + timers.give_up());
        self.state = if self.is_invite() && code < 300 { State::Accepted } else { State::Completed };
        if self.is_invite() {
            self.resend = Some(Resend::start(timers.t1, Some(timers.t2), now));
        }
    }

    /// What to send when the request comes again.
    pub(super) fn repeated(&self) -> Option<&[u8]> {
        match self.state {
            State::Proceeding | State::Completed => self.last.as_deref(),
            State::Confirmed | State::Accepted => None,
        }
    }

    /// Takes the ACK; returns whether it is the first one for a 2xx.
    pub(super) fn acknowledge(&mut self, timers: &Timers, now: Instant) -> bool {
        match self.state {
            State::Completed => {
                (self.state, self.resend) = (State::Confirmed, None);
                self.expires = Some(now + timers.t4);
                false
            }
            State::Accepted => {
                self.resend = None;
                !core::mem::replace(&mut self.acknowledged, true)
            }
            State::Proceeding | State::Confirmed => false,
        }
    }

    /// Whether it is time for a 100; it is, once.
    pub(super) fn take_trying(&mut self, now: Instant) -> bool {
        self.trying.take_if(|at| *at <= now).is_some()
    }

    pub(super) fn due(&mut self, now: Instant) -> Due {
        if self.expires.is_some_and(|at| at <= now) {
            return if self.awaits_ack() { Due::GivenUp } else { Due::Over };
        }
        let again = self.resend.as_mut().is_some_and(|resend| resend.is_due(now));
        if again { Due::Resend } else { Due::Nothing }
    }

    pub(super) fn last(&self) -> Option<&[u8]> {
        self.last.as_deref()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.resend.map(|resend| resend.at()).into_iter().chain(self.expires).chain(self.trying).min()
    }
}
