//! Gives each change what belongs to it: commits, reviews, files, tickets, tests and AI records.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::model::record::SessionSource;
use crate::problem::{Kind, Problem};
use crate::store::build::{Owned, TicketDetail, span};
use crate::store::grouping::{Grouping, Links, NO_GROUP, by_text};
use crate::store::relations::*;
use crate::store::rows::*;
use crate::store::strings::Text;
use crate::store::{Store, same_object};

use super::repeats;
use super::statements::attach_statements;

/// Rows with the position of the change that each belongs to, as far as its record said.
pub(super) struct Rows<T> {
    pub of: Vec<u32>,
    pub rows: Vec<Owned<T>>,
}

impl<T: Copy> Rows<T> {
    /// Returns the rows in an order.
    fn ordered(&self, grouping: &Grouping<'_>) -> Vec<T> {
        grouping.positions().map(|at| self.rows[at].row).collect()
    }
}

/// What belongs to changes, before they have it.
pub(super) struct Groups {
    pub reviews: Rows<Review>,
    pub files: Rows<ChangedFile>,
    pub tickets: Rows<Ticket>,
    pub tests: Rows<TestRun>,
    pub sessions: Rows<Session>,
    pub marks: Vec<(Option<usize>, Mark)>,
    pub commits: Vec<(Text, Option<usize>)>,
}

/// Which change an object id belongs to: its merge commit, its head, or one of its commits.
pub(super) struct ByObject {
    /// Changes by the position of the object's id, [`NO_GROUP`] for texts that are none.
    exact: Vec<u32>,
    /// Ids with their change, sorted, to find abbreviated ids.
    sorted: Vec<(Text, u32)>,
}

impl ByObject {
    fn new(store: &Store) -> Self {
        Self { exact: vec![NO_GROUP; store.strings.count()], sorted: Vec::new() }
    }

    fn insert(&mut self, id: Text, change: usize) {
        if let Some(known) = self.exact.get_mut(id.index()).filter(|known| **known == NO_GROUP) {
            *known = u32::try_from(change).unwrap_or(NO_GROUP);
        }
    }

    pub fn find(&mut self, id: Text, store: &Store) -> Option<usize> {
        if id.is_empty() {
            return None;
        }
        if let Some(&change) = self.exact.get(id.index()).filter(|change| **change != NO_GROUP) {
            return Some(change as usize);
        }
        let text = store.text(id);
        if !(7..40).contains(&text.len()) {
            return None;
        }
        if self.sorted.is_empty() {
            let known = self.exact.iter().enumerate().skip(1).filter(|(_, change)| **change != NO_GROUP);
            let (ids, changes): (Vec<Text>, Vec<u32>) =
                known.map(|(id, change)| (Text::at(id), *change)).unzip();
            let order = by_text(&ids, &store.strings, &|_, _| Ordering::Equal);
            self.sorted = order.into_iter().map(|at| (ids[at as usize], changes[at as usize])).collect();
        }
        let from = self.sorted.partition_point(|(known, _)| store.text(*known) < text);
        let mut found =
            self.sorted[from..].iter().take_while(|(known, _)| same_object(store.text(*known), text));
        let first = found.next()?.1;
        // An abbreviation that names objects of two changes names neither.
        found.all(|(_, change)| *change == first).then_some(first as usize)
    }
}

impl Groups {
    pub fn attach(mut self, store: &mut Store, tickets: Vec<TicketDetail>) {
        let mut objects = self.attach_commits(store);
        self.attach_reviews(store);
        self.attach_files(store);
        self.attach_tickets(store, &mut objects, tickets);
        self.attach_tests(store, &mut objects);
        self.attach_sessions(store, &mut objects);
        attach_statements(store, &mut objects);
        repeats::attach(store, &mut objects, self.marks);
    }

