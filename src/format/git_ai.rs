//! git-ai notes: which lines of a commit which AI session wrote (Git AI Standard v3, `authorship/3.0.0`), and the JSON
//! blobs that came before it (`authorship/0.0.1`).
//!
//! A note is text: paths with the keys and line ranges under them, a line `---`, and JSON that defines the keys. A line
//! that no key claims is untracked, which is not "human". A note without any session still covers its commit: the tool
//! was there, and recorded no AI. Nothing binds a note to the tool that wrote it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json::Text;
use super::{Context, Format, Head, Whole};
use crate::model::place::{At, Base};
use crate::model::record::{
    AccountRecord, AttributionRecord, PromptRecord, Record, SessionRecord, SessionSource,
};
use crate::model::{Records, trailers};
use crate::problem::{Kind, Problem, Spot};

/// Notes in files of their own; the name of the file is the commit.
pub static FORMAT: Format =
    Format { id: "git-ai", title: "git-ai authorship note", recognise, open: || Box::new(Whole(read_file)) };

fn recognise(head: &Head<'_>) -> Option<String> {
    let text = head.text();
    if text.starts_with('{') {
        let version = head.json.as_ref().and_then(|peek| peek.text("schema_version")).unwrap_or_default();
        let is_bare = text.starts_with("{\"files\":{") && text.contains("\"authors\":[{\"author\":");
        return (version.starts_with("authorship/0") || is_bare)
            .then(|| "files with authors and lines: git-ai's authorship/0".to_owned());
    }
    let is_marked = split(text).is_some_and(|(_, json)| bears_version(json));
    let is_start = !head.is_whole && starts_as_attribution(text);
    (is_marked || is_start).then(|| "keys with line ranges, `---` and an authorship schema".to_owned())
}

/// Returns whether a text starts with a path and an indented key with line ranges.
fn starts_as_attribution(text: &str) -> bool {
    let mut lines = text.lines();
    let path = lines.next().unwrap_or_default();
    let Some((key, ranges)) = lines.next().and_then(|line| line.strip_prefix("  ")?.split_once(' ')) else {
        return false;
    };
    !path.is_empty()
        && !path.starts_with(' ')
        && (key.contains("::t_") || is_hex(key, 7))
        && parse_ranges(ranges).is_some()
}

fn read_file(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let at = At::new(Base::Whole, 0, bytes.len() as u64);
    let name = context.path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let commit = if is_hex(stem, 40) { stem } else { "" };
    if read_note(bytes, commit, at, out) {
        return Ok(());
    }
    Err(Problem::error(Kind::Malformed, "a git-ai note without the JSON that defines its keys")
        .expected("`---` on a line of its own, and an `authorship/` schema behind it"))
}

/// Reads one note; `commit` is what it is attached to, empty where only the note itself may say.
///
/// Returns whether it is a git-ai note; a broken one is reported and counts as one.
pub fn read_note(note: &[u8], commit: &str, at: At, out: &mut dyn Records) -> bool {
    let text = String::from_utf8_lossy(note);
    let text = text.trim_start_matches('\u{feff}');
    let is_legacy = text.starts_with('{');
    let (attributions, json) = if is_legacy {
        if !(bears_version(text) || text.contains("\"authors\":[{\"author\":")) {
            return false;
        }
        ("", text)
    } else {
        match split(text) {
            Some(parts) if bears_version(parts.1) => parts,
            _ => return false,
        }
    };
    let mut reading = Reading { commit, at, out };
    let result = if is_legacy { reading.legacy(json) } else { reading.note(attributions, json) };
    if let Err(error) = result {
        let offset = text.len() - json.len();
        let spot = Spot { pointer: at.pointer(None), line: 0, offset: at.start + offset as u64 };
        let problem = Problem::error(Kind::Malformed, format!("a git-ai note: {error}")).at(spot);
        out.problem(problem.expected("the JSON of the Git AI Standard v3"));
    }
    true
}

/// Splits a note at its `---` line.
fn split(text: &str) -> Option<(&str, &str)> {
    if let Some(json) = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n")) {
        return Some(("", json));
    }
    let at = memchr::memmem::find(text.as_bytes(), b"\n---\n").map(|at| (at + 1, at + 5));
    let at = at.or_else(|| memchr::memmem::find(text.as_bytes(), b"\n---\r\n").map(|at| (at + 1, at + 6)));
    at.map(|(end, start)| (&text[..end], &text[start..]))
}

