//! What a branch's history says of changes: which commits of its first-parent line belong to which change, and which
//! deployment released what.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Capture;
use crate::model::record::{ChangeState, Outcome};
use crate::model::trailers::MergeForm;
use crate::policy::{Policy, wildcard};

use super::Store;
use super::build::{Builder, RawChange};
use super::grouping::Links;
use super::rows::*;
use super::strings::Text;

/// How many commits a merge is followed for to find what it brought in.
const MOST_MERGED_COMMITS: usize = 10_000;

/// Makes changes of the commits on protected first-parent lines that belong to no change yet, and tells every change on
/// them its position.
pub(super) fn derive_changes(builder: &mut Builder, policy: &Policy) {
    if builder.store.branches.is_empty() {
        return;
    }
    name_repositories(builder);
    let lines = protected_lines(builder, policy);
    let mut by_merge: BTreeMap<Text, usize> = BTreeMap::new();
    for (at, raw) in builder.changes.iter().enumerate() {
        if raw.row.merged.is_some() && !raw.row.merge_commit.is_empty() {
            by_merge.entry(raw.row.merge_commit).or_insert(at);
        }
    }
    let mut seen: BTreeSet<Text> = BTreeSet::new();
    for Protected { repository, branch, line } in lines {
        let on_line = crate::order::set(line.iter().copied());
        for (position, id) in line.iter().rev().enumerate() {
            if !seen.insert(*id) {
                continue;
            }
            let Some(row) = builder.commit_row(*id) else { continue };
            let at = by_merge.get(id).copied().or_else(|| by_number(builder, repository, &row));
            let at = at.or_else(|| rebased(builder, &row, &by_merge));
            let at = at.unwrap_or_else(|| new_change(builder, &row, repository, branch));
            let change = &mut builder.changes[at].row;
            change.line_position = change.line_position.max(u32::try_from(position).ok());
            if change.merge_commit.is_empty() {
                change.merge_commit = *id;
            }
            if change.base_branch.is_empty() {
                change.base_branch = branch;
            }
            merged_commits(builder, at, &row, &on_line);
        }
    }
    builder.store.protected_lines = seen.len() as u64;
}

impl Builder {
    /// Returns the row of a commit by its full id.
    fn commit_row(&self, id: Text) -> Option<Commit> {
        let at = self.store.commit(id)?.index();
        self.store.commits.get(at).copied()
    }
}

/// Gives every branch the repository that it belongs to. A git history does not say: it is the only one that anything
/// names, else the one whose changes were merged at the most of the branch's commits.
fn name_repositories(builder: &mut Builder) {
    let mut of_commit: BTreeMap<Text, Text> = BTreeMap::new();
    for raw in builder.changes.iter().filter(|raw| raw.row.merged.is_some()) {
        of_commit.insert(raw.row.merge_commit, raw.row.repository);
    }
    of_commit.remove(&Text::EMPTY);
    let strings = &builder.strings;
    for branch in builder.store.branches.iter_mut().filter(|branch| branch.repository.is_empty()) {
        let mut counts: BTreeMap<&str, (u32, Text)> = BTreeMap::new();
        for repository in branch.line.iter().filter_map(|id| of_commit.get(id)) {
            counts.entry(strings.get(*repository)).or_insert((0, *repository)).0 += 1;
        }
        let most = counts.into_values().rev().max_by_key(|(count, _)| *count);
        branch.repository = most.map_or(builder.only_repository, |(_, repository)| repository);
    }
}

/// The first-parent line of a protected branch.
struct Protected {
    repository: Text,
    branch: Text,
    line: Vec<Text>,
}

