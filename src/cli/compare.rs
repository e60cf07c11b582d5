//! `lacuna compare`: two bundles, or two periods of one.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{Compare, Input, Shape};
use super::failure::Failure;
use super::{open, read_policy, usable};
use crate::compare::{Comparison, Difference, Row, Trend, compare};
use crate::engine::{Bundle, Options};
use crate::model::{Moment, Verdict};

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
    let comparison = compare(&first, &second);
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
    from: Option<Moment>,
    to: Option<Moment>,
) -> Result<Bundle, Failure> {
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
    Ok(bundle)
}

fn table(comparison: &Comparison, trend: Trend) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for sentence in &comparison.measured_differently {
        writeln!(out, "! {sentence}").ok();
    }
    for (side, which) in comparison.sides.iter().zip(["before", "after"]) {
        let period = format!("{} to {}", word(side.from.as_deref()), word(side.to.as_deref()));
        writeln!(out, "{which:<7} {}: {} changes, {period}", crate::problem::quote(&side.name), side.changes)
            .ok();
    }
    let word = match trend {
        Trend::Same => "nothing differs",
        Trend::Better => "better",
        Trend::Worse => "worse",
        Trend::Mixed => "mixed",
    };
    writeln!(out, "\n{word}\n").ok();
    for (difference, title) in [
        (Difference::Regressed, "regressed"),
        (Difference::Fixed, "fixed"),
        (Difference::StillOpen, "still open"),
        (Difference::NotComparable, "not comparable"),
        (Difference::New, "new"),
        (Difference::Gone, "gone"),
    ] {
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
                writeln!(out, "  {:<36} {:<28} {verdicts}", row.subject, row.id).ok();
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
