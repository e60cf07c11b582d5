//! Git bundles v2 and v3, blobless too (gitformat-bundle(5)): commits, parents, changed paths, branches, notes.
//!
//! `git bundle create out.bundle main 'refs/notes/*'` makes one; with `--filter=blob:none` it holds no file contents, and
//! line counts are then not known. Every object is hashed as it is read, so an object is what its id says.

mod history;
mod pack;

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Format, Head, Whole, attestation, git_ai};
use crate::model::place::hex;
use crate::model::record::ReferenceRecord;
use crate::model::{At, Base, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};
use crate::source::{ByteSource, Limits, Window};

use history::{Node, changed_files, node, notes, parse_id, peel, with_commit};
use pack::{Id, Pack};

/// Git bundles.
pub const FORMAT: Format =
    Format { id: "git-bundle", title: "git bundle", recognise, open: || Box::new(Whole(read)) };

/// How long the header may be.
const MOST_HEADER: usize = 4 << 20;

fn recognise(head: &Head<'_>) -> Option<String> {
    let first = head.bytes.split(|byte| *byte == b'\n').next()?;
    matches!(first, b"# v2 git bundle" | b"# v3 git bundle")
        .then(|| format!("its first line is {}", quote(&String::from_utf8_lossy(first))))
}

/// What the header says.
#[derive(Default)]
struct Header {
    refs: Vec<(String, Id, u64)>,
    prerequisites: BTreeSet<Id>,
    filter: String,
    /// Offset of the pack.
    pack: usize,
}

fn header(bytes: &[u8]) -> Result<Header, Problem> {
    let mut header = Header::default();
    let mut offset = 0;
    for (number, line) in bytes[..bytes.len().min(MOST_HEADER)].split(|byte| *byte == b'\n').enumerate() {
        let start = offset;
        offset += line.len() + 1;
        let spot = || Spot::line(number as u64 + 1, start as u64);
        let broken = |found: String| Problem::error(Kind::Malformed, found).at(spot());
        match line {
            _ if number == 0 => {}
            [] => {
                header.pack = offset;
                return Ok(header);
            }
            [b'@', capability @ ..] => {
                let text = String::from_utf8_lossy(capability);
                match text.split_once('=') {
                    Some(("object-format", "sha1")) => {}
                    Some(("filter", filter)) => filter.clone_into(&mut header.filter),
                    _ => {
                        return Err(broken(format!("the capability {}", quote(&text)))
                            .expected("object-format=sha1 or filter"));
                    }
                }
            }
            [b'-', rest @ ..] => {
                let id = rest
                    .get(..40)
                    .and_then(parse_id)
                    .ok_or_else(|| broken("a prerequisite without an object id".into()))?;
                header.prerequisites.insert(id);
            }
            _ => {
                let id = line.get(..40).and_then(parse_id).filter(|_| line.get(40) == Some(&b' '));
                let id = id.ok_or_else(|| {
                    broken(format!("the line {}", quote(&String::from_utf8_lossy(line))))
                        .expected("an object id and a ref")
                })?;
                header.refs.push((String::from_utf8_lossy(&line[41..]).into_owned(), id, start as u64));
            }
        }
    }
    Err(Problem::error(Kind::CutShort, "a bundle whose header does not end")
        .expected("an empty line before the pack"))
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let header = header(bytes)?;
    let mut problems = Vec::new();
    let mut pack = Pack::new(&bytes[header.pack..], header.pack as u64, context.limits, &mut problems);
    problems.into_iter().for_each(|problem| out.problem(problem));
    let mut history = History { pack: &mut pack, nodes: BTreeMap::new(), on_line: BTreeSet::new() };
    for (name, target, offset) in &header.refs {
        history.reference(name, *target, *offset, out);
    }
    history.commits(out);
    for (name, target, _) in &header.refs {
        if name.starts_with("refs/notes/") {
            history.notes(name, *target, out);
        }
    }
    Ok(())
}

/// The history while it is being read.
struct History<'p, 'a> {
    pack: &'p mut Pack<'a>,
    /// Commits that a branch reaches.
    nodes: BTreeMap<Id, Node>,
    /// Those on a first-parent line.
    on_line: BTreeSet<Id>,
}

impl History<'_, '_> {
    /// Emits a ref, and takes in what a branch reaches.
    fn reference(&mut self, name: &str, target: Id, offset: u64, out: &mut dyn Records) {
        let mut record =
            ReferenceRecord { name: name.into(), target: hex(&target).into(), ..ReferenceRecord::default() };
        let is_branch = name.starts_with("refs/heads/") || name == "HEAD";
        match peel(self.pack, target) {
            Some(tip) if is_branch => {
                self.reach(tip);
                let (line, reaches_root) = self.line(tip);
                record.first_parents = line.iter().map(|id| hex(id).into()).collect();
                record.reaches_root = reaches_root;
                self.on_line.extend(line);
            }
            Some(_) => {}
            None => {
                let found =
                    format!("the ref {} names {}, which is not in the bundle", quote(name), hex(&target));
                out.problem(Problem::warning(Kind::Dangling, found).at(Spot::pointer(String::new(), offset)));
            }
        }
        out.record(At::new(Base::Whole, offset, 41 + name.len() as u64), Record::Reference(record));
    }

