//! What several criteria find of a change for one reason.

use serde::{Deserialize, Serialize};

use crate::model::Verdict;

/// What several criteria find of a change for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseRow {
    /// The fact, in words.
    pub text: String,
    /// Unmet or unproven.
    pub verdict: Verdict,
    /// Ids of the criteria, at least two.
    pub criteria: Vec<String>,
}
