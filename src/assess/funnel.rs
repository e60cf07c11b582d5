//! Standing and funnel: what is left of "approved on paper", step by step (design §4).

use std::collections::BTreeMap;

use crate::model::{Capture, Verdict};
use crate::policy::{Policy, worst};
use crate::protocol::Standing;

use super::Assessment;
use super::registry::CriterionIndex;

/// One step of the funnel, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelCount {
    /// Stable id: `merged`, `paper`, then those of the policy.
    pub id: String,
    /// What it says.
    pub title: String,
    /// The criteria that make it up.
    pub criteria: Vec<String>,
    /// Rows that are proven up to and including this step.
    pub proven: Vec<u32>,
    /// Rows that are not contradicted up to and including this step.
    pub uncontradicted: Vec<u32>,
    /// Rows, of those not contradicted before this step, that it finds unmet.
    pub unmet: Vec<u32>,
    /// Rows, of those not contradicted before this step, that are unproven here.
    pub unproven: Vec<u32>,
    /// Why they are lost: by criterion and verdict, the most frequent first.
    pub lost: Vec<LostGroup>,
    /// Whether nothing in the bundle shows this step for any change.
    pub is_silent: bool,
}

/// Rows that one step loses for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostGroup {
    /// The criterion; empty for the step "approved on paper".
    pub criterion: &'static str,
    /// Unmet or unproven.
    pub verdict: Verdict,
    /// How many.
    pub count: u64,
}

/// Returns the criteria that the steps of a policy's funnel ask for.
pub fn criteria(policy: &Policy) -> Vec<CriterionIndex> {
    let ids = policy.funnel.iter().flat_map(|step| &step.criteria);
    ids.filter_map(|id| CriterionIndex::of(id)).collect()
}

/// Returns where a change stands, from its approval on paper and its verdicts.
///
/// `criteria` are those of the funnel ([`criteria`]), which are the same for all changes.
pub fn standing(criteria: &[CriterionIndex], paper: Verdict, verdicts: &[(Verdict, Capture)]) -> Standing {
    match paper {
        Verdict::Unmet => return Standing::Unapproved,
        Verdict::Unproven => return Standing::Unknown,
        Verdict::Met | Verdict::Excepted | Verdict::NotApplicable => {}
    }
    let of = |criterion: &CriterionIndex| verdicts.get(criterion.index()).map(|(verdict, _)| *verdict);
    match worst(criteria.iter().filter_map(of)) {
        Verdict::Unmet => Standing::Contradicted,
        Verdict::Unproven => Standing::Unevidenced,
        Verdict::Met | Verdict::Excepted | Verdict::NotApplicable => Standing::Substantiated,
    }
}

/// Counts the funnel over all rows.
pub fn count(assessment: &Assessment) -> Vec<FunnelCount> {
    let rows: Vec<u32> = (0..u32::try_from(assessment.scope.len()).unwrap_or(u32::MAX)).collect();
    let merged = FunnelCount {
        id: "merged".into(),
        title: "Merged to a protected branch".into(),
        criteria: Vec::new(),
        proven: rows.clone(),
        uncontradicted: rows,
        unmet: Vec::new(),
        unproven: Vec::new(),
        lost: Vec::new(),
        is_silent: false,
    };
    let mut steps = vec![merged];
    let paper = narrow(&steps[0], "paper", "Approved on paper", &[], |row| {
        vec![("", assessment.paper[row as usize])]
    });
    steps.push(paper);
    for step in &assessment.policy.funnel {
        let criteria: Vec<CriterionIndex> =
            step.criteria.iter().filter_map(|id| CriterionIndex::of(id)).collect();
        let of = |row: u32| {
            criteria
                .iter()
                .map(|c| (c.criterion().id, assessment.verdict(row as usize, *c)))
                .collect::<Vec<_>>()
        };
        let last = steps.len() - 1;
        let next = narrow(&steps[last], &step.id, &step.title, &step.criteria, of);
        steps.push(next);
    }
    steps
}

/// Makes the next step from the one before it.
fn narrow(
    before: &FunnelCount,
    id: &str,
    title: &str,
    criteria: &[String],
    of: impl Fn(u32) -> Vec<(&'static str, Verdict)>,
) -> FunnelCount {
    let mut step = FunnelCount {
        id: id.into(),
        title: title.into(),
        criteria: criteria.to_vec(),
        proven: Vec::new(),
        uncontradicted: Vec::new(),
        unmet: Vec::new(),
        unproven: Vec::new(),
        lost: Vec::new(),
        is_silent: !before.uncontradicted.is_empty(),
    };
    let mut groups: BTreeMap<(std::cmp::Reverse<Verdict>, &'static str), u64> = BTreeMap::new();
    for &row in &before.uncontradicted {
        let verdicts = of(row);
        let (criterion, verdict) = verdicts
            .iter()
            .copied()
            .reduce(|a, b| if b.1 > a.1 { b } else { a })
            .unwrap_or(("", Verdict::NotApplicable));
        step.is_silent &= verdict == Verdict::Unproven;
        match verdict {
            Verdict::Unmet => step.unmet.push(row),
            Verdict::Unproven => step.unproven.push(row),
            Verdict::Met | Verdict::Excepted | Verdict::NotApplicable => {}
        }
        if verdict != Verdict::Unmet {
            step.uncontradicted.push(row);
        }
        if verdict < Verdict::Unproven && before.proven.binary_search(&row).is_ok() {
            step.proven.push(row);
        }
        if verdict >= Verdict::Unproven {
            *groups.entry((std::cmp::Reverse(verdict), criterion)).or_default() += 1;
        }
    }
    step.lost = groups
        .into_iter()
        .map(|((verdict, criterion), count)| LostGroup { criterion, verdict: verdict.0, count })
        .collect();
    crate::order::sort_by_key(&mut step.lost, |group| {
        (std::cmp::Reverse(group.verdict), std::cmp::Reverse(group.count))
    });
    step
}
