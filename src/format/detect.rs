//! Recognises formats by content: the list of formats, and what is looked at to tell them apart.

use super::Format;

/// The formats, in the order in which they are tried: the most specific first.
pub static FORMATS: &[&Format] = &[
    &super::git_bundle::FORMAT,
    &super::workpaper::FORMAT,
    &super::agent_trace::FORMAT,
    &super::git_ai::FORMAT,
    &super::commit_text::FORMAT,
    // A seal is an envelope of another type than those of statements.
    &super::manifest::SEAL,
    &super::manifest::SEALED,
    &super::manifest::LINK,
    &super::attestation::FORMAT,
    // Payloads hold whole REST objects, so they come before those.
    &super::github_deployments::FORMAT,
    &super::github_events::AUDIT_LOG,
    &super::github_events::PUSHES,
    &super::branch_protection::FORMAT,
    &super::github_rest::WEBHOOKS,
    &super::gh_pull_requests::FORMAT,
    &super::github_rest::PULLS,
    &super::github_rest::REVIEW_COMMENTS,
    &super::github_rest::REVIEWS,
    &super::github_rest::ISSUE_COMMENTS,
    &super::github_rest::ISSUES,
    &super::github_rest::COMMITS,
    &super::github_rest::COMPARISON,
    &super::github_rest::FILES,
    &super::github_rest::CHECKS,
    &super::junit::FORMAT,
    &super::sarif::FORMAT,
    &super::cyclonedx::FORMAT,
    &super::spdx::FORMAT,
    &super::jira::FORMAT,
    &super::people::FORMAT,
    &super::register::FORMAT,
    &super::policy::FORMAT,
    &super::github_deployments::TABLE,
    &super::manifest::CHECKSUMS,
    &super::manifest::DECLARATION,
    &super::manifest::INFO,
    &super::manifest::FETCH,
    &super::signing_keys::FORMAT,
    &super::code_owners::FORMAT,
    &super::mailmap::FORMAT,
];

/// How many bytes of a file are looked at.
pub const HEAD_BYTES: usize = 256 << 10;

/// The start of a file, looked at once for all formats.
pub struct Head<'a> {
    /// Path in the bundle: a hint for nothing but text formats without any other mark.
    pub path: &'a str,
    /// The first [`HEAD_BYTES`] of the file, or all of it, without a UTF-8 byte order mark.
    pub bytes: &'a [u8],
    /// Whether `bytes` is the whole file.
    pub is_whole: bool,
    /// What the start says if it is JSON.
    pub json: Option<Peek>,
}

/// The outermost shape of a JSON file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    Object,
    /// An array; the peek is of its first element.
    Array,
    /// One object on each line (or objects behind each other); the peek is of the first.
    Lines,
    /// An empty array.
    EmptyArray,
}

/// What the first object of a JSON file looks like, from as much of it as was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The outermost shape.
    pub shape: Shape,
    /// Paths of the keys down to the third level, joined by `/`, array elements as `0` (only the first is looked at),
    /// each with its text where it is a short string.
    pub keys: Vec<(String, Option<String>)>,
}

impl Peek {
    /// Returns whether the first object has a key at this path, for instance `head/sha`.
    pub fn has(&self, path: &str) -> bool {
        self.keys.iter().any(|(key, _)| key == path)
    }

    /// Returns whether it has all of these.
    pub fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.has(path))
    }

    /// Returns whether it has one of these.
    pub fn has_any(&self, paths: &[&str]) -> bool {
        paths.iter().any(|path| self.has(path))
    }

    /// Returns the text at this path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.keys.iter().find(|(key, _)| key == path).and_then(|(_, text)| text.as_deref())
    }
}

impl<'a> Head<'a> {
    /// Looks at the start of a file.
    pub fn new(path: &'a str, bytes: &'a [u8], is_whole: bool) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Self { path, bytes, is_whole, json: peek(bytes) }
    }

    /// Returns the start as text, up to the first invalid byte.
    pub fn text(&self) -> &'a str {
        match std::str::from_utf8(self.bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&self.bytes[..error.valid_up_to()]).unwrap_or_default(),
        }
    }

    /// Returns the last part of the path.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// What a file was recognised as.
pub struct Recognised {
    /// The format.
    pub format: &'static Format,
    /// Why, in words.
    pub reason: String,
}

/// Returns the first format of the list that recognises the start of a file.
pub fn detect(head: &Head<'_>) -> Option<Recognised> {
    FORMATS.iter().find_map(|format| (format.recognise)(head).map(|reason| Recognised { format, reason }))
}

