use proptest::prelude::*;

use super::*;
use crate::model::Moment;
use crate::source::Limits;

fn problems(text: &str) -> Vec<(u64, Kind)> {
    parse(text, "lacuna.toml").1.iter().map(|problem| (problem.at.line, problem.kind)).collect()
}

fn recognised(path: &str, text: &str) -> bool {
    recognise(&Head::new(path, text.as_bytes(), true)).is_some()
}

/// Returns the example of the documentation.
fn example() -> &'static str {
    let docs = include_str!("../../../docs/policy.md");
    let start = docs.find("```toml\n").unwrap() + 8;
    &docs[start..start + docs[start..].find("```").unwrap()]
}

#[test]
fn the_documented_example_is_read_without_a_problem() {
    let (policy, problems) = parse(example(), "lacuna.toml");
    assert_eq!(problems, []);
    assert!(recognised("other.toml", example()));
    assert_eq!((policy.from, policy.to), (Moment::parse("2026-01-01"), Moment::parse("2026-07-01")));
    assert_eq!(policy.now, Moment::parse("2026-07-15"));
    assert_eq!(policy.repositories, ["acme/*"]);
    assert_eq!(policy.branches, ["main", "release/*"]);
    assert_eq!(
        (policy.production, policy.ticket_prefixes),
        (vec!["prod*".into()], vec!["PAY".into(), "OPS".into()])
    );
    assert_eq!(policy.depth, DepthThresholds::default());
    let inventory = policy.ai_inventory.unwrap();
    assert_eq!((inventory[0].tool.as_str(), inventory[0].models.len()), ("claude-code", 1));
    assert_eq!(inventory[0].until, Moment::parse("2027-01-01"));
    assert_eq!(
        (policy.humans.len(), policy.bots.len(), policy.agents.len(), policy.services.len()),
        (1, 1, 1, 1)
    );
    assert_eq!(policy.sensitive[0].paths, ["src/payment/**", "migrations/*"]);
    let exception = &policy.exceptions[0];
    assert_eq!((exception.id.as_str(), exception.owner.as_str()), ("EX-7", "Grace Hopper"));
    assert_eq!(exception.criteria, ["review.depth", "tests.*"]);
    assert_eq!(exception.compensating_control, "Reviewed the next morning, record R-119");
    assert_eq!(example().lines().nth(usize::try_from(exception.line).unwrap() - 1), Some("[[exception]]"));
    assert_eq!(policy.funnel.len(), 1);
}

#[test]
fn the_documentation_names_every_key_and_default() {
    let docs = include_str!("../../../docs/policy.md");
    let default = Policy::default();
    for row in [
        format!("| `lines-per-hour` | number | {} |", default.depth.lines_per_hour),
        format!("| `lines-per-sitting` | whole number | {} |", default.depth.lines_per_sitting),
        format!("| `seconds-per-line` | number | {} |", default.depth.seconds_per_line),
        format!("| `instant-seconds` | whole number | {} |", default.depth.instant_seconds),
        format!("| `risky-lines` | whole number | {} |", default.depth.risky_lines),
        format!("| `substance-words` | whole number | {} |", default.depth.substance_words),
        format!("| `production` | texts, wildcards | `{:?}` |", default.production),
    ] {
        assert!(docs.contains(&row), "{row}");
    }
    for step in &default.funnel {
        let row = format!("| `{}` | `{}` |", step.id, step.criteria.join("`, `"));
        assert!(docs.contains(&row), "{row}");
    }
    for table in TABLES {
        let heading = |brackets: &str| docs.contains(&format!("## `{}", brackets.replace("NAME", table)));
        assert!(heading("[NAME]`") || heading("[[NAME]]`") || heading("[[NAME."), "{table}");
    }
}

#[test]
fn an_empty_policy_is_the_default() {
    assert_eq!(parse("", "x"), (Policy::default(), Vec::new()));
    assert_eq!(parse("\u{feff}# nothing\n", "x").0, Policy::default());
}

#[test]
fn unknown_keys_are_errors_with_their_line_and_the_rest_is_read() {
    let text = "[scope]\nrepositries = [\"a/b\"]\nbranches = [\"main\"]\n\n[reviews]\nx = 1\n";
    let (policy, problems) = parse(text, "lacuna.toml");
    assert_eq!(policy.branches, ["main"]);
    assert_eq!(policy.repositories, [""; 0]);
    let found: Vec<_> = problems.iter().map(|p| (p.at.line, p.kind, p.severity)).collect();
    assert_eq!(found, [(2, Kind::Unrecognised, Severity::Error), (5, Kind::Unrecognised, Severity::Error)]);
    assert_eq!(problems[0].expected, "repositories, branches, production, tickets");
    assert_eq!((problems[0].file.as_str(), problems[0].at.pointer.as_str()), ("lacuna.toml", "line 2"));
}

