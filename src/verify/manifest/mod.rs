//! Manifests against the files of the bundle: every file that is missing, changed or extra is named.
//!
//! [`Comparer`] works after every file was read and hashed: it reads files again only for digests other than SHA-256,
//! within a bound, and then compares. A manifest speaks of the files of its own folder and below, in the same archive
//! or outside of all; what is inside a listed archive is vouched for by the archive's own digest.

mod bag;
mod hashing;
mod report;
mod seal;

use std::collections::{BTreeMap, BTreeSet};

use crate::format::manifest::SEAL_NAME;
use crate::model::SignatureState;
use crate::model::record::{Algorithm, DigestList, ListKind, Listed, ManifestRecord};
use crate::problem::{Kind, Problem, quote};
use crate::source::intake::{Origin, Root};
use crate::source::{Limits, archive};
use crate::store::{Coverage, File, FileId, Manifest, Match, Seal};

use super::{TrustSet, metablock};
use bag::Bag;
use hashing::Reading;
use report::Told;
pub use seal::{Envelope, EnvelopeSignature, SPKI_PREFIX, fingerprint};

/// What comparing gave.
#[derive(Default)]
pub struct Compared {
    /// The manifests, in the order of their files.
    pub manifests: Vec<Manifest>,
    /// Which manifest lists which file, sorted by file.
    pub coverage: Vec<Coverage>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A list of digests with where it is.
struct Listing {
    file: FileId,
    folder: String,
    list: DigestList,
    /// For each listed file: the file that it is, or why its path is refused.
    found: Vec<Result<Option<FileId>, &'static str>>,
}

/// Compares manifests with files, step by step.
pub struct Comparer {
    listings: Vec<Listing>,
    bags: BTreeMap<String, Bag>,
    seals: BTreeMap<String, Box<str>>,
    /// Files to read again with the algorithms that are asked of them, the last first.
    waiting: Vec<(FileId, Vec<Algorithm>)>,
    reading: Option<(FileId, Reading)>,
    buffer: Vec<u8>,
    digests: BTreeMap<(FileId, Algorithm), Box<[u8]>>,
    /// Bytes read again so far, with what unpacking them took.
    read: u64,
    is_over: bool,
}

/// Files by path.
type Paths<'a> = BTreeMap<&'a str, FileId>;

impl Comparer {
    /// Takes what the manifests of a bundle state.
    pub fn new(records: Vec<(FileId, ManifestRecord)>, files: &[File]) -> Self {
        let paths: Paths<'_> = (0..files.len()).map(|at| (files[at].path.as_str(), FileId::at(at))).collect();
        let mut comparer = Self {
            listings: Vec::new(),
            bags: BTreeMap::new(),
            seals: BTreeMap::new(),
            waiting: Vec::new(),
            reading: None,
            buffer: Vec::new(),
            digests: BTreeMap::new(),
            read: 0,
            is_over: false,
        };
        for (file, record) in records {
            let Some(row) = files.get(file.index()) else { continue };
            let folder = folder_of(&row.path).to_owned();
            match record {
                ManifestRecord::List(list) => {
                    comparer.listings.push(Listing { file, folder, list, found: Vec::new() });
                }
                ManifestRecord::Seal(text) if row.path.ends_with(SEAL_NAME) => {
                    comparer.seals.insert(folder, text);
                }
                ManifestRecord::Seal(_) => {}
                record => comparer.bags.entry(folder).or_default().take(file, record),
            }
        }
        let mut wanted: BTreeMap<FileId, BTreeSet<Algorithm>> = BTreeMap::new();
        for listing in &mut comparer.listings {
            let is_old = comparer.bags.get(&listing.folder).is_some_and(Bag::is_old);
            listing.resolve(&paths, files, is_old);
            for (listed, found) in listing.list.files.iter().zip(&listing.found) {
                if let (Ok(Some(file)), false) = (found, listed.algorithm == Algorithm::Sha256) {
                    wanted.entry(*file).or_default().insert(listed.algorithm);
                }
            }
        }
        comparer.waiting =
            wanted.into_iter().rev().map(|(file, set)| (file, set.into_iter().collect())).collect();
        comparer
    }

