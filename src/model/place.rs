//! Where a record is in its file, compactly, and as people and machines read it.

/// How a top-level record is found in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// The file is the record.
    Whole,
    /// Element `n` of the JSON array at the root.
    Element(u32),
    /// Element `n` of the JSON array under a root key.
    Member(&'static str, u32),
    /// The JSON value on 1-based line `n`.
    Line(u32),
    /// 1-based row `n` of a table, the header being row 1.
    Row(u32),
    /// The git object with this id, binary.
    Object([u8; 20]),
    /// 1-based line `n` of the git object with this id.
    ObjectLine([u8; 20], u32),
}

/// A part of a top-level record: element `index` of one of its lists, or one of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The key in the record, for instance `reviews`; for a nested list its keys joined by `/`.
    pub key: &'static str,
    /// The element, or `None` for a field.
    pub index: Option<u32>,
}

impl Part {
    /// Returns the part for a field.
    pub const fn field(key: &'static str) -> Self {
        Self { key, index: None }
    }

    /// Returns the part for an element of a list.
    pub const fn element(key: &'static str, index: u32) -> Self {
        Self { key, index: Some(index) }
    }
}

/// A top-level record's place in the file being read: how it is found, and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// How it is found.
    pub base: Base,
    /// Offset of its first byte in the file (in the object, for [`Base::Object`] and [`Base::ObjectLine`]).
    pub start: u64,
    /// Count of its bytes.
    pub length: u32,
}

impl At {
    /// Returns the place of a record; a length over 4 GiB saturates.
    pub fn new(base: Base, start: u64, length: u64) -> Self {
        Self { base, start, length: u32::try_from(length).unwrap_or(u32::MAX) }
    }

    /// Writes the pointer of the record, or of one of its parts.
    ///
    /// JSON records give a JSON pointer (RFC 6901) such as `/12/reviews/0`; in a file of JSON lines the line comes first,
    /// `line 3 /reviews/0`; tables give `row 4`; git gives `object OID` and `object OID line 3`.
    pub fn pointer(&self, part: Option<Part>) -> String {
        let mut out = match self.base {
            Base::Whole => String::new(),
            Base::Element(index) => format!("/{index}"),
            Base::Member(key, index) => format!("/{key}/{index}"),
            Base::Line(line) => format!("line {line}"),
            Base::Row(row) => format!("row {row}"),
            Base::Object(id) => format!("object {}", hex(&id)),
            Base::ObjectLine(id, line) => format!("object {} line {line}", hex(&id)),
        };
        if let Some(part) = part {
            if !out.is_empty() && !out.starts_with('/') {
                out.push(' ');
            }
            out.push('/');
            out.push_str(part.key);
            if let Some(index) = part.index {
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
        out
    }
}

/// Returns lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_read_as_their_format_does() {
        let at = |base| At::new(base, 0, 0);
        assert_eq!(at(Base::Element(12)).pointer(Some(Part::element("reviews", 0))), "/12/reviews/0");
        assert_eq!(at(Base::Line(3)).pointer(Some(Part::field("mergedBy"))), "line 3 /mergedBy");
        assert_eq!(at(Base::Whole).pointer(None), "");
        assert_eq!(at(Base::Object([0xab; 20])).pointer(None), format!("object {}", "ab".repeat(20)));
    }
}
