//! What a bundle says of its files as a whole: its digest, and the workpapers that lie among them.

use sha2::{Digest as _, Sha256};

use super::raw;
use crate::format::workpaper::is_paper;
use crate::model::place::hex;
use crate::source::Limits;
use crate::source::intake::Root;
use crate::store::File;
use crate::workpaper::MOST_BYTES;

/// How many workpapers the app is told of.
const MOST_PAPERS: usize = 20;

/// Returns the SHA-256 over the sorted list of digests and paths, in the form that `sha256sum` writes.
///
/// Workpapers are left out: one that grows beside its evidence would say of each entry that the bundle is another one.
pub(super) fn digest(files: &[File]) -> String {
    let mut lines: Vec<String> = files
        .iter()
        .filter(|file| !is_paper(file))
        .map(|file| {
            format!("{}  {}\n", file.sha256.map_or_else(|| "-".into(), |digest| hex(&digest)), file.path)
        })
        .collect();
    crate::order::sort(&mut lines);
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update(line.as_bytes());
    }
    hex(&hasher.finalize())
}

/// Returns the paths of the workpapers, in order.
pub(super) fn papers(files: &[File]) -> Vec<String> {
    files.iter().filter(|file| is_paper(file)).take(MOST_PAPERS).map(|file| file.path.clone()).collect()
}

/// Reads a workpaper.
pub(super) fn paper_text(
    files: &[File],
    roots: &[Root],
    limits: &Limits,
    path: &str,
) -> Result<String, String> {
    let file = files.iter().find(|file| is_paper(file) && file.path == path);
    let file = file.ok_or("there is no workpaper of that path in this bundle")?;
    if file.bytes > MOST_BYTES as u64 {
        return Err(format!("a workpaper of {} bytes; at most {MOST_BYTES}", file.bytes));
    }
    let origin = file.origin.as_ref().ok_or("the file was not kept")?;
    let mut source = origin.reopen(roots, limits).map_err(|problem| problem.found)?;
    let bytes = raw::read(source.as_mut(), 0, MOST_BYTES as u64)?;
    String::from_utf8(bytes).map_err(|error| format!("the workpaper is no text: {error}"))
}
