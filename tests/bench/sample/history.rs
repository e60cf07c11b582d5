//! The git history of the changes, made with `git fast-import`, and the bundle of it.
//!
//! Names, times and contents are fixed, so object ids are the same on every machine. The bytes of the bundle depend on the
//! version of git that packs it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::people::{OWEN, Person};
use super::plan::{Ai, How, Quirk, Repository};
use super::story::{Change, HOUR, Time, day};

/// Object ids of one change.
#[derive(Clone, Default)]
pub struct Ids {
    /// Of its own commits, in order.
    pub commits: Vec<String>,
    /// Of its merge, squash or last rebased commit.
    pub merge: String,
}

/// A repository as it was built.
pub struct History {
    directory: PathBuf,
    /// By position of the change.
    pub ids: BTreeMap<usize, Ids>,
    /// Positions of the changes on the branch, in order.
    pub line: Vec<usize>,
    /// The commits of June, before the quarter: title, number, id, time.
    pub june: Vec<(&'static str, u64, String, Time)>,
}

const JUNE: [(&str, u64); 2] =
    [("Ask the acquirer for partial captures", 398), ("Log slow settlements", 401)];

/// Every file that the product consists of before the quarter.
const FILES: [&str; 14] = [
    "Cargo.lock",
    "Cargo.toml",
    "deploy/production.yaml",
    "docs/runbook.md",
    "src/api.rs",
    "src/capture.rs",
    "src/fraud.rs",
    "src/ledger_client.rs",
    "src/refund.rs",
    "src/settlement.rs",
    "src/vault.rs",
    "src/webhook.rs",
    "tests/capture.rs",
    "tests/webhook.rs",
];

/// A commit to be made.
struct Made<'a> {
    branch: &'a str,
    author: String,
    authored: Time,
    committer: String,
    committed: Time,
    message: String,
    parents: Vec<usize>,
    paths: Vec<&'a str>,
}

#[derive(Default)]
struct Stream {
    text: Vec<u8>,
    marks: usize,
}

impl Stream {
    fn commit(&mut self, made: &Made<'_>) -> usize {
        self.marks += 1;
        let mark = self.marks;
        let head = format!(
            "commit refs/heads/{}\nmark :{mark}\nauthor {} {} +0000\ncommitter {} {} +0000\ndata {}\n{}\n",
            made.branch,
            made.author,
            made.authored,
            made.committer,
            made.committed,
            made.message.len(),
            made.message
        );
        self.text.extend(head.bytes());
        for (at, parent) in made.parents.iter().enumerate() {
            let word = if at == 0 { "from" } else { "merge" };
            self.text.extend(format!("{word} :{parent}\n").bytes());
        }
        for path in &made.paths {
            // What the files hold is not told: a line that differs from commit to commit stands in for it.
            let content = format!("{path} {mark}\n");
            let entry = format!("M 100644 inline {path}\ndata {}\n{content}\n", content.len());
            self.text.extend(entry.bytes());
        }
        self.text.push(b'\n');
        mark
    }
}

const GITHUB: &str = "GitHub <noreply@github.com>";

