//! What is wrong with the input itself, as values: kind, place, what was found, what was expected, and a hint.
//!
//! A problem states facts about evidence. What to do about it is said once, by the app and the command line,
//! from [`Kind::hint`].

use serde::{Deserialize, Serialize};

/// How much of the input a problem costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something could not be read; what it held is missing from every result.
    Error,
    /// Something was read, and is known to be incomplete or doubtful.
    Warning,
    /// Worth knowing; nothing is missing because of it.
    Note,
}

impl Severity {
    /// Returns the word that reports print.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What is wrong; each kind has one hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A file with no bytes.
    EmptyFile,
    /// No format recognises the content.
    UnknownFormat,
    /// The file ends in the middle of a record.
    CutShort,
    /// The syntax of the format is broken.
    Malformed,
    /// Bytes that are not UTF-8 where text is due.
    InvalidUtf8,
    /// A field of another type than the format gives it.
    WrongType,
    /// A field that the record cannot do without.
    MissingField,
    /// The same record twice; the first one stands.
    Duplicate,
    /// Two records that cannot both be true.
    Conflict,
    /// The exporting side cut the list: what is beyond its cap is not here.
    Truncated,
    /// A bound of [`crate::source::Limits`] was reached; what goes over was refused.
    OverLimit,
    /// An archive that cannot be opened, an encrypted entry, a link or device in an archive.
    Refused,
    /// The source could not deliver its bytes.
    Unreadable,
    /// A record that refers to something the bundle does not hold.
    Dangling,
    /// A key or value in the policy or in a pack that means nothing.
    Unrecognised,
    /// A statement whose content is in a serialisation that its format does not define.
    OddSerialisation,
    /// A file that a manifest lists and that is not here.
    MissingFile,
    /// A file that is not what a manifest lists.
    ChangedFile,
    /// A file that a manifest does not list.
    ExtraFile,
    /// A path in a manifest that leaves its folder or is not allowed there.
    UnsafePath,
    /// A seal that does not fit the manifest.
    BrokenSeal,
    /// A valid seal by a key that the user does not trust.
    UnnamedKey,
    /// Digests by an algorithm that can be made to collide.
    WeakDigest,
    /// Files of git or of the operating system that hold no evidence: `.git`, `__MACOSX`, `.DS_Store`, `Thumbs.db`.
    PassedOver,
    /// Several workpapers, of which none is opened unasked.
    SeveralPapers,
}

impl Kind {
    /// Returns the kebab-case word that JSON uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::EmptyFile => "empty-file",
            Self::UnknownFormat => "unknown-format",
            Self::CutShort => "cut-short",
            Self::Malformed => "malformed",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::WrongType => "wrong-type",
            Self::MissingField => "missing-field",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Truncated => "truncated",
            Self::OverLimit => "over-limit",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Dangling => "dangling",
            Self::Unrecognised => "unrecognised",
            Self::OddSerialisation => "odd-serialisation",
            Self::MissingFile => "missing-file",
            Self::ChangedFile => "changed-file",
            Self::ExtraFile => "extra-file",
            Self::UnsafePath => "unsafe-path",
            Self::BrokenSeal => "broken-seal",
            Self::UnnamedKey => "unnamed-key",
            Self::WeakDigest => "weak-digest",
            Self::PassedOver => "passed-over",
            Self::SeveralPapers => "several-papers",
        }
    }

    /// Returns what to do about it: the advice of the app and the command line.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::EmptyFile => {
                "Export the file again; an export without results is usually an empty list, not an empty file."
            }
            Self::UnknownFormat => {
                "See docs/formats.md for what is read. The file keeps its hash and is listed; nothing is concluded from it."
            }
            Self::CutShort => {
                "The download or copy was interrupted. Export it again; everything before the cut was read."
            }
            Self::Malformed => "Open the file at the place named; export it again if it was edited by hand.",
            Self::InvalidUtf8 => "Save the file as UTF-8, or export it again without converting it.",
            Self::WrongType => {
                "The record was skipped or read without this field. Compare it with the format's description."
            }
            Self::MissingField => "Add the field to the export's field list and export again.",
            Self::Duplicate => "Remove one of the two files, or leave it: nothing is counted twice.",
            Self::Conflict => "Find out which of the two is right; until then neither is taken as proof.",
            Self::Truncated => {
                "Export the missing part: ask for more pages, a higher limit, or a shorter period."
            }
            Self::OverLimit => {
                "Raise the named limit if the file is really meant to be that large, or split the export."
            }
            Self::Refused => "Unpack it yourself and open the folder, without links or passwords.",
            Self::Unreadable => "Check that the file still exists and may be read, then open it again.",
            Self::Dangling => {
                "Add the export that holds what it refers to, for instance the git bundle of the same repository."
            }
            Self::Unrecognised => "Check the spelling against docs/policy.md or docs/packs.md.",
            Self::OddSerialisation => {
                "Ask for the statement in its standard form; here it is read as far as it can be, and not verified."
            }
            Self::MissingFile => {
                "Get the file from whoever made the manifest; without it the bundle is incomplete."
            }
            Self::ChangedFile => {
                "Get the file again from its source: it was damaged or changed after the manifest was made."
            }
            Self::ExtraFile => "Ask where the file comes from: no manifest vouches for it.",
            Self::UnsafePath => {
                "Ask whoever made the manifest why it names this path; nothing outside the bundle is looked at."
            }
            Self::BrokenSeal => {
                "Get the bundle again from whoever sealed it: the manifest or the seal was changed after signing."
            }
            Self::UnnamedKey => {
                "Compare the fingerprint with the one that the sealer tells you, then give the key (--trust, or the Trust screen)."
            }
            Self::WeakDigest => "Ask for a manifest by SHA-256 or SHA-512 if tampering matters.",
            Self::PassedOver => {
                "Nothing needs doing. For the history of a repository, add a git bundle of it."
            }
            Self::SeveralPapers => {
                "Choose the one that you mean on the Workpaper screen, or merge them first."
            }
        }
    }
}

