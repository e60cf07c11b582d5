//! The query language of changes (`docs/query.md`): terms, their parser and their printer.
//!
//! A query is a list of terms that must all hold; a leading `-` turns a term round. What cannot be understood is said
//! and left out, so a query never silently means something else. Printing a query and parsing it again gives the same
//! query.

use std::fmt;

use crate::assess::registry::{CriterionIndex, Scope};
use crate::assess::roles::Duty;
use crate::model::{AiInvolvement, Moment, Verdict};
use crate::protocol::Standing;
use crate::store::MergeMethod;

/// The greatest count of terms in a query; further ones are left out, and that is said.
pub const MOST_TERMS: usize = 64;

/// A query: all terms must hold. An empty query holds for every change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The terms, in the order of the text.
    pub terms: Vec<Term>,
}

/// One term of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Whether it must not hold.
    pub is_negated: bool,
    /// What is tested.
    pub test: Test,
}

/// What a term tests on a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `CRITERION:VERDICT`: a criterion has that verdict.
    Criterion(CriterionIndex, Verdict),
    /// `verdict:VERDICT`: some evaluated criterion has that verdict.
    Verdict(Verdict),
    /// `control:FRAMEWORK/CONTROL:VERDICT`: a control has that verdict.
    Control {
        /// Framework id.
        framework: String,
        /// Control id in it.
        control: String,
        /// The verdict; `unmet` where the query names none.
        verdict: Verdict,
    },
    /// `standing:WORD`: where it stands between paper and evidence.
    Standing(Standing),
    /// `step:ID:STATE`: how it fares at a step of the funnel.
    Step {
        /// Id of the step in the policy.
        id: String,
        /// How it fares.
        state: StepState,
    },
    /// `paper:VERDICT`: whether it is approved on paper: met, unmet or unproven.
    Paper(Verdict),
    /// `ai:WORD`: AI involvement.
    Ai(AiInvolvement),
    /// `month:YYYY-MM`: merged in that month, as [`Moment::month`] counts.
    Month(i32),
    /// `repository:NAME`: in that repository.
    Repository(String),
    /// `author:NAME`: opened or written by that account.
    Author(String),
    /// `merger:NAME`: merged by that account.
    Merger(String),
    /// `approver:NAME`: approved by that account.
    Approver(String),
    /// `opened-by:ACCOUNT` (`None`), `approved-by:ACCOUNT` and its like: the person who owns that account has that part in it.
    By(Option<Duty>, String),
    /// `method:WORD`: how it came to the branch.
    Method(MergeMethod),
    /// `is:WORD`: a property.
    Is(Property),
    /// `tool:NAME`: an AI record names a tool that contains this.
    Tool(String),
    /// `model:NAME`: an AI record names a model that contains this.
    Model(String),
    /// `label:NAME`: with that label on the forge.
    Label(String),
    /// Text that the title, number, an id or the author's name contains, in any case.
    Text(String),
}

/// How a change fares at a step of the funnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Nothing speaks against it before the step, and something does at it.
    Unmet,
    /// Nothing speaks against it up to and including the step, and something is not shown at it.
    Unproven,
    /// Shown up to and including the step.
    Proven,
    /// Nothing speaks against it up to and including the step.
    Uncontradicted,
}

/// A property of a change: the words after `is:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// The person who merged it is its author.
    SelfMerged,
    /// Its author is a bot, agent or service.
    BotAuthored,
    /// A bot, agent or service approved it.
    BotApproved,
    /// It is known who merged it.
    MergerNamed,
    /// A deployment released it.
    Deployed,
    /// AI is known to have taken part.
    Ai,
    /// Its merge commit carries a signature, or a statement with one is linked to it; neither says that it is valid.
    Signed,
    /// A statement is linked to it.
    Attested,
    /// One person wrote or prompted it and took every decision that is on record.
    SelfService,
    /// It undoes a change.
    Revert,
    /// A change undoes it.
    Reverted,
    /// It puts a commit of another change on its branch.
    CherryPick,
    /// It brings a change to an older release.
    Backport,
}

