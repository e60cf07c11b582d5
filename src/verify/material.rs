//! An attestation taken apart for reading: its certificates, and how a log's entry leads to the root.

use sigstore_types::bundle::{TransparencyLogEntry, VerificationMaterialContent as Content};
use sigstore_types::{Bundle, DerCertificate, Sha256Hash, SignatureContent};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::model::{CertificateFacts, EntryFacts, Material, ProofStep};

use super::key::Kind;
use super::log;
use super::name;
use super::shape::Shape;

/// Certificates and entries of one attestation that are shown.
const MOST: usize = 20;
/// Siblings of one proof that are shown; no tree of 64-bit indexes has more.
const MOST_STEPS: usize = 64;

/// Returns what an attestation is made of; of a document that is none, or has none, everything is empty.
pub fn of(text: &str) -> Material {
    super::provider::install();
    let bundle = match super::shape::of(text) {
        Shape::Bundle => Bundle::from_json(text),
        Shape::Converted(text) => Bundle::from_json(&text),
        _ => return Material::default(),
    };
    let Ok(bundle) = bundle else { return Material::default() };
    let material = &bundle.verification_material;
    let certificates: Vec<&DerCertificate> = match &material.content {
        Content::Certificate(leaf) => vec![&leaf.raw_bytes],
        Content::X509CertificateChain { certificates } => {
            certificates.iter().take(MOST).map(|certificate| &certificate.raw_bytes).collect()
        }
        _ => Vec::new(),
    };
    let stamps = &material.timestamp_verification_data.rfc3161_timestamps;
    let mut out = Material {
        certificates: certificates.into_iter().map(certificate).collect(),
        entries: material.tlog_entries.iter().take(MOST).map(entry).collect(),
        timestamps: u32::try_from(stamps.len()).unwrap_or(u32::MAX),
        ..Material::default()
    };
    if let SignatureContent::DsseEnvelope(envelope) = &bundle.content {
        let payload = envelope.payload.as_bytes();
        out.payload_type.clone_from(&envelope.payload_type);
        out.payload_bytes = payload.len() as u64;
        out.payload_sha256 = sigstore_crypto::sha256(payload).to_hex();
    }
    out
}

fn certificate(der: &DerCertificate) -> CertificateFacts {
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String| {
        if !value.is_empty() {
            facts.push((label.to_owned(), value));
        }
    };
    if let Ok(certificate) = Certificate::from_der(der.as_bytes()) {
        let signed = &certificate.tbs_certificate;
        fact("Subject", name::in_words(&signed.subject));
        fact("Authority", name::in_words(&signed.issuer));
        fact("Serial number", signed.serial_number.to_string());
    }
    match sigstore_crypto::parse_certificate_info(der) {
        Ok(info) => {
            fact(
                "Identity",
                info.identity.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
            );
            fact("Vouched by", info.issuer.clone().unwrap_or_default());
            fact("Valid", format!("{} to {}", info.not_before, info.not_after));
            fact("Key", Kind::Known(info.key_algorithm).words().to_owned());
            fact("Key SHA-256", sigstore_crypto::sha256(info.public_key.as_bytes()).to_hex());
            claims(&info.ci_claims, &mut fact);
        }
        Err(error) => fact("Not readable", error.to_string()),
    }
    CertificateFacts { facts, sha256: sigstore_crypto::sha256(der.as_bytes()).to_hex() }
}

/// Tells what the authority copied from the token of the workload (Fulcio, OID information).
fn claims(claims: &sigstore_crypto::FulcioCiClaims, fact: &mut impl FnMut(&str, String)) {
    let known = [
        ("Source repository", &claims.source_repository_uri),
        ("Source revision", &claims.source_repository_digest),
        ("Source reference", &claims.source_repository_ref),
        ("Repository visibility at signing", &claims.source_repository_visibility_at_signing),
        ("Build signer", &claims.build_signer_uri),
        ("Build signer revision", &claims.build_signer_digest),
        ("Build configuration", &claims.build_config_uri),
        ("Build configuration revision", &claims.build_config_digest),
        ("Build trigger", &claims.build_trigger),
        ("Runner", &claims.runner_environment),
        ("Run", &claims.run_invocation_uri),
    ];
    for (label, value) in known {
        fact(label, value.clone().unwrap_or_default());
    }
}

