//! What the forge exported: pull requests of `gh pr list --json`, issues of `gh issue list --json`.

use serde_json::{Value, json};

use super::history::{History, Ids, paths};
use super::people::*;
use super::plan::{Quirk, Repository};
use super::story::{Change, DAY, HOUR, MINUTE, Time, day, noise, text};

/// Returns `owner/name`.
pub fn name(repository: Repository) -> &'static str {
    match repository {
        Repository::Payments => "acme/payments",
        Repository::Ledger => "acme/ledger",
    }
}

/// Returns the pull requests of a repository, the newest first, as `gh pr list` gives them.
pub fn pulls(changes: &[Change], history: &History, repository: Repository) -> Vec<Value> {
    let mut numbered: Vec<(u64, Value)> = history
        .ids
        .iter()
        .map(|(at, ids)| (&changes[*at], ids))
        .filter(|(change, _)| change.row.is_exported())
        .map(|(change, ids)| (change.number, pull(change, ids)))
        .collect();
    if repository == Repository::Payments {
        numbered.extend(unmerged());
    }
    numbered.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    numbered.into_iter().map(|(_, pull)| pull).collect()
}

/// Writes elements as an array with one on each line, so that places can be found by eye.
pub fn array(elements: &[Value]) -> String {
    let lines: Vec<String> = elements.iter().map(Value::to_string).collect();
    format!("[{}]\n", lines.join(",\n"))
}

fn account(person: &Person) -> Value {
    if person.is_app() {
        json!({ "is_bot": true, "login": person.login })
    } else {
        json!({ "id": person.id, "is_bot": false, "login": person.login, "name": person.name })
    }
}

/// Returns one pull request with the fields that the export asked for.
pub fn pull(change: &Change, ids: &Ids) -> Value {
    let row = &change.row;
    let repository = name(row.repository);
    let head = ids.commits.last().expect("an exported change has commits");
    let mut pull = json!({
        "additions": row.lines.0,
        "author": account(row.author),
        "baseRefName": "main",
        "body": change.body,
        "changedFiles": paths(change).len(),
        "commits": change.commits.iter().zip(&ids.commits).map(|(commit, id)| json!({
            "authoredDate": text(commit.authored),
            "authors": authors(change),
            "committedDate": text(commit.committed),
            "messageBody": commit.body,
            "messageHeadline": commit.subject,
            "oid": id,
        })).collect::<Vec<_>>(),
        "createdAt": text(change.opened),
        "deletions": row.lines.1,
        "files": files(change),
        "headRefName": change.branch,
        "headRefOid": head,
        "isDraft": false,
        "labels": labels(change),
        "mergeCommit": { "oid": ids.merge },
        "mergedAt": text(change.merged),
        "mergedBy": account(change.merged_by),
        "number": change.number,
        "reviews": reviews(change, ids),
        "state": "MERGED",
        "title": row.title,
        "url": format!("https://github.com/{repository}/pull/{}", change.number),
    });
    // The team of the ledger asked for fewer fields.
    if row.repository == Repository::Payments {
        pull["statusCheckRollup"] = Value::Array(checks(change));
        pull["closingIssuesReferences"] = change
            .ticket
            .iter()
            .map(|(number, _)| {
                let url = format!("https://github.com/{repository}/issues/{number}");
                json!({ "id": format!("I_kwDOLq{number}"), "number": number, "url": url })
            })
            .collect();
    }
    pull
}

/// Returns the authors of a change's commits: its own, and whom the agent names.
fn authors(change: &Change) -> Vec<Value> {
    let person = change.row.author;
    let mut authors = vec![person];
    authors.extend(change.row.asked);
    let of = |person: &Person| {
        let login = match person.login {
            "app/dependabot" => "dependabot[bot]",
            _ => person.commit_login(),
        };
        json!({ "email": person.email, "id": person.id, "login": login, "name": person.name })
    };
    authors.into_iter().map(of).collect()
}

fn labels(change: &Change) -> Vec<Value> {
    let label = match change.row.quirk {
        Quirk::Emergency => "emergency",
        _ if change.row.author.login == DEPENDABOT.login => "dependencies",
        _ => return Vec::new(),
    };
    vec![json!({ "name": label })]
}

/// Splits the lines of a change over its files.
pub fn split(change: &Change) -> Vec<(&'static str, u32, u32)> {
    let (added, deleted) = change.row.lines;
    match paths(change).as_slice() {
        [one] => vec![(*one, added, deleted)],
        [code, tests] => {
            let (of_tests, less) = (added * 2 / 5, deleted / 4);
            vec![(*code, added - of_tests, deleted - less), (*tests, of_tests, less)]
        }
        _ => unreachable!("a change touches one or two files"),
    }
}

fn files(change: &Change) -> Vec<Value> {
    split(change)
        .into_iter()
        .map(|(path, additions, deletions)| {
            json!({ "additions": additions, "changeType": "MODIFIED", "deletions": deletions, "path": path })
        })
        .collect()
}

fn reviews(change: &Change, ids: &Ids) -> Vec<Value> {
    let review = |(at, review): (usize, &super::story::Review)| {
        let is_app = matches!(review.by.login, "acme-approver" | "coderabbitai");
        json!({
            "author": { "login": review.by.login },
            "authorAssociation": if is_app { "NONE" } else { "MEMBER" },
            "body": review.body,
            "commit": { "oid": ids.commits[review.of] },
            "id": format!("PRR_kwDOLq{}{at}", change.number),
            "state": review.state,
            "submittedAt": text(review.at),
        })
    };
    change.reviews.iter().enumerate().map(review).collect()
}

