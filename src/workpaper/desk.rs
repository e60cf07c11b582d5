//! The paper beside a bundle: what the engine puts into an entry (the draw, its own verdict, digests), whether the paper
//! still fits the bundle, and what of it can be done again.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::body::*;
use super::state::{Fault, State};
use super::{Paper, fold, steps};
use crate::assess::Assessment;
use crate::assess::registry::{CriterionIndex, Scope};
use crate::audit::{self, Frequency, Method, Order, Population, Risk, StrataBy};
use crate::engine::Bundle;
use crate::framework::Strength;
use crate::model::place::hex;
use crate::protocol::{ControlChoice, PaperItem, PaperStep, Sort};
use crate::query::{change_view, views};

/// The greatest seed: whole numbers up to here are exact in every reader of JSON.
const MOST_SEED: u64 = 1 << 53;

/// How a paper and a bundle fit together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// What of the bundle is not what the paper rests on, each in a sentence; empty where all is.
    pub differs: Vec<String>,
    /// Items that are in the bundle with the same merge commit.
    pub matched: u64,
    /// Items that are not, and pinned files that are not.
    pub missing: Vec<Missing>,
}

/// A bundle with its frozen population.
pub struct Desk<'b> {
    bundle: &'b Bundle,
    population: Population,
}

impl<'b> Desk<'b> {
    /// Freezes the population of a bundle.
    pub fn new(bundle: &'b Bundle) -> Self {
        Self { bundle, population: audit::population(&bundle.assessment) }
    }

