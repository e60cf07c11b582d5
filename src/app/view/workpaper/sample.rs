//! Drawing: what from, how, how many, and which controls it is for.

use leptos::prelude::*;

use super::{part, signed};
use crate::app::paper;
use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::app::ui::form::{Fields, choice, field, form, tick};
use crate::app::ui::{digest, pair, panel};
use crate::protocol::{ControlChoice, PaperChoices, Reply};
use crate::workpaper::{Body, ControlTested, Sampled, Sizing};

const METHODS: [(&str, &str); 5] = [
    ("simple", "Simple random"),
    ("systematic", "Systematic, by date"),
    ("stratified", "Stratified"),
    ("targeted", "Targeted, by a query"),
    ("lines", "Weighted by changed lines"),
];
const STRATA: [(&str, &str); 6] = [
    ("ai", "AI involvement"),
    ("month", "Month"),
    ("repository", "Repository"),
    ("standing", "Standing"),
    ("sensitive", "Sensitive paths"),
    ("self-merge", "Merged by its author"),
];
const SIZINGS: [(&str, &str); 3] = [
    ("fixed", "A number of items"),
    ("frequency", "By convention, from how often the control works"),
    ("attribute", "Computed, from confidence and tolerable rate"),
];
const FREQUENCIES: [(&str, &str); 6] = [
    ("many-daily", "Many times a day"),
    ("daily", "Daily"),
    ("weekly", "Weekly"),
    ("monthly", "Monthly"),
    ("quarterly", "Quarterly"),
    ("annual", "Once a year"),
];
const RISKS: [(&str, &str); 3] = [("moderate", "Moderate"), ("low", "Low"), ("high", "High")];

/// The panel of the sample.
pub fn sample(app: App) -> AnyView {
    let samples = part(app, |held| held.told.state.samples.clone());
    let rows = move || {
        samples.with(|samples| {
            samples
                .iter()
                .map(|sample| {
                    let said = &sample.said;
                    let words = [
                        count(said.size, "item").as_str(),
                        " of ",
                        &number(said.frame),
                        ", ",
                        &said.method,
                        if said.by.is_empty() { "" } else { " by " },
                        &said.by,
                        ", seed ",
                        &said.seed.to_string(),
                        if said.filter.is_empty() { "" } else { ", from " },
                        &said.filter,
                    ]
                    .concat();
                    view! { <li>{visible(&words)} " " <small class="muted">{signed(&sample.by, &sample.at)}</small></li> }
                })
                .collect_view()
        })
    };
    let draw = move || {
        let is_first = samples.with(Vec::is_empty);
        app.choices.with(|slot| match slot.as_deref() {
            Some(Reply::PaperChoices(choices)) => {
                let summary = if is_first {
                    "Draw the sample"
                } else {
                    "Draw again or extend: the same seed with a greater size keeps what was drawn"
                };
                view! { <details open=is_first><summary>{summary}</summary>{drawing(app, choices)}</details> }
                    .into_any()
            }
            _ => view! { <p class="muted">"A sample is drawn beside its bundle."</p> }.into_any(),
        })
    };
    panel("1. Sample", "", "", view! { <ul class="plain">{rows}</ul>{draw} }.into_any())
}

fn drawing(app: App, choices: &PaperChoices) -> AnyView {
    let population = view! {
        <dl class="kv wide">
            {pair("Population", count(choices.size, "change").into_any())} {pair("Its SHA-256", digest(&choices.population))}
        </dl>
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number below a million")]
    let seed = (js_sys::Math::random() * 1e6) as u32;
    let fields = view! {
        <div class="fields">
            {choice("Method", "method", &METHODS)} {choice("Strata, where stratified", "by", &STRATA)}
            {field("Seed", "seed", "number", seed.to_string())} {field("Only what a query names", "filter", "text", String::new())}
            {choice("Size", "how", &SIZINGS)} {field("Items", "size", "number", "25".to_owned())}
            {choice("How often the control works", "frequency", &FREQUENCIES)} {choice("Risk", "risk", &RISKS)}
            {field("Confidence", "confidence", "text", "0.95".to_owned())}
            {field("Tolerable rate", "tolerable", "text", "0.05".to_owned())}
            {field("Expected rate", "expected", "text", "0".to_owned())}
        </div>
        <fieldset>
            <legend>"Controls that it tests"</legend>
            {frameworks(&choices.controls)}
        </fieldset>
        {population}
    };
    let form = form(fields.into_any(), "Draw", &[("trial", "Try it first")], move |fields| {
        let body = Body::Sampled(Box::new(asked(&fields)));
        if fields.button == "trial" {
            paper::try_out(app, vec![body]);
        } else {
            paper::enter(app, body, None);
        }
    });
    view! { {form} {move || trial(app)} }.into_any()
}

fn frameworks(controls: &[ControlChoice]) -> AnyView {
    let mut names: Vec<(&str, &str)> =
        controls.iter().map(|one| (one.framework.as_str(), one.short.as_str())).collect();
    names.dedup();
    names
        .into_iter()
        .map(|(framework, short)| {
            let boxes = controls
                .iter()
                .filter(|one| one.framework == framework)
                .map(|one| {
                    let requires = if one.requires { " (requires)" } else { "" };
                    let words =
                        [&one.id, ": ", &one.title, requires, ", ", &count(one.steps, "step")].concat();
                    tick(visible(&words), "control", [framework, "\t", &one.id].concat(), false)
                })
                .collect_view();
            view! { <details><summary>{visible(short)}</summary>{boxes}</details> }
        })
        .collect_view()
        .into_any()
}

fn asked(fields: &Fields) -> Sampled {
    let ticked = fields.ticked("control");
    let controls = ticked.iter().filter_map(|value| value.split_once('\t')).map(|(framework, id)| {
        ControlTested { framework: framework.to_owned(), id: id.to_owned(), ..ControlTested::default() }
    });
    let how = fields.text("how");
    // What does not decide the size is not taken down.
    let only = |of: &str, name: &str| if how == of { fields.text(name) } else { String::new() };
    Sampled {
        method: fields.text("method"),
        by: fields.text("by"),
        // What is no number is over every bound, and refused in words.
        seed: fields.text("seed").parse().unwrap_or(u64::MAX),
        filter: fields.text("filter"),
        size: only("fixed", "size").parse().unwrap_or(0),
        sizing: Sizing {
            frequency: only("frequency", "frequency"),
            risk: only("frequency", "risk"),
            confidence: only("attribute", "confidence"),
            tolerable: only("attribute", "tolerable"),
            expected: only("attribute", "expected"),
            how,
        },
        controls: controls.collect(),
        ..Sampled::default()
    }
}

/// What a draw would give.
fn trial(app: App) -> AnyView {
    let Some(reply) = app.desk.trial.get() else { return ().into_any() };
    let drawn = app.desk.held.with(|held| held.as_ref().map_or(0, |held| held.told.state.samples.len()));
    // Another form may have tried something else.
    let Some(sample) = reply.state.samples.get(drawn..).and_then(<[_]>::last) else { return ().into_any() };
    let words = [
        &count(sample.said.size, "item"),
        " of ",
        &count(sample.said.frame, "change"),
        " would be drawn, each tested by ",
        &count(reply.state.steps.len() as u64, "step"),
        ".",
    ]
    .concat();
    view! { <p role="status">{words}</p> }.into_any()
}
