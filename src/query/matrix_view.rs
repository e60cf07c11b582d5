//! The matrix of one framework: controls by month, repository or verdict.

use crate::assess::Assessment;
use crate::framework::{Control, ControlCounts, ControlTally, Pack, Status, tally};
use crate::model::{Moment, Verdict};
use crate::protocol::{Cell, Columns, FrameworkRow, Matrix, MatrixGroup, MatrixRow};

use super::filter::Test;

/// The greatest count of columns; what is beyond counts in the totals only.
const MOST_COLUMNS: usize = 60;

/// Returns the matrix of a framework, of the first one for an empty id; `None` for an unknown one.
pub fn matrix(assessment: &Assessment, framework: &str, columns: Columns) -> Option<Matrix> {
    let mut packs = assessment.packs.iter();
    let pack = if framework.is_empty() { packs.next() } else { packs.find(|pack| pack.id == framework) }?;
    let (labels, column_of) = columns_of(assessment, columns);
    let tallies = tallies(assessment, pack, &column_of, labels.len());
    let mut groups: Vec<MatrixGroup> = Vec::new();
    for (control, tally) in pack.controls.iter().zip(&tallies) {
        if groups.last().is_none_or(|group| group.name != control.group) {
            groups.push(MatrixGroup { name: control.group.clone(), rows: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(matrix_row(pack, control, tally, columns));
        }
    }
    let columns_shown = if columns == Columns::Status { status_labels() } else { labels };
    Some(Matrix {
        id: pack.id.clone(),
        name: pack.name.clone(),
        short: pack.short.clone(),
        note: pack.note.clone(),
        sha256: pack.sha256.clone(),
        columns_are: columns,
        columns: columns_shown,
        groups,
        totals: totals(pack, &tallies),
    })
}

/// Returns the counts of a framework's controls by verdict.
pub fn framework_row(assessment: &Assessment, pack: &Pack) -> FrameworkRow {
    totals(pack, &tallies(assessment, pack, &[], 0))
}

/// Returns the tally of a pack over all changes, without columns.
pub fn tally_all(assessment: &Assessment, pack: &Pack) -> Vec<ControlTally> {
    tallies(assessment, pack, &[], 0)
}

fn tallies(assessment: &Assessment, pack: &Pack, column_of: &[u32], columns: usize) -> Vec<ControlTally> {
    tally(
        pack,
        assessment.scope.len(),
        |row, criterion| assessment.verdict(row, criterion),
        |row| assessment.predicates.get(row).copied().unwrap_or_default(),
        |row| column_of.get(row).map_or(usize::MAX, |&column| column as usize),
        columns,
        |criterion| {
            assessment.population.get(criterion.index()).map_or(Verdict::Unproven, |finding| finding.verdict)
        },
    )
}

/// Returns the labels of the columns, and the column of each row.
fn columns_of(assessment: &Assessment, columns: Columns) -> (Vec<String>, Vec<u32>) {
    let store = &assessment.store;
    let changes = || assessment.scope.iter().map(|id| &store.changes[id.index()]);
    match columns {
        Columns::Status => (Vec::new(), Vec::new()),
        Columns::Month => {
            let months: Vec<i32> =
                changes().map(|change| change.merged.map_or(i32::MIN, Moment::month)).collect();
            numbered(&months, |month| Moment::month_label(*month), |month| *month)
        }
        Columns::Repository => {
            let names: Vec<_> = changes().map(|change| store.text(change.repository).to_owned()).collect();
            let label = |name: &String| if name.is_empty() { "not said".to_owned() } else { name.clone() };
            numbered(&names, label, Clone::clone)
        }
    }
}

/// Numbers distinct values in order; the last ones are kept where there are too many.
fn numbered<T, K: Ord>(
    values: &[T],
    label: impl Fn(&T) -> String,
    key: impl Fn(&T) -> K,
) -> (Vec<String>, Vec<u32>) {
    let distinct = crate::order::map(values.iter().map(|value| (key(value), value)));
    let skipped = distinct.len().saturating_sub(MOST_COLUMNS);
    let labels = distinct.values().skip(skipped).map(|value| label(value)).collect();
    let numbers = crate::order::map(distinct.keys().skip(skipped).zip(0u32..));
    let of = values.iter().map(|value| numbers.get(&key(value)).copied().unwrap_or(u32::MAX)).collect();
    (labels, of)
}

fn status_labels() -> Vec<String> {
    STATUS.iter().map(|verdict| verdict.word().to_owned()).collect()
}

/// The verdicts in the order of the columns by status.
const STATUS: [Verdict; 5] =
    [Verdict::Unmet, Verdict::Unproven, Verdict::Excepted, Verdict::Met, Verdict::NotApplicable];

fn matrix_row(pack: &Pack, control: &Control, tally: &ControlTally, columns: Columns) -> MatrixRow {
    let totals = cell(&tally.totals);
    let cells = if columns == Columns::Status {
        STATUS.iter().map(|&verdict| only(&totals, verdict)).collect()
    } else {
        tally.columns.iter().map(cell).collect()
    };
    let query = |verdict| {
        if control.is_population() {
            return String::new();
        }
        Test::Control { framework: pack.id.clone(), control: control.id.clone(), verdict }.to_string()
    };
    MatrixRow {
        id: control.id.clone(),
        is_own_id: control.is_own_id,
        title: control.title.clone(),
        demands: control.demands.clone(),
        cites: control.cites.clone(),
        strength: control.strength.word().to_owned(),
        kind: kind(control),
        note: control.remarks(),
        needs: control.needs.criteria().into_iter().map(|index| index.criterion().id.to_owned()).collect(),
        informs: control.informs.iter().map(|index| index.criterion().id.to_owned()).collect(),
        verdict: tally.verdict,
        is_population: control.is_population(),
        totals,
        cells,
        query_unmet: query(Verdict::Unmet),
        query_unproven: query(Verdict::Unproven),
    }
}

/// Returns what kind of text a control stands for, with its status where it is not in force, and "addressable".
pub fn kind(control: &Control) -> String {
    let mut words = control.kind.word().replace('-', " ");
    if control.is_addressable {
        words.push_str(", addressable");
    }
    if control.status != Status::InForce {
        words.push_str(", ");
        words.push_str(control.status.word());
    }
    if let Some(date) = &control.applies_from {
        words.push_str(", applies from ");
        words.push_str(date);
    }
    words
}

/// Returns counts as the protocol has them.
pub const fn cell(counts: &ControlCounts) -> Cell {
    Cell {
        met: counts.met,
        unmet: counts.unmet,
        unproven: counts.unproven,
        excepted: counts.excepted,
        not_applicable: counts.not_applicable,
    }
}

const fn only(all: &Cell, verdict: Verdict) -> Cell {
    let mut cell = Cell { met: 0, unmet: 0, unproven: 0, excepted: 0, not_applicable: 0 };
    match verdict {
        Verdict::Met => cell.met = all.met,
        Verdict::Unmet => cell.unmet = all.unmet,
        Verdict::Unproven => cell.unproven = all.unproven,
        Verdict::Excepted => cell.excepted = all.excepted,
        Verdict::NotApplicable => cell.not_applicable = all.not_applicable,
    }
    cell
}

fn totals(pack: &Pack, tallies: &[ControlTally]) -> FrameworkRow {
    let mut row = FrameworkRow { id: pack.id.clone(), name: pack.short.clone(), ..FrameworkRow::default() };
    for tally in tallies {
        match tally.verdict {
            Verdict::Met => row.met += 1,
            Verdict::Unmet => row.unmet += 1,
            Verdict::Unproven => row.unproven += 1,
            Verdict::Excepted => row.excepted += 1,
            Verdict::NotApplicable => row.not_applicable += 1,
        }
    }
    row
}
