//! `population.*`: whether the list of changes can be relied on, and what is missing from it.

use crate::model::{Capture, Moment, Verdict};
use crate::store::{Branch, Change, ChangeSource, Place, Store, Text};

use super::Assessment;
use super::finding::Finding;
use super::registry::{self, Scope};
use super::review::{listed, short};

/// Something missing from the population, or not belonging to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoleFound {
    /// In words.
    pub text: String,
    /// The commit or number that is named.
    pub subject: String,
    /// Where it is seen.
    pub place: Option<Place>,
}

/// Decides all criteria of the population; those on changes get `not applicable`.
pub fn decide(assessment: &Assessment) -> (Vec<Finding>, Vec<HoleFound>) {
    let store = &assessment.store;
    let holes = holes(assessment);
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
    let lists_cut = |change: &&Change| {
        let lists = change.lists;
        lists.reviews_cut || lists.commits_cut || lists.files_cut || lists.checks_cut
    };
    let changes: Vec<&Change> = store.changes.iter().filter(lists_cut).collect();
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

fn complete(assessment: &Assessment, holes: &[HoleFound]) -> Finding {
    let store = &assessment.store;
    let has_list = store.changes.iter().any(|change| change.source == ChangeSource::Forge);
    let has_history = store.protected_lines > 0;
    if !holes.is_empty() {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, true, || {
            let names = listed(holes.iter().map(|hole| hole.subject.as_str()).collect());
            format!("{} holes: {names}.", holes.len())
        })
        .with_all(holes.iter().filter_map(|hole| Some((hole, hole.place?))), |(hole, place)| {
            (hole.text.clone(), place)
        });
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

/// Names every commit without a change and every merged change that is not on its branch.
fn holes(assessment: &Assessment) -> Vec<HoleFound> {
    let store = &assessment.store;
    let has_list = store.changes.iter().any(|change| change.source == ChangeSource::Forge);
    let branches = covered(store);
    let mut holes = Vec::new();
    for id in &assessment.scope {
        let change = &store.changes[id.index()];
        let commit = short(store.text(change.merge_commit));
        match change.source {
            ChangeSource::DirectCommit => holes.push(HoleFound {
                text: format!("{commit} is on {} and names no change", store.text(change.base_branch)),
                subject: commit.into(),
                place: Some(change.place),
            }),
            ChangeSource::MergeSubject if has_list => holes.push(HoleFound {
                text: format!("{commit} names #{}, which is not in the list of changes", change.number),
                subject: format!("#{}", change.number),
                place: Some(change.place),
            }),
            ChangeSource::Forge if change.line_position.is_none() => {
                holes.extend(off_the_line(store, change, &branches));
            }
            ChangeSource::Forge | ChangeSource::MergeSubject => {}
        }
    }
    holes
}

/// A branch's history with the time that it covers.
struct Covered<'a> {
    repository: Text,
    name: &'a str,
    reaches_root: bool,
    oldest: Moment,
    newest: Moment,
}

/// Returns the branches of the bundle with the time that their lines cover.
fn covered(store: &Store) -> Vec<Covered<'_>> {
    let of_branch = |branch: &Branch| {
        let rows = branch.line.iter().filter_map(|id| store.commit(*id));
        let times = rows.filter_map(|row| store.commits[row.index()].committed);
        let name = store.text(branch.name);
        Some(Covered {
            repository: branch.repository,
            name: name.strip_prefix("refs/heads/").unwrap_or(name),
            reaches_root: branch.reaches_root,
            oldest: times.clone().min()?,
            newest: times.max()?,
        })
    };
    store.branches.iter().filter_map(of_branch).collect()
}

/// Returns the hole of a merged change that should be on a branch of the bundle and is not.
fn off_the_line(store: &Store, change: &Change, branches: &[Covered<'_>]) -> Option<HoleFound> {
    let base = store.text(change.base_branch);
    let branch =
        branches.iter().find(|branch| branch.name == base && branch.repository == change.repository)?;
    let merged = change.merged?;
    // What was merged before the history begins, or after it was taken, cannot be on it.
    let within = merged <= branch.newest && (branch.reaches_root || merged >= branch.oldest);
    within.then(|| HoleFound {
        text: format!(
            "{} is merged, and its commit {} is not on {base}",
            store.change_id(change),
            short(store.text(change.merge_commit))
        ),
        subject: store.change_id(change),
        place: Some(change.place),
    })
}
