//! Claims about papers that need no bundle.

use super::*;
use crate::model::Verdict;
use proptest::prelude::*;

const AT: &str = "2026-07-01T09:00:00Z";
const POPULATION: &str = "aa";

fn at(minute: usize) -> String {
    format!("2026-07-01T10:{minute:02}:00Z")
}

fn opened() -> Paper {
    let mut paper = Paper::new();
    let basis = Basis {
        title: "Changes 2026".into(),
        population_sha256: POPULATION.into(),
        population_size: 40,
        ..Basis::default()
    };
    paper.add(AT, "Ada", Body::Opened(Box::new(basis))).expect("opened");
    paper
}

fn sampled() -> Paper {
    let mut paper = opened();
    let item = |number: u64| Item { number, id: format!("acme/pay#{number}"), ..Item::default() };
    let step = |criterion: &str| TestStep { criterion: criterion.into(), ..TestStep::default() };
    let control = |id: &str, criteria: &[&str]| ControlTested {
        framework: "soc2".into(),
        id: id.into(),
        title: "A control".into(),
        criteria: criteria.iter().map(|id| (*id).to_owned()).collect(),
    };
    let sample = Sampled {
        method: "simple".into(),
        seed: 7,
        size: 3,
        frame: 40,
        population_sha256: POPULATION.into(),
        items: (1..=3).map(item).collect(),
        controls: vec![control("CC8.1", &["review.human"]), control("CC1.5", &["tests.ran"])],
        steps: vec![step("review.human"), step("tests.ran")],
        ..Sampled::default()
    };
    paper.add(AT, "Ada", Body::Sampled(Box::new(sample))).expect("sampled");
    paper
}

fn result(number: u64, criterion: &str, result: Outcome, tool: Verdict, reason: &str) -> Body {
    Body::Tested(Box::new(Tested {
        item: format!("acme/pay#{number}"),
        criterion: criterion.into(),
        result,
        note: String::new(),
        reason: reason.into(),
        tool,
        tool_reason: String::new(),
        bundle_sha256: String::new(),
        pins: Vec::new(),
    }))
}

fn pass(number: u64, criterion: &str) -> Body {
    result(number, criterion, Outcome::Pass, Verdict::Met, "")
}

fn exception(number: u64, criterion: &str) -> Body {
    result(number, criterion, Outcome::Exception, Verdict::Unmet, "")
}

fn concluded(conclusion: Conclusion) -> Body {
    Body::Concluded(Concluded {
        framework: "soc2".into(),
        control: "CC8.1".into(),
        conclusion,
        basis: "the sample".into(),
    })
}

fn signed(role: &str) -> Body {
    Body::Signed(Signed { framework: "soc2".into(), control: "CC8.1".into(), role: role.into() })
}

fn note(text: &str) -> Body {
    Body::Noted(Noted { item: String::new(), text: text.into() })
}

fn finding() -> Body {
    Body::Finding(Box::new(FindingText {
        id: "F-abc123".into(),
        condition: "Not reviewed".into(),
        criterion: "CC8.1".into(),
        owner: "Bo".into(),
        items: vec!["acme/pay#1".into()],
        ..FindingText::default()
    }))
}

fn moved(from: Stage, to: Stage) -> Body {
    Body::Moved(Moved { finding: "F-abc123".into(), from, to, note: "seen".into() })
}

fn with(mut paper: Paper, by: &str, bodies: Vec<Body>) -> Paper {
    for body in bodies {
        let minute = paper.entries().len();
        paper.add(&at(minute), by, body).expect("an entry");
    }
    paper
}

fn worked() -> Paper {
    let all =
        [1, 2, 3].into_iter().flat_map(|number| [pass(number, "review.human"), pass(number, "tests.ran")]);
    let mut bodies: Vec<Body> = all.collect();
    bodies.extend([finding(), note("asked the owner"), concluded(Conclusion::Effective), signed("preparer")]);
    with(sampled(), "Ada", bodies)
}

