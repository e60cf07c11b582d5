//! The population: what was frozen, where it came from, and what is missing from it.

use serde::{Deserialize, Serialize};

use super::{EvidenceRow, PopulationRow};

/// The population.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationView {
    /// SHA-256 over its list.
    pub sha256: String,
    /// Count of its changes.
    pub size: u64,
    /// Start of the period, RFC 3339 in UTC; empty for none.
    pub from: String,
    /// End of the period, exclusive; empty for none.
    pub to: String,
    /// The zone in which dates were read and months are counted.
    pub zone: String,
    /// `merge` or `deployment`.
    pub effective: String,
    /// The files that it comes from.
    pub sources: Vec<SourceRow>,
    /// The verdicts on it.
    pub criteria: Vec<PopulationRow>,
    /// Holes by kind.
    pub groups: Vec<HoleGroup>,
    /// Changes and holes over time as SVG, drawn by the engine; trusted markup.
    pub timeline_svg: String,
}

/// A file that changes, commits, deployments or pushes come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// Path in the bundle.
    pub path: String,
    /// Its format's name.
    pub format: String,
    /// What was read from it, in words.
    pub records: String,
    /// When it was extracted; empty where nothing says so.
    pub extracted: String,
    /// How it was extracted; empty where nothing says so.
    pub how: String,
}

/// The holes of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoleGroup {
    /// Kind.
    pub kind: String,
    /// What they are, in words.
    pub title: String,
    /// Whether they are notes and no gaps by themselves.
    pub is_note: bool,
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub holes: Vec<Hole>,
}

/// Something missing from the population, or not belonging to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// In words.
    pub text: String,
    /// The commit, number, month or list that is named.
    pub subject: String,
    /// When it came about, `YYYY-MM-DD HH:MM` in UTC; empty where not known.
    pub at: String,
    /// Id of the change that it is about; empty for none.
    pub change: String,
    /// Where it is seen.
    pub evidence: Option<EvidenceRow>,
}
