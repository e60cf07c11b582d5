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
            history.entries.clear();
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

// review.understood, review.qualified, review.specialist -------------------------------------------------------------

#[test]
fn what_a_reviewer_understood_is_about_the_merged_revision_and_by_somebody_else() {
    const ID: &str = "review.understood";
    assert_eq!(of_case(ID, |_| {}), Met);
    assert_eq!(of_case(ID, |case| without(case, Register::ReviewStatement)), Unproven);
    let by = |login: &'static str| {
        of_case(ID, |case| case.entry(Register::ReviewStatement).person = Some(account(login)))
    };
    assert_eq!(by("ana"), Unmet, "the author");
    assert_eq!(by("app/reviewer"), Unmet, "a machine");
    assert_eq!(of_case(ID, |case| case.entry(Register::ReviewStatement).detail = "LGTM".into()), Unmet);
    let other = |case: &mut Case| case.entry(Register::ReviewStatement).revision = "88d02f188d02f1".into();
    assert_eq!(of_case(ID, other), Unmet, "it names the change, and another revision");
}

#[test]
fn a_reviewer_is_trained_on_that_day_and_owns_what_has_owners() {
    const ID: &str = "review.qualified";
    assert_eq!(of_case(ID, |_| {}), Met);
    let over = |until: &'static str| {
        verdict(ID, |history| {
            history.entries.retain(|entry| entry.register != Register::Training);
            history.people[0].qualified_until = lacuna::model::Moment::parse(until);
        })
    };
    assert_eq!((over("2026-03-01"), over("2026-04-01")), (Unmet, Met));
    let unknown = verdict(ID, |history| {
        history.entries.retain(|entry| entry.register != Register::Training);
        history.people[0].qualified_until = None;
    });
    assert_eq!(unknown, Unproven);
    let owned_by = |owners: &'static str| {
        verdict(ID, |history| {
            let at = history.entries.iter().position(|entry| entry.register == Register::CodeOwners).unwrap();
            history.entries[at].items[0].detail = owners.into();
        })
    };
    assert_eq!(owned_by("@otto"), Unmet);
    assert_eq!(owned_by("@acme/payments"), Unproven, "nobody's role says who is in the team");
    assert_eq!(owned_by(""), Met, "no path has an owner");
    let no_owners =
        verdict(ID, |history| history.entries.retain(|entry| entry.register != Register::CodeOwners));
    assert_eq!(no_owners, Unproven);
    let team = verdict(ID, |history| {
        history.people[0].roles.push("payments".into());
        let at = history.entries.iter().position(|entry| entry.register == Register::CodeOwners).unwrap();
        history.entries[at].items[0].detail = "@acme/payments".into();
    });
    assert_eq!(team, Met);
    assert_eq!(of_case(ID, |case| case.change.reviews = Some(Vec::new())), NotApplicable);
}

#[test]
fn a_sensitive_path_needs_a_specialist() {
    const ID: &str = "review.specialist";
    assert_eq!(of_case(ID, |_| {}), Met);
    assert_eq!(verdict(ID, |history| history.people[0].roles = vec!["intern".into()]), Unmet);
    assert_eq!(verdict(ID, |history| history.people[0].roles.clear()), Unproven);
    assert_eq!(
        verdict(ID, |history| history.policy.sensitive[0].paths = vec!["infra/*".into()]),
        NotApplicable
    );
    assert_eq!(verdict(ID, |history| history.policy.sensitive.clear()), Unproven);
    let label_is_the_role = verdict(ID, |history| {
        history.policy.sensitive[0].roles.clear();
        history.people[0].roles = vec!["Cardholder data".into()];
    });
    assert_eq!(label_is_the_role, Met);
}

// ai.own-identity, ai.input-clean ------------------------------------------------------------------------------------

