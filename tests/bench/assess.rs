//! How fast many changes are assessed, compared and sampled: `cargo bench --bench assess`. 100,000 generated changes; the
//! processor time of one core, the best of three rounds.

#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use lacuna::audit::{Method, Order, draw, population};
use lacuna::compare::compare;
use lacuna::engine::{Bundle, Engine, Options};
use lacuna::protocol::Phase;
use lacuna::source::Bytes;
use lacuna::source::intake::Root;

mod generate;

fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|text| text.parse().ok());
    nanos.map_or_else(|| Instant::now().elapsed(), Duration::from_nanos)
}

/// Opens an export; returns it with the times that linking its records and assessing its changes took.
fn open(text: &[u8]) -> (Bundle, Duration, Duration) {
    let root = Root { path: "pulls.json".to_owned(), source: Box::new(Bytes::new(text.to_vec())) };
    let mut engine = Engine::new(vec![root], Options::default());
    let (mut linking, mut assessing) = (Duration::ZERO, Duration::ZERO);
    let mut phase = Phase::Reading;
    loop {
        let before = processor_time();
        let next = engine.step(8 << 20).phase;
        match phase {
            Phase::Linking => linking += processor_time() - before,
            Phase::Assessing => assessing += processor_time() - before,
            _ => {}
        }
        phase = next;
        if phase == Phase::Done {
            return (engine.finish(), linking, assessing);
        }
    }
}

fn main() {
    const CHANGES: u32 = 100_000;
    let mut text = Vec::new();
    generate::pull_requests(&mut text, CHANGES, 1).unwrap();
    let mut other = Vec::new();
    generate::pull_requests(&mut other, CHANGES, 2).unwrap();
    let [mut linking, mut assessing, mut comparing, mut drawing] = [Duration::MAX; 4];
    let (second, _, _) = open(&other);
    for _ in 0..3 {
        let (first, linked, assessed) = open(&text);
        (linking, assessing) = (linking.min(linked), assessing.min(assessed));
        let before = processor_time();
        black_box(compare(&first, &second));
        comparing = comparing.min(processor_time() - before);
        let before = processor_time();
        let frozen = population(&first.assessment);
        let order = Order { frame: (0..frozen.items.len()).collect(), stratum: &|_| String::new() };
        black_box(draw(&frozen, &order, Method::Simple, 60, 7).unwrap());
        drawing = drawing.min(processor_time() - before);
    }
    println!("{CHANGES} changes, the best of 3 rounds, one core");
    println!("linked   {:>8.1} ms", linking.as_secs_f64() * 1000.0);
    println!("assessed {:>8.1} ms   (aim: under 1000)", assessing.as_secs_f64() * 1000.0);
    println!("compared {:>8.1} ms   (aim: under 2000)", comparing.as_secs_f64() * 1000.0);
    println!("sampled  {:>8.1} ms   (aim: under 100)", drawing.as_secs_f64() * 1000.0);
}
