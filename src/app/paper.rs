//! The workpaper in the app: its text, the entries on their way, and where it is kept.
//!
//! The text lives here and, where the page has an origin, in the browser's IndexedDB (`public/boot.js`). The worker only
//! reads it and goes on with it, so that one that dies takes nothing with it: what was on its way is sent again.

use std::sync::Arc;

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::{Array, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, File};

use super::state::{App, Stage};
use super::{dom, engine, export, text};
use crate::protocol::{PaperReply, PaperRequest, Request};
use crate::query::route::{Route, View};
use crate::workpaper::Body;

/// The greatest paper that is read, in bytes.
const MOST_BYTES: f64 = 67_108_864.0;

/// A paper that is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// The file.
    pub text: String,
    /// What the engine says of it.
    pub told: PaperReply,
    /// Entries that the reader has in a file.
    pub saved: u64,
    /// Entries that the browser keeps.
    pub kept: u64,
    /// Why the browser does not keep it; empty where it does.
    pub not_kept: String,
    /// Path in the bundle that it was opened from; empty for one that came by itself.
    pub from: String,
}

impl Held {
    /// Returns the entries that would be lost with the page.
    pub fn at_risk(&self) -> u64 {
        self.told.state.entries.saturating_sub(self.saved.max(self.kept))
    }

    /// Returns the entries that no file of the reader's has.
    pub fn unsaved(&self) -> u64 {
        self.told.state.entries.saturating_sub(self.saved)
    }
}

/// A paper that the browser keeps from an earlier visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Entries that were saved as a file.
    pub saved: u64,
}

/// What is on its way to the worker.
#[derive(Clone, Debug, PartialEq)]
pub enum Errand {
    /// Look again, and show an item.
    Look,
    /// Entries to add.
    Add,
    /// Entries to try.
    Trial,
    /// Another paper to read: how many entries of one that the browser keeps are saved; `None` for one from a file.
    Read(Option<u64>),
    /// A paper that lies in the bundle to read.
    Inside,
    /// Another state of the paper to merge in.
    Merge,
}

/// State of the workpaper's screens; part of the root.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The paper that is open.
    pub held: RwSignal<Option<Arc<Held>>>,
    /// A paper that was opened while another one is: the reader says what becomes of it.
    pub offer: RwSignal<Option<Arc<Held>>>,
    /// What the browser keeps.
    pub kept: RwSignal<Vec<Kept>>,
    /// Who enters.
    pub by: RwSignal<String>,
    /// Why the last entry was not taken; empty where it was.
    pub refused: RwSignal<String>,
    /// What the last trial draw gave.
    pub trial: RwSignal<Option<Arc<PaperReply>>>,
    /// What is on its way, kept until it is answered.
    pub errand: StoredValue<Option<(Errand, PaperRequest)>>,
    /// The path of a paper in the bundle that is to be read next; empty for none.
    inside: StoredValue<String>,
    /// The form that is to be emptied once its entry is taken.
    form: StoredValue<Option<Element>, LocalStorage>,
}

