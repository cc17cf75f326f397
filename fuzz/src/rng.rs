//! A generator that repeats itself: what the fuzzer finds has to be found again.

use core::convert::Infallible;

use castkey::rand_core::{TryCryptoRng, TryRng};

/// SplitMix64 from 0.
#[derive(Default)]
pub(crate) struct Repeating(u64);

impl Repeating {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl TryRng for Repeating {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [a, b, c, d, ..] = self.next().to_be_bytes();
        Ok(u32::from_be_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for octet in out {
            [*octet, ..] = self.next().to_be_bytes();
        }
        Ok(())
    }
}

impl TryCryptoRng for Repeating {}
