//! How a message is written.

#![allow(unsafe_code, reason = "marks a type")]

use castkey::keys::{McService, PurposeTag};
use castkey::mcx::{KeyParametersInit, MessageForm, Ntp64};

use crate::bytes::{Plain, Promise};
use crate::mcx::time::castkey_mcx_time;
use crate::octets::castkey_octets;
use crate::settings::{choice, flag};
use crate::span::Span;
use crate::status::Status;

/// Push to talk.
pub const CASTKEY_MCX_MCPTT: u32 = 1;
/// Video.
pub const CASTKEY_MCX_MCVIDEO: u32 = 2;

/// Most groups of a castkey_mcx_form.
pub const CASTKEY_MCX_MAX_GROUPS: usize = 8;

/// How a message is written; all zero is the smallest form.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_form {
    /// Flag: the initiator hides behind its UID.
    pub hide_initiator: u32,
    /// Flag: the responder is hidden behind its UID.
    pub hide_responder: u32,
    /// The services whose sessions the map lists: a sum of CASTKEY_MCX_MCPTT and CASTKEY_MCX_MCVIDEO; 0: the empty map,
    /// which stands for all.
    pub services: u32,
    /// Flag: the key is encapsulated to the initiator as well.
    pub to_self: u32,
    /// Flag: key parameters are written: the fields from `shared` on.
    pub has_parameters: u32,
    /// Flag: the key is shared with a security gateway.
    pub shared: u32,
    /// When the key becomes active; no time: at once.
    pub activation: castkey_mcx_time,
    /// When the key expires; no time: never.
    pub expiry: castkey_mcx_time,
    /// A name, UTF-8.
    pub text: castkey_octets,
    /// The URIs of the groups that the key serves.
    pub groups: *const castkey_octets,
    /// How many, at most CASTKEY_MCX_MAX_GROUPS.
    pub n_groups: usize,
    /// The list of key management protocols of the SDP that will carry the message; NULL for a body part.
    pub sdp_ids: castkey_octets,
}

// SAFETY: integers and pointers.
unsafe impl Plain for castkey_mcx_form {}

/// A form with what it refers to, for the length of a call.
pub(crate) struct Form<'c> {
    services: &'static [McService],
    text: &'c str,
    groups: [&'c [u8]; CASTKEY_MCX_MAX_GROUPS],
    form: castkey_mcx_form,
    sdp_ids: Option<&'c [u8]>,
}

const SERVICES: [&[McService]; 4] =
    [&[], &[McService::Mcptt], &[McService::McVideo], &[McService::Mcptt, McService::McVideo]];

/// The one service of this number.
pub(crate) fn service(number: u32) -> Result<McService, Status> {
    match number {
        CASTKEY_MCX_MCPTT => Ok(McService::Mcptt),
        CASTKEY_MCX_MCVIDEO => Ok(McService::McVideo),
        _ => Err(Status::BAD_ENUM),
    }
}

impl castkey_mcx_form {
    /// The memory that it refers to; that of the single groups aside.
    pub(crate) fn spans(&self) -> [Span; 3] {
        [self.text.span(), Span::read(self.groups, self.n_groups), self.sdp_ids.span()]
    }

    #[inline(never)]
    pub(crate) fn read<'c>(&self, promise: &'c Promise) -> Result<Form<'c>, Status> {
        for number in
            [self.hide_initiator, self.hide_responder, self.to_self, self.has_parameters, self.shared]
        {
            flag(number)?;
        }
        let mut groups: [&[u8]; CASTKEY_MCX_MAX_GROUPS] = [&[]; CASTKEY_MCX_MAX_GROUPS];
        let given = promise.slice(self.groups, self.n_groups)?;
        for (to, from) in groups.get_mut(..given.len()).ok_or(Status::BAD_ENUM)?.iter_mut().zip(given) {
            *to = from.read(promise)?;
        }
        Ok(Form {
            services: choice(&SERVICES, self.services)?,
            text: promise.text(self.text.octets, self.text.len)?,
            groups,
            form: *self,
            sdp_ids: self.sdp_ids.optional(promise)?,
        })
    }
}

impl Form<'_> {
    pub(crate) fn form(&self) -> MessageForm<'_> {
        let given = &self.form;
        // The library sets kind, algorithm and time of making.
        let parameters = (given.has_parameters != 0).then(|| KeyParametersInit {
            shared_with_gateway: given.shared != 0,
            activation: given.activation.optional(),
            expiry: given.expiry.optional(),
            text: self.text,
            groups: self.groups.get(..given.n_groups).unwrap_or_default(),
            ..KeyParametersInit::of(PurposeTag::Csk, Ntp64::from_seconds(0))
        });
        MessageForm {
            hide_initiator: given.hide_initiator != 0,
            hide_responder: given.hide_responder != 0,
            services: self.services,
            to_self: given.to_self != 0,
            parameters,
            sdp_ids: self.sdp_ids,
        }
    }
}
