//! Files of attestations: one document, one on each line, a list of them, or a collection of an interface.

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::envelope::{Reading, spot};
use super::{broken, json, read_line};
use crate::format::{Context, Reader, Step};
use crate::model::{At, Base, Part, Records};
use crate::problem::{Kind, Problem, Spot, quote};
use crate::source::Window;

/// Reads a file of attestations in whichever way it is laid out.
#[derive(Default)]
pub(super) struct File {
    layout: Option<Layout>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// A document on each line.
    Lines,
    /// A document over many lines, or several behind each other, or a list.
    Whole,
}

impl Reader for File {
    fn step(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        budget: u64,
    ) -> Result<Step, Problem> {
        let layout = match self.layout {
            Some(layout) => layout,
            None => layout(window, context)?,
        };
        self.layout = Some(layout);
        match layout {
            Layout::Lines => lines(window, context, out, budget),
            Layout::Whole => {
                let start = window.offset();
                let bytes = window.whole(context.limits)?;
                if whole(bytes, start, context, out)? {
                    return Ok(Step::Done);
                }
                // The first document is broken, but later lines are documents of their own.
                self.layout = Some(Layout::Lines);
                Ok(Step::More)
            }
        }
    }
}

/// Passes over a byte order mark and finds out how the file is laid out.
fn layout(window: &mut Window, context: &Context<'_>) -> Result<Layout, Problem> {
    window.fill()?;
    if window.bytes().starts_with(b"\xef\xbb\xbf") {
        window.consume(3);
    }
    loop {
        let length = window.next_line(context.limits)?;
        if length == 0 {
            return Ok(Layout::Lines);
        }
        let line = &window.bytes()[..length];
        if line.trim_ascii().is_empty() {
            window.consume_counting(length);
            continue;
        }
        if line.trim_ascii_start().first() != Some(&b'{')
            || serde_json::from_slice::<&RawValue>(line).is_err()
        {
            return Ok(Layout::Whole);
        }
        // A single document on one line is the file.
        loop {
            if !window.bytes()[length..].trim_ascii().is_empty() {
                return Ok(Layout::Lines);
            }
            if !window.fill()? {
                return Ok(Layout::Whole);
            }
        }
    }
}

/// Reads lines, each a document of its own.
fn lines(
    window: &mut Window,
    context: &Context<'_>,
    out: &mut dyn Records,
    budget: u64,
) -> Result<Step, Problem> {
    let until = window.offset().saturating_add(budget);
    while window.offset() < until {
        let length = match window.next_line(context.limits) {
            Ok(0) => return Ok(Step::Done),
            Ok(length) => length,
            Err(problem) if problem.kind == Kind::OverLimit => {
                out.problem(problem);
                continue;
            }
            Err(problem) => return Err(problem),
        };
        let number = window.line();
        let offset = window.offset();
        let line = &window.bytes()[..length];
        let trimmed = line.trim_ascii();
        if !trimmed.is_empty() {
            let start = offset + (line.len() - line.trim_ascii_start().len()) as u64;
            let base = Base::Line(u32::try_from(number).unwrap_or(u32::MAX));
            let at = At::new(base, start, trimmed.len() as u64);
            if !read_line(trimmed, "", at, out) {
                out.problem(unknown_line(trimmed, at));
            }
        }
        window.consume_counting(length);
    }
    Ok(Step::More)
}

/// Returns the problem of a line that is no attestation.
fn unknown_line(line: &[u8], at: At) -> Problem {
    let problem = match serde_json::from_slice::<&RawValue>(line) {
        Ok(_) => Problem::warning(Kind::UnknownFormat, "a JSON document that is no attestation"),
        Err(error) if error.is_eof() => {
            Problem::error(Kind::CutShort, "a line that ends in the middle of its JSON")
        }
        Err(_) => {
            let start = String::from_utf8_lossy(&line[..line.len().min(400)]);
            Problem::error(Kind::Malformed, format!("a line that is no JSON: {}", quote(&start)))
        }
    };
    problem.at(spot(at, None)).expected("an in-toto statement, a DSSE envelope or a Sigstore bundle")
}

