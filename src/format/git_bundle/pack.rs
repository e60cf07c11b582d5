//! Git packs in memory: finding the objects of a pack without an index, and reading them.
//!
//! A pack (gitformat-pack(5)) is a row of zlib streams, whole objects or deltas against another object, without ids:
//! every stream has to be inflated once to find the next, and every object hashed to know its id. [`Scan`] does the
//! first, [`Resolve`] the second; both go in steps. What was found is a [`PackIndex`], and [`Objects`] reads through it.
//! Nothing recurses: delta chains may be thousands long.

use std::rc::Rc;

use flate2::{Decompress, FlushDecompress, Status};
use gix_pack::data::Entry as Header;
use gix_pack::data::entry::Header as Stored;
use hashbrown::HashMap;

use crate::problem::{Kind as ProblemKind, Problem, Spot};
use crate::source::Limits;

/// A binary SHA-1 object id.
pub type Id = [u8; 20];

/// Bytes of resolved objects that are kept for the deltas against them.
const KEPT_BYTES: usize = 64 << 20;
/// Bytes of read objects that are kept for the next reads: twice this.
const CACHED_BYTES: usize = 16 << 20;
/// Bytes before the first entry of a pack.
const PACK_HEADER: usize = gix_pack::data::header::SIZE;
/// Bytes of the checksum behind the last entry.
const CHECKSUM: usize = 20;

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
enum State {
    /// Its base was not reached (yet).
    Open,
    /// Its id is known.
    Known(Kind),
    /// It is broken, or over a bound.
    Bad,
}

/// What an entry is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// As it is.
    Whole(Kind),
    /// As a delta against the entry with this position.
    Entry(u32),
    /// As a delta against the object with the id at this position of [`PackIndex::missing`], not (yet) found.
    Object(u32),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Offset in the file of the entry.
    start: u64,
    /// Inflated size of what is stored.
    size: u64,
    base: Base,
    state: State,
    header: u16,
    id: Id,
}

/// Where each object of a pack is.
#[derive(Debug, Default)]
pub struct PackIndex {
    /// In the order of the file.
    entries: Vec<Entry>,
    /// Positions of the entries with a known id, by id.
    by_id: Vec<u32>,
    /// Ids that deltas name as their base.
    bases: Vec<Id>,
    /// Offset in the file behind the last entry.
    end: u64,
}

/// Returns the SHA-1 object id of an object; `None` for bytes made to collide.
pub fn object_id(kind: Kind, data: &[u8]) -> Option<Id> {
    let mut hasher = object_hasher(kind, data.len() as u64);
    hasher.update(data);
    finish(hasher)
}

fn object_hasher(kind: Kind, size: u64) -> gix_hash::Hasher {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(format!("{} {size}\0", kind.word()).as_bytes());
    hasher
}

