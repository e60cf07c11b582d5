//! What several criteria find of one change for one and the same reason, told as one.
//!
//! A cause is a fact of the change or of the bundle; it takes the criteria that it alone leaves unmet or unproven. Verdicts
//! stay as they are: this says which of them would go away together.

use crate::model::Verdict;
use crate::store::ChangeSource;

use super::Assessment;
use super::registry::{self, CriterionIndex};
use super::subject::Subject;

/// One cause with what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Stable id, kebab-case.
    pub id: &'static str,
    /// The fact, in words.
    pub text: String,
    /// Unmet or unproven.
    pub verdict: Verdict,
    /// The criteria that it leaves so, at least two, in the registry's order.
    pub criteria: Vec<CriterionIndex>,
}

/// A fact, and the criteria that follow from it.
struct Rule {
    id: &'static str,
    verdict: Verdict,
    criteria: &'static [&'static str],
    /// Returns the fact in words, where it is one.
    fact: fn(&Subject<'_>) -> Option<String>,
}

const fn rule(
    id: &'static str,
    verdict: Verdict,
    criteria: &'static [&'static str],
    fact: fn(&Subject<'_>) -> Option<String>,
) -> Rule {
    Rule { id, verdict, criteria, fact }
}

fn said(is_so: bool, words: &str) -> Option<String> {
    is_so.then(|| words.to_owned())
}

