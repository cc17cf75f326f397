//! The client.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::keys::KeyId;
use castkey::mcx::{McxClient, McxClientConfig, McxSettings};

use crate::bytes::{Object, Opaque, Promise, Zeros};
use crate::env::{Call, castkey_env};
use crate::mcx::action::castkey_mcx_action;
use crate::mcx::client_event::{castkey_mcx_client_config, castkey_mcx_client_event};
use crate::mcx::form::service;
use crate::mcx::identity::castkey_mcx_entity;
use crate::mcx::key::{castkey_mcx_key, castkey_mcx_xml_keys, key_use};
use crate::mcx::srtcp::{castkey_mcx_srtcp_keys, place_keys};
use crate::mcx::time::castkey_mcx_time;
use crate::rng::Random;
use crate::span::{Span, apart, apart_from};
use crate::status::{Status, castkey_status};

/// MuSiKs that a castkey_mcx_client holds.
pub const CASTKEY_MCX_CLIENT_MUSIKS: usize = 8;
/// Messages that a castkey_mcx_client remembers against replays.
pub const CASTKEY_MCX_CLIENT_REPLAYS: usize = 16;

/// 64-bit words of a castkey_mcx_client.
pub const CASTKEY_MCX_CLIENT_WORDS: usize = 1024;
/// Octets of a castkey_mcx_client, with room to grow; castkey_mcx_client_size() is what the library uses of them.
pub const CASTKEY_MCX_CLIENT_SIZE: usize = CASTKEY_MCX_CLIENT_WORDS * 8;
/// Alignment of a castkey_mcx_client, octets.
pub const CASTKEY_MCX_CLIENT_ALIGN: usize = 8;
/// Octets of `out` that are always enough for castkey_mcx_client_handle() and castkey_mcx_server_handle().
pub const CASTKEY_MCX_OUT_SIZE: usize = 4096;

/// A client: its CSK, at most CASTKEY_MCX_CLIENT_MUSIKS MuSiKs, and what it knows of its server. The memory is the caller's;
/// it holds keys. It must stay where it was initialised: a copy is refused with CASTKEY_ERR_STATE.
#[repr(C)]
pub struct castkey_mcx_client {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_CLIENT_WORDS],
}

/// The client, and the settings that its keys are used with.
pub(crate) struct Body {
    client: McxClient<CASTKEY_MCX_CLIENT_MUSIKS, CASTKEY_MCX_CLIENT_REPLAYS>,
    settings: McxSettings,
}

// SAFETY: `ZEROED` is made of zeros.
unsafe impl Zeros for Body {
    // SAFETY: were zeros no value, this would not compile.
    const ZEROED: Self = unsafe { core::mem::zeroed() };
}

impl Opaque for castkey_mcx_client {
    type Body = Body;
    const KIND: u32 = u32::from_be_bytes(*b"CKMC");
}

const _: () = {
    assert!(size_of::<Object<Body>>() <= CASTKEY_MCX_CLIENT_SIZE);
    assert!(size_of::<castkey_mcx_client>() == CASTKEY_MCX_CLIENT_SIZE);
    assert!(align_of::<Object<Body>>() <= align_of::<castkey_mcx_client>());
    assert!(align_of::<castkey_mcx_client>() <= CASTKEY_MCX_CLIENT_ALIGN);
    assert!(castkey::wire::MAX_MESSAGE_LEN <= CASTKEY_MCX_OUT_SIZE);
    assert!(castkey::mcx::PARAMETERS_ROOM_LEN <= CASTKEY_MCX_OUT_SIZE);
};

/// Octets that this library uses of a castkey_mcx_client; not more than CASTKEY_MCX_CLIENT_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_client_size() -> usize {
    size_of::<Object<Body>>()
}

/// Alignment that this library needs of a castkey_mcx_client, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_client_align() -> usize {
    align_of::<Object<Body>>()
}

/// Fills in the default of everything.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `config`.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_config_default(
    config: *mut castkey_mcx_client_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(config)?.set(castkey_mcx_client_config::of(&McxClientConfig::default()));
        Ok(())
    })())
}

/// Makes a client that is logged off in the `client_size` octets at `client`, whatever was there before, and zeroes the rest
/// of them. Give `sizeof` the object as `client_size`.
///
/// - CASTKEY_ERR_SHORT: `client_size` is less than castkey_mcx_client_size().
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_MCX_BAD_ALGORITHMS: a list of algorithms is empty, or has a 0 or one twice.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_init(
    client: *mut castkey_mcx_client, client_size: usize, config: *const castkey_mcx_client_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::write(client.cast::<u8>(), client_size), Span::read(config, 1)])?;
        let config = promise.read(config)?.config()?;
        promise.make_from_zeros(client, client_size, |body| {
            body.client.reset(config);
            body.settings = config.settings;
        })
    })())
}

