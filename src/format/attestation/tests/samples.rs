//! Attestations that others wrote.

use super::super::read_line;
use super::*;
use crate::model::Base;

const NOTES: &str = "slsa-source-track/notes";

/// Reads the notes as the git notes reader does: line by line, attached to the commit that the file is named after.
fn notes() -> Option<Kept> {
    let mut kept = Kept::default();
    for (name, bytes) in files(&samples(NOTES)?) {
        let commit = name.trim_end_matches(".jsonl");
        for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
            let at = At::new(Base::ObjectLine([0; 20], index as u32 + 1), 0, line.len() as u64);
            let known = read_line(line, commit, at, &mut kept);
            assert_eq!(known, !line.trim_ascii().is_empty(), "{name} line {}", index + 1);
        }
    }
    Some(kept)
}

fn is_summary(statement: &Statement) -> bool {
    statement.predicate_type == "https://slsa.dev/verification_summary/v1"
}

fn claims(statement: &Statement, level: &str) -> bool {
    is_summary(statement) && statement.facts.levels.iter().any(|claimed| claimed == level)
}

fn is_source_provenance(statement: &Statement) -> bool {
    statement.predicate_type.contains("/source-provenance/")
}

#[test]
fn every_source_track_note_is_read_whatever_its_serialisation() {
    let Some(kept) = notes() else { return };
    let totals = [
        kept.count(|s| s.envelope == Envelope::Sigstore),
        kept.count(|s| s.envelope == Envelope::Dsse),
        kept.count(|s| s.envelope == Envelope::SigstoreOdd),
        kept.count(is_summary),
        kept.count(|s| claims(s, "SLSA_SOURCE_LEVEL_3")),
        kept.count(|s| is_source_provenance(s) && s.facts.controls.is_some()),
        kept.count(|s| is_source_provenance(s) && s.facts.controls.is_none()),
        kept.count(|s| s.predicate_type.contains("/tag-provenance/")),
        kept.count(|s| {
            is_source_provenance(s) && s.facts.activity == "pr_merge" && !s.facts.actor.is_empty()
        }),
        kept.count(|s| s.predicate_type.is_empty() && !s.facts.levels.is_empty()),
    ];
    println!("{totals:?} {} problems", kept.problems.len());
    // The 12 notes of the sample; the whole of the notes are read by the test of the git bundle.
    assert_eq!(totals, [14, 8, 4, 15, 7, 5, 3, 1, 6, 2]);
    assert!(kept.statements.iter().all(|s| s.signatures == 1 && s.attached_to.len() == 40));
    assert!(kept.statements.iter().all(|s| s.subjects.iter().any(|(_, id)| *id == s.attached_to)));
}

#[test]
fn no_source_track_note_has_a_review_control() {
    let Some(kept) = notes() else { return };
    let mut controls = kept.statements.iter().filter_map(|s| s.facts.controls.as_ref()).flatten();
    assert!(controls.all(|(name, _)| !name.contains("REVIEW")));
}

#[test]
fn odd_notes_are_warned_of_and_nothing_else_is_wrong_with_them() {
    let Some(kept) = notes() else { return };
    assert!(kept.kinds().iter().all(|&kind| kind == Kind::OddSerialisation), "{:#?}", kept.problems);
    // Four odd bundles, two of them with an odd statement too; two payloads that are no statement yet.
    assert!(kept.problems.len() >= 8);
    assert!(kept.problems.iter().all(|problem| problem.at.pointer.starts_with("object ")));
}

#[test]
fn github_downloads_are_read_and_their_negatives_explained() {
    let Some(folder) = samples("github-attestations") else { return };
    let files = files(&folder);
    let kept = read(&files["sigstore-js-2.1.0_with_2_bundles.jsonl"]);
    assert_eq!(kept.statements.iter().map(|s| s.pointer.as_str()).collect::<Vec<_>>(), ["line 1", "line 2"]);
    let provenance = read(&files["sigstore-js-2.1.0-bundle.json"]);
    let only = provenance.only();
    assert_eq!(only.predicate_type, "https://slsa.dev/provenance/v1");
    assert_eq!(only.subjects[0].0, "sha512");
    assert_eq!(only.facts.commits.len(), 1);
    assert_eq!(only.facts.commits[0].len(), 40);
    assert!(only.facts.issuer.starts_with("https://github.com/actions/runner"), "{:?}", only.facts);
    assert_eq!(only.facts.repository, "https://github.com/sigstore/sigstore-js");
    assert_eq!(only.facts.reference, "refs/heads/main");

    let missing =
        read(&files["github_provenance_demo-0.0.12-py3-none-any-bundle-missing-verification-material.jsonl"]);
    assert_eq!((missing.statements.len(), missing.kinds()), (1, vec![Kind::MissingField]));
    let nothing = read(&files["github_provenance_demo-0.0.12-py3-none-any-bundle-missing-cert.jsonl"]);
    assert_eq!((nothing.statements.len(), nothing.kinds()), (0, vec![Kind::MissingField]));
    let text = read(&files["sigstoreBundle-invalid-signature.json"]);
    assert_eq!((text.only().payload_type.as_str(), text.only().predicate_type.as_str()), ("text/plain", ""));
    assert_eq!(recognised(&files["trusted_root.json"]), None);
}

