//! Commits and trees of a pack: who wrote what when, and which paths a commit changed.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::rc::Rc;

use gix_object::{CommitRef, Kind as ObjectKind, TagRef, TreeRefIter};
use imara_diff::{Algorithm, Diff, InternedInput};

use super::pack::{Id, Pack};
use crate::model::place::hex;
use crate::model::record::{AccountRecord, CommitRecord, FileRecord};
use crate::model::{Moment, SignatureState};

/// How many changed paths of one commit are listed; with more, the list is not known.
const MOST_FILES: usize = 20_000;
/// Blobs over this size are not compared line by line.
const MOST_BLOB_BYTES: usize = 4 << 20;

/// What of a commit is needed to walk the history.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its tree.
    pub tree: Id,
    /// Its parents, first parent first.
    pub parents: Vec<Id>,
}

/// Parses an object id in hexadecimal.
pub fn parse_id(text: &[u8]) -> Option<Id> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text).ok()?.try_into().ok()
}

/// Returns the commit that a ref's target names, through tags.
pub fn peel(pack: &mut Pack<'_>, target: Id) -> Option<Id> {
    let mut id = target;
    for _ in 0..8 {
        let (kind, data) = pack.object(&id)?;
        match kind {
            ObjectKind::Commit => return Some(id),
            ObjectKind::Tag => id = parse_id(TagRef::from_bytes(&data, gix_hash::Kind::Sha1).ok()?.target)?,
            ObjectKind::Tree | ObjectKind::Blob => return None,
        }
    }
    None
}

/// Returns tree and parents of a commit.
pub fn node(pack: &mut Pack<'_>, id: &Id) -> Option<Node> {
    let (kind, data) = pack.object(id)?;
    if kind != ObjectKind::Commit {
        return None;
    }
    let commit = CommitRef::from_bytes(&data, gix_hash::Kind::Sha1).ok()?;
    Some(Node {
        tree: parse_id(commit.tree)?,
        parents: commit.parents.iter().map(|parent| parse_id(parent)).collect::<Option<_>>()?,
    })
}

/// Calls `then` with the record of a commit; returns whether there is such a commit that can be read.
pub fn with_commit(
    id: &Id,
    data: &[u8],
    files: Option<Vec<FileRecord<'_>>>,
    then: impl FnOnce(CommitRecord<'_>),
) -> bool {
    let Ok(commit) = CommitRef::from_bytes(data, gix_hash::Kind::Sha1) else { return false };
    let message = String::from_utf8_lossy(commit.message);
    let (subject, body) = message.split_once('\n').unwrap_or((&message, ""));
    let is_signed = commit.extra_headers.iter().any(|(name, _)| name.starts_with(b"gpgsig"));
    let (author, authored) = signature(commit.author);
    let (committer, committed) = signature(commit.committer);
    then(CommitRecord {
        id: hex(id).into(),
        parents: Some(commit.parents.iter().map(|parent| String::from_utf8_lossy(parent)).collect()),
        author: Some(author),
        committer: Some(committer),
        authored,
        committed,
        subject: subject.trim().into(),
        body: body.trim_start_matches('\n').into(),
        signature: Some(if is_signed { SignatureState::NotChecked } else { SignatureState::NotSigned }),
        files,
        ..CommitRecord::default()
    });
    true
}

/// Reads `Name <address> seconds zone`.
fn signature(raw: &[u8]) -> (AccountRecord<'static>, Option<Moment>) {
    let text = String::from_utf8_lossy(raw);
    let (name, rest) = text.split_once('<').unwrap_or((&text, ""));
    let (email, time) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let seconds = time.split_whitespace().next().and_then(|seconds| seconds.parse().ok());
    (
        AccountRecord::identity(name.trim().to_owned(), email.trim().to_owned()),
        seconds.map(Moment::from_seconds),
    )
}

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    name: Vec<u8>,
    is_tree: bool,
    id: Id,
}

fn items(data: &[u8]) -> Option<Vec<Item>> {
    TreeRefIter::from_bytes(data, gix_hash::Kind::Sha1)
        .map(|entry| {
            let entry = entry.ok()?;
            Some(Item {
                name: entry.filename.to_vec(),
                is_tree: entry.mode.is_tree(),
                id: entry.oid.as_bytes().try_into().ok()?,
            })
        })
        .collect()
}

fn tree(pack: &mut Pack<'_>, id: Option<Id>) -> Option<Vec<Item>> {
    let Some(id) = id else { return Some(Vec::new()) };
    let (kind, data) = pack.object(&id)?;
    if kind == ObjectKind::Tree { items(&data) } else { None }
}

