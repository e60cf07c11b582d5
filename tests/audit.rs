//! The auditor's steps by the command line: the same population and sample whatever order the files come in, and every
//! signature as it is asked for.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn lacuna(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lacuna")).args(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = lacuna(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Writes a small export of the numbered changes, one file for each, and returns the folder.
fn export(name: &str, numbers: &[u64]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    for (at, number) in numbers.iter().enumerate() {
        let change = serde_json::json!([{
            "number": number,
            "title": format!("Change {number}"),
            "url": format!("https://github.com/acme/pay/pull/{number}"),
            "state": "MERGED",
            "author": {"login": "ana"},
            "mergedAt": format!("2026-03-{:02}T10:00:00Z", number % 28 + 1),
            "mergeCommit": {"oid": format!("{number:040x}")},
            "headRefOid": format!("{:040x}", number + 1000),
            "additions": number * 3,
            "deletions": 1,
            "reviewDecision": "APPROVED",
            "reviews": [],
        }]);
        std::fs::write(folder.join(format!("{at}-prs.json")), change.to_string()).unwrap();
    }
    folder
}

#[test]
fn the_order_of_the_files_changes_neither_population_nor_sample() {
    let numbers: Vec<u64> = (1..=40).collect();
    let backwards: Vec<u64> = numbers.iter().rev().copied().collect();
    let (first, second) = (export("audit-forwards", &numbers), export("audit-backwards", &backwards));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    for method in ["simple", "systematic", "stratified", "lines"] {
        let arguments = |path| {
            ["sample", path, "--seed", "7", "--size", "9", "--method", method, "--format", "json"]
                .map(str::to_owned)
        };
        let sample = |path| {
            let owned = arguments(path);
            json(&owned.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let (one, other) = (sample(first), sample(second));
        assert_eq!(one, other, "{method}");
        assert_eq!(one["items"].as_array().unwrap().len(), 9, "{method}");
        assert_eq!(one["population"]["size"], 40);
    }
}

#[test]
fn one_more_change_is_another_population() {
    let (small, large) = (export("audit-small", &[1, 2, 3]), export("audit-large", &[1, 2, 3, 4]));
    let digest = |path: &Path| {
        let report = json(&["population", path.to_str().unwrap(), "--format", "json"]);
        (report["population"]["sha256"].clone(), report["population"]["size"].clone())
    };
    assert_ne!(digest(&small).0, digest(&large).0);
    assert_eq!(digest(&large).1, 4);
}

#[test]
fn another_population_than_the_expected_one_is_refused_and_both_are_named() {
    let (small, large) = (export("audit-expected", &[1, 2, 3]), export("audit-grown", &[1, 2, 3, 4]));
    let digest = |path: &Path| {
        let report = json(&["population", path.to_str().unwrap(), "--format", "json"]);
        report["population"]["sha256"].as_str().unwrap().to_owned()
    };
    let expected = digest(&small);
    for arguments in [vec!["population"], vec!["sample", "--seed", "7", "--size", "2"]] {
        let on = |path: &Path| {
            let more = [path.to_str().unwrap(), "--expect-population", &expected];
            lacuna(&[arguments.as_slice(), &more].concat())
        };
        assert!(on(&small).status.success());
        let refused = on(&large);
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(&expected) && said.contains(&digest(&large)), "{said}");
        assert!(refused.stdout.is_empty());
    }
}

#[test]
fn a_sample_that_is_extended_keeps_what_was_drawn_and_the_numbers() {
    let folder = export("audit-extended", &(1..=60).collect::<Vec<_>>());
    let drawn = |method: &str, size: &str| {
        let path = folder.to_str().unwrap();
        let report =
            json(&["sample", path, "--seed", "11", "--size", size, "--method", method, "--format", "json"]);
        assert_eq!(report["extends"], true);
        report["items"].as_array().unwrap().clone()
    };
    for method in ["simple", "stratified", "lines", "targeted"] {
        let (small, large) = (drawn(method, "10"), drawn(method, "25"));
        assert_eq!(large[..10], small[..], "{method}");
        assert!(small.iter().all(|item| item["id"] == format!("acme/pay#{}", item["number"])));
    }
}

#[test]
fn the_digest_is_over_the_listing() {
    use sha2::Digest as _;
    let folder = export("audit-listing", &[5, 6]);
    let path = folder.to_str().unwrap();
    let listing = lacuna(&["population", path, "--format", "listing"]).stdout;
    let text = String::from_utf8(listing.clone()).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.starts_with("acme/pay#5\t"), "{text}");
    let digest = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(&listing));
    assert_eq!(json(&["population", path, "--format", "json"])["population"]["sha256"], digest);
}

