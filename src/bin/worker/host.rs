//! The browser's side of the engine: files as byte sources, digests by WebCrypto.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{ArrayBuffer, Uint8Array};
use lacuna::source::{ByteSource, KnownDigest, ReadError};
use sha2::{Digest as _, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, File, FileReaderSync};

use super::ahead::{Ahead, Reader};

/// Files up to this size are held whole, so that WebCrypto hashes the very bytes that are parsed, on another thread; larger
/// ones are read in slices and hashed by the engine.
const WHOLE_BYTES: u64 = 384 << 20;

/// Files from this size on are read ahead by a worker of their own, which hashes them too; starting one takes as long as
/// reading a smaller file.
const AHEAD_BYTES: u64 = 8 << 20;

/// A `File` of the browser.
pub struct FileSource {
    file: File,
    length: u64,
    /// Its number among the files of one opening, and what is read ahead of them.
    number: usize,
    ahead: Rc<Ahead>,
    held: Held,
}

/// What a handle has in memory.
enum Held {
    /// Nothing: each read asks the browser.
    Nothing,
    /// The file, as it was read before anything of it was parsed.
    Whole(Uint8Array, Rc<Cell<KnownDigest>>),
    /// What a reader brings.
    Ahead(Reader),
}

impl FileSource {
    /// Takes a handle; nothing is read yet.
    pub fn new(file: File, number: usize, ahead: Rc<Ahead>) -> Self {
        // A file's size is a double in the browser; sizes are exact far beyond any disk.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes are whole and not negative"
        )]
        let length = file.size() as u64;
        Self { file, length, number, ahead, held: Held::Nothing }
    }

    fn slice(&self, from: u64, to: u64) -> Result<Uint8Array, ReadError> {
        #[expect(clippy::cast_precision_loss, reason = "offsets are far below 2^52")]
        let part = self.file.slice_with_f64_and_f64(from as f64, to as f64).map_err(fact)?;
        let buffer =
            FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(&part)).map_err(fact)?;
        Ok(Uint8Array::new(&buffer))
    }

    /// Holds the file whole and lets WebCrypto hash it. What a reader brought may be parsed already, so it is part of it.
    fn hold_whole(&mut self, reader: Option<&Reader>) -> Result<(), ReadError> {
        let joined = reader.and_then(|reader| reader.joined(|from| self.slice(from, self.length).ok()));
        let whole = joined.map_or_else(|| self.slice(0, self.length), Ok)?;
        let digest = start_digest(&whole);
        self.held = Held::Whole(whole, digest);
        Ok(())
    }

    /// Goes on without the reader, which failed or has not brought what is asked for.
    fn without_reader(&mut self) -> Result<(), ReadError> {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Ahead(reader) => self.hold_whole(Some(&reader)),
            held => {
                self.held = held;
                Ok(())
            }
        }
    }

    const fn is_read_ahead(&self) -> bool {
        AHEAD_BYTES <= self.length && self.length <= WHOLE_BYTES
    }
}

fn fact(error: JsValue) -> ReadError {
    let message = js_sys::Reflect::get(&error, &"message".into()).ok().and_then(|text| text.as_string());
    ReadError(message.unwrap_or_else(|| "the browser could not read the file".into()))
}

impl ByteSource for FileSource {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let to = self.length.min(offset.saturating_add(into.len() as u64));
        if to <= offset {
            return Ok(0);
        }
        let copied = match &mut self.held {
            Held::Nothing => self.ahead.copy(self.number, offset, into),
            Held::Ahead(reader) => reader.copy_and_pass(offset, into),
            Held::Whole(..) => None,
        };
        if let Some(count) = copied {
            return Ok(count);
        }
        // What is not there yet is not waited for: the rest is read here and now.
        self.without_reader()?;
        let count = usize::try_from(to - offset).unwrap_or(0);
        let bytes = match &self.held {
            Held::Whole(whole, _) => {
                let narrow = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
                whole.subarray(narrow(offset), narrow(to))
            }
            _ => self.slice(offset, to)?,
        };
        bytes.copy_to(&mut into[..count]);
        Ok(count)
    }

    fn digest(&mut self) -> KnownDigest {
        if let Held::Nothing = self.held {
            if self.length == 0 || self.length > WHOLE_BYTES {
                return KnownDigest::Unknown;
            }
            match self.ahead.take(self.number) {
                Some(reader) => self.held = Held::Ahead(reader),
                None if self.hold_whole(None).is_err() => return KnownDigest::Unknown,
                None => {}
            }
        }
        if matches!(&self.held, Held::Ahead(reader) if reader.digest().is_none())
            && self.without_reader().is_err()
        {
            return KnownDigest::Unknown;
        }
        match &self.held {
            Held::Nothing => KnownDigest::Unknown,
            Held::Whole(_, digest) => digest.get(),
            Held::Ahead(reader) => reader.digest().unwrap_or(KnownDigest::Unknown),
        }
    }

    fn at_hand(&mut self) -> u64 {
        match &self.held {
            Held::Whole(..) => u64::MAX,
            Held::Ahead(reader) => reader.at_hand(),
            Held::Nothing if self.is_read_ahead() => self.ahead.start(self.number, &self.file, self.length),
            Held::Nothing => u64::MAX,
        }
    }

    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(Self {
            file: self.file.clone(),
            length: self.length,
            number: self.number,
            ahead: Rc::clone(&self.ahead),
            held: Held::Nothing,
        })
    }
}

/// Lets WebCrypto hash; where it does not, the engine does.
fn start_digest(bytes: &Uint8Array) -> Rc<Cell<KnownDigest>> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let promise =
        scope.crypto().and_then(|crypto| crypto.subtle().digest_with_str_and_buffer_source("SHA-256", bytes));
    let cell = Rc::new(Cell::new(KnownDigest::Pending));
    let (result, bytes) = (Rc::clone(&cell), bytes.clone());
    spawn_local(async move {
        let buffer = match promise {
            Ok(promise) => JsFuture::from(promise).await.ok(),
            Err(_) => None,
        };
        let digest = buffer.and_then(|buffer| buffer.dyn_into().ok()).and_then(|buffer| digest_of(&buffer));
        result.set(KnownDigest::Known(digest.unwrap_or_else(|| Sha256::digest(bytes.to_vec()).into())));
    });
    cell
}

/// Takes the 32 bytes of a digest.
pub fn digest_of(buffer: &ArrayBuffer) -> Option<[u8; 32]> {
    (buffer.byte_length() == 32).then(|| {
        let mut bytes = [0; 32];
        Uint8Array::new(buffer).copy_to(&mut bytes);
        bytes
    })
}
