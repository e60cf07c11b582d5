//! Packs in memory, and their parser: TOML to controls, or every problem with its line.

use std::ops::Range;

use sha2::{Digest as _, Sha256};
use toml::Spanned;

use crate::assess::registry::{CriterionIndex, Scope};
use crate::model::{Moment, Verdict, place::hex};
use crate::problem::{Kind as ProblemKind, Problem, Spot, quote};

use super::needs::{Needs, Predicates};
use super::schema::{File, Formula, Row};
use super::words::{Applies, Kind, Status, Strength};

/// The greatest size of a pack, in bytes; a longer one is refused before it is parsed.
pub const MAX_BYTES: usize = 1 << 20;
/// The greatest count of controls in a pack.
pub const MAX_CONTROLS: usize = 2_000;
/// How deep `needs` may be nested: a list, and lists in it.
const MAX_DEPTH: usize = 2;

/// A framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Stable id: lower case, digits, hyphens, dots.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Name for tabs and column heads.
    pub short: String,
    /// Whose framework it is.
    pub publisher: String,
    /// Its version, as the publisher gives it.
    pub version: String,
    /// Whose text it is, that it is paraphrased, how it was read.
    pub note: String,
    /// Since when that version applies, in words; may be empty.
    pub effective: String,
    /// Its controls, in the order of the file.
    pub controls: Vec<Control>,
    /// SHA-256 of the pack's text, lower-case hexadecimal.
    pub sha256: String,
}

/// One demand of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Id in the framework, or ours if [`Self::is_own_id`].
    pub id: String,
    /// Whether the id is ours: the publisher gives this text no number.
    pub is_own_id: bool,
    /// Ids that it had in earlier versions of the pack: comparisons match it by them.
    pub formerly: Vec<String>,
    /// Heading that it stands under.
    pub group: String,
    /// Title, in our words.
    pub title: String,
    /// What it demands, in our words.
    pub demands: String,
    /// Citations by number, never quotations.
    pub cites: Vec<String>,
    /// What kind of text it is.
    pub kind: Kind,
    /// Whether the text orders what the criteria test.
    pub strength: Strength,
    /// Whether the framework lets it be replaced by an equivalent, with reasons (HIPAA's "addressable").
    pub is_addressable: bool,
    /// Where the text stands.
    pub status: Status,
    /// The date (`YYYY-MM-DD`) that it applies from, where that is not the version's.
    pub applies_from: Option<String>,
    /// When the row counts at all, in words; empty for always.
    pub scope: String,
    /// Limits and alternatives, in words.
    pub note: String,
    /// Why nothing that this tool reads can decide it; empty if [`Self::needs`] can.
    pub beyond: String,
    /// What it applies to.
    pub applies: Applies,
    /// The system whose changes it is about (`cde`), as the policy's `[[system]]` says what belongs to it; empty for any.
    pub system: String,
    /// Position of that system among those of the policy; `None` where the policy has no rule for it.
    pub system_bit: Option<u8>,
    /// The criteria that decide it.
    pub needs: Needs,
    /// Criteria that are shown with it and never decide it.
    pub informs: Vec<CriterionIndex>,
    /// Line of its id in the pack.
    pub line: u64,
}

impl Pack {
    /// Tells every control the position of its system among those that the policy has rules for.
    pub fn bind(&mut self, tags: &[String]) {
        for control in &mut self.controls {
            let at = tags.iter().position(|tag| *tag == control.system);
            control.system_bit = at.and_then(|at| u8::try_from(at).ok());
        }
    }
}

impl Control {
    /// Returns the control's verdict on a change, or once on the population if [`Self::is_population`].
    ///
    /// `of` gives the verdict of a criterion, on that change or on the population.
    pub fn verdict(&self, predicates: Predicates, of: impl Fn(CriterionIndex) -> Verdict) -> Verdict {
        if self.is_population() || self.applies_to(predicates) {
            self.needs.verdict(&of)
        } else {
            Verdict::NotApplicable
        }
    }

    /// Returns whether it applies to a change.
    pub const fn applies_to(&self, predicates: Predicates) -> bool {
        predicates.hold(self.applies) && predicates.may_belong(self.system_bit)
    }

