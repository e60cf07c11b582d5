//! The rules of segregation of each framework and the reviewer's load: each with evidence that meets it, contradicts it,
//! leaves it open, does not concern it, and with an exception.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::history::{Case, History, account};
use lacuna::assess::registry::CriterionIndex;
use lacuna::model::record::{AccountRecord, ReviewState};
use lacuna::model::{ActorKind, Verdict};
use lacuna::policy::Exception;

/// The verdict and reason of a criterion on the first of two changes.
fn explained(criterion: &str, mutate: impl FnOnce(&mut History)) -> (Verdict, String) {
    let mut history = History::of(2);
    mutate(&mut history);
    let assessment = history.assess();
    let finding = assessment.explain(0, CriterionIndex::of(criterion).unwrap());
    let again = assessment.verdict(0, CriterionIndex::of(criterion).unwrap());
    assert_eq!(finding.verdict, again, "the first pass and the explanation agree");
    (finding.verdict, finding.reason)
}

fn verdict(criterion: &str, mutate: impl FnOnce(&mut History)) -> Verdict {
    explained(criterion, mutate).0
}

fn reviewer(case: &mut Case, account: &AccountRecord<'static>) {
    for review in case.change.reviews.iter_mut().flatten() {
        review.author = Some(account.clone());
    }
}

/// Everybody is the author, by one account or another.
fn alone(history: &mut History, login: &str) {
    let case = &mut history.cases[0];
    reviewer(case, &account(login));
    case.change.merged_by = lacuna::model::record::Field::Value(account(login));
    case.deployment.creator = Some(account(login));
    case.items("approval").person = Some(account(login));
}

