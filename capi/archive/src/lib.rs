//! The C interface as one archive: adds to `castkey-capi` what only a final artefact may have, the panic handler.
//!
//! | built with | a panic calls |
//! |---|---|
//! | nothing | `castkey_on_panic`, which the integrator defines and which does not return |
//! | `panic-trap` | `abort` of the C library |
//!
//! Where the linker finds no panic that can be reached, it drops the handler and neither function is needed.

#![no_std]

// Only `panic = "abort"` makes the archive that is shipped; a build in passing, with the rest of the workspace, unwinds.
#[cfg(panic = "unwind")]
extern crate std;

use castkey_capi as _;

#[cfg(panic = "abort")]
#[panic_handler]
#[allow(unsafe_code, reason = "the handler calls a C function")]
fn on_panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        #[cfg_attr(feature = "panic-trap", link_name = "abort")]
        safe fn castkey_on_panic() -> !;
    }
    castkey_on_panic()
}
