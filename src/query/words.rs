//! Short words for what a step of the funnel loses: the criterion's failure, in the plural.

use crate::assess::registry::CriterionIndex;
use crate::model::Verdict;

/// Returns what went wrong with changes, to be read after a count: `31 on an older revision`.
pub fn failure(criterion: &str, verdict: Verdict) -> String {
    let is_unmet = verdict == Verdict::Unmet;
    let (unmet, unproven) = match criterion {
        "" => ("merged without any approval", "whose approval nothing shows"),
        "review.human" => {
            ("without a person among the approvers", "whose approval by a person nothing shows")
        }
        "review.independent" => {
            ("approved only by who wrote or prompted them", "whose approver's independence nothing shows")
        }
        "review.current-revision" => {
            ("approved on an older revision", "whose approved revision nothing shows")
        }
        "review.before-merge" => ("approved after the merge", "whose time of approval nothing shows"),
        "review.uncontested" => ("merged over an open objection", "whose objections nothing shows"),
        "review.depth" => ("reviewed too lightly for size and risk", "whose depth of review nothing shows"),
        "ai.disclosed" => ("with AI's part not disclosed", "with AI's part not known"),
        "ai.initiator" => {
            ("without the person who asked the AI", "with the person who asked the AI not on record")
        }
        "ai.prompt" => ("without what the AI was asked", "with what the AI was asked not on record"),
        "ai.model-pinned" => ("without an exact model version", "with the model not on record"),
        "ai.tool-approved" => {
            ("made with a tool that is not approved", "made with a tool whose approval nothing shows")
        }
        "tests.ran" => ("without tests on the merged revision", "whose tests nothing shows"),
        "tests.passed" => ("merged with failing tests", "whose test outcome nothing shows"),
        "tests.independent" => {
            ("with tests from the same session as the code", "whose tests' authorship nothing shows")
        }
        "tests.validated" => ("whose tests nobody validated", "whose tests' validation nothing shows"),
        "release.deployer-independent" => {
            ("released by who wrote or prompted them", "whose release nothing shows")
        }
        "duties.soc2-separated" => {
            ("built and implemented by one person alone", "where nothing shows a second person")
        }
        "release.approver-independent" => ("let in by who wrote them", "where nothing shows who let them in"),
        _ => {
            let claim = CriterionIndex::of(criterion).map_or(criterion, |index| index.criterion().claim);
            let word = if is_unmet { "contradicted" } else { "not shown" };
            return format!("{word}: {claim}");
        }
    };
    (if is_unmet { unmet } else { unproven }).to_owned()
}

/// Returns the first seven digits of an object id.
pub fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}
