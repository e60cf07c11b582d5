//! Distinguished names in words.
//!
//! The library's own writing of them brings a table of every attribute type there is, which is larger than all else that
//! is made of certificates here; RFC 4514 §3 names nine.

use std::fmt::Write as _;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Encode as _, Tag, Tagged as _};
use x509_cert::name::Name;

/// Attribute types and their keywords (RFC 4514 §3).
const KEYWORDS: [(ObjectIdentifier, &str); 9] = [
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
];

/// Returns a name as RFC 4514 §2 writes it: the last part first; types without a keyword as numbers, with the value in
/// hexadecimal.
pub(super) fn in_words(name: &Name) -> String {
    let parts = name.0.iter().rev().map(|part| {
        let attributes: Vec<String> = part.0.iter().map(attribute).collect();
        attributes.join("+")
    });
    parts.collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let keyword = KEYWORDS.iter().find(|(known, _)| *known == attribute.oid).map(|(_, keyword)| *keyword);
    let is_text = matches!(attribute.value.tag(), Tag::PrintableString | Tag::Utf8String | Tag::Ia5String);
    let text = std::str::from_utf8(attribute.value.value()).ok().filter(|_| is_text);
    if let (Some(keyword), Some(text)) = (keyword, text) {
        return format!("{keyword}={}", escaped(text));
    }
    let mut out = format!("{}=#", attribute.oid);
    for byte in attribute.value.to_der().unwrap_or_default() {
        // A text takes whatever is written to it.
        write!(out, "{byte:02x}").ok();
    }
    out
}

/// Escapes what has a meaning of its own (RFC 4514 §2.4).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (at, c) in text.chars().enumerate() {
        let is_marked = matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || c == '#' && at == 0
            || c == ' ' && (at == 0 || at == last);
        if is_marked {
            out.push('\\');
        }
        if c.is_ascii_control() {
            write!(out, "\\{:02x}", c as u32).ok();
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr as _;

    #[test]
    fn names_are_written_as_the_library_writes_them() {
        for text in
            ["CN=sigstore-intermediate,O=sigstore.dev", "CN=a\\, b+OU=\\#c,DC=example,DC=org", "O=a b,C=DE"]
        {
            let name = Name::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(in_words(&name), name.to_string());
        }
    }

    #[test]
    fn a_type_without_a_keyword_is_a_number() {
        assert_eq!(in_words(&Name::default()), "");
        let name = Name::from_str("2.5.4.5=#130141").expect("a name");
        assert_eq!(in_words(&name), "2.5.4.5=#130141");
    }
}
