//! A KMS whose certificate is held: the tables for Z and KPAK.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::mcx::{
    AlgorithmPolicy, ECCSI_POINT_LEN, KeyPeriods, KmsCertificate, MikeySakke, SAKKE_POINT_LEN, Validity,
};
use castkey::sakke::eccsi::{self, KpakTable};
use castkey::sakke::{Device, Encapsulator, Profile};

use crate::bytes::{Object, Opaque, Plain, Promise};
use crate::mcx::identity::Uri;
use crate::mcx::time::{castkey_mcx_time, castkey_mcx_validity};
use crate::octets::castkey_octets;
use crate::settings::octet;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Octets of a point of SAKKE: Z, RSK.
pub const CASTKEY_MCX_SAKKE_POINT_LEN: usize = 257;
/// Octets of a point of ECCSI: KPAK, PVT.
pub const CASTKEY_MCX_ECCSI_POINT_LEN: usize = 65;

/// 64-bit words of a castkey_mcx_kms.
pub const CASTKEY_MCX_KMS_WORDS: usize = 1088;
/// Octets of a castkey_mcx_kms, with room to grow; castkey_mcx_kms_size() is what the library uses of them.
pub const CASTKEY_MCX_KMS_SIZE: usize = CASTKEY_MCX_KMS_WORDS * 8;
/// Alignment of a castkey_mcx_kms, octets.
pub const CASTKEY_MCX_KMS_ALIGN: usize = 64;

/// The public values of a KMS (`KmsCertificate`; TS 33.180, D.3.2). It is read while a call lasts.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_certificate {
    /// `KmsUri`, 1 to 255 octets.
    pub kms_uri: castkey_octets,
    /// `UserKeyPeriod`, seconds.
    pub period_s: u64,
    /// `UserKeyOffset`, seconds.
    pub offset_s: u64,
    /// `UserIdFormat`; only 2 is taken.
    pub user_id_format: u32,
    /// `ParameterSet`; only 1 is taken.
    pub parameter_set: u32,
    /// `PubEncKey`: Z, CASTKEY_MCX_SAKKE_POINT_LEN octets.
    pub pub_enc_key: *const u8,
    /// `PubAuthKey`: KPAK, CASTKEY_MCX_ECCSI_POINT_LEN octets.
    pub pub_auth_key: *const u8,
    /// `ValidFrom`, `ValidTo`, `Revoked`.
    pub validity: castkey_mcx_validity,
}

// SAFETY: integers and pointers.
unsafe impl Plain for castkey_mcx_certificate {}

/// A KMS whose certificate was checked, with tables of 7 KiB for Z and KPAK. Nothing in it is secret. The memory is the
/// caller's; it must stay where it was prepared. Many calls may use it at a time.
#[repr(C, align(64))]
pub struct castkey_mcx_kms {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_KMS_WORDS],
}

/// What is kept of a certificate, and the tables.
pub(crate) struct Body<P: Profile + eccsi::Profile> {
    uri: Uri,
    pub(crate) periods: KeyPeriods,
    pub(crate) validity: Validity,
    z: [u8; SAKKE_POINT_LEN],
    kpak: [u8; ECCSI_POINT_LEN],
    pub(crate) encapsulator: Encapsulator<P>,
    pub(crate) table: KpakTable<P>,
}

/// Those of a KMS that is not there.
pub(crate) const NO_PERIODS: KeyPeriods = match KeyPeriods::new(1, 0) {
    Ok(periods) => periods,
    Err(_) => unreachable!(),
};

impl<P: Profile + eccsi::Profile> Body<P> {
    /// Before it is prepared.
    const BLANK: Self = Self {
        uri: Uri::EMPTY,
        periods: NO_PERIODS,
        validity: Validity::ALWAYS,
        z: [0; SAKKE_POINT_LEN],
        kpak: [0; ECCSI_POINT_LEN],
        encapsulator: Encapsulator::blank(),
        table: KpakTable::new(),
    };
}

impl Opaque for castkey_mcx_kms {
    type Body = Body<Device>;
    const KIND: u32 = u32::from_be_bytes(*b"CKKM");
}

const _: () = {
    assert!(size_of::<Object<Body<Device>>>() <= CASTKEY_MCX_KMS_SIZE);
    assert!(size_of::<castkey_mcx_kms>() == CASTKEY_MCX_KMS_SIZE);
    assert!(align_of::<Object<Body<Device>>>() <= align_of::<castkey_mcx_kms>());
    assert!(align_of::<castkey_mcx_kms>() <= CASTKEY_MCX_KMS_ALIGN);
    assert!(CASTKEY_MCX_SAKKE_POINT_LEN == SAKKE_POINT_LEN && CASTKEY_MCX_ECCSI_POINT_LEN == ECCSI_POINT_LEN);
};

impl castkey_mcx_certificate {
    pub(crate) fn spans(&self) -> [Span; 3] {
        [
            self.kms_uri.span(),
            Span::read(self.pub_enc_key, SAKKE_POINT_LEN),
            Span::read(self.pub_auth_key, ECCSI_POINT_LEN),
        ]
    }

