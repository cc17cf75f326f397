//! The PoC Server that controls a Multicast PoC Channel.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::id::{Counter, MtkId};
use castkey::poc::{Confirmation, Progress, Server, ServerConfig, Session};
use castkey::role::{Actions, User};
use castkey::time::Tick;

use crate::bytes::{Engine, Object, Opaque, Plain, Promise, Slot};
use crate::delivery::castkey_user;
use crate::env::{Call, castkey_env};
use crate::muk::Key;
use crate::name::castkey_name;
use crate::octets::castkey_octets;
use crate::poc::client::CASTKEY_POC_OUT_SIZE;
use crate::poc::leg::castkey_poc_leg;
use crate::poc::leg_event::castkey_poc_leg_event;
use crate::poc::msk::castkey_poc_msk;
use crate::poc::server_action::castkey_poc_server_action;
use crate::poc::server_config::castkey_poc_server_config;
use crate::poc::session_event::castkey_poc_session_event;
use crate::rng::Random;
use crate::settings::flag;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};
use crate::switchover::CASTKEY_NEVER;
use crate::ue_types::CASTKEY_MAX_ACTIONS;

/// No update is in progress.
pub const CASTKEY_POC_STEADY: u32 = 0;
/// The new MSK is being handed out; the indication has not left.
pub const CASTKEY_POC_DISTRIBUTING: u32 = 1;
/// The indication has left.
pub const CASTKEY_POC_INDICATED: u32 = 2;

/// 64-bit words of a castkey_poc_server.
pub const CASTKEY_POC_SERVER_WORDS: usize = 192;
/// Octets of a castkey_poc_server, with room to grow; castkey_poc_server_size() is what the library uses of them.
pub const CASTKEY_POC_SERVER_SIZE: usize = CASTKEY_POC_SERVER_WORDS * 8;
/// Alignment of a castkey_poc_server, octets.
pub const CASTKEY_POC_SERVER_ALIGN: usize = 8;

/// A PoC Server that controls one Multicast PoC Channel, of the same size for any number of members: their legs lie with the
/// caller. The memory is the caller's; it holds keys. It must stay where it was initialised: a copy is refused with
/// CASTKEY_ERR_STATE.
#[repr(C)]
pub struct castkey_poc_server {
    /// Private.
    pub opaque: [u64; CASTKEY_POC_SERVER_WORDS],
}

/// The server, and SEQl and SEQu of its MSKs.
pub(crate) struct Body {
    server: Server<Engine>,
    interval: (MtkId, MtkId),
}

impl Opaque for castkey_poc_server {
    type Body = Body;
    const KIND: u32 = u32::from_be_bytes(*b"CKPS");
}

const _: () = {
    assert!(size_of::<Object<Body>>() <= CASTKEY_POC_SERVER_SIZE);
    assert!(size_of::<castkey_poc_server>() == CASTKEY_POC_SERVER_SIZE);
    assert!(align_of::<Object<Body>>() <= align_of::<castkey_poc_server>());
    assert!(align_of::<castkey_poc_server>() <= CASTKEY_POC_SERVER_ALIGN);
    assert!(Server::<Engine>::MAX_OUT_LEN <= CASTKEY_POC_OUT_SIZE);
};

/// How the session of a PoC Server stands.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_session {
    /// The MSK in use: the new one from the moment its indication leaves.
    pub active: castkey_name,
    /// The MSK that is being handed out; all zero if none is.
    pub coming: castkey_name,
    /// The MSK before the one in use while the switch is not over; all zero otherwise.
    pub retiring: castkey_name,
    /// 0.
    pub reserved: u16,
    /// Members.
    pub members: u32,
    /// Those that have neither answered the offer of the new MSK nor run out of time.
    pub outstanding: u32,
    /// The sequence number of the last indication.
    pub seq: u32,
    /// CASTKEY_POC_STEADY, CASTKEY_POC_DISTRIBUTING or CASTKEY_POC_INDICATED.
    pub progress: u32,
    /// 1 if somebody who was thrown out can still read, else 0.
    pub exclusion_pending: u32,
    /// 1 if the session is over, else 0.
    pub is_ended: u32,
    /// When CASTKEY_POC_SESSION_TIMEOUT is wanted, milliseconds, or CASTKEY_NEVER. A time in the past means at once.
    pub deadline: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_session {}

impl castkey_poc_session {
    fn of(session: &Session) -> Self {
        Self {
            active: castkey_name::of_msk(session.active()),
            coming: session.coming().map_or(castkey_name::NONE, castkey_name::of_msk),
            retiring: session.retiring().map_or(castkey_name::NONE, castkey_name::of_msk),
            reserved: 0,
            members: session.members(),
            outstanding: session.outstanding(),
            seq: session.seq().0,
            progress: match session.progress() {
                Progress::Distributing => CASTKEY_POC_DISTRIBUTING,
                Progress::Indicated => CASTKEY_POC_INDICATED,
                _ => CASTKEY_POC_STEADY,
            },
            exclusion_pending: session.exclusion_pending().into(),
            is_ended: session.is_ended().into(),
            deadline: session.deadline().map_or(CASTKEY_NEVER, Tick::as_millis),
        }
    }
}

