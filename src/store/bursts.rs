//! Approvals in bursts: more by one person, within so few minutes, than the policy takes for reading.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::model::Moment;
use crate::model::record::ReviewState;
use crate::order;
use crate::policy::DutyRules;

use super::Store;
use super::rows::{ChangeId, PersonId};

/// One burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Count of changes that were approved in it.
    pub changes: usize,
    /// Its first approval.
    pub from: Moment,
    /// Its last approval.
    pub to: Moment,
}

/// The approvals that are part of bursts.
#[derive(Clone, Debug, Default)]
pub struct Bursts {
    /// By row of `reviews`.
    by_review: BTreeMap<usize, Burst>,
}

impl Bursts {
    /// Finds the bursts in the approvals of a store by the rules of a policy; machines have none.
    pub fn of(store: &Store, rules: &DutyRules) -> Self {
        let mut approvals: BTreeMap<PersonId, Vec<(Moment, ChangeId, usize)>> = BTreeMap::new();
        for (at, review) in store.reviews.iter().enumerate() {
            let is_approval = review.state == ReviewState::Approved;
            let Some((author, time)) = review.author.zip(review.submitted).filter(|_| is_approval) else {
                continue;
            };
            let person = store.person(author);
            if store.persons.get(person.index()).is_some_and(|person| !person.kind.is_machine()) {
                approvals.entry(person).or_default().push((time, review.change, at));
            }
        }
        let mut by_review = BTreeMap::new();
        for times in approvals.values_mut() {
            order::sort(times);
            let only: Vec<Moment> = times.iter().map(|(time, ..)| *time).collect();
            for run in runs(&only, rules) {
                let run = &times[run];
                let mut changes: Vec<ChangeId> = run.iter().map(|(_, change, _)| *change).collect();
                order::sort(&mut changes);
                changes.dedup();
                if changes.len() >= least(rules) {
                    let burst = Burst { changes: changes.len(), from: run[0].0, to: run[run.len() - 1].0 };
                    by_review.extend(run.iter().map(|(.., at)| (*at, burst)));
                }
            }
        }
        Self { by_review }
    }

    /// Returns the burst that a review, by its row, is part of.
    pub fn at(&self, review: usize) -> Option<Burst> {
        self.by_review.get(&review).copied()
    }
}

/// Returns from how many approvals on a run is a burst.
pub fn least(rules: &DutyRules) -> usize {
    usize::try_from(rules.burst_approvals.max(2)).unwrap_or(usize::MAX)
}

/// Returns the runs of sorted times that are long enough and within the policy's minutes; each time is in one run at most.
pub fn runs(times: &[Moment], rules: &DutyRules) -> Vec<Range<usize>> {
    let most = i64::try_from(rules.burst_minutes).unwrap_or(i64::MAX).saturating_mul(60_000);
    let (mut found, mut start) = (Vec::new(), 0);
    while start < times.len() {
        let length = times[start..].partition_point(|at| at.since(times[start]) <= most);
        if length < least(rules) {
            start += 1;
            continue;
        }
        found.push(start..start + length);
        start += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_long_enough_and_within_the_minutes() {
        let rules = DutyRules { burst_approvals: 3, burst_minutes: 10, ..DutyRules::default() };
        let minutes = |of: &[i64]| of.iter().map(|m| Moment::from_seconds(m * 60)).collect::<Vec<_>>();
        assert_eq!(runs(&minutes(&[0, 30, 31, 32, 60, 69, 71]), &rules), vec![1..4]);
        assert_eq!(runs(&minutes(&[0, 5, 10, 10, 20, 20]), &rules), vec![0..4]);
        assert!(runs(&[], &rules).is_empty());
    }
}
