//! Client transactions (RFC 3261 §17.1, RFC 6026 §8.4).
//!
//! | state      | what came       | INVITE                                  | others                         |
//! |------------|-----------------|-----------------------------------------|--------------------------------|
//! | Calling    | time to repeat  | send again, T1 doubling                 | send again, T1 doubling to T2  |
//! | Calling    | 1xx             | Proceeding, nothing is sent again       | Proceeding, every T2           |
//! | Calling    | 64 T1 passed    | given up                                | given up                       |
//! | Proceeding | 64 T1 passed    | given up if cancelled, else still waits | given up                       |
//! | any before | 2xx             | Accepted: the core sends ACK            | Completed                      |
//! | any before | other final     | Completed: ACK in the same branch       | Completed                      |
//! | Accepted   | 2xx again       | the same ACK again                      | -                              |
//! | Completed  | final again     | the same ACK again                      | nothing                        |

use core::net::SocketAddr;
use std::time::Instant;

use ezk_sip_types::Method;
use ezk_sip_types::uri::SipUri;

use super::dialog::DialogId;
use super::timers::{Resend, Timers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Accepted,
    Completed,
}

/// A CANCEL goes out only behind a provisional answer (RFC 3261 §9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cancel {
    No,
    Wanted,
    Sent,
}

#[derive(Debug)]
pub(super) struct ClientTransaction {
    pub(super) branch: String,
    pub(super) method: Method,
    pub(super) dialog: DialogId,
    /// For the ACK and the CANCEL, which repeat them.
    pub(super) uri: SipUri,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) cseq: u32,
    pub(super) peer: SocketAddr,
    pub(super) request: Vec<u8>,
    state: State,
    cancel: Cancel,
    resend: Option<Resend>,
    expires: Option<Instant>,
    ack: Option<(SocketAddr, Vec<u8>)>,
}

/// What a request goes out with.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) branch: String,
    pub(super) method: Method,
    pub(super) dialog: DialogId,
    pub(super) uri: SipUri,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) cseq: u32,
    pub(super) peer: SocketAddr,
    pub(super) request: Vec<u8>,
}

/// What an answer is to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    Provisional,
    /// The first final answer.
    Final,
    /// A final answer again.
    Repeated,
    Ignored,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Resend,
    /// No final answer in time.
    GivenUp,
    /// Answered, and nothing is expected any more.
    Over,
}

impl ClientTransaction {
    pub(super) fn start(sent: Sent, timers: &Timers, now: Instant) -> Self {
        let longest = (sent.method != Method::INVITE).then_some(timers.t2);
        let Sent { branch, method, dialog, uri, from, to, cseq, peer, request } = sent;
        Self {
            branch,
            method,
            dialog,
            uri,
            from,
            to,
            cseq,
            peer,
            request,
            state: State::Calling,
            cancel: Cancel::No,
            resend: Some(Resend::start(timers.t1, longest, now)),
            expires: Some(now + timers.give_up()),
            ack: None,
        }
    }

    /// Whether there is no final answer yet.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Calling | State::Proceeding)
    }

    /// The ACK that answers every repetition, and where it goes.
    pub(super) const fn ack(&self) -> Option<&(SocketAddr, Vec<u8>)> {
        self.ack.as_ref()
    }

    pub(super) fn set_ack(&mut self, to: SocketAddr, octets: Vec<u8>) {
        self.ack = Some((to, octets));
    }

    pub(super) fn answered(&mut self, code: u16, timers: &Timers, now: Instant) -> Answered {
        let invite = self.method == Method::INVITE;
        match (self.state, code) {
            (State::Calling | State::Proceeding, ..200) => {
                if invite {
                    self.resend = None;
                    // The wait for an answer has no end of its own, but a cancelled one keeps its.
                    self.expires = self.expires.filter(|_| self.cancel == Cancel::Sent);
                } else if let Some(resend) = &mut self.resend {
                    resend.slow_down();
                }
                self.state = State::Proceeding;
                Answered::Provisional
            }
            (State::Calling | State::Proceeding, _) => {
                self.resend = None;
                (self.state, self.expires) = match code {
                    ..300 if invite => (State::Accepted, Some(now + timers.give_up())),
                    _ if invite => (State::Completed, Some(now + timers.give_up())),
                    _ => (State::Completed, Some(now + timers.t4)),
                };
                Answered::Final
            }
            (State::Accepted, 200..300) => Answered::Repeated,
            (State::Completed, 300..) if invite => Answered::Repeated,
            (State::Accepted | State::Completed, _) => Answered::Ignored,
        }
    }

    /// The application wants it cancelled.
    pub(super) fn want_cancel(&mut self) {
        if self.cancel == Cancel::No {
            self.cancel = Cancel::Wanted;
        }
    }

    /// Whether the CANCEL is to be sent now; it is, once.
    pub(super) fn take_cancel(&mut self, timers: &Timers, now: Instant) -> bool {
        let now_it_is = self.state == State::Proceeding && self.cancel == Cancel::Wanted;
        if now_it_is {
            self.cancel = Cancel::Sent;
            self.expires = Some(now + timers.give_up());
        }
        now_it_is
    }

    /// An answer is waited for no longer than this from now on, if it was without end.
    pub(super) fn limit(&mut self, timers: &Timers, now: Instant) {
        self.expires = self.expires.or_else(|| Some(now + timers.give_up()));
    }

    pub(super) fn due(&mut self, now: Instant) -> Due {
        if self.expires.is_some_and(|at| at <= now) {
            return if self.is_open() { Due::GivenUp } else { Due::Over };
        }
        let again = self.resend.as_mut().is_some_and(|resend| resend.is_due(now));
        if again { Due::Resend } else { Due::Nothing }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.resend.map(|resend| resend.at()).into_iter().chain(self.expires).min()
    }
}
