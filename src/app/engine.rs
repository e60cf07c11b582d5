//! The way to the worker: requests out, replies into the root state, cancelling and starting anew.
//!
//! Wasm memory never shrinks and a busy worker cannot be interrupted, so cancelling, and opening another bundle, ends the
//! worker and starts a fresh one. The handles of the files are kept, so that a bundle can be opened again after a crash.

use std::sync::Arc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, File, MessageEvent, Worker};

use super::files::Picked;
use super::load::{ask, first_record, take_page};
use super::state::{App, List, Slot, Stage, Trouble};
use super::{dom, export, paper, text};
use crate::model::FlipPart;
use crate::protocol::{
    self, Answer, CompareWith, Message, PersonEdit, Phase, PolicyAction, PolicyEdit, Progress, Reply,
    Request, Summary,
};
use crate::query::route::View;

/// The key that signed the sample's statements: it vouches for nothing else.
const SAMPLE_KEY: (&str, &str) = ("sample-key.pem", include_str!("../../public/samples/sample-key.pem"));

/// What an answer is awaited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Waiting {
    Open,
    Overview,
    Population,
    Matrix,
    Change,
    Raw,
    Trust,
    Statement,
    Policy,
    Comparison,
    Duties,
    /// The list request with offset 0, and the number of the page.
    Page(Request, u32),
    Export,
    Choices,
    Paper,
}

impl Waiting {
    /// Whether an answer for `self` is of no use once one for `other` is asked.
    fn is_outdated_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Page(old, _), Self::Page(new, _)) => old != new,
            (Self::Page(..), _) | (_, Self::Page(..)) | (Self::Policy, _) => false,
            _ => self == other,
        }
    }
}

/// The worker and what is awaited from it.
#[derive(Default)]
pub struct Bridge {
    worker: Option<Worker>,
    /// Whether nothing was asked of it: it can serve what comes next.
    is_fresh: bool,
    listeners: Vec<EventListener>,
    id: u32,
    generation: u32,
    pub(super) waiting: Vec<(u32, Waiting)>,
    /// The last request for each slot, so that nothing is asked twice.
    pub(super) asked: Vec<Request>,
    files: Vec<Picked>,
    name: String,
    spoken_at: f64,
}

impl Bridge {
    fn end(&mut self) {
        if !self.is_fresh {
            if let Some(worker) = self.worker.take() {
                worker.terminate();
            }
            self.listeners.clear();
        }
        self.waiting.clear();
        self.asked.clear();
    }
}

/// Opens files as one bundle, in the place of what is open.
pub fn open(app: App, name: String, files: Vec<Picked>) {
    if files.is_empty() {
        return;
    }
    // The sample's key is for the sample alone.
    app.trust.update(|trust| trust.retain(|(name, _)| name != SAMPLE_KEY.0));
    open_kept(app, name, files);
}

fn open_kept(app: App, name: String, mut files: Vec<Picked>) {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    app.bridge.update_value(|bridge| {
        bridge.files = files;
        bridge.name = name;
    });
    reopen(app);
}

/// Opens the kept files again, with the bounds as they are now.
pub fn reopen(app: App) {
    let mut bundle = None;
    app.bridge.update_value(|bridge| {
        bridge.end();
        bridge.generation += 1;
        let paths: Vec<String> = bridge.files.iter().map(|picked| picked.path.clone()).collect();
        let files: Array = bridge.files.iter().map(|picked| &picked.file).collect();
        bundle = Some((paths, files, bridge.name.clone()));
    });
    let Some((paths, files, name)) = bundle else { return };
    app.trouble.set(None);
    app.forget();
    app.progress.set(Progress { files_known: paths.len() as u64, ..Progress::default() });
    app.stage.set(Stage::Opening);
    let limits = app.limits.get_untracked();
    let trust = app.trust.get_untracked();
    send(app, Waiting::Open, Request::Open { paths, limits, name, trust }, Some(&files));
}

/// Opens the sample that the document carries.
pub fn open_sample(app: App) {
    let bytes = dom::call_boot("sample").unwrap_or(JsValue::NULL);
    if !bytes.is_object() {
        return;
    }
    if let Ok(file) = File::new_with_u8_array_sequence(&Array::of1(&bytes), "sample.zip") {
        app.trust.update(|trust| {
            if trust.iter().all(|(name, _)| name != SAMPLE_KEY.0) {
                trust.push((SAMPLE_KEY.0.to_owned(), SAMPLE_KEY.1.to_owned()));
            }
        });
        open_kept(app, "sample.zip".to_owned(), vec![Picked { path: "sample.zip".to_owned(), file }]);
    }
}

