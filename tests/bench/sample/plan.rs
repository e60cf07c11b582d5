//! What happened: every change of the quarter, and what is wrong with it.
//!
//! The expectations of `tests/sample.rs` come from here, not from the engine: [`Quirk::unmet`] says which criteria each
//! quirk contradicts, and nothing else may be unmet.

use super::people::*;

/// Where a change is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repository {
    /// `acme/payments`, exported in full.
    Payments,
    /// `acme/ledger`, exported without checks and linked issues, and without its history.
    Ledger,
}

/// How it came to the branch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    Squash,
    Merge,
    Rebase,
}

/// What is on record of AI's part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ai {
    /// Nothing.
    Unknown,
    /// git-ai notes on all commits that find none.
    None,
    /// The description says that there was none.
    SaidNone,
    /// A git-ai note with tool and model.
    Note(&'static str, &'static str),
    /// A git-ai note without the prompt.
    NoPrompt(&'static str, &'static str),
    /// A trailer or mark, and nothing else.
    Typed(&'static str),
}

/// What is wrong with a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quirk {
    Nothing,
    SecondAccount,
    BotApproval,
    AgentApproval,
    Stale,
    /// Stale, with an exception that has expired.
    StaleExpired,
    AfterMerge,
    /// Approved after the merge, with an exception in force.
    Emergency,
    Objection,
    Instant,
    SensitiveBare,
    OneSitting,
    NoTicket,
    TicketLater,
    Denied,
    AgentInitiator,
    UnapprovedTool,
    FloatingModel,
    Stray,
    Dangling,
    SameSession,
    TestsFailed,
    TestsSkipped,
    NoTestCheck,
    TestsElsewhere,
    /// The checks are not in the forge's list; a report named after the commit shows them.
    ReportOnly,
    DeployedByAuthor,
    DeployedByPrompter,
    DeployedByService,
    ReleaseApprovedByAuthor,
    NoReview,
    Unprotected,
    BoundElsewhere,
    /// The statement about it was changed after it was signed.
    Tampered,
    /// The statement about it follows on another revision than the branch does.
    Discontinued,
    Clock,
    DirectPush,
    /// On the branch with a number that no export holds.
    NotExported,
    /// Merged, and not on the branch.
    OffBranch,
    /// Merged after the last deployment.
    NotDeployed,
}

impl Quirk {
    /// Returns the criteria that it contradicts.
    pub fn unmet(self) -> &'static [&'static str] {
        match self {
            Self::Nothing
            | Self::Emergency
            | Self::ReportOnly
            | Self::DeployedByService
            | Self::NotExported
            | Self::OffBranch
            | Self::NotDeployed => &[],
            Self::SecondAccount => &["review.independent"],
            Self::BotApproval | Self::AgentApproval => &["review.human"],
            Self::Stale | Self::StaleExpired => &["review.current-revision"],
            Self::AfterMerge => &["review.before-merge"],
            Self::Objection => &["review.uncontested"],
            Self::Instant | Self::SensitiveBare | Self::OneSitting => &["review.depth"],
            Self::NoTicket => &["authorisation.ticketed"],
            Self::TicketLater => &["authorisation.before-work"],
            Self::Denied => &["ai.disclosed"],
            Self::AgentInitiator => &["ai.initiator"],
            Self::UnapprovedTool => &["ai.tool-approved"],
            Self::FloatingModel => &["ai.model-pinned"],
            Self::Stray | Self::Dangling => &["ai.attribution-consistent"],
            Self::SameSession => &["tests.independent"],
            Self::TestsFailed => &["tests.passed"],
            Self::TestsSkipped | Self::NoTestCheck | Self::TestsElsewhere => &["tests.ran"],
            Self::DeployedByAuthor | Self::DeployedByPrompter => &["release.deployer-independent"],
            Self::ReleaseApprovedByAuthor => &["release.approver-independent"],
            Self::NoReview => &["review.human", "review.independent", "release.approver-independent"],
            Self::Unprotected | Self::DirectPush => &["release.protected"],
            Self::BoundElsewhere => &["integrity.bound"],
            Self::Tampered => &["integrity.signature"],
            Self::Discontinued => &["integrity.continuity"],
            Self::Clock => &["integrity.clock"],
        }
    }
}

