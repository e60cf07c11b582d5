//! The shapes of envelopes, statements and predicates, one by one.

use super::super::read_line;
use super::*;
use crate::model::record::Outcome;
use crate::model::{Base, Moment};

fn facts(predicate_type: &str, predicate: &str) -> (Facts<'static>, Vec<Kind>) {
    let kept = read(dsse(&statement(predicate_type, predicate)).as_bytes());
    (kept.only().facts.clone(), kept.kinds())
}

#[test]
fn a_bare_statement_has_no_signature_and_its_digest_is_over_its_own_bytes() {
    let text = statement("https://example.test/x", "{}");
    let padded = format!("  {text}\r\n\n");
    let (first, second) = (read(text.as_bytes()), read(padded.as_bytes()));
    assert_eq!((first.only().envelope, first.only().signatures), (Envelope::Bare, 0));
    assert_eq!(first.only().digest, second.only().digest);
    assert_eq!(first.only().subjects, [("gitCommit".to_owned(), "a1".repeat(20))]);
    assert_eq!(first.only().facts, Facts::default());
    assert!(first.problems.is_empty());
}

#[test]
fn payloads_in_either_base64_alphabet_padded_or_not_are_one() {
    let text = statement("https://example.test/??>>~~", "{\"a\":\"ÿþ??>\"}");
    let bytes = text.as_bytes();
    for encoded in [
        data_encoding::BASE64.encode(bytes),
        data_encoding::BASE64_NOPAD.encode(bytes),
        data_encoding::BASE64URL.encode(bytes),
        data_encoding::BASE64URL_NOPAD.encode(bytes),
    ] {
        let envelope = format!(
            r#"{{"payload":"{encoded}","payloadType":"application/vnd.in-toto+json","signatures":[{{}},{{}},{{}}]}}"#
        );
        let kept = read(envelope.as_bytes());
        assert_eq!(kept.only().predicate_type, "https://example.test/??>>~~");
        assert_eq!(kept.only().signatures, 3);
    }
}

