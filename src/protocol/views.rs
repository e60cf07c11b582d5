//! What the screens show: summaries, pages and details, built by `query` and drawn by `app`.

use serde::{Deserialize, Serialize};

use super::{Address, Columns, StatementRow};
use crate::model::{AiInvolvement, CheckedStep, SignatureState, Verdict};
use crate::problem::Severity;

/// The overview.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The gap.
    pub gap: Gap,
    /// The funnel, from all merged changes down.
    pub funnel: Vec<FunnelRow>,
    /// By month.
    pub months: Vec<MonthRow>,
    /// The trend as SVG, drawn by the engine so that the report has the same one; trusted markup.
    pub trend_svg: String,
    /// AI involvement: state, count, query.
    pub ai: Vec<(AiInvolvement, u64, String)>,
    /// AI share by month as SVG.
    pub ai_svg: String,
    /// Controls by verdict, for each framework.
    pub frameworks: Vec<FrameworkRow>,
    /// What would close the most.
    pub closers: Vec<Closer>,
    /// The verdicts on the population.
    pub population: Vec<PopulationRow>,
    /// Count of holes in the population.
    pub holes: u64,
    /// Facts worth seeing that are no verdicts: each a sentence with a count and the query of its changes.
    pub facts: Vec<FactRow>,
}

/// The attestation gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// Merged changes in scope.
    pub merged: u64,
    /// Approved on paper: by any account, at any revision.
    pub on_paper: u64,
    /// Of those, every accountability criterion that applies is met (or excepted).
    pub substantiated: u64,
    /// Of those, some criterion is unmet.
    pub contradicted: u64,
    /// Of those, none is unmet and some are unproven.
    pub unevidenced: u64,
    /// Merged changes whose approval the bundle cannot show either way.
    pub paper_unknown: u64,
}

/// One step of the funnel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelRow {
    /// Stable id.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Changes proven up to and including this step.
    pub proven: u64,
    /// Changes not contradicted up to and including this step.
    pub uncontradicted: u64,
    /// What this step loses of the changes not contradicted before it.
    pub lost: Vec<Lost>,
    /// Said when nothing in the bundle shows this step at all.
    pub silence: String,
    /// Query of the changes proven so far.
    pub query: String,
}

/// What a step of the funnel loses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// In words: `31 on an older revision`.
    pub text: String,
    /// How many.
    pub count: u64,
    /// Unmet or unproven.
    pub verdict: Verdict,
    /// Query of the changes.
    pub query: String,
}

/// One month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthRow {
    /// `YYYY-MM`.
    pub month: String,
    /// Merged changes.
    pub merged: u64,
    /// Approved on paper.
    pub on_paper: u64,
    /// Substantiated.
    pub substantiated: u64,
    /// AI is known to have taken part.
    pub ai: u64,
    /// Nothing says whether AI took part.
    pub ai_unknown: u64,
}

/// Controls of a framework by verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkRow {
    /// Id.
    pub id: String,
    /// Short name.
    pub name: String,
    /// Controls met.
    pub met: u64,
    /// Controls with at least one deviating change.
    pub unmet: u64,
    /// Controls with none unmet and some unproven.
    pub unproven: u64,
    /// Controls that only exceptions carry.
    pub excepted: u64,
    /// Controls that apply to nothing.
    pub not_applicable: u64,
}

/// Something that would close gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closer {
    /// What to do.
    pub text: String,
    /// The criterion.
    pub criterion: String,
    /// Unmet or unproven.
    pub verdict: Verdict,
    /// Changes that it would close the criterion for.
    pub changes: u64,
    /// Controls that the criterion bears on.
    pub controls: u64,
    /// Query of the changes.
    pub query: String,
}

/// A verdict on the population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationRow {
    /// Criterion id.
    pub criterion: String,
    /// Its claim.
    pub claim: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason.
    pub reason: String,
    /// The records behind it.
    pub evidence: Vec<EvidenceRow>,
}

/// A fact with its count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactRow {
    /// Stable id.
    pub id: String,
    /// What is counted, in words.
    pub text: String,
    /// How many.
    pub count: u64,
    /// Of how many; 0 where that says nothing.
    pub of: u64,
    /// Query of the changes, empty where it is not about changes.
    pub query: String,
}

/// A record behind a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// What it is, in words.
    pub label: String,
    /// File in the bundle.
    pub file: String,
    /// JSON pointer, line, row or object.
    pub pointer: String,
    /// To ask for the raw record.
    pub address: Address,
}

/// The matrix of one framework.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// Framework id.
    pub id: String,
    /// Framework's name.
    pub name: String,
    /// Framework's short name.
    pub short: String,
    /// Note of the pack: whose text it is, that it is paraphrased.
    pub note: String,
    /// SHA-256 of the pack.
    pub sha256: String,
    /// What the columns are.
    pub columns_are: Columns,
    /// Column labels.
    pub columns: Vec<String>,
    /// Groups of controls.
    pub groups: Vec<MatrixGroup>,
    /// Counts of controls by verdict.
    pub totals: FrameworkRow,
}

