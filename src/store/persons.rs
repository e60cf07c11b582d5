//! Persons: which accounts are one person's, what stands behind each, and what contradicts what.
//!
//! Links are taken in the order of their strength: a valid signature, one record of a system, the policy, `people.csv`,
//! `.mailmap`, what was typed elsewhere. `apart` in the policy keeps accounts apart against everything that is no stronger than a named
//! person's statement; whom `people.csv` or the policy lists as two persons, nothing that was merely typed makes one. A
//! contradiction is a problem, and the stronger side stands. Equal display names join nothing.

use std::collections::BTreeMap;

use crate::model::agents;
use crate::model::{ActorKind, Base, Capture, SignatureState, Verification};
use crate::order;
use crate::policy::{Policy, wildcard};
use crate::problem::{Kind, Problem, Severity, Spot, quote};

use super::Store;
use super::accounts::Accounts;
use super::rows::{Account, AccountId, KindRule, Link, LinkSource, Person, PersonId, Place};
use super::strings::Text;

/// How many contradictions are listed.
const MOST_CONFLICTS: usize = 200;

/// Resolves accounts to persons and settles their kinds; puts both, the links and what contradicts into the store.
///
/// Call when signatures have their outcomes.
pub fn resolve(mut accounts: Accounts, policy: &Policy, store: &mut Store) {
    take_signers(&mut accounts, store);
    let claims = Claims::of(&mut accounts, policy, store);
    let mut links = std::mem::take(&mut accounts.links);
    links.extend_from_slice(&claims.links);
    // The strongest first; of equals, in the order of the sources, then of first sight.
    order::sort_by_key(&mut links, |link| (std::cmp::Reverse(link.capture), link.source));
    store.accounts = accounts.rows;
    let mut joining = Joining::new(store.accounts.len(), &claims);
    let mut told = Told { policy_file: policy_file(policy, store), problems: Vec::new() };
    for problem in claims.problems.iter().cloned() {
        told.problems.push(problem);
    }
    for link in &mut links {
        joining.take(link, &claims, store, &mut told);
    }
    store.links = links;
    settle_accounts(policy, store, &mut told);
    group(&mut joining, &claims, store);
    settle_persons(store, &mut told);
    told.problems.truncate(MOST_CONFLICTS);
    store.person_conflicts = told.problems.clone();
    store.problems.append(&mut told.problems);
}

/// Links the signer of each valid signature to the account that the signed text speaks for.
fn take_signers(accounts: &mut Accounts, store: &mut Store) {
    let mut found: Vec<(String, AccountId, Place)> = Vec::new();
    let valid = |outcome: &Verification| {
        let identity = account_of_identity(&outcome.identity)?;
        (outcome.state == SignatureState::Valid).then(|| identity.to_owned())
    };
    for statement in &store.statements {
        let outcome = statement.verification.and_then(|at| store.verifications.get(at as usize));
        let signer = outcome.and_then(|(_, outcome)| valid(outcome));
        if let Some((signer, actor)) = signer.zip(statement.actor) {
            found.push((signer, actor, statement.place));
        }
    }
    for (id, outcome) in &store.commit_verifications {
        let commit = store.commit(*id).and_then(|row| store.commits.get(row.index()));
        // Who signs a commit is who committed it.
        if let Some((signer, commit)) = valid(outcome).zip(commit)
            && let Some(committer) = commit.committer
        {
            found.push((signer, committer, commit.place));
        }
    }
    for (signer, account, place) in found {
        accounts.start_record(place, Capture::Verified);
        if let Some(signer) = accounts.written(&signer, &mut store.strings) {
            accounts.signed(signer, account, place);
        }
    }
}

