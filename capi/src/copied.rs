//! Values that want more alignment than memory of C has.

#![allow(unsafe_code, reason = "reads what may not be aligned")]

use core::mem;

/// A value that asks for more alignment than C memory has: it is copied out for each use, and the copy dropped.
#[repr(C, packed(8))]
pub(crate) struct Copied<T>(mem::ManuallyDrop<T>);

impl<T> Copied<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(mem::ManuallyDrop::new(value))
    }

    /// Hands a copy over. The value must own nothing but its octets.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&T) -> R) -> R {
        // SAFETY: aligned or not, there is a value; that it is dropped more than once, wiping the copy, hurts nobody.
        let copy = unsafe { core::ptr::addr_of!(self.0).read_unaligned() };
        act(&mem::ManuallyDrop::into_inner(copy))
    }
}
