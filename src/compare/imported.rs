//! An exported `lacuna.assessment/v1` as one side: what was decided then, without the evidence.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::side::{PackSide, Snapshot, flat};
use crate::assess::registry::{CRITERIA, Scope};
use crate::model::Verdict;
use crate::model::place::hex;
use crate::protocol::Standing;
use crate::report::json::SCHEMA;

/// The greatest exported assessment that is read, in bytes.
pub const MOST_BYTES: u64 = 1 << 30;

#[derive(Deserialize)]
struct Document {
    schema: String,
    engine: Engine,
    bundle: Named,
    policy: Value,
    packs: Vec<Pack>,
    population: Population,
    changes: Vec<Change>,
    frameworks: Vec<Framework>,
}

#[derive(Deserialize)]
struct Engine {
    version: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    sha256: String,
}

#[derive(Deserialize)]
struct Pack {
    id: String,
    version: String,
    sha256: String,
}

#[derive(Deserialize)]
struct Population {
    sha256: String,
    verdicts: BTreeMap<String, Decided>,
}

#[derive(Deserialize)]
struct Decided {
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Change {
    id: String,
    standing: Option<Standing>,
    verdicts: BTreeMap<String, Decided>,
}

#[derive(Deserialize)]
struct Framework {
    id: String,
    controls: Vec<Control>,
}

#[derive(Deserialize)]
struct Control {
    id: String,
    verdict: Verdict,
    #[serde(default)]
    formerly: Vec<String>,
}

/// Returns whether the start of a file looks like an exported assessment.
pub fn is_exported(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.starts_with(b"{\"schema\":\"lacuna.assessment/")
}

/// Reads an exported assessment; what of it this version does not know is left out.
///
/// # Errors
/// A sentence that states why the text is none.
pub fn read(bytes: &[u8]) -> Result<Snapshot, String> {
    let document: Document = serde_json::from_slice(bytes)
        .map_err(|error| format!("the file is no exported assessment: {error}"))?;
    if document.schema != SCHEMA {
        let found = crate::problem::quote(&document.schema);
        return Err(format!("the file is of the schema {found}, and {SCHEMA} is read"));
    }
    // The criteria that some change of the export has: another version may evaluate others.
    let mut criteria: Vec<usize> = (0..CRITERIA.len())
        .filter(|&at| {
            CRITERIA[at].scope == Scope::Change
                && document.changes.iter().any(|change| change.verdicts.contains_key(CRITERIA[at].id))
        })
        .collect();
    crate::order::sort(&mut criteria);
    let mut rows = document.changes;
    crate::order::sort_by(&mut rows, |a, b| a.id.cmp(&b.id));
    rows.dedup_by(|b, a| a.id == b.id);
    let mut verdicts = Vec::with_capacity(rows.len().saturating_mul(criteria.len()));
    for row in &rows {
        verdicts.extend(criteria.iter().map(|&at| {
            row.verdicts.get(CRITERIA[at].id).map_or(Verdict::NotApplicable, |decided| decided.verdict)
        }));
    }
    let text = |key: &str| document.policy.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(Snapshot {
        name: document.bundle.name,
        sha256: document.bundle.sha256,
        engine: document.engine.version,
        policy_sha256: policy_digest_in(bytes).unwrap_or_default(),
        population: document.population.sha256,
        from: text("from"),
        to: text("to"),
        policy: flat(&document.policy),
        packs: packs(document.packs, document.frameworks),
        criteria,
        changes: rows.into_iter().map(|row| (row.id, row.standing.unwrap_or_default())).collect(),
        verdicts,
        once: document.population.verdicts.into_iter().map(|(id, decided)| (id, decided.verdict)).collect(),
    })
}

fn packs(packs: Vec<Pack>, frameworks: Vec<Framework>) -> Vec<PackSide> {
    let mut of_framework =
        crate::order::map(frameworks.into_iter().map(|framework| (framework.id, framework.controls)));
    packs
        .into_iter()
        .map(|pack| {
            let controls = of_framework.remove(&pack.id).unwrap_or_default();
            let former = controls
                .iter()
                .flat_map(|control| control.formerly.iter().map(|old| (old.clone(), control.id.clone())));
            PackSide {
                formerly: former.collect(),
                controls: controls.iter().map(|control| (control.id.clone(), control.verdict)).collect(),
                id: pack.id,
                version: pack.version,
                sha256: pack.sha256,
            }
        })
        .collect()
}

/// Returns the digest of the policy over the very bytes that the export has it in.
fn policy_digest_in(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Policy<'d> {
        #[serde(borrow)]
        policy: &'d serde_json::value::RawValue,
    }
    let own: Policy<'_> = serde_json::from_slice(bytes).ok()?;
    Some(hex(&Sha256::digest(own.policy.get().as_bytes())))
}
