//! The built-in packs: every row is there, and each says what it may.

use lacuna::assess::registry::{self, CriterionIndex, Scope};
use lacuna::framework::{Applies, Control, Kind, Needs, Pack, Predicates, Status, Strength, parse, tally};
use lacuna::model::Verdict::{Met, NotApplicable, Unmet, Unproven};

use crate::{index, pack, packs};

#[test]
fn the_built_in_packs_have_no_problem() {
    let ids: Vec<_> = packs().into_iter().map(|pack| pack.id).collect();
    assert_eq!(ids, ["soc2-tsc-2017", "sox-itgc", "hipaa-security", "pci-dss-4.0.1"]);
}

#[test]
fn soc_2_has_every_row() {
    let rows = [
        "CC1.3",
        "CC1.4",
        "CC1.5",
        "CC2.1",
        "CC3.4",
        "CC4.1",
        "CC4.2",
        "CC5.1",
        "CC5.2",
        "CC5.3",
        "CC6.1",
        "CC6.2",
        "CC6.3",
        "CC6.8",
        "CC7.1",
        "CC7.2",
        "CC7.3",
        "CC7.4",
        "CC8.1",
        "CC8.1/lifecycle",
        "CC8.1/authorise",
        "CC8.1/design",
        "CC8.1/document",
        "CC8.1/track",
        "CC8.1/configure",
        "CC8.1/test",
        "CC8.1/approve",
        "CC8.1/deploy-SoD",
        "CC8.1/evaluate",
        "CC8.1/incident-fix",
        "CC8.1/baseline",
        "CC8.1/emergency",
        "CC8.1/patch",
        "CC8.1/resilience",
        "CC8.1/confidentiality",
        "CC8.1/privacy",
        "CC8.1/privacy-by-design",
        "CC9.2",
    ];
    assert_eq!(ids(&pack("soc2-tsc-2017")), rows);
}

#[test]
fn sox_has_every_row() {
    let rows = [
        "SOX 302",
        "SOX 404(a)",
        "SOX 404(b)",
        "17 CFR 210.2-06",
        "AS 2201.42-.43",
        "AS 2201.44-.45",
        "AS 2201.65-.67",
        "AS 2201.B28-.B31",
        "AS 1105.10",
        "AS 2110.B4",
        "COSO P5",
        "COSO P10",
        "COSO P11",
        "COSO P13",
        "COSO P16-P17",
        "COSO GenAI",
        "ITGC-PC-1",
        "ITGC-PC-2",
        "ITGC-PC-3",
        "ITGC-PC-4",
        "ITGC-PC-5",
        "ITGC-AC-1",
        "ITGC-PD-1",
        "ITGC-EUC",
    ];
    assert_eq!(ids(&pack("sox-itgc")), rows);
}

#[test]
fn hipaa_has_every_row() {
    let rows = [
        "164.306(a)-(b)",
        "164.308(a)(1)(ii)(A)",
        "164.308(a)(1)(ii)(B)",
        "164.308(a)(1)(ii)(D)",
        "164.308(a)(2)",
        "164.308(a)(3)-(4)",
        "164.308(a)(3)(ii),(a)(4)(ii)",
        "164.308(a)(5)",
        "164.308(a)(6)(ii)",
        "164.308(a)(8)",
        "164.308(b)(1)",
        "164.312(a)(1),(a)(2)(i)",
        "164.312(a)(2)(iv),(e)(2)(ii)",
        "164.312(b)",
        "164.312(c)(1)",
        "164.312(c)(2)",
        "164.312(d)",
        "164.312(e)(1)",
        "164.316(b)(1)-(2)",
        "164.502(b)",
        "NPRM 90 FR 898",
    ];
    assert_eq!(ids(&pack("hipaa-security")), rows);
}

#[test]
fn pci_dss_has_every_row_and_none_that_was_superseded() {
    let rows = [
        "6.1.2",
        "6.2.1",
        "6.2.2",
        "6.2.3",
        "6.2.3.1",
        "6.2.4",
        "6.3.1",
        "6.3.2",
        "6.3.3",
        "6.4.2",
        "6.4.3",
        "6.5.1",
        "6.5.2",
        "6.5.3",
        "6.5.4",
        "6.5.5",
        "6.5.6",
        "7.2.1-7.2.2",
        "7.2.5-7.2.5.1",
        "8.2.1-8.2.2",
        "8.6.1",
        "8.6.2",
        "10.2.1.2",
        "10.2.2",
        "10.3.2",
        "10.3.4",
        "10.5.1",
        "10.7.2",
        "11.3.1.3",
        "11.3.2.1",
        "11.4.2",
        "11.4.3",
        "12.3.1",
        "12.3.4",
        "12.5.2",
        "12.6.3",
        "12.8.1-12.8.5",
    ];
    assert_eq!(ids(&pack("pci-dss-4.0.1")), rows);
}

fn ids(pack: &Pack) -> Vec<&str> {
    pack.controls.iter().map(|control| control.id.as_str()).collect()
}

