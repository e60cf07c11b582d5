//! Entries of a transparency log: the promise, the proof of inclusion, the checkpoint, and whether the entry is about this
//! very signature.

use std::collections::BTreeSet;

use sigstore_crypto::Checkpoint;
use sigstore_rekor::body::RekorEntryBody;
use sigstore_types::bundle::{InclusionProof, TransparencyLogEntry};
use sigstore_types::{
    Bundle, DerCertificate, DerPublicKey, KindVersion, Sha256Hash, SignatureBytes, SignatureContent,
};

use super::Timestamp;
use super::roots::Root;

/// Checkpoints that were seen to be signed, by root and text: thousands of entries may rest on one.
pub type Seen = BTreeSet<(usize, [u8; 32])>;

/// How many checkpoints are remembered.
const MOST_SEEN: usize = 10_000;

/// Returns whether an entry is of the log's second version, whose times are timestamps' and whose proofs hold no root.
pub fn is_second(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}

/// Checks that the entry is in the tree that its checkpoint names (RFC 6962 §2.1.1).
///
/// # Errors
/// Why the proof does not hold, in words.
pub fn inclusion(entry: &TransparencyLogEntry, proof: &InclusionProof) -> Result<String, String> {
    let text = proof.checkpoint.envelope();
    let checkpoint = Checkpoint::from_text(text).map_err(|error| format!("its checkpoint: {error}"))?;
    // The second version leaves index and size to the entry and the checkpoint: what the proof repeats is not signed.
    let (index, size, root) = if is_second(entry) {
        (entry.log_index.get(), checkpoint.tree_size(), *checkpoint.root_hash())
    } else {
        (proof.log_index.get(), proof.tree_size, proof.root_hash)
    };
    if checkpoint.root_hash().as_bytes() != root.as_bytes() {
        return Err("its root is not the checkpoint's".to_owned());
    }
    let leaf = sigstore_merkle::hash_leaf(entry.canonicalized_body.as_bytes());
    sigstore_merkle::verify_inclusion_proof(&leaf, index, size, &proof.hashes, &root)
        .map(|()| {
            format!("leaf {index} of {size}, {} hashes up to root {}", proof.hashes.len(), short(&root))
        })
        .map_err(|error| error.to_string())
}

/// Checks the log's signature over the checkpoint; returns which of the roots has the key.
///
/// # Errors
/// Why no key of any root signed it, in words.
pub fn checkpoint(
    proof: &InclusionProof,
    at: Option<Timestamp>,
    roots: &[Root],
    seen: &mut Seen,
) -> Result<usize, String> {
    let text = proof.checkpoint.envelope();
    let digest = *sigstore_crypto::sha256(text.as_bytes()).as_bytes();
    if let Some(known) = (0..roots.len()).find(|root| seen.contains(&(*root, digest))) {
        return Ok(known);
    }
    let checkpoint = Checkpoint::from_text(text).map_err(|error| error.to_string())?;
    let mut has_key = false;
    for (position, root) in roots.iter().enumerate() {
        for signature in checkpoint.signatures().iter().filter(|own| is_of(&own.name, checkpoint.origin())) {
            // A checkpoint states no time of its own: a key counts once it had begun to, and an expired one still does.
            for key in root.rekor.keys_by_hint(&signature.key_id, at.unwrap_or(Timestamp::MAX)) {
                has_key = true;
                if key.verify(checkpoint.signed_data(), &signature.signature).is_ok() {
                    if seen.len() < MOST_SEEN {
                        seen.insert((position, digest));
                    }
                    return Ok(position);
                }
            }
        }
    }
    Err(if has_key {
        "no signature on it is valid under the log's key".to_owned()
    } else {
        "no trusted log has a key with the hint of its signatures".to_owned()
    })
}

