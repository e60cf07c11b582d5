//! What is known of one change, gathered once for all criteria.

use std::cell::OnceCell;

use super::systems;
use crate::framework::Predicates;
use crate::model::record::{Register, ReviewState, SessionSource};
use crate::model::{ActorKind, AiInvolvement, Moment, Verdict};
use crate::policy::{Policy, wildcard};
use crate::store::{
    Account, AccountId, Change, ChangeId, ChangedFile, Commit, Deployment, Entry, Person, PersonId, Review,
    Session, Statement, Store, TestRun, Text, Ticket, same_object,
};

use super::roles::{self, Held};

/// One change with everything that is linked to it.
pub struct Subject<'a> {
    /// The store.
    pub store: &'a Store,
    /// The policy.
    pub policy: &'a Policy,
    /// What "now" is.
    pub now: Option<Moment>,
    /// The change's id.
    pub id: ChangeId,
    /// The change.
    pub change: &'a Change,
    /// Author, co-authors and authors of its commits, as persons; sorted.
    pub writers: Vec<PersonId>,
    /// Who asked an AI for it, as persons; sorted.
    pub prompters: Vec<PersonId>,
    /// AI involvement.
    pub ai: AiInvolvement,
    /// Labels of the sensitive paths that it touches.
    pub sensitive: Vec<&'a str>,
    /// Who did what, once it is asked for.
    held: OnceCell<Vec<Held>>,
}

impl<'a> Subject<'a> {
    /// Gathers what is known of a change.
    pub fn new(store: &'a Store, policy: &'a Policy, now: Option<Moment>, id: ChangeId) -> Self {
        let change = &store.changes[id.index()];
        let mut subject = Self {
            store,
            policy,
            now,
            id,
            change,
            writers: Vec::new(),
            prompters: Vec::new(),
            ai: AiInvolvement::Unknown,
            sensitive: Vec::new(),
            held: OnceCell::new(),
        };
        subject.writers = subject.gather_writers();
        subject.prompters = subject.gather_prompters();
        subject.ai = subject.gather_ai();
        if !policy.sensitive.is_empty() {
            subject.sensitive = subject.gather_sensitive();
        }
        subject
    }

    /// Returns who did what, in the order of the duties; each account once for each.
    pub fn held(&self) -> &[Held] {
        self.held.get_or_init(|| roles::of(self))
    }

