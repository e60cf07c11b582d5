//! The assessment as CSV (RFC 4180): one row for each change and evaluated criterion, without any framework.

use std::io;

use crate::engine::Bundle;
use crate::query::filter::evaluated;
use crate::query::views;
use crate::store::{Place, Store};

/// The columns.
pub const COLUMNS: [&str; 14] = [
    "change",
    "repository",
    "number",
    "title",
    "merged_at",
    "author",
    "merged_by",
    "ai",
    "standing",
    "criterion",
    "verdict",
    "capture",
    "reason",
    "evidence",
];

/// Returns the assessment as CSV.
pub fn write(bundle: &Bundle) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail, and every field is UTF-8.
    match write_to(bundle, &mut bytes) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Writes the assessment as CSV.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_to(bundle: &Bundle, out: impl io::Write) -> io::Result<()> {
    let assessment = &bundle.assessment;
    let store = &assessment.store;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS).map_err(io_error)?;
    for (row, id) in assessment.scope.iter().enumerate() {
        let subject = assessment.subject(row);
        let change = &store.changes[id.index()];
        let number = if change.number > 0 { change.number.to_string() } else { String::new() };
        let name = |account: Option<crate::store::AccountId>| {
            account.map_or("", |account| store.name(account)).to_owned()
        };
        let head: [String; 9] = [
            store.change_id(change),
            store.text(change.repository).to_owned(),
            number,
            store.text(change.title).to_owned(),
            change.merged.map_or_else(String::new, |at| at.to_string()),
            name(change.author),
            name(change.merged_by.value()),
            assessment.ai.get(row).copied().unwrap_or_default().word().to_owned(),
            assessment.standings.get(row).copied().unwrap_or_default().slug().to_owned(),
        ];
        let head = head.map(|field| inert(&field));
        for index in evaluated() {
            let finding = assessment.explain_with(&subject, index);
            let evidence: Vec<String> =
                finding.evidence.iter().filter_map(|(_, place)| located(store, *place)).collect();
            let tail = [
                index.criterion().id.to_owned(),
                finding.verdict.slug().to_owned(),
                views::capture_of(&finding).unwrap_or_default().to_owned(),
                inert(&finding.reason),
                inert(&evidence.join("; ")),
            ];
            writer.write_record(head.iter().chain(&tail)).map_err(io_error)?;
        }
    }
    writer.flush()
}

/// Returns the error of the writer below; kinds matter, as a closed pipe is no failure.
pub fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Writes where a record is: `file pointer`, or the file alone.
pub fn located(store: &Store, place: Place) -> Option<String> {
    let (file, pointer, _) = store.locate(place)?;
    Some(if pointer.is_empty() { file.path.clone() } else { format!("{} {pointer}", file.path) })
}

/// Keeps spreadsheets from taking text for a formula: a quotation mark goes before what they would calculate.
pub fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(inert(text), format!("'{text}"));
        }
        for text in ["", "a=1", "1-1", "#12"] {
            assert_eq!(inert(text), text);
        }
    }
}
