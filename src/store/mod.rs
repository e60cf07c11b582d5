//! Linked evidence: rows with interned text, and the links between them.
//!
//! [`Builder`] takes records in as formats emit them; [`Builder::link`] joins them by SHA, number and digest, resolves
//! accounts to persons, and gives the [`Store`], which nothing changes afterwards.

pub mod accounts;
mod build;
pub mod bursts;
mod grouping;
mod history;
mod link;
pub mod load;
mod manifests;
pub mod paths;
mod persons;
mod registers;
pub mod relations;
mod relink;
pub mod rows;
mod signed;
pub mod strings;
pub mod substance;
mod unattached;

pub use build::Builder;
pub use manifests::{Coverage, Manifest, Match, Seal};
pub use registers::{Entry, Item, Registers};
pub use relations::*;
pub use relink::Relinker;
pub use rows::*;
pub use signed::{Outcomes, Signed};
pub use strings::{Strings, Text};

use crate::model::Verification;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::source::Digest;

/// All evidence of a bundle, linked.
#[derive(Clone, Default)]
pub struct Store {
    /// Interned text.
    pub strings: Strings,
    /// Files, in the order of their paths.
    pub files: Vec<File>,
    /// Top-level records.
    pub records: Vec<RecordRow>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Persons.
    pub persons: Vec<Person>,
    /// What says that accounts are one person's, the strongest first.
    pub links: Vec<Link>,
    /// What contradicts itself about persons; also among the problems.
    pub person_conflicts: Vec<Problem>,
    /// Approvals in bursts, by the policy in force; the assessment sets it.
    pub bursts: bursts::Bursts,
    /// What the paths of changed files are; the assessment sets it.
    pub paths: paths::PathKinds,
    /// What each reviewer had to review on each day.
    pub load: load::Load,
    /// Changes, merged or not, sorted by repository, number, merge commit.
    pub changes: Vec<Change>,
    /// Reviews, grouped by change, in order of time.
    pub reviews: Vec<Review>,
    /// Commits, sorted by object id.
    pub commits: Vec<Commit>,
    /// Commits of changes: [`Change::commits`] points here.
    pub change_commits: Vec<CommitId>,
    /// Further authors: [`Commit::co_authors`] points here.
    pub co_authors: Vec<AccountId>,
    /// Changed files of changes: [`Change::files`] points here.
    pub files_of: Vec<ChangedFile>,
    /// Changed files of commits: [`Commit::files`] points here.
    pub commit_files: Vec<ChangedFile>,
    /// AI records.
    pub sessions: Vec<Session>,
    /// AI records of changes: [`Change::sessions`] points here.
    pub sessions_of: Vec<SessionId>,
    /// Attributed paths: [`Session::paths`] points here.
    pub attributions: Vec<Attribution>,
    /// Statements, each once, sorted by place.
    pub statements: Vec<Statement>,
    /// What came out of checking signatures, each statement once, sorted by its digest.
    pub verifications: Vec<(Digest, Verification)>,
    /// Statements of changes: [`Change::statements`] points here.
    pub statements_of: Vec<StatementId>,
    /// Further parents of merge commits, by the merge commit's id.
    pub merge_parents: Vec<(Text, Vec<Text>)>,
    /// Test runs, grouped by change; those of no change come last.
    pub tests: Vec<TestRun>,
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// Deployments of changes, as positions in `deployments`.
    pub deployments_of: Vec<u32>,
    /// Tickets of changes.
    pub tickets: Vec<Ticket>,
    /// Labels of changes: [`Change::labels`] points here.
    pub labels_of: Vec<Text>,
    /// Scans, inventories, tickets in detail, code owners and registers.
    pub registers: Registers,
    /// Repository and number of every issue of a forge.
    pub issues: Vec<(Text, u64)>,
    /// Reverts, cherry-picks and backports, grouped by change.
    pub repeats: Vec<Repeat>,
    /// What happened to branches, in order of time.
    pub pushes: Vec<Push>,
    /// Branch protections.
    pub protections: Vec<Protection>,
    /// Branches of git histories.
    pub branches: Vec<Branch>,
    /// Listings.
    pub listings: Vec<Listing>,
    /// What came out of checking the signatures of commits, sorted by object id.
    pub commit_verifications: Vec<(Text, Verification)>,
    /// Manifests, compared with the files, in the order of their files.
    pub manifests: Vec<Manifest>,
    /// Which manifest lists which file, sorted by file.
    pub coverage: Vec<Coverage>,
    /// The policy file of the bundle, if it has one.
    pub policy: Option<Policy>,
    /// Path of that file.
    pub policy_file: String,
    /// Problems, sorted by file and place.
    pub problems: Vec<Problem>,
    /// Commits on the first-parent lines of the protected branches; 0 without a history.
    pub protected_lines: u64,
    /// Statements that were dropped because an equal one was there.
    pub repeated_statements: u64,
    /// Row of each commit by the position of its id, [`NO_ROW`] for texts that are none.
    commit_rows: Vec<u32>,
}