/// Returns the first entry that does not hold in a file.
fn broken_at(text: &str) -> Option<u64> {
    Paper::read(text).expect("a file").state().faults.first().map(|fault| fault.entry)
}

/// Changes the entries of a file.
fn edited(paper: &Paper, edit: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut file: Value = serde_json::from_str(&paper.write()).expect("JSON");
    edit(file["entries"].as_array_mut().expect("entries"));
    file.to_string()
}

#[test]
fn a_paper_that_nobody_touched_holds_and_reads_back_the_same() {
    let paper = worked();
    assert!(paper.state().is_intact(), "{:?}", paper.state().faults);
    let again = Paper::read(&paper.write()).expect("a file");
    assert_eq!(again, paper);
    assert_eq!(again.write(), paper.write());
    assert!(paper.write().starts_with("{\n\"schema\": \"lacuna.workpaper/v1\""));
}

#[test]
fn the_first_entry_that_was_edited_removed_moved_or_put_in_is_named() {
    let paper = worked();
    let edit = |entries: &mut Vec<Value>| entries[3]["body"]["note"] = "looked fine".into();
    assert_eq!(broken_at(&edited(&paper, edit)), Some(4));
    assert_eq!(broken_at(&edited(&paper, |entries| drop(entries.remove(3)))), Some(4));
    assert_eq!(broken_at(&edited(&paper, |entries| entries.swap(3, 4))), Some(4));
    let put_in = |entries: &mut Vec<Value>| {
        let copy = entries[2].clone();
        entries.insert(3, copy);
    };
    assert_eq!(broken_at(&edited(&paper, put_in)), Some(4));
    assert_eq!(
        broken_at(&edited(&paper, |entries| entries[3]["at"] = "2026-07-02T00:00:00Z".into())),
        Some(4)
    );
    assert_eq!(broken_at(&edited(&paper, |entries| entries[3]["by"] = "Eve".into())), Some(4));
    assert_eq!(broken_at(&edited(&paper, |entries| entries[3]["more"] = true.into())), Some(4));
    // Who makes the entry fit its own hash again breaks the next one.
    let rehashed = |entries: &mut Vec<Value>| {
        entries[3]["by"] = "Eve".into();
        let hash = canonical::hash(entries[3].as_object().expect("an entry"));
        entries[3]["hash"] = hash.into();
    };
    assert_eq!(broken_at(&edited(&paper, rehashed)), Some(5));
}

#[test]
fn nothing_behind_the_first_misfit_counts_and_nothing_can_be_added() {
    let text = edited(&worked(), |entries| entries[3]["by"] = "Eve".into());
    let mut paper = Paper::read(&text).expect("a file");
    let state = paper.state();
    assert_eq!(state.items.iter().map(|item| item.tested).sum::<u64>(), 1);
    assert!(state.findings.is_empty() && !state.controls[0].is_signed());
    assert!(paper.add(&at(50), "Ada", note("later")).is_err());
}

#[test]
fn members_that_this_version_does_not_know_are_kept() {
    let text = worked().write().replacen("\"entries\"", "\"later\": {\"a\": [1, null]},\n\"entries\"", 1);
    let paper = Paper::read(&text).expect("a file");
    assert!(paper.state().is_intact());
    assert!(paper.write().contains("\"later\": {\"a\":[1,null]}"));
    // Inside an entry too: they are under its hash, and go on with it.
    let mut paper = opened();
    let mut raw = paper.entries[0].raw.clone();
    raw.insert("later".into(), Value::from(1));
    paper.entries.clear();
    let entry = paper.chained(raw);
    paper.entries.push(entry);
    let again = Paper::read(&paper.write()).expect("a file");
    assert!(again.state().is_intact());
    assert!(again.write().contains("\"later\": 1"));
}

