//! An attestation with one bit of one part changed, to see what its check then says.

use data_encoding::BASE64;
use serde_json::Value;

use crate::model::{FlipPart, Flipped};

use super::shape::Shape;

/// Where each part is: JSON pointers of bundles and of bare envelopes.
const PLACES: [(FlipPart, &[&str]); 8] = [
    (FlipPart::Payload, &["/dsseEnvelope/payload", "/payload", "/messageSignature/messageDigest/digest"]),
    (
        FlipPart::Signature,
        &["/dsseEnvelope/signatures/0/sig", "/signatures/0/sig", "/messageSignature/signature"],
    ),
    (
        FlipPart::Certificate,
        &[
            "/verificationMaterial/certificate/rawBytes",
            "/verificationMaterial/x509CertificateChain/certificates/0/rawBytes",
        ],
    ),
    (FlipPart::Entry, &["/verificationMaterial/tlogEntries/0/canonicalizedBody"]),
    (FlipPart::Promise, &["/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp"]),
    (FlipPart::Proof, &["/verificationMaterial/tlogEntries/0/inclusionProof/hashes/0"]),
    (FlipPart::Checkpoint, &["/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope"]),
    (
        FlipPart::Timestamp,
        &["/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp"],
    ),
];

/// Returns the parts of an attestation that can be changed.
pub fn parts(text: &str) -> Vec<FlipPart> {
    let Some(document) = document(text) else { return Vec::new() };
    PLACES
        .iter()
        .filter(|(_, places)| {
            places.iter().any(|place| document.pointer(place).is_some_and(Value::is_string))
        })
        .map(|(part, _)| *part)
        .collect()
}

/// Returns an attestation with the lowest bit of the middle byte of a part changed, and what was changed; `None` where it
/// has no such part.
pub fn flip(text: &str, part: FlipPart) -> Option<(String, Flipped)> {
    let mut document = document(text)?;
    let (_, places) = PLACES.iter().find(|(known, _)| *known == part)?;
    let place = places.iter().find(|place| document.pointer(place).is_some_and(Value::is_string))?;
    let own = document.pointer_mut(place)?;
    let written = own.as_str()?;
    let mut bytes = match part {
        FlipPart::Checkpoint => written.as_bytes().to_vec(),
        _ => BASE64.decode(written.as_bytes()).ok()?,
    };
    let at = match part {
        // The last digit of the size of the tree: still a checkpoint, and another one.
        FlipPart::Checkpoint => written.match_indices('\n').nth(1)?.0.checked_sub(1)?,
        _ => bytes.len() / 2,
    };
    let byte = bytes.get_mut(at)?;
    let before = *byte;
    *byte ^= 1;
    let flipped = Flipped { part, at: at as u64, before, after: *byte };
    *own = Value::String(match part {
        FlipPart::Checkpoint => String::from_utf8(bytes).ok()?,
        _ => BASE64.encode(&bytes),
    });
    Some((document.to_string(), flipped))
}

fn document(text: &str) -> Option<Value> {
    match super::shape::of(text) {
        Shape::Converted(text) => serde_json::from_str(&text).ok(),
        Shape::Bundle | Shape::Envelope => serde_json::from_str(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: &str = r#"{"payload": "e30=", "payloadType": "x", "signatures": [{"sig": "AAAA"}]}"#;

    #[test]
    fn one_bit_of_the_part_that_is_named_changes_and_nothing_else() {
        assert_eq!(parts(ENVELOPE), [FlipPart::Payload, FlipPart::Signature]);
        let (text, flipped) = flip(ENVELOPE, FlipPart::Payload).expect("it has a payload");
        assert_eq!(flipped, Flipped { part: FlipPart::Payload, at: 1, before: b'}', after: b'|' });
        let own: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(own["payload"], BASE64.encode(b"{|"));
        assert_eq!(own["signatures"][0]["sig"], "AAAA");
    }

    #[test]
    fn what_is_not_there_cannot_be_flipped() {
        assert!(flip(ENVELOPE, FlipPart::Certificate).is_none());
        assert!(flip("{}", FlipPart::Payload).is_none());
        assert!(parts("[").is_empty());
    }
}