/// A group of controls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MatrixGroup {
    /// Its name.
    pub name: String,
    /// Its controls.
    pub rows: Vec<MatrixRow>,
}

/// One control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatrixRow {
    /// Id.
    pub id: String,
    /// Whether the id is ours.
    pub is_own_id: bool,
    /// Title.
    pub title: String,
    /// What it demands, in our words.
    pub demands: String,
    /// Citations.
    pub cites: Vec<String>,
    /// `requires` or `supports`.
    pub strength: String,
    /// What kind of text it is, and its status when that is not "in force".
    pub kind: String,
    /// Notes on scope and limits.
    pub note: String,
    /// The criteria that decide it.
    pub needs: Vec<String>,
    /// The criteria that inform it.
    pub informs: Vec<String>,
    /// The control's verdict.
    pub verdict: Verdict,
    /// Whether it is decided once for the population.
    pub is_population: bool,
    /// Counts over all changes.
    pub totals: Cell,
    /// Counts by column.
    pub cells: Vec<Cell>,
    /// Query of the changes that deviate; append ` month:2026-08` and the like for a cell.
    pub query_unmet: String,
    /// Query of the changes that are unproven.
    pub query_unproven: String,
}

/// Counts of changes by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// Met.
    pub met: u32,
    /// Unmet.
    pub unmet: u32,
    /// Unproven.
    pub unproven: u32,
    /// Excepted.
    pub excepted: u32,
    /// Not applicable.
    pub not_applicable: u32,
}

impl Cell {
    /// Counts one change.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Met => self.met += 1,
            Verdict::Unmet => self.unmet += 1,
            Verdict::Unproven => self.unproven += 1,
            Verdict::Excepted => self.excepted += 1,
            Verdict::NotApplicable => self.not_applicable += 1,
        }
    }

    /// Returns how many changes it applies to.
    pub const fn applies(&self) -> u32 {
        self.met + self.unmet + self.unproven + self.excepted
    }

    /// Returns the verdict over all of them: the worst that occurs.
    pub const fn verdict(&self) -> Verdict {
        if self.unmet > 0 {
            Verdict::Unmet
        } else if self.unproven > 0 {
            Verdict::Unproven
        } else if self.excepted > 0 {
            Verdict::Excepted
        } else if self.met > 0 {
            Verdict::Met
        } else {
            Verdict::NotApplicable
        }
    }
}

/// A page of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// Index of the first row.
    pub offset: u32,
    /// Count of all rows that match.
    pub total: u32,
    /// Count of all rows.
    pub of: u32,
    /// The rows.
    pub rows: Vec<T>,
}

/// A page of changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// The query that it answers.
    pub query: String,
    /// What could not be understood in the query; such terms are left out.
    pub complaints: Vec<String>,
    /// The rows.
    pub page: Page<ChangeRow>,
    /// Facets, counted over the changes that match.
    pub facets: Vec<Facet>,
}

/// Where a change stands between paper and evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// On paper, and everything that applies is met or excepted.
    Substantiated,
    /// On paper, and something is unmet.
    Contradicted,
    /// On paper, nothing unmet, something unproven.
    Unevidenced,
    /// Merged without an approval on paper.
    Unapproved,
    /// The bundle cannot show whether it was approved.
    #[default]
    Unknown,
}

impl Standing {
    /// All, in the order of outputs.
    pub const ALL: [Self; 5] =
        [Self::Substantiated, Self::Contradicted, Self::Unevidenced, Self::Unapproved, Self::Unknown];

    /// Returns the word that JSON, queries and CSS classes use.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Substantiated => "substantiated",
            Self::Contradicted => "contradicted",
            Self::Unevidenced => "unevidenced",
            Self::Unapproved => "unapproved",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Substantiated => "approved and substantiated",
            Self::Contradicted => "approved on paper, contradicted by evidence",
            Self::Unevidenced => "approved on paper, not substantiated",
            Self::Unapproved => "merged without approval",
            Self::Unknown => "approval not shown either way",
        }
    }

    /// Returns the verdict whose look it takes.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Substantiated => Verdict::Met,
            Self::Contradicted | Self::Unapproved => Verdict::Unmet,
            Self::Unevidenced | Self::Unknown => Verdict::Unproven,
        }
    }
}

/// One change in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// Id.
    pub id: String,
    /// `#12`, or the short commit of a change without a number.
    pub number: String,
    /// Repository, empty where not known.
    pub repository: String,
    /// Title; hostile text.
    pub title: String,
    /// `YYYY-MM-DD HH:MM` in UTC, empty where not known.
    pub merged_at: String,
    /// Author's name or login.
    pub author: String,
    /// AI involvement.
    pub ai: AiInvolvement,
    /// Changed lines, where known.
    pub lines: Option<u64>,
    /// Where it stands.
    pub standing: Standing,
    /// Criteria that are unmet.
    pub unmet: Vec<String>,
    /// Count of criteria that are unproven.
    pub unproven: u32,
}

