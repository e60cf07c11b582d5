//! A query over an assessment: which rows match.

use crate::assess::Assessment;
use crate::assess::registry::CriterionIndex;
use crate::assess::roles::Duty;
use crate::audit;
use crate::framework::{Control, Predicates};
use crate::model::record::ReviewState;
use crate::model::trailers::RepeatKind;
use crate::model::{SignatureState, Verdict};
use crate::policy::wildcard;
use crate::store::{AccountId, Change, PersonId, Store, Text};

use super::filter::{Property, Query, StepState, Term, Test, evaluated};

/// A query made ready for one assessment.
pub struct Matcher<'a> {
    assessment: &'a Assessment,
    checks: Vec<(bool, Check<'a>)>,
}

enum Check<'a> {
    Direct(Test),
    Any(Vec<CriterionIndex>, Verdict),
    Control(&'a Control, Verdict, &'a [Predicates]),
    Rows(Vec<u32>),
    Repositories(Vec<Text>),
    Author(Vec<bool>),
    Merger(Vec<bool>),
    Approver(Vec<bool>),
    By(Option<Duty>, PersonId),
    Text(Needle, Vec<bool>),
    Labels(Vec<bool>),
    Tool(Needle),
    Model(Needle),
}

impl Check<'_> {
    /// How dear it is, so that cheap checks come first.
    const fn cost(&self) -> u8 {
        match self {
            Self::Direct(_) | Self::Author(_) | Self::Merger(_) => 0,
            Self::Rows(_) | Self::Repositories(_) => 1,
            Self::Any(..) => 2,
            Self::By(None, _) => 0,
            Self::By(Some(Duty::Approved), _) => 3,
            Self::By(..) => 5,
            Self::Control(..) | Self::Approver(_) | Self::Labels(_) | Self::Tool(_) | Self::Model(_) => 3,
            Self::Text(..) => 4,
        }
    }
}

impl<'a> Matcher<'a> {
    /// Makes a query ready; terms that name a framework, control or step that is not there are said and left out.
    pub fn new(query: &Query, assessment: &'a Assessment) -> (Self, Vec<String>) {
        let (mut checks, mut complaints) = (Vec::with_capacity(query.terms.len()), Vec::new());
        for Term { is_negated, test } in &query.terms {
            match check(test, assessment) {
                Ok(check) => checks.push((*is_negated, check)),
                Err(complaint) => complaints.push(complaint),
            }
        }
        crate::order::sort_by_key(&mut checks, |(_, check)| check.cost());
        (Self { assessment, checks }, complaints)
    }

    /// Returns whether a row of the scope matches.
    pub fn matches(&self, row: usize) -> bool {
        let Some(id) = self.assessment.scope.get(row) else { return false };
        let change = &self.assessment.store.changes[id.index()];
        self.checks.iter().all(|(is_negated, check)| self.holds(check, row, change) != *is_negated)
    }

    /// Returns the rows that match, in order.
    pub fn rows(&self) -> Vec<u32> {
        (0u32..)
            .zip(&self.assessment.scope)
            .map(|(row, _)| row)
            .filter(|&row| self.matches(row as usize))
            .collect()
    }

    fn holds(&self, check: &Check<'_>, row: usize, change: &Change) -> bool {
        let (assessment, store) = (self.assessment, &self.assessment.store);
        match check {
            Check::Direct(test) => direct(test, assessment, row, change),
            Check::Any(criteria, verdict) => criteria.iter().any(|&c| assessment.verdict(row, c) == *verdict),
            Check::Control(control, verdict, predicates) => {
                let of = |criterion| assessment.verdict(row, criterion);
                predicates.get(row).is_some_and(|&predicates| control.verdict(predicates, of) == *verdict)
            }
            Check::Rows(rows) => u32::try_from(row).is_ok_and(|row| rows.binary_search(&row).is_ok()),
            Check::Repositories(known) => known.contains(&change.repository),
            Check::Author(accounts) => is_in(accounts, change.author),
            Check::Merger(accounts) => is_in(accounts, change.merged_by.value()),
            Check::Approver(accounts) => change
                .reviews
                .of(&store.reviews)
                .iter()
                .any(|review| review.state == ReviewState::Approved && is_in(accounts, review.author)),
            Check::By(None, person) => change.author.is_some_and(|author| store.person(author) == *person),
            Check::By(Some(Duty::Approved), person) => {
                change.reviews.of(&store.reviews).iter().any(|review| {
                    review.state == ReviewState::Approved
                        && review.author.is_some_and(|author| store.person(author) == *person)
                })
            }
            Check::By(Some(duty), person) => {
                let subject = assessment.subject(row);
                subject.held().iter().any(|held| held.duty == *duty && held.person == *person)
            }
            Check::Text(needle, authors) => {
                is_in(authors, change.author) || needle.is_in_change(store, change)
            }
            Check::Labels(fits) => {
                let labels = change.labels.of(&store.labels_of).iter();
                labels.into_iter().any(|label| fits.get(label.index()).copied().unwrap_or(false))
            }
            Check::Tool(needle) => sessions(store, change).any(|(tool, _)| needle.is_in(store.text(tool))),
            Check::Model(needle) => sessions(store, change).any(|(_, model)| needle.is_in(store.text(model))),
        }
    }
}

