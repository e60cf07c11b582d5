//! Reads a record although some of its fields are of another type than its format gives them.
//!
//! The parser says where it failed; the field there is found and replaced in a copy of the record, first by the same
//! text or number in the other notation, then by null, by an empty object, by an empty list, until the record parses. Each
//! replacement is one problem that names the field.

use serde::Deserialize;

use super::TakeRecord;
use crate::model::At;
use crate::problem::{Kind, Problem, Spot, quote};

/// At most so many fields of one record are replaced.
const MOST_FIELDS: usize = 16;

/// A value inside a record: its JSON pointer and its bytes.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    pointer: String,
    start: usize,
    end: usize,
}

/// Replaces fields of `record` until it parses as `T` takes it; returns the repaired copy and one problem for each field.
///
/// # Errors
/// When the record cannot be read in this way: the first error of the parser, as a problem.
pub(super) fn repair<T: TakeRecord>(
    record: &[u8],
    at: &At,
    first: &serde_json::Error,
) -> Result<(Vec<u8>, Vec<Problem>), Problem> {
    let refuse = || malformed(record, at, first);
    let mut copy = record.to_vec();
    let mut problems = Vec::new();
    // How much longer the copy is than the record, in front of the fields still to come.
    let mut longer = 0i64;
    let mut error = error_of::<T>(&copy);
    while let Some(current) = error {
        if problems.len() == MOST_FIELDS || !is_repairable(&current) {
            return Err(refuse());
        }
        let place = locate(&copy, offset_of(&copy, &current)).ok_or_else(refuse)?;
        if place.pointer.is_empty() {
            return Err(refuse());
        }
        let (next, patched, replaced_by) = replace::<T>(&copy, &place).ok_or_else(refuse)?;
        problems.push(wrong_type(&copy, at, &place, longer, &current, &replaced_by));
        longer += patched.len() as i64 - copy.len() as i64;
        copy = patched;
        error = next;
    }
    Ok((copy, problems))
}

/// Returns why the bytes are no record that `T` takes, or `None` when they are.
fn error_of<T: TakeRecord>(bytes: &[u8]) -> Option<serde_json::Error> {
    T::Value::deserialize(&mut serde_json::Deserializer::from_slice(bytes)).err()
}

/// Returns whether replacing one field can help: the syntax is whole, only a value is not what is due.
fn is_repairable(error: &serde_json::Error) -> bool {
    let text = error.to_string();
    let is_doubled = text.starts_with("duplicate field");
    (error.is_data() && !is_doubled) || text.contains("surrogate") || text.contains("hex escape")
}

/// Returns the problem of a record that is lost.
pub(super) fn malformed(record: &[u8], at: &At, error: &serde_json::Error) -> Problem {
    let offset = offset_of(record, error);
    let mut pointer = at.pointer(None);
    if let Some(place) = locate(record, offset) {
        join(&mut pointer, &place.pointer);
    }
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default().to_owned();
    let spot = Spot::pointer(pointer, at.start + offset as u64);
    if what.starts_with("recursion limit") {
        return Problem::error(Kind::OverLimit, "a record that is nested too deep; it was skipped")
            .expected("at most 128 levels (nesting)")
            .at(spot);
    }
    let kind = if error.is_data() && !what.starts_with("duplicate field") {
        Kind::WrongType
    } else {
        Kind::Malformed
    };
    Problem::error(kind, format!("{what}; the record was skipped")).expected("a record as JSON").at(spot)
}

fn wrong_type(
    copy: &[u8],
    at: &At,
    place: &Place,
    longer: i64,
    error: &serde_json::Error,
    replaced_by: &str,
) -> Problem {
    let mut pointer = at.pointer(None);
    join(&mut pointer, &place.pointer);
    let start = (place.start as u64).saturating_add_signed(-longer);
    let shown = copy.get(place.start..place.end.min(place.start + 400)).unwrap_or_default();
    let shown = quote(&String::from_utf8_lossy(shown));
    let found = match replaced_by {
        "null" | "{}" | "[]" => format!("{shown}; the record was read without it"),
        read => format!("{shown}; read as {}", quote(read)),
    };
    let text = error.to_string();
    let expected = text.split(" at line ").next().unwrap_or_default();
    let expected = expected.split_once("expected ").map_or("", |(_, expected)| expected);
    Problem::warning(Kind::WrongType, found)
        .expected(expected)
        .at(Spot::pointer(pointer, at.start.saturating_add(start)))
}

/// Appends a pointer inside the record to the record's own.
fn join(pointer: &mut String, inner: &str) {
    if !pointer.is_empty() && !pointer.starts_with('/') && !inner.is_empty() {
        pointer.push(' ');
    }
    pointer.push_str(inner);
}