/// The part of the product that a change touches: its code, and the tests of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    pub code: &'static str,
    pub tests: &'static str,
    pub branch: &'static str,
}

const fn area(branch: &'static str, code: &'static str, tests: &'static str) -> Area {
    Area { code, tests, branch }
}

const CAPTURE: Area = area("capture", "src/capture.rs", "tests/capture.rs");
const REFUND: Area = area("refund", "src/refund.rs", "tests/refund.rs");
const WEBHOOK: Area = area("webhook", "src/webhook.rs", "tests/webhook.rs");
const CLIENT: Area = area("ledger", "src/ledger_client.rs", "tests/ledger_client.rs");
/// Cardholder data, by the policy.
const VAULT: Area = area("vault", "src/vault.rs", "tests/vault.rs");
const FRAUD: Area = area("fraud", "src/fraud.rs", "tests/fraud.rs");
const API: Area = area("api", "src/api.rs", "tests/api.rs");
const REPORT: Area = area("report", "src/settlement.rs", "tests/settlement.rs");
/// Production configuration, by the policy.
const DEPLOY: Area = area("deploy", "deploy/production.yaml", "deploy/production.yaml");
const DOCS: Area = area("docs", "docs/runbook.md", "docs/runbook.md");
const DEPS: Area = area("dependabot/cargo", "Cargo.lock", "Cargo.lock");
const POSTING: Area = area("posting", "src/posting.rs", "tests/posting.rs");
const BALANCE: Area = area("balance", "src/balance.rs", "tests/balance.rs");

/// One change.
#[derive(Clone, Copy)]
pub struct Row {
    pub repository: Repository,
    /// Month and day on which it was opened.
    pub on: (u32, u32),
    pub title: &'static str,
    pub author: &'static Person,
    pub reviewer: &'static Person,
    pub area: Area,
    /// Whether it touches tests.
    pub tests: bool,
    /// Added and deleted lines.
    pub lines: (u32, u32),
    pub how: How,
    pub ai: Ai,
    /// Who asked the agent, where an agent is the author.
    pub asked: Option<&'static Person>,
    pub quirk: Quirk,
}

const OPUS: Ai = Ai::Note("claude", "claude-opus-4-5-20251101");
const SONNET: Ai = Ai::Note("claude", "claude-sonnet-4-5-20250929");
const CURSOR: Ai = Ai::Note("cursor", "gpt-5.1-codex");
const AGENT: Ai = Ai::Note("copilot", "claude-sonnet-4.5");

/// Returns the changes of the quarter, in the order in which they were opened.
pub fn rows() -> Vec<Row> {
    let mut rows = july();
    rows.extend(august());
    rows.extend(september());
    rows.extend(ledger().into_iter().map(Row::of_ledger));
    rows.sort_by_key(|row| row.on);
    rows
}

#[expect(clippy::too_many_arguments, reason = "a table reads best as one row a line")]
fn row(
    on: (u32, u32),
    title: &'static str,
    author: &'static Person,
    reviewer: &'static Person,
    area: Area,
    tests: bool,
    lines: (u32, u32),
    how: How,
    ai: Ai,
    quirk: Quirk,
) -> Row {
    let repository = Repository::Payments;
    Row { repository, on, title, author, reviewer, area, tests, lines, how, ai, asked: None, quirk }
}

impl Row {
    fn asked_by(self, person: &'static Person) -> Self {
        Self { asked: Some(person), ..self }
    }

    fn of_ledger(self) -> Self {
        Self { repository: Repository::Ledger, ..self }
    }

