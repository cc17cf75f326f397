//! The MIKEY PRF (RFC 3830 §4.1.2) with SHA-1, and with SHA-256 (RFC 6043 §6.1).
//!
//! ```text
//! P(s, label, m)     = HMAC(s, A_1 || label) || ... || HMAC(s, A_m || label),  A_0 = label, A_i = HMAC(s, A_(i-1))
//! PRF(inkey, label)  = XOR over the 32-octet blocks s_i of inkey of P(s_i, label, m), cut to the wanted length
//! label              = constant (4) || cs_id (1) || CSB ID (4) || RAND
//! ```
//!
//! The constants fall in two groups that must not be mixed (RFC 3830 §4.1.3, §4.1.4): what is derived from a
//! pre-shared key, and what is derived from a TGK. Each group is a type of its own, taken by its own function and by its
//! own key type, so the compiler keeps them apart.

use core::marker::PhantomData;

use super::Primitives;
use super::hash::{BLOCK_LEN, Hash, MAX_DIGEST_LEN, Sha1, Sha256, single_block};
use super::mac::HmacKey;
use crate::error::KeyUnavailable;
use crate::id::CsbId;
use crate::secret::Secret;

/// Octets of an inkey that one HMAC key holds (RFC 3830 §4.1.2: 256 bits, for either hash).
pub(crate) const INKEY_BLOCK_LEN: usize = 32;

/// The pseudo-random function of a MIKEY message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Prf {
    /// MIKEY-1: HMAC-SHA-1.
    Mikey1,
    /// PRF-HMAC-SHA-256.
    HmacSha256,
}

/// What is derived from a pre-shared key (RFC 3830 §4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PskLabel {
    /// encr_key: `15 05 33 e1`.
    Encr,
    /// auth_key: `2d 22 ac 75`.
    Auth,
    /// salt_key: `29 b8 89 16`.
    Salt,
}

/// What is derived from a TGK (RFC 3830 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TgkLabel {
    /// TEK: `2a d0 1c 64`.
    Tek,
    /// Authentication key: `1b 5c 79 73`.
    Auth,
    /// Encryption key: `15 79 8c ef`.
    Encr,
    /// Salting key: `39 a2 c1 4b`.
    Salt,
}

/// Fills a buffer with the key that the label names.
pub(crate) type DeriveKey<'f> = dyn Fn(PskLabel, &mut [u8]) -> Result<(), KeyUnavailable> + 'f;

/// The first 9 octets of a label: constant, cs_id, CSB ID. RAND follows.
struct Label([u8; 9]);

impl Label {
    const fn new(constant: u32, cs_id: u8, csb: CsbId) -> Self {
        let [a, b, c, d] = constant.to_be_bytes();
        let [e, f, g, h] = csb.0.to_be_bytes();
        Self([a, b, c, d, cs_id, e, f, g, h])
    }
}

impl PskLabel {
    const fn label(self, csb: CsbId) -> Label {
        let constant = match self {
            Self::Encr => 0x1505_33E1,
            Self::Auth => 0x2D22_AC75,
            Self::Salt => 0x29B8_8916,
        };
        Label::new(constant, 0xFF, csb)
    }
}

impl TgkLabel {
    const fn label(self, cs_id: u8, csb: CsbId) -> Label {
        let constant = match self {
            Self::Tek => 0x2AD0_1C64,
            Self::Auth => 0x1B5C_7973,
            Self::Encr => 0x1579_8CEF,
            Self::Salt => 0x39A2_C14B,
        };
        Label::new(constant, cs_id, csb)
    }
}

/// Marks a key whose derivations take [`PskLabel`]s.
#[derive(Debug)]
pub(crate) enum FromPsk {}

/// A scheduled inkey of at most 32 octets.
pub(crate) struct PrfKey<G, H: Hash> {
    key: HmacKey<H>,
    group: PhantomData<G>,
}

