//! `governance.*`, once for the population: registers of AI systems, vendors, trainings, policies, incidents and access.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::record::Register;
use crate::model::{ActorKind, Capture, Moment, Verdict};
use crate::store::{Entry, PersonId, Place};

use super::Assessment;
use super::entitled::holds;
use super::finding::Finding;
use super::identity::family;
use super::review::listed;

/// Decides a criterion of this family.
pub(super) fn decide(id: &str, assessment: &Assessment) -> Finding {
    let of = |register| Kept::new(assessment, register);
    match id {
        "governance.ai-inventory" => ai_inventory(assessment, &of(Register::AiSystem)),
        "governance.vendor-assured" => vendor_assured(assessment, &of(Register::Vendor)),
        "governance.trained" => everyone(assessment, &of(Register::Training), "training"),
        "governance.policy-acknowledged" => {
            everyone(assessment, &of(Register::Acknowledgement), "acknowledgement of the policy")
        }
        "governance.incident-traceable" => incident_traceable(assessment, &of(Register::Incident)),
        _ => access_reviewed(assessment, &of(Register::AccessReview)),
    }
}

/// A register as the bundle holds it.
struct Kept<'a> {
    assessment: &'a Assessment,
    register: Register,
    entries: &'a [Entry],
    /// Whether the bundle holds it at all, though it be empty.
    is_there: bool,
    /// Where its list is.
    places: Vec<Place>,
}

impl<'a> Kept<'a> {
    fn new(assessment: &'a Assessment, register: Register) -> Self {
        let store = &assessment.store;
        let lists = store.listings.iter().filter(|listing| listing.of == register.noun());
        let places: Vec<Place> = lists.map(|listing| listing.place).collect();
        let entries = store.registers.all(register);
        Self { assessment, register, entries, is_there: !entries.is_empty() || !places.is_empty(), places }
    }

    fn text(&self, text: crate::store::Text) -> &'a str {
        self.assessment.store.text(text)
    }

    fn told(&self, verdict: Verdict, reason: String) -> Finding {
        let label = |entry: &Entry| {
            let named =
                [self.text(entry.subject), entry.person.map_or("", |id| self.assessment.store.name(id))];
            let name = named.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            format!("{}: {name}", self.register.noun())
        };
        Finding::new(verdict, Capture::HumanAttested, true, || reason)
            .with_all(self.entries.iter(), |entry| (label(entry), entry.place))
            .with_all(self.places.iter(), |place| (format!("list of {}", self.register.noun()), *place))
    }

    /// The finding where there is no register, or it has no entries.
    fn without_entries(&self) -> Option<Finding> {
        match (self.is_there, self.entries.is_empty()) {
            (false, _) => Some(self.absent()),
            (true, true) => {
                Some(self.told(Verdict::Unmet, format!("The register of {} is empty.", self.register.noun())))
            }
            (true, false) => None,
        }
    }

    fn absent(&self) -> Finding {
        Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
            format!("The bundle holds no register of {}.", self.register.noun())
        })
    }

    fn subjects(&self, fits: impl Fn(&Entry) -> bool) -> Vec<&'a str> {
        self.entries.iter().filter(|entry| fits(entry)).map(|entry| self.text(entry.subject)).collect()
    }
}

/// Every entry has an owner and is in force, and every tool that records in scope name is an entry.
fn ai_inventory(assessment: &Assessment, kept: &Kept<'_>) -> Finding {
    if let Some(finding) = kept.without_entries() {
        return finding;
    }
    let ownerless = kept.subjects(|entry| entry.person.is_none());
    if !ownerless.is_empty() {
        return kept.told(Verdict::Unmet, format!("Without an owner: {}.", listed(ownerless)));
    }
    let is_over = |entry: &Entry| entry.until.zip(assessment.now).is_some_and(|(until, now)| now >= until);
    let over = kept.subjects(is_over);
    if !over.is_empty() {
        return kept.told(Verdict::Unmet, format!("No longer in force: {}.", listed(over)));
    }
    let known = crate::order::set(kept.entries.iter().map(|entry| family(kept.text(entry.subject))));
    let mut used: BTreeMap<&str, Place> = BTreeMap::new();
    for row in 0..assessment.scope.len() {
        for session in assessment.subject(row).ai_sessions().filter(|session| !session.tool.is_empty()) {
            used.entry(kept.text(session.tool)).or_insert(session.place);
        }
    }
    used.retain(|tool, _| !known.contains(&family(tool)));
    match used.is_empty() {
        true => kept.told(
            Verdict::Met,
            format!(
                "{} AI systems are listed, each with an owner, and every tool on record is one of them.",
                kept.entries.len()
            ),
        ),
        false => kept
            .told(
                Verdict::Unmet,
                format!("Used and not in the register: {}.", listed(used.keys().copied().collect())),
            )
            .with_all(used.iter(), |(tool, place)| (format!("record of {tool}"), *place)),
    }
}

