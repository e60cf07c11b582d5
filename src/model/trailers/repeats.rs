//! What a text says that its change undoes or repeats: reverts, cherry-picks and backports, as git and the forges write
//! them.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::merges::{number, pull_reference};

/// The most marks that are taken from one text.
const MOST: usize = 16;
/// The most places that are looked at for them, of each kind.
const MOST_SEEN: usize = 64;

/// How one change stands to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RepeatKind {
    /// It undoes it.
    #[default]
    Revert,
    /// It puts the same commit on another branch.
    CherryPick,
    /// It brings it to a branch that is kept for older releases.
    Backport,
}

/// What a text names as undone or repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original<'a> {
    /// A commit, by at least 7 digits of its id.
    Commit(&'a str),
    /// A change, by its number; the repository is empty where it is the same.
    Change(&'a str, u64),
    /// A change, by its title.
    Title(&'a str),
    /// Something, and the text does not say what.
    Unsaid,
}

/// One mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat<'a> {
    /// How.
    pub kind: RepeatKind,
    /// Of what.
    pub of: Original<'a>,
}

/// What is searched for: every mark holds one of these. Preparing a search costs more than most texts are long, and so does
/// each search that finds nothing.
static SEARCHES: LazyLock<[(RepeatKind, Finder<'static>); 3]> = LazyLock::new(|| {
    [
        (RepeatKind::Revert, "everts "),
        (RepeatKind::CherryPick, "(cherry picked from commit "),
        (RepeatKind::Backport, "ackport"),
    ]
    .map(|(kind, part)| (kind, Finder::new(part)))
});

/// The marks of reverts: what stands before `everts ` and behind it.
const REVERTS: [(&str, &str); 4] =
    [("This r", "commit "), ("This r", "merge request !"), ("This r", "pull request #"), ("R", "")];

/// Returns what a commit message, or the title and description of a change, says that it undoes or repeats.
pub fn repeats<'a>(subject: &'a str, body: &'a str) -> Vec<Repeat<'a>> {
    let mut found = Vec::new();
    for text in [subject, body] {
        for (kind, finder) in SEARCHES.iter() {
            for at in finder.find_iter(text.as_bytes()).take(MOST_SEEN) {
                let Some((start, end)) = mark(*kind, text, at, at + finder.needle().len()) else { continue };
                push(of_mark(*kind, text, start, end).map(|of| Repeat { kind: *kind, of }), &mut found);
            }
        }
    }
    if let Some(title) = quoted_title(subject) {
        // A squash merge of the original has its number at the end of its title.
        let of =
            pull_reference(title).map_or(Original::Title(title), |pull| Original::Change("", pull.number));
        if !found.iter().any(|known| known.kind == RepeatKind::Revert) {
            push(Some(Repeat { kind: RepeatKind::Revert, of }), &mut found);
        }
    }
    found
}

/// Returns what the name of a branch and the labels of a change say that it undoes or repeats: `revert-12-name` and
/// `backport-12-to-release` and the like, and the labels `revert`, `cherry-pick` and `backport` themselves.
pub fn of_branch_and_labels<'a>(branch: &'a str, labels: &[impl AsRef<str>]) -> Vec<Repeat<'a>> {
    let mut found = Vec::new();
    for (kind, start) in [
        (RepeatKind::Revert, "revert-"),
        (RepeatKind::CherryPick, "cherry-pick-"),
        (RepeatKind::Backport, "backport-"),
        (RepeatKind::Backport, "backport/"),
        (RepeatKind::Backport, "mergify/bp/"),
    ] {
        let Some(rest) = branch.strip_prefix(start) else { continue };
        let first = rest.split(['-', '/']).next().unwrap_or_default();
        let last = rest.rsplit_once("pr-").map_or("", |(_, last)| last);
        let numbered = [first, last].into_iter().find_map(whole_number);
        let of = match numbered {
            // GitLab names its branches after commits; eight digits alone are one of those and no number.
            Some(number) if first.len() != 8 => Original::Change("", number),
            _ if is_object(first) => Original::Commit(first),
            _ if kind == RepeatKind::Backport => Original::Unsaid,
            _ => continue,
        };
        push(Some(Repeat { kind, of }), &mut found);
    }
    for label in labels {
        let kind = match label.as_ref().to_ascii_lowercase().as_str() {
            "revert" => RepeatKind::Revert,
            "cherry-pick" => RepeatKind::CherryPick,
            "backport" => RepeatKind::Backport,
            _ => continue,
        };
        if !found.iter().any(|known| known.kind == kind) {
            push(Some(Repeat { kind, of: Original::Unsaid }), &mut found);
        }
    }
    found
}

fn push<'a>(repeat: Option<Repeat<'a>>, found: &mut Vec<Repeat<'a>>) {
    if let Some(repeat) = repeat.filter(|repeat| found.len() < MOST && !found.contains(repeat)) {
        found.push(repeat);
    }
}

/// Returns where the mark starts and ends that holds what was searched for between two offsets.
fn mark(kind: RepeatKind, text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    if kind != RepeatKind::Revert {
        return Some((start, end));
    }
    let (before, behind) = (text.get(..start)?, text.get(end..)?);
    let fits = |(ahead, after): &&(&str, &str)| before.ends_with(ahead) && behind.starts_with(after);
    REVERTS.iter().find(fits).map(|(ahead, after)| (start - ahead.len(), end + after.len()))
}

