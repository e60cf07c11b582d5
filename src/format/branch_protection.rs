//! The protection of branches: the protection of one branch, rulesets (as imported and as read back), and the webhook of
//! a changed rule.
//!
//! Each shows what was configured when it was exported or declared, not at the time of a merge.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::github_rest::{Repository, first};
use super::json::{JsonReader, TakeRecord, Text, Time};
use super::{Context, Format, Head, github};
use crate::model::record::{ProtectionRecord, Record, Str};
use crate::model::{At, Records};

/// Branch protections and rulesets of GitHub.
pub static FORMAT: Format = Format {
    id: "github-branch-protection",
    title: "GitHub branch protection and rulesets",
    recognise,
    open: || Box::new(JsonReader::new(Protections)),
};

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let marks =
        ["required_pull_request_reviews", "enforce_admins", "required_status_checks", "allow_force_pushes"];
    let has = marks.iter().filter(|mark| peek.has(mark)).count();
    let is_of_branch = peek.text("url").is_some_and(|url| url.ends_with("/protection"));
    if has >= 2 || (has >= 1 && is_of_branch) {
        Some("object with required_pull_request_reviews or enforce_admins: branch protection".into())
    } else if peek.has_all(&["enforcement", "rules"]) || peek.has_all(&["enforcement", "target", "name"]) {
        Some("object with enforcement and rules: ruleset".into())
    } else if peek.has_all(&["action", "rule/required_approving_review_count"]) {
        Some("object with action and rule: webhook payload of a branch protection rule".into())
    } else {
        None
    }
}

/// A branch protection, a ruleset, or the payload of a changed rule.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    required_pull_request_reviews: Option<Reviews<'a>>,
    enforce_admins: Option<Enabled>,
    required_status_checks: Option<IgnoredAny>,

    #[serde(borrow)]
    enforcement: Text<'a>,
    #[serde(borrow)]
    target: Text<'a>,
    #[serde(borrow)]
    source: Text<'a>,
    conditions: Option<Conditions<'a>>,
    bypass_actors: Option<Vec<BypassActor<'a>>>,
    rules: Option<Vec<Rule<'a>>>,
    updated_at: Time,

    #[serde(borrow)]
    action: Text<'a>,
    rule: Option<WebhookRule<'a>>,
    repository: Option<Repository<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reviews<'a> {
    required_approving_review_count: Option<u32>,
    dismiss_stale_reviews: Option<bool>,
    #[serde(borrow)]
    bypass_pull_request_allowances: Option<Allowances<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Allowances<'a> {
    #[serde(borrow)]
    users: Option<Vec<Named<'a>>>,
    teams: Option<Vec<Named<'a>>>,
    apps: Option<Vec<Named<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow, rename = "node_id")]
    _id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Enabled {
    enabled: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Conditions<'a> {
    #[serde(borrow)]
    ref_name: Option<RefName<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RefName<'a> {
    #[serde(borrow)]
    include: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BypassActor<'a> {
    actor_id: Option<u64>,
    #[serde(borrow)]
    actor_type: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Parameters {
    required_approving_review_count: Option<u32>,
    dismiss_stale_reviews_on_push: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WebhookRule<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    pull_request_reviews_enforcement_level: Text<'a>,
    required_approving_review_count: Option<u32>,
    dismiss_stale_reviews_on_push: Option<bool>,
    admin_enforced: Option<bool>,
    #[serde(borrow)]
    required_status_checks_enforcement_level: Text<'a>,
    updated_at: Time,
}

struct Protections;

impl TakeRecord for Protections {
    type Value<'de> = Document<'de>;

    fn take(&mut self, at: At, document: Document<'_>, _: &Context<'_>, out: &mut dyn Records) {
        if document.rule.is_some() {
            out.record(at, Record::Protection(changed_rule(document)));
        } else if !document.enforcement.is_empty() {
            ruleset(at, document, out);
        } else {
            out.record(at, Record::Protection(protection(document)));
        }
    }
}

/// Reads `GET /repos/O/R/branches/B/protection`: what it does not name is not demanded.
fn protection(document: Document<'_>) -> ProtectionRecord<'_> {
    let reviews = document.required_pull_request_reviews;
    let length = |list: &Option<Vec<Named<'_>>>| list.as_ref().map_or(0, Vec::len);
    let bypass = reviews.as_ref().map(|reviews| {
        reviews
            .bypass_pull_request_allowances
            .as_ref()
            .map_or(0, |allowed| length(&allowed.users) + length(&allowed.teams) + length(&allowed.apps))
    });
    ProtectionRecord {
        repository: github::repository(&document.url.0),
        branch: branch_of(&document.url.0),
        enforced: true,
        required_approvals: Some(
            reviews.as_ref().and_then(|reviews| reviews.required_approving_review_count).unwrap_or(0),
        ),
        dismisses_stale: Some(
            reviews.as_ref().and_then(|reviews| reviews.dismiss_stale_reviews).unwrap_or(false),
        ),
        binds_administrators: document.enforce_admins.and_then(|enforce| enforce.enabled),
        bypass_actors: bypass.and_then(|count| u32::try_from(count).ok()),
        requires_checks: Some(document.required_status_checks.is_some()),
        exported: None,
    }
}

/// Returns the branch of an address that ends in `/branches/B/protection`.
fn branch_of<'a>(url: &Str<'a>) -> Str<'a> {
    let branch = github::behind(url, "/branches/");
    match branch.find("/protection") {
        Some(end) => Cow::Owned(branch[..end].replace("%2F", "/")),
        None => branch,
    }
}

