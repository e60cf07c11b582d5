//! Signatures of commits, made by git with ssh-keygen and gpg (`tests/fixtures/signed/make.sh`): each is valid under its key,
//! none is after a change, and a key that came with the evidence is told and not trusted.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use lacuna::engine::{Bundle, Engine, Options};
use lacuna::model::{SignatureState, Verification};
use lacuna::source::Bytes;
use lacuna::source::intake::Root;
use lacuna::verify::commit::{CommitKeys, KeySource};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/signed")
}

fn file(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn keys(is_given: bool) -> CommitKeys {
    let mut keys = CommitKeys::default();
    for name in ["allowed_signers", "openpgp.asc"] {
        let source = KeySource { name: name.to_owned(), is_given };
        keys.add(&source, &String::from_utf8(file(name)).unwrap()).unwrap();
    }
    keys
}

/// Name and object of every signed commit.
fn commits() -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".commit"))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), file(&name))).collect()
}

fn words(outcome: &Verification) -> String {
    outcome
        .steps
        .iter()
        .map(|step| format!("\n  {} {}: {}", step.state.word(), step.step, step.reason))
        .collect()
}

#[test]
fn a_commit_is_valid_under_the_key_that_signed_it() {
    let keys = keys(true);
    assert_eq!(keys.count(), 11);
    let commits = commits();
    assert_eq!(commits.len(), 11);
    for (name, object) in commits {
        let outcome = keys.check(&object);
        assert_eq!(outcome.state, SignatureState::Valid, "{name}: {}", words(&outcome));
        assert!(outcome.identity.contains("ada@example.org"), "{name}: {}", outcome.identity);
        assert!(outcome.root.starts_with("key "), "{name}: {}", outcome.root);
    }
}

#[test]
fn a_commit_is_not_checked_without_its_key() {
    for (name, object) in commits() {
        let outcome = CommitKeys::default().check(&object);
        assert_eq!(outcome.state, SignatureState::NotChecked, "{name}");
        let told = outcome.first(SignatureState::NotChecked).unwrap();
        assert!(told.reason.contains("was not given"), "{name}: {}", told.reason);
    }
}

#[test]
fn a_key_that_came_with_the_evidence_fits_and_names_no_root() {
    for (name, object) in commits() {
        let outcome = keys(false).check(&object);
        assert_eq!(outcome.state, SignatureState::Valid, "{name}: {}", words(&outcome));
        assert_eq!(outcome.root, "", "{name}");
        assert!(words(&outcome).contains("came with the evidence"), "{name}: {}", words(&outcome));
    }
}

#[test]
fn no_changed_byte_of_what_is_signed_passes() {
    let keys = keys(true);
    for (name, object) in commits() {
        let header = object.windows(8).position(|window| window == b"\ngpgsig ").unwrap() + 1;
        let end = object.windows(2).position(|window| window == b"\n\n").unwrap();
        for at in (0..header).step_by(7).chain((end + 2..object.len()).step_by(3)) {
            let mut changed = object.clone();
            changed[at] ^= 1;
            let outcome = keys.check(&changed);
            assert_ne!(outcome.state, SignatureState::Valid, "{name} byte {at}");
        }
    }
}

#[test]
fn no_changed_byte_of_a_signature_changes_who_signed() {
    let keys = keys(true);
    let mut broken = 0;
    for (name, object) in commits() {
        let was = keys.check(&object);
        let header = object.windows(8).position(|window| window == b"\ngpgsig ").unwrap() + 1;
        let end = object.windows(2).position(|window| window == b"\n\n").unwrap();
        let mut passed = 0;
        for at in header + 7..end {
            let mut changed = object.clone();
            changed[at] = match changed[at] {
                b'A'..=b'Y' | b'a'..=b'y' | b'0'..=b'8' => changed[at] + 1,
                _ => continue,
            };
            let outcome = keys.check(&changed);
            if outcome.state == SignatureState::Valid {
                // What no signature covers: checksums of armor, hints, the unhashed part.
                assert_eq!(
                    (&outcome.identity, &outcome.root),
                    (&was.identity, &was.root),
                    "{name} byte {at}"
                );
                passed += 1;
            } else {
                broken += 1;
            }
        }
        assert!(passed < 60, "{name}: {passed} bytes of the signature count for nothing");
    }
    assert!(broken > 3000, "{broken}");
}

#[test]
fn a_key_that_may_not_sign_for_git_or_not_at_that_time_does_not_count() {
    let line = String::from_utf8(file("allowed_signers")).unwrap().lines().next().unwrap().to_owned();
    let of = |options: &str| {
        let mut keys = CommitKeys::default();
        let source = KeySource { name: "allowed_signers".to_owned(), is_given: true };
        keys.add(&source, &line.replace("namespaces=\"git\"", options)).unwrap();
        keys.check(&file("ssh-ed25519.commit")).state
    };
    assert_eq!(of("namespaces=\"file\""), SignatureState::Invalid);
    assert_eq!(of("valid-before=\"20260101\""), SignatureState::Invalid);
    assert_eq!(of("valid-after=\"20260101\",valid-before=\"20270101\""), SignatureState::Valid);
}

fn open(files: &[&str], trust: &[&str]) -> Bundle {
    let roots = files
        .iter()
        .map(|name| Root { path: (*name).to_owned(), source: Box::new(Bytes::new(file(name))) })
        .collect();
    let trust = trust.iter().map(|name| ((*name).to_owned(), file(name))).collect();
    Engine::new(roots, Options { trust, ..Options::default() }).run()
}

#[test]
fn a_bundle_says_of_each_commit_what_its_signature_is_worth() {
    let state = |bundle: &Bundle| bundle.assessment.store.commits[0].signature;
    let names = ["openpgp-ed25519.commit"];
    assert_eq!(state(&open(&names, &[])), Some(SignatureState::NotChecked));
    assert_eq!(state(&open(&names, &["openpgp.asc"])), Some(SignatureState::Valid));
    let bundle = open(&["openpgp-ed25519.commit", "openpgp.asc"], &[]);
    assert_eq!(state(&bundle), Some(SignatureState::Valid));
    assert_eq!(bundle.assessment.store.commit_verifications[0].1.root, "");
    assert!(bundle.assessment.store.files.iter().any(|file| file.format == "signing-keys"));
}

#[test]
fn what_is_no_key_is_refused_with_its_file() {
    let mut keys = CommitKeys::default();
    let source = KeySource { name: "keys.txt".to_owned(), is_given: true };
    for text in [
        "",
        "hello",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----",
        "ssh-ed25519 AAAA",
    ] {
        assert_eq!(keys.add(&source, text).unwrap_err().file, "keys.txt", "{text}");
    }
    assert!(keys.is_empty());
}

#[test]
fn a_gitsign_signature_fits_its_certificate_and_its_time_stays_open() {
    let object = file("gitsign.cms");
    let outcome = CommitKeys::default().check(&object);
    assert_eq!(outcome.state, SignatureState::NotChecked, "{}", words(&outcome));
    assert_eq!(outcome.first(SignatureState::NotChecked).unwrap().step, "Time of signing");
    assert_eq!(outcome.first(SignatureState::Valid).unwrap().step, "Signature");
    let mut changed = object.clone();
    let last = changed.len() - 3;
    changed[last] ^= 1;
    assert_eq!(CommitKeys::default().check(&changed).state, SignatureState::Invalid);
}
