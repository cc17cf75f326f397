//! What a call is given besides its own arguments.

use castkey::crypto::Primitives;

use crate::bytes::{Engine, Plain, Promise};
use crate::holder::castkey_key_holder;
use crate::primitives::castkey_primitives;
use crate::rng::castkey_rng;
use crate::status::Status;

/// What a call may make use of. It is read when the call begins; neither it nor what it points to is looked at once the call
/// has returned, so each call may be given another one. A constant one in flash will do.
///
/// All zero means: built-in primitives, no key in a secure element, no generator.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_env {
    /// AES, SHA-1 and SHA-256 of the caller; NULL takes the built-in ones.
    pub primitives: *const castkey_primitives,
    /// The holder of those MUKs that are handles; NULL if there is none.
    pub holder: *const castkey_key_holder,
    /// The random generator; needed only by calls that make keys.
    pub rng: castkey_rng,
}

#[allow(unsafe_code, reason = "marks a type")]
// SAFETY: pointers and a structure of such.
unsafe impl Plain for castkey_env {}

/// A [`castkey_env`] with all it points to, for the length of a call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) primitives: castkey_primitives,
    pub(crate) holder: castkey_key_holder,
    pub(crate) rng: castkey_rng,
}

impl Call {
    /// Reads what the caller gave.
    pub(crate) fn read(promise: &Promise, env: *const castkey_env) -> Result<Self, Status> {
        let castkey_env { primitives, holder, rng } = promise.read(env)?;
        let primitives =
            if primitives.is_null() { castkey_primitives::NONE } else { promise.read(primitives)? };
        let holder = if holder.is_null() { castkey_key_holder::NONE } else { promise.read(holder)? };
        primitives.check()?;
        Ok(Self { primitives, holder, rng })
    }

    /// The same for a call that derives bootstrapping keys.
    pub(crate) fn read_for_gba(promise: &Promise, env: *const castkey_env) -> Result<Self, Status> {
        let call = Self::read(promise, env)?;
        call.primitives.check_sha256()?;
        Ok(call)
    }
}

const _: () = {
    const fn is_primitives<P: Primitives>() {}
    is_primitives::<Engine>();
};