/// Where in a file: by JSON pointer, by line, by git object, or the file as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot {
    /// A JSON pointer (RFC 6901), `line N`, `row N` or `object OID`; empty for the whole file.
    pub pointer: String,
    /// The 1-based line, 0 where lines mean nothing.
    pub line: u64,
    /// Offset of the first byte in the file.
    pub offset: u64,
}

impl Spot {
    /// Returns the spot of a whole file.
    pub fn file() -> Self {
        Self::default()
    }

    /// Returns the spot of a 1-based line.
    pub fn line(line: u64, offset: u64) -> Self {
        Self { pointer: format!("line {line}"), line, offset }
    }

    /// Returns the spot of a JSON pointer.
    pub fn pointer(pointer: impl Into<String>, offset: u64) -> Self {
        Self { pointer: pointer.into(), line: 0, offset }
    }
}

/// One problem with the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// Path of the file in the bundle, empty for the bundle as a whole.
    pub file: String,
    /// Where in the file.
    pub at: Spot,
    /// How much it costs.
    pub severity: Severity,
    /// What is wrong.
    pub kind: Kind,
    /// What was found, in words; text from evidence is shortened and quoted.
    pub found: String,
    /// What was expected in its place; empty where that says nothing.
    pub expected: String,
}

impl Problem {
    /// Returns a problem of a whole file; [`Self::at`] and [`Self::expected`] refine it.
    pub fn new(severity: Severity, kind: Kind, found: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            at: Spot::file(),
            severity,
            kind,
            found: found.into(),
            expected: String::new(),
        }
    }

    /// Returns an error of `kind`.
    pub fn error(kind: Kind, found: impl Into<String>) -> Self {
        Self::new(Severity::Error, kind, found)
    }

    /// Returns a warning of `kind`.
    pub fn warning(kind: Kind, found: impl Into<String>) -> Self {
        Self::new(Severity::Warning, kind, found)
    }

    /// Returns a note of `kind`.
    pub fn note(kind: Kind, found: impl Into<String>) -> Self {
        Self::new(Severity::Note, kind, found)
    }

    /// Sets where in the file.
    #[must_use]
    pub fn at(mut self, at: Spot) -> Self {
        self.at = at;
        self
    }

    /// Sets the file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }

    /// Sets what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }
}

/// Shortens hostile text for a message: control and bidirectional characters are escaped, at most 80 characters.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(96) + 2);
    out.push('“');
    for (count, c) in text.chars().enumerate() {
        if count == 80 {
            out.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out.push('”');
    out
}

/// Returns whether a character changes how its neighbours are shown without being seen itself.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_escaped_and_cut() {
        assert_eq!(quote("a\u{202e}b\n"), "“a\\u{202e}b\\u{a}”");
        assert_eq!(quote(&"x".repeat(200)).chars().count(), 83);
    }
}
