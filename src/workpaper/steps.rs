//! How a person tests a criterion: what to open, and what to hold against what. Inspection and re-performance, in words.

/// How each criterion is tested by hand, by id.
const HOW: &[(&str, &str)] = &[
    (
        "authorisation.ticketed",
        "Open the ticket. It asks for this change, and somebody entitled to ask made it.",
    ),
    (
        "authorisation.before-work",
        "Compare when the ticket was opened with the author time of the first commit.",
    ),
    (
        "ai.disclosed",
        "Read the AI records and the description. AI's part is stated, and nothing contradicts it.",
    ),
    ("ai.initiator", "Find who asked the AI. It is a named person, not an account of a machine."),
    (
        "ai.prompt",
        "Open the prompt or session that the record names, or recompute its digest. It fits the change.",
    ),
    ("ai.model-pinned", "Read tool and model in the record. The model is an exact version, not an alias."),
    (
        "ai.reproducible",
        "Read what the record says on repeating the output, and try where it says that it can be.",
    ),
    ("ai.tool-approved", "Look tool, model and date up in the approved inventory."),
    (
        "ai.own-identity",
        "Look the agent's account up at the identity provider. It is its own, with rights that somebody granted.",
    ),
    ("ai.input-clean", "Search the gateway's log for this session. Nothing that must not leave was sent."),
    (
        "ai.attribution-consistent",
        "Hold two records of one commit side by side, and their line ranges against the diff.",
    ),
    ("review.human", "Open the approval. A person gave it; look the account up where it could be a machine."),
    (
        "review.independent",
        "Compare the approver with author, co-authors and prompter. It is none of them, under any account.",
    ),
    (
        "review.current-revision",
        "Compare the commit that was approved with the last revision and the merge commit.",
    ),
    ("review.before-merge", "Compare the time of the approval with the time of the merge."),
    (
        "review.uncontested",
        "Read each reviewer's last decision. Nobody's request for changes was left standing.",
    ),
    (
        "review.depth",
        "Read the comments and the times. The attention fits size and risk of the change; ask the reviewer where in doubt.",
    ),
    (
        "review.understood",
        "Ask the reviewer to explain what the change does and what could go wrong, or read the signed statement.",
    ),
    (
        "review.qualified",
        "Look the reviewer up in the training and ownership records on the day of the review.",
    ),
    ("review.specialist", "Find which specialist the touched paths call for, and that person's review."),
    (
        "release.management-approved",
        "Open the release approval. Somebody accountable gave it before the release.",
    ),
    (
        "release.deployer-independent",
        "Open the deployment. Whoever started it neither wrote nor prompted the change.",
    ),
    ("release.approver-independent", "Find who let the change in or released it. It is nobody who wrote it."),
    (
        "release.protected",
        "Read the rules of the branch as they stood at the merge, and whether anybody was let past them.",
    ),
    (
        "release.emergency-reviewed",
        "Where the change was urgent, find its review afterwards and compare the delay with the policy.",
    ),
    ("tests.ran", "Open the run. It is of the merged revision, and the tests that matter were not skipped."),
    ("tests.passed", "Read the outcome of the last run of each test."),
    ("tests.independent", "Compare who or what wrote the code with who wrote its tests."),
    ("tests.traced", "Follow one requirement to its test and to the line that it exercises."),
    ("tests.validated", "Find who said what the tests test, and whether it was more than that they pass."),
    ("scan.ran", "Open the scan. It is of the merged revision, with the rules in force."),
    ("scan.clean", "Read the findings that were open at release, and who accepted them."),
    (
        "integrity.signature",
        "Check the signature again with a tool of your own, against a key that did not come with the evidence.",
    ),
    ("integrity.bound", "Compare the digest in the statement with the merge commit or the last revision."),
    (
        "integrity.not-only-typed",
        "Find a record of a system or a signed statement beside what somebody typed.",
    ),
    ("integrity.clock", "Put all times of the change in order, and ask for the cause of any that cannot be."),
    (
        "integrity.continuity",
        "Compare the revision before this one with the branch's history, and since when its controls were in force.",
    ),
];

/// Returns how a person tests a criterion.
pub fn how(criterion: &str) -> &'static str {
    HOW.iter()
        .find(|(id, _)| *id == criterion)
        .map_or("Ask for the record that shows it, open it, and decide whether it does.", |(_, how)| how)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::registry::CriterionIndex;

    #[test]
    fn every_step_is_of_a_criterion_and_stands_once() {
        for (at, (id, _)) in HOW.iter().enumerate() {
            assert!(CriterionIndex::of(id).is_some(), "{id}");
            assert!(HOW[..at].iter().all(|(other, _)| other != id), "{id} twice");
        }
    }
}
