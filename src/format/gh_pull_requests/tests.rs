use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::format::testing::{read, sample};
use crate::model::ActorKind;

/// Count, cap and source of a listing.
type Listed = (u64, Option<u64>, String);

/// Calls `check` with each change of a text; returns the listings and problems.
fn changes(text: &str, mut check: impl FnMut(&ChangeRecord<'_>)) -> (Vec<Listed>, Vec<Problem>) {
    let mut listings = Vec::new();
    let file = read("x.json", text.as_bytes(), |_, record| match record {
        Record::Change(change) => check(&change),
        Record::Listing(listing) => listings.push((listing.count, listing.cut_at, listing.source.to_owned())),
        other => panic!("{other:?}"),
    });
    assert_eq!(file.format, "gh-pull-requests");
    (listings, file.problems)
}

fn one(text: &str, check: impl FnOnce(&ChangeRecord<'_>)) -> Vec<Problem> {
    let mut check = Some(check);
    changes(text, |change| check.take().expect("one change")(change)).1
}

const FULL: &str = r##"{
  "number": 12, "title": "Add \"x\"", "body": "Why\n\nAssisted-by: Claude", "url": "https://github.com/acme/pay/pull/12",
  "state": "MERGED", "author": {"id": "MDQ6VXNlcjE=", "is_bot": false, "login": "ada", "name": "Ada"},
  "createdAt": "2026-08-01T10:00:00Z", "mergedAt": "2026-08-02T10:00:00Z",
  "mergedBy": {"id": "BOT_kgDO", "is_bot": true, "login": "app/merge-queue"}, "mergeCommit": {"oid": "cc"},
  "headRefOid": "bb", "headRefName": "ada/x", "baseRefName": "main",
  "labels": [{"id": "L1", "name": "risk"}],
  "closingIssuesReferences": [
    {"number": 3, "url": "https://github.com/acme/pay/issues/3"}, {"number": 4, "url": "https://github.com/acme/ops/issues/4"}],
  "reviews": [
    {"id": "PRR_1", "author": {"login": "bob"}, "authorAssociation": "MEMBER", "body": "ok", "submittedAt": "2026-08-01T11:00:00Z",
     "state": "APPROVED", "commit": {"oid": "aa"}},
    {"id": "PRR_2", "author": null, "state": "SOMETHING_NEW", "submittedAt": null, "commit": null}],
  "latestReviews": [{"id": "", "author": {"login": "bob"}, "state": "APPROVED", "commit": {"oid": ""}}],
  "commits": [{"oid": "bb", "messageHeadline": "Add x", "messageBody": "Co-authored-by: c", "authoredDate": "2026-08-01T09:00:00Z",
    "committedDate": "2026-08-01T09:05:00Z", "authors": [
      {"name": "Ada", "email": "ada@acme.test", "id": "U_1", "login": "ada"}, {"name": "C", "email": "c@x.test", "id": "", "login": ""}]}],
  "files": [{"path": "src/a.rs", "additions": 3, "deletions": 1, "changeType": "MODIFIED"}],
  "statusCheckRollup": [
    {"__typename": "CheckRun", "name": "unit", "workflowName": "CI", "status": "COMPLETED", "conclusion": "SUCCESS",
     "startedAt": "2026-08-01T09:06:00Z", "completedAt": "2026-08-01T09:09:00Z"},
    {"__typename": "StatusContext", "context": "license/cla", "state": "PENDING"}],
  "additions": 3, "deletions": 1, "changedFiles": 1, "reactionGroups": [{"x": {"y": 1}}]
}"##;

#[test]
fn every_field_that_is_exported_is_read() {
    let problems = one(FULL, |change| {
        assert_eq!((&*change.key.repository, change.key.number), ("acme/pay", 12));
        assert_eq!((&*change.title, change.state), ("Add \"x\"", ChangeState::Merged));
        assert_eq!(change.author.as_ref().map(|a| (&*a.login, a.kind)), Some(("ada", ActorKind::Human)));
        assert_eq!(change.merged_by.clone().value().map(|a| a.kind), Some(ActorKind::Bot));
        assert_eq!((&*change.merge_commit, &*change.head, &*change.base_branch), ("cc", "bb", "main"));
        let tickets: Vec<_> = change.tickets.iter().flatten().map(|t| t.id.to_string()).collect();
        assert_eq!(tickets, ["#3", "acme/ops#4"]);
        let reviews = change.reviews.as_deref().unwrap();
        assert_eq!(
            (reviews[0].state, &*reviews[0].commit, &*reviews[0].id),
            (ReviewState::Approved, "aa", "PRR_1")
        );
        assert_eq!(reviews[0].author.as_ref().map(|a| &*a.association), Some("MEMBER"));
        assert_eq!((reviews[1].state, reviews[1].author.is_none()), (ReviewState::Unknown, true));
        let commit = &change.commits.as_deref().unwrap()[0];
        assert_eq!(
            commit.author.as_ref().map(|a| (&*a.email, a.kind)),
            Some(("ada@acme.test", ActorKind::Human))
        );
        assert_eq!(commit.co_authors[0].name, "C");
        let checks = change.checks.as_deref().unwrap();
        assert_eq!((checks[0].outcome, checks[0].is_test, &*checks[0].commit), (Outcome::Passed, true, "bb"));
        assert_eq!(
            (checks[1].outcome, checks[1].is_test, &*checks[1].name),
            (Outcome::Running, false, "license/cla")
        );
        assert_eq!(change.totals.files, Some(1));
        assert!(change.truncated.is_empty());
    });
    assert_eq!(problems, []);
}

#[test]
fn what_was_not_asked_for_is_absent_and_not_empty() {
    let text =
        r#"[{"number":1,"headRefOid":"aa"},{"number":2,"headRefOid":"bb","reviews":[],"mergedBy":null}]"#;
    let mut seen = Vec::new();
    changes(text, |change| seen.push((change.reviews.is_none(), change.merged_by.is_present())));
    assert_eq!(seen, [(true, false), (false, true)]);
    one(r#"{"number":1,"headRefOid":"aa"}"#, |change| {
        assert!(change.commits.is_none() && change.files.is_none() && change.checks.is_none());
        assert!(change.key.repository.is_empty() && change.labels.is_none() && change.tickets.is_none());
    });
}

