//! The C interface as a C program may use and misuse it.
//!
//! ```text
//! octets -> kind of call, its arguments, and one of them bent: NULL, off its alignment, too short, or over another one
//!        -> the call, with what it may write laid out between red zones
//!        -> on an error: objects and outputs are octet for octet what they were
//! ```

#![allow(unsafe_code, reason = "calls functions of C")]

mod bend;
mod mbms;
mod mcx;
mod plain;
mod poc;
mod room;

use core::ffi::{CStr, c_void};
use core::ptr;

use castkey_capi::{
    CASTKEY_ERR_BUSY, CASTKEY_ERR_STATE, CASTKEY_OK, castkey_bm_sc, castkey_env, castkey_held_key,
    castkey_key_holder, castkey_octets, castkey_rng, castkey_status, castkey_status_name,
};

use crate::choice::Choices;
use bend::Bend;
use room::{Object, Room, Watch};

/// Octets of the room for output: enough for every call.
const OUT: usize = 4096;

/// Calls of an input: beyond them it is no longer interesting, only long.
const MOST_CALLS: u32 = 100;

/// Calls with any arguments: each status is one of the header, an error changes nothing, a copy of an object is refused, a
/// wiped object holds nothing, and nothing is read or written that was not given.
pub fn capi(octets: &[u8]) {
    let mut world = World::new(octets);
    for _ in 0..MOST_CALLS {
        if world.call().is_none() {
            return;
        }
    }
}

/// All memory of the program.
struct World<'a> {
    choices: Choices<'a>,
    now: u64,
    mbms: mbms::Objects,
    poc: poc::Objects,
    mcx: mcx::Objects,
    out: Room<[u8; OUT]>,
    number: Room<[u64; 2]>,
    /// What was sent last; the next call may be given it.
    message: Vec<u8>,
    random: Box<Random>,
    element: Box<castkey_key_holder>,
}

/// The random generator of the program.
struct Random {
    next: u8,
    /// Calls until it fails.
    left: u32,
    /// An object in use, with which it calls back.
    with: *const castkey_bm_sc,
}

unsafe extern "C" fn fill(user: *mut c_void, out: *mut u8, len: usize) -> i32 {
    // SAFETY: the environment of `World::env`; the library promises the room.
    let (random, out) = unsafe { (&mut *user.cast::<Random>(), core::slice::from_raw_parts_mut(out, len)) };
    if !random.with.is_null() {
        let mut at = 0;
        // SAFETY: the object lives as long as the world.
        let status = unsafe { castkey_capi::castkey_bm_sc_deadline(random.with, &raw mut at) };
        assert_eq!(status, CASTKEY_ERR_BUSY, "a callback called back");
    }
    let Some(left) = random.left.checked_sub(1) else { return 1 };
    random.left = left;
    for octet in out {
        random.next = random.next.wrapping_mul(181).wrapping_add(77);
        *octet = random.next;
    }
    0
}

/// A secure element that does not answer.
unsafe extern "C" fn derive(_: *mut c_void, _: *const castkey_held_key, _: u32, _: *mut u8, _: usize) -> i32 {
    1
}

fn octets(of: &[u8]) -> castkey_octets {
    castkey_octets { octets: of.as_ptr(), len: of.len() }
}

fn name_of(status: castkey_status) -> &'static CStr {
    // SAFETY: the header promises a constant string.
    unsafe { CStr::from_ptr(castkey_status_name(status)) }
}

impl<'a> World<'a> {
    fn new(octets: &'a [u8]) -> Self {
        Self {
            choices: Choices::new(octets),
            now: 0,
            mbms: mbms::Objects::default(),
            poc: poc::Objects::default(),
            mcx: mcx::Objects::default(),
            out: Room::zeroed(),
            number: Room::zeroed(),
            message: Vec::new(),
            random: Box::new(Random { next: 1, left: 64, with: ptr::null() }),
            element: Box::new(castkey_key_holder {
                derive: Some(derive),
                mac: None,
                crypt: None,
                user: ptr::null_mut(),
            }),
        }
    }

    fn call(&mut self) -> Option<()> {
        self.now += u64::from(self.choices.octet()?) * 16;
        let kind = self.choices.octet()?;
        match kind {
            0..80 => self.mbms_call(kind % 16),
            80..160 => self.poc_call(kind % 16),
            160..240 => self.mcx_call(kind % 20),
            _ => {
                self.random.left = u32::from(self.choices.octet()?);
                Some(())
            }
        }
    }

    /// Octets that a call is given: what was sent last, as it is or changed, or anything.
    fn datagram(&mut self) -> Option<Vec<u8>> {
        let mut datagram = self.message.clone();
        match self.choices.below(6)? {
            0..3 => {}
            3 => {
                let (at, octet) = (self.choices.octet()?, self.choices.octet()?);
                if let Some(changed) = datagram.get_mut(usize::from(at)) {
                    *changed ^= octet;
                }
            }
            4 => datagram.truncate(usize::from(self.choices.octet()?)),
            _ => datagram = self.choices.slice()?.to_vec(),
        }
        Some(datagram)
    }

    /// The environment of the next call, which may call back with `with`.
    fn env(&mut self, with: *const castkey_bm_sc) -> castkey_env {
        self.random.with = with;
        let user = (&raw mut *self.random).cast();
        castkey_env {
            primitives: ptr::null(),
            holder: &raw const *self.element,
            rng: castkey_rng { fill: Some(fill), user },
        }
    }

    /// What holds after every call.
    fn judge(&mut self, status: castkey_status, bend: &Bend, watch: &Watch) -> bool {
        assert_ne!(name_of(status), name_of(u32::MAX), "status {status} is not in the header");
        if status == CASTKEY_OK {
            assert!(!bend.must_fail(), "taken: {bend:?}");
        } else {
            watch.assert_unchanged(status);
        }
        status == CASTKEY_OK
    }

    /// Keeps what a call has put into `out`.
    fn keep(&mut self, offset: u32, len: u32) {
        let (offset, len) = (offset as usize, len as usize);
        let out = self.out.octets();
        self.message = out.get(offset..offset + len).expect("octets of an action lie in out").to_vec();
    }
}

/// A copy of an object elsewhere is refused, and wiped to the last octet all the same.
fn copied<T: Object>(object: &Room<T>) {
    let copy = Room::<T>::zeroed();
    copy.copy_from(object);
    let status = T::probe(copy.at());
    assert_eq!(status, CASTKEY_ERR_STATE, "a copy was taken");
    wiped(&copy);
}

/// A wiped object holds nothing and is no object.
fn wiped<T: Object>(object: &Room<T>) {
    T::wipe(object.at());
    object.set_live(false);
    assert!(object.octets().iter().take(T::used()).all(|octet| *octet == 0), "something is left");
    assert_eq!(T::probe(object.at()), CASTKEY_ERR_STATE);
}
