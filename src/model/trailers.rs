//! What people and tools write into commit messages and descriptions: trailers, tool marks, tickets, numbers.
//!
//! Trailers follow git-interpret-trailers(1): `Key: value` lines, keys without regard to case. Squash merges repeat the
//! trailers of their commits in the middle of the message, where git no longer sees them as trailers; they are read all
//! the same, each once. AI marks follow what tools write in practice and the kernel's `Assisted-by: AGENT:MODEL [TOOL …]`
//! (Documentation/process/coding-assistants.rst).

use std::borrow::Cow;

use super::agents;
use super::record::PromptRecord;

/// What a text shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs<'a> {
    /// Co-authors that are not listed AI agents.
    pub co_authors: Vec<Identity<'a>>,
    /// Marks of AI's part, each tool and model once.
    pub sessions: Vec<AiSign<'a>>,
    /// Tickets, each once, in order of first sight.
    pub tickets: Vec<TicketSign<'a>>,
    /// Who signed off.
    pub signed_off: Vec<Identity<'a>>,
    /// Who is said to have tested it.
    pub tested_by: Vec<Identity<'a>>,
}

/// `Name <address>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Name.
    pub name: &'a str,
    /// Address; empty where there is none.
    pub email: &'a str,
}

/// A mark of AI's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiSign<'a> {
    /// Tool, lower case where it is a known one.
    pub tool: Cow<'a, str>,
    /// Model as written; empty where the mark names none.
    pub model: Cow<'a, str>,
    /// Whether the mark says that AI took no part.
    pub is_none: bool,
    /// Whether the mark comes with a summary of the prompt.
    pub prompt: PromptRecord,
}

/// A ticket that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketSign<'a> {
    /// `#12`, `owner/name#12` or `KEY-12`.
    pub id: Cow<'a, str>,
    /// Whether a word such as `Fixes` stands before it.
    pub closes: bool,
}

/// Reads a text; borrowed from it.
pub fn scan(text: &str) -> Signs<'_> {
    let mut signs = Signs::default();
    if text.is_empty() {
        return signs;
    }
    let mut pending = Pending::default();
    for line in text.lines() {
        let line = line.trim();
        if line.len() < 3 {
            continue;
        }
        if let Some((key, value)) = trailer(line) {
            trailer_sign(key, value, &mut signs, &mut pending);
        }
        mark(line, &mut signs);
        if memchr::memchr2(b'#', b'-', line.as_bytes()).is_some() {
            tickets(line, &mut signs.tickets);
        }
    }
    pending.finish(&mut signs);
    signs
}

/// Returns key and value of a trailer line.
fn trailer(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key =
        !key.is_empty() && key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let value = value.trim();
    (is_key && !value.is_empty()).then_some((key, value))
}

/// The parts of a disclosure that is spread over several trailers: `AI-Tool`, `AI-Model`, `AI-Prompt-Summary`.
#[derive(Default)]
struct Pending<'a> {
    tool: &'a str,
    model: &'a str,
    prompt: PromptRecord,
    assisted: Option<&'a str>,
}

impl<'a> Pending<'a> {
    fn finish(self, signs: &mut Signs<'a>) {
        let says_no = self.assisted.is_some_and(|value| is_no(value));
        let is_said = self.assisted.is_some() || !self.tool.is_empty() || !self.model.is_empty();
        if !is_said {
            if self.prompt != PromptRecord::None {
                signs
                    .sessions
                    .iter_mut()
                    .for_each(|session| session.prompt = session.prompt.max(self.prompt));
            }
            return;
        }
        let tool = agents::tool_by_name(self.tool).map_or(Cow::Borrowed(self.tool), Cow::Borrowed);
        push(
            signs,
            AiSign {
                tool,
                model: self.model.into(),
                is_none: says_no && self.tool.is_empty(),
                prompt: self.prompt,
            },
        );
    }
}

