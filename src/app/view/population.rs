//! The population: what was frozen, where it came from, whether it is whole, and what is missing from it.

use leptos::prelude::*;

use crate::app::state::App;
use crate::app::text::{count, visible};
use crate::app::ui::figure::figure;
use crate::app::ui::record::{evidence, record};
use crate::app::ui::{awaited, digest, heading, pair, panel, refused, text_pair, verdict};
use crate::protocol::{Hole, HoleGroup, PopulationRow, PopulationView, Reply, SourceRow};
use crate::query::route::{Route, View};

/// The screen.
pub fn population(app: App) -> AnyView {
    (move || {
        app.population.with(|slot| match slot.as_deref() {
            Some(Reply::Population(population)) => shown(app, population),
            Some(Reply::Failed(fact)) => refused(fact),
            _ => view! { <h1 tabindex="-1">"Population"</h1>{awaited()} }.into_any(),
        })
    })
    .into_any()
}

fn shown(app: App, population: &PopulationView) -> AnyView {
    let gaps = population.groups.iter().filter(|group| !group.is_note).map(|group| group.count).sum::<u64>();
    let title = match gaps {
        0 => "Population: no hole was found".to_owned(),
        some => ["Population: ", &count(some, "hole")].concat(),
    };
    let sub = view! {
        "A sample proves nothing unless the list it is drawn from is whole. These claims are tested once for the bundle."
    };
    let is_beside = move || app.route.with(|route| route.record.is_some());
    let rows = population.criteria.iter().map(|row| tested(app, row)).collect_view();
    view! {
        {heading(title, sub.into_any())}
        <div class=move || if is_beside() { "split" } else { "" }>
            <div class="grid">
                {frozen(population)}
                {over_time(population)}
                {panel("What was tested", "", "", view! { <ol class="crit">{rows}</ol> }.into_any())}
                {holes(app, &population.groups)}
            </div>
            {move || is_beside().then(|| record(app))}
        </div>
    }
    .into_any()
}

fn frozen(population: &PopulationView) -> AnyView {
    let end = |at: &str| if at.is_empty() { "open".to_owned() } else { at.to_owned() };
    let date = match population.effective.as_str() {
        "deployment" => "by the date of their first release",
        _ => "by the date of their merge",
    };
    let facts = [
        ("Changes", [&count(population.size, "change"), ", ", date].concat()),
        ("Period", [&end(&population.from), " to ", &end(&population.to), " (exclusive)"].concat()),
        ("Zone", population.zone.clone()),
    ];
    let facts = facts.into_iter().map(|(term, text)| text_pair(term, &text)).collect_view();
    let rows = population.sources.iter().map(source).collect_view();
    let body = view! {
        <dl class="kv">{facts}{pair("SHA-256 of the list", digest(&population.sha256))}</dl>
        <h3>"Where it comes from"</h3>
        <ul class="holes">{rows}</ul>
    };
    panel("What was frozen", "", "", body.into_any())
}

fn source(row: &SourceRow) -> AnyView {
    let extracted = match row.extracted.as_str() {
        "" => "when it was extracted is not known".to_owned(),
        at => ["extracted ", at].concat(),
    };
    let how = if row.how.is_empty() { "how is not known" } else { row.how.as_str() };
    view! {
        <li>
            <span class="mono subject">{visible(&row.path)}</span>
            <p>{visible(&row.records)}<br/><span class="muted">{visible(&[extracted.as_str(), "; ", how].concat())}</span></p>
        </li>
    }
    .into_any()
}

fn over_time(population: &PopulationView) -> AnyView {
    if population.timeline_svg.is_empty() {
        return ().into_any();
    }
    let label = "Changes by month, and when each hole came about; the lists below say the same in words";
    panel("Over time", "", "", figure(&population.timeline_svg, label))
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

fn holes(app: App, groups: &[HoleGroup]) -> AnyView {
    if groups.is_empty() {
        let text = "Nothing is missing as far as the bundle can tell: see above what it can tell.";
        return panel("Holes", "", "", view! { <p class="muted">{text}</p> }.into_any());
    }
    let groups = groups
        .iter()
        .map(|group| {
            let rows = group.holes.iter().map(|row| hole(app, row)).collect_view();
            let note = if group.is_note { "; a note, no gap by itself" } else { "" };
            let more = group.count > group.holes.len() as u64;
            let more = if more { "; the first are listed, all are in the JSON" } else { "" };
            let title = [&group.title, ": ", &group.count.to_string(), note, more].concat();
            view! { <h3>{title}</h3><ul class="holes">{rows}</ul> }
        })
        .collect_view();
    panel("Holes", "", "", groups.into_any())
}

fn hole(app: App, hole: &Hole) -> AnyView {
    let record = hole.evidence.as_ref().map(|row| evidence(app, row));
    let change = (!hole.change.is_empty()).then(|| {
        let route = Route { change: hole.change.clone(), ..Route::to(View::Change) };
        view! { <a class="door" href=route.fragment()>{["Open ", &visible(&hole.change)].concat()}</a> }
    });
    let at =
        (!hole.at.is_empty()).then(|| view! { <span class="muted">{[&hole.at, " UTC"].concat()}</span> });
    view! {
        <li>
            <span class="mono subject">{visible(&hole.subject)}</span>
            <div>
                <p>{visible(&hole.text)}</p>
                <p class="records">{at}{change}{record}</p>
            </div>
        </li>
    }
    .into_any()
}
