//! The PoC Client.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::poc::Client;
use castkey::role::Actions;
use castkey::time::Tick;

use crate::bytes::{Engine, Object, Opaque, Promise};
use crate::env::{Call, castkey_env};
use crate::key::castkey_mtk;
use crate::muk::{Key, castkey_muk, castkey_muk_id};
use crate::name::castkey_name;
use crate::poc::client_types::{
    CASTKEY_POC_MAX_CLIENT_ACTIONS, castkey_poc_client_action, castkey_poc_client_config,
    castkey_poc_client_event,
};
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};
use crate::switchover::{CASTKEY_NEVER, castkey_switchover};

/// 64-bit words of a castkey_poc_client.
#[cfg(not(target_pointer_width = "32"))]
pub const CASTKEY_POC_CLIENT_WORDS: usize = 448;
/// 64-bit words of a castkey_poc_client.
#[cfg(target_pointer_width = "32")]
pub const CASTKEY_POC_CLIENT_WORDS: usize = 384;

/// Octets of a castkey_poc_client, with room to grow; castkey_poc_client_size() is what the library uses of them.
pub const CASTKEY_POC_CLIENT_SIZE: usize = CASTKEY_POC_CLIENT_WORDS * 8;
/// Alignment of a castkey_poc_client, octets.
pub const CASTKEY_POC_CLIENT_ALIGN: usize = 8;
/// Octets of `out` that are always enough for castkey_poc_client_handle() and castkey_poc_server_handle_leg().
pub const CASTKEY_POC_OUT_SIZE: usize = 2048;

/// A PoC Client on one Multicast PoC Channel. The memory is the caller's; it holds keys. It must stay where it was
/// initialised: a copy is refused with CASTKEY_ERR_STATE.
#[repr(C)]
pub struct castkey_poc_client {
    /// Private.
    pub opaque: [u64; CASTKEY_POC_CLIENT_WORDS],
}

type Member = Client<Key, Engine>;

impl Opaque for castkey_poc_client {
    type Body = Member;
    const KIND: u32 = u32::from_be_bytes(*b"CKPC");
}

const _: () = {
    assert!(size_of::<Object<Member>>() <= CASTKEY_POC_CLIENT_SIZE);
    assert!(size_of::<castkey_poc_client>() == CASTKEY_POC_CLIENT_SIZE);
    assert!(align_of::<Object<Member>>() <= align_of::<castkey_poc_client>());
    assert!(align_of::<castkey_poc_client>() <= CASTKEY_POC_CLIENT_ALIGN);
    assert!(Member::MAX_OUT_LEN <= CASTKEY_POC_OUT_SIZE);
};

/// Octets that this library uses of a castkey_poc_client; not more than CASTKEY_POC_CLIENT_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_client_size() -> usize {
    size_of::<Object<Member>>()
}

/// Alignment that this library needs of a castkey_poc_client, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_client_align() -> usize {
    align_of::<Object<Member>>()
}

/// Fills in the default of everything; `channel` is to be set.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `config`.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_config_default(
    config: *mut castkey_poc_client_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(config)?.set(castkey_poc_client_config::by_default());
        Ok(())
    })())
}

/// Makes a client without any key in the `client_size` octets at `client`, whatever was there before, and zeroes the rest of
/// them. Give `sizeof` the object as `client_size`. A client keeps nothing over a restart: it bootstraps again.
///
/// - CASTKEY_ERR_SHORT: `client_size` is less than castkey_poc_client_size().
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_POC_CLASH: the subtype of the indication is above 31, or that of a known message.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 5,120 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_init(
    client: *mut castkey_poc_client, client_size: usize, config: *const castkey_poc_client_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::write(client.cast::<u8>(), client_size), Span::read(config, 1)])?;
        let config = promise.read(config)?.config()?;
        promise.make(client, client_size, |engine| Client::with(config, engine))
    })())
}

/// Tells the client that a bootstrapping run left the MUK `muk` with the identities `muk_id` (TS 33.246, 6.1). It serves the
/// server that is the NAF named there, and no other.
///
/// - CASTKEY_ERR_MUK_STORE_FULL: two are held that proved themselves, or the identities are too long.
/// - CASTKEY_ERR_BAD_ENUM: the kind of the MUK is not defined.
/// - CASTKEY_ERR_LENGTH: the MUK, its handle or another length is out of range.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_bootstrapped(
    client: *mut castkey_poc_client, env: *const castkey_env, muk_id: *const castkey_muk_id,
    muk: *const castkey_muk,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, id, muk_given) = (Call::read(&promise, env)?, promise.read(muk_id)?, promise.read(muk)?);
        let ([idi, idr], octets) = (id.spans(), muk_given.octets.span());
        let structures = (Span::read(env, 1), Span::read(muk_id, 1), Span::read(muk, 1));
        apart(&[Span::object(client), idi, idr, octets, structures.0, structures.1, structures.2])?;
        let id = id.of(&promise)?;
        let mut client = promise.enter(client, &call)?;
        let muk = Key::of(&promise, muk_given, client.engine())?;
        client.bootstrapped(id, muk)?;
        Ok(())
    })())
}

