//! What a signature is made of, taken apart for people: certificates and entries of transparency logs.
//!
//! Nothing here says that any of it is right: that is [`super::Verification`].

use serde::{Deserialize, Serialize};

/// Certificates and log entries of one attestation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// Media type of the payload; empty where a bare digest is signed.
    pub payload_type: String,
    /// Bytes of the payload.
    pub payload_bytes: u64,
    /// SHA-256 of the payload, lower-case hexadecimal; empty where it is not at hand.
    pub payload_sha256: String,
    /// Certificates, the signer's first.
    pub certificates: Vec<CertificateFacts>,
    /// Entries of transparency logs.
    pub entries: Vec<EntryFacts>,
    /// Count of RFC 3161 timestamps.
    pub timestamps: u32,
}

/// What a certificate says (RFC 5280 §4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// Label and value of each fact, in the order of reading: subject, issuer, validity, key, names, claims.
    pub facts: Vec<(String, String)>,
    /// SHA-256 over its DER, lower-case hexadecimal.
    pub sha256: String,
}

/// What an entry of a transparency log says, and how its leaf leads to the root (RFC 6962 §2.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryFacts {
    /// Label and value of each fact: kind, log, index, time of integration.
    pub facts: Vec<(String, String)>,
    /// SHA-256 of the leaf, lower-case hexadecimal.
    pub leaf: String,
    /// One step for each sibling, from the leaf up.
    pub path: Vec<ProofStep>,
    /// The root that the checkpoint names, lower-case hexadecimal; empty without one.
    pub root: String,
    /// The checkpoint as the log signed it, hostile text.
    pub checkpoint: String,
}

/// One step up a Merkle tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofStep {
    /// The sibling's digest, lower-case hexadecimal.
    pub sibling: String,
    /// Whether the sibling is on the left.
    pub is_left: bool,
    /// The digest of both, lower-case hexadecimal.
    pub digest: String,
}

/// A part of an attestation that the demonstration of a flipped byte can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlipPart {
    /// What is signed.
    Payload,
    /// The signature.
    Signature,
    /// The signer's certificate.
    Certificate,
    /// The log's entry.
    Entry,
    /// The log's promise.
    Promise,
    /// The proof of inclusion.
    Proof,
    /// The log's checkpoint.
    Checkpoint,
    /// The timestamp.
    Timestamp,
}

impl FlipPart {
    /// Returns what people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Signature => "signature",
            Self::Certificate => "certificate",
            Self::Entry => "log entry",
            Self::Promise => "log promise",
            Self::Proof => "proof of inclusion",
            Self::Checkpoint => "checkpoint",
            Self::Timestamp => "timestamp",
        }
    }
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flipped {
    /// The part.
    pub part: FlipPart,
    /// Offset of the byte in the part.
    pub at: u64,
    /// The byte as it was.
    pub before: u8,
    /// The byte as it is now.
    pub after: u8,
}
