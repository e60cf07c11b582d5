//! Joins what the records say: changes by number, commits and statements by digest, accounts to persons.

mod attach;
mod repeats;
mod statements;

use std::collections::BTreeMap;

use crate::model::record::ChangeState;
use crate::order;
use crate::policy::{Policy, wildcard};
use crate::problem::{Kind, Problem};

use super::build::{Builder, Owned, Owner, RawChange, is_final};
use super::grouping::by_text;
use super::load::Load;
use super::rows::*;
use super::signed::Signed;
use super::strings::Text;
use super::{Store, history, persons, registers, unattached};
use attach::{Groups, Rows, group};
pub(super) use statements::name_mergers;

impl Builder {
    /// Links everything and returns the store. `policy` is the policy in force.
    pub fn link(self, policy: &Policy) -> Store {
        self.link_while(policy, &Signed::default())
    }

    /// Links everything while some signatures are still to be checked; what waits counts for nothing.
    pub fn link_while(mut self, policy: &Policy, waiting: &Signed) -> Store {
        self.adopt_repository();
        let commit_owners = self.link_commits();
        let moved = self.link_changes();
        // Only a history asks for it.
        for (id, owner) in commit_owners.iter().filter(|_| !self.store.branches.is_empty()) {
            let at = match *owner {
                Owner::Inside(at) => moved.get(at as usize).copied(),
                Owner::Named(repository, number) => self.by_number.get(&(repository, number)).copied(),
                Owner::Unsaid => None,
            };
            if let Some(at) = at {
                self.change_of_commit.insert(*id, at);
            }
        }
        history::derive_changes(&mut self, policy);
        let order = self.sort_changes();
        let derived = take(&mut self.derived_commits).into_iter();
        let derived = derived.filter_map(|(raw, id)| Some((id, Some(*order.get(raw)?))));
        let at = |owner: Owner, builder: &Self| builder.resolve(owner, &moved, &order);
        let commits =
            commit_owners.into_iter().map(|(id, owner)| (id, at(owner, &self))).chain(derived).collect();
        let (reviews, files) = (take(&mut self.reviews), take(&mut self.files));
        let (tickets, tests) = (take(&mut self.tickets), take(&mut self.tests));
        let sessions = take(&mut self.sessions);
        let groups = Groups {
            reviews: Rows { of: owners(&reviews, &|owner| at(owner, &self)), rows: reviews },
            files: Rows { of: owners(&files, &|owner| at(owner, &self)), rows: files },
            tickets: Rows { of: owners(&tickets, &|owner| at(owner, &self)), rows: tickets },
            tests: Rows { of: owners(&tests, &|owner| at(owner, &self)), rows: tests },
            sessions: Rows { of: owners(&sessions, &|owner| at(owner, &self)), rows: sessions },
            commits,
            marks: take(&mut self.marks).into_iter().map(|o| (at(o.change, &self), o.row)).collect(),
        };
        let mut store = self.store;
        store.changes = take(&mut self.changes).into_iter().map(|raw| raw.row).collect();
        reorder(&mut store.changes, &order);
        store.strings = self.strings;
        store.take_outcomes(self.signed.outcomes());
        waiting.mark(&mut store);
        persons::resolve(self.accounts, policy, &mut store);
        groups.attach(&mut store, self.ticket_details);
        deployments(&mut store, self.updates, policy);
        registers::link(&mut store);
        order::sort_by_key(&mut store.pushes, |push| (push.at, push.place));
        store.load = Load::of(&store);
        unattached::tell(&mut store);
        order::sort(&mut store.problems);
        store
    }

    /// Gives what names no repository the only one that anything names.
    fn adopt_repository(&mut self) {
        let mut named: Vec<Text> =
            self.changes.iter().map(|raw| raw.row.repository).filter(|t| !t.is_empty()).collect();
        order::sort(&mut named);
        named.dedup();
        let &[only] = named.as_slice() else { return };
        for raw in &mut self.changes {
            if raw.row.repository.is_empty() {
                raw.row.repository = only;
            }
        }
        self.only_repository = only;
    }

