//! Commit objects: as git stores them in a pack, and as texts in files of their own (`git cat-file commit ID`).

use std::borrow::Cow;

use super::{Context, Format, Head, Whole};
use crate::model::place::{At, Base, hex};
use crate::model::record::{AccountRecord, CommitRecord, FileRecord, Record};
use crate::model::{Moment, Records, SignatureState};
use crate::problem::{Kind, Problem};

/// Commits as `git cat-file commit` prints them, one in a file.
pub static FORMAT: Format = Format {
    id: "git-commit",
    title: "Git commit (git cat-file)",
    recognise,
    open: || Box::new(Whole(read)),
};

fn recognise(head: &Head<'_>) -> Option<String> {
    let text = head.bytes.strip_prefix(b"tree ")?;
    let length = memchr::memchr2(b'\n', b'\r', text)?;
    object_hex(&text[..length])?;
    let is_commit = memchr::memmem::find(text, b"\nauthor ").is_some()
        && memchr::memmem::find(text, b"\ncommitter ").is_some();
    is_commit.then(|| "a tree, an author and a committer, as a commit object has them".to_owned())
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let expected = "`tree`, `parent`, `author` and `committer` lines, an empty line and the message";
    let at = At::new(Base::Whole, 0, bytes.len() as u64);
    let hint = hint(context.path);
    let (id, content) = identify(bytes, hint, out);
    let Some(commit) = Commit::parse(&content) else {
        return Err(Problem::error(Kind::Malformed, "a commit object with broken headers").expected(expected));
    };
    out.record(at, Record::Commit(Box::new(commit.record(&id, None))));
    Ok(())
}

/// Returns the digits of an object id in the name of a file, at its start or behind a hyphen, dot or underscore: at
/// least 7.
fn hint(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_id = |part: &&str| (7..=40).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
    name.split(['-', '_', '.']).filter(is_id).max_by_key(|part| part.len()).unwrap_or_default()
}

/// Returns the object id of a commit, and its content as git has it.
///
/// Editors and shells add or drop the line feed at the end, or change all line feeds; where the file's name holds the
/// id and such a content has it, that is the commit. Else the id is that of the bytes as they are.
fn identify<'a>(bytes: &'a [u8], hint: &str, out: &mut dyn Records) -> (String, Cow<'a, [u8]>) {
    let hint = hint.to_ascii_lowercase();
    let as_it_is = object_id(bytes);
    if hint.is_empty() || as_it_is.starts_with(&hint) {
        return (as_it_is, Cow::Borrowed(bytes));
    }
    let unix: Vec<u8> = match memchr::memchr(b'\r', bytes) {
        Some(_) => String::from_utf8_lossy(bytes).replace("\r\n", "\n").into_bytes(),
        None => bytes.to_vec(),
    };
    let bare = unix.trim_ascii_end().to_vec();
    let ended = [bare.as_slice(), b"\n"].concat();
    for content in [unix, bare, ended] {
        let id = object_id(&content);
        if id.starts_with(&hint) {
            out.problem(
                Problem::note(Kind::OddSerialisation, "a commit whose line ends were changed since git wrote it")
                    .expected("the bytes of `git cat-file commit`; with git's line ends its id is that of the file's name"),
            );
            return (id, Cow::Owned(content));
        }
    }
    out.problem(
        Problem::warning(Kind::Conflict, format!("the object id of the commit is {as_it_is}"))
            .expected(format!("{hint}, as the file's name has it; the id of the bytes stands")),
    );
    (as_it_is, Cow::Borrowed(bytes))
}

/// Returns the SHA-1 id of a commit with this content; empty for bytes that were made to collide.
fn object_id(content: &[u8]) -> String {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(format!("commit {}\0", content.len()).as_bytes());
    hasher.update(content);
    hasher.try_finalize().map(|id| hex(id.as_slice())).unwrap_or_default()
}

/// A commit object (git-cat-file(1), `commit`), borrowed from its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit<'a> {
    /// Object id of the tree, in hexadecimal.
    pub tree: &'a str,
    /// Object ids of the parents, first parent first.
    pub parents: Vec<&'a str>,
    /// Name and address of the author.
    pub author: Option<AccountRecord<'a>>,
    /// When the author says it was written.
    pub authored: Option<Moment>,
    /// Name and address of the committer.
    pub committer: Option<AccountRecord<'a>>,
    /// When it was committed.
    pub committed: Option<Moment>,
    /// Whether it carries a signature.
    pub is_signed: bool,
    /// The message.
    pub message: Cow<'a, str>,
    /// The whole object.
    pub object: &'a [u8],
}

