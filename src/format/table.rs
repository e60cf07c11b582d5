//! A table of text, row by row: CSV with commas, semicolons or tabs, its header first.
//!
//! A row that cannot be read (not UTF-8, over `record-bytes`) is one problem, and the next one goes on.

use super::{Context, Head};
use crate::model::{At, Base, Records};
use crate::problem::{Kind, Problem, Spot};

/// Longest header that is looked at.
const LONGEST_HEADER: usize = 4096;

/// Returns the separator of a header line.
pub(super) fn separator(header: &str) -> u8 {
    let count = |separator: u8| header.bytes().filter(|&byte| byte == separator).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

/// Returns the names in the first line of what may be a table; `None` for JSON and for what is no line of text.
pub(super) fn header<'a>(head: &Head<'a>) -> Option<Vec<&'a str>> {
    if head.json.is_some() {
        return None;
    }
    let line = head.text().lines().next().filter(|line| line.len() < LONGEST_HEADER)?;
    Some(line.split(char::from(separator(line))).map(|name| name.trim().trim_matches('"').trim()).collect())
}

/// Returns a name of a column as it is compared: lower case, with hyphens for spaces and underscores.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace(['_', ' '], "-")
}

/// A table being read.
pub(super) struct Table<'b> {
    bytes: &'b [u8],
    /// Bytes in front of the table: a byte order mark.
    before: u64,
    reader: csv::Reader<&'b [u8]>,
    record: csv::ByteRecord,
    most: u64,
    /// The names in the header, trimmed.
    pub header: Vec<String>,
    /// Rows behind the header so far, whether they could be read or not; empty ones count.
    pub count: u32,
}

/// One row.
pub(super) struct Row<'r> {
    /// Where it is; the header is row 1.
    pub at: At,
    /// Where problems of it are.
    pub spot: Spot,
    cells: &'r csv::ByteRecord,
}

impl<'r> Row<'r> {
    /// Returns a cell, trimmed; empty where the row has none there.
    pub fn cell(&self, column: usize) -> &'r str {
        self.cells.get(column).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or_default()
    }

    /// Returns a problem of this row.
    pub fn problem(&self, problem: Problem) -> Problem {
        problem.at(self.spot.clone())
    }
}

impl<'b> Table<'b> {
    /// Opens a table and reads its header.
    ///
    /// # Errors
    /// When the header cannot be read.
    pub fn new(bytes: &'b [u8], context: &Context<'_>) -> Result<Self, Problem> {
        let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let line = bare.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator(&String::from_utf8_lossy(line)))
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bare);
        let header = match reader.byte_headers() {
            Ok(names) => names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect(),
            Err(error) => return Err(Problem::error(Kind::Malformed, error.to_string())),
        };
        Ok(Self {
            bytes: bare,
            before: (bytes.len() - bare.len()) as u64,
            reader,
            record: csv::ByteRecord::new(),
            most: context.limits.record_bytes,
            header,
            count: 0,
        })
    }

    /// Returns the next row that can be read and is not empty.
    ///
    /// # Errors
    /// When nothing behind a place can be read.
    pub fn next(&mut self, out: &mut dyn Records) -> Result<Option<Row<'_>>, Problem> {
        loop {
            // The reader leaves the rest of a line's end, and empty lines, in front of the next row.
            let from = self.reader.position().byte();
            let rest = self.bytes.get(usize::try_from(from).unwrap_or(usize::MAX)..).unwrap_or_default();
            let ends = |byte: &&u8| matches!(byte, b'\r' | b'\n');
            let start = from + rest.iter().take_while(ends).count() as u64;
            let (row, line) = (self.count.saturating_add(2), self.reader.position().line());
            let spot = Spot { pointer: format!("row {row}"), line, offset: self.before + start };
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => self.count += 1,
                Ok(false) => return Ok(None),
                Err(error) => return Err(Problem::error(Kind::Malformed, error.to_string()).at(spot)),
            }
            let length = self.reader.position().byte().saturating_sub(start);
            if length > self.most {
                let problem =
                    Problem::error(Kind::OverLimit, format!("a row of {length} bytes; it was skipped"));
                out.problem(problem.at(spot).expected("a shorter row (record-bytes)"));
            } else if self.record.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
                let problem = Problem::error(Kind::InvalidUtf8, "a row that is not UTF-8; it was skipped");
                out.problem(problem.at(spot).expected("UTF-8"));
            } else if self.record.iter().any(|cell| !cell.is_empty()) {
                let at = At::new(Base::Row(row), self.before + start, length);
                return Ok(Some(Row { at, spot, cells: &self.record }));
            }
        }
    }
}
