//! Webhook payloads of pull requests, reviews, comments on lines, checks, workflow runs and issues, one or many in a file.
//!
//! Their parts are the objects of the REST interface. Of a pull request in a log of events only the payload of its closing
//! is taken: earlier ones are states that it no longer has.

use serde::Deserialize;

use super::checks::Run;
use super::issues::Issue;
use super::pulls::{Pull, no_number};
use super::reviews::{Comment, Review};
use super::{OneRepository, Repository, peek};
use crate::format::json::{End, JsonReader, TakeRecord, Text};
use crate::format::{Context, Format, Head};
use crate::model::record::{ChangeKey, Record};
use crate::model::{At, Base, Part, Records};

/// Webhook payloads.
pub static FORMAT: Format = Format {
    id: "github-webhooks",
    title: "GitHub webhook payloads",
    recognise,
    open: || Box::new(JsonReader::new(Webhooks::default())),
};

/// Keys of payloads whose parts are read here.
const PARTS: [&str; 6] = ["pull_request", "review", "comment", "check_run", "workflow_run", "issue"];

fn recognise(head: &Head<'_>) -> Option<String> {
    let (peek, shape) = peek(head)?;
    if !peek.has_all(&["action", "sender"])
        || peek.has_any(&["deployment", "deployment_status", "environment"])
    {
        return None;
    }
    let part = PARTS.into_iter().find(|part| peek.has(part))?;
    Some(format!("{shape} with action, sender and {part}: webhook payload"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    repository: Option<Repository<'a>>,
    pull_request: Option<Pull<'a>>,
    review: Option<Review<'a>>,
    comment: Option<Comment<'a>>,
    check_run: Option<Run<'a>>,
    workflow_run: Option<Run<'a>>,
    issue: Option<Issue<'a>>,
}

#[derive(Default)]
struct Webhooks {
    repository: OneRepository,
}

impl TakeRecord for Webhooks {
    type Value<'de> = Payload<'de>;

    fn take(&mut self, at: At, payload: Payload<'_>, _: &Context<'_>, out: &mut dyn Records) {
        let repository = payload.repository.unwrap_or_default().full_name.0;
        self.repository.note(&repository);
        let has_own_record = payload.review.is_some() || payload.comment.is_some();
        let mut hint = None;
        match payload.pull_request.map(Pull::change) {
            Some(Some(change)) => {
                hint =
                    Some(ChangeKey { repository: change.key.repository.clone(), number: change.key.number });
                if !has_own_record && (at.base == Base::Whole || payload.action.as_str() == "closed") {
                    out.record(at, Record::Change(Box::new(change)));
                }
            }
            Some(None) => out.problem(no_number(&at)),
            None => {}
        }
        if let Some(mut review) = payload.review.and_then(|review| review.record(hint.clone())) {
            review.part = Some(Part::field("review"));
            out.record(at, Record::Review(review));
        }
        // A comment on an issue comes under the same key, and is none on a line.
        let comment = payload.comment.filter(|_| hint.is_some());
        if let Some(mut comment) = comment.and_then(|comment| comment.record(hint)) {
            comment.part = Some(Part::field("comment"));
            out.record(at, Record::Review(comment));
        }
        let runs = [("check_run", payload.check_run), ("workflow_run", payload.workflow_run)];
        for (key, run) in runs {
            if let Some(run) = run.and_then(|run| run.record(&"".into(), Some(Part::field(key)))) {
                out.record(at, Record::TestRun(run));
            }
        }
        if let Some(ticket) = payload.issue.and_then(Issue::record) {
            out.record(at, Record::Ticket(ticket));
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        // A log of events says nothing of how many changes there are.
        self.repository.finish(end, "events", "webhook payloads", None, out);
    }
}