/// Returns the account that the identity of a certificate names: an address, or a login on GitHub or GitLab. The identity of
/// a workflow or service names no person's account.
fn account_of_identity(identity: &str) -> Option<&str> {
    if let Some(address) = identity.strip_prefix("https://") {
        let (host, login) = address.split_once('/')?;
        let is_login = !login.is_empty()
            && login.len() <= 100
            && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        return (matches!(host, "github.com" | "gitlab.com") && is_login).then_some(login);
    }
    let (local, host) = identity.split_once('@')?;
    let is_address = !local.is_empty()
        && host.contains('.')
        && !host.contains(['@', '/', ':', ' '])
        && !local.contains(['/', ':', ' '])
        && !host.ends_with(".gserviceaccount.com");
    is_address.then_some(identity)
}

/// Returns the file that the persons of a policy stand in.
fn policy_file(policy: &Policy, store: &Store) -> String {
    let is_bundles = store.policy.as_ref().is_some_and(|own| own.persons == policy.persons);
    if is_bundles && !store.policy_file.is_empty() {
        store.policy_file.clone()
    } else {
        "the policy in force".into()
    }
}

/// A person as the policy or `people.csv` lists them.
struct Claim {
    name: String,
    kind: ActorKind,
    roles: Vec<String>,
    qualified_until: Option<crate::model::Moment>,
    first: AccountId,
    place: Option<Place>,
    /// Line in the policy; 0 for `people.csv`.
    line: u64,
}

/// Who is listed as a person, and whose accounts are to be kept apart.
struct Claims {
    listed: Vec<Claim>,
    links: Vec<Link>,
    /// Accounts of each claim, and accounts that the policy keeps apart from those of a claim.
    tags: Vec<(AccountId, Tag)>,
    problems: Vec<Problem>,
}

/// What is said of an account: it belongs to a claim, or is kept apart from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tag {
    claim: u32,
    is_apart: bool,
}

impl Claims {
    fn of(accounts: &mut Accounts, policy: &Policy, store: &mut Store) -> Self {
        let mut claims =
            Self { listed: Vec::new(), links: Vec::new(), tags: Vec::new(), problems: Vec::new() };
        for rule in &policy.persons {
            let ids: Vec<AccountId> =
                rule.accounts.iter().filter_map(|text| accounts.written(text, &mut store.strings)).collect();
            let Some(&first) = ids.first() else { continue };
            let claim = claims.list(
                Claim {
                    name: rule.name.clone(),
                    kind: ActorKind::Unknown,
                    roles: Vec::new(),
                    qualified_until: None,
                    first,
                    place: None,
                    line: rule.line,
                },
                &ids,
                LinkSource::Policy,
            );
            for text in &rule.apart {
                if let Some(id) = accounts.written(text, &mut store.strings).filter(|id| !ids.contains(id)) {
                    claims.tags.push((id, Tag { claim, is_apart: true }));
                }
            }
        }
        claims.people(accounts, store);
        claims
    }

    /// Takes in a claim, with links from its first account to the others.
    fn list(&mut self, claim: Claim, ids: &[AccountId], source: LinkSource) -> u32 {
        let at = u32::try_from(self.listed.len()).unwrap_or(u32::MAX);
        for &id in ids {
            self.tags.push((id, Tag { claim: at, is_apart: false }));
            if id != claim.first {
                self.links.push(Link {
                    a: claim.first,
                    b: id,
                    source,
                    capture: Capture::HumanAttested,
                    place: claim.place,
                    ..Link::default()
                });
            }
        }
        self.listed.push(claim);
        at
    }

