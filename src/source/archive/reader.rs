//! Bytes as the archive libraries want them, and parts of sources.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;

use crate::problem::{Kind, Problem};
use crate::source::{ByteSource, Limits, ReadError};

/// How many bytes one read asks for: enough that a host with slow calls is asked seldom.
const SLICE: usize = 64 << 10;

/// Unpacked bytes up to which no ratio is demanded.
const RATIO_FLOOR: u64 = 1 << 20;

/// A failure of the source inside an [`io::Error`], to be told from a fault of the archive.
#[derive(Debug)]
struct SourceFailure(String);

impl std::fmt::Display for SourceFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SourceFailure {}

/// Returns the problem of a source that failed.
pub(super) fn unreadable(error: ReadError, path: &str) -> Problem {
    Problem::error(Kind::Unreadable, error.0).in_file(path)
}

/// Returns the problem of an unpacking that failed: of the source, of bytes that end early, or of broken ones.
pub(super) fn fault(error: &io::Error, what: &str) -> Problem {
    let failure = error.get_ref().and_then(|inner| inner.downcast_ref::<SourceFailure>());
    if let Some(failure) = failure {
        return Problem::error(Kind::Unreadable, failure.0.as_str());
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Problem::error(Kind::CutShort, format!("the packed bytes of {what} end early"))
        }
        io::ErrorKind::OutOfMemory => {
            Problem::error(Kind::Unreadable, format!("there is not enough memory to unpack {what}"))
        }
        _ => Problem::error(Kind::Malformed, format!("{what} cannot be unpacked: {error}")),
    }
}

/// Reads until `into` is full or the source ends; returns how many bytes came.
pub(super) fn read_full(
    source: &mut dyn ByteSource,
    offset: u64,
    into: &mut [u8],
) -> Result<usize, ReadError> {
    let mut got = 0;
    while got < into.len() {
        match source.read_at(offset + got as u64, &mut into[got..])? {
            0 => break,
            count => got += count,
        }
    }
    Ok(got)
}

/// A source with a position, buffered so that jumps within the buffer cost nothing.
pub(super) struct SourceReader {
    source: Box<dyn ByteSource>,
    length: u64,
    position: u64,
    buffer: Vec<u8>,
    /// Offset in the source of the start of `buffer`.
    buffered: u64,
}

impl SourceReader {
    pub(super) fn new(source: Box<dyn ByteSource>) -> Self {
        let length = source.length();
        Self { source, length, position: 0, buffer: Vec::new(), buffered: 0 }
    }

    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn source(&self) -> &dyn ByteSource {
        &*self.source
    }

    /// Reads `into.len()` bytes at `offset`, fewer only at the end of the source.
    pub(super) fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.position = offset;
        let mut got = 0;
        while got < into.len() {
            match self.read(&mut into[got..])? {
                0 => break,
                count => got += count,
            }
        }
        Ok(got)
    }

    fn read_source(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.source.read_at(offset, into).map_err(|error| io::Error::other(SourceFailure(error.0)))
    }
}

impl BufRead for SourceReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let end = self.buffered + self.buffer.len() as u64;
        if self.position < self.buffered || self.position >= end {
            let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.resize(left.min(SLICE), 0);
            let count = if buffer.is_empty() { 0 } else { self.read_source(self.position, &mut buffer)? };
            buffer.truncate(count);
            self.buffer = buffer;
            self.buffered = self.position;
        }
        let skip = usize::try_from(self.position - self.buffered).unwrap_or(usize::MAX);
        Ok(self.buffer.get(skip..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.position += count as u64;
    }
}

impl Read for SourceReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = self.buffered + self.buffer.len() as u64;
        let is_buffered = self.position >= self.buffered && self.position < end;
        if !is_buffered && into.len() >= SLICE {
            if self.position >= self.length {
                return Ok(0);
            }
            let count = self.read_source(self.position, into)?;
            self.position += count as u64;
            return Ok(count);
        }
        let held = self.fill_buf()?;
        let count = held.len().min(into.len());
        into[..count].copy_from_slice(&held[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl Seek for SourceReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        match position {
            Some(position) => {
                self.position = position;
                Ok(position)
            }
            None => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "a position before the start of the file"))
            }
        }
    }
}

/// Unpacked bytes in memory, shared between handles without a copy.
#[derive(Clone, Debug)]
pub(super) struct Held(Arc<Vec<u8>>);

impl Held {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl ByteSource for Held {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let rest = &self.0[start..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(self.clone())
    }
}

/// A part of another source.
pub(super) struct Slice {
    source: Box<dyn ByteSource>,
    start: u64,
    length: u64,
}

impl Slice {
    /// Returns `length` bytes from `start`; fewer where the source ends before.
    pub(super) fn new(source: Box<dyn ByteSource>, start: u64, length: u64) -> Self {
        let length = source.length().saturating_sub(start).min(length);
        Self { source, start, length }
    }
}

impl ByteSource for Slice {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = left.min(into.len());
        if count == 0 {
            return Ok(0);
        }
        self.source.read_at(self.start + offset, &mut into[..count])
    }

    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(Self { source: self.source.reopen(), start: self.start, length: self.length })
    }
}

/// Returns how many bytes an archive of `packed` bytes may unpack to.
pub(super) fn ratio_bound(packed: u64, limits: &Limits) -> u64 {
    packed.saturating_mul(limits.ratio).max(RATIO_FLOOR)
}

/// Returns the problem of an archive or entry over the ratio.
pub(super) fn over_ratio(packed: u64, limits: &Limits) -> Problem {
    Problem::error(
        Kind::OverLimit,
        format!("over {} bytes unpacked from {packed} packed ones", ratio_bound(packed, limits)),
    )
    .expected(format!("at most {} unpacked bytes for each packed one (ratio)", limits.ratio))
}

/// Unpacks onto the end of `out` until the reader ends or `out` is longer than `bound`; returns whether it ended.
/// At most a few KiB over `bound` are ever held.
pub(super) fn unpack(reader: &mut dyn Read, out: &mut Vec<u8>, bound: u64) -> io::Result<bool> {
    let mut piece = [0; 16 << 10];
    loop {
        if out.len() as u64 > bound {
            return Ok(false);
        }
        let count = reader.read(&mut piece)?;
        if count == 0 {
            return Ok(true);
        }
        if out.try_reserve(count).is_err() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        out.extend_from_slice(&piece[..count]);
    }
}
