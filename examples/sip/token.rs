//! The identifiers of RFC 3261 §19.3: hard to guess, unique in the world.

use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng};

use super::error::SipError;

#[derive(Debug)]
pub(super) struct Tokens {
    rng: StdRng,
}

impl Tokens {
    /// What every branch of an RFC 3261 client starts with.
    pub(super) const COOKIE: &'static str = "z9hG4bK";

    pub(super) fn new() -> Result<Self, SipError> {
        let rng = StdRng::try_from_rng(&mut SysRng).map_err(std::io::Error::other)?;
        Ok(Self { rng })
    }

    pub(super) fn tag(&mut self) -> String {
        format!("{:016x}", self.rng.random::<u64>())
    }

    pub(super) fn branch(&mut self) -> String {
        format!("{}{:016x}", Self::COOKIE, self.rng.random::<u64>())
    }

    pub(super) fn call_id(&mut self) -> String {
        format!("{:032x}", self.rng.random::<u128>())
    }

    /// First CSeq: below 2^31 with room to count (RFC 3261 §8.1.1.5).
    pub(super) fn cseq(&mut self) -> u32 {
        self.rng.random_range(1..0x1000_0000)
    }

    /// Seconds after which a refused INVITE may be tried again (RFC 3261 §14.2).
    pub(super) fn retry_after_s(&mut self) -> u32 {
        self.rng.random_range(0..=10)
    }
}
