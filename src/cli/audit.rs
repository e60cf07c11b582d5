//! `lacuna population`, `lacuna sample`, `lacuna evaluate`: the auditor's steps on an assessed bundle.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{
    By, Drawing, Evaluate, ListShape, Population as PopulationArgs, Sample as SampleArgs, Shape,
};
use super::failure::Failure;
use super::{open, read_policy, tell_problems, usable};
use crate::assess::Assessment;
use crate::assess::population::HoleFound;
use crate::audit::{
    Frequency, Item, Method, Order, Population, Risk, Sample, SampleError, SizeError, StrataBy, conventional,
    draw, evaluate, population, required,
};
use crate::engine::{Bundle, Options};
use crate::protocol::Sort;
use crate::query::{population_view, views};
use crate::report::json::SourceOut;

/// How random numbers are made, for the outputs (docs/sampling.md).
const GENERATOR: &str = "sha256(lacuna.sample/v1, population, seed, id)";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PopulationReport<'r> {
    schema: &'static str,
    engine: &'static str,
    population: Frozen<'r>,
    items: Vec<Row<'r>>,
    gaps: Vec<Gap<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frozen<'r> {
    sha256: &'r str,
    size: usize,
    from: Option<String>,
    to: Option<String>,
    zone: String,
    effective_date: &'static str,
    bundle: &'r str,
    sources: Vec<SourceOut<'r>>,
    criteria: Vec<Stated<'r>>,
}

#[derive(Serialize)]
struct Stated<'r> {
    criterion: &'r str,
    verdict: &'r str,
    reason: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'r> {
    number: u64,
    id: &'r str,
    merge_commit: &'r str,
    merged_at: &'r str,
    #[serde(skip_serializing_if = "str::is_empty")]
    stratum: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gap<'r> {
    kind: &'static str,
    is_note: bool,
    subject: &'r str,
    text: &'r str,
    at: Option<String>,
    change: Option<String>,
    file: Option<String>,
    pointer: Option<String>,
}

fn gap<'r>(assessment: &'r Assessment, hole: &'r HoleFound) -> Gap<'r> {
    let shown = population_view::hole(assessment, hole);
    let (file, pointer) = shown.evidence.map(|row| (row.file, row.pointer)).unzip();
    Gap {
        kind: hole.kind.word(),
        is_note: hole.is_note,
        subject: &hole.subject,
        text: &hole.text,
        at: hole.at.map(|at| at.to_string()),
        change: Some(shown.change).filter(|id| !id.is_empty()),
        file,
        pointer,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampleReport<'r> {
    schema: &'static str,
    engine: &'static str,
    population: Digest<'r>,
    method: &'static str,
    filter: &'r str,
    frame: usize,
    seed: u64,
    generator: &'static str,
    size: usize,
    basis: String,
    extends: bool,
    strata: Vec<StratumRow<'r>>,
    items: Vec<Row<'r>>,
}

#[derive(Serialize)]
struct Digest<'r> {
    sha256: &'r str,
    size: usize,
}

#[derive(Serialize)]
struct StratumRow<'r> {
    name: &'r str,
    size: usize,
    drawn: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvaluationReport {
    schema: &'static str,
    size: u64,
    deviations: u64,
    population: Option<u64>,
    confidence: f64,
    tolerable: f64,
    rate: String,
    upper_bound: String,
    distribution: &'static str,
    supports_reliance: bool,
}

fn row<'r>(item: &'r Item, stratum: &'r str) -> Row<'r> {
    Row {
        number: item.number,
        id: item.id(),
        merge_commit: item.merge_commit(),
        merged_at: item.merged_at(),
        stratum,
    }
}

