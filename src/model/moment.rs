//! Points in time, as evidence states them.

use std::fmt;

/// A point in time in milliseconds since 1970-01-01T00:00:00Z.
///
/// Sub-millisecond digits of an export are cut; results never depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// Returns the moment of a count of milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the moment of a count of seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Parses RFC 3339, with or without a zone's minutes, or a bare `YYYY-MM-DD` (midnight UTC).
    pub fn parse(text: &str) -> Option<Self> {
        fast(text.as_bytes()).or_else(|| slow(text)).map(Self)
    }

    /// Returns milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the milliseconds from `earlier` to `self`, negative when `self` is earlier.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns `YYYY-MM-DD` in UTC.
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// Returns months since year 0 in UTC, so that consecutive months are consecutive numbers.
    pub fn month(self) -> i32 {
        let (year, month, _) = civil(self.0.div_euclid(86_400_000));
        i32::try_from(year).unwrap_or(0) * 12 + i32::from(month) - 1
    }

    /// Returns `YYYY-MM` of a month number of [`Self::month`].
    pub fn month_label(month: i32) -> String {
        format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
    }
}

impl fmt::Display for Moment {
    /// Writes RFC 3339 in UTC, to the second: `2026-08-14T09:41:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(86_400_000));
        let second = self.0.rem_euclid(86_400_000) / 1000;
        let Some(century) = u8::try_from(year / 100).ok().filter(|century| year >= 0 && *century < 100)
        else {
            let (hour, minute) = (second / 3600, second / 60 % 60);
            return write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60);
        };
        // Lists write hundreds of thousands of times: each pair of digits is put in its place.
        let narrow = |value: i64| u8::try_from(value).unwrap_or(0);
        let mut text = *b"0000-00-00T00:00:00Z";
        let pairs = [
            (0, century),
            (2, narrow(year % 100)),
            (5, month),
            (8, day),
            (11, narrow(second / 3600)),
            (14, narrow(second / 60 % 60)),
            (17, narrow(second % 60)),
        ];
        for (at, value) in pairs {
            text[at] = b'0' + value / 10;
            text[at + 1] = b'0' + value % 10;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Parses the one shape that forges write, `YYYY-MM-DDTHH:MM:SSZ`, without the cost of a general parser.
fn fast(text: &[u8]) -> Option<i64> {
    if text.len() != 20 || text[19] != b'Z' || text[10] != b'T' || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    if text[13] != b':' || text[16] != b':' {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .try_fold(0i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Dates that need care (29 February, leap seconds) are left to the library.
    if !(1..=12).contains(&month) || !(1..=28).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1000)
}

fn slow(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    // The library takes a date from a date with a time and no zone; such a time names no moment.
    let date = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == 10)?;
    let moment = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(moment.timestamp().as_millisecond())
}

/// Returns days since the epoch of a date in the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Returns year, month and day of days since the epoch: the inverse of [`days`].
fn civil(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forge_and_git_spellings_name_the_same_moment() {
        let utc = Moment::parse("2026-08-14T09:41:00Z");
        assert_eq!(utc, Moment::parse("2026-08-14T11:41:00+02:00"));
        assert_eq!(utc, Moment::parse("2026-08-14T09:41:00.000Z"));
        assert_eq!(utc.map(|m| m.to_string()).as_deref(), Some("2026-08-14T09:41:00Z"));
        assert_eq!(
            Moment::parse("2026-08-14").map(|m| m.to_string()).as_deref(),
            Some("2026-08-14T00:00:00Z")
        );
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in [
            "",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "yesterday",
            "2026-08-14T24:00:00Z",
            "2026-08-14T09:41:00",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn months_are_consecutive() {
        let month = |text| Moment::parse(text).map(Moment::month);
        assert_eq!(month("2026-01-01T00:00:00Z"), month("2025-12-31T23:59:59Z").map(|m| m + 1));
        assert_eq!(month("2026-08-14T09:41:00Z").map(Moment::month_label).as_deref(), Some("2026-08"));
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_library(seconds in -2_000_000_000i64..4_000_000_000) {
            let text = Moment::from_seconds(seconds).to_string();
            prop_assert_eq!(slow(&text), Some(seconds * 1000));
            prop_assert_eq!(Moment::parse(&text), Some(Moment::from_seconds(seconds)));
        }
    }
}
