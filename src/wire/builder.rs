//! Writes a message payload by payload; each is named in the next payload octet of the one before.

use core::fmt;

use super::codepoint::{DataType, EncrAlg, ErrorNo, MacAlg, PayloadType, PrfFunc};
use super::err::encode_err;
use super::hdr::{Hdr, VERSION};
use super::identity::Identity;
use super::message::{HDR_NEXT_AT, Payload};
use super::other::Sign;
use super::timestamp::Timestamp;
use super::writer::Writer;
use super::{MAX_MESSAGE_LEN, MAX_PAYLOADS};
use crate::error::EncodeError;

/// Writes a message into the caller's buffer. A buffer that is too small is noticed at the end, with the size needed.
#[derive(Debug)]
pub struct MessageWriter<'o> {
    w: Writer<'o>,
    next_at: usize,
    /// Whether a KEMAC of the pre-shared-key method, a V or a SIGN stands there: nothing may follow.
    ended: bool,
    psk: bool,
    count: usize,
    /// The first error; it comes again at the end.
    state: Result<(), EncodeError>,
}

impl<'o> MessageWriter<'o> {
    /// Starts a message.
    #[must_use]
    pub fn new(out: &'o mut [u8], hdr: &Hdr<'_>) -> Self {
        let mut w = Writer::new(out);
        let state = hdr.encode(&mut w);
        let psk = hdr.data_type == DataType::PSK;
        Self { w, next_at: HDR_NEXT_AT, ended: false, psk, count: 0, state }
    }

    /// Starts the answer to a sound message: its CSB ID, and its map or another, come as octets.
    pub(crate) fn answer(
        out: &'o mut [u8], data_type: DataType, prf: PrfFunc, csb: &[u8], map: &[u8],
    ) -> Self {
        let mut w = Writer::new(out);
        w.put(&[VERSION, data_type.0, PayloadType::LAST.0, prf.0]);
        w.put(csb);
        w.put(map);
        Self { w, next_at: HDR_NEXT_AT, ended: false, psk: false, count: 0, state: Ok(()) }
    }

    /// Appends a payload.
    ///
    /// # Errors
    ///
    /// [`EncodeError::FieldTooLong`] or [`EncodeError::Inconsistent`] when a field of header or payload cannot be
    /// written, when a payload must be the last and another follows, or when there are more than [`MAX_PAYLOADS`].
    pub fn push(&mut self, payload: &Payload<'_>) -> Result<&mut Self, EncodeError> {
        self.name(payload.payload_type());
        self.state = self.state.and_then(|()| payload.encode(&mut self.w));
        self.state.map(|()| self)
    }

    /// [`push`](Self::push) of a T for a message that has no other payloads than these three: whoever writes no others needs
    /// not have them linked. What is wrong is said at the end.
    pub(crate) fn push_timestamp(&mut self, timestamp: Timestamp) {
        self.name(PayloadType::T);
        timestamp.encode(&mut self.w);
    }

    /// [`push_timestamp`](Self::push_timestamp) of an ID.
    pub(crate) fn push_identity(&mut self, identity: Identity<'_>) {
        self.name(PayloadType::ID);
        self.state = self.state.and(identity.encode(&mut self.w));
    }

    /// [`push_timestamp`](Self::push_timestamp) of an ERR.
    pub(crate) fn push_error(&mut self, error: ErrorNo) {
        self.name(PayloadType::ERR);
        encode_err(error, &mut self.w);
    }

    /// Names the payload that comes now, and leaves its own next payload octet at 0.
    fn name(&mut self, payload_type: PayloadType) {
        self.count = self.count.saturating_add(1);
        if self.ended || self.count > MAX_PAYLOADS {
            self.state = self.state.and(Err(EncodeError::Inconsistent));
            return;
        }
        self.ended = match payload_type {
            PayloadType::V | PayloadType::SIGN => true,
            PayloadType::KEMAC => self.psk,
            _ => false,
        };
        self.w.patch(self.next_at, payload_type.0);
        if Payload::has_next(payload_type) {
            self.next_at = self.w.at();
            self.w.u8(PayloadType::LAST.0);
        }
    }

