//! Deployments: GitHub's REST lists and webhook payloads, and tables (CSV) with a header that names a commit.

mod table;

#[cfg(test)]
mod tests;

use serde::Deserialize;

use super::detect::Shape;
use super::github_rest::{OneRepository, Repository, User, account, first};
use super::json::{End, JsonReader, TakeRecord, Text, Time};
use super::{Context, Format, Head, github, truncation};
use crate::model::record::{DeploymentRecord, Outcome, Record, Str};
use crate::model::{At, Part, Records};

pub use table::FORMAT as TABLE;

/// Deployments, deployment statuses and deployment approvals of GitHub.
pub static FORMAT: Format = Format {
    id: "github-deployments",
    title: "GitHub deployments (REST, webhooks)",
    recognise,
    open: || Box::new(JsonReader::new(Deployments::default())),
};

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let reason = if peek.has("action") && peek.has("deployment_status/state") {
        "action and deployment_status: webhook payload"
    } else if peek.has_all(&["action", "deployment/sha"]) {
        "action and deployment: webhook payload"
    } else if peek.has_all(&["action", "workflow_run", "environment"]) {
        "action, workflow_run and environment: webhook payload of a deployment review"
    } else if peek.has_all(&["state", "deployment_url"]) {
        "state and deployment_url: REST deployment statuses"
    } else if peek.has_all(&["sha", "environment"]) && peek.has_any(&["task", "statuses_url", "creator"]) {
        "sha, environment and creator: REST deployments"
    } else {
        return None;
    };
    let shape = match peek.shape {
        Shape::Array => "array of objects",
        Shape::Lines => "lines of objects",
        Shape::Object | Shape::EmptyArray => "object",
    };
    Some(format!("{shape} with {reason}"))
}

/// A deployment or a status of one.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Deployment<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    sha: Text<'a>,
    #[serde(borrow)]
    environment: Text<'a>,
    creator: Option<User<'a>>,
    created_at: Time,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    repository_url: Text<'a>,
    #[serde(borrow)]
    deployment_url: Text<'a>,
}

impl<'a> Deployment<'a> {
    /// Returns the record; one with the address of a deployment is a status of it.
    fn record(self, part: Option<Part>) -> DeploymentRecord<'a> {
        let of = github::number(self.deployment_url.as_str(), "/deployments/");
        let is_update = !self.deployment_url.is_empty();
        let id = if is_update { of } else { self.id };
        DeploymentRecord {
            repository: first(github::repository(&self.repository_url.0), || github::repository(&self.url.0)),
            id: id.map(|id| id.to_string()).unwrap_or_default().into(),
            commit: self.sha.0,
            environment: self.environment.0,
            creator: account(self.creator, Text::default()),
            approvers: None,
            at: self.created_at.0,
            outcome: outcome(self.state.as_str()),
            is_update,
            part,
        }
    }
}

/// Returns the outcome of a deployment's state; `inactive` says only that a later one replaced it.
fn outcome(state: &str) -> Outcome {
    match state {
        "success" => Outcome::Passed,
        "failure" | "error" => Outcome::Failed,
        "pending" | "queued" | "in_progress" | "waiting" => Outcome::Running,
        _ => Outcome::Unknown,
    }
}

/// A deployment, a status, or a webhook payload around them.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    sha: Text<'a>,
    /// A name, and in some payloads null.
    #[serde(borrow)]
    environment: Text<'a>,
    creator: Option<User<'a>>,
    created_at: Time,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    repository_url: Text<'a>,
    #[serde(borrow)]
    deployment_url: Text<'a>,

    #[serde(borrow)]
    action: Text<'a>,
    deployment: Option<Deployment<'a>>,
    deployment_status: Option<Deployment<'a>>,
    workflow_run: Option<WorkflowRun<'a>>,
    repository: Option<Repository<'a>>,
    approver: Option<User<'a>>,
    since: Time,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WorkflowRun<'a> {
    #[serde(borrow)]
    head_sha: Text<'a>,
    triggering_actor: Option<User<'a>>,
}

#[derive(Default)]
struct Deployments {
    repository: OneRepository,
}

impl Deployments {
    fn emit(
        &mut self,
        at: At,
        mut record: DeploymentRecord<'_>,
        repository: &Str<'_>,
        out: &mut dyn Records,
    ) {
        if record.repository.is_empty() {
            record.repository = repository.clone().into_owned().into();
        }
        self.repository.note(&record.repository);
        out.record(at, Record::Deployment(record));
    }
}

impl TakeRecord for Deployments {
    type Value<'de> = Document<'de>;

    fn take(&mut self, at: At, document: Document<'_>, _: &Context<'_>, out: &mut dyn Records) {
        let repository = document.repository.unwrap_or_default().full_name.0;
        if document.action.is_empty() {
            let deployment = Deployment {
                id: document.id,
                sha: document.sha,
                environment: document.environment,
                creator: document.creator,
                created_at: document.created_at,
                state: document.state,
                url: document.url,
                repository_url: document.repository_url,
                deployment_url: document.deployment_url,
            };
            self.emit(at, deployment.record(None), &repository, out);
            return;
        }
        if let Some(deployment) = document.deployment {
            self.emit(at, deployment.record(Some(Part::field("deployment"))), &repository, out);
        }
        if let Some(status) = document.deployment_status {
            self.emit(at, status.record(Some(Part::field("deployment_status"))), &repository, out);
            return;
        }
        // The review of a deployment names no deployment, only the run that waited for it.
        if let (Some(run), "approved" | "rejected") = (document.workflow_run, document.action.as_str()) {
            let is_approved = document.action.as_str() == "approved";
            let approver = account(document.approver, Text::default()).filter(|_| is_approved);
            let record = DeploymentRecord {
                commit: run.head_sha.0,
                environment: document.environment.0,
                creator: account(run.triggering_actor, Text::default()),
                approvers: Some(approver.into_iter().collect()),
                at: document.since.0,
                outcome: if is_approved { Outcome::Unknown } else { Outcome::Skipped },
                is_update: true,
                ..DeploymentRecord::default()
            };
            self.emit(at, record, &repository, out);
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        self.repository.finish(
            end,
            "deployments",
            "GitHub deployments",
            truncation::rest_page(end.count),
            out,
        );
    }
}
