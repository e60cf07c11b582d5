//! Signatures, certificates, log proofs and timestamps, checked offline: from the exact bytes of an attestation to one
//! outcome for each step.
//!
//! What decides is a [`TrustSet`]: the trust roots that are built in and what the user added, never what came with the
//! evidence. No clock is asked: the time of signing is what a timestamp authority or a log signed. `docs/verification.md`
//! lists the steps and the specifications that demand them.

pub mod ahead;
mod bundle;
mod certificate;
pub mod commit;
pub mod demand;
mod envelope;
pub mod flip;
mod key;
mod log;
pub mod manifest;
pub mod material;
mod metablock;
mod name;
mod provider;
pub mod roots;
mod shape;
mod steps;
pub(crate) mod strict;
mod subject;
mod timestamp;
#[cfg(test)]
mod wycheproof;

pub use demand::{Artifact, Demand};
pub use envelope::encoded;
pub use roots::{Root, RootPart, TrustSet};
pub use shape::split;

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::Verification;
use ahead::Question;
use log::Seen;
use shape::Shape;

/// Checks attestations one by one, and remembers what many of them rest on.
pub struct Verifier {
    /// What is trusted.
    pub trust: Arc<TrustSet>,
    seen: Seen,
    /// What is remembered while questions are gathered: it was not checked, and is kept apart.
    supposed: Seen,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new(TrustSet::built_in())
    }
}

impl Verifier {
    /// Returns a verifier that trusts a set of roots and keys.
    pub fn new(trust: impl Into<Arc<TrustSet>>) -> Self {
        provider::install();
        Self { trust: trust.into(), seen: Seen::new(), supposed: Seen::new() }
    }

    /// Checks one attestation, as the file has it.
    pub fn check(&mut self, text: &str) -> Verification {
        self.check_for(text, &Demand::default())
    }

    /// Gathers the signatures that checking some attestations rests on and that are not known to hold.
    pub fn questions<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Vec<Question> {
        std::mem::swap(&mut self.seen, &mut self.supposed);
        let questions = ahead::gather(|| {
            for text in texts {
                self.check(text);
            }
        });
        std::mem::swap(&mut self.seen, &mut self.supposed);
        questions
    }

    /// Checks one attestation, and that it is what is demanded.
    pub fn check_for(&mut self, text: &str, demand: &Demand) -> Verification {
        match shape::of(text) {
            Shape::Bundle => bundle::check(text, &self.trust, demand, &mut self.seen),
            Shape::Converted(text) => bundle::check(&text, &self.trust, demand, &mut self.seen),
            Shape::Envelope => envelope::check(text, &self.trust, demand),
            Shape::Bare => shape::unsigned(),
            Shape::Odd(why) => shape::unreadable(&why),
            Shape::Broken(why) => shape::broken(&why),
        }
    }
}
