//! Signatures of commits: SSH, OpenPGP and gitsign, over the object without its signature (git's `signature-format`).
//!
//! A key that the user gave decides. A key that came with the evidence can show that a signature fits it and nothing more,
//! and the outcome says so: then no root is named. Without a key, a signature is `not checked`.

mod gitsign;
mod openpgp;
mod packets;
mod ssh;

use std::borrow::Cow;

use crate::model::{SignatureState, Verification};
use crate::problem::{Kind, Problem};

use super::steps::Steps;

/// Keys of one file that are read; more is no key ring of anybody.
const MOST_KEYS: usize = 1000;
/// Bytes of a signature; those of RSA 4096 with a certificate have a few thousand.
const MOST_SIGNATURE: usize = 64 << 10;

/// Keys that commits may be signed with.
#[derive(Clone, Default)]
pub struct CommitKeys {
    ssh: Vec<ssh::Signer>,
    openpgp: Vec<openpgp::Key>,
}

/// Where a key came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySource {
    /// The file.
    pub name: String,
    /// Whether the user gave it; else it came with the evidence.
    pub is_given: bool,
}

impl CommitKeys {
    /// Returns whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.ssh.is_empty() && self.openpgp.is_empty()
    }

    /// Returns how many there are.
    pub const fn count(&self) -> usize {
        self.ssh.len() + self.openpgp.len()
    }

    /// Returns name and fingerprint of each key that the user gave, for people.
    pub fn given(&self) -> Vec<(String, String)> {
        let ssh = self.ssh.iter().filter(|key| key.source.is_given).map(ssh::Signer::words);
        let openpgp = self.openpgp.iter().filter(|key| key.source.is_given).map(openpgp::Key::words);
        ssh.chain(openpgp).collect()
    }

    /// Returns whether a text has the form of keys that commits are signed with.
    pub fn recognises(text: &str) -> bool {
        text.contains(openpgp::PUBLIC) || ssh::recognises(text)
    }

    /// Adds the keys of a text: `allowed_signers` (ssh-keygen(1)), SSH public keys, or OpenPGP public key blocks.
    ///
    /// # Errors
    /// A problem that says why the text holds no key.
    pub fn add(&mut self, source: &KeySource, text: &str) -> Result<usize, Problem> {
        let before = self.count();
        let outcome = if text.contains(openpgp::PUBLIC) {
            openpgp::keys(source, text).map(|keys| self.openpgp.extend(keys.into_iter().take(MOST_KEYS)))
        } else {
            ssh::signers(source, text).map(|keys| self.ssh.extend(keys.into_iter().take(MOST_KEYS)))
        };
        outcome.map(|()| self.count() - before).map_err(|found| {
            Problem::error(Kind::Malformed, found)
                .expected("allowed_signers, SSH public keys, or an OpenPGP public key block")
                .in_file(&source.name)
        })
    }

    /// Returns these keys and those of files that came with the evidence, with what is wrong with such files.
    pub fn with_evidence(&self, files: &[(String, Box<str>)]) -> (Self, Vec<Problem>) {
        let mut all = self.clone();
        let mut problems = Vec::new();
        for (name, text) in files {
            let source = KeySource { name: name.clone(), is_given: false };
            if let Err(problem) = all.add(&source, text) {
                problems.push(problem);
            }
        }
        (all, problems)
    }

    /// Checks the signature of a commit object, given as git stores it.
    pub fn check(&self, object: &[u8]) -> Verification {
        let mut steps = Steps::default();
        let Some(signed) = Signed::of(object) else {
            let clause = "gitformat-signature(5)";
            steps.pass("Signature", SignatureState::NotSigned, "the commit carries none", clause);
            return Verification { state: SignatureState::NotSigned, ..steps.finish() };
        };
        if signed.armor.len() > MOST_SIGNATURE {
            let why = format!("a signature of {} bytes; at most {MOST_SIGNATURE}", signed.armor.len());
            steps.open("Signature", why, "docs/limits.md");
            return steps.finish();
        }
        let armor = String::from_utf8_lossy(&signed.armor);
        let armor = armor.trim();
        if armor.starts_with("-----BEGIN SSH SIGNATURE-----") {
            ssh::check(&self.ssh, armor, &signed, &mut steps);
        } else if armor.starts_with("-----BEGIN PGP SIGNATURE-----") {
            openpgp::check(&self.openpgp, armor, &signed, &mut steps);
        } else if armor.starts_with("-----BEGIN SIGNED MESSAGE-----") {
            gitsign::check(armor, &signed, &mut steps);
        } else {
            steps.open("Signature", "a signature of a kind that is not known", "gitformat-signature(5)");
        }
        steps.finish()
    }
}

