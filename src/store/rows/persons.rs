//! The rows of accounts, of persons, and of what links them.

use super::{AccountId, PersonId, Place};
use crate::model::{ActorKind, Capture, Moment};
use crate::store::strings::Text;

/// An account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Account {
    /// Login, as written first.
    pub login: Text,
    /// Display name.
    pub name: Text,
    /// Address, lower case.
    pub email: Text,
    /// Kind after all sources were looked at.
    pub kind: ActorKind,
    /// How the kind is known.
    pub kind_from: Capture,
    /// Which rule decided the kind.
    pub kind_rule: KindRule,
    /// What the forge's own mark says of the kind, whatever was decided.
    pub marked: ActorKind,
    /// Whether the forge calls the account a member, owner, collaborator or contributor somewhere.
    pub is_affiliated: bool,
    /// Whether the forge says `NONE` of it somewhere.
    pub is_called_none: bool,
    /// The person.
    pub person: PersonId,
    /// The record that named it first.
    pub place: Place,
}

/// The rule that decided what stands behind an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KindRule {
    /// None: nothing tells, or only a display name would.
    #[default]
    None,
    /// A list of the policy names it.
    Policy,
    /// `people.csv` gives its person's kind.
    People,
    /// `public/agents.toml` has its login or address.
    KnownAgent,
    /// The forge says of the account what it is.
    ForgeMark,
    /// The login has the form that the forge gives to apps.
    LoginMark,
    /// The forge calls it a member, owner, collaborator or contributor.
    Affiliation,
    /// Nothing marks it as a machine's.
    Unmarked,
    /// Another account of the same person is a machine's.
    OfPerson,
}

impl KindRule {
    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "nothing tells",
            Self::Policy => "named in the policy",
            Self::People => "listed in people.csv",
            Self::KnownAgent => "known by login or address",
            Self::ForgeMark => "marked by the forge",
            Self::LoginMark => "login has the form of an app's",
            Self::Affiliation => "the forge knows it as a member or contributor",
            Self::Unmarked => "nothing marks it as a machine's",
            Self::OfPerson => "another account of the same person is a machine's",
        }
    }
}

/// What says that two accounts are one person's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkSource {
    /// A valid signature: its certificate names the one, what it signs the other.
    Signature,
    /// One record names both.
    #[default]
    Record,
    /// The policy.
    Policy,
    /// `people.csv`.
    People,
    /// `.mailmap`.
    Mailmap,
    /// A forge's no-reply address, which holds the login.
    NoReply,
}

impl LinkSource {
    /// Returns the words that people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Signature => "verified signature",
            Self::Record => "one record names both",
            Self::Policy => "policy",
            Self::People => "people.csv",
            Self::Mailmap => ".mailmap",
            Self::NoReply => "no-reply address of the forge",
        }
    }
}

/// Two accounts that something says are one person's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The one.
    pub a: AccountId,
    /// The other; the same for a no-reply address, which is the login over again.
    pub b: AccountId,
    /// What says so.
    pub source: LinkSource,
    /// How strong that is.
    pub capture: Capture,
    /// Where it says so; `None` for the policy.
    pub place: Option<Place>,
    /// The no-reply address.
    pub address: Text,
    /// Whether it holds; one that a stronger statement contradicts is kept and joins nothing.
    pub holds: bool,
}

/// A person: one or more accounts.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The name to show.
    pub name: String,
    /// Kind.
    pub kind: ActorKind,
    /// Accounts, in order of first sight.
    pub accounts: Vec<AccountId>,
    /// Roles by `people.csv`.
    pub roles: Vec<String>,
    /// Until when their qualification holds.
    pub qualified_until: Option<Moment>,
}