    fn assessment(&self) -> &'b Assessment {
        &self.bundle.assessment
    }

    /// Returns what a paper about this bundle rests on.
    pub fn basis(&self, title: &str) -> Basis {
        let assessment = self.assessment();
        let date = |at: Option<crate::model::Moment>| at.map_or_else(String::new, |at| at.to_string());
        let mut policy = assessment.policy.clone();
        (policy.from, policy.to, policy.now) = (None, None, None);
        let policy = serde_json::to_string(&policy).unwrap_or_default();
        let packs = assessment.packs.iter().map(|pack| PackUsed {
            id: pack.id.clone(),
            version: pack.version.clone(),
            sha256: pack.sha256.clone(),
        });
        let trust = &self.bundle.trust;
        let roots = trust.roots.iter().map(|root| root.name.clone());
        Basis {
            title: title.to_owned(),
            bundle: self.bundle.name.clone(),
            bundle_sha256: self.bundle.sha256.clone(),
            population_sha256: self.population.sha256.clone(),
            population_size: self.population.items.len() as u64,
            from: date(assessment.policy.from),
            to: date(assessment.policy.to),
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            policy_sha256: hex(&Sha256::digest(policy.as_bytes())),
            packs: packs.collect(),
            trust: roots.chain(trust.keys.iter().map(|key| key.fingerprint.clone())).collect(),
        }
    }

    /// Returns how a paper fits this bundle.
    pub fn attachment(&self, state: &State) -> Attachment {
        let (then, now) = (&state.basis, self.basis(&state.basis.title));
        let mut differs = Vec::new();
        let mut tell = |is_same: bool, sentence: String| {
            if !is_same {
                differs.push(sentence);
            }
        };
        tell(
            then.bundle_sha256 == now.bundle_sha256,
            format!("The bundle is another one: {} then, {} now.", then.bundle_sha256, now.bundle_sha256),
        );
        tell(
            then.population_sha256 == now.population_sha256,
            format!(
                "The population is another one: {} changes then, {} now.",
                then.population_size, now.population_size
            ),
        );
        tell(then.engine == now.engine, format!("The engine was {}, and is {}.", then.engine, now.engine));
        tell(then.policy_sha256 == now.policy_sha256, "The policy differs.".to_owned());
        tell(then.trust == now.trust, "Signatures are checked against other roots and keys.".to_owned());
        for pack in &then.packs {
            let is_same = now.packs.contains(pack);
            tell(
                is_same,
                format!("The pack {} is not the one that was used.", crate::problem::quote(&pack.id)),
            );
        }
        let mut missing = Vec::new();
        let items = self.population.items.iter();
        let known = crate::order::map(items.map(|item| (item.id(), item.merge_commit())));
        for item in state.items.iter().map(|item| &item.item) {
            let what = match known.get(item.id.as_str()) {
                None => "it is not in the population",
                Some(commit) if *commit != item.merge_commit => "its merge commit is another one",
                Some(_) => continue,
            };
            missing.push(Missing { item: item.id.clone(), what: what.to_owned() });
        }
        let matched = (state.items.len() - missing.len()) as u64;
        missing.extend(self.lost_pins(state));
        Attachment { differs, matched, missing }
    }

    /// Returns the pinned files that the bundle does not hold, each once for an item.
    fn lost_pins(&self, state: &State) -> Vec<Missing> {
        let digests: std::collections::BTreeSet<String> = self
            .assessment()
            .store
            .files
            .iter()
            .filter_map(|file| file.sha256.map(|sha256| hex(&sha256)))
            .collect();
        let mut lost = Vec::new();
        for item in &state.items {
            let results = item.steps.iter().flat_map(|step| &step.results);
            for pin in results.flat_map(|result| &result.said.pins) {
                let what = format!("no file has the digest of {}", crate::problem::quote(&pin.path));
                let missing = Missing { item: item.item.id.clone(), what };
                if !digests.contains(&pin.sha256) && !lost.contains(&missing) {
                    lost.push(missing);
                }
            }
        }
        lost
    }

    /// Draws the sample that is asked for: fills in items, frame, controls and steps.
    fn draw(&self, asked: &Sampled) -> Result<Sampled, String> {
        let method = Method::from_word(&asked.method).ok_or("there is no such method")?;
        if asked.seed > MOST_SEED {
            return Err(format!("the seed is over {MOST_SEED}"));
        }
        let assessment = self.assessment();
        let by = match method {
            Method::Stratified => Some(StrataBy::from_word(&asked.by).ok_or("there are no such strata")?),
            _ => None,
        };
        let frame = self.frame(&asked.filter)?;
        let frame_size = frame.len() as u64;
        let size = size_of(&asked.sizing, asked.size, frame_size)?;
        let stratum =
            |at: usize| by.map_or_else(String::new, |by| by.stratum(assessment, &self.population.items[at]));
        let order = Order { frame, stratum: &stratum };
        let wanted = usize::try_from(size).unwrap_or(usize::MAX);
        let drawn = audit::draw(&self.population, &order, method, wanted, asked.seed)
            .map_err(|error| error.fact())?;
        let items = drawn.drawn.into_iter().map(|(at, stratum)| {
            let item = &self.population.items[at];
            Item {
                number: item.number,
                id: item.id().to_owned(),
                merge_commit: item.merge_commit().to_owned(),
                merged_at: item.merged_at().to_owned(),
                stratum,
            }
        });
        Ok(Sampled {
            items: items.collect(),
            frame: frame_size,
            size,
            population_sha256: self.population.sha256.clone(),
            by: if by.is_some() { asked.by.clone() } else { String::new() },
            ..asked.clone()
        })
    }

    fn frame(&self, filter: &str) -> Result<Vec<usize>, String> {
        let count = self.population.items.len();
        if filter.is_empty() {
            return Ok((0..count).collect());
        }
        let assessment = self.assessment();
        let (rows, _, complaints) = views::select(assessment, filter, Sort::default());
        if !complaints.is_empty() {
            return Err(complaints.join("; "));
        }
        let mut is_in = vec![false; assessment.scope.len()];
        for row in rows {
            if let Some(known) = is_in.get_mut(row as usize) {
                *known = true;
            }
        }
        Ok((0..count).filter(|&at| is_in[self.population.items[at].row]).collect())
    }

    /// Fills in controls and steps of a sample.
    fn steps(&self, asked: &[ControlTested]) -> Result<(Vec<ControlTested>, Vec<TestStep>), String> {
        let mut controls = Vec::new();
        let mut criteria: Vec<CriterionIndex> = Vec::new();
        for wanted in asked {
            let pack = self.assessment().packs.iter().find(|pack| pack.id == wanted.framework);
            let control = pack.and_then(|pack| pack.controls.iter().find(|control| control.id == wanted.id));
            let control = control
                .ok_or_else(|| format!("there is no control {}", crate::problem::quote(&wanted.id)))?;
            let tested = tested_by(control);
            if tested.is_empty() {
                return Err(format!("no criterion on changes decides the control {}", control.id));
            }
            criteria.extend(&tested);
            controls.push(ControlTested {
                framework: wanted.framework.clone(),
                id: control.id.clone(),
                title: control.title.clone(),
                criteria: tested.iter().map(|index| index.criterion().id.to_owned()).collect(),
            });
        }
        if controls.is_empty() {
            return Err("no control was chosen to be tested".to_owned());
        }
        crate::order::sort(&mut criteria);
        criteria.dedup();
        let steps = criteria.into_iter().map(|index| TestStep {
            criterion: index.criterion().id.to_owned(),
            claim: index.criterion().claim.to_owned(),
            how: steps::how(index.criterion().id).to_owned(),
        });
        Ok((controls, steps.collect()))
    }

    /// Returns the row of the assessment that an item is, where its merge commit is the same.
    fn row(&self, state: &State, id: &str) -> Result<usize, String> {
        let item = &state.item(id).ok_or("that item is in no sample")?.item;
        let found = self.population.items.iter().find(|known| known.id() == id);
        let found = found.filter(|known| known.merge_commit() == item.merge_commit);
        found.map(|known| known.row).ok_or_else(|| "the bundle does not hold that item".to_owned())
    }

    /// Puts the tool's verdict of now and the digests of the pinned files into a result.
    fn test(&self, state: &State, asked: &Tested) -> Result<Tested, String> {
        let row = self.row(state, &asked.item)?;
        let index = CriterionIndex::of(&asked.criterion).ok_or("there is no such criterion")?;
        let finding = self.assessment().explain(row, index);
        let files = &self.assessment().store.files;
        let mut pins = asked.pins.clone();
        for pin in &mut pins {
            let file = files.iter().find(|file| file.path == pin.path);
            let digest =
                file.and_then(|file| file.sha256).ok_or("the bundle has no file of that path to pin")?;
            pin.sha256 = hex(&digest);
        }
        Ok(Tested {
            tool: finding.verdict,
            tool_reason: finding.reason,
            bundle_sha256: self.bundle.sha256.clone(),
            pins,
            ..asked.clone()
        })
    }

    /// Holds a paper against the bundle: samples are drawn again, the tool is asked again. Returns what does not hold, and
    /// what is only worth a look.
    pub fn hold(&self, paper: &Paper, state: &State) -> (Vec<Fault>, Vec<Fault>) {
        let attachment = self.attachment(state);
        let is_same = attachment.differs.is_empty();
        let (mut faults, mut remarks) = (Vec::new(), Vec::new());
        let whole = |text: String| Fault { entry: 0, text };
        faults.extend(attachment.differs.into_iter().map(whole));
        faults.extend(
            attachment.missing.into_iter().map(|gone| whole(format!("{}: {}", gone.item, gone.what))),
        );
        for (at, entry) in paper.entries().iter().enumerate() {
            let number = at as u64 + 1;
            let fault = |text: String| Fault { entry: number, text };
            match &entry.body {
                Ok(Body::Sampled(said)) if said.population_sha256 == self.population.sha256 => {
                    match self.draw(said) {
                        Ok(again) if again.items == said.items && again.frame == said.frame => {}
                        Ok(_) => faults.push(fault("drawn again, the sample is another one".to_owned())),
                        Err(fact) => faults.push(fault(format!("the sample cannot be drawn again: {fact}"))),
                    }
                }
                Ok(Body::Sampled(_)) => {
                    remarks.push(fault(
                        "the sample is of another population, and was not drawn again".to_owned(),
                    ));
                }
                Ok(Body::Tested(said)) if said.bundle_sha256 == self.bundle.sha256 => {
                    // With another engine or policy the tool may well say something else.
                    let told = if is_same { &mut faults } else { &mut remarks };
                    match self.test(state, said) {
                        Ok(again) if again.tool == said.tool => {}
                        Ok(again) => told.push(fault(format!(
                            "the tool says {} of {} {}, and the entry that it said {}",
                            again.tool.word(),
                            said.item,
                            said.criterion,
                            said.tool.word()
                        ))),
                        Err(fact) => told.push(fault(fact)),
                    }
                }
                _ => {}
            }
        }
        (faults, remarks)
    }
}

