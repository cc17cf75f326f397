//! The random generator of an instance or an operation: seeded, so that answers repeat.

use core::fmt;

use castkey::rand_core::{TryCryptoRng, TryRng};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::input::Input;
use crate::refusal::Refusal;

/// A seeded generator. Nothing random ever enters an answer: without a seed, the generator fails.
pub(crate) struct Generator(Option<Box<StdRng>>);

impl Generator {
    /// The one of an instance that was given no seed.
    pub(crate) const NONE: Self = Self(None);
}

#[derive(Debug)]
pub(crate) struct NoSeed;

impl fmt::Display for NoSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no seed was given")
    }
}

impl core::error::Error for NoSeed {}

impl TryRng for Generator {
    type Error = NoSeed;

    fn try_next_u32(&mut self) -> Result<u32, NoSeed> {
        self.0.as_mut().map(rand::Rng::next_u32).ok_or(NoSeed)
    }

    fn try_next_u64(&mut self) -> Result<u64, NoSeed> {
        self.0.as_mut().map(rand::Rng::next_u64).ok_or(NoSeed)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), NoSeed> {
        self.0.as_mut().map(|rng| rand::Rng::fill_bytes(rng, out)).ok_or(NoSeed)
    }
}

impl TryCryptoRng for Generator {}

/// The generator of an operation that brings its own `seed`.
pub(crate) fn seeded(input: Input<'_>) -> Result<Option<Generator>, Refusal> {
    if input.get("seed").is_none() {
        return Ok(None);
    }
    Ok(Some(Generator(Some(Box::new(StdRng::from_seed(input.array("seed")?))))))
}
