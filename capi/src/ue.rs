//! The terminal.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::keys::MukIdDigest;
use castkey::role::{Actions, MAX_ACTIONS, Ue, UeConfig};
use castkey::time::Tick;

use crate::bytes::{Engine, Object, Opaque, Promise};
use crate::env::{Call, castkey_env};
use crate::key::castkey_mtk;
use crate::muk::Key;
use crate::name::castkey_name;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};
use crate::switchover::{CASTKEY_NEVER, castkey_switchover};
use crate::ue_types::{CASTKEY_MAX_ACTIONS, castkey_ue_action, castkey_ue_config, castkey_ue_event};

/// Key Groups that a castkey_ue follows.
pub const CASTKEY_UE_GROUPS: usize = 4;
/// MUKs that a castkey_ue holds.
pub const CASTKEY_UE_MUKS: usize = 2;

/// 64-bit words of a castkey_ue.
#[cfg(not(target_pointer_width = "32"))]
pub const CASTKEY_UE_WORDS: usize = 240;
/// 64-bit words of a castkey_ue.
#[cfg(target_pointer_width = "32")]
pub const CASTKEY_UE_WORDS: usize = 208;

/// Octets of a castkey_ue, with room to grow; castkey_ue_size() is what the library uses of them.
pub const CASTKEY_UE_SIZE: usize = CASTKEY_UE_WORDS * 8;
/// Alignment of a castkey_ue, octets.
pub const CASTKEY_UE_ALIGN: usize = 8;
/// Octets of `out` that are always enough for castkey_ue_handle().
pub const CASTKEY_UE_OUT_SIZE: usize = 3072;

/// A terminal with at most CASTKEY_UE_GROUPS Key Groups. The memory is the caller's; it holds keys from the first event on.
/// It must stay where it was initialised: a copy is refused with CASTKEY_ERR_STATE.
#[repr(C)]
pub struct castkey_ue {
    /// Private.
    pub opaque: [u64; CASTKEY_UE_WORDS],
}

// Digests of the identities: nothing here gives them back.
type Terminal = Ue<CASTKEY_UE_GROUPS, Key, Engine, CASTKEY_UE_MUKS, MukIdDigest>;

impl Opaque for castkey_ue {
    type Body = Terminal;
    const KIND: u32 = u32::from_be_bytes(*b"CKUE");
}

const _: () = {
    assert!(size_of::<Object<Terminal>>() <= CASTKEY_UE_SIZE && size_of::<castkey_ue>() == CASTKEY_UE_SIZE);
    assert!(align_of::<Object<Terminal>>() <= align_of::<castkey_ue>());
    assert!(align_of::<castkey_ue>() <= CASTKEY_UE_ALIGN);
    assert!(Terminal::MAX_OUT_LEN <= CASTKEY_UE_OUT_SIZE);
    assert!(MAX_ACTIONS == CASTKEY_MAX_ACTIONS);
};

/// What makes a terminal: one closure for both who ask for it, so that there is one copy of its code, without a call in it.
fn of(config: UeConfig) -> impl FnOnce(Engine) -> Terminal {
    move |engine| Ue::with(config, engine)
}

/// Octets that this library uses of a castkey_ue; not more than CASTKEY_UE_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_ue_size() -> usize {
    size_of::<Object<Terminal>>()
}

/// Alignment that this library needs of a castkey_ue, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_ue_align() -> usize {
    align_of::<Object<Terminal>>()
}

/// Octets of `out` that are always enough for castkey_ue_handle() of this library.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_ue_out_size() -> usize {
    Terminal::MAX_OUT_LEN
}

/// Fills in the default of everything; `jitter` is 0 and should be set.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `config`.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_config_default(config: *mut castkey_ue_config) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(config)?.set(castkey_ue_config::of(&UeConfig::default()));
        Ok(())
    })())
}

