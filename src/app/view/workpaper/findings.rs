//! Findings: raised on an item or on the whole, and followed until they are closed.

use leptos::prelude::*;

use super::{part, signed};
use crate::app::paper;
use crate::app::state::App;
use crate::app::text::{count, dotted, visible};
use crate::app::ui::form::{area, choice, field, form};
use crate::app::ui::{chip, panel};
use crate::model::Verdict;
use crate::workpaper::{Body, FindingState, FindingText, Grade, Moved, Stage};

const GRADES: [(&str, &str); 3] = [("moderate", "Moderate"), ("low", "Low"), ("high", "High")];

/// The panel of the findings.
pub fn findings(app: App) -> AnyView {
    let findings = part(app, |held| held.told.state.findings.clone());
    let remark = move || {
        findings.with(|findings| {
            let open = findings.iter().filter(|finding| finding.stage != Stage::Closed).count() as u64;
            count(open, "finding") + " not closed"
        })
    };
    let rows = move || findings.with(|findings| findings.iter().map(|one| finding(app, one)).collect_view());
    view! {
        <section class="panel">
            <h2><span>"3. Findings"</span><small>{remark}</small></h2>
            <ul class="paper-findings">{rows}</ul>
            {fields(app, "Raise a finding that is about no single item", String::new())}
        </section>
    }
    .into_any()
}

/// The panel that raises a finding on an item.
pub fn raise(app: App, item: String) -> AnyView {
    panel("Finding", "", "", fields(app, "Raise a finding on this item", item))
}

fn fields(app: App, summary: &'static str, item: String) -> AnyView {
    let body = view! {
        <div class="fields">
            {choice("Grade", "grade", &GRADES)} {area("Condition: what was found", "condition", String::new())}
            {area("Criterion: what should be", "criterion", String::new())} {area("Cause", "cause", String::new())}
            {area("Effect", "effect", String::new())} {area("Recommendation", "recommendation", String::new())}
            {field("Owner", "owner", "text", String::new())} {field("Due", "due", "date", String::new())}
        </div>
    };
    let form = form(body.into_any(), "Raise the finding", &[], move |fields| {
        let items = if item.is_empty() { Vec::new() } else { vec![item.clone()] };
        let text = FindingText {
            id: String::new(),
            grade: match fields.text("grade").as_str() {
                "low" => Grade::Low,
                "high" => Grade::High,
                _ => Grade::Moderate,
            },
            condition: fields.text("condition"),
            criterion: fields.text("criterion"),
            cause: fields.text("cause"),
            effect: fields.text("effect"),
            recommendation: fields.text("recommendation"),
            owner: fields.text("owner"),
            due: fields.text("due"),
            items,
        };
        paper::enter(app, Body::Finding(Box::new(text)), Some(fields.form));
    });
    view! { <details><summary>{summary}</summary>{form}</details> }.into_any()
}

fn finding(app: App, finding: &FindingState) -> AnyView {
    let text = &finding.text;
    let look = if finding.stage == Stage::Closed { Verdict::Met } else { Verdict::Unmet };
    let due = if text.due.is_empty() { String::new() } else { ["due ", &text.due].concat() };
    let parts = [
        ("Criterion", &text.criterion),
        ("Cause", &text.cause),
        ("Effect", &text.effect),
        ("Recommendation", &text.recommendation),
        ("Items", &text.items.join(", ")),
    ]
    .into_iter()
    .filter(|(_, words)| !words.is_empty())
    .map(|(term, words)| view! { <div><dt>{term}</dt><dd>{visible(words)}</dd></div> })
    .collect_view();
    let history = finding
        .history
        .iter()
        .map(|row| view! { <li>{visible(&row.words)} " " <small class="muted">{signed(&row.by, &row.at)}</small></li> })
        .collect_view();
    let words =
        dotted(&[visible(&text.id), text.grade.word().to_owned(), visible(&text.owner), visible(&due)]);
    view! {
        <li>
            <p>{chip(look, finding.stage.word())} " " <b>{visible(&text.condition)}</b></p>
            <p class="muted">{words}</p>
            <details>
                <summary>"All of it, and its history"</summary>
                <dl class="kv wide">{parts}</dl>
                <ul class="plain">{history}</ul>
            </details>
            {step(app, finding)}
        </li>
    }
    .into_any()
}

/// The form that moves a finding on, with only the states that may follow.
fn step(app: App, finding: &FindingState) -> AnyView {
    let options: Vec<(&str, &str)> =
        finding.stage.next().iter().map(|stage| (stage.word(), stage.word())).collect();
    if options.is_empty() {
        return ().into_any();
    }
    let (id, from) = (finding.text.id.clone(), finding.stage);
    let body = view! { <div class="fields">{choice("It is now", "to", &options)} {area("What was done or seen", "note", String::new())}</div> };
    let form = form(body.into_any(), "Enter", &[], move |fields| {
        let word = fields.text("to");
        let to = from.next().iter().find(|stage| stage.word() == word).copied().unwrap_or(from);
        let moved = Moved { finding: id.clone(), from, to, note: fields.text("note") };
        paper::enter(app, Body::Moved(moved), Some(fields.form));
    });
    view! { <details><summary>"Go on with it"</summary>{form}</details> }.into_any()
}