    pub(crate) fn certificate<'c>(&self, promise: &'c Promise) -> Result<KmsCertificate<'c>, Status> {
        Ok(KmsCertificate {
            kms_uri: self.kms_uri.read(promise)?,
            periods: KeyPeriods::new(self.period_s, self.offset_s)?,
            user_id_format: octet(self.user_id_format)?,
            parameter_set: octet(self.parameter_set)?,
            pub_enc_key: promise.array(self.pub_enc_key)?,
            pub_auth_key: promise.array(self.pub_auth_key)?,
            algorithms: AlgorithmPolicy::default(),
            validity: self.validity.validity()?,
        })
    }
}

impl<P: Profile + eccsi::Profile> Body<P> {
    /// Takes over a certificate and fills the tables.
    fn prepare(&mut self, certificate: &KmsCertificate<'_>, now: castkey_mcx_time) -> Result<(), Status> {
        certificate.prepare(&mut self.encapsulator, &mut self.table, now.time())?;
        self.uri = Uri::of(certificate.kms_uri).ok_or(Status::LENGTH)?;
        self.periods = certificate.periods;
        self.validity = certificate.validity;
        (self.z, self.kpak) = (*certificate.pub_enc_key, *certificate.pub_auth_key);
        Ok(())
    }

    pub(crate) const fn uri(&self) -> &[u8] {
        self.uri.octets()
    }

    /// The certificate that it was prepared from.
    pub(crate) fn certificate(&self) -> KmsCertificate<'_> {
        KmsCertificate {
            kms_uri: self.uri.octets(),
            periods: self.periods,
            user_id_format: castkey::mcx::USER_ID_FORMAT,
            parameter_set: 1,
            pub_enc_key: &self.z,
            pub_auth_key: &self.kpak,
            algorithms: AlgorithmPolicy::default(),
            validity: self.validity,
        }
    }
}

/// Prepares a KMS of either size.
pub(crate) fn prepare<T: Opaque<Body = Body<P>>, P: Profile + eccsi::Profile>(
    kms: *mut T, kms_size: usize, certificate: *const castkey_mcx_certificate, now: castkey_mcx_time,
) -> castkey_status {
    // SAFETY: the callers of the exported functions keep the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let given = promise.read(certificate)?;
        let [a, b, c] = given.spans();
        apart(&[Span::write(kms.cast::<u8>(), kms_size), Span::read(certificate, 1), a, b, c])?;
        let certificate = given.certificate(&promise)?;
        promise.make_and_fill(kms, kms_size, None, |_| Body::BLANK, |body, _| body.prepare(&certificate, now))
    })())
}

/// Octets that this library uses of a castkey_mcx_kms; not more than CASTKEY_MCX_KMS_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_kms_size() -> usize {
    size_of::<Object<Body<Device>>>()
}

/// Alignment that this library needs of a castkey_mcx_kms, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_kms_align() -> usize {
    align_of::<Object<Body<Device>>>()
}

/// Checks a certificate at `now`, and keeps nothing (TS 33.180, D.3.2; RFC 6507, 4.2; RFC 6508, 2.2).
/// castkey_mcx_kms_prepare() checks the same.
///
/// - CASTKEY_ERR_MCX_BAD_CERTIFICATE: another UID format or parameter set, a period of 0, an empty URI, or keys that are no
///   points.
/// - CASTKEY_ERR_MCX_NOT_AUTHORIZED: it is not valid at `now`.
/// - CASTKEY_ERR_BAD_ENUM: a number of the certificate is over 255, or a flag neither 0 nor 1.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH: of the arguments.
///
/// Stack: 5,120 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_certificate_check(
    certificate: *const castkey_mcx_certificate, now: castkey_mcx_time,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let given = promise.read(certificate)?;
        given.certificate(&promise)?.check(&MikeySakke::<Device>::new(), now.time())?;
        Ok(())
    })())
}

/// Checks a certificate at `now` and makes a KMS of it in the `kms_size` octets at `kms`, whatever was there before (TS
/// 33.180, D.3.2; RFC 6507, 4.2; RFC 6508, 2.2). Give `sizeof` the object as `kms_size`. After an error but for those of the
/// arguments the memory is zero.
///
/// - CASTKEY_ERR_MCX_BAD_CERTIFICATE, CASTKEY_ERR_MCX_NOT_AUTHORIZED, CASTKEY_ERR_BAD_ENUM: as of
///   castkey_mcx_certificate_check().
/// - CASTKEY_ERR_SHORT: `kms_size` is less than castkey_mcx_kms_size().
/// - CASTKEY_ERR_LENGTH: the URI is over 255 octets, or a length is out of range.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 10,240 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_kms_prepare(
    kms: *mut castkey_mcx_kms, kms_size: usize, certificate: *const castkey_mcx_certificate,
    now: castkey_mcx_time,
) -> castkey_status {
    prepare(kms, kms_size, certificate, now)
}

/// Zeroes the KMS. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_kms_wipe(kms: *mut castkey_mcx_kms) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(kms);
}
