//! Files given directly, and folders on disk.

use lacuna::problem::{Kind, Severity};
use lacuna::source::{ByteSource, Bytes, Intake, IntakeItem, Limits, Root};

use crate::support::*;

#[test]
fn two_files_of_one_name_are_told_apart_and_the_same_file_twice_is_dropped() {
    let one: Files<'_> = &[("a.json", b"1"), ("a.json", b"22"), ("a.json", b"1"), ("a (2).json", b"3")];
    let mut other = one.to_vec();
    other.reverse();
    for roots in [one, &other] {
        let taken = take(roots, &Limits::default());
        let files: Vec<(&str, &[u8])> =
            taken.files.iter().map(|(path, bytes)| (&**path, &bytes[..])).collect();
        assert_eq!(files, [("a (2).json", &b"3"[..]), ("a (3).json", b"22"), ("a.json", b"1")]);
        assert_eq!((taken.problem().kind, taken.problem().severity), (Kind::Duplicate, Severity::Note));
    }
}

/// A source that fails behind some bytes.
struct Broken(u64);

impl ByteSource for Broken {
    fn length(&self) -> u64 {
        5000
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, lacuna::source::ReadError> {
        let whole = tar(&[("a", &[1; 700]), ("b", &[2; 700])]);
        if offset >= self.0 {
            return Err(lacuna::source::ReadError("the disk is gone".to_owned()));
        }
        let start = usize::try_from(offset).unwrap();
        let end = (start + into.len()).min(usize::try_from(self.0).unwrap()).min(whole.len());
        into[..end - start].copy_from_slice(&whole[start..end]);
        Ok(end - start)
    }

    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(Self(self.0))
    }
}

#[test]
fn a_source_that_fails_is_unreadable_and_not_malformed() {
    for fails_at in [0, 512, 1536] {
        let roots = vec![
            Root { path: "bad".to_owned(), source: Box::new(Broken(fails_at)) },
            Root { path: "ok".to_owned(), source: Box::new(Bytes::new(b"{}".to_vec())) },
        ];
        let mut intake = Intake::new(roots, Limits::default());
        let mut kinds = Vec::new();
        let mut paths = Vec::new();
        while let Some(item) = intake.next() {
            match item {
                IntakeItem::File { path, .. } => paths.push(path),
                IntakeItem::Problem(problem) => kinds.push(problem.kind),
                IntakeItem::Archive { .. } => {}
            }
        }
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == Kind::Unreadable), "{fails_at}");
        assert_eq!(paths.last().map(String::as_str), Some("ok"));
    }
}

#[cfg(feature = "cli")]
#[test]
#[expect(clippy::disallowed_methods, reason = "the environment says where the samples are")]
fn the_samples_are_the_same_files_from_a_folder_and_from_archives_of_it() {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data").to_owned();
    let folder = std::env::var("LACUNA_SAMPLES").unwrap_or_else(|_| beside());
    if !std::path::Path::new(&folder).is_dir() {
        println!("skipped: no samples at {folder}");
        return;
    }
    let found = lacuna::source::disk::find(&[folder.into()], &Limits::default());
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let files: Vec<(String, Vec<u8>)> =
        found.roots.iter().map(|root| (root.path.clone(), bytes_of(&*root.source))).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (&**path, &bytes[..])).collect();
    let bare = take(&files, &Limits::default());
    assert!(bare.files.len() >= files.len() && bare.problems.is_empty(), "{:?}", bare.problems);
    for bytes in [zip(&files), tar(&files), gz(&tar(&files))] {
        let taken = take_one("e", &bytes);
        let paths: Vec<&str> = taken.paths().iter().map(|path| &path["e/".len()..]).collect();
        assert_eq!(paths, bare.paths());
        assert!(taken.files.iter().map(|(_, bytes)| bytes).eq(bare.files.iter().map(|(_, bytes)| bytes)));
    }
}

#[cfg(all(feature = "cli", unix))]
#[test]
fn a_folder_gives_what_an_archive_of_it_gives() {
    let base = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-folder");
    if base.exists() {
        std::fs::remove_dir_all(&base).unwrap();
    }
    let folder = base.join("export");
    for (name, bytes) in [("b/x.json", "{}"), ("a.json", "[]"), (".git/HEAD", "ref"), ("b/.DS_Store", "x")] {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", folder.join("link")).unwrap();
    let found = lacuna::source::disk::find(&[folder.clone(), base.join("absent")], &Limits::default());
    let paths: Vec<&str> = found.roots.iter().map(|root| root.path.as_str()).collect();
    assert_eq!(paths, ["export/a.json", "export/b/x.json"]);
    assert_eq!(found.passed, ["export/.git", "export/b/.DS_Store"]);
    let kinds: Vec<(Kind, Severity)> = found.problems.iter().map(|p| (p.kind, p.severity)).collect();
    assert_eq!(kinds, [(Kind::Unreadable, Severity::Error), (Kind::Refused, Severity::Note)]);
    assert_eq!(bytes_of(&*found.roots[1].source), b"{}");

    // A file that changes between listing and reading is told, not read in part.
    std::fs::write(folder.join("a.json"), "[1, 2]").unwrap();
    let mut source = found.roots[0].source.reopen();
    assert!(source.read_at(0, &mut [0; 2]).unwrap_err().0.contains("changed"));
    std::fs::remove_dir_all(&base).unwrap();
}
