//! The list of criteria: ids, claims in plain words, scope, and whether a format brings the evidence yet.
//!
//! The order is the order of every output.

/// What a criterion is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Once for each change.
    Change,
    /// Once for the population.
    Population,
}

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// `family.claim`.
    pub id: &'static str,
    /// The claim, so that `met` is good.
    pub claim: &'static str,
    /// What it is decided on.
    pub scope: Scope,
    /// Whether this version evaluates it; otherwise no format brings its evidence yet and it is always unproven.
    pub is_evaluated: bool,
    /// What would close a gap, in words.
    pub closes: &'static str,
}

/// The position of a criterion in [`CRITERIA`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CriterionIndex(pub u8);

impl CriterionIndex {
    /// Returns the position of an id.
    pub fn of(id: &str) -> Option<Self> {
        CRITERIA
            .iter()
            .position(|criterion| criterion.id == id)
            .and_then(|at| u8::try_from(at).ok())
            .map(Self)
    }

    /// Returns the criterion.
    pub fn criterion(self) -> &'static Criterion {
        &CRITERIA[usize::from(self.0).min(CRITERIA.len() - 1)]
    }

    /// Returns the position as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Returns the positions of all criteria, in order.
pub fn all() -> impl Iterator<Item = CriterionIndex> {
    (0..u8::try_from(CRITERIA.len()).unwrap_or(u8::MAX)).map(CriterionIndex)
}

const fn change(id: &'static str, claim: &'static str, closes: &'static str) -> Criterion {
    Criterion { id, claim, scope: Scope::Change, is_evaluated: true, closes }
}

const fn population(id: &'static str, claim: &'static str, closes: &'static str) -> Criterion {
    Criterion { id, claim, scope: Scope::Population, is_evaluated: true, closes }
}

