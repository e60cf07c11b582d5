//! Writes an export of invented pull requests in the shape of `gh pr list --json …`, the same for the same seed.

use std::io::{self, Write};

/// A small generator of numbers (SplitMix64), so that an export is the same everywhere.
pub struct Numbers(u64);

impl Numbers {
    /// Returns the numbers of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from `from` up to and including `to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from + 1)
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.next().is_multiple_of(many)
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[(self.next() % from.len() as u64) as usize]
    }

    /// Returns an object id.
    fn object(&mut self) -> String {
        format!("{:016x}{:016x}{:08x}", self.next(), self.next(), self.next() >> 32)
    }
}

const WORDS: [&str; 40] = [
    "settle",
    "ledger",
    "the",
    "when",
    "retry",
    "window",
    "of",
    "account",
    "a",
    "refund",
    "is",
    "late",
    "parser",
    "holds",
    "and",
    "fee",
    "batch",
    "to",
    "rounding",
    "in",
    "queue",
    "before",
    "currency",
    "because",
    "it",
    "limit",
    "statement",
    "closes",
    "for",
    "payout",
    "that",
    "cache",
    "never",
    "merchant",
    "with",
    "timeout",
    "we",
    "total",
    "card",
    "index",
];
const PEOPLE: [&str; 12] = [
    "amber-lind",
    "bela-noor",
    "carlo-ruiz",
    "dana-okoye",
    "emil-saar",
    "farah-hale",
    "goran-pike",
    "hana-mori",
    "ivo-stern",
    "june-abbot",
    "kemal-oz",
    "lena-frost",
];
const FOLDERS: [&str; 8] = [
    "src/ledger",
    "src/payout",
    "src/api",
    "tests/ledger",
    "docs",
    "src/card/auth",
    "deploy/prod",
    "web/src/views",
];

/// Writes `count` pull requests of one repository as one array.
///
/// # Errors
/// When `out` fails.
pub fn pull_requests(out: &mut impl Write, count: u32, seed: u64) -> io::Result<()> {
    let mut numbers = Numbers::new(seed);
    let mut text = String::new();
    out.write_all(b"[")?;
    for number in 1..=count {
        text.clear();
        if number > 1 {
            text.push(',');
        }
        pull_request(&mut text, number, &mut numbers);
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"]\n")
}

fn pull_request(out: &mut String, number: u32, numbers: &mut Numbers) {
    let minute = u64::from(number) * 26;
    let author = numbers.pick(&PEOPLE);
    let is_agent = numbers.one_in(9);
    let commits = numbers.between(1, 5);
    let revisions: Vec<String> = (0..commits).map(|_| numbers.object()).collect();
    let head = revisions.last().cloned().unwrap_or_default();
    let is_merged = !numbers.one_in(12);

    out.push_str("{\"additions\":");
    push(out, numbers.between(1, 600));
    out.push_str(",\"author\":");
    account(out, if is_agent { "app/copilot-swe-agent" } else { author }, Some(is_agent));
    field(out, "baseRefName", "main");
    field(out, "body", &body(numbers, number));
    out.push_str(",\"changedFiles\":");
    let files = numbers.between(1, 9);
    push(out, files);
    out.push_str(",\"closingIssuesReferences\":[");
    if numbers.one_in(2) {
        let issue = numbers.between(1, 9000);
        out.push_str("{\"id\":\"I_kwDOA\",\"number\":");
        push(out, issue);
        field(out, "url", &format!("https://github.com/acme/payments/issues/{issue}"));
        out.push('}');
    }
    out.push_str("],\"commits\":[");
    for (at, revision) in revisions.iter().enumerate() {
        separate(out, at);
        commit(out, revision, minute + at as u64, author, is_agent, numbers);
    }
    out.push(']');
    field(out, "createdAt", &time(minute));
    out.push_str(",\"deletions\":");
    push(out, numbers.between(0, 300));
    out.push_str(",\"files\":[");
    for at in 0..files {
        separate(out, at as usize);
        let path = format!("{}/{}_{}.rs", numbers.pick(&FOLDERS), numbers.pick(&WORDS), numbers.pick(&WORDS));
        out.push_str("{\"path\":");
        string(out, &path);
        out.push_str(",\"additions\":");
        push(out, numbers.between(0, 120));
        out.push_str(",\"deletions\":");
        push(out, numbers.between(0, 60));
        out.push('}');
    }
    out.push(']');
    field(out, "headRefName", &format!("{author}/{}-{number}", numbers.pick(&WORDS)));
    field(out, "headRefOid", &head);
    field(out, "id", &format!("PR_kwDOFEJYQs{number:06x}"));
    out.push_str(",\"isDraft\":false,\"labels\":[");
    if numbers.one_in(3) {
        out.push_str(
            "{\"id\":\"LA_kwDO\",\"name\":\"risk: high\",\"description\":\"\",\"color\":\"fbca04\"}",
        );
    }
    out.push(']');
    reviews(out, author, &revisions, minute, numbers);
    if is_merged {
        out.push_str(",\"mergeCommit\":{\"oid\":");
        string(out, &numbers.object());
        out.push('}');
        field(out, "mergedAt", &time(minute + 600));
        out.push_str(",\"mergedBy\":");
        account(out, numbers.pick(&PEOPLE), Some(false));
    } else {
        out.push_str(",\"mergeCommit\":null,\"mergedAt\":null,\"mergedBy\":null");
    }
    out.push_str(",\"number\":");
    push(out, u64::from(number));
    field(out, "reviewDecision", "APPROVED");
    field(out, "state", if is_merged { "MERGED" } else { "CLOSED" });
    checks(out, minute, numbers);
    let title = sentence(numbers, 7);
    field(out, "title", &title);
    field(out, "url", &format!("https://github.com/acme/payments/pull/{number}"));
    out.push('}');
}