#[test]
fn what_cannot_be_read_one_way_only_is_refused() {
    let text = worked().write();
    let refused = |text: String| Paper::read(&text).expect_err("refused");
    assert!(refused(text.replacen("workpaper/v1", "workpaper/v2", 1)).contains("lacuna.workpaper/v2"));
    assert!(
        refused(text.replacen("\"by\": \"Ada\"", "\"by\": \"Eve\", \"by\": \"Ada\"", 1)).contains("twice")
    );
    assert!(refused(text.replacen("\"number\": 1", "\"number\": 1.0", 1)).contains("1.0"));
    assert!(refused(text.replacen("Changes 2026", &"x".repeat(MOST_TEXT + 1), 1)).contains("at most"));
    for text in [
        "",
        "[]",
        "{}",
        "{\"schema\":\"lacuna.workpaper/v1\"}",
        "{\"schema\":\"lacuna.workpaper/v1\",\"entries\":[]}",
        "{\"schema\":\"lacuna.workpaper/v1\",\"entries\":[1]}",
        "{\"schema\":1,\"entries\":[{}]}",
    ] {
        refused(text.to_owned());
    }
    // An empty entry can be read, and does not hold.
    assert_eq!(broken_at("{\"schema\":\"lacuna.workpaper/v1\",\"entries\":[{}]}"), Some(1));
}

#[test]
fn an_entry_needs_a_time_a_person_and_a_paper_to_be_in() {
    let mut paper = sampled();
    for (at, by) in
        [("2026-07-01", "Ada"), ("2026-07-01T09:00:00+02:00", "Ada"), (AT, ""), (AT, " "), (AT, "A\nB")]
    {
        assert!(paper.add(at, by, note("x")).is_err(), "{at} {by}");
    }
    assert!(Paper::new().add(AT, "Ada", note("x")).is_err());
    assert!(
        paper
            .add(AT, "Ada", Body::Opened(Box::new(Basis { title: "again".into(), ..Basis::default() })))
            .is_err()
    );
    assert_eq!(paper.entries().len(), 2);
}

#[test]
fn a_result_that_is_not_the_tools_needs_a_reason_and_the_tools_stays() {
    let mut paper = sampled();
    for (found, tool) in [
        (Outcome::Pass, Verdict::Unmet),
        (Outcome::Pass, Verdict::Unproven),
        (Outcome::Exception, Verdict::Met),
        (Outcome::Exception, Verdict::NotApplicable),
        (Outcome::NotTested, Verdict::Met),
    ] {
        assert!(
            paper.add(AT, "Ada", result(1, "tests.ran", found, tool, " ")).is_err(),
            "{found:?} {tool:?}"
        );
        paper
            .add(AT, "Ada", result(1, "tests.ran", found, tool, "seen on the CI itself"))
            .expect("with a reason");
    }
    let state = paper.state();
    let results = &state.items[0].steps[0].results;
    assert_eq!(results.len(), 5);
    assert_eq!(results[0].said.tool, Verdict::Unmet);
}

#[test]
fn only_what_was_drawn_can_be_tested() {
    let mut paper = sampled();
    assert!(paper.add(AT, "Ada", pass(9, "tests.ran")).is_err());
    assert!(paper.add(AT, "Ada", pass(1, "scan.ran")).is_err());
}

#[test]
fn a_finding_goes_only_the_allowed_ways() {
    use Stage::{Closed, Open, Remediated, Retested};
    let ways: [(&[Stage], Stage); 4] = [
        (&[], Open),
        (&[Remediated], Remediated),
        (&[Remediated, Retested], Retested),
        (&[Remediated, Retested, Closed], Closed),
    ];
    let allowed = [
        (Open, Remediated),
        (Remediated, Retested),
        (Remediated, Open),
        (Retested, Closed),
        (Retested, Open),
    ];
    for (way, stage) in ways {
        for to in [Open, Remediated, Retested, Closed] {
            let mut paper = with(sampled(), "Ada", vec![finding()]);
            let mut from = Open;
            for &step in way {
                paper.add(AT, "Ada", moved(from, step)).expect("allowed");
                from = step;
            }
            let is_taken = paper.add(AT, "Ada", moved(stage, to)).is_ok();
            assert_eq!(is_taken, allowed.contains(&(stage, to)), "{stage:?} {to:?}");
        }
    }
    let mut paper = with(sampled(), "Ada", vec![finding()]);
    assert!(paper.add(AT, "Ada", moved(Remediated, Retested)).is_err(), "not the state that it is in");
}

