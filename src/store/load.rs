//! What each reviewer had to review on each day: changes and changed lines.

use std::collections::BTreeMap;

use crate::model::Moment;
use crate::model::record::ReviewState;

use super::Store;
use super::rows::{ChangeId, PersonId};

/// One reviewer's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Changes of others that they reviewed.
    pub changes: u64,
    /// Changed lines of those whose size is known.
    pub lines: u64,
    /// Changes whose size is not known.
    pub unsized_changes: u64,
}

/// The days of all reviewers.
#[derive(Clone, Debug, Default)]
pub struct Load {
    days: BTreeMap<(PersonId, i64), Day>,
}

impl Load {
    /// Counts the reviews of a store: each change once a day for each reviewer, own changes left out.
    pub fn of(store: &Store) -> Self {
        let mut seen: Vec<(PersonId, i64, ChangeId)> = store
            .reviews
            .iter()
            .filter(|review| review.state != ReviewState::Pending)
            .filter_map(|review| {
                let person = store.person(review.author?);
                let author = store.changes.get(review.change.index())?.author;
                let is_own = author.is_some_and(|author| store.person(author) == person);
                (!is_own).then_some((person, day(review.submitted?), review.change))
            })
            .collect();
        crate::order::sort(&mut seen);
        seen.dedup();
        let mut days: BTreeMap<(PersonId, i64), Day> = BTreeMap::new();
        for (person, day, change) in seen {
            let own = days.entry((person, day)).or_default();
            own.changes += 1;
            match store.changes[change.index()].lines {
                Some((added, deleted)) => own.lines = own.lines.saturating_add(added).saturating_add(deleted),
                None => own.unsized_changes += 1,
            }
        }
        Self { days }
    }

    /// Returns a reviewer's day, by a moment of it.
    pub fn on(&self, person: PersonId, at: Moment) -> Day {
        self.days.get(&(person, day(at))).copied().unwrap_or_default()
    }

    /// Returns all days, by reviewer, then by date `YYYY-MM-DD`.
    pub fn days(&self) -> impl Iterator<Item = (PersonId, String, Day)> {
        self.days.iter().map(|((person, day), load)| {
            (*person, Moment::from_millis(day.saturating_mul(DAY)).date(), *load)
        })
    }
}

const DAY: i64 = 86_400_000;

/// Returns the day of a moment in UTC, counted from the epoch.
const fn day(at: Moment) -> i64 {
    at.millis().div_euclid(DAY)
}