/// Reads a ruleset: one record for each pattern of branches that it includes.
fn ruleset(at: At, document: Document<'_>, out: &mut dyn Records) {
    if !matches!(document.target.as_str(), "" | "branch") {
        return;
    }
    let rules = document.rules.as_deref();
    let rule = |kind: &str| rules.and_then(|rules| rules.iter().find(|rule| rule.kind.as_str() == kind));
    let review = rule("pull_request");
    let parameters = review.and_then(|rule| rule.parameters.as_ref());
    // A list of rulesets names no rules; then nothing is known of what they demand.
    let demanded = |value: Option<u32>| rules.map(|_| value.unwrap_or(0));
    let bypass = document.bypass_actors.as_deref();
    // Role 5 is the repository's administrator.
    let lets_administrators = |actor: &BypassActor<'_>| {
        actor.actor_type.as_str() == "OrganizationAdmin"
            || (actor.actor_type.as_str() == "RepositoryRole" && actor.actor_id == Some(5))
    };
    let source = if document.source.0.contains('/') { document.source.0 } else { Cow::Borrowed("") };
    let includes =
        document.conditions.and_then(|conditions| conditions.ref_name).and_then(|name| name.include);
    let branches = includes.filter(|list| !list.is_empty()).unwrap_or_else(|| vec![Text::default()]);
    for branch in branches {
        let branch = branch.as_str();
        let record = ProtectionRecord {
            repository: source.clone(),
            branch: Cow::Borrowed(branch.strip_prefix("refs/heads/").unwrap_or(branch)),
            enforced: document.enforcement.as_str() == "active",
            required_approvals: demanded(parameters.and_then(|p| p.required_approving_review_count)),
            dismisses_stale: rules
                .map(|_| parameters.and_then(|p| p.dismiss_stale_reviews_on_push).unwrap_or(false)),
            binds_administrators: bypass.map(|actors| !actors.iter().any(lets_administrators)),
            bypass_actors: bypass.and_then(|actors| u32::try_from(actors.len()).ok()),
            requires_checks: rules.map(|_| rule("required_status_checks").is_some()),
            exported: document.updated_at.0,
        };
        out.record(at, Record::Protection(record));
    }
}

