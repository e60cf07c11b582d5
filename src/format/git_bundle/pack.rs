//! The objects of a pack in memory: which there are, and how to unpack one (gitformat-pack(5)).
//!
//! A bundle has no index, so the pack is walked once: every object is unpacked, hashed, and dropped again. What is kept
//! is a table from id to offset; objects are unpacked anew when they are read.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use flate2::{Decompress, FlushDecompress, Status};
use gix_object::Kind as ObjectKind;
use gix_pack::data::Entry;
use gix_pack::data::entry::Header;

use crate::problem::{Kind, Problem, Spot};
use crate::source::Limits;

/// A SHA-1 object id.
pub type Id = [u8; 20];

/// Bytes of unpacked objects that are kept to be read again.
const CACHE_BYTES: usize = 48 << 20;

/// The objects of one pack.
pub struct Pack<'a> {
    bytes: &'a [u8],
    /// Offset in `bytes` of each object, by id.
    index: BTreeMap<Id, u64>,
    limits: Limits,
    cache: HashMap<u64, (ObjectKind, Rc<Vec<u8>>), foldhash::fast::FixedState>,
    cached: usize,
}

/// One entry of the walk.
struct Walked {
    offset: u64,
    header: Header,
    data: u64,
    size: u64,
}

impl<'a> Pack<'a> {
    /// Walks a pack; what is broken is told, and what stands before it is kept. `start` is the pack's offset in its file.
    pub fn new(bytes: &'a [u8], start: u64, limits: &Limits, problems: &mut Vec<Problem>) -> Self {
        let mut pack = Self {
            bytes,
            index: BTreeMap::new(),
            limits: limits.clone(),
            cache: HashMap::default(),
            cached: 0,
        };
        let mut entries = pack.walk(start, problems);
        // A delta against an object that comes later, or is missing, is tried again as long as others become known.
        loop {
            let before = pack.index.len();
            entries.retain(|entry| !pack.identify(entry));
            if entries.is_empty() || pack.index.len() == before {
                break;
            }
        }
        if let Some(first) = entries.first() {
            let found =
                format!("{} objects that build on objects which are not in the bundle", entries.len());
            problems.push(
                Problem::warning(Kind::Dangling, found)
                    .at(at(start + first.offset))
                    .expected("the objects that they build on"),
            );
        }
        pack.verify_trailer(start, problems);
        pack
    }

    /// Reads the headers of all entries and unpacks each to find where the next begins.
    fn walk(&self, start: u64, problems: &mut Vec<Problem>) -> Vec<Walked> {
        let Some(head) = self.bytes.first_chunk::<12>() else {
            problems.push(
                Problem::error(Kind::CutShort, "a pack without its header")
                    .at(at(start))
                    .expected("PACK, a version, a count"),
            );
            return Vec::new();
        };
        let Ok((_, count)) = gix_pack::data::header::decode(head) else {
            problems.push(
                Problem::error(Kind::Malformed, "no pack of a known version")
                    .at(at(start))
                    .expected("a pack of version 2 or 3"),
            );
            return Vec::new();
        };
        if u64::from(count) > self.limits.objects {
            problems.push(
                Problem::error(Kind::OverLimit, format!("a pack of {count} objects"))
                    .at(at(start))
                    .expected(format!("at most {} (objects)", self.limits.objects)),
            );
            return Vec::new();
        }
        let mut entries =
            Vec::with_capacity(usize::try_from(count).unwrap_or(0).min(self.bytes.len() / 8 + 1));
        let mut offset = 12u64;
        for number in 0..count {
            match self.measure(offset) {
                Ok((entry, next)) => {
                    entries.push(entry);
                    offset = next;
                }
                Err(fault) => {
                    let found = format!("{} after {number} of {count} objects", fault.words());
                    problems.push(
                        Problem::error(fault.kind(), found).at(at(start + offset)).expected("a whole pack"),
                    );
                    break;
                }
            }
        }
        entries
    }

    fn measure(&self, offset: u64) -> Result<(Walked, u64), Fault> {
        let from = usize::try_from(offset).map_err(|_too_far| Fault::Cut)?;
        let rest = self.bytes.get(from..).filter(|rest| !rest.is_empty()).ok_or(Fault::Cut)?;
        let entry = Entry::from_bytes(rest, offset, gix_hash::Kind::Sha1).map_err(|_broken| Fault::Broken)?;
        if entry.decompressed_size > self.limits.object_bytes {
            return Err(Fault::TooLarge);
        }
        let (_, used) = self.inflate(entry.data_offset, entry.decompressed_size)?;
        let walked =
            Walked { offset, header: entry.header, data: entry.data_offset, size: entry.decompressed_size };
        Ok((walked, entry.data_offset + used))
    }