fn reviews(out: &mut String, author: &str, revisions: &[String], minute: u64, numbers: &mut Numbers) {
    out.push_str(",\"reviews\":[");
    let count = numbers.between(0, 4);
    for at in 0..count {
        separate(out, at as usize);
        let reviewer = numbers.pick(&PEOPLE);
        let revision = &revisions[(numbers.next() % revisions.len() as u64) as usize];
        let is_last = at + 1 == count && reviewer != author;
        out.push_str("{\"id\":");
        string(out, &format!("PRR_kwDOFEJYQs6{:08X}", numbers.next() >> 32));
        out.push_str(",\"author\":{\"login\":");
        string(out, reviewer);
        out.push('}');
        field(out, "authorAssociation", "MEMBER");
        let text = match (is_last, numbers.between(0, 2)) {
            (true, 0) => String::new(),
            (true, 1) => "LGTM".to_owned(),
            _ => format!(
                "{}\r\n\r\n> {}\r\n\r\n{}",
                sentence(numbers, 18),
                sentence(numbers, 9),
                sentence(numbers, 12)
            ),
        };
        field(out, "body", &text);
        field(out, "submittedAt", &time(minute + 20 * (at + 1)));
        out.push_str(",\"includesCreatedEdit\":false,\"reactionGroups\":[]");
        field(out, "state", if is_last { "APPROVED" } else { "COMMENTED" });
        out.push_str(",\"commit\":{\"oid\":");
        string(out, revision);
        out.push_str("}}");
    }
    out.push(']');
}

fn commit(out: &mut String, id: &str, minute: u64, author: &str, is_agent: bool, numbers: &mut Numbers) {
    out.push_str("{\"authoredDate\":");
    string(out, &time(minute));
    out.push_str(",\"authors\":[{\"email\":");
    string(out, &format!("{author}@acme.example"));
    field(out, "id", "MDQ6VXNlcjIxMDMxMDY3");
    field(out, "login", author);
    field(out, "name", author);
    out.push_str("}]");
    field(out, "committedDate", &time(minute + 1));
    let mut body = sentence(numbers, 30);
    if is_agent || numbers.one_in(6) {
        body.push_str("\n\nCo-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>");
    }
    field(out, "messageBody", &body);
    field(out, "messageHeadline", &sentence(numbers, 7));
    field(out, "oid", id);
    out.push('}');
}

fn checks(out: &mut String, minute: u64, numbers: &mut Numbers) {
    out.push_str(",\"statusCheckRollup\":[");
    for (at, name) in ["unit tests", "lint", "integration (linux, \"x64\")", "CodeQL"].iter().enumerate() {
        separate(out, at);
        out.push_str("{\"__typename\":\"CheckRun\"");
        field(out, "completedAt", &time(minute + 30));
        field(out, "conclusion", if numbers.one_in(30) { "FAILURE" } else { "SUCCESS" });
        let run = numbers.next() >> 30;
        field(out, "detailsUrl", &format!("https://github.com/acme/payments/actions/runs/{run}/job/{run}"));
        field(out, "name", name);
        field(out, "startedAt", &time(minute + 12));
        field(out, "status", "COMPLETED");
        field(out, "workflowName", "CI");
        out.push('}');
    }
    out.push(']');
}

fn body(numbers: &mut Numbers, number: u32) -> String {
    let mut body = format!("## What\r\n\r\n{}\r\n\r\n## Why\r\n\r\n", sentence(numbers, 40));
    for _ in 0..numbers.between(2, 6) {
        body.push_str(&format!(
            "- {} `{}::{}`\r\n",
            sentence(numbers, 14),
            numbers.pick(&WORDS),
            numbers.pick(&WORDS)
        ));
    }
    body.push_str(&format!("\r\n\"{}\" – closes PAY-{}\r\n", sentence(numbers, 10), number % 7000 + 1));
    body
}

fn sentence(numbers: &mut Numbers, words: u64) -> String {
    let mut out = String::new();
    for at in 0..numbers.between(words / 2 + 1, words + words / 2) {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(numbers.pick(&WORDS));
    }
    out.push('.');
    out
}

fn account(out: &mut String, login: &str, is_bot: Option<bool>) {
    out.push_str("{\"id\":\"U_kgDOBk7vXA\",\"is_bot\":");
    out.push_str(if is_bot == Some(true) { "true" } else { "false" });
    field(out, "login", login);
    field(out, "name", login);
    out.push('}');
}

/// Returns the time that many minutes after the start of 2024.
fn time(minutes: u64) -> String {
    let (day, minute) = (minutes / 1440, minutes % 1440);
    // Months of 28 days keep this short and every date real.
    let (month, day) = (day / 28, day % 28 + 1);
    format!(
        "{:04}-{:02}-{day:02}T{:02}:{:02}:00Z",
        2024 + month / 12,
        month % 12 + 1,
        minute / 60,
        minute % 60
    )
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

fn push(out: &mut String, number: u64) {
    out.push_str(&number.to_string());
}

fn field(out: &mut String, key: &str, value: &str) {
    out.push_str(",\"");
    out.push_str(key);
    out.push_str("\":");
    string(out, value);
}

fn string(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('"');
}
