//! The work list: from what was opened to single files, archives expanded on the way.
//!
//! Files come in the order of their paths ([`path_order`]), however they were given; an archive is a folder of its own
//! name. Every bound is checked before a file is handed out, and what is over one is refused by name.

use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};

use super::archive::{self, Budget, Container, EntryIndex, Expansion, clean_name, passed_over, path_order};
use super::{ByteSource, Limits};
use crate::problem::{Kind, Problem, quote};

/// More bytes than telling a file's format or archive reads.
const HEAD_BYTES: u64 = 1 << 20;

/// A file that was opened: its path in the bundle and its bytes.
pub struct Root {
    /// Path in the bundle, with `/` between its parts.
    pub path: String,
    /// Its bytes.
    pub source: Box<dyn ByteSource>,
}

/// How a file is reached again: the root that it came from, and the archives on the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Index in [`Intake::roots`].
    pub root: u32,
    /// The entry to take from each archive, outermost first.
    pub steps: Vec<EntryIndex>,
}

impl Origin {
    /// Returns the bytes of the file again, unpacking what they are packed in.
    ///
    /// # Errors
    /// When a source fails, an archive changed, or a file is over a bound.
    pub fn reopen(&self, roots: &[Root], limits: &Limits) -> Result<Box<dyn ByteSource>, Problem> {
        let root = usize::try_from(self.root).ok().and_then(|index| roots.get(index));
        let Some(root) = root else {
            return Err(Problem::error(
                Kind::Unreadable,
                format!("the bundle has no file {} any more", self.root),
            ));
        };
        self.steps
            .iter()
            .try_fold(root.source.reopen(), |source, step| archive::reread(source, *step, limits))
    }

    fn through(&self, step: EntryIndex) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { root: self.root, steps }
    }
}

/// What the work list hands out.
pub enum IntakeItem {
    /// A file to be read.
    File {
        /// Path in the bundle.
        path: String,
        /// Its bytes, unpacked.
        source: Box<dyn ByteSource>,
        /// How it is reached again.
        origin: Origin,
    },
    /// An archive: it is hashed and listed, and its files follow.
    Archive {
        /// Path in the bundle.
        path: String,
        /// Its bytes, packed.
        source: Box<dyn ByteSource>,
        /// What kind of archive it is.
        container: Container,
        /// How many entries it lists, folders and refused ones too; 0 when it was not opened.
        entries: u64,
        /// How it is reached again.
        origin: Origin,
    },
    /// Something that was refused, or noticed.
    Problem(Problem),
}

/// How far the work list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files and archive entries known so far.
    pub known: u64,
    /// Of those, how many were handed out, passed over or refused.
    pub done: u64,
    /// Bytes of the roots, as they are: an archive counts packed.
    pub bytes_known: u64,
    /// Bytes of the roots that are done.
    pub bytes_done: u64,
}

struct Level {
    expansion: Expansion,
    origin: Origin,
    /// Entries that are not yet counted as done.
    open: u64,
}

/// The work list of a bundle.
pub struct Intake {
    roots: Vec<Root>,
    limits: Limits,
    budget: Budget,
    next_root: usize,
    levels: Vec<Level>,
    queue: VecDeque<IntakeItem>,
    seen: BTreeSet<String>,
    passed: BTreeSet<String>,
    progress: Progress,
    is_finished: bool,
}

impl Intake {
    /// Takes what was opened. Two roots of one path are told apart by a number behind the name of the second, or it is
    /// dropped with a note when it holds the same bytes.
    pub fn new(roots: Vec<Root>, limits: Limits) -> Self {
        let mut queue = VecDeque::new();
        let roots = settle(roots, &mut queue);
        let progress = Progress {
            known: roots.len() as u64,
            bytes_known: roots.iter().map(|root| root.source.length()).sum(),
            ..Progress::default()
        };
        Self {
            budget: Budget::new(&limits),
            roots,
            limits,
            next_root: 0,
            levels: Vec::new(),
            queue,
            seen: BTreeSet::new(),
            passed: BTreeSet::new(),
            progress,
            is_finished: false,
        }
    }

    /// Notes a path that the host left out because [`passed_over`] says so.
    pub fn pass_over(&mut self, path: &str) {
        self.passed.insert(passed_over(path).unwrap_or(path).to_owned());
    }

