//! Gives each change the statements about it, and takes from them who merged it.

use crate::model::{Capture, SignatureState};
use crate::order;
use crate::store::Store;
use crate::store::grouping::Links;
use crate::store::rows::*;

use super::attach::ByObject;

/// Makes one of equal statements and gives changes theirs.
pub(super) fn attach_statements(store: &mut Store, objects: &mut ByObject) {
    let mut statements = std::mem::take(&mut store.statements);
    order::sort_by(&mut statements, |a, b| {
        a.digest
            .cmp(&b.digest)
            .then(b.attached_to.is_empty().cmp(&a.attached_to.is_empty()).reverse())
            .then(a.place.cmp(&b.place))
    });
    let before = statements.len();
    statements.dedup_by(|b, a| {
        let is_same = a.digest == b.digest;
        if is_same && a.attached_to.is_empty() {
            a.attached_to = b.attached_to;
        }
        is_same
    });
    store.repeated_statements = (before - statements.len()) as u64;
    order::sort_by_key(&mut statements, |statement| statement.place);
    let mut links = Links::default();
    for (at, statement) in statements.iter_mut().enumerate() {
        let ids = statement.subjects.iter().map(|(_, digest)| *digest).chain([statement.attached_to]);
        for owner in ids.filter_map(|id| objects.find(id, store)) {
            let change = &store.changes[owner];
            statement.binds_merged |= statement.subjects.iter().any(|(_, digest)| {
                *digest == change.merge_commit || !change.head.is_empty() && *digest == change.head
            });
            links.push(owner, StatementId::at(at).0);
        }
    }
    store.statements = statements;
    let (rows, spans) = links.finish(store.changes.len());
    store.statements_of = rows.into_iter().map(StatementId).collect();
    for (change, span) in store.changes.iter_mut().zip(spans) {
        change.statements = span;
    }
    name_mergers(store);
}

/// Takes the merger from a statement about the merge where the forge's record has none.
fn name_mergers(store: &mut Store) {
    for at in 0..store.changes.len() {
        let change = store.changes[at];
        if change.merged_by != Known::Absent {
            continue;
        }
        let merge = change.statements.of(&store.statements_of).iter().find_map(|id| {
            let statement = &store.statements[id.index()];
            let is_of_merge = statement.subjects.iter().any(|(_, digest)| *digest == change.merge_commit);
            // What a broken signature covers is nobody's word.
            if statement.signature == SignatureState::Invalid {
                return None;
            }
            let is_merge = store.text(statement.activity).eq_ignore_ascii_case("pr_merge");
            let actor = statement.actor.filter(|_| is_of_merge && is_merge)?;
            let capture = match statement.signature {
                SignatureState::Valid => Capture::Verified,
                _ => Capture::SelfTyped,
            };
            Some((actor, statement.place, capture))
        });
        if let Some((actor, place, capture)) = merge {
            let change = &mut store.changes[at];
            change.merged_by = Known::Is(actor);
            change.merged_by_place = place;
            change.merged_by_capture = Some(capture);
        }
    }
}
