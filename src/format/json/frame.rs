//! Finds the end of a JSON value without understanding it, for records that cannot be parsed or held.

/// Where a scan over one object stands; survives from one slice of the file to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    depth: u64,
    in_string: bool,
    escaped: bool,
    /// Whether the byte before was a line feed.
    at_line_start: bool,
    /// Whether an object that starts a line is a new record, even if this one is not closed.
    lines: bool,
}

/// What a scan found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framed {
    /// The value ends before this index.
    Ends(usize),
    /// The value is not closed, and another one starts at this index.
    Unclosed(usize),
    /// The bytes end first.
    Open,
}

impl Frame {
    /// Returns a scan at the start of an object; `lines` where records are not elements of an array.
    pub(super) fn new(lines: bool) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Scans on, over bytes that follow those that were scanned before.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Framed {
        for (index, &byte) in bytes.iter().enumerate() {
            let at_line_start = std::mem::replace(&mut self.at_line_start, byte == b'\n');
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    // A line feed inside a string is not JSON: the string was never closed.
                    b'"' | b'\n' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    if self.lines && at_line_start && self.depth > 0 && byte == b'{' {
                        return Framed::Unclosed(index);
                    }
                    self.depth += 1;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Framed::Ends(index + 1);
                    }
                }
                _ => {}
            }
        }
        Framed::Open
    }
}
