//! Where pointers of C become slices, references and objects: here and nowhere else.

#![allow(unsafe_code, reason = "the one place where pointers of the caller are followed")]

use core::cell::Cell;
#[cfg(feature = "mcx")]
use core::mem;
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use core::{ptr, slice};

use crate::env::Call;
pub(crate) use crate::object::{Object, Opaque};
use crate::object::{room_for, tag, tagged};
use crate::status::Status;

/// The caller's word that he keeps the rules at the head of the header. Each exported function takes it once.
pub(crate) struct Promise(());

/// A type that any octets of its size are a value of, or for which C can only make values.
///
/// # Safety
///
/// Integers, arrays, pointers, optional functions, and `repr(C)` structures of them.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: any octets are a value.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for usize {}

/// A body of which zeros are a value.
///
/// # Safety
///
/// `ZEROED` is made of zeros. Whether they are a value the compiler sees for each target, when it makes the constant.
#[cfg(feature = "mcx")]
pub(crate) unsafe trait Zeros: Sized {
    /// The value.
    const ZEROED: Self;
}

impl Promise {
    /// Takes the caller's word.
    ///
    /// # Safety
    ///
    /// While the value lives, every pointer that its methods are given is NULL, or points to memory that is as long as
    /// the length beside it says, initialised where it is read, and that nobody else changes; what is written through it,
    /// nobody else reads.
    pub(crate) const unsafe fn given() -> Self {
        Self(())
    }

    /// The `len` octets at `at`; none at all from NULL with length 0.
    pub(crate) fn octets(&self, at: *const u8, len: usize) -> Result<&[u8], Status> {
        self.slice(at, len)
    }

    /// The `len` octets at `at` as UTF-8 text.
    pub(crate) fn text(&self, at: *const u8, len: usize) -> Result<&str, Status> {
        core::str::from_utf8(self.octets(at, len)?).map_err(|_| Status::TEXT)
    }

    /// The `N` octets at `at`.
    pub(crate) fn array<const N: usize>(&self, at: *const u8) -> Result<&[u8; N], Status> {
        self.octets(at, N)?.first_chunk().ok_or(Status::NULL)
    }

    /// The `N` octets at `at`, or nothing from NULL.
    pub(crate) fn optional_array<const N: usize>(&self, at: *const u8) -> Result<Option<&[u8; N]>, Status> {
        if at.is_null() { Ok(None) } else { self.array(at).map(Some) }
    }

    /// The `n` values at `at`; none at all from NULL with length 0.
    pub(crate) fn slice<T: Plain>(&self, at: *const T, n: usize) -> Result<&[T], Status> {
        if n == 0 {
            return Ok(&[]);
        }
        check(at, n)?;
        // SAFETY: checked above; the rest is the caller's word.
        Ok(unsafe { slice::from_raw_parts(at, n) })
    }

    /// A copy of the value at `at`.
    pub(crate) fn read<T: Plain>(&self, at: *const T) -> Result<T, Status> {
        check(at, 1)?;
        // SAFETY: as above.
        Ok(unsafe { at.read() })
    }

    /// The value at `at` where it lies, for one that is too large to be copied.
    pub(crate) fn view<T: Plain>(&self, at: *const T) -> Result<&T, Status> {
        self.slice(at, 1)?.first().ok_or(Status::NULL)
    }

    /// The `len` octets at `at`, to be written.
    #[allow(clippy::mut_from_ref, reason = "the octets are the caller's, not the promise's")]
    pub(crate) fn room(&self, at: *mut u8, len: usize) -> Result<&mut [u8], Status> {
        if len == 0 {
            return Ok(&mut []);
        }
        check(at, len)?;
        // SAFETY: as above; octets have no invalid value, and that they do not overlap others `apart` has seen to.
        Ok(unsafe { slice::from_raw_parts_mut(at, len) })
    }

