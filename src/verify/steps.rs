//! The steps of one check while they are made.

use crate::model::{CheckedStep, Moment, SignatureState, Verification};

use super::Timestamp;

/// Steps made so far, and whom they name.
#[derive(Default)]
pub struct Steps {
    pub outcome: Verification,
    is_signed: bool,
    has_failed: bool,
    is_open: bool,
}

impl Steps {
    /// Notes a step that must hold.
    pub fn need(&mut self, step: &str, outcome: Result<String, String>, clause: &str) -> bool {
        let is_valid = outcome.is_ok();
        self.has_failed |= !is_valid;
        let state = if is_valid { SignatureState::Valid } else { SignatureState::Invalid };
        self.push(step, state, outcome.unwrap_or_else(|why| why), clause);
        is_valid
    }

    /// Notes a signature: at least one must be valid.
    pub fn signature(&mut self, step: &str, outcome: Result<String, String>, clause: &str) -> bool {
        let is_valid = self.need(step, outcome, clause);
        self.is_signed |= is_valid;
        is_valid
    }

    /// Notes a step that could not be made, without which nothing is valid.
    pub fn open(&mut self, step: &str, why: impl Into<String>, clause: &str) {
        self.is_open = true;
        self.push(step, SignatureState::NotChecked, why.into(), clause);
    }

    /// Notes a step that this kind of material does not have, or that was not asked for.
    pub fn pass(&mut self, step: &str, state: SignatureState, why: impl Into<String>, clause: &str) {
        self.push(step, state, why.into(), clause);
    }

    fn push(&mut self, step: &str, state: SignatureState, reason: String, clause: &str) {
        self.outcome.steps.push(CheckedStep {
            step: step.to_owned(),
            state,
            reason,
            clause: clause.to_owned(),
        });
    }

    /// Notes the earliest time that something trusted states.
    pub fn signed_at(&mut self, at: Timestamp) {
        let at = Moment::from_millis(at.as_millisecond());
        self.outcome.signed_at = Some(self.outcome.signed_at.map_or(at, |known| known.min(at)));
    }

    /// Returns the outcome: invalid if any step is, valid if a signature is and nothing that must hold is open.
    pub fn finish(mut self) -> Verification {
        self.outcome.state = if self.has_failed {
            SignatureState::Invalid
        } else if self.is_signed && !self.is_open {
            SignatureState::Valid
        } else {
            SignatureState::NotChecked
        };
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_makes_the_whole_invalid_and_the_others_stay_in_sight() {
        let mut steps = Steps::default();
        steps.signature("signature 0", Ok("fits".into()), "DSSE");
        steps.signature("signature 1", Err("does not fit".into()), "DSSE");
        let outcome = steps.finish();
        assert_eq!(outcome.state, SignatureState::Invalid);
        let states: Vec<_> = outcome.steps.iter().map(|step| step.state).collect();
        assert_eq!(states, [SignatureState::Valid, SignatureState::Invalid]);
    }

    #[test]
    fn nothing_is_valid_without_a_signature_or_with_an_open_step() {
        let mut steps = Steps::default();
        steps.need("chain", Ok("holds".into()), "RFC 5280");
        assert_eq!(steps.finish().state, SignatureState::NotChecked);
        let mut steps = Steps::default();
        steps.signature("signature", Ok("fits".into()), "DSSE");
        steps.open("time of signing", "none is proven", "Sigstore");
        assert_eq!(steps.finish().state, SignatureState::NotChecked);
    }
}
