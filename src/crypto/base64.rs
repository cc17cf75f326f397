//! Octets in base64 (RFC 4648 §4, with padding), without a branch or table that would depend on them.

use base64ct::{Base64, Encoding};

#[cfg(feature = "ims")]
use crate::secret::Secret;

/// Most characters a decoder of fixed length takes: those of 48 octets.
#[cfg(feature = "ims")]
const MAX_TEXT_LEN: usize = 64;

/// The `N` secret octets that `text` stands for; `None` when it is no base64 or not that of `N` octets.
#[cfg(feature = "ims")]
pub(crate) fn decode_secret<const N: usize>(text: impl Iterator<Item = u8>) -> Option<Secret<N>> {
    let mut held = Secret::<MAX_TEXT_LEN>::zeroed();
    let mut room = held.expose_mut().iter_mut();
    let mut len = 0_usize;
    for octet in text {
        *room.next()? = octet;
        len = len.saturating_add(1);
    }
    let mut octets = Secret::zeroed();
    let decoded = Base64::decode(held.expose().get(..len)?, octets.expose_mut()).ok()?.len();
    (decoded == N).then_some(octets)
}

/// The `N` octets that `text` stands for; `None` when it is no base64 or not that of `N` octets.
#[cfg(feature = "ims")]
pub(crate) fn decode<const N: usize>(text: impl Iterator<Item = u8>) -> Option<[u8; N]> {
    decode_secret(text).map(|octets| *octets.expose())
}

/// The octets that `text` stands for, in `out`; `None` when it is no base64 or they do not fit.
#[cfg(feature = "ims")]
pub(crate) fn decode_text<'o>(text: &str, out: &'o mut [u8]) -> Option<&'o [u8]> {
    Base64::decode(text, out).ok()
}

/// The text of `octets` in `out`; `None` when it does not fit.
pub(crate) fn encode<'o>(octets: &[u8], out: &'o mut [u8]) -> Option<&'o str> {
    Base64::encode(octets, out).ok()
}

#[cfg(all(test, feature = "ims"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_text_of_the_right_length_decodes() {
        assert_eq!(decode::<3>("aMoM".bytes()), Some([0x68, 0xCA, 0x0C]));
        assert_eq!(decode::<4>("aMoAAA==".bytes()), Some([0x68, 0xCA, 0, 0]));
        for text in ["", "aMo", "aMoMAA==", "aMoM=", "aM M", "aMo=", "aMo\u{e9}", "aMo-", "=aMo"] {
            assert_eq!(decode::<3>(text.bytes()), None, "{text}");
        }
        // The bits behind the last octet are not zero, or the padding is missing.
        for text in ["aMoAAB==", "aMoAAA", "aMoAAA=", "aMoAAAA="] {
            assert_eq!(decode::<4>(text.bytes()), None, "{text}");
        }
    }
}
