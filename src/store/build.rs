//! Takes records in as formats emit them, and keeps them as rows that [`super::link`] joins.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::record::{
    AccountRecord, AttestationRecord, ChangeKey, ChangePartRecord, ChangeRecord, ChangeState, CommitRecord,
    DeploymentRecord, Field, FileRecord, ListingRecord, ManifestRecord, Outcome, ProtectionRecord,
    ReferenceRecord, ReviewRecord, SessionRecord, SessionSource, TestRunRecord,
};
use crate::model::trailers::{self, Signs};
use crate::model::{At, Capture, Moment, Part, Record, Records, SignatureState};
use crate::policy::Policy;
use crate::problem::Problem;
use crate::source::Limits;
use crate::verify::TrustSet;
use crate::verify::manifest::Comparer;

use super::accounts::Accounts;
use super::rows::*;
use super::signed::Signed;
use super::strings::{Strings, Text};
use super::substance;
use super::{Store, is_test_path};

/// Rows while records are still coming.
#[derive(Default)]
pub struct Builder {
    pub(super) strings: Strings,
    pub(super) accounts: Accounts,
    pub(super) store: Store,
    pub(super) changes: Vec<RawChange>,
    pub(super) reviews: Vec<Owned<Review>>,
    pub(super) commits: Vec<Owned<Commit>>,
    pub(super) files: Vec<Owned<ChangedFile>>,
    pub(super) tests: Vec<Owned<TestRun>>,
    pub(super) tickets: Vec<Owned<Ticket>>,
    pub(super) sessions: Vec<Owned<Session>>,
    pub(super) ticket_times: Vec<(Text, Text, Moment)>,
    pub(super) updates: Vec<Deployment>,
    /// The only repository that anything names; empty when there are several.
    pub(super) only_repository: Text,
    /// Positions in `changes` by repository and number.
    pub(super) by_number: BTreeMap<(Text, u64), usize>,
    /// Positions in `changes` by the ids of their commits.
    pub(super) change_of_commit: BTreeMap<Text, usize>,
    /// Commits that the history gives a change.
    pub(super) derived_commits: Vec<(usize, Text)>,
    /// Commits off the line by subject and author time, once it is asked for.
    pub(super) rebase_index: Option<RebaseIndex>,
    /// Further parents by merge commit, once it is asked for.
    pub(super) merge_index: Option<BTreeMap<Text, Vec<Text>>>,
    /// Commits that a merge brought in.
    pub(super) brought_in: BTreeSet<Text>,
    /// Signed statements, until their signatures are checked.
    pub(super) signed: Signed,
    /// What manifests state, until it is compared with the files.
    pub(super) manifests: Vec<(FileId, ManifestRecord)>,
    /// Files of keys that commits are signed with: path and text.
    pub(super) signing_keys: Vec<(String, Box<str>)>,
    file: FileId,
    records: u64,
}

/// Ids of commits by subject and author time.
pub(super) type RebaseIndex = BTreeMap<(Text, Option<Moment>), Vec<Text>>;

/// A row with the change that it belongs to, as far as its record said.
pub(super) struct Owned<T> {
    pub change: Owner,
    pub row: T,
}

/// How a record names its change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Owner {
    /// Not at all: by commit, or not.
    #[default]
    Unsaid,
    /// It is inside the change at this position of `changes`.
    Inside(u32),
    /// By repository and number.
    Named(Text, u64),
}

/// A change as one record states it.
#[derive(Clone, Copy, Default)]
pub(super) struct RawChange {
    pub row: Change,
    pub state: ChangeState,
}

impl Builder {
    /// Returns a builder without records.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a file: the records that come belong to it.
    pub fn start_file(&mut self, file: File) {
        self.file = FileId::at(self.store.files.len());
        self.store.files.push(file);
    }

    /// Returns the file that is being read.
    pub fn current_file(&mut self) -> Option<&mut File> {
        self.store.files.get_mut(self.file.index())
    }

    /// Returns the id of the file that is being read.
    pub const fn current_file_id(&self) -> FileId {
        self.file
    }

    /// Sets the digest of a file that was read before.
    pub fn set_digest(&mut self, file: FileId, digest: crate::source::Digest) {
        if let Some(file) = self.store.files.get_mut(file.index()) {
            file.sha256 = Some(digest);
        }
    }

    /// Returns how many records came so far.
    pub const fn record_count(&self) -> u64 {
        self.records
    }