/// Makes a terminal that holds nothing in the `ue_size` octets at `ue`, whatever was there before, and zeroes the rest of them.
/// Give `sizeof` the object as `ue_size`.
///
/// - CASTKEY_ERR_SHORT: `ue_size` is less than castkey_ue_size().
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_init(
    ue: *mut castkey_ue, ue_size: usize, config: *const castkey_ue_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::write(ue.cast::<u8>(), ue_size), Span::read(config, 1)])?;
        let config = promise.read(config)?.config()?;
        promise.make(ue, ue_size, of(config))
    })())
}

/// Makes a terminal from the `state_len` octets at `state`, those of the last CASTKEY_UE_PERSIST; as castkey_ue_init()
/// otherwise. `now` is the caller's clock in milliseconds, which may have another origin than before. What was accepted before
/// stays a replay. Arm a timer for castkey_ue_deadline() afterwards.
///
/// - CASTKEY_ERR_DAMAGED_STATE: the octets are damaged, of another version, or do not fit a castkey_ue. The memory is all zero
///   then.
/// - CASTKEY_ERR_SHORT, CASTKEY_ERR_BAD_ENUM: as of castkey_ue_init().
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_restore(
    ue: *mut castkey_ue, ue_size: usize, config: *const castkey_ue_config, env: *const castkey_env,
    state: *const u8, state_len: usize, now: u64,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[
            Span::write(ue.cast::<u8>(), ue_size),
            Span::read(config, 1),
            Span::read(env, 1),
            Span::read(state, state_len),
        ])?;
        let (config, call) = (promise.read(config)?.config()?, Call::read(&promise, env)?);
        let (state, now) = (promise.octets(state, state_len)?, Tick::from_millis(now));
        promise.make_and_fill(ue, ue_size, Some(&call), of(config), |ue, engine| {
            Ok(ue.restore_in_place(state, now, |octets| Key::stored(octets, engine))?)
        })
    })())
}

/// Tells the terminal what happened (TS 33.246, 6.3 and 6.5). `now` is the caller's clock in milliseconds. The actions stand in
/// `actions` in the order in which they are to be carried out, `*n_actions` says how many; their octets lie in `out`. Carry out
/// CASTKEY_UE_PERSIST before whatever follows it.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_UE_OUT_SIZE are always enough; it is working space, and after an error
/// its octets mean nothing and hold no key. `actions` has room for `actions_cap`, at least CASTKEY_MAX_ACTIONS.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: the datagram is no MSK or MTK message.
/// - CASTKEY_ERR_MUK_UNKNOWN, CASTKEY_ERR_MSK_UNKNOWN, CASTKEY_ERR_MSK_RETIRED: no key for the message.
/// - CASTKEY_ERR_REPLAY, CASTKEY_ERR_KEY_NOT_FRESH: the message or its key was there before.
/// - CASTKEY_ERR_NO_RAND: the MSK of the message was installed without RAND.
/// - CASTKEY_ERR_KEY_UNAVAILABLE: the holder of the MUK does not answer, or there is none.
/// - CASTKEY_ERR_MAC_INVALID, CASTKEY_ERR_BAD_CONTENT, CASTKEY_ERR_INVALID_INTERVAL, CASTKEY_ERR_SAME_MSK_ID: the message is
///   refused.
/// - CASTKEY_ERR_MUK_STORE_FULL, CASTKEY_ERR_GROUP_STORE_FULL: no room.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_INCONSISTENT: an MSK to install has Key Number 0, or `seq_low` above `seq_high`.
/// - CASTKEY_ERR_UNKNOWN: the Key Group or MUK that the event names is not held.
/// - CASTKEY_ERR_WRONG_STATE: the datagram is an answer, which only a BM-SC takes.
/// - CASTKEY_ERR_BAD_ENUM: the kind of the event or of its MUK is not defined.
/// - CASTKEY_ERR_LENGTH: a MUK, an MSK, a RAND or another length is out of range.
/// - CASTKEY_ERR_SHORT: `actions_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `ue`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 3,584 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_handle(
    ue: *mut castkey_ue, env: *const castkey_env, event: *const castkey_ue_event, now: u64, out: *mut u8,
    out_cap: usize, actions: *mut castkey_ue_action, actions_cap: usize, n_actions: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, told) = (Call::read(&promise, env)?, promise.view(event)?);
        let [a, b, c, d, e] = told.spans();
        let (out_span, list) = (Span::write(out, out_cap), Span::write(actions, actions_cap));
        let rest = [Span::read(env, 1), Span::read(event, 1), Span::object(ue), Span::write(n_actions, 1)];
        let [f, g, h, i] = rest;
        apart(&[a, b, c, d, e, f, g, h, i, out_span, list])?;
        let (list, n) = (promise.places(actions, actions_cap)?, promise.place(n_actions)?);
        if list.len() < CASTKEY_MAX_ACTIONS {
            return Err(Status::SHORT);
        }
        let octets = promise.room(out, out_cap)?;
        let mut ue = promise.enter(ue, &call)?;
        let event = told.event(&promise, ue.engine())?;
        let mut wanted = Actions::new();
        ue.handle_into(event, Tick::from_millis(now), octets, &mut wanted)?;
        n.set(list.write(wanted.iter().map(|action| castkey_ue_action::of(*action, out.addr()))));
        Ok(())
    })())
}