    /// Gives changes their commits, and returns which change each object belongs to.
    fn attach_commits(&mut self, store: &mut Store) -> ByObject {
        let mut objects = ByObject::new(store);
        for (at, change) in store.changes.iter().enumerate() {
            if change.merged.is_some() {
                objects.insert(change.merge_commit, at);
            }
            objects.insert(change.head, at);
        }
        let mut links = Links::default();
        for (id, owner) in self.commits.drain(..) {
            let (Some(at), Some(row)) = (owner, store.commit(id)) else { continue };
            objects.insert(id, at);
            links.push(at, row.0);
        }
        for at in 0..store.changes.len() {
            let change = &store.changes[at];
            if let Some(row) = store.commit(change.merge_commit).filter(|_| change.merged.is_some()) {
                store.changes[at].merge_row = Some(row);
                links.push(at, row.0);
                complete_change(store, at, row);
            }
        }
        let (rows, spans) = links.finish(store.changes.len());
        store.change_commits = rows.into_iter().map(CommitId).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.commits = span;
        }
        objects
    }

    fn attach_reviews(&self, store: &mut Store) {
        let Rows { of, rows } = &self.reviews;
        for (review, _) in rows.iter().zip(of).filter(|(_, of)| **of == NO_GROUP) {
            let path = store.locate(review.row.place).map(|(file, ..)| file.path.clone()).unwrap_or_default();
            let problem = Problem::note(Kind::Dangling, "a review of a change that is not in the bundle");
            store.problems.push(problem.in_file(path).expected("the change that it reviews"));
        }
        know_lists(store, &self.reviews);
        let grouping = Grouping::new(of, store.changes.len(), &|a, b| {
            let (a, b) = (&rows[a].row, &rows[b].row);
            a.submitted
                .cmp(&b.submitted)
                .then_with(|| store.strings.compare(a.id, b.id))
                .then(a.place.cmp(&b.place))
        });
        let grouping =
            grouping.without_rest().without_twins(&|a, b| is_same_review(&rows[a].row, &rows[b].row));
        let spans = grouping.spans(store.changes.len());
        store.reviews = self.reviews.ordered(&grouping);
        for ((at, change), span) in store.changes.iter_mut().enumerate().zip(spans) {
            change.reviews = span;
            for review in &mut store.reviews[span.positions()] {
                review.change = ChangeId::at(at);
            }
        }
    }

    fn attach_files(&self, store: &mut Store) {
        let Rows { of, rows } = &self.files;
        let grouping = Grouping::new(of, store.changes.len(), &|a, b| {
            store.strings.compare(rows[a].row.path, rows[b].row.path)
        });
        let grouping = grouping.without_rest().without_twins(&|a, b| rows[a].row.path == rows[b].row.path);
        let listed = grouping.spans(store.changes.len());
        store.files_of = self.files.ordered(&grouping);
        for (at, listed) in listed.into_iter().enumerate() {
            if listed.start < listed.end {
                store.changes[at].files = listed;
                store.changes[at].lists.files = true;
                continue;
            }
            // Without a list of the forge, the merge commit's own difference is the change's.
            let from_history = store.changes[at].merge_row.and_then(|row| store.commits[row.index()].files);
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

    fn attach_tickets(&mut self, store: &mut Store, objects: &mut ByObject, details: Vec<TicketDetail>) {
        let Rows { of, rows } = &mut self.tickets;
        // A commit of the history says nothing of its change: the change is found by the commit.
        for (of, ticket) in of.iter_mut().zip(&*rows).filter(|(of, _)| **of == NO_GROUP) {
            *of = group(objects.find(ticket.row.commit, store));
        }
        let mut by_id: BTreeMap<Text, Vec<TicketDetail>> = BTreeMap::new();
        for detail in details {
            by_id.entry(detail.id).or_default().push(detail);
        }
        for (Owned { row: ticket, .. }, of) in rows.iter_mut().zip(&*of).filter(|_| !by_id.is_empty()) {
            let Some(repository) = store.changes.get(*of as usize).map(|change| change.repository) else {
                continue;
            };
            let of_id = by_id.get(&ticket.id).map(Vec::as_slice).unwrap_or_default();
            let known = || of_id.iter().filter(|d| d.repository == repository || d.repository.is_empty());
            ticket.created = ticket.created.or_else(|| known().find_map(|detail| detail.created));
            ticket.requester = known().find_map(|detail| detail.requester);
        }
        let grouping = Grouping::new(of, store.changes.len(), &|a, b| {
            let (a, b) = (&rows[a].row, &rows[b].row);
            store.strings.compare(a.id, b.id).then(b.is_linked.cmp(&a.is_linked)).then(a.place.cmp(&b.place))
        });
        let grouping = grouping.without_rest().without_twins(&|a, b| rows[a].row.id == rows[b].row.id);
        let spans = grouping.spans(store.changes.len());
        store.tickets = grouping.positions().map(|at| rows[at].row).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.tickets = span;
        }
    }

    fn attach_tests(&mut self, store: &mut Store, objects: &mut ByObject) {
        let Rows { of, rows } = &mut self.tests;
        for (of, test) in of.iter_mut().zip(&*rows).filter(|(of, _)| **of == NO_GROUP) {
            *of = group(objects.find(test.row.commit, store));
        }
        let grouping = Grouping::new(of, store.changes.len(), &|a, b| {
            let (a, b) = (&rows[a].row, &rows[b].row);
            a.at.cmp(&b.at).then_with(|| store.strings.compare(a.name, b.name)).then(a.place.cmp(&b.place))
        });
        let spans = grouping.spans(store.changes.len());
        store.tests = grouping.positions().map(|at| rows[at].row).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.tests = span;
        }
    }

    fn attach_sessions(&self, store: &mut Store, objects: &mut ByObject) {
        let children = if self.sessions.rows.is_empty() { BTreeMap::new() } else { children_of(store) };
        let mut links = Links::default();
        for (of, Owned { row, .. }) in self.sessions.of.iter().zip(&self.sessions.rows) {
            let id = SessionId::at(store.sessions.len());
            store.sessions.push(*row);
            let owner = Some(*of as usize).filter(|_| *of != NO_GROUP);
            let at = owner.or_else(|| objects.find(row.commit, store)).or_else(|| {
                // Agent Trace writes the revision that the work began from: its children are looked at too.
                let child =
                    (row.source == SessionSource::AgentTrace).then(|| children.get(&row.commit)).flatten()?;
                child.iter().find_map(|commit| objects.find(*commit, store))
            });
            if let Some(at) = at {
                links.push(at, id.0);
            }
        }
        let (rows, spans) = links.finish(store.changes.len());
        store.sessions_of = rows.into_iter().map(SessionId).collect();
        for (change, span) in store.changes.iter_mut().zip(spans) {
            change.sessions = span;
        }
    }
}

/// Returns the group of what belongs to the change at a position.
pub(super) fn group(change: Option<usize>) -> u32 {
    change.and_then(|at| u32::try_from(at).ok()).unwrap_or(NO_GROUP)
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
fn know_lists(store: &mut Store, reviews: &Rows<Review>) {
    let of_reviews = store.listings.iter().filter(|listing| listing.of == "reviews");
    let lists = crate::order::map(of_reviews.map(|listing| (listing.file, listing.cut_at.is_some())));
    let rows = reviews.rows.iter().map(|owned| &owned.row).zip(&reviews.of);
    for (row, at) in rows.filter(|(row, at)| row.line_comments.is_none() && **at != NO_GROUP) {
        let file = store.records.get(row.place.record.index()).map(|record| record.file);
        if let Some(is_cut) = file.and_then(|file| lists.get(&file)) {
            let known = &mut store.changes[*at as usize].lists;
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

/// Returns the commits that have each commit as first parent.
fn children_of(store: &Store) -> BTreeMap<Text, Vec<Text>> {
    let mut children: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
    for commit in store.commits.iter().filter(|commit| !commit.parent.is_empty()) {
        children.entry(commit.parent).or_default().push(commit.id);
    }
    children
}
