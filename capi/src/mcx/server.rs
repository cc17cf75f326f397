//! The server.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::keys::KeyId;
use castkey::mcx::{
    CskUpload, Entity, McxError, McxServer, McxServerAction, McxServerEvent, McxSettings, Ntp64, Rejected,
};

use crate::bytes::{Object, Opaque, Promise, Zeros};
use crate::env::{Call, castkey_env};
use crate::mcx::action::castkey_mcx_action;
use crate::mcx::client::CASTKEY_MCX_OUT_SIZE;
use crate::mcx::form::{castkey_mcx_form, service};
use crate::mcx::identity::{Math, castkey_mcx_entity};
use crate::mcx::key::{castkey_mcx_key, castkey_mcx_xml_keys, key_use};
use crate::mcx::musik::castkey_mcx_musik;
use crate::mcx::server_event::{castkey_mcx_server_config, castkey_mcx_server_event};
use crate::mcx::srtcp::{castkey_mcx_srtcp_keys, place_keys};
use crate::mcx::table::{Table, castkey_mcx_table, castkey_mcx_user};
use crate::mcx::time::castkey_mcx_time;
use crate::rng::Random;
use crate::settings::octet;
use crate::span::{Span, apart, apart_from};
use crate::status::{Status, castkey_status};

/// Uploads that a castkey_mcx_server remembers against replays, each for two skews; when all are live, new ones are refused
/// with CASTKEY_ERR_MCX_REPLAY_CACHE_FULL. More need more servers, each for a part of the users.
pub const CASTKEY_MCX_SERVER_REPLAYS: usize = 1024;
/// Keys to other servers that a castkey_mcx_server holds.
pub const CASTKEY_MCX_SERVER_SPKS: usize = 16;

/// 64-bit words of a castkey_mcx_server.
pub const CASTKEY_MCX_SERVER_WORDS: usize = 11_264;
/// Octets of a castkey_mcx_server, with room to grow; castkey_mcx_server_size() is what the library uses of them.
pub const CASTKEY_MCX_SERVER_SIZE: usize = CASTKEY_MCX_SERVER_WORDS * 8;
/// Alignment of a castkey_mcx_server, octets.
pub const CASTKEY_MCX_SERVER_ALIGN: usize = 8;

/// A server, of the same size for any number of users: their rows lie with the caller. The memory is the caller's; it holds
/// keys. It must stay where it was initialised: a copy is refused with CASTKEY_ERR_STATE.
#[repr(C)]
pub struct castkey_mcx_server {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_SERVER_WORDS],
}

type Machine = McxServer<CASTKEY_MCX_SERVER_REPLAYS, CASTKEY_MCX_SERVER_SPKS>;

/// The server, and the settings that its keys are used with.
pub(crate) struct Body {
    pub(crate) server: Machine,
    pub(crate) settings: McxSettings,
}

// SAFETY: `ZEROED` is made of zeros.
unsafe impl Zeros for Body {
    // SAFETY: were zeros no value, this would not compile.
    const ZEROED: Self = unsafe { core::mem::zeroed() };
}

impl Opaque for castkey_mcx_server {
    type Body = Body;
    const KIND: u32 = u32::from_be_bytes(*b"CKMS");
}

const _: () = {
    assert!(size_of::<Object<Body>>() <= CASTKEY_MCX_SERVER_SIZE);
    assert!(size_of::<castkey_mcx_server>() == CASTKEY_MCX_SERVER_SIZE);
    assert!(align_of::<Object<Body>>() <= align_of::<castkey_mcx_server>());
    assert!(align_of::<castkey_mcx_server>() <= CASTKEY_MCX_SERVER_ALIGN);
};

/// Octets that this library uses of a castkey_mcx_server; not more than CASTKEY_MCX_SERVER_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_server_size() -> usize {
    size_of::<Object<Body>>()
}

/// Alignment that this library needs of a castkey_mcx_server, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_server_align() -> usize {
    align_of::<Object<Body>>()
}

/// Fills in the default of everything.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `config`.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_config_default(
    config: *mut castkey_mcx_server_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(config)?.set(castkey_mcx_server_config::by_default());
        Ok(())
    })())
}

