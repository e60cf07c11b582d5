//! Agent Trace 0.1.0 (the specification of `application/vnd.agent-trace.record+json`): which lines of which files an AI
//! tool wrote, one record for each edit; and the flat records that some tools write under its name.
//!
//! `vcs.revision` is often the commit before the one that holds the lines: tools write the record before they commit.
//! Nothing binds a record to the tool that it names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::detect::Shape;
use super::json::{End, JsonReader, TakeRecord, Text, Time};
use super::{Context, Format, Head};
use crate::model::record::{AttributionRecord, PromptRecord, Record, SessionRecord, SessionSource, Str};
use crate::model::{At, Records};
use crate::problem::{Kind, Problem};

/// Agent Trace records: one, an array, or one on each line.
pub static FORMAT: Format = Format {
    id: "agent-trace",
    title: "Agent Trace",
    recognise,
    open: || Box::new(JsonReader::new(Traces::default())),
};

/// What tools record beside files: commands are no content of the repository.
const NO_FILES: [&str; 2] = [".shell-history", ".shell_history"];

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let shape = match peek.shape {
        Shape::Array => "array of objects",
        Shape::Lines => "lines of objects",
        Shape::Object => "object",
        Shape::EmptyArray => return None,
    };
    if peek.text("schema").is_some_and(|schema| schema.starts_with("agent-trace/")) {
        return Some(format!("{shape} that name the schema agent-trace"));
    }
    let is_trace = peek.has_all(&["version", "id", "timestamp", "files"])
        && (peek.has("files/0/conversations") || peek.has_all(&["vcs", "tool"]));
    is_trace.then(|| format!("{shape} with version, id, timestamp and files with conversations"))
}

/// One record, of either form.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Trace<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    timestamp: Time,
    #[serde(borrow)]
    vcs: Option<Vcs<'a>>,
    tool: Option<Tool>,
    #[serde(borrow)]
    files: Option<Vec<File<'a>>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    // The flat form.
    #[serde(borrow)]
    schema: Text<'a>,
    #[serde(borrow)]
    session_id: Text<'a>,
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow)]
    model_id: Text<'a>,
    start_line: Option<u32>,
    end_line: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Vcs<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    revision: Text<'a>,
}

/// The tool; the flat form has the name of a function of a tool here instead.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tool {
    Named {
        #[serde(default)]
        name: Option<String>,
    },
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow, alias = "conversationId", alias = "session_id", alias = "sessionId")]
    conversation_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    conversations: Option<Vec<Conversation<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Conversation<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    contributor: Option<Contributor<'a>>,
    #[serde(borrow)]
    ranges: Option<Vec<Range<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Range<'a> {
    start_line: u32,
    end_line: u32,
    #[serde(borrow)]
    contributor: Option<Contributor<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Contributor<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    model_id: Text<'a>,
}

#[derive(Default)]
struct Traces {
    flat: u64,
    commands: u64,
}

/// The lines of one conversation and model.
#[derive(Default)]
struct Part<'a> {
    files: Vec<AttributionRecord<'a>>,
    has_url: bool,
}

impl TakeRecord for Traces {
    type Value<'de> = Trace<'de>;

    fn take(&mut self, at: At, trace: Trace<'_>, _context: &Context<'_>, out: &mut dyn Records) {
        if trace.files.is_none() && !trace.file_path.is_empty() {
            self.flat += 1;
            out.record(at, Record::Session(flat(&trace)));
            return;
        }
        let files = trace.files.as_deref().unwrap_or_default();
        let is_command = |file: &File<'_>| NO_FILES.contains(&file.path.as_str());
        if !files.is_empty() && files.iter().all(is_command) {
            self.commands += 1;
            return;
        }
        for ((session, model), part) in parts(&trace, files.iter().filter(|file| !is_command(file))) {
            let record = SessionRecord {
                source: SessionSource::AgentTrace,
                commit: commit(trace.vcs.as_ref()),
                tool: tool(trace.tool.as_ref()),
                model: model.into(),
                session: session.into(),
                prompt: if part.has_url { PromptRecord::Reference } else { PromptRecord::None },
                at: trace.timestamp.0,
                files: part.files,
                ..SessionRecord::default()
            };
            out.record(at, Record::Session(record));
        }
    }

