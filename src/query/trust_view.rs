//! Views of trust: roots and what rests on them, signers, statements.

use std::collections::{BTreeMap, BTreeSet};

use super::views::{evidence_row, minute, page};
use crate::assess::{Assessment, Subject, signature, slsa};
use crate::model::place::hex;
use crate::model::record::ListKind;
use crate::model::{Moment, SignatureState, Verification};
use crate::protocol::{
    ManifestRow, Page, RootPartRow, RootRow, SignerRow, StatementDetail, StatementRow, SubjectRow, Trust,
};
use crate::source::Digest;
use crate::store::{Change, Manifest, Statement, Store, same_object};
use crate::verify::TrustSet;

/// Signers that are listed.
const MOST_SIGNERS: usize = 200;
/// Changes and subjects of one statement that are listed.
const MOST_LISTED: usize = 50;

/// Returns what signatures were checked against, and what rests on each.
pub fn trust(assessment: &Assessment, trust: &TrustSet) -> Trust {
    let statements = &assessment.store.statements;
    let states = [
        SignatureState::Invalid,
        SignatureState::Pending,
        SignatureState::NotChecked,
        SignatureState::NotSigned,
        SignatureState::Valid,
    ];
    let count = |state| statements.iter().filter(|statement| statement.signature == state).count() as u64;
    Trust {
        states: states
            .into_iter()
            .map(|state| (state, count(state)))
            .filter(|(_, count)| *count > 0)
            .collect(),
        roots: roots(assessment, trust),
        signers: signers(assessment),
        manifests: assessment.store.manifests.iter().map(|own| manifest(&assessment.store, own)).collect(),
        has_identities: !assessment.policy.identities.is_empty(),
    }
}

fn roots(assessment: &Assessment, trust: &TrustSet) -> Vec<RootRow> {
    let valid = || {
        let all = assessment.store.statements.iter();
        let valid = all.filter(|statement| statement.signature == SignatureState::Valid);
        valid.filter_map(|statement| outcome(&assessment.store, statement))
    };
    let rest_on = |name: &str| valid().filter(|outcome| outcome.root == name).count() as u64;
    let stamped_by = |name: &str| {
        valid().filter(|outcome| outcome.timestamp_roots.iter().any(|root| root == name)).count() as u64
    };
    let roots = trust.roots.iter().map(|root| RootRow {
        name: root.name.clone(),
        is_built_in: root.is_built_in,
        parts: root
            .parts
            .iter()
            .map(|part| RootPartRow {
                role: part.role.to_owned(),
                name: part.name.clone(),
                window: window(&part.from, &part.until),
            })
            .collect(),
        statements: rest_on(&root.name),
        timestamps: stamped_by(&root.name),
    });
    let keys = trust.keys.iter().map(|key| RootRow {
        name: key.name.clone(),
        is_built_in: false,
        parts: vec![RootPartRow {
            role: "public key".to_owned(),
            name: format!("sha256:{}", key.fingerprint),
            window: window("", ""),
        }],
        statements: rest_on(&format!("key {}", key.name)),
        timestamps: 0,
    });
    let by_key = |name: &str| {
        let all = assessment.store.commit_verifications.iter();
        all.filter(|(_, outcome)| outcome.state == SignatureState::Valid && outcome.root == name).count()
            as u64
    };
    let commit_keys = trust.commit_keys.given().into_iter().map(|(name, fingerprint)| RootRow {
        parts: vec![RootPartRow {
            role: "key of commits".to_owned(),
            name: fingerprint,
            window: window("", ""),
        }],
        statements: by_key(&format!("key {name}")),
        timestamps: 0,
        name,
        is_built_in: false,
    });
    roots.chain(keys).chain(commit_keys).collect()
}

fn manifest(store: &Store, own: &Manifest) -> ManifestRow {
    let origins = own.origins.as_ref().map_or_else(Vec::new, |origins| {
        let all = [
            ("Source", &origins.source),
            ("Query", &origins.query),
            ("Tool", &origins.tool),
            ("Exported", &origins.time),
        ];
        let told = all.into_iter().filter(|(_, value)| !value.is_empty());
        told.map(|(label, value)| (label.to_owned(), value.clone())).collect()
    });
    ManifestRow {
        path: store.files.get(own.file.index()).map(|file| file.path.clone()).unwrap_or_default(),
        kind: own.kind.word().to_owned(),
        listed: own.listed,
        valid: own.valid,
        changed: own.changed,
        missing: own.missing,
        open: own.not_checked + own.refused,
        extra: own.extra,
        seal: matches!(own.kind, ListKind::Sealed | ListKind::Link).then_some(own.seal.state),
        reason: own.seal.reason.clone(),
        origins,
    }
}

