//! HashToIntegerRange (RFC 6508 §5.1) for the two ranges that SAKKE uses.
//!
//! ```text
//!   A = SHA-256(s), h(0) = 32 zero octets;  h(i) = SHA-256(h(i-1)),  v(i) = SHA-256(h(i) || A)
//!   modulo q: v(1) || v(2) || v(3) || v(4)          modulo 2^128: the last 16 octets of v(1)
//! ```

use sha2::{Digest, Sha256};

use super::field::RESIDUE_LEN;
use crate::secret::wipe;

/// The octets v(1) to v(4) for a string in two parts, not yet reduced.
pub(super) fn hash_to_residue(first: &[u8], second: &[u8]) -> [u8; RESIDUE_LEN] {
    let mut a: [u8; 32] = Sha256::new().chain_update(first).chain_update(second).finalize().into();
    let mut h = [0u8; 32];
    let mut out = [0; RESIDUE_LEN];
    for v in out.as_chunks_mut::<32>().0 {
        h = Sha256::digest(h).into();
        *v = Sha256::new().chain_update(h).chain_update(a).finalize().into();
    }
    wipe(&mut a, [0; 32]);
    out
}

/// The mask of an SSV: the string modulo 2^128.
pub(super) fn hash_to_mask(string: &[u8; RESIDUE_LEN]) -> [u8; 16] {
    let mut all = hash_to_residue(string, &[]);
    let ([_, mask, ..], []) = all.as_chunks::<16>() else { return [0; 16] };
    let mask = *mask;
    wipe(&mut all, [0; RESIDUE_LEN]);
    mask
}
