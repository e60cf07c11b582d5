//! GitHub's vocabulary, as far as `gh`, REST and webhooks share it: accounts, addresses, checks.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::model::ActorKind;
use crate::model::record::{Outcome, Str};

/// Returns what the export itself says of an account's kind.
///
/// The marks, in this order: a login of `app/x` or `x[bot]`, `is_bot`, REST's `type`, the prefix of the node id (`U_`
/// and the older `MDQ6VXNlc` for users, `BOT_` and `MDM6Qm90` for apps).
pub fn kind(login: &str, is_bot: Option<bool>, rest_type: &str, node_id: &str) -> ActorKind {
    if login.starts_with("app/") || login.ends_with("[bot]") {
        return ActorKind::Bot;
    }
    match (is_bot, rest_type) {
        (Some(true), _) | (_, "Bot") => return ActorKind::Bot,
        (Some(false), _) | (_, "User") => return ActorKind::Human,
        _ => {}
    }
    if node_id.starts_with("U_") || node_id.starts_with("MDQ6VXNlc") {
        ActorKind::Human
    } else if node_id.starts_with("BOT_") || node_id.starts_with("MDM6Qm90") {
        ActorKind::Bot
    } else {
        ActorKind::Unknown
    }
}

/// Returns the part of a text between two indexes, borrowed where the text is.
fn slice<'a>(text: &Str<'a>, start: usize, end: usize) -> Str<'a> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or_default().to_owned()),
    }
}

/// Preparing a search costs more than an address is long.
static REPOS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"repos/"));

/// Returns `owner/name` of an address in the web interface or in REST; empty where it has none.
///
/// `https://HOST/owner/name/pull/12` and `https://api.HOST/repos/owner/name/…` (or `https://HOST/api/v3/repos/…`).
pub fn repository<'a>(url: &Str<'a>) -> Str<'a> {
    let scheme = if url.starts_with("https://") { Some("https".len()) } else { url.find("://") };
    let Some(scheme) = scheme else { return Cow::Borrowed("") };
    let Some(host) = url[scheme + 3..].find('/').map(|at| scheme + 3 + at + 1) else {
        return Cow::Borrowed("");
    };
    let start = REPOS.find(&url.as_bytes()[host..]).map_or(host, |at| host + at + "repos/".len());
    let rest = &url[start..];
    let Some(owner) = rest.find('/').filter(|&at| at > 0) else { return Cow::Borrowed("") };
    let name = &rest[owner + 1..];
    let name_length = name.find(['/', '?', '#']).unwrap_or(name.len());
    if name_length == 0 {
        return Cow::Borrowed("");
    }
    slice(url, start, start + owner + 1 + name_length)
}

/// Returns what is behind `segment` in an address, for instance behind `/statuses/`; empty where it is not there.
pub fn behind<'a>(url: &Str<'a>, segment: &str) -> Str<'a> {
    match url.find(segment) {
        Some(at) => slice(url, at + segment.len(), url.len()),
        None => Cow::Borrowed(""),
    }
}

/// Returns the number behind `segment` in an address, for instance behind `/pull/` or `/pulls/`.
pub fn number(url: &str, segment: &str) -> Option<u64> {
    let rest = &url[url.find(segment)? + segment.len()..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().ok()
}

/// Returns the number and, where it has one, the repository's part of a path such as `pulls/12/commits.json`.
pub fn number_in_path(path: &str) -> Option<u64> {
    let mut parts = path.split('/').rev();
    parts.next()?;
    let mut number = None;
    for part in parts {
        if matches!(part, "pull" | "pulls") {
            return number;
        }
        number = part.parse().ok();
    }
    None
}

/// Splits a commit message into its first line and the rest without the empty line.
pub fn message<'a>(text: Str<'a>) -> (Str<'a>, Str<'a>) {
    let Some(end) = text.find('\n') else { return (text, Cow::Borrowed("")) };
    let subject = text[..end].trim_end_matches('\r').len();
    let body = end + text[end..].len() - text[end..].trim_start_matches(['\r', '\n']).len();
    (slice(&text, 0, subject), slice(&text, body, text.len()))
}

/// Returns the outcome of a check run: its status and, once it ended, its conclusion, in either case.
pub fn check_outcome(status: &str, conclusion: &str) -> Outcome {
    let is = |word: &str| conclusion.eq_ignore_ascii_case(word);
    if is("success") {
        Outcome::Passed
    } else if is("failure") || is("timed_out") || is("startup_failure") || is("action_required") {
        Outcome::Failed
    } else if is("skipped") || is("neutral") || is("cancelled") {
        // None of these shows a result, good or bad.
        Outcome::Skipped
    } else if conclusion.is_empty() && !status.is_empty() && !status.eq_ignore_ascii_case("completed") {
        Outcome::Running
    } else {
        Outcome::Unknown
    }
}

/// Returns the outcome of a commit status.
pub fn status_outcome(state: &str) -> Outcome {
    let is = |word: &str| state.eq_ignore_ascii_case(word);
    if is("success") {
        Outcome::Passed
    } else if is("failure") || is("error") {
        Outcome::Failed
    } else if is("pending") || is("expected") {
        Outcome::Running
    } else {
        Outcome::Unknown
    }
}

