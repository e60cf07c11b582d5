//! One item: its steps with what the tool says, what people found, and the record beside.

use leptos::prelude::*;

use super::{findings, look, part, signed, status};
use crate::app::paper;
use crate::app::state::App;
use crate::app::text::{dotted, visible};
use crate::app::ui::form::{area, choice, form, tick};
use crate::app::ui::record::{evidence, record};
use crate::app::ui::{chip, panel, verdict};
use crate::model::Verdict;
use crate::protocol::PaperStep;
use crate::query::route::{Route, View};
use crate::workpaper::{Body, By, Noted, Outcome, Pin, StepState, TestStep, Tested};

// Nothing is chosen ahead: a result is a person's.
const OUTCOMES: [(&str, &str); 4] =
    [("", "Choose…"), ("pass", "Pass"), ("exception", "Exception"), ("not-tested", "Could not be tested")];

/// The screen of an item.
pub fn item(app: App, id: String) -> AnyView {
    let shown = part(app, |held| held.told.item.clone());
    let head = id.clone();
    let title = move || {
        let title =
            shown.with(|item| item.as_ref().filter(|item| item.id == head).map(|item| item.title.clone()));
        [&visible(&head), ": ", &visible(&title.unwrap_or_default())].concat()
    };
    let body = {
        let id = id.clone();
        move || match shown.get().filter(|item| item.id == id) {
            Some(item) => {
                let change = Route { change: item.change.clone(), ..Route::to(View::Change) }.fragment();
                let steps = item.steps.iter().map(|one| step(app, &id, one)).collect_view();
                view! {
                    <p><a class="door" href=change>"The change with its chain of accountability"</a></p>
                    <ol class="paper-steps">{steps}</ol>
                }
                .into_any()
            }
            None => without(app, id.clone()),
        }
    };
    let is_beside = move || app.route.with(|route| route.record.is_some());
    view! {
        {crumbs(app, id.clone())}
        <h1 tabindex="-1"><bdi>{title}</bdi></h1>
        {status::status(app)}
        <div class=move || if is_beside() { "split" } else { "" }>
            <div class="grid">{body} {remark(app, id.clone())} {findings::raise(app, id)}</div>
            {move || is_beside().then(|| record(app))}
        </div>
    }
    .into_any()
}

/// The way back, and to the items before and after.
fn crumbs(app: App, id: String) -> AnyView {
    let ids =
        part(app, |held| held.told.state.items.iter().map(|item| item.item.id.clone()).collect::<Vec<_>>());
    let around = move || {
        ids.with(|ids| {
            let at = ids.iter().position(|other| *other == id)?;
            let step = |at: Option<usize>, words: &'static str| {
                let id = ids.get(at?)?;
                Some(view! { <a class="door" href=Route::item(id.clone()).fragment()>{words}</a> })
            };
            Some(view! { {step(at.checked_sub(1), "Previous item")} " " {step(at.checked_add(1), "Next item")} })
        })
    };
    let back = Route::to(View::Workpaper).fragment();
    view! { <p class="crumbs"><a class="door" href=back>"Workpaper"</a> " " {around}</p> }.into_any()
}

/// Returns the results of a step, as a part that is drawn anew only when they change.
fn results(app: App, id: &str, criterion: &str) -> Memo<StepState> {
    let (id, criterion) = (id.to_owned(), criterion.to_owned());
    Memo::new(move |_| {
        app.desk.held.with(|held| {
            let state = held.as_ref().and_then(|held| held.told.state.item(&id));
            let step = state.and_then(|item| item.steps.iter().find(|step| step.criterion == criterion));
            step.cloned().unwrap_or_default()
        })
    })
}

