//! The key derivation function of 3GPP (TS 33.220 Annex B.2).
//!
//! ```text
//! S           = FC || P0 || L0 || P1 || L1 || ...        Li = length of Pi, 2 octets
//! derived key = HMAC-SHA-256(Key, S)
//! ```

use super::Primitives;
use super::hash::Sha256;
use super::mac::HmacKey;
use crate::secret::Secret;

/// Derives 32 octets; `None` when a parameter is over 65,535 octets, or there are more than four.
pub(crate) fn derive<const N: usize, P: Primitives>(
    p: &P, key: &Secret<N>, fc: u8, parameters: &[&[u8]],
) -> Option<Secret<32>> {
    let fc = [fc];
    let mut lengths = [[0; 2]; 4];
    let mut parts: [&[u8]; 9] = [&[]; 9];
    if parameters.len() > lengths.len() {
        return None;
    }
    for (length, parameter) in lengths.iter_mut().zip(parameters) {
        *length = u16::try_from(parameter.len()).ok()?.to_be_bytes();
    }
    let pairs =
        parameters.iter().zip(&lengths).flat_map(|(parameter, length)| [*parameter, length.as_slice()]);
    for (to, from) in parts.iter_mut().zip(core::iter::once(fc.as_slice()).chain(pairs)) {
        *to = from;
    }
    let mut out = Secret::zeroed();
    HmacKey::<Sha256>::new(p, key.expose()).mac(p, &parts, out.expose_mut());
    Some(out)
}
