//! Summary, overview and pages: an assessment as the plain data that app, command line and reports show.

use std::collections::BTreeMap;

use crate::assess::registry::CriterionIndex;
use crate::assess::{Assessment, Finding, FunnelCount};
use crate::model::place::hex;
use crate::model::{AiInvolvement, Verdict};
use crate::problem::{Problem, Severity};
use crate::protocol::{
    Address, ChangeRow, ChangesPage, EvidenceRow, FileRow, FunnelRow, Lost, MonthRow, Overview, Page,
    PopulationRow, ProblemCounts, ProblemRow, Sort, Standing, Summary,
};
use crate::report::chart;
use crate::store::{Place, Store};

use super::filter::{self, Query, criterion_term, evaluated};
use super::matcher::Matcher;
use super::sort::{gaps, sort};
use super::words::{failure, short};
use super::{closers, facets, facts, population_view};

pub use super::change_view::change;
pub use super::matrix_view::{framework_row, matrix};

/// The greatest count of rows on a page.
pub const MOST_ROWS: u32 = 200;

/// Returns what is always in sight once a bundle is open.
pub fn summary(name: &str, sha256: &str, assessment: &Assessment) -> Summary {
    let store = &assessment.store;
    let merged = |row: Option<&crate::store::ChangeId>| {
        row.and_then(|id| store.changes[id.index()].merged).map_or_else(String::new, |at| at.date())
    };
    Summary {
        name: name.to_owned(),
        sha256: sha256.to_owned(),
        from: merged(assessment.scope.first()),
        to: merged(assessment.scope.last()),
        repositories: repositories(assessment),
        changes: assessment.scope.len() as u64,
        files: store.files.len() as u64,
        statements: store.statements.len() as u64,
        holes: population_view::gaps(assessment),
        problems: problem_counts(&store.problems),
        frameworks: assessment.packs.iter().map(|pack| (pack.id.clone(), pack.short.clone())).collect(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        ..Summary::default()
    }
}

/// Returns the repositories of the changes in scope, sorted.
pub fn repositories(assessment: &Assessment) -> Vec<String> {
    let store = &assessment.store;
    let mut texts: Vec<_> = assessment.scope.iter().map(|id| store.changes[id.index()].repository).collect();
    crate::order::sort(&mut texts);
    texts.dedup();
    let mut names: Vec<String> =
        texts.into_iter().map(|text| store.text(text).to_owned()).filter(|name| !name.is_empty()).collect();
    crate::order::sort(&mut names);
    names
}

/// Counts problems by severity.
pub fn problem_counts(problems: &[Problem]) -> ProblemCounts {
    let mut counts = ProblemCounts::default();
    for problem in problems {
        match problem.severity {
            Severity::Error => counts.errors += 1,
            Severity::Warning => counts.warnings += 1,
            Severity::Note => counts.notes += 1,
        }
    }
    counts
}

/// Returns the overview.
pub fn overview(assessment: &Assessment) -> Overview {
    let months = months(assessment);
    Overview {
        gap: assessment.gap(),
        funnel: funnel(assessment),
        trend_svg: trend(assessment, &months),
        ai: ai(assessment),
        ai_svg: chart::ai_share(&months),
        months,
        frameworks: assessment.packs.iter().map(|pack| framework_row(assessment, pack)).collect(),
        closers: closers::closers(assessment),
        population: population(assessment),
        holes: population_view::gaps(assessment),
        facts: facts::facts(assessment),
    }
}

/// Draws the trend; empty where nothing shows whether any change was approved, so that no line says "none was".
pub fn trend(assessment: &Assessment, months: &[MonthRow]) -> String {
    let gap = assessment.gap();
    if gap.paper_unknown == gap.merged { String::new() } else { chart::trend(months) }
}

/// Returns the steps of the funnel with what each loses.
pub fn funnel(assessment: &Assessment) -> Vec<FunnelRow> {
    assessment.funnel().iter().map(funnel_row).collect()
}

fn funnel_row(step: &FunnelCount) -> FunnelRow {
    let lost = step.lost.iter().map(|group| Lost {
        text: format!("{} {}", group.count, failure(group.criterion, group.verdict)),
        count: group.count,
        verdict: group.verdict,
        query: lost_query(step, group.criterion, group.verdict),
    });
    let silence = if step.is_silent { "Nothing in this bundle shows it for any change." } else { "" };
    FunnelRow {
        id: step.id.clone(),
        title: step.title.clone(),
        proven: step.proven.len() as u64,
        uncontradicted: step.uncontradicted.len() as u64,
        lost: lost.collect(),
        silence: silence.to_owned(),
        query: if step.id == "merged" {
            String::new()
        } else {
            format!("step:{}", filter::quoted(&format!("{}:proven", step.id)))
        },
    }
}

/// Returns the query of the changes that a step loses for one criterion: those that an earlier criterion of the same
/// step loses are that one's, so that the counts add up.
fn lost_query(step: &FunnelCount, criterion: &str, verdict: Verdict) -> String {
    let mut query = format!("step:{}", filter::quoted(&format!("{}:{}", step.id, verdict.slug())));
    let Some(index) = CriterionIndex::of(criterion) else { return query };
    for earlier in step.criteria.iter().take_while(|id| id.as_str() != criterion) {
        if let Some(earlier) = CriterionIndex::of(earlier) {
            query.push_str(&format!(" -{}", criterion_term(earlier, verdict)));
        }
    }
    query.push(' ');
    query.push_str(&criterion_term(index, verdict));
    query
}

/// Returns the months of the period, those without a change included.
pub fn months(assessment: &Assessment) -> Vec<MonthRow> {
    let mut rows: BTreeMap<i32, MonthRow> = BTreeMap::new();
    for (row, id) in assessment.scope.iter().enumerate() {
        let Some(month) = assessment.store.changes[id.index()].merged.map(crate::model::Moment::month) else {
            continue;
        };
        let entry = rows.entry(month).or_default();
        entry.merged += 1;
        entry.on_paper += u64::from(assessment.paper.get(row) == Some(&Verdict::Met));
        entry.substantiated += u64::from(assessment.standings.get(row) == Some(&Standing::Substantiated));
        let ai = assessment.ai.get(row).copied().unwrap_or_default();
        entry.ai += u64::from(ai.took_part());
        entry.ai_unknown += u64::from(ai == AiInvolvement::Unknown);
    }
    let (Some(&first), Some(&last)) = (rows.keys().next(), rows.keys().next_back()) else {
        return Vec::new();
    };
    // A wrong clock far away must not fill the list with empty months.
    let is_dense = last - first < MOST_MONTHS;
    let all: Vec<i32> = if is_dense { (first..=last).collect() } else { rows.keys().copied().collect() };
    all.into_iter()
        .map(|month| {
            let label = crate::model::Moment::month_label(month);
            MonthRow { month: label, ..rows.remove(&month).unwrap_or_default() }
        })
        .collect()
}

/// Periods over this many months show only the months that have changes.
const MOST_MONTHS: i32 = 240;

fn ai(assessment: &Assessment) -> Vec<(AiInvolvement, u64, String)> {
    [AiInvolvement::Generated, AiInvolvement::Assisted, AiInvolvement::None, AiInvolvement::Unknown]
        .into_iter()
        .map(|state| {
            let count = assessment.ai.iter().filter(|&&ai| ai == state).count() as u64;
            (state, count, format!("ai:{}", state.word()))
        })
        .collect()
}

/// Returns the verdicts on the population, evaluated criteria only.
pub fn population(assessment: &Assessment) -> Vec<PopulationRow> {
    super::filter::evaluated_once()
        .filter_map(|index| Some((index.criterion(), assessment.population.get(index.index())?)))
        .map(|(criterion, finding)| PopulationRow {
            criterion: criterion.id.to_owned(),
            claim: criterion.claim.to_owned(),
            verdict: finding.verdict,
            reason: finding.reason.clone(),
            evidence: evidence(&assessment.store, &finding.evidence),
        })
        .collect()
}

/// Returns the rows of records behind a verdict.
pub fn evidence(store: &Store, records: &[(String, Place)]) -> Vec<EvidenceRow> {
    records.iter().filter_map(|(label, place)| evidence_row(store, label, *place)).collect()
}

/// Returns how what a finding rests on is known; `None` where it rests on nothing.
pub fn capture_of(finding: &Finding) -> Option<&'static str> {
    let rests_on_nothing = finding.evidence.is_empty() && finding.verdict != Verdict::Met;
    (!rests_on_nothing).then(|| finding.capture.word())
}

