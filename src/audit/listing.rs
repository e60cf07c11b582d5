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
        let mut out = String::new();
        for item in &self.items {
            out.push_str(&item.line());
            out.push('\n');
        }
        out
    }
}

/// Freezes the population of an assessment: the changes that were merged in the period and are in scope.
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
                merged_at: change.merged.map_or_else(String::new, |at| at.to_string()),
                lines: change.lines.map_or(0, |(added, deleted)| added.saturating_add(deleted)),
            }
        })
        .collect();
    let lines: Vec<String> = items.iter().map(Item::line).collect();
    let order = order::positions(items.len(), &mut |a, b| lines[a].cmp(&lines[b]));
    let mut hasher = Sha256::new();
    for &at in &order {
        hasher.update(lines[at].as_bytes());
        hasher.update(b"\n");
    }
    order::put(&mut items, order);
    Population { sha256: hex(&hasher.finalize()), items }
}

/// Returns text that cannot end a line or a field of the list.
fn escaped(text: &str) -> String {
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
    fn hostile_ids_cannot_forge_a_line() {
        assert_eq!(escaped("a\nb\tc\\d"), "a\\nb\\tc\\\\d");
        assert_eq!(escaped("acme/pay#12"), "acme/pay#12");
    }
}
