//! What signatures are checked against: a set of trust roots, each with its name, and plain keys that the user gave.
//!
//! The roots of the public-good Sigstore instance and of GitHub are built in, as their project published them with
//! version 0.15.1 of its crates. Nothing that comes with the evidence is ever trusted: roots and keys are added by the
//! user alone.

use rustls_pki_types::{CertificateDer, TrustAnchor};
use sigstore_crypto::{Keyring, SigningScheme};
use sigstore_trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot, TsaAuthority,
};
use sigstore_types::{DerCertificate, DerPublicKey, TimeRange};

use crate::problem::{Kind, Problem};

use super::commit::{CommitKeys, KeySource};

/// The schemes in which certificate-transparency logs sign.
const CT_SCHEMES: [SigningScheme; 5] = [
    SigningScheme::EcdsaP256Sha256,
    SigningScheme::EcdsaP384Sha384,
    SigningScheme::RsaPkcs1Sha256,
    SigningScheme::RsaPkcs1Sha384,
    SigningScheme::RsaPkcs1Sha512,
];

/// Keys of one root or file that may be given; more is no root of anybody.
const MOST: usize = 1000;

/// One trust root, ready to check against.
pub struct Root {
    /// The name that outcomes give it.
    pub name: String,
    /// Whether it is built in.
    pub is_built_in: bool,
    pub(super) rekor: Keyring,
    pub(super) ct: Vec<(SigningScheme, Keyring)>,
    pub(super) authorities: Vec<Authority>,
    pub(super) timestamps: Vec<TsaAuthority>,
    pub(super) has_logs: bool,
    pub(super) has_ct: bool,
    /// Authorities, logs and keys with their validity windows, for people.
    pub parts: Vec<RootPart>,
}

/// One authority, log or key of a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootPart {
    /// What it is: certificate authority, transparency log, certificate log, timestamp authority.
    pub role: &'static str,
    /// Its address or name.
    pub name: String,
    /// From when on it counts, RFC 3339; empty for always.
    pub from: String,
    /// Until when it counts, RFC 3339; empty for no end.
    pub until: String,
}

/// A certificate that chains may end in.
pub(super) struct Authority {
    pub anchor: TrustAnchor<'static>,
    pub window: Option<TimeRange>,
}

/// A public key that the user gave.
pub struct PlainKey {
    /// Name: its file.
    pub name: String,
    /// The key.
    pub key: DerPublicKey,
    /// SHA-256 over its SubjectPublicKeyInfo, lower-case hexadecimal.
    pub fingerprint: String,
}

/// Everything that is trusted in a run.
#[derive(Default)]
pub struct TrustSet {
    /// Trust roots, in the order in which they are asked.
    pub roots: Vec<Root>,
    /// Plain keys.
    pub keys: Vec<PlainKey>,
    /// Keys that commits are signed with.
    pub commit_keys: CommitKeys,
}

impl TrustSet {
    /// Returns the roots that are built in.
    pub fn built_in() -> Self {
        super::provider::install();
        let known = [
            ("Sigstore public-good instance", SIGSTORE_PRODUCTION_TRUSTED_ROOT),
            ("GitHub", SIGSTORE_GITHUB_TRUSTED_ROOT),
        ];
        let roots = known.into_iter().filter_map(|(name, json)| Root::read(name, json, true).ok()).collect();
        Self { roots, ..Self::default() }
    }

    /// Adds a `trusted_root.json`, a public key or certificates in PEM, or keys that commits are signed with; `name` is the file's.
    ///
    /// # Errors
    /// A problem that says why the file is none of these.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        super::provider::install();
        let wrong = |found: String| {
            Problem::error(Kind::Malformed, found)
                .expected("a trusted_root.json, a public key or certificate in PEM, or keys that commits are signed with")
                .in_file(name)
        };
        let text =
            std::str::from_utf8(bytes).map_err(|error| wrong(format!("bytes that are no text: {error}")))?;
        if text.trim_start().starts_with('{') {
            self.roots.insert(0, Root::read(name, text, false).map_err(wrong)?);
            return Ok(());
        }
        if CommitKeys::recognises(text) {
            let source = KeySource { name: name.to_owned(), is_given: true };
            return self.commit_keys.add(&source, text).map(|_| ());
        }
        let key = if text.contains("-----BEGIN CERTIFICATE-----") {
            let certificate = DerCertificate::from_pem(text).map_err(|error| wrong(error.to_string()))?;
            sigstore_crypto::parse_certificate_info(&certificate)
                .map_err(|error| wrong(error.to_string()))?
                .public_key
        } else {
            DerPublicKey::from_pem(text).map_err(|error| wrong(error.to_string()))?
        };
        let fingerprint = sigstore_crypto::sha256(key.as_bytes()).to_hex();
        self.keys.push(PlainKey { name: name.to_owned(), key, fingerprint });
        Ok(())
    }
}

