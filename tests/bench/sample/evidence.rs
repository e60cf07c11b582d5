//! What lies beside the forge's export: git-ai notes, attestations, deployments, test reports, the policy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::forge::split;
use super::history::{History, Ids};
use super::people::*;
use super::plan::{Ai, How, Quirk};
use super::story::{Change, HOUR, MINUTE, Time, day, noise, text};

/// Returns a key that looks like chance and is the same in each run.
fn key(seed: &str, digits: usize) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(seed.as_bytes()));
    digest[..digits].to_owned()
}

/// Writes the git-ai note of a commit (Git AI Standard v3).
pub fn note(change: &Change, commit: &str) -> String {
    let row = &change.row;
    let (Ai::Note(tool, model) | Ai::NoPrompt(tool, model)) = row.ai else {
        let metadata = json!({
            "base_commit_sha": commit, "git_ai_version": "1.3.2", "prompts": {}, "schema_version": "authorship/3.0.0",
        });
        return format!("---\n{metadata:#}");
    };
    let session = key(row.title, 16);
    let mut lines = String::new();
    let mut total = 0;
    for (at, (path, added, _)) in split(change).into_iter().enumerate() {
        let claimed = match (row.quirk, at) {
            (Quirk::SameSession, _) => added,
            (_, 0) => added * 3 / 5,
            _ => continue,
        };
        total += claimed;
        let path = if row.quirk == Quirk::Stray { "src/refund_v2.rs" } else { path };
        let cut = claimed / 3;
        write!(lines, "{path}\n  {session} 1-{cut},{}-{}\n", cut + 9, claimed + 8).expect("text");
        if row.quirk == Quirk::Dangling {
            // A session that a squash left behind: its key is used, and what it stands for is gone.
            writeln!(lines, "  {} {}-{}", key("gone", 16), claimed + 20, claimed + 31).expect("text");
        }
    }
    let asked = format!("{}. Keep the interface as it is, and say what you did not test.", row.title);
    let messages = match row.ai {
        Ai::Note(..) => json!([
            { "type": "user", "text": asked, "timestamp": text(change.commits[0].authored - 20 * MINUTE) },
            { "type": "assistant", "text": "Done; see the diff." },
        ]),
        _ => json!([]),
    };
    let who =
        if row.quirk == Quirk::AgentInitiator { COPILOT.identity() } else { row.initiator().identity() };
    let metadata = json!({
        "schema_version": "authorship/3.0.0",
        "git_ai_version": "1.3.2",
        "base_commit_sha": commit,
        "prompts": {
            session: {
                "agent_id": { "tool": tool, "id": key(commit, 12), "model": if model.is_empty() { "unknown" } else { model } },
                "human_author": who,
                "messages": messages,
                "total_additions": total + 4,
                "total_deletions": row.lines.1,
                "accepted_lines": total,
                "overriden_lines": 4,
            },
        },
    });
    format!("{lines}---\n{metadata:#}")
}

/// A deployment as the table of the release managers lists it.
struct Deployment {
    at: Time,
    repository: &'static str,
    commit: String,
    environment: &'static str,
    deployer: &'static str,
    approver: &'static str,
    status: &'static str,
}

