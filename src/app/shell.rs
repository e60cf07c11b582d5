//! The frame around every screen: skip link, top bar, navigation, banner, help sheet.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlInputElement, SubmitEvent};

use super::command::{COMMANDS, Command};
use super::state::{App, Stage, Trouble};
use super::text::{bytes, count, dotted, number, short_hash, visible};
use super::theme::{self, Theme};
use super::{dom, engine, ui, view};
use crate::protocol::{PolicySource, Summary};
use crate::query::route::{Route, View};

/// The whole page.
pub fn shell(app: App) -> AnyView {
    let is_open = Memo::new(move |_| app.stage.get() == Stage::Open);
    let view = Memo::new(move |_| app.route.with(|route| route.view));
    let stage = Memo::new(move |_| app.stage.get());
    view! {
        <a
            class="skip"
            href="#main"
            on:click=move |event| {
                event.prevent_default();
                dom::focus("#main");
            }
        >
            "Skip to the content"
        </a>
        <div class="app" class=("is-open", move || is_open.get()) class=("is-dragging", move || app.is_dragging.get())>
            {top(app)}
            {move || is_open.get().then(|| rail(app))}
            <main id="main" tabindex="-1">
                {banner(app)}
                {move || is_open.get().then(|| edited(app))}
                {move || is_open.get().then(|| checking(app))}
                {move || screen(app, stage.get(), view.get())}
            </main>
            {foot(app)}
        </div>
        <div class="unseen" role="status" aria-live="polite">{move || app.spoken.get()}</div>
        {help(app)}
    }
    .into_any()
}

/// The screen in sight. Made anew only when the view changes, not with every word of a query.
fn screen(app: App, stage: Stage, view: View) -> AnyView {
    match (stage, view) {
        (Stage::Opening, _) => view::opening::opening(app),
        (_, View::Privacy) => view::privacy::privacy(app),
        (_, View::Workpaper) => view::workpaper::workpaper(app),
        (Stage::Empty, _) => view::welcome::welcome(app),
        (_, View::Overview) => view::overview::overview(app),
        (_, View::Matrix) => view::matrix::matrix(app),
        (_, View::Changes) => view::changes::changes(app),
        (_, View::Change) => view::change::change(app),
        (_, View::Population) => view::population::population(app),
        (_, View::Duties) => view::duties::duties(app),
        (_, View::Files) => view::evidence::evidence(app),
        (_, View::Trust) => view::trust::trust(app),
        (_, View::Statement) => view::statement::statement(app),
        (_, View::Problems) => view::problems::problems(app),
        (_, View::Policy) => view::policy::policy(app),
        (_, View::Compare) => view::compare::compare(app),
        (_, View::Export) => view::report::report(app),
    }
}

fn top(app: App) -> AnyView {
    let home = Route::default().fragment();
    view! {
        <header class="top">
            <a class="brand" href=home><i aria-hidden="true"></i>"Lacuna"</a>
            {move || {
                (app.stage.get() == Stage::Open)
                    .then(|| view! { {bundle(app)}{search(app)} })
            }}
            {sealed(app)}
        </header>
    }
    .into_any()
}

fn bundle(app: App) -> AnyView {
    let summary = app.summary.get();
    let period = if summary.from.is_empty() {
        "no period".to_owned()
    } else {
        [&summary.from, " – ", &summary.to, " UTC"].concat()
    };
    let repositories = match summary.repositories.len() as u64 {
        1 => visible(&summary.repositories[0]),
        several => several_repositories(several),
    };
    let hash = ["sha256 ", &short_hash(&summary.sha256)].concat();
    view! {
        <div class="bundle">
            <b>{visible(&summary.name)}</b>
            <small title=summary.sha256.clone()>{dotted(&[period, repositories, hash])}</small>
        </div>
    }
    .into_any()
}

fn several_repositories(several: u64) -> String {
    [&number(several), " repositories"].concat()
}

