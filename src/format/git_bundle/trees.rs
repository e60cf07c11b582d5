//! Tree objects: which paths a commit changed, and how many lines.

use imara_diff::{Algorithm, Diff, InternedInput};

use super::pack::{Id, Kind, Objects};
use crate::model::record::FileRecord;
use crate::source::Limits;

/// Contents over this many bytes are not compared line by line.
const MOST_COMPARED: usize = 8 << 20;
/// How many bytes are looked at for a NUL, as git does, to tell binary content.
const BINARY_HEAD: usize = 8000;
/// Folders inside folders.
const MOST_DEPTH: usize = 512;

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The mode's digits, for instance `100644` or `40000`.
    pub mode: &'a [u8],
    /// Name in the folder.
    pub name: &'a [u8],
    /// Object id.
    pub id: Id,
}

impl Entry<'_> {
    /// Returns whether it is a folder.
    pub fn is_tree(&self) -> bool {
        self.mode == b"40000"
    }

    /// Returns whether it is another repository's commit (a submodule).
    fn is_link(&self) -> bool {
        self.mode == b"160000"
    }
}

/// Returns the entries of a tree; stops where it is broken.
pub(super) fn entries(tree: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let space = memchr::memchr(b' ', rest)?;
        let nul = memchr::memchr(b'\0', rest).filter(|nul| *nul > space)?;
        let id = rest.get(nul + 1..)?.first_chunk::<20>()?;
        let entry = Entry { mode: &rest[..space], name: &rest[space + 1..nul], id: *id };
        rest = &rest[nul + 21..];
        Some(entry)
    })
}

/// What differs at one path: the content before and after, where there is one.
struct Difference {
    path: Vec<u8>,
    before: Option<Id>,
    after: Option<Id>,
    is_content: bool,
}

/// The differences between two trees.
pub(super) struct Differ {
    /// Bytes of content that may still be compared.
    pub budget: u64,
    /// Whether line counts were left out for lack of budget.
    pub is_out_of_budget: bool,
}

/// What to compare next: two trees under a path.
struct Open {
    path: Vec<u8>,
    before: Option<Id>,
    after: Option<Id>,
}

impl Differ {
    /// Returns the changed files between two trees in the order of their paths, or `None` where a tree is not at hand or
    /// there are more than `entries`. `before` is `None` for a commit without parents.
    pub fn files(
        &mut self,
        bytes: &[u8],
        objects: &mut Objects,
        limits: &Limits,
        before: Option<Id>,
        after: Id,
    ) -> Option<Vec<FileRecord<'static>>> {
        let mut found = Vec::new();
        let mut open = vec![Open { path: Vec::new(), before, after: Some(after) }];
        while let Some(next) = open.pop() {
            if open.len() + found.len() > usize::try_from(limits.entries).unwrap_or(usize::MAX) {
                return None;
            }
            compare(bytes, objects, limits, &next, &mut open, &mut found)?;
        }
        crate::order::sort_by(&mut found, |a, b| a.path.cmp(&b.path));
        let files = found.into_iter().map(|difference| {
            let counts = self.counts(bytes, objects, limits, &difference);
            FileRecord {
                path: String::from_utf8_lossy(&difference.path).into_owned().into(),
                additions: counts.map(|counts| counts.0),
                deletions: counts.map(|counts| counts.1),
            }
        });
        Some(files.collect())
    }

    /// Returns added and deleted lines; `None` for binary content and where a content is not at hand.
    fn counts(
        &mut self,
        bytes: &[u8],
        objects: &mut Objects,
        limits: &Limits,
        difference: &Difference,
    ) -> Option<(u32, u32)> {
        if !difference.is_content {
            return None;
        }
        if self.budget == 0 {
            self.is_out_of_budget = true;
            return None;
        }
        let mut read = |id: Option<Id>| match id {
            Some(id) => objects.read_kind(bytes, &id, Kind::Blob, limits).map(Some),
            None => Some(None),
        };
        let (before, after) = (read(difference.before)?, read(difference.after)?);
        let before = before.as_deref().map_or(&[][..], Vec::as_slice);
        let after = after.as_deref().map_or(&[][..], Vec::as_slice);
        self.budget = self.budget.saturating_sub((before.len() + after.len()) as u64);
        let is_compared = |content: &[u8]| {
            content.len() <= MOST_COMPARED
                && memchr::memchr(0, &content[..content.len().min(BINARY_HEAD)]).is_none()
        };
        (is_compared(before) && is_compared(after)).then(|| changed_lines(before, after))
    }
}

