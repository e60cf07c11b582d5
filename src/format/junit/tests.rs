use proptest::prelude::*;

use super::*;
use crate::format::detect::HEAD_BYTES;
use crate::source::Limits;

#[derive(Debug)]
struct Run {
    name: String,
    commit: String,
    outcome: Outcome,
    counts: (u32, u32, u32),
    started: Option<Moment>,
}

#[derive(Debug, Default)]
struct Kept {
    runs: Vec<Run>,
    problems: Vec<Problem>,
}

impl Records for Kept {
    fn record(&mut self, _: At, record: Record<'_>) {
        let Record::TestRun(run) = record else { panic!("a report gave {}", record.noun()) };
        assert!(run.is_test);
        self.runs.push(Run {
            name: run.name.into_owned(),
            commit: run.commit.into_owned(),
            outcome: run.outcome,
            counts: run.counts.unwrap(),
            started: run.started,
        });
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

impl Kept {
    fn only(&self) -> (Outcome, (u32, u32, u32)) {
        assert_eq!(self.runs.len(), 1, "{:?}", self.problems);
        (self.runs[0].outcome, self.runs[0].counts)
    }

    fn kinds(&self) -> Vec<Kind> {
        self.problems.iter().map(|problem| problem.kind).collect()
    }
}

fn report(bytes: impl AsRef<[u8]>) -> Kept {
    let mut kept = Kept::default();
    let limits = Limits::default();
    let context = Context { path: "junit.xml", limits: &limits };
    if let Err(problem) = read(bytes.as_ref(), &context, &mut kept) {
        kept.problems.push(problem);
    }
    kept
}

fn recognised(text: &str) -> bool {
    let bytes = text.as_bytes();
    recognise(&Head::new("x", &bytes[..bytes.len().min(HEAD_BYTES)], true)).is_some()
}

fn sample(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("LACUNA_SAMPLES").map_or_else(
        || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        std::path::PathBuf::from,
    );
    let path = root.join("junit").join(name);
    if !path.is_file() {
        println!("skipped: no samples at {}", path.display());
        return None;
    }
    Some(std::fs::read(path).unwrap())
}

#[test]
fn nested_suites_are_counted_once() {
    let Some(bytes) = sample("junit.xml") else { return };
    let kept = report(&bytes);
    assert_eq!(kept.only(), (Outcome::Failed, (9, 1, 0)));
    assert_eq!(kept.runs[0].name, "Tests.Registration, Tests.Authentication");
    assert!(kept.problems.is_empty() && kept.runs[0].commit.is_empty());
}

#[test]
fn a_report_with_mismatched_tags_is_malformed_at_its_line() {
    let Some(bytes) = sample("junit-invalid.xml") else { return };
    assert!(recognised(std::str::from_utf8(&bytes).unwrap()));
    let kept = report(&bytes);
    assert_eq!((kept.only().0, kept.kinds()), (Outcome::Failed, vec![Kind::Malformed]));
    assert_eq!(kept.problems[0].at.line, 22);
}

#[test]
fn every_report_in_an_archive_of_a_real_build_is_read() {
    let Some(bytes) = sample("tests.tar.gz") else { return };
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let mut totals = (0, 0, 0);
    for entry in archive.entries().unwrap() {
        let mut text = String::new();
        let mut entry = entry.unwrap();
        if entry.path().unwrap().extension().is_none_or(|ending| ending != "xml")
            || std::io::Read::read_to_string(&mut entry, &mut text).is_err()
            || !recognised(&text)
        {
            continue;
        }
        let kept = report(&text);
        assert!(kept.problems.is_empty(), "{:?}", kept.problems);
        let counts = kept.only().1;
        totals = (totals.0 + counts.0, totals.1 + counts.1, totals.2 + counts.2);
        assert_eq!(kept.runs[0].started.map(Moment::date).as_deref(), Some("2024-12-10"));
        assert!(kept.runs[0].name.starts_with("org.springframework.samples.petclinic."));
    }
    assert_eq!(totals, (47, 2, 0));
}

#[test]
fn failures_errors_and_skips_are_told_apart() {
    let kept = report(
        r#"<testsuite name="a" tests="6" failures="1" errors="1" skipped="1">
        <testcase name="1"/><testcase name="2"><failure/></testcase><testcase name="3"><error/></testcase>
        <testcase name="4"><skipped/></testcase><testcase name="5"><flakyFailure/></testcase>
        <testcase name="6"><system-out>x</system-out></testcase></testsuite>"#,
    );
    assert_eq!(kept.only(), (Outcome::Failed, (5, 2, 1)));
    assert!(kept.problems.is_empty(), "{:?}", kept.problems);
}

#[test]
fn a_test_that_passed_after_a_rerun_passed_and_one_that_never_did_failed() {
    let flaky =
        r#"<testsuite tests="1" failures="0"><testcase><flakyFailure/><flakyError/></testcase></testsuite>"#;
    assert_eq!(report(flaky).only(), (Outcome::Passed, (1, 0, 0)));
    let failed = r#"<testsuite tests="1" failures="1"><testcase><failure/><rerunFailure/><rerunFailure/></testcase></testsuite>"#;
    let kept = report(failed);
    assert_eq!(kept.only(), (Outcome::Failed, (1, 1, 0)));
    assert!(kept.problems.is_empty(), "{:?}", kept.problems);
}

#[test]
fn totals_that_disagree_are_a_conflict_and_no_proof_of_passing() {
    for text in [
        r#"<testsuites><testsuite tests="3"><testcase/><testcase/></testsuite></testsuites>"#,
        r#"<testsuites><testsuite tests="1" failures="1"><testcase/></testsuite></testsuites>"#,
        r#"<testsuites tests="5"><testsuite tests="1"><testcase/></testsuite></testsuites>"#,
        r#"<testsuite tests="4" failures="0"/>"#,
    ] {
        let kept = report(text);
        assert_eq!((kept.only().0, kept.kinds()), (Outcome::Unknown, vec![Kind::Conflict]), "{text}");
        assert_eq!(kept.problems[0].at.line, 1);
    }
}

#[test]
fn totals_may_include_inner_suites_or_not() {
    for tests in [1, 2] {
        let kept = report(format!(
            r#"<testsuite tests="{tests}"><testcase/><testsuite tests="1"><testcase/></testsuite></testsuite>"#
        ));
        assert_eq!((kept.only().0, kept.problems.len()), (Outcome::Passed, 0));
    }
}

#[test]
fn a_suite_that_could_not_be_set_up_is_a_failure() {
    assert_eq!(report("<testsuite><error/></testsuite>").only().0, Outcome::Failed);
}

#[test]
fn only_skipped_tests_prove_nothing_and_no_tests_even_less() {
    assert_eq!(report("<testsuite><testcase><skipped/></testcase></testsuite>").only().0, Outcome::Skipped);
    let empty = report("<testsuites/>");
    assert_eq!((empty.only().0, empty.kinds()), (Outcome::Unknown, vec![Kind::MissingField]));
}

#[test]
fn the_commit_comes_from_a_property_of_the_build_and_not_of_a_case() {
    let commit = "AB".repeat(20);
    let with = |name: &str, inside: &str| {
        report(format!(
            r#"<testsuite><properties><property name="{name}" value="{commit}"/></properties><testcase>{inside}</testcase></testsuite>"#
        ))
    };
    for name in ["commit", "git.commit", "revision", "sha", "GITHUB_SHA"] {
        assert_eq!(with(name, "").runs[0].commit, commit.to_lowercase(), "{name}");
    }
    let inside = format!(r#"<properties><property name="sha" value="{commit}"/></properties>"#);
    assert_eq!(with("os.name", &inside).runs[0].commit, "");
    let other = format!(
        r#"<testsuites><properties><property name="sha" value="{}"/><property name="commit" value="{commit}"/><property name="sha" value="abc"/></properties><testcase/></testsuites>"#,
        "0".repeat(40)
    );
    let kept = report(other);
    assert_eq!((kept.runs[0].commit.as_str(), kept.kinds()), ("", vec![Kind::Conflict, Kind::WrongType]));
}

#[test]
fn the_earliest_time_is_the_start_and_nonsense_is_reported() {
    let kept = report(
        r#"<testsuites name="all"><testsuite name="b" timestamp="2024-12-10T11:55:34"><testcase/></testsuite>
        <testsuite timestamp="2024-12-10T12:00:00+01:00"><testcase/></testsuite><testsuite timestamp="noon"/></testsuites>"#,
    );
    assert_eq!(kept.runs[0].started, Moment::parse("2024-12-10T11:00:00Z"));
    assert_eq!((kept.runs[0].name.as_str(), kept.kinds()), ("all", vec![Kind::WrongType]));
    assert_eq!(kept.problems[0].at.line, 2);
}

#[test]
fn a_cut_report_keeps_its_counts_and_passes_nothing() {
    let text = "<testsuite tests=\"2\">\n<testcase name=\"1\"/>\n<testcase name=\"2\">";
    for cut in [text, &text[..text.len() - 3]] {
        let kept = report(cut);
        assert_eq!((kept.only().0, kept.kinds()), (Outcome::Unknown, vec![Kind::CutShort]), "{cut}");
        assert_eq!(kept.only().1, (1, 0, 0));
        assert_eq!(kept.problems[0].at.line, 3);
    }
}

#[test]
fn declarations_of_entities_are_refused_and_never_expanded() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><testsuite name="&b;"><testcase/></testsuite>"#;
    assert!(recognised(bomb));
    let kept = report(bomb);
    assert_eq!(kept.kinds(), [Kind::Refused]);
    let plain =
        report(r#"<!DOCTYPE testsuite SYSTEM "x.dtd"><testsuite name="&b;&amp;"><testcase/></testsuite>"#);
    assert_eq!(plain.only().0, Outcome::Passed);
}

#[test]
fn nesting_over_the_bound_ends_the_reading() {
    let deep = "<testsuite>".repeat(100_000);
    assert_eq!(report(deep).kinds(), [Kind::OverLimit]);
}

#[test]
fn bytes_that_are_not_utf8_are_reported() {
    assert_eq!(report(b"<testsuite name=\"\xff\"/>").kinds(), [Kind::InvalidUtf8]);
}

#[test]
fn only_reports_are_recognised() {
    assert!(recognised("\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><!DOCTYPE testsuites>\n<testsuites>"));
    assert!(recognised("<report><testsuite name=\"x\">"));
    for text in [
        "",
        "<coverage/>",
        "<html><body><testsuite>",
        "{\"testsuite\":1}",
        "<testsuites",
        "<!-- <testsuite> ",
    ] {
        assert!(!recognised(text), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_crashes_the_reader(text in "[<>/!?a-f\"'= &;\\[\\]\n-]{0,200}") {
        report(&text);
        recognised(&text);
    }

    #[test]
    fn a_cut_anywhere_never_passes(at in 0_usize..180) {
        let text = "<?xml version=\"1.0\"?><testsuites><testsuite tests=\"3\" failures=\"1\"><testcase/><testcase><failure/></testcase><testcase/></testsuite></testsuites>";
        let cut = &text[..at.min(text.len() - 1)];
        let kept = report(cut);
        prop_assert!(kept.runs.iter().all(|run| run.outcome != Outcome::Passed), "{cut} {kept:?}");
        prop_assert!(!kept.problems.is_empty());
    }
}
