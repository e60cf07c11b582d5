//! Git packs in memory: finding the objects of a pack without an index, and reading them.
//!
//! A pack (gitformat-pack(5)) is a row of zlib streams, whole objects or deltas against another object, without ids:
//! every stream has to be inflated once to find the next, and every object hashed to know its id. `Scan` does the
//! first, `Resolve` the second; both go in steps. What was found is a [`PackIndex`], and [`Objects`] reads through it.
//! Nothing recurses: delta chains may be thousands long.

use std::rc::Rc;

use flate2::{Decompress, FlushDecompress};
use hashbrown::HashMap;

use super::delta::apply;
use super::scan::Scan;
use crate::problem::Problem;
use crate::source::Limits;

/// A binary SHA-1 object id.
pub type Id = [u8; 20];

/// Bytes of read objects that are kept for the next reads: twice this.
const CACHED_BYTES: usize = 16 << 20;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// An annotated tag.
    Tag,
    /// The content of a file.
    Blob,
}

impl Kind {
    /// Returns the word in the object's header.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Tag => "tag",
            Self::Blob => "blob",
        }
    }
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its base was not reached (yet).
    Open,
    /// Its id is known.
    Known(Kind),
    /// It is broken, or over a bound.
    Bad,
}

/// What an entry is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// As it is.
    Whole(Kind),
    /// As a delta against the entry with this position.
    Entry(u32),
    /// As a delta against the object with the id at this position of [`PackIndex::missing`], not (yet) found.
    Object(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Offset in the file of the entry.
    pub(super) start: u64,
    /// Inflated size of what is stored.
    pub(super) size: u64,
    pub(super) base: Base,
    pub(super) state: State,
    pub(super) header: u16,
    pub(super) id: Id,
}

/// Where each object of a pack is.
#[derive(Debug, Default)]
pub struct PackIndex {
    /// In the order of the file.
    pub(super) entries: Vec<Entry>,
    /// The entries with a known id: the start of the id, and the position.
    pub(super) by_id: Vec<(u64, u32)>,
    /// Ids that deltas name as their base.
    pub(super) bases: Vec<Id>,
    /// Offset in the file behind the last entry.
    pub(super) end: u64,
}

/// Returns the SHA-1 object id of an object; `None` for bytes made to collide.
pub fn object_id(kind: Kind, data: &[u8]) -> Option<Id> {
    let mut hasher = object_hasher(kind, data.len() as u64);
    hasher.update(data);
    finish(hasher)
}

pub(super) fn object_hasher(kind: Kind, size: u64) -> gix_hash::Hasher {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(format!("{} {size}\0", kind.word()).as_bytes());
    hasher
}

pub(super) fn finish(hasher: gix_hash::Hasher) -> Option<Id> {
    hasher.try_finalize().ok()?.as_slice().try_into().ok()
}