#[test]
fn a_revised_finding_keeps_what_it_said_before() {
    let Body::Finding(first) = finding() else { panic!("a finding") };
    let again =
        FindingText { grade: Grade::High, cause: "no rule".into(), owner: "Cy".into(), ..*first.clone() };
    let last = FindingText { cause: "no rule asks for it".into(), ..again.clone() };
    let bodies = [again, last.clone()].map(|text| Body::Finding(Box::new(text)));
    let paper = with(sampled(), "Ada", vec![finding()]);
    let paper = with(paper, "Bo", bodies.to_vec());
    let state = paper.state();
    let found = &state.findings[0];
    assert_eq!(found.text, last);
    let was: Vec<_> =
        found.revised.iter().map(|row| (row.entry, row.kind.as_str(), row.words.as_str())).collect();
    assert_eq!(
        was,
        [(4, "Grade", "moderate"), (4, "Cause", ""), (4, "Owner", "Bo"), (5, "Cause", "no rule")]
    );
    assert!(found.revised.iter().all(|row| row.by == "Bo"));
    assert_eq!(found.history[1].words, "F-abc123 revised: grade, cause, owner");
    // The entries of before are as they were.
    assert_eq!(paper.entries()[2].body, Ok(finding()));
}

#[test]
fn what_was_not_tested_deviates_and_the_figures_are_recomputed() {
    let mut paper = with(sampled(), "Ada", vec![pass(1, "review.human"), exception(2, "review.human")]);
    let asked = Evaluated {
        framework: "soc2".into(),
        control: "CC8.1".into(),
        confidence: "0.95".into(),
        tolerable: "0.05".into(),
        ..Evaluated::default()
    };
    let found = fold::evaluate(&paper.state(), &asked).expect("figures");
    assert_eq!((found.size, found.deviations, found.untested, found.supports_reliance), (3, 2, 1, false));
    assert_eq!(found.rate, "0.666667");
    let better = Evaluated { deviations: 0, supports_reliance: true, ..found.clone() };
    assert!(paper.add(AT, "Ada", Body::Evaluated(better)).is_err());
    paper.add(AT, "Ada", Body::Evaluated(found)).expect("the figures");
    assert_eq!(paper.state().control("soc2", "CC8.1").expect("a control").evaluations.len(), 1);
}

#[test]
fn how_the_items_stand_is_what_an_evaluation_of_the_whole_counts() {
    let untestable = result(2, "review.human", Outcome::NotTested, Verdict::Met, "no access");
    let entries = [
        vec![],
        vec![pass(1, "review.human"), pass(1, "tests.ran")],
        vec![pass(1, "review.human"), pass(1, "tests.ran"), untestable, pass(2, "tests.ran")],
        vec![exception(1, "review.human"), pass(1, "tests.ran"), exception(2, "tests.ran")],
    ];
    let asked = Evaluated {
        confidence: "0.95".into(),
        tolerable: "0.05".into(),
        population: 40,
        ..Evaluated::default()
    };
    for bodies in entries {
        let mut paper = with(sampled(), "Ada", bodies);
        let found = fold::evaluate(&paper.state(), &asked).expect("figures");
        assert!(paper.state().standing().is_of(&found), "{:?} {found:?}", paper.state().standing());
        paper.add(AT, "Ada", Body::Evaluated(found.clone())).expect("an evaluation");
        let one_more = with(paper, "Ada", vec![pass(3, "review.human"), pass(3, "tests.ran")]);
        assert!(!one_more.state().standing().is_of(&found), "out of date");
    }
}

