//! The population as the screen and the reports show it: what was frozen, where it came from, and what is missing.

use crate::assess::Assessment;
use crate::assess::population::{HoleFound, HoleKind};
use crate::audit;
use crate::model::Moment;
use crate::protocol::{Hole, HoleGroup, PopulationView, SourceRow};
use crate::report::chart::{Lane, Timeline, timeline};
use crate::store::{FileId, Listing, Store};

use super::views::{evidence_row, minute, population};

/// The longest time line, in months.
const MOST_MONTHS: i32 = 240;

/// Returns the population with up to `most` holes of each kind.
pub fn view(assessment: &Assessment, most: usize) -> PopulationView {
    let policy = &assessment.policy;
    let stated = |at: Option<Moment>| at.map_or_else(String::new, |at| at.to_string());
    let frozen = audit::population(assessment);
    PopulationView {
        sha256: frozen.sha256,
        size: frozen.items.len() as u64,
        from: stated(policy.from),
        to: stated(policy.to),
        zone: policy.zone.to_string(),
        effective: policy.effective.word().to_owned(),
        sources: sources(assessment),
        criteria: population(assessment),
        groups: groups(assessment, most),
        timeline_svg: drawn(assessment),
    }
}

/// Returns the count of holes that are gaps, not notes.
pub fn gaps(assessment: &Assessment) -> u64 {
    assessment.holes.iter().filter(|hole| !hole.is_note).count() as u64
}

/// Returns the holes by kind, up to `most` of each.
pub fn groups(assessment: &Assessment, most: usize) -> Vec<HoleGroup> {
    let chunks = assessment.holes.chunk_by(|a, b| a.kind == b.kind);
    chunks
        .map(|holes| HoleGroup {
            kind: holes[0].kind.word().to_owned(),
            title: holes[0].kind.title().to_owned(),
            is_note: holes.iter().all(|hole| hole.is_note),
            count: holes.len() as u64,
            holes: holes.iter().take(most).map(|found| hole(assessment, found)).collect(),
        })
        .collect()
}

/// Returns one hole.
pub fn hole(assessment: &Assessment, found: &HoleFound) -> Hole {
    let store = &assessment.store;
    let change = found.row.and_then(|row| assessment.scope.get(row));
    Hole {
        text: found.text.clone(),
        subject: found.subject.clone(),
        at: found.at.map_or_else(String::new, minute),
        change: change.map_or_else(String::new, |id| store.change_id(&store.changes[id.index()])),
        evidence: found.place.and_then(|place| evidence_row(store, "record", place)),
    }
}

/// Returns the files that changes and histories come from, with when and how each was extracted, as far as a listing or
/// a manifest says so.
pub fn sources(assessment: &Assessment) -> Vec<SourceRow> {
    let store = &assessment.store;
    let mut rows = Vec::new();
    for (at, file) in store.files.iter().enumerate() {
        let counted: Vec<String> = file
            .records
            .iter()
            .filter(|(noun, _)| matches!(*noun, "changes" | "commits" | "deployments" | "pushes"))
            .map(|(noun, count)| crate::report::table::counted(*count, noun))
            .collect();
        if counted.is_empty() {
            continue;
        }
        let id = FileId::at(at);
        let listings = || store.listings.iter().filter(move |listing| listing.file == id);
        let (how, said) = extraction(store, id, listings);
        rows.push(SourceRow {
            path: file.path.clone(),
            format: file.title.to_owned(),
            records: counted.join(", "),
            extracted: said,
            how,
        });
    }
    rows
}

/// Returns how and when a file was extracted; each empty where nothing says it.
fn extraction<'a, I: Iterator<Item = &'a Listing>>(
    store: &'a Store,
    file: FileId,
    listings: impl Fn() -> I,
) -> (String, String) {
    let mut how: Vec<&str> = listings().map(|listing| listing.source).collect();
    how.dedup();
    let mut how = how.join(", ");
    let mut extracted = listings().find_map(|listing| listing.extracted).map_or_else(String::new, minute);
    let manifests =
        store.coverage_of(file).iter().filter_map(|row| store.manifests.get(row.manifest as usize));
    for origins in manifests.filter_map(|manifest| manifest.origins.as_ref()) {
        for (what, text) in [("source", &origins.source), ("query", &origins.query), ("tool", &origins.tool)]
        {
            if !text.is_empty() {
                how.push_str(if how.is_empty() { "" } else { "; " });
                how.push_str(&format!("{what} {text}"));
            }
        }
        if extracted.is_empty() && !origins.time.is_empty() {
            extracted = Moment::parse(&origins.time).map_or_else(|| origins.time.clone(), minute);
            extracted.push_str(" (the manifest)");
        }
    }
    (how, extracted)
}

/// Draws the population and its holes over time; empty where the time is too long to be drawn.
pub fn drawn(assessment: &Assessment) -> String {
    let (policy, zone) = (&assessment.policy, assessment.policy.zone);
    let months: Vec<i32> = (0..assessment.scope.len())
        .filter_map(|row| assessment.effective(row))
        .map(|at| zone.month(at))
        .collect();
    let last_of = |to: Moment| zone.month(Moment::from_millis(to.millis() - 1));
    // A period may be open far into the future: what comes after "now" is left out.
    let end = policy.to.map(last_of).zip(assessment.now).map(|(to, now)| to.min(zone.month(now)));
    let ends = months.iter().copied().chain(policy.from.map(|from| zone.month(from))).chain(end);
    let (Some(first), Some(last)) = (ends.clone().min(), ends.max()) else { return String::new() };
    let Ok(count) = usize::try_from(last - first + 1) else { return String::new() };
    if last - first >= MOST_MONTHS {
        return String::new();
    }
    let mut changes = vec![0; count];
    for month in months {
        if let Some(counted) = usize::try_from(month - first).ok().and_then(|at| changes.get_mut(at)) {
            *counted += 1;
        }
    }
    let place = |at: Moment| {
        let month = zone.month(at);
        let (start, next) = (zone.start_of_month(month), zone.start_of_month(month + 1));
        let share = at.since(start) as f64 / next.since(start).max(1) as f64;
        f64::from(month - first) + share
    };
    // A month without any change is no moment: its mark is in its middle.
    let mark = |hole: &HoleFound| {
        hole.at.map(|at| place(at) + if hole.kind == HoleKind::EmptyMonth { 0.5 } else { 0.0 })
    };
    let lanes = assessment.holes.chunk_by(|a, b| a.kind == b.kind).map(|holes| Lane {
        title: holes[0].kind.title(),
        count: holes.len() as u64,
        is_note: holes.iter().all(|hole| hole.is_note),
        at: holes.iter().filter_map(mark).collect(),
    });
    timeline(&Timeline { first, changes, lanes: lanes.collect() })
}
