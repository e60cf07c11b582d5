//! Criteria beyond review and AI, each with what makes it met, unmet, unproven, not applicable and excepted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::history::{Case, History, account, entry};
use lacuna::assess::registry::CriterionIndex;
use lacuna::model::Verdict::{self, Excepted, Met, NotApplicable, Unmet, Unproven};
use lacuna::model::record::{EntryRecord, FindingState, ItemRecord, Level, Register};
use lacuna::policy::Exception;

/// The verdict and reason of a criterion on the first of two changes, after something was done to it.
fn told(id: &str, mutate: impl FnOnce(&mut History)) -> (Verdict, String) {
    let mut history = History::of(2);
    mutate(&mut history);
    let finding = history.assess().explain(0, CriterionIndex::of(id).unwrap());
    (finding.verdict, finding.reason)
}

fn verdict(id: &str, mutate: impl FnOnce(&mut History)) -> Verdict {
    told(id, mutate).0
}

/// The verdict after something was done to the first change.
fn of_case(id: &str, mutate: impl FnOnce(&mut Case)) -> Verdict {
    verdict(id, |history| mutate(&mut history.cases[0]))
}

fn without(case: &mut Case, register: Register) {
    case.entries.retain(|entry| entry.register != register);
}

fn finding(state: FindingState, level: Level, severity: Option<u8>) -> ItemRecord<'static> {
    ItemRecord { state, level, severity, ..ItemRecord::field("rule", "src/a.rs:7") }
}

#[test]
fn an_exception_in_force_covers_every_criterion_that_is_not_met() {
    let exception = |id: &str| Exception {
        id: "EX-1".into(),
        criteria: vec![id.into()],
        changes: vec!["acme/pay#1".into()],
        owner: "Ana".into(),
        reason: "outage".into(),
        compensating_control: "looked at afterwards".into(),
        until: Some(History::start(400)),
        ..Exception::default()
    };
    for criterion in lacuna::assess::registry::CRITERIA {
        let (id, is_of_change) = (criterion.id, criterion.scope == lacuna::assess::registry::Scope::Change);
        // Its own times stay in order whatever is left out.
        if !is_of_change || !criterion.is_evaluated || id == "integrity.clock" {
            continue;
        }
        let found = verdict(id, |history| {
            history.cases.truncate(1);
            history.line.truncate(1);
            history.cases[0].leave_out_everything();
            history.policy.exceptions = vec![exception(id)];
        });
        assert_eq!(found, Excepted, "{id}");
    }
}

// scan.* -------------------------------------------------------------------------------------------------------------

#[test]
fn a_scan_of_the_merged_revision_is_met_and_of_another_one_unmet() {
    assert_eq!(of_case("scan.ran", |_| {}), Met);
    assert_eq!(of_case("scan.ran", |case| without(case, Register::Scan)), Unproven);
    let (found, reason) = told("scan.ran", |history| {
        history.cases[0].entry(Register::Scan).state = "failed".into();
    });
    assert_eq!((found, reason.as_str()), (Unmet, "Its scan failed or was without results."));
    // A scan that names no revision belongs to no change.
    assert_eq!(of_case("scan.ran", |case| case.entry(Register::Scan).revision = "".into()), Unproven);
}

#[test]
fn a_serious_finding_is_open_unless_somebody_accepted_it() {
    let with =
        |item: ItemRecord<'static>| of_case("scan.clean", |case| case.entry(Register::Scan).items.push(item));
    assert_eq!(with(finding(FindingState::Open, Level::Error, None)), Unmet);
    assert_eq!(with(finding(FindingState::Open, Level::Warning, None)), Met);
    assert_eq!(with(finding(FindingState::Open, Level::Warning, Some(70))), Unmet);
    assert_eq!(
        with(finding(FindingState::Open, Level::Error, Some(69))),
        Met,
        "a severity decides before the level"
    );
    assert_eq!(with(finding(FindingState::Accepted, Level::Error, None)), Met);
    assert_eq!(with(finding(FindingState::Suppressed, Level::Error, None)), Unproven);
    assert_eq!(with(finding(FindingState::Closed, Level::Error, None)), Met);
    assert_eq!(of_case("scan.clean", |case| without(case, Register::Scan)), Unproven);
    assert_eq!(of_case("scan.clean", |case| case.entry(Register::Scan).is_cut = true), Unproven);
    assert_eq!(
        of_case("scan.clean", |case| case.entry(Register::Scan).state = "failed".into()),
        NotApplicable
    );
}

#[test]
fn the_policy_says_what_is_serious() {
    let found = verdict("scan.clean", |history| {
        history.policy.demands.serious_severity = 4.0;
        history.cases[0].entry(Register::Scan).items.push(finding(FindingState::Open, Level::Note, Some(45)));
    });
    assert_eq!(found, Unmet);
}

// risk.* and release.rollback ----------------------------------------------------------------------------------------

