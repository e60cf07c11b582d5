//! What the report rests on: limits, frameworks, policy, files and problems.

use std::fmt::Write as _;

use crate::assess::{Assessment, exceptions, registry};
use crate::compare::policy_digest;
use crate::engine::Bundle;
use crate::query::views;

use super::super::table;
use super::{put, text};

/// The greatest count of problems that are listed.
const MOST_PROBLEMS: usize = 500;
/// The greatest count of files that are listed.
const MOST_FILES: usize = 5_000;

pub(super) fn write(out: &mut String, bundle: &Bundle) {
    let assessment = &bundle.assessment;
    limits(out);
    packs(out, assessment);
    policy(out, bundle);
    inputs(out, assessment);
    problems(out, assessment);
}

fn limits(out: &mut String) {
    put!(out, "<section><h2 id=\"limits\">What this shows and what not</h2>");
    put!(
        out,
        "<p>It shows what the files say, with the place of every record, under the policy and frameworks given here; the same files, policy, \
         frameworks and version give the same report, byte for byte.</p>"
    );
    put!(
        out,
        "<p>It does not show that the files are complete or unaltered beyond what the population's verdicts say; that a person understood what \
         they approved (the depth of review is an indicator of effort); or that what a signed statement says is true: a valid signature \
         shows who said it. Signatures of commits are not checked. Times are those of the systems that wrote them.</p>"
    );
    put!(out, "<h3>Criteria that no format brings evidence for yet; they are unproven everywhere</h3><ul>");
    for criterion in
        registry::all().map(registry::CriterionIndex::criterion).filter(|criterion| !criterion.is_evaluated)
    {
        put!(out, "<li><span class=\"mono\">{}</span> {}</li>", criterion.id, text(criterion.claim));
    }
    put!(out, "</ul></section>");
}

fn packs(out: &mut String, assessment: &Assessment) {
    put!(out, "<section><h2 id=\"packs\">Frameworks used</h2>");
    put!(
        out,
        "<table><thead><tr><th>Id</th><th>Name</th><th>Publisher</th><th>Version</th><th>SHA-256 of the pack</th></tr></thead><tbody>"
    );
    for pack in &assessment.packs {
        put!(
            out,
            "<tr><td class=\"mono\">{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"mono\">{}</td></tr>",
            text(&pack.id),
            text(&pack.name),
            text(&pack.publisher),
            text(&pack.version),
            pack.sha256
        );
    }
    put!(out, "</tbody></table></section>");
}

fn policy(out: &mut String, bundle: &Bundle) {
    let assessment = &bundle.assessment;
    put!(out, "<section><h2 id=\"policy\">Policy</h2>");
    put!(
        out,
        "<p>In force: {}. SHA-256 over it as printed in the JSON of this assessment: <code>{}</code>.</p>",
        bundle.policy_source().words(),
        policy_digest(&assessment.policy)
    );
    exceptions(out, assessment);
    // A policy is plain data: turning it into JSON does not fail.
    let json = serde_json::to_string_pretty(&assessment.policy).unwrap_or_default();
    put!(out, "<pre>{}</pre></section>", text(&json));
}

/// Lists every exception with how it stands and what it did; those that change nothing too.
fn exceptions(out: &mut String, assessment: &Assessment) {
    let uses = exceptions::uses(assessment);
    if uses.is_empty() {
        put!(out, "<p>The policy holds no exceptions.</p>");
        return;
    }
    put!(
        out,
        "<table><caption>Exceptions, those too that change nothing</caption><thead><tr><th>Exception</th><th>Owner</th><th>How it stands</th><th class=\"n\">verdicts</th><th class=\"n\">changes</th></tr></thead><tbody>"
    );
    for own in uses {
        let exception = &assessment.policy.exceptions[own.position];
        let by = if own.is_by_machine { " <strong>(a machine)</strong>" } else { "" };
        put!(
            out,
            "<tr><td class=\"mono\">{}</td><td>{}{by}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            text(&exception.id),
            text(&exception.owner),
            own.state.words(),
            own.verdicts,
            own.changes
        );
    }
    put!(out, "</tbody></table>");
}

fn inputs(out: &mut String, assessment: &Assessment) {
    let files = &assessment.store.files;
    put!(out, "<section><h2 id=\"inputs\">Files</h2>");
    put!(
        out,
        "<table><thead><tr><th>File</th><th class=\"n\">bytes</th><th>Read as</th><th>SHA-256</th></tr></thead><tbody>"
    );
    for file in files.iter().take(MOST_FILES) {
        let row = views::file_row(file);
        let records: Vec<String> =
            row.records.iter().map(|(noun, count)| table::counted(*count, noun)).collect();
        let digest = if row.sha256.is_empty() { "not read to its end" } else { &row.sha256 };
        put!(
            out,
            "<tr><td class=\"mono\">{}</td><td class=\"n\">{}</td><td>{}<br><small>{}</small></td><td class=\"mono\">{digest}</td></tr>",
            text(&row.path),
            row.bytes,
            text(&row.title),
            text(&records.join(", "))
        );
    }
    put!(out, "</tbody></table>");
    let more = files.len().saturating_sub(MOST_FILES);
    if more > 0 {
        put!(out, "<p><strong>{more} more files are in the JSON of this assessment.</strong></p>");
    }
    put!(out, "</section>");
}

fn problems(out: &mut String, assessment: &Assessment) {
    let all = &assessment.store.problems;
    put!(out, "<section><h2 id=\"problems\">Problems with the input</h2>");
    put!(out, "<p>{}.</p>", table::problem_counts(views::problem_counts(all)));
    let mut sorted: Vec<_> = all.iter().collect();
    crate::order::sort_by_key(&mut sorted, |problem| problem.severity);
    if !sorted.is_empty() {
        put!(out, "<table><thead><tr><th>Where</th><th>What</th><th>What to do</th></tr></thead><tbody>");
        for problem in sorted.iter().take(MOST_PROBLEMS) {
            let row = views::problem_row(problem);
            let expected = if row.expected.is_empty() {
                String::new()
            } else {
                format!("; expected {}", text(&row.expected))
            };
            put!(
                out,
                "<tr><td class=\"mono\">{} {}</td><td><strong>{}</strong>, {}: {}{expected}</td><td>{}</td></tr>",
                text(&row.file),
                text(&row.pointer),
                problem.severity.word(),
                row.kind,
                text(&row.found),
                text(&row.hint)
            );
        }
        put!(out, "</tbody></table>");
        let more = sorted.len().saturating_sub(MOST_PROBLEMS);
        if more > 0 {
            put!(out, "<p><strong>{more} more problems are in the JSON of this assessment.</strong></p>");
        }
    }
    put!(out, "</section>");
}
