//! Accounts as records name them, resolved to persons.
//!
//! An account is one login, or one address, or, where a record has neither, one display name. Two accounts belong to one
//! person when a record names them together, when `people.csv` or `.mailmap` says so, or when the address is a forge's
//! no-reply address of the login. Equal display names join nothing: two people may share a name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::agents;
use crate::model::record::{AccountRecord, AliasRecord, PersonRecord};
use crate::model::{ActorKind, Capture, Moment};
use crate::policy::{Policy, wildcard};

use super::rows::{Account, AccountId, Person, PersonId};
use super::strings::{Strings, Text};

/// Accounts while they are being collected.
#[derive(Clone, Default)]
pub struct Accounts {
    rows: Vec<Account>,
    /// By lower-case login, then by lower-case address, then by name: a prefix tells them apart.
    by_key: hashbrown::HashMap<Text, AccountId, foldhash::fast::FixedState>,
    /// Pairs that a record names together.
    together: Vec<(AccountId, AccountId)>,
    persons: Vec<Listed>,
    aliases: Vec<Alias>,
    scratch: String,
}

#[derive(Clone)]
struct Listed {
    name: String,
    accounts: Vec<String>,
    kind: ActorKind,
    roles: Vec<String>,
    qualified_until: Option<Moment>,
}

#[derive(Clone)]
struct Alias {
    name: String,
    email: String,
    commit_name: String,
    commit_email: String,
}

impl Accounts {
    /// Returns the account that a record names, taking it in when it is new; `None` when nothing is said.
    pub fn account(&mut self, record: &AccountRecord<'_>, strings: &mut Strings) -> Option<AccountId> {
        let email = record.email.trim();
        let login =
            if record.login.is_empty() { login_of_address(email) } else { Some(record.login.as_ref()) };
        let by_login = login.map(|login| self.keyed('@', &canonical_login(login), strings));
        // A no-reply address is the login over again; any other address is an account of its own.
        let by_email =
            (!email.is_empty() && login_of_address(email).is_none()).then(|| self.keyed('<', email, strings));
        let by_name = || !record.name.trim().is_empty();
        let id = match (by_login, by_email) {
            (Some(login), Some(email)) => {
                if self.together.last() != Some(&(login, email)) {
                    self.together.push((login, email));
                }
                login
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) if by_name() => self.keyed('=', record.name.trim(), strings),
            (None, None) => return None,
        };
        self.note(id, record, login.unwrap_or_default(), email, strings);
        Some(id)
    }

    fn keyed(&mut self, prefix: char, key: &str, strings: &mut Strings) -> AccountId {
        self.scratch.clear();
        self.scratch.push(prefix);
        if key.is_ascii() {
            self.scratch.push_str(key);
            self.scratch[prefix.len_utf8()..].make_ascii_lowercase();
        } else {
            self.scratch.extend(key.chars().flat_map(char::to_lowercase));
        }
        let key = strings.intern(&self.scratch);
        let next = AccountId::at(self.rows.len());
        let id = *self.by_key.entry(key).or_insert(next);
        if id == next {
            self.rows.push(Account::default());
        }
        id
    }

    fn note(
        &mut self,
        id: AccountId,
        record: &AccountRecord<'_>,
        login: &str,
        email: &str,
        strings: &mut Strings,
    ) {
        let row = &mut self.rows[id.index()];
        if row.login.is_empty() && !login.is_empty() {
            row.login = strings.intern(&canonical_login(login));
        }
        if row.name.is_empty() && !record.name.trim().is_empty() {
            row.name = strings.intern(record.name.trim());
        }
        if row.email.is_empty() && !email.is_empty() {
            row.email = strings.intern_lower(email);
        }
        let is_marked = login.ends_with("[bot]") || login.starts_with("app/");
        let kind = if is_marked { ActorKind::Bot } else { record.kind };
        // A machine's mark stands against any other mark.
        if kind != ActorKind::Unknown && !row.kind.is_machine() {
            row.kind = kind;
            row.kind_from = Capture::SystemObserved;
        }
        match record.association.as_ref() {
            "" => {}
            "NONE" | "FIRST_TIMER" | "FIRST_TIME_CONTRIBUTOR" | "MANNEQUIN" => row.is_called_none = true,
            _ => row.is_affiliated = true,
        }
    }

    /// Takes in a row of `people.csv`.
    pub fn person(&mut self, record: &PersonRecord<'_>) {
        self.persons.push(Listed {
            name: record.name.to_string(),
            accounts: record.accounts.iter().map(ToString::to_string).collect(),
            kind: record.kind,
            roles: record.roles.iter().map(ToString::to_string).collect(),
            qualified_until: record.qualified_until,
        });
    }

