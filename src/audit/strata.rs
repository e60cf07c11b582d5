//! What strata of a stratified sample are made by.

use super::listing::Item;
use crate::assess::Assessment;
use crate::assess::registry::CriterionIndex;
use crate::model::Verdict;
use crate::store::Known;

/// What strata are made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrataBy {
    /// AI involvement.
    Ai,
    /// Month of the merge.
    Month,
    /// Repository.
    Repository,
    /// Where it stands between paper and evidence.
    Standing,
    /// Labels of the sensitive paths that it touches.
    Sensitive,
    /// Whether its author merged it.
    SelfMerge,
    /// Whether its size or paths make it risky.
    Risk,
    /// Whether it is marked as urgent.
    Emergency,
}

impl StrataBy {
    /// All of them, each with its word.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Ai, "ai"),
        (Self::Month, "month"),
        (Self::Repository, "repository"),
        (Self::Standing, "standing"),
        (Self::Sensitive, "sensitive"),
        (Self::SelfMerge, "self-merge"),
        (Self::Risk, "risk"),
        (Self::Emergency, "emergency"),
    ];

    /// Returns the one of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(by, _)| *by)
    }

    /// Returns the stratum of an item.
    pub fn stratum(self, assessment: &Assessment, item: &Item) -> String {
        let change = &assessment.store.changes[assessment.scope[item.row].index()];
        match self {
            Self::Ai => assessment.ai.get(item.row).copied().unwrap_or_default().word().to_owned(),
            Self::Month => item.merged_at().get(..7).unwrap_or("unknown").to_owned(),
            Self::Repository => assessment.store.text(change.repository).to_owned(),
            Self::Standing => {
                assessment.standings.get(item.row).copied().unwrap_or_default().slug().to_owned()
            }
            Self::Sensitive => {
                let labels = &assessment.subject(item.row).sensitive;
                if labels.is_empty() { "other".to_owned() } else { labels.join(", ") }
            }
            Self::SelfMerge => match change.merged_by {
                Known::Is(merger) => {
                    let person = |account| assessment.store.person(account);
                    let is_self = change.author.is_some_and(|author| person(author) == person(merger));
                    if is_self { "merged by its author" } else { "merged by someone else" }
                }
                _ => "merger not known",
            }
            .to_owned(),
            Self::Risk => match assessment.subject(item.row).is_risky() {
                Some(true) => "risky",
                Some(false) => "not risky",
                None => "risk not known",
            }
            .to_owned(),
            Self::Emergency => urgency(assessment, item).to_owned(),
        }
    }
}

/// Says whether a change is marked as urgent: the criterion on urgent changes applies to no others.
fn urgency(assessment: &Assessment, item: &Item) -> &'static str {
    let criterion = CriterionIndex::of("release.emergency-reviewed");
    match criterion.map(|index| assessment.verdict(item.row, index)) {
        None => "not known",
        Some(Verdict::NotApplicable) => "not marked as urgent",
        Some(_) => "urgent",
    }
}
