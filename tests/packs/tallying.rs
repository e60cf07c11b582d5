//! How verdicts are tallied against packs.

use lacuna::assess::registry::{CRITERIA, CriterionIndex};
use lacuna::framework::{Predicates, parse, tally};
use lacuna::model::Verdict::{self, Excepted, Met, NotApplicable, Unmet, Unproven};
use proptest::prelude::*;

use crate::{index, one, packs};

#[test]
fn controls_are_counted_and_never_averaged() {
    let pack = parse(&one("needs = { all = [\"tests.ran\", \"tests.passed\"] }"), "own.toml").unwrap();
    let outcomes = [Met, Met, Unproven, Excepted, Unmet, NotApplicable];
    let ran = index("tests.ran");
    let verdict = |change: usize, criterion| if criterion == ran { outcomes[change] } else { NotApplicable };
    let rows = tally(&pack, 6, verdict, |_| Predicates::default(), |change| change / 2, 2, |_| Met);
    let totals = rows[0].totals;
    assert_eq!(
        (totals.met, totals.unproven, totals.excepted, totals.unmet, totals.not_applicable),
        (2, 1, 1, 1, 1)
    );
    assert_eq!(rows[0].verdict, Unmet);
    assert_eq!(rows[0].columns.len(), 2);
    assert_eq!((rows[0].columns[0].met, rows[0].columns[0].total()), (2, 2));
    assert_eq!(rows[0].columns[1].verdict(), Unproven);
    // The third pair is beyond the columns: it counts in the totals only.
    assert_eq!(rows[0].columns.iter().map(|column| column.total()).sum::<u32>(), 4);
}

#[test]
fn a_control_on_the_population_has_one_verdict() {
    let text = one(
        "applies = \"population\"\nneeds = { all = [\"population.complete\", \"population.untruncated\"] }",
    );
    let pack = parse(&text, "own.toml").unwrap();
    let of = |criterion: CriterionIndex| if criterion == index("population.complete") { Met } else { Unmet };
    let rows = tally(&pack, 50, |_, _| Met, |_| Predicates::default(), |_| 0, 1, of);
    assert_eq!((rows[0].verdict, rows[0].totals.total(), rows[0].columns[0].total()), (Unmet, 1, 0));
}

#[test]
fn a_control_that_applies_to_no_change_is_not_applicable() {
    for applies in ["ai", "ai_possible", "deployed", "risky", "manual_review"] {
        let pack = parse(&one(&format!("applies = \"{applies}\"")), "own.toml").unwrap();
        let rows = tally(&pack, 2, |_, _| Unmet, |_| Predicates::default(), |_| 0, 1, |_| Met);
        assert_eq!((rows[0].verdict, rows[0].totals.not_applicable), (NotApplicable, 2), "{applies}");
    }
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    prop::sample::select(Verdict::ALL.to_vec())
}

proptest! {
    /// The compiled tally and the formula itself agree, on every control of every built-in pack.
    #[test]
    fn tally_and_formula_agree(
        verdicts in prop::collection::vec(any_verdict(), CRITERIA.len()),
        [ai, ai_possible, deployed, risky, manual_review] in any::<[bool; 5]>(),
    ) {
        let predicates = Predicates { ai, ai_possible, deployed, risky, manual_review, beyond: 0 };
        let of = |criterion: CriterionIndex| verdicts[criterion.index()];
        for pack in packs() {
            let rows = tally(&pack, 1, |_, criterion| of(criterion), |_| predicates, |_| 0, 1, of);
            for (control, row) in pack.controls.iter().zip(rows) {
                prop_assert_eq!(control.verdict(predicates, of), row.verdict, "{}", &control.id);
                prop_assert_eq!(row.totals.total(), 1);
            }
        }
    }

    /// Better evidence never makes a control worse.
    #[test]
    fn controls_are_monotonous(
        mut verdicts in prop::collection::vec(prop::sample::select(vec![Met, Excepted, Unproven, Unmet]), CRITERIA.len()),
        at in 0..CRITERIA.len(),
    ) {
        let all = Predicates { ai: true, ai_possible: true, deployed: true, risky: true, manual_review: true, beyond: 0 };
        let before = verdicts.clone();
        verdicts[at] = Met;
        for control in packs().iter().flat_map(|pack| &pack.controls) {
            let old = control.verdict(all, |criterion| before[criterion.index()]);
            let new = control.verdict(all, |criterion| verdicts[criterion.index()]);
            prop_assert!(new <= old, "{}", &control.id);
        }
    }

    /// No text makes the parser panic, and each problem has a place inside the text.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", cut in 0..4_000_usize) {
        let (_, soc2) = lacuna::framework::builtin::TEXTS[0];
        let start: String = soc2.chars().take(cut).collect();
        for text in [text.clone(), start + &text] {
            if let Err(problems) = parse(&text, "own.toml") {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| problem.at.offset <= text.len() as u64));
            }
        }
    }
}
