//! `lacuna.assessment/v1`: the whole assessment as JSON (`docs/assessment-json.md`).
//!
//! Written as it is found: changes and their reasons are never held beside the text. The same bundle, packs, policy and
//! engine give the same bytes.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use sha2::{Digest as _, Sha256};

use crate::assess::registry::{self, CriterionIndex};
use crate::assess::{Assessment, causes, exceptions};
use crate::compare::policy_digest;
use crate::engine::Bundle;
use crate::framework::{Control, ControlTally, Pack};
use crate::model::place::hex;
use crate::model::{Moment, Verdict};
use crate::protocol::{Cell, EvidenceRow, FactRow, Gap, SourceRow};
use crate::query::filter::{evaluated, evaluated_once};
use crate::query::{facts, matrix_view, population_view, views};
use crate::store::{File, Place};

/// The name of the schema.
pub const SCHEMA: &str = "lacuna.assessment/v1";

/// Returns the assessment as JSON text with a line end.
pub fn write(bundle: &Bundle) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail, and JSON is UTF-8.
    match write_to(bundle, &mut bytes) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Writes the assessment as JSON text with a line end.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_to(bundle: &Bundle, mut out: impl io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut out, &Document(bundle)).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes what is in a bundle: `lacuna.inspect/v1`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn inspect_to(bundle: &Bundle, mut out: impl io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut out, &Inspection(bundle)).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes framework packs as a list.
///
/// # Errors
/// When `out` cannot be written to.
pub fn frameworks_to(packs: &[Pack], mut out: impl io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut out, &Each(|| packs.iter().map(PackListed))).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// A list that is made while it is written.
struct Each<F>(F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A map that is made while it is written.
struct Map<F>(F);

impl<F, I, K, V> Serialize for Map<F>
where
    F: Fn() -> I,
    I: Iterator<Item = (K, V)>,
    K: Serialize,
    V: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}

struct Document<'a>(&'a Bundle);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Bundle { name, sha256, assessment, .. } = self.0;
        let store = &assessment.store;
        let ids: Vec<String> =
            assessment.scope.iter().map(|id| store.change_id(&store.changes[id.index()])).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", SCHEMA)?;
        map.serialize_entry("engine", &ENGINE)?;
        map.serialize_entry("generatedFor", &GeneratedFor { now: text(assessment.now) })?;
        map.serialize_entry("bundle", &BundleOut { name, sha256 })?;
        map.serialize_entry("inputs", &Each(|| store.files.iter().map(Input::new)))?;
        map.serialize_entry("policy", &assessment.policy)?;
        map.serialize_entry("policySource", &PolicySource::new(self.0))?;
        map.serialize_entry(
            "exceptions",
            &Each(|| exceptions::uses(assessment).into_iter().map(|own| ExceptionOut::new(assessment, &own))),
        )?;
        map.serialize_entry("packs", &Each(|| assessment.packs.iter().map(PackOut::new)))?;
        map.serialize_entry("population", &PopulationOut { assessment, ids: &ids })?;
        map.serialize_entry::<str, Gap>("gap", &assessment.gap())?;
        let funnel = assessment.funnel();
        map.serialize_entry(
            "funnel",
            &Each(|| {
                funnel.iter().map(|step| StepOut {
                    step: &step.id,
                    title: &step.title,
                    criteria: &step.criteria,
                    proven: step.proven.len(),
                    uncontradicted: step.uncontradicted.len(),
                    unmet: named(&step.unmet, &ids),
                    unproven: named(&step.unproven, &ids),
                })
            }),
        )?;
        map.serialize_entry("facts", &Each(|| facts::facts(assessment).into_iter().map(FactOut)))?;
        map.serialize_entry(
            "changes",
            &Each(|| ids.iter().enumerate().map(|(row, id)| ChangeOut { assessment, row, id })),
        )?;
        map.serialize_entry(
            "frameworks",
            &Each(|| assessment.packs.iter().map(|pack| FrameworkOut { assessment, pack, ids: &ids })),
        )?;
        let not_evaluable =
            || registry::all().map(CriterionIndex::criterion).filter(|criterion| !criterion.is_evaluated);
        map.serialize_entry("notEvaluable", &Each(|| not_evaluable().map(|criterion| criterion.id)))?;
        map.serialize_entry("problems", &Each(|| store.problems.iter().map(ProblemOut::new)))?;
        map.end()
    }
}

struct Inspection<'a>(&'a Bundle);

