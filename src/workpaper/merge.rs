//! Two people's papers into one: the common start, then the entries of both in an order that does not depend on which was
//! named first, chained anew, and an entry that records both heads and every conflict.
//!
//! A merged entry keeps the hash that it had (`origin`), so that both papers can be put together again from the merged one
//! and held against their heads: nothing of either can be lost or changed by merging.

use std::collections::BTreeMap;

use serde_json::Value;

use super::body::{Body, Merged};
use super::{Entry, Paper, START, canonical};

/// Why two papers cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// One of them does not hold: which (0 or 1), and what.
    Broken(usize, String),
    /// They do not begin alike: two papers, not two states of one.
    Unrelated,
}

impl MergeError {
    /// Returns the fact in words.
    pub fn fact(&self) -> String {
        match self {
            Self::Broken(which, fact) => {
                let which = if *which == 0 { "first" } else { "second" };
                format!("the {which} paper does not hold: {fact}")
            }
            Self::Unrelated => {
                "they are two papers, not two states of one: they do not begin alike".to_owned()
            }
        }
    }
}

/// Merges two states of one paper; the person is whoever merges. Where one only goes on from the other, it is the result.
///
/// The time of the merge is the later one of both heads, so that the same two files give the same bytes.
///
/// # Errors
/// [`MergeError`].
pub fn merge(first: &Paper, second: &Paper, by: &str) -> Result<Paper, MergeError> {
    for (which, paper) in [first, second].into_iter().enumerate() {
        if let Some(fault) = paper.state().faults.first() {
            return Err(MergeError::Broken(which, format!("entry {}: {}", fault.entry, fault.text)));
        }
    }
    let pairs = first.entries.iter().zip(&second.entries);
    let common = pairs.take_while(|(a, b)| a.hash() == b.hash()).count();
    if common == 0 {
        return Err(MergeError::Unrelated);
    }
    if common == second.entries.len() {
        return Ok(first.clone());
    }
    if common == first.entries.len() {
        return Ok(second.clone());
    }
    let (first, second) = if first.head() <= second.head() { (first, second) } else { (second, first) };
    let mut merged = Paper { entries: first.entries[..common].to_vec(), beside: first.beside.clone() };
    for (name, value) in &second.beside {
        merged.beside.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let mut branches = vec![Vec::new(), Vec::new()];
    let mut rest = [&first.entries[common..], &second.entries[common..]];
    while let Some(side) = earlier(rest) {
        let Some((entry, left)) = rest[side].split_first() else { break };
        rest[side] = left;
        let mut raw = entry.raw.clone();
        let mut origins = entry.origins();
        origins.push(entry.hash().to_owned());
        raw.insert("origin".to_owned(), Value::from(origins));
        let entry = merged.chained(raw);
        merged.entries.push(entry);
        branches[side].push(merged.entries.len() as u64);
    }
    let heads = vec![first.head().to_owned(), second.head().to_owned()];
    let at =
        [first, second].iter().filter_map(|paper| paper.entries.last()).map(|entry| entry.at.clone()).max();
    let conflicts = conflicts(&[first.clone(), second.clone()], common).into_values().collect();
    let body = Body::Merged(Merged { common: common as u64, heads, branches, conflicts });
    merged.add(&at.unwrap_or_default(), by, body).map_err(|fact| MergeError::Broken(0, fact))?;
    Ok(merged)
}

/// Returns the side whose next entry is the earlier one; ties go to the lower hash.
fn earlier(rest: [&[Entry]; 2]) -> Option<usize> {
    match (rest[0].first(), rest[1].first()) {
        (None, None) => None,
        (Some(_), None) => Some(0),
        (None, Some(_)) => Some(1),
        (Some(a), Some(b)) => Some(usize::from((&b.at, b.hash()) < (&a.at, a.hash()))),
    }
}

/// Puts both papers together again that the entry of this number says were merged.
pub(super) fn branches(paper: &Paper, number: u64, merged: &Merged) -> Result<Vec<Paper>, String> {
    let mut numbers: Vec<u64> = merged.branches.iter().flatten().copied().collect();
    crate::order::sort(&mut numbers);
    if merged.common == 0 || merged.common >= number || !numbers.iter().copied().eq(merged.common + 1..number)
    {
        return Err("it does not account for the entries before it".to_owned());
    }
    let common = usize::try_from(merged.common).unwrap_or(usize::MAX);
    let mut papers = Vec::with_capacity(2);
    for (numbers, head) in merged.branches.iter().zip(&merged.heads) {
        let entries = paper.entries.get(..common).unwrap_or_default().to_vec();
        let mut branch = Paper { entries, beside: serde_json::Map::new() };
        for number in numbers {
            let at = usize::try_from(number - 1).unwrap_or(usize::MAX);
            let entry = paper.entries.get(at).ok_or("it names an entry that is not there")?;
            let before = before(entry, &branch);
            let Some(before) = before else {
                return Err(format!("entry {number} is not as it was before it was merged"));
            };
            branch.entries.push(before);
        }
        if branch.head() != head || numbers.is_empty() {
            return Err("the entries of one side do not lead to the head that it names".to_owned());
        }
        papers.push(branch);
    }
    Ok(papers)
}

/// Returns an entry as it was before the last merge; `None` where that does not give the hash that it had.
fn before(entry: &Entry, branch: &Paper) -> Option<Entry> {
    let mut raw = entry.raw.clone();
    let mut origins = entry.origins();
    let hash = origins.pop()?;
    if origins.is_empty() {
        raw.remove("origin");
    } else {
        raw.insert("origin".to_owned(), Value::from(origins));
    }
    let previous = branch.entries.last().map_or(START, Entry::hash);
    raw.insert("number".to_owned(), Value::from(branch.entries.len() as u64 + 1));
    raw.insert("previous".to_owned(), Value::from(previous));
    raw.insert("hash".to_owned(), Value::from(hash.as_str()));
    (canonical::hash(&raw) == hash).then(|| Entry::of(raw))
}

/// What two results of one step are told apart by.
pub(super) fn step_key(item: &str, criterion: &str) -> String {
    format!("step\t{item}\t{criterion}")
}

/// What two conclusions on one control are told apart by.
pub(super) fn conclusion_key(framework: &str, control: &str) -> String {
    format!("conclusion\t{framework}\t{control}")
}

/// Returns what an entry decides, so that two entries that decide the same can be seen.
pub(super) fn keys(body: &Body) -> Vec<String> {
    match body {
        Body::Tested(tested) => vec![step_key(&tested.item, &tested.criterion)],
        Body::Concluded(said) => vec![conclusion_key(&said.framework, &said.control)],
        Body::Signed(said) => vec![format!("sign-off\t{}\t{}\t{}", said.framework, said.control, said.role)],
        Body::Finding(finding) => vec![format!("finding\t{}", finding.id)],
        Body::Moved(moved) => vec![format!("finding\t{}", moved.finding)],
        Body::Reattached(_) => vec!["bundle".to_owned()],
        _ => Vec::new(),
    }
}

/// Returns what both sides decided behind the common start and not alike, by what it is about.
pub(super) fn conflicts(branches: &[Paper], common: usize) -> BTreeMap<String, String> {
    let decided = |paper: &Paper| {
        let mut last: BTreeMap<String, (String, String)> = BTreeMap::new();
        for entry in paper.entries.iter().skip(common) {
            if let Ok(body) = &entry.body {
                last.extend(keys(body).into_iter().map(|key| (key, (said(body), entry.by.clone()))));
            }
        }
        last
    };
    let [first, second] = branches else { return BTreeMap::new() };
    let (first, second) = (decided(first), decided(second));
    let mut found = BTreeMap::new();
    for (key, (what, who)) in &first {
        let Some((other, whose)) = second.get(key) else { continue };
        // The same result twice is no conflict; the same sign-off twice is one, since each was given to another paper.
        if what == other && !key.starts_with("sign-off") {
            continue;
        }
        let about = key.replace('\t', " ");
        found.insert(key.clone(), format!("{about}: {what} by {who}; {other} by {whose}"));
    }
    found
}

/// Returns what an entry decides, in words.
fn said(body: &Body) -> String {
    match body {
        Body::Tested(tested) => tested.result.word().to_owned(),
        Body::Concluded(concluded) => concluded.conclusion.words().to_owned(),
        Body::Signed(_) => "signed".to_owned(),
        Body::Finding(finding) => format!("revised to {:?}", finding.condition),
        Body::Moved(moved) => moved.to.word().to_owned(),
        Body::Reattached(again) => again.basis.bundle_sha256.clone(),
        _ => String::new(),
    }
}
