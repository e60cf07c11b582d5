//! What a paper says now: derived from its entries, for screens, reports and programs (`lacuna.workpaper-state/v1`).

use serde::{Deserialize, Serialize};

use super::body::{
    Basis, Concluded, ControlTested, Evaluated, FindingText, Item, Noted, Sampled, Signed, Stage, TestStep,
    Tested,
};

/// What a paper says now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// What it rests on.
    pub basis: Basis,
    /// Hash of the first entry: which paper it is.
    pub paper: String,
    /// Hash of the last entry.
    pub head: String,
    /// Count of entries.
    pub entries: u64,
    /// What does not hold, in the order of the entries. Empty for a paper that is intact.
    pub faults: Vec<Fault>,
    /// What is worth a look and does not break the paper.
    pub remarks: Vec<Fault>,
    /// The samples, in the order in which they were drawn; items stripped.
    pub samples: Vec<By<Sampled>>,
    /// The steps that items are tested by.
    pub steps: Vec<TestStep>,
    /// The items, in the order in which they were first drawn.
    pub items: Vec<ItemState>,
    /// The controls that are tested.
    pub controls: Vec<ControlState>,
    /// Evaluations of the sample as a whole.
    pub evaluations: Vec<By<Evaluated>>,
    /// The findings.
    pub findings: Vec<FindingState>,
    /// Remarks of people.
    pub notes: Vec<By<Noted>>,
    /// Sign-offs of the whole paper.
    pub sign_offs: Vec<By<Signed>>,
    /// Number of the last entry that changes what is tested, found or concluded; what was signed before is out of date.
    pub changed: u64,
    /// What a merge found that both sides had decided, and nobody has settled since.
    pub conflicts: Vec<String>,
    /// Every entry in one line.
    pub log: Vec<LogRow>,
}

/// Something in an entry that does not hold, or is worth a look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Number of the entry.
    pub entry: u64,
    /// What, in words.
    pub text: String,
}

/// What somebody said, with the entry that says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct By<T> {
    /// Number of the entry.
    pub entry: u64,
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// What.
    pub said: T,
}

/// An item and how far it is tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemState {
    /// The item.
    pub item: Item,
    /// Steps that are tested.
    pub tested: u64,
    /// Steps that ended as an exception, contested ones with an exception among them.
    pub exceptions: u64,
    /// Steps that could not be tested.
    pub untestable: u64,
    /// The steps that have results.
    pub steps: Vec<StepState>,
}

/// A step of an item with all its results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepState {
    /// Criterion id.
    pub criterion: String,
    /// The results, oldest first; the last one stands.
    pub results: Vec<By<Tested>>,
    /// How many of the last results stand beside each other because a merge brought both; 0 where one stands alone.
    pub contested: u64,
}

/// A control and what is concluded of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlState {
    /// The control.
    pub control: ControlTested,
    /// Items that are tested in all its steps.
    pub tested: u64,
    /// Items that deviate in one of its steps, as far as tested.
    pub deviations: u64,
    /// Items that are not tested in all its steps, or could not be.
    pub untested: u64,
    /// Evaluations, oldest first.
    pub evaluations: Vec<By<Evaluated>>,
    /// Conclusions, oldest first; the last one stands.
    pub conclusions: Vec<By<Concluded>>,
    /// Sign-offs.
    pub sign_offs: Vec<By<Signed>>,
    /// Number of the last entry that changes what the sign-off is about.
    pub changed: u64,
    /// Whether a merge brought two conclusions, and none was made since.
    pub is_contested: bool,
}

impl ControlState {
    /// Returns whether somebody signed it off and nothing changed since.
    pub fn is_signed(&self) -> bool {
        self.sign_offs.last().is_some_and(|sign| sign.entry > self.changed)
    }
}

/// A finding and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingState {
    /// Its text as it was last revised.
    pub text: FindingText,
    /// Where it stands.
    pub stage: Stage,
    /// Who raised it, when.
    pub raised: By<u64>,
    /// Every change of state or text, in words.
    pub history: Vec<LogRow>,
    /// What revisions replaced: entry, time and person of the revision, the part as `kind`, the earlier text as `words`.
    #[serde(default)]
    pub revised: Vec<LogRow>,
}

/// One entry in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    /// Number of the entry.
    pub entry: u64,
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// What kind.
    pub kind: String,
    /// What it says, in words.
    pub words: String,
}

/// How the items stand over all steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Items.
    pub size: u64,
    /// Items that deviate in some step, those that are not tested in all of them among them.
    pub deviations: u64,
    /// Items that are not tested in every step, or could not be.
    pub untested: u64,
    /// Items with an exception.
    pub exceptions: u64,
}

impl State {
    /// Returns how the items stand now; an evaluation of the whole that has other figures is out of date.
    pub fn standing(&self) -> Standing {
        let steps = self.steps.len() as u64;
        let mut standing = Standing { size: self.items.len() as u64, ..Standing::default() };
        for item in &self.items {
            let answered = item.tested - item.untestable;
            standing.deviations += u64::from(answered - item.exceptions < steps);
            standing.untested += u64::from(answered < steps);
            standing.exceptions += u64::from(item.exceptions > 0);
        }
        standing
    }

    /// Returns how many changes the hypergeometric bound counts over: those that the samples were drawn from, where all
    /// were drawn from as many, else the population.
    pub fn drawn_from(&self) -> u64 {
        let mut frames = self.samples.iter().map(|sample| sample.said.frame);
        match frames.next() {
            Some(first) if frames.all(|frame| frame == first) => first,
            _ => self.basis.population_size,
        }
    }

    /// Returns whether everything holds.
    pub fn is_intact(&self) -> bool {
        self.faults.is_empty()
    }

    /// Returns whether somebody signed the whole paper off and nothing changed since.
    pub fn is_signed(&self) -> bool {
        self.sign_offs.last().is_some_and(|sign| sign.entry > self.changed)
    }

    /// Returns the item of an id.
    pub fn item(&self, id: &str) -> Option<&ItemState> {
        self.items.iter().find(|item| item.item.id == id)
    }

    /// Returns the control of an id.
    pub fn control(&self, framework: &str, id: &str) -> Option<&ControlState> {
        self.controls
            .iter()
            .find(|control| control.control.framework == framework && control.control.id == id)
    }
}

impl Standing {
    /// Returns whether an evaluation of the whole has these figures.
    pub const fn is_of(self, said: &Evaluated) -> bool {
        self.size == said.size && self.deviations == said.deviations && self.untested == said.untested
    }
}

impl StepState {
    /// Returns the results that stand: the last one, or those that a merge left beside each other.
    pub fn standing(&self) -> &[By<Tested>] {
        let count = usize::try_from(self.contested).unwrap_or(0).max(1).min(self.results.len());
        &self.results[self.results.len() - count..]
    }
}
