//! What the app and the worker say to each other: plain data, the only types that both share.
//!
//! The app holds no evidence. It sends a [`Request`] and gets one [`Reply`]: a summary, a page or a detail. Messages are
//! bytes in the format of postcard, whose fields have no names: both sides come from one build, and reading JSON took a
//! third of the app's module. Files travel beside the message as handles (`File`), never as bytes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::FlipPart;
use crate::source::Limits;

mod causes;
mod compare;
mod duties;
mod paper;
mod policy;
mod population;
mod trust;
mod views;

pub use causes::CauseRow;
pub use compare::*;
pub use duties::*;
pub use paper::*;
pub use policy::*;
pub use population::*;
pub use trust::*;
pub use views::*;

/// Writes a [`Message`] or an [`Answer`]; `None` for what cannot be written, which no type of this module is.
pub fn write(message: &impl Serialize) -> Option<Vec<u8>> {
    postcard::to_allocvec(message).ok()
}

/// Reads what [`write()`] wrote; `None` for anything else, such as what another build wrote.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// A message from the app. Replies carry the same `id`; those of an older `generation` are dropped by the app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Counts the requests of the app.
    pub id: u32,
    /// Counts the bundles that were opened.
    pub generation: u32,
    /// What is asked.
    pub request: Request,
}

/// What the app can ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Open files: the handles come beside the message, in the order of `paths`. Answered by [`Reply::Progress`] again
    /// and again, then [`Reply::Opened`] or [`Reply::Failed`].
    Open {
        /// Path of each file in the bundle.
        paths: Vec<String>,
        /// Bounds on the intake.
        limits: Limits,
        /// Name of the bundle.
        name: String,
        /// Trust roots, keys and certificates of the user: name and text of each file.
        trust: Vec<(String, String)>,
    },
    /// Go on with opening (the worker sends this to itself, so that a cancel can come between).
    Continue,
    /// Stop opening; what was read is dropped.
    Cancel,
    /// The overview: answered by [`Reply::Overview`].
    Overview,
    /// The population: answered by [`Reply::Population`].
    Population,
    /// The matrix of one framework: answered by [`Reply::Matrix`].
    Matrix {
        /// Framework id; empty for the first.
        framework: String,
        /// What the columns are.
        columns: Columns,
    },
    /// A page of changes: answered by [`Reply::Changes`].
    Changes {
        /// Query text (`docs/query.md`).
        query: String,
        /// Sort order.
        sort: Sort,
        /// Index of the first row.
        offset: u32,
        /// Count of rows, at most 200.
        limit: u32,
    },
    /// One change: answered by [`Reply::Change`].
    Change {
        /// Its id.
        id: String,
        /// The query that it was opened from, for previous and next.
        query: String,
        /// The sort order of that query.
        sort: Sort,
    },
    /// The raw record behind something: answered by [`Reply::Raw`].
    Raw {
        /// Where it is.
        address: Address,
    },
    /// A page of files: answered by [`Reply::Files`].
    Files {
        /// Text that the path, format or hash must contain.
        filter: String,
        /// Index of the first row.
        offset: u32,
        /// Count of rows, at most 200.
        limit: u32,
    },
    /// A page of problems: answered by [`Reply::Problems`].
    Problems {
        /// Text that the file, kind or finding must contain.
        filter: String,
        /// Index of the first row.
        offset: u32,
        /// Count of rows, at most 200.
        limit: u32,
    },
    /// Roots, keys and signers, and what rests on each: answered by [`Reply::Trust`].
    Trust,
    /// A page of statements: answered by [`Reply::Statements`].
    Statements {
        /// Text that the type, signer, root, change or state must contain.
        filter: String,
        /// Index of the first row.
        offset: u32,
        /// Count of rows, at most 200.
        limit: u32,
    },
    /// One statement taken apart: answered by [`Reply::Statement`].
    Statement {
        /// SHA-256 over its bytes, or the start of it.
        id: String,
        /// A part to change one bit of, to see what the check then says.
        flip: Option<FlipPart>,
    },
    /// A workpaper to read, go on with or merge: answered by [`Reply::Paper`]. Needs no bundle.
    Paper(Box<PaperRequest>),
    /// What a sample can be drawn from and for: answered by [`Reply::PaperChoices`].
    PaperChoices,
    /// A workpaper as a page to print: answered by [`Reply::Export`]. Needs no bundle.
    PaperPage {
        /// The file.
        text: String,
    },
    /// A text of a policy: answered by [`Reply::Policy`].
    Policy {
        /// The text; `None` for the one that is being edited, at first that of the policy in force.
        text: Option<String>,
        /// A change to make of it first.
        edit: Option<PolicyEdit>,
        /// What to do with it.
        action: PolicyAction,
    },
    /// Compare the open bundle: answered by [`Reply::Comparison`], with [`Reply::Progress`] before it where files are read.
    Compare {
        /// With what.
        with: CompareWith,
    },
    /// The comparison that was made: answered by [`Reply::Comparison`].
    Comparison,
    /// A page of a comparison: answered by [`Reply::Differences`].
    Differences {
        /// Which rows.
        of: DifferenceOf,
        /// What became of them; `None` for all.
        difference: Option<crate::compare::Difference>,
        /// Text that subject, criterion or control must contain.
        filter: String,
        /// Index of the first row.
        offset: u32,
        /// Count of rows, at most 200.
        limit: u32,
    },
    /// Persons, who approves whose changes, and patterns in it: answered by [`Reply::Duties`].
    Duties {
        /// Text that a person's name, an account or the kind must contain.
        filter: String,
    },
    /// Join accounts to one person or keep them apart, in the policy, and assess under it: answered by [`Reply::Policy`].
    Person(PersonEdit),
    /// A file to save: answered by [`Reply::Export`].
    Export {
        /// Which one.
        format: ExportFormat,
    },
}

