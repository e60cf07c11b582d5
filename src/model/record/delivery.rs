//! What happened to a change beside its review: tests, deployments, and who and what surrounds it.

use super::super::moment::Moment;
use super::super::place::Part;
use super::super::terms::ActorKind;
use super::{AccountRecord, ChangeKey, Str};

/// The outcome of tests or checks.
#[derive(Clone, Debug, Default)]
pub struct TestRunRecord<'a> {
    /// Name of the suite, check or workflow.
    pub name: Str<'a>,
    /// The revision that was tested; empty where the record does not say (JUnit never does).
    pub commit: Str<'a>,
    /// The change that it belongs to, where the record is inside one or names one.
    pub change: Option<ChangeKey<'a>>,
    /// Its outcome.
    pub outcome: Outcome,
    /// Counts, where the record has them: run, failed, skipped.
    pub counts: Option<(u32, u32, u32)>,
    /// When it started.
    pub started: Option<Moment>,
    /// When it ended.
    pub ended: Option<Moment>,
    /// Whether it is a test, as far as its name or format tells; a linter or a deployment status is not.
    pub is_test: bool,
    /// Where it is in its record.
    pub part: Option<Part>,
}

/// The outcome of a test run or check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Not said.
    #[default]
    Unknown,
    /// Everything that ran passed.
    Passed,
    /// Something failed.
    Failed,
    /// It did not run.
    Skipped,
    /// It has not ended.
    Running,
}

impl Outcome {
    /// Returns the word that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Running => "still running",
        }
    }
}

/// A deployment of a revision.
#[derive(Clone, Debug, Default)]
pub struct DeploymentRecord<'a> {
    /// `owner/name`, empty where not said.
    pub repository: Str<'a>,
    /// The forge's or tool's id.
    pub id: Str<'a>,
    /// The revision.
    pub commit: Str<'a>,
    /// Environment, for instance `production`.
    pub environment: Str<'a>,
    /// Who started it.
    pub creator: Option<AccountRecord<'a>>,
    /// Who approved it for the environment; `None` where not exported.
    pub approvers: Option<Vec<AccountRecord<'a>>>,
    /// When.
    pub at: Option<Moment>,
    /// Its outcome.
    pub outcome: Outcome,
    /// `true` for a record that only adds a state or an approval to the deployment of the same id.
    pub is_update: bool,
    /// Where it is in its record.
    pub part: Option<Part>,
}

/// A person and the accounts that are theirs.
#[derive(Clone, Debug, Default)]
pub struct PersonRecord<'a> {
    /// Name or id.
    pub name: Str<'a>,
    /// Logins and addresses.
    pub accounts: Vec<Str<'a>>,
    /// Kind.
    pub kind: ActorKind,
    /// Roles.
    pub roles: Vec<Str<'a>>,
    /// Until when their training or qualification holds.
    pub qualified_until: Option<Moment>,
}

/// One `.mailmap` line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasRecord<'a> {
    /// The name to use.
    pub name: Str<'a>,
    /// The address to use.
    pub email: Str<'a>,
    /// The name in commits; empty for any.
    pub commit_name: Str<'a>,
    /// The address in commits.
    pub commit_email: Str<'a>,
}

/// The protection of branches at the time of the export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtectionRecord<'a> {
    /// `owner/name`, empty where not said.
    pub repository: Str<'a>,
    /// Branch name or pattern (`main`, `~DEFAULT_BRANCH`); empty where not said.
    pub branch: Str<'a>,
    /// Whether it is enforced (a ruleset may be evaluated or disabled).
    pub enforced: bool,
    /// Approvals that it demands.
    pub required_approvals: Option<u32>,
    /// Whether new commits dismiss approvals.
    pub dismisses_stale: Option<bool>,
    /// Whether it binds administrators too.
    pub binds_administrators: Option<bool>,
    /// Count of actors that may bypass it.
    pub bypass_actors: Option<u32>,
    /// Whether checks must pass.
    pub requires_checks: Option<bool>,
    /// When the export was made, where it says so.
    pub exported: Option<Moment>,
}

/// What happened to a branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PushKind {
    /// Commits were pushed on top.
    #[default]
    Push,
    /// The branch was moved to something that does not hold what it held.
    Force,
    /// The branch was deleted.
    Deletion,
    /// Somebody who may overrode the protection of the branch.
    Override,
}

/// A push to a branch, or something else that happened to it on its forge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushRecord<'a> {
    /// `owner/name`, empty where not said.
    pub repository: Str<'a>,
    /// Branch or full reference.
    pub reference: Str<'a>,
    /// What happened.
    pub kind: PushKind,
    /// Object id of the tip before; empty where not said.
    pub before: Str<'a>,
    /// Object id of the tip after; empty where not said.
    pub after: Str<'a>,
    /// Who did it.
    pub actor: Option<AccountRecord<'a>>,
    /// When.
    pub at: Option<Moment>,
}

/// A ticket as its tracker exports it, to know when it was opened and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketDetailRecord<'a> {
    /// `owner/name` for a forge's issues; empty where the id says it all.
    pub repository: Str<'a>,
    /// `#12` or `KEY-12`.
    pub id: Str<'a>,
    /// When it was opened.
    pub created: Option<Moment>,
    /// Who opened it.
    pub author: Option<AccountRecord<'a>>,
}

/// A list as it was exported: how much there is, and whether it was cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListingRecord<'a> {
    /// `owner/name`, empty where not said.
    pub repository: Str<'a>,
    /// What is listed: `changes`, `reviews`, `review comments`, `commits`, `files`, `checks`, `deployments`, `tickets`,
    /// `issue comments`, `events`.
    pub of: &'static str,
    /// How it was made, as far as its shape tells (`gh pr list`, `REST pulls` …).
    pub source: &'static str,
    /// Count of elements.
    pub count: u64,
    /// The cap that it seems to have hit; `None` where it seems whole.
    pub cut_at: Option<u64>,
    /// When it was extracted, where it says so.
    pub extracted: Option<Moment>,
    /// Whether closed ones are among them, of what can be closed: a list without any may be one of the open ones alone, as
    /// GitHub gives when it is asked for nothing else.
    pub has_closed: bool,
}
