//! What is recognised, and under which names.

use std::io::{Cursor, Write as _};

use lacuna::problem::{Kind, Severity};
use lacuna::source::Limits;
use zip::write::SimpleFileOptions;

use crate::support::*;

#[test]
fn archives_are_recognised_by_content_whatever_they_are_called() {
    let file: Files<'_> = &[("a.json", b"{}")];
    let mut v7 = tar(file);
    v7[257..265].fill(0);
    let mut header = tar::Header::from_byte_slice(&v7[..512]).clone();
    header.set_cksum();
    v7[..512].copy_from_slice(header.as_bytes());
    for bytes in [zip(file), tar(file), v7, gz(&tar(file))] {
        assert_eq!(take_one("evidence.json", &bytes).paths(), ["evidence.json/a.json"]);
    }
    assert_eq!(take_one("evidence.bin", &gz(b"{}")).paths(), ["evidence.bin/evidence.bin"]);
    assert_eq!(take_one("a.json.gz", &gz(b"{}")).paths(), ["a.json.gz/a.json"]);
}

#[test]
fn a_file_that_is_no_archive_is_handed_out_as_it_is() {
    for bytes in [&b""[..], b"PK", b"PK\x03", b"\x1f\x8b", b"ustar", &[0; 2048]] {
        let taken = take_one("x.zip", bytes);
        assert_eq!((taken.paths(), taken.problems.len()), (vec!["x.zip"], 0), "{bytes:?}");
    }
}

#[test]
fn an_empty_archive_holds_no_files_and_is_no_problem() {
    let taken = take_one("empty.zip", &zip(&[]));
    assert_eq!((taken.archives.len(), taken.files.len(), taken.problems.len()), (1, 0, 0));
}

#[test]
fn a_zip_behind_a_prefix_is_read() {
    for prefix in [&b"MZ this program unpacks itself"[..], b"#!/bin/sh\n"] {
        let bytes = [prefix, &zip(&[("a.json", b"{}")])].concat();
        let taken = take_one("setup", &bytes);
        assert_eq!((taken.paths(), taken.problems.len()), (vec!["setup/a.json"], 0));
    }
}

#[test]
fn zip64_and_streamed_zips_are_read() {
    let options = SimpleFileOptions::default().large_file(true);
    let mut large = zip::ZipWriter::new(Cursor::new(Vec::new()));
    large.start_file("a.json", options).unwrap();
    large.write_all(b"{}").unwrap();
    let mut streamed = zip::ZipWriter::new_stream(Vec::new());
    streamed.start_file("a.json", SimpleFileOptions::default()).unwrap();
    streamed.write_all(b"{}").unwrap();
    for bytes in [large.finish().unwrap().into_inner(), streamed.finish().unwrap().into_inner()] {
        let taken = take_one("z", &bytes);
        assert_eq!(taken.files, [("z/a.json".to_owned(), b"{}".to_vec())], "{:?}", taken.problems);
        assert_reopens(&taken);
    }
}

#[test]
fn a_name_in_an_old_code_page_is_read_as_that() {
    let bytes = patch(zip(&[("##.json", b"{}")]), b"##", &[0x81, 0x94]);
    assert_eq!(take_one("z", &bytes).paths(), ["z/üö.json"]);
}

#[test]
fn a_zip_entry_whose_name_leaves_the_archive_is_refused_and_the_rest_is_read() {
    for name in ["../../e", "/etc/pa", "C:\\boot", "a\\..\\..", "a/../..", "nul\0nul"] {
        let plain = "#".repeat(name.len());
        let bytes = patch(zip(&[(&plain, b"x"), ("ok", b"y")]), plain.as_bytes(), name.as_bytes());
        let taken = take_one("z.zip", &bytes);
        assert_eq!(taken.paths(), ["z.zip/ok"], "{name:?}");
        assert_eq!(
            (taken.problem().kind, taken.problem().file.as_str()),
            (Kind::Refused, "z.zip"),
            "{name:?}"
        );
    }
}

#[test]
fn a_tar_entry_whose_name_leaves_the_archive_is_refused_and_the_rest_is_read() {
    for name in ["../up", "/etc/passwd", "..\\up", "d:x"] {
        let mut bytes = Vec::new();
        tar_entry(&mut bytes, name.as_bytes(), b'0', "", b"x");
        tar_entry(&mut bytes, b"ok", b'0', "", b"y");
        let taken = take_one("t.tar", &tar_end(bytes));
        assert_eq!(taken.paths(), ["t.tar/ok"]);
        assert_eq!(taken.problem().kind, Kind::Refused);
    }
}

