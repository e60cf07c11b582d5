//! `GET /repos/O/R/commits`, `…/pulls/N/commits`, `…/compare/A...B`, `…/commits/SHA` and `…/pulls/N/files`.

use std::borrow::Cow;

use serde::Deserialize;

use super::reviews::key_of_path;
use super::{OneRepository, User, peek};
use crate::format::json::{End, JsonReader, TakeRecord, Text, Time};
use crate::format::{Context, Format, Head, github, truncation};
use crate::model::record::{AccountRecord, ChangeKey, ChangePartRecord, CommitRecord, FileRecord, Record};
use crate::model::{At, Part, Records};
use crate::problem::{Kind, Problem, Spot};

/// Commits of the REST interface.
pub static COMMITS: Format = Format {
    id: "github-rest-commits",
    title: "GitHub commits (REST)",
    recognise: recognise_commits,
    open: || Box::new(JsonReader::new(Commits::default())),
};

/// A comparison of two commits, of the REST interface.
pub static COMPARISON: Format = Format {
    id: "github-rest-comparison",
    title: "GitHub comparison of commits (REST)",
    recognise: recognise_comparison,
    open: || Box::new(JsonReader::new(Comparisons::default())),
};

/// Changed files of a pull request, of the REST interface.
pub static FILES: Format = Format {
    id: "github-rest-files",
    title: "GitHub changed files of a pull request (REST)",
    recognise: recognise_files,
    open: || Box::new(JsonReader::new(Files::default())),
};

fn recognise_commits(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    (peek.has("sha") && peek.has_any(&["commit/author", "commit/message"]))
        .then(|| format!("{shape} with sha and commit.message: REST commits"))
}

fn recognise_comparison(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    (peek.has_all(&["commits", "total_commits"]) || peek.has_all(&["base_commit", "merge_base_commit"]))
        .then(|| format!("{shape} with base_commit and commits: REST comparison"))
}