#[test]
fn conformance_bundles_are_read_without_vouching_for_any() {
    let Some(folder) = samples("sigstore-conformance") else { return };
    let mut bundles = 0;
    for (name, bytes) in files(&folder) {
        if !name.ends_with("bundle.sigstore.json") {
            continue;
        }
        bundles += 1;
        assert!(recognised(&bytes).is_some(), "{name}");
        let kept = read(&bytes);
        assert_eq!(kept.statements.len(), 1, "{name} {:?}", kept.problems);
        let only = kept.only();
        assert_eq!(only.envelope, Envelope::Sigstore, "{name}");
        assert_eq!(only.pointer, "", "{name}");
        assert!(!only.subjects.is_empty() || !kept.problems.is_empty(), "{name}");
    }
    assert!(bundles > 50);
}

#[test]
fn a_signature_over_a_digest_is_a_statement_without_predicate() {
    let Some(folder) = samples("sigstore-conformance/happy-path-v0.3") else { return };
    let kept = read(&files(&folder)["bundle.sigstore.json"]);
    let only = kept.only();
    assert_eq!(only.predicate_type, "");
    assert_eq!((only.subjects.len(), only.signatures), (1, 1));
    assert_eq!((only.subjects[0].0.as_str(), only.subjects[0].1.len()), ("sha256", 64));
    assert!(kept.problems.is_empty());
}

#[test]
fn verifier_samples_are_read_and_mismatches_between_entry_and_statement_told() {
    let Some(folder) = samples("slsa-verifier") else { return };
    let files = files(&folder);
    let mut read_count = 0;
    for (name, bytes) in &files {
        if recognised(bytes).is_none() {
            let is_other =
                ["gcb_container", ".pem", "ORIGIN", "ARTIFACTS", "workflow-inputs", "annotated-tag"];
            let is_plain = !bytes.trim_ascii_start().starts_with(b"{");
            assert!(is_plain || is_other.iter().any(|part| name.contains(part)), "{name}");
            continue;
        }
        let kept = read(bytes);
        assert!(!kept.statements.is_empty(), "{name}");
        read_count += 1;
    }
    assert!(read_count > 30, "{read_count}");
    let gha = "verifiers/internal/gha/testdata/";
    let npm = read(&files[&format!("{gha}npm-attestations.intoto.sigstore")]);
    assert_eq!(npm.statements.len(), 2);
    assert_eq!(npm.statements[1].pointer, "/attestations/1/bundle");
    let mismatch = read(&files[&format!("{gha}npm-att-mismatch-prov-predicatetype.intoto.sigstore")]);
    assert!(mismatch.kinds().contains(&Kind::Conflict), "{:?}", mismatch.problems);
    let undigested = read(&files[&format!("{gha}npm-att-publish-nodigest.intoto.sigstore")]);
    assert!(undigested.kinds().contains(&Kind::MissingField), "{:?}", undigested.problems);
}

#[test]
fn pypi_attestations_and_their_collection_are_read() {
    let Some(folder) = samples("pypi-pep740") else { return };
    let files = files(&folder);
    let publish = read(&files["pypi_attestations-0.0.19.tar.gz.publish.attestation"]);
    assert_eq!(publish.only().predicate_type, "https://docs.pypi.org/attestations/publish/v1");
    assert_eq!((publish.only().envelope, publish.only().signatures), (Envelope::Dsse, 1));
    let slsa = read(&files["pypi_attestations-0.0.19.tar.gz.slsa.attestation"]);
    assert_eq!(slsa.only().predicate_type, "https://slsa.dev/provenance/v1");
    assert_eq!(slsa.only().facts.commits.len(), 1);
    let provenance = read(&files["pypi_attestations-0.0.19.tar.gz.provenance"]);
    assert_eq!(provenance.only().pointer, "/attestation_bundles/0/attestations/0");
    assert_eq!(provenance.only().predicate_type, "https://docs.pypi.org/attestations/publish/v1");
}

#[test]
fn witness_collections_are_listed_and_their_policies_are_not_taken_for_statements() {
    let Some(folder) = samples("witness/test") else { return };
    let files = files(&folder);
    let collection = read(&files["cdx-att.json"]);
    assert!(collection.only().predicate_type.contains("/attestation-collection/"));
    assert_eq!(
        collection.only().facts.commits.len(),
        usize::from(!collection.only().facts.commits.is_empty())
    );
    let policy = read(&files["policy-hello-signed.json"]);
    assert_eq!((policy.only().predicate_type.as_str(), policy.only().subjects.len()), ("", 0));
    assert_eq!(policy.kinds(), [Kind::UnknownFormat]);
    assert_eq!(recognised(&files["policy.json"]), None);
}
