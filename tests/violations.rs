//! A history in which everything is shown, and one violation of every criterion put into it: each is found, and nothing
//! else is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod common;

use common::history::{Case, History};
use lacuna::assess::registry::{self, CRITERIA, Scope};
use lacuna::model::record::{
    Field, FindingState, ItemRecord, Level, Outcome, Register, ReviewState, SessionSource,
};
use lacuna::model::{SignatureState, Verdict};

/// The criteria that a case is expected to leave unmet, and those that it is expected to find.
fn unmet(history: &History) -> Vec<(u64, &'static str)> {
    let assessment = history.assess();
    let mut found = Vec::new();
    for (row, id) in assessment.scope.iter().enumerate() {
        let number = assessment.store.changes[id.index()].number;
        for criterion in registry::all() {
            if assessment.verdict(row, criterion) == Verdict::Unmet {
                found.push((number, criterion.criterion().id));
            }
        }
    }
    found
}

/// Puts one violation into a case.
pub type Mutation = fn(&mut Case);

/// One violation of each criterion on a change.
pub const VIOLATIONS: &[(&str, Mutation)] = &[
    ("authorisation.ticketed", |case| case.change.tickets = Some(Vec::new())),
    ("authorisation.before-work", |case| {
        let after = case.at(1);
        for ticket in case.change.tickets.iter_mut().flatten() {
            ticket.created = after;
        }
    }),
    ("ai.disclosed", |case| case.change.body = "AI-Assisted: none".into()),
    ("ai.initiator", |case| {
        case.session.initiator = Some(common::history::account("copilot-swe-agent[bot]"));
    }),
    ("ai.model-pinned", |case| case.session.model = "claude-latest".into()),
    ("ai.tool-approved", |case| case.session.tool = "windsurf".into()),
    ("ai.attribution-consistent", |case| case.session.files[0].path = "src/elsewhere.rs".into()),
    ("review.human", |case| {
        for review in case.change.reviews.iter_mut().flatten() {
            if review.state == ReviewState::Approved {
                review.author = Some(common::history::account("app/approver"));
            }
        }
    }),
    ("review.independent", |case| {
        for review in case.change.reviews.iter_mut().flatten() {
            if review.state == ReviewState::Approved {
                review.author = case.change.author.clone();
            }
        }
    }),
    ("review.current-revision", |case| {
        for review in case.change.reviews.iter_mut().flatten() {
            review.commit = "88d02f188d02f188d02f188d02f188d02f188d02".into();
        }
    }),
    ("review.before-merge", |case| {
        let after = case.at(6);
        for review in case.change.reviews.iter_mut().flatten() {
            if review.state == ReviewState::Approved {
                review.submitted = after;
            }
        }
    }),
    ("review.uncontested", |case| {
        let mut objection = case.change.reviews.as_ref().unwrap()[0].clone();
        objection.author = Some(common::history::account("otto"));
        objection.state = ReviewState::ChangesRequested;
        objection.id = "objection".into();
        case.change.reviews.as_mut().unwrap().push(objection);
    }),
    ("review.depth", |case| {
        case.change.totals.additions = Some(5000);
    }),
    ("release.deployer-independent", |case| case.deployment.creator = case.change.author.clone()),
    ("release.approver-independent", |case| {
        case.deployment.approvers = Some(vec![case.change.author.clone().unwrap()]);
    }),
    ("duties.dora-independent", |case| case.ticket.author = Some(common::history::account("leila"))),
    ("release.protected", |case| case.statement.facts.controls = Some(Vec::new())),
    ("release.management-approved", |case| {
        case.items("approval").person = Some(common::history::account("leila"));
    }),
    ("release.rollback", |case| case.items("back-out").detail = "".into()),
    ("scan.ran", |case| {
        // The change has a commit before its last one, and that is the one that was scanned.
        let mut first = case.change.commits.as_ref().unwrap()[0].clone();
        first.id = format!("b{:039x}", case.change.key.number).into();
        case.entry(Register::Scan).revision = first.id.clone();
        case.change.commits.as_mut().unwrap().insert(0, first);
    }),
    ("scan.clean", |case| case.entry(Register::Scan).items.push(finding(FindingState::Open))),
    ("risk.tiered", |case| case.items("risk").detail = "Low".into()),
    ("risk.impact-assessed", |case| case.items("impact").detail = "".into()),
    ("release.emergency-reviewed", |case| {
        let late = case.at(24 * 9);
        case.change.labels.as_mut().unwrap().push("Hotfix".into());
        for review in case.change.reviews.iter_mut().flatten() {
            review.submitted = late;
        }
    }),
    ("ai.own-identity", |case| {
        case.change.commits.as_mut().unwrap()[0].committer = case.change.author.clone();
    }),
    ("ai.input-clean", |case| case.entry(Register::GatewayLog).state = "leaked".into()),
    ("review.understood", |case| case.entry(Register::ReviewStatement).person = case.change.author.clone()),
    ("review.qualified", |case| {
        case.change.files.as_mut().unwrap()[1].path = "src/tests/capture.rs".into();
        for review in case.change.reviews.iter_mut().flatten() {
            review.author = Some(common::history::account("senta"));
        }
    }),
    ("review.specialist", |case| {
        for review in case.change.reviews.iter_mut().flatten() {
            review.author = Some(common::history::account("noor"));
        }
    }),
    ("tests.traced", |case| case.entry(Register::Trace).detail = "".into()),
    ("supply.inventoried", |case| case.entry(Register::Inventory).items.clear()),
    ("supply.licensed", |case| {
        // A component of its own: one that the revision before had too is not this change's.
        let name = format!("pkg:npm/added-{}@1.0.0", case.change.key.number);
        let items = &mut case.entry(Register::Inventory).items;
        let mut added = items[0].clone();
        (added.name, added.detail) = (name.into(), "SSPL-1.0".into());
        items.push(added);
    }),
    ("records.documented", |case| case.entry(Register::Document).at = None),
    ("tests.ran", |case| {
        for check in case.change.checks.iter_mut().flatten() {
            check.outcome = Outcome::Skipped;
        }
    }),
    ("tests.passed", |case| {
        for check in case.change.checks.iter_mut().flatten() {
            check.outcome = Outcome::Failed;
        }
    }),
    ("tests.independent", |case| {
        let mut tests = case.session.files[0].clone();
        tests.path = "tests/capture.rs".into();
        tests.ranges = vec![(1, 20)];
        case.session.files.push(tests);
    }),
    ("integrity.bound", |case| {
        // The statement is attached to the change and speaks of another revision; what it says of controls is left out,
        // because it no longer speaks of this one.
        case.statement.subjects = vec![("gitCommit".into(), "ab".repeat(20).into())];
        case.statement.attached_to = case.change.merge_commit.clone();
    }),
    ("integrity.signature", |case| case.verification.state = SignatureState::Invalid),
    ("integrity.continuity", |case| case.statement.facts.previous = "ab".repeat(20).into()),
    ("integrity.not-only-typed", |case| case.session.source = SessionSource::Trailer),
    ("integrity.clock", |case| {
        let later = case.at(9);
        for commit in case.change.commits.iter_mut().flatten() {
            commit.authored = later;
        }
    }),
    // Everything is done by whoever wrote it.
    ("duties.soc2-separated", |case| {
        let author = case.change.author.clone();
        for review in case.change.reviews.iter_mut().flatten() {
            review.author.clone_from(&author);
        }
        case.change.merged_by = author.clone().map_or(Field::Null, Field::Value);
        case.deployment.creator.clone_from(&author);
        case.items("approval").person = author;
    }),
];

