//! From entries to the state of the paper: every entry is held against what came before it.
//!
//! The first entry that does not fit the chain ends the reading: nothing behind it is counted. An entry that fits and may
//! not stand (a step that nobody drew, a state that cannot follow) is a fault, is passed over, and the rest goes on.

use std::collections::BTreeMap;

use super::body::*;
use super::merge;
use super::state::*;
use super::{Entry, Paper, START, unsigned};
use crate::audit;

/// How many merges may lie inside each other.
const MOST_MERGES: usize = 12;

/// Returns the state of a paper; `depth` counts the merges around it.
pub(super) fn fold(paper: &Paper, depth: usize) -> State {
    let mut fold = Fold { depth, ..Fold::default() };
    let mut previous = START;
    for (at, entry) in paper.entries().iter().enumerate() {
        let number = at as u64 + 1;
        if let Some(fact) = entry.misfit(number, previous) {
            let left = paper.entries().len() - at - 1;
            let rest = if left == 0 {
                String::new()
            } else {
                format!("; nor do the {left} entries behind it count")
            };
            fold.state.faults.push(Fault { entry: number, text: fact + &rest });
            break;
        }
        previous = entry.hash();
        if let Err(text) = fold.take(number, entry, paper) {
            fold.state.faults.push(Fault { entry: number, text });
        }
        fold.last_at.clone_from(&entry.at);
    }
    fold.finish(paper)
}

#[derive(Default)]
struct Fold {
    state: State,
    depth: usize,
    last_at: String,
    /// Positions of the items by id.
    places: BTreeMap<String, usize>,
    /// What merges left open, by what it is about.
    open: BTreeMap<String, String>,
}

impl Fold {
    fn take(&mut self, number: u64, entry: &Entry, paper: &Paper) -> Result<(), String> {
        if let Some(fact) = unsigned(&entry.at, &entry.by) {
            return Err(fact);
        }
        let body = entry.body.as_ref().map_err(Clone::clone)?;
        if let Some(fact) = body.fault() {
            return Err(fact);
        }
        if (number == 1) != matches!(body, Body::Opened(_)) {
            return Err("a paper is opened by its first entry, and once".to_owned());
        }
        // Both are written in one way that sorts as time does.
        if entry.at < self.last_at {
            self.remark(number, "its time is before that of the entry before it".to_owned());
        }
        self.apply(number, entry, body, paper)?;
        if !matches!(body, Body::Merged(_)) {
            for key in merge::keys(body) {
                self.open.remove(&key);
            }
        }
        let mut row = LogRow {
            entry: number,
            at: entry.at.clone(),
            by: entry.by.clone(),
            kind: body.kind().to_owned(),
            words: words(body),
        };
        let finding = match body {
            Body::Finding(text) => Some(&text.id),
            Body::Moved(moved) => Some(&moved.finding),
            _ => None,
        };
        if let Some(found) = finding.and_then(|id| self.finding(id)) {
            let revised = found.revised.iter().filter(|part| part.entry == number);
            let parts: Vec<&str> = revised.map(|part| part.kind.as_str()).collect();
            if !parts.is_empty() {
                row.words = format!("{} revised: {}", found.text.id, parts.join(", ").to_lowercase());
            }
            found.history.push(row.clone());
        }
        self.state.log.push(row);
        Ok(())
    }

    fn remark(&mut self, entry: u64, text: String) {
        self.state.remarks.push(Fault { entry, text });
    }

    fn finding(&mut self, id: &str) -> Option<&mut FindingState> {
        self.state.findings.iter_mut().find(|finding| finding.text.id == id)
    }

    fn control(&mut self, framework: &str, id: &str) -> Result<&mut ControlState, String> {
        let found = self
            .state
            .controls
            .iter_mut()
            .find(|control| control.control.framework == framework && control.control.id == id);
        found.ok_or_else(|| format!("no sample tests the control {}", crate::problem::quote(id)))
    }

