//! Checking signatures: before a bundle is linked, or behind an open one.
//!
//! Behind an open one, what waits to be checked counts for nothing ([`SignatureState::Pending`]), what is in sight is
//! checked first, and [`Bundle::settle`] assesses again with what came out so far. Once all is checked, the bundle is to
//! the byte the one that would have been opened after the checks.
//!
//! [`SignatureState::Pending`]: crate::model::SignatureState::Pending

use std::mem::take;

use data_encoding::HEXLOWER;

use super::Bundle;
use crate::assess::Assessor;
use crate::protocol::{Reply, Request};
use crate::query::trust_view;
use crate::source::Digest;
use crate::store::Signed;
use crate::verify::Verifier;
use crate::verify::ahead::Question;
use crate::verify::commit::CommitKeys;

/// What checking one statement weighs in bytes of reading, which take about as long.
const BYTES_A_SIGNATURE: u64 = 512 << 10;
/// What checking one commit weighs; most have a key that nobody gave, and end at that.
const BYTES_A_COMMIT: u64 = 32 << 10;
/// Rows of a page that come first: about what a screen shows.
const ROWS_IN_SIGHT: usize = 60;

/// What is left to check, and what it is checked with.
pub(super) struct Checking {
    pub verifier: Verifier,
    pub keys: CommitKeys,
    pub signed: Signed,
}

impl Checking {
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, keys: CommitKeys::default(), signed: Signed::default() }
    }

    /// Checks signatures over about `budget` bytes of statements; returns whether all are checked.
    pub fn step(&mut self, budget: u64) -> bool {
        let mut bytes = 0;
        while bytes < budget {
            if let Some((digest, text)) = self.signed.take() {
                bytes += BYTES_A_SIGNATURE + text.len() as u64;
                let verification = self.verifier.check(&text);
                self.signed.set(digest, verification);
            } else if let Some((id, object)) = self.signed.take_commit() {
                bytes += BYTES_A_COMMIT + object.len() as u64;
                let verification = self.keys.check(&object);
                self.signed.set_commit(id, verification);
            } else {
                return true;
            }
        }
        self.signed.is_done()
    }

    /// Gathers the signatures that the next step of about `budget` bytes will check.
    pub fn questions(&mut self, budget: u64) -> Vec<Question> {
        let mut bytes = 0;
        let waiting = self.signed.waiting().take_while(|text| {
            let is_reached = bytes < budget;
            bytes += BYTES_A_SIGNATURE + text.len() as u64;
            is_reached
        });
        self.verifier.questions(waiting)
    }
}

impl Bundle {
    /// Returns how many statements and commits were checked and how many there are to check, while that goes on.
    pub fn checking(&self) -> Option<(u64, u64)> {
        self.checking.as_ref().map(|checking| checking.signed.progress())
    }

    /// Returns whether statements that are in sight still wait to be checked.
    pub fn is_awaited(&self) -> bool {
        self.checking.as_ref().is_some_and(|checking| checking.signed.has_first())
    }

    /// Gathers the signatures that the next [`Self::check`] with this budget will check, for whoever can tell sooner that
    /// they hold.
    pub fn questions(&mut self, budget: u64) -> Vec<Question> {
        self.checking.as_mut().map_or_else(Vec::new, |checking| checking.questions(budget))
    }

    /// Checks signatures over about `budget` bytes of statements; returns whether all are checked. Nothing of it counts
    /// before [`Self::settle`].
    pub fn check(&mut self, budget: u64) -> bool {
        self.checking.as_mut().is_none_or(|checking| checking.step(budget))
    }

    /// Assesses again with what was checked so far.
    pub fn settle(&mut self) {
        let (Some(checking), Some(relinker)) = (&mut self.checking, &mut self.relinker) else { return };
        let old = &mut self.assessment;
        let problems = self.given.as_deref().unwrap_or_default();
        let outcomes = checking.signed.outcomes();
        let store = relinker.take_outcomes(take(&mut old.store), outcomes, &old.policy, problems);
        let (policy, packs) = (take(&mut old.policy), take(&mut old.packs));
        self.assessment = Assessor::new(store, policy, packs).finish();
        if checking.signed.is_done() {
            self.checking = None;
        }
    }

    /// Lets the statements that an answer shows come before all that wait.
    pub fn look_first(&mut self, shown: &Reply) {
        let Some(checking) = &mut self.checking else { return };
        let of_id = |id: &str| -> Option<Digest> { HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok() };
        let digests: Vec<Digest> = match shown {
            Reply::Statements(page) => {
                page.rows.iter().take(ROWS_IN_SIGHT).filter_map(|row| of_id(&row.id)).collect()
            }
            Reply::Statement(detail) => of_id(&detail.row.id).into_iter().collect(),
            Reply::Change(detail) => detail.statements.iter().filter_map(|row| of_id(&row.id)).collect(),
            Reply::Changes(page) => {
                let rows = page.page.rows.iter().take(ROWS_IN_SIGHT);
                trust_view::digests(&self.assessment.store, &rows.map(|row| row.id.as_str()).collect())
            }
            _ => return,
        };
        checking.signed.look_first(digests.into_iter());
    }

