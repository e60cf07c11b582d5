//! One key or table of a policy's text changed, and everything else, comments included, left as it is.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::form;
use crate::model::Moment;
use crate::protocol::{FieldKind, PolicyEdit};

/// Makes a change of a text.
///
/// # Errors
/// A sentence that states why it cannot be made here: the text is no TOML, or writes the table in a way that only a
/// person can change.
pub fn edit(text: &str, edit: &PolicyEdit) -> Result<String, String> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (root, errors) = DeTable::parse_recoverable(bare);
    if let Some(error) = errors.first() {
        return Err(format!("the text is no TOML yet: {}", error.message().trim()));
    }
    let editing = Editing { text: bare, root: root.get_ref() };
    let (edited, wanted) = match edit {
        PolicyEdit::Set { table, index, key, value } => {
            let (kind, is_list) =
                form::kind_of(table, key).ok_or_else(|| format!("a policy has no {table}.{key}"))?;
            let literal = literal(kind, value);
            let index = *index as usize;
            let edited = editing.set(table, index, is_list, key, literal.as_deref())?;
            (edited, Wanted::Key { table, index, key, is_there: literal.is_some() })
        }
        PolicyEdit::Add { table } => {
            let count = editing.count(table) + 1;
            (editing.append(&format!("[[{table}]]\n")), Wanted::Count { table, count })
        }
        PolicyEdit::Remove { table, index } => {
            let count = editing.count(table).saturating_sub(1);
            (editing.remove(table, *index as usize)?, Wanted::Count { table, count })
        }
    };
    // What was written is read again: a table in a spelling of its own is left to the person.
    let (root, errors) = DeTable::parse_recoverable(&edited);
    if errors.is_empty() && wanted.is_in(root.get_ref()) {
        Ok(edited)
    } else {
        Err("this table is written in a way that only the text itself can change".to_owned())
    }
}

/// What must be true of a text after a change.
enum Wanted<'e> {
    Key { table: &'e str, index: usize, key: &'e str, is_there: bool },
    Count { table: &'e str, count: usize },
}

impl Wanted<'_> {
    fn is_in(&self, root: &DeTable<'_>) -> bool {
        match *self {
            Self::Key { table, index, key, is_there } => {
                find(root, table, index).is_some_and(|(table, _)| table.contains_key(key)) == is_there
            }
            Self::Count { table, count: wanted } => count(root, table) == wanted,
        }
    }
}

/// A text being changed.
struct Editing<'t> {
    text: &'t str,
    root: &'t DeTable<'t>,
}