    /// Sorts commits by id and makes one row of those that several records state; returns the changes that they are in.
    fn link_commits(&mut self) -> Vec<(Text, Owner)> {
        let mut commits = take(&mut self.commits);
        commits.retain(|commit| !commit.row.id.is_empty());
        let mut owners: Vec<(Text, Owner)> = commits
            .iter()
            .filter(|commit| commit.change != Owner::Unsaid)
            .map(|commit| (commit.row.id, commit.change))
            .collect();
        owners.dedup();
        let ids: Vec<Text> = commits.iter().map(|commit| commit.row.id).collect();
        // A commit of the history comes before a forge's list: it knows its parents.
        let knows_parents = |at: usize| commits[at].row.parents.is_some();
        let order = by_text(&ids, &self.strings, &|a, b| knows_parents(b).cmp(&knows_parents(a)));
        self.store.commits.reserve(commits.len());
        for row in order.into_iter().map(|at| commits[at as usize].row) {
            match self.store.commits.last_mut().filter(|last| last.id == row.id) {
                Some(last) => complete_commit(last, &row),
                None => self.store.commits.push(row),
            }
        }
        self.store.index_commits();
        owners
    }

    /// Makes one change of those that several records state; returns where each raw change went.
    fn link_changes(&mut self) -> Vec<usize> {
        let raw = take(&mut self.changes);
        let mut moved = Vec::with_capacity(raw.len());
        let mut by_key: BTreeMap<(Text, u64), usize> = BTreeMap::new();
        for change in raw {
            let key = (change.row.repository, change.row.number);
            match by_key.get(&key).copied().filter(|_| change.row.number > 0) {
                Some(at) => {
                    if let Some(problem) = self.merge_change(at, &change) {
                        self.store.problems.push(problem);
                    }
                    moved.push(at);
                }
                None => {
                    by_key.insert(key, self.changes.len());
                    moved.push(self.changes.len());
                    self.changes.push(change);
                }
            }
        }
        self.by_number = by_key;
        moved
    }

    /// Completes a change with another record of it; says so when the other record brings nothing new or contradicts.
    fn merge_change(&mut self, at: usize, other: &RawChange) -> Option<Problem> {
        let label = self.label(&other.row);
        let path = self.path_of(other.row.place);
        let kept = &mut self.changes[at];
        let conflict = kept.row.merged.zip(other.row.merged).is_some_and(|(a, b)| a != b)
            || kept.row.head != other.row.head && !kept.row.head.is_empty() && !other.row.head.is_empty();
        let before = kept.row.lists;
        let (a, b) = (&mut kept.row, &other.row);
        a.author = a.author.or(b.author);
        a.created = a.created.or(b.created);
        a.merged = a.merged.or(b.merged);
        if a.merged_by == Known::Absent && b.merged_by != Known::Absent {
            (a.merged_by, a.merged_by_place, a.merged_by_capture) =
                (b.merged_by, b.merged_by_place, b.merged_by_capture);
        }
        for (mine, theirs) in [
            (&mut a.merge_commit, b.merge_commit),
            (&mut a.head, b.head),
            (&mut a.base_branch, b.base_branch),
            (&mut a.head_branch, b.head_branch),
            (&mut a.title, b.title),
            (&mut a.url, b.url),
        ] {
            if mine.is_empty() {
                *mine = theirs;
            }
        }
        if !a.lists.labels {
            a.labels = b.labels;
        }
        a.lines = a.lines.or(b.lines);
        a.file_count = a.file_count.max(b.file_count);
        a.lists = join_lists(a.lists, b.lists);
        if kept.state == ChangeState::Unknown {
            kept.state = other.state;
        }
        if conflict {
            let found = format!("two records of {label} that disagree on when or what was merged");
            return Some(
                Problem::warning(Kind::Conflict, found)
                    .in_file(path)
                    .expected("records of one state of the change"),
            );
        }
        (before == kept.row.lists).then(|| {
            Problem::note(Kind::Duplicate, format!("{label} once more"))
                .in_file(path)
                .expected("each change once")
        })
    }

    fn label(&self, change: &Change) -> String {
        format!("{}#{}", self.strings.get(change.repository), change.number)
    }

    fn path_of(&self, place: Place) -> String {
        let record = self.store.records.get(place.record.index());
        record
            .and_then(|record| self.store.files.get(record.file.index()))
            .map(|f| f.path.clone())
            .unwrap_or_default()
    }