/// A member's row for the length of a call.
fn user<'c>(promise: &'c Promise, given: &castkey_user, muk: &'c Key) -> Result<User<'c, Key>, Status> {
    let counter = flag(given.has_counter)?.then_some(Counter(given.counter));
    Ok(User { id: given.muk_id.of(promise)?, muk, counter })
}

/// Octets that this library uses of a castkey_poc_server; not more than CASTKEY_POC_SERVER_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_server_size() -> usize {
    size_of::<Object<Body>>()
}

/// Alignment that this library needs of a castkey_poc_server, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_server_align() -> usize {
    align_of::<Object<Body>>()
}

/// Fills in the default of everything; `channel` is to be set.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `config`.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_config_default(
    config: *mut castkey_poc_server_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(config)?.set(castkey_poc_server_config::of(&ServerConfig::default()));
        Ok(())
    })())
}

/// Makes a server without members in the `server_size` octets at `server`, whatever was there before, and zeroes the rest of
/// them. Give `sizeof` the object as `server_size`. `env` needs a random generator. Tell it CASTKEY_POC_SESSION_BEARER_RESET
/// when the distribution is there.
///
/// - CASTKEY_ERR_RNG: the random generator failed, or is not there. The memory is all zero then.
/// - CASTKEY_ERR_INCONSISTENT: SEQl is above SEQu. The memory is all zero then.
/// - CASTKEY_ERR_SHORT: `server_size` is less than castkey_poc_server_size().
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_init(
    server: *mut castkey_poc_server, server_size: usize, env: *const castkey_env,
    config: *const castkey_poc_server_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let object = Span::write(server.cast::<u8>(), server_size);
        apart(&[object, Span::read(env, 1), Span::read(config, 1)])?;
        let (call, given) = (Call::read(&promise, env)?, promise.read(config)?);
        let (config, channel) = (given.config()?, given.channel);
        let interval = (config.seq_low, config.seq_high);
        promise.make_and_fill(
            server,
            server_size,
            Some(&call),
            |engine| Body {
                server: Server::unkeyed(config, channel.domain(), channel.groups(), engine),
                interval,
            },
            |body, _| Ok(body.server.start(&mut Random(call.rng))?),
        )
    })())
}

/// Tells the server what happened to the session as a whole (TS 33.246, 6.3.2.3). `now` is the caller's clock in
/// milliseconds; `env` needs a random generator. The actions stand in `actions` in the order in which they are to be carried
/// out, `*n_actions` says how many. `actions` has room for `actions_cap`, at least CASTKEY_MAX_ACTIONS.
///
/// - CASTKEY_ERR_POC_NOT_CONTROLLER: another function asks for an update.
/// - CASTKEY_ERR_POC_UNEXPECTED_STATE: the session is over.
/// - CASTKEY_ERR_RNG: the random generator failed, or is not there.
/// - CASTKEY_ERR_BAD_ENUM: a kind, a reason, a flag or a number of the event is not defined or over its limit.
/// - CASTKEY_ERR_SHORT: `actions_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 3,072 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_handle(
    server: *mut castkey_poc_server, env: *const castkey_env, event: *const castkey_poc_session_event,
    now: u64, actions: *mut castkey_poc_server_action, actions_cap: usize, n_actions: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (a, b, c) = (Span::object(server), Span::read(env, 1), Span::read(event, 1));
        apart(&[a, b, c, Span::write(n_actions, 1), Span::write(actions, actions_cap)])?;
        let (call, event) = (Call::read(&promise, env)?, promise.read(event)?.event()?);
        let (list, n) = (promise.places(actions, actions_cap)?, promise.place(n_actions)?);
        if list.len() < CASTKEY_MAX_ACTIONS {
            return Err(Status::SHORT);
        }
        let mut server = promise.enter(server, &call)?;
        let wanted = server.server.handle(event, Tick::from_millis(now), &mut Random(call.rng))?;
        n.set(list.write(wanted.iter().map(|action| castkey_poc_server_action::of_session(*action))));
        Ok(())
    })())
}

