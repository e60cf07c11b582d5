//! An opened bundle: what the app and the command line ask, and what is answered.

use std::sync::Arc;

use super::checking::Checking;
use super::reassess::Dates;
use super::{files, raw};
use crate::assess::Assessment;
use crate::compare::Comparison;
use crate::model::FlipPart;
use crate::problem::Problem;
use crate::protocol::{Address, ExportFormat, Raw, Reply, Request, StatementDetail};
use crate::query::{duties_view, population_view, trust_view, views};
use crate::report;
use crate::source::Limits;
use crate::source::intake::Root;
use crate::store::Relinker;
use crate::verify::{TrustSet, Verifier, flip, material};
use crate::workpaper;

/// How many authors and approvers the app's matrix shows.
const MOST_IN_MATRIX: usize = 24;
/// How many holes of one kind the population's answer has.
const MOST_HOLES: usize = 100;

/// An opened bundle: evidence, verdicts, and the way back to the bytes.
pub struct Bundle {
    /// Its name.
    pub name: String,
    /// SHA-256 over the sorted list of digests and paths of its files, workpapers left out.
    pub sha256: String,
    /// Its verdicts.
    pub assessment: Assessment,
    /// What signatures were checked against.
    pub trust: Arc<TrustSet>,
    pub(super) roots: Vec<Root>,
    pub(super) limits: Limits,
    pub(super) dates: Dates,
    /// What assessing again needs, where it was asked to be kept.
    pub(super) relinker: Option<Relinker>,
    /// The problems of the policy in force, where it is not the bundle's own or the default.
    pub(super) given: Option<Vec<Problem>>,
    /// The text of the policy in force, where it was edited.
    pub(super) text: Option<String>,
    /// The text that is being edited.
    pub(super) draft: Option<String>,
    /// The comparison that was made last.
    pub(super) comparison: Option<Comparison>,
    /// What is still to be checked.
    pub(super) checking: Option<Box<Checking>>,
}

impl Bundle {
    /// Answers a request of the app; those that open or cancel are not for a bundle.
    pub fn answer(&self, request: &Request) -> Reply {
        let assessment = &self.assessment;
        let or_failed = |reply: Option<Reply>, what: &str| {
            reply.unwrap_or_else(|| Reply::Failed(format!("{what} is not in this bundle")))
        };
        if self.must_wait(request) {
            return Reply::Failed("signatures are still being checked".into());
        }
        match request {
            Request::Overview => Reply::Overview(Box::new(views::overview(assessment))),
            Request::Population => Reply::Population(Box::new(population_view::view(assessment, MOST_HOLES))),
            Request::Matrix { framework, columns } => or_failed(
                views::matrix(assessment, framework, *columns).map(|m| Reply::Matrix(Box::new(m))),
                "the framework",
            ),
            Request::Changes { query, sort, offset, limit } => {
                Reply::Changes(Box::new(views::changes(assessment, query, *sort, *offset, *limit)))
            }
            Request::Change { id, query, sort } => or_failed(
                views::change(assessment, id, query, *sort).map(|c| Reply::Change(Box::new(c))),
                "the change",
            ),
            Request::Raw { address } => match self.raw(address) {
                Ok(raw) => Reply::Raw(Box::new(raw)),
                Err(fact) => Reply::Failed(fact),
            },
            Request::Files { filter, offset, limit } => {
                Reply::Files(views::files(assessment, filter, *offset, *limit))
            }
            Request::Problems { filter, offset, limit } => {
                Reply::Problems(views::problems(assessment, filter, *offset, *limit))
            }
            Request::Trust => Reply::Trust(Box::new(trust_view::trust(assessment, &self.trust))),
            Request::Statements { filter, offset, limit } => {
                Reply::Statements(trust_view::statements(assessment, filter, *offset, *limit))
            }
            Request::Statement { id, flip } => match self.statement(id, *flip) {
                Ok(detail) => Reply::Statement(Box::new(detail)),
                Err(fact) => Reply::Failed(fact),
            },
            Request::Duties { filter } => {
                Reply::Duties(Box::new(duties_view::duties(assessment, filter, MOST_IN_MATRIX)))
            }
            Request::Export { format } => self.export(*format),
            Request::Paper(request) => workpaper::answer(Some(self), (**request).clone()),
            Request::PaperChoices => Reply::PaperChoices(Box::new(workpaper::choices(self))),
            Request::PaperPage { text } => workpaper::page(Some(self), text),
            Request::Open { .. } | Request::Continue | Request::Cancel => {
                Reply::Failed("nothing is being opened".into())
            }
            Request::Policy { .. }
            | Request::Compare { .. }
            | Request::Comparison
            | Request::Differences { .. }
            | Request::Person(_) => Reply::Failed("that is not answered by looking alone".into()),
        }
    }

    /// Returns what is always in sight.
    pub fn summary(&self) -> crate::protocol::Summary {
        crate::protocol::Summary {
            policy: self.policy_source(),
            policy_sha256: crate::compare::policy_digest(&self.assessment.policy),
            papers: files::papers(&self.assessment.store.files),
            checking: self.checking(),
            ..views::summary(&self.name, &self.sha256, &self.assessment)
        }
    }

    /// Returns the raw record at an address.
    ///
    /// # Errors
    /// A sentence that states why the record cannot be shown.
    pub fn raw(&self, address: &Address) -> Result<Raw, String> {
        raw::raw(&self.assessment.store, &self.roots, &self.limits, address)
    }

    /// Returns the text of a workpaper among the files of the bundle.
    ///
    /// # Errors
    /// A sentence that states why it cannot be read.
    pub fn paper_text(&self, path: &str) -> Result<String, String> {
        files::paper_text(&self.assessment.store.files, &self.roots, &self.limits, path)
    }

    /// Returns one statement taken apart; with a part to flip, what its check says of it with one bit of that changed.
    ///
    /// # Errors
    /// A sentence that states why it cannot be shown.
    pub fn statement(&self, id: &str, part: Option<FlipPart>) -> Result<StatementDetail, String> {
        let store = &self.assessment.store;
        let at = trust_view::find(store, id).ok_or("there is no such statement in this bundle")?;
        let text = raw::statement_text(store, &self.roots, &self.limits, &store.statements[at])?;
        let flipped = part.and_then(|part| flip::flip(&text, part)).map(|(text, flipped)| {
            let mut verifier = Verifier::new(Arc::clone(&self.trust));
            (flipped, verifier.check(&text))
        });
        let mut detail = trust_view::statement(&self.assessment, at);
        detail.material = material::of(&text);
        detail.can_flip = flip::parts(&text);
        detail.flipped = flipped.map(|(flipped, outcome)| (flipped, outcome.state, outcome.steps));
        Ok(detail)
    }

    fn export(&self, format: ExportFormat) -> Reply {
        let (extension, media, text) = match format {
            ExportFormat::Json => ("json", "application/json", report::json::write(self)),
            ExportFormat::Csv => ("csv", "text/csv;charset=utf-8", report::csv::write(self)),
            ExportFormat::Html => ("html", "text/html;charset=utf-8", report::html::write(self)),
        };
        Reply::Export { name: format!("lacuna-assessment.{extension}"), media: media.into(), text }
    }
}