/// The columns of the matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Columns {
    /// One for each month of the period.
    #[default]
    Month,
    /// One for each repository.
    Repository,
    /// One for each verdict: counts by status.
    Status,
}

/// A sort order of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What changes are sorted by; ties are broken by merge time, then id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortBy {
    /// Merge time.
    #[default]
    Merged,
    /// Number.
    Number,
    /// Title.
    Title,
    /// Author's name.
    Author,
    /// Changed lines.
    Lines,
    /// Count of unmet criteria, then of unproven ones.
    Gaps,
}

/// The file formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFormat {
    /// `lacuna.assessment/v1`.
    Json,
    /// One row for each change and criterion.
    Csv,
    /// The self-contained report.
    Html,
}

/// Where a record is, as the worker knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Index of the top-level record.
    pub record: u32,
    /// Key of the part in it (`reviews`), empty for the whole record.
    pub key: String,
    /// Element of that list.
    pub index: Option<u32>,
}

/// A message from the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The id of the message that it answers.
    pub id: u32,
    /// The generation of the bundle.
    pub generation: u32,
    /// The answer.
    pub reply: Reply,
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Opening goes on.
    Progress(Progress),
    /// The bundle is open.
    Opened(Box<Summary>),
    /// Signatures of the open bundle were checked, so many of so many: nothing counts yet. Comes unasked, with the id of the
    /// message that opened.
    Checking(u64, u64),
    /// The bundle was assessed again with the signatures that were checked. Comes unasked, like the above.
    Checked(Box<Summary>),
    /// Opening was cancelled.
    Cancelled,
    /// The request could not be answered; a sentence that states the fact.
    Failed(String),
    /// The overview.
    Overview(Box<Overview>),
    /// The population.
    Population(Box<PopulationView>),
    /// The matrix.
    Matrix(Box<Matrix>),
    /// A page of changes.
    Changes(Box<ChangesPage>),
    /// One change.
    Change(Box<ChangeDetail>),
    /// A raw record.
    Raw(Box<Raw>),
    /// A page of files.
    Files(Page<FileRow>),
    /// A page of problems.
    Problems(Page<ProblemRow>),
    /// Roots, keys and signers.
    Trust(Box<Trust>),
    /// A page of statements.
    Statements(Page<StatementRow>),
    /// One statement.
    Statement(Box<StatementDetail>),
    /// A workpaper.
    Paper(Box<PaperReply>),
    /// What a sample can be drawn from and for.
    PaperChoices(Box<PaperChoices>),
    /// A text of a policy, read.
    Policy(Box<PolicyView>),
    /// A comparison; `None` where none was made.
    Comparison(Option<Box<ComparisonView>>),
    /// A page of a comparison.
    Differences(Page<DifferenceRow>),
    /// Persons, who approves whose changes, and patterns in it.
    Duties(Box<Duties>),
    /// A file to save.
    Export {
        /// Suggested name.
        name: String,
        /// Media type.
        media: String,
        /// Its content.
        text: String,
    },
}

/// How far opening is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// The file being read.
    pub file: String,
    /// Files read.
    pub files_done: u64,
    /// Files known so far, archives' content included.
    pub files_known: u64,
    /// Bytes read.
    pub bytes_done: u64,
    /// Bytes known so far.
    pub bytes_known: u64,
    /// Records read.
    pub records: u64,
    /// Signed statements whose signatures were checked.
    pub verified: u64,
    /// Signed statements to check.
    pub signatures: u64,
    /// Changes assessed, in the last phase.
    pub assessed: u64,
    /// Changes to assess.
    pub changes: u64,
}

/// The phases of opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Reading files.
    #[default]
    Reading,
    /// Waiting for the host's digests.
    Hashing,
    /// Checking signatures.
    Verifying,
    /// Linking records.
    Linking,
    /// Testing changes.
    Assessing,
    /// Done.
    Done,
}

/// A count of problems by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemCounts {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Notes.
    pub notes: u64,
}

/// What is always in sight once a bundle is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the bundle.
    pub name: String,
    /// SHA-256 over the sorted list of paths and digests of all files but workpapers.
    pub sha256: String,
    /// First and last day of the period, `YYYY-MM-DD`; empty when there is no change.
    pub from: String,
    /// Last day, see [`Self::from`].
    pub to: String,
    /// Repositories, sorted.
    pub repositories: Vec<String>,
    /// Count of changes in scope.
    pub changes: u64,
    /// Count of files.
    pub files: u64,
    /// Count of signed or unsigned statements.
    pub statements: u64,
    /// Count of holes in the population, notes left out.
    pub holes: u64,
    /// Problems.
    pub problems: ProblemCounts,
    /// Frameworks: id and short name.
    pub frameworks: Vec<(String, String)>,
    /// Version of the engine.
    pub engine: String,
    /// Where the policy in force comes from.
    pub policy: PolicySource,
    /// SHA-256 over the policy in force as reports print it.
    pub policy_sha256: String,
    /// Paths of the workpapers that lie among the files.
    pub papers: Vec<String>,
    /// Statements and commits whose signatures were checked, and how many there are to check, while that goes on.
    pub checking: Option<(u64, u64)>,
}

#[cfg(test)]
mod tests;