#[test]
fn wrong_types_are_errors_with_their_line_and_the_default_stands() {
    let text = "scope = 1\n[period]\nfrom = 12:00:00\nto = \"soon\"\n[review-depth]\nlines-per-hour = \"many\"\nrisky-lines = -1\nseconds-per-line = nan\nlines-per-sitting = 1.5\n[accounts]\nbots = \"renovate\"\nhumans = [\"ada\", 5]\n[[sensitive]]\nlabel = []\npaths = [\"a\"]\n";
    let (policy, found) = parse(text, "x");
    assert!(found.iter().all(|problem| problem.kind == Kind::WrongType), "{found:#?}");
    assert_eq!(found.iter().map(|p| p.at.line).collect::<Vec<_>>(), [1, 3, 4, 6, 7, 8, 9, 11, 12, 14]);
    assert_eq!((policy.depth, policy.humans), (DepthThresholds::default(), vec!["ada".to_owned()]));
    assert_eq!(problems("exception = [1]\nfunnel = 2\n"), [(1, Kind::WrongType), (2, Kind::WrongType)]);
}

#[test]
fn dates_are_read_in_every_spelling() {
    for (text, moment) in [
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("\"2026-01-31\"", "2026-01-31T00:00:00Z"),
        ("2026-01-31T09:30:00", "2026-01-31T09:30:00Z"),
        ("\"2026-01-31T09:30:00\"", "2026-01-31T09:30:00Z"),
        ("2026-01-31 09:30:00+02:00", "2026-01-31T07:30:00Z"),
        ("\"2026-01-31T09:30:00Z\"", "2026-01-31T09:30:00Z"),
    ] {
        let (policy, problems) = parse(&format!("[period]\nnow = {text}\n"), "x");
        assert_eq!((policy.now, problems), (Moment::parse(moment), vec![]), "{text}");
    }
    assert_eq!(problems("[period]\nfrom = 2026-02-01\nto = 2026-01-01\n"), [(3, Kind::Conflict)]);
}

#[test]
fn broken_toml_gives_the_default_policy_and_no_record() {
    struct Kept(Vec<Problem>);
    impl Records for Kept {
        fn record(&mut self, _: At, record: Record<'_>) {
            panic!("{}", record.noun());
        }
        fn problem(&mut self, problem: Problem) {
            self.0.push(problem);
        }
    }
    let text = "[scope]\nbranches = [\"main\"]\nrepositories = [\"a\n\n[scope]\n";
    let (policy, found) = parse(text, "x");
    assert_eq!(policy, Policy::default());
    assert!(!found.is_empty() && found.iter().all(|problem| problem.kind == Kind::Malformed));
    assert_eq!(found[0].at.line, 3);
    let mut kept = Kept(Vec::new());
    let limits = Limits::default();
    read(text.as_bytes(), &Context { path: "x", limits: &limits }, &mut kept).unwrap();
    assert_eq!(kept.0.len(), found.len());
}

#[test]
fn exceptions_that_cover_nothing_are_kept_with_a_warning() {
    let text = "[period]\nnow = 2026-06-01\n[[exception]]\nid = \"A\"\ncriteria = [\"review.depth\"]\nchanges = [\"#1\"]\nowner = \"o\"\nreason = \"r\"\ncompensating-control = \"c\"\nuntil = 2026-05-01\n[[exception]]\nid = \"B\"\n";
    let (policy, found) = parse(text, "x");
    assert_eq!(policy.exceptions.len(), 2);
    assert!(found.iter().all(|problem| problem.severity == Severity::Warning));
    assert_eq!((found[0].at.line, found[0].kind), (10, Kind::Conflict));
    let missing: Vec<_> = found[1..].iter().map(|problem| problem.expected.as_str()).collect();
    assert_eq!(missing, ["criteria", "changes", "owner", "reason", "compensating-control", "until"]);
}

#[test]
fn an_exception_twice_stands_once_and_one_without_an_id_is_named_by_its_line() {
    let base = "criteria = [\"ai.*\"]\nchanges = [\"#1\"]\nowner = \"o\"\nreason = \"r\"\ncompensating-control = \"c\"\nuntil = 2026-05-01\n";
    let text =
        format!("[[exception]]\nid = \"A\"\n{base}[[exception]]\nid = \"A\"\n{base}[[exception]]\n{base}");
    let (policy, _) = parse(&text, "x");
    assert_eq!(policy.exceptions.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["A", "line 17"]);
    assert_eq!(problems(&text), [(10, Kind::Duplicate), (17, Kind::MissingField)]);
}

