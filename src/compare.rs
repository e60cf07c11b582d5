//! Two assessments side by side: what was fixed, what got worse, what is new, gone or still open.
//!
//! What differs in how the two were made (policy, packs, engine) comes first: behind it, a difference in verdicts may be
//! one of measure and not of fact.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::assess::Assessment;
use crate::assess::registry::{self, CriterionIndex, Scope};
use crate::engine::Bundle;
use crate::model::Verdict;
use crate::protocol::{Columns, MatrixRow};
use crate::query::views;

/// How one thing differs between the sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// A gap on the first side, none on the second.
    Fixed,
    /// No gap on the first side, one on the second, or one that evidence now contradicts.
    Regressed,
    /// Only on the second side.
    New,
    /// Only on the first side.
    Gone,
    /// A gap, or an accepted deviation, on both sides.
    StillOpen,
    /// It applies on one side only.
    NotComparable,
}

/// One side, as it is named on screen.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// Name of the bundle.
    pub name: String,
    /// Digest of the bundle.
    pub sha256: String,
    /// Digest of the population.
    pub population: String,
    /// Changes in scope.
    pub changes: usize,
    /// Start of the period, RFC 3339; null for none.
    pub from: Option<String>,
    /// End of the period.
    pub to: Option<String>,
}

/// A verdict that differs, or a gap that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What became of it.
    pub difference: Difference,
    /// Change id, `population`, or the framework's id.
    pub subject: String,
    /// Criterion or control id; empty for a change as a whole.
    pub id: String,
    /// Verdict on the first side; null where it is not there.
    pub before: Option<Verdict>,
    /// Verdict on the second side.
    pub after: Option<Verdict>,
}

/// The comparison of two bundles.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What was measured differently: sentences, empty where nothing was.
    pub measured_differently: Vec<String>,
    /// The sides.
    pub sides: [Side; 2],
    /// Changes that are only on one side.
    pub changes: Vec<Row>,
    /// Verdicts of criteria on changes that are on both sides, and on the population.
    pub criteria: Vec<Row>,
    /// Verdicts of controls.
    pub controls: Vec<Row>,
}

/// Where a comparison leads, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// No verdict differs and no change is new or gone.
    Same,
    /// Something was fixed, and nothing got worse.
    Better,
    /// Something got worse, and nothing was fixed.
    Worse,
    /// Both, or changes came and went without either.
    Mixed,
}

/// Compares two assessed bundles.
pub fn compare(before: &Bundle, after: &Bundle) -> Comparison {
    let (first, second) = (&before.assessment, &after.assessment);
    let (rows_before, rows_after) = (rows_by_id(first), rows_by_id(second));
    let mut changes = Vec::new();
    let mut criteria = Vec::new();
    for (id, row) in &rows_before {
        match rows_after.get(id) {
            Some(other) => criteria.extend(of_change(id, (first, *row), (second, *other))),
            None => changes.push(whole(Difference::Gone, id)),
        }
    }
    let is_new = |id: &&String| !rows_before.contains_key(*id);
    changes.extend(rows_after.keys().filter(is_new).map(|id| whole(Difference::New, id)));
    criteria.extend(of_population(first, second));
    criteria.sort_by(|a, b| (a.difference, &a.subject, &a.id).cmp(&(b.difference, &b.subject, &b.id)));
    Comparison {
        measured_differently: measured_differently(first, second),
        sides: [side(before), side(after)],
        changes,
        criteria,
        controls: controls(first, second),
    }
}

impl Comparison {
    /// Returns how many rows have a difference, over criteria.
    pub fn count(&self, difference: Difference) -> usize {
        self.criteria.iter().filter(|row| row.difference == difference).count()
    }

    /// Returns where it leads.
    pub fn trend(&self) -> Trend {
        let better = self.count(Difference::Fixed) > 0;
        let worse = self.count(Difference::Regressed) > 0;
        let moved = !self.changes.is_empty() || self.count(Difference::NotComparable) > 0;
        match (better, worse, moved) {
            (true, false, _) => Trend::Better,
            (false, true, _) => Trend::Worse,
            (false, false, false) => Trend::Same,
            _ => Trend::Mixed,
        }
    }
}

fn rows_by_id(assessment: &Assessment) -> BTreeMap<String, usize> {
    let store = &assessment.store;
    let ids = assessment.scope.iter().enumerate();
    ids.map(|(row, id)| (store.change_id(&store.changes[id.index()]), row)).collect()
}

fn whole(difference: Difference, id: &str) -> Row {
    Row { difference, subject: id.to_owned(), id: String::new(), before: None, after: None }
}

fn evaluated(scope: Scope) -> impl Iterator<Item = CriterionIndex> {
    registry::all().filter(move |index| index.criterion().is_evaluated && index.criterion().scope == scope)
}

fn of_change(id: &str, before: (&Assessment, usize), after: (&Assessment, usize)) -> Vec<Row> {
    evaluated(Scope::Change)
        .filter_map(|index| {
            let verdicts = (before.0.verdict(before.1, index), after.0.verdict(after.1, index));
            row(id, index.criterion().id, verdicts.0, verdicts.1)
        })
        .collect()
}

fn of_population(before: &Assessment, after: &Assessment) -> Vec<Row> {
    evaluated(Scope::Population)
        .filter_map(|index| {
            let of = |side: &Assessment| side.population.get(index.index()).map(|finding| finding.verdict);
            row("population", index.criterion().id, of(before)?, of(after)?)
        })
        .collect()
}

