//! The outcome of one criterion, with its reason and the records behind it.

use crate::model::{Capture, Verdict};
use crate::store::Place;

/// The outcome of one criterion on a change or on the population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// How the evidence that decided is known: the weakest link of what `met` rests on, the strongest of what speaks
    /// against it.
    pub capture: Capture,
    /// The reason in words; empty unless it was asked for.
    pub reason: String,
    /// The records behind it, each with what it is; empty unless it was asked for.
    pub evidence: Vec<(String, Place)>,
    /// Inputs and thresholds of an indicator, label and value; empty unless it was asked for.
    pub inputs: Vec<(String, String)>,
    /// Whether words and evidence were asked for.
    explained: bool,
}

impl Finding {
    /// Returns a finding; the reason is only worded if `explain`.
    pub fn new(verdict: Verdict, capture: Capture, explain: bool, reason: impl FnOnce() -> String) -> Self {
        let reason = if explain { reason() } else { String::new() };
        Self { verdict, capture, reason, evidence: Vec::new(), inputs: Vec::new(), explained: explain }
    }

    /// Returns that nothing shows it either way.
    pub fn unproven(explain: bool, reason: &str) -> Self {
        Self::new(Verdict::Unproven, Capture::Inferred, explain, || reason.into())
    }

    /// Returns that it does not bear on the change, as the forge's own record shows.
    pub fn not_applicable(explain: bool, reason: &str) -> Self {
        Self::new(Verdict::NotApplicable, Capture::SystemObserved, explain, || reason.into())
    }

    /// Adds a record behind the verdict, if words were asked for.
    #[must_use]
    pub fn with(mut self, label: impl FnOnce() -> String, place: Place) -> Self {
        if self.explained {
            self.evidence.push((label(), place));
        }
        self
    }

    /// Adds records behind the verdict, if words were asked for.
    #[must_use]
    pub fn with_all<T>(
        mut self,
        items: impl IntoIterator<Item = T>,
        to: impl Fn(T) -> (String, Place),
    ) -> Self {
        if self.explained {
            self.evidence.extend(items.into_iter().take(MOST_EVIDENCE).map(to));
        }
        self
    }

    /// Adds an input of an indicator, if words were asked for.
    #[must_use]
    pub fn input(mut self, label: &str, value: impl FnOnce() -> String) -> Self {
        if self.explained {
            self.inputs.push((label.to_owned(), value()));
        }
        self
    }

    /// Returns the finding with another verdict and reason, on the same evidence.
    #[must_use]
    pub fn turned(self, verdict: Verdict, reason: String) -> Self {
        Self { verdict, reason, ..self }
    }
}

/// How many records are listed behind one verdict.
const MOST_EVIDENCE: usize = 25;
