//! The walk over the history of a bundle, from its refs.

use hashbrown::HashMap;

use super::pack::{Id, Kind, Objects};
use crate::format::commit_text::Commit;
use crate::model::place::hex;
use crate::source::Limits;

/// Returns the binary id of 40 hexadecimal digits.
pub fn binary(hex: &[u8]) -> Option<Id> {
    let mut id = [0; 20];
    match data_encoding::HEXLOWER.decode_mut(hex.get(..40)?, &mut id) {
        Ok(20) if hex.len() == 40 => Some(id),
        _ => None,
    }
}

/// "No node": the bundle does not hold it.
pub(super) const NONE: u32 = u32::MAX;

/// One commit of the graph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Its id.
    pub id: Id,
    /// Its tree.
    pub tree: Option<Id>,
    /// The node of its first parent, [`NONE`] where it has none or the bundle leaves it out.
    pub first_parent: u32,
    /// Count of its parents.
    pub parents: u32,
    /// Whether it is on the first-parent line of a branch.
    pub is_on_line: bool,
}

/// The commits that the refs of a bundle reach, in the order in which they are met.
#[derive(Default)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    by_id: HashMap<Id, u32, foldhash::fast::FixedState>,
    open: Vec<Id>,
    /// First parents that were met before their own node was made.
    waiting: Vec<(u32, Id)>,
    /// Count of commits that are named and not held.
    pub missing: u64,
}

impl Graph {
    /// Starts the walk from a commit.
    pub fn start(&mut self, tip: Id) {
        self.open.push(tip);
    }

    /// Walks until about `budget` bytes were unpacked; returns whether the walk is at its end.
    pub fn step(&mut self, bytes: &[u8], objects: &mut Objects, limits: &Limits, budget: u64) -> bool {
        let until = objects.spent().saturating_add(budget);
        while let Some(id) = self.open.pop() {
            if !self.by_id.contains_key(&id) {
                self.visit(bytes, objects, limits, id);
            }
            if objects.spent() >= until && !self.open.is_empty() {
                return false;
            }
        }
        for (node, parent) in std::mem::take(&mut self.waiting) {
            self.nodes[node as usize].first_parent = self.node(&parent).unwrap_or(NONE);
        }
        true
    }

    fn visit(&mut self, bytes: &[u8], objects: &mut Objects, limits: &Limits, id: Id) {
        let data = objects.read_kind(bytes, &id, Kind::Commit, limits);
        let Some(commit) = data.as_deref().and_then(|data| Commit::parse(data)) else {
            self.missing += 1;
            self.by_id.insert(id, NONE);
            return;
        };
        let parents: Vec<Id> = commit.parents.iter().filter_map(|parent| binary(parent.as_bytes())).collect();
        let at = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        self.nodes.push(Node {
            id,
            tree: binary(commit.tree.as_bytes()),
            first_parent: NONE,
            parents: u32::try_from(parents.len()).unwrap_or(u32::MAX),
            is_on_line: false,
        });
        self.by_id.insert(id, at);
        if let Some(first) = parents.first() {
            self.waiting.push((at, *first));
        }
        // The first parent is met first, so that a line comes out in one piece.
        self.open.extend(parents.into_iter().rev());
    }

    /// Returns the node of a commit.
    pub fn node(&self, id: &Id) -> Option<u32> {
        self.by_id.get(id).copied().filter(|at| *at != NONE)
    }

    /// Returns the first-parent line from a commit, tip first, at most `most` of it, and whether it ends at a commit
    /// without parents.
    pub fn line(&mut self, tip: &Id, most: usize) -> (Vec<String>, bool) {
        let mut line = Vec::new();
        let mut at = self.node(tip);
        let mut reaches_root = false;
        while let Some(node) = at.and_then(|at| self.nodes.get_mut(at as usize)) {
            if line.len() >= most {
                return (line, false);
            }
            node.is_on_line = true;
            line.push(hex(&node.id));
            reaches_root = node.parents == 0;
            at = (node.first_parent != NONE).then_some(node.first_parent);
        }
        (line, reaches_root)
    }
}
