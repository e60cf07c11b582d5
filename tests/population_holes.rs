//! What is missing from a population is named, each kind of hole as its own, and nothing else is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::history::{History, account};
use lacuna::assess::Assessment;
use lacuna::assess::population::HoleKind;
use lacuna::assess::registry::CriterionIndex;
use lacuna::model::record::{Outcome, PushKind, PushRecord};
use lacuna::model::{Stated, Verdict, Zone};
use lacuna::policy::{Effective, System};

fn kinds(assessment: &Assessment) -> Vec<(&'static str, String)> {
    assessment.holes.iter().map(|hole| (hole.kind.word(), hole.subject.clone())).collect()
}

fn verdict(assessment: &Assessment, id: &str) -> Verdict {
    assessment.population[CriterionIndex::of(id).unwrap().index()].verdict
}

fn push(kind: PushKind, before: &str, after: &str) -> PushRecord<'static> {
    PushRecord {
        repository: "acme/pay".into(),
        reference: "refs/heads/main".into(),
        kind,
        before: before.to_owned().into(),
        after: after.to_owned().into(),
        actor: Some(account("otto")),
        at: Some(History::start(2)),
    }
}

#[test]
fn a_whole_history_has_no_hole_and_is_reconciled() {
    let assessment = History::of(3).assess();
    assert_eq!(kinds(&assessment), []);
    for id in ["source-known", "complete", "reconciled", "untruncated"] {
        assert_eq!(verdict(&assessment, &format!("population.{id}")), Verdict::Met, "{id}");
    }
}

#[test]
fn a_force_push_leaves_completeness_unproven() {
    let mut history = History::of(3);
    history.pushes = vec![push(PushKind::Force, &"1a".repeat(20), &"2b".repeat(20))];
    let assessment = history.assess();
    assert_eq!(kinds(&assessment), [("force-push", "2b2b2b2".to_owned())]);
    assert!(assessment.holes[0].text.contains("force-pushed by “otto”"), "{}", assessment.holes[0].text);
    assert_eq!(verdict(&assessment, "population.complete"), Verdict::Unproven);
}

#[test]
fn pushes_of_changes_are_no_holes_and_those_of_nothing_are() {
    let mut history = History::of(3);
    let merge = history.cases[1].change.merge_commit.to_string();
    history.pushes = vec![push(PushKind::Push, "", &merge), push(PushKind::Push, &merge, &"2b".repeat(20))];
    let mut elsewhere = push(PushKind::Force, &merge, &"3c".repeat(20));
    elsewhere.reference = "refs/heads/feature".into();
    history.pushes.push(elsewhere);
    let assessment = history.assess();
    assert_eq!(kinds(&assessment), [("direct-push", "2b2b2b2".to_owned())]);
    assert_eq!(verdict(&assessment, "population.complete"), Verdict::Unmet);
}

#[test]
fn an_override_is_named_and_decides_nothing() {
    let mut history = History::of(3);
    history.pushes = vec![push(PushKind::Override, "", "")];
    let assessment = history.assess();
    assert_eq!(kinds(&assessment), [("override", "main".to_owned())]);
    assert_eq!(verdict(&assessment, "population.complete"), Verdict::Met);
}

#[test]
fn a_revision_that_the_forge_saw_and_the_history_lacks_breaks_the_line() {
    let mut history = History::of(3);
    history.cases[2].statement.facts.previous = "ab".repeat(20).into();
    let assessment = history.assess();
    assert_eq!(kinds(&assessment), [("broken-line", "abababa".to_owned())]);
    assert_eq!(verdict(&assessment, "population.complete"), Verdict::Unproven);
}

#[test]
fn a_release_of_no_change_contradicts_reconciliation() {
    let mut history = History::of(3);
    history.cases[2].deployment.commit = "ab".repeat(20).into();
    let assessment = history.assess();
    let expected = [("unknown-release", "abababa".to_owned()), ("not-yet-released", "acme/pay#3".to_owned())];
    assert_eq!(kinds(&assessment), expected);
    assert_eq!(verdict(&assessment, "population.reconciled"), Verdict::Unmet);
}