    /// The place for one value at `at`.
    pub(crate) fn place<T: Plain>(&self, at: *mut T) -> Result<Places<'_, T>, Status> {
        self.places(at, 1)
    }

    /// The places for `n` values at `at`.
    pub(crate) fn places<T: Plain>(&self, at: *mut T, n: usize) -> Result<Places<'_, T>, Status> {
        if n > 0 {
            check(at, n)?;
        }
        Ok(Places { at, n, _promise: self })
    }

    /// A static view of the octets at `at`, for a call that does not keep it.
    ///
    /// # Safety
    ///
    /// Nothing that holds it outlives the call.
    pub(crate) unsafe fn octets_of_this_call(
        &self, at: *const u8, len: usize,
    ) -> Result<&'static [u8], Status> {
        let octets: *const [u8] = self.octets(at, len)?;
        // SAFETY: the caller of this function.
        Ok(unsafe { &*octets })
    }

    /// The object at `at`, with `call` for the primitives and the holder of keys while the guard lives.
    pub(crate) fn enter<'c, T: Opaque>(
        &'c self, at: *mut T, call: &'c Call,
    ) -> Result<Held<'c, T::Body>, Status> {
        let object = tagged::<T>(at.cast_const())?.cast_mut();
        // SAFETY: the tag says that `make` has written the object here, and it is not busy: the one reference to its body.
        let (slot, body) =
            unsafe { (&*ptr::addr_of!((*object).slot), &mut *ptr::addr_of_mut!((*object).body)) };
        slot.0.set(call);
        Ok(Held { slot, body })
    }

    /// The object at `at`, to be looked at.
    pub(crate) fn look<T: Opaque>(&self, at: *const T) -> Result<&T::Body, Status> {
        let object = tagged::<T>(at)?;
        // SAFETY: as above; a busy object was refused, so nobody holds it for writing.
        Ok(unsafe { &*ptr::addr_of!((*object).body) })
    }

    /// Makes an object in the `size` octets at `at`, all of which it zeroes before. `body` is told which engine the object has.
    pub(crate) fn make<T: Opaque>(
        &self, at: *mut T, size: usize, body: impl FnOnce(Engine) -> T::Body,
    ) -> Result<(), Status> {
        self.make_and_fill(at, size, None, body, |_, _| Ok(()))
    }

    /// The same with a body that `fill` completes where it stays, while its engine serves `call`. When it fails, the octets
    /// are zero.
    pub(crate) fn make_and_fill<T: Opaque>(
        &self, at: *mut T, size: usize, call: Option<&Call>, body: impl FnOnce(Engine) -> T::Body,
        fill: impl FnOnce(&mut T::Body, Engine) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let object = room_for::<T>(at, size)?;
        // SAFETY: the caller's word that there are `size` octets, which suffice and are aligned.
        let slot = unsafe {
            at.cast::<u8>().write_bytes(0, size);
            let slot = ptr::addr_of_mut!((*object).slot);
            slot.write(Slot(Cell::new(call.map_or(ptr::null(), ptr::from_ref))));
            slot
        };
        let engine = Engine(slot);
        // SAFETY: as above; the one reference to a body that was just written.
        let body = unsafe {
            let there = ptr::addr_of_mut!((*object).body);
            put(&mut *there.cast(), engine, body);
            &mut *there
        };
        let made = fill(body, engine);
        match made {
            // SAFETY: as above.
            Ok(()) => unsafe { tag::<T>(object) },
            Err(_) => self.wipe(at),
        }
        made
    }

    /// The same with a body of zeros, which `set` makes what it is to be.
    #[cfg(feature = "mcx")]
    pub(crate) fn make_from_zeros<T: Opaque<Body: Zeros>>(
        &self, at: *mut T, size: usize, set: impl FnOnce(&mut T::Body),
    ) -> Result<(), Status> {
        const { mem::forget(T::Body::ZEROED) };
        let object = room_for::<T>(at, size)?;
        // SAFETY: the caller's word that there are `size` octets, which suffice and are aligned; the one reference to a body
        // of zeros, which are a value of it.
        unsafe {
            at.cast::<u8>().write_bytes(0, size);
            set(&mut *ptr::addr_of_mut!((*object).body));
            tag::<T>(object);
        }
        Ok(())
    }

    /// The row at `at` that a function of the caller returned, for as long as the call lasts.
    #[cfg(feature = "mcx")]
    #[allow(clippy::mut_from_ref, reason = "the row is the caller's, not the promise's")]
    pub(crate) fn row<T: Opaque>(&self, at: *mut T) -> Result<&mut T::Body, Status> {
        let object = tagged::<T>(at.cast_const())?.cast_mut();
        // SAFETY: the tag as above; the caller's word that no other call is in it; the library holds one row at a time.
        Ok(unsafe { &mut *ptr::addr_of_mut!((*object).body) })
    }

    /// Zeroes everything that was ever written into the object at `at`, whatever it is by now.
    pub(crate) fn wipe<T: Opaque>(&self, at: *mut T) {
        if at.is_null() {
            return;
        }
        let octets = at.cast::<u8>();
        for i in 0..size_of::<Object<T::Body>>() {
            // SAFETY: `make` wrote to these octets. Volatile: nobody reads them again, and yet they must be written.
            unsafe { octets.wrapping_add(i).write_volatile(0) };
        }
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    }
}

