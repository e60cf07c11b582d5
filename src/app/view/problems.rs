//! What is wrong with the input itself: where, what was found, what was expected, and what to do.

use leptos::prelude::*;

use crate::app::dom;
use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::app::ui::list::{Spec, cell, current, list};
use crate::app::ui::{chip, copy, empty, heading, pair, panel, text_pair};
use crate::model::Verdict;
use crate::problem::Severity;
use crate::protocol::{ProblemRow, Reply};
use crate::query::route::{Route, View};

/// The screen.
pub fn problems(app: App) -> AnyView {
    let counts = Memo::new(move |_| app.list.with(|list| (list.total, list.of)));
    let spec = Spec {
        label: "Problems",
        class: "problems",
        head: head(),
        cells: |_, reply, place| match reply {
            Reply::Problems(page) => page.rows.get(place).map_or_else(|| ().into_any(), cells),
            _ => ().into_any(),
        },
        open: |_, _| dom::focus(".picked"),
    };
    let sub = "Partial failure is normal: what is broken is named here, and everything else was read.";
    let total = move || {
        let (total, of) = counts.get();
        [&number(total.into()), " of ", &count(of.into(), "problem")].concat()
    };
    view! {
        {heading("Problems".to_owned(), sub.into_any())}
        {filter_field(app, "File, kind or finding", total)}
        <div class="split">
            <div class="main-column">{list(app, spec)}{move || nothing(app, counts.get())}</div>
            <div class="beside">{move || current(app, picked)}</div>
        </div>
    }
    .into_any()
}

/// The field that narrows files and problems.
pub fn filter_field(
    app: App,
    label: &'static str,
    total: impl Fn() -> String + Copy + Send + 'static,
) -> AnyView {
    let typed = move |event| {
        let route = app.route.get_untracked();
        dom::replace(app, Route { filter: event_target_value(&event), ..route });
    };
    view! {
        <div class="filter" role="search" aria-label="This list">
            <label for="filter">{label}</label>
            <input
                id="filter"
                type="search"
                autocomplete="off"
                spellcheck="false"
                prop:value=move || app.route.with(|route| route.filter.clone())
                on:input=typed
            />
            <kbd aria-hidden="true">"/"</kbd>
            <span class="muted num" role="status">{total}</span>
        </div>
    }
    .into_any()
}

fn nothing(app: App, (total, of): (u32, u32)) -> AnyView {
    if total > 0 || app.list.with_untracked(|list| list.shown.is_none()) {
        return ().into_any();
    }
    if of == 0 {
        return empty(
            "No problem was found.",
            "Every file was read to its end, and nothing in it was doubtful.".into_any(),
        );
    }
    let clear = view! { <a class="button" href=Route::to(View::Problems).fragment()>"Show all problems"</a> };
    empty("No problem matches.", clear.into_any())
}

fn head() -> AnyView {
    [("p-severity", "Severity"), ("p-found", "Found, and where")]
        .into_iter()
        .map(|(class, name)| view! { <div role="columnheader" class=class>{name}</div> })
        .collect_view()
        .into_any()
}

/// The look of a severity: an error costs evidence, a warning makes it doubtful.
const fn look(severity: Severity) -> Verdict {
    match severity {
        Severity::Error => Verdict::Unmet,
        Severity::Warning => Verdict::Unproven,
        Severity::Note => Verdict::NotApplicable,
    }
}

fn cells(row: &ProblemRow) -> AnyView {
    let place = place(row);
    let found = view! {
        <span class="found">{visible(&row.found)}</span>
        <span class="mono path"><bdi>{place}</bdi></span>
    };
    view! {
        {cell("p-severity", chip(look(row.severity), row.severity.word()))}
        {cell("p-found", found.into_any())}
    }
    .into_any()
}

fn place(row: &ProblemRow) -> String {
    let file = if row.file.is_empty() { "the bundle as a whole".to_owned() } else { visible(&row.file) };
    if row.pointer.is_empty() { file } else { [&file, " ", &visible(&row.pointer)].concat() }
}

fn picked(reply: &Reply, place_on_page: usize) -> Option<AnyView> {
    let Reply::Problems(page) = reply else { return None };
    let row = page.rows.get(place_on_page)?;
    let as_text = [
        row.severity.word(),
        " ",
        &row.kind,
        "\n",
        &place(row),
        "\nfound: ",
        &visible(&row.found),
        "\nexpected: ",
        &visible(&row.expected),
        "\nhint: ",
        &row.hint,
    ]
    .concat();
    let expected = (!row.expected.is_empty()).then(|| text_pair("Expected", &row.expected));
    let pointer = (!row.pointer.is_empty()).then(|| text_pair("Where", &row.pointer));
    let file = if row.file.is_empty() {
        "the bundle as a whole".into_any()
    } else {
        let route = Route { filter: row.file.clone(), ..Route::to(View::Files) };
        view! { <a class="door mono" href=route.fragment()>{visible(&row.file)}</a> }.into_any()
    };
    let body = view! {
        <p>{chip(look(row.severity), row.severity.word())} " " <span class="mono">{visible(&row.kind)}</span></p>
        <dl class="kv">
            {text_pair("Found", &row.found)} {expected} {pair("File", file)} {pointer} {text_pair("What to do", &row.hint)}
        </dl>
        {copy(&as_text, "as text")}
    };
    Some(view! { <div class="picked" tabindex="-1">{panel("Problem in focus", "", "", body.into_any())}</div> }.into_any())
}
