//! What predicates say: provenance, verification summaries, source and tag provenance, test results, verification results.
//!
//! A predicate of any other type is listed with its type and no facts. Field names are accepted in camel case and in
//! snake case, because the same tools have written both.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::raw_json::{self as json, each, get, path, path_text, text};
use super::envelope::{LIST, Reading};
use crate::model::Moment;
use crate::model::record::{AttestationRecord, Facts, Outcome, Str, TestRunRecord};
use crate::problem::{Kind, quote};

/// The predicate type of test results (in-toto attestation framework, `test-result` v0.1).
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/";

/// Returns what a predicate says, by the type of the statement.
pub(super) fn facts<'a>(
    reading: &mut Reading<'_>,
    record: &AttestationRecord<'a>,
    predicate: &'a RawValue,
) -> Facts<'a> {
    let kind: &str = &record.predicate_type;
    let decode = if kind.starts_with("https://slsa.dev/provenance/v0.") {
        build_provenance_v0
    } else if kind.starts_with("https://slsa.dev/provenance/") {
        build_provenance
    } else if kind.starts_with("https://slsa.dev/verification_summary/") {
        verification_summary
    } else if kind.contains("/source-provenance/") {
        source_provenance
    } else if kind.contains("/tag-provenance/") {
        tag_provenance
    } else if kind.starts_with(TEST_RESULT) {
        test_result
    } else if kind.starts_with("https://in-toto.io/attestation/svr/") {
        simple_verification_result
    } else if kind.contains("/review-statement/") {
        review_statement
    } else if kind.contains("/attestation-collection/") {
        witness_collection
    } else {
        return Facts::default();
    };
    if !predicate.get().starts_with('{') {
        let found = format!("a predicate {} that is no object", quote(kind));
        reading.warn(Kind::WrongType, found, "an object");
        return Facts::default();
    }
    decode(reading, predicate)
}

/// Reads SLSA provenance v0.1 and v0.2.
fn build_provenance_v0<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let source = path(predicate, &["invocation", "configSource"]);
    let uri = source.and_then(|source| path_text(source, &["uri"]));
    let mut facts = Facts {
        issuer: path_text(predicate, &["builder", "id"]).unwrap_or_default(),
        at: time(reading, predicate, &[&["metadata", "buildFinishedOn"], &["metadata", "buildStartedOn"]]),
        ..Facts::default()
    };
    if let Some(digest) = source.and_then(|source| get(source, "digest")) {
        commits(&mut facts.commits, digest);
    }
    if let Some(materials) = get(predicate, "materials") {
        dependencies(reading, &mut facts, materials, "materials");
    }
    if let Some(uri) = uri {
        (facts.repository, facts.reference) = split_reference(uri);
    }
    facts
}

/// Reads SLSA provenance v1.
fn build_provenance<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let workflow = path(predicate, &["buildDefinition", "externalParameters", "workflow"]);
    let field = |key| workflow.and_then(|workflow| path_text(workflow, &[key])).unwrap_or_default();
    let mut facts = Facts {
        issuer: path_text(predicate, &["runDetails", "builder", "id"]).unwrap_or_default(),
        repository: field("repository"),
        reference: field("ref"),
        at: time(
            reading,
            predicate,
            &[&["runDetails", "metadata", "finishedOn"], &["runDetails", "metadata", "startedOn"]],
        ),
        ..Facts::default()
    };
    if let Some(list) = path(predicate, &["buildDefinition", "resolvedDependencies"]) {
        dependencies(reading, &mut facts, list, "resolvedDependencies");
    }
    facts
}

/// Reads what a reviewer states that they understood (`docs/formats.md`).
fn review_statement<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let field = |key| path_text(predicate, &[key]).unwrap_or_default();
    Facts {
        actor: field("reviewer"),
        activity: Cow::Borrowed("review"),
        result: field("understood"),
        at: time(reading, predicate, &[&["statedOn"]]),
        ..Facts::default()
    }
}

/// Reads the commits of materials or resolved dependencies, and the repository of the first of them.
fn dependencies<'a>(reading: &mut Reading<'_>, facts: &mut Facts<'a>, list: &'a RawValue, key: &str) {
    let found = each(list, &mut |_, dependency| {
        let before = facts.commits.len();
        if let Some(digest) = get(dependency, "digest") {
            commits(&mut facts.commits, digest);
        }
        if facts.commits.len() > before && facts.repository.is_empty() {
            let uri = path_text(dependency, &["uri"]).unwrap_or_default();
            let (repository, reference) = split_reference(uri);
            facts.repository = repository;
            if facts.reference.is_empty() {
                facts.reference = reference;
            }
        }
        true
    });
    if found.is_none() {
        reading.warn(Kind::WrongType, format!("{key} that is no list"), "a list");
    }
}

