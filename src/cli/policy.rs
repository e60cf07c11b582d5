//! `lacuna policy check`, `init` and `schema`: the policy file before it decides anything.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::args::{Input, PolicyCheck, PolicyCommand, PolicyInit, Shape};
use super::failure::Failure;
use crate::engine::Options;
use crate::format::policy;
use crate::problem::Severity;
use crate::protocol::PolicyProblem;

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    file: String,
    usable: bool,
    problems: Vec<PolicyProblem>,
}

/// Runs one of the commands on policies.
pub(super) fn run(command: &PolicyCommand) -> Result<ExitCode, Failure> {
    match command {
        PolicyCommand::Check(check) => run_check(check),
        PolicyCommand::Init(init) => run_init(init),
        PolicyCommand::Schema => {
            io::stdout().lock().write_all(policy::SCHEMA.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Reads a policy as an assessment would: 0 without an error or warning, 1 with one.
fn run_check(check: &PolicyCheck) -> Result<ExitCode, Failure> {
    let told = |fact: String| {
        Failure::new(format!("{}: {fact}", check.file.display()), "docs/policy.md describes the file.".into())
    };
    let bytes = super::verify::read(&check.file)?;
    let text = String::from_utf8(bytes).map_err(|error| told(error.to_string()))?;
    let name = check.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (_, problems) = policy::explain(&text, &name);
    let is_usable = !problems.iter().any(|problem| problem.severity == Severity::Error);
    let is_clean = problems.iter().all(|problem| problem.severity == Severity::Note);
    let mut out = io::stdout().lock();
    match check.format {
        Shape::Json => {
            let schema = "lacuna.policy-check/v1";
            let report = Report { schema, file: name, usable: is_usable, problems };
            serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
        Shape::Table if problems.is_empty() => writeln!(out, "{name}: nothing is wrong with it")?,
        Shape::Table => {
            for own in &problems {
                let key = if own.key.is_empty() { String::new() } else { format!(" {}:", own.key) };
                let place = format!("{name}:{}:{}", own.line, own.column);
                writeln!(
                    out,
                    "{place}: {}:{key} {}; expected {}",
                    own.severity.word(),
                    own.found,
                    own.expected
                )?;
                if !own.hint.is_empty() {
                    writeln!(out, "    {}", own.hint)?;
                }
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!is_clean)))
}

/// Writes the default policy, with what a bundle holds proposed in comments; a file that is there is left alone.
fn run_init(init: &PolicyInit) -> Result<ExitCode, Failure> {
    let text = if init.paths.is_empty() {
        policy::TEMPLATE.to_owned()
    } else {
        let input = Input { paths: init.paths.clone(), trust: Vec::new(), limit: Vec::new() };
        let bundle = super::open(&input, Options::default())?;
        super::usable(&bundle)?;
        policy::propose(&bundle.assessment)
    };
    match &init.output {
        Some(path) => write_new(path, &text)?,
        None => io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let told = |error: io::Error| Failure::output(path, &error);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(told)?;
    file.write_all(text.as_bytes()).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::policy::TEMPLATE;
    use crate::policy::Policy;

    #[test]
    fn the_template_is_the_default_policy_and_names_every_table() {
        assert_eq!(policy::parse(TEMPLATE, "lacuna.toml"), (Policy::default(), Vec::new()));
        for table in policy::TABLES {
            assert!(TEMPLATE.contains(&format!("[{table}")), "{table}");
        }
    }

    #[test]
    fn the_template_is_right_with_its_examples_too() {
        let whole: String = TEMPLATE
            .lines()
            .map(|line| {
                let bare = line.strip_prefix("# ").unwrap_or(line);
                let is_toml = bare.starts_with("[[")
                    || bare.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
                if is_toml { bare } else { line }
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let (policy, problems) = policy::parse(&whole, "lacuna.toml");
        let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert!(policy.exceptions.len() == 1 && policy.identities.len() == 1 && policy.sensitive.len() == 1);
    }
}
