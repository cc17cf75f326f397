//! The Broadcast Multicast Service Centre.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::role::{Actions, BmSc, BmScConfig};
use castkey::time::Tick;
use castkey::wire::MAX_MSK_MESSAGE_LEN;

use crate::bm_sc_types::{castkey_bm_sc_action, castkey_bm_sc_config, castkey_bm_sc_event};
use crate::bytes::{Engine, Object, Opaque, Promise};
use crate::env::{Call, castkey_env};
use crate::key::castkey_mtk;
use crate::muk::Key;
use crate::name::castkey_name;
use crate::policy::Security;
use crate::rng::Random;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};
use crate::switchover::{CASTKEY_NEVER, castkey_switchover};
use crate::ue_types::CASTKEY_MAX_ACTIONS;

/// Key Groups that a castkey_bm_sc serves; more need more of them.
pub const CASTKEY_BM_SC_GROUPS: usize = 4;

/// 64-bit words of a castkey_bm_sc.
#[cfg(not(target_pointer_width = "32"))]
pub const CASTKEY_BM_SC_WORDS: usize = 512;
/// 64-bit words of a castkey_bm_sc.
#[cfg(target_pointer_width = "32")]
pub const CASTKEY_BM_SC_WORDS: usize = 480;

/// Octets of a castkey_bm_sc, with room to grow; castkey_bm_sc_size() is what the library uses of them.
pub const CASTKEY_BM_SC_SIZE: usize = CASTKEY_BM_SC_WORDS * 8;
/// Alignment of a castkey_bm_sc, octets.
pub const CASTKEY_BM_SC_ALIGN: usize = 8;
/// Octets that every datagram of a castkey_bm_sc fits into, and every message that this library builds.
pub const CASTKEY_MESSAGE_MAX: usize = 1024;

/// A BM-SC that serves at most CASTKEY_BM_SC_GROUPS Key Groups and any number of users. The memory is the caller's; it holds
/// keys. It must stay where it was initialised: a copy is refused with CASTKEY_ERR_STATE.
#[repr(C)]
pub struct castkey_bm_sc {
    /// Private.
    pub opaque: [u64; CASTKEY_BM_SC_WORDS],
}

type Centre = BmSc<CASTKEY_BM_SC_GROUPS, Engine>;

impl Opaque for castkey_bm_sc {
    type Body = Centre;
    const KIND: u32 = u32::from_be_bytes(*b"CKBM");
}

const _: () = {
    assert!(size_of::<Object<Centre>>() <= CASTKEY_BM_SC_SIZE);
    assert!(size_of::<castkey_bm_sc>() == CASTKEY_BM_SC_SIZE);
    assert!(align_of::<Object<Centre>>() <= align_of::<castkey_bm_sc>());
    assert!(align_of::<castkey_bm_sc>() <= CASTKEY_BM_SC_ALIGN);
    assert!(MAX_MSK_MESSAGE_LEN <= CASTKEY_MESSAGE_MAX);
};

/// Octets that this library uses of a castkey_bm_sc; not more than CASTKEY_BM_SC_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_bm_sc_size() -> usize {
    size_of::<Object<Centre>>()
}

/// Alignment that this library needs of a castkey_bm_sc, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_bm_sc_align() -> usize {
    align_of::<Object<Centre>>()
}

/// Fills in the default of everything.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `config`.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_bm_sc_config_default(config: *mut castkey_bm_sc_config) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(config)?.set(castkey_bm_sc_config::of(&BmScConfig::default()));
        Ok(())
    })())
}

/// Makes a BM-SC without Key Groups in the `bm_sc_size` octets at `bm_sc`, whatever was there before, and zeroes the rest of them.
/// Give `sizeof` the object as `bm_sc_size`.
///
/// - CASTKEY_ERR_SHORT: `bm_sc_size` is less than castkey_bm_sc_size().
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_bm_sc_init(
    bm_sc: *mut castkey_bm_sc, bm_sc_size: usize, config: *const castkey_bm_sc_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::write(bm_sc.cast::<u8>(), bm_sc_size), Span::read(config, 1)])?;
        let config = promise.read(config)?.config()?;
        promise.make(bm_sc, bm_sc_size, |engine| BmSc::with(config, engine))
    })())
}

