//! Every signal that outlives a screen, in one root. Rows are plain values inside a page; there are no signals for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::engine::Bridge;
use super::paper::Desk;
use super::theme::Theme;
use super::{dom, theme};
use crate::protocol::{Progress, Reply, Request, Summary};
use crate::query::route::Route;
use crate::source::Limits;

/// Rows of one page of a list.
pub const PAGE: u32 = 200;

/// Pages of a list that are kept; those farthest from what is in sight go first.
const PAGES_KEPT: usize = 12;

/// What the app is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// No bundle.
    #[default]
    Empty,
    /// A bundle is being opened.
    Opening,
    /// A bundle is open.
    Open,
}

/// What went wrong with the engine or the bundle as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// In one sentence.
    pub text: String,
    /// What the engine said, to be copied.
    pub detail: String,
    /// Whether the files are still at hand to be opened again.
    pub can_reload: bool,
}

/// An answer that a screen shows; none while it is awaited.
pub type Slot = RwSignal<Option<Arc<Reply>>>;

/// The rows of the list in sight: changes, files, statements or problems.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// The request that is wanted, with offset 0.
    pub wanted: Option<Request>,
    /// The request that the pages answer.
    pub shown: Option<Request>,
    /// Rows that match.
    pub total: u32,
    /// All rows.
    pub of: u32,
    /// Pages by number.
    pub pages: BTreeMap<u32, Arc<Reply>>,
    /// Why there is none.
    pub failure: String,
    /// Whether the pages are of before the bundle was assessed again: they stay in sight until the first new one is here.
    pub is_stale: bool,
}

impl List {
    /// Returns the page that a row is on and its place there.
    pub fn page_of(&self, row: u32) -> Option<(Arc<Reply>, usize)> {
        let page = self.pages.get(&(row / PAGE))?;
        Some((Arc::clone(page), usize::try_from(row % PAGE).ok()?))
    }

    /// Returns any page, for what is said of the list as a whole.
    pub fn head(&self) -> Option<Arc<Reply>> {
        self.pages.values().next().map(Arc::clone)
    }

    /// Takes in a page; the first one of another request takes the place of all. Returns whether it did.
    pub fn take(&mut self, request: &Request, page: u32, total: u32, of: u32, reply: Arc<Reply>) -> bool {
        let is_other = self.shown.as_ref() != Some(request);
        if is_other || std::mem::take(&mut self.is_stale) {
            self.pages.clear();
            self.shown = Some(request.clone());
        }
        self.total = total;
        self.of = of;
        self.failure.clear();
        self.pages.insert(page, reply);
        if self.pages.len() > PAGES_KEPT {
            let farthest = self.pages.keys().copied().max_by_key(|other| other.abs_diff(page));
            if let Some(farthest) = farthest {
                self.pages.remove(&farthest);
            }
        }
        is_other
    }
}