fn robot(login: &'static str) -> AccountRecord<'static> {
    AccountRecord { kind: ActorKind::Bot, ..AccountRecord::login(login) }
}

const RULES: [&str; 5] = [
    "duties.soc2-separated",
    "duties.sox-separated",
    "duties.pci-three-persons",
    "duties.dora-independent",
    "duties.slsa-two-humans",
];

#[test]
fn whoever_does_everything_alone_breaks_every_rule() {
    for rule in RULES {
        let (found, reason) = explained(rule, |history| alone(history, "ana"));
        // Replies of the author to themselves are no manual review by another; the rule of PCI is broken by that.
        assert_eq!(found, Verdict::Unmet, "{rule}: {reason}");
    }
}

#[test]
fn a_second_account_of_the_author_is_no_second_person() {
    for rule in RULES {
        let found = verdict(rule, |history| {
            alone(history, "ana-admin");
            history.people[0].name = "Ana".into();
            history.people[0].accounts = vec!["ana".into(), "ana-admin".into()];
            history.people.truncate(1);
        });
        assert_eq!(found, Verdict::Unmet, "{rule}");
        let found = verdict(rule, |history| alone(history, "ana-admin"));
        // One account that approves and deploys is too much for DORA whoever it belongs to.
        let expected = rule == "duties.dora-independent";
        assert_eq!(found == Verdict::Unmet, expected, "{rule}: nothing says that the two are one person");
    }
}

#[test]
fn an_exception_covers_each_rule_and_says_what_stood_there() {
    for rule in RULES.into_iter().chain(["review.load"]) {
        let (found, reason) = explained(rule, |history| {
            alone(history, "ana");
            history.policy.duties.reviews_per_day = 0;
            if rule == "review.load" {
                reviewer(&mut history.cases[0], &account("leila"));
            }
            history.policy.exceptions = vec![Exception {
                id: "EX-1".into(),
                criteria: vec![rule.into()],
                changes: vec!["#1".into()],
                owner: "Noor".into(),
                reason: "a team of one".into(),
                compensating_control: "monthly review by the auditor".into(),
                until: Some(History::start(400)),
                ..Exception::default()
            }];
        });
        assert_eq!(found, Verdict::Excepted, "{rule}");
        assert!(reason.contains("Without it: unmet"), "{reason}");
    }
}

#[test]
fn without_any_list_every_rule_is_unproven() {
    for rule in RULES.into_iter().chain(["review.load"]) {
        let found = verdict(rule, |history| history.cases[0].leave_out_everything());
        // A later deployment releases the earlier change too, so more is known of it than of the last one.
        assert_ne!(found, Verdict::Unmet, "{rule}");
        assert!(!(found == Verdict::Met && rule != "duties.soc2-separated"), "{rule}");
    }
}

#[test]
fn soc_2_takes_one_other_person_at_any_step() {
    let rule = "duties.soc2-separated";
    for step in 0..3 {
        let found = verdict(rule, |history| {
            alone(history, "ana");
            let case = &mut history.cases[0];
            match step {
                0 => reviewer(case, &account("leila")),
                1 => case.change.merged_by = lacuna::model::record::Field::Value(account("leila")),
                _ => case.deployment.creator = Some(account("leila")),
            }
        });
        assert_eq!(found, Verdict::Met, "{step}");
    }
    // A machine that merges and deploys is nobody's word.
    let (found, reason) = explained(rule, |history| {
        alone(history, "ana");
        let case = &mut history.cases[0];
        case.change.merged_by = lacuna::model::record::Field::Value(robot("queue"));
        case.deployment.creator = Some(robot("pipeline"));
    });
    assert_eq!(found, Verdict::Unproven, "{reason}");
}

#[test]
fn sox_takes_an_approver_and_a_migrator_who_did_not_write_it() {
    let rule = "duties.sox-separated";
    let (found, reason) =
        explained(rule, |history| history.cases[0].deployment.creator = Some(account("ana")));
    assert_eq!(found, Verdict::Unmet);
    assert_eq!(reason, "ana wrote or prompted it and moved it to production.");
    let (found, reason) = explained(rule, |history| {
        let case = &mut history.cases[0];
        case.deployment.environment = "staging".into();
        history.cases[1].deployment.environment = "staging".into();
    });
    assert_eq!(found, Verdict::Unproven);
    assert_eq!(reason, "Who moved it to production is not on record.");
}

#[test]
fn sox_lets_an_enforced_review_make_up_for_tooling() {
    let rule = "duties.sox-separated";
    let pipeline = |case: &mut Case| case.deployment.creator = Some(robot("pipeline"));
    let (found, reason) = explained(rule, |history| pipeline(&mut history.cases[0]));
    assert_eq!(found, Verdict::Met, "{reason}");
    assert!(
        reason.contains("a review of the merged revision that the branch enforced makes up for it"),
        "{reason}"
    );
    let found = verdict(rule, |history| {
        pipeline(&mut history.cases[0]);
        history.cases[0].statement.facts.controls = None;
    });
    assert_eq!(found, Verdict::Unproven, "nothing shows that the branch enforced it");
    let found = verdict(rule, |history| {
        pipeline(&mut history.cases[0]);
        for review in history.cases[0].change.reviews.iter_mut().flatten() {
            review.commit = "88d02f188d02f188d02f188d02f188d02f188d02".into();
        }
    });
    assert_eq!(found, Verdict::Unmet, "another revision was reviewed");
}

#[test]
fn pci_takes_three_persons_where_people_review() {
    let rule = "duties.pci-three-persons";
    let (found, reason) = explained(rule, |_| {});
    assert_eq!(found, Verdict::Met);
    assert!(reason.contains("ana wrote it, leila reviewed it, and mara"), "{reason}");
    let (found, reason) = explained(rule, |history| reviewer(&mut history.cases[0], &account("mara")));
    assert_eq!(found, Verdict::Unmet);
    assert!(reason.contains("two persons where the rule takes three"), "{reason}");
    let found = verdict(rule, |history| history.people.clear());
    assert_eq!(found, Verdict::Unproven, "nobody on record is accountable for releases");
    let found = verdict(rule, |history| reviewer(&mut history.cases[0], &robot("scanner")));
    assert_eq!(found, Verdict::NotApplicable, "the requirement speaks of manual reviews");
    let found = verdict(rule, |history| history.cases[0].change.reviews = None);
    assert_eq!(found, Verdict::Unproven);
}

#[test]
fn dora_parts_who_approves_from_who_requests_and_who_implements() {
    let rule = "duties.dora-independent";
    assert_eq!(verdict(rule, |_| {}), Verdict::Met);
    let (found, reason) = explained(rule, |history| history.cases[0].ticket.author = Some(account("leila")));
    assert_eq!((found, reason.as_str()), (Verdict::Unmet, "leila approved it and also requested it."));
    let (found, reason) =
        explained(rule, |history| history.cases[0].deployment.creator = Some(account("leila")));
    assert_eq!((found, reason.as_str()), (Verdict::Unmet, "leila approved it and also released it."));
    let (found, reason) = explained(rule, |history| history.cases[0].ticket.author = None);
    assert_eq!(found, Verdict::Unproven);
    assert!(reason.ends_with("who requested it is not on record."), "{reason}");
    // The author may open their own ticket: only the approver is to be independent.
    assert_eq!(verdict(rule, |history| history.cases[0].ticket.author = Some(account("ana"))), Verdict::Met);
}

#[test]
fn slsa_takes_two_humans_and_two_reviewers_where_a_machine_brings_it_in() {
    let rule = "duties.slsa-two-humans";
    assert_eq!(verdict(rule, |_| {}), Verdict::Met);
    let by_robot = |history: &mut History| {
        let case = &mut history.cases[0];
        case.change.author = Some(robot("dependabot[bot]"));
    };
    let (found, reason) = explained(rule, by_robot);
    assert_eq!(found, Verdict::Unmet);
    assert!(reason.contains("so it takes two human reviewers"), "{reason}");
    let found = verdict(rule, |history| {
        by_robot(history);
        let mut second = history.cases[0].change.reviews.as_ref().unwrap()[1].clone();
        second.author = Some(account("otto"));
        second.id = "second".into();
        history.cases[0].change.reviews.as_mut().unwrap().push(second);
    });
    assert_eq!(found, Verdict::Met, "two human reviewers");
    let found = verdict(rule, |history| {
        by_robot(history);
        history.policy.duties.trusted_robots = vec!["dependabot*".into()];
    });
    assert_eq!(found, Verdict::NotApplicable, "the policy trusts this robot");
    let found = verdict(rule, |history| {
        history.cases[0].change.author = Some(account("copilot-swe-agent[bot]"));
        history.policy.duties.trusted_robots = vec!["*".into()];
    });
    assert_eq!(found, Verdict::Unmet, "an agent that prompts steer is never a trusted robot");
    let unknown = AccountRecord { association: "NONE".into(), ..AccountRecord::login("workflow-agent") };
    let found = verdict(rule, |history| reviewer(&mut history.cases[0], &unknown));
    assert_eq!(found, Verdict::Unproven, "nothing tells whether the reviewer is a person");
}

#[test]
fn a_reviewer_of_too_many_changes_in_one_day_is_over_load() {
    let load = |limit: u64, same_day: bool| {
        explained("review.load", |history| {
            history.policy.duties.reviews_per_day = limit;
            let at = history.cases[0].change.reviews.as_ref().unwrap()[1].submitted;
            if same_day {
                history.cases[1].change.reviews.as_mut().unwrap()[0].submitted = at;
            }
        })
    };
    assert_eq!(load(1, false).0, Verdict::Met);
    assert_eq!(load(2, true).0, Verdict::Met);
    let (found, reason) = load(1, true);
    assert_eq!(found, Verdict::Unmet);
    assert!(reason.starts_with("leila reviewed 2 changes with 90 changed lines on 2026-03-02"), "{reason}");
}

#[test]
fn the_reviewers_load_is_open_where_sizes_are_not_known_and_nobodys_without_an_approval() {
    let found = verdict("review.load", |history| {
        history.cases[0].change.totals.additions = None;
        history.cases[0].change.files = None;
    });
    assert_eq!(found, Verdict::Unproven);
    let found = verdict("review.load", |history| {
        for review in history.cases[0].change.reviews.iter_mut().flatten() {
            review.state = ReviewState::Commented;
        }
    });
    assert_eq!(found, Verdict::NotApplicable);
}