impl Desk {
    /// Returns an empty desk.
    pub fn new() -> Self {
        Self {
            held: RwSignal::new(None),
            offer: RwSignal::new(None),
            kept: RwSignal::new(Vec::new()),
            by: RwSignal::new(String::new()),
            refused: RwSignal::new(String::new()),
            trial: RwSignal::new(None),
            errand: StoredValue::new(None),
            inside: StoredValue::new(String::new()),
            form: StoredValue::new_local(None),
        }
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns now, as entries are dated: UTC, to the second.
fn now() -> String {
    let text = String::from(js_sys::Date::new_0().to_iso_string());
    [text.get(..19).unwrap_or_default(), "Z"].concat()
}

fn text_of(app: App) -> String {
    app.desk.held.with_untracked(|held| held.as_ref().map(|held| held.text.clone())).unwrap_or_default()
}

/// Enters into the paper; the form is emptied once the entry is taken, and keeps what was typed where it is not.
pub fn enter(app: App, body: Body, form: Option<Element>) {
    app.desk.form.set_value(form);
    run(app, Errand::Add, PaperRequest { text: text_of(app), add: vec![body], ..PaperRequest::default() });
}

/// Tries entries without taking them in.
pub fn try_out(app: App, add: Vec<Body>) {
    let request = PaperRequest { text: text_of(app), add, is_trial: true, ..PaperRequest::default() };
    run(app, Errand::Trial, request);
}

/// Merges the paper that is offered into the one that is open.
pub fn merge_offer(app: App) {
    let Some(offer) = app.desk.offer.get_untracked() else { return };
    let request = PaperRequest { text: text_of(app), merge: offer.text.clone(), ..PaperRequest::default() };
    run(app, Errand::Merge, request);
}

/// Opens the paper that is offered in the place of the one that is open.
pub fn take_offer(app: App) {
    if let Some(offer) = app.desk.offer.get_untracked() {
        app.desk.offer.set(None);
        // The one that is open gives way, also in the browser, where it is another state of the same.
        let open = app.desk.held.get_untracked().map(|held| held.told.state.head.clone());
        hold(app, offer, open.unwrap_or_default());
        look(app);
    }
}

fn run(app: App, errand: Errand, request: PaperRequest) {
    // What a worker took with it, and was not sent again, is still in its form.
    if app.desk.errand.with_value(Option::is_some) && engine::is_awaiting_paper(app) {
        return app.desk.refused.set("The entry before this one is still being written.".to_owned());
    }
    let by = app.desk.by.get_untracked().trim().to_owned();
    if by.is_empty() && matches!(errand, Errand::Add | Errand::Merge) {
        app.desk.refused.set("Say who you are first: every entry names its person.".to_owned());
        return dom::focus("[name='by']");
    }
    app.desk.refused.set(String::new());
    let request = PaperRequest { at: now(), by, item: app.route.get_untracked().change, ..request };
    app.desk.errand.set_value(Some((errand, request.clone())));
    engine::paper(app, Request::Paper(Box::new(request)));
}

/// Asks what the paper says beside the bundle that is open, and for the item in sight; what was on its way is sent again.
pub fn look(app: App) {
    if app.desk.held.with_untracked(Option::is_none) {
        return;
    }
    if let Some((_, request)) = app.desk.errand.get_value() {
        return engine::paper(app, Request::Paper(Box::new(request)));
    }
    run(app, Errand::Look, PaperRequest { text: text_of(app), ..PaperRequest::default() });
}

/// A bundle is open: the paper that lies in it is opened once what was on its way is answered; of several none is.
pub fn opened(app: App) {
    let only = app.summary.with_untracked(|summary| match summary.papers.as_slice() {
        [only] => only.clone(),
        _ => String::new(),
    });
    app.desk.inside.set_value(only);
    look(app);
    read_next(app);
}

/// Reads a paper that lies in the bundle.
pub fn read_inside(app: App, path: String) {
    run(app, Errand::Inside, PaperRequest { inside: path, ..PaperRequest::default() });
}

/// Reads the paper that waits to be read, unless something is on its way.
fn read_next(app: App) {
    if app.desk.errand.with_value(Option::is_none)
        && let Some(path) = app.desk.inside.try_update_value(std::mem::take).filter(|path| !path.is_empty())
    {
        read_inside(app, path);
    }
}

/// Takes the worker's answer.
pub fn told(app: App, reply: Result<PaperReply, String>) {
    take(app, reply);
    read_next(app);
}

fn take(app: App, reply: Result<PaperReply, String>) {
    let Some((errand, request)) = app.desk.errand.get_value() else { return };
    app.desk.errand.set_value(None);
    let reply = match reply {
        Ok(reply) => reply,
        Err(fact) => {
            if errand == Errand::Inside {
                dom::go(app, Route::to(View::Workpaper));
            }
            app.spoken.set(fact.clone());
            return app.desk.refused.set(fact);
        }
    };
    app.desk.refused.set(reply.refused.clone());
    if !reply.refused.is_empty() {
        app.spoken.set(reply.refused.clone());
    }
    let before = app.desk.held.get_untracked();
    match errand {
        Errand::Trial => return app.desk.trial.set(reply.refused.is_empty().then(|| Arc::new(reply))),
        Errand::Read(kept) => return taken(app, kept, (request.text, String::new()), reply),
        Errand::Inside => {
            let text = reply.text.clone();
            // The bundle was opened again, and the paper has gone on since.
            if before.is_some_and(|held| held.text.contains(&reply.state.head)) {
                return look(app);
            }
            return taken(app, None, (text, request.inside), PaperReply { text: String::new(), ..reply });
        }
        Errand::Look | Errand::Add | Errand::Merge => {}
    }
    let was = before.as_deref().cloned().unwrap_or_default();
    let is_new = !reply.text.is_empty();
    let text = if is_new { reply.text.clone() } else { was.text.clone() };
    if is_new {
        app.desk.trial.set(None);
        app.desk.offer.set(None);
        if let Some(form) = app.desk.form.try_update_value(Option::take).flatten() {
            // Every form can be reset.
            dom::property(&form, "reset")
                .dyn_into::<js_sys::Function>()
                .and_then(|reset| reset.call0(&form))
                .ok();
        }
        let number = text::number(reply.state.entries);
        app.spoken.set(["Entered as number ", &number].concat());
    }
    let head = was.told.state.head.clone();
    let told = PaperReply { text: String::new(), ..reply };
    let held = Arc::new(Held { text, told, ..was });
    if is_new {
        hold(app, held, head);
    } else {
        app.desk.held.set(Some(held));
    }
    let wanted = app.route.get_untracked().change;
    if wanted != request.item {
        look(app);
    }
}

/// Takes a paper that was read: opens it, or offers it where another one is open. `text` comes with its path in the bundle.
fn taken(app: App, kept: Option<u64>, (text, from): (String, String), reply: PaperReply) {
    let entries = reply.state.entries;
    let (saved, is_kept) = kept.map_or((entries, false), |saved| (saved, true));
    // Only what this browser kept is taken to be by whoever sits here: a file may come from a colleague.
    if let (true, true, Some(last)) =
        (is_kept, app.desk.by.get_untracked().is_empty(), reply.state.log.last())
    {
        app.desk.by.set(last.by.clone());
    }
    let head = reply.state.head.clone();
    let kept = if is_kept { entries } else { 0 };
    let held = Held { text, told: reply, saved, kept, not_kept: String::new(), from };
    let before = app.desk.held.get_untracked();
    if before.is_none_or(|before| before.told.state.head == head) {
        hold(app, Arc::new(held), head);
    } else {
        app.desk.offer.set(Some(Arc::new(held)));
    }
    dom::go(app, Route::to(View::Workpaper));
}

/// Opens a paper on the desk, and lets the browser keep it. `before` is the head that the browser is thought to have.
fn hold(app: App, held: Arc<Held>, before: String) {
    app.desk.held.set(Some(Arc::clone(&held)));
    keep(app, &held, before);
}

/// Calls a function of the boot script that answers later.
async fn later(name: &str, arguments: Array) -> Result<JsValue, JsValue> {
    let boot = dom::boot();
    let function = dom::property(&boot, name).dyn_into::<js_sys::Function>()?;
    JsFuture::from(function.apply(&boot, &arguments)?.dyn_into::<Promise>()?).await
}

fn keep(app: App, held: &Held, before: String) {
    let state = &held.told.state;
    let (entries, saved) = (state.entries, held.saved);
    let arguments = Array::new();
    for part in [&state.paper, &state.basis.title, &held.text, &state.head, &before] {
        arguments.push(&JsValue::from_str(part));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of entries are small")]
    arguments.push(&JsValue::from_f64(saved as f64));
    let (paper, head) = (state.paper.clone(), state.head.clone());
    spawn_local(async move {
        let outcome = later("keepPaper", arguments).await;
        let outcome = outcome.ok().and_then(|word| word.as_string()).unwrap_or_default();
        let not_kept = match outcome.as_str() {
            "kept" => "",
            "local" => "A page that was opened from disk has no place of its own to keep it",
            "elsewhere" => {
                "This browser keeps another state of this paper, which another tab may have open. Save this one, open that one, and merge"
            }
            _ => "The browser refused to keep it",
        };
        app.desk.held.update(|slot| {
            let Some(held) = slot.as_mut().filter(|held| held.told.state.paper == paper) else { return };
            let is_newest = held.told.state.head == head;
            let held = Arc::make_mut(held);
            not_kept.clone_into(&mut held.not_kept);
            if not_kept.is_empty() && is_newest {
                held.kept = entries;
            }
        });
    });
}

/// Reads a paper from a file of the reader's.
pub fn open_file(app: App, file: &File) {
    if file.size() > MOST_BYTES {
        return app.desk.refused.set("The file is too large for a workpaper.".to_owned());
    }
    let promise = file.text();
    spawn_local(async move {
        match JsFuture::from(promise).await.ok().and_then(|text| text.as_string()) {
            Some(text) => read(app, text, None),
            None => app.desk.refused.set("The browser could not read the file.".to_owned()),
        }
    });
}

/// Reads a paper: from a file, or from the browser with the entries that are saved.
pub fn read(app: App, text: String, saved: Option<u64>) {
    dom::go(app, Route::to(View::Workpaper));
    run(app, Errand::Read(saved), PaperRequest { text, ..PaperRequest::default() });
}

/// The worker is gone, or its bundle: what was on its way is kept where it adds something, and sent again once a bundle is
/// open.
pub fn lost(app: App) {
    if let Some((errand, _)) = app.desk.errand.get_value() {
        if matches!(errand, Errand::Add | Errand::Merge) {
            app.desk.refused.set(
                "The engine stopped before it was written. It is sent again once the bundle is open."
                    .to_owned(),
            );
        } else {
            app.desk.errand.set_value(None);
        }
    }
    app.desk.held.update(|slot| {
        if let Some(held) = slot.as_mut() {
            let held = Arc::make_mut(held);
            (held.told.item, held.told.attachment) = (None, None);
        }
    });
}

/// Saves the paper as a file.
pub fn save(app: App) {
    let Some(held) = app.desk.held.get_untracked() else { return };
    let title: String = held.told.state.basis.title.chars().take(60).collect();
    let name: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = [name.trim_matches('-'), ".lacuna"].concat();
    let name = if name.len() == 7 { "workpaper.lacuna".to_owned() } else { name };
    if export::save(&name, "application/json", &held.text) {
        let saved = held.told.state.entries;
        let held = Arc::new(Held { saved, ..(*held).clone() });
        app.spoken.set(["Saved as ", &name].concat());
        let head = held.told.state.head.clone();
        hold(app, held, head);
    } else {
        app.desk.refused.set("The browser refused to save.".to_owned());
    }
}

/// Puts the paper away. The browser goes on keeping it, where it does.
pub fn put_away(app: App) {
    app.desk.held.set(None);
    app.desk.offer.set(None);
    app.desk.trial.set(None);
    app.desk.refused.set(String::new());
    list_kept(app);
}

/// Deletes every paper that the browser keeps.
pub fn forget_all(app: App) {
    spawn_local(async move {
        let is_done = later("dropPapers", Array::new()).await.is_ok();
        app.desk.kept.set(Vec::new());
        app.desk.held.update(|slot| {
            if let Some(held) = slot.as_mut() {
                let held = Arc::make_mut(held);
                held.kept = 0;
                held.not_kept = "You deleted what the browser kept".to_owned();
            }
        });
        let words = if is_done { "Deleted." } else { "The browser refused to delete them." };
        app.spoken.set(words.to_owned());
    });
}

/// Looks what the browser keeps.
pub fn list_kept(app: App) {
    spawn_local(async move {
        let Ok(list) = later("papers", Array::new()).await else { return };
        let kept = Array::from(&list).into_iter().map(|one| Kept {
            title: dom::text_property(&one, "title"),
            text: dom::text_property(&one, "text"),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count that this app wrote"
            )]
            saved: dom::property(&one, "saved").as_f64().unwrap_or(0.0) as u64,
        });
        app.desk.kept.set(kept.collect());
    });
}

/// Warns before the page goes while entries are nowhere else, and looks what is kept.
pub fn listen(app: App) {
    list_kept(app);
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), "beforeunload", options, move |event| {
        let is_lost =
            app.desk.held.with_untracked(|held| held.as_ref().is_some_and(|held| held.at_risk() > 0));
        let is_adding =
            app.desk.errand.with_value(|errand| matches!(errand, Some((Errand::Add | Errand::Merge, _))));
        if is_lost || is_adding {
            event.prevent_default();
            // Some browsers ask only where this is set.
            Reflect::set(event, &JsValue::from_str("returnValue"), &JsValue::from_str("unsaved")).ok();
        }
    })
    .forget();
    // Asks for the item in sight, whenever the address or the bundle changes.
    Effect::new(move |_| {
        // Without a bundle too: then the results of the item are all there is.
        let is_ready = app.stage.get() != Stage::Opening;
        let wanted = app.route.with(|route| (route.view == View::Workpaper).then(|| route.change.clone()));
        if is_ready && wanted.is_some() && app.desk.errand.with_value(Option::is_none) {
            look(app);
        }
    });
}
