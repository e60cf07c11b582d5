//! The record beside a verdict: its lines as they are in the file, and what identifies it.

use leptos::prelude::*;

use super::{awaited, copy, digest, pair, panel, refused, text_pair};
use crate::app::dom;
use crate::app::state::App;
use crate::app::text::{count, number, visible};
use crate::protocol::{Address, EvidenceRow, Raw, RawLine, Reply};
use crate::query::route::Route;

/// The way to the raw record behind something, as a link that shows it beside what is being read.
pub fn evidence(app: App, row: &EvidenceRow) -> AnyView {
    let address = row.address.clone();
    let route = app.route.get_untracked();
    let href = Route { record: Some(address.clone()), ..route }.fragment();
    let title = [&visible(&row.file), " ", &visible(&row.pointer)].concat();
    let is_shown = move || is_open(app, &address).then_some("true");
    view! {
        <a
            class="evidence"
            href=href
            title=title
            aria-current=is_shown
            on:click=move |_| show_soon()
        >
            {visible(&row.label)}
        </a>
    }
    .into_any()
}

/// Whether the record is the one in the panel.
pub fn is_open(app: App, address: &Address) -> bool {
    app.route.with(|route| match &route.record {
        Some(open) => open == address,
        None => app.change.with(|slot| {
            slot.as_ref().and_then(|reply| crate::app::load::first_record(reply)).as_ref() == Some(address)
        }),
    })
}

/// On a narrow screen the panel is below what is being read: brings it into sight.
fn show_soon() {
    gloo_timers::callback::Timeout::new(120, || {
        if let Some(panel) = dom::first(".record") {
            let place = panel.get_bounding_client_rect();
            let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
            if place.top() > height - 80.0 || place.bottom() < 80.0 {
                panel.scroll_into_view();
                panel.focus().ok();
            }
        }
    })
    .forget();
}

/// The panel of the raw record.
pub fn record(app: App) -> AnyView {
    Effect::new(move |_| {
        app.raw.track();
        request_animation_frame(show_mark);
    });
    view! {
        <div class="beside">
            {move || {
                app.raw
                    .with(|slot| match slot.as_deref() {
                        Some(Reply::Raw(raw)) => shown(raw),
                        Some(Reply::Failed(fact)) => panel("Record", "", "record", refused(fact)),
                        _ => panel("Record", "", "record", awaited()),
                    })
            }}
        </div>
    }
    .into_any()
}

/// Scrolls the lines to the first one that is marked.
fn show_mark() {
    if let (Some(lines), Some(mark)) = (dom::first(".raw"), dom::first(".raw mark")) {
        let above = mark.get_bounding_client_rect().top() - lines.get_bounding_client_rect().top();
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page are far below 2^31")]
        lines.set_scroll_top(lines.scroll_top() + above as i32 - 40);
    }
}

/// Goes back from the panel to what it was opened from.
fn go_back() {
    if let Some(link) = dom::first(".evidence[aria-current]") {
        link.scroll_into_view();
        link.focus().ok();
    }
}

fn shown(raw: &Raw) -> AnyView {
    let layout = if raw.is_laid_out {
        "Laid out anew: in the file it is on one line. Line numbers count from its start."
    } else {
        "As in the file."
    };
    let cut = raw.is_cut.then_some(" Cut here: it goes on in the file.");
    let lines = raw.lines.iter().map(line).collect_view();
    let place = [
        &number(raw.offset),
        " to ",
        &number(raw.offset.saturating_add(raw.length)),
        ", ",
        &count(raw.length, "byte"),
    ]
    .concat();
    let path = raw.file.clone();
    let body = view! {
        <div class="raw" role="region" aria-label="Lines of the record" tabindex="0">{lines}</div>
        <p class="note">{layout}{cut}</p>
        <dl class="kv">
            {pair("File", view! { <span class="mono">{visible(&raw.file)}</span>{copy(&path, "path")} }.into_any())}
            {pair("SHA-256", digest(&raw.sha256))}
            {text_pair("Format", &raw.format)}
            {pair("Pointer", view! { <span class="mono">{pointer(&raw.pointer)}</span> }.into_any())}
            {text_pair("Bytes", &place)}
        </dl>
    };
    view! {
        <section class="panel record" tabindex="-1" aria-label="Record">
            <h2><span>"Record"</span><small class="mono">{pointer(&raw.pointer)}</small></h2>
            {body}
            <button type="button" class="back" on:click=move |_| go_back()>
                "Back to what it was opened from"
            </button>
        </section>
    }
    .into_any()
}

fn pointer(pointer: &str) -> String {
    if pointer.is_empty() { "whole file".to_owned() } else { visible(pointer) }
}

fn line(line: &RawLine) -> AnyView {
    let number = line.number.to_string();
    let text = visible(&line.text);
    if line.is_marked {
        view! { <mark><i>{number}</i><code>{text}</code></mark> }.into_any()
    } else {
        view! { <div><i>{number}</i><code>{text}</code></div> }.into_any()
    }
}
