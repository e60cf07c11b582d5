//! Zip archives: listed from the central directory, unpacked one entry at a time.

use std::io;

use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;
use zip::{CompressionMethod, ZipReadOptions};

use super::listing::{Listing, Opened};
use super::reader::{Held, SourceReader, fault, over_ratio, ratio_bound, read_full, unpack};
use super::{Budget, Entry, EntryIndex, Inner};
use crate::problem::{Kind, Problem, Spot, quote};
use crate::source::{ByteSource, Limits, ReadError};

/// Signature of a central directory header (APPNOTE 4.3.12).
const HEADER: [u8; 4] = *b"PK\x01\x02";
/// Signature of the end of central directory record (APPNOTE 4.3.16).
const END: [u8; 4] = *b"PK\x05\x06";
/// Bytes of the end record without its comment, and the longest comment.
const END_BYTES: u64 = 22;
const COMMENT_BYTES: u64 = 0xffff;

/// Returns whether an end record is where one can be: behind it comes at most a comment.
pub(super) fn has_end_record(source: &mut dyn ByteSource) -> Result<bool, ReadError> {
    let length = source.length();
    let count = length.min(END_BYTES + COMMENT_BYTES);
    let mut tail = vec![0; usize::try_from(count).unwrap_or_default()];
    let got = read_full(source, length - count, &mut tail)?;
    Ok(memchr::memmem::rfind(&tail[..got], &END).is_some())
}

/// One entry that may be unpacked.
struct Packed {
    index: u32,
    entry: ZipFileEntry<'static>,
}

/// A zip archive whose entries are unpacked one by one.
pub(super) struct Unzip {
    reader: SourceReader,
    /// In reverse path order: the next one is the last.
    entries: Vec<(String, Packed)>,
    /// Packed bytes of the entries so far.
    read: u64,
    /// Bytes unpacked so far, also those of entries that failed.
    unpacked: u64,
}

/// Opens the central directory's end; nothing else is read.
fn open_directory(source: Box<dyn ByteSource>) -> Result<ZipIterable<SourceReader>, Problem> {
    ZipIterable::try_new(SourceReader::new(source), Config::default()).map_err(|error| match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            fault(&error, "the zip archive")
        }
        error => Problem::error(
            Kind::Refused,
            format!("the zip archive has no readable central directory at its end: {error}"),
        )
        .expected("a whole zip archive"),
    })
}

/// Lists a zip archive. The count of its entries is checked before the first is looked at.
pub(super) fn open(
    path: &str,
    source: Box<dyn ByteSource>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<Opened, Problem> {
    let reader = SourceReader::new(source.reopen());
    let mut archive = open_directory(source)?;
    let count = archive.len() as u64;
    budget.take_entries(count, limits)?;
    let mut listing = Listing::new(path);
    let mut first = None;
    let mut last = None;
    let files = archive.files().map_err(|error| broken_directory(&error, None))?;
    for (index, entry) in files.enumerate() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                listing.problems.push(broken_directory(&error, last).in_file(path));
                last = None;
                break;
            }
        };
        let at = entry.central_header_start();
        last = Some(at);
        // The directory is held whole, so it is bounded like any other document that is.
        let held = at.saturating_sub(*first.get_or_insert(at));
        if held > limits.document_bytes {
            return Err(Problem::error(Kind::OverLimit, format!("a central directory of over {held} bytes"))
                .expected(format!("at most {} bytes (document-bytes)", limits.document_bytes)));
        }
        list(&mut listing, u32::try_from(index).unwrap_or(u32::MAX), entry);
    }
    let mut reader = reader;
    if let Some(last) = last
        && is_header_behind(&mut reader, last).map_err(|error| fault(&error, "the central directory"))?
    {
        listing.problems.push(
            Problem::error(
                Kind::Malformed,
                format!("the central directory goes on behind the {count} entries that the archive states; these were not read"),
            )
            .in_file(path)
            .at(Spot { offset: last, ..Spot::file() }),
        );
    }
    let (mut entries, problems, passed) = listing.finish();
    entries.reverse();
    Ok(Opened {
        inner: Inner::Zip(Unzip { reader, entries, read: 0, unpacked: 0 }),
        problems,
        passed,
        entries: count,
    })
}

/// Adds one entry of the central directory to the listing, or says why not.
fn list(listing: &mut Listing<'_, Packed>, index: u32, entry: ZipFileEntry<'static>) {
    let name = match entry.name() {
        Ok(name) => name.into_owned(),
        Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
    };
    let Some(path) = listing.path(&name) else { return };
    // The type bits of a Unix mode: 0 none given, 4 folder, 8 file, 10 symbolic link; others are devices and the like.
    let file_type = entry.unix_mode().map_or(0, |mode| (mode >> 12) & 0xf);
    match file_type {
        10 => listing.refuse(path, "a symbolic link"),
        _ if name.ends_with(['/', '\\']) || file_type == 4 => {}
        0 | 8 => listing.add(path, Packed { index, entry }),
        _ => listing.refuse(path, "a device, pipe or socket"),
    }
}

