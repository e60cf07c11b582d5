//! `people.csv`: which accounts belong to which person, of which kind, in which roles, qualified until when.
//!
//! A table of the reader's own making, because no forge exports it: `person` and `accounts` are needed, `kind`, `roles` and
//! `qualified-until` are not. Accounts and roles are separated by semicolons; accounts by spaces too, since neither
//! logins nor addresses have any.

use std::borrow::Cow;

use super::{Context, Format, Head, Whole};
use crate::model::record::{PersonRecord, Str};
use crate::model::terms::ActorKind;
use crate::model::{At, Base, Moment, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// The table of people.
pub static FORMAT: Format = Format {
    id: "people",
    title: "People and their accounts (CSV)",
    recognise,
    open: || Box::new(Whole(read)),
};

/// The columns, and whether a table can do without.
const COLUMNS: [&str; 5] = ["person", "accounts", "kind", "roles", "qualified-until"];

/// Returns why the start of a file is a table of people.
fn recognise(head: &Head<'_>) -> Option<String> {
    let header = head.text().lines().next()?;
    let columns = columns(&header.split(',').collect::<Vec<_>>());
    (columns[0].is_some() && columns[1].is_some())
        .then(|| "its first row names the columns person and accounts".to_owned())
}

/// Returns where the known columns are.
fn columns(header: &[&str]) -> [Option<usize>; 5] {
    let plain = |name: &str| name.trim().trim_matches('"').to_ascii_lowercase().replace(['_', ' '], "-");
    COLUMNS.map(|column| header.iter().position(|name| plain(name) == column))
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[start..]);
    let mut record = csv::ByteRecord::new();
    let mut known: Option<[Option<usize>; 5]> = None;
    let mut row = 0_u32;
    loop {
        let position = start as u64 + reader.position().byte();
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => row = row.saturating_add(1),
            Ok(false) => return Ok(()),
            Err(error) => {
                return Err(at_row(Problem::error(Kind::Malformed, format!("{error}")), row, line, position));
            }
        }
        let length = (start as u64 + reader.position().byte()).saturating_sub(position);
        if length > context.limits.record_bytes {
            let problem = Problem::error(Kind::OverLimit, format!("a row of {length} bytes"));
            out.problem(at_row(problem, row, line, position).expected("a shorter row (record-bytes)"));
            continue;
        }
        let cells: Vec<Str<'_>> = record.iter().map(String::from_utf8_lossy).collect();
        if cells.iter().any(|cell| cell.contains('\u{fffd}')) {
            let problem = Problem::warning(Kind::InvalidUtf8, "a row with bytes that are not UTF-8");
            out.problem(at_row(problem, row, line, position).expected("UTF-8"));
        }
        let Some(columns) = known else {
            known = Some(header(&cells, out));
            continue;
        };
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match person(&cells, &columns) {
            Ok((person, doubt)) => {
                out.record(At::new(Base::Row(row), position, length), Record::Person(person));
                if let Some(problem) = doubt {
                    out.problem(at_row(problem, row, line, position));
                }
            }
            Err(problem) => out.problem(at_row(problem, row, line, position)),
        }
    }
}

fn at_row(problem: Problem, row: u32, line: u64, offset: u64) -> Problem {
    problem.at(Spot { pointer: format!("row {}", row.max(1)), line, offset })
}

