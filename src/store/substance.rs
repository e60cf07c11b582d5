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

/// A list of words by their first letter: where each letter's words start, and the words as numbers.
struct Words<const N: usize> {
    starts: [u8; 27],
    words: [u64; N],
}

static EMPTY: Words<{ EMPTY_WORDS.len() }> = Words::new(EMPTY_WORDS);
static OF_TESTS: Words<{ TEST_WORDS.len() }> = Words::new(TEST_WORDS);

impl<const N: usize> Words<N> {
    /// Takes a sorted list.
    const fn new(list: &[&str]) -> Self {
        let (mut starts, mut words, mut at) = ([0; 27], [0; N], 0);
        while at < N {
            words[at] = number(list[at].as_bytes());
            let mut letter = (list[at].as_bytes()[0] - b'a') as usize + 1;
            while letter < starts.len() {
                starts[letter] = at as u8 + 1;
                letter += 1;
            }
            at += 1;
        }
        Self { starts, words }
    }

    /// Returns whether the list has a word that starts with the `letter`-th letter.
    fn has(&self, letter: usize, word: u64) -> bool {
        let starts = [self.starts[letter], self.starts[letter + 1]].map(usize::from);
        self.words[starts[0]..starts[1]].contains(&word)
    }
}

/// Returns a word of at most 12 letters of ASCII as a number, capital letters as small ones.
const fn number(word: &[u8]) -> u64 {
    let (mut number, mut at) = (0, 0);
    while at < word.len() {
        number = with_letter(number, word[at]);
        at += 1;
    }
    number
}

/// Returns the number of a word with one letter more, of which the low five bits tell which it is, small or capital.
const fn with_letter(number: u64, letter: u8) -> u64 {
    number << 5 | (letter & 0x1f) as u64
}

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
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind.get(1..).unwrap_or_default();
        let is_quoted = line.trim_start().starts_with('>');
        let mut at = 0;
        while let Some(word) = next_word(line, &mut at) {
            if word.length < 2 {
                continue;
            }
            let (is_empty, is_of_tests) = known(&word);
            found.mentions_tests |= is_of_tests;
            found.words += u32::from(!is_quoted && !is_empty);
            if found.words == 1000 {
                return found;
            }
        }
    }
    found
}

/// A word: its length in bytes, its first byte, whether it is letters of ASCII alone, and if so the last 12 as [`number`] gives
/// them.
struct Word {
    length: usize,
    first: u8,
    is_letters: bool,
    number: u64,
}

/// What a byte is in a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A letter of ASCII.
    Letter,
    /// A digit of ASCII.
    Digit,
    /// Anything else of ASCII.
    Outside,
    /// Part of a character that has to be looked at as a whole.
    Wide,
}

static CLASSES: [Class; 256] = {
    let (mut classes, mut byte) = ([Class::Wide; 256], 0_u8);
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            _ => Class::Outside,
        };
        byte += 1;
    }
    classes
};

/// Takes the next word, which is letters and digits, from an offset on.
fn next_word(text: &str, at: &mut usize) -> Option<Word> {
    let bytes = text.as_bytes();
    let wide = |at: usize, is_word: bool| {
        let c = text.get(at..).and_then(|rest| rest.chars().next());
        c.filter(|c| c.is_alphanumeric() == is_word).map(char::len_utf8)
    };
    while let Some(&byte) = bytes.get(*at) {
        match CLASSES[usize::from(byte)] {
            Class::Letter | Class::Digit => break,
            Class::Outside => *at += 1,
            Class::Wide => match wide(*at, false) {
                Some(length) => *at += length,
                None => break,
            },
        }
    }
    let start = *at;
    let (mut number, mut is_letters) = (0, true);
    while let Some(&byte) = bytes.get(*at) {
        let length = match CLASSES[usize::from(byte)] {
            Class::Letter => {
                number = with_letter(number, byte);
                *at += 1;
                continue;
            }
            Class::Digit => Some(1),
            Class::Outside => None,
            Class::Wide => wide(*at, true),
        };
        let Some(length) = length else { break };
        is_letters = false;
        *at += length;
    }
    let first = *bytes.get(start).filter(|_| start < *at)?;
    Some(Word { length: *at - start, first, is_letters, number })
}

/// Returns whether a word says nothing, and whether it speaks of tests.
fn known(word: &Word) -> (bool, bool) {
    let letter = word.first.to_ascii_lowercase().wrapping_sub(b'a');
    if word.length > LONGEST || !word.is_letters {
        return (false, false);
    }
    let letter = usize::from(letter);
    (EMPTY.has(letter, word.number), OF_TESTS.has(letter, word.number))
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
        assert!(judge("> Tests?").mentions_tests);
        assert!(judge("tests—all of them").mentions_tests && !judge("tests2 ütests").mentions_tests);
    }

    #[test]
    fn words_are_letters_and_digits_of_any_script() {
        for (text, words) in [
            ("überprüft: naïve-café", 3),
            ("THE Tests2 fınе", 2),
            ("x y z", 0),
            ("日本語 テスト", 2),
            ("1a-2b — ok", 2),
        ] {
            assert_eq!(judge(text).words, words, "{text}");
        }
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(EMPTY_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(TEST_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(EMPTY_WORDS.iter().chain(TEST_WORDS).all(|word| word.len() <= LONGEST));
    }
}
