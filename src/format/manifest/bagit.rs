//! The tag files of a bag (RFC 8493 and its drafts up to 0.97): `bagit.txt`, `bag-info.txt`, `fetch.txt`.

use super::{decode, lines};
use crate::format::{Context, Format, Head, Whole};
use crate::model::record::{Fetched, ManifestRecord};
use crate::model::{At, Base, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// `bagit.txt`.
pub static DECLARATION: Format = Format {
    id: "bagit-declaration",
    title: "BagIt declaration",
    recognise: |head| {
        let text = head.text().trim_start();
        (head.name() == "bagit.txt" && text.starts_with("BagIt-Version"))
            .then(|| "it declares a BagIt version".to_owned())
    },
    open: || Box::new(Whole(declaration)),
};

/// `bag-info.txt`.
pub static INFO: Format = Format {
    id: "bagit-info",
    title: "BagIt metadata",
    recognise: |head| {
        let text = (head.name() == "bag-info.txt").then(|| decode(head.bytes).ok()).flatten()?;
        let (_, _, first) = lines(&text).next()?;
        label(first).map(|_| "it is named bag-info.txt and its first line is a label with a value".to_owned())
    },
    open: || Box::new(Whole(info)),
};

/// `fetch.txt`.
pub static FETCH: Format = Format {
    id: "bagit-fetch",
    title: "BagIt fetch list",
    recognise: |head: &Head<'_>| {
        let text = (head.name() == "fetch.txt").then(|| decode(head.bytes).ok()).flatten()?;
        let (_, _, first) = lines(&text).next()?;
        fetched(first, Spot::file()).map(|_| "its first line is an address, a length and a path".to_owned())
    },
    open: || Box::new(Whole(fetch)),
};

fn emit(record: ManifestRecord, bytes: &[u8], out: &mut dyn Records) {
    out.record(At::new(Base::Whole, 0, bytes.len() as u64), Record::Manifest(Box::new(record)));
}

/// Splits `Label: value`; no white space may stand before the colon (RFC 8493 §2.1.1, §2.2.2).
fn label(line: &str) -> Option<(&str, &str)> {
    let (label, value) = line.split_once(':')?;
    let is_label = !label.is_empty() && label.trim() == label;
    is_label.then(|| (label, value.trim()))
}

/// Reads `bagit.txt`: exactly a version and an encoding, in this order, in UTF-8 without a byte order mark (§2.1.1).
fn declaration(bytes: &[u8], _: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        let problem = Problem::error(Kind::Malformed, "a byte order mark at the start of bagit.txt");
        out.problem(problem.expected("UTF-8 without a byte order mark (RFC 8493 §2.1.1)"));
    }
    let text = decode(bytes)?;
    let mut lines = lines(&text).filter(|(_, _, line)| !line.trim().is_empty());
    let mut version = None;
    for (name, is_right) in [
        ("BagIt-Version", (|value| number(value).is_some()) as fn(&str) -> bool),
        ("Tag-File-Character-Encoding", |value| !value.is_empty()),
    ] {
        let line = lines.next();
        let value = line.and_then(|(_, _, line)| label(line)).filter(|(label, _)| *label == name);
        match value.filter(|(_, value)| is_right(value)) {
            Some((_, value)) if name == "BagIt-Version" => version = number(value),
            Some((_, value)) => encoding(value, out),
            None => {
                let found = line.map_or_else(|| "nothing".to_owned(), |(_, _, line)| quote(line));
                let at = line.map_or_else(Spot::file, |(number, offset, _)| Spot::line(number, offset));
                let expected = format!("“{name}: ” and its value (RFC 8493 §2.1.1)");
                out.problem(Problem::error(Kind::Malformed, found).expected(expected).at(at));
            }
        }
    }
    if let Some((number, offset, line)) = lines.next() {
        let problem = Problem::error(Kind::Malformed, format!("a further line {}", quote(line)));
        out.problem(problem.expected("two lines (RFC 8493 §2.1.1)").at(Spot::line(number, offset)));
    }
    if let Some((major, minor)) = version.filter(|version| !matches!(version, (0, 93..=97) | (1, 0))) {
        let problem = Problem::warning(Kind::Unrecognised, format!("BagIt version {major}.{minor}"));
        out.problem(problem.expected("0.93 to 0.97 or 1.0; it is checked by the rules of 1.0"));
    }
    emit(ManifestRecord::Declaration(version), bytes, out);
    Ok(())
}

