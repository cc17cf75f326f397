//! The keys around MSK and MTK: what a bootstrapping run leaves, and what an MTK turns into.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::error::EncodeError;
use castkey::keys::{
    DigestPasswordForm, DownloadKeys, KeyUrl, Ks, KsExtNaf, KsIntNaf, KsNaf, Mrk, MrkDerivation, Mtk,
    MtkSalt, Muk, MukOctets, NafId, SrtpKeys,
};
use castkey::secret::Secret;

use crate::bytes::{Engine, Plain, Promise, Slot};
use crate::env::{Call, castkey_env};
use crate::name::castkey_name;
use crate::settings::choice;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Octets of Ks and of each key derived from it: Ks_NAF, Ks_int_NAF, Ks_ext_NAF, MUK, MRK.
pub const CASTKEY_KS_LEN: usize = 32;
/// Octets of the RAND of an AKA challenge.
pub const CASTKEY_AKA_RAND_LEN: usize = 16;
/// Octets of a Ua security protocol identifier.
pub const CASTKEY_UA_LEN: usize = 5;
/// Octets of an MSK.
pub const CASTKEY_MSK_LEN: usize = 16;
/// Octets of an MTK.
pub const CASTKEY_MTK_LEN: usize = 16;
/// Octets of the salt of an MTK.
pub const CASTKEY_SALT_LEN: usize = 14;
/// Characters of a key URL.
pub const CASTKEY_KEY_URL_LEN: usize = 23;
/// Longest HTTP Digest password, octets.
pub const CASTKEY_DIGEST_PASSWORD_MAX: usize = 64;

/// Ua security protocol identifier of MBMS: last octet 01.
pub const CASTKEY_UA_MBMS: u32 = 0;
/// Ua security protocol identifier of IMS-based MBMS over HTTP: last octet 03.
pub const CASTKEY_UA_IMS_MBMS_HTTP: u32 = 1;
/// Ua security protocol identifier of IMS-based MBMS over SIP: last octet 04.
pub const CASTKEY_UA_IMS_MBMS_SIP: u32 = 2;

/// The MUK is all 32 octets.
pub const CASTKEY_MUK_ALL: u32 = 0;
/// The MUK is the first 16 octets.
pub const CASTKEY_MUK_FIRST16: u32 = 1;
/// The MUK is the last 16 octets.
pub const CASTKEY_MUK_LAST16: u32 = 2;

/// The password is the MRK as base64 text, 44 characters: the default.
pub const CASTKEY_PASSWORD_BASE64: u32 = 0;
/// The password is the 32 octets of the MRK.
pub const CASTKEY_PASSWORD_RAW: u32 = 1;
/// The password is the MRK as hexadecimal text, 64 characters.
pub const CASTKEY_PASSWORD_HEX: u32 = 2;

/// An MTK with its salt. Wipe it after use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mtk {
    /// MTK: the SRTP master key.
    pub key: [u8; CASTKEY_MTK_LEN],
    /// SRTP master salt; zero if there is none.
    pub salt: [u8; CASTKEY_SALT_LEN],
    /// 1 if there is a salt, else 0.
    pub has_salt: u8,
    /// 0.
    pub reserved: u8,
}

/// The session keys of SRTP and SRTCP (RFC 3711, 4.3). Wipe them after use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_srtp_keys {
    /// RTP encryption key.
    pub rtp_encr: [u8; 16],
    /// RTP authentication key.
    pub rtp_auth: [u8; 20],
    /// RTP salting key.
    pub rtp_salt: [u8; 14],
    /// RTCP encryption key.
    pub rtcp_encr: [u8; 16],
    /// RTCP authentication key.
    pub rtcp_auth: [u8; 20],
    /// RTCP salting key.
    pub rtcp_salt: [u8; 14],
}

/// The keys of a download service (TS 33.246, 6.6.3). Wipe them after use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_download_keys {
    /// MTK_C, the AES-128-CBC content key.
    pub content: [u8; 16],
    /// MTK_I, the HMAC-SHA-1 integrity key.
    pub integrity: [u8; 20],
}

// SAFETY: integers.
unsafe impl Plain for castkey_mtk {}
// SAFETY: integers.
unsafe impl Plain for castkey_srtp_keys {}
// SAFETY: integers.
unsafe impl Plain for castkey_download_keys {}

