//! A message: the header and the chain of payloads behind it (RFC 3830 §5.2, §6.1).
//!
//! ```text
//! HDR(next) -> payload(next) -> payload(next) -> ... -> payload(0), and then the end of the datagram
//! ```

use core::fmt;

use super::builder::MessageWriter;
use super::codepoint::{DataType, ErrorNo, PayloadType};
use super::err::{self, Verification};
use super::ext::Extension;
use super::hdr::Hdr;
use super::identity::{Identity, IdentityRole};
use super::kemac::Kemac;
use super::other::{Cert, Chash, Dh, Pke, Sign};
use super::reader::Reader;
use super::sakke::Sakke;
use super::sp::Policy;
use super::timestamp::Timestamp;
use super::writer::Writer;
use super::{MAX_MESSAGE_LEN, MAX_PAYLOADS};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// Where the header's next payload octet stands.
pub(super) const HDR_NEXT_AT: usize = 2;

/// A payload. Key data have no variant: they stand only inside a KEMAC, encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// Key data transport.
    Kemac(Kemac<'a>),
    /// Envelope key.
    Pke(Pke<'a>),
    /// Diffie-Hellman value.
    Dh(Dh<'a>),
    /// Signature.
    Sign(Sign<'a>),
    /// Timestamp.
    T(Timestamp),
    /// Identity.
    Id(Identity<'a>),
    /// Certificate.
    Cert(Cert<'a>),
    /// Certificate hash.
    Chash(Chash<'a>),
    /// Verification.
    V(Verification<'a>),
    /// Security policy.
    Sp(Policy<'a>),
    /// RAND, 0 to 255 octets; the RFC wants at least 16.
    Rand(&'a [u8]),
    /// Error.
    Err(ErrorNo),
    /// Identity with a role.
    Idr(IdentityRole<'a>),
    /// General Extension.
    Ext(Extension<'a>),
    /// Encapsulated key.
    Sakke(Sakke<'a>),
}

impl<'a> Payload<'a> {
    /// The next payload value that names this payload.
    #[must_use]
    pub const fn payload_type(&self) -> PayloadType {
        match self {
            Self::Kemac(_) => PayloadType::KEMAC,
            Self::Pke(_) => PayloadType::PKE,
            Self::Dh(_) => PayloadType::DH,
            Self::Sign(_) => PayloadType::SIGN,
            Self::T(_) => PayloadType::T,
            Self::Id(_) => PayloadType::ID,
            Self::Cert(_) => PayloadType::CERT,
            Self::Chash(_) => PayloadType::CHASH,
            Self::V(_) => PayloadType::V,
            Self::Sp(_) => PayloadType::SP,
            Self::Rand(_) => PayloadType::RAND,
            Self::Err(_) => PayloadType::ERR,
            Self::Idr(_) => PayloadType::IDR,
            Self::Ext(_) => PayloadType::EXT,
            Self::Sakke(_) => PayloadType::SAKKE,
        }
    }

    /// Whether the payload starts with a next payload octet; SIGN has none, it is always the last.
    pub(super) const fn has_next(payload_type: PayloadType) -> bool {
        payload_type.0 != PayloadType::SIGN.0
    }

    /// Whether payloads of this type stand in messages of the pre-shared-key method.
    pub(super) const fn of_psk(payload_type: PayloadType) -> bool {
        use PayloadType as P;
        matches!(payload_type, P::KEMAC | P::T | P::ID | P::V | P::SP | P::RAND | P::ERR | P::EXT)
    }

    /// Decodes the payload of this type, past its next payload octet.
    #[inline(always)]
    fn decode(payload_type: PayloadType, r: &mut Reader<'a>) -> Result<Option<Self>, DecodeError> {
        Ok(Some(match payload_type {
            PayloadType::PKE => Self::Pke(Pke::decode(r)?),
            PayloadType::DH => Self::Dh(Dh::decode(r)?),
            PayloadType::SIGN => Self::Sign(Sign::decode(r)?),
            PayloadType::CERT => Self::Cert(Cert::decode(r)?),
            PayloadType::CHASH => Self::Chash(Chash::decode(r)?),
            PayloadType::IDR => Self::Idr(IdentityRole::decode(r)?),
            PayloadType::SAKKE => Self::Sakke(Sakke::decode(r)?),
            _ => return Self::decode_psk(payload_type, r),
        }))
    }

    /// [`decode`](Self::decode) for what the messages of the pre-shared-key method consist of.
    #[inline(always)]
    fn decode_psk(payload_type: PayloadType, r: &mut Reader<'a>) -> Result<Option<Self>, DecodeError> {
        Ok(Some(match payload_type {
            PayloadType::KEMAC => Self::Kemac(Kemac::decode(r)?),
            PayloadType::T => Self::T(Timestamp::decode(r)?),
            PayloadType::ID => Self::Id(Identity::decode(r)?),
            PayloadType::V => Self::V(Verification::decode(r)?),
            PayloadType::SP => Self::Sp(Policy::decode(r)?),
            PayloadType::RAND => Self::Rand(r.short()?),
            PayloadType::ERR => Self::Err(err::decode_err(r)?),
            PayloadType::EXT => Self::Ext(Extension::decode(r)?),
            _ => return Ok(None),
        }))
    }

    /// Writes the payload, past its next payload octet.
    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Kemac(kemac) => kemac.encode(w),
            Self::Pke(pke) => pke.encode(w),
            Self::Dh(dh) => dh.encode(w),
            Self::Sign(sign) => sign.encode(w),
            Self::T(timestamp) => {
                timestamp.encode(w);
                Ok(())
            }
            Self::Id(identity) => identity.encode(w),
            Self::Cert(cert) => cert.encode(w),
            Self::Chash(chash) => chash.encode(w),
            Self::V(verification) => verification.encode(w),
            Self::Sp(policy) => policy.encode(w),
            Self::Rand(rand) => w.short(rand),
            Self::Err(number) => {
                err::encode_err(*number, w);
                Ok(())
            }
            Self::Idr(idr) => idr.encode(w),
            Self::Ext(ext) => ext.encode(w),
            Self::Sakke(sakke) => sakke.encode(w),
        }
    }
}

/// A message whose whole chain was walked and is sound; iterating over its payloads cannot fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    octets: &'a [u8],
    hdr: Hdr<'a>,
    /// Where the first payload stands, and its type.
    first: (u16, PayloadType),
    /// Length of the MAC or signature at the end.
    mac_len: u16,
}

/// How a payload is decoded: [`Payload::decode`], or one that knows fewer.
trait Decode<'a>: Fn(PayloadType, &mut Reader<'a>) -> Result<Option<Payload<'a>>, DecodeError> + Copy {}
impl<'a, F> Decode<'a> for F where
    F: Fn(PayloadType, &mut Reader<'a>) -> Result<Option<Payload<'a>>, DecodeError> + Copy
{
}

/// What is shown each payload on the way, with the header before and its offset.
pub(crate) trait See<'a>: FnMut(&Hdr<'a>, usize, Payload<'a>) -> Result<(), DecodeError> {}
impl<'a, F: FnMut(&Hdr<'a>, usize, Payload<'a>) -> Result<(), DecodeError>> See<'a> for F {}

impl<'a> Message<'a> {
    /// Decodes a datagram.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong: a length that lies, an unknown payload, octets behind the
    /// last payload, more than [`MAX_PAYLOADS`] payloads or [`MAX_MESSAGE_LEN`] octets, a payload behind one that must
    /// be the last.
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        Self::decode_with(octets, |_: &Hdr<'a>, _, _| Ok(()))
    }

    /// [`decode`](Self::decode) that shows each payload with its offset to `see` on the way, so that a message whose
    /// shape is known is walked once only.
    #[inline]
    pub(crate) fn decode_with(octets: &'a [u8], see: impl See<'a>) -> Result<Self, DecodeError> {
        Self::walk(octets, Payload::decode, see)
    }

    /// [`decode_with`](Self::decode_with) for a message of the pre-shared-key method: payloads that have no place in any are
    /// refused without a look at what is in them.
    #[inline]
    pub(crate) fn decode_psk(octets: &'a [u8], see: impl See<'a>) -> Result<Self, DecodeError> {
        Self::walk(octets, Payload::decode_psk, see)
    }

    #[inline]
    fn walk(octets: &'a [u8], decode: impl Decode<'a>, mut see: impl See<'a>) -> Result<Self, DecodeError> {
        if octets.len() > MAX_MESSAGE_LEN {
            return Err(DecodeError::new(DecodeErrorKind::TooLong, MAX_MESSAGE_LEN));
        }
        let mut r = Reader::new(octets, 0);
        let (hdr, first) = Hdr::decode(&mut r)?;
        let first = (u16::try_from(r.at()).unwrap_or(u16::MAX), first);
        let mut walk = Chain { rest: r, next: first.1, next_at: HDR_NEXT_AT };
        let mut mac = [].as_slice();
        let mut left = MAX_PAYLOADS;
        while walk.next != PayloadType::LAST {
            let (at, payload) = walk.step(decode)?;
            left =
                left.checked_sub(1).ok_or_else(|| DecodeError::new(DecodeErrorKind::TooManyPayloads, at))?;
            let last = walk.next == PayloadType::LAST;
            match payload {
                // In the public-key methods PKE and signature follow the KEMAC (RFC 3830 §3.2).
                Payload::Kemac(_) if hdr.data_type == DataType::PSK && !last => {
                    return Err(DecodeError::new(DecodeErrorKind::WrongOrder, walk.next_at));
                }
                Payload::V(_) if !last => {
                    return Err(DecodeError::new(DecodeErrorKind::WrongOrder, walk.next_at));
                }
                Payload::Kemac(Kemac { mac: found, .. }) | Payload::V(Verification { mac: found, .. })
                    if last =>
                {
                    mac = found;
                }
                // A signature covers what stands before it (RFC 3830 §5.2).
                Payload::Sign(sign) => mac = sign.octets,
                _ => {}
            }
            see(&hdr, at, payload)?;
        }
        walk.rest.finish()?;
        let mac_len = u16::try_from(mac.len()).unwrap_or(u16::MAX);
        Ok(Self { octets, hdr, first, mac_len })
    }

    /// The header.
    #[must_use]
    pub const fn hdr(&self) -> Hdr<'a> {
        self.hdr
    }

    /// The whole message.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// What the MAC or signature of the last payload covers: everything before it. The whole message when there is none.
    #[must_use]
    pub fn authenticated(&self) -> &'a [u8] {
        self.octets.get(..self.octets.len().saturating_sub(self.mac_len.into())).unwrap_or_default()
    }

    /// The payloads, in order.
    #[must_use]
    pub fn payloads(&self) -> Payloads<'a> {
        Payloads(self.chain())
    }

    /// The payloads, in order, each with the offset of its first octet.
    #[must_use]
    pub fn located(&self) -> Located<'a> {
        Located(self.chain())
    }

    fn chain(&self) -> Chain<'a> {
        let (at, next) = self.first;
        let rest = self.octets.get(at.into()..).unwrap_or_default();
        Chain { rest: Reader::new(rest, at.into()), next, next_at: HDR_NEXT_AT }
    }

    /// Writes the message: the same octets again.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`].
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
        let mut writer = MessageWriter::new(out, &self.hdr);
        for payload in self.payloads() {
            writer.push(&payload)?;
        }
        writer.finish()
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("hdr", &self.hdr).field("payloads", &self.payloads()).finish()
    }
}

/// Where in the chain a walk is.
#[derive(Clone, Copy, Debug)]
struct Chain<'a> {
    rest: Reader<'a>,
    next: PayloadType,
    /// The octet that names the next payload.
    next_at: usize,
}

impl<'a> Chain<'a> {
    #[inline(always)]
    fn step(&mut self, decode: impl Decode<'a>) -> Result<(usize, Payload<'a>), DecodeError> {
        let at = self.rest.at();
        let payload_type = self.next;
        let unknown = DecodeError::new(DecodeErrorKind::UnknownPayload, self.next_at);
        if Payload::has_next(payload_type) {
            self.next =
                PayloadType(self.rest.u8().map_err(|e| if known(payload_type) { e } else { unknown })?);
            self.next_at = at;
        } else {
            self.next = PayloadType::LAST;
        }
        match decode(payload_type, &mut self.rest)? {
            Some(payload) => Ok((at, payload)),
            None if known(payload_type) => Err(DecodeError::new(DecodeErrorKind::UnsupportedPayload, at)),
            None => Err(unknown),
        }
    }
}

/// Whether this library decodes payloads of this type.
pub(super) const fn known(payload_type: PayloadType) -> bool {
    matches!(payload_type.0, 1..=12 | 14 | 21 | 26)
}

/// Iterates over the payloads of a message.
#[derive(Clone, Copy)]
pub struct Payloads<'a>(Chain<'a>);

impl<'a> Iterator for Payloads<'a> {
    type Item = Payload<'a>;

    #[inline]
    fn next(&mut self) -> Option<Payload<'a>> {
        if self.0.next == PayloadType::LAST {
            None
        } else {
            self.0.step(Payload::decode).ok().map(|(_, payload)| payload)
        }
    }
}

impl fmt::Debug for Payloads<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// Iterates over the payloads of a message with their offsets.
#[derive(Clone, Copy, Debug)]
pub struct Located<'a>(Chain<'a>);

impl<'a> Iterator for Located<'a> {
    type Item = (usize, Payload<'a>);

    #[inline]
    fn next(&mut self) -> Option<(usize, Payload<'a>)> {
        if self.0.next == PayloadType::LAST { None } else { self.0.step(Payload::decode).ok() }
    }
}
