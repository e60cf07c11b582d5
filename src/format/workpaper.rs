//! A workpaper that lies among the evidence: recognised, listed and hashed, and nothing is concluded from it.
//!
//! It is what people did with a bundle, not evidence of it (`docs/workpaper.md`): it counts in no digest of the bundle, so
//! that a paper that is saved beside its evidence still fits it.

use super::{Context, Format, Head, Reader, Step};
use crate::model::Records;
use crate::problem::{Kind, Problem, quote};
use crate::source::Window;
use crate::store::File;

/// A workpaper.
pub static FORMAT: Format = Format {
    id: "workpaper",
    title: "Workpaper (.lacuna)",
    recognise: |head: &Head<'_>| {
        let schema = head.json.as_ref()?.text("schema")?;
        schema.starts_with("lacuna.workpaper/").then(|| "its schema is that of workpapers".to_owned())
    },
    open: || Box::new(Aside),
};

/// How many papers a problem names.
const MOST_NAMED: usize = 10;

/// Reads nothing: the paper is read when it is opened as one.
struct Aside;

impl Reader for Aside {
    fn step(
        &mut self,
        _: &mut Window,
        _: &Context<'_>,
        _: &mut dyn Records,
        _: u64,
    ) -> Result<Step, Problem> {
        Ok(Step::Done)
    }
}

/// Returns whether a file is a workpaper.
pub fn is_paper(file: &File) -> bool {
    file.format == FORMAT.id
}

/// Returns the problem of a bundle with several workpapers, which names them: none of them is opened then.
pub fn several(files: &[File]) -> Option<Problem> {
    let papers: Vec<&File> = files.iter().filter(|file| is_paper(file)).collect();
    if papers.len() < 2 {
        return None;
    }
    let named: Vec<String> = papers.iter().take(MOST_NAMED).map(|file| quote(&file.path)).collect();
    let more = if papers.len() > MOST_NAMED { ", …" } else { "" };
    let found = format!("{} workpapers: {}{more}", papers.len(), named.join(", "));
    Some(Problem::warning(Kind::SeveralPapers, found).expected("one workpaper, or none"))
}
