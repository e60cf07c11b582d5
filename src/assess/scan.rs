//! `scan.*`: whether security scans ran on what was merged, and whether they left a serious finding open.

use crate::model::Verdict;
use crate::model::record::{FindingState, Level, Register};
use crate::store::{Entry, Item, Place};

use super::finding::Finding;
use super::review::{listed, short};
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "scan.ran" => ran(subject, explain),
        _ => clean(subject, explain),
    }
}

fn label(subject: &Subject<'_>, scan: &Entry) -> (String, Place) {
    let state = subject.store.text(scan.state);
    let tool = subject.store.text(scan.subject);
    (
        if state.is_empty() { format!("scan by {tool}") } else { format!("scan by {tool}: {state}") },
        scan.place,
    )
}

/// Returns the scans of the merged revision that say what they found.
fn conclusive<'a>(subject: &Subject<'a>) -> Vec<&'a Entry> {
    subject
        .entries(Register::Scan)
        .filter(|scan| subject.is_merged(scan.revision) && scan.state.is_empty())
        .collect()
}

fn ran(subject: &Subject<'_>, explain: bool) -> Finding {
    let scans = conclusive(subject);
    if !scans.is_empty() {
        let capture = scans.iter().map(|scan| scan.capture).max().unwrap_or_default();
        return Finding::new(Verdict::Met, capture, explain, || {
            let tools = scans.iter().map(|scan| subject.store.text(scan.subject)).collect();
            format!("Scanned on the merged revision by {}.", listed(tools))
        })
        .with_all(scans.iter(), |scan| label(subject, scan));
    }
    let all: Vec<&Entry> = subject.entries(Register::Scan).collect();
    let Some(first) = all.first() else {
        return Finding::unproven(explain, "The bundle holds no scan of the merged revision.");
    };
    let capture = all.iter().map(|scan| scan.capture).max().unwrap_or_default();
    Finding::new(Verdict::Unmet, capture, explain, || {
        if all.iter().any(|scan| subject.is_merged(scan.revision)) {
            "Its scan failed or was without results.".into()
        } else {
            format!(
                "Scans ran on {}, which is not the merged revision.",
                short(subject.store.text(first.revision))
            )
        }
    })
    .with_all(all.iter(), |scan| label(subject, scan))
}

/// Returns whether a finding is serious by the policy.
fn is_serious(subject: &Subject<'_>, finding: &Item) -> bool {
    match finding.severity {
        Some(tenths) => f64::from(tenths) / 10.0 >= subject.policy.demands.serious_severity,
        None => finding.level == Level::Error,
    }
}

fn clean(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let scans = conclusive(subject);
    if scans.is_empty() {
        return match ran(subject, false).verdict {
            Verdict::Unmet => Finding::not_applicable(
                explain,
                "No scan of the merged revision ended, so none could be clean; scan.ran tells that.",
            ),
            _ => Finding::unproven(explain, "The bundle holds no scan of the merged revision."),
        };
    }
    let of_state = |state: FindingState| -> Vec<(&Entry, &Item)> {
        let items =
            scans.iter().flat_map(|scan| store.registers.items(scan).iter().map(move |item| (*scan, item)));
        items.filter(|(_, item)| item.state == state && is_serious(subject, item)).collect()
    };
    let capture = scans.iter().map(|scan| scan.capture).min().unwrap_or_default();
    let names = |found: &[(&Entry, &Item)]| {
        let names: Vec<String> = found
            .iter()
            .map(|(_, item)| match store.text(item.detail) {
                "" => store.text(item.name).to_owned(),
                place => format!("{} in {place}", store.text(item.name)),
            })
            .collect();
        listed(names.iter().map(String::as_str).collect())
    };
    let evidence = |finding: Finding| {
        finding
            .with_all(scans.iter(), |scan| label(subject, scan))
            .input("serious from", || {
                format!("security severity {}, else level error", subject.policy.demands.serious_severity)
            })
            .input("findings", || {
                scans.iter().map(|scan| store.registers.items(scan).len()).sum::<usize>().to_string()
            })
    };
    let open = of_state(FindingState::Open);
    if !open.is_empty() {
        return evidence(Finding::new(Verdict::Unmet, capture, explain, || {
            format!("{} serious findings were open on the merged revision: {}.", open.len(), names(&open))
        }));
    }
    let suppressed = of_state(FindingState::Suppressed);
    if !suppressed.is_empty() || scans.iter().any(|scan| scan.is_cut) {
        return evidence(Finding::new(Verdict::Unproven, capture, explain, || match suppressed.len() {
            0 => "Not all findings of its scans could be read.".into(),
            _ => format!(
                "Serious findings are suppressed, and nothing shows that anybody accepted them: {}.",
                names(&suppressed)
            ),
        }));
    }
    let accepted = of_state(FindingState::Accepted).len();
    evidence(Finding::new(Verdict::Met, capture, explain, || match accepted {
        0 => "No serious finding was open on the merged revision.".into(),
        _ => {
            format!("No serious finding was open on the merged revision; {accepted} were accepted on record.")
        }
    }))
}
