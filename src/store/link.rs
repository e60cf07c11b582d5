//! Joins what the records say: changes by number, commits and statements by digest, accounts to persons.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::model::record::{ChangeState, SessionSource};
use crate::model::{Capture, SignatureState};
use crate::policy::{Policy, wildcard};
use crate::problem::{Kind, Problem};

use super::build::{Builder, Owned, Owner, RawChange, is_final, span};
use super::rows::*;
use super::strings::Text;
use super::{Store, history, same_object};

impl Builder {
    /// Links everything and returns the store. `policy` is the policy in force.
    pub fn link(mut self, policy: &Policy) -> Store {
        self.adopt_repository();
        let commit_owners = self.link_commits();
        let moved = self.link_changes();
        for (id, owner) in &commit_owners {
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
        let at = |owner: Owner, builder: &Self| builder.resolve(owner, &moved, &order);
        let commit_of: Vec<(Text, Option<usize>)> =
            commit_owners.into_iter().map(|(id, owner)| (id, at(owner, &self))).collect();
        let groups = Groups {
            reviews: take(&mut self.reviews).into_iter().map(|o| (at(o.change, &self), o.row)).collect(),
            files: take(&mut self.files).into_iter().map(|o| (at(o.change, &self), o.row)).collect(),
            tickets: take(&mut self.tickets).into_iter().map(|o| (at(o.change, &self), o.row)).collect(),
            tests: take(&mut self.tests).into_iter().map(|o| (at(o.change, &self), o.row)).collect(),
            sessions: take(&mut self.sessions).into_iter().map(|o| (at(o.change, &self), o.row)).collect(),
            commits: commit_of,
            derived: take(&mut self.derived_commits)
                .into_iter()
                .filter_map(|(raw, id)| Some((id, Some(*order.get(raw)?))))
                .collect(),
        };
        let (accounts, persons) = take(&mut self.accounts).resolve(policy, &mut self.strings);
        let mut store = self.store;
        store.changes = take(&mut self.changes).into_iter().map(|raw| raw.row).collect();
        reorder(&mut store.changes, &order);
        store.strings = self.strings;
        store.accounts = accounts;
        store.persons = persons;
        store.take_commits(self.signed.commits());
        store.verifications = self.signed.give(&mut store.statements);
        groups.attach(&mut store, &self.ticket_times);
        deployments(&mut store, self.updates, policy);
        store.problems.sort();
        store
    }

    /// Gives what names no repository the only one that anything names.
    fn adopt_repository(&mut self) {
        let mut named: Vec<Text> =
            self.changes.iter().map(|raw| raw.row.repository).filter(|t| !t.is_empty()).collect();
        named.sort_unstable();
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
        let strings = &self.strings;
        commits.sort_by(|a, b| {
            // A commit of the history comes before a forge's list: it knows its parents.
            strings
                .get(a.row.id)
                .cmp(strings.get(b.row.id))
                .then(b.row.parents.is_some().cmp(&a.row.parents.is_some()))
        });
        for Owned { row, .. } in commits {
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
        let mut sorted: Vec<usize> = (0..self.changes.len()).collect();
        let key = |at: &usize| {
            let row = &self.changes[*at].row;
            (self.strings.get(row.repository), row.number, self.strings.get(row.merge_commit), row.place)
        };
        sorted.sort_by(|a, b| key(a).cmp(&key(b)));
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
        reviews_cut: a.reviews_cut || b.reviews_cut,
        commits_cut: a.commits_cut || b.commits_cut,
        files_cut: a.files_cut || b.files_cut,
        checks_cut: a.checks_cut || b.checks_cut,
    }
}

fn reorder<T>(rows: &mut Vec<T>, order: &[usize]) {
    let mut placed: Vec<(usize, T)> = order.iter().copied().zip(std::mem::take(rows)).collect();
    placed.sort_by_key(|(to, _)| *to);
    rows.extend(placed.into_iter().map(|(_, row)| row));
}

/// Children with the position of their change, as far as their record said.
struct Groups {
    reviews: Vec<(Option<usize>, Review)>,
    files: Vec<(Option<usize>, ChangedFile)>,
    tickets: Vec<(Option<usize>, Ticket)>,
    tests: Vec<(Option<usize>, TestRun)>,
    sessions: Vec<(Option<usize>, Session)>,
    commits: Vec<(Text, Option<usize>)>,
    derived: Vec<(Text, Option<usize>)>,
}

/// Which change an object id belongs to: its merge commit, its head, or one of its commits.
#[derive(Default)]
struct ByObject {
    exact: BTreeMap<Text, u32>,
    /// Lower-case ids with their change, sorted, to find abbreviated ids.
    sorted: Vec<(String, u32)>,
}

impl ByObject {
    fn insert(&mut self, id: Text, change: usize) {
        if !id.is_empty() {
            self.exact.entry(id).or_insert(u32::try_from(change).unwrap_or(u32::MAX));
        }
    }

    fn find(&mut self, id: Text, store: &Store) -> Option<usize> {
        if id.is_empty() {
            return None;
        }
        if let Some(&change) = self.exact.get(&id) {
            return Some(change as usize);
        }
        let text = store.text(id);
        if !(7..40).contains(&text.len()) {
            return None;
        }
        if self.sorted.is_empty() {
            self.sorted =
                self.exact.iter().map(|(id, change)| (store.text(*id).to_owned(), *change)).collect();
            self.sorted.sort();
        }
        let from = self.sorted.partition_point(|(known, _)| known.as_str() < text);
        let mut found = self.sorted[from..].iter().take_while(|(known, _)| same_object(known, text));
        let first = found.next()?.1;
        // An abbreviation that names objects of two changes names neither.
        found.all(|(_, change)| *change == first).then_some(first as usize)
    }
}

impl Groups {
    fn attach(mut self, store: &mut Store, ticket_times: &[(Text, Text, crate::model::Moment)]) {
        let mut objects = self.attach_commits(store);
        self.attach_reviews(store);
        self.attach_files(store);
        self.attach_tickets(store, ticket_times);
        self.attach_tests(store, &mut objects);
        self.attach_sessions(store, &mut objects);
        attach_statements(store, &mut objects);
    }

    /// Gives changes their commits, and returns which change each object belongs to.
    fn attach_commits(&mut self, store: &mut Store) -> ByObject {
        let mut objects = ByObject::default();
        for at in 0..store.changes.len() {
            let change = store.changes[at];
            if change.merged.is_some() {
                objects.insert(change.merge_commit, at);
            }
            objects.insert(change.head, at);
        }
        let mut pairs: Vec<(usize, CommitId)> = Vec::new();
        for (id, owner) in self.commits.drain(..).chain(self.derived.drain(..)) {
            let (Some(at), Some(row)) = (owner, store.commit(id)) else { continue };
            objects.insert(id, at);
            pairs.push((at, row));
        }
        for at in 0..store.changes.len() {
            let change = store.changes[at];
            if let Some(row) = store.commit(change.merge_commit).filter(|_| change.merged.is_some()) {
                store.changes[at].merge_row = Some(row);
                pairs.push((at, row));
                complete_change(store, at, row);
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let spans = spans(pairs.iter().map(|(at, _)| *at), store.changes.len());
        store.change_commits = pairs.into_iter().map(|(_, row)| row).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.commits = span;
        }
        objects
    }

    fn attach_reviews(&mut self, store: &mut Store) {
        let mut rows: Vec<(usize, Review)> = Vec::new();
        for (owner, row) in self.reviews.drain(..) {
            match owner {
                Some(at) => rows.push((at, row)),
                None => {
                    let path =
                        store.locate(row.place).map(|(file, ..)| file.path.clone()).unwrap_or_default();
                    let problem =
                        Problem::note(Kind::Dangling, "a review of a change that is not in the bundle");
                    store.problems.push(problem.in_file(path).expected("the change that it reviews"));
                }
            }
        }
        rows.sort_by(|(at_a, a), (at_b, b)| {
            let text = |t| store.text(t);
            at_a.cmp(at_b)
                .then(a.submitted.cmp(&b.submitted))
                .then_with(|| text(a.id).cmp(text(b.id)))
                .then(a.place.cmp(&b.place))
        });
        know_lists(store, &rows);
        rows.dedup_by(|(at_b, b), (at_a, a)| at_a == at_b && is_same_review(a, b));
        let spans = spans(rows.iter().map(|(at, _)| *at), store.changes.len());
        store.reviews =
            rows.into_iter().map(|(at, row)| Review { change: ChangeId::at(at), ..row }).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.reviews = span;
        }
    }

    fn attach_files(&mut self, store: &mut Store) {
        let mut rows: Vec<(usize, ChangedFile)> =
            self.files.drain(..).filter_map(|(owner, row)| Some((owner?, row))).collect();
        rows.sort_by(|(at_a, a), (at_b, b)| {
            at_a.cmp(at_b).then_with(|| store.text(a.path).cmp(store.text(b.path)))
        });
        rows.dedup_by(|(at_b, b), (at_a, a)| at_a == at_b && a.path == b.path);
        let listed = spans(rows.iter().map(|(at, _)| *at), store.changes.len());
        store.files_of = rows.into_iter().map(|(_, row)| row).collect();
        for (at, listed) in listed.into_iter().enumerate() {
            let change = store.changes[at];
            if listed.start < listed.end {
                store.changes[at].files = listed;
                store.changes[at].lists.files = true;
                continue;
            }
            // Without a list of the forge, the merge commit's own difference is the change's.
            let from_history = change.merge_row.and_then(|row| store.commits[row.index()].files);
            if let Some(files) = from_history {
                let start = store.files_of.len();
                store.files_of.extend_from_slice(files.of(&store.commit_files));
                let change = &mut store.changes[at];
                change.files = span(start, store.files_of.len());
                change.lists.files = true;
                change.file_count = change.file_count.or(Some((store.files_of.len() - start) as u64));
            }
        }
    }

    fn attach_tickets(&mut self, store: &mut Store, times: &[(Text, Text, crate::model::Moment)]) {
        let mut rows: Vec<(usize, Ticket)> =
            self.tickets.drain(..).filter_map(|(owner, row)| Some((owner?, row))).collect();
        for (at, ticket) in &mut rows {
            let repository = store.changes[*at].repository;
            let known = |(repo, id, _): &&(Text, Text, crate::model::Moment)| {
                *id == ticket.id && (*repo == repository || repo.is_empty())
            };
            ticket.created =
                ticket.created.or_else(|| times.iter().find(known).map(|(_, _, created)| *created));
        }
        rows.sort_by(|(at_a, a), (at_b, b)| {
            at_a.cmp(at_b)
                .then_with(|| store.text(a.id).cmp(store.text(b.id)))
                .then(b.is_linked.cmp(&a.is_linked))
                .then(a.place.cmp(&b.place))
        });
        rows.dedup_by(|(at_b, b), (at_a, a)| at_a == at_b && a.id == b.id);
        let spans = spans(rows.iter().map(|(at, _)| *at), store.changes.len());
        store.tickets = rows.into_iter().map(|(_, row)| row).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.tickets = span;
        }
    }

    fn attach_tests(&mut self, store: &mut Store, objects: &mut ByObject) {
        let mut rows: Vec<(usize, TestRun)> = Vec::new();
        for (owner, row) in self.tests.drain(..) {
            let at = owner.or_else(|| objects.find(row.commit, store)).unwrap_or(usize::MAX);
            rows.push((at, row));
        }
        rows.sort_by(|(at_a, a), (at_b, b)| {
            at_a.cmp(at_b)
                .then(a.at.cmp(&b.at))
                .then_with(|| store.text(a.name).cmp(store.text(b.name)))
                .then(a.place.cmp(&b.place))
        });
        let spans = spans(rows.iter().map(|(at, _)| *at), store.changes.len());
        store.tests = rows.into_iter().map(|(_, row)| row).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.tests = span;
        }
    }

