//! Whole repositories of real pull requests, held against numbers that others took from the same exports.
//!
//! The definitions of the numbers stand beside them (`population/README.md` of the samples). Where they and a verdict
//! could differ by definition, the test says how.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lacuna::assess::Assessment;
use lacuna::assess::registry::{self, CriterionIndex, Scope};
use lacuna::engine::{Engine, Options};
use lacuna::model::Verdict;
use lacuna::source::Bytes;
use lacuna::source::intake::Root;
use lacuna::store::{Change, Known, Review};

/// Returns a folder of the samples, or says that it is not there.
fn samples(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("LACUNA_SAMPLES").map_or_else(beside, PathBuf::from);
    let folder = root.join("population").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no samples at {}", folder.display());
    None
}

fn assess(folder: &Path, files: &[&str]) -> Assessment {
    let root = |path: &&str| {
        let bytes = std::fs::read(folder.join(path)).unwrap();
        Root { path: (*path).to_owned(), source: Box::new(Bytes::new(bytes)) }
    };
    Engine::new(files.iter().map(root).collect(), Options::default()).run().assessment
}

/// One line of `oracle-rows.csv`, by the names of its header.
struct Row(BTreeMap<String, String>);

impl Row {
    fn text(&self, key: &str) -> &str {
        &self.0[key]
    }

    fn number(&self, key: &str) -> u64 {
        self.text(key).parse().unwrap_or_else(|_| panic!("{key} is {:?}", self.text(key)))
    }

    fn is(&self, key: &str) -> bool {
        self.number(key) > 0
    }
}

/// Returns the rows of the merged pull requests, by number.
fn oracle(folder: &Path) -> BTreeMap<u64, Row> {
    let mut reader = csv::Reader::from_path(folder.join("oracle-rows.csv")).unwrap();
    let rows = reader.deserialize::<BTreeMap<String, String>>().map(|row| Row(row.unwrap()));
    rows.filter(|row| !row.text("merged").is_empty()).map(|row| (row.number("number"), row)).collect()
}

/// Returns a number of `oracle.json`, by the start of its key.
fn total(folder: &Path, key: &str) -> u64 {
    let text = std::fs::read_to_string(folder.join("oracle.json")).unwrap();
    let totals: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let (_, value) = totals.iter().find(|(known, _)| known.starts_with(key)).unwrap();
    value.as_u64().unwrap_or_else(|| panic!("{key} is {value}"))
}

fn changes(assessment: &Assessment) -> impl Iterator<Item = (usize, &Change)> {
    assessment.scope.iter().enumerate().map(|(row, id)| (row, &assessment.store.changes[id.index()]))
}

fn verdict(assessment: &Assessment, row: usize, id: &str) -> Verdict {
    assessment.verdict(row, CriterionIndex::of(id).unwrap())
}

fn count(assessment: &Assessment, id: &str, wanted: Verdict) -> u64 {
    changes(assessment).filter(|(row, _)| verdict(assessment, *row, id) == wanted).count() as u64
}

/// Counts reviews; comments on lines, which REST lists by themselves, are not counted.
fn sent(reviews: &[Review]) -> u64 {
    reviews.iter().filter(|review| review.line_comments.is_none()).count() as u64
}

