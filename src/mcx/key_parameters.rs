//! Key parameters: what else is to be known about a key, encrypted under it (TS 33.180 §8.5.4, §E.6).
//!
//! ```text
//! | message type 1 | date and time 5 | payload ID 4 | sequence no 1 | payload algorithm 1 | [signalling algorithm 1] |
//! | IV 16 | DPPK-ID 4 |                                                     up to here authenticated in the clear
//! | IEI 1 | length 2 | ciphertext | tag 16 |
//!
//! plaintext  | key type 1 | status 4 | activation 5 | expiry 5 | len 2 | text | len 2 | count 1 { 7B | len 2 | group } |
//! ```
//!
//! Whether the optional octet is there follows from the length; when both readings fit, the shorter one is tried first
//! and the tag decides.

use core::fmt;

use super::ntp::Ntp64;
use crate::crypto::gcm::{Dpck, TAG_LEN};
use crate::crypto::{Primitives, RustCrypto};
use crate::id::CsbId;
use crate::keys::{McKey, PurposeTag};
use crate::message::Unauthentic;

/// Octets of the protection around the content: header 12, IV 16, DPPK-ID 4, IEI and length 3, tag 16, optional octet 1.
pub const KEY_PARAMETERS_OVERHEAD: usize = 52;

/// Message type DATA PAYLOAD.
pub(super) const DATA_PAYLOAD: u8 = 0x03;

/// The bits of the message type that say how it is protected: 6 encrypted, 7 signed. With or without the type.
pub(super) const ENCRYPTED: u8 = 0x40;

/// Octets of the header before the optional one.
const HEAD_LEN: usize = 12;

/// IEI of a group ID.
pub(super) const GROUP_IEI: u8 = 0x7B;

/// Status bit: not revoked.
pub(super) const NOT_REVOKED: u32 = 1;

/// Status bit: shared with a security gateway.
pub(super) const SHARED: u32 = 2;

/// How key parameters are encrypted: the numbers of RFC 5116 §6, with an IV of 16 octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PayloadAlgorithm {
    /// 1: AES-128-GCM.
    #[default]
    Aes128Gcm,
    /// 2: AES-256-GCM.
    Aes256Gcm,
}

impl PayloadAlgorithm {
    const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Aes128Gcm),
            2 => Some(Self::Aes256Gcm),
            _ => None,
        }
    }

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Aes128Gcm => 1,
            Self::Aes256Gcm => 2,
        }
    }
}

/// What key parameters say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyParameters<'a> {
    /// The kind of the key; the same as the purpose tag of its key ID.
    pub key_type: PurposeTag,
    /// The key is revoked.
    pub revoked: bool,
    /// The key is shared with a security gateway.
    pub shared_with_gateway: bool,
    /// When the key becomes active; `None`: at once.
    pub activation: Option<Ntp64>,
    /// When the key expires; `None`: never.
    pub expiry: Option<Ntp64>,
    /// A name, UTF-8.
    pub text: &'a str,
    /// The group list past its length: count, then entries. Empty for a key without groups.
    groups: &'a [u8],
}

impl<'a> KeyParameters<'a> {
    /// Parameters of an unrevoked key of kind `key_type` without times, name and groups.
    #[must_use]
    pub const fn of(key_type: PurposeTag) -> Self {
        Self {
            key_type,
            revoked: false,
            shared_with_gateway: false,
            activation: None,
            expiry: None,
            text: "",
            groups: &[],
        }
    }

    /// The URIs of the groups that the key serves.
    pub fn groups(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.groups.get(1..).unwrap_or_default();
        core::iter::from_fn(move || {
            let (group, behind) = group(rest)?;
            rest = behind;
            Some(group)
        })
    }

    fn decode(octets: &'a [u8]) -> Option<Self> {
        let (&[key_type], rest) = octets.split_first_chunk()?;
        let (status, rest) = rest.split_first_chunk()?;
        let (activation, rest) = rest.split_first_chunk()?;
        let (expiry, rest) = rest.split_first_chunk()?;
        let (text, rest) = long(rest)?;
        let key_type = PurposeTag::from_bits(key_type)?;
        let status = u32::from_be_bytes(*status);
        let groups = if has_groups(key_type) && !rest.is_empty() {
            let (groups, _) = long(rest)?;
            are_groups(groups).then_some(groups)?
        } else {
            // What else follows is reserved.
            &[]
        };
        Some(Self {
            key_type,
            revoked: status & NOT_REVOKED == 0,
            shared_with_gateway: status & SHARED != 0,
            activation: time(*activation),
            expiry: time(*expiry),
            text: core::str::from_utf8(text).ok()?,
            groups,
        })
    }
}

impl fmt::Debug for KeyParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyParameters")
            .field("key_type", &self.key_type)
            .field("revoked", &self.revoked)
            .field("activation", &self.activation)
            .field("expiry", &self.expiry)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}

/// What was found in the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedParameters<'a> {
    /// The content.
    pub parameters: KeyParameters<'a>,
    /// The signalling algorithm octet, if there was one.
    pub signalling_algorithm: Option<u8>,
}