    fn attach_sessions(&mut self, store: &mut Store, objects: &mut ByObject) {
        let children = children_of(store);
        let mut pairs: Vec<(usize, SessionId)> = Vec::new();
        for (owner, row) in self.sessions.drain(..) {
            let id = SessionId::at(store.sessions.len());
            store.sessions.push(row);
            let at = owner.or_else(|| objects.find(row.commit, store)).or_else(|| {
                // Agent Trace writes the revision that the work began from: its children are looked at too.
                let child =
                    (row.source == SessionSource::AgentTrace).then(|| children.get(&row.commit)).flatten()?;
                child.iter().find_map(|commit| objects.find(*commit, store))
            });
            if let Some(at) = at {
                pairs.push((at, id));
            }
        }
        pairs.sort_unstable();
        let spans = spans(pairs.iter().map(|(at, _)| *at), store.changes.len());
        store.sessions_of = pairs.into_iter().map(|(_, id)| id).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.sessions = span;
        }
    }
}

/// Completes a change with what its merge commit says.
fn complete_change(store: &mut Store, at: usize, row: CommitId) {
    let commit = store.commits[row.index()];
    let change = &mut store.changes[at];
    change.lines = change.lines.or(commit.lines);
    if change.method == MergeMethod::Unknown {
        change.method = match commit.parents {
            Some(2..) => MergeMethod::Merge,
            // One commit that was not among the change's own is its squash.
            Some(1) if !change.head.is_empty() && change.head != change.merge_commit => MergeMethod::Squash,
            _ => MergeMethod::Unknown,
        };
    }
}

