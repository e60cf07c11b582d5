//! Registers that people keep as tables: AI systems, vendors, trainings, incidents, requirements and the like.
//!
//! No forge exports these, so the tables are Lacuna's own, each known by a small set of column names
//! (`docs/formats.md`). Dates are strict: a row with a date that is none is left out and told, because without its end
//! it would hold for ever. Whatever a table says is a person's statement.

use std::borrow::Cow;

use super::table::{self, Table};
use super::{Context, Format, Head, Whole};
use crate::model::record::{
    AccountRecord, EntryRecord, ItemRecord, ListingRecord, Record, Register, TicketDetailRecord,
};
use crate::model::{At, Base, Capture, Moment, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// Registers.
pub static FORMAT: Format =
    Format { id: "register", title: "Register (CSV)", recognise, open: || Box::new(Whole(read)) };

/// What a column fills.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Subject,
    Person,
    Target,
    Revision,
    At,
    Until,
    State,
    Detail,
    /// A field of a ticket.
    Field,
    Approver,
    Approved,
}

/// The table of one register: the columns that it is known by come first.
struct Shape {
    register: Register,
    /// Count of columns that must be there.
    needed: usize,
    columns: &'static [(&'static str, Slot)],
}

const fn shape(register: Register, needed: usize, columns: &'static [(&'static str, Slot)]) -> Shape {
    Shape { register, needed, columns }
}

/// All tables. None has all needed columns of another one before it.
const SHAPES: &[Shape] = &[
    shape(
        Register::AiSystem,
        2,
        &[
            ("ai-system", Slot::Subject),
            ("owner", Slot::Person),
            ("vendor", Slot::Detail),
            ("risk", Slot::State),
            ("approved", Slot::At),
            ("valid-until", Slot::Until),
        ],
    ),
    shape(
        Register::Vendor,
        3,
        &[
            ("vendor", Slot::Subject),
            ("assurance", Slot::Detail),
            ("valid-until", Slot::Until),
            ("valid-from", Slot::At),
        ],
    ),
    shape(
        Register::Training,
        3,
        &[
            ("person", Slot::Person),
            ("course", Slot::Subject),
            ("completed", Slot::At),
            ("valid-until", Slot::Until),
        ],
    ),
    shape(
        Register::Acknowledgement,
        3,
        &[
            ("person", Slot::Person),
            ("policy", Slot::Subject),
            ("acknowledged", Slot::At),
            ("version", Slot::Detail),
            ("valid-until", Slot::Until),
        ],
    ),
    shape(
        Register::Incident,
        3,
        &[
            ("incident", Slot::Subject),
            ("opened", Slot::At),
            ("change", Slot::Target),
            ("cause", Slot::Detail),
            ("state", Slot::State),
        ],
    ),
    shape(
        Register::AccessReview,
        3,
        &[
            ("access-review", Slot::Subject),
            ("reviewed", Slot::At),
            ("reviewer", Slot::Person),
            ("result", Slot::State),
        ],
    ),
    shape(
        Register::Trace,
        2,
        &[
            ("requirement", Slot::Subject),
            ("test", Slot::Detail),
            ("change", Slot::Target),
            ("validated-by", Slot::Person),
            ("validated", Slot::At),
            ("result", Slot::State),
        ],
    ),
    shape(
        Register::ReviewStatement,
        3,
        &[
            ("reviewer", Slot::Person),
            ("revision", Slot::Revision),
            ("understood", Slot::Detail),
            ("change", Slot::Target),
            ("stated", Slot::At),
        ],
    ),
    shape(
        Register::GatewayLog,
        2,
        &[
            ("time", Slot::At),
            ("dlp-verdict", Slot::State),
            ("session", Slot::Detail),
            ("tool", Slot::Subject),
            ("user", Slot::Person),
            ("change", Slot::Target),
            ("revision", Slot::Revision),
        ],
    ),
    shape(
        Register::AgentIdentity,
        3,
        &[
            ("agent", Slot::Subject),
            ("account", Slot::Person),
            ("owner", Slot::Detail),
            ("issued", Slot::At),
            ("expires", Slot::Until),
        ],
    ),
    shape(
        Register::ReleaseApproval,
        3,
        &[
            ("change", Slot::Target),
            ("release-approver", Slot::Person),
            ("approved", Slot::At),
            ("state", Slot::State),
            ("revision", Slot::Revision),
        ],
    ),
    shape(
        Register::Document,
        3,
        &[("change", Slot::Target), ("document", Slot::Subject), ("updated", Slot::At)],
    ),
    shape(
        Register::Retention,
        2,
        &[("records", Slot::Subject), ("retention-days", Slot::Detail), ("from", Slot::At)],
    ),
    shape(
        Register::Ticket,
        2,
        &[
            ("ticket", Slot::Subject),
            ("opened", Slot::At),
            ("risk", Slot::Field),
            ("impact", Slot::Field),
            ("back-out", Slot::Field),
            ("emergency", Slot::Field),
            ("priority", Slot::Field),
            ("approver", Slot::Approver),
            ("approved", Slot::Approved),
        ],
    ),
];

