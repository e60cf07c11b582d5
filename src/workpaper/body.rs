//! What an entry says, kind by kind. [`Body::fault`] checks it before it is taken in, and again whenever the file is read.

use serde::{Deserialize, Serialize};

use super::{MOST_LIST, MOST_NAME};
use crate::model::{Moment, Verdict};

/// What an entry says. Its name is the `kind` of the file, its content the `body`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// The paper was begun beside a bundle. The first entry, and only that.
    Opened(Box<Basis>),
    /// It was opened beside another bundle, and goes on with that one.
    Reattached(Box<Reattached>),
    /// A sample was drawn.
    Sampled(Box<Sampled>),
    /// One step was tested on one item.
    Tested(Box<Tested>),
    /// A finding was raised, or its text revised.
    Finding(Box<FindingText>),
    /// A finding went from one state to another.
    Moved(Moved),
    /// The outcome of the sample was evaluated.
    Evaluated(Evaluated),
    /// A person concluded on a control.
    Concluded(Concluded),
    /// A person signed off a control, or the whole paper.
    Signed(Signed),
    /// A remark.
    Noted(Noted),
    /// Two papers were merged; the entries of both come before this one.
    Merged(Merged),
}

/// What the paper rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Basis {
    /// What the paper is about, as its author calls it.
    pub title: String,
    /// Name of the bundle.
    pub bundle: String,
    /// SHA-256 over the paths and digests of the bundle's files.
    pub bundle_sha256: String,
    /// SHA-256 over the list of the population (docs/sampling.md).
    pub population_sha256: String,
    /// Changes in the population.
    pub population_size: u64,
    /// Start of the period, inclusive, RFC 3339; empty for no bound.
    pub from: String,
    /// End of the period, exclusive.
    pub to: String,
    /// Version of the engine.
    pub engine: String,
    /// SHA-256 over the policy as the assessment's JSON has it, compact, without period and "now".
    pub policy_sha256: String,
    /// The packs.
    pub packs: Vec<PackUsed>,
    /// What signatures were checked against: names of roots, fingerprints of keys.
    pub trust: Vec<String>,
}

/// A pack that a paper rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackUsed {
    /// Framework id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the pack.
    pub sha256: String,
}

/// The bundle that a paper goes on with, and what of the paper it does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reattached {
    /// What it rests on from here on.
    pub basis: Basis,
    /// Items that are in it with the same merge commit.
    pub matched: u64,
    /// Items that are not, each with why.
    pub missing: Vec<Missing>,
}

/// Something that another bundle does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Missing {
    /// Id of the item.
    pub item: String,
    /// What is not there, in words.
    pub what: String,
}

/// A sample.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sampled {
    /// How it was drawn: a word of `lacuna sample --method`.
    pub method: String,
    /// What strata are, for a stratified sample; a word of `lacuna sample --by`.
    pub by: String,
    /// The seed.
    pub seed: u64,
    /// Query that it was drawn from; empty for the whole population.
    pub filter: String,
    /// How the size came about.
    pub sizing: Sizing,
    /// Items that were asked for.
    pub size: u64,
    /// Changes that could be drawn.
    pub frame: u64,
    /// Digest of the population.
    pub population_sha256: String,
    /// The items in the order in which they were drawn.
    pub items: Vec<Item>,
    /// The controls that it tests.
    pub controls: Vec<ControlTested>,
    /// The steps that each item is tested by.
    pub steps: Vec<TestStep>,
}

/// How the size of a sample came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sizing {
    /// `fixed`, `frequency` (a convention) or `attribute` (computed).
    pub how: String,
    /// How often the control works.
    pub frequency: String,
    /// How much rests on it.
    pub risk: String,
    /// Confidence, such as `0.95`. Rates are texts: the canonical form has no floats.
    pub confidence: String,
    /// Tolerable rate of deviations.
    pub tolerable: String,
    /// Expected rate of deviations.
    pub expected: String,
}

/// One item of a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item {
    /// Number on the forge; 0 where it has none.
    pub number: u64,
    /// Id, as the population lists it.
    pub id: String,
    /// Merge commit.
    pub merge_commit: String,
    /// When it was merged.
    pub merged_at: String,
    /// Its stratum; empty where there are none.
    pub stratum: String,
}

/// A control that a sample tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlTested {
    /// Framework id.
    pub framework: String,
    /// Control id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The criteria that it is tested by.
    pub criteria: Vec<String>,
}

/// One step of testing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestStep {
    /// Criterion id.
    pub criterion: String,
    /// What it claims.
    pub claim: String,
    /// How a person tests it.
    pub how: String,
}

