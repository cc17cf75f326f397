//! ECCSI and SAKKE as they are, on prepared objects (RFC 6507, RFC 6508).

#![allow(unsafe_code, reason = "exports functions")]

use castkey::sakke::{
    EccsiSign, EccsiVerify, SED_LEN, SIGNATURE_LEN, SSV_LEN, SakkeDecapsulate, SakkeEncapsulate, Ssv,
};
use castkey::secret::Secret;

use crate::bytes::Promise;
use crate::env::{Call, castkey_env};
use crate::mcx::identity::{Keys, Kms};
use crate::mcx::keys::castkey_mcx_keys;
use crate::mcx::kms::castkey_mcx_kms;
use crate::rng::Random;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Octets of a signature of ECCSI.
pub const CASTKEY_MCX_SIGNATURE_LEN: usize = 129;
/// Octets of SAKKE Encapsulated Data.
pub const CASTKEY_MCX_SED_LEN: usize = 273;
/// Octets of a Shared Secret Value.
pub const CASTKEY_MCX_SSV_LEN: usize = 16;

const _: () = {
    assert!(CASTKEY_MCX_SIGNATURE_LEN == SIGNATURE_LEN && CASTKEY_MCX_SED_LEN == SED_LEN);
    assert!(CASTKEY_MCX_SSV_LEN == SSV_LEN);
};

/// Signs `len` octets at `message` with the SSK of `keys` and writes the CASTKEY_MCX_SIGNATURE_LEN octets of the signature
/// (RFC 6507, 5.2.1). `env` needs a random generator.
///
/// - CASTKEY_ERR_ECCSI_RNG_FAILED: the random generator failed, or is not there.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `keys`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 3,584 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_eccsi_sign(
    keys: *const castkey_mcx_keys, env: *const castkey_env, message: *const u8, len: usize,
    signature: *mut u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let output = Span::write(signature, SIGNATURE_LEN);
        apart(&[Span::looked(keys), Span::read(env, 1), Span::read(message, len), output])?;
        let (call, message) = (Call::read(&promise, env)?, promise.octets(message, len)?);
        let (place, mut made) = (promise.places(signature, SIGNATURE_LEN)?, [0; SIGNATURE_LEN]);
        Keys::Device(promise.look(keys)?).sign(message, &mut Random(call.rng), &mut made)?;
        place.write(made);
        Ok(())
    })())
}

/// Says whether the CASTKEY_MCX_SIGNATURE_LEN octets at `signature` are the signature of `id` over `message`, under the KPAK
/// of `kms` (RFC 6507, 5.2.2).
///
/// - CASTKEY_ERR_ECCSI_SIGNATURE_INVALID: they are not.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `kms`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH: of the arguments.
///
/// Stack: 6,144 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_eccsi_verify(
    kms: *const castkey_mcx_kms, id: *const u8, id_len: usize, message: *const u8, len: usize,
    signature: *const u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (id, message) = (promise.octets(id, id_len)?, promise.octets(message, len)?);
        Kms::Device(promise.look(kms)?).verify(id, message, promise.array(signature)?)?;
        Ok(())
    })())
}

/// Encapsulates the CASTKEY_MCX_SSV_LEN octets at `ssv` to `id` under the Z of `kms` and writes the CASTKEY_MCX_SED_LEN
/// octets of `sed` (RFC 6508, 6.2.1). The SSV must be random; `id` has 1 to 127 octets.
///
/// - CASTKEY_ERR_SAKKE_BAD_IDENTITY: `id` is empty, longer than 127 octets, or the integer 0 or 1.
/// - CASTKEY_ERR_SAKKE_UNUSABLE_SSV: this SSV does not go with this identity; choose another.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `kms`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 6,144 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_sakke_encapsulate(
    kms: *const castkey_mcx_kms, ssv: *const u8, id: *const u8, id_len: usize, sed: *mut u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let inputs = (Span::looked(kms), Span::read(ssv, SSV_LEN), Span::read(id, id_len));
        apart(&[inputs.0, inputs.1, inputs.2, Span::write(sed, SED_LEN)])?;
        let (ssv, id) = (Ssv::new(Secret::new(*promise.array(ssv)?)), promise.octets(id, id_len)?);
        let (place, mut made) = (promise.places(sed, SED_LEN)?, [0; SED_LEN]);
        Kms::Device(promise.look(kms)?).encapsulate(&ssv, id, &mut made)?;
        place.write(made);
        Ok(())
    })())
}

/// Recovers the CASTKEY_MCX_SSV_LEN octets of the SSV that was encapsulated for `id` with the RSK of `keys` (RFC 6508,
/// 6.2.2). Wipe them after use.
///
/// - CASTKEY_ERR_SAKKE_REFUSED: `id` is not that of `keys`, or the CASTKEY_MCX_SED_LEN octets at `sed` are wrong.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `keys`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 7,168 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_sakke_decapsulate(
    keys: *const castkey_mcx_keys, sed: *const u8, id: *const u8, id_len: usize, ssv: *mut u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let inputs = (Span::looked(keys), Span::read(sed, SED_LEN), Span::read(id, id_len));
        apart(&[inputs.0, inputs.1, inputs.2, Span::write(ssv, SSV_LEN)])?;
        let (sed, id) = (promise.array(sed)?, promise.octets(id, id_len)?);
        let place = promise.places(ssv, SSV_LEN)?;
        let opened = Keys::Device(promise.look(keys)?).decapsulate(sed, id)?;
        place.write(opened.secret().expose().iter().copied());
        Ok(())
    })())
}