impl Editing<'_> {
    fn set(
        &self,
        table: &str,
        index: usize,
        is_list: bool,
        key: &str,
        literal: Option<&str>,
    ) -> Result<String, String> {
        let Some((found, header)) = find(self.root, table, index) else {
            return match (literal, is_list) {
                (_, true) => Err(format!("there is no such [[{table}]] in the text")),
                (None, false) => Ok(self.text.to_owned()),
                (Some(literal), false) => Ok(self.append(&format!("[{table}]\n{key} = {literal}\n"))),
            };
        };
        let entry = found.iter().find(|(known, _)| known.get_ref() == key);
        match (entry, literal) {
            (Some((_, value)), Some(literal)) => Ok(self.replaced(value.span(), literal)),
            (Some((known, value)), None) => Ok(self.without(known.span().start, value.span().end)),
            (None, None) => Ok(self.text.to_owned()),
            (None, Some(literal)) => {
                let end = self.line_end(header.end.max(header.start));
                let line = format!(
                    "{}{key} = {literal}\n",
                    if self.text[..end].ends_with('\n') { "" } else { "\n" }
                );
                Ok(self.replaced(end..end, &line))
            }
        }
    }

    fn count(&self, table: &str) -> usize {
        count(self.root, table)
    }

    fn replaced(&self, range: Range<usize>, with: &str) -> String {
        [&self.text[..range.start], with, &self.text[range.end..]].concat()
    }

    /// Takes out whole lines.
    fn without(&self, from: usize, to: usize) -> String {
        let start = self.text[..from].rfind('\n').map_or(0, |newline| newline + 1);
        self.replaced(start..self.line_end(to), "")
    }

    /// Returns the offset behind the line break of the line that an offset is on.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn append(&self, block: &str) -> String {
        let gap = match self.text {
            "" => "",
            text if text.ends_with("\n\n") => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        [self.text, gap, block].concat()
    }

    fn remove(&self, table: &str, index: usize) -> Result<String, String> {
        let (_, header) = find(self.root, table, index).ok_or("there is no such table in the text")?;
        let start = self.text[..header.start].rfind('\n').map_or(0, |newline| newline + 1);
        let mut headers = Vec::new();
        all_headers(self.root, &mut headers);
        let next = headers.into_iter().filter(|at| *at > header.start).min().unwrap_or(self.text.len());
        let mut end = self.text[..next].rfind('\n').map_or(0, |newline| newline + 1).max(start);
        if next == self.text.len() {
            end = next;
        }
        // Comments right above the next table are about that one.
        while next < self.text.len() && end > start {
            let line = self.text[..end - 1].rfind('\n').map_or(0, |newline| newline + 1);
            if line <= start || !self.text[line..end].trim_start().starts_with('#') {
                break;
            }
            end = line;
        }
        Ok(self.replaced(start..end, ""))
    }
}

/// Returns a table by its dotted name, with the range of its header.
fn find<'t>(root: &'t DeTable<'t>, name: &str, index: usize) -> Option<(&'t DeTable<'t>, Range<usize>)> {
    let value = lookup(root, name)?;
    let value = match value.get_ref() {
        DeValue::Array(list) => list.get(index)?,
        _ => value,
    };
    match value.get_ref() {
        DeValue::Table(table) => Some((table, value.span())),
        _ => None,
    }
}

fn lookup<'t>(root: &'t DeTable<'t>, name: &str) -> Option<&'t Spanned<DeValue<'t>>> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let value = root.get(first)?;
    match (rest, value.get_ref()) {
        (None, _) => Some(value),
        (Some(rest), DeValue::Table(table)) => lookup(table, rest),
        (Some(_), _) => None,
    }
}

fn count(root: &DeTable<'_>, name: &str) -> usize {
    match lookup(root, name).map(Spanned::get_ref) {
        Some(DeValue::Array(list)) => list.len(),
        _ => 0,
    }
}

/// Collects where the headers of tables are.
fn all_headers(table: &DeTable<'_>, into: &mut Vec<usize>) {
    for (_, value) in table {
        match value.get_ref() {
            DeValue::Table(inner) => {
                into.push(value.span().start);
                all_headers(inner, into);
            }
            DeValue::Array(list) => {
                for element in list.iter() {
                    if let DeValue::Table(inner) = element.get_ref() {
                        into.push(element.span().start);
                        all_headers(inner, into);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns what a person typed as TOML; `None` for nothing. What is of a wrong kind is written as text, so that the
/// reader names it.
fn literal(kind: FieldKind, typed: &str) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    Some(match kind {
        FieldKind::Texts => {
            let texts: Vec<String> =
                typed.lines().map(str::trim).filter(|line| !line.is_empty()).map(quoted).collect();
            format!("[{}]", texts.join(", "))
        }
        FieldKind::Number | FieldKind::Count if typed.parse::<f64>().is_ok_and(f64::is_finite) => {
            typed.trim_start_matches('+').to_owned()
        }
        FieldKind::Flag if matches!(typed, "true" | "false") => typed.to_owned(),
        FieldKind::Date
            if Moment::parse(typed).is_some() && typed.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            typed.to_owned()
        }
        _ => quoted(typed),
    })
}

/// Returns a basic string of TOML; it never leaves its line.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
