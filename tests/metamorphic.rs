//! What must not change a verdict does not change one, and what must does: over generated exports and histories.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "bench/generate.rs"]
#[allow(dead_code, reason = "the benchmark uses the rest")]
mod generate;
#[path = "violations.rs"]
#[allow(dead_code, unused_imports, reason = "the suite of that name uses the rest")]
mod violations;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use lacuna::assess::Assessment;
use lacuna::assess::registry::{self, CriterionIndex, Scope};
use lacuna::engine::{Engine, Options};
use lacuna::model::Verdict;
use lacuna::source::Bytes;
use lacuna::source::intake::Root;
use serde_json::{Value, json};

use violations::common::history::History;
use violations::{NEVER_UNMET, VIOLATIONS, unmet_with};

/// A bundle: paths and texts.
type Files = Vec<(String, Vec<u8>)>;

/// Generated pull requests, with deployments of every third of them, people, and a policy.
fn bundle(seed: u64) -> Files {
    let mut text = Vec::new();
    generate::pull_requests(&mut text, 61, seed).unwrap();
    let pulls: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let merged = pulls.iter().filter(|pull| !pull["mergeCommit"].is_null());
    let deployments: Vec<Value> = merged
        .step_by(3)
        .enumerate()
        .map(|(id, pull)| {
            json!({
                "url": format!("https://api.github.com/repos/acme/payments/deployments/{id}"), "id": id,
                "sha": pull["mergeCommit"]["oid"], "task": "deploy", "environment": "production",
                "creator": {"login": "kemal-oz", "type": "User"}, "created_at": pull["mergedAt"],
            })
        })
        .collect();
    let people =
        "name,accounts,kind\nAmber Lind,amber-lind;amber@acme.example,human\nHana Mori,hana-mori,human\n";
    let policy = "[review-depth]\nlines-per-sitting = 300\n\n[[sensitive]]\nlabel = \"card\"\npaths = [\"src/card/**\"]\n";
    vec![
        ("exports/pulls.json".into(), text),
        ("exports/deployments.json".into(), serde_json::to_vec(&deployments).unwrap()),
        ("people.csv".into(), people.into()),
        ("lacuna.toml".into(), policy.into()),
    ]
}

fn assess(files: &Files) -> Assessment {
    let root = |(path, bytes): &(String, Vec<u8>)| Root {
        path: path.clone(),
        source: Box::new(Bytes::new(bytes.clone())),
    };
    Engine::new(files.iter().map(root).collect(), Options::default()).run().assessment
}

/// Every verdict by change and criterion; those on the population under an empty id.
fn verdicts(assessment: &Assessment) -> BTreeMap<(String, &'static str), Verdict> {
    let store = &assessment.store;
    let mut all = BTreeMap::new();
    for (row, id) in assessment.scope.iter().enumerate() {
        let id = store.change_id(&store.changes[id.index()]);
        for criterion in registry::all().filter(|index| index.criterion().scope == Scope::Change) {
            all.insert((id.clone(), criterion.criterion().id), assessment.verdict(row, criterion));
        }
    }
    for criterion in registry::all().filter(|index| index.criterion().scope == Scope::Population) {
        let verdict = assessment.population[criterion.index()].verdict;
        all.insert((String::new(), criterion.criterion().id), verdict);
    }
    all
}

/// Tells every verdict that differs, not just the first.
fn assert_same(before: &Assessment, after: &Assessment, what: &str) {
    let (before, after) = (verdicts(before), verdicts(after));
    assert!(before.len() > 1000, "{what}: too little to say anything");
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differing: Vec<String> = keys
        .into_iter()
        .filter(|key| before.get(key) != after.get(key))
        .map(|key| format!("{key:?}: {:?} became {:?}", before.get(key), after.get(key)))
        .collect();
    assert!(differing.is_empty(), "{what}:\n{}", differing.join("\n"));
}

#[test]
fn the_order_and_the_names_of_files_change_no_verdict() {
    for seed in 0..3 {
        let files = bundle(seed);
        let before = assess(&files);
        let mut turned = files.clone();
        turned.reverse();
        assert_same(&before, &assess(&turned), "reversed");
        // Files are read in the order of their paths; other names are another order.
        let names = ["z/4.json", "a/1.json", "m/people.csv", "b/lacuna.toml"];
        let renamed =
            files.iter().zip(names).map(|((_, bytes), name)| (name.to_owned(), bytes.clone())).collect();
        assert_same(&before, &assess(&renamed), "renamed");
    }
}