    /// Unpacks `size` bytes at an offset; returns them and how many packed bytes they took.
    fn inflate(&self, offset: u64, size: u64) -> Result<(Vec<u8>, u64), Fault> {
        let input = usize::try_from(offset).ok().and_then(|from| self.bytes.get(from..)).ok_or(Fault::Cut)?;
        let size = usize::try_from(size).map_err(|_too_large| Fault::TooLarge)?;
        // A packed byte cannot hold more than about a thousand unpacked ones: no memory is taken for what cannot come.
        if size / 1100 > input.len() {
            return Err(Fault::Cut);
        }
        let mut out = Vec::with_capacity(size + 1);
        let mut zlib = Decompress::new(true);
        loop {
            let used = usize::try_from(zlib.total_in()).unwrap_or(input.len());
            let status = zlib
                .decompress_vec(&input[used..], &mut out, FlushDecompress::Finish)
                .map_err(|_broken| Fault::Broken)?;
            match status {
                Status::StreamEnd => break,
                _ if out.len() > size => return Err(Fault::Broken),
                _ if usize::try_from(zlib.total_in()).unwrap_or(usize::MAX) >= input.len() => {
                    return Err(Fault::Cut);
                }
                _ if out.len() == out.capacity() => out.reserve(1),
                _ if usize::try_from(zlib.total_in()).unwrap_or(usize::MAX) == used => {
                    return Err(Fault::Cut);
                }
                _ => {}
            }
        }
        if out.len() == size { Ok((out, zlib.total_in())) } else { Err(Fault::Broken) }
    }

    /// Unpacks and hashes an entry; returns whether its id is known now.
    fn identify(&mut self, entry: &Walked) -> bool {
        let object = match entry.header.as_kind() {
            Some(kind) => self.inflate(entry.data, entry.size).ok().map(|(data, _)| (kind, Rc::new(data))),
            None => self.at(entry.offset),
        };
        let Some((kind, data)) = object else { return false };
        let Some(id) = object_id(kind, &data) else { return false };
        self.index.insert(id, entry.offset);
        self.keep(entry.offset, kind, &data);
        true
    }

    fn keep(&mut self, offset: u64, kind: ObjectKind, data: &Rc<Vec<u8>>) {
        if data.len() > CACHE_BYTES / 8 {
            return;
        }
        if self.cached + data.len() > CACHE_BYTES {
            self.cache.clear();
            self.cached = 0;
        }
        self.cached += data.len();
        self.cache.insert(offset, (kind, Rc::clone(data)));
    }

    /// Unpacks the object at an offset: its base first, then the deltas on top of it.
    fn at(&mut self, offset: u64) -> Option<(ObjectKind, Rc<Vec<u8>>)> {
        let mut deltas = Vec::new();
        let mut here = offset;
        let (kind, mut data) = loop {
            if let Some((kind, data)) = self.cache.get(&here) {
                break (*kind, Rc::clone(data));
            }
            let rest = self.bytes.get(usize::try_from(here).ok()?..)?;
            let entry = Entry::from_bytes(rest, here, gix_hash::Kind::Sha1).ok()?;
            if entry.decompressed_size > self.limits.object_bytes || deltas.len() > 10_000 {
                return None;
            }
            let (data, _) = self.inflate(entry.data_offset, entry.decompressed_size).ok()?;
            match entry.header {
                Header::OfsDelta { base_distance } => {
                    deltas.push(data);
                    here = Header::verified_base_pack_offset(here, base_distance)?;
                }
                Header::RefDelta { base_id } => {
                    deltas.push(data);
                    let base = *self.index.get(base_id.as_bytes())?;
                    // A chain that comes back to where it was has no base.
                    if base == here || base == offset {
                        return None;
                    }
                    here = base;
                }
                header => break (header.as_kind()?, Rc::new(data)),
            }
        };
        for delta in deltas.iter().rev() {
            data = Rc::new(apply(&data, delta, self.limits.object_bytes)?);
        }
        self.keep(offset, kind, &data);
        Some((kind, data))
    }

    /// Returns an object by its id.
    pub fn object(&mut self, id: &Id) -> Option<(ObjectKind, Rc<Vec<u8>>)> {
        let offset = *self.index.get(id)?;
        self.at(offset)
    }

