//! The Service Control Function (TS 26.237 §10.4): lets a user into a service, and tells the UPF.
//!
//! There is one value for each INVITE dialog; the caller keeps it beside what the INVITE said, namely services and the
//! address of the terminal. Which machine serves an INVITE, [`Variant::of_invite`](crate::ims::facts::Variant::of_invite) says.
//!
//! | machine | dialog |
//! |---|---|
//! | [`ScfHttp`] | the terminal authenticates to the UPF by itself; the SCF authorises |
//! | [`ScfSip`] | the SCF fetches the MUK from the BSF and hands it to the UPF |
//!
//! The answers 200 to CANCEL and to a BYE in no dialog, ACK, retransmissions and the 500 to a second INVITE while one is in
//! progress (RFC 3261 §14.2) are the SIP stack's. A dialog's POSTs go over one connection, so that they arrive in order;
//! H7 is repeated by the caller until the UPF has answered it, for until then the user gets keys.

mod dialog;
mod event;
mod http;
mod sip;

pub use dialog::ScfSipState;
pub use event::{BsfAnswer, ReInvite, ScfHttpEvent, ScfSipEvent};
pub use http::{ScfHttp, ScfHttpState};
pub use sip::ScfSip;

use super::facts::SipAnswer;
use crate::ims::request::RequestKind;
use crate::time::Tick;

/// The SCF's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScfConfig {
    /// Wait for the UPF's answer to one POST, milliseconds. Default 5,000.
    pub upf_timeout_ms: u32,
    /// POSTs of one message before the UPF counts as dead. Default 2.
    pub upf_posts: u8,
    /// Wait for the BSF, milliseconds. Default 5,000.
    pub bsf_timeout_ms: u32,
    /// HTTP variant: whether an INVITE needs an identity that the network asserts. Default no: an intended identity alone
    /// will do, because the keys still go only to who authenticates as its owner. The SIP variant always needs one.
    pub require_asserted: bool,
}

impl Default for ScfConfig {
    fn default() -> Self {
        Self { upf_timeout_ms: 5_000, upf_posts: 2, bsf_timeout_ms: 5_000, require_asserted: false }
    }
}

/// Which identity of an INVITE counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "an INVITE has no other")]
pub enum InviteIdentity {
    /// The one that the network asserts, P-Asserted-Identity; where it is there, it wins.
    Asserted,
    /// The one that the terminal wants, P-Intended-Identity or P-Preferred-Identity.
    Intended,
}

/// What the SCF wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScfAction {
    /// Ask the subscription data whether this identity may have the services of the INVITE.
    CheckAuthorisation(InviteIdentity),
    /// Ask the BSF for the IMPUs and the `Ks_NAF` of the B-TID, under the NAF-Id with
    /// [`UA_IMS_MBMS_SIP`](crate::keys::NafId::UA_IMS_MBMS_SIP).
    QueryBsf,
    /// POST this to the UPF: H1, H5, H6 or H7.
    Post(RequestKind),
    /// Answer the INVITE, or the re-INVITE, that is in progress.
    AnswerInvite(SipAnswer),
    /// Answer BYE with 200.
    AnswerBye,
    /// Send BYE.
    SendBye,
    /// Wipe every other copy of the MUK, the body of H5 first of all; the machine's own is wiped.
    WipeKey,
    /// Call with `Timeout` at this time.
    ArmTimer(Tick),
}
