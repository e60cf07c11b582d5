//! The header of a git bundle (gitformat-bundle(5)).

use super::commits::binary;
use super::pack::Id;
use crate::problem::{Kind, Problem, Spot, quote};
use crate::source::Limits;

/// The first line of version 2.
const V2: &[u8] = b"# v2 git bundle\n";
/// The first line of version 3.
const V3: &[u8] = b"# v3 git bundle\n";
/// The longest line of a header; ref names are shorter.
const LONGEST_LINE: usize = 16 << 10;

/// What a bundle says of itself before its pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// 2 or 3.
    pub version: u8,
    /// The filter by which objects were left out, for instance `blob:none`; empty where there is none.
    pub filter: String,
    /// Commits that it builds on and leaves out.
    pub prerequisites: Vec<Id>,
    /// Its refs.
    pub references: Vec<Reference>,
    /// Offset of the pack.
    pub pack_start: usize,
}

/// A ref of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    /// Full name.
    pub name: String,
    /// The object that it names.
    pub target: Id,
    /// 1-based line in the header.
    pub line: u32,
    /// Offset of the line.
    pub start: u64,
    /// Bytes of the line.
    pub length: u64,
}

/// Returns the version in the first line of a bundle.
pub(super) fn version(bytes: &[u8]) -> Option<u8> {
    if bytes.starts_with(V2) {
        Some(2)
    } else if bytes.starts_with(V3) {
        Some(3)
    } else {
        None
    }
}

impl Header {
    /// Parses the header; puts what is odd and not fatal into `problems`.
    ///
    /// # Errors
    /// When it is cut or broken, names another hash than SHA-1, or has more refs than `entries`.
    pub fn parse(bytes: &[u8], limits: &Limits, problems: &mut Vec<Problem>) -> Result<Self, Problem> {
        let Some(version) = version(bytes) else {
            return Err(Problem::error(Kind::Malformed, "the first line of the bundle is another")
                .expected("`# v2 git bundle` or `# v3 git bundle`"));
        };
        let mut out = Self { version, ..Self::default() };
        let (mut at, mut number) = (V2.len(), 1u32);
        loop {
            number = number.saturating_add(1);
            let rest = bytes.get(at..).unwrap_or_default();
            let spot = || Spot::line(u64::from(number), at as u64);
            let Some(end) = memchr::memchr(b'\n', &rest[..rest.len().min(LONGEST_LINE)]) else {
                let kind = if rest.len() < LONGEST_LINE { Kind::CutShort } else { Kind::Malformed };
                return Err(Problem::error(kind, "the header of the bundle does not end")
                    .at(spot())
                    .expected("an empty line before the pack"));
            };
            let line = &rest[..end];
            if line.is_empty() {
                out.pack_start = at + 1;
                return Ok(out);
            }
            let count = (out.references.len() + out.prerequisites.len()) as u64;
            if count >= limits.entries {
                return Err(Problem::error(Kind::OverLimit, format!("a bundle of over {count} refs"))
                    .at(spot())
                    .expected(format!("at most {} refs (entries)", limits.entries)));
            }
            match line[0] {
                b'@' if version == 3 => out.capability(&line[1..], spot(), problems)?,
                b'-' => match binary(line.get(1..41).unwrap_or_default()) {
                    Some(id) => out.prerequisites.push(id),
                    None => problems.push(odd_line(line, spot())),
                },
                _ => match binary(line.get(..40).unwrap_or_default()).filter(|_| line.get(40) == Some(&b' '))
                {
                    Some(target) => out.references.push(Reference {
                        name: String::from_utf8_lossy(&line[41..]).into_owned(),
                        target,
                        line: number,
                        start: at as u64,
                        length: end as u64,
                    }),
                    None => problems.push(odd_line(line, spot())),
                },
            }
            at += end + 1;
        }
    }

    fn capability(&mut self, line: &[u8], spot: Spot, problems: &mut Vec<Problem>) -> Result<(), Problem> {
        let text = String::from_utf8_lossy(line);
        let (key, value) = text.split_once('=').unwrap_or((&text, ""));
        match key {
            "object-format" if value == "sha1" => {}
            "object-format" => {
                return Err(Problem::error(
                    Kind::UnknownFormat,
                    format!("a bundle whose object ids are {}", quote(value)),
                )
                .at(spot)
                .expected("SHA-1 object ids"));
            }
            "filter" => value.clone_into(&mut self.filter),
            _ => problems.push(
                Problem::warning(Kind::Unrecognised, format!("the capability {}", quote(&text)))
                    .at(spot)
                    .expected("`@object-format` or `@filter`"),
            ),
        }
        Ok(())
    }
}

fn odd_line(line: &[u8], spot: Spot) -> Problem {
    Problem::warning(Kind::Malformed, format!("the header line {}", quote(&String::from_utf8_lossy(line))))
        .at(spot)
        .expected("`OID refs/…` or `-OID`")
}
