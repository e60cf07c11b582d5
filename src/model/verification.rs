//! What came out of checking the signatures of one statement, step by step.

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::terms::SignatureState;

/// One step of a check: never folded into a badge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedStep {
    /// What was checked, in words.
    pub step: String,
    /// How it came out.
    pub state: SignatureState,
    /// Why, with the inputs that decided.
    pub reason: String,
    /// The clause of the specification that demands it.
    pub clause: String,
}

/// The outcome for one statement: its steps, and who vouched for it as far as they are valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// `valid` only if every step that its envelope demands is; `invalid` if any is.
    pub state: SignatureState,
    /// Identity of the signer, as the certificate or key names it; empty where none was shown.
    pub identity: String,
    /// Who vouched for the identity (the OIDC issuer); empty for plain keys.
    pub issuer: String,
    /// The trust root or key that decided; empty where none did.
    pub root: String,
    /// The trust roots whose authorities signed its timestamps; they need not be the one that decided.
    pub timestamp_roots: Vec<String>,
    /// When it was signed, as a log or timestamp authority states it.
    pub signed_at: Option<Moment>,
    /// The steps, in the order in which they were made.
    pub steps: Vec<CheckedStep>,
}

impl Verification {
    /// Returns the first step that is in a state, for reasons in words.
    pub fn first(&self, state: SignatureState) -> Option<&CheckedStep> {
        self.steps.iter().find(|step| step.state == state)
    }
}
