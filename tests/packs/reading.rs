//! How packs are read and checked.

use lacuna::framework::{Needs, Status, parse};
use lacuna::problem::Kind as ProblemKind;

use crate::{needs, one, problem, problems};

#[test]
fn a_minimal_pack_is_read() {
    let pack = parse(&one(""), "own.toml").unwrap();
    let control = &pack.controls[0];
    assert_eq!((control.status, control.line), (Status::InForce, 10));
    assert_eq!(control.needs.words(), "tests.ran");
    assert_eq!(pack.sha256, "480c91d467d01eee22f9e6ac83b9c6ba0869c1428ce08d32e9cb6211d6add1af");
}

#[test]
fn an_unknown_criterion_is_named_with_its_line() {
    let found = problems("needs = { all = [\"tests.ran\", \"tests.run\"] }\ninforms = [\"review.depht\"]");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|problem| problem.kind == ProblemKind::Unrecognised));
    assert!(found[0].found.contains("tests.run") && found[1].found.contains("review.depht"));
    assert_eq!((found[0].at.line, found[1].at.line), (17, 18));
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let found = problem("adressable = true");
    assert_eq!(found.kind, ProblemKind::Malformed);
    assert!(found.found.contains("adressable"), "{}", found.found);
    assert!(problem("needs = { none = [\"tests.ran\"] }").found.contains("none"));
}

#[test]
fn broken_toml_is_one_problem_with_its_line() {
    let found = parse("[framework]\nid = \"x\"\nname = \n", "own.toml").unwrap_err();
    assert_eq!((found.len(), found[0].at.line, found[0].kind), (1, 3, ProblemKind::Malformed));
}

#[test]
fn a_control_id_given_twice_is_named_with_both_lines() {
    let twice = one("") + one("").split_once("\n\n").unwrap().1;
    let found = parse(&twice, "own.toml").unwrap_err();
    assert_eq!((found.len(), found[0].kind, found[0].at.line), (1, ProblemKind::Duplicate, 20));
    assert!(found[0].expected.contains("line 10"), "{}", found[0].expected);
}

#[test]
fn needs_that_decide_nothing_are_refused() {
    for empty in
        ["needs = {}", "needs = { all = [] }", "needs = { any = [] }", "needs = { all = [{ any = [] }] }"]
    {
        assert!(problems(empty).iter().all(|problem| problem.kind == ProblemKind::MissingField), "{empty}");
    }
    let without = one("").replace("needs = { all = [\"tests.ran\"] }\n", "");
    assert_eq!(parse(&without, "own.toml").unwrap_err()[0].kind, ProblemKind::MissingField);
    let beyond = parse(&(without.clone() + "beyond = \"kept elsewhere\"\n"), "own.toml").unwrap();
    assert_eq!(beyond.controls[0].needs, Needs::Beyond);
    assert!(parse(&(without + "beyond = \" \"\n"), "own.toml").is_err());
    assert_eq!(problem("beyond = \"kept elsewhere\"").kind, ProblemKind::Conflict);
}

#[test]
fn a_point_of_focus_that_requires_is_refused() {
    let found = problem("kind = \"point-of-focus\"\nstrength = \"requires\"");
    assert_eq!(found.kind, ProblemKind::Conflict);
}

#[test]
fn a_proposal_that_is_in_force_is_refused() {
    assert_eq!(problem("kind = \"proposal\"").kind, ProblemKind::Conflict);
    assert!(parse(&one("kind = \"proposal\"\nstatus = \"proposed\""), "own.toml").is_ok());
}

#[test]
fn words_that_mean_nothing_are_refused() {
    for line in [
        "kind = \"law\"",
        "strength = \"must\"",
        "status = \"draft\"",
        "applies = \"always\"",
        "applies_from = \"2026\"",
    ] {
        let found = problem(line);
        assert!(matches!(found.kind, ProblemKind::Unrecognised | ProblemKind::Malformed), "{line}");
        assert!(!found.expected.is_empty());
    }
    assert!(problem("applies_from = \"2026-13-01\"").found.contains("2026-13-01"));
}

#[test]
fn criteria_of_the_wrong_scope_are_refused() {
    assert_eq!(problem("needs = { all = [\"population.complete\"] }").kind, ProblemKind::Conflict);
    assert_eq!(
        problem("applies = \"population\"\nneeds = { all = [\"tests.ran\"] }").kind,
        ProblemKind::Conflict
    );
    assert!(parse(&one("applies = \"population\"\nneeds = { all = [\"population.complete\"] }"), "").is_ok());
}

#[test]
fn a_former_id_is_kept_and_names_one_control_only() {
    let pack = parse(&one("formerly = [\"H-3\", \"H-2/b\"]"), "own.toml").unwrap();
    assert_eq!(pack.controls[0].formerly, ["H-3", "H-2/b"]);
    assert_eq!(problem("formerly = [\"H-3\", \"H-3\"]").kind, ProblemKind::Conflict);
    let own = pack.controls[0].id.clone();
    assert_eq!(
        problem(&format!("formerly = [{own:?}]")).kind,
        ProblemKind::Conflict,
        "an id that a control has now"
    );
    assert_eq!(problem("formerly = [\" \"]").kind, ProblemKind::MissingField);
}

#[test]
fn formulas_nest_one_level_and_no_more() {
    assert_eq!(
        needs("{ all = [\"tests.ran\"], any = [\"review.human\", \"scan.ran\"] }").words(),
        "all of tests.ran, (any of review.human, scan.ran)"
    );
    assert_eq!(
        needs("{ any = [\"scan.ran\", { all = [\"review.human\", \"tests.ran\"] }] }").words(),
        "any of scan.ran, (all of review.human, tests.ran)"
    );
    for deep in [
        "needs = { any = [{ all = [{ any = [\"tests.ran\"] }] }] }",
        "needs = { any = [{ all = [\"tests.ran\"], any = [\"scan.ran\"] }] }",
        "needs = { all = [\"tests.ran\"], any = [{ all = [\"scan.ran\"] }] }",
    ] {
        assert!(problems(deep).iter().any(|problem| problem.kind == ProblemKind::OverLimit), "{deep}");
    }
}

#[test]
fn a_huge_pack_is_refused_before_it_is_parsed() {
    let found = parse(&"#".repeat(2 << 20), "own.toml").unwrap_err();
    assert_eq!((found.len(), found[0].kind), (1, ProblemKind::OverLimit));
    let nested = one(&format!("needs = {}", "{ all = [".repeat(5_000)));
    assert!(parse(&nested, "own.toml").is_err());
}

#[test]
fn a_pack_without_controls_is_refused() {
    let text = one("");
    let head = text.split_once("[[control]]").unwrap().0;
    assert_eq!(parse(head, "own.toml").unwrap_err()[0].kind, ProblemKind::MissingField);
}