    /// Returns whether the policy calls its paths sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.area == VAULT || self.area == DEPLOY
    }

    /// Returns the person who asked the AI, where one did.
    pub fn initiator(&self) -> &'static Person {
        self.asked.unwrap_or(self.author)
    }

    /// Returns whether it is a pull request in the export.
    pub fn is_exported(&self) -> bool {
        !matches!(self.quirk, Quirk::DirectPush | Quirk::NotExported)
    }

    /// Returns all criteria that must be unmet.
    pub fn unmet(&self) -> Vec<&'static str> {
        let mut unmet = self.quirk.unmet().to_vec();
        if matches!(self.ai, Ai::Typed(_) | Ai::SaidNone) {
            unmet.push("integrity.not-only-typed");
        }
        // Nobody opens a ticket for a dependency's update.
        if self.author.login == DEPENDABOT.login {
            unmet.push("authorisation.ticketed");
        }
        // The contractor's qualification ended with August (`people.csv`).
        if self.reviewer.login == LUCAS.login && self.author.login != LUCAS.login && self.on > (8, 31) {
            unmet.push("review.qualified");
        }
        unmet.sort_unstable();
        unmet
    }

    /// Returns where it must stand.
    pub fn standing(&self) -> &'static str {
        const OUTSIDE_THE_FUNNEL: [&str; 13] = [
            "authorisation.ticketed",
            "authorisation.before-work",
            "ai.tool-approved",
            "ai.attribution-consistent",
            "review.uncontested",
            "review.qualified",
            "release.approver-independent",
            "release.protected",
            "integrity.bound",
            "integrity.signature",
            "integrity.continuity",
            "integrity.not-only-typed",
            "integrity.clock",
        ];
        let is_in_funnel = |id: &&str| !OUTSIDE_THE_FUNNEL.contains(id);
        match self.quirk {
            Quirk::NoReview => return "unapproved",
            Quirk::DirectPush | Quirk::NotExported => return "unknown",
            _ => {}
        }
        if self.unmet().iter().any(is_in_funnel) {
            return "contradicted";
        }
        let lacks_ai = matches!(self.ai, Ai::Unknown | Ai::NoPrompt(..) | Ai::Typed(_));
        // Keys that nobody defines leave the tool and model behind them unknown.
        let lacks_model = self.quirk == Quirk::Dangling || matches!(self.ai, Ai::Note(_, ""));
        let lacks_release =
            matches!(self.quirk, Quirk::NotDeployed | Quirk::OffBranch | Quirk::DeployedByService);
        let lacks_checks = self.repository == Repository::Ledger;
        if lacks_ai || lacks_model || lacks_release || lacks_checks { "unevidenced" } else { "substantiated" }
    }
}

use How::{Merge, Rebase, Squash};
use Quirk::*;

