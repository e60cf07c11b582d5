//! The workpaper as a page to read, print and file: what rests on what, tested by whom, with the tool's verdict beside.

use std::fmt::Write as _;

use super::{STYLE, put, style_hash, text};
use crate::workpaper::{Attachment, By, ControlState, FindingState, Item, Signed, State, Tested};

/// Returns the page; `attachment` says how the paper fits the bundle that is open beside it.
pub fn write(state: &State, attachment: Option<&Attachment>) -> String {
    let mut out = String::new();
    head(&mut out, state, attachment);
    samples(&mut out, state);
    controls(&mut out, state);
    findings(&mut out, state);
    items(&mut out, state);
    notes(&mut out, state);
    log(&mut out, state);
    out.push_str("</main></body></html>\n");
    out
}

fn head(out: &mut String, state: &State, attachment: Option<&Attachment>) {
    let basis = &state.basis;
    let title = text(&basis.title);
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
    put!(
        out,
        "<title>Workpaper: {title}</title>\n<style>{STYLE}</style></head>\n<body><main><h1>Workpaper: {title}</h1>"
    );
    for fault in &state.faults {
        put!(
            out,
            "<p class=\"unmet\"><strong>Does not hold: entry {}: {}</strong></p>",
            fault.entry,
            text(&fault.text)
        );
    }
    if let Some(attachment) = attachment {
        for sentence in &attachment.differs {
            put!(out, "<p class=\"unproven\"><strong>{}</strong></p>", text(sentence));
        }
    }
    let period = match (basis.from.as_str(), basis.to.as_str()) {
        ("", "") => "all of the evidence".to_owned(),
        (from, to) => format!("{} to {}", text(from), text(to)),
    };
    let packs: Vec<String> =
        basis.packs.iter().map(|pack| format!("{} ({})", text(&pack.id), text(&pack.version))).collect();
    put!(out, "<table><tbody>");
    for (term, value) in [
        ("Bundle", text(&basis.bundle)),
        ("SHA-256 of the bundle", text(&basis.bundle_sha256)),
        (
            "Population",
            format!("{} changes, SHA-256 {}", basis.population_size, text(&basis.population_sha256)),
        ),
        ("Period", period),
        ("Engine", text(&basis.engine)),
        ("Policy", format!("SHA-256 {}", text(&basis.policy_sha256))),
        ("Packs", packs.join(", ")),
        ("Entries", format!("{}, the last with the hash {}", state.entries, text(&state.head))),
        ("Signed off", signed(&state.sign_offs, state.changed)),
    ] {
        put!(out, "<tr><th scope=\"row\">{term}</th><td>{value}</td></tr>");
    }
    put!(out, "</tbody></table>");
    put!(
        out,
        "<p>The tool's verdict stands beside each result as it was at the time; it is never replaced. A sign-off is a statement of the \
         person named, and no electronic signature. Whoever keeps the hash of the last entry can tell whether anything was changed since.</p>"
    );
    for conflict in &state.conflicts {
        put!(out, "<p class=\"unproven\">Open after a merge: {}</p>", text(conflict));
    }
}

/// Returns who signed, and whether something changed since.
fn signed(signs: &[By<Signed>], changed: u64) -> String {
    if signs.is_empty() {
        return "nobody".to_owned();
    }
    let each = signs.iter().map(|sign| {
        let is_stale = if sign.entry > changed { "" } else { " (changed since)" };
        format!("{} as {}, {}{is_stale}", text(&sign.by), text(&sign.said.role), text(&sign.at))
    });
    each.collect::<Vec<_>>().join("; ")
}

fn samples(out: &mut String, state: &State) {
    put!(out, "<h2>Sample</h2>");
    for sample in &state.samples {
        let said = &sample.said;
        let sizing = match said.sizing.how.as_str() {
            "frequency" => format!(
                "conventional for a control that works {} at {} risk",
                text(&said.sizing.frequency),
                text(&said.sizing.risk)
            ),
            "attribute" => format!(
                "attribute sampling at confidence {}, tolerable rate {}, expected rate {}",
                text(&said.sizing.confidence),
                text(&said.sizing.tolerable),
                text(&said.sizing.expected)
            ),
            _ => "fixed".to_owned(),
        };
        let by = if said.by.is_empty() { String::new() } else { format!(" by {}", text(&said.by)) };
        let filter = if said.filter.is_empty() {
            String::new()
        } else {
            format!(" of <code>{}</code>", text(&said.filter))
        };
        put!(
            out,
            "<p>{} of {} changes{filter}, {}{by}, seed {}; size: {sizing}. Drawn by {}, {}.</p>",
            said.size,
            said.frame,
            text(&said.method),
            said.seed,
            text(&sample.by),
            text(&sample.at)
        );
    }
    for said in &state.evaluations {
        put!(out, "<p>{}</p>", evaluation(said));
    }
}

fn evaluation(said: &By<crate::workpaper::Evaluated>) -> String {
    format!("{} Evaluated by {}, {}.", text(&said.said.words()), text(&said.by), text(&said.at))
}

fn controls(out: &mut String, state: &State) {
    put!(out, "<h2>Controls</h2>");
    for control in &state.controls {
        one_control(out, control);
    }
}

