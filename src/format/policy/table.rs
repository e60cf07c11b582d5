//! TOML tables read key by key, with the line of what is unknown, missing or of a wrong type.

use super::{DeTable, DeValue, Kind, Problem, Reading, Severity, Spanned, Spot, quote};
use crate::model::{Moment, Stated};

/// A table, with its name and place.
pub(super) struct Table<'t> {
    /// The name as the file writes it: `[[exception]]`; empty for the root.
    pub name: String,
    pub table: &'t DeTable<'t>,
    /// Offset of its header.
    pub at: usize,
}

impl<'t> Table<'t> {
    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    /// Returns the offset of a value, or of the table where it is not there.
    pub fn at_key(&self, key: &str) -> usize {
        self.get(key).map_or(self.at, |value| value.span().start)
    }
}

/// Returns the offset of the start of each line.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect()
}

impl Reading {
    /// Returns the 1-based line of an offset.
    pub fn line(&self, at: usize) -> u64 {
        self.lines.partition_point(|&start| start <= at) as u64
    }

    /// Adds a problem at an offset.
    pub fn problem(&mut self, problem: Problem, at: usize, expected: &str) {
        let at = Spot::line(self.line(at), at as u64);
        self.problems.push(problem.at(at).expected(expected));
    }

    fn wrong(&mut self, table: &Table<'_>, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = format!("{}{key} that is {}", prefix(table), with_article(value.get_ref()));
        self.problem(Problem::new(Severity::Error, Kind::WrongType, found), value.span().start, expected);
    }

    /// Reports the keys of a table that mean nothing.
    pub fn known(&mut self, table: &Table<'_>, keys: &[&str]) {
        for (key, _) in table.table {
            if !keys.contains(&key.get_ref().as_ref()) {
                let found = format!("the key {} {}", quote(key.get_ref()), place(table));
                let at = key.span().start;
                self.problem(Problem::error(Kind::Unrecognised, found), at, &keys.join(", "));
            }
        }
    }

    /// Returns the table under a key.
    pub fn table<'t>(&mut self, outer: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let value = outer.get(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(outer, key, value, &format!("a table, [{key}]"));
            return None;
        };
        Some(Table { name: format!("[{key}]"), table, at: value.span().start })
    }

    /// Returns the tables of a list of tables; none where the key is not there.
    pub fn tables<'t>(&mut self, outer: &Table<'t>, key: &str) -> Vec<Table<'t>> {
        let Some(value) = outer.get(key) else { return Vec::new() };
        let dotted = format!(
            "{}{key}",
            outer.name.trim_matches(['[', ']']).to_owned() + if outer.name.is_empty() { "" } else { "." }
        );
        let expected = format!("tables, [[{dotted}]]");
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong(outer, key, value, &expected);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for element in list.iter() {
            match element.get_ref() {
                DeValue::Table(table) => {
                    tables.push(Table { name: format!("[[{dotted}]]"), table, at: element.span().start });
                }
                _ => self.wrong(outer, key, element, &expected),
            }
        }
        tables
    }

    /// Returns a text.
    pub fn text(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        let value = table.get(key)?;
        let text = value.get_ref().as_str().map(|text| text.trim().to_owned());
        if text.is_none() {
            self.wrong(table, key, value, "a text in quotes");
        }
        text
    }

    /// Returns a text that the table cannot do without.
    pub fn needed(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        let is_there = table.get(key).is_some();
        let text = self.text(table, key);
        if !is_there || text.as_ref().is_some_and(String::is_empty) {
            let problem = Problem::error(Kind::MissingField, format!("{} without {key}", table.name));
            self.problem(problem, table.at, key);
            return None;
        }
        text
    }

    /// Returns a list of texts, each with its offset.
    pub fn texts(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<(String, usize)>> {
        const EXPECTED: &str = "a list of texts, [\"…\", \"…\"]";
        let value = table.get(key)?;
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong(table, key, value, EXPECTED);
            return None;
        };
        let mut texts = Vec::new();
        for element in list.iter() {
            match element.get_ref().as_str() {
                Some(text) if text.trim().is_empty() => {
                    let problem = Problem::error(
                        Kind::MissingField,
                        format!("an empty text in {}{key}", prefix(table)),
                    );
                    self.problem(problem, element.span().start, "a text");
                }
                Some(text) => texts.push((text.trim().to_owned(), element.span().start)),
                None => self.wrong(table, key, element, EXPECTED),
            }
        }
        Some(texts)
    }

    /// Replaces a list where the table has the key.
    pub fn texts_into(&mut self, table: &Table<'_>, key: &str, into: &mut Vec<String>) {
        if let Some(texts) = self.texts(table, key) {
            *into = texts.into_iter().map(|(text, _)| text).collect();
        }
    }

    /// Returns a moment: a TOML date, a date with a time, or either in quotes; without a zone it is in that of the policy.
    pub fn moment(&mut self, table: &Table<'_>, key: &str) -> Option<Moment> {
        let value = table.get(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(datetime) if datetime.date.is_some() => Some(datetime.to_string()),
            DeValue::String(text) => Some(text.trim().to_owned()),
            _ => None,
        };
        let moment = text.and_then(|text| Some(Stated::parse(&text)?.within(self.zone)));
        if moment.is_none() {
            self.wrong(table, key, value, "a date such as 2026-01-31, or 2026-01-31T09:00:00Z");
        }
        moment
    }

    /// Returns a whole number that is not negative.
    pub fn count(&mut self, table: &Table<'_>, key: &str) -> Option<u64> {
        let value = table.get(key)?;
        let count = integer(value.get_ref());
        if count.is_none() {
            self.wrong(table, key, value, "a whole number of 0 or more");
        }
        count
    }

    /// Returns a number that is not negative.
    pub fn number(&mut self, table: &Table<'_>, key: &str) -> Option<f64> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            // Thresholds are far below the 2^53 from which on a float would be another number.
            other => integer(other).and_then(|count| u32::try_from(count).ok()).map(f64::from),
        };
        let number = number.filter(|number| number.is_finite() && *number >= 0.0);
        if number.is_none() {
            self.wrong(table, key, value, "a number of 0 or more");
        }
        number
    }
}

fn integer(value: &DeValue<'_>) -> Option<u64> {
    let DeValue::Integer(integer) = value else { return None };
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn prefix(table: &Table<'_>) -> String {
    if table.name.is_empty() { String::new() } else { format!("{} ", table.name) }
}

fn place(table: &Table<'_>) -> String {
    if table.name.is_empty() { "at the root".to_owned() } else { format!("in {}", table.name) }
}

fn with_article(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {}", quote(text)),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(value) => format!("{value}"),
        DeValue::Datetime(moment) => format!("the date or time {moment}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