impl<G, H: Hash> PrfKey<G, H> {
    /// Schedules an inkey.
    pub(crate) fn schedule<P: Primitives>(p: &P, inkey: &[u8]) -> Self {
        Self { key: HmacKey::new(p, inkey), group: PhantomData }
    }
}

/// Whether the blocks of a PRF are padded once for all labels: a large processor saves time so, a small one flash if it does not.
const PADDED_ONCE: bool = cfg!(target_pointer_width = "64");

/// The labels of one message, which differ in their constant only. Both messages that the PRF takes of each fit one
/// block for every RAND MBMS admits, so they are padded once.
pub(crate) struct PskLabels<'a> {
    csb: CsbId,
    rand: &'a [u8],
    blocks: Option<[[u8; BLOCK_LEN]; 2]>,
}

impl<'a> PskLabels<'a> {
    pub(crate) fn new<H: Hash>(csb: CsbId, rand: &'a [u8]) -> Self {
        if !PADDED_ONCE {
            return Self { csb, rand, blocks: None };
        }
        let Label(head) = PskLabel::Encr.label(csb);
        let a = [0; MAX_DIGEST_LEN];
        let a = a.get(..H::LEN).unwrap_or_default();
        let label = single_block(BLOCK_LEN, &[&head, rand]);
        let blocks = label.zip(single_block(BLOCK_LEN, &[a, &head, rand]));
        Self { csb, rand, blocks: blocks.map(|(label, a_and_label)| [label, a_and_label]) }
    }
}

impl<H: Hash> PrfKey<FromPsk, H> {
    pub(crate) fn derive<P: Primitives>(
        &self, p: &P, label: PskLabel, labels: &PskLabels<'_>, out: &mut [u8],
    ) {
        let Label(head) = label.label(labels.csb);
        match (&labels.blocks, head.first_chunk()) {
            (Some(blocks), Some(constant)) if PADDED_ONCE && out.len() <= H::LEN => {
                let mut key = Secret::<MAX_DIGEST_LEN>::zeroed();
                self.key.expand_block(p, *constant, blocks, key.expose_mut());
                for (to, from) in out.iter_mut().zip(key.expose()) {
                    *to = *from;
                }
            }
            _ => {
                out.fill(0);
                expand(p, &self.key, &[&head, labels.rand], out);
            }
        }
    }
}

/// Derives from a pre-shared key of any length but 0, which gives `None`.
pub(crate) fn derive_psk<P: Primitives>(
    p: &P, prf: Prf, psk: &[u8], label: PskLabel, csb: CsbId, rand: &[u8], out: &mut [u8],
) -> Option<()> {
    prf_any(p, prf, psk, &[&label.label(csb).0, rand], out)
}

/// Derives from a TGK of any length but 0, which gives `None`.
#[allow(clippy::too_many_arguments, reason = "the inputs of RFC 3830 §4.1.3, each of its own type")]
pub(crate) fn derive_tgk<P: Primitives>(
    p: &P, prf: Prf, tgk: &[u8], label: TgkLabel, cs_id: u8, csb: CsbId, rand: &[u8], out: &mut [u8],
) -> Option<()> {
    prf_any(p, prf, tgk, &[&label.label(cs_id, csb).0, rand], out)
}

/// [`derive_tgk`] from a secret into a secret. `N` is not 0.
#[allow(clippy::too_many_arguments, reason = "the inputs of RFC 3830 §4.1.3, each of its own type")]
pub(crate) fn secret_from_tgk<const N: usize, const M: usize, P: Primitives>(
    p: &P, prf: Prf, tgk: &Secret<N>, label: TgkLabel, cs_id: u8, csb: CsbId, rand: &[u8],
) -> Secret<M> {
    const { assert!(N > 0) };
    let mut out = Secret::zeroed();
    let _ = derive_tgk(p, prf, tgk.expose(), label, cs_id, csb, rand, out.expose_mut());
    out
}

