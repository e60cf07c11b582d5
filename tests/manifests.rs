//! Manifests over whole bundles: what is missing, changed or extra is named; a sealed bundle is the same bytes on every
//! machine, and opening it says what became of it.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use lacuna::engine::{Bundle, Engine, Options};
use lacuna::model::SignatureState;
use lacuna::problem::{Kind, Severity};
use lacuna::source::Bytes;
use lacuna::source::intake::Root;
use sha2::{Digest as _, Sha256};

fn open_with(files: &[(&str, &[u8])], trust: Vec<(String, Vec<u8>)>) -> Bundle {
    let roots = files
        .iter()
        .map(|(path, bytes)| Root { path: (*path).to_owned(), source: Box::new(Bytes::new(bytes.to_vec())) })
        .collect();
    Engine::new(roots, Options { trust, ..Options::default() }).run()
}

fn open(files: &[(&str, &[u8])]) -> Bundle {
    open_with(files, Vec::new())
}

/// Kind and file of every problem that manifests give.
fn told(bundle: &Bundle) -> Vec<(Kind, String)> {
    use Kind::{BrokenSeal, ChangedFile, ExtraFile, MissingFile, UnnamedKey, UnsafePath, WeakDigest};
    let kinds = [MissingFile, ChangedFile, ExtraFile, UnsafePath, BrokenSeal, UnnamedKey, WeakDigest];
    let problems = bundle.assessment.store.problems.iter().filter(|problem| kinds.contains(&problem.kind));
    problems.map(|problem| (problem.kind, problem.file.clone())).collect()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

#[test]
fn checksums_name_what_is_missing_changed_and_extra() {
    let sums = format!("{}  a.json\n{}  b.json\n{}  c.json\n", hex(b"[]"), hex(b"{}"), hex(b"gone"));
    let bundle = open(&[
        ("x/SHA256SUMS", sums.as_bytes()),
        ("x/a.json", b"[]"),
        ("x/b.json", b"{ }"),
        ("x/d.json", b"[]"),
    ]);
    let manifest = &bundle.assessment.store.manifests[0];
    assert_eq!(
        (manifest.listed, manifest.valid, manifest.changed, manifest.missing, manifest.extra),
        (3, 1, 1, 1, 1)
    );
    assert_eq!(
        told(&bundle),
        [
            (Kind::ChangedFile, "x/SHA256SUMS".to_owned()),
            (Kind::MissingFile, "x/SHA256SUMS".to_owned()),
            (Kind::ExtraFile, "x/d.json".to_owned()),
        ]
    );
}

#[test]
fn a_manifest_speaks_of_its_own_folder_and_its_paths_cannot_leave_it() {
    let sums = format!("{}  ../a.json\n{}  /etc/passwd\n", hex(b"[]"), hex(b"[]"));
    let bundle = open(&[("x/SHA256SUMS", sums.as_bytes()), ("a.json", b"[]")]);
    assert_eq!(told(&bundle).iter().filter(|(kind, _)| *kind == Kind::UnsafePath).count(), 2);
    assert_eq!(bundle.assessment.store.manifests[0].valid, 0);
}

#[test]
fn digests_of_other_algorithms_are_computed_and_weak_ones_are_told() {
    let bundle = open(&[
        ("MD5SUMS", b"900150983cd24fb0d6963f7d28e17f72  abc.txt\n"),
        ("SHA512SUMS", b"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f  abc.txt\n"),
        ("abc.txt", b"abc"),
    ]);
    let manifests = &bundle.assessment.store.manifests;
    assert_eq!(manifests.iter().map(|manifest| manifest.valid).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(told(&bundle), [(Kind::WeakDigest, "MD5SUMS".to_owned())]);
}

/// Every bag of the conformance suite that is at hand, by the folder's verdict.
#[test]
fn every_bag_of_the_conformance_suite_has_the_outcome_of_its_folder() {
    let Some(suite) = common::sample("bagit") else { return };
    let mut seen = 0;
    for version in ["v0.97", "v1.0"] {
        for (folder, is_valid) in [("valid", true), ("invalid", false)] {
            let Ok(bags) = fs::read_dir(suite.join(version).join(folder)) else { continue };
            let mut bags: Vec<PathBuf> =
                bags.map(|bag| bag.unwrap().path()).filter(|bag| bag.is_dir()).collect();
            bags.sort();
            for bag in bags {
                let found = lacuna::source::disk::find(
                    std::slice::from_ref(&bag),
                    &lacuna::source::Limits::default(),
                );
                let bundle = Engine::new(found.roots, Options::default()).run();
                let errors: Vec<String> = bundle
                    .assessment
                    .store
                    .problems
                    .iter()
                    .filter(|problem| problem.severity == Severity::Error)
                    .map(|problem| format!("{} {}: {}", problem.kind.word(), problem.file, problem.found))
                    .collect();
                assert_eq!(errors.is_empty(), is_valid, "{}: {errors:#?}", bag.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 17, "{seen} bags");
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("manifests-{name}"));
    fs::remove_dir_all(&path).ok();
    fs::create_dir_all(&path).unwrap();
    path
}

/// The example key of RFC 8410 §10.3, which everybody knows.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

/// Packs a folder of three files with the command line; returns the archive.
fn pack(name: &str, with_key: bool) -> Vec<u8> {
    let folder = scratch(name);
    let export = folder.join("export");
    fs::create_dir_all(export.join("github")).unwrap();
    fs::write(export.join("github/pulls.json"), "[]").unwrap();
    fs::write(export.join("people.csv"), "person,accounts\nAda,ada\n").unwrap();
    fs::write(export.join("z.txt"), "last").unwrap();
    fs::write(folder.join("key.pem"), KEY).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lacuna"));
    command.arg("pack").arg(&export).arg("-o").arg(folder.join("bundle.zip"));
    command.args([
        "--source",
        "github.com/acme",
        "--query",
        "is:merged",
        "--tool",
        "gh 2.80",
        "--time",
        "2026-10-01",
    ]);
    if with_key {
        command.arg("--key").arg(folder.join("key.pem"));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(folder.join("bundle.zip")).unwrap()
}

/// Writes an archive anew with one of its files changed (`Some`) or left out (`None`).
fn altered(archive: &[u8], path: &str, with: Option<&[u8]>) -> Vec<u8> {
    let mut reader = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for at in 0..reader.len() {
        let mut entry = reader.by_index(at).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.name().unwrap().into_owned(), bytes);
    }
    match with {
        Some(bytes) => files.insert(path.to_owned(), bytes.to_vec()),
        None => files.remove(path),
    };
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_folder_is_packed_to_the_same_bytes_again() {
    assert_eq!(pack("same-1", true), pack("same-2", true));
}

#[test]
fn a_sealed_bundle_opens_whole_and_says_where_it_comes_from() {
    let archive = pack("whole", true);
    let trust = vec![("auditor.pem".to_owned(), PUBLIC.as_bytes().to_vec())];
    let bundle = open_with(&[("bundle.zip", &archive)], trust);
    assert_eq!(told(&bundle), []);
    let manifest = &bundle.assessment.store.manifests[0];
    assert_eq!((manifest.listed, manifest.valid), (3, 3));
    let origins = manifest.origins.as_ref().unwrap();
    assert_eq!((origins.source.as_str(), origins.query.as_str()), ("github.com/acme", "is:merged"));
    assert_eq!((manifest.seal.state, manifest.seal.is_trusted), (SignatureState::Valid, true));
}

#[test]
fn a_key_that_came_with_the_bundle_is_told_and_not_trusted() {
    let archive = pack("stranger", true);
    let bundle = open(&[("bundle.zip", &archive)]);
    assert_eq!(told(&bundle), [(Kind::UnnamedKey, "bundle.zip/lacuna-manifest.json.dsse".to_owned())]);
    assert!(!bundle.assessment.store.manifests[0].seal.is_trusted);
}

#[test]
fn a_bundle_without_a_seal_is_listed_and_not_signed() {
    let archive = pack("plain", false);
    let bundle = open(&[("bundle.zip", &archive)]);
    assert_eq!(told(&bundle), []);
    assert_eq!(bundle.assessment.store.manifests[0].seal.state, SignatureState::NotSigned);
}

#[test]
fn every_way_to_tamper_with_a_sealed_bundle_is_named() {
    let archive = pack("tampered", true);
    let trust = || vec![("auditor.pem".to_owned(), PUBLIC.as_bytes().to_vec())];
    let of = |archive: Vec<u8>| told(&open_with(&[("bundle.zip", &archive)], trust()));
    let manifest = "bundle.zip/lacuna-manifest.json".to_owned();
    let seal = "bundle.zip/lacuna-manifest.json.dsse".to_owned();
    assert_eq!(of(altered(&archive, "z.txt", Some(b"LAST"))), [(Kind::ChangedFile, manifest.clone())]);
    assert_eq!(of(altered(&archive, "z.txt", None)), [(Kind::MissingFile, manifest.clone())]);
    assert_eq!(
        of(altered(&archive, "more.txt", Some(b"x"))),
        [(Kind::ExtraFile, "bundle.zip/more.txt".to_owned())]
    );
    let other = pack("tampered-other", false);
    let mut reader = zip::ZipArchive::new(Cursor::new(&other)).unwrap();
    let mut text = String::new();
    reader.by_name("lacuna-manifest.json").unwrap().read_to_string(&mut text).unwrap();
    let text = text.replace("is:merged", "is:closed");
    assert_eq!(
        of(altered(&archive, "lacuna-manifest.json", Some(text.as_bytes()))),
        [(Kind::BrokenSeal, seal)]
    );
    assert_eq!(
        of(altered(&archive, "lacuna-manifest.json", None)),
        [(Kind::MissingFile, "bundle.zip/lacuna-manifest.json.dsse".to_owned())]
    );
}

#[test]
fn a_seal_by_another_key_or_over_other_bytes_is_broken() {
    let archive = pack("flipped", true);
    let mut reader = zip::ZipArchive::new(Cursor::new(&archive)).unwrap();
    let mut text = String::new();
    reader.by_name("lacuna-manifest.json.dsse").unwrap().read_to_string(&mut text).unwrap();
    let mut seal: serde_json::Value = serde_json::from_str(&text).unwrap();
    for part in ["/payload", "/signatures/0/sig", "/signatures/0/publicKey"] {
        let own = seal.pointer_mut(part).unwrap();
        let before = own.clone();
        let mut bytes = data_encoding::BASE64.decode(before.as_str().unwrap().as_bytes()).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        *own = data_encoding::BASE64.encode(&bytes).into();
        let archive = altered(&archive, "lacuna-manifest.json.dsse", Some(seal.to_string().as_bytes()));
        let bundle = open(&[("bundle.zip", &archive)]);
        assert_eq!(bundle.assessment.store.manifests[0].seal.state, SignatureState::Invalid, "{part}");
        *seal.pointer_mut(part).unwrap() = before;
    }
}

/// A link as in-toto's first tools wrote it, signed by the key of the test.
fn link() -> String {
    use ed25519_dalek::{Signer as _, SigningKey, pkcs8::DecodePrivateKey as _};
    let signed = format!(
        r#"{{"_type":"link","byproducts":{{}},"command":["make"],"environment":{{}},"materials":{{"in.txt":{{"sha256":"{}"}}}},"name":"build","products":{{"gone.txt":{{"sha256":"{}"}},"out.txt":{{"sha256":"{}"}}}}}}"#,
        hex(b"in"),
        hex(b"gone"),
        hex(b"out"),
    );
    let signature = SigningKey::from_pkcs8_pem(KEY).unwrap().sign(signed.as_bytes());
    let signature = data_encoding::HEXLOWER.encode(&signature.to_bytes());
    format!(r#"{{"signatures":[{{"keyid":"step.pem","sig":"{signature}"}}],"signed":{signed}}}"#)
}

#[test]
fn an_in_toto_link_is_held_against_the_files_and_its_signature_is_checked() {
    let trust = || vec![("step.pem".to_owned(), PUBLIC.as_bytes().to_vec())];
    let link = link();
    let files = [("build.link", link.as_bytes()), ("in.txt", b"in"), ("out.txt", b"OUT")];
    let bundle = open_with(&files, trust());
    let manifest = &bundle.assessment.store.manifests[0];
    assert_eq!((manifest.valid, manifest.changed, manifest.missing), (1, 1, 1));
    assert_eq!((manifest.seal.state, manifest.seal.is_trusted), (SignatureState::Valid, true));
    let tampered = link.replace("make", "fake");
    let bundle = open_with(&[("build.link", tampered.as_bytes())], trust());
    assert_eq!(bundle.assessment.store.manifests[0].seal.state, SignatureState::Invalid);
    let bundle = open(&[("build.link", link.as_bytes())]);
    assert_eq!(bundle.assessment.store.manifests[0].seal.state, SignatureState::NotChecked);
}
