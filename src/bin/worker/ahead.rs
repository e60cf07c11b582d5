//! Reading ahead: a worker of its own reads a large file and hashes it, while the engine parses what is there.
//!
//! That worker is this one's own script, which the page started once more (`public/worker-boot.js`). It hashes the very bytes
//! that it brings.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use lacuna::source::{Digest, KnownDigest};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, MessageChannel, MessageEvent, MessagePort};

use super::host::digest_of;

/// Bytes that come at once.
const SLICE: u64 = 4 << 20;

/// What is read ahead for the files of one opening: of one file at a time, the next.
#[derive(Default)]
pub struct Ahead {
    /// The reader that was started last, until somebody takes it, and the number of its file.
    started: RefCell<Option<(usize, Reader)>>,
    /// Wakes whoever waits for a reader to bring more.
    wake: Rc<Cell<Option<Function>>>,
}

impl Ahead {
    /// Waits until a reader brings something, or fails.
    pub async fn arrival(&self) {
        let promise = Promise::new(&mut |resolve, _| self.wake.set(Some(resolve)));
        // Nothing rejects it.
        JsFuture::from(promise).await.ok();
    }

    /// Starts to read a file, unless that was done; what was read of another one that nobody took is let go. Returns up to
    /// which offset it is there.
    pub fn start(&self, number: usize, file: &File, length: u64) -> u64 {
        let mut started = self.started.borrow_mut();
        if started.as_ref().is_none_or(|(known, _)| *known != number) {
            *started = Reader::start(file, length, Rc::clone(&self.wake)).map(|reader| (number, reader));
        }
        started.as_ref().map_or(u64::MAX, |(_, reader)| reader.at_hand())
    }

    /// Takes the reader of a file, if it is the one that was started.
    pub fn take(&self, number: usize) -> Option<Reader> {
        self.started.borrow_mut().take_if(|(known, _)| *known == number).map(|(_, reader)| reader)
    }

    /// Copies what is there at an offset of the file that was started; returns how many bytes, or `None` where nothing is.
    pub fn copy(&self, number: usize, offset: u64, into: &mut [u8]) -> Option<usize> {
        let started = self.started.borrow();
        let (_, reader) = started.as_ref().filter(|(known, _)| *known == number)?;
        reader.brought.borrow().copy(offset, into)
    }

    /// Lets go of what nobody took.
    pub fn forget(&self) {
        *self.started.borrow_mut() = None;
    }
}

/// The reading of one file; it ends when this is dropped.
pub struct Reader {
    port: MessagePort,
    brought: Rc<RefCell<Brought>>,
    /// What the port calls, as long as it is open.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

/// What a reader brought so far.
struct Brought {
    length: u64,
    /// Slices in the order of the file; `None` for those that are used up.
    slices: Vec<Option<Uint8Array>>,
    digest: Option<Digest>,
    has_failed: bool,
}

impl Reader {
    /// Starts to read a file; `None` where the page gave no way to.
    fn start(file: &File, length: u64, wake: Rc<Cell<Option<Function>>>) -> Option<Self> {
        let way =
            Reflect::get(&js_sys::global(), &"lacunaReader".into()).ok()?.dyn_into::<MessagePort>().ok()?;
        let channel = MessageChannel::new().ok()?;
        let brought =
            Rc::new(RefCell::new(Brought { length, slices: Vec::new(), digest: None, has_failed: false }));
        let into = Rc::clone(&brought);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            into.borrow_mut().take(&event.data());
            if let Some(wake) = wake.take() {
                // It resolves a promise, which cannot fail.
                wake.call0(&JsValue::UNDEFINED).ok();
            }
        });
        let port = channel.port1();
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let request = Object::new();
        #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
        let slice = JsValue::from(SLICE as f64);
        let other = channel.port2();
        for (key, value) in [("file", file.as_ref()), ("slice", &slice), ("port", other.as_ref())] {
            Reflect::set(&request, &key.into(), value).ok()?;
        }
        way.post_message_with_transferable(&request, &Array::of1(&other)).ok()?;
        Some(Self { port, brought, _on_message: on_message })
    }

    /// Returns up to which offset the file was brought; a reader that failed brings no more, and nobody is to wait for it.
    pub fn at_hand(&self) -> u64 {
        let brought = self.brought.borrow();
        if brought.has_failed { u64::MAX } else { brought.at_hand() }
    }

    /// Returns the digest of the whole file; `None` once the reader failed.
    pub fn digest(&self) -> Option<KnownDigest> {
        let brought = self.brought.borrow();
        match brought.digest {
            Some(digest) => Some(KnownDigest::Known(digest)),
            None => (!brought.has_failed).then_some(KnownDigest::Pending),
        }
    }

    /// Copies what is there at an offset, for a handle that never goes back; returns how many bytes, or `None` where nothing is.
    /// What is used up is let go once its digest is known: until then it may have to be hashed here.
    pub fn copy_and_pass(&self, offset: u64, into: &mut [u8]) -> Option<usize> {
        let mut brought = self.brought.borrow_mut();
        let count = brought.copy(offset, into)?;
        if brought.digest.is_some() {
            let used = usize::try_from((offset + count as u64) / SLICE).unwrap_or(0);
            brought.slices.iter_mut().take(used).for_each(|slice| *slice = None);
        }
        Some(count)
    }

    /// Returns the slices that were brought, and the rest of the file, as one; `None` once some were let go, which is when the
    /// digest is known and nobody needs them.
    pub fn joined(&self, file: impl FnOnce(u64) -> Option<Uint8Array>) -> Option<Uint8Array> {
        let brought = self.brought.borrow();
        let parts: Option<Vec<&Uint8Array>> = brought.slices.iter().map(Option::as_ref).collect();
        let (parts, at_hand) = (parts?, brought.at_hand());
        let whole = Uint8Array::new_with_length(u32::try_from(brought.length).ok()?);
        let mut at = 0;
        for part in parts {
            whole.set(part, at);
            at += part.length();
        }
        if at_hand < brought.length {
            whole.set(file(at_hand)?.as_ref(), at);
        }
        Some(whole)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        // A reader that is done hears nothing any more.
        self.port.post_message(&JsValue::NULL).ok();
        self.port.close();
    }
}

impl Brought {
    /// Takes a message: `{part}`, `{digest}`, or anything else for a failure.
    fn take(&mut self, data: &JsValue) {
        let field = |key: &str| {
            Reflect::get(data, &key.into()).ok().and_then(|value| value.dyn_into::<ArrayBuffer>().ok())
        };
        if let Some(part) = field("part") {
            self.slices.push(Some(Uint8Array::new(&part)));
        } else if let Some(digest) = field("digest").and_then(|digest| digest_of(&digest)) {
            self.digest = Some(digest);
        } else {
            self.has_failed = true;
        }
    }

    fn at_hand(&self) -> u64 {
        (self.slices.len() as u64 * SLICE).min(self.length)
    }

    fn copy(&self, offset: u64, into: &mut [u8]) -> Option<usize> {
        let index = usize::try_from(offset / SLICE).ok()?;
        let slice = self.slices.get(index)?.as_ref()?;
        let from = u32::try_from(offset % SLICE).ok()?;
        let count = slice.length().saturating_sub(from).min(u32::try_from(into.len()).unwrap_or(u32::MAX));
        slice.subarray(from, from + count).copy_to(&mut into[..count as usize]);
        (count > 0).then_some(count as usize)
    }
}