#[test]
fn changes_after_the_last_release_leave_it_unproven() {
    let mut history = History::of(3);
    history.cases[2].deployment.outcome = Outcome::Failed;
    let assessment = history.assess();
    assert_eq!(kinds(&assessment), [("not-yet-released", "acme/pay#3".to_owned())]);
    assert!(assessment.holes[0].is_note);
    assert_eq!(verdict(&assessment, "population.reconciled"), Verdict::Unproven);
}

#[test]
fn a_later_release_holds_the_changes_before_it() {
    let mut history = History::of(3);
    history.cases[0].deployment.outcome = Outcome::Failed;
    let assessment = history.assess();
    assert_eq!(kinds(&assessment), []);
    assert_eq!(verdict(&assessment, "population.reconciled"), Verdict::Met);
}

#[test]
fn without_deployments_nothing_is_reconciled_and_nothing_is_contradicted() {
    let mut history = History::of(2);
    for case in &mut history.cases {
        case.deployment.environment = "staging".into();
    }
    let assessment = history.assess();
    assert_eq!(kinds(&assessment), []);
    assert_eq!(verdict(&assessment, "population.reconciled"), Verdict::Unproven);
}

#[test]
fn missing_numbers_are_a_note_until_all_issues_are_known() {
    let mut history = History::of(5);
    for gone in [1, 2] {
        history.cases.remove(gone);
        history.line.remove(gone);
    }
    let numbers = |history: &History| {
        let assessment = history.assess();
        let hole = assessment.holes.iter().find(|hole| hole.kind == HoleKind::Numbers).cloned();
        hole.map(|hole| (hole.is_note, hole.text))
    };
    let (is_note, text) = numbers(&history).unwrap();
    assert!(
        is_note && text.starts_with("2 of the numbers from 1 to 5 of acme/pay") && text.contains("#2, #4."),
        "{text}"
    );
    history.issues = vec![2];
    for listed in [None, Some(false), Some(true)] {
        history.issues_listed = listed;
        let (is_note, text) = numbers(&history).unwrap();
        assert_eq!(is_note, listed != Some(true), "a list with closed issues, and nothing less: {listed:?}");
        assert!(text.contains("1 of the numbers from 1 to 5"), "{text}");
    }
    history.issues = vec![2, 4];
    assert_eq!(numbers(&history), None);
}

#[test]
fn months_without_any_change_are_named_up_to_now() {
    let mut history = History::of(2);
    history.policy.from = Stated::parse("2026-02-01").map(|date| date.within(Zone::UTC));
    history.policy.to = Stated::parse("2027-01-01").map(|date| date.within(Zone::UTC));
    history.policy.now = Stated::parse("2026-05-10").map(|date| date.within(Zone::UTC));
    let assessment = history.assess();
    let months: Vec<String> = assessment.holes.iter().map(|hole| hole.subject.clone()).collect();
    assert_eq!(months, ["2026-02", "2026-04", "2026-05"]);
    assert!(assessment.holes.iter().all(|hole| hole.kind == HoleKind::EmptyMonth && hole.is_note));
}

#[test]
fn a_cut_list_is_named() {
    let mut history = History::of(2);
    history.cut_at = Some(2);
    history.cases[1].change.truncated = vec![("reviews", 100)];
    let found = kinds(&history.assess());
    assert_eq!(found, [("truncated", "history".to_owned()), ("truncated", "acme/pay#2".to_owned())]);
}

#[test]
fn the_effective_date_is_that_of_the_release_where_it_is_asked_for() {
    let mut history = History::of(3);
    // The third is merged in the period and released after it.
    history.policy.to = history.cases[2].at(6);
    assert_eq!(history.assess().scope.len(), 3);
    history.policy.effective = Effective::Deployment;
    assert_eq!(history.assess().scope.len(), 2);
    history.cases[1].deployment.outcome = Outcome::Failed;
    history.policy.to = None;
    let assessment = history.assess();
    // A later release holds the second: it took effect when that one did.
    assert_eq!(assessment.effective(1), assessment.effective(2));
}

