//! KEMAC, the key data transport payload (RFC 3830 §6.2).
//!
//! ```text
//! | next payload 1 | encr alg 1 | encr data len 2 | encr data | MAC alg 1 | MAC 0, 20 or 32 |
//! ```

use core::fmt;

use super::codepoint::{EncrAlg, MacAlg};
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// A KEMAC. Its Key data are encrypted, or not if the algorithm is NULL, so they are never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kemac<'a> {
    /// How the Key data are encrypted.
    pub encr_alg: EncrAlg,
    /// The Key data, encrypted.
    pub encr_data: &'a [u8],
    /// How the message is authenticated.
    pub mac_alg: MacAlg,
    /// The MAC.
    pub mac: &'a [u8],
}

impl<'a> Kemac<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let encr_alg = EncrAlg(r.u8()?);
        let encr_data = r.long()?;
        let (mac_alg, mac) = decode_mac(r)?;
        Ok(Self { encr_alg, encr_data, mac_alg, mac })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.encr_alg.0);
        w.long(self.encr_data)?;
        encode_mac(self.mac_alg, self.mac, w)
    }
}

impl fmt::Debug for Kemac<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kemac")
            .field("encr_alg", &self.encr_alg)
            .field("encr_data_len", &self.encr_data.len())
            .field("mac_alg", &self.mac_alg)
            .finish_non_exhaustive()
    }
}

/// A MAC algorithm and the MAC whose length follows from it.
#[inline]
pub(super) fn decode_mac<'a>(r: &mut Reader<'a>) -> Result<(MacAlg, &'a [u8]), DecodeError> {
    let at = r.at();
    let alg = MacAlg(r.u8()?);
    let len = alg.mac_len().ok_or_else(|| DecodeError::new(DecodeErrorKind::UnsupportedMac, at))?;
    Ok((alg, r.slice(len)?))
}

pub(super) fn encode_mac(alg: MacAlg, mac: &[u8], w: &mut Writer<'_>) -> Result<(), EncodeError> {
    if alg.mac_len() != Some(mac.len()) {
        return Err(EncodeError::Inconsistent);
    }
    w.u8(alg.0);
    w.put(mac);
    Ok(())
}