/// All criteria, in the order of every output.
pub const CRITERIA: &[Criterion] = &[
    population(
        "population.source-known",
        "It is known where the list of changes came from",
        "Export the changes with a named command and keep its output as it is; add the git bundle of the branch.",
    ),
    population(
        "population.complete",
        "Every commit on the protected branch belongs to a change, and every merged change is on it",
        "Add the git bundle of the branch and the pull requests that are named as missing.",
    ),
    population(
        "population.reconciled",
        "The changes and the deployments account for each other",
        "Add the deployment log of the period.",
    ),
    population(
        "population.untruncated",
        "No list in the bundle was cut by its export",
        "Export again with a higher limit or page by page.",
    ),
    change(
        "authorisation.ticketed",
        "A ticket or request stands behind the change",
        "Link the ticket in the pull request, its branch name or a commit, and export it.",
    ),
    change(
        "authorisation.before-work",
        "The change was authorised before work on it began",
        "Export the tickets with the time they were opened.",
    ),
    change(
        "ai.disclosed",
        "AI's part in the change is on record, or recorded as none",
        "Add git-ai notes or Agent Trace records, or disclose AI use in a trailer of every commit.",
    ),
    change(
        "ai.initiator",
        "The person who asked the AI for it is on record",
        "Record the human initiator in the session record (git-ai does).",
    ),
    change(
        "ai.prompt",
        "What the AI was asked is on record",
        "Keep the prompt, a digest of it, or a link to the session.",
    ),
    change(
        "ai.model-pinned",
        "The model and its version are on record",
        "Record the exact model version; an alias such as `latest` does not count.",
    ),
    change(
        "ai.reproducible",
        "It is declared whether the output can be reproduced, with what is needed for it",
        "Record parameters and an output digest, or declare that it cannot be reproduced.",
    ),
    change(
        "ai.tool-approved",
        "The AI tool and model were approved for use",
        "Add the AI inventory to lacuna.toml.",
    ),
    change(
        "ai.own-identity",
        "The agent acted under an identity of its own",
        "Export the identities of agents from the identity provider.",
    ),
    change(
        "ai.input-clean",
        "Nothing was put into a prompt that must not leave",
        "Add the data-loss-prevention log of the AI gateway.",
    ),
    change(
        "ai.attribution-consistent",
        "What is said of AI's part agrees with the commits and with itself",
        "Find out which record is right; rewrite notes that a rebase or squash moved.",
    ),
    change(
        "review.human",
        "A human approved it",
        "Require one human approval beside any bot's; list accounts in people.csv where the export does not tell their kind.",
    ),
    change(
        "review.independent",
        "Someone approved it who neither wrote nor prompted it",
        "Require an approval by someone other than author, co-authors and prompter.",
    ),
    change(
        "review.current-revision",
        "The merged revision is the approved one",
        "Dismiss approvals when new commits arrive, or ask for another approval of the last revision.",
    ),
    change(
        "review.before-merge",
        "The approval came before the merge",
        "Block merging until it is approved.",
    ),
    change(
        "review.uncontested",
        "Nobody's objection was open at the merge",
        "Have the objector approve, or dismiss the objection with a reason, before merging.",
    ),
    change(
        "review.depth",
        "The review was deep enough for the size and risk of the change",
        "Split large changes; leave comments with substance; take time in proportion to the lines.",
    ),
    change(
        "review.load",
        "The reviewer was not overloaded that day",
        "Spread reviews over more people and days; export changed lines with the changes.",
    ),
    change(
        "review.understood",
        "The reviewer states what they understood",
        "Collect signed review statements.",
    ),
    change(
        "review.qualified",
        "The reviewer is trained and entitled to review it",
        "Add training records and code owners.",
    ),
    change(
        "review.specialist",
        "A specialist reviewed what is sensitive",
        "Name specialists by path in people.csv.",
    ),
    change(
        "release.management-approved",
        "Someone accountable for the release approved it",
        "Add the release approvals of the change system.",
    ),
    change(
        "release.deployer-independent",
        "Released by someone who neither wrote nor prompted it",
        "Export deployments with their creator, and have someone else start them.",
    ),
    change(
        "release.approver-independent",
        "Whoever let it in or released it did not write it",
        "Have someone other than the author merge, or approve the deployment.",
    ),
    change(
        "release.protected",
        "The branch was protected when it was merged",
        "Export branch protection or rulesets, or signed source provenance.",
    ),
    change(
        "release.emergency-reviewed",
        "Urgent changes were reviewed afterwards",
        "Mark urgent changes and export their reviews.",
    ),
    change("release.rollback", "There was a way back", "Add the back-out plan of the change ticket."),
    change(
        "duties.soc2-separated",
        "Nobody built and implemented it alone (SOC 2)",
        "Have another person approve, merge or release it; or record the control that takes its place as an exception.",
    ),
    change(
        "duties.sox-separated",
        "Approver and migrator are not the author (SOX)",
        "Have someone else approve it and move it to production, and export deployments with their creator.",
    ),
    change(
        "duties.pci-three-persons",
        "Author, reviewer and accountable approver are three persons (PCI DSS 6.2.3.1)",
        "List who is accountable for releases as a role in people.csv, and have them approve beside a reviewer.",
    ),
    change(
        "duties.dora-independent",
        "Who approved it neither requested nor implemented it (DORA RTS 17(1)(b))",
        "Export tickets with who opened them and deployments with who started them; have a third person approve.",
    ),
    change(
        "duties.slsa-two-humans",
        "Two humans agreed to it before the merge (SLSA Source level 4)",
        "Require an approval by another human, and by two where a bot or an agent brings the change in.",
    ),
    change(
        "tests.ran",
        "Tests ran on the merged revision",
        "Export checks with the pull requests, or test reports named after the commit.",
    ),
    change("tests.passed", "The tests passed", "Do not merge while checks fail."),
    change(
        "tests.independent",
        "The tests were not all written by the session that wrote the code",
        "Have tests written or extended by someone else, and record it.",
    ),
    change("tests.traced", "Tests are traced to what was asked for", "Add a requirement-to-test matrix."),
    change(
        "tests.validated",
        "A named human validated what the tests test",
        "Record who validated the tests, in a review comment on them or a signed statement.",
    ),
    change("scan.ran", "Security scans ran on the merged revision", "Add SARIF with the revision in it."),
    change("scan.clean", "No serious finding was open at release", "Add SARIF and the accepted findings."),
    change("risk.tiered", "The risk tier is on record", "Record the tier in the ticket."),
    change(
        "risk.impact-assessed",
        "The impact on security was assessed",
        "Add the impact assessment of the change ticket.",
    ),
    change(
        "integrity.signature",
        "Signatures over the change check out",
        "Add signed statements about the merged revision, and name who may sign them in lacuna.toml.",
    ),
    change(
        "integrity.bound",
        "A statement is bound to the merged revision by digest",
        "Attest the merged commit itself.",
    ),
    change(
        "integrity.not-only-typed",
        "What counts is known by more than typed text",
        "Bring records of the forge or of tools, or signed statements, beside trailers.",
    ),
    change(
        "integrity.clock",
        "The times on record are in a possible order",
        "Check the clocks of the systems named.",
    ),
    change(
        "integrity.continuity",
        "Controls were in force without a gap",
        "Add signed source provenance of the whole period.",
    ),
    change("supply.inventoried", "New components are in the inventory", "Add the SBOM of the release."),
    change("supply.licensed", "Licences of what is new are cleared", "Add the licence scan."),
    change(
        "records.retained",
        "Records are kept as long as they must be",
        "State the retention period in the policy.",
    ),
    change(
        "records.documented",
        "Documentation was updated with the change",
        "Record which documents belong to it.",
    ),
    population(
        "governance.ai-inventory",
        "There is an inventory of AI tools with owners",
        "Add the AI register.",
    ),
    population("governance.vendor-assured", "AI vendors are assured", "Add vendor assurance reports."),
    population("governance.trained", "People are trained", "Add training records."),
    population("governance.policy-acknowledged", "The AI policy is acknowledged", "Add acknowledgements."),
    population(
        "governance.incident-traceable",
        "Incidents can be traced to changes",
        "Add the incident log.",
    ),
    population("governance.access-reviewed", "Access rights were reviewed", "Add the access review."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_have_a_family() {
        let mut ids: Vec<_> = CRITERIA.iter().map(|criterion| criterion.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CRITERIA.len());
        assert!(ids.iter().all(|id| id.split('.').count() == 2));
    }
}