/// Writes `deployments.csv`: two releases a week, and those that went out on their own.
pub fn deployments(changes: &[Change], payments: &History, ledger: &History) -> String {
    let mut rows: Vec<Deployment> = Vec::new();
    let mut waiting: Vec<usize> = Vec::new();
    for &at in &payments.line {
        let change = &changes[at];
        if change.row.quirk == Quirk::NotDeployed {
            break;
        }
        let alone = |deployer, approver| (deployer, approver, 40 * MINUTE);
        let special = match change.row.quirk {
            Quirk::DeployedByAuthor => Some(alone(change.row.author.login, "")),
            Quirk::DeployedByPrompter => Some(alone(change.row.initiator().login, "hvirtanen")),
            Quirk::DeployedByService => Some(alone("acme-nightly", "")),
            Quirk::ReleaseApprovedByAuthor => Some(alone("dosei", change.row.author.login)),
            Quirk::Emergency => Some(alone("dosei", "hvirtanen")),
            _ => None,
        };
        if special.is_some() && !waiting.is_empty() {
            release(&mut rows, changes, payments, &mut waiting);
        }
        waiting.push(at);
        match special {
            Some((deployer, approver, after)) => {
                waiting.clear();
                rows.push(Deployment {
                    at: change.merged + after,
                    repository: "acme/payments",
                    commit: payments.ids[&at].merge.clone(),
                    environment: "production",
                    deployer,
                    approver,
                    status: "success",
                });
            }
            None if waiting.len() == 3 => release(&mut rows, changes, payments, &mut waiting),
            None => {}
        }
    }
    if !waiting.is_empty() {
        release(&mut rows, changes, payments, &mut waiting);
    }
    for (at, ids) in ledger.ids.iter().filter(|(at, _)| changes[**at].row.quirk == Quirk::Nothing).take(4) {
        rows.push(Deployment {
            at: changes[*at].merged + 3 * HOUR,
            repository: "acme/ledger",
            commit: ids.merge.clone(),
            environment: "production",
            deployer: "hvirtanen",
            approver: "",
            status: "success",
        });
    }
    rows.sort_by_key(|row| row.at);
    let mut out = String::from("id,repository,sha,environment,deployer,approver,deployed_at,status\n");
    for (number, row) in (1041..).zip(&rows) {
        let Deployment { repository, commit, environment, deployer, approver, status, .. } = row;
        let at = text(row.at);
        writeln!(out, "D-{number},{repository},{commit},{environment},{deployer},{approver},{at},{status}")
            .expect("text");
    }
    out
}

/// Adds the release of what waits: in staging, now and then a failure first, then production.
fn release(rows: &mut Vec<Deployment>, changes: &[Change], history: &History, waiting: &mut Vec<usize>) {
    let Some(&last) = waiting.last() else { return };
    let change = &changes[last];
    let commit = &history.ids[&last].merge;
    let (deployer, other) = if noise(change.row.title, "deployer", 2) == 0 {
        ("dosei", "hvirtanen")
    } else {
        ("hvirtanen", "dosei")
    };
    // From September on, releases need the approval of a second release manager.
    let approver = if change.merged >= day(9, 1) { other } else { "" };
    let mut push = |minutes: Time, environment, approver, status| {
        rows.push(Deployment {
            at: change.merged + minutes * MINUTE,
            repository: "acme/payments",
            commit: commit.clone(),
            environment,
            deployer,
            approver,
            status,
        });
    };
    push(2, "staging", "", "success");
    if noise(change.row.title, "fails", 7) == 0 {
        push(4, "production", approver, "failure");
    }
    push(7, "production", approver, "success");
    waiting.clear();
}

/// Returns the test reports by path.
pub fn reports(changes: &[Change], history: &History) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (at, ids) in &history.ids {
        let change = &changes[*at];
        let commit = match change.row.quirk {
            Quirk::ReportOnly => ids.commits.last(),
            Quirk::TestsElsewhere => ids.commits.first(),
            _ => None,
        };
        if let Some(commit) = commit {
            files.insert(format!("tests/{commit}/junit.xml"), junit(change));
        }
    }
    files
}

fn junit(change: &Change) -> String {
    let at = text(change.opened + 9 * MINUTE);
    let suite = change.row.area.branch;
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"6\" failures=\"0\">\n  <testsuite name=\"payments::{suite}\" tests=\"6\" failures=\"0\" skipped=\"1\" timestamp=\"{at}\">\n"
    );
    for name in ["accepts", "refuses_twice", "keeps_the_key", "times_out", "rounds"] {
        writeln!(out, "    <testcase classname=\"payments::{suite}\" name=\"{name}\" time=\"0.02\"/>")
            .expect("text");
    }
    writeln!(
        out,
        "    <testcase classname=\"payments::{suite}\" name=\"against_the_sandbox\"><skipped/></testcase>"
    )
    .expect("text");
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// The key of the sample. Everybody can make it, so it vouches for the sample and nothing else.
fn signer() -> SigningKey {
    SigningKey::from_bytes(&Sha256::digest("the key of the built-in sample").into())
}

