//! Who does what over the population: who approves whose changes, and the patterns that weaken a second pair of eyes.
//!
//! A pattern is something to look at, and no verdict. Thresholds are the policy's; `docs/duties.md` describes each.

use std::collections::{BTreeMap, BTreeSet};

use crate::assess::roles::{Duty, Held};
use crate::assess::{Assessment, Subject};
use crate::model::Moment;
use crate::model::record::ReviewState;
use crate::order;
use crate::store::bursts::{least, runs};
use crate::store::load::Day;
use crate::store::{ChangeId, PersonId};

/// Who does what, over all changes in scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duties {
    /// Changes on which each person has each duty.
    pub counts: BTreeMap<(PersonId, Duty), u64>,
    /// Changes of an author that an approver approved, by author and approver.
    pub pairs: BTreeMap<(PersonId, PersonId), u64>,
    /// Approved changes of each author.
    pub approved: BTreeMap<PersonId, u64>,
    /// Patterns, by kind.
    pub patterns: Vec<Pattern>,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Two persons who approve nearly all of each other's changes.
    Reciprocal {
        /// The one with the lower id.
        a: PersonId,
        /// The other.
        b: PersonId,
        /// Changes of `a` that `b` approved, of so many that anybody approved.
        b_approved: (u64, u64),
        /// Changes of `b` that `a` approved, of so many.
        a_approved: (u64, u64),
    },
    /// A person who wrote or prompted changes and took every decision on them that is on record.
    SelfService {
        /// Who.
        person: PersonId,
        /// What makes them an author.
        as_author: Duty,
        /// The duties that they hold on some of the changes.
        duties: BTreeSet<Duty>,
        /// Rows on which they used more than one account.
        by_several_accounts: Vec<usize>,
        /// Rows of the assessment.
        rows: Vec<usize>,
    },
    /// Many approvals by one person in a short time.
    Burst {
        /// Who.
        person: PersonId,
        /// First approval.
        from: Moment,
        /// Last approval.
        to: Moment,
        /// Rows of the assessment.
        rows: Vec<usize>,
    },
    /// More to review on one day than the policy takes.
    OverLoad {
        /// Who.
        person: PersonId,
        /// The day, `YYYY-MM-DD` in UTC.
        day: String,
        /// How much it was.
        load: Day,
        /// Changes reviewed, in scope or not.
        changes: Vec<ChangeId>,
    },
}

/// Returns the person who wrote or prompted a change and took every decision on it that is on record, with what makes them
/// its author; `None` where anybody else decided, or where not all reviews are on record.
pub fn self_service(subject: &Subject<'_>, held: &[Held]) -> Option<(PersonId, Duty)> {
    let lists = subject.change.lists;
    if !lists.reviews || lists.reviews_cut {
        return None;
    }
    let decides = |held: &&Held| {
        matches!(held.duty, Duty::Approved | Duty::Merged | Duty::ApprovedRelease | Duty::Released)
            && !subject.kind(Some(held.account)).is_machine()
    };
    let mut deciders = held.iter().filter(decides).map(|held| held.person);
    let person = deciders.next()?;
    if deciders.any(|other| other != person) {
        return None;
    }
    let as_author = [Duty::Wrote, Duty::Prompted, Duty::CoWrote];
    let is_held = |duty: &Duty| held.iter().any(|held| held.duty == *duty && held.person == person);
    as_author.into_iter().find(is_held).map(|duty| (person, duty))
}

/// Returns who does what over an assessment's population.
pub fn duties(assessment: &Assessment) -> Duties {
    let mut gathering = Gathering::default();
    for row in 0..assessment.scope.len() {
        gathering.row(assessment, row);
    }
    let Gathering { mut found, chains, approvals } = gathering;
    let mut patterns = reciprocal(assessment, &found);
    patterns.extend(chains.into_iter().map(|((person, as_author), chain)| Pattern::SelfService {
        person,
        as_author,
        duties: chain.duties,
        by_several_accounts: chain.by_several_accounts,
        rows: chain.rows,
    }));
    for (person, times) in approvals {
        bursts(assessment, person, times, &mut patterns);
    }
    patterns.extend(over_load(assessment));
    found.patterns = patterns;
    found
}

#[derive(Default)]
struct Chain {
    duties: BTreeSet<Duty>,
    by_several_accounts: Vec<usize>,
    rows: Vec<usize>,
}

#[derive(Default)]
struct Gathering {
    found: Duties,
    chains: BTreeMap<(PersonId, Duty), Chain>,
    /// Time and row of each person's approvals.
    approvals: BTreeMap<PersonId, Vec<(Moment, usize)>>,
}

