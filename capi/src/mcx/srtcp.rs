//! SRTCP of signalling: keys of one session, and one end of a channel (RFC 7714, 9).

#![allow(unsafe_code, reason = "exports functions")]

use castkey::keys::KeyId;
use castkey::mcx::{SRTCP_OVERHEAD, SignallingSrtcp, SrtcpEndpoint, srtcp_key_id};
use castkey::secret::Secret;

use crate::bytes::{Object, Opaque, Promise};
use crate::copied::Copied;
use crate::env::{Call, castkey_env};
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Octets that protection adds to a packet.
pub const CASTKEY_MCX_SRTCP_OVERHEAD: usize = 24;
/// Octets of an SRTCP session key.
pub const CASTKEY_MCX_SRTCP_KEY_LEN: usize = 16;
/// Octets of an SRTCP session salt.
pub const CASTKEY_MCX_SRTCP_SALT_LEN: usize = 12;
/// Pairs of SSRC and key from which a castkey_mcx_srtcp receives; more need more of them.
pub const CASTKEY_MCX_SRTCP_PEERS: usize = 8;

/// 64-bit words of a castkey_mcx_srtcp_keys.
pub const CASTKEY_MCX_SRTCP_KEYS_WORDS: usize = 160;
/// Octets of a castkey_mcx_srtcp_keys, with room to grow; castkey_mcx_srtcp_keys_size() is what the library uses of them.
pub const CASTKEY_MCX_SRTCP_KEYS_SIZE: usize = CASTKEY_MCX_SRTCP_KEYS_WORDS * 8;
/// Alignment of a castkey_mcx_srtcp_keys, octets.
pub const CASTKEY_MCX_SRTCP_KEYS_ALIGN: usize = 8;

/// 64-bit words of a castkey_mcx_srtcp.
pub const CASTKEY_MCX_SRTCP_WORDS: usize = 56;
/// Octets of a castkey_mcx_srtcp, with room to grow; castkey_mcx_srtcp_size() is what the library uses of them.
pub const CASTKEY_MCX_SRTCP_SIZE: usize = CASTKEY_MCX_SRTCP_WORDS * 8;
/// Alignment of a castkey_mcx_srtcp, octets.
pub const CASTKEY_MCX_SRTCP_ALIGN: usize = 8;

/// What protects SRTCP under one key, scheduled. The memory is the caller's; it holds keys and must stay where it was made.
#[repr(C)]
pub struct castkey_mcx_srtcp_keys {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_SRTCP_KEYS_WORDS],
}

/// One end of a signalling channel: its SSRC and index, and what it received. It holds no keys. The memory is the caller's;
/// it must stay where it was made.
#[repr(C)]
pub struct castkey_mcx_srtcp {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_SRTCP_WORDS],
}

type KeysBody = Copied<SignallingSrtcp>;
type End = SrtcpEndpoint<CASTKEY_MCX_SRTCP_PEERS>;

impl Opaque for castkey_mcx_srtcp_keys {
    type Body = KeysBody;
    const KIND: u32 = u32::from_be_bytes(*b"CKRK");
}

impl Opaque for castkey_mcx_srtcp {
    type Body = End;
    const KIND: u32 = u32::from_be_bytes(*b"CKRE");
}

const _: () = {
    assert!(size_of::<Object<KeysBody>>() <= CASTKEY_MCX_SRTCP_KEYS_SIZE);
    assert!(size_of::<castkey_mcx_srtcp_keys>() == CASTKEY_MCX_SRTCP_KEYS_SIZE);
    assert!(align_of::<Object<KeysBody>>() <= align_of::<castkey_mcx_srtcp_keys>());
    assert!(align_of::<castkey_mcx_srtcp_keys>() <= CASTKEY_MCX_SRTCP_KEYS_ALIGN);
    assert!(size_of::<Object<End>>() <= CASTKEY_MCX_SRTCP_SIZE);
    assert!(size_of::<castkey_mcx_srtcp>() == CASTKEY_MCX_SRTCP_SIZE);
    assert!(align_of::<Object<End>>() <= align_of::<castkey_mcx_srtcp>());
    assert!(align_of::<castkey_mcx_srtcp>() <= CASTKEY_MCX_SRTCP_ALIGN);
    assert!(CASTKEY_MCX_SRTCP_OVERHEAD == SRTCP_OVERHEAD);
};