/// Returns the size that a sample is drawn in.
fn size_of(sizing: &Sizing, fixed: u64, frame: u64) -> Result<u64, String> {
    let rate =
        |text: &str| text.parse::<f64>().map_err(|_error| "a rate is a number such as 0.95".to_owned());
    match sizing.how.as_str() {
        "fixed" => Ok(fixed),
        "frequency" => {
            let frequency = Frequency::from_word(&sizing.frequency).ok_or("there is no such frequency")?;
            let risk = Risk::from_word(&sizing.risk).ok_or("there is no such risk")?;
            Ok(audit::conventional(frequency, risk).min(frame))
        }
        "attribute" => {
            let (confidence, tolerable) = (rate(&sizing.confidence)?, rate(&sizing.tolerable)?);
            audit::required(confidence, tolerable, rate(&sizing.expected)?, Some(frame))
                .map_err(|error| error.fact().to_owned())
        }
        _ => Err("it is not said how the size comes about".to_owned()),
    }
}

/// Returns the criteria on changes that decide a control.
fn tested_by(control: &crate::framework::Control) -> Vec<CriterionIndex> {
    let mut criteria = control.needs.criteria();
    criteria.retain(|index| index.criterion().scope == Scope::Change);
    crate::order::sort(&mut criteria);
    criteria.dedup();
    criteria
}

