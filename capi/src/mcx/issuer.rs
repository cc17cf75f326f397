//! The KMS itself: its secrets, and the keys it gives out.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::mcx::{ECCSI_POINT_LEN, IssueKeys, McxError, SAKKE_POINT_LEN, UID_LEN};
use castkey::rand_core::TryCryptoRng;
use castkey::sakke::eccsi::Ksak;
use castkey::sakke::{Device, KmsMasterSecret};
use castkey::secret::Secret;

use crate::bytes::{Object, Opaque, Plain, Promise};
use crate::env::{Call, castkey_env};
use crate::mcx::keys::CASTKEY_MCX_SSK_LEN;
use crate::mcx::kms::{CASTKEY_MCX_ECCSI_POINT_LEN, CASTKEY_MCX_SAKKE_POINT_LEN, castkey_mcx_certificate};
use crate::mcx::time::CASTKEY_MCX_UID_LEN;
use crate::rng::Random;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Octets of z, the master secret of SAKKE.
pub const CASTKEY_MCX_MASTER_SECRET_LEN: usize = 128;
/// Octets of KSAK, the secret of ECCSI.
pub const CASTKEY_MCX_KSAK_LEN: usize = 32;

/// 64-bit words of a castkey_mcx_issuer.
pub const CASTKEY_MCX_ISSUER_WORDS: usize = 64;
/// Octets of a castkey_mcx_issuer, with room to grow; castkey_mcx_issuer_size() is what the library uses of them.
pub const CASTKEY_MCX_ISSUER_SIZE: usize = CASTKEY_MCX_ISSUER_WORDS * 8;
/// Alignment of a castkey_mcx_issuer, octets.
pub const CASTKEY_MCX_ISSUER_ALIGN: usize = 64;

/// The secrets of a KMS, which make the keys of everybody: for a KMS, a simulator, or a test. The memory is the caller's; it
/// must stay where it was initialised.
#[repr(C, align(64))]
pub struct castkey_mcx_issuer {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_ISSUER_WORDS],
}

/// What a KMS gives to one identity for one period; a castkey_mcx_key_set points to these octets. Wipe it after use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_issued {
    /// UID.
    pub user_id: [u8; CASTKEY_MCX_UID_LEN],
    /// RSK.
    pub decrypt_key: [u8; CASTKEY_MCX_SAKKE_POINT_LEN],
    /// SSK.
    pub signing_key: [u8; CASTKEY_MCX_SSK_LEN],
    /// PVT.
    pub pub_token: [u8; CASTKEY_MCX_ECCSI_POINT_LEN],
}

/// Both secrets.
pub(crate) struct Body {
    master: KmsMasterSecret,
    ksak: Ksak<Device>,
}

// SAFETY: integers.
unsafe impl Plain for castkey_mcx_issued {}

impl Opaque for castkey_mcx_issuer {
    type Body = Body;
    const KIND: u32 = u32::from_be_bytes(*b"CKIS");
}

const _: () = {
    assert!(size_of::<Object<Body>>() <= CASTKEY_MCX_ISSUER_SIZE);
    assert!(size_of::<castkey_mcx_issuer>() == CASTKEY_MCX_ISSUER_SIZE);
    assert!(align_of::<Object<Body>>() <= align_of::<castkey_mcx_issuer>());
    assert!(align_of::<castkey_mcx_issuer>() <= CASTKEY_MCX_ISSUER_ALIGN);
};

impl IssueKeys for Body {
    fn issue<R: TryCryptoRng + ?Sized>(
        &self, uid: &[u8; UID_LEN], rng: &mut R,
    ) -> Result<(Secret<SAKKE_POINT_LEN>, Secret<32>, [u8; ECCSI_POINT_LEN]), McxError> {
        let rsk = self.master.extract(uid).map_err(|_| McxError::BadKeySet)?;
        let (ssk, pvt) = self.ksak.extract(uid, rng).map_err(|_| McxError::RngFailed)?;
        Ok((rsk.export(), ssk.octets().duplicate(), pvt.0))
    }
}

/// Octets that this library uses of a castkey_mcx_issuer; not more than CASTKEY_MCX_ISSUER_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_issuer_size() -> usize {
    size_of::<Object<Body>>()
}

/// Alignment that this library needs of a castkey_mcx_issuer, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_issuer_align() -> usize {
    align_of::<Object<Body>>()
}

/// Draws the secrets of a new KMS into the `issuer_size` octets at `issuer`, whatever was there before (RFC 6507, 4.2; RFC
/// 6508, 6.1.1). Give `sizeof` the object as `issuer_size`; `env` needs a random generator.
///
/// - CASTKEY_ERR_SAKKE_RNG_FAILURE, CASTKEY_ERR_ECCSI_RNG_FAILED: the random generator failed, or is not there.
/// - CASTKEY_ERR_SHORT: `issuer_size` is less than castkey_mcx_issuer_size().
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 4,096 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_issuer_init(
    issuer: *mut castkey_mcx_issuer, issuer_size: usize, env: *const castkey_env,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::write(issuer.cast::<u8>(), issuer_size), Span::read(env, 1)])?;
        let call = Call::read(&promise, env)?;
        let rng = &mut Random(call.rng);
        let made = Body { master: KmsMasterSecret::generate(rng)?, ksak: Ksak::generate(rng)? };
        promise.make(issuer, issuer_size, |_| made)
    })())
}

