//! Rows on how changes stand to each other, and what happened to branches past them.

use crate::model::Moment;
use crate::model::record::PushKind;
use crate::model::trailers::{MergeForm, RepeatKind};

use super::rows::{AccountId, ChangeId, Place};
use super::strings::Text;

/// A change that undoes or repeats another one, as seen from one of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repeat {
    /// How.
    pub kind: RepeatKind,
    /// Whether the other change does so to this one; else this one to the other.
    pub is_of_this: bool,
    /// The other change, where the bundle has it.
    pub other: Option<ChangeId>,
    /// What the text names: a commit or a title; empty for a number or nothing.
    pub named: Text,
    /// The number that the text names; 0 for none.
    pub number: u64,
    /// Whether a text says so; else the commits are alike.
    pub is_typed: bool,
    /// Where it is seen.
    pub place: Place,
}

impl Repeat {
    /// Returns how the change stands to the other one, in words that the other one's name follows.
    pub const fn words(&self) -> &'static str {
        match (self.kind, self.is_of_this) {
            (RepeatKind::Revert, false) => "reverts",
            (RepeatKind::Revert, true) => "is reverted by",
            (RepeatKind::CherryPick, false) => "is a cherry-pick of",
            (RepeatKind::CherryPick, true) => "is cherry-picked by",
            (RepeatKind::Backport, false) => "is a backport of",
            (RepeatKind::Backport, true) => "is backported by",
        }
    }
}

/// A mark of a revert, cherry-pick or backport, as a text has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    /// How.
    pub kind: RepeatKind,
    /// The commit whose message it is in; empty for the text of a change.
    pub inside: Text,
    /// The commit that it names.
    pub commit: Text,
    /// The repository that it names.
    pub repository: Text,
    /// The number that it names; 0 for none.
    pub number: u64,
    /// The title that it names.
    pub title: Text,
    /// Where it is.
    pub place: Place,
}

impl Mark {
    /// Returns the text that it names.
    pub const fn named(&self) -> Text {
        if self.commit.is_empty() { self.title } else { self.commit }
    }
}

/// A change that a commit says it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullNamed {
    /// Its number.
    pub number: u64,
    /// Its title; empty where the message has none.
    pub title: Text,
    /// The form of the text.
    pub form: MergeForm,
}

/// What happened to a branch on its forge.
#[derive(Clone, Copy, Debug, Default)]
pub struct Push {
    /// Repository.
    pub repository: Text,
    /// Branch, without `refs/heads/`.
    pub branch: Text,
    /// What happened.
    pub kind: PushKind,
    /// The tip before.
    pub before: Text,
    /// The tip after.
    pub after: Text,
    /// Who did it.
    pub actor: Option<AccountId>,
    /// When.
    pub at: Option<Moment>,
    /// Where it is.
    pub place: Place,
}
