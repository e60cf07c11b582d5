//! Takes in changes and what comes inside them: reviews, commits, changed files, and what people typed.

use crate::model::record::{
    AccountRecord, ChangePartRecord, ChangeRecord, CommitRecord, Field, FileRecord, ReviewRecord,
    SessionSource,
};
use crate::model::trailers::{self, Original, Signs};
use crate::model::{Capture, Moment};
use crate::store::relations::*;
use crate::store::rows::*;
use crate::store::strings::Text;
use crate::store::substance;

use super::{Builder, Owned, Owner, RawChange, span, with_part};

impl Builder {
    pub(super) fn change(&mut self, record: &ChangeRecord<'_>, place: Place) {
        let at = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
        let owner = Owner::Inside(at);
        let merged_by = match &record.merged_by {
            Field::Absent => Known::Absent,
            Field::Null => Known::Nobody,
            Field::Value(account) => self.account(Some(account)).map_or(Known::Nobody, Known::Is),
        };
        let cut = |list: &str| record.truncated.iter().any(|(key, _)| *key == list);
        let lists = Lists {
            reviews: record.reviews.is_some(),
            commits: record.commits.is_some(),
            files: record.files.is_some(),
            checks: record.checks.is_some(),
            tickets: record.tickets.is_some(),
            labels: record.labels.is_some(),
            reviews_cut: cut("reviews"),
            commits_cut: cut("commits"),
            files_cut: cut("files"),
            checks_cut: cut("statusCheckRollup"),
        };
        let lines = lines_of(record);
        let labels = self.store.labels_of.len();
        for label in record.labels.iter().flatten() {
            let label = self.strings.intern_lower(label);
            self.store.labels_of.push(label);
        }
        let row = Change {
            repository: self.strings.intern_lower(&record.key.repository),
            number: record.key.number,
            title: self.strings.intern(&record.title),
            url: self.strings.intern(&record.url),
            source: ChangeSource::Forge,
            author: self.account(record.author.as_ref()),
            created: record.created,
            merged: record.merged,
            merged_by,
            merged_by_place: place.field("mergedBy"),
            merged_by_capture: record.merged_by.is_present().then_some(Capture::SystemObserved),
            merge_commit: self.strings.intern_lower(&record.merge_commit),
            head: self.strings.intern_lower(&record.head),
            base_branch: self.strings.intern(&record.base_branch),
            head_branch: self.strings.intern(&record.head_branch),
            lists,
            lines,
            file_count: record.totals.files.or_else(|| record.files.as_ref().map(|files| files.len() as u64)),
            labels: span(labels, self.store.labels_of.len()),
            place,
            ..Change::default()
        };
        self.changes.push(RawChange { row, state: record.state });
        self.change_lists(record, owner, place);
        self.change_texts(record, owner, place);
    }

    fn change_lists(&mut self, record: &ChangeRecord<'_>, owner: Owner, place: Place) {
        for review in record.reviews.iter().flatten() {
            self.review(review, owner, place);
        }
        for commit in record.commits.iter().flatten() {
            self.commit(commit, owner, place);
        }
        for file in record.files.iter().flatten() {
            let row = self.changed_file(file);
            self.files.push(Owned { change: owner, row });
        }
        for check in record.checks.iter().flatten() {
            self.test(check, owner, place);
        }
        for ticket in record.tickets.iter().flatten() {
            let id = self.strings.intern(&ticket.id);
            let row = Ticket {
                id,
                created: ticket.created,
                requester: None,
                is_linked: true,
                commit: Text::EMPTY,
                place: place.field("closingIssuesReferences"),
            };
            self.tickets.push(Owned { change: owner, row });
        }
    }

    /// Looks through what people typed into the change for tickets and AI marks.
    fn change_texts(&mut self, record: &ChangeRecord<'_>, owner: Owner, place: Place) {
        let texts = [(&record.body, "body"), (&record.title, "title"), (&record.head_branch, "headRefName")];
        for (text, key) in texts.into_iter().filter(|(text, _)| !text.is_empty()) {
            let signs = trailers::scan(text);
            self.tickets_of(&signs, owner, Text::EMPTY, place.field(key));
            if key == "body" {
                self.signs(
                    &signs,
                    owner,
                    Text::EMPTY,
                    SessionSource::ChangeText,
                    place.field(key),
                    record.created,
                );
            }
        }
        let labels = record.labels.as_deref().unwrap_or_default();
        let marks = trailers::repeats(&record.title, &record.body);
        self.marks_of(marks, owner, Text::EMPTY, place.field("body"));
        let marks = trailers::of_branch_and_labels(&record.head_branch, labels);
        self.marks_of(marks, owner, Text::EMPTY, place.field("headRefName"));
    }

    /// Keeps what a text says that its change undoes or repeats.
    fn marks_of(&mut self, marks: Vec<trailers::Repeat<'_>>, owner: Owner, inside: Text, place: Place) {
        for trailers::Repeat { kind, of } in marks {
            let mut mark = Mark { kind, inside, place, ..Mark::default() };
            match of {
                Original::Commit(id) => mark.commit = self.strings.intern_lower(id),
                Original::Change(repository, number) => {
                    mark.repository = self.strings.intern_lower(repository);
                    mark.number = number;
                }
                Original::Title(title) => mark.title = self.strings.intern(title),
                Original::Unsaid => {}
            }
            self.marks.push(Owned { change: owner, row: mark });
        }
    }