impl Serialize for Inspection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Bundle { name, sha256, assessment, .. } = self.0;
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("schema", "lacuna.inspect/v1")?;
        map.serialize_entry("engine", &ENGINE)?;
        map.serialize_entry("bundle", &BundleOut { name, sha256 })?;
        map.serialize_entry("inputs", &Each(|| assessment.store.files.iter().map(Input::new)))?;
        map.serialize_entry("problems", &Each(|| assessment.store.problems.iter().map(ProblemOut::new)))?;
        map.end()
    }
}

struct PackListed<'a>(&'a Pack);

impl Serialize for PackListed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pack = self.0;
        let mut map = serializer.serialize_map(Some(8))?;
        map.serialize_entry("id", &pack.id)?;
        map.serialize_entry("name", &pack.name)?;
        map.serialize_entry("short", &pack.short)?;
        map.serialize_entry("publisher", &pack.publisher)?;
        map.serialize_entry("version", &pack.version)?;
        map.serialize_entry("note", &pack.note)?;
        map.serialize_entry("sha256", &pack.sha256)?;
        let controls = || {
            pack.controls.iter().map(|control| ControlListed {
                id: &control.id,
                title: &control.title,
                demands: &control.demands,
                cites: &control.cites,
                kind: matrix_view::kind(control),
                strength: control.strength.word(),
                needs: control.needs.words(),
                informs: control.informs.iter().map(|index| index.criterion().id).collect(),
            })
        };
        map.serialize_entry("controls", &Each(controls))?;
        map.end()
    }
}

#[derive(Serialize)]
struct ControlListed<'a> {
    id: &'a str,
    title: &'a str,
    demands: &'a str,
    cites: &'a [String],
    kind: String,
    strength: &'static str,
    needs: String,
    informs: Vec<&'static str>,
}

const ENGINE: Engine = Engine { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

fn text(moment: Option<Moment>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn named<'a>(rows: &[u32], ids: &'a [String]) -> Vec<&'a str> {
    rows.iter().filter_map(|&row| ids.get(row as usize)).map(String::as_str).collect()
}

#[derive(Serialize)]
struct Engine {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct GeneratedFor {
    now: Option<String>,
}

#[derive(Serialize)]
struct BundleOut<'a> {
    name: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct Input<'a> {
    path: &'a str,
    sha256: Option<String>,
    bytes: u64,
    format: Option<&'a str>,
    records: Vec<RecordsOut>,
}

#[derive(Serialize)]
struct RecordsOut {
    of: &'static str,
    count: u64,
}

impl<'a> Input<'a> {
    fn new(file: &'a File) -> Self {
        Self {
            path: &file.path,
            sha256: file.sha256.map(|digest| hex(&digest)),
            bytes: file.bytes,
            format: filled(file.format),
            records: file.records.iter().map(|&(of, count)| RecordsOut { of, count }).collect(),
        }
    }
}

#[derive(Serialize)]
struct PackOut<'a> {
    id: &'a str,
    version: &'a str,
    sha256: &'a str,
}

impl<'a> PackOut<'a> {
    fn new(pack: &'a Pack) -> Self {
        Self { id: &pack.id, version: &pack.version, sha256: &pack.sha256 }
    }
}

/// Where the policy in force comes from, and its digest.
#[derive(Serialize)]
struct PolicySource {
    from: &'static str,
    sha256: String,
}

impl PolicySource {
    fn new(bundle: &Bundle) -> Self {
        Self { from: bundle.policy_source().slug(), sha256: policy_digest(&bundle.assessment.policy) }
    }
}

/// An exception, how it stands and what it did.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionOut<'a> {
    id: &'a str,
    owner: &'a str,
    state: &'static str,
    by_machine: bool,
    verdicts: u64,
    changes: u64,
}

impl<'a> ExceptionOut<'a> {
    fn new(assessment: &'a Assessment, own: &exceptions::Use) -> Self {
        let exception = &assessment.policy.exceptions[own.position];
        Self {
            id: &exception.id,
            owner: &exception.owner,
            state: own.state.slug(),
            by_machine: own.is_by_machine,
            verdicts: own.verdicts,
            changes: own.changes,
        }
    }
}

struct PopulationOut<'a> {
    assessment: &'a Assessment,
    ids: &'a [String],
}

