//! A bounded window that moves forward over a source, hashing what it reads.

use sha2::{Digest as _, Sha256};

use super::{ByteSource, KnownDigest, Limits, ReadError};
use crate::problem::{Kind, Problem, Spot};

/// How many bytes one read asks for: what is hashed and then parsed is still near the processor.
const SLICE: usize = 1 << 20;

/// How many bytes one read of a long record asks for.
const MOST_AT_ONCE: usize = 8 << 20;

/// The unread bytes of a file that are in memory, and the way to more of them.
///
/// Bytes are read once, in order; they are hashed as they come, so the digest is over exactly what was parsed.
pub struct Window {
    source: Box<dyn ByteSource>,
    /// What was read, up to `end`; behind it, room for more.
    buffer: Vec<u8>,
    /// Index in `buffer` of the first unread byte.
    start: usize,
    /// Index in `buffer` behind the last byte that was read.
    end: usize,
    /// Offset in the file of `buffer[start]`.
    offset: u64,
    /// Offset in the file of `buffer[end]`.
    read: u64,
    /// Count of line feeds before `start`.
    lines: u64,
    /// `None` when the host hashes.
    hasher: Option<Sha256>,
    ended: bool,
}

impl Window {
    /// Returns a window at the start of a source.
    pub fn new(mut source: Box<dyn ByteSource>) -> Self {
        let hasher = matches!(source.digest(), KnownDigest::Unknown).then(Sha256::new);
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            read: 0,
            lines: 0,
            hasher,
            ended: false,
        }
    }

    /// Returns the length of the file.
    pub fn length(&self) -> u64 {
        self.source.length()
    }

    /// Returns the unread bytes that are in memory.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns the offset in the file of the first unread byte.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns how many bytes of the file were read into memory so far.
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// Returns how many bytes, of at most `budget`, can be read on without waiting for the host.
    pub fn at_hand(&mut self, budget: u64) -> u64 {
        let at_hand = self.source.at_hand();
        if self.ended || at_hand >= self.source.length() {
            return budget;
        }
        at_hand.saturating_sub(self.read + MOST_AT_ONCE as u64).min(budget)
    }

    /// Returns whether the end of the file is in memory: [`Self::fill`] will bring no more.
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Returns the 1-based line of the first unread byte; exact only for readers that consume through
    /// [`Self::next_line`] or [`Self::consume_counting`].
    pub const fn line(&self) -> u64 {
        self.lines + 1
    }

    /// Reads one more slice behind the unread bytes, as long as they are at least: who looks at them again from their
    /// start does so a few times only. Returns whether any came.
    ///
    /// # Errors
    /// When the source fails.
    pub fn fill(&mut self) -> Result<bool, Problem> {
        self.fill_up_to(self.bytes().len().clamp(SLICE, MOST_AT_ONCE))
    }

    fn fill_up_to(&mut self, want: usize) -> Result<bool, Problem> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let left = self.source.length().saturating_sub(self.read);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(want);
        let held = self.end;
        if self.buffer.len() < held + want {
            self.buffer.resize(held + want, 0);
        }
        let mut got = 0;
        while got < want {
            let room = &mut self.buffer[held + got..held + want];
            let count = self.source.read_at(self.read + got as u64, room).map_err(unreadable)?;
            if count == 0 {
                break;
            }
            got += count;
        }
        self.end = held + got;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.buffer[held..self.end]);
        }
        self.read += got as u64;
        self.ended = got < want || self.read >= self.source.length();
        Ok(got > 0)
    }

    /// Passes over `count` unread bytes.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Passes over `count` unread bytes and counts their lines.
    pub fn consume_counting(&mut self, count: usize) {
        let end = (self.start + count).min(self.end);
        self.lines += memchr::memchr_iter(b'\n', &self.buffer[self.start..end]).count() as u64;
        self.consume(count);
    }

    /// Brings the next line into memory and returns its length with its end (`\n`), or without one at the end of
    /// the file; 0 when there is none. The line is the start of [`Self::bytes`]; pass over it with
    /// [`Self::consume_counting`].
    ///
    /// # Errors
    /// When the source fails, or the line is over `record-bytes`; then the line was passed over.
    pub fn next_line(&mut self, limits: &Limits) -> Result<usize, Problem> {
        let mut searched = 0;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.bytes()[searched..]) {
                return Ok(searched + end + 1);
            }
            searched = self.bytes().len();
            if self.ended {
                return Ok(searched);
            }
            if searched as u64 > limits.record_bytes {
                let problem =
                    Problem::error(Kind::OverLimit, format!("a line of over {} bytes", limits.record_bytes))
                        .at(Spot::line(self.line(), self.offset))
                        .expected(format!("at most {} bytes (record-bytes)", limits.record_bytes));
                self.skip_line()?;
                return Err(problem);
            }
            self.fill()?;
        }
    }

    /// Passes over everything up to and including the next line feed.
    fn skip_line(&mut self) -> Result<(), Problem> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', self.bytes()) {
                self.consume_counting(end + 1);
                return Ok(());
            }
            self.consume(self.bytes().len());
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Brings the whole rest of the file into memory and returns it.
    ///
    /// # Errors
    /// When the source fails, or the file is over `document-bytes`; then nothing was read for it.
    pub fn whole(&mut self, limits: &Limits) -> Result<&[u8], Problem> {
        if self.source.length() > limits.document_bytes {
            return Err(Problem::error(
                Kind::OverLimit,
                format!("a document of {} bytes", self.source.length()),
            )
            .expected(format!("at most {} bytes (document-bytes)", limits.document_bytes)));
        }
        let left = self.source.length().saturating_sub(self.read);
        while self.fill_up_to(usize::try_from(left).unwrap_or(usize::MAX).max(1))? {}
        Ok(self.bytes())
    }

    /// Reads to the end without keeping anything, so that the digest covers the whole file; at most `budget` bytes.
    /// Returns whether the end was reached.
    ///
    /// # Errors
    /// When the source fails.
    pub fn drain(&mut self, budget: u64) -> Result<bool, Problem> {
        let until = self.read.saturating_add(budget);
        loop {
            self.consume(self.bytes().len());
            if self.ended {
                return Ok(true);
            }
            // A host that hashes by itself needs no further reading.
            if self.hasher.is_none() || !self.fill()? {
                self.ended = true;
                return Ok(true);
            }
            if self.read >= until {
                return Ok(self.ended);
            }
        }
    }

    /// Returns the digest of the file once it was read to its end; unknown where the host that was to hash it cannot.
    pub fn digest(&mut self) -> KnownDigest {
        match &self.hasher {
            Some(hasher) => KnownDigest::Known(hasher.clone().finalize().into()),
            None => self.source.digest(),
        }
    }
}