fn window(from: &str, until: &str) -> String {
    let day = |text: &str| text.get(..10).unwrap_or(text).to_owned();
    match (from, until) {
        ("", "") => "at any time".to_owned(),
        (from, "") => format!("from {}", day(from)),
        ("", until) => format!("until {}", day(until)),
        (from, until) => format!("{} to {}", day(from), day(until)),
    }
}

fn signers(assessment: &Assessment) -> Vec<SignerRow> {
    let store = &assessment.store;
    let mut rows: BTreeMap<(&str, &str), (SignerRow, Vec<Moment>)> = BTreeMap::new();
    for statement in &store.statements {
        let Some(outcome) = outcome(store, statement).filter(|outcome| !outcome.identity.is_empty()) else {
            continue;
        };
        let (row, times) = rows.entry((&outcome.identity, &outcome.issuer)).or_default();
        match statement.signature {
            SignatureState::Valid => {
                row.valid += 1;
                let predicate = store.text(statement.predicate_type);
                row.not_let += u64::from(!signature::is_let(&assessment.policy, predicate, outcome));
            }
            SignatureState::Invalid => row.invalid += 1,
            SignatureState::NotChecked | SignatureState::NotSigned | SignatureState::Pending => {}
        }
        times.extend(outcome.signed_at);
    }
    for change in &store.changes {
        let mut seen: Vec<(&str, &str)> = statements_of(store, change)
            .filter(|statement| statement.signature == SignatureState::Valid)
            .filter_map(|statement| outcome(store, statement))
            .map(|outcome| (outcome.identity.as_str(), outcome.issuer.as_str()))
            .collect();
        crate::order::sort(&mut seen);
        seen.dedup();
        for key in seen {
            if let Some((row, _)) = rows.get_mut(&key) {
                row.changes += 1;
            }
        }
    }
    let day = |moment: Option<&Moment>| moment.map_or_else(String::new, |moment| moment.date());
    let mut rows: Vec<SignerRow> = rows
        .into_iter()
        .map(|((identity, issuer), (row, times))| SignerRow {
            identity: identity.to_owned(),
            issuer: issuer.to_owned(),
            from: day(times.iter().min()),
            to: day(times.iter().max()),
            ..row
        })
        .collect();
    crate::order::sort_by_key(&mut rows, |row| std::cmp::Reverse(row.valid + row.invalid));
    rows.truncate(MOST_SIGNERS);
    rows
}

/// Returns a page of statements, those that fail first, then in the order of the files.
pub fn statements(assessment: &Assessment, filter: &str, offset: u32, limit: u32) -> Page<StatementRow> {
    let store = &assessment.store;
    let wanted = filter.trim().to_lowercase();
    let changes = changes_by_statement(store);
    let mut rows: Vec<StatementRow> =
        (0..store.statements.len()).map(|at| row(assessment, at, &changes)).collect();
    let all = rows.len();
    rows.retain(|row| {
        let texts = [&row.id, &row.envelope, &row.predicate, &row.signer, &row.root, &row.change];
        row.state.word() == wanted || texts.into_iter().any(|text| text.to_lowercase().contains(&wanted))
    });
    crate::order::sort_by_key(&mut rows, |row| row.state != SignatureState::Invalid);
    page(&rows, all, offset, limit, StatementRow::clone)
}

/// Returns the position of a statement by its id: its digest, or the start of it from 8 digits on.
pub fn find(store: &Store, id: &str) -> Option<usize> {
    let id = id.to_ascii_lowercase();
    if id.len() < 8 {
        return None;
    }
    store.statements.iter().position(|statement| hex(&statement.digest).starts_with(&id))
}

/// Returns the digests of the statements about changes, by the ids of these, in the order of the changes.
pub fn digests(store: &Store, ids: &BTreeSet<&str>) -> Vec<Digest> {
    let wanted = store.changes.iter().filter(|change| ids.contains(store.change_id(change).as_str()));
    wanted.flat_map(|change| statements_of(store, change)).map(|statement| statement.digest).collect()
}

