//! The rows of users, which are the caller's.

#![allow(unsafe_code, reason = "calls functions of the caller")]

use core::cell::Cell;
use core::ffi::c_void;

use castkey::keys::KeyId;
use castkey::mcx::{BindingTable, Uid, UserRow};

use crate::bytes::{Object, Opaque, Plain, Promise};
use crate::octets::castkey_octets;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// 64-bit words of a castkey_mcx_user.
pub const CASTKEY_MCX_USER_WORDS: usize = 384;
/// Octets of a castkey_mcx_user, with room to grow; castkey_mcx_user_size() is what the library uses of them.
pub const CASTKEY_MCX_USER_SIZE: usize = CASTKEY_MCX_USER_WORDS * 8;
/// Alignment of a castkey_mcx_user, octets.
pub const CASTKEY_MCX_USER_ALIGN: usize = 8;

/// What a server knows of one user: a row. The memory is the caller's; it holds keys. It must stay where it was initialised,
/// so a table that grows keeps pointers to its rows.
#[repr(C)]
pub struct castkey_mcx_user {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_USER_WORDS],
}

impl Opaque for castkey_mcx_user {
    type Body = UserRow;
    const KIND: u32 = u32::from_be_bytes(*b"CKMU");
}

const _: () = {
    assert!(size_of::<Object<UserRow>>() <= CASTKEY_MCX_USER_SIZE);
    assert!(size_of::<castkey_mcx_user>() == CASTKEY_MCX_USER_SIZE);
    assert!(align_of::<Object<UserRow>>() <= align_of::<castkey_mcx_user>());
    assert!(align_of::<castkey_mcx_user>() <= CASTKEY_MCX_USER_ALIGN);
};

/// How a server finds rows. The functions are called during the call that the table is given to, never afterwards; a row
/// that they return must stay until that call ends. They alone may look at rows meanwhile: the random generator may not.
/// Rows of other users may be used by other calls, on other threads too.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_table {
    /// Returns the row of the user with these `len` octets of MC service user ID: of one who has none, a row that was
    /// initialised or whose user logged off. NULL: there is no room.
    pub row:
        Option<unsafe extern "C" fn(user: *mut c_void, id: *const u8, len: usize) -> *mut castkey_mcx_user>,
    /// Returns the row among whose keys the CSK `csk_id` is, as castkey_mcx_user_has_csk() says; there is one at most. NULL:
    /// none. An index by CSK-ID follows from the actions CASTKEY_MCX_CSK_BOUND and CASTKEY_MCX_SEND; an entry of it that
    /// castkey_mcx_user_has_csk() denies is out of date.
    pub owner: Option<unsafe extern "C" fn(user: *mut c_void, csk_id: u32) -> *const castkey_mcx_user>,
    /// Says who the initiator with the CASTKEY_MCX_UID_LEN octets of UID at `uid` is: writes his MC service user ID to `id` and his
    /// IMPU to `impu`, which must stay until the call ends, and returns 0; any other value: nobody known. It is called for an upload
    /// whose event names no user, behind all checks of the message. NULL where SIP names every user.
    pub who: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            uid: *const u8,
            id: *mut castkey_octets,
            impu: *mut castkey_octets,
        ) -> i32,
    >,
    /// Handed to the functions as it is.
    pub user: *mut c_void,
}

// SAFETY: optional functions and a pointer.
unsafe impl Plain for castkey_mcx_table {}

/// The caller's table as the library knows one.
pub(crate) struct Table<'c> {
    promise: &'c Promise,
    given: castkey_mcx_table,
    /// What was wrong with a row.
    fault: Cell<Option<Status>>,
}

impl<'c> Table<'c> {
    pub(crate) const fn new(promise: &'c Promise, given: castkey_mcx_table) -> Result<Self, Status> {
        if given.row.is_none() || given.owner.is_none() {
            return Err(Status::NULL);
        }
        Ok(Self { promise, given, fault: Cell::new(None) })
    }

