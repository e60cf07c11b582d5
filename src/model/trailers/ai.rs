//! Marks of AI tools in typed texts.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::lines::Trailer;
use super::{AiForm, AiSign, Identity, Position};
use crate::model::agents::{self, Agent};
use crate::model::record::PromptRecord;
use crate::model::terms::ActorKind;

// Preparing a search costs more than most texts are long.
static GENERATED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"enerated "));
static CURSOR_BODY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"CURSOR_AGENT_PR_BODY"));
static ADDRESS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"://"));

/// Words that follow a maker's name in the name of a model.
const MODEL_WORDS: &[&str] =
    &["opus", "sonnet", "haiku", "fable", "instant", "pro", "flash", "ultra", "mini", "turbo", "max"];

/// How the ids of models start, for texts that name a model and no tool.
const MODEL_IDS: &[&str] = &[
    "gpt-",
    "gpt ",
    "chatgpt-",
    "o1",
    "o3",
    "o4",
    "claude-",
    "gemini-",
    "gemma",
    "llama",
    "mistral",
    "codestral",
    "devstral",
    "deepseek",
    "qwen",
    "grok",
    "kimi",
    "glm-",
];

/// The most marks that are taken from one text.
const MOST: usize = 64;

/// The marks of one text, gathered.
#[derive(Default)]
pub(super) struct Marks<'a> {
    signs: Vec<AiSign<'a>>,
    /// What `AI-Tool`, `AI-Model` and `AI-Prompt…` say together.
    disclosed: Option<AiSign<'a>>,
}

impl<'a> Marks<'a> {
    fn push(&mut self, sign: AiSign<'a>) {
        if self.signs.len() >= MOST {
            return;
        }
        let twin = self.signs.iter_mut().find(|known| is_same(known, &sign));
        match twin {
            Some(known) => fold(known, sign),
            None => self.signs.push(sign),
        }
    }

    /// Returns one sign for each tool and model.
    pub(super) fn finish(mut self) -> Vec<AiSign<'a>> {
        if let Some(sign) = self.disclosed.take() {
            self.push(sign);
        }
        // Folding may have given two signs the same model.
        let mut out: Vec<AiSign<'a>> = Vec::with_capacity(self.signs.len());
        for sign in self.signs {
            match out.iter_mut().find(|known| is_same(known, &sign)) {
                Some(known) => fold(known, sign),
                None => out.push(sign),
            }
        }
        out
    }
}

/// Returns whether two signs speak of one tool and, as far as both name one, one model.
fn is_same(known: &AiSign<'_>, sign: &AiSign<'_>) -> bool {
    let family = |tool: &str| tool.strip_suffix("-code").unwrap_or(tool).to_owned();
    let tools = known.tool == sign.tool
        || known.tool.is_empty()
        || sign.tool.is_empty()
        || family(&known.tool) == family(&sign.tool);
    let models = known.model.is_empty() || sign.model.is_empty() || known.model == sign.model;
    known.is_none == sign.is_none && tools && models
}

/// Adds to a sign what another one of the same tool knows better.
fn fold<'a>(known: &mut AiSign<'a>, sign: AiSign<'a>) {
    if sign.tool.len() > known.tool.len() {
        known.tool = sign.tool;
    }
    if known.model.is_empty() {
        known.model = sign.model;
    }
    if rank(sign.prompt) > rank(known.prompt) {
        known.prompt = sign.prompt;
    }
    if known.session.is_empty() {
        known.session = sign.session;
    }
    known.position = known.position.min(sign.position);
}

const fn rank(prompt: PromptRecord) -> u8 {
    match prompt {
        PromptRecord::None => 0,
        PromptRecord::Hash => 1,
        PromptRecord::Reference => 2,
        PromptRecord::Summary => 3,
        PromptRecord::Text => 4,
    }
}

/// Takes a co-author that is an agent.
pub(super) fn co_author<'a>(identity: &Identity<'a>, trailer: &Trailer<'a>, marks: &mut Marks<'a>) {
    let known = agents::known().identify("", identity.email, identity.name);
    let Some(agent) = known.filter(|agent| agent.kind == ActorKind::Agent) else { return };
    let (tool, model) = tool_and_model(agent, identity.name);
    marks.push(sign(AiForm::CoAuthor, tool, model, trailer));
}

