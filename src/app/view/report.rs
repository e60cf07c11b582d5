//! Files to save: the same results as on the screens, byte for byte the same wherever they are made.

use leptos::prelude::*;

use crate::app::engine;
use crate::app::state::App;
use crate::app::ui::heading;
use crate::protocol::ExportFormat;

/// The files: format, name and what it is for.
const FILES: [(ExportFormat, &str, &str); 3] = [
    (
        ExportFormat::Html,
        "Report (HTML)",
        "One self-contained page to read, print and file: headline, funnel, matrices, every gap with its reason, methods and limits.",
    ),
    (
        ExportFormat::Json,
        "Assessment (JSON)",
        "Everything, for machines: each verdict with its reason and the file, digest and pointer that it rests on.",
    ),
    (
        ExportFormat::Csv,
        "Workpaper (CSV)",
        "One row for each change and criterion, for a spreadsheet. Text from evidence is kept from being read as a formula.",
    ),
];

/// The screen.
pub fn report(app: App) -> AnyView {
    let rows = FILES
        .into_iter()
        .map(|(format, name, words)| {
            let press = move |_| {
                app.saving.set("Writing…".to_owned());
                engine::export(app, format);
            };
            view! {
                <li class="panel export">
                    <div>
                        <h2>{name}</h2>
                        <p class="muted">{words}</p>
                    </div>
                    <button type="button" class="main" on:click=press>
                        "Save " {name}
                    </button>
                </li>
            }
        })
        .collect_view();
    let sub = "The same bundle, policy and engine give the same bytes, here and on the command line. Files hold text from the evidence: keep them as you keep the evidence.";
    view! {
        {heading("Export".to_owned(), sub.into_any())}
        <ul class="exports">{rows}</ul>
        <p class="muted" role="status">{move || app.saving.get()}</p>
    }
    .into_any()
}
