//! The SRTP key derivation with rate 0 (RFC 3711 §4.3).
//!
//! ```text
//! x   = label * 2^48 XOR master salt        14 octets, so label lands in octet 7
//! key = AES-CM key stream of (master key, IV = x || 00 00)
//! ```
//!
//! RFC 3711 §4.3.2 makes the SRTCP index 32 bits wide, which by the letter would move the SRTCP labels to 2^32; the
//! libraries in use keep 2^48 for all six labels, and so does this one.

use super::Primitives;
use super::cipher::SALT_LEN;
use crate::secret::Secret;

/// Derives the `N` octets of `label` (0 to 5).
pub(crate) fn derive<const N: usize, P: Primitives>(
    p: &P, master: &Secret<16>, salt: &Secret<SALT_LEN>, label: u8,
) -> Secret<N> {
    let iv = start(salt, label);
    let mut out = Secret::zeroed();
    p.aes128_ctr(master.expose(), iv.expose(), out.expose_mut());
    out
}

/// [`derive`] from a master key of 32 octets, with AES-256 (RFC 6188 §3).
#[cfg(feature = "mcx")]
pub(crate) fn derive_256<const N: usize, P: Primitives>(
    p: &P, master: &Secret<32>, salt: &Secret<SALT_LEN>, label: u8,
) -> Secret<N> {
    let iv = start(salt, label);
    let mut out = Secret::zeroed();
    p.aes256_ctr(master.expose(), iv.expose(), out.expose_mut());
    out
}

/// The first counter block.
fn start(salt: &Secret<SALT_LEN>, label: u8) -> Secret<16> {
    let mut iv = Secret::<16>::zeroed();
    for (to, from) in iv.expose_mut().iter_mut().zip(salt.expose()) {
        *to = *from;
    }
    let [_, _, _, _, _, _, _, at, ..] = iv.expose_mut();
    *at ^= label;
    iv
}
