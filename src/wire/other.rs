//! Payloads of the other methods of RFC 3830 (§6.3 to §6.5, §6.7, §6.8): bounded views, so that any message can be walked.
//!
//! ```text
//! PKE     | next payload 1 | C 2 bits, data len 14 bits | data |
//! DH      | next payload 1 | DH group 1 | DH value, as long as the group | reserved 4 bits, KV 4 bits | KV data |
//! SIGN    | S type 4 bits, signature len 12 bits | signature |                 no next payload: it is the last
//! CERT    | next payload 1 | cert type 1 | cert len 2 | certificate |
//! CHASH   | next payload 1 | hash func 1 | hash, 20 octets for SHA-1, 16 for MD5 |
//! ```

use super::codepoint::KvType;
use super::key_data::KeyValidity;
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// An envelope key (RFC 3830 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pke<'a> {
    /// C: how the envelope key is cached, 2 bits.
    pub cache: u8,
    /// The encrypted envelope key, at most 16,383 octets.
    pub octets: &'a [u8],
}

/// A Diffie-Hellman value (RFC 3830 §6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dh<'a> {
    /// The group: 0 is OAKLEY 5, 1 is OAKLEY 1, 2 is OAKLEY 2.
    pub group: u8,
    /// The value: 192, 96 or 128 octets.
    pub value: &'a [u8],
    /// How long the key that results is valid.
    pub validity: KeyValidity<'a>,
}

/// A signature (RFC 3830 §6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign<'a> {
    /// S type, 4 bits: 0 RSA/PKCS#1 v1.5, 1 RSA/PSS, 2 ECCSI.
    pub s_type: u8,
    /// The signature, at most 4,095 octets.
    pub octets: &'a [u8],
}

/// A certificate (RFC 3830 §6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cert<'a> {
    /// Certificate type: 0 X.509v3, 1 its URL, 2 and 3 X.509v3 for signature and encryption.
    pub cert_type: u8,
    /// The certificate.
    pub octets: &'a [u8],
}

/// A certificate hash (RFC 3830 §6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chash<'a> {
    /// Hash function: 0 SHA-1, 1 MD5.
    pub hash_func: u8,
    /// The hash, 20 or 16 octets.
    pub octets: &'a [u8],
}

impl<'a> Pke<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let [high, low] = r.array()?;
        let len = u16::from_be_bytes([high & 0x3F, low]);
        Ok(Self { cache: high >> 6, octets: r.slice(usize::from(len))? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let len = u16::try_from(self.octets.len()).ok().filter(|len| *len <= 0x3FFF && self.cache <= 3);
        let [high, low] = len.ok_or(EncodeError::FieldTooLong)?.to_be_bytes();
        w.put(&[self.cache << 6 | high, low]);
        w.put(self.octets);
        Ok(())
    }
}

const fn dh_len(group: u8) -> Option<usize> {
    match group {
        0 => Some(192),
        1 => Some(96),
        2 => Some(128),
        _ => None,
    }
}

impl<'a> Dh<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let unknown = r.error(DecodeErrorKind::BadLength);
        let group = r.u8()?;
        let value = r.slice(dh_len(group).ok_or(unknown)?)?;
        let reserved = r.error(DecodeErrorKind::ReservedNotZero);
        let bad = r.error(DecodeErrorKind::BadKeyData);
        let kv = r.u8()?;
        if kv & 0xF0 != 0 {
            return Err(reserved);
        }
        let validity = match KvType(kv) {
            KvType::NULL => KeyValidity::Null,
            KvType::SPI => KeyValidity::Spi(r.short()?),
            KvType::INTERVAL => KeyValidity::Interval { from: r.short()?, to: r.short()? },
            _ => return Err(bad),
        };
        Ok(Self { group, value, validity })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if dh_len(self.group) != Some(self.value.len()) {
            return Err(EncodeError::Inconsistent);
        }
        w.u8(self.group);
        w.put(self.value);
        match self.validity {
            KeyValidity::Null => w.u8(KvType::NULL.0),
            KeyValidity::Spi(spi) => {
                w.u8(KvType::SPI.0);
                w.short(spi)?;
            }
            KeyValidity::Interval { from, to } => {
                w.u8(KvType::INTERVAL.0);
                w.short(from)?;
                w.short(to)?;
            }
        }
        Ok(())
    }
}

impl<'a> Sign<'a> {
    /// S type of ECCSI (RFC 6509 §4.3).
    pub const ECCSI: u8 = 2;

    /// Length of an ECCSI signature over P-256, octets (RFC 6507 §3.3).
    pub const ECCSI_LEN: usize = 129;

    /// Octets of type and length before the signature; they are signed.
    pub const HEAD_LEN: usize = 2;

    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let [high, low] = r.array()?;
        let len = u16::from_be_bytes([high & 0x0F, low]);
        Ok(Self { s_type: high >> 4, octets: r.slice(usize::from(len))? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.put(&Self::head(self.s_type, self.octets.len())?);
        w.put(self.octets);
        Ok(())
    }

    /// The octets of type and length.
    pub(super) fn head(s_type: u8, len: usize) -> Result<[u8; 2], EncodeError> {
        let len = u16::try_from(len).ok().filter(|len| *len <= 0x0FFF && s_type <= 0x0F);
        let [high, low] = len.ok_or(EncodeError::FieldTooLong)?.to_be_bytes();
        Ok([s_type << 4 | high, low])
    }
}

impl<'a> Cert<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { cert_type: r.u8()?, octets: r.long()? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.cert_type);
        w.long(self.octets)
    }
}

const fn hash_len(hash_func: u8) -> Option<usize> {
    match hash_func {
        0 => Some(20),
        1 => Some(16),
        _ => None,
    }
}

impl<'a> Chash<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let unknown = r.error(DecodeErrorKind::BadLength);
        let hash_func = r.u8()?;
        Ok(Self { hash_func, octets: r.slice(hash_len(hash_func).ok_or(unknown)?)? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if hash_len(self.hash_func) != Some(self.octets.len()) {
            return Err(EncodeError::Inconsistent);
        }
        w.u8(self.hash_func);
        w.put(self.octets);
        Ok(())
    }
}
