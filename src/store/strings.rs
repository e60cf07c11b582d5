//! Interned text: every distinct text once, in one arena.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use hashbrown::HashTable;

/// An interned text; the default is the empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(u32);

impl Text {
    /// The empty text, which means "not said".
    pub const EMPTY: Self = Self(0);

    /// Returns whether it is the empty text.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the position of the text in the order of first sight, for tables by text.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the text at a position.
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(0))
    }
}

/// About how many bytes of an export there are to a new text.
const BYTES_A_TEXT: u64 = 400;

/// Room is made ahead for at most so many texts of one file.
const MOST_EXPECTED: usize = 1 << 20;

/// The arena. Ids are given in the order of first sight, so they never depend on hashing.
#[derive(Clone)]
pub struct Strings {
    bytes: String,
    /// End of each text in `bytes`.
    ends: Vec<u32>,
    /// Short hashes and ids by the hash of their text: a text is only looked at where its short hash fits.
    table: HashTable<(u32, u32)>,
    hasher: foldhash::fast::FixedState,
    /// What [`Self::intern_lower`] returned last: what hangs on one commit names it again and again.
    last: Text,
}

impl Default for Strings {
    fn default() -> Self {
        Self {
            bytes: String::new(),
            ends: vec![0],
            table: HashTable::new(),
            hasher: foldhash::fast::FixedState::default(),
            last: Text::EMPTY,
        }
    }
}

impl Strings {
    /// Makes room for the texts of a file of so many bytes: growing moves all that is there.
    pub fn expect(&mut self, bytes: u64) {
        let texts = usize::try_from(bytes / BYTES_A_TEXT).unwrap_or(usize::MAX).min(MOST_EXPECTED);
        self.table.reserve(texts, |&(short, _)| spread(short));
        self.ends.reserve(texts);
    }

    /// Returns the id of a text, taking it in when it is new. An arena of 4 GiB is full: then the empty text is returned.
    pub fn intern(&mut self, text: &str) -> Text {
        if text.is_empty() {
            return Text::EMPTY;
        }
        let short = self.short_hash(text);
        if let Some(known) = self.lookup(text, short) {
            return known;
        }
        let (Ok(end), Ok(id)) =
            (u32::try_from(self.bytes.len() + text.len()), u32::try_from(self.ends.len()))
        else {
            return Text::EMPTY;
        };
        self.bytes.push_str(text);
        self.ends.push(end);
        self.table.insert_unique(spread(short), (short, id), |&(short, _)| spread(short));
        Text(id)
    }

    /// Returns the id of a text in ASCII lower case.
    pub fn intern_lower(&mut self, text: &str) -> Text {
        if bytes_of(&self.bytes, &self.ends, self.last.0) != text.as_bytes() {
            self.last = if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                self.intern(&text.to_ascii_lowercase())
            } else {
                self.intern(text)
            };
        }
        self.last
    }

    /// Returns the id of a text that was taken in.
    pub fn find(&self, text: &str) -> Option<Text> {
        if text.is_empty() {
            return Some(Text::EMPTY);
        }
        self.lookup(text, self.short_hash(text))
    }

    fn lookup(&self, text: &str, short: u32) -> Option<Text> {
        let is_it = |&(known, id): &(u32, u32)| {
            known == short && bytes_of(&self.bytes, &self.ends, id) == text.as_bytes()
        };
        self.table.find(spread(short), is_it).map(|&(_, id)| Text(id))
    }

    fn short_hash(&self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        // Both halves count; what is cut off was folded in.
        ((hash >> 32) ^ hash) as u32
    }

    /// Returns the count of texts, the empty one among them.
    pub const fn count(&self) -> usize {
        self.ends.len()
    }

    /// Compares what two texts say.
    pub fn compare(&self, a: Text, b: Text) -> Ordering {
        let bytes = |text: Text| bytes_of(&self.bytes, &self.ends, text.0);
        if a == b { Ordering::Equal } else { bytes(a).cmp(bytes(b)) }
    }

    /// Returns the text.
    pub fn get(&self, text: Text) -> &str {
        let (start, end) = span(&self.ends, text.0);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// Returns a hash whose high and low bits both depend on all bits of the short one, as the table needs it.
const fn spread(short: u32) -> u64 {
    (short as u64 | 1 << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Returns where a text starts and ends.
fn span(ends: &[u32], id: u32) -> (usize, usize) {
    let id = id as usize;
    let start = id.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0) as usize;
    (start, ends.get(id).copied().unwrap_or(0) as usize)
}

/// Returns the bytes of a text: comparing them needs no look at where characters start.
fn bytes_of<'a>(bytes: &'a str, ends: &[u32], id: u32) -> &'a [u8] {
    let (start, end) = span(ends, id);
    bytes.as_bytes().get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_and_the_empty_text_is_zero() {
        let mut strings = Strings::default();
        let a = strings.intern("abc");
        assert_eq!(strings.intern("abc"), a);
        assert_eq!(strings.intern(""), Text::EMPTY);
        assert_eq!(strings.intern_lower("ABC"), a);
        assert_eq!(strings.get(a), "abc");
        assert_eq!(strings.get(Text::EMPTY), "");
        assert_eq!(strings.find("nothing"), None);
    }
}
