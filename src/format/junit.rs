//! JUnit XML: the test reports of most build tools, as one test run for each file.
//!
//! There is no one specification; what is read is common to the schemas of Ant, Maven Surefire (with its `flaky…` and
//! `rerun…` elements), Gradle and pytest: `testsuites` or `testsuite` at the root, suites nested to any depth, and
//! `testcase` with `failure`, `error` or `skipped`. A report does not know its commit unless its build wrote one into
//! a property. Document type definitions with declarations of their own are refused.

use std::borrow::Cow;
use std::ops::AddAssign;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};

use super::{Context, Format, Head, Whole};
use crate::model::record::{Outcome, Str, TestRunRecord};
use crate::model::{At, Base, Moment, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// JUnit XML.
pub static FORMAT: Format =
    Format { id: "junit", title: "JUnit XML test report", recognise, open: || Box::new(Whole(read)) };

/// Properties that builds write the tested commit into, in lower case.
const COMMIT_PROPERTIES: [&str; 11] = [
    "commit",
    "commit.id",
    "commit_sha",
    "ci_commit_sha",
    "git.commit",
    "git.commit.id",
    "git_commit",
    "github_sha",
    "revision",
    "sha",
    "build.vcs.number",
];

/// How many names of suites make up the name of the run.
const NAMES: usize = 3;

/// Returns why the start of a file is a JUnit report: one of its first two elements is a suite.
fn recognise(head: &Head<'_>) -> Option<String> {
    let mut rest = head.text();
    for place in ["root", "first"] {
        let name = next_element(&mut rest)?;
        if matches!(name, "testsuite" | "testsuites") {
            return Some(format!("its {place} element is {name}, as in a JUnit report"));
        }
    }
    None
}

/// Passes over declarations and comments to the next start tag, and returns its name.
fn next_element<'a>(rest: &mut &'a str) -> Option<&'a str> {
    loop {
        let text = rest.trim_start();
        let end = |mark: &str| text.find(mark).map(|at| at + mark.len());
        if text.starts_with("<?") {
            *rest = &text[end("?>")?..];
        } else if text.starts_with("<!--") {
            *rest = &text[end("-->")?..];
        } else if text.starts_with("<!DOCTYPE") {
            let subset = text.find('[').filter(|&at| text.find('>').is_none_or(|end| at < end));
            *rest = &text[if subset.is_some() { end("]")? } else { 0 }..];
            *rest = &rest[rest.find('>')? + 1..];
        } else {
            let tag = text.strip_prefix('<')?;
            let name = tag.find(|c: char| c.is_whitespace() || c == '>' || c == '/')?;
            *rest = &tag[tag.find('>')? + 1..];
            return (name > 0).then(|| &tag[..name]);
        }
    }
}

/// Counts of test cases.
#[derive(Clone, Copy, Default)]
struct Tally {
    cases: u32,
    /// Cases with a failure or an error.
    failing: u32,
    /// Failures and errors: a case may have one of each.
    failures: u32,
    skipped: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.cases = self.cases.saturating_add(other.cases);
        self.failing = self.failing.saturating_add(other.failing);
        self.failures = self.failures.saturating_add(other.failures);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

/// Totals that a suite states of itself.
#[derive(Clone, Copy, Default)]
struct Declared {
    tests: Option<u32>,
    failures: Option<u32>,
    errors: Option<u32>,
    skipped: Option<u32>,
}

impl Declared {
    fn failed(self) -> Option<u32> {
        match (self.failures, self.errors) {
            (None, None) => None,
            (failures, errors) => Some(failures.unwrap_or(0).saturating_add(errors.unwrap_or(0))),
        }
    }
}

/// A suite that is open.
struct Suite {
    line: u64,
    declared: Declared,
    /// Its own cases.
    own: Tally,
    /// Its cases and those of the suites in it.
    all: Tally,
}

/// What an open element is.
enum Open {
    Suite(Suite),
    /// A case, with what it holds so far.
    Case(Tally),
    Other,
}

/// A report being read.
struct Report<'o> {
    out: &'o mut dyn Records,
    open: Vec<Open>,
    total: Tally,
    /// Name of the root element.
    root_name: Option<String>,
    /// Names of the suites right below it.
    names: Vec<String>,
    more_names: u32,
    started: Option<Moment>,
    commit: Option<String>,
    is_commit_disputed: bool,
    conflicts: u32,
}

