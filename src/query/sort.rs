//! Sorting of rows; ties are broken by merge time, then id, which is the order of the scope.

use crate::assess::Assessment;
use crate::model::Verdict;
use crate::order;
use crate::protocol::{Sort, SortBy};
use crate::store::Change;

use super::filter::evaluated;

/// Sorts rows of the scope.
pub fn sort(assessment: &Assessment, rows: &mut [u32], sort: Sort) {
    let store = &assessment.store;
    let change = |row: u32| -> &Change { &store.changes[assessment.scope[row as usize].index()] };
    match sort.by {
        // The scope is in this order already.
        SortBy::Merged if !sort.descending => order::sort(rows),
        SortBy::Merged => by(rows, sort, |row| change(row).merged),
        SortBy::Number => by(rows, sort, |row| change(row).number),
        SortBy::Title => by(rows, sort, |row| store.text(change(row).title).to_lowercase()),
        SortBy::Author => {
            by(rows, sort, |row| change(row).author.map_or("", |author| store.name(author)).to_lowercase());
        }
        SortBy::Lines => {
            by(rows, sort, |row| change(row).lines.map(|(added, deleted)| added.saturating_add(deleted)));
        }
        SortBy::Gaps => by(rows, sort, |row| gaps(assessment, row as usize)),
    }
}

/// Returns how many evaluated criteria are unmet and how many are unproven.
pub fn gaps(assessment: &Assessment, row: usize) -> (u32, u32) {
    let mut counts = (0, 0);
    for criterion in evaluated() {
        match assessment.verdict(row, criterion) {
            Verdict::Unmet => counts.0 += 1,
            Verdict::Unproven => counts.1 += 1,
            Verdict::Met | Verdict::Excepted | Verdict::NotApplicable => {}
        }
    }
    counts
}

fn by<K: Ord>(rows: &mut [u32], sort: Sort, key: impl Fn(u32) -> K) {
    let keys: Vec<K> = rows.iter().map(|&row| key(row)).collect();
    let order = order::positions(rows.len(), &mut |a, b| {
        let by_key = keys[a].cmp(&keys[b]);
        let by_key = if sort.descending { by_key.reverse() } else { by_key };
        by_key.then(rows[a].cmp(&rows[b]))
    });
    let sorted: Vec<u32> = order.into_iter().map(|at| rows[at]).collect();
    rows.copy_from_slice(&sorted);
}