fn row(subject: &str, id: &str, before: Verdict, after: Verdict) -> Option<Row> {
    let difference = difference(before, after)?;
    let (before, after) = (Some(before), Some(after));
    Some(Row { difference, subject: subject.to_owned(), id: id.to_owned(), before, after })
}

/// Returns what became of a verdict; `None` where it holds on both sides, or applies on neither.
pub const fn difference(before: Verdict, after: Verdict) -> Option<Difference> {
    use Verdict::{Excepted, Met, NotApplicable, Unmet, Unproven};
    Some(match (before, after) {
        (Met, Met) | (NotApplicable, NotApplicable) => return None,
        (NotApplicable, _) | (_, NotApplicable) => Difference::NotComparable,
        (_, Met) => Difference::Fixed,
        (Met, _) | (Unproven | Excepted, Unmet) => Difference::Regressed,
        // An exception accepts a deviation and does not end it.
        (Unmet | Unproven | Excepted, Unproven | Excepted) | (Unmet, Unmet) => Difference::StillOpen,
    })
}

fn controls(before: &Assessment, after: &Assessment) -> Vec<Row> {
    let mut found = Vec::new();
    for pack in &before.packs {
        let (old, new) = (matrix_rows(before, &pack.id), matrix_rows(after, &pack.id));
        for (id, verdict) in &old {
            match new.get(id) {
                Some(other) => found.extend(row(&pack.id, id, *verdict, *other)),
                None => found.push(Row {
                    before: Some(*verdict),
                    id: id.clone(),
                    ..whole(Difference::Gone, &pack.id)
                }),
            }
        }
        for (id, verdict) in new.iter().filter(|(id, _)| !old.contains_key(*id)) {
            found.push(Row { after: Some(*verdict), id: id.clone(), ..whole(Difference::New, &pack.id) });
        }
    }
    found.sort_by(|a, b| (&a.subject, a.difference, &a.id).cmp(&(&b.subject, b.difference, &b.id)));
    found
}

fn matrix_rows(assessment: &Assessment, framework: &str) -> BTreeMap<String, Verdict> {
    let matrix = views::matrix(assessment, framework, Columns::Status);
    let rows = matrix.into_iter().flat_map(|matrix| matrix.groups).flat_map(|group| group.rows);
    rows.map(|MatrixRow { id, verdict, .. }| (id, verdict)).collect()
}

fn measured_differently(before: &Assessment, after: &Assessment) -> Vec<String> {
    let mut found = Vec::new();
    // Periods may differ by intent, and are named with the sides.
    let measure = |side: &Assessment| {
        let mut policy = side.policy.clone();
        (policy.from, policy.to, policy.now) = (None, None, None);
        policy
    };
    if measure(before) != measure(after) {
        found.push(
            "The policies differ: a verdict may differ because it was measured differently.".to_owned(),
        );
    }
    for pack in &before.packs {
        match after.packs.iter().find(|other| other.id == pack.id) {
            Some(other) if other.sha256 != pack.sha256 => {
                found.push(format!("The pack {} differs: {} and {}.", pack.id, pack.version, other.version));
            }
            Some(_) => {}
            None => found.push(format!("The pack {} is only on the first side.", pack.id)),
        }
    }
    let only_second = after.packs.iter().filter(|pack| !before.packs.iter().any(|other| other.id == pack.id));
    found.extend(only_second.map(|pack| format!("The pack {} is only on the second side.", pack.id)));
    found
}

fn side(bundle: &Bundle) -> Side {
    let assessment = &bundle.assessment;
    Side {
        name: bundle.name.clone(),
        sha256: bundle.sha256.clone(),
        population: crate::audit::population(assessment).sha256,
        changes: assessment.scope.len(),
        from: assessment.policy.from.map(|at| at.to_string()),
        to: assessment.policy.to.map(|at| at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_verdicts_has_its_difference() {
        use Verdict::{Excepted, Met, NotApplicable, Unmet, Unproven};
        for (before, after, expected) in [
            (Met, Met, None),
            (NotApplicable, NotApplicable, None),
            (Unmet, Met, Some(Difference::Fixed)),
            (Unproven, Met, Some(Difference::Fixed)),
            (Excepted, Met, Some(Difference::Fixed)),
            (Met, Unmet, Some(Difference::Regressed)),
            (Met, Unproven, Some(Difference::Regressed)),
            (Unproven, Unmet, Some(Difference::Regressed)),
            (Unmet, Unproven, Some(Difference::StillOpen)),
            (Unmet, Excepted, Some(Difference::StillOpen)),
            (Unmet, Unmet, Some(Difference::StillOpen)),
            (Met, NotApplicable, Some(Difference::NotComparable)),
            (NotApplicable, Unmet, Some(Difference::NotComparable)),
        ] {
            assert_eq!(difference(before, after), expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_gap_never_vanishes_without_being_met_or_told() {
        for before in [Verdict::Unmet, Verdict::Unproven] {
            for after in Verdict::ALL {
                let found = difference(before, after);
                assert!(found.is_some(), "{before:?} {after:?}");
                assert_eq!(found == Some(Difference::Fixed), after == Verdict::Met);
            }
        }
    }
}
