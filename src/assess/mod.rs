//! Criteria, one file for each family: from linked evidence to verdicts.
//!
//! A first pass decides every criterion on every change and keeps verdict and capture level as bytes. Reasons and
//! evidence are not kept: [`Assessment::explain`] decides one criterion again, with words. Both run the same function,
//! so they cannot disagree.

mod ai;
mod attribution;
mod authorisation;
pub mod causes;
mod depth;
mod duties;
mod entitled;
pub mod exceptions;
pub mod finding;
mod funnel;
mod governance;
mod identity;
mod integrity;
mod load;
mod owners;
pub mod population;
mod records;
pub mod registry;
mod release;
mod review;
pub mod roles;
mod scan;
pub mod signature;
pub mod slsa;
pub mod subject;
mod supply;
pub mod systems;
mod tests_ran;
mod tickets;
mod urgent;

pub use finding::Finding;
pub use funnel::{FunnelCount, LostGroup};
pub use subject::Subject;

use crate::framework::{Pack, Predicates};
use crate::model::{AiInvolvement, Capture, Moment, Verdict};
use crate::policy::{Effective, Policy, wildcard};
use crate::protocol::{Gap, Standing};
use crate::store::bursts::Bursts;
use crate::store::paths::PathKinds;
use crate::store::{Change, ChangeId, Store, Text};

use registry::{CRITERIA, CriterionIndex, Scope};

/// A bundle's verdicts, with the evidence that they rest on.
pub struct Assessment {
    /// The evidence.
    pub store: Store,
    /// The policy that was applied.
    pub policy: Policy,
    /// The framework packs.
    pub packs: Vec<Pack>,
    /// What "now" was taken to be; `None` for a bundle without any time.
    pub now: Option<Moment>,
    /// The merged changes in scope, by merge time, then id. Rows of all tables below.
    pub scope: Vec<ChangeId>,
    /// Verdict and capture by row and criterion.
    table: Vec<(Verdict, Capture)>,
    /// Verdicts on the population, by criterion; `NotApplicable` for criteria on changes.
    pub population: Vec<Finding>,
    /// What is missing from the population or does not belong to it.
    pub holes: Vec<population::HoleFound>,
    /// Which controls apply, by row.
    pub predicates: Vec<Predicates>,
    /// AI involvement by row.
    pub ai: Vec<AiInvolvement>,
    /// Where each change stands, by row.
    pub standings: Vec<Standing>,
    /// Whether it is approved on paper, by row: met, unmet or unproven.
    pub paper: Vec<Verdict>,
}

/// Sets what the criteria look up in a store that was linked, under the policy in force.
pub fn gather(store: &mut Store, policy: &Policy) {
    store.bursts = Bursts::of(store, &policy.duties);
    store.paths = PathKinds::of(&store.files_of, &store.strings);
}

/// The work of assessing, in steps.
pub struct Assessor {
    result: Assessment,
    /// The criteria of the funnel.
    funnel: Vec<CriterionIndex>,
    next: usize,
}

impl Assessor {
    /// Starts an assessment.
    pub fn new(mut store: Store, policy: Policy, mut packs: Vec<Pack>) -> Self {
        gather(&mut store, &policy);
        let tags = systems::tags(&policy);
        packs.iter_mut().for_each(|pack| pack.bind(&tags));
        let now = policy.now.or_else(|| latest(&store));
        let scope = scope(&store, &policy);
        let rows = scope.len();
        let funnel = funnel::criteria(&policy);
        let result = Assessment {
            store,
            policy,
            packs,
            now,
            scope,
            table: Vec::with_capacity(rows * CRITERIA.len()),
            population: Vec::new(),
            holes: Vec::new(),
            predicates: Vec::with_capacity(rows),
            ai: Vec::with_capacity(rows),
            standings: Vec::with_capacity(rows),
            paper: Vec::with_capacity(rows),
        };
        Self { result, funnel, next: 0 }
    }

    /// Returns changes assessed and changes to assess.
    pub fn progress(&self) -> (usize, usize) {
        (self.next, self.result.scope.len())
    }

    /// Assesses up to `budget` changes; returns whether all are done.
    pub fn step(&mut self, budget: usize) -> bool {
        let until = self.next.saturating_add(budget).min(self.result.scope.len());
        while self.next < until {
            self.assess_row(self.next);
            self.next += 1;
        }
        self.next == self.result.scope.len()
    }

