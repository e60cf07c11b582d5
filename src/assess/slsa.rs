//! The SLSA level that a statement supports, and what the next one demands beyond it (SLSA 1.2, Build track and Source track).
//!
//! What a statement claims is not what it supports: provenance nobody signed is level 1 whatever it says, a builder that
//! nobody trusts adds nothing, and a builder's name counts only where the signer is one who may speak for it.

use crate::model::{SignatureState, Verification};
use crate::policy::{Policy, TrustedBuilder, wildcard};
use crate::store::{Statement, Store};

use super::signature::is_let;

/// A track of SLSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Track {
    /// How an artifact was built.
    Build,
    /// How a revision came to be.
    Source,
}

impl Track {
    /// Returns its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::Source => "Source",
        }
    }
}

/// What a statement supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The track.
    pub track: Track,
    /// The level, 0 to 4.
    pub level: u8,
    /// Why, in words.
    pub reason: String,
    /// What the next level demands and the evidence lacks; empty at the track's last level.
    pub next: String,
}

/// Builders that are trusted where the policy names none, each with what its signer must be: the signing workflow itself, or
/// any identity that GitHub vouches for. Levels as the builders' own documentation states them.
const KNOWN: [(&str, &str, &str, u8); 5] = [
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/*",
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/*",
        GITHUB,
        3,
    ),
    ("https://github.com/actions/runner/github-hosted", "https://github.com/*", GITHUB, 2),
    ("https://github.com/actions/runner", "https://github.com/*", GITHUB, 2),
    // A workflow of GitHub that attests its own builds is its own builder; only a reusable one isolates them.
    ("https://github.com/*/.github/workflows/*", "", GITHUB, 2),
    ("https://cloudbuild.googleapis.com/GoogleHostedWorker@v1", "key *", "", 3),
];

const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Returns what a statement supports; `None` for one that is about no track of SLSA.
pub fn level(store: &Store, policy: &Policy, statement: &Statement) -> Option<Level> {
    let predicate = store.text(statement.predicate_type);
    let signed = Signed::of(store, policy, statement, predicate);
    if predicate.starts_with("https://slsa.dev/provenance/") {
        Some(build(store, policy, statement, &signed))
    } else if predicate.contains("/source-provenance/") {
        Some(source(store, statement, &signed))
    } else if predicate.starts_with("https://slsa.dev/verification_summary/") {
        summary(store, statement, &signed)
    } else {
        None
    }
}

/// Whether anybody stands behind a statement.
enum Signed<'a> {
    /// A valid signature by somebody whom the policy does not rule out.
    By(&'a Verification),
    /// Nobody: why, in words.
    Not(&'static str),
}

impl<'a> Signed<'a> {
    fn of(store: &'a Store, policy: &Policy, statement: &Statement, predicate: &str) -> Self {
        let found = statement.verification.and_then(|at| store.verifications.get(at as usize));
        match (statement.signature, found) {
            (SignatureState::Valid, Some((_, found))) if is_let(policy, predicate, found) => Self::By(found),
            (SignatureState::Valid, _) => Self::Not("its signer may not attest it by the policy"),
            (SignatureState::Invalid, _) => Self::Not("its signature is invalid"),
            (SignatureState::NotSigned, _) => Self::Not("it is not signed"),
            (SignatureState::Pending, _) => Self::Not("its signature is still being checked"),
            (SignatureState::NotChecked, _) => Self::Not("its signature could not be checked"),
        }
    }
}

fn build(store: &Store, policy: &Policy, statement: &Statement, signed: &Signed<'_>) -> Level {
    let of = |level, reason: String, next: String| Level { track: Track::Build, level, reason, next };
    let found = match signed {
        Signed::Not("its signature is invalid") => {
            let next = "Level 1 demands provenance that is what its builder wrote.".to_owned();
            return of(0, "Its signature is invalid, so it shows nothing.".into(), next);
        }
        Signed::Not(why) => {
            let next = format!("Level 2 demands provenance that the build platform signed: {why}.");
            return of(1, "Provenance says how it was built.".into(), next);
        }
        Signed::By(found) => found,
    };
    let builder = store.text(statement.issuer);
    match trusted(policy, builder, found) {
        Ok(level) => {
            let reason = format!("Signed provenance of {builder}, which is trusted up to level {level}.");
            let next = match level {
                0 | 1 => "Level 2 demands a builder that is trusted for it.",
                2 => {
                    "Level 3 demands a builder that is trusted to isolate builds from each other and from their own tenants."
                }
                _ => "",
            };
            of(level.min(3), reason, next.to_owned())
        }
        Err(why) => of(
            1,
            "Signed provenance says how it was built.".into(),
            format!("Level 2 demands a trusted builder: {why}."),
        ),
    }
}

/// Returns up to which level a builder is trusted, if the signer is one who may speak for it.
fn trusted(policy: &Policy, builder: &str, found: &Verification) -> Result<u8, String> {
    if builder.is_empty() {
        return Err("the provenance names none".to_owned());
    }
    let mut is_known = false;
    let mut best = None;
    let mut look = |id: &str, identity: &str, issuer: &str, level: u8| {
        if !wildcard(id, builder) {
            return;
        }
        is_known = true;
        // Without an identity of its own, the builder must be the signer itself.
        let speaks = if identity.is_empty() {
            same_builder(builder, &found.identity)
        } else {
            wildcard(identity, &found.identity)
        };
        if speaks && (issuer.is_empty() || wildcard(issuer, &found.issuer)) {
            best = best.max(Some(level));
        }
    };
    if policy.builders.is_empty() {
        KNOWN.iter().for_each(|(id, identity, issuer, level)| look(id, identity, issuer, *level));
    } else {
        for TrustedBuilder { id, identity, issuer, level } in &policy.builders {
            look(id, identity, issuer, *level);
        }
    }
    best.ok_or_else(|| {
        if is_known {
            format!("{} signed, who does not speak for {builder}", found.identity)
        } else {
            format!("{builder} is not among those that are trusted")
        }
    })
}

/// Returns whether a signer is a builder: the same, with or without the reference behind the `@`.
fn same_builder(builder: &str, identity: &str) -> bool {
    let plain = |text: &str| text.rsplit_once('@').map_or(text.to_owned(), |(before, _)| before.to_owned());
    builder == identity || plain(builder) == plain(identity)
}

fn source(store: &Store, statement: &Statement, signed: &Signed<'_>) -> Level {
    let of = |level, reason: &str, next: String| Level {
        track: Track::Source,
        level,
        reason: reason.to_owned(),
        next,
    };
    if let Signed::Not(why) = signed {
        let level = u8::from(*why != "its signature is invalid");
        let next = format!("Level 2 demands that the source system vouches for the history: {why}.");
        return of(level, "The revision is under version control.", next);
    }
    let has = |wanted: &[&str]| {
        let controls = statement.controls.iter().flatten();
        controls.into_iter().any(|(name, _)| wanted.iter().any(|word| store.text(*name).contains(word)))
    };
    if !has(&["CONTINUITY"]) {
        let next = "Level 2 demands that the branch's history cannot be rewritten: no control of continuity is listed.";
        return of(1, "The source system vouches for the revision.", next.into());
    }
    if !has(&["PROVENANCE"]) {
        let next = "Level 3 demands controls in force all the time with provenance of each revision: none is listed.";
        return of(2, "The source system vouches for a history that cannot be rewritten.", next.into());
    }
    if !has(&["REVIEW", "TWO_PARTY"]) {
        let next =
            "Level 4 demands that two trusted persons agreed to each change: no control of review is listed.";
        return of(3, "Continuity and provenance were in force.", next.into());
    }
    of(4, "Continuity, provenance and review were in force.", String::new())
}

/// Returns the best level of a summary that passed; what its verifier saw is not in it.
fn summary(store: &Store, statement: &Statement, signed: &Signed<'_>) -> Option<Level> {
    let claimed = statement.levels.iter().filter_map(|level| {
        let text = store.text(*level);
        let (track, number) = match text.strip_prefix("SLSA_SOURCE_LEVEL_") {
            Some(number) => (Track::Source, number),
            None => (Track::Build, text.strip_prefix("SLSA_BUILD_LEVEL_")?),
        };
        Some((number.parse::<u8>().ok().filter(|level| *level <= 4)?, track))
    });
    let (level, track) = claimed.max()?;
    let verifier = store.text(statement.issuer);
    let of = |level, reason, next| Some(Level { track, level, reason, next });
    if !store.text(statement.result).eq_ignore_ascii_case("passed") {
        return of(0, "The verifier did not let it pass.".into(), "A summary whose result is PASSED.".into());
    }
    match signed {
        Signed::By(_) => {
            let last = if track == Track::Build { 3 } else { 4 };
            let next = if level >= last {
                String::new()
            } else {
                format!("Level {} is not among those that {verifier} verified.", level + 1)
            };
            of(level, format!("{verifier} vouches for level {level}, signed."), next)
        }
        Signed::Not(why) => of(
            0,
            format!("It claims level {level} of {verifier}."),
            format!("A claim counts once it is signed: {why}."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(identity: &str) -> Verification {
        Verification { identity: identity.into(), issuer: GITHUB.into(), ..Verification::default() }
    }

    const GENERATOR: &str = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.0.0";

    #[test]
    fn a_known_builder_counts_when_it_signed_itself() {
        assert_eq!(trusted(&Policy::default(), GENERATOR, &by(GENERATOR)), Ok(3));
        let own = "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main";
        assert_eq!(trusted(&Policy::default(), own, &by(own)), Ok(2));
    }

    #[test]
    fn a_builders_name_in_the_mouth_of_another_signer_counts_for_nothing() {
        let other = by("https://github.com/evil/app/.github/workflows/release.yml@refs/heads/main");
        let why = trusted(&Policy::default(), GENERATOR, &other).expect_err("not trusted");
        assert!(why.contains("does not speak for"), "{why}");
        assert!(trusted(&Policy::default(), "https://builder.example", &other).is_err());
        assert!(trusted(&Policy::default(), "", &other).is_err());
    }

    #[test]
    fn builders_of_the_policy_stand_in_for_those_that_are_known() {
        let own = TrustedBuilder {
            id: "https://ci.example/*".into(),
            identity: "key sha256:ab*".into(),
            issuer: String::new(),
            level: 3,
        };
        let policy = Policy { builders: vec![own], ..Policy::default() };
        let signer = Verification { identity: "key sha256:abcd".into(), ..Verification::default() };
        assert_eq!(trusted(&policy, "https://ci.example/7", &signer), Ok(3));
        assert!(trusted(&policy, GENERATOR, &by(GENERATOR)).is_err());
    }
}
