//! What the user decides: period, scope, thresholds, AI inventory, bots, sensitive paths, exceptions, the funnel.
//!
//! A policy comes from `lacuna.toml` (read by `format/policy.rs`) or is the default; every report prints it.

use serde::Serialize;

use crate::model::{Moment, Verdict, Zone};

/// Everything that a result depends on beside evidence and packs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Start of the period, inclusive, on the effective date.
    #[serde(serialize_with = "moment")]
    pub from: Option<Moment>,
    /// End of the period, exclusive.
    #[serde(serialize_with = "moment")]
    pub to: Option<Moment>,
    /// The zone in which dates without one are read, and months counted.
    pub zone: Zone,
    /// The date of a change that decides whether it is in the period.
    pub effective: Effective,
    /// "Now", which decides what has expired; `None` takes the latest moment in the evidence.
    #[serde(serialize_with = "moment")]
    pub now: Option<Moment>,
    /// Repositories in scope, `owner/name` with `*` wildcards; empty for all.
    pub repositories: Vec<String>,
    /// Protected branches, with `*` wildcards; empty for the branches that changes were merged into.
    pub branches: Vec<String>,
    /// Thresholds of review depth.
    pub depth: DepthThresholds,
    /// What the remaining criteria demand.
    pub demands: Demands,
    /// Approved AI tools; `None` where there is no inventory.
    pub ai_inventory: Option<Vec<ApprovedTool>>,
    /// Accounts that are bots (logins or addresses, `*` wildcards).
    pub bots: Vec<String>,
    /// Accounts that are AI agents.
    pub agents: Vec<String>,
    /// Accounts that are services.
    pub services: Vec<String>,
    /// Accounts that are persons although nothing in the evidence says so.
    pub humans: Vec<String>,
    /// Which accounts are one person's, and which are not.
    pub persons: Vec<PersonRule>,
    /// Thresholds of patterns in who does what, and who counts for rules of segregation.
    pub duties: DutyRules,
    /// Paths that make a change risky.
    pub sensitive: Vec<SensitivePaths>,
    /// Systems that frameworks ask about, with what belongs to them.
    pub systems: Vec<System>,
    /// Prefixes of ticket keys (`PAY` for `PAY-331`); empty accepts every prefix of two or more capitals.
    pub ticket_prefixes: Vec<String>,
    /// Who may sign what; empty where the policy does not say.
    pub identities: Vec<TrustedIdentity>,
    /// Builders that are trusted, in place of those that are built in.
    pub builders: Vec<TrustedBuilder>,
    /// Environments that count as production, with `*` wildcards.
    pub production: Vec<String>,
    /// Accepted deviations.
    pub exceptions: Vec<Exception>,
    /// The steps of the funnel.
    pub funnel: Vec<FunnelStep>,
}

/// The date of a change that decides whether it is in the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effective {
    /// When it was merged.
    #[default]
    Merge,
    /// When it was first released to production.
    Deployment,
}

impl Effective {
    /// Returns the word of policies and outputs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Deployment => "deployment",
        }
    }

    /// Returns the date of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Merge, Self::Deployment].into_iter().find(|date| date.word() == word)
    }
}

/// Part of what belongs to a system. Of each list that says anything, one entry must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct System {
    /// The system, as packs name it: `icfr`, `cde`, `ephi`, `high-risk-ai`.
    pub tag: String,
    /// Repositories, `*` wildcards.
    pub repositories: Vec<String>,
    /// Branches, `*` wildcards.
    pub branches: Vec<String>,
    /// Path patterns: `*` within a part, `**` across parts.
    pub paths: Vec<String>,
    /// Labels, `*` wildcards.
    pub labels: Vec<String>,
}

/// Thresholds of the review-depth classes (design §8).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DepthThresholds {
    /// More changed lines an hour than this is at most shallow.
    pub lines_per_hour: f64,
    /// More changed lines in one review than this is at most shallow.
    pub lines_per_sitting: u64,
    /// Less seconds for a changed line than this is at most shallow.
    pub seconds_per_line: f64,
    /// An approval within this many seconds of the last push or request is at most shallow.
    pub instant_seconds: u64,
    /// From this many changed lines on, a change is risky.
    pub risky_lines: u64,
    /// Words that a comment must have to count as substance.
    pub substance_words: u64,
}

