//! Nonces that a server knows again without having stored them, and what it stores of each user.
//!
//! ```text
//! nonce = hex( number (8) || tick of issue (8) || random (8) || MAC (16) )          80 digits
//! ```
//!
//! A nonce goes out before anyone has said who he is, so an unauthenticated request costs no memory. The number grows with
//! every nonce: a user's [`NonceRow`] holds the number and the count of the last request accepted, and only a higher count
//! or a nonce of a higher number is accepted after it. So a request is never accepted twice, whatever nonce it names.

use core::fmt;

use super::param::ParamText;
use crate::crypto::http_digest::{NONCE_MAC_LEN, NonceKey};
use crate::ims::field::FieldWriter;
use crate::time::Tick;

/// Characters of a nonce that this library issues.
pub const NONCE_LEN: usize = 2 * (SIGNED_LEN + NONCE_MAC_LEN);

/// Most failures that a [`FailureLimit`] can count to.
pub const MAX_FAILURES: usize = 8;

const SIGNED_LEN: usize = 24;

/// A nonce, ready to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce([u8; NONCE_LEN]);

impl Nonce {
    /// The nonce of this number, bound to the key of the server.
    pub(super) fn issue(key: &NonceKey, number: u64, now: Tick, random: [u8; 8]) -> Self {
        let mut octets = [0; SIGNED_LEN];
        let fields = number.to_be_bytes().into_iter().chain(now.as_millis().to_be_bytes()).chain(random);
        for (to, from) in octets.iter_mut().zip(fields) {
            *to = from;
        }
        let mut text = [b'0'; NONCE_LEN];
        let mut writer = FieldWriter::new(&mut text);
        // The buffer has exactly this size.
        let _ = writer.hex(&octets).and_then(|()| writer.hex(&key.mac(&octets)));
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What a nonce that came back says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) number: u64,
    pub(super) at: Tick,
}

impl Issued {
    /// Reads a nonce; `None` unless it was made under `key`.
    pub(super) fn read(key: &NonceKey, text: ParamText<'_>) -> Option<Self> {
        let mut octets = [0u8; SIGNED_LEN + NONCE_MAC_LEN];
        let mut digits = text.octets();
        // Lower case only: otherwise one nonce would have many texts.
        let mut nibble = || {
            let digit = digits.next().filter(|digit| !digit.is_ascii_uppercase())?;
            char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok())
        };
        for to in &mut octets {
            *to = (nibble()? << 4) | nibble()?;
        }
        if digits.next().is_some() {
            return None;
        }
        let (signed, mac) = octets.split_first_chunk::<SIGNED_LEN>()?;
        if !key.verify(signed, mac.first_chunk()?) {
            return None;
        }
        let (number, rest) = signed.split_first_chunk::<8>()?;
        let at = Tick::from_millis(u64::from_be_bytes(*rest.first_chunk()?));
        Some(Self { number: u64::from_be_bytes(*number), at })
    }
}

/// After how many wrong responses a user is answered 403 instead of 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureLimit {
    /// Wrong responses; 1 to [`MAX_FAILURES`], 0 for no limit, more count as [`MAX_FAILURES`]. Default 5.
    pub failures: u8,
    /// Time in which they are counted, milliseconds. Default 60,000.
    pub window_ms: u64,
}

impl Default for FailureLimit {
    fn default() -> Self {
        Self { failures: 5, window_ms: 60_000 }
    }
}

/// What a server remembers of one B-TID: keep it where the B-TID is kept, and drop it with it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct NonceRow {
    /// Number of the nonce last used, and the count last used with it; 0 and 0 at first.
    number: u64,
    count: u32,
    /// How many of `failed` hold something.
    failures: u8,
    /// Ticks of the last wrong responses, newest first.
    failed: [u64; MAX_FAILURES],
}

impl NonceRow {
    /// Of a user who has sent nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { number: 0, count: 0, failures: 0, failed: [0; MAX_FAILURES] }
    }

    /// Whether the user is answered 403 at `now`.
    #[must_use]
    pub fn is_blocked(&self, limit: FailureLimit, now: Tick) -> bool {
        let Some(last) = usize::from(limit.failures).min(MAX_FAILURES).checked_sub(1) else { return false };
        usize::from(self.failures) > last
            && self
                .failed
                .get(last)
                .is_some_and(|failed| now < Tick::from_millis(*failed).after_millis(limit.window_ms))
    }

    /// Whether a later nonce than `issued` was used.
    pub(super) const fn has_passed(&self, issued: Issued) -> bool {
        issued.number < self.number
    }

    /// Whether this count of this nonce was used.
    pub(super) const fn has_seen(&self, issued: Issued, count: u32) -> bool {
        issued.number == self.number && count <= self.count
    }

    pub(super) const fn accept(&mut self, issued: Issued, count: u32) {
        (self.number, self.count) = (issued.number, count);
    }

    pub(super) fn fail(&mut self, now: Tick) {
        self.failed.rotate_right(1);
        if let Some(first) = self.failed.first_mut() {
            *first = now.as_millis();
        }
        self.failures = self.failures.saturating_add(1);
    }
}

impl fmt::Debug for NonceRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, count, failures, .. } = self;
        write!(f, "NonceRow(nonce {number}, count {count}, {failures} failures)")
    }
}

const _: () = assert!(size_of::<NonceRow>() <= 88);