fn check<'a>(test: &Test, assessment: &'a Assessment) -> Result<Check<'a>, String> {
    let store = &assessment.store;
    Ok(match test {
        Test::Verdict(verdict) => Check::Any(evaluated().collect(), *verdict),
        Test::Control { framework, control, verdict } => {
            let Some(pack) = assessment.packs.iter().find(|pack| pack.id == *framework) else {
                return Err(format!("“{test}” names a framework that is not there."));
            };
            let Some(found) = pack.controls.iter().find(|candidate| candidate.id == *control) else {
                return Err(format!("“{test}” names a control that {} does not have.", pack.id));
            };
            if found.is_population() {
                return Err(format!(
                    "“{test}” names a control that is decided once for the population, not on changes."
                ));
            }
            Check::Control(found, *verdict, &assessment.predicates)
        }
        Test::Step { id, state } => {
            let Some(step) = assessment.funnel().into_iter().find(|step| step.id == *id) else {
                return Err(format!("“{test}” names a step that the funnel does not have."));
            };
            Check::Rows(match state {
                StepState::Unmet => step.unmet,
                StepState::Unproven => step.unproven,
                StepState::Proven => step.proven,
                StepState::Uncontradicted => step.uncontradicted,
            })
        }
        Test::Repository(pattern) => {
            let mut known: Vec<Text> = store.changes.iter().map(|change| change.repository).collect();
            crate::order::sort(&mut known);
            known.dedup();
            Check::Repositories(
                known.into_iter().filter(|name| wildcard(pattern, store.text(*name))).collect(),
            )
        }
        Test::Author(pattern) => Check::Author(accounts(store, |text| wildcard(pattern, text))),
        Test::Merger(pattern) => Check::Merger(accounts(store, |text| wildcard(pattern, text))),
        Test::Approver(pattern) => Check::Approver(accounts(store, |text| wildcard(pattern, text))),
        Test::By(duty, account) => match owner(store, account) {
            Some(person) => Check::By(*duty, person),
            None => return Err(format!("“{test}” names an account that is not in this bundle.")),
        },
        Test::Text(text) => {
            let needle = Needle::new(text);
            let authors = accounts(store, |name| needle.is_in(name));
            Check::Text(needle, authors)
        }
        Test::Label(pattern) => {
            let mut fits = Vec::new();
            for label in &store.labels_of {
                fits.resize(fits.len().max(label.index() + 1), false);
                fits[label.index()] = wildcard(pattern, store.text(*label));
            }
            Check::Labels(fits)
        }
        Test::Tool(text) => Check::Tool(Needle::new(text)),
        Test::Model(text) => Check::Model(Needle::new(text)),
        Test::Criterion(..)
        | Test::Standing(_)
        | Test::Paper(_)
        | Test::Ai(_)
        | Test::Month(_)
        | Test::Method(_)
        | Test::Is(_) => Check::Direct(test.clone()),
    })
}

fn direct(test: &Test, assessment: &Assessment, row: usize, change: &Change) -> bool {
    match test {
        Test::Criterion(criterion, verdict) => assessment.verdict(row, *criterion) == *verdict,
        Test::Standing(standing) => assessment.standings.get(row) == Some(standing),
        Test::Paper(verdict) => assessment.paper.get(row) == Some(verdict),
        Test::Ai(ai) => assessment.ai.get(row) == Some(ai),
        Test::Month(month) => change.merged.is_some_and(|merged| merged.month() == *month),
        Test::Method(method) => change.method == *method,
        Test::Is(property) => has(*property, assessment, row, change),
        // The others are made ready as checks of their own.
        _ => false,
    }
}

/// Returns whether a change has a property.
pub fn has(property: Property, assessment: &Assessment, row: usize, change: &Change) -> bool {
    let store = &assessment.store;
    match property {
        Property::SelfMerged => {
            let pair = change.author.zip(change.merged_by.value());
            pair.is_some_and(|(author, merger)| store.person(author) == store.person(merger))
        }
        Property::BotAuthored => is_machine(store, change.author),
        Property::BotApproved => change
            .reviews
            .of(&store.reviews)
            .iter()
            .any(|review| review.state == ReviewState::Approved && is_machine(store, review.author)),
        Property::MergerNamed => change.merged_by.value().is_some(),
        Property::Deployed => change.deployments.end > change.deployments.start,
        Property::Ai => assessment.ai.get(row).is_some_and(|ai| ai.took_part()),
        Property::Signed => {
            let commit = change.merge_row.and_then(|row| store.commits.get(row.index()));
            let is_signed =
                commit.and_then(|commit| commit.signature).is_some_and(|s| s != SignatureState::NotSigned);
            is_signed || statements(store, change).any(|statement| statement.signatures > 0)
        }
        Property::Attested => change.statements.end > change.statements.start,
        Property::SelfService => {
            let subject = assessment.subject(row);
            audit::self_service(&subject, subject.held()).is_some()
        }
        Property::Revert => repeats(store, change, RepeatKind::Revert, false),
        Property::Reverted => repeats(store, change, RepeatKind::Revert, true),
        Property::CherryPick => repeats(store, change, RepeatKind::CherryPick, false),
        Property::Backport => repeats(store, change, RepeatKind::Backport, false),
    }
}