    fn assess_row(&mut self, row: usize) {
        let result = &mut self.result;
        let subject = Subject::new(&result.store, &result.policy, result.now, result.scope[row]);
        let start = result.table.len();
        for criterion in registry::all() {
            let finding = decide(criterion, &subject, false);
            result.table.push((finding.verdict, finding.capture));
        }
        let (ai, paper, predicates) = (subject.ai, subject.paper(), subject.predicates());
        let standing = funnel::standing(&self.funnel, paper, &result.table[start..]);
        result.predicates.push(predicates);
        result.ai.push(ai);
        result.paper.push(paper);
        result.standings.push(standing);
    }

    /// Finishes: decides what is decided on the population. Call when [`Self::step`] said that all are done.
    pub fn finish(mut self) -> Assessment {
        while !self.step(usize::MAX) {}
        let (population, holes) = population::decide(&self.result);
        self.result.population = population;
        self.result.holes = holes;
        self.result
    }
}

/// How long the family is in the id of each criterion: it is asked for at each verdict.
static FAMILY_LENGTHS: [usize; CRITERIA.len()] = {
    let (mut lengths, mut at) = ([0; CRITERIA.len()], 0);
    while at < lengths.len() {
        let id = CRITERIA[at].id.as_bytes();
        while lengths[at] < id.len() && id[lengths[at]] != b'.' {
            lengths[at] += 1;
        }
        at += 1;
    }
    lengths
};

/// Decides one criterion on one change, exceptions included; with words and evidence only if `explain`.
fn decide(criterion: CriterionIndex, subject: &Subject<'_>, explain: bool) -> Finding {
    let registered = criterion.criterion();
    if registered.scope == Scope::Population {
        return Finding::new(Verdict::NotApplicable, Capture::Inferred, explain, || {
            "Decided once for the population.".into()
        });
    }
    if !registered.is_evaluated {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "Nothing that this version reads can show it.".into()
        });
    }
    let family = registered.id.get(..FAMILY_LENGTHS[criterion.index()]).unwrap_or_default();
    let finding = match family {
        "authorisation" => authorisation::decide(registered.id, subject, explain),
        "ai" => ai::decide(registered.id, subject, explain),
        "review" => review::decide(registered.id, subject, explain),
        "release" => release::decide(registered.id, subject, explain),
        "duties" => duties::decide(registered.id, subject, explain),
        "tests" => tests_ran::decide(registered.id, subject, explain),
        "scan" => scan::decide(registered.id, subject, explain),
        "risk" => risk(registered.id, subject, explain),
        "supply" => supply::decide(registered.id, subject, explain),
        "records" => records::decide(registered.id, subject, explain),
        "integrity" => integrity::decide(registered.id, subject, explain),
        _ => Finding::new(Verdict::Unproven, Capture::Inferred, explain, || "No rule decides it.".into()),
    };
    if subject.policy.exceptions.is_empty() {
        return finding;
    }
    exceptions::apply(registered.id, subject, finding, explain)
}

fn risk(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "risk.tiered" => tickets::tiered(subject, explain),
        _ => tickets::shown_by(subject, "impact", "the impact on security", explain),
    }
}

/// Returns the merged changes in scope, by merge time, then id.
fn scope(store: &Store, policy: &Policy) -> Vec<ChangeId> {
    let mut rows: Vec<ChangeId> = (0..store.changes.len())
        .map(ChangeId::at)
        .filter(|&id| {
            let change = &store.changes[id.index()];
            let at = effective(store, policy, change);
            at.is_some_and(|at| is_in_period(policy, at)) && is_in_reach(store, policy, change)
        })
        .collect();
    crate::order::sort_by_key(&mut rows, |&id| {
        let change = &store.changes[id.index()];
        (
            effective(store, policy, change),
            store.text(change.repository),
            change.number,
            store.text(change.merge_commit),
        )
    });
    rows
}

/// Returns when a change took effect; `None` for one that is not merged, or not released where that is what counts.
fn effective(store: &Store, policy: &Policy, change: &Change) -> Option<Moment> {
    let merged = change.merged?;
    match policy.effective {
        Effective::Merge => Some(merged),
        Effective::Deployment => {
            let rows = change.deployments.of(&store.deployments_of).iter();
            rows.filter_map(|at| store.deployments.get(*at as usize)?.at).min()
        }
    }
}