    /// Returns whether what a request asks for is made from verdicts for others to keep, so that it waits until all
    /// signatures are checked.
    pub fn must_wait(&self, request: &Request) -> bool {
        let is_kept = matches!(
            request,
            Request::Export { .. }
                | Request::Paper(_)
                | Request::PaperChoices
                | Request::PaperPage { .. }
                | Request::Policy { .. }
                | Request::Person(_)
                | Request::Compare { .. }
                | Request::Comparison
                | Request::Differences { .. }
        );
        self.checking.is_some() && is_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Options};
    use crate::model::{SignatureState, Verdict};
    use crate::protocol::{ExportFormat, Phase, PolicyAction};
    use crate::report::json;
    use crate::source::Bytes;
    use crate::source::intake::Root;

    const SAMPLE: &[u8] = include_bytes!("../../public/samples/sample.zip");
    const KEY: &[u8] = include_bytes!("../../public/samples/sample-key.pem");

    /// Opens the sample; with `later`, after the check of one statement.
    fn sample(later: bool) -> Bundle {
        let roots = vec![Root { path: "sample.zip".into(), source: Box::new(Bytes::new(SAMPLE.to_vec())) }];
        let trust = vec![("sample-key.pem".into(), KEY.to_vec())];
        let mut engine = Engine::new(roots, Options { trust, keep: true, later, ..Options::default() });
        while engine.step(1).phase != Phase::Done {}
        engine.finish()
    }

    fn count(bundle: &Bundle, state: SignatureState) -> usize {
        bundle.assessment.store.statements.iter().filter(|own| own.signature == state).count()
    }

    #[test]
    fn a_bundle_that_is_checked_behind_is_at_its_end_the_one_that_is_checked_before() {
        let before = json::write(&sample(false));
        let mut bundle = sample(true);
        let (done, all) = bundle.checking().expect("more than one waits");
        assert!(done == 1 && all > 2, "{done} of {all}");
        let mut steps = 0;
        while !bundle.check(1) {
            steps += 1;
            if steps % 2 == 0 {
                bundle.settle();
                assert_eq!(bundle.checking().map(|(_, all)| all), Some(all));
            }
        }
        assert!(steps > 2);
        bundle.settle();
        assert_eq!(bundle.checking(), None);
        assert!(json::write(&bundle) == before, "the bytes of the report");
    }

    #[test]
    fn what_is_still_being_checked_counts_for_nothing() {
        let whole = sample(false);
        let mut bundle = sample(true);
        let waiting = count(&bundle, SignatureState::Pending);
        assert!(waiting > 0);
        let table = |bundle: &Bundle, id: &str| -> Vec<Verdict> {
            let found = crate::assess::registry::CriterionIndex::of(id).expect("known");
            (0..bundle.assessment.scope.len()).map(|row| bundle.assessment.verdict(row, found)).collect()
        };
        for id in ["integrity.signature", "integrity.bound", "release.protected"] {
            for (now, then) in table(&bundle, id).into_iter().zip(table(&whole, id)) {
                assert!(now == then || now == Verdict::Unproven, "{id}: {now:?} before {then:?}");
            }
        }
        assert_ne!(table(&bundle, "integrity.signature"), table(&whole, "integrity.signature"));
        // Checked and not settled: still nothing.
        bundle.check(1);
        assert_eq!(count(&bundle, SignatureState::Pending), waiting);
        bundle.settle();
        assert_eq!(count(&bundle, SignatureState::Pending), waiting - 1);
    }

    #[test]
    fn what_is_in_sight_is_checked_first() {
        let mut bundle = sample(true);
        let all = Request::Statements { filter: String::new(), offset: 0, limit: 200 };
        let Reply::Statements(page) = bundle.answer(&all) else { panic!("statements") };
        let pending = page.rows.iter().filter(|row| row.state == SignatureState::Pending);
        let last = pending.max_by_key(|row| row.id.clone()).expect("one waits").id.clone();
        let shown = bundle.answer(&Request::Statement { id: last.clone(), flip: None });
        assert!(!bundle.is_awaited());
        bundle.look_first(&shown);
        assert!(bundle.is_awaited());
        bundle.check(1);
        assert!(!bundle.is_awaited());
        bundle.settle();
        let Reply::Statement(detail) = bundle.answer(&Request::Statement { id: last, flip: None }) else {
            panic!("a statement")
        };
        assert_ne!(detail.row.state, SignatureState::Pending);
        assert!(count(&bundle, SignatureState::Pending) > 0, "others still wait");
    }

    #[test]
    fn nothing_is_written_for_others_while_signatures_are_being_checked() {
        let mut bundle = sample(true);
        let requests = [
            Request::Export { format: ExportFormat::Json },
            Request::PaperChoices,
            Request::Comparison,
            Request::Policy { text: None, edit: None, action: PolicyAction::Check },
        ];
        for request in &requests {
            assert!(bundle.must_wait(request), "{request:?}");
            assert!(matches!(bundle.act(request.clone()), Reply::Failed(_)), "{request:?}");
        }
        assert!(!bundle.must_wait(&Request::Overview));
        while !bundle.check(u64::MAX) {}
        bundle.settle();
        for request in requests {
            assert!(!matches!(bundle.act(request.clone()), Reply::Failed(_)), "{request:?}");
        }
    }
}
