//! What a `response` or `rspauth` covers (RFC 7616 §3.4.1 to §3.4.3, §3.5).

use core::fmt;

use super::param::ParamText;
use crate::crypto::http_digest::{BodyHash, DigestAlgorithm, Ha1, Hasher, Response};
use crate::ims::ImsError;
use crate::ims::field::FieldWriter;

/// Quality of protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_enums,
    reason = "RFC 7616 §3.3 closes the set for a request: unknown values are skipped"
)]
pub enum Qop {
    /// `auth`: the body is not covered.
    Auth,
    /// `auth-int`: the body is covered; what TS 33.246 asks for.
    AuthInt,
}

impl Qop {
    /// The value of the parameter `qop`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    /// Reads the value of the parameter, without case.
    pub(super) fn of(text: ParamText<'_>) -> Result<Self, ImsError> {
        [Self::AuthInt, Self::Auth]
            .into_iter()
            .find(|qop| text.is_ignoring_case(qop.name()))
            .ok_or(ImsError::Malformed)
    }
}

/// An algorithm as a peer wrote it: the name is returned to him as received.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WrittenAlgorithm<'a>(ParamText<'a>);

impl<'a> WrittenAlgorithm<'a> {
    /// Longest name, octets.
    pub const MAX_LEN: usize = 32;

    pub(super) fn new(text: ParamText<'a>) -> Result<Self, ImsError> {
        text.bounded(Self::MAX_LEN).map(Self)
    }

    /// The hash it names; `None` for a `-sess` form, SHA-512-256, or one that this library does not know.
    #[must_use]
    pub fn supported(self) -> Option<DigestAlgorithm> {
        [DigestAlgorithm::Md5, DigestAlgorithm::Sha256]
            .into_iter()
            .find(|algorithm| self.0.is_ignoring_case(algorithm.name()))
    }

    /// The name.
    #[must_use]
    pub const fn text(self) -> ParamText<'a> {
        self.0
    }
}

impl fmt::Debug for WrittenAlgorithm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrittenAlgorithm({})", self.0)
    }
}

/// `nc`: how many requests were sent with a nonce, this one included, as 8 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NonceCount([u8; 8]);

impl NonceCount {
    /// The count `value`, in lower case.
    #[must_use]
    pub fn new(value: u32) -> Self {
        let mut digits = [0; 8];
        for (to, shift) in digits.iter_mut().zip([28u32, 24, 20, 16, 12, 8, 4, 0]) {
            let nibble = value.wrapping_shr(shift) & 0xF;
            *to = char::from_digit(nibble, 16).and_then(|c| u8::try_from(c).ok()).unwrap_or(b'0');
        }
        Self(digits)
    }

    /// Reads exactly 8 digits of either case; the case is kept, because the digest covers it.
    pub(super) fn of(text: ParamText<'_>) -> Result<Self, ImsError> {
        let mut octets = text.octets();
        let mut digits = [0; 8];
        for to in &mut digits {
            *to = octets.next().filter(u8::is_ascii_hexdigit).ok_or(ImsError::Malformed)?;
        }
        octets.next().map_or(Ok(Self(digits)), |_| Err(ImsError::Malformed))
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> u32 {
        self.0
            .iter()
            .fold(0, |value, digit| (value << 4) | char::from(*digit).to_digit(16).unwrap_or_default())
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for NonceCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NonceCount({})", self.as_str())
    }
}

/// Everything beside HA1 that a digest covers.
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// The method of the request; empty for the `rspauth` of its answer.
    pub method: &'a str,
    /// The digest-uri of the request, in both directions.
    pub uri: ParamText<'a>,
    /// The hash of the body of this message.
    pub body: BodyHash,
    /// The nonce of the server.
    pub nonce: ParamText<'a>,
    /// The nonce count of the request.
    pub nc: NonceCount,
    /// The nonce of the client.
    pub cnonce: ParamText<'a>,
    /// The protection of the request.
    pub qop: Qop,
}

impl Covered<'_> {
    /// Writes `response` or `rspauth`, 32 or 64 lower-case digits, into `out`.
    ///
    /// # Errors
    ///
    /// [`ImsError::BufferTooSmall`]; [`ImsError::UnexpectedState`] when the body was hashed with another algorithm than
    /// HA1.
    pub fn write_response<'o>(&self, ha1: &Ha1, out: &'o mut [u8]) -> Result<&'o str, ImsError> {
        let mut writer = FieldWriter::new(out);
        self.response(ha1)?.digits().try_for_each(|digit| writer.octet(digit))?;
        writer.finish()
    }

    /// The digest.
    pub(crate) fn response(&self, ha1: &Ha1) -> Result<Response, ImsError> {
        if ha1.algorithm() != self.body.algorithm() {
            return Err(ImsError::UnexpectedState);
        }
        let mut ha2 = Hasher::new(ha1.algorithm());
        ha2.update(self.method.as_bytes());
        ha2.update(b":");
        update(&mut ha2, self.uri);
        if self.qop == Qop::AuthInt {
            ha2.update(b":");
            ha2.update_hash(&self.body);
        }
        let ha2 = ha2.finish_public();
        let mut hasher = ha1.begin_response();
        hasher.update(b":");
        update(&mut hasher, self.nonce);
        hasher.update(b":");
        hasher.update(self.nc.as_str().as_bytes());
        hasher.update(b":");
        update(&mut hasher, self.cnonce);
        hasher.update(b":");
        hasher.update(self.qop.name().as_bytes());
        hasher.update(b":");
        hasher.update_hash(&ha2);
        Ok(Response::finish(hasher))
    }
}

fn update(hasher: &mut Hasher, text: ParamText<'_>) {
    text.pieces().for_each(|piece| hasher.update(piece.as_bytes()));
}

/// A received digest: 16 or 32 octets out of 32 or 64 digits of either case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Received {
    octets: [u8; 32],
    len: usize,
}

impl Received {
    pub(super) fn of(text: ParamText<'_>) -> Result<Self, ImsError> {
        let mut received = Self { octets: [0; 32], len: 0 };
        let mut digits = text.octets();
        let nibble = |digit: u8| {
            char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok()).ok_or(ImsError::Malformed)
        };
        for to in &mut received.octets {
            let Some(high) = digits.next() else { break };
            let low = digits.next().ok_or(ImsError::Malformed)?;
            *to = (nibble(high)? << 4) | nibble(low)?;
            received.len = received.len.saturating_add(1);
        }
        let known = [DigestAlgorithm::Md5, DigestAlgorithm::Sha256].map(DigestAlgorithm::len);
        if digits.next().is_some() || !known.contains(&received.len) {
            return Err(ImsError::Malformed);
        }
        Ok(received)
    }

    pub(super) fn as_octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Received(..)")
    }
}