#[test]
fn the_first_of_two_entries_of_one_name_stands() {
    let zipped = patch(zip(&[("a.json", b"first"), ("b.json", b"second")]), b"b.json", b"a.json");
    let mut tarred = Vec::new();
    tar_entry(&mut tarred, b"a.json", b'0', "", b"first");
    tar_entry(&mut tarred, b"./a.json", b'0', "", b"second");
    for bytes in [zipped, tar_end(tarred)] {
        let taken = take_one("x", &bytes);
        assert_eq!(taken.files, [("x/a.json".to_owned(), b"first".to_vec())]);
        assert_eq!((taken.problem().kind, taken.problem().file.as_str()), (Kind::Duplicate, "x/a.json"));
    }
}

#[test]
fn an_archive_cannot_put_a_file_in_the_place_of_another_ones() {
    let inner = zip(&[("x", b"of the inner archive")]);
    let taken = take_one("o.zip", &zip(&[("a.zip", &inner), ("a.zip/x", b"of the outer archive")]));
    assert_eq!(taken.files, [("o.zip/a.zip/x".to_owned(), b"of the inner archive".to_vec())]);
    assert_eq!(taken.problem().kind, Kind::Duplicate);
}

#[test]
fn links_and_devices_are_refused_by_name() {
    let mut bytes = Vec::new();
    for (name, kind) in
        [("hard", b'1'), ("soft", b'2'), ("char", b'3'), ("block", b'4'), ("pipe", b'6'), ("odd", b'Q')]
    {
        tar_entry(&mut bytes, name.as_bytes(), kind, "/etc/passwd", b"");
    }
    tar_entry(&mut bytes, b"folder", b'5', "", b"");
    tar_entry(&mut bytes, b"folder/ok", b'0', "", b"y");
    let taken = take_one("t", &tar_end(bytes));
    assert_eq!(taken.paths(), ["t/folder/ok"]);
    assert_eq!(taken.kinds(), [Kind::Refused; 6]);
    assert!(taken.problems.iter().all(|problem| problem.severity == Severity::Warning));

    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.add_directory("folder", SimpleFileOptions::default()).unwrap();
    let taken = take_one("z", &writer.finish().unwrap().into_inner());
    assert_eq!((taken.files.len(), taken.problem().kind), (0, Kind::Refused));
    assert_eq!(taken.problem().file, "z/link");
}

#[test]
fn long_names_are_read_whole() {
    let name = format!("{}/x.json", "long".repeat(60));
    let mut pax = Vec::new();
    let record = |key: &str, value: &str| {
        let body = format!(" {key}={value}\n");
        let length = (1..).find(|length: &usize| *length == body.len() + length.to_string().len()).unwrap();
        format!("{length}{body}")
    };
    // A value with a line feed comes first: records are told apart by their lengths.
    let records = record("comment", "two\nlines") + &record("path", &name);
    tar_entry(&mut pax, b"pax", b'x', "", records.as_bytes());
    tar_entry(&mut pax, b"short", b'0', "", b"{}");
    for bytes in [tar(&[(&name, b"{}")]), tar_end(pax)] {
        let taken = take_one("t", &bytes);
        assert_eq!((taken.paths(), taken.problems.len()), (vec![format!("t/{name}").as_str()], 0));
    }
}

#[test]
fn internals_are_passed_over_with_one_note() {
    let bytes = zip(&[
        ("repo/.git/HEAD", b"ref"),
        ("repo/.git/config", b"x"),
        ("__MACOSX/._a.json", b"x"),
        (".DS_Store", b"x"),
        ("repo/.github/a.json", b"{}"),
    ]);
    let taken = take(&[("e.zip", &bytes), ("Thumbs.db", b"x")], &Limits::default());
    assert_eq!(taken.paths(), ["e.zip/repo/.github/a.json"]);
    assert_eq!((taken.problem().kind, taken.problem().severity), (Kind::PassedOver, Severity::Note));
    assert!(taken.problem().found.starts_with("4 "), "{}", taken.problem().found);
}
