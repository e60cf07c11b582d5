//! The workpaper between app and worker: the app keeps its text, the worker reads, checks and goes on with it.

use serde::{Deserialize, Serialize};

use super::VerdictRow;
use crate::workpaper::{Attachment, Body, State};

/// A workpaper, what to add to it, and what to show of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PaperRequest {
    /// The file; empty for a new one.
    pub text: String,
    /// Path of a file of the open bundle to read in its place; empty for none.
    pub inside: String,
    /// Entries to add, as people ask for them; the engine completes them.
    pub add: Vec<Body>,
    /// When, RFC 3339 in UTC to the second.
    pub at: String,
    /// Who.
    pub by: String,
    /// Id of the item whose steps are shown; empty for none.
    pub item: String,
    /// Whether the entries are only tried.
    pub is_trial: bool,
    /// Another state of the same paper to merge in; empty for none.
    pub merge: String,
}

/// A workpaper as it is now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PaperReply {
    /// The file with the new entries, or as it was read from the bundle; empty where it is the one that was sent.
    pub text: String,
    /// Why nothing was added; empty where it was, or nothing was asked for.
    pub refused: String,
    /// What the paper says.
    pub state: State,
    /// How it fits the bundle; `None` where none is open.
    pub attachment: Option<Attachment>,
    /// The item whose steps are shown.
    pub item: Option<PaperItem>,
}

/// An item of a sample beside what the tool says of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PaperItem {
    /// Its id in the paper.
    pub id: String,
    /// Id of the change, for its route.
    pub change: String,
    /// Title of the change.
    pub title: String,
    /// The steps.
    pub steps: Vec<PaperStep>,
}

/// One step of testing an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaperStep {
    /// What the tool says.
    pub verdict: VerdictRow,
    /// How a person tests it.
    pub how: String,
}

/// A control that a sample can test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlChoice {
    /// Framework id.
    pub framework: String,
    /// Framework's short name.
    pub short: String,
    /// Control id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether the text orders what is tested.
    pub requires: bool,
    /// Steps that it is tested by.
    pub steps: u64,
}

/// What a sample can be drawn from and for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperChoices {
    /// Digest of the population.
    pub population: String,
    /// Changes in it.
    pub size: u64,
    /// The controls.
    pub controls: Vec<ControlChoice>,
}