/// Checks the log's promise, which also signs the time of integration; returns which of the roots has the key.
///
/// # Errors
/// Why the promise does not hold, in words.
pub fn promise(entry: &TransparencyLogEntry, roots: &[Root]) -> Result<usize, String> {
    let promise = entry.inclusion_promise.as_ref().ok_or("no promise")?;
    let id =
        Sha256Hash::try_from(entry.log_id.key_id.as_bytes()).map_err(|error| format!("its log: {error}"))?;
    let at = entry.integrated_time.ok_or("no time of integration")?;
    // Canonical JSON (RFC 8785) of four members without anything to escape: sorted by name, no spaces.
    let signed = format!(
        "{{\"body\":\"{}\",\"integratedTime\":{},\"logID\":\"{}\",\"logIndex\":{}}}",
        entry.canonicalized_body.to_base64(),
        at.as_second(),
        id.to_hex(),
        entry.log_index.as_i64(),
    );
    let signature = SignatureBytes::new(promise.signed_entry_timestamp.as_bytes().to_vec());
    let mut why = format!("no trusted log has the id {}", short(&id));
    for (position, root) in roots.iter().enumerate() {
        if root.rekor.key(&id).is_none() {
            continue;
        }
        match root.rekor.key_at(&id, at) {
            Some(key) => match key.verify(&signed, &signature) {
                Ok(()) => return Ok(position),
                Err(error) => why = format!("against {}: {error}", root.name),
            },
            None => why = format!("the log's key in {} did not count at {at}", root.name),
        }
    }
    Err(why)
}

/// What a log entry must be about.
pub struct About<'a> {
    /// The certificate of the signature; `None` where a plain key signed.
    pub certificate: Option<&'a DerCertificate>,
    /// The key.
    pub key: &'a DerPublicKey,
    /// SHA-256 of what was signed: the artifact, or the envelope's authenticated encoding.
    pub digest: Option<Sha256Hash>,
}

/// Checks that an entry is about this signature, this key and this content, and no other.
///
/// # Errors
/// What differs, in words.
pub fn consistent(entry: &TransparencyLogEntry, bundle: &Bundle, about: &About<'_>) -> Result<(), String> {
    let body = RekorEntryBody::parse(&entry.canonicalized_body, entry.kind_version)
        .map_err(|error| format!("its body cannot be read: {error}"))?;
    match (&body, &bundle.content) {
        (RekorEntryBody::HashedRekordV001(body), SignatureContent::MessageSignature(message)) => {
            let logged = Sha256Hash::from_hex(body.spec.data.hash.value.as_str())
                .map_err(|error| error.to_string())?;
            same_digest(&logged, about)?;
            same_signature(&body.spec.signature.content, &message.signature)?;
            let key = &body.spec.signature.public_key;
            same_signer(key.parse_certificate().ok().as_ref(), key.parse_public_key().ok().as_ref(), about)
        }
        (RekorEntryBody::HashedRekordV002(body), content) => {
            let logged = &body.spec.hashed_rekord_v002;
            if logged.data.algorithm != sigstore_types::HashAlgorithm::Sha2256 {
                return Err(format!("a digest by {}", logged.data.algorithm));
            }
            let digest = Sha256Hash::try_from(&logged.data.digest).map_err(|error| error.to_string())?;
            same_digest(&digest, about)?;
            same_signature(&logged.signature.content, signature_of(content)?)?;
            let verifier = &logged.signature.verifier;
            let certificate = verifier.x509_certificate.as_ref().map(|known| &known.raw_bytes);
            same_signer(certificate, verifier.public_key.as_ref().map(|known| &known.raw_bytes), about)
        }
        (RekorEntryBody::DsseV001(body), SignatureContent::DsseEnvelope(envelope)) => {
            let hash = &body.spec.payload_hash;
            same_payload(hash.algorithm, &hash.value, envelope.payload.as_bytes())?;
            let [logged] = body.spec.signatures.as_slice() else {
                return Err(format!(
                    "{} signatures in the entry, one in the envelope",
                    body.spec.signatures.len()
                ));
            };
            same_signature(&logged.signature, &envelope.signature.sig)?;
            let pem = std::str::from_utf8(logged.verifier.as_bytes()).unwrap_or_default();
            let key = DerPublicKey::from_pem(pem).ok();
            same_signer(logged.parse_certificate().ok().as_ref(), key.as_ref(), about)
        }
        (RekorEntryBody::IntotoV002(body), SignatureContent::DsseEnvelope(envelope)) => {
            let content = &body.spec.content;
            let hash = content.payload_hash.value.decode().map_err(|error| error.to_string())?;
            let actual = sigstore_crypto::sha256(envelope.payload.as_bytes());
            let is_sha256 = content.payload_hash.algorithm == sigstore_types::HashAlgorithm::Sha2256;
            if !is_sha256 || actual.as_bytes() != hash.as_slice() {
                return Err("it is about another payload".to_owned());
            }
            if envelope.payload_type != content.envelope.payload_type {
                return Err("it is about a payload of another type".to_owned());
            }
            let [logged] = content.envelope.signatures.as_slice() else {
                return Err(format!("{} signatures in the entry", content.envelope.signatures.len()));
            };
            // The log wraps the signature in base64 once more.
            let decoded =
                data_encoding::BASE64.decode(logged.sig.as_bytes()).map_err(|error| error.to_string())?;
            if decoded != envelope.signature.sig.as_bytes() {
                return Err("it is about another signature".to_owned());
            }
            same_signer(
                logged.parse_certificate().ok().as_ref(),
                logged.parse_public_key().ok().as_ref(),
                about,
            )
        }
        _ => Err(format!(
            "an entry of kind {} {} does not fit what is signed",
            entry.kind_version.kind(),
            entry.kind_version.version()
        )),
    }
}

