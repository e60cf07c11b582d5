use proptest::prelude::*;

use crate::format::testing::{read, sample};
use crate::model::record::{Outcome, Record};
use crate::problem::{Kind, Problem};

/// One deployment in words: pointer, id, commit, environment, creator, approvers, time, outcome, update.
fn deployments(path: &str, bytes: &[u8]) -> (Vec<String>, &'static str, Vec<Problem>) {
    let mut seen = Vec::new();
    let file = read(path, bytes, |at, record| {
        if let Record::Deployment(d) = record {
            let name = |account: &crate::model::record::AccountRecord<'_>| {
                format!("{}{}", account.login, account.email)
            };
            let creator = d.creator.as_ref().map(name).unwrap_or_default();
            let approvers = d.approvers.map(|list| list.iter().map(name).collect::<Vec<_>>().join("+"));
            let time = d.at.map(|at| at.to_string()).unwrap_or_default();
            seen.push(format!(
                "{} {} {} {} {} {creator} {approvers:?} {time} {:?} {}",
                at.pointer(d.part),
                d.repository,
                d.id,
                &d.commit[..d.commit.len().min(4)],
                d.environment,
                d.outcome,
                d.is_update
            ));
        }
    });
    (seen, file.format, file.problems)
}

#[test]
fn rest_deployments_and_their_statuses_share_an_id() {
    let text = r#"[{"url":"https://api.github.com/repos/o/r/deployments/5","id":5,"sha":"abcdef","ref":"main","task":"deploy",
      "environment":"production","creator":{"login":"ada","type":"User"},"created_at":"2026-08-01T10:00:00Z"}]"#;
    let (seen, format, problems) = deployments("d.json", text.as_bytes());
    assert_eq!(seen, ["/0 o/r 5 abcd production ada None 2026-08-01T10:00:00Z Unknown false"]);
    assert_eq!((format, problems), ("github-deployments", vec![]));
    let text = r#"[{"id":9,"state":"success","creator":{"login":"ci[bot]"},"environment":"production","created_at":"2026-08-01T10:05:00Z",
      "deployment_url":"https://api.github.com/repos/o/r/deployments/5","repository_url":"https://api.github.com/repos/o/r"}]"#;
    let (seen, ..) = deployments("s.json", text.as_bytes());
    assert_eq!(seen, ["/0 o/r 5  production ci[bot] None 2026-08-01T10:05:00Z Passed true"]);
}

#[test]
fn an_approval_of_a_deployment_names_its_approver_and_a_rejection_nobody() {
    let text = |action: &str| {
        format!(
            r#"{{"action":"{action}","environment":"production","approver":{{"login":"eve"}},"since":"2026-08-01T10:00:00Z",
          "workflow_run":{{"head_sha":"abcdef","triggering_actor":{{"login":"ada"}}}},"repository":{{"full_name":"o/r"}},"sender":{{}}}}"#
        )
    };
    let (seen, ..) = deployments("a.json", text("approved").as_bytes());
    assert_eq!(seen, [" o/r  abcd production ada Some(\"eve\") 2026-08-01T10:00:00Z Unknown true"]);
    let (seen, ..) = deployments("a.json", text("rejected").as_bytes());
    assert_eq!(seen, [" o/r  abcd production ada Some(\"\") 2026-08-01T10:00:00Z Skipped true"]);
    assert!(deployments("a.json", text("requested").as_bytes()).0.is_empty());
}

#[test]
fn real_webhook_payloads_are_read() {
    let cases = [
        (
            "deployment",
            vec![
                "/deployment Codertocat/Hello-World 145988746 f95f production Codertocat None 2019-05-15T15:20:53Z Unknown false",
            ],
        ),
        (
            "deployment_status",
            vec![
                "/deployment Codertocat/Hello-World 145988746 f95f production Codertocat None 2019-05-15T15:20:53Z Unknown false",
                "/deployment_status Codertocat/Hello-World 145988746  production Codertocat None 2019-05-15T15:20:55Z Passed true",
            ],
        ),
    ];
    for (name, expected) in cases {
        let Some(bytes) = sample(&format!("github-webhook-payloads/{name}/payload.json")) else { return };
        let (seen, format, problems) = deployments("x.json", &bytes);
        assert_eq!(
            (seen, format, problems),
            (expected.into_iter().map(str::to_owned).collect(), "github-deployments", vec![])
        );
    }
    let Some(bytes) = sample("github-webhook-payloads/deployment_review/requested.payload.json") else {
        return;
    };
    assert_eq!(deployments("x.json", &bytes).1, "github-deployments");
}

#[test]
fn tables_are_read_by_the_names_in_their_header() {
    let text = "\u{feff}Deployed At;Git SHA;Env;Deployed by;Approved By;Status\r\n\
        2026-08-01T10:00:00Z;abcdef;prod;ada@x.test;eve, bob;success\r\n\
        ;;prod;ada;;\r\n\
        2026-08-01 11:00;123456;\"pr;od\";ci[bot];;rolled back\r\n\
        soon;9999;prod;;;\r\n";
    let (seen, format, problems) = deployments("d.csv", text.as_bytes());
    assert_eq!(format, "deployments-table");
    assert_eq!(
        seen,
        [
            "row 2   abcd prod ada@x.test Some(\"eve+bob\") 2026-08-01T10:00:00Z Passed false",
            "row 4   1234 pr;od ci[bot] Some(\"\") 2026-08-01T11:00:00Z Failed false",
            "row 5   9999 prod  Some(\"\")  Unknown false",
        ]
    );
    let found: Vec<_> = problems.iter().map(|p| (p.kind, p.at.pointer.as_str())).collect();
    assert_eq!(
        found,
        [(Kind::MissingField, "row 3"), (Kind::WrongType, "row 5"), (Kind::WrongType, "row 4")]
    );
    let start = usize::try_from(problems[2].at.offset).unwrap();
    assert!(text[start..].starts_with("2026-08-01 11:00;"), "{:?}", &text[start..]);
}

#[test]
fn other_tables_are_not_taken_for_deployments() {
    for text in ["id,name,status\n1,a,b\n", "commit,message\nabc,x\n", "person,email\n", "{\"sha\":1}", ""] {
        assert_ne!(deployments("x.csv", text.as_bytes()).1, "deployments-table", "{text}");
    }
}

#[test]
fn a_row_that_is_not_utf8_costs_the_row() {
    let (seen, _, problems) = deployments("d.csv", b"sha,env\nab,\xff\ncd,prod\n");
    assert_eq!((seen.len(), problems[0].kind), (1, Kind::InvalidUtf8));
    assert_eq!(super::outcome("inactive"), Outcome::Unknown);
}

proptest! {
    #[test]
    fn rubbish_tables_never_panic(rest in "[ab,;\"\n\r\t]{0,60}") {
        let _ = deployments("d.csv", format!("sha,env,at\n{rest}").as_bytes());
    }
}