    /// Returns the signed statements whose signatures are still to be checked.
    pub const fn signed(&mut self) -> &mut Signed {
        &mut self.signed
    }

    /// Returns the files of keys that commits are signed with: path and text.
    pub fn signing_keys(&self) -> &[(String, Box<str>)] {
        &self.signing_keys
    }

    /// Returns a comparison of what manifests state with the files; [`Self::compared`] takes in what it gives.
    pub fn comparer(&mut self) -> Comparer {
        Comparer::new(std::mem::take(&mut self.manifests), &self.store.files)
    }

    /// Returns the files, in the order of their paths.
    pub fn files(&self) -> &[File] {
        &self.store.files
    }

    /// Ends a comparison and takes in what it gave.
    pub fn compared(&mut self, comparer: Comparer, limits: &Limits, trust: &TrustSet) {
        let given = comparer.finish(&self.store.files, &self.store.problems, limits, trust);
        for problem in &given.problems {
            if let Some(file) = self.store.files.iter_mut().find(|file| file.path == problem.file) {
                file.problems += 1;
            }
        }
        self.store.problems.extend(given.problems);
        self.store.manifests = given.manifests;
        self.store.coverage = given.coverage;
    }

    /// Returns the policy file of the bundle, if one was read.
    pub fn policy(&self) -> Option<&Policy> {
        self.store.policy.as_ref()
    }

    fn account(&mut self, record: Option<&AccountRecord<'_>>) -> Option<AccountId> {
        record.and_then(|record| self.accounts.account(record, &mut self.strings))
    }

    fn owner(&mut self, key: Option<&ChangeKey<'_>>) -> Owner {
        key.map_or(Owner::Unsaid, |key| Owner::Named(self.strings.intern_lower(&key.repository), key.number))
    }