    /// Takes in `people.csv`: rows of one name and kind are one person; rows that contradict each other are told.
    fn people(&mut self, accounts: &mut Accounts, store: &mut Store) {
        let mut of_name: BTreeMap<String, (ActorKind, AccountId, Place)> = BTreeMap::new();
        let mut of_account: BTreeMap<AccountId, (String, Place)> = BTreeMap::new();
        for row in std::mem::take(&mut accounts.people) {
            let mut ids: Vec<AccountId> =
                row.accounts.iter().filter_map(|text| accounts.written(text, &mut store.strings)).collect();
            for (at, &id) in ids.iter().enumerate() {
                match of_account.get(&id) {
                    Some((name, other)) if !name.eq_ignore_ascii_case(&row.name) => {
                        let found = format!(
                            "the account {} of {}, which {} gives to {}",
                            quote(row.accounts.get(at).map_or("", String::as_str)),
                            quote(&row.name),
                            spot(store, *other).1.pointer,
                            quote(name),
                        );
                        let expected =
                            "each account in the row of one person; until then both are taken for one";
                        self.problems.push(at_place(store, row.place, Severity::Warning, found, expected));
                    }
                    Some(_) => {}
                    None => {
                        of_account.insert(id, (row.name.clone(), row.place));
                    }
                }
            }
            let Some(&first) = ids.first() else { continue };
            match of_name.get(&row.name.to_lowercase()) {
                // The column tells persons apart; a second row of one goes on with their accounts.
                Some((kind, earlier, _)) if *kind == row.kind => ids.insert(0, *earlier),
                Some((kind, _, other)) => {
                    let found = format!(
                        "{} of kind {}, who is of kind {} in {}",
                        quote(&row.name),
                        row.kind.word(),
                        kind.word(),
                        spot(store, *other).1.pointer
                    );
                    let expected = "one kind for one person; until then the rows are two";
                    self.problems.push(at_place(store, row.place, Severity::Warning, found, expected));
                }
                None => {
                    of_name.insert(row.name.to_lowercase(), (row.kind, first, row.place));
                }
            }
            let claim = Claim {
                name: row.name,
                kind: row.kind,
                roles: row.roles,
                qualified_until: row.qualified_until,
                first: ids.first().copied().unwrap_or(first),
                place: Some(row.place),
                line: 0,
            };
            self.list(claim, &ids, LinkSource::People);
        }
    }

    fn name(&self, claim: u32) -> &str {
        self.listed.get(claim as usize).map_or("", |claim| claim.name.as_str())
    }
}

/// Contradictions, as they are found.
struct Told {
    policy_file: String,
    problems: Vec<Problem>,
}

/// Accounts on their way to persons: disjoint sets, each with what is said of its accounts.
struct Joining {
    parents: Vec<u32>,
    tags: Vec<Vec<Tag>>,
}

impl Joining {
    fn new(count: usize, claims: &Claims) -> Self {
        let parents = (0u32..).take(count).collect();
        let mut tags = vec![Vec::new(); count];
        for (account, tag) in &claims.tags {
            if let Some(own) = tags.get_mut(account.index()) {
                own.push(*tag);
            }
        }
        for own in &mut tags {
            order::sort(own);
            own.dedup();
        }
        Self { parents, tags }
    }

    fn find(&mut self, account: AccountId) -> usize {
        let mut root = account.index();
        while self.parents[root] as usize != root {
            self.parents[root] = self.parents[self.parents[root] as usize];
            root = self.parents[root] as usize;
        }
        root
    }

    /// Joins what a link names, unless something that outweighs it keeps them apart.
    fn take(&mut self, link: &mut Link, claims: &Claims, store: &Store, told: &mut Told) {
        let (a, b) = (self.find(link.a), self.find(link.b));
        link.holds = true;
        if a == b {
            return;
        }
        let (of_a, of_b) = (&self.tags[a], &self.tags[b]);
        if let Some(claim) = split_between(of_a, of_b) {
            link.holds = link.capture > Capture::HumanAttested || link.source == LinkSource::Policy;
            told.split(link, claims, claim, store);
        } else if let Some((one, other)) = two_claims(of_a, of_b, claims) {
            link.holds = link.capture >= Capture::HumanAttested;
            told.two_persons(link, claims, (one, other), store);
        }
        if link.holds {
            let (low, high) = (a.min(b), a.max(b));
            self.parents[high] = u32::try_from(low).unwrap_or(u32::MAX);
            let mut moved = std::mem::take(&mut self.tags[high]);
            let kept = &mut self.tags[low];
            kept.append(&mut moved);
            order::sort(kept);
            kept.dedup();
        }
    }
}

