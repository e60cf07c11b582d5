//! Each bound: at it, and one over it.

use lacuna::problem::Kind;
use lacuna::source::Limits;
use zip::CompressionMethod;

use crate::support::*;

fn limits(set: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits);
    limits
}

#[test]
fn a_file_over_file_bytes_is_refused_by_name_and_the_rest_is_read() {
    let files: Files<'_> = &[("at", &[b'x'; 100]), ("over", &[b'x'; 101]), ("under", b"x")];
    let limits = limits(|limits| limits.file_bytes = 100);
    for (name, bytes) in containers(files) {
        let taken = take(&[(name, &bytes)], &limits);
        assert_eq!(taken.paths(), [format!("{name}/at"), format!("{name}/under")]);
        let problem = taken.problem();
        assert_eq!((problem.kind, problem.file.clone()), (Kind::OverLimit, format!("{name}/over")));
        assert!(problem.expected.contains("file-bytes"));
    }
    let taken = take(files, &limits);
    assert_eq!((taken.paths(), taken.problem().file.as_str()), (vec!["at", "under"], "over"));
    assert_eq!(take(&[("a.gz", &gz(&[b'x'; 100]))], &limits).files.len(), 1);
    let taken = take(&[("a.gz", &gz(&[b'x'; 101]))], &limits);
    assert_eq!((taken.files.len(), taken.problem().kind), (0, Kind::OverLimit));
}

#[test]
fn files_over_total_bytes_are_refused_by_name() {
    let files: Files<'_> = &[("a", &[b'x'; 100]), ("b", &[b'x'; 100]), ("c", b"x")];
    for (bound, paths) in [(201, vec!["a", "b", "c"]), (200, vec!["a", "b"]), (199, vec!["a", "c"])] {
        let limits = limits(|limits| limits.total_bytes = bound);
        let expected = |prefix: &str| paths.iter().map(|path| format!("{prefix}{path}")).collect::<Vec<_>>();
        for (name, bytes) in containers(files) {
            let taken = take(&[(name, &bytes)], &limits);
            assert_eq!(taken.paths(), expected(&format!("{name}/")), "{bound}");
            assert_eq!(taken.problems.len(), 3 - paths.len());
            assert!(taken.problems.iter().all(|problem| problem.expected.contains("total-bytes")));
        }
        assert_eq!(take(files, &limits).paths(), expected(""));
        assert_eq!(
            take(&[("b", files[1].1), ("z.zip", &zip(&[files[0], files[2]]))], &limits).files.len(),
            paths.len()
        );
    }
}

#[test]
fn the_bytes_of_nested_archives_count_too() {
    let inner = zip_with(&[("x", &[b'x'; 100])], CompressionMethod::Stored);
    let outer = zip(&[("i.zip", &inner)]);
    let need = inner.len() as u64 + 100;
    assert_eq!(take(&[("o.zip", &outer)], &limits(|limits| limits.total_bytes = need)).files.len(), 1);
    let taken = take(&[("o.zip", &outer)], &limits(|limits| limits.total_bytes = need - 1));
    assert_eq!((taken.files.len(), taken.problem().kind), (0, Kind::OverLimit));
}

#[test]
fn an_archive_of_too_many_entries_is_refused_before_any_is_read() {
    let files: Files<'_> = &[("a", b"x"), ("b", b"x"), ("c", b"x")];
    // The archive is a file too.
    for (name, bytes) in containers(files) {
        assert_eq!(take(&[(name, &bytes)], &limits(|limits| limits.entries = 4)).files.len(), 3, "{name}");
        let taken = take(&[(name, &bytes)], &limits(|limits| limits.entries = 3));
        let read = if name.ends_with("zip") { 0 } else { 2 };
        assert_eq!((taken.files.len(), taken.problem().kind), (read, Kind::OverLimit), "{name}");
        assert!(taken.problem().expected.contains("(entries)"));
    }
    assert_eq!(take(files, &limits(|limits| limits.entries = 3)).problems.len(), 0);
    let taken = take(files, &limits(|limits| limits.entries = 2));
    assert_eq!((taken.paths(), taken.problem().kind), (vec!["a", "b"], Kind::OverLimit));
}

#[test]
fn many_entries_cost_no_more_than_their_headers() {
    let names: Vec<String> = (0..20_000).map(|index| format!("{index}.json")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"{}"[..])).collect();
    let bytes = zip_with(&files, CompressionMethod::Stored);
    assert_eq!(take_one("z", &bytes).files.len(), 20_000);
    assert_eq!(take(&[("z", &bytes)], &limits(|limits| limits.entries = 20_000)).files.len(), 0);
}

#[test]
fn a_zip_bomb_is_refused_by_name_and_the_rest_is_read() {
    let bomb = vec![0; 20 << 20];
    let taken = take_one("z", &zip(&[("bomb", &bomb), ("ok", b"y")]));
    assert_eq!(taken.paths(), ["z/ok"]);
    assert_eq!((taken.problem().kind, taken.problem().file.as_str()), (Kind::OverLimit, "z/bomb"));
    assert!(taken.problem().expected.contains("ratio"));
    let taken = take_one("z", &gz(&bomb));
    assert_eq!((taken.files.len(), taken.problem().kind), (0, Kind::OverLimit));
    let taken = take_one("z", &gz(&tar(&[("bomb", &bomb)])));
    assert_eq!((taken.files.len(), taken.problem().kind), (0, Kind::OverLimit));
}