/// Looks at the start of a JSON text, which may be cut anywhere.
fn peek(bytes: &[u8]) -> Option<Peek> {
    let mut scan = Scan { bytes, at: 0, keys: Vec::new() };
    scan.space();
    let shape = match scan.byte()? {
        b'{' => Shape::Object,
        b'[' => {
            scan.at += 1;
            scan.space();
            // Pages in one list: the first element of the first page.
            if scan.byte() == Some(b'[') {
                scan.at += 1;
                scan.space();
            }
            match scan.byte() {
                Some(b'{') => Shape::Array,
                Some(b']') | None => return Some(Peek { shape: Shape::EmptyArray, keys: Vec::new() }),
                Some(_) => return None,
            }
        }
        _ => return None,
    };
    let whole = scan.value("", 0).is_some();
    if scan.keys.is_empty() && !whole {
        return None;
    }
    let mut shape = shape;
    if whole && shape == Shape::Object {
        scan.space();
        if scan.byte() == Some(b'{') {
            shape = Shape::Lines;
        }
    }
    Some(Peek { shape, keys: scan.keys })
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    keys: Vec<(String, Option<String>)>,
}

impl Scan<'_> {
    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Passes over a string and returns its raw text; `None` where it is cut.
    fn string(&mut self) -> Option<&str> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.byte()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        let text = self.bytes.get(start..self.at)?;
        self.at += 1;
        Some(std::str::from_utf8(text).unwrap_or_default())
    }

    /// Passes over a value, noting keys down to the third level; `None` where it is cut or broken.
    fn value(&mut self, path: &str, depth: usize) -> Option<()> {
        match self.byte()? {
            b'"' => {
                let text = self.string()?;
                let text = (text.len() <= 200).then(|| text.to_owned());
                if let Some(last) = self.keys.last_mut().filter(|(key, _)| key == path) {
                    last.1 = text;
                }
                Some(())
            }
            b'{' if depth < 64 => self.members(path, depth),
            b'[' if depth < 64 => self.elements(path, depth),
            b'{' | b'[' => None,
            _ => {
                let start = self.at;
                while !matches!(self.byte()?, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') {
                    self.at += 1;
                }
                // A bracket that closes nothing is no value: a list would wait for it for ever.
                (self.at > start).then_some(())
            }
        }
    }

    fn members(&mut self, path: &str, depth: usize) -> Option<()> {
        self.at += 1;
        loop {
            self.space();
            match self.byte()? {
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                b'"' => {
                    let key = self.string()?.to_owned();
                    let child = if path.is_empty() { key } else { format!("{path}/{key}") };
                    if depth < 3 && self.keys.len() < 2000 {
                        self.keys.push((child.clone(), None));
                    }
                    self.space();
                    if self.byte()? != b':' {
                        return None;
                    }
                    self.at += 1;
                    self.space();
                    self.value(&child, depth + 1)?;
                }
                _ => return None,
            }
        }
    }

    fn elements(&mut self, path: &str, depth: usize) -> Option<()> {
        self.at += 1;
        let mut is_first = true;
        loop {
            self.space();
            match self.byte()? {
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    // Only the first element is described; the others are passed over at a depth that notes nothing.
                    let child = format!("{path}/0");
                    self.value(&child, if is_first { depth } else { depth.max(3) })?;
                    is_first = false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeked(text: &str) -> Peek {
        peek(text.as_bytes()).unwrap()
    }

    #[test]
    fn keys_are_seen_in_a_cut_file() {
        let peek =
            peeked(r#"[{"number": 1, "head": {"sha": "ab", "repo": {"full_name": "o/r"}}, "user": {"log"#);
        assert_eq!(peek.shape, Shape::Array);
        assert!(peek.has_all(&["number", "head/sha", "head/repo/full_name", "user"]));
        assert_eq!(peek.text("head/sha"), Some("ab"));
    }

    #[test]
    fn a_bracket_that_closes_nothing_ends_the_look() {
        for text in ["[}", "[1}", "{\"a\":[\"b\":1,}]", "[]}", "{\"a\":]"] {
            peek(text.as_bytes());
        }
    }

    #[test]
    fn lines_and_a_single_object_are_told_apart() {
        assert_eq!(peeked("{\"a\":1}\n{\"a\":2}\n").shape, Shape::Lines);
        assert_eq!(peeked("{\"a\":1}\n").shape, Shape::Object);
        assert_eq!(peeked("[[{\"a\":1}],[]]").shape, Shape::Array, "pages in one list");
        assert_eq!(peeked("[ ]").shape, Shape::EmptyArray);
    }

    #[test]
    fn only_the_first_element_of_a_list_is_described() {
        let peek = peeked(r#"{"attestations":[{"bundle":{"mediaType":"x"}},{"other":1}]}"#);
        assert!(peek.has("attestations/0/bundle"));
        assert!(!peek.has("attestations/0/other"));
    }

    #[test]
    fn hostile_nesting_is_given_up_not_followed() {
        assert!(peek("[{\"a\":".repeat(10_000).as_bytes()).is_some());
        assert!(peek(&b"{".repeat(100_000)).is_none());
    }
}