    /// What was wrong with a row, if anything was.
    pub(crate) fn fault(&self) -> Result<(), Status> {
        self.fault.get().map_or(Ok(()), Err)
    }

    /// Whether it knows users by their UID.
    pub(crate) const fn knows_uids(&self) -> bool {
        self.given.who.is_some()
    }

    /// The user with this UID, and his IMPU.
    pub(crate) fn who(&self, uid: Uid) -> Option<(&'c [u8], &'c [u8])> {
        let who = self.given.who?;
        let (mut id, mut impu) = (castkey_octets::of(&[]), castkey_octets::of(&[]));
        // SAFETY: the caller's function, with memory as it is promised.
        match unsafe { who(self.given.user, uid.octets().as_ptr(), &raw mut id, &raw mut impu) } {
            0 => Some((self.noting(id.read(self.promise))?, self.noting(impu.read(self.promise))?)),
            _ => None,
        }
    }

    fn noting<T>(&self, row: Result<T, Status>) -> Option<T> {
        row.map_err(|status| self.fault.set(Some(status))).ok()
    }
}

impl BindingTable for Table<'_> {
    fn row(&mut self, user: &[u8]) -> Option<&mut UserRow> {
        let row = self.given.row?;
        // SAFETY: the caller's function, with memory as it is promised.
        let at = unsafe { row(self.given.user, user.as_ptr(), user.len()) };
        if at.is_null() { None } else { self.noting(self.promise.row(at)) }
    }

    fn owner(&self, csk_id: KeyId) -> Option<&[u8]> {
        let owner = self.given.owner?;
        // SAFETY: as above.
        let at = unsafe { owner(self.given.user, csk_id.to_u32()) };
        if at.is_null() { None } else { self.noting(self.promise.look(at)).and_then(UserRow::user) }
    }
}

/// Octets that this library uses of a castkey_mcx_user; not more than CASTKEY_MCX_USER_SIZE of a header that fits. A table
/// with many rows may take this number, rounded up to castkey_mcx_user_align(), for each of them.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_user_size() -> usize {
    size_of::<Object<UserRow>>()
}

/// Alignment that this library needs of a castkey_mcx_user, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_user_align() -> usize {
    align_of::<Object<UserRow>>()
}

/// Makes an empty row in the `user_size` octets at `user`, whatever was there before.
///
/// - CASTKEY_ERR_SHORT: `user_size` is less than castkey_mcx_user_size().
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `user`.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_user_init(
    user: *mut castkey_mcx_user, user_size: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of(promise.make(user, user_size, |_| UserRow::default()))
}

/// Says whether `csk_id` names a CSK of this user, also an old, a future or a sent one: `*has` becomes 1 or 0.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `user`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_user_has_csk(
    user: *const castkey_mcx_user, csk_id: u32, has: *mut u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(user), Span::write(has, 1)])?;
        let (place, row) = (promise.place(has)?, promise.look(user)?);
        place.set(KeyId::from_u32(csk_id).is_some_and(|id| row.has_csk(id)).into());
        Ok(())
    })())
}

/// Says whose row this is: MC service user ID, IMPU, and the KMS as his last upload says, which is that of a download to
/// him. The texts lie in the row, and stay there until it changes; they are empty as long as no CSK is bound.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `user`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_user_names(
    user: *const castkey_mcx_user, id: *mut castkey_octets, impu: *mut castkey_octets,
    kms: *mut castkey_octets,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(user), Span::write(id, 1), Span::write(impu, 1), Span::write(kms, 1)])?;
        let places = (promise.place(id)?, promise.place(impu)?, promise.place(kms)?);
        let row = promise.look(user)?;
        places.0.set(castkey_octets::of(row.user().unwrap_or_default()));
        places.1.set(castkey_octets::of(row.impu().unwrap_or_default()));
        places.2.set(castkey_octets::of(row.kms().unwrap_or_default()));
        Ok(())
    })())
}

/// Zeroes the row and all its keys. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_user_wipe(user: *mut castkey_mcx_user) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(user);
}
