//! Public keys of every algorithm that is checked: those that the Sigstore crates know, and ECDSA over P-521 beside them.

use sigstore_crypto::{KeyAlgorithm, SigningScheme};
use sigstore_types::{DerPublicKey, HashAlgorithm, SignatureBytes};
use x509_cert::der::{Decode as _, asn1::ObjectIdentifier};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::provider;

/// `id-ecPublicKey` (RFC 5480 §2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp521r1` (RFC 5480 §2.1.1.1).
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A kind that the Sigstore crates know.
    Known(KeyAlgorithm),
    /// ECDSA over P-521.
    P521,
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// A scheme that the Sigstore crates know.
    Known(SigningScheme),
    /// ECDSA over P-521 with SHA-512.
    P521Sha512,
}

impl Kind {
    /// Returns the kind of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Why it is none that is checked, in words.
    pub fn of(key: &DerPublicKey) -> Result<Self, String> {
        if point_of_p521(key).is_some() {
            return Ok(Self::P521);
        }
        KeyAlgorithm::from_spki(key).map(Self::Known).map_err(|error| error.to_string())
    }

    /// Returns its name in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Known(KeyAlgorithm::EcdsaP256) => "an ECDSA P-256 key",
            Self::Known(KeyAlgorithm::EcdsaP384) => "an ECDSA P-384 key",
            Self::Known(KeyAlgorithm::Ed25519) => "an Ed25519 key",
            Self::Known(KeyAlgorithm::Rsa) => "an RSA key",
            Self::P521 => "an ECDSA P-521 key",
            Self::Known(_) => "a key of another kind",
        }
    }

    /// Returns the scheme that is meant where nothing names one.
    pub fn scheme(self) -> Scheme {
        match self {
            Self::Known(algorithm) => Scheme::Known(algorithm.default_signing_scheme()),
            Self::P521 => Scheme::P521Sha512,
        }
    }

    /// Returns the scheme for a digest of the given algorithm.
    ///
    /// # Errors
    /// A digest that this kind of key does not sign, in words.
    pub fn scheme_for(self, digest: HashAlgorithm) -> Result<Scheme, String> {
        match self {
            Self::Known(algorithm) => {
                algorithm.resolve_signing_scheme(digest).map(Scheme::Known).map_err(|error| error.to_string())
            }
            Self::P521 if digest == HashAlgorithm::Sha2512 => Ok(Scheme::P521Sha512),
            Self::P521 => Err(format!("a digest by {digest} under a P-521 key, which goes with SHA-512")),
        }
    }

    /// Returns every scheme in which a bare envelope may be signed: DSSE leaves that to the key, and RSA has two paddings.
    fn schemes(self) -> Vec<Scheme> {
        use SigningScheme as S;
        match self {
            Self::Known(KeyAlgorithm::Rsa) => {
                [S::RsaPkcs1Sha256, S::RsaPssSha256, S::RsaPkcs1Sha512, S::RsaPssSha512]
                    .map(Scheme::Known)
                    .to_vec()
            }
            other => vec![other.scheme()],
        }
    }
}

impl Scheme {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Known(scheme) => scheme.name(),
            Self::P521Sha512 => "ecdsa-p521-sha512",
        }
    }

    /// Returns the digest that it signs; `None` for one that signs the bytes themselves.
    pub fn digest(self) -> Option<HashAlgorithm> {
        match self {
            Self::Known(scheme) => scheme.hash_algorithm(),
            Self::P521Sha512 => Some(HashAlgorithm::Sha2512),
        }
    }

    /// Checks a signature over bytes.
    ///
    /// # Errors
    /// Why it does not hold, in words.
    pub fn check(self, key: &DerPublicKey, data: &[u8], signature: &SignatureBytes) -> Result<(), String> {
        provider::install();
        match self {
            Self::Known(scheme) => sigstore_crypto::verify_signature(key, data, signature, scheme)
                .map_err(|error| error.to_string()),
            Self::P521Sha512 => provider::p521(point(key)?, &provider::sha512(data), signature.as_bytes()),
        }
    }

    /// Checks a signature over a digest.
    ///
    /// # Errors
    /// Why it does not hold, in words.
    pub fn check_digest(
        self,
        key: &DerPublicKey,
        digest: &[u8],
        signature: &SignatureBytes,
    ) -> Result<(), String> {
        provider::install();
        match self {
            Self::Known(scheme) => {
                sigstore_crypto::verify_signature_prehashed(key, digest, signature, scheme)
                    .map_err(|error| error.to_string())
            }
            Self::P521Sha512 if digest.len() == 64 => {
                provider::p521(point(key)?, digest, signature.as_bytes())
            }
            Self::P521Sha512 => Err(format!("a digest of {} bytes; SHA-512 has 64", digest.len())),
        }
    }
}

/// Returns whether a key made a signature over bytes, in any scheme of its kind and either encoding: DSSE leaves both to the
/// key, and ECDSA's numbers come in DER or side by side (IEEE P1363).
pub fn fits(key: &DerPublicKey, data: &[u8], signature: &SignatureBytes) -> bool {
    let Ok(kind) = Kind::of(key) else { return false };
    kind.schemes().into_iter().any(|scheme| {
        scheme.check(key, data, signature).is_ok()
            || provider::as_der(kind, signature.as_bytes())
                .is_some_and(|der| scheme.check(key, data, &SignatureBytes::new(der)).is_ok())
    })
}

fn point(key: &DerPublicKey) -> Result<&[u8], String> {
    point_of_p521(key).ok_or_else(|| "no key over P-521".to_owned())
}

fn point_of_p521(key: &DerPublicKey) -> Option<&[u8]> {
    let info = SubjectPublicKeyInfoRef::from_der(key.as_bytes()).ok()?;
    let curve = info.algorithm.parameters?.decode_as::<ObjectIdentifier>().ok()?;
    (info.algorithm.oid == EC && curve == P521).then(|| info.subject_public_key.as_bytes())?
}
