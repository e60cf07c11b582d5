//! What is missing from the population or does not belong to it, from every side that the bundle allows.

use crate::assess::Assessment;
use crate::assess::review::short;
use crate::model::record::PushKind;
use crate::model::{Moment, SignatureState};
use crate::policy::wildcard;
use crate::store::{Branch, Change, ChangeSource, Place, Push, Store, Text, same_object};

use super::numbers;
use super::releases::{Release, Releases};

/// The longest period whose months are looked through one by one.
const MOST_MONTHS: i32 = 240;

/// What kind of hole it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoleKind {
    /// A commit on the branch that names no change.
    DirectPush,
    /// A commit names a change that is not in the list.
    NotListed,
    /// A merged change that is not on its branch.
    OffBranch,
    /// A branch was moved to something that does not hold what it held, or deleted.
    ForcePush,
    /// The forge saw a revision on the branch that its history does not have.
    BrokenLine,
    /// Somebody overrode the protection of the branch.
    Override,
    /// A released revision that belongs to no change.
    UnknownRelease,
    /// A change that was not released although later ones were.
    NeverReleased,
    /// A change that the deployments on record do not reach.
    NotYetReleased,
    /// A list that its export cut.
    Truncated,
    /// Numbers between the first and the last exported that the export does not have.
    Numbers,
    /// A month in which nothing was merged.
    EmptyMonth,
    /// A revert, cherry-pick or backport of something that is not in the bundle.
    UnknownOriginal,
}

impl HoleKind {
    /// Returns the word of outputs.
    pub const fn word(self) -> &'static str {
        self.words().0
    }

    /// Returns what people read above a list of them.
    pub const fn title(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::DirectPush => ("direct-push", "Commits on the branch without a change"),
            Self::NotListed => ("not-listed", "Changes that commits name and no list has"),
            Self::OffBranch => ("off-branch", "Merged changes that are not on the branch"),
            Self::ForcePush => ("force-push", "Branches that were rewritten or deleted"),
            Self::BrokenLine => ("broken-line", "Revisions that the forge saw and the history lacks"),
            Self::Override => ("override", "Overrides of the branch's protection"),
            Self::UnknownRelease => ("unknown-release", "Released revisions without a change"),
            Self::NeverReleased => ("never-released", "Changes that were never released"),
            Self::NotYetReleased => ("not-yet-released", "Changes after the last release on record"),
            Self::Truncated => ("truncated", "Lists that their export cut"),
            Self::Numbers => ("numbers", "Numbers that the export does not have"),
            Self::EmptyMonth => ("empty-month", "Months without any change"),
            Self::UnknownOriginal => ("unknown-original", "Reverts and copies of what is not in the bundle"),
        }
    }
}

/// Something missing from the population, or not belonging to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoleFound {
    /// What kind of hole.
    pub kind: HoleKind,
    /// Whether it is worth knowing and shows no gap by itself.
    pub is_note: bool,
    /// In words.
    pub text: String,
    /// The commit, number, month or list that is named.
    pub subject: String,
    /// When it came about, where that is known.
    pub at: Option<Moment>,
    /// The row of the scope that it is about.
    pub row: Option<usize>,
    /// Where it is seen.
    pub place: Option<Place>,
}

impl HoleFound {
    pub(super) fn new(kind: HoleKind, subject: impl Into<String>, text: String) -> Self {
        let is_note =
            matches!(kind, HoleKind::NotYetReleased | HoleKind::EmptyMonth | HoleKind::UnknownOriginal);
        Self { kind, is_note, text, subject: subject.into(), at: None, row: None, place: None }
    }

    pub(super) const fn seen(mut self, place: Place, at: Option<Moment>) -> Self {
        self.place = Some(place);
        self.at = at;
        self
    }

    pub(super) const fn of_row(mut self, row: Option<usize>) -> Self {
        self.row = row;
        self
    }
}

/// Names every hole, those of one kind together, each kind in the order in which the evidence has them.
pub(super) fn find(assessment: &Assessment, releases: &Releases) -> Vec<HoleFound> {
    let mut holes = of_changes(assessment);
    of_pushes(assessment, &mut holes);
    of_releases(assessment, releases, &mut holes);
    of_lists(&assessment.store, &mut holes);
    numbers::gaps(&assessment.store, &mut holes);
    empty_months(assessment, &mut holes);
    crate::order::sort_by_key(&mut holes, |hole| hole.kind);
    holes
}