#[test]
fn a_point_of_focus_never_requires_and_has_an_id_of_ours() {
    let soc2 = pack("soc2-tsc-2017");
    let points: Vec<_> = soc2.controls.iter().filter(|control| control.kind == Kind::PointOfFocus).collect();
    assert_eq!(points.len(), 18);
    assert!(points.iter().all(|control| control.strength == Strength::Supports && control.is_own_id));
    assert!(soc2.controls.iter().all(|control| control.is_own_id == control.id.contains('/')));
}

#[test]
fn categories_outside_security_count_only_in_their_engagement() {
    let soc2 = pack("soc2-tsc-2017");
    for (mark, scope) in [("[A]", "Availability"), ("[C]", "Confidentiality"), ("[P]", "Privacy")] {
        let rows: Vec<_> = soc2
            .controls
            .iter()
            .filter(|control| control.cites.iter().any(|cite| cite.contains(mark)))
            .collect();
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|control| control.scope.starts_with(scope)), "{mark}");
    }
}

#[test]
fn it_general_controls_carry_ids_of_ours_and_no_force() {
    let sox = pack("sox-itgc");
    let rows: Vec<_> = sox.controls.iter().filter(|control| control.id.starts_with("ITGC")).collect();
    assert_eq!(rows.len(), 8);
    assert!(rows.iter().all(|control| control.is_own_id && control.kind == Kind::Convention));
    assert!(sox.controls.iter().all(|control| control.strength == Strength::Supports));
}

#[test]
fn hipaa_only_supports_and_marks_what_is_addressable_and_what_is_proposed() {
    let hipaa = pack("hipaa-security");
    assert!(hipaa.controls.iter().all(|control| control.strength == Strength::Supports));
    let addressable: Vec<_> = hipaa
        .controls
        .iter()
        .filter(|control| control.is_addressable)
        .map(|control| control.id.as_str())
        .collect();
    assert_eq!(
        addressable,
        ["164.308(a)(3)(ii),(a)(4)(ii)", "164.312(a)(2)(iv),(e)(2)(ii)", "164.312(c)(2)"]
    );
    let proposed: Vec<_> = hipaa.controls.iter().filter(|control| !control.is_in_force()).collect();
    assert_eq!(proposed.len(), 1);
    assert_eq!((proposed[0].kind, proposed[0].status), (Kind::Proposal, Status::Proposed));
}

#[test]
fn pci_6_2_3_is_satisfied_by_an_automated_review_and_6_2_3_1_speaks_only_of_manual_ones() {
    let pci = pack("pci-dss-4.0.1");
    let row = |id: &str| pci.controls.iter().find(|control| control.id == id).unwrap();
    let manual_is_bad = |criterion: CriterionIndex| match criterion.criterion().id {
        "scan.ran" | "scan.clean" => Met,
        _ => Unmet,
    };
    assert_eq!(row("6.2.3").verdict(Predicates::default(), manual_is_bad), Met);
    for informs_only in ["review.human", "review.depth"] {
        assert!(!row("6.2.3").needs.criteria().contains(&index(informs_only)));
        assert!(!row("6.2.3.1").needs.criteria().contains(&index(informs_only)));
    }
    assert_eq!(row("6.2.3.1").verdict(Predicates::default(), |_| Unmet), NotApplicable);
    let reviewed = Predicates { manual_review: true, ..Predicates::default() };
    assert_eq!(row("6.2.3.1").verdict(reviewed, |_| Unmet), Unmet);
}

#[test]
fn ai_criteria_decide_only_rows_about_ai() {
    for pack in packs() {
        for control in &pack.controls {
            let about_ai = matches!(control.applies, Applies::Ai | Applies::AiPossible);
            let decided_by_ai =
                control.needs.criteria().iter().any(|criterion| criterion.criterion().id.starts_with("ai."));
            assert!(about_ai || !decided_by_ai, "{} {}", pack.short, control.id);
        }
    }
}

#[test]
fn no_pack_repeats_a_claim_that_is_not_in_its_source() {
    let everywhere = [
        "60 %",
        "60%",
        "42.7",
        "61.3",
        "96 %",
        "96%",
        "48 %",
        "48%",
        "34 %",
        "34%",
        "AICPA acknowledged",
        "both develop and deploy",
        "authorized personnel",
        "25 items",
        "25 samples",
        "qualified personnel",
    ];
    for (path, text) in lacuna::framework::builtin::TEXTS {
        for phrase in everywhere {
            assert!(!text.contains(phrase), "{path} says “{phrase}”");
        }
    }
    for id in ["soc2-tsc-2017", "hipaa-security"] {
        for control in pack(id).controls {
            let said = format!("{} {}", control.title, control.demands).to_lowercase();
            for phrase in ["code review", "peer review", "reviewed by", "review of code"] {
                assert!(!said.contains(phrase), "{id} {} demands “{phrase}”", control.id);
            }
        }
    }
    // Seven years bind the accountant; six years bind what the Security Rule itself wants documented.
    for control in packs().into_iter().flat_map(|pack| pack.controls) {
        let said = format!("{} {} {}", control.title, control.demands, control.note).to_lowercase();
        assert_eq!(said.contains("seven years") || said.contains("7 years"), control.id == "17 CFR 210.2-06");
        assert_eq!(said.contains("six years"), control.id == "164.316(b)(1)-(2)");
    }
}