/// The root of all state. A handle: copying it copies nothing.
#[derive(Clone, Copy)]
pub struct App {
    /// What is shown.
    pub route: RwSignal<Route>,
    /// What the app is at.
    pub stage: RwSignal<Stage>,
    /// How far opening is.
    pub progress: RwSignal<Progress>,
    /// What assistive technology is told, at most once a second.
    pub spoken: RwSignal<String>,
    /// Signatures that were checked behind the open bundle, and how many there are, while that goes on.
    pub checking: RwSignal<Option<(u64, u64)>>,
    /// What is always in sight.
    pub summary: RwSignal<Arc<Summary>>,
    /// What went wrong.
    pub trouble: RwSignal<Option<Trouble>>,
    /// The overview.
    pub overview: Slot,
    /// The population.
    pub population: Slot,
    /// The matrix.
    pub matrix: Slot,
    /// The change.
    pub change: Slot,
    /// The raw record.
    pub raw: Slot,
    /// Roots, keys and signers.
    pub trusted: Slot,
    /// One statement.
    pub statement: Slot,
    /// The policy that is being edited.
    pub policy: Slot,
    /// The comparison.
    pub compared: Slot,
    /// How far the other side of a comparison is, or why it cannot be read; empty for neither.
    pub comparing: RwSignal<String>,
    /// What a sample can be drawn from and for.
    pub choices: Slot,
    /// The workpaper.
    pub desk: Desk,
    /// Persons and who approves whose changes.
    pub duties: Slot,
    /// The list in sight.
    pub list: RwSignal<List>,
    /// First row in sight, and the one after the last.
    pub window: RwSignal<(u32, u32)>,
    /// The row that has the focus, or would get it.
    pub row: RwSignal<u32>,
    /// The name of the file that is being written for saving; empty for none.
    pub saving: RwSignal<String>,
    /// Light, dark or as the system.
    pub theme: RwSignal<Theme>,
    /// Whether single keys are shortcuts.
    pub has_shortcuts: RwSignal<bool>,
    /// Whether the help sheet is open.
    pub is_helping: RwSignal<bool>,
    /// Whether files are being dragged over the window.
    pub is_dragging: RwSignal<bool>,
    /// Count of what the policy refused.
    pub violations: RwSignal<u32>,
    /// Count of resources loaded from elsewhere.
    pub requests: RwSignal<u32>,
    /// Trust roots and keys that the reader added: name and text of each file.
    pub trust: RwSignal<Vec<(String, String)>>,
    /// Bounds for the next bundle.
    pub limits: RwSignal<Limits>,
    /// The way to the worker.
    pub bridge: StoredValue<Bridge, LocalStorage>,
}

impl App {
    /// Returns the state at the start, with what the address and the reader's settings say.
    pub fn new() -> Self {
        Self {
            route: RwSignal::new(dom::current_route()),
            stage: RwSignal::new(Stage::Empty),
            progress: RwSignal::new(Progress::default()),
            spoken: RwSignal::new(String::new()),
            checking: RwSignal::new(None),
            summary: RwSignal::new(Arc::new(Summary::default())),
            trouble: RwSignal::new(None),
            overview: RwSignal::new(None),
            population: RwSignal::new(None),
            matrix: RwSignal::new(None),
            change: RwSignal::new(None),
            raw: RwSignal::new(None),
            trusted: RwSignal::new(None),
            statement: RwSignal::new(None),
            policy: RwSignal::new(None),
            compared: RwSignal::new(None),
            comparing: RwSignal::new(String::new()),
            choices: RwSignal::new(None),
            desk: Desk::new(),
            duties: RwSignal::new(None),
            list: RwSignal::new(List::default()),
            window: RwSignal::new((0, 50)),
            row: RwSignal::new(0),
            saving: RwSignal::new(String::new()),
            theme: RwSignal::new(theme::stored()),
            has_shortcuts: RwSignal::new(theme::setting("shortcuts").as_deref() != Some("off")),
            is_helping: RwSignal::new(false),
            is_dragging: RwSignal::new(false),
            violations: RwSignal::new(0),
            requests: RwSignal::new(0),
            trust: RwSignal::new(Vec::new()),
            limits: RwSignal::new(Limits::default()),
            bridge: StoredValue::new_local(Bridge::default()),
        }
    }

    /// Drops everything that was shown of a bundle.
    pub fn forget(self) {
        self.checking.set(None);
        self.policy.set(None);
        self.compared.set(None);
        self.comparing.set(String::new());
        self.forget_verdicts();
    }

    /// Drops everything that was shown of verdicts: they are decided anew.
    pub fn forget_verdicts(self) {
        for slot in [
            self.overview,
            self.population,
            self.matrix,
            self.change,
            self.raw,
            self.trusted,
            self.statement,
            self.choices,
            self.duties,
        ] {
            slot.set(None);
        }
        self.list.set(List::default());
        self.window.set((0, 50));
        self.row.set(0);
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}
