//! Words and numbers that more than one screen shows, and how hostile text is made visible.

use crate::problem::is_invisible;

/// Returns `text` with control characters and those that change how others are shown written out as `\u{…}`.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() && c != '\t') || is_invisible(c) {
            for escaped in c.escape_unicode() {
                out.push(escaped);
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Returns a count with a comma between thousands: `1,204`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns a count with its noun, which takes an `s` when it is not one: `3 files`.
pub fn count(value: u64, noun: &str) -> String {
    let ending = if value == 1 { "" } else { "s" };
    [number(value).as_str(), " ", noun, ending].concat()
}

/// Returns a size in bytes with three figures at most: `41 MB`, `1.2 GB`.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if value < 1000 {
        return count(value, "byte");
    }
    let mut unit = 1000_u64;
    let mut name = UNITS[0];
    for next in &UNITS[1..] {
        if value / unit < 1000 {
            break;
        }
        unit *= 1000;
        name = next;
    }
    let whole = value / unit;
    let tenth = value % unit * 10 / unit;
    if whole < 10 && tenth > 0 {
        [&whole.to_string(), ".", &tenth.to_string(), " ", name].concat()
    } else {
        [&whole.to_string(), " ", name].concat()
    }
}

/// Returns `part` of `whole` in whole percent, rounded; never 0 or 100 unless it is exactly that.
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 || part == 0 {
        return 0;
    }
    if part >= whole {
        return 100;
    }
    let rounded = part.saturating_mul(200).saturating_add(whole) / whole.saturating_mul(2);
    rounded.clamp(1, 99)
}

/// Returns a width for a style property: `part` of `whole` in percent with two decimals.
pub fn width(part: u64, whole: u64) -> String {
    let hundredths = part.min(whole).saturating_mul(10_000) / whole.max(1);
    let rest = hundredths % 100;
    let point = if rest < 10 { ".0" } else { "." };
    [(hundredths / 100).to_string().as_str(), point, &rest.to_string(), "%"].concat()
}

/// Returns the first and last four digits of a digest: `9f3c…e201`.
pub fn short_hash(hash: &str) -> String {
    match (hash.get(..4), hash.get(hash.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if hash.len() > 12 => [first, "…", last].concat(),
        _ => hash.to_owned(),
    }
}

/// Returns the parts that are not empty, with ` · ` between them.
pub fn dotted(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push_str(" · ");
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn sizes_are_rounded_down_to_three_figures() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_240), "1.2 KB");
        assert_eq!(bytes(41_900_000), "41 MB");
        assert_eq!(bytes(5_000_000_000), "5 GB");
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        assert_eq!(percent(1, 10_000), 1);
        assert_eq!(percent(9_999, 10_000), 99);
        assert_eq!(percent(194, 341), 57);
        assert_eq!(percent(0, 0), 0);
        assert_eq!(width(1, 3), "33.33%");
        assert_eq!(width(5, 0), "0.00%");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(visible("a\u{202e}b\u{0}\tc"), "a\\u{202e}b\\u{0}\tc");
    }
}