    /// Returns the positions that raw changes get when they are sorted by repository, number and merge commit.
    fn sort_changes(&self) -> Vec<usize> {
        let sorted = order::positions(self.changes.len(), &mut |a, b| {
            let (a, b) = (&self.changes[a].row, &self.changes[b].row);
            let text = |a, b| self.strings.compare(a, b);
            text(a.repository, b.repository)
                .then(a.number.cmp(&b.number))
                .then_with(|| text(a.merge_commit, b.merge_commit))
                .then(a.place.cmp(&b.place))
        });
        let mut order = vec![0; sorted.len()];
        for (to, from) in sorted.into_iter().enumerate() {
            order[from] = to;
        }
        order
    }

    fn resolve(&self, owner: Owner, moved: &[usize], order: &[usize]) -> Option<usize> {
        let raw = match owner {
            Owner::Unsaid => return None,
            Owner::Inside(at) => *moved.get(at as usize)?,
            Owner::Named(repository, number) => {
                let repository = if repository.is_empty() { self.only_repository } else { repository };
                *self.by_number.get(&(repository, number))?
            }
        };
        order.get(raw).copied()
    }
}

/// Returns the group of each row: the position of its change.
fn owners<T>(rows: &[Owned<T>], at: &dyn Fn(Owner) -> Option<usize>) -> Vec<u32> {
    rows.iter().map(|owned| group(at(owned.change))).collect()
}

fn take<T: Default>(value: &mut T) -> T {
    std::mem::take(value)
}

fn complete_commit(kept: &mut Commit, other: &Commit) {
    kept.author = kept.author.or(other.author);
    kept.committer = kept.committer.or(other.committer);
    kept.authored = kept.authored.or(other.authored);
    kept.committed = kept.committed.or(other.committed);
    kept.parents = kept.parents.or(other.parents);
    kept.signature = kept.signature.or(other.signature);
    kept.pull = kept.pull.or(other.pull);
    kept.lines = kept.lines.or(other.lines);
    kept.files = kept.files.or(other.files);
    if kept.parent.is_empty() {
        kept.parent = other.parent;
    }
}

const fn join_lists(a: Lists, b: Lists) -> Lists {
    Lists {
        reviews: a.reviews || b.reviews,
        commits: a.commits || b.commits,
        files: a.files || b.files,
        checks: a.checks || b.checks,
        tickets: a.tickets || b.tickets,
        labels: a.labels || b.labels,
        reviews_cut: a.reviews_cut || b.reviews_cut,
        commits_cut: a.commits_cut || b.commits_cut,
        files_cut: a.files_cut || b.files_cut,
        checks_cut: a.checks_cut || b.checks_cut,
    }
}

/// Puts each row where `order` says.
fn reorder<T: Copy>(rows: &mut Vec<T>, order: &[usize]) {
    let mut placed = rows.clone();
    for (row, to) in rows.iter().zip(order) {
        placed[*to] = *row;
    }
    *rows = placed;
}

/// Completes deployments with their states and approvals, sorts them, and says what each released.
fn deployments(store: &mut Store, updates: Vec<Deployment>, policy: &Policy) {
    for update in updates {
        let known = store.deployments.iter_mut().find(|d| !update.id.is_empty() && d.id == update.id);
        match known {
            Some(deployment) => {
                if is_final(update.outcome) || !is_final(deployment.outcome) {
                    deployment.outcome = update.outcome;
                }
                if let Some(approvers) = update.approvers {
                    deployment.approvers.get_or_insert_with(Vec::new).extend(approvers);
                }
            }
            None if !update.commit.is_empty() => store.deployments.push(update),
            None => {}
        }
    }
    let mut rows = std::mem::take(&mut store.deployments);
    order::sort_by(&mut rows, |a, b| {
        let by_id = || store.strings.compare(a.id, b.id);
        a.at.cmp(&b.at).then_with(by_id).then(a.place.cmp(&b.place))
    });
    store.deployments = rows;
    releases(store, policy);
}

/// Says which deployments are to production, and gives changes those that released them.
pub(super) fn releases(store: &mut Store, policy: &Policy) {
    for at in 0..store.deployments.len() {
        let environment = store.text(store.deployments[at].environment);
        store.deployments[at].is_production =
            environment.is_empty() || policy.production.iter().any(|p| wildcard(p, environment));
    }
    let (rows, spans) = history::released(store).finish(store.changes.len());
    store.deployments_of = rows;
    for (change, span) in store.changes.iter_mut().zip(spans) {
        change.deployments = span;
    }
}
