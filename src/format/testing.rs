//! What the tests of formats share: reading bytes through recognition, and the samples that nobody here wrote.

use std::path::PathBuf;

use super::{Context, Head, Step, detect};
use crate::model::{At, Record, Records};
use crate::problem::Problem;
use crate::source::{Bytes, Limits, Window};

/// Calls a function for each record and keeps the problems.
struct Sink<F>(F, Vec<Problem>);

impl<F: FnMut(At, Record<'_>)> Records for Sink<F> {
    fn record(&mut self, at: At, record: Record<'_>) {
        (self.0)(at, record);
    }
    fn problem(&mut self, problem: Problem) {
        self.1.push(problem);
    }
}

/// What reading a file showed beside its records.
pub(super) struct ReadFile {
    /// The id of the format; empty where nothing recognised it.
    pub format: &'static str,
    /// All problems, the reader's own error last.
    pub problems: Vec<Problem>,
}

/// Recognises and reads bytes.
pub(super) fn read(path: &str, bytes: &[u8], each: impl FnMut(At, Record<'_>)) -> ReadFile {
    let head =
        Head::new(path, &bytes[..bytes.len().min(detect::HEAD_BYTES)], bytes.len() <= detect::HEAD_BYTES);
    let mut sink = Sink(each, Vec::new());
    let Some(recognised) = detect::detect(&head) else { return ReadFile { format: "", problems: sink.1 } };
    let mut window = Window::new(Box::new(Bytes::new(bytes.to_vec())));
    let mut reader = (recognised.format.open)();
    let limits = Limits::default();
    loop {
        match reader.step(&mut window, &Context { path, limits: &limits }, &mut sink, 1 << 16) {
            Ok(Step::More) => {}
            Ok(Step::Done) => break,
            Err(problem) => {
                sink.1.push(problem);
                break;
            }
        }
    }
    ReadFile { format: recognised.format.id, problems: sink.1 }
}

/// Returns a sample's bytes, or `None` (and says so) where the samples are not at hand.
#[allow(clippy::disallowed_methods)]
pub(super) fn sample(path: &str) -> Option<Vec<u8>> {
    let folder = std::env::var("LACUNA_SAMPLES").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    let bytes = std::fs::read(folder.join(path)).ok();
    if bytes.is_none() {
        println!("skipped: no samples at {}", folder.display());
    }
    bytes
}
