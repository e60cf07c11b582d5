//! `lacuna duties`: persons and their accounts, who did what, and who approves whose changes (`docs/duties.md`).

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{Duties as DutiesArgs, DutiesShape};
use super::audit::{json, opened};
use super::failure::Failure;
use crate::assess::Assessment;
use crate::engine::Bundle;
use crate::protocol::{Duties, DutyRow, EvidenceRow, LinkRow, PersonRow};
use crate::query::duties_view;
use crate::report::csv::{inert, io_error};

/// How many rows of one kind the table lists.
const MOST_ROWS: usize = 30;

const COLUMNS: [&str; 9] = ["change", "duty", "person", "account", "kind", "capture", "at", "record", "note"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'r> {
    schema: &'static str,
    engine: &'static str,
    bundle: &'r str,
    changes: Vec<ChangeDuties>,
    #[serde(flatten)]
    duties: Duties,
}

#[derive(Serialize)]
struct ChangeDuties {
    id: String,
    duties: Vec<DutyRow>,
}

/// Writes persons and duties in the shape that was asked for.
pub(super) fn run(args: &DutiesArgs) -> Result<ExitCode, Failure> {
    let bundle = opened(&args.drawing)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        DutiesShape::Table => out.write_all(table(&bundle).as_bytes())?,
        DutiesShape::Json => {
            let assessment = &bundle.assessment;
            let report = Report {
                schema: "lacuna.duties/v1",
                engine: env!("CARGO_PKG_VERSION"),
                bundle: &bundle.sha256,
                changes: changes(assessment).collect(),
                duties: duties_view::duties(assessment, "", usize::MAX),
            };
            json(&mut out, &report)?;
        }
        DutiesShape::Csv => csv(&bundle.assessment, &mut out)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn changes(assessment: &Assessment) -> impl Iterator<Item = ChangeDuties> {
    assessment.scope.iter().enumerate().map(|(row, id)| ChangeDuties {
        id: assessment.store.change_id(&assessment.store.changes[id.index()]),
        duties: duties_view::of_change(&assessment.subject(row)),
    })
}

fn csv(assessment: &Assessment, out: impl io::Write) -> Result<(), Failure> {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS).map_err(io_error)?;
    for change in changes(assessment) {
        for duty in &change.duties {
            if duty.holders.is_empty() {
                let row = [&change.id, &duty.duty, "", "", "", "", "", "", &duty.note];
                writer.write_record(row.map(inert)).map_err(io_error)?;
            }
            for holder in &duty.holders {
                let record = located(holder.evidence.as_ref());
                let row = [
                    &change.id,
                    &duty.duty,
                    &holder.person,
                    &holder.account,
                    holder.kind.word(),
                    &holder.capture,
                    &holder.at,
                    &record,
                    "",
                ];
                writer.write_record(row.map(inert)).map_err(io_error)?;
            }
        }
    }
    writer.flush()?;
    Ok(())
}

fn located(evidence: Option<&EvidenceRow>) -> String {
    evidence.map_or_else(String::new, |row| format!("{} {}", row.file, row.pointer).trim_end().to_owned())
}

fn table(bundle: &Bundle) -> String {
    let assessment = &bundle.assessment;
    let duties = duties_view::duties(assessment, "", MOST_ROWS);
    let mut out = String::new();
    let count = usize::try_from(duties.persons_of.1).unwrap_or(usize::MAX);
    writeln!(out, "PERSONS: {count}").ok();
    for person in &duties.persons {
        person_lines(&mut out, person);
    }
    more(&mut out, count);
    writeln!(out, "\nWHO APPROVES WHOSE CHANGES").ok();
    let mut pairs: Vec<_> = duties.pairs.iter().collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.changes));
    for pair in pairs.iter().take(MOST_ROWS) {
        let name = |of: &[(String, String)], key: &String| {
            of.iter().find(|(own, _)| own == key).map_or_else(String::new, |(_, name)| plain(name))
        };
        let (approver, author) =
            (name(&duties.approvers, &pair.approver), name(&duties.authors, &pair.author));
        writeln!(out, "{:>6}  {approver} approved {author}", pair.changes).ok();
    }
    more(&mut out, pairs.len());
    writeln!(out, "\nPATTERNS: {}", duties.patterns.len()).ok();
    for pattern in duties.patterns.iter().take(MOST_ROWS) {
        writeln!(out, "{:<13} {}", pattern.kind, plain(&pattern.text)).ok();
        if !pattern.changes.is_empty() {
            writeln!(out, "{:<13} {}", "", plain(&pattern.changes.join(" "))).ok();
        }
    }
    more(&mut out, duties.patterns.len());
    writeln!(out, "\nCONTRADICTIONS: {}", duties.conflicts.len()).ok();
    for (file, at, found) in duties.conflicts.iter().take(MOST_ROWS) {
        writeln!(out, "{} {}: {}", plain(file), plain(at), plain(found)).ok();
    }
    more(&mut out, duties.conflicts.len());
    writeln!(out, "\nBY THE POLICY").ok();
    for (label, value) in &duties.rules {
        writeln!(out, "{label}: {}", plain(value)).ok();
    }
    writeln!(out, "\nA pattern is something to look at. The conclusion is a person's.").ok();
    out
}

fn more(out: &mut String, count: usize) {
    if count > MOST_ROWS {
        writeln!(out, "… and {} more; --format json has all", count - MOST_ROWS).ok();
    }
}

fn person_lines(out: &mut String, person: &PersonRow) {
    let duties: Vec<String> = person.duties.iter().map(|(duty, count)| format!("{duty} {count}")).collect();
    writeln!(out, "{:<28} {:<8} {}", plain(&person.name), person.kind.word(), duties.join(", ")).ok();
    for account in &person.accounts {
        writeln!(
            out,
            "  {:<34} {}: {} ({})",
            plain(&account.account),
            account.kind.word(),
            account.rule,
            account.capture
        )
        .ok();
    }
    for link in &person.links {
        let LinkRow { a, b, source, capture, holds, evidence } = link;
        let place = located(evidence.as_ref());
        let state = if *holds { "" } else { " SET ASIDE" };
        writeln!(out, "  {} = {}: {source} ({capture}){state} {}", plain(a), plain(b), plain(&place)).ok();
    }
}

/// Keeps text from evidence from steering the terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || crate::problem::is_invisible(c) { '\u{fffd}' } else { c })
        .collect()
}