/// What a person found by one step on one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The evidence shows what the step asks for.
    Pass,
    /// It does not: a deviation.
    Exception,
    /// The step could not be done. Counts as a deviation when the sample is evaluated.
    #[default]
    NotTested,
}

impl Outcome {
    /// Returns the word that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Exception => "exception",
            Self::NotTested => "not tested",
        }
    }

    /// Returns whether the tool's verdict says the same. A verdict that nothing is shown is a deviation too.
    pub const fn agrees(self, tool: Verdict) -> bool {
        match self {
            Self::Pass => matches!(tool, Verdict::Met | Verdict::Excepted | Verdict::NotApplicable),
            Self::Exception => matches!(tool, Verdict::Unmet | Verdict::Unproven),
            Self::NotTested => false,
        }
    }
}

/// One step, tested on one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// Id of the item.
    pub item: String,
    /// Criterion id of the step.
    pub criterion: String,
    /// What the person found.
    pub result: Outcome,
    /// What the person noted.
    #[serde(default)]
    pub note: String,
    /// Why it is not what the tool says, or why it was not tested.
    #[serde(default)]
    pub reason: String,
    /// The tool's verdict at the time.
    pub tool: Verdict,
    /// The tool's reason at the time.
    #[serde(default)]
    pub tool_reason: String,
    /// Digest of the bundle that it was tested on.
    #[serde(default)]
    pub bundle_sha256: String,
    /// The records that the person looked at.
    #[serde(default)]
    pub pins: Vec<Pin>,
}

/// A record that a result rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pin {
    /// What it is, in words.
    pub label: String,
    /// File in the bundle.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Where in the file.
    pub pointer: String,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Little.
    Low,
    /// Something.
    #[default]
    Moderate,
    /// Much.
    High,
}

impl Grade {
    /// All grades, lightest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Moderate, Self::High];

    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// The text of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingText {
    /// Its id, `F-` and six hexadecimal digits.
    pub id: String,
    /// How much it weighs.
    pub grade: Grade,
    /// What was found.
    pub condition: String,
    /// What should be: the control or criterion that it deviates from.
    pub criterion: String,
    /// Why it came about.
    pub cause: String,
    /// What follows from it.
    pub effect: String,
    /// What should be done.
    pub recommendation: String,
    /// Who sees to it.
    pub owner: String,
    /// Until when, `YYYY-MM-DD`; empty where not agreed.
    pub due: String,
    /// The items that show it.
    pub items: Vec<String>,
}

/// The states of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Raised.
    #[default]
    Open,
    /// Its owner says that it is mended.
    Remediated,
    /// A tester saw that it is.
    Retested,
    /// Done with.
    Closed,
}

impl Stage {
    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Remediated => "remediated",
            Self::Retested => "retested",
            Self::Closed => "closed",
        }
    }

    /// Returns the states that it may go to: on, or back to open where what was mended does not hold.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::Remediated],
            Self::Remediated => &[Self::Retested, Self::Open],
            Self::Retested => &[Self::Closed, Self::Open],
            Self::Closed => &[],
        }
    }
}

/// A finding that went from one state to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its id.
    pub finding: String,
    /// The state that it was in.
    pub from: Stage,
    /// The state that it is in now.
    pub to: Stage,
    /// What was done or seen.
    #[serde(default)]
    pub note: String,
}

/// The outcome of a sample, by `audit::evaluate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Evaluated {
    /// Framework id of the control; empty for the sample as a whole.
    pub framework: String,
    /// Control id.
    pub control: String,
    /// Confidence, such as `0.95`.
    pub confidence: String,
    /// Tolerable rate of deviations.
    pub tolerable: String,
    /// Items that the rate is over.
    pub size: u64,
    /// Items that deviate, those that were not tested among them.
    pub deviations: u64,
    /// Items that were not tested in every step.
    pub untested: u64,
    /// Size of the population, where it counts; 0 for the binomial bound.
    pub population: u64,
    /// Deviations for each item, six digits.
    pub rate: String,
    /// What the rate of the population is at most, at that confidence.
    pub upper_bound: String,
    /// Whether that is at most what is tolerable.
    pub supports_reliance: bool,
}

/// What a person concludes of a control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// It worked over the period.
    Effective,
    /// It worked, but for what the basis says.
    WithExceptions,
    /// It did not.
    NotEffective,
    /// The evidence does not allow to say.
    #[default]
    NoConclusion,
}

