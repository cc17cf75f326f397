//! Key parameters, written; their layout stands in `key_parameters`.

use rand_core::TryCryptoRng;

use super::error::McxError;
use super::key_parameters::{
    DATA_PAYLOAD, ENCRYPTED, GROUP_IEI, NOT_REVOKED, PayloadAlgorithm, SHARED, has_groups,
};
use super::ntp::Ntp64;
use crate::crypto::RustCrypto;
use crate::crypto::gcm::{Dpck, TAG_LEN};
use crate::id::CsbId;
use crate::keys::{McKey, PurposeTag};

/// Longest content of key parameters that this library builds, octets.
pub const MAX_KEY_PARAMETERS_LEN: usize = 512;

/// What is written into the extension.
#[derive(Clone, Copy, Debug)]
pub struct KeyParametersInit<'a> {
    /// The kind of the key.
    pub key_type: PurposeTag,
    /// The key is revoked.
    pub revoked: bool,
    /// The key is shared with a security gateway.
    pub shared_with_gateway: bool,
    /// When the key becomes active; `None`: at once.
    pub activation: Option<Ntp64>,
    /// When the key expires; `None`: never.
    pub expiry: Option<Ntp64>,
    /// A name.
    pub text: &'a str,
    /// The URIs of the groups, for a GMK, MKFC or MuSiK.
    pub groups: &'a [&'a [u8]],
    /// When the payload is made.
    pub now: Ntp64,
    /// How it is encrypted.
    pub algorithm: PayloadAlgorithm,
    /// The signalling algorithm octet; `None`: left out.
    pub signalling_algorithm: Option<u8>,
}

impl KeyParametersInit<'_> {
    /// An unrevoked key of kind `key_type`, made at `now`.
    #[must_use]
    pub const fn of(key_type: PurposeTag, now: Ntp64) -> Self {
        Self {
            key_type,
            revoked: false,
            shared_with_gateway: false,
            activation: None,
            expiry: None,
            text: "",
            groups: &[],
            now,
            algorithm: PayloadAlgorithm::Aes128Gcm,
            signalling_algorithm: None,
        }
    }
}

/// Builds the data of an extension of type 7 for `key` under `csb`.
///
/// # Errors
///
/// [`McxError::BufferTooSmall`]; [`McxError::Inconsistent`] for more than [`MAX_KEY_PARAMETERS_LEN`] octets of content,
/// groups of a key that has none, or times that 5 octets do not hold; [`McxError::RngFailed`].
pub fn seal_key_parameters<'o, R: TryCryptoRng + ?Sized>(
    init: &KeyParametersInit<'_>, key: &McKey, csb: CsbId, rng: &mut R, out: &'o mut [u8],
) -> Result<&'o [u8], McxError> {
    let mut content = heapless::Vec::<u8, MAX_KEY_PARAMETERS_LEN>::new();
    write_content(init, &mut content)?;
    let mut head = heapless::Vec::<u8, 33>::new();
    let mut iv = [0; 16];
    rng.try_fill_bytes(&mut iv).map_err(|_| McxError::RngFailed)?;
    let put = |to: &mut heapless::Vec<u8, 33>, octets: &[u8]| {
        to.extend_from_slice(octets).map_err(|_| McxError::Inconsistent)
    };
    put(&mut head, &[ENCRYPTED | DATA_PAYLOAD])?;
    put(&mut head, &five(Some(init.now))?)?;
    put(&mut head, &[0, 0, 0, 0, 0, init.algorithm.number()])?;
    if let Some(algorithm) = init.signalling_algorithm {
        put(&mut head, &[algorithm])?;
    }
    put(&mut head, &iv)?;
    put(&mut head, &csb.0.to_be_bytes())?;
    let protected_len = content.len().saturating_add(TAG_LEN);
    let [high, low] = u16::try_from(protected_len).map_err(|_| McxError::Inconsistent)?.to_be_bytes();
    let total = head.len().saturating_add(3).saturating_add(protected_len);
    let out = out.get_mut(..total).ok_or(McxError::BufferTooSmall)?;
    let (clear, rest) = out.split_at_mut_checked(head.len()).ok_or(McxError::BufferTooSmall)?;
    // Not by copy_from_slice, whose check of the lengths the compiler does not see through: no panic is linked this way.
    for (to, from) in clear.iter_mut().zip(&head) {
        *to = *from;
    }
    let (iei, rest) = rest.split_first_chunk_mut().ok_or(McxError::BufferTooSmall)?;
    *iei = [0, high, low];
    let (text, tag) = rest.split_last_chunk_mut().ok_or(McxError::BufferTooSmall)?;
    for (to, from) in text.iter_mut().zip(&content) {
        *to = *from;
    }
    let dpck = Dpck::derive(&RustCrypto, key.secret(), csb.0, init.algorithm == PayloadAlgorithm::Aes256Gcm);
    *tag = dpck.and_then(|dpck| dpck.seal((&iv).into(), &head, text)).ok_or(McxError::Inconsistent)?;
    Ok(out)
}

fn write_content(
    init: &KeyParametersInit<'_>, to: &mut heapless::Vec<u8, MAX_KEY_PARAMETERS_LEN>,
) -> Result<(), McxError> {
    if !init.groups.is_empty() && !has_groups(init.key_type) {
        return Err(McxError::Inconsistent);
    }
    let mut put = |octets: &[u8]| to.extend_from_slice(octets).map_err(|_| McxError::Inconsistent);
    let len = |len: usize| u16::try_from(len).map(u16::to_be_bytes).map_err(|_| McxError::Inconsistent);
    let status =
        if init.revoked { 0 } else { NOT_REVOKED } | if init.shared_with_gateway { SHARED } else { 0 };
    put(&[init.key_type.bits()])?;
    put(&status.to_be_bytes())?;
    put(&five(init.activation)?)?;
    put(&five(init.expiry)?)?;
    put(&len(init.text.len())?)?;
    put(init.text.as_bytes())?;
    if has_groups(init.key_type) {
        let entries =
            init.groups.iter().map(|group| group.len().saturating_add(3)).fold(1, usize::saturating_add);
        put(&len(entries)?)?;
        put(&[u8::try_from(init.groups.len()).map_err(|_| McxError::Inconsistent)?])?;
        for group in init.groups {
            put(&[GROUP_IEI])?;
            put(&len(group.len())?)?;
            put(group)?;
        }
    }
    Ok(())
}

/// The 5 octets of a time; none is 0.
fn five(time: Option<Ntp64>) -> Result<[u8; 5], McxError> {
    let [0, 0, 0, a, b, c, d, e] = time.map_or(0, Ntp64::unix).to_be_bytes() else {
        return Err(McxError::Inconsistent);
    };
    Ok([a, b, c, d, e])
}