/// Words in the name of a check that tell a test.
const TEST_WORDS: [&str; 20] = [
    "test",
    "tests",
    "testing",
    "tested",
    "ci",
    "build",
    "builds",
    "check",
    "checks",
    "unit",
    "integration",
    "e2e",
    "spec",
    "specs",
    "pytest",
    "junit",
    "jest",
    "cypress",
    "playwright",
    "tox",
];
/// Words in the name of a check that tell something else, unless a word of a test is beside them.
const OTHER_WORDS: [&str; 22] = [
    "lint",
    "linter",
    "format",
    "fmt",
    "style",
    "prettier",
    "eslint",
    "clippy",
    "deploy",
    "deployment",
    "preview",
    "release",
    "publish",
    "label",
    "labeler",
    "cla",
    "dco",
    "license",
    "docs",
    "codeql",
    "scan",
    "title",
];

/// Returns whether a check is a test, as far as its name and its workflow's name tell.
pub fn is_test(name: &str, workflow: &str) -> bool {
    has_word(name, &TEST_WORDS) || (!has_word(name, &OTHER_WORDS) && has_word(workflow, &TEST_WORDS))
}

/// Returns whether one of the words of a text is in the list; words end at anything but letters and digits, and before a
/// capital that follows a small letter.
fn has_word(text: &str, words: &[&str]) -> bool {
    let bytes = text.as_bytes();
    let mut start = 0;
    for at in 0..=bytes.len() {
        let is_end = bytes.get(at).is_none_or(|b| !b.is_ascii_alphanumeric());
        let is_hump =
            at > start && !is_end && bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase();
        if is_end || is_hump {
            let word = &bytes[start..at];
            if words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word)) {
                return true;
            }
            start = if is_end { at + 1 } else { at };
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_of_a_bot_is_seen() {
        assert_eq!(kind("app/dependabot", None, "", ""), ActorKind::Bot);
        assert_eq!(kind("renovate[bot]", Some(false), "User", ""), ActorKind::Bot);
        assert_eq!(kind("x", Some(true), "", ""), ActorKind::Bot);
        assert_eq!(kind("x", None, "Bot", ""), ActorKind::Bot);
        assert_eq!(kind("x", None, "", "BOT_kgDOAb"), ActorKind::Bot);
        assert_eq!(kind("x", None, "", "MDM6Qm90NDk2OTkzMzM="), ActorKind::Bot);
        assert_eq!(kind("sapbotgit", None, "User", ""), ActorKind::Human);
        assert_eq!(kind("x", None, "", "MDQ6VXNlcjE="), ActorKind::Human);
        assert_eq!(kind("workflow-test-agent", None, "", ""), ActorKind::Unknown);
    }

    #[test]
    fn repositories_and_numbers_are_read_from_addresses() {
        let of = |url: &'static str| repository(&Cow::Borrowed(url)).into_owned();
        assert_eq!(of("https://github.com/TNG/ArchUnit/pull/1407"), "TNG/ArchUnit");
        assert_eq!(of("https://api.github.com/repos/o/r/pulls/3"), "o/r");
        assert_eq!(of("https://git.acme.test/api/v3/repos/o/r"), "o/r");
        assert_eq!(of("https://github.com/o"), "");
        assert_eq!(of("o/r"), "");
        assert_eq!(of("https://"), "");
        assert_eq!(number("https://github.com/o/r/pull/14/files", "/pull/"), Some(14));
        assert_eq!(number_in_path("export/pulls/12/commits.json"), Some(12));
        assert_eq!(number_in_path("export/pulls.json"), None);
    }

    #[test]
    fn messages_are_split_behind_their_first_line() {
        let split = |text: &'static str| {
            let (subject, body) = message(Cow::Borrowed(text));
            (subject.into_owned(), body.into_owned())
        };
        assert_eq!(split("Fix\r\n\r\nBecause\n"), ("Fix".into(), "Because\n".into()));
        assert_eq!(split("Fix"), ("Fix".into(), String::new()));
    }

    #[test]
    fn tests_are_told_from_linters_by_their_words() {
        for (name, workflow) in [
            ("unit", ""),
            ("Build (ubuntu)", ""),
            ("integrationTest", ""),
            ("ubuntu-latest", "CI"),
            ("lint-and-test", ""),
        ] {
            assert!(is_test(name, workflow), "{name}");
        }
        for (name, workflow) in
            [("lint", "CI"), ("Deploy preview", "ci"), ("latest", ""), ("specification", "")]
        {
            assert!(!is_test(name, workflow), "{name}");
        }
    }

    #[test]
    fn only_a_success_passes() {
        assert_eq!(check_outcome("COMPLETED", "SUCCESS"), Outcome::Passed);
        for conclusion in ["NEUTRAL", "SKIPPED", "CANCELLED", "STALE", "FAILURE", "", "whatever"] {
            assert_ne!(check_outcome("COMPLETED", conclusion), Outcome::Passed);
            assert_ne!(check_outcome("", conclusion), Outcome::Passed);
        }
        assert_eq!(check_outcome("IN_PROGRESS", ""), Outcome::Running);
        assert_eq!(status_outcome("EXPECTED"), Outcome::Running);
    }
}