fn unreadable(error: ReadError) -> Problem {
    Problem::error(Kind::Unreadable, error.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Bytes;

    fn window(text: &str) -> Window {
        Window::new(Box::new(Bytes::new(text.as_bytes().to_vec())))
    }

    #[test]
    fn lines_come_one_by_one_with_their_numbers() {
        let mut window = window("a\nbb\n\nccc");
        let mut seen = Vec::new();
        loop {
            let length = window.next_line(&Limits::default()).unwrap();
            if length == 0 {
                break;
            }
            seen.push((
                window.line(),
                window.offset(),
                String::from_utf8_lossy(&window.bytes()[..length]).into_owned(),
            ));
            window.consume_counting(length);
        }
        let expected = [(1, 0, "a\n"), (2, 2, "bb\n"), (3, 5, "\n"), (4, 6, "ccc")];
        assert_eq!(seen, expected.map(|(line, offset, text)| (line, offset, text.to_owned())));
    }

    #[test]
    fn the_digest_covers_every_byte_whatever_was_parsed() {
        let mut window = window("abc");
        window.fill().unwrap();
        window.consume(1);
        assert!(window.drain(u64::MAX).unwrap());
        let KnownDigest::Known(digest) = window.digest() else { panic!("not hashed") };
        assert_eq!(
            crate::model::place::hex(&digest),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_line_at_the_bound_is_read_and_one_over_it_is_not() {
        let limits = Limits { record_bytes: (SLICE + 1) as u64, ..Limits::default() };
        let long = "x".repeat(2 * SLICE + 10);
        let mut over = window(&format!("{long}\nnext"));
        assert_eq!(over.next_line(&limits).unwrap_err().kind, Kind::OverLimit);
        let length = over.next_line(&limits).unwrap();
        assert_eq!(&over.bytes()[..length], b"next");
    }

    #[test]
    fn a_document_over_the_bound_is_refused_before_it_is_read() {
        let mut window = window("abcd");
        let problem = window.whole(&Limits { document_bytes: 3, ..Limits::default() }).unwrap_err();
        assert_eq!(problem.kind, Kind::OverLimit);
        assert_eq!(window.read(), 0);
    }
}
