//! Objects in memory of the caller: how they are told from other octets.
//!
//! ```text
//! C memory of an object    | kind 4 | own address | slot | the Rust value ... | slack |
//!                            '---- the tag: a copy elsewhere does not match its address
//! ```

#![allow(unsafe_code, reason = "reads and writes tags")]

use core::ptr;

use crate::bytes::Slot;
use crate::status::Status;

/// What an object of C memory holds.
#[repr(C)]
pub(crate) struct Object<T> {
    kind: u32,
    own: usize,
    pub(crate) slot: Slot,
    pub(crate) body: T,
}

/// An opaque structure of the header.
pub(crate) trait Opaque {
    /// The Rust value in it.
    type Body;
    /// What its tag says it is.
    const KIND: u32;
}

/// The place of an object in the `size` octets at `at`.
pub(crate) fn room_for<T: Opaque>(at: *mut T, size: usize) -> Result<*mut Object<T::Body>, Status> {
    let object: *mut Object<T::Body> = at.cast();
    if object.is_null() {
        return Err(Status::NULL);
    }
    if !object.is_aligned() {
        return Err(Status::ALIGN);
    }
    if size < size_of::<Object<T::Body>>() {
        return Err(Status::SHORT);
    }
    Ok(object)
}

/// Writes the tag of an object whose body is there, and an empty slot.
///
/// # Safety
///
/// It is memory for an object.
pub(crate) unsafe fn tag<T: Opaque>(object: *mut Object<T::Body>) {
    // SAFETY: the caller of this function.
    unsafe {
        ptr::addr_of_mut!((*object).slot).write(Slot::empty());
        ptr::addr_of_mut!((*object).own).write(object.addr());
        ptr::addr_of_mut!((*object).kind).write(T::KIND);
    }
}

/// The object at `at` if its tag is whole, it stands where it was made, and no call is in it.
pub(crate) fn tagged<T: Opaque>(at: *const T) -> Result<*const Object<T::Body>, Status> {
    let object: *const Object<T::Body> = at.cast();
    if object.is_null() {
        return Err(Status::NULL);
    }
    if !object.is_aligned() {
        return Err(Status::ALIGN);
    }
    // SAFETY: within the caller's memory and aligned; integers have no invalid value.
    let (kind, own) = unsafe { (ptr::addr_of!((*object).kind).read(), ptr::addr_of!((*object).own).read()) };
    if kind != T::KIND || own != object.addr() {
        return Err(Status::STATE);
    }
    // SAFETY: the tag says that `make` has written the slot.
    let busy = unsafe { (*ptr::addr_of!((*object).slot)).is_taken() };
    if busy { Err(Status::BUSY) } else { Ok(object) }
}
