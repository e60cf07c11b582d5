//! Findings: raised on an item or on the whole, and followed until they are closed.

use leptos::prelude::*;

use super::{part, signed};
use crate::app::paper;
use crate::app::state::App;
use crate::app::text::{count, dotted, visible};
use crate::app::ui::form::{area, choice, field, form};
use crate::app::ui::{chip, panel};
use crate::model::Verdict;
use crate::workpaper::{Body, FindingState, FindingText, Grade, LogRow, Moved, Stage};

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
            {fields(app, "Raise a finding that is about no single item", &FindingText::default())}
        </section>
    }
    .into_any()
}

/// The panel that raises a finding on an item.
pub fn raise(app: App, item: String) -> AnyView {
    let text = FindingText { items: vec![item], ..FindingText::default() };
    panel("Finding", "", "", fields(app, "Raise a finding on this item", &text))
}

/// The form of a finding: a new one where the text has no id, else a revision of it.
fn fields(app: App, summary: &'static str, text: &FindingText) -> AnyView {
    // The first of a choice is chosen.
    let others = Grade::ALL.into_iter().filter(|grade| *grade != text.grade);
    let grades: Vec<(&str, &str)> =
        std::iter::once(text.grade).chain(others).map(|grade| (grade.word(), grade.word())).collect();
    let body = view! {
        <div class="fields">
            {choice("Grade", "grade", &grades)} {area("Condition: what was found", "condition", text.condition.clone())}
            {area("Criterion: what should be", "criterion", text.criterion.clone())} {area("Cause", "cause", text.cause.clone())}
            {area("Effect", "effect", text.effect.clone())}
            {area("Recommendation", "recommendation", text.recommendation.clone())}
            {field("Owner", "owner", "text", text.owner.clone())} {field("Due", "due", "date", text.due.clone())}
        </div>
    };
    let button = if text.id.is_empty() { "Raise the finding" } else { "Enter the revision" };
    let (id, items) = (text.id.clone(), text.items.clone());
    let form = form(body.into_any(), button, &[], move |fields| {
        let grade = fields.text("grade");
        let text = FindingText {
            id: id.clone(),
            grade: Grade::ALL.into_iter().find(|known| known.word() == grade).unwrap_or_default(),
            condition: fields.text("condition"),
            criterion: fields.text("criterion"),
            cause: fields.text("cause"),
            effect: fields.text("effect"),
            recommendation: fields.text("recommendation"),
            owner: fields.text("owner"),
            due: fields.text("due"),
            items: items.clone(),
        };
        paper::enter(app, Body::Finding(Box::new(text)), Some(fields.form));
    });
    view! { <details><summary>{summary}</summary>{form}</details> }.into_any()
}

fn finding(app: App, finding: &FindingState) -> AnyView {
    let text = &finding.text;
    let look = if finding.stage == Stage::Closed { Verdict::Met } else { Verdict::Unmet };
    let due = if text.due.is_empty() { String::new() } else { ["due ", &text.due].concat() };
    // Grade, condition, owner and due date stand above.
    let parts = text.parts().into_iter().filter(|(term, words)| {
        !words.is_empty() && !matches!(*term, "Grade" | "Condition" | "Owner" | "Due")
    });
    let parts = parts.map(|(term, words)| view! { <div><dt>{term}</dt><dd>{visible(&words)}</dd></div> });
    let history = finding.history.iter().map(|row| entry(finding, row)).collect_view();
    let words =
        dotted(&[visible(&text.id), text.grade.word().to_owned(), visible(&text.owner), visible(&due)]);
    view! {
        <li>
            <p>{chip(look, finding.stage.word())} " " <b>{visible(&text.condition)}</b></p>
            <p class="muted">{words}</p>
            <details>
                <summary>"All of it, and its history"</summary>
                <dl class="kv wide">{parts.collect_view()}</dl>
                <ul class="plain">{history}</ul>
            </details>
            {(finding.stage != Stage::Closed).then(|| fields(app, "Revise its text", text))}
            {step(app, finding)}
        </li>
    }
    .into_any()
}

/// An entry of its history, with the text that a revision replaced.
fn entry(finding: &FindingState, row: &LogRow) -> AnyView {
    let earlier = finding.revised.iter().filter(|was| was.entry == row.entry);
    let earlier = earlier.map(|was| {
        let words = if was.words.is_empty() { "(empty)".to_owned() } else { visible(&was.words) };
        view! { <div><dt>{[&visible(&was.kind), " was"].concat()}</dt><dd>{words}</dd></div> }
    });
    let earlier = earlier.collect::<Vec<_>>();
    let earlier = (!earlier.is_empty()).then(|| view! { <dl class="kv wide earlier">{earlier}</dl> });
    view! { <li>{visible(&row.words)} " " <small class="muted">{signed(&row.by, &row.at)}</small> {earlier}</li> }
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