fn recognise_files(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    (peek.has_all(&["filename", "status"]) && peek.has_any(&["additions", "changes", "patch", "blob_url"]))
        .then(|| format!("{shape} with filename, status and additions: REST pull request files"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Commit<'a> {
    #[serde(borrow)]
    sha: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    commit: Option<GitCommit<'a>>,
    author: Option<User<'a>>,
    committer: Option<User<'a>>,
    parents: Option<Vec<Parent<'a>>>,
    files: Option<Vec<File<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GitCommit<'a> {
    author: Option<Identity<'a>>,
    committer: Option<Identity<'a>>,
    #[serde(borrow)]
    message: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Identity<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    email: Text<'a>,
    date: Time,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Parent<'a> {
    #[serde(borrow)]
    sha: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    filename: Text<'a>,
    additions: Option<u32>,
    deletions: Option<u32>,
    #[serde(borrow)]
    contents_url: Text<'a>,
}

/// Returns one account of a commit: the forge's user, with the name and address in the commit.
fn person<'a>(user: Option<User<'a>>, identity: Identity<'a>) -> Option<AccountRecord<'a>> {
    let mut account = user.and_then(|user| user.account(Cow::Borrowed(""))).unwrap_or_default();
    account.name = identity.name.0;
    account.email = identity.email.0;
    (!account.is_empty()).then_some(account)
}

fn file(file: File<'_>) -> Option<FileRecord<'_>> {
    (!file.filename.is_empty()).then_some(FileRecord {
        path: file.filename.0,
        additions: file.additions,
        deletions: file.deletions,
    })
}

/// Returns the commit; `None` without an id.
fn record<'a>(commit: Commit<'a>, part: Option<Part>) -> Option<CommitRecord<'a>> {
    if commit.sha.is_empty() {
        return None;
    }
    let git = commit.commit.unwrap_or_default();
    let (author, committer) = (git.author.unwrap_or_default(), git.committer.unwrap_or_default());
    let (authored, committed) = (author.date.0, committer.date.0);
    let (subject, body) = github::message(git.message.0);
    let parents = commit.parents.map(|parents| parents.into_iter().map(|parent| parent.sha.0));
    Some(CommitRecord {
        repository: github::repository(&commit.url.0),
        id: commit.sha.0,
        parents: parents.map(|parents| parents.filter(|sha| !sha.is_empty()).collect()),
        author: person(commit.author, author),
        co_authors: Vec::new(),
        committer: person(commit.committer, committer),
        authored,
        committed,
        subject,
        body,
        // GitHub's own word on the signature is not a check of it.
        signature: None,
        object: None,
        files: commit.files.map(|files| files.into_iter().filter_map(file).collect()),
        part,
    })
}

/// Emits a commit as a part of its change where the file's path names one, or as a commit of the history.
fn emit(at: At, commit: CommitRecord<'_>, context: &Context<'_>, out: &mut dyn Records) {
    match key_of_path(context.path) {
        Some(key) => {
            let change = Some(ChangeKey { repository: commit.repository.clone(), ..key });
            let commits = Some(vec![commit]);
            out.record(at, Record::ChangePart(ChangePartRecord { change, commits, files: None }));
        }
        None => out.record(at, Record::Commit(Box::new(commit))),
    }
}

fn no_id(at: &At) -> Problem {
    Problem::error(Kind::MissingField, "a commit without sha; it was skipped")
        .expected("sha")
        .at(Spot::pointer(at.pointer(None), at.start))
}

#[derive(Default)]
struct Commits {
    repository: OneRepository,
}

impl TakeRecord for Commits {
    type Value<'de> = Commit<'de>;

    fn take(&mut self, at: At, commit: Commit<'_>, context: &Context<'_>, out: &mut dyn Records) {
        let files = commit.files.as_ref().map(Vec::len);
        match record(commit, None) {
            Some(commit) => {
                self.repository.note(&commit.repository);
                if let Some((cut, files)) = files.and_then(|files| {
                    Some((truncation::nested(files, truncation::REST_COMPARED_FILES, None)?, files))
                }) {
                    out.problem(truncation::problem(&at, "files", files, cut));
                }
                emit(at, commit, context, out);
            }
            None => out.problem(no_id(&at)),
        }
    }

    fn finish(&mut self, end: &End, context: &Context<'_>, out: &mut dyn Records) {
        let of_change = github::number_in_path(context.path).is_some();
        let (source, most) = if of_change {
            ("REST pull request commits", Some(truncation::REST_COMMITS))
        } else {
            ("REST commits", None)
        };
        let cap = truncation::rest_page(end.count).or(most.filter(|&most| most == end.count));
        self.repository.finish(end, "commits", source, cap, out);
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Comparison<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    total_commits: Option<u64>,
    commits: Option<Vec<Commit<'a>>>,
    files: Option<Vec<File<'a>>>,
}

#[derive(Default)]
struct Comparisons {
    repository: OneRepository,
    listed: u64,
    cut_at: Option<u64>,
}

impl TakeRecord for Comparisons {
    type Value<'de> = Comparison<'de>;

    fn take(&mut self, at: At, compared: Comparison<'_>, context: &Context<'_>, out: &mut dyn Records) {
        self.repository.note(&github::repository(&compared.url.0));
        let commits = compared.commits.unwrap_or_default();
        let listed = commits.len();
        self.listed += listed as u64;
        if let Some(cut) = truncation::nested(listed, truncation::REST_COMMITS, compared.total_commits) {
            self.cut_at = Some(listed as u64);
            out.problem(truncation::problem(&at, "commits", listed, cut));
        }
        let files = compared.files.map_or(0, |files| files.len());
        if let Some(cut) = truncation::nested(files, truncation::REST_COMPARED_FILES, None) {
            out.problem(truncation::problem(&at, "files", files, cut));
        }
        for (commit, index) in commits.into_iter().zip(0..) {
            if let Some(commit) = record(commit, Some(Part::element("commits", index))) {
                emit(at, commit, context, out);
            }
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        let end = End { count: self.listed, is_single: false, ..*end };
        let end = End { is_cut_short: end.is_cut_short || self.cut_at.is_some(), ..end };
        self.repository.finish(&end, "commits", "REST comparison", None, out);
    }
}

#[derive(Default)]
struct Files {
    repository: OneRepository,
}

impl TakeRecord for Files {
    type Value<'de> = File<'de>;

    fn take(&mut self, at: At, value: File<'_>, context: &Context<'_>, out: &mut dyn Records) {
        let repository = github::repository(&value.contents_url.0);
        self.repository.note(&repository);
        let Some(number) = github::number_in_path(context.path) else { return };
        let Some(file) = file(value) else { return };
        let change = Some(ChangeKey { repository, number });
        out.record(
            at,
            Record::ChangePart(ChangePartRecord { change, commits: None, files: Some(vec![file]) }),
        );
    }

    fn finish(&mut self, end: &End, context: &Context<'_>, out: &mut dyn Records) {
        if github::number_in_path(context.path).is_none() && end.count > 0 {
            out.problem(
                Problem::warning(
                    Kind::MissingField,
                    "a list of files that names no pull request; nothing was taken from it",
                )
                .expected("a path such as pulls/12/files.json"),
            );
        }
        let cap = truncation::rest_page(end.count)
            .or(Some(truncation::REST_FILES).filter(|&most| most == end.count));
        self.repository.finish(end, "files", "REST pull request files", cap, out);
    }
}