fn entry(entry: &TransparencyLogEntry) -> EntryFacts {
    let mut facts = vec![
        ("Kind".to_owned(), format!("{} {}", entry.kind_version.kind(), entry.kind_version.version())),
        ("Index in the log".to_owned(), entry.log_index.get().to_string()),
    ];
    if let Ok(id) = Sha256Hash::try_from(entry.log_id.key_id.as_bytes()) {
        facts.push(("Log id".to_owned(), id.to_hex()));
    }
    if let Some(at) = entry.integrated_time {
        facts.push(("Integrated".to_owned(), at.to_string()));
    }
    let leaf = sigstore_merkle::hash_leaf(entry.canonicalized_body.as_bytes());
    let mut out = EntryFacts { facts, leaf: leaf.to_hex(), ..EntryFacts::default() };
    let Some(proof) = &entry.inclusion_proof else { return out };
    proof.checkpoint.envelope().clone_into(&mut out.checkpoint);
    let checkpoint = sigstore_crypto::Checkpoint::from_text(proof.checkpoint.envelope()).ok();
    let size = checkpoint.as_ref().map_or(proof.tree_size, sigstore_crypto::Checkpoint::tree_size);
    out.root = checkpoint.as_ref().map_or_else(String::new, |checkpoint| checkpoint.root_hash().to_hex());
    if let Some(checkpoint) = &checkpoint {
        out.facts.push(("Log".to_owned(), checkpoint.origin().to_owned()));
    }
    out.facts.push(("Size of the tree".to_owned(), size.to_string()));
    let index = if log::is_second(entry) { entry.log_index.get() } else { proof.log_index.get() };
    out.path = path(leaf, index, size, &proof.hashes);
    out
}

/// Returns the steps from a leaf to the root, as RFC 9162 §2.1.3.2 walks them.
fn path(leaf: Sha256Hash, index: u64, size: u64, siblings: &[Sha256Hash]) -> Vec<ProofStep> {
    let (mut node, mut last, mut digest) = (index, size.saturating_sub(1), leaf);
    let mut steps = Vec::new();
    for sibling in siblings.iter().take(MOST_STEPS) {
        let is_left = node & 1 == 1 || node == last;
        digest = if is_left {
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
            sigstore_merkle::hash_children(sibling, &digest)
        } else {
            sigstore_merkle::hash_children(&digest, sibling)
        };
        node >>= 1;
        last >>= 1;
        steps.push(ProofStep { sibling: sibling.to_hex(), is_left, digest: digest.to_hex() });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(byte: u8) -> Sha256Hash {
        super::super::provider::install();
        sigstore_merkle::hash_leaf(&[byte])
    }

    #[test]
    fn the_path_of_every_leaf_of_a_tree_of_three_ends_at_its_root() {
        let (a, b, c) = (leaf(0), leaf(1), leaf(2));
        let left = sigstore_merkle::hash_children(&a, &b);
        let root = sigstore_merkle::hash_children(&left, &c).to_hex();
        for (index, own, siblings) in [(0, a, vec![b, c]), (1, b, vec![a, c]), (2, c, vec![left])] {
            let steps = path(own, index, 3, &siblings);
            assert_eq!(steps.last().map(|step| step.digest.clone()), Some(root.clone()), "leaf {index}");
        }
    }

    #[test]
    fn a_proof_that_is_too_long_is_cut() {
        assert_eq!(path(leaf(0), u64::MAX, 1, &vec![leaf(1); 500]).len(), MOST_STEPS);
    }

    #[test]
    fn what_is_no_attestation_is_made_of_nothing() {
        for text in ["", "{}", "[", "{\"verificationMaterial\": 3}"] {
            assert_eq!(of(text), Material::default(), "{text}");
        }
    }
}
