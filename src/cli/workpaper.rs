//! `lacuna workpaper`: holds a paper against itself and its bundle, shows it, and merges two people's states of it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::args::{PageShape, PaperMerge, PaperShow, PaperVerify, Shape, WorkpaperCommand};
use super::failure::Failure;
use super::{open, read_policy, tell_problems, usable};
use crate::engine::{Bundle, Options};
use crate::report::html;
use crate::report::table::{Align, shown, table};
use crate::workpaper::{Desk, Fault, MOST_BYTES, Paper, State, merge};

/// How wide a line of words may be.
const ROOM: usize = 110;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked<'r> {
    schema: &'static str,
    engine: &'static str,
    paper: &'r str,
    head: &'r str,
    entries: u64,
    holds: bool,
    faults: &'r [Fault],
    remarks: &'r [Fault],
    conflicts: &'r [String],
    bundle: Option<&'r str>,
}

#[derive(Serialize)]
struct Shown<'r> {
    schema: &'static str,
    #[serde(flatten)]
    state: &'r State,
}

#[derive(Serialize)]
struct Merged<'r> {
    schema: &'static str,
    head: &'r str,
    entries: usize,
    conflicts: &'r [String],
}

pub(super) fn run(command: &WorkpaperCommand) -> Result<ExitCode, Failure> {
    match command {
        WorkpaperCommand::Verify(args) => verify(args),
        WorkpaperCommand::Show(args) => show(args),
        WorkpaperCommand::Merge(args) => merge_two(args),
    }
}

fn read(path: &Path) -> Result<Paper, Failure> {
    let broken = |fact: String| {
        Failure::new(format!("{}: {fact}", path.display()), "docs/workpaper.md describes the file.".into())
    };
    let length = std::fs::metadata(path).map_err(|error| broken(error.to_string()))?.len();
    if length > MOST_BYTES as u64 {
        return Err(broken(format!("a workpaper of {length} bytes; at most {MOST_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| broken(error.to_string()))?;
    Paper::read(&text).map_err(broken)
}

/// Verifies: 0 where everything holds, 1 where something does not.
fn verify(args: &PaperVerify) -> Result<ExitCode, Failure> {
    let paper = read(&args.file)?;
    let mut state = paper.state();
    let bundle = bundle(args)?;
    if let Some(bundle) = &bundle {
        let (faults, remarks) = Desk::new(bundle).hold(&paper, &state);
        state.faults.extend(faults);
        state.remarks.extend(remarks);
    }
    if let Some(head) = &args.head {
        known_head(&paper, &mut state, head);
    }
    let mut out = io::stdout().lock();
    match args.format {
        Shape::Json => json(
            &mut out,
            &Checked {
                schema: "lacuna.workpaper-check/v1",
                engine: env!("CARGO_PKG_VERSION"),
                paper: &state.paper,
                head: &state.head,
                entries: state.entries,
                holds: state.is_intact(),
                faults: &state.faults,
                remarks: &state.remarks,
                conflicts: &state.conflicts,
                bundle: bundle.as_ref().map(|bundle| bundle.sha256.as_str()),
            },
        )?,
        Shape::Table => out.write_all(verdict(&state, bundle.is_some()).as_bytes())?,
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!state.is_intact())))
}

fn bundle(args: &PaperVerify) -> Result<Option<Bundle>, Failure> {
    let drawing = &args.drawing;
    if drawing.bundle.is_empty() {
        return Ok(None);
    }
    let options = Options {
        policy: drawing.policy.as_deref().map(read_policy).transpose()?,
        from: drawing.from,
        to: drawing.to,
        now: drawing.now,
        ..Options::default()
    };
    let input =
        super::args::Input { paths: drawing.bundle.clone(), trust: drawing.trust.clone(), limit: Vec::new() };
    let bundle = open(&input, options)?;
    tell_problems(&bundle);
    usable(&bundle)?;
    Ok(Some(bundle))
}

/// Holds the paper against a hash that somebody kept: of its last entry, or of one that it has gone on from.
fn known_head(paper: &Paper, state: &mut State, head: &str) {
    let place = paper.entries().iter().position(|entry| entry.hash().eq_ignore_ascii_case(head));
    match place {
        Some(at) if at + 1 == paper.entries().len() => {}
        Some(at) => {
            let more = paper.entries().len() - at - 1;
            state.remarks.push(Fault {
                entry: at as u64 + 1,
                text: format!("the paper has gone on since, by {more} entries"),
            });
        }
        None => state.faults.push(Fault { entry: 0, text: "no entry has the hash that was kept".to_owned() }),
    }
}

fn verdict(state: &State, has_bundle: bool) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let told = |fault: &Fault| {
        let text = shown(&fault.text, ROOM * 3);
        if fault.entry == 0 { text } else { format!("entry {}: {text}", fault.entry) }
    };
    for fault in &state.faults {
        writeln!(out, "✗ {}", told(fault)).ok();
    }
    for remark in &state.remarks {
        writeln!(out, "· {}", told(remark)).ok();
    }
    for conflict in &state.conflicts {
        writeln!(out, "? open after a merge: {}", shown(conflict, ROOM * 3)).ok();
    }
    let beside = if has_bundle { ", beside the bundle" } else { "" };
    if state.is_intact() {
        writeln!(out, "✓ {} entries hold{beside}; head {}", state.entries, shown(&state.head, 64)).ok();
    } else {
        writeln!(out, "✗ {} of its entries or claims do not hold{beside}", state.faults.len()).ok();
    }
    out
}

fn show(args: &PaperShow) -> Result<ExitCode, Failure> {
    let paper = read(&args.file)?;
    let state = paper.state();
    let mut out = io::stdout().lock();
    match args.format {
        PageShape::Json => json(&mut out, &Shown { schema: "lacuna.workpaper-state/v1", state: &state })?,
        PageShape::Table => out.write_all(sheet(&state).as_bytes())?,
        PageShape::Html => out.write_all(html::paper::write(&state, None).as_bytes())?,
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!state.is_intact())))
}