#[test]
fn criteria_that_do_not_exist_are_errors() {
    let text = "[[exception]]\nid = \"A\"\ncriteria = [\"review.dept\", \"reviews.*\", \"review.*\", \"*\"]\nchanges = [\"#1\"]\nowner = \"o\"\nreason = \"r\"\nuntil = 2026-05-01\n";
    let (policy, mut found) = parse(text, "x");
    // An exception for everything is kept, and told as one.
    assert_eq!(policy.exceptions[0].criteria, ["review.*", "*"]);
    assert!(found.iter().any(|p| p.kind == Kind::OverLimit && p.severity == Severity::Warning));
    found.retain(|p| p.severity == Severity::Error);
    assert_eq!(found.iter().map(|p| p.kind).collect::<Vec<_>>(), [Kind::Unrecognised; 2]);
    assert!(found[0].expected.contains("review.depth"));
    assert!(found[1].expected.contains("population, authorisation, ai, review"));
}

#[test]
fn a_funnel_names_its_criteria_one_by_one() {
    let text = "[[funnel]]\nid = \"t\"\ncriteria = [\"tests.ran\", \"tests.*\"]\n[[funnel]]\nid = \"t\"\ncriteria = [\"tests.ran\"]\n[[funnel]]\nid = \"u\"\ncriteria = []\n";
    let (policy, _) = parse(text, "x");
    assert_eq!(policy.funnel.len(), 1);
    assert_eq!(policy.funnel[0].title, "t");
    assert_eq!(policy.funnel[0].criteria[..2], ["tests.ran", "tests.passed"]);
    assert_eq!(problems(text), [(5, Kind::Duplicate), (7, Kind::MissingField)]);
}

#[test]
fn an_account_of_two_kinds_is_a_conflict() {
    assert_eq!(problems("[accounts]\nhumans = [\"Ada\"]\nbots = [\"ada\"]\n"), [(3, Kind::Conflict)]);
}

#[test]
fn an_empty_inventory_is_not_the_lack_of_one() {
    assert_eq!(parse("[ai]\n", "x").0.ai_inventory, Some(Vec::new()));
    assert_eq!(parse("[scope]\n", "x").0.ai_inventory, None);
    assert_eq!(problems("[[ai.tool]]\nmodels = []\n"), [(1, Kind::MissingField)]);
}

#[test]
fn other_toml_is_not_taken_for_a_policy() {
    assert!(recognised(
        "acme/policy.toml",
        "# ours\n[scope] # all\nbranches = [\n  \"main\",\n]\n[[ai.tool]]\n"
    ));
    assert!(recognised("acme/lacuna.toml", "[perod]\n"));
    for text in [
        "",
        "x = 1\n[scope]\n",
        "[package]\nname = \"x\"\n",
        "[scope]\na = 1\n[dependencies]\n",
        "[1, 2]",
        "[{\"a\":1}]",
    ] {
        assert!(!recognised("x.toml", text), "{text}");
    }
}

#[test]
fn hostile_nesting_is_an_error() {
    let deep = format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(parse(&deep, "x").1.iter().any(|problem| problem.kind == Kind::Malformed));
}

proptest! {
    #[test]
    fn no_text_crashes_the_parser(text in "[\\[\\]a-c=.\"'#\\-0-9 \n{},T:]{0,120}", any in ".{0,60}") {
        parse(&text, "x");
        parse(&any, "x");
        recognised("x", &text);
    }

    #[test]
    fn values_of_any_type_are_read_or_reported(value in prop::sample::select(vec!["1", "\"a\"", "[1]", "[\"a\"]", "{}", "[{}]", "true", "1.5", "2026-01-01"]), at in 0_usize..26) {
        let keys = [
            ("period", "from"), ("period", "to"), ("period", "now"), ("scope", "repositories"), ("scope", "branches"),
            ("scope", "production"), ("scope", "tickets"), ("review-depth", "lines-per-hour"),
            ("review-depth", "risky-lines"), ("ai", "tool"), ("accounts", "humans"), ("accounts", "bots"),
            ("[sensitive]", "label"), ("[sensitive]", "paths"), ("[exception]", "id"), ("[exception]", "criteria"),
            ("[exception]", "changes"), ("[exception]", "owner"), ("[exception]", "reason"), ("[exception]", "until"),
            ("[exception]", "from"), ("[exception]", "compensating-control"), ("[funnel]", "id"),
            ("[funnel]", "title"), ("[funnel]", "criteria"), ("nothing", "x"),
        ];
        let (table, key) = keys[at];
        parse(&format!("[{table}]\n{key} = {value}\n"), "x");
    }
}