/// Returns whether another header follows the one at `offset`: a count that is too small hides entries.
fn is_header_behind(reader: &mut SourceReader, offset: u64) -> io::Result<bool> {
    // APPNOTE 4.3.12: the lengths of name, extra field and comment are at 28, 30 and 32, the name at 46.
    let mut header = [0; 46];
    if reader.read_at(offset, &mut header)? < header.len() {
        return Ok(false);
    }
    let field = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let next = offset + header.len() as u64 + field(28) + field(30) + field(32);
    let mut magic = [0; 4];
    Ok(reader.read_at(next, &mut magic)? == magic.len() && magic == HEADER)
}

fn broken_directory(error: &ZipError, last: Option<u64>) -> Problem {
    let spot = Spot { offset: last.unwrap_or_default(), ..Spot::file() };
    match error {
        ZipError::Io(error) => fault(error, "the central directory").at(spot),
        error => {
            let found = format!("the central directory breaks off: {error}; entries may be missing");
            Problem::error(Kind::Malformed, found).at(spot)
        }
    }
}

impl Unzip {
    /// Returns the next entry, unpacked, or why it is refused.
    pub(super) fn next(&mut self, limits: &Limits, budget: &mut Budget) -> Option<Result<Entry, Problem>> {
        let (path, Packed { index, entry }) = self.entries.pop()?;
        let outcome = self.admit(&entry, limits, budget).and_then(|()| {
            self.read = self.read.saturating_add(entry.compressed_size());
            extract(&mut self.reader, entry, limits, &mut self.unpacked)
        });
        Some(match outcome {
            Ok(bytes) => {
                budget.bytes = budget.bytes.saturating_sub(bytes.len() as u64);
                Ok(Entry { path, source: Box::new(Held::new(bytes)), index: EntryIndex::Zip(index) })
            }
            Err(problem) => Err(problem.in_file(path)),
        })
    }

    /// Checks what an entry declares against the bounds for it and for the archive as a whole.
    fn admit(&self, entry: &ZipFileEntry<'_>, limits: &Limits, budget: &Budget) -> Result<(), Problem> {
        budget.allows_file(entry.size(), limits)?;
        let length = self.reader.length();
        // Entries that share packed bytes would multiply the work without any of them being over the ratio.
        if self.read.saturating_add(entry.compressed_size()) > length {
            let found = format!("an entry of {} packed bytes that others hold too", entry.compressed_size());
            return Err(Problem::error(Kind::Refused, found)
                .expected(format!("at most {length} packed bytes in all entries, the size of the archive")));
        }
        if self.unpacked.saturating_add(entry.size()) > ratio_bound(length, limits) {
            return Err(over_ratio(length, limits));
        }
        Ok(())
    }
}

/// Unpacks one entry; what comes is held to the size that it declares.
fn extract(
    reader: &mut SourceReader,
    entry: ZipFileEntry<'static>,
    limits: &Limits,
    unpacked: &mut u64,
) -> Result<Vec<u8>, Problem> {
    if entry.encrypted() {
        return Err(
            Problem::error(Kind::Refused, "an encrypted entry").expected("an entry without a password")
        );
    }
    let method = entry.compression();
    if !matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
        return Err(Problem::error(Kind::Refused, format!("an entry packed by {method}"))
            .expected("a stored or deflated entry (methods 0 and 8)"));
    }
    let (size, packed) = (entry.size(), entry.compressed_size());
    if size > ratio_bound(packed, limits) {
        return Err(over_ratio(packed, limits));
    }
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX)).is_err() {
        let found = format!("there is not enough memory to unpack {size} bytes");
        return Err(Problem::error(Kind::Unreadable, found));
    }
    let mut file = entry.with_reader(reader, ZipReadOptions::new()).map_err(|error| cannot_open(&error))?;
    let outcome = unpack(&mut file, &mut bytes, size);
    *unpacked = unpacked.saturating_add(bytes.len() as u64);
    match outcome {
        Ok(true) if bytes.len() as u64 == size => Ok(bytes),
        Ok(is_ended) => {
            let over = if is_ended { "" } else { "over " };
            let found = format!("{over}{} bytes where the central directory states {size}", bytes.len());
            Err(Problem::error(Kind::Malformed, found))
        }
        Err(error) => Err(fault(&error, "the entry")),
    }
}

fn cannot_open(error: &ZipError) -> Problem {
    match error {
        ZipError::Io(error) => fault(error, "the entry"),
        ZipError::UnsupportedArchive(why) => {
            Problem::error(Kind::Refused, format!("the entry is refused: {why}"))
        }
        error => Problem::error(
            Kind::Malformed,
            format!("the entry cannot be opened: {}", quote(&error.to_string())),
        ),
    }
}

/// Unpacks the entry at `index` of the central directory.
pub(super) fn reread(
    source: Box<dyn ByteSource>,
    index: u32,
    limits: &Limits,
) -> Result<Box<dyn ByteSource>, Problem> {
    let mut reader = SourceReader::new(source.reopen());
    let mut archive = open_directory(source)?;
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let files = archive.files().map_err(|error| broken_directory(&error, None))?;
    let entry = match files.nth(index) {
        Some(Ok(entry)) => entry,
        Some(Err(error)) => return Err(broken_directory(&error, None)),
        None => {
            let found = format!("the archive has no entry {index} any more");
            return Err(Problem::error(Kind::Unreadable, found));
        }
    };
    Budget { bytes: u64::MAX, entries: 0 }.allows_file(entry.size(), limits)?;
    let bytes = extract(&mut reader, entry, limits, &mut 0)?;
    Ok(Box::new(Held::new(bytes)))
}
