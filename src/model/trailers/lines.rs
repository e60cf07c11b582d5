//! Lines of the form `Key: value`, in the trailers and elsewhere.

use super::Position;

/// The longest key that is looked at.
const LONGEST_KEY: usize = 32;

/// One `Key: value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trailer<'a> {
    /// The key, without decoration.
    pub key: &'a str,
    /// The value, with the folded lines that follow it.
    pub value: &'a str,
    /// The line as typed.
    pub line: &'a str,
    /// Where it is.
    pub position: Position,
}

/// The `Key: value` lines of a text, in its order; fenced code, quoted lines and comments of markup are left out.
pub(super) struct Trailers<'a> {
    text: &'a str,
    at: usize,
    /// Where the trailers start.
    block: usize,
    is_in_fence: bool,
    is_in_comment: bool,
}

impl<'a> Trailers<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, block: block_start(text), is_in_fence: false, is_in_comment: false }
    }

    fn line(&mut self) -> Option<(usize, &'a str)> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.at = start + length + 1;
        Some((start, rest[..length].trim_end_matches('\r')))
    }

    /// Returns whether a line is to be passed over, following fences and comments.
    fn is_hidden(&mut self, line: &str) -> bool {
        let trimmed = line.trim_start();
        if self.is_in_comment {
            self.is_in_comment = !line.contains("-->");
            return true;
        }
        if trimmed.starts_with("```") {
            self.is_in_fence = !self.is_in_fence;
            return true;
        }
        // Few lines have any markup, and looking for one byte costs far less.
        let markup = memchr::memchr(b'<', line.as_bytes()).map(|at| &line[at..]);
        if let Some((_, rest)) = markup.and_then(|markup| markup.split_once("<!--")) {
            self.is_in_comment = !rest.contains("-->");
            return true;
        }
        self.is_in_fence || trimmed.starts_with('>')
    }

    /// Extends a value over the lines that are folded into it.
    fn folded(&mut self, start: usize, end: usize) -> &'a str {
        let mut end = end;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            if !rest.starts_with([' ', '\t'])
                || rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r'])
            {
                return self.text.get(start..end).unwrap_or_default().trim();
            }
            match self.line() {
                Some((at, line)) if !line.trim().is_empty() => end = at + line.len(),
                _ => return self.text.get(start..end).unwrap_or_default().trim(),
            }
        }
    }
}

impl<'a> Iterator for Trailers<'a> {
    type Item = Trailer<'a>;

    fn next(&mut self) -> Option<Trailer<'a>> {
        loop {
            let (start, line) = self.line()?;
            let position = if start >= self.block { Position::Trailing } else { Position::Body };
            if position == Position::Body && self.is_hidden(line) {
                continue;
            }
            let Some((key, at)) = key_of(line) else { continue };
            let value = if position == Position::Trailing {
                self.folded(start + at, start + line.len())
            } else {
                line[at..].trim()
            };
            // `**Key:** value` puts the decoration before and behind the colon.
            let value = value.trim_start_matches(['*', '_', '`']).trim();
            return Some(Trailer { key, value, line: line.trim(), position });
        }
    }
}

/// Returns the key of a line and the offset behind its colon.
fn key_of(line: &str) -> Option<(&str, usize)> {
    let bytes = line.as_bytes();
    let head = &bytes[..bytes.len().min(LONGEST_KEY + 8)];
    let colon = memchr::memchr(b':', head)?;
    let key = line.get(..colon)?.trim_matches([' ', '\t', '*', '_', '`', '-', '#']);
    let is_key = !key.is_empty()
        && key.len() <= LONGEST_KEY
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_key.then_some((key, colon + 1))
}

/// Returns where the trailers of a message start, its length where it has none.
///
/// As git decides it (`git interpret-trailers`): the last paragraph, if all of its lines are trailers, or if one is
/// `Signed-off-by` or `(cherry picked from …)` and at least a quarter are trailers. A text of one paragraph counts
/// only if all of its lines are trailers, since it may be a subject.
fn block_start(text: &str) -> usize {
    let end = text.trim_end().len();
    let body = &text[..end];
    let mut start = end;
    // Lines from the last one up to an empty one.
    while start > 0 {
        let line_start = memchr::memrchr(b'\n', &body.as_bytes()[..start - 1]).map_or(0, |at| at + 1);
        if body[line_start..start].trim().is_empty() {
            break;
        }
        start = line_start;
        if end - start > 64 << 10 {
            return text.len();
        }
    }
    let (mut trailers, mut others, mut is_gits) = (0u32, 0u32, false);
    for line in body[start..].lines() {
        if line.starts_with([' ', '\t']) {
            // A folded line belongs to the one before it.
            others += u32::from(trailers == 0);
        } else if line.starts_with("(cherry picked from commit ") {
            is_gits = true;
            trailers += 1;
        } else if is_trailer(line) {
            is_gits |= line.get(..14).is_some_and(|head| head.eq_ignore_ascii_case("signed-off-by:"));
            trailers += 1;
        } else {
            others += 1;
        }
    }
    let is_block = trailers > 0 && (others == 0 || start > 0 && is_gits && trailers * 3 >= others);
    if is_block { start } else { text.len() }
}

fn is_trailer(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, _)| {
        let key = key.trim_end();
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}