/// Opens the data of an extension of type 7 that came with `key` under `csb`; the content is in `room` afterwards.
///
/// # Errors
///
/// [`Unauthentic`]: a form or algorithm that is not known, a DPPK-ID that is not the CSB ID, a wrong tag, lengths that
/// lie, another kind of key, or no room.
#[inline(never)]
pub fn open_key_parameters<'o>(
    octets: &[u8], key: &McKey, csb: CsbId, room: &'o mut [u8],
) -> Result<OpenedParameters<'o>, Unauthentic> {
    open_with(&RustCrypto, octets, key, csb, room).ok_or(Unauthentic)
}

fn open_with<'o, P: Primitives>(
    p: &P, octets: &[u8], key: &McKey, csb: CsbId, room: &'o mut [u8],
) -> Option<OpenedParameters<'o>> {
    let mut opened = None;
    for optional in [0, 1] {
        let Some(found) = Found::split(octets, optional) else { continue };
        if found.dppk_id != csb.0 {
            continue;
        }
        let dpck =
            Dpck::derive(p, key.secret(), found.dppk_id, found.algorithm == PayloadAlgorithm::Aes256Gcm)?;
        let plain = room.get_mut(..found.ciphertext.len())?;
        plain.copy_from_slice(found.ciphertext);
        if dpck.open(found.iv.into(), found.aad, plain, found.tag).is_some() {
            opened = Some((found.ciphertext.len(), found.signalling_algorithm));
            break;
        }
    }
    let (len, signalling_algorithm) = opened?;
    let plain: &'o [u8] = room.get(..len)?;
    // SPEC: TS 33.180 §E.6.1 can be read as giving the content an IEI and a length of its own.
    let inner = plain.split_first_chunk::<3>().and_then(|(&[_, high, low], inner)| {
        (usize::from(u16::from_be_bytes([high, low])) == inner.len()).then_some(inner)
    });
    let parameters = inner.and_then(KeyParameters::decode).or_else(|| KeyParameters::decode(plain))?;
    (parameters.key_type == key.tag()).then_some(OpenedParameters { parameters, signalling_algorithm })
}

/// Reads key parameters that stand in their extension unencrypted.
pub(super) fn read_raw<'o>(
    octets: &[u8], key_type: PurposeTag, room: &'o mut [u8],
) -> Result<OpenedParameters<'o>, Unauthentic> {
    let plain = room.get_mut(..octets.len()).ok_or(Unauthentic)?;
    plain.copy_from_slice(octets);
    let parameters =
        KeyParameters::decode(plain).filter(|read| read.key_type == key_type).ok_or(Unauthentic)?;
    Ok(OpenedParameters { parameters, signalling_algorithm: None })
}

/// Whether the extension data have the message type of a protected payload.
pub(super) const fn is_protected(octets: &[u8]) -> bool {
    matches!(octets, [first, ..] if is_message_type(*first))
}

const fn is_message_type(octet: u8) -> bool {
    octet == ENCRYPTED || octet == ENCRYPTED | DATA_PAYLOAD
}

/// A protected payload in its parts.
struct Found<'a> {
    aad: &'a [u8],
    algorithm: PayloadAlgorithm,
    signalling_algorithm: Option<u8>,
    iv: &'a [u8; 16],
    dppk_id: u32,
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG_LEN],
}

impl<'a> Found<'a> {
    /// With `optional` octets, 0 or 1, between the payload algorithm and the IV.
    fn split(octets: &'a [u8], optional: usize) -> Option<Self> {
        let (head, rest) = octets.split_first_chunk::<HEAD_LEN>()?;
        let [message_type, .., algorithm] = *head;
        let (extra, rest) = rest.split_at_checked(optional)?;
        let (iv, rest) = rest.split_first_chunk()?;
        let (dppk_id, rest) = rest.split_first_chunk()?;
        let aad = octets.get(..octets.len().saturating_sub(rest.len()))?;
        let (&[_, high, low], rest) = rest.split_first_chunk()?;
        if !is_message_type(message_type) || usize::from(u16::from_be_bytes([high, low])) != rest.len() {
            return None;
        }
        let (ciphertext, tag) = rest.split_last_chunk()?;
        Some(Self {
            aad,
            algorithm: PayloadAlgorithm::of(algorithm)?,
            signalling_algorithm: extra.first().copied(),
            iv,
            dppk_id: u32::from_be_bytes(*dppk_id),
            ciphertext,
            tag,
        })
    }
}

pub(super) const fn has_groups(key_type: PurposeTag) -> bool {
    matches!(key_type, PurposeTag::Gmk | PurposeTag::Mkfc | PurposeTag::MuSik)
}

/// Two octets of length, then that many; and what follows.
fn long(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = octets.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

/// The first group of the entries, and what follows.
fn group(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&GROUP_IEI, rest) = octets.split_first()? else { return None };
    long(rest)
}

/// Whether `octets` are a count and exactly that many groups.
fn are_groups(octets: &[u8]) -> bool {
    let Some((&count, mut rest)) = octets.split_first() else { return false };
    for _ in 0..count {
        let Some((_, behind)) = group(rest) else { return false };
        rest = behind;
    }
    rest.is_empty()
}

/// A time of 5 octets since 1970; 0 is none.
fn time([a, b, c, d, e]: [u8; 5]) -> Option<Ntp64> {
    let unix = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
    (unix != 0).then_some(Ntp64::from_unix(unix))
}