/// The rules, the narrower fact first: a criterion is told once.
const RULES: &[Rule] = &[
    rule(
        "past-the-review",
        Verdict::Unmet,
        &[
            "release.protected",
            "review.human",
            "review.independent",
            "release.approver-independent",
            "authorisation.ticketed",
        ],
        |subject| {
            said(
                subject.change.source == ChangeSource::DirectCommit,
                "It came to the branch without a change of the forge.",
            )
        },
    ),
    rule(
        "not-approved",
        Verdict::Unmet,
        &["review.human", "review.independent", "release.approver-independent", "release.emergency-reviewed"],
        |subject| {
            let lists = subject.change.lists;
            let is_whole = lists.reviews && !lists.reviews_cut;
            said(is_whole && subject.approvals().next().is_none(), "Nobody approved it.")
        },
    ),
    rule(
        "approved-by-its-writers",
        Verdict::Unmet,
        &[
            "review.human",
            "review.independent",
            "review.understood",
            "release.approver-independent",
            "release.management-approved",
            "release.emergency-reviewed",
            "duties.*",
        ],
        |subject| {
            let has_own = subject
                .approvals()
                .any(|review| review.author.is_some_and(|author| subject.took_part(author)));
            said(
                has_own && subject.independent_approvals().next().is_none(),
                "Only those who wrote or prompted it approved it.",
            )
        },
    ),
    rule(
        "approved-by-machines",
        Verdict::Unmet,
        &[
            "review.human",
            "review.understood",
            "release.approver-independent",
            "release.emergency-reviewed",
            "duties.*",
        ],
        |subject| {
            let mut approvals = subject.approvals().peekable();
            let is_so = approvals.peek().is_some()
                && approvals.all(|review| subject.kind(review.author).is_machine());
            said(is_so, "Only machines approved it.")
        },
    ),
    rule(
        "approved-too-late",
        Verdict::Unmet,
        &["review.before-merge", "release.emergency-reviewed", "release.approver-independent"],
        |subject| {
            let approvals = subject.decisive_approvals();
            let is_late = |review: &&crate::store::Review| subject.is_before_merge(review) == Some(false);
            said(
                !approvals.is_empty() && approvals.iter().all(is_late),
                "Every independent approval came after the merge.",
            )
        },
    ),
    rule(
        "released-by-a-writer",
        Verdict::Unmet,
        &[
            "release.deployer-independent",
            "release.approver-independent",
            "release.management-approved",
            "duties.*",
        ],
        |subject| {
            let mut creators = subject.deployments().filter_map(|deployment| deployment.creator);
            let found = creators.find(|creator| subject.took_part(*creator))?;
            Some(format!("{} wrote or prompted it and released it.", subject.name(Some(found))))
        },
    ),
    rule("hasty-review", Verdict::Unmet, &["review.depth", "review.load"], |subject| {
        said(
            !subject.decisive_approvals().is_empty(),
            "The review was too fast, too large or too bare for the change and the reviewer's day.",
        )
    }),
    rule("other-revision", Verdict::Unmet, &["tests.ran", "scan.ran", "supply.inventoried"], |_| {
        Some("Tests, scans or inventories are of another revision than the merged one.".to_owned())
    }),
    rule(
        "unsound-signature",
        Verdict::Unmet,
        &["integrity.signature", "integrity.bound", "integrity.continuity", "release.protected"],
        |subject| {
            let mut states = subject.statements().map(|statement| statement.signature);
            said(
                states.any(|state| state == crate::model::SignatureState::Invalid),
                "A signature over it is invalid.",
            )
        },
    ),
    rule("ai-denied", Verdict::Unmet, &["ai.disclosed", "ai.attribution-consistent"], |_| {
        Some("What is said of AI's part contradicts what records show.".to_owned())
    }),
    rule(
        "no-reviews",
        Verdict::Unproven,
        &[
            "review.*",
            "release.approver-independent",
            "release.emergency-reviewed",
            "tests.validated",
            "duties.*",
        ],
        |subject| said(!subject.change.lists.reviews, "The bundle does not hold its reviews."),
    ),
    rule("ai-unknown", Verdict::Unproven, &["ai.*", "tests.independent"], |subject| {
        said(
            subject.ai == crate::model::AiInvolvement::Unknown,
            "Nothing in the bundle shows whether AI took part.",
        )
    }),
    rule("no-ticket", Verdict::Unproven, &["authorisation.*", "risk.*", "release.rollback"], |subject| {
        use crate::model::record::Register;
        said(
            subject.entries(Register::Ticket).next().is_none(),
            "The bundle holds no ticket of it in detail.",
        )
    }),
    rule(
        "no-deployment",
        Verdict::Unproven,
        &["release.deployer-independent", "release.management-approved", "duties.*"],
        |subject| said(subject.deployments().next().is_none(), "The bundle holds no deployment of it."),
    ),
    rule("no-test", Verdict::Unproven, &["tests.ran", "tests.passed"], |subject| {
        said(subject.tests().is_empty(), "The bundle holds no test result for it.")
    }),
    rule("no-scan", Verdict::Unproven, &["scan.*"], |_| {
        Some("The bundle holds no scan of the merged revision.".to_owned())
    }),
    rule("no-inventory", Verdict::Unproven, &["supply.*"], |_| {
        Some("The bundle holds no inventory of components of the merged revision.".to_owned())
    }),
    rule("no-statement", Verdict::Unproven, &["integrity.*", "release.protected"], |subject| {
        said(subject.statements().next().is_none(), "The bundle holds no statement about it.")
    }),
];

fn covers(rule: &Rule, id: &str) -> bool {
    rule.criteria.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(family) => id.starts_with(family),
        None => *pattern == id,
    })
}

/// Returns what several criteria find of a change for one reason; a criterion is in one cause at most.
pub fn of(assessment: &Assessment, row: usize, subject: &Subject<'_>) -> Vec<Cause> {
    let mut open: Vec<(CriterionIndex, Verdict)> = registry::all()
        .filter(|index| index.criterion().is_evaluated)
        .map(|index| (index, assessment.verdict(row, index)))
        .filter(|(_, verdict)| matches!(verdict, Verdict::Unmet | Verdict::Unproven))
        .collect();
    let mut causes = Vec::new();
    for rule in RULES {
        let fits = |(index, verdict): &(CriterionIndex, Verdict)| {
            *verdict == rule.verdict && covers(rule, index.criterion().id)
        };
        if open.iter().filter(|entry| fits(entry)).count() < 2 {
            continue;
        }
        let Some(text) = (rule.fact)(subject) else { continue };
        let criteria = open.iter().filter(|entry| fits(entry)).map(|(index, _)| *index).collect();
        open.retain(|entry| !fits(entry));
        causes.push(Cause { id: rule.id, text, verdict: rule.verdict, criteria });
    }
    causes
}