#[test]
fn an_agent_acts_under_an_account_of_its_own_that_somebody_owns() {
    const ID: &str = "ai.own-identity";
    let register = |mutate: fn(&mut EntryRecord<'static>)| {
        verdict(ID, |history| {
            let at =
                history.entries.iter().position(|entry| entry.register == Register::AgentIdentity).unwrap();
            mutate(&mut history.entries[at]);
        })
    };
    assert_eq!(register(|_| {}), Met);
    assert_eq!(register(|entry| entry.detail = "".into()), Unmet, "nobody owns it");
    assert_eq!(register(|entry| entry.until = lacuna::model::Moment::parse("2026-02-01")), Unmet, "expired");
    assert_eq!(register(|entry| entry.person = Some(account("other-agent"))), Unproven, "not listed");
    let bare =
        verdict(ID, |history| history.entries.retain(|entry| entry.register != Register::AgentIdentity));
    assert_eq!(bare, Met, "the account alone shows it");
    let human = verdict(ID, |history| {
        history.entries.retain(|entry| entry.register != Register::AgentIdentity);
        history.cases[0].change.commits.as_mut().unwrap()[0].committer = None;
    });
    assert_eq!(human, Unproven, "an assistant in a person's hands looks the same");
    let none = |case: &mut Case| {
        case.session.none = true;
        case.session.files.clear();
        case.change.body = "AI-Assisted: none".into();
    };
    assert_eq!(of_case(ID, none), NotApplicable);
}

#[test]
fn a_gateway_log_must_hold_every_session_and_mean_something() {
    const ID: &str = "ai.input-clean";
    let state = |word: &'static str| of_case(ID, |case| case.entry(Register::GatewayLog).state = word.into());
    assert_eq!((state("clean"), state("Blocked"), state("LEAKED"), state("42")), (Met, Met, Unmet, Unproven));
    assert_eq!(of_case(ID, |case| without(case, Register::GatewayLog)), Unproven);
    let other_session = |case: &mut Case| {
        case.session.session = "s-1".into();
        case.entry(Register::GatewayLog).detail = "s-2".into();
    };
    assert_eq!(of_case(ID, other_session), Unproven);
    let by_session = |case: &mut Case| {
        case.session.session = "s-1".into();
        let entry = case.entry(Register::GatewayLog);
        entry.detail = "s-1".into();
        entry.target = "".into();
    };
    assert_eq!(of_case(ID, by_session), Met);
}

// tests.traced, records.*, supply.* ----------------------------------------------------------------------------------

#[test]
fn a_requirement_without_a_test_is_unmet() {
    const ID: &str = "tests.traced";
    assert_eq!(of_case(ID, |_| {}), Met);
    assert_eq!(of_case(ID, |case| case.entry(Register::Trace).detail = "".into()), Unmet);
    assert_eq!(of_case(ID, |case| without(case, Register::Trace)), Unproven);
    let by_ticket = |case: &mut Case| {
        let entry = case.entry(Register::Trace);
        entry.target = "".into();
        entry.subject = "#9001".into();
    };
    assert_eq!(of_case(ID, by_ticket), Met);
}

#[test]
fn records_are_kept_as_long_as_the_policy_says_and_since_before_the_merge() {
    const ID: &str = "records.retained";
    assert_eq!(of_case(ID, |_| {}), Met);
    assert_eq!(verdict(ID, |history| history.policy.demands.retention_days = None), Unproven);
    assert_eq!(verdict(ID, |history| history.policy.demands.retention_days = Some(2190)), Unmet);
    let kept = |mutate: fn(&mut EntryRecord<'static>)| {
        verdict(ID, |history| {
            let at = history.entries.iter().position(|entry| entry.register == Register::Retention).unwrap();
            mutate(&mut history.entries[at]);
        })
    };
    assert_eq!(
        kept(|entry| entry.at = lacuna::model::Moment::parse("2026-06-01")),
        Unmet,
        "since after the merge"
    );
    assert_eq!(kept(|entry| entry.detail = "seven years".into()), Unproven);
    assert_eq!(verdict(ID, |history| history.entries.clear()), Unproven);
}

