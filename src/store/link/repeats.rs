//! Joins reverts, cherry-picks and backports with the changes that they undo or repeat.

use std::collections::BTreeMap;

use crate::model::Moment;
use crate::model::trailers::RepeatKind;
use crate::store::Store;
use crate::store::relations::*;
use crate::store::rows::*;
use crate::store::strings::Text;

use super::attach::ByObject;

/// Gives every change what it undoes or repeats, and what undoes or repeats it.
pub(super) fn attach(store: &mut Store, objects: &mut ByObject, marks: Vec<(Option<usize>, Mark)>) {
    let mut rows: Vec<(usize, Repeat)> = Vec::new();
    let mut titles = None;
    for (owner, mark) in marks {
        let Some(at) = owner.or_else(|| objects.find(mark.inside, store)) else { continue };
        let other = original(store, objects, at, &mark, &mut titles);
        // What a change undoes within itself is no revert of a change.
        if other != Some(at) {
            let row = Repeat {
                kind: mark.kind,
                is_of_this: false,
                other: other.map(ChangeId::at),
                named: mark.named(),
                number: mark.number,
                is_typed: true,
                place: mark.place,
            };
            rows.push((at, row));
        }
    }
    twins(store, objects, &mut rows);
    // What names nothing adds nothing where the same kind names something.
    let named: Vec<(usize, RepeatKind)> =
        rows.iter().filter(|(_, row)| row.other.is_some()).map(|(at, row)| (*at, row.kind)).collect();
    let mut named_sorted = named;
    crate::order::sort(&mut named_sorted);
    rows.retain(|(at, row)| row.other.is_some() || named_sorted.binary_search(&(*at, row.kind)).is_err());
    let turned: Vec<(usize, Repeat)> = rows
        .iter()
        .filter_map(|(at, row)| {
            let turned = Repeat { is_of_this: true, other: Some(ChangeId::at(*at)), ..*row };
            row.other.map(|other| (other.index(), turned))
        })
        .collect();
    rows.extend(turned);
    let key = |(at, row): &(usize, Repeat)| (*at, row.is_of_this, row.kind, row.other, !row.is_typed);
    crate::order::sort_by(&mut rows, |a, b| key(a).cmp(&key(b)).then(a.1.place.cmp(&b.1.place)));
    let same = |(at, row): &(usize, Repeat)| (*at, row.is_of_this, row.kind, row.other);
    rows.dedup_by(|b, a| same(a) == same(b));
    for (position, (at, _)) in rows.iter().enumerate() {
        let span = &mut store.changes[*at].repeats;
        if span.start == span.end {
            *span = crate::store::build::span(position, position);
        }
        span.end = crate::store::build::span(0, position + 1).end;
    }
    store.repeats = rows.into_iter().map(|(_, row)| row).collect();
}

/// Merged changes by title, in order.
type Titles = BTreeMap<Text, Vec<usize>>;

/// Returns the change that a mark means, where the bundle has it.
fn original(
    store: &Store,
    objects: &mut ByObject,
    at: usize,
    mark: &Mark,
    titles: &mut Option<Titles>,
) -> Option<usize> {
    if !mark.commit.is_empty() {
        return objects.find(mark.commit, store);
    }
    if mark.number > 0 {
        let own = store.changes[at].repository;
        let repository = if mark.repository.is_empty() { own } else { mark.repository };
        return numbered(store, repository, mark.number);
    }
    if mark.title.is_empty() {
        return None;
    }
    let titles = titles.get_or_insert_with(|| {
        let mut titles = Titles::new();
        for (at, change) in store.changes.iter().enumerate().filter(|(_, change)| change.merged.is_some()) {
            titles.entry(change.title).or_default().push(at);
        }
        titles
    });
    let own = &store.changes[at];
    let before = |other: &usize| {
        let other = &store.changes[*other];
        other.repository == own.repository && own.merged.is_none_or(|own| other.merged < Some(own))
    };
    titles.get(&mark.title)?.iter().copied().filter(before).max_by_key(|other| store.changes[*other].merged)
}

/// Returns the change with a number; changes are sorted by repository and number.
fn numbered(store: &Store, repository: Text, number: u64) -> Option<usize> {
    let wanted = (store.text(repository), number);
    let key = |change: &Change| (store.text(change.repository), change.number);
    let at = store.changes.partition_point(|change| key(change) < wanted);
    store.changes.get(at).filter(|change| key(change) == wanted).map(|_| at)
}

/// Finds commits of two changes with the same subject, author and author time: the later one repeats the earlier one.
/// Within one branch that is a stack of changes, so only other branches count, and commits that belong to no change.
fn twins(store: &Store, objects: &mut ByObject, rows: &mut Vec<(usize, Repeat)>) {
    let mut keyed: Vec<(Text, Moment, u32)> = Vec::new();
    for (commit, at) in store.commits.iter().zip(0..) {
        if let Some(authored) = commit.authored.filter(|_| commit.parents.is_none_or(|parents| parents < 2)) {
            keyed.push((commit.subject, authored, at));
        }
    }
    crate::order::sort(&mut keyed);
    for alike in keyed.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|alike| alike.len() > 1) {
        let mut commits: Vec<&Commit> = alike.iter().map(|key| &store.commits[key.2 as usize]).collect();
        crate::order::sort_by_key(&mut commits, |commit| (commit.committed, store.text(commit.id)));
        let Some((first, later)) = commits.split_first() else { continue };
        let Some(original) = objects.find(first.id, store) else { continue };
        for commit in later {
            let Some(at) = objects.find(commit.id, store).filter(|at| *at != original) else { continue };
            let (own, other) = (&store.changes[at], &store.changes[original]);
            let person = |author: Option<AccountId>| author.map(|author| store.person(author));
            let authors = person(commit.author).zip(person(first.author));
            let is_elsewhere =
                own.base_branch != other.base_branch || own.source == ChangeSource::DirectCommit;
            if is_elsewhere && own.merged.is_some() && authors.is_none_or(|(a, b)| a == b) {
                let row = Repeat {
                    kind: RepeatKind::CherryPick,
                    other: Some(ChangeId::at(original)),
                    named: first.id,
                    place: commit.place,
                    ..Repeat::default()
                };
                rows.push((at, row));
            }
        }
    }
}
