//! One member's leg of a session, which the caller holds.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::poc::Leg;
use castkey::time::Tick;

use crate::bytes::{Object, Opaque, Plain, Promise};
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// 64-bit words of a castkey_poc_leg.
pub const CASTKEY_POC_LEG_WORDS: usize = 16;
/// Octets of a castkey_poc_leg, with room to grow; castkey_poc_leg_size() is what the library uses of them.
pub const CASTKEY_POC_LEG_SIZE: usize = CASTKEY_POC_LEG_WORDS * 8;
/// Alignment of a castkey_poc_leg, octets.
pub const CASTKEY_POC_LEG_ALIGN: usize = 8;

/// What the session knows of one member. The memory is the caller's, in the member's row; it holds no keys and must stay
/// where it was initialised. It serves one session.
#[repr(C)]
pub struct castkey_poc_leg {
    /// Private.
    pub opaque: [u64; CASTKEY_POC_LEG_WORDS],
}

impl Opaque for castkey_poc_leg {
    type Body = Leg;
    const KIND: u32 = u32::from_be_bytes(*b"CKPL");
}

const _: () = {
    assert!(size_of::<Object<Leg>>() <= CASTKEY_POC_LEG_SIZE);
    assert!(size_of::<castkey_poc_leg>() == CASTKEY_POC_LEG_SIZE);
    assert!(align_of::<Object<Leg>>() <= align_of::<castkey_poc_leg>());
    assert!(align_of::<castkey_poc_leg>() <= CASTKEY_POC_LEG_ALIGN);
};

/// How it stands with a member.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_member {
    /// 1 if this is a member of the session, else 0.
    pub is_member: u32,
    /// 1 if an INVITE transaction with it is under way, else 0.
    pub is_inviting: u32,
    /// When its time to answer has passed, milliseconds.
    pub due: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_member {}

/// Octets that this library uses of a castkey_poc_leg; not more than CASTKEY_POC_LEG_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_leg_size() -> usize {
    size_of::<Object<Leg>>()
}

/// Alignment that this library needs of a castkey_poc_leg, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_leg_align() -> usize {
    align_of::<Object<Leg>>()
}

/// Makes the leg of somebody who has not joined yet in the `leg_size` octets at `leg`, whatever was there before.
///
/// - CASTKEY_ERR_SHORT: `leg_size` is less than castkey_poc_leg_size().
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `leg`.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_leg_init(leg: *mut castkey_poc_leg, leg_size: usize) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of(promise.make(leg, leg_size, |_| Leg::OUTSIDE))
}

/// Says how it stands with a member.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `leg`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_leg_member(
    leg: *const castkey_poc_leg, member: *mut castkey_poc_member,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(leg), Span::write(member, 1)])?;
        let (place, leg) = (promise.place(member)?, promise.look(leg)?);
        place.set(castkey_poc_member {
            is_member: leg.is_member().into(),
            is_inviting: leg.is_inviting().into(),
            due: Tick::as_millis(leg.due()),
        });
        Ok(())
    })())
}

/// Zeroes the leg. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_leg_wipe(leg: *mut castkey_poc_leg) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(leg);
}
