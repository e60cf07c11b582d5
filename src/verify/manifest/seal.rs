//! The DSSE envelope over a Lacuna manifest: Ed25519 over its exact bytes.
//!
//! The envelope brings its own public key, so that a signature can be checked by whoever opens the bundle. Such a key
//! shows that one hand sealed the whole; whose hand it is, only a key that the user trusts (`--trust`) says.

use std::borrow::Cow;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::format::manifest::SEAL_TYPE;
use crate::model::SignatureState;
use crate::source::Digest;
use crate::store::Seal;
use crate::verify::TrustSet;

/// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4).
pub const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// How many signatures of one seal are looked at.
const MOST: usize = 16;

/// The envelope; its keys stand in this order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<'a> {
    /// The manifest's exact bytes, base64.
    #[serde(borrow)]
    pub payload: Cow<'a, str>,
    /// [`SEAL_TYPE`].
    #[serde(borrow)]
    pub payload_type: Cow<'a, str>,
    /// The signatures.
    #[serde(borrow)]
    pub signatures: Vec<EnvelopeSignature<'a>>,
}

/// One signature of an envelope.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvelopeSignature<'a> {
    /// SHA-256 over the key's SubjectPublicKeyInfo, lower-case hexadecimal: a hint (DSSE v1.0).
    #[serde(borrow, default)]
    pub keyid: Cow<'a, str>,
    /// The signature, base64.
    #[serde(borrow)]
    pub sig: Cow<'a, str>,
    /// The key's SubjectPublicKeyInfo, base64; not a field of DSSE, whose readers pass over it.
    #[serde(borrow, default)]
    pub public_key: Cow<'a, str>,
}

/// Returns the fingerprint of a SubjectPublicKeyInfo: its SHA-256 in lower-case hexadecimal.
pub fn fingerprint(spki: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(spki))
}

/// Checks a seal over the manifest of which the SHA-256 is given.
pub(super) fn check(text: &str, manifest: Option<Digest>, trust: &TrustSet) -> Seal {
    let invalid = |reason: String| Seal { state: SignatureState::Invalid, reason, ..Seal::default() };
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(error) => return invalid(format!("the envelope cannot be read: {error}")),
    };
    let Ok(payload) = BASE64.decode(envelope.payload.as_bytes()) else {
        return invalid("the payload of the envelope is no base64".into());
    };
    if envelope.payload_type != SEAL_TYPE {
        return invalid(format!(
            "the envelope is of the type {}",
            crate::problem::quote(&envelope.payload_type)
        ));
    }
    let digest: Digest = Sha256::digest(&payload).into();
    match manifest {
        Some(known) if known == digest => {}
        Some(_) => return invalid("the envelope is over other bytes than the manifest beside it".into()),
        None => return invalid("the manifest that it signs is not beside it".into()),
    }
    if envelope.signatures.is_empty() {
        let reason = "the envelope holds no signature".into();
        return Seal { state: SignatureState::NotSigned, reason, ..Seal::default() };
    }
    let signed = crate::verify::envelope::encoded(SEAL_TYPE, &payload);
    let outcomes = envelope.signatures.iter().take(MOST).map(|one| signature(one, &signed, trust));
    // One signature that does not fit spoils the seal; of valid ones, that of a trusted key counts most.
    outcomes
        .max_by_key(|seal| {
            let rank = match seal.state {
                SignatureState::Invalid => 2,
                SignatureState::Valid => 1,
                SignatureState::NotChecked | SignatureState::NotSigned | SignatureState::Pending => 0,
            };
            (rank, seal.is_trusted)
        })
        .unwrap_or_default()
}

fn signature(one: &EnvelopeSignature<'_>, signed: &[u8], trust: &TrustSet) -> Seal {
    let invalid =
        |reason: &str| Seal { state: SignatureState::Invalid, reason: reason.to_owned(), ..Seal::default() };
    let bytes = BASE64.decode(one.sig.as_bytes()).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let Some(bytes) = bytes else { return invalid("a signature that is none of Ed25519") };
    let fits = |spki: &[u8]| key_of(spki).is_some_and(|key| key.verify_strict(signed, &bytes).is_ok());
    if one.public_key.is_empty() {
        return match trust.keys.iter().find(|key| fits(key.key.as_bytes())) {
            Some(key) => valid(key.key.as_bytes(), trust),
            None => Seal {
                state: SignatureState::NotChecked,
                reason: "the signature brings no key, and none of the keys given fits".into(),
                ..Seal::default()
            },
        };
    }
    match BASE64.decode(one.public_key.as_bytes()) {
        Ok(spki) if key_of(&spki).is_none() => invalid("the key of the signature is none of Ed25519"),
        Ok(spki) if fits(&spki) => valid(&spki, trust),
        Ok(_) => invalid("the signature does not fit its key and the bytes of the manifest"),
        Err(_) => invalid("the key of the signature is no base64"),
    }
}

fn key_of(spki: &[u8]) -> Option<VerifyingKey> {
    let bytes: &[u8; 32] = spki.strip_prefix(&SPKI_PREFIX)?.try_into().ok()?;
    VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak())
}

fn valid(spki: &[u8], trust: &TrustSet) -> Seal {
    let fingerprint = fingerprint(spki);
    let given = trust.keys.iter().find(|key| key.fingerprint == fingerprint);
    let reason = match given {
        Some(key) => format!("by the key {}", key.name),
        None => "by a key that came with the bundle: whose it is, nothing shows".to_owned(),
    };
    Seal { state: SignatureState::Valid, fingerprint, is_trusted: given.is_some(), reason }
}
