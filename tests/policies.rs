//! The policy as a user meets it: its published schema, its text edited key by key, an opened bundle assessed again under
//! another one, and exceptions that change nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::schema;

use lacuna::engine::{Bundle, Engine, Options};
use lacuna::format::policy;
use lacuna::model::Verdict;
use lacuna::problem::Severity;
use lacuna::protocol::{
    CompareWith, DifferenceOf, FieldKind, PolicyAction, PolicyEdit, PolicySource, PolicyView, Reply, Request,
};
use lacuna::report::{csv, html, json};
use lacuna::source::Bytes;
use lacuna::source::intake::Root;
use serde_json::Value;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The bundle with a git history, and one without.
fn bundles() -> [Vec<(String, Vec<u8>)>; 2] {
    let read = |path: &str| std::fs::read(here(path)).unwrap();
    let small = ["prs.json", "people.csv", "deployments.csv", "notes.txt"];
    let small = small.map(|name| (name.to_owned(), read(&format!("tests/fixtures/small/{name}"))));
    [vec![("sample.zip".to_owned(), read("public/samples/sample.zip"))], small.to_vec()]
}

fn open(files: &[(String, Vec<u8>)], policy: Option<&str>) -> Bundle {
    let root = |(path, bytes): &(String, Vec<u8>)| Root {
        path: path.clone(),
        source: Box::new(Bytes::new(bytes.clone())),
    };
    let policy = policy.map(|text| policy::parse(text, "lacuna.toml"));
    Engine::new(files.iter().map(root).collect(), Options { policy, keep: true, ..Options::default() }).run()
}

/// Everything that a bundle says, as its exports say it.
fn told(bundle: &Bundle) -> [String; 3] {
    [json::write(bundle), csv::write(bundle), html::write(bundle)]
}

/// Policies that reach every place where one decides: links, kinds, scope, thresholds, exceptions, funnel, problems.
const POLICIES: [&str; 10] = [
    "",
    "[scope]\nbranches = [\"release/*\"]\n",
    "[scope]\nbranches = [\"*\"]\nproduction = [\"staging\"]\ntickets = [\"NONE\"]\n",
    "[scope]\nrepositories = [\"*/payments\"]\nproduction = [\"*\"]\n",
    "[accounts]\nbots = [\"*a*\"]\nhumans = [\"*[bot]\"]\n",
    "[duties]\nburst-approvals = 1\nburst-minutes = 100000\n",
    "[accounts]\nagents = [\"*\"]\n[ai]\n[period]\nfrom = 2026-07-01\nnow = 2027-01-01\n",
    "[review-depth]\nlines-per-hour = 1\ninstant-seconds = 100000\nsubstance-words = 50\n[[sensitive]]\npaths = [\"**\"]\n",
    "[[exception]]\nid = \"E\"\ncriteria = [\"review.*\", \"tests.*\"]\nchanges = [\"#7\", \"#482\", \"#12\"]\nowner = \"Ada\"\nreason = \"r\"\ncompensating-control = \"c\"\nuntil = 2099-01-01\n[[funnel]]\nid = \"x\"\ncriteria = [\"review.human\"]\n",
    "[scope]\nbranch = [\"main\"]\n[review-depth]\nrisky-lines = \"many\"\n",
];

#[test]
fn a_bundle_assessed_again_says_to_the_byte_what_it_says_when_opened_with_that_policy() {
    for files in bundles() {
        let mut bundle = open(&files, None);
        let own = told(&bundle);
        let opened = POLICIES.map(|text| told(&open(&files, Some(text))));
        // Twice through, the second time from the end, so that every policy comes after different ones.
        for at in (0..POLICIES.len()).chain((0..POLICIES.len()).rev()) {
            bundle.reassess(Some(policy::parse(POLICIES[at], "lacuna.toml"))).unwrap();
            assert!(told(&bundle) == opened[at], "{} after others", POLICIES[at]);
        }
        bundle.reassess(None).unwrap();
        assert!(told(&bundle) == own, "the bundle's own policy is back");
        assert!(
            opened.iter().filter(|other| **other != own).count() >= 7,
            "policies that change nothing show nothing"
        );
    }
}

