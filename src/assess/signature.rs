//! `integrity.signature` and `integrity.continuity`, and what a statement's signature is worth to every other criterion.
//!
//! A signature proves which key or identity said something, not that it is true: who may say what is the policy's
//! (`[[identity]]`), and a valid signature by an identity that it does not let is a gap.

use crate::model::{Capture, SignatureState, Verdict, Verification};
use crate::policy::{Policy, TrustedIdentity, wildcard};
use crate::store::{Place, Statement};

use super::finding::Finding;
use super::subject::Subject;

/// What a statement's signature is worth, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vouched {
    /// A step of the check failed: the statement counts for nothing.
    Broken,
    /// Valid, by an identity that the policy does not let attest this.
    WrongIdentity,
    /// It is still being checked: until then the statement counts for nothing.
    Pending,
    /// Nobody checked it, or nothing could.
    Unchecked,
    /// There is no signature.
    Unsigned,
    /// Valid, and not by an identity that the policy rules out.
    Valid,
}

impl Vouched {
    /// Returns whether a statement counts as evidence at all.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Broken | Self::WrongIdentity | Self::Pending)
    }

    /// Returns how what the statement says is known.
    pub const fn capture(self) -> Capture {
        match self {
            Self::Valid => Capture::Verified,
            _ => Capture::SelfTyped,
        }
    }

    /// Returns what reasons say of the signature.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Broken => "its signature is invalid",
            Self::WrongIdentity => "it is signed by an identity that the policy does not let attest it",
            Self::Pending => "its signature is still being checked",
            Self::Unchecked => "its signature is not checked",
            Self::Unsigned => "it is not signed",
            Self::Valid => "its signature is valid",
        }
    }
}

/// Returns what the signature of a statement is worth.
pub fn vouched(subject: &Subject<'_>, statement: &Statement) -> Vouched {
    let predicate = || subject.store.text(statement.predicate_type);
    match statement.signature {
        SignatureState::Pending => Vouched::Pending,
        SignatureState::NotChecked => Vouched::Unchecked,
        SignatureState::NotSigned => Vouched::Unsigned,
        SignatureState::Invalid => Vouched::Broken,
        SignatureState::Valid => match verification(subject, statement) {
            Some(found) if is_let(subject.policy, predicate(), found) => Vouched::Valid,
            Some(_) => Vouched::WrongIdentity,
            None => Vouched::Unchecked,
        },
    }
}

/// Returns what was found on checking a statement.
pub fn verification<'a>(subject: &Subject<'a>, statement: &Statement) -> Option<&'a Verification> {
    let at = statement.verification? as usize;
    subject.store.verifications.get(at).map(|(_, verification)| verification)
}

/// Returns whether the policy lets a signer attest a predicate type; one that names nobody lets everybody.
pub fn is_let(policy: &Policy, predicate: &str, found: &Verification) -> bool {
    policy.identities.is_empty() || policy.identities.iter().any(|known| lets(known, predicate, found))
}

/// Returns whether an identity of the policy is the signer's and may attest a predicate type.
fn lets(known: &TrustedIdentity, predicate: &str, found: &Verification) -> bool {
    let in_time = |at| known.from.is_none_or(|from| from <= at) && known.until.is_none_or(|until| at < until);
    let is_dated = known.from.is_some() || known.until.is_some();
    wildcard(&known.identity, &found.identity)
        && (known.issuer.is_empty() || wildcard(&known.issuer, &found.issuer))
        && (known.attests.is_empty() || known.attests.iter().any(|pattern| wildcard(pattern, predicate)))
        // A window that cannot be tested does not let anything in.
        && found.signed_at.map_or(!is_dated, in_time)
}

/// Returns the words and place of a statement as evidence.
pub fn label(subject: &Subject<'_>, statement: &Statement) -> (String, Place) {
    let predicate = subject.store.text(statement.predicate_type).trim_start_matches("https://");
    let state = vouched(subject, statement);
    let signer = verification(subject, statement).map_or("", |found| found.identity.as_str());
    let by = if signer.is_empty() { String::new() } else { format!(" (signer: {signer})") };
    (format!("{}: {predicate}; {}{by}", statement.envelope.word(), state.words()), statement.place)
}

/// Returns what came out of checking the signature of the merge commit, where it carries one.
fn merge_commit<'a>(subject: &Subject<'a>) -> Option<&'a Verification> {
    subject.store.commit_verification(subject.change.merge_commit)
}

/// Returns whether the signature of the merge commit is still being checked.
fn is_merge_pending(subject: &Subject<'_>) -> bool {
    let row = subject.change.merge_row.and_then(|row| subject.store.commits.get(row.index()));
    row.is_some_and(|commit| commit.signature == Some(SignatureState::Pending))
}