#[test]
fn latest_reviews_are_a_substitute_only() {
    let text = r#"{"number":1,"latestReviews":[{"id":"","author":{"login":"x"},"state":"APPROVED","commit":{"oid":""}}]}"#;
    one(text, |change| {
        let review = &change.reviews.as_deref().unwrap()[0];
        assert!(review.commit.is_empty() && review.id.is_empty());
        assert_eq!(review.part, Some(Part::element("latestReviews", 0)));
    });
}

#[test]
fn a_pull_request_without_a_number_is_a_problem_and_no_change() {
    let (listings, problems) =
        changes(r#"[{"headRefOid":"aa","title":"x"}]"#, |_| panic!("nothing is invented"));
    assert_eq!(problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [Kind::MissingField]);
    assert_eq!(listings, [(1, None, "gh pr list".to_owned())]);
}

#[test]
fn lists_at_their_cap_are_said_to_be_cut() {
    let list = |element: &str, count: usize| vec![element; count].join(",");
    let review = r#"{"author":{"login":"x"},"state":"COMMENTED"}"#;
    let file = r#"{"path":"a","additions":1,"deletions":0}"#;
    let text = format!(
        r#"{{"number":1,"headRefOid":"aa","reviews":[{}],"files":[{}],"changedFiles":412,"commits":[{}]}}"#,
        list(review, 100),
        list(file, 100),
        list(r#"{"oid":"a"}"#, 99),
    );
    let problems = one(&text, |change| assert_eq!(change.truncated, [("reviews", 100), ("files", 100)]));
    let found: Vec<_> = problems.iter().map(|p| (p.kind, p.at.pointer.as_str())).collect();
    assert_eq!(found, [(Kind::Truncated, "/reviews"), (Kind::Truncated, "/files")]);
    assert!(problems[1].found.contains("100 of 412"), "{problems:?}");
}

#[test]
fn a_list_of_exactly_a_limit_is_said_to_be_cut() {
    let text = |count: usize| {
        let list: Vec<_> = (1..=count).map(|n| format!(r#"{{"number":{n},"headRefOid":"aa"}}"#)).collect();
        format!("[{}]", list.join(","))
    };
    let cut = |count| {
        let (listings, problems) = changes(&text(count), |_| {});
        (listings[0].1, problems.iter().map(|p| p.kind).collect::<Vec<_>>())
    };
    assert_eq!(cut(30), (Some(30), vec![Kind::Truncated]));
    assert_eq!(cut(31), (None, vec![]));
}

#[test]
fn other_lists_of_gh_are_not_taken_for_pull_requests() {
    for text in [
        r#"[{"number":1,"title":"x","url":"https://github.com/o/r/issues/1"}]"#,
        r#"[{"conclusion":"success","headSha":"aa","workflowName":"CI"}]"#,
        "[]",
    ] {
        assert_ne!(read("x.json", text.as_bytes(), |_, _| {}).format, "gh-pull-requests", "{text}");
    }
}

#[test]
fn the_real_population_has_the_numbers_of_its_oracle() {
    let Some(bytes) = sample("population/ietf-dap/gh-pr-list.json") else { return };
    let mut states = BTreeMap::<&str, usize>::new();
    let (mut merged, mut approved, mut merger, mut with_commits) = (0, 0, 0, 0);
    let (listings, problems) = changes(&String::from_utf8(bytes).unwrap(), |change| {
        assert_eq!(change.key.repository, "ietf-wg-ppm/draft-ietf-ppm-dap");
        for review in change.reviews.iter().flatten() {
            *states.entry(review.state.word()).or_default() += 1;
        }
        with_commits += usize::from(change.commits.iter().flatten().next().is_some());
        if change.merged.is_some() {
            merged += 1;
            merger += usize::from(change.merged_by.clone().value().is_some());
            let is_approved = |review: &ReviewRecord<'_>| review.state == ReviewState::Approved;
            approved += usize::from(change.reviews.iter().flatten().any(is_approved));
        }
    });
    assert_eq!(listings, [(345, None, "gh pr list".to_owned())]);
    assert_eq!((merged, approved, merger, with_commits), (308, 299, 308, 343));
    let expected = [("approved", 560), ("changes requested", 103), ("commented", 1433), ("dismissed", 2)];
    assert_eq!(states.into_iter().collect::<Vec<_>>(), expected);
    assert!(problems.iter().all(|p| p.kind == Kind::Truncated), "{problems:?}");
}

#[test]
fn real_single_views_are_read() {
    let Some(bytes) = sample("gh-pr-view/tng-archunit-pr1407.json") else { return };
    let problems = one(&String::from_utf8(bytes).unwrap(), |change| {
        assert_eq!((&*change.key.repository, change.key.number), ("TNG/ArchUnit", 1407));
        assert_eq!(change.files.as_ref().map(Vec::len), Some(2));
        assert!(change.commits.is_none());
    });
    assert_eq!(problems, []);
    let Some(bytes) = sample("gh-pr-view/agent-app-approval-pr9-after-approve.json") else { return };
    let (_, problems) = changes(&String::from_utf8(bytes).unwrap(), |_| panic!("it has no number"));
    assert_eq!(problems[0].kind, Kind::MissingField);
}

proptest! {
    #[test]
    fn a_cut_export_keeps_the_changes_before_the_cut(cut in 0usize..7000) {
        let text = format!("[{FULL},{FULL},{}]", FULL.replace("\"reviews\": [", "\"reviews\": [7, "));
        let cut = cut.min(text.len());
        let mut count = 0;
        read("x.json", &text.as_bytes()[..cut], |_, record| count += usize::from(matches!(record, Record::Change(_))));
        let whole = [FULL.len() + 1, 2 * FULL.len() + 2, text.len() - 1].into_iter().filter(|&end| cut >= end).count();
        prop_assert_eq!(count, whole);
    }
}
