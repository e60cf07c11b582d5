//! What an evaluation says, in the words that people read: one text for screens and reports.

use super::body::{Evaluated, FindingText};

impl FindingText {
    /// Returns its parts, each with the word that people read.
    pub fn parts(&self) -> [(&'static str, String); 9] {
        [
            ("Grade", self.grade.word().to_owned()),
            ("Condition", self.condition.clone()),
            ("Criterion", self.criterion.clone()),
            ("Cause", self.cause.clone()),
            ("Effect", self.effect.clone()),
            ("Recommendation", self.recommendation.clone()),
            ("Owner", self.owner.clone()),
            ("Due", self.due.clone()),
            ("Items", self.items.join(", ")),
        ]
    }
}

impl Evaluated {
    /// Returns what the figures say, in sentences.
    pub fn words(&self) -> String {
        let bound = if self.population == 0 {
            "exact binomial bound".to_owned()
        } else {
            ["exact hypergeometric bound over ", &self.population.to_string(), " changes"].concat()
        };
        let verdict = if self.supports_reliance { "supports reliance" } else { "does not support reliance" };
        let untested = match self.untested {
            0 => String::new(),
            1 => " 1 of the items is not tested in every step, and counts as a deviation.".to_owned(),
            some => [
                " ",
                &some.to_string(),
                " of the items are not tested in every step, and count as deviations.",
            ]
            .concat(),
        };
        [
            self.deviations.to_string().as_str(),
            " of ",
            &self.size.to_string(),
            if self.deviations == 1 { " items deviates, " } else { " items deviate, " },
            &percent(&self.rate),
            ". At a confidence of ",
            &percent(&self.confidence),
            ", at most ",
            &percent(&self.upper_bound),
            " of the changes do (",
            &bound,
            "). That is ",
            self.relation(),
            " the tolerable ",
            &percent(&self.tolerable),
            ": the sample ",
            verdict,
            " at this level.",
            &untested,
        ]
        .concat()
    }

    /// Returns how the bound stands to what is tolerable.
    fn relation(&self) -> &'static str {
        if self.supports_reliance {
            "within"
        } else if percent(&self.upper_bound) == percent(&self.tolerable) {
            // Where the population counts, the tolerable rate itself must be ruled out.
            "not below"
        } else {
            "more than"
        }
    }
}

/// Returns a rate as a percentage, all its digits kept and not to be broken: `0.283100` as `28.31 %`. What is no plain number
/// stays as it is.
pub fn percent(rate: &str) -> String {
    let (whole, part) = rate.split_once('.').unwrap_or((rate, ""));
    let is_plain = (whole.len() + part.len() > 0)
        && whole.chars().chain(part.chars()).all(|digit| digit.is_ascii_digit());
    if !is_plain {
        return rate.to_owned();
    }
    let part = [part, "00"].concat();
    let (hundredths, rest) = part.split_at(2);
    let whole = [whole, hundredths].concat();
    let whole = whole.trim_start_matches('0');
    let rest = rest.trim_end_matches('0');
    [if whole.is_empty() { "0" } else { whole }, if rest.is_empty() { "" } else { "." }, rest, "\u{a0}%"]
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_keeps_its_digits_as_a_percentage() {
        for (rate, words) in [
            ("0.283100", "28.31\u{a0}%"),
            ("0.05", "5\u{a0}%"),
            ("0.000000", "0\u{a0}%"),
            ("1.000000", "100\u{a0}%"),
            ("1", "100\u{a0}%"),
            (".5", "50\u{a0}%"),
            ("0.001", "0.1\u{a0}%"),
            ("five", "five"),
            ("", ""),
        ] {
            assert_eq!(percent(rate), words, "{rate}");
        }
    }

    #[test]
    fn a_bound_that_equals_the_tolerable_rate_is_told_from_one_above_it() {
        let said =
            Evaluated { upper_bound: "0.100000".into(), tolerable: "0.1".into(), ..Evaluated::default() };
        assert!(said.words().contains("not below the tolerable 10\u{a0}%"), "{}", said.words());
        let said = Evaluated { tolerable: "0.05".into(), ..said };
        assert!(said.words().contains("more than the tolerable 5\u{a0}%"), "{}", said.words());
        let said = Evaluated { supports_reliance: true, tolerable: "0.2".into(), ..said };
        assert!(said.words().contains("within the tolerable 20\u{a0}%: the sample supports reliance"));
    }
}
