//! Notes: what is attached to commits under `refs/notes/`.
//!
//! A note's path in the tree of its ref is the id of the object that it is attached to, split by slashes in any way
//! (git-notes(1)).

use super::commits::binary;
use super::pack::{Id, Kind, Objects};
use super::trees;
use crate::format::commit_text::Commit;
use crate::format::{attestation, git_ai};
use crate::model::Records;
use crate::model::place::{At, Base, hex};
use crate::problem::{self, Problem, Spot};
use crate::source::Limits;

/// A tree of notes that is still to be walked.
struct Folder {
    /// The digits of the path so far.
    digits: Vec<u8>,
    tree: Id,
}

/// The notes of one ref, while they are read.
struct Walk {
    name: String,
    folders: Vec<Folder>,
    /// (commit, note), in reverse order of the commits.
    notes: Vec<(String, Id)>,
    missing: u64,
    /// Lines and notes of no known format, and the first of them.
    unread: u64,
    first_unread: Option<(Id, u32)>,
}

/// The notes of a bundle, read one after the other.
#[derive(Default)]
pub(super) struct Notes {
    refs: Vec<(String, Id)>,
    walk: Option<Walk>,
}

impl Notes {
    /// Adds a ref: `refs/notes/…`, or git-ai's older `refs/ai/authorship/COMMIT`.
    pub fn add(&mut self, name: &str, target: Id) {
        self.refs.push((name.to_owned(), target));
    }

    /// Starts: the refs are read in the order in which they were added.
    pub fn start(&mut self) {
        self.refs.reverse();
    }

    /// Reads on until about `budget` bytes were unpacked; returns whether all notes were read.
    pub fn step(
        &mut self,
        bytes: &[u8],
        objects: &mut Objects,
        limits: &Limits,
        out: &mut dyn Records,
        budget: u64,
    ) -> bool {
        let until = objects.spent().saturating_add(budget);
        loop {
            let Some(walk) = &mut self.walk else {
                let Some((name, target)) = self.refs.pop() else { return true };
                self.walk = Some(Walk::new(bytes, objects, limits, name, target));
                continue;
            };
            if let Some(folder) = walk.folders.pop() {
                walk.folder(bytes, objects, limits, &folder);
                if walk.folders.is_empty() {
                    crate::order::sort_by(&mut walk.notes, |a, b| b.cmp(a));
                }
            } else if let Some((commit, note)) = walk.notes.pop() {
                walk.note(bytes, objects, limits, out, &commit, note);
            } else {
                walk.end(out);
                self.walk = None;
            }
            if objects.spent() >= until {
                return false;
            }
        }
    }
}

impl Walk {
    fn new(bytes: &[u8], objects: &mut Objects, limits: &Limits, name: String, target: Id) -> Self {
        let mut out =
            Self { name, folders: Vec::new(), notes: Vec::new(), missing: 0, unread: 0, first_unread: None };
        match objects.read(bytes, &target, limits) {
            Some((Kind::Commit, data)) => {
                let tree = Commit::parse(&data).and_then(|commit| binary(commit.tree.as_bytes()));
                out.folders.extend(tree.map(|tree| Folder { digits: Vec::new(), tree }));
            }
            Some((Kind::Tree, _)) => out.folders.push(Folder { digits: Vec::new(), tree: target }),
            Some((Kind::Blob, _)) => {
                let commit = out.name.rsplit('/').next().unwrap_or_default().to_owned();
                out.notes.push((commit, target));
            }
            Some((Kind::Tag, _)) | None => out.missing += 1,
        }
        out
    }

    fn folder(&mut self, bytes: &[u8], objects: &mut Objects, limits: &Limits, folder: &Folder) {
        let Some(tree) = objects.read_kind(bytes, &folder.tree, Kind::Tree, limits) else {
            self.missing += 1;
            return;
        };
        for entry in trees::entries(&tree) {
            let mut digits = folder.digits.clone();
            digits.extend_from_slice(entry.name);
            let is_id = digits.len() <= 64 && digits.iter().all(u8::is_ascii_hexdigit);
            if !is_id {
                // Something else that was put on the notes' branch.
                continue;
            }
            if self.notes.len() + self.folders.len() > usize::try_from(limits.objects).unwrap_or(usize::MAX) {
                return;
            }
            if entry.is_tree() {
                self.folders.push(Folder { digits, tree: entry.id });
            } else if matches!(digits.len(), 40 | 64) {
                let commit = String::from_utf8_lossy(&digits).to_ascii_lowercase();
                self.notes.push((commit, entry.id));
            }
        }
    }

    fn note(
        &mut self,
        bytes: &[u8],
        objects: &mut Objects,
        limits: &Limits,
        out: &mut dyn Records,
        commit: &str,
        note: Id,
    ) {
        let Some(data) = objects.read_kind(bytes, &note, Kind::Blob, limits) else {
            self.missing += 1;
            return;
        };
        if git_ai::read_note(&data, commit, At::new(Base::Object(note), 0, data.len() as u64), out) {
            return;
        }
        let mut start = 0;
        for (index, line) in data.split(|byte| *byte == b'\n').enumerate() {
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let at = At::new(Base::ObjectLine(note, number), start, line.len() as u64);
            start += line.len() as u64 + 1;
            let is_blank = line.iter().all(u8::is_ascii_whitespace);
            if !is_blank && !attestation::read_line(line, commit, at, out) {
                self.unread += 1;
                self.first_unread = self.first_unread.or(Some((note, number)));
            }
        }
    }

    fn end(&self, out: &mut dyn Records) {
        let name = problem::quote(&self.name);
        if self.missing > 0 {
            out.problem(
                Problem::warning(
                    problem::Kind::Dangling,
                    format!("{} objects of the notes {name} are not in the bundle", self.missing),
                )
                .expected("a bundle of the whole notes ref, made without a filter"),
            );
        }
        if let Some((note, line)) = self.first_unread {
            let pointer = At::new(Base::ObjectLine(note, line), 0, 0).pointer(None);
            out.problem(
                Problem::note(
                    problem::Kind::UnknownFormat,
                    format!("{} lines of the notes {name} are of no format that is read", self.unread),
                )
                .at(Spot::pointer(pointer, 0))
                .expected(format!(
                    "git-ai records or attestations; the first other line is in {}",
                    hex(&note)
                )),
            );
        }
    }
}
