//! The machine that drives a bundle from bytes to verdicts, step by step.
//!
//! `step(budget)` does a bounded piece of work and tells how far it is. The worker, the command line and the tests run
//! this same code, and cancelling is just not calling again.

mod act;
mod bundle;
mod checking;
mod files;
mod raw;
mod reassess;
mod thresholds;

use crate::assess::{Assessment, Assessor};
use crate::format::detect::{self, HEAD_BYTES, Head};
use crate::format::{self, Context, Reader, Step};
use crate::framework::{self, Pack};
use crate::model::{Moment, Records, Stated, Zone};
use crate::policy::{Effective, Policy};
use crate::problem::{Kind, Problem};
use crate::protocol::{Phase, Progress};
use crate::source::intake::{Intake, IntakeItem, Origin, Root};
use crate::source::{KnownDigest, Limits, Window};
use crate::store::{Builder, File, FileId, Relinker};
use crate::verify::ahead::Question;
use crate::verify::manifest::Comparer;
use crate::verify::{TrustSet, Verifier};
pub use bundle::Bundle;
use checking::Checking;
use reassess::Dates;

/// How many changes one step of assessing takes.
const CHANGES_A_STEP: usize = 2000;

/// What a run depends on beside the bytes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name of the bundle.
    pub name: String,
    /// Bounds on the intake.
    pub limits: Limits,
    /// A policy that stands in for the bundle's own, with the problems found in it.
    pub policy: Option<(Policy, Vec<Problem>)>,
    /// Whether to keep what assessing again under another policy needs ([`Bundle::reassess`]).
    pub keep: bool,
    /// Whether to open the bundle after one step of checking signatures and to leave the rest to [`Bundle::check`]; what
    /// waits counts for nothing. Implies `keep`.
    pub later: bool,
    /// Ids of the frameworks to test against; empty for all that are built in.
    pub frameworks: Vec<String>,
    /// Problems that the host found before anything was read, such as links that it does not follow.
    pub problems: Vec<Problem>,
    /// Paths that the host left out because [`crate::source::archive::passed_over`] says so.
    pub passed: Vec<String>,
    /// Trust roots, keys and certificates to check signatures against, beside those that are built in: name and bytes.
    pub trust: Vec<(String, Vec<u8>)>,
    /// Start of the period, in place of the policy's.
    pub from: Option<Stated>,
    /// End of the period, in place of the policy's.
    pub to: Option<Stated>,
    /// The zone of dates that state none, in place of the policy's; the policy's own dates stay as they were read.
    pub zone: Option<Zone>,
    /// The effective date of changes, in place of the policy's.
    pub effective: Option<Effective>,
    /// "Now", in place of the policy's.
    pub now: Option<Moment>,
}

/// A run: from roots to a [`Bundle`].
pub struct Engine {
    options: Options,
    packs: Vec<Pack>,
    intake: Intake,
    builder: Builder,
    checking: Checking,
    open: Option<Open>,
    /// Files whose digest the host still computes.
    pending: Vec<(FileId, Window)>,
    relinker: Option<Relinker>,
    state: State,
    progress: Progress,
}

enum State {
    Reading,
    Hashing,
    Comparing(Box<Comparer>),
    Verifying,
    Linking,
    Assessing(Box<Assessor>),
    Done(Box<Assessment>),
    /// Between two states; never seen from outside.
    Moving,
}

/// A file being read.
struct Open {
    path: String,
    window: Window,
    /// `None` once it was read, or when nothing recognised it: then the rest is only hashed.
    reader: Option<Box<dyn Reader>>,
}

