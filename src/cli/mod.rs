//! The command line: `inspect`, `assess`, `frameworks`. All that it prints comes from the same functions as the app's.

mod args;
mod audit;
mod compare;
mod duties;
mod failure;
mod gate;
mod pack;
mod policy;
mod verify;
mod workpaper;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use crate::engine::{Bundle, Engine, Options};
use crate::framework;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::query::views;
use crate::report::{csv, html, json, table};
use crate::source::{Limits, disk};

use args::{Assess, Cli, Command, Format, Input, Shape};
use failure::Failure;

/// How many problems with the input are told on standard error.
const MOST_TOLD: usize = 5;
/// The greatest size of a policy file.
const POLICY_BYTES: u64 = 4 << 20;

/// Runs the command line: 0 when it did what was asked, 1 when the gate found gaps, 2 when the call or the input cannot
/// be used.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is nothing to report about help that nobody reads.
            error.print().ok();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli.command) {
        Ok(code) => code,
        Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Inspect(inspect) => {
            let bundle = open(&inspect.input, Options::default())?;
            let stdout = &mut io::stdout().lock();
            match inspect.format {
                Shape::Table => stdout.write_all(table::inspect(&bundle).as_bytes())?,
                Shape::Json => json::inspect_to(&bundle, &mut BufWriter::new(&mut *stdout))?,
            }
            stdout.flush()?;
            tell_problems(&bundle);
            usable(&bundle)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Assess(assess) => run_assess(&assess),
        Command::Verify(verify) => verify::run(&verify),
        Command::Pack(pack) => pack::run(&pack),
        Command::Policy { command } => policy::run(&command),
        Command::Compare(args) => compare::run(&args),
        Command::Workpaper { command } => workpaper::run(&command),
        Command::Duties(args) => duties::run(&args),
        Command::Population(args) => audit::run_population(&args),
        Command::Sample(args) => audit::run_sample(&args),
        Command::Evaluate(args) => audit::run_evaluate(&args),
        Command::Frameworks(frameworks) => {
            let packs = packs()?;
            let stdout = &mut io::stdout().lock();
            match frameworks.format {
                Shape::Table => stdout.write_all(table::frameworks(&packs).as_bytes())?,
                Shape::Json => json::frameworks_to(&packs, &mut *stdout)?,
            }
            stdout.flush()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_assess(assess: &Assess) -> Result<ExitCode, Failure> {
    let known = packs()?;
    for id in &assess.framework {
        if !known.iter().any(|pack| pack.id.eq_ignore_ascii_case(id)) {
            let ids: Vec<&str> = known.iter().map(|pack| pack.id.as_str()).collect();
            return Err(Failure::new(
                format!("no framework has the id {id}"),
                format!("The ids are: {}.", ids.join(", ")),
            ));
        }
    }
    let options = Options {
        frameworks: assess.framework.clone(),
        policy: assess.policy.as_deref().map(read_policy).transpose()?,
        from: assess.from,
        to: assess.to,
        zone: assess.zone,
        effective: assess.effective,
        now: assess.now,
        ..Options::default()
    };
    let bundle = open(&assess.input, options)?;
    tell_problems(&bundle);
    usable(&bundle)?;
    match &assess.output {
        Some(path) => {
            let told = |error: io::Error| Failure::output(path, &error);
            let mut file = BufWriter::new(File::create(path).map_err(told)?);
            print(&bundle, assess.format, &mut file).and_then(|()| file.flush()).map_err(told)?;
        }
        None => {
            let mut stdout = BufWriter::new(io::stdout().lock());
            print(&bundle, assess.format, &mut stdout)?;
            stdout.flush()?;
        }
    }
    let has_threshold = !assess.max_unmet.is_empty() || !assess.max_unproven.is_empty();
    if assess.gate || has_threshold {
        gate::run(&bundle, &assess.max_unmet, &assess.max_unproven)
    } else {
        Ok(ExitCode::SUCCESS)
    }
}

fn print(bundle: &Bundle, format: Format, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Table => out.write_all(table::assess(bundle).as_bytes()),
        Format::Json => json::write_to(bundle, out),
        Format::Csv => csv::write_to(bundle, out),
        Format::Html => out.write_all(html::write(bundle).as_bytes()),
    }
}

/// Opens files and folders and runs the engine to its end.
fn open(input: &Input, options: Options) -> Result<Bundle, Failure> {
    let mut limits = Limits::default();
    for (name, value) in &input.limit {
        if !limits.set(name, *value) {
            let names: Vec<&str> = Limits::NAMES.iter().map(|(name, _)| *name).collect();
            return Err(Failure::new(
                format!("there is no limit {name}"),
                format!("The limits are: {}.", names.join(", ")),
            ));
        }
    }
    let mut trust = Vec::new();
    for path in &input.trust {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        trust.push((name, verify::read(path)?));
    }
    let found = disk::find(&input.paths, &limits);
    if found.roots.is_empty() {
        let facts: Vec<String> =
            found.problems.iter().take(MOST_TOLD).map(|p| format!("{}: {}", p.file, p.found)).collect();
        let fact =
            if facts.is_empty() { "no file is in the folders given".to_owned() } else { facts.join("; ") };
        return Err(Failure::new(
            fact,
            "Name files, folders or archives that hold exports (docs/formats.md).".into(),
        ));
    }
    let options = Options {
        name: name_of(&input.paths),
        limits,
        trust,
        problems: found.problems,
        passed: found.passed,
        ..options
    };
    Ok(Engine::new(found.roots, options).run())
}

/// Returns the name of a bundle: of its one path, or of the first of them by name and how many more there are, as the app
/// names it, in whatever order they were given.
fn name_of(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| {
        path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()).into_owned()
    };
    match (paths.iter().map(name).min(), paths.len()) {
        (Some(one), 1) => one,
        (Some(first), count) => format!("{first} and {} more", count - 1),
        (None, _) => String::new(),
    }
}

fn packs() -> Result<Vec<framework::Pack>, Failure> {
    framework::builtin().map_err(|problems| {
        let facts: Vec<String> =
            problems.iter().take(MOST_TOLD).map(|p| format!("{}: {}", p.file, p.found)).collect();
        Failure::new(facts.join("; "), "This build is broken: report it.".into())
    })
}

fn read_policy(path: &Path) -> Result<(Policy, Vec<Problem>), Failure> {
    let broken = |fact: String| {
        Failure::new(format!("{}: {fact}", path.display()), "docs/policy.md describes the file.".into())
    };
    let length = std::fs::metadata(path).map_err(|error| broken(error.to_string()))?.len();
    if length > POLICY_BYTES {
        return Err(broken(format!("a policy of {length} bytes; at most {POLICY_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| broken(error.to_string()))?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (policy, mut problems) = crate::format::policy::parse(&text, &name);
    // A policy that was asked for and cannot be read as it is meant would decide something else than the caller thinks.
    let error = problems.iter().find(|problem| problem.severity == crate::problem::Severity::Error);
    if let Some(problem) = error {
        return Err(broken(format!(
            "{} {}; expected {}",
            problem.at.pointer, problem.found, problem.expected
        )));
    }
    for problem in &mut problems {
        if problem.file.is_empty() {
            problem.file.clone_from(&name);
        }
    }
    Ok((policy, problems))
}

fn tell_problems(bundle: &Bundle) {
    let store = &bundle.assessment.store;
    let counts = views::problem_counts(&store.problems);
    if counts.errors + counts.warnings > 0 {
        let text = format!("{}\n{}", table::problem_counts(counts), table::worst_problems(store, MOST_TOLD));
        // When standard error is closed there is nobody to tell.
        io::stderr().write_all(text.as_bytes()).ok();
    }
}

/// Refuses a bundle of which nothing could be read.
fn usable(bundle: &Bundle) -> Result<(), Failure> {
    if bundle.assessment.store.files.iter().any(|file| !file.records.is_empty()) {
        return Ok(());
    }
    Err(Failure::new(
        "none of the files could be read as evidence".into(),
        "See docs/formats.md for what is read, and the problems above for what was found.".into(),
    ))
}