    fn apply(&mut self, number: u64, entry: &Entry, body: &Body, paper: &Paper) -> Result<(), String> {
        match body {
            Body::Opened(basis) => {
                self.state.basis = (**basis).clone();
                entry.hash().clone_into(&mut self.state.paper);
            }
            Body::Reattached(again) => {
                self.state.basis = again.basis.clone();
                self.changed_all(number);
            }
            Body::Sampled(sample) => self.sampled(number, entry, sample)?,
            Body::Tested(tested) => self.tested(number, entry, tested)?,
            Body::Finding(text) => self.raised(number, entry, text)?,
            Body::Moved(moved) => self.moved(number, entry, moved)?,
            Body::Evaluated(evaluated) => self.evaluated(number, entry, evaluated)?,
            Body::Concluded(concluded) => {
                let control = self.control(&concluded.framework, &concluded.control)?;
                control.conclusions.push(by(number, entry, concluded));
                control.is_contested = false;
                control.changed = number;
                self.state.changed = number;
            }
            Body::Signed(signed) => self.signed(number, entry, signed)?,
            Body::Noted(noted) => {
                self.known(&noted.item)?;
                self.state.notes.push(by(number, entry, noted));
            }
            Body::Merged(merged) => self.merged(number, merged, paper)?,
        }
        Ok(())
    }

    /// Says that what every sign-off is about has changed.
    fn changed_all(&mut self, number: u64) {
        self.state.changed = number;
        for control in &mut self.state.controls {
            control.changed = number;
        }
    }

    fn known(&self, item: &str) -> Result<(), String> {
        if item.is_empty() || self.places.contains_key(item) {
            return Ok(());
        }
        Err(format!("{} is in no sample", crate::problem::quote(item)))
    }

    fn sampled(&mut self, number: u64, entry: &Entry, sample: &Sampled) -> Result<(), String> {
        if sample.population_sha256 != self.state.basis.population_sha256 && !entry.is_merged() {
            return Err("it was drawn from another population than the paper rests on".to_owned());
        }
        let mut ids: Vec<&str> = sample.items.iter().map(|item| item.id.as_str()).collect();
        crate::order::sort(&mut ids);
        ids.dedup();
        if ids.len() != sample.items.len() {
            return Err("it names an item twice".to_owned());
        }
        for item in &sample.items {
            if !self.places.contains_key(&item.id) {
                self.places.insert(item.id.clone(), self.state.items.len());
                self.state.items.push(ItemState { item: item.clone(), ..ItemState::default() });
            }
        }
        for step in &sample.steps {
            match self.state.steps.iter_mut().find(|known| known.criterion == step.criterion) {
                Some(known) => known.clone_from(step),
                None => self.state.steps.push(step.clone()),
            }
        }
        for control in &sample.controls {
            match self.control(&control.framework, &control.id) {
                Ok(known) => known.control.clone_from(control),
                Err(_) => self
                    .state
                    .controls
                    .push(ControlState { control: control.clone(), ..ControlState::default() }),
            }
        }
        let said = Sampled { items: Vec::new(), steps: Vec::new(), controls: Vec::new(), ..sample.clone() };
        self.state.samples.push(by(number, entry, &said));
        self.changed_all(number);
        Ok(())
    }

    fn tested(&mut self, number: u64, entry: &Entry, tested: &Tested) -> Result<(), String> {
        let Some(&place) = self.places.get(&tested.item) else {
            return Err(format!("{} is in no sample", crate::problem::quote(&tested.item)));
        };
        if !self.state.steps.iter().any(|step| step.criterion == tested.criterion) {
            return Err(format!("no sample is tested by {}", crate::problem::quote(&tested.criterion)));
        }
        let steps = &mut self.state.items[place].steps;
        let said = by(number, entry, tested);
        match steps.iter_mut().find(|step| step.criterion == tested.criterion) {
            Some(step) => {
                step.results.push(said);
                step.contested = 0;
            }
            None => steps.push(StepState {
                criterion: tested.criterion.clone(),
                results: vec![said],
                contested: 0,
            }),
        }
        for control in &mut self.state.controls {
            if control.control.criteria.contains(&tested.criterion) {
                control.changed = number;
            }
        }
        self.state.changed = number;
        Ok(())
    }