/// Compares two trees entry by entry; both are sorted by name, folders as if their name ended in a slash.
fn compare(
    bytes: &[u8],
    objects: &mut Objects,
    limits: &Limits,
    next: &Open,
    open: &mut Vec<Open>,
    found: &mut Vec<Difference>,
) -> Option<()> {
    let mut read = |id: Option<Id>| match id {
        Some(id) => objects.read_kind(bytes, &id, Kind::Tree, limits).map(Some),
        None => Some(None),
    };
    if next.path.iter().filter(|byte| **byte == b'/').count() > MOST_DEPTH {
        return None;
    }
    let (before, after) = (read(next.before)?, read(next.after)?);
    let mut before = entries(before.as_deref().map_or(&[][..], Vec::as_slice)).peekable();
    let mut after = entries(after.as_deref().map_or(&[][..], Vec::as_slice)).peekable();
    loop {
        let order = match (before.peek(), after.peek()) {
            (Some(old), Some(new)) => sort_key(old).cmp(&sort_key(new)),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return Some(()),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { after.next() } else { None };
        if let (Some(old), Some(new)) = (old, new)
            && old.id == new.id
            && old.mode == new.mode
        {
            continue;
        }
        let Some(either) = new.or(old) else { return Some(()) };
        let mut path = next.path.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(either.name);
        let (before, after) = (old.map(|old| old.id), new.map(|new| new.id));
        if either.is_tree() {
            open.push(Open { path, before, after });
        } else {
            let is_content = !old.is_some_and(|old| old.is_link()) && !new.is_some_and(|new| new.is_link());
            found.push(Difference { path, before, after, is_content });
        }
    }
}

/// The key by which git sorts a tree: folders end in a slash. A folder and a file of one name are two entries.
fn sort_key<'a>(entry: &Entry<'a>) -> impl Ord + use<'a> {
    SortKey { name: entry.name, is_tree: entry.is_tree() }
}

#[derive(PartialEq, Eq)]
struct SortKey<'a> {
    name: &'a [u8],
    is_tree: bool,
}

impl Ord for SortKey<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let with_end =
            |key: &Self| key.name.iter().copied().chain(key.is_tree.then_some(b'/')).collect::<Vec<u8>>();
        let shared = self.name.len().min(other.name.len());
        // Almost all names differ before the end of the shorter one.
        self.name[..shared].cmp(&other.name[..shared]).then_with(|| with_end(self).cmp(&with_end(other)))
    }
}

impl PartialOrd for SortKey<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Returns how many lines were added and deleted between two contents, as `git diff --numstat` counts them.
pub(super) fn changed_lines(before: &[u8], after: &[u8]) -> (u32, u32) {
    if before.is_empty() || after.is_empty() {
        return (lines(after), lines(before));
    }
    let input = InternedInput::new(before, after);
    let diff = Diff::compute(Algorithm::Myers, &input);
    (diff.count_additions(), diff.count_removals())
}

fn lines(content: &[u8]) -> u32 {
    let ends = memchr::memchr_iter(b'\n', content).count();
    let last = usize::from(content.last().is_some_and(|byte| *byte != b'\n'));
    u32::try_from(ends + last).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_git_counts_them() {
        assert_eq!(changed_lines(b"", b"a\nb\n"), (2, 0));
        assert_eq!(changed_lines(b"a\nb", b""), (0, 2));
        assert_eq!(changed_lines(b"a\nb\nc\n", b"a\nx\nc\nd\n"), (2, 1));
        assert_eq!(changed_lines(b"a", b"a\n"), (1, 1));
    }

    #[test]
    fn a_broken_tree_ends_where_it_breaks() {
        let mut tree = b"100644 a\0".to_vec();
        tree.extend([1; 20]);
        tree.extend(b"40000 b\0short");
        let found: Vec<&[u8]> = entries(&tree).map(|entry| entry.name).collect();
        assert_eq!(found, [b"a"]);
    }

    #[test]
    fn folders_sort_behind_files_that_start_like_them() {
        let file = SortKey { name: b"a.b", is_tree: false };
        let folder = SortKey { name: b"a", is_tree: true };
        assert!(file < folder);
        assert!(SortKey { name: b"a", is_tree: false } < folder);
    }
}
