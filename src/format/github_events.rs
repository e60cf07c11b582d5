//! What happened to branches: GitHub's audit log (JSON, JSON Lines), its list of repository activities (REST), and webhook
//! payloads of pushes.
//!
//! Of the audit log only overrides of a branch's protection are taken; its other events say nothing of branches. Tags
//! are left out.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::detect::Shape;
use super::github_rest::{OneRepository, User, account};
use super::json::{End, JsonReader, TakeRecord, Text, Time};
use super::{Context, Format, Head};
use crate::model::record::{AccountRecord, PushKind, PushRecord, Record};
use crate::model::{At, Moment, Records};

/// The audit log.
pub static AUDIT_LOG: Format = Format {
    id: "github-audit-log",
    title: "GitHub audit log",
    recognise: recognise_audit,
    open: || Box::new(JsonReader::new(Events { source: "audit log", ..Events::default() })),
};

/// Activities of a repository and payloads of pushes.
pub static PUSHES: Format = Format {
    id: "github-pushes",
    title: "GitHub pushes (activity, webhooks)",
    recognise: recognise_pushes,
    open: || Box::new(JsonReader::new(Events { source: "pushes", ..Events::default() })),
};

fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Array => "array of objects",
        Shape::Lines => "lines of objects",
        Shape::Object | Shape::EmptyArray => "object",
    }
}

fn recognise_audit(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let is_event = peek.text("action").is_some_and(|action| action.contains('.'));
    (is_event && peek.has_any(&["@timestamp", "_document_id"]))
        .then(|| format!("{} with a dotted action and @timestamp: audit log", shape(peek.shape)))
}

fn recognise_pushes(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    if !peek.has_all(&["ref", "before", "after"]) {
        return None;
    }
    let what = if peek.has("activity_type") {
        "activity_type: REST activity"
    } else if peek.has_all(&["forced", "pusher"]) {
        "forced and pusher: webhook payload of a push"
    } else {
        return None;
    };
    Some(format!("{} with ref, before, after, {what}", shape(peek.shape)))
}

/// A time in milliseconds or seconds since 1970, or as text.
#[derive(Clone, Copy, Default)]
struct Instant(Option<Moment>);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InstantVisitor;
        impl Visitor<'_> for InstantVisitor {
            type Value = Option<Moment>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("milliseconds since 1970, or a time as in 2026-08-14T09:41:00Z")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                // Seconds stay below this number until the year 5138, milliseconds passed it in 1973.
                let number = i64::try_from(number).ok();
                Ok(number.map(|number| {
                    if number < 100_000_000_000 {
                        Moment::from_seconds(number)
                    } else {
                        Moment::from_millis(number)
                    }
                }))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Moment::parse(text))
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }
        }
        deserializer.deserialize_any(InstantVisitor).map(Self)
    }
}

/// One event of either list.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    activity_type: Text<'a>,
    #[serde(borrow)]
    repo: Text<'a>,
    #[serde(borrow)]
    branch: Text<'a>,
    #[serde(borrow, rename = "ref")]
    reference: Text<'a>,
    #[serde(borrow)]
    before: Text<'a>,
    #[serde(borrow)]
    after: Text<'a>,
    forced: bool,
    deleted: bool,
    /// An account in activities, a login in the audit log.
    #[serde(borrow)]
    actor: Actor<'a>,
    sender: Option<User<'a>>,
    repository: Option<PushedRepository<'a>>,
    timestamp: Time,
    #[serde(rename = "@timestamp")]
    at: Instant,
    created_at: Instant,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct PushedRepository<'a> {
    #[serde(borrow)]
    full_name: Text<'a>,
    pushed_at: Instant,
}

/// Who did it.
#[derive(Default)]
struct Actor<'a>(Option<AccountRecord<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Actor<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ActorVisitor;
        impl<'de> Visitor<'de> for ActorVisitor {
            type Value = Option<AccountRecord<'de>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an account or a login")
            }
            fn visit_borrowed_str<E: Error>(self, login: &'de str) -> Result<Self::Value, E> {
                Ok((!login.is_empty()).then(|| AccountRecord::login(login)))
            }
            fn visit_str<E: Error>(self, login: &str) -> Result<Self::Value, E> {
                Ok((!login.is_empty()).then(|| AccountRecord::login(login.to_owned())))
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }
            fn visit_map<M: serde::de::MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
                let user = User::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(account(Some(user), Text::default()))
            }
        }
        deserializer.deserialize_any(ActorVisitor).map(Self)
    }
}