/// Tells the client what happened (TS 33.246, 6.3.2.3 and 6.4.5; RFC 4567, 4.1.2; RFC 3711, 3.4). `now` is the caller's clock
/// in milliseconds. The actions stand in `actions` in the order in which they are to be carried out, `*n_actions` says how
/// many; their octets lie in `out`.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_POC_OUT_SIZE are always enough; it is working space, and after an
/// error its octets mean nothing and hold no key. `actions` has room for `actions_cap`, at least
/// CASTKEY_POC_MAX_CLIENT_ACTIONS.
///
/// A packet or message that is refused is counted, and an authentic packet that is refused for what it says is not taken a
/// second time; nothing else has changed then. An offer that is refused is no error: the action is CASTKEY_POC_REJECT then,
/// with the status in it.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: the datagram is no MTK message.
/// - CASTKEY_ERR_REPLAY, CASTKEY_ERR_KEY_NOT_FRESH, CASTKEY_ERR_MAC_INVALID, CASTKEY_ERR_BAD_CONTENT: the MTK message is
///   refused.
/// - CASTKEY_ERR_POC_UNPROTECTED, CASTKEY_ERR_POC_UNKNOWN_MSK, CASTKEY_ERR_POC_EXPIRED_KEY, CASTKEY_ERR_POC_BAD_MAC,
///   CASTKEY_ERR_POC_REPLAY, CASTKEY_ERR_POC_INDICATION_MISMATCH, CASTKEY_ERR_POC_NOT_MBCP, CASTKEY_ERR_POC_MALFORMED: the
///   packet or indication is refused.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL, CASTKEY_ERR_POC_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_BAD_ENUM: the kind or a flag of the event is not defined.
/// - CASTKEY_ERR_SHORT: `actions_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 7,168 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_handle(
    client: *mut castkey_poc_client, env: *const castkey_env, event: *const castkey_poc_client_event,
    now: u64, out: *mut u8, out_cap: usize, actions: *mut castkey_poc_client_action, actions_cap: usize,
    n_actions: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, told) = (Call::read(&promise, env)?, promise.read(event)?);
        let [a, b, c, d] = told.spans();
        let (e, f, g) = (Span::read(env, 1), Span::read(event, 1), Span::object(client));
        let (h, i, j) =
            (Span::write(n_actions, 1), Span::write(out, out_cap), Span::write(actions, actions_cap));
        apart(&[a, b, c, d, e, f, g, h, i, j])?;
        let (list, n) = (promise.places(actions, actions_cap)?, promise.place(n_actions)?);
        if list.len() < CASTKEY_POC_MAX_CLIENT_ACTIONS {
            return Err(Status::SHORT);
        }
        let (octets, event) = (promise.room(out, out_cap)?, told.event(&promise)?);
        let mut client = promise.enter(client, &call)?;
        let mut wanted = Actions::new();
        client.handle_into(event, Tick::from_millis(now), octets, &mut wanted)?;
        n.set(list.write(wanted.iter().map(|action| castkey_poc_client_action::of(action, out.addr()))));
        Ok(())
    })())
}

/// Gives the MTK `name` with its salt, for packets with its MKI (TS 33.246, 6.6.2); the `domain` of `name` is not looked at.
///
/// - CASTKEY_ERR_UNKNOWN: it is not held, or does not serve.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_mtk(
    client: *const castkey_poc_client, name: *const castkey_name, mtk: *mut castkey_mtk,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(client), Span::read(name, 1), Span::write(mtk, 1)])?;
        let (mki, place) = (promise.read(name)?.mki(), promise.place(mtk)?);
        let (mtk, salt) = promise.look(client)?.mtk(mki).ok_or(Status::UNKNOWN)?;
        place.fill(|place| place.hold(mtk, salt));
        Ok(())
    })())
}

/// Says which MSK is in use, coming or going (TS 33.246, 6.3.2.3).
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_switchover(
    client: *const castkey_poc_client, switchover: *mut castkey_switchover,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(client), Span::write(switchover, 1)])?;
        let place = promise.place(switchover)?;
        place.set(castkey_switchover::of(promise.look(client)?.switchover()));
        Ok(())
    })())
}

/// Says when CASTKEY_POC_CLIENT_TIMEOUT is wanted: milliseconds of the caller's clock, or CASTKEY_NEVER. A time in the past
/// means at once.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_deadline(
    client: *const castkey_poc_client, at: *mut u64,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(client), Span::write(at, 1)])?;
        let at = promise.place(at)?;
        at.set(promise.look(client)?.deadline().map_or(CASTKEY_NEVER, Tick::as_millis));
        Ok(())
    })())
}

/// Says how many messages and packets were refused.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_refused(
    client: *const castkey_poc_client, refused: *mut u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(client), Span::write(refused, 1)])?;
        let place = promise.place(refused)?;
        place.set(promise.look(client)?.refused());
        Ok(())
    })())
}

/// Zeroes the client and all its keys, and with them every copy that stands at `client`. NULL is allowed and does nothing.
/// The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_client_wipe(client: *mut castkey_poc_client) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(client);
}