/// Adds the commits among the digests of one dependency, each once. `sha1` is read as a commit because nothing else
/// that provenance names is still hashed so.
fn commits<'a>(into: &mut Vec<Str<'a>>, digest: &'a RawValue) {
    json::members(digest, &mut |algorithm, value| {
        let is_commit = matches!(algorithm.as_ref(), "gitCommit" | "sha1" | "gitTag");
        if let Some(value) = text(value).filter(|value| is_commit && is_object_id(value)) {
            let value = lower(value);
            if into.len() < LIST && !into.contains(&value) {
                into.push(value);
            }
        }
        true
    });
}

/// Reads a SLSA verification summary, v0.1 to v1.
fn verification_summary<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let mut levels = Vec::new();
    if let Some(list) = either(predicate, "verifiedLevels", "verified_levels") {
        texts(reading, &mut levels, list, "verifiedLevels");
    } else if let Some(level) = either_text(predicate, "policyLevel", "policy_level") {
        levels.push(level);
    }
    Facts {
        issuer: path_text(predicate, &["verifier", "id"]).unwrap_or_default(),
        repository: either_text(predicate, "resourceUri", "resource_uri").unwrap_or_default(),
        result: either_text(predicate, "verificationResult", "verification_result").unwrap_or_default(),
        at: time(reading, predicate, &[&["timeVerified"], &["time_verified"]]),
        levels,
        ..Facts::default()
    }
}

/// Reads source provenance: who did what to which branch, under which controls or levels.
pub(super) fn source_provenance<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let mut levels = Vec::new();
    if let Some(properties) = get(predicate, "properties") {
        let found = json::members(properties, &mut |level, _| {
            if levels.len() < LIST {
                levels.push(level);
            }
            true
        });
        if found.is_none() {
            reading.warn(Kind::WrongType, "properties that are no object", "levels with since when");
        }
    }
    Facts {
        actor: path_text(predicate, &["actor"]).unwrap_or_default(),
        activity: either_text(predicate, "activityType", "activity_type").unwrap_or_default(),
        reference: path_text(predicate, &["branch"]).unwrap_or_default(),
        repository: either_text(predicate, "repoUri", "repo_uri").unwrap_or_default(),
        previous: either_text(predicate, "prevCommit", "prev_commit").map(lower).unwrap_or_default(),
        at: time(reading, predicate, &[&["createdOn"], &["created_on"]]),
        controls: controls(reading, predicate),
        levels,
        ..Facts::default()
    }
}

/// Reads tag provenance: who made which tag, under which controls, of a commit with which levels.
fn tag_provenance<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let mut levels = Vec::new();
    if let Some(summaries) = either(predicate, "vsaSummaries", "vsa_summaries") {
        let found = each(summaries, &mut |_, summary| {
            if let Some(list) = either(summary, "verifiedLevels", "verified_levels") {
                texts(reading, &mut levels, list, "verifiedLevels");
            }
            true
        });
        if found.is_none() {
            reading.warn(Kind::WrongType, "summaries that are no list", "a list");
        }
    }
    Facts {
        reference: path_text(predicate, &["tag"]).unwrap_or_default(),
        levels,
        ..source_provenance(reading, predicate)
    }
}

/// Reads the list of controls; `None` where there is none.
fn controls<'a>(
    reading: &mut Reading<'_>,
    predicate: &'a RawValue,
) -> Option<Vec<(Str<'a>, Option<Moment>)>> {
    let list = get(predicate, "controls")?;
    let mut controls = Vec::new();
    let found = each(list, &mut |index, control| {
        match path_text(control, &["name"]) {
            Some(_) if controls.len() >= LIST => {}
            Some(name) => controls.push((name, time(reading, control, &[&["since"]]))),
            None => reading.warn(Kind::MissingField, format!("control {index} without a name"), "name"),
        }
        true
    });
    if found.is_none() {
        reading.warn(Kind::WrongType, "controls that are no list", "a list of names with since when");
        return None;
    }
    Some(controls)
}

/// Reads a test result.
fn test_result<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let count = |key| get(predicate, key).map(json::count);
    let (passed, warned, failed) = (count("passedTests"), count("warnedTests"), count("failedTests"));
    let tests = (passed.is_some() || warned.is_some() || failed.is_some())
        .then(|| (passed.unwrap_or(0), warned.unwrap_or(0), failed.unwrap_or(0)));
    let result = path_text(predicate, &["result"]).unwrap_or_default();
    if result == "PASSED" && failed.is_some_and(|failed| failed > 0) {
        reading.warn(
            Kind::Conflict,
            format!("a result PASSED beside {} failed tests", failed.unwrap_or(0)),
            "a result that agrees with its lists",
        );
    }
    if !matches!(result.as_ref(), "PASSED" | "WARNED" | "FAILED") {
        reading.warn(
            Kind::Unrecognised,
            format!("the result {}", quote(&result)),
            "PASSED, WARNED or FAILED",
        );
    }
    Facts { result, tests, ..Facts::default() }
}

