//! Before there is a paper: start one, open one, or go on with one that this browser keeps.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::app::paper;
use crate::app::state::{App, Stage};
use crate::app::text::{count, visible};
use crate::app::ui::form::{field, form};
use crate::app::ui::{heading, panel};
use crate::workpaper::{Basis, Body};

/// The screen without a paper.
pub fn start(app: App) -> AnyView {
    let sub = "Draw a sample, test it beside the tool's verdicts, raise findings, conclude and sign off. All of it goes into one file that is yours, in which a later change shows.";
    view! {
        {heading("Workpaper".to_owned(), sub.into_any())}
        {super::status::refusal(app)}
        <div class="halves">
            {panel("Start a workpaper", "", "", begin(app))}
            {panel("Go on with one", "", "", go_on(app))}
        </div>
    }
    .into_any()
}

fn begin(app: App) -> AnyView {
    let fields = view! {
        {field("What it is about", "title", "text", String::new())}
        {field("Your name", "by", "text", app.desk.by.get_untracked())}
    };
    let form = form(fields.into_any(), "Start", &[], move |fields| {
        app.desk.by.set(fields.text("by"));
        let basis = Basis { title: fields.text("title"), ..Basis::default() };
        paper::enter(app, Body::Opened(Box::new(basis)), None);
    });
    view! {
        {move || {
            (app.stage.get() != Stage::Open)
                .then(|| view! { <p class="complaint">"Open the bundle that it is about first."</p> })
        }}
        {form}
        <p class="note">"It takes down digests of the bundle, the population, the policy and the frameworks, so that everybody can tell what it was about."</p>
    }
    .into_any()
}

/// The button that opens a file.
pub fn pick(app: App) -> AnyView {
    let chosen = move |event: web_sys::Event| {
        let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        if let Some(file) = field.files().and_then(|files| files.get(0)) {
            paper::open_file(app, &file);
        }
        field.set_value("");
    };
    view! {
        <label class="button">
            "Open a .lacuna file…" <input class="unseen" type="file" accept=".lacuna,.json" on:change=chosen/>
        </label>
    }
    .into_any()
}

fn go_on(app: App) -> AnyView {
    let kept = move || {
        let kept = app.desk.kept.get();
        if kept.is_empty() {
            return view! { <p class="muted">"This browser keeps none."</p> }.into_any();
        }
        let amount = count(kept.len() as u64, "workpaper");
        let rows = kept
            .into_iter()
            .map(|one| {
                let title = visible(&one.title);
                let press = move |_| paper::read(app, one.text.clone(), Some(one.saved));
                view! { <li><button type="button" class="quiet" on:click=press>{title}</button></li> }
            })
            .collect_view();
        view! {
            <p>"Kept by this browser, on this machine:"</p>
            <ul class="plain">{rows}</ul>
            <button type="button" on:click=move |_| paper::forget_all(app)>
                "Delete " {amount} " from this browser"
            </button>
        }
        .into_any()
    };
    view! { <div class="buttons">{pick(app)}</div>{inside(app)}{kept} }.into_any()
}

/// The papers that lie in the bundle, where none of them was opened unasked.
fn inside(app: App) -> AnyView {
    let papers = Memo::new(move |_| app.summary.with(|summary| summary.papers.clone()));
    let shown = move || {
        if app.stage.get() != Stage::Open || papers.with(Vec::is_empty) {
            return ().into_any();
        }
        let row = |path: &String| {
            let (name, path) = (visible(path), path.clone());
            let press = move |_| paper::read_inside(app, path.clone());
            view! { <li><button type="button" class="quiet" on:click=press>{name}</button></li> }
        };
        let papers = papers.get();
        let words = if papers.len() > 1 {
            "This bundle holds several, and none was opened. Choose the one that you mean:"
        } else {
            "This bundle holds one:"
        };
        view! { <p>{words}</p> <ul class="plain">{papers.iter().map(row).collect_view()}</ul> }.into_any()
    };
    shown.into_any()
}
