//! The MBMS files of the USIM (TS 31.102 §4.2.80, §4.2.81, §4.2.83). Unused octets of a record are FF.
//!
//! ```text
//! EF_MSK     Key Domain ID 3 | count 1 | MSK ID 4 | TS counter 4 | MSK ID 4 | TS counter 4 | FF..
//! EF_MUK     A0 L { 80 L IDr | 82 L IDi } | 81 L counter | FF..
//! EF_GBANL   80 L NAF-Id | 81 L B-TID | FF..
//! ```

use super::tlv::{BerReader, BerWriter};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::id::{Counter, KeyDomainId, MskId};
use crate::keys::MukId;

/// A record of EF_MSK (6FD7): the MSKs of one Key Group, at most two, older first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EfMsk {
    /// Key Domain ID.
    pub domain: KeyDomainId,
    /// MSK ID and replay counter of its MTK messages.
    pub msks: [Option<(MskId, Counter)>; 2],
}

impl EfMsk {
    /// Decodes a record of 8n + 4 octets, n at least 2.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for a wrong length, a count over 2, a gap, or MSKs of two Key Groups.
    pub fn decode(record: &[u8]) -> Result<Self, DecodeError> {
        let bad = |at| DecodeError::new(DecodeErrorKind::BadKeyId, at);
        let (&[a, b, c, count], rest) =
            record.split_first_chunk().ok_or(DecodeError::new(DecodeErrorKind::Truncated, record.len()))?;
        let (pairs, tail) = rest.as_chunks::<8>();
        if pairs.len() < 2 || !tail.is_empty() {
            return Err(DecodeError::new(DecodeErrorKind::BadLength, record.len()));
        }
        if count > 2 {
            return Err(bad(3));
        }
        let mut msks = [None; 2];
        for (slot, &[d, e, f, g, h, i, j, k]) in msks.iter_mut().zip(pairs).take(count.into()) {
            *slot = Some((MskId::from_octets([d, e, f, g]), Counter(u32::from_be_bytes([h, i, j, k]))));
        }
        match msks {
            [Some((first, _)), Some((second, _))] if first.group != second.group => Err(bad(12)),
            msks => Ok(Self { domain: KeyDomainId::new([a, b, c]), msks }),
        }
    }

    /// Fills `record` (8n + 4 octets, n at least 2).
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`] for less than 20 octets, [`EncodeError::Inconsistent`] when the second MSK stands
    /// without the first, or is of another Key Group.
    pub fn encode<'o>(&self, record: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        let count = match self.msks {
            [None, None] => 0,
            [Some(_), None] => 1,
            [Some((first, _)), Some((second, _))] if first.group == second.group => 2,
            _ => return Err(EncodeError::Inconsistent),
        };
        if record.len() < 20 {
            return Err(EncodeError::BufferTooSmall { needed: 20 });
        }
        let mut w = BerWriter::new(record);
        w.put(&self.domain.to_octets());
        w.put(&[count]);
        for (msk, counter) in self.msks.iter().flatten() {
            w.put(&msk.to_octets());
            w.put(&counter.0.to_be_bytes());
        }
        w.finish_record()
    }
}

/// The object that names a MUK: `A0 L { 80 L IDr | 82 L IDi }`. Answers its length.
pub(super) fn muk_id_tlv(id: MukId<'_>, w: &mut BerWriter<'_>) -> Result<usize, EncodeError> {
    let len = BerWriter::object_len(id.idr.len()).saturating_add(BerWriter::object_len(id.idi.len()));
    w.tag(0xA0, len)?;
    w.object(0x80, id.idr)?;
    w.object(0x82, id.idi)?;
    Ok(BerWriter::object_len(len))
}

/// A record of EF_MUK (6FD8). No two records have the same IDi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EfMuk<'a> {
    /// The identities that name the MUK.
    pub id: MukId<'a>,
    /// Its replay counter.
    pub counter: Counter,
}

impl<'a> EfMuk<'a> {
    /// Decodes a record.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong.
    pub fn decode(record: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = BerReader::new(record);
        let mut names = BerReader::new(r.object(0xA0)?);
        let (idr, idi) = (names.object(0x80)?, names.object(0x82)?);
        names.finish()?;
        let counter = r.object(0x81)?.try_into().map(u32::from_be_bytes);
        let bad = DecodeError::new(DecodeErrorKind::BadLength, record.len());
        r.finish_record()?;
        Ok(Self { id: MukId { idi, idr }, counter: Counter(counter.map_err(|_| bad)?) })
    }

    /// Fills `record`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`], [`EncodeError::FieldTooLong`].
    pub fn encode<'o>(&self, record: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        let mut w = BerWriter::new(record);
        muk_id_tlv(self.id, &mut w)?;
        w.object(0x81, &self.counter.0.to_be_bytes())?;
        w.finish_record()
    }
}

/// A record of EF_GBANL (6FDA): a NAF-Id and the B-TID that serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EfGbanl<'a> {
    /// NAF-Id.
    pub naf_id: &'a [u8],
    /// B-TID.
    pub b_tid: &'a [u8],
}

impl<'a> EfGbanl<'a> {
    /// Decodes a record.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong.
    pub fn decode(record: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = BerReader::new(record);
        let this = Self { naf_id: r.object(0x80)?, b_tid: r.object(0x81)? };
        r.finish_record()?;
        Ok(this)
    }

    /// Fills `record`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`], [`EncodeError::FieldTooLong`].
    pub fn encode<'o>(&self, record: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        let mut w = BerWriter::new(record);
        w.object(0x80, self.naf_id)?;
        w.object(0x81, self.b_tid)?;
        w.finish_record()
    }
}