/// Returns the public part of the key of the sample (RFC 8410 §4, RFC 7468 §13).
pub fn public_key() -> String {
    const ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der = [&ED25519[..], signer().verifying_key().as_bytes()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", data_encoding::BASE64.encode(&der))
}

/// Wraps a statement into a signed envelope (DSSE v1.0); of a tampered one, the payload was changed afterwards.
fn envelope(statement: &Value, is_tampered: bool) -> String {
    const TYPE: &str = "application/vnd.in-toto+json";
    let payload = statement.to_string();
    let signed = format!("DSSEv1 {} {TYPE} {} {payload}", TYPE.len(), payload.len());
    let signature = data_encoding::BASE64.encode(&signer().sign(signed.as_bytes()).to_bytes());
    let payload = if is_tampered { payload.replace("REVIEW_ENFORCED", "REVIEW_REQUIRED") } else { payload };
    json!({
        "payload": data_encoding::BASE64.encode(payload.as_bytes()),
        "payloadType": TYPE,
        "signatures": [{ "keyid": "sample-key.pem", "sig": signature }],
    })
    .to_string()
}

fn statement(commit: &str, predicate_type: &str, predicate: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicate": predicate,
        "predicateType": predicate_type,
        "subject": [{ "digest": { "gitCommit": commit } }],
    })
}

/// Returns the attestations by path: source provenance in envelopes, the others as bare statements.
pub fn attestations(changes: &[Change], history: &History) -> BTreeMap<String, String> {
    let (mut provenance, mut summaries, mut tests) = (String::new(), String::new(), String::new());
    let mut attested = 0;
    let mut previous = "";
    for &at in &history.line {
        let (change, ids) = (&changes[at], &history.ids[&at]);
        let is_elsewhere = change.row.quirk == Quirk::BoundElsewhere;
        if change.merged >= day(8, 24) && change.row.is_exported() && !is_elsewhere {
            let is_unprotected = change.row.quirk == Quirk::Unprotected;
            let is_tampered = change.row.quirk == Quirk::Tampered;
            let is_wanted =
                matches!(change.row.quirk, Quirk::Unprotected | Quirk::Tampered | Quirk::Discontinued);
            if is_wanted || attested < 7 && noise(change.row.title, "attested", 3) == 0 {
                attested += 1;
                let named = if change.row.quirk == Quirk::Discontinued { &ids.commits[0] } else { previous };
                // The commits of a rebase follow on each other, not on the change before.
                let named = if change.row.how == How::Rebase { "" } else { named };
                let own = source_provenance(change, ids, named, is_unprotected);
                writeln!(provenance, "{}", envelope(&own, is_tampered)).expect("text");
            }
            if noise(change.row.title, "summary", 4) == 0 {
                writeln!(summaries, "{}", summary(change, &ids.merge)).expect("text");
            }
        }
        if is_elsewhere {
            writeln!(summaries, "{}", summary(change, &ids.commits[0])).expect("text");
        }
        if change.row.quirk == Quirk::Nothing && change.merged >= day(9, 20) {
            let predicate = json!({
                "configuration": [{ "name": "ci.yml" }],
                "failedTests": [],
                "passedTests": ["unit", "integration"],
                "result": "PASSED",
                "warnedTests": [],
            });
            let kind = "https://in-toto.io/attestation/test-result/v0.1";
            writeln!(tests, "{}", statement(&ids.merge, kind, &predicate)).expect("text");
        }
        previous = &ids.merge;
    }
    BTreeMap::from([
        ("attestations/source-provenance.jsonl".to_owned(), provenance),
        ("attestations/test-results.jsonl".to_owned(), tests),
        ("attestations/verification-summaries.jsonl".to_owned(), summaries),
    ])
}

