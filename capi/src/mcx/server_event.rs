//! What a server is told, and how it is set up.

#![allow(unsafe_code, reason = "marks types")]

use castkey::mcx::{
    CskDownload, CskUpload, HeldKey, McxServerConfig, McxServerEvent, McxSettings, MuSikDownload, RateLimit,
};

use crate::bytes::{Plain, Promise};
use crate::mcx::algorithms::{castkey_mcx_algorithms, chosen};
use crate::mcx::form::{Form, castkey_mcx_form};
use crate::mcx::musik::castkey_mcx_musik;
use crate::mcx::settings::castkey_mcx_settings;
use crate::octets::castkey_octets;
use crate::span::Span;
use crate::status::Status;

/// The CSK `octets` came from `user`, whom SIP knows as `impu`, with `sdp_ids`. Where SIP does not name a hidden user, both are empty,
/// and `who` of the castkey_mcx_table tells them.
pub const CASTKEY_MCX_SERVER_UPLOAD: u32 = 1;
/// The CSK of `user`, whose KMS is `kms`, is to change: with the algorithm `select`, in the form `form`.
pub const CASTKEY_MCX_SERVER_SEND_CSK: u32 = 2;
/// `user` answered that he took the CSK that was sent.
pub const CASTKEY_MCX_SERVER_CSK_TAKEN: u32 = 3;
/// `user` refused it, or did not answer.
pub const CASTKEY_MCX_SERVER_CSK_REFUSED: u32 = 4;
/// `user`, whose KMS is `kms`, is to have `musik`, in the form `form` whose services are those of the MuSiK.
pub const CASTKEY_MCX_SERVER_SEND_MUSIK: u32 = 5;
/// `user` has logged off, or the session ended, or he registers anew.
pub const CASTKEY_MCX_SERVER_LOG_OFF: u32 = 6;

/// No limit, as `burst` of a castkey_mcx_limit.
pub const CASTKEY_MCX_NO_LIMIT: u32 = 0xFFFF_FFFF;
/// What an upload costs, in tokens of a castkey_mcx_limit: units of one signature verification.
pub const CASTKEY_MCX_OPEN_COST: u32 = 11;

/// How many uploads may reach the mathematics: a bucket that holds `burst` tokens at most and gains `per_s` each second.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_limit {
    /// Most tokens; CASTKEY_MCX_NO_LIMIT: no limit.
    pub burst: u32,
    /// Tokens each second.
    pub per_s: u32,
}

/// How a server is set up; castkey_mcx_server_config_default() fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_server_config {
    /// What no standard settles.
    pub settings: castkey_mcx_settings,
    /// What its KMS provisioned for the negotiation.
    pub algorithms: castkey_mcx_algorithms,
    /// For all uploads together. Default no limit.
    pub limit: castkey_mcx_limit,
    /// For each user who has a CSK. Default no limit.
    pub limit_per_user: castkey_mcx_limit,
}

/// What happens to a server. Fields that the kind does not name are not read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_server_event {
    /// CASTKEY_MCX_SERVER_UPLOAD to CASTKEY_MCX_SERVER_LOG_OFF.
    pub kind: u32,
    /// The algorithm to select, from the user's offer; 0: the current one stays.
    pub select: u32,
    /// The MC service user ID.
    pub user: castkey_octets,
    /// The public user identity that SIP authenticated.
    pub impu: castkey_octets,
    /// The URI of the user's KMS.
    pub kms: castkey_octets,
    /// A message.
    pub octets: castkey_octets,
    /// The list of key management protocols of the SDP that carried it; NULL for a body part.
    pub sdp_ids: castkey_octets,
    /// A MuSiK.
    pub musik: *const castkey_mcx_musik,
    /// How a message is written.
    pub form: castkey_mcx_form,
}

// SAFETY: integers.
unsafe impl Plain for castkey_mcx_server_config {}
// SAFETY: integers and pointers.
unsafe impl Plain for castkey_mcx_server_event {}

const _: () = assert!(CASTKEY_MCX_OPEN_COST == castkey::mcx::OPEN_COST);