/// Returns the branches that count as protected with their first-parent lines: those of the policy, else those that
/// changes were merged into, else the one that looks like the default branch.
fn protected_lines(builder: &mut Builder, policy: &Policy) -> Vec<Protected> {
    let heads: Vec<(String, Text, Vec<Text>)> = builder
        .store
        .branches
        .iter()
        .filter(|branch| !branch.line.is_empty())
        .map(|branch| {
            let name = builder.strings.get(branch.name);
            (
                name.strip_prefix("refs/heads/").unwrap_or(name).to_owned(),
                branch.repository,
                branch.line.clone(),
            )
        })
        .collect();
    let merged = builder.changes.iter().filter(|raw| raw.row.merged.is_some());
    let bases = merged.map(|raw| builder.strings.get(raw.row.base_branch)).filter(|name| !name.is_empty());
    let bases = crate::order::set(bases);
    let by_policy = |name: &str| policy.branches.iter().any(|pattern| wildcard(pattern, name));
    let mut chosen: Vec<&(String, Text, Vec<Text>)> = heads
        .iter()
        .filter(
            |(name, ..)| {
                if policy.branches.is_empty() { bases.contains(name.as_str()) } else { by_policy(name) }
            },
        )
        .collect();
    if chosen.is_empty() && policy.branches.is_empty() {
        let default = ["main", "master", "trunk", "HEAD"];
        chosen.extend(
            default.iter().find_map(|name| heads.iter().find(|(head, ..)| head == name)).or(heads.first()),
        );
    }
    let strings = &builder.strings;
    crate::order::sort_by(&mut chosen, |a, b| (&a.0, strings.get(a.1)).cmp(&(&b.0, strings.get(b.1))));
    let owned: Vec<(String, Text, Vec<Text>)> = chosen.into_iter().cloned().collect();
    let named = owned.into_iter();
    named
        .map(|(name, repository, line)| Protected { repository, branch: builder.strings.intern(&name), line })
        .collect()
}

/// Returns the exported change whose number a commit's message names.
fn by_number(builder: &Builder, repository: Text, row: &Commit) -> Option<usize> {
    let key = (repository, row.pull?.number);
    // A number in a message can be a ticket's: only a change that is merged, and at no other commit, is meant.
    builder.by_number.get(&key).copied().filter(|&at| {
        let change = &builder.changes[at].row;
        change.merged.is_some() && (change.merge_commit.is_empty() || change.merge_commit == row.id)
    })
}

/// Returns the change whose commits were put on the branch one by one, this one among them: a commit that repeats the
/// subject and author time of one of the change's own.
fn rebased(builder: &mut Builder, row: &Commit, by_merge: &BTreeMap<Text, usize>) -> Option<usize> {
    if row.parents != Some(1) || row.authored.is_none() {
        return None;
    }
    if builder.rebase_index.is_none() {
        let mut index = BTreeMap::new();
        for commit in builder.store.commits.iter().filter(|commit| !by_merge.contains_key(&commit.id)) {
            index.entry((commit.subject, commit.authored)).or_insert(Vec::new()).push(commit.id);
        }
        builder.rebase_index = Some(index);
    }
    let twins = builder.rebase_index.as_ref()?.get(&(row.subject, row.authored))?;
    let at = twins
        .iter()
        .filter(|twin| **twin != row.id)
        .find_map(|twin| builder.change_of_commit.get(twin).copied())?;
    let change = &mut builder.changes.get_mut(at)?.row;
    change.merged?;
    change.method = MergeMethod::Rebase;
    Some(at)
}