/// Adds a root or key to what signatures are checked against, and opens the bundle anew.
pub fn trust_too(app: App, name: String, text: String) {
    app.trust.update(|trust| {
        trust.retain(|(known, _)| *known != name);
        trust.push((name, text));
    });
    reopen(app);
}

/// Takes back every root and key that was added, and opens the bundle anew.
pub fn trust_none(app: App) {
    app.trust.set(Vec::new());
    reopen(app);
}

/// Asks what the check of a statement says with one bit of a part changed; `None` for the statement as it is.
pub fn flip(app: App, id: String, flip: Option<FlipPart>) {
    ask(app, Waiting::Statement, Request::Statement { id, flip });
}

/// Asks what a text of a policy says and would change; `None` for the one that is being edited.
pub fn policy(app: App, text: Option<String>, edit: Option<PolicyEdit>, action: PolicyAction) {
    send(app, Waiting::Policy, Request::Policy { text, edit, action }, None);
}

/// Compares the open bundle with other files.
pub fn compare_files(app: App, name: String, files: &[Picked]) {
    if files.is_empty() {
        return;
    }
    app.comparing.set("Reading the other side…".to_owned());
    let paths = files.iter().map(|picked| picked.path.clone()).collect();
    let handles: Array = files.iter().map(|picked| &picked.file).collect();
    let with = CompareWith::Files { paths, name };
    send(app, Waiting::Comparison, Request::Compare { with }, Some(&handles));
}

/// Compares two periods of the open bundle.
pub fn compare_periods(app: App, before: [String; 2], after: [String; 2]) {
    app.comparing.set("Comparing…".to_owned());
    let with = CompareWith::Periods { before, after };
    send(app, Waiting::Comparison, Request::Compare { with }, None);
}

/// Takes in a policy's reply; after the bundle was assessed again, everything that was shown is asked for anew.
fn take_policy(app: App, reply: Reply) {
    if let Reply::Policy(view) = &reply {
        if let Some(summary) = &view.summary {
            app.summary.set(Arc::new(summary.clone()));
            app.forget_verdicts();
            app.bridge.update_value(|bridge| bridge.asked.clear());
            app.spoken.set(["Assessed again: ", &text::count(summary.changes, "change")].concat());
            // What is in sight is asked for anew.
            app.route.update(|_| {});
        } else if !view.refusal.is_empty() {
            app.spoken.set(view.refusal.clone());
        }
    }
    app.policy.set(Some(Arc::new(reply)));
}

/// Takes in a comparison, whose rows are then asked for anew.
fn take_comparison(app: App, reply: Reply) {
    match reply {
        Reply::Failed(fact) => app.comparing.set(fact),
        reply => {
            app.comparing.set(String::new());
            app.list.set(List::default());
            app.window.set((0, 50));
            app.compared.set(Some(Arc::new(reply)));
        }
    }
}

/// Returns whether the document carries a sample.
pub fn has_sample() -> bool {
    dom::by_id("sample").is_some() || dom::property(&dom::boot(), "hasSample").is_truthy()
}

/// Stops opening at once, whatever the worker is busy with.
pub fn cancel(app: App) {
    close(app);
    app.spoken.set("Cancelled. Nothing is open.".to_owned());
}

/// Starts a worker ahead of the first request, once the page is drawn: unpacking the engine takes a moment.
pub fn warm(app: App) {
    Timeout::new(0, move || drop(worker(app))).forget();
}

/// Lets go of the bundle and gives its memory back.
pub fn close(app: App) {
    app.bridge.update_value(|bridge| {
        bridge.end();
        bridge.generation += 1;
        bridge.files.clear();
    });
    app.forget();
    paper::lost(app);
    app.trouble.set(None);
    app.stage.set(Stage::Empty);
    dom::focus_soon("h1");
    warm(app);
}

/// Asks for a file to save.
pub fn export(app: App, format: crate::protocol::ExportFormat) {
    send(app, Waiting::Export, Request::Export { format }, None);
}

/// Returns whether an answer on the workpaper is awaited.
pub fn is_awaiting_paper(app: App) -> bool {
    is_awaiting(app, &Waiting::Paper)
}

/// Returns whether an answer of this kind is awaited.
pub(super) fn is_awaiting(app: App, what: &Waiting) -> bool {
    let awaits = |bridge: &Bridge| bridge.waiting.iter().any(|(_, waiting)| waiting == what);
    app.bridge.try_with_value(awaits).unwrap_or(false)
}

/// Asks for something of the workpaper.
pub fn paper(app: App, request: Request) {
    send(app, Waiting::Paper, request, None);
}