fn repeats(store: &Store, change: &Change, kind: RepeatKind, is_of_this: bool) -> bool {
    let mut rows = change.repeats.of(&store.repeats).iter();
    rows.any(|repeat| repeat.kind == kind && repeat.is_of_this == is_of_this)
}

/// Returns the statements of a change.
pub fn statements<'a>(
    store: &'a Store,
    change: &Change,
) -> impl Iterator<Item = &'a crate::store::Statement> + use<'a> {
    change.statements.of(&store.statements_of).iter().filter_map(|id| store.statements.get(id.index()))
}

/// Returns whether an account is known to be no person's.
pub fn is_machine(store: &Store, account: Option<AccountId>) -> bool {
    account.and_then(|id| store.accounts.get(id.index())).is_some_and(|account| account.kind.is_machine())
}

fn sessions<'a>(store: &'a Store, change: &Change) -> impl Iterator<Item = (Text, Text)> + use<'a> {
    let ids = change.sessions.of(&store.sessions_of).iter();
    ids.filter_map(|id| store.sessions.get(id.index()))
        .filter(|session| !session.none)
        .map(|s| (s.tool, s.model))
}

fn is_in(accounts: &[bool], account: Option<AccountId>) -> bool {
    account.and_then(|id| accounts.get(id.index())).copied().unwrap_or(false)
}

/// Returns the person who owns the account of a login, address or, where it has neither, name.
fn owner(store: &Store, label: &str) -> Option<PersonId> {
    let mut ids = (0..store.accounts.len()).map(AccountId::at);
    let is_it = |id: &AccountId| {
        let account = &store.accounts[id.index()];
        let email = store.text(account.email);
        store.account_label(*id).eq_ignore_ascii_case(label)
            || !email.is_empty() && email.eq_ignore_ascii_case(label)
    };
    ids.find(is_it).map(|id| store.person(id))
}

/// Returns, for each account, whether its login, names or address fit.
fn accounts(store: &Store, fits: impl Fn(&str) -> bool) -> Vec<bool> {
    let of = |text: Text| !text.is_empty() && fits(store.text(text));
    store
        .accounts
        .iter()
        .map(|account| {
            let person = store.persons.get(account.person.index());
            of(account.login)
                || of(account.name)
                || of(account.email)
                || person.is_some_and(|person| !person.name.is_empty() && fits(&person.name))
        })
        .collect()
}

/// A text that is searched for without regard to case.
struct Needle {
    /// In lower case.
    text: String,
    is_number: bool,
}

impl Needle {
    fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        Self { text, is_number }
    }

    fn is_in(&self, hay: &str) -> bool {
        if !self.text.is_ascii() || !hay.is_ascii() {
            return hay.to_lowercase().contains(&self.text);
        }
        let (hay, needle) = (hay.as_bytes(), self.text.as_bytes());
        let Some(&first) = needle.first() else { return true };
        let starts = memchr::memchr2_iter(first, first.to_ascii_uppercase(), hay);
        starts
            .map(|at| hay.get(at..at + needle.len()))
            .take_while(Option::is_some)
            .flatten()
            .any(|window| window.eq_ignore_ascii_case(needle))
    }

    fn is_in_change(&self, store: &Store, change: &Change) -> bool {
        if [change.title, change.repository, change.merge_commit, change.head]
            .into_iter()
            .any(|text| self.is_in(store.text(text)))
        {
            return true;
        }
        if self.is_number {
            return change.number > 0 && change.number.to_string().contains(&self.text);
        }
        // `#12` and `owner/name#12` name one change exactly.
        match self.text.rsplit_once('#') {
            Some((repository, number)) => {
                number.parse() == Ok(change.number)
                    && change.number > 0
                    && (repository.is_empty()
                        || store.text(change.repository).eq_ignore_ascii_case(repository))
            }
            None => self.text.contains('@') && store.change_id(change).to_lowercase().contains(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_any_case_and_script() {
        for (needle, hay) in [("ReTry", "a retry"), ("É", "café"), ("straße", "STRASSE straße"), ("y", "Y")]
        {
            assert!(Needle::new(needle).is_in(hay), "{needle}");
        }
        for (needle, hay) in [("retry", "retr"), ("aab", "aa"), ("x", "")] {
            assert!(!Needle::new(needle).is_in(hay), "{needle}");
        }
    }
}
