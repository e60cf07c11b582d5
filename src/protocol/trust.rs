//! What is said of trust: roots, signers, statements, and one statement taken apart.

use serde::{Deserialize, Serialize};

use super::EvidenceRow;
use crate::model::{CheckedStep, FlipPart, Flipped, Material, SignatureState};

/// What signatures were checked against, and what rests on each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// Count of statements by the state of their signature, worst first.
    pub states: Vec<(SignatureState, u64)>,
    /// Roots and keys, in the order in which they are asked.
    pub roots: Vec<RootRow>,
    /// Who signed, the most frequent first; at most 200.
    pub signers: Vec<SignerRow>,
    /// Manifests, each compared with the files.
    pub manifests: Vec<ManifestRow>,
    /// Whether the policy names who may attest what.
    pub has_identities: bool,
}

/// A trust root or a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootRow {
    /// Its name.
    pub name: String,
    /// Whether it is built in; else the user added it.
    pub is_built_in: bool,
    /// Authorities, logs and keys.
    pub parts: Vec<RootPartRow>,
    /// Valid statements that rest on it.
    pub statements: u64,
    /// Valid statements with a timestamp of one of its authorities.
    pub timestamps: u64,
}

/// An authority, log or key of a root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootPartRow {
    /// What it is.
    pub role: String,
    /// Its address or digest.
    pub name: String,
    /// When it counts, in words.
    pub window: String,
}

/// Somebody who signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerRow {
    /// Identity as a certificate or key names it.
    pub identity: String,
    /// Who vouched for the identity; empty for keys.
    pub issuer: String,
    /// Statements whose signature is valid.
    pub valid: u64,
    /// Of these, statements that the policy does not let the signer attest.
    pub not_let: u64,
    /// Statements whose check failed.
    pub invalid: u64,
    /// Changes that a valid statement is about.
    pub changes: u64,
    /// First and last time of signing, `YYYY-MM-DD`; empty where not known.
    pub from: String,
    /// Last time of signing.
    pub to: String,
}

/// A manifest, compared with the files of the bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRow {
    /// Its path.
    pub path: String,
    /// What it is.
    pub kind: String,
    /// Lines that list a file, and of these: as listed, changed, missing, of a digest that could not be computed, refused.
    pub listed: u64,
    /// As listed.
    pub valid: u64,
    /// Not what is listed.
    pub changed: u64,
    /// Not here.
    pub missing: u64,
    /// Not checked or refused.
    pub open: u64,
    /// Here, and not listed though it should be.
    pub extra: u64,
    /// State of the signature over it; `None` for kinds that have none.
    pub seal: Option<SignatureState>,
    /// Why, in words.
    pub reason: String,
    /// Where its files come from, as it says: label and value.
    pub origins: Vec<(String, String)>,
}

/// One statement in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow {
    /// SHA-256 over its bytes: its id.
    pub id: String,
    /// How it is wrapped, in words.
    pub envelope: String,
    /// Predicate type; empty where none could be read.
    pub predicate: String,
    /// State of its signature.
    pub state: SignatureState,
    /// Who signed; empty where nothing shows it.
    pub signer: String,
    /// The root or key that decided; empty where none did.
    pub root: String,
    /// Time of signing, `YYYY-MM-DD HH:MM` in UTC; empty where not known.
    pub signed_at: String,
    /// The first change that it is about, `#12`; empty for none.
    pub change: String,
    /// The SLSA level that it supports, `Source level 3`; empty where it is about none.
    pub level: String,
}

/// One statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementDetail {
    /// The row.
    pub row: StatementRow,
    /// Who vouched for the signer.
    pub issuer: String,
    /// Every step of the check.
    pub steps: Vec<CheckedStep>,
    /// Why it supports its SLSA level, and what the next one demands; both empty where it is about none.
    pub level: (String, String),
    /// What it is about.
    pub subjects: Vec<SubjectRow>,
    /// Ids and numbers of the changes that it is evidence for; at most 50.
    pub changes: Vec<(String, String)>,
    /// What its signature is made of.
    pub material: Material,
    /// Parts that the demonstration of a flipped byte can change.
    pub can_flip: Vec<FlipPart>,
    /// What the check says with one bit changed: what was, the state, the steps.
    pub flipped: Option<(Flipped, SignatureState, Vec<CheckedStep>)>,
    /// Where it is.
    pub evidence: Option<EvidenceRow>,
}

/// A subject of a statement, and what in the bundle it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRow {
    /// Digest algorithm as the statement names it.
    pub algorithm: String,
    /// The digest.
    pub digest: String,
    /// What has that digest, in words; empty for nothing in the bundle.
    pub is: Vec<String>,
}
