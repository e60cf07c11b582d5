//! A bare DSSE envelope: every signature of it, over the exact bytes of its payload (DSSE v1.0).

use std::borrow::Cow;
use std::collections::BTreeSet;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use serde::Deserialize;
use sigstore_types::{DerCertificate, SignatureBytes};

use crate::model::{SignatureState, Verification};

use super::demand::Demand;
use super::key::fits;
use super::roots::TrustSet;
use super::steps::Steps;
use super::{strict, subject};

const CLAUSE: &str = "DSSE v1.0, Verify";

/// How many signatures of one envelope are checked.
const MOST: usize = 100;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow, rename = "payloadType", default)]
    payload_type: Cow<'a, str>,
    #[serde(borrow, default)]
    signatures: Vec<Signature<'a>>,
}

#[derive(Deserialize)]
struct Signature<'a> {
    #[serde(borrow, default)]
    keyid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sig: Cow<'a, str>,
    #[serde(borrow, default)]
    cert: Option<Cow<'a, str>>,
}

/// Checks every signature of an envelope against the plain keys of the trust set.
pub fn check(text: &str, trust: &TrustSet, demand: &Demand) -> Verification {
    let mut steps = Steps::default();
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(error) => {
            steps.need("Envelope", Err(format!("it cannot be read: {error}")), "DSSE v1.0, Envelope");
            return steps.finish();
        }
    };
    let Some(payload) = base64(&envelope.payload) else {
        steps.need("Envelope", Err("its payload is no base64".into()), "DSSE v1.0, Envelope");
        return steps.finish();
    };
    if envelope.signatures.is_empty() {
        steps.pass("Signature", SignatureState::NotSigned, "the envelope holds no signature", CLAUSE);
        let mut outcome = steps.finish();
        outcome.state = SignatureState::NotSigned;
        return outcome;
    }
    let signed = encoded(&envelope.payload_type, &payload);
    let count = envelope.signatures.len();
    let mut keys = BTreeSet::new();
    for (at, signature) in envelope.signatures.iter().take(MOST).enumerate() {
        let name = if count == 1 { "Signature".to_owned() } else { format!("Signature {}", at + 1) };
        keys.extend(one(&mut steps, &name, signature, &signed, trust, demand.threshold.is_some()));
    }
    if let Some(threshold) = demand.threshold {
        let told = format!("{} different keys of those given signed; {threshold} are demanded", keys.len());
        steps.need(
            "Threshold",
            if keys.len() >= threshold { Ok(told) } else { Err(told) },
            "DSSE v1.0, Verify",
        );
    }
    if let Some(told) = strict::payload(&envelope.payload_type, &payload) {
        steps.need("Payload", told, "RFC 8259 §4");
    }
    if !demand.artifacts.is_empty() {
        let told = subject::of_statement(&envelope.payload_type, &payload)
            .and_then(|subjects| subject::names_all(&subjects, &demand.artifacts));
        steps.need("Content", told, "in-toto Statement v1, subject");
    }
    if demand.identity.is_some() || demand.issuer.is_some() {
        steps.need("Identity", Err("a key signed, which names nobody".into()), CLAUSE);
    }
    steps.finish()
}