    /// Returns the roots in their order; [`Origin::root`] counts them.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Returns the roots, to reopen files by when the work list is done.
    pub fn into_roots(self) -> Vec<Root> {
        self.roots
    }

    /// Returns how far the work list is.
    pub const fn progress(&self) -> Progress {
        self.progress
    }

    /// Returns whether [`Self::next`] has what it reads at hand: the head of the next root, if a root is next.
    pub fn is_at_hand(&mut self) -> bool {
        if !self.queue.is_empty() || !self.levels.is_empty() {
            return true;
        }
        let Some(Root { source, .. }) = self.roots.get_mut(self.next_root) else { return true };
        source.at_hand() >= source.length().min(HEAD_BYTES)
    }

    /// Returns the next file, archive or problem; `None` when there is no more.
    ///
    /// One call unpacks at most one entry of a zip archive, or one gzip file.
    #[expect(
        clippy::should_implement_trait,
        reason = "the list can also be asked for its roots between two calls"
    )]
    pub fn next(&mut self) -> Option<IntakeItem> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Some(item);
            }
            if !self.levels.is_empty() {
                self.step_level();
            } else if self.next_root < self.roots.len() {
                self.step_root();
            } else if self.is_finished {
                return None;
            } else {
                self.is_finished = true;
                self.progress.done = self.progress.known;
                self.note_passed();
            }
        }
    }

    /// Takes the next entry of the innermost archive.
    fn step_level(&mut self) {
        let Some(level) = self.levels.last_mut() else { return };
        let next = level.expansion.next(&mut self.budget);
        if next.is_some() && level.open > 0 {
            level.open -= 1;
            self.progress.done += 1;
        }
        match next {
            Some(Ok(entry)) => {
                let origin = level.origin.through(entry.index);
                self.admit(entry.path, entry.source, origin);
            }
            Some(Err(problem)) => self.queue.push_back(IntakeItem::Problem(problem)),
            None => {
                self.progress.done += level.open;
                self.levels.pop();
                self.finish_root();
            }
        }
    }

    /// Takes the next root.
    fn step_root(&mut self) {
        let index = self.next_root;
        self.next_root += 1;
        self.progress.done += 1;
        let Root { path, source } = &self.roots[index];
        if let Some(unit) = passed_over(path) {
            self.passed.insert(unit.to_owned());
            self.finish_root();
            return;
        }
        if self.budget.entries == 0 {
            let left = self.roots.len() - index;
            let found = format!("{left} files over the bound, from {} on, were not opened", quote(path));
            self.queue.push_back(IntakeItem::Problem(Problem::error(Kind::OverLimit, found).expected(
                format!("at most {} files and archive entries together (entries)", self.limits.entries),
            )));
            self.next_root = self.roots.len();
            self.progress.bytes_done = self.progress.bytes_known;
            return;
        }
        self.budget.entries -= 1;
        let (path, source) = (path.clone(), source.reopen());
        self.admit(
            path,
            source,
            Origin { root: u32::try_from(index).unwrap_or(u32::MAX), steps: Vec::new() },
        );
        self.finish_root();
    }

    /// Counts the bytes of the root that was taken last, once its archives are done.
    fn finish_root(&mut self) {
        if self.levels.is_empty()
            && let Some(root) = self.next_root.checked_sub(1).and_then(|last| self.roots.get(last))
        {
            self.progress.bytes_done += root.source.length();
        }
    }

    /// Hands out a file, or opens it when it is an archive.
    fn admit(&mut self, path: String, source: Box<dyn ByteSource>, origin: Origin) {
        if let Err(problem) = self.try_admit(&path, source, origin) {
            let file = if problem.file.is_empty() { path } else { problem.file.clone() };
            self.queue.push_back(IntakeItem::Problem(problem.in_file(file)));
        }
    }

    fn try_admit(&mut self, path: &str, source: Box<dyn ByteSource>, origin: Origin) -> Result<(), Problem> {
        if !self.seen.insert(path.to_owned()) {
            return Err(Problem::error(Kind::Duplicate, "a second file of this path"));
        }
        let Some(container) = archive::recognise(path, &mut *source.reopen())? else {
            if origin.steps.is_empty() {
                self.budget.take_file(source.length(), &self.limits)?;
            }
            self.queue.push_back(IntakeItem::File { path: path.to_owned(), source, origin });
            return Ok(());
        };
        let depth = origin.steps.len() as u64;
        let opened = if depth > u64::from(self.limits.archive_depth) {
            Err(Problem::error(Kind::OverLimit, format!("a {} inside {depth} archives", container.word()))
                .in_file(path)
                .expected(format!(
                    "at most {} archives around an archive (archive-depth)",
                    self.limits.archive_depth
                )))
        } else {
            Expansion::open(path, source.reopen(), container, &self.limits, &mut self.budget)
        };
        let entries = opened.as_ref().map_or(0, Expansion::entries);
        self.queue.push_back(IntakeItem::Archive {
            path: path.to_owned(),
            source,
            container,
            entries,
            origin: origin.clone(),
        });
        let expansion = opened?;
        self.progress.known += entries;
        self.passed.extend(expansion.passed().iter().cloned());
        self.levels.push(Level { expansion, origin, open: entries });
        Ok(())
    }

    /// Tells what was passed over, in one note.
    fn note_passed(&mut self) {
        if self.passed.is_empty() {
            return;
        }
        let mut paths: Vec<&str> = self.passed.iter().map(String::as_str).collect();
        crate::order::sort_by(&mut paths, |a, b| path_order(a, b));
        let shown: Vec<String> = paths.iter().take(3).map(|path| quote(path)).collect();
        let more = if paths.len() > shown.len() { ", …" } else { "" };
        let found = format!(
            "{} files or folders of git or of the operating system: {}{more}",
            paths.len(),
            shown.join(", ")
        );
        self.queue.push_back(IntakeItem::Problem(Problem::note(Kind::PassedOver, found)));
    }
}

