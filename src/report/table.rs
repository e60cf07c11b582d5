//! Tables for a terminal: columns of text, aligned; hostile text is made visible and cut.

use crate::assess::Assessment;
use crate::engine::Bundle;
use crate::framework::Pack;
use crate::problem::{Severity, is_invisible};
use crate::protocol::{FrameworkRow, ProblemCounts};
use crate::query::{facts, views};
use crate::store::Store;

/// How wide a column of text may be.
const WIDEST: usize = 64;
/// How wide the last column may be.
const WIDEST_LAST: usize = 120;
/// How long a message may be.
const WIDEST_MESSAGE: usize = 300;
/// How many problems, holes and closers are listed.
const MOST_LISTED: usize = 10;

/// How a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// To the left.
    Left,
    /// To the right, for numbers.
    Right,
}

/// Lays rows out in columns, two spaces apart, the last one not filled up. The first row is the head.
pub fn table(align: &[Align], rows: &[Vec<String>]) -> String {
    let room = |column: usize| if column + 1 == align.len() { WIDEST_LAST } else { WIDEST };
    let cells = |row: &Vec<String>| row.iter().enumerate().map(|(at, cell)| shown(cell, room(at))).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..align.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for ((cell, &width), &align) in row.iter().zip(&widths).zip(align) {
            let space = " ".repeat(width.saturating_sub(cell.chars().count()));
            match align {
                Align::Left => line.extend([cell.as_str(), &space, "  "]),
                Align::Right => line.extend([space.as_str(), cell, "  "]),
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Returns text as a terminal may show it: on one line, without control or bidirectional characters, and cut in the middle
/// when it is longer than `room` characters.
pub fn shown(text: &str, room: usize) -> String {
    let visible = |c: char| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c };
    let count = text.chars().count();
    if count <= room {
        return text.chars().map(visible).collect();
    }
    let (before, after) = (room / 2, room.saturating_sub(room / 2 + 1));
    let start = text.chars().take(before);
    let end = text.chars().skip(count - after);
    start.chain(std::iter::once('…')).chain(end).map(visible).collect()
}

/// Writes a count of records with the noun that it is counted by, in the singular for one.
pub fn counted(count: u64, plural: &str) -> String {
    if count != 1 {
        return format!("{count} {plural}");
    }
    let singular = match plural {
        "aliases" => "alias",
        "policies" => "policy",
        _ => plural.strip_suffix('s').unwrap_or(plural),
    };
    format!("1 {singular}")
}

/// Writes a count of bytes in the unit that suits it.
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => {
            let tenths = u128::from(count) * 10 / u128::from(*size);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{count} B"),
    }
}

/// Writes what is in a bundle: each file with its format and records.
pub fn inspect(bundle: &Bundle) -> String {
    let store = &bundle.assessment.store;
    let mut rows = vec![["file", "bytes", "sha256", "format", "records"].map(str::to_owned).to_vec()];
    for file in &store.files {
        let row = views::file_row(file);
        let records: Vec<String> = row.records.iter().map(|(noun, count)| counted(*count, noun)).collect();
        let digest =
            if row.sha256.is_empty() { "not read".into() } else { row.sha256.chars().take(12).collect() };
        rows.push(vec![row.path, bytes(row.bytes), digest, row.title, records.join(", ")]);
    }
    let mut out = table(&[Align::Left, Align::Right, Align::Left, Align::Left, Align::Left], &rows);
    let reasons: Vec<String> = store
        .files
        .iter()
        .filter(|file| file.format.is_empty())
        .map(|file| format!("  {}: {}\n", shown(&file.path, WIDEST), file.title))
        .collect();
    if !reasons.is_empty() {
        out.push_str(&format!("\nNot read ({}):\n", reasons.len()));
        out.extend(reasons.into_iter().take(MOST_LISTED));
    }
    out.push_str(&format!(
        "\n{}, sha256 {}\n{}, {} of them merged and in scope; {}; {}\n",
        counted(store.files.len() as u64, "files"),
        bundle.sha256,
        counted(store.changes.len() as u64, "changes"),
        bundle.assessment.scope.len(),
        counted(store.statements.len() as u64, "statements"),
        counted(store.persons.len() as u64, "persons"),
    ));
    out.push_str(&problems_line(store));
    out
}

fn problems_line(store: &Store) -> String {
    format!("{}\n", problem_counts(views::problem_counts(&store.problems)))
}

/// Writes how many problems there are.
pub fn problem_counts(counts: ProblemCounts) -> String {
    let ProblemCounts { errors, warnings, notes } = counts;
    if errors + warnings + notes == 0 {
        return "No problems with the input".into();
    }
    let [errors, warnings, notes] = [(errors, "errors"), (warnings, "warnings"), (notes, "notes")]
        .map(|(count, noun)| counted(count, noun));
    format!("Problems with the input: {errors}, {warnings}, {notes}")
}

/// Writes the frameworks that there are.
pub fn frameworks(packs: &[Pack]) -> String {
    let mut rows = vec![["id", "name", "version", "controls", "sha256"].map(str::to_owned).to_vec()];
    for pack in packs {
        let digest = pack.sha256.chars().take(12).collect();
        let count = pack.controls.len().to_string();
        rows.push(vec![pack.id.clone(), pack.name.clone(), pack.version.clone(), count, digest]);
    }
    table(&[Align::Left, Align::Left, Align::Left, Align::Right, Align::Left], &rows)
}

/// Writes the outcome of an assessment: gap, funnel, frameworks, population, what closes the most, facts.
pub fn assess(bundle: &Bundle) -> String {
    let assessment = &bundle.assessment;
    let mut out = headline(bundle);
    out.push_str(&funnel(assessment));
    out.push_str(&by_framework(assessment));
    out.push_str(&population(assessment));
    out.push_str(&closers(assessment));
    out.push_str(&facts_listed(assessment));
    out.push('\n');
    out.push_str(&problems_line(&assessment.store));
    out
}

fn headline(bundle: &Bundle) -> String {
    let assessment = &bundle.assessment;
    let (gap, summary) = (assessment.gap(), bundle.summary());
    let period = if summary.from.is_empty() {
        "no period".into()
    } else {
        format!("{} to {}", summary.from, summary.to)
    };
    format!(
        "{}: {} merged, {period}, sha256 {}\n\n\
         Approved on paper  {:>7}\n  substantiated    {:>7}\n  contradicted     {:>7}   evidence speaks against it\n  unevidenced      {:>7}   nothing shows it either way\nNot approved       {:>7}\nNot known          {:>7}\n",
        shown(&bundle.name, WIDEST),
        counted(gap.merged, "changes"),
        bundle.sha256,
        gap.on_paper,
        gap.substantiated,
        gap.contradicted,
        gap.unevidenced,
        gap.merged - gap.on_paper - gap.paper_unknown,
        gap.paper_unknown,
    )
}

fn funnel(assessment: &Assessment) -> String {
    let mut rows = vec![["funnel", "proven", "not contradicted", "lost"].map(str::to_owned).to_vec()];
    for step in views::funnel(assessment) {
        let mut lost: Vec<String> = step.lost.into_iter().map(|lost| lost.text).take(3).collect();
        if !step.silence.is_empty() {
            lost = vec![step.silence];
        }
        rows.push(vec![
            step.title,
            step.proven.to_string(),
            step.uncontradicted.to_string(),
            lost.join("; "),
        ]);
    }
    format!("\n{}", table(&[Align::Left, Align::Right, Align::Right, Align::Left], &rows))
}

fn by_framework(assessment: &Assessment) -> String {
    let head = ["framework", "controls", "met", "unmet", "unproven", "excepted", "not applicable"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for pack in &assessment.packs {
        let row = views::framework_row(assessment, pack);
        let FrameworkRow { met, unmet, unproven, excepted, not_applicable, .. } = row;
        let counts = [pack.controls.len() as u64, met, unmet, unproven, excepted, not_applicable];
        rows.push(std::iter::once(pack.short.clone()).chain(counts.map(|count| count.to_string())).collect());
    }
    let align =
        [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Right, Align::Right];
    format!("\n{}", table(&align, &rows))
}

fn population(assessment: &Assessment) -> String {
    let mut rows = vec![["population", "verdict", "reason"].map(str::to_owned).to_vec()];
    for row in views::population(assessment) {
        rows.push(vec![row.criterion, row.verdict.word().to_owned(), row.reason]);
    }
    let mut out = format!("\n{}", table(&[Align::Left; 3], &rows));
    let gaps = || assessment.holes.iter().filter(|hole| !hole.is_note);
    for hole in gaps().take(MOST_LISTED) {
        out.push_str(&format!("  {}\n", shown(&hole.text, WIDEST_LAST)));
    }
    let more = gaps().count().saturating_sub(MOST_LISTED);
    if more > 0 {
        out.push_str(&format!("  and {more} more\n"));
    }
    out
}

fn closers(assessment: &Assessment) -> String {
    let closers = crate::query::closers::closers(assessment);
    if closers.is_empty() {
        return String::new();
    }
    let mut rows =
        vec![["changes", "controls", "held back by", "what closes it"].map(str::to_owned).to_vec()];
    for closer in closers.into_iter().take(MOST_LISTED) {
        let criterion = format!("{} {}", closer.criterion, closer.verdict.word());
        rows.push(vec![closer.changes.to_string(), closer.controls.to_string(), criterion, closer.text]);
    }
    format!("\n{}", table(&[Align::Right, Align::Right, Align::Left, Align::Left], &rows))
}

fn facts_listed(assessment: &Assessment) -> String {
    let mut out = String::from("\nfacts\n");
    for fact in facts::facts(assessment) {
        let count =
            if fact.of > 0 { format!("{} of {}", fact.count, fact.of) } else { fact.count.to_string() };
        out.push_str(&format!("  {count:>12}  {}\n", shown(&fact.text, WIDEST_LAST)));
    }
    out
}

/// Writes the worst few problems, one line each, for standard error.
pub fn worst_problems(store: &Store, most: usize) -> String {
    let mut problems: Vec<_> =
        store.problems.iter().filter(|problem| problem.severity != Severity::Note).collect();
    crate::order::sort_by_key(&mut problems, |problem| problem.severity);
    let mut out = String::new();
    for problem in problems.iter().take(most) {
        let place = [problem.file.as_str(), problem.at.pointer.as_str()];
        let place: Vec<String> =
            place.into_iter().filter(|text| !text.is_empty()).map(|text| shown(text, WIDEST)).collect();
        out.push_str(&format!(
            "{}: {}: {}",
            problem.severity.word(),
            place.join(" "),
            shown(&problem.found, WIDEST_MESSAGE)
        ));
        if !problem.expected.is_empty() {
            out.push_str(&format!("; expected {}", shown(&problem.expected, WIDEST_MESSAGE)));
        }
        out.push('\n');
    }
    let more = problems.len().saturating_sub(most);
    if more > 0 {
        out.push_str(&format!("and {more} more; see them with --format json\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_move_the_terminal_or_the_columns() {
        let rows = vec![
            vec!["\u{1b}[31mred\u{202e}".to_owned(), "x".repeat(500)],
            vec!["é".to_owned(), "b".to_owned()],
        ];
        let out = table(&[Align::Left, Align::Left], &rows);
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'));
        assert!(out.lines().all(|line| line.chars().count() < 140));
        let columns: Vec<_> =
            out.lines().map(|line| line.chars().position(|c| c == 'x' || c == 'b')).collect();
        assert_eq!(columns, [Some(11), Some(11)]);
    }

    #[test]
    fn counts_of_bytes_are_short() {
        assert_eq!([0, 1023, 1536, 5 << 20].map(bytes), ["0 B", "1023 B", "1.5 KiB", "5.0 MiB"]);
    }
}
