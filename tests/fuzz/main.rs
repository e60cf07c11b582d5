//! Fuzzing of everything that reads what a stranger signed: certificates, PEM, envelopes, bundles, checkpoints, timestamps,
//! trust roots, keys and signatures of commits, bags and manifests.
//!
//! Each target takes any bytes and must neither panic nor call anything valid that was changed. Here a seeded driver mutates
//! the seeds a bounded number of times, so that every run of the suite is the same one; `LACUNA_FUZZ=1000000` makes it long.
//! `targets::run` is what a coverage-guided fuzzer calls (CONTRIBUTING.md).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod mutate;
mod seeds;
mod targets;

use mutate::Random;

/// Mutations of each seed, where the environment does not say.
const ROUNDS: u64 = 300;

#[allow(clippy::disallowed_methods, reason = "how long to fuzz is the host's business")]
fn rounds() -> u64 {
    std::env::var("LACUNA_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

fn fuzz(target: &str) {
    let run = targets::of(target);
    let seeds = seeds::of(target);
    assert!(!seeds.is_empty(), "{target} has no seed");
    for (number, seed) in seeds.iter().enumerate() {
        run(seed);
        let mut random = Random::new(number as u64 + 1);
        for _ in 0..rounds() {
            run(&mutate::mutated(seed, &mut random));
        }
    }
}

macro_rules! targets {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            fuzz(stringify!($name));
        }
    )* };
}

targets! {
    certificate pem envelope bundle checkpoint timestamp trusted_root commit_keys commit_signature bag checksums manifest link
}