fn finding(state: FindingState) -> ItemRecord<'static> {
    ItemRecord { state, level: Level::Error, ..ItemRecord::field("rust/sql-injection", "src/capture.rs:7") }
}

/// Criteria that one register decides for all changes alike; `tests/criteria.rs` has their violations.
const ALIKE: &[&str] = &["records.retained"];

/// Criteria that bear only on some changes, and not on the ordinary one.
const NOT_ORDINARY: &[&str] = &["release.emergency-reviewed"];

/// What else a violation shows: rules that a framework demands for itself, indicators over the same evidence, and what
/// cannot be otherwise (an urgent change that was reviewed too late was not reviewed before the merge).
const ALSO: &[(&str, &[&str])] = &[
    ("review.human", &["duties.sox-separated", "duties.dora-independent", "duties.slsa-two-humans"]),
    ("review.independent", &["duties.sox-separated", "duties.dora-independent", "duties.slsa-two-humans"]),
    ("review.before-merge", &["duties.sox-separated", "duties.dora-independent", "duties.slsa-two-humans"]),
    (
        "release.emergency-reviewed",
        &[
            "review.before-merge",
            "duties.sox-separated",
            "duties.pci-three-persons",
            "duties.dora-independent",
            "duties.slsa-two-humans",
        ],
    ),
    ("review.depth", &["review.load"]),
    // The approver is then who deployed it.
    ("review.specialist", &["duties.dora-independent"]),
    ("release.deployer-independent", &["duties.sox-separated"]),
    (
        "duties.soc2-separated",
        &[
            "review.independent",
            "release.approver-independent",
            "release.deployer-independent",
            "duties.sox-separated",
            "duties.pci-three-persons",
            "duties.dora-independent",
            "duties.slsa-two-humans",
        ],
    ),
];