/// Holds the reviews of every merged pull request against its row, and tells every difference at once.
fn reviews_agree(assessment: &Assessment, rows: &BTreeMap<u64, Row>) {
    let mut wrong = Vec::new();
    for (at, change) in changes(assessment) {
        let row = &rows[&change.number];
        let is = |id: &str, wanted: Verdict| verdict(assessment, at, id) == wanted;
        let before = is("review.independent", Verdict::Met) && is("review.before-merge", Verdict::Met);
        let only_machines = row.is("approved_records") && is("review.human", Verdict::Unmet);
        let facts = [
            ("approved_nonauthor_before_merge", before),
            ("stale", is("review.current-revision", Verdict::Unmet)),
            ("late_first_approval", is("review.before-merge", Verdict::Unmet)),
            ("changes_requested_at_merge", is("review.uncontested", Verdict::Unmet)),
            ("approvers_all_bots", only_machines),
        ];
        for (key, found) in facts {
            if found != row.is(key) {
                wrong.push(format!("#{}: {key} is {}, found {found}", change.number, row.text(key)));
            }
        }
        let of_change = sent(assessment.subject(at).reviews());
        if of_change != row.number("reviews") {
            wrong.push(format!("#{}: {} reviews, found {of_change}", change.number, row.text("reviews")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reviews_of_a_real_repository_are_judged_as_counted() {
    let Some(folder) = samples("ietf-dap") else { return };
    let (assessment, rows) = (assess(&folder, &["gh-pr-list.json"]), oracle(&folder));
    assert_eq!(assessment.scope.len() as u64, total(&folder, "merged"));
    assert_eq!(rows.len(), assessment.scope.len());
    reviews_agree(&assessment, &rows);
}

#[test]
fn totals_of_a_real_repository_are_those_that_were_counted() {
    let Some(folder) = samples("ietf-dap") else { return };
    let assessment = assess(&folder, &["gh-pr-list.json"]);
    let of = |id: &str, wanted: Verdict| count(&assessment, id, wanted);
    assert_eq!((assessment.scope.len(), assessment.gap().on_paper), (308, 299));
    assert_eq!(assessment.store.changes.len() as u64, total(&folder, "pull requests"));
    assert_eq!(assessment.gap().on_paper, total(&folder, "A1 "));
    assert_eq!(of("review.independent", Verdict::Met), total(&folder, "A2 "));
    assert_eq!(of("review.before-merge", Verdict::Met), total(&folder, "A3 "));
    assert_eq!(of("review.human", Verdict::Met), total(&folder, "A4 "));
    assert_eq!(of("review.current-revision", Verdict::Met), total(&folder, "C1 "));
    assert_eq!(of("review.current-revision", Verdict::Unmet), total(&folder, "C2 "));
    assert_eq!(of("review.before-merge", Verdict::Unmet), total(&folder, "D "));
    assert_eq!(of("release.approver-independent", Verdict::Unmet), total(&folder, "E2 "));
    assert_eq!(of("review.uncontested", Verdict::Unmet), total(&folder, "F2 "));
    assert_eq!(assessment.store.reviews.len() as u64, total(&folder, "G3 "));
}

#[test]
fn who_merged_their_own_change_is_known_where_the_export_names_the_merger() {
    let Some(folder) = samples("ietf-dap") else { return };
    let (assessment, rows) = (assess(&folder, &["gh-pr-list.json"]), oracle(&folder));
    let mut own = 0;
    for (_, change) in changes(&assessment) {
        let Known::Is(merger) = change.merged_by else { panic!("#{} has no merger", change.number) };
        let is_own = change.author == Some(merger);
        assert_eq!(is_own, rows[&change.number].is("self_merged"), "#{}", change.number);
        own += u64::from(is_own);
    }
    assert_eq!(own, total(&folder, "E1 "));
}

#[test]
fn what_a_real_export_does_not_hold_decides_nothing() {
    let Some(folder) = samples("ietf-dap") else { return };
    let assessment = assess(&folder, &["gh-pr-list.json"]);
    // No deployments, no statements, no history.
    for id in ["release.deployer-independent", "release.protected", "integrity.bound"] {
        assert_eq!(count(&assessment, id, Verdict::Unproven), 308, "{id}");
    }
    let population = |id| assessment.population[CriterionIndex::of(id).unwrap().index()].verdict;
    assert_eq!(population("population.complete"), Verdict::Unproven);
    assert_eq!(assessment.gap().substantiated, 0);
}

const TLDR: [&str; 5] = [
    "data/pulls.json",
    "data/pull_reviews.json",
    "data/pull_comments.json",
    "data/issues.json",
    "data/issue_comments.json",
];

#[test]
fn reviews_in_files_of_their_own_are_judged_as_counted() {
    let Some(folder) = samples("tldr-pages-rest") else { return };
    let (assessment, rows) = (assess(&folder, &TLDR), oracle(&folder));
    assert_eq!(assessment.scope.len() as u64, total(&folder, "merged"));
    reviews_agree(&assessment, &rows);
    assert_eq!(count(&assessment, "review.current-revision", Verdict::Unmet), total(&folder, "C2 "));
    assert_eq!(sent(&assessment.store.reviews), total(&folder, "G3 "));
}

/// Reviews and comments on them are two exports: from the comments alone nothing follows.
#[test]
fn comments_on_lines_are_no_list_of_reviews() {
    let Some(folder) = samples("tldr-pages-rest") else { return };
    let assessment = assess(&folder, &["data/pulls.json", "data/pull_comments.json"]);
    assert_eq!(assessment.scope.len(), 53);
    for id in ["review.human", "review.independent", "review.before-merge", "review.uncontested"] {
        assert_eq!(count(&assessment, id, Verdict::Unproven), 53, "{id}");
    }
}

#[test]
fn the_order_of_the_files_changes_no_verdict() {
    let Some(folder) = samples("tldr-pages-rest") else { return };
    let table = |files: &[&str]| {
        let assessment = assess(&folder, files);
        let of = |row| registry::all().map(|id| assessment.verdict(row, id)).collect::<Vec<_>>();
        (0..assessment.scope.len()).map(of).collect::<Vec<_>>()
    };
    let mut reversed = TLDR;
    reversed.reverse();
    assert_eq!(table(&TLDR), table(&reversed));
}

#[test]
fn a_merger_that_the_export_does_not_name_is_not_guessed() {
    let Some(folder) = samples("tldr-pages-rest") else { return };
    let assessment = assess(&folder, &TLDR);
    for (row, change) in changes(&assessment) {
        assert_eq!(change.merged_by, Known::Absent, "#{}", change.number);
        // Another person's approval before the merge decides it; nothing else may.
        let met = verdict(&assessment, row, "review.independent") == Verdict::Met
            && verdict(&assessment, row, "review.before-merge") == Verdict::Met;
        let found = verdict(&assessment, row, "release.approver-independent");
        assert_eq!(found, if met { Verdict::Met } else { Verdict::Unproven }, "#{}", change.number);
    }
    // Lists that are not in the export: commits, files, checks.
    for id in ["tests.ran", "tests.passed", "tests.independent"] {
        assert_eq!(count(&assessment, id, Verdict::Unproven), 53, "{id}");
    }
}

#[test]
fn one_full_page_is_no_whole_population() {
    let Some(folder) = samples("tldr-pages-rest") else { return };
    let assessment = assess(&folder, &TLDR);
    let untruncated = &assessment.population[CriterionIndex::of("population.untruncated").unwrap().index()];
    assert_eq!(untruncated.verdict, Verdict::Unmet, "{}", untruncated.reason);
    assert!(registry::all().any(|id| id.criterion().scope == Scope::Population));
}
