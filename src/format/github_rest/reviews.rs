//! `GET /repos/O/R/pulls/N/reviews` and `GET /repos/O/R/pulls/comments` (or `…/pulls/N/comments`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{OneRepository, User, account, first, id, peek};
use crate::format::json::{End, JsonReader, TakeRecord, Text, Time};
use crate::format::{Context, Format, Head, github, truncation};
use crate::model::record::{ChangeKey, Record, ReviewRecord, ReviewState, Str};
use crate::model::{At, Records};
use crate::problem::{Kind, Problem, Spot};

/// Reviews of the REST interface.
pub static REVIEWS: Format = Format {
    id: "github-rest-reviews",
    title: "GitHub reviews (REST)",
    recognise: recognise_reviews,
    open: || Box::new(JsonReader::new(Reviews::default())),
};

/// Comments on lines of pull requests, of the REST interface.
pub static COMMENTS: Format = Format {
    id: "github-rest-review-comments",
    title: "GitHub comments on lines (REST)",
    recognise: recognise_comments,
    open: || Box::new(JsonReader::new(Comments::default())),
};

fn recognise_reviews(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    let is_review = peek.has_all(&["state", "user"]) && peek.has_any(&["submitted_at", "commit_id"]);
    (is_review
        && peek.has_any(&["pull_request_url", "pull_number", "submitted_at"])
        && !peek.has("diff_hunk"))
    .then(|| format!("{shape} with state, submitted_at and commit_id: REST reviews"))
}

fn recognise_comments(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    (peek.has_any(&["diff_hunk", "pull_request_review_id"]) && peek.has_any(&["pull_request_url", "body"]))
        .then(|| format!("{shape} with diff_hunk and pull_request_review_id: REST review comments"))
}

/// One review. `pull_number` is what collectors add.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Review<'a> {
    #[serde(borrow)]
    node_id: Text<'a>,
    id: Option<u64>,
    user: Option<User<'a>>,
    #[serde(borrow)]
    author_association: Text<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    submitted_at: Time,
    #[serde(borrow)]
    commit_id: Text<'a>,
    #[serde(borrow)]
    pull_request_url: Text<'a>,
    #[serde(borrow)]
    html_url: Text<'a>,
    pull_number: Option<u64>,
}

impl<'a> Review<'a> {
    /// Returns the review; `hint` is the change where the review itself does not name it.
    pub(super) fn record(self, hint: Option<ChangeKey<'a>>) -> Option<ReviewRecord<'a>> {
        let change = key(&self.pull_request_url.0, &self.html_url.0, self.pull_number).or(hint)?;
        Some(ReviewRecord {
            change: Some(change),
            id: id(self.node_id, self.id),
            author: account(self.user, self.author_association),
            state: ReviewState::parse(self.state.as_str()),
            submitted: self.submitted_at.0,
            commit: self.commit_id.0,
            body: self.body.0,
            line_comments: None,
            part: None,
        })
    }
}

/// One comment on a line.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Comment<'a> {
    #[serde(borrow)]
    node_id: Text<'a>,
    id: Option<u64>,
    user: Option<User<'a>>,
    #[serde(borrow)]
    author_association: Text<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    created_at: Time,
    #[serde(borrow)]
    original_commit_id: Text<'a>,
    #[serde(borrow)]
    commit_id: Text<'a>,
    #[serde(borrow)]
    pull_request_url: Text<'a>,
    #[serde(borrow)]
    html_url: Text<'a>,
    pull_number: Option<u64>,
}