impl Serialize for PopulationOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let assessment = self.assessment;
        let store = &assessment.store;
        let merged =
            |id: Option<&crate::store::ChangeId>| text(id.and_then(|id| store.changes[id.index()].merged));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("size", &assessment.scope.len())?;
        map.serialize_entry("from", &merged(assessment.scope.first()))?;
        map.serialize_entry("to", &merged(assessment.scope.last()))?;
        map.serialize_entry("repositories", &views::repositories(assessment))?;
        map.serialize_entry("sha256", &population_digest(self.ids))?;
        let verdicts = || {
            evaluated_once().filter_map(|index| {
                let finding = assessment.population.get(index.index())?;
                let evidence = EvidenceOut::all(assessment, &finding.evidence);
                let out = VerdictOut { verdict: finding.verdict, reason: &finding.reason, evidence };
                Some((index.criterion().id, out))
            })
        };
        map.serialize_entry("listingSha256", &crate::audit::population(assessment).sha256)?;
        map.serialize_entry("zone", &assessment.policy.zone)?;
        map.serialize_entry("effectiveDate", assessment.policy.effective.word())?;
        let sources = population_view::sources(assessment);
        map.serialize_entry("sources", &Each(|| sources.iter().map(SourceOut::new)))?;
        map.serialize_entry("verdicts", &Map(verdicts))?;
        let holes = || {
            assessment.holes.iter().map(|hole| HoleOut {
                kind: hole.kind.word(),
                is_note: hole.is_note,
                at: text(hole.at),
                change: hole.row.and_then(|row| self.ids.get(row)).map(String::as_str),
                text: &hole.text,
                subject: &hole.subject,
                evidence: hole.place.and_then(|place| EvidenceOut::one(assessment, place)),
            })
        };
        map.serialize_entry("holes", &Each(holes))?;
        map.end()
    }
}

/// Returns the SHA-256 over the sorted ids of the changes in scope, each with a line end.
pub fn population_digest(ids: &[String]) -> String {
    let mut sorted: Vec<&String> = ids.iter().collect();
    crate::order::sort(&mut sorted);
    let mut hasher = Sha256::new();
    for id in sorted {
        hasher.update(id.as_bytes());
        hasher.update(b"\n");
    }
    hex(&hasher.finalize())
}

/// A file that the population comes from; what is not said is null.
#[derive(Serialize)]
pub(crate) struct SourceOut<'a> {
    path: &'a str,
    format: &'a str,
    records: &'a str,
    extracted: Option<&'a str>,
    how: Option<&'a str>,
}

impl<'a> SourceOut<'a> {
    pub(crate) fn new(row: &'a SourceRow) -> Self {
        Self {
            path: &row.path,
            format: &row.format,
            records: &row.records,
            extracted: filled(&row.extracted),
            how: filled(&row.how),
        }
    }
}

#[derive(Serialize)]
struct VerdictOut<'a> {
    verdict: Verdict,
    reason: &'a str,
    evidence: Vec<EvidenceOut>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HoleOut<'a> {
    kind: &'static str,
    is_note: bool,
    at: Option<String>,
    change: Option<&'a str>,
    text: &'a str,
    subject: &'a str,
    evidence: Option<EvidenceOut>,
}

#[derive(Serialize)]
struct EvidenceOut {
    file: String,
    pointer: String,
}

impl EvidenceOut {
    fn one(assessment: &Assessment, place: Place) -> Option<Self> {
        let EvidenceRow { file, pointer, .. } = views::evidence_row(&assessment.store, "", place)?;
        Some(Self { file, pointer })
    }

    fn all(assessment: &Assessment, evidence: &[(String, Place)]) -> Vec<Self> {
        evidence.iter().filter_map(|(_, place)| Self::one(assessment, *place)).collect()
    }
}

#[derive(Serialize)]
struct StepOut<'a> {
    step: &'a str,
    title: &'a str,
    criteria: &'a [String],
    proven: usize,
    uncontradicted: usize,
    unmet: Vec<&'a str>,
    unproven: Vec<&'a str>,
}

struct FactOut(FactRow);

impl Serialize for FactOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let FactRow { id, text, count, of, query } = &self.0;
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("id", id)?;
        map.serialize_entry("text", text)?;
        map.serialize_entry("count", count)?;
        map.serialize_entry("of", &Some(of).filter(|of| **of > 0))?;
        map.serialize_entry("query", &filled(query))?;
        map.end()
    }
}

struct ChangeOut<'a> {
    assessment: &'a Assessment,
    row: usize,
    id: &'a str,
}