fn is_no(value: &str) -> bool {
    ["none", "no", "false", "human", "n/a", "not used"]
        .iter()
        .any(|word| value.trim_end_matches('.').eq_ignore_ascii_case(word))
}

fn trailer_sign<'a>(key: &str, value: &'a str, signs: &mut Signs<'a>, pending: &mut Pending<'a>) {
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    if is("co-authored-by") || is("co-author") {
        co_author(identity(value), signs);
    } else if is("signed-off-by") {
        signs.signed_off.push(identity(value));
    } else if is("tested-by") {
        signs.tested_by.push(identity(value));
    } else if is("assisted-by")
        || is("generated-by")
        || is("ai-assisted-by")
        || is("generated-with")
        || is("made-with")
    {
        assisted(value, signs);
    } else if is("ai-assisted")
        || is("ai-generated")
        || is("ai-disclosure")
        || is("ai")
        || is("ai-involvement")
        || is("ai-use")
    {
        pending.assisted = Some(value);
    } else if is("ai-tool") || is("ai-agent") {
        pending.tool = value;
    } else if is("ai-model") {
        pending.model = value;
    } else if is("ai-prompt-summary") || is("ai-prompt") {
        pending.prompt = PromptRecord::Summary;
    } else if is("ai-session") || is("entire-checkpoint") || is("entire-session") {
        pending.prompt = pending.prompt.max(PromptRecord::Reference);
        if is("entire-checkpoint") {
            push(
                signs,
                AiSign {
                    tool: "entire".into(),
                    model: Cow::Borrowed(""),
                    is_none: false,
                    prompt: PromptRecord::Reference,
                },
            );
        }
    }
}

/// Splits `Name <address>`; an address without brackets is an address.
fn identity(value: &str) -> Identity<'_> {
    match value.split_once('<') {
        Some((name, rest)) => {
            Identity { name: name.trim(), email: rest.split('>').next().unwrap_or_default().trim() }
        }
        None if value.contains('@') && !value.contains(' ') => Identity { name: "", email: value },
        None => Identity { name: value, email: "" },
    }
}

fn co_author<'a>(who: Identity<'a>, signs: &mut Signs<'a>) {
    match agents::tool_of("", who.email, who.name) {
        // Tools write the model into the name: `Claude Opus 4.6 (1M context) <noreply@…>`.
        Some(tool) => push(
            signs,
            AiSign {
                tool: tool.into(),
                model: model_in(who.name).into(),
                is_none: false,
                prompt: PromptRecord::None,
            },
        ),
        None if who.name.eq_ignore_ascii_case("unknown") && who.email.is_empty() => {}
        None => {
            if !signs.co_authors.contains(&who) {
                signs.co_authors.push(who);
            }
        }
    }
}

/// Returns a tool's name with a model in it as the model, a bare tool's name as nothing.
fn model_in(name: &str) -> &str {
    if name.bytes().any(|byte| byte.is_ascii_digit()) { name } else { "" }
}

/// Reads `AGENT:MODEL [TOOL …]`, `Claude Code (Sonnet 4.5)`, `Codex 5.3`, or an identity.
fn assisted<'a>(value: &'a str, signs: &mut Signs<'a>) {
    if is_no(value) {
        return push(
            signs,
            AiSign {
                tool: Cow::Borrowed(""),
                model: Cow::Borrowed(""),
                is_none: true,
                prompt: PromptRecord::None,
            },
        );
    }
    let who = identity(value);
    if let Some(tool) = agents::tool_of("", who.email, "").filter(|_| !who.email.is_empty()) {
        return push(
            signs,
            AiSign {
                tool: tool.into(),
                model: model_in(who.name).into(),
                is_none: false,
                prompt: PromptRecord::None,
            },
        );
    }
    let name = if who.email.is_empty() { value } else { who.name };
    let (tool, model) =
        if let Some((agent, rest)) = name.split_once(':').filter(|(agent, _)| !agent.contains(' ')) {
            // The tools behind the model stand in brackets, or, in the kernel document's own example, without them.
            (agent, rest.split_whitespace().next().unwrap_or_default())
        } else if let Some((tool, model)) = name.split_once('(') {
            (tool.trim(), model.trim_end_matches(')').trim())
        } else {
            let version = name.find(|c: char| c.is_ascii_digit());
            (name, version.map_or("", |_| name))
        };
    let known = agents::tool_by_name(tool);
    // `Assisted-by: Jane Doe <jane@…>` credits a person.
    if known.is_none() && (!who.email.is_empty() || !name.contains(':')) {
        return;
    }
    let tool = known.map_or(Cow::Borrowed(tool), Cow::Borrowed);
    push(signs, AiSign { tool, model: model.into(), is_none: false, prompt: PromptRecord::None });
}