/// Returns the paths that differ between two trees, with line counts where the blobs are there; `None` when a tree is not
/// in the pack or there are too many.
pub fn changed_files(pack: &mut Pack<'_>, before: Option<Id>, after: Id) -> Option<Vec<FileRecord<'static>>> {
    let mut files = Vec::new();
    let mut open = vec![(String::new(), before, Some(after))];
    let mut seen = BTreeSet::new();
    while let Some((prefix, before, after)) = open.pop() {
        // A tree cannot hold itself, but a hostile pack may claim that it does.
        if prefix.len() > 8192 || !seen.insert((prefix.clone(), before, after)) {
            return None;
        }
        let (old, new) = (tree(pack, before)?, tree(pack, after)?);
        for (old, new) in pairs(&old, &new) {
            let Some(item) = new.or(old) else { continue };
            let path = format!("{prefix}{}", String::from_utf8_lossy(&item.name));
            let of = |item: Option<&Item>, wanted: bool| {
                item.filter(|item| item.is_tree == wanted).map(|item| item.id)
            };
            let (old_tree, new_tree) = (of(old, true), of(new, true));
            let (old_blob, new_blob) = (of(old, false), of(new, false));
            if (old_tree.is_some() || new_tree.is_some()) && old_tree != new_tree {
                open.push((format!("{path}/"), old_tree, new_tree));
            }
            if old_blob != new_blob {
                let counts = counts(pack, old_blob, new_blob);
                let (additions, deletions) = counts.map_or((None, None), |(a, d)| (Some(a), Some(d)));
                files.push(FileRecord { path: path.into(), additions, deletions });
            }
            if files.len() > MOST_FILES {
                return None;
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Some(files)
}

/// Pairs the entries of two trees by name, leaving out those that are equal.
fn pairs<'a>(old: &'a [Item], new: &'a [Item]) -> Vec<(Option<&'a Item>, Option<&'a Item>)> {
    let mut old: Vec<&Item> = old.iter().collect();
    let mut new: Vec<&Item> = new.iter().collect();
    old.sort_by(|a, b| a.name.cmp(&b.name));
    new.sort_by(|a, b| a.name.cmp(&b.name));
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    loop {
        match (old.get(i).copied(), new.get(j).copied()) {
            (None, None) => return out,
            (Some(a), Some(b)) => match a.name.cmp(&b.name) {
                Ordering::Equal => {
                    if a != b {
                        out.push((Some(a), Some(b)));
                    }
                    (i, j) = (i + 1, j + 1);
                }
                Ordering::Less => {
                    out.push((Some(a), None));
                    i += 1;
                }
                Ordering::Greater => {
                    out.push((None, Some(b)));
                    j += 1;
                }
            },
            (Some(a), None) => {
                out.push((Some(a), None));
                i += 1;
            }
            (None, Some(b)) => {
                out.push((None, Some(b)));
                j += 1;
            }
        }
    }
}

/// Counts added and deleted lines; `None` when a blob is not there, is too large, or is no text.
fn counts(pack: &mut Pack<'_>, old: Option<Id>, new: Option<Id>) -> Option<(u32, u32)> {
    let old = blob(pack, old)?;
    let new = blob(pack, new)?;
    let input = InternedInput::new(old.as_slice(), new.as_slice());
    let diff = Diff::compute(Algorithm::Histogram, &input);
    Some((diff.count_additions(), diff.count_removals()))
}

fn blob(pack: &mut Pack<'_>, id: Option<Id>) -> Option<Rc<Vec<u8>>> {
    let Some(id) = id else { return Some(Rc::new(Vec::new())) };
    let (kind, data) = pack.object(&id)?;
    let is_text = !data.iter().take(8000).any(|byte| *byte == 0);
    (kind == ObjectKind::Blob && is_text && data.len() <= MOST_BLOB_BYTES).then_some(data)
}

/// Returns the blobs of a notes tree with the object that each is about: fan-out folders joined to 40 digits.
pub fn notes(pack: &mut Pack<'_>, root: Id) -> Vec<(Id, Id)> {
    let mut out = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((prefix, id)) = open.pop() {
        for item in tree(pack, Some(id)).unwrap_or_default() {
            let name = format!("{prefix}{}", String::from_utf8_lossy(&item.name));
            if item.is_tree && name.len() < 40 {
                open.push((name, item.id));
            } else if let Some(about) = parse_id(name.as_bytes()).filter(|_| !item.is_tree) {
                out.push((about, item.id));
            }
        }
    }
    out.sort_unstable();
    out
}