/// Tells the client what happened (TS 33.180, 5.4 and 5.8), as the user `own`. `now` is the time of the day; `env` needs a
/// random generator. The one action that follows is written to `action`; its octets lie in `out`.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_MCX_OUT_SIZE are always enough and always needed for a message that
/// came; it is working space, and after an error its octets mean nothing and hold no key.
///
/// A message that came and is refused is no error: the action is CASTKEY_MCX_REFUSED then, with the status in it: one of
/// CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION, or of CASTKEY_ERR_MCX_MALFORMED to CASTKEY_ERR_MCX_RATE_LIMITED.
///
/// - CASTKEY_ERR_MCX_WRONG_STATE: the event does not fit the state.
/// - CASTKEY_ERR_MCX_MISSING_IDENTITY: a URI is empty, or the server is not known yet.
/// - CASTKEY_ERR_MCX_MALFORMED: a URI is over 255 octets.
/// - CASTKEY_ERR_MCX_NO_KEY_MATERIAL, CASTKEY_ERR_MCX_NOT_AUTHORIZED, CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD: `own` has no keys
///   for the key period of `now`, or not its KMS.
/// - CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED: `own` has not the KMS of the server.
/// - CASTKEY_ERR_MCX_BAD_ALGORITHMS: `select` is none that is supported and allowed.
/// - CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS: three were followed.
/// - CASTKEY_ERR_MCX_INCONSISTENT, CASTKEY_ERR_FIELD_TOO_LONG: the form does not fit a message.
/// - CASTKEY_ERR_MCX_RNG_FAILED: the random generator failed, or is not there.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_BAD_ENUM: a kind, a flag, a number or a count of the event is not defined or over its limit, or `own` has
///   too many objects, or such with large tables in a library without them.
/// - CASTKEY_ERR_TEXT: the name of a key is not UTF-8.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`, or an object of `own`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 10,240 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_handle(
    client: *mut castkey_mcx_client, env: *const castkey_env, own: *const castkey_mcx_entity,
    event: *const castkey_mcx_client_event, now: castkey_mcx_time, out: *mut u8, out_cap: usize,
    action: *mut castkey_mcx_action,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, told, given) = (Call::read(&promise, env)?, promise.view(event)?, promise.view(own)?);
        let (out_span, action_span) = (Span::write(out, out_cap), Span::write(action, 1));
        apart(&[
            Span::object(client),
            Span::read(env, 1),
            Span::read(event, 1),
            Span::read(own, 1),
            out_span,
            action_span,
        ])?;
        let written = [Span::object(client), out_span, action_span];
        apart_from(&written, &told.spans())?;
        given.apart_from(&promise, &written)?;
        let form = if told.has_form() { Some(told.form.read(&promise)?) } else { None };
        let (event, own) = (told.event(&promise, form.as_ref())?, given.identity(&promise)?);
        let (room, place) = (promise.room(out, out_cap)?, promise.place(action)?);
        if told.is_message() && room.len() < CASTKEY_MCX_OUT_SIZE {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        let mut client = promise.enter(client, &call)?;
        let done = own.with(|own| client.client.handle(event, own, now.time(), &mut Random(call.rng), room));
        place.set(match done {
            Ok(wanted) => castkey_mcx_action::of_client(wanted, out.addr()),
            Err(why) if told.is_message() => castkey_mcx_action::refused(&why),
            Err(why) => return Err(why.into()),
        });
        Ok(())
    })())
}

/// Says which key the client sends with at `now` (TS 33.180, 5.4).
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is none.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_csk(
    client: *const castkey_mcx_client, now: castkey_mcx_time, key: *mut castkey_mcx_key,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(client), Span::write(key, 1)])?;
        let place = promise.place(key)?;
        place.set(castkey_mcx_key::of(promise.look(client)?.client.csk(now.time())?));
        Ok(())
    })())
}

/// Derives the keys for XML that the client sends, with or of the user `uri` (TS 33.180, F.1.4).
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is no CSK.
/// - CASTKEY_ERR_MCX_WRONG_USE: `uri` is over 65,535 octets.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_uplink_xml(
    client: *const castkey_mcx_client, uri: *const u8, uri_len: usize, now: castkey_mcx_time,
    keys: *mut castkey_mcx_xml_keys,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(client), Span::read(uri, uri_len), Span::write(keys, 1)])?;
        let (uri, place) = (promise.octets(uri, uri_len)?, promise.place(keys)?);
        let keys = promise.look(client)?.client.uplink_keys(uri, now.time())?;
        castkey_mcx_xml_keys::write(&place, &keys);
        Ok(())
    })())
}