/// Checks one signature; returns the fingerprint of the key that made it.
fn one<'t>(
    steps: &mut Steps,
    name: &str,
    signature: &Signature<'_>,
    signed: &[u8],
    trust: &'t TrustSet,
    is_counted: bool,
) -> Option<&'t str> {
    let Some(bytes) = base64(&signature.sig) else {
        steps.need(name, Err("it is no base64".into()), "DSSE v1.0, Envelope");
        return None;
    };
    let bytes = SignatureBytes::new(bytes);
    for key in &trust.keys {
        if fits(&key.key, signed, &bytes) {
            steps.outcome.root = format!("key {}", key.name);
            steps.outcome.identity = format!("key sha256:{}", key.fingerprint);
            steps.signature(name, Ok(format!("over the exact bytes, by the key {}", key.name)), CLAUSE);
            return Some(&key.fingerprint);
        }
    }
    if let Some(pem) = &signature.cert {
        let key = DerCertificate::from_pem(pem)
            .ok()
            .and_then(|certificate| sigstore_crypto::parse_certificate_info(&certificate).ok());
        match key {
            Some(info) if fits(&info.public_key, signed, &bytes) => {
                let named = info.identity.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
                let why =
                    format!("it fits its own certificate ({named}), but nothing proves when it was signed");
                steps.open(name, why, "Sigstore client specification, Verification");
            }
            Some(_) => {
                steps.need(name, Err("it does not fit its own certificate".into()), CLAUSE);
            }
            None => {
                steps.need(name, Err("its certificate cannot be read".into()), "RFC 5280 §4.1");
            }
        }
        return None;
    }
    let id = signature.keyid.as_deref().unwrap_or_default();
    // A key identifier is a hint that is not signed (DSSE v1.0, Protocol): only a key that was given for it can fail.
    let is_named = trust.keys.iter().any(|key| !id.is_empty() && (id == key.fingerprint || id == key.name));
    if is_named {
        steps.need(name, Err("it does not fit the key that it names".into()), CLAUSE);
    } else {
        let hint = if id.is_empty() {
            "no key".to_owned()
        } else {
            format!("the key {}", crate::problem::quote(id))
        };
        let why = format!("it names {hint}; none of the keys given fits");
        if is_counted {
            steps.pass(name, SignatureState::NotChecked, why, CLAUSE);
        } else {
            steps.open(name, why, CLAUSE);
        }
    }
    None
}

/// Returns the pre-authentication encoding (DSSE v1.0, Protocol): what is signed.
pub fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let encodings = [&BASE64, &BASE64URL, &BASE64_NOPAD, &BASE64URL_NOPAD];
    encodings.into_iter().find_map(|encoding| encoding.decode(text.as_bytes()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        // The example of the protocol text, DSSE v1.0.
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(encoded("http://example.com/HelloWorld", b"hello world"), expected);
    }

    /// An envelope that the keys of these seeds signed, under the keys of the others.
    fn with_keys(signers: &[u8], given: &[u8], threshold: usize) -> SignatureState {
        use ed25519_dalek::{Signer as _, SigningKey};
        let payload = b"{}";
        let signed = encoded("application/json", payload);
        let signature = |seed: &u8| {
            let signature = SigningKey::from_bytes(&[*seed; 32]).sign(&signed).to_bytes();
            format!(r#"{{"sig": "{}"}}"#, BASE64.encode(&signature))
        };
        let signatures: Vec<String> = signers.iter().map(signature).collect();
        let text = format!(
            r#"{{"payload": "{}", "payloadType": "application/json", "signatures": [{}]}}"#,
            BASE64.encode(payload),
            signatures.join(",")
        );
        let mut trust = TrustSet::default();
        for seed in given {
            let key = SigningKey::from_bytes(&[*seed; 32]).verifying_key();
            let der = [&crate::verify::manifest::SPKI_PREFIX[..], key.as_bytes()].concat();
            let pem =
                format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(&der));
            trust.add(&format!("{seed}.pem"), pem.as_bytes()).expect("a key");
        }
        check(&text, &trust, &Demand { threshold: Some(threshold), ..Demand::default() }).state
    }

    #[test]
    fn a_threshold_counts_different_keys_and_passes_over_strangers() {
        assert_eq!(with_keys(&[1, 2], &[1, 2], 2), SignatureState::Valid);
        assert_eq!(with_keys(&[1, 2, 9], &[1, 2], 2), SignatureState::Valid, "a stranger beside them");
        assert_eq!(with_keys(&[1, 1], &[1, 2], 2), SignatureState::Invalid, "one key twice");
        assert_eq!(with_keys(&[1, 9], &[1, 2], 2), SignatureState::Invalid, "a stranger does not count");
    }

    #[test]
    fn an_envelope_without_a_signature_is_not_signed() {
        let text = r#"{"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": []}"#;
        let outcome = check(text, &TrustSet::default(), &Demand::default());
        assert_eq!(outcome.state, SignatureState::NotSigned);
    }
}
