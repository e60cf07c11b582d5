//! What decides a control: a formula over criteria, one level deep, and the predicates that say whether it applies.
//!
//! `all` is the worst of its entries, `any` the best; entries that are not applicable are left out, and a formula of
//! nothing but such entries is not applicable itself.

use crate::assess::registry::CriterionIndex;
use crate::model::Verdict;

use super::words::Applies;

/// A formula over criteria.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// One criterion.
    One(CriterionIndex),
    /// All of them: the worst verdict.
    All(Vec<Self>),
    /// One of them: the best verdict.
    Any(Vec<Self>),
    /// Nothing that this tool reads can decide it: always unproven. The control says why in `beyond`.
    Beyond,
}

impl Needs {
    /// Returns the verdict of the formula; `of` gives the verdict of a criterion.
    pub fn verdict(&self, of: &impl Fn(CriterionIndex) -> Verdict) -> Verdict {
        match self {
            Self::One(criterion) => of(*criterion),
            Self::All(entries) => {
                entries.iter().map(|entry| entry.verdict(of)).max().unwrap_or(Verdict::NotApplicable)
            }
            Self::Any(entries) => entries
                .iter()
                .map(|entry| entry.verdict(of))
                .filter(|&verdict| verdict != Verdict::NotApplicable)
                .min()
                .unwrap_or(Verdict::NotApplicable),
            Self::Beyond => Verdict::Unproven,
        }
    }

    /// Returns the criteria of the formula, in the order of the pack, repetitions included.
    pub fn criteria(&self) -> Vec<CriterionIndex> {
        match self {
            Self::One(criterion) => vec![*criterion],
            Self::All(entries) | Self::Any(entries) => entries.iter().flat_map(Self::criteria).collect(),
            Self::Beyond => Vec::new(),
        }
    }

    /// Writes the formula: `a`, `all of a, b`, `a, and any of b, c`; `nothing on file` for [`Self::Beyond`].
    pub fn words(&self) -> String {
        let list = |word: &str, entries: &[Self]| {
            let inner: Vec<String> = entries
                .iter()
                .map(|entry| match entry {
                    Self::One(criterion) => criterion.criterion().id.to_owned(),
                    nested => format!("({})", nested.words()),
                })
                .collect();
            if inner.len() == 1 { inner.concat() } else { format!("{word} {}", inner.join(", ")) }
        };
        match self {
            Self::One(criterion) => criterion.criterion().id.to_owned(),
            Self::All(entries) => list("all of", entries),
            Self::Any(entries) => list("any of", entries),
            Self::Beyond => "nothing on file".to_owned(),
        }
    }
}

/// The predicates of a change that decide which controls apply to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Predicates {
    /// AI is known to have taken part.
    pub ai: bool,
    /// AI is not known to have had no part.
    pub ai_possible: bool,
    /// A deployment of it is on record.
    pub deployed: bool,
    /// Its size or paths make it risky.
    pub risky: bool,
    /// At least one human review is on record.
    pub manual_review: bool,
    /// Systems of the policy that it is known not to belong to, one bit each.
    pub beyond: u64,
}

impl Predicates {
    /// Returns whether a control applies to the change; one that is decided on the population applies to no change.
    pub const fn hold(self, applies: Applies) -> bool {
        match applies {
            Applies::InScope => true,
            Applies::Ai => self.ai,
            Applies::AiPossible => self.ai_possible,
            Applies::Deployed => self.deployed,
            Applies::Risky => self.risky,
            Applies::ManualReview => self.manual_review,
            Applies::Population => false,
        }
    }

    /// Returns whether the change may belong to the system of a bit; every change does where there is none.
    pub const fn may_belong(self, bit: Option<u8>) -> bool {
        match bit {
            Some(bit) => self.beyond >> bit & 1 == 0,
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Excepted, Met, NotApplicable, Unmet, Unproven};

    fn of(verdicts: &[Verdict]) -> impl Fn(CriterionIndex) -> Verdict {
        move |criterion| verdicts[criterion.index()]
    }

    fn entries(count: u8) -> Vec<Needs> {
        (0..count).map(|at| Needs::One(CriterionIndex(at))).collect()
    }

    #[test]
    fn all_is_the_worst_of_what_applies() {
        let all = Needs::All(entries(3));
        assert_eq!(all.verdict(&of(&[Met, Unproven, Excepted])), Unproven);
        assert_eq!(all.verdict(&of(&[Met, Unproven, Unmet])), Unmet);
        assert_eq!(all.verdict(&of(&[NotApplicable, Met, NotApplicable])), Met);
        assert_eq!(all.verdict(&of(&[NotApplicable; 3])), NotApplicable);
    }

    #[test]
    fn any_is_the_best_of_what_applies() {
        let any = Needs::Any(entries(3));
        assert_eq!(any.verdict(&of(&[Unmet, Unproven, Excepted])), Excepted);
        assert_eq!(any.verdict(&of(&[Unmet, NotApplicable, Unproven])), Unproven);
        assert_eq!(any.verdict(&of(&[Unmet, NotApplicable, NotApplicable])), Unmet);
        assert_eq!(any.verdict(&of(&[NotApplicable; 3])), NotApplicable);
    }

    #[test]
    fn a_formula_that_nothing_decides_is_never_met() {
        assert_eq!(Needs::Beyond.verdict(&of(&[Met; 3])), Unproven);
    }

    #[test]
    fn formulas_are_written_in_words() {
        let nested = Needs::All(vec![Needs::One(CriterionIndex(0)), Needs::Any(entries(2))]);
        assert_eq!(
            nested.words(),
            "all of population.source-known, (any of population.source-known, population.complete)"
        );
        assert_eq!(nested.criteria().len(), 3);
    }
}
