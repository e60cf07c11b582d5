//! Tar archives: listed header by header, their files being parts of the archive that need no copy.
//!
//! Headers are decoded by the `tar` crate. Its iterator reads long names and pax records whole, whatever their size, and
//! borrows the archive; so the walk from header to header is done here, where it can be bounded.

use std::io;

use tar::{EntryType, Header};

use super::listing::{Listing, Opened};
use super::reader::{Slice, SourceReader, fault};
use super::{Budget, Entry, EntryIndex, Inner};
use crate::problem::{Kind, Problem, Spot};
use crate::source::{ByteSource, Limits};

/// Bytes of a header; file contents are padded to a multiple of it.
pub(super) const BLOCK: u64 = 512;
/// The longest long name or pax record that is read.
const EXTENSION_BYTES: u64 = 1 << 20;

/// Returns whether these bytes start with a tar header: its checksum is right.
pub(super) fn is_header(bytes: &[u8]) -> bool {
    bytes.len() >= BLOCK as usize
        && bytes[0] != 0
        && has_checksum(Header::from_byte_slice(&bytes[..BLOCK as usize]))
}

/// Returns whether a header's checksum is right: the sum of its bytes, its own 8 taken as spaces.
fn has_checksum(header: &Header) -> bool {
    let bytes = header.as_bytes();
    let sum = |(index, byte): (usize, &u8)| if (148..156).contains(&index) { 32 } else { u32::from(*byte) };
    header.cksum().is_ok_and(|stated| stated == bytes.iter().enumerate().map(sum).sum::<u32>())
}

/// Where a file's bytes are in the archive.
#[derive(Clone, Copy)]
struct Part {
    start: u64,
    length: u64,
}

/// A listed tar archive, handing out views of its files.
pub(super) struct Views {
    source: Box<dyn ByteSource>,
    is_gzip: bool,
    /// In reverse path order: the next one is the last.
    entries: Vec<(String, Part)>,
}

impl Views {
    pub(super) fn next(&mut self, limits: &Limits, budget: &mut Budget) -> Option<Result<Entry, Problem>> {
        let (path, Part { start, length }) = self.entries.pop()?;
        if let Err(problem) = budget.take_file(length, limits) {
            return Some(Err(problem.in_file(path)));
        }
        let index = if self.is_gzip {
            EntryIndex::GzipTar { start, length }
        } else {
            EntryIndex::Tar { start, length }
        };
        let source = Box::new(Slice::new(self.source.reopen(), start, length));
        Some(Ok(Entry { path, source, index }))
    }
}

/// Lists a tar archive.
pub(super) fn open(
    path: &str,
    source: Box<dyn ByteSource>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<Opened, Problem> {
    open_part(path, source, limits, budget, None)
}

/// Lists a tar archive that came out of a gzip file; `cut` says why only its start did.
pub(super) fn open_unpacked(
    path: &str,
    source: Box<dyn ByteSource>,
    limits: &Limits,
    budget: &mut Budget,
    cut: Option<Problem>,
) -> Result<Opened, Problem> {
    let opened = open_part(path, source, limits, budget, Some(cut))?;
    Ok(opened)
}

fn open_part(
    path: &str,
    source: Box<dyn ByteSource>,
    limits: &Limits,
    budget: &mut Budget,
    gzip: Option<Option<Problem>>,
) -> Result<Opened, Problem> {
    let is_gzip = gzip.is_some();
    let before = budget.entries;
    let mut walk = Walk { reader: SourceReader::new(source), at: 0, name: None, pax: Pax::default() };
    let mut listing = Listing::new(path);
    let end = loop {
        match walk.step(&mut listing, limits, budget) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(problem) => break Some(*problem),
        }
    };
    // Where the unpacking stopped early it has said so; what that did to the last header is no news.
    let end = gzip.flatten().or(end);
    listing.problems.extend(end.map(|problem| problem.in_file(path)));
    let (mut entries, problems, passed) = listing.finish();
    entries.reverse();
    let views = Views { source: walk.reader.source().reopen(), is_gzip, entries };
    Ok(Opened { inner: Inner::Views(views), problems, passed, entries: before - budget.entries })
}

/// What a pax extended header (POSIX.1-2024, pax Interchange Format) says about the next entry.
#[derive(Default)]
struct Pax {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Pax {
    /// Reads records of the form `LENGTH KEY=VALUE\n`; `None` where one is malformed.
    fn read(&mut self, mut bytes: &[u8]) -> Option<()> {
        while !bytes.is_empty() {
            let space = memchr::memchr(b' ', bytes)?;
            let length = std::str::from_utf8(&bytes[..space]).ok()?.parse::<usize>().ok()?;
            let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
            let equals = memchr::memchr(b'=', record)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"size" => self.size = Some(std::str::from_utf8(value).ok()?.parse().ok()?),
                _ if key.starts_with(b"GNU.sparse.") => self.is_sparse = true,
                _ => {}
            }
            bytes = &bytes[length..];
        }
        Some(())
    }
}

/// The walk from header to header.
struct Walk {
    reader: SourceReader,
    /// Offset of the next header.
    at: u64,
    /// The GNU long name for the next entry.
    name: Option<Vec<u8>>,
    /// The pax records for the next entry.
    pax: Pax,
}

