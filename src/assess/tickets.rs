//! What tickets say in detail: risk, impact, a way back, urgency, and approvals.

use crate::model::record::Register;
use crate::model::{Capture, Moment, Verdict};
use crate::policy::wildcard;
use crate::store::{AccountId, Entry, Item, Place};

use super::finding::Finding;
use super::subject::Subject;

/// What the tickets of a change say in a field.
pub(super) enum Field<'a> {
    /// A ticket has it, with a value.
    Filled(&'a Entry, &'a str),
    /// A ticket has it, and it is empty in all of them.
    Empty(&'a Entry),
    /// No ticket of the bundle has it.
    Absent,
}

/// Returns the items of the tickets of a change.
fn items<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a Entry, &'a Item)> + use<'a> {
    let store = subject.store;
    subject
        .entries(Register::Ticket)
        .flat_map(move |ticket| store.registers.items(ticket).iter().map(move |item| (ticket, item)))
}

/// Returns what the tickets of a change say in a field.
pub(super) fn field<'a>(subject: &Subject<'a>, name: &str) -> Field<'a> {
    let store = subject.store;
    let mut found = Field::Absent;
    for (ticket, item) in items(subject).filter(|(_, item)| store.text(item.name) == name) {
        match store.text(item.detail) {
            "" => {
                if matches!(found, Field::Absent) {
                    found = Field::Empty(ticket);
                }
            }
            value => return Field::Filled(ticket, value),
        }
    }
    found
}

fn label(subject: &Subject<'_>, ticket: &Entry) -> String {
    format!("ticket {}", subject.store.text(ticket.subject))
}

/// Decides a criterion that a field of the ticket shows, and nothing else.
pub(super) fn shown_by(subject: &Subject<'_>, name: &str, what: &str, explain: bool) -> Finding {
    match field(subject, name) {
        Field::Filled(ticket, value) => Finding::new(Verdict::Met, ticket.capture, explain, || {
            let id = subject.store.text(ticket.subject);
            format!("{id} states {what}: {}.", shortened(value))
        })
        .with(|| label(subject, ticket), ticket.place),
        Field::Empty(ticket) => Finding::new(Verdict::Unmet, ticket.capture, explain, || {
            format!("{} has a field for {what}, and it is empty.", subject.store.text(ticket.subject))
        })
        .with(|| label(subject, ticket), ticket.place),
        Field::Absent => Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            format!("No ticket of it in the bundle has a field for {what}.")
        }),
    }
}

fn shortened(value: &str) -> String {
    let value = value.trim().trim_end_matches('.');
    match value.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

/// Decides `risk.tiered`.
pub(super) fn tiered(subject: &Subject<'_>, explain: bool) -> Finding {
    let demands = &subject.policy.demands;
    let of_ticket = field(subject, "risk");
    let labelled =
        subject.labels().find(|label| demands.tier_labels.iter().any(|known| wildcard(known, label)));
    let (tier, capture, place, source) = match (&of_ticket, labelled) {
        (Field::Filled(ticket, value), _) => (*value, ticket.capture, ticket.place, label(subject, ticket)),
        (_, Some(label)) => {
            let place = subject.change.place.field("labels");
            (tier_of(label), Capture::SystemObserved, place, format!("label {label}"))
        }
        _ => return shown_by(subject, "risk", "the risk tier", explain),
    };
    let is_low = demands.low_tiers.iter().any(|low| wildcard(low, tier));
    if is_low && subject.is_risky() == Some(true) {
        return Finding::new(Verdict::Unmet, capture, explain, || {
            let why = match subject.sensitive.as_slice() {
                [] => format!("changes {} lines", subject.lines().unwrap_or(0)),
                paths => format!("touches {}", super::review::listed(paths.to_vec())),
            };
            format!("Its tier on record is {}, and it {why}.", shortened(tier))
        })
        .with(|| source, place);
    }
    Finding::new(Verdict::Met, capture, explain, || format!("Its tier on record is {}.", shortened(tier)))
        .with(|| source, place)
}

/// Returns the tier of a label such as `risk:high`.
fn tier_of(label: &str) -> &str {
    label.rsplit([':', '/', '-']).next().unwrap_or(label).trim()
}

/// An approval that a ticket, a register or a deployment holds.
pub(super) struct Approval {
    pub person: AccountId,
    pub at: Option<Moment>,
    pub capture: Capture,
    pub place: Place,
}

fn is_approval(word: &str) -> bool {
    ["", "approve", "approved", "accepted", "yes"].contains(&word.to_ascii_lowercase().as_str())
}

/// Returns the approvals of the release of a change, and whether a list of them is on record, though it be empty.
pub(super) fn approvals(subject: &Subject<'_>) -> (Vec<Approval>, bool) {
    let store = subject.store;
    let (mut found, mut is_listed) = (Vec::new(), false);
    for (ticket, item) in items(subject) {
        is_listed |= store.text(item.name) == "approvals";
        if store.text(item.name) == "approval" && is_approval(store.text(item.detail)) {
            found.extend(item.person.map(|person| Approval {
                person,
                at: item.at,
                capture: ticket.capture,
                place: ticket.place,
            }));
        }
    }
    for entry in subject.entries(Register::ReleaseApproval) {
        is_listed = true;
        let is_of_it = entry.revision.is_empty() || subject.is_merged(entry.revision);
        if is_of_it && is_approval(store.text(entry.state)) {
            let (at, capture, place) = (entry.at, entry.capture, entry.place);
            found.extend(entry.person.map(|person| Approval { person, at, capture, place }));
        }
    }
    for deployment in subject.deployments() {
        for person in deployment.approvers.iter().flatten() {
            found.push(Approval {
                person: *person,
                at: None,
                capture: Capture::SystemObserved,
                place: deployment.place,
            });
        }
    }
    (found, is_listed)
}

/// Whether a change is urgent.
pub(super) enum Urgency {
    /// Something marks it, in words.
    Urgent(String, Place),
    /// Its labels or its ticket are on record, and nothing marks it.
    Ordinary,
    /// Neither is on record.
    Unknown,
}

/// Returns whether a change is urgent.
pub(super) fn urgency(subject: &Subject<'_>) -> Urgency {
    let store = subject.store;
    let marks = &subject.policy.demands.emergency_labels;
    let is_mark = |text: &str| marks.iter().any(|mark| wildcard(mark, text));
    if let Some(label) = subject.labels().find(|label| is_mark(label)) {
        return Urgency::Urgent(format!("label {label}"), subject.change.place.field("labels"));
    }
    let mut is_known = subject.change.lists.labels;
    for (ticket, item) in items(subject) {
        let value = store.text(item.detail);
        let is_marked = match store.text(item.name) {
            "emergency" => !["", "no", "false", "0", "none"].contains(&value.to_ascii_lowercase().as_str()),
            "label" | "priority" | "type" => is_mark(value),
            _ => continue,
        };
        is_known = true;
        if is_marked {
            return Urgency::Urgent(
                format!("{} of ticket {}", store.text(item.name), store.text(ticket.subject)),
                ticket.place,
            );
        }
    }
    if is_known { Urgency::Ordinary } else { Urgency::Unknown }
}
