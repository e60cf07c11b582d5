//! A policy to start from: the defaults with every key explained, and what a bundle holds beside them.

use std::collections::BTreeSet;

use super::edit::quoted;
use crate::assess::Assessment;
use crate::model::{ActorKind, Capture, Moment};
use crate::store::Text;

/// The default policy, with every key explained.
pub const TEMPLATE: &str = include_str!("../../../public/lacuna.toml");

/// How many names of one kind are proposed.
const MOST_NAMES: usize = 40;

/// Returns the template with what the bundle holds proposed in comments: whoever accepts a line takes away its `#`.
///
/// Nothing is proposed as decided: a policy that takes over what the evidence says of itself tests nothing.
pub fn propose(assessment: &Assessment) -> String {
    let store = &assessment.store;
    let merged = || store.changes.iter().filter(|change| change.merged.is_some());
    let texts =
        |of: &dyn Fn(&crate::store::Change) -> Text| names(merged().map(|change| store.text(of(change))));
    let environments = names(store.deployments.iter().map(|row| store.text(row.environment)));
    let of_kind = |kind: ActorKind| {
        let known = store.accounts.iter().filter(move |account| {
            // A person by inference is no more than an account without a mark.
            account.kind == kind && (kind.is_machine() || account.kind_from == Capture::HumanAttested)
        });
        names(known.map(|account| {
            let login = store.text(account.login);
            if login.is_empty() { store.text(account.email) } else { login }
        }))
    };
    let tools = names(store.sessions.iter().filter(|row| !row.none).map(|row| store.text(row.tool)));
    let seen = [
        ("[period]", period(assessment)),
        ("repositories = []", list("repositories", &texts(&|change| change.repository))),
        ("branches = []", list("branches", &texts(&|change| change.base_branch))),
        ("production = [", list("production", &environments)),
        ("bots = []", list("bots", &of_kind(ActorKind::Bot))),
        ("agents = []", list("agents", &of_kind(ActorKind::Agent))),
        ("services = []", list("services", &of_kind(ActorKind::Service))),
        ("# [[ai.tool]]", tools.iter().map(|tool| format!("# seen: tool = {}\n", quoted(tool))).collect()),
    ];
    let mut out = String::with_capacity(TEMPLATE.len() * 2);
    for line in TEMPLATE.lines() {
        let proposed = seen.iter().find(|(start, _)| line.starts_with(start));
        if line.starts_with('[') {
            out.push_str(line);
            out.push('\n');
        }
        out.push_str(proposed.map_or("", |(_, text)| text));
        if !line.starts_with('[') {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Returns the months of the merges, as a period.
fn period(assessment: &Assessment) -> String {
    let merged = assessment.store.changes.iter().filter_map(|change| change.merged);
    let Some((first, last)) = merged.fold(None, |range: Option<(Moment, Moment)>, at| {
        Some(range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))))
    }) else {
        return String::new();
    };
    format!(
        "# seen: changes merged from {} to {}\n# seen: from = {}-01\n# seen: to = {}-01\n",
        first.date(),
        last.date(),
        Moment::month_label(first.month()),
        Moment::month_label(last.month() + 1),
    )
}

fn names<'s>(all: impl Iterator<Item = &'s str>) -> BTreeSet<&'s str> {
    crate::order::set(all.filter(|name| !name.is_empty()))
}

fn list(key: &str, names: &BTreeSet<&str>) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| quoted(name)).collect();
    let more = if names.len() > MOST_NAMES {
        format!(" and {} more", names.len() - MOST_NAMES)
    } else {
        String::new()
    };
    format!("# seen: {key} = [{}]{more}\n", shown.join(", "))
}