    /// Takes in a line of `.mailmap`.
    pub fn alias(&mut self, record: &AliasRecord<'_>) {
        self.aliases.push(Alias {
            name: record.name.to_string(),
            email: record.email.to_string(),
            commit_name: record.commit_name.to_string(),
            commit_email: record.commit_email.to_string(),
        });
    }

    /// Resolves accounts to persons and settles their kinds.
    pub fn resolve(mut self, policy: &Policy, strings: &mut Strings) -> (Vec<Account>, Vec<Person>) {
        let mut groups = Groups::new(self.rows.len());
        for &(a, b) in &self.together {
            groups.join(a.index(), b.index());
        }
        let named = self.apply_lists(&mut groups, strings);
        let mut accounts = self.rows;
        for account in &mut accounts {
            settle_kind(account, policy, strings);
        }
        let mut persons: Vec<Person> = Vec::new();
        let mut of_group: BTreeMap<usize, PersonId> = BTreeMap::new();
        for (at, account) in accounts.iter_mut().enumerate() {
            let group = groups.find(at);
            let id = *of_group.entry(group).or_insert_with(|| {
                persons.push(Person::default());
                PersonId::at(persons.len() - 1)
            });
            account.person = id;
            persons[id.index()].accounts.push(AccountId::at(at));
        }
        for (at, listed) in named {
            let Some(person) = of_group.get(&groups.find(at)).and_then(|id| persons.get_mut(id.index()))
            else {
                continue;
            };
            person.name.clone_from(&listed.name);
            person.kind = listed.kind;
            person.roles.clone_from(&listed.roles);
            person.qualified_until = listed.qualified_until;
        }
        for person in &mut persons {
            settle_person(person, &mut accounts, strings);
        }
        (accounts, persons)
    }

    /// Joins accounts by `people.csv` and `.mailmap`; returns an account of each listed person with what is listed.
    fn apply_lists(&mut self, groups: &mut Groups, strings: &mut Strings) -> Vec<(usize, Listed)> {
        let mut named = Vec::new();
        for alias in std::mem::take(&mut self.aliases) {
            let to = self.identity(&alias.name, &alias.email, strings);
            let from = self.identity(&alias.commit_name, &alias.commit_email, strings);
            groups.grow(self.rows.len());
            if let (Some(to), Some(from)) = (to, from) {
                groups.join(to.index(), from.index());
            }
            if let Some(to) = to.filter(|_| !alias.name.is_empty()) {
                self.rows[to.index()].name = strings.intern(&alias.name);
            }
        }
        for listed in std::mem::take(&mut self.persons) {
            let ids: Vec<AccountId> = listed
                .accounts
                .iter()
                .filter_map(|text| {
                    let record = if text.contains('@') && !text.starts_with('@') {
                        AccountRecord::identity("", text.as_str())
                    } else {
                        AccountRecord::login(text.trim_start_matches('@'))
                    };
                    self.account(&record, strings)
                })
                .collect();
            groups.grow(self.rows.len());
            for pair in ids.windows(2) {
                groups.join(pair[0].index(), pair[1].index());
            }
            if let Some(first) = ids.first() {
                named.push((first.index(), listed));
            }
        }
        named
    }

    fn identity(&mut self, name: &str, email: &str, strings: &mut Strings) -> Option<AccountId> {
        self.account(&AccountRecord::identity(name, email), strings)
    }
}

/// Settles what stands behind an account. A rule that names it comes before what the forge marks, that before what an
/// affiliation lets one infer.
fn settle_kind(account: &mut Account, policy: &Policy, strings: &Strings) {
    let (login, email, name) =
        (strings.get(account.login), strings.get(account.email), strings.get(account.name));
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
    if let Some((_, kind)) = by_policy.into_iter().find(|(patterns, _)| listed(patterns)) {
        account.kind = kind;
        account.kind_from = Capture::HumanAttested;
    } else if let Some(kind) = agents::kind_of(login, email, name) {
        account.kind = kind;
        account.kind_from = Capture::SystemObserved;
    } else if account.kind == ActorKind::Unknown && (account.is_affiliated || !account.is_called_none) {
        // An App's review carries the association NONE and no other mark; whoever the forge calls a member,
        // collaborator or contributor, and whoever commits under a name of their own, is taken for a person.
        account.kind = ActorKind::Human;
        account.kind_from = Capture::Inferred;
    }
}

