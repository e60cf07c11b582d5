//! What AI tools, notes and signed statements claim.

use super::super::moment::Moment;
use super::super::place::Part;
use super::super::terms::Capture;
use super::{AccountRecord, ChangeKey, Str};

/// The kind of source that an AI record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SessionSource {
    /// A trailer or a tool's mark in a commit message.
    #[default]
    Trailer,
    /// A tool's mark or statement in the text of a change.
    ChangeText,
    /// A git-ai note (`authorship/3.0.0` or older).
    GitAiNote,
    /// An Agent Trace record.
    AgentTrace,
    /// The account that committed or opened the change is an agent's.
    AgentAccount,
}

impl SessionSource {
    /// Returns the words that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trailer => "commit trailer",
            Self::ChangeText => "text of the change",
            Self::GitAiNote => "git-ai note",
            Self::AgentTrace => "Agent Trace record",
            Self::AgentAccount => "agent's account",
        }
    }

    /// Returns how a record of this source came to be known.
    pub const fn capture(self) -> Capture {
        match self {
            Self::Trailer | Self::ChangeText => Capture::SelfTyped,
            // A local tool wrote these; nothing binds them to the tool, so they are no better than typed text
            // until a signature says otherwise.
            Self::GitAiNote | Self::AgentTrace => Capture::SelfTyped,
            Self::AgentAccount => Capture::SystemObserved,
        }
    }
}

/// How much of the prompt is on record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PromptRecord {
    /// Nothing.
    #[default]
    None,
    /// An address or id of a conversation that is kept elsewhere.
    Reference,
    /// A digest.
    Hash,
    /// A summary.
    Summary,
    /// The text itself, whole or redacted.
    Text,
}

/// What an AI tool, or a note about it, says of one session's part in a commit or change.
#[derive(Clone, Debug, Default)]
pub struct SessionRecord<'a> {
    /// What kind of source says so.
    pub source: SessionSource,
    /// The commit that it is about, at least 7 digits; empty where it names a change.
    pub commit: Str<'a>,
    /// The change that it is about, where it names one.
    pub change: Option<ChangeKey<'a>>,
    /// `true` for a record that covers the commit and finds no AI part in it (a git-ai note without sessions).
    pub none: bool,
    /// Tool, lower case (`claude-code`, `copilot`, `codex` …); empty where not said.
    pub tool: Str<'a>,
    /// Model as the record spells it; empty where not said.
    pub model: Str<'a>,
    /// The tool's id of the session.
    pub session: Str<'a>,
    /// Who asked for it: the human that the record names.
    pub initiator: Option<AccountRecord<'a>>,
    /// How much of the prompt is on record.
    pub prompt: PromptRecord,
    /// Whether the record states parameters or a digest from which the output could be reproduced;
    /// `None` where it says nothing.
    pub reproducible: Option<bool>,
    /// When.
    pub at: Option<Moment>,
    /// Lines that it attributes to AI, by path; ranges are 1-based and inclusive.
    pub files: Vec<AttributionRecord<'a>>,
    /// Count of attribution keys that the record uses and does not define.
    pub dangling: u32,
    /// Where it is in its record.
    pub part: Option<Part>,
}

/// Lines of one file that a session claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributionRecord<'a> {
    /// Path, with forward slashes.
    pub path: Str<'a>,
    /// Inclusive 1-based ranges, in the order of the record.
    pub ranges: Vec<(u32, u32)>,
}

/// How a statement is wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Envelope {
    /// An in-toto statement as it is: an unsigned claim.
    #[default]
    Bare,
    /// A DSSE envelope.
    Dsse,
    /// A Sigstore bundle.
    Sigstore,
    /// A Sigstore bundle in a serialisation that its specification does not define.
    SigstoreOdd,
}

impl Envelope {
    /// Returns the words that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bare => "bare statement",
            Self::Dsse => "DSSE envelope",
            Self::Sigstore => "Sigstore bundle",
            Self::SigstoreOdd => "Sigstore bundle in an odd serialisation",
        }
    }
}

/// A statement about digests.
#[derive(Clone, Debug, Default)]
pub struct AttestationRecord<'a> {
    /// SHA-256 over the record's own bytes: the same statement in two files is one.
    pub digest: [u8; 32],
    /// How it is wrapped.
    pub envelope: Envelope,
    /// `mediaType` of the bundle, as written.
    pub media_type: Str<'a>,
    /// `payloadType` of the envelope.
    pub payload_type: Str<'a>,
    /// `predicateType` of the statement; empty where the payload could not be read.
    pub predicate_type: Str<'a>,
    /// What it is about: digest algorithm (`gitCommit`, `sha1`, `sha256` …) and lower-case hexadecimal.
    pub subjects: Vec<(Str<'a>, Str<'a>)>,
    /// Count of signatures in the envelope.
    pub signatures: u32,
    /// The attestation as its file has it, envelope and all: what signatures are checked over.
    pub text: &'a str,
    /// The commit that the record is attached to (a git note); empty where none.
    pub attached_to: Str<'a>,
    /// What its predicate says, as far as Lacuna reads it.
    pub facts: Facts<'a>,
    /// Where it is in its record.
    pub part: Option<Part>,
}

/// What a predicate says, as far as Lacuna reads it. Empty is "not said".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Who acted (source provenance `actor`).
    pub actor: Str<'a>,
    /// What was done (source provenance `activity_type`, for instance `pr_merge`).
    pub activity: Str<'a>,
    /// Branch or tag.
    pub reference: Str<'a>,
    /// Repository address.
    pub repository: Str<'a>,
    /// The revision before (`prev_commit`).
    pub previous: Str<'a>,
    /// When it was made.
    pub at: Option<Moment>,
    /// Controls that were enforced, with since when; `None` where the predicate has no such list.
    pub controls: Option<Vec<(Str<'a>, Option<Moment>)>>,
    /// Levels that a verification summary or source provenance claims.
    pub levels: Vec<Str<'a>>,
    /// `PASSED`, `FAILED`, `WARNED` as written.
    pub result: Str<'a>,
    /// Identity of the verifier or builder.
    pub issuer: Str<'a>,
    /// Commits that it names beside its subjects (resolved dependencies).
    pub commits: Vec<Str<'a>>,
    /// Names of tests that passed, warned and failed, as counts.
    pub tests: Option<(u32, u32, u32)>,
}
