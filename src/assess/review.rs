//! `review.*`: who approved, what, when, and whether anyone objected. Depth is in [`super::depth`].

use std::collections::BTreeMap;

use crate::model::record::ReviewState;
use crate::model::{ActorKind, Capture, Verdict};
use crate::store::{Place, Review, same_object};

use super::finding::Finding;
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "review.human" => human(subject, explain),
        "review.independent" => independent(subject, explain),
        "review.current-revision" => current_revision(subject, explain),
        "review.before-merge" => before_merge(subject, explain),
        "review.uncontested" => uncontested(subject, explain),
        "review.understood" | "review.qualified" | "review.specialist" => {
            super::entitled::decide(id, subject, explain)
        }
        "review.load" => super::load::decide(subject, explain),
        _ => super::depth::decide(subject, explain),
    }
}

/// The finding when there is no approval at all: contrary evidence where the whole list of reviews is there.
fn without_approval(subject: &Subject<'_>, explain: bool) -> Finding {
    let lists = subject.change.lists;
    if lists.reviews && !lists.reviews_cut {
        let count = subject.reviews().len();
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || match count {
            0 => "The export lists its reviews, and there is none.".into(),
            _ => format!("None of its {count} reviews approves it."),
        })
        .with(|| "the change's list of reviews".into(), subject.change.place.field("reviews"));
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        if lists.reviews_cut {
            "The export cut the list of its reviews, and what is left holds no approval.".into()
        } else {
            "The bundle holds no list of its reviews.".into()
        }
    })
}

fn approval(subject: &Subject<'_>, review: &Review) -> (String, Place) {
    let when = review.submitted.map_or_else(|| "at an unknown time".into(), |at| format!("at {at}"));
    (format!("approval by {} {when}", subject.name(review.author)), review.place)
}

fn human(subject: &Subject<'_>, explain: bool) -> Finding {
    let of_kind =
        |wanted: ActorKind| subject.approvals().find(|review| subject.kind(review.author) == wanted);
    if let Some(review) = of_kind(ActorKind::Human) {
        let kind_from =
            review.author.and_then(|id| subject.account(id)).map_or(Capture::Inferred, |a| a.kind_from);
        return Finding::new(Verdict::Met, kind_from.min(Capture::SystemObserved), explain, || {
            let name = subject.name(review.author);
            match kind_from {
                Capture::Inferred => {
                    format!("{name} approved it, and nothing marks that account as a machine's.")
                }
                _ => format!("{name}, who is known to be a person, approved it."),
            }
        })
        .with(|| approval(subject, review).0, review.place);
    }
    if let Some(review) = of_kind(ActorKind::Unknown) {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            format!(
                "{} approved it; the export does not tell a person from an app there.",
                subject.name(review.author)
            )
        })
        .with(|| approval(subject, review).0, review.place);
    }
    let machines: Vec<&Review> = subject.approvals().collect();
    let Some(first) = machines.first() else { return without_approval(subject, explain) };
    Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
        let kind = subject.kind(first.author).word();
        format!("Every approval is a machine's; {} is of the kind {kind}.", subject.name(first.author))
    })
    .with_all(machines.iter(), |review| approval(subject, review))
}

fn independent(subject: &Subject<'_>, explain: bool) -> Finding {
    if let Some(review) = subject.independent_approvals().next() {
        if subject.change.author.is_none() {
            return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
                "It is approved, and its author is not on record.".into()
            })
            .with(|| approval(subject, review).0, review.place);
        }
        return Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
            format!(
                "{} approved it and is neither author, co-author nor prompter on record.",
                subject.name(review.author)
            )
        })
        .with(|| approval(subject, review).0, review.place);
    }
    let own: Vec<&Review> = subject.approvals().collect();
    if own.is_empty() {
        return without_approval(subject, explain);
    }
    if own.iter().any(|review| review.author.is_none()) || subject.change.lists.reviews_cut {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The export does not name everyone who approved it.".into()
        });
    }
    Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
        let names: Vec<&str> = own.iter().map(|review| subject.name(review.author)).collect();
        format!("Only those who wrote or prompted it approved it: {}.", listed(names))
    })
    .with_all(own.iter(), |review| approval(subject, review))
}

/// The finding when there is no independent approval to look at.
pub(super) fn no_decisive(subject: &Subject<'_>, explain: bool) -> Finding {
    let lists = subject.change.lists;
    if lists.reviews && !lists.reviews_cut {
        return Finding::new(Verdict::NotApplicable, Capture::SystemObserved, explain, || {
            "There is no independent approval to look at; review.human and review.independent tell that."
                .into()
        });
    }
    without_approval(subject, explain)
}

