//! `review.understood`, `review.qualified`, `review.specialist`: what the reviewer states, and whether they may and can judge it.

use crate::model::record::Register;
use crate::model::{ActorKind, Capture, Moment, Verdict};
use crate::policy::{SensitivePaths, wildcard};
use crate::store::{AccountId, Entry, Place, Review, substance};

use super::finding::Finding;
use super::owners::{self, Owners};
use super::review::{listed, no_decisive};
use super::signature::vouched;
use super::subject::Subject;

const DAY: i64 = 24 * 3600 * 1000;

/// The part of a predicate type that marks a review statement.
const REVIEW_STATEMENT: &str = "/review-statement/";

/// Decides a criterion of these.
pub(super) fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "review.understood" => understood(subject, explain),
        "review.qualified" => qualified(subject, explain),
        _ => specialist(subject, explain),
    }
}

/// Returns the independent approvals of people that came in time, or all of them where none did.
fn approvals<'a>(subject: &Subject<'a>) -> Vec<&'a Review> {
    let mut all = subject.decisive_approvals();
    all.retain(|review| !subject.kind(review.author).is_machine());
    let in_time: Vec<&Review> =
        all.iter().copied().filter(|review| subject.is_before_merge(review) != Some(false)).collect();
    if in_time.is_empty() { all } else { in_time }
}

fn label(subject: &Subject<'_>, review: &Review) -> (String, Place) {
    (format!("approval by {}", subject.name(review.author)), review.place)
}

/// The finding when no person's approval could be judged.
fn without_person(subject: &Subject<'_>, explain: bool) -> Finding {
    match subject.decisive_approvals().is_empty() {
        true => no_decisive(subject, explain),
        false => Finding::not_applicable(explain, "Only machines approved it; review.human tells that."),
    }
}

/// What a reviewer states.
struct Stated<'a> {
    by: AccountId,
    text: &'a str,
    is_merged: bool,
    capture: Capture,
    place: Place,
}

fn stated<'a>(subject: &Subject<'a>) -> Vec<Stated<'a>> {
    let store = subject.store;
    let of_register = subject.entries(Register::ReviewStatement).filter_map(|entry| {
        Some(Stated {
            by: entry.person?,
            text: store.text(entry.detail),
            is_merged: subject.is_merged(entry.revision),
            capture: entry.capture,
            place: entry.place,
        })
    });
    let signed = subject.statements().filter_map(|statement| {
        let state = vouched(subject, statement);
        let is_one = store.text(statement.predicate_type).contains(REVIEW_STATEMENT) && state.counts();
        let by = statement.actor.filter(|_| is_one)?;
        Some(Stated {
            by,
            text: store.text(statement.result),
            is_merged: statement.subjects.iter().any(|(_, digest)| subject.is_merged(*digest)),
            capture: state.capture(),
            place: statement.place,
        })
    });
    of_register.chain(signed).collect()
}

fn understood(subject: &Subject<'_>, explain: bool) -> Finding {
    let all = stated(subject);
    if all.is_empty() {
        return Finding::unproven(
            explain,
            "No reviewer's statement of what they understood is in the bundle.",
        );
    }
    let words = subject.policy.depth.substance_words;
    let is_other = |stated: &&Stated<'_>| {
        !subject.took_part(stated.by) && subject.kind(Some(stated.by)) == ActorKind::Human
    };
    let has_substance = |stated: &&Stated<'_>| u64::from(substance::judge(stated.text).words) >= words;
    let by_others: Vec<&Stated<'_>> = all.iter().filter(is_other).collect();
    let of_it: Vec<&Stated<'_>> = by_others.iter().copied().filter(|stated| stated.is_merged).collect();
    let found = of_it.iter().copied().filter(has_substance).max_by_key(|stated| stated.capture);
    let capture = all.iter().map(|stated| stated.capture).max().unwrap_or_default();
    let (verdict, capture) = match found {
        Some(stated) => (Verdict::Met, stated.capture),
        None => (Verdict::Unmet, capture),
    };
    Finding::new(verdict, capture, explain, || match found {
        Some(stated) => {
            format!("{} states what they understood of the merged revision.", subject.name(Some(stated.by)))
        }
        None if by_others.is_empty() => {
            let names = all.iter().map(|stated| subject.name(Some(stated.by))).collect();
            format!(
                "Only those who wrote or prompted it, or machines, state that they understood it: {}.",
                listed(names)
            )
        }
        None if of_it.is_empty() => "What reviewers state is about another revision.".into(),
        None => format!("No statement on the merged revision has {words} words of substance."),
    })
    .with_all(all.iter(), |stated| (format!("statement of {}", subject.name(Some(stated.by))), stated.place))
}

/// Whether a person's training holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trained {
    Yes,
    Over,
    Unknown,
}

/// Returns whether an entry holds at a time: begun, and not over by its own end or, without one, by the policy's days.
pub(super) fn holds(entry: &Entry, at: Moment, days: u64) -> bool {
    let days = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY);
    let has_begun = entry.at.is_some_and(|begun| begun <= at);
    let is_over = match (entry.until, entry.at) {
        (Some(until), _) => at >= until,
        (None, Some(begun)) => at.since(begun) > days,
        (None, None) => true,
    };
    has_begun && !is_over
}