/// Marks a text that is no commit's id.
const NO_ROW: u32 = u32::MAX;

impl Store {
    /// Returns an interned text.
    pub fn text(&self, text: Text) -> &str {
        self.strings.get(text)
    }

    /// Returns the person of an account.
    pub fn person(&self, account: AccountId) -> PersonId {
        self.accounts.get(account.index()).map_or(PersonId(u32::MAX), |account| account.person)
    }

    /// Returns the name to show for an account: its person's name, else login, name or address.
    pub fn name(&self, account: AccountId) -> &str {
        let Some(row) = self.accounts.get(account.index()) else { return "" };
        if let Some(person) = self.persons.get(row.person.index()).filter(|person| !person.name.is_empty()) {
            return &person.name;
        }
        [row.login, row.name, row.email]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("", |text| self.text(text))
    }

    /// Returns the login of an account, else its address, else its name: what `people.csv` and the policy call it.
    pub fn account_label(&self, account: AccountId) -> &str {
        let Some(row) = self.accounts.get(account.index()) else { return "" };
        let text = [row.login, row.email, row.name].into_iter().find(|text| !text.is_empty());
        text.map_or("", |text| self.text(text))
    }

    /// Returns the commit with this full object id.
    pub fn commit(&self, id: Text) -> Option<CommitId> {
        self.commit_rows.get(id.index()).filter(|&&row| row != NO_ROW).map(|&row| CommitId(row))
    }

    /// Notes where each commit is: a search by text would wait for memory at every step.
    fn index_commits(&mut self) {
        let most = self.commits.iter().map(|commit| commit.id.index() + 1).max().unwrap_or(0);
        self.commit_rows = vec![NO_ROW; most];
        for (commit, row) in self.commits.iter().zip(0..) {
            self.commit_rows[commit.id.index()] = row;
        }
    }

    /// Returns the file of a place, its pointer, and the record's place in the file.
    pub fn locate(&self, place: Place) -> Option<(&File, String, RecordRow)> {
        let record = *self.records.get(place.record.index())?;
        let file = self.files.get(record.file.index())?;
        Some((file, record.at.pointer(place.part), record))
    }

    /// Returns what came out of checking the signature of a commit; `None` where it has none or its object is not at hand.
    pub fn commit_verification(&self, id: Text) -> Option<&Verification> {
        let at = self.commit_verifications.binary_search_by_key(&id, |(own, _)| *own).ok()?;
        self.commit_verifications.get(at).map(|(_, outcome)| outcome)
    }

    /// Returns the stable id of a change: `owner/name#12`, `#12`, or `owner/name@commit`, `@commit`.
    pub fn change_id(&self, change: &Change) -> String {
        let repository = self.text(change.repository);
        if change.number > 0 {
            // Lists ask for hundreds of thousands of ids.
            let mut id = String::with_capacity(repository.len() + "#1234567".len());
            id.push_str(repository);
            id.push('#');
            id.push_str(&change.number.to_string());
            id
        } else {
            format!("{repository}@{}", self.text(change.merge_commit))
        }
    }
}

/// Returns whether two object ids name the same object: equal over the shorter one, at least 7 digits.
pub fn same_object(a: &str, b: &str) -> bool {
    let length = a.len().min(b.len());
    length >= 7 && a.as_bytes()[..length].eq_ignore_ascii_case(&b.as_bytes()[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviated_object_ids_match_from_seven_digits_on() {
        assert!(same_object("43ae90e", "43ae90e1ffffffffffffffffffffffffffffffff"));
        assert!(!same_object("43ae90", "43ae90e1ffffffffffffffffffffffffffffffff"));
        assert!(!same_object("", ""));
    }
}
