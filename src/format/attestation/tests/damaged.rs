//! Damaged and hostile attestations: each is reported, none panics, none takes others with it.

use proptest::prelude::*;

use super::super::read_line;
use super::*;
use crate::model::Base;

fn line(predicate_type: &str) -> String {
    dsse(&statement(predicate_type, "{}"))
}

#[test]
fn a_cut_line_is_reported_with_its_number_and_the_others_stand() {
    let whole = line("https://example.test/x");
    let cut = &whole[..whole.len() / 2];
    let last = read(format!("{whole}\n\n{cut}").as_bytes());
    assert_eq!((last.statements.len(), last.kinds()), (1, vec![Kind::CutShort]));
    assert_eq!(last.problems[0].at.line, 3);
    let first = read(format!("{cut}\n{whole}\n{whole}\n").as_bytes());
    assert_eq!((first.statements.len(), first.problems.len()), (2, 1));
    assert_eq!(first.problems[0].at.line, 1);
    assert_eq!(read(cut.as_bytes()).kinds(), [Kind::CutShort]);
}

#[test]
fn a_cut_list_keeps_what_is_before_the_cut() {
    let whole = line("https://example.test/x");
    let kept = read(format!("[{whole},\n{}", &whole[..40]).as_bytes());
    assert_eq!((kept.statements.len(), kept.kinds()), (1, vec![Kind::CutShort]));
    assert_eq!(kept.problems[0].at.line, 2);
}

#[test]
fn foreign_lines_are_reported_one_by_one() {
    let whole = line("https://example.test/x");
    let kept = read(format!("{whole}\n{{\"a\":1}}\nhello\n{whole}").as_bytes());
    assert_eq!((kept.statements.len(), kept.kinds()), (2, vec![Kind::UnknownFormat, Kind::Malformed]));
    assert_eq!(kept.problems[1].at.line, 3);
}

#[test]
fn bytes_that_are_not_utf8_are_reported() {
    let mut bytes = line("https://example.test/x").into_bytes();
    bytes[60] = 0xff;
    assert_eq!(read(&bytes).kinds(), [Kind::InvalidUtf8]);
    let mut lines = line("https://example.test/x").into_bytes();
    lines.push(b'\n');
    lines.extend(&bytes);
    let kept = read(&lines);
    assert_eq!((kept.statements.len(), kept.kinds()), (1, vec![Kind::InvalidUtf8]));
}

#[test]
fn a_byte_order_mark_is_passed_over_and_offsets_stay_true() {
    let text = format!("\u{feff}{}", line("https://example.test/x"));
    assert_eq!(read(text.as_bytes()).only().at.start, 3);
}

#[test]
fn a_key_given_twice_is_a_conflict_and_the_first_stands() {
    let text = statement("https://example.test/x", "{}").replacen(
        "\"predicate\":",
        "\"predicateType\":\"https://example.test/forged\",\"predicate\":",
        1,
    );
    let kept = read(dsse(&text).as_bytes());
    assert_eq!(
        (kept.only().predicate_type.as_str(), kept.kinds()),
        ("https://example.test/x", vec![Kind::Conflict])
    );
}

#[test]
fn fields_of_a_wrong_type_are_reported_and_the_statement_is_listed() {
    for text in [
        r#"{"_type":"https://in-toto.io/Statement/v1","subject":{},"predicateType":"x","predicate":{}}"#,
        r#"{"_type":"https://in-toto.io/Statement/v1","subject":[1,{"digest":[]},{"digest":{"sha256":5}},{"digest":{"sha1":"xyz"}}],"predicateType":"x"}"#,
        r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha1":"00"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":[]}"#,
        r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha1":"00"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"resolvedDependencies":{}}}}"#,
        r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha1":"00"}}],"predicateType":"https://slsa.dev/verification_summary/v1","predicate":{"timeVerified":"yesterday"}}"#,
        r#"{"_type":"https://in-toto.io/Statement/v7","subject":[{"digest":{"sha1":"00"}}],"predicateType":"x","predicate":1}"#,
    ] {
        let kept = read(dsse(text).as_bytes());
        assert_eq!(kept.statements.len(), 1, "{text}");
        assert!(!kept.problems.is_empty(), "{text}");
    }
}

