//! Check runs, commit statuses and workflow runs: REST lists, and `gh run list --json …`.

use serde::Deserialize;

use super::{OneRepository, Repository, peek};
use crate::format::json::{End, JsonReader, TakeRecord, Text, Time};
use crate::format::{Context, Format, Head, github, truncation};
use crate::model::record::{ChangeKey, Outcome, Record, Str, TestRunRecord};
use crate::model::{At, Part, Records};

/// Check runs, commit statuses and workflow runs.
pub static FORMAT: Format = Format {
    id: "github-checks",
    title: "GitHub check runs, statuses and workflow runs",
    recognise,
    open: || Box::new(JsonReader::new(Checks::default())),
};

fn recognise(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    let reason = if peek.has_all(&["total_count", "check_runs"]) {
        "total_count and check_runs: REST check runs"
    } else if peek.has_all(&["total_count", "workflow_runs"]) {
        "total_count and workflow_runs: REST workflow runs"
    } else if peek.has_all(&["statuses", "sha", "state"]) {
        "statuses, sha and state: REST combined status"
    } else if peek.has_all(&["context", "state"]) && peek.has_any(&["target_url", "creator"]) {
        "context, state and target_url: REST commit statuses"
    } else if peek.has_all(&["head_sha", "conclusion"]) {
        "head_sha and conclusion: REST check or workflow runs"
    } else if peek.has_all(&["headSha", "conclusion"]) {
        "headSha and conclusion: gh run list"
    } else {
        return None;
    };
    Some(format!("{shape} with {reason}"))
}

/// A check run, workflow run or commit status, of REST or `gh`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Run<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, alias = "workflowName")]
    path: Text<'a>,
    #[serde(borrow, alias = "headSha")]
    head_sha: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    conclusion: Text<'a>,
    #[serde(borrow)]
    context: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(alias = "run_started_at", alias = "startedAt")]
    started_at: Time,
    completed_at: Time,
    #[serde(alias = "updatedAt")]
    updated_at: Time,
    repository: Option<Repository<'a>>,
    pull_requests: Option<Vec<PullReference<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PullReference<'a> {
    number: Option<u64>,
    #[serde(borrow)]
    url: Text<'a>,
}

impl<'a> Run<'a> {
    /// Returns the run; `sha` is the commit of the list that it is in. `None` without a name and a commit.
    pub(super) fn record(self, sha: &Str<'a>, part: Option<Part>) -> Option<TestRunRecord<'a>> {
        let is_status = !self.context.is_empty();
        let name = if is_status { self.context.0 } else { super::first(self.name.0, || self.path.0.clone()) };
        if name.is_empty() {
            return None;
        }
        let outcome: Outcome = if is_status {
            github::status_outcome(self.state.as_str())
        } else {
            github::check_outcome(self.status.as_str(), self.conclusion.as_str())
        };
        // A commit status names its commit only in its address: …/statuses/SHA.
        let commit = super::first(self.head_sha.0, || github::behind(&self.url.0, "/statuses/"));
        let commit = super::first(commit, || sha.clone());
        let ended = self.completed_at.0.or(self.updated_at.0).filter(|_| outcome != Outcome::Running);
        Some(TestRunRecord {
            is_test: github::is_test(&name, self.path.as_str()),
            name,
            commit,
            change: only_pull(self.pull_requests),
            outcome,
            counts: None,
            started: self.started_at.0,
            ended,
            part,
        })
    }

    /// Returns the repository that the run names.
    pub(super) fn repository(&self) -> Str<'a> {
        let named =
            self.repository.as_ref().map_or_else(|| "".into(), |repository| repository.full_name.0.clone());
        super::first(named, || github::repository(&self.url.0))
    }
}

/// Returns the change of a run that belongs to exactly one.
fn only_pull(pulls: Option<Vec<PullReference<'_>>>) -> Option<ChangeKey<'_>> {
    let mut pulls = pulls?;
    let pull = pulls.pop().filter(|_| pulls.is_empty())?;
    let repository = github::repository(&pull.url.0);
    // Without its repository a number says nothing: the pull request may be a fork's.
    (!repository.is_empty()).then_some(ChangeKey { repository, number: pull.number? })
}

/// One document: a page of runs, a combined status, or one run of a bare list.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    total_count: Option<u64>,
    check_runs: Option<Vec<Run<'a>>>,
    workflow_runs: Option<Vec<Run<'a>>>,
    statuses: Option<Vec<Run<'a>>>,
    #[serde(borrow)]
    sha: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, alias = "workflowName")]
    path: Text<'a>,
    #[serde(borrow, alias = "headSha")]
    head_sha: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    conclusion: Text<'a>,
    #[serde(borrow)]
    context: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(alias = "run_started_at", alias = "startedAt")]
    started_at: Time,
    completed_at: Time,
    #[serde(alias = "updatedAt")]
    updated_at: Time,
    repository: Option<Repository<'a>>,
    pull_requests: Option<Vec<PullReference<'a>>>,
}

#[derive(Default)]
struct Checks {
    repository: OneRepository,
    listed: u64,
    total: Option<u64>,
}

impl Checks {
    fn run<'a>(&mut self, at: At, run: Run<'a>, sha: &Str<'a>, part: Option<Part>, out: &mut dyn Records) {
        self.listed += 1;
        self.repository.note(&run.repository());
        if let Some(record) = run.record(sha, part) {
            out.record(at, Record::TestRun(record));
        }
    }
}

impl TakeRecord for Checks {
    type Value<'de> = Document<'de>;

    fn take(&mut self, at: At, document: Document<'_>, _: &Context<'_>, out: &mut dyn Records) {
        let lists = [
            ("check_runs", document.check_runs),
            ("workflow_runs", document.workflow_runs),
            ("statuses", document.statuses),
        ];
        let mut is_page = false;
        for (key, list) in lists {
            is_page |= list.is_some();
            for (run, index) in list.into_iter().flatten().zip(0..) {
                self.run(at, run, &document.sha.0, Some(Part::element(key, index)), out);
            }
        }
        if is_page {
            // Every page states the same total.
            self.total = self.total.max(document.total_count);
            return;
        }
        let run = Run {
            name: document.name,
            path: document.path,
            head_sha: document.head_sha,
            status: document.status,
            conclusion: document.conclusion,
            context: document.context,
            state: document.state,
            url: document.url,
            started_at: document.started_at,
            completed_at: document.completed_at,
            updated_at: document.updated_at,
            repository: document.repository,
            pull_requests: document.pull_requests,
        };
        self.run(at, run, &document.sha.0, None, out);
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        let cap = match self.total {
            Some(total) => (total > self.listed).then_some(self.listed),
            None => truncation::rest_page(self.listed),
        };
        let end = End { count: self.listed, is_single: false, ..*end };
        self.repository.finish(&end, "checks", "REST checks", cap, out);
    }
}
