//! The raw record behind a verdict, read again from its file and laid out for reading.

use sha2::{Digest as _, Sha256};

use crate::format::git_bundle;
use crate::model::place::{Base, Part, hex};
use crate::protocol::{Address, Raw, RawLine};
use crate::source::intake::Root;
use crate::source::{ByteSource, Limits};
use crate::store::{File, Place, RecordId, RecordRow, Statement, Store};

/// How many bytes of a record are shown.
const MOST_BYTES: u64 = 512 << 10;
/// How many bytes of a record are read to find a statement in it.
const MOST_STATEMENT: u64 = 64 << 20;
/// How many lines of a record are shown.
const MOST_LINES: usize = 4000;
/// How many bytes of a line are shown.
const MOST_LINE: usize = 4000;

/// Reads the record at an address again.
pub fn raw(store: &Store, roots: &[Root], limits: &Limits, address: &Address) -> Result<Raw, String> {
    let place = Place { record: RecordId(address.record), part: None };
    let (file, _, record) = store.locate(place).ok_or("there is no such record")?;
    let (offset, length) = (record.at.start, u64::from(record.at.length));
    let bytes = bytes_of(file, record, roots, limits, MOST_BYTES)?;
    let is_cut = bytes.len() as u64 > MOST_BYTES || length > MOST_BYTES;
    let shown = &bytes[..bytes.len().min(usize::try_from(MOST_BYTES).unwrap_or(usize::MAX))];
    let text = String::from_utf8_lossy(shown);
    let marked = part_range(&text, address).unwrap_or((0, 0));
    let is_json = text.trim_start().starts_with(['{', '[']);
    let is_laid_out = is_json && text.lines().count() < 3;
    let first = match record.at.base {
        Base::Line(line) | Base::Row(line) | Base::ObjectLine(_, line) if !is_laid_out => u64::from(line),
        _ => 1,
    };
    let (lines, lines_cut) =
        if is_laid_out { lay_out(&text, marked) } else { as_written(&text, marked, first) };
    Ok(Raw {
        file: file.path.clone(),
        sha256: file.sha256.map(|digest| hex(&digest)).unwrap_or_default(),
        format: file.title.to_owned(),
        pointer: pointer(&record.at.pointer(None), address),
        offset,
        length: bytes.len() as u64,
        lines,
        is_laid_out,
        is_cut: is_cut || lines_cut,
    })
}

/// Reads the bytes of a record again, at most so many where it is a range of its file.
fn bytes_of(
    file: &File,
    record: RecordRow,
    roots: &[Root],
    limits: &Limits,
    most: u64,
) -> Result<Vec<u8>, String> {
    let origin = file.origin.as_ref().ok_or("the file of this record was not kept")?;
    let mut source = origin.reopen(roots, limits).map_err(|problem| problem.found)?;
    let object = |source, id| git_bundle::read_object(source, id, limits).map_err(|problem| problem.found);
    match record.at.base {
        Base::Object(id) => object(source, &id),
        Base::ObjectLine(id, line) => {
            let object = object(source, &id)?;
            let wanted = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
            Ok(object.split(|byte| *byte == b'\n').nth(wanted).unwrap_or_default().to_vec())
        }
        Base::Whole | Base::Element(_) | Base::Member(..) | Base::Line(_) | Base::Row(_) => {
            read(source.as_mut(), record.at.start, u64::from(record.at.length).min(most))
        }
    }
}

/// Reads the text of the bundle's policy file again; `None` where it cannot be read or is no text.
pub fn policy_text(store: &Store, roots: &[Root], limits: &Limits) -> Option<String> {
    let is_policy = |record: &&RecordRow| {
        store.files.get(record.file.index()).is_some_and(|file| file.format == "policy")
    };
    let record = *store.records.iter().find(is_policy)?;
    let file = store.files.get(record.file.index())?;
    String::from_utf8(bytes_of(file, record, roots, limits, MOST_STATEMENT).ok()?).ok()
}

/// Reads the exact text of a statement again: the attestation in its record whose digest is the statement's.
pub fn statement_text(
    store: &Store,
    roots: &[Root],
    limits: &Limits,
    statement: &Statement,
) -> Result<String, String> {
    let place = Place { record: statement.place.record, part: None };
    let (file, _, record) = store.locate(place).ok_or("there is no such record")?;
    let bytes = bytes_of(file, record, roots, limits, MOST_STATEMENT)?;
    let text = String::from_utf8(bytes).map_err(|error| format!("the record is no text: {error}"))?;
    let is_it = |text: &str| Sha256::digest(text.as_bytes()).as_slice() == statement.digest;
    let whole = text.trim();
    if is_it(whole) {
        return Ok(whole.to_owned());
    }
    let parts = crate::verify::split(&text);
    parts
        .into_iter()
        .find(|part| is_it(part))
        .ok_or_else(|| "the statement is not in its record any more".to_owned())
}

