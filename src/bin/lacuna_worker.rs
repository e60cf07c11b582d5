//! The worker: reads the browser's files, drives the engine, and answers the app (`lacuna::protocol`).
//!
//! A message is an object `{ bytes, files }`: a [`Message`] as `lacuna::protocol` writes it, and beside it the `File` handles
//! that an open request names. An answer is an object `{ bytes }` with an [`Answer`], whose bytes are handed over.

#[path = "worker/ahead.rs"]
mod ahead;
#[path = "worker/host.rs"]
mod host;
#[path = "worker/signatures.rs"]
mod signatures;

use std::cell::RefCell;
use std::rc::Rc;

use ahead::Ahead;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Object, Reflect, Uint8Array};
use lacuna::compare::Snapshot;
use lacuna::engine::{Bundle, Engine, Options};
use lacuna::protocol::{self, Answer, CompareWith, Message, Phase, Progress, Reply, Request};
use lacuna::source::ByteSource;
use lacuna::source::intake::Root;
use lacuna::workpaper;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

/// Bytes of work between two looks at the message queue.
const BUDGET: u64 = 24 << 20;
/// The greatest exported assessment that is read as a side of a comparison, in bytes.
const MOST_EXPORTED: usize = 384 << 20;
/// Milliseconds between two progress messages.
const PROGRESS_EVERY: f64 = 80.0;
/// Bytes of signatures to check behind an open bundle between two looks at the message queue: short, so that whoever looks
/// around waits for no more than a frame or three.
const CHECK_BUDGET: u64 = 8 << 20;
/// Milliseconds of checking, at least, between two assessments with what was checked so far; what is in sight is told as
/// soon as it is checked.
const SETTLE_EVERY: f64 = 1000.0;
/// How many times as long as the last such assessment took is checked before the next.
const SETTLE_SHARE: f64 = 4.0;

/// What the worker holds.
#[derive(Default)]
struct State {
    /// The generation being opened; another one, or none, stops the loop of an older.
    opening: Option<u32>,
    /// The message whose other side is being read; another one stops the loop of an older.
    comparing: Option<u32>,
    bundle: Option<Bundle>,
    /// The generation of that bundle; another one stops the loop that checks the signatures of an older.
    generation: u32,
    /// Messages that wait until all signatures are checked, in their order.
    held: Vec<JsValue>,
}

fn main() {
    console_error_panic_hook::set_once();
    let state = Rc::new(RefCell::new(State::default()));
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| receive(&state, &event.data()));
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    // The packs are parsed while the reader looks for a file. One that is bad is told when a bundle is opened.
    lacuna::framework::builtin().ok();
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn receive(state: &Rc<RefCell<State>>, data: &JsValue) {
    let bytes =
        Reflect::get(data, &"bytes".into()).ok().and_then(|bytes| bytes.dyn_into::<Uint8Array>().ok());
    let Some(bytes) = bytes else { return };
    let Some(message) = protocol::read::<Message>(&bytes.to_vec()) else {
        return send(0, 0, Reply::Failed("the message is not of this version of the protocol".into()));
    };
    let Message { id, generation, request } = message;
    let must_wait = state.borrow().bundle.as_ref().is_some_and(|bundle| bundle.must_wait(&request));
    if must_wait {
        state.borrow_mut().held.push(data.clone());
        return;
    }
    match request {
        Request::Open { paths, limits, name, trust } => {
            let ahead = Rc::new(Ahead::default());
            let roots = roots(data, paths, &ahead);
            let trust = trust.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
            let engine = Engine::new(
                roots,
                Options { name, limits, trust, keep: true, later: true, ..Options::default() },
            );
            *state.borrow_mut() = State { opening: Some(generation), ..State::default() };
            spawn_local(open(Rc::clone(state), engine, ahead, id, generation));
        }
        Request::Cancel => {
            state.borrow_mut().opening = None;
            send(id, generation, Reply::Cancelled);
        }
        Request::Continue => {}
        Request::Compare { with: CompareWith::Files { paths, name } } => {
            state.borrow_mut().comparing = Some(id);
            let ahead = Rc::new(Ahead::default());
            let roots = roots(data, paths, &ahead);
            spawn_local(compare(Rc::clone(state), roots, name, ahead, id, generation));
        }
        request => {
            let reply = match (&mut state.borrow_mut().bundle, request) {
                (Some(bundle), request) => {
                    let reply = bundle.act(request);
                    bundle.look_first(&reply);
                    reply
                }
                (None, Request::Paper(request)) => workpaper::answer(None, *request),
                (None, Request::PaperPage { text }) => workpaper::page(None, &text),
                (None, _) => Reply::Failed("no bundle is open".into()),
            };
            send(id, generation, reply);
        }
    }
}

/// Takes the handles that came beside a message.
fn roots(data: &JsValue, paths: Vec<String>, ahead: &Rc<Ahead>) -> Vec<Root> {
    let files = Reflect::get(data, &"files".into()).map(|files| Array::from(&files)).unwrap_or_default();
    let files = files.iter().filter_map(|file| file.dyn_into::<File>().ok());
    let root = |(number, (path, file))| Root {
        path,
        source: Box::new(host::FileSource::new(file, number, Rc::clone(ahead))),
    };
    paths.into_iter().zip(files).enumerate().map(root).collect()
}