fn sign<'a>(
    form: AiForm,
    tool: impl Into<Cow<'a, str>>,
    model: &'a str,
    trailer: &Trailer<'a>,
) -> AiSign<'a> {
    AiSign {
        tool: tool.into(),
        model: Cow::Borrowed(model),
        form,
        text: trailer.line,
        position: trailer.position,
        ..AiSign::default()
    }
}

/// Takes a trailer that speaks of AI by its key.
pub(super) fn take<'a>(trailer: &Trailer<'a>, marks: &mut Marks<'a>) {
    let key = trailer.key;
    let is_one = |names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name));
    match key.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(b'a') if is_one(&["assisted-by"]) => assisted(trailer, false, marks),
        Some(b'g') if is_one(&["generated-by"]) => assisted(trailer, false, marks),
        Some(b'c') if is_one(&["created-by", "co-created-by"]) => assisted(trailer, false, marks),
        Some(b'a')
            if is_one(&["ai-assisted-by", "ai-generated-by", "ai-co-author", "ai-agent", "ai-assistant"]) =>
        {
            assisted(trailer, true, marks);
        }
        Some(b'a')
            if is_one(&[
                "ai",
                "ai-assisted",
                "ai-generated",
                "ai-use",
                "ai-usage",
                "ai-disclosure",
                "ai-assistance",
            ]) =>
        {
            disclosure(trailer, marks);
        }
        Some(b'a') if is_one(&["ai-tool", "ai-tools"]) => tool_trailer(trailer, marks),
        Some(b'a') if is_one(&["ai-model", "ai-models"]) && is_said(trailer.value) => {
            disclosed(trailer, marks).model = Cow::Borrowed(trailer.value);
        }
        Some(b'a') if is_one(&["ai-prompt-summary", "ai-prompt"]) && !trailer.value.is_empty() => {
            let is_summary = key.len() > "ai-prompt".len();
            disclosed(trailer, marks).prompt =
                if is_summary { PromptRecord::Summary } else { PromptRecord::Text };
        }
        Some(b'e') if is_one(&["entire-checkpoint"]) => checkpoint("", trailer, marks),
        Some(b'a') if is_one(&["amp-thread-id"]) => checkpoint("amp", trailer, marks),
        _ => {}
    }
}

fn checkpoint<'a>(tool: &'static str, trailer: &Trailer<'a>, marks: &mut Marks<'a>) {
    if !trailer.value.is_empty() {
        let mut sign = sign(AiForm::Checkpoint, tool, "", trailer);
        sign.prompt = PromptRecord::Reference;
        sign.session = trailer.value;
        marks.push(sign);
    }
}

fn disclosed<'m, 'a>(trailer: &Trailer<'a>, marks: &'m mut Marks<'a>) -> &'m mut AiSign<'a> {
    let sign = marks.disclosed.get_or_insert_with(|| sign(AiForm::Disclosure, "", "", trailer));
    sign.position = sign.position.min(trailer.position);
    sign
}

fn tool_trailer<'a>(trailer: &Trailer<'a>, marks: &mut Marks<'a>) {
    if trailer.value.is_empty() || is_unfilled(trailer.value) {
        return;
    }
    if is_denial(trailer.value) {
        disclosure(trailer, marks);
        return;
    }
    let (tool, model) = named(trailer.value).unwrap_or_else(|| (Cow::Owned(slug(trailer.value)), ""));
    let sign = disclosed(trailer, marks);
    sign.tool = tool;
    if sign.model.is_empty() {
        sign.model = Cow::Borrowed(model);
    }
}

/// Reads `AI-Assisted: none`, `AI-Assisted: yes`, `AI-Assisted: Claude Code`.
fn disclosure<'a>(trailer: &Trailer<'a>, marks: &mut Marks<'a>) {
    let value = trailer.value;
    if is_denial(value) {
        marks.push(AiSign { is_none: true, ..sign(AiForm::Disclosure, "", "", trailer) });
        return;
    }
    let words = ["yes", "true", "partial", "partially", "full", "fully", "assisted", "generated"];
    if words.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        let _known = disclosed(trailer, marks);
        return;
    }
    if let Some((tool, model)) = named(value) {
        marks.push(sign(AiForm::Disclosure, tool, model, trailer));
    }
}

