//! What would close the most of the gap.

use std::cmp::Reverse;

use crate::assess::Assessment;
use crate::assess::registry::CriterionIndex;
use crate::model::Verdict;
use crate::protocol::{Closer, Standing};

use super::filter::criterion_term;

/// Returns, for each criterion of the funnel, how many changes of the gap it holds back by being unmet or unproven; the
/// most first.
///
/// The gap is what is approved on paper and not substantiated; only criteria of the funnel hold a change back.
pub fn closers(assessment: &Assessment) -> Vec<Closer> {
    let mut criteria: Vec<CriterionIndex> = assessment
        .policy
        .funnel
        .iter()
        .flat_map(|step| &step.criteria)
        .filter_map(|id| CriterionIndex::of(id))
        .collect();
    crate::order::sort(&mut criteria);
    criteria.dedup();
    let in_gap: Vec<usize> = (0..assessment.scope.len())
        .filter(|&row| {
            matches!(assessment.standings.get(row), Some(Standing::Contradicted | Standing::Unevidenced))
        })
        .collect();
    let mut closers = Vec::new();
    for criterion in criteria {
        let bears = |pack: &crate::framework::Pack| {
            pack.controls.iter().filter(|c| c.bears_on(criterion)).count() as u64
        };
        let controls = assessment.packs.iter().map(bears).sum();
        for verdict in [Verdict::Unmet, Verdict::Unproven] {
            let changes =
                in_gap.iter().filter(|&&row| assessment.verdict(row, criterion) == verdict).count() as u64;
            if changes > 0 {
                closers.push(Closer {
                    text: criterion.criterion().closes.to_owned(),
                    criterion: criterion.criterion().id.to_owned(),
                    verdict,
                    changes,
                    controls,
                    query: format!(
                        "paper:met -standing:substantiated {}",
                        criterion_term(criterion, verdict)
                    ),
                });
            }
        }
    }
    crate::order::sort_by_key(&mut closers, |closer| {
        (Reverse(closer.changes), Reverse(closer.controls), closer.verdict == Verdict::Unproven)
    });
    closers
}
