//! The SHA-256 compression function (FIPS 180-4 §6.2.2).
//!
//! ```text
//! W      16 words of the block, then W[t] = W[t-16] + s0(W[t-15]) + W[t-7] + s1(W[t-2]), to 64
//! round  t1 = h + S1(e) + Ch(e, f, g) + K[t] + W[t],  t2 = S0(a) + Maj(a, b, c)
//!        (a, b, c, d, e, f, g, h) = (t1 + t2, a, b, c, d + t1, e, f, g)
//! ```

use core::cell::Cell;

use crate::secret::wipe;

/// Words of the message schedule.
const SCHEDULE_LEN: usize = 64;

/// The first 32 bits of the fractions of the cube roots of the first 64 primes.
#[rustfmt::skip]
const K: [u32; SCHEDULE_LEN] = [
    0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
    0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
    0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
    0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
    0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
    0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
    0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
    0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
];

pub(super) fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
    let mut w = [0; SCHEDULE_LEN];
    for block in blocks {
        schedule(&mut w, block);
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for (k, w) in K.iter().zip(&w) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let t1 = h.wrapping_add(s1).wrapping_add(g ^ (e & (f ^ g))).wrapping_add(*k).wrapping_add(*w);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add((a & b) | (c & (a | b)));
            (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
            (d, c, b, a) = (c, b, a, t1.wrapping_add(t2));
        }
        for (sum, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *sum = sum.wrapping_add(word);
        }
    }
    wipe(&mut w, [0; SCHEDULE_LEN]);
}

fn schedule(w: &mut [u32; SCHEDULE_LEN], block: &[u8; 64]) {
    for (word, octets) in w.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*octets);
    }
    for window in Cell::from_mut(w.as_mut_slice()).as_slice_of_cells().windows(17) {
        if let [w16, w15, _, _, _, _, _, _, _, w7, _, _, _, _, w2, _, w] = window {
            let (w15, w2) = (w15.get(), w2.get());
            let s0 = w15.rotate_right(7) ^ w15.rotate_right(18) ^ (w15 >> 3);
            let s1 = w2.rotate_right(17) ^ w2.rotate_right(19) ^ (w2 >> 10);
            w.set(w16.get().wrapping_add(s0).wrapping_add(w7.get()).wrapping_add(s1));
        }
    }
}
