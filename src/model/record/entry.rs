//! What stands beside changes: scans, inventories of components, tickets in detail, owners of code, and registers.
//!
//! They share one shape, because they are alike: something is named, perhaps with a person, a change or revision that it
//! is about, and dates; some hold a list of items (findings, components, approvals).

use super::super::moment::Moment;
use super::super::terms::Capture;
use super::{AccountRecord, Str};

/// What an entry is. The order is that of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Register {
    /// One run of a security scanner; its items are findings.
    #[default]
    Scan,
    /// A list of components (SBOM); its items are components.
    Inventory,
    /// A ticket; its items are fields (`risk`, `impact`, `back-out` …) and approvals.
    Ticket,
    /// A file of code owners; its items are lines: pattern and owners.
    CodeOwners,
    /// An AI system or tool, with its owner.
    AiSystem,
    /// The assurance of a vendor, with until when it holds.
    Vendor,
    /// A training that a person completed.
    Training,
    /// A policy that a person acknowledged.
    Acknowledgement,
    /// An incident, with the change or deployment that it was traced to.
    Incident,
    /// A review of access rights.
    AccessReview,
    /// A requirement and a test of it.
    Trace,
    /// What a reviewer states that they understood, about one revision.
    ReviewStatement,
    /// What an AI gateway or data-loss prevention said of a prompt.
    GatewayLog,
    /// The account that an agent acts under.
    AgentIdentity,
    /// The approval of a release.
    ReleaseApproval,
    /// A document that belongs to a change.
    Document,
    /// How long records of a kind are kept.
    Retention,
}

impl Register {
    /// Returns the plural noun that people read.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Scan => "scans",
            Self::Inventory => "component inventories",
            Self::Ticket => "ticket details",
            Self::CodeOwners => "files of code owners",
            Self::AiSystem => "AI systems",
            Self::Vendor => "vendor assurances",
            Self::Training => "trainings",
            Self::Acknowledgement => "policy acknowledgements",
            Self::Incident => "incidents",
            Self::AccessReview => "access reviews",
            Self::Trace => "traced requirements",
            Self::ReviewStatement => "review statements",
            Self::GatewayLog => "gateway log entries",
            Self::AgentIdentity => "agent identities",
            Self::ReleaseApproval => "release approvals",
            Self::Document => "documents",
            Self::Retention => "retention periods",
        }
    }
}

/// One entry. Empty text is "not said".
#[derive(Clone, Debug, Default)]
pub struct EntryRecord<'a> {
    /// What it is.
    pub register: Register,
    /// What it is about: the tool, the requirement, the vendor, the key of the ticket.
    pub subject: Str<'a>,
    /// Whom it names: owner, reviewer, approver, the person who was trained.
    pub person: Option<AccountRecord<'a>>,
    /// The change: `#12`, `owner/name#12`, the key of a ticket, or an object id.
    pub target: Str<'a>,
    /// The revision, at least 7 digits.
    pub revision: Str<'a>,
    /// When it was made, began, or was completed.
    pub at: Option<Moment>,
    /// Until when it holds.
    pub until: Option<Moment>,
    /// A word for its state or outcome, as written.
    pub state: Str<'a>,
    /// What else it says.
    pub detail: Str<'a>,
    /// How it is known.
    pub capture: Capture,
    /// Whether items were left out because there were too many.
    pub is_cut: bool,
    /// Findings, components, fields, approvals, lines; in the order of the file.
    pub items: Vec<ItemRecord<'a>>,
}

/// How serious a finding is by the scanner's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Not said.
    #[default]
    None,
    /// A note.
    Note,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

/// How a finding stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingState {
    /// Nobody dealt with it.
    #[default]
    Open,
    /// Suppressed, and nothing shows that anybody accepted it.
    Suppressed,
    /// Suppressed, and accepted on record.
    Accepted,
    /// It is gone, or no failure.
    Closed,
}

/// One item of an entry.
#[derive(Clone, Debug, Default)]
pub struct ItemRecord<'a> {
    /// Rule, component, field, pattern.
    pub name: Str<'a>,
    /// Place of the finding, licence of the component, value of the field, owners.
    pub detail: Str<'a>,
    /// How a finding stands.
    pub state: FindingState,
    /// How serious the scanner calls a finding.
    pub level: Level,
    /// Severity of a finding in tenths, 0 to 100, as CVSS counts; `None` where nothing says.
    pub severity: Option<u8>,
    /// Who approved.
    pub person: Option<AccountRecord<'a>>,
    /// When.
    pub at: Option<Moment>,
}

impl<'a> ItemRecord<'a> {
    /// Returns a field of a ticket; an empty value is a field that is there and empty.
    pub fn field(name: &'static str, detail: impl Into<Str<'a>>) -> Self {
        Self { name: name.into(), detail: detail.into(), ..Self::default() }
    }
}
