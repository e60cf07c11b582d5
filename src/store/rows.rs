//! The rows of the store: fixed-size, linked by index, text interned.

use crate::model::place::{At, Part};
use crate::model::record::{Envelope, Outcome, PromptRecord, ReviewState, SessionSource};
use crate::model::{Capture, Moment, SignatureState};
use crate::source::Digest;

use super::strings::Text;

mod persons;

pub use persons::{Account, KindRule, Link, LinkSource, Person};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Returns the position of the row.
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// Returns the id of a position; positions over `u32` saturate and find nothing.
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )*};
}

ids! {
    /// A file of the bundle.
    FileId;
    /// A top-level record.
    RecordId;
    /// An account.
    AccountId;
    /// A person.
    PersonId;
    /// A change.
    ChangeId;
    /// A commit.
    CommitId;
    /// An AI record.
    SessionId;
    /// A statement.
    StatementId;
}

/// One file of the bundle, archives included.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Path in the bundle.
    pub path: String,
    /// Count of bytes.
    pub bytes: u64,
    /// SHA-256; `None` where the file could not be read to its end.
    pub sha256: Option<Digest>,
    /// Format id; empty when not recognised.
    pub format: &'static str,
    /// Name of the format, or what it is instead.
    pub title: &'static str,
    /// Why it was recognised as that.
    pub reason: String,
    /// Records by noun, in alphabetical order.
    pub records: Vec<(&'static str, u64)>,
    /// Count of problems.
    pub problems: u64,
    /// Where its bytes come from, for the engine to read them again.
    pub origin: Option<crate::source::intake::Origin>,
}

/// One top-level record.
#[derive(Clone, Copy, Debug)]
pub struct RecordRow {
    /// Its file.
    pub file: FileId,
    /// Where in the file.
    pub at: At,
}

/// Where something is: a record, or a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The record.
    pub record: RecordId,
    /// The part.
    pub part: Option<Part>,
}

impl Place {
    /// Returns the place of a field of the same record.
    pub const fn field(self, key: &'static str) -> Self {
        Self { record: self.record, part: Some(Part::field(key)) }
    }
}

/// What is known of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known<T> {
    /// No source has the field.
    #[default]
    Absent,
    /// A source has it, and it is empty.
    Nobody,
    /// A source has a value.
    Is(T),
}

impl<T: Copy> Known<T> {
    /// Returns the value.
    pub const fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Nobody => None,
        }
    }
}

/// What a change is known by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeSource {
    /// The forge's record of it.
    #[default]
    Forge,
    /// Only its merge commit, whose subject names a number.
    MergeSubject,
    /// A commit on the branch that names no change.
    DirectCommit,
}

/// How a change came to the branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MergeMethod {
    /// Not known.
    #[default]
    Unknown,
    /// A merge commit.
    Merge,
    /// All commits as one.
    Squash,
    /// Its commits one by one.
    Rebase,
    /// Pushed without a change, or rebased: the history alone cannot tell.
    Direct,
}

impl MergeMethod {
    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "method not known",
            Self::Merge => "merge commit",
            Self::Squash => "squashed",
            Self::Rebase => "rebased",
            Self::Direct => "pushed directly",
        }
    }
}

/// Which lists of a change the bundle holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Reviews.
    pub reviews: bool,
    /// Commits.
    pub commits: bool,
    /// Files.
    pub files: bool,
    /// Checks.
    pub checks: bool,
    /// Linked tickets.
    pub tickets: bool,
    /// Labels.
    pub labels: bool,
    /// Reviews were cut by the export.
    pub reviews_cut: bool,
    /// Commits were cut.
    pub commits_cut: bool,
    /// Files were cut.
    pub files_cut: bool,
    /// Checks were cut.
    pub checks_cut: bool,
}

/// A half-open range of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First row.
    pub start: u32,
    /// One past the last row.
    pub end: u32,
}

