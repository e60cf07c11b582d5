//! One side of a comparison: what an assessment decided, without its evidence, so that two fit beside each other.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::assess::Assessment;
use crate::assess::registry::{self, CRITERIA, Scope};
use crate::engine::Bundle;
use crate::model::Verdict;
use crate::model::place::hex;
use crate::policy::Policy;
use crate::protocol::{Columns, MatrixRow, Standing};
use crate::query::views;
use crate::report::json::population_digest;

/// What one side decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Name of the bundle.
    pub name: String,
    /// Digest of the bundle.
    pub sha256: String,
    /// Version of the engine that assessed it.
    pub engine: String,
    /// SHA-256 over the policy as reports print it, dates of the period included.
    pub policy_sha256: String,
    /// Digest of the population.
    pub population: String,
    /// Start of the period of the policy, RFC 3339.
    pub from: Option<String>,
    /// End of the period, exclusive.
    pub to: Option<String>,
    /// The policy: key as reports print it and its value as JSON, sorted by key; the dates of the period left out.
    pub(super) policy: Vec<(String, String)>,
    /// Frameworks.
    pub(super) packs: Vec<PackSide>,
    /// Criteria that are evaluated on changes, by position in the registry.
    pub(super) criteria: Vec<usize>,
    /// Ids of the changes in scope, sorted, each with where it stands.
    pub(super) changes: Vec<(String, Standing)>,
    /// Verdicts by change and criterion, in the orders above.
    pub(super) verdicts: Vec<Verdict>,
    /// Verdicts on the population by criterion.
    pub(super) once: BTreeMap<String, Verdict>,
}

/// A framework on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PackSide {
    pub id: String,
    pub version: String,
    pub sha256: String,
    /// Verdict of each control.
    pub controls: BTreeMap<String, Verdict>,
    /// Former ids of controls, each with the id that took its place.
    pub formerly: BTreeMap<String, String>,
}

impl Snapshot {
    /// Takes what a bundle decided.
    pub fn of(bundle: &Bundle) -> Self {
        Self {
            name: bundle.name.clone(),
            sha256: bundle.sha256.clone(),
            ..Self::of_assessment(&bundle.assessment)
        }
    }

    /// Takes what an assessment decided, without the name of a bundle.
    pub fn of_assessment(assessment: &Assessment) -> Self {
        let store = &assessment.store;
        let ids = assessment.scope.iter().map(|id| store.change_id(&store.changes[id.index()]));
        let mut rows: Vec<(String, usize)> = ids.zip(0..).collect();
        crate::order::sort(&mut rows);
        // One id names one change; a second direct push without an id of its own is told with the first.
        rows.dedup_by(|b, a| a.0 == b.0);
        let criteria = evaluated(Scope::Change);
        let mut verdicts = Vec::with_capacity(rows.len() * criteria.len());
        let indices: Vec<_> = registry::all().collect();
        for (_, row) in &rows {
            verdicts.extend(criteria.iter().map(|&at| assessment.verdict(*row, indices[at])));
        }
        let once = evaluated(Scope::Population).into_iter().filter_map(|at| {
            let finding = assessment.population.get(at)?;
            Some((CRITERIA[at].id.to_owned(), finding.verdict))
        });
        let (policy, policy_sha256) = policy_of(&assessment.policy);
        let changes: Vec<(String, Standing)> = rows
            .into_iter()
            .map(|(id, row)| (id, assessment.standings.get(row).copied().unwrap_or_default()))
            .collect();
        let ids: Vec<String> = changes.iter().map(|(id, _)| id.clone()).collect();
        Self {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            policy_sha256,
            population: population_digest(&ids),
            from: assessment.policy.from.map(|at| at.to_string()),
            to: assessment.policy.to.map(|at| at.to_string()),
            policy,
            packs: assessment.packs.iter().map(|pack| pack_of(assessment, pack)).collect(),
            criteria,
            changes,
            verdicts,
            once: once.collect(),
            ..Self::default()
        }
    }

    /// Returns how many changes are in scope.
    pub const fn size(&self) -> usize {
        self.changes.len()
    }

    /// Returns the verdict on a change by the place of its criterion among those of this side.
    pub(super) fn at(&self, row: usize, criterion: usize) -> Verdict {
        self.verdicts.get(row * self.criteria.len() + criterion).copied().unwrap_or(Verdict::NotApplicable)
    }
}

/// Returns the positions of the criteria of a scope that are evaluated.
pub(super) fn evaluated(scope: Scope) -> Vec<usize> {
    let fits = |at: &usize| CRITERIA[*at].is_evaluated && CRITERIA[*at].scope == scope;
    (0..CRITERIA.len()).filter(fits).collect()
}

fn pack_of(assessment: &Assessment, pack: &crate::framework::Pack) -> PackSide {
    let matrix = views::matrix(assessment, &pack.id, Columns::Status);
    let rows = matrix.into_iter().flat_map(|matrix| matrix.groups).flat_map(|group| group.rows);
    let former =
        pack.controls.iter().flat_map(|control| control.formerly.iter().map(|old| (old, &control.id)));
    PackSide {
        id: pack.id.clone(),
        version: pack.version.clone(),
        sha256: pack.sha256.clone(),
        controls: rows.map(|MatrixRow { id, verdict, .. }| (id, verdict)).collect(),
        formerly: former.map(|(old, new)| (old.clone(), new.clone())).collect(),
    }
}

/// Returns the SHA-256 over a policy as reports print it, lower-case hexadecimal.
pub fn policy_digest(policy: &Policy) -> String {
    // A policy is plain data: turning it into JSON does not fail.
    hex(&Sha256::digest(serde_json::to_vec(policy).unwrap_or_default()))
}

fn policy_of(policy: &Policy) -> (Vec<(String, String)>, String) {
    let value = serde_json::to_value(policy).unwrap_or_default();
    (flat(&value), policy_digest(policy))
}

/// Lays a policy out as keys with values; the dates of the period are named with the sides.
pub(super) fn flat(policy: &Value) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for (key, value) in policy.as_object().into_iter().flatten() {
        match value {
            Value::Object(inner) => {
                keys.extend(inner.iter().map(|(name, value)| (format!("{key}.{name}"), value.to_string())));
            }
            _ if matches!(key.as_str(), "from" | "to" | "now") => {}
            _ => keys.push((key.clone(), value.to_string())),
        }
    }
    crate::order::sort(&mut keys);
    keys
}