#[rustfmt::skip]
fn july() -> Vec<Row> {
    let unknown = Ai::Unknown;
    vec![
        row((7, 1), "Retry captures after a gateway timeout", &MARA, &JONAS, CAPTURE, true, (84, 12), Squash, unknown, Nothing),
        row((7, 2), "Round settlement totals half to even", &TOBIAS, &PRIYA, REPORT, true, (46, 18), Merge, unknown, Nothing),
        row((7, 3), "Log the acquirer's reference with each refund", &CHIARA, &MARA, REFUND, false, (22, 4), Squash, unknown, NoTicket),
        row((7, 6), "Reject expired card tokens before authorisation", &JONAS, &SOFIA, VAULT, true, (61, 9), Squash, unknown, Nothing),
        row((7, 7), "Move webhook delivery to its own queue", &PRIYA, &OWEN, WEBHOOK, true, (310, 120), Merge, unknown, Nothing),
        row((7, 8), "Bump tokio from 1.44.1 to 1.44.2", &DEPENDABOT, &OWEN, DEPS, false, (6, 6), Squash, unknown, Nothing),
        row((7, 9), "Return 409 for a repeated idempotency key", &JONAS, &JONAS_TOO, API, true, (37, 5), Squash, unknown, SecondAccount),
        row((7, 10), "Add the currency to the refund event", &TOBIAS, &CHIARA, REFUND, false, (33, 5), Rebase, unknown, Nothing),
        row((7, 13), "Time out calls to the ledger after two seconds", &MARA, &PRIYA, CLIENT, true, (58, 11), Squash, unknown, TestsElsewhere),
        row((7, 14), "Generate types for the refund endpoints", &CHIARA, &OWEN, API, false, (1180, 40), Squash, unknown, Instant),
        row((7, 15), "Drop the unused SOAP adapter", &OWEN, &MARA, CLIENT, false, (20, 610), Squash, unknown, OneSitting),
        row((7, 16), "Raise the size of the connection pool", &LUCAS, &LUCAS, DEPLOY, false, (1, 1), Squash, unknown, DirectPush),
        row((7, 17), "Alert when the capture backlog grows", &JONAS, &TOBIAS, CAPTURE, false, (40, 2), Squash, Ai::Typed("Co-authored-by: Claude <noreply@anthropic.com>"), Nothing),
        row((7, 20), "Record AI sessions with git-ai", &OWEN, &PRIYA, DOCS, false, (31, 2), Merge, Ai::None, Nothing),
        row((7, 21), "Validate the merchant id in webhook headers", &MARA, &TOBIAS, WEBHOOK, true, (52, 6), Squash, Ai::None, Nothing),
        row((7, 22), "Mask card numbers in error reports", &SOFIA, &JONAS, VAULT, true, (38, 12), Merge, Ai::None, Nothing),
        row((7, 23), "Cache exchange rates for an hour", &TOBIAS, &CHIARA, REPORT, false, (71, 9), Squash, Ai::None, Stale),
        row((7, 24), "Refuse refunds above the captured amount", &JONAS, &MARA, REFUND, true, (64, 8), Merge, SONNET, Nothing),
        row((7, 28), "Bump serde_json from 1.0.140 to 1.0.141", &DEPENDABOT, &PRIYA, DEPS, false, (4, 4), Squash, unknown, Nothing),
        row((7, 30), "Rename the states of a capture", &TOBIAS, &PRIYA, CAPTURE, true, (96, 88), Squash, SONNET, Nothing),
    ]
}