fn pointer(base: &str, address: &Address) -> String {
    let space = if base.is_empty() || base.starts_with('/') { "" } else { " " };
    match (address.key.as_str(), address.index) {
        ("", _) => base.to_owned(),
        (key, Some(index)) => format!("{base}{space}/{key}/{index}"),
        (key, None) => format!("{base}{space}/{key}"),
    }
}

pub(super) fn read(source: &mut dyn ByteSource, offset: u64, length: u64) -> Result<Vec<u8>, String> {
    let left = source.length().saturating_sub(offset).min(length);
    let mut bytes = vec![0; usize::try_from(left).unwrap_or(0)];
    let mut got = 0;
    while got < bytes.len() {
        let count = source.read_at(offset + got as u64, &mut bytes[got..]).map_err(|error| error.0)?;
        if count == 0 {
            break;
        }
        got += count;
    }
    bytes.truncate(got);
    Ok(bytes)
}

/// Returns the range of bytes of the part of a JSON record that an address names.
fn part_range(text: &str, address: &Address) -> Option<(usize, usize)> {
    if address.key.is_empty() {
        return None;
    }
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    let mut range = scan.value()?;
    for key in address.key.split('/') {
        range = scan.member(range, key)?;
    }
    match address.index {
        Some(index) => scan.element(range, index),
        None => Some(range),
    }
}

/// Finds parts of a JSON text by scanning; broken text finds nothing.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn space(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Option<(usize, usize)> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some((start, self.at))
    }

    /// Passes over a value and returns its range.
    fn value(&mut self) -> Option<(usize, usize)> {
        self.space();
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                _ if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    while self
                        .bytes
                        .get(self.at)
                        .is_some_and(|b| !matches!(b, b',' | b'}' | b']') && !b.is_ascii_whitespace())
                    {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                // A bracket that closes nothing is no value.
                return (self.at > start).then_some((start, self.at));
            }
        }
    }

    fn member(&mut self, object: (usize, usize), wanted: &str) -> Option<(usize, usize)> {
        self.at = object.0;
        if self.bytes.get(self.at) != Some(&b'{') {
            return None;
        }
        self.at += 1;
        loop {
            self.space();
            match self.bytes.get(self.at)? {
                b',' => self.at += 1,
                b'"' => {
                    let (start, end) = self.string()?;
                    self.space();
                    self.at += 1;
                    let value = self.value()?;
                    if &self.bytes[start + 1..end - 1] == wanted.as_bytes() {
                        return Some(value);
                    }
                }
                _ => return None,
            }
        }
    }

    fn element(&mut self, array: (usize, usize), wanted: u32) -> Option<(usize, usize)> {
        self.at = array.0;
        if self.bytes.get(self.at) != Some(&b'[') {
            return Some(array);
        }
        self.at += 1;
        let mut index = 0;
        loop {
            self.space();
            match self.bytes.get(self.at)? {
                b',' => self.at += 1,
                b']' => return None,
                _ => {
                    let value = self.value()?;
                    if index == wanted {
                        return Some(value);
                    }
                    index += 1;
                }
            }
        }
    }
}

fn line(number: u64, text: &str, is_marked: bool) -> RawLine {
    let cut = text.char_indices().nth(MOST_LINE).map_or(text.len(), |(at, _)| at);
    let mut text_shown = text[..cut].to_owned();
    if cut < text.len() {
        text_shown.push('…');
    }
    RawLine { number, text: text_shown, is_marked }
}

fn as_written(text: &str, marked: (usize, usize), first: u64) -> (Vec<RawLine>, bool) {
    let mut lines = Vec::new();
    let mut at = 0;
    for (index, row) in text.split('\n').enumerate() {
        if lines.len() == MOST_LINES {
            return (lines, true);
        }
        let end = at + row.len();
        let is_marked = marked.0 < marked.1 && at < marked.1 && end > marked.0;
        lines.push(line(first + index as u64, row.trim_end_matches('\r'), is_marked));
        at = end + 1;
    }
    if lines.last().is_some_and(|last| last.text.is_empty()) && lines.len() > 1 {
        lines.pop();
    }
    (lines, false)
}