/// Marks that tools leave in free text: what is looked for, and the tool.
const MARKS: &[(&str, &str)] = &[
    ("CURSOR_AGENT_PR_BODY", "cursor"),
    ("cursor.com/agents", "cursor"),
    ("chatgpt.com/codex", "codex"),
    ("app.devin.ai", "devin"),
    ("claude.ai/code/session", "claude"),
    ("claude.ai/code/", "claude"),
];

/// Reads `Generated with [Claude Code](…)` and the addresses of agents' sessions.
fn mark<'a>(line: &'a str, signs: &mut Signs<'a>) {
    if let Some(at) = find_ignoring_case(line, "generated with ") {
        let rest = line[at + "generated with ".len()..].trim_start_matches(['[', '*', '_', '`']);
        let name = rest.split([']', '(', '*', '`', '<', '.', ',']).next().unwrap_or_default().trim();
        if let Some(tool) = agents::tool_by_name(name) {
            push(
                signs,
                AiSign {
                    tool: tool.into(),
                    model: Cow::Borrowed(""),
                    is_none: false,
                    prompt: PromptRecord::None,
                },
            );
        }
    }
    if memchr::memchr2(b'/', b'_', line.as_bytes()).is_none() {
        return;
    }
    for (text, tool) in MARKS {
        if line.contains(text) {
            let prompt = if text.contains("session") || text.contains("agents") {
                PromptRecord::Reference
            } else {
                PromptRecord::None
            };
            return push(
                signs,
                AiSign { tool: (*tool).into(), model: Cow::Borrowed(""), is_none: false, prompt },
            );
        }
    }
}

fn find_ignoring_case(line: &str, lower: &str) -> Option<usize> {
    let first = lower.as_bytes().first()?;
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), line.as_bytes()).find(|&at| {
        line.as_bytes()
            .get(at..at + lower.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(lower.as_bytes()))
    })
}

fn push<'a>(signs: &mut Signs<'a>, sign: AiSign<'a>) {
    // A mark without a model adds nothing to one of the same tool with it, and the other way round it completes it.
    let same =
        signs.sessions.iter_mut().find(|known| known.is_none == sign.is_none && known.tool == sign.tool);
    match same {
        Some(known) if sign.model.is_empty() || known.model == sign.model => {
            known.prompt = known.prompt.max(sign.prompt)
        }
        Some(known) if known.model.is_empty() => {
            known.model = sign.model;
            known.prompt = known.prompt.max(sign.prompt);
        }
        _ => signs.sessions.push(sign),
    }
}

/// Words before a number that make a ticket of it.
const CLOSING: &[&str] = &[
    "close",
    "closes",
    "closed",
    "fix",
    "fixes",
    "fixed",
    "resolve",
    "resolves",
    "resolved",
    "solve",
    "solves",
    "solved",
    "refs",
    "ref",
    "implements",
];

/// Things that look like ticket keys and are not.
const NO_KEYS: &[&str] = &[
    "UTF", "SHA", "ISO", "RFC", "CVE", "CWE", "GHSA", "HTTP", "TLS", "AES", "RSA", "MD", "PEP", "BCP", "X",
    "GPT", "COVID", "ES", "IEEE", "FIPS", "SP",
];