impl<'a> Commit<'a> {
    /// Parses the content of a commit object; `None` for what does not start as one.
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let mut out = Self { object: data, ..Self::default() };
        let mut rest = data;
        let mut is_latin = false;
        loop {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            if line.is_empty() {
                break;
            }
            // Lines that start with a space belong to the header before them (signatures, merged tags).
            if line[0] == b' ' {
                continue;
            }
            let (key, value) = line.split_at(memchr::memchr(b' ', line).unwrap_or(line.len()));
            let value = value.strip_prefix(b" ").unwrap_or_default();
            match key {
                b"tree" => out.tree = object_hex(value)?,
                b"parent" => out.parents.push(object_hex(value)?),
                b"author" => (out.author, out.authored) = person(value),
                b"committer" => (out.committer, out.committed) = person(value),
                b"gpgsig" | b"gpgsig-sha256" => out.is_signed = true,
                b"encoding" => {
                    is_latin =
                        [&b"ISO-8859-1"[..], b"ISO8859-1", b"latin1", b"latin-1", b"windows-1252", b"cp1252"]
                            .iter()
                            .any(|name| name.eq_ignore_ascii_case(value));
                }
                _ => {}
            }
            if rest.is_empty() {
                break;
            }
        }
        if out.tree.is_empty() {
            return None;
        }
        out.message = match std::str::from_utf8(rest) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if is_latin => Cow::Owned(rest.iter().map(|byte| char::from(*byte)).collect()),
            Err(_) => String::from_utf8_lossy(rest),
        };
        Some(out)
    }

    /// Returns the first line of the message, and the rest of it without the empty line.
    pub fn subject_and_body(&self) -> (&str, &str) {
        let message = self.message.trim_start_matches(['\n', '\r']);
        let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
        (subject.trim_end(), body.trim_start_matches(['\n', '\r']).trim_end())
    }

    /// Returns the record of the commit with this id.
    pub fn record(&'a self, id: &'a str, files: Option<Vec<FileRecord<'a>>>) -> CommitRecord<'a> {
        let (subject, body) = self.subject_and_body();
        CommitRecord {
            id: id.into(),
            parents: Some(self.parents.iter().map(|parent| Cow::Borrowed(*parent)).collect()),
            author: self.author.clone(),
            committer: self.committer.clone(),
            authored: self.authored,
            committed: self.committed,
            subject: subject.into(),
            body: body.into(),
            signature: Some(if self.is_signed {
                SignatureState::NotChecked
            } else {
                SignatureState::NotSigned
            }),
            object: self.is_signed.then_some(self.object),
            files,
            ..CommitRecord::default()
        }
    }
}

/// Returns an object id in hexadecimal, lower case as git writes it.
fn object_hex(value: &[u8]) -> Option<&str> {
    let is_hex =
        matches!(value.len(), 40 | 64) && value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    std::str::from_utf8(value).ok().filter(|_| is_hex)
}

