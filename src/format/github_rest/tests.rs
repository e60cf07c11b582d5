use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::format::testing::{ReadFile, read, sample};
use crate::model::ActorKind;
use crate::model::record::{ChangeState, Field, Outcome, Record, ReviewState};
use crate::problem::Kind;

/// Reads a text and returns its format, the nouns of its records with their counts, and the kinds of its problems.
fn shape(path: &str, text: &str) -> (&'static str, Vec<(&'static str, usize)>, Vec<Kind>) {
    let mut nouns = BTreeMap::new();
    let file = read(path, text.as_bytes(), |_, record| *nouns.entry(record.noun()).or_default() += 1);
    (file.format, nouns.into_iter().collect(), file.problems.iter().map(|p| p.kind).collect())
}

fn with_sample(path: &str, check: impl FnOnce(&[u8])) {
    if let Some(bytes) = sample(path) {
        check(&bytes);
    }
}

const PULL: &str = r#"{"url":"https://api.github.com/repos/acme/pay/pulls/7","html_url":"https://github.com/acme/pay/pull/7",
 "number":7,"state":"closed","title":"T","user":{"login":"ada","type":"User"},"body":null,"created_at":"2026-08-01T10:00:00Z",
 "merged_at":MERGED,"merge_commit_sha":"cc","head":{"ref":"x","sha":"bb","repo":null},
 "base":{"ref":"main","sha":"00","repo":{"full_name":"acme/pay"}},"author_association":"MEMBER"}"#;

#[test]
fn only_a_merged_pull_request_has_a_merge_commit() {
    for (merged, state, commit) in
        [("\"2026-08-02T10:00:00Z\"", ChangeState::Merged, "cc"), ("null", ChangeState::Closed, "")]
    {
        let text = format!("[{}]", PULL.replace("MERGED", merged));
        let mut seen = 0;
        read("pulls.json", text.as_bytes(), |_, record| {
            if let Record::Change(change) = record {
                assert_eq!((change.state, &*change.merge_commit, &*change.head), (state, commit, "bb"));
                assert_eq!((&*change.key.repository, change.key.number), ("acme/pay", 7));
                assert_eq!(change.merged_by, Field::Absent);
                assert_eq!(
                    change.author.map(|a| (a.kind, a.association.into_owned())),
                    Some((ActorKind::Human, "MEMBER".into()))
                );
                seen += 1;
            }
        });
        assert_eq!(seen, 1);
    }
}

#[test]
fn a_single_pull_request_names_its_merger_and_totals() {
    let text = PULL.replace("MERGED", "\"2026-08-02T10:00:00Z\"").replacen(
        '{',
        r#"{"merged_by":{"login":"m[bot]","type":"Bot"},"commits":251,"additions":5,"deletions":1,"changed_files":2,"#,
        1,
    );
    let mut seen = 0;
    let file = read("7.json", text.as_bytes(), |_, record| match record {
        Record::Change(change) => {
            assert_eq!(change.merged_by.value().map(|a| a.kind), Some(ActorKind::Bot));
            assert_eq!((change.totals.commits, change.totals.files), (Some(251), Some(2)));
            seen += 1;
        }
        Record::Listing(listing) => assert_eq!((listing.source, listing.cut_at), ("REST pull", None)),
        other => panic!("{other:?}"),
    });
    assert_eq!((file.format, seen), ("github-rest-pulls", 1));
}

#[test]
fn the_real_rest_lists_have_the_numbers_of_their_oracle() {
    with_sample("population/tldr-pages-rest/data/pulls.json", |bytes| {
        let (mut merged, mut cut) = (0, None);
        let file = read("pulls.json", bytes, |_, record| match record {
            Record::Change(change) => merged += usize::from(change.merged.is_some()),
            Record::Listing(listing) => {
                cut = Some((listing.count, listing.cut_at, listing.repository.into_owned()));
            }
            other => panic!("{other:?}"),
        });
        assert_eq!((file.format, merged), ("github-rest-pulls", 53));
        assert_eq!(cut, Some((100, Some(100), "tldr-pages/tldr".to_owned())));
        assert_eq!(file.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [Kind::Truncated]);
    });
    with_sample("population/tldr-pages-rest/data/pull_reviews.json", |bytes| {
        let mut states = BTreeMap::<&str, usize>::new();
        let file = read("pull_reviews.json", bytes, |_, record| {
            if let Record::Review(review) = record {
                let change = review.change.unwrap();
                assert_eq!(change.repository, "tldr-pages/tldr");
                assert!((19159..=19269).contains(&change.number) && review.commit.len() == 40);
                *states.entry(review.state.word()).or_default() += 1;
            }
        });
        assert_eq!(file.format, "github-rest-reviews");
        assert_eq!(
            states.into_iter().collect::<Vec<_>>(),
            [("approved", 162), ("changes requested", 17), ("commented", 68)]
        );
        assert_eq!(file.problems, []);
    });
    let counts = [
        ("pull_comments", "github-rest-review-comments", vec![("listings", 1), ("reviews", 140)], vec![]),
        ("issues", "github-issues", vec![("listings", 1), ("tickets", 10)], vec![Kind::Truncated]),
        ("issue_comments", "github-rest-issue-comments", vec![("listings", 1)], vec![]),
    ];
    for (name, format, nouns, kinds) in counts {
        with_sample(&format!("population/tldr-pages-rest/data/{name}.json"), |bytes| {
            let (found, counted, problems) = shape(name, std::str::from_utf8(bytes).unwrap());
            assert_eq!((found, counted, problems), (format, nouns, kinds));
        });
    }
}