/// Returns the one signature of a bundle.
///
/// # Errors
/// Content of a kind that has none.
pub fn signature_of(content: &SignatureContent) -> Result<&SignatureBytes, String> {
    match content {
        SignatureContent::MessageSignature(message) => Ok(&message.signature),
        SignatureContent::DsseEnvelope(envelope) => Ok(&envelope.signature.sig),
        _ => Err("content of an unknown kind".to_owned()),
    }
}

fn same_payload(algorithm: sigstore_types::HashAlgorithm, hex: &str, payload: &[u8]) -> Result<(), String> {
    let is_same = algorithm == sigstore_types::HashAlgorithm::Sha2256
        && sigstore_crypto::sha256(payload).to_hex() == hex;
    if is_same { Ok(()) } else { Err("it is about another payload".to_owned()) }
}

fn same_digest(logged: &Sha256Hash, about: &About<'_>) -> Result<(), String> {
    match &about.digest {
        Some(digest) if digest == logged => Ok(()),
        Some(_) => Err("it is about other content".to_owned()),
        None => Err("the digest of what is signed is not at hand".to_owned()),
    }
}

fn same_signature(logged: &SignatureBytes, own: &SignatureBytes) -> Result<(), String> {
    if logged == own { Ok(()) } else { Err("it is about another signature".to_owned()) }
}

fn same_signer(
    certificate: Option<&DerCertificate>,
    key: Option<&DerPublicKey>,
    about: &About<'_>,
) -> Result<(), String> {
    let is_same = match about.certificate {
        Some(own) => {
            certificate.is_some_and(|logged| logged.as_bytes() == own.as_bytes())
            // The in-toto kind may log the bare key of the certificate.
            || certificate.is_none() && key.is_some_and(|logged| logged.as_bytes() == about.key.as_bytes())
        }
        None => {
            let of_certificate = certificate
                .and_then(|certificate| sigstore_crypto::parse_certificate_info(certificate).ok())
                .map(|info| info.public_key);
            key.or(of_certificate.as_ref()).is_some_and(|logged| logged.as_bytes() == about.key.as_bytes())
        }
    };
    if is_same { Ok(()) } else { Err("it is about another signer".to_owned()) }
}

/// Returns whether a signature's name is the log's: the origin, or its part before the tree's number (Rekor v1).
fn is_of(name: &str, origin: &str) -> bool {
    origin.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(" - "))
}

fn short(digest: &Sha256Hash) -> String {
    digest.to_hex().chars().take(16).collect()
}
