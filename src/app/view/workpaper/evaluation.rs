//! What the results say of the population: over the whole sample, and for one control.

use leptos::prelude::*;

use super::{part, signed};
use crate::app::paper;
use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::app::ui::form::{Fields, choice, field, form};
use crate::app::ui::{chip, panel};
use crate::model::Verdict;
use crate::query::route::Route;
use crate::workpaper::{Body, By, Evaluated, ItemState, Sampled, Standing, State};

const BOUNDS: [(&str, &str); 2] = [("finite", "Hypergeometric, over the population"), ("", "Binomial")];
/// How many untested items are named.
const MOST_NAMED: usize = 30;

/// What decides the panel of the whole sample.
#[derive(Clone, Default, PartialEq)]
struct Whole {
    standing: Standing,
    steps: u64,
    untested: Vec<ItemState>,
    samples: Vec<By<Sampled>>,
    evaluations: Vec<By<Evaluated>>,
    drawn_from: u64,
}

/// The panel of the whole sample.
pub fn whole(app: App) -> AnyView {
    let state = part(app, |held| {
        let state: &State = &held.told.state;
        let steps = state.steps.len() as u64;
        let open = |item: &&ItemState| item.tested - item.untestable < steps;
        Whole {
            standing: state.standing(),
            steps,
            untested: state.items.iter().filter(open).take(MOST_NAMED).cloned().collect(),
            samples: state.samples.clone(),
            evaluations: state.evaluations.clone(),
            drawn_from: state.drawn_from(),
        }
    });
    let is_drawn = Memo::new(move |_| state.with(|whole| whole.standing.size > 0));
    // The form is not made anew with each result: what was typed stays.
    let body = move || {
        is_drawn.get().then(|| {
            let body = view! {
                {move || state.with(stands)}
                {move || state.with(|whole| said(&whole.evaluations, Some(whole.standing)))}
                {move || trial(app)}
                {ask(app, "Confidence, tolerable rate and bound", [String::new(), String::new()])}
            };
            panel("4. Evaluate the whole sample", "", "", body.into_any())
        })
    };
    body.into_any()
}

/// How far testing is, and what is left of it.
fn stands(whole: &Whole) -> AnyView {
    let Standing { size, untested, exceptions, .. } = whole.standing;
    let words = [
        number(size - untested).as_str(),
        " of ",
        &count(size, "item"),
        " tested in every step, ",
        &number(exceptions),
        " with an exception.",
    ]
    .concat();
    let left = (untested > 0).then(|| {
        let rows = whole.untested.iter().map(|state| {
            let href = Route::item(state.item.id.clone()).fragment();
            let answered = number(state.tested - state.untestable);
            let steps = [" (", &answered, " of ", &number(whole.steps), ")"].concat();
            view! { <li><a class="door mono" href=href>{visible(&state.item.id)}</a>{steps}</li> }
        });
        let rest = untested.saturating_sub(MOST_NAMED as u64);
        let rest =
            (rest > 0).then(|| view! { <li class="muted">{["and ", &number(rest), " more"].concat()}</li> });
        view! {
            <p>"Still to test, with the steps that are done. Until then each counts as a deviation:"</p>
            <ul class="pairs paper-open">{rows.collect_view()}{rest}</ul>
        }
    });
    let drawn = drawn(&whole.samples).map(|words| view! { <p class="note">{words}</p> });
    view! { <p>{words}</p> {left} {drawn} }.into_any()
}

/// Returns what the way of drawing means for a bound; `None` where every change had the same chance.
fn drawn(samples: &[By<Sampled>]) -> Option<&'static str> {
    let any = |of: fn(&Sampled) -> bool| samples.iter().any(|sample| of(&sample.said));
    if any(|said| said.method == "lines") {
        Some(
            "Drawn by changed lines: large changes had a better chance, so that the bound is no exact statement on the rate of changes.",
        )
    } else if any(|said| said.method == "targeted" || !said.filter.is_empty()) {
        Some("Drawn from what a query names: the bound speaks of those changes, not of the population.")
    } else if samples.iter().any(|sample| sample.said.method != samples[0].said.method) {
        Some("Drawn in several ways: the bound takes every change to have had the same chance.")
    } else {
        None
    }
}

/// Evaluations, newest first. With how the items stand, those of other figures are said to be out of date.
pub fn said(evaluations: &[By<Evaluated>], standing: Option<Standing>) -> AnyView {
    let rows = evaluations
        .iter()
        .rev()
        .map(|said| {
            let is_old = standing.is_some_and(|standing| !standing.is_of(&said.said));
            let old = is_old.then(|| chip(Verdict::Unproven, "results changed since"));
            view! { <li>{figures(&said.said)} " " {old} " " <small class="muted">{signed(&said.by, &said.at)}</small></li> }
        })
        .collect_view();
    view! { <ul class="paper-evaluations">{rows}</ul> }.into_any()
}

fn figures(said: &Evaluated) -> AnyView {
    let (look, verdict) = if said.supports_reliance {
        (Verdict::Met, "supports reliance")
    } else {
        (Verdict::Unmet, "does not support reliance")
    };
    view! { {chip(look, verdict)} " " {visible(&said.words())} }.into_any()
}

/// What an evaluation would say, by both bounds.
fn trial(app: App) -> AnyView {
    let Some(reply) = app.desk.trial.get() else { return ().into_any() };
    let entered =
        app.desk.held.with(|held| held.as_ref().map_or(0, |held| held.told.state.evaluations.len()));
    let tried = reply.state.evaluations.get(entered..).unwrap_or_default();
    if tried.is_empty() {
        return ().into_any();
    }
    let rows = tried.iter().map(|one| view! { <li>{figures(&one.said)}</li> }).collect_view();
    view! { <div role="status"><p><b>"Not entered yet, by both bounds:"</b></p><ul class="paper-evaluations">{rows}</ul></div> }
        .into_any()
}

/// The form that evaluates: for a control of a framework, or as a whole where both are empty.
pub fn ask(app: App, summary: &'static str, of: [String; 2]) -> AnyView {
    let body = view! {
        <div class="fields">
            {field("Confidence", "confidence", "text", "0.95".to_owned())}
            {field("Tolerable rate", "tolerable", "text", "0.05".to_owned())} {choice("Bound", "bound", &BOUNDS)}
        </div>
        <p class="note">"Items that are not tested in every step count as deviations."</p>
    };
    let is_whole = of[1].is_empty();
    let others: &[_] = if is_whole { &[("trial", "Look at both bounds first")] } else { &[] };
    let form = form(body.into_any(), "Evaluate", others, move |fields| {
        let finite =
            app.desk.held.with_untracked(|held| held.as_ref().map_or(0, |held| held.told.state.drawn_from()));
        if fields.button == "trial" {
            let bodies = [finite, 0].map(|population| Body::Evaluated(asked(&fields, &of, population)));
            return paper::try_out(app, bodies.to_vec());
        }
        let population = if fields.text("bound").is_empty() { 0 } else { finite };
        paper::enter(app, Body::Evaluated(asked(&fields, &of, population)), None);
    });
    view! { <details open=is_whole><summary>{summary}</summary>{form}</details> }.into_any()
}

fn asked(fields: &Fields, [framework, control]: &[String; 2], population: u64) -> Evaluated {
    Evaluated {
        framework: framework.clone(),
        control: control.clone(),
        confidence: fields.text("confidence"),
        tolerable: fields.text("tolerable"),
        population,
        ..Evaluated::default()
    }
}
