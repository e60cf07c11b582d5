//! From one JSON object to one statement: what wraps it, how often it is signed, and what it is about.

use std::borrow::Cow;

use data_encoding::{BASE64_NOPAD, HEXLOWER};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{BUNDLE, STATEMENT, broken, json, predicate};
use crate::model::record::{AttestationRecord, Envelope, Record, Str};
use crate::model::{At, Base, Part, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// How many digests, controls, levels or commits of one statement are kept.
pub(super) const LIST: usize = 10_000;

/// The payload type of in-toto statements in DSSE envelopes.
const IN_TOTO: &str = "application/vnd.in-toto";

/// One object being read: its place, and where to put what it says.
pub(super) struct Reading<'r> {
    /// The commit that the record is attached to; empty where none.
    pub attached_to: &'r str,
    /// The top-level record.
    pub at: At,
    /// The part of it that is being read.
    pub part: Option<Part>,
    /// The text of the top-level record, which tells where its elements are.
    pub text: &'r str,
    /// Receiver.
    pub out: &'r mut dyn Records,
}

/// What was found around a statement.
#[derive(Clone, Default)]
struct Wrapping<'a> {
    envelope: Envelope,
    media_type: Str<'a>,
}

/// Returns where in the file a record, or a part of it, is.
pub(super) fn spot(at: At, part: Option<Part>) -> Spot {
    let line = match at.base {
        Base::Line(line) | Base::ObjectLine(_, line) => u64::from(line),
        _ => 0,
    };
    Spot { pointer: at.pointer(part), line, offset: at.start }
}