/// Asks for the workpaper as a page to print.
pub fn paper_page(app: App, text: String) {
    send(app, Waiting::Export, Request::PaperPage { text }, None);
}

/// Joins accounts to one person or keeps them apart, in the policy, and assesses under it.
pub fn person(app: App, edit: PersonEdit) {
    send(app, Waiting::Policy, Request::Person(edit), None);
}

/// Sends a request, whose answer is awaited for `what`.
pub(super) fn send(app: App, what: Waiting, request: Request, files: Option<&Array>) {
    let Some(worker) = worker(app) else {
        return crash(app, "The engine could not be started.");
    };
    let mut message = None;
    app.bridge.update_value(|bridge| {
        bridge.id += 1;
        bridge.is_fresh = false;
        bridge.waiting.retain(|(_, old)| !old.is_outdated_by(&what));
        bridge.waiting.push((bridge.id, what));
        message = Some(Message { id: bridge.id, generation: bridge.generation, request });
    });
    let Some(bytes) = message.and_then(|message| protocol::write(&message)) else { return };
    let envelope = Object::new();
    let files = files.map_or(JsValue::UNDEFINED, |files| files.into());
    // Setting a property of a new object cannot fail.
    Reflect::set(&envelope, &JsValue::from_str("bytes"), &Uint8Array::from(bytes.as_slice())).ok();
    Reflect::set(&envelope, &JsValue::from_str("files"), &files).ok();
    if worker.post_message(&envelope).is_err() {
        crash(app, "The engine does not take messages.");
    }
}

/// Returns the worker; starts one when there is none.
fn worker(app: App) -> Option<Worker> {
    let running = app.bridge.try_with_value(|bridge| bridge.worker.clone()).flatten();
    if running.is_some() {
        return running;
    }
    let worker = dom::call_boot("newWorker").ok()?.dyn_into::<Worker>().ok()?;
    let on_message = EventListener::new(&worker, "message", move |event| {
        if let Some(event) = event.dyn_ref::<MessageEvent>() {
            receive(app, &event.data());
        }
    });
    let on_error = EventListener::new(&worker, "error", move |event| {
        let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
        crash(app, &message);
    });
    app.bridge.update_value(|bridge| {
        bridge.worker = Some(worker.clone());
        bridge.is_fresh = true;
        bridge.listeners = vec![on_message, on_error];
    });
    Some(worker)
}

/// The worker is lost: its state is gone, the files are still at hand.
fn crash(app: App, detail: &str) {
    let mut can_reload = false;
    app.bridge.update_value(|bridge| {
        bridge.is_fresh = false;
        bridge.end();
        bridge.generation += 1;
        can_reload = !bridge.files.is_empty();
    });
    app.forget();
    paper::lost(app);
    app.stage.set(Stage::Empty);
    app.trouble.set(Some(Trouble {
        text: "The engine stopped. Nothing was sent anywhere, and your files are as they were.".to_owned(),
        detail: detail.to_owned(),
        can_reload,
    }));
}

fn receive(app: App, data: &JsValue) {
    let Ok(bytes) = dom::property(data, "bytes").dyn_into::<Uint8Array>() else {
        return match dom::text_property(data, "kind").as_str() {
            "crashed" | "failed" => crash(app, &dom::text_property(data, "message")),
            _ => {}
        };
    };
    let Some(answer) = protocol::read::<Answer>(&bytes.to_vec()) else {
        return crash(app, "The engine and this page are not of the same version.");
    };
    if app.bridge.try_with_value(|bridge| bridge.generation) != Some(answer.generation) {
        return;
    }
    match answer.reply {
        // The other side of a comparison.
        Reply::Progress(progress) if app.stage.get_untracked() == Stage::Open => {
            app.comparing.set(in_words(&progress));
        }
        Reply::Progress(progress) => advance(app, progress),
        Reply::Checking(done, all) => app.checking.set(Some((done, all))),
        Reply::Checked(summary) => take_checked(app, *summary),
        reply => answered(app, answer.id, reply),
    }
}

/// Takes in an answer, if it is still awaited.
fn answered(app: App, id: u32, reply: Reply) {
    let mut what = None;
    app.bridge.update_value(|bridge| {
        if let Some(at) = bridge.waiting.iter().position(|(own, _)| *own == id) {
            what = Some(bridge.waiting.remove(at).1);
        }
    });
    if let Some(what) = what {
        settle(app, what, reply);
    }
}

