//! One Sigstore bundle, step by step: times, certificate, log, signature, content.
//!
//! The order and the demands are those of the Sigstore client specification, "Verification". Every step is made that can
//! be, also after one has failed, so that a reader sees all that is wrong.

use sigstore_bundle::{ValidationOptions, validate_bundle_with_options};
use sigstore_crypto::CertificateInfo;
use sigstore_types::bundle::VerificationMaterialContent as Material;
use sigstore_types::{
    Bundle, DerCertificate, DerPublicKey, KindVersion, MediaType, Sha256Hash, SignatureContent,
};

use crate::model::{SignatureState, Verification};

use super::demand::{Artifact, Demand};
use super::key::{Kind, Scheme};
use super::log::{self, About, Seen};
use super::roots::{PlainKey, TrustSet};
use super::steps::Steps;
use super::{Timestamp, certificate, strict, subject, timestamp};

const CLIENT: &str = "Sigstore client specification, Verification";

/// Checks one bundle.
pub fn check(text: &str, trust: &TrustSet, demand: &Demand, seen: &mut Seen) -> Verification {
    let mut steps = Steps::default();
    let bundle = match Bundle::from_json(text) {
        Ok(bundle) => bundle,
        Err(error) => {
            steps.need("Bundle", Err(format!("it cannot be read: {error}")), "Sigstore bundle format");
            return steps.finish();
        }
    };
    let needs_proof = !bundle.verification_material.tlog_entries.is_empty() && !is_promised(&bundle);
    let options = ValidationOptions::new().with_require_inclusion_proof(needs_proof);
    let read = validate_bundle_with_options(&bundle, &options)
        .map(|()| format!("{} holds together", bundle.media_type.as_str()))
        .map_err(|error| error.to_string());
    steps.need("Bundle", read, "Sigstore bundle format");
    Checking { bundle: &bundle, trust, demand, seen, steps }.run()
}

struct Checking<'c> {
    bundle: &'c Bundle,
    trust: &'c TrustSet,
    demand: &'c Demand,
    seen: &'c mut Seen,
    steps: Steps,
}