/// Cleans the paths of the roots, sorts them, and tells those of one path apart.
fn settle(roots: Vec<Root>, queue: &mut VecDeque<IntakeItem>) -> Vec<Root> {
    let mut clean = Vec::with_capacity(roots.len());
    for root in roots {
        match clean_name(&root.path) {
            Ok(path) => clean.push(Root { path, source: root.source }),
            Err(why) => queue.push_back(IntakeItem::Problem(
                Problem::error(Kind::Refused, format!("a file with {why}: {}", quote(&root.path)))
                    .expected("a name relative to the bundle"),
            )),
        }
    }
    crate::order::sort_by(&mut clean, |a, b| {
        path_order(&a.path, &b.path).then_with(|| compare(&*a.source, &*b.source))
    });
    let taken = crate::order::set(clean.iter().map(|root| root.path.clone()));
    let mut settled: Vec<Root> = Vec::with_capacity(clean.len());
    let mut original = String::new();
    let mut count = 1;
    for mut root in clean {
        if settled.is_empty() || root.path != original {
            original.clone_from(&root.path);
            count = 1;
        } else if settled.last().is_some_and(|last| compare(&*last.source, &*root.source) == Ordering::Equal)
        {
            queue.push_back(IntakeItem::Problem(
                Problem::note(Kind::Duplicate, "the same file was given twice").in_file(root.path),
            ));
            continue;
        } else {
            loop {
                count += 1;
                root.path = numbered(&original, count);
                if !taken.contains(&root.path) {
                    break;
                }
            }
        }
        settled.push(root);
    }
    crate::order::sort_by(&mut settled, |a, b| path_order(&a.path, &b.path));
    settled
}

/// Returns a path with a number behind its name: `a/b (2).json`.
fn numbered(path: &str, number: u32) -> String {
    let start = path.rfind('/').map_or(0, |slash| slash + 1);
    let dot = path[start..].rfind('.').filter(|dot| *dot > 0).map_or(path.len(), |dot| start + dot);
    format!("{} ({number}){}", &path[..dot], &path[dot..])
}

/// Compares two files by length, then by content; files that cannot be read are taken as equal only if both end there.
fn compare(a: &dyn ByteSource, b: &dyn ByteSource) -> Ordering {
    let by_length = a.length().cmp(&b.length());
    if by_length != Ordering::Equal {
        return by_length;
    }
    let (mut a, mut b) = (a.reopen(), b.reopen());
    let (mut of_a, mut of_b) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut offset = 0;
    loop {
        let count_a = archive::read_piece(&mut *a, offset, &mut of_a);
        let count_b = archive::read_piece(&mut *b, offset, &mut of_b);
        let order = of_a[..count_a].cmp(&of_b[..count_b]);
        if order != Ordering::Equal || count_a == 0 {
            return order;
        }
        offset += count_a as u64;
    }
}