/// Reads `Name <address> seconds zone`.
fn person(value: &[u8]) -> (Option<AccountRecord<'_>>, Option<Moment>) {
    let text = String::from_utf8_lossy(value);
    let split = |text: &str| -> Option<(usize, usize, usize)> {
        let close = text.rfind('>')?;
        let open = text[..close].find('<')?;
        Some((open, close, text.len()))
    };
    let Some((open, close, _)) = split(&text) else { return (None, None) };
    let seconds = text[close + 1..].split_whitespace().next().and_then(|seconds| seconds.parse().ok());
    let (name, email) = match text {
        Cow::Borrowed(text) => (text[..open].trim().into(), text[open + 1..close].trim().into()),
        Cow::Owned(text) => {
            (Cow::Owned(text[..open].trim().to_owned()), Cow::Owned(text[open + 1..close].trim().to_owned()))
        }
    };
    let account = AccountRecord { name, email, ..AccountRecord::default() };
    let account = (!account.is_empty()).then_some(account);
    (account, seconds.map(Moment::from_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{read, sample};
    use crate::model::trailers;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn headers_identities_and_message_are_read() {
        let text = format!(
            "tree {TREE}\nparent {TREE}\nauthor A B <a@x> 1780000000 -0700\ncommitter C <> 1780000001 +0000\ngpgsig -----BEGIN\n \n author Not <no@x> 1 +0000\n -----END\n\nSubject\n\nBody\nmore\n"
        );
        let commit = Commit::parse(text.as_bytes()).unwrap();
        assert_eq!(commit.parents, [TREE]);
        assert_eq!(commit.author, Some(AccountRecord::identity("A B", "a@x")));
        assert_eq!(commit.authored, Some(Moment::from_seconds(1_780_000_000)));
        assert_eq!(commit.committer.as_ref().map(|c| c.name.as_ref()), Some("C"));
        assert!(commit.is_signed);
        assert_eq!(commit.subject_and_body(), ("Subject", "Body\nmore"));
    }

    #[test]
    fn messages_in_other_encodings_are_read() {
        let mut text = format!("tree {TREE}\nencoding ISO-8859-1\n\nGr").into_bytes();
        text.extend(b"\xfc\xdfe");
        assert_eq!(Commit::parse(&text).unwrap().message, "Grüße");
    }

    fn commits(path: &str, bytes: &[u8]) -> (Vec<(String, String)>, Vec<Kind>) {
        let mut found = Vec::new();
        let file = read(path, bytes, |_, record| {
            if let Record::Commit(commit) = record {
                found.push((commit.id.to_string(), commit.subject.to_string()));
            }
        });
        assert_eq!(file.format, "git-commit");
        (found, file.problems.iter().map(|problem| problem.kind).collect())
    }

    #[test]
    fn the_id_is_that_of_the_content_and_the_name_only_a_hint() {
        let text = format!("tree {TREE}\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nSubject\n");
        let id = object_id(text.as_bytes());
        let expected = vec![(id.clone(), "Subject".to_owned())];
        assert_eq!(commits("commit.txt", text.as_bytes()), (expected.clone(), vec![]));
        assert_eq!(commits(&format!("repo-{}.txt", &id[..12]), text.as_bytes()), (expected.clone(), vec![]));
        let odd = vec![Kind::OddSerialisation];
        assert_eq!(
            commits(&format!("{id}.txt"), text.trim_end().as_bytes()),
            (expected.clone(), odd.clone())
        );
        let dos = text.replace('\n', "\r\n");
        assert_eq!(commits(&format!("{id}.txt"), dos.as_bytes()), (expected.clone(), odd));
        let other = format!("{}.txt", "ab".repeat(20));
        assert_eq!(commits(&other, text.as_bytes()), (expected, vec![Kind::Conflict]));
    }

    #[test]
    fn the_samples_are_read_with_their_ids_and_tools() {
        let expected = [
            ("CycloneDX_specification-3749afdc70e7", "copilot", ""),
            ("CycloneDX_specification-5aef9ae2de0b", "copilot", ""),
            ("git-ai-project_git-ai-02c27de9a108", "cursor", ""),
            ("git-ai-project_git-ai-111a91322ca4", "devin", ""),
            ("git-ai-project_git-ai-411cf7456447", "claude", "Claude Fable 5"),
            ("git-ai-project_git-ai-85fa82f0bc90", "claude", "Claude Opus 4.6"),
            ("git-ai-project_git-ai-90553fa7d6a7", "codex", ""),
            ("git-ai-project_git-ai-b8bbdb69c758", "firebender", ""),
            ("in-toto_attestation-17abf40f0273", "claude-code", "Sonnet 4.5"),
            ("in-toto_attestation-d98c09f13137", "codex", "Codex 5.3"),
            ("in-toto_go-witness-2f025949c11a", "claude-code", ""),
            ("slsa-framework_source-tool-5e6483c8468b", "claude-code", ""),
            ("slsa-framework_source-tool-63c69ad16df3", "claude-code", ""),
            ("slsa-framework_source-tool-8e05e80bcddb", "jules", ""),
        ];
        for (name, tool, model) in expected {
            let path = format!("commit-trailers/{name}.txt");
            let Some(bytes) = sample(&path) else { return };
            let mut found = Vec::new();
            let file = read(&path, &bytes, |_, record| {
                if let Record::Commit(commit) = record {
                    let signs = trailers::scan(&commit.body);
                    let sessions: Vec<(String, String)> =
                        signs.sessions.iter().map(|s| (s.tool.to_string(), s.model.to_string())).collect();
                    found.push((commit.id.to_string(), sessions));
                }
            });
            assert!(
                file.problems.iter().all(|p| p.kind == Kind::OddSerialisation),
                "{name}: {:?}",
                file.problems
            );
            let (id, sessions) = found.pop().unwrap();
            assert!(name.ends_with(&id[..12]), "{name}: {id}");
            assert_eq!(sessions, [(tool.to_owned(), model.to_owned())], "{name}");
        }
    }

    #[test]
    fn noise_in_the_samples_is_no_tool() {
        for name in ["git-ai-project_git-ai-55f31d4a9ea3", "git-ai-project_git-ai-e8df6f047f3f"] {
            let Some(bytes) = sample(&format!("commit-trailers/{name}.txt")) else { return };
            let text = String::from_utf8(bytes).unwrap();
            let signs = trailers::scan(text.split_once("\n\n").unwrap().1);
            assert!(signs.co_authors.is_empty() && signs.sessions.is_empty(), "{name}");
        }
    }

    #[test]
    fn what_is_no_commit_is_none() {
        for text in ["", "\n", "tree zz\n\nx", "blob\n", "author A <a@x> 1 +0000\n\nx"] {
            assert_eq!(Commit::parse(text.as_bytes()), None, "{text}");
        }
        let odd = format!("tree {TREE}\nauthor >< x\ncommitter <a 99999999999999999999\n");
        assert_eq!(Commit::parse(odd.as_bytes()).unwrap().author, None);
    }
}
