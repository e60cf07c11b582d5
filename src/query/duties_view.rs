//! Views of persons and duties, for the app and the command line alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::assess::roles::{self, Duty};
use crate::assess::{Assessment, Subject};
use crate::audit::{self, Pattern};
use crate::order;
use crate::policy::Policy;
use crate::protocol::{AccountRow, Duties, DutyRow, HolderRow, LinkRow, PairRow, PatternRow, PersonRow};
use crate::store::{AccountId, Link, LinkSource, Person, PersonId, Store};

use super::filter::quoted;
use super::views::evidence_row;

/// Patterns of one kind, and changes of one pattern, that are listed.
const MOST_PATTERNS: usize = 200;
const MOST_CHANGES: usize = 25;

/// Returns the key of a person: the label of their first login, else of their first account.
pub fn key(store: &Store, person: PersonId) -> &str {
    let Some(person) = store.persons.get(person.index()) else { return "" };
    let has_login = |id: &&AccountId| !store.accounts[id.index()].login.is_empty();
    let first = person.accounts.iter().find(has_login).or(person.accounts.first());
    first.map_or("", |account| store.account_label(*account))
}

fn name(store: &Store, person: PersonId) -> &str {
    store.persons.get(person.index()).map_or("", |person| person.name.as_str())
}

