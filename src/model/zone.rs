//! Zones as fixed offsets from UTC, and dates that are stated with one or without.
//!
//! A zone by name would need a database that changes with law; two versions of it would give two results. So only an
//! offset names a zone.

use std::fmt;

use serde::{Serialize, Serializer};

use super::moment::Moment;

/// A fixed offset from UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    minutes: i32,
}

impl Zone {
    /// UTC itself.
    pub const UTC: Self = Self { minutes: 0 };

    /// Parses `UTC`, `Z`, or an offset up to 18 hours: `+02:00`, `-0530`, `+02`.
    pub fn parse(text: &str) -> Option<Self> {
        if matches!(text, "UTC" | "Z") {
            return Some(Self::UTC);
        }
        let (sign, rest) = match text.strip_prefix('+') {
            Some(rest) => (1, rest),
            None => (-1, text.strip_prefix('-')?),
        };
        let digits = rest.replacen(':', "", 1);
        if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (hours, minutes) = digits.split_at(2);
        let hours: i32 = hours.parse().ok()?;
        let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= 18 * 60).then_some(Self { minutes: sign * total })
    }

    const fn millis(self) -> i64 {
        self.minutes as i64 * 60_000
    }

    /// Returns the month of a moment in this zone, as [`Moment::month`] counts.
    pub fn month(self, at: Moment) -> i32 {
        Moment::from_millis(at.millis().saturating_add(self.millis())).month()
    }

    /// Returns the first moment of a month in this zone.
    pub fn start_of_month(self, month: i32) -> Moment {
        let start = Moment::parse(&format!("{}-01", Moment::month_label(month)));
        Moment::from_millis(start.map_or(0, Moment::millis).saturating_sub(self.millis()))
    }
}

impl fmt::Display for Zone {
    /// Writes `UTC` or `+02:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.minutes == 0 {
            return f.write_str("UTC");
        }
        let sign = if self.minutes < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", self.minutes.abs() / 60, self.minutes.abs() % 60)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A date or time as somebody states it, with a zone or to be read in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// As if it were UTC, where no zone is stated.
    moment: Moment,
    has_zone: bool,
}

impl Stated {
    /// Parses RFC 3339, the same without a zone, or a bare date.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 10 {
            if let Some(moment) = Moment::parse(&format!("{text}Z")) {
                return Some(Self { moment, has_zone: false });
            }
            return Moment::parse(text).map(|moment| Self { moment, has_zone: true });
        }
        Moment::parse(text).map(|moment| Self { moment, has_zone: false })
    }

    /// Returns the moment, read in a zone where none is stated.
    pub const fn within(self, zone: Zone) -> Moment {
        if self.has_zone {
            return self.moment;
        }
        Moment::from_millis(self.moment.millis().saturating_sub(zone.millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_and_written() {
        for (text, shown) in
            [("UTC", "UTC"), ("Z", "UTC"), ("+02", "+02:00"), ("-0530", "-05:30"), ("+14:00", "+14:00")]
        {
            assert_eq!(Zone::parse(text).map(|zone| zone.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in ["", "2", "+2", "+19", "+02:60", "Europe/Berlin", "+0a:00", "+02:00:00"] {
            assert_eq!(Zone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_states_no_zone_is_read_in_one() {
        let berlin = Zone::parse("+02:00").expect("a zone");
        let at = |text: &str| Stated::parse(text).map(|stated| stated.within(berlin).to_string());
        assert_eq!(at("2026-07-01").as_deref(), Some("2026-06-30T22:00:00Z"));
        assert_eq!(at("2026-07-01T09:00:00").as_deref(), Some("2026-07-01T07:00:00Z"));
        assert_eq!(at("2026-07-01T09:00:00Z").as_deref(), Some("2026-07-01T09:00:00Z"));
        assert_eq!(at("2026-07-01T09:00:00+05:00").as_deref(), Some("2026-07-01T04:00:00Z"));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn months_begin_at_midnight_of_the_zone() {
        let zone = Zone::parse("+02:00").expect("a zone");
        let start = zone.start_of_month(2026 * 12 + 6);
        assert_eq!(start.to_string(), "2026-06-30T22:00:00Z");
        assert_eq!(zone.month(start), 2026 * 12 + 6);
        assert_eq!(zone.month(Moment::from_millis(start.millis() - 1)), 2026 * 12 + 5);
    }
}