    /// Takes in every commit that a tip reaches.
    fn reach(&mut self, tip: Id) {
        let mut open = vec![tip];
        while let Some(id) = open.pop() {
            if self.nodes.contains_key(&id) {
                continue;
            }
            if let Some(node) = node(self.pack, &id) {
                open.extend(&node.parents);
                self.nodes.insert(id, node);
            }
        }
    }

    /// Returns the first-parent line of a tip, and whether it ends at a root.
    fn line(&self, tip: Id) -> (Vec<Id>, bool) {
        let mut line = Vec::new();
        let mut next = Some(tip);
        while let Some(id) = next {
            let Some(node) = self.nodes.get(&id) else { return (line, false) };
            line.push(id);
            // Ids are digests, so a line cannot come back to itself; the count bounds it all the same.
            if line.len() > self.nodes.len() {
                return (line, false);
            }
            next = node.parents.first().copied();
        }
        (line, true)
    }

    /// Emits the commits, in the order of their ids.
    fn commits(&mut self, out: &mut dyn Records) {
        let nodes = std::mem::take(&mut self.nodes);
        for (id, node) in &nodes {
            let parent = node.parents.first().map(|parent| (parent, nodes.get(parent)));
            // Below the bundle's edge the tree to compare with is not known.
            let before = match parent {
                None => Some(None),
                Some((_, Some(parent))) => Some(Some(parent.tree)),
                Some((_, None)) => None,
            };
            let files = before
                .filter(|_| self.on_line.contains(id) || node.parents.len() < 2)
                .and_then(|before| changed_files(self.pack, before, node.tree));
            let Some((_, data)) = self.pack.object(id) else { continue };
            let at = At::new(Base::Object(*id), 0, data.len() as u64);
            let is_read =
                with_commit(id, &data, files, |commit| out.record(at, Record::Commit(Box::new(commit))));
            if !is_read {
                let found = format!("the commit {}, which does not read as one", hex(id));
                out.problem(Problem::error(Kind::Malformed, found).at(Spot::pointer(at.pointer(None), 0)));
            }
        }
        self.nodes = nodes;
    }

    /// Emits what the notes of a ref say.
    fn notes(&mut self, name: &str, target: Id, out: &mut dyn Records) {
        let tree = peel(self.pack, target).and_then(|tip| node(self.pack, &tip)).map(|node| node.tree);
        let Some(tree) = tree else { return };
        let mut unread = 0u64;
        for (about, blob) in notes(self.pack, tree) {
            let Some((_, data)) = self.pack.object(&blob) else { continue };
            let commit = hex(&about);
            let at = At::new(Base::Object(blob), 0, data.len() as u64);
            if !git_ai::read_note(&data, &commit, at, out) {
                unread += read_lines(&data, blob, &commit, out);
            }
        }
        if unread > 0 {
            let found = format!("{unread} lines of notes under {} in no format that is read", quote(name));
            out.problem(Problem::note(Kind::UnknownFormat, found));
        }
    }
}

/// Reads a note line by line as statements; returns how many lines are something else.
fn read_lines(note: &[u8], blob: Id, commit: &str, out: &mut dyn Records) -> u64 {
    let (mut offset, mut unread) = (0u64, 0);
    for (number, line) in (1u32..).zip(note.split(|byte| *byte == b'\n')) {
        let at = At::new(Base::ObjectLine(blob, number), offset, line.len() as u64);
        offset += line.len() as u64 + 1;
        if !line.trim_ascii().is_empty() && !attestation::read_line(line.trim_ascii(), commit, at, out) {
            unread += 1;
        }
    }
    unread
}

/// Reads one object of a bundle, to show it.
///
/// # Errors
/// When the bundle cannot be read any more or does not hold the object.
pub fn read_object(source: Box<dyn ByteSource>, id: &[u8; 20], limits: &Limits) -> Result<Vec<u8>, Problem> {
    let mut window = Window::new(source);
    let bytes = window.whole(limits)?;
    let header = header(bytes)?;
    let mut pack = Pack::new(&bytes[header.pack..], header.pack as u64, limits, &mut Vec::new());
    let object = pack.object(id).map(|(_, data)| data.to_vec());
    object.ok_or_else(|| {
        Problem::error(Kind::Dangling, format!("the bundle does not hold the object {}", hex(id)))
    })
}

#[cfg(test)]
mod tests;
