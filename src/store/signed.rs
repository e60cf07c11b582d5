//! Signed statements and commits on their way to being checked: each once, within a bound; and what came out.

use std::collections::BTreeMap;

use crate::model::{SignatureState, Verification};
use crate::source::Digest;

use super::Store;
use super::strings::Text;

/// Bytes of statements that are kept for checking; what is over it stays `not checked`, and is counted.
const MOST_BYTES: usize = 256 << 20;

/// What came out of checking signatures.
#[derive(Clone, Default)]
pub struct Outcomes {
    /// Of statements, by digest.
    statements: Vec<(Digest, Verification)>,
    /// Of commits, by object id.
    commits: Vec<(Text, Verification)>,
}

/// Signed statements by digest and signed commits by object id, and what came out of checking them.
#[derive(Clone, Default)]
pub struct Signed {
    waiting: BTreeMap<Digest, Box<str>>,
    commits: BTreeMap<Text, Box<[u8]>>,
    /// Statements that come before all others; some may be checked by now.
    first: Vec<Digest>,
    outcomes: Outcomes,
    checked: u64,
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
        self.checked += 1;
        self.outcomes.commits.push((id, verification));
    }

    /// Takes one statement that waits to be checked: those that are to come first, then in the order of digests.
    pub fn take(&mut self) -> Option<(Digest, Box<str>)> {
        while let Some(digest) = self.first.pop() {
            if let Some(text) = self.waiting.remove(&digest) {
                return Some((digest, text));
            }
        }
        self.waiting.pop_first()
    }

    /// Returns the statements that wait, in the order in which they are taken. One that is to come first may come twice.
    pub fn waiting(&self) -> impl Iterator<Item = &str> {
        let first = self.first.iter().rev().filter_map(|digest| self.waiting.get(digest));
        first.chain(self.waiting.values()).map(|text| &**text)
    }

    /// Lets some statements come before all that wait.
    pub fn look_first(&mut self, digests: impl DoubleEndedIterator<Item = Digest>) {
        let waiting = &self.waiting;
        let new: Vec<Digest> = digests.rev().filter(|digest| waiting.contains_key(digest)).collect();
        self.first.retain(|digest| waiting.contains_key(digest) && !new.contains(digest));
        self.first.extend(new);
    }

    /// Returns whether statements that are to come first still wait.
    pub fn has_first(&self) -> bool {
        self.first.iter().any(|digest| self.waiting.contains_key(digest))
    }

    /// Takes in what came out for a statement.
    pub fn set(&mut self, digest: Digest, verification: Verification) {
        self.checked += 1;
        self.outcomes.statements.push((digest, verification));
    }

    /// Returns how many statements and commits were checked and how many there are to check.
    pub fn progress(&self) -> (u64, u64) {
        (self.checked, self.checked + (self.waiting.len() + self.commits.len()) as u64)
    }

    /// Returns whether every signature was checked.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.commits.is_empty()
    }

    /// Returns how many statements were not kept because of the bound.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Takes out what came out since the last time.
    pub fn outcomes(&mut self) -> Outcomes {
        std::mem::take(&mut self.outcomes)
    }

    /// Takes in what came out elsewhere.
    pub fn take_in(&mut self, outcomes: &Outcomes) {
        self.outcomes.statements.extend_from_slice(&outcomes.statements);
        self.outcomes.commits.extend_from_slice(&outcomes.commits);
    }

    /// Marks what still waits: it counts for nothing.
    pub fn mark(&self, store: &mut Store) {
        for statement in &mut store.statements {
            if self.waiting.contains_key(&statement.digest) {
                statement.signature = SignatureState::Pending;
            }
        }
        for commit in &mut store.commits {
            if self.commits.contains_key(&commit.id) {
                commit.signature = Some(SignatureState::Pending);
            }
        }
    }
}

impl Store {
    /// Takes in what came out of checking signatures, beside what is known, and gives each statement and commit its state.
    pub(super) fn take_outcomes(&mut self, outcomes: Outcomes) {
        self.verifications.extend(outcomes.statements);
        crate::order::sort_by_key(&mut self.verifications, |(digest, _)| *digest);
        self.verifications.dedup_by_key(|(digest, _)| *digest);
        for statement in &mut self.statements {
            let found = self.verifications.binary_search_by_key(&statement.digest, |(digest, _)| *digest);
            if let Ok(at) = found {
                statement.signature = self.verifications[at].1.state;
                statement.verification = u32::try_from(at).ok();
            } else if statement.signatures == 0 {
                statement.signature = SignatureState::NotSigned;
            }
        }
        self.commit_verifications.extend(outcomes.commits);
        crate::order::sort_by_key(&mut self.commit_verifications, |(id, _)| *id);
        for at in 0..self.commits.len() {
            if let Some(state) = self.commit_verification(self.commits[at].id).map(|outcome| outcome.state) {
                self.commits[at].signature = Some(state);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Statement;

    fn store(digests: &[u8]) -> Store {
        let of = |byte: &u8| Statement { digest: [*byte; 32], signatures: 1, ..Statement::default() };
        Store { statements: digests.iter().map(of).collect(), ..Store::default() }
    }

    fn states(signed: &mut Signed, digests: &[u8]) -> Vec<(SignatureState, Option<u32>)> {
        let mut store = store(digests);
        store.take_outcomes(signed.outcomes());
        store.statements.iter().map(|statement| (statement.signature, statement.verification)).collect()
    }

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
        assert_eq!(states(&mut signed, &[1]), [(SignatureState::NotChecked, None)]);
    }

    #[test]
    fn every_copy_of_a_statement_gets_its_outcome() {
        let mut signed = Signed::default();
        signed.set([2; 32], outcome(SignatureState::Invalid));
        signed.set([1; 32], outcome(SignatureState::Valid));
        let given = states(&mut signed, &[2, 1, 2, 3]);
        assert_eq!(
            given,
            [
                (SignatureState::Invalid, Some(1)),
                (SignatureState::Valid, Some(0)),
                (SignatureState::Invalid, Some(1)),
                (SignatureState::NotChecked, None),
            ]
        );
    }

    #[test]
    fn what_comes_later_is_given_beside_what_came_before_and_the_rest_is_marked() {
        let mut signed = Signed::default();
        [1, 2, 3].into_iter().for_each(|byte| signed.keep([byte; 32], "{}"));
        let mut store = store(&[1, 2, 3]);
        assert!(!signed.has_first());
        signed.look_first([[3; 32], [9; 32], [2; 32]].into_iter());
        assert!(signed.has_first());
        for (wanted, pending) in [(3, 2), (2, 1), (1, 0)] {
            let (digest, _) = signed.take().expect("one waits");
            assert_eq!(digest, [wanted; 32], "those in sight first, in their order");
            signed.set(digest, outcome(SignatureState::Valid));
            store.take_outcomes(signed.outcomes());
            signed.mark(&mut store);
            let count = |state| store.statements.iter().filter(|own| own.signature == state).count();
            assert_eq!(
                (count(SignatureState::Pending), count(SignatureState::Valid)),
                (pending, 3 - pending)
            );
        }
        assert!(signed.is_done() && !signed.has_first());
        let places: Vec<_> = store.statements.iter().map(|own| own.verification).collect();
        assert_eq!(places, [Some(0), Some(1), Some(2)]);
    }
}