/// Returns whether a value says something and denies nothing.
fn is_said(value: &str) -> bool {
    !value.is_empty() && !is_denial(value) && !is_unfilled(value)
}

fn is_denial(value: &str) -> bool {
    let value = value.trim_end_matches(['.', '!']);
    ["none", "no", "false", "not used", "unassisted", "never"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

/// Returns whether a value is a template's choice that nobody made: `yes/no`, `<tool>`, `[ ]`.
fn is_unfilled(value: &str) -> bool {
    value.len() > 60 || value.contains(['|', '<', '[', '{']) || value.eq_ignore_ascii_case("yes/no")
}

/// Reads the value of `Assisted-by` and its like.
///
/// Known are the kernel's form `AGENT:MODEL [TOOL …]`, a tool with a version or a model in parentheses, and an
/// identity. A person's name is not a tool; `by_ai` says that the key itself speaks of AI, so that unknown names count.
fn assisted<'a>(trailer: &Trailer<'a>, by_ai: bool, marks: &mut Marks<'a>) {
    let value = trailer.value.lines().next().unwrap_or_default().trim();
    if value.is_empty() || is_denial(value) {
        if by_ai && is_denial(value) {
            disclosure(trailer, marks);
        }
        return;
    }
    if value.contains('<') {
        let Some(identity) = super::identity(value, trailer.position) else { return };
        let known = agents::known().identify("", identity.email, identity.name);
        let found = match known.filter(|agent| agent.kind == ActorKind::Agent) {
            Some(agent) => Some(tool_and_model(agent, identity.name)),
            None => named(identity.name),
        };
        if let Some((tool, model)) = found {
            marks.push(sign(AiForm::AssistedBy, tool, model, trailer));
        }
        return;
    }
    let kernel = value.split_once(':').filter(|(_, rest)| !rest.starts_with("//"));
    if let Some((agent, rest)) = kernel {
        let model = rest.split_whitespace().next().unwrap_or_default();
        let known = named(agent.trim());
        if known.is_some() || by_ai || is_model_id(model) {
            let tool = known.map_or_else(|| Cow::Owned(slug(agent)), |(tool, _)| tool);
            marks.push(sign(AiForm::AssistedBy, tool, model, trailer));
        }
        return;
    }
    if let Some((tool, model)) = named(value) {
        marks.push(sign(AiForm::AssistedBy, tool, model, trailer));
    } else if by_ai && !is_unfilled(value) {
        marks.push(sign(AiForm::AssistedBy, slug(value), "", trailer));
    }
}

/// Returns tool and model of a text that names a tool, a tool with a model, or a model.
pub(super) fn named(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let text = text.trim();
    if let Some((agent, rest)) = agents::known().by_name(text) {
        let first = rest.chars().next();
        let is_name = first.is_none_or(|c| !c.is_alphabetic() || c.is_lowercase()) || is_model(rest);
        if is_name {
            let (tool, model) = tool_and_model(agent, text);
            return Some((tool, model));
        }
        return None;
    }
    is_model_id(text).then_some((Cow::Borrowed(""), text))
}

/// Returns the tool of an agent and the model that a name of it spells.
///
/// `Claude Opus 4.6 (1M context)` is the model `Claude Opus 4.6`; `Claude Code (Sonnet 4.5)` and `aider (gpt-5)` name
/// the model in parentheses; `Codex 5.3` is spelled as it stands.
fn tool_and_model<'a>(agent: &'static Agent, name: &'a str) -> (Cow<'a, str>, &'a str) {
    let Some((by_name, rest)) = agents::known().by_name(name) else {
        return (Cow::Borrowed(agent.tool.as_str()), "");
    };
    // `Claude Code` beside Claude's address is the more exact of the two.
    let tool =
        if by_name.tool.starts_with(&agent.tool) { by_name.tool.as_str() } else { agent.tool.as_str() };
    let model = match rest.strip_prefix('(') {
        Some(inside) => {
            inside.split(')').next().map(str::trim).filter(|model| is_model(model)).unwrap_or_default()
        }
        None if is_model(rest) => {
            let end = name.find('(').unwrap_or(name.len());
            name[..end].trim()
        }
        None => "",
    };
    (Cow::Borrowed(tool), model)
}

