//! Git bundles, version 2 and 3: history, changed files, and notes of a repository in one file.
//!
//! `git bundle create FILE main refs/notes/*` makes one; `--filter=blob:none` leaves out the contents of files (then
//! line counts are unknown and notes are missing). A bundle may build on commits that it leaves out (`^v1.0`,
//! `--since`): first-parent lines end there. Every object is known by the SHA-1 over its own bytes, so what a ref names
//! is what the repository held; who wrote it is no more than the commit says.

pub mod commits;
mod delta;
mod header;
mod notes;
pub mod pack;
mod resolve;
mod scan;
mod trees;

use super::commit_text::Commit;
use super::{Context, Format, Head, Reader, Step};
use crate::model::place::{At, Base, hex};
use crate::model::record::ReferenceRecord;
use crate::model::{Record, Records};
use crate::problem::{Kind as ProblemKind, Problem};
use crate::source::{ByteSource, Limits, Window};

use commits::{Graph, NONE};
use header::{Header, Reference};
use notes::Notes;
use pack::{Id, Kind, Objects, PackIndex};
use resolve::Resolve;
use scan::Scan;
use trees::Differ;

/// Ids of first-parent lines of one bundle; lines of further branches beyond it are left out.
const MOST_LINE_IDS: usize = 4_000_000;
/// Up to this many commits, the changed files of all are found, not only of those on the lines of branches.
const FEW_COMMITS: usize = 20_000;
/// Bytes of file contents that are compared to count lines.
const COMPARED_BYTES: u64 = 2 << 30;
/// Tags of tags that are followed.
const MOST_TAGS: u32 = 8;

/// Git bundles.
pub static FORMAT: Format =
    Format { id: "git-bundle", title: "Git bundle", recognise, open: || Box::new(BundleReader::default()) };

fn recognise(head: &Head<'_>) -> Option<String> {
    header::version(head.bytes).map(|version| format!("it starts as a git bundle of version {version}"))
}

/// Reads one object of a bundle again, for instance to show a record.
///
/// A bundle has no index, so this goes over the pack up to the object: milliseconds for a small bundle, about the time
/// of reading it for a large one.
///
/// # Errors
/// When the bundle cannot be read, or does not hold the object.
pub fn read_object(source: Box<dyn ByteSource>, id: &Id, limits: &Limits) -> Result<Vec<u8>, Problem> {
    let mut window = Window::new(source);
    let bytes = window.whole(limits)?;
    let header = Header::parse(bytes, limits, &mut Vec::new())?;
    let index = PackIndex::build(bytes, header.pack_start, limits, Some(*id))?;
    match Objects::new(index).read(bytes, id, limits) {
        Some((_, data)) => Ok(data.to_vec()),
        None => {
            Err(Problem::error(ProblemKind::Dangling, format!("the bundle does not hold object {}", hex(id))))
        }
    }
}

/// Where the reader is.
#[derive(Default)]
enum Phase {
    /// Bringing the file into memory.
    #[default]
    Load,
    /// Finding the objects.
    Scan(Box<Scan>),
    /// Applying deltas.
    Resolve(Box<Resolve>),
    /// Walking the history.
    Walk(Box<Objects>),
    /// Putting out commits, from this one on.
    Commits(Box<Objects>, usize),
    /// Reading notes.
    Notes(Box<Objects>),
    /// Nothing is left.
    Done,
}

struct BundleReader {
    phase: Phase,
    header: Header,
    graph: Graph,
    differ: Differ,
    notes: Notes,
    trees_missing: u64,
}

impl Default for BundleReader {
    fn default() -> Self {
        Self {
            phase: Phase::Load,
            header: Header::default(),
            graph: Graph::default(),
            differ: Differ { budget: COMPARED_BYTES, is_out_of_budget: false },
            notes: Notes::default(),
            trees_missing: 0,
        }
    }
}