    fn finish(&mut self, _end: &End, _context: &Context<'_>, out: &mut dyn Records) {
        if self.flat > 0 {
            out.problem(
                Problem::note(
                    Kind::OddSerialisation,
                    format!("{} flat records that name no revision", self.flat),
                )
                .expected("records of Agent Trace 0.1.0, with `vcs.revision` and `files`; no commit is known of these"),
            );
        }
        if self.commands > 0 {
            out.problem(Problem::note(
                Kind::OddSerialisation,
                format!("{} records of shell commands were passed over: they change no file", self.commands),
            ));
        }
    }
}

/// Gathers the lines that AI wrote, by session and model.
fn parts<'a, 't: 'a>(
    trace: &'t Trace<'a>,
    files: impl Iterator<Item = &'t File<'a>>,
) -> BTreeMap<(&'t str, &'t str), Part<'t>> {
    let of_record = trace.metadata.as_ref().map_or("", |metadata| metadata.conversation_id.as_str());
    let mut parts: BTreeMap<(&str, &str), Part<'_>> = BTreeMap::new();
    for file in files {
        for conversation in file.conversations.iter().flatten() {
            let session = [of_record, last_part(conversation.url.as_str()), trace.id.as_str()]
                .into_iter()
                .find(|id| !id.is_empty())
                .unwrap_or_default();
            let ranges = conversation.ranges.as_deref().unwrap_or_default();
            // A conversation without ranges speaks of the file as a whole.
            let whole = ranges.is_empty().then_some((conversation.contributor.as_ref(), None));
            let each = ranges.iter().map(|range| {
                let contributor = range.contributor.as_ref().or(conversation.contributor.as_ref());
                (contributor, Some((range.start_line, range.end_line)))
            });
            for (contributor, range) in each.chain(whole) {
                if !is_ai(contributor) {
                    continue;
                }
                let model = contributor.map_or("", |contributor| contributor.model_id.as_str());
                let part = parts.entry((session, model)).or_default();
                part.has_url |= !conversation.url.is_empty();
                let path = normal(file.path.as_str());
                let range = range.filter(|(first, last)| *first > 0 && first <= last);
                match part.files.iter_mut().rev().find(|known| known.path == path) {
                    Some(known) => known.ranges.extend(range),
                    None => part.files.push(AttributionRecord { path, ranges: range.into_iter().collect() }),
                }
            }
        }
    }
    parts
}

/// Returns whether AI had a part; of an unknown contributor nothing is said.
fn is_ai(contributor: Option<&Contributor<'_>>) -> bool {
    contributor.is_some_and(|contributor| {
        ["ai", "mixed"].iter().any(|kind| contributor.kind.as_str().eq_ignore_ascii_case(kind))
            || contributor.kind.is_empty() && !contributor.model_id.is_empty()
    })
}

fn flat<'t>(trace: &'t Trace<'_>) -> SessionRecord<'t> {
    let first = trace.start_line.unwrap_or(0);
    let last = trace.end_line.unwrap_or(first);
    let ranges = if first > 0 && first <= last { vec![(first, last)] } else { Vec::new() };
    SessionRecord {
        source: SessionSource::AgentTrace,
        commit: commit(trace.vcs.as_ref()),
        tool: tool(trace.tool.as_ref()),
        model: trace.model_id.as_str().into(),
        session: trace.session_id.as_str().into(),
        at: trace.timestamp.0,
        files: vec![AttributionRecord { path: normal(trace.file_path.as_str()), ranges }],
        ..SessionRecord::default()
    }
}

/// Returns the revision where it is git's: other systems' ids name nothing here.
fn commit<'t>(vcs: Option<&'t Vcs<'_>>) -> Str<'t> {
    let vcs = vcs.filter(|vcs| vcs.kind.is_empty() || vcs.kind.as_str().eq_ignore_ascii_case("git"));
    let revision = vcs.map_or("", |vcs| vcs.revision.as_str());
    let is_id = (7..=64).contains(&revision.len()) && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { revision.into() } else { "".into() }
}

fn tool(tool: Option<&Tool>) -> Str<'static> {
    match tool {
        Some(Tool::Named { name: Some(name) }) => name.to_lowercase().into(),
        Some(Tool::Named { name: None } | Tool::Other(_)) | None => "".into(),
    }
}

/// Returns a path with forward slashes and without `./`.
fn normal(path: &str) -> Str<'_> {
    let path = path.strip_prefix("./").unwrap_or(path);
    if path.contains('\\') { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) }
}