#[rustfmt::skip]
fn august() -> Vec<Row> {
    vec![
        row((8, 3), "Sign outgoing webhooks", &PRIYA, &SOFIA, WEBHOOK, true, (143, 12), Merge, OPUS, Nothing),
        row((8, 4), "Show the decline reason in the console", &CHIARA, &MARA, API, false, (40, 3), Squash, Ai::SaidNone, Nothing),
        row((8, 4), "Export chargebacks as a table", &JONAS, &TOBIAS, REPORT, true, (110, 4), Squash, Ai::NoPrompt("cursor", "gpt-5.1-codex"), Nothing),
        row((8, 5), "Tighten the fraud score of prepaid cards", &TOBIAS, &OWEN, FRAUD, false, (47, 19), Squash, SONNET, Denied),
        row((8, 6), "Reuse connections to the gateway", &MARA, &PRIYA, CAPTURE, false, (88, 40), Merge, Ai::None, TestsFailed),
        row((8, 7), "Delete the tokens of closed accounts", &JONAS, &CHIARA, VAULT, false, (73, 5), Squash, Ai::None, SensitiveBare),
        row((8, 10), "Add a health endpoint", &CHIARA, &APPROVER, API, true, (35, 0), Squash, Ai::None, BotApproval),
        row((8, 11), "Fix the rounding of partial captures", &MARA, &MARA, CAPTURE, false, (12, 6), Squash, Ai::None, NoReview),
        row((8, 12), "Raise the limit of webhook retries", &TOBIAS, &CHIARA, WEBHOOK, false, (6, 2), Squash, Ai::None, AfterMerge),
        row((8, 13), "Write settlement lines in batches", &PRIYA, &OWEN, REPORT, true, (152, 61), Squash, OPUS, SameSession),
        row((8, 14), "Split the vault's client from its cache", &SOFIA, &OWEN, VAULT, true, (205, 140), Merge, OPUS, Nothing),
        row((8, 17), "Read fraud rules from the table", &TOBIAS, &MARA, FRAUD, true, (118, 22), Squash, Ai::Note("windsurf", "swe-1.5"), UnapprovedTool),
        row((8, 18), "Bump rustls from 0.23.28 to 0.23.31", &DEPENDABOT, &SOFIA, DEPS, false, (12, 12), Squash, Ai::Unknown, Nothing),
        row((8, 19), "Page through chargebacks", &JONAS, &TOBIAS, API, true, (77, 10), Squash, Ai::None, StaleExpired),
        row((8, 20), "Stop retrying declined captures", &CHIARA, &PRIYA, CAPTURE, true, (44, 13), Merge, Ai::None, ReportOnly),
        row((8, 21), "Pin the base image", &LUCAS, &OWEN, DEPLOY, false, (2, 2), Squash, Ai::Unknown, NotExported),
        row((8, 24), "Time limits for 3-D Secure challenges", &MARA, &JONAS, API, false, (91, 14), Squash, Ai::Note("claude", "claude-sonnet-latest"), FloatingModel),
        row((8, 25), "Write the reason of a refund to the ledger", &TOBIAS, &CHIARA, CLIENT, true, (57, 9), Squash, Ai::None, DeployedByAuthor),
        row((8, 27), "Keep the acquirer's raw response", &JONAS, &MARA, CAPTURE, false, (66, 5), Merge, Ai::None, Objection),
        row((8, 28), "Let merchants resend webhooks", &COPILOT, &TOBIAS, WEBHOOK, true, (131, 6), Squash, AGENT, Nothing).asked_by(&CHIARA),
        row((8, 31), "Count retries by acquirer", &CHIARA, &OWEN, CAPTURE, false, (39, 8), Squash, Ai::None, TestsSkipped),
    ]
}

