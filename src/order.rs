//! Sorting that is compiled once.
//!
//! The standard library's sort is compiled again for every type and comparison; seventy of them were a fifth of the
//! engine in the document. There positions are sorted, by a comparison behind a pointer, and rows are put into that
//! order afterwards; the command line, whose size nobody waits for, sorts the rows themselves. All of it is stable: what
//! compares equal keeps its order, so both give the same.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the positions `0..count` in the order that `compare` gives them.
pub fn positions(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| compare(a, b));
    order
}

/// Sorts rows by a comparison.
pub fn sort_by<T>(rows: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    if !cfg!(target_arch = "wasm32") {
        rows.sort_by(compare);
    } else if rows.len() > 1 {
        let order = positions(rows.len(), &mut |a, b| compare(&rows[a], &rows[b]));
        put(rows, order);
    }
}

/// Sorts rows by a key, which is asked for at each comparison.
pub fn sort_by_key<T, K: Ord>(rows: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(rows, |a, b| key(a).cmp(&key(b)));
}

/// Sorts rows by their own order.
pub fn sort<T: Ord>(rows: &mut [T]) {
    sort_by(rows, T::cmp);
}

/// Puts rows into an order: the one at `order[at]` goes to `at`.
pub fn put<T>(rows: &mut [T], mut order: Vec<usize>) {
    for start in 0..order.len() {
        let mut at = start;
        loop {
            let next = std::mem::replace(&mut order[at], at);
            if next == start {
                break;
            }
            rows.swap(at, next);
            at = next;
        }
    }
}

/// Gathers a map, entry by entry: `collect` brings a sort of its own for every type. The last of equal keys counts.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// Gathers a set, as [`map`] does.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for item in items {
        set.insert(item);
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_sorted_as_the_standard_library_sorts_them(keys in prop::collection::vec(0u8..9, 0..60)) {
            let mut rows: Vec<(u8, usize)> = keys.into_iter().zip(0..).collect();
            let mut expected = rows.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by_key(&mut rows, |(key, _)| *key);
            prop_assert_eq!(&rows, &expected);
            expected.sort_by(|a, b| b.cmp(a));
            sort_by(&mut rows, |a, b| b.cmp(a));
            prop_assert_eq!(&rows, &expected);
            expected.sort();
            sort(&mut rows);
            prop_assert_eq!(rows, expected);
        }
    }
}
