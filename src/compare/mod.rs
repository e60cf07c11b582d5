//! Two assessments side by side: what was fixed, what got worse, what is new, gone or still open.
//!
//! What differs in how the two were made (policy, packs, engine) comes first: behind it, a difference in verdicts may be
//! one of measure and not of fact.

mod effect;
mod imported;
mod side;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::assess::registry::CRITERIA;
use crate::engine::Bundle;
use crate::model::Verdict;
use crate::problem::quote;
use crate::protocol::Standing;

pub use effect::effect;
pub use imported::{MOST_BYTES, is_exported, read};
use side::PackSide;
pub use side::{Snapshot, policy_digest};

/// How many keys of a policy are named that differ.
const MOST_KEYS: usize = 12;

/// How one thing differs between the sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

impl Difference {
    /// All, in the order of outputs.
    pub const ALL: [Self; 6] =
        [Self::Regressed, Self::Fixed, Self::StillOpen, Self::New, Self::Gone, Self::NotComparable];

    /// Returns the word of the address, as JSON has it.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Regressed => "regressed",
            Self::New => "new",
            Self::Gone => "gone",
            Self::StillOpen => "still-open",
            Self::NotComparable => "not-comparable",
        }
    }

    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Regressed => "regressed",
            Self::New => "new",
            Self::Gone => "gone",
            Self::StillOpen => "still open",
            Self::NotComparable => "not comparable",
        }
    }
}

/// One side, as it is named on screen.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// Name of the bundle.
    pub name: String,
    /// Digest of the bundle.
    pub sha256: String,
    /// Version of the engine.
    pub engine: String,
    /// Digest of the policy.
    pub policy: String,
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
    /// The id that the control had on the first side, where it was another one; empty otherwise.
    pub formerly: String,
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
    /// Changes as a whole, by where they stand.
    pub changes: Vec<Row>,
    /// Verdicts of criteria on changes that are on both sides, and on the population.
    pub criteria: Vec<Row>,
    /// Verdicts of controls.
    pub controls: Vec<Row>,
}

/// Where a comparison leads, as one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// No verdict differs and no change is new or gone.
    #[default]
    Same,
    /// Something was fixed, and nothing got worse.
    Better,
    /// Something got worse, and nothing was fixed.
    Worse,
    /// Both, or changes came and went without either.
    Mixed,
}

impl Trend {
    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Same => "nothing differs",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Mixed => "mixed",
        }
    }
}

/// Compares two assessed bundles.
pub fn compare(before: &Bundle, after: &Bundle) -> Comparison {
    compare_sides(&Snapshot::of(before), &Snapshot::of(after))
}

/// Compares two sides.
pub fn compare_sides(before: &Snapshot, after: &Snapshot) -> Comparison {
    let mut changes = Vec::new();
    let mut criteria = Vec::new();
    // What only one of the two evaluates is said among what was measured differently.
    let both: Vec<usize> =
        before.criteria.iter().copied().filter(|at| after.criteria.binary_search(at).is_ok()).collect();
    let (mut one, mut two) = (0, 0);
    while one < before.changes.len() || two < after.changes.len() {
        let (first, second) = (before.changes.get(one), after.changes.get(two));
        let order = match (first, second) {
            (Some(first), Some(second)) => first.0.cmp(&second.0),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, _) => std::cmp::Ordering::Greater,
        };
        match (order, first, second) {
            (std::cmp::Ordering::Equal, Some((id, stood)), Some((_, stands))) => {
                changes.extend(row(id, "", of_standing(*stood), of_standing(*stands)));
                for &at in &both {
                    if let (Some(was), Some(is)) = (before.verdict(one, at), after.verdict(two, at)) {
                        criteria.extend(row(id, CRITERIA[at].id, was, is));
                    }
                }
            }
            (std::cmp::Ordering::Less, Some((id, stood)), _) => {
                changes.push(Row { before: Some(of_standing(*stood)), ..whole(Difference::Gone, id, "") });
            }
            (_, _, Some((id, stands))) => {
                changes.push(Row { after: Some(of_standing(*stands)), ..whole(Difference::New, id, "") });
            }
            _ => {}
        }
        one += usize::from(order.is_le());
        two += usize::from(order.is_ge());
    }
    for (id, was) in &before.once {
        criteria.extend(after.once.get(id).and_then(|is| row("population", id, *was, *is)));
    }
    for rows in [&mut changes, &mut criteria] {
        crate::order::sort_by(rows, |a, b| {
            (a.difference, &a.subject, &a.id).cmp(&(b.difference, &b.subject, &b.id))
        });
    }
    Comparison {
        measured_differently: measured_differently(before, after),
        sides: [named(before), named(after)],
        changes,
        criteria,
        controls: controls(before, after),
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
        let came_or_went = |row: &Row| matches!(row.difference, Difference::New | Difference::Gone);
        let moved = self.changes.iter().any(came_or_went) || self.count(Difference::NotComparable) > 0;
        match (better, worse, moved) {
            (true, false, _) => Trend::Better,
            (false, true, _) => Trend::Worse,
            (false, false, false) => Trend::Same,
            _ => Trend::Mixed,
        }
    }
}

