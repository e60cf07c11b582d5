//! A long list of which only the rows in sight exist: rows of a fixed height, a grid for assistive technology, one tab
//! stop, and a focus that survives scrolling because the row that has it is always kept.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};

use super::awaited;
use crate::app::dom;
use crate::app::state::App;
use crate::protocol::Reply;

/// Rows kept above and below those in sight.
const MARGIN: u32 = 12;

/// What a list needs from its screen.
pub struct Spec {
    /// What is listed, for assistive technology.
    pub label: &'static str,
    /// Class that sets columns and row height.
    pub class: &'static str,
    /// The cells of the head.
    pub head: AnyView,
    /// Returns the cells of a row on a page.
    pub cells: fn(App, &Reply, usize) -> AnyView,
    /// Does what Enter and a click on a row do.
    pub open: fn(App, u32),
}

/// A cell of a row.
pub fn cell(class: &'static str, content: AnyView) -> AnyView {
    view! { <div role="gridcell" class=class>{content}</div> }.into_any()
}

/// The list.
pub fn list(app: App, spec: Spec) -> AnyView {
    let total = Memo::new(move |_| app.list.with(|list| list.total));
    let Spec { label, class, head, cells, open } = spec;
    let window = move || {
        let (first, end) = app.window.get();
        let (total, kept) = (total.get(), app.row.get());
        let (first, end) = (first.min(total), end.min(total));
        let mut rows: Vec<u32> = (first..end).collect();
        if kept < total && !(first..end).contains(&kept) {
            rows.push(kept);
        }
        rows
    };
    let row = move |at: u32| {
        let content = move || {
            let page = app.list.with(|list| list.page_of(at));
            page.map_or_else(awaited, |(reply, place)| cells(app, &reply, place))
        };
        view! {
            <div
                role="row"
                class="row"
                data-row=at.to_string()
                aria-rowindex=(at + 2).to_string()
                tabindex=move || if app.row.get() == at { "0" } else { "-1" }
                style:--at=at.to_string()
            >
                {content}
            </div>
        }
    };
    Effect::new(move |_| {
        total.track();
        request_animation_frame(move || measure(app));
    });
    view! {
        <div
            class=["list ", class].concat()
            role="grid"
            aria-label=label
            aria-rowcount=move || (total.get() + 1).to_string()
            on:scroll=move |_| measure(app)
            on:keydown=move |event| on_key(app, total.get_untracked(), open, &event)
            on:click=move |event| on_click(app, open, &event)
            on:focusin=move |event| {
                if let Some(row) = row_of(&event) {
                    app.row.set(row);
                }
            }
        >
            <div role="rowgroup" class="list-head">
                <div role="row" class="row-head" aria-rowindex="1">{head}</div>
            </div>
            <div role="rowgroup" class="rows" style:--total=move || total.get().to_string()>
                <For each=window key=|at| *at children=row/>
            </div>
        </div>
    }
    .into_any()
}

/// Works out from the scroll position which rows are in sight.
pub fn measure(app: App) {
    let (Some(list), Some(height)) = (dom::first(".list"), row_height(app)) else { return };
    let at = |pixels: i32| u32::try_from(pixels.max(0) / height).unwrap_or(0);
    let first = at(list.scroll_top()).saturating_sub(MARGIN);
    let end = at(list.scroll_top() + list.client_height()) + 1 + MARGIN;
    if app.window.get_untracked() != (first, end) {
        let had_focus = document().active_element().is_some_and(|element| element.has_attribute("data-row"));
        app.window.set((first, end));
        if had_focus {
            request_animation_frame(move || keep_focus(app));
        }
    }
}

/// Gives the focus back to the row that had it, without scrolling: a row that is moved in the document loses it.
fn keep_focus(app: App) {
    let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    let row = app.row.get_untracked().to_string();
    if let (true, Some(row)) = (is_lost, dom::first(&["[data-row=\"", &row, "\"]"].concat())) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        row.focus_with_options(&options).ok();
    }
}

/// Returns the height of a row in pixels, as the style sheet has it at this width.
fn row_height(app: App) -> Option<i32> {
    let total = i32::try_from(app.list.with_untracked(|list| list.total)).ok()?;
    let rows = dom::first(".list .rows")?.offset_height();
    (total > 0 && rows > 0).then(|| (rows / total).max(1))
}

fn row_of(event: &Event) -> Option<u32> {
    let target = event.target()?.dyn_into::<HtmlElement>().ok()?;
    target.closest("[data-row]").ok()??.get_attribute("data-row")?.parse().ok()
}

fn on_click(app: App, open: fn(App, u32), event: &Event) {
    // Links and buttons in a row do their own thing.
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    if target.is_some_and(|target| target.closest("a, button").ok().flatten().is_some()) {
        return;
    }
    if let Some(row) = row_of(event) {
        app.row.set(row);
        open(app, row);
    }
}

fn on_key(app: App, total: u32, open: fn(App, u32), event: &KeyboardEvent) {
    let is_on_row = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        .is_some_and(|target| target.has_attribute("data-row"));
    if !is_on_row || total == 0 || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let row = app.row.get_untracked();
    let page = match (dom::first(".list"), row_height(app)) {
        (Some(list), Some(height)) => u32::try_from(list.client_height() / height - 2).unwrap_or(1).max(1),
        _ => 10,
    };
    let to = match event.key().as_str() {
        "ArrowDown" | "j" => row.saturating_add(1),
        "ArrowUp" | "k" => row.saturating_sub(1),
        "PageDown" => row.saturating_add(page),
        "PageUp" => row.saturating_sub(page),
        "Home" => 0,
        "End" => total - 1,
        "Enter" => {
            event.prevent_default();
            return open(app, row);
        }
        _ => return,
    };
    event.prevent_default();
    move_to(app, to.min(total - 1));
}

/// Gives a row the focus, scrolled into sight.
fn move_to(app: App, row: u32) {
    app.row.set(row);
    if let (Some(list), Some(height)) = (dom::first(".list"), row_height(app)) {
        let top = i32::try_from(row).unwrap_or(i32::MAX).saturating_mul(height);
        let head = dom::first(".list-head").map_or(0, |head| head.offset_height());
        let room = list.client_height() - head - height;
        if top < list.scroll_top() {
            list.set_scroll_top(top);
        } else if top > list.scroll_top() + room {
            list.set_scroll_top(top - room);
        }
        measure(app);
    }
    request_animation_frame(move || dom::focus(&["[data-row=\"", &row.to_string(), "\"]"].concat()));
}

/// Returns what a row is of, for screens that show more of the row in focus.
pub fn current<T>(app: App, of: impl Fn(&Reply, usize) -> Option<T>) -> Option<T> {
    let row = app.row.get();
    let (reply, place): (Arc<Reply>, usize) = app.list.with(|list| list.page_of(row))?;
    of(&reply, place)
}