impl Walk {
    /// Lists one header; returns whether more can follow. A problem ends the walk; what was listed before stands.
    fn step(
        &mut self,
        listing: &mut Listing<'_, Part>,
        limits: &Limits,
        budget: &mut Budget,
    ) -> Result<bool, Box<Problem>> {
        let mut block = [0; BLOCK as usize];
        let here = Spot { offset: self.at, ..Spot::file() };
        let got = self.reader.read_at(self.at, &mut block).map_err(|error| Box::new(broken(&error)))?;
        if got == 0 {
            let found = "the tar archive has no end mark: files may be missing from its end";
            return Err(Box::new(Problem::warning(Kind::CutShort, found).at(here)));
        }
        if got < block.len() {
            return Err(Box::new(
                Problem::error(Kind::CutShort, "the tar archive ends in a header").at(here),
            ));
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(false);
        }
        let header = Header::from_byte_slice(&block);
        let stated = header.entry_size().ok().filter(|_| has_checksum(header));
        let Some(stated) = stated else {
            let found = "a tar header is damaged: the files behind it were not read";
            return Err(Box::new(Problem::error(Kind::Malformed, found).at(here)));
        };
        let kind = header.entry_type();
        let is_extension = kind.is_gnu_longname()
            || kind.is_gnu_longlink()
            || kind.is_pax_local_extensions()
            || kind.is_pax_global_extensions();
        let size = if is_extension { stated } else { self.pax.size.unwrap_or(stated) };
        let mut start = self.at + BLOCK;
        if kind.is_gnu_sparse() {
            start = self.skip_sparse_maps(header, start).map_err(|error| Box::new(broken(&error)))?;
        }
        let padded = size.checked_next_multiple_of(BLOCK).and_then(|size| start.checked_add(size));
        let end = padded.filter(|_| start.saturating_add(size) <= self.reader.length());
        let Some(end) = end else {
            let name = self.entry_name(header);
            let found = format!("the tar archive ends in the middle of {}", crate::problem::quote(&name));
            return Err(Box::new(Problem::error(Kind::CutShort, found).at(here)));
        };
        self.at = end;
        if is_extension {
            self.extend(kind, start, size).map_err(|problem| Box::new(problem.at(here)))?;
            return Ok(true);
        }
        budget.take_entries(1, limits).map_err(|problem| {
            let found = format!("{}; the rest of the archive was not read", problem.found);
            Box::new(Problem { found, ..problem }.at(here))
        })?;
        let name = self.entry_name(header);
        let is_sparse = self.pax.is_sparse || kind.is_gnu_sparse();
        self.name = None;
        self.pax = Pax::default();
        list(listing, &name, kind, is_sparse, Part { start, length: size });
        Ok(true)
    }

    /// Returns the name of the entry with this header, by its extensions if it has some.
    fn entry_name(&self, header: &Header) -> String {
        let long = self.pax.path.as_deref().or(self.name.as_deref());
        let name = long.map_or_else(|| header.path_bytes(), std::borrow::Cow::Borrowed);
        String::from_utf8_lossy(name.strip_suffix(b"\0").unwrap_or(&name)).into_owned()
    }

    /// Reads a header that describes the next entry.
    fn extend(&mut self, kind: EntryType, start: u64, size: u64) -> Result<(), Problem> {
        let is_wanted = kind.is_gnu_longname() || kind.is_pax_local_extensions();
        if !is_wanted {
            return Ok(());
        }
        if size > EXTENSION_BYTES {
            let found = format!("a tar header extension of {size} bytes: the files behind it were not read");
            return Err(Problem::error(Kind::OverLimit, found)
                .expected(format!("at most {EXTENSION_BYTES} bytes for the name of an entry")));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        let got = self.reader.read_at(start, &mut bytes).map_err(|error| broken(&error))?;
        bytes.truncate(got);
        if kind.is_gnu_longname() {
            self.name = Some(bytes);
        } else if self.pax.read(&bytes).is_none() {
            // A size may be in it, and with it the place of every header behind.
            let found = "a pax header is malformed: the files behind it were not read";
            return Err(Problem::error(Kind::Malformed, found));
        }
        Ok(())
    }

    /// Returns the offset behind the blocks in which a GNU sparse header goes on.
    fn skip_sparse_maps(&mut self, header: &Header, mut start: u64) -> io::Result<u64> {
        let mut goes_on = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        let mut block = [0; BLOCK as usize];
        while goes_on {
            if self.reader.read_at(start, &mut block)? < block.len() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            start += BLOCK;
            // The flag is behind 21 entries of 24 bytes.
            goes_on = block[504] == 1;
        }
        Ok(start)
    }
}

/// Adds one entry to the listing, or says why not.
fn list(listing: &mut Listing<'_, Part>, name: &str, kind: EntryType, is_sparse: bool, part: Part) {
    // `tar -C folder .` puts the folder itself first.
    let is_folder = kind.is_dir() || name.ends_with('/');
    if is_folder && matches!(name, "." | "./") {
        return;
    }
    let Some(path) = listing.path(name) else { return };
    match kind {
        _ if is_folder => {}
        _ if is_sparse => listing.refuse(path, "a sparse file"),
        EntryType::Regular | EntryType::Continuous => listing.add(path, part),
        EntryType::Link => listing.refuse(path, "a hard link"),
        EntryType::Symlink => listing.refuse(path, "a symbolic link"),
        EntryType::Char | EntryType::Block | EntryType::Fifo => listing.refuse(path, "a device or pipe"),
        _ => listing.refuse(path, "an entry of an unknown type"),
    }
}

fn broken(error: &io::Error) -> Problem {
    fault(error, "the tar archive")
}
