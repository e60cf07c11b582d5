//! SSH signatures of commits (OpenSSH `PROTOCOL.sshsig`), under keys of an `allowed_signers` file or bare public keys.

use sigstore_crypto::KeyAlgorithm;
use ssh_key::public::{EcdsaPublicKey, KeyData};
use ssh_key::{HashAlg, PublicKey, SshSig};

use super::{KeySource, Signed, decided_by};
use crate::verify::key::Kind;
use crate::verify::provider;
use crate::verify::steps::Steps;

const CLAUSE: &str = "OpenSSH PROTOCOL.sshsig";
/// What git signs commits for.
const NAMESPACE: &str = "git";

/// A key with whom it stands for.
#[derive(Clone)]
pub(super) struct Signer {
    pub source: KeySource,
    /// Principals as the file has them; empty for a bare key.
    principals: String,
    key: PublicKey,
    /// The namespaces that it may sign for, wildcards; empty for any.
    namespaces: String,
    /// From and until when it counts, seconds since the epoch.
    window: (Option<i64>, Option<i64>),
}

impl Signer {
    /// Returns its name and fingerprint, for people.
    pub fn words(&self) -> (String, String) {
        (self.source.name.clone(), self.fingerprint())
    }

    fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }

    fn identity(&self) -> String {
        if self.principals.is_empty() {
            format!("key {}", self.fingerprint())
        } else {
            self.principals.clone()
        }
    }
}

/// Returns whether every line of a text is a public key, with or without principals.
pub(super) fn recognises(text: &str) -> bool {
    let mut lines = meaningful(text).take(20).peekable();
    lines.peek().is_some() && lines.all(|(_, line)| start_of_key(line).is_some())
}

fn meaningful(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Returns where the type of a key begins in a line of `allowed_signers`, outside of quotes.
fn start_of_key(line: &str) -> Option<usize> {
    const TYPES: [&str; 7] = [
        "ssh-ed25519 ",
        "ssh-rsa ",
        "ecdsa-sha2-nistp256 ",
        "ecdsa-sha2-nistp384 ",
        "ecdsa-sha2-nistp521 ",
        "sk-ssh-ed25519@openssh.com ",
        "sk-ecdsa-sha2-nistp256@openssh.com ",
    ];
    let mut is_quoted = false;
    let mut is_start = true;
    for (at, c) in line.char_indices() {
        if is_start && !is_quoted && TYPES.iter().any(|kind| line[at..].starts_with(kind)) {
            return Some(at);
        }
        is_quoted ^= c == '"';
        is_start = c == ' ' || c == '\t';
    }
    None
}

/// Reads the keys of a text.
///
/// # Errors
/// The first line that is none, in words.
pub(super) fn signers(source: &KeySource, text: &str) -> Result<Vec<Signer>, String> {
    let mut found = Vec::new();
    for (number, line) in meaningful(text) {
        let start = start_of_key(line).ok_or_else(|| format!("line {number} is no public key"))?;
        let (before, key) = line.split_at(start);
        let key = PublicKey::from_openssh(key).map_err(|error| format!("line {number}: {error}"))?;
        let (principals, options) = match before.trim().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => before.trim().split_once([' ', '\t']).unwrap_or((before.trim(), "")),
        };
        let option = |name: &str| option(options, name);
        if options.split(',').any(|one| one.trim().eq_ignore_ascii_case("cert-authority")) {
            // It vouches for certificates of others, which are not checked: as a key of its own it counts for nothing.
            continue;
        }
        found.push(Signer {
            source: source.clone(),
            principals: principals.to_owned(),
            key,
            namespaces: option("namespaces").unwrap_or_default(),
            window: (
                option("valid-after").map(|text| moment(&text, number)).transpose()?,
                option("valid-before").map(|text| moment(&text, number)).transpose()?,
            ),
        });
    }
    if found.is_empty() { Err("it holds no public key".to_owned()) } else { Ok(found) }
}

/// Returns the value of an option, without its quotes.
fn option(options: &str, name: &str) -> Option<String> {
    let at = options.find(&format!("{name}="))? + name.len() + 1;
    let value = &options[at..];
    Some(match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default().to_owned(),
        None => value.split([',', ' ', '\t']).next().unwrap_or_default().to_owned(),
    })
}

