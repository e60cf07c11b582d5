//! `authorisation.*`: whether a request stands behind the change, and whether it came first.

use crate::model::{Capture, Moment, Verdict};
use crate::store::{ChangeSource, Ticket};

use super::finding::Finding;
use super::review::listed;
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "authorisation.ticketed" => ticketed(subject, explain),
        _ => before_work(subject, explain),
    }
}

fn ticketed(subject: &Subject<'_>, explain: bool) -> Finding {
    let tickets: Vec<&Ticket> = subject.tickets().collect();
    if !tickets.is_empty() {
        let is_linked = tickets.iter().any(|ticket| ticket.is_linked);
        let capture = if is_linked { Capture::SystemObserved } else { Capture::SelfTyped };
        return Finding::new(Verdict::Met, capture, explain, || {
            let ids = listed(tickets.iter().map(|ticket| subject.store.text(ticket.id)).collect());
            let how = if is_linked { "linked on the forge" } else { "named in its text, branch or commits" };
            format!("{ids}, {how}.")
        })
        .with_all(tickets.iter(), |ticket| {
            (format!("ticket {}", subject.store.text(ticket.id)), ticket.place)
        });
    }
    if subject.change.source == ChangeSource::Forge && subject.change.lists.tickets {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
            "The forge links no ticket to it, and its text, branch and commits name none.".into()
        })
        .with(|| "the list of linked tickets".into(), subject.change.place.field("closingIssuesReferences"));
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "What the bundle holds of it names no ticket, and the forge's links are not exported.".into()
    })
}

fn before_work(subject: &Subject<'_>, explain: bool) -> Finding {
    let earliest = subject
        .tickets()
        .filter_map(|ticket| Some((ticket.created?, ticket)))
        .min_by_key(|(created, _)| *created);
    let Some((opened, ticket)) = earliest else {
        if subject.tickets().next().is_none() && subject.change.lists.tickets {
            return Finding::new(Verdict::NotApplicable, Capture::SystemObserved, explain, || {
                "There is no ticket whose time could be compared; authorisation.ticketed tells that.".into()
            });
        }
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "No ticket with the time it was opened is on record.".into()
        });
    };
    let authored = subject
        .commits()
        .filter(|commit| Some(commit.id) != merge_of(subject))
        .filter_map(|commit| commit.authored);
    let begun: Option<Moment> = authored.chain(subject.change.created).min();
    let Some(begun) = begun else {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "When work began is not on record.".into()
        });
    };
    let verdict = if opened <= begun { Verdict::Met } else { Verdict::Unmet };
    Finding::new(verdict, Capture::SystemObserved, explain, || {
        let id = subject.store.text(ticket.id);
        let relation = if verdict == Verdict::Met { "before" } else { "after" };
        format!("{id} was opened at {opened}, {relation} the first work on record at {begun}.")
    })
    .with(|| format!("ticket {}", subject.store.text(ticket.id)), ticket.place)
    .with(|| "the change".into(), subject.change.place)
}

fn merge_of(subject: &Subject<'_>) -> Option<crate::store::Text> {
    let change = subject.change;
    (change.source == ChangeSource::Forge && change.merge_commit != change.head)
        .then_some(change.merge_commit)
}