/// Gives the MTK `name` with its salt, for packets with its MKI (TS 33.246, 6.6.2).
///
/// - CASTKEY_ERR_UNKNOWN: it is not held.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `ue`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_mtk(
    ue: *const castkey_ue, name: *const castkey_name, mtk: *mut castkey_mtk,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(ue), Span::read(name, 1), Span::write(mtk, 1)])?;
        let (name, place) = (promise.read(name)?, promise.place(mtk)?);
        let (mtk, salt) = promise.look(ue)?.mtk(name.domain(), name.mki()).ok_or(Status::UNKNOWN)?;
        place.fill(|place| place.hold(mtk, salt));
        Ok(())
    })())
}

/// Names the MTKs that castkey_ue_mtk() gives (TS 33.246, 6.6.2): `*n` becomes their number, and `names`, with room for
/// `names_cap`, their names.
///
/// - CASTKEY_ERR_SHORT: there are more than `names_cap`; four for each Key Group are always enough.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `ue`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_mtk_names(
    ue: *const castkey_ue, names: *mut castkey_name, names_cap: usize, n: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(ue), Span::write(names, names_cap), Span::write(n, 1)])?;
        let (names, n) = (promise.places(names, names_cap)?, promise.place(n)?);
        let ue = promise.look(ue)?;
        if ue.mkis().count() > names.len() {
            return Err(Status::SHORT);
        }
        n.set(names.write(ue.mkis().map(|(domain, mki)| castkey_name::of_mtk(domain, mki))));
        Ok(())
    })())
}

/// Says when CASTKEY_UE_TIMEOUT is wanted: milliseconds of the caller's clock, or CASTKEY_NEVER. A time in the past means at
/// once.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `ue`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_deadline(ue: *const castkey_ue, at: *mut u64) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(ue), Span::write(at, 1)])?;
        let at = promise.place(at)?;
        at.set(promise.look(ue)?.deadline().map_or(CASTKEY_NEVER, Tick::as_millis));
        Ok(())
    })())
}

/// Says which MSK of the Key Group `group` is in use, coming or going (TS 33.246, 6.3.2.3).
///
/// - CASTKEY_ERR_UNKNOWN: the group is not followed.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `ue`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_switchover(
    ue: *const castkey_ue, group: *const castkey_name, switchover: *mut castkey_switchover,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(ue), Span::read(group, 1), Span::write(switchover, 1)])?;
        let (group, place) = (promise.read(group)?.group(), promise.place(switchover)?);
        place.set(castkey_switchover::of(promise.look(ue)?.switchover(group).ok_or(Status::UNKNOWN)?));
        Ok(())
    })())
}

/// Zeroes the terminal and all its keys, and with them every copy that stands at `ue`. NULL is allowed and does nothing. The
/// memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ue_wipe(ue: *mut castkey_ue) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(ue);
}
