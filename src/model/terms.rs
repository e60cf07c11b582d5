//! The closed word lists of the design: verdicts, capture levels, actor kinds, AI involvement, signature states.

use serde::{Deserialize, Serialize};

/// A criterion's outcome on a change. The order is from best to worst, so `max` is "the worst of".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Verdict {
    /// The criterion does not bear on this change; the reason says why.
    NotApplicable = 0,
    /// Evidence shows it.
    Met = 1,
    /// A valid, unexpired exception covers what would be unmet or unproven.
    Excepted = 2,
    /// No evidence either way.
    Unproven = 3,
    /// Evidence shows the contrary.
    Unmet = 4,
}

impl Verdict {
    /// All verdicts, best first.
    pub const ALL: [Self; 5] = [Self::NotApplicable, Self::Met, Self::Excepted, Self::Unproven, Self::Unmet];

    /// Returns the word that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            Self::Met => "met",
            Self::Excepted => "excepted",
            Self::Unproven => "unproven",
            Self::Unmet => "unmet",
        }
    }

    /// Returns the word that JSON, queries and CSS classes use.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Met => "met",
            Self::Excepted => "excepted",
            Self::Unproven => "unproven",
            Self::Unmet => "unmet",
        }
    }

    /// Returns the verdict of a slug.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.slug() == slug)
    }
}

/// How a record came to be known. The order is from weakest to strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Capture {
    /// A heuristic.
    #[default]
    Inferred = 0,
    /// A commit trailer, a pull-request text, anything that its author typed.
    SelfTyped = 1,
    /// A named person's statement.
    HumanAttested = 2,
    /// Exported by the forge, the CI system or the identity provider.
    SystemObserved = 3,
    /// A signature over it checked out.
    Verified = 4,
}

impl Capture {
    /// Returns the word that JSON and people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::SelfTyped => "self-typed",
            Self::HumanAttested => "human-attested",
            Self::SystemObserved => "system-observed",
            Self::Verified => "verified",
        }
    }
}

/// What stands behind an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ActorKind {
    /// The export does not say.
    #[default]
    Unknown = 0,
    /// A natural person.
    Human = 1,
    /// An automation that follows fixed rules, such as a dependency updater.
    Bot = 2,
    /// An AI agent.
    Agent = 3,
    /// A service account, such as a merge queue or a deployment pipeline.
    Service = 4,
}

impl ActorKind {
    /// Returns the word that JSON and people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Human => "human",
            Self::Bot => "bot",
            Self::Agent => "agent",
            Self::Service => "service",
        }
    }

    /// Returns whether the account is known to be no person.
    pub const fn is_machine(self) -> bool {
        matches!(self, Self::Bot | Self::Agent | Self::Service)
    }
}

/// What part AI had in a change. Unknown is not none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum AiInvolvement {
    /// Nothing says.
    #[default]
    Unknown = 0,
    /// Recorded as such: a record covers the change and shows no AI part.
    None = 1,
    /// AI took part beside a human author.
    Assisted = 2,
    /// An agent is the author.
    Generated = 3,
}

impl AiInvolvement {
    /// Returns the word that JSON and people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Assisted => "assisted",
            Self::Generated => "generated",
        }
    }

    /// Returns whether AI is known to have taken part.
    pub const fn took_part(self) -> bool {
        matches!(self, Self::Assisted | Self::Generated)
    }
}

/// The state of a signature check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum SignatureState {
    /// Nothing was checked.
    #[default]
    NotChecked = 0,
    /// There is no signature.
    NotSigned = 1,
    /// Every step checked out.
    Valid = 2,
    /// A step failed.
    Invalid = 3,
    /// It is still being checked; nothing that is written for others says so.
    Pending = 4,
}

impl SignatureState {
    /// Returns the words that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotChecked => "not checked",
            Self::NotSigned => "not signed",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Pending => "being checked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_is_the_greatest() {
        assert_eq!(Verdict::ALL.into_iter().max(), Some(Verdict::Unmet));
        assert!(Verdict::Unproven > Verdict::Excepted && Verdict::Excepted > Verdict::Met);
    }

    #[test]
    fn slugs_round_trip() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::from_slug(verdict.slug()), Some(verdict));
        }
    }
}