/// Returns the first 8 bytes of an id, which order ids as the ids themselves do.
fn prefix(id: &Id) -> u64 {
    id.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

pub(super) fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl PackIndex {
    /// Finds the objects of a pack in one go; for what reads one object on demand.
    pub(super) fn build(
        bytes: &[u8],
        pack_start: usize,
        limits: &Limits,
        wanted: Option<Id>,
    ) -> Result<Self, Problem> {
        let mut scan = Scan::new(bytes, pack_start, limits)?;
        // A cut pack still has what comes before the cut.
        let _whole = scan.step(bytes, limits, u64::MAX).is_ok();
        let mut resolve = scan.finish();
        let is_found = |index: &Self| wanted.is_some_and(|id| index.entries.iter().any(|e| e.id == id));
        if !is_found(&resolve.index) {
            if let Some(id) = wanted {
                resolve = resolve.until(id);
            }
            while !resolve.step(bytes, limits, u64::MAX) {}
        }
        let mut index = resolve.index;
        index.sort();
        Ok(index)
    }

    pub(super) fn sort(&mut self) {
        let known = (0u32..).zip(&self.entries).filter(|(_, entry)| matches!(entry.state, State::Known(_)));
        self.by_id = known.map(|(at, entry)| (prefix(&entry.id), at)).collect();
        crate::order::sort(&mut self.by_id);
    }

    /// Returns the count of objects whose id is known.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Returns whether no object is known.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Returns the position and kind of an object.
    pub fn find(&self, id: &Id) -> Option<(u32, Kind)> {
        let wanted = prefix(id);
        let first = self.by_id.partition_point(|(prefix, _)| *prefix < wanted);
        let like = self.by_id[first..].iter().take_while(|(prefix, _)| *prefix == wanted);
        like.map(|(_, at)| *at).find_map(|at| {
            let entry = self.entries.get(at as usize)?;
            match entry.state {
                State::Known(kind) if entry.id == *id => Some((at, kind)),
                _ => None,
            }
        })
    }

    /// Returns the id of the object at a position.
    pub fn id(&self, at: u32) -> Id {
        self.entries.get(at as usize).map_or([0; 20], |entry| entry.id)
    }

    /// Inflates what an entry stores: an object, or the instructions of a delta.
    pub(super) fn inflate(&self, bytes: &[u8], at: u32, limits: &Limits) -> Option<Vec<u8>> {
        let entry = self.entries.get(at as usize)?;
        if entry.size > limits.object_bytes {
            return None;
        }
        let end = self.entries.get(at as usize + 1).map_or(self.end, |next| next.start);
        let start = usize::try_from(entry.start + u64::from(entry.header)).ok()?;
        let data = bytes.get(start..usize::try_from(end).ok()?)?;
        let mut out = Vec::with_capacity(usize::try_from(entry.size).ok()?);
        let status = Decompress::new(true).decompress_vec(data, &mut out, FlushDecompress::Finish);
        (status.is_ok() && out.len() as u64 == entry.size).then_some(out)
    }

    /// Returns the object at a position, applying its chain of deltas from the nearest object that is cached.
    pub(super) fn object_at(
        &self,
        bytes: &[u8],
        at: u32,
        limits: &Limits,
        cache: &mut Cache,
    ) -> Option<Rc<Vec<u8>>> {
        let mut chain = Vec::new();
        let mut at = at;
        let mut data = loop {
            if let Some(data) = cache.get(at) {
                break data;
            }
            match self.entries.get(at as usize)?.base {
                Base::Whole(_) => {
                    let data = Rc::new(self.inflate(bytes, at, limits)?);
                    cache.spent += data.len() as u64;
                    cache.put(at, &data);
                    break data;
                }
                // The base of a delta is resolved before it, and never the delta itself.
                Base::Entry(base) if chain.len() < self.entries.len() => {
                    chain.push(at);
                    at = base;
                }
                Base::Entry(_) | Base::Object(_) => return None,
            }
        };
        while let Some(delta) = chain.pop() {
            data = Rc::new(apply(&data, &self.inflate(bytes, delta, limits)?, limits)?);
            cache.spent += data.len() as u64;
            cache.put(delta, &data);
        }
        Some(data)
    }
}

/// Objects that were read, in two generations: what is not asked for again is dropped with its generation.
#[derive(Default)]
pub(super) struct Cache {
    young: HashMap<u32, Rc<Vec<u8>>, foldhash::fast::FixedState>,
    old: HashMap<u32, Rc<Vec<u8>>, foldhash::fast::FixedState>,
    bytes: usize,
    /// Bytes that were unpacked so far.
    spent: u64,
}

impl Cache {
    fn get(&mut self, at: u32) -> Option<Rc<Vec<u8>>> {
        if let Some(data) = self.young.get(&at) {
            return Some(Rc::clone(data));
        }
        let data = self.old.remove(&at)?;
        self.put(at, &data);
        Some(data)
    }

    fn put(&mut self, at: u32, data: &Rc<Vec<u8>>) {
        if self.bytes + data.len() > CACHED_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += data.len();
        self.young.insert(at, Rc::clone(data));
    }
}

/// Reads objects of a pack by id.
pub struct Objects {
    /// Where they are.
    pub index: PackIndex,
    cache: Cache,
}

impl Objects {
    /// Returns a reader of the objects of an index.
    pub fn new(index: PackIndex) -> Self {
        Self { index, cache: Cache::default() }
    }

    /// Returns how many bytes were unpacked so far.
    pub const fn spent(&self) -> u64 {
        self.cache.spent
    }

    /// Returns kind and bytes of an object; `None` where the pack does not hold it.
    pub fn read(&mut self, bytes: &[u8], id: &Id, limits: &Limits) -> Option<(Kind, Rc<Vec<u8>>)> {
        let (at, kind) = self.index.find(id)?;
        Some((kind, self.index.object_at(bytes, at, limits, &mut self.cache)?))
    }

    /// Returns an object that is to be of this kind.
    pub fn read_kind(&mut self, bytes: &[u8], id: &Id, kind: Kind, limits: &Limits) -> Option<Rc<Vec<u8>>> {
        self.read(bytes, id, limits).filter(|(found, _)| *found == kind).map(|(_, data)| data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_gits() {
        let hex = |id: Option<Id>| id.map(|id| crate::model::place::hex(&id));
        assert_eq!(
            hex(object_id(Kind::Blob, b"")).as_deref(),
            Some("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        );
        assert_eq!(
            hex(object_id(Kind::Tree, b"")).as_deref(),
            Some("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
        );
    }
}