/// Returns the register whose needed columns a header has.
fn of_header(names: &[String]) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| {
        shape.columns[..shape.needed].iter().all(|(column, _)| names.iter().any(|name| name == column))
    })
}

fn recognise(head: &Head<'_>) -> Option<String> {
    let names: Vec<String> = table::header(head)?.into_iter().map(table::plain).collect();
    let shape = of_header(&names)?;
    let needed: Vec<&str> = shape.columns[..shape.needed].iter().map(|(name, _)| *name).collect();
    Some(format!("its first row names the columns {}: {}", needed.join(", "), shape.register.noun()))
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let mut table = Table::new(bytes, context)?;
    let names: Vec<String> = table.header.iter().map(|name| table::plain(name)).collect();
    let Some(shape) = of_header(&names) else {
        return Err(Problem::error(Kind::MissingField, "a header that names no register"));
    };
    let columns: Vec<Option<(&'static str, Slot)>> =
        names.iter().map(|name| shape.columns.iter().copied().find(|(column, _)| column == name)).collect();
    for (name, _) in names.iter().zip(&columns).filter(|(name, column)| column.is_none() && !name.is_empty())
    {
        let known: Vec<&str> = shape.columns.iter().map(|(name, _)| *name).collect();
        let problem = Problem::warning(Kind::Unrecognised, format!("the column {}", quote(name)));
        let spot = Spot { pointer: "row 1".into(), line: 1, offset: 0 };
        out.problem(problem.expected(known.join(", ")).at(spot));
    }
    while let Some(row) = table.next(out)? {
        match entry(shape, &columns, &|column| row.cell(column)) {
            Ok(entry) => {
                if entry.register == Register::Ticket {
                    let (id, created) = (entry.subject.clone(), entry.at);
                    out.record(
                        row.at,
                        Record::Ticket(TicketDetailRecord { id, created, ..Default::default() }),
                    );
                }
                out.record(row.at, Record::Entry(Box::new(entry)));
            }
            Err(problem) => out.problem(row.problem(problem)),
        }
    }
    // A register without rows says something that no register does not.
    let listing = ListingRecord {
        of: shape.register.noun(),
        source: "register",
        count: u64::from(table.count),
        ..ListingRecord::default()
    };
    out.record(At::new(Base::Whole, 0, 0), Record::Listing(listing));
    Ok(())
}

/// Reads a row, or says what is wrong with it.
fn entry<'a>(
    shape: &Shape,
    columns: &[Option<(&'static str, Slot)>],
    cell: &dyn Fn(usize) -> &'a str,
) -> Result<EntryRecord<'a>, Problem> {
    let mut entry =
        EntryRecord { register: shape.register, capture: Capture::HumanAttested, ..EntryRecord::default() };
    let mut approval: Option<ItemRecord<'a>> = None;
    for (at, column) in columns.iter().enumerate() {
        let Some((name, slot)) = *column else { continue };
        let text = cell(at);
        match slot {
            Slot::Subject => entry.subject = text.into(),
            Slot::Person => entry.person = person(text),
            Slot::Target => entry.target = text.into(),
            Slot::Revision => entry.revision = text.into(),
            Slot::At => entry.at = date(name, text)?,
            Slot::Until => entry.until = date(name, text)?,
            Slot::State => entry.state = text.into(),
            Slot::Detail => entry.detail = text.into(),
            Slot::Field => entry.items.push(ItemRecord::field(name, text)),
            Slot::Approver if text.is_empty() => {}
            Slot::Approver => {
                let item = approval.get_or_insert_with(|| ItemRecord::field("approval", "approved"));
                item.person = person(text);
            }
            Slot::Approved => {
                if let Some(time) = date(name, text)? {
                    approval.get_or_insert_with(|| ItemRecord::field("approval", "approved")).at = Some(time);
                }
            }
        }
    }
    if columns.iter().flatten().any(|(_, slot)| *slot == Slot::Approver) {
        // The column says that approvals would be here.
        entry.items.push(ItemRecord::field("approvals", ""));
    }
    entry.items.extend(approval);
    let (first, slot) = shape.columns[0];
    let is_named = match slot {
        Slot::Subject => !entry.subject.is_empty(),
        Slot::Person => entry.person.is_some(),
        Slot::Target => !entry.target.is_empty() || !entry.revision.is_empty(),
        _ => entry.at.is_some(),
    };
    if is_named {
        Ok(entry)
    } else {
        Err(Problem::error(Kind::MissingField, format!("a row without {first}; it was skipped"))
            .expected(first))
    }
}

/// Returns the account that a cell names: an address of e-mail or a login.
fn person(text: &str) -> Option<AccountRecord<'_>> {
    match text.trim_start_matches('@') {
        "" => None,
        text if text.contains('@') => Some(AccountRecord::identity("", text)),
        text => Some(AccountRecord { login: Cow::Borrowed(text), ..AccountRecord::default() }),
    }
}