#[test]
fn documentation_is_in_the_change_or_on_record() {
    const ID: &str = "records.documented";
    assert_eq!(of_case(ID, |_| {}), Met);
    assert_eq!(of_case(ID, |case| case.entry(Register::Document).at = None), Unmet);
    assert_eq!(of_case(ID, |case| without(case, Register::Document)), Unproven);
    let in_it = |case: &mut Case| {
        without(case, Register::Document);
        case.change.files.as_mut().unwrap()[1].path = "docs/capture.md".into();
    };
    assert_eq!(of_case(ID, in_it), Met);
}

#[test]
fn what_a_change_brings_in_is_in_an_inventory_of_the_merged_revision() {
    const ID: &str = "supply.inventoried";
    assert_eq!(of_case(ID, |_| {}), Met);
    assert_eq!(of_case(ID, |case| case.entry(Register::Inventory).items.clear()), Unmet);
    assert_eq!(of_case(ID, |case| without(case, Register::Inventory)), Unproven);
    let no_manifest = |case: &mut Case| {
        case.change.files.as_mut().unwrap().pop();
    };
    assert_eq!(of_case(ID, no_manifest), NotApplicable);
    assert_eq!(
        of_case(ID, |case| case.change.files = None),
        Met,
        "an inventory is there, whatever was touched"
    );
}

#[test]
fn only_components_that_are_new_against_the_revision_before_count() {
    let mut history = History::of(2);
    let old =
        ItemRecord { name: "pkg:cargo/old@1".into(), detail: "SSPL-1.0".into(), ..ItemRecord::default() };
    for case in &mut history.cases {
        case.entry(Register::Inventory).items.push(old.clone());
    }
    let assessment = history.assess();
    let licensed = CriterionIndex::of("supply.licensed").unwrap();
    assert_eq!((assessment.verdict(0, licensed), assessment.verdict(1, licensed)), (Unmet, Met));
    let told = assessment.explain(1, CriterionIndex::of("supply.inventoried").unwrap()).reason;
    assert!(told.contains("no component that the revision before had not"), "{told}");
}

#[test]
fn licences_are_cleared_by_the_policy_alone() {
    const ID: &str = "supply.licensed";
    let licence = |text: &'static str| {
        of_case(ID, |case| case.entry(Register::Inventory).items[0].detail = text.into())
    };
    assert_eq!(
        (licence("MIT"), licence("GPL-3.0-only"), licence("NOASSERTION"), licence("")),
        (Met, Unmet, Unproven, Unproven)
    );
    assert_eq!(licence("NONE"), Unmet);
    assert_eq!(verdict(ID, |history| history.policy.demands.licences.clear()), Unproven);
    assert_eq!(of_case(ID, |case| case.entry(Register::Inventory).items.clear()), NotApplicable);
}

// governance.* -------------------------------------------------------------------------------------------------------

/// The verdict on the population after something was done to the entries of one register.
fn of_register(id: &str, register: Register, mutate: impl Fn(&mut EntryRecord<'static>)) -> Verdict {
    of_population(id, |history| {
        history.entries.iter_mut().filter(|entry| entry.register == register).for_each(mutate);
    })
}

fn of_population(id: &str, mutate: impl FnOnce(&mut History)) -> Verdict {
    let mut history = History::of(2);
    mutate(&mut history);
    history.assess().population[CriterionIndex::of(id).unwrap().index()].verdict
}

const GOVERNANCE: [(&str, Register); 6] = [
    ("governance.ai-inventory", Register::AiSystem),
    ("governance.vendor-assured", Register::Vendor),
    ("governance.trained", Register::Training),
    ("governance.policy-acknowledged", Register::Acknowledgement),
    ("governance.incident-traceable", Register::Incident),
    ("governance.access-reviewed", Register::AccessReview),
];

#[test]
fn no_register_is_unproven_and_an_empty_one_is_unmet() {
    for (id, register) in GOVERNANCE {
        assert_eq!(of_register(id, register, |_| {}), Met, "{id}");
        let gone = |history: &mut History| history.entries.retain(|entry| entry.register != register);
        assert_eq!(of_population(id, gone), Unproven, "{id}");
        let empty = of_population(id, |history| {
            gone(history);
            history.registers.push(register);
        });
        // A register that holds no incident says that there was none.
        let expected = if register == Register::Incident { NotApplicable } else { Unmet };
        assert_eq!(empty, expected, "{id}");
    }
}

#[test]
fn what_is_over_is_unmet() {
    let over = lacuna::model::Moment::parse("2026-02-01");
    for (id, register) in GOVERNANCE.into_iter().filter(|(_, register)| *register != Register::Incident) {
        assert_eq!(of_register(id, register, |entry| entry.until = over), Unmet, "{id}");
    }
    for (id, register) in
        GOVERNANCE.into_iter().skip(2).filter(|(_, register)| *register != Register::Incident)
    {
        let old = |entry: &mut EntryRecord<'static>| {
            (entry.at, entry.until) = (lacuna::model::Moment::parse("2024-01-01"), None);
        };
        assert_eq!(of_register(id, register, old), Unmet, "{id}: older than the policy's days");
    }
}