/// What criteria on scans, tickets, roles, components, records and registers demand.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Demands {
    /// Security severity, 0 to 10, from which a finding is serious; without one, the level `error` is.
    pub serious_severity: f64,
    /// Tiers that a risky change must not have, `*` wildcards.
    pub low_tiers: Vec<String>,
    /// Labels that record a risk tier, `*` wildcards.
    pub tier_labels: Vec<String>,
    /// Roles that answer for a release, `*` wildcards.
    pub management_roles: Vec<String>,
    /// Labels, priorities and types that mark an urgent change, `*` wildcards.
    pub emergency_labels: Vec<String>,
    /// Days within which an urgent change must be reviewed.
    pub emergency_review_days: u64,
    /// Days that records must be kept; `None` where the policy does not say.
    pub retention_days: Option<u64>,
    /// Paths that hold documentation: `*` within a part, `**` across parts.
    pub documents: Vec<String>,
    /// Licences that components may have, `*` wildcards; empty where the policy does not say.
    pub licences: Vec<String>,
    /// Days after which a training, acknowledgement or access review without an end of its own is over.
    pub valid_days: u64,
}

/// A person as the user sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonRule {
    /// Name to show.
    pub name: String,
    /// Logins and addresses that are theirs.
    pub accounts: Vec<String>,
    /// Logins and addresses that are not theirs, whatever weaker sources say.
    pub apart: Vec<String>,
    /// Line of the policy file.
    pub line: u64,
}

/// What patterns of duties are measured by (`docs/duties.md`).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DutyRules {
    /// A reviewer with more changed lines than this on one day (UTC) is over load.
    pub lines_per_day: u64,
    /// A reviewer of more changes than this on one day is over load.
    pub reviews_per_day: u64,
    /// So many approvals by one person…
    pub burst_approvals: u64,
    /// …within so many minutes are a burst.
    pub burst_minutes: u64,
    /// Two persons who approved at least so many changes of each other…
    pub reciprocal_changes: u64,
    /// …and at least this share of each other's approved changes approve each other.
    pub reciprocal_share: f64,
    /// Accounts of robots that the organisation trusts to write changes, `*` wildcards; an AI agent is never one.
    pub trusted_robots: Vec<String>,
}

/// An AI tool that may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovedTool {
    /// Tool, lower case, `*` wildcards.
    pub tool: String,
    /// Models that may be used with it, `*` wildcards; empty for any.
    pub models: Vec<String>,
    /// From when.
    #[serde(serialize_with = "moment")]
    pub from: Option<Moment>,
    /// Until when, exclusive.
    #[serde(serialize_with = "moment")]
    pub until: Option<Moment>,
}

/// A builder that provenance may name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedBuilder {
    /// Its id in provenance, `*` wildcards.
    pub id: String,
    /// Who signs for it, `*` wildcards; empty for the builder itself.
    pub identity: String,
    /// Who vouches for the signer, `*` wildcards; empty for any.
    pub issuer: String,
    /// The greatest level of the Build track that it is trusted for, 1 to 3.
    pub level: u8,
}

/// An identity that may sign statements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedIdentity {
    /// Identity as a certificate or key names it, `*` wildcards.
    pub identity: String,
    /// Who vouches for the identity, `*` wildcards; empty for any.
    pub issuer: String,
    /// Predicate types that it may attest, `*` wildcards; empty for any.
    pub attests: Vec<String>,
    /// From when it is trusted, by the time of signing.
    #[serde(serialize_with = "moment")]
    pub from: Option<Moment>,
    /// Until when, exclusive.
    #[serde(serialize_with = "moment")]
    pub until: Option<Moment>,
}

/// Paths that make a change risky.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SensitivePaths {
    /// What they hold, for instance `cardholder data`.
    pub label: String,
    /// Path patterns: `*` within a part, `**` across parts.
    pub paths: Vec<String>,
    /// Roles of `people.csv` that are specialists for them, `*` wildcards; empty takes the label as the role.
    pub roles: Vec<String>,
}