/// Reads a document over many lines; returns `false`, having put nothing out, where it should be read by lines.
fn whole(bytes: &[u8], start: u64, context: &Context<'_>, out: &mut dyn Records) -> Result<bool, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let place = Spot { pointer: String::new(), line: 0, offset: start + error.valid_up_to() as u64 };
        Problem::error(Kind::InvalidUtf8, "bytes that are not UTF-8").at(place).expected("JSON in UTF-8")
    })?;
    let file = Document { text, start, context };
    if text.trim_start().starts_with('[') {
        file.list(out)?;
        return Ok(true);
    }
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut is_first = true;
    while let Some(document) = documents.next() {
        let raw = match document {
            Ok(raw) => raw,
            Err(_) if is_first && has_line_of_its_own(text) => return Ok(false),
            Err(error) => return Err(file.broken(&error)),
        };
        let is_only = is_first && text[documents.byte_offset()..].trim().is_empty();
        is_first = false;
        let line = || 1 + memchr::memchr_iter(b'\n', &bytes[..file.index(raw)]).count();
        let base = if is_only { Base::Whole } else { Base::Line(u32::try_from(line()).unwrap_or(u32::MAX)) };
        file.element(base, raw, out);
    }
    Ok(true)
}

/// Returns whether a line after the first is a document of its own.
fn has_line_of_its_own(text: &str) -> bool {
    text.lines()
        .skip(1)
        .filter(|line| line.starts_with('{'))
        .take(100)
        .any(|line| serde_json::from_str::<&RawValue>(line).is_ok())
}

/// A file that is held whole.
struct Document<'a> {
    text: &'a str,
    start: u64,
    context: &'a Context<'a>,
}

impl Document<'_> {
    fn index(&self, raw: &RawValue) -> usize {
        (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len())
    }

    fn broken(&self, error: &serde_json::Error) -> Problem {
        let line = error.line() as u64;
        broken(error).at(Spot { pointer: format!("line {line}"), line, offset: 0 })
    }

    /// Reads one document, or one element of the list.
    fn element(&self, base: Base, raw: &RawValue, out: &mut dyn Records) {
        let at = At::new(base, self.start + self.index(raw) as u64, raw.get().len() as u64);
        let most = self.context.limits.record_bytes;
        // A collection is many records.
        if base != Base::Whole && raw.get().len() as u64 > most {
            let problem = Problem::error(Kind::OverLimit, format!("a record of {} bytes", raw.get().len()));
            out.problem(problem.at(spot(at, None)).expected(format!("at most {most} bytes (record-bytes)")));
            return;
        }
        let mut reading = Reading { attached_to: "", at, part: None, text: raw.get(), out };
        if !reading.object(raw) {
            out.problem(unknown_line(raw.get().as_bytes(), at));
        }
    }

    /// Reads a list of documents.
    fn list(&self, out: &mut dyn Records) -> Result<(), Problem> {
        let mut deserializer = serde_json::Deserializer::from_str(self.text);
        let visitor = Elements { file: self, out };
        let end = visitor.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        end.map_err(|error| self.broken(&error))
    }
}

/// Puts out the elements of a list as they come, so that a cut list keeps what is before the cut.
struct Elements<'f, 'o> {
    file: &'f Document<'f>,
    out: &'o mut dyn Records,
}

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of attestations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0_u32;
        while let Some(raw) = list.next_element::<&'de RawValue>()? {
            self.file.element(Base::Element(index), raw, self.out);
            index = index.saturating_add(1);
        }
        Ok(())
    }
}