impl castkey_mtk {
    /// Writes the key where it is wanted.
    pub(crate) const fn hold(&mut self, mtk: &Mtk, salt: Option<&MtkSalt>) {
        self.key = *mtk.secret().expose();
        if let Some(salt) = salt {
            self.salt = *salt.secret().expose();
            self.has_salt = 1;
        }
    }
}

/// Writes the NAF-Id of a BM-SC: its FQDN in lower case and the 5 octets of the Ua security protocol identifier (TS 33.220,
/// Annex H). It is also the IDi of its MSK messages.
///
/// `fqdn` has `fqdn_len` characters of UTF-8, `ua` is one of CASTKEY_UA_*. `out` has room for `out_cap` octets, `*len` becomes
/// their number, `fqdn_len` + 5.
///
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is less than that.
/// - CASTKEY_ERR_TEXT: `fqdn` is not UTF-8.
/// - CASTKEY_ERR_BAD_ENUM: `ua` is none of these.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_naf_id(
    fqdn: *const u8, fqdn_len: usize, ua: u32, out: *mut u8, out_cap: usize, len: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(fqdn, fqdn_len), Span::write(out, out_cap), Span::write(len, 1)])?;
        let ua = choice(&[NafId::UA_MBMS, NafId::UA_IMS_MBMS_HTTP, NafId::UA_IMS_MBMS_SIP], ua)?;
        let (fqdn, len) = (promise.text(fqdn, fqdn_len)?, promise.place(len)?);
        len.set(NafId::join(fqdn, ua, promise.room(out, out_cap)?)?.octets().len());
        Ok(())
    })())
}

/// What the three derivations from Ks have in common.
fn naf_key(
    env: *const castkey_env, (ks, rand): (*const u8, *const u8), impi: (*const u8, usize),
    naf: (*const u8, usize), out: *mut u8,
    derive: impl FnOnce(&Engine, &Ks, &[u8; 16], &str, NafId<'_>) -> Result<Secret<CASTKEY_KS_LEN>, EncodeError>,
) -> castkey_status {
    // SAFETY: the callers of the functions below keep the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[
            Span::read(ks, CASTKEY_KS_LEN),
            Span::read(rand, CASTKEY_AKA_RAND_LEN),
            Span::read(impi.0, impi.1),
            Span::read(naf.0, naf.1),
            Span::write(out, CASTKEY_KS_LEN),
        ])?;
        let call = Call::read_for_gba(&promise, env)?;
        let slot = Slot::of(&call);
        let ks = Ks::new(Secret::new(*promise.array(ks)?));
        let naf = NafId::new(promise.octets(naf.0, naf.1)?);
        let (impi, out) = (promise.text(impi.0, impi.1)?, promise.places(out, CASTKEY_KS_LEN)?);
        out.write(derive(&slot.engine(), &ks, promise.array(rand)?, impi, naf)?.expose().iter().copied());
        Ok(())
    })())
}

/// Derives Ks_NAF of GBA_ME, which is the MUK and the source of the MRK (TS 33.220, 4.5 and Annex B.3).
///
/// `ks` has 32 octets, CK || IK; `rand` has 16; `impi` has `impi_len` characters of UTF-8, `naf_id` has `naf_id_len` octets.
/// 32 octets are written to `out`.
///
/// - CASTKEY_ERR_FIELD_TOO_LONG: IMPI or NAF-Id is over 65,535 octets.
/// - CASTKEY_ERR_TEXT: `impi` is not UTF-8.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ks_naf(
    env: *const castkey_env, ks: *const u8, rand: *const u8, impi: *const u8, impi_len: usize,
    naf_id: *const u8, naf_id_len: usize, out: *mut u8,
) -> castkey_status {
    naf_key(env, (ks, rand), (impi, impi_len), (naf_id, naf_id_len), out, |engine, ks, rand, impi, naf| {
        Ok(KsNaf::derive_with(engine, ks, rand, impi, naf)?.secret().duplicate())
    })
}

