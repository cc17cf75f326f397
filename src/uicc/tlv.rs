//! BER lengths of one and two octets: 0 to 127, and `81 xx` up to 255.

use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// Writes objects, and goes on counting past the end of its buffer.
pub(super) struct BerWriter<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> BerWriter<'o> {
    pub(super) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    pub(super) fn put(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        if let Some(room) = self.out.get_mut(self.at..end) {
            for (to, from) in room.iter_mut().zip(octets) {
                *to = *from;
            }
        }
        self.at = end;
    }

    /// Octets that the length `len` takes.
    pub(super) const fn length_len(len: usize) -> usize {
        if len < 0x80 { 1 } else { 2 }
    }

    /// Tag and length of an object.
    pub(super) fn tag(&mut self, tag: u8, len: usize) -> Result<(), EncodeError> {
        let octet = u8::try_from(len).map_err(|_| EncodeError::FieldTooLong)?;
        if len < 0x80 {
            self.put(&[tag, octet])
        } else {
            self.put(&[tag, 0x81, octet])
        }
        Ok(())
    }

    /// An object.
    pub(super) fn object(&mut self, tag: u8, octets: &[u8]) -> Result<(), EncodeError> {
        self.tag(tag, octets.len())?;
        self.put(octets);
        Ok(())
    }

    /// Octets that an object with `len` octets takes.
    pub(super) const fn object_len(len: usize) -> usize {
        len.saturating_add(1).saturating_add(Self::length_len(len))
    }

    pub(super) fn finish(self) -> Result<&'o [u8], EncodeError> {
        let needed = u32::try_from(self.at).unwrap_or(u32::MAX);
        self.out.get(..self.at).ok_or(EncodeError::BufferTooSmall { needed })
    }

    /// Fills the rest of the buffer with FF, as a card fills a record.
    pub(super) fn finish_record(self) -> Result<&'o [u8], EncodeError> {
        let needed = u32::try_from(self.at).unwrap_or(u32::MAX);
        self.out.get_mut(self.at..).ok_or(EncodeError::BufferTooSmall { needed })?.fill(0xFF);
        Ok(self.out)
    }
}

/// Reads objects.
pub(super) struct BerReader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> BerReader<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, at: 0 }
    }

    /// The content of the next object, which has this tag.
    pub(super) fn object(&mut self, tag: u8) -> Result<&'a [u8], DecodeError> {
        let truncated = DecodeError::new(DecodeErrorKind::Truncated, self.at.saturating_add(self.rest.len()));
        let bad_length = DecodeError::new(DecodeErrorKind::BadLength, self.at.saturating_add(1));
        let (len, rest) = match self.rest {
            [found, ..] if *found != tag => {
                return Err(DecodeError::new(DecodeErrorKind::UnknownPayload, self.at));
            }
            [_, len @ 0..=0x7F, rest @ ..] => (*len, rest),
            [_, 0x81, len @ 0x80..=0xFF, rest @ ..] => (*len, rest),
            [_, 0x81] | [_] | [] => return Err(truncated),
            _ => return Err(bad_length),
        };
        let (content, rest) = rest.split_at_checked(usize::from(len)).ok_or(truncated)?;
        self.at = self.at.saturating_add(BerWriter::object_len(content.len()));
        self.rest = rest;
        Ok(content)
    }

    /// Refuses leftovers.
    pub(super) const fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::new(DecodeErrorKind::TrailingOctets, self.at))
        }
    }

    /// Refuses leftovers other than the FF that fills a record.
    pub(super) fn finish_record(self) -> Result<(), DecodeError> {
        if self.rest.iter().all(|octet| *octet == 0xFF) {
            Ok(())
        } else {
            Err(DecodeError::new(DecodeErrorKind::TrailingOctets, self.at))
        }
    }
}
