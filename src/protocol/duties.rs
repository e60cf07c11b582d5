//! Persons and their accounts, who did what, and the patterns in it.

use serde::{Deserialize, Serialize};

use super::EvidenceRow;
use crate::model::ActorKind;

/// Accounts that are one person's, and accounts that are not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEdit {
    /// Name of the person.
    pub name: String,
    /// Accounts that are theirs.
    pub accounts: Vec<String>,
    /// Accounts that are not.
    pub apart: Vec<String>,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonRow {
    /// One of their accounts, by which queries and the policy name them.
    pub key: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: ActorKind,
    /// Roles by `people.csv`.
    pub roles: Vec<String>,
    /// Their accounts.
    pub accounts: Vec<AccountRow>,
    /// What says that the accounts are theirs; also what says so of others and was set aside.
    pub links: Vec<LinkRow>,
    /// Changes by duty, in the order of duties.
    pub duties: Vec<(String, u64)>,
}

/// An account of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountRow {
    /// Login, address or name.
    pub account: String,
    /// Display name.
    pub name: String,
    /// Kind.
    pub kind: ActorKind,
    /// The rule that decided the kind, in words.
    pub rule: String,
    /// How the kind is known.
    pub capture: String,
    /// The record that named it first.
    pub evidence: Option<EvidenceRow>,
}

/// What says that two accounts are one person's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkRow {
    /// The one.
    pub a: String,
    /// The other.
    pub b: String,
    /// What says so, in words.
    pub source: String,
    /// How strong that is.
    pub capture: String,
    /// Whether it holds; else something stronger contradicts it.
    pub holds: bool,
    /// Where it says so; `None` for the policy.
    pub evidence: Option<EvidenceRow>,
}

/// A duty on a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DutyRow {
    /// Its word.
    pub duty: String,
    /// Who holds it.
    pub holders: Vec<HolderRow>,
    /// What is known where nobody does.
    pub note: String,
}

/// Somebody who holds a duty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HolderRow {
    /// Name of the person.
    pub person: String,
    /// Key of the person.
    pub key: String,
    /// The account that was used.
    pub account: String,
    /// Kind of the account.
    pub kind: ActorKind,
    /// How it is known.
    pub capture: String,
    /// When, RFC 3339; empty where that is not on record.
    pub at: String,
    /// The record.
    pub evidence: Option<EvidenceRow>,
}

/// Who approves whose changes, and the patterns in who does what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Duties {
    /// Persons, those with the most duties first.
    pub persons: Vec<PersonRow>,
    /// Count of persons that match the filter, and of all.
    pub persons_of: (u64, u64),
    /// Thresholds of the policy: label and value.
    pub rules: Vec<(String, String)>,
    /// Authors, those with the most approved changes first: key and name.
    pub authors: Vec<(String, String)>,
    /// Approvers, those with the most approvals first.
    pub approvers: Vec<(String, String)>,
    /// Cells that are not empty.
    pub pairs: Vec<PairRow>,
    /// Patterns, by kind.
    pub patterns: Vec<PatternRow>,
    /// Patterns that are not listed.
    pub patterns_left_out: u64,
    /// Contradictions about persons: file, place and what was found.
    pub conflicts: Vec<(String, String, String)>,
}

/// Changes of an author that an approver approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairRow {
    /// Key of the author.
    pub author: String,
    /// Key of the approver.
    pub approver: String,
    /// How many.
    pub changes: u64,
    /// The query of them.
    pub query: String,
}

/// Something to look at in who does what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatternRow {
    /// `reciprocal`, `self-service`, `burst`, `over-load`.
    pub kind: String,
    /// What was seen, in a sentence.
    pub text: String,
    /// Keys of the persons.
    pub persons: Vec<String>,
    /// Count of changes.
    pub count: u64,
    /// A query of the changes, where one tells them.
    pub query: String,
    /// Ids of the changes; at most 25.
    pub changes: Vec<String>,
}
