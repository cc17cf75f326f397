//! SAKKE, the payload with an encapsulated key (RFC 6509 §4.2).
//!
//! ```text
//! | next payload 1 | SAKKE params 1 | ID scheme 1 | SED len 2 | SED |
//! SED, parameter set 1    | 04 | x 128 | y 128 | hint 16 |
//! ```

use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};

/// SAKKE parameter set 1 (RFC 6509 appendix A).
pub const SAKKE_PARAMS_1: u8 = 1;

/// ID scheme 1: `tel` URI with a monthly key (RFC 6509 §4.2).
pub const SAKKE_ID_SCHEME_TEL: u8 = 1;

/// ID scheme 2: the hashed UID of mission-critical services (TS 33.180 §E.1.2).
pub const SAKKE_ID_SCHEME_MC: u8 = 2;

/// Length of the SAKKE Encapsulated Data of parameter set 1 and a key of 16 octets.
pub const SED_LEN: usize = 273;

/// An encapsulated key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sakke<'a> {
    /// SAKKE params: the parameter set.
    pub params: u8,
    /// ID scheme: how the identity is formed that the key is encapsulated to.
    pub id_scheme: u8,
    /// SAKKE Encapsulated Data.
    pub sed: &'a [u8],
}

impl<'a> Sakke<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let [params, id_scheme] = r.array()?;
        Ok(Self { params, id_scheme, sed: r.long()? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.put(&[self.params, self.id_scheme]);
        w.long(self.sed)
    }

    /// Reads a whole SAKKE payload that stands alone, such as the data of a SAKKE-to-self extension at octet `at` of a
    /// message (TS 33.180 §E.5); its next payload octet is passed over.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when a length is wrong or octets follow.
    pub fn from_payload(octets: &'a [u8], at: usize) -> Result<Self, DecodeError> {
        let mut r = Reader::new(octets, at);
        r.u8()?;
        let sakke = Self::decode(&mut r)?;
        r.finish()?;
        Ok(sakke)
    }

    /// Writes the payload alone, with next payload 0.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`], [`EncodeError::FieldTooLong`].
    pub fn encode_payload<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        let mut w = Writer::new(out);
        w.u8(0);
        self.encode(&mut w)?;
        w.finish().map(|octets| &*octets)
    }
}

impl core::fmt::Debug for Sakke<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sakke(params {}, ID scheme {}, {} octets)", self.params, self.id_scheme, self.sed.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DecodeErrorKind;

    #[test]
    fn a_payload_that_stands_alone_is_written_and_read_and_refused_when_its_length_lies() {
        let sakke = Sakke { params: SAKKE_PARAMS_1, id_scheme: SAKKE_ID_SCHEME_MC, sed: &[4, 5, 6] };
        let mut out = [0xFF; 8];
        let octets = sakke.encode_payload(&mut out).unwrap();
        assert_eq!(octets, [0, 1, 2, 0, 3, 4, 5, 6]);
        assert_eq!(Sakke::from_payload(octets, 0), Ok(sakke));
        let refused = |octets| Sakke::from_payload(octets, 100).unwrap_err();
        assert_eq!(refused(&[0, 1, 2, 0, 4, 4, 5, 6]), DecodeError::new(DecodeErrorKind::Truncated, 108));
        assert_eq!(
            refused(&[0, 1, 2, 0, 2, 4, 5, 6]),
            DecodeError::new(DecodeErrorKind::TrailingOctets, 107)
        );
        assert_eq!(sakke.encode_payload(&mut [0; 7]), Err(EncodeError::BufferTooSmall { needed: 8 }));
    }
}
