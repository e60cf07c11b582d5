use proptest::prelude::*;

use super::*;
use crate::format::testing::{read, sample};

const COMMIT: &str = "0123456789012345678901234567890123456789";

#[derive(Clone, Debug, Default, PartialEq)]
struct Found {
    commit: String,
    tool: String,
    model: String,
    session: String,
    initiator: String,
    prompt: PromptRecord,
    none: bool,
    dangling: u32,
    files: Vec<(String, Vec<(u32, u32)>)>,
}

fn found(path: &str, bytes: &[u8]) -> (Vec<Found>, Vec<Problem>) {
    let mut found = Vec::new();
    let file = read(path, bytes, |_, record| {
        let Record::Session(session) = record else { panic!("another record") };
        assert_eq!(session.source, SessionSource::GitAiNote);
        found.push(Found {
            commit: session.commit.to_string(),
            tool: session.tool.to_string(),
            model: session.model.to_string(),
            session: session.session.to_string(),
            initiator: session.initiator.map(|account| account.email.to_string()).unwrap_or_default(),
            prompt: session.prompt,
            none: session.none,
            dangling: session.dangling,
            files: session.files.iter().map(|file| (file.path.to_string(), file.ranges.clone())).collect(),
        });
    });
    assert_eq!(file.format, "git-ai", "{path}");
    (found, file.problems)
}

fn note(attributions: &str, rest: &str) -> String {
    format!(
        "{attributions}---\n{{\n  \"schema_version\": \"authorship/3.0.0\",\n  \"base_commit_sha\": \"{COMMIT}\"{rest}\n}}"
    )
}

const SESSION: &str = r#", "sessions": {"s_8d2579124116c6": {"agent_id": {"tool": "Claude", "id": "39d3", "model": "claude-sonnet-4-6"}, "human_author": "Ada <ada@example.org>"}, "s_unused00000000": {"agent_id": {"tool": "x"}}}"#;

#[test]
fn lines_are_given_to_the_session_of_their_key() {
    let text = note(
        "src/a.rs\n  s_8d2579124116c6::t_013c07475d8e43 2,4-23\n  s_8d2579124116c6::t_2 30\n\"src/with space.rs\"\n  s_8d2579124116c6::t_013c07475d8e43 1\n",
        SESSION,
    );
    let (found, problems) = found("note.txt", text.as_bytes());
    assert!(problems.is_empty());
    let expected = Found {
        commit: COMMIT.into(),
        tool: "claude".into(),
        model: "claude-sonnet-4-6".into(),
        session: "39d3".into(),
        initiator: "ada@example.org".into(),
        files: vec![
            ("src/a.rs".into(), vec![(2, 2), (4, 23), (30, 30)]),
            ("src/with space.rs".into(), vec![(1, 1)]),
        ],
        ..Found::default()
    };
    assert_eq!(found, [expected]);
}

#[test]
fn a_note_without_sessions_covers_its_commit_and_finds_no_ai() {
    for rest in ["", r#", "prompts": {}"#, r#", "humans": {"h_5e32efc4aad69a": {"author": "A <a@x>"}}"#] {
        let (found, _) = found(&format!("{}.txt", "ab".repeat(20)), note("", rest).as_bytes());
        assert_eq!(found, [Found { commit: "ab".repeat(20), none: true, ..Found::default() }], "{rest}");
    }
    let human =
        note("a\n  h_5e32efc4aad69a 3\n", r#", "humans": {"h_5e32efc4aad69a": {"author": "A <a@x>"}}"#);
    assert!(found("x.txt", human.as_bytes()).0[0].none);
}

#[test]
fn keys_that_nothing_defines_are_counted_and_their_lines_kept() {
    let text = note(
        "a\n  s_8d2579124116c6::t_1 1\n  s_ffffffffffffff::t_1 2-3\n  s_eeeeeeeeeeeeee::t_1 4\n",
        SESSION,
    );
    let (found, _) = found("x.txt", text.as_bytes());
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].dangling, found[1].dangling), (0, 2));
    assert_eq!(found[1].files, [("a".to_owned(), vec![(2, 3), (4, 4)])]);
    assert!(!found[1].none);
}

#[test]
fn sessions_without_lines_are_still_on_record() {
    let (found, _) = found("x.txt", note("", SESSION).as_bytes());
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|session| !session.none && session.files.is_empty()));
}