/// An accepted deviation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    /// Id that reports print.
    pub id: String,
    /// Criteria that it covers, by id; `review.*` covers a family.
    pub criteria: Vec<String>,
    /// Changes that it covers: `owner/name#12`, `#12` or a commit; empty covers none.
    pub changes: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// What is done instead.
    pub compensating_control: String,
    /// From when.
    #[serde(serialize_with = "moment")]
    pub from: Option<Moment>,
    /// Until when, exclusive; without it the exception never applies.
    #[serde(serialize_with = "moment")]
    pub until: Option<Moment>,
    /// Line of the policy file.
    pub line: u64,
}

/// One step of the funnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunnelStep {
    /// Stable id.
    pub id: String,
    /// What it says.
    pub title: String,
    /// The criteria that make it up.
    pub criteria: Vec<String>,
}

impl Default for DepthThresholds {
    fn default() -> Self {
        Self {
            lines_per_hour: 500.0,
            lines_per_sitting: 400,
            seconds_per_line: 1.0,
            instant_seconds: 60,
            risky_lines: 400,
            substance_words: 4,
        }
    }
}

impl Default for Demands {
    fn default() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.into()).collect();
        Self {
            serious_severity: 7.0,
            low_tiers: texts(&["low", "minor", "minimal", "none"]),
            tier_labels: texts(&["risk:*", "risk/*", "risk-*"]),
            management_roles: texts(&["release manager", "change manager", "manager", "product owner"]),
            emergency_labels: texts(&["emergency", "emergency change", "hotfix", "break-glass", "urgent"]),
            emergency_review_days: 3,
            retention_days: None,
            documents: texts(&["docs/**", "**/docs/**", "README*", "**/README*", "CHANGELOG*", "**.adoc"]),
            licences: Vec::new(),
            valid_days: 365,
        }
    }
}

impl Default for DutyRules {
    fn default() -> Self {
        Self {
            lines_per_day: 2000,
            reviews_per_day: 20,
            burst_approvals: 5,
            burst_minutes: 10,
            reciprocal_changes: 3,
            reciprocal_share: 0.8,
            trusted_robots: Vec::new(),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            zone: Zone::UTC,
            effective: Effective::Merge,
            now: None,
            repositories: Vec::new(),
            branches: Vec::new(),
            depth: DepthThresholds::default(),
            demands: Demands::default(),
            ai_inventory: None,
            bots: Vec::new(),
            agents: Vec::new(),
            services: Vec::new(),
            humans: Vec::new(),
            persons: Vec::new(),
            duties: DutyRules::default(),
            sensitive: Vec::new(),
            systems: Vec::new(),
            ticket_prefixes: Vec::new(),
            identities: Vec::new(),
            builders: Vec::new(),
            production: vec!["prod*".into(), "live".into()],
            exceptions: Vec::new(),
            funnel: default_funnel(),
        }
    }
}

/// Returns the funnel of design §4.
pub fn default_funnel() -> Vec<FunnelStep> {
    let step = |id: &str, title: &str, criteria: &[&str]| FunnelStep {
        id: id.into(),
        title: title.into(),
        criteria: criteria.iter().map(|&c| c.into()).collect(),
    };
    vec![
        step("independent", "By a person who did not write it", &["review.human", "review.independent"]),
        step("revision", "On the merged revision", &["review.current-revision"]),
        step("before-merge", "Before the merge", &["review.before-merge"]),
        step("depth", "By a review deep enough for its risk", &["review.depth"]),
        step(
            "ai",
            "AI's part known, prompt and model kept",
            &["ai.disclosed", "ai.initiator", "ai.prompt", "ai.model-pinned"],
        ),
        step(
            "tests",
            "Tests ran on it, validated by someone else",
            &["tests.ran", "tests.passed", "tests.independent"],
        ),
        step("release", "Released by someone else", &["release.deployer-independent"]),
    ]
}