/// Returns what is unmet beside a violated criterion, for the same reason.
pub fn unmet_with(id: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    ALSO.iter().filter(move |(of, _)| *of == id).flat_map(|(_, others)| others.iter().copied())
}

/// Criteria whose violations take more than one put-in fact; `tests/duties.rs` has them.
pub const ELSEWHERE: &[&str] =
    &["review.load", "duties.sox-separated", "duties.pci-three-persons", "duties.slsa-two-humans"];

/// Criteria on changes that evidence can leave unproven but never contradict.
pub const NEVER_UNMET: &[&str] = &["ai.prompt", "ai.reproducible", "tests.validated"];

#[test]
fn every_criterion_on_a_change_has_its_violation() {
    for criterion in CRITERIA.iter().filter(|c| c.is_evaluated && c.scope == Scope::Change) {
        let has = VIOLATIONS.iter().any(|(id, _)| *id == criterion.id)
            || NEVER_UNMET.contains(&criterion.id)
            || ALIKE.contains(&criterion.id)
            || ELSEWHERE.contains(&criterion.id);
        assert!(has, "{} has no violation", criterion.id);
    }
}

#[test]
fn a_history_in_which_everything_is_shown_meets_everything() {
    let history = History::of(3);
    let assessment = history.assess();
    for row in 0..assessment.scope.len() {
        for criterion in
            registry::all().filter(|c| c.criterion().is_evaluated && c.criterion().scope == Scope::Change)
        {
            let finding = assessment.explain(row, criterion);
            let id = criterion.criterion().id;
            let expected = if NOT_ORDINARY.contains(&id) { Verdict::NotApplicable } else { Verdict::Met };
            assert_eq!(finding.verdict, expected, "{id}: {}", finding.reason);
        }
    }
    for criterion in
        registry::all().filter(|c| c.criterion().is_evaluated && c.criterion().scope == Scope::Population)
    {
        let finding = &assessment.population[criterion.index()];
        assert_eq!(finding.verdict, Verdict::Met, "{}: {}", criterion.criterion().id, finding.reason);
    }
    assert_eq!(assessment.gap().substantiated, 3);
}

