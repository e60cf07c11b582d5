//! The gate of `lacuna assess`: 0 where everything is within what is allowed, 1 where something crosses it.
//!
//! Without thresholds every change must be substantiated. With them, each control is held against the most specific that
//! names it: control, framework, strength, all.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::engine::Bundle;
use crate::model::Verdict;
use crate::protocol::{Columns, MatrixRow, Sort};
use crate::query::filter::evaluated_once;
use crate::query::{matrix_view, views};

use super::failure::Failure;

/// How many changes of one control are named.
const MOST_NAMED: u32 = 10;

/// `[SCOPE=]N`: at most so many changes of each control in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Threshold {
    /// `FRAMEWORK/CONTROL`, `FRAMEWORK`, `requires`, `supports`; empty for all.
    scope: String,
    most: u32,
}

impl Threshold {
    /// Reads a threshold as it is typed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (scope, most) = text.rsplit_once('=').unwrap_or(("", text));
        let most = most.trim().parse().map_err(|error| format!("{text}: {error}"))?;
        Ok(Self { scope: scope.trim().to_owned(), most })
    }

    /// Returns how specific it is about a control; `None` where it is about others.
    fn about(&self, framework: &str, row: &MatrixRow) -> Option<u8> {
        let control = self.scope.strip_prefix(framework).and_then(|rest| rest.strip_prefix('/'));
        match self.scope.as_str() {
            "" => Some(0),
            scope if scope == row.strength => Some(1),
            scope if scope == framework => Some(2),
            _ if control == Some(row.id.as_str()) => Some(3),
            _ => None,
        }
    }
}

/// Returns the threshold that decides on a control.
fn decides<'t>(thresholds: &'t [Threshold], framework: &str, row: &MatrixRow) -> Option<&'t Threshold> {
    let about = thresholds.iter().filter_map(|own| Some((own.about(framework, row)?, own)));
    about.max_by_key(|(specific, _)| *specific).map(|(_, own)| own)
}

/// Runs the gate.
///
/// # Errors
/// Where nothing is in scope: a gate that passes because nothing was looked at would be no gate.
pub(super) fn run(bundle: &Bundle, unmet: &[Threshold], unproven: &[Threshold]) -> Result<ExitCode, Failure> {
    if bundle.assessment.gap().merged == 0 {
        return Err(Failure::new(
            "no merged change is in scope, so there is nothing that the gate could pass".into(),
            "Check period, repositories and branches of the policy, and what the export holds.".into(),
        ));
    }
    if unmet.is_empty() && unproven.is_empty() {
        return Ok(substantiated(bundle));
    }
    known(bundle, unmet.iter().chain(unproven))?;
    let mut told = String::new();
    let mut crossed = 0;
    for pack in &bundle.assessment.packs {
        let Some(matrix) = matrix_view::matrix(&bundle.assessment, &pack.id, Columns::Status) else {
            continue;
        };
        for row in matrix.groups.iter().flat_map(|group| &group.rows) {
            let sides = [
                (decides(unmet, &pack.id, row), row.totals.unmet, "unmet", &row.query_unmet),
                (decides(unproven, &pack.id, row), row.totals.unproven, "unproven", &row.query_unproven),
            ];
            for (threshold, count, word, query) in sides {
                let Some(threshold) = threshold.filter(|threshold| count > threshold.most) else { continue };
                crossed += 1;
                let named = named(bundle, query, count);
                // Writing to a string cannot fail.
                writeln!(
                    told,
                    "gate: {}/{}: {count} {word}, at most {}{named}",
                    pack.id, row.id, threshold.most
                )
                .ok();
            }
        }
    }
    if crossed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(told, "gate: {crossed} thresholds are crossed").ok();
    io::stderr().write_all(told.as_bytes()).ok();
    Ok(ExitCode::from(1))
}

/// Refuses a threshold that is about nothing: a misspelt one would let everything through.
fn known<'t>(bundle: &Bundle, mut thresholds: impl Iterator<Item = &'t Threshold>) -> Result<(), Failure> {
    let packs = &bundle.assessment.packs;
    let is_known = |own: &&Threshold| {
        own.scope.is_empty()
            || matches!(own.scope.as_str(), "requires" | "supports")
            || packs.iter().any(|pack| {
                own.scope == pack.id
                    || own
                        .scope
                        .strip_prefix(&pack.id)
                        .and_then(|rest| rest.strip_prefix('/'))
                        .is_some_and(|control| pack.controls.iter().any(|known| known.id == control))
            })
    };
    match thresholds.find(|own| !is_known(own)) {
        None => Ok(()),
        Some(own) => Err(Failure::new(
            format!("no framework or control has the name {}", own.scope),
            "Name a framework, FRAMEWORK/CONTROL, requires or supports: `lacuna frameworks` lists them."
                .into(),
        )),
    }
}

/// Returns the changes of a query, the first of them, in words.
fn named(bundle: &Bundle, query: &str, count: u32) -> String {
    if query.is_empty() {
        return String::new();
    }
    let page = views::changes(&bundle.assessment, query, Sort::default(), 0, MOST_NAMED).page;
    let ids: Vec<&str> = page.rows.iter().map(|row| row.id.as_str()).collect();
    if ids.is_empty() {
        return String::new();
    }
    let more = if count > MOST_NAMED { " …" } else { "" };
    format!(": {}{more}", ids.join(", "))
}

/// Decides without thresholds: every change is substantiated, and no criterion of the population is unmet.
fn substantiated(bundle: &Bundle) -> ExitCode {
    let assessment = &bundle.assessment;
    let gap = assessment.gap();
    let unmet = evaluated_once()
        .filter(|index| {
            assessment.population.get(index.index()).is_some_and(|finding| finding.verdict == Verdict::Unmet)
        })
        .count();
    let open = gap.merged - gap.substantiated;
    if open == 0 && unmet == 0 {
        return ExitCode::SUCCESS;
    }
    let unapproved = gap.merged - gap.on_paper - gap.paper_unknown;
    let text = format!(
        "gate: {open} of {} changes are not substantiated ({} contradicted, {} unevidenced, {unapproved} without approval, {} unknown); {unmet} criteria of the population are unmet\n",
        gap.merged, gap.contradicted, gap.unevidenced, gap.paper_unknown,
    );
    io::stderr().write_all(text.as_bytes()).ok();
    ExitCode::from(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_read_with_and_without_its_scope() {
        let of = |text| Threshold::parse(text).map(|own| (own.scope, own.most));
        assert_eq!(of("3"), Ok((String::new(), 3)));
        assert_eq!(of("soc2-tsc-2017/CC8.1/approve=0"), Ok(("soc2-tsc-2017/CC8.1/approve".into(), 0)));
        assert!(of("soc2=").is_err() && of("-1").is_err() && of("").is_err());
    }
}
