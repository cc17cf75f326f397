//! Key data sub-payloads, the content of a KEMAC (RFC 3830 §6.13, §6.14).
//!
//! ```text
//! | next payload 1 | type 4 bits, KV 4 bits | key data len 2 | key data | [ salt len 2 | salt ] | KV data |
//!
//! KV data   Null: nothing      SPI: | SPI len 1 | SPI |      Interval: | VF len 1 | VF | VT len 1 | VT |
//! ```
//!
//! The salt fields are there exactly for the types with SALT.

use core::fmt;

use super::codepoint::{KeyDataType, KvType, PayloadType};
use super::cursor::Cursor;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// How long a key is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyValidity<'a> {
    /// Not said.
    Null,
    /// As long as packets bear this SPI or MKI.
    Spi(&'a [u8]),
    /// From one value to another; MBMS puts MTK IDs there.
    Interval {
        /// VF.
        from: &'a [u8],
        /// VT.
        to: &'a [u8],
    },
}

/// A key with its salt and validity. The octets are secret: they are not shown.
#[derive(Clone, Copy)]
pub struct KeyData<'a> {
    /// What kind of key it is.
    pub key_type: KeyDataType,
    /// The key.
    pub key: &'a [u8],
    /// The salt, exactly for the types with SALT.
    pub salt: Option<&'a [u8]>,
    /// How long it is valid.
    pub validity: KeyValidity<'a>,
}

impl fmt::Debug for KeyData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyData")
            .field("key_type", &self.key_type)
            .field("key_len", &self.key.len())
            .field("salt_len", &self.salt.map(<[u8]>::len))
            .finish_non_exhaustive()
    }
}

impl<'a> KeyData<'a> {
    /// What it reads is sound if the cursor is afterwards.
    fn decode(c: &mut Cursor<'a>) -> (Self, PayloadType) {
        let next = PayloadType(c.octet());
        let at = c.at;
        let types = c.octet();
        let key_type = KeyDataType(types >> 4);
        let key = c.long();
        let salt = match key_type {
            KeyDataType::TGK | KeyDataType::TEK => None,
            KeyDataType::TGK_SALT | KeyDataType::TEK_SALT => Some(c.long()),
            _ => {
                c.fail(DecodeErrorKind::BadKeyData, at);
                None
            }
        };
        let validity = match KvType(types & 0x0F) {
            KvType::NULL => KeyValidity::Null,
            KvType::SPI => KeyValidity::Spi(c.short()),
            KvType::INTERVAL => KeyValidity::Interval { from: c.short(), to: c.short() },
            _ => {
                c.fail(DecodeErrorKind::BadKeyData, at);
                KeyValidity::Null
            }
        };
        (Self { key_type, key, salt, validity }, next)
    }

    fn encode(&self, next: PayloadType, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let with_salt = match self.key_type {
            KeyDataType::TGK | KeyDataType::TEK => false,
            KeyDataType::TGK_SALT | KeyDataType::TEK_SALT => true,
            _ => return Err(EncodeError::Inconsistent),
        };
        if with_salt != self.salt.is_some() {
            return Err(EncodeError::Inconsistent);
        }
        let kv = match self.validity {
            KeyValidity::Null => KvType::NULL,
            KeyValidity::Spi(_) => KvType::SPI,
            KeyValidity::Interval { .. } => KvType::INTERVAL,
        };
        w.put(&[next.0, self.key_type.0 << 4 | kv.0]);
        w.long(self.key)?;
        if let Some(salt) = self.salt {
            w.long(salt)?;
        }
        match self.validity {
            KeyValidity::Null => {}
            KeyValidity::Spi(spi) => w.short(spi)?,
            KeyValidity::Interval { from, to } => {
                w.short(from)?;
                w.short(to)?;
            }
        }
        Ok(())
    }

    /// Octets that the sub-payload takes.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        let salt = match self.salt {
            Some(salt) => salt.len().saturating_add(2),
            None => 0,
        };
        let validity = match self.validity {
            KeyValidity::Null => 0,
            KeyValidity::Spi(spi) => spi.len().saturating_add(1),
            KeyValidity::Interval { from, to } => from.len().saturating_add(to.len()).saturating_add(2),
        };
        self.key.len().saturating_add(4).saturating_add(salt).saturating_add(validity)
    }
}

/// The decrypted content of a KEMAC: one Key data sub-payload or more, to the last octet.
#[derive(Clone, Copy)]
pub struct KeyDataChain<'a> {
    /// Validated.
    octets: &'a [u8],
}

impl<'a> KeyDataChain<'a> {
    /// Decodes the chain. Offsets in errors count from the start of the Key data.
    ///
    /// # Errors
    ///
    /// [`DecodeErrorKind::Truncated`], [`DecodeErrorKind::TrailingOctets`], [`DecodeErrorKind::BadKeyData`] for an
    /// unknown type.
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let mut c = Cursor::new(octets);
        loop {
            let at = c.at;
            let (_, next) = KeyData::decode(&mut c);
            c.check()?;
            match next {
                PayloadType::KEY_DATA => {}
                PayloadType::LAST => break,
                _ => return Err(DecodeError::new(DecodeErrorKind::BadKeyData, at)),
            }
        }
        if !c.is_at_end() {
            c.fail(DecodeErrorKind::TrailingOctets, c.at);
        }
        c.check().map(|()| Self { octets })
    }

    /// The chain in octets that [`decode`](Self::decode) has accepted before.
    pub(crate) const fn accepted(octets: &'a [u8]) -> Self {
        Self { octets }
    }

    /// The keys, in order.
    pub fn iter(&self) -> impl Iterator<Item = KeyData<'a>> + use<'a> {
        let mut c = Cursor::new(self.octets);
        core::iter::from_fn(move || if c.is_at_end() { None } else { Some(KeyData::decode(&mut c).0) })
    }

    /// The key, if there is exactly one.
    #[must_use]
    pub fn single(&self) -> Option<KeyData<'a>> {
        let mut c = Cursor::new(self.octets);
        let (key, _) = KeyData::decode(&mut c);
        c.is_at_end().then_some(key)
    }
}

impl fmt::Debug for KeyDataChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Octets that the sub-payloads of `keys` take together.
#[must_use]
pub fn key_data_len(keys: &[KeyData<'_>]) -> usize {
    keys.iter().fold(0, |len, key| len.saturating_add(key.encoded_len()))
}

/// Writes the sub-payloads of `keys` into `out`, which has exactly [`key_data_len`] octets.
///
/// # Errors
///
/// [`EncodeError::Inconsistent`] for a type this library does not know or a salt where none belongs,
/// [`EncodeError::FieldTooLong`], [`EncodeError::BufferTooSmall`]. `out` is zeroed then.
pub fn encode_key_data(keys: &[KeyData<'_>], out: &mut [u8]) -> Result<(), EncodeError> {
    let mut w = Writer::new(out);
    let last = keys.len().saturating_sub(1);
    let written = keys.iter().enumerate().try_for_each(|(i, key)| {
        key.encode(if i == last { PayloadType::LAST } else { PayloadType::KEY_DATA }, &mut w)
    });
    match written.and_then(|()| w.finish().map(|_| ())) {
        Ok(()) => Ok(()),
        Err(e) => {
            out.fill(0);
            zeroize::optimization_barrier(out);
            Err(e)
        }
    }
}
