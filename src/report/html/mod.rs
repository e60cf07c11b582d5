//! The report: one HTML file without scripts, links out or external parts, that prints on A4.
//!
//! Its policy allows its own style sheet by hash and nothing else. Text from evidence is escaped, and characters that
//! reorder or hide text are made visible.

mod changes;
pub mod paper;
mod sources;

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::assess::Assessment;
use crate::engine::Bundle;
use crate::framework::Pack;
use crate::model::{Moment, Verdict};
use crate::problem::is_invisible;
use crate::protocol::{Cell, Columns, EvidenceRow, MatrixRow};
use crate::query::filter::evaluated;
use crate::query::{closers, facts, matrix_view, population_view, views};

use super::chart;

const STYLE: &str = include_str!("style.css");
/// The greatest count of holes that are listed.
const MOST_HOLES: usize = 500;

/// Returns the report.
pub fn write(bundle: &Bundle) -> String {
    let assessment = &bundle.assessment;
    let mut out = String::new();
    head(&mut out, bundle);
    contents(&mut out, assessment);
    gap(&mut out, assessment);
    funnel(&mut out, assessment);
    population(&mut out, assessment);
    closing(&mut out, assessment);
    facts_said(&mut out, assessment);
    for pack in &assessment.packs {
        framework(&mut out, assessment, pack);
    }
    changes::write(&mut out, assessment);
    sources::write(&mut out, bundle);
    out.push_str("</main></body></html>\n");
    out
}

/// Puts formatted markup at the end; writing to a text does not fail.
macro_rules! put {
    ($out:expr, $($arguments:tt)*) => {{ writeln!($out, $($arguments)*).ok(); }};
}
use put;

/// Returns text as markup shows it: escaped, and what is invisible made visible.
fn text(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if is_invisible(c) || (c.is_control() && c != '\n') { '\u{fffd}' } else { c })
        .collect();
    chart::escape(&visible)
}

/// Returns the hash of the style sheet as a content security policy names it.
fn style_hash() -> String {
    format!("sha256-{}", data_encoding::BASE64.encode(&Sha256::digest(STYLE.as_bytes())))
}

fn head(out: &mut String, bundle: &Bundle) {
    let (assessment, summary) = (&bundle.assessment, bundle.summary());
    let name = text(&bundle.name);
    put!(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    put!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'\">",
        style_hash()
    );
    put!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"referrer\" content=\"no-referrer\">"
    );
    put!(out, "<title>Evidence of changes: {name}</title>\n<style>{STYLE}</style></head>\n<body><main>");
    put!(out, "<h1>Evidence of changes: {name}</h1>");
    let period = match (summary.from.as_str(), summary.to.as_str()) {
        ("", _) => "no merged change in scope".to_owned(),
        (from, to) => format!("merged {from} to {to} (UTC)"),
    };
    put!(
        out,
        "<p class=\"muted\">{} changes, {period}; {} files; SHA-256 over all files <span class=\"mono\">{}</span></p>",
        summary.changes,
        summary.files,
        bundle.sha256
    );
    if !summary.repositories.is_empty() {
        let shown: Vec<String> = summary.repositories.iter().take(20).map(|name| text(name)).collect();
        let more = summary.repositories.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        put!(out, "<p class=\"muted\">Repositories: {}{more}</p>", shown.join(", "));
    }
    let now = assessment.now.map_or_else(|| "not known".into(), |now| now.to_string());
    put!(
        out,
        "<p class=\"muted\">Made by Lacuna {}. What has expired was decided as of {now}: {}.</p>",
        summary.engine,
        if assessment.policy.now.is_some() {
            "given with the call or the policy"
        } else {
            "the latest time in the evidence"
        }
    );
    put!(
        out,
        "<p>This report says what the files listed at its end show of each merged change, criterion by criterion: evidence for \
         controls, and gaps in that evidence. <em>Unmet</em> means that evidence shows the contrary; <em>unproven</em> that nothing shows \
         it either way. Whether a control is effective, and whether that suffices, is for a person to conclude.</p>"
    );
}

