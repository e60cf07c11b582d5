//! The targets: each takes any bytes, and asserts what must hold of the answer.

use std::cell::RefCell;
use std::sync::OnceLock;

use data_encoding::BASE64;
use lacuna::engine::{Engine, Options};
use lacuna::model::SignatureState;
use lacuna::source::Bytes;
use lacuna::source::intake::Root;
use lacuna::verify::commit::{CommitKeys, KeySource};
use lacuna::verify::{TrustSet, Verifier, flip, material, split};

/// Returns the function of a target.
pub fn of(target: &str) -> fn(&[u8]) {
    match target {
        "certificate" => certificate,
        "pem" | "trusted_root" => root,
        "envelope" => envelope,
        "bundle" => bundle,
        "checkpoint" => checkpoint,
        "timestamp" => timestamp,
        "commit_keys" => commit_keys,
        "commit_signature" => commit_signature,
        "bag" => |bytes| {
            opened(&[("bagit.txt", bytes), ("bag-info.txt", bytes), ("fetch.txt", bytes), ("data/a", b"[]")]);
        },
        "checksums" => |bytes| {
            opened(&[
                ("SHA256SUMS", bytes),
                ("manifest-sha256.txt", bytes),
                ("tagmanifest-sha256.txt", bytes),
                ("a.json", b"[]"),
            ]);
        },
        "manifest" => |bytes| {
            opened(&[
                ("lacuna-manifest.json", bytes),
                ("lacuna-manifest.json.dsse", bytes),
                ("a.json", b"[]"),
            ]);
        },
        "link" => |bytes| opened(&[("build.link", bytes), ("a.json", b"[]")]),
        other => panic!("{other}"),
    }
}

thread_local! {
    static VERIFIER: RefCell<Verifier> = RefCell::new(Verifier::default());
}

fn check(text: &str) {
    let outcome = VERIFIER.with_borrow_mut(|verifier| verifier.check(text));
    // No mutation of a bundle that these roots do not vouch for can come to be vouched for.
    if outcome.state == SignatureState::Valid {
        assert!(!outcome.root.is_empty() && !outcome.identity.is_empty(), "{outcome:?}");
    }
    material::of(text);
    for part in flip::parts(text) {
        flip::flip(text, part);
    }
}

/// DER of a certificate, as the signer's of a bundle.
fn certificate(bytes: &[u8]) {
    let text = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"certificate":{{"rawBytes":"{}"}},"tlogEntries":[]}},"dsseEnvelope":{{"payload":"e30=","payloadType":"x","signatures":[{{"sig":"AAAA"}}]}}}}"#,
        BASE64.encode(bytes)
    );
    let outcome = VERIFIER.with_borrow_mut(|verifier| verifier.check(&text));
    assert_ne!(outcome.state, SignatureState::Valid, "{outcome:?}");
    material::of(&text);
}

/// The text of a checkpoint, in a bundle that has one.
fn checkpoint(bytes: &[u8]) {
    with(
        "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope",
        &String::from_utf8_lossy(bytes),
    );
}

/// DER of a timestamp token, in a bundle that has one.
fn timestamp(bytes: &[u8]) {
    let place = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
    with(place, &BASE64.encode(bytes));
}

/// Checks this project's bundle with a text put in a place of it.
fn with(place: &str, text: &str) {
    static BUNDLE: OnceLock<serde_json::Value> = OnceLock::new();
    let bundle = BUNDLE.get_or_init(|| serde_json::from_slice(&super::seeds::of("bundle")[0]).unwrap());
    let mut bundle = bundle.clone();
    *bundle.pointer_mut(place).unwrap() = text.into();
    check(&bundle.to_string());
}

/// A trusted root, keys or certificates, as a user might give them.
fn root(bytes: &[u8]) {
    let mut trust = TrustSet::default();
    // An error is an answer.
    trust.add("fuzz", bytes).ok();
}

/// A bare envelope of the sample, under the sample's key.
fn envelope(bytes: &[u8]) {
    static TRUST: OnceLock<Vec<String>> = OnceLock::new();
    let known = TRUST.get_or_init(|| {
        let seeds = super::seeds::of("envelope");
        seeds.iter().map(|seed| payload(&String::from_utf8_lossy(seed))).collect()
    });
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut trust = TrustSet::default();
    trust.add("sample-key.pem", include_bytes!("../../public/samples/sample-key.pem")).unwrap();
    let outcome = Verifier::new(trust).check(text);
    if outcome.state == SignatureState::Valid {
        assert!(known.contains(&payload(text)), "a payload that nobody signed is valid: {text}");
    }
}

/// Returns the bytes of an envelope's payload, in whatever base64 they are written.
fn payload(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let written = value["payload"].as_str().unwrap_or_default().trim_end_matches('=');
    let plain = written.replace('-', "+").replace('_', "/");
    String::from_utf8_lossy(&data_encoding::BASE64_NOPAD.decode(plain.as_bytes()).unwrap_or_default())
        .into_owned()
}

/// A bundle, or a collection of them.
fn bundle(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    check(text);
    for one in split(text).into_iter().take(4) {
        check(&one);
    }
}

fn keys() -> CommitKeys {
    let mut keys = CommitKeys::default();
    for text in
        [include_str!("../fixtures/signed/allowed_signers"), include_str!("../fixtures/signed/openpgp.asc")]
    {
        keys.add(&KeySource { name: "keys".to_owned(), is_given: true }, text).unwrap();
    }
    keys
}

fn commit_keys(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    CommitKeys::recognises(&text);
    CommitKeys::default().add(&KeySource { name: "fuzz".to_owned(), is_given: false }, &text).ok();
}

fn commit_signature(bytes: &[u8]) {
    static KEYS: OnceLock<CommitKeys> = OnceLock::new();
    let outcome = KEYS.get_or_init(keys).check(bytes);
    if outcome.state == SignatureState::Valid {
        let text = String::from_utf8_lossy(bytes);
        let message = text.split_once("\n\n").map(|(_, message)| message.to_owned()).unwrap_or_default();
        let message = message.split_once("\n\n").map_or(message.clone(), |(_, rest)| rest.to_owned());
        let is_own = text.contains("Signed: ssh-") || text.contains("Signed: openpgp-");
        assert!(is_own, "a message that nobody signed is valid: {message}");
    }
}

fn opened(files: &[(&str, &[u8])]) {
    let roots = files
        .iter()
        .map(|(path, bytes)| Root { path: (*path).to_owned(), source: Box::new(Bytes::new(bytes.to_vec())) })
        .collect();
    let bundle = Engine::new(roots, Options::default()).run();
    for manifest in &bundle.assessment.store.manifests {
        let told =
            manifest.valid + manifest.changed + manifest.missing + manifest.not_checked + manifest.refused;
        assert_eq!(told, manifest.listed, "every line has an outcome: {manifest:?}");
    }
}
