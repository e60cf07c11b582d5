//! What files state: the borrowed records that formats emit and the store keeps.
//!
//! A record holds only what its file says. A list that the export did not include is `None`, never empty: from an
//! absent list nothing follows, from an empty one something does. Text is borrowed from the bytes being read; the
//! store interns what it keeps.

use std::borrow::Cow;

use super::moment::Moment;
use super::place::{At, Part};
use super::terms::{ActorKind, SignatureState};
use crate::policy::Policy;
use crate::problem::Problem;

mod claims;
mod delivery;
mod entry;
mod manifest;

pub use claims::*;
pub use delivery::*;
pub use entry::*;
pub use manifest::*;

/// Text of a record: borrowed where the bytes allow it.
pub type Str<'a> = Cow<'a, str>;

/// Where formats put what they read, in the order of the file.
pub trait Records {
    /// Takes one record.
    fn record(&mut self, at: At, record: Record<'_>);
    /// Takes one problem; the receiver fills in the file.
    fn problem(&mut self, problem: Problem);
}

/// One thing that a file states.
#[derive(Clone, Debug)]
pub enum Record<'a> {
    /// A pull request or its like.
    Change(Box<ChangeRecord<'a>>),
    /// A review that names its change, as REST lists give them.
    Review(ReviewRecord<'a>),
    /// A list of commits, files or checks of one change, in a file of its own.
    ChangePart(ChangePartRecord<'a>),
    /// A commit of a repository's history.
    Commit(Box<CommitRecord<'a>>),
    /// The tip of a branch, tag or notes ref.
    Reference(ReferenceRecord<'a>),
    /// What an AI tool, or a note about it, says of its part in commits or changes.
    Session(SessionRecord<'a>),
    /// A statement about digests, signed or not.
    Attestation(Box<AttestationRecord<'a>>),
    /// The outcome of tests or checks.
    TestRun(TestRunRecord<'a>),
    /// A deployment of a revision to an environment.
    Deployment(DeploymentRecord<'a>),
    /// A person and the accounts that are theirs.
    Person(PersonRecord<'a>),
    /// One `.mailmap` line: two identities of one person.
    Alias(AliasRecord<'a>),
    /// The protection of branches, as configured when it was exported.
    Protection(ProtectionRecord<'a>),
    /// A push to a branch, or something else that happened to it on its forge.
    Push(PushRecord<'a>),
    /// A ticket with the time it was opened.
    Ticket(TicketDetailRecord<'a>),
    /// A scan, an inventory, a ticket in detail, or an entry of a register.
    Entry(Box<EntryRecord<'a>>),
    /// Where a listing came from and how much of it there is.
    Listing(ListingRecord<'a>),
    /// A manifest, a tag file of a bag, or a seal.
    Manifest(Box<ManifestRecord>),
    /// Public keys that commits are signed with, as their file has them.
    SigningKeys(&'a str),
    /// The policy file.
    Policy(Box<Policy>),
}

impl Record<'_> {
    /// Returns the plural noun that the evidence screen and `inspect` count by.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Change(_) => "changes",
            Self::Review(_) => "reviews",
            Self::ChangePart(_) => "change parts",
            Self::Commit(_) => "commits",
            Self::Reference(_) => "references",
            Self::Session(_) => "AI records",
            Self::Attestation(_) => "statements",
            Self::TestRun(_) => "test runs",
            Self::Deployment(_) => "deployments",
            Self::Person(_) => "persons",
            Self::Alias(_) => "aliases",
            Self::Protection(_) => "branch protections",
            Self::Push(_) => "pushes",
            Self::Ticket(_) => "tickets",
            Self::Entry(record) => record.register.noun(),
            Self::Listing(_) => "listings",
            Self::Manifest(_) => "manifests",
            Self::SigningKeys(_) => "files of keys",
            Self::Policy(_) => "policies",
        }
    }
}

/// An account as one place in one file names it. Empty text is "not said".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRecord<'a> {
    /// Login on the forge, without decoration (`app/x` and `x[bot]` are kept as written).
    pub login: Str<'a>,
    /// Display name.
    pub name: Str<'a>,
    /// Address of e-mail.
    pub email: Str<'a>,
    /// What the export itself says of the account's kind.
    pub kind: ActorKind,
    /// GitHub's `authorAssociation`, upper case (`MEMBER`, `CONTRIBUTOR`, `NONE` …); empty where not exported.
    pub association: Str<'a>,
}

impl<'a> AccountRecord<'a> {
    /// Returns the account of a login.
    pub fn login(login: impl Into<Str<'a>>) -> Self {
        Self { login: login.into(), ..Self::default() }
    }

    /// Returns the identity of a commit's author or committer line.
    pub fn identity(name: impl Into<Str<'a>>, email: impl Into<Str<'a>>) -> Self {
        Self { name: name.into(), email: email.into(), ..Self::default() }
    }

    /// Returns whether nothing at all is said.
    pub fn is_empty(&self) -> bool {
        self.login.is_empty() && self.name.is_empty() && self.email.is_empty()
    }
}

/// A field that an export may leave out altogether.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// The export does not have the field: nothing follows.
    #[default]
    Absent,
    /// The export has the field, and it is null: nobody, never, none.
    Null,
    /// The export has a value.
    Value(T),
}

impl<T> Field<T> {
    /// Returns the value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Returns whether the export has the field at all.
    pub const fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

/// The state of a change on its forge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeState {
    /// Not said.
    #[default]
    Unknown,
    /// Open.
    Open,
    /// Closed without a merge.
    Closed,
    /// Merged.
    Merged,
}

/// Which change a record belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeKey<'a> {
    /// `owner/name`, lower case not required; empty where the export does not say.
    pub repository: Str<'a>,
    /// The number on the forge.
    pub number: u64,
}

/// A pull request, merge request or its like.
#[derive(Clone, Debug, Default)]
pub struct ChangeRecord<'a> {
    /// Which one it is.
    pub key: ChangeKey<'a>,
    /// Title.
    pub title: Str<'a>,
    /// Description as typed; scanned for tickets and AI disclosure, not kept.
    pub body: Str<'a>,
    /// Address on the forge, shown as text only.
    pub url: Str<'a>,
    /// State.
    pub state: ChangeState,
    /// Who opened it; `None` where the account is gone or not exported.
    pub author: Option<AccountRecord<'a>>,
    /// When it was opened.
    pub created: Option<Moment>,
    /// When it was merged.
    pub merged: Option<Moment>,
    /// Who merged it.
    pub merged_by: Field<AccountRecord<'a>>,
    /// Object id of the merge, squash or last rebased commit on the base branch.
    pub merge_commit: Str<'a>,
    /// Object id of the last revision of the change.
    pub head: Str<'a>,
    /// Name of the branch that it goes to.
    pub base_branch: Str<'a>,
    /// Name of the branch that it comes from.
    pub head_branch: Str<'a>,
    /// Labels; `None` where not exported.
    pub labels: Option<Vec<Str<'a>>>,
    /// Tickets that the forge itself links (closing issues), as `#12` or `KEY-12`; `None` where not exported.
    pub tickets: Option<Vec<TicketRecord<'a>>>,
    /// Reviews; `None` where not exported.
    pub reviews: Option<Vec<ReviewRecord<'a>>>,
    /// Commits; `None` where not exported.
    pub commits: Option<Vec<CommitRecord<'a>>>,
    /// Changed files; `None` where not exported.
    pub files: Option<Vec<FileRecord<'a>>>,
    /// Checks and statuses of the last revision; `None` where not exported.
    pub checks: Option<Vec<TestRunRecord<'a>>>,
    /// Totals that the forge states beside the lists: added lines, deleted lines, changed files, commits.
    pub totals: Totals,
    /// Lists that the export cut, by their key (`reviews`, `commits`, `files`, `statusCheckRollup`), and the cap that it hit.
    pub truncated: Vec<(&'static str, u64)>,
}

/// Totals that a forge states of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Added lines.
    pub additions: Option<u64>,
    /// Deleted lines.
    pub deletions: Option<u64>,
    /// Changed files.
    pub files: Option<u64>,
    /// Commits.
    pub commits: Option<u64>,
}

/// A ticket that a change refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketRecord<'a> {
    /// `#12`, `owner/name#12` or `KEY-12`.
    pub id: Str<'a>,
    /// When the ticket was opened, where the export says so.
    pub created: Option<Moment>,
}

/// What a review says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReviewState {
    /// A state that is not known here.
    #[default]
    Unknown,
    /// Approved.
    Approved,
    /// Changes requested.
    ChangesRequested,
    /// A comment that decides nothing.
    Commented,
    /// An approval or objection that was taken back; which of the two the export no longer says.
    Dismissed,
    /// Not sent yet.
    Pending,
}

impl ReviewState {
    /// Returns the state of GitHub's word, in either case.
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "APPROVED" => Self::Approved,
            "CHANGES_REQUESTED" => Self::ChangesRequested,
            "COMMENTED" => Self::Commented,
            "DISMISSED" => Self::Dismissed,
            "PENDING" => Self::Pending,
            _ => Self::Unknown,
        }
    }

    /// Returns the words that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Approved => "approved",
            Self::ChangesRequested => "changes requested",
            Self::Commented => "commented",
            Self::Dismissed => "dismissed",
            Self::Pending => "pending",
        }
    }
}

/// One review of a change.
#[derive(Clone, Debug, Default)]
pub struct ReviewRecord<'a> {
    /// The change, where the review is a record of its own; `None` inside a [`ChangeRecord`].
    pub change: Option<ChangeKey<'a>>,
    /// The forge's id, to find the same review in two files.
    pub id: Str<'a>,
    /// Who reviewed.
    pub author: Option<AccountRecord<'a>>,
    /// What it says.
    pub state: ReviewState,
    /// When it was sent.
    pub submitted: Option<Moment>,
    /// Object id of the revision that was reviewed, at least 7 digits; empty where not exported.
    pub commit: Str<'a>,
    /// Text of the review, judged for substance and not kept.
    pub body: Str<'a>,
    /// Count of comments on lines, where the export says so.
    pub line_comments: Option<u32>,
    /// Where it is in its record; `None` when the record is the review.
    pub part: Option<Part>,
}

/// Commits, files or checks of one change in a file of their own, as REST gives them.
#[derive(Clone, Debug, Default)]
pub struct ChangePartRecord<'a> {
    /// The change, where the file says or its commits tell; `None` links by commit.
    pub change: Option<ChangeKey<'a>>,
    /// Commits of the change.
    pub commits: Option<Vec<CommitRecord<'a>>>,
    /// Files of the change.
    pub files: Option<Vec<FileRecord<'a>>>,
}

/// One commit.
#[derive(Clone, Debug, Default)]
pub struct CommitRecord<'a> {
    /// `owner/name`, empty where the export does not say.
    pub repository: Str<'a>,
    /// Object id, 40 or 64 hexadecimal digits, lower case.
    pub id: Str<'a>,
    /// Object ids of the parents, first parent first; `None` where not exported.
    pub parents: Option<Vec<Str<'a>>>,
    /// Author.
    pub author: Option<AccountRecord<'a>>,
    /// Further authors that the export itself lists (gh's `authors[1..]`); trailers are read from the message.
    pub co_authors: Vec<AccountRecord<'a>>,
    /// Committer.
    pub committer: Option<AccountRecord<'a>>,
    /// When the author says it was written.
    pub authored: Option<Moment>,
    /// When it was committed.
    pub committed: Option<Moment>,
    /// First line of the message.
    pub subject: Str<'a>,
    /// The rest of the message, without the empty line; scanned for trailers, tickets and AI marks, not kept.
    pub body: Str<'a>,
    /// Whether the object carries a signature; its state is for `verify` to say.
    pub signature: Option<SignatureState>,
    /// The whole object as git has it, where it is at hand and signed: what the check runs over.
    pub object: Option<&'a [u8]>,
    /// Changed paths against the first parent; `None` where not known.
    pub files: Option<Vec<FileRecord<'a>>>,
    /// Where it is in its record; `None` when the record is the commit.
    pub part: Option<Part>,
}

/// One changed file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRecord<'a> {
    /// Path in the repository.
    pub path: Str<'a>,
    /// Added lines, where known.
    pub additions: Option<u32>,
    /// Deleted lines, where known.
    pub deletions: Option<u32>,
}

/// The tip of a ref in a git bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferenceRecord<'a> {
    /// `owner/name`, empty where the bundle does not say (it never does; the engine may learn it elsewhere).
    pub repository: Str<'a>,
    /// Full name, for instance `refs/heads/main`.
    pub name: Str<'a>,
    /// Object id of the tip.
    pub target: Str<'a>,
    /// For a branch, the object ids of its first-parent line, tip first; empty for other refs.
    pub first_parents: Vec<Str<'a>>,
    /// Whether that line ends at a commit without parents; `false` where the bundle leaves out what is below.
    pub reaches_root: bool,
}