fn contents(out: &mut String, assessment: &Assessment) {
    put!(out, "<nav aria-label=\"Contents\"><ul>");
    let fixed = [
        ("gap", "The attestation gap"),
        ("funnel", "Step by step"),
        ("population", "The population"),
        ("closers", "What closes the most"),
        ("facts", "Facts"),
    ];
    for (id, title) in fixed {
        put!(out, "<li><a href=\"#{id}\">{title}</a></li>");
    }
    for (at, pack) in assessment.packs.iter().enumerate() {
        put!(out, "<li><a href=\"#framework-{at}\">{}</a></li>", text(&pack.short));
    }
    let last = [
        ("changes", "Changes with gaps"),
        ("limits", "What this shows and what not"),
        ("packs", "Frameworks used"),
        ("policy", "Policy"),
        ("inputs", "Files"),
        ("problems", "Problems with the input"),
    ];
    for (id, title) in last {
        put!(out, "<li><a href=\"#{id}\">{title}</a></li>");
    }
    put!(out, "</ul></nav>");
}

fn gap(out: &mut String, assessment: &Assessment) {
    let gap = assessment.gap();
    put!(out, "<section><h2 id=\"gap\">The attestation gap</h2>");
    let open = gap.contradicted + gap.unevidenced;
    put!(
        out,
        "<p>Approved on paper and not substantiated: <strong>{open} of {}</strong> merged changes.</p>",
        gap.merged
    );
    put!(out, "<div class=\"gap\">");
    let unapproved = gap.merged - gap.on_paper - gap.paper_unknown;
    for (count, words, class) in [
        (gap.merged, "merged", ""),
        (gap.on_paper, "approved on paper", ""),
        (gap.substantiated, "substantiated", "met"),
        (gap.contradicted, "contradicted by evidence", "unmet"),
        (gap.unevidenced, "not shown either way", "unproven"),
        (unapproved, "merged without approval", "unmet"),
        (gap.paper_unknown, "approval not known", "unproven"),
    ] {
        put!(out, "<div class=\"{class}\"><b>{count}</b>{words}</div>");
    }
    put!(out, "</div>");
    let months = views::months(assessment);
    let trend = views::trend(assessment, &months);
    if trend.is_empty() && gap.merged > 0 {
        put!(out, "<p>Nothing in the bundle shows whether any of them was approved.</p>");
    }
    out.push_str(&trend);
    put!(out, "<h3>AI's part</h3>");
    out.push_str(&chart::ai_share(&months));
    put!(
        out,
        "<table><thead><tr><th>Month</th><th class=\"n\">merged</th><th class=\"n\">on paper</th><th class=\"n\">substantiated</th><th class=\"n\">AI took part</th><th class=\"n\">AI's part not known</th></tr></thead><tbody>"
    );
    for row in &months {
        put!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            row.month,
            row.merged,
            row.on_paper,
            row.substantiated,
            row.ai,
            row.ai_unknown
        );
    }
    put!(out, "</tbody></table></section>");
}

fn funnel(out: &mut String, assessment: &Assessment) {
    put!(out, "<section><h2 id=\"funnel\">Step by step</h2>");
    put!(
        out,
        "<table><caption>Two counts at each step: shown so far, and not contradicted so far. The steps and their criteria are part of the policy.</caption>"
    );
    put!(
        out,
        "<thead><tr><th>Step</th><th>Criteria</th><th class=\"n\">shown</th><th class=\"n\">not contradicted</th><th>lost here</th></tr></thead><tbody>"
    );
    for (step, counted) in views::funnel(assessment).iter().zip(assessment.funnel()) {
        let lost: Vec<String> = step
            .lost
            .iter()
            .map(|lost| format!("<li class=\"{}\">{}</li>", lost.verdict.slug(), text(&lost.text)))
            .collect();
        let lost = if lost.is_empty() { String::new() } else { format!("<ul>{}</ul>", lost.concat()) };
        put!(
            out,
            "<tr><td>{}</td><td class=\"mono\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}{lost}</td></tr>",
            text(&step.title),
            text(&counted.criteria.join(" ")),
            step.proven,
            step.uncontradicted,
            text(&step.silence),
        );
    }
    put!(out, "</tbody></table></section>");
}

