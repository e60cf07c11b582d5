//! Holds the engine against put-in violations of every evaluated criterion: `make audit-proof`.
//!
//! Ten thousand generated changes, in each second of them one violation, chosen by a seed; what is found is held against
//! what was put in, criterion by criterion. Criteria on the population have histories of their own, every second of them
//! violated. A criterion without a violation is said, and is a failure like a wrong count.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program to be read in a terminal"
)]

#[path = "../bench/generate.rs"]
#[allow(dead_code, reason = "the benchmark uses the rest")]
mod generate;
#[path = "../violations.rs"]
#[allow(dead_code, unused_imports, reason = "the suite of that name uses the rest")]
mod violations;

use std::collections::BTreeMap;
use std::process::ExitCode;

use lacuna::assess::registry::{self, CriterionIndex, Scope};
use lacuna::model::record::{PromptRecord, Register};
use lacuna::model::{Moment, Verdict};

use generate::Numbers;
use violations::common::history::{Case, History};
use violations::{NEVER_UNMET, VIOLATIONS, unmet_with};

/// Histories of so many changes: a change a day, and registers that hold for a year.
const CHANGES: usize = 250;
const OF_CHANGES: usize = 40;
/// Histories of each criterion on the population.
const HISTORIES: u64 = 40;
const SEED: u64 = 20_260_714;

/// What shows a criterion that evidence can leave unproven and never contradict: the violation is that it is gone.
const ABSENCES: &[(&str, violations::Mutation)] = &[
    ("ai.prompt", |case| case.session.prompt = PromptRecord::default()),
    ("ai.reproducible", |case| case.session.reproducible = None),
    ("tests.validated", |case| {
        for review in case.change.reviews.iter_mut().flatten() {
            review.body = "The retry after a timeout of the bank is fine with me now.".into();
        }
    }),
];

/// What a violation leaves without anything that shows it: a review long after the merge validated nothing before it, nor
/// does one by the author.
const UNSHOWN: &[(&str, &str)] =
    &[("release.emergency-reviewed", "tests.validated"), ("duties.soc2-separated", "tests.validated")];

type OnHistory = fn(&mut History);

/// Ends every entry of a register before the history begins.
fn end(history: &mut History, register: Register) {
    for entry in history.entries.iter_mut().filter(|entry| entry.register == register) {
        entry.until = Moment::parse("2026-02-01");
    }
}

/// Violations of criteria on the population, or on all changes alike, each with the verdict that it must leave.
const ON_POPULATION: &[(&str, Verdict, OnHistory)] = &[
    ("population.source-known", Verdict::Unproven, |history| history.is_bare = true),
    ("population.complete", Verdict::Unmet, |history| history.push_directly("d1".repeat(20))),
    ("population.reconciled", Verdict::Unmet, |history| {
        history.cases[2].deployment.commit = "ab".repeat(20).into();
    }),
    ("population.untruncated", Verdict::Unmet, |history| history.cut_at = Some(6)),
    ("records.retained", Verdict::Unmet, |history| history.policy.demands.retention_days = Some(2190)),
    ("governance.ai-inventory", Verdict::Unmet, |history| end(history, Register::AiSystem)),
    ("governance.vendor-assured", Verdict::Unmet, |history| end(history, Register::Vendor)),
    ("governance.trained", Verdict::Unmet, |history| end(history, Register::Training)),
    ("governance.policy-acknowledged", Verdict::Unmet, |history| end(history, Register::Acknowledgement)),
    ("governance.access-reviewed", Verdict::Unmet, |history| end(history, Register::AccessReview)),
    ("governance.incident-traceable", Verdict::Unmet, |history| {
        for entry in history.entries.iter_mut().filter(|entry| entry.register == Register::Incident) {
            entry.target = "".into();
        }
    }),
];

/// Right and wrong findings and silences of one criterion.
#[derive(Clone, Copy, Default)]
struct Counts {
    found: u64,
    false_alarm: u64,
    missed: u64,
    silent: u64,
}

impl Counts {
    fn add(&mut self, is_violated: bool, is_found: bool) {
        match (is_violated, is_found) {
            (true, true) => self.found += 1,
            (false, true) => self.false_alarm += 1,
            (true, false) => self.missed += 1,
            (false, false) => self.silent += 1,
        }
    }

    fn precision(self) -> f64 {
        share(self.found, self.false_alarm)
    }

    fn recall(self) -> f64 {
        share(self.found, self.missed)
    }

    /// Whether something was found, all of it, and nothing else.
    const fn is_perfect(self) -> bool {
        self.found > 0 && self.false_alarm == 0 && self.missed == 0
    }
}

fn share(right: u64, wrong: u64) -> f64 {
    if right + wrong == 0 { f64::NAN } else { right as f64 / (right + wrong) as f64 }
}