    fn change(&mut self, record: &ChangeRecord<'_>, place: Place) {
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
            reviews_cut: cut("reviews"),
            commits_cut: cut("commits"),
            files_cut: cut("files"),
            checks_cut: cut("statusCheckRollup"),
        };
        let lines = lines_of(record);
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
                is_linked: true,
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
            self.tickets_of(&signs, owner, place.field(key));
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
    }

    fn tickets_of(&mut self, signs: &Signs<'_>, owner: Owner, place: Place) {
        for ticket in &signs.tickets {
            let id = self.strings.intern(&ticket.id);
            let row = Ticket { id, created: None, is_linked: false, place };
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

    fn review(&mut self, record: &ReviewRecord<'_>, owner: Owner, place: Place) {
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

    fn commit(&mut self, record: &CommitRecord<'_>, owner: Owner, place: Place) {
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
            self.tickets_of(&signs, owner, place);
            self.signs(&signs, owner, id, SessionSource::Trailer, place, record.authored);
        }
        co_authors.sort_unstable();
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

    fn change_part(&mut self, record: &ChangePartRecord<'_>, place: Place) {
        let owner = self.owner(record.change.as_ref());
        for commit in record.commits.iter().flatten() {
            self.commit(commit, owner, place);
        }
        for file in record.files.iter().flatten() {
            let row = self.changed_file(file);
            self.files.push(Owned { change: owner, row });
        }
    }

    fn test(&mut self, record: &TestRunRecord<'_>, owner: Owner, place: Place) {
        let change = match owner {
            Owner::Unsaid => self.owner(record.change.as_ref()),
            said => said,
        };
        let (mut commit, mut bound) = (self.strings.intern_lower(&record.commit), Capture::SystemObserved);
        if commit.is_empty() {
            // A report without a revision is bound by a revision in its path, which whoever named the file typed.
            bound = Capture::Inferred;
            let path =
                self.store.files.get(self.file.index()).map(|file| file.path.clone()).unwrap_or_default();
            commit = revision_in_path(&path).map_or(Text::EMPTY, |id| self.strings.intern_lower(id));
        }
        let row = TestRun {
            name: self.strings.intern(&record.name),
            commit,
            bound,
            outcome: record.outcome,
            counts: record.counts,
            at: record.ended.or(record.started),
            is_test: record.is_test,
            place: with_part(place, record.part),
        };
        self.tests.push(Owned { change, row });
    }

    fn session(&mut self, record: &SessionRecord<'_>, place: Place) {
        let owner = self.owner(record.change.as_ref());
        let start = self.store.attributions.len();
        let (mut lines, mut test_lines) = (0u32, 0u32);
        for file in &record.files {
            let count = file.ranges.iter().fold(0u32, |sum, (first, last)| {
                sum.saturating_add(last.saturating_sub(*first).saturating_add(1))
            });
            lines = lines.saturating_add(count);
            if is_test_path(&file.path) {
                test_lines = test_lines.saturating_add(count);
            }
            let last_line = file.ranges.iter().map(|(_, last)| *last).max().unwrap_or(0);
            let path = self.strings.intern(&file.path);
            self.store.attributions.push(Attribution { path, lines: count, last_line });
        }
        let row = Session {
            source: record.source,
            capture: record.source.capture(),
            commit: self.strings.intern_lower(&record.commit),
            none: record.none,
            tool: self.strings.intern_lower(&record.tool),
            model: self.strings.intern(&record.model),
            session: self.strings.intern(&record.session),
            initiator: self.account(record.initiator.as_ref()),
            prompt: record.prompt,
            reproducible: record.reproducible,
            at: record.at,
            lines,
            test_lines,
            paths: span(start, self.store.attributions.len()),
            dangling: record.dangling,
            place: with_part(place, record.part),
        };
        self.sessions.push(Owned { change: owner, row });
    }

    fn statement(&mut self, record: &AttestationRecord<'_>, place: Place) {
        if record.signatures > 0 {
            self.signed.keep(record.digest, record.text);
        }
        let facts = &record.facts;
        let actor = AccountRecord::login(facts.actor.as_ref());
        let actor = if facts.actor.is_empty() { None } else { self.account(Some(&actor)) };
        let controls = facts.controls.as_ref().map(|controls| {
            controls.iter().map(|(name, since)| (self.strings.intern(name), *since)).collect()
        });
        let row = Statement {
            digest: record.digest,
            envelope: record.envelope,
            predicate_type: self.strings.intern(&record.predicate_type),
            media_type: self.strings.intern(&record.media_type),
            subjects: record
                .subjects
                .iter()
                .map(|(algorithm, digest)| {
                    (self.strings.intern(algorithm), self.strings.intern_lower(digest))
                })
                .collect(),
            signatures: record.signatures,
            signature: if record.signatures == 0 {
                SignatureState::NotSigned
            } else {
                SignatureState::NotChecked
            },
            verification: None,
            attached_to: self.strings.intern_lower(&record.attached_to),
            actor,
            activity: self.strings.intern(&facts.activity),
            reference: self.strings.intern(&facts.reference),
            previous: self.strings.intern_lower(&facts.previous),
            at: facts.at,
            controls,
            levels: facts.levels.iter().map(|level| self.strings.intern(level)).collect(),
            result: self.strings.intern(&facts.result),
            issuer: self.strings.intern(&facts.issuer),
            tests: facts.tests,
            binds_merged: false,
            place: with_part(place, record.part),
        };
        self.store.statements.push(row);
    }

    fn deployment(&mut self, record: &DeploymentRecord<'_>, place: Place) {
        let approvers = record.approvers.as_ref().map(|approvers| {
            approvers
                .iter()
                .filter_map(|approver| self.accounts.account(approver, &mut self.strings))
                .collect()
        });
        let row = Deployment {
            repository: self.strings.intern_lower(&record.repository),
            commit: self.strings.intern_lower(&record.commit),
            environment: self.strings.intern(&record.environment),
            is_production: false,
            creator: self.account(record.creator.as_ref()),
            approvers,
            at: record.at,
            outcome: record.outcome,
            id: self.strings.intern(&record.id),
            place: with_part(place, record.part),
        };
        if record.is_update {
            self.updates.push(row);
        } else {
            self.store.deployments.push(row);
        }
    }

    fn reference(&mut self, record: &ReferenceRecord<'_>, place: Place) {
        let row = Branch {
            repository: self.strings.intern_lower(&record.repository),
            name: self.strings.intern(&record.name),
            target: self.strings.intern_lower(&record.target),
            line: record.first_parents.iter().map(|id| self.strings.intern_lower(id)).collect(),
            reaches_root: record.reaches_root,
            place,
        };
        self.store.branches.push(row);
    }

    fn protection(&mut self, record: &ProtectionRecord<'_>, place: Place) {
        let row = Protection {
            repository: self.strings.intern_lower(&record.repository),
            branch: self.strings.intern(&record.branch),
            enforced: record.enforced,
            required_approvals: record.required_approvals,
            binds_administrators: record.binds_administrators,
            bypass_actors: record.bypass_actors,
            place,
        };
        self.store.protections.push(row);
    }

    fn listing(&mut self, record: &ListingRecord<'_>, place: Place) {
        let row = Listing {
            repository: self.strings.intern_lower(&record.repository),
            of: record.of,
            source: record.source,
            count: record.count,
            cut_at: record.cut_at,
            file: self.file,
            place,
        };
        self.store.listings.push(row);
    }
}

impl Records for Builder {
    fn record(&mut self, at: At, record: Record<'_>) {
        self.records += 1;
        let noun = record.noun();
        if let Some(file) = self.store.files.get_mut(self.file.index()) {
            match file.records.binary_search_by(|(known, _)| (*known).cmp(noun)) {
                Ok(at) => file.records[at].1 += 1,
                Err(at) => file.records.insert(at, (noun, 1)),
            }
        }
        let place = self.place(at);
        match record {
            Record::Change(record) => self.change(&record, place),
            Record::Review(record) => self.review(&record, Owner::Unsaid, place),
            Record::ChangePart(record) => self.change_part(&record, place),
            Record::Commit(record) => self.commit(&record, Owner::Unsaid, place),
            Record::Reference(record) => self.reference(&record, place),
            Record::Session(record) => self.session(&record, place),
            Record::Attestation(record) => self.statement(&record, place),
            Record::TestRun(record) => self.test(&record, Owner::Unsaid, place),
            Record::Deployment(record) => self.deployment(&record, place),
            Record::Person(record) => self.accounts.person(&record),
            Record::Alias(record) => self.accounts.alias(&record),
            Record::Protection(record) => self.protection(&record, place),
            Record::Ticket(record) => {
                if let Some(created) = record.created {
                    let repository = self.strings.intern(&record.repository);
                    let id = self.strings.intern(&record.id);
                    self.ticket_times.push((repository, id, created));
                }
            }
            Record::Listing(record) => self.listing(&record, place),
            Record::SigningKeys(text) => {
                let path = self.store.files.get(self.file.index()).map(|file| file.path.clone());
                self.signing_keys.push((path.unwrap_or_default(), text.into()));
            }
            Record::Manifest(record) => self.manifests.push((self.file, *record)),
            Record::Policy(policy) => {
                if self.store.policy.is_none() {
                    self.store.policy = Some(*policy);
                }
            }
        }
    }

    fn problem(&mut self, mut problem: Problem) {
        if let Some(file) = self.store.files.get_mut(self.file.index()) {
            if problem.file.is_empty() {
                problem.file.clone_from(&file.path);
            }
            file.problems += 1;
        }
        self.store.problems.push(problem);
    }
}

impl Builder {
    /// Returns the place of a record, taking the record in when it is new.
    fn place(&mut self, at: At) -> Place {
        let same = self.store.records.last().is_some_and(|last| last.file == self.file && last.at == at);
        if !same {
            self.store.records.push(RecordRow { file: self.file, at });
        }
        Place { record: RecordId::at(self.store.records.len() - 1), part: None }
    }

    /// Takes in a problem that belongs to no file that is being read.
    pub fn bundle_problem(&mut self, problem: Problem) {
        self.store.problems.push(problem);
    }
}

const fn with_part(place: Place, part: Option<Part>) -> Place {
    match part {
        Some(_) => Place { record: place.record, part },
        None => place,
    }
}

pub(super) fn span(start: usize, end: usize) -> Span {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: narrow(start), end: narrow(end) }
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

/// Returns the object id that a path names: its last part of 7 to 40 hexadecimal digits with at least one digit among
/// them, so that plain words are no revisions.
fn revision_in_path(path: &str) -> Option<&str> {
    path.split(|c: char| !c.is_ascii_alphanumeric()).rev().find(|part| {
        (7..=40).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && (part.len() >= 12 || part.bytes().any(|byte| byte.is_ascii_alphabetic()))
    })
}

/// Returns whether an outcome decides anything.
pub(super) const fn is_final(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Passed | Outcome::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_in_a_path_is_hexadecimal_and_no_word() {
        assert_eq!(revision_in_path("junit/c41e9a7.xml"), Some("c41e9a7"));
        assert_eq!(revision_in_path("reports/2026-08-14/facade.xml"), None);
        assert_eq!(revision_in_path("junit/20260814.xml"), None);
    }
}