const PROPERTIES: [(&str, Property); 13] = [
    ("self-merged", Property::SelfMerged),
    ("bot-authored", Property::BotAuthored),
    ("bot-approved", Property::BotApproved),
    ("merger-named", Property::MergerNamed),
    ("deployed", Property::Deployed),
    ("ai", Property::Ai),
    ("signed", Property::Signed),
    ("attested", Property::Attested),
    ("self-service", Property::SelfService),
    ("revert", Property::Revert),
    ("reverted", Property::Reverted),
    ("cherry-pick", Property::CherryPick),
    ("backport", Property::Backport),
];

const STATES: [(&str, StepState); 4] = [
    ("unmet", StepState::Unmet),
    ("unproven", StepState::Unproven),
    ("proven", StepState::Proven),
    ("uncontradicted", StepState::Uncontradicted),
];

const METHODS: [(&str, MergeMethod); 5] = [
    ("squash", MergeMethod::Squash),
    ("merge", MergeMethod::Merge),
    ("direct", MergeMethod::Direct),
    ("rebase", MergeMethod::Rebase),
    ("unknown", MergeMethod::Unknown),
];

const INVOLVEMENTS: [(&str, AiInvolvement); 4] = [
    ("none", AiInvolvement::None),
    ("assisted", AiInvolvement::Assisted),
    ("generated", AiInvolvement::Generated),
    ("unknown", AiInvolvement::Unknown),
];

fn of_word<T: Copy>(words: &[(&str, T)], word: &str) -> Option<T> {
    words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

fn word_of<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}

fn list<T>(words: &[(&str, T)]) -> String {
    words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

/// Returns the word of a merge method, as `method:` takes it.
pub fn method_word(method: MergeMethod) -> &'static str {
    word_of(&METHODS, &method)
}

/// Returns the criteria that a query can name: those on changes that this version evaluates, in the registry's order.
pub fn evaluated() -> impl Iterator<Item = CriterionIndex> {
    crate::assess::registry::all().filter(|criterion| {
        let criterion = criterion.criterion();
        criterion.is_evaluated && criterion.scope == Scope::Change
    })
}

/// Returns the criteria on the population that this version evaluates, in the registry's order.
pub fn evaluated_once() -> impl Iterator<Item = CriterionIndex> {
    crate::assess::registry::all().filter(|criterion| {
        let criterion = criterion.criterion();
        criterion.is_evaluated && criterion.scope == Scope::Population
    })
}

/// Parses a query; returns it with what could not be understood, a sentence for each such term.
pub fn parse(text: &str) -> (Query, Vec<String>) {
    let (mut query, mut complaints) = (Query::default(), Vec::new());
    let mut tokens = Tokens { rest: text };
    while let Some(token) = tokens.next(&mut complaints) {
        if query.terms.len() == MOST_TERMS {
            complaints.push(format!("A query has at most {MOST_TERMS} terms; the rest is left out."));
            break;
        }
        match token.test() {
            Ok(test) => query.terms.push(Term { is_negated: token.is_negated, test }),
            Err(complaint) => complaints.push(complaint),
        }
    }
    (query, complaints)
}

/// A term as it is written: the key before the first colon outside quotes, and the value.
struct Token {
    is_negated: bool,
    key: Option<String>,
    value: String,
}

struct Tokens<'a> {
    rest: &'a str,
}

impl Tokens<'_> {
    fn next(&mut self, complaints: &mut Vec<String>) -> Option<Token> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return None;
        }
        let mut token = Token { is_negated: false, key: None, value: String::new() };
        let after_dash = self
            .rest
            .strip_prefix('-')
            .filter(|rest| !rest.is_empty() && !rest.starts_with(char::is_whitespace));
        if let Some(rest) = after_dash {
            token.is_negated = true;
            self.rest = rest;
        }
        // What begins with a quotation mark is free text, colons included.
        let is_text = self.rest.starts_with('"');
        let mut in_quotes = false;
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => in_quotes = !in_quotes,
                '\\' if in_quotes => token.value.extend(chars.next().map(|(_, escaped)| escaped)),
                ':' if !in_quotes && !is_text && token.key.is_none() => {
                    token.key = Some(std::mem::take(&mut token.value));
                }
                c if c.is_whitespace() && !in_quotes => {
                    end = at;
                    break;
                }
                c => token.value.push(c),
            }
        }
        if in_quotes {
            complaints
                .push("A quotation mark is not closed; everything after it is taken as one term.".into());
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        Some(token)
    }
}

