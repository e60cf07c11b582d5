//! From the plan to what people did when: tickets, commits, reviews, merges.

use lacuna::model::Moment;

use super::people::*;
use super::plan::{Ai, How, Quirk, Repository, Row, rows};

/// Seconds since 1970.
pub type Time = i64;

pub const MINUTE: Time = 60;
pub const HOUR: Time = 60 * MINUTE;
pub const DAY: Time = 24 * HOUR;

/// One commit of a change.
pub struct Commit {
    pub subject: String,
    pub body: String,
    pub authored: Time,
    pub committed: Time,
}

/// One review.
pub struct Review {
    pub by: &'static Person,
    pub state: &'static str,
    pub body: &'static str,
    pub at: Time,
    /// Which commit of the change was reviewed.
    pub of: usize,
}

/// One change, told in full.
pub struct Change {
    pub row: Row,
    pub number: u64,
    /// The ticket behind it.
    pub ticket: Option<(u64, Time)>,
    pub branch: String,
    pub body: String,
    pub opened: Time,
    pub commits: Vec<Commit>,
    pub reviews: Vec<Review>,
    pub merged: Time,
    pub merged_by: &'static Person,
}

/// Returns the time of a day of 2026.
pub fn day(month: u32, day: u32) -> Time {
    Moment::parse(&format!("2026-{month:02}-{day:02}")).expect("a date").millis() / 1000
}

/// Writes a time as forges do.
pub fn text(at: Time) -> String {
    Moment::from_seconds(at).to_string()
}

/// Returns a number below `below` that looks like chance and is the same in each run.
pub fn noise(seed: &str, salt: &str, below: u64) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in seed.bytes().chain([0]).chain(salt.bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (state ^ (state >> 32)) % below
}

/// Returns a span of time between two bounds, in whole minutes: seconds would only cost space.
fn between(row: &Row, salt: &str, least: Time, most: Time) -> Time {
    let width = u64::try_from((most - least) / MINUTE).expect("positive");
    least + MINUTE * Time::try_from(noise(row.title, salt, width)).expect("small")
}

/// Returns all changes; numbers are given in order of time, as a forge gives them to tickets and changes alike.
pub fn changes() -> Vec<Change> {
    let mut changes: Vec<Change> = rows().into_iter().map(tell).collect();
    for (repository, first) in [(Repository::Payments, 412), (Repository::Ledger, 87)] {
        let mut events: Vec<(Time, usize, bool)> = Vec::new();
        for (at, change) in changes.iter().enumerate().filter(|(_, c)| c.row.repository == repository) {
            events.extend(change.ticket.map(|(_, opened)| (opened, at, true)));
            if change.row.quirk != Quirk::DirectPush {
                events.push((change.opened, at, false));
            }
        }
        events.sort_unstable();
        for (number, (_, at, is_ticket)) in (first..).zip(events) {
            let change = &mut changes[at];
            match &mut change.ticket {
                Some(ticket) if is_ticket => ticket.0 = number,
                _ => change.number = number,
            }
        }
    }
    for change in &mut changes {
        change.body = body(change);
        change.branch = branch(change);
    }
    changes
}