/// Returns what a change as a whole comes to: the worst that its standing says.
const fn of_standing(standing: Standing) -> Verdict {
    match standing {
        Standing::Substantiated => Verdict::Met,
        Standing::Contradicted | Standing::Unapproved => Verdict::Unmet,
        Standing::Unevidenced | Standing::Unknown => Verdict::Unproven,
    }
}

fn whole(difference: Difference, subject: &str, id: &str) -> Row {
    let (subject, id) = (subject.to_owned(), id.to_owned());
    Row { difference, subject, id, formerly: String::new(), before: None, after: None }
}

fn row(subject: &str, id: &str, before: Verdict, after: Verdict) -> Option<Row> {
    let difference = difference(before, after)?;
    Some(Row { before: Some(before), after: Some(after), ..whole(difference, subject, id) })
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

/// Compares controls of the packs that both sides have: by id, or by a former id that either pack declares.
fn controls(before: &Snapshot, after: &Snapshot) -> Vec<Row> {
    let mut found = Vec::new();
    for old in &before.packs {
        let Some(new) = after.packs.iter().find(|other| other.id == old.id) else { continue };
        let mut met: BTreeSet<&str> = BTreeSet::new();
        for (id, was) in &old.controls {
            let now = successor(old, new, id);
            match now.and_then(|now| Some((now, *new.controls.get(now)?))) {
                Some((now, is)) => {
                    met.insert(now);
                    let formerly = if now == id { String::new() } else { id.clone() };
                    let told = row(&old.id, now, *was, is);
                    found.extend(told.map(|told| Row { formerly, ..told }));
                }
                None => found.push(Row { before: Some(*was), ..whole(Difference::Gone, &old.id, id) }),
            }
        }
        let added = new.controls.iter().filter(|(id, _)| !met.contains(id.as_str()));
        found.extend(added.map(|(id, is)| Row { after: Some(*is), ..whole(Difference::New, &new.id, id) }));
    }
    crate::order::sort_by(&mut found, |a, b| {
        (&a.subject, a.difference, &a.id).cmp(&(&b.subject, b.difference, &b.id))
    });
    found
}

/// Returns the id on the second side of a control of the first: the same, the one that declares it as its former id, or,
/// where the second side is the older one, the former id that the first side declares.
fn successor<'s>(old: &'s PackSide, new: &'s PackSide, id: &'s str) -> Option<&'s str> {
    if new.controls.contains_key(id) {
        return Some(id);
    }
    let renamed = new.formerly.get(id).map(String::as_str);
    // An id that stays on both sides is nobody's former id.
    renamed.filter(|now| !old.controls.contains_key(*now)).or_else(|| {
        let mut former =
            old.formerly.iter().filter(|(_, now)| now.as_str() == id).map(|(old, _)| old.as_str());
        former.find(|former| new.controls.contains_key(*former) && !old.controls.contains_key(*former))
    })
}

