//! Dialogs (RFC 3261 §12).

use core::net::SocketAddr;

use ezk_sip_types::Name;
use ezk_sip_types::uri::SipUri;

use super::message::Message;
use super::via::socket_address;

/// Names a dialog within its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DialogId(pub(super) u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The first INVITE has no final answer.
    Early,
    Established,
    /// Over for the application; transactions of it may still run out.
    Over,
}

#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) stage: Stage,
    /// Whether the first INVITE, and so the Call-ID, was ours.
    pub(super) caller: bool,
    pub(super) call_id: String,
    pub(super) local_tag: String,
    pub(super) remote_tag: Option<String>,
    /// Values of From and To in requests of ours, tags included.
    pub(super) local: String,
    pub(super) remote: String,
    pub(super) local_cseq: u32,
    pub(super) remote_cseq: Option<u32>,
    pub(super) target: SipUri,
    /// Where requests go when the target names no address.
    pub(super) peer: SocketAddr,
    /// A BYE that waits for the ACK of our 2xx (RFC 3261 §15).
    pub(super) closing: bool,
}

/// What an application may want to know of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DialogView {
    pub(crate) call_id: String,
    pub(crate) local_tag: String,
    pub(crate) remote_tag: Option<String>,
    pub(crate) established: bool,
    /// The endpoint made the Call-ID: after a 491 it waits 2.1 to 4 s, else 0 to 2 s (RFC 3261 §14.1).
    pub(crate) owns_call_id: bool,
    /// The last CSeq sent and taken.
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    /// The address that requests go to.
    pub(crate) peer: SocketAddr,
}

impl Dialog {
    /// Ours for this To tag, his for this From tag.
    pub(super) fn is_of(&self, request: &Message) -> bool {
        self.stage != Stage::Over
            && self.call_id == request.call_id
            && Some(&self.local_tag) == request.to_tag.as_ref()
            && Some(&request.from_tag) == self.remote_tag.as_ref()
    }

    pub(super) fn next_hop(&self) -> SocketAddr {
        socket_address(&self.target.host_port).unwrap_or(self.peer)
    }

    pub(super) const fn next_cseq(&mut self) -> u32 {
        self.local_cseq += 1;
        self.local_cseq
    }

    /// What an answer that accepts says of the peer: his tag, the first time, and where requests go from now on.
    pub(super) fn learn(&mut self, answer: &Message) {
        if self.stage == Stage::Early {
            self.remote_tag.clone_from(&answer.to_tag);
            self.remote = answer.raw(&Name::TO);
        }
        self.target = answer.contact().unwrap_or_else(|| self.target.clone());
    }

    pub(super) fn view(&self) -> DialogView {
        DialogView {
            call_id: self.call_id.clone(),
            local_tag: self.local_tag.clone(),
            remote_tag: self.remote_tag.clone(),
            established: self.stage == Stage::Established,
            owns_call_id: self.caller,
            local_cseq: self.local_cseq,
            remote_cseq: self.remote_cseq,
            peer: self.next_hop(),
        }
    }
}
