//! A JSON document that is held whole and read by need: checked once, then picked from without a copy.

use serde_json::value::RawValue;

use super::Context;
use crate::model::{At, Base};
use crate::problem::{Kind, Problem, Spot};

/// How many items of one file are kept: findings, components, fields. What is over it is told, and nothing that rests on
/// the whole list follows.
pub(super) const MOST_ITEMS: usize = 200_000;

/// A document that is JSON.
pub(super) struct Document<'a> {
    /// The value at the root.
    pub root: &'a RawValue,
    text: &'a str,
    /// Bytes in front of the text: a byte order mark.
    before: u64,
}

impl<'a> Document<'a> {
    /// Checks that bytes are one JSON value.
    ///
    /// # Errors
    /// When they are not UTF-8 or not JSON, with the line.
    pub fn new(bytes: &'a [u8], _context: &Context<'_>) -> Result<Self, Problem> {
        let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let before = (bytes.len() - bare.len()) as u64;
        let text = std::str::from_utf8(bare).map_err(|error| {
            let at = Spot { offset: before + error.valid_up_to() as u64, ..Spot::file() };
            Problem::error(Kind::InvalidUtf8, "bytes that are not UTF-8; nothing was read").at(at)
        })?;
        let root = serde_json::from_str(text).map_err(|error| {
            let at = Spot { line: error.line() as u64, ..Spot::file() };
            Problem::error(Kind::Malformed, format!("broken JSON: {error}")).at(at).expected("one JSON value")
        })?;
        Ok(Self { root, text, before })
    }

    /// Returns the place of a value of the document.
    pub fn at(&self, base: Base, raw: &RawValue) -> At {
        let start = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        At::new(base, self.before + start as u64, raw.get().len() as u64)
    }

    /// Returns the problem that more items than are kept stand at a place.
    pub fn too_many(&self, at: &At, of: &str) -> Problem {
        Problem::error(Kind::OverLimit, format!("more than {MOST_ITEMS} {of}; further ones were not read"))
            .expected("smaller documents")
            .at(Spot::pointer(at.pointer(None), at.start))
    }
}
