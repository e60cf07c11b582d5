//! Signed statements on their way to being checked: each once, within a bound.

use std::collections::BTreeMap;

use crate::model::{SignatureState, Verification};
use crate::source::Digest;

use super::rows::Statement;
use super::strings::Text;

/// Bytes of statements that are kept for checking; what is over it stays `not checked`, and is counted.
const MOST_BYTES: usize = 256 << 20;

/// Signed statements by digest, and what came out of checking them.
#[derive(Clone, Default)]
pub struct Signed {
    waiting: BTreeMap<Digest, Box<str>>,
    done: Vec<(Digest, Verification)>,
    /// Signed commits by object id.
    commits: BTreeMap<Text, Box<[u8]>>,
    commits_done: Vec<(Text, Verification)>,
    bytes: usize,
    left_out: u64,
}

impl Signed {
    /// Keeps a statement until it is checked; the same statement a second time costs nothing.
    pub(super) fn keep(&mut self, digest: Digest, text: &str) {
        if self.waiting.contains_key(&digest) {
            return;
        }
        if self.bytes.saturating_add(text.len()) > MOST_BYTES {
            self.left_out += 1;
            return;
        }
        self.bytes += text.len();
        self.waiting.insert(digest, text.into());
    }

    /// Keeps a signed commit until it is checked; the same commit a second time costs nothing.
    pub(super) fn keep_commit(&mut self, id: Text, object: &[u8]) {
        if self.commits.contains_key(&id) {
            return;
        }
        if self.bytes.saturating_add(object.len()) > MOST_BYTES {
            self.left_out += 1;
            return;
        }
        self.bytes += object.len();
        self.commits.insert(id, object.into());
    }

    /// Takes one commit that waits to be checked.
    pub fn take_commit(&mut self) -> Option<(Text, Box<[u8]>)> {
        self.commits.pop_first()
    }

    /// Takes in what came out for a commit.
    pub fn set_commit(&mut self, id: Text, verification: Verification) {
        self.commits_done.push((id, verification));
    }

    /// Takes one statement that waits to be checked, in the order of digests.
    pub fn take(&mut self) -> Option<(Digest, Box<str>)> {
        self.waiting.pop_first()
    }

    /// Returns the statements that wait, in the order in which they are taken.
    pub fn waiting(&self) -> impl Iterator<Item = &str> {
        self.waiting.values().map(|text| &**text)
    }

    /// Takes in what came out for a statement.
    pub fn set(&mut self, digest: Digest, verification: Verification) {
        self.done.push((digest, verification));
    }

    /// Returns how many statements and commits were checked and how many there are to check.
    pub fn progress(&self) -> (u64, u64) {
        let done = (self.done.len() + self.commits_done.len()) as u64;
        (done, done + (self.waiting.len() + self.commits.len()) as u64)
    }

    /// Returns how many statements were not kept because of the bound.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns the outcomes of commits, sorted by object id.
    pub(super) fn commits(&mut self) -> Vec<(Text, Verification)> {
        let mut done = std::mem::take(&mut self.commits_done);
        crate::order::sort_by_key(&mut done, |(id, _)| *id);
        done
    }

    /// Gives each statement its outcome, and returns the outcomes sorted by digest.
    pub(super) fn give(self, statements: &mut [Statement]) -> Vec<(Digest, Verification)> {
        let mut done = self.done;
        crate::order::sort_by_key(&mut done, |(digest, _)| *digest);
        done.dedup_by_key(|(digest, _)| *digest);
        for statement in statements {
            if let Ok(at) = done.binary_search_by_key(&statement.digest, |(digest, _)| *digest) {
                statement.signature = done[at].1.state;
                statement.verification = u32::try_from(at).ok();
            } else if statement.signatures == 0 {
                statement.signature = SignatureState::NotSigned;
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(state: SignatureState) -> Verification {
        Verification { state, ..Verification::default() }
    }

    #[test]
    fn a_statement_in_two_files_is_checked_once() {
        let mut signed = Signed::default();
        signed.keep([1; 32], "{}");
        signed.keep([1; 32], "{}");
        assert_eq!(signed.progress(), (0, 1));
        let (digest, text) = signed.take().expect("one waits");
        assert_eq!((digest, text.as_ref()), ([1; 32], "{}"));
        signed.set(digest, outcome(SignatureState::Valid));
        assert!(signed.take().is_none());
        assert_eq!(signed.progress(), (1, 1));
    }

    #[test]
    fn what_is_over_the_bound_is_counted_and_stays_unchecked() {
        let mut signed = Signed { bytes: MOST_BYTES - 1, ..Signed::default() };
        signed.keep([1; 32], "{}");
        assert_eq!((signed.left_out(), signed.progress()), (1, (0, 0)));
        let mut statements = [Statement { digest: [1; 32], signatures: 1, ..Statement::default() }];
        assert!(signed.give(&mut statements).is_empty());
        assert_eq!(statements[0].signature, SignatureState::NotChecked);
    }

    #[test]
    fn every_copy_of_a_statement_gets_its_outcome() {
        let mut signed = Signed::default();
        signed.set([2; 32], outcome(SignatureState::Invalid));
        signed.set([1; 32], outcome(SignatureState::Valid));
        let of = |byte| Statement { digest: [byte; 32], signatures: 1, ..Statement::default() };
        let mut statements = [of(2), of(1), of(2), of(3)];
        let done = signed.give(&mut statements);
        assert_eq!(done.len(), 2);
        let states = statements.map(|statement| (statement.signature, statement.verification));
        assert_eq!(
            states,
            [
                (SignatureState::Invalid, Some(1)),
                (SignatureState::Valid, Some(0)),
                (SignatureState::Invalid, Some(1)),
                (SignatureState::NotChecked, None),
            ]
        );
    }
}