    /// Ends the message.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`] with the size of the message, [`EncodeError::FieldTooLong`] when it is over
    /// [`MAX_MESSAGE_LEN`].
    pub fn finish(self) -> Result<&'o mut [u8], EncodeError> {
        self.state?;
        if self.w.at() > MAX_MESSAGE_LEN {
            return Err(EncodeError::FieldTooLong);
        }
        self.w.finish()
    }

    /// Appends a KEMAC as the last payload, with room for `encr_data_len` octets of Key data and for the MAC.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and [`EncodeError::Inconsistent`] for a MAC algorithm of unknown length.
    pub fn finish_kemac(
        mut self, encr_alg: EncrAlg, encr_data_len: usize, mac_alg: MacAlg,
    ) -> Result<Unsealed<'o>, EncodeError> {
        self.name(PayloadType::KEMAC);
        let len = u16::try_from(encr_data_len).map_err(|_| EncodeError::FieldTooLong)?;
        self.w.u8(encr_alg.0);
        self.w.put(&len.to_be_bytes());
        let data_at = self.w.at();
        self.w.skip(encr_data_len);
        self.finish_mac(mac_alg, data_at, encr_data_len)
    }

    /// Appends a V as the last payload, with room for the MAC.
    ///
    /// # Errors
    ///
    /// As [`finish_kemac`](Self::finish_kemac).
    pub fn finish_v(mut self, auth_alg: MacAlg) -> Result<Unsealed<'o>, EncodeError> {
        self.name(PayloadType::V);
        let data_at = self.w.at();
        self.finish_mac(auth_alg, data_at, 0)
    }

    /// Appends a SIGN as the last payload, with room for a signature of `sign_len` octets. What is signed ends with the
    /// two octets of type and length (RFC 3830 §6.5).
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and [`EncodeError::FieldTooLong`] for a type over 15 or a length over 4,095.
    pub fn finish_sign(mut self, s_type: u8, sign_len: usize) -> Result<Unsealed<'o>, EncodeError> {
        self.name(PayloadType::SIGN);
        let head = Sign::head(s_type, sign_len)?;
        self.w.put(&head);
        let mac_at = self.w.at();
        self.w.skip(sign_len);
        Ok(Unsealed { octets: self.finish()?, data_at: mac_at, data_len: 0, mac_at })
    }

    fn finish_mac(
        mut self, mac_alg: MacAlg, data_at: usize, data_len: usize,
    ) -> Result<Unsealed<'o>, EncodeError> {
        self.w.u8(mac_alg.0);
        let mac_len = mac_alg.mac_len().ok_or(EncodeError::Inconsistent)?;
        let mac_at = self.w.at();
        self.w.skip(mac_len);
        Ok(Unsealed { octets: self.finish()?, data_at, data_len, mac_at })
    }
}

/// A message that lacks its Key data and its MAC, or its signature. Dropped unfinished, it leaves no Key data in the buffer.
pub struct Unsealed<'o> {
    octets: &'o mut [u8],
    data_at: usize,
    data_len: usize,
    mac_at: usize,
}

impl<'o> Unsealed<'o> {
    /// The place of the Key data.
    #[must_use]
    pub fn encr_data_mut(&mut self) -> &mut [u8] {
        let end = self.data_at.saturating_add(self.data_len);
        self.octets.get_mut(self.data_at..end).unwrap_or_default()
    }

    /// What the MAC or signature covers.
    #[must_use]
    pub fn authenticated(&self) -> &[u8] {
        self.octets.get(..self.mac_at).unwrap_or_default()
    }

    /// Puts the MAC or signature in its place.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Inconsistent`] when it has another length than the algorithm says.
    pub fn finish(mut self, mac: &[u8]) -> Result<&'o mut [u8], EncodeError> {
        let room = self.octets.get_mut(self.mac_at..).filter(|room| room.len() == mac.len());
        for (to, from) in room.ok_or(EncodeError::Inconsistent)?.iter_mut().zip(mac) {
            *to = *from;
        }
        Ok(core::mem::take(&mut self.octets))
    }
}

impl fmt::Debug for Unsealed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsealed({} octets)", self.octets.len())
    }
}

impl Drop for Unsealed<'_> {
    fn drop(&mut self) {
        let key_data = self.encr_data_mut();
        key_data.fill(0);
        zeroize::optimization_barrier(key_data);
    }
}
