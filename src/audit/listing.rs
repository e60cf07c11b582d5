//! The population as a frozen list: what is in it, in an order of its own, under one digest.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::assess::Assessment;
use crate::model::Moment;
use crate::model::place::hex;
use crate::order;

/// One change of the population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Row of the assessment.
    pub row: usize,
    /// Number on the forge; 0 where it has none.
    pub number: u64,
    /// Changed lines; 0 where not known.
    pub lines: u64,
    /// Its line in the list.
    line: Box<str>,
    /// Where id and merge commit end in the line.
    ends: [usize; 2],
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
    /// Makes the item of a row: of id, merge commit and effective date.
    pub fn new(row: usize, id: &str, merge_commit: &str, merged_at: Option<Moment>) -> Self {
        let mut line =
            String::with_capacity(id.len() + merge_commit.len() + "\t\t2026-01-01T00:00:00Z".len());
        push_escaped(&mut line, id);
        let id_end = line.len();
        line.push('\t');
        push_escaped(&mut line, merge_commit);
        let ends = [id_end, line.len()];
        line.push('\t');
        if let Some(at) = merged_at {
            // A text takes whatever is written to it.
            write!(line, "{at}").ok();
        }
        Self { row, number: 0, lines: 0, line: line.into_boxed_str(), ends }
    }

    /// Returns its line in the list, without the end of the line: id, merge commit and date between tabs.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Returns its id, as the list has it: control characters, tabs and backslashes are escaped.
    pub fn id(&self) -> &str {
        self.line.get(..self.ends[0]).unwrap_or_default()
    }

    /// Returns its merge commit, escaped; empty where not known.
    pub fn merge_commit(&self) -> &str {
        self.line.get(self.ends[0] + 1..self.ends[1]).unwrap_or_default()
    }

    /// Returns its effective date, RFC 3339 in UTC to the second; empty where not known.
    pub fn merged_at(&self) -> &str {
        self.line.get(self.ends[1] + 1..).unwrap_or_default()
    }
}

impl Population {
    /// Returns the list: one line for each change, sorted by its bytes, each ended by a line feed.
    pub fn listing(&self) -> String {
        listing(&self.items)
    }
}

fn listing(items: &[Item]) -> String {
    let mut out = String::with_capacity(items.iter().map(|item| item.line.len() + 1).sum());
    for item in items {
        out.push_str(&item.line);
        out.push('\n');
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
            let (id, merge_commit) = (store.change_id(change), store.text(change.merge_commit));
            Item {
                number: change.number,
                lines: change.lines.map_or(0, |(added, deleted)| added.saturating_add(deleted)),
                ..Item::new(row, &id, merge_commit, assessment.effective(row))
            }
        })
        .collect();
    sort(&mut items);
    Population { sha256: hex(&Sha256::digest(listing(&items).as_bytes())), items }
}

/// Sorts items by their lines.
fn sort(items: &mut [Item]) {
    let first = items.first().map(|item| item.line.clone()).unwrap_or_default();
    let shared = items.iter().fold(first.len(), |shared, item| {
        let both = first.bytes().zip(item.line.bytes());
        both.take(shared).take_while(|(a, b)| a == b).count()
    });
    // What follows the part that all lines share, as a number: texts far apart in memory are read once, not at each step.
    let key = |item: &Item| {
        let tail = item.line.as_bytes().get(shared..).unwrap_or_default();
        let byte = |nth: usize| u128::from(tail.get(nth).copied().unwrap_or(0));
        (0..16).fold(0_u128, |key, nth| key << 8 | byte(nth))
    };
    let mut keyed: Vec<(u128, usize)> = items.iter().map(key).zip(0..).collect();
    order::sort_by(&mut keyed, |a, b| a.0.cmp(&b.0).then_with(|| items[a.1].line.cmp(&items[b.1].line)));
    order::put(items, keyed.into_iter().map(|(_, at)| at).collect());
}

/// Writes text that cannot end a line or a field of the list.
fn push_escaped(out: &mut String, text: &str) {
    let is_plain = |byte: u8| byte.is_ascii() && byte != b'\\' && !byte.is_ascii_control();
    if text.bytes().all(is_plain) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        if c == '\\' || c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
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
        let item = |id: &&str| Item::new(0, id, &id.len().to_string(), None);
        for count in 0..=ids.len() {
            let mut sorted: Vec<Item> = ids[..count].iter().map(item).collect();
            sort(&mut sorted);
            let shown: Vec<&str> = sorted.iter().map(Item::line).collect();
            let mut expected: Vec<String> =
                ids[..count].iter().map(|id| item(id).line().to_owned()).collect();
            expected.sort();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn hostile_ids_cannot_forge_a_line() {
        let item = Item::new(0, "a\nb\tc\\d", "e\tf", None);
        assert_eq!((item.id(), item.merge_commit(), item.merged_at()), ("a\\nb\\tc\\\\d", "e\\tf", ""));
        assert_eq!(item.line().matches('\t').count(), 2);
        assert_eq!(Item::new(0, "acme/pay#12", "", None).id(), "acme/pay#12");
    }
}