/// Reads the first row; a column that means nothing is reported.
fn header(cells: &[Str<'_>], out: &mut dyn Records) -> [Option<usize>; 5] {
    let names: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    let known = columns(&names);
    for (index, name) in names.iter().enumerate() {
        if !known.contains(&Some(index)) && !name.trim().is_empty() {
            let found = format!("the column {}", quote(name));
            let problem = Problem::warning(Kind::Unrecognised, found).expected(COLUMNS.join(", "));
            out.problem(at_row(problem, 1, 1, 0));
        }
    }
    known
}

/// Reads a row: the person, and what is doubtful about it; or what is wrong with it.
fn person<'a>(
    cells: &'a [Str<'a>],
    columns: &[Option<usize>; 5],
) -> Result<(PersonRecord<'a>, Option<Problem>), Problem> {
    let cell = |column: usize| columns[column].and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
    let split = |text: &'a str, at: fn(char) -> bool| -> Vec<Str<'a>> {
        text.split(at).map(str::trim).filter(|part| !part.is_empty()).map(Cow::Borrowed).collect()
    };
    let (name, accounts) = (cell(0), split(cell(1), |c| c == ';' || c.is_whitespace()));
    if name.is_empty() {
        return Err(Problem::error(Kind::MissingField, "a row without a person").expected("person"));
    }
    if accounts.is_empty() {
        let found = format!("{} without accounts", quote(name));
        return Err(Problem::error(Kind::MissingField, found).expected("logins or addresses"));
    }
    let kind = match cell(2).to_ascii_lowercase().as_str() {
        // The column is about people; who is listed without a kind is one.
        "" | "human" | "person" => ActorKind::Human,
        "bot" => ActorKind::Bot,
        "agent" => ActorKind::Agent,
        "service" => ActorKind::Service,
        "unknown" => ActorKind::Unknown,
        _ => {
            let found = format!("{} of kind {}", quote(name), quote(cell(2)));
            let expected = "human, bot, agent, service or unknown";
            return Err(Problem::error(Kind::Unrecognised, found).expected(expected));
        }
    };
    let (qualified_until, doubt) = match cell(4) {
        "" => (None, None),
        text => match Moment::parse(text) {
            Some(moment) => (Some(moment), None),
            None => {
                let found = format!("{} qualified until {}", quote(name), quote(text));
                (None, Some(Problem::warning(Kind::WrongType, found).expected("a date, YYYY-MM-DD")))
            }
        },
    };
    let roles = split(cell(3), |c| c == ';');
    Ok((PersonRecord { name: Cow::Borrowed(name), accounts, kind, roles, qualified_until }, doubt))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::Limits;

    #[derive(Debug, Default)]
    struct Kept {
        people: Vec<(String, PersonRecord<'static>)>,
        problems: Vec<Problem>,
    }

    impl Records for Kept {
        fn record(&mut self, at: At, record: Record<'_>) {
            let Record::Person(person) = record else { panic!("a table of people gave {}", record.noun()) };
            let own = |text: &Str<'_>| Cow::Owned(text.to_string());
            let person = PersonRecord {
                name: own(&person.name),
                accounts: person.accounts.iter().map(own).collect(),
                kind: person.kind,
                roles: person.roles.iter().map(own).collect(),
                qualified_until: person.qualified_until,
            };
            self.people.push((at.pointer(None), person));
        }

        fn problem(&mut self, problem: Problem) {
            self.problems.push(problem);
        }
    }

    fn table(bytes: impl AsRef<[u8]>) -> Kept {
        let mut kept = Kept::default();
        let limits = Limits::default();
        if let Err(problem) =
            read(bytes.as_ref(), &Context { path: "people.csv", limits: &limits }, &mut kept)
        {
            kept.problems.push(problem);
        }
        kept
    }

    fn recognised(text: &str) -> bool {
        recognise(&Head::new("people.csv", text.as_bytes(), true)).is_some()
    }

    #[test]
    fn a_person_owns_several_accounts() {
        let text = "\u{feff}person,accounts,kind,roles,qualified-until\r\n\"Lovelace, Ada\",ada; ada@x.test ALovelace,human,reviewer; release manager,2026-12-31\r\nrenovate,renovate[bot],bot,,\r\n";
        assert!(recognised(text));
        let kept = table(text);
        assert!(kept.problems.is_empty(), "{:?}", kept.problems);
        let (pointer, ada) = &kept.people[0];
        assert_eq!((pointer.as_str(), ada.name.as_ref()), ("row 2", "Lovelace, Ada"));
        assert_eq!(ada.accounts, ["ada", "ada@x.test", "ALovelace"]);
        assert_eq!(ada.roles, ["reviewer", "release manager"]);
        assert_eq!((ada.kind, ada.qualified_until), (ActorKind::Human, Moment::parse("2026-12-31")));
        assert_eq!(kept.people[1].1.kind, ActorKind::Bot);
    }

    #[test]
    fn columns_may_come_in_any_order_and_without_the_optional_ones() {
        let kept = table("Accounts,Person\nada,Ada\n");
        assert_eq!((kept.people[0].1.name.as_ref(), kept.people[0].1.kind), ("Ada", ActorKind::Human));
    }

    #[test]
    fn each_bad_row_is_one_problem_and_the_others_stand() {
        let kept = table(
            "person,accounts,kind,team,qualified-until\n,x,,,\nAda,,,,\nBob,bob,wizard,,\nCyd,cyd,,,soon\n\n,,,,\nDee,dee\n",
        );
        let names: Vec<_> = kept.people.iter().map(|(_, person)| person.name.as_ref()).collect();
        assert_eq!(names, ["Cyd", "Dee"]);
        let problems: Vec<_> = kept.problems.iter().map(|p| (p.at.pointer.as_str(), p.kind)).collect();
        assert_eq!(
            problems,
            [
                ("row 1", Kind::Unrecognised),
                ("row 2", Kind::MissingField),
                ("row 3", Kind::MissingField),
                ("row 4", Kind::Unrecognised),
                ("row 5", Kind::WrongType)
            ]
        );
    }

    #[test]
    fn other_tables_are_not_recognised() {
        for text in ["", "person", "id,name,accounts", "personal,accounts", "{\"person\":1,\"accounts\":2}"] {
            assert!(!recognised(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_crash_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut text = b"person,accounts,kind\n".to_vec();
            text.extend(&bytes);
            table(&text);
            table(&bytes);
        }
    }
}