/// Derives the keys of XML that came under the key `key_id` (TS 33.180, F.1.4): `how` is CASTKEY_MCX_UNICAST_DOWNLINK or
/// CASTKEY_MCX_MULTICAST_DOWNLINK.
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is no such key.
/// - CASTKEY_ERR_MCX_WRONG_USE: a key of this kind does not serve `how`, or `uri` is over 65,535 octets.
/// - CASTKEY_ERR_BAD_ENUM: `how` is not defined, or the purpose tag of `key_id` is not assigned.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_received_xml(
    client: *const castkey_mcx_client, key_id: u32, how: u32, uri: *const u8, uri_len: usize,
    now: castkey_mcx_time, keys: *mut castkey_mcx_xml_keys,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(client), Span::read(uri, uri_len), Span::write(keys, 1)])?;
        let (uri, place) = (promise.octets(uri, uri_len)?, promise.place(keys)?);
        let (id, how) = (KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?, key_use(how)?);
        let Body { client, settings } = promise.look(client)?;
        let keys = client.key(id, now.time())?.received_signalling_keys(how, uri, settings)?;
        castkey_mcx_xml_keys::write(&place, &keys);
        Ok(())
    })())
}

/// Makes the SRTCP keys for what the client sends in `what`, CASTKEY_MCX_MCPTT or CASTKEY_MCX_MCVIDEO, in the `keys_size`
/// octets at `keys`, whatever was there before (RFC 6509, 3.1; RFC 3711, 4.3).
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is no CSK.
/// - CASTKEY_ERR_MCX_WRONG_USE: its message did not set up the session of this service.
/// - CASTKEY_ERR_BAD_ENUM: `what` is not defined.
/// - CASTKEY_ERR_SHORT: `keys_size` is less than castkey_mcx_srtcp_keys_size().
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 3,584 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_uplink_srtcp(
    client: *const castkey_mcx_client, what: u32, now: castkey_mcx_time, keys: *mut castkey_mcx_srtcp_keys,
    keys_size: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(client), Span::write(keys.cast::<u8>(), keys_size)])?;
        let (what, client) = (service(what)?, &promise.look(client)?.client);
        place_keys(&promise, keys, keys_size, client.uplink_srtcp(what, now.time()))
    })())
}

/// Makes the SRTCP keys of the `len` octets at `packet`, by its MKI (RFC 6509, 3.1; RFC 3711, 4.3): `how` is
/// CASTKEY_MCX_UNICAST_DOWNLINK or CASTKEY_MCX_MULTICAST_DOWNLINK, `what` is CASTKEY_MCX_MCPTT or CASTKEY_MCX_MCVIDEO.
///
/// - CASTKEY_ERR_MCX_MALFORMED: the packet has no MKI.
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is no such key.
/// - CASTKEY_ERR_MCX_WRONG_USE: a key of this kind does not serve `how`, or its message did not set up the session.
/// - CASTKEY_ERR_BAD_ENUM: `how` or `what` is not defined.
/// - CASTKEY_ERR_SHORT: `keys_size` is less than castkey_mcx_srtcp_keys_size().
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 3,072 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_received_srtcp(
    client: *const castkey_mcx_client, packet: *const u8, len: usize, how: u32, what: u32,
    now: castkey_mcx_time, keys: *mut castkey_mcx_srtcp_keys, keys_size: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let output = Span::write(keys.cast::<u8>(), keys_size);
        apart(&[Span::looked(client), Span::read(packet, len), output])?;
        let (packet, how, what) = (promise.octets(packet, len)?, key_use(how)?, service(what)?);
        let client = &promise.look(client)?.client;
        place_keys(&promise, keys, keys_size, client.received_srtcp(packet, how, what, now.time()))
    })())
}

/// Forgets the MuSiK `key_id`.
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY: it is not held.
/// - CASTKEY_ERR_BAD_ENUM: the purpose tag of `key_id` is not assigned.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `client`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_forget_musik(
    client: *mut castkey_mcx_client, env: *const castkey_env, key_id: u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, id) = (Call::read(&promise, env)?, KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?);
        let was_held = promise.enter(client, &call)?.client.forget_musik(id);
        was_held.then_some(()).ok_or(castkey::mcx::McxError::UnknownKey.into())
    })())
}

/// Zeroes the client and all its keys, and with them every copy that stands at `client`. NULL is allowed and does nothing.
/// The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_client_wipe(client: *mut castkey_mcx_client) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(client);
}
