//! Questions that are asked before signatures are checked. A program of its own: what holds is remembered for its life.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use lacuna::model::SignatureState;
use lacuna::verify::{TrustSet, Verifier};

#[test]
fn signatures_are_asked_ahead_once_and_nothing_that_is_supposed_counts() {
    let Some(folder) = common::sample("sigstore-conformance") else { return };
    let read =
        |case: &str| fs::read_to_string(folder.join(case).join("bundle.sigstore.json")).expect("a bundle");
    let good = read("happy-path-v0.3").trim().to_owned();
    let mut verifier = Verifier::new(TrustSet::built_in());
    // A signature of another bundle: well formed, and not over these bytes.
    let forged = read("dsse-invalid-sig_fail");
    let asked = verifier.questions([forged.as_str()].into_iter());
    assert!(asked.iter().any(|question| !question.check()), "{} questions", asked.len());
    assert_eq!(
        verifier.check(&forged).state,
        SignatureState::Invalid,
        "after all of it was supposed to hold"
    );
    let asked = verifier.questions([good.as_str(), good.as_str()].into_iter());
    assert!(!asked.is_empty() && asked.iter().all(lacuna::verify::ahead::Question::check), "{asked:?}");
    asked.iter().for_each(lacuna::verify::ahead::Question::holds);
    assert_eq!(verifier.questions([good.as_str()].into_iter()), []);
    assert_eq!(verifier.check(&good).state, SignatureState::Valid);
}
