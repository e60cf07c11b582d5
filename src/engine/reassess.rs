//! Assessing an opened bundle again under another policy, without reading a byte again.

use std::mem::take;

use super::Bundle;
use crate::assess::{self, Assessment, Assessor, systems};
use crate::model::{Moment, Stated, Zone};
use crate::policy::{Effective, Policy};
use crate::problem::Problem;
use crate::protocol::PolicySource;

/// Dates of the call, which come before those of any policy.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dates {
    pub from: Option<Stated>,
    pub to: Option<Stated>,
    pub zone: Option<Zone>,
    pub effective: Option<Effective>,
    pub now: Option<Moment>,
}

impl Dates {
    /// Returns the policy in force: the one that is there, else the default, with these dates.
    pub fn apply(self, policy: Option<&Policy>) -> Policy {
        let mut policy = policy.cloned().unwrap_or_default();
        policy.zone = self.zone.unwrap_or(policy.zone);
        policy.effective = self.effective.unwrap_or(policy.effective);
        let zone = policy.zone;
        policy.from = self.from.map(|from| from.within(zone)).or(policy.from);
        policy.to = self.to.map(|to| to.within(zone)).or(policy.to);
        policy.now = self.now.or(policy.now);
        policy
    }
}

/// A policy from outside of the bundle, with the problems found in it.
pub type GivenPolicy = (Policy, Vec<Problem>);
/// Such a policy, or `None` for the bundle's own or the default.
pub type Given = Option<GivenPolicy>;

impl Bundle {
    /// Returns where the policy in force comes from.
    pub const fn policy_source(&self) -> PolicySource {
        match (&self.given, &self.assessment.store.policy) {
            (Some(_), _) => PolicySource::Given,
            (None, Some(_)) => PolicySource::Bundle,
            (None, None) => PolicySource::Default,
        }
    }

    /// Returns the policy in force with what was said of it, where it is neither the bundle's own nor the default.
    pub fn given_policy(&self) -> Given {
        self.given.as_ref().map(|problems| (self.assessment.policy.clone(), problems.clone()))
    }

    /// Assesses again under another policy. The result is, to the byte, that of opening the bundle with
    /// [`super::Options::policy`].
    ///
    /// # Errors
    /// A sentence that states why, for a bundle that was opened without [`super::Options::keep`].
    pub fn reassess(&mut self, given: Given) -> Result<(), String> {
        self.exchange(given).map(drop)
    }

    /// Assesses under another policy, hands the bundle to `look`, and goes back to the policy in force.
    ///
    /// # Errors
    /// See [`Self::reassess`].
    pub fn under<T>(&mut self, given: Given, look: impl FnOnce(&Self) -> T) -> Result<T, String> {
        let (before, was_given) = self.exchange(given)?;
        let seen = look(self);
        self.restore(before, was_given);
        Ok(seen)
    }

    /// Assesses under several policies, one after another, hands the bundle to `look` under each, and goes back to the policy
    /// in force.
    ///
    /// # Errors
    /// See [`Self::reassess`].
    pub fn under_each<T>(
        &mut self,
        given: impl IntoIterator<Item = GivenPolicy>,
        look: impl Fn(&Self) -> T,
    ) -> Result<Vec<T>, String> {
        let (mut first, mut seen, mut failed) = (None, Vec::new(), None);
        for policy in given {
            match self.exchange(Some(policy)) {
                Ok(before) => first = first.or(Some(before)),
                Err(why) => {
                    failed = Some(why);
                    break;
                }
            }
            seen.push(look(self));
        }
        // Whatever went wrong, the policy in force stays the one in force.
        if let Some((before, was_given)) = first {
            self.restore(before, was_given);
        }
        failed.map_or(Ok(seen), Err)
    }

    /// Puts an assessment under another policy in the place of the one that is there, and returns that without its
    /// evidence and packs, with what was said of its policy.
    fn exchange(&mut self, given: Given) -> Result<(Assessment, Option<Vec<Problem>>), String> {
        let Some(relinker) = &self.relinker else {
            return Err("this bundle was opened without what assessing it again needs".into());
        };
        let old = &mut self.assessment;
        let (policy, given) = match given {
            Some((policy, problems)) => (self.dates.apply(Some(&policy)), Some(problems)),
            None => (self.dates.apply(old.store.policy.as_ref()), None),
        };
        let store = relinker.relink(
            take(&mut old.store),
            (&old.policy, self.given.as_deref().unwrap_or_default()),
            (&policy, given.as_deref().unwrap_or_default()),
        );
        let new = Assessor::new(store, policy, take(&mut old.packs)).finish();
        Ok((std::mem::replace(&mut self.assessment, new), std::mem::replace(&mut self.given, given)))
    }

    /// Puts back what [`Self::exchange`] took out.
    fn restore(&mut self, mut before: Assessment, given: Option<Vec<Problem>>) {
        let now = &mut self.assessment;
        let Some(relinker) = &self.relinker else { return };
        before.store = relinker.relink(
            take(&mut now.store),
            (&now.policy, self.given.as_deref().unwrap_or_default()),
            (&before.policy, given.as_deref().unwrap_or_default()),
        );
        assess::gather(&mut before.store, &before.policy);
        before.packs = take(&mut now.packs);
        let tags = systems::tags(&before.policy);
        before.packs.iter_mut().for_each(|pack| pack.bind(&tags));
        (self.assessment, self.given) = (before, given);
    }
}
