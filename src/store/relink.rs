//! Linking once more under another policy, without reading a byte again.
//!
//! Three things of a policy decide how records are linked: the protected branches, of which changes are made; the kinds
//! of accounts; and the environments that are production. The last two are settled again in place. The branches decide
//! which changes there are, so for a bundle with a history the rows are kept as the records left them.

use crate::policy::Policy;
use crate::problem::Problem;

use super::accounts::Accounts;
use super::load::Load;
use super::{Builder, Outcomes, Store, link, persons};

/// What linking once more needs.
pub enum Relinker {
    /// There is no history, so that the branches of a policy make no changes: the accounts are enough.
    Accounts(Box<Accounts>),
    /// Everything as the records left it.
    Rows(Box<Builder>),
}

impl Builder {
    /// Returns what linking once more needs; call it before [`Self::link`].
    pub fn relinker(&self) -> Relinker {
        if self.store.branches.iter().any(|branch| !branch.line.is_empty()) {
            Relinker::Rows(Box::new(self.clone()))
        } else {
            Relinker::Accounts(Box::new(self.accounts.clone()))
        }
    }
}

impl Relinker {
    /// Takes what came out of checking signatures into a linked store, and settles what rests on it under the policy that it
    /// was linked under. `problems` are those of the policy.
    pub fn take_outcomes(
        &mut self,
        mut store: Store,
        outcomes: Outcomes,
        policy: &Policy,
        problems: &[Problem],
    ) -> Store {
        if let Self::Rows(builder) = self {
            builder.signed().take_in(&outcomes);
        }
        store.take_outcomes(outcomes);
        link::name_mergers(&mut store);
        self.relink(store, (policy, problems), (policy, problems))
    }

    /// Links a store that was linked under `before` as [`Builder::link`] would have under `after`. `problems` of the two
    /// policies take each other's place.
    pub fn relink(&self, store: Store, before: (&Policy, &[Problem]), after: (&Policy, &[Problem])) -> Store {
        match self {
            Self::Rows(builder) if before.0.branches != after.0.branches => {
                let mut builder = builder.as_ref().clone();
                after.1.iter().for_each(|problem| builder.bundle_problem(problem.clone()));
                builder.link(after.0)
            }
            Self::Rows(builder) => settle(store, &builder.accounts, before.1, after),
            Self::Accounts(accounts) => settle(store, accounts, before.1, after),
        }
    }
}

/// Settles kinds and releases again.
fn settle(
    mut store: Store,
    accounts: &Accounts,
    old: &[Problem],
    (policy, problems): (&Policy, &[Problem]),
) -> Store {
    let conflicts = std::mem::take(&mut store.person_conflicts);
    for problem in old.iter().chain(&conflicts) {
        // Problems are sorted, and equal ones are as good as each other.
        if let Ok(at) = store.problems.binary_search(problem) {
            store.problems.remove(at);
        }
    }
    persons::resolve(accounts.clone(), policy, &mut store);
    link::releases(&mut store, policy);
    store.load = Load::of(&store);
    store.problems.extend_from_slice(problems);
    crate::order::sort(&mut store.problems);
    store
}