/// Returns the last part of an address that looks like an id, without its extension.
fn last_part(url: &str) -> &str {
    let last = url.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or_default();
    let last = last.split(['?', '#']).next().unwrap_or_default();
    last.strip_suffix(".jsonl").or_else(|| last.strip_suffix(".json")).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{read, sample};

    type Found = (String, String, String, String, Vec<(String, Vec<(u32, u32)>)>);

    fn sessions(bytes: &[u8]) -> (Vec<Found>, Vec<Kind>) {
        let mut found = Vec::new();
        let file = read("traces.jsonl", bytes, |_, record| {
            let Record::Session(session) = record else { panic!("another record") };
            assert_eq!(session.source, SessionSource::AgentTrace);
            let files =
                session.files.iter().map(|file| (file.path.to_string(), file.ranges.clone())).collect();
            let text = |text: &Str<'_>| text.to_string();
            found.push((
                text(&session.commit),
                text(&session.tool),
                text(&session.model),
                text(&session.session),
                files,
            ));
        });
        assert_eq!(file.format, "agent-trace");
        (found, file.problems.iter().map(|problem| problem.kind).collect())
    }

    fn trace(files: &str) -> String {
        format!(
            r#"{{"version":"0.1.0","id":"r1","timestamp":"2026-07-20T11:38:35Z","vcs":{{"type":"git","revision":"1a0c18c75bc19149cec8a0bc4c91115bf9a44469"}},"tool":{{"name":"Cursor","version":"3"}},"files":[{files}]}}"#
        )
    }

    #[test]
    fn lines_are_given_to_the_conversation_and_model_that_wrote_them() {
        let text = trace(
            r#"{"path":"src\\a.rs","conversations":[
                {"url":"https://x/c1","contributor":{"type":"ai","model_id":"m1"},"ranges":[{"start_line":1,"end_line":3},{"start_line":9,"end_line":9,"contributor":{"type":"human"}}]},
                {"url":"https://x/c2","contributor":{"type":"ai","model_id":"m2"},"ranges":[{"start_line":5,"end_line":4}]}]},
               {"path":"./b.rs","conversations":[{"url":"https://x/c1","contributor":{"type":"mixed","model_id":"m1"},"ranges":[{"start_line":2,"end_line":2}]}]}"#,
        );
        let (found, problems) = sessions(text.replace('\n', " ").as_bytes());
        assert!(problems.is_empty());
        let commit = "1a0c18c75bc19149cec8a0bc4c91115bf9a44469".to_owned();
        let file = |path: &str, ranges: &[(u32, u32)]| (path.to_owned(), ranges.to_vec());
        assert_eq!(
            found,
            [
                (
                    commit.clone(),
                    "cursor".into(),
                    "m1".into(),
                    "c1".into(),
                    vec![file("src/a.rs", &[(1, 3)]), file("b.rs", &[(2, 2)])]
                ),
                (commit, "cursor".into(), "m2".into(), "c2".into(), vec![file("src/a.rs", &[])]),
            ]
        );
    }

    #[test]
    fn human_and_unknown_contributors_are_no_sessions() {
        let text = trace(
            r#"{"path":"a","conversations":[{"contributor":{"type":"human"},"ranges":[{"start_line":1,"end_line":3}]},{"contributor":{"type":"unknown"},"ranges":[{"start_line":4,"end_line":5}]}]}"#,
        );
        assert_eq!(sessions(text.as_bytes()).0, []);
    }

    #[test]
    fn revisions_of_other_systems_name_no_commit() {
        let files = r#"{"path":"a","conversations":[{"contributor":{"type":"ai"},"ranges":[{"start_line":1,"end_line":3}]}]}"#;
        let text = trace(files).replace("\"git\"", "\"svn\"");
        assert_eq!(sessions(text.as_bytes()).0[0].0, "");
    }

    #[test]
    fn the_samples_of_both_forms_are_read() {
        let Some(bytes) = sample("agent-trace/wild/fintrack-traces.jsonl") else { return };
        let (found, problems) = sessions(&bytes);
        assert_eq!(problems, [Kind::OddSerialisation]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].2, "anthropic/claude-opus-4-8");
        assert_eq!(found[0].3, "be6cecdd-a75a-4363-b49d-3f7850807d1d");
        assert_eq!(found[0].4, [("src/components/reports/reports-view.tsx".to_owned(), vec![(1, 116)])]);
        let Some(bytes) = sample("agent-trace/wild/lazyusage-traces.jsonl") else { return };
        let (found, problems) = sessions(&bytes);
        assert_eq!(problems, [Kind::OddSerialisation]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("", ""));
        assert_eq!(found[0].4[0].1, [(155, 155)]);
    }
}