fn date(column: &str, text: &str) -> Result<Option<Moment>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let moment = Moment::parse(text);
    if moment.is_none() {
        let found = format!("{column} {}; the row was skipped", quote(text));
        return Err(
            Problem::error(Kind::WrongType, found).expected("a date, YYYY-MM-DD, or a time with its zone")
        );
    }
    Ok(moment)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing;
    use super::*;

    /// Reads a table: register, pointer and subject of each entry, listed counts, and problems.
    type Entries = Vec<(Register, String, String)>;

    fn table(text: &str) -> (Entries, Vec<(&'static str, u64)>, Vec<Problem>) {
        let (mut entries, mut listed) = (Vec::new(), Vec::new());
        let read = testing::read("register.csv", text.as_bytes(), |at, record| match record {
            Record::Entry(entry) => {
                entries.push((entry.register, at.pointer(None), entry.subject.to_string()));
            }
            Record::Listing(listing) => listed.push((listing.of, listing.count)),
            Record::Ticket(_) => {}
            other => panic!("{}", other.noun()),
        });
        (entries, listed, read.problems)
    }

    #[test]
    fn every_register_is_known_by_its_needed_columns_alone() {
        for shape in SHAPES {
            let names: Vec<&str> = shape.columns[..shape.needed].iter().map(|(name, _)| *name).collect();
            let (entries, listed, problems) = table(&(names.join(",") + "\n"));
            assert_eq!((entries.len(), problems.len()), (0, 0), "{names:?}");
            assert_eq!(listed, [(shape.register.noun(), 0)], "an empty register is a register");
            let all: Vec<String> = shape.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(of_header(&all).map(|found| found.register), Some(shape.register));
        }
    }

    #[test]
    fn columns_may_come_in_any_order_with_any_separator() {
        let (entries, _, problems) =
            table("\u{feff}Valid until;Vendor;Assurance\r\n2027-01-01;Anthropic;SOC 2\r\n");
        assert_eq!(problems, []);
        assert_eq!(entries, [(Register::Vendor, "row 2".into(), "Anthropic".into())]);
    }

    #[test]
    fn a_row_with_a_date_that_is_none_is_left_out_and_told() {
        let (entries, listed, problems) = table(
            "vendor,assurance,valid-until\nA,SOC 2,31.12.2026\n,SOC 2,2026-12-31\nC,SOC 2,2026-12-31\n",
        );
        assert_eq!(entries.len(), 1);
        assert_eq!(listed, [("vendor assurances", 3)]);
        let found: Vec<_> = problems.iter().map(|p| (p.at.pointer.as_str(), p.kind)).collect();
        assert_eq!(found, [("row 2", Kind::WrongType), ("row 3", Kind::MissingField)]);
    }

    #[test]
    fn a_ticket_has_fields_and_an_approval_and_an_empty_field_is_one() {
        let mut items = Vec::new();
        testing::read(
            "t.csv",
            b"ticket,opened,risk,back-out,approver,approved\nPAY-1,2026-01-01,,redeploy,ana,2026-01-02\n",
            |_, record| {
                if let Record::Entry(entry) = record {
                    items = entry.items.iter().map(|i| (i.name.to_string(), i.detail.to_string())).collect();
                }
            },
        );
        let found: Vec<(&str, &str)> = items.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            found,
            [("risk", ""), ("back-out", "redeploy"), ("approvals", ""), ("approval", "approved")]
        );
    }

    #[test]
    fn unknown_columns_are_told_and_other_tables_are_not_taken() {
        let (_, _, problems) = table("requirement,test,colour\nR-1,t,red\n");
        assert_eq!(problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [Kind::Unrecognised]);
        for text in ["person,accounts\n", "requirement\n", "vendor,valid-until\n", "{\"requirement\":1}"] {
            assert_ne!(testing::read("x.csv", text.as_bytes(), |_, _| {}).format, "register", "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_crash_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut text = b"requirement,test,validated\n".to_vec();
            text.extend(&bytes);
            testing::read("r.csv", &text, |_, _| {});
        }
    }
}