    /// Returns whether it is decided once, on the population.
    pub fn is_population(&self) -> bool {
        self.applies == Applies::Population
    }

    /// Returns whether the text applies today; a proposal or a text that is adopted for later does not.
    pub fn is_in_force(&self) -> bool {
        self.status == Status::InForce
    }

    /// Returns whether the criterion decides or informs it.
    pub fn bears_on(&self, criterion: CriterionIndex) -> bool {
        self.informs.contains(&criterion) || self.needs.criteria().contains(&criterion)
    }

    /// Returns the note that reports print: limits, scope, and why nothing on file can decide it.
    pub fn remarks(&self) -> String {
        let scope =
            if self.scope.is_empty() { String::new() } else { format!("Counts only if: {}", self.scope) };
        let system = match (self.system.as_str(), self.system_bit) {
            ("", _) => String::new(),
            (system, Some(_)) => {
                format!("Tested on the changes of the system `{system}` alone, as the policy has it.")
            }
            (system, None) => format!(
                "The policy does not say what belongs to the system `{system}`: every change is tested."
            ),
        };
        let parts = [scope.as_str(), self.note.as_str(), self.beyond.as_str(), system.as_str()];
        parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Parses a pack; `path` is the file that problems name.
///
/// # Errors
/// Every problem that was found, with its line: broken TOML and unknown keys (the first one only, as nothing can be
/// read behind it), words and criteria that mean nothing, ids given twice, `needs` that decide nothing, and a point of
/// focus that claims to be a requirement.
pub fn parse(text: &str, path: &str) -> Result<Pack, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let found = format!("a pack of {} bytes", text.len());
        return Err(vec![
            Problem::error(ProblemKind::OverLimit, found)
                .in_file(path)
                .expected(format!("at most {MAX_BYTES} bytes")),
        ]);
    }
    let mut check = Check { text, path, problems: Vec::new() };
    let file = match toml::from_str::<File>(text) {
        Ok(file) => file,
        Err(error) => {
            check.report(
                ProblemKind::Malformed,
                error.span(),
                error.message(),
                "a pack as docs/packs.md has it",
            );
            return Err(check.problems);
        }
    };
    let pack = check.pack(file);
    if check.problems.is_empty() { Ok(pack) } else { Err(check.problems) }
}

