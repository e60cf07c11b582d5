//! Scans, inventories, tickets in detail, code owners and registers, and the changes that they are about.

use std::collections::BTreeMap;

use crate::model::record::{EntryRecord, FindingState, Level, Register};
use crate::model::{Capture, Moment, Part};
use crate::order;

use super::build::{Builder, revision_in_path, span};
use super::grouping::Links;
use super::rows::{AccountId, Place, Span};
use super::strings::Text;
use super::{Store, same_object};

/// A scan, an inventory, a ticket in detail, a file of code owners, or an entry of a register.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    /// What it is.
    pub register: Register,
    /// What it is about: the tool, the requirement, the vendor, the key of the ticket.
    pub subject: Text,
    /// Whom it names.
    pub person: Option<AccountId>,
    /// The change that it names, as written.
    pub target: Text,
    /// The revision, lower case.
    pub revision: Text,
    /// When it was made, began, or was completed.
    pub at: Option<Moment>,
    /// Until when it holds.
    pub until: Option<Moment>,
    /// A word for its state or outcome, lower case.
    pub state: Text,
    /// What else it says.
    pub detail: Text,
    /// How it is known.
    pub capture: Capture,
    /// Whether items were left out.
    pub is_cut: bool,
    /// Rows of `items`.
    pub items: Span,
    /// Whether a change of the bundle is what it is about.
    pub is_linked: bool,
    /// Where it is.
    pub place: Place,
}

/// A finding, component, field, approval, or line of code owners.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item {
    /// Rule, component, field, pattern.
    pub name: Text,
    /// Place of the finding, licence of the component, value of the field, owners.
    pub detail: Text,
    /// How a finding stands.
    pub state: FindingState,
    /// How serious the scanner calls a finding.
    pub level: Level,
    /// Severity in tenths.
    pub severity: Option<u8>,
    /// Who approved.
    pub person: Option<AccountId>,
    /// When.
    pub at: Option<Moment>,
}

/// What is at hand beside changes, linked to them.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    /// Entries, sorted by register, in the order of files and rows.
    pub entries: Vec<Entry>,
    /// Items of entries.
    pub items: Vec<Item>,
    /// Entries of changes, as positions in `entries`; [`Self::of_change`] reads them.
    links: Vec<u32>,
    /// Links of each change.
    spans: Vec<Span>,
}

impl Registers {
    /// Returns all entries of a register.
    pub fn all(&self, register: Register) -> &[Entry] {
        let from = self.entries.partition_point(|entry| entry.register < register);
        let to = self.entries.partition_point(|entry| entry.register <= register);
        &self.entries[from..to]
    }

    /// Returns the entries of a register that are about the change at a position.
    pub fn of_change(&self, change: usize, register: Register) -> impl Iterator<Item = &Entry> {
        let links = self.spans.get(change).copied().unwrap_or_default().of(&self.links);
        links
            .iter()
            .filter_map(|at| self.entries.get(*at as usize))
            .filter(move |entry| entry.register == register)
    }

    /// Returns the items of an entry.
    pub fn items(&self, entry: &Entry) -> &[Item] {
        entry.items.of(&self.items)
    }
}

impl Builder {
    pub(super) fn entry(&mut self, record: &EntryRecord<'_>, place: Place) {
        let start = self.store.registers.items.len();
        for item in &record.items {
            let row = Item {
                name: self.strings.intern(&item.name),
                detail: self.strings.intern(item.detail.trim()),
                state: item.state,
                level: item.level,
                severity: item.severity,
                person: self.account(item.person.as_ref()),
                at: item.at,
            };
            self.store.registers.items.push(row);
        }
        let (mut revision, mut capture) = (self.strings.intern_lower(record.revision.trim()), record.capture);
        if revision.is_empty() && matches!(record.register, Register::Scan | Register::Inventory) {
            // As for test reports: a revision in the path binds it, and whoever named the file typed that.
            let file = self.store.files.get(self.current_file_id().index());
            if let Some(id) = file.and_then(|file| revision_in_path(&file.path)) {
                (revision, capture) = (self.strings.intern_lower(id), Capture::Inferred);
            }
        }
        let row = Entry {
            register: record.register,
            subject: self.strings.intern(record.subject.trim()),
            person: self.account(record.person.as_ref()),
            target: self.strings.intern(record.target.trim()),
            revision,
            at: record.at,
            until: record.until,
            state: self.strings.intern_lower(record.state.trim()),
            detail: self.strings.intern(record.detail.trim()),
            capture,
            is_cut: record.is_cut,
            items: span(start, self.store.registers.items.len()),
            is_linked: false,
            place,
        };
        self.store.registers.entries.push(row);
    }
}

