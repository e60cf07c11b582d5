//! What a caller asks of a signature beside that it holds: whose it is, and what it is about.

/// What is demanded; empty demands nothing.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    /// The identity that must have signed, exactly as the certificate names it.
    pub identity: Option<String>,
    /// Who must have vouched for the identity.
    pub issuer: Option<String>,
    /// Whether a key of the user's must have signed, and no certificate.
    pub by_key: bool,
    /// How many different keys of the user's must have signed an envelope; signatures by others are then passed over.
    pub threshold: Option<usize>,
    /// What the statement or signature must be about: every one of them.
    pub artifacts: Vec<Artifact>,
    /// "Now" in seconds since 1970, before which everything must have been signed; `None` asks no clock.
    pub now: Option<i64>,
}

/// Something that a statement can be about.
#[derive(Clone, Debug, Default)]
pub struct Artifact {
    /// File or digest, as the caller named it.
    pub name: String,
    /// Its bytes, where they are at hand.
    pub bytes: Option<Vec<u8>>,
    /// Digests by algorithm (`sha256`, `sha384`, `sha512`, `sha1`, `gitCommit`), lower-case hexadecimal.
    pub digests: Vec<(String, String)>,
}

impl Artifact {
    /// Returns an artifact of bytes, with the digests that statements use.
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Self {
        super::provider::install();
        let digests = vec![
            ("sha256".to_owned(), sigstore_crypto::sha256(&bytes).to_hex()),
            ("sha384".to_owned(), data_encoding::HEXLOWER.encode(sigstore_crypto::sha384(&bytes).as_ref())),
            ("sha512".to_owned(), data_encoding::HEXLOWER.encode(sigstore_crypto::sha512(&bytes).as_ref())),
        ];
        Self { name: name.to_owned(), bytes: Some(bytes), digests }
    }

    /// Returns an artifact of which a digest is known, written `ALGORITHM:HEX`.
    pub fn of_digest(text: &str) -> Option<Self> {
        let (algorithm, hex) = text.split_once(':')?;
        let is_known = matches!(algorithm, "sha1" | "sha256" | "sha384" | "sha512" | "gitCommit");
        let is_hex = hex.len() >= 40 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_known && is_hex).then(|| Self {
            name: text.to_owned(),
            bytes: None,
            digests: vec![(algorithm.to_owned(), hex.to_ascii_lowercase())],
        })
    }

    /// Returns the digest by an algorithm.
    pub fn digest(&self, algorithm: &str) -> Option<&str> {
        self.digests.iter().find(|(known, _)| known == algorithm).map(|(_, hex)| hex.as_str())
    }

    /// Returns whether it is what has this digest; `gitCommit` and `sha1` of a commit are the same.
    pub fn has(&self, algorithm: &str, hex: &str) -> bool {
        let alias = |name: &str| if name == "gitCommit" { "sha1".to_owned() } else { name.to_owned() };
        self.digests
            .iter()
            .any(|(known, own)| alias(known) == alias(algorithm) && own.eq_ignore_ascii_case(hex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_the_same_by_both_names_of_its_digest() {
        let commit = "43ae90e1f0c2a7d0b1d2c3e4f5a6b7c8d9e0f1a2";
        let artifact = Artifact::of_digest(&format!("gitCommit:{commit}")).expect("a digest");
        assert!(artifact.has("sha1", &commit.to_uppercase()));
        assert!(!artifact.has("sha256", commit));
    }

    #[test]
    fn what_is_no_digest_is_none() {
        for text in ["sha256:xyz", "md5:43ae90e1f0c2a7d0b1d2c3e4f5a6b7c8d9e0f1a2", "file.txt", "sha256:", ""]
        {
            assert!(Artifact::of_digest(text).is_none(), "{text}");
        }
    }
}