impl Checking<'_> {
    fn run(mut self) -> Verification {
        let times = self.times();
        let bundle = self.bundle;
        match &bundle.verification_material.content {
            Material::PublicKey(hint) => self.by_key(&hint.hint, &times),
            Material::Certificate(leaf) => self.by_certificate(&leaf.raw_bytes, &[], &times),
            Material::X509CertificateChain { certificates } => match certificates.split_first() {
                Some((leaf, between)) => {
                    let between: Vec<_> = between.iter().map(|certificate| &certificate.raw_bytes).collect();
                    self.by_certificate(&leaf.raw_bytes, &between, &times);
                }
                None => {
                    self.steps.need("Certificate chain", Err("it is empty".into()), "Sigstore bundle format");
                }
            },
            _ => self.steps.open("Key", "material of an unknown kind", "Sigstore bundle format"),
        }
        self.steps.finish()
    }

    /// Establishes when it was signed: by timestamps, and by the promises of logs of the first version.
    fn times(&mut self) -> Vec<Timestamp> {
        let mut times = Vec::new();
        let stamps = &self.bundle.verification_material.timestamp_verification_data.rfc3161_timestamps;
        for (at, stamp) in stamps.iter().enumerate() {
            let outcome = log::signature_of(&self.bundle.content)
                .and_then(|signature| self.timestamp(&stamp.signed_timestamp, signature));
            let told =
                outcome.as_ref().map(|(time, root)| format!("signed before {time}, vouched by {root}"));
            let told = told.map_err(Clone::clone);
            self.steps.need(
                &numbered("Timestamp", at, stamps.len()),
                told,
                "RFC 3161 §2.4.2; RFC 5280 §4.2.1.12",
            );
            if let Ok((time, root)) = outcome {
                times.push(time);
                let known = &mut self.steps.outcome.timestamp_roots;
                if !known.contains(&root) {
                    known.push(root);
                }
            }
        }
        let entries = &self.bundle.verification_material.tlog_entries;
        for (at, entry) in entries.iter().enumerate() {
            if log::is_second(entry) || entry.inclusion_promise.is_none() {
                continue;
            }
            let outcome = log::promise(entry, &self.trust.roots);
            let time = entry.integrated_time;
            let told = outcome.map(|root| {
                times.extend(time);
                let time = time.map_or_else(String::new, |time| time.to_string());
                format!("integrated at {time}, vouched by {}", self.trust.roots[root].name)
            });
            self.steps.need(
                &numbered("Signed entry timestamp", at, entries.len()),
                told,
                "Rekor v1: SET over the canonical entry",
            );
        }
        for time in &times {
            self.steps.signed_at(*time);
        }
        if let Some(now) = self.demand.now
            && let Some(late) = times.iter().find(|time| time.as_second() > now)
        {
            self.steps.need("Time of signing", Err(format!("{late} is in the future")), CLIENT);
        }
        times
    }

    fn timestamp(
        &self,
        token: &sigstore_types::TimestampToken,
        signature: &sigstore_types::SignatureBytes,
    ) -> Result<(Timestamp, String), String> {
        let mut why = "no trusted root has a timestamp authority".to_owned();
        for root in &self.trust.roots {
            for authority in &root.timestamps {
                match sigstore_tsa::verify_timestamp_for_authority(token, signature, authority) {
                    Ok(time) => {
                        timestamp::only_own(token.as_bytes(), authority)?;
                        return Ok((time, root.name.clone()));
                    }
                    // The right authority at the wrong time says more than that all others are not the right one.
                    Err(sigstore_tsa::Error::TimestampOutsideValidity { time }) => {
                        return Err(format!("its authority in {} did not count at {time}", root.name));
                    }
                    Err(error) => why = error.to_string(),
                }
            }
        }
        Err(why)
    }

    fn by_certificate(&mut self, leaf: &DerCertificate, between: &[&DerCertificate], times: &[Timestamp]) {
        let info = match sigstore_crypto::parse_certificate_info(leaf) {
            Ok(info) => info,
            Err(error) => {
                self.steps.need("Certificate", Err(error.to_string()), "RFC 5280 §4.1");
                return;
            }
        };
        if self.demand.by_key {
            self.steps.need("Key", Err("a certificate signed, where a key is demanded".into()), CLIENT);
        }
        self.identity(&info);
        let issuer = self.chain(leaf, between, &info, times);
        if let Some((root, issuer)) = &issuer {
            self.certificate_log(leaf, *root, issuer);
        }
        let has_logs = issuer.as_ref().is_none_or(|(root, _)| self.trust.roots[*root].has_logs);
        let signed = self.signature(&info.public_key, Kind::Known(info.key_algorithm));
        let about = About { certificate: Some(leaf), key: &info.public_key, digest: signed };
        self.log(&about, has_logs, Some(&info), times);
    }

    fn identity(&mut self, info: &CertificateInfo) {
        let identity = info.identity.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
        let issuer = info.issuer.clone().unwrap_or_default();
        let named = format!("{identity}, vouched by {issuer}");
        let wanted = (&self.demand.identity, &self.demand.issuer);
        match wanted {
            (None, None) => {
                let clause = "Fulcio certificate specification, Issued certificate";
                self.steps.pass(
                    "Identity",
                    SignatureState::NotChecked,
                    format!("{named}; none is demanded"),
                    clause,
                );
            }
            (wanted, from) => {
                let fits = wanted.as_ref().is_none_or(|wanted| *wanted == identity)
                    && from.as_ref().is_none_or(|from| *from == issuer);
                let told = if fits { Ok(named) } else { Err(format!("{named}; another one is demanded")) };
                self.steps.need("Identity", told, CLIENT);
            }
        }
        self.steps.outcome.identity = identity;
        self.steps.outcome.issuer = issuer;
    }

    /// Checks the chain at every time of signing; returns the root that vouched, and the issuer's key.
    fn chain(
        &mut self,
        leaf: &DerCertificate,
        between: &[&DerCertificate],
        info: &CertificateInfo,
        times: &[Timestamp],
    ) -> Option<(usize, Vec<u8>)> {
        const STEP: &str = "Certificate chain";
        const CLAUSE: &str = "RFC 5280 §6.1, §4.2.1.12 (code signing), at the time of signing";
        if times.is_empty() {
            let why = "no timestamp and no promise of a log proves when it was signed";
            self.steps.need("Time of signing", Err(why.into()), CLIENT);
            return None;
        }
        let mut why = Vec::new();
        'roots: for (at, root) in self.trust.roots.iter().enumerate() {
            let mut chain: Option<certificate::Chain> = None;
            for time in times {
                if chain.as_ref().is_some_and(|chain| chain.holds_at(*time, root)) {
                    continue;
                }
                match certificate::chain(leaf, between, *time, root) {
                    Ok(found) => chain = Some(found),
                    Err(error) => {
                        why.push(error);
                        continue 'roots;
                    }
                }
            }
            let issuer = chain.map(|chain| chain.issuer).unwrap_or_default();
            self.steps.outcome.root = root.name.clone();
            self.steps.need(STEP, Ok(format!("to an authority of {}", root.name)), CLAUSE);
            let outside = times.iter().find_map(|time| certificate::outside(info, *time));
            let told = outside.map_or_else(
                || Ok(format!("from {} to {}, and signed in between", info.not_before, info.not_after)),
                Err,
            );
            self.steps.need("Validity of the certificate", told, "RFC 5280 §4.1.2.5");
            return Some((at, issuer));
        }
        self.steps.need(STEP, Err(why.join("; ")), CLAUSE);
        None
    }

    fn certificate_log(&mut self, leaf: &DerCertificate, root: usize, issuer: &[u8]) {
        const STEP: &str = "Signed certificate timestamp";
        const CLAUSE: &str = "RFC 6962 §3.2";
        let root = &self.trust.roots[root];
        if !root.has_ct {
            let why = format!("{} has no certificate log, so its certificates hold no promise", root.name);
            self.steps.pass(STEP, SignatureState::NotChecked, why, CLAUSE);
            return;
        }
        let told = certificate::promise(leaf, issuer, root)
            .map(|at| format!("logged at {at}, by a log of {}", root.name));
        self.steps.need(STEP, told, CLAUSE);
    }

    fn by_key(&mut self, hint: &str, times: &[Timestamp]) {
        const STEP: &str = "Key";
        const CLAUSE: &str = "Sigstore bundle format, publicKey";
        if self.demand.identity.is_some() || self.demand.issuer.is_some() {
            self.steps.need("Identity", Err("a key signed, which names nobody".into()), CLIENT);
        }
        let trust = self.trust;
        let hinted: Vec<&PlainKey> = trust.keys.iter().filter(|key| is_hinted(key, hint)).collect();
        let keys = if hinted.is_empty() && self.demand.by_key { trust.keys.iter().collect() } else { hinted };
        let fits = |key: &&&PlainKey| {
            Kind::of(&key.key)
                .is_ok_and(|kind| self.signed(&key.key, kind).is_some_and(|(told, _)| told.is_ok()))
        };
        let Some(key) = keys.iter().find(fits).or(keys.first()) else {
            let why = format!("the key with the hint {} was not given", crate::problem::quote(hint));
            self.steps.open(STEP, why, CLAUSE);
            return;
        };
        self.steps.outcome.root = format!("key {}", key.name);
        self.steps.outcome.identity = format!("key sha256:{}", key.fingerprint);
        match Kind::of(&key.key) {
            Ok(kind) => {
                self.steps.need(STEP, Ok(format!("{} of {}", kind.words(), key.name)), CLAUSE);
                let signed = self.signature(&key.key, kind);
                let about = About { certificate: None, key: &key.key, digest: signed };
                self.log(&about, false, None, times);
            }
            Err(error) => {
                self.steps.need(STEP, Err(error), CLAUSE);
            }
        }
    }

    /// Checks the signature and what it is about; returns SHA-256 of what is signed, where it is at hand.
    fn signature(&mut self, key: &DerPublicKey, kind: Kind) -> Option<Sha256Hash> {
        let (told, digest) = self.signed(key, kind).unzip();
        let is_envelope = matches!(self.bundle.content, SignatureContent::DsseEnvelope(_));
        let clause =
            if is_envelope { "DSSE v1.0, Verify" } else { "Sigstore bundle format, messageSignature" };
        match told {
            Some(told) => {
                self.steps.signature("Signature", told, clause);
            }
            None => self.steps.open("Signature", "what is signed is not at hand", clause),
        }
        self.content();
        digest.flatten()
    }

    /// Returns whether a key signed the content, with SHA-256 of what is signed; `None` where the content is not at hand.
    fn signed(&self, key: &DerPublicKey, kind: Kind) -> Option<(Result<String, String>, Option<Sha256Hash>)> {
        match &self.bundle.content {
            SignatureContent::DsseEnvelope(envelope) => {
                let signed = envelope.pae();
                let scheme = kind.scheme();
                let told = scheme.check(key, &signed, &envelope.signature.sig);
                Some((told_by(told, scheme), Some(sigstore_crypto::sha256(&signed))))
            }
            SignatureContent::MessageSignature(message) => {
                let declared = message.message_digest.as_ref();
                let scheme = match declared.map(|digest| kind.scheme_for(digest.algorithm)) {
                    Some(Ok(scheme)) => scheme,
                    Some(Err(error)) => return Some((Err(error), None)),
                    None => kind.scheme(),
                };
                let bytes = self.demand.artifacts.iter().find_map(|artifact| artifact.bytes.as_deref());
                if let Some(bytes) = bytes {
                    let told = scheme.check(key, bytes, &message.signature);
                    return Some((told_by(told, scheme), Some(sigstore_crypto::sha256(bytes))));
                }
                let name = hash_name(scheme)?;
                let given = self
                    .demand
                    .artifacts
                    .iter()
                    .find_map(|artifact| artifact.digest(name))
                    .map(str::to_owned);
                let hex = given.or_else(|| {
                    declared.map(|digest| data_encoding::HEXLOWER.encode(digest.digest.as_bytes()))
                })?;
                let digest = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?;
                let told = scheme.check_digest(key, &digest, &message.signature);
                Some((told_by(told, scheme), Sha256Hash::from_hex(&hex).ok()))
            }
            _ => None,
        }
    }

    /// Checks that the content is about every artifact that is demanded.
    fn content(&mut self) {
        const STEP: &str = "Content";
        if let SignatureContent::DsseEnvelope(envelope) = &self.bundle.content
            && let Some(told) = strict::payload(&envelope.payload_type, envelope.payload.as_bytes())
        {
            self.steps.need("Payload", told, "RFC 8259 §4");
        }
        if let Some(threshold) = self.demand.threshold.filter(|threshold| *threshold > 1) {
            let why = format!("a bundle holds one signature; {threshold} are demanded");
            self.steps.need("Threshold", Err(why), CLIENT);
        }
        if self.demand.artifacts.is_empty() {
            return;
        }
        let subjects = match &self.bundle.content {
            SignatureContent::DsseEnvelope(envelope) => {
                subject::of_statement(&envelope.payload_type, envelope.payload.as_bytes())
            }
            SignatureContent::MessageSignature(message) => match &message.message_digest {
                Some(digest) => Ok(vec![(
                    digest
                        .algorithm
                        .to_string()
                        .to_lowercase()
                        .replace("sha2-", "sha")
                        .replace("sha2_", "sha"),
                    data_encoding::HEXLOWER.encode(digest.digest.as_bytes()),
                )]),
                // The signature itself is over the artifact, and was checked over it.
                None => return,
            },
            _ => Err("content of an unknown kind".to_owned()),
        };
        let told = subjects.and_then(|subjects| subject::names_all(&subjects, &self.demand.artifacts));
        self.steps.need(STEP, told, "in-toto Statement v1, subject; Sigstore bundle format, messageDigest");
    }

    fn log(
        &mut self,
        about: &About<'_>,
        is_needed: bool,
        info: Option<&CertificateInfo>,
        times: &[Timestamp],
    ) {
        const STEP: &str = "Log entry";
        let entries = &self.bundle.verification_material.tlog_entries;
        if entries.is_empty() {
            let clause = "Sigstore client specification, Transparency Log Entry";
            if is_needed {
                self.steps.need(STEP, Err("the bundle holds no entry of a transparency log".into()), clause);
            } else {
                self.steps.pass(
                    STEP,
                    SignatureState::NotChecked,
                    "this trust root has no transparency log",
                    clause,
                );
            }
            return;
        }
        let earliest = times.iter().min().copied();
        for (at, entry) in entries.iter().enumerate() {
            let name = |step: &str| numbered(step, at, entries.len());
            let told = log::consistent(entry, self.bundle, about);
            let told = told.map(|()| "it is about this signature, key and content".to_owned());
            self.steps.need(&name("Log entry"), told, "Rekor entry types; CVE-2022-36056");
            let Some(proof) = &entry.inclusion_proof else {
                let why = "the entry has no proof of inclusion";
                if is_promised(self.bundle) {
                    let why = format!("{why}: a bundle of version 0.1 may rest on the log's promise alone");
                    self.steps.pass(
                        &name("Inclusion proof"),
                        SignatureState::NotChecked,
                        why,
                        "Sigstore bundle v0.1",
                    );
                } else {
                    self.steps.need(&name("Inclusion proof"), Err(why.into()), "RFC 6962 §2.1.1");
                }
                continue;
            };
            self.steps.need(&name("Inclusion proof"), log::inclusion(entry, proof), "RFC 6962 §2.1.1");
            let told = log::checkpoint(proof, earliest, &self.trust.roots, self.seen)
                .map(|root| format!("signed by a log of {}", self.trust.roots[root].name));
            self.steps.need(&name("Checkpoint"), told, "C2SP tlog-checkpoint");
            let is_first = matches!(
                entry.kind_version,
                KindVersion::HashedRekordV001 | KindVersion::DsseV001 | KindVersion::IntotoV002
            );
            if let (true, Some(info), Some(time)) = (is_first, info, entry.integrated_time)
                && let Some(why) = certificate::outside(info, time)
            {
                self.steps.need(&name("Time of integration"), Err(why), CLIENT);
            }
        }
    }
}

