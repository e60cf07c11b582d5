//! `population.*`: whether the list of changes can be relied on, and what is missing from it.

mod holes;
mod numbers;
mod releases;

pub use holes::{HoleFound, HoleKind};
pub use releases::{Release, Releases, reconcile};

use crate::model::{Capture, Verdict};
use crate::store::{Change, ChangeSource, Store};

use super::Assessment;
use super::finding::Finding;
use super::registry::{self, Scope};
use super::review::listed;

/// Decides all criteria of the population; those on changes get `not applicable`.
pub fn decide(assessment: &Assessment) -> (Vec<Finding>, Vec<HoleFound>) {
    let store = &assessment.store;
    let releases = reconcile(assessment);
    let holes = holes::find(assessment, &releases);
    let findings = registry::all()
        .map(|criterion| {
            let registered = criterion.criterion();
            match (registered.scope, registered.is_evaluated, registered.id) {
                (Scope::Change, ..) => Finding::new(Verdict::NotApplicable, Capture::Inferred, true, || {
                    "Decided on each change.".into()
                }),
                (_, false, _) => Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
                    "Nothing that this version reads can show it.".into()
                }),
                (_, _, "population.source-known") => source_known(store),
                (_, _, "population.untruncated") => untruncated(store),
                (_, _, id) if id.starts_with("governance.") => super::governance::decide(id, assessment),
                (_, _, "population.reconciled") => releases::decide(assessment, &releases),
                _ => complete(assessment, &holes),
            }
        })
        .collect();
    (findings, holes)
}

fn source_known(store: &Store) -> Finding {
    let listings: Vec<_> = store.listings.iter().filter(|listing| listing.of == "changes").collect();
    let lines = || store.branches.iter().filter(|branch| !branch.line.is_empty());
    if listings.is_empty() && lines().next().is_none() {
        return Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
            "The bundle holds single changes, and no list of changes or history that they come from.".into()
        });
    }
    Finding::new(Verdict::Met, Capture::SystemObserved, true, || {
        let mut sources: Vec<String> = listings
            .iter()
            .map(|listing| format!("{} ({} records)", listing.source, listing.count))
            .collect();
        sources.extend(lines().map(|branch| {
            format!(
                "the history of {} ({} commits on its first-parent line)",
                store.text(branch.name),
                branch.line.len()
            )
        }));
        format!("{}.", listed(sources.iter().map(String::as_str).collect()))
    })
    .with_all(listings.iter(), |listing| (format!("list of changes: {}", listing.source), listing.place))
    .with_all(lines(), |branch| (format!("history of {}", store.text(branch.name)), branch.place))
}

fn untruncated(store: &Store) -> Finding {
    let cut: Vec<_> = store.listings.iter().filter(|listing| listing.cut_at.is_some()).collect();
    let changes: Vec<&Change> = store.changes.iter().filter(|change| is_cut(change)).collect();
    if !cut.is_empty() || !changes.is_empty() {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, true, || {
            let mut parts: Vec<String> = cut
                .iter()
                .map(|listing| {
                    format!(
                        "{} ends after {} {}, at a full page or in the middle of a file",
                        listing.source, listing.count, listing.of
                    )
                })
                .collect();
            if !changes.is_empty() {
                parts.push(format!("{} changes have a list that was cut", changes.len()));
            }
            format!("{}.", parts.join("; "))
        })
        .with_all(cut.iter(), |listing| (format!("list of {}", listing.of), listing.place))
        .with_all(changes.iter(), |change| (store.change_id(change), change.place));
    }
    let branches = || store.branches.iter().filter(|branch| !branch.line.is_empty());
    if let Some(shallow) = branches().find(|branch| !branch.reaches_root) {
        return Finding::new(Verdict::Unproven, Capture::SystemObserved, true, || {
            format!(
                "The history of {} begins in the middle; what is older is not in the bundle.",
                store.text(shallow.name)
            )
        })
        .with(|| "the history".into(), shallow.place);
    }
    if store.listings.is_empty() && branches().next().is_none() {
        return Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
            "There is no list whose end could be seen.".into()
        });
    }
    Finding::new(Verdict::Met, Capture::SystemObserved, true, || {
        "No list in the bundle ends at a known cap, and no history is cut.".into()
    })
    .with_all(store.listings.iter(), |listing| (format!("list of {}", listing.of), listing.place))
    .with_all(branches(), |branch| (format!("history of {}", store.text(branch.name)), branch.place))
}

/// Returns holes as records behind a verdict.
fn placed<'a>(holes: &'a [&HoleFound]) -> impl Iterator<Item = (String, crate::store::Place)> + use<'a> {
    holes.iter().filter_map(|hole| Some((hole.text.clone(), hole.place?)))
}

/// Returns whether a list of a change was cut by its export.
const fn is_cut(change: &Change) -> bool {
    let lists = change.lists;
    lists.reviews_cut || lists.commits_cut || lists.files_cut || lists.checks_cut
}

fn complete(assessment: &Assessment, holes: &[HoleFound]) -> Finding {
    let store = &assessment.store;
    let has_list = store.changes.iter().any(|change| change.source == ChangeSource::Forge);
    let has_history = store.protected_lines > 0;
    let of = |kinds: &[HoleKind]| -> Vec<&HoleFound> {
        holes.iter().filter(|hole| kinds.contains(&hole.kind)).collect()
    };
    let rewritten = of(&[HoleKind::ForcePush, HoleKind::BrokenLine]);
    let holes = of(&[HoleKind::DirectPush, HoleKind::NotListed, HoleKind::OffBranch]);
    if !holes.is_empty() {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, true, || {
            let names = listed(holes.iter().map(|hole| hole.subject.as_str()).collect());
            format!("{} holes: {names}.", holes.len())
        })
        .with_all(placed(&holes), |found| found);
    }
    if !rewritten.is_empty() {
        return Finding::new(Verdict::Unproven, Capture::SystemObserved, true, || {
            let names = listed(rewritten.iter().map(|hole| hole.subject.as_str()).collect());
            format!("The branch was rewritten at {names}: what was on it before is not in its history.")
        })
        .with_all(placed(&rewritten), |found| found);
    }
    let of_scope = assessment.scope.iter().map(|id| &store.changes[id.index()]);
    let unplaced = of_scope.filter(|change| change.line_position.is_none()).count();
    match (has_list, has_history) {
        (true, true) if unplaced > 0 => Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
            format!("The history that {unplaced} of the merged changes should be on is not in the bundle.")
        }),
        (true, true) => Finding::new(Verdict::Met, Capture::SystemObserved, true, || {
            format!(
                "Each of the {} commits on the first-parent line belongs to an exported change, and every merged change is on it.",
                store.protected_lines
            )
        }),
        (false, true) => Finding::new(Verdict::Unproven, Capture::SystemObserved, true, || {
            format!(
                "Each of the {} commits on the first-parent line names a change, and the bundle holds no list of the forge to hold them against.",
                store.protected_lines
            )
        }),
        (true, false) => Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
            "The bundle holds no history of the branch to hold the list of changes against.".into()
        }),
        (false, false) => Finding::new(Verdict::Unproven, Capture::Inferred, true, || {
            "The bundle holds neither a list of changes nor a history.".into()
        }),
    }
}
