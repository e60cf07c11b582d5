//! Pull requests as the GitHub command line exports them: `gh pr list --json …` and `gh pr view --json …`, with any
//! subset of fields.
//!
//! Fields are those of gh's `api/export_pr.go`. A field that was not asked for is absent, and nothing follows from it.

use std::borrow::Cow;

use serde::Deserialize;

use super::detect::Shape;
use super::json::{End, JsonReader, TakeRecord, Text, Time, present};
use super::{Context, Format, Head, github, truncation};
use crate::model::record::{
    AccountRecord, ChangeKey, ChangeRecord, ChangeState, CommitRecord, Field, FileRecord, ListingRecord,
    Outcome, Record, ReviewRecord, ReviewState, Str, TestRunRecord, TicketRecord, Totals,
};
use crate::model::{At, Base, Part, Records};
use crate::problem::{Kind, Problem, Spot};

/// Pull requests of `gh pr list` and `gh pr view`.
pub static FORMAT: Format = Format {
    id: "gh-pull-requests",
    title: "GitHub pull requests (gh pr list, gh pr view)",
    recognise,
    open: || Box::new(JsonReader::new(PullRequests::default())),
};

/// Fields that gh gives pull requests and nothing else.
const MARKS: [&str; 14] = [
    "reviewDecision",
    "latestReviews",
    "headRefOid",
    "headRefName",
    "baseRefName",
    "baseRefOid",
    "mergeStateStatus",
    "statusCheckRollup",
    "closingIssuesReferences",
    "mergedAt",
    "mergedBy",
    "mergeCommit",
    "reviewRequests",
    "isCrossRepository",
];

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let shape = match peek.shape {
        Shape::Array => "array of objects",
        Shape::Lines => "lines of objects",
        Shape::Object => "object",
        Shape::EmptyArray => return None,
    };
    let source = if peek.shape == Shape::Object { "gh pr view" } else { "gh pr list" };
    let marks: Vec<&str> = MARKS.into_iter().filter(|mark| peek.has(mark)).take(3).collect();
    if !marks.is_empty() && (peek.has_any(&["number", "url", "reviews", "latestReviews", "title"])) {
        return Some(format!("{shape} with {}: {source}", marks.join(" and ")));
    }
    let is_pull = peek.text("url").is_some_and(|url| url.contains("/pull/"));
    (is_pull && peek.has_any(&["number", "title", "reviews", "commits", "files"]) && !peek.has("head/sha"))
        .then(|| format!("{shape} whose url is a pull request's: {source}"))
}

/// One pull request of `gh`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PullRequest<'a> {
    number: Option<u64>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    author: Option<Account<'a>>,
    created_at: Time,
    merged_at: Time,
    #[serde(deserialize_with = "present")]
    merged_by: Option<Option<Account<'a>>>,
    merge_commit: Option<Oid<'a>>,
    #[serde(borrow)]
    head_ref_oid: Text<'a>,
    #[serde(borrow)]
    base_ref_name: Text<'a>,
    #[serde(borrow)]
    head_ref_name: Text<'a>,
    labels: Option<Vec<Label<'a>>>,
    closing_issues_references: Option<Vec<Issue<'a>>>,
    reviews: Option<Vec<Review<'a>>>,
    latest_reviews: Option<Vec<Review<'a>>>,
    commits: Option<Vec<Commit<'a>>>,
    files: Option<Vec<File<'a>>>,
    status_check_rollup: Option<Vec<Check<'a>>>,
    additions: Option<u64>,
    deletions: Option<u64>,
    changed_files: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Account<'a> {
    #[serde(borrow)]
    login: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    email: Text<'a>,
    is_bot: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Oid<'a> {
    #[serde(borrow)]
    oid: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Label<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Issue<'a> {
    number: Option<u64>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Review<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    author: Option<Account<'a>>,
    #[serde(borrow)]
    author_association: Text<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    submitted_at: Time,
    #[serde(borrow)]
    state: Text<'a>,
    commit: Option<Oid<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Commit<'a> {
    #[serde(borrow)]
    oid: Text<'a>,
    #[serde(borrow)]
    message_headline: Text<'a>,
    #[serde(borrow)]
    message_body: Text<'a>,
    authored_date: Time,
    committed_date: Time,
    authors: Option<Vec<Account<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    additions: Option<u32>,
    deletions: Option<u32>,
}

/// A check run, or a commit status (`context` and `state`).
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Check<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    workflow_name: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    conclusion: Text<'a>,
    #[serde(borrow)]
    context: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    started_at: Time,
    completed_at: Time,
}

