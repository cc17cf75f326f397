//! Memory of the program, each object by itself, so that whatever lies beside it is noticed.

use core::cell::Cell;
use core::ptr;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

use castkey_capi::castkey_status;

/// An opaque object of the header.
pub(super) trait Object {
    /// Octets that the library uses of it.
    fn used() -> usize;
    /// Zeroes it.
    fn wipe(at: *mut Self);
    /// A call that only looks at it.
    fn probe(at: *const Self) -> castkey_status;
}

/// Memory for a value of C.
pub(super) struct Room<T> {
    at: *mut T,
    /// Whether it was made and not wiped.
    live: Cell<bool>,
}

impl<T> Room<T> {
    pub(super) fn zeroed() -> Self {
        let layout = Layout::new::<T>();
        // SAFETY: no type of the header is empty.
        let at: *mut T = unsafe { alloc_zeroed(layout) }.cast();
        if at.is_null() {
            handle_alloc_error(layout);
        }
        Self { at, live: Cell::new(false) }
    }

    pub(super) const fn at(&self) -> *mut T {
        self.at
    }

    /// Notes that the object was made, or was wiped.
    pub(super) fn set_live(&self, live: bool) {
        self.live.set(live);
    }

    pub(super) fn is_live(&self) -> bool {
        self.live.get()
    }

    /// A copy of its octets.
    pub(super) fn octets(&self) -> Vec<u8> {
        octets(self.at.cast(), size_of::<T>())
    }

    pub(super) fn copy_from(&self, other: &Self) {
        // SAFETY: two rooms of the same size.
        unsafe { ptr::copy_nonoverlapping(other.at.cast::<u8>(), self.at.cast::<u8>(), size_of::<T>()) };
    }
}

impl<T> Drop for Room<T> {
    fn drop(&mut self) {
        // SAFETY: allocated as such.
        unsafe { dealloc(self.at.cast(), Layout::new::<T>()) };
    }
}

impl<T> Default for Room<T> {
    fn default() -> Self {
        Self::zeroed()
    }
}

fn octets(at: *const u8, len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    // SAFETY: `len` octets of a room. What lies between fields is whatever was copied there, and is only compared.
    unsafe { ptr::copy_nonoverlapping(at, octets.as_mut_ptr(), len) };
    octets
}

/// What an error must leave as it was: where it is, its octets before, and what may happen to them.
#[derive(Default)]
pub(super) struct Watch(Vec<(*const u8, Vec<u8>, May)>);

/// What an error may do to a room.
#[derive(Clone, Copy)]
enum May {
    /// Change so many octets, in which refusals are counted.
    Count(usize),
    /// Leave zeros in place of an object that could not be made.
    Zero,
}

impl Watch {
    pub(super) fn on<T>(self, room: &Room<T>) -> Self {
        self.but(room, 0)
    }

    /// The same of a room in which so many octets count refusals.
    pub(super) fn but<T>(mut self, room: &Room<T>, counted: usize) -> Self {
        self.0.push((room.at().cast(), room.octets(), May::Count(counted)));
        self
    }

    /// The same of a room in which an object is to be made.
    pub(super) fn making<T>(mut self, room: &Room<T>) -> Self {
        self.0.push((room.at().cast(), room.octets(), May::Zero));
        self
    }

    pub(super) fn assert_unchanged(&self, status: castkey_status) {
        for (at, before, may) in &self.0 {
            let after = octets(*at, before.len());
            let changed: Vec<usize> = (0..before.len()).filter(|i| before[*i] != after[*i]).collect();
            let allowed = match may {
                May::Count(counted) => changed.len() <= *counted,
                May::Zero => changed.is_empty() || after.iter().all(|octet| *octet == 0),
            };
            assert!(allowed, "status {status}, yet octets {changed:?} have changed");
        }
    }
}

/// Says how an object is sized, wiped and looked at.
macro_rules! object {
    ($name:ident, $size:ident, $wipe:ident, |$at:ident| $probe:expr) => {
        impl $crate::capi::room::Object for castkey_capi::$name {
            fn used() -> usize {
                castkey_capi::$size()
            }

            fn wipe(at: *mut Self) {
                // SAFETY: the memory of a room.
                unsafe { castkey_capi::$wipe(at) };
            }

            fn probe($at: *const Self) -> castkey_capi::castkey_status {
                // SAFETY: as above.
                unsafe { $probe }
            }
        }
    };
}
pub(super) use object;