#[test]
fn registers_name_owners_vendors_people_and_changes() {
    let unowned = of_register("governance.ai-inventory", Register::AiSystem, |entry| entry.person = None);
    assert_eq!(unowned, Unmet);
    let unlisted =
        of_population("governance.ai-inventory", |history| history.cases[0].session.tool = "windsurf".into());
    assert_eq!(unlisted, Unmet);
    let vendor =
        of_register("governance.vendor-assured", Register::AiSystem, |entry| entry.detail = "Other".into());
    assert_eq!(vendor, Unmet, "the vendor of an AI system");
    let missing = of_population("governance.trained", |history| {
        history.entries.retain(|entry| entry.person.as_ref().is_none_or(|person| person.login != "ana"));
    });
    assert_eq!(missing, Unproven, "who is not in a register may be in another one");
    let incident = |target: &'static str| {
        of_register("governance.incident-traceable", Register::Incident, |entry| entry.target = target.into())
    };
    assert_eq!((incident(""), incident("acme/pay#77")), (Unmet, Unproven));
}

// ai.attribution-consistent ------------------------------------------------------------------------------------------

#[test]
fn a_note_that_attributes_more_lines_than_its_commit_adds_is_unmet() {
    const ID: &str = "ai.attribution-consistent";
    let adding = |additions: Option<u32>| {
        of_case(ID, |case| {
            let commit = &mut case.change.commits.as_mut().unwrap()[0];
            commit.files = Some(vec![lacuna::model::record::FileRecord {
                path: "src/capture.rs".into(),
                additions,
                deletions: Some(0),
            }]);
            case.change.files.as_mut().unwrap()[0].additions = additions;
        })
    };
    assert_eq!((adding(Some(20)), adding(Some(19)), adding(None)), (Met, Unmet, Met));
}

#[test]
fn records_of_one_session_that_name_two_models_are_unmet() {
    let (found, reason) = told("ai.attribution-consistent", |history| {
        let case = &mut history.cases[0];
        case.session.session = "s-1".into();
        let mut other = case.session.clone();
        other.model = "claude-haiku-4-5".into();
        case.more_sessions.push(other);
    });
    assert_eq!(found, Unmet, "{reason}");
    assert!(reason.contains("s-1"), "{reason}");
}

#[test]
fn an_agents_branch_contradicts_that_ai_took_no_part() {
    let on = |branch: &'static str| {
        of_case("ai.attribution-consistent", |case| {
            case.change.body = "AI-Assisted: none".into();
            case.change.head_branch = branch.into();
            case.change.commits.as_mut().unwrap()[0].committer = None;
            case.session.none = true;
            case.session.files.clear();
        })
    };
    assert_eq!((on("feature"), on("copilot/fix-captures")), (Met, Unmet));
}

// causes -------------------------------------------------------------------------------------------------------------

/// The causes of the first change after something was done to it: id and criteria.
fn causes(mutate: impl FnOnce(&mut Case)) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut history = History::of(2);
    mutate(&mut history.cases[0]);
    let assessment = history.assess();
    let found = lacuna::assess::causes::of(&assessment, 0, &assessment.subject(0));
    found
        .into_iter()
        .map(|cause| (cause.id, cause.criteria.iter().map(|index| index.criterion().id).collect()))
        .collect()
}