fn finish(hasher: gix_hash::Hasher) -> Option<Id> {
    hasher.try_finalize().ok()?.as_slice().try_into().ok()
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The first pass: finds the entries of a pack and the ids of its whole objects.
pub struct Scan {
    index: PackIndex,
    at: u64,
    pack_start: u64,
    left: u64,
    inflated: u64,
    checksum: gix_hash::Hasher,
    inflate: Decompress,
    buffer: Vec<u8>,
    over_limit: u64,
}

impl Scan {
    /// Starts at the `PACK` of a file.
    ///
    /// # Errors
    /// When there is no pack of a version that is read, or it claims more than `objects` objects.
    pub fn new(bytes: &[u8], pack_start: usize, limits: &Limits) -> Result<Self, Problem> {
        let spot = || Spot::pointer("", pack_start as u64);
        let header = bytes.get(pack_start..).unwrap_or_default();
        let Some(header) = header.first_chunk::<PACK_HEADER>() else {
            return Err(Problem::error(ProblemKind::CutShort, "the file ends before its pack").at(spot()));
        };
        let (_, count) = gix_pack::data::header::decode(header).map_err(|error| {
            Problem::error(ProblemKind::Malformed, error.to_string())
                .at(spot())
                .expected("a pack of version 2 or 3")
        })?;
        if u64::from(count) > limits.objects {
            return Err(Problem::error(ProblemKind::OverLimit, format!("a pack of {count} objects"))
                .at(spot())
                .expected(format!("at most {} objects (objects)", limits.objects)));
        }
        let mut checksum = gix_hash::hasher(gix_hash::Kind::Sha1);
        checksum.update(header);
        Ok(Self {
            index: PackIndex::default(),
            at: (pack_start + PACK_HEADER) as u64,
            pack_start: pack_start as u64,
            left: u64::from(count),
            inflated: 0,
            checksum,
            inflate: Decompress::new(true),
            buffer: vec![0; 64 << 10],
            over_limit: 0,
        })
    }

    /// Goes over about `budget` bytes; returns whether the end of the pack was reached. After an error everything
    /// that was found before stands: [`Self::finish`].
    ///
    /// # Errors
    /// When the pack is cut or broken, or its checksum is another.
    pub fn step(&mut self, bytes: &[u8], limits: &Limits, budget: u64) -> Result<bool, Problem> {
        let until = self.inflated.saturating_add(budget);
        while self.left > 0 {
            if self.inflated >= until {
                return Ok(false);
            }
            self.entry(bytes, limits)?;
            self.left -= 1;
        }
        self.index.end = self.at;
        let place = usize::try_from(self.at).unwrap_or(usize::MAX);
        let trailer = bytes.get(place..).and_then(|rest| rest.get(..CHECKSUM));
        let Some(trailer) = trailer else {
            return Err(Problem::error(ProblemKind::CutShort, "the file ends before the pack's checksum")
                .at(Spot::pointer("", self.at)));
        };
        let hasher = std::mem::replace(&mut self.checksum, gix_hash::hasher(gix_hash::Kind::Sha1));
        if finish(hasher).as_ref().map(Id::as_slice) != Some(trailer) {
            return Err(Problem::error(ProblemKind::Malformed, "the pack's checksum is another")
                .at(Spot::pointer("", self.at))
                .expected("the SHA-1 of the pack's bytes; what was read is known by its own ids"));
        }
        Ok(true)
    }

    fn entry(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), Problem> {
        let start = self.at;
        let spot = || Spot::pointer("", start);
        let place = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = bytes.get(place..).unwrap_or_default();
        // An entry's header and the checksum behind the last entry are never longer than this.
        if rest.is_empty() {
            return Err(self.cut(start));
        }
        let header = Header::from_bytes(rest, start, gix_hash::Kind::Sha1).map_err(|error| {
            if rest.len() < 64 {
                self.cut(start)
            } else {
                Problem::error(ProblemKind::Malformed, error.to_string()).at(spot()).expected("a pack entry")
            }
        })?;
        let base = self.base(&header, start);
        let length = header.header_size();
        let mut hasher = match base {
            Base::Whole(kind) => Some(object_hasher(kind, header.decompressed_size)),
            Base::Entry(_) | Base::Object(_) => None,
        };
        let data = rest.get(length..).unwrap_or_default();
        let consumed = self.inflate_entry(data, header.decompressed_size, &mut hasher, start)?;
        self.checksum.update(&rest[..length + consumed]);
        self.at = start + (length + consumed) as u64;
        let pack_bytes = (bytes.len() as u64).saturating_sub(self.pack_start).max(1);
        if self.inflated > 1 << 20 && self.inflated / pack_bytes > limits.ratio {
            return Err(Problem::error(
                ProblemKind::OverLimit,
                format!("a pack of {pack_bytes} bytes that unpacks to over {} bytes", self.inflated),
            )
            .at(spot())
            .expected(format!("at most {} bytes for each packed one (ratio)", limits.ratio)));
        }
        let mut entry = Entry {
            start,
            size: header.decompressed_size,
            base,
            state: State::Open,
            header: u16::try_from(length).unwrap_or(u16::MAX),
            id: [0; 20],
        };
        if header.decompressed_size > limits.object_bytes {
            self.over_limit += 1;
            entry.state = State::Bad;
        } else if let (Base::Whole(kind), Some(hasher)) = (base, hasher) {
            match finish(hasher) {
                Some(id) => {
                    entry.id = id;
                    entry.state = State::Known(kind);
                }
                None => entry.state = State::Bad,
            }
        }
        self.index.entries.push(entry);
        Ok(())
    }

    fn base(&mut self, header: &Header, start: u64) -> Base {
        match header.header {
            Stored::Commit => Base::Whole(Kind::Commit),
            Stored::Tree => Base::Whole(Kind::Tree),
            Stored::Tag => Base::Whole(Kind::Tag),
            Stored::Blob => Base::Whole(Kind::Blob),
            Stored::OfsDelta { base_distance } => {
                let at = Stored::verified_base_pack_offset(start, base_distance)
                    .and_then(|at| self.index.entries.binary_search_by_key(&at, |entry| entry.start).ok());
                // A distance that leads to no entry stays without a base.
                at.map_or(Base::Object(u32::MAX), |at| Base::Entry(narrow(at)))
            }
            Stored::RefDelta { base_id } => {
                self.index.bases.push(base_id.as_slice().try_into().unwrap_or_default());
                Base::Object(narrow(self.index.bases.len() - 1))
            }
        }
    }

    /// Inflates a stream without keeping it; returns how many bytes it has in the file.
    fn inflate_entry(
        &mut self,
        data: &[u8],
        size: u64,
        hasher: &mut Option<gix_hash::Hasher>,
        start: u64,
    ) -> Result<usize, Problem> {
        self.inflate.reset(true);
        loop {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let from = usize::try_from(before_in).unwrap_or(usize::MAX).min(data.len());
            let status = self.inflate.decompress(&data[from..], &mut self.buffer, FlushDecompress::None);
            let got = usize::try_from(self.inflate.total_out() - before_out).unwrap_or(0);
            self.inflated += got as u64;
            if let Some(hasher) = hasher {
                hasher.update(&self.buffer[..got.min(self.buffer.len())]);
            }
            let problem = |what: String| {
                Problem::error(ProblemKind::Malformed, what)
                    .at(Spot::pointer("", start))
                    .expected("a zlib stream; everything before it was read")
            };
            if self.inflate.total_out() > size {
                return Err(problem(format!("an object of over the {size} bytes that its entry says")));
            }
            match status {
                Ok(Status::StreamEnd) if self.inflate.total_out() == size => {
                    return Ok(usize::try_from(self.inflate.total_in())
                        .unwrap_or(usize::MAX)
                        .min(data.len()));
                }
                Ok(Status::StreamEnd) => {
                    return Err(problem(format!(
                        "an object of {} bytes whose entry says {size}",
                        self.inflate.total_out()
                    )));
                }
                Ok(_) if self.inflate.total_in() == before_in && got == 0 => return Err(self.cut(start)),
                Ok(_) => {}
                Err(error) => return Err(problem(format!("a broken stream: {error}"))),
            }
        }
    }

    fn cut(&self, start: u64) -> Problem {
        Problem::error(ProblemKind::CutShort, format!("the pack ends {} objects before its end", self.left))
            .at(Spot::pointer("", start))
    }

    /// Ends the pass, and starts the next one over everything that was found.
    pub fn finish(mut self) -> Resolve {
        self.index.end = self.at;
        Resolve::new(self.index, self.over_limit)
    }
}

/// One object on the way from a whole object to the deltas against it.
struct Frame {
    entry: u32,
    /// `None` where it was dropped to save memory.
    data: Option<Vec<u8>>,
    /// What is left of the deltas that name it by offset, and of those that name it by id.
    by_offset: (usize, usize),
    by_id: (usize, usize),
}

/// The second pass: applies deltas, base first, to learn the ids of what they make.
pub struct Resolve {
    index: PackIndex,
    /// Whole objects that are still to be visited, last first.
    roots: Vec<u32>,
    /// (base, delta), sorted.
    by_offset: Vec<(u32, u32)>,
    /// (id of the base, delta), sorted.
    by_id: Vec<(Id, u32)>,
    stack: Vec<Frame>,
    held: usize,
    made: u64,
    over_limit: u64,
    broken: Vec<u64>,
    wanted: Option<Id>,
}

impl Resolve {
    fn new(index: PackIndex, over_limit: u64) -> Self {
        let (mut by_offset, mut by_id, mut roots) = (Vec::new(), Vec::new(), Vec::new());
        for (at, entry) in index.entries.iter().enumerate() {
            match (entry.base, entry.state) {
                (Base::Whole(kind), State::Known(_)) => {
                    roots.push((std::cmp::Reverse(kind), std::cmp::Reverse(narrow(at))));
                }
                (Base::Entry(base), State::Open) => by_offset.push((base, narrow(at))),
                (Base::Object(base), State::Open) => {
                    if let Some(id) = index.bases.get(base as usize) {
                        by_id.push((*id, narrow(at)));
                    }
                }
                _ => {}
            }
        }
        // Commits come first, so that a bound leaves out contents before history.
        roots.sort_unstable();
        by_offset.sort_unstable();
        by_id.sort_unstable();
        let roots = roots.into_iter().map(|(_, at)| at.0).collect();
        Self {
            index,
            roots,
            by_offset,
            by_id,
            stack: Vec::new(),
            held: 0,
            made: 0,
            over_limit,
            broken: Vec::new(),
            wanted: None,
        }
    }

    /// Stops as soon as this object is found.
    fn until(mut self, id: Id) -> Self {
        self.wanted = Some(id);
        self
    }

    /// Makes about `budget` bytes of objects; returns whether all were made that can be.
    pub fn step(&mut self, bytes: &[u8], limits: &Limits, budget: u64) -> bool {
        let until = self.made.saturating_add(budget);
        loop {
            if self.made >= limits.total_bytes {
                self.over_limit +=
                    self.index.entries.iter().filter(|e| e.state == State::Open).count() as u64;
                return true;
            }
            if self.made >= until {
                return false;
            }
            let Some(frame) = self.stack.last_mut() else {
                let Some(root) = self.roots.pop() else { return true };
                self.visit_root(bytes, limits, root);
                continue;
            };
            let Some(delta) = next_delta(frame, &self.by_offset, &self.by_id) else {
                self.held -= frame.data.as_ref().map_or(0, Vec::len);
                self.stack.pop();
                continue;
            };
            if self.index.entries[delta as usize].state == State::Open {
                self.apply(bytes, limits, delta);
            }
            if self.wanted.is_some_and(|wanted| self.index.entries[delta as usize].id == wanted) {
                return true;
            }
        }
    }

    fn frame(&self, entry: u32, data: Vec<u8>) -> Frame {
        let id = self.index.entries[entry as usize].id;
        let start = self.by_offset.partition_point(|(base, _)| *base < entry);
        let end = start + self.by_offset[start..].partition_point(|(base, _)| *base == entry);
        let by_offset = (start, end);
        let start = self.by_id.partition_point(|(base, _)| *base < id);
        let end = start + self.by_id[start..].partition_point(|(base, _)| *base == id);
        Frame { entry, data: Some(data), by_offset, by_id: (start, end) }
    }

    fn visit_root(&mut self, bytes: &[u8], limits: &Limits, root: u32) {
        let frame = self.frame(root, Vec::new());
        if frame.by_offset.0 == frame.by_offset.1 && frame.by_id.0 == frame.by_id.1 {
            // Nothing builds on it.
            return;
        }
        match self.index.inflate(bytes, root, limits) {
            Some(data) => {
                self.made += data.len() as u64;
                self.push(Frame { data: Some(data), ..frame });
            }
            None => self.broken.push(self.index.entries[root as usize].start),
        }
    }

    /// Makes the object of a delta against the last frame.
    fn apply(&mut self, bytes: &[u8], limits: &Limits, delta: u32) {
        let Some(frame) = self.stack.last_mut() else { return };
        let base = frame.entry;
        if frame.data.is_none() {
            let data = self.index.object_at(bytes, base, limits, &mut Cache::default());
            let data = data.map(|data| Rc::try_unwrap(data).unwrap_or_else(|data| data.to_vec()));
            self.held += data.as_ref().map_or(0, Vec::len);
            frame.data = data;
        }
        let State::Known(kind) = self.index.entries[base as usize].state else { return };
        let made = frame.data.as_deref().and_then(|data| {
            let instructions = self.index.inflate(bytes, delta, limits)?;
            apply(data, &instructions, limits)
        });
        let is_last = frame.by_offset.0 == frame.by_offset.1 && frame.by_id.0 == frame.by_id.1;
        if is_last {
            // A chain of single deltas needs only its last object.
            self.held -= frame.data.take().map_or(0, |data| data.len());
        }
        let start = self.index.entries[delta as usize].start;
        let id = made.as_deref().and_then(|data| object_id(kind, data));
        let entry = &mut self.index.entries[delta as usize];
        let (Some(data), Some(id)) = (made, id) else {
            entry.state = State::Bad;
            self.broken.push(start);
            return;
        };
        entry.id = id;
        entry.state = State::Known(kind);
        entry.base = Base::Entry(base);
        self.made += data.len() as u64;
        let frame = self.frame(delta, data);
        if frame.by_offset.0 < frame.by_offset.1 || frame.by_id.0 < frame.by_id.1 {
            self.push(frame);
        }
    }

    fn push(&mut self, frame: Frame) {
        self.held += frame.data.as_ref().map_or(0, Vec::len);
        self.stack.push(frame);
        // The frames at the bottom are needed last.
        let mut oldest = 0;
        while self.held > KEPT_BYTES && oldest + 1 < self.stack.len() {
            self.held -= self.stack[oldest].data.take().map_or(0, |data| data.len());
            oldest += 1;
        }
    }

    /// Ends the pass; returns the index and one problem for each kind of object that could not be made.
    pub fn finish(mut self, limits: &Limits) -> (PackIndex, Vec<Problem>) {
        let mut problems = Vec::new();
        let open: Vec<&Entry> =
            self.index.entries.iter().filter(|entry| entry.state == State::Open).collect();
        let mut missing: Vec<&Id> = open
            .iter()
            .filter_map(|entry| match entry.base {
                Base::Object(base) => self.index.bases.get(base as usize),
                Base::Entry(_) | Base::Whole(_) => None,
            })
            .collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            problems.push(
                Problem::warning(
                    ProblemKind::Dangling,
                    format!(
                        "{} objects are stored as differences, to {} objects that the bundle leaves out",
                        open.len(),
                        missing.len()
                    ),
                )
                .expected("a bundle that holds what it builds on: made without `^…` or `--since`"),
            );
        } else if let Some(first) = open.first().filter(|_| self.over_limit == 0 && self.broken.is_empty()) {
            problems.push(
                Problem::error(
                    ProblemKind::Malformed,
                    format!("{} objects are stored as differences to no object", open.len()),
                )
                .at(Spot::pointer("", first.start)),
            );
        }
        if let Some(first) = self.broken.iter().min() {
            problems.push(
                Problem::error(
                    ProblemKind::Malformed,
                    format!("{} objects with a broken delta", self.broken.len()),
                )
                .at(Spot::pointer("", *first)),
            );
        }
        if self.over_limit > 0 {
            problems.push(
                Problem::warning(
                    ProblemKind::OverLimit,
                    format!("{} objects were not unpacked", self.over_limit),
                )
                .expected(format!(
                    "objects of at most {} bytes (object-bytes), {} bytes in all (total-bytes)",
                    limits.object_bytes, limits.total_bytes
                )),
            );
        }
        self.index.sort();
        (self.index, problems)
    }
}