fn bears_version(json: &str) -> bool {
    let Some(at) = memchr::memmem::find(json.as_bytes(), b"\"schema_version\"") else { return false };
    json[at + 16..]
        .trim_start()
        .strip_prefix(':')
        .is_some_and(|rest| rest.trim_start().starts_with("\"authorship/"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    base_commit_sha: Text<'a>,
    #[serde(borrow)]
    prompts: Option<BTreeMap<String, Session<'a>>>,
    #[serde(borrow)]
    sessions: Option<BTreeMap<String, Session<'a>>>,
    humans: Option<BTreeMap<String, IgnoredAny>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Session<'a> {
    #[serde(borrow)]
    agent_id: Option<AgentId<'a>>,
    #[serde(borrow)]
    human_author: Text<'a>,
    messages: Option<Vec<IgnoredAny>>,
    #[serde(borrow)]
    messages_url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AgentId<'a> {
    #[serde(borrow)]
    tool: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    model: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Legacy<'a> {
    #[serde(borrow)]
    files: BTreeMap<String, LegacyFile<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LegacyFile<'a> {
    #[serde(borrow)]
    authors: Vec<LegacyAuthor<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LegacyAuthor<'a> {
    #[serde(borrow)]
    author: Text<'a>,
    lines: Vec<LegacyLines>,
    #[serde(borrow)]
    agent_metadata: Option<LegacyAgent<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LegacyAgent<'a> {
    #[serde(borrow)]
    tool: Text<'a>,
    #[serde(borrow)]
    model: Text<'a>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum LegacyLines {
    One(u32),
    Range(u32, u32),
}

/// Lines by path, in the order of the note.
type Lines<'a> = Vec<AttributionRecord<'a>>;

struct Reading<'r> {
    commit: &'r str,
    at: At,
    out: &'r mut dyn Records,
}

impl Reading<'_> {
    fn note(&mut self, attributions: &str, json: &str) -> Result<(), serde_json::Error> {
        let metadata: Metadata<'_> = serde_json::from_str(json)?;
        let prompts = metadata.prompts.unwrap_or_default();
        let sessions = metadata.sessions.unwrap_or_default();
        let humans = metadata.humans.unwrap_or_default();
        let commit = if self.commit.is_empty() { metadata.base_commit_sha.as_str() } else { self.commit };
        let commit = commit.to_owned();
        let (mut by_session, mut by_prompt) = (BTreeMap::new(), BTreeMap::new());
        let (mut dangling_lines, mut dangling_keys) = (Lines::new(), BTreeSet::new());
        let mut broken = 0u32;
        let mut path = Cow::Borrowed("");
        for line in attributions.lines() {
            let Some(entry) = line.strip_prefix("  ") else {
                path = path_of(line);
                continue;
            };
            let (key, ranges) = entry.trim().split_once(' ').unwrap_or((entry.trim(), ""));
            let Some(ranges) = parse_ranges(ranges) else {
                broken += 1;
                continue;
            };
            let session = key.split("::").next().unwrap_or(key);
            let lines = if let Some((key, _)) = sessions.get_key_value(session) {
                by_session.entry(key.as_str()).or_insert_with(Lines::new)
            } else if let Some(key) = prompt_key(&prompts, session) {
                by_prompt.entry(key).or_insert_with(Lines::new)
            } else if session == "human" || humans.contains_key(session) {
                // Known human lines: no session's.
                continue;
            } else {
                dangling_keys.insert(session);
                &mut dangling_lines
            };
            add(lines, path.clone(), ranges);
        }
        let mut count = 0;
        // Without a line that any session kept, the sessions that took part are still what the note records.
        let is_kept = !by_session.is_empty() || !by_prompt.is_empty();
        for (all, kept) in [(&sessions, &mut by_session), (&prompts, &mut by_prompt)] {
            for (key, session) in all {
                let files = kept.remove(key.as_str());
                if files.is_some() || !is_kept {
                    count += 1;
                    self.session(&commit, key, session, files.unwrap_or_default());
                }
            }
        }
        if !dangling_keys.is_empty() {
            count += 1;
            self.emit(SessionRecord {
                commit: commit.as_str().into(),
                files: dangling_lines,
                dangling: u32::try_from(dangling_keys.len()).unwrap_or(u32::MAX),
                ..SessionRecord::default()
            });
        }
        if count == 0 {
            self.emit(SessionRecord {
                commit: commit.as_str().into(),
                none: true,
                ..SessionRecord::default()
            });
        }
        if broken > 0 {
            let problem = Problem::warning(
                Kind::Malformed,
                format!("{broken} lines of a git-ai note without line ranges"),
            );
            let spot = Spot::pointer(self.at.pointer(None), self.at.start);
            self.out.problem(problem.at(spot).expected("a key and ranges such as `3,5-9`"));
        }
        Ok(())
    }

    fn session(&mut self, commit: &str, key: &str, session: &Session<'_>, files: Lines<'_>) {
        let agent = session.agent_id.as_ref();
        let text = |text: Option<&Text<'_>>| text.map(|text| text.0.to_string()).unwrap_or_default();
        let model = text(agent.map(|agent| &agent.model));
        let id = text(agent.map(|agent| &agent.id));
        let prompt = if session.messages.as_ref().is_some_and(|messages| !messages.is_empty()) {
            PromptRecord::Text
        } else if session.messages_url.is_empty() {
            PromptRecord::None
        } else {
            PromptRecord::Reference
        };
        self.emit(SessionRecord {
            commit: commit.into(),
            tool: text(agent.map(|agent| &agent.tool)).to_lowercase().into(),
            // The tool writes this word where it does not know the model.
            model: if model == "unknown" { "".into() } else { model.into() },
            session: if id.is_empty() { key.into() } else { id.into() },
            initiator: person(&session.human_author.0),
            prompt,
            files,
            ..SessionRecord::default()
        });
    }

    fn legacy(&mut self, json: &str) -> Result<(), serde_json::Error> {
        let legacy: Legacy<'_> = serde_json::from_str(json)?;
        let mut tools: BTreeMap<(String, String), Lines<'_>> = BTreeMap::new();
        for (path, file) in &legacy.files {
            for author in &file.authors {
                let named = trailers::tool_named(author.author.as_str());
                let found = match &author.agent_metadata {
                    Some(agent) => Some((agent.tool.0.to_lowercase(), agent.model.0.to_string())),
                    None => named.map(|(tool, model)| (tool.into_owned(), model.to_owned())),
                };
                // Everyone else is a person.
                let Some(tool) = found else { continue };
                let ranges = author.lines.iter().map(|lines| match *lines {
                    LegacyLines::One(line) => (line, line),
                    LegacyLines::Range(first, last) => (first, last),
                });
                let ranges = ranges.filter(|(first, last)| *first > 0 && first <= last).collect();
                add(tools.entry(tool).or_default(), Cow::Borrowed(path), ranges);
            }
        }
        if tools.is_empty() {
            self.emit(SessionRecord {
                commit: self.commit.to_owned().into(),
                none: true,
                ..SessionRecord::default()
            });
        }
        for ((tool, model), files) in tools {
            self.emit(SessionRecord {
                commit: self.commit.to_owned().into(),
                tool: tool.into(),
                model: model.into(),
                files,
                ..SessionRecord::default()
            });
        }
        Ok(())
    }

    fn emit(&mut self, record: SessionRecord<'_>) {
        let record = SessionRecord { source: SessionSource::GitAiNote, ..record };
        self.out.record(self.at, Record::Session(record));
    }
}

