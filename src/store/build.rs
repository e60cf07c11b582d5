//! Takes records in as formats emit them, and keeps them as rows that [`super::link`] joins.

mod change;
mod evidence;

pub(super) use evidence::revision_in_path;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::record::{AccountRecord, ChangeKey, ChangeState, ManifestRecord, Outcome};
use crate::model::{At, Capture, Moment, Part, Record, Records};
use crate::policy::Policy;
use crate::problem::Problem;
use crate::source::Limits;
use crate::verify::TrustSet;
use crate::verify::manifest::Comparer;

use super::Store;
use super::accounts::Accounts;
use super::relations::*;
use super::rows::*;
use super::signed::Signed;
use super::strings::{Strings, Text};

/// Rows while records are still coming.
#[derive(Clone, Default)]
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
    pub(super) marks: Vec<Owned<Mark>>,
    pub(super) ticket_details: Vec<TicketDetail>,
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

/// A ticket as its tracker exports it.
#[derive(Clone)]
pub(super) struct TicketDetail {
    pub repository: Text,
    pub id: Text,
    pub created: Option<Moment>,
    /// Who opened it, and where that is said.
    pub requester: Option<(AccountId, Place)>,
}

/// A row with the change that it belongs to, as far as its record said.
#[derive(Clone)]
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
        self.strings.expect(file.bytes);
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

    pub(super) fn account(&mut self, record: Option<&AccountRecord<'_>>) -> Option<AccountId> {
        record.and_then(|record| self.accounts.account(record, &mut self.strings))
    }

    fn owner(&mut self, key: Option<&ChangeKey<'_>>) -> Owner {
        key.map_or(Owner::Unsaid, |key| Owner::Named(self.strings.intern_lower(&key.repository), key.number))
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
        // What a tool or a signed statement says of accounts is typed until a signature says otherwise.
        let capture = match &record {
            Record::Session(_) | Record::Attestation(_) => Capture::SelfTyped,
            Record::Entry(entry) => entry.capture,
            _ => Capture::SystemObserved,
        };
        self.accounts.start_record(place, capture);
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
            Record::Alias(record) => self.accounts.alias(&record, &mut self.strings),
            Record::Protection(record) => self.protection(&record, place),
            Record::Push(record) => self.push(&record, place),
            Record::Ticket(record) => {
                if let Some(number) = record.id.strip_prefix('#').and_then(|number| number.parse().ok()) {
                    let repository = self.strings.intern_lower(&record.repository);
                    self.store.issues.push((repository, number));
                }
                let requester = self
                    .accounts
                    .account(record.author.as_ref().unwrap_or(&AccountRecord::default()), &mut self.strings);
                self.ticket_details.push(TicketDetail {
                    repository: self.strings.intern_lower(&record.repository),
                    id: self.strings.intern(&record.id),
                    created: record.created,
                    requester: requester.map(|account| (account, place.field("user"))),
                });
            }
            Record::Entry(record) => self.entry(&record, place),
            Record::Listing(record) => self.listing(&record, place),
            Record::SigningKeys(text) => {
                let path = self.store.files.get(self.file.index()).map(|file| file.path.clone());
                self.signing_keys.push((path.unwrap_or_default(), text.into()));
            }
            Record::Manifest(record) => self.manifests.push((self.file, *record)),
            Record::Policy(policy) => {
                if self.store.policy.is_none() {
                    self.store.policy = Some(*policy);
                    let path = self.store.files.get(self.file.index()).map(|file| file.path.clone());
                    self.store.policy_file = path.unwrap_or_default();
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

/// Returns whether an outcome decides anything.
pub(super) const fn is_final(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Passed | Outcome::Failed)
}
