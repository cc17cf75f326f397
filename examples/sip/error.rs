//! What can go wrong in a call of the endpoint. What goes wrong on the wire is counted, never returned.

use core::error::Error;
use core::fmt;
use std::io;

#[derive(Debug)]
pub(crate) enum SipError {
    /// The socket cannot be opened or asked for its address.
    Io(io::Error),
    /// The dialog is unknown or over.
    NoDialog,
    /// The request is unknown, has its final answer, or was cancelled.
    NoRequest,
    /// The dialog is not established, or no INVITE of ours is open in it.
    WrongState,
    /// An INVITE of either side is in progress in the dialog (RFC 3261 §14.1).
    InviteInProgress,
    /// Not a SIP URI.
    Uri(String),
    /// A header field that the endpoint writes itself, or whose name or value would break the message.
    Header(String),
    /// Not an answer to an INVITE.
    Code(u16),
    /// The body is not the session description or the set of parts that it says it is.
    Body(&'static str),
}

impl fmt::Display for SipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "socket: {e}"),
            Self::NoDialog => f.write_str("no such dialog"),
            Self::NoRequest => f.write_str("no such request"),
            Self::WrongState => f.write_str("not in this state of the dialog"),
            Self::InviteInProgress => f.write_str("an INVITE is in progress in the dialog"),
            Self::Uri(uri) => write!(f, "not a SIP URI: {uri}"),
            Self::Header(name) => write!(f, "header field {name} cannot be sent"),
            Self::Code(code) => write!(f, "{code} is no answer"),
            Self::Body(what) => write!(f, "body: {what}"),
        }
    }
}

impl Error for SipError {}

impl From<io::Error> for SipError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}