/// Makes a change of a commit on the branch that belongs to no exported one.
fn new_change(builder: &mut Builder, row: &Commit, repository: Text, branch: Text) -> usize {
    let is_merge = row.parents.is_some_and(|parents| parents > 1);
    let (source, method) = match row.pull {
        Some(reference) if is_merge || reference.form == MergeForm::Merge => {
            (ChangeSource::MergeSubject, MergeMethod::Merge)
        }
        Some(_) => (ChangeSource::MergeSubject, MergeMethod::Squash),
        None if is_merge => (ChangeSource::DirectCommit, MergeMethod::Merge),
        None => (ChangeSource::DirectCommit, MergeMethod::Direct),
    };
    let title = row.pull.map(|pull| pull.title).filter(|title| !title.is_empty()).unwrap_or(row.subject);
    // The forge's merge commit is authored by who merged; what was merged has authors of its own.
    let merger = if is_merge { row.author } else { None };
    let author = if is_merge { second_parent_author(builder, row).or(row.author) } else { row.author };
    let change = Change {
        repository,
        number: row.pull.map_or(0, |pull| pull.number),
        title,
        source,
        method,
        author,
        merged: row.committed.or(row.authored),
        merged_by: merger.map_or(Known::Absent, Known::Is),
        merged_by_place: row.place,
        merged_by_capture: merger.map(|_| Capture::SelfTyped),
        merge_commit: row.id,
        base_branch: branch,
        place: row.place,
        ..Change::default()
    };
    builder.changes.push(RawChange { row: change, state: ChangeState::Merged });
    builder.changes.len() - 1
}

fn second_parent_author(builder: &Builder, row: &Commit) -> Option<AccountId> {
    let parents = builder.store.merge_parents.iter().find(|(id, _)| *id == row.id)?;
    builder.commit_row(*parents.1.first()?)?.author
}

/// Gives a change the commits that its merge brought in: what the further parents reach and the line does not hold.
fn merged_commits(builder: &mut Builder, at: usize, row: &Commit, on_line: &BTreeSet<Text>) {
    builder.derived_commits.push((at, row.id));
    if row.parents.is_none_or(|parents| parents < 2) {
        return;
    }
    if builder.merge_index.is_none() {
        builder.merge_index = Some(builder.store.merge_parents.iter().cloned().collect());
    }
    let further = |builder: &Builder, id: Text| {
        builder.merge_index.as_ref().and_then(|index| index.get(&id)).cloned().unwrap_or_default()
    };
    let mut open = further(builder, row.id);
    let mut found = 0;
    while let Some(id) = open.pop() {
        if found >= MOST_MERGED_COMMITS || on_line.contains(&id) || !builder.brought_in.insert(id) {
            continue;
        }
        let Some(commit) = builder.commit_row(id) else { continue };
        builder.derived_commits.push((at, id));
        found += 1;
        if !commit.parent.is_empty() {
            open.push(commit.parent);
        }
        open.extend(further(builder, id));
    }
}

/// Returns which deployment released which change, as links of changes to them: the first production deployment of its
/// merge commit or head, or of a later revision of the same line.
pub(super) fn released(store: &Store) -> Links {
    let mut links = Links::default();
    if store.deployments.is_empty() {
        return links;
    }
    let mut by_object: BTreeMap<Text, usize> = BTreeMap::new();
    let mut by_position: BTreeMap<(Text, Text, u32), usize> = BTreeMap::new();
    for (at, change) in store.changes.iter().enumerate().filter(|(_, change)| change.merged.is_some()) {
        for id in [change.merge_commit, change.head].into_iter().filter(|id| !id.is_empty()) {
            by_object.entry(id).or_insert(at);
        }
        if let Some(position) = change.line_position {
            by_position.insert((change.repository, change.base_branch, position), at);
        }
    }
    let mut is_released = vec![false; store.changes.len()];
    for (row, deployment) in store.deployments.iter().enumerate() {
        if !deployment.is_production || matches!(deployment.outcome, Outcome::Failed | Outcome::Skipped) {
            continue;
        }
        let Some(&at) = by_object.get(&deployment.commit) else { continue };
        let change = &store.changes[at];
        let mut covered = vec![at];
        if let Some(position) = change.line_position {
            let of = |position| (change.repository, change.base_branch, position);
            let below = by_position.range(of(0)..=of(position));
            covered.extend(below.rev().map(|(_, at)| *at).take_while(|&at| !is_released[at]));
        }
        for at in covered {
            if !std::mem::replace(&mut is_released[at], true) {
                links.push(at, u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
    }
    links
}