impl Engine {
    /// Returns a run at its start.
    pub fn new(roots: Vec<Root>, options: Options) -> Self {
        let mut builder = Builder::new();
        let mut packs = framework::builtin().unwrap_or_else(|problems| {
            problems.into_iter().for_each(|problem| builder.bundle_problem(problem));
            Vec::new()
        });
        if !options.frameworks.is_empty() {
            packs.retain(|pack| options.frameworks.iter().any(|id| id.eq_ignore_ascii_case(&pack.id)));
        }
        for problem in &options.problems {
            builder.bundle_problem(problem.clone());
        }
        let mut trust = TrustSet::built_in();
        for (name, bytes) in &options.trust {
            if let Err(problem) = trust.add(name, bytes) {
                builder.bundle_problem(problem);
            }
        }
        let checking = Checking::new(Verifier::new(trust));
        let mut intake = Intake::new(roots, options.limits.clone());
        for path in &options.passed {
            intake.pass_over(path);
        }
        let progress = Progress::default();
        Self {
            options,
            packs,
            intake,
            builder,
            checking,
            open: None,
            pending: Vec::new(),
            relinker: None,
            state: State::Reading,
            progress,
        }
    }

    /// Returns how many bytes of work, of at most `budget`, the next step can do without waiting for a host that reads ahead;
    /// 0 when it is the host's turn.
    pub fn at_hand(&mut self, budget: u64) -> u64 {
        match (&self.state, &mut self.open) {
            (State::Reading, Some(Open { window, reader: Some(_), .. })) => window.at_hand(budget),
            (State::Reading, None) if !self.intake.is_at_hand() => 0,
            _ => budget,
        }
    }

    /// Does about `budget` bytes of work and tells how far it is; done when the phase is [`Phase::Done`].
    pub fn step(&mut self, budget: u64) -> Progress {
        match std::mem::replace(&mut self.state, State::Moving) {
            State::Reading => self.state = if self.read(budget) { State::Hashing } else { State::Reading },
            State::Hashing => {
                self.state = if self.hash() {
                    State::Comparing(Box::new(self.builder.comparer()))
                } else {
                    State::Hashing
                }
            }
            State::Comparing(mut comparer) => {
                let (roots, limits) = (self.intake.roots(), &self.options.limits);
                self.state = if comparer.step(self.builder.files(), roots, limits, budget) {
                    let trust = &self.checking.verifier.trust;
                    self.builder.compared(*comparer, &self.options.limits, trust);
                    let (keys, problems) = trust.commit_keys.with_evidence(self.builder.signing_keys());
                    self.checking.keys = keys;
                    self.checking.signed = std::mem::take(self.builder.signed());
                    let several = format::workpaper::several(self.builder.files());
                    problems
                        .into_iter()
                        .chain(several)
                        .for_each(|problem| self.builder.bundle_problem(problem));
                    State::Verifying
                } else {
                    State::Comparing(comparer)
                };
            }
            State::Verifying => {
                let is_done = self.checking.step(budget);
                self.state = if is_done || self.options.later { State::Linking } else { State::Verifying }
            }
            State::Linking => {
                let policy = self.policy();
                let mut builder = std::mem::take(&mut self.builder);
                builder.signed().take_in(&self.checking.signed.outcomes());
                let keeps = self.options.keep || self.options.later;
                self.relinker = keeps.then(|| builder.relinker());
                for problem in self.options.policy.iter().flat_map(|(_, problems)| problems) {
                    builder.bundle_problem(problem.clone());
                }
                let store = builder.link_while(&policy, &self.checking.signed);
                let packs = std::mem::take(&mut self.packs);
                self.state = State::Assessing(Box::new(Assessor::new(store, policy, packs)));
            }
            State::Assessing(mut assessor) => {
                let is_done = assessor.step(CHANGES_A_STEP);
                let (assessed, changes) = assessor.progress();
                (self.progress.assessed, self.progress.changes) = (assessed as u64, changes as u64);
                self.state = if is_done {
                    State::Done(Box::new(assessor.finish()))
                } else {
                    State::Assessing(assessor)
                };
            }
            State::Done(assessment) => self.state = State::Done(assessment),
            State::Moving => {}
        }
        self.tell()
    }