    fn raised(&mut self, number: u64, entry: &Entry, text: &FindingText) -> Result<(), String> {
        for item in &text.items {
            self.known(item)?;
        }
        match self.finding(&text.id) {
            Some(finding) if finding.stage == Stage::Closed && !entry.is_merged() => {
                return Err("the finding is closed: what comes up again is a new one".to_owned());
            }
            Some(finding) => {
                for ((part, was), (_, is)) in finding.text.parts().into_iter().zip(text.parts()) {
                    if was != is {
                        let (at, by) = (entry.at.clone(), entry.by.clone());
                        let row = LogRow { entry: number, at, by, kind: part.to_owned(), words: was };
                        finding.revised.push(row);
                    }
                }
                finding.text.clone_from(text);
            }
            None => self.state.findings.push(FindingState {
                text: text.clone(),
                stage: Stage::Open,
                raised: By { entry: number, at: entry.at.clone(), by: entry.by.clone(), said: number },
                history: Vec::new(),
                revised: Vec::new(),
            }),
        }
        self.state.changed = number;
        Ok(())
    }

    fn moved(&mut self, number: u64, entry: &Entry, moved: &Moved) -> Result<(), String> {
        let Some(finding) = self.finding(&moved.finding) else {
            return Err(format!("there is no finding {}", crate::problem::quote(&moved.finding)));
        };
        let is_allowed = moved.from.next().contains(&moved.to);
        // Through a merge both sides' ways come one after the other: the last one stands, and the merge lists them.
        if !is_allowed || (finding.stage != moved.from && !entry.is_merged()) {
            return Err(format!(
                "a finding that is {} cannot go from {} to {}",
                finding.stage.word(),
                moved.from.word(),
                moved.to.word()
            ));
        }
        finding.stage = moved.to;
        self.state.changed = number;
        Ok(())
    }

    fn evaluated(&mut self, number: u64, entry: &Entry, said: &Evaluated) -> Result<(), String> {
        // What a merge brought in was counted on its own side, and is held against that side.
        if !entry.is_merged() {
            let counted = evaluate(&self.state, said)?;
            if counted != *said {
                return Err("its figures are not those of the results at that time".to_owned());
            }
        }
        let said = by(number, entry, said);
        if said.said.control.is_empty() {
            self.state.evaluations.push(said);
        } else {
            self.control(&said.said.framework, &said.said.control)?.evaluations.push(said);
        }
        Ok(())
    }

    fn signed(&mut self, number: u64, entry: &Entry, signed: &Signed) -> Result<(), String> {
        let said = by(number, entry, signed);
        if signed.control.is_empty() {
            let open = self.state.controls.iter().find(|control| control.conclusions.is_empty());
            if let Some(open) = open.filter(|_| !entry.is_merged()) {
                let id = crate::problem::quote(&open.control.id);
                return Err(format!("the control {id} has no conclusion yet"));
            }
            if self.state.controls.is_empty() {
                return Err("nothing has been tested yet".to_owned());
            }
            self.own_review(&said, &self.state.sign_offs.clone());
            self.state.sign_offs.push(said);
            return Ok(());
        }
        let control = self.control(&signed.framework, &signed.control)?;
        if control.conclusions.is_empty() {
            return Err("the control has no conclusion yet".to_owned());
        }
        let before = control.sign_offs.clone();
        control.sign_offs.push(said.clone());
        self.own_review(&said, &before);
        Ok(())
    }

    /// Remarks on somebody who reviews what they prepared.
    fn own_review(&mut self, said: &By<Signed>, before: &[By<Signed>]) {
        let is_own = said.said.role == "reviewer"
            && before.iter().any(|other| other.said.role == "preparer" && other.by == said.by);
        if is_own {
            self.remark(said.entry, "the reviewer is the preparer".to_owned());
        }
    }