impl castkey_mcx_limit {
    const NONE: Self = Self { burst: CASTKEY_MCX_NO_LIMIT, per_s: CASTKEY_MCX_NO_LIMIT };

    const fn limit(self) -> RateLimit {
        if self.burst == CASTKEY_MCX_NO_LIMIT {
            RateLimit::NONE
        } else {
            RateLimit::new(self.burst, self.per_s)
        }
    }
}

impl castkey_mcx_server_config {
    pub(crate) fn config(&self) -> Result<McxServerConfig, Status> {
        Ok(McxServerConfig {
            settings: self.settings.settings()?,
            algorithms: self.algorithms.policy()?,
            limit: self.limit.limit(),
            limit_per_user: self.limit_per_user.limit(),
        })
    }

    pub(crate) fn by_default() -> Self {
        Self {
            settings: castkey_mcx_settings::of(&McxSettings::DEFAULT),
            algorithms: castkey_mcx_algorithms::of(&McxServerConfig::default().algorithms),
            limit: castkey_mcx_limit::NONE,
            limit_per_user: castkey_mcx_limit::NONE,
        }
    }
}

impl castkey_mcx_server_event {
    /// Whether an event of this kind writes a message.
    pub(crate) const fn has_form(&self) -> bool {
        matches!(self.kind, CASTKEY_MCX_SERVER_SEND_CSK | CASTKEY_MCX_SERVER_SEND_MUSIK)
    }

    /// Whether an event of this kind is a message that came.
    pub(crate) const fn is_message(&self) -> bool {
        self.kind == CASTKEY_MCX_SERVER_UPLOAD
    }

    /// Whether an event of this kind has a MuSiK.
    pub(crate) const fn has_musik(&self) -> bool {
        self.kind == CASTKEY_MCX_SERVER_SEND_MUSIK
    }

    /// The memory that an event of this kind refers to.
    pub(crate) fn spans(&self) -> [Span; 9] {
        let nothing = Span::read::<u8>(core::ptr::null(), 0);
        let when = |is: bool, span| if is { span } else { nothing };
        let [text, groups, ids] = self.form.spans();
        [
            self.user.span(),
            when(self.is_message(), self.impu.span()),
            when(self.has_form(), self.kms.span()),
            when(self.is_message(), self.octets.span()),
            when(self.is_message(), self.sdp_ids.span()),
            when(self.has_musik(), Span::looked(self.musik)),
            when(self.has_form(), text),
            when(self.has_form(), groups),
            when(self.has_form(), ids),
        ]
    }

    /// The event; `form` and `musik` are there when it has such.
    pub(crate) fn event<'c>(
        &self, promise: &'c Promise, form: Option<&'c Form<'c>>, musik: Option<&'c HeldKey>,
    ) -> Result<McxServerEvent<'c>, Status> {
        let user = self.user.read(promise)?;
        let form = || form.map(Form::form).ok_or(Status::BAD_ENUM);
        Ok(match self.kind {
            CASTKEY_MCX_SERVER_UPLOAD => McxServerEvent::Upload(CskUpload {
                octets: self.octets.read(promise)?,
                impu: self.impu.read(promise)?,
                user,
                sdp_ids: self.sdp_ids.optional(promise)?,
            }),
            CASTKEY_MCX_SERVER_SEND_CSK => McxServerEvent::SendCsk(CskDownload {
                user,
                kms: self.kms.read(promise)?,
                select: chosen(self.select)?,
                form: form()?,
            }),
            CASTKEY_MCX_SERVER_CSK_TAKEN => McxServerEvent::CskTaken { user },
            CASTKEY_MCX_SERVER_CSK_REFUSED => McxServerEvent::CskRefused { user },
            CASTKEY_MCX_SERVER_SEND_MUSIK => McxServerEvent::SendMuSik(MuSikDownload {
                user,
                kms: self.kms.read(promise)?,
                musik: musik.ok_or(Status::NULL)?,
                form: form()?,
            }),
            CASTKEY_MCX_SERVER_LOG_OFF => McxServerEvent::LogOff { user },
            _ => return Err(Status::BAD_ENUM),
        })
    }
}
