//! The list of accounts that are known to be no persons: AI agents, bots and services (`public/agents.toml`).
//!
//! An account matches by its exact address or login. A display name alone matches only where there is neither, since
//! people may be called Claude or Devin.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::terms::ActorKind;

const LIST: &str = include_str!("../../public/agents.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    agent: Vec<Entry>,
    #[serde(default)]
    bot: Vec<Entry>,
    #[serde(default)]
    service: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    tool: String,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    logins: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
}

/// The list by what it matches; each with the kind and, for an agent, the tool.
#[derive(Default)]
struct Known {
    addresses: BTreeMap<String, (ActorKind, String)>,
    logins: BTreeMap<String, (ActorKind, String)>,
    names: BTreeMap<String, (ActorKind, String)>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    // The list is part of the program; a test proves that it can be read.
    let Ok(file) = toml::from_str::<File>(LIST) else { return known };
    let kinds =
        [(ActorKind::Agent, file.agent), (ActorKind::Bot, file.bot), (ActorKind::Service, file.service)];
    for (kind, entries) in kinds {
        for entry in entries {
            let value = || (kind, entry.tool.clone());
            known.addresses.extend(entry.addresses.iter().map(|text| (text.to_lowercase(), value())));
            known.logins.extend(entry.logins.iter().map(|text| (text.to_lowercase(), value())));
            known.names.extend(entry.names.iter().map(|text| (text.to_lowercase(), value())));
        }
    }
    known
});

/// Returns the kind of an account if it is on the list. Empty text is "not said".
pub fn kind_of(login: &str, email: &str, name: &str) -> Option<ActorKind> {
    find(login, email, name).map(|(kind, _)| *kind)
}

/// Returns the tool of an account if it is a listed AI agent.
pub fn tool_of(login: &str, email: &str, name: &str) -> Option<&'static str> {
    find(login, email, name).filter(|(kind, _)| *kind == ActorKind::Agent).map(|(_, tool)| tool.as_str())
}

fn find(login: &str, email: &str, name: &str) -> Option<&'static (ActorKind, String)> {
    let known: &'static Known = &KNOWN;
    let get = |map: &'static BTreeMap<String, (ActorKind, String)>, text: &str| {
        if text.is_empty() { None } else { map.get(&text.to_lowercase()) }
    };
    get(&known.addresses, email)
        .or_else(|| get(&known.logins, login))
        .or_else(|| get(&known.names, name).filter(|_| login.is_empty() && email.is_empty()))
}

/// Returns the tool that a bare name in a trailer stands for: the name itself, or the name before a model or version.
pub fn tool_by_name(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_lowercase();
    let known: &'static Known = &KNOWN;
    let of = |text: &str| {
        known.names.get(text).filter(|(kind, _)| *kind == ActorKind::Agent).map(|(_, tool)| tool.as_str())
    };
    of(&lower).or_else(|| {
        // `Claude Opus 4.6 (1M context)`: the longest listed beginning that ends at a word.
        let ends = lower.char_indices().filter(|(_, c)| !c.is_alphanumeric()).map(|(at, _)| at);
        ends.filter_map(|end| of(lower[..end].trim_end())).last()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_read() {
        toml::from_str::<File>(LIST).unwrap();
        assert!(KNOWN.addresses.len() > 15);
    }

    #[test]
    fn people_are_no_agents() {
        assert_eq!(kind_of("", "ashwin@anthropic.com", "Ashwin"), None);
        assert_eq!(kind_of("", "claude.monet@example.org", "Claude"), None);
        assert_eq!(kind_of("sapbotgit", "", ""), None);
        assert_eq!(kind_of("", "", "unknown"), None);
    }

    #[test]
    fn agents_bots_and_services_are_told_apart() {
        assert_eq!(
            kind_of("", "noreply@anthropic.com", "Claude Opus 4.6 (1M context)"),
            Some(ActorKind::Agent)
        );
        assert_eq!(kind_of("Copilot", "", ""), Some(ActorKind::Agent));
        assert_eq!(kind_of("dependabot[bot]", "", ""), Some(ActorKind::Bot));
        assert_eq!(kind_of("", "noreply@github.com", "GitHub"), Some(ActorKind::Service));
        assert_eq!(tool_of("", "cursoragent@cursor.com", "Cursor"), Some("cursor"));
    }

    #[test]
    fn a_name_with_a_model_is_its_tool() {
        assert_eq!(tool_by_name("Claude Code (Sonnet 4.5)"), Some("claude"));
        assert_eq!(tool_by_name("Codex 5.3"), Some("codex"));
        assert_eq!(tool_by_name("Claudette"), None);
    }
}