/// PRF(inkey, label) for an inkey of any length but 0: fills `out`, or gives `None`.
pub(crate) fn prf_any<P: Primitives>(
    p: &P, prf: Prf, inkey: &[u8], label: &[&[u8]; 2], out: &mut [u8],
) -> Option<()> {
    out.fill(0);
    if inkey.is_empty() {
        return None;
    }
    for block in inkey.chunks(INKEY_BLOCK_LEN) {
        match prf {
            Prf::Mikey1 => expand::<Sha1, P>(p, &HmacKey::new(p, block), label, out),
            Prf::HmacSha256 => expand::<Sha256, P>(p, &HmacKey::new(p, block), label, out),
        }
    }
    Some(())
}

/// XORs P(s, label, m) onto `out`. The label comes in two parts only to save the caller a copy.
fn expand<H: Hash, P: Primitives>(p: &P, s: &HmacKey<H>, &[head, rand]: &[&[u8]; 2], out: &mut [u8]) {
    let len = H::LEN;
    let mut a = Secret::<MAX_DIGEST_LEN>::zeroed();
    let mut block = Secret::<MAX_DIGEST_LEN>::zeroed();
    let mut first = true;
    for piece in out.chunks_mut(len) {
        let mut next = Secret::<MAX_DIGEST_LEN>::zeroed();
        if first {
            s.mac(p, &[head, rand], next.expose_mut());
        } else {
            s.mac(p, &[a.expose().get(..len).unwrap_or_default()], next.expose_mut());
        }
        first = false;
        a = next;
        s.mac(p, &[a.expose().get(..len).unwrap_or_default(), head, rand], block.expose_mut());
        for (to, from) in piece.iter_mut().zip(block.expose()) {
            *to ^= from;
        }
    }
}

/// The PRF with a label given whole, for test benches: fills `out`, or zeroes it and gives `None` when `inkey` is
/// empty.
#[cfg(feature = "hazmat")]
#[must_use]
pub fn raw_prf<P: Primitives>(p: &P, prf: Prf, inkey: &[u8], label: &[u8], out: &mut [u8]) -> Option<()> {
    prf_any(p, prf, inkey, &[label, &[]], out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;
    use crate::crypto::key_octets::KeyOctets;

    #[test]
    fn a_scheduled_key_gives_what_the_unscheduled_derivation_gives() {
        scheduled_against_unscheduled::<Sha1>(Prf::Mikey1);
        scheduled_against_unscheduled::<Sha256>(Prf::HmacSha256);
    }

    fn scheduled_against_unscheduled<H: Hash>(prf: Prf) {
        for (len, rand_len) in [(1, 16), (16, 32), (31, 22), (32, 23), (32, 46), (32, 47), (32, 255)] {
            let (psk, rand) = ([0x5A; 32], &[3; 255][..rand_len]);
            let key = PrfKey::<FromPsk, H>::schedule(&RustCrypto, &psk[..len]);
            for label in [PskLabel::Encr, PskLabel::Auth, PskLabel::Salt] {
                for out_len in [14, 16, 20, 21, 32, 33, 50] {
                    let (mut a, mut b) = ([0; 50], [1; 50]);
                    let (a, b) = (&mut a[..out_len], &mut b[..out_len]);
                    key.derive(&RustCrypto, label, &PskLabels::new::<H>(CsbId(9), rand), a);
                    derive_psk(&RustCrypto, prf, &psk[..len], label, CsbId(9), rand, b).unwrap();
                    assert_eq!(a, b, "{prf:?} {len} {rand_len} {out_len}");
                }
            }
        }
    }

    #[test]
    fn an_empty_inkey_and_a_scheduled_one_over_32_octets_are_refused() {
        assert!(prf_any(&RustCrypto, Prf::Mikey1, &[], &[b"label", b""], &mut [0; 4]).is_none());
        assert!(KeyOctets::new(&[0; 33]).is_none());
        assert!(KeyOctets::new(&[]).is_none());
    }
}
