//! Two sides of a comparison as the app shows them.

use serde::{Deserialize, Serialize};

use crate::compare::{Difference, Trend};
use crate::model::Verdict;

/// What the open bundle is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompareWith {
    /// Another bundle, or an exported assessment: the handles come beside the message, in the order of `paths`. The open
    /// bundle is the second side.
    Files {
        /// Path of each file.
        paths: Vec<String>,
        /// Name of the other side.
        name: String,
    },
    /// Two periods of the open bundle, each `[from, to)` as `YYYY-MM-DD`; empty for no bound.
    Periods {
        /// The first side.
        before: [String; 2],
        /// The second side.
        after: [String; 2],
    },
}

/// Which rows of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceOf {
    /// Changes as a whole.
    Changes,
    /// Criteria on changes and on the population.
    Criteria,
    /// Controls of frameworks.
    #[default]
    Controls,
}

impl DifferenceOf {
    /// All, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Controls, Self::Criteria, Self::Changes];

    /// Returns the word of the address.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Criteria => "criteria",
            Self::Controls => "controls",
        }
    }
}

/// A comparison at a glance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComparisonView {
    /// What was measured differently, in sentences.
    pub measured_differently: Vec<String>,
    /// The two sides.
    pub sides: Vec<SideView>,
    /// Where it leads.
    pub trend: Trend,
    /// How many rows of each kind there are: what they are of, what became of them, count.
    pub counts: Vec<(DifferenceOf, Difference, u64)>,
}

/// One side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideView {
    /// Name of the bundle.
    pub name: String,
    /// Digest of the bundle.
    pub sha256: String,
    /// Version of the engine.
    pub engine: String,
    /// Digest of the policy.
    pub policy: String,
    /// Changes in scope.
    pub changes: u64,
    /// The period in words.
    pub period: String,
}

/// A row of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceRow {
    /// What became of it.
    pub difference: Difference,
    /// Change id, `population`, or the framework's id.
    pub subject: String,
    /// Criterion or control; empty for a change as a whole.
    pub id: String,
    /// The control's id on the first side, where it was another.
    pub formerly: String,
    /// Verdict on the first side.
    pub before: Option<Verdict>,
    /// Verdict on the second.
    pub after: Option<Verdict>,
    /// Whether the subject is in the open bundle, so that it can be opened.
    pub is_here: bool,
}