/// The field that goes to the changes of a query.
fn search(app: App) -> AnyView {
    let field = NodeRef::<leptos::html::Input>::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            let field: HtmlInputElement = field;
            dom::go(app, Route::changes(field.value().trim()));
            field.set_value("");
        }
    };
    view! {
        <form class="search" role="search" aria-label="All changes" on:submit=submit>
            <input
                node_ref=field
                type="search"
                aria-label="Search changes"
                placeholder="Search changes: words, author:…, verdict:unmet"
                autocomplete="off"
                spellcheck="false"
            />
            <kbd aria-hidden="true">"/"</kbd>
        </form>
    }
    .into_any()
}

/// Says that nothing left the machine, and leads to the proof.
fn sealed(app: App) -> AnyView {
    let is_clean = move || app.requests.get() == 0 && app.violations.get() == 0;
    let words = move || {
        let refused = match u64::from(app.violations.get()) {
            0 => "sealed".to_owned(),
            some => [&number(some), " refused"].concat(),
        };
        [&count(u64::from(app.requests.get()), "request"), " · ", &refused].concat()
    };
    view! {
        <a class="sealed" class=("is-doubtful", move || !is_clean()) href=Route::to(View::Privacy).fragment()>
            {words}
        </a>
    }
    .into_any()
}

fn rail(app: App) -> AnyView {
    let summary = app.summary.get();
    let entry = move |view: View, count: String, is_bad: bool| {
        let is_here = move || {
            let here = app.route.with(|route| route.view);
            let is_part =
                matches!((here, view), (View::Change, View::Changes) | (View::Statement, View::Trust));
            (here == view || is_part).then_some("page")
        };
        let count =
            (!count.is_empty()).then(|| view! { <span class="n" class=("bad", is_bad)>{count}</span> });
        view! { <li><a href=Route::to(view).fragment() aria-current=is_here>{view.title()}{count}</a></li> }
            .into_any()
    };
    let edited = if summary.policy == PolicySource::Given { "edited" } else { "" };
    let holes = if summary.holes == 0 { String::new() } else { count(summary.holes, "hole") };
    view! {
        <nav class="rail" aria-label="Screens">
            <ul>
                {entry(View::Overview, String::new(), false)}
                {entry(View::Matrix, number(summary.frameworks.len() as u64), false)}
                {entry(View::Changes, number(summary.changes), false)}
            </ul>
            <h2>"Evidence"</h2>
            <ul>
                {entry(View::Population, holes, true)}
                {entry(View::Duties, String::new(), false)}
                {entry(View::Files, number(summary.files), false)}
                {entry(View::Trust, number(summary.statements), false)}
                {entry(View::Problems, problems(&summary), summary.problems.errors > 0)}
            </ul>
            <h2>"Method"</h2>
            <ul>{entry(View::Policy, edited.to_owned(), false)} {entry(View::Compare, String::new(), false)}</ul>
            <h2>"Audit"</h2>
            <ul>{entry(View::Workpaper, String::new(), false)}</ul>
            <h2>"Output"</h2>
            <ul>{entry(View::Export, String::new(), false)} {entry(View::Privacy, String::new(), false)}</ul>
        </nav>
    }
    .into_any()
}

fn problems(summary: &Summary) -> String {
    let all = summary.problems;
    match all.errors + all.warnings + all.notes {
        0 => String::new(),
        some => number(some),
    }
}

/// Says on every screen that what is shown was assessed under an edited policy.
fn edited(app: App) -> AnyView {
    (move || {
        let summary = app.summary.get();
        (summary.policy == PolicySource::Given).then(|| {
            let digest = ["sha256 ", &short_hash(&summary.policy_sha256)].concat();
            view! {
                <p class="edited">
                    {ui::mark(crate::model::Verdict::Excepted)} <span>"Assessed under an edited policy"</span>
                    <span class="mono" title=summary.policy_sha256.clone()>{digest}</span>
                    <a class="door" href=Route::to(View::Policy).fragment()>"See the policy"</a>
                </p>
            }
        })
    })
    .into_any()
}

/// Says on every screen how far signatures are checked, while they are, and that what waits does not count.
fn checking(app: App) -> AnyView {
    (move || {
        app.checking.get().map(|(done, all)| {
            let words = ["Checking signatures: ", &number(done), " of ", &number(all)].concat();
            let share = [&(100 * done / all.max(1)).to_string(), "%"].concat();
            view! {
                <div class="checking">
                    <p><b>{words}</b> " " <span class="muted">"What rests on the others does not count yet."</span></p>
                    <div class="progress" aria-hidden="true"><span style:--done=share></span></div>
                </div>
            }
        })
    })
    .into_any()
}

