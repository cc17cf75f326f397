//! What a client or a server wants done, or tells.

#![allow(unsafe_code, reason = "marks a type")]

use castkey::mcx::{KmsRole, McxClientAction, McxServerAction, PeerAnswer, Rejected};

use crate::bytes::Plain;
use crate::mcx::time::castkey_mcx_time;
use crate::octets::castkey_octets;
use crate::status::castkey_status;
use crate::ue_types::place_of;

/// Send `len` octets at `offset` to the peer, as body part `application/mikey` or in SDP; `key_id` is that of the key in it.
pub const CASTKEY_MCX_SEND: u32 = 1;
/// Client: the server is known.
pub const CASTKEY_MCX_REGISTERED: u32 = 2;
/// Client: the server took the uploaded CSK, and `key_id` is in use: the uploaded one, or one that came meanwhile in a
/// message with a later T.
pub const CASTKEY_MCX_CSK_IN_USE: u32 = 3;
/// The CSK that was sent is forgotten; what was in use still is.
pub const CASTKEY_MCX_KEPT_OLD: u32 = 4;
/// Client: the CSK `key_id` came, with `algorithm`, and is in use from `active_from` on.
pub const CASTKEY_MCX_CSK_STORED: u32 = 5;
/// Client: the MuSiK `key_id` came, with `algorithm`, and is in use from `active_from` on.
pub const CASTKEY_MCX_MUSIK_STORED: u32 = 6;
/// Server: the user is bound to the CSK `key_id`, with `algorithm`, from `active_from` on.
pub const CASTKEY_MCX_CSK_BOUND: u32 = 7;
/// The keys of the user are gone.
pub const CASTKEY_MCX_LOGGED_OFF: u32 = 8;
/// The message that came was refused with the status in `detail`; `answer` is what its sender may be told. Nothing else has
/// changed, but that an authentic message is remembered against replays, and that a rate limit has counted.
pub const CASTKEY_MCX_REFUSED: u32 = 9;

/// The message is not acceptable as it stands.
pub const CASTKEY_MCX_ANSWER_BAD_REQUEST: u32 = 1;
/// Another KMS should be used: 488 with a KMS Redirect Response.
pub const CASTKEY_MCX_ANSWER_REDIRECT: u32 = 2;
/// Keys have to be fetched first: those of the key period `period`. The same message may be good then.
pub const CASTKEY_MCX_ANSWER_LATER: u32 = 3;
/// The message was refused.
pub const CASTKEY_MCX_ANSWER_FORBIDDEN: u32 = 4;

/// It is the KMS of the initiator that is not accepted.
pub const CASTKEY_MCX_KMS_OF_INITIATOR: u32 = 1;
/// It is the KMS of the responder that is not accepted.
pub const CASTKEY_MCX_KMS_OF_RESPONDER: u32 = 2;

/// What a client or a server wants done, or tells. Fields that the kind does not name are 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_action {
    /// CASTKEY_MCX_SEND to CASTKEY_MCX_REFUSED.
    pub kind: u32,
    /// Where its octets begin in `out`.
    pub offset: u32,
    /// How many there are.
    pub len: u32,
    /// A key ID.
    pub key_id: u32,
    /// An algorithm.
    pub algorithm: u32,
    /// A status.
    pub detail: u32,
    /// CASTKEY_MCX_ANSWER_*.
    pub answer: u32,
    /// With CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED: CASTKEY_MCX_KMS_OF_*.
    pub kms_role: u32,
    /// When a key becomes active.
    pub active_from: castkey_mcx_time,
    /// With CASTKEY_ERR_MCX_NO_KEY_MATERIAL: the key period whose keys are missing.
    pub period: u64,
    /// With CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED: the URI of that KMS; it points into the message that came.
    pub kms: castkey_octets,
}

// SAFETY: integers and a pointer.
unsafe impl Plain for castkey_mcx_action {}

