//! `integrity.*`: what binds statements to the merged revision, how what counts is known, and whether times are possible.

use crate::model::record::{ReviewState, SessionSource};
use crate::model::{Capture, Moment, Verdict};
use crate::store::{Place, Statement};

use super::finding::Finding;
use super::signature::{Vouched, continuity, label, signature, vouched};
use super::subject::Subject;

/// How far clocks of different machines may be apart before an order counts as impossible.
const TOLERANCE: i64 = 5 * 60 * 1000;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "integrity.bound" => bound(subject, explain),
        "integrity.not-only-typed" => not_only_typed(subject, explain),
        "integrity.signature" => signature(subject, explain),
        "integrity.continuity" => continuity(subject, explain),
        _ => clock(subject, explain),
    }
}

fn bound(subject: &Subject<'_>, explain: bool) -> Finding {
    let change = subject.change;
    let names = |statement: &Statement| {
        statement.subjects.iter().any(|(_, digest)| {
            *digest == change.merge_commit || !change.head.is_empty() && *digest == change.head
        })
    };
    // A broken signature binds nothing; `integrity.signature` tells of it.
    let (all, broken): (Vec<&Statement>, Vec<&Statement>) =
        subject.statements().partition(|statement| vouched(subject, statement).counts());
    let bound: Vec<&&Statement> = all.iter().filter(|statement| names(statement)).collect();
    if !bound.is_empty() {
        let valid = bound.iter().filter(|statement| vouched(subject, statement) == Vouched::Valid).count();
        let capture = if valid > 0 { Capture::Verified } else { Capture::SelfTyped };
        return Finding::new(Verdict::Met, capture, explain, || {
            format!(
                "{} statements name the merged revision by digest; the signatures of {valid} are valid.",
                bound.len()
            )
        })
        .with_all(bound.iter(), |statement| label(subject, statement));
    }
    // One that is still being checked may name it.
    let is_open = broken.iter().any(|statement| vouched(subject, statement) == Vouched::Pending);
    if !all.is_empty() && !is_open {
        return Finding::new(Verdict::Unmet, Capture::SelfTyped, explain, || {
            "Statements about the change name another revision than the merged one.".into()
        })
        .with_all(all.iter(), |statement| label(subject, statement));
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        if is_open {
            "Signatures of statements about the change are still being checked.".into()
        } else if broken.is_empty() {
            "The bundle holds no statement about the merged revision.".into()
        } else {
            format!("None of the {} statements about the change has a signature that counts.", broken.len())
        }
    })
    .with_all(broken.iter(), |statement| label(subject, statement))
}

fn not_only_typed(subject: &Subject<'_>, explain: bool) -> Finding {
    let sessions: Vec<_> = subject.sessions().collect();
    let is_typed =
        |source: SessionSource| matches!(source, SessionSource::Trailer | SessionSource::ChangeText);
    if !sessions.is_empty() && sessions.iter().all(|session| is_typed(session.source)) {
        return Finding::new(Verdict::Unmet, Capture::SelfTyped, explain, || {
            "AI's part is known by typed text alone.".into()
        })
        .with_all(sessions.iter(), |session| (session.source.word().to_owned(), session.place));
    }
    if let Some(review) = subject.approvals().next() {
        return Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
            "Its approval is the forge's own record.".into()
        })
        .with(|| format!("approval by {}", subject.name(review.author)), review.place);
    }
    if let Some(session) = sessions.iter().find(|session| !is_typed(session.source)) {
        return Finding::new(Verdict::Met, session.capture, explain, || {
            "AI's part is recorded by a tool.".into()
        })
        .with(|| session.source.word().to_owned(), session.place);
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || "Nothing that counts is on record.".into())
}

/// One order that must hold: `earlier` not after `later`.
struct Order {
    earlier: Moment,
    later: Moment,
    words: &'static str,
    tolerance: i64,
    place: Place,
}

fn clock(subject: &Subject<'_>, explain: bool) -> Finding {
    let orders = orders(subject);
    if let Some(broken) = orders.iter().find(|order| order.earlier.since(order.later) > order.tolerance) {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
            format!("{}: {} and {}.", broken.words, broken.earlier, broken.later)
        })
        .with(|| "a time on record".into(), broken.place);
    }
    if let Some(finding) = in_burst(subject, explain) {
        return finding;
    }
    if orders.is_empty() {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "Too few times are on record to compare.".into()
        });
    }
    Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
        format!("{} pairs of times are in a possible order.", orders.len())
    })
}

/// The finding where each person's approval of it was given among many others within a few minutes.
fn in_burst(subject: &Subject<'_>, explain: bool) -> Option<Finding> {
    let store = subject.store;
    let rows = subject.change.reviews.positions().zip(subject.reviews());
    let approvals = rows.filter(|(_, review)| {
        review.state == ReviewState::Approved && !subject.kind(review.author).is_machine()
    });
    let mut first = None;
    for (at, review) in approvals {
        let burst = store.bursts.at(at)?;
        first = first.or(Some((review, burst)));
    }
    let (review, burst) = first?;
    let rules = &subject.policy.duties;
    let finding = Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
        format!(
            "{} approved {} changes between {} and {}: more than can be read.",
            subject.name(review.author),
            burst.changes,
            burst.from,
            burst.to
        )
    });
    Some(
        finding
            .with(|| format!("approval by {}", subject.name(review.author)), review.place)
            .input("a burst", || {
                format!("{} approvals within {} minutes", rules.burst_approvals, rules.burst_minutes)
            }),
    )
}

/// Collects the pairs of times that have one possible order.
fn orders(subject: &Subject<'_>) -> Vec<Order> {
    let change = subject.change;
    let mut orders = Vec::new();
    let mut push = |earlier: Option<Moment>, later: Option<Moment>, words, tolerance, place| {
        if let (Some(earlier), Some(later)) = (earlier, later) {
            orders.push(Order { earlier, later, words, tolerance, place });
        }
    };
    push(change.created, change.merged, "It was merged before it was opened", 0, change.place);
    for review in subject.reviews() {
        push(
            change.created,
            review.submitted,
            "A review was sent before the change was opened",
            0,
            review.place,
        );
        let reviewed = subject.commits().find(|commit| {
            crate::store::same_object(subject.store.text(commit.id), subject.store.text(review.commit))
        });
        let committed = reviewed.and_then(|commit| commit.committed);
        push(
            committed,
            review.submitted,
            "A revision was reviewed before it was committed",
            TOLERANCE,
            review.place,
        );
    }
    for commit in subject.commits() {
        push(
            commit.authored,
            commit.committed,
            "A commit was committed before it was written",
            TOLERANCE,
            commit.place,
        );
        let is_merged = commit.id == change.head || commit.id == change.merge_commit;
        let committed = commit.committed.filter(|_| is_merged);
        push(
            committed,
            change.merged,
            "A revision was merged before it was committed",
            TOLERANCE,
            commit.place,
        );
    }
    for statement in subject.statements().filter(|statement| vouched(subject, statement).counts()) {
        let committed = subject
            .commits()
            .find(|commit| statement.subjects.iter().any(|(_, digest)| *digest == commit.id));
        let committed = committed.and_then(|commit| commit.committed);
        push(
            committed,
            statement.at,
            "A statement was made before its revision was committed",
            TOLERANCE,
            statement.place,
        );
    }
    orders
}
