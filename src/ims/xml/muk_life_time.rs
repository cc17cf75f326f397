//! Until when a MUK may be used, as the SCF tells the BM-SC.
//!
//! ```text
//! 1985-10-26T09:00:00Z   or   499165200
//! ```

use core::fmt;

use super::text::Text;
use crate::ims::ImsError;

/// How `mukLifeTime` stands in a body (point U-11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MukLifeTimeForm {
    /// UTC date-time, `YYYY-MM-DDThh:mm:ssZ`.
    #[default]
    DateTime,
    /// Seconds since 1970-01-01T00:00:00Z, decimal.
    Seconds,
}

/// End of the lifetime of a MUK: seconds since 1970-01-01T00:00:00Z, leap seconds not counted, up to the year 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MukLifeTime(u64);

const DAY_S: u64 = 86_400;
/// 9999-12-31T23:59:59Z.
const LAST_S: u64 = 253_402_300_799;
const LEAPS_BEFORE_1970: u64 = 477;
const MONTH_DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl MukLifeTime {
    /// The moment `seconds` after 1970-01-01T00:00:00Z; `None` behind the year 9999, which the text cannot tell.
    #[must_use]
    pub const fn from_unix_seconds(seconds: u64) -> Option<Self> {
        if seconds <= LAST_S { Some(Self(seconds)) } else { None }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_seconds(self) -> u64 {
        self.0
    }

    pub(super) fn read(text: Text<'_>, form: MukLifeTimeForm) -> Result<Self, ImsError> {
        match form {
            MukLifeTimeForm::DateTime => from_date_time(text.value()?.as_bytes()),
            MukLifeTimeForm::Seconds => Self::from_unix_seconds(text.number()?),
        }
        .ok_or(ImsError::Malformed)
    }

    /// The text in `form`, at most 20 characters.
    pub(super) fn write(self, form: MukLifeTimeForm) -> heapless::String<20> {
        let mut text = heapless::String::new();
        // 20 digits hold every number, and 20 characters every date-time up to the year 9999.
        let _fits = match form {
            MukLifeTimeForm::DateTime => fmt::write(&mut text, format_args!("{self:?}")),
            MukLifeTimeForm::Seconds => fmt::write(&mut text, format_args!("{}", self.0)),
        };
        text
    }
}

impl fmt::Debug for MukLifeTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day_number, rest) = (self.0 / DAY_S, self.0 % DAY_S);
        // No year is longer than 366 days: this is at most 17 years early.
        let mut year = (day_number / 366).saturating_add(1970);
        while days_before(year.saturating_add(1)) <= day_number {
            year = year.saturating_add(1);
        }
        let mut days = day_number.saturating_sub(days_before(year));
        let mut month = 1_u64;
        for (len, number) in month_days(year).zip(1..) {
            month = number;
            if days < len {
                break;
            }
            days = days.saturating_sub(len);
        }
        let (day, hour, minute, second) = (days.saturating_add(1), rest / 3_600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_days(year: u64) -> impl Iterator<Item = u64> {
    MONTH_DAYS.iter().map(move |len| if *len == 28 && is_leap(year) { 29 } else { *len })
}

/// Days from 1970-01-01 to the first day of `year`, which is 1970 or later.
const fn days_before(year: u64) -> u64 {
    let before = year.saturating_sub(1);
    let leaps = (before / 4).saturating_sub(before / 100).saturating_add(before / 400);
    year.saturating_sub(1970).saturating_mul(365).saturating_add(leaps).saturating_sub(LEAPS_BEFORE_1970)
}

/// The moment that `YYYY-MM-DDThh:mm:ssZ` means.
fn from_date_time(text: &[u8]) -> Option<MukLifeTime> {
    let &[y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, b'T', h0, h1, b':', mi0, mi1, b':', s0, s1, b'Z'] =
        text
    else {
        return None;
    };
    let (year, month, day) = (number(&[y0, y1, y2, y3])?, number(&[mo0, mo1])?, number(&[d0, d1])?);
    let (hour, minute, second) = (number(&[h0, h1])?, number(&[mi0, mi1])?, number(&[s0, s1])?);
    let month_before = usize::try_from(month.checked_sub(1)?).ok()?;
    let days_in_month = month_days(year).nth(month_before)?;
    if year < 1970 || day == 0 || day > days_in_month || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let months: u64 = month_days(year).take(month_before).fold(0, u64::saturating_add);
    let days = days_before(year).checked_add(months)?.checked_add(day.checked_sub(1)?)?;
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    let seconds = minutes.checked_mul(60)?.checked_add(second)?;
    days.checked_mul(DAY_S)?.checked_add(seconds).and_then(MukLifeTime::from_unix_seconds)
}

/// The number that `digits` spell.
fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then_some(digit & 0x0F)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::format;

    /// Moments by GNU `date -u -d @N`.
    const MOMENTS: [(u64, &str); 9] = [
        (0, "1970-01-01T00:00:00Z"),
        (68_169_599, "1972-02-28T23:59:59Z"),
        (68_169_600, "1972-02-29T00:00:00Z"),
        (499_165_200, "1985-10-26T09:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (4_294_967_296, "2106-02-07T06:28:16Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ];

    #[test]
    fn moments_read_and_write_as_another_calendar_says() {
        for (seconds, text) in MOMENTS {
            let moment = MukLifeTime::from_unix_seconds(seconds).unwrap();
            assert_eq!(from_date_time(text.as_bytes()), Some(moment), "{text}");
            assert_eq!(format!("{moment:?}"), text);
        }
        assert_eq!(MukLifeTime::from_unix_seconds(LAST_S + 1), None);
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        for day in 0..800 * 366 {
            let moment = MukLifeTime::from_unix_seconds(day * DAY_S + 1).unwrap();
            assert_eq!(from_date_time(format!("{moment:?}").as_bytes()), Some(moment));
        }
    }
}
