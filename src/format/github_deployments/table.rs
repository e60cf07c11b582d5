//! Deployments as a table: CSV with commas, semicolons or tabs, recognised and read by the names in its header.

use std::borrow::Cow;

use crate::format::{Context, Format, Head, Whole};
use crate::model::record::{AccountRecord, DeploymentRecord, ListingRecord, Outcome, Record};
use crate::model::{At, Base, Moment, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// Deployments as a table.
pub static FORMAT: Format =
    Format { id: "deployments-table", title: "Deployments (CSV)", recognise, open: || Box::new(Whole(read)) };

/// A column that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Commit,
    Environment,
    Deployer,
    Time,
    Status,
    Id,
    Repository,
    Approver,
}

/// Returns the column of a name in the header: letters and digits decide, case does not.
fn column(name: &str) -> Option<Column> {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Some(match name.as_str() {
        "sha" | "commit" | "revision" | "commitsha" | "commitid" | "gitsha" | "gitcommit" => Column::Commit,
        "environment" | "env" | "environmentname" => Column::Environment,
        "deployer" | "creator" | "deployedby" | "releasedby" => Column::Deployer,
        "deployedat" | "time" | "at" | "deploytime" | "deploymenttime" | "deploymentdate" => Column::Time,
        "status" | "state" | "result" | "outcome" => Column::Status,
        "id" | "deploymentid" => Column::Id,
        "repository" | "repo" => Column::Repository,
        "approver" | "approvedby" | "approvers" => Column::Approver,
        _ => return None,
    })
}

/// Returns the separator of a header line.
fn separator(header: &str) -> u8 {
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|&b| header.bytes().filter(|&c| c == b).count())
        .unwrap_or(b',')
}

fn recognise(head: &Head<'_>) -> Option<String> {
    if head.json.is_some() {
        return None;
    }
    let header = head.text().lines().next().filter(|line| line.len() < 4096)?;
    let names: Vec<&str> =
        header.split(char::from(separator(header))).map(|name| name.trim_matches('"')).collect();
    let of = |wanted: Column| names.iter().find(|name| column(name) == Some(wanted));
    let commit = of(Column::Commit)?;
    let other = of(Column::Environment).or_else(|| of(Column::Deployer))?;
    Some(format!("header with {} and {}: table of deployments", quote(commit), quote(other)))
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let skipped = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let bytes = &bytes[skipped..];
    let header = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(&String::from_utf8_lossy(header)))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let columns: Vec<Option<Column>> = match reader.byte_headers() {
        Ok(header) => header.iter().map(|name| column(&String::from_utf8_lossy(name))).collect(),
        Err(error) => return Err(Problem::error(Kind::Malformed, error.to_string())),
    };
    let mut row = csv::ByteRecord::new();
    let mut table = Table { columns, context, count: 0, assumes_utc: None };
    loop {
        // The reader leaves the rest of a line's end, and empty lines, in front of the next row.
        let before = reader.position().byte();
        let rest = bytes.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
        let start = before + rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count() as u64;
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                return Err(Problem::error(Kind::Malformed, error.to_string())
                    .at(Spot::pointer(format!("row {}", table.count + 2), start)));
            }
        }
        let length = reader.position().byte().saturating_sub(start);
        table.count += 1;
        let base = Base::Row(u32::try_from(table.count + 1).unwrap_or(u32::MAX));
        table.row(At::new(base, start + skipped as u64, length), &row, out);
    }
    table.finish(out);
    Ok(())
}

struct Table<'c> {
    columns: Vec<Option<Column>>,
    context: &'c Context<'c>,
    count: u64,
    /// The first row whose time names no zone.
    assumes_utc: Option<Spot>,
}