#[test]
fn a_look_under_another_policy_leaves_everything_as_it_was() {
    for files in bundles() {
        let mut bundle = open(&files, None);
        let before = told(&bundle);
        for text in POLICIES {
            let seen = bundle.under(Some(policy::parse(text, "lacuna.toml")), told).unwrap();
            assert!(seen == told(&open(&files, Some(text))), "{text}");
            assert!(told(&bundle) == before, "after {text}");
        }
    }
}

#[test]
fn a_bundle_that_kept_nothing_says_so_and_stays_as_it_is() {
    let [_, files] = bundles();
    let roots = files
        .iter()
        .map(|(path, bytes)| Root { path: path.clone(), source: Box::new(Bytes::new(bytes.clone())) });
    let mut bundle = Engine::new(roots.collect(), Options::default()).run();
    let before = told(&bundle);
    assert!(bundle.reassess(None).unwrap_err().contains("opened without"));
    assert!(told(&bundle) == before);
}

#[test]
fn branches_of_another_policy_are_other_changes() {
    let [files, _] = bundles();
    let mut bundle = open(&files, None);
    let before = bundle.assessment.scope.len();
    bundle.reassess(Some(policy::parse("[scope]\nbranches = [\"none\"]\n", "x"))).unwrap();
    assert_ne!(bundle.assessment.scope.len(), before);
    assert_eq!(bundle.assessment.store.protected_lines, 0);
}

fn schema_of_a_policy() -> Value {
    serde_json::from_str(policy::SCHEMA).unwrap()
}

/// A policy's text as the schema sees it: dates are texts.
fn as_json(text: &str) -> Value {
    fn of(value: toml::Value) -> Value {
        match value {
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, of(value))).collect(),
            toml::Value::Array(list) => list.into_iter().map(of).collect(),
            toml::Value::Datetime(moment) => moment.to_string().into(),
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(flag) => flag.into(),
        }
    }
    of(toml::Value::Table(toml::from_str(text).unwrap()))
}