/// Returns the row of one record.
pub fn evidence_row(store: &Store, label: &str, place: Place) -> Option<EvidenceRow> {
    let (file, pointer, _) = store.locate(place)?;
    let (key, index) = place.part.map_or_else(Default::default, |part| (part.key.to_owned(), part.index));
    let address = Address { record: place.record.0, key, index };
    Some(EvidenceRow { label: label.to_owned(), file: file.path.clone(), pointer, address })
}

/// Returns the row of a change in a list.
pub fn change_row(assessment: &Assessment, row: usize) -> ChangeRow {
    let store = &assessment.store;
    let change = &store.changes[assessment.scope[row].index()];
    let number = if change.number > 0 {
        format!("#{}", change.number)
    } else {
        short(store.text(change.merge_commit)).to_owned()
    };
    let unmet = evaluated().filter(|&criterion| assessment.verdict(row, criterion) == Verdict::Unmet);
    ChangeRow {
        id: store.change_id(change),
        number,
        repository: store.text(change.repository).to_owned(),
        title: store.text(change.title).to_owned(),
        merged_at: change.merged.map_or_else(String::new, minute),
        author: change.author.map_or_else(String::new, |author| store.name(author).to_owned()),
        ai: assessment.ai.get(row).copied().unwrap_or_default(),
        lines: change.lines.map(|(added, deleted)| added.saturating_add(deleted)),
        standing: assessment.standings.get(row).copied().unwrap_or_default(),
        unmet: unmet.map(|criterion| criterion.criterion().id.to_owned()).collect(),
        unproven: gaps(assessment, row).1,
    }
}

