//! `GET /repos/O/R/issues`, `gh issue list --json …`, and comments on issues.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{OneRepository, User, account, first, peek};
use crate::format::json::{End, JsonReader, TakeRecord, Text, Time};
use crate::format::{Context, Format, Head, github, truncation};
use crate::model::record::{ListingRecord, Record, TicketDetailRecord};
use crate::model::{At, Records};

/// Issues, for the time at which a ticket was opened.
pub static ISSUES: Format = Format {
    id: "github-issues",
    title: "GitHub issues (REST, gh issue list)",
    recognise: recognise_issues,
    open: || Box::new(JsonReader::new(Issues::default())),
};

/// Comments on issues and pull requests: known, and nothing is taken from them.
pub static COMMENTS: Format = Format {
    id: "github-rest-issue-comments",
    title: "GitHub comments on issues (REST)",
    recognise: recognise_comments,
    open: || Box::new(JsonReader::new(Comments::default())),
};

fn recognise_issues(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    if !peek.has("number") || peek.has_any(&["head", "headRefOid", "headRefName"]) {
        return None;
    }
    if peek.has_all(&["created_at", "user"])
        && peek.has_any(&["repository_url", "labels_url", "events_url", "comments"])
    {
        return Some(format!("{shape} with number, user and created_at: REST issues"));
    }
    let is_issue = peek.text("url").is_some_and(|url| url.contains("/issues/"));
    (is_issue && peek.has("createdAt")).then(|| format!("{shape} whose url is an issue's: gh issue list"))
}

fn recognise_comments(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    (peek.has_all(&["issue_url", "body", "user"]) && !peek.has("number"))
        .then(|| format!("{shape} with issue_url and body: REST issue comments"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Issue<'a> {
    number: Option<u64>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    html_url: Text<'a>,
    user: Option<User<'a>>,
    author: Option<User<'a>>,
    #[serde(borrow)]
    author_association: Text<'a>,
    #[serde(alias = "createdAt")]
    created_at: Time,
    #[serde(borrow)]
    state: Text<'a>,
    /// The list holds pull requests too, and marks them so.
    pull_request: Option<IgnoredAny>,
}

impl<'a> Issue<'a> {
    /// Returns the ticket; `None` for a pull request and without a number.
    pub(super) fn record(self) -> Option<TicketDetailRecord<'a>> {
        if self.pull_request.is_some() {
            return None;
        }
        Some(TicketDetailRecord {
            repository: first(github::repository(&self.url.0), || github::repository(&self.html_url.0)),
            id: format!("#{}", self.number?).into(),
            created: self.created_at.0,
            author: account(self.user.or(self.author), self.author_association),
        })
    }
}

#[derive(Default)]
struct Issues {
    repository: OneRepository,
    has_closed: bool,
}

impl TakeRecord for Issues {
    type Value<'de> = Issue<'de>;

    fn take(&mut self, at: At, issue: Issue<'_>, _: &Context<'_>, out: &mut dyn Records) {
        let is_closed = issue.state.as_str().eq_ignore_ascii_case("closed");
        if let Some(ticket) = issue.record() {
            self.has_closed |= is_closed;
            self.repository.note(&ticket.repository);
            out.record(at, Record::Ticket(ticket));
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        let known = ListingRecord {
            of: "tickets",
            source: "GitHub issues",
            has_closed: self.has_closed && !end.is_single,
            ..ListingRecord::default()
        };
        self.repository.finish_with(end, known, truncation::rest_page(end.count), out);
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Comment<'a> {
    #[serde(borrow)]
    issue_url: Text<'a>,
}

#[derive(Default)]
struct Comments {
    repository: OneRepository,
}

impl TakeRecord for Comments {
    type Value<'de> = Comment<'de>;

    fn take(&mut self, _: At, comment: Comment<'_>, _: &Context<'_>, _: &mut dyn Records) {
        self.repository.note(&github::repository(&comment.issue_url.0));
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        self.repository.finish(end, "issue comments", "REST issue comments", None, out);
    }
}
