//! The few things that need the browser itself: elements, address, title, clipboard, boot script.

use gloo_events::EventListener;
use js_sys::{Array, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

use super::state::{App, Stage};
use super::text;
use crate::protocol::Phase;
use crate::query::route::{Route, View};

/// Returns the element of an id.
pub fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Returns the first element of a CSS selector.
pub fn first(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// Puts the focus on the first element of a CSS selector, once what is being changed has been drawn.
pub fn focus_soon(selector: &'static str) {
    request_animation_frame(move || focus(selector));
}

/// Puts the focus on the first element of a CSS selector.
pub fn focus(selector: &str) {
    if let Some(element) = first(selector) {
        // An element that has gone in the meantime takes no focus.
        element.focus().ok();
    }
}

/// Gives the focus back to the heading or link that has it now, if what is being drawn anew takes it away.
pub fn keep_focus() {
    let Some(element) = document()
        .active_element()
        .filter(|element| element.closest("main").is_ok_and(|main| main.is_some()))
    else {
        return;
    };
    let selector = match element.get_attribute("href") {
        Some(href) => ["main a[href=\"", &href.replace('\\', "\\\\").replace('"', "\\\""), "\"]"].concat(),
        None if element.tag_name() == "H1" => "h1".to_owned(),
        None => return,
    };
    request_animation_frame(move || {
        let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
        if is_lost {
            focus(&selector);
        }
    });
}

/// Returns a property of a JavaScript value; `undefined` where there is none.
pub fn property(of: &JsValue, name: &str) -> JsValue {
    if of.is_object() || of.is_function() {
        Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    } else {
        JsValue::UNDEFINED
    }
}

/// Returns a text property of a JavaScript value; empty where there is none.
pub fn text_property(of: &JsValue, name: &str) -> String {
    property(of, name).as_string().unwrap_or_default()
}

/// Returns what the boot script offers: `window.lacuna`.
pub fn boot() -> JsValue {
    property(&window(), "lacuna")
}

/// Calls a function of the boot script without arguments.
pub fn call_boot(name: &str) -> Result<JsValue, JsValue> {
    let boot = boot();
    let function = property(&boot, name).dyn_into::<js_sys::Function>()?;
    function.call0(&boot)
}

/// Returns the hash of the build.
pub fn build_hash() -> String {
    let hash = text_property(&boot(), "buildHash");
    if hash.is_empty() { "development".to_owned() } else { hash }
}

/// One thing that the browser's policy refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// `page`, `worker` or `navigation`.
    pub place: String,
    /// The directive of the policy.
    pub directive: String,
    /// What was refused.
    pub blocked: String,
}

/// Returns what was refused so far.
pub fn violations() -> Vec<Violation> {
    let list = property(&boot(), "violations");
    if !Array::is_array(&list) {
        return Vec::new();
    }
    Array::from(&list)
        .iter()
        .map(|entry| Violation {
            place: text_property(&entry, "where"),
            directive: text_property(&entry, "directive"),
            blocked: text_property(&entry, "blocked"),
        })
        .collect()
}

/// Returns how many resources the page has loaded from anywhere but itself.
pub fn requests() -> u32 {
    let Some(performance) = window().performance() else { return 0 };
    let entries = performance.get_entries_by_type("resource");
    let loaded = entries.iter().filter(|entry| {
        let name = text_property(entry, "name");
        !name.starts_with("blob:") && !name.starts_with("data:")
    });
    u32::try_from(loaded.count()).unwrap_or(u32::MAX)
}

/// Keeps the count of what was refused, as the boot script announces it.
pub fn listen_for_violations(app: App) {
    let count = move || u32::try_from(violations().len()).unwrap_or(u32::MAX);
    app.violations.set(count());
    app.requests.set(requests());
    EventListener::new(&window(), "lacuna-violation", move |_| app.violations.set(count())).forget();
}

/// Returns the state of the view that the address names.
pub fn current_route() -> Route {
    Route::parse(&window().location().hash().unwrap_or_default())
}

/// Follows the address: links in the app are plain fragments, and Back must work.
pub fn listen_for_navigation(app: App) {
    EventListener::new(&window(), "popstate", move |_| arrive(app, current_route())).forget();
}

/// Goes to a state of the view, as a new entry of the history.
pub fn go(app: App, route: Route) {
    write(&route, false);
    arrive(app, route);
}

/// Goes to a state of the view in the place of the current entry of the history: while typing.
pub fn replace(app: App, route: Route) {
    write(&route, true);
    app.route.set(route);
}

fn arrive(app: App, route: Route) {
    let before = app.route.get_untracked();
    let moved = before.view != route.view || before.change != route.change;
    if before != route {
        app.route.set(route);
    }
    app.requests.set(requests());
    if moved {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        focus_soon("h1");
    }
}

fn write(route: &Route, in_place: bool) {
    let Ok(history) = window().history() else { return };
    let fragment = route.fragment();
    let written = if in_place {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&fragment))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(&fragment))
    };
    // Browsers bound how often the address may change; the view goes on without it.
    written.ok();
}

