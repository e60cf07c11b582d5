//! Damaged, cut and lying archives.

use lacuna::problem::{Kind, Severity};
use zip::CompressionMethod;

use crate::support::*;

#[test]
fn an_encrypted_entry_is_refused_by_name_and_the_rest_is_read() {
    // Bit 0 of the flags: at 6 in the local header, at 8 in the central one (APPNOTE 4.4.4).
    let mut bytes = zip(&[("a", b"x"), ("b", b"y")]);
    let central = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    let taken = take_one("z", &bytes);
    assert_eq!(taken.paths(), ["z/b"]);
    assert_eq!((taken.problem().kind, taken.problem().file.as_str()), (Kind::Refused, "z/a"));
    assert!(taken.problem().found.contains("encrypted"));
}

#[test]
fn an_unsupported_method_is_refused_by_name() {
    let mut bytes = zip(&[("a", b"x"), ("b", b"y")]);
    let central = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[8] = 14;
    bytes[central + 10] = 14;
    let taken = take_one("z", &bytes);
    assert_eq!(taken.paths(), ["z/b"]);
    assert_eq!(taken.problem().kind, Kind::Refused);
    assert!(taken.problem().found.contains("Lzma"), "{}", taken.problem().found);
}

#[test]
fn a_changed_byte_in_a_zip_entry_is_noticed() {
    let bytes = patch(
        zip_with(&[("a", b"approved"), ("b", b"y")], CompressionMethod::Stored),
        b"approved",
        b"rejected",
    );
    let taken = take_one("z", &bytes);
    assert_eq!((taken.paths(), taken.problem().kind), (vec!["z/b"], Kind::Malformed));
}

#[test]
fn a_zip_cut_short_is_refused_and_named() {
    let whole = zip(&[("a", &noise(4000)), ("b", b"y")]);
    let taken = take_one("z", &whole[..whole.len() - 30]);
    assert_eq!(
        (taken.files.len(), taken.problem().kind, taken.problem().file.as_str()),
        (0, Kind::Refused, "z")
    );
    assert_eq!(taken.archives, [("z".to_owned(), 0)], "it is listed and hashed all the same");
}

#[test]
fn a_zip_that_states_too_few_entries_does_not_hide_the_others_silently() {
    let mut bytes = zip(&[("a", b"x"), ("b", b"y")]);
    let end = bytes.len() - 22;
    bytes[end + 8] = 1;
    bytes[end + 10] = 1;
    let taken = take_one("z", &bytes);
    assert_eq!((taken.paths(), taken.problem().kind), (vec!["z/a"], Kind::Malformed));
}

#[test]
fn a_zip_that_states_too_many_entries_loses_none() {
    let mut bytes = zip(&[("a", b"x"), ("b", b"y")]);
    let end = bytes.len() - 22;
    for count in [3_u16, 0xfffe] {
        bytes[end + 8..end + 10].copy_from_slice(&count.to_le_bytes());
        bytes[end + 10..end + 12].copy_from_slice(&count.to_le_bytes());
        assert!(!take_one("z", &bytes).problems.is_empty());
    }
}

#[test]
fn what_is_before_the_cut_of_a_tar_stands() {
    let whole = tar(&[("a", &noise(700)), ("b", &noise(700))]);
    // In the content of the second, in its header, and where only the end mark is missing.
    for (length, files, severity) in [
        (1024 + 512 + 512 + 100, 1, Severity::Error),
        (1024 + 512 + 100, 1, Severity::Error),
        (1024 + 512, 1, Severity::Warning),
        (2 * (1024 + 512), 2, Severity::Warning),
    ] {
        for bytes in [whole[..length].to_vec(), gz(&whole[..length])] {
            let taken = take_one("t", &bytes);
            assert_eq!(taken.files.len(), files);
            assert_eq!(
                (taken.problem().kind, taken.problem().severity),
                (Kind::CutShort, severity),
                "{length}"
            );
        }
    }
}

#[test]
fn a_damaged_tar_header_ends_the_archive_with_a_problem() {
    let mut bytes = tar(&[("a", b"x"), ("b", b"y")]);
    bytes[1024] ^= 1;
    let taken = take_one("t", &bytes);
    assert_eq!((taken.paths(), taken.problem().kind), (vec!["t/a"], Kind::Malformed));
    assert_eq!(taken.problem().at.offset, 1024);
}

#[test]
fn a_tar_in_a_gzip_cut_short_gives_what_came_before_and_one_problem() {
    let whole = gz(&tar(&[("a", &noise(200_000)), ("b", &noise(200_000))]));
    let taken = take_one("t.tgz", &whole[..whole.len() - 50_000]);
    assert_eq!((taken.paths(), taken.problem().kind), (vec!["t.tgz/a"], Kind::CutShort));
}

#[test]
fn a_gzip_cut_short_gives_what_came_before_and_one_problem() {
    let content = noise(200_000);
    let whole = gz(&content);
    let taken = take_one("a.gz", &whole[..100_000]);
    assert_eq!(taken.problem().kind, Kind::CutShort);
    assert!(content.starts_with(&taken.files[0].1) && taken.files[0].1.len() > 50_000);
    assert_eq!(take_one("a.gz", &whole[..5]).kinds(), [Kind::CutShort], "cut in the header");
}

#[test]
fn a_gzip_with_a_wrong_checksum_is_refused() {
    for content in [b"{}".to_vec(), tar(&[("a", b"x")])] {
        let mut bytes = gz(&content);
        let at = bytes.len() - 8;
        bytes[at] ^= 1;
        let taken = take_one("a.gz", &bytes);
        assert_eq!((taken.files.len(), taken.problem().kind), (0, Kind::Malformed));
    }
}

#[test]
fn bytes_behind_a_gzip_are_told_and_its_content_stands() {
    for (tail, problems) in [(&b"garbage"[..], 1), (&[0; 700], 0), (b"\x1f\x8b\x07", 1)] {
        for content in [b"{}".to_vec(), tar(&[("a", b"{}")])] {
            let taken = take_one("a.gz", &[&gz(&content), tail].concat());
            assert_eq!(taken.files[0].1, b"{}");
            assert_eq!(taken.problems.len(), problems, "{:?}", taken.problems);
        }
    }
}

#[test]
fn all_members_of_a_gzip_are_one_file() {
    let bytes = [gz(b"a"), gz(b""), gz(b"b")].concat();
    assert_eq!(take_one("x.gz", &bytes).files, [("x.gz/x".to_owned(), b"ab".to_vec())]);
}
