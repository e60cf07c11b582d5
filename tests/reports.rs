//! Queries, pages and reports over a small export: they agree with each other, hostile text stays text, and the same
//! evidence gives the same bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::history::{Case, History};
use lacuna::assess::Assessment;
use lacuna::engine::{Bundle, Engine, Options};
use lacuna::model::Verdict;
use lacuna::protocol::{Columns, Sort, SortBy, Standing};
use lacuna::query::{closers, facts, views};
use lacuna::report::{csv, html, json};
use lacuna::source::intake::Root;
use lacuna::source::{Bytes, Limits, disk};
use serde_json::Value;

const FILES: [(&str, &str); 4] = [
    ("prs.json", include_str!("fixtures/small/prs.json")),
    ("people.csv", include_str!("fixtures/small/people.csv")),
    ("deployments.csv", include_str!("fixtures/small/deployments.csv")),
    ("notes.txt", include_str!("fixtures/small/notes.txt")),
];

fn open<'a>(files: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Bundle {
    let roots = files
        .map(|(path, text)| Root { path: (*path).to_owned(), source: Box::new(Bytes::new(text.as_bytes())) })
        .collect();
    Engine::new(roots, Options { name: "small".into(), ..Options::default() }).run()
}

fn small() -> Bundle {
    open(FILES.iter())
}

fn ids(assessment: &Assessment, query: &str) -> Vec<String> {
    let page = views::changes(assessment, query, Sort::default(), 0, 200);
    assert_eq!(page.complaints, Vec::<String>::new(), "{query}");
    page.page.rows.into_iter().map(|row| row.id).collect()
}

fn numbers(assessment: &Assessment, query: &str) -> Vec<String> {
    let number = |id: String| id.rsplit('#').next().unwrap_or_default().to_owned();
    ids(assessment, query).into_iter().map(number).collect()
}

#[test]
fn each_term_finds_its_changes() {
    let bundle = small();
    for (query, expected) in [
        ("", "1 2 3 4 5 6 7 8"),
        ("author:ana is:self-merged", "2 6"),
        ("author:\"Ana Example\" merger:noor", "1 3 4 5 7"),
        ("is:bot-authored", "8"),
        ("is:bot-approved", "3"),
        ("approver:LEILA -month:2026-09", "1 4 5"),
        ("month:2026-08", "4 5 6"),
        ("review.independent:unmet", "2 6"),
        ("review.human:unmet", "3 6"),
        ("review.depth:unmet", "3 7"),
        ("review.current-revision:unmet", "4"),
        ("review.uncontested:unmet", "5"),
        ("standing:unapproved", "6"),
        ("paper:unmet", "6"),
        ("standing:substantiated", "1"),
        ("ai:none", "1"),
        ("is:ai tool:claude", "7"),
        ("is:deployed", "1 2"),
        ("repository:acme/*", "1 2 3 4 5 6 7 8"),
        ("repository:other/*", ""),
        ("CAPTURES", "1"),
        ("#6", "6"),
        ("acme/pay#6", "6"),
        ("<SCRIPT>", "6"),
        ("tests.passed:unmet -review.uncontested:met", "5"),
        ("control:soc2-tsc-2017/CC8.1/approve:unmet standing:unapproved", "6"),
        ("step:paper:unmet", "6"),
        ("step:revision:unmet", "4"),
        ("-step:release:uncontradicted paper:met", "2 3 4 5 7"),
    ] {
        assert_eq!(numbers(&bundle.assessment, query).join(" "), expected, "{query}");
    }
}

#[test]
fn unknown_frameworks_controls_and_steps_are_said_and_left_out() {
    let bundle = small();
    for query in ["control:none/CC1:unmet", "control:soc2-tsc-2017/none:unmet", "step:none:unmet"] {
        let page = views::changes(&bundle.assessment, query, Sort::default(), 0, 200);
        assert_eq!((page.complaints.len(), page.page.total), (1, 8), "{query}");
    }
}

