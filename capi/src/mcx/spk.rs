//! Keys between servers.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::keys::{KeyId, McKey, SignallingKeys, Spk};
use castkey::mcx::McxError;
use castkey::secret::Secret;

use crate::bytes::Promise;
use crate::env::{Call, castkey_env};
use crate::mcx::key::{CASTKEY_MCX_KEY_LEN, castkey_mcx_xml_keys};
use crate::mcx::server::{Body, castkey_mcx_server};
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Installs the CASTKEY_MCX_KEY_LEN octets at `key` as the SPK `key_id`, a key to another server (TS 33.180, 5.3). These keys
/// are agreed by hand.
///
/// - CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG: `key_id` is not that of an SPK.
/// - CASTKEY_ERR_MCX_KEY_ID_IN_USE: another key has this key ID.
/// - CASTKEY_ERR_MCX_CAPACITY_EXCEEDED: CASTKEY_MCX_SERVER_SPKS are held.
/// - CASTKEY_ERR_BAD_ENUM: the purpose tag of `key_id` is not assigned.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_install_spk(
    server: *mut castkey_mcx_server, env: *const castkey_env, key_id: u32, key: *const u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::object(server), Span::read(env, 1), Span::read(key, CASTKEY_MCX_KEY_LEN)])?;
        let (call, id) = (Call::read(&promise, env)?, KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?);
        let key = Spk::new(Secret::new(*promise.array(key)?));
        promise.enter(server, &call)?.server.install_spk(id, key)?;
        Ok(())
    })())
}

/// Derives the keys for XML with or of the user `uri` under the SPK `key_id`, in both directions (TS 33.180, F.1.4).
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY: it is not held.
/// - CASTKEY_ERR_MCX_WRONG_USE: `uri` is over 65,535 octets.
/// - CASTKEY_ERR_BAD_ENUM: the purpose tag of `key_id` is not assigned.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_spk_xml(
    server: *const castkey_mcx_server, key_id: u32, uri: *const u8, uri_len: usize,
    keys: *mut castkey_mcx_xml_keys,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(server), Span::read(uri, uri_len), Span::write(keys, 1)])?;
        let (uri, place) = (promise.octets(uri, uri_len)?, promise.place(keys)?);
        let id = KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?;
        let Body { server, settings } = promise.look(server)?;
        let key = McKey::Spk(server.spk(id).ok_or(McxError::UnknownKey)?.duplicate());
        let keys = SignallingKeys::derive(&key, id, uri, settings.xpk_id).ok_or(McxError::WrongUse)?;
        castkey_mcx_xml_keys::write(&place, &keys);
        Ok(())
    })())
}

/// Forgets the SPK `key_id`.
///
/// - CASTKEY_ERR_MCX_UNKNOWN_KEY: it is not held.
/// - CASTKEY_ERR_BAD_ENUM: the purpose tag of `key_id` is not assigned.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `server`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_server_remove_spk(
    server: *mut castkey_mcx_server, env: *const castkey_env, key_id: u32,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, id) = (Call::read(&promise, env)?, KeyId::from_u32(key_id).ok_or(Status::BAD_ENUM)?);
        let was_held = promise.enter(server, &call)?.server.remove_spk(id);
        was_held.then_some(()).ok_or(McxError::UnknownKey.into())
    })())
}