/// Returns whether a bundle is of the version that demands a promise of the log, not a proof, and each entry has one.
fn is_promised(bundle: &Bundle) -> bool {
    bundle.media_type == MediaType::Bundle0_1
        && bundle.verification_material.tlog_entries.iter().all(|entry| entry.inclusion_promise.is_some())
}

/// Returns whether a hint names a key: by SHA-256 over its SubjectPublicKeyInfo, in base64 or hexadecimal.
fn is_hinted(key: &PlainKey, hint: &str) -> bool {
    let digest = sigstore_crypto::sha256(key.key.as_bytes());
    let base64 = digest.to_base64();
    let bare = hint.trim_start_matches("SHA256:").trim_start_matches("sha256:");
    bare == base64 || bare == base64.trim_end_matches('=') || bare.eq_ignore_ascii_case(&key.fingerprint)
}

fn told_by(outcome: Result<(), String>, scheme: Scheme) -> Result<String, String> {
    outcome.map(|()| format!("{} over the exact bytes", scheme.name()))
}

fn hash_name(scheme: Scheme) -> Option<&'static str> {
    use sigstore_types::HashAlgorithm as H;
    Some(match scheme.digest()? {
        H::Sha2256 => "sha256",
        H::Sha2384 => "sha384",
        H::Sha2512 => "sha512",
        _ => return None,
    })
}

/// Returns a step's name, with the number of the thing where there are several.
fn numbered(step: &str, at: usize, of: usize) -> String {
    if of == 1 { step.to_owned() } else { format!("{step} {}", at + 1) }
}

/// Returns the artifacts' names, for messages.
pub fn names(artifacts: &[Artifact]) -> String {
    artifacts.iter().map(|artifact| artifact.name.as_str()).collect::<Vec<_>>().join(", ")
}
