//! The walk over the records of a JSON file.

use serde_json::Deserializer;

use super::frame::{Frame, Framed};
use super::repair::{malformed, repair};
use super::{End, TakeRecord};
use crate::format::{Context, Step};
use crate::model::{At, Base, Records};
use crate::problem::{Kind, Problem, Spot};
use crate::source::Window;

/// Arrays inside the root array that are pages, and no deeper.
const MOST_ARRAYS: u8 = 2;

/// At most so many bytes of an element that is no object are passed over.
const LONGEST_SCALAR: usize = 1 << 20;

/// Where the walk over a JSON file stands.
#[derive(Debug, Default)]
pub struct Elements {
    /// Open arrays around the next record: 0 at the root.
    arrays: u8,
    /// Whether a comma or the end of the array is due before the next record.
    needs_separator: bool,
    /// Whether anything was read at all.
    is_started: bool,
    /// Records so far that were elements of an array: the index of the next one, counted through all pages.
    index: u32,
    end: End,
}

/// What became of one attempt to parse the record at the window's start.
enum Attempt {
    /// It was taken; so many bytes are to be passed over.
    Taken(usize),
    /// It goes on behind the bytes in memory.
    Cut,
    /// It is over the bound of one record.
    TooLong,
    /// Whether it is the only one of its file shows behind the bytes in memory.
    Undecided,
    /// It cannot be parsed as it is.
    Failed(serde_json::Error),
}

impl Elements {
    /// Returns how the file ended, as far as it was read.
    pub const fn end(&self) -> End {
        self.end
    }

    /// Reads on, about `budget` bytes, and gives each record to `take`.
    ///
    /// # Errors
    /// When the source fails, or nothing behind a place can be told apart any more.
    pub fn step<T: TakeRecord>(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        budget: u64,
        take: &mut T,
    ) -> Result<Step, Problem> {
        let until = window.offset().saturating_add(budget);
        if !self.is_started {
            self.is_started = true;
            pass_byte_order_mark(window)?;
        }
        while window.offset() < until {
            let Some(byte) = next_byte(window)? else {
                self.ends_inside_array(window, out);
                return Ok(Step::Done);
            };
            match byte {
                b'{' if !self.needs_separator => {
                    if !self.record(window, context, out, take)? {
                        return Ok(Step::Done);
                    }
                    self.needs_separator = self.arrays > 0;
                }
                b'[' if !self.needs_separator && self.arrays < MOST_ARRAYS => {
                    self.arrays += 1;
                    window.consume(1);
                }
                b']' if self.arrays > 0 => {
                    self.arrays -= 1;
                    self.needs_separator = self.arrays > 0;
                    window.consume(1);
                }
                b',' if self.needs_separator => {
                    self.needs_separator = false;
                    window.consume(1);
                }
                _ if !self.needs_separator && self.arrays > 0 => self.pass_scalar(window, out, byte)?,
                _ => return Err(self.lost(window, byte)),
            }
        }
        Ok(Step::More)
    }

    /// Reads the record at the window's start; returns whether the file goes on behind it.
    fn record<T: TakeRecord>(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        take: &mut T,
    ) -> Result<bool, Problem> {
        let error = loop {
            match self.attempt(window, context, out, take) {
                Attempt::Taken(length) => {
                    self.pass(window, length);
                    self.count();
                    return Ok(true);
                }
                Attempt::Cut | Attempt::Undecided => {
                    window.fill()?;
                }
                Attempt::TooLong => {
                    out.problem(
                        Problem::error(
                            Kind::OverLimit,
                            format!("a record of over {} bytes; it was skipped", context.limits.record_bytes),
                        )
                        .expected(format!("at most {} bytes (record-bytes)", context.limits.record_bytes))
                        .at(self.spot(window, "")),
                    );
                    return self.pass_over(window, out);
                }
                Attempt::Failed(error) => break error,
            }
        };
        self.look_again(window, context, out, take, &error)
    }

