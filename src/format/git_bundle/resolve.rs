//! The second pass over a pack: the objects that are stored as deltas.

use std::rc::Rc;

use super::delta::apply;
use super::pack::{Base, Cache, Entry, Id, PackIndex, State, narrow, object_id};
use crate::problem::{Kind as ProblemKind, Problem, Spot};
use crate::source::Limits;

/// Bytes of resolved objects that are kept for the deltas against them.
const KEPT_BYTES: usize = 64 << 20;

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
    pub(super) index: PackIndex,
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
    pub(super) fn new(index: PackIndex, over_limit: u64) -> Self {
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
        crate::order::sort(&mut roots);
        crate::order::sort(&mut by_offset);
        crate::order::sort(&mut by_id);
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
    pub(super) fn until(mut self, id: Id) -> Self {
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
        crate::order::sort(&mut missing);
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