/// Tells changes that their list of reviews is known, or cut: those with a review in a file that lists them. A review by
/// itself, as a webhook brings it, and comments on lines tell nothing of the reviews that are not there.
fn know_lists(store: &mut Store, rows: &[(usize, Review)]) {
    let of_reviews = store.listings.iter().filter(|listing| listing.of == "reviews");
    let lists: BTreeMap<FileId, bool> =
        of_reviews.map(|listing| (listing.file, listing.cut_at.is_some())).collect();
    for (at, row) in rows.iter().filter(|(_, row)| row.line_comments.is_none()) {
        let file = store.records.get(row.place.record.index()).map(|record| record.file);
        if let Some(is_cut) = file.and_then(|file| lists.get(&file)) {
            let known = &mut store.changes[*at].lists;
            known.reviews = true;
            known.reviews_cut |= is_cut;
        }
    }
}

fn is_same_review(a: &Review, b: &Review) -> bool {
    !a.id.is_empty() && a.id == b.id
        || (a.id.is_empty() || b.id.is_empty())
            && (a.author, a.state, a.submitted) == (b.author, b.state, b.submitted)
            && a.submitted.is_some()
}

/// Returns the span of each group of a sorted sequence of group numbers; numbers beyond `count` are left out.
fn spans(sorted: impl Iterator<Item = usize>, count: usize) -> Vec<Span> {
    let mut spans = vec![Span::default(); count];
    for (position, group) in sorted.enumerate() {
        let Some(here) = spans.get_mut(group) else { break };
        if here.start == here.end {
            *here = span(position, position);
        }
        here.end = span(0, position + 1).end;
    }
    spans
}

