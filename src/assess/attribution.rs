//! `ai.attribution-consistent`: what records say of AI's part, held against the commits, the files and each other.

use crate::model::record::SessionSource;
use crate::model::{ActorKind, AiInvolvement, Capture, Verdict};
use crate::store::{AccountId, ChangedFile, Commit, Place, Session, Text};

use super::finding::Finding;
use super::review::short;
use super::subject::Subject;

/// Prefixes that agents give to the branches that they push.
const AGENT_BRANCHES: [&str; 7] =
    ["copilot/", "codex/", "claude/", "cursor/", "devin/", "jules/", "openhands/"];

/// What does not fit.
struct Misfit<'a> {
    session: &'a Session,
    other: Option<(String, Place)>,
    capture: Capture,
    reason: String,
}

fn misfit(session: &Session, reason: String) -> Misfit<'_> {
    Misfit { session, other: None, capture: session.capture, reason }
}

/// Decides `ai.attribution-consistent`.
pub(super) fn decide(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let label = |session: &Session| {
        let tool = store.text(session.tool);
        let tool = if tool.is_empty() { "an AI tool" } else { tool };
        (format!("{}: {tool}", session.source.word()), session.place)
    };
    for session in subject.sessions() {
        let found = undefined(session)
            .or_else(|| contradicted(subject, session))
            .or_else(|| renamed(subject, session))
            .or_else(|| stray(subject, session))
            .or_else(|| beyond(subject, session))
            .or_else(|| denied(subject, session));
        if let Some(found) = found {
            let finding = Finding::new(Verdict::Unmet, found.capture, explain, || found.reason)
                .with(|| label(session).0, found.session.place);
            return match found.other {
                Some((words, place)) => finding.with(|| words, place),
                None => finding,
            };
        }
    }
    let says_lines = |session: &Session| {
        session.none || session.paths != crate::store::Span::default() && session.lines > 0
    };
    if subject.sessions().any(says_lines) {
        let capture = subject.sessions().map(|session| session.capture).max().unwrap_or_default();
        return Finding::new(Verdict::Met, capture, explain, || {
            "The records of AI's part agree with each other and with what the change touches.".into()
        })
        .with_all(subject.sessions(), label);
    }
    let has_any = subject.sessions().next().is_some();
    let verdict = if has_any { Verdict::NotApplicable } else { Verdict::Unproven };
    Finding::new(verdict, Capture::Inferred, explain, || {
        if has_any {
            "No record attributes lines, so there is nothing to hold against the change.".into()
        } else {
            "Nothing in the bundle shows whether AI took part.".into()
        }
    })
}

/// A record that uses keys which it does not define.
fn undefined(session: &Session) -> Option<Misfit<'_>> {
    (session.dangling > 0).then(|| {
        let reason =
            format!("{} attribution keys stand in the record that it does not define.", session.dangling);
        misfit(session, reason)
    })
}

/// Two records of one commit, of which one says that AI took no part.
fn contradicted<'a>(subject: &Subject<'a>, session: &'a Session) -> Option<Misfit<'a>> {
    let other = subject.sessions().find(|other| {
        other.none != session.none && other.commit == session.commit && !session.commit.is_empty()
    })?;
    let reason = "Two records of the same commit disagree on whether AI took part.".to_owned();
    Some(Misfit { other: Some((other.source.word().to_owned(), other.place)), ..misfit(session, reason) })
}

/// Two records of one session that name different models.
fn renamed<'a>(subject: &Subject<'a>, session: &'a Session) -> Option<Misfit<'a>> {
    let is_named = |session: &Session| !session.model.is_empty() && !session.session.is_empty();
    if !is_named(session) {
        return None;
    }
    let store = subject.store;
    let other = subject.sessions().find(|other| {
        other.session == session.session
            && other.commit == session.commit
            && is_named(other)
            && !store.text(other.model).eq_ignore_ascii_case(store.text(session.model))
    })?;
    let reason = format!(
        "Two records of the session {} name different models: {} and {}.",
        store.text(session.session),
        store.text(session.model),
        store.text(other.model)
    );
    Some(Misfit { other: Some((other.source.word().to_owned(), other.place)), ..misfit(session, reason) })
}

/// Lines of a file that the change does not touch.
fn stray<'a>(subject: &Subject<'a>, session: &'a Session) -> Option<Misfit<'a>> {
    let store = subject.store;
    let files = subject.files();
    let is_whole = subject.change.lists.files && !subject.change.lists.files_cut && !files.is_empty();
    let paths = session.paths.of(&store.attributions);
    let stray = paths.iter().find(|own| is_whole && !files.iter().any(|file| file.path == own.path))?;
    let path = store.text(stray.path);
    Some(misfit(session, format!("The record attributes lines of {path}, which the change does not touch.")))
}

/// More lines of a file than its commit adds there, and the change too by the forge's count: a note covers what its own
/// commit brought.
fn beyond<'a>(subject: &Subject<'a>, session: &'a Session) -> Option<Misfit<'a>> {
    // Agent Trace names the revision that work began from, so there is no commit to count against.
    if session.source != SessionSource::GitAiNote {
        return None;
    }
    let store = subject.store;
    let row = store.commit(session.commit)?;
    let commit = store.commits.get(row.index())?;
    // A merge is compared with its first parent only; what it adds there is not what it wrote.
    if commit.parents.is_some_and(|parents| parents > 1) {
        return None;
    }
    let files = commit.files?.of(&store.commit_files);
    let paths = session.paths.of(&store.attributions);
    paths.iter().find_map(|own| {
        let of = |files: &[ChangedFile]| files.iter().find(|file| file.path == own.path)?.additions;
        let added = of(files)?.max(of(subject.files()).unwrap_or(0));
        (own.lines > added).then(|| {
            let (path, id) = (store.text(own.path), short(store.text(session.commit)));
            misfit(
                session,
                format!("The record attributes {} lines of {path}, and {id} adds {added} there.", own.lines),
            )
        })
    })
}

/// A record that AI took no part, where an account or a branch is an agent's.
fn denied<'a>(subject: &Subject<'a>, session: &'a Session) -> Option<Misfit<'a>> {
    if !session.none {
        return None;
    }
    let store = subject.store;
    let is_agent = |account: &AccountId| subject.kind(Some(*account)) == ActorKind::Agent;
    let of_commit = |commit: &Commit| {
        let named = [commit.author, commit.committer].into_iter().flatten();
        named.chain(commit.co_authors.of(&store.co_authors).iter().copied()).find(is_agent)
    };
    let is_own = |commit: &&Commit| session.commit != Text::EMPTY && commit.id == session.commit;
    if let Some((commit, agent)) = subject.commits().filter(is_own).find_map(|c| Some((c, of_commit(c)?))) {
        let reason = format!(
            "The record says that AI took no part, and {} of the commit is an agent's account.",
            subject.name(Some(agent))
        );
        return Some(Misfit { other: Some(("the commit".into(), commit.place)), ..misfit(session, reason) });
    }
    let branch = store.text(subject.change.head_branch);
    let is_of_agent = AGENT_BRANCHES
        .iter()
        .any(|prefix| branch.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)));
    (is_of_agent && subject.ai == AiInvolvement::None).then(|| Misfit {
        capture: Capture::Inferred,
        other: Some(("the branch".into(), subject.change.place.field("headRefName"))),
        ..misfit(session, format!("It is on record that AI took no part, and its branch {branch} is named as agents name theirs."))
    })
}