impl Span {
    /// Returns the rows.
    pub fn of<T>(self, rows: &[T]) -> &[T] {
        rows.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Returns the positions of the rows.
    pub fn positions(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// Repository, lower case; empty where not known.
    pub repository: Text,
    /// Number on the forge; 0 for none.
    pub number: u64,
    /// Title.
    pub title: Text,
    /// Address.
    pub url: Text,
    /// What it is known by.
    pub source: ChangeSource,
    /// Author: who opened it, or the author of its commit.
    pub author: Option<AccountId>,
    /// When it was opened.
    pub created: Option<Moment>,
    /// When it was merged.
    pub merged: Option<Moment>,
    /// Who merged it.
    pub merged_by: Known<AccountId>,
    /// Where that is said.
    pub merged_by_place: Place,
    /// How the merger is known: the forge's record or a statement.
    pub merged_by_capture: Option<Capture>,
    /// Merge commit.
    pub merge_commit: Text,
    /// Last revision.
    pub head: Text,
    /// Target branch.
    pub base_branch: Text,
    /// Source branch.
    pub head_branch: Text,
    /// How it came to the branch.
    pub method: MergeMethod,
    /// Which lists the bundle holds.
    pub lists: Lists,
    /// Added and deleted lines, where known.
    pub lines: Option<(u64, u64)>,
    /// Count of changed files, where known.
    pub file_count: Option<u64>,
    /// The merge commit's row, where the history is in the bundle.
    pub merge_row: Option<CommitId>,
    /// Position on its branch's first-parent line from the root, where known.
    pub line_position: Option<u32>,
    /// Where it is.
    pub place: Place,
    /// Rows of `reviews`, `change_commits`, `files`, `sessions_of`, `statements_of`, `tests_of`, `deployments_of`, `tickets`.
    pub reviews: Span,
    /// Commits of the change, its merge commit included where that is in the history.
    pub commits: Span,
    /// Changed files.
    pub files: Span,
    /// AI records.
    pub sessions: Span,
    /// Statements.
    pub statements: Span,
    /// Test runs.
    pub tests: Span,
    /// Deployments that released it.
    pub deployments: Span,
    /// Tickets.
    pub tickets: Span,
    /// Labels: rows of `labels_of`.
    pub labels: Span,
    /// What it undoes or repeats, and what undoes or repeats it: rows of `repeats`.
    pub repeats: Span,
}

/// A review.
#[derive(Clone, Copy, Debug, Default)]
pub struct Review {
    /// Its change.
    pub change: ChangeId,
    /// Reviewer.
    pub author: Option<AccountId>,
    /// What it says.
    pub state: ReviewState,
    /// When.
    pub submitted: Option<Moment>,
    /// The revision that was reviewed; empty where not known.
    pub commit: Text,
    /// Words of substance in its text.
    pub words: u32,
    /// Whether its text speaks of tests.
    pub mentions_tests: bool,
    /// Count of comments on lines, where known.
    pub line_comments: Option<u32>,
    /// Id on the forge.
    pub id: Text,
    /// Where it is.
    pub place: Place,
}

/// A commit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commit {
    /// Object id.
    pub id: Text,
    /// First parent; empty for none or not known.
    pub parent: Text,
    /// Count of parents, where known.
    pub parents: Option<u32>,
    /// Author.
    pub author: Option<AccountId>,
    /// Committer.
    pub committer: Option<AccountId>,
    /// When the author says it was written.
    pub authored: Option<Moment>,
    /// When it was committed.
    pub committed: Option<Moment>,
    /// First line of the message.
    pub subject: Text,
    /// The change that the message names as its origin.
    pub pull: Option<super::relations::PullNamed>,
    /// State of the object's signature, where it is known whether there is one.
    pub signature: Option<SignatureState>,
    /// Further authors: rows of `co_authors`.
    pub co_authors: Span,
    /// Added and deleted lines, where known.
    pub lines: Option<(u64, u64)>,
    /// Changed paths: rows of `commit_files`; `None` where not known.
    pub files: Option<Span>,
    /// Where it is.
    pub place: Place,
}

/// A changed file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangedFile {
    /// Path.
    pub path: Text,
    /// Added lines.
    pub additions: Option<u32>,
    /// Deleted lines.
    pub deletions: Option<u32>,
}

/// An AI record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Session {
    /// What kind of source says so.
    pub source: SessionSource,
    /// How it is known.
    pub capture: Capture,
    /// The commit that it is about.
    pub commit: Text,
    /// Whether it says that AI took no part.
    pub none: bool,
    /// Tool, lower case.
    pub tool: Text,
    /// Model.
    pub model: Text,
    /// The tool's id of the session.
    pub session: Text,
    /// Who asked for it.
    pub initiator: Option<AccountId>,
    /// How much of the prompt is on record.
    pub prompt: PromptRecord,
    /// Whether it states what is needed to reproduce the output.
    pub reproducible: Option<bool>,
    /// When.
    pub at: Option<Moment>,
    /// Lines of code and lines of tests that it attributes to AI.
    pub lines: u32,
    /// Of those, lines in test files.
    pub test_lines: u32,
    /// Attributed paths: rows of `attributions`.
    pub paths: Span,
    /// Attribution keys that are used and not defined.
    pub dangling: u32,
    /// Where it is.
    pub place: Place,
}