impl Conclusion {
    /// All conclusions.
    pub const ALL: [Self; 4] =
        [Self::Effective, Self::WithExceptions, Self::NotEffective, Self::NoConclusion];

    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Effective => "operated effectively",
            Self::WithExceptions => "operated effectively, with exceptions",
            Self::NotEffective => "did not operate effectively",
            Self::NoConclusion => "no conclusion possible",
        }
    }

    /// Returns the word of the file.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::WithExceptions => "with-exceptions",
            Self::NotEffective => "not-effective",
            Self::NoConclusion => "no-conclusion",
        }
    }
}

/// A conclusion on a control.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Concluded {
    /// Framework id.
    pub framework: String,
    /// Control id.
    pub control: String,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// What it rests on.
    pub basis: String,
}

/// A sign-off by the person of the entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signed {
    /// Framework id; empty for the whole paper.
    pub framework: String,
    /// Control id.
    pub control: String,
    /// As what: `preparer`, `reviewer`.
    pub role: String,
}

/// A remark.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noted {
    /// Id of the item that it is about; empty for the paper.
    pub item: String,
    /// The remark.
    pub text: String,
}

/// Two papers that were merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Merged {
    /// Entries that both had.
    pub common: u64,
    /// Hash of the last entry of each.
    pub heads: Vec<String>,
    /// For each, the numbers that its own entries have in this paper.
    pub branches: Vec<Vec<u64>>,
    /// What both had decided for themselves: kept both, and listed.
    pub conflicts: Vec<String>,
}

impl Body {
    /// Returns the word of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Reattached(_) => "reattached",
            Self::Sampled(_) => "sampled",
            Self::Tested(_) => "tested",
            Self::Finding(_) => "finding",
            Self::Moved(_) => "moved",
            Self::Evaluated(_) => "evaluated",
            Self::Concluded(_) => "concluded",
            Self::Signed(_) => "signed",
            Self::Noted(_) => "noted",
            Self::Merged(_) => "merged",
        }
    }

    /// Returns what is missing in it or over a bound; `None` where it can stand by itself.
    pub fn fault(&self) -> Option<String> {
        let list = |count: usize, what: &str| {
            (count > MOST_LIST).then(|| format!("{count} {what}; at most {MOST_LIST}"))
        };
        match self {
            Self::Opened(basis) => {
                needed(&basis.title, "a title").or_else(|| list(basis.packs.len(), "packs"))
            }
            Self::Reattached(again) => list(again.missing.len(), "missing items"),
            Self::Sampled(sample) => [
                list(sample.items.len(), "items"),
                list(sample.controls.len(), "controls"),
                list(sample.steps.len(), "steps"),
                (sample.items.len() as u64 != sample.size)
                    .then(|| format!("{} items where {} were drawn", sample.items.len(), sample.size)),
            ]
            .into_iter()
            .flatten()
            .next(),
            Self::Tested(tested) => {
                let why = match tested.result {
                    Outcome::NotTested => "a reason why it was not tested",
                    _ => "a reason, since the tool says otherwise",
                };
                let is_agreed = tested.result.agrees(tested.tool);
                list(tested.pins.len(), "pins")
                    .or_else(|| if is_agreed { None } else { needed(&tested.reason, why) })
            }
            Self::Finding(finding) => named(&finding.id)
                .or_else(|| needed(&finding.condition, "a condition"))
                .or_else(|| needed(&finding.criterion, "a criterion"))
                .or_else(|| needed(&finding.owner, "an owner"))
                .or_else(|| dated(&finding.due))
                .or_else(|| list(finding.items.len(), "items")),
            Self::Moved(moved) => needed(&moved.note, "a note on what was done or seen"),
            Self::Evaluated(_) => None,
            Self::Concluded(concluded) => {
                needed(&concluded.control, "a control").or_else(|| needed(&concluded.basis, "a basis"))
            }
            Self::Signed(signed) => match signed.role.as_str() {
                "preparer" | "reviewer" => None,
                _ => Some("the role is neither preparer nor reviewer".to_owned()),
            },
            Self::Noted(noted) => needed(&noted.text, "a text"),
            Self::Merged(merged) => (merged.heads.len() != 2 || merged.branches.len() != 2)
                .then(|| "a merge that is not of two papers".to_owned()),
        }
    }
}

fn needed(text: &str, what: &str) -> Option<String> {
    text.trim().is_empty().then(|| format!("{what} is missing"))
}

fn named(id: &str) -> Option<String> {
    let is_fine = id.len() <= MOST_NAME && !id.is_empty() && !id.chars().any(char::is_control);
    (!is_fine).then(|| "the finding has no id".to_owned())
}

fn dated(due: &str) -> Option<String> {
    let is_date = due.is_empty() || (due.len() == 10 && Moment::parse(due).is_some());
    (!is_date).then(|| "the due date is no date such as 2026-07-01".to_owned())
}