impl Token {
    fn test(&self) -> Result<Test, String> {
        let value = self.value.as_str();
        let Some(key) = self.key.as_deref() else {
            return if value.is_empty() {
                Err("An empty text is left out.".into())
            } else {
                Ok(Test::Text(value.into()))
            };
        };
        if value.is_empty() {
            return Err(format!(
                "“{key}:” has no value. To search for the text, write it in quotation marks."
            ));
        }
        let text = || value.to_owned();
        match key {
            "verdict" => self.verdict(value).map(Test::Verdict),
            "control" => self.control(),
            "standing" => Standing::ALL
                .into_iter()
                .find(|standing| standing.slug() == value)
                .map(Test::Standing)
                .ok_or_else(|| self.unknown(&Standing::ALL.map(Standing::slug).join(", "))),
            "step" => self.step(),
            "paper" => match self.verdict(value)? {
                verdict @ (Verdict::Met | Verdict::Unmet | Verdict::Unproven) => Ok(Test::Paper(verdict)),
                Verdict::Excepted | Verdict::NotApplicable => Err(self.unknown("met, unmet, unproven")),
            },
            "ai" => {
                of_word(&INVOLVEMENTS, value).map(Test::Ai).ok_or_else(|| self.unknown(&list(&INVOLVEMENTS)))
            }
            "month" => month(value).map(Test::Month).ok_or_else(|| self.unknown("a month such as 2026-08")),
            "repository" => Ok(Test::Repository(text())),
            "author" => Ok(Test::Author(text())),
            "merger" => Ok(Test::Merger(text())),
            "approver" => Ok(Test::Approver(text())),
            "method" => {
                of_word(&METHODS, value).map(Test::Method).ok_or_else(|| self.unknown(&list(&METHODS)))
            }
            "is" => of_word(&PROPERTIES, value).map(Test::Is).ok_or_else(|| self.unknown(&list(&PROPERTIES))),
            "label" => Ok(Test::Label(text())),
            "tool" => Ok(Test::Tool(text())),
            "model" => Ok(Test::Model(text())),
            "opened-by" => Ok(Test::By(None, text())),
            _ => match Duty::ALL.into_iter().find(|duty| duty.query_key() == key) {
                Some(duty) => Ok(Test::By(Some(duty), text())),
                None => self.criterion(key),
            },
        }
    }

    fn unknown(&self, expected: &str) -> String {
        format!(
            "“{}:{}” means nothing; expected {expected}.",
            self.key.as_deref().unwrap_or_default(),
            self.value
        )
    }

    fn verdict(&self, word: &str) -> Result<Verdict, String> {
        Verdict::from_slug(word).ok_or_else(|| self.unknown(&Verdict::ALL.map(Verdict::slug).join(", ")))
    }

    fn criterion(&self, key: &str) -> Result<Test, String> {
        let Some(index) = CriterionIndex::of(key) else {
            return Err(format!(
                "“{key}:” is no term of a query. To search for the text, write it in quotation marks."
            ));
        };
        let criterion = index.criterion();
        if criterion.scope == Scope::Population {
            return Err(format!("{key} is decided once for the population, not on changes."));
        }
        if !criterion.is_evaluated {
            return Err(format!("{key} is not evaluated: no format brings its evidence yet."));
        }
        self.verdict(&self.value).map(|verdict| Test::Criterion(index, verdict))
    }

    fn control(&self) -> Result<Test, String> {
        let (path, verdict) = match self.value.rsplit_once(':') {
            Some((path, word)) => (path, self.verdict(word)?),
            None => (self.value.as_str(), Verdict::Unmet),
        };
        match path.split_once('/') {
            Some((framework, control)) if !framework.is_empty() && !control.is_empty() => {
                Ok(Test::Control { framework: framework.into(), control: control.into(), verdict })
            }
            _ => Err(self.unknown("FRAMEWORK/CONTROL:VERDICT")),
        }
    }