impl Reader for BundleReader {
    fn step(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        budget: u64,
    ) -> Result<Step, Problem> {
        let limits = context.limits;
        self.phase = match std::mem::take(&mut self.phase) {
            Phase::Load => self.load(window, limits, out, budget)?,
            Phase::Scan(mut scan) => match scan.step(window.bytes(), limits, budget) {
                Ok(false) => Phase::Scan(scan),
                Ok(true) => Phase::Resolve(Box::new(scan.finish())),
                Err(problem) => {
                    // Everything before the break is still evidence.
                    out.problem(problem);
                    Phase::Resolve(Box::new(scan.finish()))
                }
            },
            Phase::Resolve(mut resolve) => {
                if resolve.step(window.bytes(), limits, budget) {
                    let (index, problems) = resolve.finish(limits);
                    problems.into_iter().for_each(|problem| out.problem(problem));
                    self.tips(window.bytes(), limits, Objects::new(index), out)
                } else {
                    Phase::Resolve(resolve)
                }
            }
            Phase::Walk(mut objects) => {
                if self.graph.step(window.bytes(), &mut objects, limits, budget) {
                    self.references(window.bytes(), limits, &mut objects, out);
                    Phase::Commits(objects, 0)
                } else {
                    Phase::Walk(objects)
                }
            }
            Phase::Commits(mut objects, from) => {
                let next = self.commits(window.bytes(), limits, &mut objects, out, from, budget);
                if next < self.graph.nodes.len() {
                    Phase::Commits(objects, next)
                } else {
                    self.history_ended(out);
                    self.notes.start();
                    Phase::Notes(objects)
                }
            }
            Phase::Notes(mut objects) => {
                if self.notes.step(window.bytes(), &mut objects, limits, out, budget) {
                    Phase::Done
                } else {
                    Phase::Notes(objects)
                }
            }
            Phase::Done => Phase::Done,
        };
        Ok(if matches!(self.phase, Phase::Done) { Step::Done } else { Step::More })
    }
}

impl BundleReader {
    fn load(
        &mut self,
        window: &mut Window,
        limits: &Limits,
        out: &mut dyn Records,
        budget: u64,
    ) -> Result<Phase, Problem> {
        let until = window.read().saturating_add(budget.max(1));
        while window.length() <= limits.document_bytes && !window.ended() {
            if window.read() >= until {
                return Ok(Phase::Load);
            }
            window.fill()?;
        }
        // Refuses what is too large.
        let bytes = window.whole(limits)?;
        let mut problems = Vec::new();
        let header = Header::parse(bytes, limits, &mut problems);
        problems.into_iter().for_each(|problem| out.problem(problem));
        self.header = header?;
        match Scan::new(bytes, self.header.pack_start, limits) {
            Ok(scan) => Ok(Phase::Scan(Box::new(scan))),
            Err(problem) => {
                // The refs are known even where the pack is not.
                self.references(bytes, limits, &mut Objects::new(PackIndex::default()), out);
                Err(problem)
            }
        }
    }

    /// Starts the walk over the history at the refs.
    fn tips(&mut self, bytes: &[u8], limits: &Limits, mut objects: Objects, out: &mut dyn Records) -> Phase {
        let mut missing = 0u64;
        let mut tips = Vec::new();
        for at in by_priority(&self.header.references) {
            let reference = &self.header.references[at];
            if objects.index.find(&reference.target).is_none() {
                missing += 1;
            } else if is_history(&reference.name) {
                tips.extend(peel(bytes, limits, &mut objects, reference.target));
            }
        }
        for reference in &self.header.references {
            if is_notes(&reference.name) {
                self.notes.add(&reference.name, reference.target);
            }
        }
        if missing > 0 {
            out.problem(
                Problem::error(
                    ProblemKind::Dangling,
                    format!(
                        "{missing} of {} refs name objects that the bundle does not hold",
                        self.header.references.len()
                    ),
                )
                .expected("a whole bundle: `git bundle verify` in a clone of the repository"),
            );
        }
        // The walk takes the last one first.
        tips.into_iter().rev().for_each(|tip| self.graph.start(tip));
        Phase::Walk(Box::new(objects))
    }

    /// Puts out the refs, the most likely default branch first.
    fn references(&mut self, bytes: &[u8], limits: &Limits, objects: &mut Objects, out: &mut dyn Records) {
        let mut left = MOST_LINE_IDS;
        let mut is_cut = false;
        for at in by_priority(&self.header.references) {
            let reference = &self.header.references[at];
            let (mut line, mut reaches_root) = (Vec::new(), false);
            if is_branch(&reference.name)
                && let Some(tip) = peel(bytes, limits, objects, reference.target)
            {
                (line, reaches_root) = self.graph.line(&tip, left);
                is_cut |= line.len() == left;
                left -= line.len();
            }
            let record = ReferenceRecord {
                name: reference.name.as_str().into(),
                target: hex(&reference.target).into(),
                first_parents: line.into_iter().map(Into::into).collect(),
                reaches_root,
                ..ReferenceRecord::default()
            };
            let at = At::new(Base::Line(reference.line), reference.start, reference.length);
            out.record(at, Record::Reference(record));
        }
        if is_cut {
            out.problem(
                Problem::warning(
                    ProblemKind::OverLimit,
                    "the first-parent lines of further branches were left out",
                )
                .expected(format!(
                    "lines of at most {MOST_LINE_IDS} commits in all: a bundle of less branches"
                )),
            );
        }
    }