/// A signed commit taken apart.
struct Signed {
    /// What is signed: the object without its signatures.
    payload: Vec<u8>,
    /// The signature as it stands in the header, unfolded.
    armor: Vec<u8>,
    /// Seconds since the epoch, as the committer states them: signed, but the signer's own word.
    committed: Option<i64>,
}

impl Signed {
    /// Takes the first signature out of a commit; `None` for one without.
    fn of(object: &[u8]) -> Option<Self> {
        let mut out = Self { payload: Vec::with_capacity(object.len()), armor: Vec::new(), committed: None };
        let mut rest = object;
        let mut is_signature = false;
        let mut has_first = false;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            if line == b"\n" {
                break;
            }
            rest = after;
            if !line.starts_with(b" ") {
                // A repository may carry one for each of its digests; the payload has none of them.
                is_signature = line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 ");
                let is_first = line.starts_with(b"gpgsig ");
                has_first |= is_first;
                if let Some(value) = line.strip_prefix(b"gpgsig ") {
                    out.armor.extend_from_slice(value);
                }
                if line.starts_with(b"committer ") {
                    out.committed = time(line);
                }
            } else if is_signature && has_first {
                out.armor.extend_from_slice(&line[1..]);
            }
            if !is_signature {
                out.payload.extend_from_slice(line);
            }
        }
        out.payload.extend_from_slice(rest);
        (!out.armor.is_empty()).then_some(out)
    }
}

/// Reads the seconds at the end of a `committer` line.
fn time(line: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(line);
    text.rsplit_once('>')?.1.split_whitespace().next()?.parse().ok()
}

/// Notes which key decided, and what that is worth.
fn decided_by(source: &KeySource, identity: String, words: &str, steps: &mut Steps) {
    const STEP: &str = "Key";
    const CLAUSE: &str = "docs/verification.md, Commits";
    steps.outcome.identity = identity;
    let named: Cow<'_, str> = format!("{words}, of {}", source.name).into();
    if source.is_given {
        steps.outcome.root = format!("key {}", source.name);
        steps.need(STEP, Ok(named.into_owned()), CLAUSE);
    } else {
        let why = format!("{named}, which came with the evidence: whose it is, nothing shows");
        steps.pass(STEP, SignatureState::NotChecked, why, CLAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1700000000 +0000\ngpgsig -----BEGIN X-----\n \n AAAA\n -----END X-----\n\nSubject\n\ngpgsig is only text here\n";

    #[test]
    fn the_payload_is_the_commit_without_its_signature() {
        let signed = Signed::of(COMMIT).expect("signed");
        assert_eq!(signed.armor, b"-----BEGIN X-----\n\nAAAA\n-----END X-----\n");
        assert_eq!(
            signed.payload,
            b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1700000000 +0000\n\nSubject\n\ngpgsig is only text here\n"
        );
        assert_eq!(signed.committed, Some(1_700_000_000));
    }

    #[test]
    fn a_commit_without_a_signature_is_not_signed_and_an_unknown_kind_is_not_checked() {
        let keys = CommitKeys::default();
        assert_eq!(keys.check(b"tree 1\n\nx").state, SignatureState::NotSigned);
        assert_eq!(keys.check(COMMIT).state, SignatureState::NotChecked);
    }
}