fn is_in_period(policy: &Policy, at: Moment) -> bool {
    policy.from.is_none_or(|from| at >= from) && policy.to.is_none_or(|to| at < to)
}

/// What does not say where it belongs cannot be left out.
fn is_in_reach(store: &Store, policy: &Policy, change: &Change) -> bool {
    let fits = |patterns: &[String], text: Text| text.is_empty() || matches_any(patterns, store.text(text));
    fits(&policy.repositories, change.repository) && fits(&policy.branches, change.base_branch)
}

fn matches_any(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| wildcard(pattern, text))
}

/// Returns the latest moment that the evidence states of a change, review, statement or deployment.
fn latest(store: &Store) -> Option<Moment> {
    let changes = store.changes.iter().flat_map(|change| [change.created, change.merged]).flatten();
    let reviews = store.reviews.iter().filter_map(|review| review.submitted);
    let statements = store.statements.iter().filter_map(|statement| statement.at);
    let deployments = store.deployments.iter().filter_map(|deployment| deployment.at);
    changes.chain(reviews).chain(statements).chain(deployments).max()
}

impl Assessment {
    /// Returns when the change of a row took effect: when it was merged, or first released, as the policy has it.
    pub fn effective(&self, row: usize) -> Option<Moment> {
        let id = self.scope.get(row)?;
        effective(&self.store, &self.policy, &self.store.changes[id.index()])
    }

    /// Returns whether a moment is within the period; one that is not known cannot be left out.
    pub fn is_in_period(&self, at: Option<Moment>) -> bool {
        at.is_none_or(|at| is_in_period(&self.policy, at))
    }

    /// Returns whether repository and branch of a change are in scope.
    pub fn is_in_reach(&self, change: &Change) -> bool {
        is_in_reach(&self.store, &self.policy, change)
    }

    /// Returns the verdict of a criterion on a row of the scope.
    pub fn verdict(&self, row: usize, criterion: CriterionIndex) -> Verdict {
        self.entry(row, criterion).0
    }

    /// Returns how what the verdict rests on is known.
    pub fn capture(&self, row: usize, criterion: CriterionIndex) -> Capture {
        self.entry(row, criterion).1
    }

    fn entry(&self, row: usize, criterion: CriterionIndex) -> (Verdict, Capture) {
        let at = row * CRITERIA.len() + criterion.index();
        self.table.get(at).copied().unwrap_or((Verdict::NotApplicable, Capture::Inferred))
    }

    /// Returns the facts of a row, to show or explain it.
    pub fn subject(&self, row: usize) -> Subject<'_> {
        Subject::new(&self.store, &self.policy, self.now, self.scope[row])
    }

    /// Decides a criterion on a row again, with reason and evidence.
    pub fn explain(&self, row: usize, criterion: CriterionIndex) -> Finding {
        decide(criterion, &self.subject(row), true)
    }

    /// Like [`Self::explain`], for several criteria of one row: the facts are gathered once.
    pub fn explain_with(&self, subject: &Subject<'_>, criterion: CriterionIndex) -> Finding {
        decide(criterion, subject, true)
    }

    /// Returns the row of a change id as [`Store::change_id`] writes it.
    pub fn row_of(&self, id: &str) -> Option<usize> {
        self.scope.iter().position(|&change| self.store.change_id(&self.store.changes[change.index()]) == id)
    }

    /// Returns the attestation gap.
    pub fn gap(&self) -> Gap {
        let count = |standing| self.standings.iter().filter(|&&s| s == standing).count() as u64;
        let (substantiated, contradicted) = (count(Standing::Substantiated), count(Standing::Contradicted));
        let unevidenced = count(Standing::Unevidenced);
        Gap {
            merged: self.scope.len() as u64,
            on_paper: substantiated + contradicted + unevidenced,
            substantiated,
            contradicted,
            unevidenced,
            paper_unknown: count(Standing::Unknown),
        }
    }

    /// Returns the funnel, from merged changes down.
    pub fn funnel(&self) -> Vec<FunnelCount> {
        funnel::count(self)
    }
}