/// Returns the persons who have a duty on a change in scope, a role, or more than one account, those with the most duties
/// first.
fn persons(store: &Store, found: &audit::Duties) -> Vec<PersonRow> {
    let mut links: BTreeMap<PersonId, Vec<&Link>> = BTreeMap::new();
    for link in &store.links {
        let both: BTreeSet<PersonId> = [store.person(link.a), store.person(link.b)].into();
        for person in both {
            links.entry(person).or_default().push(link);
        }
    }
    let mut rows: Vec<(u64, PersonRow)> = Vec::new();
    for (at, person) in store.persons.iter().enumerate() {
        let id = PersonId::at(at);
        let duties: Vec<(String, u64)> = Duty::ALL
            .iter()
            .filter_map(|duty| Some((duty.word().to_owned(), *found.counts.get(&(id, *duty))?)))
            .collect();
        if duties.is_empty() && person.accounts.len() < 2 && person.roles.is_empty() {
            continue;
        }
        let links = links.get(&id).map(Vec::as_slice).unwrap_or_default();
        let weight = duties.iter().map(|(_, count)| count).sum();
        rows.push((weight, person_row(store, person, id, links, duties)));
    }
    order::sort_by(&mut rows, |(a, one), (b, other)| b.cmp(a).then_with(|| one.key.cmp(&other.key)));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Returns whether a person's name, accounts or kind hold a text in lower case.
fn fits(row: &PersonRow, wanted: &str) -> bool {
    let accounts = row.accounts.iter().flat_map(|account| [&account.account, &account.name]);
    accounts.chain([&row.name]).any(|text| text.to_lowercase().contains(wanted)) || row.kind.word() == wanted
}

fn person_row(
    store: &Store,
    person: &Person,
    id: PersonId,
    links: &[&Link],
    duties: Vec<(String, u64)>,
) -> PersonRow {
    PersonRow {
        key: key(store, id).to_owned(),
        name: person.name.clone(),
        kind: person.kind,
        roles: person.roles.clone(),
        accounts: person.accounts.iter().map(|account| account_row(store, *account)).collect(),
        links: links.iter().map(|link| link_row(store, link)).collect(),
        duties,
    }
}

fn account_row(store: &Store, id: AccountId) -> AccountRow {
    let Some(account) = store.accounts.get(id.index()) else { return AccountRow::default() };
    AccountRow {
        account: store.account_label(id).to_owned(),
        name: store.text(account.name).to_owned(),
        kind: account.kind,
        rule: account.kind_rule.words().to_owned(),
        capture: account.kind_from.word().to_owned(),
        evidence: evidence_row(store, "first named", account.place),
    }
}

fn link_row(store: &Store, link: &Link) -> LinkRow {
    let label = |id| store.account_label(id).to_owned();
    LinkRow {
        a: label(link.a),
        b: if link.source == LinkSource::NoReply {
            store.text(link.address).to_owned()
        } else {
            label(link.b)
        },
        source: link.source.words().to_owned(),
        capture: link.capture.word().to_owned(),
        holds: link.holds || link.source == LinkSource::NoReply,
        evidence: link.place.and_then(|place| evidence_row(store, link.source.words(), place)),
    }
}

/// Returns who holds each duty on a change.
pub fn of_change(subject: &Subject<'_>) -> Vec<DutyRow> {
    let store = subject.store;
    let held = subject.held();
    Duty::ALL
        .into_iter()
        .map(|duty| {
            let holders: Vec<HolderRow> = held
                .iter()
                .filter(|held| held.duty == duty)
                .map(|held| HolderRow {
                    person: name(store, held.person).to_owned(),
                    key: key(store, held.person).to_owned(),
                    account: store.account_label(held.account).to_owned(),
                    kind: subject.kind(Some(held.account)),
                    capture: held.capture.word().to_owned(),
                    at: held.at.map_or_else(String::new, |at| at.to_string()),
                    evidence: evidence_row(store, duty.word(), held.place),
                })
                .collect();
            let note =
                if holders.is_empty() { roles::nobody(subject, duty).to_owned() } else { String::new() };
            DutyRow { duty: duty.word().to_owned(), holders, note }
        })
        .collect()
}

/// Returns persons that match a filter, who approves whose changes and the patterns in it: at most `most` persons, authors and
/// approvers.
pub fn duties(assessment: &Assessment, filter: &str, most: usize) -> Duties {
    let store = &assessment.store;
    let found = audit::duties(assessment);
    let wanted = filter.trim().to_lowercase();
    let mut persons = persons(store, &found);
    let of = persons.len() as u64;
    persons.retain(|row| fits(row, &wanted));
    let persons_of = (persons.len() as u64, of);
    persons.truncate(most);
    let approvals = |found: &audit::Duties| {
        let mut of: BTreeMap<PersonId, u64> = BTreeMap::new();
        for ((_, approver), count) in &found.pairs {
            *of.entry(*approver).or_default() += count;
        }
        of
    };
    let authors = most_active(store, &found.approved, most);
    let approvers = most_active(store, &approvals(&found), most);
    let mut pairs = Vec::new();
    for &author in &authors {
        for &approver in &approvers {
            if let Some(&changes) = found.pairs.get(&(author, approver)) {
                let (author, approver) = (key(store, author), key(store, approver));
                pairs.push(PairRow {
                    author: author.to_owned(),
                    approver: approver.to_owned(),
                    changes,
                    query: format!("opened-by:{} approved-by:{}", quoted(author), quoted(approver)),
                });
            }
        }
    }
    let named = |ids: &[PersonId]| {
        let pair = |id: &PersonId| (key(store, *id).to_owned(), name(store, *id).to_owned());
        ids.iter().map(pair).collect()
    };
    let (patterns, patterns_left_out) = patterns(assessment, &found.patterns);
    Duties {
        persons,
        persons_of,
        rules: rules(&assessment.policy),
        authors: named(&authors),
        approvers: named(&approvers),
        pairs,
        patterns,
        patterns_left_out,
        conflicts: conflicts(store),
    }
}

/// Returns the persons with the greatest counts, ties by key.
fn most_active(store: &Store, counts: &BTreeMap<PersonId, u64>, most: usize) -> Vec<PersonId> {
    let mut all: Vec<(u64, PersonId)> = counts.iter().map(|(person, count)| (*count, *person)).collect();
    order::sort_by(&mut all, |(a, one), (b, other)| {
        b.cmp(a).then_with(|| key(store, *one).cmp(key(store, *other)))
    });
    all.into_iter().take(most).map(|(_, person)| person).collect()
}

/// Returns the thresholds, to be printed with whatever rests on them.
pub fn rules(policy: &Policy) -> Vec<(String, String)> {
    let rules = &policy.duties;
    let pair = |label: &str, value: String| (label.to_owned(), value);
    vec![
        pair(
            "over load",
            format!(
                "over {} changes or {} changed lines a day (UTC)",
                rules.reviews_per_day, rules.lines_per_day
            ),
        ),
        pair("burst", format!("{} approvals within {} minutes", rules.burst_approvals, rules.burst_minutes)),
        pair(
            "approve each other",
            format!(
                "at least {} changes and {} of all approved ones, both ways",
                rules.reciprocal_changes, rules.reciprocal_share
            ),
        ),
        pair("accountable for releases", policy.demands.management_roles.join(", ")),
        pair(
            "trusted robots",
            if rules.trusted_robots.is_empty() { "none".into() } else { rules.trusted_robots.join(", ") },
        ),
    ]
}

/// Returns contradictions about persons: those between people.csv, `.mailmap`, the policy and records of accounts.
fn conflicts(store: &Store) -> Vec<(String, String, String)> {
    store
        .person_conflicts
        .iter()
        .map(|p| (p.file.clone(), p.at.pointer.clone(), format!("{}; expected {}", p.found, p.expected)))
        .collect()
}

fn patterns(assessment: &Assessment, found: &[Pattern]) -> (Vec<PatternRow>, u64) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut rows, mut left_out) = (Vec::new(), 0);
    for pattern in found {
        let row = pattern_row(assessment, pattern);
        let count = counts.entry(row.kind.clone()).or_default();
        *count += 1;
        if *count > MOST_PATTERNS {
            left_out += 1;
        } else {
            rows.push(row);
        }
    }
    (rows, left_out)
}

