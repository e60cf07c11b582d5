//! How much of a review's text is substance.

/// Words that say nothing of the change: praise, thanks, and the usual formulas of approval.
const EMPTY_WORDS: &[&str] = &[
    "a",
    "all",
    "and",
    "approve",
    "approved",
    "awesome",
    "cool",
    "done",
    "excellent",
    "fine",
    "for",
    "from",
    "go",
    "good",
    "great",
    "i",
    "is",
    "it",
    "job",
    "just",
    "lgtm",
    "look",
    "looks",
    "love",
    "me",
    "merge",
    "merging",
    "my",
    "nice",
    "ok",
    "okay",
    "perfect",
    "please",
    "pr",
    "ready",
    "ship",
    "side",
    "so",
    "start",
    "stuff",
    "sweet",
    "thank",
    "thanks",
    "that",
    "the",
    "this",
    "to",
    "very",
    "well",
    "work",
    "works",
    "wow",
    "yes",
    "you",
    "your",
];

/// Counts the words of a review's text that are not mere praise or formula; quoted lines do not count.
///
/// `LGTM`, `Looks good to me, thanks!` and `👍` count 0.
pub fn words(text: &str) -> u32 {
    if text.is_empty() {
        return 0;
    }
    let count = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('>'))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() > 1)
        .filter(|word| EMPTY_WORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_err())
        .take(1000)
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Returns whether a text speaks of tests.
pub fn mentions_tests(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| {
        ["test", "tests", "tested", "testing", "coverage", "assertion", "assertions", "assert"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn praise_is_no_substance() {
        for text in [
            "LGTM",
            "Looks good to me, thanks!",
            "👍",
            "Nice work",
            "",
            "🚢 great start!",
            "> a long quoted line of text",
        ] {
            assert_eq!(words(text), 0, "{text}");
        }
        assert!(words("What happens when the retry loses the idempotency key?") >= 4);
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(EMPTY_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