/// Lines of one file that a session claims.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attribution {
    /// Path.
    pub path: Text,
    /// Count of lines.
    pub lines: u32,
    /// The greatest line.
    pub last_line: u32,
}

/// A statement.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// SHA-256 over its own bytes.
    pub digest: Digest,
    /// How it is wrapped.
    pub envelope: Envelope,
    /// Predicate type.
    pub predicate_type: Text,
    /// Media type of the bundle.
    pub media_type: Text,
    /// Digest algorithm and value of each subject.
    pub subjects: Vec<(Text, Text)>,
    /// Count of signatures.
    pub signatures: u32,
    /// State of its signature.
    pub signature: SignatureState,
    /// Position of what was found on checking it, in `verifications`.
    pub verification: Option<u32>,
    /// The commit that it is attached to.
    pub attached_to: Text,
    /// Who acted.
    pub actor: Option<AccountId>,
    /// What was done.
    pub activity: Text,
    /// Branch or tag.
    pub reference: Text,
    /// The revision before.
    pub previous: Text,
    /// When it was made.
    pub at: Option<Moment>,
    /// Enforced controls, with since when; `None` where it has no such list.
    pub controls: Option<Vec<(Text, Option<Moment>)>>,
    /// Claimed levels.
    pub levels: Vec<Text>,
    /// `PASSED` and the like.
    pub result: Text,
    /// Verifier or builder.
    pub issuer: Text,
    /// Passed, warned and failed tests.
    pub tests: Option<(u32, u32, u32)>,
    /// Whether a subject is a merged revision in the bundle.
    pub binds_merged: bool,
    /// Where it is.
    pub place: Place,
}

/// A test run or check.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestRun {
    /// Name.
    pub name: Text,
    /// The revision; empty where not known.
    pub commit: Text,
    /// How the revision is known.
    pub bound: Capture,
    /// Outcome.
    pub outcome: Outcome,
    /// Run, failed, skipped.
    pub counts: Option<(u32, u32, u32)>,
    /// When it ended, or started.
    pub at: Option<Moment>,
    /// Whether it is a test.
    pub is_test: bool,
    /// Where it is.
    pub place: Place,
}

/// A deployment.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// Repository.
    pub repository: Text,
    /// The revision.
    pub commit: Text,
    /// Environment.
    pub environment: Text,
    /// Whether the environment counts as production.
    pub is_production: bool,
    /// Who started it.
    pub creator: Option<AccountId>,
    /// Who approved it.
    pub approvers: Option<Vec<AccountId>>,
    /// When.
    pub at: Option<Moment>,
    /// Outcome.
    pub outcome: Outcome,
    /// Id.
    pub id: Text,
    /// Where it is.
    pub place: Place,
}

/// A ticket that a change refers to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ticket {
    /// Id as written.
    pub id: Text,
    /// When it was opened.
    pub created: Option<Moment>,
    /// Who opened it, with the record that says so.
    pub requester: Option<(AccountId, Place)>,
    /// Whether the forge itself links it; otherwise it was found in typed text.
    pub is_linked: bool,
    /// The commit whose message has it; empty for one that the change itself has.
    pub commit: Text,
    /// Where it is.
    pub place: Place,
}

/// The protection of a branch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protection {
    /// Repository.
    pub repository: Text,
    /// Branch or pattern.
    pub branch: Text,
    /// Whether it is enforced.
    pub enforced: bool,
    /// Approvals that it demands.
    pub required_approvals: Option<u32>,
    /// Whether it binds administrators.
    pub binds_administrators: Option<bool>,
    /// Count of actors that may bypass it.
    pub bypass_actors: Option<u32>,
    /// Where it is.
    pub place: Place,
}

/// A branch of a git history.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    /// The repository of the changes that were merged into it; empty where none is known.
    pub repository: Text,
    /// Full name.
    pub name: Text,
    /// Tip.
    pub target: Text,
    /// First-parent line, tip first.
    pub line: Vec<Text>,
    /// Whether the line ends at a root commit.
    pub reaches_root: bool,
    /// Where it is.
    pub place: Place,
}

/// A list as it was exported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listing {
    /// Repository.
    pub repository: Text,
    /// What is listed.
    pub of: &'static str,
    /// How it was made.
    pub source: &'static str,
    /// Count.
    pub count: u64,
    /// The cap that it hit.
    pub cut_at: Option<u64>,
    /// When it was extracted, where it says so.
    pub extracted: Option<Moment>,
    /// Whether closed ones are among them, of what can be closed.
    pub has_closed: bool,
    /// Its file.
    pub file: FileId,
    /// Where it is.
    pub place: Place,
}
