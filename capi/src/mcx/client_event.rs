//! What a client is told, and how it is set up.

#![allow(unsafe_code, reason = "marks types")]

use castkey::mcx::{McxClientConfig, McxClientEvent};

use crate::bytes::{Plain, Promise};
use crate::mcx::algorithms::{castkey_mcx_algorithms, chosen};
use crate::mcx::form::{Form, castkey_mcx_form};
use crate::mcx::settings::castkey_mcx_settings;
use crate::octets::castkey_octets;
use crate::settings::flag;
use crate::span::Span;
use crate::status::Status;

/// The user registers at the server `uri` (MDSI), whose KMS is `kms`.
pub const CASTKEY_MCX_CLIENT_REGISTER: u32 = 1;
/// A new CSK is to go to the server, with the algorithm `select`, in the form `form`.
pub const CASTKEY_MCX_CLIENT_UPLOAD: u32 = 2;
/// The server took the CSK.
pub const CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED: u32 = 3;
/// The server did not take it, or did not answer.
pub const CASTKEY_MCX_CLIENT_UPLOAD_FAILED: u32 = 4;
/// The server answered with a KMS Redirect Response that the client follows: encapsulate under `kms`, in the form `form`.
pub const CASTKEY_MCX_CLIENT_REDIRECTED: u32 = 5;
/// A message came from the server: `octets`, with `sdp_ids`.
pub const CASTKEY_MCX_CLIENT_DOWNLOAD: u32 = 6;
/// The user logs off, or the session ended.
pub const CASTKEY_MCX_CLIENT_LOG_OFF: u32 = 7;

/// How a client is set up; castkey_mcx_client_config_default() fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_client_config {
    /// What no standard settles.
    pub settings: castkey_mcx_settings,
    /// What its KMS provisioned for the negotiation.
    pub algorithms: castkey_mcx_algorithms,
    /// Flag: an upload carries no offer where more than one algorithm is supported. Default 0.
    pub no_offer: u32,
    /// 0.
    pub reserved: u32,
}

/// What happens to a client. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_client_event {
    /// CASTKEY_MCX_CLIENT_REGISTER to CASTKEY_MCX_CLIENT_LOG_OFF.
    pub kind: u32,
    /// The algorithm to select; 0: the most wanted one that is allowed.
    pub select: u32,
    /// MDSI, the URI of the server.
    pub uri: castkey_octets,
    /// The URI of a KMS.
    pub kms: castkey_octets,
    /// A message.
    pub octets: castkey_octets,
    /// The list of key management protocols of the SDP that carried it; NULL for a body part.
    pub sdp_ids: castkey_octets,
    /// How a message is written.
    pub form: castkey_mcx_form,
}

// SAFETY: integers.
unsafe impl Plain for castkey_mcx_client_config {}
// SAFETY: integers and pointers.
unsafe impl Plain for castkey_mcx_client_event {}

impl castkey_mcx_client_config {
    pub(crate) fn config(&self) -> Result<McxClientConfig, Status> {
        Ok(McxClientConfig {
            settings: self.settings.settings()?,
            algorithms: self.algorithms.policy()?,
            no_offer: flag(self.no_offer)?,
        })
    }

    pub(crate) fn of(config: &McxClientConfig) -> Self {
        Self {
            settings: castkey_mcx_settings::of(&config.settings),
            algorithms: castkey_mcx_algorithms::of(&config.algorithms),
            no_offer: config.no_offer.into(),
            reserved: 0,
        }
    }
}

impl castkey_mcx_client_event {
    /// Whether an event of this kind writes a message.
    pub(crate) const fn has_form(&self) -> bool {
        matches!(self.kind, CASTKEY_MCX_CLIENT_UPLOAD | CASTKEY_MCX_CLIENT_REDIRECTED)
    }

    /// Whether an event of this kind is a message that came.
    pub(crate) const fn is_message(&self) -> bool {
        self.kind == CASTKEY_MCX_CLIENT_DOWNLOAD
    }

    /// The memory that an event of this kind refers to.
    pub(crate) fn spans(&self) -> [Span; 7] {
        let nothing = Span::read::<u8>(core::ptr::null(), 0);
        let when = |is: bool, span| if is { span } else { nothing };
        let [text, groups, ids] = self.form.spans();
        let named = matches!(self.kind, CASTKEY_MCX_CLIENT_REGISTER | CASTKEY_MCX_CLIENT_REDIRECTED);
        [
            when(self.kind == CASTKEY_MCX_CLIENT_REGISTER, self.uri.span()),
            when(named, self.kms.span()),
            when(self.is_message(), self.octets.span()),
            when(self.is_message(), self.sdp_ids.span()),
            when(self.has_form(), text),
            when(self.has_form(), groups),
            when(self.has_form(), ids),
        ]
    }

    /// The event; `form` is there when it writes a message.
    #[inline(never)]
    pub(crate) fn event<'c>(
        &self, promise: &'c Promise, form: Option<&'c Form<'c>>,
    ) -> Result<McxClientEvent<'c>, Status> {
        let form = || form.map(Form::form).ok_or(Status::BAD_ENUM);
        Ok(match self.kind {
            CASTKEY_MCX_CLIENT_REGISTER => {
                McxClientEvent::Register { mdsi: self.uri.read(promise)?, kms: self.kms.read(promise)? }
            }
            CASTKEY_MCX_CLIENT_UPLOAD => {
                McxClientEvent::Upload { select: chosen(self.select)?, form: form()? }
            }
            CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED => McxClientEvent::UploadAccepted,
            CASTKEY_MCX_CLIENT_UPLOAD_FAILED => McxClientEvent::UploadFailed,
            CASTKEY_MCX_CLIENT_REDIRECTED => {
                McxClientEvent::Redirected { kms: self.kms.read(promise)?, form: form()? }
            }
            CASTKEY_MCX_CLIENT_DOWNLOAD => McxClientEvent::Download {
                octets: self.octets.read(promise)?,
                sdp_ids: self.sdp_ids.optional(promise)?,
            },
            CASTKEY_MCX_CLIENT_LOG_OFF => McxClientEvent::LogOff,
            _ => return Err(Status::BAD_ENUM),
        })
    }
}
