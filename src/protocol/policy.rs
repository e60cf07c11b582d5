//! The policy as the app shows and edits it, and what a change of it would do.

use serde::{Deserialize, Serialize};

use super::{Gap, Summary};
use crate::model::Verdict;
use crate::problem::Severity;

/// Where a policy comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicySource {
    /// The defaults: the bundle has none.
    #[default]
    Default,
    /// The bundle's own `lacuna.toml`.
    Bundle,
    /// Given with the call, or edited in the app.
    Given,
}

impl PolicySource {
    /// Returns the word that JSON uses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Bundle => "bundle",
            Self::Given => "given",
        }
    }

    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Default => "the defaults, as the bundle holds no policy",
            Self::Bundle => "the bundle's own",
            Self::Given => "given or edited, in the place of the bundle's own or the defaults",
        }
    }
}

/// What is to be done with a text of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyAction {
    /// Read it and say what is wrong with it.
    #[default]
    Check,
    /// Say what it would change, too.
    Preview,
    /// Say what each threshold that differs would change by itself, too.
    Apart,
    /// Assess under it.
    Apply,
    /// Go back to the bundle's own policy or the defaults.
    Reset,
}

/// One change of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyEdit {
    /// Set a key, or take it out where the value is empty.
    Set {
        /// Table, such as `review-depth` or `ai.tool`.
        table: String,
        /// Which one, in a list of tables.
        index: u32,
        /// The key.
        key: String,
        /// Its value as a person types it: lists line by line.
        value: String,
    },
    /// Add a table to a list of tables.
    Add {
        /// Name of the list.
        table: String,
    },
    /// Take a table out of a list of tables.
    Remove {
        /// Name of the list.
        table: String,
        /// Which one.
        index: u32,
    },
}

/// A text of a policy, read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyView {
    /// The text, with the edit made.
    pub text: String,
    /// Where the policy in force comes from.
    pub source: PolicySource,
    /// SHA-256 over the policy in force as reports print it.
    pub digest: String,
    /// Whether this text decides anything otherwise than the policy in force.
    pub is_other: bool,
    /// What is wrong with the text.
    pub problems: Vec<PolicyProblem>,
    /// The text as fields.
    pub tables: Vec<PolicyTable>,
    /// How the exceptions in force stand and what they do.
    pub exceptions: Vec<ExceptionRow>,
    /// What the text would change, where that was asked.
    pub effect: Option<PolicyEffect>,
    /// Thresholds that differ from the policy in force, where they are not all that differs in one.
    pub thresholds: u64,
    /// What each of them would change by itself, where that was asked; not more than a few.
    pub apart: Vec<PolicyEffect>,
    /// What is always in sight, after the bundle was assessed again.
    pub summary: Option<Summary>,
    /// Why what was asked could not be done; empty otherwise.
    pub refusal: String,
}

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyProblem {
    /// How much it costs.
    pub severity: Severity,
    /// 1-based line.
    pub line: u64,
    /// 1-based column, in characters.
    pub column: u64,
    /// Path of the key: `exception[0].criteria[1]`; empty for the file.
    pub key: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// What to do; empty where the two say it.
    pub hint: String,
}

/// A table of the policy as fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTable {
    /// Its name: `review-depth`, `ai.tool`.
    pub name: String,
    /// What it holds, in words.
    pub title: String,
    /// What it means.
    pub meaning: String,
    /// Whether there may be several.
    pub is_list: bool,
    /// The fields of each; one entry for a table that is none of several.
    pub items: Vec<Vec<PolicyField>>,
}

/// A key as a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyField {
    /// The key.
    pub key: String,
    /// What it means.
    pub meaning: String,
    /// What is read.
    pub kind: FieldKind,
    /// What holds where it is not there, as a person reads it.
    pub default: String,
    /// What is there, as a person types it; empty for nothing.
    pub value: String,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// One text.
    #[default]
    Text,
    /// Texts, one in a line.
    Texts,
    /// A date, with or without a time.
    Date,
    /// A number.
    Number,
    /// A whole number.
    Count,
    /// Yes or no.
    Flag,
}

/// What another policy would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyEffect {
    /// The threshold that alone would change, by table and key; empty for the whole text.
    pub of: String,
    /// What that threshold is now and then.
    pub values: [String; 2],
    /// The gap now and then.
    pub gap: [Gap; 2],
    /// Changes that come into scope, and that leave it.
    pub scope: [u64; 2],
    /// Verdicts that would turn, by criterion.
    pub criteria: Vec<Turned>,
    /// Verdicts of controls that would turn, by framework.
    pub frameworks: Vec<Turned>,
}

/// Verdicts that turn from one to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turned {
    /// Criterion or framework.
    pub id: String,
    /// Verdict now.
    pub before: Verdict,
    /// Verdict then.
    pub after: Verdict,
    /// How many.
    pub count: u64,
    /// The first of them: changes or controls.
    pub first: Vec<String>,
}

/// An exception and what it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionRow {
    /// Its id.
    pub id: String,
    /// Its owner.
    pub owner: String,
    /// How it stands: `in-force`, `expired`, `not-yet`, `incomplete`, `too-broad`.
    pub state: String,
    /// The same in words, with why.
    pub words: String,
    /// Verdicts that it turned.
    pub verdicts: u64,
    /// Changes that these are on.
    pub changes: u64,
    /// Whether its owner is a machine.
    pub is_by_machine: bool,
}