/// A sample, its format, and the nouns of its records.
type Case = (&'static str, &'static str, &'static [(&'static str, usize)]);

#[test]
fn real_webhook_payloads_give_their_records() {
    let cases: [Case; 8] = [
        ("pull_request/closed", "github-webhooks", &[("changes", 1), ("listings", 1)]),
        ("pull_request/opened", "github-webhooks", &[("changes", 1), ("listings", 1)]),
        ("pull_request_review/submitted", "github-webhooks", &[("listings", 1), ("reviews", 1)]),
        ("pull_request_review/dismissed", "github-webhooks", &[("listings", 1), ("reviews", 1)]),
        ("pull_request_review_comment/created", "github-webhooks", &[("listings", 1), ("reviews", 1)]),
        ("check_run/completed", "github-webhooks", &[("listings", 1), ("test runs", 1)]),
        ("workflow_run/completed", "github-webhooks", &[("listings", 1), ("test runs", 1)]),
        ("issues/opened", "github-webhooks", &[("listings", 1), ("tickets", 1)]),
    ];
    for (name, format, nouns) in cases {
        with_sample(&format!("github-webhook-payloads/{name}.payload.json"), |bytes| {
            let (found, counted, problems) = shape("x.json", std::str::from_utf8(bytes).unwrap());
            assert_eq!((found, counted.as_slice(), problems), (format, nouns, vec![]), "{name}");
        });
    }
}

#[test]
fn a_real_lower_case_state_is_a_state() {
    with_sample("github-webhook-payloads/pull_request_review/submitted.payload.json", |bytes| {
        read("x.json", bytes, |at, record| {
            if let Record::Review(review) = record {
                assert_eq!(review.state, ReviewState::Commented);
                assert_eq!(
                    review.change.map(|c| (c.repository.into_owned(), c.number)),
                    Some(("Codertocat/Hello-World".into(), 2))
                );
                assert_eq!(at.pointer(review.part), "/review");
            }
        });
    });
}

#[test]
fn commits_belong_to_the_change_that_their_path_names() {
    let text = r#"[{"sha":"aa","url":"https://api.github.com/repos/acme/pay/commits/aa","commit":{"author":{"name":"Ada","email":"a@x","date":"2026-08-01T10:00:00Z"},
      "committer":{"name":"GitHub","email":"noreply@github.com","date":"2026-08-01T11:00:00Z"},"message":"S\n\nB"},
      "author":{"login":"ada","type":"User"},"committer":null,"parents":[{"sha":"99"}]}]"#;
    let file = read("x/pulls/12/commits.json", text.as_bytes(), |_, record| match record {
        Record::ChangePart(part) => {
            assert_eq!(
                part.change.map(|c| (c.repository.into_owned(), c.number)),
                Some(("acme/pay".into(), 12))
            );
            let commit = &part.commits.unwrap()[0];
            assert_eq!((&*commit.id, &*commit.subject, &*commit.body), ("aa", "S", "B"));
            assert_eq!(commit.author.as_ref().map(|a| (&*a.login, &*a.email)), Some(("ada", "a@x")));
            assert_eq!(commit.parents.as_deref().map(|p| p[0].to_string()), Some("99".into()));
        }
        other => assert_eq!(other.noun(), "listings"),
    });
    assert_eq!((file.format, file.problems), ("github-rest-commits", vec![]));
    assert_eq!(shape("commits.json", text).1, [("commits", 1), ("listings", 1)]);
}

