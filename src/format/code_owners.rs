//! CODEOWNERS, of GitHub and GitLab: which accounts own which paths.
//!
//! Lines are kept in their order, because the last one that fits a path decides. Sections of GitLab are passed over:
//! their lines stand for themselves.

use std::borrow::Cow;

use super::document::MOST_ITEMS;
use super::{Context, Format, Head, Whole};
use crate::model::record::{EntryRecord, ItemRecord, Record, Register};
use crate::model::{At, Base, Capture, Records};
use crate::problem::{Kind, Problem, Spot};

/// Code owners.
pub static FORMAT: Format =
    Format { id: "code-owners", title: "CODEOWNERS", recognise, open: || Box::new(Whole(read)) };

/// What a line is.
enum Line<'a> {
    Empty,
    Section,
    Owners(&'a str, &'a str),
    Other,
}

fn line(text: &str) -> Line<'_> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Line::Empty;
    }
    if text.starts_with('[') || text.starts_with("^[") {
        return Line::Section;
    }
    // A comment may follow the owners on GitHub.
    let text = text.split(" #").next().unwrap_or(text).trim_end();
    let (pattern, owners) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let is_owner = |owner: &str| owner.contains('@') && !owner.contains(['<', '>', '=', ',']);
    match owners.split_whitespace().all(is_owner) && !pattern.starts_with('@') {
        true => Line::Owners(pattern, owners.trim()),
        false => Line::Other,
    }
}

fn recognise(head: &Head<'_>) -> Option<String> {
    if head.json.is_some() {
        return None;
    }
    let mut owned = 0;
    for text in head.text().lines().take(2000) {
        match line(text) {
            Line::Owners(_, owners) => owned += u32::from(!owners.is_empty()),
            Line::Empty | Line::Section => {}
            Line::Other => return None,
        }
    }
    (owned > 0).then(|| "every line is a path with the accounts that own it".to_owned())
}

fn read(bytes: &[u8], _context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = Spot { offset: error.valid_up_to() as u64, ..Spot::file() };
        Problem::error(Kind::InvalidUtf8, "bytes that are not UTF-8; nothing was read").at(at)
    })?;
    let mut entry = EntryRecord {
        register: Register::CodeOwners,
        capture: Capture::SystemObserved,
        ..EntryRecord::default()
    };
    for (number, text) in (1u64..).zip(text.trim_start_matches('\u{feff}').lines()) {
        match line(text) {
            Line::Owners(pattern, owners) if entry.items.len() < MOST_ITEMS => entry.items.push(ItemRecord {
                name: Cow::Borrowed(pattern),
                detail: Cow::Borrowed(owners),
                ..ItemRecord::default()
            }),
            Line::Owners(..) => entry.is_cut = true,
            Line::Empty | Line::Section => {}
            Line::Other => {
                let problem = Problem::warning(Kind::Malformed, "a line that is no path with owners");
                out.problem(problem.expected("a path and accounts with @").at(Spot::line(number, 0)));
            }
        }
    }
    if entry.is_cut {
        out.problem(Problem::error(
            Kind::OverLimit,
            format!("more than {MOST_ITEMS} lines; further ones were not read"),
        ));
    }
    out.record(At::new(Base::Whole, 0, bytes.len() as u64), Record::Entry(Box::new(entry)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn owners(text: &str) -> (&'static str, Vec<(String, String)>, usize) {
        let mut lines = Vec::new();
        let read = testing::read("CODEOWNERS", text.as_bytes(), |_, record| {
            let Record::Entry(entry) = record else { return };
            lines = entry.items.iter().map(|i| (i.name.to_string(), i.detail.to_string())).collect();
        });
        (read.format, lines, read.problems.len())
    }

    #[test]
    fn lines_keep_their_order_and_a_path_may_have_no_owner() {
        let (format, lines, problems) =
            owners("# all\n* @acme/core\n\n[Pay][2]\n/src/pay/ @ana ben@x.test # two\ndocs/\n");
        assert_eq!((format, problems), ("code-owners", 0));
        let found: Vec<(&str, &str)> = lines.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, [("*", "@acme/core"), ("/src/pay/", "@ana ben@x.test"), ("docs/", "")]);
    }

    #[test]
    fn other_lists_are_not_taken_for_it() {
        for text in [
            "Ana <ana@x.test> <a@old.test>\n",
            "ana@x.test ssh-ed25519 AAAA\n",
            "d41d8cd98f00b204e9800998ecf8427e  a\n",
            "words and words\n",
            "docs/\n",
            "[table]\nkey = \"a@b\"\n",
        ] {
            assert_ne!(owners(text).0, "code-owners", "{text}");
        }
    }
}