#[test]
fn a_page_holds_at_most_two_hundred_rows() {
    let assessment = History::of(230).assess();
    let page = views::changes(&assessment, "", Sort::default(), 10, 1000).page;
    assert_eq!((page.rows.len(), page.total, page.of, page.offset), (200, 230, 230, 10));
    assert_eq!(views::changes(&assessment, "", Sort::default(), 4_000_000_000, 200).page.rows.len(), 0);
}

#[test]
fn sorting_breaks_ties_by_merge_time_in_both_directions() {
    let assessment = History::of(12).assess();
    for by in [SortBy::Merged, SortBy::Number, SortBy::Title, SortBy::Author, SortBy::Lines, SortBy::Gaps] {
        for descending in [false, true] {
            let page = views::changes(&assessment, "", Sort { by, descending }, 0, 200).page;
            let merged: Vec<&str> = page.rows.iter().map(|row| row.merged_at.as_str()).collect();
            let is_unique = matches!(by, SortBy::Merged | SortBy::Number | SortBy::Title);
            let mut sorted = merged.clone();
            sorted.sort_unstable();
            if by != SortBy::Title && is_unique && descending {
                sorted.reverse();
            }
            if by != SortBy::Title {
                assert_eq!(merged, sorted, "{by:?} {descending}");
            }
        }
    }
}

/// Every query that the app offers finds as many changes as it says.
#[test]
fn every_offered_query_finds_what_its_count_says() {
    for assessment in [small().assessment, violated().assess()] {
        let count = |query: &str| views::changes(&assessment, query, Sort::default(), 0, 0).page.total;
        let overview = views::overview(&assessment);
        for step in &overview.funnel {
            assert_eq!(u64::from(count(&step.query)), step.proven, "{}", step.query);
            for lost in &step.lost {
                assert_eq!(u64::from(count(&lost.query)), lost.count, "{}", lost.query);
            }
        }
        for (_, expected, query) in &overview.ai {
            assert_eq!(u64::from(count(query)), *expected, "{query}");
        }
        for closer in closers::closers(&assessment) {
            assert_eq!(u64::from(count(&closer.query)), closer.changes, "{}", closer.query);
        }
        for fact in facts::facts(&assessment).iter().filter(|fact| !fact.query.is_empty()) {
            assert_eq!(u64::from(count(&fact.query)), fact.count, "{}", fact.query);
        }
        for facet in views::changes(&assessment, "", Sort::default(), 0, 0).facets {
            for value in facet.values {
                assert_eq!(count(&value.term), value.count, "{}", value.term);
            }
        }
        for columns in [Columns::Month, Columns::Repository, Columns::Status] {
            for row in matrices(&assessment, columns) {
                if !row.is_population {
                    assert_eq!(count(&row.query_unmet), row.totals.unmet, "{}", row.query_unmet);
                    assert_eq!(count(&row.query_unproven), row.totals.unproven, "{}", row.query_unproven);
                }
                let unmet: u32 = row.cells.iter().map(|cell| cell.unmet).sum();
                assert!(row.is_population || unmet == row.totals.unmet, "{}", row.id);
            }
        }
    }
}

fn matrices(assessment: &Assessment, columns: Columns) -> Vec<lacuna::protocol::MatrixRow> {
    let ids = assessment.packs.iter().map(|pack| pack.id.clone());
    let matrices = ids.filter_map(|id| views::matrix(assessment, &id, columns));
    matrices.flat_map(|matrix| matrix.groups).flat_map(|group| group.rows).collect()
}

/// A history in which some changes lack everything and one is approved by its author.
fn violated() -> History {
    let mut history = History::of(9);
    history.cases.iter_mut().step_by(3).for_each(Case::leave_out_everything);
    let change = &mut history.cases[4].change;
    for review in change.reviews.iter_mut().flatten() {
        review.author = change.author.clone();
    }
    history
}

