//! `GET /repos/O/R/pulls` and `GET /repos/O/R/pulls/N`.

use serde::Deserialize;

use super::{OneRepository, Repository, User, account, first, peek};
use crate::format::json::{End, JsonReader, TakeRecord, Text, Time, present};
use crate::format::{Context, Format, Head, github, truncation};
use crate::model::record::{ChangeKey, ChangeRecord, ChangeState, Field, Record, Totals};
use crate::model::{At, Records};
use crate::problem::{Kind, Problem, Spot};

/// Pull requests of the REST interface.
pub static FORMAT: Format = Format {
    id: "github-rest-pulls",
    title: "GitHub pull requests (REST)",
    recognise,
    open: || Box::new(JsonReader::new(Pulls::default())),
};

fn recognise(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    (peek.has_all(&["number", "head/sha", "base/ref"])
        && peek.has_any(&["merged_at", "merge_commit_sha", "user"]))
    .then(|| format!("{shape} with number, head.sha and base.ref: REST pulls"))
}

/// One pull request of the REST interface.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Pull<'a> {
    number: Option<u64>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    html_url: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    user: Option<User<'a>>,
    #[serde(borrow)]
    author_association: Text<'a>,
    created_at: Time,
    merged_at: Time,
    #[serde(deserialize_with = "present")]
    merged_by: Option<Option<User<'a>>>,
    #[serde(borrow)]
    merge_commit_sha: Text<'a>,
    head: Option<Side<'a>>,
    base: Option<Side<'a>>,
    labels: Option<Vec<Label<'a>>>,
    additions: Option<u64>,
    deletions: Option<u64>,
    changed_files: Option<u64>,
    commits: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Side<'a> {
    #[serde(borrow, rename = "ref")]
    branch: Text<'a>,
    #[serde(borrow)]
    sha: Text<'a>,
    repo: Option<Repository<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Label<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

impl<'a> Pull<'a> {
    /// Returns the change; `None` without a number.
    pub(super) fn change(self) -> Option<ChangeRecord<'a>> {
        let number = self
            .number
            .filter(|&number| number > 0)
            .or_else(|| github::number(self.url.as_str(), "/pulls/"))
            .or_else(|| github::number(self.html_url.as_str(), "/pull/"))?;
        let (head, base) = (self.head.unwrap_or_default(), self.base.unwrap_or_default());
        let named = base.repo.unwrap_or_default().full_name.0;
        let repository =
            first(named, || first(github::repository(&self.url.0), || github::repository(&self.html_url.0)));
        let merged = self.merged_at.0;
        let state = match (self.state.as_str(), merged.is_some()) {
            (_, true) => ChangeState::Merged,
            ("open", false) => ChangeState::Open,
            ("closed", false) => ChangeState::Closed,
            _ => ChangeState::Unknown,
        };
        // Of a change that is not merged this is only GitHub's trial merge.
        let merge_commit = if merged.is_some() { self.merge_commit_sha.0 } else { "".into() };
        Some(ChangeRecord {
            key: ChangeKey { repository, number },
            title: self.title.0,
            body: self.body.0,
            url: first(self.html_url.0, || self.url.0),
            state,
            author: account(self.user, self.author_association),
            created: self.created_at.0,
            merged,
            merged_by: match self.merged_by {
                None => Field::Absent,
                Some(user) => match account(user, Text::default()) {
                    None => Field::Null,
                    Some(merger) => Field::Value(merger),
                },
            },
            merge_commit,
            head: head.sha.0,
            base_branch: base.branch.0,
            head_branch: head.branch.0,
            labels: self.labels.map(|labels| labels.into_iter().map(|label| label.name.0).collect()),
            totals: Totals {
                additions: self.additions,
                deletions: self.deletions,
                files: self.changed_files,
                commits: self.commits,
            },
            ..ChangeRecord::default()
        })
    }
}

/// Returns the problem of a pull request that nothing can be attributed to.
pub(super) fn no_number(at: &At) -> Problem {
    Problem::error(Kind::MissingField, "a pull request without number; it was skipped")
        .expected("number")
        .at(Spot::pointer(at.pointer(None), at.start))
}

#[derive(Default)]
struct Pulls {
    repository: OneRepository,
}

impl TakeRecord for Pulls {
    type Value<'de> = Pull<'de>;

    fn take(&mut self, at: At, pull: Pull<'_>, _: &Context<'_>, out: &mut dyn Records) {
        match pull.change() {
            Some(change) => {
                self.repository.note(&change.key.repository);
                out.record(at, Record::Change(Box::new(change)));
            }
            None => out.problem(no_number(&at)),
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        let source = if end.is_single { "REST pull" } else { "REST pulls" };
        self.repository.finish(end, "changes", source, truncation::rest_page(end.count), out);
    }
}