impl Reading<'_> {
    /// Reads an object; returns whether it is an attestation or a collection of them.
    pub fn object(&mut self, raw: &RawValue) -> bool {
        if self.single(raw) {
            return true;
        }
        // A collection inside a collection is none: hostile nesting ends here.
        let picked = json::pick(raw, &["attestation_bundles", "attestations"]);
        match picked.map(|picked| picked.values) {
            Some([Some(list), _]) => {
                self.provenance_object(list);
                true
            }
            Some([None, Some(list)]) => self.collection(list),
            _ => false,
        }
    }

    /// Reads an object; returns whether it is a single attestation.
    pub fn single(&mut self, raw: &RawValue) -> bool {
        const KEYS: [&str; 16] = [
            "mediaType",
            "media_type",
            "verificationMaterial",
            "verification_material",
            "dsseEnvelope",
            "dsse_envelope",
            "messageSignature",
            "message_signature",
            "Content",
            "payload",
            "payloadType",
            "payload_type",
            "signatures",
            "_type",
            "type",
            "envelope",
        ];
        let Some(picked) = json::pick(raw, &KEYS) else { return false };
        let twice = picked.twice;
        let [
            media_type,
            media_type_snake,
            material,
            material_snake,
            dsse,
            dsse_snake,
            message,
            message_snake,
            content,
            payload,
            payload_type,
            payload_type_snake,
            signatures,
            type_,
            type_snake,
            envelope,
        ] = picked.values;
        let media = media_type.and_then(json::text).unwrap_or_default();
        if media.starts_with(BUNDLE) || (material.is_some() && (dsse.is_some() || message.is_some())) {
            self.bundle(raw, media, material, dsse, message);
        } else if let (Some(_), Some(content)) = (material_snake, content) {
            let media = media_type_snake.and_then(json::text).unwrap_or_default();
            self.odd_bundle(
                raw,
                media,
                json::get(content, "DsseEnvelope"),
                json::get(content, "MessageSignature"),
            );
        } else if material_snake.is_some() && (dsse_snake.is_some() || message_snake.is_some()) {
            let media = media_type_snake.and_then(json::text).unwrap_or_default();
            self.odd_bundle(raw, media, dsse_snake, message_snake);
        } else if let (Some(_), Some(envelope)) = (material_snake, envelope) {
            self.pep740(raw, envelope);
        } else if payload.is_some() && payload_type.or(payload_type_snake).or(signatures).is_some() {
            self.dsse(raw, raw, &Wrapping { envelope: Envelope::Dsse, ..Wrapping::default() });
        } else if is_statement_type(type_) || is_statement_type(type_snake) {
            self.statement(raw, raw, AttestationRecord::default());
        } else {
            return false;
        }
        if let Some(key) = twice {
            let found = format!("the key {} twice in one object", quote(key));
            self.warn(Kind::Conflict, found, "each key once; the first was read");
        }
        true
    }

    /// Reads a Sigstore bundle.
    fn bundle(
        &mut self,
        raw: &RawValue,
        media_type: Str<'_>,
        material: Option<&RawValue>,
        dsse: Option<&RawValue>,
        message: Option<&RawValue>,
    ) {
        if media_type.is_empty() {
            let found = "a Sigstore bundle without mediaType";
            self.problem(Problem::note(Kind::OddSerialisation, found), BUNDLE);
        }
        if material.is_none() {
            let found = "a Sigstore bundle without verificationMaterial: nobody can check its signature";
            self.warn(Kind::MissingField, found, "verificationMaterial");
        }
        self.content(raw, &Wrapping { envelope: Envelope::Sigstore, media_type }, dsse, message);
    }

    /// Reads a Sigstore bundle that was written from the fields of a program, not as its specification says.
    fn odd_bundle(
        &mut self,
        raw: &RawValue,
        media_type: Str<'_>,
        dsse: Option<&RawValue>,
        message: Option<&RawValue>,
    ) {
        self.odd(
            "a Sigstore bundle with the field names of a program's data structure",
            "verificationMaterial and dsseEnvelope, as the bundle's specification has them",
        );
        self.content(raw, &Wrapping { envelope: Envelope::SigstoreOdd, media_type }, dsse, message);
    }

    fn content(
        &mut self,
        raw: &RawValue,
        wrapping: &Wrapping<'_>,
        dsse: Option<&RawValue>,
        message: Option<&RawValue>,
    ) {
        match (dsse, message) {
            (Some(dsse), _) => self.dsse(raw, dsse, wrapping),
            (None, Some(message)) => self.message(raw, message, wrapping),
            (None, None) => {
                let problem =
                    Problem::error(Kind::MissingField, "a Sigstore bundle that holds nothing that is signed");
                self.problem(problem, "dsseEnvelope or messageSignature");
            }
        }
    }

    /// Reads a DSSE envelope; `raw` is the record that it is in.
    fn dsse(&mut self, raw: &RawValue, envelope: &RawValue, wrapping: &Wrapping<'_>) {
        const KEYS: [&str; 4] = ["payload", "payloadType", "signatures", "payload_type"];
        let Some(picked) = json::pick(envelope, &KEYS) else {
            let problem = Problem::error(Kind::WrongType, "an envelope that is no object");
            self.problem(problem, "a DSSE envelope with payload, payloadType and signatures");
            return;
        };
        let record = AttestationRecord {
            envelope: wrapping.envelope,
            media_type: wrapping.media_type.clone(),
            payload_type: picked.text(1).or_else(|| picked.text(3)).unwrap_or_default(),
            signatures: picked.values[2].map_or(0, json::count),
            ..AttestationRecord::default()
        };
        if record.signatures == 0 {
            self.warn(Kind::MissingField, "an envelope without any signature", "signatures");
        }
        let Some(payload) = self.base64(picked.text(0), "payload") else {
            self.emit(raw, record);
            return;
        };
        if record.payload_type.is_empty() {
            self.warn(Kind::MissingField, "an envelope without payloadType", "application/vnd.in-toto+json");
        } else if !record.payload_type.starts_with(IN_TOTO) {
            // Read as a statement, it would say what its signer never signed as one.
            let found = format!("a payload of type {}, which is not read", quote(&record.payload_type));
            self.problem(Problem::note(Kind::UnknownFormat, found), "application/vnd.in-toto+json");
            self.emit(raw, record);
            return;
        }
        self.payload(raw, &payload, record);
    }

    /// Reads the decoded payload of an envelope.
    fn payload(&mut self, raw: &RawValue, payload: &[u8], record: AttestationRecord<'_>) {
        let Ok(text) = std::str::from_utf8(payload) else {
            let problem = Problem::error(Kind::InvalidUtf8, "a payload with bytes that are not UTF-8");
            self.problem(problem, "an in-toto statement in JSON");
            self.emit(raw, record);
            return;
        };
        let mut documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        match documents.next() {
            Some(Ok(statement)) => {
                if !text[documents.byte_offset()..].trim().is_empty() {
                    self.odd(
                        "a payload of more than one JSON document, of which only the first is read",
                        "one in-toto statement",
                    );
                }
                self.statement(raw, statement, record);
            }
            Some(Err(error)) => {
                self.problem(broken(&error), "an in-toto statement in JSON");
                self.emit(raw, record);
            }
            None => {
                let problem = Problem::error(Kind::MissingField, "an empty payload");
                self.problem(problem, "an in-toto statement in JSON");
                self.emit(raw, record);
            }
        }
    }

    /// Reads a PEP 740 attestation: the parts of a DSSE envelope over an in-toto statement, under other names.
    fn pep740(&mut self, raw: &RawValue, envelope: &RawValue) {
        let picked = json::pick(envelope, &["statement", "signature"]);
        let statement = picked.as_ref().and_then(|picked| picked.text(0));
        let is_signed =
            picked.and_then(|picked| picked.text(1)).is_some_and(|signature| !signature.is_empty());
        let record = AttestationRecord {
            envelope: Envelope::Dsse,
            signatures: u32::from(is_signed),
            ..AttestationRecord::default()
        };
        if !is_signed {
            self.warn(Kind::MissingField, "an attestation without a signature", "envelope/signature");
        }
        match self.base64(statement, "statement") {
            Some(payload) => self.payload(raw, &payload, record),
            None => self.emit(raw, record),
        }
    }

    /// Reads a signature over a digest alone: a statement without a predicate.
    fn message(&mut self, raw: &RawValue, message: &RawValue, wrapping: &Wrapping<'_>) {
        let digest = json::path_text(message, &["messageDigest", "digest"])
            .or_else(|| json::path_text(message, &["message_digest", "digest"]));
        let algorithm = json::path_text(message, &["messageDigest", "algorithm"])
            .or_else(|| json::path_text(message, &["message_digest", "algorithm"]))
            .unwrap_or_default();
        let mut record = AttestationRecord {
            envelope: wrapping.envelope,
            media_type: wrapping.media_type.clone(),
            signatures: u32::from(json::path_text(message, &["signature"]).is_some_and(|s| !s.is_empty())),
            ..AttestationRecord::default()
        };
        if record.signatures == 0 {
            self.warn(Kind::MissingField, "a messageSignature without a signature", "signature");
        }
        if let Some(digest) = self.base64(digest, "messageDigest/digest") {
            let algorithm = match algorithm.as_ref() {
                "SHA2_256" => Cow::Borrowed("sha256"),
                "SHA2_384" => Cow::Borrowed("sha384"),
                "SHA2_512" => Cow::Borrowed("sha512"),
                "SHA3_256" => Cow::Borrowed("sha3_256"),
                "SHA3_384" => Cow::Borrowed("sha3_384"),
                _ => algorithm,
            };
            record.subjects.push((algorithm, Cow::Owned(HEXLOWER.encode(&digest))));
        }
        self.emit(raw, record);
    }

    /// Reads an in-toto statement; `raw` is the record that it is in.
    fn statement<'a>(&mut self, raw: &RawValue, statement: &'a RawValue, mut record: AttestationRecord<'a>) {
        const KEYS: [&str; 7] =
            ["_type", "type", "subject", "predicateType", "predicate_type", "predicate", "commit"];
        let Some(picked) = json::pick(statement, &KEYS) else {
            let problem = Problem::error(Kind::WrongType, "a payload that is no JSON object");
            self.problem(problem, "an in-toto statement");
            self.emit(raw, record);
            return;
        };
        if let Some(key) = picked.twice {
            let found = format!("the key {} twice in one statement", quote(key));
            self.warn(Kind::Conflict, found, "each key once; the first was read");
        }
        record.predicate_type = picked.text(3).or_else(|| picked.text(4)).unwrap_or_default();
        let commit =
            picked.text(6).filter(|_| record.predicate_type.is_empty() && picked.values[2].is_none());
        if let Some(commit) = commit {
            // Source provenance as the first tools wrote it, before it became an in-toto statement.
            self.odd("a payload that names a commit, and is no in-toto statement", "an in-toto statement");
            self.subject(&mut record, Cow::Borrowed("gitCommit"), &commit);
            record.facts = predicate::source_provenance(self, statement);
            self.emit(raw, record);
            return;
        }
        self.statement_type(&picked);
        let mut references = None;
        match picked.values[2] {
            Some(subjects) => references = self.subjects(&mut record, subjects),
            None => self.warn(Kind::MissingField, "a statement without subject", "subject"),
        }
        if record.predicate_type.is_empty() {
            self.warn(Kind::MissingField, "a statement without predicateType", "predicateType");
        }
        if let Some(predicate) = picked.values[5] {
            record.facts = predicate::facts(self, &record, predicate);
        }
        if let Some(reference) = references.filter(|_| record.facts.reference.is_empty()) {
            record.facts.reference = reference;
        }
        self.emit(raw, record);
    }

    fn statement_type(&mut self, picked: &json::Picked<'_, 7>) {
        match (picked.text(0), picked.text(1)) {
            (Some(known), _) if known.starts_with(STATEMENT) => {
                if !matches!(&known[STATEMENT.len()..], "v0.1" | "v1") {
                    let found = format!("a statement of type {}", quote(&known));
                    self.warn(Kind::Unrecognised, found, "in-toto Statement v0.1 or v1");
                }
            }
            (None, Some(odd)) if odd.starts_with(STATEMENT) => {
                self.odd("a statement with the key type in place of _type", "_type and predicateType");
            }
            (Some(other), _) => {
                let found = format!("a statement of type {}", quote(&other));
                self.warn(Kind::Unrecognised, found, "in-toto Statement v0.1 or v1");
            }
            (None, _) => self.warn(Kind::MissingField, "a statement without _type", "_type"),
        }
    }

    /// Reads the subjects; returns the branch or tag that the first of them is annotated with.
    fn subjects<'a>(
        &mut self,
        record: &mut AttestationRecord<'a>,
        subjects: &'a RawValue,
    ) -> Option<Str<'a>> {
        let mut reference = None;
        let mut over = 0_u32;
        let count = json::each(subjects, &mut |index, subject| {
            let Some(picked) = json::pick(subject, &["digest", "annotations"]) else {
                self.warn(Kind::WrongType, format!("subject {index} that is no object"), "name and digest");
                return true;
            };
            if reference.is_none() {
                reference = picked.values[1].and_then(source_reference);
            }
            let found = picked.values[0].and_then(|digest| {
                json::members(digest, &mut |algorithm, value| {
                    match json::text(value) {
                        _ if record.subjects.len() >= LIST => over += 1,
                        Some(value) => self.subject(record, algorithm, &value),
                        None => {
                            let found = format!("a digest {} that is no text", quote(&algorithm));
                            self.warn(Kind::WrongType, found, "hexadecimal digits");
                        }
                    }
                    true
                })
            });
            if found.unwrap_or(0) == 0 {
                self.warn(Kind::MissingField, format!("subject {index} without a digest"), "digest");
            }
            true
        });
        if over > 0 {
            let found = format!("{over} digests of subjects over the first {LIST}");
            self.warn(Kind::OverLimit, found, "statements about fewer subjects");
        }
        if count.is_none_or(|count| count == 0) {
            self.warn(Kind::MissingField, "a statement about nothing", "at least one subject");
        }
        reference
    }

    /// Adds one digest of a subject, in lower case.
    fn subject<'a>(&mut self, record: &mut AttestationRecord<'a>, algorithm: Str<'a>, value: &str) {
        // Other names (image ids, directory hashes) need not be hexadecimal.
        let is_hash = algorithm == "gitCommit" || algorithm.starts_with("sha");
        if is_hash && (value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            let found = format!("the {} digest {}", quote(&algorithm), quote(value));
            self.warn(Kind::WrongType, found, "hexadecimal digits");
            return;
        }
        let value = if is_hash { value.to_ascii_lowercase() } else { value.to_owned() };
        record.subjects.push((algorithm, Cow::Owned(value)));
    }

    /// Puts out the record with its digest, place and attachment, and the test runs that it states.
    fn emit<'a>(&mut self, raw: &'a RawValue, record: AttestationRecord<'a>) {
        let mut record = record;
        record.text = raw.get();
        record.digest = Sha256::digest(raw.get().as_bytes()).into();
        record.part = self.part;
        record.attached_to = Cow::Borrowed(self.attached_to);
        for run in predicate::test_runs(&record) {
            self.out.record(self.at, Record::TestRun(run));
        }
        self.out.record(self.at, Record::Attestation(Box::new(record)));
    }

    /// Decodes base64 of either alphabet, padded or not.
    fn base64(&mut self, text: Option<Str<'_>>, key: &'static str) -> Option<Vec<u8>> {
        let Some(text) = text else {
            let problem = Problem::error(Kind::MissingField, format!("an envelope without {key}"));
            self.problem(problem, "base64");
            return None;
        };
        let plain: Vec<u8> = text
            .trim_end_matches('=')
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                byte => byte,
            })
            .collect();
        let decoded = BASE64_NOPAD.decode(&plain);
        if let Err(error) = &decoded {
            let found = format!("{key} that is not base64 ({error})");
            self.problem(Problem::error(Kind::Malformed, found), "base64 or base64url");
        }
        decoded.ok()
    }

    /// Reports a problem of the part that is being read.
    pub fn problem(&mut self, problem: Problem, expected: &str) {
        self.out.problem(problem.at(spot(self.at, self.part)).expected(expected));
    }

    /// Reports a warning.
    pub fn warn(&mut self, kind: Kind, found: impl Into<String>, expected: &str) {
        self.problem(Problem::warning(kind, found), expected);
    }

    /// Reports a serialisation that no specification defines.
    pub fn odd(&mut self, found: &str, expected: &str) {
        self.warn(Kind::OddSerialisation, found, expected);
    }
}

fn is_statement_type(raw: Option<&RawValue>) -> bool {
    raw.and_then(json::text).is_some_and(|text| text.starts_with(STATEMENT))
}

/// Returns the first of the references that source verification summaries annotate their subject with.
fn source_reference(annotations: &RawValue) -> Option<Str<'_>> {
    let list = ["source_refs", "sourceRefs", "source_branches"]
        .into_iter()
        .find_map(|key| json::get(annotations, key))?;
    let mut first = None;
    json::each(list, &mut |_, value| {
        first = json::text(value);
        false
    })?;
    first
}