/// Takes over secrets that were kept: CASTKEY_MCX_MASTER_SECRET_LEN octets at `master`, CASTKEY_MCX_KSAK_LEN at `ksak`, most
/// significant octet first; as castkey_mcx_issuer_init() otherwise.
///
/// - CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET, CASTKEY_ERR_ECCSI_KSAK_INVALID: a secret is out of its range.
/// - CASTKEY_ERR_SHORT: `issuer_size` is less than castkey_mcx_issuer_size().
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 3,072 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_issuer_restore(
    issuer: *mut castkey_mcx_issuer, issuer_size: usize, master: *const u8, ksak: *const u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let kept =
            (Span::read(master, CASTKEY_MCX_MASTER_SECRET_LEN), Span::read(ksak, CASTKEY_MCX_KSAK_LEN));
        apart(&[Span::write(issuer.cast::<u8>(), issuer_size), kept.0, kept.1])?;
        let (master, ksak) = (Secret::new(*promise.array(master)?), Secret::new(*promise.array(ksak)?));
        let made = Body { master: KmsMasterSecret::import(&master)?, ksak: Ksak::from_octets(ksak)? };
        promise.make(issuer, issuer_size, |_| made)
    })())
}

/// Writes the secrets, to be kept: CASTKEY_MCX_MASTER_SECRET_LEN octets to `master`, CASTKEY_MCX_KSAK_LEN to `ksak`. Wipe
/// them after use.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `issuer`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_issuer_export(
    issuer: *const castkey_mcx_issuer, master: *mut u8, ksak: *mut u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let outputs =
            (Span::write(master, CASTKEY_MCX_MASTER_SECRET_LEN), Span::write(ksak, CASTKEY_MCX_KSAK_LEN));
        apart(&[Span::looked(issuer), outputs.0, outputs.1])?;
        let master = promise.places(master, CASTKEY_MCX_MASTER_SECRET_LEN)?;
        let ksak = promise.places(ksak, CASTKEY_MCX_KSAK_LEN)?;
        let body = promise.look(issuer)?;
        master.write(body.master.export().expose().iter().copied());
        ksak.write(body.ksak.octets().expose().iter().copied());
        Ok(())
    })())
}

/// Writes what the certificate of the KMS says (RFC 6507, 4.2; RFC 6508, 2.2): Z to the CASTKEY_MCX_SAKKE_POINT_LEN octets at
/// `z`, KPAK to the CASTKEY_MCX_ECCSI_POINT_LEN at `kpak`.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `issuer`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 5,120 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_issuer_public(
    issuer: *const castkey_mcx_issuer, z: *mut u8, kpak: *mut u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let outputs = (Span::write(z, SAKKE_POINT_LEN), Span::write(kpak, ECCSI_POINT_LEN));
        apart(&[Span::looked(issuer), outputs.0, outputs.1])?;
        let (z, kpak) = (promise.places(z, SAKKE_POINT_LEN)?, promise.places(kpak, ECCSI_POINT_LEN)?);
        let body = promise.look(issuer)?;
        z.write(body.master.public_key().export());
        kpak.write(*body.ksak.kpak().octets());
        Ok(())
    })())
}

/// Makes the keys of `user_uri` for the key period `period` under the KMS of `certificate` (RFC 6507, 5.1.1; RFC 6508,
/// 6.1.1). Each call gives another pair of SSK and PVT. `env` needs a random generator.
///
/// - CASTKEY_ERR_MCX_RNG_FAILED: the random generator failed, or is not there.
/// - CASTKEY_ERR_MCX_BAD_KEY_SET: this identity has no key.
/// - CASTKEY_ERR_MCX_BAD_CERTIFICATE: the period of the KMS is 0.
/// - CASTKEY_ERR_MCX_MALFORMED: a URI is over 65,535 octets.
/// - CASTKEY_ERR_BAD_ENUM: a number of the certificate is over 255, or a flag neither 0 nor 1.
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `issuer`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 7,168 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_issuer_issue(
    issuer: *const castkey_mcx_issuer, env: *const castkey_env, certificate: *const castkey_mcx_certificate,
    user_uri: *const u8, user_uri_len: usize, period: u64, issued: *mut castkey_mcx_issued,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let given = promise.read(certificate)?;
        let ([a, b, c], d) = (given.spans(), Span::read(user_uri, user_uri_len));
        let (e, f, g) = (Span::looked(issuer), Span::read(env, 1), Span::read(certificate, 1));
        apart(&[a, b, c, d, e, f, g, Span::write(issued, 1)])?;
        let (call, uri) = (Call::read(&promise, env)?, promise.octets(user_uri, user_uri_len)?);
        let (certificate, place) = (given.certificate(&promise)?, promise.place(issued)?);
        let keys = certificate.issue(promise.look(issuer)?, uri, period, &mut Random(call.rng))?;
        place.fill(|to| {
            to.user_id = *keys.user_id.octets();
            to.decrypt_key = *keys.decrypt_key.expose();
            to.signing_key = *keys.signing_key.expose();
            to.pub_token = keys.pub_token;
        });
        Ok(())
    })())
}

/// Zeroes the secrets. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_issuer_wipe(issuer: *mut castkey_mcx_issuer) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(issuer);
}