    fn step(&self) -> Result<Test, String> {
        let parts = self.value.rsplit_once(':').and_then(|(id, word)| Some((id, of_word(&STATES, word)?)));
        match parts {
            Some((id, state)) if !id.is_empty() => Ok(Test::Step { id: id.into(), state }),
            _ => {
                Err(self.unknown(&format!("the id of a funnel step, a colon, and one of {}", list(&STATES))))
            }
        }
    }
}

/// Returns the number of a month `YYYY-MM`.
fn month(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    let is_month = bytes.len() == 7
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 { *byte == b'-' } else { byte.is_ascii_digit() });
    if !is_month {
        return None;
    }
    let month = Moment::parse(&format!("{text}-01"))?.month();
    (Moment::month_label(month) == text).then_some(month)
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negated {
            f.write_str("-")?;
        }
        write!(f, "{}", self.test)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Criterion(index, verdict) => write!(f, "{}:{}", index.criterion().id, verdict.slug()),
            Self::Verdict(verdict) => write!(f, "verdict:{}", verdict.slug()),
            Self::Control { framework, control, verdict } => {
                write!(f, "control:{}", quoted(&format!("{framework}/{control}:{}", verdict.slug())))
            }
            Self::Standing(standing) => write!(f, "standing:{}", standing.slug()),
            Self::Step { id, state } => {
                write!(f, "step:{}", quoted(&format!("{id}:{}", word_of(&STATES, state))))
            }
            Self::Paper(verdict) => write!(f, "paper:{}", verdict.slug()),
            Self::Ai(ai) => write!(f, "ai:{}", word_of(&INVOLVEMENTS, ai)),
            Self::Month(month) => write!(f, "month:{}", Moment::month_label(*month)),
            Self::Repository(text) => write!(f, "repository:{}", quoted(text)),
            Self::Author(text) => write!(f, "author:{}", quoted(text)),
            Self::Merger(text) => write!(f, "merger:{}", quoted(text)),
            Self::Approver(text) => write!(f, "approver:{}", quoted(text)),
            Self::By(duty, text) => {
                write!(f, "{}:{}", duty.map_or("opened-by", Duty::query_key), quoted(text))
            }
            Self::Method(method) => write!(f, "method:{}", method_word(*method)),
            Self::Is(property) => write!(f, "is:{}", word_of(&PROPERTIES, property)),
            Self::Label(text) => write!(f, "label:{}", quoted(text)),
            Self::Tool(text) => write!(f, "tool:{}", quoted(text)),
            Self::Model(text) => write!(f, "model:{}", quoted(text)),
            Self::Text(text) if text.starts_with('-') || text.contains(':') => f.write_str(&in_quotes(text)),
            Self::Text(text) => f.write_str(&quoted(text)),
        }
    }
}

/// Returns a value as a query needs it: in quotation marks where it holds white space, quotation marks or nothing.
pub fn quoted(text: &str) -> String {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c == '"') {
        in_quotes(text)
    } else {
        text.to_owned()
    }
}