/// Returns the claim from whose accounts the policy keeps an account of the other side apart.
fn split_between(a: &[Tag], b: &[Tag]) -> Option<u32> {
    let is_across = |tag: &&Tag, other: &[Tag]| {
        other.binary_search(&Tag { claim: tag.claim, is_apart: !tag.is_apart }).is_ok()
    };
    a.iter().find(|tag| is_across(tag, b)).map(|tag| tag.claim)
}

/// Returns two persons of different names that are listed on the two sides.
fn two_claims(a: &[Tag], b: &[Tag], claims: &Claims) -> Option<(u32, u32)> {
    let own = |tags: &[Tag]| tags.iter().find(|tag| !tag.is_apart).map(|tag| tag.claim);
    let (one, other) = (own(a)?, own(b)?);
    (one != other && !claims.name(one).eq_ignore_ascii_case(claims.name(other))).then_some((one, other))
}

impl Told {
    /// Tells a link that the policy splits.
    fn split(&mut self, link: &Link, claims: &Claims, claim: u32, store: &Store) {
        let line = claims.listed.get(claim as usize).map_or(0, |claim| claim.line);
        let (a, b) = (label(store, link.a), label(store, link.b));
        let (severity, outcome) = match (link.holds, link.source) {
            (true, _) => (Severity::Warning, "they stay one person, because this is stronger"),
            (false, LinkSource::People) => (Severity::Warning, "they are two persons"),
            (false, _) => (Severity::Note, "they are two persons"),
        };
        let found = format!(
            "{a} and {b} as one person, whom [[person]] {} in line {line} of the policy keeps apart",
            quote(claims.name(claim))
        );
        self.at_link(link, claims, severity, found, outcome, store);
    }

    /// Tells a link that joins two listed persons.
    fn two_persons(&mut self, link: &Link, claims: &Claims, (one, other): (u32, u32), store: &Store) {
        let (a, b) = (label(store, link.a), label(store, link.b));
        let outcome = if link.holds { "they are taken for one" } else { "they stay two persons" };
        let severity = match link.source {
            LinkSource::Policy => Severity::Note,
            _ => Severity::Warning,
        };
        // Rows of people.csv that share an account were told already.
        if link.source == LinkSource::People {
            return;
        }
        let names = [one, other].map(|claim| quote(claims.name(claim)));
        let found = format!("{a} and {b} as one person, who are listed as {} and {}", names[0], names[1]);
        self.at_link(link, claims, severity, found, outcome, store);
    }

    fn at_link(
        &mut self,
        link: &Link,
        claims: &Claims,
        severity: Severity,
        found: String,
        outcome: &str,
        store: &Store,
    ) {
        let expected = format!("sources that agree; {outcome}");
        let problem = match link.place {
            Some(place) => at_place(store, place, severity, found, &expected),
            None => {
                let line = claims
                    .listed
                    .iter()
                    .find(|claim| claim.first == link.a && claim.line > 0)
                    .map_or(0, |claim| claim.line);
                Problem::new(severity, Kind::Conflict, found)
                    .in_file(self.policy_file.clone())
                    .at(Spot::line(line, 0))
                    .expected(expected)
            }
        };
        self.problems.push(problem);
    }
}

/// Returns the file and spot of a place.
fn spot(store: &Store, place: Place) -> (String, Spot) {
    let Some((file, pointer, record)) = store.locate(place) else { return Default::default() };
    let line = match record.at.base {
        Base::Line(line) | Base::Row(line) => u64::from(line),
        _ => 0,
    };
    (file.path.clone(), Spot { pointer, line, offset: record.at.start })
}

