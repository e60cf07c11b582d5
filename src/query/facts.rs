//! Facts that are no verdicts: counts worth seeing, each with the query of its changes where it is about changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::assess::registry::CriterionIndex;
use crate::assess::{Assessment, exceptions, slsa};
use crate::model::record::Envelope;
use crate::model::{SignatureState, Verdict};
use crate::protocol::FactRow;
use crate::store::{Change, MergeMethod, Statement, Store};

use super::filter::{Property, criterion_term, method_word};
use super::matcher::has;

/// The greatest count of distinct predicate types, and of distinct levels, that are listed.
const MOST_KINDS: usize = 20;

/// Returns the facts, those on changes first; what the bundle says nothing about is left out.
pub fn facts(assessment: &Assessment) -> Vec<FactRow> {
    let mut facts = Facts { assessment, rows: Vec::new() };
    facts.mergers();
    facts.authors_and_approvals();
    facts.history();
    facts.exceptions();
    facts.statements();
    facts.summaries_and_controls();
    facts.rows
}

struct Facts<'a> {
    assessment: &'a Assessment,
    rows: Vec<FactRow>,
}

impl Facts<'_> {
    fn say(&mut self, id: &str, text: &str, count: usize, of: usize, query: &str) {
        self.rows.push(FactRow {
            id: id.to_owned(),
            text: text.to_owned(),
            count: count as u64,
            of: of as u64,
            query: query.to_owned(),
        });
    }

    fn count(&self, test: impl Fn(usize, &Change) -> bool) -> usize {
        let changes = &self.assessment.store.changes;
        self.assessment.scope.iter().enumerate().filter(|(row, id)| test(*row, &changes[id.index()])).count()
    }

    fn with(&self, properties: &[Property]) -> usize {
        self.count(|row, change| {
            properties.iter().all(|&property| has(property, self.assessment, row, change))
        })
    }

    fn mergers(&mut self) {
        let all = self.assessment.scope.len();
        let named = self.with(&[Property::MergerNamed]);
        if all == 0 {
            return;
        }
        self.say("merger-named", "changes name who merged them", named, all, "is:merger-named");
        if named > 0 {
            let own = self.with(&[Property::SelfMerged]);
            self.say(
                "self-merged",
                "merges with a named merger were done by the author of the change",
                own,
                named,
                "is:self-merged",
            );
            let bots = self.with(&[Property::MergerNamed, Property::BotAuthored]);
            let query = "is:merger-named is:bot-authored";
            self.say("bot-merged", "merges with a named merger are of a bot's change", bots, named, query);
        }
    }

    fn authors_and_approvals(&mut self) {
        let all = self.assessment.scope.len();
        let bots = self.with(&[Property::BotAuthored]);
        if bots > 0 {
            self.say(
                "bot-authored",
                "changes were written by a bot, agent or service",
                bots,
                all,
                "is:bot-authored",
            );
        }
        let bot_approved = self.with(&[Property::BotApproved]);
        if bot_approved > 0 {
            self.say(
                "bot-approved",
                "changes were approved by a bot, agent or service",
                bot_approved,
                all,
                "is:bot-approved",
            );
        }
        if let Some(criterion) = CriterionIndex::of("review.uncontested") {
            let contested = self.count(|row, _| self.assessment.verdict(row, criterion) == Verdict::Unmet);
            if contested > 0 {
                let query = criterion_term(criterion, Verdict::Unmet);
                self.say("contested", "changes were merged over an open objection", contested, all, &query);
            }
        }
        let ai = self.with(&[Property::Ai]);
        if ai > 0 {
            let attested = self.with(&[Property::Ai, Property::Attested]);
            let text = "changes that AI is known to have taken part in have a statement";
            self.say("ai-attested", text, attested, ai, "is:ai is:attested");
        }
    }

    fn history(&mut self) {
        let store = &self.assessment.store;
        let all = self.assessment.scope.len();
        let lines = usize::try_from(store.protected_lines).unwrap_or(usize::MAX);
        if lines > 0 {
            self.say(
                "history",
                "commits are on the first-parent lines of the protected branches",
                lines,
                0,
                "",
            );
        }
        for method in [MergeMethod::Squash, MergeMethod::Merge, MergeMethod::Rebase, MergeMethod::Direct] {
            let count = self.count(|_, change| change.method == method);
            if count > 0 {
                let word = method_word(method);
                let text = format!("changes were {}", past(method));
                self.say(&format!("method-{word}"), &text, count, all, &format!("method:{word}"));
            }
        }
    }

    fn statements(&mut self) {
        let store = &self.assessment.store;
        let all = store.statements.len();
        if all == 0 {
            return;
        }
        self.say("statements", "statements are in the bundle, each counted once", all, 0, "");
        if store.repeated_statements > 0 {
            let count = usize::try_from(store.repeated_statements).unwrap_or(usize::MAX);
            self.say("statements-repeated", "further copies of statements were left out", count, 0, "");
        }
        let commits = store.statements.iter().map(|statement| statement.attached_to);
        let commits = crate::order::set(commits.filter(|text| !text.is_empty()));
        if !commits.is_empty() {
            let of = usize::try_from(store.protected_lines).unwrap_or(usize::MAX);
            let of = if of >= commits.len() { of } else { 0 };
            self.say("statement-notes", "commits have statements attached as notes", commits.len(), of, "");
        }
        let attested = self.with(&[Property::Attested]);
        self.say(
            "attested",
            "changes have a statement",
            attested,
            self.assessment.scope.len(),
            "is:attested",
        );
        for (envelope, id, text) in ENVELOPES {
            let count = store.statements.iter().filter(|statement| statement.envelope == envelope).count();
            if count > 0 {
                self.say(&format!("envelope-{id}"), text, count, all, "");
            }
        }
        for (state, text) in SIGNATURES {
            let count = store.statements.iter().filter(|statement| statement.signature == state).count();
            if count > 0 {
                self.say(&format!("signature-{}", state.word().replace(' ', "-")), text, count, all, "");
            }
        }
        self.levels();
        let roots = store.verifications.iter().filter(|(_, outcome)| outcome.state == SignatureState::Valid);
        for (root, count) in most_frequent(roots.map(|(_, outcome)| outcome.root.as_str())) {
            self.say(
                &format!("root {root}"),
                &format!("valid signatures rest on the trust root {root}"),
                count,
                0,
                "",
            );
        }
        for (predicate, count) in most_frequent(store.statements.iter().map(|s| store.text(s.predicate_type)))
        {
            let name = if predicate.is_empty() { "no readable predicate type" } else { predicate };
            self.say(&format!("predicate {name}"), &format!("statements of type {name}"), count, all, "");
        }
    }

    /// Counts what exceptions turned, those of machines apart, and lists each exception with how it stands.
    fn exceptions(&mut self) {
        let uses = exceptions::uses(self.assessment);
        if uses.is_empty() {
            return;
        }
        let verdicts = |of: &dyn Fn(&exceptions::Use) -> bool| {
            uses.iter().filter(|own| of(own)).map(|own| own.verdicts).sum::<u64>()
        };
        let all = usize::try_from(verdicts(&|_| true)).unwrap_or(usize::MAX);
        let by_machines = usize::try_from(verdicts(&|own| own.is_by_machine)).unwrap_or(usize::MAX);
        self.say("overrides", "verdicts are overridden by exceptions", all, 0, "verdict:excepted");
        self.say(
            "overrides-by-machines",
            "of these by exceptions whose owner is an agent or other machine",
            by_machines,
            all,
            "",
        );
        for own in uses {
            let exception = &self.assessment.policy.exceptions[own.position];
            let owner = if exception.owner.is_empty() { "nobody" } else { &exception.owner };
            let until = exception.until.map_or_else(String::new, |until| format!(", until {}", until.date()));
            let text = format!(
                "changes under the exception {} of {owner}{until}: {}",
                exception.id,
                own.state.words()
            );
            self.say(
                &format!("exception {}", exception.id),
                &text,
                usize::try_from(own.changes).unwrap_or(usize::MAX),
                0,
                "",
            );
        }
    }

    /// Counts the SLSA levels that statements support, the greatest first.
    fn levels(&mut self) {
        let (store, policy) = (&self.assessment.store, &self.assessment.policy);
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for level in store.statements.iter().filter_map(|statement| slsa::level(store, policy, statement)) {
            *counts.entry((level.track, std::cmp::Reverse(level.level))).or_default() += 1;
        }
        for ((track, std::cmp::Reverse(level)), count) in counts {
            let track = track.word();
            self.say(
                &format!("slsa {track} {level}"),
                &format!("statements support SLSA {track} level {level}"),
                count,
                0,
                "",
            );
        }
    }

    fn summaries_and_controls(&mut self) {
        let store = &self.assessment.store;
        // What stands in an odd serialisation is told apart: its issuer signed other bytes than the standard's reader sees.
        let (odd, summaries): (Vec<&Statement>, Vec<&Statement>) = store
            .statements
            .iter()
            .filter(|statement| is_summary(store.text(statement.predicate_type)))
            .partition(|statement| statement.envelope == Envelope::SigstoreOdd);
        if !odd.is_empty() {
            let text = "more verification summaries stand in bundles of an odd serialisation, and are not counted with the others";
            self.say("verification-summaries-odd", text, odd.len(), 0, "");
        }
        if !summaries.is_empty() {
            let text = "verification summaries are in the bundle";
            self.say("verification-summaries", text, summaries.len(), 0, "");
            let levels = summaries.iter().flat_map(|summary| distinct_levels(store, summary));
            for (level, count) in most_frequent(levels) {
                self.say(
                    &format!("level {level}"),
                    &format!("verification summaries claim {level}"),
                    count,
                    summaries.len(),
                    "",
                );
            }
        }
        let lists: Vec<&Statement> = store
            .statements
            .iter()
            .filter(|statement| {
                statement.controls.is_some() && is_source(store.text(statement.predicate_type))
            })
            .collect();
        if !lists.is_empty() {
            let has_review = |statement: &&&Statement| {
                let controls = statement.controls.iter().flatten();
                controls
                    .into_iter()
                    .any(|(name, _)| store.text(*name).to_ascii_lowercase().contains("review"))
            };
            let reviewed = lists.iter().filter(has_review).count();
            self.say(
                "control-lists",
                "statements of source provenance list the controls that were in force",
                lists.len(),
                0,
                "",
            );
            let text = "lists of controls in force name one on reviews";
            self.say("control-lists-review", text, reviewed, lists.len(), "");
        }
    }
}

