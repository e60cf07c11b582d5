//! `ai.own-identity` and `ai.input-clean`: under whose account an agent acted, and what a gateway said of what it was told.

use crate::model::record::Register;
use crate::model::{ActorKind, Capture, Verdict};
use crate::store::{AccountId, Entry, Session};

use super::finding::Finding;
use super::review::listed;
use super::subject::Subject;

/// Returns the first word of a tool's name: `claude` of `claude-code` and `Claude Opus`.
pub(super) fn family(tool: &str) -> String {
    tool.split(['-', ' ', '_', '/']).next().unwrap_or(tool).to_ascii_lowercase()
}

/// Decides `ai.own-identity` for a change in which AI took part.
pub(super) fn own(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let register = store.registers.all(Register::AgentIdentity);
    let of_commits = subject.commits().flat_map(|commit| [commit.author, commit.committer]);
    let accounts: Vec<AccountId> = of_commits.chain([subject.change.author]).flatten().collect();
    let agent = accounts.iter().find(|account| subject.kind(Some(**account)) == ActorKind::Agent);
    let Some(&agent) = agent else { return borrowed(subject, register, explain) };
    let person = store.person(agent);
    let name = subject.name(Some(agent));
    let own: Vec<&Entry> = register
        .iter()
        .filter(|entry| entry.person.is_some_and(|account| store.person(account) == person))
        .collect();
    let place = subject.change.place;
    let at = subject.change.merged;
    let holds = |entry: &&&Entry| {
        let is_over = entry.until.zip(at).is_some_and(|(until, at)| at >= until);
        let is_early = entry.at.zip(at).is_some_and(|(issued, at)| issued > at);
        !is_over && !is_early
    };
    let told = |verdict, capture, words: &dyn Fn() -> String| {
        Finding::new(verdict, capture, explain, words)
            .with(|| format!("account {name}"), place)
            .with_all(own.iter(), |entry| ("register of agent identities".into(), entry.place))
    };
    match (own.iter().find(holds), register.is_empty()) {
        (Some(entry), _) if store.text(entry.detail).is_empty() => {
            told(Verdict::Unmet, Capture::HumanAttested, &|| {
                format!("The agent's account {name} has no owner on record.")
            })
        }
        (Some(entry), _) => told(Verdict::Met, Capture::HumanAttested, &|| {
            format!(
                "The agent acted as {name}, an account of its own, owned by {}.",
                store.text(entry.detail)
            )
        }),
        (None, _) if !own.is_empty() => told(Verdict::Unmet, Capture::HumanAttested, &|| {
            format!("The agent's account {name} was not in force by the register when it was merged.")
        }),
        (None, true) => told(Verdict::Met, Capture::SystemObserved, &|| {
            format!("The agent acted as {name}, an account of its own; no register tells who owns it.")
        }),
        (None, false) => told(Verdict::Unproven, Capture::Inferred, &|| {
            format!("The agent acted as {name}, which the register of agent identities does not list.")
        }),
    }
}

/// No account of an agent is on the change: a tool that has one acted under somebody else's.
fn borrowed(subject: &Subject<'_>, register: &[Entry], explain: bool) -> Finding {
    let store = subject.store;
    let of_tool = |session: &Session| {
        let tool = family(store.text(session.tool));
        register.iter().find(|entry| !tool.is_empty() && family(store.text(entry.subject)) == tool)
    };
    let found = subject.ai_sessions().find_map(|session| Some((session, of_tool(session)?)));
    match found {
        Some((session, entry)) => Finding::new(Verdict::Unmet, Capture::HumanAttested, explain, || {
            format!(
                "{} has the account {}, and its work is under {} alone.",
                store.text(entry.subject),
                subject.name(entry.person),
                subject.name(subject.change.author)
            )
        })
        .with(|| session.source.word().to_owned(), session.place)
        .with(|| "register of agent identities".into(), entry.place),
        None => Finding::unproven(
            explain,
            "It is under persons' accounts alone; whether a person or the tool acted under them is not in the bundle.",
        ),
    }
}

/// Decides `ai.input-clean` for a change in which AI took part.
pub(super) fn input(subject: &Subject<'_>, explain: bool) -> Finding {
    const CLEAN: [&str; 7] = ["allow", "allowed", "clean", "pass", "passed", "ok", "none"];
    const STOPPED: [&str; 5] = ["block", "blocked", "redact", "redacted", "masked"];
    const HIT: [&str; 9] =
        ["alert", "alerted", "detect", "detected", "leak", "leaked", "violation", "fail", "failed"];
    let store = subject.store;
    let log: Vec<&Entry> = subject.entries(Register::GatewayLog).collect();
    if log.is_empty() {
        return Finding::unproven(explain, "The bundle holds no log of an AI gateway for it.");
    }
    let is = |words: &[&str], entry: &Entry| words.contains(&store.text(entry.state));
    let count = |words: &[&str]| log.iter().filter(|entry| is(words, entry)).count();
    let told = |verdict, words: &dyn Fn() -> String| {
        Finding::new(verdict, Capture::HumanAttested, explain, words)
            .with_all(log.iter(), |entry| (format!("gateway log: {}", store.text(entry.state)), entry.place))
    };
    let (hit, stopped, clean) = (count(&HIT), count(&STOPPED), count(&CLEAN));
    if hit > 0 {
        return told(Verdict::Unmet, &|| {
            format!("The gateway's log has {hit} prompts with something in them that must not leave.")
        });
    }
    if hit + stopped + clean < log.len() {
        let odd = log.iter().find(|entry| !is(&CLEAN, entry) && !is(&STOPPED, entry));
        let word = odd.map_or("", |entry| store.text(entry.state));
        return told(Verdict::Unproven, &|| {
            format!("What the gateway's log means by {} is not known here.", crate::problem::quote(word))
        });
    }
    let covers = |session: &&Session| log.iter().any(|entry| entry.detail == session.session);
    let open: Vec<&str> = subject
        .ai_sessions()
        .filter(|session| !session.session.is_empty())
        .filter(|session| !covers(session))
        .map(|session| store.text(session.session))
        .collect();
    if !open.is_empty() {
        return told(Verdict::Unproven, &|| {
            format!("The gateway's log does not hold the sessions {}.", listed(open.clone()))
        });
    }
    told(Verdict::Met, &|| match stopped {
        0 => format!("The gateway's log has {clean} prompts, all clean."),
        _ => format!(
            "The gateway's log has {} prompts; {stopped} were stopped before anything left.",
            log.len()
        ),
    })
}