/// Tells the server what happened to one member (TS 33.246, 6.4.5.1; RFC 4567, 4.1.2): `leg` and `user` are his row. `now` is
/// the caller's clock in milliseconds; `env` needs a random generator. The actions stand in `actions` in the order in which
/// they are to be carried out, `*n_actions` says how many; their octets lie in `out`. For CASTKEY_POC_LEG_OK ask
/// castkey_poc_server_confirms() first.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_POC_OUT_SIZE are always enough; it is working space, and after an
/// error its octets mean nothing and hold no key. `actions` has room for `actions_cap`, at least CASTKEY_MAX_ACTIONS.
///
/// - CASTKEY_ERR_POC_UNEXPECTED_STATE: the session is over, or the event does not fit the state of the member.
/// - CASTKEY_ERR_POC_NOT_MEMBER: this is no member.
/// - CASTKEY_ERR_POC_CAPACITY_EXCEEDED: there are 2^32 - 1 members.
/// - CASTKEY_ERR_KEY_UNAVAILABLE: the holder of the MUK does not answer, or there is none.
/// - CASTKEY_ERR_RNG: the random generator failed, or is not there.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_FIELD_TOO_LONG: an identity does not fit a message.
/// - CASTKEY_ERR_BAD_ENUM: a kind, a flag or a number of the event or the row is not defined or over its limit.
/// - CASTKEY_ERR_LENGTH: a MUK, its handle or another length is out of range.
/// - CASTKEY_ERR_SHORT: `actions_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server` or `leg`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 6,144 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_handle_leg(
    server: *mut castkey_poc_server, leg: *mut castkey_poc_leg, env: *const castkey_env,
    member: *const castkey_user, event: *const castkey_poc_leg_event, now: u64, out: *mut u8, out_cap: usize,
    actions: *mut castkey_poc_server_action, actions_cap: usize, n_actions: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, given) = (Call::read(&promise, env)?, promise.read(member)?);
        let ([a, b], c) = (given.muk_id.spans(), given.muk.octets.span());
        let (d, e, f) = (Span::read(env, 1), Span::read(member, 1), Span::read(event, 1));
        let (g, h, i) = (Span::object(server), Span::object(leg), Span::write(n_actions, 1));
        apart(&[a, b, c, d, e, f, g, h, i, Span::write(out, out_cap), Span::write(actions, actions_cap)])?;
        let (list, n) = (promise.places(actions, actions_cap)?, promise.place(n_actions)?);
        if list.len() < CASTKEY_MAX_ACTIONS {
            return Err(Status::SHORT);
        }
        let (octets, event) = (promise.room(out, out_cap)?, promise.read(event)?.event()?);
        let (mut server, mut leg) = (promise.enter(server, &call)?, promise.enter(leg, &call)?);
        let muk = Key::of(&promise, given.muk, server.engine())?;
        let (user, now, rng) = (user(&promise, &given, &muk)?, Tick::from_millis(now), &mut Random(call.rng));
        let mut wanted = Actions::new();
        server.server.handle_leg_into(&mut leg, &user, event, now, rng, octets, &mut wanted)?;
        n.set(list.write(wanted.iter().map(|action| castkey_poc_server_action::of(action, out.addr()))));
        Ok(())
    })())
}

/// Says whether the verification messages `current` and `updated` in a member's answer, either of which may be NULL with
/// length 0, prove that he opened every MSK of the offer that is out (RFC 3830, 5.2; RFC 4567, 4.1.2): `*confirmed` becomes 1
/// or 0. `leg` and `user` are his row.
///
/// - CASTKEY_ERR_BAD_ENUM: the kind of the MUK or a flag is not defined.
/// - CASTKEY_ERR_LENGTH: a MUK, its handle or another length is out of range.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server` or `leg`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 3,072 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_confirms(
    server: *const castkey_poc_server, leg: *const castkey_poc_leg, env: *const castkey_env,
    member: *const castkey_user, current: *const u8, current_len: usize, updated: *const u8,
    updated_len: usize, confirmed: *mut u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, given) = (Call::read(&promise, env)?, promise.read(member)?);
        let ([a, b], c) = (given.muk_id.spans(), given.muk.octets.span());
        let (d, e) = (Span::read(current, current_len), Span::read(updated, updated_len));
        let (f, g) = (Span::looked(server), Span::looked(leg));
        apart(&[a, b, c, d, e, f, g, Span::read(env, 1), Span::read(member, 1), Span::write(confirmed, 1)])?;
        let slot = Slot::of(&call);
        let muk = Key::of(&promise, given.muk, slot.engine())?;
        let (user, place) = (user(&promise, &given, &muk)?, promise.place(confirmed)?);
        let answer = Confirmation {
            current: castkey_octets { octets: current, len: current_len }.optional(&promise)?,
            updated: castkey_octets { octets: updated, len: updated_len }.optional(&promise)?,
        };
        let (server, leg) = (&promise.look(server)?.server, promise.look(leg)?);
        place.set(server.confirms(leg, &user, &answer).into());
        Ok(())
    })())
}

/// Gives the MSK `name` for the Session Update Request.
///
/// - CASTKEY_ERR_UNKNOWN: it is not held.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_msk(
    server: *const castkey_poc_server, name: *const castkey_name, msk: *mut castkey_poc_msk,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(server), Span::read(name, 1), Span::write(msk, 1)])?;
        let (name, place) = (promise.read(name)?.msk(), promise.place(msk)?);
        let Body { server, interval } = promise.look(server)?;
        castkey_poc_msk::write(&place, server.msk(name).ok_or(Status::UNKNOWN)?, *interval);
        Ok(())
    })())
}

/// Says how the session stands (TS 33.246, 6.3.2.3).
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_session(
    server: *const castkey_poc_server, session: *mut castkey_poc_session,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(server), Span::write(session, 1)])?;
        let place = promise.place(session)?;
        place.set(castkey_poc_session::of(promise.look(server)?.server.session()));
        Ok(())
    })())
}

/// Zeroes the server and all its keys, and with them every copy that stands at `server`; the legs are not touched. NULL is
/// allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_server_wipe(server: *mut castkey_poc_server) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(server);
}
