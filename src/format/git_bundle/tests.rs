use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::*;
use crate::format::testing::{ReadFile, read, sample};
use crate::model::SignatureState;
use crate::source::Bytes;

/// A repository in a folder of its own, made with the `git` command.
struct Repository(PathBuf);

impl Drop for Repository {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's folder for such files.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

impl Repository {
    /// Returns an empty repository, or `None` (and says so) where there is no git.
    fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("lacuna-bundle-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        if Command::new("git").arg("--version").output().is_err() {
            println!("skipped: no git command");
            return None;
        }
        let out = Self(folder);
        out.git(&["init", "-q", "-b", "main"]);
        Some(out)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.0).args(arguments);
        for (key, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ("GIT_COMMITTER_NAME", "Ben"),
            ("GIT_COMMITTER_EMAIL", "ben@example.org"),
            ("GIT_AUTHOR_DATE", "1780000000 +0200"),
            ("GIT_COMMITTER_DATE", "1780000060 +0000"),
        ] {
            command.env(key, value);
        }
        command
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn feed(&self, arguments: &[&str], input: &[u8]) {
        use std::io::Write as _;
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert!(child.wait().unwrap().success());
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn bundle(&self, arguments: &[&str]) -> Vec<u8> {
        let mut all = vec!["bundle", "create", "-q", "out.bundle"];
        all.extend(arguments);
        self.git(&all);
        std::fs::read(self.0.join("out.bundle")).unwrap()
    }
}

/// What a test looks at.
#[derive(Default, Debug)]
struct Seen {
    commits: Vec<(String, String, Vec<String>)>,
    /// Commit and path to added and deleted lines.
    files: BTreeMap<(String, String), (Option<u32>, Option<u32>)>,
    unknown_files: usize,
    signed: usize,
    /// Ref to line and whether it reaches the root.
    lines: BTreeMap<String, (Vec<String>, bool)>,
    sessions: Vec<(String, String, bool)>,
    attestations: BTreeMap<String, usize>,
    attached: std::collections::BTreeSet<String>,
}

fn seen(bytes: &[u8]) -> (Seen, ReadFile) {
    let mut seen = Seen::default();
    let file = read("out.bundle", bytes, |_, record| match record {
        Record::Commit(commit) => {
            let parents = commit.parents.iter().flatten().map(|parent| parent.to_string()).collect();
            let id = commit.id.to_string();
            seen.signed += usize::from(commit.signature != Some(SignatureState::NotSigned));
            seen.unknown_files += usize::from(commit.files.is_none());
            for file in commit.files.iter().flatten() {
                seen.files.insert((id.clone(), file.path.to_string()), (file.additions, file.deletions));
            }
            seen.commits.push((id, commit.subject.to_string(), parents));
        }
        Record::Reference(reference) => {
            let line = reference.first_parents.iter().map(|id| id.to_string()).collect();
            seen.lines.insert(reference.name.to_string(), (line, reference.reaches_root));
        }
        Record::Session(session) => {
            seen.sessions.push((session.commit.to_string(), session.tool.to_string(), session.none));
        }
        Record::Attestation(attestation) => {
            *seen.attestations.entry(attestation.envelope.word().to_owned()).or_default() += 1;
            seen.attached.insert(attestation.attached_to.to_string());
        }
        _ => {}
    });
    (seen, file)
}

fn kinds(file: &ReadFile) -> Vec<ProblemKind> {
    file.problems.iter().map(|problem| problem.kind).collect()
}

/// A history with a merge, a folder, a rename, binary content, a submodule's link and notes.
fn history() -> Option<Repository> {
    let repository = Repository::new()?;
    let lines: String = (0..200).map(|line| format!("line {line}\n")).collect();
    repository.write("src/a.txt", lines.as_bytes());
    repository.write("b.bin", &[0, 1, 2, 3]);
    repository.write("src/gone.txt", b"x\ny\n");
    repository.commit("Add it\n\nBody.");
    repository.git(&["switch", "-q", "-c", "topic"]);
    repository.write("src/a.txt", lines.replace("line 7\n", "line seven\nand more\n").as_bytes());
    let topic = repository.commit("Change it");
    repository.git(&["switch", "-q", "main"]);
    std::fs::remove_file(repository.0.join("src/gone.txt")).unwrap();
    repository.write("src/deep/er/new.txt", b"no end");
    repository.commit("Move it (#4)");
    repository.git(&["merge", "-q", "--no-ff", "-m", "Merge pull request #5 from o/topic", "topic"]);
    repository.git(&["tag", "-a", "v1", "-m", "one"]);
    let link = format!("160000,{topic},module");
    repository.git(&["update-index", "--add", "--cacheinfo", &link]);
    repository.git(&["commit", "-q", "-m", "Link it"]);
    Some(repository)
}

#[test]
fn commits_lines_and_changed_files_are_gits_own() {
    let Some(repository) = history() else { return };
    let (seen, file) = seen(&repository.bundle(&["--all", "HEAD"]));
    assert_eq!(file.format, "git-bundle");
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    let log = repository.git(&["log", "--all", "--format=%H|%s|%P"]);
    let mut expected: Vec<(String, String, Vec<String>)> = log
        .lines()
        .map(|line| {
            let mut parts = line.split('|').map(str::to_owned);
            let (id, subject, parents) =
                (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            (id, subject, parents.split_whitespace().map(str::to_owned).collect())
        })
        .collect();
    let mut commits = seen.commits.clone();
    commits.sort();
    expected.sort();
    assert_eq!(commits, expected);
    let first_parents = repository.git(&["rev-list", "--first-parent", "main"]);
    let line: Vec<String> = first_parents.lines().map(str::to_owned).collect();
    assert_eq!(seen.lines["refs/heads/main"], (line, true));
    assert!(seen.lines["refs/tags/v1"].0.is_empty());
    let mut counts = BTreeMap::new();
    for (id, _, parents) in &expected {
        let parent = parents.first().map_or("4b825dc642cb6eb9a060e54bf8d69288fbee4904", String::as_str);
        let stat = repository.git(&["diff-tree", "-r", "--no-renames", "--numstat", parent, id]);
        for line in stat.lines() {
            let mut parts = line.split('\t');
            let mut number = || parts.next().unwrap().parse().ok();
            let (additions, deletions) = (number(), number());
            counts.insert((id.clone(), parts.next().unwrap().to_owned()), (additions, deletions));
        }
    }
    let mut files = seen.files;
    // git counts a submodule's link as a line of text; it is not one.
    files.values_mut().zip(counts.iter()).for_each(|(found, (key, count))| {
        if key.1 == "module" {
            *found = *count;
        }
    });
    assert_eq!(files, counts);
}

#[test]
fn a_bundle_without_contents_still_names_the_changed_files() {
    let Some(repository) = history() else { return };
    let bytes = repository.bundle(&["--filter=blob:none", "main"]);
    assert!(bytes.starts_with(b"# v3"));
    let (seen, file) = seen(&bytes);
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    assert!(seen.files.keys().any(|(_, path)| path == "src/deep/er/new.txt"));
    assert!(seen.files.values().all(|counts| *counts == (None, None)));
}

#[test]
fn a_bundle_without_folders_says_that_changed_files_are_unknown() {
    let Some(repository) = history() else { return };
    let (seen, file) = seen(&repository.bundle(&["--filter=tree:0", "main"]));
    assert_eq!(kinds(&file), [ProblemKind::Dangling]);
    assert_eq!(seen.unknown_files, seen.commits.len());
}

#[test]
fn history_ends_where_the_bundle_builds_on_what_it_leaves_out() {
    let Some(repository) = history() else { return };
    let bytes = repository.bundle(&["main", "^main~2"]);
    let (seen, file) = seen(&bytes);
    let (line, reaches_root) = &seen.lines["refs/heads/main"];
    assert_eq!((line.len(), *reaches_root), (2, false));
    assert!(kinds(&file).contains(&ProblemKind::Truncated));
    // The change against what is left out is unknown, and never "no files".
    assert!(seen.unknown_files >= 1);
    assert!(file.problems.len() <= 4, "{:?}", file.problems);
}

#[test]
fn deltas_against_named_objects_are_applied_like_those_against_offsets() {
    let Some(repository) = history() else { return };
    let tip = repository.git(&["rev-parse", "main"]);
    let mut command = repository.command(&["pack-objects", "--all", "--stdout", "-q", "--window=20"]);
    let pack = command.stdin(Stdio::null()).output().unwrap().stdout;
    let mut bytes = format!("# v2 git bundle\n{tip} refs/heads/main\n\n").into_bytes();
    bytes.extend(pack);
    let (by_name, file) = seen(&bytes);
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    let (by_offset, _) = seen(&repository.bundle(&["main"]));
    assert_eq!(by_name.files, by_offset.files);
}

#[test]
fn chains_of_thousands_of_deltas_are_followed() {
    let Some(repository) = Repository::new() else { return };
    let mut stream = String::new();
    for version in 0..3000 {
        let content: String = (0..100)
            .map(|line| format!("{line} {}\n", if version % 100 == line { version } else { 0 }))
            .collect();
        stream.push_str(&format!(
            "commit refs/heads/main\ncommitter A <a@x> {} +0000\ndata 1\nx\nM 644 inline f\ndata {}\n{content}\n",
            1_700_000_000 + version,
            content.len()
        ));
    }
    repository.feed(&["fast-import", "--quiet", "--depth=4000"], stream.as_bytes());
    repository.git(&["-c", "pack.depth=4000", "-c", "pack.window=3", "repack", "-adfq"]);
    let bytes = repository.bundle(&["main"]);
    let (seen, file) = seen(&bytes);
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    assert_eq!(seen.commits.len(), 3000);
    assert!(seen.files.values().all(|counts| counts.0.is_some()));
}

#[test]
fn notes_of_git_ai_are_sessions_and_notes_of_no_known_format_are_counted() {
    let Some(repository) = history() else { return };
    let commit = repository.git(&["rev-parse", "main"]);
    repository.write("note", b"---\n{\"schema_version\": \"authorship/3.0.0\", \"prompts\": {}}");
    repository.git(&["notes", "--ref=ai", "add", "-F", "note", "main"]);
    repository.git(&["notes", "--ref=review", "add", "-m", "Looks good\n\nReally", "main"]);
    let (seen, file) = seen(&repository.bundle(&["--all"]));
    assert_eq!(seen.sessions, [(commit, String::new(), true)]);
    assert_eq!(kinds(&file), [ProblemKind::UnknownFormat]);
    assert!(file.problems[0].found.starts_with("2 lines"), "{:?}", file.problems);
    assert!(seen.commits.iter().all(|(_, subject, _)| !subject.contains("Notes")));
}

#[test]
fn objects_are_read_again_by_their_id() {
    let Some(repository) = history() else { return };
    let bytes = repository.bundle(&["main"]);
    let limits = Limits::default();
    for name in ["main", "main^{tree}", "main:src/a.txt", "main~2:src/a.txt"] {
        let hex = repository.git(&["rev-parse", name]);
        let id = commits::binary(hex.as_bytes()).unwrap();
        let data = read_object(Box::new(Bytes::new(bytes.clone())), &id, &limits).unwrap();
        let kind = repository.git(&["cat-file", "-t", name]);
        let raw = repository.command(&["cat-file", &kind, name]).output().unwrap().stdout;
        assert_eq!(data, raw, "{name}");
    }
    let absent = read_object(Box::new(Bytes::new(bytes)), &[7; 20], &limits).unwrap_err();
    assert_eq!(absent.kind, ProblemKind::Dangling);
}

#[test]
fn a_cut_bundle_keeps_what_comes_before_the_cut() {
    let Some(repository) = history() else { return };
    let bytes = repository.bundle(&["main"]);
    let (whole, _) = seen(&bytes);
    let (cut, file) = seen(&bytes[..bytes.len() - 60]);
    assert!(kinds(&file).contains(&ProblemKind::CutShort), "{:?}", file.problems);
    // Commits come first in a pack.
    assert_eq!(cut.commits.len(), whole.commits.len());
    let (none, file) = seen(&bytes[..120]);
    assert!(none.commits.is_empty() && !file.problems.is_empty());
}

#[test]
fn a_changed_byte_is_noticed() {
    let Some(repository) = history() else { return };
    let mut bytes = repository.bundle(&["main"]);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let (_, file) = seen(&bytes);
    assert_eq!(kinds(&file), [ProblemKind::Malformed]);
}

#[test]
fn other_hashes_and_capabilities_are_refused_or_named() {
    let sha256 = b"# v3 git bundle\n@object-format=sha256\n\nPACK";
    let (_, file) = seen(sha256);
    assert_eq!(kinds(&file), [ProblemKind::UnknownFormat]);
    let (_, file) = seen(b"# v3 git bundle\n@new=1\nnonsense\n\n");
    assert_eq!(kinds(&file), [ProblemKind::Unrecognised, ProblemKind::Malformed, ProblemKind::CutShort]);
}

#[test]
fn bounds_hold_before_memory_is_taken() {
    let Some(repository) = Repository::new() else { return };
    repository.write("bomb", &vec![0; 8 << 20]);
    repository.commit("Bomb");
    let bytes = repository.bundle(&["main"]);
    let problems = |limits: &Limits| {
        let mut problems = Vec::new();
        let header = Header::parse(&bytes, limits, &mut problems).unwrap();
        let mut scan = match Scan::new(&bytes, header.pack_start, limits) {
            Ok(scan) => scan,
            Err(problem) => return vec![problem.kind],
        };
        problems.extend(scan.step(&bytes, limits, u64::MAX).err());
        let mut resolve = scan.finish();
        while !resolve.step(&bytes, limits, 1 << 20) {}
        problems.extend(resolve.finish(limits).1);
        problems.into_iter().map(|problem| problem.kind).collect()
    };
    assert_eq!(problems(&Limits::default()), [ProblemKind::OverLimit]);
    let wide = Limits { ratio: 100_000, ..Limits::default() };
    assert_eq!(problems(&wide), []);
    assert_eq!(problems(&Limits { object_bytes: 1 << 20, ..wide.clone() }), [ProblemKind::OverLimit]);
    assert_eq!(problems(&Limits { objects: 2, ..wide }), [ProblemKind::OverLimit]);
}

#[test]
fn the_history_of_the_sample_is_whole() {
    let Some(bytes) = sample("slsa-source-track/source-tool-main.blobless.bundle") else { return };
    let (seen, file) = seen(&bytes);
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    let (line, reaches_root) = &seen.lines["refs/heads/main"];
    assert_eq!((line.len(), *reaches_root), (298, true));
    assert_eq!(seen.unknown_files, 0);
    let squashes = seen.commits.iter().filter(|(_, subject, parents)| {
        parents.len() == 1 && crate::model::trailers::pull_reference(subject).is_some()
    });
    println!("{} commits, {} squashes, {} signed", seen.commits.len(), squashes.count(), seen.signed);
    assert_eq!(seen.commits.len(), 298);
}

#[test]
fn the_notes_of_the_sample_are_all_read() {
    let Some(bytes) = sample("slsa-source-track/source-tool-notes.bundle") else { return };
    let (seen, file) = seen(&bytes);
    assert!(file.problems.iter().all(|p| p.kind != ProblemKind::UnknownFormat), "{:?}", file.problems);
    assert!(seen.commits.is_empty());
    assert_eq!(seen.attached.len(), 248);
    assert_eq!(seen.attestations.values().sum::<usize>(), 513, "{:?}", seen.attestations);
    assert_eq!(seen.attestations["Sigstore bundle"], 482);
    assert_eq!(seen.attestations["DSSE envelope"], 27);
    assert_eq!(seen.attestations["Sigstore bundle in an odd serialisation"], 4);
}

/// A small bundle, made once.
fn small() -> Option<&'static [u8]> {
    static BUNDLE: std::sync::OnceLock<Option<Vec<u8>>> = std::sync::OnceLock::new();
    let make = || {
        let repository = history()?;
        repository.write("note", b"---\n{\"schema_version\": \"authorship/3.0.0\"}");
        repository.git(&["notes", "--ref=ai", "add", "-F", "note", "main"]);
        Some(repository.bundle(&["--all"]))
    };
    BUNDLE.get_or_init(make).as_deref()
}

#[test]
fn a_bundle_cut_anywhere_is_read_without_panic() {
    let Some(bytes) = small() else { return };
    for end in (0..bytes.len()).step_by(5) {
        let (seen, file) = seen(&bytes[..end]);
        assert!(file.problems.len() <= 8, "{:?}", file.problems);
        assert!(end > 30 || seen.commits.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_bundle_with_changed_bytes_is_read_without_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let Some(bytes) = small() else { return Ok(()) };
        let mut bytes = bytes.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = seen(&bytes);
    }
}
