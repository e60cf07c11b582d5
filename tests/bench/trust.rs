//! How fast signatures are checked: `cargo bench --bench trust`, over the signed statements of a real history (the samples'
//! `slsa-source-track`; it says so and ends where they are not at hand).
//!
//! `checked` is what one verifier takes for every Sigstore bundle of the history, chains, checkpoints and keys remembered;
//! `whole` is the bundle from bytes to verdicts. Processor time of one core, in milliseconds a bundle.

#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lacuna::engine::{Engine, Options};
use lacuna::model::SignatureState;
use lacuna::model::record::Envelope;
use lacuna::protocol::Phase;
use lacuna::source::{Limits, disk};

fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("LACUNA_SAMPLES").map_or(beside, PathBuf::from).join("slsa-source-track")
}

fn main() {
    let folder = folder();
    if !folder.is_dir() {
        println!("skipped: no samples at {}", folder.display());
        return;
    }
    // What held once is remembered for the life of the program, so that a second round would measure a lookup.
    const ROUNDS: u32 = 1;
    let (mut checking, mut whole, mut bundles) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let found = disk::find(std::slice::from_ref(&folder), &Limits::default());
        let mut engine = Engine::new(found.roots, Options::default());
        let (start, begun) = (processor_time(), Instant::now());
        let since = |start: Option<Duration>, begun: Instant| {
            start.zip(processor_time()).map_or_else(|| begun.elapsed(), |(start, end)| end - start)
        };
        let mut verifying = Duration::ZERO;
        loop {
            let (before, at) = (processor_time(), Instant::now());
            let phase = engine.step(1 << 20).phase;
            if phase == Phase::Verifying {
                verifying += since(before, at);
            }
            if phase == Phase::Done {
                break;
            }
        }
        let bundle = engine.finish();
        whole = whole.min(since(start, begun));
        checking = checking.min(verifying);
        let statements = &bundle.assessment.store.statements;
        bundles = statements
            .iter()
            .filter(|one| one.envelope == Envelope::Sigstore && one.signature == SignatureState::Valid)
            .count();
    }
    let each =
        |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(u32::try_from(bundles.max(1)).unwrap());
    println!("{bundles} bundles, once, one core");
    println!("checked {:>8.3} ms a bundle   (aim: 1.5, what sigstore for Python takes)", each(checking));
    println!("whole   {:>8.3} ms a bundle", each(whole));
}
