//! The bounds on what is read, checked before anything is materialised.

use serde::{Deserialize, Serialize};

/// Bounds on the intake. Each has a name that problems, the docs and the command line use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of one file, unpacked.
    pub file_bytes: u64,
    /// Bytes of all files together, unpacked.
    pub total_bytes: u64,
    /// Bytes of a document that must be held whole: everything but arrays and lines of records.
    pub document_bytes: u64,
    /// Bytes of one record in an array, or of one line.
    pub record_bytes: u64,
    /// Files and archive entries together.
    pub entries: u64,
    /// Unpacked bytes for each packed byte of an archive, once 1 MiB is unpacked.
    pub ratio: u64,
    /// Archives inside archives.
    pub archive_depth: u32,
    /// Nesting of JSON and XML.
    pub nesting: u32,
    /// Bytes of one git object, unpacked.
    pub object_bytes: u64,
    /// Objects of one git bundle.
    pub objects: u64,
    /// Problems of one file; further ones are counted.
    pub problems: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 30,
            total_bytes: 8 << 30,
            document_bytes: 512 << 20,
            record_bytes: 32 << 20,
            entries: 200_000,
            ratio: 200,
            archive_depth: 4,
            nesting: 128,
            object_bytes: 64 << 20,
            objects: 5_000_000,
            problems: 200,
        }
    }
}

impl Limits {
    /// Names, defaults and meanings, for the docs, the command line and the app.
    pub const NAMES: [(&'static str, &'static str); 11] = [
        ("file-bytes", "bytes of one file, unpacked"),
        ("total-bytes", "bytes of all files together, unpacked"),
        ("document-bytes", "bytes of a document that must be held whole"),
        ("record-bytes", "bytes of one record in an array, or of one line"),
        ("entries", "files and archive entries together"),
        ("ratio", "unpacked bytes for each packed byte of an archive"),
        ("archive-depth", "archives inside archives"),
        ("nesting", "nesting of JSON and XML"),
        ("object-bytes", "bytes of one git object, unpacked"),
        ("objects", "objects of one git bundle"),
        ("problems", "problems of one file that are listed one by one"),
    ];

    /// Sets the bound `name` to `value`; returns whether there is such a bound.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let narrow = u32::try_from(value).unwrap_or(u32::MAX);
        match name {
            "file-bytes" => self.file_bytes = value,
            "total-bytes" => self.total_bytes = value,
            "document-bytes" => self.document_bytes = value,
            "record-bytes" => self.record_bytes = value,
            "entries" => self.entries = value,
            "ratio" => self.ratio = value,
            "archive-depth" => self.archive_depth = narrow,
            // Deeper nesting would exhaust the stack of the parsers.
            "nesting" => self.nesting = narrow.min(128),
            "object-bytes" => self.object_bytes = value,
            "objects" => self.objects = value,
            "problems" => self.problems = value,
            _ => return false,
        }
        true
    }
}
