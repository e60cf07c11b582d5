//! The built-in framework packs, and how packs are read, checked and tallied.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod builtin;
mod reading;
mod tallying;

use lacuna::assess::registry::CriterionIndex;
use lacuna::framework::{Needs, Pack, parse};
use lacuna::problem::Problem;

fn packs() -> Vec<Pack> {
    lacuna::framework::builtin()
        .unwrap_or_else(|problems| panic!("built-in packs have problems: {problems:#?}"))
}

fn pack(id: &str) -> Pack {
    packs().into_iter().find(|pack| pack.id == id).unwrap()
}

/// A pack with one control; `lines` replace or add to its keys.
fn one(lines: &str) -> String {
    let keys = [
        ("id", "\"A.1\""),
        ("group", "\"G\""),
        ("title", "\"T\""),
        ("demands", "\"D\""),
        ("kind", "\"criterion\""),
        ("strength", "\"supports\""),
        ("applies", "\"in_scope\""),
        ("needs", "{ all = [\"tests.ran\"] }"),
    ];
    let given: Vec<&str> = lines.lines().filter_map(|line| line.split('=').next()).map(str::trim).collect();
    let mut text = String::from(
        "[framework]\nid = \"x\"\nname = \"X\"\nshort = \"X\"\npublisher = \"P\"\nversion = \"1\"\nnote = \"N\"\n\n[[control]]\n",
    );
    for (key, value) in keys.into_iter().filter(|(key, _)| !given.contains(key)) {
        text.push_str(&format!("{key} = {value}\n"));
    }
    text + lines + "\n"
}

fn problems(lines: &str) -> Vec<Problem> {
    parse(&one(lines), "own.toml").expect_err("the pack has a problem")
}

/// The only problem of a pack, which names the file and the line of `lines`.
fn problem(lines: &str) -> Problem {
    let found = problems(lines);
    assert_eq!(found.len(), 1, "{found:#?}");
    let problem = found.into_iter().next().unwrap();
    assert_eq!(problem.file, "own.toml");
    let text = one(lines);
    let first = lines.lines().next().unwrap();
    let line = text.lines().position(|line| line == first).unwrap() as u64 + 1;
    assert!(problem.at.line >= line, "{problem:#?}");
    problem
}

fn needs(formula: &str) -> Needs {
    parse(&one(&format!("needs = {formula}")), "own.toml").unwrap().controls.remove(0).needs
}

fn index(id: &str) -> CriterionIndex {
    CriterionIndex::of(id).unwrap()
}
