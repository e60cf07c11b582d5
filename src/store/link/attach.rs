//! Gives each change what belongs to it: commits, reviews, files, tickets, tests and AI records.

use std::collections::BTreeMap;

use crate::model::Moment;
use crate::model::record::SessionSource;
use crate::problem::{Kind, Problem};
use crate::store::build::span;
use crate::store::rows::*;
use crate::store::strings::Text;
use crate::store::{Store, same_object};

use super::statements::attach_statements;

/// Children with the position of their change, as far as their record said.
pub(super) struct Groups {
    pub reviews: Vec<(Option<usize>, Review)>,
    pub files: Vec<(Option<usize>, ChangedFile)>,
    pub tickets: Vec<(Option<usize>, Ticket)>,
    pub tests: Vec<(Option<usize>, TestRun)>,
    pub sessions: Vec<(Option<usize>, Session)>,
    pub commits: Vec<(Text, Option<usize>)>,
    pub derived: Vec<(Text, Option<usize>)>,
}

/// Which change an object id belongs to: its merge commit, its head, or one of its commits.
#[derive(Default)]
pub(super) struct ByObject {
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

    pub fn find(&mut self, id: Text, store: &Store) -> Option<usize> {
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
    pub fn attach(mut self, store: &mut Store, ticket_times: &[(Text, Text, Moment)]) {
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

    fn attach_tickets(&mut self, store: &mut Store, times: &[(Text, Text, Moment)]) {
        let mut rows: Vec<(usize, Ticket)> =
            self.tickets.drain(..).filter_map(|(owner, row)| Some((owner?, row))).collect();
        for (at, ticket) in &mut rows {
            let repository = store.changes[*at].repository;
            let known = |(repo, id, _): &&(Text, Text, Moment)| {
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
pub(in crate::store) fn spans(sorted: impl Iterator<Item = usize>, count: usize) -> Vec<Span> {
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
