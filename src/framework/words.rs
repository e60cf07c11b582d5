//! The closed word lists of a pack: what a text is, how far it goes, where it stands, what it applies to.

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$item:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$item])* $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the word that packs, JSON and people use.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Returns the value of a word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}

words! {
    /// What kind of text a row stands for.
    Kind {
        /// A numbered criterion that an engagement is examined against.
        Criterion = "criterion",
        /// Something to consider when a criterion is examined; never a requirement of its own.
        PointOfFocus = "point-of-focus",
        /// A principle of a control framework.
        Principle = "principle",
        /// A standard: of a rule that divides itself into standards, or of a standard setter.
        Standard = "standard",
        /// A specification of how a standard is met.
        ImplementationSpecification = "implementation-specification",
        /// A numbered requirement.
        Requirement = "requirement",
        /// An act.
        Statute = "statute",
        /// A rule under an act.
        Regulation = "regulation",
        /// Advice without force.
        Guidance = "guidance",
        /// What the trade does, without a text that orders it.
        Convention = "convention",
        /// A rule that is proposed and not made.
        Proposal = "proposal",
    }
}

words! {
    /// How far a text goes: whether it orders what the criteria test, or the criteria are evidence that bears on it.
    Strength {
        /// The text itself orders what the criteria test.
        Requires = "requires",
        /// The text leaves the means open; the criteria are evidence that supports it.
        Supports = "supports",
    }
}

words! {
    /// Where a text stands.
    Status {
        /// It applies.
        InForce = "in force",
        /// It is made, and applies from a later date.
        Adopted = "adopted",
        /// It is a draft of its maker.
        Proposed = "proposed",
    }
}

words! {
    /// What a control applies to: a predicate over a change, or the population as a whole.
    Applies {
        /// Every change in scope.
        InScope = "in_scope",
        /// Changes in which AI is known to have taken part.
        Ai = "ai",
        /// Changes in which AI is not known to have had no part.
        AiPossible = "ai_possible",
        /// Changes with a deployment on record.
        Deployed = "deployed",
        /// Changes that size or paths make risky.
        Risky = "risky",
        /// Changes with at least one human review on record.
        ManualReview = "manual_review",
        /// Decided once, on the population.
        Population = "population",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_value() {
        assert!(Kind::ALL.iter().all(|&kind| Kind::from_word(kind.word()) == Some(kind)));
        assert!(Applies::ALL.iter().all(|&applies| Applies::from_word(applies.word()) == Some(applies)));
        assert_eq!(Status::from_word("In force"), None);
        assert_eq!(Strength::from_word("supports"), Some(Strength::Supports));
    }
}