    /// Puts out commits from a position on; returns the next position.
    fn commits(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        objects: &mut Objects,
        out: &mut dyn Records,
        from: usize,
        budget: u64,
    ) -> usize {
        let until = objects.spent().saturating_add(budget);
        let mut next = from;
        // Small objects that are cached cost nothing but still take time.
        let most = usize::try_from(budget / 256).unwrap_or(usize::MAX).max(1);
        while next < self.graph.nodes.len() && objects.spent() < until && next - from < most {
            let node = self.graph.nodes[next];
            next += 1;
            let Some(data) = objects.read_kind(bytes, &node.id, Kind::Commit, limits) else { continue };
            let Some(commit) = Commit::parse(&data) else { continue };
            let is_shown = node.is_on_line || self.graph.nodes.len() <= FEW_COMMITS;
            let before = match node.first_parent {
                NONE if node.parents == 0 => Some(None),
                NONE => None,
                parent => self.graph.nodes.get(parent as usize).and_then(|parent| parent.tree).map(Some),
            };
            let mut files = None;
            if is_shown && let (Some(before), Some(after)) = (before, node.tree) {
                files = self.differ.files(bytes, objects, limits, before, after);
                self.trees_missing += u64::from(files.is_none());
            }
            let id = hex(&node.id);
            let at = At::new(Base::Object(node.id), 0, data.len() as u64);
            out.record(at, Record::Commit(Box::new(commit.record(&id, files))));
        }
        next
    }

    fn history_ended(&self, out: &mut dyn Records) {
        let builds_on = self.header.prerequisites.len();
        if builds_on > 0 {
            out.problem(
                Problem::note(
                    ProblemKind::Truncated,
                    format!(
                        "the bundle builds on {builds_on} commits that it leaves out: history ends there"
                    ),
                )
                .expected("a bundle made without `^…` or `--since`"),
            );
        } else if self.graph.missing > 0 {
            out.problem(Problem::warning(
                ProblemKind::Dangling,
                format!("{} commits that history names are not in the bundle", self.graph.missing),
            ));
        }
        if self.trees_missing > 0 {
            out.problem(
                Problem::note(
                    ProblemKind::Dangling,
                    format!(
                        "the changed files of {} commits are unknown: folders are not in the bundle",
                        self.trees_missing
                    ),
                )
                .expected("a bundle with trees: `--filter=blob:none` keeps them, `--filter=tree:0` does not"),
            );
        }
        if self.differ.is_out_of_budget {
            out.problem(
                Problem::note(ProblemKind::OverLimit, "the changed lines of some commits were not counted")
                    .expected(format!("contents of at most {COMPARED_BYTES} bytes in all")),
            );
        }
    }
}

/// Returns the commit that an object id stands for, through annotated tags.
fn peel(bytes: &[u8], limits: &Limits, objects: &mut Objects, target: Id) -> Option<Id> {
    let mut id = target;
    for _ in 0..MOST_TAGS {
        match objects.index.find(&id)? {
            (_, Kind::Commit) => return Some(id),
            (_, Kind::Tag) => {
                let tag = objects.read_kind(bytes, &id, Kind::Tag, limits)?;
                id = commits::binary(tag.strip_prefix(b"object ")?.get(..40)?)?;
            }
            (_, Kind::Tree | Kind::Blob) => return None,
        }
    }
    None
}

/// Returns whether a ref is one of notes: of `git notes`, or git-ai's older place for them.
fn is_notes(name: &str) -> bool {
    name.starts_with("refs/notes/") || name.starts_with("refs/ai/authorship/")
}

/// Returns whether a ref leads to the repository's history; the others hold data, or work that was put aside.
fn is_history(name: &str) -> bool {
    let data = [
        "refs/notes/",
        "refs/ai/",
        "refs/stash",
        "refs/heads/entire/checkpoints/",
        "refs/remotes/origin/entire/",
    ];
    !data.iter().any(|start| name.starts_with(start))
}

/// Returns whether a ref is a branch.
fn is_branch(name: &str) -> bool {
    is_history(name)
        && (name == "HEAD" || name.starts_with("refs/heads/") || name.starts_with("refs/remotes/"))
}

/// Returns the positions of refs: the usual default branches first, then in the order of the bundle.
fn by_priority(references: &[Reference]) -> Vec<usize> {
    let rank = |name: &str| match name {
        "refs/heads/main" | "refs/heads/master" | "refs/heads/trunk" => 0,
        "HEAD" => 1,
        _ if name.starts_with("refs/heads/") => 2,
        _ if name.starts_with("refs/remotes/") => 3,
        _ => 4,
    };
    let mut order: Vec<usize> = (0..references.len()).collect();
    crate::order::sort_by_key(&mut order, |at| rank(&references[*at].name));
    order
}

#[cfg(test)]
mod tests;