/// Returns whether `text` matches `pattern`, where `*` stands for any run of characters; without regard to case.
#[inline]
pub fn wildcard(pattern: &str, text: &str) -> bool {
    // There are many paths and many patterns: most are refused by their first or their last letter.
    let differ = |letter: Option<&u8>, other: Option<&u8>| match (letter, other) {
        (Some(letter), Some(other)) => {
            *letter != b'*' && letter.is_ascii() && other.is_ascii() && !letter.eq_ignore_ascii_case(other)
        }
        _ => false,
    };
    let (own, its) = (pattern.as_bytes(), text.as_bytes());
    !differ(own.first(), its.first()) && !differ(own.last(), its.last()) && is_like(pattern, text)
}

fn is_like(pattern: &str, text: &str) -> bool {
    // Most patterns have one star: what stands around it decides, unless case is not a matter of single letters.
    let parts = pattern.split_once('*').map(|(start, end)| (start, end.trim_start_matches('*')));
    if let Some((start, end)) = parts.filter(|(_, end)| !end.contains('*')) {
        let (start, end, text) = (start.as_bytes(), end.as_bytes(), text.as_bytes());
        let fits = text.len() >= start.len() + end.len()
            && text[..start.len()].eq_ignore_ascii_case(start)
            && text[text.len() - end.len()..].eq_ignore_ascii_case(end);
        if fits || text.is_ascii() && pattern.is_ascii() {
            return fits;
        }
    }
    if pattern.is_ascii() && text.is_ascii() {
        return fits(pattern.as_bytes(), text.as_bytes(), b'*', |a, b| a.eq_ignore_ascii_case(b));
    }
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    fits(&lower(pattern), &lower(text), '*', |a, b| a == b)
}

/// Matches letter by letter; `any` stands for any run of them.
pub(crate) fn fits<T: Copy + PartialEq>(pattern: &[T], text: &[T], any: T, same: fn(&T, &T) -> bool) -> bool {
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == any {
            star = Some(p);
            mark = t;
            p += 1;
        } else if p < pattern.len() && same(&pattern[p], &text[t]) {
            p += 1;
            t += 1;
        } else if let Some(star) = star {
            p = star + 1;
            mark += 1;
            t = mark;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == any)
}

/// The worst of some verdicts; `not applicable` for none.
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().max().unwrap_or(Verdict::NotApplicable)
}

fn moment<S: serde::Serializer>(moment: &Option<Moment>, serializer: S) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => serializer.collect_str(moment),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_whole_texts_without_case() {
        assert!(wildcard("acme/*", "Acme/pay"));
        assert!(wildcard("*[bot]", "dependabot[bot]"));
        assert!(!wildcard("prod", "production"));
        assert!(wildcard("prod*", "production"));
        assert!(wildcard("**a*b", "xxayyb"));
        assert!(wildcard("*.MD", "docs/a.md") && !wildcard("*.md", "docs/a.rs") && !wildcard("*.md", ""));
        assert!(wildcard("", "") && !wildcard("", "a") && wildcard("*", ""));
        assert!(wildcard("é*", "École"));
        assert!(wildcard("k*", "\u{212a}elvin"), "the sign of the unit is a k in lower case");
        assert!(wildcard("*K", "5 \u{212a}") && wildcard("é*é", "ÉÉ") && !wildcard("é*é", "É"));
        assert!(!wildcard("ab*ba", "aba") && wildcard("ab*ba", "ABBA") && wildcard("ab*ba", "ab-ba"));
    }

    proptest::proptest! {
        #[test]
        fn one_star_is_decided_as_any_number_of_them_is(start in "[aAbK\u{212a}é]{0,3}", end in "[aAbK\u{212a}é]{0,3}", text in "[aAbBkK\u{212a}éÉ]{0,8}") {
            let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
            for stars in ["*", "**"] {
                let pattern = format!("{start}{stars}{end}");
                let general = fits(&lower(&pattern), &lower(&text), '*', |a, b| a == b);
                proptest::prop_assert_eq!(is_like(&pattern, &text), general);
            }
        }
    }
}