#[test]
fn prompts_say_how_much_of_them_is_kept() {
    let prompt = |extra: &str| {
        let rest = format!(
            r#", "prompts": {{"e61c0a4bb0000000": {{"agent_id": {{"tool": "cursor", "model": "unknown"}}{extra}}}}}"#
        );
        let (found, _) = found("x.txt", note("a\n  e61c0a4 1\n", &rest).as_bytes());
        assert_eq!((found.len(), found[0].model.as_str()), (1, ""));
        assert_eq!(found[0].session, "e61c0a4bb0000000");
        found[0].prompt
    };
    assert_eq!(prompt(""), PromptRecord::None);
    assert_eq!(prompt(r#", "messages": [], "messages_url": "https://x/1""#), PromptRecord::Reference);
    assert_eq!(prompt(r#", "messages": [{"type": "user", "text": "x"}]"#), PromptRecord::Text);
}

#[test]
fn the_older_json_tells_tools_from_persons() {
    let text = r#"{"files":{"a.rs":{"file":"a.rs","authors":[{"author":"Claude","lines":[22,[30,32]],"agent_metadata":null},{"author":"Ada Lovelace","lines":[1],"agent_metadata":null}]},"b.rs":{"authors":[{"author":"o3","lines":[1]}]}},"schema_version":"authorship/0.0.1"}"#;
    let (sessions, problems) = found(&format!("{COMMIT}.txt"), text.as_bytes());
    assert!(problems.is_empty());
    let seen: Vec<_> =
        sessions.iter().map(|s| (s.tool.as_str(), s.model.as_str(), s.files.clone())).collect();
    assert_eq!(
        seen,
        [
            ("", "o3", vec![("b.rs".to_owned(), vec![(1, 1)])]),
            ("claude", "", vec![("a.rs".to_owned(), vec![(22, 22), (30, 32)])]),
        ]
    );
    let human = r#"{"files":{"a.rs":{"file":"a.rs","authors":[{"author":"Ada","lines":[1],"agent_metadata":null}]}}}"#;
    assert!(found(&format!("{COMMIT}.txt"), human.as_bytes()).0[0].none);
}

#[test]
fn a_broken_note_is_a_problem_and_no_finding() {
    let text = note("a\n  s_1::t_1 1\n", ", \"sessions\": [");
    let (sessions, problems) = found("x.txt", text.as_bytes());
    assert!(sessions.is_empty());
    assert_eq!(problems.len(), 1);
    let (sessions, problems) = found("x.txt", note("a\n  s_8d2579124116c6::t_1 nine\n", SESSION).as_bytes());
    assert_eq!((sessions.len(), problems.len()), (2, 1));
}

#[test]
fn other_notes_are_not_git_ais() {
    struct Nothing;
    impl Records for Nothing {
        fn record(&mut self, _: At, _: Record<'_>) {
            panic!("a record");
        }
        fn problem(&mut self, _: Problem) {
            panic!("a problem");
        }
    }
    for text in
        ["", "---\n", "Looks good\n---\n{}", "{\"payload\":\"authorship/\"}", "Code-Review+2: A <a@x>"]
    {
        assert!(!read_note(text.as_bytes(), COMMIT, At::new(Base::Whole, 0, 0), &mut Nothing), "{text}");
    }
}

#[test]
fn the_samples_are_read() {
    #[allow(clippy::type_complexity)]
    let expected: [(&str, &str, PromptRecord, bool, bool); 9] = [
        ("notes-ai/003bb22b8460e65cdd28534012dd5868fd9249cb", "claude", PromptRecord::None, false, false),
        ("notes-ai/0013bc154c9c3375194b44a03b55202188b169a5", "", PromptRecord::None, true, false),
        ("notes-ai/00309900d71f8da788cde3006b058627ec0841a7", "cursor", PromptRecord::Text, false, false),
        ("notes-ai/017e8e28444c7c9635463f948c0f7cd9cd7f441a", "", PromptRecord::None, true, false),
        (
            "notes-ai/000841e6607a4289f39ac3aa57f964c8418ebc4d",
            "claude",
            PromptRecord::Reference,
            false,
            false,
        ),
        ("notes-ai/01b9951cd4da62e79c56e93533fd848d7b800280", "devin", PromptRecord::None, false, false),
        ("notes-ai/083ae54db024f4d2139441157d58eabf9f79d2c8", "", PromptRecord::None, true, false),
        (
            "refs-ai-authorship/03c09275096ace7da9fe84f15e2ad8d58b2d59cc",
            "claude",
            PromptRecord::None,
            false,
            false,
        ),
        ("refs-ai-authorship/9d61dab6d67c68964878794a32310bb2367667f1", "", PromptRecord::None, true, false),
    ];
    for (name, tool, prompt, none, dangling) in expected {
        let path = format!("git-ai/{name}.txt");
        let Some(bytes) = sample(&path) else { return };
        let (found, problems) = found(&path, &bytes);
        assert!(problems.is_empty(), "{name}: {problems:?}");
        assert!(
            found.iter().all(|session| name.ends_with(&session.commit) && !session.commit.is_empty()),
            "{name}"
        );
        assert_eq!(found[0].tool, tool, "{name}");
        assert_eq!((found[0].prompt, found[0].none), (prompt, none), "{name}");
        assert_eq!(found.iter().any(|session| session.dangling > 0), dangling, "{name}");
    }
}

proptest! {
    #[test]
    fn any_note_is_read_without_panic(attributions in "(?s)[a-z \n:_,0-9\"-]{0,80}", rest in "(?s).{0,60}") {
        let text = note(&attributions, &rest);
        struct Nothing;
        impl Records for Nothing {
            fn record(&mut self, _: At, _: Record<'_>) {}
            fn problem(&mut self, _: Problem) {}
        }
        let _ = read_note(text.as_bytes(), COMMIT, At::new(Base::Whole, 0, 0), &mut Nothing);
    }
}
