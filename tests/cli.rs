//! The command line as its users call it: outputs, exit codes, and what it says when it cannot.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SMALL: &str = "tests/fixtures/small";

fn lacuna(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lacuna"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A file of this run alone.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

#[test]
fn help_says_what_there_is() {
    insta::assert_snapshot!("help", stdout(&lacuna(&["--help"])));
    insta::assert_snapshot!("help_assess", stdout(&lacuna(&["assess", "--help"])));
    insta::assert_snapshot!("help_inspect", stdout(&lacuna(&["inspect", "--help"])));
}

#[test]
fn inspect_lists_files_and_tells_problems_apart() {
    let output = lacuna(&["inspect", SMALL]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("inspect", stdout(&output));
    insta::assert_snapshot!("inspect_problems", stderr(&output));
}

#[test]
fn assess_prints_gap_funnel_frameworks_and_facts() {
    let output = lacuna(&["assess", SMALL, "--framework", "soc2-tsc-2017"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("assess", stdout(&output));
}

#[test]
fn every_shape_is_written_and_a_file_holds_the_same_bytes() {
    for shape in ["table", "json", "csv", "html"] {
        let path = scratch(shape);
        let printed = lacuna(&["assess", SMALL, "--format", shape]);
        let written = lacuna(&["assess", SMALL, "--format", shape, "-o", path.to_str().unwrap()]);
        assert_eq!(
            (printed.status.code(), written.status.code()),
            (Some(0), Some(0)),
            "{}",
            stderr(&written)
        );
        assert_eq!(written.stdout, b"");
        assert_eq!(std::fs::read(&path).unwrap(), printed.stdout, "{shape}");
        assert!(!printed.stdout.is_empty());
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn listings_are_json_on_request() {
    for arguments in [&["inspect", SMALL, "--format", "json"][..], &["frameworks", "--format", "json"]] {
        let value: serde_json::Value = serde_json::from_slice(&lacuna(arguments).stdout).unwrap();
        assert!(value["schema"] == "lacuna.inspect/v1" || value[0]["id"] == "soc2-tsc-2017");
    }
    assert!(stdout(&lacuna(&["frameworks"])).contains("pci-dss-4.0.1"));
}

#[test]
fn the_gate_fails_while_a_change_is_not_substantiated() {
    let output = lacuna(&["assess", SMALL, "--gate"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("gate: 7 of 8 changes are not substantiated"), "{}", stderr(&output));
}

#[test]
fn the_gate_opens_when_every_change_in_the_period_is_substantiated() {
    let output = lacuna(&["assess", SMALL, "--gate", "--to", "2026-07-03"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("small: 1 change merged"), "{}", stdout(&output));
}

#[test]
fn the_gate_does_not_pass_over_an_empty_period() {
    let output = lacuna(&["assess", SMALL, "--gate", "--from", "2030-01-01"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no merged change is in scope"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_used_is_said_with_a_hint_and_exits_with_two() {
    for (arguments, said) in [
        (&["assess", "/no/such/place"][..], "no/such/place"),
        (&["assess", "tests/fixtures/small/notes.txt"], "none of the files could be read as evidence"),
        (&["inspect", "tests/fixtures/small/notes.txt"], "none of the files could be read as evidence"),
        (&["assess", SMALL, "--framework", "soc3"], "soc2-tsc-2017"),
        (&["assess", SMALL, "--limit", "size=1"], "file-bytes"),
        (&["assess", SMALL, "--policy", "/no/such/lacuna.toml"], "docs/policy.md"),
        (&["assess", SMALL, "-o", "/no/such/folder/out"], "cannot be written"),
    ] {
        let output = lacuna(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("hint: "), "{arguments:?}: {}", stderr(&output));
    }
    for arguments in [
        &["assess"][..],
        &["assess", SMALL, "--from", "yesterday"],
        &["assess", SMALL, "--limit", "entries"],
        &["assess", SMALL, "--format", "xml"],
        &["destroy"],
        &[],
    ] {
        let output = lacuna(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = stderr(&output);
        assert!(said.contains("Usage:") || said.contains("try '--help'"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_policy_with_an_error_stops_the_run() {
    let path = scratch("lacuna.toml");
    std::fs::write(&path, "[period]\nfrom = \"never\"\n").unwrap();
    let output = lacuna(&["assess", SMALL, "--policy", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    std::fs::write(&path, "[period]\nfrom = 2026-09-01\n").unwrap();
    let output = lacuna(&["assess", SMALL, "--policy", path.to_str().unwrap()]);
    assert!(stdout(&output).contains("small: 2 changes merged"), "{}{}", stdout(&output), stderr(&output));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_limit_refuses_what_goes_over() {
    let output = lacuna(&["assess", SMALL, "--limit", "record-bytes=100"]);
    assert!(stderr(&output).contains("record-bytes"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lacuna"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["assess", SMALL, "--format", "html"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    assert!(!said.contains("panicked") && !said.contains("hint"), "{said}");
}

#[test]
fn a_threshold_decides_for_what_it_names_and_the_most_specific_one_wins() {
    let gate = |more: &[&str]| {
        let mut arguments = vec!["assess", SMALL, "--framework", "soc2-tsc-2017"];
        arguments.extend(more);
        lacuna(&arguments)
    };
    assert_eq!(gate(&["--max-unmet", "1000", "--max-unproven", "1000"]).status.code(), Some(0));
    let output = gate(&["--max-unmet", "0"]);
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    let line = told.lines().find(|line| line.starts_with("gate: soc2-tsc-2017/")).unwrap();
    assert!(line.contains("unmet, at most 0: ") && line.contains('#'), "{line}");
    let control = line.strip_prefix("gate: ").unwrap().split(": ").next().unwrap();
    let crossed = told.lines().filter(|line| line.starts_with("gate: soc2-tsc-2017/")).count();
    let output = gate(&["--max-unmet", "0", "--max-unmet", &format!("{control}=1000")]);
    let still = stderr(&output).lines().filter(|line| line.starts_with("gate: soc2-tsc-2017/")).count();
    assert_eq!(still, crossed - 1, "{}", stderr(&output));
}

#[test]
fn a_threshold_that_names_nothing_is_refused() {
    let output = lacuna(&["assess", SMALL, "--max-unmet", "soc3=0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("soc3"), "{}", stderr(&output));
}
