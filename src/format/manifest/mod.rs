//! Manifests: lists of digests in the forms of GNU and BSD, the tag files of BagIt bags, Lacuna's own manifest and its seal.
//!
//! Only what the text says is read here; [`crate::verify::manifest`] compares it with the files of the bundle.

mod bagit;
mod checksums;
mod link;
mod sealed;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use bagit::{DECLARATION, FETCH, INFO};
pub use checksums::FORMAT as CHECKSUMS;
pub use link::FORMAT as LINK;
pub use sealed::{FORMAT as SEALED, SCHEMA, SEAL, SEAL_TYPE, Sealed, SealedFile};

use crate::problem::{Kind, Problem};

/// Name of Lacuna's own manifest.
pub const SEALED_NAME: &str = "lacuna-manifest.json";
/// Name of the envelope that signs it.
pub const SEAL_NAME: &str = "lacuna-manifest.json.dsse";

/// Returns the text of a tag file: UTF-16 where a byte order mark says so, else UTF-8, whose mark is taken off.
///
/// # Errors
/// When the bytes are neither.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let wide = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| join(*pair));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().filter(|_| rest.is_empty())
    };
    let found = match bytes {
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes).map(Cow::Owned),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes).map(Cow::Owned),
        _ => {
            std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok().map(Cow::Borrowed)
        }
    };
    found.ok_or_else(|| {
        Problem::error(Kind::InvalidUtf8, "a manifest in neither UTF-8 nor UTF-16")
            .expected("UTF-8, or UTF-16 with a byte order mark")
    })
}

/// Returns the lines of a text with their numbers and offsets in the text; LF, CR and CRLF end a line (RFC 8493 §2.1.3).
fn lines(text: &str) -> impl Iterator<Item = (u64, u64, &str)> {
    let mut rest = Some(text);
    let mut offset = 0;
    let mut number = 0;
    std::iter::from_fn(move || {
        let text = rest.filter(|text| !text.is_empty())?;
        let end = text.find(['\n', '\r']);
        let line = &text[..end.unwrap_or(text.len())];
        let gap = if text[line.len()..].starts_with("\r\n") { 2 } else { 1 };
        rest = text.get(line.len() + gap..);
        let at = offset;
        offset += (line.len() + gap) as u64;
        number += 1;
        Some((number, at, line))
    })
}
