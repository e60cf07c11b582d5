//! The arithmetic of signatures: RustCrypto behind the interface that the Sigstore crates call.
//!
//! Nothing here signs, and nothing needs randomness or a clock. ECDSA signatures are strict DER; both halves of `s` are
//! accepted, as FIPS 186-5 §6.4 has it and as Fulcio, Rekor and Go's tools emit them.

use std::collections::BTreeSet;
use std::sync::Mutex;

use ed25519_dalek::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2_signatures::{Digest as _, Sha256, Sha384, Sha512};
use sigstore_crypto::{CryptoProvider, Error, HashContext, KeyAlgorithm, Result, SigningScheme};
use sigstore_types::{DerPublicKey, HashAlgorithm};
use x509_cert::der::Decode as _;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::ahead::{self, Question};
use super::key::Kind;

/// RustCrypto as a provider.
#[derive(Debug)]
struct RustCrypto;

/// Bits of the smallest and greatest RSA modulus that is accepted.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Makes RustCrypto what every check computes with; a second call changes nothing.
pub(super) fn install() {
    // An error only says that it is installed already.
    sigstore_crypto::install_default_provider(&RustCrypto).ok();
}

enum Hashing {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl HashContext for Hashing {
    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(data),
            Self::Sha384(hash) => hash.update(data),
            Self::Sha512(hash) => hash.update(data),
        }
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        match *self {
            Self::Sha256(hash) => hash.finalize().to_vec(),
            Self::Sha384(hash) => hash.finalize().to_vec(),
            Self::Sha512(hash) => hash.finalize().to_vec(),
        }
    }
}

fn hashing(algorithm: HashAlgorithm) -> Result<Box<Hashing>> {
    Ok(Box::new(match algorithm {
        HashAlgorithm::Sha2256 => Hashing::Sha256(Sha256::new()),
        HashAlgorithm::Sha2384 => Hashing::Sha384(Sha384::new()),
        HashAlgorithm::Sha2512 => Hashing::Sha512(Sha512::new()),
        other => return Err(Error::UnsupportedAlgorithm(other.to_string())),
    }))
}

fn digest(algorithm: HashAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
    let mut hash = hashing(algorithm)?;
    hash.update(data);
    Ok(hash.finalize())
}

impl CryptoProvider for RustCrypto {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        Ok(hashing(algorithm)?)
    }

    fn verify_raw(&self, scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) -> Result<()> {
        // Unless it is known already, there is a question to ask.
        let question = || {
            let digest = digest(hash_of(scheme)?, data).ok()?;
            let is_known = Once::new(scheme, key, &digest, signature).is_known();
            if is_known { None } else { Question::new(scheme, key, data, signature) }
        };
        if ahead::is_gathered(question) {
            return Ok(());
        }
        match scheme {
            SigningScheme::Ed25519 => ed25519(key, data, signature),
            _ => match hash_of(scheme) {
                Some(algorithm) => self.verify_prehashed(scheme, key, &digest(algorithm, data)?, signature),
                None => Err(unsupported(scheme)),
            },
        }
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        let once = Once::new(scheme, key, digest, signature);
        if once.is_known() || ahead::is_gathered(|| None) {
            return Ok(());
        }
        let outcome = self.compute(scheme, key, digest, signature);
        if outcome.is_ok() {
            once.remember();
        }
        outcome
    }
}

/// How many signatures that held are remembered.
const MOST_REMEMBERED: usize = 50_000;

/// Signatures that held: the same key, digest and signature hold again. Thousands of timestamps hang on one chain of
/// certificates, and each would have it checked anew.
static HELD: Mutex<BTreeSet<[u8; 32]>> = Mutex::new(BTreeSet::new());

/// One question to the arithmetic, by its digest.
struct Once([u8; 32]);