/// Finds `#12`, `owner/name#12` and `KEY-12` in a line.
fn tickets<'a>(line: &'a str, out: &mut Vec<TicketSign<'a>>) {
    let mut before = "";
    for word in line.split([' ', '\t', '(', ')', '[', ']', ',', ';', '"', '\'', '`', '|', '!', '?']) {
        let word = word.trim_matches(['.', ':', '*', '_']);
        if word.is_empty() {
            continue;
        }
        let closes = CLOSING.iter().any(|known| before.eq_ignore_ascii_case(known));
        before = word.trim_end_matches(':');
        let id = numbered(word).or_else(|| keyed(word));
        let Some(id) = id else { continue };
        match out.iter_mut().find(|known| known.id == id) {
            Some(known) => known.closes |= closes,
            None => out.push(TicketSign { id: id.into(), closes }),
        }
    }
}

fn numbered(word: &str) -> Option<&str> {
    let (repository, number) = word.split_once('#')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = (1..=9).contains(&digits) && !number.starts_with('0') && digits == number.len();
    let is_repository = repository.is_empty()
        || repository.split('/').count() == 2
            && repository
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.'));
    (is_number && is_repository).then_some(word)
}

/// Returns a ticket key at the start of a word or of a part of a path (`feature/PAY-331-retry`).
fn keyed(word: &str) -> Option<&str> {
    word.split('/').find_map(|part| {
        let (key, rest) = part.split_once('-')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_key = (2..=10).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && key.starts_with(|c: char| c.is_ascii_uppercase())
            && !NO_KEYS.contains(&key);
        let ends = rest.as_bytes().get(digits).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'.');
        (is_key && (1..=7).contains(&digits) && ends).then(|| &part[..=key.len() + digits])
    })
}

/// How a commit's subject says that a change came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeForm {
    /// A merge commit's subject.
    Merge,
    /// A squashed change's subject.
    Squash,
}

/// The number of a change that a commit's subject names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullReference<'a> {
    /// The number.
    pub number: u64,
    /// The title of the change, where the subject holds it.
    pub title: Option<&'a str>,
    /// The form.
    pub form: MergeForm,
}