/// Derives Ks_int_NAF of GBA_U, which is the MUK (TS 33.220, 4.5 and Annex B.3); in a real terminal the UICC does it and
/// keeps it. Arguments and statuses are those of castkey_ks_naf().
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ks_int_naf(
    env: *const castkey_env, ks: *const u8, rand: *const u8, impi: *const u8, impi_len: usize,
    naf_id: *const u8, naf_id_len: usize, out: *mut u8,
) -> castkey_status {
    naf_key(env, (ks, rand), (impi, impi_len), (naf_id, naf_id_len), out, |engine, ks, rand, impi, naf| {
        Ok(KsIntNaf::derive_with(engine, ks, rand, impi, naf)?.secret().duplicate())
    })
}

/// Derives Ks_ext_NAF of GBA_U, which is the MRK (TS 33.220, 4.5 and Annex B.3). Arguments and statuses are those of
/// castkey_ks_naf().
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_ks_ext_naf(
    env: *const castkey_env, ks: *const u8, rand: *const u8, impi: *const u8, impi_len: usize,
    naf_id: *const u8, naf_id_len: usize, out: *mut u8,
) -> castkey_status {
    naf_key(env, (ks, rand), (impi, impi_len), (naf_id, naf_id_len), out, |engine, ks, rand, impi, naf| {
        Ok(KsExtNaf::derive_with(engine, ks, rand, impi, naf)?.secret().duplicate())
    })
}

/// Takes the MUK out of Ks_NAF (GBA_ME) or Ks_int_NAF (GBA_U), 32 octets at `ks_naf` (TS 33.246, 6.1).
///
/// `which` is one of CASTKEY_MUK_ALL, CASTKEY_MUK_FIRST16 and CASTKEY_MUK_LAST16. `out` has room for 32 octets; `*len` becomes
/// 32 or 16.
///
/// - CASTKEY_ERR_BAD_ENUM: `which` is none of these.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_muk_from_ks(
    env: *const castkey_env, ks_naf: *const u8, which: u32, out: *mut u8, len: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(ks_naf, CASTKEY_KS_LEN), Span::write(out, CASTKEY_KS_LEN), Span::write(len, 1)])?;
        let call = Call::read(&promise, env)?;
        let slot = Slot::of(&call);
        let which = choice(&[MukOctets::All, MukOctets::First16, MukOctets::Last16], which)?;
        let ks_naf = KsNaf::new(Secret::new(*promise.array(ks_naf)?));
        let (out, len) = (promise.places(out, CASTKEY_KS_LEN)?, promise.place(len)?);
        let muk = Muk::from_gba_me_with(&ks_naf, which, slot.engine());
        len.set(out.write(muk.export().iter().copied()));
        Ok(())
    })())
}

/// Derives the MRK of GBA_ME from the 32 octets of Ks_NAF (TS 33.246, 6.1); of GBA_U, Ks_ext_NAF is the MRK.
///
/// `fc` and the `p0_len` octets at `p0` are the input of the derivation; `p0` NULL with `p0_len` 0 takes `mbms-mrk`, whose `fc`
/// is 1. 32 octets are written to `out`.
///
/// - CASTKEY_ERR_FIELD_TOO_LONG: P0 is over 65,535 octets.
/// - CASTKEY_ERR_BAD_ENUM: `fc` is over 255.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mrk(
    env: *const castkey_env, ks_naf: *const u8, fc: u32, p0: *const u8, p0_len: usize, out: *mut u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[
            Span::read(ks_naf, CASTKEY_KS_LEN),
            Span::read(p0, p0_len),
            Span::write(out, CASTKEY_KS_LEN),
        ])?;
        let call = Call::read_for_gba(&promise, env)?;
        let slot = Slot::of(&call);
        let ks_naf = KsNaf::new(Secret::new(*promise.array(ks_naf)?));
        let fc = u8::try_from(fc).map_err(|_| Status::BAD_ENUM)?;
        // SAFETY: the derivation below is all that looks at it.
        let p0 = match unsafe { promise.octets_of_this_call(p0, p0_len) }? {
            [] => MrkDerivation::default().p0,
            p0 => p0,
        };
        let out = promise.places(out, CASTKEY_KS_LEN)?;
        let mrk = Mrk::from_gba_me_with(&slot.engine(), &ks_naf, MrkDerivation { fc, p0 })?;
        out.write(mrk.secret().expose().iter().copied());
        Ok(())
    })())
}

