//! What people and tools type into commit messages and change texts: co-authors, AI marks, tickets, references to the
//! change that a commit came from.
//!
//! Everything here is self-declared. Trailers are read as git reads them (the last paragraph, keys without regard to
//! case, folded lines); squash merges repeat trailers in the middle of the message, which git does not call trailers,
//! so they carry [`Position::Body`]. Texts are borrowed; repetitions are given once.

mod ai;
mod lines;
mod merges;
mod repeats;
mod tickets;

use std::borrow::Cow;

use super::record::PromptRecord;
use super::terms::ActorKind;

pub use merges::{MergeForm, PullReference, pull_reference, pull_reference_of};
pub use repeats::{Original, Repeat, RepeatKind, of_branch_and_labels, repeats};

/// Where in a message something was typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// In the trailers: the last paragraph.
    Trailing,
    /// Anywhere else, for instance in the message of a commit that a squash merge took in.
    #[default]
    Body,
}

/// Everything that a text says of authorship, AI and tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs<'a> {
    /// `Co-authored-by` and `Co-developed-by`, agents and bots included.
    pub co_authors: Vec<Identity<'a>>,
    /// Marks and statements of AI tools, one for each tool and model.
    pub sessions: Vec<AiSign<'a>>,
    /// Tickets that are mentioned.
    pub tickets: Vec<TicketSign<'a>>,
    /// `Signed-off-by`.
    pub signed_off: Vec<Identity<'a>>,
    /// `Reviewed-by`: typed by the author, no review.
    pub reviewed_by: Vec<Identity<'a>>,
}

/// A name and an address in a trailer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Name.
    pub name: &'a str,
    /// Address; empty where none was typed.
    pub email: &'a str,
    /// What the list of agents says of it; unknown for persons.
    pub kind: ActorKind,
    /// Where it was typed.
    pub position: Position,
}

/// The form of a mark of an AI tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AiForm {
    /// `Co-authored-by` of a known agent.
    #[default]
    CoAuthor,
    /// `Assisted-by`, `AI-assisted-by`, `Generated-by`.
    AssistedBy,
    /// `AI-Assisted`, `AI-Tool`, `AI-Model`, `AI-Prompt-Summary` and the like.
    Disclosure,
    /// A session or checkpoint id (`Entire-Checkpoint`, `Amp-Thread-ID`).
    Checkpoint,
    /// `Generated with [tool](address)`.
    GeneratedWith,
    /// The address of a session.
    Link,
}

/// A mark or statement about an AI tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AiSign<'a> {
    /// Tool, lower case; empty where not said.
    pub tool: Cow<'a, str>,
    /// Model as typed; empty where not said.
    pub model: Cow<'a, str>,
    /// `true` for a statement that no AI took part (`AI-Assisted: none`).
    pub is_none: bool,
    /// What it says of the prompt.
    pub prompt: PromptRecord,
    /// Id or address of the session, where typed.
    pub session: &'a str,
    /// The form of the (first) mark.
    pub form: AiForm,
    /// The line as typed.
    pub text: &'a str,
    /// Where it was typed; the trailers win over the body.
    pub position: Position,
}

/// A ticket that a text mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketSign<'a> {
    /// `#12`, `owner/name#12` or `KEY-12`.
    pub id: Cow<'a, str>,
    /// Whether the text says that it closes, fixes or resolves it.
    pub closes: bool,
}

/// Looks through a commit message, a part of one, or the text of a change.
pub fn scan(text: &str) -> Signs<'_> {
    let mut signs = Signs::default();
    if text.is_empty() {
        return signs;
    }
    tickets::scan(text, &mut signs.tickets);
    let mut marks = ai::Marks::default();
    if memchr::memchr(b':', text.as_bytes()).is_some() {
        for trailer in lines::Trailers::new(text) {
            take(&trailer, &mut signs, &mut marks);
        }
    }
    ai::scan_marks(text, &mut marks);
    signs.sessions = marks.finish();
    signs
}

/// Returns the trailers of a message as git sees them: key and value (folded lines joined by their line breaks).
pub fn trailers(message: &str) -> impl Iterator<Item = (&str, &str)> {
    lines::Trailers::new(message)
        .filter(|trailer| trailer.position == Position::Trailing)
        .map(|trailer| (trailer.key, trailer.value))
}

/// Returns tool and model of a text that is known to name an author or tool: an AI tool, one with a model
/// (`Claude Opus 4.6`), or a model alone (then the tool is empty); `None` for everything else, persons among it.
pub fn tool_named(text: &str) -> Option<(Cow<'_, str>, &str)> {
    ai::named(text)
}

fn take<'a>(trailer: &lines::Trailer<'a>, signs: &mut Signs<'a>, marks: &mut ai::Marks<'a>) {
    let key = trailer.key;
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let list = match key.len() {
        14 if is("co-authored-by") => &mut signs.co_authors,
        15 if is("co-developed-by") => &mut signs.co_authors,
        13 if is("signed-off-by") => &mut signs.signed_off,
        11 if is("reviewed-by") => &mut signs.reviewed_by,
        _ => {
            ai::take(trailer, marks);
            return;
        }
    };
    let Some(identity) = identity(trailer.value, trailer.position) else { return };
    let is_author = matches!(key.len(), 14 | 15);
    let known = list.iter_mut().find(|known| {
        known.name.eq_ignore_ascii_case(identity.name) && known.email.eq_ignore_ascii_case(identity.email)
    });
    match known {
        Some(known) => known.position = known.position.min(identity.position),
        None => list.push(identity),
    }
    if is_author && identity.kind == ActorKind::Agent {
        ai::co_author(&identity, trailer, marks);
    }
}

/// Reads `Name <address>`; `None` for what names nobody (`unknown <>`).
fn identity(value: &str, position: Position) -> Option<Identity<'_>> {
    let line = value.lines().next().unwrap_or_default().trim();
    let (name, email) = match line.rsplit_once('<') {
        Some((name, rest)) => (name.trim(), rest.split('>').next().unwrap_or_default().trim()),
        None => (line, ""),
    };
    let name = name.trim_matches('"');
    if email.is_empty() && (name.is_empty() || name.eq_ignore_ascii_case("unknown")) {
        return None;
    }
    let kind = super::agents::kind_of("", email, name).unwrap_or_default();
    Some(Identity { name, email, kind, position })
}

#[cfg(test)]
mod tests;