    /// Parses the record at the window's start and gives it to `take`.
    fn attempt<T: TakeRecord>(
        &mut self,
        window: &Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        take: &mut T,
    ) -> Attempt {
        let bytes = window.bytes();
        let mut values = Deserializer::from_slice(bytes).into_iter::<T::Value<'_>>();
        match values.next() {
            Some(Ok(value)) => {
                let length = values.byte_offset();
                if length as u64 > context.limits.record_bytes {
                    return Attempt::TooLong;
                }
                // An object at the root is either the file or one of several: that shows behind it.
                if self.arrays == 0 && self.end.count == 0 {
                    let is_last = bytes[length..].iter().all(u8::is_ascii_whitespace);
                    if is_last && !window.ended() {
                        return Attempt::Undecided;
                    }
                    self.end.is_single = is_last;
                }
                take.take(self.at(window, length), value, context, out);
                Attempt::Taken(length)
            }
            Some(Err(error)) if error.is_eof() && !window.ended() => {
                if bytes.len() as u64 > context.limits.record_bytes { Attempt::TooLong } else { Attempt::Cut }
            }
            Some(Err(error)) => Attempt::Failed(error),
            // Not reached: the window starts with a brace.
            None => Attempt::Taken(bytes.len()),
        }
    }

    /// Reads a record that failed: without its broken fields if it can be, or not at all.
    fn look_again<T: TakeRecord>(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        take: &mut T,
        error: &serde_json::Error,
    ) -> Result<bool, Problem> {
        let mut frame = Frame::new(self.arrays == 0);
        let mut scanned = 0;
        let (length, is_closed) = loop {
            match frame.scan(&window.bytes()[scanned..]) {
                Framed::Ends(length) => break (scanned + length, true),
                Framed::Unclosed(length) => break (scanned + length, false),
                Framed::Open => scanned = window.bytes().len(),
            }
            if window.ended() {
                if error.is_eof() {
                    self.cut_short(window, out);
                } else {
                    let at = self.at(window, scanned);
                    out.problem(malformed(window.bytes(), &at, error));
                    self.count();
                    self.end.is_cut_short = true;
                }
                window.consume(scanned);
                return Ok(false);
            }
            if scanned as u64 > context.limits.record_bytes {
                let at = self.at(window, scanned);
                out.problem(malformed(window.bytes(), &at, error));
                return self.pass_over(window, out);
            }
            window.fill()?;
        };
        let record = &window.bytes()[..length];
        let at = self.at(window, length);
        if let Err(invalid) = std::str::from_utf8(record) {
            out.problem(invalid_utf8(&at, invalid.valid_up_to()));
        } else if !is_closed {
            out.problem(malformed(record, &at, error));
        } else {
            match repair::<T>(record, &at, error) {
                Ok((copy, problems)) => {
                    for problem in problems {
                        out.problem(problem);
                    }
                    if let Ok(value) = serde_json::from_slice(&copy) {
                        take.take(at, value, context, out);
                    }
                }
                Err(problem) => out.problem(problem),
            }
        }
        self.pass(window, length);
        self.count();
        Ok(true)
    }

    /// Passes over a record without holding it; returns whether the file goes on behind it.
    fn pass_over(&mut self, window: &mut Window, out: &mut dyn Records) -> Result<bool, Problem> {
        let mut frame = Frame::new(self.arrays == 0);
        loop {
            match frame.scan(window.bytes()) {
                Framed::Ends(length) | Framed::Unclosed(length) => {
                    self.pass(window, length);
                    self.count();
                    return Ok(true);
                }
                Framed::Open => self.pass(window, window.bytes().len()),
            }
            if !window.fill()? {
                self.cut_short(window, out);
                return Ok(false);
            }
        }
    }

