//! Facets: the values of some terms among the changes that match, with counts.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::assess::Assessment;
use crate::model::{AiInvolvement, Moment, Verdict};
use crate::protocol::{Facet, FacetValue, Standing};
use crate::store::Change;

use super::filter::{Property, Query, Term, Test, evaluated};
use super::matcher::has;

/// The greatest count of values of one facet.
const MOST_VALUES: usize = 12;

/// Counts facets over rows; those with nothing to choose from are left out, unless the query has one of their terms.
pub fn facets(assessment: &Assessment, rows: &[u32], query: &Query) -> Vec<Facet> {
    let store = &assessment.store;
    let of = |row: u32| -> &Change { &store.changes[assessment.scope[row as usize].index()] };
    let count = |test: &dyn Fn(u32) -> bool| rows.iter().filter(|&&row| test(row)).count();
    let standings = Standing::ALL.map(|standing| {
        let matching = count(&|row| assessment.standings.get(row as usize) == Some(&standing));
        (Test::Standing(standing), standing.words().to_owned(), matching)
    });
    let involvements =
        [AiInvolvement::Generated, AiInvolvement::Assisted, AiInvolvement::None, AiInvolvement::Unknown].map(
            |state| {
                let matching = count(&|row| assessment.ai.get(row as usize) == Some(&state));
                (Test::Ai(state), state.word().to_owned(), matching)
            },
        );
    let criteria = |verdict| {
        evaluated().map(move |criterion| {
            let matching =
                rows.iter().filter(|&&row| assessment.verdict(row as usize, criterion) == verdict).count();
            (Test::Criterion(criterion, verdict), criterion.criterion().claim.to_owned(), matching)
        })
    };
    let properties = [
        (Property::SelfMerged, "merged by its author"),
        (Property::BotAuthored, "written by a bot"),
        (Property::BotApproved, "approved by a bot"),
        (Property::Deployed, "deployed"),
        (Property::Attested, "has a statement"),
        (Property::Signed, "carries a signature"),
        (Property::Revert, "reverts a change"),
        (Property::Reverted, "is reverted"),
        (Property::CherryPick, "is a cherry-pick"),
        (Property::Backport, "is a backport"),
    ]
    .map(|(property, label)| {
        let matching = count(&|row| has(property, assessment, row as usize, of(row)));
        (Test::Is(property), label.to_owned(), matching)
    });
    let months = tallied(rows.iter().filter_map(|&row| of(row).merged.map(Moment::month)))
        .into_iter()
        .map(|(month, matching)| (Test::Month(month), Moment::month_label(month), matching));
    let repositories =
        named(tallied(rows.iter().map(|&row| store.text(of(row).repository))), Test::Repository);
    let authors = named(
        tallied(rows.iter().map(|&row| of(row).author.map_or("", |author| store.name(author)))),
        Test::Author,
    );
    let methods = tallied(rows.iter().map(|&row| of(row).method))
        .into_iter()
        .map(|(method, matching)| (Test::Method(method), method.words().to_owned(), matching));
    [
        facet("standing", "Standing", standings, query, false),
        facet("ai", "AI's part", involvements, query, false),
        facet("unmet", "Contradicted by evidence", criteria(Verdict::Unmet), query, true),
        facet("unproven", "Not shown", criteria(Verdict::Unproven), query, true),
        facet("is", "Properties", properties, query, true),
        facet("repository", "Repository", repositories, query, true),
        facet("month", "Month", months, query, false),
        facet("author", "Author", authors, query, true),
        facet("method", "How it was merged", methods, query, true),
    ]
    .into_iter()
    .filter(|facet| {
        facet.values.len() > 1 || facet.values.iter().any(|value| value.is_on) || facet.term == "is"
    })
    .filter(|facet| !facet.values.is_empty())
    .collect()
}

fn tallied<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// Names become exact terms; `*` would be a wildcard, so such names match a little more than themselves.
fn named(
    counts: BTreeMap<&str, usize>,
    to: fn(String) -> Test,
) -> impl Iterator<Item = (Test, String, usize)> {
    let counts =
        counts.into_iter().filter(|(name, _)| !name.is_empty()).map(|(name, count)| (name.to_owned(), count));
    counts.collect::<Vec<_>>().into_iter().map(move |(name, count)| (to(name.clone()), name, count))
}

fn facet(
    term: &str,
    label: &str,
    values: impl IntoIterator<Item = (Test, String, usize)>,
    query: &Query,
    by_count: bool,
) -> Facet {
    let mut values: Vec<(usize, FacetValue)> = values
        .into_iter()
        .map(|(test, label, count)| {
            let term = Term { is_negated: false, test };
            let is_on = query.terms.contains(&term);
            (
                count,
                FacetValue {
                    term: term.to_string(),
                    label,
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                    is_on,
                },
            )
        })
        .filter(|(count, value)| *count > 0 || value.is_on)
        .collect();
    // Too many values in their own order (months) are cut at the start: the latest are kept.
    if by_count {
        crate::order::sort_by_key(&mut values, |(count, value)| (Reverse(value.is_on), Reverse(*count)));
        values.truncate(MOST_VALUES);
    } else {
        values.drain(..values.len().saturating_sub(MOST_VALUES));
    }
    Facet {
        term: term.to_owned(),
        label: label.to_owned(),
        values: values.into_iter().map(|(_, value)| value).collect(),
    }
}
