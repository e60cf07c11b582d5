//! Numbers between the first and the last exported that the export does not have.

use std::collections::BTreeMap;

use crate::store::{Change, ChangeSource, Listing, Store, Text};

use super::holes::{HoleFound, HoleKind};

/// How many ranges are named.
const MOST_RANGES: usize = 20;

/// What else has a number where changes are numbered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    /// Changes alone, repository by repository (GitLab, Bitbucket).
    Own,
    /// Changes with issues and discussions (GitHub, Gitea), or nothing says it.
    Shared,
    /// Changes of all repositories (Gerrit, Azure DevOps): what is between two says nothing.
    Global,
}

fn space(store: &Store, change: &Change) -> Space {
    let url = store.text(change.url);
    if url.contains("/merge_requests/") || url.contains("/pull-requests/") {
        Space::Own
    } else if url.contains("/+/") || url.contains("/pullrequest/") {
        Space::Global
    } else {
        Space::Shared
    }
}

/// Adds the gap in the numbers of each repository, if it has one.
pub(super) fn gaps(store: &Store, holes: &mut Vec<HoleFound>) {
    let mut repositories: BTreeMap<&str, (Text, Vec<&Change>)> = BTreeMap::new();
    for change in store.changes.iter().filter(|change| change.number > 0) {
        let entry = repositories.entry(store.text(change.repository));
        entry.or_insert_with(|| (change.repository, Vec::new())).1.push(change);
    }
    for (name, (repository, changes)) in repositories {
        let exported = || changes.iter().filter(|change| change.source == ChangeSource::Forge);
        let Some(first) = exported().next() else { continue };
        let space = space(store, first);
        if space == Space::Global {
            continue;
        }
        let listed = exported().map(|change| change.number);
        let (Some(low), Some(high)) = (listed.clone().min(), listed.max()) else { continue };
        let mut known: Vec<u64> = changes.iter().map(|change| change.number).collect();
        let issues = store.issues.iter().filter(|(of, _)| *of == repository || of.is_empty());
        let has_issues = space == Space::Shared && has_all_issues(store, repository);
        known.extend(issues.map(|(_, number)| *number));
        crate::order::sort(&mut known);
        known.dedup();
        let ranges = missing(&known, low, high);
        let count: u64 = ranges.iter().map(|(from, to)| to - from + 1).sum();
        if count == 0 {
            continue;
        }
        let mut named: Vec<String> = ranges.iter().take(MOST_RANGES).map(|&range| words(range)).collect();
        if ranges.len() > MOST_RANGES {
            named.push(format!("and {} more ranges", ranges.len() - MOST_RANGES));
        }
        let why = match (space, has_issues) {
            (Space::Shared, false) => {
                "The forge numbers issues and changes together, and a list of merged changes leaves out the others, so this shows no gap by itself"
            }
            (Space::Shared, true) => {
                "Neither the changes nor the issues of the bundle have them: discussions, what was deleted or moved, or what the export left out"
            }
            (Space::Own | Space::Global, _) => {
                "Changes alone have these numbers: what was deleted, is not merged, or the export left out"
            }
        };
        let text = format!(
            "{count} of the numbers from {low} to {high}{} are not in the export: {}. {why}.",
            if name.is_empty() { String::new() } else { format!(" of {name}") },
            named.join(", ")
        );
        let mut hole = HoleFound::new(HoleKind::Numbers, words((low, high)), text);
        hole.is_note = space == Space::Shared && !has_issues;
        hole.place = Some(first.place);
        holes.push(hole);
    }
}

/// Returns whether a list of the issues of a repository is there that was not cut and is not of the open ones alone. Single
/// issues, and lists of some, leave it open what the numbers between them are.
fn has_all_issues(store: &Store, repository: Text) -> bool {
    let is_whole = |list: &Listing| list.of == "tickets" && list.cut_at.is_none() && list.has_closed;
    let is_of_it = |list: &Listing| list.repository == repository || list.repository.is_empty();
    store.listings.iter().any(|list| is_whole(list) && is_of_it(list))
}

/// Returns the ranges between `low` and `high` that sorted numbers leave out.
fn missing(known: &[u64], low: u64, high: u64) -> Vec<(u64, u64)> {
    let within: Vec<u64> = known.iter().copied().filter(|number| (low..=high).contains(number)).collect();
    within.windows(2).filter(|pair| pair[1] - pair[0] > 1).map(|pair| (pair[0] + 1, pair[1] - 1)).collect()
}

fn words((from, to): (u64, u64)) -> String {
    if from == to { format!("#{from}") } else { format!("#{from}–#{to}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_between_the_first_and_the_last() {
        assert_eq!(missing(&[1, 2, 5, 6, 8, 20], 2, 8), [(3, 4), (7, 7)]);
        assert_eq!(missing(&[3], 3, 3), []);
        assert_eq!(words((3, 4)), "#3–#4");
    }
}