fn sheet(state: &State) -> String {
    let basis = &state.basis;
    let mut out = String::new();
    let line = |out: &mut String, term: &str, value: &str| {
        writeln!(out, "{term:<12} {}", shown(value, ROOM)).ok();
    };
    for (term, value) in [
        ("workpaper", basis.title.as_str()),
        ("bundle", &basis.bundle),
        ("sha256", &basis.bundle_sha256),
        ("population", &format!("{} changes, {}", basis.population_size, basis.population_sha256)),
        ("head", &state.head),
    ] {
        line(&mut out, term, value);
    }
    for sample in &state.samples {
        let said = &sample.said;
        let words =
            format!("{} of {}, {}, seed {}, by {}", said.size, said.frame, said.method, said.seed, sample.by);
        line(&mut out, "sample", &words);
    }
    let head = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut rows = vec![head(&["control", "tested", "deviate", "open", "conclusion", "signed off"])];
    rows.extend(state.controls.iter().map(|control| {
        let conclusion = control.conclusions.last().map_or("-", |said| said.said.conclusion.words());
        let signed = match control.sign_offs.last() {
            Some(sign) if control.is_signed() => sign.by.clone(),
            Some(sign) => format!("{} (changed since)", sign.by),
            None => "-".to_owned(),
        };
        vec![
            format!("{} {}", control.control.framework, control.control.id),
            control.tested.to_string(),
            control.deviations.to_string(),
            control.untested.to_string(),
            conclusion.to_owned(),
            signed,
        ]
    }));
    use Align::{Left, Right};
    writeln!(out, "\n{}", table(&[Left, Right, Right, Right, Left, Left], &rows)).ok();
    let mut rows = vec![head(&["item", "merged", "steps", "exceptions", "not tested"])];
    rows.extend(state.items.iter().map(|item| {
        vec![
            item.item.id.clone(),
            item.item.merged_at.clone(),
            format!("{}/{}", item.tested, state.steps.len()),
            item.exceptions.to_string(),
            item.untestable.to_string(),
        ]
    }));
    writeln!(out, "{}", table(&[Left, Left, Right, Right, Right], &rows)).ok();
    for finding in &state.findings {
        let text = &finding.text;
        let words = format!(
            "{} {} {}, {}: {}",
            text.id,
            text.grade.word(),
            finding.stage.word(),
            text.owner,
            text.condition
        );
        line(&mut out, "finding", &words);
    }
    out.push('\n');
    out.push_str(&verdict(state, false));
    out
}

/// Merges: 0 where both go together, 1 where something is left to settle.
fn merge_two(args: &PaperMerge) -> Result<ExitCode, Failure> {
    let (first, second) = (read(&args.first)?, read(&args.second)?);
    let merged = merge(&first, &second, &args.by).map_err(|error| {
        Failure::new(
            error.fact(),
            "Give two states of one paper that both hold; `workpaper verify` says why one does not.".into(),
        )
    })?;
    std::fs::write(&args.output, merged.write()).map_err(|error| Failure::output(&args.output, &error))?;
    let state = merged.state();
    let mut out = io::stdout().lock();
    match args.format {
        Shape::Json => {
            let report = Merged {
                schema: "lacuna.workpaper-merge/v1",
                head: merged.head(),
                entries: merged.entries().len(),
                conflicts: &state.conflicts,
            };
            json(&mut out, &report)?;
        }
        Shape::Table => out.write_all(verdict(&state, false).as_bytes())?,
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!state.conflicts.is_empty())))
}

fn json(out: &mut impl io::Write, report: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}
