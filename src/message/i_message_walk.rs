//! The walk over an I_MESSAGE: which payload may stand where, how often and in which form (RFC 6509 §2.1, RFC 3830 §5.2).
//!
//! ```text
//! stage   Fresh     Identities     Body
//!         T RAND    IDR..          SP.. SAKKE EXT.. SIGN        no payload of an earlier stage follows
//! ```

use super::i_message::{MAX_CRYPTO_SESSIONS, MAX_EXTENSION_LEN, MAX_I_MESSAGE_POLICIES, Party};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{
    DataType, ExtType, Extension, Hdr, IdRole, IdType, IdentityRole, Payload, PrfFunc, Sakke, Sign, Timestamp,
};

/// Octets of a payload with the offset of its first octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) at: usize,
    pub(super) value: T,
}

/// What a walk has found.
#[derive(Default)]
pub(super) struct Found<'a> {
    stage: Stage,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) rand: Option<&'a [u8]>,
    pub(super) initiator: Option<Party<'a>>,
    pub(super) responder: Option<Party<'a>>,
    pub(super) initiator_kms: Option<&'a [u8]>,
    pub(super) responder_kms: Option<&'a [u8]>,
    policy_count: usize,
    pub(super) sakke: Option<At<Sakke<'a>>>,
    pub(super) signature: Option<&'a [u8; Sign::ECCSI_LEN]>,
    pub(super) sdp_ids: Option<&'a [u8]>,
    pub(super) to_self: Option<At<&'a [u8]>>,
    pub(super) key_parameters: Option<&'a [u8]>,
    pub(super) algorithms: Option<&'a [u8]>,
}

/// How far a walk has come: payloads of an earlier stage may not follow.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Fresh,
    Identities,
    Body,
}

impl<'a> Found<'a> {
    /// Takes one payload.
    pub(super) fn see(&mut self, hdr: &Hdr<'a>, at: usize, payload: Payload<'a>) -> Result<(), DecodeError> {
        check_hdr(hdr)?;
        self.place(&payload, at)?;
        let twice = DecodeError::new(DecodeErrorKind::DuplicatePayload, at);
        match payload {
            Payload::T(timestamp) => {
                if matches!(timestamp, Timestamp::Counter(_)) {
                    let at = at.saturating_add(1);
                    return Err(DecodeError::new(DecodeErrorKind::UnsupportedTimestamp, at));
                }
                set(&mut self.timestamp, timestamp).ok_or(twice)
            }
            Payload::Rand(rand) => {
                if !(16..=32).contains(&rand.len()) {
                    return Err(DecodeError::new(DecodeErrorKind::BadRand, at.saturating_add(1)));
                }
                set(&mut self.rand, rand).ok_or(twice)
            }
            Payload::Idr(idr) => self.see_identity(idr, at)?.ok_or(twice),
            Payload::Sp(_) => {
                self.policy_count = self.policy_count.saturating_add(1);
                if self.policy_count > MAX_I_MESSAGE_POLICIES {
                    return Err(DecodeError::new(DecodeErrorKind::TooManyPayloads, at));
                }
                Ok(())
            }
            Payload::Sakke(sakke) => set(&mut self.sakke, At { at, value: sakke }).ok_or(twice),
            Payload::Ext(ext) => self.see_extension(ext, at)?.ok_or(twice),
            Payload::Sign(Sign { s_type, octets }) => {
                let signature = octets.try_into().ok().filter(|_| s_type == Sign::ECCSI);
                self.signature =
                    Some(signature.ok_or(DecodeError::new(DecodeErrorKind::UnsupportedSignature, at))?);
                Ok(())
            }
            _ => Err(DecodeError::new(DecodeErrorKind::UnsupportedPayload, at)),
        }
    }

    /// T and RAND stand before the identities, the identities before the rest.
    fn place(&mut self, payload: &Payload<'_>, at: usize) -> Result<(), DecodeError> {
        let stage = match payload {
            Payload::T(_) | Payload::Rand(_) => Stage::Fresh,
            Payload::Idr(_) => Stage::Identities,
            _ => Stage::Body,
        };
        // A payload that is there already counts as the duplicate that it is, wherever it stands.
        let again = match payload {
            Payload::T(_) => self.timestamp.is_some(),
            Payload::Rand(_) => self.rand.is_some(),
            _ => false,
        };
        if stage < self.stage && !again {
            return Err(DecodeError::new(DecodeErrorKind::WrongOrder, at));
        }
        self.stage = self.stage.max(stage);
        Ok(())
    }

    fn see_identity(&mut self, idr: IdentityRole<'a>, at: usize) -> Result<Option<()>, DecodeError> {
        let bad = DecodeError::new(DecodeErrorKind::BadIdentity, at.saturating_add(1));
        let (id_type, octets) = (idr.identity.id_type, idr.identity.octets);
        let uri = || (id_type == IdType::URI && !octets.is_empty()).then_some(octets).ok_or(bad);
        let uid = || {
            let uid = octets.try_into().ok();
            uid.filter(|_| matches!(id_type, IdType::URI | IdType::BYTE_STRING)).ok_or(bad)
        };
        Ok(match idr.role {
            IdRole::INITIATOR => set(&mut self.initiator, Party::Uri(uri()?)),
            IdRole::RESPONDER => set(&mut self.responder, Party::Uri(uri()?)),
            IdRole::INITIATOR_UID => set(&mut self.initiator, Party::Hidden(uid()?)),
            IdRole::RESPONDER_UID => set(&mut self.responder, Party::Hidden(uid()?)),
            IdRole::INITIATOR_KMS => set(&mut self.initiator_kms, uri()?),
            IdRole::RESPONDER_KMS => set(&mut self.responder_kms, uri()?),
            _ => return Err(bad),
        })
    }

    fn see_extension(&mut self, ext: Extension<'a>, at: usize) -> Result<Option<()>, DecodeError> {
        if ext.octets.len() > MAX_EXTENSION_LEN {
            return Err(DecodeError::new(DecodeErrorKind::TooLong, at.saturating_add(2)));
        }
        Ok(match ext.ext_type {
            ExtType::SDP_IDS => set(&mut self.sdp_ids, ext.octets),
            // The data begin behind next payload, type and length.
            ExtType::SAKKE_TO_SELF => {
                set(&mut self.to_self, At { at: at.saturating_add(4), value: ext.octets })
            }
            ExtType::MC_KEY_PARAMETERS => set(&mut self.key_parameters, ext.octets),
            ExtType::KEY_ALGORITHMS => set(&mut self.algorithms, ext.octets),
            _ => Some(()),
        })
    }
}

fn check_hdr(hdr: &Hdr<'_>) -> Result<(), DecodeError> {
    if hdr.data_type != DataType::SAKKE {
        return Err(DecodeError::new(DecodeErrorKind::WrongDataType, 1));
    }
    if hdr.prf != PrfFunc::HMAC_SHA_256 {
        return Err(DecodeError::new(DecodeErrorKind::UnsupportedPrf, 3));
    }
    if hdr.map.cs_count() > MAX_CRYPTO_SESSIONS {
        return Err(DecodeError::new(DecodeErrorKind::TooLong, 8));
    }
    Ok(())
}

/// Sets what is not set yet.
fn set<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    if slot.is_some() {
        return None;
    }
    *slot = Some(value);
    Some(())
}