/// Returns the prompt of a key: the key itself, or the only one that starts with it (older notes shorten keys to 7).
fn prompt_key<'p>(prompts: &'p BTreeMap<String, Session<'_>>, key: &str) -> Option<&'p str> {
    if let Some((known, _)) = prompts.get_key_value(key) {
        return Some(known);
    }
    if !is_hex(key, 7) {
        return None;
    }
    let mut like = prompts.range(key.to_owned()..).take_while(|(known, _)| known.starts_with(key));
    let first = like.next().map(|(known, _)| known.as_str());
    first.filter(|_| like.next().is_none())
}

fn is_hex(text: &str, at_least: usize) -> bool {
    text.len() >= at_least && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn path_of(line: &str) -> Cow<'_, str> {
    let line = line.trim();
    let path = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    if path.contains('\\') { path.replace('\\', "/").into() } else { path.into() }
}

fn add<'a>(lines: &mut Lines<'a>, path: Cow<'a, str>, ranges: Vec<(u32, u32)>) {
    match lines.iter_mut().rev().find(|file| file.path == path) {
        Some(file) => file.ranges.extend(ranges),
        None => lines.push(AttributionRecord { path, ranges }),
    }
}

/// Reads `2,4-23`; `None` for anything else.
fn parse_ranges(text: &str) -> Option<Vec<(u32, u32)>> {
    text.split(',')
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (first > 0 && first <= last).then_some((first, last))
        })
        .collect()
}

/// Reads `Name <address>`, or a name or address alone.
fn person(text: &str) -> Option<AccountRecord<'static>> {
    let text = text.trim();
    let account = match text.rsplit_once('<') {
        Some((name, rest)) => {
            let email = rest.split('>').next().unwrap_or_default().trim();
            AccountRecord::identity(name.trim().to_owned(), email.to_owned())
        }
        None if text.contains('@') => AccountRecord::identity("", text.to_owned()),
        None => AccountRecord::identity(text.to_owned(), ""),
    };
    (!account.is_empty()).then_some(account)
}

#[cfg(test)]
mod tests;
