//! What a datagram on the MIKEY port turns out to be.

use super::error_message::ErrorMessage;
use super::msk::MskMessage;
use super::mtk::MtkMessage;
use super::profile;
use super::psk::PskMessage;
use super::verification::VerificationMessage;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::id::KeyDomainId;
use crate::settings::Settings;
use crate::wire::DataType;

/// A decoded MBMS message of any kind. A message is an MTK message if and only if it carries an MTK ID.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Incoming<'a> {
    /// An MSK message or a solicited pull.
    Msk(MskMessage<'a>),
    /// An MTK message.
    Mtk(MtkMessage<'a>),
    /// A verification message.
    Verification(VerificationMessage<'a>),
    /// An error message.
    Error(ErrorMessage<'a>),
}

impl<'a> Incoming<'a> {
    /// Decodes a datagram. `domain` is the Key Domain of the channel, which only MTK messages of the draft need.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong; data types other than 0, 1 and 6 are refused.
    pub fn decode(
        octets: &'a [u8], domain: Option<KeyDomainId>, settings: &Settings,
    ) -> Result<Self, DecodeError> {
        match octets.get(1).map(|data_type| DataType(*data_type)) {
            Some(DataType::PSK) => {
                let psk = PskMessage::decode(octets)?;
                let named = profile::read(&psk, domain, settings)?;
                if named.mtk.is_some() {
                    MtkMessage::of(&psk, named, settings).map(Self::Mtk)
                } else {
                    MskMessage::of(&psk, named, settings).map(Self::Msk)
                }
            }
            Some(DataType::PSK_VER) => VerificationMessage::decode(octets).map(Self::Verification),
            Some(DataType::ERROR) => ErrorMessage::decode(octets).map(Self::Error),
            Some(_) => Err(DecodeError::new(DecodeErrorKind::WrongDataType, 1)),
            None => Err(DecodeError::new(DecodeErrorKind::Truncated, octets.len())),
        }
    }
}