#[test]
fn reverts_and_cherry_picks_are_joined_with_what_they_undo_or_repeat() {
    let mut history = History::of(4);
    history.cases[1].change.title = "Revert \"Change 1\"".into();
    history.cases[1].change.body = "Reverts acme/pay#1".into();
    history.cases[2].change.base_branch = "release".into();
    let picked = format!("(cherry picked from commit {})", history.cases[0].change.merge_commit);
    history.cases[2].change.commits.as_mut().unwrap()[0].body = picked.into();
    history.cases[3].change.body = "Reverts #99".into();
    let assessment = history.assess();
    let store = &assessment.store;
    let told: Vec<String> = store
        .changes
        .iter()
        .flat_map(|change| change.repeats.of(&store.repeats).iter().map(move |repeat| (change, repeat)))
        .map(|(change, repeat)| {
            let other = repeat.other.map(|other| store.changes[other.index()].number);
            format!("#{} {} {other:?}", change.number, repeat.words())
        })
        .collect();
    assert_eq!(
        told,
        [
            "#1 is reverted by Some(2)",
            "#1 is cherry-picked by Some(3)",
            "#2 reverts Some(1)",
            "#3 is a cherry-pick of Some(1)",
            "#4 reverts None",
        ]
    );
    assert!(kinds(&assessment).contains(&("unknown-original", "acme/pay#4".to_owned())));
}

#[test]
fn the_same_commit_on_another_branch_is_a_cherry_pick() {
    let mut history = History::of(2);
    let (original, copy) = (history.cases[0].change.commits.clone().unwrap(), &mut history.cases[1].change);
    copy.base_branch = "release".into();
    let commit = &mut copy.commits.as_mut().unwrap()[0];
    (commit.authored, commit.subject) = (original[0].authored, original[0].subject.clone());
    let assessment = history.assess();
    let store = &assessment.store;
    let repeat = store.changes[1].repeats.of(&store.repeats);
    assert_eq!(repeat.len(), 1);
    assert!(!repeat[0].is_typed && repeat[0].words() == "is a cherry-pick of");
}

#[test]
fn numbers_in_the_body_of_a_merge_commit_are_read() {
    let mut history = History::of(2);
    history.line[1].subject = "Merge branch 'retry' into 'main'".into();
    history.line[1].body = "Retry captures\n\nSee merge request acme/pay!2".into();
    history.cases[1].change.merge_commit = "".into();
    let assessment = history.assess();
    assert_eq!(assessment.scope.len(), 2);
    assert_eq!(verdict(&assessment, "population.complete"), Verdict::Met);
}

#[test]
fn a_rule_of_the_policy_says_which_changes_belong_to_a_system() {
    let pack =
        || lacuna::framework::builtin().unwrap().into_iter().find(|pack| pack.id.starts_with("pci")).unwrap();
    let out = |history: &History| -> Vec<bool> {
        let assessment = history.assess_with(vec![pack()]);
        let control = assessment.packs[0].controls.iter().find(|control| !control.is_population()).unwrap();
        assert_eq!(control.system, "cde");
        assessment.predicates.iter().map(|predicates| !predicates.may_belong(control.system_bit)).collect()
    };
    let mut history = History::of(3);
    assert_eq!(out(&history), [false; 3], "without a rule every change stays in scope");
    let system = System { tag: "cde".into(), paths: vec!["src/card/**".into()], ..System::default() };
    history.policy.systems = vec![system];
    history.cases[0].change.files.as_mut().unwrap()[0].path = "src/card/capture.rs".into();
    history.cases[2].change.files = None;
    assert_eq!(out(&history), [false, true, false], "what does not say where it belongs is not left out");
}

#[test]
fn a_ticket_in_the_message_of_a_direct_push_is_its_ticket() {
    let mut history = History::of(3);
    history.push_directly("5e".repeat(20));
    history.line.last_mut().unwrap().body = "Fixes PAY-12".into();
    let assessment = history.assess();
    let store = &assessment.store;
    let pushed = store.changes.iter().find(|change| change.number == 0).expect("the push is a change");
    let tickets: Vec<&str> =
        pushed.tickets.of(&store.tickets).iter().map(|ticket| store.text(ticket.id)).collect();
    assert_eq!(tickets, ["PAY-12"]);
}