/// Replaces one value by the first candidate with which the parser gets further. Returns what is still wrong, the new
/// text and the candidate.
fn replace<T: TakeRecord>(
    copy: &[u8],
    place: &Place,
) -> Option<(Option<serde_json::Error>, Vec<u8>, String)> {
    let value = std::str::from_utf8(copy.get(place.start..place.end)?).ok()?;
    let same = match value.as_bytes().first()? {
        b'"' => {
            let inner = value.trim_matches('"');
            (!inner.is_empty() && inner.len() < 19 && inner.bytes().all(|b| b.is_ascii_digit()))
                .then(|| inner.to_owned())
        }
        b'-' | b'0'..=b'9' => Some(format!("\"{value}\"")),
        _ => None,
    };
    let candidates = same.into_iter().chain(["null", "{}", "[]"].map(str::to_owned));
    for candidate in candidates {
        let mut patched = copy[..place.start].to_vec();
        patched.extend_from_slice(candidate.as_bytes());
        patched.extend_from_slice(&copy[place.end..]);
        let error = error_of::<T>(&patched);
        let is_further = match &error {
            None => true,
            Some(error) => offset_of(&patched, error) > place.start + candidate.len(),
        };
        if is_further {
            return Some((error, patched, candidate));
        }
    }
    None
}

/// Returns the index of the byte at which the parser stopped.
fn offset_of(bytes: &[u8], error: &serde_json::Error) -> usize {
    let mut start = 0;
    for _ in 1..error.line() {
        match memchr::memchr(b'\n', &bytes[start..]) {
            Some(end) => start += end + 1,
            None => break,
        }
    }
    (start + error.column().saturating_sub(1)).min(bytes.len())
}

/// One open object or array of a walk: the key or index of the value that is next or current in it.
struct Level {
    key: Option<String>,
    index: usize,
}

/// Finds the innermost value at `offset`, or the next one behind it, in syntactically whole JSON.
fn locate(bytes: &[u8], offset: usize) -> Option<Place> {
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    let mut expects_key = false;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'{' | b'[' => {
                if at >= offset {
                    return Some(Place { pointer: pointer(&levels), start: at, end: end_of(bytes, at)? });
                }
                levels.push(Level { key: (byte == b'{').then(String::new), index: 0 });
                expects_key = byte == b'{';
                at += 1;
            }
            b'}' | b']' => {
                levels.pop();
                expects_key = false;
                at += 1;
            }
            b',' => {
                let level = levels.last_mut()?;
                level.index += 1;
                expects_key = level.key.is_some();
                at += 1;
            }
            b':' => {
                expects_key = false;
                at += 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'"' if expects_key => {
                let end = end_of(bytes, at)?;
                let key = String::from_utf8_lossy(bytes.get(at + 1..end - 1)?).into_owned();
                levels.last_mut()?.key = Some(key);
                at = end;
            }
            _ => {
                let end = end_of(bytes, at)?;
                if end > offset {
                    return Some(Place { pointer: pointer(&levels), start: at, end });
                }
                at = end;
            }
        }
    }
    None
}

/// Returns the index behind the value that starts at `start`.
fn end_of(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'{' | b'[' => match super::frame::Frame::default().scan(&bytes[start..]) {
            super::frame::Framed::Ends(length) => Some(start + length),
            _ => None,
        },
        b'"' => {
            let mut at = start + 1;
            loop {
                match bytes.get(at)? {
                    b'"' => return Some(at + 1),
                    b'\\' => at += 2,
                    _ => at += 1,
                }
            }
        }
        _ => {
            let rest = &bytes[start..];
            let is_end = |b: &u8| matches!(b, b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\r' | b'\n');
            // At least one byte, so that a walk always gets on.
            Some(start + rest.iter().position(is_end).unwrap_or(rest.len()).max(1))
        }
    }
}

/// Returns the JSON pointer (RFC 6901) of the current value.
fn pointer(levels: &[Level]) -> String {
    let mut out = String::new();
    for level in levels {
        out.push('/');
        match &level.key {
            Some(key) => out.push_str(&key.replace('~', "~0").replace('/', "~1")),
            None => out.push_str(&level.index.to_string()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str, offset: usize) -> String {
        locate(text.as_bytes(), offset).map(|place| place.pointer).unwrap_or_default()
    }

    #[test]
    fn the_value_at_an_offset_has_its_pointer() {
        let text = r#"{"a": 1, "b/c": [true, {"d": "x\"y"}]}"#;
        assert_eq!(at(text, 6), "/a");
        assert_eq!(at(text, text.find("true").unwrap()), "/b~1c/0");
        assert_eq!(at(text, text.find("x\\").unwrap()), "/b~1c/1/d");
        assert_eq!(at(text, text.find('[').unwrap() - 1), "/b~1c");
    }

    proptest! {
        #[test]
        fn looking_for_a_place_never_panics(text in "[\\[\\]{}\",:\\\\ a1\n]{0,60}", offset in 0usize..70) {
            let _ = locate(text.as_bytes(), offset);
        }
    }
}