/// Tells the BM-SC what happened (TS 33.246, 6.3). `now` is the caller's clock in milliseconds; `env` needs a random generator.
/// The actions stand in `actions` in the order in which they are to be carried out, `*n_actions` says how many; their octets lie
/// in `out`.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_MESSAGE_MAX are always enough; it is working space, and after an error
/// its octets mean nothing and hold no key. `actions` has room for `actions_cap`, at least CASTKEY_MAX_ACTIONS.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: the datagram is no verification message, or a policy is malformed.
/// - CASTKEY_ERR_REPLAY, CASTKEY_ERR_MAC_INVALID: it answers another message, or is not authentic.
/// - CASTKEY_ERR_KEY_UNAVAILABLE: the holder of the MUK does not answer, or there is none.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_FIELD_TOO_LONG, CASTKEY_ERR_INCONSISTENT: an identity, the policies or the sessions do not fit a message.
/// - CASTKEY_ERR_RNG: the random generator failed, or is not there.
/// - CASTKEY_ERR_GROUP_STORE_FULL: no room for another Key Group.
/// - CASTKEY_ERR_UNKNOWN: the Key Group or MSK that the event names is not held.
/// - CASTKEY_ERR_WRONG_STATE: the event does not fit the state.
/// - CASTKEY_ERR_INTERVAL_EXHAUSTED: all MTK IDs of the MSK are used up.
/// - CASTKEY_ERR_BAD_ENUM: a kind, a flag, a number or a count of the event is not defined or over its limit.
/// - CASTKEY_ERR_LENGTH: a MUK, its handle or another length is out of range.
/// - CASTKEY_ERR_SHORT: `actions_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `bm_sc`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 6,144 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_bm_sc_handle(
    bm_sc: *mut castkey_bm_sc, env: *const castkey_env, event: *const castkey_bm_sc_event, now: u64,
    out: *mut u8, out_cap: usize, actions: *mut castkey_bm_sc_action, actions_cap: usize,
    n_actions: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, told) = (Call::read(&promise, env)?, promise.read(event)?);
        let [a, b, c, d, e, f] = told.spans();
        let (g, h, i) = (Span::read(env, 1), Span::read(event, 1), Span::object(bm_sc));
        let (j, k, l) =
            (Span::write(n_actions, 1), Span::write(out, out_cap), Span::write(actions, actions_cap));
        apart(&[a, b, c, d, e, f, g, h, i, j, k, l])?;
        let (list, n) = (promise.places(actions, actions_cap)?, promise.place(n_actions)?);
        if list.len() < CASTKEY_MAX_ACTIONS {
            return Err(Status::SHORT);
        }
        let octets = promise.room(out, out_cap)?;
        let mut bm_sc = promise.enter(bm_sc, &call)?;
        let muk =
            if told.has_user() { Some(Key::of(&promise, told.user.muk, bm_sc.engine())?) } else { None };
        let security = if told.has_security() { told.security.read(&promise)? } else { Security::NONE };
        let event = told.event(&promise, muk.as_ref(), security.policies(), security.sessions())?;
        let mut wanted = Actions::new();
        bm_sc.handle_into(event, Tick::from_millis(now), &mut Random(call.rng), octets, &mut wanted)?;
        n.set(list.write(wanted.iter().map(|action| castkey_bm_sc_action::of(*action, out.addr()))));
        Ok(())
    })())
}

/// Gives the MTK that protects the media of the Key Group `group` now (TS 33.246, 6.6.2): its name to `name`, the key with
/// its salt to `mtk`.
///
/// - CASTKEY_ERR_UNKNOWN: the group is not served.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `bm_sc`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_bm_sc_traffic(
    bm_sc: *const castkey_bm_sc, group: *const castkey_name, name: *mut castkey_name, mtk: *mut castkey_mtk,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let outputs = (Span::write(name, 1), Span::write(mtk, 1));
        apart(&[Span::object(bm_sc), Span::read(group, 1), outputs.0, outputs.1])?;
        let (group, name, place) = (promise.read(group)?.group(), promise.place(name)?, promise.place(mtk)?);
        let (mki, mtk, salt) = promise.look(bm_sc)?.traffic(group).ok_or(Status::UNKNOWN)?;
        name.set(castkey_name::of_mtk(group.domain, mki));
        place.fill(|place| place.hold(mtk, salt));
        Ok(())
    })())
}

/// Says when CASTKEY_BM_SC_TIMEOUT is wanted: milliseconds of the caller's clock, or CASTKEY_NEVER. A time in the past means at
/// once.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `bm_sc`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_bm_sc_deadline(bm_sc: *const castkey_bm_sc, at: *mut u64) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(bm_sc), Span::write(at, 1)])?;
        let at = promise.place(at)?;
        at.set(promise.look(bm_sc)?.deadline().map_or(CASTKEY_NEVER, Tick::as_millis));
        Ok(())
    })())
}

/// Says which MSK of the Key Group `group` is in use, coming or going, and to `outstanding` how many deliveries of the next
/// one await their acknowledgement (TS 33.246, 6.3.2.3).
///
/// - CASTKEY_ERR_UNKNOWN: the group is not served.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `bm_sc`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_bm_sc_switchover(
    bm_sc: *const castkey_bm_sc, group: *const castkey_name, switchover: *mut castkey_switchover,
    outstanding: *mut u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let outputs = (Span::write(switchover, 1), Span::write(outstanding, 1));
        apart(&[Span::object(bm_sc), Span::read(group, 1), outputs.0, outputs.1])?;
        let group = promise.read(group)?.group();
        let (place, number) = (promise.place(switchover)?, promise.place(outstanding)?);
        let bm_sc = promise.look(bm_sc)?;
        place.set(castkey_switchover::of(bm_sc.switchover(group).ok_or(Status::UNKNOWN)?));
        number.set(bm_sc.outstanding(group).unwrap_or(0));
        Ok(())
    })())
}

/// Zeroes the BM-SC and all its keys, and with them every copy that stands at `bm_sc`. NULL is allowed and does nothing. The memory
/// stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_bm_sc_wipe(bm_sc: *mut castkey_bm_sc) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(bm_sc);
}
