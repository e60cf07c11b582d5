//! The change that a commit says it came from.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Preparing a search costs more than most texts are long.
static MERGE_REQUEST: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"See merge request "));
static REVIEWED_ON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"Reviewed-on: "));

/// How a message refers to the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeForm {
    /// The text of a merge commit.
    Merge,
    /// A form that squash merges have, and merge commits may have: the count of parents decides. Rebase merges leave
    /// no such text: without the export of the change they cannot be told from direct pushes.
    Squash,
}

/// A reference to the change that a commit came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullReference<'a> {
    /// The number on the forge.
    pub number: u64,
    /// The title of the change, where the text has it.
    pub title: Option<&'a str>,
    /// The form of the text.
    pub form: MergeForm,
}

/// Returns the change that a commit message (or its subject alone) names as its origin.
///
/// Read are: GitHub `Merge pull request #12 from o/branch` and `Title (#12)`; GitLab `See merge request group/name!12`
/// and `Title (!12)`; Bitbucket `Merged in branch (pull request #12)` and `Pull request #12: title`; Azure DevOps
/// `Merged PR 12: title`; Gerrit `Reviewed-on: …/+/123`; bors and Homu `Auto merge of #12`, `Rollup merge of #12`.
pub fn pull_reference(message: &str) -> Option<PullReference<'_>> {
    let message = message.trim_start();
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    pull_reference_of(subject, body)
}

/// Like [`pull_reference`], for a message that is taken apart already.
pub fn pull_reference_of<'a>(subject: &'a str, body: &'a str) -> Option<PullReference<'a>> {
    let subject = subject.trim();
    of_subject(subject, body).or_else(|| of_body(subject, body))
}

fn of_subject<'a>(subject: &'a str, body: &'a str) -> Option<PullReference<'a>> {
    let merge = |number| PullReference { number, title: first_line(body), form: MergeForm::Merge };
    for start in ["Merge pull request #", "Auto merge of #", "Rollup merge of #"] {
        if let Some(rest) = subject.strip_prefix(start) {
            return number(rest).map(|(number, _)| merge(number));
        }
    }
    if let Some(rest) = subject.strip_prefix("Merged PR ") {
        let (number, rest) = number(rest)?;
        let title = rest.strip_prefix(':').map(str::trim).filter(|title| !title.is_empty());
        return Some(PullReference { number, title, form: MergeForm::Squash });
    }
    if let Some(rest) = subject.strip_prefix("Pull request #") {
        let (number, rest) = number(rest)?;
        let title = rest.strip_prefix(':').map(str::trim).filter(|title| !title.is_empty());
        return Some(PullReference { number, title, form: MergeForm::Merge });
    }
    let (title, rest) = subject.strip_suffix(')')?.rsplit_once('(')?;
    if let Some(rest) = rest.strip_prefix("pull request #") {
        let (number, rest) = number(rest)?;
        let form = if title.starts_with("Merged in ") { MergeForm::Merge } else { MergeForm::Squash };
        let title = if form == MergeForm::Merge { first_line(body) } else { Some(title.trim()) };
        return rest.is_empty().then_some(PullReference { number, title, form });
    }
    let (number, rest) = number(rest.strip_prefix(['#', '!'])?)?;
    let title = Some(title.trim()).filter(|title| !title.is_empty());
    rest.is_empty().then_some(PullReference { number, title, form: MergeForm::Squash })
}

fn of_body<'a>(subject: &'a str, body: &'a str) -> Option<PullReference<'a>> {
    if let Some(at) = MERGE_REQUEST.find(body.as_bytes()) {
        let rest = &body[at + "See merge request ".len()..];
        let (_, rest) = rest.lines().next()?.rsplit_once('!')?;
        let is_merge = subject.starts_with("Merge branch ");
        return Some(PullReference {
            number: number(rest)?.0,
            title: if is_merge { first_line(&body[..at]) } else { Some(subject) },
            form: if is_merge { MergeForm::Merge } else { MergeForm::Squash },
        });
    }
    let at = REVIEWED_ON.find(body.as_bytes())?;
    if at > 0 && body.as_bytes()[at - 1] != b'\n' {
        return None;
    }
    let address = body[at + "Reviewed-on: ".len()..].lines().next()?.trim();
    let (_, last) = address.rsplit_once('/')?;
    let (number, rest) = number(last)?;
    rest.is_empty().then_some(PullReference { number, title: Some(subject), form: MergeForm::Squash })
}

fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}

/// Reads the number that a text starts with, and returns what follows it.
pub(super) fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text.get(..end)?.parse().ok().filter(|number| *number > 0)?;
    Some((number, &text[end..]))
}