/// Returns what is known of one statement without its bytes.
pub fn statement(assessment: &Assessment, at: usize) -> StatementDetail {
    let store = &assessment.store;
    let statement = &store.statements[at];
    let outcome = outcome(store, statement);
    let changes: Vec<(String, String)> = store
        .changes
        .iter()
        .filter(|change| change.statements.of(&store.statements_of).iter().any(|id| id.index() == at))
        .take(MOST_LISTED)
        .map(|change| (store.change_id(change), number(store, change)))
        .collect();
    StatementDetail {
        row: row(assessment, at, &changes_by_statement(store)),
        issuer: outcome.map(|outcome| outcome.issuer.clone()).unwrap_or_default(),
        steps: outcome.map(|outcome| outcome.steps.clone()).unwrap_or_default(),
        level: slsa::level(store, &assessment.policy, statement)
            .map(|level| (level.reason, level.next))
            .unwrap_or_default(),
        subjects: subjects(store, statement),
        changes,
        evidence: evidence_row(store, statement.envelope.word(), statement.place),
        ..StatementDetail::default()
    }
}

/// Returns the rows of a change's statements, those that fail first.
pub fn of_change(assessment: &Assessment, subject: &Subject<'_>) -> Vec<StatementRow> {
    let store = subject.store;
    let ids = subject.change.statements.of(&store.statements_of);
    let none = BTreeMap::new();
    let mut rows: Vec<StatementRow> =
        ids.iter().take(MOST_LISTED).map(|id| row(assessment, id.index(), &none)).collect();
    crate::order::sort_by_key(&mut rows, |row| row.state != SignatureState::Invalid);
    rows
}

fn row(assessment: &Assessment, at: usize, changes: &BTreeMap<usize, &Change>) -> StatementRow {
    let store = &assessment.store;
    let statement = &store.statements[at];
    let outcome = outcome(store, statement);
    let level = slsa::level(store, &assessment.policy, statement);
    let text =
        |of: fn(&Verification) -> &String| outcome.map(|outcome| of(outcome).clone()).unwrap_or_default();
    StatementRow {
        id: hex(&statement.digest),
        envelope: statement.envelope.word().to_owned(),
        predicate: store.text(statement.predicate_type).to_owned(),
        state: statement.signature,
        signer: text(|outcome| &outcome.identity),
        root: text(|outcome| &outcome.root),
        signed_at: outcome.and_then(|outcome| outcome.signed_at).map(minute).unwrap_or_default(),
        level: level.map(|level| format!("{} level {}", level.track.word(), level.level)).unwrap_or_default(),
        change: changes.get(&at).map(|change| number(store, change)).unwrap_or_default(),
    }
}

fn changes_by_statement(store: &Store) -> BTreeMap<usize, &Change> {
    let mut found = BTreeMap::new();
    for change in &store.changes {
        for id in change.statements.of(&store.statements_of) {
            found.entry(id.index()).or_insert(change);
        }
    }
    found
}

fn statements_of<'a>(store: &'a Store, change: &'a Change) -> impl Iterator<Item = &'a Statement> {
    let ids = change.statements.of(&store.statements_of).iter();
    ids.filter_map(|id| store.statements.get(id.index()))
}

fn outcome<'a>(store: &'a Store, statement: &Statement) -> Option<&'a Verification> {
    store.verifications.get(statement.verification? as usize).map(|(_, outcome)| outcome)
}

fn number(store: &Store, change: &Change) -> String {
    if change.number > 0 {
        format!("#{}", change.number)
    } else {
        store.text(change.merge_commit).chars().take(9).collect()
    }
}

/// Says of each subject what in the bundle has its digest.
fn subjects(store: &Store, statement: &Statement) -> Vec<SubjectRow> {
    let listed = statement.subjects.iter().take(MOST_LISTED);
    listed
        .map(|(algorithm, digest)| {
            let digest = store.text(*digest);
            SubjectRow {
                algorithm: store.text(*algorithm).to_owned(),
                digest: digest.to_owned(),
                is: bound(store, digest),
            }
        })
        .collect()
}

fn bound(store: &Store, digest: &str) -> Vec<String> {
    let is = |text| same_object(store.text(text), digest);
    let mut found = Vec::new();
    for change in &store.changes {
        let named = |what: &str| format!("{what} of {}", number(store, change));
        if is(change.merge_commit) {
            found.push(named("the merged revision"));
        } else if is(change.head) {
            found.push(named("the last revision before the merge"));
        }
    }
    for deployment in store.deployments.iter().filter(|deployment| is(deployment.commit)) {
        found.push(format!("deployed to {}", store.text(deployment.environment)));
    }
    let files = store.files.iter().filter(|file| file.sha256.is_some_and(|own| hex(&own) == digest));
    found.extend(files.map(|file| format!("the file {}", file.path)));
    if found.is_empty() && store.commits.iter().any(|commit| is(commit.id)) {
        found.push("a commit of the history".to_owned());
    }
    found.truncate(MOST_LISTED);
    found
}
