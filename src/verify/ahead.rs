//! Signatures that somebody faster looks at before they are checked.
//!
//! A browser checks a signature many times faster than this engine computes it, but it answers later, and a check cannot
//! wait. So the questions that the next checks will put are gathered first, by running those checks without arithmetic
//! and throwing away what comes of them; what the browser says that holds is remembered; and the checks themselves then
//! find it. Only "holds" is taken from outside: whatever else it says, or does not say, is computed here. That Chromium
//! finds nothing to hold that this engine refuses is tested over the vectors of Project Wycheproof
//! (`tests/browser/signatures.spec.ts`).

use std::cell::RefCell;

use sigstore_crypto::SigningScheme;

use super::provider;

thread_local! {
    /// What is gathered; `None` while signatures are computed.
    static GATHERED: RefCell<Option<Vec<Question>>> = const { RefCell::new(None) };
}

/// Whether a signature over some bytes holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    scheme: SigningScheme,
    /// The public key: a point in SEC 1 form, uncompressed.
    pub point: Vec<u8>,
    /// The bytes that are signed.
    pub data: Vec<u8>,
    /// The signature: `r` and `s` side by side, as WebCrypto takes it.
    pub signature: Vec<u8>,
    /// The signature in DER, as the evidence has it.
    encoded: Vec<u8>,
}

impl Question {
    /// Makes a question of a signature in DER; `None` for what only this engine checks: other algorithms, and signatures
    /// and points that it refuses by their form.
    pub fn new(scheme: SigningScheme, point: &[u8], data: &[u8], encoded: &[u8]) -> Option<Self> {
        if point.first() != Some(&4) {
            return None;
        }
        let signature = provider::side_by_side(scheme, encoded)?;
        let (point, data, encoded) = (point.to_vec(), data.to_vec(), encoded.to_vec());
        Some(Self { scheme, point, data, signature, encoded })
    }

    /// Returns the curve and the hash by the names of WebCrypto (W3C Web Cryptography, §23).
    pub const fn algorithm(&self) -> (&'static str, &'static str) {
        match self.scheme {
            SigningScheme::EcdsaP256Sha256 => ("P-256", "SHA-256"),
            SigningScheme::EcdsaP256Sha384 => ("P-256", "SHA-384"),
            SigningScheme::EcdsaP384Sha256 => ("P-384", "SHA-256"),
            _ => ("P-384", "SHA-384"),
        }
    }

    /// Remembers that it holds.
    pub fn holds(&self) {
        provider::remember(self.scheme, &self.point, &self.data, &self.encoded);
    }

    /// Computes whether it holds.
    pub fn check(&self) -> bool {
        provider::compute(self.scheme, &self.point, &self.data, &self.encoded)
    }
}

/// Gathers what some checks would ask. What they return must not be used: to them, every signature holds.
pub(super) fn gather(checks: impl FnOnce()) -> Vec<Question> {
    GATHERED.set(Some(Vec::new()));
    checks();
    GATHERED.take().unwrap_or_default()
}

/// Returns whether questions are gathered and not answered; takes the question down, if there is one.
pub(super) fn is_gathered(question: impl FnOnce() -> Option<Question>) -> bool {
    GATHERED.with_borrow_mut(|gathered| {
        if let Some(gathered) = gathered {
            gathered.extend(question().filter(|question| !gathered.contains(question)));
        }
        gathered.is_some()
    })
}