    /// Reads about `budget` bytes again; returns whether all digests are there.
    pub fn step(&mut self, files: &[File], roots: &[Root], limits: &Limits, budget: u64) -> bool {
        let until = self.read.saturating_add(budget);
        while self.read < until {
            if let Some((file, mut reading)) = self.reading.take() {
                match reading.step(&mut self.buffer) {
                    Some(0) => {
                        for (algorithm, digest) in reading.finish() {
                            if let Some(digest) = digest {
                                self.digests.insert((file, algorithm), digest);
                            }
                        }
                    }
                    Some(count) => {
                        self.read = self.read.saturating_add(count);
                        self.reading = Some((file, reading));
                    }
                    // The file stays without a digest, and is told as not checked.
                    None => {}
                }
                continue;
            }
            let Some((file, algorithms)) = self.waiting.pop() else { return true };
            let Some(origin) = files.get(file.index()).and_then(|file| file.origin.as_ref()) else {
                continue;
            };
            // Reaching into an archive may unpack it from its start: many small files of a large one must not take
            // longer than reading everything would.
            let packed = if origin.steps.is_empty() { 0 } else { root_length(origin, roots) };
            if self.read.saturating_add(packed) > limits.total_bytes {
                self.is_over = true;
                self.waiting.clear();
                return true;
            }
            self.read = self.read.saturating_add(packed).saturating_add(1);
            if let Ok(source) = origin.reopen(roots, limits) {
                self.reading = Some((file, Reading::new(source, &algorithms)));
            }
        }
        false
    }

    /// Compares, once [`Self::step`] is done. `known` are the problems found so far: a listed file that could not be
    /// opened has one.
    pub fn finish(self, files: &[File], known: &[Problem], limits: &Limits, trust: &TrustSet) -> Compared {
        let troubled = known.iter().filter(|problem| is_trouble(problem)).map(|p| p.file.as_str());
        let troubled = crate::order::set(troubled);
        let view = View { files, digests: &self.digests, troubled, bags: &self.bags };
        let mut out = Compared::default();
        let mut covered: BTreeSet<FileId> = BTreeSet::new();
        let mut told: Vec<Told> = Vec::new();
        for listing in &self.listings {
            let mut one = Told::new(limits);
            let index = u32::try_from(out.manifests.len()).unwrap_or(u32::MAX);
            let mut row = listing.compare(&view, index, &mut out.coverage, &mut one);
            if let Some(text) = &listing.list.signed {
                row.seal = metablock::check(text, trust);
                if row.seal.state == SignatureState::Invalid {
                    let problem = Problem::error(Kind::BrokenSeal, row.seal.reason.clone());
                    one.add(problem.expected("a signature over the canonical form of the link"));
                }
            }
            if row.kind == ListKind::Sealed {
                row.seal = self.seal(listing, files, trust, &mut one);
            }
            covered.extend(listing.found.iter().filter_map(|found| found.ok().flatten()));
            out.manifests.push(row);
            told.push(one);
        }
        if self.is_over {
            let found =
                "reading files again for the digests of manifests took too much; the rest is not checked";
            let expected = format!("at most {} bytes (total-bytes)", limits.total_bytes);
            out.problems.push(Problem::error(Kind::OverLimit, found).expected(expected));
        }
        for ((listing, row), one) in self.listings.iter().zip(&mut out.manifests).zip(&mut told) {
            row.extra = listing.extra(&view, &self.listings, &covered, one);
        }
        for (listing, one) in self.listings.iter().zip(told) {
            out.problems.extend(one.finish(&files[listing.file.index()].path));
        }
        for (folder, bag) in &self.bags {
            bag.check(folder, &view, &self.listings, &mut out.problems);
        }
        out.problems.extend(bag::undeclared(&self.bags, &view, &self.listings));
        for (folder, _) in self.seals.iter().filter(|(folder, _)| !self.has_sealed(folder)) {
            let found = "a seal without the manifest that it signs";
            let problem = Problem::error(Kind::MissingFile, found).in_file(format!("{folder}{SEAL_NAME}"));
            out.problems.push(problem.expected("lacuna-manifest.json beside it"));
        }
        crate::order::sort(&mut out.coverage);
        out
    }

    fn has_sealed(&self, folder: &str) -> bool {
        self.listings.iter().any(|listing| listing.list.kind == ListKind::Sealed && listing.folder == folder)
    }