#[test]
fn the_chain_of_accountability_names_each_role_or_says_what_is_not_known() {
    let assessment = violated().assess();
    let shown = views::change(&assessment, "acme/pay#2", "", Sort::default()).unwrap();
    let roles: Vec<&str> = shown.chain.iter().map(|step| step.role.as_str()).collect();
    assert_eq!(roles, ["Asked for", "Prompted", "Wrote", "Answers for it", "Approved", "Merged", "Released"]);
    let who: Vec<&str> = shown.chain.iter().map(|step| step.who.as_str()).collect();
    assert_eq!(who, ["#9002", "ana", "claude, claude-opus-4-1", "ana", "leila", "noor", "noor"]);
    assert!(shown.chain[2].is_machine && !shown.chain[3].is_machine);
    assert!(shown.chain.iter().all(|step| step.evidence.is_some()));
    assert_eq!((shown.position, shown.of), (2, 9));
    assert_eq!((shown.previous.as_deref(), shown.next.as_deref()), (Some("acme/pay#1"), Some("acme/pay#3")));
    let bare = views::change(&assessment, "acme/pay#1", "", Sort::default()).unwrap();
    for role in ["Asked for", "Prompted", "Approved", "Merged"] {
        let step = bare.chain.iter().find(|step| step.role == role).unwrap();
        assert_eq!((step.who.as_str(), step.verdict), ("not known", Verdict::Unproven), "{role}");
    }
    let own = views::change(&assessment, "acme/pay#5", "", Sort::default()).unwrap();
    let approved = own.chain.iter().find(|step| step.role == "Approved").unwrap();
    assert_eq!((approved.who.as_str(), approved.verdict), ("ana", Verdict::Unmet));
    assert_eq!(views::change(&assessment, "acme/pay#99", "", Sort::default()), None);
}

#[test]
fn a_change_outside_its_query_has_no_neighbours() {
    let assessment = small().assessment;
    let shown = views::change(&assessment, "acme/pay#1", "standing:unapproved", Sort::default()).unwrap();
    assert_eq!((shown.position, shown.of, shown.previous, shown.next), (0, 1, None, None));
    assert!(shown.verdicts.is_sorted_by_key(|row| std::cmp::Reverse(row.verdict)));
}

#[test]
fn the_gap_adds_up() {
    let assessment = small().assessment;
    let gap = assessment.gap();
    assert_eq!(gap.on_paper, gap.substantiated + gap.contradicted + gap.unevidenced);
    let total: usize = Standing::ALL
        .iter()
        .map(|standing| ids(&assessment, &format!("standing:{}", standing.slug())).len())
        .sum();
    assert_eq!(total as u64, gap.merged);
}

#[test]
fn the_order_of_the_files_changes_no_byte() {
    let (one, other) = (small(), open(FILES.iter().rev()));
    assert_eq!(json::write(&one), json::write(&other));
    assert_eq!(csv::write(&one), csv::write(&other));
    assert_eq!(html::write(&one), html::write(&other));
}

#[test]
fn the_json_is_what_its_schema_says() {
    let schema: Value = serde_json::from_str(include_str!("../docs/schema/assessment-v1.json")).unwrap();
    for bundle in [small(), open([].iter())] {
        let value: Value = serde_json::from_str(&json::write(&bundle)).unwrap();
        assert_eq!(common::schema::problems(&schema, &value), Vec::<String>::new());
    }
}

#[test]
fn the_json_says_what_the_overview_says() {
    let bundle = small();
    let value: Value = serde_json::from_str(&json::write(&bundle)).unwrap();
    assert_eq!(value["gap"]["merged"], 8);
    assert_eq!(value["changes"].as_array().map(Vec::len), Some(8));
    let approved = &value["changes"][1]["verdicts"]["review.independent"];
    assert_eq!(approved["verdict"], "unmet");
    assert_eq!(approved["evidence"][0]["file"], "prs.json");
    assert_eq!(approved["evidence"][0]["pointer"], "/1/reviews/0");
    insta::assert_json_snapshot!(
        "gap_and_funnel",
        serde_json::json!({ "gap": value["gap"], "funnel": value["funnel"] })
    );
    insta::assert_json_snapshot!("one_change", value["changes"][3]);
}

