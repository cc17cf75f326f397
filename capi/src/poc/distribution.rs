//! The BCAST Service distribution.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::poc::{Distribution, DistributionConfig};
use castkey::role::Actions;
use castkey::time::Tick;

use crate::bytes::{Engine, Object, Opaque, Promise};
use crate::env::{Call, castkey_env};
use crate::key::castkey_mtk;
use crate::name::castkey_name;
use crate::poc::distribution_types::{
    castkey_poc_distribution_action, castkey_poc_distribution_config, castkey_poc_distribution_event,
};
use crate::rng::Random;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};
use crate::switchover::CASTKEY_NEVER;
use crate::ue_types::CASTKEY_MAX_ACTIONS;

/// 64-bit words of a castkey_poc_distribution.
pub const CASTKEY_POC_DISTRIBUTION_WORDS: usize = 208;
/// Octets of a castkey_poc_distribution, with room to grow; castkey_poc_distribution_size() is what the library uses of
/// them.
pub const CASTKEY_POC_DISTRIBUTION_SIZE: usize = CASTKEY_POC_DISTRIBUTION_WORDS * 8;
/// Alignment of a castkey_poc_distribution, octets.
pub const CASTKEY_POC_DISTRIBUTION_ALIGN: usize = 8;
/// Octets of `out` that are always enough for castkey_poc_distribution_handle().
pub const CASTKEY_POC_DISTRIBUTION_OUT_SIZE: usize = 256;
/// Octets that castkey_poc_distribution_protect_mbcp() adds to a packet.
pub const CASTKEY_POC_SRTCP_OVERHEAD: usize = 20;

/// A distribution for one Multicast PoC Channel. The memory is the caller's; it holds keys. It must stay where it was
/// initialised: a copy is refused with CASTKEY_ERR_STATE.
#[repr(C)]
pub struct castkey_poc_distribution {
    /// Private.
    pub opaque: [u64; CASTKEY_POC_DISTRIBUTION_WORDS],
}

type Body = Distribution<Engine>;

impl Opaque for castkey_poc_distribution {
    type Body = Body;
    const KIND: u32 = u32::from_be_bytes(*b"CKPD");
}

const _: () = {
    assert!(size_of::<Object<Body>>() <= CASTKEY_POC_DISTRIBUTION_SIZE);
    assert!(size_of::<castkey_poc_distribution>() == CASTKEY_POC_DISTRIBUTION_SIZE);
    assert!(align_of::<Object<Body>>() <= align_of::<castkey_poc_distribution>());
    assert!(align_of::<castkey_poc_distribution>() <= CASTKEY_POC_DISTRIBUTION_ALIGN);
    assert!(Body::MAX_OUT_LEN <= CASTKEY_POC_DISTRIBUTION_OUT_SIZE);
    assert!(castkey::poc::SRTCP_TRAILER_LEN == CASTKEY_POC_SRTCP_OVERHEAD);
};

/// Octets that this library uses of a castkey_poc_distribution; not more than CASTKEY_POC_DISTRIBUTION_SIZE of a header that
/// fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_distribution_size() -> usize {
    size_of::<Object<Body>>()
}

/// Alignment that this library needs of a castkey_poc_distribution, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_poc_distribution_align() -> usize {
    align_of::<Object<Body>>()
}

/// Fills in the default of everything; `channel` and `ssrc` are to be set.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `config`.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_config_default(
    config: *mut castkey_poc_distribution_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        promise.place(config)?.set(castkey_poc_distribution_config::of(&DistributionConfig::default()));
        Ok(())
    })())
}

/// Makes a distribution without any key in the `distribution_size` octets at `distribution`, whatever was there before, and
/// zeroes the rest of them. Give `sizeof` the object as `distribution_size`.
///
/// - CASTKEY_ERR_SHORT: `distribution_size` is less than castkey_poc_distribution_size().
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_POC_CLASH: the subtype of the indication is above 31, or that of a known message.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_init(
    distribution: *mut castkey_poc_distribution, distribution_size: usize,
    config: *const castkey_poc_distribution_config,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::write(distribution.cast::<u8>(), distribution_size), Span::read(config, 1)])?;
        let given = promise.read(config)?;
        let (config, domain) = (given.config()?, given.channel.domain());
        promise.make(distribution, distribution_size, |engine| Distribution::with(config, domain, engine))
    })())
}