impl Reading<'_> {
    /// Reads the list of the GitHub and npm attestation interfaces: `{"attestations":[{"bundle":{…}}]}`.
    ///
    /// Returns whether it is one: a list whose first element, if any, has a bundle or is an attestation itself.
    pub fn collection(&mut self, list: &RawValue) -> bool {
        let mut recognised = false;
        let found = json::each(list, &mut |index, element| {
            let picked = json::pick(element, &["bundle", "bundle_url", "predicateType"]);
            let bundle =
                picked.as_ref().and_then(|picked| picked.values[0]).filter(|raw| raw.get() != "null");
            let is_entry =
                picked.as_ref().is_some_and(|picked| picked.values[0].or(picked.values[1]).is_some());
            self.within("attestations", index, element, |reading| match bundle {
                Some(bundle) => {
                    if matches!(reading.at.base, Base::Member(..)) {
                        reading.part = Some(Part::field("bundle"));
                    }
                    let stated = picked.as_ref().and_then(|picked| picked.text(2));
                    reading.entry(bundle, stated.as_deref());
                    recognised = true;
                }
                None if is_entry => {
                    let problem = Problem::error(Kind::MissingField, "an attestation without its bundle");
                    reading.problem(problem, "the bundle itself, not only its address");
                    recognised = true;
                }
                None if reading.single(element) => recognised = true,
                None if recognised => {
                    let problem = Problem::warning(Kind::UnknownFormat, "an element that is no attestation");
                    reading.problem(problem, "a bundle");
                }
                None => {}
            });
            // What does not begin as a collection is not read as one.
            recognised
        });
        recognised || found == Some(0)
    }

    /// Reads the bundle of one entry; `stated` is the predicate type that stands beside it.
    fn entry(&mut self, bundle: &RawValue, stated: Option<&str>) {
        let mut seen = Seen { out: self.out, predicate_type: None };
        let mut reading = Reading {
            attached_to: self.attached_to,
            at: self.at,
            part: self.part,
            text: self.text,
            out: &mut seen,
        };
        let known = reading.single(bundle);
        let signed = seen.predicate_type;
        if !known {
            let problem = Problem::error(Kind::WrongType, "a bundle that is no attestation");
            self.problem(problem, "a Sigstore bundle");
        }
        if let (Some(stated), Some(signed)) = (stated, signed)
            && stated != signed
        {
            let found = format!("predicateType {} beside a statement of {}", quote(stated), quote(&signed));
            self.warn(Kind::Conflict, found, "the same type in both");
        }
    }

    /// Reads a PEP 740 provenance object: attestations by publisher.
    pub fn provenance_object(&mut self, bundles: &RawValue) {
        const KEY: &str = "attestation_bundles";
        let found = json::each(bundles, &mut |index, bundle| {
            let Some(list) = json::get(bundle, "attestations") else {
                let problem =
                    Problem::error(Kind::MissingField, format!("{KEY}/{index} without attestations"));
                self.problem(problem, "attestations");
                return true;
            };
            self.within(KEY, index, bundle, |reading| {
                let count = json::each(list, &mut |index, attestation| {
                    let key = match reading.at.base {
                        Base::Member(..) => "attestations",
                        _ => "attestation_bundles/attestations",
                    };
                    reading.part = Some(Part::element(key, index));
                    if !reading.single(attestation) {
                        let problem = Problem::error(Kind::WrongType, "an element that is no attestation");
                        reading.problem(problem, "verification_material and envelope");
                    }
                    true
                });
                if count.is_none() {
                    let problem = Problem::error(Kind::WrongType, "attestations that are no list");
                    reading.problem(problem, "a list");
                }
            });
            true
        });
        if found.is_none() {
            self.problem(Problem::error(Kind::WrongType, format!("{KEY} that is no list")), "a list");
        }
    }

    /// Reads an element of a list of the record: a member of the file where the record is the whole file, otherwise
    /// a part of the record.
    fn within(&mut self, key: &'static str, index: u32, raw: &RawValue, read: impl FnOnce(&mut Reading<'_>)) {
        let (at, part) = if self.at.base == Base::Whole {
            let behind = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
            (At::new(Base::Member(key, index), self.at.start + behind as u64, raw.get().len() as u64), None)
        } else {
            (self.at, Some(Part::element(key, index)))
        };
        read(&mut Reading { attached_to: self.attached_to, at, part, text: self.text, out: self.out });
    }
}

/// Passes records on and keeps the predicate type of the last statement.
struct Seen<'o> {
    out: &'o mut dyn Records,
    predicate_type: Option<String>,
}

impl Records for Seen<'_> {
    fn record(&mut self, at: At, record: crate::model::Record<'_>) {
        if let crate::model::Record::Attestation(statement) = &record {
            self.predicate_type = Some(statement.predicate_type.to_string());
        }
        self.out.record(at, record);
    }

    fn problem(&mut self, problem: Problem) {
        self.out.problem(problem);
    }
}