fn next_delta(frame: &mut Frame, by_offset: &[(u32, u32)], by_id: &[(Id, u32)]) -> Option<u32> {
    if frame.by_offset.0 < frame.by_offset.1 {
        frame.by_offset.0 += 1;
        return by_offset.get(frame.by_offset.0 - 1).map(|(_, delta)| *delta);
    }
    if frame.by_id.0 < frame.by_id.1 {
        frame.by_id.0 += 1;
        return by_id.get(frame.by_id.0 - 1).map(|(_, delta)| *delta);
    }
    None
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

    fn sort(&mut self) {
        let entries = &self.entries;
        self.by_id = (0..narrow(entries.len()))
            .filter(|at| matches!(entries[*at as usize].state, State::Known(_)))
            .collect();
        self.by_id.sort_unstable_by_key(|at| (entries[*at as usize].id, *at));
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
        let at = self.by_id.partition_point(|at| self.entries[*at as usize].id < *id);
        let at = *self.by_id.get(at)?;
        let entry = &self.entries[at as usize];
        match entry.state {
            State::Known(kind) if entry.id == *id => Some((at, kind)),
            _ => None,
        }
    }

    /// Returns the id of the object at a position.
    pub fn id(&self, at: u32) -> Id {
        self.entries.get(at as usize).map_or([0; 20], |entry| entry.id)
    }

    /// Inflates what an entry stores: an object, or the instructions of a delta.
    fn inflate(&self, bytes: &[u8], at: u32, limits: &Limits) -> Option<Vec<u8>> {
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
    fn object_at(&self, bytes: &[u8], at: u32, limits: &Limits, cache: &mut Cache) -> Option<Rc<Vec<u8>>> {
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
struct Cache {
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

/// Applies the instructions of a delta (gitformat-pack(5), "Deltified representation"); `None` where they are broken
/// or make an object over `object-bytes`.
fn apply(base: &[u8], delta: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let (base_size, rest) = size(delta)?;
    let (size, mut rest) = size(rest)?;
    if base_size != base.len() as u64 || size > limits.object_bytes {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    let mut out = Vec::with_capacity(size);
    while let Some((&command, mut behind)) = rest.split_first() {
        let piece = if command & 0x80 == 0 {
            // 0 is reserved; it copies nothing and would loop for nothing.
            let count = usize::from(command);
            let piece = behind.get(..count).filter(|_| count > 0)?;
            behind = &behind[count..];
            piece
        } else {
            let mut number = |bits: std::ops::Range<u32>| {
                let first = bits.start;
                bits.filter(|bit| command & (1 << bit) != 0).try_fold(0usize, |number, bit| {
                    let (byte, rest) = behind.split_first()?;
                    behind = rest;
                    Some(number | usize::from(*byte) << (8 * (bit - first)))
                })
            };
            let from = number(0..4)?;
            let count = match number(4..7)? {
                0 => 0x10000,
                count => count,
            };
            base.get(from..from.checked_add(count)?)?
        };
        if out.len() + piece.len() > size {
            return None;
        }
        out.extend_from_slice(piece);
        rest = behind;
    }
    (out.len() == size).then_some(out)
}

/// Reads a size of a delta: seven bits a byte, the lowest first.
fn size(delta: &[u8]) -> Option<(u64, &[u8])> {
    let mut size = 0u64;
    for (at, byte) in delta.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f).checked_shl(7 * narrow(at)).unwrap_or(0);
        size |= part;
        if byte & 0x80 == 0 {
            return Some((size, &delta[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
        apply(base, delta, &Limits::default())
    }

    #[test]
    fn deltas_copy_and_insert() {
        // Base of 5, result of 6: copy 3 from 1, insert 3.
        assert_eq!(
            applied(b"abcde", &[5, 6, 0x91, 1, 3, 3, b'x', b'y', b'z']).as_deref(),
            Some(&b"bcdxyz"[..])
        );
    }

    #[test]
    fn broken_deltas_make_nothing() {
        for delta in [
            &[5, 6][..],
            &[4, 3, 0x91, 1, 3],
            &[5, 3, 0x91, 4, 3],
            &[5, 2, 0x91, 1, 3],
            &[5, 3, 0],
            &[5, 3, 0x91, 1],
            &[5, 3, 3, b'x'],
            &[0xff; 12],
            &[],
        ] {
            assert_eq!(applied(b"abcde", delta), None, "{delta:?}");
        }
        let limits = Limits { object_bytes: 2, ..Limits::default() };
        assert_eq!(apply(b"abcde", &[5, 3, 0x91, 1, 3], &limits), None);
    }

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