#[test]
fn each_violation_is_found_and_nothing_else_is() {
    let mut history = History::of(VIOLATIONS.len() + 1);
    let mut expected = Vec::new();
    for (at, (id, mutate)) in VIOLATIONS.iter().enumerate() {
        mutate(&mut history.cases[at]);
        let number = history.cases[at].change.key.number;
        expected.push((number, *id));
        expected.extend(unmet_with(id).map(|other| (number, other)));
    }
    let mut found = unmet(&history);
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn what_is_left_out_is_unproven_and_never_met() {
    let mut history = History::of(2);
    // The last one: a later deployment would release an earlier change too.
    history.cases[1].leave_out_everything();
    history.entries.clear();
    let assessment = history.assess();
    for criterion in
        registry::all().filter(|c| c.criterion().is_evaluated && c.criterion().scope == Scope::Change)
    {
        let finding = assessment.explain(1, criterion);
        let id = criterion.criterion().id;
        // Its own times are left, and they are in order.
        let expected = if id == "integrity.clock" { Verdict::Met } else { Verdict::Unproven };
        assert_eq!(finding.verdict, expected, "{id}: {}", finding.reason);
    }
}

#[test]
fn a_record_without_a_model_is_no_evidence_against_the_model() {
    let approved = |session_model: &str| {
        let mut history = History::of(1);
        history.cases[0].session.model = session_model.to_owned().into();
        for tool in history.policy.ai_inventory.iter_mut().flatten() {
            tool.models = vec!["claude-opus-*".into()];
        }
        let criterion = registry::CriterionIndex::of("ai.tool-approved").unwrap();
        history.assess().verdict(0, criterion)
    };
    assert_eq!(approved("claude-opus-4-1"), Verdict::Met);
    assert_eq!(approved("claude-haiku-4-5"), Verdict::Unmet);
    assert_eq!(approved(""), Verdict::Unproven);
}

#[test]
fn a_change_that_is_missing_from_the_list_is_named() {
    let mut history = History::of(4);
    let gone = history.cases.remove(1);
    let assessment = history.assess();
    let complete = registry::CriterionIndex::of("population.complete").unwrap();
    assert_eq!(assessment.population[complete.index()].verdict, Verdict::Unmet);
    let gaps = assessment.holes.iter().filter(|hole| !hole.is_note);
    let holes: Vec<&str> = gaps.map(|hole| hole.subject.as_str()).collect();
    assert_eq!(holes, [format!("#{}", gone.change.key.number)]);
}

#[test]
fn a_merged_change_that_is_not_on_the_branch_is_named() {
    let mut history = History::of(4);
    history.line.remove(2);
    let assessment = history.assess();
    let gaps = assessment.holes.iter().filter(|hole| !hole.is_note);
    let holes: Vec<&str> = gaps.map(|hole| hole.subject.as_str()).collect();
    assert_eq!(holes, ["acme/pay#3"]);
}

#[test]
fn a_direct_push_is_a_change_without_approval_and_a_hole() {
    let mut history = History::of(2);
    history.push_directly("d1".repeat(20));
    let assessment = history.assess();
    assert_eq!(assessment.scope.len(), 3);
    let gaps: Vec<_> = assessment.holes.iter().filter(|hole| !hole.is_note).collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].kind.word(), "direct-push");
}

#[test]
fn a_cut_list_is_never_complete() {
    let mut history = History::of(2);
    history.cut_at = Some(2);
    let assessment = history.assess();
    let untruncated = registry::CriterionIndex::of("population.untruncated").unwrap();
    assert_eq!(assessment.population[untruncated.index()].verdict, Verdict::Unmet);
}

#[test]
fn an_exception_in_force_covers_and_an_expired_or_incomplete_one_does_not() {
    let exception = |until: Option<i64>, owner: &str| lacuna::policy::Exception {
        id: "EX-1".into(),
        criteria: vec!["review.*".into()],
        changes: vec!["#1".into()],
        owner: owner.into(),
        reason: "outage".into(),
        compensating_control: "reviewed afterwards".into(),
        until: until.map(History::start),
        ..lacuna::policy::Exception::default()
    };
    let verdict = |exception| {
        let mut history = History::of(2);
        for review in history.cases[0].change.reviews.iter_mut().flatten() {
            review.commit = "88d02f188d02f188d02f188d02f188d02f188d02".into();
        }
        history.policy.exceptions = vec![exception];
        let criterion = registry::CriterionIndex::of("review.current-revision").unwrap();
        history.assess().verdict(0, criterion)
    };
    assert_eq!(verdict(exception(Some(400), "Ana")), Verdict::Excepted);
    assert_eq!(verdict(exception(Some(-1), "Ana")), Verdict::Unmet);
    assert_eq!(verdict(exception(None, "Ana")), Verdict::Unmet);
    assert_eq!(verdict(exception(Some(400), "")), Verdict::Unmet);
}