#[test]
fn an_upper_case_digest_links_as_a_lower_case_one() {
    let text = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha1":"ABCD","gce_image_id":"X-1"}}],"predicateType":"x"}"#;
    let kept = read(text.as_bytes());
    assert_eq!(kept.only().subjects, [("sha1".into(), "abcd".into()), ("gce_image_id".into(), "X-1".into())]);
}

#[test]
fn hostile_nesting_ends_without_a_crash() {
    let deep = format!("{}1{}", "{\"attestations\":[".repeat(100_000), "]}".repeat(100_000));
    let mut kept = Kept::default();
    assert!(!read_line(deep.as_bytes(), "", At::new(Base::Line(1), 0, 0), &mut kept));
    let deep = format!("{{\"attestations\":[{{\"bundle\":{deep}}}]}}");
    assert_eq!(read(deep.as_bytes()).kinds(), [Kind::WrongType]);
    let deep = statement(
        "https://slsa.dev/provenance/v1",
        &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
    );
    assert_eq!(read(deep.as_bytes()).kinds(), [Kind::WrongType]);
}

#[test]
fn subjects_over_the_bound_are_counted() {
    let subjects = vec![r#"{"digest":{"sha1":"00"}}"#; 10_003].join(",");
    let text = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{subjects}],"predicateType":"x"}}"#
    );
    let kept = read(text.as_bytes());
    assert_eq!((kept.only().subjects.len(), kept.kinds()), (10_000, vec![Kind::OverLimit]));
    assert!(kept.problems[0].found.starts_with("3 "));
}

#[test]
fn a_line_over_the_bound_is_refused_and_the_next_is_read() {
    let limits = Limits { record_bytes: 5 << 20, ..Limits::default() };
    let whole = line("https://example.test/x");
    let long = "x".repeat(10 << 20);
    let kept = read_in_steps(format!("{whole}\n{{\"payload\":\"{long}\"}}\n{whole}").as_bytes(), &limits, 64);
    assert_eq!((kept.statements.len(), kept.kinds()), (2, vec![Kind::OverLimit]));
}

fn skeleton() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1".to_owned()),
        Just("\"x\"".to_owned()),
        Just("\"eyJfdHlwZSI6MX0=\"".to_owned()),
        Just("\"https://in-toto.io/Statement/v1\"".to_owned()),
        Just("\"https://slsa.dev/provenance/v1\"".to_owned()),
        Just("\"application/vnd.dev.sigstore.bundle.v0.3+json\"".to_owned()),
        Just("\"application/vnd.in-toto+json\"".to_owned()),
    ];
    let key = prop::sample::select(vec![
        "_type",
        "type",
        "subject",
        "digest",
        "sha1",
        "predicateType",
        "predicate",
        "payload",
        "payloadType",
        "signatures",
        "mediaType",
        "dsseEnvelope",
        "messageSignature",
        "messageDigest",
        "verificationMaterial",
        "verification_material",
        "Content",
        "DsseEnvelope",
        "envelope",
        "statement",
        "attestations",
        "bundle",
        "attestation_bundles",
        "controls",
        "properties",
        "materials",
        "buildDefinition",
        "resolvedDependencies",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<_> =
                    members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_crash_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes);
        recognised(&bytes);
    }

    #[test]
    fn no_json_crashes_the_reader_and_steps_change_nothing(lines in prop::collection::vec(skeleton(), 1..5)) {
        let text = lines.join("\n");
        let whole = read(text.as_bytes());
        let steps = read_in_steps(text.as_bytes(), &Limits::default(), 1);
        prop_assert_eq!(format!("{whole:?}"), format!("{steps:?}"));
        recognised(text.as_bytes());
    }

    #[test]
    fn a_cut_anywhere_loses_only_what_is_behind_it(at in 0_usize..2000) {
        let whole = line("https://example.test/x");
        let text = format!("{whole}\n{whole}\n{whole}\n");
        let cut = at.min(text.len());
        let kept = read(&text.as_bytes()[..cut]);
        let complete = cut / (whole.len() + 1) + usize::from(cut % (whole.len() + 1) == whole.len());
        prop_assert_eq!(kept.statements.len(), complete);
        prop_assert!(kept.problems.len() <= 1);
    }
}