/// Reads what follows a mark between two offsets.
fn of_mark(kind: RepeatKind, text: &str, start: usize, end: usize) -> Option<Original<'_>> {
    let rest = text.get(end..)?;
    if kind == RepeatKind::Backport {
        return backported(text, start, rest);
    }
    let is_at_start = start == 0 || text.as_bytes().get(start - 1) == Some(&b'\n');
    let word = rest.split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | ')')).next()?;
    if is_object(word) && word.len() >= 7 && !text[start..end].starts_with("Reverts") {
        return Some(Original::Commit(word));
    }
    if !is_at_start {
        return None;
    }
    if text[start..end].ends_with(['!', '#']) {
        return number(rest).map(|(number, _)| Original::Change("", number));
    }
    let (repository, tail) = word.split_once(['#', '!'])?;
    whole_number(tail).map(|number| Original::Change(repository, number))
}

/// Reads `Backport of #12`, `backport #12`, `automatic backport of pull request #12`: the number is the next that is
/// named on the line.
fn backported<'a>(text: &'a str, start: usize, rest: &'a str) -> Option<Original<'a>> {
    let first = start.checked_sub(1).and_then(|at| text.as_bytes().get(at))?;
    let line = rest.lines().next()?;
    let (between, tail) = line.split_once(['#', '!'])?;
    let words = ["s", "of", "pull", "request", "pr", "merge", "mr", "for", "from", ""];
    let is_plain =
        between.split([' ', ':']).all(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)));
    (matches!(first, b'b' | b'B') && is_plain).then_some(())?;
    number(tail).map(|(number, _)| Original::Change("", number))
}

/// Returns the title in `Revert "title"`.
fn quoted_title(subject: &str) -> Option<&str> {
    let (title, _) = subject.trim().strip_prefix("Revert \"")?.rsplit_once('"')?;
    (!title.is_empty()).then_some(title)
}

fn whole_number(text: &str) -> Option<u64> {
    number(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

fn is_object(word: &str) -> bool {
    (7..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use RepeatKind::{Backport, CherryPick, Revert};

    const ID: &str = "9fceb02d0ae598e95dc970b74767f19372d61af8";

    fn of(subject: &str, body: &str) -> Vec<(RepeatKind, String)> {
        let word = |repeat: &Repeat<'_>| match repeat.of {
            Original::Commit(id) => id.to_owned(),
            Original::Change(repository, number) => format!("{repository}#{number}"),
            Original::Title(title) => format!("\"{title}\""),
            Original::Unsaid => String::new(),
        };
        repeats(subject, body).iter().map(|repeat| (repeat.kind, word(repeat))).collect()
    }

    #[test]
    fn reverts_are_read_as_git_and_the_forges_write_them() {
        for (subject, body, named) in [
            ("Revert \"Retry\"", format!("This reverts commit {ID}."), ID),
            ("Revert \"Retry\"", format!("This reverts commit {ID}, reversing\nchanges made to {ID}."), ID),
            ("Reapply \"Retry\"", format!("This reverts commit {ID}."), ID),
            ("Revert \"Retry\" (#13)", "Reverts acme/pay#12".to_owned(), "acme/pay#12"),
            ("Revert \"Retry\"", "Reverts #12\n\nIt broke the build.".to_owned(), "#12"),
            ("Revert \"Retry\"", "This reverts merge request !7".to_owned(), "#7"),
            ("Revert \"Retry (#12)\" (#13)", String::new(), "#12"),
            ("Revert \"Retry\"", String::new(), "\"Retry\""),
        ] {
            assert_eq!(of(subject, &body), [(Revert, named.to_owned())], "{subject} / {body}");
        }
    }

    #[test]
    fn cherry_picks_and_backports_name_what_they_repeat() {
        let picked = format!("Body.\n\n(cherry picked from commit {ID})\nSigned-off-by: A <a@b>");
        assert_eq!(of("Retry", &picked), [(CherryPick, ID.to_owned())]);
        for text in [
            "Backport of #12",
            "Backport of #12 to `release`",
            "Backports: #12",
            "This is an automatic backport of pull request #12 done by Mergify.",
            "# Backport\n\nbackport PR #12",
        ] {
            assert_eq!(of("Retry", text), [(Backport, "#12".to_owned())], "{text}");
        }
        assert_eq!(of("Retry (backport #12)", ""), [(Backport, "#12".to_owned())]);
    }

    #[test]
    fn ordinary_words_are_no_marks() {
        for text in [
            "It reverts to the old way, see #12",
            "Nobody Reverts #12 here",
            "backport this to the release, as asked in #12",
            "This reverts commit and others",
            "Reverts",
            "ackport #12",
        ] {
            assert_eq!(of("Title", text), [], "{text}");
        }
    }

    #[test]
    fn branches_and_labels_tell_it_too() {
        let of = |branch: &str, labels: &[&str]| {
            of_branch_and_labels(branch, labels)
                .iter()
                .map(|r| (r.kind, format!("{:?}", r.of)))
                .collect::<Vec<_>>()
        };
        let change = |number: u64| format!("{:?}", Original::Change("", number));
        assert_eq!(of("revert-12-retry", &[]), [(Revert, change(12))]);
        assert_eq!(of("revert-1a2b3c4d", &[]), [(Revert, format!("{:?}", Original::Commit("1a2b3c4d")))]);
        assert_eq!(of("backport-12-to-release-1.0", &[]), [(Backport, change(12))]);
        assert_eq!(of("backport/7.x/pr-12", &[]), [(Backport, change(12))]);
        assert_eq!(of("mergify/bp/7.x/pr-12", &["backport"]), [(Backport, change(12))]);
        assert_eq!(
            of("fix", &["Backport", "needs-backport"]),
            [(Backport, format!("{:?}", Original::Unsaid))]
        );
        assert_eq!(of("revert-to-the-old-way", &["reverted?"]), []);
    }
}
