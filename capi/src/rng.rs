//! The random generator of the caller.

#![allow(unsafe_code, reason = "calls a function of the caller")]

use core::ffi::c_void;

use castkey::error::RngError;
use castkey::rand_core::{TryCryptoRng, TryRng};

/// A cryptographically secure random generator. It is called during the call it is given to, never afterwards.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_rng {
    /// Fills `len` octets at `out` and returns 0; any other value means that it could not, and the call that needed it
    /// ends with CASTKEY_ERR_RNG and changes nothing.
    pub fill: Option<unsafe extern "C" fn(user: *mut c_void, out: *mut u8, len: usize) -> i32>,
    /// Handed to `fill` as it is.
    pub user: *mut c_void,
}

/// The caller's generator as the library knows one.
pub(crate) struct Random(pub(crate) castkey_rng);

impl TryRng for Random {
    type Error = RngError;

    fn try_next_u32(&mut self) -> Result<u32, RngError> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, RngError> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), RngError> {
        let fill = self.0.fill.ok_or(RngError)?;
        // SAFETY: the caller's function, with the memory that it is promised.
        match unsafe { fill(self.0.user, out.as_mut_ptr(), out.len()) } {
            0 => Ok(()),
            _ => Err(RngError),
        }
    }
}

impl TryCryptoRng for Random {}