/// Gives a person its kind and name from its accounts, and its accounts the person's listed kind.
fn settle_person(person: &mut Person, accounts: &mut [Account], strings: &Strings) {
    if person.kind != ActorKind::Unknown {
        for id in &person.accounts {
            let account = &mut accounts[id.index()];
            account.kind = person.kind;
            account.kind_from = Capture::HumanAttested;
        }
    } else {
        let kinds = person.accounts.iter().map(|id| accounts[id.index()].kind);
        person.kind = kinds.max().unwrap_or_default();
    }
    if person.name.is_empty() {
        let first = |pick: fn(&Account) -> Text| {
            person.accounts.iter().map(|id| pick(&accounts[id.index()])).find(|text| !text.is_empty())
        };
        let text = first(|a| a.login)
            .or_else(|| first(|a| a.name))
            .or_else(|| first(|a| a.email))
            .unwrap_or_default();
        person.name = strings.get(text).to_owned();
    }
}

/// Returns the login of a forge's no-reply address: `ID+LOGIN@users.noreply.github.com` and its older form.
fn login_of_address(email: &str) -> Option<&str> {
    let local = email.strip_suffix("@users.noreply.github.com")?;
    let login = local.split_once('+').map_or(local, |(_, login)| login);
    (!login.is_empty()).then_some(login)
}

/// Returns the login as REST writes it: gh's `app/x` is the account `x[bot]`.
fn canonical_login(login: &str) -> Cow<'_, str> {
    let login = login.trim();
    match login.strip_prefix("app/") {
        Some(slug) => Cow::Owned(format!("{slug}[bot]")),
        None => Cow::Borrowed(login),
    }
}

/// Disjoint sets over positions.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn grow(&mut self, count: usize) {
        self.0.extend(self.0.len()..count);
    }

    fn find(&mut self, at: usize) -> usize {
        let mut root = at;
        while self.0[root] != root {
            self.0[root] = self.0[self.0[root]];
            root = self.0[root];
        }
        root
    }

    /// Joins two sets; the lower position stands for both.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        let (low, high) = (a.min(b), a.max(b));
        self.0[high] = low;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(
        records: &[AccountRecord<'_>],
        then: impl FnOnce(&mut Accounts),
    ) -> (Vec<Account>, Vec<Person>, Vec<AccountId>) {
        let mut strings = Strings::default();
        let mut accounts = Accounts::default();
        let ids = records.iter().map(|record| accounts.account(record, &mut strings).unwrap()).collect();
        then(&mut accounts);
        let (accounts, persons) = accounts.resolve(&Policy::default(), &mut strings);
        (accounts, persons, ids)
    }

    #[test]
    fn a_noreply_address_is_its_login() {
        let records = [
            AccountRecord::login("TomHennen"),
            AccountRecord::identity("Tom", "1+tomhennen@users.noreply.github.com"),
            AccountRecord::identity("Tom", "tom@example.org"),
        ];
        let (accounts, _, ids) = resolved(&records, |_| {});
        assert_eq!(ids[0], ids[1]);
        assert_ne!(
            accounts[ids[0].index()].person,
            accounts[ids[2].index()].person,
            "a name alone joins nothing"
        );
    }

    #[test]
    fn people_and_mailmap_join_accounts() {
        let records = [
            AccountRecord::login("ana"),
            AccountRecord::identity("A. P.", "ana@old.example"),
            AccountRecord::identity("Ana", "ana@new.example"),
        ];
        let (accounts, persons, ids) = resolved(&records, |accounts| {
            accounts.alias(&AliasRecord {
                name: "Ana P.".into(),
                email: "ana@new.example".into(),
                commit_email: "ana@old.example".into(),
                ..AliasRecord::default()
            });
            accounts.person(&PersonRecord {
                name: "Ana Prado".into(),
                accounts: vec!["@ana".into(), "ana@new.example".into()],
                kind: ActorKind::Human,
                ..PersonRecord::default()
            });
        });
        let person = accounts[ids[0].index()].person;
        assert!(ids.iter().all(|id| accounts[id.index()].person == person));
        assert_eq!(persons[person.index()].name, "Ana Prado");
    }

    #[test]
    fn an_unmarked_account_called_none_is_not_taken_for_a_person() {
        let none =
            AccountRecord { association: "NONE".into(), ..AccountRecord::login("workflow-test-agent") };
        let member = AccountRecord { association: "MEMBER".into(), ..AccountRecord::login("leila") };
        let bot = AccountRecord { kind: ActorKind::Bot, ..AccountRecord::login("app/github-actions") };
        let (accounts, _, ids) = resolved(&[none, member, bot], |_| {});
        let kinds: Vec<_> = ids.iter().map(|id| accounts[id.index()].kind).collect();
        assert_eq!(kinds, [ActorKind::Unknown, ActorKind::Human, ActorKind::Bot]);
    }
}
