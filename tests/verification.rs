//! Signatures of published samples: each gives the outcome that its origin states. The table of outcomes is in
//! docs/verification.md. Samples that are not at hand are skipped, loudly.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use lacuna::engine::{Bundle, Engine, Options};
use lacuna::model::record::Envelope;
use lacuna::model::{SignatureState, Verification};
use lacuna::protocol::Phase;
use lacuna::source::Bytes;
use lacuna::source::intake::Root;
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
    let artifact =
        fs::read(case.join("artifact")).or_else(|_| fs::read(folder.join("a.txt"))).expect("an artifact");
    let is_keyless = key.is_none();
    let demand = Demand {
        threshold: None,
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
            let steps: Vec<_> = outcome
                .steps
                .iter()
                .map(|step| format!("    {}: {}: {}", step.state.word(), step.step, step.reason))
                .collect();
            wrong.push(format!("{name}: {}\n{}", outcome.state.word(), steps.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 50, "{} cases", cases.len());
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

#[test]
fn the_table_of_the_documentation_says_what_comes_out() {
    let documented = include_str!("../docs/verification.md");
    for name in ["slsa-verifier", "pypi-pep740", "github-attestations", "witness"] {
        let Some(folder) = common::sample(name) else { continue };
        let start = documented.find(&format!("### {name}\n")).expect("a section");
        let section = &documented[start + 4..];
        let section = &section[..section.find("\n### ").unwrap_or(section.len())];
        let rows: Vec<String> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .filter_map(|line| Some(line.rsplit_once(" | ")?.0.to_owned()))
            .collect();
        let found: Vec<String> = all(&folder, TrustSet::built_in())
            .iter()
            .map(|(name, outcome)| format!("{name}` | {}", outcome.state.word()))
            .collect();
        assert_eq!(rows, found, "{name}");
    }
}

/// Opens the two git bundles of the source-track sample as an auditor would; `later` as the app does, which checks signatures
/// behind the open bundle.
fn source_track(later: bool) -> Option<Bundle> {
    let folder = common::sample("slsa-source-track")?;
    let names = ["source-tool-main.blobless.bundle", "source-tool-notes.bundle"];
    let roots = names.map(|name| Root {
        path: name.to_owned(),
        source: Box::new(Bytes::new(fs::read(folder.join(name)).expect("a git bundle"))),
    });
    let mut engine = Engine::new(Vec::from(roots), Options { later, ..Options::default() });
    while engine.step(1 << 20).phase != Phase::Done {}
    Some(engine.finish())
}

#[test]
fn every_bundle_of_the_source_track_is_valid_and_its_root_is_named() {
    let Some(Bundle { assessment, .. }) = source_track(false) else { return };
    let store = &assessment.store;
    let count = |envelope: Envelope, state: SignatureState| {
        store.statements.iter().filter(|s| s.envelope == envelope && s.signature == state).count()
    };
    let why = |state| {
        let outcome = store.verifications.iter().find(|(_, outcome)| outcome.state == state);
        outcome.map(|(_, outcome)| format!("{outcome:?}")).unwrap_or_default()
    };
    assert_eq!(count(Envelope::Sigstore, SignatureState::Valid), 482, "{}", why(SignatureState::Invalid));
    // Bare envelopes name a key that nobody gave; odd serialisations are read, and their signatures are not.
    assert_eq!(count(Envelope::Dsse, SignatureState::NotChecked), 27);
    assert_eq!(count(Envelope::SigstoreOdd, SignatureState::NotChecked), 4);
    assert_eq!(store.statements.iter().filter(|s| s.signature == SignatureState::Invalid).count(), 0);

    let of_sigstore: Vec<_> =
        store.verifications.iter().map(|(_, v)| v).filter(|v| v.state == SignatureState::Valid).collect();
    assert!(of_sigstore.iter().all(|outcome| outcome.root == "Sigstore public-good instance"));
    let by_github = |outcome: &&&Verification| outcome.timestamp_roots == ["GitHub"];
    assert_eq!(of_sigstore.iter().filter(by_github).count(), 178);
    let trust = lacuna::query::trust_view::trust(&assessment, &TrustSet::built_in());
    let rests: Vec<_> =
        trust.roots.iter().map(|root| (root.name.as_str(), root.statements, root.timestamps)).collect();
    assert_eq!(rests, [("Sigstore public-good instance", 482, 0), ("GitHub", 0, 178)]);
    assert!(of_sigstore.iter().all(|outcome| outcome.signed_at.is_some() && !outcome.identity.is_empty()));
}

#[test]
fn a_key_that_is_given_decides_on_a_bare_envelope() {
    let Some(folder) = common::sample("slsa-verifier") else { return };
    let folder = folder.join("cli/slsa-verifier/testdata/vsa/gce/v1");
    let text = fs::read_to_string(folder.join("gke-gce-pre.bcid-vsa.jsonl")).expect("an envelope");
    let key = fs::read(folder.join("vsa_signing_public_key.pem")).expect("a key");
    let mut trust = TrustSet::default();
    trust.add("vsa.pem", &key).expect("a key");
    let mut verifier = Verifier::new(trust);
    let outcome = verifier.check(&split(&text)[0]);
    assert_eq!(outcome.state, SignatureState::Valid, "{outcome:?}");
    assert_eq!(outcome.root, "key vsa.pem");
    let tampered = text.replacen("\"payload\":\"", "\"payload\":\"QUFB", 1);
    assert_ne!(tampered, text);
    let outcome = verifier.check(&split(&tampered)[0]);
    assert_ne!(outcome.state, SignatureState::Valid);
}

/// Changes one character of base64 in the value of a member, at its `part`-th fortieth; `None` where there is no such member.
fn flipped(text: &str, member: &str, part: usize) -> Option<String> {
    let start = text.find(&format!("\"{member}\":"))? + member.len() + 3;
    let start = start + text[start..].find('"')? + 1;
    let length = text[start..].find('"')?;
    let at = start + (length.saturating_sub(6) * part) / 40;
    let old = text.as_bytes()[at];
    if !old.is_ascii_alphanumeric() {
        return None;
    }
    let new = if old == b'A' { 'B' } else { 'A' };
    let mut out = text.to_owned();
    out.replace_range(at..=at, &new.to_string());
    Some(out)
}

#[test]
fn one_flipped_byte_anywhere_that_is_signed_is_seen() {
    let Some(folder) = common::sample("sigstore-conformance") else { return };
    let artifact = fs::read(folder.join("a.txt")).expect("an artifact");
    let demand = Demand { artifacts: vec![Artifact::of_bytes("a.txt", artifact)], ..Demand::default() };
    let attestations = common::sample("github-attestations").expect("samples stand together");
    let github = attestations.join("github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl");
    let cases = [
        (folder.join("happy-path-v0.3/bundle.sigstore.json"), demand),
        (attestations.join("sigstore-js-2.1.0-bundle.json"), Demand::default()),
        (github, Demand::default()),
    ];
    let mut tried = 0;
    for (path, demand) in cases {
        let Ok(text) = fs::read_to_string(&path) else { panic!("{} is missing", path.display()) };
        let text = split(&text).remove(0);
        let mut verifier = Verifier::default();
        let good = verifier.check_for(&text, &demand);
        assert_eq!(good.state, SignatureState::Valid, "{}: {good:?}", path.display());
        // Envelope, certificate, promise, proof, body, checkpoint and timestamp: the classes of bytes of a bundle.
        let members = [
            "payload",
            "sig",
            "signature",
            "rawBytes",
            "signedEntryTimestamp",
            "canonicalizedBody",
            "rootHash",
            "envelope",
            "signedTimestamp",
            "payloadType",
        ];
        for member in members {
            for part in 0..40 {
                let Some(bad) = flipped(&text, member, part) else { continue };
                tried += 1;
                let outcome = verifier.check_for(&bad, &demand);
                assert_ne!(outcome.state, SignatureState::Valid, "{} {member} {part}", path.display());
            }
        }
    }
    assert!(tried > 500, "{tried} mutations");
}

#[test]
fn a_history_whose_signatures_are_checked_behind_it_ends_as_the_one_that_was_checked_before() {
    let Some((before, mut behind)) = source_track(false).zip(source_track(true)) else { return };
    let (done, all) = behind.checking().expect("most of it waits");
    assert!(done < 20 && all > 800, "{done} of {all}");
    let pending = |bundle: &Bundle| {
        let all = bundle.assessment.store.statements.iter();
        all.filter(|own| own.signature == SignatureState::Pending).count()
    };
    assert!(pending(&behind) > 400);
    while !behind.check(80 << 20) {
        behind.settle();
    }
    behind.settle();
    assert_eq!((pending(&behind), behind.checking()), (0, None));
    let [before, behind] = [&before, &behind].map(lacuna::report::json::write);
    assert!(before == behind, "the bytes of the report");
}

/// The level that each statement of the history supports, counted: the attestation gap in the words of SLSA.
#[test]
fn no_revision_of_the_source_track_supports_the_level_that_demands_review() {
    let Some(bundle) = source_track(false) else { return };
    let store = &bundle.assessment.store;
    let mut counts = std::collections::BTreeMap::new();
    for statement in &store.statements {
        if let Some(level) = lacuna::assess::slsa::level(store, &bundle.assessment.policy, statement) {
            *counts.entry((level.track.word(), level.level)).or_insert(0) += 1;
        }
    }
    assert!(!counts.contains_key(&("Source", 4)), "{counts:?}");
    assert!(counts[&("Source", 3)] > 200, "{counts:?}");
}

/// Build provenance of the generator, as its own verifier's samples have it.
#[test]
fn provenance_of_the_generator_supports_build_level_3() {
    let Some(folder) = common::sample("slsa-verifier") else { return };
    let found = lacuna::source::disk::find(&[folder], &lacuna::source::Limits::default());
    let bundle = Engine::new(found.roots, Options::default()).run();
    let store = &bundle.assessment.store;
    let mut counts = std::collections::BTreeMap::new();
    for statement in &store.statements {
        if let Some(level) = lacuna::assess::slsa::level(store, &bundle.assessment.policy, statement) {
            *counts.entry((level.track.word(), level.level)).or_insert(0) += 1;
            let generator = store.text(statement.issuer).contains("/slsa-github-generator/");
            if generator && statement.signature == SignatureState::Valid {
                assert!(
                    level.level == 3,
                    "{}: {} {}",
                    store.text(statement.issuer),
                    level.reason,
                    level.next
                );
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.get(&("Build", 3)).is_some_and(|count| *count >= 3), "{counts:?}");
}
