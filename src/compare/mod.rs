//! Two assessments side by side: what was fixed, what got worse, what is new, gone or still open.
//!
//! What differs in how the two were made (policy, packs, engine) comes first: behind it, a difference in verdicts may be
//! one of measure and not of fact.

mod effect;
mod imported;
mod side;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::rc::Rc;

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
    pub subject: Rc<str>,
    /// Criterion or control id; empty for a change as a whole.
    pub id: Cow<'static, str>,
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
    let (mut changes, mut criteria) = (Rows::default(), Rows::default());
    let both = on_both(before, after);
    let mut once = Some(|rows: &mut Rows| once(before, after, rows));
    let (mut one, mut two) = (0, 0);
    while one < before.changes.len() || two < after.changes.len() {
        let (first, second) = (before.changes.get(one), after.changes.get(two));
        let order = match (first, second) {
            (Some(first), Some(second)) => first.0.cmp(&second.0),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let Some((id, _)) = (if order.is_le() { first } else { second }) else { break };
        if id.as_str() > POPULATION
            && let Some(once) = once.take()
        {
            once(&mut criteria);
        }
        let subject: Rc<str> = Rc::from(id.as_str());
        match (order, first, second) {
            (Ordering::Equal, Some((_, stood)), Some((_, stands))) => {
                changes.take(row(&subject, "", of_standing(*stood), of_standing(*stands)));
                for &(was, is, criterion) in &both {
                    criteria.take(row(&subject, criterion, before.at(one, was), after.at(two, is)));
                }
            }
            (Ordering::Less, Some((_, stood)), _) => {
                let gone = whole(Difference::Gone, &subject, "");
                changes.take(Some(Row { before: Some(of_standing(*stood)), ..gone }));
            }
            (_, _, Some((_, stands))) => {
                let new = whole(Difference::New, &subject, "");
                changes.take(Some(Row { after: Some(of_standing(*stands)), ..new }));
            }
            _ => {}
        }
        one += usize::from(order.is_le());
        two += usize::from(order.is_ge());
    }
    if let Some(once) = once {
        once(&mut criteria);
    }
    Comparison {
        measured_differently: measured_differently(before, after),
        sides: [named(before), named(after)],
        changes: changes.into_rows(),
        criteria: criteria.into_rows(),
        controls: controls(before, after),
    }
}

/// Returns the criteria that both sides evaluate, by id: their place on either side, and the id. What only one of the two
/// evaluates is said among what was measured differently.
fn on_both(before: &Snapshot, after: &Snapshot) -> Vec<(usize, usize, &'static str)> {
    let place = |at: &usize| after.criteria.binary_search(at).ok();
    let shared = before.criteria.iter().enumerate();
    let mut both: Vec<_> = shared.filter_map(|(was, at)| Some((was, place(at)?, CRITERIA[*at].id))).collect();
    crate::order::sort_by_key(&mut both, |(_, _, id)| *id);
    both
}

/// Compares what is decided once, for the population.
fn once(before: &Snapshot, after: &Snapshot, rows: &mut Rows) {
    let subject: Rc<str> = Rc::from(POPULATION);
    for (id, was) in &before.once {
        rows.take(after.once.get(id).and_then(|is| row(&subject, id.clone(), *was, *is)));
    }
}

/// What the population is called among the subjects. No change's id is that.
const POPULATION: &str = "population";

/// Rows apart by what became of them. There may be millions: taken in the order of subject and id, they need no sorting.
#[derive(Default)]
struct Rows([Vec<Row>; Difference::ALL.len()]);

impl Rows {
    fn take(&mut self, row: Option<Row>) {
        if let Some(row) = row {
            self.0[row.difference as usize].push(row);
        }
    }

    /// Returns them by difference, then in the order in which they were taken.
    fn into_rows(self) -> Vec<Row> {
        let mut all = Vec::with_capacity(self.0.iter().map(Vec::len).sum());
        all.extend(self.0.into_iter().flatten());
        all
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

fn whole(difference: Difference, subject: &Rc<str>, id: impl Into<Cow<'static, str>>) -> Row {
    let (subject, id) = (Rc::clone(subject), id.into());
    Row { difference, subject, id, formerly: String::new(), before: None, after: None }
}

fn row(subject: &Rc<str>, id: impl Into<Cow<'static, str>>, before: Verdict, after: Verdict) -> Option<Row> {
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
        let (subject, mut met) = (Rc::from(old.id.as_str()), BTreeSet::new());
        for (id, was) in &old.controls {
            let now = successor(old, new, id);
            match now.and_then(|now| Some((now, *new.controls.get(now)?))) {
                Some((now, is)) => {
                    met.insert(now);
                    let formerly = if now == id { String::new() } else { id.clone() };
                    let told = row(&subject, now.to_owned(), *was, is);
                    found.extend(told.map(|told| Row { formerly, ..told }));
                }
                None => {
                    found.push(Row { before: Some(*was), ..whole(Difference::Gone, &subject, id.clone()) });
                }
            }
        }
        let added = new.controls.iter().filter(|(id, _)| !met.contains(id.as_str()));
        found.extend(
            added.map(|(id, is)| Row { after: Some(*is), ..whole(Difference::New, &subject, id.clone()) }),
        );
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
        controls(before, after)
            .into_iter()
            .map(|row| (row.difference, row.id.into_owned(), row.formerly))
            .collect()
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