fn source_provenance(change: &Change, ids: &Ids, previous: &str, is_unprotected: bool) -> Value {
    let since = text(day(8, 20));
    let controls = if is_unprotected {
        json!([])
    } else {
        json!([{ "name": "REVIEW_ENFORCED", "since": since }, { "name": "CONTINUITY_ENFORCED", "since": since }])
    };
    let predicate = json!({
        "activity_type": "pr_merge",
        "actor": change.merged_by.login,
        "branch": "refs/heads/main",
        "controls": controls,
        "created_on": text(change.merged + 2 * MINUTE),
        "prev_commit": previous,
        "repo_uri": "https://github.com/acme/payments",
    });
    let kind = "https://github.com/slsa-framework/slsa-source-poc/source-provenance/v1-draft";
    statement(&ids.merge, kind, &predicate)
}

fn summary(change: &Change, commit: &str) -> Value {
    let predicate = json!({
        "policy": { "uri": "https://example.com/source-policy" },
        "resourceUri": "git+https://github.com/acme/payments",
        "timeVerified": text(change.merged + 3 * MINUTE),
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_SOURCE_LEVEL_2"],
        "verifier": { "id": "https://example.com/source-verifier" },
    });
    statement(commit, "https://slsa.dev/verification_summary/v1", &predicate)
}

/// Writes the policy; the exceptions name the changes that the plan has them for.
pub fn policy(changes: &[Change]) -> String {
    let number = |quirk: Quirk| {
        let change = changes.iter().find(|change| change.row.quirk == quirk);
        change.map(|change| change.number).expect("the plan has one")
    };
    let (emergency, expired) = (number(Quirk::Emergency), number(Quirk::StaleExpired));
    format!(
        r#"# The policy of the sample: the third quarter of 2026.

[period]
from = 2026-07-01
to = 2026-10-01
now = 2026-10-05

[scope]
repositories = ["acme/*"]
branches = ["main"]
production = ["production"]

[accounts]
bots = ["acme-approver"]

[[ai.tool]]
tool = "claude*"
from = 2026-01-01

[[ai.tool]]
tool = "cursor"
from = 2026-07-01

[[ai.tool]]
tool = "copilot"
models = ["claude-sonnet-4.5", "gpt-5*"]
from = 2026-08-01

[[sensitive]]
label = "cardholder data"
paths = ["src/vault*"]

[[sensitive]]
label = "production configuration"
paths = ["deploy/**"]

[[exception]]
id = "EX-2026-04"
criteria = ["review.before-merge"]
changes = ["acme/payments#{emergency}"]
owner = "Daniel Osei"
reason = "Incident INC-88: orders were captured twice; merged by the engineer on call"
compensating-control = "Reviewed the next day by a code owner"
from = 2026-09-07
until = 2026-12-31

[[exception]]
id = "EX-2026-02"
criteria = ["review.current-revision"]
changes = ["acme/payments#{expired}"]
owner = "Owen Brady"
reason = "The last commit was a reworded message"
compensating-control = "Compared both revisions by hand"
from = 2026-08-20
until = 2026-09-20
"#
    )
}

/// What the bundle is, for people; no format recognises it, and the tool says so.
pub const CONTENTS: &str = "\
Change evidence of the third quarter of 2026, acme/payments and acme/ledger.

Everything here is invented: the company, the people, the changes. It is made by
`cargo run --example make-sample`, and has one of every kind of gap in it.

github/        gh pr list, gh issue list, gh pr view, branch protection
git/           git bundle create payments.bundle main refs/notes/ai
attestations/  statements about commits, signed by a key for this sample alone
tests/         reports of CI, in folders named after the commit
";
