//! What an archive lists, checked by name before anything is unpacked.

use std::collections::BTreeSet;

use super::name::{clean_name, passed_over, path_order};
use crate::problem::{Kind, Problem, quote};

/// An archive that was listed.
pub(super) struct Opened {
    pub(super) inner: super::Inner,
    pub(super) problems: Vec<Problem>,
    pub(super) passed: Vec<String>,
    pub(super) entries: u64,
}

/// Entries as they are met, then sorted and freed of duplicates.
pub(super) struct Listing<'a, T> {
    archive: &'a str,
    entries: Vec<(String, T)>,
    pub(super) problems: Vec<Problem>,
    passed: BTreeSet<String>,
}

impl<'a, T> Listing<'a, T> {
    /// Returns an empty listing; `archive` is the path of the archive in the bundle.
    pub(super) const fn new(archive: &'a str) -> Self {
        Self { archive, entries: Vec::new(), problems: Vec::new(), passed: BTreeSet::new() }
    }

    /// Returns the path of a name that may be read; notes why it may not.
    pub(super) fn path(&mut self, name: &str) -> Option<String> {
        let path = match clean_name(name) {
            Ok(clean) => format!("{}/{clean}", self.archive),
            Err(why) => {
                self.problems.push(
                    Problem::error(Kind::Refused, format!("an entry with {why}: {}", quote(name)))
                        .in_file(self.archive)
                        .expected("a name relative to the archive"),
                );
                return None;
            }
        };
        // Only the part inside this archive counts: the archive itself was not passed over.
        if let Some(unit) = passed_over(&path[self.archive.len() + 1..]) {
            self.passed.insert(format!("{}/{unit}", self.archive));
            return None;
        }
        Some(path)
    }

    /// Adds an entry under a path that [`Self::path`] returned.
    pub(super) fn add(&mut self, path: String, item: T) {
        self.entries.push((path, item));
    }

    /// Notes an entry that is not a file: a link, a device.
    pub(super) fn refuse(&mut self, path: String, what: &str) {
        self.problems.push(
            Problem::warning(Kind::Refused, format!("{what} in an archive")).in_file(path).expected("a file"),
        );
    }

    /// Returns the entries in path order, the first of each path, with the problems and what was passed over.
    pub(super) fn finish(self) -> (Vec<(String, T)>, Vec<Problem>, Vec<String>) {
        let Self { mut entries, mut problems, passed, .. } = self;
        crate::order::sort_by(&mut entries, |(a, _), (b, _)| path_order(a, b));
        let mut kept: Vec<(String, T)> = Vec::with_capacity(entries.len());
        for (path, item) in entries {
            if kept.last().is_some_and(|(last, _)| *last == path) {
                problems.push(
                    Problem::error(Kind::Duplicate, "a second entry of this name in the archive")
                        .in_file(path),
                );
            } else {
                kept.push((path, item));
            }
        }
        crate::order::sort(&mut problems);
        (kept, problems, passed.into_iter().collect())
    }
}