#[test]
fn the_bound_counts_over_what_the_samples_were_drawn_from() {
    let mut paper = sampled();
    assert_eq!(paper.state().drawn_from(), 40);
    let narrow = Sampled { population_sha256: POPULATION.into(), frame: 12, ..Sampled::default() };
    paper.add(AT, "Ada", Body::Sampled(Box::new(narrow))).expect("sampled");
    assert_eq!(paper.state().drawn_from(), 40, "two frames: the population");
}

#[test]
fn a_sign_off_needs_a_conclusion_and_is_out_of_date_once_something_changes() {
    let mut paper = sampled();
    assert!(paper.add(AT, "Ada", signed("preparer")).is_err());
    let paper = with(paper, "Ada", vec![concluded(Conclusion::Effective), signed("preparer")]);
    assert!(paper.state().controls[0].is_signed());
    let other = with(paper.clone(), "Ada", vec![pass(1, "tests.ran"), note("x")]);
    assert!(other.state().controls[0].is_signed(), "a step of another control");
    let changed = with(paper, "Ada", vec![exception(1, "review.human")]);
    assert!(!changed.state().controls[0].is_signed());
    let mut whole = changed;
    assert!(
        whole.add(AT, "Ada", Body::Signed(Signed { role: "preparer".into(), ..Signed::default() })).is_err()
    );
}

#[test]
fn whoever_reviews_their_own_work_is_remarked_on() {
    let own = with(worked(), "Ada", vec![signed("reviewer")]);
    assert!(own.state().remarks.iter().any(|remark| remark.text.contains("reviewer")));
    let other = with(worked(), "Bo", vec![signed("reviewer")]);
    assert!(other.state().remarks.is_empty(), "{:?}", other.state().remarks);
}

#[test]
fn merging_does_not_depend_on_the_order_and_keeps_both() {
    let base = sampled();
    let ada = with(base.clone(), "Ada", vec![pass(1, "tests.ran"), note("mine")]);
    let bo = with(base.clone(), "Bo", vec![pass(2, "tests.ran")]);
    let merged = merge(&ada, &bo, "Cy").expect("merged");
    assert_eq!(merged.write(), merge(&bo, &ada, "Cy").expect("merged").write());
    let state = merged.state();
    assert!(state.is_intact() && state.conflicts.is_empty(), "{state:?}");
    assert_eq!(state.items.iter().map(|item| item.tested).collect::<Vec<_>>(), [1, 1, 0]);
    // Where one goes on from the other there is nothing to merge.
    assert_eq!(merge(&base, &bo, "Cy"), Ok(bo.clone()));
    assert_eq!(merge(&bo, &base, "Cy"), Ok(bo.clone()));
    let mut other = opened();
    other.entries[0].raw.insert("by".into(), "Eve".into());
    let entry = Paper::new().chained(other.entries[0].raw.clone());
    assert_eq!(
        merge(&Paper { entries: vec![entry], beside: Map::new() }, &bo, "Cy"),
        Err(MergeError::Unrelated)
    );
}

#[test]
fn two_results_of_one_step_stand_beside_each_other_until_somebody_settles_it() {
    let base = sampled();
    let ada = with(base.clone(), "Ada", vec![pass(1, "tests.ran")]);
    let bo = with(base, "Bo", vec![exception(1, "tests.ran")]);
    let merged = merge(&ada, &bo, "Cy").expect("merged");
    let state = merged.state();
    assert!(state.is_intact(), "{:?}", state.faults);
    assert_eq!(state.conflicts.len(), 1);
    assert!(state.conflicts[0].contains("Ada") && state.conflicts[0].contains("Bo"));
    assert_eq!(state.items[0].steps[0].standing().len(), 2);
    assert_eq!(state.items[0].exceptions, 1, "the worse of both counts");
    let settled = with(merged, "Cy", vec![pass(1, "tests.ran")]).state();
    assert!(settled.conflicts.is_empty() && settled.items[0].exceptions == 0);
    assert_eq!(settled.items[0].steps[0].results.len(), 3, "all are kept");
}