/// Turns pull requests of `gh` into changes.
#[derive(Default)]
struct PullRequests {
    /// The repository of all pull requests so far; empty once there are two.
    repository: Option<String>,
}

impl TakeRecord for PullRequests {
    type Value<'de> = PullRequest<'de>;

    fn take(&mut self, at: At, pull: PullRequest<'_>, _: &Context<'_>, out: &mut dyn Records) {
        let number = pull.number.filter(|&n| n > 0).or_else(|| github::number(&pull.url.0, "/pull/"));
        let Some(number) = number else {
            out.problem(no_number(&at));
            return;
        };
        let repository = github::repository(&pull.url.0);
        match &mut self.repository {
            Some(known) if *known != *repository => known.clear(),
            Some(_) => {}
            None => self.repository = Some(repository.clone().into_owned()),
        }
        let change = change(&at, pull, ChangeKey { repository, number }, out);
        out.record(at, Record::Change(Box::new(change)));
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        let source = if end.is_single { "gh pr view" } else { "gh pr list" };
        let cap = truncation::gh_limit(end.count).filter(|_| !end.is_single);
        if let Some(cap) = cap {
            out.problem(truncation::file_problem("pull requests", end.count, cap, "gh pr list"));
        }
        let listing = ListingRecord {
            repository: Cow::Borrowed(self.repository.as_deref().unwrap_or_default()),
            of: "changes",
            source,
            count: end.count,
            cut_at: cap.or(end.is_cut_short.then_some(end.count)),
            extracted: None,
            has_closed: false,
        };
        out.record(At::new(Base::Whole, 0, 0), Record::Listing(listing));
    }
}

fn no_number(at: &At) -> Problem {
    Problem::error(
        Kind::MissingField,
        "a pull request without number and url; nothing can be attributed to it, so it was skipped",
    )
    .expected("number or url in the list behind --json")
    .at(Spot::pointer(at.pointer(None), at.start))
}

/// Turns one pull request into a change, and says which of its lists are cut.
fn change<'a>(at: &At, pull: PullRequest<'a>, key: ChangeKey<'a>, out: &mut dyn Records) -> ChangeRecord<'a> {
    let mut truncated = Vec::new();
    let mut check_length = |key: &'static str, listed: Option<usize>, total: Option<u64>| {
        let Some(listed) = listed else { return };
        if let Some(cut) = truncation::nested(listed, truncation::GH_NESTED, total) {
            truncated.push((key, truncation::GH_NESTED.min(listed as u64)));
            out.problem(truncation::problem(at, key, listed, cut));
        }
    };
    let length = |list: &Option<Vec<Review<'_>>>| list.as_ref().map(Vec::len);
    check_length("reviews", length(&pull.reviews), None);
    if pull.reviews.is_none() {
        check_length("latestReviews", length(&pull.latest_reviews), None);
    }
    check_length("commits", pull.commits.as_ref().map(Vec::len), None);
    check_length("files", pull.files.as_ref().map(Vec::len), pull.changed_files);
    check_length("statusCheckRollup", pull.status_check_rollup.as_ref().map(Vec::len), None);

    let head = pull.head_ref_oid.0;
    let merged = pull.merged_at.0;
    ChangeRecord {
        title: pull.title.0,
        body: pull.body.0,
        state: state(pull.state.as_str(), merged.is_some()),
        author: pull.author.and_then(|author| account(author, Cow::Borrowed(""))),
        created: pull.created_at.0,
        merged,
        merged_by: match pull.merged_by {
            None => Field::Absent,
            Some(merger) => match merger.and_then(|merger| account(merger, Cow::Borrowed(""))) {
                None => Field::Null,
                Some(merger) => Field::Value(merger),
            },
        },
        merge_commit: pull.merge_commit.unwrap_or_default().oid.0,
        base_branch: pull.base_ref_name.0,
        head_branch: pull.head_ref_name.0,
        labels: pull.labels.map(|labels| {
            labels.into_iter().map(|label| label.name.0).filter(|name| !name.is_empty()).collect()
        }),
        tickets: pull.closing_issues_references.map(|issues| tickets(issues, &key.repository)),
        reviews: reviews(pull.reviews, pull.latest_reviews),
        commits: pull.commits.map(|commits| commits.into_iter().enumerate().filter_map(commit).collect()),
        files: pull.files.map(|files| files.into_iter().filter_map(file).collect()),
        checks: pull.status_check_rollup.map(|checks| {
            checks.into_iter().enumerate().filter_map(|check| test_run(check, &head)).collect()
        }),
        totals: Totals {
            additions: pull.additions,
            deletions: pull.deletions,
            files: pull.changed_files,
            commits: None,
        },
        truncated,
        url: pull.url.0,
        head,
        key,
    }
}