/// Reads a simple verification result; its properties are kept as levels.
fn simple_verification_result<'a>(reading: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let mut levels = Vec::new();
    if let Some(list) = get(predicate, "properties") {
        texts(reading, &mut levels, list, "properties");
    }
    Facts {
        issuer: path_text(predicate, &["verifier", "id"]).unwrap_or_default(),
        at: time(reading, predicate, &[&["timeCreated"], &["time_created"]]),
        levels,
        ..Facts::default()
    }
}

/// Reads the commit of a Witness collection from its git attestor; its other attestors are not read.
fn witness_collection<'a>(_: &mut Reading<'_>, predicate: &'a RawValue) -> Facts<'a> {
    let mut facts = Facts::default();
    if let Some(list) = get(predicate, "attestations") {
        each(list, &mut |_, element| {
            let is_git = path_text(element, &["type"]).is_some_and(|name| name.contains("/git/"));
            let commit = path_text(element, &["attestation", "commithash"]);
            if let Some(commit) = commit.filter(|commit| is_git && is_object_id(commit)) {
                facts.commits.push(lower(commit));
            }
            facts.commits.len() < LIST
        });
    }
    facts
}

/// Returns a test run for each commit that a test result is about.
pub(super) fn test_runs<'a>(record: &AttestationRecord<'a>) -> Vec<TestRunRecord<'a>> {
    if !record.predicate_type.starts_with(TEST_RESULT) {
        return Vec::new();
    }
    let failed = record.facts.tests.map_or(0, |(_, _, failed)| failed);
    let outcome = match record.facts.result.as_ref() {
        // A result that its own lists contradict is no proof either way. A warning is neither pass nor failure.
        "PASSED" if failed == 0 => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        _ => Outcome::Unknown,
    };
    let mut commits: Vec<&Str<'a>> = Vec::new();
    for (algorithm, digest) in &record.subjects {
        if matches!(algorithm.as_ref(), "gitCommit" | "sha1")
            && is_object_id(digest)
            && !commits.contains(&digest)
        {
            commits.push(digest);
        }
    }
    let run = |commit: &Str<'a>| TestRunRecord {
        name: Cow::Borrowed("in-toto test result"),
        commit: commit.clone(),
        outcome,
        counts: record.facts.tests.map(|(passed, warned, failed)| {
            (passed.saturating_add(warned).saturating_add(failed), failed, 0)
        }),
        is_test: true,
        part: record.part,
        ..TestRunRecord::default()
    };
    commits.into_iter().map(run).collect()
}

/// Adds the texts of a list, each once.
fn texts<'a>(reading: &mut Reading<'_>, into: &mut Vec<Str<'a>>, list: &'a RawValue, key: &str) {
    let mut is_text = true;
    let found = each(list, &mut |_, value| {
        match text(value) {
            Some(value) if into.len() < LIST && !into.contains(&value) => into.push(value),
            Some(_) => {}
            None => is_text = false,
        }
        true
    });
    if found.is_none() || !is_text {
        reading.warn(Kind::WrongType, format!("{key} that is no list of texts"), "a list of texts");
    }
}

/// Returns the time under the first of some chains of keys that is there.
fn time(reading: &mut Reading<'_>, raw: &RawValue, paths: &[&[&'static str]]) -> Option<Moment> {
    let (keys, value) = paths.iter().find_map(|keys| Some((keys, path(raw, keys)?)))?;
    let moment = text(value).and_then(|value| Moment::parse(&value));
    if moment.is_none() {
        let found = format!("{} {}", keys.join("/"), quote(value.get()));
        reading.warn(Kind::WrongType, found, "a time as RFC 3339 writes it");
    }
    moment
}

fn either<'a>(raw: &'a RawValue, camel: &'static str, snake: &'static str) -> Option<&'a RawValue> {
    get(raw, camel).or_else(|| get(raw, snake))
}

fn either_text<'a>(raw: &'a RawValue, camel: &'static str, snake: &'static str) -> Option<Str<'a>> {
    either(raw, camel, snake).and_then(text)
}

/// Splits `git+https://host/owner/name@refs/heads/main` at the reference.
fn split_reference(uri: Str<'_>) -> (Str<'_>, Str<'_>) {
    match uri.find("@refs/") {
        None => (uri, Cow::Borrowed("")),
        Some(at) => match uri {
            Cow::Borrowed(uri) => (Cow::Borrowed(&uri[..at]), Cow::Borrowed(&uri[at + 1..])),
            Cow::Owned(uri) => (Cow::Owned(uri[..at].to_owned()), Cow::Owned(uri[at + 1..].to_owned())),
        },
    }
}

/// Returns whether a text is a git object id, SHA-1 or SHA-256.
fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn lower(text: Str<'_>) -> Str<'_> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    text
}