    /// Runs to the end.
    pub fn run(mut self) -> Bundle {
        while self.step(u64::MAX).phase != Phase::Done {}
        self.finish()
    }

    /// Returns the bundle, running whatever is left to do.
    pub fn finish(mut self) -> Bundle {
        let dates = self.dates();
        loop {
            match self.state {
                State::Done(assessment) => {
                    let sha256 = files::digest(&assessment.store.files);
                    return Bundle {
                        dates,
                        relinker: self.relinker,
                        given: self.options.policy.map(|(_, problems)| problems),
                        text: None,
                        draft: None,
                        comparison: None,
                        name: self.options.name,
                        sha256,
                        assessment: *assessment,
                        trust: std::sync::Arc::clone(&self.checking.verifier.trust),
                        checking: (!self.checking.signed.is_done()).then(|| Box::new(self.checking)),
                        roots: self.intake.into_roots(),
                        limits: self.options.limits,
                    };
                }
                _ => {
                    self.step(u64::MAX);
                }
            }
        }
    }

    fn tell(&mut self) -> Progress {
        self.progress.phase = match self.state {
            State::Reading | State::Moving => Phase::Reading,
            State::Hashing | State::Comparing(_) => Phase::Hashing,
            State::Verifying => Phase::Verifying,
            State::Linking => Phase::Linking,
            State::Assessing(_) => Phase::Assessing,
            State::Done(_) => Phase::Done,
        };
        (self.progress.verified, self.progress.signatures) = self.checking.signed.progress();
        self.progress.records = self.progress.records.max(self.builder.record_count());
        self.progress.clone()
    }

    fn policy(&self) -> Policy {
        let given = self.options.policy.as_ref().map(|(policy, _)| policy);
        self.dates().apply(given.or(self.builder.policy()))
    }

    const fn dates(&self) -> Dates {
        let Options { from, to, zone, effective, now, .. } = self.options;
        Dates { from, to, zone, effective, now }
    }

    /// Reads on; returns whether everything was read.
    fn read(&mut self, budget: u64) -> bool {
        if let Some(open) = self.open.take() {
            self.read_file(open, budget);
            return false;
        }
        match self.intake.next() {
            None => return true,
            Some(IntakeItem::Problem(problem)) => self.builder.bundle_problem(problem),
            Some(IntakeItem::File { path, source, origin }) => {
                self.open_file(path, Window::new(source), origin);
            }
            Some(IntakeItem::Archive { path, source, container, origin, .. }) => {
                let window = Window::new(source);
                self.start_file(
                    &path,
                    window.length(),
                    "archive",
                    container.word(),
                    "its first bytes are an archive's",
                    origin,
                );
                self.open = Some(Open { path, window, reader: None });
            }
        }
        false
    }

    fn start_file(
        &mut self,
        path: &str,
        bytes: u64,
        format: &'static str,
        title: &'static str,
        reason: &str,
        origin: Origin,
    ) {
        self.progress.files_known += 1;
        self.progress.bytes_known += bytes;
        path.clone_into(&mut self.progress.file);
        self.builder.start_file(File {
            path: path.to_owned(),
            bytes,
            format,
            title,
            reason: reason.to_owned(),
            origin: Some(origin),
            ..File::default()
        });
    }

