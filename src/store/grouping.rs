//! Rows by the change that they belong to.
//!
//! Everything works on positions and numbers, so it is compiled once for all kinds of rows.

use std::cmp::Ordering;

use super::rows::Span;
use super::strings::{Strings, Text};

/// The group of a row that belongs to none.
pub(super) const NO_GROUP: u32 = u32::MAX;

/// Positions of rows, group after group; those of no group come last.
pub(super) struct Grouping<'a> {
    groups: &'a [u32],
    /// Positions of rows.
    pub order: Vec<u32>,
}

impl<'a> Grouping<'a> {
    /// Groups rows; `groups` has the group of each, below `count` or [`NO_GROUP`]. Inside a group they are in the order
    /// that `compare` gives them, else in their own.
    pub fn new(groups: &'a [u32], count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Self {
        let bucket = |group: u32| (group as usize).min(count);
        let mut ends = vec![0u32; count + 2];
        for &group in groups {
            ends[bucket(group) + 1] += 1;
        }
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        let mut order = vec![0u32; groups.len()];
        for (row, &group) in (0u32..).zip(groups) {
            let next = &mut ends[bucket(group)];
            order[*next as usize] = row;
            *next += 1;
        }
        let mut start = 0;
        for &end in &ends[..=count] {
            let rows = &mut order[start..end as usize];
            if rows.len() > 1 {
                rows.sort_by(|&a, &b| compare(a as usize, b as usize));
            }
            start = end as usize;
        }
        Self { groups, order }
    }

    /// Leaves out rows of no group.
    pub fn without_rest(mut self) -> Self {
        let groups = self.groups;
        self.order.truncate(self.order.partition_point(|&row| groups[row as usize] != NO_GROUP));
        self
    }

    /// Leaves out rows that are the same as the one before them in their group.
    pub fn without_twins(mut self, is_same: &dyn Fn(usize, usize) -> bool) -> Self {
        let groups = self.groups;
        self.order.dedup_by(|b, a| {
            let (a, b) = (*a as usize, *b as usize);
            groups[a] == groups[b] && is_same(a, b)
        });
        self
    }

    /// Returns the span of each of `count` groups in the order.
    pub fn spans(&self, count: usize) -> Vec<Span> {
        let mut spans = vec![Span::default(); count];
        for (at, &row) in (0u32..).zip(&self.order) {
            let Some(span) = spans.get_mut(self.groups[row as usize] as usize) else { break };
            if span.start == span.end {
                *span = Span { start: at, end: at };
            }
            span.end = at + 1;
        }
        spans
    }

    /// Returns the positions of the rows, in order.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().map(|&row| row as usize)
    }
}

/// Links of groups to rows, sorted, each once.
#[derive(Default)]
pub(super) struct Links(Vec<u64>);

impl Links {
    /// Links a row to a group.
    pub fn push(&mut self, group: usize, row: u32) {
        self.0.push((group as u64) << 32 | u64::from(row));
    }

    /// Returns the rows, group after group and ascending in each, and the span of each of `count` groups.
    pub fn finish(mut self, count: usize) -> (Vec<u32>, Vec<Span>) {
        self.0.sort_unstable();
        self.0.dedup();
        let rows: Vec<u32> = self.0.iter().map(|link| *link as u32).collect();
        let mut spans = vec![Span::default(); count];
        for (at, link) in (0u32..).zip(&self.0) {
            let Some(span) = usize::try_from(link >> 32).ok().and_then(|group| spans.get_mut(group)) else {
                break;
            };
            if span.start == span.end {
                *span = Span { start: at, end: at };
            }
            span.end = at + 1;
        }
        (rows, spans)
    }
}

/// Returns the positions of texts in the order of what they say; `tie` decides between equal ones, then the position.
///
/// Most comparisons need no more than the first eight bytes, which are looked up once.
pub(super) fn by_text(texts: &[Text], strings: &Strings, tie: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut keys: Vec<(u64, u32)> = texts.iter().map(|text| head(strings.get(*text))).zip(0u32..).collect();
    keys.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| {
            let (x, y) = (a.1 as usize, b.1 as usize);
            let by_text = if texts[x] == texts[y] {
                Ordering::Equal
            } else {
                strings.get(texts[x]).cmp(strings.get(texts[y]))
            };
            by_text.then_with(|| tie(x, y)).then(x.cmp(&y))
        })
    });
    keys.into_iter().map(|(_, at)| at).collect()
}

/// Returns the first eight bytes of a text as a number that sorts as they do.
fn head(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut head = [0; 8];
    let length = bytes.len().min(8);
    head[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_group_after_group_each_in_its_order(rows in prop::collection::vec((0u32..5, 0u8..4), 0..40)) {
            let groups: Vec<u32> =
                rows.iter().map(|(group, _)| if *group == 4 { NO_GROUP } else { *group }).collect();
            let compare = |a: usize, b: usize| rows[a].1.cmp(&rows[b].1);
            let grouping = Grouping::new(&groups, 4, &compare);
            let mut expected: Vec<usize> = (0..rows.len()).collect();
            expected.sort_by_key(|at| (groups[*at], rows[*at].1));
            prop_assert_eq!(grouping.positions().collect::<Vec<_>>(), expected.clone());
            for (group, span) in (0u32..).zip(grouping.spans(4)) {
                let held = grouping.order[span.positions()].iter().filter(|at| groups[**at as usize] == group).count();
                prop_assert_eq!(held, span.positions().len());
                prop_assert_eq!(held, groups.iter().filter(|own| **own == group).count());
            }
            expected.retain(|at| groups[*at] != NO_GROUP);
            expected.dedup_by_key(|at| (groups[*at], rows[*at].1));
            let once = grouping.without_rest().without_twins(&|a, b| rows[a].1 == rows[b].1);
            prop_assert_eq!(once.positions().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn texts_are_sorted_by_all_that_they_say(words in prop::collection::vec("[ab]{0,10}", 0..30)) {
            let mut strings = Strings::default();
            let texts: Vec<Text> = words.iter().map(|word| strings.intern(word)).collect();
            let mut expected: Vec<u32> = (0..).take(words.len()).collect();
            expected.sort_by(|a, b| words[*a as usize].cmp(&words[*b as usize]).then(b.cmp(a)));
            prop_assert_eq!(by_text(&texts, &strings, &|a, b| b.cmp(&a)), expected);
        }
    }
}