fn tell(row: Row) -> Change {
    let opened = day(row.on.0, row.on.1) + between(&row, "opened", 7 * HOUR, 11 * HOUR);
    let is_direct = row.quirk == Quirk::DirectPush;
    let first = opened - between(&row, "first", 35 * MINUTE, 150 * MINUTE);
    let mut commits = vec![commit(row.title.to_owned(), first)];
    let mut reviews = Vec::new();
    let lines = Time::from(row.lines.0 + row.lines.1);
    // A pace that no threshold of the default policy presses down.
    let reading = lines / 6 * MINUTE + between(&row, "reading", 30 * MINUTE, 170 * MINUTE);
    let is_discussed = discussed(&row);
    if is_discussed {
        let at = opened + between(&row, "comment", 50 * MINUTE, 160 * MINUTE);
        let body = COMMENTS[pick(&row, COMMENTS.len())];
        reviews.push(Review { by: row.reviewer, state: "COMMENTED", body, at, of: 0 });
        let fix = at + between(&row, "fix", 25 * MINUTE, 80 * MINUTE);
        commits.push(commit(FIXES[pick(&row, FIXES.len())].to_owned(), fix));
    } else if matches!(row.quirk, Quirk::TestsElsewhere) || row.how == How::Rebase {
        commits.push(commit("Address what CI found".to_owned(), opened - 15 * MINUTE));
    }
    let last = commits.last().map_or(opened, |commit| commit.committed).max(opened);
    let mut approved = last + reading;
    let mut merged = approved + between(&row, "merged", 8 * MINUTE, 50 * MINUTE);
    let of = commits.len() - 1;
    let praise = PRAISE[pick(&row, PRAISE.len())];
    match row.quirk {
        Quirk::Stale | Quirk::StaleExpired => {
            commits.push(commit("Handle the empty page too".to_owned(), approved + 20 * MINUTE));
            merged = approved + 35 * MINUTE;
        }
        Quirk::AfterMerge | Quirk::Emergency => {
            merged = opened + 25 * MINUTE;
            approved = merged + 20 * HOUR;
        }
        Quirk::Instant => {
            approved = opened + 40;
            merged = approved + 5 * MINUTE;
        }
        Quirk::NoReview => merged = opened + 12 * MINUTE,
        Quirk::Objection => {
            let body = "This keeps card data of the response in the log. Please strip it first.";
            reviews.push(Review {
                by: &PRIYA,
                state: "CHANGES_REQUESTED",
                body,
                at: approved - 20 * MINUTE,
                of,
            });
        }
        _ => {}
    }
    let body = match row.quirk {
        Quirk::OneSitting => "Read it all in one go. The adapter has had no caller since May.",
        Quirk::AgentApproval => "Reviewed 2 files and 98 lines; no issues found in this pull request.",
        Quirk::BotApproval => "All checks are green.",
        Quirk::Emergency => {
            "Read after the fact: the guard on the order's state is right, and the test covers it."
        }
        _ => praise,
    };
    if row.quirk != Quirk::NoReview && !is_direct {
        reviews.push(Review { by: row.reviewer, state: "APPROVED", body, at: approved, of });
    }
    reviews.sort_by_key(|review| review.at);
    if row.quirk == Quirk::Clock {
        commits[0].authored += 3 * HOUR;
    }
    if is_direct {
        merged = opened;
    }
    let has_ticket = row.repository == Repository::Payments
        && row.author.login != DEPENDABOT.login
        && row.is_exported()
        && row.quirk != Quirk::NoTicket;
    let ticket = has_ticket.then(|| match row.quirk {
        Quirk::TicketLater => (0, opened + HOUR),
        _ => (0, first - between(&row, "ticket", 5 * HOUR, 8 * DAY)),
    });
    let mut change = Change {
        merged_by: merger(&row),
        row,
        number: 0,
        ticket,
        branch: String::new(),
        body: String::new(),
        opened,
        commits,
        reviews,
        merged,
    };
    type_trailers(&mut change);
    change
}

fn commit(subject: String, at: Time) -> Commit {
    Commit { subject, body: String::new(), authored: at, committed: at }
}

/// Returns whether the reviewer asked something first: always where risk demands it, sometimes elsewhere.
fn discussed(row: &Row) -> bool {
    match row.quirk {
        Quirk::SensitiveBare
        | Quirk::SecondAccount
        | Quirk::BotApproval
        | Quirk::AgentApproval
        | Quirk::AfterMerge
        | Quirk::Emergency
        | Quirk::Instant
        | Quirk::OneSitting
        | Quirk::NoReview
        | Quirk::DirectPush
        | Quirk::NotExported
        | Quirk::Stale
        | Quirk::StaleExpired
        | Quirk::TestsElsewhere => false,
        Quirk::BoundElsewhere => true,
        _ if row.author.login == DEPENDABOT.login || row.how == How::Rebase => false,
        _ => row.is_sensitive() || row.lines.0 + row.lines.1 >= 140 || noise(row.title, "discussed", 5) < 2,
    }
}