/// Sorts the entries and gives each change those that are about it. Called once everything else is linked.
pub(super) fn link(store: &mut Store) {
    let mut registers = std::mem::take(&mut store.registers);
    order::sort_by_key(&mut registers.entries, |entry| entry.register);
    if !registers.entries.is_empty() {
        let finder = Finder::new(store);
        let mut links = Links::default();
        for (at, entry) in (0u32..).zip(&mut registers.entries) {
            let found = finder.changes(store, entry);
            entry.is_linked = !found.is_empty();
            for change in found {
                links.push(change, at);
            }
        }
        (registers.links, registers.spans) = links.finish(store.changes.len());
    }
    store.registers = registers;
}

/// Finds the changes that an entry is about.
struct Finder<'s> {
    /// Object ids, each with its change, sorted by text.
    objects: Vec<(&'s str, usize)>,
    /// Changes by number.
    numbers: BTreeMap<u64, Vec<usize>>,
    /// Changes by ticket and by AI session.
    keys: BTreeMap<Text, Vec<usize>>,
}

impl<'s> Finder<'s> {
    fn new(store: &'s Store) -> Self {
        let mut objects = Vec::new();
        let mut numbers: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        let mut keys: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        for (at, change) in store.changes.iter().enumerate() {
            let commits = change.commits.of(&store.change_commits);
            let ids = commits.iter().filter_map(|id| store.commits.get(id.index())).map(|commit| commit.id);
            let ids = ids.chain([change.head, change.merge_commit]).filter(|id| !id.is_empty());
            objects.extend(ids.map(|id| (store.text(id), at)));
            if change.number > 0 {
                numbers.entry(change.number).or_default().push(at);
            }
            for ticket in change.tickets.of(&store.tickets) {
                keys.entry(ticket.id).or_default().push(at);
            }
            let sessions = change.sessions.of(&store.sessions_of);
            for session in sessions.iter().filter_map(|id| store.sessions.get(id.index())) {
                if !session.session.is_empty() {
                    keys.entry(session.session).or_default().push(at);
                }
            }
        }
        order::sort(&mut objects);
        objects.dedup();
        Self { objects, numbers, keys }
    }

    fn changes(&self, store: &Store, entry: &Entry) -> Vec<usize> {
        let keyed = |key: Text| self.keys.get(&key).cloned().unwrap_or_default();
        let mut found = self.object(store.text(entry.revision));
        if !entry.target.is_empty() {
            let target = store.text(entry.target);
            found.extend(self.numbered(store, target));
            found.extend(self.object(target));
            found.extend(keyed(entry.target));
        }
        match entry.register {
            Register::Ticket | Register::Trace => found.extend(keyed(entry.subject)),
            Register::GatewayLog => found.extend(keyed(entry.detail)),
            _ => {}
        }
        found
    }

    /// Returns the change of an object id; an abbreviation that names objects of two changes names neither.
    fn object(&self, id: &str) -> Vec<usize> {
        let id = id.to_ascii_lowercase();
        if !(7..=64).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Vec::new();
        }
        let from = self.objects.partition_point(|(known, _)| *known < id.as_str());
        let mut found: Vec<usize> = self.objects[from..]
            .iter()
            .take_while(|(known, _)| same_object(known, &id))
            .map(|(_, at)| *at)
            .collect();
        found.dedup();
        if found.len() > 1 { Vec::new() } else { found }
    }

    /// Returns the change of `#12` or `owner/name#12`; a number alone must name one change of the bundle.
    fn numbered(&self, store: &Store, target: &str) -> Vec<usize> {
        let Some((repository, number)) = target.rsplit_once('#') else { return Vec::new() };
        let known = number.parse().ok().and_then(|number: u64| self.numbers.get(&number));
        let fits = |at: &&usize| {
            repository.is_empty()
                || store.text(store.changes[**at].repository).eq_ignore_ascii_case(repository)
        };
        let found: Vec<usize> = known.into_iter().flatten().filter(fits).copied().collect();
        if found.len() > 1 { Vec::new() } else { found }
    }
}

impl Entry {
    /// Returns the place of an item of a list of the record.
    pub fn item_place(&self, key: &'static str, index: usize) -> Place {
        Place { part: Some(Part::element(key, u32::try_from(index).unwrap_or(u32::MAX))), ..self.place }
    }
}