impl Serialize for ChangeOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (assessment, store) = (self.assessment, &self.assessment.store);
        let subject = assessment.subject(self.row);
        let change = subject.change;
        let mut map = serializer.serialize_map(Some(11))?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("number", &Some(change.number).filter(|number| *number > 0))?;
        map.serialize_entry("title", store.text(change.title))?;
        map.serialize_entry("repository", &filled(store.text(change.repository)))?;
        map.serialize_entry("mergedAt", &text(change.merged))?;
        map.serialize_entry("author", &change.author.map(|author| store.name(author)))?;
        map.serialize_entry("mergedBy", &change.merged_by.value().map(|merger| store.name(merger)))?;
        map.serialize_entry("ai", &assessment.ai.get(self.row))?;
        map.serialize_entry("standing", &assessment.standings.get(self.row))?;
        let causes = causes::of(assessment, self.row, &subject);
        let causes = || {
            causes.iter().map(|cause| CauseOut {
                id: cause.id,
                text: &cause.text,
                verdict: cause.verdict,
                criteria: cause.criteria.iter().map(|index| index.criterion().id).collect(),
            })
        };
        map.serialize_entry("causes", &Each(causes))?;
        let verdicts = || {
            evaluated().map(|index| {
                let finding = assessment.explain_with(&subject, index);
                let evidence = EvidenceOut::all(assessment, &finding.evidence);
                let capture = views::capture_of(&finding);
                (
                    index.criterion().id,
                    Decided {
                        verdict: finding.verdict,
                        reason: finding.reason,
                        capture,
                        evidence,
                        inputs: finding.inputs.into_iter().collect(),
                    },
                )
            })
        };
        map.serialize_entry("verdicts", &Map(verdicts))?;
        map.end()
    }
}

#[derive(Serialize)]
struct CauseOut<'a> {
    id: &'a str,
    text: &'a str,
    verdict: Verdict,
    criteria: Vec<&'a str>,
}

#[derive(Serialize)]
struct Decided {
    verdict: Verdict,
    reason: String,
    capture: Option<&'static str>,
    evidence: Vec<EvidenceOut>,
    /// Inputs and thresholds of an indicator, by what they are called.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<String, String>,
}

struct FrameworkOut<'a> {
    assessment: &'a Assessment,
    pack: &'a Pack,
    ids: &'a [String],
}

impl Serialize for FrameworkOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tallies = matrix_view::tally_all(self.assessment, self.pack);
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("id", &self.pack.id)?;
        map.serialize_entry("name", &self.pack.name)?;
        map.serialize_entry("version", &self.pack.version)?;
        let controls =
            || self.pack.controls.iter().zip(&tallies).map(|(control, tally)| self.control(control, tally));
        map.serialize_entry("controls", &Each(controls))?;
        map.end()
    }
}

impl<'a> FrameworkOut<'a> {
    fn control(&self, control: &'a Control, tally: &ControlTally) -> ControlOut<'a> {
        let mut changes = DeviatingOut { unmet: Vec::new(), unproven: Vec::new() };
        if tally.totals.unmet + tally.totals.unproven > 0 && !control.is_population() {
            for (row, id) in self.ids.iter().enumerate() {
                let predicates = self.assessment.predicates.get(row).copied().unwrap_or_default();
                match control.verdict(predicates, |criterion| self.assessment.verdict(row, criterion)) {
                    Verdict::Unmet => changes.unmet.push(id.as_str()),
                    Verdict::Unproven => changes.unproven.push(id.as_str()),
                    Verdict::Met | Verdict::Excepted | Verdict::NotApplicable => {}
                }
            }
        }
        ControlOut {
            id: &control.id,
            formerly: &control.formerly,
            verdict: tally.verdict,
            counts: matrix_view::cell(&tally.totals),
            changes,
        }
    }
}

#[derive(Serialize)]
struct ControlOut<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    formerly: &'a [String],
    verdict: Verdict,
    counts: Cell,
    changes: DeviatingOut<'a>,
}

#[derive(Serialize)]
struct DeviatingOut<'a> {
    unmet: Vec<&'a str>,
    unproven: Vec<&'a str>,
}

#[derive(Serialize)]
struct ProblemOut<'a> {
    file: Option<&'a str>,
    pointer: Option<&'a str>,
    severity: &'static str,
    kind: &'static str,
    found: &'a str,
    expected: Option<&'a str>,
}

impl<'a> ProblemOut<'a> {
    fn new(problem: &'a crate::problem::Problem) -> Self {
        Self {
            file: filled(&problem.file),
            pointer: filled(&problem.at.pointer),
            severity: problem.severity.word(),
            kind: problem.kind.word(),
            found: &problem.found,
            expected: filled(&problem.expected),
        }
    }
}