#[test]
fn what_has_one_cause_is_told_as_one() {
    assert_eq!(causes(|_| {}), []);
    let own = |case: &mut Case| {
        for review in case.change.reviews.iter_mut().flatten() {
            review.author = case.change.author.clone();
        }
        case.entry(Register::ReviewStatement).person = case.change.author.clone();
    };
    let found = causes(own);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].0, &found[0].1[..2]),
        ("approved-by-its-writers", &["review.independent", "review.understood"][..])
    );
    assert!(found[0].1.contains(&"duties.pci-three-persons"), "{found:?}");
    assert_eq!(
        causes(|case| urgent(case, 24 * 5)),
        [("approved-too-late", vec!["review.before-merge", "release.emergency-reviewed"])]
    );
    // One criterion is its own cause.
    assert_eq!(causes(|case| case.items("back-out").detail = "".into()), []);
}

#[test]
fn what_the_bundle_does_not_hold_is_one_cause_and_each_criterion_is_in_one_at_most() {
    let found = causes(Case::leave_out_everything);
    let ids: Vec<&str> = found.iter().map(|(id, _)| *id).collect();
    assert!(ids.starts_with(&["no-reviews", "ai-unknown", "no-ticket", "no-test"]), "{ids:?}");
    let mut criteria: Vec<&str> = found.iter().flat_map(|(_, criteria)| criteria.clone()).collect();
    let count = criteria.len();
    criteria.sort_unstable();
    criteria.dedup();
    assert_eq!(criteria.len(), count);
    assert!(found.iter().all(|(_, criteria)| criteria.len() > 1));
}

#[test]
fn review_depth_shows_its_formula_and_ai_written_lines_apart() {
    let assessment = History::of(1).assess();
    let finding = assessment.explain(0, CriterionIndex::of("review.depth").unwrap());
    let of =
        |label: &str| finding.inputs.iter().find(|(own, _)| own == label).map(|(_, value)| value.as_str());
    assert_eq!((of("changed lines"), of("of these AI-written")), (Some("45"), Some("20")));
    assert!(of("formula").is_some_and(|formula| formula.contains("deep")));
}

#[test]
fn an_agents_account_on_the_commit_contradicts_a_note_that_finds_no_ai() {
    let (found, reason) = told("ai.attribution-consistent", |history| {
        let case = &mut history.cases[0];
        case.session.none = true;
        case.session.files.clear();
    });
    assert_eq!((found, reason.contains("claude-agent")), (Unmet, true), "{reason}");
}

// integrity.clock ----------------------------------------------------------------------------------------------------

/// A history of six changes that were opened on one day and approved one after the other, so many minutes apart.
fn approved_every(minutes: i64) -> History {
    let mut history = History::of(6);
    let at = |minutes: i64| {
        Some(lacuna::model::Moment::from_millis(History::start(0).millis() + minutes * 60_000))
    };
    for (case, number) in history.cases.iter_mut().zip(0i64..) {
        case.change.created = at(0);
        for commit in case.change.commits.iter_mut().flatten() {
            (commit.authored, commit.committed) = (at(0), at(0));
        }
        for review in case.change.reviews.iter_mut().flatten() {
            review.submitted = at(60 + number * minutes);
        }
    }
    history
}

#[test]
fn approvals_in_a_burst_are_unmet_and_a_second_persons_calm_one_counts() {
    let clock = CriterionIndex::of("integrity.clock").unwrap();
    let finding = approved_every(1).assess().explain(0, clock);
    assert_eq!(finding.verdict, Unmet);
    assert!(finding.reason.starts_with("leila approved 6 changes between"), "{}", finding.reason);
    assert_eq!(approved_every(30).assess().verdict(0, clock), Met);
    let mut calm = approved_every(1);
    let reviews = calm.cases[0].change.reviews.as_mut().unwrap();
    let mut second = reviews[1].clone();
    (second.id, second.author) = ("second".into(), Some(account("noor")));
    reviews.push(second);
    let assessment = calm.assess();
    assert_eq!((assessment.verdict(0, clock), assessment.verdict(1, clock)), (Met, Unmet));
}
