//! Text forms of a secret, without a branch or table that would depend on it.

use base64ct::{Base64, Encoding};

use crate::secret::Secret;

/// A password of at most 64 octets.
pub(crate) struct Password {
    octets: Secret<64>,
    len: usize,
}

impl Password {
    /// Base64 text with padding, 44 characters.
    pub(crate) fn base64(secret: &Secret<32>) -> Self {
        let mut octets = Secret::zeroed();
        let len = Base64::encode(secret.expose(), octets.expose_mut()).map_or(0, str::len);
        Self { octets, len }
    }

    /// Lower-case hexadecimal text, 64 characters.
    pub(crate) fn hex(secret: &Secret<32>) -> Self {
        let mut octets = Secret::<64>::zeroed();
        let (digits, fours) =
            (octets.expose_mut().as_chunks_mut::<8>().0, secret.expose().as_chunks::<4>().0);
        for (to, from) in digits.iter_mut().zip(fours) {
            *to = hex_digits(*from);
        }
        Self { octets, len: 64 }
    }

    /// The octets as they are.
    pub(crate) fn raw(secret: &Secret<32>) -> Self {
        let mut octets = Secret::<64>::zeroed();
        for (to, from) in octets.expose_mut().iter_mut().zip(secret.expose()) {
            *to = *from;
        }
        Self { octets, len: 32 }
    }

    pub(crate) fn as_octets(&self) -> &[u8] {
        self.octets.expose().get(..self.len).unwrap_or_default()
    }
}

/// The lower-case hexadecimal text of `octets`, without a branch or table.
#[cfg(any(feature = "ims", test))]
pub(crate) fn hex_text(octets: &[u8]) -> impl Iterator<Item = u8> {
    octets.chunks(4).flat_map(|chunk| {
        let mut four = [0; 4];
        for (to, from) in four.iter_mut().zip(chunk) {
            *to = *from;
        }
        hex_digits(four).into_iter().take(chunk.len().wrapping_mul(2))
    })
}

/// The digits of four octets, without a branch or table.
///
/// SECURITY: all at once, each in its lane of one word. Of "add 39 if above 9" for a single digit the compiler makes a jump.
#[inline]
pub(crate) const fn hex_digits(octets: [u8; 4]) -> [u8; 8] {
    const fn lanes(octet: u64) -> u64 {
        octet.wrapping_mul(0x0101_0101_0101_0101)
    }
    let mut x = u32::from_be_bytes(octets) as u64;
    x = (x | (x << 16)) & 0x0000_FFFF_0000_FFFF;
    x = (x | (x << 8)) & 0x00FF_00FF_00FF_00FF;
    x = (x | (x << 4)) & lanes(0x0F);
    let above_9 = (x.wrapping_add(lanes(6)) >> 4) & lanes(1);
    let to_letter = above_9.wrapping_mul((b'a' - b'0' - 10) as u64);
    x.wrapping_add(lanes(b'0' as u64)).wrapping_add(to_letter).to_be_bytes()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn the_hexadecimal_form_is_the_hexadecimal_text() {
        let octets: [u8; 32] = core::array::from_fn(|i| u8::try_from(i * 9 % 256).unwrap());
        let password = Password::hex(&Secret::new(octets));
        assert_eq!(password.as_octets(), hex::encode(octets).as_bytes());
    }
    #[test]
    fn every_octet_in_every_place_and_every_length_has_its_digits() {
        let octets: std::vec::Vec<u8> = (0..=255).collect();
        for len in 0..=octets.len() {
            for first in 0..4.min(len) {
                let octets = &octets[first..len];
                assert!(hex_text(octets).eq(hex::encode(octets).bytes()), "{first} to {len}");
            }
        }
    }
}
