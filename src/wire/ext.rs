//! General Extension (RFC 3830 §6.15) and the Key ID information in it (RFC 4563 §4).
//!
//! ```text
//! | next payload 1 | ext type 1 | length 2 | data |
//!
//! Key ID information   { Key ID type 1 | Key ID length 1 | Key ID }
//! ```

use core::fmt;

use super::codepoint::{ExtType, KeyIdType};
use super::cursor::Cursor;
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::id::{KeyDomainId, MskId, MtkId};

/// A General Extension.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its type.
    pub ext_type: ExtType,
    /// Its data.
    pub octets: &'a [u8],
}

impl<'a> Extension<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { ext_type: ExtType(r.u8()?), octets: r.long()? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.ext_type.0);
        w.long(self.octets)
    }
}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extension({:?}, {} octets)", self.ext_type, self.octets.len())
    }
}

/// The Key ID information of MBMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct KeyIds {
    /// Key Domain ID, 3 octets.
    pub domain: Option<KeyDomainId>,
    /// MSK ID, 4 octets.
    pub msk: Option<MskId>,
    /// MTK ID, 2 octets.
    pub mtk: Option<MtkId>,
}

impl KeyIds {
    /// Decodes the data of a Key ID extension that stands at octet `at`: any order, nothing twice, nothing unknown.
    ///
    /// # Errors
    ///
    /// [`DecodeErrorKind::BadKeyId`].
    pub fn decode(octets: &[u8], at: usize) -> Result<Self, DecodeError> {
        let mut ids = Self::default();
        let mut c = Cursor::new(octets);
        while !c.is_at_end() {
            let bad = DecodeError::new(DecodeErrorKind::BadKeyId, at.saturating_add(c.at));
            let (key_id_type, octets) = (KeyIdType(c.octet()), c.short());
            c.check().map_err(|_| bad)?;
            match key_id_type {
                KeyIdType::KEY_DOMAIN_ID => {
                    set(&mut ids.domain, octets.try_into().ok().map(KeyDomainId::new))
                }
                KeyIdType::MSK_ID => set(&mut ids.msk, octets.try_into().ok().map(MskId::from_octets)),
                KeyIdType::MTK_ID => {
                    set(&mut ids.mtk, octets.try_into().ok().map(|octets| MtkId(u16::from_be_bytes(octets))))
                }
                _ => None,
            }
            .ok_or(bad)?;
        }
        Ok(ids)
    }

    /// The data of a Key ID extension, in the order domain, MSK, MTK.
    #[must_use]
    pub fn encode(&self) -> KeyIdOctets {
        let mut octets = [0; KeyIdOctets::MAX_LEN];
        let mut w = Writer::new(&mut octets);
        if let Some(domain) = self.domain {
            w.put(&[KeyIdType::KEY_DOMAIN_ID.0, 3]);
            w.put(&domain.to_octets());
        }
        if let Some(msk) = self.msk {
            w.put(&[KeyIdType::MSK_ID.0, 4]);
            w.put(&msk.to_octets());
        }
        if let Some(MtkId(mtk)) = self.mtk {
            w.put(&[KeyIdType::MTK_ID.0, 2]);
            w.put(&mtk.to_be_bytes());
        }
        let len = w.at();
        KeyIdOctets { octets, len }
    }
}

/// Sets what is not set yet.
fn set<T>(slot: &mut Option<T>, value: Option<T>) -> Option<()> {
    if slot.is_some() {
        return None;
    }
    *slot = Some(value?);
    Some(())
}

/// The data of a Key ID extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyIdOctets {
    octets: [u8; Self::MAX_LEN],
    len: usize,
}

impl KeyIdOctets {
    /// Most octets: all three identifiers.
    pub const MAX_LEN: usize = 15;

    /// The octets.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

/// A Key ID sub-payload, uninterpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyIdSub<'a> {
    /// Its type.
    pub key_id_type: KeyIdType,
    /// The identifier.
    pub octets: &'a [u8],
}

impl<'a> KeyIdSub<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { key_id_type: KeyIdType(r.u8()?), octets: r.short()? })
    }
}

/// The sub-payloads of any Key ID information, for showing them; ends at the first that is cut.
pub fn key_id_subs(octets: &[u8]) -> impl Iterator<Item = KeyIdSub<'_>> {
    let mut r = Reader::new(octets, 0);
    core::iter::from_fn(move || if r.is_empty() { None } else { KeyIdSub::decode(&mut r).ok() })
}