/// Returns the controls that a sample can test, in the order of the packs.
pub fn controls_of(bundle: &Bundle) -> Vec<ControlChoice> {
    let of_pack = |pack: &crate::framework::Pack| -> Vec<ControlChoice> {
        let tested =
            pack.controls.iter().filter(|control| control.is_in_force() && !tested_by(control).is_empty());
        tested
            .map(|control| ControlChoice {
                framework: pack.id.clone(),
                short: pack.short.clone(),
                id: control.id.clone(),
                title: control.title.clone(),
                requires: control.strength == Strength::Requires,
                steps: tested_by(control).len() as u64,
            })
            .collect()
    };
    bundle.assessment.packs.iter().flat_map(of_pack).collect()
}

/// Returns an item with its steps and what the tool says of each now; `None` where the bundle does not hold it.
pub fn item_of(desk: &Desk<'_>, state: &State, id: &str) -> Option<PaperItem> {
    let row = desk.row(state, id).ok()?;
    let assessment = desk.assessment();
    let subject = assessment.subject(row);
    let step = |step: &TestStep| {
        let index = CriterionIndex::of(&step.criterion)?;
        Some(PaperStep {
            verdict: change_view::verdict_row(assessment, &subject, index),
            how: step.how.clone(),
        })
    };
    let change = &assessment.store.changes[assessment.scope[row].index()];
    Some(PaperItem {
        id: id.to_owned(),
        change: assessment.store.change_id(change),
        title: assessment.store.text(change.title).to_owned(),
        steps: state.steps.iter().filter_map(step).collect(),
    })
}

impl Paper {
    /// Completes what a person asks for with what only the engine may say, and adds it.
    ///
    /// # Errors
    /// A sentence where a bundle is needed and there is none, or the entry cannot stand.
    pub fn enter(&mut self, desk: Option<&Desk<'_>>, at: &str, by: &str, asked: Body) -> Result<(), String> {
        let state = self.state();
        let desk_or = || desk.ok_or_else(|| "the bundle has to be open for that".to_owned());
        let body = match asked {
            Body::Opened(asked) => Body::Opened(Box::new(desk_or()?.basis(&asked.title))),
            Body::Reattached(_) => {
                let desk = desk_or()?;
                let Attachment { matched, missing, differs } = desk.attachment(&state);
                if differs.is_empty() {
                    return Err("the paper rests on this very bundle already".to_owned());
                }
                let basis = desk.basis(&state.basis.title);
                Body::Reattached(Box::new(Reattached { basis, matched, missing }))
            }
            Body::Sampled(asked) => {
                let desk = desk_or()?;
                let (controls, steps) = desk.steps(&asked.controls)?;
                Body::Sampled(Box::new(Sampled { controls, steps, ..desk.draw(&asked)? }))
            }
            Body::Tested(asked) => {
                let desk = desk_or()?;
                if desk.bundle.sha256 != state.basis.bundle_sha256 {
                    return Err("the paper rests on another bundle: attach it to this one first".to_owned());
                }
                Body::Tested(Box::new(desk.test(&state, &asked)?))
            }
            Body::Finding(mut asked) if asked.id.is_empty() => {
                let seed =
                    format!("lacuna.workpaper/finding\n{}\n{at}\n{by}\n{}", self.head(), asked.condition);
                let digest = hex(&Sha256::digest(seed.as_bytes()));
                asked.id = format!("F-{}", digest.get(..6).unwrap_or_default());
                Body::Finding(asked)
            }
            Body::Finding(asked) => {
                let known = state.findings.iter().find(|finding| finding.text.id == asked.id);
                let known = known.ok_or("there is no finding of that id to revise")?;
                if known.text == *asked {
                    return Err("nothing of the finding was changed".to_owned());
                }
                Body::Finding(asked)
            }
            Body::Moved(mut asked) => {
                if let Some(finding) = state.findings.iter().find(|finding| finding.text.id == asked.finding)
                {
                    asked.from = finding.stage;
                }
                Body::Moved(asked)
            }
            Body::Evaluated(asked) => Body::Evaluated(fold::evaluate(&state, &asked)?),
            Body::Merged(_) => return Err("a merge takes two papers".to_owned()),
            body @ (Body::Concluded(_) | Body::Signed(_) | Body::Noted(_)) => body,
        };
        self.add(at, by, body)
    }
}