#[test]
fn a_field_that_is_there_and_empty_is_unmet_and_an_absent_one_unproven() {
    for (id, field) in [("risk.impact-assessed", "impact"), ("release.rollback", "back-out")] {
        assert_eq!(of_case(id, |_| {}), Met);
        assert_eq!(of_case(id, |case| case.items(field).detail = "".into()), Unmet, "{id}");
        assert_eq!(of_case(id, |case| case.items(field).name = "colour".into()), Unproven, "{id}");
        assert_eq!(of_case(id, |case| without(case, Register::Ticket)), Unproven, "{id}");
    }
}

#[test]
fn a_low_tier_on_a_risky_change_is_unmet() {
    assert_eq!(of_case("risk.tiered", |_| {}), Met);
    assert_eq!(of_case("risk.tiered", |case| case.items("risk").detail = "Minor".into()), Unmet);
    let ordinary = verdict("risk.tiered", |history| {
        history.policy.sensitive.clear();
        history.cases[0].items("risk").detail = "Minor".into();
    });
    assert_eq!(ordinary, Met, "a low tier is right for a change of low risk");
}

#[test]
fn a_label_records_a_tier_where_no_ticket_does() {
    let labelled = |label: &'static str| {
        of_case("risk.tiered", |case| {
            without(case, Register::Ticket);
            case.change.labels = Some(vec![label.into()]);
        })
    };
    assert_eq!(labelled("Risk:high"), Met);
    assert_eq!(labelled("risk/low"), Unmet);
    assert_eq!(labelled("backend"), Unproven);
}

// release.management-approved ----------------------------------------------------------------------------------------

#[test]
fn a_release_is_approved_by_who_answers_for_it_and_took_no_part() {
    const ID: &str = "release.management-approved";
    assert_eq!(of_case(ID, |_| {}), Met);
    assert_eq!(
        of_case(ID, |case| case.items("approval").person = Some(account("ana"))),
        Unproven,
        "no role on record"
    );
    assert_eq!(
        of_case(ID, |case| case.items("approval").person = Some(account("leila"))),
        Unmet,
        "another role"
    );
    assert_eq!(
        of_case(ID, |case| case.items("approval").detail = "declined".into()),
        Unmet,
        "nobody approved"
    );
    assert_eq!(of_case(ID, |case| without(case, Register::Ticket)), Unproven);
    let late = |case: &mut Case| {
        let after = case.at(20);
        case.items("approval").at = after;
    };
    assert_eq!(of_case(ID, late), Unmet, "after the release");
    let reviewer = verdict(ID, |history| {
        history.people[0].roles.push("Release Manager".into());
        history.cases[0].items("approval").person = Some(account("leila"));
    });
    assert_eq!(reviewer, Unmet, "who reviewed it does not answer for its release");
    let registered = of_case(ID, |case| {
        without(case, Register::Ticket);
        case.entries.push(EntryRecord {
            person: Some(account("mara")),
            target: "acme/pay#1".into(),
            ..entry(Register::ReleaseApproval, "")
        });
    });
    assert_eq!(registered, Met, "a register of approvals does as well");
}

// release.emergency-reviewed -----------------------------------------------------------------------------------------

fn urgent(case: &mut Case, hours: i64) {
    let at = case.at(hours);
    case.change.labels = Some(vec!["HOTFIX".into()]);
    for review in case.change.reviews.iter_mut().flatten() {
        review.submitted = at;
    }
}

#[test]
fn an_urgent_change_is_reviewed_before_or_soon_after() {
    const ID: &str = "release.emergency-reviewed";
    assert_eq!(of_case(ID, |_| {}), NotApplicable);
    assert_eq!(of_case(ID, |case| case.change.labels = Some(vec!["hotfix".into()])), Met, "before the merge");
    assert_eq!(of_case(ID, |case| urgent(case, 24)), Met);
    assert_eq!(of_case(ID, |case| urgent(case, 24 * 5)), Unmet);
    let none = |case: &mut Case| {
        urgent(case, 24);
        case.change.reviews = Some(Vec::new());
    };
    assert_eq!(of_case(ID, none), Unproven, "the days are not over yet");
    let over = verdict(ID, |history| {
        none(&mut history.cases[0]);
        history.policy.now = Some(History::start(30));
    });
    assert_eq!(over, Unmet);
    let unknown = |case: &mut Case| {
        case.change.labels = None;
        without(case, Register::Ticket);
    };
    assert_eq!(of_case(ID, unknown), Unproven, "whether it was urgent is not known");
    let by_ticket = |case: &mut Case| {
        let late = case.at(24 * 5);
        case.entry(Register::Ticket).items.push(ItemRecord::field("emergency", "Yes"));
        for review in case.change.reviews.iter_mut().flatten() {
            review.submitted = late;
        }
    };
    assert_eq!(of_case(ID, by_ticket), Unmet);
}

#[test]
fn a_review_after_the_merge_stays_late_even_where_the_change_is_urgent() {
    assert_eq!(
        of_case("review.before-merge", |case| urgent(case, 24)),
        Unmet,
        "an exception covers it, a label does not"
    );
}