fn step(app: App, id: &str, step: &PaperStep) -> AnyView {
    let row = &step.verdict;
    let state = results(app, id, &row.criterion);
    let records = row.evidence.iter().map(|row| evidence(app, row)).collect_view();
    let pins = row
        .evidence
        .iter()
        .map(|row| {
            let value = [&row.label, "\t", &row.file, "\t", &row.pointer].concat();
            tick(
                visible(&dotted(&[row.label.clone(), row.file.clone(), row.pointer.clone()])),
                "pin",
                value,
                true,
            )
        })
        .collect_view();
    let pins = (!row.evidence.is_empty()).then(|| {
        view! { <fieldset><legend>"Evidence that it rests on, pinned by digest"</legend>{pins}</fieldset> }
    });
    let fields = view! {
        <div class="fields">
            {choice("Your result", "result", &OUTCOMES)} {area("Note", "note", String::new())}
            {area("Reason, where you differ from the tool or could not test", "reason", String::new())}
        </div>
        {pins}
    };
    let (item, criterion, tool) = (id.to_owned(), row.criterion.clone(), row.verdict);
    let form = form(fields.into_any(), "Enter the result", &[], move |fields| {
        let result = match fields.text("result").as_str() {
            "pass" => Outcome::Pass,
            "exception" => Outcome::Exception,
            "not-tested" => Outcome::NotTested,
            _ => return app.desk.refused.set("choose a result first".to_owned()),
        };
        let tested = Tested {
            item: item.clone(),
            criterion: criterion.clone(),
            result,
            note: fields.text("note"),
            reason: fields.text("reason"),
            tool,
            tool_reason: String::new(),
            bundle_sha256: String::new(),
            pins: fields.ticked("pin").iter().filter_map(|value| pin(value)).collect(),
        };
        paper::enter(app, Body::Tested(Box::new(tested)), Some(fields.form));
    });
    let is_tested = move || state.with(|state| !state.results.is_empty());
    let body = view! {
        <p class="muted"><b>"To do: "</b>{visible(&step.how)}</p>
        <dl class="kv wide">
            <div>
                <dt>"The tool says"</dt>
                <dd>{verdict(row.verdict)} " " {visible(&row.reason)}</dd>
            </div>
            <div>
                <dt>"Records"</dt>
                <dd class="records">{records}</dd>
            </div>
            <div>
                <dt>"You found"</dt>
                <dd>{move || state.with(found)}</dd>
            </div>
        </dl>
        <details open=!is_tested()>
            <summary>"Enter a result"</summary>
            {form}
        </details>
    };
    view! { <li>{panel(&row.claim, &row.criterion, "", body.into_any())}</li> }.into_any()
}

fn pin(value: &str) -> Option<Pin> {
    let mut parts = value.split('\t');
    let (label, path, pointer) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Pin {
        label: label.to_owned(),
        path: path.to_owned(),
        pointer: pointer.to_owned(),
        ..Pin::default()
    })
}

/// The results of a step, newest first; those that no longer stand are said to be superseded.
fn found(state: &StepState) -> AnyView {
    if state.results.is_empty() {
        return chip(Verdict::Unproven, "not tested yet");
    }
    let standing = state.results.len() - state.standing().len();
    let contested = (state.contested > 1).then(
        || view! { <p class="complaint">"A merge brought these beside each other. Enter what stands."</p> },
    );
    let rows =
        state.results.iter().enumerate().rev().map(|(at, result)| one(result, at < standing)).collect_view();
    view! { {contested} <ul class="paper-results">{rows}</ul> }.into_any()
}

fn one(result: &By<Tested>, is_superseded: bool) -> AnyView {
    let said = &result.said;
    let reason =
        if said.reason.is_empty() { String::new() } else { ["because: ", &visible(&said.reason)].concat() };
    let then = ["the tool said ", said.tool.word()].concat();
    let pins = match said.pins.len() {
        0 => "nothing pinned".to_owned(),
        some => [&some.to_string(), " pinned"].concat(),
    };
    let superseded = if is_superseded { "superseded" } else { "" };
    let words = dotted(&[
        superseded.to_owned(),
        visible(&said.note),
        reason,
        then,
        pins,
        signed(&result.by, &result.at),
    ]);
    view! { <li class=("muted", is_superseded)>{chip(look(said.result), said.result.word())} " " {words}</li> }.into_any()
}

/// The steps of an item that the open bundle does not hold, or without one.
fn without(app: App, id: String) -> AnyView {
    let steps = part(app, |held| held.told.state.steps.clone());
    let row = move |step: &TestStep| {
        let state = results(app, &id, &step.criterion);
        view! { <li>{panel(&step.claim, &step.criterion, "", (move || state.with(found)).into_any())}</li> }
    };
    view! { <ol class="paper-steps">{move || steps.with(|steps| steps.iter().map(&row).collect_view())}</ol> }
        .into_any()
}

fn remark(app: App, id: String) -> AnyView {
    let add = form(area("Note on this item", "text", String::new()), "Enter the note", &[], move |fields| {
        let note = Noted { item: id.clone(), text: fields.text("text") };
        paper::enter(app, Body::Noted(note), Some(fields.form));
    });
    panel("Note", "", "", add)
}
