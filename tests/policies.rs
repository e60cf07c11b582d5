//! The policy as a user meets it: an opened bundle assessed again under another one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use lacuna::engine::{Bundle, Engine, Options};
use lacuna::format::policy;
use lacuna::report::{csv, html, json};
use lacuna::source::Bytes;
use lacuna::source::intake::Root;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The bundle with a git history, and one without.
fn bundles() -> [Vec<(String, Vec<u8>)>; 2] {
    let read = |path: &str| std::fs::read(here(path)).unwrap();
    let small = ["prs.json", "people.csv", "deployments.csv", "notes.txt"];
    let small = small.map(|name| (name.to_owned(), read(&format!("tests/fixtures/small/{name}"))));
    [vec![("sample.zip".to_owned(), read("public/samples/sample.zip"))], small.to_vec()]
}

fn open(files: &[(String, Vec<u8>)], policy: Option<&str>) -> Bundle {
    let root = |(path, bytes): &(String, Vec<u8>)| Root {
        path: path.clone(),
        source: Box::new(Bytes::new(bytes.clone())),
    };
    let policy = policy.map(|text| policy::parse(text, "lacuna.toml"));
    Engine::new(files.iter().map(root).collect(), Options { policy, keep: true, ..Options::default() }).run()
}

/// Everything that a bundle says, as its exports say it.
fn told(bundle: &Bundle) -> [String; 3] {
    [json::write(bundle), csv::write(bundle), html::write(bundle)]
}

/// Policies that reach every place where one decides: links, kinds, scope, thresholds, exceptions, funnel, problems.
const POLICIES: [&str; 9] = [
    "",
    "[scope]\nbranches = [\"release/*\"]\n",
    "[scope]\nbranches = [\"*\"]\nproduction = [\"staging\"]\ntickets = [\"NONE\"]\n",
    "[scope]\nrepositories = [\"*/payments\"]\nproduction = [\"*\"]\n",
    "[accounts]\nbots = [\"*a*\"]\nhumans = [\"*[bot]\"]\n",
    "[accounts]\nagents = [\"*\"]\n[ai]\n[period]\nfrom = 2026-07-01\nnow = 2027-01-01\n",
    "[review-depth]\nlines-per-hour = 1\ninstant-seconds = 100000\nsubstance-words = 50\n[[sensitive]]\npaths = [\"**\"]\n",
    "[[exception]]\nid = \"E\"\ncriteria = [\"review.*\", \"tests.*\"]\nchanges = [\"#7\", \"#482\", \"#12\"]\nowner = \"Ada\"\nreason = \"r\"\ncompensating-control = \"c\"\nuntil = 2099-01-01\n[[funnel]]\nid = \"x\"\ncriteria = [\"review.human\"]\n",
    "[scope]\nbranch = [\"main\"]\n[review-depth]\nrisky-lines = \"many\"\n",
];

#[test]
fn a_bundle_assessed_again_says_to_the_byte_what_it_says_when_opened_with_that_policy() {
    for files in bundles() {
        let mut bundle = open(&files, None);
        let own = told(&bundle);
        let opened = POLICIES.map(|text| told(&open(&files, Some(text))));
        // Twice through, the second time from the end, so that every policy comes after different ones.
        for at in (0..POLICIES.len()).chain((0..POLICIES.len()).rev()) {
            bundle.reassess(Some(policy::parse(POLICIES[at], "lacuna.toml"))).unwrap();
            assert!(told(&bundle) == opened[at], "{} after others", POLICIES[at]);
        }
        bundle.reassess(None).unwrap();
        assert!(told(&bundle) == own, "the bundle's own policy is back");
        assert!(
            opened.iter().filter(|other| **other != own).count() >= 7,
            "policies that change nothing show nothing"
        );
    }
}

#[test]
fn a_look_under_another_policy_leaves_everything_as_it_was() {
    for files in bundles() {
        let mut bundle = open(&files, None);
        let before = told(&bundle);
        for text in POLICIES {
            let seen = bundle.under(Some(policy::parse(text, "lacuna.toml")), told).unwrap();
            assert!(seen == told(&open(&files, Some(text))), "{text}");
            assert!(told(&bundle) == before, "after {text}");
        }
    }
}

#[test]
fn a_bundle_that_kept_nothing_says_so_and_stays_as_it_is() {
    let [_, files] = bundles();
    let roots = files
        .iter()
        .map(|(path, bytes)| Root { path: path.clone(), source: Box::new(Bytes::new(bytes.clone())) });
    let mut bundle = Engine::new(roots.collect(), Options::default()).run();
    let before = told(&bundle);
    assert!(bundle.reassess(None).unwrap_err().contains("opened without"));
    assert!(told(&bundle) == before);
}

#[test]
fn branches_of_another_policy_are_other_changes() {
    let [files, _] = bundles();
    let mut bundle = open(&files, None);
    let before = bundle.assessment.scope.len();
    bundle.reassess(Some(policy::parse("[scope]\nbranches = [\"none\"]\n", "x"))).unwrap();
    assert_ne!(bundle.assessment.scope.len(), before);
    assert_eq!(bundle.assessment.store.protected_lines, 0);
}