#[rustfmt::skip]
fn september() -> Vec<Row> {
    vec![
        row((9, 1), "Make refunds idempotent", &JONAS, &PRIYA, REFUND, true, (164, 37), Merge, OPUS, Nothing),
        row((9, 2), "Rotate tokens in a job of its own", &SOFIA, &OWEN, VAULT, true, (119, 45), Squash, Ai::Note("claude", ""), Discontinued),
        row((9, 3), "Index chargebacks by merchant", &COPILOT, &MARA, REPORT, true, (58, 3), Squash, AGENT, DeployedByPrompter).asked_by(&JONAS),
        row((9, 4), "Refund in the original currency", &TOBIAS, &CHIARA, REFUND, true, (92, 20), Squash, SONNET, Stray),
        row((9, 7), "Stop the second capture of split orders", &MARA, &PRIYA, CAPTURE, false, (18, 7), Squash, Ai::None, Emergency),
        row((9, 8), "Compare the settlement with the bank's file", &PRIYA, &JONAS, REPORT, true, (240, 18), Squash, OPUS, Tampered),
        row((9, 9), "Limit exports from the console", &COPILOT, &OWEN, API, true, (45, 6), Squash, AGENT, AgentInitiator),
        row((9, 10), "Group declines by issuer", &CHIARA, &TOBIAS, REPORT, true, (101, 11), Squash, SONNET, Dangling),
        row((9, 11), "Cover the gateway's new error codes", &JONAS, &MARA, CAPTURE, true, (70, 2), Squash, SONNET, TicketLater),
        row((9, 14), "Rotate the secrets of webhooks", &SOFIA, &PRIYA, WEBHOOK, true, (88, 16), Squash, OPUS, Unprotected),
        row((9, 15), "Hold suspicious refunds for a person", &TOBIAS, &CHIARA, FRAUD, true, (133, 9), Squash, CURSOR, BoundElsewhere),
        row((9, 16), "Check mandates before a direct debit", &MARA, &JONAS, API, true, (97, 14), Squash, SONNET, Clock),
        row((9, 17), "Run three replicas in production", &OWEN, &PRIYA, DEPLOY, false, (24, 3), Squash, Ai::None, ReleaseApprovedByAuthor),
        row((9, 18), "Summarise payouts by week", &CHIARA, &CODERABBIT, REPORT, true, (86, 12), Squash, SONNET, AgentApproval),
        row((9, 21), "Block refunds to closed cards", &JONAS, &SOFIA, REFUND, true, (61, 8), Squash, SONNET, Nothing),
        row((9, 22), "Send notices of payouts", &TOBIAS, &MARA, WEBHOOK, false, (55, 4), Squash, Ai::Typed("Assisted-by: Claude Code (Sonnet 4.5)"), Nothing),
        row((9, 23), "Cache the limits of acquirers", &PRIYA, &OWEN, CLIENT, false, (49, 5), Squash, Ai::None, OffBranch),
        row((9, 24), "Show the schedule of payouts", &COPILOT, &CHIARA, API, true, (112, 8), Squash, AGENT, Nothing).asked_by(&TOBIAS),
        row((9, 25), "Use the second fraud model", &MARA, &TOBIAS, FRAUD, true, (174, 66), Squash, OPUS, DeployedByService),
        row((9, 28), "Retry payouts after a bank holiday", &JONAS, &PRIYA, REPORT, true, (68, 7), Squash, SONNET, NoTestCheck),
        row((9, 28), "Translate the reasons of declines", &CHIARA, &JONAS, API, false, (54, 2), Squash, Ai::None, NotDeployed),
        row((9, 29), "Trace a capture from end to end", &PRIYA, &OWEN, CAPTURE, true, (127, 19), Squash, OPUS, NotDeployed),
    ]
}

#[rustfmt::skip]
fn ledger() -> Vec<Row> {
    let unknown = Ai::Unknown;
    vec![
        row((7, 6), "LED-131: Post in the currency of the account", &LUCAS, &OWEN, POSTING, true, (76, 21), Squash, unknown, Nothing),
        row((7, 15), "LED-134: Refuse postings to closed periods", &CHIARA, &LUCAS, POSTING, true, (48, 4), Squash, unknown, Nothing),
        row((7, 22), "LED-137: Speed up the trial balance", &LUCAS, &TOBIAS, BALANCE, false, (93, 61), Squash, unknown, Stale),
        row((8, 3), "LED-140: Keep postings for ten years", &OWEN, &LUCAS, POSTING, false, (17, 3), Squash, Ai::SaidNone, Nothing),
        row((8, 11), "LED-142: Reverse a posting in one step", &LUCAS, &CHIARA, POSTING, true, (104, 12), Squash, unknown, Nothing),
        row((8, 20), "Fix a typo in the balance header", &LUCAS, &LUCAS, BALANCE, false, (1, 1), Squash, unknown, NoReview),
        row((8, 27), "LED-147: Close a period by command", &LUCAS, &OWEN, BALANCE, true, (139, 8), Squash, Ai::Typed("Co-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>"), Nothing),
        row((9, 8), "LED-150: Show who posted", &TOBIAS, &LUCAS, POSTING, true, (44, 6), Squash, unknown, Nothing),
        row((9, 16), "LED-153: Reconcile in both directions", &LUCAS, &OWEN, BALANCE, true, (158, 37), Squash, Ai::Typed("Assisted-by: GitHub Copilot (GPT-5.1)"), Nothing),
        row((9, 24), "LED-155: Explain a difference", &CHIARA, &LUCAS, BALANCE, false, (62, 9), Squash, unknown, Nothing),
    ]
}