/// Reads the number from the subjects that forges write: GitHub `Title (#12)` and `Merge pull request #12 from o/b`,
/// GitLab `See merge request group/project!12`, Bitbucket `Merged in b (pull request #12)`, Azure `Merged PR 12: title`.
pub fn pull_reference(subject: &str) -> Option<PullReference<'_>> {
    let of = |number: &str, title, form| {
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        Some(PullReference { number: number[..digits].parse().ok()?, title, form })
    };
    if let Some(rest) = subject.strip_prefix("Merge pull request #") {
        return of(rest, None, MergeForm::Merge);
    }
    if let Some((_, rest)) =
        subject.split_once("(pull request #").filter(|_| subject.starts_with("Merged in "))
    {
        return of(rest, None, MergeForm::Merge);
    }
    if let Some(rest) = subject.strip_prefix("Merged PR ") {
        let title = rest.split_once(": ").map(|(_, title)| title);
        return of(rest, title, MergeForm::Merge);
    }
    if let Some((_, rest)) = subject.rsplit_once('!').filter(|_| subject.starts_with("See merge request ")) {
        return of(rest, None, MergeForm::Merge);
    }
    let (title, rest) = subject.trim_end().rsplit_once(" (#")?;
    let number = rest.strip_suffix(')')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { of(number, Some(title.trim_end()), MergeForm::Squash) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tools(text: &str) -> Vec<(String, String)> {
        scan(text).sessions.iter().map(|s| (s.tool.to_string(), s.model.to_string())).collect()
    }

    fn pair(tool: &str, model: &str) -> Vec<(String, String)> {
        vec![(tool.to_owned(), model.to_owned())]
    }

    #[test]
    fn the_forms_in_the_wild_are_read() {
        for (text, tool, model) in [
            ("Co-Authored-By: Claude <noreply@anthropic.com>", "claude", ""),
            (
                "Co-authored-by: Claude Opus 4.6 (1M context) <noreply@anthropic.com>",
                "claude",
                "Claude Opus 4.6 (1M context)",
            ),
            ("Co-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>", "copilot", ""),
            ("Co-authored-by: Cursor <cursoragent@cursor.com>", "cursor", ""),
            ("Assisted-by: Claude Code", "claude", ""),
            ("Assisted-by: Claude Code (Sonnet 4.5)", "claude", "Sonnet 4.5"),
            ("Assisted-by: Codex 5.3", "codex", "Codex 5.3"),
            ("Assisted-by: Claude:claude-3-opus [coccinelle] [sparse]", "claude", "claude-3-opus"),
            ("Assisted-by: LOCAL:qwen-3 coccinelle", "LOCAL", "qwen-3"),
            ("🤖 Generated with [Claude Code](https://claude.com/claude-code)", "claude", ""),
            ("🤖 Generated with [Firebender](https://firebender.com)", "firebender", ""),
        ] {
            assert_eq!(tools(text), pair(tool, model), "{text}");
        }
    }

    #[test]
    fn the_same_tool_twice_is_one_mark_with_the_better_model() {
        let text = "x\n\n🤖 Generated with [Claude Code](https://x)\n\nCo-Authored-By: Claude Fable 5 <noreply@anthropic.com>";
        assert_eq!(tools(text), pair("claude", "Claude Fable 5"));
    }

    #[test]
    fn persons_and_bots_are_no_ai() {
        let signs = scan(
            "Co-authored-by: Ashwin <ashwin@anthropic.com>\nCo-authored-by: unknown <>\nAssisted-by: Jane Doe <jane@example.org>\nSigned-off-by: dependabot[bot] <support@github.com>",
        );
        assert_eq!(signs.sessions, []);
        assert_eq!(signs.co_authors, [Identity { name: "Ashwin", email: "ashwin@anthropic.com" }]);
    }

    #[test]
    fn a_disclosure_of_none_is_kept_apart() {
        assert!(scan("AI-Assisted: none").sessions[0].is_none);
        let signs = scan(
            "AI-Assisted: yes\nAI-Tool: Claude Code\nAI-Model: claude-opus-4-1\nAI-Prompt-Summary: retry captures",
        );
        assert_eq!((&*signs.sessions[0].tool, &*signs.sessions[0].model), ("claude", "claude-opus-4-1"));
        assert_eq!(signs.sessions[0].prompt, PromptRecord::Summary);
    }

    #[test]
    fn tickets_are_found_and_lookalikes_are_not() {
        let ids = |text| scan(text).tickets.iter().map(|t| t.id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids("Fixes #12, see acme/pay#3 and PAY-331."), ["#12", "acme/pay#3", "PAY-331"]);
        assert_eq!(ids("feature/PAY-331-retry-captures"), ["PAY-331"]);
        assert_eq!(ids("UTF-8 SHA-256 RFC-3161 a #fff and # 5, C#7x"), Vec::<String>::new());
        assert!(scan("Solves #1.").tickets[0].closes);
    }

    #[test]
    fn forge_subjects_name_their_change() {
        let number = |text| pull_reference(text).map(|r| (r.number, r.form));
        assert_eq!(number("CLI ui simplification (#420)"), Some((420, MergeForm::Squash)));
        assert_eq!(number("Merge pull request #12 from o/b"), Some((12, MergeForm::Merge)));
        assert_eq!(number("Merged PR 12: title"), Some((12, MergeForm::Merge)));
        assert_eq!(number("Merged in feature (pull request #7)"), Some((7, MergeForm::Merge)));
        assert_eq!(number("See merge request group/project!12"), Some((12, MergeForm::Merge)));
        assert_eq!(number("Fix (#12) early"), None);
        assert_eq!(pull_reference("Add a (b) (#3)").and_then(|r| r.title), Some("Add a (b)"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_scanner(text in "\\PC{0,200}") {
            scan(&text);
            pull_reference(&text);
        }
    }
}
