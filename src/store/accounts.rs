//! Accounts as records name them; `persons` resolves them to persons.
//!
//! An account is one login, or one address, or, where a record has neither, one display name. What says that two accounts
//! are one person's is kept as a link, with its place and how strong it is.

use std::borrow::Cow;

use crate::model::agents::{is_marked_bot, login_of_address};
use crate::model::record::{AccountRecord, AliasRecord, PersonRecord};
use crate::model::{ActorKind, Capture, Moment};

use super::rows::{Account, AccountId, KindRule, Link, LinkSource, Place};
use super::strings::{Strings, Text};

type Set = hashbrown::HashSet<(AccountId, AccountId, LinkSource, Capture), foldhash::fast::FixedState>;

/// Accounts while they are being collected.
#[derive(Clone, Default)]
pub struct Accounts {
    pub(super) rows: Vec<Account>,
    /// By lower-case login, then by lower-case address, then by name: a prefix tells them apart.
    by_key: hashbrown::HashMap<Text, AccountId, foldhash::fast::FixedState>,
    /// What records say of accounts together, each pair once.
    pub(super) links: Vec<Link>,
    linked: Set,
    /// Rows of `people.csv`.
    pub(super) people: Vec<Listed>,
    /// The record that is being read, and what its word on accounts weighs.
    place: Place,
    capture: Capture,
    scratch: String,
}

/// A row of `people.csv`.
#[derive(Clone)]
pub(super) struct Listed {
    pub name: String,
    pub accounts: Vec<String>,
    pub kind: ActorKind,
    pub roles: Vec<String>,
    pub qualified_until: Option<Moment>,
    pub place: Place,
}

impl Accounts {
    /// Starts a record: the accounts that come are named in it.
    pub fn start_record(&mut self, place: Place, capture: Capture) {
        (self.place, self.capture) = (place, capture);
    }

    /// Returns the account that a record names, taking it in when it is new; `None` when nothing is said.
    pub fn account(&mut self, record: &AccountRecord<'_>, strings: &mut Strings) -> Option<AccountId> {
        let email = record.email.trim();
        let hidden = login_of_address(email);
        let login = if record.login.is_empty() { hidden } else { Some(record.login.as_ref()) };
        let by_login = login.map(|login| self.keyed('@', &canonical_login(login), strings));
        // A no-reply address is the login over again; any other address is an account of its own.
        let by_email = (!email.is_empty() && hidden.is_none()).then(|| self.keyed('<', email, strings));
        let by_name = || !record.name.trim().is_empty();
        let id = match (by_login, by_email) {
            (Some(login), Some(email)) => {
                self.link(login, email, LinkSource::Record, self.capture, Text::EMPTY);
                let row = &mut self.rows[email.index()];
                if row.email.is_empty() {
                    row.email = strings.intern_lower(record.email.trim());
                }
                login
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) if by_name() => self.keyed('=', record.name.trim(), strings),
            (None, None) => return None,
        };
        if hidden.is_some() {
            self.hidden(id, email, strings);
        }
        self.note(id, record, login.unwrap_or_default(), email, strings);
        Some(id)
    }

    /// Returns the account of a login or an address, as people write it in a table: `@ana`, `ana`, `ana@example.org`.
    pub(super) fn written(&mut self, text: &str, strings: &mut Strings) -> Option<AccountId> {
        let record = if text.contains('@') && !text.starts_with('@') {
            AccountRecord::identity("", text)
        } else {
            AccountRecord::login(text.trim_start_matches('@'))
        };
        self.account(&record, strings)
    }

    /// Notes that two accounts are said to be one person's; what is said once is not noted again.
    fn link(&mut self, a: AccountId, b: AccountId, source: LinkSource, capture: Capture, address: Text) {
        // Most records repeat the pair of the one before.
        let key = (a, b, source, capture);
        let is_last =
            self.links.last().is_some_and(|last| (last.a, last.b, last.source, last.capture) == key);
        if !is_last && self.linked.insert(key) {
            let place = Some(self.place);
            self.links.push(Link { a, b, source, capture, place, address, holds: false });
        }
    }

    fn hidden(&mut self, id: AccountId, email: &str, strings: &mut Strings) {
        if !self.linked.contains(&(id, id, LinkSource::NoReply, Capture::Inferred)) {
            let address = strings.intern_lower(email);
            // The form is the forge's; that the address stands for the login is a rule, and no record's word.
            self.link(id, id, LinkSource::NoReply, Capture::Inferred, address);
        }
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
            self.rows.push(Account { place: self.place, ..Account::default() });
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
        let is_marked = is_marked_bot(login);
        let kind = if is_marked { ActorKind::Bot } else { record.kind };
        // A machine's mark stands against any other mark.
        if kind != ActorKind::Unknown && !row.marked.is_machine() {
            row.marked = kind;
            row.kind_rule = if is_marked { KindRule::LoginMark } else { KindRule::ForgeMark };
        }
        match record.association.as_ref() {
            "" => {}
            "NONE" | "FIRST_TIMER" | "FIRST_TIME_CONTRIBUTOR" | "MANNEQUIN" => row.is_called_none = true,
            _ => row.is_affiliated = true,
        }
    }

    /// Takes in a row of `people.csv`.
    pub fn person(&mut self, record: &PersonRecord<'_>) {
        self.people.push(Listed {
            name: record.name.to_string(),
            accounts: record.accounts.iter().map(ToString::to_string).collect(),
            kind: record.kind,
            roles: record.roles.iter().map(ToString::to_string).collect(),
            qualified_until: record.qualified_until,
            place: self.place,
        });
    }

    /// Takes in a line of `.mailmap`.
    pub fn alias(&mut self, record: &AliasRecord<'_>, strings: &mut Strings) {
        let from = AccountRecord::identity(record.commit_name.as_ref(), record.commit_email.as_ref());
        let Some(from) = self.account(&from, strings) else { return };
        let mut named = from;
        // A line without a second address only gives a name.
        if !record.email.is_empty() {
            let to = AccountRecord::identity(record.name.as_ref(), record.email.as_ref());
            let Some(to) = self.account(&to, strings) else { return };
            if to != from {
                // Whoever may commit may edit the file.
                self.link(to, from, LinkSource::Mailmap, Capture::SelfTyped, Text::EMPTY);
            }
            named = to;
        }
        if !record.name.is_empty() {
            self.rows[named.index()].name = strings.intern(&record.name);
        }
    }

    /// Takes in that a valid signature by `signer` covers the word of `account`, at a place.
    pub(super) fn signed(&mut self, signer: AccountId, account: AccountId, place: Place) {
        if signer != account {
            self.start_record(place, Capture::Verified);
            self.link(signer, account, LinkSource::Signature, Capture::Verified, Text::EMPTY);
        }
    }
}

/// Returns the login as REST writes it: gh's `app/x` is the account `x[bot]`.
fn canonical_login(login: &str) -> Cow<'_, str> {
    let login = login.trim();
    match login.strip_prefix("app/") {
        Some(slug) => Cow::Owned(format!("{slug}[bot]")),
        None => Cow::Borrowed(login),
    }
}
