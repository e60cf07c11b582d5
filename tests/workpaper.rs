//! Workpapers beside real bundles: the app's requests make a paper, and the command line holds it against the evidence.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lacuna::engine::{Bundle, Engine, Options};
use lacuna::model::Verdict;
use lacuna::protocol::{PaperReply, PaperRequest, Reply, Request};
use lacuna::source::{Limits, disk};
use lacuna::workpaper::*;
use serde_json::Value;

const AT: &str = "2026-07-01T09:30:00Z";

fn lacuna(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lacuna")).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes an export of numbered changes, reviewed by a person but for each third, and returns the folder.
fn export(name: &str, numbers: &[u64]) -> PathBuf {
    let folder = folder(name);
    let changes: Vec<Value> = numbers
        .iter()
        .map(|number| {
            let review = serde_json::json!({
                "author": {"login": "leila"}, "state": "APPROVED", "submittedAt": "2026-02-01T10:00:00Z",
                "commit": {"oid": format!("{:040x}", number + 1000)}, "body": "Which tests cover the retry?",
            });
            serde_json::json!({
                "number": number, "title": format!("Change <{number}>"), "state": "MERGED",
                "url": format!("https://github.com/acme/pay/pull/{number}"), "author": {"login": "ana"},
                "createdAt": "2026-01-30T10:00:00Z", "mergedAt": format!("2026-03-{:02}T10:00:00Z", number % 28 + 1),
                "mergeCommit": {"oid": format!("{number:040x}")}, "headRefOid": format!("{:040x}", number + 1000),
                "additions": number * 3, "deletions": 1, "reviewDecision": "APPROVED",
                "reviews": if number % 3 == 0 { vec![] } else { vec![review] },
            })
        })
        .collect();
    std::fs::write(folder.join("pulls.json"), Value::from(changes).to_string()).unwrap();
    folder
}

fn bundle(folder: &Path) -> Bundle {
    let found = disk::find(&[folder.to_path_buf()], &Limits::default());
    Engine::new(found.roots, Options { name: "export".into(), ..Options::default() }).run()
}

fn ask(bundle: &Bundle, request: PaperRequest) -> PaperReply {
    match bundle.answer(&Request::Paper(Box::new(request))) {
        Reply::Paper(reply) => *reply,
        other => panic!("{other:?}"),
    }
}

/// Adds one entry as the app would.
fn enter(bundle: &Bundle, text: &mut String, body: Body) -> PaperReply {
    let reply = tried(bundle, text, body);
    assert_eq!(reply.refused, "");
    reply.text.clone_into(text);
    reply
}

fn tried(bundle: &Bundle, text: &str, mut body: Body) -> PaperReply {
    if let Body::Tested(tested) = &mut body {
        let path = &bundle.assessment.store.files[0].path;
        tested
            .pins
            .iter_mut()
            .filter(|pin| pin.path == "pulls.json")
            .for_each(|pin| pin.path.clone_from(path));
    }
    let request = PaperRequest {
        text: text.to_owned(),
        add: vec![body],
        at: AT.into(),
        by: "Ada Auditor".into(),
        ..PaperRequest::default()
    };
    ask(bundle, request)
}

fn asked_sample(size: u64) -> Sampled {
    Sampled {
        method: "simple".into(),
        seed: 7,
        size,
        sizing: Sizing { how: "fixed".into(), ..Sizing::default() },
        controls: vec![ControlTested {
            framework: "soc2-tsc-2017".into(),
            id: "CC1.5".into(),
            ..ControlTested::default()
        }],
        ..Sampled::default()
    }
}

fn begun(bundle: &Bundle, size: u64) -> String {
    let mut text = String::new();
    enter(
        bundle,
        &mut text,
        Body::Opened(Box::new(Basis { title: "Changes, first half".into(), ..Basis::default() })),
    );
    enter(bundle, &mut text, Body::Sampled(Box::new(asked_sample(size))));
    text
}

fn tested(item: &str, result: Outcome, reason: &str) -> Body {
    Body::Tested(Box::new(Tested {
        item: item.into(),
        criterion: "review.human".into(),
        result,
        note: "opened".into(),
        reason: reason.into(),
        // Whatever the caller claims: the engine puts its own.
        tool: Verdict::Met,
        tool_reason: "claimed".into(),
        bundle_sha256: String::new(),
        pins: vec![Pin { label: "the change".into(), path: "pulls.json".into(), ..Pin::default() }],
    }))
}

/// Works a paper through to its sign-off.
fn finished(bundle: &Bundle) -> String {
    let mut text = begun(bundle, 6);
    let items = Paper::read(&text).unwrap().state().items;
    for item in &items {
        let is_reviewed = !item.item.number.is_multiple_of(3);
        let result = if is_reviewed { Outcome::Pass } else { Outcome::Exception };
        enter(bundle, &mut text, tested(&item.item.id, result, ""));
    }
    let finding = FindingText {
        condition: "A change went in without any review".into(),
        criterion: "CC1.5".into(),
        owner: "Bo".into(),
        due: "2026-09-30".into(),
        items: vec![items[0].item.id.clone()],
        ..FindingText::default()
    };
    enter(bundle, &mut text, Body::Finding(Box::new(finding)));
    let control = ("soc2-tsc-2017".to_owned(), "CC1.5".to_owned());
    let evaluated = Evaluated {
        framework: control.0.clone(),
        control: control.1.clone(),
        confidence: "0.9".into(),
        tolerable: "0.1".into(),
        population: 30,
        ..Evaluated::default()
    };
    enter(bundle, &mut text, Body::Evaluated(evaluated));
    let concluded = Concluded {
        framework: control.0.clone(),
        control: control.1.clone(),
        conclusion: Conclusion::NotEffective,
        basis: "the sample".into(),
    };
    enter(bundle, &mut text, Body::Concluded(concluded));
    enter(
        bundle,
        &mut text,
        Body::Signed(Signed { framework: control.0, control: control.1, role: "preparer".into() }),
    );
    enter(bundle, &mut text, Body::Signed(Signed { role: "preparer".into(), ..Signed::default() }));
    text
}

fn saved(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_paper_from_the_draw_to_the_sign_off_holds_beside_its_bundle() {
    let folder = export("paper-whole", &(1..=30).collect::<Vec<_>>());
    let text = finished(&bundle(&folder));
    let file = saved("whole.lacuna", &text);
    let output =
        lacuna(&["workpaper", "verify", &file, "--bundle", folder.to_str().unwrap(), "--format", "json"]);
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!(report["schema"], "lacuna.workpaper-check/v1");
    assert_eq!(report["holds"], true);
    assert_eq!(report["remarks"], serde_json::json!([]));
    // The sample is the one of `lacuna sample`, drawn with the same seed.
    let sample = json(&lacuna(&[
        "sample",
        folder.to_str().unwrap(),
        "--seed",
        "7",
        "--size",
        "6",
        "--format",
        "json",
    ]));
    let ids: Vec<&Value> = sample["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    let shown = json(&lacuna(&["workpaper", "show", &file, "--format", "json"]));
    assert_eq!(shown["schema"], "lacuna.workpaper-state/v1");
    let items: Vec<&Value> =
        shown["items"].as_array().unwrap().iter().map(|item| &item["item"]["id"]).collect();
    assert_eq!(ids, items);
    let head = shown["head"].as_str().unwrap();
    assert_eq!(lacuna(&["workpaper", "verify", &file, "--head", head]).status.code(), Some(0));
    assert_eq!(lacuna(&["workpaper", "verify", &file, "--head", &"0".repeat(64)]).status.code(), Some(1));
}

#[test]
fn the_tools_verdict_is_the_engines_and_never_the_callers() {
    let folder = export("paper-verdict", &(1..=30).collect::<Vec<_>>());
    let bundle = bundle(&folder);
    let mut text = begun(&bundle, 30);
    // Without any review, and claimed to be met: a pass needs a reason all the same.
    let refused = tried(&bundle, &text, tested("acme/pay#3", Outcome::Pass, ""));
    assert!(refused.refused.contains("reason") && refused.text.is_empty(), "{refused:?}");
    let state = enter(&bundle, &mut text, tested("acme/pay#3", Outcome::Pass, "seen in the chat")).state;
    assert_eq!(state.items.iter().map(|item| item.tested).sum::<u64>(), 1);
    let paper = Paper::read(&text).unwrap().state();
    let result = &paper.item("acme/pay#3").unwrap().steps[0].results[0].said;
    assert_eq!(result.tool, Verdict::Unmet);
    assert_ne!(result.tool_reason, "claimed");
    assert_eq!(result.pins[0].sha256.len(), 64);
    // What the bundle does not hold cannot be pinned.
    let mut other = tested("acme/pay#1", Outcome::Pass, "");
    if let Body::Tested(tested) = &mut other {
        tested.pins[0].path = "../pulls.json".into();
    }
    assert!(tried(&bundle, &text, other).refused.contains("no file"));
}

#[test]
fn a_trial_draws_the_same_sample_and_adds_nothing() {
    let bundle = bundle(&export("paper-trial", &(1..=30).collect::<Vec<_>>()));
    let mut text = String::new();
    enter(&bundle, &mut text, Body::Opened(Box::new(Basis { title: "T".into(), ..Basis::default() })));
    let request = PaperRequest {
        text: text.clone(),
        add: vec![Body::Sampled(Box::new(asked_sample(5)))],
        at: AT.into(),
        by: "Ada".into(),
        is_trial: true,
        ..PaperRequest::default()
    };
    let trial = ask(&bundle, request);
    assert!(trial.text.is_empty() && trial.refused.is_empty());
    let real = enter(&bundle, &mut text, Body::Sampled(Box::new(asked_sample(5))));
    assert_eq!(trial.state.items, real.state.items);
}

#[test]
fn sizes_strata_and_filters_are_those_of_the_sample_command() {
    let folder = export("paper-sizes", &(1..=60).collect::<Vec<_>>());
    let bundle = bundle(&folder);
    let frequency = Sizing {
        how: "frequency".into(),
        frequency: "daily".into(),
        risk: "low".into(),
        ..Sizing::default()
    };
    let attribute = Sizing {
        how: "attribute".into(),
        confidence: "0.9".into(),
        tolerable: "0.1".into(),
        expected: "0".into(),
        ..Sizing::default()
    };
    for (sample, arguments) in [
        (Sampled { sizing: frequency, ..asked_sample(0) }, vec!["--frequency", "daily", "--risk", "low"]),
        (Sampled { sizing: attribute, ..asked_sample(0) }, vec!["--confidence", "0.9", "--tolerable", "0.1"]),
        (
            Sampled { method: "stratified".into(), by: "month".into(), ..asked_sample(9) },
            vec!["--method", "stratified", "--by", "month", "--size", "9"],
        ),
        (
            Sampled { method: "targeted".into(), filter: "review.human:unmet".into(), ..asked_sample(4) },
            vec!["--method", "targeted", "--filter", "review.human:unmet", "--size", "4"],
        ),
    ] {
        let mut text = String::new();
        enter(&bundle, &mut text, Body::Opened(Box::new(Basis { title: "T".into(), ..Basis::default() })));
        let state = enter(&bundle, &mut text, Body::Sampled(Box::new(sample))).state;
        let mut all = vec!["sample", folder.to_str().unwrap(), "--seed", "7", "--format", "json"];
        all.extend(arguments);
        let expected = json(&lacuna(&all));
        let ids: Vec<&str> =
            expected["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(state.items.iter().map(|item| item.item.id.as_str()).collect::<Vec<_>>(), ids, "{all:?}");
        assert_eq!(state.samples[0].said.frame, expected["frame"].as_u64().unwrap());
    }
}

#[test]
fn another_bundle_is_said_to_be_another_and_what_still_matches_goes_on() {
    let numbers: Vec<u64> = (1..=30).collect();
    let first = bundle(&export("paper-first", &numbers));
    let mut text = finished(&first);
    let drawn: Vec<u64> =
        Paper::read(&text).unwrap().state().items.iter().map(|item| item.item.number).collect();
    // The same changes without one that was drawn, and with a new one.
    let mut fewer: Vec<u64> = numbers.into_iter().filter(|number| *number != drawn[0]).collect();
    fewer.push(99);
    let folder = export("paper-second", &fewer);
    let second = bundle(&folder);
    let file = saved("moved.lacuna", &text);
    let output = lacuna(&["workpaper", "verify", &file, "--bundle", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("The bundle is another one") && said.contains("The population is another one"),
        "{said}"
    );

    let item = format!("acme/pay#{}", drawn[1]);
    let refused = tried(&second, &text, tested(&item, Outcome::NotTested, "x"));
    assert!(refused.refused.contains("another bundle"), "{}", refused.refused);
    let attachment = refused.attachment.unwrap();
    assert_eq!(attachment.matched, 5);
    let gone = format!("acme/pay#{}", drawn[0]);
    assert!(
        attachment.missing.iter().any(|missing| missing.item == gone && missing.what.contains("population"))
    );
    // The file that every result is pinned to is another one now.
    assert!(attachment.missing.iter().any(|missing| missing.what.contains("pulls.json")));

    let reply = enter(&second, &mut text, Body::Reattached(Box::default()));
    assert!(reply.attachment.unwrap().differs.is_empty());
    assert!(!reply.state.is_signed(), "what was signed rests on another bundle");
    enter(&second, &mut text, tested(&item, Outcome::NotTested, "the log is gone"));
    assert!(tried(&second, &text, tested(&gone, Outcome::Pass, "x")).refused.contains("does not hold"));
}

#[test]
fn a_sample_that_was_not_drawn_does_not_hold_although_the_chain_does() {
    let folder = export("paper-picked", &(1..=30).collect::<Vec<_>>());
    let bundle = bundle(&folder);
    let mut text = begun(&bundle, 30);
    // Somebody who writes the file knows how to chain: an entry with items that the seed does not give.
    let mut paper = Paper::read(&text).unwrap();
    let Ok(Body::Sampled(mut sample)) = paper.entries()[1].body.clone() else { panic!("a sample") };
    sample.items.truncate(3);
    sample.items.reverse();
    sample.size = 3;
    let mut forged = Paper::new();
    let Ok(opened) = paper.entries()[0].body.clone() else { panic!("opened") };
    forged.add(AT, "Ada Auditor", opened).unwrap();
    forged.add(AT, "Ada Auditor", Body::Sampled(sample)).unwrap();
    assert!(forged.state().is_intact());
    let verify = |name: &str, paper: &Paper| {
        let file = saved(name, &paper.write());
        lacuna(&["workpaper", "verify", &file, "--bundle", folder.to_str().unwrap()])
    };
    let output = verify("picked.lacuna", &forged);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("drawn again"));
    // The same for a verdict that the tool never gave.
    enter(&bundle, &mut text, tested("acme/pay#3", Outcome::Exception, ""));
    paper = Paper::read(&text).unwrap();
    let Ok(Body::Tested(mut said)) = paper.entries()[2].body.clone() else { panic!("a result") };
    assert_eq!(verify("honest.lacuna", &paper).status.code(), Some(0));
    (said.tool, said.result) = (Verdict::Met, Outcome::Pass);
    paper.add(AT, "Ada Auditor", Body::Tested(said)).unwrap();
    let output = verify("claimed.lacuna", &paper);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("entry 4: the tool says unmet"));
}

#[test]
fn what_was_tampered_with_is_named_and_what_is_no_paper_cannot_be_used() {
    let bundle = bundle(&export("paper-tampered", &(1..=30).collect::<Vec<_>>()));
    let text = finished(&bundle);
    let file =
        saved("tampered.lacuna", &text.replacen("\"result\": \"exception\"", "\"result\": \"pass\"", 1));
    let output = lacuna(&["workpaper", "verify", &file, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let number = Paper::read(&text).unwrap().entries().iter().position(
        |entry| matches!(&entry.body, Ok(Body::Tested(tested)) if tested.result == Outcome::Exception),
    );
    assert_eq!(json(&output)["faults"][0]["entry"], number.unwrap() as u64 + 1);
    assert_eq!(lacuna(&["workpaper", "show", &file]).status.code(), Some(1));
    for (name, text) in [("none.lacuna", "{}"), ("cut.lacuna", &text[..text.len() / 2])] {
        let file = saved(name, text);
        assert_eq!(lacuna(&["workpaper", "verify", &file]).status.code(), Some(2), "{name}");
    }
    assert_eq!(lacuna(&["workpaper", "verify", "no-such-file.lacuna"]).status.code(), Some(2));
}

#[test]
fn two_testers_are_merged_by_the_command_line_and_what_differs_is_told() {
    let folder = export("paper-merge", &(1..=30).collect::<Vec<_>>());
    let bundle = bundle(&folder);
    let base = begun(&bundle, 6);
    let items: Vec<String> =
        Paper::read(&base).unwrap().state().items.iter().map(|item| item.item.id.clone()).collect();
    let (mut ada, mut bo) = (base.clone(), base);
    enter(&bundle, &mut ada, tested(&items[0], Outcome::NotTested, "not at hand"));
    enter(&bundle, &mut bo, tested(&items[1], Outcome::NotTested, "not at hand"));
    let merge = |name: &str, ada: &str, bo: &str| {
        let out = saved(name, "");
        let (ada, bo) = (saved("ada.lacuna", ada), saved("bo.lacuna", bo));
        let output = lacuna(&["workpaper", "merge", &ada, &bo, "-o", &out, "--by", "Cy", "--format", "json"]);
        (output.status.code(), json(&output), out)
    };
    let (code, report, out) = merge("both.lacuna", &ada, &bo);
    assert_eq!((code, &report["conflicts"]), (Some(0), &serde_json::json!([])));
    assert_eq!(
        lacuna(&["workpaper", "verify", &out, "--bundle", folder.to_str().unwrap()]).status.code(),
        Some(0)
    );
    enter(&bundle, &mut bo, tested(&items[0], Outcome::Exception, "none was given"));
    let (code, report, out) = merge("contested.lacuna", &ada, &bo);
    assert_eq!(code, Some(1));
    assert_eq!(report["conflicts"].as_array().unwrap().len(), 1);
    assert_eq!(
        lacuna(&["workpaper", "verify", &out]).status.code(),
        Some(0),
        "both are kept: nothing is broken"
    );
}

#[test]
fn the_chain_is_checked_by_the_short_script_of_the_docs() {
    let page = include_str!("../docs/workpaper.md");
    let script =
        page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a script");
    let script = saved("check.py", script);
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: no python3 here");
        return;
    }
    let bundle = bundle(&export("paper-script", &(1..=30).collect::<Vec<_>>()));
    let text = finished(&bundle);
    let run = |text: &str| {
        let file = saved("script.lacuna", text);
        Command::new("python3").args([&script, &file]).output().unwrap()
    };
    let mut odd = text.clone();
    enter(
        &bundle,
        &mut odd,
        Body::Noted(Noted { item: String::new(), text: "é \u{1}\u{7f}\u{2028}\u{1f600} \"\\/ \n".into() }),
    );
    for text in [&text, &odd] {
        let output = run(text);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let head = Paper::read(text).unwrap().head().to_owned();
        assert!(String::from_utf8_lossy(&output.stdout).contains(&head));
    }
    let output = run(&text.replacen("Ada Auditor", "Eve", 1));
    assert!(!output.status.success());
}

#[test]
fn the_page_to_print_holds_hostile_text_as_text() {
    let bundle = bundle(&export("paper-page", &(1..=30).collect::<Vec<_>>()));
    let mut text = finished(&bundle);
    let hostile = "<script>alert(1)</script>\u{202e}";
    enter(&bundle, &mut text, Body::Noted(Noted { item: String::new(), text: hostile.into() }));
    let Reply::Export { text: page, .. } = bundle.answer(&Request::PaperPage { text: text.clone() }) else {
        panic!("a page")
    };
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains('\u{202e}'));
    for word in ["Ada Auditor", "A change went in without any review", "did not operate effectively"] {
        assert!(page.contains(word), "{word}");
    }
    let file = saved("page.lacuna", &text);
    let output = lacuna(&["workpaper", "show", &file, "--format", "html"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), page);
    let table = String::from_utf8_lossy(&lacuna(&["workpaper", "show", &file]).stdout).into_owned();
    assert!(table.contains("CC1.5") && !table.contains('\u{202e}'), "{table}");
}

/// Returns what a bundle says of a paper among its files.
fn inside(bundle: &Bundle, path: &str) -> PaperReply {
    ask(bundle, PaperRequest { inside: path.into(), ..PaperRequest::default() })
}

#[test]
fn a_paper_that_lies_in_its_bundle_is_known_by_its_content_and_fits_it() {
    let folder = export("paper-inside", &[1, 2, 3]);
    let before = bundle(&folder);
    let text = begun(&before, 2);
    // The name says nothing.
    std::fs::write(folder.join("notes.json"), &text).unwrap();
    let with = bundle(&folder);
    let [path] = with.summary().papers.try_into().unwrap();
    assert!(path.ends_with("notes.json"), "{path}");
    assert_eq!(with.sha256, before.sha256);
    assert_eq!(with.assessment.store.problems, before.assessment.store.problems);
    let reply = inside(&with, &path);
    assert_eq!(reply.text, text);
    assert_eq!(reply.state.entries, 2);
    assert_eq!(reply.attachment, Some(Attachment { matched: 2, ..Attachment::default() }));
    // It goes on as one that was picked by itself.
    enter(
        &with,
        &mut reply.text.clone(),
        tested(&reply.state.items[0].item.id, Outcome::NotTested, "no access"),
    );
    let file = folder.join("notes.json");
    let verified =
        lacuna(&["workpaper", "verify", file.to_str().unwrap(), "--bundle", folder.to_str().unwrap()]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn several_papers_are_a_problem_that_names_them() {
    let folder = export("paper-several", &[1, 2, 3]);
    let text = begun(&bundle(&folder), 2);
    std::fs::write(folder.join("ada.lacuna"), &text).unwrap();
    std::fs::create_dir(folder.join("old")).unwrap();
    std::fs::write(folder.join("old/bo.lacuna"), &text).unwrap();
    let bundle = bundle(&folder);
    let problems = &bundle.assessment.store.problems;
    let named = problems.iter().find(|problem| problem.kind.word() == "several-papers").unwrap();
    assert!(named.found.contains("ada.lacuna") && named.found.contains("old/bo.lacuna"), "{}", named.found);
    let papers = bundle.summary().papers;
    assert_eq!(papers.len(), 2);
    // Each can still be asked for.
    assert_eq!(inside(&bundle, &papers[1]).state.entries, 2);
}

#[test]
fn a_paper_in_an_archive_is_read_from_there_and_only_papers_are() {
    let folder = export("paper-packed", &[1, 2, 3]);
    let text = begun(&bundle(&folder), 2);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("pulls.json", std::fs::read(folder.join("pulls.json")).unwrap()),
        ("a.lacuna", text.clone().into_bytes()),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
    }
    let packed = self::folder("paper-zip");
    std::fs::write(packed.join("all.zip"), zip.finish().unwrap().into_inner()).unwrap();
    let bundle = bundle(&packed);
    let [path] = bundle.summary().papers.try_into().unwrap();
    assert_eq!(inside(&bundle, &path).text, text);
    let pulls = path.replace("a.lacuna", "pulls.json");
    let refused =
        bundle.answer(&Request::Paper(Box::new(PaperRequest { inside: pulls, ..PaperRequest::default() })));
    assert_eq!(refused, Reply::Failed("there is no workpaper of that path in this bundle".into()));
}

#[test]
fn a_revision_that_changes_nothing_is_refused_and_one_that_does_stands_on_the_printed_page() {
    let folder = export("paper-revised", &[1, 2, 3]);
    let bundle = bundle(&folder);
    let mut text = begun(&bundle, 2);
    let first = FindingText {
        condition: "Nobody <read> it".into(),
        criterion: "CC1.5".into(),
        owner: "Bo".into(),
        ..FindingText::default()
    };
    let raised = enter(&bundle, &mut text, Body::Finding(Box::new(first)));
    let same = raised.state.findings[0].text.clone();
    let refused = tried(&bundle, &text, Body::Finding(Box::new(same.clone())));
    assert_eq!((refused.refused.as_str(), refused.text.as_str()), ("nothing of the finding was changed", ""));
    let revised = FindingText { condition: "Nobody is shown to have read it".into(), ..same };
    enter(&bundle, &mut text, Body::Finding(Box::new(revised)));
    let Reply::Export { text: page, .. } = bundle.answer(&Request::PaperPage { text }) else {
        panic!("a page")
    };
    assert!(page.contains("Nobody is shown to have read it"));
    assert!(page.contains("Condition was: Nobody &lt;read&gt; it"));
}
