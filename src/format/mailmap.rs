//! `.mailmap`: which names and addresses in commits are the same person (gitmailmap(5)).

use std::borrow::Cow;

use super::{Context, Format, Head, Whole};
use crate::model::record::AliasRecord;
use crate::model::{At, Base, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// The map of names and addresses that git uses.
pub static FORMAT: Format =
    Format { id: "mailmap", title: "Git mailmap", recognise, open: || Box::new(Whole(read)) };

/// What a line is.
#[derive(Debug, PartialEq)]
enum Line<'a> {
    /// Nothing, or a comment.
    Blank,
    Alias(AliasRecord<'a>),
    Broken,
}

/// Returns why the start of a file is a mailmap: every line has the shape of one.
fn recognise(head: &Head<'_>) -> Option<String> {
    let text = head.text();
    if head.is_whole && text.len() < head.bytes.len() {
        return None;
    }
    // Where the start is cut, its last line is too.
    let whole = if head.is_whole { text } else { &text[..text.rfind('\n')?] };
    let mut aliases = 0;
    for line in whole.lines() {
        match parse(line) {
            Line::Blank => {}
            Line::Alias(_) => aliases += 1,
            Line::Broken if head.name() == ".mailmap" => {}
            Line::Broken => return None,
        }
    }
    (aliases > 0).then(|| "every line maps a name or an address to another, as in a .mailmap".to_owned())
}

/// Parses one line, of any of the four forms; what follows `#` at its start, or after its last address, is comment.
fn parse(line: &str) -> Line<'_> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Line::Blank;
    }
    let Some((name, email, rest)) = identity(line) else { return Line::Broken };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        // `Proper Name <commit@email>`: without a name it would say nothing.
        return match name {
            "" => Line::Broken,
            name => Line::Alias(alias(name, "", "", email)),
        };
    }
    let Some((commit_name, commit_email, rest)) = identity(rest) else { return Line::Broken };
    let rest = rest.trim_start();
    if !rest.is_empty() && !rest.starts_with('#') {
        return Line::Broken;
    }
    Line::Alias(alias(name, email, commit_name, commit_email))
}

fn alias<'a>(name: &'a str, email: &'a str, commit_name: &'a str, commit_email: &'a str) -> AliasRecord<'a> {
    AliasRecord {
        name: Cow::Borrowed(name),
        email: Cow::Borrowed(email),
        commit_name: Cow::Borrowed(commit_name),
        commit_email: Cow::Borrowed(commit_email),
    }
}

/// Takes `name <address>` from the start of a text.
fn identity(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('<')?;
    let (email, rest) = rest.split_once('>')?;
    let (name, email) = (name.trim(), email.trim());
    let is_plain = !name.contains('>') && !email.contains('<') && !email.contains(char::is_whitespace);
    // Addresses are what a mailmap is about; marks of other languages are not.
    let is_address = !email.is_empty() && !email.starts_with('/') && !name.starts_with(['{', '[', '"']);
    (is_plain && is_address).then_some((name, email, rest))
}

fn read(bytes: &[u8], _: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let mut offset = 0;
    for (index, raw) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let number = index as u64 + 1;
        let at = Spot::line(number, offset);
        let content = if index == 0 { raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw) } else { raw };
        match std::str::from_utf8(content).map(parse) {
            Ok(Line::Blank) => {}
            Ok(Line::Alias(alias)) => {
                let line = Base::Line(u32::try_from(number).unwrap_or(u32::MAX));
                out.record(At::new(line, offset, raw.trim_ascii_end().len() as u64), Record::Alias(alias));
            }
            Ok(Line::Broken) => {
                let found = format!("the line {}", quote(&String::from_utf8_lossy(content)));
                out.problem(
                    Problem::error(Kind::Malformed, found).at(at).expected("Name <address> <address>"),
                );
            }
            Err(_) => {
                let problem = Problem::error(Kind::InvalidUtf8, "a line with bytes that are not UTF-8");
                out.problem(problem.at(at).expected("UTF-8"));
            }
        }
        offset += raw.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::Limits;

    #[derive(Debug, Default)]
    struct Kept {
        aliases: Vec<(String, [String; 4])>,
        problems: Vec<Problem>,
    }

    impl Records for Kept {
        fn record(&mut self, at: At, record: Record<'_>) {
            let Record::Alias(alias) = record else { panic!("a mailmap gave {}", record.noun()) };
            let fields = [&alias.name, &alias.email, &alias.commit_name, &alias.commit_email];
            self.aliases.push((at.pointer(None), fields.map(|field| field.to_string())));
        }

        fn problem(&mut self, problem: Problem) {
            self.problems.push(problem);
        }
    }

    fn map(bytes: impl AsRef<[u8]>) -> Kept {
        let mut kept = Kept::default();
        let limits = Limits::default();
        read(bytes.as_ref(), &Context { path: ".mailmap", limits: &limits }, &mut kept).unwrap();
        kept
    }

    fn recognised(path: &str, text: &str) -> bool {
        recognise(&Head::new(path, text.as_bytes(), true)).is_some()
    }

    #[test]
    fn all_four_forms_are_read() {
        let text = "# people\nAda Lovelace <ada@x.test>\n<ada@x.test> <ada@old.test>\n\nAda Lovelace <ada@x.test> <al@old.test> # since 2020\nAda Lovelace <ada@x.test> nick <laptop@(none)>\n";
        assert!(recognised("x", text));
        let kept = map(text);
        let fields = |a: &str, b: &str, c: &str, d: &str| [a, b, c, d].map(str::to_owned);
        assert_eq!(
            kept.aliases,
            [
                ("line 2".to_owned(), fields("Ada Lovelace", "", "", "ada@x.test")),
                ("line 3".to_owned(), fields("", "ada@x.test", "", "ada@old.test")),
                ("line 5".to_owned(), fields("Ada Lovelace", "ada@x.test", "", "al@old.test")),
                ("line 6".to_owned(), fields("Ada Lovelace", "ada@x.test", "nick", "laptop@(none)")),
            ]
        );
        assert!(kept.problems.is_empty());
    }

    #[test]
    fn a_broken_line_is_reported_and_the_others_stand() {
        let kept = map(b"Ada <ada@x.test>\nno address\n<lonely@x.test>\n\xff <b@x.test>\nBob <b@x.test> <c@x.test> <d@x.test>\nCyd <cyd@x.test>");
        assert_eq!(kept.aliases.len(), 2);
        let lines: Vec<_> = kept.problems.iter().map(|p| (p.at.line, p.kind)).collect();
        assert_eq!(
            lines,
            [(2, Kind::Malformed), (3, Kind::Malformed), (4, Kind::InvalidUtf8), (5, Kind::Malformed)]
        );
    }

    #[test]
    fn other_text_is_not_recognised_unless_it_has_the_name() {
        for text in [
            "",
            "# only a comment\n",
            "<html>\n<body>",
            "<a> b",
            "Ada <ada@x.test>\nhello\n",
            "{\"a\": \"<b@c>\"}",
        ] {
            assert!(!recognised("x", text), "{text}");
        }
        assert!(recognised("repo/.mailmap", "Ada <ada@x.test>\nhello\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_crash_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[a<>@# \n]{0,80}") {
            map(&bytes);
            map(&text);
            recognised("x", &text);
        }
    }
}