/// Builds the history of one repository.
pub fn build(changes: &[Change], repository: Repository) -> History {
    let directory = std::env::temp_dir().join(format!("lacuna-sample-{}-{repository:?}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary folder");
    git(&directory, &["init", "-q", "--bare", "-b", "main", "."], None);
    let mut stream = Stream::default();
    let (june, mut tips) = before_the_quarter(&mut stream);
    let mut order: Vec<usize> =
        (0..changes.len()).filter(|&at| changes[at].row.repository == repository).collect();
    order.sort_by_key(|&at| changes[at].merged);
    let mut marks: BTreeMap<usize, (Vec<usize>, usize)> = BTreeMap::new();
    let mut line = Vec::new();
    for at in order {
        let change = &changes[at];
        let (own, merge) = put(&mut stream, change, &tips);
        marks.insert(at, (own, merge));
        if change.row.quirk != Quirk::OffBranch {
            let before = tips.last().map_or(0, |tip| tip.0);
            assert!(change.merged > before + 600, "{} merges too close to another", change.row.title);
            tips.push((change.merged, merge));
            line.push(at);
        }
    }
    git(&directory, &["fast-import", "--quiet", "--export-marks=marks"], Some(&stream.text));
    let exported = std::fs::read_to_string(directory.join("marks")).expect("the marks");
    let ids: BTreeMap<usize, &str> = exported
        .lines()
        .filter_map(|line| line.strip_prefix(':')?.split_once(' '))
        .map(|(mark, id)| (mark.parse().expect("a mark"), id))
        .collect();
    let of = |mark: &usize| ids[mark].to_owned();
    History {
        ids: marks
            .iter()
            .map(|(at, (own, merge))| (*at, Ids { commits: own.iter().map(of).collect(), merge: of(merge) }))
            .collect(),
        line,
        june: june.into_iter().map(|(title, number, mark, at)| (title, number, of(&mark), at)).collect(),
        directory,
    }
}

type June = Vec<(&'static str, u64, usize, Time)>;

/// Makes the commits that were there before, and returns them with the line so far: time and mark.
fn before_the_quarter(stream: &mut Stream) -> (June, Vec<(Time, usize)>) {
    let start = day(6, 12) + 9 * HOUR;
    let base = |message: &str, at: Time, parents: Vec<usize>, paths: Vec<&'static str>| Made {
        branch: "main",
        author: OWEN.identity(),
        authored: at,
        committer: GITHUB.into(),
        committed: at,
        message: message.into(),
        parents,
        paths,
    };
    let root =
        stream.commit(&base("Import the product from its old repository\n", start, vec![], FILES.to_vec()));
    let mut tips = vec![(start, root)];
    let mut june = Vec::new();
    for ((title, number), days) in JUNE.into_iter().zip(5..) {
        let at = start + days * 24 * HOUR;
        let message = format!("{title} (#{number})\n");
        let mark = stream.commit(&base(&message, at, vec![tips[tips.len() - 1].1], vec!["src/capture.rs"]));
        tips.push((at, mark));
        june.push((title, number, mark, at));
    }
    (june, tips)
}

/// Makes the commits of a change; returns the marks of its own commits and of its merge.
fn put(stream: &mut Stream, change: &Change, tips: &[(Time, usize)]) -> (Vec<usize>, usize) {
    let row = &change.row;
    let tip = tips[tips.len() - 1].1;
    let paths = paths(change);
    let subject = match change.number {
        0 => row.title.to_owned(),
        number => format!("{} (#{number})", row.title),
    };
    if !row.is_exported() {
        let committer = if row.quirk == Quirk::DirectPush { row.author.identity() } else { GITHUB.into() };
        let merge = stream.commit(&Made {
            branch: "main",
            author: row.author.identity(),
            authored: change.merged,
            committer,
            committed: change.merged,
            message: format!("{subject}\n"),
            parents: vec![tip],
            paths,
        });
        return (Vec::new(), merge);
    }
    let first = change.commits[0].committed;
    let base = tips.iter().rev().find(|(at, _)| *at <= first).map_or(tip, |(_, mark)| *mark);
    let branch = format!("change-{}", change.number);
    let mut own = Vec::new();
    for commit in &change.commits {
        let parent = own.last().copied().unwrap_or(base);
        own.push(stream.commit(&Made {
            branch: &branch,
            author: row.author.identity(),
            authored: commit.authored,
            committer: row.author.identity(),
            committed: commit.committed,
            message: message(&commit.subject, &commit.body),
            parents: vec![parent],
            paths: paths.clone(),
        }));
    }
    (own.clone(), land(stream, change, &own, tip, &subject))
}

/// Makes the commit or commits with which a change lands on its branch; returns the mark of the last one.
fn land(stream: &mut Stream, change: &Change, own: &[usize], tip: usize, subject: &str) -> usize {
    let row = &change.row;
    let off = format!("gone-{}", change.number);
    let branch = if row.quirk == Quirk::OffBranch { &off } else { "main" };
    let landed = |author: &Person, authored, message, parents| Made {
        branch,
        author: author.identity(),
        authored,
        committer: GITHUB.into(),
        committed: change.merged,
        message,
        parents,
        paths: paths(change),
    };
    match row.how {
        How::Squash => {
            let body = &change.commits[0].body;
            stream.commit(&landed(row.author, change.merged, message(subject, body), vec![tip]))
        }
        How::Merge => {
            let subject = format!("Merge pull request #{} from acme/{}", change.number, change.branch);
            let message = message(&subject, row.title);
            let parents = vec![tip, own[own.len() - 1]];
            stream.commit(&landed(change.merged_by, change.merged, message, parents))
        }
        How::Rebase => change.commits.iter().fold(tip, |tip, commit| {
            let message = message(&commit.subject, &commit.body);
            stream.commit(&landed(row.author, commit.authored, message, vec![tip]))
        }),
    }
}

fn message(subject: &str, body: &str) -> String {
    if body.is_empty() { format!("{subject}\n") } else { format!("{subject}\n\n{body}\n") }
}

/// Returns the paths that a change touches.
pub fn paths(change: &Change) -> Vec<&'static str> {
    let area = change.row.area;
    if area.code == "Cargo.lock" {
        vec!["Cargo.lock", "Cargo.toml"]
    } else if change.row.tests {
        vec![area.code, area.tests]
    } else {
        vec![area.code]
    }
}