/// Takes in what was assessed again after more signatures were checked. What is shown stays until the new answers are here.
fn take_checked(app: App, mut summary: Summary) {
    let checking = summary.checking.take();
    app.checking.set(checking);
    if app.summary.with_untracked(|shown| **shown != summary) {
        app.summary.set(Arc::new(summary));
    }
    if checking.is_none() {
        app.spoken.set("All signatures are checked.".to_owned());
    }
    app.list.update_untracked(|list| list.is_stale = true);
    // What waits for the last signature is still awaited, and is not asked for again and again.
    app.bridge.update_value(|bridge| bridge.asked.retain(|asked| *asked == Request::PaperChoices));
    app.route.update(|_| {});
}

/// Shows how far opening is, and says it at most once a second.
fn advance(app: App, progress: Progress) {
    let now = dom::now();
    let mut is_due = false;
    app.bridge.update_value(|bridge| {
        is_due = now - bridge.spoken_at >= 1000.0;
        if is_due {
            bridge.spoken_at = now;
        }
    });
    if is_due {
        app.spoken.set(in_words(&progress));
    }
    app.progress.set(progress);
}

/// Returns how far opening is, in words and real counts.
pub fn in_words(progress: &Progress) -> String {
    let records = text::count(progress.records, "record");
    let done = text::bytes(progress.bytes_done);
    let known = text::bytes(progress.bytes_known);
    match progress.phase {
        Phase::Reading => ["Reading ", &done, " of ", &known, " · ", &records].concat(),
        Phase::Hashing => ["Waiting for the digests of the last files · ", &records].concat(),
        Phase::Verifying => {
            let verified = text::number(progress.verified);
            ["Checking the signatures of ", &verified, " of ", &text::count(progress.signatures, "statement")]
                .concat()
        }
        Phase::Linking => ["Linking ", &records].concat(),
        Phase::Assessing => {
            let assessed = text::number(progress.assessed);
            ["Testing ", &assessed, " of ", &text::count(progress.changes, "change")].concat()
        }
        Phase::Done => ["Read ", &records].concat(),
    }
}

/// Shows an answer; the one that is shown already is not drawn again, and one in its place takes no focus away.
fn put(slot: Slot, reply: Reply) {
    if slot.with_untracked(|shown| shown.as_deref() != Some(&reply)) {
        if slot.with_untracked(Option::is_some) {
            dom::keep_focus();
        }
        slot.set(Some(Arc::new(reply)));
    }
}

fn settle(app: App, what: Waiting, reply: Reply) {
    match (what, reply) {
        (Waiting::Open, Reply::Opened(mut summary)) => {
            app.spoken.set(["Open: ", &text::count(summary.changes, "change")].concat());
            app.checking.set(summary.checking.take());
            app.summary.set(Arc::from(summary));
            app.stage.set(Stage::Open);
            dom::focus_soon("h1");
            paper::opened(app);
        }
        (Waiting::Open, Reply::Failed(fact)) => {
            close(app);
            app.trouble.set(Some(Trouble { text: fact, detail: String::new(), can_reload: false }));
        }
        (Waiting::Open, _) => close(app),
        (Waiting::Export, Reply::Export { name, media, text }) => {
            let saved = export::save(&name, &media, &text);
            let words =
                if saved { ["Saved as ", &name].concat() } else { "The browser refused to save.".to_owned() };
            app.saving.set(words.clone());
            app.spoken.set(words);
        }
        (Waiting::Export, Reply::Failed(fact)) => app.saving.set(fact),
        (Waiting::Page(request, page), reply) => take_page(app, &request, page, reply),
        (Waiting::Paper, Reply::Paper(reply)) => paper::told(app, Ok(*reply)),
        (Waiting::Paper, Reply::Failed(fact)) => paper::told(app, Err(fact)),
        (Waiting::Choices, reply) => put(app.choices, reply),
        (Waiting::Overview, reply) => put(app.overview, reply),
        (Waiting::Population, reply) => put(app.population, reply),
        (Waiting::Matrix, reply) => put(app.matrix, reply),
        (Waiting::Raw, reply) => put(app.raw, reply),
        (Waiting::Trust, reply) => put(app.trusted, reply),
        (Waiting::Duties, reply) => put(app.duties, reply),
        (Waiting::Statement, reply) => put(app.statement, reply),
        (Waiting::Policy, reply) => take_policy(app, reply),
        (Waiting::Comparison, reply) => take_comparison(app, reply),
        (Waiting::Change, reply) => {
            put(app.change, reply);
            let reply = app.change.get_untracked();
            let route = app.route.get_untracked();
            if route.view == View::Change
                && route.record.is_none()
                && let Some(address) = reply.as_deref().and_then(first_record)
            {
                ask(app, Waiting::Raw, Request::Raw { address });
            }
        }
        (Waiting::Export | Waiting::Paper, _) => {}
    }
}
