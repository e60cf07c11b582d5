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

/// How many questions are gathered at once, and bytes of what they are about; what is over is computed.
const MOST_QUESTIONS: usize = 1000;
const MOST_BYTES: usize = 32 << 20;

/// Questions, and the bytes that they are about.
#[derive(Default)]
struct Gathered {
    questions: Vec<Question>,
    bytes: usize,
}

impl Gathered {
    fn take(&mut self, question: Question) {
        let bytes = self.bytes.saturating_add(question.data.len());
        let has_room = self.questions.len() < MOST_QUESTIONS && bytes <= MOST_BYTES;
        if has_room && !self.questions.contains(&question) {
            self.questions.push(question);
            self.bytes = bytes;
        }
    }
}

thread_local! {
    /// What is gathered; `None` while signatures are computed.
    static GATHERED: RefCell<Option<Gathered>> = const { RefCell::new(None) };
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
    GATHERED.set(Some(Gathered::default()));
    checks();
    GATHERED.take().unwrap_or_default().questions
}

/// Returns whether questions are gathered and not answered; takes the question down, if there is one.
pub(super) fn is_gathered(question: impl FnOnce() -> Option<Question>) -> bool {
    GATHERED.with_borrow_mut(|gathered| {
        if let Some(gathered) = gathered {
            question().into_iter().for_each(|question| gathered.take(question));
        }
        gathered.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(nth: usize, bytes: usize) -> Question {
        Question {
            scheme: SigningScheme::EcdsaP256Sha256,
            point: vec![4],
            data: vec![0; bytes],
            signature: Vec::new(),
            encoded: nth.to_be_bytes().to_vec(),
        }
    }

    #[test]
    fn a_statement_cannot_ask_without_bound() {
        let ask = |nth: usize, bytes: usize| assert!(is_gathered(|| Some(question(nth, bytes))));
        let asked = |count: usize, bytes: usize| gather(|| (0..count).for_each(|nth| ask(nth, bytes))).len();
        assert_eq!(asked(10, 1), 10);
        assert_eq!(asked(3 * MOST_QUESTIONS, 1), MOST_QUESTIONS);
        assert_eq!(asked(10, MOST_BYTES / 4), 4);
        assert_eq!(gather(|| (0..10).for_each(|_| ask(0, 1))).len(), 1);
        assert!(!is_gathered(|| None), "only while questions are gathered");
    }
}
