//! Tickets that a text mentions: `#12`, `owner/name#12`, `AB#12`, `KEY-12`, and addresses of issues.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{TicketSign, pull_reference};

/// Prefixes that look like a ticket's and name standards, algorithms, advisories and licences.
const NO_PROJECTS: &[&str] = &[
    "ADR", "AES", "AGPL", "ANSI", "ASCII", "BASE", "BSD", "CC", "CIS", "COVID", "CP", "CVE", "CWE", "EC",
    "ECMA", "ED", "EPL", "ES", "FIPS", "GHSA", "GMT", "GO", "GPL", "GPT", "HMAC", "HS", "HTTP", "HTTPS",
    "IEC", "IEEE", "IPV", "ISO", "JDK", "JSR", "KB", "LGPL", "LTS", "MD", "MPL", "MR", "NIST", "OSV", "PCI",
    "PEP", "PKCS", "PR", "PS", "PYSEC", "RFC", "RIPEMD", "RS", "RSA", "RUSTSEC", "SHA", "SLSA", "SOC", "SP",
    "SSL", "TLS", "UTC", "UTF", "WINDOWS",
];

/// Preparing a search costs more than most texts are long.
static ISSUES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"/issues/"));

/// The most tickets that are taken from one text.
const MOST: usize = 64;

pub(super) fn scan<'a>(text: &'a str, out: &mut Vec<TicketSign<'a>>) {
    let bytes = text.as_bytes();
    // Few texts name a number in their first line.
    let pull = LazyCell::new(|| pull_reference(text));
    let subject_end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    for at in memchr::memchr2_iter(b'#', b'-', bytes) {
        if out.len() >= MOST || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let found = if bytes[at] == b'#' { numbered(text, at) } else { keyed(text, at) };
        let Some((start, id)) = found else { continue };
        // The number of the change itself is no ticket.
        let is_own = at < subject_end && pull.as_ref().is_some_and(|pull| id == format!("#{}", pull.number));
        if !is_own {
            push(id, closes(&text[..start]), out);
        }
    }
    if memchr::memchr(b'/', bytes).is_none() {
        return;
    }
    for at in ISSUES.find_iter(bytes) {
        if let Some((start, id)) = addressed(text, at) {
            push(id, closes(&text[..start]), out);
        }
    }
}

fn push<'a>(id: Cow<'a, str>, closes: bool, out: &mut Vec<TicketSign<'a>>) {
    let count = out.len();
    match out.iter_mut().find(|known| known.id == id) {
        Some(known) => known.closes |= closes,
        None if count < MOST => out.push(TicketSign { id, closes }),
        None => {}
    }
}

/// Returns the end of the digits at an offset, if they are a number of 1 to 9 digits that starts with no 0 and ends as
/// a word.
fn digits(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    let behind = rest[count..].chars().next();
    let is_word = !behind.is_some_and(|c| c.is_alphanumeric() || c == '_');
    ((1..=9).contains(&count) && !rest.starts_with('0') && is_word).then_some(from + count)
}

/// Reads a `#12` with what stands before it.
fn numbered(text: &str, at: usize) -> Option<(usize, Cow<'_, str>)> {
    let end = digits(text, at + 1)?;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    let before = &text.as_bytes()[..at];
    let start = at - before.iter().rev().take_while(|byte| is_part(**byte)).count();
    let prefix = text.get(start..at)?;
    if prefix.is_empty() {
        // `&#39;` is a character of markup, `##` a heading.
        let is_other = before
            .last()
            .is_some_and(|byte| matches!(byte, b'&' | b'#' | b'!' | b'@' | b'=') || *byte >= 0x80);
        return (!is_other).then(|| (at, Cow::Borrowed(&text[at..end])));
    }
    let is_repository = prefix.split_once('/').is_some_and(|(owner, name)| {
        !owner.is_empty() && !name.is_empty() && !name.contains('/') && !owner.contains('.')
    });
    let is_azure = prefix == "AB";
    if is_repository || is_azure {
        return Some((start, Cow::Borrowed(&text[start..end])));
    }
    None
}

/// Reads a `KEY-12` with the hyphen at `at`.
fn keyed(text: &str, at: usize) -> Option<(usize, Cow<'_, str>)> {
    let end = digits(text, at + 1).filter(|end| end - at <= 8)?;
    let before = &text.as_bytes()[..at];
    let length = before.iter().rev().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
    let start = at - length;
    let key = text.get(start..at)?;
    let is_key = (2..=10).contains(&length) && key.starts_with(|c: char| c.is_ascii_uppercase());
    let is_inside = before[..start].last().is_some_and(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'+' | b'=')
            || *byte >= 0x80
    });
    // `TLS-1.2`, `V8-12.4`: a version.
    let rest = &text.as_bytes()[end..];
    let is_version = rest.first() == Some(&b'.') && rest.get(1).is_some_and(u8::is_ascii_digit);
    if !is_key || is_inside || is_version || NO_PROJECTS.binary_search(&key).is_ok() {
        return None;
    }
    if key == "GH" {
        return Some((start, Cow::Owned(format!("#{}", &text[at + 1..end]))));
    }
    Some((start, Cow::Borrowed(&text[start..end])))
}

/// Reads `https://host/owner/name/issues/12` with `/issues/` at `at`.
fn addressed(text: &str, at: usize) -> Option<(usize, Cow<'_, str>)> {
    let end = digits(text, at + "/issues/".len())?;
    let before = text[..at].strip_suffix("/-").unwrap_or(&text[..at]);
    let start = before.rfind("://").filter(|start| !before[*start..].contains(char::is_whitespace))?;
    let (_, path) = before[start + 3..].split_once('/')?;
    let scheme = before[..start].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    let word_start = start - scheme;
    let is_path = path.contains('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    is_path.then(|| (word_start, Cow::Owned(format!("{path}#{}", &text[at + "/issues/".len()..end]))))
}

/// Returns whether a text ends in a word that closes what follows it.
fn closes(before: &str) -> bool {
    let before = before.trim_end_matches([' ', ':', '\t', '[', '(']);
    let start = before
        .rfind(|c: char| !c.is_ascii_alphabetic())
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    const WORDS: [&str; 9] =
        ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(&before[start..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_prefixes_is_sorted() {
        assert!(NO_PROJECTS.is_sorted());
    }
}