#[test]
fn no_formula_reaches_a_spreadsheet() {
    let text = csv::write(&small());
    assert!(text.contains("\"'=HYPERLINK("), "the title of #6 begins with an apostrophe");
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let mut rows = 0;
    for record in reader.records().map(Result::unwrap) {
        assert!(
            record.iter().all(|field| !field.starts_with(['=', '+', '-', '@', '\t', '\r'])),
            "{record:?}"
        );
        rows += 1;
    }
    assert_eq!(rows, 8 * lacuna::query::filter::evaluated().count());
}

#[test]
fn the_report_has_no_script_no_link_out_and_no_foreign_markup() {
    let report = html::write(&small());
    assert!(report.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(report.contains("default-src 'none'; style-src 'sha256-"));
    for forbidden in
        ["<script", "<img", "<link", "<iframe", "<object", "href=\"http", " style=\"", " src=", "url("]
    {
        assert!(!report.contains(forbidden), "{forbidden}");
    }
    // In a tag, ` on…=` would be a handler.
    for tag in report.split('<').filter_map(|part| part.split_once('>')).map(|(tag, _)| tag) {
        let attributes = tag.split('"').step_by(2);
        assert!(attributes.into_iter().all(|name| !name.trim_start().starts_with("on")), "{tag}");
    }
    assert!(!report.to_lowercase().contains("compliant"), "the conclusion is a person's");
}

#[test]
fn the_report_carries_what_it_rests_on() {
    let bundle = small();
    let report = html::write(&bundle);
    for file in &bundle.assessment.store.files {
        let digest: String = file.sha256.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(report.contains(&digest), "{}", file.path);
    }
    for pack in &bundle.assessment.packs {
        assert!(report.contains(&pack.sha256), "{}", pack.id);
    }
    for part in [
        "Policy",
        "Signatures of commits are not checked",
        "scan.ran",
        env!("CARGO_PKG_VERSION"),
        &bundle.sha256,
    ] {
        assert!(report.contains(part), "{part}");
    }
}

#[test]
fn tags_of_the_report_are_balanced() {
    let report = html::write(&small());
    let mut open: Vec<&str> = Vec::new();
    for (at, _) in report.match_indices('<') {
        let end = at + report[at..].find('>').unwrap();
        let inside = &report[at + 1..end];
        let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if inside.ends_with('/') || matches!(name, "!doctype" | "meta" | "br") {
            continue;
        }
        if inside.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "at {}", &report[at.saturating_sub(80)..end]);
        } else {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

/// A public repository with source provenance; its notes, envelopes, levels and control lists were also counted with git and
/// another JSON reader.
#[test]
fn the_facts_of_a_public_repository_are_counted_right() {
    let samples = std::env::var_os("LACUNA_SAMPLES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let folder = samples.join("slsa-source-track");
    if !folder.is_dir() {
        println!("skipped: no samples at {}", folder.display());
        return;
    }
    let bundles =
        ["source-tool-main.blobless.bundle", "source-tool-notes.bundle"].map(|name| folder.join(name));
    let found = disk::find(&bundles, &Limits::default());
    let assessment = Engine::new(found.roots, Options::default()).run().assessment;
    let facts = facts::facts(&assessment);
    let fact = |id: &str| facts.iter().find(|fact| fact.id == id).map(|fact| (fact.count, fact.of));
    for (id, expected) in [
        ("history", (298, 0)),
        ("merger-named", (222, 298)),
        ("self-merged", (143, 222)),
        ("bot-merged", (57, 222)),
        ("statement-notes", (248, 298)),
        ("envelope-sigstore", (482, 513)),
        ("envelope-dsse", (27, 513)),
        ("envelope-sigstore-odd", (4, 513)),
        ("level SLSA_SOURCE_LEVEL_3", (221, 259)),
        ("control-lists", (202, 0)),
        ("control-lists-review", (0, 202)),
        ("ai-attested", (3, 3)),
    ] {
        assert_eq!(fact(id), Some(expected), "{id}");
    }
}
