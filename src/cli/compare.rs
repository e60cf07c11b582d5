//! `lacuna compare`: two bundles, or two periods of one.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{Compare, Input, Shape};
use super::failure::Failure;
use super::{open, read_policy, usable};
use crate::compare::{
    Comparison, Difference, MOST_BYTES, Row, Snapshot, Trend, compare_sides, is_exported, read,
};
use crate::engine::Options;
use crate::model::{Stated, Verdict};

/// How many rows of one kind the table lists.
const MOST_ROWS: usize = 40;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'r> {
    schema: &'static str,
    engine: &'static str,
    trend: Trend,
    #[serde(flatten)]
    comparison: &'r Comparison,
}

/// Compares: 0 where nothing differs, 10 better, 11 worse, 12 mixed.
pub(super) fn run(args: &Compare) -> Result<ExitCode, Failure> {
    let second_policy = args.policy_b.as_ref().or(args.policy.as_ref());
    let first = side(args, &args.before, args.policy.as_ref(), args.from, args.to)?;
    let from = args.from_b.or(args.from.filter(|_| args.to_b.is_none()));
    let to = args.to_b.or(args.to.filter(|_| args.from_b.is_none()));
    let second = side(args, &args.after, second_policy, from, to)?;
    let comparison = compare_sides(&first, &second);
    let trend = comparison.trend();
    let mut out = io::stdout().lock();
    match args.format {
        Shape::Table => out.write_all(table(&comparison, trend).as_bytes())?,
        Shape::Json => {
            let report = Report {
                schema: "lacuna.comparison/v1",
                engine: env!("CARGO_PKG_VERSION"),
                trend,
                comparison: &comparison,
            };
            serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::from(match trend {
        Trend::Same => 0,
        Trend::Better => 10,
        Trend::Worse => 11,
        Trend::Mixed => 12,
    }))
}

fn side(
    args: &Compare,
    path: &Path,
    policy: Option<&PathBuf>,
    from: Option<Stated>,
    to: Option<Stated>,
) -> Result<Snapshot, Failure> {
    if let Some(snapshot) = exported(path)? {
        if policy.is_some() || from.is_some() || to.is_some() {
            return Err(Failure::new(
                format!("{} is an exported assessment, which no policy or period can change", path.display()),
                "Leave the policy and the period out for that side, or name the bundle itself.".into(),
            ));
        }
        return Ok(snapshot);
    }
    let options = Options {
        frameworks: args.framework.clone(),
        policy: policy.map(|path| read_policy(path)).transpose()?,
        from,
        to,
        ..Options::default()
    };
    let input = Input { paths: vec![path.to_path_buf()], trust: args.trust.clone(), limit: Vec::new() };
    let bundle = open(&input, options)?;
    usable(&bundle)?;
    // Only what was decided is kept: two bundles need not fit into memory at once.
    Ok(Snapshot::of(&bundle))
}

/// Reads a file as an exported assessment; `None` for anything else.
fn exported(path: &Path) -> Result<Option<Snapshot>, Failure> {
    let told =
        |fact: String| Failure::new(format!("{}: {fact}", path.display()), "docs/comparison.md".into());
    if !path.is_file() {
        return Ok(None);
    }
    let mut file = std::fs::File::open(path).map_err(|error| told(error.to_string()))?;
    let mut head = Vec::new();
    io::Read::by_ref(&mut file).take(64).read_to_end(&mut head).map_err(|error| told(error.to_string()))?;
    if !is_exported(&head) {
        return Ok(None);
    }
    file.take(MOST_BYTES).read_to_end(&mut head).map_err(|error| told(error.to_string()))?;
    read(&head).map(Some).map_err(told)
}

fn table(comparison: &Comparison, trend: Trend) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for sentence in &comparison.measured_differently {
        writeln!(out, "! {sentence}").ok();
    }
    for (side, which) in comparison.sides.iter().zip(["before", "after"]) {
        let period = format!("{} to {}", word(side.from.as_deref()), word(side.to.as_deref()));
        let digest: String = side.policy.chars().take(12).collect();
        writeln!(
            out,
            "{which:<7} {}: {} changes, {period}, policy {digest}, engine {}",
            crate::problem::quote(&side.name),
            side.changes,
            side.engine
        )
        .ok();
    }
    writeln!(out, "\n{}\n", trend.words()).ok();
    for difference in Difference::ALL {
        let title = difference.words();
        for (what, rows) in [
            ("changes", &comparison.changes),
            ("criteria", &comparison.criteria),
            ("controls", &comparison.controls),
        ] {
            let found: Vec<&Row> = rows.iter().filter(|row| row.difference == difference).collect();
            if found.is_empty() {
                continue;
            }
            writeln!(out, "{title}: {} {what}", found.len()).ok();
            if difference == Difference::StillOpen {
                continue;
            }
            for row in found.iter().take(MOST_ROWS) {
                let verdicts = format!("{} → {}", slug(row.before), slug(row.after));
                let formerly = if row.formerly.is_empty() {
                    String::new()
                } else {
                    format!("  (formerly {})", row.formerly)
                };
                writeln!(out, "  {:<36} {:<28} {verdicts}{formerly}", row.subject, row.id).ok();
            }
            if found.len() > MOST_ROWS {
                writeln!(out, "  and {} more; --format json lists all", found.len() - MOST_ROWS).ok();
            }
        }
    }
    out
}

fn word(date: Option<&str>) -> &str {
    date.unwrap_or("open")
}

const fn slug(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(verdict) => verdict.slug(),
        None => "-",
    }
}
