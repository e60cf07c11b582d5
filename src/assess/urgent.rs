//! `release.management-approved` and `release.emergency-reviewed`: who answers for a release, and what becomes of an urgent one.

use crate::model::{Capture, Moment, Verdict};
use crate::policy::wildcard;
use crate::store::Review;

use super::finding::Finding;
use super::review::listed;
use super::subject::Subject;
use super::tickets::{Approval, Urgency, approvals, urgency};

const DAY: i64 = 24 * 3600 * 1000;

/// Decides `release.management-approved`: by somebody whose role answers for releases, who neither wrote nor prompted
/// nor reviewed it, before the release.
pub(super) fn management(subject: &Subject<'_>, explain: bool) -> Finding {
    let (found, is_listed) = approvals(subject);
    if found.is_empty() {
        return match is_listed {
            true => Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
                "The approvals of its release are on record, and there is none.".into()
            }),
            false => Finding::unproven(explain, "The bundle holds no approval of its release."),
        };
    }
    let roles = |approval: &Approval| subject.person(approval.person).map_or(&[][..], |person| &person.roles);
    let demanded = &subject.policy.demands.management_roles;
    let is_accountable = |approval: &&Approval| {
        roles(approval).iter().any(|role| demanded.iter().any(|demanded| wildcard(demanded, role)))
    };
    let has_reviewed = |approval: &Approval| {
        let person = subject.store.person(approval.person);
        subject
            .approvals()
            .any(|review| review.author.is_some_and(|author| subject.store.person(author) == person))
    };
    let released = subject.deployments().filter_map(|deployment| deployment.at).min();
    let is_late = |approval: &Approval| approval.at.zip(released).is_some_and(|(at, released)| at > released);
    let accountable: Vec<&Approval> = found.iter().filter(is_accountable).collect();
    let independent: Vec<&Approval> = accountable
        .iter()
        .copied()
        .filter(|approval| !subject.took_part(approval.person) && !has_reviewed(approval))
        .collect();
    let name = |approval: &Approval| subject.name(Some(approval.person));
    let told = |verdict, capture, words: &dyn Fn() -> String| {
        Finding::new(verdict, capture, explain, words)
            .with_all(found.iter(), |approval| (format!("approval by {}", name(approval)), approval.place))
    };
    if let Some(approval) = independent.iter().copied().find(|approval| !is_late(approval)) {
        return told(Verdict::Met, approval.capture.min(Capture::HumanAttested), &|| {
            format!(
                "{} ({}) approved its release, and neither wrote nor reviewed it.",
                name(approval),
                roles(approval).join(", ")
            )
        });
    }
    let names = |of: &[&Approval]| listed(of.iter().map(|approval| name(approval)).collect());
    if !independent.is_empty() {
        return told(Verdict::Unmet, Capture::SystemObserved, &|| {
            format!("{} approved it only after it was released.", names(&independent))
        });
    }
    if !accountable.is_empty() {
        return told(Verdict::Unmet, Capture::SystemObserved, &|| {
            format!("Who answers for the release also wrote or reviewed it: {}.", names(&accountable))
        });
    }
    let unknown: Vec<&Approval> = found.iter().filter(|approval| roles(approval).is_empty()).collect();
    // A list of release approvals is whole; whoever lets a deployment through says nothing of who else approved.
    if unknown.is_empty() && is_listed {
        return told(Verdict::Unmet, Capture::HumanAttested, &|| {
            let all: Vec<&Approval> = found.iter().collect();
            format!("None of those who approved its release has a role that answers for it: {}.", names(&all))
        });
    }
    told(Verdict::Unproven, Capture::Inferred, &|| {
        let all: Vec<&Approval> = found.iter().collect();
        format!("{} approved its release, and no role that answers for it is on record.", names(&all))
    })
}

/// How an urgent change was reviewed.
enum Reviewed<'a> {
    Before(&'a Review),
    InTime(&'a Review),
    Late(&'a Review),
    TimesUnknown,
    NotYet,
    Never,
    ListUnknown,
}

fn reviewed<'a>(subject: &Subject<'a>) -> Reviewed<'a> {
    let approvals: Vec<&Review> =
        subject.independent_approvals().filter(|review| !subject.kind(review.author).is_machine()).collect();
    if let Some(review) = approvals.iter().find(|review| subject.is_before_merge(review) == Some(true)) {
        return Reviewed::Before(review);
    }
    let days = i64::try_from(subject.policy.demands.emergency_review_days).unwrap_or(i64::MAX);
    let is_within =
        |at: Moment| subject.change.merged.is_some_and(|merged| at.since(merged) <= days.saturating_mul(DAY));
    let timed = approvals.iter().filter_map(|review| Some((review.submitted?, *review)));
    match timed.min_by_key(|(at, _)| *at) {
        Some((at, review)) if is_within(at) => Reviewed::InTime(review),
        _ if approvals.iter().any(|review| review.submitted.is_none()) => Reviewed::TimesUnknown,
        Some((_, review)) => Reviewed::Late(review),
        None if !subject.change.lists.reviews || subject.change.lists.reviews_cut => Reviewed::ListUnknown,
        None if subject.now.is_none_or(is_within) => Reviewed::NotYet,
        None => Reviewed::Never,
    }
}

/// Decides `release.emergency-reviewed`.
pub(super) fn emergency(subject: &Subject<'_>, explain: bool) -> Finding {
    let (mark, place) = match urgency(subject) {
        Urgency::Urgent(mark, place) => (mark, place),
        Urgency::Ordinary => return Finding::not_applicable(explain, "Nothing marks it as urgent."),
        Urgency::Unknown => {
            return Finding::unproven(
                explain,
                "Whether it was urgent is not in the bundle: neither its labels nor its ticket are.",
            );
        }
    };
    let found = reviewed(subject);
    let days = subject.policy.demands.emergency_review_days;
    let when = |review: &Review| review.submitted.map_or_else(String::new, |at| format!(" at {at}"));
    let (verdict, capture) = match found {
        Reviewed::Before(_) | Reviewed::InTime(_) => (Verdict::Met, Capture::SystemObserved),
        Reviewed::Late(_) | Reviewed::Never => (Verdict::Unmet, Capture::SystemObserved),
        Reviewed::TimesUnknown | Reviewed::NotYet | Reviewed::ListUnknown => {
            (Verdict::Unproven, Capture::Inferred)
        }
    };
    let finding = Finding::new(verdict, capture, explain, || match &found {
        Reviewed::Before(review) => {
            format!(
                "It is marked as urgent, and {} approved it before the merge.",
                subject.name(review.author)
            )
        }
        Reviewed::InTime(review) => format!(
            "{} reviewed the urgent change{}, within {days} days of the merge.",
            subject.name(review.author),
            when(review)
        ),
        Reviewed::Late(review) => format!(
            "{} reviewed the urgent change only{}, more than {days} days after the merge.",
            subject.name(review.author),
            when(review)
        ),
        Reviewed::Never => format!("Nobody else reviewed the urgent change within {days} days of the merge."),
        Reviewed::NotYet => format!("Nobody else reviewed the urgent change yet; {days} days are not over."),
        Reviewed::TimesUnknown => "When the urgent change was reviewed is not on record.".into(),
        Reviewed::ListUnknown => "The bundle does not hold the whole list of its reviews.".into(),
    })
    .with(|| mark, place);
    match found {
        Reviewed::Before(review) | Reviewed::InTime(review) | Reviewed::Late(review) => {
            finding.with(|| format!("approval by {}", subject.name(review.author)), review.place)
        }
        _ => finding,
    }
}