#[test]
fn a_payload_that_is_no_base64_is_listed_and_explained() {
    let kept = read(br#"{"payload":"%%%","payloadType":"application/vnd.in-toto+json","signatures":[{}]}"#);
    assert_eq!(kept.only().predicate_type, "");
    assert_eq!(kept.kinds(), [Kind::Malformed]);
}

#[test]
fn a_bundle_without_media_type_or_with_an_unknown_version_is_still_a_bundle() {
    let inner = dsse(&statement("https://example.test/x", "{}"));
    let bare = format!(r#"{{"verificationMaterial":{{}},"dsseEnvelope":{inner}}}"#);
    let zero = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0","verificationMaterial":{{}},"dsseEnvelope":{inner}}}"#
    );
    let (bare, zero) = (read(bare.as_bytes()), read(zero.as_bytes()));
    assert_eq!((bare.only().envelope, bare.kinds()), (Envelope::Sigstore, vec![Kind::OddSerialisation]));
    assert_eq!(zero.only().media_type, "application/vnd.dev.sigstore.bundle+json;version=0");
    assert!(zero.problems.is_empty());
}

#[test]
fn the_first_of_two_documents_in_a_payload_is_read_with_a_warning() {
    let one = statement("https://example.test/one", "{}");
    let two = statement("https://example.test/two", "{}");
    let kept = read(dsse(&format!("{one}\n{two}")).as_bytes());
    assert_eq!(kept.only().predicate_type, "https://example.test/one");
    assert_eq!(kept.kinds(), [Kind::OddSerialisation]);
}

#[test]
fn a_statement_in_snake_case_is_read_with_a_warning() {
    let text = r#"{"type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"00"}}],"predicate_type":"https://slsa.dev/verification_summary/v1","predicate":{"verifiedLevels":["SLSA_SOURCE_LEVEL_2"]}}"#;
    let kept = read(dsse(text).as_bytes());
    assert_eq!(kept.only().facts.levels, ["SLSA_SOURCE_LEVEL_2"]);
    assert_eq!(kept.kinds(), [Kind::OddSerialisation]);
}

#[test]
fn source_provenance_reads_the_same_in_both_cases() {
    let kind = "https://github.com/slsa-framework/slsa-source-poc/source-provenance/v1-draft";
    let (snake, _) = facts(
        kind,
        r#"{"activity_type":"pr_merge","actor":"ada","branch":"refs/heads/main","controls":[{"name":"CONTINUITY_ENFORCED","since":"2025-01-26T02:23:18.106Z"}],"created_on":"2025-04-08T13:25:44.955918579Z","prev_commit":"8A29","repo_uri":"https://x.test/r"}"#,
    );
    let (camel, _) = facts(
        kind,
        r#"{"activityType":"pr_merge","actor":"ada","branch":"refs/heads/main","controls":[{"name":"CONTINUITY_ENFORCED","since":"2025-01-26T02:23:18.106Z"}],"createdOn":"2025-04-08T13:25:44.955918579Z","prevCommit":"8a29","repoUri":"https://x.test/r"}"#,
    );
    assert_eq!(snake, camel);
    assert_eq!((snake.actor.as_ref(), snake.activity.as_ref()), ("ada", "pr_merge"));
    assert_eq!((snake.previous.as_ref(), snake.reference.as_ref()), ("8a29", "refs/heads/main"));
    assert_eq!(snake.at, Moment::parse("2025-04-08T13:25:44.955Z"));
    assert_eq!(snake.controls.unwrap().len(), 1);
}

#[test]
fn no_list_of_controls_is_not_an_empty_one() {
    let kind = "https://x.test/source-provenance/v1";
    assert_eq!(facts(kind, r#"{"properties":{"SLSA_SOURCE_LEVEL_3":{"since":"x"}}}"#).0.controls, None);
    assert_eq!(facts(kind, r#"{"controls":[]}"#).0.controls, Some(Vec::new()));
    let (facts, kinds) = facts(kind, r#"{"controls":{},"properties":{"SLSA_SOURCE_LEVEL_3":{}}}"#);
    assert_eq!((facts.controls, facts.levels.len(), kinds), (None, 1, vec![Kind::WrongType]));
}

#[test]
fn tag_provenance_keeps_tag_controls_and_levels() {
    let (facts, kinds) = facts(
        "https://x.test/tag-provenance/v1-draft",
        r#"{"actor":"ada","controls":[{"name":"TAG_HYGIENE","since":"2025-02-25T17:27:49Z"}],"tag":"refs/tags/v1","vsaSummaries":[{"verifiedLevels":["A","B"]},{"verifiedLevels":["B"]}]}"#,
    );
    assert_eq!((facts.reference.as_ref(), facts.actor.as_ref()), ("refs/tags/v1", "ada"));
    assert_eq!(facts.levels, ["A", "B"]);
    assert_eq!(facts.controls.map(|controls| controls.len()), Some(1));
    assert!(kinds.is_empty());
}

#[test]
fn build_provenance_names_builder_and_commits_in_all_versions() {
    let commit = "AB".repeat(20);
    let lower = commit.to_lowercase();
    let (two, _) = facts(
        "https://slsa.dev/provenance/v0.2",
        &format!(
            r#"{{"builder":{{"id":"b"}},"invocation":{{"configSource":{{"uri":"git+https://h.test/o/r@refs/tags/v1","digest":{{"sha1":"{commit}"}}}}}},"materials":[{{"uri":"git+https://h.test/o/r","digest":{{"sha1":"{lower}"}}}}],"metadata":{{"buildStartedOn":"2023-01-01T00:00:00Z"}}}}"#
        ),
    );
    assert_eq!((two.issuer.as_ref(), two.commits), ("b", vec![Str::Owned(lower.clone())]));
    assert_eq!((two.repository.as_ref(), two.reference.as_ref()), ("git+https://h.test/o/r", "refs/tags/v1"));
    assert_eq!(two.at, Moment::parse("2023-01-01"));
    let (one, _) = facts(
        "https://slsa.dev/provenance/v1",
        &format!(
            r#"{{"buildDefinition":{{"externalParameters":{{"workflow":{{"ref":"refs/heads/main","repository":"https://h.test/o/r"}}}},"resolvedDependencies":[{{"uri":"u","digest":{{"gitCommit":"{commit}"}}}},{{"uri":"v","digest":{{"sha256":"00"}}}}]}},"runDetails":{{"builder":{{"id":"c"}}}}}}"#
        ),
    );
    assert_eq!((one.issuer.as_ref(), one.commits), ("c", vec![Str::Owned(lower)]));
    assert_eq!((one.repository.as_ref(), one.reference.as_ref()), ("https://h.test/o/r", "refs/heads/main"));
}

#[test]
fn a_verification_summary_keeps_its_levels_result_and_annotated_branch() {
    let text = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"gitCommit":"00"},"annotations":{"source_branches":["refs/heads/main"]}}],"predicateType":"https://slsa.dev/verification_summary/v0.2","predicate":{"verifier":{"id":"v"},"time_verified":"2025-04-08T13:25:45Z","resource_uri":"git+https://x.test/r","verification_result":"FAILED","verifiedLevels":["SLSA_SOURCE_LEVEL_1"]}}"#;
    let kept = read(text.as_bytes());
    let facts = &kept.only().facts;
    assert_eq!((facts.issuer.as_ref(), facts.result.as_ref()), ("v", "FAILED"));
    assert_eq!(
        (facts.reference.as_ref(), facts.repository.as_ref()),
        ("refs/heads/main", "git+https://x.test/r")
    );
    assert_eq!(facts.at, Moment::parse("2025-04-08T13:25:45Z"));
}

#[test]
fn a_test_result_is_also_a_test_run_of_its_commit() {
    let kind = "https://in-toto.io/attestation/test-result/v0.1";
    let run = |predicate: &str| {
        let kept = read(dsse(&statement(kind, predicate)).as_bytes());
        assert_eq!(kept.runs.len(), 1);
        assert_eq!(kept.runs[0].commit, "a1".repeat(20));
        assert!(kept.runs[0].is_test);
        (kept.runs[0].outcome, kept.runs[0].counts, kept.kinds())
    };
    assert_eq!(
        run(r#"{"result":"PASSED","configuration":[],"passedTests":["a","b"],"warnedTests":["c"]}"#),
        (Outcome::Passed, Some((3, 0, 0)), vec![])
    );
    assert_eq!(run(r#"{"result":"FAILED","failedTests":["a"]}"#), (Outcome::Failed, Some((1, 1, 0)), vec![]));
    assert_eq!(run(r#"{"result":"WARNED"}"#), (Outcome::Unknown, None, vec![]));
    assert_eq!(
        run(r#"{"result":"PASSED","failedTests":["a"]}"#),
        (Outcome::Unknown, Some((1, 1, 0)), vec![Kind::Conflict])
    );
}

#[test]
fn a_simple_verification_result_keeps_its_properties() {
    let (facts, kinds) = facts(
        "https://in-toto.io/attestation/svr/v0.2",
        r#"{"verifier":{"id":"v"},"timeCreated":"2026-01-02T03:04:05Z","properties":["P1","P2"]}"#,
    );
    assert_eq!((facts.issuer.as_ref(), facts.levels.len(), kinds.len()), ("v", 2, 0));
}

#[test]
fn an_interface_page_gives_each_bundle_its_own_place() {
    let one = statement("https://example.test/one", "{}");
    let bundle = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{}},"dsseEnvelope":{}}}"#,
        dsse(&one)
    );
    let page = format!(
        "{{\n \"attestations\": [\n {{\"bundle\": {bundle}}},\n {{\"bundle\":null,\"bundle_url\":\"x\"}} ]\n}}"
    );
    let kept = read(page.as_bytes());
    let only = kept.only();
    assert_eq!(only.pointer, "/attestations/0/bundle");
    let start = usize::try_from(only.at.start).unwrap();
    assert!(page[start..].starts_with("{\"bundle\""));
    assert_eq!(kept.kinds(), [Kind::MissingField]);
    assert_eq!(kept.problems[0].at.pointer, "/attestations/1");
    // The same bundle in a file of its own is the same statement.
    assert_eq!(read(bundle.as_bytes()).only().digest, only.digest);
    // On a line of a note it is a part of the line.
    let mut noted = Kept::default();
    let line = page.replace('\n', " ");
    assert!(read_line(line.as_bytes(), "c0ffee", At::new(Base::Line(7), 0, 0), &mut noted));
    assert_eq!(noted.only().pointer, "line 7 /attestations/0");
    assert_eq!(noted.only().attached_to, "c0ffee");
}

#[test]
fn a_list_of_statements_and_documents_behind_each_other_are_read() {
    let one = statement("https://example.test/one", "{}");
    let list = read(format!("[{one},\n{one}]").as_bytes());
    assert_eq!(list.statements.iter().map(|s| s.pointer.as_str()).collect::<Vec<_>>(), ["/0", "/1"]);
    let pretty = one.replace(",\"", ",\n\"");
    let both = read(format!("{pretty}\n{pretty}").as_bytes());
    assert_eq!(both.statements.iter().map(|s| s.pointer.as_str()).collect::<Vec<_>>(), ["line 1", "line 5"]);
}

#[test]
fn other_json_on_a_line_is_not_taken() {
    let mut kept = Kept::default();
    let at = At::new(Base::Line(1), 0, 0);
    for line in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"attestations":{}}"#,
        r#"{"attestations":[{"a":1}]}"#,
        r#"{"payload":1}"#,
        "{",
    ] {
        assert!(!read_line(line.as_bytes(), "", at, &mut kept), "{line}");
    }
    assert!(kept.statements.is_empty() && kept.problems.is_empty());
}