    /// Passes over an element that is no object, and says so.
    fn pass_scalar(&mut self, window: &mut Window, out: &mut dyn Records, byte: u8) -> Result<(), Problem> {
        let length = loop {
            match scalar_length(window.bytes()) {
                Some(length) => break length,
                // A scalar is short, or it is not what this file should hold.
                None if window.bytes().len() > LONGEST_SCALAR || !window.fill()? => break 0,
                None => {}
            }
        };
        if length == 0 {
            return Err(self.lost(window, byte));
        }
        out.problem(
            Problem::error(Kind::WrongType, "an element that is no object; it was skipped")
                .expected("an object")
                .at(self.spot(window, "")),
        );
        window.consume(length);
        self.count();
        self.needs_separator = true;
        Ok(())
    }

    /// Passes over bytes; lines are counted only where they are used.
    fn pass(&self, window: &mut Window, length: usize) {
        if self.arrays == 0 {
            window.consume_counting(length);
        } else {
            window.consume(length);
        }
    }

    fn count(&mut self) {
        self.end.count += 1;
        if self.arrays > 0 {
            self.index = self.index.saturating_add(1);
        }
    }

    /// Returns the place of the record at the window's start.
    fn at(&self, window: &Window, length: usize) -> At {
        let base = if self.arrays > 0 {
            Base::Element(self.index)
        } else if self.end.is_single {
            Base::Whole
        } else {
            Base::Line(u32::try_from(window.line()).unwrap_or(u32::MAX))
        };
        At::new(base, window.offset(), length as u64)
    }

    fn spot(&self, window: &Window, inner: &str) -> Spot {
        Spot::pointer(self.at(window, 0).pointer(None) + inner, window.offset())
    }

    fn cut_short(&mut self, window: &Window, out: &mut dyn Records) {
        out.problem(
            Problem::error(Kind::CutShort, "the file ends in the middle of a record")
                .expected("the rest of the record")
                .at(self.spot(window, "")),
        );
        self.end.is_cut_short = true;
        self.count();
    }

    fn ends_inside_array(&mut self, window: &Window, out: &mut dyn Records) {
        if self.arrays > 0 {
            out.problem(
                Problem::error(Kind::CutShort, format!("the file ends behind record {}", self.end.count))
                    .expected("the end of the list, “]”")
                    .at(self.spot(window, "")),
            );
            self.end.is_cut_short = true;
        }
    }

    /// Returns the problem of a file in which the next record cannot be found.
    fn lost(&self, window: &Window, byte: u8) -> Problem {
        let expected = match (self.arrays, self.needs_separator) {
            (0, _) => "an object or a list",
            (_, true) => "“,” or “]”",
            (_, false) => "an object",
        };
        Problem::error(
            Kind::Malformed,
            format!(
                "{} behind record {}; nothing behind it was read",
                crate::problem::quote(&char::from(byte).to_string()),
                self.end.count
            ),
        )
        .expected(expected)
        .at(self.spot(window, ""))
    }
}

/// Returns the length of a string, number or word, or of what stands in its place, up to the next `,` or `]`; `None` where
/// the bytes end first.
fn scalar_length(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&b'"') {
        return bytes.iter().position(|b| matches!(b, b',' | b']' | b'}' | b'[' | b'{' | b'"'));
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn invalid_utf8(at: &At, offset: usize) -> Problem {
    Problem::error(
        Kind::InvalidUtf8,
        format!("a byte that is not UTF-8, {offset} bytes into the record; it was skipped"),
    )
    .expected("UTF-8")
    .at(Spot::pointer(at.pointer(None), at.start + offset as u64))
}

fn pass_byte_order_mark(window: &mut Window) -> Result<(), Problem> {
    while window.bytes().len() < 3 && window.fill()? {}
    if window.bytes().starts_with(b"\xef\xbb\xbf") {
        window.consume(3);
    }
    Ok(())
}

/// Passes over white space and returns the byte behind it; `None` at the end of the file.
fn next_byte(window: &mut Window) -> Result<Option<u8>, Problem> {
    loop {
        let bytes = window.bytes();
        let space = bytes.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        let found = space.map(|index| bytes[index]);
        window.consume_counting(space.unwrap_or(bytes.len()));
        if found.is_some() || !window.fill()? {
            return Ok(found);
        }
    }
}