/// Returns whether a text looks like the name of a model: it has a digit or a word that models bear.
fn is_model(text: &str) -> bool {
    let text = text.split('(').next().unwrap_or_default();
    if text.contains("[bot]") {
        return false;
    }
    text.bytes().any(|byte| byte.is_ascii_digit())
        || text
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| MODEL_WORDS.iter().any(|model| model.eq_ignore_ascii_case(word)))
}

fn is_model_id(text: &str) -> bool {
    text.len() <= 60
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && MODEL_IDS.iter().any(|id| text.get(..id.len()).is_some_and(|head| head.eq_ignore_ascii_case(id)))
}

/// Returns a tool's name in the form of the list: lower case, hyphens for everything else; at most 40 characters.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(40) {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// Takes marks that are no trailers: `Generated with [tool](address)`, addresses of sessions, marks in comments.
pub(super) fn scan_marks<'a>(text: &'a str, marks: &mut Marks<'a>) {
    let bytes = text.as_bytes();
    let has = |byte| memchr::memchr(byte, bytes).is_some();
    for at in GENERATED.find_iter(bytes) {
        if let Some((tool, line)) = generated(text, at) {
            marks.push(AiSign { tool, form: AiForm::GeneratedWith, text: line, ..AiSign::default() });
        }
    }
    if has(b'_') && CURSOR_BODY.find(bytes).is_some() {
        let sign = AiSign { tool: "cursor".into(), form: AiForm::GeneratedWith, ..AiSign::default() };
        marks.push(AiSign { text: "CURSOR_AGENT_PR_BODY", ..sign });
    }
    // Most texts are short and have no address: a search for one byte costs far less.
    if !has(b'/') {
        return;
    }
    for at in ADDRESS.find_iter(bytes) {
        let rest = &text[at + 3..];
        let end = rest
            .find(|c: char| {
                c.is_whitespace() || c.is_control() || matches!(c, ')' | ']' | '"' | '\'' | '<' | '>' | '`')
            })
            .unwrap_or(rest.len());
        let address = rest[..end].trim_end_matches(['.', ',', ';']);
        let Some(agent) = agents::known().by_site(address) else { continue };
        // A tool's home page is a mention; an address below it is a session.
        let is_session = agent.sites.iter().any(|site| address.len() > site.len() + 4);
        if is_session {
            marks.push(AiSign {
                tool: Cow::Borrowed(agent.tool.as_str()),
                form: AiForm::Link,
                prompt: PromptRecord::Reference,
                session: address,
                text: address,
                position: Position::Body,
                ..AiSign::default()
            });
        }
    }
}

/// Reads `Generated with [X](address)`, `Generated with X` and `Generated by X` around an offset in `enerated `.
fn generated(text: &str, at: usize) -> Option<(Cow<'_, str>, &str)> {
    let start = at.checked_sub(1).filter(|start| matches!(text.as_bytes()[*start], b'G' | b'g'))?;
    let rest = text[at + "enerated ".len()..]
        .strip_prefix("with ")
        .or_else(|| text[at + "enerated ".len()..].strip_prefix("by "))?;
    let line_start = memchr::memrchr(b'\n', &text.as_bytes()[..start]).map_or(0, |at| at + 1);
    let line_end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |at| start + at);
    let line = text[line_start..line_end].trim();
    let before = text[line_start..start].trim();
    let rest = &rest[..memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())];
    let (name, is_linked) = match rest.strip_prefix('[').and_then(|rest| rest.split_once("](")) {
        Some((name, _)) => (name, true),
        None => (rest.trim_start_matches(['*', '_', '`', '[']), false),
    };
    if line.starts_with('>') {
        return None;
    }
    let is_marked = before.ends_with('🤖');
    match agents::known().by_name(name) {
        // Prose about a tool has other words around it; a mark stands at the start of its line.
        Some((agent, _))
            if is_linked || is_marked || before.trim_matches(['*', '_', '-', '>', '#', ' ']).is_empty() =>
        {
            Some((Cow::Borrowed(agent.tool.as_str()), line))
        }
        None if is_marked && is_linked && !is_unfilled(name) => Some((Cow::Owned(slug(name)), line)),
        _ => None,
    }
}