/// A value as TOML on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries: Vec<_> =
                map.iter().map(|(key, value)| format!("{key} = {}", inline(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Each table of the schema: its header, its name, and its properties.
fn tables_of_the_schema() -> Vec<(String, String, serde_json::Map<String, Value>)> {
    let schema = schema_of_a_policy();
    let mut found = Vec::new();
    for (name, node) in schema["properties"].as_object().unwrap() {
        let of = |header: String, name: &str, node: &Value| {
            (header, name.to_owned(), node["properties"].as_object().unwrap().clone())
        };
        if node["type"] == "array" {
            found.push(of(format!("[[{name}]]"), name, &node["items"]));
            continue;
        }
        found.push(of(format!("[{name}]"), name, node));
        for (key, inner) in node["properties"].as_object().unwrap() {
            if inner["items"]["properties"].is_object() {
                found.push(of(format!("[[{name}.{key}]]"), &format!("{name}.{key}"), &inner["items"]));
            }
        }
    }
    found
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let known = |text: &str| {
        let (_, problems) = policy::parse(text, "x");
        let unknown = problems.iter().find(|problem| problem.found.contains("“zzz”")).expect(text);
        unknown.expected.split(", ").map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    let schema = schema_of_a_policy();
    let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect();
    assert_eq!(known("zzz = 1\n"), names(schema["properties"].as_object().unwrap()), "tables");
    for (header, _, properties) in tables_of_the_schema() {
        assert_eq!(known(&format!("{header}\nzzz = 1\n")), names(&properties), "{header}");
    }
}

#[test]
fn every_key_of_the_schema_is_read() {
    for (header, _, properties) in tables_of_the_schema() {
        for key in properties.keys() {
            // No key takes a list of lists: one that is known and passed over would say nothing.
            let needed = [
                "id = \"x\"",
                "name = \"x\"",
                "tag = \"x\"",
                "tool = \"x\"",
                "identity = \"x\"",
                "level = 1",
                "paths = [\"x\"]",
                "criteria = [\"ai.*\"]",
            ];
            let has = |line: &&str| {
                line.split(' ').next().is_some_and(|own| own != key && properties.contains_key(own))
            };
            let needed: Vec<&str> =
                needed.into_iter().filter(has).filter(|_| header.starts_with("[[")).collect();
            let text = format!("{header}\n{key} = [[1]]\n{}\n", needed.join("\n"));
            let (_, problems) = policy::parse(&text, "x");
            let errors =
                problems.iter().filter(|problem| problem.severity == Severity::Error && problem.at.line == 2);
            assert!(errors.count() > 0, "{header} {key} is known and not read");
        }
    }
}

#[test]
fn every_default_of_the_schema_is_the_readers() {
    for (header, _, properties) in tables_of_the_schema() {
        for (key, node) in properties.iter().filter(|(_, node)| !node["default"].is_null()) {
            if header.starts_with("[[") {
                continue;
            }
            let text = format!("{header}\n{key} = {}\n", node["default"]);
            assert_eq!(policy::parse(&text, "x"), policy::parse("", "x"), "{header} {key}");
        }
    }
}

#[test]
fn examples_of_the_schema_validate_and_are_read_without_a_problem() {
    let schema = schema_of_a_policy();
    let mut count = 0;
    for (name, node) in schema["properties"].as_object().unwrap() {
        for example in node["examples"].as_array().expect("each table has one") {
            let whole: Value = [(name.clone(), example.clone())].into_iter().collect();
            assert_eq!(schema::problems(&schema, &whole), Vec::<String>::new(), "{name}");
            let text = format!("{name} = {}\n", inline(example));
            assert_eq!(policy::parse(&text, "x").1, [], "{text}");
            count += 1;
        }
    }
    assert!(count >= 10);
    for text in [policy::TEMPLATE, &std::fs::read_to_string(here("docs/policy.md")).unwrap()] {
        let toml = text.split("```toml\n").nth(1).map_or(text, |rest| rest.split("```").next().unwrap());
        assert_eq!(schema::problems(&schema, &as_json(toml)), Vec::<String>::new());
    }
}

#[test]
fn what_the_schema_refuses_the_reader_refuses_too() {
    let schema = schema_of_a_policy();
    for text in [
        "[scop]\nbranches = [\"main\"]\n",
        "[scope]\nbranch = [\"main\"]\n",
        "[scope]\nbranches = \"main\"\n",
        "[scope]\nbranches = [\"\"]\n",
        "[period]\nfrom = \"soon\"\n",
        "[period]\nfrom = 2026\n",
        "[review-depth]\nlines-per-hour = \"many\"\n",
        "[review-depth]\nrisky-lines = 1.5\n",
        "[review-depth]\ninstant-seconds = -1\n",
        "[accounts]\nbots = [1]\n",
        "[[ai.tool]]\nmodels = [\"x\"]\n",
        "[[identity]]\nissuer = \"x\"\n",
        "[[builder]]\nid = \"x\"\nlevel = 4\n",
        "[[builder]]\nid = \"x\"\n",
        "[demands]\nserious-severity = 11\n",
        "[[sensitive]]\nlabel = \"x\"\n",
        "[[sensitive]]\npaths = []\n",
        "[[exception]]\nid = \"x\"\nowners = \"x\"\n",
        "[[exception]]\nid = \"x\"\ncriteria = [\"REVIEW\"]\n",
        "[[funnel]]\nid = \"x\"\ncriteria = []\n",
        "exception = 1\n",
    ] {
        assert!(!schema::problems(&schema, &as_json(text)).is_empty(), "the schema takes {text}");
        let (_, problems) = policy::parse(text, "x");
        assert!(
            problems.iter().any(|problem| problem.severity == Severity::Error),
            "the reader takes {text}"
        );
    }
}

#[test]
fn a_problem_names_line_column_key_and_what_was_meant() {
    let text = "[scope]\n  brances = []\n[[exception]]\nid = \"A\"\ncriteria = [\"review.depth\", \"review.humna\"]\n[review-depth]\nlines-per-hour = \"many\"\n";
    let (_, problems) = policy::explain(text, "x");
    let found: Vec<_> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|own| (own.line, own.column, own.key.as_str(), own.hint.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (2, 3, "scope.brances", "Did you mean branches?"),
            (5, 29, "exception[0].criteria[1]", "Did you mean review.human?"),
            (
                7,
                18,
                "review-depth.lines-per-hour",
                "Until review-depth.lines-per-hour is right, its default stands."
            ),
        ]
    );
    let (_, broken) = policy::explain("[scope]\nbranches = [\"ä\n", "x");
    assert_eq!((broken[0].line, broken[0].key.as_str()), (2, ""));
    let (_, strange) = policy::explain("[zebra]\n", "x");
    assert!(strange[0].hint.starts_with("docs/policy.md"), "{strange:?}");
}

fn set(text: &str, table: &str, index: u32, key: &str, value: &str) -> Result<String, String> {
    let (table, key, value) = (table.into(), key.into(), value.into());
    policy::edit(text, &PolicyEdit::Set { table, index, key, value })
}

#[test]
fn a_key_is_set_in_place_and_everything_else_stays_as_it_was() {
    let text =
        "# ours\n[scope]\nbranches = [\"main\"] # the line\n\n[review-depth]\n# slow\nlines-per-hour = 300\n";
    assert_eq!(set(text, "review-depth", 0, "lines-per-hour", "250").unwrap(), text.replace("300", "250"));
    assert_eq!(
        set(text, "scope", 0, "branches", "main\nrelease/*").unwrap(),
        text.replace("[\"main\"]", "[\"main\", \"release/*\"]")
    );
    assert_eq!(
        set(text, "review-depth", 0, "lines-per-hour", "").unwrap(),
        text.replace("lines-per-hour = 300\n", "")
    );
    let added = set(text, "review-depth", 0, "risky-lines", "99").unwrap();
    assert!(added.contains("[review-depth]\nrisky-lines = 99\n# slow\n"), "{added}");
    let table = set(text, "period", 0, "from", "2026-01-01").unwrap();
    assert!(table.ends_with("\n[period]\nfrom = 2026-01-01\n") && table.starts_with(text), "{table}");
    // What is typed is written so that the reader names it, never so that it means something else.
    let hostile = set(text, "scope", 0, "tickets", "PAY\"]\nx = [\"").unwrap();
    assert_eq!(policy::parse(&hostile, "x").0.ticket_prefixes, ["PAY\"]", "x = [\""]);
    assert!(policy::parse(&set(text, "period", 0, "to", "soon").unwrap(), "x").1[0].found.contains("soon"));
}

#[test]
fn tables_of_a_list_come_and_go_with_their_comments() {
    let mut text = policy::TEMPLATE.to_owned();
    for id in ["EX-1", "EX-2"] {
        text = policy::edit(&text, &PolicyEdit::Add { table: "exception".into() }).unwrap();
        let last =
            policy::tables(&text).iter().find(|table| table.name == "exception").unwrap().items.len() - 1;
        text = set(&text, "exception", u32::try_from(last).unwrap(), "id", id).unwrap();
    }
    text.push_str("\n# what we hold\n[[sensitive]]\npaths = [\"a\"]\n");
    let ids = |text: &str| {
        policy::parse(text, "x").0.exceptions.iter().map(|own| own.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&text), ["EX-1", "EX-2"]);
    text = policy::edit(&text, &PolicyEdit::Remove { table: "exception".into(), index: 1 }).unwrap();
    assert_eq!(ids(&text), ["EX-1"]);
    assert!(text.contains("# what we hold\n[[sensitive]]") && text.starts_with(policy::TEMPLATE), "{text}");
    text = policy::edit(&text, &PolicyEdit::Remove { table: "exception".into(), index: 0 }).unwrap();
    assert_eq!(ids(&text), [""; 0]);
    assert!(policy::edit(&text, &PolicyEdit::Remove { table: "exception".into(), index: 0 }).is_err());
}

#[test]
fn what_cannot_be_edited_is_refused_and_nothing_is_lost() {
    assert!(set("scope = { branches = [] }\n", "scope", 0, "tickets", "PAY").is_err());
    assert!(set("[scope\n", "scope", 0, "tickets", "PAY").unwrap_err().contains("no TOML"));
    assert!(set("", "scope", 0, "nothing", "x").is_err());
    assert!(set("", "exception", 3, "id", "x").is_err());
}

#[test]
fn every_key_can_be_edited_as_a_field_with_its_meaning() {
    let tables = policy::tables("");
    for (_, name, properties) in tables_of_the_schema() {
        let Some(table) = tables.iter().find(|table| table.name == name) else {
            assert_eq!(name, "ai", "a table of tables only");
            continue;
        };
        assert!(!table.title.is_empty() && !table.meaning.is_empty(), "{name}");
        let text = if table.is_list { format!("[[{name}]]\n") } else { String::new() };
        let filled = policy::tables(&text);
        let fields = &filled.iter().find(|table| table.name == name).unwrap().items[0];
        assert_eq!(fields.len(), properties.len(), "{name}");
        for field in fields {
            assert!(!field.meaning.is_empty(), "{name}.{}", field.key);
            let typed = match field.kind {
                FieldKind::Date => "2026-01-31",
                FieldKind::Number | FieldKind::Count => "3",
                FieldKind::Flag => "true",
                FieldKind::Text | FieldKind::Texts => "review.depth",
            };
            let edited = set(&text, &name, 0, &field.key, typed).unwrap();
            let back = policy::tables(&edited);
            let table = back.iter().find(|table| table.name == name).unwrap();
            let value = &table.items[0].iter().find(|own| own.key == field.key).unwrap().value;
            assert_eq!(value, typed, "{name}.{}", field.key);
        }
    }
}

fn ask(bundle: &mut Bundle, text: Option<&str>, action: PolicyAction) -> PolicyView {
    let text = text.map(str::to_owned);
    match bundle.act(Request::Policy { text, edit: None, action }) {
        Reply::Policy(view) => *view,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_effect_of_a_policy_is_told_before_and_is_what_comes_after() {
    let [files, _] = bundles();
    let mut bundle = open(&files, None);
    let start = ask(&mut bundle, None, PolicyAction::Check);
    assert_eq!((start.source, start.is_other), (PolicySource::Bundle, false));
    let before = told(&bundle);
    let text = set(&start.text, "review-depth", 0, "lines-per-hour", "1").unwrap();
    let view = ask(&mut bundle, Some(&text), PolicyAction::Preview);
    assert!(told(&bundle) == before, "a preview changes nothing");
    let effect = view.effect.unwrap();
    let worse = effect.criteria.iter().find(|turned| {
        (turned.id.as_str(), turned.before, turned.after) == ("review.depth", Verdict::Met, Verdict::Unmet)
    });
    let worse = worse.expect("a threshold of one line an hour makes deep reviews shallow");
    let depth = lacuna::assess::registry::CriterionIndex::of("review.depth").unwrap();
    let was: Vec<Verdict> =
        (0..bundle.assessment.scope.len()).map(|row| bundle.assessment.verdict(row, depth)).collect();
    let view = ask(&mut bundle, Some(&text), PolicyAction::Apply);
    assert_eq!((view.source, view.is_other, view.text.as_str()), (PolicySource::Given, false, text.as_str()));
    assert_ne!(view.digest, start.digest);
    let turned = was.iter().enumerate().filter(|(row, was)| {
        (**was, bundle.assessment.verdict(*row, depth)) == (Verdict::Met, Verdict::Unmet)
    });
    assert_eq!(turned.count() as u64, worse.count);
    assert_eq!(worse.first.len() as u64, worse.count.min(50));
    assert!(told(&bundle)[0].contains("\"policySource\":{\"from\":\"given\""));
    let view = ask(&mut bundle, None, PolicyAction::Reset);
    assert_eq!((view.source, view.digest), (PolicySource::Bundle, start.digest));
    assert!(told(&bundle) == before);
    let broken = ask(&mut bundle, Some("[scope"), PolicyAction::Apply);
    assert!(!broken.refusal.is_empty() && told(&bundle) == before, "a text that is no TOML is not applied");
}

#[test]
fn two_periods_of_one_bundle_are_compared_and_nothing_of_it_changes() {
    let [files, _] = bundles();
    let mut bundle = open(&files, None);
    let before = told(&bundle);
    let ask = |bundle: &mut Bundle, first: [&str; 2], second: [&str; 2]| {
        let with =
            CompareWith::Periods { before: first.map(str::to_owned), after: second.map(str::to_owned) };
        bundle.act(Request::Compare { with })
    };
    let own = |at: Option<lacuna::model::Moment>| at.map_or_else(String::new, |at| at.to_string());
    let (from, to) = (own(bundle.assessment.policy.from), own(bundle.assessment.policy.to));
    let halves = ([from.as_str(), "2026-08-01"], ["2026-08-01", to.as_str()]);
    let Reply::Comparison(Some(view)) = ask(&mut bundle, halves.0, halves.1) else { panic!("no comparison") };
    assert!(view.measured_differently.is_empty(), "a period is no measure: {view:?}");
    assert_eq!(view.sides[0].changes + view.sides[1].changes, bundle.assessment.scope.len() as u64);
    let request = Request::Differences {
        of: DifferenceOf::Controls,
        difference: None,
        filter: String::new(),
        offset: 0,
        limit: 200,
    };
    let Reply::Differences(page) = bundle.act(request) else { panic!("no page") };
    let controls: u64 =
        view.counts.iter().filter(|(of, ..)| *of == DifferenceOf::Controls).map(|(.., count)| count).sum();
    assert_eq!(u64::from(page.total), controls);
    assert!(told(&bundle) == before);
    assert!(matches!(ask(&mut bundle, ["soon", ""], ["", ""]), Reply::Failed(_)));
    assert!(matches!(ask(&mut bundle, ["2026-02-01", "2026-01-01"], ["", ""]), Reply::Failed(_)));
}

#[test]
fn a_proposed_policy_decides_nothing_and_quotes_what_it_saw() {
    for files in bundles() {
        let bundle = open(&files, None);
        let text = policy::propose(&bundle.assessment);
        assert_eq!(
            policy::parse(&text, "x"),
            policy::parse("", "x"),
            "what is proposed stands in comments: {text}"
        );
        assert!(text.contains("# seen: from = 20") && text.contains("# seen: repositories = [\""), "{text}");
        // Whoever accepts what was seen gets a policy without a problem.
        let accepted: String = text
            .lines()
            .filter(|line| {
                !["repositories = []", "branches = []", "production = [\"prod*\""]
                    .iter()
                    .any(|own| line.starts_with(own))
            })
            .filter(|line| {
                !["bots = []", "agents = []", "services = []"].contains(line)
                    || !text.contains(&format!("# seen: {}", &line[..4]))
            })
            .map(|line| {
                line.strip_prefix("# seen: ")
                    .filter(|rest| rest.contains(" = ") && !rest.starts_with("tool"))
                    .unwrap_or(line)
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let (_, problems) = policy::parse(&accepted, "x");
        assert!(problems.is_empty(), "{problems:?} in {accepted}");
    }
}

/// An exception with everything that it needs, but for what `with` replaces.
fn exception(id: &str, with: &[(&str, &str)]) -> String {
    let mut keys = std::collections::BTreeMap::from([
        ("criteria", "[\"review.*\", \"tests.*\"]"),
        ("changes", "[\"#7\"]"),
        ("owner", "\"Ada\""),
        ("reason", "\"r\""),
        ("compensating-control", "\"c\""),
        ("until", "2099-01-01"),
    ]);
    keys.extend(with.iter().copied());
    let lines = keys.into_iter().filter(|(_, value)| !value.is_empty());
    let lines: String = lines.map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("[[exception]]\nid = \"{id}\"\n{lines}")
}

#[test]
fn an_exception_that_is_not_in_force_changes_no_verdict_and_is_listed_with_why() {
    let [_, files] = bundles();
    let mut bundle = open(&files, None);
    let verdicts = |bundle: &Bundle| csv::write(bundle);
    let without = verdicts(&bundle);
    let all_families = "[\"authorisation.*\", \"ai.*\", \"review.*\", \"release.*\", \"duties.*\", \"tests.*\", \"integrity.*\", \"scan.*\", \"risk.*\", \"supply.*\", \"records.*\"]";
    for (state, with) in [
        ("incomplete", ("owner", "")),
        ("incomplete", ("reason", "")),
        ("incomplete", ("compensating-control", "")),
        ("incomplete", ("criteria", "")),
        ("incomplete", ("changes", "")),
        ("incomplete", ("until", "")),
        ("incomplete", ("owner", "\" \"")),
        ("expired", ("until", "2020-01-01")),
        ("not-yet", ("from", "2098-01-01")),
        ("too-broad", ("criteria", "[\"*\", \"review.human\"]")),
        ("too-broad", ("criteria", all_families)),
        ("too-broad", ("changes", "[\"*\", \"#7\"]")),
        ("too-broad", ("changes", "[\"#*\", \"#7\"]")),
    ] {
        let text = exception("EX", &[with]);
        let view = ask(&mut bundle, Some(&text), PolicyAction::Apply);
        assert_eq!(view.refusal, "");
        assert!(verdicts(&bundle) == without, "{with:?} changes a verdict");
        let row = &view.exceptions[0];
        assert_eq!((row.state.as_str(), row.verdicts, row.changes), (state, 0, 0), "{with:?}");
        assert!(row.words.contains("changes nothing"), "{row:?}");
        for report in told(&bundle).iter().take(1).chain(&told(&bundle)[2..]) {
            assert!(report.contains(row.words.split(',').next().unwrap()), "{with:?}");
        }
    }
    let view = ask(&mut bundle, Some(&exception("EX", &[])), PolicyAction::Apply);
    assert!(
        view.exceptions[0].verdicts > 0 && view.exceptions[0].state == "in-force",
        "{:?}",
        view.exceptions
    );
    assert!(verdicts(&bundle) != without);
}

#[test]
fn what_machines_overrode_is_counted_apart() {
    let [_, files] = bundles();
    let mut bundle = open(&files, None);
    for (owner, agents, is_machine) in [
        ("Ada", "", false),
        ("acme-coder", "[accounts]\nagents = [\"acme-*\"]\n", true),
        ("copilot-swe-agent[bot]", "", true),
    ] {
        let text = format!("{agents}{}", exception("EX", &[("owner", &format!("{owner:?}"))]));
        let view = ask(&mut bundle, Some(&text), PolicyAction::Apply);
        assert_eq!(view.exceptions[0].is_by_machine, is_machine, "{owner}");
        let facts = lacuna::query::facts::facts(&bundle.assessment);
        let count = |id: &str| facts.iter().find(|fact| fact.id == id).map(|fact| fact.count).unwrap();
        assert!(count("overrides") > 0);
        assert_eq!(
            count("overrides-by-machines"),
            if is_machine { count("overrides") } else { 0 },
            "{owner}"
        );
        assert!(told(&bundle)[0].contains(&format!("\"byMachine\":{is_machine}")));
    }
}