/// Writes `YYYY-MM-DD HH:MM` in UTC.
pub fn minute(at: crate::model::Moment) -> String {
    let text = at.to_string();
    match text.split_once('T') {
        Some((day, time)) => format!("{day} {}", time.get(..5).unwrap_or(time)),
        None => text,
    }
}

/// Returns the rows that a query matches, sorted, with the query and what could not be understood.
pub fn select(assessment: &Assessment, query: &str, order: Sort) -> (Vec<u32>, Query, Vec<String>) {
    let (query, mut complaints) = filter::parse(query);
    let (matcher, more) = Matcher::new(&query, assessment);
    complaints.extend(more);
    let mut rows = matcher.rows();
    sort(assessment, &mut rows, order);
    (rows, query, complaints)
}

/// Returns a page of changes.
pub fn changes(assessment: &Assessment, query: &str, order: Sort, offset: u32, limit: u32) -> ChangesPage {
    let (rows, parsed, complaints) = select(assessment, query, order);
    let page =
        page(&rows, assessment.scope.len(), offset, limit, |&row| change_row(assessment, row as usize));
    ChangesPage {
        query: query.to_owned(),
        complaints,
        page,
        facets: facets::facets(assessment, &rows, &parsed),
    }
}

/// Returns a page of rows; an offset over the end gives an empty one.
pub(super) fn page<T, R>(rows: &[T], of: usize, offset: u32, limit: u32, to: impl Fn(&T) -> R) -> Page<R> {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let shown = rows.iter().skip(offset as usize).take(limit.min(MOST_ROWS) as usize);
    Page { offset, total: count(rows.len()), of: count(of), rows: shown.map(to).collect() }
}

/// Returns a page of files.
pub fn files(assessment: &Assessment, filter: &str, offset: u32, limit: u32) -> Page<FileRow> {
    let wanted = filter.trim().to_lowercase();
    let all: Vec<FileRow> = assessment.store.files.iter().map(file_row).collect();
    let fits = |row: &&FileRow| {
        [&row.path, &row.format, &row.title, &row.sha256]
            .into_iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    };
    let rows: Vec<&FileRow> = all.iter().filter(fits).collect();
    page(&rows, all.len(), offset, limit, |row| (*row).clone())
}

/// Returns the row of a file.
pub fn file_row(file: &crate::store::File) -> FileRow {
    FileRow {
        path: file.path.clone(),
        bytes: file.bytes,
        sha256: file.sha256.map(|digest| hex(&digest)).unwrap_or_default(),
        format: file.format.to_owned(),
        title: file.title.to_owned(),
        reason: file.reason.clone(),
        records: file.records.iter().map(|(noun, count)| ((*noun).to_owned(), *count)).collect(),
        problems: file.problems,
    }
}

/// Returns a page of problems, the worst first.
pub fn problems(assessment: &Assessment, filter: &str, offset: u32, limit: u32) -> Page<ProblemRow> {
    let wanted = filter.trim().to_lowercase();
    let mut rows: Vec<&Problem> = assessment.store.problems.iter().collect();
    let all = rows.len();
    rows.retain(|problem| {
        let texts = [problem.file.as_str(), problem.kind.word(), problem.severity.word(), &problem.found];
        texts.into_iter().any(|text| text.to_lowercase().contains(&wanted))
    });
    crate::order::sort_by_key(&mut rows, |problem| problem.severity);
    page(&rows, all, offset, limit, |problem| problem_row(problem))
}

/// Returns the row of a problem.
pub fn problem_row(problem: &Problem) -> ProblemRow {
    ProblemRow {
        file: problem.file.clone(),
        pointer: problem.at.pointer.clone(),
        severity: problem.severity,
        kind: problem.kind.word().to_owned(),
        found: problem.found.clone(),
        expected: problem.expected.clone(),
        hint: problem.kind.hint().to_owned(),
    }
}
