//! What comparing manifests with the files of the bundle gave.

use crate::model::SignatureState;
use crate::model::record::{Algorithm, ListKind, Origins};

use super::rows::FileId;

/// How one file stands to one manifest that lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// Its digest is the one listed.
    Valid,
    /// It is not what is listed.
    Changed,
    /// Its digest could not be computed.
    NotChecked,
}

impl Match {
    /// Returns the words that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Changed => "changed",
            Self::NotChecked => "not checked",
        }
    }
}

/// One manifest, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its file.
    pub file: FileId,
    /// Its rules.
    pub kind: ListKind,
    /// The algorithms of its digests, sorted.
    pub algorithms: Vec<Algorithm>,
    /// Lines that list a file.
    pub listed: u64,
    /// Of those, files whose digest is the one listed.
    pub valid: u64,
    /// Files that are not what is listed.
    pub changed: u64,
    /// Files that are listed and not here.
    pub missing: u64,
    /// Files that are here, that it should list and does not.
    pub extra: u64,
    /// Files whose digest could not be computed.
    pub not_checked: u64,
    /// Lines that are refused: a path out of the folder, or listed twice.
    pub refused: u64,
    /// What a Lacuna manifest says of where its files come from.
    pub origins: Option<Origins>,
    /// Its seal, where it is a Lacuna manifest.
    pub seal: Seal,
}

/// The signature over a Lacuna manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seal {
    /// `not signed` without an envelope.
    pub state: SignatureState,
    /// SHA-256 over the key's SubjectPublicKeyInfo; empty where no key fitted.
    pub fingerprint: String,
    /// Whether the key is one that the user trusts; a key that came with the bundle shows only that one hand sealed it.
    pub is_trusted: bool,
    /// Why, in words.
    pub reason: String,
}

/// A file and a manifest that lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coverage {
    /// The file.
    pub file: FileId,
    /// Position of the manifest in [`super::Store::manifests`].
    pub manifest: u32,
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// How it stands.
    pub state: Match,
}

impl super::Store {
    /// Returns the manifests that list a file, in their order.
    pub fn coverage_of(&self, file: FileId) -> &[Coverage] {
        let start = self.coverage.partition_point(|row| row.file < file);
        let end = self.coverage.partition_point(|row| row.file <= file);
        &self.coverage[start..end]
    }
}
