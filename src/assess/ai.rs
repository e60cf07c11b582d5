//! `ai.*`: AI's part in the change, who asked for it, what was asked, of which model, and whether the records agree.

use std::collections::BTreeMap;

use crate::model::record::{PromptRecord, SessionSource};
use crate::model::{ActorKind, AiInvolvement, Capture, Verdict};
use crate::policy::{ApprovedTool, wildcard};
use crate::store::{Place, Session};

use super::finding::Finding;
use super::review::listed;
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "ai.disclosed" => disclosed(subject, explain),
        "ai.attribution-consistent" => super::attribution::decide(subject, explain),
        _ => match subject.ai {
            AiInvolvement::None => Finding::new(Verdict::NotApplicable, Capture::SelfTyped, explain, || {
                "It is on record that AI took no part.".into()
            }),
            AiInvolvement::Unknown => Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
                "Nothing in the bundle shows whether AI took part.".into()
            }),
            AiInvolvement::Assisted | AiInvolvement::Generated => match id {
                "ai.initiator" => initiator(subject, explain),
                "ai.prompt" => prompt(subject, explain),
                "ai.model-pinned" => model(subject, explain),
                "ai.own-identity" => super::identity::own(subject, explain),
                "ai.input-clean" => super::identity::input(subject, explain),
                "ai.reproducible" => reproducible(subject, explain),
                _ => tool_approved(subject, explain),
            },
        },
    }
}

fn session_label(subject: &Subject<'_>, session: &Session) -> (String, Place) {
    let tool = subject.store.text(session.tool);
    let tool = if tool.is_empty() { "an AI tool" } else { tool };
    (format!("{}: {tool}", session.source.word()), session.place)
}

fn disclosed(subject: &Subject<'_>, explain: bool) -> Finding {
    let sessions: Vec<&Session> = subject.ai_sessions().collect();
    let none: Vec<&Session> = subject.sessions().filter(|session| session.none).collect();
    if subject.ai.took_part() {
        let denied = none.iter().find(|session| session.source == SessionSource::ChangeText);
        if let Some(denied) = denied {
            return Finding::new(Verdict::Unmet, Capture::SelfTyped, explain, || {
                "The text of the change denies AI's part, and other records show it.".into()
            })
            .with(|| session_label(subject, denied).0, denied.place)
            .with_all(sessions.iter(), |session| session_label(subject, session));
        }
        let capture = sessions.iter().map(|session| session.capture).max().unwrap_or(Capture::SystemObserved);
        return Finding::new(Verdict::Met, capture, explain, || match sessions.as_slice() {
            [] => "The account that wrote it is an AI agent's.".into(),
            _ => {
                let tools = sessions
                    .iter()
                    .map(|session| subject.store.text(session.tool))
                    .filter(|tool| !tool.is_empty());
                format!("AI's part is on record: {}.", listed(tools.collect()))
            }
        })
        .with_all(sessions.iter(), |session| session_label(subject, session));
    }
    if subject.ai == AiInvolvement::None {
        return Finding::new(Verdict::Met, Capture::SelfTyped, explain, || {
            "It is on record that AI took no part.".into()
        })
        .with_all(none.iter(), |session| session_label(subject, session));
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "Nothing in the bundle shows whether AI took part.".into()
    })
}

fn initiator(subject: &Subject<'_>, explain: bool) -> Finding {
    let named: Vec<&Session> = subject.ai_sessions().filter(|session| session.initiator.is_some()).collect();
    if let Some(session) = named.iter().find(|session| subject.kind(session.initiator) == ActorKind::Human) {
        return Finding::new(Verdict::Met, session.capture, explain, || {
            format!("{} asked for it.", subject.name(session.initiator))
        })
        .with(|| session_label(subject, session).0, session.place);
    }
    if let Some(session) = named.first() {
        let is_machine = subject.kind(session.initiator).is_machine();
        let verdict = if is_machine { Verdict::Unmet } else { Verdict::Unproven };
        return Finding::new(verdict, session.capture, explain, || {
            let name = subject.name(session.initiator);
            if is_machine {
                format!("{name} asked for it, which is no person.")
            } else {
                format!("{name} asked for it; nothing tells whether that is a person.")
            }
        })
        .with(|| session_label(subject, session).0, session.place);
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "The records name the tool, and not who asked it.".into()
    })
    .with_all(subject.ai_sessions(), |session| session_label(subject, session))
}

fn prompt(subject: &Subject<'_>, explain: bool) -> Finding {
    let best = subject
        .ai_sessions()
        .max_by_key(|session| session.prompt)
        .filter(|session| session.prompt != PromptRecord::None);
    match best {
        Some(session) => Finding::new(Verdict::Met, session.capture, explain, || {
            let what = match session.prompt {
                PromptRecord::Text => "The prompt is on record",
                PromptRecord::Summary => "A summary of the prompt is on record",
                PromptRecord::Hash => "A digest of the prompt is on record",
                PromptRecord::Reference | PromptRecord::None => {
                    "A reference to the conversation is on record; the conversation is not in the bundle"
                }
            };
            format!("{what}.")
        })
        .with(|| session_label(subject, session).0, session.place),
        None => Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "What the AI was asked is not on record.".into()
        })
        .with_all(subject.ai_sessions(), |session| session_label(subject, session)),
    }
}

/// How exactly a model is named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pin {
    Missing,
    Floating,
    Pinned,
}

fn pin(model: &str) -> Pin {
    let lower = model.to_ascii_lowercase();
    let floats = ["latest", "auto", "default", "preview"];
    if model.trim().is_empty() || lower == "unknown" {
        Pin::Missing
    } else if lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| floats.contains(&word)) {
        Pin::Floating
    } else if model.bytes().any(|byte| byte.is_ascii_digit()) {
        Pin::Pinned
    } else {
        Pin::Missing
    }
}