/// Lays JSON out with one member or element on each line; nothing else of the text is changed.
fn lay_out(text: &str, marked: (usize, usize)) -> (Vec<RawLine>, bool) {
    let mut out =
        Layout { lines: Vec::new(), current: String::new(), depth: 0, is_marked: false, is_cut: false };
    let bytes = text.as_bytes();
    let mut scan = Scan { bytes, at: 0 };
    while let Some(&byte) = bytes.get(scan.at) {
        let start = scan.at;
        let is_marked = marked.0 <= start && start < marked.1;
        match byte {
            b'"' => {
                if scan.string().is_none() {
                    scan.at = bytes.len();
                }
                out.push(text.get(start..scan.at).unwrap_or_default(), is_marked);
            }
            b'{' | b'[' => {
                scan.at += 1;
                scan.space();
                let closing = bytes.get(scan.at).copied();
                if matches!(closing, Some(b'}' | b']')) {
                    scan.at += 1;
                    out.push(if byte == b'{' { "{}" } else { "[]" }, is_marked);
                } else {
                    out.push(if byte == b'{' { "{" } else { "[" }, is_marked);
                    out.end_line(1);
                }
            }
            b'}' | b']' => {
                out.end_line(-1);
                out.push(if byte == b'}' { "}" } else { "]" }, is_marked);
                scan.at += 1;
            }
            b',' => {
                out.push(",", is_marked);
                out.end_line(0);
                scan.at += 1;
            }
            b':' => {
                out.push(": ", is_marked);
                scan.at += 1;
            }
            _ if byte.is_ascii_whitespace() => scan.at += 1,
            _ => {
                while bytes.get(scan.at).is_some_and(|b| {
                    !matches!(b, b',' | b'}' | b']' | b':' | b'"' | b'{' | b'[') && !b.is_ascii_whitespace()
                }) {
                    scan.at += 1;
                }
                out.push(text.get(start..scan.at).unwrap_or_default(), is_marked);
            }
        }
        if out.is_cut {
            break;
        }
    }
    out.end_line(0);
    (out.lines, out.is_cut)
}

struct Layout {
    lines: Vec<RawLine>,
    current: String,
    depth: usize,
    is_marked: bool,
    is_cut: bool,
}

impl Layout {
    fn push(&mut self, text: &str, is_marked: bool) {
        if self.current.is_empty() {
            self.current = "  ".repeat(self.depth.min(60));
        }
        self.current.push_str(text);
        self.is_marked |= is_marked;
    }

    fn end_line(&mut self, deeper: i8) {
        if !self.current.is_empty() {
            if self.lines.len() == MOST_LINES {
                self.is_cut = true;
                return;
            }
            self.lines.push(line(self.lines.len() as u64 + 1, &self.current, self.is_marked));
        }
        self.current.clear();
        self.is_marked = false;
        match deeper {
            1 => self.depth += 1,
            -1 => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

impl From<Place> for Address {
    fn from(place: Place) -> Self {
        let (key, index) = match place.part {
            Some(Part { key, index }) => (key.to_owned(), index),
            None => (String::new(), None),
        };
        Self { record: place.record.0, key, index }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(key: &str, index: Option<u32>) -> Address {
        Address { record: 0, key: key.into(), index }
    }

    #[test]
    fn the_part_that_was_asked_for_is_marked() {
        let text = r#"{"number":7,"reviews":[{"state":"COMMENTED"},{"state":"APPROVED","commit":{"oid":"88d"}}],"x":"a,]b"}"#;
        let range = part_range(text, &address("reviews", Some(1))).unwrap();
        assert_eq!(&text[range.0..range.1], r#"{"state":"APPROVED","commit":{"oid":"88d"}}"#);
        let (lines, is_cut) = lay_out(text, range);
        assert!(!is_cut);
        let marked: Vec<&str> =
            lines.iter().filter(|line| line.is_marked).map(|line| line.text.trim()).collect();
        assert_eq!(marked, ["{", "\"state\": \"APPROVED\",", "\"commit\": {", "\"oid\": \"88d\"", "}", "}"]);
        assert_eq!(lines.last().map(|line| line.text.as_str()), Some("}"));
    }

    #[test]
    fn a_broken_record_is_shown_as_it_is() {
        assert_eq!(part_range("{\"reviews\":[", &address("reviews", Some(0))), None);
        let (lines, _) = lay_out("{\"a\":[1,", (0, 0));
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn a_field_is_found_through_nested_keys() {
        let text = r#"{"a":{"b":{"c":12}}}"#;
        let range = part_range(text, &address("a/b", None)).unwrap();
        assert_eq!(&text[range.0..range.1], r#"{"c":12}"#);
    }
}
