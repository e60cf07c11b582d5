//! Archives opened in place: zip, tar, gzip and tar in gzip, recognised by content and expanded entry by entry.
//!
//! Nothing is written anywhere and no size that an archive declares is trusted: names are checked and counts, sizes and
//! ratios are bounded before memory is taken, and what is unpacked is counted while it is unpacked. An entry that is
//! refused costs one [`Problem`] in its name; the others go on.

mod gzip;
mod listing;
mod name;
mod reader;
mod tar;
mod zip;

use std::collections::VecDeque;

use super::{ByteSource, Limits};
use crate::problem::{Kind, Problem};

pub use name::{clean_name, passed_over, path_order};

/// The kinds of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Container {
    /// A zip archive (PKWARE APPNOTE 6.3.10), also zip64 and behind a prefix.
    Zip,
    /// A gzip file (RFC 1952), of one file or of a tar archive.
    Gzip,
    /// A tar archive: v7, ustar, pax (POSIX.1-2024) or GNU.
    Tar,
}

impl Container {
    /// Returns the name that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Zip => "zip archive",
            Self::Gzip => "gzip file",
            Self::Tar => "tar archive",
        }
    }
}

/// How many bytes at the start of a file are looked at to recognise an archive: one tar header.
const HEAD_BYTES: usize = 512;

/// Returns the kind of archive that a file is by its content, or `None`.
///
/// A zip archive behind a prefix (a self-extracting one) is only looked for where the file is a program or its name
/// ends in `.zip`, so that other files need not be read at both ends.
///
/// # Errors
/// When the source fails.
pub fn recognise(path: &str, source: &mut dyn ByteSource) -> Result<Option<Container>, Problem> {
    let mut head = [0; HEAD_BYTES];
    let count = reader::read_full(source, 0, &mut head).map_err(|error| reader::unreadable(error, path))?;
    let head = &head[..count];
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Some(Container::Zip));
    }
    if head.starts_with(&gzip::MAGIC) {
        return Ok(Some(Container::Gzip));
    }
    if tar::is_header(head) {
        return Ok(Some(Container::Tar));
    }
    let may_have_prefix = head.starts_with(b"MZ")
        || head.starts_with(b"\x7fELF")
        || head.starts_with(b"#!")
        || path.len() >= 4 && path.as_bytes()[path.len() - 4..].eq_ignore_ascii_case(b".zip");
    if may_have_prefix && zip::has_end_record(source).map_err(|error| reader::unreadable(error, path))? {
        return Ok(Some(Container::Zip));
    }
    Ok(None)
}

/// What is left of the bounds that all files of a bundle share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Unpacked bytes that may still be taken (`total-bytes`).
    pub bytes: u64,
    /// Files and entries that may still be opened (`entries`).
    pub entries: u64,
}

impl Budget {
    /// Returns the whole budget.
    pub fn new(limits: &Limits) -> Self {
        Self { bytes: limits.total_bytes, entries: limits.entries }
    }

    /// Takes a file of `length` bytes out of the budget; nothing is taken when it is refused.
    ///
    /// # Errors
    /// When the file is over `file-bytes`, or what is left of `total-bytes`.
    pub fn take_file(&mut self, length: u64, limits: &Limits) -> Result<(), Problem> {
        self.allows_file(length, limits)?;
        self.bytes -= length;
        Ok(())
    }

    /// Tells whether a file of `length` bytes may be taken.
    fn allows_file(&self, length: u64, limits: &Limits) -> Result<(), Problem> {
        if length > limits.file_bytes {
            return Err(Problem::error(Kind::OverLimit, format!("a file of {length} bytes"))
                .expected(format!("at most {} bytes (file-bytes)", limits.file_bytes)));
        }
        if length > self.bytes {
            return Err(Problem::error(
                Kind::OverLimit,
                format!("a file of {length} bytes where {} are left for the bundle", self.bytes),
            )
            .expected(format!("at most {} bytes in all files together (total-bytes)", limits.total_bytes)));
        }
        Ok(())
    }

    /// Takes `count` entries out of the budget; nothing is taken when they are refused.
    ///
    /// # Errors
    /// When fewer are left of `entries`.
    pub fn take_entries(&mut self, count: u64, limits: &Limits) -> Result<(), Problem> {
        if count > self.entries {
            return Err(Problem::error(
                Kind::OverLimit,
                format!("{count} entries where {} are left for the bundle", self.entries),
            )
            .expected(format!("at most {} files and archive entries together (entries)", limits.entries)));
        }
        self.entries -= count;
        Ok(())
    }
}

