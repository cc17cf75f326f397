//! The identity of RFC 6509 §3.2: a telephone number with the month of its keys.
//!
//! ```text
//! "YYYY-MM" || 00 || "tel:+447700900123" || 00
//! ```
//!
//! Old peers and the published vectors use it; the profile of mission-critical services does not.

use super::error::McxError;
use super::ntp::Ntp64;

/// Most octets: as an integer the identity stays below the order of the group (RFC 6508 §2.2).
pub const MAX_TEL_ID_LEN: usize = 127;

/// Seconds of a day.
const DAY_S: u64 = 86_400;

/// Days of 400 years from a 1st of March on.
const CYCLE_DAYS: u64 = 146_097;

/// Days from 0000-03-01 to 1900-01-01.
const DAYS_TO_1900: u64 = 693_901;

/// A month of the calendar, whose keys are dated by it (RFC 6509 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TelMonth {
    year: u16,
    month: u8,
}

/// The identity of a telephone number in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelId {
    octets: [u8; MAX_TEL_ID_LEN],
    len: usize,
}

impl TelMonth {
    /// The month of `time`, UTC.
    ///
    /// # Errors
    ///
    /// [`McxError::Malformed`] behind the year 9999.
    pub fn of(time: Ntp64) -> Result<Self, McxError> {
        date(time).map(|(month, _)| month)
    }

    /// The month behind this one.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.month >= 12 {
            Self { year: self.year.saturating_add(1), month: 1 }
        } else {
            Self { year: self.year, month: self.month.saturating_add(1) }
        }
    }

    /// Whether keys of this month are taken at `now`: from the second-last day of the month before to the second day of
    /// the month behind (RFC 6509 §3.3).
    ///
    /// # Errors
    ///
    /// [`McxError::Malformed`] behind the year 9999.
    pub fn is_accepted(self, now: Ntp64) -> Result<bool, McxError> {
        let (current, day) = date(now)?;
        let (in_two_days, _) = date(now.after_s(DAY_S.saturating_mul(2)))?;
        Ok(self == current || self.next() == current && day <= 2 || self == in_two_days)
    }
}

impl TelId {
    /// The identity of `tel`, a `tel` URI in global notation without separators or parameters, in `month`.
    ///
    /// # Errors
    ///
    /// [`McxError::Malformed`] for another form of URI, or one that is too long.
    pub fn new(tel: &str, month: TelMonth) -> Result<Self, McxError> {
        let digits = tel.strip_prefix("tel:+").ok_or(McxError::Malformed)?;
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(McxError::Malformed);
        }
        let digit = |number: u16, unit: u16| {
            u8::try_from(number.checked_div(unit).unwrap_or(0) % 10).unwrap_or(0) | b'0'
        };
        let (year, number) = (month.year, u16::from(month.month));
        let date = [
            digit(year, 1000),
            digit(year, 100),
            digit(year, 10),
            digit(year, 1),
            b'-',
            digit(number, 10),
            digit(number, 1),
            0,
        ];
        let mut id = Self { octets: [0; MAX_TEL_ID_LEN], len: 0 };
        let mut room = id.octets.iter_mut();
        for octet in date.into_iter().chain(tel.bytes()).chain([0]) {
            *room.next().ok_or(McxError::Malformed)? = octet;
            id.len = id.len.saturating_add(1);
        }
        Ok(id)
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

/// Month and day, counted from 1, of `time`.
fn date(time: Ntp64) -> Result<(TelMonth, u64), McxError> {
    // Years are counted from March on, so that a leap day is the last day of its year.
    let days = (time.seconds / DAY_S).saturating_add(DAYS_TO_1900);
    let (cycle, day) = (days / CYCLE_DAYS, days % CYCLE_DAYS);
    let leaps = (day / 1460).saturating_add(day / 146_096).saturating_sub(day / 36_524);
    let year_of_cycle = day.saturating_sub(leaps) / 365;
    let before = year_of_cycle
        .saturating_mul(365)
        .saturating_add(year_of_cycle / 4)
        .saturating_sub(year_of_cycle / 100);
    let day_of_year = day.saturating_sub(before);
    let month_from_march = day_of_year.saturating_mul(5).saturating_add(2) / 153;
    let day_of_month = day_of_year
        .saturating_sub(month_from_march.saturating_mul(153).saturating_add(2) / 5)
        .saturating_add(1);
    let (month, carry) = if month_from_march < 10 {
        (month_from_march.saturating_add(3), 0)
    } else {
        (month_from_march.saturating_sub(9), 1)
    };
    let year = cycle.saturating_mul(400).saturating_add(year_of_cycle).saturating_add(carry);
    let year = u16::try_from(year).ok().filter(|year| *year <= 9999).ok_or(McxError::Malformed)?;
    let month = u8::try_from(month).map_err(|_| McxError::Malformed)?;
    Ok((TelMonth { year, month }, day_of_month))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn month(year: u16, month: u8) -> TelMonth {
        TelMonth { year, month }
    }

    #[test]
    fn days_of_the_calendar_are_those_that_other_software_gives() {
        // Seconds from `date -u -d DAY +%s`.
        let rows = [
            (951_782_400, 2000, 2, 29),
            (951_868_800, 2000, 3, 1),
            (1_709_164_800, 2024, 2, 29),
            (1_735_603_200, 2024, 12, 31),
            (1_735_689_600, 2025, 1, 1),
            (4_107_456_000, 2100, 2, 28),
            (4_107_542_400, 2100, 3, 1),
        ];
        for (unix, year, number, day) in rows {
            assert_eq!(date(Ntp64::from_unix(unix)), Ok((month(year, number), day)), "{unix}");
        }
        assert_eq!(date(Ntp64::from_seconds(0)), Ok((month(1900, 1), 1)));
        assert_eq!(date(Ntp64::from_seconds(u64::MAX)), Err(McxError::Malformed));
    }

    #[test]
    fn keys_of_a_month_are_taken_from_two_days_before_it_to_two_days_behind_it() {
        // 2025-02-27 .. 2025-04-03, noon.
        let noon = |day: u64| Ntp64::from_unix(1_740_614_400 + 43_200 + 86_400 * day);
        let march = month(2025, 3);
        let taken: std::vec::Vec<bool> = (0..38).map(|day| march.is_accepted(noon(day)).unwrap()).collect();
        // 27 and 28 February, all of March, 1 and 2 April.
        let expected: std::vec::Vec<bool> = (0..38).map(|day| day < 2 + 31 + 2).collect();
        assert_eq!(taken, expected);
        assert!(!march.is_accepted(Ntp64::from_unix(1_740_614_400 - 1)).unwrap());
    }

    #[test]
    fn the_identity_of_the_appendices_is_made_and_other_forms_are_refused() {
        let id = TelId::new("tel:+447700900123", month(2011, 2)).unwrap();
        assert_eq!(id.octets(), b"2011-02\0tel:+447700900123\0");
        for tel in ["tel:447700900123", "tel:+44-7700", "tel:+", "sip:+44", "tel:+44;ext=1", "tel:+4 4"] {
            assert_eq!(TelId::new(tel, month(2011, 2)), Err(McxError::Malformed), "{tel}");
        }
        let tel = |digits: usize| std::format!("tel:+{}", "7".repeat(digits));
        assert_eq!(TelId::new(&tel(113), month(2011, 2)).unwrap().octets().len(), MAX_TEL_ID_LEN);
        assert_eq!(TelId::new(&tel(114), month(2011, 2)), Err(McxError::Malformed));
    }

    extern crate std;
}
