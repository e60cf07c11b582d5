//! What manifests are recognised as, and what their lines say.

use super::checksums::{Line, kind_of, parse};
use crate::model::record::{Algorithm, ListKind};

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn path(line: &str, kind: ListKind) -> Option<(Algorithm, String)> {
    match parse(line, kind) {
        Line::File(algorithm, _, path) => Some((algorithm, path.into_owned())),
        _ => None,
    }
}

#[test]
fn the_forms_of_gnu_and_bsd_name_the_same_file() {
    let expected = Some((Algorithm::Sha256, "a b.json".to_owned()));
    for line in [
        format!("{HEX}  a b.json"),
        format!("{HEX} *a b.json"),
        format!("{}  a b.json", HEX.to_uppercase()),
        format!("SHA256 (a b.json) = {HEX}"),
        format!("SHA-256 (a b.json) = {HEX}"),
    ] {
        assert_eq!(path(&line, ListKind::Checksums), expected, "{line}");
    }
}

#[test]
fn an_escaped_path_is_read_as_what_it_stands_for() {
    assert_eq!(
        path(&format!("\\{HEX}  a\\nb\\\\c"), ListKind::Checksums),
        Some((Algorithm::Sha256, "a\nb\\c".into()))
    );
    assert_eq!(path(&format!("\\{HEX}  a\\tb"), ListKind::Checksums), None);
}

#[test]
fn what_only_looks_like_a_digest_is_none() {
    for line in [
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 refs/heads/main",
        "SHA256 (a) = 12",
        "deadbeef  a",
        "hello world",
        &format!("{HEX}  "),
        &format!("{}  a", &HEX[..63]),
    ] {
        assert_eq!(parse(line, ListKind::Checksums), Line::Broken, "{line}");
    }
}

#[test]
fn an_algorithm_that_nobody_checks_is_told_apart_from_a_broken_line() {
    assert!(matches!(parse(&format!("BLAKE2b (a) = {HEX}"), ListKind::Checksums), Line::Other("BLAKE2b")));
}

#[test]
fn a_bags_lists_are_known_by_their_names() {
    assert_eq!(kind_of("bag/manifest-sha512.txt"), (ListKind::Payload, Some("sha512")));
    assert_eq!(kind_of("bag/tagmanifest-md5.txt"), (ListKind::Tags, Some("md5")));
    assert_eq!(kind_of("SHA256SUMS"), (ListKind::Checksums, None));
    assert_eq!(
        path(&format!("{HEX}\tdata/a%0Ab"), ListKind::Payload),
        Some((Algorithm::Sha256, "data/a%0Ab".into()))
    );
}
