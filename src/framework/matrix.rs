//! The tally of a pack over all changes: counted for each control and column, never averaged.
//!
//! A hundred thousand changes times a hundred controls are decided again whenever the scope changes, so formulas are
//! compiled to masks over criteria: one word for each verdict, tested with a few instructions.

use crate::assess::registry::{CRITERIA, CriterionIndex, Scope};
use crate::model::Verdict;

use super::needs::{Needs, Predicates};
use super::pack::Pack;
use super::words::Applies;

/// A set of criteria, one bit each.
type Mask = u128;

const _: () = assert!(CRITERIA.len() <= Mask::BITS as usize, "a mask has a bit for each criterion");

/// Counts of changes by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlCounts {
    /// Met.
    pub met: u32,
    /// Unmet.
    pub unmet: u32,
    /// Unproven.
    pub unproven: u32,
    /// Excepted.
    pub excepted: u32,
    /// Not applicable.
    pub not_applicable: u32,
}

impl ControlCounts {
    /// Counts one verdict.
    pub const fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Met => self.met += 1,
            Verdict::Unmet => self.unmet += 1,
            Verdict::Unproven => self.unproven += 1,
            Verdict::Excepted => self.excepted += 1,
            Verdict::NotApplicable => self.not_applicable += 1,
        }
    }

    /// Returns how many were counted.
    pub const fn total(&self) -> u32 {
        self.met + self.unmet + self.unproven + self.excepted + self.not_applicable
    }

    /// Returns the worst verdict that occurs: a single deviation is enough.
    pub const fn verdict(&self) -> Verdict {
        if self.unmet > 0 {
            Verdict::Unmet
        } else if self.unproven > 0 {
            Verdict::Unproven
        } else if self.excepted > 0 {
            Verdict::Excepted
        } else if self.met > 0 {
            Verdict::Met
        } else {
            Verdict::NotApplicable
        }
    }

    const fn join(&mut self, other: &Self) {
        self.met += other.met;
        self.unmet += other.unmet;
        self.unproven += other.unproven;
        self.excepted += other.excepted;
        self.not_applicable += other.not_applicable;
    }
}

/// One control over all changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlTally {
    /// The worst verdict that occurs; of a control on the population, its verdict.
    pub verdict: Verdict,
    /// Counts over all changes; of a control on the population, that one verdict.
    pub totals: ControlCounts,
    /// Counts by column; of a control on the population, empty counts.
    pub columns: Vec<ControlCounts>,
}

/// Tallies a pack: one entry for each of its controls, in order.
///
/// `verdict` and `predicates` give those of a change by its position, `column` its column (those beyond `columns` count
/// in the totals only), `population` the verdict of a criterion on the population.
pub fn tally(
    pack: &Pack,
    changes: usize,
    verdict: impl Fn(usize, CriterionIndex) -> Verdict,
    predicates: impl Fn(usize) -> Predicates,
    column: impl Fn(usize) -> usize,
    columns: usize,
    population: impl Fn(CriterionIndex) -> Verdict,
) -> Vec<ControlTally> {
    let formulas: Vec<Compiled> = pack.controls.iter().map(|control| compile(&control.needs)).collect();
    let used = used(pack);
    // One more column takes what is beyond them.
    let width = columns + 1;
    let mut counts = vec![ControlCounts::default(); pack.controls.len() * width];
    for change in 0..changes {
        let verdicts = Verdicts::of(&used, |criterion| verdict(change, criterion));
        let predicates = predicates(change);
        let holds = holding(predicates);
        let at = column(change).min(columns);
        for (control, formula) in formulas.iter().enumerate() {
            let row = &pack.controls[control];
            let applies = holds[row.applies as usize] && predicates.may_belong(row.system_bit);
            let outcome = if applies { formula.verdict(&verdicts) } else { Verdict::NotApplicable };
            counts[control * width + at].add(outcome);
        }
    }
    let rows = pack.controls.iter().zip(counts.chunks_exact(width));
    rows.map(|(control, row)| {
        if control.is_population() {
            let mut totals = ControlCounts::default();
            totals.add(control.needs.verdict(&population));
            return ControlTally {
                verdict: totals.verdict(),
                totals,
                columns: vec![ControlCounts::default(); columns],
            };
        }
        let mut totals = ControlCounts::default();
        row.iter().for_each(|counts| totals.join(counts));
        ControlTally { verdict: totals.verdict(), totals, columns: row[..columns].to_vec() }
    })
    .collect()
}