/// Reads `YYYYMMDD[HHMM[SS]][Z]` (ssh-keygen(1), ALLOWED SIGNERS). Times are taken as UTC: there is no zone here.
fn moment(text: &str, line: usize) -> Result<i64, String> {
    let digits = text.trim_end_matches('Z');
    let is_time = matches!(digits.len(), 8 | 12 | 14) && digits.bytes().all(|b| b.is_ascii_digit());
    let padded = format!("{digits:0<14}");
    let part = |from: usize, to: usize| padded.get(from..to).unwrap_or_default();
    let written = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    let moment = is_time.then(|| crate::model::Moment::parse(&written)).flatten();
    moment.map(|at| at.millis() / 1000).ok_or_else(|| format!("line {line}: {text} is no time"))
}

/// Checks a signature under the keys.
pub(super) fn check(signers: &[Signer], armor: &str, signed: &Signed, steps: &mut Steps) {
    let signature = match SshSig::from_pem(armor) {
        Ok(signature) => signature,
        Err(error) => {
            steps.need("Signature", Err(format!("it cannot be read: {error}")), CLAUSE);
            return;
        }
    };
    if signature.namespace() != NAMESPACE {
        let why = format!("made for {}, not for git", crate::problem::quote(signature.namespace()));
        steps.need("Namespace", Err(why), CLAUSE);
    }
    let own = signature.public_key();
    let mut known: Vec<&Signer> = signers.iter().filter(|signer| signer.key.key_data() == own).collect();
    // A key that the user gave comes before the same key from the evidence.
    crate::order::sort_by_key(&mut known, |signer| !signer.source.is_given);
    let key = PublicKey::from(own.clone());
    let words = format!("{} {}", own.algorithm(), key.fingerprint(HashAlg::Sha256));
    let Some(signer) = known.first() else {
        steps.open("Key", format!("made by the key {words}, which was not given"), CLAUSE);
        return;
    };
    decided_by(&signer.source, signer.identity(), &words, steps);
    if !signer.namespaces.is_empty() {
        let is_let =
            signer.namespaces.split(',').any(|pattern| crate::policy::wildcard(pattern.trim(), NAMESPACE));
        if !is_let {
            let why = format!("its key signs for {} alone", crate::problem::quote(&signer.namespaces));
            steps.need("Namespace", Err(why), "ssh-keygen(1), ALLOWED SIGNERS");
        }
    }
    if let (from, until) = signer.window
        && (from.is_some() || until.is_some())
    {
        let is_inside = signed
            .committed
            .is_some_and(|at| from.is_none_or(|from| from <= at) && until.is_none_or(|until| at < until));
        let told = if is_inside {
            Ok("by the time that the commit states".to_owned())
        } else {
            Err("the commit states a time outside of it".to_owned())
        };
        steps.need("Validity of the key", told, "ssh-keygen(1), ALLOWED SIGNERS");
    }
    let fits = match own {
        KeyData::Ecdsa(key) => fits_ecdsa(key, &signature, &signed.payload),
        _ => key.verify(NAMESPACE, &signed.payload, &signature).map_err(|error| error.to_string()),
    };
    let told = fits.map(|()| "over the commit without its signature".to_owned());
    steps.signature("Signature", told, CLAUSE);
}

/// Checks an ECDSA signature (RFC 5656 §3.1.2) with the arithmetic that all other signatures are checked with.
fn fits_ecdsa(key: &EcdsaPublicKey, signature: &SshSig, payload: &[u8]) -> Result<(), String> {
    let (kind, width, hash) = match key {
        EcdsaPublicKey::NistP256(_) => (Kind::Known(KeyAlgorithm::EcdsaP256), 32, 8),
        EcdsaPublicKey::NistP384(_) => (Kind::Known(KeyAlgorithm::EcdsaP384), 48, 9),
        EcdsaPublicKey::NistP521(_) => (Kind::P521, 66, 10),
    };
    let data =
        SshSig::signed_data(NAMESPACE, signature.hash_alg(), payload).map_err(|error| error.to_string())?;
    let mut rest = signature.signature_bytes();
    let mut number = || -> Option<Vec<u8>> {
        let (length, after) = rest.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let (value, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        rest = after;
        // A zero before a number keeps it from being negative.
        let value = value.strip_prefix(&[0]).unwrap_or(value);
        Some([vec![0; usize::checked_sub(width, value.len())?], value.to_vec()].concat())
    };
    let both = number().zip(number()).map(|(r, s)| [r, s].concat());
    let der = both.and_then(|both| provider::as_der(kind, &both)).ok_or("it is no pair of numbers")?;
    let digest = provider::sha2(hash, &data).ok_or("no digest of the curve")?;
    if provider::ecdsa_at(kind, key.as_sec1_bytes(), &digest, &der) {
        Ok(())
    } else {
        Err("it does not fit the key and the commit".to_owned())
    }
}