fn checks(change: &Change) -> Vec<Value> {
    let quirk = change.row.quirk;
    if quirk == Quirk::ReportOnly {
        return Vec::new();
    }
    let pushed = change.commits.last().map_or(change.opened, |commit| commit.committed);
    let check = |name: &str, conclusion: &str, minutes: Time| {
        json!({
            "__typename": "CheckRun",
            "completedAt": text(pushed + minutes * MINUTE),
            "conclusion": conclusion,
            "name": name,
            "startedAt": text(pushed + MINUTE),
            "status": "COMPLETED",
            "workflowName": "CI",
        })
    };
    let minutes = 6 + Time::try_from(noise(change.row.title, "minutes", 9)).expect("small");
    let mut checks = vec![check("clippy", "SUCCESS", 3)];
    let (unit, integration) = match quirk {
        Quirk::TestsElsewhere | Quirk::NoTestCheck => return checks,
        Quirk::TestsSkipped => ("SKIPPED", "SKIPPED"),
        Quirk::TestsFailed => ("SUCCESS", "FAILURE"),
        _ => ("SUCCESS", "SUCCESS"),
    };
    checks.push(check("unit tests", unit, minutes));
    if change.row.tests || quirk == Quirk::TestsFailed {
        checks.push(check("integration tests", integration, minutes + 4));
    }
    checks
}

/// Pull requests that never were merged: they are in the list and not in the population.
fn unmerged() -> Vec<(u64, Value)> {
    let of = |number: u64, title: &str, author: &Person, state: &str, opened: Time| {
        let pull = json!({
            "additions": 31, "author": account(author), "baseRefName": "main", "body": "", "changedFiles": 1,
            "closingIssuesReferences": [], "commits": [], "createdAt": text(opened), "deletions": 2, "files": [{ "additions": 31, "changeType": "MODIFIED", "deletions": 2, "path": "src/api.rs" }],
            "headRefName": "try/it", "headRefOid": format!("{:040x}", u128::from(number) << 99 | 0x5eed), "isDraft": state == "OPEN", "labels": [], "mergeCommit": null,
            "mergedAt": null, "mergedBy": null, "number": number, "reviews": [], "state": state,
            "statusCheckRollup": [], "title": title, "url": format!("https://github.com/acme/payments/pull/{number}"),
        });
        (number, pull)
    };
    vec![
        of(408, "Try a different gateway", &TOBIAS, "CLOSED", day(6, 29) + 9 * HOUR),
        of(540, "Store receipts as PDF", &CHIARA, "OPEN", day(9, 30) + 9 * HOUR),
        of(541, "Rewrite the vault in one go", &COPILOT, "CLOSED", day(9, 30) + 15 * HOUR),
    ]
}

/// Returns the export of June, cut in the middle of its third pull request.
pub fn june(history: &History) -> String {
    let mut pulls: Vec<Value> = Vec::new();
    for (title, number, id, merged) in &history.june {
        let opened = merged - DAY;
        pulls.push(json!({
            "additions": 40, "author": account(&OWEN), "baseRefName": "main", "body": "", "changedFiles": 1,
            "createdAt": text(opened), "deletions": 7, "headRefName": "capture/june", "headRefOid": id,
            "mergeCommit": { "oid": id }, "mergedAt": text(*merged), "mergedBy": account(&PRIYA), "number": number,
            "reviews": [{
                "author": { "login": "praman" }, "authorAssociation": "MEMBER", "body": "LGTM",
                "commit": { "oid": id }, "id": format!("PRR_kwDOLq{number}0"), "state": "APPROVED",
                "submittedAt": text(merged - HOUR),
            }],
            "state": "MERGED", "title": title, "url": format!("https://github.com/acme/payments/pull/{number}"),
        }));
    }
    pulls.push(json!({ "additions": 12, "author": account(&MARA), "baseRefName": "main", "number": 404 }));
    let whole = array(&pulls);
    let cut = whole.rfind("baseRefName").expect("the third pull request");
    whole[..cut + 16].to_owned()
}

/// Returns the issues of payments, the newest first.
pub fn issues(changes: &[Change]) -> Vec<Value> {
    let mut tickets: Vec<(u64, Time, &Change)> = changes
        .iter()
        .filter(|change| change.row.repository == Repository::Payments)
        .filter_map(|change| change.ticket.map(|(number, opened)| (number, opened, change)))
        .collect();
    tickets.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
    let issue = |(number, opened, change): (u64, Time, &Change)| {
        let by = if change.row.author.is_app() { change.row.initiator() } else { &SOFIA };
        json!({
            "author": account(by),
            "createdAt": text(opened),
            "number": number,
            "state": "CLOSED",
            "title": change.row.title,
            "url": format!("https://github.com/acme/payments/issues/{number}"),
        })
    };
    tickets.into_iter().map(issue).collect()
}

/// The protection of the branch as REST gives it, at the time of the export.
pub fn protection() -> String {
    let url = "https://api.github.com/repos/acme/payments/branches/main/protection";
    let protection = json!({
        "allow_force_pushes": { "enabled": true },
        "enforce_admins": { "enabled": false, "url": format!("{url}/enforce_admins") },
        "required_pull_request_reviews": {
            "dismiss_stale_reviews": false,
            "require_code_owner_reviews": false,
            "required_approving_review_count": 1,
            "url": format!("{url}/required_pull_request_reviews"),
        },
        "required_status_checks": { "checks": [{ "context": "unit tests" }], "strict": false },
        "url": url,
    });
    format!("{protection:#}\n")
}
