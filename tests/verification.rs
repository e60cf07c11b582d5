//! Signatures of published samples: each gives the outcome that its origin states. The table of outcomes is in
//! docs/verification.md. Samples that are not at hand are skipped, loudly.

mod common;

use std::fs;
use std::path::Path;

use lacuna::model::{SignatureState, Verification};
use lacuna::verify::{Artifact, Demand, TrustSet, Verifier, split};

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Late enough for every sample, and long before the one that was "signed" in the far future.
const NOW: i64 = 1_830_000_000;

fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim_end_matches('\n').to_owned())
}

/// Runs one case of the conformance suite as its README says.
fn conformance(folder: &Path, case: &Path) -> Verification {
    let mut trust = match fs::read(case.join("trusted_root.json")) {
        Ok(bytes) => {
            let mut trust = TrustSet::default();
            trust.add("trusted_root.json", &bytes).expect("the case's root can be read");
            trust
        }
        Err(_) => {
            let mut trust = TrustSet::built_in();
            trust.roots.truncate(1);
            trust
        }
    };
    let key = fs::read(case.join("key.pub")).ok();
    if let Some(key) = &key {
        trust.add("key.pub", key).expect("the case's key can be read");
    }
    let artifact = fs::read(case.join("artifact")).or_else(|_| fs::read(folder.join("a.txt"))).expect("an artifact");
    let is_keyless = key.is_none();
    let demand = Demand {
        identity: is_keyless.then(|| text(&case.join("identity")).unwrap_or_else(|| IDENTITY.to_owned())),
        issuer: is_keyless.then(|| text(&case.join("issuer")).unwrap_or_else(|| ISSUER.to_owned())),
        by_key: !is_keyless,
        artifacts: vec![Artifact::of_bytes("artifact", artifact)],
        now: Some(NOW),
    };
    let bundle = fs::read_to_string(case.join("bundle.sigstore.json")).expect("a bundle");
    Verifier::new(trust).check_for(&bundle, &demand)
}

#[test]
fn every_case_of_the_conformance_suite_has_the_outcome_of_its_name() {
    let Some(folder) = common::sample("sigstore-conformance") else { return };
    let mut cases: Vec<_> = fs::read_dir(&folder)
        .expect("a folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("bundle.sigstore.json").is_file())
        .collect();
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        let outcome = conformance(&folder, case);
        if (outcome.state == SignatureState::Valid) == name.ends_with("_fail") {
            let steps: Vec<_> =
                outcome.steps.iter().map(|step| format!("    {}: {}: {}", step.state.word(), step.step, step.reason)).collect();
            wrong.push(format!("{name}: {}\n{}", outcome.state.word(), steps.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 70, "{} cases", cases.len());
}

/// Checks every attestation of every file under a folder; returns file, position and outcome.
fn all(folder: &Path, trust: TrustSet) -> Vec<(String, Verification)> {
    let mut verifier = Verifier::new(trust);
    let mut files = Vec::new();
    walk(folder, &mut files);
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        if !text.trim_start().starts_with('{') {
            continue;
        }
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
        for (at, one) in split(&text).iter().enumerate() {
            found.push((format!("{name}#{at}"), verifier.check(one)));
        }
    }
    found
}

fn walk(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, into) } else { into.push(path) }
    }
}

fn told(found: &[(String, Verification)]) -> String {
    let mut lines = String::new();
    for (name, outcome) in found {
        let why = outcome.steps.iter().find(|step| step.state != SignatureState::Valid && step.step != "Identity");
        let why = why.map_or_else(String::new, |step| format!("{}: {}", step.step, step.reason));
        lines.push_str(&format!("{name} | {} | {} | {why}\n", outcome.state.word(), outcome.root));
    }
    lines
}

#[test]
#[ignore = "prints the outcomes of all samples, to be judged"]
fn print_all() {
    for name in ["slsa-verifier", "pypi-pep740", "github-attestations", "witness"] {
        let Some(folder) = common::sample(name) else { continue };
        println!("== {name}\n{}", told(&all(&folder, TrustSet::built_in())));
    }
}