/// Every vendor of the register, and every vendor of an AI system, has an assurance in force.
fn vendor_assured(assessment: &Assessment, kept: &Kept<'_>) -> Finding {
    if let Some(finding) = kept.without_entries() {
        return finding;
    }
    let Some(now) = assessment.now else {
        return kept.told(Verdict::Unproven, "No time is known to hold it against.".into());
    };
    let in_force = |entry: &Entry| {
        entry.until.is_some_and(|until| now < until) && entry.at.is_none_or(|from| from <= now)
    };
    let is_same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let has_other = |entry: &Entry| {
        kept.entries
            .iter()
            .any(|other| in_force(other) && is_same(kept.text(other.subject), kept.text(entry.subject)))
    };
    let open = kept.subjects(|entry| entry.until.is_none() && !has_other(entry));
    let over = kept.subjects(|entry| entry.until.is_some() && !has_other(entry));
    if !over.is_empty() {
        return kept.told(
            Verdict::Unmet,
            format!("The assurance is not in force on {}: {}.", now.date(), listed(over)),
        );
    }
    let systems = assessment.store.registers.all(Register::AiSystem);
    let vendors = systems.iter().map(|entry| kept.text(entry.detail)).filter(|vendor| !vendor.is_empty());
    let unlisted: Vec<&str> = vendors
        .filter(|vendor| !kept.entries.iter().any(|entry| is_same(kept.text(entry.subject), vendor)))
        .collect();
    if !unlisted.is_empty() {
        return kept.told(
            Verdict::Unmet,
            format!("Vendors of AI systems without an assurance: {}.", listed(unlisted)),
        );
    }
    if !open.is_empty() {
        return kept.told(Verdict::Unproven, format!("Until when it holds is not said: {}.", listed(open)));
    }
    kept.told(
        Verdict::Met,
        format!("Every vendor of the register has an assurance in force on {}.", now.date()),
    )
}

/// Everybody who wrote, prompted or approved a change in scope is in the register, with an entry that holds.
fn everyone(assessment: &Assessment, kept: &Kept<'_>, what: &str) -> Finding {
    if let Some(finding) = kept.without_entries() {
        return finding;
    }
    let Some(now) = assessment.now else {
        return kept.told(Verdict::Unproven, "No time is known to hold it against.".into());
    };
    let store = &assessment.store;
    let mut people: BTreeSet<PersonId> = BTreeSet::new();
    for row in 0..assessment.scope.len() {
        let subject = assessment.subject(row);
        people.extend(subject.writers.iter().chain(&subject.prompters));
        people.extend(
            subject.approvals().filter_map(|review| review.author).map(|author| store.person(author)),
        );
    }
    let person = |id: &PersonId| store.persons.get(id.index());
    people.retain(|id| person(id).is_some_and(|person| person.kind == ActorKind::Human));
    let days = assessment.policy.demands.valid_days;
    let (mut over, mut missing) = (Vec::new(), Vec::new());
    for id in &people {
        let is_own = |entry: &&Entry| entry.person.is_some_and(|account| store.person(account) == *id);
        let mut own = kept.entries.iter().filter(is_own).peekable();
        let name = person(id).map_or("", |person| person.name.as_str());
        if own.peek().is_none() {
            missing.push(name);
        } else if !own.any(|entry| holds(entry, now, days)) {
            over.push(name);
        }
    }
    match (over.is_empty(), missing.is_empty()) {
        (false, _) => kept
            .told(Verdict::Unmet, format!("The {what} of {} people is over: {}.", over.len(), listed(over))),
        (true, false) => kept.told(
            Verdict::Unproven,
            format!("{} people who took part are not in the register: {}.", missing.len(), listed(missing)),
        ),
        (true, true) if people.is_empty() => {
            kept.told(Verdict::NotApplicable, "No person took part in a change in scope.".into())
        }
        (true, true) => {
            kept.told(Verdict::Met, format!("The {what} of all {} people who took part holds.", people.len()))
        }
    }
}

/// Every incident names a change of the bundle.
fn incident_traceable(assessment: &Assessment, kept: &Kept<'_>) -> Finding {
    if !kept.is_there {
        return kept.absent();
    }
    let policy = &assessment.policy;
    let in_period = |at: Option<Moment>| {
        at.is_none_or(|at| policy.from.is_none_or(|from| at >= from) && policy.to.is_none_or(|to| at < to))
    };
    let of_period = |entry: &Entry| in_period(entry.at);
    let untraced = kept.subjects(|entry| of_period(entry) && entry.target.is_empty());
    let elsewhere = kept.subjects(|entry| of_period(entry) && !entry.target.is_empty() && !entry.is_linked);
    let count = kept.subjects(of_period).len();
    match (count, untraced.is_empty(), elsewhere.is_empty()) {
        (0, ..) => kept.told(Verdict::NotApplicable, "The register holds no incident of the period.".into()),
        (_, false, _) => kept.told(Verdict::Unmet, format!("Traced to no change: {}.", listed(untraced))),
        (_, true, false) => kept.told(
            Verdict::Unproven,
            format!("Traced to changes that are not in the bundle: {}.", listed(elsewhere)),
        ),
        _ => {
            kept.told(Verdict::Met, format!("Each of {count} incidents is traced to a change of the bundle."))
        }
    }
}

/// Each list of access rights was reviewed within the policy's days.
fn access_reviewed(assessment: &Assessment, kept: &Kept<'_>) -> Finding {
    if let Some(finding) = kept.without_entries() {
        return finding;
    }
    let Some(now) = assessment.now else {
        return kept.told(Verdict::Unproven, "No time is known to hold it against.".into());
    };
    let days = assessment.policy.demands.valid_days;
    let has_recent = |entry: &Entry| {
        kept.entries.iter().any(|other| {
            kept.text(other.subject).eq_ignore_ascii_case(kept.text(entry.subject)) && holds(other, now, days)
        })
    };
    let over = kept.subjects(|entry| !has_recent(entry));
    if !over.is_empty() {
        return kept.told(
            Verdict::Unmet,
            format!("Not reviewed within {days} days before {}: {}.", now.date(), listed(over)),
        );
    }
    let nobody = kept.subjects(|entry| entry.person.is_none());
    if !nobody.is_empty() {
        return kept.told(Verdict::Unproven, format!("Who reviewed it is not said: {}.", listed(nobody)));
    }
    kept.told(
        Verdict::Met,
        format!("Every list of access rights was reviewed within {days} days before {}.", now.date()),
    )
}