/// Reads a report, up to where it is broken.
fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = std::str::from_utf8(&bytes[start..]).map_err(|error| {
        let place = Spot { pointer: String::new(), line: 0, offset: (start + error.valid_up_to()) as u64 };
        Problem::error(Kind::InvalidUtf8, "bytes that are not UTF-8").at(place).expected("XML in UTF-8")
    })?;
    let mut report = Report {
        out,
        open: Vec::new(),
        total: Tally::default(),
        root_name: None,
        names: Vec::new(),
        more_names: 0,
        started: None,
        commit: None,
        is_commit_disputed: false,
        conflicts: 0,
    };
    let end = report.events(text, context);
    report.emit(bytes.len() as u64, end.is_ok());
    end
}

/// Counts lines up to a position that only moves forward.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn to(&mut self, position: u64) -> u64 {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.bytes.len());
        if position > self.at {
            self.line += memchr::memchr_iter(b'\n', &self.bytes[self.at..position]).count() as u64;
            self.at = position;
        }
        self.line
    }
}

impl Report<'_> {
    fn events(&mut self, text: &str, context: &Context<'_>) -> Result<(), Problem> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut lines = Lines { bytes: text.as_bytes(), at: 0, line: 1 };
        loop {
            let event = reader.read_event();
            let position = reader.buffer_position();
            match event {
                Ok(Event::Start(element)) => {
                    let line = lines.to(position);
                    if self.open.len() >= context.limits.nesting as usize {
                        let most = context.limits.nesting;
                        let problem =
                            Problem::error(Kind::OverLimit, format!("elements nested over {most} deep"));
                        return Err(problem.at(Spot::line(line, position)).expected("fewer (nesting)"));
                    }
                    self.start(&element, line);
                }
                Ok(Event::End(_)) => self.end(),
                Ok(Event::DocType(doctype)) if doctype.contains('[') => {
                    let found = "a document type definition with declarations of its own";
                    let place = Spot::line(lines.to(position), position);
                    return Err(Problem::error(Kind::Refused, found)
                        .at(place)
                        .expected("a report without one"));
                }
                Ok(Event::Eof) if self.open.is_empty() => return Ok(()),
                Ok(Event::Eof) => {
                    let found = format!("the end of the file inside {} open elements", self.open.len());
                    let place = Spot::line(lines.to(position), position);
                    return Err(Problem::error(Kind::CutShort, found).at(place).expected("closed elements"));
                }
                Ok(_) => {}
                Err(error) => {
                    let place = Spot::line(lines.to(reader.error_position()), reader.error_position());
                    return Err(broken(&error).at(place));
                }
            }
        }
    }

    fn start(&mut self, element: &BytesStart<'_>, line: u64) {
        let name = element.local_name();
        let name = name.into_inner();
        let open = match name {
            "testsuites" | "testsuite" => self.suite(element, line),
            "testcase" => Open::Case(Tally { cases: 1, ..Tally::default() }),
            "failure" | "error" | "rerunFailure" | "rerunError" => {
                match self.open.last_mut() {
                    Some(Open::Case(case)) => {
                        case.failing = 1;
                        // Surefire repeats a failure once for each rerun.
                        case.failures += u32::from(!name.starts_with("rerun"));
                    }
                    // A suite that could not be set up.
                    Some(Open::Suite(suite)) => {
                        suite.own += Tally { failing: 1, failures: 1, ..Tally::default() };
                    }
                    _ => {}
                }
                Open::Other
            }
            "skipped" => {
                if let Some(Open::Case(case)) = self.open.last_mut() {
                    case.skipped = 1;
                }
                Open::Other
            }
            "property" => {
                self.property(element, line);
                Open::Other
            }
            _ => Open::Other,
        };
        self.open.push(open);
    }

    fn suite(&mut self, element: &BytesStart<'_>, line: u64) -> Open {
        let number = |key| attribute(element, key).and_then(|value| value.trim().parse::<u32>().ok());
        let declared = Declared {
            tests: number("tests"),
            failures: number("failures"),
            errors: number("errors"),
            skipped: number("skipped").or_else(|| number("skip")).or_else(|| number("disabled")),
        };
        if let Some(stated) = attribute(element, "timestamp") {
            match timestamp(stated.trim()) {
                Some(moment) => self.started = Some(self.started.map_or(moment, |first| first.min(moment))),
                None => {
                    let found = format!("the timestamp {}", quote(&stated));
                    self.warn(Kind::WrongType, found, "a time as ISO 8601 writes it", line);
                }
            }
        }
        let label = attribute(element, "name").filter(|label| !label.trim().is_empty());
        match (self.open.len(), label) {
            (0, Some(label)) => self.root_name = Some(label.into_owned()),
            (1, Some(label)) if self.names.len() < NAMES => self.names.push(label.into_owned()),
            (1, Some(_)) => self.more_names = self.more_names.saturating_add(1),
            _ => {}
        }
        Open::Suite(Suite { line, declared, own: Tally::default(), all: Tally::default() })
    }

    fn property(&mut self, element: &BytesStart<'_>, line: u64) {
        // Properties of a case say nothing of the build.
        if self.open.iter().any(|open| matches!(open, Open::Case(_))) {
            return;
        }
        let name = attribute(element, "name").unwrap_or_default().to_ascii_lowercase();
        if !COMMIT_PROPERTIES.contains(&name.as_str()) {
            return;
        }
        let value = attribute(element, "value").unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(value.len(), 40 | 64) || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let found = format!("the property {} of {}", quote(&name), quote(&value));
            self.warn(Kind::WrongType, found, "an object id of 40 or 64 hexadecimal digits", line);
            return;
        }
        match &self.commit {
            None => self.commit = Some(value),
            Some(commit) if *commit != value => {
                self.is_commit_disputed = true;
                let found = format!("two tested commits, {commit} and {value}");
                self.warn(Kind::Conflict, found, "one commit for all suites of a file", line);
            }
            Some(_) => {}
        }
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Case(mut case)) => {
                if case.failing > 0 {
                    case.skipped = 0;
                }
                match self.open.iter_mut().rev().find_map(|open| match open {
                    Open::Suite(suite) => Some(suite),
                    _ => None,
                }) {
                    Some(suite) => suite.own += case,
                    None => self.total += case,
                }
            }
            Some(Open::Suite(mut suite)) => {
                suite.all += suite.own;
                self.close(&suite);
                let outer = self.open.iter_mut().rev().find_map(|open| match open {
                    Open::Suite(suite) => Some(suite),
                    _ => None,
                });
                match outer {
                    Some(outer) => outer.all += suite.all,
                    None => self.total += suite.all,
                }
            }
            Some(Open::Other) | None => {}
        }
    }

    /// Compares what a suite states with what it holds; totals may or may not include the suites inside it.
    fn close(&mut self, suite: &Suite) {
        if let Some(tests) = suite.declared.tests {
            let agrees =
                |tally: Tally| tests == tally.cases || tests == tally.cases.saturating_sub(tally.skipped);
            if !agrees(suite.all) && !agrees(suite.own) {
                let found = format!("a suite of {tests} tests that holds {}", suite.all.cases);
                self.dispute(found, "as many test cases as it states", suite.line);
            }
        }
        if let Some(failed) = suite.declared.failed() {
            let agrees = |tally: Tally| failed == tally.failing || failed == tally.failures;
            if !agrees(suite.all) && !agrees(suite.own) {
                let found =
                    format!("a suite of {failed} failures and errors that holds {}", suite.all.failures);
                self.dispute(found, "as many failures and errors as it states", suite.line);
            }
        }
        if suite.declared.skipped.is_some_and(|skipped| skipped < suite.own.skipped) {
            let found =
                format!("a suite that states fewer skipped tests than the {} it holds", suite.own.skipped);
            self.warn(Kind::Conflict, found, "as many skipped tests as it states", suite.line);
        }
    }

    fn dispute(&mut self, found: String, expected: &str, line: u64) {
        self.conflicts = self.conflicts.saturating_add(1);
        self.warn(Kind::Conflict, found, expected, line);
    }

    fn warn(&mut self, kind: Kind, found: String, expected: &str, line: u64) {
        self.out.problem(Problem::warning(kind, found).at(Spot::line(line, 0)).expected(expected));
    }

    /// Puts out the one test run of the file; `is_whole` is whether it was read to its end.
    fn emit(mut self, length: u64, is_whole: bool) {
        // Where the file is cut, what is still open counts too.
        while !self.open.is_empty() {
            match self.open.last_mut() {
                Some(Open::Suite(suite)) => suite.declared = Declared::default(),
                // A case that is cut may have failed behind the cut.
                Some(Open::Case(case)) if case.failing == 0 => *case = Tally::default(),
                _ => {}
            }
            self.end();
        }
        let Tally { cases, failing, skipped, .. } = self.total;
        let ran = cases.saturating_sub(skipped);
        let outcome = if failing > 0 {
            Outcome::Failed
        } else if !is_whole || self.conflicts > 0 {
            // What is missing, or what contradicts, may be a failure.
            Outcome::Unknown
        } else if ran > 0 {
            Outcome::Passed
        } else if skipped > 0 {
            Outcome::Skipped
        } else {
            Outcome::Unknown
        };
        if cases == 0 && is_whole && self.conflicts == 0 {
            self.warn(Kind::MissingField, "a report without any test case".to_owned(), "testcase", 0);
        }
        let name = match self.root_name.take() {
            Some(name) => name,
            None if self.more_names > 0 => format!("{} and {} more", self.names.join(", "), self.more_names),
            None => self.names.join(", "),
        };
        let commit = self.commit.take().filter(|_| !self.is_commit_disputed).unwrap_or_default();
        let run = TestRunRecord {
            name: Cow::Owned(name),
            commit: Cow::Owned(commit),
            outcome,
            counts: Some((ran, failing, skipped)),
            started: self.started,
            is_test: true,
            ..TestRunRecord::default()
        };
        self.out.record(At::new(Base::Whole, 0, length), Record::TestRun(run));
    }
}

/// Returns the value of an attribute, with the predefined entities replaced and no others.
fn attribute<'a>(element: &'a BytesStart<'_>, key: &str) -> Option<Str<'a>> {
    let mut attributes = element.attributes();
    attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.local_name().into_inner() == key)?;
    Some(match found.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => value,
        Err(_) => found.value,
    })
}

/// Reads a timestamp; one without a zone is read as UTC, as Gradle and Surefire write it.
fn timestamp(text: &str) -> Option<Moment> {
    let has_time = text.contains('T');
    Moment::parse(&format!("{text}Z")).filter(|_| has_time).or_else(|| Moment::parse(text))
}

fn broken(error: &Error) -> Problem {
    match error {
        Error::Syntax(error) => Problem::error(Kind::CutShort, format!("{error}")),
        other => Problem::error(Kind::Malformed, format!("XML that is broken: {other}")),
    }
    .expected("well-formed XML")
}

#[cfg(test)]
mod tests;