/// Puts keys of a client, a server or a MuSiK where C wants them.
pub(crate) fn place_keys(
    promise: &Promise, keys: *mut castkey_mcx_srtcp_keys, keys_size: usize,
    made: Result<SignallingSrtcp, castkey::mcx::McxError>,
) -> Result<(), Status> {
    let made = made?;
    promise.make(keys, keys_size, |_| Copied::new(made))
}

/// Octets that this library uses of a castkey_mcx_srtcp_keys; not more than CASTKEY_MCX_SRTCP_KEYS_SIZE of a header that
/// fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_srtcp_keys_size() -> usize {
    size_of::<Object<KeysBody>>()
}

/// Alignment that this library needs of a castkey_mcx_srtcp_keys, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_srtcp_keys_align() -> usize {
    align_of::<Object<KeysBody>>()
}

/// Takes an SRTCP session key and salt, CASTKEY_MCX_SRTCP_KEY_LEN and CASTKEY_MCX_SRTCP_SALT_LEN octets, as they are, into
/// the `keys_size` octets at `keys`, whatever was there before (RFC 7714, 11); `key_id` is the MKI.
///
/// - CASTKEY_ERR_BAD_ENUM: the purpose tag of `key_id` is not assigned.
/// - CASTKEY_ERR_SHORT: `keys_size` is less than castkey_mcx_srtcp_keys_size().
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 2,048 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_keys_init(
    keys: *mut castkey_mcx_srtcp_keys, keys_size: usize, key_id: u32, session_key: *const u8,
    session_salt: *const u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (key_len, salt_len) = (CASTKEY_MCX_SRTCP_KEY_LEN, CASTKEY_MCX_SRTCP_SALT_LEN);
        let inputs = (Span::read(session_key, key_len), Span::read(session_salt, salt_len));
        apart(&[Span::write(keys.cast::<u8>(), keys_size), inputs.0, inputs.1])?;
        let id = KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?;
        let (key, salt) = (Secret::new(*promise.array(session_key)?), *promise.array(session_salt)?);
        let made = SignallingSrtcp::from_session_keys(&key, Secret::new(salt), id);
        place_keys(&promise, keys, keys_size, Ok(made))
    })())
}

/// Zeroes the keys. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_keys_wipe(keys: *mut castkey_mcx_srtcp_keys) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(keys);
}

/// Says which key the packet is under, by its MKI (RFC 3711, 3.4); nothing is proven.
///
/// - CASTKEY_ERR_MCX_MALFORMED: the packet is too short, or its MKI is no key ID.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_key_id(
    packet: *const u8, len: usize, key_id: *mut u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(packet, len), Span::write(key_id, 1)])?;
        let place = promise.place(key_id)?;
        place.set(srtcp_key_id(promise.octets(packet, len)?)?.to_u32());
        Ok(())
    })())
}

/// Octets that this library uses of a castkey_mcx_srtcp; not more than CASTKEY_MCX_SRTCP_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_srtcp_size() -> usize {
    size_of::<Object<End>>()
}

/// Alignment that this library needs of a castkey_mcx_srtcp, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_srtcp_align() -> usize {
    align_of::<Object<End>>()
}

/// Makes an end that sends as `ssrc` in the `end_size` octets at `end`, whatever was there before. Its next packet has
/// `index`: 0 at first, after a restart one that was never used. Both directions of a CSK share one key, so nobody may send
/// with an SSRC of his peer.
///
/// - CASTKEY_ERR_SHORT: `end_size` is less than castkey_mcx_srtcp_size().
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `end`.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_init(
    end: *mut castkey_mcx_srtcp, end_size: usize, ssrc: u32, index: u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of(promise.make(end, end_size, |_| End::new(ssrc, index)))
}

