//! Attestations: in-toto statements, bare or in DSSE envelopes and Sigstore bundles, one by one or collected.
//!
//! What is read: in-toto Statement v0.1 and v1, DSSE v1.0 (any count of signatures), Sigstore bundle v0.1 to v0.3 and
//! later media types of the same shape, PEP 740 attestations, and the collections of the GitHub and npm attestation
//! interfaces and of PEP 740. Statements are linked by the digests of their subjects. **No signature is checked
//! here**: what a statement says is known to be said, and by nobody in particular.
//!
//! Serialisations that no specification defines, but that published tools have written, are read and reported as
//! [`Kind::OddSerialisation`].

mod collections;
mod envelope;
mod predicate;
#[cfg(test)]
mod tests;

use serde_json::value::RawValue;

use super::raw_json as json;
use super::{Format, Head};
use crate::model::{At, Records};
use crate::problem::{Kind, Problem};
use envelope::Reading;

/// Start of the `_type` of every in-toto statement.
const STATEMENT: &str = "https://in-toto.io/Statement/";

/// Start of the media type of every Sigstore bundle.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// Attestations, in whatever envelope or collection.
pub static FORMAT: Format = Format {
    id: "attestation",
    title: "Attestations (in-toto, DSSE, Sigstore)",
    recognise,
    open: || Box::new(collections::File::default()),
};

/// Reads the attestations on one line, for instance of a git note; `attached_to` is the commit that the note is of.
///
/// Returns whether the JSON on the line is an attestation or a collection of them. A line that is broken JSON, but
/// bears the marks of an attestation, is reported as a problem and counts as recognised.
pub fn read_line(line: &[u8], attached_to: &str, at: At, out: &mut dyn Records) -> bool {
    let line = line.trim_ascii();
    if line.first() != Some(&b'{') {
        return false;
    }
    let Ok(text) = std::str::from_utf8(line) else {
        let is_marked = bears_marks(line);
        if is_marked {
            let problem = Problem::error(Kind::InvalidUtf8, "an attestation with bytes that are not UTF-8");
            out.problem(problem.at(envelope::spot(at, None)).expected("JSON in UTF-8"));
        }
        return is_marked;
    };
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut recognised = false;
    while let Some(document) = documents.next() {
        match document {
            Ok(raw) => {
                let end = documents.byte_offset();
                let mut reading = Reading { attached_to, at, part: None, text, out };
                let known = reading.object(raw);
                if known && !recognised && !text[end..].trim().is_empty() {
                    reading.odd("more than one JSON document on a line", "one document on a line");
                }
                recognised |= known;
            }
            Err(error) => {
                if recognised || bears_marks(line) {
                    out.problem(broken(&error).at(envelope::spot(at, None)));
                    return true;
                }
                return false;
            }
        }
    }
    recognised
}

/// Returns the problem of a JSON text that does not parse.
fn broken(error: &serde_json::Error) -> Problem {
    let problem = if error.is_eof() {
        Problem::error(Kind::CutShort, "an attestation that ends in the middle of its JSON")
    } else {
        Problem::error(Kind::Malformed, format!("an attestation that is broken JSON: {error}"))
    };
    problem.expected("a complete JSON document")
}

/// Returns whether broken JSON was meant to be an attestation.
fn bears_marks(line: &[u8]) -> bool {
    const MARKS: [&str; 5] =
        ["\"dsseEnvelope\"", "\"verificationMaterial\"", "\"payloadType\"", STATEMENT, BUNDLE];
    let start = &line[..line.len().min(64 << 10)];
    MARKS.iter().any(|mark| memchr::memmem::find(start, mark.as_bytes()).is_some())
}

/// Returns why the start of a file is an attestation.
fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let starts = |path: &str, with: &str| peek.text(path).is_some_and(|text| text.starts_with(with));
    let because = |reason: &str| Some(reason.to_owned());
    if starts("mediaType", BUNDLE) {
        return because("its mediaType is that of a Sigstore bundle");
    }
    if starts("media_type", BUNDLE) || peek.has_all(&["verification_material", "Content"]) {
        return because("it has the fields of a Sigstore bundle in an odd serialisation");
    }
    if peek.has("verificationMaterial") && peek.has_any(&["dsseEnvelope", "messageSignature"]) {
        return because("it has verificationMaterial and what it verifies, as a Sigstore bundle has");
    }
    if peek.has_all(&["verification_material", "envelope"]) {
        return because("it has verification_material and envelope, as a PEP 740 attestation has");
    }
    if peek.has("attestation_bundles") {
        return because("it has attestation_bundles, as PEP 740 provenance has");
    }
    if starts("_type", STATEMENT) || starts("type", STATEMENT) {
        return because("its type is that of an in-toto statement");
    }
    if peek.has_all(&["payload", "payloadType"]) || starts("payloadType", "application/vnd.in-toto") {
        return because("it has payload and payloadType, as a DSSE envelope has");
    }
    if peek.has_any(&["attestations/0/bundle", "attestations/0/bundle_url"]) {
        return because("it is a list of attestations with their bundles");
    }
    let members = peek.keys.iter().filter(|(key, _)| !key.contains('/')).count();
    if members == 1 && peek.has("attestations") && peek.keys.len() == 1 {
        return because("it is an empty list of attestations");
    }
    // A payload of more than was looked at: `ey` is how `{"` begins in base64.
    let is_cut_payload = !head.is_whole && members == 1 && peek.has("payload");
    let start = &head.bytes[..head.bytes.len().min(64)];
    if is_cut_payload && memchr::memmem::find(start, b"\"ey").is_some() {
        return because("it begins as a DSSE envelope with a long JSON payload");
    }
    None
}
