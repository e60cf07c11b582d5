//! Lists of digests as `sha256sum`, `sha256sum --tag`, BSD's `sha256` and BagIt tools write them.

use std::borrow::Cow;

use super::{decode, lines};
use crate::format::{Context, Format, Head, Whole};
use crate::model::record::{Algorithm, DigestList, ListKind, Listed, ManifestRecord};
use crate::model::{At, Base, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// Lists of digests.
pub static FORMAT: Format = Format {
    id: "checksums",
    title: "Checksums (GNU, BSD, BagIt)",
    recognise,
    open: || Box::new(Whole(read)),
};

/// How many lines are looked at to recognise a list.
const LOOKED_AT: usize = 20;

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing, a comment, or the frame of a clear-signed text.
    Blank,
    /// A file with its digest.
    File(Algorithm, Box<[u8]>, Cow<'a, str>),
    /// A file with a digest of another algorithm.
    Other(&'a str),
    /// Nothing of these.
    Broken,
}

/// Returns the kind that a name gives a list, and BagIt's name of the algorithm.
pub(super) fn kind_of(path: &str) -> (ListKind, Option<&str>) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let of = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".txt"));
    match (of("manifest-"), of("tagmanifest-")) {
        (Some(algorithm), _) => (ListKind::Payload, Some(algorithm)),
        (_, Some(algorithm)) => (ListKind::Tags, Some(algorithm)),
        _ => (ListKind::Checksums, None),
    }
}

fn recognise(head: &Head<'_>) -> Option<String> {
    let (kind, _) = kind_of(head.path);
    // A cut in the middle of a UTF-16 pair or a UTF-8 sequence is no reason to know nothing.
    let text = match decode(head.bytes) {
        Ok(text) => text,
        Err(_) => Cow::Borrowed(head.text()),
    };
    let mut files = 0;
    let whole = if head.is_whole { &*text } else { &text[..text.rfind('\n')?] };
    for (_, _, line) in lines(whole).take(LOOKED_AT) {
        match parse(line, kind) {
            Line::Blank => {}
            Line::File(..) | Line::Other(_) => files += 1,
            Line::Broken => return None,
        }
    }
    let what = if kind == ListKind::Checksums { "a file" } else { "a file of the bag" };
    (files > 0).then(|| format!("every line has a digest and {what}"))
}

/// Parses one line by the rules of a kind.
pub(super) fn parse(line: &str, kind: ListKind) -> Line<'_> {
    if line.trim().is_empty() || line.starts_with(['#', ';']) {
        return Line::Blank;
    }
    if kind == ListKind::Checksums {
        if line.starts_with("-----") || line.starts_with("Hash: ") {
            return Line::Blank;
        }
        return gnu(line).or_else(|| bsd(line)).unwrap_or(Line::Broken);
    }
    bag(line).unwrap_or(Line::Broken)
}

/// `HEX  PATH` or `HEX *PATH`; a backslash at the start says that the path is escaped.
///
/// One space is not enough: that is how git lists objects and refs.
fn gnu(line: &str) -> Option<Line<'_>> {
    let (is_escaped, line) = line.strip_prefix('\\').map_or((false, line), |line| (true, line));
    let (digest, rest) = line.split_at_checked(line.find(' ')?)?;
    let digest = unhex(digest)?;
    let path = rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *")).filter(|path| !path.is_empty())?;
    let algorithm = Algorithm::of_length(digest.len())?;
    let path = if is_escaped { Cow::Owned(unescape(path)?) } else { Cow::Borrowed(path) };
    Some(Line::File(algorithm, digest, path))
}

/// `SHA256 (PATH) = HEX`.
fn bsd(line: &str) -> Option<Line<'_>> {
    let (is_escaped, line) = line.strip_prefix('\\').map_or((false, line), |line| (true, line));
    let (name, rest) = line.split_once(" (")?;
    let (path, digest) = rest.rsplit_once(") = ")?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-/".contains(&b));
    let digest = unhex(digest.trim_end()).filter(|_| is_name && !path.is_empty())?;
    let Some(algorithm) = Algorithm::of_name(name) else { return Some(Line::Other(name)) };
    if digest.len() != algorithm.length() {
        return None;
    }
    let path = if is_escaped { Cow::Owned(unescape(path)?) } else { Cow::Borrowed(path) };
    Some(Line::File(algorithm, digest, path))
}

/// `HEX`, white space, `PATH` (RFC 8493 §2.1.3), with the asterisk that older tools wrote.
fn bag(line: &str) -> Option<Line<'_>> {
    let (digest, rest) = line.split_at_checked(line.find([' ', '\t'])?)?;
    let digest = unhex(digest)?;
    let path = rest.trim_start_matches([' ', '\t']);
    let path = path.strip_prefix('*').unwrap_or(path);
    if path.is_empty() {
        return None;
    }
    let algorithm = Algorithm::of_length(digest.len())?;
    Some(Line::File(algorithm, digest, Cow::Borrowed(path)))
}

fn unhex(text: &str) -> Option<Box<[u8]>> {
    let is_sized = (32..=128).contains(&text.len());
    is_sized
        .then(|| data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok())?
        .map(Vec::into_boxed_slice)
}

/// Undoes the escapes of GNU: `\\`, `\n` and `\r`.
fn unescape(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let (kind, named) = kind_of(context.path);
    let text = decode(bytes)?;
    let named_algorithm = named.map(Algorithm::of_name);
    if let (Some(name), Some(None)) = (named, named_algorithm) {
        return Err(Problem::warning(Kind::Unrecognised, format!("digests by {}", quote(name)))
            .expected("md5, sha1, sha224, sha256, sha384 or sha512"));
    }
    let mut files = Vec::new();
    for (number, offset, line) in lines(&text) {
        let at = Spot::line(number, offset);
        if line.starts_with("-----BEGIN PGP SIGNATURE") {
            let found = "a PGP signature around the list, which is not checked";
            out.problem(Problem::note(Kind::Unrecognised, found).at(at));
            break;
        }
        match parse(line, kind) {
            Line::Blank => {}
            Line::File(algorithm, digest, path) => {
                if named_algorithm.flatten().is_some_and(|named| named != algorithm) {
                    let found = format!("a digest of {} bytes", digest.len());
                    let expected = format!("a digest by {}", named.unwrap_or_default());
                    out.problem(Problem::error(Kind::Malformed, found).expected(expected).at(at));
                    continue;
                }
                if files.len() as u64 >= context.limits.entries {
                    let found = format!("a manifest of over {} files", context.limits.entries);
                    out.problem(
                        Problem::error(Kind::OverLimit, found).expected("fewer files (entries)").at(at),
                    );
                    break;
                }
                files.push(Listed { path: path.into_owned(), algorithm, digest, bytes: None, at });
            }
            Line::Other(name) => {
                let found = format!("a digest by {}, which is not checked", quote(name));
                let expected = "MD5, SHA1, SHA224, SHA256, SHA384 or SHA512";
                out.problem(Problem::warning(Kind::Unrecognised, found).expected(expected).at(at));
            }
            Line::Broken => {
                let found = format!("a line that is no digest with a path: {}", quote(line));
                out.problem(
                    Problem::error(Kind::Malformed, found).expected("digest, two spaces, path").at(at),
                );
            }
        }
    }
    let list = ManifestRecord::List(DigestList { kind, files, origins: None, signed: None });
    out.record(At::new(Base::Whole, 0, bytes.len() as u64), Record::Manifest(Box::new(list)));
    Ok(())
}
