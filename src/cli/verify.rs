//! `lacuna verify`: the signatures of bundles, step by step.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::args::{Shape, Verify};
use super::failure::Failure;
use crate::model::{SignatureState, Verification};
use crate::verify::{Artifact, Demand, TrustSet, Verifier, split};

/// The greatest file of signatures, root or key that is read whole.
const MOST_BYTES: u64 = 512 << 20;

/// What is written for programs: `lacuna.verification/v1` (docs/verification.md).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'r> {
    schema: &'static str,
    engine: &'static str,
    bundle: String,
    verdict: SignatureState,
    statements: Vec<Row<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'r> {
    index: usize,
    verdict: SignatureState,
    identity: &'r str,
    issuer: &'r str,
    root: &'r str,
    signed_at: Option<String>,
    steps: Vec<StepRow<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepRow<'r> {
    step: &'r str,
    verdict: SignatureState,
    reason: &'r str,
    clause: &'r str,
}

/// Checks what was asked: 0 only if everything is valid, 1 if anything is not.
pub(super) fn run(verify: &Verify) -> Result<ExitCode, Failure> {
    let text = String::from_utf8(read(&verify.bundle)?).map_err(|error| {
        let fact = format!("{}: {error}", verify.bundle.display());
        Failure::new(fact, "A bundle is JSON or JSON Lines in UTF-8.".into())
    })?;
    let demand = demand(verify)?;
    let mut verifier = Verifier::new(trust(verify)?);
    let outcomes: Vec<Verification> =
        split(&text).iter().map(|one| verifier.check_for(one, &demand)).collect();
    if outcomes.is_empty() {
        let fact = format!("{} holds no attestation", verify.bundle.display());
        return Err(Failure::new(fact, "Give a Sigstore bundle, a DSSE envelope, or a list of them.".into()));
    }
    let is_valid = outcomes.iter().all(|outcome| outcome.state == SignatureState::Valid);
    let mut out = io::stdout().lock();
    match verify.format {
        Shape::Table => out.write_all(table(&outcomes).as_bytes())?,
        Shape::Json => {
            let report = report(&verify.bundle, &outcomes);
            serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!is_valid)))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let told = |fact: String| {
        Failure::new(format!("{}: {fact}", path.display()), "Name a file that can be read.".into())
    };
    let length = std::fs::metadata(path).map_err(|error| told(error.to_string()))?.len();
    if length > MOST_BYTES {
        return Err(told(format!("{length} bytes; at most {MOST_BYTES}")));
    }
    std::fs::read(path).map_err(|error| told(error.to_string()))
}

fn trust(verify: &Verify) -> Result<TrustSet, Failure> {
    // Roots that are given stand in for those that are built in: who names one means that one.
    let mut trust = if verify.root.is_empty() { TrustSet::built_in() } else { TrustSet::default() };
    for path in verify.root.iter().chain(&verify.key) {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        trust.add(&name, &read(path)?).map_err(|problem| {
            Failure::new(
                format!("{}: {}", path.display(), problem.found),
                format!("Expected: {}.", problem.expected),
            )
        })?;
    }
    Ok(trust)
}

fn demand(verify: &Verify) -> Result<Demand, Failure> {
    let mut artifacts = Vec::new();
    for text in &verify.artifacts {
        let artifact = match Artifact::of_digest(text) {
            Some(artifact) => artifact,
            None => Artifact::of_bytes(text, read(Path::new(text))?),
        };
        artifacts.push(artifact);
    }
    Ok(Demand {
        identity: verify.identity.clone(),
        issuer: verify.issuer.clone(),
        by_key: !verify.key.is_empty(),
        threshold: verify.threshold,
        artifacts,
        now: verify.now.map(|now| now.millis().div_euclid(1000)),
    })
}

fn report<'r>(bundle: &Path, outcomes: &'r [Verification]) -> Report<'r> {
    let row = |(index, outcome): (usize, &'r Verification)| Row {
        index,
        verdict: outcome.state,
        identity: &outcome.identity,
        issuer: &outcome.issuer,
        root: &outcome.root,
        signed_at: outcome.signed_at.map(|at| at.to_string()),
        steps: outcome
            .steps
            .iter()
            .map(|step| StepRow {
                step: &step.step,
                verdict: step.state,
                reason: &step.reason,
                clause: &step.clause,
            })
            .collect(),
    };
    let is_valid = outcomes.iter().all(|outcome| outcome.state == SignatureState::Valid);
    let worst = outcomes.iter().map(|outcome| outcome.state).max().unwrap_or_default();
    let worst_but_valid =
        outcomes.iter().map(|outcome| outcome.state).find(|state| *state != SignatureState::Valid);
    let is_broken = worst == SignatureState::Invalid;
    Report {
        schema: "lacuna.verification/v1",
        engine: env!("CARGO_PKG_VERSION"),
        bundle: bundle.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        verdict: if is_valid || is_broken { worst } else { worst_but_valid.unwrap_or_default() },
        statements: outcomes.iter().enumerate().map(row).collect(),
    }
}

fn table(outcomes: &[Verification]) -> String {
    let mut out = String::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        let signer = if outcome.identity.is_empty() { "no signer shown" } else { &outcome.identity };
        // Writing to a string cannot fail.
        writeln!(out, "{} {}: {}", at + 1, outcome.state.word(), crate::problem::quote(signer)).ok();
        for step in &outcome.steps {
            writeln!(
                out,
                "  {:<12} {}: {} [{}]",
                step.state.word(),
                step.step,
                clean(&step.reason),
                step.clause
            )
            .ok();
        }
    }
    out
}

/// Returns text without control characters: a terminal obeys them.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
