//! Exceptions of the policy: a valid, unexpired one turns what is unmet or unproven into `excepted`.

use crate::model::{ActorKind, Verdict, agents};
use crate::policy::{Exception, wildcard};
use crate::store::same_object;

use super::Assessment;
use super::finding::Finding;
use super::registry;
use super::subject::Subject;

/// Applies the first exception that covers a finding.
pub fn apply(criterion: &str, subject: &Subject<'_>, finding: Finding, explain: bool) -> Finding {
    if !matches!(finding.verdict, Verdict::Unmet | Verdict::Unproven) {
        return finding;
    }
    let Some(exception) =
        subject.policy.exceptions.iter().find(|exception| covers(exception, criterion, subject))
    else {
        return finding;
    };
    let was = finding.verdict;
    let reason = if explain {
        let until = exception.until.map_or_else(String::new, crate::model::Moment::date);
        let control = if exception.compensating_control.is_empty() {
            String::new()
        } else {
            format!(" Compensating control: {}.", exception.compensating_control.trim_end_matches('.'))
        };
        format!(
            "Exception {} of {}, until {until}: {}.{control} Without it: {}. {}",
            exception.id,
            exception.owner,
            exception.reason.trim_end_matches('.'),
            was.word(),
            finding.reason
        )
    } else {
        String::new()
    };
    finding.turned(Verdict::Excepted, reason)
}

/// Returns whether an exception has an owner, a reason, a compensating control and an end, and is in force.
pub fn is_valid(exception: &Exception, now: Option<crate::model::Moment>) -> bool {
    let is_complete = !exception.owner.is_empty()
        && !exception.reason.is_empty()
        && !exception.compensating_control.is_empty();
    let in_force = exception.until.zip(now).is_some_and(|(until, now)| now < until)
        && exception.from.is_none_or(|from| now.is_some_and(|now| now >= from));
    is_complete && in_force
}

/// How an exception stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// In force.
    InForce,
    /// Its end is past.
    Expired,
    /// It has not begun, or there is no "now" to hold it against.
    NotYet,
    /// It lacks owner, reason, compensating control, criteria, changes or an end.
    Incomplete,
    /// It covers every criterion or every change, which no exception may.
    TooBroad,
}

impl State {
    /// Returns the word that JSON and CSS classes use.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::Incomplete => "incomplete",
            Self::TooBroad => "too-broad",
        }
    }

    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Expired => "expired, and changes nothing",
            Self::NotYet => "not in force yet, and changes nothing",
            Self::Incomplete => "incomplete, and changes nothing",
            Self::TooBroad => "too broad, and changes nothing",
        }
    }
}

/// An exception and what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its position in the policy.
    pub position: usize,
    /// How it stands.
    pub state: State,
    /// Verdicts that it turned.
    pub verdicts: u64,
    /// Changes that these are on.
    pub changes: u64,
    /// Whether its owner is the account of an agent or other machine: no person then accepted the deviation.
    pub is_by_machine: bool,
}

/// Returns every exception of the policy with what it did, in the policy's order.
pub fn uses(assessment: &Assessment) -> Vec<Use> {
    let policy = &assessment.policy;
    let mut uses: Vec<Use> = (0..policy.exceptions.len())
        .map(|position| {
            let exception = &policy.exceptions[position];
            Use {
                position,
                state: state(exception, assessment.now),
                verdicts: 0,
                changes: 0,
                is_by_machine: is_by_machine(assessment, &exception.owner),
            }
        })
        .collect();
    if uses.is_empty() {
        return uses;
    }
    for row in 0..assessment.scope.len() {
        let excepted = registry::all().filter(|index| assessment.verdict(row, *index) == Verdict::Excepted);
        let excepted: Vec<_> = excepted.collect();
        if excepted.is_empty() {
            continue;
        }
        let subject = assessment.subject(row);
        let mut here = vec![false; uses.len()];
        for index in excepted {
            let first = policy.exceptions.iter().position(|own| covers(own, index.criterion().id, &subject));
            if let Some(position) = first {
                uses[position].verdicts += 1;
                here[position] = true;
            }
        }
        for (own, is_here) in uses.iter_mut().zip(here) {
            own.changes += u64::from(is_here);
        }
    }
    uses
}

/// Returns how an exception stands at a moment.
pub fn state(exception: &Exception, now: Option<crate::model::Moment>) -> State {
    let is_empty = exception.owner.is_empty()
        || exception.reason.is_empty()
        || exception.compensating_control.is_empty()
        || exception.criteria.is_empty()
        || exception.changes.is_empty();
    match exception.until {
        _ if is_too_broad(exception) => State::TooBroad,
        None => State::Incomplete,
        Some(_) if is_empty => State::Incomplete,
        Some(until) if now.is_some_and(|now| now >= until) => State::Expired,
        Some(_) if is_valid(exception, now) => State::InForce,
        Some(_) => State::NotYet,
    }
}

/// Returns whether an exception covers every criterion, or changes by a wildcard: a deviation is accepted change by
/// change, and for what is known to deviate.
pub fn is_too_broad(exception: &Exception) -> bool {
    let is_evaluated = |criterion: &&registry::Criterion| {
        criterion.is_evaluated && criterion.scope == registry::Scope::Change
    };
    exception.changes.iter().any(|change| change.contains('*'))
        || exception.criteria.iter().any(|pattern| pattern.trim_end_matches(".*") == "*")
        || (!exception.criteria.is_empty()
            && registry::CRITERIA
                .iter()
                .filter(is_evaluated)
                .all(|criterion| exception.criteria.iter().any(|pattern| is_covered(pattern, criterion.id))))
}

/// Returns whether the owner is the account of a machine: by the evidence, by the lists of the policy, or as a known one.
fn is_by_machine(assessment: &Assessment, owner: &str) -> bool {
    let policy = &assessment.policy;
    let lists = [&policy.agents, &policy.bots, &policy.services];
    let is_listed = lists.into_iter().flatten().any(|pattern| wildcard(pattern, owner));
    if is_listed || agents::kind_of(owner, owner, owner).is_some() || owner.ends_with("[bot]") {
        return true;
    }
    let store = &assessment.store;
    let is_owner = |text| !owner.is_empty() && store.text(text).eq_ignore_ascii_case(owner);
    store.accounts.iter().any(|account| {
        matches!(account.kind, ActorKind::Agent | ActorKind::Bot | ActorKind::Service)
            && (is_owner(account.login) || is_owner(account.name) || is_owner(account.email))
    })
}

fn covers(exception: &Exception, criterion: &str, subject: &Subject<'_>) -> bool {
    exception.criteria.iter().any(|pattern| is_covered(pattern, criterion))
        && exception.changes.iter().any(|name| names(name, subject))
        && state(exception, subject.now) == State::InForce
}

fn is_covered(pattern: &str, criterion: &str) -> bool {
    pattern == criterion
        || pattern.strip_suffix(".*").is_some_and(|family| criterion.split('.').next() == Some(family))
}

/// Returns whether `owner/name#12`, `#12` or a commit names the change.
fn names(name: &str, subject: &Subject<'_>) -> bool {
    let (store, change) = (subject.store, subject.change);
    if let Some((repository, number)) = name.rsplit_once('#') {
        let same_repository =
            repository.is_empty() || repository.eq_ignore_ascii_case(store.text(change.repository));
        return same_repository && change.number > 0 && number.parse() == Ok(change.number);
    }
    same_object(name, store.text(change.merge_commit)) || same_object(name, store.text(change.head))
}