fn in_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Returns the term of a criterion and verdict.
pub fn criterion_term(criterion: CriterionIndex, verdict: Verdict) -> String {
    Test::Criterion(criterion, verdict).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Query {
        let (query, complaints) = parse(text);
        assert_eq!(complaints, Vec::<String>::new(), "{text}");
        query
    }

    #[test]
    fn every_kind_of_term_is_understood_and_printed_back() {
        for text in [
            "review.human:unmet",
            "verdict:unproven",
            "control:soc2-tsc-2017/CC8.1/approve:unmet",
            "standing:contradicted",
            "step:depth:uncontradicted",
            "paper:met",
            "ai:unknown",
            "month:2026-08",
            "repository:acme/pay",
            "author:\"Ana P.\"",
            "-merger:ana",
            "approver:*[bot]",
            "opened-by:ana approved-by:\"Ana P.\" released-by:ana@example.org",
            "method:squash",
            "is:self-merged",
            "is:self-service",
            "label:hotfix",
            "is:cherry-pick",
            "tool:claude",
            "model:opus",
            "retry",
            "\"fix: retry\"",
            "-\"-x\"",
        ] {
            assert_eq!(parsed(text).to_string(), text);
        }
    }

    #[test]
    fn a_control_without_verdict_asks_for_deviations() {
        assert_eq!(parsed("control:a/B/c").to_string(), "control:a/B/c:unmet");
    }

    #[test]
    fn what_means_nothing_is_said_and_left_out() {
        for text in [
            "review.human:maybe",
            "verdict:bad",
            "control:alone",
            "control:a/b:bad",
            "standing:good",
            "step:depth",
            "step::unmet",
            "paper:excepted",
            "month:2026-13",
            "month:2026-8",
            "month:",
            "is:nice",
            "colour:red",
            "population.complete:unmet",
            "\"\"",
        ] {
            let (query, complaints) = parse(&format!("{text} rest"));
            assert_eq!(query.to_string(), "rest", "{text}");
            assert_eq!(complaints.len(), 1, "{text}");
        }
    }

    #[test]
    fn an_open_quotation_mark_is_said() {
        let (query, complaints) = parse("author:\"Ana P");
        assert_eq!(query.terms[0].test, Test::Author("Ana P".into()));
        assert_eq!(complaints.len(), 1);
    }

    #[test]
    fn too_many_terms_are_cut_and_said() {
        let (query, complaints) = parse(&"a ".repeat(10_000));
        assert_eq!((query.terms.len(), complaints.len()), (MOST_TERMS, 1));
    }

    #[test]
    fn a_lone_dash_is_text() {
        assert_eq!(parsed("a - b").terms.len(), 3);
    }

    fn any_test() -> impl Strategy<Value = Test> {
        let text = || "[ -~é\u{2003}]{1,12}";
        let verdict = || prop::sample::select(Verdict::ALL.to_vec());
        prop_oneof![
            (prop::sample::select(evaluated().collect::<Vec<_>>()), verdict())
                .prop_map(|(c, v)| Test::Criterion(c, v)),
            verdict().prop_map(Test::Verdict),
            ("[a-z0-9 .-]{1,8}", text(), verdict()).prop_map(|(framework, control, verdict)| Test::Control {
                framework,
                control,
                verdict
            }),
            prop::sample::select(Standing::ALL.to_vec()).prop_map(Test::Standing),
            (text(), prop::sample::select(STATES.map(|(_, s)| s).to_vec()))
                .prop_map(|(id, state)| Test::Step { id, state }),
            prop::sample::select(vec![Verdict::Met, Verdict::Unmet, Verdict::Unproven]).prop_map(Test::Paper),
            (0i32..9999 * 12).prop_map(Test::Month),
            text().prop_map(Test::Repository),
            text().prop_map(Test::Author),
            text().prop_map(Test::Approver),
            (prop::option::of(prop::sample::select(Duty::ALL.to_vec())), text())
                .prop_map(|(duty, text)| Test::By(duty, text)),
            prop::sample::select(METHODS.map(|(_, m)| m).to_vec()).prop_map(Test::Method),
            prop::sample::select(PROPERTIES.map(|(_, p)| p).to_vec()).prop_map(Test::Is),
            text().prop_map(Test::Tool),
            text().prop_map(Test::Text),
        ]
    }

    proptest! {
        #[test]
        fn a_printed_query_parses_to_itself(terms in prop::collection::vec((any::<bool>(), any_test()), 0..8)) {
            let terms = terms.into_iter().map(|(is_negated, test)| Term { is_negated, test }).collect();
            let query = Query { terms };
            let (again, complaints) = parse(&query.to_string());
            prop_assert_eq!(complaints, Vec::<String>::new());
            prop_assert_eq!(again, query);
        }

        #[test]
        fn no_text_makes_the_parser_fail(text in "\\PC{0,80}") {
            let (query, _) = parse(&text);
            prop_assert_eq!(parse(&query.to_string()).0, query);
        }
    }
}
