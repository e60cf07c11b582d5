//! Makes the built-in sample: a fictitious company's evidence of one quarter, with one of every kind of gap in it.
//!
//! ```sh
//! cargo run --example make-sample
//! ```
//!
//! writes `public/samples/sample.zip`, the key that signs in it, and what the plan says that must be found:
//! `tests/fixtures/sample-expectations.json`. Nothing is taken from the clock or the machine, so two runs write the same
//! bytes. Object ids never depend on the version of git; the bytes of `git/payments.bundle` do, since git may pack the
//! same objects in another way, so the archive is committed and need not be made again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use sample::plan::{Quirk, Repository};
use sample::story::{Change, changes};
use sample::{evidence, forge, history, people};

/// What the archive may take: it is part of the single document.
const MOST_BYTES: usize = 60 << 10;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let changes = changes();
    let (files, expectations) = files(&changes);
    let archive = archive(&files);
    assert!(archive.len() <= MOST_BYTES, "{} bytes are more than {MOST_BYTES}", archive.len());
    write(&root.join("public/samples/sample.zip"), &archive);
    write(&root.join("public/samples/sample-key.pem"), evidence::public_key().as_bytes());
    let text = format!("{expectations:#}\n");
    write(&root.join("tests/fixtures/sample-expectations.json"), text.as_bytes());
    println!("{} changes, {} files, {} bytes", changes.len(), files.len(), archive.len());
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    std::fs::write(path, bytes).expect("the file");
}

/// Returns the files of the bundle by path, and what must be found in them.
fn files(changes: &[Change]) -> (BTreeMap<String, Vec<u8>>, Value) {
    let payments = history::build(changes, Repository::Payments);
    let ledger = history::build(changes, Repository::Ledger);
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut put = |path: &str, bytes: Vec<u8>| files.insert(path.to_owned(), bytes);
    put("CONTENTS.txt", evidence::CONTENTS.into());
    put(".mailmap", people::MAILMAP.into());
    put("people.csv", people::PEOPLE.into());
    put("lacuna.toml", evidence::policy(changes).into());
    put("deployments.csv", evidence::deployments(changes, &payments, &ledger).into());
    put("git/payments.bundle", payments.bundle(changes, evidence::note));
    let pulls = forge::pulls(changes, &payments, Repository::Payments);
    put("github/payments-pulls.json", forge::array(&pulls).into());
    put("github/ledger-pulls.json", forge::array(&forge::pulls(changes, &ledger, Repository::Ledger)).into());
    put("github/payments-issues.json", forge::array(&forge::issues(changes)).into());
    put("github/payments-protection.json", forge::protection().into());
    put("github/payments-pulls-june.json", forge::june(&payments).into());
    // The same change once more, as somebody looked it up by itself.
    let emergency =
        changes.iter().position(|change| change.row.quirk == Quirk::Emergency).expect("in the plan");
    let twice = forge::pull(&changes[emergency], &payments.ids[&emergency]);
    put(&format!("github/pull-{}.json", changes[emergency].number), format!("{twice}\n").into());
    for (path, text) in
        evidence::reports(changes, &payments).into_iter().chain(evidence::attestations(changes, &payments))
    {
        put(&path, text.into());
    }
    let expectations = expectations(changes, &payments, &ledger);
    payments.remove();
    ledger.remove();
    (files, expectations)
}

/// Packs the files: sorted, at one fixed time, without anything of this machine.
fn archive(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let at = zip::DateTime::from_date_and_time(2026, 10, 5, 9, 0, 0).expect("a time");
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(at)
        .unix_permissions(0o644);
    for (path, bytes) in files {
        writer.start_file(path, options).expect("an entry");
        writer.write_all(bytes).expect("its bytes");
    }
    writer.finish().expect("the archive").into_inner()
}

/// Returns what the plan says: of each change its unmet criteria and where it stands; the holes; the problems.
fn expectations(changes: &[Change], payments: &history::History, ledger: &history::History) -> Value {
    let mut rows = BTreeMap::new();
    let mut holes = Vec::new();
    for (history, (at, ids)) in payments
        .ids
        .iter()
        .map(|entry| (payments, entry))
        .chain(ledger.ids.iter().map(|entry| (ledger, entry)))
    {
        let change = &changes[*at];
        let name = forge::name(change.row.repository);
        let id = match change.number {
            0 => format!("{name}@{}", ids.merge),
            number => format!("{name}#{number}"),
        };
        match change.row.quirk {
            Quirk::DirectPush => holes.push(ids.merge[..7].to_owned()),
            Quirk::NotExported => holes.push(format!("#{}", change.number)),
            Quirk::OffBranch => holes.push(id.clone()),
            _ => assert!(history.line.contains(at)),
        }
        let row = json!({ "title": change.row.title, "unmet": change.row.unmet(), "standing": change.row.standing() });
        rows.insert(id, row);
    }
    holes.sort();
    let emergency = changes.iter().find(|change| change.row.quirk == Quirk::Emergency).expect("in the plan");
    json!({
        "changes": rows,
        "holes": holes,
        "problems": [
            ["CONTENTS.txt", "unknown-format"],
            ["github/payments-pulls-june.json", "cut-short"],
            [format!("github/pull-{}.json", emergency.number), "duplicate"],
            ["lacuna.toml", "conflict"],
        ],
    })
}