/// Returns the best-named model of each tool: a trailer without a model takes nothing from a note with one.
fn pins<'a>(subject: &Subject<'a>) -> BTreeMap<&'a str, (Pin, &'a Session)> {
    let mut best: BTreeMap<&str, (Pin, &Session)> = BTreeMap::new();
    for session in subject.ai_sessions() {
        let tool = subject.store.text(session.tool);
        let family = tool.split(['-', ' ', '_']).next().unwrap_or(tool);
        let found = (pin(subject.store.text(session.model)), session);
        let kept = best.entry(family).or_insert(found);
        if found.0 > kept.0 {
            *kept = found;
        }
    }
    best
}

fn model(subject: &Subject<'_>, explain: bool) -> Finding {
    let pins = pins(subject);
    let name = |session: &Session| {
        let (tool, model) = (subject.store.text(session.tool), subject.store.text(session.model));
        if model.is_empty() { tool.to_owned() } else { format!("{tool} with {model}") }
    };
    if let Some((_, session)) = pins.values().find(|(pin, _)| *pin == Pin::Floating) {
        return Finding::new(Verdict::Unmet, session.capture, explain, || {
            format!("{} is an alias that stands for another model from day to day.", name(session))
        })
        .with(|| session_label(subject, session).0, session.place);
    }
    let missing = pins.values().find(|(pin, _)| *pin == Pin::Missing);
    if missing.is_some() || pins.is_empty() {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || match missing {
            Some((_, session)) => format!("The record of {} names no model version.", name(session)),
            None => "No record names a model.".into(),
        })
        .with_all(pins.values(), |(_, session)| session_label(subject, session));
    }
    let capture = pins.values().map(|(_, session)| session.capture).min().unwrap_or_default();
    Finding::new(Verdict::Met, capture, explain, || {
        let names: Vec<String> = pins.values().map(|(_, session)| name(session)).collect();
        format!("{}.", listed(names.iter().map(String::as_str).collect()))
    })
    .with_all(pins.values(), |(_, session)| session_label(subject, session))
}

fn reproducible(subject: &Subject<'_>, explain: bool) -> Finding {
    match subject.ai_sessions().find_map(|session| Some((session.reproducible?, session))) {
        Some((can, session)) => Finding::new(Verdict::Met, session.capture, explain, || {
            if can {
                "Parameters or a digest to reproduce the output are on record.".into()
            } else {
                "It is declared that the output cannot be reproduced.".into()
            }
        })
        .with(|| session_label(subject, session).0, session.place),
        None => Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "Nothing declares whether the output can be reproduced.".into()
        })
        .with_all(subject.ai_sessions(), |session| session_label(subject, session)),
    }
}

fn tool_approved(subject: &Subject<'_>, explain: bool) -> Finding {
    let Some(inventory) = &subject.policy.ai_inventory else {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The policy holds no inventory of approved AI tools.".into()
        });
    };
    let (mut unknown, mut approved) = (None, None);
    for session in subject.ai_sessions() {
        let (tool, model) = (subject.store.text(session.tool), subject.store.text(session.model));
        if tool.is_empty() {
            unknown = Some(session);
        } else if inventory.iter().any(|entry| allows(entry, tool, model, session, subject)) {
            approved = Some(session);
        } else if model.is_empty() && inventory.iter().any(|entry| knows(entry, tool, session, subject)) {
            // Some of its models are approved, and this record does not say which one it was.
            if !names_model_elsewhere(subject, tool) {
                unknown = Some(session);
            }
        } else {
            return Finding::new(Verdict::Unmet, session.capture, explain, || {
                let with = if model.is_empty() { String::new() } else { format!(" with {model}") };
                format!("{tool}{with} is not in the inventory of approved AI tools for that day.")
            })
            .with(|| session_label(subject, session).0, session.place);
        }
    }
    match (approved, unknown) {
        (Some(session), None) => Finding::new(Verdict::Met, session.capture, explain, || {
            "Every tool on record is in the inventory of approved AI tools.".into()
        })
        .with_all(subject.ai_sessions(), |session| session_label(subject, session)),
        _ => Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The records do not name the tool and model that would have to be approved.".into()
        }),
    }
}

fn allows(entry: &ApprovedTool, tool: &str, model: &str, session: &Session, subject: &Subject<'_>) -> bool {
    let model_fits = entry.models.is_empty() || entry.models.iter().any(|pattern| wildcard(pattern, model));
    model_fits && knows(entry, tool, session, subject)
}

/// Returns whether another record of the tool names its model; that one is judged then.
fn names_model_elsewhere(subject: &Subject<'_>, tool: &str) -> bool {
    let store = subject.store;
    subject.ai_sessions().any(|other| store.text(other.tool) == tool && !other.model.is_empty())
}

/// Returns whether an entry approves the tool at the time of the record, with whatever model.
fn knows(entry: &ApprovedTool, tool: &str, session: &Session, subject: &Subject<'_>) -> bool {
    let at = session.at.or(subject.change.merged);
    let in_time = at.is_none_or(|at| {
        entry.from.is_none_or(|from| at >= from) && entry.until.is_none_or(|until| at < until)
    });
    in_time && wildcard(&entry.tool, tool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_no_version() {
        assert!(pin("gpt-5.6-sol") == Pin::Pinned && pin("Claude Opus 4.6 (1M context)") == Pin::Pinned);
        assert!(pin("claude-latest") == Pin::Floating && pin("auto") == Pin::Floating);
        assert!(pin("") == Pin::Missing && pin("sonnet") == Pin::Missing);
    }
}