/// Makes a server without users in the `server_size` octets at `server`, whatever was there before, and zeroes the rest of
/// them. Give `sizeof` the object as `server_size`.
///
/// - CASTKEY_ERR_SHORT: `server_size` is less than castkey_mcx_server_size().
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_MCX_BAD_ALGORITHMS: a list of algorithms is empty, or has a 0 or one twice.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_init(
    server: *mut castkey_mcx_server, server_size: usize, config: *const castkey_mcx_server_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::write(server.cast::<u8>(), server_size), Span::read(config, 1)])?;
        let config = promise.read(config)?.config()?;
        promise.make_from_zeros(server, server_size, |body| {
            body.server.reset(config);
            body.settings = config.settings;
        })
    })())
}

/// An upload whose initiator SIP does not name: the table does, once the message is opened.
fn upload_of_unnamed<'a, 'o>(
    server: &mut Machine, upload: CskUpload<'a>, own: &Entity<'_, Math<'_>>, table: &mut Table<'_>,
    now: Ntp64, room: &'o mut [u8],
) -> Result<McxServerAction<'o>, Rejected<'a>> {
    let received = server.receive_upload(upload.octets, None, upload.sdp_ids, own, now, room)?;
    let (user, impu) = table.who(received.initiator_uid()).ok_or(McxError::NotBound)?;
    Ok(server.bind_upload(received, impu, user, own, table, now)?)
}

/// Tells the server what happened (TS 33.180, 5.4 and 5.8), as the server `own`, with the rows of `table`. `now` is the time
/// of the day; `env` needs a random generator. The one action that follows is written to `action`; its octets lie in `out`.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_MCX_OUT_SIZE are always enough and always needed for an upload; it
/// is working space, and after an error its octets mean nothing and hold no key.
///
/// An upload that is refused is no error: the action is CASTKEY_MCX_REFUSED then, with the status in it: one of
/// CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION, or of CASTKEY_ERR_MCX_MALFORMED to CASTKEY_ERR_MCX_RATE_LIMITED.
///
/// - CASTKEY_ERR_MCX_WRONG_STATE: an answer to what was not sent, or a CSK while the answer to the one before is not known.
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY: the user has no row or no CSK, or the MuSiK has expired.
/// - CASTKEY_ERR_MCX_MISSING_IDENTITY: a URI is empty.
/// - CASTKEY_ERR_MCX_NO_KEY_MATERIAL, CASTKEY_ERR_MCX_NOT_AUTHORIZED, CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD: `own` has no keys
///   for the key period of `now`, or not its KMS.
/// - CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED: `own` has not the KMS of the user.
/// - CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED, CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR: the user did not offer `select`, or the
///   policy does not allow it.
/// - CASTKEY_ERR_MCX_INCONSISTENT, CASTKEY_ERR_FIELD_TOO_LONG: the form does not fit a message, or the MuSiK.
/// - CASTKEY_ERR_MCX_RNG_FAILED: the random generator failed, or is not there.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_BAD_ENUM: a kind, a flag, a number or a count of the event is not defined or over its limit, or `own` has
///   too many objects, or such with large tables in a library without them.
/// - CASTKEY_ERR_TEXT: the name of a key is not UTF-8.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`, a row, the MuSiK, or an object of `own`. An upload whose row is none is
///   remembered against replays nevertheless.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments;
///   of a row CASTKEY_ERR_ALIGN.
///
/// Stack: 13,312 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_handle(
    server: *mut castkey_mcx_server, env: *const castkey_env, own: *const castkey_mcx_entity,
    table: *const castkey_mcx_table, event: *const castkey_mcx_server_event, now: castkey_mcx_time,
    out: *mut u8, out_cap: usize, action: *mut castkey_mcx_action,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, told, given) = (Call::read(&promise, env)?, promise.view(event)?, promise.view(own)?);
        let written = [Span::object(server), Span::write(out, out_cap), Span::write(action, 1)];
        apart(&written)?;
        let read = [Span::read(env, 1), Span::read(event, 1), Span::read(own, 1), Span::read(table, 1)];
        apart_from(&written, &read)?;
        apart_from(&written, &told.spans())?;
        given.apart_from(&promise, &written)?;
        let mut table = Table::new(&promise, promise.read(table)?)?;
        let form = if told.has_form() { Some(told.form.read(&promise)?) } else { None };
        let musik = if told.has_musik() { Some(promise.look(told.musik)?) } else { None };
        let (event, own) = (told.event(&promise, form.as_ref(), musik)?, given.identity(&promise)?);
        let (room, place) = (promise.room(out, out_cap)?, promise.place(action)?);
        if told.is_message() && room.len() < CASTKEY_MCX_OUT_SIZE {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        let mut server = promise.enter(server, &call)?;
        let (now, rng) = (now.time(), &mut Random(call.rng));
        let done = own.with(|own| match event {
            McxServerEvent::Upload(upload) if upload.user.is_empty() && table.knows_uids() => {
                upload_of_unnamed(&mut server.server, upload, own, &mut table, now, room)
            }
            event => server.server.handle(event, own, &mut table, now, rng, room),
        });
        table.fault()?;
        place.set(match done {
            Ok(wanted) => castkey_mcx_action::of_server(wanted, out.addr()),
            Err(why) if told.is_message() => castkey_mcx_action::refused(&why),
            Err(why) => return Err(why.into()),
        });
        Ok(())
    })())
}

