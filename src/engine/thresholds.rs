//! The thresholds that an edited policy sets otherwise, each by itself.

use super::reassess::{Dates, GivenPolicy};
use crate::format::policy;
use crate::policy::Policy;
use crate::protocol::{FieldKind, PolicyEdit, PolicyField};

/// How many thresholds are tried apart: each is an assessment of its own.
pub(super) const MOST_APART: usize = 16;

/// A threshold that is set otherwise.
#[derive(Debug)]
pub(super) struct Threshold {
    /// Its table and key: `review-depth.lines-per-hour`.
    pub name: String,
    /// What it is in the policy in force, and in the edited one.
    pub values: [String; 2],
    /// The policy in force with this alone changed, with what is wrong in its text.
    pub given: GivenPolicy,
}

/// Returns the thresholds that the text `then` sets otherwise than `now`, the text of the policy in force, in the order of
/// the schema. Those that mean the same, and those in a spelling that only a person can change, are left out; so is a
/// single one that is all that differs.
pub(super) fn differing(now: &str, then: &str, dates: Dates, in_force: &Policy) -> Vec<Threshold> {
    let meant = |text: &str| {
        let given = policy::parse(text, super::act::EDITED);
        (dates.apply(Some(&given.0)), given)
    };
    // A policy that came with the call need not be that of any text.
    if now == then || meant(now).0 != *in_force {
        return Vec::new();
    }
    let whole = meant(then).0;
    let mut found = Vec::new();
    let old = policy::tables(now);
    for table in policy::tables(then).into_iter().filter(|table| !table.is_list) {
        let before = old.iter().find(|known| known.name == table.name).and_then(|known| known.items.first());
        for (was, is) in before.into_iter().flatten().zip(table.items.iter().flatten()) {
            let values = [said(was), said(is)];
            if !matches!(is.kind, FieldKind::Number | FieldKind::Count) || values[0] == values[1] {
                continue;
            }
            let (name, key, value) = (table.name.clone(), is.key.clone(), is.value.clone());
            let edit = PolicyEdit::Set { table: name, index: 0, key, value };
            let Ok(text) = policy::edit(now, &edit) else { continue };
            let (policy, given) = meant(&text);
            if policy != *in_force {
                found.push((policy, Threshold { name: [&table.name, ".", &is.key].concat(), values, given }));
            }
        }
    }
    let is_all = matches!(found.as_slice(), [(only, _)] if *only == whole);
    if is_all { Vec::new() } else { found.into_iter().map(|(_, threshold)| threshold).collect() }
}

fn said(field: &PolicyField) -> String {
    if field.value.is_empty() { field.default.clone() } else { field.value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Bundle, Engine, Options};
    use crate::protocol::{PolicyAction, PolicyEffect, PolicyView, Reply, Request};
    use crate::source::Bytes;
    use crate::source::intake::Root;

    fn sample() -> Bundle {
        let bytes = include_bytes!("../../public/samples/sample.zip").to_vec();
        let root = Root { path: "sample.zip".into(), source: Box::new(Bytes::new(bytes)) };
        Engine::new(vec![root], Options { keep: true, ..Options::default() }).run()
    }

    fn ask(bundle: &mut Bundle, text: &str, action: PolicyAction) -> PolicyView {
        let request = Request::Policy { text: Some(text.to_owned()), edit: None, action };
        match bundle.act(request) {
            Reply::Policy(view) => *view,
            other => panic!("{other:?}"),
        }
    }

    fn with(text: &str, edits: &[(&str, &str, &str)]) -> String {
        edits.iter().fold(text.to_owned(), |text, (table, key, value)| {
            let [table, key, value] = [table, key, value].map(|word| (*word).to_owned());
            policy::edit(&text, &PolicyEdit::Set { table, index: 0, key, value }).unwrap()
        })
    }

    const HOUR: (&str, &str, &str) = ("review-depth", "lines-per-hour", "1");
    const RISKY: (&str, &str, &str) = ("review-depth", "risky-lines", "10");

    #[test]
    fn each_threshold_is_told_with_what_it_alone_would_turn_and_nothing_of_it_is_in_force() {
        let mut bundle = sample();
        let own = bundle.policy_text();
        let before = crate::report::json::write(&bundle);
        let alone = [HOUR, RISKY].map(|edit| {
            let view = ask(&mut bundle, &with(&own, &[edit]), PolicyAction::Preview);
            view.effect.unwrap()
        });
        let both = ask(&mut bundle, &with(&own, &[RISKY, HOUR]), PolicyAction::Apart);
        assert_eq!(both.thresholds, 2);
        let names: Vec<_> = both.apart.iter().map(|one| (one.of.as_str(), one.values.clone())).collect();
        assert_eq!(
            names,
            [
                ("review-depth.lines-per-hour", ["500".to_owned(), "1".to_owned()]),
                ("review-depth.risky-lines", ["400".to_owned(), "10".to_owned()]),
            ]
        );
        let bare = |one: &PolicyEffect| PolicyEffect {
            of: String::new(),
            values: <[String; 2]>::default(),
            ..one.clone()
        };
        assert_eq!(both.apart.iter().map(bare).collect::<Vec<_>>(), alone);
        assert!(alone.iter().all(|effect| !effect.criteria.is_empty()), "both turn something");
        let whole = ask(&mut bundle, &with(&own, &[RISKY, HOUR]), PolicyAction::Preview);
        assert_eq!((whole.effect, whole.thresholds), (both.effect, 2));
        assert!(crate::report::json::write(&bundle) == before, "nothing is in force");
    }

    #[test]
    fn a_threshold_is_told_apart_only_where_it_differs_and_is_not_all_that_does() {
        let mut bundle = sample();
        let own = bundle.policy_text();
        let told = |bundle: &mut Bundle, text: &str| {
            let view = ask(bundle, text, PolicyAction::Apart);
            view.apart.into_iter().map(|one| one.of).collect::<Vec<_>>()
        };
        assert!(told(&mut bundle, &own).is_empty());
        assert!(told(&mut bundle, &with(&own, &[HOUR])).is_empty(), "it is the whole");
        let same = ("review-depth", "risky-lines", "400");
        assert!(told(&mut bundle, &with(&own, &[HOUR, same])).is_empty(), "the default, written out");
        let scope = ("scope", "repositories", "acme/*\nother/*");
        assert_eq!(told(&mut bundle, &with(&own, &[HOUR, scope])), ["review-depth.lines-per-hour"]);
        // Against the policy in force, which another edit has become.
        ask(&mut bundle, &with(&own, &[HOUR]), PolicyAction::Apply);
        assert!(told(&mut bundle, &with(&own, &[HOUR, RISKY])).is_empty(), "one is left");
        assert_eq!(told(&mut bundle, &with(&own, &[RISKY])).len(), 2, "one comes, one goes back");
    }
}