#[test]
fn the_caps_of_rest_lists_are_said() {
    let list = |element: &str, count: usize| format!("[{}]", vec![element; count].join(","));
    let commit = r#"{"sha":"aa","commit":{"message":"x"}}"#;
    let file = r#"{"filename":"a","status":"added","additions":1,"deletions":0}"#;
    for (path, text, is_cut) in [
        ("pulls/1/commits.json", list(commit, 250), true),
        ("pulls/1/commits.json", list(commit, 249), false),
        ("commits.json", list(commit, 250), false),
        ("commits.json", list(commit, 30), true),
        ("pulls/1/files.json", list(file, 3000), true),
        ("pulls/1/files.json", list(file, 2999), false),
        (
            "c.json",
            format!(
                r#"{{"base_commit":{{}},"merge_base_commit":{{}},"total_commits":300,"commits":{}}}"#,
                list(commit, 2)
            ),
            true,
        ),
        (
            "k.json",
            format!(r#"{{"total_count":9,"check_runs":{}}}"#, list(r#"{"name":"a","head_sha":"bb"}"#, 2)),
            true,
        ),
        (
            "k.json",
            format!(r#"{{"total_count":2,"check_runs":{}}}"#, list(r#"{"name":"a","head_sha":"bb"}"#, 2)),
            false,
        ),
    ] {
        let mut cut_at = None;
        let ReadFile { problems, .. } = read(path, text.as_bytes(), |_, record| {
            if let Record::Listing(listing) = record {
                cut_at = listing.cut_at;
            }
        });
        assert_eq!(
            (cut_at.is_some(), problems.iter().any(|p| p.kind == Kind::Truncated)),
            (is_cut, is_cut),
            "{path} {text:.80}"
        );
    }
}

#[test]
fn a_list_of_issues_says_whether_closed_ones_are_among_them() {
    let issue = |number: u32, state: &str, rest: &str| {
        format!(
            r#"{{"url":"https://github.com/acme/pay/issues/{number}","number":{number},"state":"{state}","createdAt":"2026-08-01T10:00:00Z","author":{{"login":"ada"}}{rest}}}"#
        )
    };
    let pull = r#","pull_request":{"url":"https://github.com/acme/pay/pull/4"}"#;
    for (texts, has_closed) in [
        (vec![issue(2, "OPEN", ""), issue(3, "OPEN", "")], false),
        (vec![issue(2, "OPEN", ""), issue(3, "CLOSED", "")], true),
        (vec![issue(2, "open", ""), issue(3, "closed", "")], true),
        // A pull request is no issue.
        (vec![issue(2, "open", ""), issue(4, "closed", pull)], false),
    ] {
        let text = format!("[{}]", texts.join(","));
        let mut seen = Vec::new();
        read("issues.json", text.as_bytes(), |_, record| {
            if let Record::Listing(listing) = record {
                seen.push((listing.of, listing.has_closed));
            }
        });
        assert_eq!(seen, [("tickets", has_closed)], "{text}");
    }
}

#[test]
fn a_full_page_of_one_changes_reviews_is_said_although_others_are_whole() {
    let review = |number: u32| {
        format!(
            r#"{{"id":1,"user":{{"login":"a"}},"state":"COMMENTED","submitted_at":"2026-08-01T10:00:00Z","commit_id":"aa","pull_request_url":"https://api.github.com/repos/o/r/pulls/{number}"}}"#
        )
    };
    let mut list = vec![review(1); 30];
    list.push(review(2));
    let (format, _, kinds) = shape("r.json", &format!("[{}][{}]", list[..30].join(","), list[30]));
    assert_eq!((format, kinds), ("github-rest-reviews", vec![Kind::Truncated]));
}

#[test]
fn statuses_and_runs_name_their_commit_and_outcome() {
    let sha = "ab".repeat(20);
    let texts = [
        format!(
            r#"[{{"url":"https://api.github.com/repos/o/r/statuses/{sha}","state":"success","context":"ci/build","target_url":null,"creator":null}}]"#
        ),
        format!(
            r#"{{"state":"success","sha":"{sha}","total_count":1,"statuses":[{{"context":"ci/build","state":"success"}}]}}"#
        ),
        format!(
            r#"[{{"headSha":"{sha}","conclusion":"success","status":"completed","workflowName":"CI","name":"CI"}}]"#
        ),
        format!(
            r#"{{"total_count":1,"workflow_runs":[{{"head_sha":"{sha}","name":"","path":".github/workflows/test.yml","status":"completed","conclusion":"success"}}]}}"#
        ),
    ];
    for text in texts {
        let mut runs = 0;
        read("x.json", text.as_bytes(), |_, record| {
            if let Record::TestRun(run) = record {
                assert_eq!(
                    (&*run.commit, run.outcome, run.is_test),
                    (&*sha, Outcome::Passed, true),
                    "{text}"
                );
                runs += 1;
            }
        });
        assert_eq!(runs, 1, "{text}");
    }
}

#[test]
fn a_log_of_events_gives_only_the_last_state_of_a_pull_request() {
    let event = |action: &str, merged: &str| {
        format!(r#"{{"action":"{action}","sender":{{}},"pull_request":{}}}"#, PULL.replace("MERGED", merged))
            .replace('\n', " ")
    };
    let text = [event("opened", "null"), event("closed", "\"2026-08-02T10:00:00Z\"")].join("\n");
    let (format, nouns, _) = shape("events.jsonl", &text);
    assert_eq!((format, nouns), ("github-webhooks", vec![("changes", 1), ("listings", 1)]));
}

proptest! {
    #[test]
    fn cut_lists_never_panic(cut in 0usize..800) {
        let text = format!("[{0},{0}]", PULL.replace("MERGED", "null"));
        let _ = shape("pulls.json", &text[..cut.min(text.len())]);
    }
}