impl<'a> Comment<'a> {
    /// Returns the comment as a review that decides nothing and has one comment on a line.
    ///
    /// Its id is the comment's own, so that it is never taken for the review that it was sent with.
    pub(super) fn record(self, hint: Option<ChangeKey<'a>>) -> Option<ReviewRecord<'a>> {
        let change = key(&self.pull_request_url.0, &self.html_url.0, self.pull_number).or(hint)?;
        Some(ReviewRecord {
            change: Some(change),
            id: id(self.node_id, self.id),
            author: account(self.user, self.author_association),
            state: ReviewState::Commented,
            submitted: self.created_at.0,
            // GitHub moves `commit_id` along with later pushes; the other one is what was commented on.
            commit: first(self.original_commit_id.0, || self.commit_id.0),
            body: self.body.0,
            line_comments: Some(1),
            part: None,
        })
    }
}

/// Returns the change of an address, or of a number that was added to the record.
fn key<'a>(api: &Str<'a>, web: &Str<'a>, number: Option<u64>) -> Option<ChangeKey<'a>> {
    let number = github::number(api, "/pulls/").or_else(|| github::number(web, "/pull/")).or(number)?;
    Some(ChangeKey { repository: first(github::repository(api), || github::repository(web)), number })
}

/// Returns the change that the file's path names, as in `pulls/12/reviews.json`.
pub(super) fn key_of_path(path: &str) -> Option<ChangeKey<'static>> {
    github::number_in_path(path).map(|number| ChangeKey { repository: "".into(), number })
}

fn no_change(at: &At, what: &str) -> Problem {
    Problem::error(Kind::MissingField, format!("a {what} that names no pull request; it was skipped"))
        .expected("pull_request_url")
        .at(Spot::pointer(at.pointer(None), at.start))
}

/// Counts the records of each change, to see which of its pages is full.
#[derive(Default)]
struct PerChange(BTreeMap<u64, u64>);

impl PerChange {
    fn note(&mut self, record: &ReviewRecord<'_>) {
        if let Some(change) = &record.change {
            *self.0.entry(change.number).or_default() += 1;
        }
    }

    /// Returns the page size that the list of some change has exactly, and names that change.
    fn cut(&self, what: &str, out: &mut dyn Records) -> Option<u64> {
        let full = self.0.iter().find_map(|(number, count)| Some((*number, truncation::rest_page(*count)?)));
        let (number, page) = full?;
        let several = self.0.len() > 1;
        if several {
            out.problem(
                Problem::warning(
                    Kind::Truncated,
                    format!(
                        "{page} {what} of pull request {number}, exactly one page of REST; there may be more"
                    ),
                )
                .expected("the following pages in the same file"),
            );
        }
        Some(page)
    }
}

#[derive(Default)]
struct Reviews {
    repository: OneRepository,
    counts: PerChange,
}

impl TakeRecord for Reviews {
    type Value<'de> = Review<'de>;

    fn take(&mut self, at: At, review: Review<'_>, context: &Context<'_>, out: &mut dyn Records) {
        match review.record(key_of_path(context.path)) {
            Some(record) => {
                self.repository.note(record.change.as_ref().map_or("", |change| &change.repository));
                self.counts.note(&record);
                out.record(at, Record::Review(record));
            }
            None => out.problem(no_change(&at, "review")),
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        finish(&self.repository, &self.counts, end, "reviews", "REST reviews", out);
    }
}

#[derive(Default)]
struct Comments {
    repository: OneRepository,
    counts: PerChange,
}

impl TakeRecord for Comments {
    type Value<'de> = Comment<'de>;

    fn take(&mut self, at: At, comment: Comment<'_>, context: &Context<'_>, out: &mut dyn Records) {
        match comment.record(key_of_path(context.path)) {
            Some(record) => {
                self.repository.note(record.change.as_ref().map_or("", |change| &change.repository));
                self.counts.note(&record);
                out.record(at, Record::Review(record));
            }
            None => out.problem(no_change(&at, "comment")),
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        finish(&self.repository, &self.counts, end, "review comments", "REST review comments", out);
    }
}

/// Emits the listing. A list over several changes is cut where that of one change is a full page: each was asked for by
/// itself.
fn finish(
    repository: &OneRepository,
    counts: &PerChange,
    end: &End,
    of: &'static str,
    source: &'static str,
    out: &mut dyn Records,
) {
    let cut = counts.cut(of, out);
    let is_one_list = counts.0.len() <= 1;
    let cap = if is_one_list { cut.or(truncation::rest_page(end.count)) } else { None };
    let end = End { is_cut_short: end.is_cut_short || (cut.is_some() && !is_one_list), ..*end };
    repository.finish(&end, of, source, cap, out);
}