impl Once {
    fn new(scheme: SigningScheme, key: &[u8], digest: &[u8], signature: &[u8]) -> Self {
        let mut hash = Sha256::new();
        for part in [scheme.name().as_bytes(), key, digest, signature] {
            // Lengths before the parts: no two questions have one digest.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Returns whether it held before. A lock that a panic broke only forgets.
    fn is_known(&self) -> bool {
        HELD.lock().is_ok_and(|held| held.contains(&self.0))
    }

    fn remember(&self) {
        if let Ok(mut held) = HELD.lock()
            && held.len() < MOST_REMEMBERED
        {
            held.insert(self.0);
        }
    }
}

/// Remembers that a signature over bytes holds.
pub(super) fn remember(scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) {
    if let Some(digest) = hash_of(scheme).and_then(|algorithm| digest(algorithm, data).ok()) {
        Once::new(scheme, key, &digest, signature).remember();
    }
}

/// Computes whether a signature over bytes holds, whatever is remembered.
pub(super) fn compute(scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    let digest = hash_of(scheme).and_then(|algorithm| digest(algorithm, data).ok());
    digest.is_some_and(|digest| RustCrypto.compute(scheme, key, &digest, signature).is_ok())
}

/// Returns the two numbers of an ECDSA signature in DER side by side; `None` for other schemes and what is not strict.
pub(super) fn side_by_side(scheme: SigningScheme, encoded: &[u8]) -> Option<Vec<u8>> {
    use SigningScheme as S;
    match scheme {
        S::EcdsaP256Sha256 | S::EcdsaP256Sha384 => {
            p256::ecdsa::Signature::from_der(encoded).ok().map(|own| own.to_bytes().to_vec())
        }
        S::EcdsaP384Sha256 | S::EcdsaP384Sha384 => {
            p384::ecdsa::Signature::from_der(encoded).ok().map(|own| own.to_bytes().to_vec())
        }
        _ => None,
    }
}

impl RustCrypto {
    fn compute(&self, scheme: SigningScheme, key: &[u8], digest: &[u8], signature: &[u8]) -> Result<()> {
        use SigningScheme as S;
        match scheme {
            S::EcdsaP256Sha256 | S::EcdsaP256Sha384 => p256(key, digest, signature),
            S::EcdsaP384Sha256 | S::EcdsaP384Sha384 => p384(key, digest, signature),
            S::RsaPkcs1Sha256 => rsa(key)?.verify(pkcs1(&SHA256, 32), digest, signature).map_err(wrong),
            S::RsaPkcs1Sha384 => rsa(key)?.verify(pkcs1(&SHA384, 48), digest, signature).map_err(wrong),
            S::RsaPkcs1Sha512 => rsa(key)?.verify(pkcs1(&SHA512, 64), digest, signature).map_err(wrong),
            S::RsaPssSha256 => rsa(key)?.verify(Pss::new::<Sha256>(), digest, signature).map_err(wrong),
            S::RsaPssSha384 => rsa(key)?.verify(Pss::new::<Sha384>(), digest, signature).map_err(wrong),
            S::RsaPssSha512 => rsa(key)?.verify(Pss::new::<Sha512>(), digest, signature).map_err(wrong),
            _ => Err(unsupported(scheme)),
        }
    }
}

/// DER of `DigestInfo` up to the digest (RFC 8017 §9.2, note 1).
const SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0, 0x04,
    0x20,
];
const SHA384: [u8; 19] = [
    0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0, 0x04,
    0x30,
];
const SHA512: [u8; 19] = [
    0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0, 0x04,
    0x40,
];

fn pkcs1(prefix: &[u8], length: usize) -> Pkcs1v15Sign {
    Pkcs1v15Sign { hash_len: Some(length), prefix: prefix.into() }
}

fn rsa(key: &[u8]) -> Result<RsaPublicKey> {
    let key = RsaPublicKey::from_pkcs1_der(key).map_err(|error| bad_key(&error))?;
    let bits = key.n().bits();
    if !RSA_BITS.contains(&bits) {
        let text = format!("an RSA key of {bits} bits; 2048 to 4096 are accepted");
        return Err(Error::InvalidKey(text));
    }
    Ok(key)
}

fn p256(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<()> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|error| bad_key(&error))?;
    let signature = p256::ecdsa::Signature::from_der(signature).map_err(wrong)?;
    key.verify_prehash(digest, &signature).map_err(wrong)
}

