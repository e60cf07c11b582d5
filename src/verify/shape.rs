//! What a signed thing is, by its members, and collections of such things.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::model::{SignatureState, Verification};

use super::steps::Steps;

/// How many attestations of one file are taken apart.
const MOST: usize = 100_000;

/// What one JSON document is.
pub enum Shape {
    /// A Sigstore bundle.
    Bundle,
    /// A PEP 740 attestation, as the Sigstore bundle that it stands for.
    Converted(String),
    /// A DSSE envelope.
    Envelope,
    /// An in-toto statement: there is no signature.
    Bare,
    /// A serialisation that no specification defines.
    Odd(String),
    /// Nothing that could be signed.
    Broken(String),
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, rename = "mediaType")]
    media_type: Option<Cow<'a, str>>,
    #[serde(rename = "verificationMaterial")]
    material: Option<IgnoredAny>,
    #[serde(rename = "verification_material")]
    material_snake: Option<IgnoredAny>,
    envelope: Option<IgnoredAny>,
    payload: Option<IgnoredAny>,
    #[serde(rename = "payloadType")]
    payload_type: Option<IgnoredAny>,
    #[serde(rename = "_type")]
    type_: Option<IgnoredAny>,
}

/// Returns what a document is.
pub fn of(text: &str) -> Shape {
    let members: Members<'_> = match serde_json::from_str(text) {
        Ok(members) => members,
        Err(error) => return Shape::Broken(error.to_string()),
    };
    let is_bundle =
        members.media_type.is_some_and(|media| media.starts_with("application/vnd.dev.sigstore.bundle"));
    if is_bundle || members.material.is_some() {
        Shape::Bundle
    } else if members.material_snake.is_some() && members.envelope.is_some() {
        converted(text)
    } else if members.material_snake.is_some() {
        Shape::Odd("a Sigstore bundle with the field names of a program's data structure".to_owned())
    } else if members.payload.is_some() && members.payload_type.is_some() {
        Shape::Envelope
    } else if members.type_.is_some() {
        Shape::Bare
    } else {
        Shape::Broken("neither a bundle, an envelope nor a statement".to_owned())
    }
}

#[derive(Deserialize)]
struct Pep740 {
    version: u64,
    verification_material: Pep740Material,
    envelope: Pep740Envelope,
}

#[derive(Deserialize)]
struct Pep740Material {
    certificate: String,
    transparency_entries: Vec<Value>,
}

#[derive(Deserialize)]
struct Pep740Envelope {
    statement: String,
    signature: String,
}

/// Writes a PEP 740 attestation as the bundle that it stands for (PEP 740, Attestation objects).
fn converted(text: &str) -> Shape {
    let own: Pep740 = match serde_json::from_str(text) {
        Ok(own) => own,
        Err(error) => return Shape::Odd(format!("no PEP 740 attestation: {error}")),
    };
    if own.version != 1 {
        return Shape::Odd(format!("a PEP 740 attestation of version {}", own.version));
    }
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": {"rawBytes": own.verification_material.certificate},
            "tlogEntries": own.verification_material.transparency_entries,
        },
        "dsseEnvelope": {
            "payload": own.envelope.statement,
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": own.envelope.signature}],
        },
    });
    Shape::Converted(bundle.to_string())
}

/// Returns the outcome of a statement without an envelope.
pub fn unsigned() -> Verification {
    let mut steps = Steps::default();
    let why = "a statement without an envelope: anybody could have written it";
    steps.pass("Signature", SignatureState::NotSigned, why, "in-toto attestation framework, Envelope");
    Verification { state: SignatureState::NotSigned, ..steps.finish() }
}

/// Returns the outcome of a serialisation that no specification defines.
pub fn unreadable(why: &str) -> Verification {
    let mut steps = Steps::default();
    steps.open("Bundle", why, "Sigstore bundle format");
    steps.finish()
}

/// Returns the outcome of something that is no attestation.
pub fn broken(why: &str) -> Verification {
    let mut steps = Steps::default();
    steps.need("Bundle", Err(why.to_owned()), "Sigstore bundle format");
    steps.finish()
}

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow)]
    attestations: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    attestation_bundles: Option<Vec<Inner<'a>>>,
    #[serde(borrow)]
    provenance_summary: Option<Summary<'a>>,
}

/// Provenance as Google Cloud Build describes an image.
#[derive(Deserialize)]
struct Summary<'a> {
    #[serde(borrow, default)]
    provenance: Vec<Described<'a>>,
}

#[derive(Deserialize)]
struct Described<'a> {
    #[serde(borrow)]
    envelope: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Inner<'a> {
    #[serde(borrow, default)]
    attestations: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    bundle: Option<&'a RawValue>,
}

/// Returns the attestations of a file: one, JSON Lines, or a collection as GitHub, npm, PyPI and Google Cloud Build give it.
///
/// What is no JSON is returned as it is, so that its check says why.
pub fn split(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    while let Some(document) = documents.next() {
        match document {
            Ok(raw) => collect(raw.get(), &mut found),
            Err(_) => {
                let rest = text.get(documents.byte_offset()..).unwrap_or(text);
                found.push(rest.to_owned());
                break;
            }
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

fn collect(text: &str, found: &mut Vec<String>) {
    let collection: Option<Collection<'_>> = serde_json::from_str(text).ok();
    let lists = collection.map(|own| (own.attestations, own.attestation_bundles, own.provenance_summary));
    let items: Vec<&RawValue> = match lists {
        Some((Some(list), _, _)) => list,
        Some((None, Some(bundles), _)) => bundles.into_iter().flat_map(|inner| inner.attestations).collect(),
        Some((None, None, Some(summary))) if summary.provenance.iter().any(|one| one.envelope.is_some()) => {
            summary.provenance.into_iter().filter_map(|one| one.envelope).collect()
        }
        _ => {
            found.push(text.to_owned());
            return;
        }
    };
    for item in items.into_iter().take(MOST) {
        let wrapped: Option<Wrapped<'_>> = serde_json::from_str(item.get()).ok();
        let inner = wrapped.and_then(|wrapped| wrapped.bundle).unwrap_or(item);
        found.push(inner.get().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_are_taken_apart() {
        let one = r#"{"mediaType": "x"}"#;
        assert_eq!(split(one), [one]);
        assert_eq!(split("{\"a\": 1}\n{\"b\": 2}\n"), ["{\"a\": 1}", "{\"b\": 2}"]);
        assert_eq!(
            split(r#"{"attestations": [{"bundle": {"a": 1}}, {"b": 2}]}"#),
            [r#"{"a": 1}"#, r#"{"b": 2}"#]
        );
        assert_eq!(split(r#"{"attestation_bundles": [{"attestations": [{"c": 3}]}]}"#), [r#"{"c": 3}"#]);
    }

    #[test]
    fn what_is_no_json_is_kept_and_is_broken() {
        let parts = split("{\"a\": 1} {oops");
        assert_eq!(parts.len(), 2);
        assert!(matches!(of(&parts[1]), Shape::Broken(_)));
    }
}