/// Writes the HTTP Digest password of the 32 octets of an MRK (TS 33.246, 6.2).
///
/// `form` is one of CASTKEY_PASSWORD_BASE64, CASTKEY_PASSWORD_RAW and CASTKEY_PASSWORD_HEX. `out` has room for `out_cap` octets,
/// `*len` becomes their number: 44, 32 or 64. No zero follows them.
///
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is less than that; CASTKEY_DIGEST_PASSWORD_MAX is always enough.
/// - CASTKEY_ERR_BAD_ENUM: `form` is none of these.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 512 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_digest_password(
    mrk: *const u8, form: u32, out: *mut u8, out_cap: usize, len: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(mrk, CASTKEY_KS_LEN), Span::write(out, out_cap), Span::write(len, 1)])?;
        let forms = [DigestPasswordForm::Base64, DigestPasswordForm::Raw, DigestPasswordForm::Hex];
        let password = Mrk::new(Secret::new(*promise.array(mrk)?)).digest_password(choice(&forms, form)?);
        let (out, len) = (promise.places(out, out_cap)?, promise.place(len)?);
        let needed = password.as_octets().len();
        if out.len() < needed {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        len.set(out.write(password.as_octets().iter().copied()));
        Ok(())
    })())
}

/// Derives the six session keys of SRTP from the 16 octets of an MTK and the 14 of its salt (TS 33.246, 6.6.2; RFC 3711, 4.3):
/// AES-CM-128, HMAC-SHA-1, key derivation rate 0. An SRTP library that takes master key and salt does this itself.
///
/// `salt` may be NULL: 14 zero octets then.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_srtp_session_keys(
    env: *const castkey_env, mtk: *const u8, salt: *const u8, keys: *mut castkey_srtp_keys,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(mtk, CASTKEY_MTK_LEN), Span::read(salt, CASTKEY_SALT_LEN), Span::write(keys, 1)])?;
        let call = Call::read(&promise, env)?;
        let slot = Slot::of(&call);
        let salt = promise.optional_array(salt)?.map(|salt| MtkSalt::new(Secret::new(*salt)));
        let (mtk, out) = (Mtk::new(Secret::new(*promise.array(mtk)?)), promise.place(keys)?);
        let keys = SrtpKeys::derive_with(&slot.engine(), &mtk, salt.as_ref());
        out.fill(|out| {
            out.rtp_encr = *keys.rtp_encr.expose();
            out.rtp_auth = *keys.rtp_auth.expose();
            out.rtp_salt = *keys.rtp_salt.expose();
            out.rtcp_encr = *keys.rtcp_encr.expose();
            out.rtcp_auth = *keys.rtcp_auth.expose();
            out.rtcp_salt = *keys.rtcp_salt.expose();
        });
        Ok(())
    })())
}

/// Derives the keys of a download service from the 16 octets of an MTK and the `rand_len` octets of the RAND of its MSK
/// (TS 33.246, 6.6.3; the labels are not settled by it).
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 1,536 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_download_session_keys(
    env: *const castkey_env, mtk: *const u8, rand: *const u8, rand_len: usize,
    keys: *mut castkey_download_keys,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(mtk, CASTKEY_MTK_LEN), Span::read(rand, rand_len), Span::write(keys, 1)])?;
        let call = Call::read(&promise, env)?;
        let slot = Slot::of(&call);
        let (mtk, out) = (Mtk::new(Secret::new(*promise.array(mtk)?)), promise.place(keys)?);
        let keys = DownloadKeys::derive_with(&slot.engine(), &mtk, promise.octets(rand, rand_len)?);
        out.fill(|out| {
            out.content = *keys.content.expose();
            out.integrity = *keys.integrity.expose();
        });
        Ok(())
    })())
}

/// Writes the URL by which a protected file names its MTK (TS 33.246, 6.6.3): 23 characters to `out`, no zero behind them.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 256 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_key_url(mtk: *const castkey_name, out: *mut u8) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(mtk, 1), Span::write(out, CASTKEY_KEY_URL_LEN)])?;
        let name = promise.read(mtk)?;
        let out = promise.places(out, CASTKEY_KEY_URL_LEN)?;
        out.write(KeyUrl::new(name.msk(), name.mki().mtk).as_str().bytes());
        Ok(())
    })())
}