fn merger(row: &Row) -> &'static Person {
    match row.quirk {
        // Somebody other than the author let these in, so that one thing at a time is wrong.
        Quirk::SecondAccount | Quirk::BotApproval | Quirk::AfterMerge | Quirk::AgentApproval => &OWEN,
        Quirk::NoReview | Quirk::Emergency => row.author,
        _ if row.author.is_app() || noise(row.title, "merger", 3) == 0 => row.reviewer,
        _ => row.author,
    }
}

fn pick(row: &Row, count: usize) -> usize {
    usize::try_from(noise(row.title, "words", count as u64)).expect("small")
}

/// Puts the trailers that tools and people typed into the commits.
fn type_trailers(change: &mut Change) {
    let row = change.row;
    let trailer = match row.ai {
        Ai::Typed(trailer) => trailer.to_owned(),
        _ if row.author.login == COPILOT.login => match row.asked {
            Some(person) => format!("Co-authored-by: {}", person.identity()),
            None => String::new(),
        },
        Ai::Note("claude", model) if model.contains("opus") && noise(row.title, "trailer", 2) == 0 => {
            "Co-authored-by: Claude Opus 4.5 <noreply@anthropic.com>".to_owned()
        }
        _ => String::new(),
    };
    change.commits[0].body = trailer;
}

fn body(change: &Change) -> String {
    let row = &change.row;
    if row.author.login == DEPENDABOT.login {
        return format!("{}.\n\nNotes of the release are on its own page.", row.title);
    }
    let mut body = WHYS[pick(row, WHYS.len())].to_owned();
    if let Some((number, _)) = change.ticket {
        body.push_str(&format!("\n\nCloses #{number}."));
    }
    if row.ai == Ai::SaidNone || row.quirk == Quirk::Denied {
        body.push_str("\n\nAI-Assisted: none");
    }
    if row.quirk == Quirk::Emergency {
        body.push_str("\n\nIncident INC-88: orders were captured twice. Merged by the engineer on call.");
    }
    body
}

fn branch(change: &Change) -> String {
    let slug: String = change
        .row
        .title
        .split_once(": ")
        .map_or(change.row.title, |(_, title)| title)
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !["the", "of", "a", "in", "to", "s"].contains(word))
        .take(3)
        .collect::<Vec<_>>()
        .join("-");
    match change.row.author.login {
        "app/copilot-swe-agent" => format!("copilot/{slug}"),
        _ => format!("{}/{slug}", change.row.area.branch),
    }
}

const COMMENTS: [&str; 10] = [
    "What happens here when the gateway answers after the time-out? I would expect the key to be reused.",
    "The test covers the happy path only; please add the case of a partial amount.",
    "Could this read the limit from the configuration instead of a constant?",
    "This takes the lock for the whole request. Can the call to the bank be outside of it?",
    "Which of the two currencies wins if they differ? The ledger assumes the account's.",
    "Please assert the number of attempts in the test, not only the result.",
    "I think the error is swallowed two lines below; the caller cannot tell the cases apart.",
    "Is the order of these two writes safe if the process dies between them?",
    "The name says captured, the value is authorised. Let us rename one of them.",
    "How was this tested against the sandbox of the acquirer? A sentence in the runbook would help.",
];

const FIXES: [&str; 5] = [
    "Reuse the key on a late answer",
    "Test the partial amount",
    "Read the limit from the configuration",
    "Return the error to the caller",
    "Say in the runbook how to try it",
];

const PRAISE: [&str; 6] = [
    "LGTM",
    "",
    "Thanks, that answers it. The new test shows the case I asked about.",
    "Looks good to me!",
    "Approved. I ran the tests of the module locally as well.",
    "",
];

const WHYS: [&str; 7] = [
    "Support sees this about twice a week; the runbook's workaround is slow.",
    "The acquirer changed its interface in June, and this follows.",
    "Found while settling by hand last month.",
    "Merchants asked for it in the last review with them.",
    "Needed before the next release of the console.",
    "First of two steps; the second one removes the old path.",
    "The on-call engineer was paged for this twice.",
];