/// Freezes the population and writes it down.
pub(super) fn run_population(args: &PopulationArgs) -> Result<ExitCode, Failure> {
    let bundle = opened(&args.drawing)?;
    let assessment = &bundle.assessment;
    let frozen = frozen(&args.drawing, assessment)?;
    let mut out = io::stdout().lock();
    match args.format {
        ListShape::Table => out.write_all(population_table(&bundle, &frozen).as_bytes())?,
        ListShape::Listing => out.write_all(frozen.listing().as_bytes())?,
        ListShape::Json => {
            let moment = |at: Option<crate::model::Moment>| at.map(|at| at.to_string());
            let criteria = crate::query::filter::evaluated_once();
            let sources = population_view::sources(assessment);
            let report = PopulationReport {
                schema: "lacuna.population/v1",
                engine: env!("CARGO_PKG_VERSION"),
                population: Frozen {
                    sha256: &frozen.sha256,
                    size: frozen.items.len(),
                    from: moment(assessment.policy.from),
                    to: moment(assessment.policy.to),
                    zone: assessment.policy.zone.to_string(),
                    effective_date: assessment.policy.effective.word(),
                    bundle: &bundle.sha256,
                    sources: sources.iter().map(SourceOut::new).collect(),
                    criteria: criteria
                        .filter_map(|index| {
                            let finding = assessment.population.get(index.index())?;
                            Some(Stated {
                                criterion: index.criterion().id,
                                verdict: finding.verdict.slug(),
                                reason: &finding.reason,
                            })
                        })
                        .collect(),
                },
                items: frozen.items.iter().map(|item| row(item, "")).collect(),
                gaps: assessment.holes.iter().map(|hole| gap(assessment, hole)).collect(),
            };
            json(&mut out, &report)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Freezes the population, and refuses one that is not the expected one.
fn frozen(drawing: &Drawing, assessment: &Assessment) -> Result<Population, Failure> {
    let frozen = population(assessment);
    match &drawing.expect_population {
        Some(expected) if !expected.eq_ignore_ascii_case(&frozen.sha256) => Err(Failure::new(
            format!(
                "this is another population: {} was expected, this one of {} changes is {}",
                crate::problem::quote(expected),
                frozen.items.len(),
                frozen.sha256
            ),
            "Compare the two listings (lacuna population --format listing) to see which changes differ."
                .into(),
        )),
        _ => Ok(frozen),
    }
}

fn population_table(bundle: &Bundle, frozen: &Population) -> String {
    let mut out = String::new();
    let assessment = &bundle.assessment;
    let gaps = population_view::gaps(assessment);
    // Writing to a string cannot fail.
    let notes = assessment.holes.len() as u64 - gaps;
    writeln!(
        out,
        "population {}\n{} changes, {gaps} gaps and {notes} notes\n",
        frozen.sha256,
        frozen.items.len()
    )
    .ok();
    for group in population_view::groups(assessment, 20) {
        writeln!(out, "{}: {}", group.title, group.count).ok();
        for hole in &group.holes {
            writeln!(out, "  {:<16} {}", hole.at, crate::problem::quote(&hole.text)).ok();
        }
    }
    if !assessment.holes.is_empty() {
        out.push('\n');
    }
    for item in &frozen.items {
        writeln!(out, "{:<32} {:<20} {}", item.id(), item.merged_at(), item.merge_commit()).ok();
    }
    out
}

/// Draws a sample and writes it down.
pub(super) fn run_sample(args: &SampleArgs) -> Result<ExitCode, Failure> {
    let bundle = opened(&args.drawing)?;
    let assessment = &bundle.assessment;
    let frozen = frozen(&args.drawing, assessment)?;
    let method = method(args);
    let (frame, strata) = frame(args, assessment, &frozen)?;
    let (size, basis) = size(args, frame.len())?;
    let stratum = |at: usize| strata.get(at).cloned().unwrap_or_default();
    let order = Order { frame, stratum: &stratum };
    let sample = draw(&frozen, &order, method, size, args.seed).map_err(refused)?;
    let mut out = io::stdout().lock();
    match args.format {
        Shape::Table => {
            out.write_all(sample_table(&frozen, &sample, args.seed, method, &basis).as_bytes())?;
        }
        Shape::Json => {
            let report = SampleReport {
                schema: "lacuna.sample/v1",
                engine: env!("CARGO_PKG_VERSION"),
                population: Digest { sha256: &frozen.sha256, size: frozen.items.len() },
                method: method.word(),
                filter: args.filter.as_deref().unwrap_or_default(),
                frame: order.frame.len(),
                seed: args.seed,
                generator: GENERATOR,
                size,
                basis,
                extends: method.extends(),
                strata: sample
                    .strata
                    .iter()
                    .map(|stratum| StratumRow {
                        name: &stratum.name,
                        size: stratum.size,
                        drawn: stratum.drawn,
                    })
                    .collect(),
                items: sample.drawn.iter().map(|(at, stratum)| row(&frozen.items[*at], stratum)).collect(),
            };
            json(&mut out, &report)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn method(args: &SampleArgs) -> Method {
    use super::args::MethodName as N;
    match args.method {
        N::Simple => Method::Simple,
        N::Systematic => Method::Systematic,
        N::Stratified => Method::Stratified,
        N::Targeted => Method::Targeted,
        N::Lines => Method::Lines,
    }
}

/// Returns the positions that the filter lets, and the stratum of every position.
fn frame(
    args: &SampleArgs,
    assessment: &Assessment,
    frozen: &Population,
) -> Result<(Vec<usize>, Vec<String>), Failure> {
    let strata = match method(args) {
        Method::Stratified => {
            frozen.items.iter().map(|item| strata_by(args.by).stratum(assessment, item)).collect()
        }
        _ => Vec::new(),
    };
    let Some(filter) = &args.filter else { return Ok(((0..frozen.items.len()).collect(), strata)) };
    let (rows, _, complaints) = views::select(assessment, filter, Sort::default());
    if !complaints.is_empty() {
        return Err(Failure::new(complaints.join("; "), "docs/query.md describes the filter.".into()));
    }
    let mut is_in = vec![false; assessment.scope.len()];
    for row in rows {
        if let Some(known) = is_in.get_mut(row as usize) {
            *known = true;
        }
    }
    let frame = (0..frozen.items.len()).filter(|at| is_in[frozen.items[*at].row]).collect();
    Ok((frame, strata))
}

const fn strata_by(by: By) -> StrataBy {
    match by {
        By::Ai => StrataBy::Ai,
        By::Month => StrataBy::Month,
        By::Repository => StrataBy::Repository,
        By::Standing => StrataBy::Standing,
        By::Sensitive => StrataBy::Sensitive,
        By::SelfMerge => StrataBy::SelfMerge,
        By::Risk => StrataBy::Risk,
        By::Emergency => StrataBy::Emergency,
    }
}

/// Returns the size of the sample, and what it rests on in words.
fn size(args: &SampleArgs, frame: usize) -> Result<(usize, String), Failure> {
    if let Some(size) = args.size {
        return Ok((size, "fixed".to_owned()));
    }
    if let Some(frequency) = args.frequency {
        use super::args::{FrequencyName as F, RiskName as R};
        let frequency = match frequency {
            F::ManyDaily => Frequency::ManyDaily,
            F::Daily => Frequency::Daily,
            F::Weekly => Frequency::Weekly,
            F::Monthly => Frequency::Monthly,
            F::Quarterly => Frequency::Quarterly,
            F::Annual => Frequency::Annual,
        };
        let risk = match args.risk {
            R::Low => Risk::Low,
            R::Moderate => Risk::Moderate,
            R::High => Risk::High,
        };
        let size = usize::try_from(conventional(frequency, risk)).unwrap_or(usize::MAX).min(frame);
        return Ok((
            size,
            "a convention of audit practice for this frequency and risk, not a calculation".to_owned(),
        ));
    }
    let (Some(confidence), Some(tolerable)) = (args.confidence, args.tolerable) else {
        return Err(Failure::new(
            "no size was given".into(),
            "Give --size, or --frequency, or --confidence with --tolerable (and --expected).".into(),
        ));
    };
    let size = required(confidence, tolerable, args.expected, Some(frame as u64)).map_err(meaningless)?;
    let basis = format!(
        "attribute sampling: confidence {confidence}, tolerable rate {tolerable}, expected rate {}, hypergeometric over {frame}",
        args.expected
    );
    Ok((usize::try_from(size).unwrap_or(usize::MAX), basis))
}

fn sample_table(frozen: &Population, sample: &Sample, seed: u64, method: Method, basis: &str) -> String {
    let mut out = String::new();
    writeln!(out, "population {} of {} changes", frozen.sha256, frozen.items.len()).ok();
    writeln!(out, "{} sample of {}, seed {seed}; size: {basis}\n", method.word(), sample.drawn.len()).ok();
    for (nth, (at, stratum)) in sample.drawn.iter().enumerate() {
        let item = &frozen.items[*at];
        writeln!(out, "{:>4} {:<32} {:<20} {stratum}", nth + 1, item.id(), item.merged_at()).ok();
    }
    out
}

/// Evaluates a tested sample and writes what it supports.
pub(super) fn run_evaluate(args: &Evaluate) -> Result<ExitCode, Failure> {
    let found = evaluate(args.size, args.deviations, args.population, args.confidence, args.tolerable)
        .map_err(meaningless)?;
    let distribution = if args.population.is_some() { "hypergeometric" } else { "binomial" };
    let report = EvaluationReport {
        schema: "lacuna.evaluation/v1",
        size: args.size,
        deviations: args.deviations,
        population: args.population,
        confidence: args.confidence,
        tolerable: args.tolerable,
        // Six digits are the same on every machine; the last bits of a float need not be.
        rate: format!("{:.6}", found.rate),
        upper_bound: format!("{:.6}", found.upper),
        distribution,
        supports_reliance: found.supports,
    };
    let mut out = io::stdout().lock();
    match args.format {
        Shape::Json => json(&mut out, &report)?,
        Shape::Table => {
            let verdict = if found.supports { "supports" } else { "does not support" };
            writeln!(
                out,
                "{} of {} deviate: {:.2} %. At {} % confidence the rate is at most {:.2} % ({distribution}).\nThat {verdict} a tolerable rate of {} %. The conclusion is a person's.",
                args.deviations,
                args.size,
                found.rate * 100.0,
                args.confidence * 100.0,
                found.upper * 100.0,
                args.tolerable * 100.0,
            )?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn opened(drawing: &Drawing) -> Result<Bundle, Failure> {
    let options = Options {
        policy: drawing.policy.as_deref().map(read_policy).transpose()?,
        from: drawing.from,
        to: drawing.to,
        zone: drawing.zone,
        effective: drawing.effective,
        now: drawing.now,
        ..Options::default()
    };
    let bundle = open(&drawing.input, options)?;
    tell_problems(&bundle);
    usable(&bundle)?;
    Ok(bundle)
}

pub(super) fn json(out: &mut impl io::Write, report: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}

fn refused(error: SampleError) -> Failure {
    let hint = match error {
        SampleError::Empty => "Check period, scope and filter.",
        SampleError::TooLarge(_) => "Ask for fewer, or test all of them.",
        SampleError::NoLines => "Export the changes with additions and deletions, or use another method.",
    };
    Failure::new(error.fact(), hint.into())
}

fn meaningless(error: SizeError) -> Failure {
    Failure::new(error.fact().into(), "docs/sampling.md has examples.".into())
}