/// What went wrong with the engine or the bundle as a whole.
fn banner(app: App) -> AnyView {
    let shown = move |trouble: Trouble| {
        let detail = (!trouble.detail.is_empty()).then(|| {
            view! {
                <details>
                    <summary>"What the engine said"</summary>
                    <pre class="said">{visible(&trouble.detail)}</pre>
                    {ui::copy(&trouble.detail, "the details")}
                </details>
            }
        });
        let reload = trouble.can_reload.then(|| {
            view! {
                <button type="button" class="main" on:click=move |_| engine::reopen(app)>
                    "Reload bundle"
                </button>
            }
        });
        view! {
            <div class="banner" role="alert">
                <p>{ui::mark(crate::model::Verdict::Unmet)}{visible(&trouble.text)}</p>
                {detail}
                <div class="buttons">
                    {reload}
                    <button type="button" on:click=move |_| app.trouble.set(None)>
                        "Close"
                    </button>
                </div>
            </div>
        }
    };
    view! { {move || app.trouble.get().map(shown)} }.into_any()
}

fn foot(app: App) -> AnyView {
    let choices = Theme::ALL
        .into_iter()
        .map(|choice| {
            let is_chosen = move || app.theme.get() == choice;
            view! { <option value=choice.word() prop:selected=is_chosen>{choice.title()}</option> }
        })
        .collect_view();
    let another = move || {
        (app.stage.get() == Stage::Open).then(|| {
            view! {
                <button type="button" class="quiet" on:click=move |_| engine::close(app)>
                    "Open another bundle…"
                </button>
            }
        })
    };
    let engine = move || {
        let summary = app.summary.get();
        let total = app.progress.with(|progress| progress.bytes_done);
        let read = if total > 0 && app.stage.get() == Stage::Open {
            [&bytes(total), " read"].concat()
        } else {
            String::new()
        };
        let version =
            if summary.engine.is_empty() { String::new() } else { ["engine ", &summary.engine].concat() };
        dotted(&[version, read])
    };
    view! {
        <footer class="foot">
            {another}
            <button type="button" class="quiet" on:click=move |_| app.is_helping.set(true)>
                "Keyboard shortcuts"
            </button>
            <label class="theme">
                "Theme "
                <select on:change=move |event| theme::choose(app, Theme::of(&event_target_value(&event)))>
                    {choices}
                </select>
            </label>
            <span class="muted">{engine}</span>
        </footer>
    }
    .into_any()
}

/// The help sheet: every command with its keys.
fn help(app: App) -> AnyView {
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        let dialog: HtmlDialogElement = dialog.unchecked_into();
        if app.is_helping.get() {
            if !dialog.open() {
                // It is part of the document and not open: nothing to refuse.
                dialog.show_modal().ok();
            }
        } else {
            dialog.close();
        }
    });
    let lines = COMMANDS
        .into_iter()
        .map(|command| {
            let keys = command.keys().iter().map(|key| view! { <kbd>{*key}</kbd>" " }).collect_view();
            let prefix = if matches!(command, Command::Go(_)) { "Go to: " } else { "" };
            view! { <tr><td>{prefix}{command.title()}</td><td>{keys}</td></tr> }
        })
        .collect_view();
    view! {
        <dialog node_ref=dialog class="help" aria-labelledby="help-title" on:close=move |_| app.is_helping.set(false)>
            <h2 id="help-title">"Keyboard shortcuts"</h2>
            <table>
                <tbody>
                    {lines} <tr><td>"Rows and cells"</td><td>"arrows, Page, Home, End, Enter"</td></tr>
                </tbody>
            </table>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || app.has_shortcuts.get()
                    on:change=move |event| theme::use_shortcuts(app, event_target_checked(&event))
                />
                "Use these keys"
            </label>
            <div class="buttons">
                <button type="button" class="main" on:click=move |_| app.is_helping.set(false)>
                    "Close"
                </button>
            </div>
        </dialog>
    }
    .into_any()
}
