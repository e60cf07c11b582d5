//! Requests that change what is held of a bundle: its policy, and a comparison.

use super::reassess::GivenPolicy;
use super::thresholds::{MOST_APART, Threshold, differing};
use super::{Bundle, raw};
use crate::compare::{Comparison, Difference, Snapshot, compare_sides, effect, policy_digest};
use crate::format::policy;
use crate::model::Moment;
use crate::protocol::{
    CompareWith, ComparisonView, DifferenceOf, DifferenceRow, ExceptionRow, Page, PolicyAction, PolicyEdit,
    PolicyEffect, PolicyView, Reply, Request, SideView,
};
use crate::query::views::MOST_ROWS;

/// The path that problems of an edited policy name.
pub(super) const EDITED: &str = "lacuna.toml (edited)";

impl Bundle {
    /// Answers any request about an opened bundle.
    pub fn act(&mut self, request: Request) -> Reply {
        if self.must_wait(&request) {
            return Reply::Failed("signatures are still being checked".into());
        }
        match request {
            Request::Policy { text, edit, action } => {
                Reply::Policy(Box::new(self.policy(text, edit.as_ref(), action)))
            }
            Request::Person(wanted) => match policy::person(&self.policy_text(), &wanted) {
                Ok(text) => Reply::Policy(Box::new(self.policy(Some(text), None, PolicyAction::Apply))),
                Err(fact) => Reply::Failed(fact),
            },
            Request::Compare { with: CompareWith::Periods { before, after } } => {
                match self.compare_periods(&before, &after) {
                    Ok(()) => self.comparison(),
                    Err(fact) => Reply::Failed(fact),
                }
            }
            Request::Comparison => self.comparison(),
            Request::Differences { of, difference, filter, offset, limit } => {
                self.differences(of, difference, &filter, offset, limit)
            }
            request => self.answer(&request),
        }
    }

    /// Returns the text of the policy in force: as edited, the bundle's own, or the defaults with every key explained.
    pub fn policy_text(&self) -> String {
        if let Some(text) = &self.text {
            return text.clone();
        }
        let store = &self.assessment.store;
        let own = store.policy.as_ref().and_then(|_| raw::policy_text(store, &self.roots, &self.limits));
        own.unwrap_or_else(|| policy::TEMPLATE.to_owned())
    }

    fn policy(
        &mut self,
        text: Option<String>,
        edit: Option<&PolicyEdit>,
        action: PolicyAction,
    ) -> PolicyView {
        let mut view = PolicyView::default();
        let mut text = text.or_else(|| self.draft.take()).unwrap_or_else(|| self.policy_text());
        if let Some(edit) = edit {
            match policy::edit(&text, edit) {
                Ok(edited) => text = edited,
                Err(fact) => view.refusal = fact,
            }
        }
        let (read, problems) = policy::parse(&text, EDITED);
        view.problems = policy::locate(&text, &problems);
        let is_broken = problems.iter().any(|problem| problem.kind == crate::problem::Kind::Malformed);
        let thresholds = match action {
            PolicyAction::Apply | PolicyAction::Reset => Vec::new(),
            _ if is_broken => Vec::new(),
            _ => differing(&self.policy_text(), &text, self.dates, &self.assessment.policy),
        };
        view.thresholds = thresholds.len() as u64;
        let outcome = match action {
            PolicyAction::Check => Ok(()),
            PolicyAction::Preview | PolicyAction::Apart | PolicyAction::Apply if is_broken => {
                Err("A text that is no TOML is no policy.".to_owned())
            }
            PolicyAction::Preview | PolicyAction::Apart => {
                let apart = if action == PolicyAction::Apart { thresholds } else { Vec::new() };
                self.preview(&mut view, (read.clone(), problems), apart)
            }
            PolicyAction::Apply => self.apply(&mut view, &text, (read.clone(), problems)),
            PolicyAction::Reset => self.reset(&mut view).map(|own| text = own),
        };
        if let Err(fact) = outcome {
            view.refusal = fact;
        }
        view.source = self.policy_source();
        view.digest = policy_digest(&self.assessment.policy);
        view.is_other =
            action != PolicyAction::Reset && self.dates.apply(Some(&read)) != self.assessment.policy;
        view.tables = policy::tables(&text);
        view.exceptions = self.exceptions();
        self.draft = (action != PolicyAction::Reset).then(|| text.clone());
        view.text = text;
        view
    }

    fn apply(&mut self, view: &mut PolicyView, text: &str, given: GivenPolicy) -> Result<(), String> {
        self.reassess(Some(given))?;
        self.text = Some(text.to_owned());
        view.summary = Some(self.summary());
        Ok(())
    }

    /// Goes back to the bundle's own policy or the defaults, and returns its text.
    fn reset(&mut self, view: &mut PolicyView) -> Result<String, String> {
        self.reassess(None)?;
        self.text = None;
        let text = self.policy_text();
        view.problems = policy::locate(&text, &policy::parse(&text, EDITED).1);
        view.summary = Some(self.summary());
        Ok(text)
    }