/// States of signatures and what is said of them.
const SIGNATURES: [(SignatureState, &str); 5] = [
    (SignatureState::Valid, "statements have a signature that is valid in every step"),
    (SignatureState::Invalid, "statements have a signature that fails in a step"),
    (SignatureState::NotChecked, "statements have a signature that could not be checked"),
    (SignatureState::NotSigned, "statements are not signed"),
    (SignatureState::Pending, "statements have a signature that is still being checked"),
];

const ENVELOPES: [(Envelope, &str, &str); 4] = [
    (Envelope::Sigstore, "sigstore", "statements are in Sigstore bundles"),
    (Envelope::Dsse, "dsse", "statements are in bare DSSE envelopes"),
    (Envelope::Bare, "bare", "statements are not in an envelope: unsigned claims"),
    (
        Envelope::SigstoreOdd,
        "sigstore-odd",
        "statements are in bundles of a serialisation that Sigstore does not define",
    ),
];

const fn past(method: MergeMethod) -> &'static str {
    match method {
        MergeMethod::Squash => "squashed into one commit",
        MergeMethod::Merge => "merged with a merge commit",
        MergeMethod::Rebase => "rebased onto the branch",
        MergeMethod::Direct => "pushed directly, or rebased: no change is named",
        MergeMethod::Unknown => "merged in a way that is not known",
    }
}

/// Provenance of branches; that of tags says nothing of how changes came in.
fn is_source(predicate_type: &str) -> bool {
    predicate_type.contains("/source-provenance/")
}

fn is_summary(predicate_type: &str) -> bool {
    predicate_type.starts_with("https://slsa.dev/verification_summary/")
}

fn distinct_levels<'a>(store: &'a Store, statement: &Statement) -> BTreeSet<&'a str> {
    let levels = statement.levels.iter().map(|level| store.text(*level));
    crate::order::set(levels.filter(|level| !level.is_empty()))
}

/// Counts texts; the most frequent first, then in alphabetical order.
fn most_frequent<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<(&'a str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    crate::order::sort_by_key(&mut sorted, |(_, count)| std::cmp::Reverse(*count));
    sorted.truncate(MOST_KINDS);
    sorted
}