fn at_place(store: &Store, place: Place, severity: Severity, found: String, expected: &str) -> Problem {
    let (file, spot) = spot(store, place);
    Problem::new(severity, Kind::Conflict, found).in_file(file).at(spot).expected(expected)
}

/// Returns an account as people write it, quoted.
fn label(store: &Store, account: AccountId) -> String {
    quote(store.account_label(account))
}

/// Settles what stands behind each account, and tells persons by the policy that the forge marks as machines.
fn settle_accounts(policy: &Policy, store: &mut Store, told: &mut Told) {
    for at in 0..store.accounts.len() {
        let mut account = store.accounts[at];
        let is_contradicted = settle_kind(&mut account, policy, store);
        store.accounts[at] = account;
        if is_contradicted {
            let found = format!(
                "the account {}, a {} by the forge's mark, which the policy lists as a person",
                label(store, AccountId::at(at)),
                account.marked.word()
            );
            let expected = "a person's account; it stays a machine's";
            told.problems.push(at_place(store, account.place, Severity::Warning, found, expected));
        }
    }
}

/// Settles what stands behind an account. A rule that names it comes before what the forge marks, that before what an
/// affiliation lets one infer; but no rule makes a person of what the forge marks as a machine. Returns whether one tried.
fn settle_kind(account: &mut Account, policy: &Policy, store: &Store) -> bool {
    let (login, email, name) =
        (store.text(account.login), store.text(account.email), store.text(account.name));
    let listed = |patterns: &[String]| {
        patterns
            .iter()
            .any(|pattern| [login, email].iter().any(|text| !text.is_empty() && wildcard(pattern, text)))
    };
    let by_policy = [
        (&policy.humans, ActorKind::Human),
        (&policy.agents, ActorKind::Agent),
        (&policy.bots, ActorKind::Bot),
        (&policy.services, ActorKind::Service),
    ];
    let by_policy = by_policy.into_iter().find(|(patterns, _)| listed(patterns)).map(|(_, kind)| kind);
    let is_contradicted = by_policy == Some(ActorKind::Human) && account.marked.is_machine();
    // Beside a machine's mark, a name tells which machine it is.
    let named = agents::kind_of(login, email, name).filter(|_| account.marked.is_machine());
    let mark = (named.unwrap_or(account.marked), Capture::SystemObserved, account.kind_rule);
    let decided = if let Some(kind) = by_policy.filter(|_| !is_contradicted) {
        (kind, Capture::HumanAttested, KindRule::Policy)
    } else if let Some(kind) = agents::known_kind(login, email, name) {
        (kind, Capture::SystemObserved, KindRule::KnownAgent)
    } else if account.marked != ActorKind::Unknown {
        mark
    } else if agents::is_machine_name(name) && !account.is_affiliated {
        // A name alone makes no machine; but neither is who bears it taken for a person without a word from anybody.
        (ActorKind::Unknown, Capture::Inferred, KindRule::None)
    } else if account.is_affiliated {
        (ActorKind::Human, Capture::Inferred, KindRule::Affiliation)
    } else if account.is_called_none {
        // An App's review carries the association NONE and no other mark.
        (ActorKind::Unknown, Capture::Inferred, KindRule::None)
    } else {
        (ActorKind::Human, Capture::Inferred, KindRule::Unmarked)
    };
    (account.kind, account.kind_from, account.kind_rule) = decided;
    is_contradicted
}