    fn open_file(&mut self, path: String, mut window: Window, origin: Origin) {
        let length = window.length();
        let filled = if length == 0 { Ok(false) } else { window.fill() };
        let (reader, problem) = {
            let bytes = window.bytes();
            let seen = &bytes[..bytes.len().min(HEAD_BYTES)];
            let head = Head::new(&path, seen, seen.len() as u64 == length);
            match detect::detect(&head) {
                _ if length == 0 => {
                    self.start_file(&path, length, "", "empty file", "", origin);
                    (
                        None,
                        Some(
                            Problem::warning(Kind::EmptyFile, "a file of 0 bytes")
                                .expected("an export, if only an empty list"),
                        ),
                    )
                }
                Some(found) => {
                    self.start_file(
                        &path,
                        length,
                        found.format.id,
                        found.format.title,
                        &found.reason,
                        origin,
                    );
                    (Some((found.format.open)()), None)
                }
                None => {
                    self.start_file(&path, length, "", "not recognised", "", origin);
                    let found = describe(&head);
                    (
                        None,
                        Some(
                            Problem::warning(Kind::UnknownFormat, found)
                                .expected("one of the formats of docs/formats.md"),
                        ),
                    )
                }
            }
        };
        for problem in problem.into_iter().chain(filled.err()) {
            self.builder.problem(problem);
        }
        self.open = Some(Open { path, window, reader });
    }

    fn read_file(&mut self, mut open: Open, budget: u64) {
        let before = open.window.read();
        if let Some(reader) = &mut open.reader {
            let context = Context { path: &open.path, limits: &self.options.limits };
            match reader.step(&mut open.window, &context, &mut self.builder, budget) {
                Ok(Step::More) => {}
                Ok(Step::Done) => open.reader = None,
                Err(problem) => {
                    self.builder.problem(problem);
                    open.reader = None;
                }
            }
            self.progress.bytes_done += open.window.read() - before;
            self.open = Some(open);
            return;
        }
        let is_drained = match open.window.drain(budget) {
            Ok(is_drained) => is_drained,
            Err(problem) => {
                self.builder.problem(problem);
                self.progress.files_done += 1;
                return;
            }
        };
        self.progress.bytes_done += open.window.read() - before;
        if is_drained {
            self.close(open);
        } else {
            self.open = Some(open);
        }
    }

    fn close(&mut self, mut open: Open) {
        self.progress.files_done += 1;
        let file = self.builder.current_file_id();
        match open.window.digest() {
            KnownDigest::Pending => self.pending.push((file, open.window)),
            digest => take_digest(&mut self.builder, file, digest),
        }
    }

    /// Gathers the signatures that the next step of about `budget` bytes will check, for whoever can tell sooner that they
    /// hold; empty unless the next step checks any.
    pub fn questions(&mut self, budget: u64) -> Vec<Question> {
        if !matches!(self.state, State::Verifying) {
            return Vec::new();
        }
        self.checking.questions(budget)
    }

    /// Asks the host for digests that were not ready; returns whether all are there.
    fn hash(&mut self) -> bool {
        let builder = &mut self.builder;
        self.pending.retain_mut(|(file, window)| match window.digest() {
            KnownDigest::Pending => true,
            digest => {
                take_digest(builder, *file, digest);
                false
            }
        });
        self.pending.is_empty()
    }
}

/// Takes in the digest of a file that was read; a host that fails to hash one leaves it without.
fn take_digest(builder: &mut Builder, file: FileId, digest: KnownDigest) {
    if let KnownDigest::Known(digest) = digest {
        builder.set_digest(file, digest);
        return;
    }
    let path = builder.files().get(file.index()).map(|file| file.path.clone()).unwrap_or_default();
    builder.bundle_problem(Problem::error(Kind::Unreadable, "its bytes could not be hashed").in_file(path));
}

/// Says what an unrecognised file starts with.
fn describe(head: &Head<'_>) -> String {
    match &head.json {
        Some(peek) => {
            let keys: Vec<&str> = peek
                .keys
                .iter()
                .map(|(key, _)| key.as_str())
                .filter(|key| !key.contains('/'))
                .take(8)
                .collect();
            format!("JSON with the keys {}", crate::problem::quote(&keys.join(", ")))
        }
        None if head.text().is_empty() => "bytes that are no text".into(),
        None => format!(
            "text that begins {}",
            crate::problem::quote(head.text().lines().next().unwrap_or_default())
        ),
    }
}
