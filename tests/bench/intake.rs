//! How fast a large export is read: `cargo bench --bench intake`.
//!
//! `parse` is window and format alone, into a receiver that only counts; `hash` is SHA-256 over the same bytes;
//! `hash and parse` is what a file on disk costs before anything is stored; `store` adds keeping and scanning what was
//! read, and `whole` adds linking and assessing against every built-in framework. One core, 20,000 pull requests. Where
//! the system tells it (Linux), processor time is measured, so that a busy machine gives the same numbers.

#![allow(missing_docs, clippy::disallowed_methods)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lacuna::engine::{Engine, Options};
use lacuna::format::{Context, Head, Step, detect};
use lacuna::model::{At, Record, Records};
use lacuna::problem::Problem;
use lacuna::protocol::Phase;
use lacuna::source::intake::Root;
use lacuna::source::{ByteSource, Bytes, Digest, KnownDigest, Limits, ReadError, Window};

mod generate;

/// Bytes in memory whose digest someone else computes, as in the browser.
struct Hashed(Bytes);

impl ByteSource for Hashed {
    fn length(&self) -> u64 {
        self.0.length()
    }
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        self.0.read_at(offset, into)
    }
    fn digest(&mut self) -> KnownDigest {
        KnownDigest::Known(Digest::default())
    }
    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(Self(self.0.clone()))
    }
}

/// Counts what it takes.
#[derive(Default)]
struct Count {
    records: u64,
    parts: u64,
    problems: u64,
}

impl Records for Count {
    fn record(&mut self, _: At, record: Record<'_>) {
        self.records += 1;
        if let Record::Change(change) = record {
            self.parts += change.reviews.map_or(0, |list| list.len() as u64);
            self.parts += change.commits.map_or(0, |list| list.len() as u64);
        }
    }
    fn problem(&mut self, _: Problem) {
        self.problems += 1;
    }
}

fn read(source: Box<dyn ByteSource>, head: &[u8]) -> Count {
    let limits = Limits::default();
    let context = Context { path: "pulls.json", limits: &limits };
    let recognised = detect::detect(&Head::new(context.path, head, false));
    let mut count = Count::default();
    let mut window = Window::new(source);
    if let Some(recognised) = recognised {
        let mut reader = (recognised.format.open)();
        while matches!(reader.step(&mut window, &context, &mut count, 4 << 20), Ok(Step::More)) {}
    }
    assert_eq!((count.records, count.problems), (20_001, 0), "every pull request, and the listing");
    count
}

/// Runs the engine until `phase` is over.
fn run(bytes: &Bytes, phase: Phase) -> Engine {
    let root = Root { path: "pulls.json".to_owned(), source: bytes.reopen() };
    let mut engine = Engine::new(vec![root], Options::default());
    loop {
        let now = engine.step(4 << 20).phase;
        if now == Phase::Done || (phase == Phase::Reading && now != Phase::Reading) {
            return engine;
        }
    }
}

/// Returns the time that this thread ran on a processor so far.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Measures some rounds of `work`.
fn measure<T>(rounds: u64, mut work: impl FnMut() -> T) -> Duration {
    let (start, begun) = (processor_time(), Instant::now());
    for _ in 0..rounds {
        black_box(work());
    }
    start.zip(processor_time()).map_or_else(|| begun.elapsed(), |(start, end)| end.saturating_sub(start))
}

fn intake(criterion: &mut Criterion) {
    let mut text = Vec::new();
    generate::pull_requests(&mut text, 20_000, 1).unwrap_or_default();
    let head = text[..detect::HEAD_BYTES].to_vec();
    let bytes = Bytes::new(text);
    let mut group = criterion.benchmark_group("intake");
    group.sample_size(10).throughput(Throughput::Bytes(bytes.length()));
    group.bench_function("parse", |bencher| {
        bencher.iter_custom(|rounds| measure(rounds, || read(Box::new(Hashed(bytes.clone())), &head).parts));
    });
    group.bench_function("hash", |bencher| {
        bencher.iter_custom(|rounds| {
            measure(rounds, || {
                let mut window = Window::new(bytes.reopen());
                black_box(window.drain(u64::MAX).is_ok());
                window.digest()
            })
        });
    });
    group.bench_function("hash and parse", |bencher| {
        bencher.iter_custom(|rounds| measure(rounds, || read(bytes.reopen(), &head).parts));
    });
    group.bench_function("store", |bencher| {
        bencher.iter_custom(|rounds| measure(rounds, || run(&bytes, Phase::Reading)));
    });
    group.bench_function("whole", |bencher| {
        bencher.iter_custom(|rounds| measure(rounds, || run(&bytes, Phase::Done)));
    });
    group.finish();
}

criterion_group!(benches, intake);
criterion_main!(benches);