fn state(word: &str, is_merged: bool) -> ChangeState {
    match word {
        "OPEN" => ChangeState::Open,
        "CLOSED" => ChangeState::Closed,
        "MERGED" => ChangeState::Merged,
        _ if is_merged => ChangeState::Merged,
        _ => ChangeState::Unknown,
    }
}

fn account<'a>(account: Account<'a>, association: Str<'a>) -> Option<AccountRecord<'a>> {
    let kind = github::kind(account.login.as_str(), account.is_bot, "", account.id.as_str());
    let record = AccountRecord {
        login: account.login.0,
        name: account.name.0,
        email: account.email.0,
        kind,
        association,
    };
    (!record.is_empty()).then_some(record)
}

/// Takes `reviews`, or `latestReviews` where only they were exported: those have neither ids nor commits.
fn reviews<'a>(
    reviews: Option<Vec<Review<'a>>>,
    latest: Option<Vec<Review<'a>>>,
) -> Option<Vec<ReviewRecord<'a>>> {
    let (key, list) = match reviews {
        Some(reviews) => ("reviews", reviews),
        None => ("latestReviews", latest?),
    };
    Some(list.into_iter().zip(0..).filter_map(|(element, index)| review(element, key, index)).collect())
}

fn review<'a>(review: Review<'a>, key: &'static str, index: u32) -> Option<ReviewRecord<'a>> {
    // What is left of an element that is no review.
    if review.state.is_empty() && review.author.is_none() && review.submitted_at.0.is_none() {
        return None;
    }
    Some(ReviewRecord {
        change: None,
        id: review.id.0,
        author: review.author.and_then(|author| account(author, review.author_association.0)),
        state: ReviewState::parse(review.state.as_str()),
        submitted: review.submitted_at.0,
        commit: review.commit.unwrap_or_default().oid.0,
        body: review.body.0,
        line_comments: None,
        part: Some(Part::element(key, index)),
    })
}

fn commit<'a>((index, commit): (usize, Commit<'a>)) -> Option<CommitRecord<'a>> {
    if commit.oid.is_empty() {
        return None;
    }
    let mut authors =
        commit.authors.into_iter().flatten().filter_map(|author| account(author, Cow::Borrowed("")));
    Some(CommitRecord {
        id: commit.oid.0,
        author: authors.next(),
        co_authors: authors.collect(),
        authored: commit.authored_date.0,
        committed: commit.committed_date.0,
        subject: commit.message_headline.0,
        body: commit.message_body.0,
        part: Some(Part::element("commits", u32::try_from(index).unwrap_or(u32::MAX))),
        ..CommitRecord::default()
    })
}

fn file(file: File<'_>) -> Option<FileRecord<'_>> {
    (!file.path.is_empty()).then_some(FileRecord {
        path: file.path.0,
        additions: file.additions,
        deletions: file.deletions,
    })
}

fn test_run<'a>((index, check): (usize, Check<'a>), head: &Str<'a>) -> Option<TestRunRecord<'a>> {
    let is_status = check.name.is_empty();
    let name = if is_status { check.context.0 } else { check.name.0 };
    if name.is_empty() {
        return None;
    }
    let outcome: Outcome = if is_status {
        github::status_outcome(check.state.as_str())
    } else {
        github::check_outcome(check.status.as_str(), check.conclusion.as_str())
    };
    Some(TestRunRecord {
        is_test: github::is_test(&name, check.workflow_name.as_str()),
        name,
        commit: head.clone(),
        change: None,
        outcome,
        counts: None,
        started: check.started_at.0,
        ended: check.completed_at.0,
        part: Some(Part::element("statusCheckRollup", u32::try_from(index).unwrap_or(u32::MAX))),
    })
}

/// Names issues as GitHub does: `#12` in the same repository, `owner/name#12` in another.
fn tickets<'a>(issues: Vec<Issue<'a>>, here: &str) -> Vec<TicketRecord<'a>> {
    let name = |issue: Issue<'a>| {
        let number = issue.number.or_else(|| github::number(issue.url.as_str(), "/issues/"))?;
        let repository = github::repository(&issue.url.0);
        let is_here = repository.is_empty() || repository.eq_ignore_ascii_case(here);
        let id = if is_here { format!("#{number}") } else { format!("{repository}#{number}") };
        Some(TicketRecord { id: Cow::Owned(id), created: None })
    };
    issues.into_iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests;
