//! Changes and deployments held against each other.

use std::collections::BTreeMap;

use crate::assess::Assessment;
use crate::assess::finding::Finding;
use crate::assess::review::listed;
use crate::model::record::Outcome;
use crate::model::{Capture, Verdict};
use crate::store::{Change, ChangeId, Deployment, Store, Text};

use super::holes::Known;

/// Whether a change was released, as far as the bundle shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// A deployment released it.
    Done,
    /// Its branch has no release, although the repository was released after it was merged.
    Never,
    /// It is later than the last revision of its branch that was released.
    NotYet,
    /// No history of its branch says which deployment holds it.
    Unknown,
}

/// What holding the two against each other gave.
pub struct Releases {
    /// Successful deployments to production in the period.
    pub count: usize,
    /// Positions of those whose revision belongs to no change.
    pub unknown: Vec<usize>,
    /// Every merged change of the period, in order of the store.
    pub changes: Vec<(ChangeId, Release)>,
}

fn is_release(deployment: &Deployment) -> bool {
    deployment.is_production && !matches!(deployment.outcome, Outcome::Failed | Outcome::Skipped)
}

/// Holds deployments and changes against each other.
pub fn reconcile(assessment: &Assessment) -> Releases {
    let store = &assessment.store;
    let releases: Vec<&Deployment> = store.deployments.iter().filter(|row| is_release(row)).collect();
    if releases.is_empty() {
        return Releases { count: 0, unknown: Vec::new(), changes: Vec::new() };
    }
    let known = Known::new(store);
    let in_period = |row: &Deployment| is_release(row) && assessment.is_in_period(row.at);
    let counted = store.deployments.iter().enumerate().filter(|(_, row)| in_period(row));
    let unknown = counted.clone().filter(|(_, row)| !known.has(store, row.commit)).map(|(at, _)| at);
    let lines = last_released(store);
    let merged = (0..store.changes.len()).map(ChangeId::at).filter(|id| {
        let change = &store.changes[id.index()];
        change.merged.is_some() && assessment.is_in_period(change.merged) && assessment.is_in_reach(change)
    });
    let changes = merged.map(|id| (id, release(&store.changes[id.index()], &lines, &releases))).collect();
    Releases { count: counted.clone().count(), unknown: unknown.collect(), changes }
}

/// Returns the last released position of each line.
fn last_released(store: &Store) -> BTreeMap<(Text, Text), u32> {
    let mut lines = BTreeMap::new();
    for change in store.changes.iter().filter(|change| change.deployments.end > change.deployments.start) {
        if let Some(position) = change.line_position {
            let last = lines.entry((change.repository, change.base_branch)).or_insert(position);
            *last = position.max(*last);
        }
    }
    lines
}

fn release(change: &Change, lines: &BTreeMap<(Text, Text), u32>, releases: &[&Deployment]) -> Release {
    if change.deployments.end > change.deployments.start {
        return Release::Done;
    }
    if change.line_position.is_none() {
        return Release::Unknown;
    }
    let is_later = |release: &&Deployment| {
        let is_of_repository = release.repository.is_empty() || release.repository == change.repository;
        is_of_repository && release.at >= change.merged
    };
    let has_releases = lines.contains_key(&(change.repository, change.base_branch));
    if !has_releases && releases.iter().any(is_later) { Release::Never } else { Release::NotYet }
}

/// Decides `population.reconciled`.
pub fn decide(assessment: &Assessment, releases: &Releases) -> Finding {
    let store = &assessment.store;
    let count = |wanted: Release| releases.changes.iter().filter(|(_, release)| *release == wanted).count();
    if releases.count == 0 {
        if assessment.scope.is_empty() {
            return Finding::new(Verdict::NotApplicable, Capture::Inferred, true, || {
                "There is neither a merged change nor a deployment to production in scope.".into()
            });
        }
        return Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
            "The bundle holds no deployment to production in the period.".into()
        });
    }
    let (never, not_yet, unplaced) = (count(Release::Never), count(Release::NotYet), count(Release::Unknown));
    let unknown = releases.unknown.iter().map(|at| &store.deployments[*at]);
    let verdict = match (releases.unknown.len() + never, not_yet + unplaced) {
        (0, 0) => Verdict::Met,
        (0, _) => Verdict::Unproven,
        _ => Verdict::Unmet,
    };
    let said = [
        (releases.unknown.len(), "deployments released what belongs to no change"),
        (never, "changes were not released although the repository was, later"),
        (not_yet, "changes are after the last release on record"),
        (unplaced, "changes are on no history that says which release holds them"),
    ];
    let parts: Vec<String> = said
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let releases_of = |wanted: Release| {
        let changes = releases.changes.iter().filter(move |(_, release)| *release == wanted);
        changes.map(|(id, _)| &store.changes[id.index()])
    };
    Finding::new(verdict, Capture::SystemObserved, true, || {
        if parts.is_empty() {
            return format!(
                "Each of the {} deployments to production released a change, and each of the {} merged changes was released.",
                releases.count,
                releases.changes.len()
            );
        }
        format!("{}.", listed(parts.iter().map(String::as_str).collect()))
    })
    .with_all(unknown, |row| (format!("deployment {}", store.text(row.id)), row.place))
    .with_all(releases_of(Release::Never), |change| (store.change_id(change), change.place))
    .with_all(releases_of(Release::NotYet), |change| (store.change_id(change), change.place))
}