#[test]
fn a_sample_that_cannot_be_drawn_is_refused() {
    let folder = export("audit-refused", &[1, 2]);
    let path = folder.to_str().unwrap();
    for arguments in [
        vec!["sample", path, "--seed", "1", "--size", "3"],
        vec!["sample", path, "--seed", "1"],
        vec!["sample", path, "--seed", "1", "--size", "1", "--filter", "nonsense:term"],
        vec!["sample", path, "--seed", "1", "--confidence", "2", "--tolerable", "0.05"],
        vec!["evaluate", "--size", "5", "--deviations", "6"],
    ] {
        let output = lacuna(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn verify_ends_with_nought_only_if_everything_asked_for_is_valid() {
    let Some(folder) = common::sample("sigstore-conformance") else { return };
    let bundle = folder.join("happy-path-v0.3/bundle.sigstore.json");
    let (bundle, artifact) = (bundle.to_str().unwrap(), folder.join("a.txt"));
    let artifact = artifact.to_str().unwrap();
    let identity = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    let issuer = "https://token.actions.githubusercontent.com";
    let code = |arguments: &[&str]| lacuna(arguments).status.code();
    assert_eq!(code(&["verify", bundle, artifact, "--identity", identity, "--issuer", issuer]), Some(0));
    assert_eq!(code(&["verify", bundle, artifact, "--identity", "https://example.org/someone"]), Some(1));
    assert_eq!(code(&["verify", bundle, artifact, "--issuer", "https://example.org"]), Some(1));
    // An artifact that it is not about: any other file.
    assert_eq!(code(&["verify", bundle, bundle]), Some(1));
    assert_eq!(code(&["verify", bundle, &format!("sha256:{}", "0".repeat(64))]), Some(1));
    assert_eq!(code(&["verify", "no-such-file"]), Some(2));
    assert_eq!(code(&["verify", bundle, "--root", artifact]), Some(2));
    let report: Value =
        serde_json::from_slice(&lacuna(&["verify", bundle, artifact, "--format", "json"]).stdout).unwrap();
    assert_eq!(report["schema"], "lacuna.verification/v1");
    assert_eq!(report["verdict"], "valid");
    assert!(report["statements"][0]["steps"].as_array().unwrap().len() >= 8);
}

#[test]
fn a_comparison_names_what_was_fixed_and_what_got_worse_by_its_exit() {
    let reviewed = serde_json::json!([{
        "author": {"login": "noor"}, "authorAssociation": "MEMBER", "state": "APPROVED",
        "submittedAt": "2026-03-01T09:00:00Z", "body": "", "commit": {"oid": format!("{:040x}", 1001)},
    }]);
    let (bad, good) = (export("compare-bad", &[1]), export("compare-good", &[1]));
    let file = good.join("0-prs.json");
    let mut changes: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    changes[0]["reviews"] = reviewed;
    std::fs::write(&file, changes.to_string()).unwrap();
    let (bad, good) = (bad.to_str().unwrap(), good.to_str().unwrap());
    let code = |before, after| lacuna(&["compare", before, after]).status.code();
    assert_eq!(code(bad, bad), Some(0));
    assert_eq!(code(bad, good), Some(10));
    assert_eq!(code(good, bad), Some(11));
    assert_eq!(code(bad, "no-such-folder"), Some(2));
    let output = lacuna(&["compare", bad, good, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../docs/schema/comparison-v1.json")).unwrap();
    assert_eq!(common::schema::problems(&schema, &report), Vec::<String>::new());
    assert_eq!(report["measuredDifferently"], serde_json::json!([]));
    let rows = report["criteria"].as_array().unwrap();
    let fixed = |id: &str| {
        rows.iter()
            .any(|row| row["id"] == id && row["difference"] == "fixed" && row["subject"] == "acme/pay#1")
    };
    assert!(fixed("review.independent") && fixed("review.human"), "{rows:#?}");
}

#[test]
fn an_exported_assessment_is_a_side_as_the_bundle_itself_is() {
    let (first, second) = (export("compare-exported-a", &[1, 2]), export("compare-exported-b", &[2, 3]));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let exported = format!("{first}.json");
    std::fs::write(&exported, lacuna(&["assess", first, "--format", "json"]).stdout).unwrap();
    let told = |before: &str| {
        let output = lacuna(&["compare", before, second, "--format", "json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(told(&exported), told(first), "bundle, policy, packs, changes and verdicts are the same");
    assert_eq!(lacuna(&["compare", &exported, second, "--from", "2026-01-01"]).status.code(), Some(2));
    std::fs::write(&exported, "{\"schema\":\"lacuna.assessment/v9\"}").unwrap();
    assert_eq!(lacuna(&["compare", &exported, second]).status.code(), Some(2));
}

#[test]
fn another_policy_is_said_before_any_verdict() {
    let folder = export("compare-policy", &[1, 2]);
    let policy = folder.with_extension("toml");
    std::fs::write(&policy, "[review-depth]\nlines-per-hour = 50\n").unwrap();
    let path = folder.to_str().unwrap();
    let output = lacuna(&["compare", path, path, "--policy-b", policy.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("! The policies differ"), "{text}");
    assert!(text.contains("depth.linesPerHour (“500.0”, then “50.0”)"), "{text}");
}

#[test]
fn a_new_change_and_one_that_is_gone_are_told() {
    let (first, second) = (export("compare-first", &[1, 2]), export("compare-second", &[2, 3]));
    let output = lacuna(&["compare", first.to_str().unwrap(), second.to_str().unwrap(), "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<(&str, &str)> = report["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["subject"].as_str().unwrap(), row["difference"].as_str().unwrap()))
        .collect();
    let expected = [("acme/pay#3", "new"), ("acme/pay#1", "gone"), ("acme/pay#2", "still-open")];
    assert_eq!(found, expected);
    assert_eq!(output.status.code(), Some(12));
}

#[test]
fn a_policy_is_written_checked_and_never_overwritten() {
    let folder = export("policy-init", &[]);
    let file = folder.join("lacuna.toml");
    let path = file.to_str().unwrap();
    let code = |arguments: &[&str]| lacuna(arguments).status.code();
    assert_eq!(code(&["policy", "init", "-o", path]), Some(0));
    assert_eq!(code(&["policy", "check", path]), Some(0));
    assert_eq!(code(&["policy", "init", "-o", path]), Some(2), "it is there already");
    std::fs::write(&file, "[scope]\nbranches = [\"main\"]\nbranchs = []\n").unwrap();
    let output = lacuna(&["policy", "check", path]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("lacuna.toml:3:1: error: scope.branchs: the key “branchs” in [scope]"),
        "{text}"
    );
    assert!(text.contains("Did you mean branches?"), "{text}");
    let output = lacuna(&["policy", "check", path, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["usable"], &report["problems"][0]["line"]), (&Value::Bool(false), &Value::from(3)));
    assert_eq!(code(&["policy", "check", "no-such-file"]), Some(2));
}