/// Checks one file.
struct Check<'a> {
    text: &'a str,
    path: &'a str,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn pack(&mut self, file: File) -> Pack {
        let head = file.framework;
        let id_is_plain = |id: &str| {
            id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
                && !id.is_empty()
        };
        if !id_is_plain(head.id.get_ref()) {
            let found = format!("framework id {}", quote(head.id.get_ref()));
            self.report(ProblemKind::Malformed, Some(head.id.span()), found, "lower case, digits, `-`, `.`");
        }
        let (id, name) = (head.id.into_inner(), self.filled("framework name", head.name));
        let short = self.filled("framework short", head.short);
        if file.control.is_empty() {
            self.report(
                ProblemKind::MissingField,
                None,
                "a pack without controls",
                "at least one [[control]]",
            );
        }
        if file.control.len() > MAX_CONTROLS {
            let found = format!("{} controls", file.control.len());
            self.report(ProblemKind::OverLimit, None, found, format!("at most {MAX_CONTROLS}"));
        }
        let mut controls: Vec<Control> = Vec::with_capacity(file.control.len().min(MAX_CONTROLS));
        let mut seen = std::collections::BTreeMap::new();
        self.former(&file.control);
        for row in file.control.into_iter().take(MAX_CONTROLS) {
            let line = self.line(row.id.span().start);
            if let Some(first) = seen.insert(row.id.get_ref().clone(), line) {
                let found = format!("control id {} twice", quote(row.id.get_ref()));
                let expected = format!("one control of that id; the first is on line {first}");
                self.report(ProblemKind::Duplicate, Some(row.id.span()), found, expected);
            }
            controls.extend(self.control(row, line, &head.system));
        }
        Pack {
            id,
            name,
            short,
            publisher: head.publisher,
            version: head.version,
            note: head.note,
            effective: head.effective,
            controls,
            sha256: hex(&Sha256::digest(self.text.as_bytes())),
        }
    }

    /// A former id names one control of earlier versions, and none of this one.
    fn former(&mut self, rows: &[Row]) {
        let mut known = crate::order::set(rows.iter().map(|row| row.id.get_ref().as_str()));
        for id in rows.iter().flat_map(|row| &row.formerly) {
            if !known.insert(id.get_ref()) {
                let found = format!("former id {}", quote(id.get_ref()));
                let expected = "an id that no control has now, and that one control had before";
                self.report(ProblemKind::Conflict, Some(id.span()), found, expected);
            }
        }
    }

    fn control(&mut self, row: Row, line: u64, system: &str) -> Option<Control> {
        let kind = self.word("kind", &row.kind, Kind::from_word, &words(Kind::ALL, Kind::word));
        let strength =
            self.word("strength", &row.strength, Strength::from_word, &words(Strength::ALL, Strength::word));
        let status = match &row.status {
            Some(status) => self.word("status", status, Status::from_word, &words(Status::ALL, Status::word)),
            None => Some(Status::InForce),
        };
        let applies =
            self.word("applies", &row.applies, Applies::from_word, &words(Applies::ALL, Applies::word));
        if kind == Some(Kind::PointOfFocus) && strength == Some(Strength::Requires) {
            let found = "a point of focus with strength “requires”";
            self.report(
                ProblemKind::Conflict,
                Some(row.strength.span()),
                found,
                "“supports”: it is to be considered",
            );
        }
        if kind == Some(Kind::Proposal) && status.is_some_and(|status| status != Status::Proposed) {
            let span = row.status.as_ref().map_or(row.kind.span(), Spanned::span);
            self.report(
                ProblemKind::Conflict,
                Some(span),
                "a proposal that is not “proposed”",
                "status = \"proposed\"",
            );
        }
        let applies_from = row.applies_from.and_then(|date| self.date(date));
        let beyond = row.beyond.as_ref().map(|beyond| beyond.get_ref().trim().to_owned()).unwrap_or_default();
        let needs = self.needs(row.needs, &row.beyond, &row.id, applies);
        let informs = row.informs.iter().filter_map(|id| self.criterion(id.get_ref(), id.span())).collect();
        Some(Control {
            id: self.filled("control id", row.id),
            is_own_id: row.own_id,
            formerly: row.formerly.into_iter().map(|id| self.filled("former id", id)).collect(),
            group: row.group,
            title: self.filled("title", row.title),
            demands: self.filled("demands", row.demands),
            cites: row.cites,
            kind: kind?,
            strength: strength?,
            is_addressable: row.addressable,
            status: status?,
            applies_from,
            scope: row.scope,
            note: row.note,
            beyond,
            system: if applies == Some(Applies::Population) {
                String::new()
            } else {
                row.system.unwrap_or_else(|| system.to_owned())
            },
            system_bit: None,
            applies: applies?,
            needs: needs?,
            informs,
            line,
        })
    }

    /// Resolves `needs`, or takes `beyond` in its place: exactly one of the two must be there and say something.
    fn needs(
        &mut self,
        needs: Option<Spanned<Formula>>,
        beyond: &Option<Spanned<String>>,
        id: &Spanned<String>,
        applies: Option<Applies>,
    ) -> Option<Needs> {
        match (needs, beyond) {
            (Some(_), Some(beyond)) => {
                let found = "both `needs` and `beyond`";
                self.report(ProblemKind::Conflict, Some(beyond.span()), found, "one of them");
                None
            }
            (None, Some(beyond)) if beyond.get_ref().trim().is_empty() => {
                self.report(
                    ProblemKind::MissingField,
                    Some(beyond.span()),
                    "an empty `beyond`",
                    "the reason in words",
                );
                None
            }
            (None, Some(_)) => Some(Needs::Beyond),
            (None, None) => {
                let found = format!("control {} without `needs`", quote(id.get_ref()));
                let expected = "criteria, or `beyond` with why nothing on file can decide it";
                self.report(ProblemKind::MissingField, Some(id.span()), found, expected);
                None
            }
            (Some(formula), None) => self.formula(formula, applies, 1),
        }
    }

    fn formula(
        &mut self,
        formula: Spanned<Formula>,
        applies: Option<Applies>,
        depth: usize,
    ) -> Option<Needs> {
        let span = formula.span();
        let (all, any) = match formula.into_inner() {
            Formula::One(id) => {
                let criterion = self.criterion(&id, span.clone())?;
                self.check_scope(criterion, applies, span);
                return Some(Needs::One(criterion));
            }
            Formula::Lists { all, any } => (all, any),
        };
        // Both lists at once are a list of all with a list of any in it.
        let is_both = !all.is_empty() && !any.is_empty();
        if depth + usize::from(is_both) > MAX_DEPTH {
            self.report(
                ProblemKind::OverLimit,
                Some(span),
                "`needs` nested too deep",
                "lists, and lists in them",
            );
            return None;
        }
        let mut resolve = |list: Vec<Spanned<Formula>>, depth: usize| -> Vec<Needs> {
            list.into_iter().filter_map(|entry| self.formula(entry, applies, depth)).collect()
        };
        let mut all = resolve(all, depth + 1);
        let any = resolve(any, depth + 1 + usize::from(is_both));
        match (all.is_empty(), any.is_empty()) {
            (true, true) => {
                let expected = "at least one criterion that is known";
                self.report(ProblemKind::MissingField, Some(span), "`needs` that decide nothing", expected);
                None
            }
            (true, false) => Some(Needs::Any(any)),
            (false, true) => Some(Needs::All(all)),
            (false, false) => {
                all.push(Needs::Any(any));
                Some(Needs::All(all))
            }
        }
    }

    /// A control on changes is decided by criteria on changes, one on the population by criteria on the population.
    fn check_scope(&mut self, criterion: CriterionIndex, applies: Option<Applies>, span: Range<usize>) {
        let Some(applies) = applies else { return };
        let registered = criterion.criterion();
        let (found, expected) = match (applies == Applies::Population, registered.scope) {
            (true, Scope::Change) => {
                ("decided on each change", "a criterion on the population, or another `applies`")
            }
            (false, Scope::Population) => {
                ("decided once, on the population", "a criterion on changes; name this one in `informs`")
            }
            _ => return,
        };
        let found = format!("criterion {}, {found}", registered.id);
        self.report(ProblemKind::Conflict, Some(span), found, expected);
    }

    fn criterion(&mut self, id: &str, span: Range<usize>) -> Option<CriterionIndex> {
        let found = CriterionIndex::of(id);
        if found.is_none() {
            let words = format!("criterion {}", quote(id));
            self.report(ProblemKind::Unrecognised, Some(span), words, "an id of docs/criteria.md");
        }
        found
    }

    fn word<T>(
        &mut self,
        key: &str,
        word: &Spanned<String>,
        parse: fn(&str) -> Option<T>,
        expected: &str,
    ) -> Option<T> {
        let value = parse(word.get_ref());
        if value.is_none() {
            let found = format!("{key} {}", quote(word.get_ref()));
            self.report(ProblemKind::Unrecognised, Some(word.span()), found, expected);
        }
        value
    }

    fn date(&mut self, date: Spanned<String>) -> Option<String> {
        let text = date.get_ref();
        if Moment::parse(text).is_some_and(|moment| moment.date() == *text) {
            return Some(date.into_inner());
        }
        let found = format!("applies_from {}", quote(text));
        self.report(ProblemKind::Malformed, Some(date.span()), found, "a date, YYYY-MM-DD");
        None
    }

    fn filled(&mut self, what: &str, text: Spanned<String>) -> String {
        if text.get_ref().trim().is_empty() {
            self.report(
                ProblemKind::MissingField,
                Some(text.span()),
                format!("an empty {what}"),
                "some text",
            );
        }
        text.into_inner()
    }

    fn report(
        &mut self,
        kind: ProblemKind,
        span: Option<Range<usize>>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        let at = span.map_or_else(Spot::file, |span| Spot::line(self.line(span.start), span.start as u64));
        self.problems.push(Problem::error(kind, found).at(at).in_file(self.path).expected(expected));
    }

    fn line(&self, offset: usize) -> u64 {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        memchr::memchr_iter(b'\n', before).count() as u64 + 1
    }
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> String {
    let list: Vec<String> = all.iter().map(|&value| format!("`{}`", word(value))).collect();
    format!("one of {}", list.join(", "))
}
