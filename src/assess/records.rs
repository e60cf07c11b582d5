//! `records.*`: whether records are kept as long as they must be, and whether documentation came with the change.

use crate::model::record::Register;
use crate::model::{Capture, Verdict};
use crate::policy::wildcard;
use crate::store::Entry;

use super::finding::Finding;
use super::review::listed;
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "records.retained" => retained(subject, explain),
        _ => documented(subject, explain),
    }
}

fn retained(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let Some(wanted) = subject.policy.demands.retention_days else {
        return Finding::unproven(explain, "The policy does not say how long records must be kept.");
    };
    let register = store.registers.all(Register::Retention);
    if register.is_empty() {
        return Finding::unproven(explain, "The bundle does not say how long records are kept.");
    }
    let days = |entry: &Entry| store.text(entry.detail).parse::<u64>().ok();
    let is_short = |entry: &&Entry| days(entry).is_some_and(|days| days < wanted);
    // What began after the merge kept nothing of it.
    let is_late =
        |entry: &&Entry| entry.at.zip(subject.change.merged).is_some_and(|(from, merged)| from > merged);
    let names = |entries: &[&Entry]| listed(entries.iter().map(|entry| store.text(entry.subject)).collect());
    let told = |verdict, capture, words: &dyn Fn() -> String| {
        Finding::new(verdict, capture, explain, words)
            .with_all(register.iter(), |entry| {
                (format!("retention of {}", store.text(entry.subject)), entry.place)
            })
            .input("days that records must be kept", || wanted.to_string())
    };
    let (short, late): (Vec<&Entry>, Vec<&Entry>) =
        (register.iter().filter(is_short).collect(), register.iter().filter(is_late).collect());
    if !short.is_empty() {
        return told(Verdict::Unmet, Capture::HumanAttested, &|| {
            format!("Kept for less than {wanted} days: {}.", names(&short))
        });
    }
    if !late.is_empty() {
        return told(Verdict::Unmet, Capture::HumanAttested, &|| {
            format!("Kept only since after it was merged: {}.", names(&late))
        });
    }
    if register.iter().any(|entry| days(entry).is_none()) {
        return told(Verdict::Unproven, Capture::Inferred, &|| {
            "For some records the days that they are kept are not a number.".into()
        });
    }
    told(Verdict::Met, Capture::HumanAttested, &|| {
        format!("All {} kinds of records on record are kept for {wanted} days or more.", register.len())
    })
}

fn documented(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let listed_documents: Vec<&Entry> = subject.entries(Register::Document).collect();
    let open: Vec<&str> = listed_documents
        .iter()
        .filter(|entry| entry.at.is_none())
        .map(|entry| store.text(entry.subject))
        .collect();
    let label = |entry: &&Entry| (format!("document {}", store.text(entry.subject)), entry.place);
    if !open.is_empty() {
        return Finding::new(Verdict::Unmet, Capture::HumanAttested, explain, || {
            format!("Documents that belong to it were not updated: {}.", listed(open.clone()))
        })
        .with_all(listed_documents.iter(), label);
    }
    if !listed_documents.is_empty() {
        return Finding::new(Verdict::Met, Capture::HumanAttested, explain, || {
            let names = listed_documents.iter().map(|entry| store.text(entry.subject)).collect();
            format!("Documents that belong to it were updated: {}.", listed(names))
        })
        .with_all(listed_documents.iter(), label);
    }
    let patterns = &subject.policy.demands.documents;
    let is_document = |path: &&str| patterns.iter().any(|pattern| wildcard(pattern, path));
    let changed: Vec<&str> =
        subject.files().iter().map(|file| store.text(file.path)).filter(is_document).collect();
    if !changed.is_empty() {
        return Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
            format!("It changes documentation: {}.", listed(changed.clone()))
        })
        .with(|| "the change's list of files".into(), subject.change.place.field("files"));
    }
    Finding::unproven(
        explain,
        "It changes no documentation, and no record says which documents belong to it.",
    )
}