#[test]
fn two_sign_offs_and_two_ways_of_a_finding_are_listed() {
    let base = with(sampled(), "Ada", vec![finding(), concluded(Conclusion::Effective)]);
    let way = || vec![moved(Stage::Open, Stage::Remediated), signed("preparer")];
    let mut other = way();
    other.push(moved(Stage::Remediated, Stage::Open));
    let merged = merge(&with(base.clone(), "Ada", way()), &with(base, "Bo", other), "Cy").expect("merged");
    let state = merged.state();
    assert!(state.is_intact(), "{:?}", state.faults);
    let listed: Vec<bool> = ["finding", "sign-off"]
        .iter()
        .map(|word| state.conflicts.iter().any(|line| line.starts_with(word)))
        .collect();
    assert_eq!(listed, [true, true], "{:?}", state.conflicts);
}

#[test]
fn a_sign_off_does_not_cover_what_the_other_side_did() {
    let base = with(sampled(), "Ada", vec![concluded(Conclusion::Effective)]);
    let ada = with(base.clone(), "Ada", vec![note("a"), note("b"), signed("preparer")]);
    let bo = with(base.clone(), "Bo", vec![exception(1, "review.human")]);
    // By time the sign-off comes last, and yet its person had not seen the exception.
    let merged = merge(&ada, &bo, "Cy").expect("merged");
    assert!(!merged.state().controls[0].is_signed());
    let harmless = with(base, "Bo", vec![pass(1, "tests.ran")]);
    assert!(merge(&ada, &harmless, "Cy").expect("merged").state().controls[0].is_signed());
}

#[test]
fn a_merged_paper_still_shows_what_was_changed_in_either() {
    let base = sampled();
    let ada = with(base.clone(), "Ada", vec![pass(1, "tests.ran"), note("mine")]);
    let bo = with(base, "Bo", vec![exception(1, "tests.ran")]);
    let merged = merge(&ada, &bo, "Cy").expect("merged");
    // Chained anew from the changed entry on, as somebody would who wants nothing to show.
    let mut forged = Paper { entries: Vec::new(), beside: Map::new() };
    for entry in merged.entries() {
        let mut raw = entry.raw.clone();
        if entry.by == "Bo" {
            raw.insert("by".into(), "Eve".into());
        }
        let entry = forged.chained(raw);
        forged.entries.push(entry);
    }
    let faults = forged.state().faults;
    assert_eq!(faults.first().map(|fault| fault.entry), Some(6), "{faults:?}");
    // And merging twice keeps both levels.
    let cy = with(merged.clone(), "Cy", vec![note("settling")]);
    let di = with(merged, "Di", vec![pass(1, "tests.ran")]);
    let twice = merge(&cy, &di, "Ed").expect("merged");
    assert!(twice.state().is_intact(), "{:?}", twice.state().faults);
}

#[test]
fn a_paper_that_does_not_hold_is_not_merged() {
    let bad = Paper::read(&edited(&worked(), |entries| entries[3]["by"] = "Eve".into())).expect("a file");
    assert!(matches!(merge(&worked(), &bad, "Cy"), Err(MergeError::Broken(1, _))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_byte_that_is_changed_shows_or_says_the_same(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let paper = worked();
        let mut bytes = paper.write().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        if let Ok(read) = Paper::read(&text)
            && read.state().is_intact()
        {
            // A blank in the place of a blank.
            prop_assert_eq!(read.entries(), paper.entries());
        }
    }

    #[test]
    fn any_text_can_be_read_without_a_panic(text in ".{0,200}", body in "[\\[\\]{}\":,a-z0-9]{0,80}") {
        Paper::read(&text).ok();
        let file = format!("{{\"schema\":\"{SCHEMA}\",\"entries\":[{{\"form\":1,\"kind\":\"noted\",\"body\":{body}}}]}}");
        if let Ok(paper) = Paper::read(&file) {
            prop_assert!(!paper.state().is_intact());
        }
    }
}