/// Decides `integrity.signature` by the signature of the merge commit alone.
fn by_commit(subject: &Subject<'_>, found: &Verification, explain: bool) -> Finding {
    let place =
        || subject.change.merge_row.and_then(|row| subject.store.commits.get(row.index())).map(|c| c.place);
    let told = || {
        let step = found.first(found.state);
        step.map_or_else(String::new, |step| format!(" {}: {}.", step.step, step.reason))
    };
    let mut finding = match found.state {
        SignatureState::Invalid => Finding::new(Verdict::Unmet, Capture::Verified, explain, || {
            format!("The signature of the merge commit is invalid.{}", told())
        }),
        SignatureState::Valid if !found.root.is_empty() => {
            Finding::new(Verdict::Met, Capture::Verified, explain, || {
                format!("The merge commit is signed by {}, under the {}.", found.identity, found.root)
            })
        }
        SignatureState::Valid => Finding::new(Verdict::Unproven, Capture::SelfTyped, explain, || {
            "The merge commit is signed by a key that came with the evidence; whose it is, nothing shows."
                .into()
        }),
        SignatureState::NotChecked | SignatureState::NotSigned | SignatureState::Pending => {
            Finding::new(Verdict::Unproven, Capture::SelfTyped, explain, || {
                format!("The merge commit is signed, and the signature could not be checked.{}", told())
            })
        }
    };
    if explain && let Some(place) = place() {
        finding.evidence.push(("merge commit".to_owned(), place));
    }
    finding
}

/// Decides `integrity.signature`.
pub fn signature(subject: &Subject<'_>, explain: bool) -> Finding {
    let all: Vec<(&Statement, Vouched)> =
        subject.statements().map(|statement| (statement, vouched(subject, statement))).collect();
    let commit = merge_commit(subject);
    if all.is_empty()
        && let Some(found) = commit
    {
        return by_commit(subject, found, explain);
    }
    if all.is_empty() && is_merge_pending(subject) {
        return Finding::unproven(explain, "The signature of the merge commit is still being checked.");
    }
    let count = |state| all.iter().filter(|(_, vouched)| *vouched == state).count();
    let (broken, wrong, valid) =
        (count(Vouched::Broken), count(Vouched::WrongIdentity), count(Vouched::Valid));
    let pending = count(Vouched::Pending);
    let others = all.len() - broken - wrong - valid - pending;
    let told = || {
        let mut parts = Vec::new();
        for (count, words) in [
            (valid, "valid"),
            (broken, "invalid"),
            (wrong, "by an identity that the policy does not let attest it"),
            (others, "not signed or not checked"),
            (pending, "still being checked"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {words}"));
            }
        }
        parts.join(", ")
    };
    let finding = if broken + wrong > 0 {
        Finding::new(Verdict::Unmet, Capture::Verified, explain, || {
            let first = all
                .iter()
                .find(|(_, vouched)| *vouched == Vouched::Broken)
                .and_then(|(statement, _)| verification(subject, statement)?.first(SignatureState::Invalid));
            let why = first.map_or_else(String::new, |step| format!(" {}: {}.", step.step, step.reason));
            format!("Signatures over statements about the change: {}.{why}", told())
        })
    } else if pending > 0 {
        Finding::new(Verdict::Unproven, Capture::SelfTyped, explain, || {
            format!("Signatures over statements about the change: {}.", told())
        })
    } else if valid > 0 {
        Finding::new(Verdict::Met, Capture::Verified, explain, || {
            let named = if subject.policy.identities.is_empty() {
                " The policy names no identities, so any signer with a valid signature counts."
            } else {
                ""
            };
            format!("Signatures over statements about the change: {}.{named}", told())
        })
    } else if all.is_empty() {
        Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The bundle holds no statement about the change.".into()
        })
    } else {
        Finding::new(Verdict::Unproven, Capture::SelfTyped, explain, || {
            format!(
                "None of the {} statements about the change has a signature that could be checked.",
                all.len()
            )
        })
    };
    finding.with_all(all.iter(), |(statement, _)| label(subject, statement))
}

