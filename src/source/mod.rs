//! Bytes to files: where bytes come from, how much of them is read, and archives opened in place.
//!
//! Everything that touches bytes goes through [`ByteSource`], which slices, files on disk and the browser's `File`
//! implement, and every read is bounded by [`Limits`] before memory is taken.

pub mod archive;
#[cfg(feature = "cli")]
pub mod disk;
pub mod intake;
pub mod limits;
pub mod window;

pub use intake::{Intake, IntakeItem, Origin, Root};
pub use limits::Limits;
pub use window::Window;

/// Why bytes could not be delivered; states the fact, without advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(pub String);

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The digest that a source knows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownDigest {
    /// The source computes none: the reader hashes what it reads.
    Unknown,
    /// The host is computing it over the very bytes that it delivers; ask again later.
    Pending,
    /// The digest of all bytes.
    Known(Digest),
}

/// Random access to the bytes of one file.
pub trait ByteSource {
    /// Returns the count of bytes.
    fn length(&self) -> u64;

    /// Reads up to `into.len()` bytes at `offset`; returns how many, 0 only at the end or for an empty buffer.
    ///
    /// # Errors
    /// When the bytes cannot be delivered, for instance because the file changed or went away.
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError>;

    /// Returns the digest if the source computes it itself (the browser does, with WebCrypto).
    fn digest(&mut self) -> KnownDigest {
        KnownDigest::Unknown
    }

    /// Returns up to which offset the bytes can be read without waiting for the host; one that reads ahead starts to when it is
    /// first asked. Reading beyond it is allowed, and waits.
    fn at_hand(&mut self) -> u64 {
        u64::MAX
    }

    /// Returns another handle on the same bytes, to read a record again when it is asked for.
    fn reopen(&self) -> Box<dyn ByteSource>;
}

/// Bytes in memory, shared between handles.
#[derive(Clone, Debug)]
pub struct Bytes(std::sync::Arc<[u8]>);

impl Bytes {
    /// Takes bytes.
    pub fn new(bytes: impl Into<std::sync::Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }
}

impl ByteSource for Bytes {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let rest = &self.0[start..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(self.clone())
    }
}