/// Makes a MuSiK with the algorithm `algorithm` in the `musik_size` octets at `musik`, whatever was there before, to be sent
/// to its recipients one by one with CASTKEY_MCX_SERVER_SEND_MUSIK in the form `form` (TS 33.180, 5.8). Its key ID is none of
/// the `n_live` at `live`: those of the MuSiKs in use. `env` needs a random generator.
///
/// - CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR: the policy does not allow the algorithm.
/// - CASTKEY_ERR_MCX_RNG_FAILED: the random generator failed, or is not there.
/// - CASTKEY_ERR_BAD_ENUM: a number, a flag or a count is not defined or over its limit.
/// - CASTKEY_ERR_TEXT: the name of the key is not UTF-8.
/// - CASTKEY_ERR_SHORT: `musik_size` is less than castkey_mcx_musik_size().
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 2,560 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_new_musik(
    server: *const castkey_mcx_server, env: *const castkey_env, algorithm: u32,
    form: *const castkey_mcx_form, live: *const u32, n_live: usize, now: castkey_mcx_time,
    musik: *mut castkey_mcx_musik, musik_size: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let written = [Span::write(musik.cast::<u8>(), musik_size)];
        let read = [Span::looked(server), Span::read(env, 1), Span::read(form, 1), Span::read(live, n_live)];
        apart_from(&written, &read)?;
        let (call, live) = (Call::read(&promise, env)?, promise.slice(live, n_live)?);
        let (form, algorithm) = (promise.read(form)?, octet(algorithm)?);
        apart_from(&written, &form.spans())?;
        let (form, server) = (form.read(&promise)?, &promise.look(server)?.server);
        let is_live = |id: KeyId| live.contains(&id.to_u32());
        let made = server.new_musik(algorithm, &form.form(), is_live, now.time(), &mut Random(call.rng))?;
        promise.make(musik, musik_size, |_| made)
    })())
}

/// Says which key goes to the user of `user` at `now` (TS 33.180, 5.4).
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is none.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server` or `user`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_csk(
    server: *const castkey_mcx_server, user: *const castkey_mcx_user, now: castkey_mcx_time,
    key: *mut castkey_mcx_key,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(server), Span::looked(user), Span::write(key, 1)])?;
        let (place, row) = (promise.place(key)?, promise.look(user)?);
        place.set(castkey_mcx_key::of(promise.look(server)?.server.csk(row, now.time())?));
        Ok(())
    })())
}

/// Derives the keys for XML that goes to the user of `user`, with or of the user `uri` (TS 33.180, F.1.4).
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is no CSK.
/// - CASTKEY_ERR_MCX_WRONG_USE: `uri` is over 65,535 octets.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server` or `user`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_downlink_xml(
    server: *const castkey_mcx_server, user: *const castkey_mcx_user, uri: *const u8, uri_len: usize,
    now: castkey_mcx_time, keys: *mut castkey_mcx_xml_keys,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let inputs = (Span::looked(server), Span::looked(user), Span::read(uri, uri_len));
        apart(&[inputs.0, inputs.1, inputs.2, Span::write(keys, 1)])?;
        let (uri, place, row) = (promise.octets(uri, uri_len)?, promise.place(keys)?, promise.look(user)?);
        let Body { server, settings } = promise.look(server)?;
        let (key, now) = (server.csk(row, now.time())?, now.time());
        let keys = key.signalling_keys(key_use(1)?, uri, settings, now)?;
        castkey_mcx_xml_keys::write(&place, &keys);
        Ok(())
    })())
}