impl History {
    /// Writes git-ai notes and returns the bundle of the branch and the notes.
    pub fn bundle(&self, changes: &[Change], note: impl Fn(&Change, &str) -> String) -> Vec<u8> {
        let mut text = Vec::new();
        let message = "Notes of git-ai\n";
        let at = day(9, 30) + 20 * HOUR;
        let head = format!(
            "commit refs/notes/ai\ncommitter git-ai <git-ai@example.com> {at} +0000\ndata {}\n{message}\n",
            message.len()
        );
        text.extend(head.bytes());
        for (at, ids) in &self.ids {
            let change = &changes[*at];
            for id in annotated(change, ids) {
                let note = note(change, id);
                text.extend(format!("N inline {id}\ndata {}\n{note}\n", note.len()).bytes());
            }
        }
        git(&self.directory, &["fast-import", "--quiet"], Some(&text));
        // Stored without compression and deltas: the archive around it packs all objects as one, which is smaller.
        let pack = ["-c", "pack.threads=1", "-c", "core.compression=0", "-c", "pack.compression=0"];
        let repack = [&pack[..], &["repack", "-q", "-a", "-d", "-f", "-F", "--window=0", "--depth=0"]];
        git(&self.directory, &repack.concat(), None);
        let create =
            [&pack[..], &["bundle", "create", "-q", "--version=2", "out.bundle", "main", "refs/notes/ai"]];
        git(&self.directory, &create.concat(), None);
        std::fs::read(self.directory.join("out.bundle")).expect("the bundle")
    }

    /// Removes the folder that it was built in.
    pub fn remove(self) {
        std::fs::remove_dir_all(&self.directory).expect("a folder of our own");
    }
}

/// Returns the commits of a change that bear a note: all of its own where no AI took part, else the one that lands.
fn annotated<'a>(change: &Change, ids: &'a Ids) -> Vec<&'a str> {
    match (change.row.ai, change.row.how) {
        (Ai::None, How::Merge) => ids.commits.iter().map(String::as_str).collect(),
        (Ai::None, _) => ids.commits.iter().chain([&ids.merge]).map(String::as_str).collect(),
        (Ai::Note(..) | Ai::NoPrompt(..), How::Merge) => vec![&ids.commits[0]],
        (Ai::Note(..) | Ai::NoPrompt(..), _) => vec![&ids.merge],
        _ => Vec::new(),
    }
}

/// Runs git in a folder, with nothing of the machine's configuration.
fn git(directory: &Path, arguments: &[&str], input: Option<&[u8]>) {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_DIR", directory)
        .stdin(Stdio::piped())
        .spawn()
        .expect("git");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input.unwrap_or_default()).expect("git reads");
    drop(stdin);
    assert!(child.wait().expect("git ends").success(), "git {arguments:?}");
}