/// Returns the commits that have each commit as first parent.
fn children_of(store: &Store) -> BTreeMap<Text, Vec<Text>> {
    let mut children: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
    for commit in store.commits.iter().filter(|commit| !commit.parent.is_empty()) {
        children.entry(commit.parent).or_default().push(commit.id);
    }
    children
}

/// Makes one of equal statements and gives changes theirs.
fn attach_statements(store: &mut Store, objects: &mut ByObject) {
    let mut statements = std::mem::take(&mut store.statements);
    statements.sort_by(|a, b| {
        a.digest
            .cmp(&b.digest)
            .then(b.attached_to.is_empty().cmp(&a.attached_to.is_empty()).reverse())
            .then(a.place.cmp(&b.place))
    });
    let before = statements.len();
    statements.dedup_by(|b, a| {
        let is_same = a.digest == b.digest;
        if is_same && a.attached_to.is_empty() {
            a.attached_to = b.attached_to;
        }
        is_same
    });
    store.repeated_statements = (before - statements.len()) as u64;
    statements.sort_by_key(|statement| statement.place);
    let mut pairs: Vec<(usize, StatementId)> = Vec::new();
    for (at, statement) in statements.iter_mut().enumerate() {
        let ids = statement.subjects.iter().map(|(_, digest)| *digest).chain([statement.attached_to]);
        let mut owners: Vec<usize> = ids.filter_map(|id| objects.find(id, store)).collect();
        owners.sort_unstable();
        owners.dedup();
        for &owner in &owners {
            let change = &store.changes[owner];
            statement.binds_merged |= statement.subjects.iter().any(|(_, digest)| {
                *digest == change.merge_commit || !change.head.is_empty() && *digest == change.head
            });
            pairs.push((owner, StatementId::at(at)));
        }
    }
    store.statements = statements;
    pairs.sort_unstable();
    let spans = spans(pairs.iter().map(|(at, _)| *at), store.changes.len());
    store.statements_of = pairs.into_iter().map(|(_, id)| id).collect();
    for (change, span) in store.changes.iter_mut().zip(spans) {
        change.statements = span;
    }
    name_mergers(store);
}

