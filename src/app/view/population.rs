//! The population: whether the list of changes is whole, and what is missing from it.

use leptos::prelude::*;

use crate::app::state::App;
use crate::app::text::{count, visible};
use crate::app::ui::record::{evidence, record};
use crate::app::ui::{awaited, heading, panel, refused, verdict};
use crate::protocol::{Hole, Overview, PopulationRow, Reply};

/// The screen.
pub fn population(app: App) -> AnyView {
    (move || {
        app.overview.with(|slot| match slot.as_deref() {
            Some(Reply::Overview(overview)) => shown(app, overview),
            Some(Reply::Failed(fact)) => refused(fact),
            _ => view! { <h1 tabindex="-1">"Population"</h1>{awaited()} }.into_any(),
        })
    })
    .into_any()
}

fn shown(app: App, overview: &Overview) -> AnyView {
    let title = match overview.holes.len() as u64 {
        0 => "Population: no hole was found".to_owned(),
        some => ["Population: ", &count(some, "hole")].concat(),
    };
    let sub = view! {
        "A sample proves nothing unless the list it is drawn from is whole. These claims are tested once for the bundle."
    };
    let is_beside = move || app.route.with(|route| route.record.is_some());
    let rows = overview.population.iter().map(|row| tested(app, row)).collect_view();
    view! {
        {heading(title, sub.into_any())}
        <div class=move || if is_beside() { "split" } else { "" }>
            <div class="grid">
                {panel("What was tested", "", "", view! { <ol class="crit">{rows}</ol> }.into_any())}
                {holes(app, &overview.holes)}
            </div>
            {move || is_beside().then(|| record(app))}
        </div>
    }
    .into_any()
}

fn tested(app: App, row: &PopulationRow) -> AnyView {
    let records = row.evidence.iter().map(|row| evidence(app, row)).collect_view();
    view! {
        <li>
            {verdict(row.verdict)}
            <div>
                <p class="name">{visible(&row.claim)}</p>
                <p class="reason">{visible(&row.reason)}</p>
                <p class="records">{records}<span class="mono muted">{row.criterion.clone()}</span></p>
            </div>
        </li>
    }
    .into_any()
}

fn holes(app: App, holes: &[Hole]) -> AnyView {
    if holes.is_empty() {
        let text = "Nothing is missing as far as the bundle can tell: see above what it can tell.";
        return panel("Holes", "", "", view! { <p class="muted">{text}</p> }.into_any());
    }
    let rows = holes
        .iter()
        .map(|hole| {
            let record = hole.evidence.as_ref().map(|row| evidence(app, row));
            view! {
                <li>
                    <span class="mono subject">{visible(&hole.subject)}</span>
                    <div>
                        <p>{visible(&hole.text)}</p>
                        <p class="records">{record}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    let remark = if holes.len() >= 200 { "the first 200" } else { "" };
    panel("Holes", remark, "", view! { <ul class="holes">{rows}</ul> }.into_any())
}