fn measured_differently(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    if before.engine != after.engine {
        found.push(format!("The engines differ: {} and {}.", before.engine, after.engine));
    }
    let keys = crate::order::set(before.policy.iter().chain(&after.policy).map(|(key, _)| key));
    let value = |side: &Snapshot, key: &String| {
        let at = side.policy.binary_search_by(|(own, _)| own.cmp(key)).ok();
        at.map_or_else(|| "nothing".to_owned(), |at| quote(&side.policy[at].1))
    };
    let differing: Vec<String> = keys
        .into_iter()
        .map(|key| (key, value(before, key), value(after, key)))
        .filter(|(key, _, _)| {
            let own = |side: &Snapshot| {
                side.policy.iter().find(|(own, _)| own == *key).map(|(_, value)| value.clone())
            };
            own(before) != own(after)
        })
        .map(|(key, was, is)| format!("{key} ({was}, then {is})"))
        .collect();
    if !differing.is_empty() {
        let more = differing.len().saturating_sub(MOST_KEYS);
        let named = differing.into_iter().take(MOST_KEYS).collect::<Vec<_>>().join("; ");
        let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
        found.push(format!(
            "The policies differ, so that a verdict may differ because it was measured differently: {named}{rest}."
        ));
    }
    criteria_apart(before, after, &mut found);
    packs_apart(before, after, &mut found);
    found
}

fn criteria_apart(before: &Snapshot, after: &Snapshot, found: &mut Vec<String>) {
    // A side without changes shows no criteria at all.
    if before.changes.is_empty() || after.changes.is_empty() {
        return;
    }
    for (own, other, side) in [(before, after, "first"), (after, before, "second")] {
        let only = own.criteria.iter().filter(|at| other.criteria.binary_search(at).is_err());
        let only: Vec<&str> = only.map(|&at| CRITERIA[at].id).collect();
        if !only.is_empty() {
            found.push(format!("Evaluated on the {side} side only: {}.", only.join(", ")));
        }
    }
}

fn packs_apart(before: &Snapshot, after: &Snapshot, found: &mut Vec<String>) {
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
}

fn named(side: &Snapshot) -> Side {
    Side {
        name: side.name.clone(),
        sha256: side.sha256.clone(),
        engine: side.engine.clone(),
        policy: side.policy_sha256.clone(),
        population: side.population.clone(),
        changes: side.size(),
        from: side.from.clone(),
        to: side.to.clone(),
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

    fn pack(controls: &[(&str, Verdict)], formerly: &[(&str, &str)]) -> Snapshot {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        let pack = PackSide {
            id: "p".into(),
            controls: controls.iter().map(|(id, verdict)| ((*id).to_owned(), *verdict)).collect(),
            formerly: formerly.iter().map(owned).collect(),
            ..PackSide::default()
        };
        Snapshot { packs: vec![pack], ..Snapshot::default() }
    }

    fn told(before: &Snapshot, after: &Snapshot) -> Vec<(Difference, String, String)> {
        controls(before, after).into_iter().map(|row| (row.difference, row.id, row.formerly)).collect()
    }

    #[test]
    fn a_renamed_control_is_the_same_control_in_both_directions() {
        let old = pack(&[("A", Verdict::Unmet), ("B", Verdict::Met)], &[]);
        let new = pack(&[("A2", Verdict::Met), ("B", Verdict::Met)], &[("A", "A2")]);
        assert_eq!(told(&old, &new), [(Difference::Fixed, "A2".to_owned(), "A".to_owned())]);
        assert_eq!(told(&new, &old), [(Difference::Regressed, "A".to_owned(), "A2".to_owned())]);
    }

    #[test]
    fn without_a_declared_former_id_a_control_is_gone_and_another_is_new() {
        let old = pack(&[("A", Verdict::Unmet)], &[]);
        let new = pack(&[("A2", Verdict::Met)], &[("X", "A2")]);
        let expected = [
            (Difference::New, "A2".to_owned(), String::new()),
            (Difference::Gone, "A".to_owned(), String::new()),
        ];
        assert_eq!(told(&old, &new), expected);
    }

    #[test]
    fn a_control_that_is_on_both_sides_is_no_successor() {
        let old = pack(&[("A", Verdict::Unmet), ("A2", Verdict::Unmet)], &[]);
        let new = pack(&[("A2", Verdict::Met)], &[("A", "A2")]);
        let expected = [
            (Difference::Fixed, "A2".to_owned(), String::new()),
            (Difference::Gone, "A".to_owned(), String::new()),
        ];
        assert_eq!(told(&old, &new), expected);
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