    fn tickets_of(&mut self, signs: &Signs<'_>, owner: Owner, commit: Text, place: Place) {
        for ticket in &signs.tickets {
            let id = self.strings.intern(&ticket.id);
            let row = Ticket { id, is_linked: false, commit, place, ..Ticket::default() };
            self.tickets.push(Owned { change: owner, row });
        }
    }

    /// Keeps the AI marks of a typed text as sessions.
    fn signs(
        &mut self,
        signs: &Signs<'_>,
        owner: Owner,
        commit: Text,
        source: SessionSource,
        place: Place,
        at: Option<Moment>,
    ) {
        for sign in &signs.sessions {
            let row = Session {
                source,
                capture: Capture::SelfTyped,
                commit,
                none: sign.is_none,
                tool: self.strings.intern_lower(&sign.tool),
                model: self.strings.intern(&sign.model),
                prompt: sign.prompt,
                at,
                place,
                ..Session::default()
            };
            self.sessions.push(Owned { change: owner, row });
        }
    }

    pub(super) fn review(&mut self, record: &ReviewRecord<'_>, owner: Owner, place: Place) {
        let change = match owner {
            Owner::Unsaid => self.owner(record.change.as_ref()),
            said => said,
        };
        let judged = substance::judge(&record.body);
        let row = Review {
            change: ChangeId::default(),
            author: self.account(record.author.as_ref()),
            state: record.state,
            submitted: record.submitted,
            commit: self.strings.intern_lower(&record.commit),
            words: judged.words,
            mentions_tests: judged.mentions_tests,
            line_comments: record.line_comments,
            id: self.strings.intern(&record.id),
            place: with_part(place, record.part),
        };
        self.reviews.push(Owned { change, row });
    }

    fn changed_file(&mut self, record: &FileRecord<'_>) -> ChangedFile {
        ChangedFile {
            path: self.strings.intern(&record.path),
            additions: record.additions,
            deletions: record.deletions,
        }
    }

    pub(super) fn commit(&mut self, record: &CommitRecord<'_>, owner: Owner, place: Place) {
        let place = with_part(place, record.part);
        let id = self.strings.intern_lower(&record.id);
        let author = self.account(record.author.as_ref());
        let committer = self.account(record.committer.as_ref());
        let mut co_authors: Vec<AccountId> =
            record.co_authors.iter().filter_map(|co_author| self.account(Some(co_author))).collect();
        for text in [record.subject.as_ref(), record.body.as_ref()] {
            let signs = trailers::scan(text);
            for co_author in &signs.co_authors {
                let account = AccountRecord::identity(co_author.name, co_author.email);
                co_authors.extend(self.account(Some(&account)));
            }
            self.tickets_of(&signs, owner, id, place);
            self.signs(&signs, owner, id, SessionSource::Trailer, place, record.authored);
        }
        self.marks_of(trailers::repeats(&record.subject, &record.body), owner, id, place);
        let pull = trailers::pull_reference_of(&record.subject, &record.body).map(|pull| PullNamed {
            number: pull.number,
            title: self.strings.intern(pull.title.unwrap_or_default()),
            form: pull.form,
        });
        crate::order::sort(&mut co_authors);
        co_authors.dedup();
        let start = self.store.co_authors.len();
        self.store.co_authors.extend(co_authors);
        let co_authors = span(start, self.store.co_authors.len());
        let files = record.files.as_ref().map(|files| {
            let start = self.store.commit_files.len();
            for file in files {
                let row = self.changed_file(file);
                self.store.commit_files.push(row);
            }
            span(start, self.store.commit_files.len())
        });
        if let Some(object) = record.object {
            self.signed.keep_commit(id, object);
        }
        let parent = record.parents.as_ref().and_then(|parents| parents.first());
        let row = Commit {
            id,
            parent: parent.map_or(Text::EMPTY, |parent| self.strings.intern_lower(parent)),
            parents: record.parents.as_ref().and_then(|parents| u32::try_from(parents.len()).ok()),
            author,
            committer,
            authored: record.authored,
            committed: record.committed,
            subject: self.strings.intern(&record.subject),
            pull,
            signature: record.signature,
            co_authors,
            lines: record.files.as_ref().and_then(|files| sum_lines(files)),
            files,
            place,
        };
        if let Some(parents) = record.parents.as_ref().filter(|parents| parents.len() > 1) {
            let others = parents[1..].iter().map(|parent| self.strings.intern_lower(parent)).collect();
            self.store.merge_parents.push((id, others));
        }
        self.commits.push(Owned { change: owner, row });
    }

    pub(super) fn change_part(&mut self, record: &ChangePartRecord<'_>, place: Place) {
        let owner = self.owner(record.change.as_ref());
        for commit in record.commits.iter().flatten() {
            self.commit(commit, owner, place);
        }
        for file in record.files.iter().flatten() {
            let row = self.changed_file(file);
            self.files.push(Owned { change: owner, row });
        }
    }
}

fn lines_of(record: &ChangeRecord<'_>) -> Option<(u64, u64)> {
    if let (Some(additions), Some(deletions)) = (record.totals.additions, record.totals.deletions) {
        return Some((additions, deletions));
    }
    record.files.as_ref().filter(|files| !files.is_empty()).and_then(|files| sum_lines(files))
}

fn sum_lines(files: &[FileRecord<'_>]) -> Option<(u64, u64)> {
    files.iter().try_fold((0, 0), |(additions, deletions), file| {
        Some((additions + u64::from(file.additions?), deletions + u64::from(file.deletions?)))
    })
}