impl castkey_mcx_action {
    const NONE: Self = Self {
        kind: 0,
        offset: 0,
        len: 0,
        key_id: 0,
        algorithm: 0,
        detail: 0,
        answer: 0,
        kms_role: 0,
        active_from: castkey_mcx_time::NONE,
        period: 0,
        kms: castkey_octets { octets: core::ptr::null(), len: 0 },
    };

    /// The action of a client, whose octets lie behind the address `start`.
    #[inline(never)]
    pub(crate) fn of_client(action: McxClientAction<'_>, start: usize) -> Self {
        let none = Self::NONE;
        match action {
            McxClientAction::Registered => Self { kind: CASTKEY_MCX_REGISTERED, ..none },
            McxClientAction::Send(message) => {
                let (offset, len) = place_of(message, start);
                Self { kind: CASTKEY_MCX_SEND, offset, len, ..none }
            }
            McxClientAction::CskInUse(id) => {
                Self { kind: CASTKEY_MCX_CSK_IN_USE, key_id: id.to_u32(), ..none }
            }
            McxClientAction::KeptOld => Self { kind: CASTKEY_MCX_KEPT_OLD, ..none },
            McxClientAction::CskStored { id, active_from, algorithm } => Self {
                kind: CASTKEY_MCX_CSK_STORED,
                key_id: id.to_u32(),
                active_from: castkey_mcx_time::of(active_from),
                algorithm: algorithm.into(),
                ..none
            },
            McxClientAction::MuSikStored { id, active_from, algorithm } => Self {
                kind: CASTKEY_MCX_MUSIK_STORED,
                key_id: id.to_u32(),
                active_from: castkey_mcx_time::of(active_from),
                algorithm: algorithm.into(),
                ..none
            },
            McxClientAction::LoggedOff => Self { kind: CASTKEY_MCX_LOGGED_OFF, ..none },
            _ => none,
        }
    }

    /// The action of a server, whose octets lie behind the address `start`.
    #[inline(never)]
    pub(crate) fn of_server(action: McxServerAction<'_>, start: usize) -> Self {
        let none = Self::NONE;
        match action {
            McxServerAction::CskBound { id, algorithm, active_from } => Self {
                kind: CASTKEY_MCX_CSK_BOUND,
                key_id: id.to_u32(),
                algorithm: algorithm.into(),
                active_from: castkey_mcx_time::of(active_from),
                ..none
            },
            McxServerAction::Send { id, message } => {
                let (offset, len) = place_of(message, start);
                Self { kind: CASTKEY_MCX_SEND, offset, len, key_id: id.to_u32(), ..none }
            }
            McxServerAction::KeptOld => Self { kind: CASTKEY_MCX_KEPT_OLD, ..none },
            McxServerAction::LoggedOff => Self { kind: CASTKEY_MCX_LOGGED_OFF, ..none },
            _ => none,
        }
    }

    /// Why a message that came was refused.
    #[inline(never)]
    pub(crate) fn refused(why: &Rejected<'_>) -> Self {
        let answer = match why.peer_answer() {
            PeerAnswer::BadRequest => CASTKEY_MCX_ANSWER_BAD_REQUEST,
            PeerAnswer::Redirect => CASTKEY_MCX_ANSWER_REDIRECT,
            PeerAnswer::Later => CASTKEY_MCX_ANSWER_LATER,
            _ => CASTKEY_MCX_ANSWER_FORBIDDEN,
        };
        let detail: castkey_status = why.code();
        let refused = Self { kind: CASTKEY_MCX_REFUSED, detail, answer, ..Self::NONE };
        match why {
            Rejected::NoKeyMaterial { period } => Self { period: *period, ..refused },
            Rejected::KmsNotAccepted { role, uri } => {
                let kms_role = match role {
                    KmsRole::Initiator => CASTKEY_MCX_KMS_OF_INITIATOR,
                    KmsRole::Responder => CASTKEY_MCX_KMS_OF_RESPONDER,
                };
                Self { kms_role, kms: castkey_octets::of(uri), ..refused }
            }
            _ => refused,
        }
    }
}