    fn merged(&mut self, number: u64, merged: &Merged, paper: &Paper) -> Result<(), String> {
        if self.depth >= MOST_MERGES {
            return Err(format!("merges inside each other, more than {MOST_MERGES} deep"));
        }
        let branches = merge::branches(paper, number, merged)?;
        for branch in &branches {
            if let Some(fault) = fold(branch, self.depth + 1).faults.first() {
                return Err(format!(
                    "one of the papers that were merged does not hold: entry {}: {}",
                    fault.entry, fault.text
                ));
            }
        }
        let common = usize::try_from(merged.common).unwrap_or(usize::MAX);
        let conflicts = merge::conflicts(&branches, common);
        let listed: Vec<&String> = conflicts.values().collect();
        if merged.conflicts.iter().collect::<Vec<_>>() != listed {
            return Err("it does not list the conflicts that there are".to_owned());
        }
        for item in &mut self.state.items {
            for step in &mut item.steps {
                if conflicts.contains_key(&merge::step_key(&item.item.id, &step.criterion)) {
                    let since = step.results.iter().filter(|result| result.entry > merged.common);
                    step.contested = since.count() as u64;
                }
            }
        }
        for control in &mut self.state.controls {
            let id = &control.control;
            control.is_contested |= conflicts.contains_key(&merge::conclusion_key(&id.framework, &id.id));
        }
        self.unsign(number, &branches, common);
        self.open.extend(conflicts);
        Ok(())
    }

    /// A sign-off does not cover what the other side did, which its person had not seen.
    fn unsign(&mut self, number: u64, branches: &[Paper], common: usize) {
        let bodies = |branch: &Paper| -> Vec<Body> {
            branch.entries().iter().skip(common).filter_map(|entry| entry.body.clone().ok()).collect()
        };
        let sides: Vec<Vec<Body>> = branches.iter().map(bodies).collect();
        for (side, other) in [(0, 1), (1, 0)] {
            let (Some(mine), Some(theirs)) = (sides.get(side), sides.get(other)) else { return };
            for body in mine {
                let Body::Signed(signed) = body else { continue };
                if signed.control.is_empty() {
                    if theirs.iter().any(|body| !matches!(body, Body::Noted(_) | Body::Signed(_))) {
                        self.state.changed = number;
                    }
                } else if let Ok(control) = self.control(&signed.framework, &signed.control)
                    && theirs.iter().any(|body| touches(body, &control.control))
                {
                    control.changed = number;
                }
            }
        }
    }

    fn finish(mut self, paper: &Paper) -> State {
        for item in &mut self.state.items {
            count(item);
        }
        for at in 0..self.state.controls.len() {
            let (tested, deviations, untested) =
                tally(&self.state.items, &self.state.controls[at].control.criteria);
            let control = &mut self.state.controls[at];
            (control.tested, control.deviations, control.untested) = (tested, deviations, untested);
        }
        self.state.conflicts = self.open.into_values().collect();
        paper.head().clone_into(&mut self.state.head);
        self.state.entries = paper.entries().len() as u64;
        self.state
    }
}

fn by<T: Clone>(entry: u64, from: &Entry, said: &T) -> By<T> {
    By { entry, at: from.at.clone(), by: from.by.clone(), said: said.clone() }
}

/// Returns whether an entry changes what a conclusion on a control rests on.
fn touches(body: &Body, control: &ControlTested) -> bool {
    let is_same = |framework: &str, id: &str| framework == control.framework && id == control.id;
    match body {
        Body::Sampled(_) | Body::Reattached(_) | Body::Merged(_) => true,
        Body::Tested(tested) => control.criteria.contains(&tested.criterion),
        Body::Evaluated(said) => is_same(&said.framework, &said.control),
        Body::Concluded(said) => is_same(&said.framework, &said.control),
        _ => false,
    }
}

/// Returns how a step stands: the worst of the results that stand.
fn outcome(step: &StepState) -> Option<Outcome> {
    let standing = || step.standing().iter().map(|result| result.said.result);
    if standing().any(|result| result == Outcome::Exception) {
        return Some(Outcome::Exception);
    }
    if standing().any(|result| result == Outcome::NotTested) {
        return Some(Outcome::NotTested);
    }
    standing().next()
}

fn count(item: &mut ItemState) {
    let of = |wanted: Outcome| item.steps.iter().filter(|step| outcome(step) == Some(wanted)).count() as u64;
    (item.exceptions, item.untestable) = (of(Outcome::Exception), of(Outcome::NotTested));
    item.tested = item.exceptions + item.untestable + of(Outcome::Pass);
}

