//! The workpaper: what people did with a bundle, as a list of entries that only grows.
//!
//! One file, `.lacuna` (docs/workpaper.md). Each entry carries the hash of the one before it and its own, so that a later
//! edit, removal or insertion shows. What the paper says now is derived from its entries ([`State`]), never kept. Time and
//! person come with each entry: nothing here knows a clock.

mod answer;
mod body;
mod canonical;
mod desk;
mod fold;
mod merge;
mod state;
mod steps;
mod upgrade;
mod words;

use serde_json::{Map, Value};

use crate::model::Moment;

pub use answer::{answer, choices, page};
pub use body::*;
pub use desk::{Attachment, Desk, controls_of, item_of};
pub use merge::{MergeError, merge};
pub use state::*;
pub use steps::how;

/// The schema of the file.
pub const SCHEMA: &str = "lacuna.workpaper/v1";
/// The form that entries are written in now; older ones are read by upgraders.
pub const FORM: u64 = 1;

/// The greatest size of a file.
pub const MOST_BYTES: usize = 64 << 20;
/// The greatest count of entries.
pub const MOST_ENTRIES: usize = 100_000;
/// The greatest length of one text, in bytes.
pub const MOST_TEXT: usize = 32 << 10;
/// The greatest length of a name.
pub const MOST_NAME: usize = 200;
/// The greatest count of elements in one list.
pub const MOST_LIST: usize = 20_000;
/// How deep values may be nested.
pub const MOST_DEPTH: usize = 16;

/// What the first entry has in the place of the hash before it.
pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A workpaper.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    entries: Vec<Entry>,
    /// Members of the file that this version does not know: kept as they are.
    beside: Map<String, Value>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// All that the file says of it, members that this version does not know included.
    raw: Map<String, Value>,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub by: String,
    /// What; a sentence where it cannot be read.
    pub body: Result<Body, String>,
}

impl Entry {
    /// Returns its hash, as the file states it.
    pub fn hash(&self) -> &str {
        self.text("hash")
    }

