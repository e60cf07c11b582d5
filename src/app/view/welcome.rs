//! Before a bundle is open: what can be opened, what is read, and what never happens.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::app::state::App;
use crate::app::text::number;
use crate::app::ui::panel;
use crate::app::{engine, files};
use crate::query::route::{Route, View};
use crate::source::Limits;

/// The screen.
pub fn welcome(app: App) -> AnyView {
    let link = move || {
        let is_elsewhere = app.route.with(|route| *route != Route::to(View::Overview));
        is_elsewhere
            .then(|| view! { <p class="note">"This link goes on to its screen once a bundle is open."</p> })
    };
    view! {
        <div class="welcome">
            <h1 tabindex="-1">"Who understood what was approved?"</h1>
            <p class="sub">
                "Open the exported evidence of code changes. Lacuna tests every change against the controls of compliance frameworks, on this machine, and shows which approvals nothing stands behind."
            </p>
            {link}
            {drop_zone(app)}
            <div class="thirds">
                {panel("What is read", "", "", reads())}
                {panel("What never happens", "", "", never())}
                {panel("What comes out", "", "", out())}
            </div>
            {limits(app)}
        </div>
    }
    .into_any()
}

fn drop_zone(app: App) -> AnyView {
    let chosen = move |event: web_sys::Event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            files::open_chosen(app, &field);
        }
    };
    let sample = engine::has_sample().then(|| {
        view! {
            <button type="button" on:click=move |_| engine::open_sample(app)>
                "Open the sample"
            </button>
        }
    });
    view! {
        <section class="drop" aria-label="Open a bundle">
            <p class="drop-words">
                <b>"Drop files, folders or archives here"</b>
                <br/>
                <span class="muted">"zip, tar, gz, or the exports as they are. Everything opened together is one bundle."</span>
            </p>
            <div class="buttons">
                <label class="button main">
                    "Pick files…" <input class="unseen" type="file" multiple=true on:change=chosen/>
                </label>
                <label class="button">
                    "Pick a folder…" <input class="unseen" type="file" multiple=true prop:webkitdirectory=true on:change=chosen/>
                </label>
                {sample}
            </div>
        </section>
    }
    .into_any()
}

fn reads() -> AnyView {
    view! {
        <ul class="plain">
            <li>"GitHub pull requests, with reviews, commits, files, checks and tickets"</li>
            <li>"Git bundles: commits, trailers, notes, branches"</li>
            <li>"AI records: git-ai notes, Agent Trace, commit trailers"</li>
            <li>"Statements: in-toto, DSSE, Sigstore bundles, with their signatures checked here"</li>
            <li>"JUnit reports, deployments, branch protection, people, your own policy"</li>
        </ul>
    }
    .into_any()
}

fn never() -> AnyView {
    view! {
        <ul class="plain">
            <li>"No request leaves this page: its own policy forbids every connection."</li>
            <li>"No file is stored. Closing the page forgets everything but theme, shortcuts and the workpapers that you write."</li>
            <li>"No verdict without the record that it rests on; missing evidence never passes."</li>
        </ul>
        <p>
            <a class="door" href=Route::to(View::Privacy).fragment()>
                "How to check that yourself"
            </a>
        </p>
    }
    .into_any()
}

fn out() -> AnyView {
    view! {
        <ul class="plain">
            <li>"The attestation gap: approved on paper, not substantiated"</li>
            <li>"A matrix of controls, each cell open down to the raw record"</li>
            <li>"What would close the most gaps"</li>
            <li>"Files to keep: JSON, CSV, a self-contained report"</li>
        </ul>
    }
    .into_any()
}

/// The bounds on what is read, to be raised where a bundle is really meant to be that large.
fn limits(app: App) -> AnyView {
    let fields = Limits::NAMES
        .into_iter()
        .map(|(name, meaning)| {
            let value = move || app.limits.with(|limits| value_of(limits, name)).to_string();
            let now = move || app.limits.with(|limits| number(value_of(limits, name)));
            view! {
                <label class="limit">
                    <span class="mono">{name}</span>
                    <input
                        type="number"
                        min="1"
                        step="1"
                        inputmode="numeric"
                        prop:value=value
                        on:change=move |event| set(app, name, &event_target_value(&event))
                    />
                    <small class="muted">{meaning} ": " {now}</small>
                </label>
            }
        })
        .collect_view();
    view! {
        <details class="panel limits">
            <summary>"Limits"</summary>
            <p class="muted">
                "Evidence may be hostile, so its sizes are bounded before anything is read. What goes over a limit is refused and listed as a problem; the rest goes on."
            </p>
            <div class="limit-fields">{fields}</div>
            <button type="button" on:click=move |_| app.limits.set(Limits::default())>
                "Back to the defaults"
            </button>
        </details>
    }
    .into_any()
}

fn set(app: App, name: &str, text: &str) {
    if let Ok(value) = text.trim().parse::<u64>() {
        app.limits.update(|limits| {
            limits.set(name, value.max(1));
        });
    }
}

fn value_of(limits: &Limits, name: &str) -> u64 {
    match name {
        "file-bytes" => limits.file_bytes,
        "total-bytes" => limits.total_bytes,
        "document-bytes" => limits.document_bytes,
        "record-bytes" => limits.record_bytes,
        "entries" => limits.entries,
        "ratio" => limits.ratio,
        "archive-depth" => limits.archive_depth.into(),
        "nesting" => limits.nesting.into(),
        "object-bytes" => limits.object_bytes,
        "objects" => limits.objects,
        "problems" => limits.problems,
        _ => 0,
    }
}