/// Writes what `body` makes to `place`. Not inlined: what it takes of the stack is free again when the body is completed or used.
#[inline(never)]
fn put<T>(place: &mut MaybeUninit<T>, engine: Engine, body: impl FnOnce(Engine) -> T) {
    place.write(body(engine));
}

/// NULL, misaligned, or longer than memory can be.
fn check<T>(at: *const T, n: usize) -> Result<(), Status> {
    if at.is_null() {
        return Err(Status::NULL);
    }
    if !at.is_aligned() {
        return Err(Status::ALIGN);
    }
    match n.checked_mul(size_of::<T>()) {
        Some(len) if isize::try_from(len).is_ok() => Ok(()),
        _ => Err(Status::LENGTH),
    }
}

/// Places of the caller that are written when everything else has succeeded.
pub(crate) struct Places<'c, T> {
    at: *mut T,
    n: usize,
    _promise: &'c Promise,
}

impl<T: Plain> Places<'_, T> {
    /// Writes `values` to the first places; what has no place is left out, and the number of all is returned.
    pub(crate) fn write(&self, values: impl IntoIterator<Item = T>) -> usize {
        let mut n = 0usize;
        for value in values {
            if n < self.n {
                // SAFETY: checked when this was made; the caller's word for the rest.
                unsafe { self.at.wrapping_add(n).write(value) };
            }
            n = n.saturating_add(1);
        }
        n
    }

    /// Writes the one value.
    pub(crate) fn set(&self, value: T) {
        self.write([value]);
    }

    /// Zeroes the one value and lets `fill` write it where it is, so that no key is left on the way.
    pub(crate) fn fill(&self, fill: impl FnOnce(&mut T)) {
        if self.n > 0 {
            // SAFETY: checked when this was made; zeros are a value of every plain type, NULL and no function among them.
            unsafe {
                self.at.write_bytes(0, 1);
                fill(&mut *self.at);
            }
        }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.n
    }
}

/// What a call was given, while it lasts; otherwise nothing.
#[repr(transparent)]
pub(crate) struct Slot(Cell<*const Call>);

impl Slot {
    /// The slot of a call that has no object.
    pub(crate) const fn of(call: &Call) -> Self {
        Self(Cell::new(call))
    }

    /// No call is in the object.
    pub(crate) const fn empty() -> Self {
        Self(Cell::new(ptr::null()))
    }

    /// Whether a call is in the object.
    pub(crate) fn is_taken(&self) -> bool {
        !self.0.get().is_null()
    }

    /// The engine that looks here. The slot must stay where it is while keys with this engine live.
    pub(crate) const fn engine(&self) -> Engine {
        Engine(self)
    }
}

/// Where a key finds the primitives of the call that it is used in.
///
/// INVARIANT: a key never leaves the call, or the object, in whose memory the slot lies; an object is refused elsewhere than
/// where it was made.
#[derive(Clone, Copy)]
pub(crate) struct Engine(*const Slot);

impl Engine {
    /// What the call in progress was given.
    pub(crate) fn call(&self) -> Option<&Call> {
        // SAFETY: the invariant; a call that was put into the slot outlives its guard.
        unsafe { (*self.0).0.get().as_ref() }
    }
}

/// An object in use by a call; its slot is empty again afterwards.
pub(crate) struct Held<'c, T> {
    slot: &'c Slot,
    body: &'c mut T,
}

impl<T> Held<'_, T> {
    /// The engine of the object's keys.
    pub(crate) const fn engine(&self) -> Engine {
        self.slot.engine()
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.body
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.body
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.slot.0.set(ptr::null());
    }
}
