//! Files and folders on disk, for the command line.
//!
//! A file's path in the bundle is its own name, or the name of the folder that was given and the way from there, with
//! `/` on every system: `lacuna export/2026` makes `2026/prs.json` of `export/2026/prs.json`. So the bundle does not
//! depend on where it lies.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::archive::passed_over;
use super::intake::Root;
use super::{ByteSource, Limits, ReadError};
use crate::problem::{Kind, Problem, quote};

/// A file on disk, opened when it is first read, so that many can be listed.
pub struct DiskSource {
    path: PathBuf,
    length: u64,
    file: Option<File>,
}

impl DiskSource {
    /// Returns a source over a file of which `length` was read from its metadata.
    pub const fn new(path: PathBuf, length: u64) -> Self {
        Self { path, length, file: None }
    }

    fn file(&mut self) -> Result<&mut File, ReadError> {
        if self.file.is_none() {
            let file = File::open(&self.path).map_err(|error| ReadError(error.to_string()))?;
            let length = file.metadata().map_err(|error| ReadError(error.to_string()))?.len();
            if length != self.length {
                let text =
                    format!("the file changed while it was read: {} bytes became {length}", self.length);
                return Err(ReadError(text));
            }
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| ReadError("the file is not open".to_owned()))
    }
}

impl ByteSource for DiskSource {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = left.min(into.len());
        if count == 0 {
            return Ok(0);
        }
        let file = self.file()?;
        file.seek(SeekFrom::Start(offset)).map_err(|error| ReadError(error.to_string()))?;
        match file.read(&mut into[..count]) {
            Ok(0) => Err(ReadError("the file became shorter while it was read".to_owned())),
            Ok(count) => Ok(count),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => self.read_at(offset, into),
            Err(error) => Err(ReadError(error.to_string())),
        }
    }

    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(Self::new(self.path.clone(), self.length))
    }
}

/// What was found under the paths given.
#[derive(Default)]
pub struct Found {
    /// The files.
    pub roots: Vec<Root>,
    /// Links and special files, which are not followed, and folders that cannot be read.
    pub problems: Vec<Problem>,
    /// Paths for [`super::Intake::pass_over`]: not looked into.
    pub passed: Vec<String>,
}

/// Lists files, and the files in folders, sorted. A link is followed only where it is itself given.
///
/// It stops over `limits.entries` files, with a problem.
pub fn find(paths: &[PathBuf], limits: &Limits) -> Found {
    let mut found = Found::default();
    let mut waiting: Vec<(PathBuf, String)> = Vec::new();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => waiting.push((path.clone(), given_name(path))),
            Ok(metadata) if metadata.is_file() => found.roots.push(Root {
                path: given_name(path),
                source: Box::new(DiskSource::new(path.clone(), metadata.len())),
            }),
            Ok(_) => found.problems.push(
                Problem::error(Kind::Unreadable, "neither a file nor a folder").in_file(given_name(path)),
            ),
            Err(error) => found
                .problems
                .push(Problem::error(Kind::Unreadable, error.to_string()).in_file(path.to_string_lossy())),
        }
    }
    while let Some((folder, prefix)) = waiting.pop() {
        if found.roots.len() as u64 > limits.entries {
            let text = format!(
                "over {} files in the folders given; {} and others were not listed",
                limits.entries,
                quote(&prefix)
            );
            found.problems.push(Problem::error(Kind::OverLimit, text).expected(format!(
                "at most {} files and archive entries together (entries)",
                limits.entries
            )));
            break;
        }
        list(&folder, &prefix, &mut found, &mut waiting);
    }
    found
}

/// Returns the name of a path as given; of `.` and the like, the name of the folder that it stands for.
fn given_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.or_else(|| {
        let whole = path.canonicalize().ok()?;
        whole.file_name().map(|name| name.to_string_lossy().into_owned())
    })
    .unwrap_or_else(|| "root".to_owned())
}

/// Lists one folder; its folders wait, the first by name on top.
fn list(folder: &Path, prefix: &str, found: &mut Found, waiting: &mut Vec<(PathBuf, String)>) {
    let entries = match std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => {
            found.problems.push(Problem::error(Kind::Unreadable, error.to_string()).in_file(prefix));
            return;
        }
    };
    let mut named: Vec<(String, PathBuf)> = entries
        .iter()
        .map(|entry| (format!("{prefix}/{}", entry.file_name().to_string_lossy()), entry.path()))
        .collect();
    crate::order::sort(&mut named);
    let mut folders = Vec::new();
    for (name, path) in named {
        if passed_over(&name).is_some() {
            found.passed.push(name);
            continue;
        }
        match std::fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => folders.push((path, name)),
            Ok(metadata) if metadata.is_file() => {
                found
                    .roots
                    .push(Root { path: name, source: Box::new(DiskSource::new(path, metadata.len())) });
            }
            Ok(metadata) => {
                let what = if metadata.is_symlink() { "a symbolic link" } else { "a device, pipe or socket" };
                let text = format!("{what}, which is not followed");
                found.problems.push(Problem::note(Kind::Refused, text).in_file(name));
            }
            Err(error) => {
                found.problems.push(Problem::error(Kind::Unreadable, error.to_string()).in_file(name));
            }
        }
    }
    waiting.extend(folders.into_iter().rev());
}