/// One facet: a term of the query, its values and counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// The term, for instance `ai`.
    pub term: String,
    /// Its label.
    pub label: String,
    /// Value, label, count; at most 12, the most frequent first.
    pub values: Vec<FacetValue>,
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    /// What to add to the query, for instance `ai:unknown`.
    pub term: String,
    /// Label.
    pub label: String,
    /// Changes.
    pub count: u32,
    /// Whether the query has the term.
    pub is_on: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeDetail {
    /// The row.
    pub row: ChangeRow,
    /// Address on the forge: text, never a link.
    pub url: String,
    /// Merge commit.
    pub merge_commit: String,
    /// Last revision of the change.
    pub head: String,
    /// How it was merged, in words.
    pub method: String,
    /// Lines that records attribute to AI, where known.
    pub ai_lines: Option<u64>,
    /// Count of changed files, where known.
    pub files: Option<u64>,
    /// Labels of the sensitive paths that it touches.
    pub sensitive: Vec<String>,
    /// Labels on the forge.
    pub labels: Vec<String>,
    /// How it stands to changes that it undoes or repeats, or that do so to it: words, name, and id where the bundle has it.
    pub repeats: Vec<(String, String, String)>,
    /// Systems of the policy, each with whether it belongs to it, and why.
    pub systems: Vec<(String, String)>,
    /// The chain of accountability.
    pub chain: Vec<ChainStep>,
    /// Who holds each duty.
    pub duties: Vec<super::DutyRow>,
    /// What several criteria find for one reason.
    pub causes: Vec<super::CauseRow>,
    /// The verdicts, worst first, then in the registry's order.
    pub verdicts: Vec<VerdictRow>,
    /// State and steps of the check of the merge commit's signature; `None` where it has none or is not at hand.
    pub commit_signature: Option<(SignatureState, Vec<CheckedStep>)>,
    /// Signed and unsigned statements about it, those that fail first; at most 50.
    pub statements: Vec<StatementRow>,
    /// Position in the query, from 1; 0 when it is not in it.
    pub position: u32,
    /// Count of changes in the query.
    pub of: u32,
    /// Id of the change before it in the query.
    pub previous: Option<String>,
    /// Id of the change after it in the query.
    pub next: Option<String>,
}

/// One link of the chain of accountability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainStep {
    /// `Asked for`, `Prompted`, `Wrote`, `Answers for it`, `Approved`, `Merged`, `Released`.
    pub role: String,
    /// Name, or what is not known.
    pub who: String,
    /// Up to two letters for the dot.
    pub initials: String,
    /// Whether it is an agent or other machine (square) or a person (round).
    pub is_machine: bool,
    /// Time and revision.
    pub when: String,
    /// How it is known, or what is wrong.
    pub note: String,
    /// The look: met, unmet, unproven (dashed).
    pub verdict: Verdict,
    /// The record behind it.
    pub evidence: Option<EvidenceRow>,
}

/// One verdict on a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRow {
    /// Criterion id.
    pub criterion: String,
    /// Its claim.
    pub claim: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason in words.
    pub reason: String,
    /// How what it rests on is known; empty when it rests on nothing.
    pub capture: String,
    /// What would close it; empty when met.
    pub closes: String,
    /// The records behind it.
    pub evidence: Vec<EvidenceRow>,
    /// Inputs and formula, for indicators: label and value.
    pub inputs: Vec<(String, String)>,
    /// Controls that it bears on: framework's short name and control id.
    pub controls: Vec<(String, String)>,
}

/// A raw record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// File in the bundle.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Its format's name.
    pub format: String,
    /// Pointer of the record or part.
    pub pointer: String,
    /// Offset of the first byte of the record in the file.
    pub offset: u64,
    /// Count of its bytes.
    pub length: u64,
    /// Lines of the record, pretty-printed where it is JSON on one line.
    pub lines: Vec<RawLine>,
    /// Whether the lines are laid out anew rather than as in the file.
    pub is_laid_out: bool,
    /// Whether lines were left out beyond a bound.
    pub is_cut: bool,
}

/// One line of a raw record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawLine {
    /// Line number: of the file where that is known, else of the record.
    pub number: u64,
    /// Text; hostile.
    pub text: String,
    /// Whether it is the part that was asked for.
    pub is_marked: bool,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Path in the bundle.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Format id, empty when not recognised.
    pub format: String,
    /// Format's name, or what it is instead.
    pub title: String,
    /// Why it was recognised as that.
    pub reason: String,
    /// Records by noun.
    pub records: Vec<(String, u64)>,
    /// Count of problems.
    pub problems: u64,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemRow {
    /// File.
    pub file: String,
    /// Pointer, line or row; empty for the file.
    pub pointer: String,
    /// Severity.
    pub severity: Severity,
    /// Kind.
    pub kind: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// What to do.
    pub hint: String,
}
