//! The changes with gaps, each with what is unmet and why.

use std::fmt::Write as _;

use crate::assess::{Assessment, causes};
use crate::model::Verdict;
use crate::protocol::{Sort, SortBy, Standing};
use crate::query::sort::sort;
use crate::query::views;

use super::{criteria_with, put, text, verdict, when};

/// The greatest count of changes that are listed.
const MOST_CHANGES: usize = 2_000;

pub(super) fn write(out: &mut String, assessment: &Assessment) {
    let mut rows: Vec<u32> = (0u32..)
        .zip(&assessment.standings)
        .filter(|(_, standing)| **standing != Standing::Substantiated)
        .map(|(row, _)| row)
        .collect();
    sort(assessment, &mut rows, Sort { by: SortBy::Gaps, descending: true });
    put!(out, "<section><h2 id=\"changes\">Changes with gaps</h2>");
    if rows.len() > MOST_CHANGES {
        put!(
            out,
            "<p><strong>{} changes are not substantiated; the {MOST_CHANGES} with the most gaps are listed.</strong> The JSON and CSV of this \
             assessment hold all.</p>",
            rows.len()
        );
    } else {
        put!(out, "<p>{} of {} changes are not substantiated.</p>", rows.len(), assessment.scope.len());
    }
    put!(
        out,
        "<table><thead><tr><th>Change</th><th>Merged (UTC)</th><th>Where it stands</th><th>What speaks against it, and what nothing shows</th></tr></thead><tbody>"
    );
    for &row in rows.iter().take(MOST_CHANGES) {
        change(out, assessment, row as usize);
    }
    put!(out, "</tbody></table></section>");
}

fn change(out: &mut String, assessment: &Assessment, row: usize) {
    let store = &assessment.store;
    let subject = assessment.subject(row);
    let change = subject.change;
    let standing = assessment.standings.get(row).copied().unwrap_or_default();
    let author = change.author.map_or("author not known", |author| store.name(author));
    put!(
        out,
        "<tr><td><span class=\"mono\">{}</span><br>{}<br><small>{}; AI {}</small></td><td class=\"id\">{}</td><td class=\"{}\">{}</td><td>",
        text(&store.change_id(change)),
        text(store.text(change.title)),
        text(author),
        assessment.ai.get(row).copied().unwrap_or_default().word(),
        when(change.merged),
        standing.verdict().slug(),
        standing.words(),
    );
    let causes = causes::of(assessment, row, &subject);
    if !causes.is_empty() {
        put!(out, "<ul>");
        for cause in &causes {
            let ids: Vec<&str> = cause.criteria.iter().map(|index| index.criterion().id).collect();
            put!(
                out,
                "<li>{} for one reason: {} <small>{}</small></li>",
                verdict(cause.verdict),
                text(&cause.text),
                ids.join(", ")
            );
        }
        put!(out, "</ul>");
    }
    let unmet = criteria_with(assessment, row, Verdict::Unmet);
    if !unmet.is_empty() {
        put!(out, "<ul>");
        for index in unmet {
            let finding = assessment.explain_with(&subject, index);
            let place =
                finding.evidence.first().and_then(|(label, place)| views::evidence_row(store, label, *place));
            let place = place.map_or_else(String::new, |row| {
                format!(" <small class=\"mono\">{} {}</small>", text(&row.file), text(&row.pointer))
            });
            let inputs: Vec<String> = finding
                .inputs
                .iter()
                .map(|(label, value)| format!("{}: {}", text(label), text(value)))
                .collect();
            let inputs = match inputs.as_slice() {
                [] => String::new(),
                _ => format!("<br><small>{}</small>", inputs.join("; ")),
            };
            put!(
                out,
                "<li>{} {}: {}{place}{inputs}</li>",
                verdict(Verdict::Unmet),
                index.criterion().id,
                text(&finding.reason)
            );
        }
        put!(out, "</ul>");
    }
    let unproven: Vec<&str> = criteria_with(assessment, row, Verdict::Unproven)
        .into_iter()
        .map(|index| index.criterion().id)
        .collect();
    if !unproven.is_empty() {
        put!(out, "{} {}", verdict(Verdict::Unproven), unproven.join(", "));
    }
    put!(out, "</td></tr>");
}
