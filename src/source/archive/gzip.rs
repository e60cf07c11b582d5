//! Gzip files: one file, or a tar archive, in one or more members.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use flate2::bufread::GzDecoder;

use super::listing::Opened;
use super::reader::{Held, SourceReader, fault, over_ratio, ratio_bound, unpack};
use super::{Budget, Entry, EntryIndex, Inner, tar};
use crate::problem::{Kind, Problem, Spot};
use crate::source::{ByteSource, Limits};

/// The identification of a member, with deflate as its method (RFC 1952, 2.3.1).
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// Reads the members of a gzip file as one stream.
struct Members {
    state: State,
    /// What was found behind the last member, in place of another.
    trailing: Option<u64>,
}

enum State {
    Inside(Box<GzDecoder<SourceReader>>),
    Ended,
}

impl Members {
    fn new(source: Box<dyn ByteSource>) -> Self {
        let decoder = GzDecoder::new(SourceReader::new(source));
        Self { state: State::Inside(Box::new(decoder)), trailing: None }
    }

    /// Goes on to the next member; notes bytes that are none. Padding with zeros is common and means nothing.
    fn go_on(&mut self) -> io::Result<()> {
        let State::Inside(decoder) = std::mem::replace(&mut self.state, State::Ended) else { return Ok(()) };
        let mut input = decoder.into_inner();
        let at = input.position();
        let mut magic = [0; MAGIC.len()];
        let got = input.read_at(at, &mut magic)?;
        if magic[..got] == MAGIC {
            input.seek(SeekFrom::Start(at))?;
            self.state = State::Inside(Box::new(GzDecoder::new(input)));
            return Ok(());
        }
        input.seek(SeekFrom::Start(at))?;
        loop {
            let held = input.fill_buf()?;
            if held.is_empty() {
                return Ok(());
            }
            if held.iter().any(|byte| *byte != 0) {
                self.trailing = Some(at);
                return Ok(());
            }
            let count = held.len();
            input.consume(count);
        }
    }
}

impl Read for Members {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let State::Inside(decoder) = &mut self.state else { return Ok(0) };
            match decoder.read(into)? {
                0 if into.is_empty() => return Ok(0),
                0 => self.go_on()?,
                count => return Ok(count),
            }
        }
    }
}

/// What came out of a gzip file.
struct Unpacked {
    bytes: Vec<u8>,
    is_tar: bool,
    /// Why there is no more, or what came behind it.
    problem: Option<Problem>,
}

/// Unpacks a gzip file, within the bounds for what it turns out to be.
fn unpack_all(source: Box<dyn ByteSource>, limits: &Limits, budget: &Budget) -> Result<Unpacked, Problem> {
    let packed = source.length();
    let ratio = ratio_bound(packed, limits);
    let mut members = Members::new(source);
    let mut bytes = Vec::new();
    let mut outcome = unpack(&mut (&mut members).take(tar::BLOCK), &mut bytes, u64::MAX);
    let is_tar = tar::is_header(&bytes);
    // The headers and the padding of a tar archive are no bytes of files.
    let bound = if is_tar {
        budget.bytes.saturating_add(budget.entries.saturating_mul(4 * tar::BLOCK)).saturating_add(1 << 20)
    } else {
        limits.file_bytes.min(budget.bytes)
    };
    if outcome.is_ok() {
        outcome = unpack(&mut members, &mut bytes, bound.min(ratio));
    }
    let problem = match outcome {
        Ok(true) => members.trailing.map(trailing),
        Ok(false) if bytes.len() as u64 > ratio => return Err(over_ratio(packed, limits)),
        Ok(false) if !is_tar => {
            // The length is not known: unpacking stopped soon behind the bound.
            budget.allows_file(bytes.len() as u64, limits).map_err(|problem| {
                let found = format!("a file of over {bound} bytes");
                Problem { found, ..problem }
            })?;
            None
        }
        Ok(false) => {
            let found =
                format!("a tar archive of over {} bytes; the files behind them were not read", bytes.len());
            let expected =
                format!("at most {} bytes in all files together (total-bytes)", limits.total_bytes);
            Some(Problem::error(Kind::OverLimit, found).expected(expected))
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !bytes.is_empty() => {
            let found = format!("the gzip file ends early; {} bytes came before", bytes.len());
            Some(Problem::error(Kind::CutShort, found))
        }
        Err(error) => return Err(fault(&error, "the gzip file")),
    };
    Ok(Unpacked { bytes, is_tar, problem })
}

fn trailing(offset: u64) -> Problem {
    Problem::warning(
        Kind::Malformed,
        "bytes behind the end of the gzip file that are no gzip; they were not read",
    )
    .at(Spot { offset, ..Spot::file() })
}

/// Opens a gzip file: its file, or the files of its tar archive.
pub(super) fn open(
    path: &str,
    source: Box<dyn ByteSource>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<Opened, Problem> {
    let Unpacked { bytes, is_tar, problem } = unpack_all(source, limits, budget)?;
    let length = bytes.len() as u64;
    let held = Box::new(Held::new(bytes));
    if is_tar {
        let is_cut = |problem: &Problem| matches!(problem.kind, Kind::CutShort | Kind::OverLimit);
        let (cut, other) = match problem {
            Some(problem) if is_cut(&problem) => (Some(problem), None),
            other => (None, other),
        };
        let mut opened = tar::open_unpacked(path, held, limits, budget, cut)?;
        opened.problems.extend(other.map(|problem| problem.in_file(path)));
        return Ok(opened);
    }
    budget.take_entries(1, limits)?;
    budget.take_file(length, limits)?;
    let entry = Entry { path: format!("{path}/{}", inner_name(path)), source: held, index: EntryIndex::Gzip };
    let problems = problem.map(|problem| problem.in_file(entry.path.as_str())).into_iter().collect();
    Ok(Opened { inner: Inner::One(Some(entry)), problems, passed: Vec::new(), entries: 1 })
}

/// Returns the name of the file in a gzip file: its own without `.gz`. The name in the header is not used: it is
/// optional, and renaming the file does not change it.
fn inner_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.len().checked_sub(3).and_then(|end| name.split_at_checked(end));
    match stem {
        Some((stem, end)) if end.eq_ignore_ascii_case(".gz") && !stem.is_empty() => stem,
        _ => name,
    }
}

/// Unpacks a gzip file again, or only a part of what it unpacks to; what lies before the part is not held.
pub(super) fn reread(
    source: Box<dyn ByteSource>,
    part: Option<(u64, u64)>,
    limits: &Limits,
) -> Result<Box<dyn ByteSource>, Problem> {
    let Some((start, length)) = part else {
        let budget = Budget { bytes: u64::MAX, entries: 1 };
        return Ok(Box::new(Held::new(unpack_all(source, limits, &budget)?.bytes)));
    };
    Budget { bytes: u64::MAX, entries: 0 }.allows_file(length, limits)?;
    let mut members = Members::new(source);
    let skipped = io::copy(&mut (&mut members).take(start), &mut io::sink());
    let mut bytes = Vec::new();
    let outcome = skipped.and_then(|_| unpack(&mut (&mut members).take(length), &mut bytes, u64::MAX));
    match outcome {
        Ok(_) if bytes.len() as u64 == length => Ok(Box::new(Held::new(bytes))),
        Ok(_) => Err(Problem::error(Kind::Unreadable, "the archive does not hold these bytes any more")),
        Err(error) => Err(fault(&error, "the gzip file")),
    }
}
