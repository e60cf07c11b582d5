//! What another policy would change of one bundle: verdicts that turn, counted, with the first of them by name.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::on_both;
use super::side::Snapshot;
use crate::model::Verdict;
use crate::protocol::{PolicyEffect, Turned};

/// How many of the changes or controls that turn are named.
const MOST_NAMED: usize = 50;

/// Counts and first names by what turns and how.
type Groups<'s> = BTreeMap<(&'s str, Verdict, Verdict), (u64, Vec<String>)>;

/// Compares what was decided under two policies; the gaps are left as they are.
pub fn effect(before: &Snapshot, after: &Snapshot) -> PolicyEffect {
    let mut found = PolicyEffect::default();
    let (mut criteria, both) = (Groups::new(), on_both(before, after));
    let (mut one, mut two) = (0, 0);
    while one < before.changes.len() || two < after.changes.len() {
        let order = match (before.changes.get(one), after.changes.get(two)) {
            (Some(first), Some(second)) => first.0.cmp(&second.0),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => found.scope[1] += 1,
            Ordering::Greater => found.scope[0] += 1,
            Ordering::Equal => {
                for &(was, is, id) in &both {
                    note(&mut criteria, id, before.at(one, was), after.at(two, is), &before.changes[one].0);
                }
            }
        }
        one += usize::from(order.is_le());
        two += usize::from(order.is_ge());
    }
    for (id, was) in &before.once {
        if let Some(is) = after.once.get(id) {
            note(&mut criteria, id, *was, *is, "population");
        }
    }
    let mut frameworks = Groups::new();
    for (old, new) in before.packs.iter().zip(&after.packs) {
        for (id, was) in &old.controls {
            if let Some(is) = new.controls.get(id) {
                note(&mut frameworks, &old.id, *was, *is, id);
            }
        }
    }
    found.criteria = listed(criteria);
    found.frameworks = listed(frameworks);
    found
}

fn note<'s>(groups: &mut Groups<'s>, id: &'s str, before: Verdict, after: Verdict, name: &str) {
    if before == after {
        return;
    }
    let (count, first) = groups.entry((id, before, after)).or_default();
    *count += 1;
    if first.len() < MOST_NAMED {
        first.push(name.to_owned());
    }
}

fn listed(groups: Groups<'_>) -> Vec<Turned> {
    let turned = groups.into_iter().map(|((id, before, after), (count, first))| Turned {
        id: id.to_owned(),
        before,
        after,
        count,
        first,
    });
    turned.collect()
}