fn of_changes(assessment: &Assessment) -> Vec<HoleFound> {
    let store = &assessment.store;
    let has_list = store.changes.iter().any(|change| change.source == ChangeSource::Forge);
    let branches = covered(store);
    let mut holes = Vec::new();
    for (row, id) in assessment.scope.iter().enumerate() {
        let change = &store.changes[id.index()];
        let commit = short(store.text(change.merge_commit));
        let hole = match change.source {
            ChangeSource::DirectCommit => {
                let mut text =
                    format!("{commit} is on {} and names no change", store.text(change.base_branch));
                if let Some((words, other)) = repeated(store, change) {
                    text.push_str(&format!("; it {words} {other}"));
                }
                Some(HoleFound::new(HoleKind::DirectPush, commit, text))
            }
            ChangeSource::MergeSubject if has_list => {
                let text = format!("{commit} names #{}, which is not in the list of changes", change.number);
                Some(HoleFound::new(HoleKind::NotListed, format!("#{}", change.number), text))
            }
            ChangeSource::Forge if change.line_position.is_none() => off_the_line(store, change, &branches),
            ChangeSource::Forge | ChangeSource::MergeSubject => None,
        };
        let broken = broken_line(store, change);
        let original = unknown_original(store, change);
        for hole in [hole, broken, original].into_iter().flatten() {
            let place = hole.place.unwrap_or(change.place);
            holes.push(hole.seen(place, assessment.effective(row)).of_row(Some(row)));
        }
    }
    holes
}

/// Returns the change that a change undoes or repeats, with the words between them.
fn repeated(store: &Store, change: &Change) -> Option<(&'static str, String)> {
    let repeat = change.repeats.of(&store.repeats).iter().find(|repeat| !repeat.is_of_this)?;
    Some((repeat.words(), store.change_id(&store.changes[repeat.other?.index()])))
}

/// Returns the note of a change that undoes or repeats what is not in the bundle.
fn unknown_original(store: &Store, change: &Change) -> Option<HoleFound> {
    let mut repeats = change.repeats.of(&store.repeats).iter();
    let repeat =
        repeats.find(|repeat| repeat.other.is_none() && (repeat.number > 0 || !repeat.named.is_empty()))?;
    let named =
        if repeat.number > 0 { format!("#{}", repeat.number) } else { store.text(repeat.named).to_owned() };
    let id = store.change_id(change);
    let text =
        format!("{id} {} {}, which is not in the bundle", repeat.words(), crate::problem::quote(&named));
    let hole = HoleFound::new(HoleKind::UnknownOriginal, id, text);
    Some(hole.seen(repeat.place, None))
}

/// Returns the hole of a change before which the forge saw a revision that the branch's history does not have.
fn broken_line(store: &Store, change: &Change) -> Option<HoleFound> {
    let parent = store.commits[change.merge_row?.index()].parent;
    let statements = change.statements.of(&store.statements_of).iter();
    // Nearly every statement names the parent, so the line is only walked along for the others.
    let mut others = statements
        .filter_map(|id| store.statements.get(id.index()))
        .filter(|statement| !statement.previous.is_empty() && statement.previous != parent)
        .filter(|statement| statement.signature != SignatureState::Invalid)
        .filter(|statement| statement.subjects.iter().any(|(_, digest)| *digest == change.merge_commit))
        .peekable();
    if parent.is_empty() || others.peek().is_none() {
        return None;
    }
    let branch = store.branches.iter().find(|branch| {
        branch.repository == change.repository && branch_name(store, branch) == store.text(change.base_branch)
    })?;
    let is_on_line = |id: &str| branch.line.iter().any(|known| same_object(store.text(*known), id));
    let broken = others.find(|statement| !is_on_line(store.text(statement.previous)))?;
    // Where the history begins at this change, what was before it is not in the bundle.
    if !is_on_line(store.text(parent)) {
        return None;
    }
    let previous = short(store.text(broken.previous));
    let text = format!(
        "before {} the forge saw {previous} on {}, which its history does not have",
        short(store.text(change.merge_commit)),
        store.text(change.base_branch)
    );
    Some(HoleFound::new(HoleKind::BrokenLine, previous, text).seen(broken.place, None))
}

