use proptest::prelude::*;

use super::*;

fn sessions(text: &str) -> Vec<(String, String)> {
    scan(text).sessions.iter().map(|sign| (sign.tool.to_string(), sign.model.to_string())).collect()
}

fn one(text: &str) -> (String, String) {
    let found = sessions(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.into_iter().next().unwrap()
}

fn pair(tool: &str, model: &str) -> (String, String) {
    (tool.to_owned(), model.to_owned())
}

fn tickets(text: &str) -> Vec<String> {
    scan(text).tickets.iter().map(|ticket| ticket.id.to_string()).collect()
}

#[test]
fn co_authors_that_are_agents_are_sessions_and_persons_are_not() {
    let text = "Add x\n\nWhy.\n\nCo-authored-by: Ada <ada@example.org>\nCO-AUTHORED-BY: Claude <noreply@anthropic.com>\n";
    let signs = scan(text);
    let names: Vec<(&str, ActorKind)> = signs.co_authors.iter().map(|c| (c.name, c.kind)).collect();
    assert_eq!(names, [("Ada", ActorKind::Unknown), ("Claude", ActorKind::Agent)]);
    assert_eq!(signs.sessions.len(), 1);
    assert_eq!(signs.sessions[0].position, Position::Trailing);
    assert_eq!(sessions("x\n\nCo-authored-by: Ashwin <ashwin@anthropic.com>"), []);
    assert_eq!(
        sessions("x\n\nCo-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"),
        []
    );
}

#[test]
fn nobody_is_no_co_author() {
    assert!(scan("x\n\nCo-Authored-By: unknown <>\n").co_authors.is_empty());
}

#[test]
fn models_are_read_from_the_names_that_tools_sign_with() {
    let co = |name: &str, email: &str| one(&format!("x\n\nCo-Authored-By: {name} <{email}>"));
    assert_eq!(
        co("Claude Opus 4.6 (1M context)", "noreply@anthropic.com"),
        pair("claude", "Claude Opus 4.6")
    );
    assert_eq!(co("Claude Fable 5", "noreply@anthropic.com"), pair("claude", "Claude Fable 5"));
    assert_eq!(co("Claude", "noreply@anthropic.com"), pair("claude", ""));
    assert_eq!(co("aider (gpt-5)", "noreply@aider.chat"), pair("aider", "gpt-5"));
    assert_eq!(
        co("copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com"),
        pair("copilot", "")
    );
}

#[test]
fn the_forms_of_assisted_by_are_read() {
    let by = |value: &str| one(&format!("x\n\nAssisted-by: {value}"));
    assert_eq!(by("Claude:claude-opus-4-5 coccinelle [sparse]"), pair("claude", "claude-opus-4-5"));
    assert_eq!(by("Claude Code (Sonnet 4.5)"), pair("claude-code", "Sonnet 4.5"));
    assert_eq!(by("Claude Code"), pair("claude-code", ""));
    assert_eq!(by("Codex 5.3"), pair("codex", "Codex 5.3"));
    assert_eq!(by("Gemini 2.5 Pro"), pair("gemini", "Gemini 2.5 Pro"));
    assert_eq!(by("gpt-5.2-codex"), pair("", "gpt-5.2-codex"));
    assert_eq!(by("Frobnicator:gpt-5"), pair("frobnicator", "gpt-5"));
}

#[test]
fn persons_who_assisted_are_no_tools() {
    for value in ["Claude Dupont", "Jane Doe <jane@example.org>", "Devin Smith <d@example.org>", "Jane Doe"] {
        assert_eq!(sessions(&format!("x\n\nAssisted-by: {value}")), [], "{value}");
    }
    assert_eq!(sessions("x\n\nGenerated-by: protoc"), []);
}

#[test]
fn disclosures_of_none_are_kept_as_such() {
    for text in
        ["x\n\nAI-Assisted: none", "AI: none", "x\n\n**AI-Assisted:** No\r\n\r\nmore", "x\n\nAI-Tool: none"]
    {
        let signs = scan(text);
        assert_eq!(signs.sessions.len(), 1, "{text}");
        assert!(signs.sessions[0].is_none);
    }
    assert!(sessions("AI-Tool: yes/no").is_empty());
}

#[test]
fn the_ai_trailers_of_one_message_make_one_session() {
    let text =
        "x\n\nAI-Tool: Claude Code\nAI-Model: claude-opus-4-5\nAI-Prompt-Summary: Add the\n retry loop\n";
    let signs = scan(text);
    assert_eq!(sessions(text), [pair("claude-code", "claude-opus-4-5")]);
    assert_eq!(signs.sessions[0].prompt, PromptRecord::Summary);
}

#[test]
fn a_mark_and_a_co_author_of_the_same_tool_are_one_session() {
    let text = "x\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>\n";
    assert_eq!(sessions(text), [pair("claude-code", "Claude Opus 4.6")]);
    let other = "x\n\n🤖 Generated with [Firebender](https://firebender.com)\n\nCo-Authored-By: Firebender <help@firebender.com>\n";
    assert_eq!(sessions(other), [pair("firebender", "")]);
    assert_eq!(one("🤖 Generated with [New Tool](https://new.example)"), pair("new-tool", ""));
}

#[test]
fn change_texts_show_the_tools_that_wrote_them() {
    let session = |text: &str| {
        let signs = scan(text);
        assert_eq!(signs.sessions.len(), 1, "{text}");
        (signs.sessions[0].tool.to_string(), signs.sessions[0].prompt)
    };
    assert_eq!(session("<!-- CURSOR_AGENT_PR_BODY_BEGIN -->\nText"), ("cursor".into(), PromptRecord::None));
    assert_eq!(session("[Open](https://cursor.com/agents?id=bc-12345)").0, "cursor");
    assert_eq!(session("https://chatgpt.com/codex/tasks/task_e_1").0, "codex");
    assert_eq!(session("Link: https://app.devin.ai/sessions/abc123.").1, PromptRecord::Reference);
    assert_eq!(session("https://claude.ai/code/session_01AbC").0, "claude-code");
    assert_eq!(session("Generated with Claude Code").0, "claude-code");
    assert!(
        sessions("The docs link https://opencode.ai and mention what is generated with care.").is_empty()
    );
}

#[test]
fn templates_quotes_and_code_are_not_statements() {
    let text = "Title\n\n<!--\nAI-Assisted: none\n-->\n\n> AI-Assisted: none\n\n```\nAssisted-by: Claude Code\n```\n\nText.\n";
    assert!(sessions(text).is_empty());
}

#[test]
fn trailers_in_the_middle_of_a_squash_are_kept_apart_and_given_once() {
    let text = "Add (#7)\n\n* one\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n\n* two\n\nCo-Authored-By: Claude <noreply@anthropic.com>\nSigned-off-by: A <a@x>\n\n---------\n\nSigned-off-by: B <b@x>\n";
    let signs = scan(text);
    assert_eq!(signs.co_authors.len(), 1);
    assert_eq!(signs.co_authors[0].position, Position::Body);
    assert_eq!(signs.sessions.len(), 1);
    let signed: Vec<(&str, Position)> = signs.signed_off.iter().map(|s| (s.name, s.position)).collect();
    assert_eq!(signed, [("A", Position::Body), ("B", Position::Trailing)]);
    assert_eq!(trailers(text).collect::<Vec<_>>(), [("Signed-off-by", "B <b@x>")]);
}

#[test]
fn gits_rule_decides_what_the_trailers_are() {
    let keys = |text| trailers(text).map(|(key, _)| key).collect::<Vec<_>>();
    assert_eq!(keys("s\n\nFoo: a\nBar: b\n c\n"), ["Foo", "Bar"]);
    assert_eq!(keys("s\n\nJust prose here.\nFoo: a\n"), Vec::<&str>::new());
    assert_eq!(keys("s\n\nprose\nSigned-off-by: A <a@x>\n"), ["Signed-off-by"]);
    assert_eq!(keys("s\n\nFoo: a\n\nprose at the end\n"), Vec::<&str>::new());
    assert_eq!(trailers("s\n\nBar: b\n c\n").next(), Some(("Bar", "b\n c")));
}

#[test]
fn a_body_alone_is_read_like_a_message() {
    let signs = scan("Co-authored-by: Cursor <cursoragent@cursor.com>");
    assert_eq!(signs.sessions.len(), 1);
    assert_eq!(signs.sessions[0].position, Position::Trailing);
}

#[test]
fn tickets_are_found_and_look_alikes_are_not() {
    assert_eq!(tickets("PAY-331: fix"), ["PAY-331"]);
    assert_eq!(tickets("feature/PAY-331-retry"), ["PAY-331"]);
    assert_eq!(
        tickets("x\n\nCloses #12, see acme/pay#13 and AB#77 and GH-9"),
        ["#12", "acme/pay#13", "AB#77", "#9"]
    );
    assert_eq!(tickets("https://github.com/acme/pay/issues/12"), ["acme/pay#12"]);
    assert_eq!(tickets("https://acme.atlassian.net/browse/PAY-331"), ["PAY-331"]);
    for text in [
        "UTF-8",
        "SHA-256",
        "CVE-2024-1234",
        "&#39;",
        "#12ab",
        "TLS-1.2",
        "2024-01-05",
        "x-PAY-1a",
        "color #000",
    ] {
        assert_eq!(tickets(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn closing_words_are_told_from_mentions() {
    let closes = |text: &str| scan(text).tickets.iter().map(|t| t.closes).collect::<Vec<_>>();
    assert_eq!(closes("x\n\nFixes: #12\nRelates to #13"), [true, false]);
    assert_eq!(closes("x\n\nresolves PAY-1"), [true]);
    assert_eq!(closes("x\n\nprefixes #1"), [false]);
}

#[test]
fn the_number_of_the_change_itself_is_no_ticket() {
    assert_eq!(tickets("Add retry (#420)"), Vec::<String>::new());
    assert_eq!(tickets("Merge pull request #12 from o/PAY-3"), ["PAY-3"]);
    assert_eq!(tickets("Fix #9 (#420)"), ["#9"]);
}

#[test]
fn subjects_name_the_change_they_came_from() {
    let pull = |text: &'static str| pull_reference(text).map(|p| (p.number, p.title, p.form));
    use MergeForm::{Merge, Squash};
    assert_eq!(pull("Add retry (#420)"), Some((420, Some("Add retry"), Squash)));
    assert_eq!(pull("Merge pull request #12 from o/b\n\nAdd retry"), Some((12, Some("Add retry"), Merge)));
    assert_eq!(pull("Merge pull request #12 from o/b"), Some((12, None, Merge)));
    assert_eq!(
        pull("Merge branch 'x' into 'main'\n\nAdd retry\n\nSee merge request acme/pay!12"),
        Some((12, Some("Add retry"), Merge))
    );
    assert_eq!(pull("Merged in b (pull request #12)\n\nAdd retry"), Some((12, Some("Add retry"), Merge)));
    assert_eq!(pull("Merged PR 12: Add retry"), Some((12, Some("Add retry"), Squash)));
    assert_eq!(
        pull("Add retry\n\nChange-Id: I1\nReviewed-on: https://review.example/c/acme/pay/+/123\n"),
        Some((123, Some("Add retry"), Squash))
    );
    assert_eq!(pull("Revert \"Add x (#12)\" (#13)"), Some((13, Some("Revert \"Add x (#12)\""), Squash)));
    for text in ["Add retry", "Fix (see #12)", "Add (#12) later", "()", ")", "Merge branch 'main'", ""] {
        assert_eq!(pull(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_scanned_without_panic(text in "(?s).{0,400}") {
        let _ = scan(&text);
        let _ = pull_reference(&text);
    }

    #[test]
    fn any_mixture_of_marks_is_scanned_without_panic(
        parts in proptest::collection::vec(prop_oneof![
            Just("\n"), Just("\n\n"), Just("Co-authored-by: "), Just("Claude <noreply@anthropic.com>"), Just("é"),
            Just("Assisted-by:"), Just(" (#1"), Just(")"), Just("Generated with ["), Just("]("), Just("🤖 "),
            Just("https://app.devin.ai/"), Just("#12"), Just("AB-1"), Just("<!--"), Just("```"), Just("AI-Model:"),
            Just("/issues/1"), Just("See merge request !"), Just("Reviewed-on: /"), Just(":"), Just(" "),
        ], 0..30)
    ) {
        let text = parts.concat();
        let signs = scan(&text);
        prop_assert!(signs.sessions.len() <= 64);
    }
}

#[test]
fn an_address_behind_a_letter_of_several_bytes_is_read() {
    assert_eq!(tickets("éhttps://github.com/acme/pay/issues/12"), ["acme/pay#12"]);
}
