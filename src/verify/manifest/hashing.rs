//! Digests by the algorithms that manifests ask for, of files read again; SHA-256 is known from the first reading.

use md5::{Digest as _, Md5};
use sha2::{Sha224, Sha384, Sha512};

use crate::model::record::Algorithm;
use crate::source::ByteSource;

/// How many bytes one read asks for.
const SLICE: usize = 1 << 20;

/// A digest that is being computed.
pub(super) enum Hasher {
    Md5(Md5),
    Sha1(Box<gix_hash::Hasher>),
    Sha224(Sha224),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    /// Returns a hasher; `None` for SHA-256, which every file has already.
    pub(super) fn new(algorithm: Algorithm) -> Option<Self> {
        Some(match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha1 => Self::Sha1(Box::new(gix_hash::hasher(gix_hash::Kind::Sha1))),
            Algorithm::Sha224 => Self::Sha224(Sha224::new()),
            Algorithm::Sha256 => return None,
            Algorithm::Sha384 => Self::Sha384(Sha384::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        })
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha224(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Returns the digest; `None` for bytes that were made to collide under SHA-1.
    fn finish(self) -> Option<Box<[u8]>> {
        match self {
            Self::Md5(hasher) => Some(hasher.finalize().as_slice().into()),
            Self::Sha1(hasher) => hasher.try_finalize().ok().map(|digest| digest.as_slice().into()),
            Self::Sha224(hasher) => Some(hasher.finalize().as_slice().into()),
            Self::Sha384(hasher) => Some(hasher.finalize().as_slice().into()),
            Self::Sha512(hasher) => Some(hasher.finalize().as_slice().into()),
        }
    }
}

/// A file that is being read again, for one or more algorithms.
pub(super) struct Reading {
    source: Box<dyn ByteSource>,
    offset: u64,
    hashers: Vec<(Algorithm, Hasher)>,
}

impl Reading {
    /// Starts reading a source.
    pub(super) fn new(source: Box<dyn ByteSource>, algorithms: &[Algorithm]) -> Self {
        let hashers =
            algorithms.iter().filter_map(|algorithm| Some((*algorithm, Hasher::new(*algorithm)?))).collect();
        Self { source, offset: 0, hashers }
    }

    /// Reads one slice; returns how many bytes it had, 0 at the end, `None` when the source fails.
    pub(super) fn step(&mut self, buffer: &mut Vec<u8>) -> Option<u64> {
        let left = usize::try_from(self.source.length().saturating_sub(self.offset)).unwrap_or(usize::MAX);
        buffer.resize(left.min(SLICE), 0);
        let count = self.source.read_at(self.offset, buffer).ok()?;
        for (_, hasher) in &mut self.hashers {
            hasher.update(&buffer[..count]);
        }
        self.offset += count as u64;
        // A source that ends before its length has not shown the whole file.
        (count > 0 || left == 0).then_some(count as u64)
    }

    /// Returns the digests.
    pub(super) fn finish(self) -> impl Iterator<Item = (Algorithm, Option<Box<[u8]>>)> {
        self.hashers.into_iter().map(|(algorithm, hasher)| (algorithm, hasher.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Bytes;

    /// RFC 1321 §A.5, and the examples of FIPS 180 for “abc”.
    #[test]
    fn every_algorithm_gives_the_digest_of_its_standard() {
        let all = [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha224, Algorithm::Sha384, Algorithm::Sha512];
        let mut reading = Reading::new(Box::new(Bytes::new(b"abc".to_vec())), &all);
        let mut buffer = Vec::new();
        while reading.step(&mut buffer) != Some(0) {}
        let seen: Vec<String> = reading
            .finish()
            .map(|(_, digest)| data_encoding::HEXLOWER.encode(&digest.unwrap())[..16].to_owned())
            .collect();
        assert_eq!(
            seen,
            [
                "900150983cd24fb0",
                "a9993e364706816a",
                "23097d223405d822",
                "cb00753f45a35e8b",
                "ddaf35a193617aba"
            ]
        );
    }
}
