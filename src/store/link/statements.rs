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

/// Takes the merger from a statement about the merge where the forge's record has none. It is done again when more
/// signatures were checked.
pub fn name_mergers(store: &mut Store) {
    for at in 0..store.changes.len() {
        let change = store.changes[at];
        let mut places =
            change.statements.of(&store.statements_of).iter().map(|id| store.statements[id.index()].place);
        let is_stated = places.any(|place| place == change.merged_by_place);
        if change.merged_by != Known::Absent && !is_stated {
            continue;
        }
        let merge = change.statements.of(&store.statements_of).iter().find_map(|id| {
            let statement = &store.statements[id.index()];
            let is_of_merge = statement.subjects.iter().any(|(_, digest)| *digest == change.merge_commit);
            // What a broken signature covers is nobody's word, and what nobody has checked yet may be.
            if matches!(statement.signature, SignatureState::Invalid | SignatureState::Pending) {
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

#[cfg(test)]
mod tests {
    use crate::model::record::{AttestationRecord, ChangeKey, ChangeRecord, ChangeState, Facts};
    use crate::model::{At, Base, Capture, Moment, Record, Records, SignatureState, Verification};
    use crate::policy::Policy;
    use crate::store::{Builder, File, Known, Store};

    /// A merge that only statements tell of: one for each byte, of an actor of that name.
    fn case(statements: &[u8]) -> Builder {
        let mut builder = Builder::new();
        builder.start_file(File { path: "evidence".into(), ..File::default() });
        let merge = "ab".repeat(20);
        let change = ChangeRecord {
            key: ChangeKey { repository: "acme/pay".into(), number: 1 },
            state: ChangeState::Merged,
            merged: Moment::parse("2026-07-01T09:00:00Z"),
            merge_commit: merge.clone().into(),
            ..ChangeRecord::default()
        };
        builder.record(At::new(Base::Element(0), 0, 0), Record::Change(Box::new(change)));
        for (byte, at) in statements.iter().zip(1..) {
            let statement = AttestationRecord {
                digest: [*byte; 32],
                signatures: 1,
                text: "{}",
                subjects: vec![("gitCommit".into(), merge.clone().into())],
                facts: Facts {
                    actor: format!("actor-{byte}").into(),
                    activity: "PR_MERGE".into(),
                    ..Facts::default()
                },
                ..AttestationRecord::default()
            };
            builder.record(At::new(Base::Element(at), 0, 0), Record::Attestation(Box::new(statement)));
        }
        builder
    }

    fn merger(store: &Store) -> Option<(String, Option<Capture>)> {
        let change = store.changes[0];
        let Known::Is(account) = change.merged_by else { return None };
        Some((store.account_label(account).to_owned(), change.merged_by_capture))
    }

    fn outcome(state: SignatureState) -> Verification {
        Verification { state, ..Verification::default() }
    }

    #[test]
    fn who_merged_is_taken_from_a_statement_only_once_its_signature_is_checked_and_then_as_if_from_the_start()
    {
        for (first, second) in [
            (SignatureState::Valid, SignatureState::Valid),
            (SignatureState::Invalid, SignatureState::Valid),
            (SignatureState::Valid, SignatureState::Invalid),
            (SignatureState::NotChecked, SignatureState::Valid),
            (SignatureState::Invalid, SignatureState::Invalid),
        ] {
            let policy = Policy::default();
            let mut whole = case(&[1, 2]);
            let signed = whole.signed();
            while let Some((digest, _)) = signed.take() {
                signed.set(digest, outcome(if digest[0] == 1 { first } else { second }));
            }
            let whole = whole.link(&policy);

            let mut builder = case(&[1, 2]);
            let mut waiting = std::mem::take(builder.signed());
            let mut relinker = builder.relinker();
            let mut store = builder.link_while(&policy, &waiting);
            assert_eq!(merger(&store), None, "both wait");
            // The second is checked first.
            waiting.look_first([[2; 32], [1; 32]].into_iter());
            for state in [second, first] {
                let (digest, _) = waiting.take().expect("one waits");
                waiting.set(digest, outcome(state));
                store = relinker.take_outcomes(store, waiting.outcomes(), &policy, &[]);
            }
            assert_eq!(merger(&store), merger(&whole), "{first:?}, {second:?}");
            let states = |store: &Store| store.statements.iter().map(|own| own.signature).collect::<Vec<_>>();
            assert_eq!(states(&store), states(&whole));
        }
    }
}