#[test]
fn splitting_and_packing_a_bundle_changes_no_verdict() {
    for seed in 0..3 {
        let files = bundle(seed);
        let before = assess(&files);
        let pulls: Vec<Value> = serde_json::from_slice(&files[0].1).unwrap();
        for size in [1, 7, 23] {
            let mut split: Files = files[1..].to_vec();
            for (at, part) in pulls.chunks(size).enumerate() {
                split.push((format!("exports/part-{:03}.json", 999 - at), serde_json::to_vec(part).unwrap()));
            }
            assert_same(&before, &assess(&split), &format!("split by {size}"));
        }
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (path, bytes) in &files {
            zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let packed = vec![("bundle.zip".to_owned(), zip.finish().unwrap().into_inner())];
        assert_same(&before, &assess(&packed), "packed");
    }
}

#[test]
fn renaming_accounts_consistently_changes_no_verdict() {
    let logins = [
        "amber-lind",
        "bela-noor",
        "carlo-ruiz",
        "dana-okoye",
        "emil-saar",
        "farah-hale",
        "goran-pike",
        "hana-mori",
        "ivo-stern",
        "june-abbot",
        "kemal-oz",
        "lena-frost",
    ];
    for seed in 0..3 {
        let files = bundle(seed);
        let renamed = files
            .iter()
            .map(|(path, bytes)| {
                let mut text = String::from_utf8(bytes.clone()).unwrap();
                for (at, login) in logins.iter().enumerate() {
                    // Turned round as well, so that their order is another one.
                    text = text.replace(login, &format!("person{}", 90 - at));
                }
                (path.clone(), text.into_bytes())
            })
            .collect();
        assert_same(&assess(&files), &assess(&renamed), "renamed accounts");
    }
}

#[test]
fn unrelated_files_change_no_verdict() {
    for seed in 0..3 {
        let files = bundle(seed);
        let mut more = files.clone();
        more.push(("README.md".into(), b"# Evidence\n\nSee exports.\n".to_vec()));
        more.push(("a.bin".into(), vec![0, 159, 146, 150]));
        more.push(("empty.json".into(), Vec::new()));
        more.push(("settings.json".into(), br#"{"theme":"dark","number":7}"#.to_vec()));
        more.push(("broken.json".into(), b"[{\"a\":".to_vec()));
        assert_same(&assess(&files), &assess(&more), "unrelated files");
    }
}

/// The records of a history by their number, as the store counts them.
fn places(assessment: &Assessment, key: &(String, &'static str)) -> Vec<u32> {
    let index = CriterionIndex::of(key.1).unwrap();
    let finding = match assessment.row_of(&key.0) {
        Some(row) => assessment.explain(row, index),
        None => assessment.population[index.index()].clone(),
    };
    finding.evidence.iter().map(|(_, place)| place.record.0).collect()
}

#[test]
fn removing_a_record_turns_no_verdict_to_met_but_one_that_rested_on_it() {
    let mut histories = vec![("nothing".to_owned(), History::of(3))];
    for (id, mutate) in VIOLATIONS {
        let mut history = History::of(3);
        mutate(&mut history.cases[1]);
        histories.push(((*id).to_owned(), history));
    }
    let mut wrong = Vec::new();
    for (violated, history) in histories {
        let base = history.assess();
        let before = verdicts(&base);
        for removed in 0..history.count() {
            let after = history.assess_without(removed);
            for (key, verdict) in verdicts(&after) {
                if verdict != Verdict::Met || before.get(&key).is_none_or(|before| *before == Verdict::Met) {
                    continue;
                }
                let was = before[&key];
                // A change that is itself taken out takes along who and what took part in it; the population is then
                // incomplete, and that is said.
                let complete = (String::new(), "population.complete");
                let is_said = key.0.is_empty() && verdicts(&after)[&complete] == Verdict::Unmet;
                if !is_said && !places(&base, &key).contains(&removed) {
                    wrong.push(format!(
                        "{violated}: without record {removed}, {key:?} went from {was:?} to met"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_violation_changes_the_verdicts_that_it_should_and_no_other_change() {
    let clean = History::of(3).assess();
    let before = verdicts(&clean);
    for (id, mutate) in VIOLATIONS.iter().filter(|(id, _)| !NEVER_UNMET.contains(id)) {
        let mut history = History::of(3);
        mutate(&mut history.cases[1]);
        let after = verdicts(&history.assess());
        let changed: Vec<_> = before
            .iter()
            .filter(|(key, verdict)| after.get(*key) != Some(*verdict))
            .map(|(key, _)| key)
            .collect();
        let elsewhere = changed.iter().filter(|key| !key.0.is_empty() && !key.0.ends_with("#2"));
        assert_eq!(elsewhere.count(), 0, "{id}: {changed:?}");
        let unmet: Vec<&'static str> = changed
            .iter()
            .filter(|key| !key.0.is_empty() && after[**key] == Verdict::Unmet)
            .map(|key| key.1)
            .collect();
        let expected: Vec<&'static str> = unmet_with(id).chain([*id]).collect();
        let sorted = |mut ids: Vec<&'static str>| {
            ids.sort_unstable();
            ids
        };
        assert_eq!(sorted(unmet), sorted(expected), "{id}");
    }
}