/// Protects the `len` octets of RTCP at `rtcp`, a compound packet or a lone APP packet with the SSRC of this end (RFC 7714,
/// 9; RFC 3711, 3.4). `out` has room for `out_cap` octets, `*out_len` becomes their number: `len` and
/// CASTKEY_MCX_SRTCP_OVERHEAD more.
///
/// - CASTKEY_ERR_MCX_MALFORMED: less than a header, another version than 2, or another SSRC.
/// - CASTKEY_ERR_MCX_SSRC_COLLISION: a packet with this SSRC came from the peer.
/// - CASTKEY_ERR_MCX_KEY_EXHAUSTED: all indices of the key are used up.
/// - CASTKEY_ERR_MCX_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `end` or `keys`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 2,048 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_protect(
    end: *mut castkey_mcx_srtcp, env: *const castkey_env, keys: *const castkey_mcx_srtcp_keys,
    rtcp: *const u8, len: usize, out: *mut u8, out_cap: usize, out_len: *mut usize,
) -> castkey_status {
    pass(end, env, keys, (rtcp, len), (out, out_cap, out_len), |end, keys, octets, out| {
        end.protect(keys, octets, out).map(<[u8]>::len)
    })
}

/// Checks and decrypts the `len` octets of SRTCP at `packet` (RFC 7714, 9; RFC 3711, 3.4); castkey_mcx_srtcp_key_id() says
/// under which keys. `out` has room for `out_cap` octets, `*out_len` becomes their number: CASTKEY_MCX_SRTCP_OVERHEAD less
/// than `len`.
///
/// - CASTKEY_ERR_MCX_MALFORMED, CASTKEY_ERR_MCX_NOT_ENCRYPTED: the packet is no such packet, or not encrypted.
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY: the packet is under another key.
/// - CASTKEY_ERR_MCX_REPLAY: it came before, or is too old to tell.
/// - CASTKEY_ERR_MCX_CAPACITY_EXCEEDED: CASTKEY_MCX_SRTCP_PEERS pairs of SSRC and key are known.
/// - CASTKEY_ERR_MCX_UNAUTHENTIC: the tag is wrong.
/// - CASTKEY_ERR_MCX_SSRC_COLLISION: the peer sends as this end, which is remembered: this end does not send from then on.
/// - CASTKEY_ERR_MCX_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `end` or `keys`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 2,048 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_unprotect(
    end: *mut castkey_mcx_srtcp, env: *const castkey_env, keys: *const castkey_mcx_srtcp_keys,
    packet: *const u8, len: usize, out: *mut u8, out_cap: usize, out_len: *mut usize,
) -> castkey_status {
    pass(end, env, keys, (packet, len), (out, out_cap, out_len), |end, keys, octets, out| {
        end.unprotect(keys, octets, out).map(<[u8]>::len)
    })
}

/// What both directions have in common.
fn pass(
    end: *mut castkey_mcx_srtcp, env: *const castkey_env, keys: *const castkey_mcx_srtcp_keys,
    octets: (*const u8, usize), (out, out_cap, out_len): (*mut u8, usize, *mut usize),
    act: impl FnOnce(&mut End, &SignallingSrtcp, &[u8], &mut [u8]) -> Result<usize, castkey::mcx::McxError>,
) -> castkey_status {
    // SAFETY: the callers of the functions above keep the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[
            Span::object(end),
            Span::read(env, 1),
            Span::looked(keys),
            Span::read(octets.0, octets.1),
            Span::write(out, out_cap),
            Span::write(out_len, 1),
        ])?;
        let (call, octets) = (Call::read(&promise, env)?, promise.octets(octets.0, octets.1)?);
        let (room, place) = (promise.room(out, out_cap)?, promise.place(out_len)?);
        let keys = promise.look(keys)?;
        let mut end = promise.enter(end, &call)?;
        place.set(keys.with(|keys| act(&mut end, keys, octets, room))?);
        Ok(())
    })())
}

/// Says which index the next packet of this end has, to be kept over a restart (RFC 3711, 9.2).
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `end`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_next_index(
    end: *const castkey_mcx_srtcp, index: *mut u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(end), Span::write(index, 1)])?;
        let place = promise.place(index)?;
        place.set(promise.look(end)?.next_index());
        Ok(())
    })())
}

/// Forgets what was received under the key `key_id`, once no more will come.
///
/// - CASTKEY_ERR_BAD_ENUM: the purpose tag of `key_id` is not assigned.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `end`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_forget(
    end: *mut castkey_mcx_srtcp, env: *const castkey_env, key_id: u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, id) = (Call::read(&promise, env)?, KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?);
        promise.enter(end, &call)?.forget(id);
        Ok(())
    })())
}

/// Zeroes the end. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_srtcp_wipe(end: *mut castkey_mcx_srtcp) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(end);
}