    fn verify_trailer(&self, start: u64, problems: &mut Vec<Problem>) {
        let Some((content, trailer)) = self.bytes.split_last_chunk::<20>() else { return };
        let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
        hasher.update(content);
        let is_intact = hasher.try_finalize().is_ok_and(|id| id.as_bytes() == trailer);
        if !is_intact && !problems.iter().any(|problem| problem.kind == Kind::CutShort) {
            let found = "a pack whose checksum does not match its content";
            problems.push(
                Problem::error(Kind::Malformed, found)
                    .at(at(start + content.len() as u64))
                    .expected("the SHA-1 of the pack"),
            );
        }
    }
}

/// Why an entry could not be read.
#[derive(Clone, Copy)]
enum Fault {
    Cut,
    Broken,
    TooLarge,
}

impl Fault {
    const fn words(self) -> &'static str {
        match self {
            Self::Cut => "the end of the file",
            Self::Broken => "bytes that are no object",
            Self::TooLarge => "an object over the bound object-bytes",
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Cut => Kind::CutShort,
            Self::Broken => Kind::Malformed,
            Self::TooLarge => Kind::OverLimit,
        }
    }
}

fn at(offset: u64) -> Spot {
    Spot { pointer: format!("byte {offset}"), line: 0, offset }
}

/// Returns the id of an object: SHA-1 over `KIND LENGTH NUL CONTENT`.
pub fn object_id(kind: ObjectKind, data: &[u8]) -> Option<Id> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(kind.as_bytes());
    hasher.update(b" ");
    hasher.update(data.len().to_string().as_bytes());
    hasher.update(b"\0");
    hasher.update(data);
    let id = hasher.try_finalize().ok()?;
    id.as_bytes().try_into().ok()
}

/// Applies a delta to its base; `None` when it does not fit.
fn apply(base: &[u8], delta: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut rest = delta;
    let base_size = size(&mut rest)?;
    let result_size = size(&mut rest)?;
    if base_size != base.len() as u64 || result_size > most {
        return None;
    }
    let wanted = usize::try_from(result_size).ok()?;
    let mut out = Vec::with_capacity(wanted.min(base.len().saturating_mul(2).saturating_add(delta.len())));
    while let Some((&command, tail)) = rest.split_first() {
        rest = tail;
        if command & 0x80 != 0 {
            let (mut from, mut count) = (0usize, 0usize);
            for bit in 0..7u32 {
                if command & (1 << bit) == 0 {
                    continue;
                }
                let (&byte, tail) = rest.split_first()?;
                rest = tail;
                match bit {
                    0..4 => from |= usize::from(byte) << (8 * bit),
                    _ => count |= usize::from(byte) << (8 * (bit - 4)),
                }
            }
            let count = if count == 0 { 0x10000 } else { count };
            out.extend_from_slice(base.get(from..from.checked_add(count)?)?);
        } else {
            let count = usize::from(command);
            let (copied, tail) = rest.split_at_checked(count).filter(|_| count > 0)?;
            out.extend_from_slice(copied);
            rest = tail;
        }
        if out.len() > wanted {
            return None;
        }
    }
    (out.len() == wanted).then_some(out)
}

/// Reads a size of seven bits a byte, the lowest first.
fn size(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_those_of_git() {
        let id = object_id(ObjectKind::Blob, b"hello\n").map(|id| crate::model::place::hex(&id));
        assert_eq!(id.as_deref(), Some("ce013625030ba8dba906f756967f9e9ca394464a"));
    }

    #[test]
    fn a_delta_copies_and_inserts() {
        // base 6 bytes, result 7: copy 4 from 0, insert "xyz".
        let delta = [6, 7, 0b1001_0000, 4, 3, b'x', b'y', b'z'];
        assert_eq!(apply(b"abcdef", &delta, 100).as_deref(), Some(&b"abcdxyz"[..]));
        assert_eq!(apply(b"abc", &delta, 100), None, "another base");
        assert_eq!(apply(b"abcdef", &delta, 6), None, "over the bound");
    }

    proptest! {
        #[test]
        fn no_delta_breaks_it(base in proptest::collection::vec(any::<u8>(), 0..50), delta in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = apply(&base, &delta, 1000).map(|out| out.len());
        }

        #[test]
        fn no_bytes_break_the_walk(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if bytes.len() > 12 {
                bytes[..12].copy_from_slice(b"PACK\0\0\0\x02\0\0\0\x03");
            }
            Pack::new(&bytes, 0, &Limits::default(), &mut Vec::new());
        }
    }
}