/// Returns a verdict with its word, so that colour is never all that tells it.
fn verdict(verdict: Verdict) -> String {
    format!("<span class=\"v {}\">{}</span>", verdict.slug(), verdict.word())
}

/// Returns where records are, one line each.
fn places(evidence: &[EvidenceRow]) -> String {
    let lines: Vec<String> = evidence
        .iter()
        .map(|row| {
            format!(
                "<li>{} <span class=\"mono\">{} {}</span></li>",
                text(&row.label),
                text(&row.file),
                text(&row.pointer)
            )
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("<ul class=\"muted\">{}</ul>", lines.concat()) }
}

fn population(out: &mut String, assessment: &Assessment) {
    put!(out, "<section><h2 id=\"population\">The population</h2>");
    put!(
        out,
        "<table><thead><tr><th>Criterion</th><th>Verdict</th><th>Reason and records</th></tr></thead><tbody>"
    );
    for row in views::population(assessment) {
        put!(
            out,
            "<tr><td>{}<br><small class=\"mono\">{}</small></td><td>{}</td><td>{}{}</td></tr>",
            text(&row.claim),
            row.criterion,
            verdict(row.verdict),
            text(&row.reason),
            places(&row.evidence)
        );
    }
    put!(out, "</tbody></table>");
    out.push_str(&population_view::drawn(assessment));
    frozen(out, assessment);
    for group in population_view::groups(assessment, MOST_HOLES) {
        let note = if group.is_note { " (a note, no gap by itself)" } else { "" };
        put!(out, "<h3>{}: {}{note}</h3><ul>", group.title, group.count);
        for hole in &group.holes {
            put!(out, "<li>{} {}{}</li>", text(&hole.at), text(&hole.text), places(hole.evidence.as_slice()));
        }
        put!(out, "</ul>");
        let more = group.count.saturating_sub(group.holes.len() as u64);
        if more > 0 {
            put!(out, "<p class=\"muted\">{more} more are in the JSON of this assessment.</p>");
        }
    }
    put!(out, "</section>");
}

/// Says what was frozen, and when and how its sources were extracted.
fn frozen(out: &mut String, assessment: &Assessment) {
    let (policy, population) = (&assessment.policy, crate::audit::population(assessment));
    let end = |at: Option<Moment>| at.map_or_else(|| "open".into(), |at| at.to_string());
    put!(
        out,
        "<p>{} changes by date of {}, from {} to {} (exclusive), zone {}. SHA-256 of the list: <span class=\"mono\">{}</span></p>",
        population.items.len(),
        policy.effective.word(),
        end(policy.from),
        end(policy.to),
        policy.zone,
        population.sha256
    );
    put!(
        out,
        "<table><thead><tr><th>Source</th><th>Records</th><th>Extracted</th><th>How</th></tr></thead><tbody>"
    );
    let or_unknown = |said: &str| if said.is_empty() { "not known".to_owned() } else { text(said) };
    for row in population_view::sources(assessment) {
        put!(
            out,
            "<tr><td class=\"mono\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            text(&row.path),
            text(&row.records),
            or_unknown(&row.extracted),
            or_unknown(&row.how)
        );
    }
    put!(out, "</tbody></table>");
}

fn closing(out: &mut String, assessment: &Assessment) {
    put!(out, "<section><h2 id=\"closers\">What closes the most</h2>");
    let closers = closers::closers(assessment);
    if closers.is_empty() {
        put!(out, "<p>Nothing is approved on paper and not substantiated.</p></section>");
        return;
    }
    put!(
        out,
        "<table><thead><tr><th>What to do</th><th>Criterion</th><th class=\"n\">changes</th><th class=\"n\">controls</th></tr></thead><tbody>"
    );
    for closer in closers {
        put!(
            out,
            "<tr><td>{}</td><td><span class=\"mono\">{}</span> {}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            text(&closer.text),
            closer.criterion,
            verdict(closer.verdict),
            closer.changes,
            closer.controls
        );
    }
    put!(out, "</tbody></table></section>");
}

fn facts_said(out: &mut String, assessment: &Assessment) {
    put!(
        out,
        "<section><h2 id=\"facts\">Facts</h2><table><caption>Counts that are no verdicts.</caption><tbody>"
    );
    for fact in facts::facts(assessment) {
        let of = if fact.of > 0 { format!(" of {}", fact.of) } else { String::new() };
        put!(out, "<tr><td class=\"n\">{}{of}</td><td>{}</td></tr>", fact.count, text(&fact.text));
    }
    put!(out, "</tbody></table></section>");
}

fn framework(out: &mut String, assessment: &Assessment, pack: &Pack) {
    let Some(matrix) = matrix_view::matrix(assessment, &pack.id, Columns::Status) else { return };
    let at = assessment.packs.iter().position(|other| other.id == pack.id).unwrap_or(0);
    put!(out, "<section class=\"framework\"><h2 id=\"framework-{at}\">{}</h2>", text(&matrix.name));
    put!(out, "<p class=\"muted\">{}</p>", text(&matrix.note));
    let totals = &matrix.totals;
    put!(
        out,
        "<p>Of its controls listed here, {} have a deviating change, {} have none and are not shown for all, {} rest on exceptions, \
         the evidence supports {}, and {} apply to nothing in the bundle.</p>",
        totals.unmet,
        totals.unproven,
        totals.excepted,
        totals.met,
        totals.not_applicable
    );
    put!(
        out,
        "<table><thead><tr><th>Control</th><th>Demand, in our words</th><th>Verdict</th><th class=\"n\">deviate</th><th class=\"n\">unproven</th><th class=\"n\">excepted</th><th class=\"n\">met</th><th class=\"n\">not applicable</th></tr></thead><tbody>"
    );
    for group in &matrix.groups {
        if !group.name.is_empty() {
            put!(
                out,
                "<tr class=\"group\"><th colspan=\"8\" scope=\"rowgroup\">{}</th></tr>",
                text(&group.name)
            );
        }
        for row in &group.rows {
            control(out, row);
        }
    }
    put!(out, "</tbody></table></section>");
}

fn control(out: &mut String, row: &MatrixRow) {
    let Cell { met, unmet, unproven, excepted, not_applicable } = row.totals;
    let own = if row.is_own_id { " (our id)" } else { "" };
    let once = if row.is_population { "; decided once, on the population" } else { "" };
    put!(
        out,
        "<tr><td class=\"mono\">{}<br><small>{}{own}</small></td><td><strong>{}</strong><br>{}<br><small>{}, {}{once}. Needs: {}. {}</small></td><td>{}</td>\
         <td class=\"n\">{unmet}</td><td class=\"n\">{unproven}</td><td class=\"n\">{excepted}</td><td class=\"n\">{met}</td><td class=\"n\">{not_applicable}</td></tr>",
        text(&row.id),
        text(&row.cites.join(", ")),
        text(&row.title),
        text(&row.demands),
        text(&row.kind),
        text(&row.strength),
        text(&if row.needs.is_empty() {
            "nothing on file can decide it".to_owned()
        } else {
            row.needs.join(", ")
        }),
        text(&row.note),
        verdict(row.verdict),
    );
}

/// Writes `YYYY-MM-DD HH:MM`, or that it is not known.
fn when(at: Option<Moment>) -> String {
    at.map_or_else(|| "not known".into(), views::minute)
}

/// Returns the criteria of a row that have a verdict.
fn criteria_with(
    assessment: &Assessment,
    row: usize,
    wanted: Verdict,
) -> Vec<crate::assess::registry::CriterionIndex> {
    evaluated().filter(|&criterion| assessment.verdict(row, criterion) == wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_no_markup_and_hides_nothing() {
        assert_eq!(
            text("<img src=x onerror=\"alert(1)\">&'\u{202e}\u{1b}"),
            "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn the_style_sheet_cannot_end_early_and_loads_nothing() {
        for forbidden in ["<", "url(", "@import", "expression"] {
            assert!(!STYLE.contains(forbidden), "{forbidden}");
        }
    }
}