/// Tells the distribution what happened (TS 33.246, 6.4.5.2; RFC 3711, 3.4). `now` is the caller's clock in milliseconds;
/// `env` needs a random generator. The actions stand in `actions` in the order in which they are to be carried out,
/// `*n_actions` says how many; the octets of the one datagram lie in `out`.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_POC_DISTRIBUTION_OUT_SIZE are always enough; it is working space,
/// and after an error its octets mean nothing and hold no key. `actions` has room for `actions_cap`, at least
/// CASTKEY_MAX_ACTIONS.
///
/// - CASTKEY_ERR_POC_MTK_REUSE: the server gives an MTK that is in use, or the generator repeats it.
/// - CASTKEY_ERR_POC_NO_MTK: there is nothing to protect an indication with.
/// - CASTKEY_ERR_POC_KEY_EXHAUSTED: the MTK has no index left.
/// - CASTKEY_ERR_POC_MALFORMED: the overlap of the indication is above 60 seconds.
/// - CASTKEY_ERR_INCONSISTENT: the MSK has no MTK IDs.
/// - CASTKEY_ERR_RNG: the random generator failed, or is not there.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL, CASTKEY_ERR_POC_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_BAD_ENUM: a kind, a flag or a number of the event is not defined or over its limit.
/// - CASTKEY_ERR_LENGTH: the RAND of an MSK is too short or too long.
/// - CASTKEY_ERR_SHORT: `actions_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `distribution`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 6,144 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_handle(
    distribution: *mut castkey_poc_distribution, env: *const castkey_env,
    event: *const castkey_poc_distribution_event, now: u64, out: *mut u8, out_cap: usize,
    actions: *mut castkey_poc_distribution_action, actions_cap: usize, n_actions: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, told) = (Call::read(&promise, env)?, promise.read(event)?);
        let (a, b, c, d) =
            (Span::object(distribution), Span::read(env, 1), Span::read(event, 1), told.span());
        let (e, f) = (Span::write(n_actions, 1), Span::write(out, out_cap));
        apart(&[a, b, c, d, e, f, Span::write(actions, actions_cap)])?;
        let (list, n) = (promise.places(actions, actions_cap)?, promise.place(n_actions)?);
        if list.len() < CASTKEY_MAX_ACTIONS {
            return Err(Status::SHORT);
        }
        let (octets, event) = (promise.room(out, out_cap)?, told.event(&promise)?);
        let mut distribution = promise.enter(distribution, &call)?;
        let (now, rng) = (Tick::from_millis(now), &mut Random(call.rng));
        let mut wanted = Actions::new();
        distribution.handle_into(event, now, rng, octets, &mut wanted)?;
        let start = out.addr();
        n.set(list.write(wanted.iter().map(|action| castkey_poc_distribution_action::of(action, start))));
        Ok(())
    })())
}

/// Gives the MTK that protects media now (TS 33.246, 6.6.2): its name to `name`, whose `domain` is 0, the key with its salt
/// to `mtk`.
///
/// - CASTKEY_ERR_POC_NO_MTK: none is in use yet: nothing may be sent.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `distribution`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_traffic(
    distribution: *const castkey_poc_distribution, name: *mut castkey_name, mtk: *mut castkey_mtk,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(distribution), Span::write(name, 1), Span::write(mtk, 1)])?;
        let (name, place) = (promise.place(name)?, promise.place(mtk)?);
        let (mki, mtk, salt) = promise.look(distribution)?.traffic()?;
        name.set(castkey_name::of_mki(mki));
        place.fill(|place| place.hold(mtk, salt));
        Ok(())
    })())
}

/// Protects the `len` octets of Media Burst Control at `packet` with the MTK in use (RFC 3711, 3.4). `out` has room for
/// `out_cap` octets, `*out_len` becomes their number: `len` and CASTKEY_POC_SRTCP_OVERHEAD more.
///
/// - CASTKEY_ERR_POC_NO_MTK: none is in use yet.
/// - CASTKEY_ERR_POC_MALFORMED: the packet is too short, too long, or of another version than 2.
/// - CASTKEY_ERR_POC_KEY_EXHAUSTED: the MTK has no index left.
/// - CASTKEY_ERR_POC_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `distribution`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_protect_mbcp(
    distribution: *mut castkey_poc_distribution, env: *const castkey_env, packet: *const u8, len: usize,
    out: *mut u8, out_cap: usize, out_len: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (a, b, c) = (Span::object(distribution), Span::read(env, 1), Span::read(packet, len));
        apart(&[a, b, c, Span::write(out, out_cap), Span::write(out_len, 1)])?;
        let (call, packet) = (Call::read(&promise, env)?, promise.octets(packet, len)?);
        let (room, place) = (promise.room(out, out_cap)?, promise.place(out_len)?);
        let mut distribution = promise.enter(distribution, &call)?;
        place.set(distribution.protect_mbcp(packet, room)?.len());
        Ok(())
    })())
}

/// Says under which MSK the MTK in use was delivered (TS 33.246, 6.3.2.3): to `active`, which is all zero if there is none.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `distribution`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_active(
    distribution: *const castkey_poc_distribution, active: *mut castkey_name,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(distribution), Span::write(active, 1)])?;
        let (place, bearer) = (promise.place(active)?, promise.look(distribution)?.bearer());
        place.set(bearer.active().map_or(castkey_name::NONE, castkey_name::of_msk));
        Ok(())
    })())
}

/// Says when CASTKEY_POC_DISTRIBUTION_TIMEOUT is wanted: milliseconds of the caller's clock, or CASTKEY_NEVER. A time in the
/// past means at once.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `distribution`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_deadline(
    distribution: *const castkey_poc_distribution, at: *mut u64,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(distribution), Span::write(at, 1)])?;
        let (at, bearer) = (promise.place(at)?, promise.look(distribution)?.bearer());
        at.set(bearer.deadline().map_or(CASTKEY_NEVER, Tick::as_millis));
        Ok(())
    })())
}

/// Zeroes the distribution and all its keys, and with them every copy that stands at `distribution`. NULL is allowed and
/// does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_poc_distribution_wipe(distribution: *mut castkey_poc_distribution) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(distribution);
}