/// Keeps the title of the document: what is being done, or what is shown of which bundle.
pub fn keep_title(app: App) {
    Effect::new(move |_| {
        let title = match app.stage.get() {
            Stage::Empty => "Lacuna".to_owned(),
            Stage::Opening => {
                let progress = app.progress.get();
                let share = match progress.phase {
                    Phase::Assessing => text::percent(progress.assessed, progress.changes),
                    _ => text::percent(progress.bytes_done, progress.bytes_known),
                };
                [&share.to_string(), " % · Opening · Lacuna"].concat()
            }
            Stage::Open => {
                let view = app.route.with(|route| route.view);
                let name = app.summary.with(|summary| text::visible(&summary.name));
                let view = if view == View::Change { "Change" } else { view.title() };
                [view, " · ", &name, " · Lacuna"].concat()
            }
        };
        document().set_title(&title);
    });
}

/// Puts text on the clipboard. Where the browser refuses (a local file in some), nothing happens.
pub fn copy(text: &str) {
    let clipboard = property(&window().navigator(), "clipboard");
    if let Ok(clipboard) = clipboard.dyn_into::<web_sys::Clipboard>() {
        wasm_bindgen_futures::spawn_local({
            let promise = clipboard.write_text(text);
            async move {
                // A refusal is the browser's to show.
                wasm_bindgen_futures::JsFuture::from(promise).await.ok();
            }
        });
    }
}

/// Closes the menus that are open, but for the one that holds `inside`. Returns whether there was any.
pub fn close_menus(inside: Option<&Element>) -> bool {
    let Ok(menus) = document().query_selector_all("details.menu[open]") else { return false };
    let mut has_closed = false;
    for at in 0..menus.length() {
        let Some(menu) = menus.get(at).and_then(|menu| menu.dyn_into::<Element>().ok()) else { continue };
        if !inside.is_some_and(|inside| menu.contains(Some(inside))) {
            let has_focus = document().active_element().is_some_and(|focus| menu.contains(Some(&focus)));
            // The attribute can always be taken away.
            menu.remove_attribute("open").ok();
            let opener = menu.query_selector("summary").ok().flatten();
            if let (true, Some(Ok(opener))) = (has_focus, opener.map(JsCast::dyn_into::<HtmlElement>)) {
                opener.focus().ok();
            }
            has_closed = true;
        }
    }
    has_closed
}

/// Closes menus when something else is pressed.
pub fn listen_for_presses() {
    EventListener::new(&document(), "click", |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        close_menus(target.as_ref());
    })
    .forget();
}

/// Returns whether keys that are pressed on an element are text for it.
pub fn is_editable(element: &Element) -> bool {
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        || element.has_attribute("contenteditable")
}

/// Returns the milliseconds since the page was opened.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