/// Decides `integrity.continuity`: the signed provenance of the merged revision follows on the revision before it, with
/// its controls in force since before then.
pub fn continuity(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let merge = subject.change.merge_commit;
    let provenance: Vec<(&Statement, Vouched)> = subject
        .statements()
        .filter(|statement| statement.controls.is_some())
        .filter(|statement| statement.subjects.iter().any(|(_, digest)| *digest == merge))
        .map(|statement| (statement, vouched(subject, statement)))
        .collect();
    let Some((statement, state)) = provenance.iter().max_by_key(|(_, state)| *state) else {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The bundle holds no source provenance of the merged revision.".into()
        });
    };
    let previous = statement.previous;
    let parent = store.commit(merge).and_then(|id| store.commits.get(id.index())).map(|commit| commit.parent);
    let unproven = |why: &'static str| {
        Finding::new(Verdict::Unproven, state.capture(), explain, || format!("Its source provenance {why}."))
    };
    let finding = match parent {
        // `integrity.signature` tells what is wrong with it; here it only shows nothing.
        _ if *state != Vouched::Valid => Finding::new(Verdict::Unproven, state.capture(), explain, || {
            format!("Source provenance of the merged revision shows nothing, because {}.", state.words())
        }),
        None => unproven("cannot be held against the history, which is not in the bundle"),
        Some(parent) if parent == previous => before(subject, statement, explain),
        Some(_) if previous.is_empty() => unproven("does not name the revision before it"),
        Some(parent) => Finding::new(Verdict::Unmet, Capture::Verified, explain, || {
            format!(
                "Its provenance follows on {}, but the branch follows on {}: what came between is not attested.",
                short(store.text(previous)),
                short(store.text(parent)),
            )
        }),
    };
    finding.with_all(provenance.iter(), |(statement, _)| label(subject, statement))
}

/// Decides continuity where the provenance follows on the right revision: were the controls in force all the time?
fn before(subject: &Subject<'_>, statement: &Statement, explain: bool) -> Finding {
    let store = subject.store;
    // Before the first revision there was nothing to control.
    let revision =
        if statement.previous.is_empty() { subject.change.merge_commit } else { statement.previous };
    let from = store.commit(revision).and_then(|id| store.commits.get(id.index())).and_then(|c| c.committed);
    let controls = statement.controls.as_deref().unwrap_or_default();
    let dated: Vec<_> = controls.iter().filter_map(|(name, since)| Some((*name, (*since)?))).collect();
    let late: Vec<&str> = dated
        .iter()
        .filter(|(_, since)| from.is_some_and(|from| *since > from))
        .map(|(name, _)| store.text(*name))
        .collect();
    if !late.is_empty() {
        return Finding::new(Verdict::Unmet, Capture::Verified, explain, || {
            format!("Controls came into force only after the revision before it: {}.", late.join(", "))
        });
    }
    if dated.is_empty() || from.is_none() {
        return Finding::new(Verdict::Unproven, Capture::Verified, explain, || {
            "Its provenance follows on the revision before it, but does not say since when controls were in force."
                .into()
        });
    }
    Finding::new(Verdict::Met, Capture::Verified, explain, || {
        format!(
            "Signed provenance follows on the revision before it, with {} controls in force since before that.",
            dated.len()
        )
    })
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn signer() -> Verification {
        Verification {
            state: SignatureState::Valid,
            identity: "https://github.com/acme/ci/.github/workflows/attest.yml@refs/heads/main".into(),
            issuer: "https://token.actions.githubusercontent.com".into(),
            signed_at: Moment::parse("2026-05-01"),
            ..Verification::default()
        }
    }

    fn known() -> TrustedIdentity {
        TrustedIdentity { identity: "https://github.com/acme/*".into(), ..TrustedIdentity::default() }
    }

    #[test]
    fn an_identity_attests_what_the_policy_lets_it() {
        assert!(lets(&known(), "https://slsa.dev/provenance/v1", &signer()));
        let narrow = TrustedIdentity { attests: vec!["https://slsa.dev/*".into()], ..known() };
        assert!(lets(&narrow, "https://slsa.dev/provenance/v1", &signer()));
        assert!(!lets(&narrow, "https://in-toto.io/attestation/test-result/v0.1", &signer()));
    }

    #[test]
    fn another_identity_or_issuer_is_not_let() {
        let other = TrustedIdentity { identity: "https://github.com/evil/*".into(), ..known() };
        assert!(!lets(&other, "any", &signer()));
        let issuer = TrustedIdentity { issuer: "https://accounts.example".into(), ..known() };
        assert!(!lets(&issuer, "any", &signer()));
    }

    #[test]
    fn a_dated_identity_needs_a_time_of_signing_inside_its_window() {
        let dated = TrustedIdentity { until: Moment::parse("2026-05-01"), ..known() };
        assert!(!lets(&dated, "any", &signer()), "the end is exclusive");
        let dated = TrustedIdentity { from: Moment::parse("2026-05-01"), ..known() };
        assert!(lets(&dated, "any", &signer()));
        assert!(!lets(&dated, "any", &Verification { signed_at: None, ..signer() }));
    }

    #[test]
    fn only_a_valid_signature_is_verified_and_a_broken_one_counts_for_nothing() {
        assert_eq!(Vouched::Valid.capture(), Capture::Verified);
        assert_eq!(Vouched::Unchecked.capture(), Capture::SelfTyped);
        assert!(!Vouched::Broken.counts() && !Vouched::WrongIdentity.counts());
        assert!(Vouched::Unsigned.counts() && Vouched::Unchecked.counts());
    }
}