fn one_control(out: &mut String, control: &ControlState) {
    let of = &control.control;
    put!(out, "<h3>{} {}: {}</h3>", text(&of.framework), text(&of.id), text(&of.title));
    put!(
        out,
        "<p>Tested by {}. {} items tested in full, {} deviate, {} open.</p>",
        of.criteria.iter().map(|id| text(id)).collect::<Vec<_>>().join(", "),
        control.tested,
        control.deviations,
        control.untested
    );
    for said in &control.evaluations {
        put!(out, "<p>{}</p>", evaluation(said));
    }
    if control.is_contested {
        put!(out, "<p class=\"unproven\">A merge brought two conclusions, and none was made since.</p>");
    }
    for said in &control.conclusions {
        put!(
            out,
            "<p><strong>{}</strong>: {} ({}, {})</p>",
            said.said.conclusion.words(),
            text(&said.said.basis),
            text(&said.by),
            text(&said.at)
        );
    }
    put!(out, "<p>Signed off: {}</p>", signed(&control.sign_offs, control.changed));
}

fn findings(out: &mut String, state: &State) {
    put!(out, "<h2>Findings</h2>");
    if state.findings.is_empty() {
        put!(out, "<p>None was raised.</p>");
    }
    for finding in &state.findings {
        one_finding(out, finding);
    }
}

fn one_finding(out: &mut String, finding: &FindingState) {
    let said = &finding.text;
    put!(out, "<h3>{}, {}, {}</h3>\n<table><tbody>", text(&said.id), said.grade.word(), finding.stage.word());
    for (term, value) in said.parts() {
        if !value.is_empty() {
            put!(out, "<tr><th scope=\"row\">{term}</th><td>{}</td></tr>", text(&value));
        }
    }
    put!(out, "</tbody></table><ul>");
    for row in &finding.history {
        put!(out, "<li>{} {}: {}", text(&row.at), text(&row.by), text(&row.words));
        for was in finding.revised.iter().filter(|was| was.entry == row.entry) {
            let words = if was.words.is_empty() { "empty".to_owned() } else { text(&was.words) };
            put!(out, "<br><small>{} was: {words}</small>", text(&was.kind));
        }
        put!(out, "</li>");
    }
    put!(out, "</ul>");
}

fn items(out: &mut String, state: &State) {
    put!(out, "<h2>Items and results</h2>");
    put!(
        out,
        "<table><thead><tr><th>Item</th><th>Step</th><th>Tool</th><th>Result</th><th>Note, reason and evidence</th><th>By</th></tr></thead><tbody>"
    );
    for item in &state.items {
        let Item { id, merge_commit, merged_at, .. } = &item.item;
        put!(
            out,
            "<tr class=\"group\"><th colspan=\"6\">{} · {} · {} · {} of {} steps tested, {} exceptions</th></tr>",
            text(id),
            text(merged_at),
            text(merge_commit),
            item.tested,
            state.steps.len(),
            item.exceptions
        );
        for step in &item.steps {
            let standing = step.results.len() - step.standing().len();
            for (at, result) in step.results.iter().enumerate() {
                let note = if at < standing { "superseded; " } else { "" };
                put!(out, "{}", row(&step.criterion, result, note));
            }
        }
    }
    put!(out, "</tbody></table>");
}

fn row(criterion: &str, result: &By<Tested>, note: &str) -> String {
    let said = &result.said;
    let class = match said.result {
        crate::workpaper::Outcome::Pass => "met",
        crate::workpaper::Outcome::Exception => "unmet",
        crate::workpaper::Outcome::NotTested => "unproven",
    };
    let mut words = note.to_owned() + &text(&said.note);
    if !said.reason.is_empty() {
        // Writing to a string cannot fail.
        write!(words, " Reason: {}", text(&said.reason)).ok();
    }
    for pin in &said.pins {
        write!(
            words,
            "<br><small>{} {} <span class=\"mono\">{}</span> SHA-256 <span class=\"mono\">{}</span></small>",
            text(&pin.label),
            text(&pin.path),
            text(&pin.pointer),
            text(&pin.sha256)
        )
        .ok();
    }
    format!(
        "<tr><td></td><td class=\"mono\">{}</td><td><span class=\"v {}\">{}</span><br><small>{}</small></td><td class=\"v {class}\">{}</td><td>{words}</td><td>{}<br><small>{}</small></td></tr>",
        text(criterion),
        said.tool.slug(),
        said.tool.word(),
        text(&said.tool_reason),
        said.result.word(),
        text(&result.by),
        text(&result.at)
    )
}

fn notes(out: &mut String, state: &State) {
    if state.notes.is_empty() {
        return;
    }
    put!(out, "<h2>Notes</h2><ul>");
    for note in &state.notes {
        let about =
            if note.said.item.is_empty() { String::new() } else { format!("{}: ", text(&note.said.item)) };
        put!(out, "<li>{about}{} ({}, {})</li>", text(&note.said.text), text(&note.by), text(&note.at));
    }
    put!(out, "</ul>");
}

fn log(out: &mut String, state: &State) {
    put!(
        out,
        "<h2>Entries</h2><table><thead><tr><th class=\"n\">No.</th><th>When</th><th>Who</th><th>What</th></tr></thead><tbody>"
    );
    for row in &state.log {
        put!(
            out,
            "<tr><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}: {}</td></tr>",
            row.entry,
            text(&row.at),
            text(&row.by),
            text(&row.kind),
            text(&row.words)
        );
    }
    put!(out, "</tbody></table>");
    for remark in &state.remarks {
        put!(out, "<p class=\"muted\">Entry {}: {}</p>", remark.entry, text(&remark.text));
    }
}