#[test]
fn no_ratio_is_demanded_up_to_one_mebibyte() {
    for (length, files) in [(1 << 20, 1), ((1 << 20) + 1, 0)] {
        let bytes = vec![0; length];
        assert_eq!(take_one("z", &zip(&[("a", &bytes)])).files.len(), files);
        assert_eq!(take_one("z", &gz(&bytes)).files.len(), files);
    }
}

#[test]
fn an_entry_at_the_ratio_is_read_and_one_over_it_is_not() {
    let bytes = vec![0; 4 << 20];
    let archive = zip(&[("a", &bytes)]);
    // The compressed size is at 20 of the central header (APPNOTE 4.3.12).
    let central = memchr::memmem::find(&archive, b"PK\x01\x02").unwrap();
    let packed = u32::from_le_bytes(archive[central + 20..central + 24].try_into().unwrap());
    let ratio = (bytes.len() as u64).div_ceil(u64::from(packed));
    assert_eq!(take(&[("z", &archive)], &limits(|limits| limits.ratio = ratio)).files.len(), 1);
    assert_eq!(take(&[("z", &archive)], &limits(|limits| limits.ratio = ratio - 1)).files.len(), 0);
}

#[test]
fn many_small_bombs_are_bounded_together() {
    let bytes = vec![0; 1 << 20];
    let names: Vec<String> = (0..40).map(|index| format!("{index:02}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &bytes[..])).collect();
    let archive = zip(&files);
    let taken = take_one("z", &archive);
    let read: usize = taken.files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(read <= archive.len() * 200 && taken.files.len() + taken.problems.len() == 40);
    assert!(!taken.problems.is_empty() && taken.kinds().iter().all(|kind| *kind == Kind::OverLimit));
}

#[test]
fn entries_that_share_their_packed_bytes_are_refused() {
    // Both headers of the directory point to the first entry.
    let mut bytes = zip_with(&[("a", &noise(1000)), ("b", &noise(1000))], CompressionMethod::Stored);
    let first = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let header = bytes[first..first + 47].to_vec();
    let directory: Vec<u8> = (0..9_u8)
        .flat_map(|index| {
            let mut header = header.clone();
            header[46] = b'a' + index;
            header
        })
        .collect();
    bytes.truncate(first);
    bytes.extend_from_slice(&directory);
    let mut end = b"PK\x05\x06\0\0\0\0\x09\0\x09\0".to_vec();
    end.extend_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
    end.extend_from_slice(&u32::try_from(first).unwrap().to_le_bytes());
    end.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&end);
    let taken = take_one("z", &bytes);
    assert!(taken.files.len() <= 2 && taken.files.len() + taken.problems.len() == 9, "{:?}", taken.paths());
    assert!(taken.kinds().iter().all(|kind| *kind == Kind::Refused));
}

#[test]
fn a_size_that_lies_is_found_out_while_unpacking() {
    let content = noise(3000);
    for stated in [10_u32, 2_999, 3_001, u32::MAX - 1] {
        let mut bytes = zip(&[("a", &content), ("b", b"y")]);
        let central = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        bytes[22..26].copy_from_slice(&stated.to_le_bytes());
        bytes[central + 24..central + 28].copy_from_slice(&stated.to_le_bytes());
        let taken = take_one("z", &bytes);
        assert_eq!((taken.paths(), taken.problem().file.as_str()), (vec!["z/b"], "z/a"), "{stated}");
    }
}

#[test]
fn archives_over_the_depth_are_listed_and_not_opened() {
    let mut bytes = b"{}".to_vec();
    let mut name = "x.json".to_owned();
    for _ in 0..3 {
        bytes = zip(&[(&name, &bytes)]);
        name = "n.zip".to_owned();
    }
    let at = take(&[("n.zip", &bytes)], &limits(|limits| limits.archive_depth = 2));
    assert_eq!((at.paths(), at.problems.len()), (vec!["n.zip/n.zip/n.zip/x.json"], 0));
    let over = take(&[("n.zip", &bytes)], &limits(|limits| limits.archive_depth = 1));
    assert_eq!((over.files.len(), over.archives.len()), (0, 3));
    let problem = over.problem();
    assert_eq!((problem.kind, problem.file.as_str()), (Kind::OverLimit, "n.zip/n.zip/n.zip"));
    assert!(problem.expected.contains("archive-depth"));
}

#[test]
fn problems_over_the_bound_are_counted() {
    let mut bytes = Vec::new();
    for index in 0..10 {
        tar_entry(&mut bytes, format!("link{index}").as_bytes(), b'2', "x", b"");
    }
    let taken = take(&[("t", &tar_end(bytes))], &limits(|limits| limits.problems = 3));
    assert_eq!(taken.problems.len(), 4);
    assert!(taken.problems[3].found.starts_with("7 further"), "{}", taken.problems[3].found);
}

#[test]
fn a_hostile_long_name_is_not_held() {
    let mut bytes = Vec::new();
    tar_entry(&mut bytes, b"ok", b'0', "", b"y");
    let mut name = Vec::new();
    tar_entry(&mut name, b"././@LongLink", b'L', "", &vec![b'a'; 2 << 20]);
    // The helper writes ustar headers; long names are taken from them as well.
    bytes.extend_from_slice(&name);
    tar_entry(&mut bytes, b"hidden", b'0', "", b"y");
    let taken = take_one("t", &tar_end(bytes));
    assert_eq!((taken.paths(), taken.problem().kind), (vec!["t/ok"], Kind::OverLimit));
}