    /// Returns its reviews, in order of time.
    pub fn reviews(&self) -> &'a [Review] {
        self.change.reviews.of(&self.store.reviews)
    }

    /// Returns its approvals: every review that says so, by any account.
    pub fn approvals(&self) -> impl Iterator<Item = &'a Review> + use<'a> {
        self.reviews().iter().filter(|review| review.state == ReviewState::Approved)
    }

    /// Returns its AI records.
    pub fn sessions(&self) -> impl Iterator<Item = &'a Session> + use<'a> {
        let store = self.store;
        self.change.sessions.of(&store.sessions_of).iter().filter_map(|id| store.sessions.get(id.index()))
    }

    /// Returns the AI records that say that AI took part.
    pub fn ai_sessions(&self) -> impl Iterator<Item = &'a Session> + use<'a> {
        self.sessions().filter(|session| !session.none)
    }

    /// Returns its statements.
    pub fn statements(&self) -> impl Iterator<Item = &'a Statement> + use<'a> {
        let store = self.store;
        self.change
            .statements
            .of(&store.statements_of)
            .iter()
            .filter_map(|id| store.statements.get(id.index()))
    }

    /// Returns its commits.
    pub fn commits(&self) -> impl Iterator<Item = &'a Commit> + use<'a> {
        let store = self.store;
        self.change.commits.of(&store.change_commits).iter().filter_map(|id| store.commits.get(id.index()))
    }

    /// Returns its changed files.
    pub fn files(&self) -> &'a [ChangedFile] {
        self.change.files.of(&self.store.files_of)
    }

    /// Returns its test runs and checks.
    pub fn tests(&self) -> &'a [TestRun] {
        self.change.tests.of(&self.store.tests)
    }

    /// Returns the deployments that released it.
    pub fn deployments(&self) -> impl Iterator<Item = &'a Deployment> + use<'a> {
        let store = self.store;
        self.change
            .deployments
            .of(&store.deployments_of)
            .iter()
            .filter_map(|at| store.deployments.get(*at as usize))
    }

    /// Returns the tickets that it refers to, its own number left out, by the prefixes of the policy.
    pub fn tickets(&self) -> impl Iterator<Item = &'a Ticket> + use<'a> {
        let (store, policy, number) = (self.store, self.policy, self.change.number);
        self.change.tickets.of(&store.tickets).iter().filter(move |ticket| {
            let id = store.text(ticket.id);
            let own = number > 0 && id.strip_prefix('#').is_some_and(|n| n.parse() == Ok(number));
            let key = id.split_once('-').filter(|_| !id.contains('#'));
            let is_known = key.is_none_or(|(prefix, _)| {
                policy.ticket_prefixes.is_empty()
                    || policy.ticket_prefixes.iter().any(|known| known.eq_ignore_ascii_case(prefix))
            });
            !own && is_known
        })
    }

    /// Returns the entries of a register that are about it.
    pub fn entries(&self, register: Register) -> impl Iterator<Item = &'a Entry> + use<'a> {
        self.store.registers.of_change(self.id.index(), register)
    }

    /// Returns whether a revision is what was merged: its last one or its merge commit.
    pub fn is_merged(&self, revision: Text) -> bool {
        let (store, revision) = (self.store, self.store.text(revision));
        same_object(revision, store.text(self.change.head))
            || same_object(revision, store.text(self.change.merge_commit))
    }

    /// Returns its labels, lower case.
    pub fn labels(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let store = self.store;
        self.change.labels.of(&store.labels_of).iter().map(move |label| store.text(*label))
    }

    /// Returns its changed paths, where all of them are on record.
    pub fn paths(&self) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        let store = self.store;
        self.has_all_files().then(|| self.files().iter().map(move |file| store.text(file.path)))
    }

    /// Returns whether all files that it changed are on record.
    pub const fn has_all_files(&self) -> bool {
        self.change.lists.files && !self.change.lists.files_cut
    }

    /// Returns the person behind an account.
    pub fn person(&self, account: AccountId) -> Option<&'a Person> {
        self.store.persons.get(self.store.person(account).index())
    }

    /// Returns an account's row.
    pub fn account(&self, id: AccountId) -> Option<&'a Account> {
        self.store.accounts.get(id.index())
    }

    /// Returns what stands behind an account.
    pub fn kind(&self, id: Option<AccountId>) -> ActorKind {
        id.and_then(|id| self.account(id)).map_or(ActorKind::Unknown, |account| account.kind)
    }

    /// Returns whether an account's person wrote or prompted the change.
    pub fn took_part(&self, account: AccountId) -> bool {
        let person = self.store.person(account);
        self.writers.binary_search(&person).is_ok() || self.prompters.binary_search(&person).is_ok()
    }

    /// Returns the name to show for an account.
    pub fn name(&self, account: Option<AccountId>) -> &'a str {
        account.map_or("somebody unnamed", |account| self.store.name(account))
    }

    /// Returns the approvals by accounts that neither wrote nor prompted the change.
    pub fn independent_approvals(&self) -> impl Iterator<Item = &'a Review> + use<'a, '_> {
        self.approvals().filter(|review| review.author.is_some_and(|author| !self.took_part(author)))
    }

    /// Returns the independent approvals that criteria on revision, time and depth look at: those of humans where there
    /// is one (or one who may be), else those of machines.
    pub fn decisive_approvals(&self) -> Vec<&'a Review> {
        let all: Vec<&Review> = self.independent_approvals().collect();
        let of_people: Vec<&Review> =
            all.iter().copied().filter(|review| !self.kind(review.author).is_machine()).collect();
        if of_people.is_empty() { all } else { of_people }
    }

    /// Returns whether a review was sent at or before the merge; `None` when a time is missing.
    pub fn is_before_merge(&self, review: &Review) -> Option<bool> {
        Some(review.submitted? <= self.change.merged?)
    }

    /// Returns whether it is approved on paper: by any account, at any revision.
    pub fn paper(&self) -> Verdict {
        if self.approvals().next().is_some() {
            Verdict::Met
        } else if self.change.lists.reviews && !self.change.lists.reviews_cut {
            Verdict::Unmet
        } else {
            Verdict::Unproven
        }
    }

    /// Returns the count of changed lines, where known.
    pub fn lines(&self) -> Option<u64> {
        self.change.lines.map(|(additions, deletions)| additions + deletions)
    }

    /// Returns the lines that records of tools attribute to AI; `None` where no such record counts lines.
    pub fn ai_lines(&self) -> Option<u64> {
        let counts = |session: &&Session| {
            matches!(session.source, SessionSource::GitAiNote | SessionSource::AgentTrace)
        };
        let mut lines = self.sessions().filter(counts).map(|session| u64::from(session.lines)).peekable();
        lines.peek()?;
        Some(lines.sum())
    }

    /// Returns whether the change is risky by the policy; `None` where its size is not known and no path says so.
    pub fn is_risky(&self) -> Option<bool> {
        if !self.sensitive.is_empty() {
            return Some(true);
        }
        let lines = self.lines()?;
        let paths_known = self.policy.sensitive.is_empty() || self.change.lists.files;
        (lines >= self.policy.depth.risky_lines).then_some(true).or(paths_known.then_some(false))
    }

    /// Returns the predicates that decide which controls apply.
    pub fn predicates(&self) -> Predicates {
        Predicates {
            ai: self.ai.took_part(),
            ai_possible: self.ai != AiInvolvement::None,
            deployed: self.deployments().next().is_some(),
            risky: self.is_risky() == Some(true),
            manual_review: self.reviews().iter().any(|review| !self.kind(review.author).is_machine()),
            beyond: systems::beyond(self),
        }
    }

    fn gather_writers(&self) -> Vec<PersonId> {
        let store = self.store;
        let mut accounts: Vec<AccountId> = self.change.author.into_iter().collect();
        for commit in self.commits() {
            // A merge commit is written by who merges, not by who wrote what is merged.
            if commit.parents.is_none_or(|parents| parents < 2) {
                accounts.extend(commit.author);
            }
            accounts.extend_from_slice(commit.co_authors.of(&store.co_authors));
        }
        persons(store, &accounts)
    }

    fn gather_prompters(&self) -> Vec<PersonId> {
        let accounts: Vec<AccountId> = self.ai_sessions().filter_map(|session| session.initiator).collect();
        persons(self.store, &accounts)
    }

    fn gather_ai(&self) -> AiInvolvement {
        let authors = || self.commits().filter(|commit| commit.parents.is_none_or(|parents| parents < 2));
        let is_agent = |account: Option<AccountId>| self.kind(account) == ActorKind::Agent;
        if is_agent(self.change.author) || authors().any(|commit| is_agent(commit.author)) {
            return AiInvolvement::Generated;
        }
        if self.ai_sessions().next().is_some() || self.has_agent_co_author() {
            return AiInvolvement::Assisted;
        }
        let is_covered = |commit: &Commit| self.sessions().any(|session| session.commit == commit.id);
        let says_none =
            self.sessions().any(|session| session.none && session.source == SessionSource::ChangeText);
        let mut own = authors().peekable();
        if says_none || own.peek().is_some() && own.all(is_covered) {
            return AiInvolvement::None;
        }
        AiInvolvement::Unknown
    }

    fn has_agent_co_author(&self) -> bool {
        self.commits().any(|commit| {
            commit
                .co_authors
                .of(&self.store.co_authors)
                .iter()
                .any(|id| self.kind(Some(*id)) == ActorKind::Agent)
        })
    }

    fn gather_sensitive(&self) -> Vec<&'a str> {
        let store = self.store;
        self.policy
            .sensitive
            .iter()
            .filter(|entry| {
                self.files().iter().any(|file| entry.paths.iter().any(|p| wildcard(p, store.text(file.path))))
            })
            .map(|entry| entry.label.as_str())
            .collect()
    }
}

fn persons(store: &Store, accounts: &[AccountId]) -> Vec<PersonId> {
    let mut persons: Vec<PersonId> = accounts.iter().map(|account| store.person(*account)).collect();
    crate::order::sort(&mut persons);
    persons.dedup();
    persons
}
