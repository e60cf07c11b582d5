//! The population as a frozen list: what is in it, in an order of its own, under one digest.

use sha2::{Digest as _, Sha256};

use crate::assess::Assessment;
use crate::model::place::hex;
use crate::order;

/// One change of the population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Row of the assessment.
    pub row: usize,
    /// Id, as the list has it: control characters, tabs and backslashes are escaped.
    pub id: String,
    /// Number on the forge; 0 where it has none.
    pub number: u64,
    /// Merge commit; empty where not known.
    pub merge_commit: String,
    /// Effective date, RFC 3339 in UTC to the second; empty where not known.
    pub merged_at: String,
    /// Changed lines; 0 where not known.
    pub lines: u64,
}

/// A population: every merged change in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    /// The changes, sorted by their lines in the list.
    pub items: Vec<Item>,
    /// SHA-256 over the list, lower-case hexadecimal.
    pub sha256: String,
}

impl Item {
    /// Returns its line in the list, without the end of the line: id, merge commit and date between tabs.
    pub fn line(&self) -> String {
        format!("{}\t{}\t{}", self.id, self.merge_commit, self.merged_at)
    }
}

impl Population {
    /// Returns the list: one line for each change, sorted by its bytes, each ended by a line feed.
    pub fn listing(&self) -> String {
        listing(&self.items)
    }
}

fn listing(items: &[Item]) -> String {
    let most = items.iter().map(|item| item.id.len() + item.merge_commit.len() + item.merged_at.len() + 3);
    let mut out = String::with_capacity(most.sum());
    for item in items {
        for (field, end) in [(&item.id, '\t'), (&item.merge_commit, '\t'), (&item.merged_at, '\n')] {
            out.push_str(field);
            out.push(end);
        }
    }
    out
}

/// Freezes the population of an assessment: the changes whose effective date is in the period and that are in scope.
///
/// The order in which files were opened, and what else is in the bundle, do not matter to it.
pub fn population(assessment: &Assessment) -> Population {
    let store = &assessment.store;
    let mut items: Vec<Item> = assessment
        .scope
        .iter()
        .enumerate()
        .map(|(row, id)| {
            let change = &store.changes[id.index()];
            Item {
                row,
                id: escaped(&store.change_id(change)),
                number: change.number,
                merge_commit: escaped(store.text(change.merge_commit)),
                merged_at: assessment.effective(row).map_or_else(String::new, |at| at.to_string()),
                lines: change.lines.map_or(0, |(added, deleted)| added.saturating_add(deleted)),
            }
        })
        .collect();
    sort(&mut items);
    Population { sha256: hex(&Sha256::digest(listing(&items).as_bytes())), items }
}

/// Sorts items by their lines. No field holds a character below the tab between them, so the order of the fields is the
/// order of the lines.
fn sort(items: &mut [Item]) {
    let first = items.first().map(|item| item.id.clone()).unwrap_or_default();
    let shared = items.iter().fold(first.len(), |shared, item| {
        let both = first.bytes().zip(item.id.bytes());
        both.take(shared).take_while(|(a, b)| a == b).count()
    });
    // What follows the part that all ids share, as a number: texts far apart in memory are read once, not at each step.
    let key = |item: &Item| {
        let tail = item.id.as_bytes().get(shared..).unwrap_or_default();
        let byte = |nth: usize| u128::from(tail.get(nth).copied().unwrap_or(0));
        (0..16).fold(0_u128, |key, nth| key << 8 | byte(nth))
    };
    let keys: Vec<u128> = items.iter().map(key).collect();
    let fields = |at: usize| (&items[at].id, &items[at].merge_commit, &items[at].merged_at);
    let order = order::positions(items.len(), &mut |a, b| {
        keys[a].cmp(&keys[b]).then_with(|| fields(a).cmp(&fields(b)))
    });
    order::put(items, order);
}

/// Returns text that cannot end a line or a field of the list.
fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii() && byte != b'\\' && !byte.is_ascii_control();
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\\' || c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_in_the_order_of_their_lines() {
        let ids = [
            "a/b#10",
            "a/b#2",
            "a/b#1",
            "a/b@ff",
            "a/b#12345678901234567890",
            "a/b#12345678901234567891",
            "",
        ];
        let item = |id: &&str| Item {
            row: 0,
            id: (*id).to_owned(),
            number: 0,
            merge_commit: id.len().to_string(),
            merged_at: String::new(),
            lines: 0,
        };
        for count in 0..=ids.len() {
            let mut sorted: Vec<Item> = ids[..count].iter().map(item).collect();
            sort(&mut sorted);
            let shown: Vec<String> = sorted.iter().map(Item::line).collect();
            let mut expected: Vec<String> = ids[..count].iter().map(|id| item(id).line()).collect();
            expected.sort();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn hostile_ids_cannot_forge_a_line() {
        assert_eq!(escaped("a\nb\tc\\d"), "a\\nb\\tc\\\\d");
        assert_eq!(escaped("acme/pay#12"), "acme/pay#12");
    }
}