/// Reads the webhook `branch_protection_rule`.
fn changed_rule(document: Document<'_>) -> ProtectionRecord<'_> {
    let rule = document.rule.unwrap_or_default();
    let demands_reviews = rule.pull_request_reviews_enforcement_level.as_str() != "off";
    let checks = rule.required_status_checks_enforcement_level;
    ProtectionRecord {
        repository: first(document.repository.unwrap_or_default().full_name.0, || Cow::Borrowed("")),
        branch: rule.name.0,
        enforced: document.action.as_str() != "deleted",
        required_approvals: if demands_reviews { rule.required_approving_review_count } else { Some(0) },
        dismisses_stale: rule.dismiss_stale_reviews_on_push,
        binds_administrators: rule.admin_enforced,
        bypass_actors: None,
        requires_checks: (!checks.is_empty()).then(|| checks.as_str() != "off"),
        exported: rule.updated_at.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{read, sample};

    /// Repository, branch, enforced, approvals, administrators, bypass actors, checks.
    fn protections(bytes: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        let file = read("x.json", bytes, |_, record| {
            if let Record::Protection(p) = record {
                seen.push(format!(
                    "{} {} {} {:?} {:?} {:?} {:?}",
                    p.repository,
                    p.branch,
                    p.enforced,
                    p.required_approvals,
                    p.binds_administrators,
                    p.bypass_actors,
                    p.requires_checks
                ));
            }
        });
        assert_eq!((file.format, file.problems), ("github-branch-protection", vec![]));
        seen
    }

    #[test]
    fn the_real_protection_of_a_branch_is_read() {
        let Some(bytes) = sample("gh-pr-view/branch-protection-main.json") else { return };
        assert_eq!(
            protections(&bytes),
            ["patrickg-unity/agent-workflow-tests main true Some(1) Some(false) Some(0) Some(false)"]
        );
    }

    #[test]
    fn real_rulesets_are_read() {
        for (name, expected) in [
            ("4444J99__styx-public__main", " ~DEFAULT_BRANCH true Some(0) Some(false) Some(1) Some(true)"),
            ("ARPA-H__.github__main", ""),
            ("Agent-Field__agentfield__main", ""),
            ("Castor6__memos__main", ""),
        ] {
            let Some(bytes) = sample(&format!("population/rulesets/{name}.json")) else { return };
            let seen = protections(&bytes);
            assert!(!seen.is_empty(), "{name}");
            assert!(expected.is_empty() || seen == [expected], "{seen:?}");
        }
    }

    #[test]
    fn a_ruleset_that_is_only_evaluated_is_not_enforced() {
        let text = r#"{"name":"x","target":"branch","enforcement":"evaluate","source":"o/r","bypass_actors":[],
          "conditions":{"ref_name":{"include":["refs/heads/main","refs/heads/rel/*"],"exclude":[]}},
          "rules":[{"type":"pull_request","parameters":{"required_approving_review_count":2}}]}"#;
        assert_eq!(
            protections(text.as_bytes()),
            [
                "o/r main false Some(2) Some(true) Some(0) Some(false)",
                "o/r rel/* false Some(2) Some(true) Some(0) Some(false)"
            ]
        );
    }

    #[test]
    fn a_list_of_rulesets_does_not_say_what_they_demand() {
        let text = r#"[{"id":1,"name":"x","target":"branch","enforcement":"active","source":"o/r"},{"name":"t","target":"tag","enforcement":"active"}]"#;
        assert_eq!(protections(text.as_bytes()), ["o/r  true None None None None"]);
    }

    #[test]
    fn the_real_webhook_of_a_rule_is_read() {
        let Some(bytes) = sample("github-webhook-payloads/branch_protection_rule/edited.payload.json") else {
            return;
        };
        assert_eq!(
            protections(&bytes),
            ["octo-org/octo-repo production true Some(0) Some(false) None Some(true)"]
        );
    }
}
