//! What a bag demands beside its lists of digests (RFC 8493, and the drafts before it).

use std::collections::BTreeMap;

use crate::model::record::{Fetched, ListKind, ManifestRecord};
use crate::problem::{Kind, Problem, Spot, quote};
use crate::source::archive;
use crate::store::FileId;

use super::{Listing, View};

/// Octets and streams of a `Payload-Oxum`, and where it is; `None` where it could not be read.
type Sums = Option<(u64, u64, Spot)>;

/// The tag files of one bag.
#[derive(Default)]
pub(super) struct Bag {
    declared: Option<(FileId, Option<(u32, u32)>)>,
    info: Option<(FileId, Sums)>,
    fetch: Option<(FileId, Vec<Fetched>)>,
}

impl Bag {
    pub(super) fn take(&mut self, file: FileId, record: ManifestRecord) {
        match record {
            ManifestRecord::Declaration(version) => self.declared = Some((file, version)),
            ManifestRecord::Info(sums) => self.info = Some((file, sums)),
            ManifestRecord::Fetch(files) => self.fetch = Some((file, files)),
            ManifestRecord::List(_) | ManifestRecord::Seal(_) => {}
        }
    }

    /// Returns whether it follows a draft before 1.0, which allowed more.
    pub(super) fn is_old(&self) -> bool {
        matches!(self.declared, Some((_, Some((0, _)))))
    }

    /// Returns the address that a path is to be fetched from.
    pub(super) fn fetches(&self, path: &str) -> Option<&str> {
        let (_, files) = self.fetch.as_ref()?;
        files.iter().find(|file| file.path == path).map(|file| file.url.as_str())
    }

    /// Checks what the whole bag must have.
    pub(super) fn check(&self, folder: &str, view: &View<'_>, all: &[Listing], out: &mut Vec<Problem>) {
        if let Some((file, _)) = self.declared {
            let has_payload =
                all.iter().any(|list| list.folder == folder && list.list.kind == ListKind::Payload);
            let may_be_empty =
                |path: &str| path.strip_prefix(folder).is_some_and(|n| n.starts_with("manifest-"));
            let is_empty = view.beside(file, folder).any(|(_, other)| may_be_empty(&other.path));
            if !has_payload && !is_empty {
                let problem = Problem::error(Kind::MissingFile, "a bag without a payload manifest");
                let path = &view.files[file.index()].path;
                out.push(problem.expected("manifest-ALGORITHM.txt (RFC 8493 §2.1.3)").in_file(path));
            }
        }
        self.check_sums(folder, view, out);
        self.check_fetch(folder, view, all, out);
    }

    fn check_sums(&self, folder: &str, view: &View<'_>, out: &mut Vec<Problem>) {
        let Some((file, Some((octets, streams, at)))) = &self.info else { return };
        let payload = format!("{folder}data/");
        let (bytes, count) = view
            .beside(*file, &payload)
            .fold((0_u64, 0_u64), |(bytes, count), (_, file)| (bytes.saturating_add(file.bytes), count + 1));
        if (bytes, count) != (*octets, *streams) {
            let found = format!("{bytes} bytes in {count} files under data/");
            let expected = format!("{octets} bytes in {streams} files, as Payload-Oxum says");
            let path = &view.files[file.index()].path;
            out.push(
                Problem::error(Kind::ChangedFile, found).expected(expected).at(at.clone()).in_file(path),
            );
        }
    }

    /// A file to be fetched must be in the payload and in every payload manifest, and is not here until somebody
    /// fetched it: nothing is asked of any network.
    fn check_fetch(&self, folder: &str, view: &View<'_>, all: &[Listing], out: &mut Vec<Problem>) {
        let Some((id, fetched)) = &self.fetch else { return };
        let path = &view.files[id.index()].path;
        let most = 200;
        for file in fetched.iter().take(most) {
            let tell = |problem: Problem| problem.at(file.at.clone()).in_file(path);
            let clean = archive::clean_name(&decoded(&file.path, self.is_old()));
            match clean {
                Ok(clean) if clean.starts_with("data/") => {
                    let is_listed = all
                        .iter()
                        .filter(|list| list.folder == folder && list.list.kind == ListKind::Payload)
                        .all(|list| list.list.files.iter().any(|listed| listed.path == file.path));
                    if !is_listed {
                        let found =
                            format!("{} is to be fetched and in no payload manifest", quote(&file.path));
                        let problem = Problem::error(Kind::Conflict, found);
                        out.push(tell(problem.expected("a file of the payload manifests (RFC 8493 §2.2.3)")));
                    }
                    let full = format!("{folder}{clean}");
                    let here = view.beside(*id, folder).find(|(_, other)| other.path == full);
                    let length = file.bytes.zip(here).filter(|(bytes, (_, here))| *bytes != here.bytes);
                    if let Some((bytes, (_, here))) = length {
                        let found = format!("{} has {} bytes", quote(&file.path), here.bytes);
                        let problem = Problem::error(Kind::ChangedFile, found);
                        out.push(tell(problem.expected(format!("{bytes} bytes, as fetch.txt says"))));
                    }
                }
                refused => {
                    let why = refused.err().unwrap_or("a path outside of data/");
                    let problem = Problem::error(Kind::UnsafePath, format!("{why}: {}", quote(&file.path)));
                    out.push(tell(problem.expected("a path under data/ (RFC 8493 §2.2.3)")));
                }
            }
        }
        if fetched.len() > most {
            let found = format!("{} further files to be fetched", fetched.len() - most);
            out.push(Problem::error(Kind::OverLimit, found).in_file(path).expected("a complete bag"));
        }
    }
}

/// Tells of lists named as a bag's, with a payload, beside which no bag is declared.
pub(super) fn undeclared(bags: &BTreeMap<String, Bag>, view: &View<'_>, all: &[Listing]) -> Vec<Problem> {
    let mut folders: Vec<&Listing> = all.iter().filter(|list| list.list.kind == ListKind::Payload).collect();
    folders.dedup_by(|a, b| a.folder == b.folder);
    folders
        .into_iter()
        .filter(|list| bags.get(&list.folder).is_none_or(|bag| bag.declared.is_none()))
        .map(|list| {
            Problem::error(Kind::MissingFile, "a payload manifest without a bagit.txt that can be read")
                .in_file(&view.files[list.file.index()].path)
                .expected("bagit.txt beside it (RFC 8493 §2.1.1)")
        })
        .collect()
}

/// Undoes the escapes of a path in a bag: CR and LF always, the percent sign since 1.0 (RFC 8493 §2.1.3). Nothing else
/// is decoded: `%2e%2e` is a name like any other.
pub(super) fn decoded(path: &str, is_old: bool) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).map(str::to_ascii_uppercase);
        let c = match code.as_deref() {
            Some("0A") => Some('\n'),
            Some("0D") => Some('\r'),
            Some("25") if !is_old => Some('%'),
            _ => None,
        };
        out.push(c.unwrap_or('%'));
        rest = &rest[at + if c.is_some() { 3 } else { 1 }..];
    }
    out.push_str(rest);
    out
}
