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

/// Words that speak of tests.
const TEST_WORDS: &[&str] =
    &["assert", "assertion", "assertions", "coverage", "test", "tested", "testing", "tests"];

/// The longest word of the two lists.
const LONGEST: usize = 10;

/// What a text holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Substance {
    /// Count of words that are neither praise nor formula, at most 1000; quoted lines do not count.
    pub words: u32,
    /// Whether it speaks of tests.
    pub mentions_tests: bool,
}

/// Judges a review's text.
///
/// `LGTM`, `Looks good to me, thanks!` and `👍` hold no words of substance.
pub fn judge(text: &str) -> Substance {
    let mut found = Substance::default();
    if text.is_empty() {
        return found;
    }
    for line in text.lines() {
        let is_quoted = line.trim_start().starts_with('>');
        for word in line.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1) {
            let mut lower = [0; LONGEST];
            let known = word.len() <= LONGEST && word.is_ascii();
            if known {
                lower[..word.len()].copy_from_slice(word.as_bytes());
                lower[..word.len()].make_ascii_lowercase();
            }
            let lower =
                if known { std::str::from_utf8(&lower[..word.len()]).unwrap_or_default() } else { "" };
            found.mentions_tests |= TEST_WORDS.binary_search(&lower).is_ok();
            if !is_quoted && EMPTY_WORDS.binary_search(&lower).is_err() {
                found.words += 1;
            }
            if found.words == 1000 {
                return found;
            }
        }
    }
    found
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
            assert_eq!(judge(text).words, 0, "{text}");
        }
        assert!(judge("What happens when the retry loses the idempotency key?").words >= 4);
    }

    #[test]
    fn tests_are_spoken_of_by_their_words() {
        assert!(judge("The Coverage is fine").mentions_tests);
        assert!(!judge("the latest contest").mentions_tests);
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(EMPTY_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(TEST_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(EMPTY_WORDS.iter().chain(TEST_WORDS).all(|word| word.len() <= LONGEST));
    }
}