fn current_revision(subject: &Subject<'_>, explain: bool) -> Finding {
    let mut approvals = subject.decisive_approvals();
    if approvals.is_empty() {
        return no_decisive(subject, explain);
    }
    let in_time: Vec<&Review> =
        approvals.iter().copied().filter(|review| subject.is_before_merge(review) != Some(false)).collect();
    if !in_time.is_empty() {
        approvals = in_time;
    }
    let store = subject.store;
    let (head, merge) = (store.text(subject.change.head), store.text(subject.change.merge_commit));
    let names = |review: &&&Review| {
        let commit = store.text(review.commit);
        same_object(commit, head) || same_object(commit, merge)
    };
    let head_place = subject.change.place.field("headRefOid");
    if let Some(review) = approvals.iter().find(names) {
        return Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
            format!(
                "{} approved {}, which is what was merged.",
                subject.name(review.author),
                short(store.text(review.commit))
            )
        })
        .with(|| approval(subject, review).0, review.place)
        .with(|| "the last revision of the change".into(), head_place);
    }
    if head.is_empty() || approvals.iter().any(|review| review.commit.is_empty()) {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            if head.is_empty() {
                "The last revision of the change is not on record.".into()
            } else {
                "The export does not say which revision was approved.".into()
            }
        })
        .with_all(approvals.iter(), |review| approval(subject, review));
    }
    Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
        let last = approvals.last().map_or("", |review| store.text(review.commit));
        let later = commits_after(subject, approvals.iter().filter_map(|review| review.submitted).max());
        let name = approvals.last().map_or("", |review| subject.name(review.author));
        format!("{name} approved {}; {} was merged{later}.", short(last), short(head))
    })
    .with_all(approvals.iter(), |review| approval(subject, review))
    .with(|| "the last revision of the change".into(), head_place)
}

fn commits_after(subject: &Subject<'_>, at: Option<crate::model::Moment>) -> String {
    let Some(at) = at else { return String::new() };
    let count = subject.commits().filter(|commit| commit.committed.is_some_and(|time| time > at)).count();
    match count {
        0 => String::new(),
        1 => ", with one commit after the approval".into(),
        _ => format!(", with {count} commits after the approval"),
    }
}

fn before_merge(subject: &Subject<'_>, explain: bool) -> Finding {
    let approvals = subject.decisive_approvals();
    if approvals.is_empty() {
        return no_decisive(subject, explain);
    }
    let of = |wanted: Option<bool>| approvals.iter().find(|review| subject.is_before_merge(review) == wanted);
    if let Some(review) = of(Some(true)) {
        return Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
            format!("{} approved it before it was merged.", subject.name(review.author))
        })
        .with(|| approval(subject, review).0, review.place)
        .with(|| "the time of the merge".into(), subject.change.place.field("mergedAt"));
    }
    if of(None).is_some() {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The time of the approval or of the merge is not on record.".into()
        })
        .with_all(approvals.iter(), |review| approval(subject, review));
    }
    Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
        let review = approvals.first();
        let name = review.map_or("", |review| subject.name(review.author));
        let at = |moment: Option<crate::model::Moment>| moment.map_or_else(String::new, |m| m.to_string());
        format!(
            "{name} approved it at {}, after the merge at {}.",
            at(review.and_then(|r| r.submitted)),
            at(subject.change.merged)
        )
    })
    .with_all(approvals.iter(), |review| approval(subject, review))
    .with(|| "the time of the merge".into(), subject.change.place.field("mergedAt"))
}

fn uncontested(subject: &Subject<'_>, explain: bool) -> Finding {
    let mut latest: BTreeMap<(Option<crate::store::PersonId>, u32), &Review> = BTreeMap::new();
    for (at, review) in subject.reviews().iter().enumerate() {
        let decides = matches!(
            review.state,
            ReviewState::Approved | ReviewState::ChangesRequested | ReviewState::Dismissed
        );
        let is_author = review.author.is_some() && review.author == subject.change.author;
        if decides && !is_author && subject.is_before_merge(review) != Some(false) {
            let person = review.author.map(|author| subject.store.person(author));
            // Reviewers without a name are each their own.
            let own = if person.is_some() { 0 } else { u32::try_from(at).unwrap_or(u32::MAX) };
            latest.insert((person, own), review);
        }
    }
    let open: Vec<&Review> =
        latest.into_values().filter(|review| review.state == ReviewState::ChangesRequested).collect();
    if !open.is_empty() {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
            let names: Vec<&str> = open.iter().map(|review| subject.name(review.author)).collect();
            format!("It was merged while {} still asked for changes.", listed(names))
        })
        .with_all(open.iter(), |review| {
            (format!("objection by {}", subject.name(review.author)), review.place)
        });
    }
    let lists = subject.change.lists;
    if !lists.reviews || lists.reviews_cut {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The bundle does not hold the whole list of its reviews.".into()
        });
    }
    Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
        "No reviewer's last word before the merge asked for changes.".into()
    })
    .with(|| "the change's list of reviews".into(), subject.change.place.field("reviews"))
}

/// Returns the first digits of an object id.
pub fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

/// Joins names for a sentence, each once, at most four.
pub fn listed(names: Vec<&str>) -> String {
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    let more = unique.len().saturating_sub(4);
    let mut text = unique.iter().take(4).copied().collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
