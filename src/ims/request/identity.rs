//! `X-3GPP-Intended-Identity` and `X-3GPP-Asserted-Identity` (TS 24.109 §7.2, TS 33.222).
//!
//! ```text
//! Intended = one          Asserted = one *( OWS "," OWS one )          one = quoted-string / unquoted
//! ```
//!
//! Written with quotes, read with or without. An identity without quotes ends at a comma and has no blank.

use super::Refusal;
use crate::ims::field::{FieldWriter, checked, trim};
use crate::ims::{Impu, ImsError};

/// Most identities of one Asserted header.
pub const MAX_ASSERTED: usize = 8;

/// Longest value of either header that is read, and of an Intended header that is written, octets.
pub const MAX_IDENTITY_LEN: usize = 1024;

/// The identities that a peer vouches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssertedIdentities(heapless::Vec<Impu, MAX_ASSERTED>);

impl AssertedIdentities {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// The identities, in the order of the header.
    #[must_use]
    pub fn as_slice(&self) -> &[Impu] {
        &self.0
    }
}

/// Reads the value of an Intended header.
///
/// # Errors
///
/// [`ImsError::TooLong`], [`ImsError::BadCharacter`] for CR, LF, NUL and every other control character,
/// [`ImsError::Empty`], [`ImsError::Malformed`] for an open quote, or more than one identity.
pub fn read_intended(value: &[u8]) -> Result<Impu, ImsError> {
    let (identity, rest) = one(trim(checked(value, MAX_IDENTITY_LEN)?))?;
    if rest.is_empty() { Ok(identity) } else { Err(ImsError::Malformed) }
}

/// Reads the value of an Asserted header; whether the peer may assert anything is not asked here.
///
/// # Errors
///
/// As [`read_intended`], and [`ImsError::TooLong`] for more than [`MAX_ASSERTED`] identities.
pub fn read_asserted(value: &[u8]) -> Result<AssertedIdentities, ImsError> {
    let mut rest = trim(checked(value, MAX_IDENTITY_LEN)?);
    let mut identities = AssertedIdentities::new();
    loop {
        let (identity, behind) = one(rest)?;
        identities.0.push(identity).map_err(|_| ImsError::TooLong)?;
        match behind.strip_prefix(',') {
            Some(behind) => rest = trim(behind),
            None if behind.is_empty() => return Ok(identities),
            None => return Err(ImsError::Malformed),
        }
    }
}

/// Writes the value of an Intended header into `out`.
///
/// # Errors
///
/// [`ImsError::BufferTooSmall`].
pub fn write_intended<'o>(identity: &Impu, out: &'o mut [u8]) -> Result<&'o str, ImsError> {
    write_asserted(core::slice::from_ref(identity), out)
}

/// Writes the value of an Asserted header into `out`.
///
/// # Errors
///
/// [`ImsError::Empty`] without an identity, [`ImsError::TooLong`] for more than [`MAX_ASSERTED`],
/// [`ImsError::BufferTooSmall`].
pub fn write_asserted<'o>(identities: &[Impu], out: &'o mut [u8]) -> Result<&'o str, ImsError> {
    match identities.len() {
        0 => return Err(ImsError::Empty),
        len if len > MAX_ASSERTED => return Err(ImsError::TooLong),
        _ => {}
    }
    let mut writer = FieldWriter::new(out);
    for (at, identity) in identities.iter().enumerate() {
        writer.text(if at == 0 { "" } else { ", " })?;
        writer.quoted(identity.as_str())?;
    }
    writer.finish()
}

/// Whether `intended` is one of the identities that belong to the subscriber whom Digest has authenticated.
///
/// # Errors
///
/// [`Refusal::ForeignIdentity`] when it is not.
pub fn check_intended<'a>(
    intended: &Impu, mut subscriber: impl Iterator<Item = &'a Impu>,
) -> Result<(), Refusal> {
    if subscriber.any(|own| same_identity(intended, own)) { Ok(()) } else { Err(Refusal::ForeignIdentity) }
}

/// Whether two texts name the same public identity: scheme and host are compared without case, the user with it
/// (RFC 3261 §19.1.4).
#[must_use]
pub fn same_identity(a: &Impu, b: &Impu) -> bool {
    let ((scheme_a, user_a, host_a), (scheme_b, user_b, host_b)) = (parts(a.as_str()), parts(b.as_str()));
    scheme_a.eq_ignore_ascii_case(scheme_b) && user_a == user_b && host_a.eq_ignore_ascii_case(host_b)
}

/// Scheme, user and host of a URI; a tel URI has no host.
fn parts(identity: &str) -> (&str, &str, &str) {
    let (scheme, rest) = identity.split_once(':').unwrap_or(("", identity));
    let (user, host) = rest.rsplit_once('@').unwrap_or((rest, ""));
    (scheme, user, host)
}

/// The identity at the start of `text`, and what stands behind it and its blanks.
fn one(text: &str) -> Result<(Impu, &str), ImsError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (raw, behind) = text.split_at_checked(text.find(',').unwrap_or(text.len())).unwrap_or((text, ""));
        let raw = trim(raw);
        if raw.contains([' ', '\t', '"', '\\', '<', '>']) {
            return Err(ImsError::Malformed);
        }
        return Ok((Impu::new(raw)?, behind));
    };
    let mut identity = heapless::String::<{ Impu::MAX_LEN }>::new();
    let mut escape = false;
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escape => {
                escape = true;
                continue;
            }
            '"' if !escape => {
                let behind = quoted.get(at..).and_then(|rest| rest.strip_prefix('"')).unwrap_or_default();
                return Ok((Impu::new(&identity)?, trim(behind)));
            }
            _ => identity.push(c).map_err(|_| ImsError::TooLong)?,
        }
        escape = false;
    }
    Err(ImsError::Malformed)
}