    fn text(&self, name: &str) -> &str {
        self.raw.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the hashes that it had before it was merged into another paper, oldest first.
    fn origins(&self) -> Vec<String> {
        let list = self.raw.get("origin").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Returns whether it came in by a merge.
    pub fn is_merged(&self) -> bool {
        self.raw.contains_key("origin")
    }

    fn of(raw: Map<String, Value>) -> Self {
        let text = |name: &str| raw.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (at, by) = (text("at"), text("by"));
        let body = upgrade::body(&raw, upgrade::UPGRADERS);
        Self { at, by, body, raw }
    }

    /// Returns why it does not follow the entry of this hash as the one of this number; `None` where it does.
    fn misfit(&self, number: u64, previous: &str) -> Option<String> {
        if self.raw.get("number").and_then(Value::as_u64) != Some(number) {
            return Some(format!(
                "it does not carry the number {number}: an entry was removed, put in or moved"
            ));
        }
        if self.text("previous") != previous {
            return Some("it does not follow the entry before it".to_owned());
        }
        (self.hash() != canonical::hash(&self.raw)).then(|| "it was changed after it was written".to_owned())
    }
}

impl Paper {
    /// Returns a paper without entries; the first one to add is [`Body::Opened`].
    pub fn new() -> Self {
        Self { entries: Vec::new(), beside: Map::new() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A sentence where it is no workpaper, one of a newer schema, or over a bound. What is wrong inside a file that can be
    /// read is for [`State`] to say.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.len() > MOST_BYTES {
            return Err(format!("a file of {} bytes; at most {MOST_BYTES}", text.len()));
        }
        if let Some(Err(error)) = crate::verify::strict::payload("json", text.as_bytes()) {
            return Err(error);
        }
        let mut beside: Map<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match beside.remove("schema") {
            Some(Value::String(schema)) if schema == SCHEMA => {}
            Some(Value::String(schema)) if schema.starts_with("lacuna.workpaper/") => {
                let schema = crate::problem::quote(&schema);
                return Err(format!("its schema is {schema}; this version reads {SCHEMA} and older"));
            }
            _ => return Err(format!("its schema is not {SCHEMA}")),
        }
        let Some(Value::Array(values)) = beside.remove("entries") else {
            return Err("it has no list of entries".to_owned());
        };
        if values.len() > MOST_ENTRIES {
            return Err(format!("{} entries; at most {MOST_ENTRIES}", values.len()));
        }
        let mut entries = Vec::with_capacity(values.len());
        for (at, value) in values.into_iter().enumerate() {
            if let Some(fact) = canonical::fault(&value, 0) {
                return Err(format!("entry {}: {fact}", at + 1));
            }
            let Value::Object(raw) = value else { return Err(format!("entry {} is no object", at + 1)) };
            entries.push(Entry::of(raw));
        }
        if entries.is_empty() {
            return Err("it has no entries".to_owned());
        }
        Ok(Self { entries, beside })
    }

    /// Returns the file: the schema first, then an entry after another, each indented.
    pub fn write(&self) -> String {
        let mut out = format!("{{\n\"schema\": \"{SCHEMA}\",\n");
        for (name, value) in &self.beside {
            out.push_str(&format!("{}: {value},\n", Value::from(name.as_str())));
        }
        out.push_str("\"entries\": [\n");
        for (at, entry) in self.entries.iter().enumerate() {
            if at > 0 {
                out.push_str(",\n");
            }
            // Plain data without maps of other keys than text: it can always be written.
            out.push_str(&serde_json::to_string_pretty(&entry.raw).unwrap_or_default());
        }
        out.push_str("\n]\n}\n");
        out
    }

    /// Returns the entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the hash of the last entry.
    pub fn head(&self) -> &str {
        self.entries.last().map_or(START, Entry::hash)
    }

    /// Returns what the paper says now, and what in it does not hold.
    pub fn state(&self) -> State {
        fold::fold(self, 0)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// A sentence where the paper does not hold, or the entry cannot stand: nothing is added then.
    pub fn add(&mut self, at: &str, by: &str, body: Body) -> Result<(), String> {
        if let Some(fault) = self.state().faults.first() {
            return Err(format!("nothing can be added: entry {} does not hold: {}", fault.entry, fault.text));
        }
        let entry = self.next(at, by, &body, &[])?;
        self.entries.push(entry);
        let number = self.entries.len() as u64;
        let fault = self.state().faults.into_iter().find(|fault| fault.entry == number);
        match fault {
            Some(fault) => {
                self.entries.pop();
                Err(fault.text)
            }
            None => Ok(()),
        }
    }

    /// Returns the entry that would come next.
    fn next(&self, at: &str, by: &str, body: &Body, origin: &[String]) -> Result<Entry, String> {
        // Externally tagged: one member, of the kind's name.
        let value = serde_json::to_value(body).map_err(|error| error.to_string())?;
        let Value::Object(tagged) = value else { return Err("an entry without content".to_owned()) };
        let Some((kind, content)) = tagged.into_iter().next() else {
            return Err("an entry without content".to_owned());
        };
        let mut raw = Map::new();
        for (name, value) in [
            ("at", Value::from(at)),
            ("by", Value::from(by)),
            ("form", Value::from(FORM)),
            ("kind", Value::from(kind)),
            ("body", content),
        ] {
            raw.insert(name.to_owned(), value);
        }
        if !origin.is_empty() {
            raw.insert("origin".to_owned(), Value::from(origin.to_vec()));
        }
        if let Some(fact) = canonical::fault(&Value::Object(raw.clone()), 0) {
            return Err(fact);
        }
        Ok(self.chained(raw))
    }

    /// Puts number, previous hash and hash into an entry.
    fn chained(&self, mut raw: Map<String, Value>) -> Entry {
        raw.insert("number".to_owned(), Value::from(self.entries.len() as u64 + 1));
        raw.insert("previous".to_owned(), Value::from(self.head()));
        let hash = canonical::hash(&raw);
        raw.insert("hash".to_owned(), Value::from(hash));
        Entry::of(raw)
    }
}

impl Default for Paper {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns what is wrong with time or person of an entry.
fn unsigned(at: &str, by: &str) -> Option<String> {
    if Moment::parse(at).is_none_or(|moment| moment.to_string() != at) {
        return Some("its time is not written like 2026-07-01T09:30:00Z".to_owned());
    }
    let is_named = !by.trim().is_empty() && by.len() <= MOST_NAME && !by.chars().any(char::is_control);
    (!is_named).then(|| "it names no person".to_owned())
}

#[cfg(test)]
mod tests;
