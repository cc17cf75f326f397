//! Time, key periods and UIDs.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::mcx::{KeyPeriods, Ntp64, Uid, Validity};

use crate::bytes::{Plain, Promise};
use crate::settings::flag;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Seconds from 1900-01-01 to 1970-01-01, both 0h UTC: to be added to the seconds of a Unix clock.
pub const CASTKEY_MCX_UNIX_EPOCH_S: u64 = 2_208_988_800;
/// Octets of a UID.
pub const CASTKEY_MCX_UID_LEN: usize = 32;

/// A time since 1900-01-01 0h UTC, as NTP counts, but without a wrap in 2036. All zero is no time where a text says so.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_time {
    /// Seconds.
    pub seconds: u64,
    /// Units of 2^-32 seconds.
    pub fraction: u32,
    /// 0.
    pub reserved: u32,
}

/// When something may be used.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_validity {
    /// From when on; no time: from ever on.
    pub from: castkey_mcx_time,
    /// Until when; no time: for ever.
    pub to: castkey_mcx_time,
    /// Flag: revoked.
    pub revoked: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: integers.
unsafe impl Plain for castkey_mcx_time {}

impl castkey_mcx_time {
    /// No time.
    pub(crate) const NONE: Self = Self { seconds: 0, fraction: 0, reserved: 0 };

    pub(crate) const fn time(self) -> Ntp64 {
        Ntp64 { seconds: self.seconds, fraction: self.fraction }
    }

    pub(crate) fn optional(self) -> Option<Ntp64> {
        (self.seconds != 0 || self.fraction != 0).then(|| self.time())
    }

    pub(crate) const fn of(time: Ntp64) -> Self {
        Self { seconds: time.seconds, fraction: time.fraction, reserved: 0 }
    }
}

impl castkey_mcx_validity {
    pub(crate) fn validity(&self) -> Result<Validity, Status> {
        Ok(Validity { from: self.from.optional(), to: self.to.optional(), revoked: flag(self.revoked)? })
    }
}

/// Says in which key period of a KMS the time `at` lies (TS 33.180, F.2.1): periods of `period_s` seconds, the first of
/// which begins `offset_s` seconds after 1900-01-01 0h UTC.
///
/// - CASTKEY_ERR_MCX_BAD_CERTIFICATE: `period_s` is 0.
/// - CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD: the time lies before the first period.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `number`.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_key_period(
    period_s: u64, offset_s: u64, at: castkey_mcx_time, number: *mut u64,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let number = promise.place(number)?;
        number.set(KeyPeriods::new(period_s, offset_s)?.number(at.time())?);
        Ok(())
    })())
}

/// Says when the key period `number` begins (TS 33.180, F.2.1).
///
/// - CASTKEY_ERR_MCX_BAD_CERTIFICATE: `period_s` is 0.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN: of `start`.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_key_period_start(
    period_s: u64, offset_s: u64, number: u64, start: *mut castkey_mcx_time,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let start = promise.place(start)?;
        start.set(castkey_mcx_time::of(KeyPeriods::new(period_s, offset_s)?.start(number)));
        Ok(())
    })())
}

/// Writes the UID of a URI under a KMS in the key period `number` to the CASTKEY_MCX_UID_LEN octets at `uid` (TS 33.180,
/// F.2.1). The URIs enter octet by octet, as provisioned.
///
/// - CASTKEY_ERR_MCX_BAD_CERTIFICATE: `period_s` is 0.
/// - CASTKEY_ERR_MCX_MALFORMED: a URI is over 65,535 octets.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_uid(
    uri: *const u8, uri_len: usize, kms_uri: *const u8, kms_uri_len: usize, period_s: u64, offset_s: u64,
    number: u64, uid: *mut u8,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let uris = (Span::read(uri, uri_len), Span::read(kms_uri, kms_uri_len));
        apart(&[uris.0, uris.1, Span::write(uid, CASTKEY_MCX_UID_LEN)])?;
        let (uri, kms_uri) = (promise.octets(uri, uri_len)?, promise.octets(kms_uri, kms_uri_len)?);
        let place = promise.places(uid, CASTKEY_MCX_UID_LEN)?;
        let uid = Uid::derive(uri, kms_uri, KeyPeriods::new(period_s, offset_s)?, number)?;
        place.write(*uid.octets());
        Ok(())
    })())
}