    fn seal(&self, listing: &Listing, files: &[File], trust: &TrustSet, told: &mut Told) -> Seal {
        let Some(text) = self.seals.get(&listing.folder) else {
            let reason = format!("no {SEAL_NAME} is beside it");
            return Seal { state: SignatureState::NotSigned, reason, ..Seal::default() };
        };
        let seal = seal::check(text, files[listing.file.index()].sha256, trust);
        let path = format!("{}{SEAL_NAME}", listing.folder);
        match seal.state {
            SignatureState::Invalid => told.add(
                Problem::error(Kind::BrokenSeal, seal.reason.clone())
                    .in_file(path)
                    .expected("an Ed25519 signature over the exact bytes of the manifest (DSSE v1.0)"),
            ),
            SignatureState::Valid if !seal.is_trusted => told.add(
                Problem::note(
                    Kind::UnnamedKey,
                    format!("a valid signature, {} (sha256:{})", seal.reason, seal.fingerprint),
                )
                .in_file(path),
            ),
            _ => {}
        }
        seal
    }
}

/// What comparing looks at.
struct View<'a> {
    files: &'a [File],
    digests: &'a BTreeMap<(FileId, Algorithm), Box<[u8]>>,
    /// Paths that could not be opened or read.
    troubled: BTreeSet<&'a str>,
    bags: &'a BTreeMap<String, Bag>,
}

impl View<'_> {
    fn digest(&self, file: FileId, algorithm: Algorithm) -> Option<&[u8]> {
        if algorithm == Algorithm::Sha256 {
            return self.files.get(file.index())?.sha256.as_ref().map(|digest| &digest[..]);
        }
        self.digests.get(&(file, algorithm)).map(|digest| &**digest)
    }

    /// Returns the files of a folder and below, at the same depth of archives as a file.
    fn beside(&self, file: FileId, folder: &str) -> impl Iterator<Item = (FileId, &File)> {
        let own = self.files.get(file.index());
        let all = self.files.iter().enumerate().map(|(at, file)| (FileId::at(at), file));
        all.filter(move |(_, other)| {
            other.path.starts_with(folder) && own.is_some_and(|own| is_beside(own, other))
        })
    }
}

impl Listing {
    /// Finds the file of each line.
    fn resolve(&mut self, paths: &Paths<'_>, files: &[File], is_old: bool) {
        let is_bag = matches!(self.list.kind, ListKind::Payload | ListKind::Tags);
        self.found = (self.list.files.iter())
            .map(|listed| {
                let path = if is_bag { bag::decoded(&listed.path, is_old) } else { listed.path.clone() };
                let path = archive::clean_name(&path)?;
                let full = format!("{}{path}", self.folder);
                let found = paths.get(full.as_str()).copied();
                Ok(found.filter(|found| is_beside(&files[self.file.index()], &files[found.index()])))
            })
            .collect();
    }

    /// Compares every line with its file.
    fn compare(
        &self,
        view: &View<'_>,
        index: u32,
        coverage: &mut Vec<Coverage>,
        told: &mut Told,
    ) -> Manifest {
        let mut algorithms: Vec<Algorithm> = self.list.files.iter().map(|listed| listed.algorithm).collect();
        crate::order::sort(&mut algorithms);
        algorithms.dedup();
        let mut row = Manifest {
            file: self.file,
            kind: self.list.kind,
            algorithms,
            listed: self.list.files.len() as u64,
            valid: 0,
            changed: 0,
            missing: 0,
            extra: 0,
            not_checked: 0,
            refused: 0,
            origins: self.list.origins.clone(),
            seal: Seal { state: SignatureState::NotSigned, ..Seal::default() },
        };
        let mut seen: BTreeMap<(String, Algorithm), &[u8]> = BTreeMap::new();
        for (listed, found) in self.list.files.iter().zip(&self.found) {
            if self.refuses(listed, found, &mut seen, view, told) {
                row.refused += 1;
                continue;
            }
            let Ok(Some(file)) = *found else {
                row.missing += 1;
                told.add(self.missing(listed, view));
                continue;
            };
            let state = self.one(listed, file, view, told);
            match state {
                Match::Valid => row.valid += 1,
                Match::Changed => row.changed += 1,
                Match::NotChecked => row.not_checked += 1,
            }
            coverage.push(Coverage { file, manifest: index, algorithm: listed.algorithm, state });
        }
        if row.algorithms.iter().all(|algorithm| algorithm.is_weak()) && row.listed > 0 {
            let found = "a manifest by MD5 or SHA-1 alone, which shows accidents and no tampering";
            told.add(Problem::note(Kind::WeakDigest, found).expected("SHA-256 or SHA-512"));
        }
        row
    }

