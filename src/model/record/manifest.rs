//! What manifests state about the files beside them: lists of digests, the tag files of a bag, seals.

use crate::problem::Spot;

/// A digest algorithm of manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// MD5 (RFC 1321): shows accidents, not tampering.
    Md5,
    /// SHA-1 (FIPS 180-4): shows accidents, not tampering.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 6] = [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Returns the name that BagIt and tools use, in lower case.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the length of its digests in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Returns whether files of one digest can be made on purpose.
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::Md5 | Self::Sha1)
    }

    /// Returns the algorithm of a name: letters and digits count, their case does not (RFC 8493 §2.4).
    pub fn of_name(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        Self::ALL.into_iter().find(|algorithm| algorithm.word() == plain)
    }

    /// Returns the algorithm whose digests have this length in bytes.
    pub fn of_length(length: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.length() == length)
    }
}

/// Which rules a list of digests follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// The output of `sha256sum` and its like.
    Checksums,
    /// `manifest-ALG.txt` of a bag (RFC 8493 §2.1.3).
    Payload,
    /// `tagmanifest-ALG.txt` of a bag (RFC 8493 §2.2.1).
    Tags,
    /// `lacuna-manifest.json`.
    Sealed,
    /// An in-toto link: what a step found and made.
    Link,
}

impl ListKind {
    /// Returns the words that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Checksums => "checksums",
            Self::Payload => "BagIt payload manifest",
            Self::Tags => "BagIt tag manifest",
            Self::Sealed => "Lacuna manifest",
            Self::Link => "in-toto link",
        }
    }
}

/// One file that a manifest lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Path as written, relative to the manifest's folder, escapes of its syntax undone but not those of BagIt.
    pub path: String,
    /// Algorithm of the digest.
    pub algorithm: Algorithm,
    /// The digest, as long as the algorithm has it.
    pub digest: Box<[u8]>,
    /// Count of bytes, where the manifest says it.
    pub bytes: Option<u64>,
    /// Where it is listed.
    pub at: Spot,
}

/// What a Lacuna manifest says about where its files come from; each is empty where it was not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// System that the files were exported from.
    pub source: String,
    /// Query that selected them.
    pub query: String,
    /// Tool that exported them.
    pub tool: String,
    /// When they were exported, RFC 3339.
    pub time: String,
}

/// A list of files with their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestList {
    /// Its rules.
    pub kind: ListKind,
    /// The files, in the order of the manifest.
    pub files: Vec<Listed>,
    /// What a Lacuna manifest says beside.
    pub origins: Option<Origins>,
    /// The whole document, where signatures over it stand in itself.
    pub signed: Option<Box<str>>,
}

/// One line of `fetch.txt` (RFC 8493 §2.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Address, never asked.
    pub url: String,
    /// Count of bytes, where it is said.
    pub bytes: Option<u64>,
    /// Path as written.
    pub path: String,
    /// Where it is listed.
    pub at: Spot,
}

/// What a file of a manifest's family states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestRecord {
    /// A list of digests.
    List(DigestList),
    /// `bagit.txt`: major and minor version; `None` where it could not be read.
    Declaration(Option<(u32, u32)>),
    /// `bag-info.txt`: octets and streams of its `Payload-Oxum`, and where it is.
    Info(Option<(u64, u64, Spot)>),
    /// `fetch.txt`.
    Fetch(Vec<Fetched>),
    /// A DSSE envelope over a Lacuna manifest, as written.
    Seal(Box<str>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_known_by_any_spelling_and_by_length() {
        assert_eq!(Algorithm::of_name("SHA-256"), Some(Algorithm::Sha256));
        assert_eq!(Algorithm::of_name("sha512"), Some(Algorithm::Sha512));
        assert_eq!(Algorithm::of_name("SHA3-256"), None);
        assert_eq!(Algorithm::of_length(20), Some(Algorithm::Sha1));
        assert_eq!(Algorithm::of_length(21), None);
    }
}