fn encoding(name: &str, out: &mut dyn Records) {
    let is_read =
        ["UTF-8", "UTF-16", "US-ASCII", "ASCII"].iter().any(|known| known.eq_ignore_ascii_case(name));
    if !is_read {
        let problem = Problem::warning(Kind::Unrecognised, format!("tag files in {}", quote(name)));
        out.problem(problem.expected("UTF-8, or UTF-16 with a byte order mark"));
    }
}

/// Reads `M.N`.
fn number(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    let part = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    Some((part(major)?, part(minor)?))
}

/// Reads `bag-info.txt`, of which only `Payload-Oxum` can be compared with anything.
fn info(bytes: &[u8], _: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let text = decode(bytes)?;
    let mut sums = None;
    for (number, offset, line) in lines(&text) {
        let at = Spot::line(number, offset);
        // A line that begins with white space goes on with the value before it (§2.2.2).
        if line.trim().is_empty() || line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, value)) = label(line) else {
            let problem =
                Problem::warning(Kind::Malformed, format!("a line without a label: {}", quote(line)));
            out.problem(problem.expected("“Label: value” (RFC 8493 §2.2.2)").at(at));
            continue;
        };
        if !name.eq_ignore_ascii_case("Payload-Oxum") {
            continue;
        }
        let both = value
            .split_once('.')
            .and_then(|(octets, streams)| Some((octets.parse::<u64>().ok()?, streams.parse::<u64>().ok()?)));
        match both {
            Some((octets, streams)) if sums.is_none() => sums = Some((octets, streams, at)),
            Some(_) => {
                let problem = Problem::error(Kind::Duplicate, "a second Payload-Oxum");
                out.problem(problem.expected("at most one (RFC 8493 §2.2.2)").at(at));
            }
            None => {
                let problem = Problem::error(Kind::Malformed, format!("a Payload-Oxum of {}", quote(value)));
                out.problem(problem.expected("octets, a full stop, streams (RFC 8493 §2.2.2)").at(at));
            }
        }
    }
    emit(ManifestRecord::Info(sums), bytes, out);
    Ok(())
}

/// Reads one line of `fetch.txt`: address, length or `-`, path.
fn fetched(line: &str, at: Spot) -> Option<Fetched> {
    let space = [' ', '\t'];
    let (url, rest) = line.split_once(space)?;
    let (length, path) = rest.trim_start_matches(space).split_once(space)?;
    let path = path.trim_start_matches(space);
    let bytes = if length == "-" { None } else { Some(length.parse().ok()?) };
    (url.contains(':') && !path.is_empty()).then(|| Fetched {
        url: url.to_owned(),
        bytes,
        path: path.to_owned(),
        at,
    })
}

fn fetch(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let text = decode(bytes)?;
    let mut files = Vec::new();
    for (number, offset, line) in lines(&text).filter(|(_, _, line)| !line.trim().is_empty()) {
        let at = Spot::line(number, offset);
        if files.len() as u64 >= context.limits.entries {
            let problem = Problem::error(Kind::OverLimit, format!("over {} files", context.limits.entries));
            out.problem(problem.expected("fewer files (entries)").at(at));
            break;
        }
        match fetched(line, at.clone()) {
            Some(file) => files.push(file),
            None => {
                let problem = Problem::error(Kind::Malformed, quote(line));
                out.problem(problem.expected("address, length or “-”, path (RFC 8493 §2.2.3)").at(at));
            }
        }
    }
    emit(ManifestRecord::Fetch(files), bytes, out);
    Ok(())
}
