//! What every test of attestations needs: a receiver that keeps what it is given, and the way to the samples.

mod damaged;
mod samples;
mod shapes;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::format::{Context, Step};
use crate::model::record::{AttestationRecord, Envelope, Facts, Str, TestRunRecord};
use crate::model::{At, Record, Records};
use crate::problem::{Kind, Problem};
use crate::source::{Bytes, Limits, Window};

/// A statement as the tests look at it.
#[derive(Debug)]
struct Statement {
    at: At,
    pointer: String,
    digest: [u8; 32],
    envelope: Envelope,
    media_type: String,
    payload_type: String,
    predicate_type: String,
    subjects: Vec<(String, String)>,
    signatures: u32,
    attached_to: String,
    facts: Facts<'static>,
}

/// Keeps what it is given.
#[derive(Debug, Default)]
struct Kept {
    statements: Vec<Statement>,
    runs: Vec<TestRunRecord<'static>>,
    problems: Vec<Problem>,
}

fn own(text: &Str<'_>) -> Str<'static> {
    Str::Owned(text.clone().into_owned())
}

fn own_all(texts: &[Str<'_>]) -> Vec<Str<'static>> {
    texts.iter().map(own).collect()
}

fn own_facts(facts: &Facts<'_>) -> Facts<'static> {
    Facts {
        actor: own(&facts.actor),
        activity: own(&facts.activity),
        reference: own(&facts.reference),
        repository: own(&facts.repository),
        previous: own(&facts.previous),
        at: facts.at,
        controls: facts
            .controls
            .as_ref()
            .map(|list| list.iter().map(|(name, at)| (own(name), *at)).collect()),
        levels: own_all(&facts.levels),
        result: own(&facts.result),
        issuer: own(&facts.issuer),
        commits: own_all(&facts.commits),
        tests: facts.tests,
    }
}

impl Kept {
    fn statement(&mut self, at: At, record: &AttestationRecord<'_>) {
        self.statements.push(Statement {
            at,
            pointer: at.pointer(record.part),
            digest: record.digest,
            envelope: record.envelope,
            media_type: record.media_type.to_string(),
            payload_type: record.payload_type.to_string(),
            predicate_type: record.predicate_type.to_string(),
            subjects: record.subjects.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect(),
            signatures: record.signatures,
            attached_to: record.attached_to.to_string(),
            facts: own_facts(&record.facts),
        });
    }

    fn kinds(&self) -> Vec<Kind> {
        self.problems.iter().map(|problem| problem.kind).collect()
    }

    fn count(&self, test: impl Fn(&Statement) -> bool) -> usize {
        self.statements.iter().filter(|statement| test(statement)).count()
    }

    fn only(&self) -> &Statement {
        assert_eq!(self.statements.len(), 1, "{:?}", self.problems);
        &self.statements[0]
    }
}

impl Records for Kept {
    fn record(&mut self, at: At, record: Record<'_>) {
        match record {
            Record::Attestation(record) => self.statement(at, &record),
            Record::TestRun(run) => self.runs.push(TestRunRecord {
                name: own(&run.name),
                commit: own(&run.commit),
                change: None,
                outcome: run.outcome,
                counts: run.counts,
                started: run.started,
                ended: run.ended,
                is_test: run.is_test,
                part: run.part,
            }),
            other => panic!("an attestation gave {}", other.noun()),
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

/// Reads a file in steps of `budget` bytes; what stops the reading is the last problem.
fn read_in_steps(bytes: &[u8], limits: &Limits, budget: u64) -> Kept {
    let mut kept = Kept::default();
    let mut window = Window::new(Box::new(Bytes::new(bytes.to_vec())));
    let context = Context { path: "test.json", limits };
    let mut reader = (super::FORMAT.open)();
    for _ in 0..100_000 {
        match reader.step(&mut window, &context, &mut kept, budget) {
            Ok(Step::More) => {}
            Ok(Step::Done) => return kept,
            Err(problem) => {
                kept.problems.push(problem);
                return kept;
            }
        }
    }
    panic!("the reader does not come to an end");
}

fn read(bytes: &[u8]) -> Kept {
    read_in_steps(bytes, &Limits::default(), 1 << 20)
}

fn recognised(bytes: &[u8]) -> Option<String> {
    let head =
        crate::format::Head::new("x", &bytes[..bytes.len().min(crate::format::detect::HEAD_BYTES)], true);
    (super::FORMAT.recognise)(&head)
}

/// Returns a folder of the samples, or says that the test was skipped.
fn samples(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("LACUNA_SAMPLES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no samples at {}", path.display());
    None
}

/// Returns all files below a folder, by path, in order.
fn files(folder: &std::path::Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Returns a DSSE envelope around a payload.
fn dsse(payload: &str) -> String {
    let payload = data_encoding::BASE64.encode(payload.as_bytes());
    format!(
        r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[{{"sig":"AA=="}}]}}"#
    )
}

/// Returns a statement v1 about one commit.
fn statement(predicate_type: &str, predicate: &str) -> String {
    let commit = "A1".repeat(20);
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"gitCommit":"{commit}"}}}}],"predicateType":"{predicate_type}","predicate":{predicate}}}"#
    )
}