impl Root {
    fn read(name: &str, json: &str, is_built_in: bool) -> Result<Self, String> {
        let root = TrustedRoot::from_json(json).map_err(|error| error.to_string())?;
        let counts = [&root.tlogs.len(), &root.ctlogs.len(), &root.certificate_authorities.len()];
        if counts.into_iter().any(|count| *count > MOST) {
            return Err(format!("more than {MOST} keys or authorities"));
        }
        let ct = CT_SCHEMES
            .into_iter()
            .map(|scheme| Ok((scheme, root.ctfe_keys(scheme)?)))
            .collect::<Result<_, sigstore_trust_root::Error>>()
            .map_err(|error| error.to_string())?;
        let mut authorities = Vec::new();
        for authority in &root.certificate_authorities {
            for certificate in &authority.cert_chain.certificates {
                let der = CertificateDer::from(certificate.raw_bytes.as_bytes());
                let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|error| error.to_string())?;
                authorities.push(Authority { anchor: anchor.to_owned(), window: authority.valid_for });
            }
        }
        Ok(Self {
            name: name.to_owned(),
            is_built_in,
            rekor: root.rekor_keys().map_err(|error| error.to_string())?,
            ct,
            authorities,
            timestamps: timestamps(&root),
            has_logs: !root.tlogs.is_empty(),
            has_ct: !root.ctlogs.is_empty(),
            parts: parts(&root),
        })
    }
}

/// Returns the timestamp authorities of a root. Which of them counts is decided by the signed time, never by a clock.
fn timestamps(root: &TrustedRoot) -> Vec<TsaAuthority> {
    let mut found = Vec::new();
    for authority in &root.timestamp_authorities {
        let (leaf, between, top) = match authority.cert_chain.certificates.as_slice() {
            [] => continue,
            [only] => (only, &[][..], only),
            [leaf, between @ .., top] => (leaf, between, top),
        };
        let between = between.iter().map(|certificate| certificate.raw_bytes.clone()).collect();
        found.push(TsaAuthority::new(
            leaf.raw_bytes.clone(),
            between,
            top.raw_bytes.clone(),
            authority.valid_for,
        ));
    }
    found
}

fn parts(root: &TrustedRoot) -> Vec<RootPart> {
    let part = |role, name: &str, window: Option<&TimeRange>| RootPart {
        role,
        name: name.to_owned(),
        from: window.map_or_else(String::new, |window| window.start.to_string()),
        until: window.and_then(|window| window.end).map_or_else(String::new, |end| end.to_string()),
    };
    let mut parts = Vec::new();
    for authority in &root.certificate_authorities {
        parts.push(part("certificate authority", &authority.uri, authority.valid_for.as_ref()));
    }
    for log in &root.tlogs {
        parts.push(part("transparency log", &log.base_url, log.public_key.valid_for.as_ref()));
    }
    for log in &root.ctlogs {
        parts.push(part("certificate log", &log.base_url, log.public_key.valid_for.as_ref()));
    }
    for authority in &root.timestamp_authorities {
        let name = authority.uri.as_deref().unwrap_or_default();
        parts.push(part("timestamp authority", name, authority.valid_for.as_ref()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_that_are_built_in_can_be_read_and_have_dates() {
        let set = TrustSet::built_in();
        let names: Vec<_> = set.roots.iter().map(|root| root.name.as_str()).collect();
        assert_eq!(names, ["Sigstore public-good instance", "GitHub"]);
        for root in &set.roots {
            assert!(!root.authorities.is_empty() && !root.timestamps.is_empty(), "{}", root.name);
            assert!(root.parts.iter().any(|part| !part.from.is_empty()), "{}", root.name);
        }
    }

    #[test]
    fn what_is_no_root_and_no_key_is_refused_with_its_file() {
        let mut set = TrustSet::default();
        for bytes in [&b"{}"[..], b"{\"mediaType\": 3}", b"hello", b"\xff\xfe", b""] {
            let problem = set.add("root.json", bytes).expect_err("refused");
            assert_eq!(problem.file, "root.json");
        }
        assert!(set.roots.is_empty() && set.keys.is_empty());
    }
}