    /// Says what a policy would change, and what each of some thresholds would by itself.
    fn preview(
        &mut self,
        view: &mut PolicyView,
        given: GivenPolicy,
        apart: Vec<Threshold>,
    ) -> Result<(), String> {
        let before = Snapshot::of_assessment(&self.assessment);
        let gap = self.assessment.gap();
        let names: Vec<_> = apart.iter().map(|one| (one.name.clone(), one.values.clone())).collect();
        let policies = apart.into_iter().take(MOST_APART).map(|one| one.given);
        let found = self.under_each(std::iter::once(given).chain(policies), |bundle| {
            let mut found = effect(&before, &Snapshot::of_assessment(&bundle.assessment));
            found.gap = [gap, bundle.assessment.gap()];
            found
        })?;
        let mut found = found.into_iter();
        view.effect = found.next();
        let named = |(found, (of, values))| PolicyEffect { of, values, ..found };
        view.apart = found.zip(names).map(named).collect();
        Ok(())
    }

    fn exceptions(&self) -> Vec<ExceptionRow> {
        let uses = crate::assess::exceptions::uses(&self.assessment);
        let row = |own: crate::assess::exceptions::Use| {
            let exception = &self.assessment.policy.exceptions[own.position];
            ExceptionRow {
                id: exception.id.clone(),
                owner: exception.owner.clone(),
                state: own.state.slug().to_owned(),
                words: own.state.words().to_owned(),
                verdicts: own.verdicts,
                changes: own.changes,
                is_by_machine: own.is_by_machine,
            }
        };
        uses.into_iter().map(row).collect()
    }

    /// Compares with another side, which comes first.
    pub fn compare_with(&mut self, other: &Snapshot) {
        self.comparison = Some(compare_sides(other, &Snapshot::of(self)));
    }

    fn compare_periods(&mut self, before: &[String; 2], after: &[String; 2]) -> Result<(), String> {
        let first = self.of_period(before)?;
        let second = self.of_period(after)?;
        self.comparison = Some(compare_sides(&first, &second));
        Ok(())
    }

    fn of_period(&mut self, period: &[String; 2]) -> Result<Snapshot, String> {
        let mut policy = self.assessment.policy.clone();
        let [from, to] = period.each_ref().map(|text| moment(text));
        (policy.from, policy.to) = (from?, to?);
        if policy.from.zip(policy.to).is_some_and(|(from, to)| from >= to) {
            return Err("a period must begin before it ends".to_owned());
        }
        let problems = self.given.clone().unwrap_or_default();
        self.under(Some((policy, problems)), Snapshot::of)
    }

    /// Answers with the comparison that was made.
    pub fn comparison(&self) -> Reply {
        Reply::Comparison(self.comparison.as_ref().map(|comparison| Box::new(view(comparison))))
    }

    fn differences(
        &self,
        of: DifferenceOf,
        difference: Option<Difference>,
        filter: &str,
        offset: u32,
        limit: u32,
    ) -> Reply {
        let Some(comparison) = &self.comparison else {
            return Reply::Failed("nothing was compared yet".into());
        };
        let all = rows(comparison, of);
        let filter = filter.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&filter);
        let found: Vec<&crate::compare::Row> = all
            .iter()
            .filter(|row| difference.is_none_or(|wanted| row.difference == wanted))
            .filter(|row| filter.is_empty() || has(&row.subject) || has(&row.id) || has(&row.formerly))
            .collect();
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut here: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
        if of != DifferenceOf::Controls {
            let store = &self.assessment.store;
            here.extend(self.assessment.scope.iter().map(|id| store.change_id(&store.changes[id.index()])));
        }
        let page =
            found.iter().skip(offset as usize).take(limit.min(MOST_ROWS) as usize).map(|row| DifferenceRow {
                difference: row.difference,
                subject: row.subject.to_string(),
                id: row.id.to_string(),
                formerly: row.formerly.clone(),
                before: row.before,
                after: row.after,
                is_here: here.contains(&*row.subject),
            });
        Reply::Differences(Page {
            offset,
            total: narrow(found.len()),
            of: narrow(all.len()),
            rows: page.collect(),
        })
    }
}

fn moment(text: &str) -> Result<Option<Moment>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wanted = || format!("{} is no date such as 2026-01-31", crate::problem::quote(text));
    Moment::parse(text.trim()).map(Some).ok_or_else(wanted)
}

fn rows(comparison: &Comparison, of: DifferenceOf) -> &[crate::compare::Row] {
    match of {
        DifferenceOf::Changes => &comparison.changes,
        DifferenceOf::Criteria => &comparison.criteria,
        DifferenceOf::Controls => &comparison.controls,
    }
}

fn view(comparison: &Comparison) -> ComparisonView {
    let counts = DifferenceOf::ALL.into_iter().flat_map(|of| {
        Difference::ALL.into_iter().map(move |difference| {
            let count = rows(comparison, of).iter().filter(|row| row.difference == difference).count();
            (of, difference, count as u64)
        })
    });
    let word = |date: &Option<String>| {
        date.as_ref().map_or_else(|| "open".to_owned(), |at| at.chars().take(10).collect())
    };
    let sides = comparison.sides.iter().map(|side| SideView {
        name: side.name.clone(),
        sha256: side.sha256.clone(),
        engine: side.engine.clone(),
        policy: side.policy.clone(),
        changes: side.changes as u64,
        period: match (&side.from, &side.to) {
            (None, None) => "no bounds".to_owned(),
            (from, to) => format!("{} to before {}", word(from), word(to)),
        },
    });
    ComparisonView {
        measured_differently: comparison.measured_differently.clone(),
        sides: sides.collect(),
        trend: comparison.trend(),
        counts: counts.collect(),
    }
}