/// Reads the other side of a comparison, an exported assessment or a bundle, and keeps only what was decided.
async fn compare(
    state: Rc<RefCell<State>>,
    mut roots: Vec<Root>,
    name: String,
    ahead: Rc<Ahead>,
    id: u32,
    generation: u32,
) {
    let exported = match roots.as_mut_slice() {
        [root] => exported(root.source.as_mut()),
        _ => Ok(None),
    };
    let snapshot = match exported {
        Err(fact) => return send(id, generation, Reply::Failed(fact)),
        Ok(Some(snapshot)) => snapshot,
        Ok(None) => {
            let policy = state.borrow().bundle.as_ref().and_then(Bundle::given_policy);
            let mut engine = Engine::new(roots, Options { name, policy, ..Options::default() });
            let mut web_crypto = signatures::WebCrypto::default();
            loop {
                let progress = step(&mut engine, &mut web_crypto, &ahead).await;
                let is_done = progress.phase == Phase::Done;
                send(id, generation, Reply::Progress(progress));
                if is_done {
                    break;
                }
                TimeoutFuture::new(0).await;
                if state.borrow().comparing != Some(id) {
                    return;
                }
            }
            ahead.forget();
            Snapshot::of(&engine.finish())
        }
    };
    let mut state = state.borrow_mut();
    let Some(bundle) = state.bundle.as_mut() else { return };
    bundle.compare_with(&snapshot);
    send(id, generation, bundle.comparison());
}

/// Reads a file as an exported assessment; `None` where it is none.
fn exported(source: &mut dyn ByteSource) -> Result<Option<Snapshot>, String> {
    let mut head = [0; 64];
    let count = source.read_at(0, &mut head).map_err(|error| error.0)?;
    if !lacuna::compare::is_exported(&head[..count]) {
        return Ok(None);
    }
    let length = usize::try_from(source.length()).unwrap_or(usize::MAX);
    if length > MOST_EXPORTED {
        return Err(format!("the exported assessment has {length} bytes, and {MOST_EXPORTED} are read here"));
    }
    let mut bytes = vec![0; length];
    let mut got = 0;
    while got < length {
        match source.read_at(got as u64, &mut bytes[got..]).map_err(|error| error.0)? {
            0 => break,
            count => got += count,
        }
    }
    lacuna::compare::read(&bytes[..got]).map(Some)
}

/// Does one step with what is at hand, waiting where nothing is.
async fn step(engine: &mut Engine, web_crypto: &mut signatures::WebCrypto, ahead: &Ahead) -> Progress {
    let budget = loop {
        match engine.at_hand(BUDGET) {
            0 => ahead.arrival().await,
            budget => break budget,
        }
    };
    web_crypto.look_at(&engine.questions(budget)).await;
    engine.step(budget)
}

/// Opens a bundle step by step; between two steps the queue is looked at, so that a cancel comes through.
async fn open(state: Rc<RefCell<State>>, mut engine: Engine, ahead: Rc<Ahead>, id: u32, generation: u32) {
    let mut told = 0.0;
    let mut web_crypto = signatures::WebCrypto::default();
    loop {
        let progress = step(&mut engine, &mut web_crypto, &ahead).await;
        let is_done = progress.phase == Phase::Done;
        let now = js_sys::Date::now();
        if now - told >= PROGRESS_EVERY || is_done {
            told = now;
            send(id, generation, Reply::Progress(progress));
        }
        if is_done {
            break;
        }
        TimeoutFuture::new(0).await;
        if state.borrow().opening != Some(generation) {
            return;
        }
    }
    ahead.forget();
    let bundle = engine.finish();
    let summary = bundle.summary();
    *state.borrow_mut() = State { bundle: Some(bundle), generation, ..State::default() };
    send(id, generation, Reply::Opened(Box::new(summary)));
    check(&state, web_crypto, id, generation).await;
}

/// Checks the signatures that are left behind an open bundle; whatever is asked meanwhile is answered between two steps.
async fn check(state: &Rc<RefCell<State>>, mut web_crypto: signatures::WebCrypto, id: u32, generation: u32) {
    let now = js_sys::Date::now;
    let (mut told, mut settled, mut cost) = (now(), now(), 0.0);
    loop {
        TimeoutFuture::new(0).await;
        let questions = state.borrow_mut().bundle.as_mut().map(|bundle| bundle.questions(CHECK_BUDGET));
        web_crypto.look_at(&questions.unwrap_or_default()).await;
        let mut held = state.borrow_mut();
        if held.generation != generation {
            return;
        }
        let Some(bundle) = held.bundle.as_mut().filter(|bundle| bundle.checking().is_some()) else { return };
        let was_awaited = bundle.is_awaited();
        let is_done = bundle.check(CHECK_BUDGET);
        let is_in_sight = was_awaited && !bundle.is_awaited();
        if is_done || is_in_sight || now() - settled >= SETTLE_EVERY.max(cost * SETTLE_SHARE) {
            let start = now();
            bundle.settle();
            (settled, told) = (now(), now());
            cost = settled - start;
            send(id, generation, Reply::Checked(Box::new(bundle.summary())));
        } else if now() - told >= PROGRESS_EVERY
            && let Some((done, all)) = bundle.checking()
        {
            told = now();
            send(id, generation, Reply::Checking(done, all));
        }
        if is_done {
            let waiting = std::mem::take(&mut held.held);
            drop(held);
            waiting.iter().for_each(|data| receive(state, data));
            return;
        }
    }
}

fn send(id: u32, generation: u32, reply: Reply) {
    let Some(bytes) = protocol::write(&Answer { id, generation, reply }) else { return };
    let bytes = Uint8Array::from(bytes.as_slice());
    let handed_over = Array::of1(&bytes.buffer());
    let message = Object::new();
    // Neither can fail: the object is new, and the message is plain data.
    Reflect::set(&message, &"bytes".into(), &bytes).unwrap_or_default();
    scope().post_message_with_transfer(&message, &handed_over).unwrap_or_default();
}