impl<'a> Event<'a> {
    /// Returns what it says of a branch; `None` where it says nothing of one.
    fn record(self) -> Option<PushRecord<'a>> {
        let kind = match (self.action.as_str(), self.activity_type.as_str()) {
            ("protected_branch.policy_override", _) => PushKind::Override,
            (action, "") if !action.is_empty() => return None,
            (_, "force_push") => PushKind::Force,
            (_, "branch_deletion") => PushKind::Deletion,
            // The first push of a branch is none past its changes.
            (_, "branch_creation") => return None,
            (_, "") if self.forced => PushKind::Force,
            (_, "") if self.deleted => PushKind::Deletion,
            _ => PushKind::Push,
        };
        let reference = if self.reference.is_empty() { self.branch.0 } else { self.reference.0 };
        if reference.starts_with("refs/tags/") || reference.is_empty() {
            return None;
        }
        let repository = self.repository.unwrap_or_default();
        let at = self.timestamp.0.or(self.at.0).or(self.created_at.0).or(repository.pushed_at.0);
        Some(PushRecord {
            repository: if self.repo.is_empty() { repository.full_name.0 } else { self.repo.0 },
            reference,
            kind,
            before: self.before.0,
            after: self.after.0,
            actor: self.actor.0.or_else(|| account(self.sender, Text::default())),
            at,
        })
    }
}

#[derive(Default)]
struct Events {
    source: &'static str,
    repository: OneRepository,
}

impl TakeRecord for Events {
    type Value<'de> = Event<'de>;

    fn take(&mut self, at: At, event: Event<'_>, _: &Context<'_>, out: &mut dyn Records) {
        if let Some(record) = event.record() {
            self.repository.note(&record.repository);
            out.record(at, Record::Push(record));
        }
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, out: &mut dyn Records) {
        self.repository.finish(end, "events", self.source, None, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{read, sample};

    /// Pushes in words, and the format.
    fn pushes(bytes: &[u8]) -> (Vec<String>, &'static str) {
        let mut seen = Vec::new();
        let file = read("events.json", bytes, |_, record| {
            if let Record::Push(push) = record {
                let who = push.actor.map(|actor| actor.login.into_owned()).unwrap_or_default();
                let at = push.at.map(|at| at.to_string()).unwrap_or_default();
                seen.push(format!(
                    "{} {} {:?} {} {} {who} {at}",
                    push.repository, push.reference, push.kind, push.before, push.after
                ));
            }
        });
        assert!(file.problems.is_empty(), "{:?}", file.problems);
        (seen, file.format)
    }

    #[test]
    fn overrides_of_protection_are_read_from_the_audit_log() {
        let text = br#"[{"action":"protected_branch.policy_override","repo":"o/r","branch":"refs/heads/main","actor":"ana","@timestamp":1641796648783,"_document_id":"x"},
            {"action":"git.clone","repo":"o/r","actor":"ana","@timestamp":1641796648783}]"#;
        let expected = "o/r refs/heads/main Override   ana 2022-01-10T06:37:28Z".to_owned();
        assert_eq!(pushes(text), (vec![expected], "github-audit-log"));
    }

    #[test]
    fn a_real_record_of_the_audit_log_is_read() {
        let Some(bytes) = sample("github-audit-log/policy-override.json") else { return };
        let (seen, format) = pushes(&bytes);
        assert_eq!((seen.len(), format), (1, "github-audit-log"));
    }

    #[test]
    fn activities_tell_a_force_push_from_a_push() {
        let text = br#"[{"id":1,"before":"aaaaaaaa","after":"bbbbbbbb","ref":"refs/heads/main","timestamp":"2026-03-01T08:00:00Z","activity_type":"force_push","actor":{"login":"ana","type":"User"}},
            {"id":2,"before":"bbbbbbbb","after":"cccccccc","ref":"refs/heads/main","timestamp":"2026-03-02T08:00:00Z","activity_type":"pr_merge","actor":null},
            {"id":3,"before":"0000","after":"cccccccc","ref":"refs/heads/new","activity_type":"branch_creation"}]"#;
        let (seen, format) = pushes(text);
        assert_eq!(format, "github-pushes");
        assert_eq!(
            seen,
            [
                " refs/heads/main Force aaaaaaaa bbbbbbbb ana 2026-03-01T08:00:00Z",
                " refs/heads/main Push bbbbbbbb cccccccc  2026-03-02T08:00:00Z",
            ]
        );
    }

    #[test]
    fn payloads_of_pushes_are_read_and_tags_left_out() {
        let text = br#"{"ref":"refs/heads/main","before":"aaaaaaaa","after":"bbbbbbbb","forced":true,"deleted":false,"pusher":{"name":"ana"},"sender":{"login":"ana"},"repository":{"full_name":"o/r","pushed_at":1772352000}}"#;
        let expected = "o/r refs/heads/main Force aaaaaaaa bbbbbbbb ana 2026-03-01T08:00:00Z".to_owned();
        assert_eq!(pushes(text), (vec![expected], "github-pushes"));
        let Some(bytes) = sample("github-webhook-payloads/push/payload.json") else { return };
        assert_eq!(pushes(&bytes), (Vec::new(), "github-pushes"));
    }
}