/// A branch's history with the time that it covers.
struct Covered<'a> {
    repository: Text,
    name: &'a str,
    reaches_root: bool,
    oldest: Moment,
    newest: Moment,
}

fn branch_name<'a>(store: &'a Store, branch: &Branch) -> &'a str {
    let name = store.text(branch.name);
    name.strip_prefix("refs/heads/").unwrap_or(name)
}

/// Returns the branches of the bundle with the time that their lines cover.
fn covered(store: &Store) -> Vec<Covered<'_>> {
    let of_branch = |branch: &Branch| {
        let rows = branch.line.iter().filter_map(|id| store.commit(*id));
        let times = rows.filter_map(|row| store.commits[row.index()].committed);
        Some(Covered {
            repository: branch.repository,
            name: branch_name(store, branch),
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
    within.then(|| {
        let id = store.change_id(change);
        let commit = short(store.text(change.merge_commit));
        let text = format!("{id} is merged, and its commit {commit} is not on {base}");
        HoleFound::new(HoleKind::OffBranch, id, text)
    })
}

/// Names what happened to protected branches past their changes.
fn of_pushes(assessment: &Assessment, holes: &mut Vec<HoleFound>) {
    let store = &assessment.store;
    if store.pushes.is_empty() {
        return;
    }
    let known = Known::new(store);
    let merged = store.changes.iter().filter(|change| change.merged.is_some());
    let bases = crate::order::set(merged.map(|change| change.base_branch));
    let policy = &assessment.policy;
    let is_protected = |push: &Push| {
        let name = store.text(push.branch);
        if !policy.branches.is_empty() {
            return policy.branches.iter().any(|pattern| wildcard(pattern, name));
        }
        matches!(name, "main" | "master" | "trunk") || bases.contains(&push.branch)
    };
    for push in store.pushes.iter().filter(|push| assessment.is_in_period(push.at) && is_protected(push)) {
        let branch = store.text(push.branch);
        let who = push.actor.map_or("somebody", |actor| store.name(actor));
        let who = crate::problem::quote(who);
        let (before, after) = (short(store.text(push.before)), short(store.text(push.after)));
        let (kind, subject, text) = match push.kind {
            PushKind::Force => {
                let text = format!("{branch} was force-pushed by {who}: {before} was replaced by {after}");
                (HoleKind::ForcePush, after, text)
            }
            PushKind::Deletion => {
                (HoleKind::ForcePush, before, format!("{branch} was deleted by {who} at {before}"))
            }
            PushKind::Override => {
                (HoleKind::Override, branch, format!("the protection of {branch} was overridden by {who}"))
            }
            PushKind::Push if !push.after.is_empty() && !known.has(store, push.after) => {
                let text = format!("{after} was pushed to {branch} by {who} and belongs to no change");
                (HoleKind::DirectPush, after, text)
            }
            PushKind::Push => continue,
        };
        holes.push(HoleFound::new(kind, subject, text).seen(push.place, push.at));
    }
}

/// Every object that belongs to a merged change, or is on a branch whose commits are all looked at.
pub(super) struct Known {
    exact: Vec<bool>,
    /// Sorted, to find abbreviated ids.
    sorted: std::cell::OnceCell<Vec<Text>>,
}

impl Known {
    pub(super) fn new(store: &Store) -> Self {
        let mut exact = Vec::new();
        let mut put = |id: Text| {
            if id.index() >= exact.len() {
                exact.resize(id.index() + 1, false);
            }
            exact[id.index()] = !id.is_empty();
        };
        for change in store.changes.iter().filter(|change| change.merged.is_some()) {
            put(change.merge_commit);
            put(change.head);
            for commit in change.commits.of(&store.change_commits) {
                put(store.commits[commit.index()].id);
            }
        }
        store.branches.iter().flat_map(|branch| &branch.line).copied().for_each(put);
        Self { exact, sorted: std::cell::OnceCell::new() }
    }

    pub(super) fn has(&self, store: &Store, id: Text) -> bool {
        let text = store.text(id);
        if self.exact.get(id.index()) == Some(&true) {
            return true;
        }
        if !(7..40).contains(&text.len()) {
            return false;
        }
        let sorted = self.sorted.get_or_init(|| {
            let all = self.exact.iter().enumerate().filter(|(_, is_known)| **is_known);
            let mut sorted: Vec<Text> = all.map(|(at, _)| Text::at(at)).collect();
            crate::order::sort_by_key(&mut sorted, |id| store.text(*id));
            sorted
        });
        let from = sorted.partition_point(|known| store.text(*known) < text);
        sorted.get(from).is_some_and(|known| same_object(store.text(*known), text))
    }
}

fn of_releases(assessment: &Assessment, releases: &Releases, holes: &mut Vec<HoleFound>) {
    let store = &assessment.store;
    for at in &releases.unknown {
        let deployment = &store.deployments[*at];
        let commit = short(store.text(deployment.commit));
        let environment = match store.text(deployment.environment) {
            "" => "production",
            named => named,
        };
        let text = format!("{commit} was released to {environment} and belongs to no change in the bundle");
        let hole = HoleFound::new(HoleKind::UnknownRelease, commit, text);
        holes.push(hole.seen(deployment.place, deployment.at));
    }
    let mut rows = vec![None; store.changes.len()];
    for (row, id) in assessment.scope.iter().enumerate() {
        rows[id.index()] = Some(row);
    }
    for (id, release) in &releases.changes {
        let change = &store.changes[id.index()];
        let label = store.change_id(change);
        let (kind, text) = match release {
            Release::Never => (
                HoleKind::NeverReleased,
                format!("{label} was merged, and no deployment on record released it"),
            ),
            Release::NotYet => {
                (HoleKind::NotYetReleased, format!("{label} was merged after the last release on record"))
            }
            Release::Done | Release::Unknown => continue,
        };
        let row = rows[id.index()];
        holes.push(HoleFound::new(kind, label, text).seen(change.place, change.merged).of_row(row));
    }
}

fn of_lists(store: &Store, holes: &mut Vec<HoleFound>) {
    for listing in store.listings.iter().filter(|listing| listing.cut_at.is_some()) {
        let text = format!(
            "{} ends after {} {}, at a full page or in the middle of a file",
            listing.source, listing.count, listing.of
        );
        let path = store.files.get(listing.file.index()).map_or("", |file| &file.path);
        holes.push(HoleFound::new(HoleKind::Truncated, path, text).seen(listing.place, listing.extracted));
    }
    for change in store.changes.iter().filter(|change| super::is_cut(change)) {
        let id = store.change_id(change);
        let text = format!("a list of {id} was cut by its export");
        holes.push(HoleFound::new(HoleKind::Truncated, id, text).seen(change.place, change.merged));
    }
}

/// Names the months of the period, up to "now", in which nothing took effect.
fn empty_months(assessment: &Assessment, holes: &mut Vec<HoleFound>) {
    let zone = assessment.policy.zone;
    let mut months: Vec<i32> = (0..assessment.scope.len())
        .filter_map(|row| assessment.effective(row))
        .map(|at| zone.month(at))
        .collect();
    crate::order::sort(&mut months);
    months.dedup();
    let (Some(&first), Some(&last)) = (months.first(), months.last()) else { return };
    let first = assessment.policy.from.map_or(first, |from| zone.month(from));
    // The end is exclusive: a period to 1 July ends in June.
    let end = |to: Moment| zone.month(Moment::from_millis(to.millis() - 1));
    let now = assessment.now.map_or(last, |now| zone.month(now)).max(last);
    let last = assessment.policy.to.map_or(last, end).min(now);
    if last - first >= MOST_MONTHS {
        return;
    }
    for month in (first..=last).filter(|month| months.binary_search(month).is_err()) {
        let label = Moment::month_label(month);
        let text = format!("no change in {label}");
        let mut hole = HoleFound::new(HoleKind::EmptyMonth, label, text);
        hole.at = Some(zone.start_of_month(month));
        holes.push(hole);
    }
}