fn pattern_row(assessment: &Assessment, pattern: &Pattern) -> PatternRow {
    let store = &assessment.store;
    let id = |row: &usize| store.change_id(&store.changes[assessment.scope[*row].index()]);
    let ids = |rows: &[usize]| rows.iter().take(MOST_CHANGES).map(id).collect();
    let own = |person: &PersonId| key(store, *person).to_owned();
    match pattern {
        Pattern::Reciprocal { a, b, b_approved, a_approved } => {
            let (one, other) = (name(store, *a), name(store, *b));
            PatternRow {
                kind: "reciprocal".into(),
                text: format!(
                    "{other} approved {} of {} approved changes of {one}, and {one} {} of {} of {other}.",
                    b_approved.0, b_approved.1, a_approved.0, a_approved.1
                ),
                persons: vec![own(a), own(b)],
                count: b_approved.0 + a_approved.0,
                query: String::new(),
                changes: Vec::new(),
            }
        }
        Pattern::SelfService { person, as_author, duties, by_several_accounts, rows } => {
            let words: Vec<&str> = duties.iter().map(|duty| duty.word()).collect();
            let through = match by_several_accounts.len() {
                0 => String::new(),
                count => format!(" On {count} of them they used more than one account."),
            };
            PatternRow {
                kind: "self-service".into(),
                text: format!(
                    "{} took every step on record of {} {}: {}. Nobody else approved, merged or released them.{through}",
                    name(store, *person),
                    rows.len(),
                    if rows.len() == 1 { "change" } else { "changes" },
                    words.join(", ")
                ),
                persons: vec![own(person)],
                count: rows.len() as u64,
                query: format!("is:self-service {}:{}", as_author.query_key(), quoted(key(store, *person))),
                changes: ids(rows),
            }
        }
        Pattern::Burst { person, from, to, rows } => PatternRow {
            kind: "burst".into(),
            text: format!("{} approved {} changes from {from} to {to}.", name(store, *person), rows.len()),
            persons: vec![own(person)],
            count: rows.len() as u64,
            query: String::new(),
            changes: ids(rows),
        },
        Pattern::OverLoad { person, day, load, changes } => PatternRow {
            kind: "over-load".into(),
            text: format!(
                "{} reviewed {} changes with {} changed lines on {day}.",
                name(store, *person),
                load.changes,
                load.lines
            ),
            persons: vec![own(person)],
            count: load.changes,
            query: String::new(),
            changes: changes
                .iter()
                .take(MOST_CHANGES)
                .map(|change| store.change_id(&store.changes[change.index()]))
                .collect(),
        },
    }
}