impl Gathering {
    fn row(&mut self, assessment: &Assessment, row: usize) {
        let subject = assessment.subject(row);
        let held = subject.held();
        let parts = order::set(held.iter().map(|held| (held.person, held.duty)));
        for part in &parts {
            *self.found.counts.entry(*part).or_default() += 1;
        }
        let approvers: Vec<PersonId> =
            parts.iter().filter(|(_, duty)| *duty == Duty::Approved).map(|(person, _)| *person).collect();
        if let Some(author) = subject.change.author.map(|author| assessment.store.person(author)) {
            for &approver in &approvers {
                *self.found.pairs.entry((author, approver)).or_default() += 1;
            }
            if !approvers.is_empty() {
                *self.found.approved.entry(author).or_default() += 1;
            }
        }
        for approval in held.iter().filter(|held| held.duty == Duty::Approved) {
            if let Some(at) = approval.at {
                self.approvals.entry(approval.person).or_default().push((at, row));
            }
        }
        if let Some(key) = self_service(&subject, held) {
            let chain = self.chains.entry(key).or_default();
            let own: Vec<&Held> = held.iter().filter(|held| held.person == key.0).collect();
            chain.duties.extend(own.iter().map(|held| held.duty));
            let accounts = order::set(own.iter().map(|held| held.account));
            if accounts.len() > 1 {
                chain.by_several_accounts.push(row);
            }
            chain.rows.push(row);
        }
    }
}

/// Returns the pairs who approve at least the policy's share of each other's approved changes.
fn reciprocal(assessment: &Assessment, found: &Duties) -> Vec<Pattern> {
    let rules = &assessment.policy.duties;
    let is_machine = |person: PersonId| {
        assessment.store.persons.get(person.index()).is_none_or(|person| person.kind.is_machine())
    };
    // Counts are far below 2^52, so the share is exact enough to compare.
    #[expect(clippy::cast_precision_loss, reason = "counts of changes are far below 2^52")]
    let is_enough = |(count, of): (u64, u64)| {
        count >= rules.reciprocal_changes.max(1) && count as f64 >= rules.reciprocal_share * of as f64
    };
    let share = |author: PersonId, approver: PersonId| {
        let count = found.pairs.get(&(author, approver)).copied().unwrap_or_default();
        (count, found.approved.get(&author).copied().unwrap_or_default())
    };
    let pairs = found.pairs.keys().filter(|(a, b)| a < b && !is_machine(*a) && !is_machine(*b));
    let both =
        pairs.map(|&(a, b)| Pattern::Reciprocal { a, b, b_approved: share(a, b), a_approved: share(b, a) });
    both.filter(|pattern| match pattern {
        Pattern::Reciprocal { b_approved, a_approved, .. } => {
            is_enough(*b_approved) && is_enough(*a_approved)
        }
        _ => false,
    })
    .collect()
}

/// Adds the bursts in a person's approvals: runs within the policy's minutes, each approval in one run at most.
fn bursts(
    assessment: &Assessment,
    person: PersonId,
    mut times: Vec<(Moment, usize)>,
    into: &mut Vec<Pattern>,
) {
    let rules = &assessment.policy.duties;
    let kind = assessment.store.persons.get(person.index()).map(|person| person.kind);
    if kind.is_none_or(crate::model::ActorKind::is_machine) {
        return;
    }
    order::sort(&mut times);
    let only: Vec<Moment> = times.iter().map(|(at, _)| *at).collect();
    for run in runs(&only, rules) {
        let run = &times[run];
        let mut rows: Vec<usize> = run.iter().map(|(_, row)| *row).collect();
        order::sort(&mut rows);
        rows.dedup();
        if rows.len() >= least(rules) {
            into.push(Pattern::Burst { person, from: run[0].0, to: run[run.len() - 1].0, rows });
        }
    }
}

/// Returns the days on which a reviewer had more than the policy takes.
fn over_load(assessment: &Assessment) -> Vec<Pattern> {
    let (store, rules) = (&assessment.store, &assessment.policy.duties);
    let is_over = |day: &Day| day.changes > rules.reviews_per_day || day.lines > rules.lines_per_day;
    let mut days: BTreeMap<(PersonId, String), (Day, BTreeSet<ChangeId>)> = store
        .load
        .days()
        .filter(|(person, _, day)| {
            is_over(day) && store.persons.get(person.index()).is_some_and(|p| !p.kind.is_machine())
        })
        .map(|(person, day, load)| ((person, day), (load, BTreeSet::new())))
        .collect();
    if days.is_empty() {
        return Vec::new();
    }
    for review in store.reviews.iter().filter(|review| review.state != ReviewState::Pending) {
        let key = review.author.zip(review.submitted).map(|(author, at)| (store.person(author), at.date()));
        let Some((_, changes)) = key.and_then(|key| days.get_mut(&key)) else { continue };
        let author = store.changes.get(review.change.index()).and_then(|change| change.author);
        if author.map(|author| store.person(author)) != review.author.map(|author| store.person(author)) {
            changes.insert(review.change);
        }
    }
    let pattern = |((person, day), (load, changes)): ((PersonId, String), (Day, BTreeSet<ChangeId>))| {
        Pattern::OverLoad { person, day, load, changes: changes.into_iter().collect() }
    };
    days.into_iter().map(pattern).collect()
}
