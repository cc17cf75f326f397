//! AUTHENTICATE in the MBMS security context (TS 31.102 §7.1).
//!
//! ```text
//! command    00 89 80 85 | Lc 1 | 53 | L (BER) | mode 1 | mode data |
//! response   53 | L (BER) | DB | answer |
//! ```
//!
//! A command whose data are over 255 octets goes in blocks, which is the caller's business (point U26).

use core::fmt;

use super::files::muk_id_tlv;
use super::tlv::{BerReader, BerWriter};
use crate::crypto::key_octets;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError, OpenError};
use crate::id::GroupName;
use crate::keys::{Mtk, MtkSalt, MukId};
use crate::message::OpenedMtk;

const HEADER: [u8; 4] = [0x00, 0x89, 0x80, 0x85];
const MBMS_OBJECT: u8 = 0x53;
const SUCCESS: u8 = 0xDB;

/// A command to the card.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Authenticate<'a> {
    /// Mode 01: take this MSK message.
    MskUpdate(&'a [u8]),
    /// Mode 02: open this MTK message.
    MtkGeneration(&'a [u8]),
    /// Mode 03: forget the MSKs of this Key Group.
    MskDeletion(GroupName),
    /// Mode 04: forget this MUK.
    MukDeletion(MukId<'a>),
}

impl Authenticate<'_> {
    /// Writes the command APDU.
    ///
    /// # Errors
    ///
    /// [`EncodeError::FieldTooLong`] when the data are over 255 octets, [`EncodeError::BufferTooSmall`].
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        let data_len = match self {
            Self::MskUpdate(message) | Self::MtkGeneration(message) => message.len(),
            Self::MskDeletion(_) => 5,
            Self::MukDeletion(id) => muk_id_tlv(*id, &mut BerWriter::new(&mut []))?,
        };
        let object_len = data_len.saturating_add(1);
        let lc = object_len.saturating_add(1).saturating_add(BerWriter::length_len(object_len));
        let mut w = BerWriter::new(out);
        w.put(&HEADER);
        w.put(&[u8::try_from(lc).map_err(|_| EncodeError::FieldTooLong)?]);
        w.tag(MBMS_OBJECT, object_len)?;
        match self {
            Self::MskUpdate(message) => {
                w.put(&[0x01]);
                w.put(message);
            }
            Self::MtkGeneration(message) => {
                w.put(&[0x02]);
                w.put(message);
            }
            Self::MskDeletion(group) => {
                w.put(&[0x03]);
                w.put(&group.domain.to_octets());
                w.put(&group.group.0.to_be_bytes());
            }
            Self::MukDeletion(id) => {
                w.put(&[0x04]);
                muk_id_tlv(*id, &mut w)?;
            }
        }
        w.finish()
    }
}

impl fmt::Debug for Authenticate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MskUpdate(message) => write!(f, "MskUpdate({} octets)", message.len()),
            Self::MtkGeneration(message) => write!(f, "MtkGeneration({} octets)", message.len()),
            Self::MskDeletion(group) => f.debug_tuple("MskDeletion").field(group).finish(),
            Self::MukDeletion(id) => f.debug_tuple("MukDeletion").field(id).finish(),
        }
    }
}

/// How a card answers an MTK generation (point U27).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MtkResponseForm {
    /// Length and MTK, length and salt.
    #[default]
    LengthValue,
    /// The 16 octets of the MTK, then the 14 of the salt if there is one.
    Raw,
}

/// The answer of the card to a command that succeeded.
#[non_exhaustive]
pub enum Response<'a> {
    /// Nothing to hand on.
    Done,
    /// A verification message to send to the BM-SC.
    Verification(&'a [u8]),
    /// An MTK.
    Mtk(OpenedMtk),
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Verification(_) => "Verification(..)",
            Self::Mtk(_) => "Mtk(..)",
        })
    }
}

/// Decodes the response data to `command`.
///
/// # Errors
///
/// [`DecodeError`] with the first octet that is wrong.
pub fn decode_response<'a>(
    command: &Authenticate<'_>, octets: &'a [u8], form: MtkResponseForm,
) -> Result<Response<'a>, DecodeError> {
    let mut r = BerReader::new(octets);
    let object = r.object(MBMS_OBJECT)?;
    r.finish()?;
    let at = octets.len().saturating_sub(object.len());
    let bad = DecodeError::new(DecodeErrorKind::BadKeyData, at);
    let (&tag, answer) = object.split_first().ok_or(DecodeError::new(DecodeErrorKind::Truncated, at))?;
    if tag != SUCCESS {
        return Err(bad);
    }
    match (command, answer) {
        (Authenticate::MtkGeneration(_), answer) => mtk_of(answer, form).map(Response::Mtk).ok_or(bad),
        (_, []) => Ok(Response::Done),
        (Authenticate::MskUpdate(_), message) => Ok(Response::Verification(message)),
        (Authenticate::MskDeletion(_) | Authenticate::MukDeletion(_), _) => {
            Err(DecodeError::new(DecodeErrorKind::TrailingOctets, at.saturating_add(1)))
        }
    }
}

fn mtk_of(octets: &[u8], form: MtkResponseForm) -> Option<OpenedMtk> {
    let (mtk, salt) = match form {
        MtkResponseForm::LengthValue => {
            let (mtk, rest) = short(octets)?;
            match rest {
                [] => (mtk, None),
                rest => {
                    let (salt, rest) = short(rest)?;
                    if !rest.is_empty() {
                        return None;
                    }
                    (mtk, Some(salt))
                }
            }
        }
        MtkResponseForm::Raw => {
            let (mtk, salt) = octets.split_at_checked(Mtk::LEN)?;
            (mtk, Some(salt).filter(|salt| !salt.is_empty()))
        }
    };
    let salt = match salt {
        Some(salt) => Some(MtkSalt::new(key_octets::import(salt)?)),
        None => None,
    };
    Some(OpenedMtk { mtk: Mtk::new(key_octets::import(mtk)?), salt })
}

fn short(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(*len))
}

/// The status words of the MBMS context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// 90 00, 91 xx, 62 00, 62 F1, 62 F2: done.
    Done,
    /// 62 F3: response data wait to be fetched.
    ResponseWaits,
    /// 98 62, 98 65 or 6A 88 and their kin: the card refused.
    Refused(OpenError),
    /// 69 85: no bootstrapping run was made.
    NotBootstrapped,
    /// 69 82: the PIN is missing.
    SecurityStatus,
    /// Any other.
    Other(u16),
}

impl Status {
    /// The meaning of `sw` in answer to `command`.
    #[must_use]
    pub const fn of(sw: u16, command: &Authenticate<'_>) -> Self {
        let mtk = matches!(command, Authenticate::MtkGeneration(_));
        match sw {
            0x9000 | 0x9100..=0x91FF | 0x6200 | 0x62F1 | 0x62F2 => Self::Done,
            0x62F3 => Self::ResponseWaits,
            0x9862 => Self::Refused(OpenError::MacInvalid),
            0x9865 if mtk => Self::Refused(OpenError::KeyNotFresh),
            0x9865 => Self::Refused(OpenError::Replay),
            0x9866 => Self::Refused(OpenError::MskStoreFull),
            0x9867 => Self::Refused(OpenError::MukStoreFull),
            0x6A88 if mtk => Self::Refused(OpenError::MskUnknown),
            0x6A88 => Self::Refused(OpenError::MukUnknown),
            0x6985 => Self::NotBootstrapped,
            0x6982 => Self::SecurityStatus,
            other => Self::Other(other),
        }
    }
}