type Table = BTreeMap<usize, Counts>;

/// Puts one violation into every second change, and counts what is found.
fn on_changes(table: &mut Table) {
    let all: Vec<(&'static str, violations::Mutation)> = VIOLATIONS
        .iter()
        .filter(|(id, _)| !NEVER_UNMET.contains(id))
        .chain(ABSENCES)
        .map(|&(id, mutate)| (id, mutate))
        .collect();
    let mut numbers = Numbers::new(SEED);
    for _ in 0..OF_CHANGES {
        one_history(table, &all, &mut numbers);
    }
}

fn one_history(table: &mut Table, all: &[(&'static str, violations::Mutation)], numbers: &mut Numbers) {
    let mut history = History::of(CHANGES);
    let mut expected: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for case in &mut history.cases {
        if numbers.between(0, 1) == 0 {
            let at = numbers.between(0, all.len() as u64 - 1) as usize;
            let (id, mutate) = all[at];
            mutate(case);
            // What one cause leaves unmet besides is expected too.
            let unshown = UNSHOWN.iter().filter(|(first, _)| *first == id).map(|(_, with)| *with);
            expected.insert(number(case), unmet_with(id).chain(unshown).chain([id]).collect());
        }
    }
    let assessment = history.assess();
    for (row, id) in assessment.scope.iter().enumerate() {
        let violated = expected.get(&assessment.store.changes[id.index()].number);
        let alike = |index: &CriterionIndex| ON_POPULATION.iter().any(|(id, ..)| *id == index.criterion().id);
        for criterion in evaluated(Scope::Change).filter(|index| !alike(index)) {
            let name = criterion.criterion().id;
            let gap = if NEVER_UNMET.contains(&name) { Verdict::Unproven } else { Verdict::Unmet };
            let is_found = assessment.verdict(row, criterion) == gap;
            table
                .entry(criterion.index())
                .or_default()
                .add(violated.is_some_and(|ids| ids.contains(&name)), is_found);
        }
    }
}

fn number(case: &Case) -> u64 {
    case.change.key.number
}

fn on_population(table: &mut Table) {
    for &(id, gap, mutate) in ON_POPULATION {
        let Some(index) = CriterionIndex::of(id) else { continue };
        for nth in 0..HISTORIES {
            let mut history = History::of(4 + nth as usize % 5);
            let is_violated = nth % 2 == 1;
            if is_violated {
                mutate(&mut history);
            }
            let assessment = history.assess();
            let verdict = match index.criterion().scope {
                Scope::Population => assessment.population[index.index()].verdict,
                Scope::Change => assessment.verdict(0, index),
            };
            // Anything but the verdict of an untouched history is an alarm, and only the right one finds it.
            let is_found = if is_violated { verdict == gap } else { verdict != Verdict::Met };
            table.entry(index.index()).or_default().add(is_violated, is_found);
        }
    }
}

fn evaluated(scope: Scope) -> impl Iterator<Item = CriterionIndex> {
    registry::all().filter(move |index| index.criterion().scope == scope && index.criterion().is_evaluated)
}

fn main() -> ExitCode {
    let mut table = Table::new();
    on_changes(&mut table);
    on_population(&mut table);
    println!(
        "{} changes, {HISTORIES} histories a criterion on the population, seed {SEED}\n",
        CHANGES * OF_CHANGES
    );
    println!(
        "{:<34} {:>6} {:>6} {:>6} {:>6} {:>10} {:>7}",
        "criterion", "found", "false", "missed", "silent", "precision", "recall"
    );
    let (mut wrong, mut uncovered) = (0, Vec::new());
    for criterion in evaluated(Scope::Change).chain(evaluated(Scope::Population)) {
        let (name, counts) =
            (criterion.criterion().id, table.get(&criterion.index()).copied().unwrap_or_default());
        if counts.found + counts.missed == 0 {
            uncovered.push(name);
        }
        wrong += u32::from(!counts.is_perfect());
        println!(
            "{name:<34} {:>6} {:>6} {:>6} {:>6} {:>10.4} {:>7.4}{}",
            counts.found,
            counts.false_alarm,
            counts.missed,
            counts.silent,
            counts.precision(),
            counts.recall(),
            if counts.is_perfect() { "" } else { "  !" }
        );
    }
    for name in &uncovered {
        println!(
            "not covered: {name} has no violation that could be put in (tests/violations.rs, tests/proof/audit_proof.rs)"
        );
    }
    if wrong == 0 {
        println!("\nprecision and recall are 1 for every evaluated criterion");
        ExitCode::SUCCESS
    } else {
        println!("\n{wrong} criteria are not shown to be right");
        ExitCode::FAILURE
    }
}