/// Takes the merger from a statement about the merge where the forge's record has none.
fn name_mergers(store: &mut Store) {
    for at in 0..store.changes.len() {
        let change = store.changes[at];
        if change.merged_by != Known::Absent {
            continue;
        }
        let merge = change.statements.of(&store.statements_of).iter().find_map(|id| {
            let statement = &store.statements[id.index()];
            let is_of_merge = statement.subjects.iter().any(|(_, digest)| *digest == change.merge_commit);
            // What a broken signature covers is nobody's word.
            if statement.signature == SignatureState::Invalid {
                return None;
            }
            let is_merge = store.text(statement.activity).eq_ignore_ascii_case("pr_merge");
            let actor = statement.actor.filter(|_| is_of_merge && is_merge)?;
            let capture = match statement.signature {
                SignatureState::Valid => Capture::Verified,
                _ => Capture::SelfTyped,
            };
            Some((actor, statement.place, capture))
        });
        if let Some((actor, place, capture)) = merge {
            let change = &mut store.changes[at];
            change.merged_by = Known::Is(actor);
            change.merged_by_place = place;
            change.merged_by_capture = Some(capture);
        }
    }
}

/// Completes deployments with their states and approvals, and gives changes the deployments that released them.
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
    for row in &mut rows {
        let environment = store.text(row.environment);
        row.is_production =
            environment.is_empty() || policy.production.iter().any(|p| wildcard(p, environment));
    }
    rows.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| compare(store, a, b)));
    store.deployments = rows;
    let pairs = history::released(store);
    let spans = spans(pairs.iter().map(|(at, _)| *at), store.changes.len());
    store.deployments_of = pairs.into_iter().map(|(_, row)| row).collect();
    for (change, span) in store.changes.iter_mut().zip(spans) {
        change.deployments = span;
    }
}

fn compare(store: &Store, a: &Deployment, b: &Deployment) -> Ordering {
    store.text(a.id).cmp(store.text(b.id)).then(a.place.cmp(&b.place))
}
