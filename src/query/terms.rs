//! The terms of a query as the reader sees them: one after another, each to be taken out or put in.

/// Splits a query into its terms, at white space outside quotation marks; within them `\\` takes the next character as it
/// is, as in [`super::filter`].
pub fn terms(query: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    let mut chars = query.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => {
                chars.next();
            }
            c if c.is_whitespace() && !is_quoted => {
                if start < at {
                    out.push(&query[start..at]);
                }
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    if start < query.len() {
        out.push(&query[start..]);
    }
    out
}

/// Returns the query without the term at a place.
pub fn without(query: &str, place: usize) -> String {
    let mut kept = terms(query);
    if place < kept.len() {
        kept.remove(place);
    }
    kept.join(" ")
}

/// Returns the query with a term that it lacks, or without one that it has.
pub fn toggled(query: &str, term: &str) -> String {
    let all = terms(query);
    let mut kept: Vec<&str> = all.iter().copied().filter(|other| *other != term).collect();
    if kept.len() == all.len() {
        kept.push(term);
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotation_marks_hold_a_term_together() {
        assert_eq!(terms(r#"  a:"b c"  d "#), [r#"a:"b c""#, "d"]);
        assert_eq!(terms(r#"a:"b \" c" d"#), [r#"a:"b \" c""#, "d"]);
        assert_eq!(terms(r#"a "never closed b"#), ["a", r#""never closed b"#]);
    }

    #[test]
    fn a_term_put_in_twice_is_taken_out() {
        assert_eq!(toggled("a", "b"), "a b");
        assert_eq!(toggled("a b", "b"), "a");
        assert_eq!(without("a b c", 1), "a c");
        assert_eq!(without("a", 9), "a");
    }

    proptest! {
        #[test]
        fn terms_lose_nothing_but_space(query in "[a-z:\"\\\\ \u{a0}]{0,40}") {
            let squeezed: String = query.chars().filter(|c| !c.is_whitespace()).collect();
            let joined: String = terms(&query).concat().chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(joined, squeezed);
        }
    }
}