fn trained(subject: &Subject<'_>, review: &Review) -> Trained {
    let Some(author) = review.author else { return Trained::Unknown };
    let Some(at) = review.submitted.or(subject.change.merged) else { return Trained::Unknown };
    let store = subject.store;
    let person = store.person(author);
    let days = subject.policy.demands.valid_days;
    let own = |entry: &&Entry| entry.person.is_some_and(|account| store.person(account) == person);
    let mut courses = store.registers.all(Register::Training).iter().filter(own).peekable();
    let listed = subject.person(author).and_then(|person| person.qualified_until);
    let is_listed = courses.peek().is_some() || listed.is_some();
    if courses.any(|entry| holds(entry, at, days)) || listed.is_some_and(|until| at < until) {
        Trained::Yes
    } else if is_listed {
        Trained::Over
    } else {
        Trained::Unknown
    }
}

fn qualified(subject: &Subject<'_>, explain: bool) -> Finding {
    let approvals = approvals(subject);
    if approvals.is_empty() {
        return without_person(subject, explain);
    }
    let states: Vec<Trained> = approvals.iter().map(|review| trained(subject, review)).collect();
    let names = || listed(approvals.iter().map(|review| subject.name(review.author)).collect());
    let told = |verdict, capture, words: &dyn Fn() -> String| {
        Finding::new(verdict, capture, explain, words)
            .with_all(approvals.iter(), |review| label(subject, review))
    };
    if states.iter().all(|state| *state == Trained::Over) {
        return told(Verdict::Unmet, Capture::HumanAttested, &|| {
            format!("The training of {} was over when they approved it.", names())
        });
    }
    let (owned, file) = match owners::of(subject) {
        Owners::Known(owned, file) => (owned, file),
        Owners::Unknown(why) => {
            return told(Verdict::Unproven, Capture::Inferred, &|| {
                format!("Whether {} may judge it is not known: {why}.", names())
            });
        }
    };
    let mut unknown = None;
    for &(path, owners) in &owned {
        let of = |review: &&Review| {
            review
                .author
                .and_then(|author| subject.person(author))
                .map_or(Some(false), |person| owners::is_owner(subject.store, person, owners))
        };
        let found: Vec<Option<bool>> = approvals.iter().map(of).collect();
        if found.contains(&Some(true)) {
            continue;
        }
        if found.contains(&None) {
            unknown = Some(owners);
            continue;
        }
        return told(Verdict::Unmet, Capture::SystemObserved, &|| {
            format!("{path} is owned by {owners}, and none of them approved it: {} did.", names())
        })
        .with(|| "code owners".into(), file.place);
    }
    if let Some(team) = unknown {
        return told(Verdict::Unproven, Capture::Inferred, &|| {
            format!("Who belongs to {team} is not on record; name it as a role in people.csv.")
        })
        .with(|| "code owners".into(), file.place);
    }
    match states.contains(&Trained::Yes) {
        true => told(Verdict::Met, Capture::HumanAttested, &|| {
            let part = if owned.is_empty() { "no path of it has an owner" } else { "its owners approved it" };
            format!("Whoever approved it is trained, and {part}: {}.", names())
        })
        .with(|| "code owners".into(), file.place),
        false => told(Verdict::Unproven, Capture::Inferred, &|| {
            format!("Whether {} is trained is not on record.", names())
        }),
    }
}

fn specialist(subject: &Subject<'_>, explain: bool) -> Finding {
    if subject.policy.sensitive.is_empty() {
        return Finding::unproven(explain, "The policy names no sensitive paths.");
    }
    if subject.sensitive.is_empty() {
        return match subject.paths() {
            Some(_) => Finding::not_applicable(explain, "It touches no sensitive path."),
            None => Finding::unproven(explain, "Which files it changed is not fully on record."),
        };
    }
    let approvals = approvals(subject);
    if approvals.is_empty() {
        return without_person(subject, explain);
    }
    let roles = |review: &Review| {
        review.author.and_then(|author| subject.person(author)).map_or(&[][..], |person| &person.roles)
    };
    let fits = |entry: &SensitivePaths, role: &String| match entry.roles.as_slice() {
        [] => role.eq_ignore_ascii_case(&entry.label),
        wanted => wanted.iter().any(|wanted| wildcard(wanted, role)),
    };
    // Without roles in the policy the label is the role, if anybody has it: else nobody says who is a specialist.
    let is_named = |entry: &SensitivePaths| {
        let has = |person: &crate::store::Person| person.roles.iter().any(|role| fits(entry, role));
        !entry.roles.is_empty() || subject.store.persons.iter().any(has)
    };
    let touched =
        || subject.policy.sensitive.iter().filter(|entry| subject.sensitive.contains(&entry.label.as_str()));
    let lacks = |entry: &&SensitivePaths| {
        !approvals.iter().any(|review| roles(review).iter().any(|role| fits(entry, role)))
    };
    let missing = listed(touched().filter(lacks).map(|entry| entry.label.as_str()).collect());
    let names = || listed(approvals.iter().map(|review| subject.name(review.author)).collect());
    let is_known = touched().all(is_named) && approvals.iter().all(|review| !roles(review).is_empty());
    let (verdict, capture) = match (missing.is_empty(), is_known) {
        (true, _) => (Verdict::Met, Capture::HumanAttested),
        (false, true) => (Verdict::Unmet, Capture::HumanAttested),
        (false, false) => (Verdict::Unproven, Capture::Inferred),
    };
    Finding::new(verdict, capture, explain, || match verdict {
        Verdict::Met => {
            format!("A specialist for {} approved it: {}.", listed(subject.sensitive.clone()), names())
        }
        Verdict::Unmet => format!(
            "It touches {missing}, and none of those who approved it is a specialist for that: {}.",
            names()
        ),
        _ => format!(
            "It touches {missing}, and whether {} are specialists for that is not on record.",
            names()
        ),
    })
    .with_all(approvals.iter(), |review| label(subject, review))
}