impl Table<'_> {
    fn row(&mut self, at: At, row: &csv::ByteRecord, out: &mut dyn Records) {
        let spot = Spot::pointer(at.pointer(None), at.start);
        if u64::from(at.length) > self.context.limits.record_bytes {
            out.problem(Problem::error(Kind::OverLimit, "a row over record-bytes; it was skipped").at(spot));
            return;
        }
        let mut values = Vec::with_capacity(row.len());
        for value in row {
            match std::str::from_utf8(value) {
                Ok(value) => values.push(value),
                Err(_) => {
                    out.problem(
                        Problem::error(Kind::InvalidUtf8, "a row that is not UTF-8; it was skipped").at(spot),
                    );
                    return;
                }
            }
        }
        let of = |wanted: Column| {
            let at = self.columns.iter().position(|column| *column == Some(wanted));
            at.and_then(|at| values.get(at)).copied().unwrap_or_default()
        };
        let commit = of(Column::Commit);
        if commit.is_empty() {
            out.problem(
                Problem::error(Kind::MissingField, "a deployment without a commit; it was skipped").at(spot),
            );
            return;
        }
        let time = of(Column::Time);
        let (moment, has_zone) = moment(time);
        if !time.is_empty() && moment.is_none() {
            out.problem(
                Problem::warning(
                    Kind::WrongType,
                    format!("{}; the row was read without its time", quote(time)),
                )
                .expected("a time as in 2026-08-14T09:41:00Z")
                .at(spot.clone()),
            );
        }
        let has_approvers = self.columns.contains(&Some(Column::Approver));
        let approvers = of(Column::Approver).split([';', ',']).map(str::trim).filter(|name| !name.is_empty());
        let deployer = of(Column::Deployer);
        let record = DeploymentRecord {
            repository: Cow::Borrowed(of(Column::Repository)),
            id: Cow::Borrowed(of(Column::Id)),
            commit: Cow::Borrowed(commit),
            environment: Cow::Borrowed(of(Column::Environment)),
            creator: (!deployer.is_empty()).then(|| person(deployer)),
            approvers: has_approvers.then(|| approvers.map(person).collect()),
            at: moment,
            outcome: outcome(of(Column::Status)),
            is_update: false,
            part: None,
        };
        if moment.is_some() && !has_zone && self.assumes_utc.is_none() {
            self.assumes_utc = Some(spot);
        }
        out.record(at, Record::Deployment(record));
    }

    fn finish(self, out: &mut dyn Records) {
        if let Some(spot) = self.assumes_utc {
            out.problem(
                Problem::note(Kind::WrongType, "times without a zone; they were read as UTC")
                    .expected("a time as in 2026-08-14T09:41:00Z")
                    .at(spot),
            );
        }
        let listing = ListingRecord {
            of: "deployments",
            source: "deployments table",
            count: self.count,
            ..ListingRecord::default()
        };
        out.record(At::new(Base::Whole, 0, 0), Record::Listing(listing));
    }
}

/// Returns an account by what the table calls it: an address of e-mail or a login.
fn person(name: &str) -> AccountRecord<'_> {
    let kind = crate::format::github::kind(name, None, "", "");
    let record = match name.contains('@') {
        true => AccountRecord::identity("", name),
        false => AccountRecord::login(name),
    };
    AccountRecord { kind, ..record }
}

/// Parses a time, and tells whether it names its zone; `YYYY-MM-DD HH:MM[:SS]` is taken as UTC.
fn moment(text: &str) -> (Option<Moment>, bool) {
    if let Some(moment) = Moment::parse(text) {
        return (Some(moment), text.len() > 10);
    }
    let seconds = if text.len() == 16 { ":00" } else { "" };
    (Moment::parse(&format!("{}{seconds}Z", text.replacen(' ', "T", 1))), false)
}

/// Returns the outcome of the words that deployment tools use.
fn outcome(status: &str) -> Outcome {
    match status.to_ascii_lowercase().as_str() {
        "success" | "successful" | "succeeded" | "deployed" | "passed" | "ok" | "completed" | "healthy" => {
            Outcome::Passed
        }
        "failure" | "failed" | "error" | "rolled back" | "rolledback" | "degraded" => Outcome::Failed,
        "skipped" | "cancelled" | "canceled" => Outcome::Skipped,
        "pending" | "queued" | "running" | "in_progress" | "in progress" | "progressing" => Outcome::Running,
        _ => Outcome::Unknown,
    }
}