/// Derives the keys of XML that came from the user of `user` under the key `key_id` (TS 33.180, F.1.4). Statuses are those of
/// castkey_mcx_server_downlink_xml(), and CASTKEY_ERR_BAD_ENUM when the purpose tag of `key_id` is not assigned.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_received_xml(
    server: *const castkey_mcx_server, user: *const castkey_mcx_user, key_id: u32, uri: *const u8,
    uri_len: usize, now: castkey_mcx_time, keys: *mut castkey_mcx_xml_keys,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let inputs = (Span::looked(server), Span::looked(user), Span::read(uri, uri_len));
        apart(&[inputs.0, inputs.1, inputs.2, Span::write(keys, 1)])?;
        let (uri, place, row) = (promise.octets(uri, uri_len)?, promise.place(keys)?, promise.look(user)?);
        let id = KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?;
        let Body { server, settings } = promise.look(server)?;
        let key = server.received_under(row, id, now.time())?;
        castkey_mcx_xml_keys::write(&place, &key.received_signalling_keys(key_use(0)?, uri, settings)?);
        Ok(())
    })())
}

/// Makes the SRTCP keys for what goes to the user of `user` in `what`, CASTKEY_MCX_MCPTT or CASTKEY_MCX_MCVIDEO, in the
/// `keys_size` octets at `keys`, whatever was there before (RFC 6509, 3.1; RFC 3711, 4.3).
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY, CASTKEY_ERR_MCX_NOT_YET_ACTIVE, CASTKEY_ERR_MCX_KEY_EXPIRED: there is no CSK.
/// - CASTKEY_ERR_MCX_WRONG_USE: its message did not set up the session of this service.
/// - CASTKEY_ERR_BAD_ENUM: `what` is not defined.
/// - CASTKEY_ERR_SHORT: `keys_size` is less than castkey_mcx_srtcp_keys_size().
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server` or `user`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 3,584 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_downlink_srtcp(
    server: *const castkey_mcx_server, user: *const castkey_mcx_user, what: u32, now: castkey_mcx_time,
    keys: *mut castkey_mcx_srtcp_keys, keys_size: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(server), Span::looked(user), Span::write(keys.cast::<u8>(), keys_size)])?;
        let (what, row, server) = (service(what)?, promise.look(user)?, &promise.look(server)?.server);
        place_keys(&promise, keys, keys_size, server.downlink_srtcp(row, what, now.time()))
    })())
}

/// Makes the SRTCP keys of the `len` octets at `packet`, which came in `what` from the user of `user` (RFC 6509, 3.1; RFC
/// 3711, 4.3): the owner of the key that castkey_mcx_srtcp_key_id() names. Statuses are those of
/// castkey_mcx_server_downlink_srtcp(), and CASTKEY_ERR_MCX_MALFORMED for a packet without an MKI, CASTKEY_ERR_LENGTH for a
/// length out of range.
///
/// Stack: 3,072 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_received_srtcp(
    server: *const castkey_mcx_server, user: *const castkey_mcx_user, packet: *const u8, len: usize,
    what: u32, now: castkey_mcx_time, keys: *mut castkey_mcx_srtcp_keys, keys_size: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let inputs = (Span::looked(server), Span::looked(user), Span::read(packet, len));
        apart(&[inputs.0, inputs.1, inputs.2, Span::write(keys.cast::<u8>(), keys_size)])?;
        let (packet, what, row) = (promise.octets(packet, len)?, service(what)?, promise.look(user)?);
        let made = promise.look(server)?.server.received_srtcp(row, packet, what, now.time());
        place_keys(&promise, keys, keys_size, made)
    })())
}

/// Makes the SRTCP keys for what goes out under `musik` in `what` (RFC 6509, 3.1; RFC 3711, 4.3): `how` is
/// CASTKEY_MCX_UNICAST_DOWNLINK or CASTKEY_MCX_MULTICAST_DOWNLINK. Statuses are those of castkey_mcx_server_downlink_srtcp(),
/// of `musik` in place of `user`.
///
/// Stack: 3,584 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_musik_srtcp(
    server: *const castkey_mcx_server, musik: *const castkey_mcx_musik, how: u32, what: u32,
    now: castkey_mcx_time, keys: *mut castkey_mcx_srtcp_keys, keys_size: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(server), Span::looked(musik), Span::write(keys.cast::<u8>(), keys_size)])?;
        let (how, what, settings) = (key_use(how)?, service(what)?, &promise.look(server)?.settings);
        let made = promise.look(musik)?.srtcp(how, what, settings, now.time());
        place_keys(&promise, keys, keys_size, made)
    })())
}

/// Zeroes the server and all its keys, and with them every copy that stands at `server`; the rows are not touched. NULL is
/// allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_wipe(server: *mut castkey_mcx_server) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(server);
}
