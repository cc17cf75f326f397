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
        for (to, from) in octets.expose_mut().as_chunks_mut::<2>().0.iter_mut().zip(secret.expose()) {
            *to = [hex_digit(from >> 4), hex_digit(from & 0x0F)];
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

/// The digit of a nibble, without a branch or table.
pub(crate) const fn hex_digit(nibble: u8) -> u8 {
    let letter = (9u8.wrapping_sub(nibble) >> 7).wrapping_mul(b'a' - b'0' - 10);
    nibble.wrapping_add(b'0').wrapping_add(letter)
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
}