/// Returns over the items: tested in all of some criteria, deviating in one of them, and not tested in all of them.
fn tally(items: &[ItemState], criteria: &[String]) -> (u64, u64, u64) {
    let mut counts = (0, 0, 0);
    for item in items {
        let of = |criterion: &String| {
            item.steps.iter().find(|step| step.criterion == *criterion).and_then(outcome)
        };
        let outcomes: Vec<Option<Outcome>> = criteria.iter().map(of).collect();
        let is_open = outcomes.iter().any(|outcome| matches!(outcome, None | Some(Outcome::NotTested)));
        counts.1 += u64::from(outcomes.contains(&Some(Outcome::Exception)));
        if is_open {
            counts.2 += 1;
        } else {
            counts.0 += 1;
        }
    }
    counts
}

/// Evaluates the sample for a control, or as a whole: what was not tested deviates.
///
/// # Errors
/// A sentence where nothing can be evaluated.
pub(super) fn evaluate(state: &State, asked: &Evaluated) -> Result<Evaluated, String> {
    let criteria: Vec<String> = if asked.control.is_empty() {
        state.steps.iter().map(|step| step.criterion.clone()).collect()
    } else {
        let control = state.control(&asked.framework, &asked.control);
        control.ok_or("no sample tests that control")?.control.criteria.clone()
    };
    let (_, _, untested) = tally(&state.items, &criteria);
    let deviates = |item: &ItemState| {
        criteria.iter().any(|criterion| {
            let step = item.steps.iter().find(|step| step.criterion == *criterion);
            step.and_then(outcome) != Some(Outcome::Pass)
        })
    };
    let deviations = state.items.iter().filter(|item| deviates(item)).count() as u64;
    let size = state.items.len() as u64;
    let rate = |text: &str| {
        text.parse::<f64>().map_err(|error| format!("{} is no rate: {error}", crate::problem::quote(text)))
    };
    let population = (asked.population > 0).then_some(asked.population);
    let found =
        audit::evaluate(size, deviations, population, rate(&asked.confidence)?, rate(&asked.tolerable)?)
            .map_err(|error| error.fact().to_owned())?;
    Ok(Evaluated {
        size,
        deviations,
        untested,
        // Six digits are the same on every machine; the last bits of a float need not be.
        rate: format!("{:.6}", found.rate),
        upper_bound: format!("{:.6}", found.upper),
        supports_reliance: found.supports,
        ..asked.clone()
    })
}

/// Returns an entry in one line.
fn words(body: &Body) -> String {
    let about = |framework: &str, control: &str| {
        if control.is_empty() { "the whole".to_owned() } else { format!("{framework} {control}") }
    };
    match body {
        Body::Opened(basis) => format!("{}, beside {}", basis.title, basis.bundle),
        Body::Reattached(again) => format!(
            "beside {}: {} items matched, {} missing",
            again.basis.bundle,
            again.matched,
            again.missing.len()
        ),
        Body::Sampled(sample) => {
            format!("{} items, {}, seed {}", sample.items.len(), sample.method, sample.seed)
        }
        Body::Tested(tested) => format!(
            "{} {}: {} (tool: {})",
            tested.item,
            tested.criterion,
            tested.result.word(),
            tested.tool.word()
        ),
        Body::Finding(finding) => format!("{} ({}): {}", finding.id, finding.grade.word(), finding.condition),
        Body::Moved(moved) => {
            format!("{}: {} to {}: {}", moved.finding, moved.from.word(), moved.to.word(), moved.note)
        }
        Body::Evaluated(said) => format!(
            "{}: {} of {} deviate, at most {} at {}: {}",
            about(&said.framework, &said.control),
            said.deviations,
            said.size,
            said.upper_bound,
            said.confidence,
            if said.supports_reliance { "supports reliance" } else { "does not support reliance" }
        ),
        Body::Concluded(said) => {
            format!("{}: {}: {}", about(&said.framework, &said.control), said.conclusion.words(), said.basis)
        }
        Body::Signed(signed) => {
            format!("{} as {}", about(&signed.framework, &signed.control), signed.role)
        }
        Body::Noted(noted) if noted.item.is_empty() => noted.text.clone(),
        Body::Noted(noted) => format!("{}: {}", noted.item, noted.text),
        Body::Merged(merged) => format!(
            "{} and {} entries after {} in common, {} conflicts",
            merged.branches.first().map_or(0, Vec::len),
            merged.branches.get(1).map_or(0, Vec::len),
            merged.common,
            merged.conflicts.len()
        ),
    }
}