fn p384(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<()> {
    // The curve's arithmetic wants at least half a scalar of digest: SHA-256 is 32 bytes, which is more.
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|error| bad_key(&error))?;
    let signature = p384::ecdsa::Signature::from_der(signature).map_err(wrong)?;
    key.verify_prehash(digest, &signature).map_err(wrong)
}

/// Checks a signature in DER over a digest under a point of P-521.
///
/// # Errors
/// Why it does not hold, in words.
pub(super) fn p521(key: &[u8], digest: &[u8], signature: &[u8]) -> std::result::Result<(), String> {
    let told = |error: p521::ecdsa::Error| error.to_string();
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(told)?;
    let signature = p521::ecdsa::Signature::from_der(signature).map_err(told)?;
    key.verify_prehash(digest, &signature).map_err(told)
}

/// Checks an ECDSA signature in DER over a digest of whatever length, of which the curve takes what it has room for.
pub(super) fn ecdsa(kind: Kind, key: &DerPublicKey, digest: &[u8], signature: &[u8]) -> bool {
    let Ok(info) = SubjectPublicKeyInfoRef::from_der(key.as_bytes()) else { return false };
    info.subject_public_key.as_bytes().is_some_and(|point| ecdsa_at(kind, point, digest, signature))
}

/// Like [`ecdsa`], under a point in SEC 1 form.
pub(super) fn ecdsa_at(kind: Kind, point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    match kind {
        Kind::Known(KeyAlgorithm::EcdsaP256) => p256(point, digest, signature).is_ok(),
        Kind::Known(KeyAlgorithm::EcdsaP384) => p384(point, digest, signature).is_ok(),
        Kind::P521 => p521(point, digest, signature).is_ok(),
        Kind::Known(_) => false,
    }
}

/// Returns the digest of an algorithm by its number in OpenPGP (RFC 9580 §9.5); `None` for those that are not of the
/// SHA-2 family, or are too short.
pub(super) fn sha2(number: u8, data: &[u8]) -> Option<Vec<u8>> {
    Some(match number {
        8 => Sha256::digest(data).to_vec(),
        9 => Sha384::digest(data).to_vec(),
        10 => Sha512::digest(data).to_vec(),
        _ => return None,
    })
}

/// Returns SHA-512 of bytes.
pub(super) fn sha512(data: &[u8]) -> [u8; 64] {
    Sha512::digest(data).into()
}

/// Returns the DER of an ECDSA signature that is written as two numbers side by side; `None` for any other.
pub(super) fn as_der(kind: Kind, signature: &[u8]) -> Option<Vec<u8>> {
    match kind {
        Kind::P521 => {
            p521::ecdsa::Signature::from_slice(signature).ok().map(|own| own.to_der().as_bytes().to_vec())
        }
        Kind::Known(KeyAlgorithm::EcdsaP256) => {
            p256::ecdsa::Signature::from_slice(signature).ok().map(|own| own.to_der().as_bytes().to_vec())
        }
        Kind::Known(KeyAlgorithm::EcdsaP384) => {
            p384::ecdsa::Signature::from_slice(signature).ok().map(|own| own.to_der().as_bytes().to_vec())
        }
        _ => None,
    }
}

fn ed25519(key: &[u8], data: &[u8], signature: &[u8]) -> Result<()> {
    let key: &[u8; 32] = key.try_into().map_err(|error| bad_key(&error))?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|error| bad_key(&error))?;
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(wrong)?;
    if key.is_weak() {
        return Err(Error::InvalidKey("an Ed25519 key of small order".into()));
    }
    key.verify(data, &signature).map_err(wrong)
}

fn hash_of(scheme: SigningScheme) -> Option<HashAlgorithm> {
    scheme.hash_algorithm()
}

fn unsupported(scheme: SigningScheme) -> Error {
    Error::UnsupportedAlgorithm(scheme.name().to_owned())
}

fn bad_key(error: &dyn std::fmt::Display) -> Error {
    Error::InvalidKey(error.to_string())
}

fn wrong<E: std::fmt::Display>(error: E) -> Error {
    Error::Verification(error.to_string())
}