    /// Returns whether a line counts for nothing: a path that is not allowed, or one that was there before.
    fn refuses<'a>(
        &self,
        listed: &'a Listed,
        found: &Result<Option<FileId>, &'static str>,
        seen: &mut BTreeMap<(String, Algorithm), &'a [u8]>,
        view: &View<'_>,
        told: &mut Told,
    ) -> bool {
        let at = |problem: Problem| problem.at(listed.at.clone());
        if let Err(why) = found {
            let problem = Problem::error(Kind::UnsafePath, format!("{why}: {}", quote(&listed.path)));
            told.add(at(problem.expected("a path in the folder of the manifest")));
            return true;
        }
        let clean = archive::clean_name(&listed.path).unwrap_or_default();
        if self.list.kind == ListKind::Payload && !clean.starts_with("data/") {
            let problem =
                Problem::error(Kind::UnsafePath, format!("{} in a payload manifest", quote(&listed.path)));
            told.add(at(problem.expected("a path under data/ (RFC 8493 §2.1.3)")));
            return true;
        }
        if self.list.kind == ListKind::Tags && clean.starts_with("tagmanifest-") {
            let problem =
                Problem::error(Kind::UnsafePath, format!("{} in a tag manifest", quote(&listed.path)));
            told.add(at(problem.expected("no tag manifest (RFC 8493 §2.2.1)")));
            return true;
        }
        let Some(before) = seen.insert((clean, listed.algorithm), &listed.digest) else { return false };
        let is_same = *before == *listed.digest;
        // Drafts before 1.0, and checksum tools, let a line stand twice as long as both say the same.
        let is_strict = match self.list.kind {
            ListKind::Payload | ListKind::Tags => !view.bags.get(&self.folder).is_some_and(Bag::is_old),
            ListKind::Sealed | ListKind::Link => true,
            ListKind::Checksums => false,
        };
        let how = if is_same { "with the same digest" } else { "with two digests" };
        let found = format!("{} listed twice, {how}", quote(&listed.path));
        let problem = match is_strict || !is_same {
            true => Problem::error(Kind::Conflict, found),
            false => Problem::warning(Kind::Duplicate, found),
        };
        told.add(at(problem.expected("each file once")));
        true
    }

    /// Compares one file that is here.
    fn one(&self, listed: &Listed, file: FileId, view: &View<'_>, told: &mut Told) -> Match {
        let row = &view.files[file.index()];
        let name = quote(&listed.path);
        if let Some(bytes) = listed.bytes.filter(|bytes| *bytes != row.bytes) {
            let problem = Problem::error(Kind::ChangedFile, format!("{name} has {} bytes", row.bytes));
            told.add(problem.expected(format!("{bytes} bytes, as listed")).at(listed.at.clone()));
            return Match::Changed;
        }
        let word = listed.algorithm.word();
        let Some(digest) = view.digest(file, listed.algorithm) else {
            let problem =
                Problem::error(Kind::Unreadable, format!("the {word} of {name} could not be computed"));
            told.add(problem.expected("a file that can be read to its end").at(listed.at.clone()));
            return Match::NotChecked;
        };
        if *digest == *listed.digest {
            return Match::Valid;
        }
        let hex = |digest: &[u8]| data_encoding::HEXLOWER.encode(digest);
        let problem = Problem::error(Kind::ChangedFile, format!("{name} has the {word} {}", hex(digest)));
        told.add(
            problem.expected(format!("{word} {}, as listed", hex(&listed.digest))).at(listed.at.clone()),
        );
        Match::Changed
    }

    /// Tells of a listed file that is not among those opened.
    fn missing(&self, listed: &Listed, view: &View<'_>) -> Problem {
        let name = quote(&listed.path);
        let full = format!("{}{}", self.folder, archive::clean_name(&listed.path).unwrap_or_default());
        let fetched = view.bags.get(&self.folder).and_then(|bag| bag.fetches(&listed.path));
        let elsewhere = if listed.path.is_ascii() { None } else { self.other_name(listed, view) };
        let problem = if view.troubled.contains(full.as_str()) {
            Problem::error(Kind::ChangedFile, format!("{name} could not be read: it is damaged or refused"))
        } else if archive::passed_over(&full).is_some() {
            Problem::warning(
                Kind::MissingFile,
                format!("{name} is of the operating system, and is passed over"),
            )
        } else if self.list.kind == ListKind::Link {
            // A step lists what it worked on; that is not all meant to travel with the evidence.
            Problem::note(Kind::MissingFile, format!("{name}, which the step lists, is not here"))
        } else if let Some(url) = fetched {
            Problem::error(Kind::MissingFile, format!("{name} is yet to be fetched from {}", quote(url)))
        } else if let Some(other) = elsewhere {
            let found = format!("{name} is not here; {} has its digest", quote(other));
            Problem::error(Kind::MissingFile, found)
        } else {
            Problem::error(Kind::MissingFile, format!("{name} is not here"))
        };
        problem.expected("every file that is listed").at(listed.at.clone())
    }

    /// Returns a file of the digest under another name, as systems with other Unicode normal forms store it.
    fn other_name<'v>(&self, listed: &Listed, view: &'v View<'_>) -> Option<&'v str> {
        let is_same = |file: &File| file.sha256.is_some_and(|digest| digest[..] == *listed.digest);
        let mut files = view.beside(self.file, &self.folder);
        files.find(|(_, file)| !file.path.is_ascii() && is_same(file)).map(|(_, file)| file.path.as_str())
    }

    /// Tells of files that this manifest should list; returns how many.
    fn extra(&self, view: &View<'_>, all: &[Self], covered: &BTreeSet<FileId>, told: &mut Told) -> u64 {
        let own = crate::order::set(self.found.iter().filter_map(|found| found.ok().flatten()));
        let manifest = quote(view.files[self.file.index()].path.rsplit('/').next().unwrap_or_default());
        let mut count = 0;
        let payload = format!("{}data/", self.folder);
        for (id, file) in view.beside(self.file, &self.folder) {
            let name = &file.path[self.folder.len()..];
            let problem = match self.list.kind {
                ListKind::Sealed if !own.contains(&id) && id != self.file && name != SEAL_NAME => {
                    Problem::error
                }
                ListKind::Payload if file.path.starts_with(&payload) && !own.contains(&id) => {
                    let is_old = view.bags.get(&self.folder).is_some_and(Bag::is_old);
                    // Before 1.0 a payload file had to be in one of the manifests only.
                    if is_old && covered.contains(&id) {
                        continue;
                    }
                    Problem::error
                }
                ListKind::Tags
                    if !file.path.starts_with(&payload)
                        && !name.starts_with("tagmanifest-")
                        && !own.contains(&id) =>
                {
                    Problem::note
                }
                ListKind::Checksums
                    if self.is_of_folder(view)
                        && !covered.contains(&id)
                        && !all.iter().any(|l| l.file == id) =>
                {
                    Problem::note
                }
                _ => continue,
            };
            count += 1;
            let found = format!("a file that {manifest} does not list");
            told.add(
                problem(Kind::ExtraFile, found).in_file(&file.path).expected("only files that are listed"),
            );
        }
        count
    }

    /// Returns whether a checksum list is about a whole folder, by its name; one for a single download is not.
    fn is_of_folder(&self, view: &View<'_>) -> bool {
        let path = view.files[self.file.index()].path.to_ascii_lowercase();
        let name = path.rsplit('/').next().unwrap_or_default();
        name.contains("sums") || name.contains("checksum") || name.contains("manifest")
    }
}

/// Returns the start of a path up to its name: empty, or ending in `/`.
fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// Returns whether two files are outside of all archives, or in the same one.
fn is_beside(a: &File, b: &File) -> bool {
    let (Some(a), Some(b)) = (&a.origin, &b.origin) else { return false };
    match (a.steps.split_last(), b.steps.split_last()) {
        (None, None) => true,
        (Some((_, a_way)), Some((_, b_way))) => a.root == b.root && a_way == b_way,
        _ => false,
    }
}

fn root_length(origin: &Origin, roots: &[Root]) -> u64 {
    let root = usize::try_from(origin.root).ok().and_then(|index| roots.get(index));
    root.map_or(0, |root| root.source.length())
}

fn is_trouble(problem: &Problem) -> bool {
    matches!(
        problem.kind,
        Kind::Unreadable
            | Kind::Refused
            | Kind::OverLimit
            | Kind::Malformed
            | Kind::CutShort
            | Kind::Duplicate
    )
}
