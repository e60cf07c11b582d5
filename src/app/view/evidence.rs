//! The files of the bundle: what each was recognised as and why, its digest, its records and its problems.

use leptos::prelude::*;

use crate::app::state::App;
use crate::app::text::{bytes, count, number, short_hash, visible};
use crate::app::ui::list::{Spec, cell, current, list};
use crate::app::ui::{copy, digest, empty, heading, pair, panel, text_pair};
use crate::app::{dom, view};
use crate::protocol::{FileRow, Reply};
use crate::query::route::{Route, View};

/// The screen.
pub fn evidence(app: App) -> AnyView {
    let counts = Memo::new(move |_| app.list.with(|list| (list.total, list.of)));
    let spec = Spec {
        label: "Files",
        class: "files",
        head: head(),
        cells: |_, reply, place| match reply {
            Reply::Files(page) => page.rows.get(place).map_or_else(|| ().into_any(), cells),
            _ => ().into_any(),
        },
        open: |_, _| dom::focus(".picked"),
    };
    let sub = "Every file and archive entry is listed with its digest, recognised or not. Nothing is concluded from a file that is not recognised.";
    let total = move || {
        let (total, of) = counts.get();
        [&number(total.into()), " of ", &count(of.into(), "file")].concat()
    };
    view! {
        {heading("Files".to_owned(), sub.into_any())}
        {view::problems::filter_field(app, "Path, format or digest", total)}
        <div class="split">
            <div class="main-column">{list(app, spec)}{move || nothing(app, counts.get().0)}</div>
            <div class="beside">{move || current(app, picked)}</div>
        </div>
    }
    .into_any()
}

fn nothing(app: App, total: u32) -> AnyView {
    if total > 0 || app.list.with_untracked(|list| list.shown.is_none()) {
        return ().into_any();
    }
    let clear = view! { <a class="button" href=Route::to(View::Files).fragment()>"Show all files"</a> };
    empty("No file matches.", clear.into_any())
}

fn head() -> AnyView {
    [
        ("f-path", "Path, and what it was recognised as"),
        ("f-bytes", "Size"),
        ("f-records", "Records"),
        ("f-hash", "SHA-256"),
    ]
    .into_iter()
    .map(|(class, name)| view! { <div role="columnheader" class=class>{name}</div> })
    .collect_view()
    .into_any()
}

fn cells(row: &FileRow) -> AnyView {
    let records: u64 = row.records.iter().map(|(_, amount)| amount).sum();
    let problems =
        (row.problems > 0).then(|| view! { <span class="bad">{count(row.problems, "problem")}</span> });
    let class = if row.format.is_empty() { "what unknown" } else { "what" };
    let path = view! {
        <span class="mono path"><bdi>{visible(&row.path)}</bdi></span>
        <span class=class>{visible(&row.title)} " " {problems}</span>
    };
    view! {
        {cell("f-path", path.into_any())}
        {cell("f-bytes num", bytes(row.bytes).into_any())}
        {cell("f-records num", number(records).into_any())}
        {cell("f-hash mono", short_hash(&row.sha256).into_any())}
    }
    .into_any()
}

fn picked(reply: &Reply, place: usize) -> Option<AnyView> {
    let Reply::Files(page) = reply else { return None };
    let row = page.rows.get(place)?;
    let records = row
        .records
        .iter()
        .map(|(noun, amount)| view! { <li>{number(*amount)} " " {visible(noun)}</li> })
        .collect_view();
    let records = if row.records.is_empty() {
        "none".into_any()
    } else {
        view! { <ul class="ids">{records}</ul> }.into_any()
    };
    let problems = if row.problems == 0 {
        "none".into_any()
    } else {
        let route = Route { filter: row.path.clone(), ..Route::to(View::Problems) };
        view! { <a class="door" href=route.fragment()>{count(row.problems, "problem")}</a> }.into_any()
    };
    let size = [&bytes(row.bytes), " (", &number(row.bytes), ")"].concat();
    let path = view! { <span class="mono">{visible(&row.path)}</span>{copy(&row.path, "path")} };
    let body = view! {
        <dl class="kv">
            {pair("Path", path.into_any())} {text_pair("Read as", &row.title)} {text_pair("Because", &row.reason)}
            {text_pair("Size", &size)} {pair("SHA-256", digest(&row.sha256))} {pair("Records", records)}
            {pair("Problems", problems)}
        </dl>
    };
    Some(
        view! { <div class="picked" tabindex="-1">{panel("File in focus", "", "", body.into_any())}</div> }
            .into_any(),
    )
}