/// The criteria on changes that decide some control, in order.
fn used(pack: &Pack) -> Vec<CriterionIndex> {
    let mut used: Vec<_> = pack
        .controls
        .iter()
        .flat_map(|control| control.needs.criteria())
        .filter(|criterion| criterion.criterion().scope == Scope::Change)
        .collect();
    crate::order::sort(&mut used);
    used.dedup();
    used
}

fn holding(predicates: Predicates) -> [bool; Applies::ALL.len()] {
    let mut holds = [false; Applies::ALL.len()];
    for &applies in Applies::ALL {
        holds[applies as usize] = predicates.hold(applies);
    }
    holds
}

/// The verdicts of one change: for each verdict, the criteria that have it.
struct Verdicts([Mask; Verdict::ALL.len()]);

impl Verdicts {
    fn of(used: &[CriterionIndex], verdict: impl Fn(CriterionIndex) -> Verdict) -> Self {
        let mut masks = [0; Verdict::ALL.len()];
        for &criterion in used {
            masks[verdict(criterion) as usize] |= bit(criterion);
        }
        Self(masks)
    }

    /// The worst verdict in a set, not applicable for none.
    const fn worst(&self, set: Mask) -> Verdict {
        if set & self.0[Verdict::Unmet as usize] != 0 {
            Verdict::Unmet
        } else if set & self.0[Verdict::Unproven as usize] != 0 {
            Verdict::Unproven
        } else if set & self.0[Verdict::Excepted as usize] != 0 {
            Verdict::Excepted
        } else if set & self.0[Verdict::Met as usize] != 0 {
            Verdict::Met
        } else {
            Verdict::NotApplicable
        }
    }

    /// The best verdict in a set, not applicable only for nothing else.
    const fn best(&self, set: Mask) -> Verdict {
        if set & self.0[Verdict::Met as usize] != 0 {
            Verdict::Met
        } else if set & self.0[Verdict::Excepted as usize] != 0 {
            Verdict::Excepted
        } else if set & self.0[Verdict::Unproven as usize] != 0 {
            Verdict::Unproven
        } else if set & self.0[Verdict::Unmet as usize] != 0 {
            Verdict::Unmet
        } else {
            Verdict::NotApplicable
        }
    }
}

/// A formula over sets of criteria; the nested sets are of the other kind.
enum Compiled {
    All(Mask, Vec<Mask>),
    Any(Mask, Vec<Mask>),
    Beyond,
}

impl Compiled {
    fn verdict(&self, verdicts: &Verdicts) -> Verdict {
        match self {
            Self::All(set, nested) => {
                nested.iter().fold(verdicts.worst(*set), |worst, &set| worst.max(verdicts.best(set)))
            }
            Self::Any(set, nested) => {
                nested.iter().fold(verdicts.best(*set), |best, &set| better(best, verdicts.worst(set)))
            }
            Self::Beyond => Verdict::Unproven,
        }
    }
}

fn better(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::NotApplicable, other) => other,
        (one, Verdict::NotApplicable) => one,
        (one, other) => one.min(other),
    }
}

/// Compiles a formula of the depth that packs allow; lists of the same kind in each other are one list.
fn compile(needs: &Needs) -> Compiled {
    match needs {
        Needs::One(criterion) => Compiled::All(bit(*criterion), Vec::new()),
        Needs::Beyond => Compiled::Beyond,
        Needs::All(entries) => {
            let (set, nested) = split(entries, |entry| matches!(entry, Needs::All(_)));
            Compiled::All(set, nested)
        }
        Needs::Any(entries) => {
            let (set, nested) = split(entries, |entry| matches!(entry, Needs::Any(_)));
            Compiled::Any(set, nested)
        }
    }
}

fn split(entries: &[Needs], is_same: fn(&Needs) -> bool) -> (Mask, Vec<Mask>) {
    let (mut set, mut nested) = (0, Vec::new());
    for entry in entries {
        let mask = entry.criteria().into_iter().fold(0, |mask, criterion| mask | bit(criterion));
        if matches!(entry, Needs::One(_)) || is_same(entry) { set |= mask } else { nested.push(mask) }
    }
    (set, nested)
}

const fn bit(criterion: CriterionIndex) -> Mask {
    1 << criterion.0
}