/// How an entry is found again in its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryIndex {
    /// The 0-based entry of a zip archive's central directory.
    Zip(u32),
    /// Bytes of a tar archive.
    Tar {
        /// Offset of the first byte.
        start: u64,
        /// Count of bytes.
        length: u64,
    },
    /// All that a gzip file unpacks to.
    Gzip,
    /// Bytes of the tar archive that a gzip file unpacks to.
    GzipTar {
        /// Offset of the first byte.
        start: u64,
        /// Count of bytes.
        length: u64,
    },
}

/// One file of an archive.
pub struct Entry {
    /// Path in the bundle: the archive's path, `/`, the cleaned name.
    pub path: String,
    /// Its bytes, unpacked.
    pub source: Box<dyn ByteSource>,
    /// How it is found again.
    pub index: EntryIndex,
}

enum Inner {
    Zip(zip::Unzip),
    Views(tar::Views),
    One(Option<Entry>),
}

/// An archive that is being expanded: one entry, or one problem, for each call of [`Self::next`].
///
/// Entries come in the order of [`path_order`], so that what is read does not depend on how the archive was put
/// together.
pub struct Expansion {
    limits: Limits,
    path: String,
    inner: Inner,
    /// Problems found while the archive was listed.
    found: VecDeque<Problem>,
    passed: Vec<String>,
    entries: u64,
    /// Count of problems that were handed out, and of those that were only counted.
    told: u64,
    untold: u64,
}

impl Expansion {
    /// Lists an archive; `path` is its path in the bundle.
    ///
    /// # Errors
    /// When it cannot be opened, or is over a bound as a whole; then none of its entries is read.
    pub fn open(
        path: &str,
        source: Box<dyn ByteSource>,
        container: Container,
        limits: &Limits,
        budget: &mut Budget,
    ) -> Result<Self, Problem> {
        let opened = match container {
            Container::Zip => zip::open(path, source, limits, budget),
            Container::Tar => tar::open(path, source, limits, budget),
            Container::Gzip => gzip::open(path, source, limits, budget),
        };
        let listing::Opened { inner, problems, passed, entries } = opened
            .map_err(|problem| if problem.file.is_empty() { problem.in_file(path) } else { problem })?;
        Ok(Self {
            limits: limits.clone(),
            path: path.to_owned(),
            inner,
            found: problems.into(),
            passed,
            entries,
            told: 0,
            untold: 0,
        })
    }

    /// Returns how many entries the archive lists, folders and refused ones too.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Returns the paths that were passed over: see [`passed_over`].
    pub fn passed(&self) -> &[String] {
        &self.passed
    }

    /// Returns the next entry, or the next problem; `None` at the end.
    ///
    /// Problems beyond the bound `problems` are counted and told as one.
    pub fn next(&mut self, budget: &mut Budget) -> Option<Result<Entry, Problem>> {
        loop {
            let next = match self.found.pop_front() {
                Some(problem) => Some(Err(problem)),
                None => match &mut self.inner {
                    Inner::Zip(unzip) => unzip.next(&self.limits, budget),
                    Inner::Views(views) => views.next(&self.limits, budget),
                    Inner::One(entry) => entry.take().map(Ok),
                },
            };
            match next {
                Some(Err(_)) if self.told >= self.limits.problems => self.untold += 1,
                Some(Err(problem)) => {
                    self.told += 1;
                    return Some(Err(problem));
                }
                Some(Ok(entry)) => return Some(Ok(entry)),
                None if self.untold > 0 => {
                    let count = std::mem::take(&mut self.untold);
                    let found = format!("{count} further entries were refused");
                    return Some(Err(Problem::error(Kind::OverLimit, found)
                        .in_file(self.path.as_str())
                        .expected(format!(
                            "at most {} problems listed one by one (problems)",
                            self.limits.problems
                        ))));
                }
                None => return None,
            }
        }
    }
}

/// Reads a piece of a file, full unless the file ends or fails; returns how many bytes came.
pub(super) fn read_piece(source: &mut dyn ByteSource, offset: u64, into: &mut [u8]) -> usize {
    reader::read_full(source, offset, into).unwrap_or_default()
}

/// Unpacks one entry again, for a look at the raw record.
///
/// # Errors
/// When the source fails, the archive changed, or the entry is over `file-bytes` or `ratio`.
pub fn reread(
    source: Box<dyn ByteSource>,
    index: EntryIndex,
    limits: &Limits,
) -> Result<Box<dyn ByteSource>, Problem> {
    match index {
        EntryIndex::Zip(index) => zip::reread(source, index, limits),
        EntryIndex::Tar { start, length } => Ok(Box::new(reader::Slice::new(source, start, length))),
        EntryIndex::Gzip => gzip::reread(source, None, limits),
        EntryIndex::GzipTar { start, length } => gzip::reread(source, Some((start, length)), limits),
    }
}