#[test]
fn every_row_cites_and_says_something_in_one_sentence() {
    for pack in packs() {
        assert!(pack.note.starts_with("In our own words"), "{}", pack.id);
        assert_eq!(pack.sha256.len(), 64);
        for control in &pack.controls {
            let place = format!("{} {}", pack.short, control.id);
            assert!(!control.cites.is_empty() && !control.group.is_empty(), "{place}");
            assert!(
                control.demands.ends_with('.') && !control.demands.contains(". "),
                "{place}: one sentence"
            );
            assert!((30..=330).contains(&control.demands.len()), "{place}: {} bytes", control.demands.len());
            assert!(!control.title.ends_with('.'), "{place}");
            assert!(
                control.informs.iter().all(|informs| !control.needs.criteria().contains(informs)),
                "{place}"
            );
        }
    }
}

#[test]
fn controls_of_a_group_stand_together() {
    for pack in packs() {
        let mut groups: Vec<&str> = pack.controls.iter().map(|control| control.group.as_str()).collect();
        groups.dedup();
        let count = groups.len();
        groups.sort_unstable();
        groups.dedup();
        assert_eq!(groups.len(), count, "{}", pack.id);
    }
}

#[test]
fn what_no_evidence_can_decide_is_unproven_and_says_why() {
    for control in packs().into_iter().flat_map(|pack| pack.controls) {
        assert_eq!(control.needs == Needs::Beyond, !control.beyond.is_empty(), "{}", control.id);
        if control.needs == Needs::Beyond {
            let all = Predicates {
                ai: true,
                ai_possible: true,
                deployed: true,
                risky: true,
                manual_review: true,
                beyond: 0,
            };
            assert_eq!(control.verdict(all, |_| Met), Unproven);
            assert!(control.remarks().contains(&control.beyond));
        }
    }
}

#[test]
fn a_bundle_without_evidence_meets_nothing() {
    for pack in packs() {
        let everything = Predicates {
            ai: true,
            ai_possible: true,
            deployed: true,
            risky: true,
            manual_review: true,
            beyond: 0,
        };
        let rows = tally(&pack, 3, |_, _| Unproven, |_| everything, |_| 0, 1, |_| Unproven);
        assert!(rows.iter().all(|row| row.verdict == Unproven && row.totals.met == 0));
    }
}

#[test]
fn the_counts_in_the_documentation_are_true() {
    let docs = include_str!("../../docs/packs.md");
    for pack in packs() {
        let count = |holds: &dyn Fn(&&Control) -> bool| pack.controls.iter().filter(holds).count();
        let beyond = count(&|control| control.needs == Needs::Beyond);
        let once = count(&|control| control.is_population() && control.needs != Needs::Beyond);
        let all = pack.controls.len();
        let requires = count(&|control| control.strength == Strength::Requires);
        let row =
            format!("| `{}` | {all} | {} | {once} | {beyond} | {requires} |", pack.id, all - once - beyond);
        assert!(docs.contains(&row), "docs/packs.md has no row {row}");
    }
    for word in
        Kind::ALL.iter().map(|kind| kind.word()).chain(Applies::ALL.iter().map(|applies| applies.word()))
    {
        assert!(docs.contains(&format!("`{word}`")), "{word}");
    }
    let example = docs.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(parse(example, "docs/packs.md").unwrap().controls.len(), 1);
}

#[test]
fn listings_are_as_they_were() {
    for pack in packs() {
        let mut text = format!("{} | {} | {} | {}\n", pack.id, pack.short, pack.version, pack.publisher);
        for control in &pack.controls {
            let own = if control.is_own_id { "*" } else { "" };
            let mut line = format!(
                "{}{own} | {} | {} | {} | {}",
                control.id,
                control.kind.word(),
                control.strength.word(),
                control.applies.word(),
                control.needs.words()
            );
            if !control.is_in_force() {
                line += &format!(" | {}", control.status.word());
            }
            if control.is_addressable {
                line += " | addressable";
            }
            text += &(line + "\n");
        }
        insta::assert_snapshot!(pack.id.clone(), text);
    }
}

#[test]
fn every_criterion_on_changes_bears_on_some_control() {
    let packs = packs();
    let idle: Vec<_> = registry::all()
        .filter(|&criterion| {
            !packs.iter().flat_map(|pack| &pack.controls).any(|control| control.bears_on(criterion))
        })
        .map(|criterion| (criterion.criterion().id, criterion.criterion().scope == Scope::Change))
        .collect();
    // No pack that comes with the tool is about DORA or SLSA yet; packs of one's own can name their rules.
    let expected = ["ai.attribution-consistent", "duties.dora-independent", "duties.slsa-two-humans"];
    assert_eq!(idle, expected.map(|id| (id, true)));
}