/// Makes persons of what was joined, with what is listed of each.
fn group(joining: &mut Joining, claims: &Claims, store: &mut Store) {
    let mut of_group: BTreeMap<usize, PersonId> = BTreeMap::new();
    let mut persons: Vec<Person> = Vec::new();
    for at in 0..store.accounts.len() {
        let group = joining.find(AccountId::at(at));
        let id = *of_group.entry(group).or_insert_with(|| {
            persons.push(Person::default());
            PersonId::at(persons.len() - 1)
        });
        store.accounts[at].person = id;
        persons[id.index()].accounts.push(AccountId::at(at));
    }
    // People.csv first: the policy, which the user writes, has the last word on the name.
    for claim in claims.listed.iter().rev() {
        let person = store.accounts[claim.first.index()].person;
        let Some(person) = persons.get_mut(person.index()) else { continue };
        if !claim.name.is_empty() {
            person.name.clone_from(&claim.name);
        }
        if claim.kind != ActorKind::Unknown {
            person.kind = claim.kind;
        }
        for role in &claim.roles {
            if !person.roles.contains(role) {
                person.roles.push(role.clone());
            }
        }
        // Of two rows the earlier end counts.
        person.qualified_until = match (person.qualified_until, claim.qualified_until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    store.persons = persons;
}

/// Gives persons their kind and name from their accounts, and accounts the listed kind; tells persons that are also machines.
fn settle_persons(store: &mut Store, told: &mut Told) {
    for at in 0..store.persons.len() {
        let mut person = std::mem::take(&mut store.persons[at]);
        let is_listed = person.kind != ActorKind::Unknown;
        for id in &person.accounts {
            let account = &mut store.accounts[id.index()];
            // A list of persons makes no person of what the forge marks as a machine.
            if is_listed && !(person.kind == ActorKind::Human && account.marked.is_machine()) {
                account.kind = person.kind;
                account.kind_from = Capture::HumanAttested;
                account.kind_rule = KindRule::People;
            }
        }
        let kinds = person.accounts.iter().map(|id| store.accounts[id.index()].kind);
        let most = kinds.max().unwrap_or_default();
        if most.is_machine() && !is_listed {
            // What is a person's only because nothing says otherwise is the machine's that it is joined to.
            for id in &person.accounts {
                let account = &mut store.accounts[id.index()];
                if matches!(account.kind_rule, KindRule::Unmarked | KindRule::None) {
                    (account.kind, account.kind_rule) = (most, KindRule::OfPerson);
                }
            }
        }
        if !is_listed {
            person.kind = most;
        }
        tell_mixed(&person, store, told);
        if person.name.is_empty() {
            person.name = first_name(&person, store).to_owned();
        }
        store.persons[at] = person;
    }
}

fn tell_mixed(person: &Person, store: &Store, told: &mut Told) {
    let of = |wanted: fn(ActorKind) -> bool| {
        let mut ids = person.accounts.iter().copied();
        ids.find(|id| wanted(store.accounts[id.index()].kind))
    };
    let machine = of(ActorKind::is_machine);
    let human = of(|kind| kind == ActorKind::Human);
    let Some((machine, human)) = machine.zip(human) else { return };
    let found = format!(
        "one person with the account {} of a {} and the account {} of a human",
        label(store, machine),
        store.accounts[machine.index()].kind.word(),
        label(store, human)
    );
    let link = store.links.iter().find(|link| {
        let (a, b) = (store.accounts[link.a.index()].kind, store.accounts[link.b.index()].kind);
        let is_here = person.accounts.contains(&link.a) || person.accounts.contains(&link.b);
        link.holds && is_here && a.is_machine() != b.is_machine()
    });
    let place = link.and_then(|link| link.place).unwrap_or(store.accounts[machine.index()].place);
    let expected = "a person and a machine that are two; each account keeps its own kind";
    told.problems.push(at_place(store, place, Severity::Warning, found, expected));
}

/// Returns the first login of a person, else the first display name, else the first address.
fn first_name<'s>(person: &Person, store: &'s Store) -> &'s str {
    let first = |pick: fn(&Account) -> Text| {
        person.accounts.iter().map(|id| pick(&store.accounts[id.index()])).find(|text| !text.is_empty())
    };
    let text =
        first(|a| a.login).or_else(|| first(|a| a.name)).or_else(|| first(|a| a.email)).unwrap_or_default();
    store.text(text)
}

#[cfg(test)]
mod tests;
