//! Makes archives, good and bad, and takes them through the intake.

use std::io::{Cursor, Write as _};

use lacuna::problem::{Kind, Problem};
use lacuna::source::{ByteSource, Bytes, Intake, IntakeItem, Limits, Origin, Root};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// Files by name.
pub type Files<'a> = &'a [(&'a str, &'a [u8])];

pub fn zip_with(files: Files<'_>, method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub fn zip(files: Files<'_>) -> Vec<u8> {
    zip_with(files, CompressionMethod::Deflated)
}

/// A tar entry whose name is written as it is, without the checks of the library.
pub fn tar_entry(out: &mut Vec<u8>, name: &[u8], kind: u8, link: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    header.set_entry_type(tar::EntryType::new(kind));
    if !link.is_empty() {
        header.set_link_name(link).unwrap();
    }
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
}

pub fn tar_end(mut out: Vec<u8>) -> Vec<u8> {
    out.resize(out.len() + 1024, 0);
    out
}

pub fn tar(files: Files<'_>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Replaces bytes everywhere, the length staying the same.
pub fn patch(mut archive: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut count = 0;
    while let Some(at) = memchr::memmem::find(&archive, from) {
        archive[at..at + to.len()].copy_from_slice(to);
        count += 1;
    }
    assert!(count > 0, "nothing was patched");
    archive
}

/// Pseudo-random bytes, which do not compress.
pub fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Each kind of container around the same files.
pub fn containers(files: Files<'_>) -> [(&'static str, Vec<u8>); 4] {
    let stored = zip_with(files, CompressionMethod::Stored);
    [("a.zip", zip(files)), ("b.zip", stored), ("c.tar", tar(files)), ("d.tgz", gz(&tar(files)))]
}

#[derive(Default)]
pub struct Taken {
    pub files: Vec<(String, Vec<u8>)>,
    pub origins: Vec<Origin>,
    pub archives: Vec<(String, u64)>,
    pub problems: Vec<Problem>,
    pub roots: Vec<Root>,
}

impl Taken {
    pub fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|(path, _)| path.as_str()).collect()
    }

    pub fn kinds(&self) -> Vec<Kind> {
        self.problems.iter().map(|problem| problem.kind).collect()
    }

    /// The only problem there is.
    pub fn problem(&self) -> &Problem {
        assert_eq!(self.problems.len(), 1, "{:#?}", self.problems);
        &self.problems[0]
    }
}

pub fn bytes_of(source: &dyn ByteSource) -> Vec<u8> {
    let mut source = source.reopen();
    let mut out = vec![0; usize::try_from(source.length()).unwrap()];
    let mut at = 0;
    while at < out.len() {
        let count = source.read_at(at as u64, &mut out[at..]).unwrap();
        assert!(count > 0, "a source ends before its length");
        at += count;
    }
    out
}

pub fn take(roots: Files<'_>, limits: &Limits) -> Taken {
    let root = |(path, bytes): &(&str, &[u8])| Root {
        path: (*path).to_owned(),
        source: Box::new(Bytes::new(bytes.to_vec())) as Box<dyn ByteSource>,
    };
    let mut intake = Intake::new(roots.iter().map(root).collect(), limits.clone());
    let mut taken = Taken::default();
    while let Some(item) = intake.next() {
        let progress = intake.progress();
        assert!(
            progress.done <= progress.known && progress.bytes_done <= progress.bytes_known,
            "{progress:?}"
        );
        match item {
            IntakeItem::File { path, source, origin } => {
                taken.files.push((path, bytes_of(&*source)));
                taken.origins.push(origin);
            }
            IntakeItem::Archive { path, entries, .. } => taken.archives.push((path, entries)),
            IntakeItem::Problem(problem) => taken.problems.push(problem),
        }
    }
    let progress = intake.progress();
    assert_eq!((progress.done, progress.bytes_done), (progress.known, progress.bytes_known));
    taken.roots = intake.into_roots();
    taken
}

pub fn take_one(path: &str, bytes: &[u8]) -> Taken {
    take(&[(path, bytes)], &Limits::default())
}

/// Everything that was handed out can be had again, byte for byte.
pub fn assert_reopens(taken: &Taken) {
    for ((path, bytes), origin) in taken.files.iter().zip(&taken.origins) {
        let again = origin.reopen(&taken.roots, &Limits::default()).unwrap();
        assert!(bytes_of(&*again) == *bytes, "{path} is another file the second time");
    }
}
