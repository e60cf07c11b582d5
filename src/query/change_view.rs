//! One change in detail: its verdicts, and the chain of accountability from who asked for it to who released it.

use crate::assess::registry::CriterionIndex;
use crate::assess::systems::{self, Membership};
use crate::assess::{Assessment, Subject, causes};
use crate::model::{ActorKind, AiInvolvement, Moment, Verdict};
use crate::protocol::{CauseRow, ChainStep, ChangeDetail, Sort, VerdictRow};
use crate::store::{AccountId, Change, Known, Place, Store};

use super::filter::evaluated;
use super::views::{capture_of, change_row, evidence, evidence_row, minute, select};
use super::words::short;
use super::{duties_view, trust_view};

/// Returns a change with its place among the changes of a query; `None` for an unknown id.
pub fn change(assessment: &Assessment, id: &str, query: &str, order: Sort) -> Option<ChangeDetail> {
    let row = assessment.row_of(id)?;
    let subject = assessment.subject(row);
    let (store, change) = (&assessment.store, subject.change);
    let (rows, _, _) = select(assessment, query, order);
    let at = rows.iter().position(|&other| other as usize == row);
    let neighbour = |at: Option<usize>| {
        let row = *rows.get(at?)?;
        Some(store.change_id(&store.changes[assessment.scope[row as usize].index()]))
    };
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Some(ChangeDetail {
        row: change_row(assessment, row),
        url: store.text(change.url).to_owned(),
        merge_commit: store.text(change.merge_commit).to_owned(),
        head: store.text(change.head).to_owned(),
        method: change.method.words().to_owned(),
        ai_lines: subject.ai_lines(),
        files: change.file_count,
        sensitive: subject.sensitive.iter().map(|&label| label.to_owned()).collect(),
        labels: change
            .labels
            .of(&store.labels_of)
            .iter()
            .map(|label| store.text(*label).to_owned())
            .collect(),
        repeats: repeats(store, change),
        systems: memberships(&subject),
        chain: Chain { assessment, subject: &subject, row }.steps(),
        duties: duties_view::of_change(&subject),
        causes: causes(assessment, row, &subject),
        verdicts: verdicts(assessment, &subject),
        commit_signature: store
            .commit_verification(change.merge_commit)
            .map(|outcome| (outcome.state, outcome.steps.clone())),
        statements: trust_view::of_change(assessment, &subject),
        position: at.map_or(0, |at| count(at + 1)),
        of: count(rows.len()),
        previous: neighbour(at.and_then(|at| at.checked_sub(1))),
        next: neighbour(at.map(|at| at + 1)),
    })
}

/// Returns what several criteria find for one reason.
fn causes(assessment: &Assessment, row: usize, subject: &Subject<'_>) -> Vec<CauseRow> {
    let row_of = |cause: causes::Cause| CauseRow {
        text: cause.text,
        verdict: cause.verdict,
        criteria: cause.criteria.iter().map(|index| index.criterion().id.to_owned()).collect(),
    };
    causes::of(assessment, row, subject).into_iter().map(row_of).collect()
}

/// Returns how a change stands to those that it undoes or repeats, or that do so to it: words, name, and id.
fn repeats(store: &Store, change: &Change) -> Vec<(String, String, String)> {
    let rows = change.repeats.of(&store.repeats).iter();
    rows.map(|repeat| {
        let id = repeat.other.map(|other| store.change_id(&store.changes[other.index()]));
        let name = match (&id, repeat.number) {
            (Some(id), _) => id.clone(),
            (None, 0) if repeat.named.is_empty() => "a change that is not named".to_owned(),
            (None, 0) => store.text(repeat.named).to_owned(),
            (None, number) => format!("#{number}"),
        };
        (repeat.words().to_owned(), name, id.unwrap_or_default())
    })
    .collect()
}

/// Returns the systems of the policy, each with whether the change belongs to it and why.
fn memberships(subject: &Subject<'_>) -> Vec<(String, String)> {
    let tags = systems::tags(subject.policy).into_iter();
    tags.map(|tag| {
        let (membership, reason) = systems::membership(subject, &tag);
        let word = match membership {
            Membership::In => "belongs to it",
            Membership::Unknown => "is taken to belong to it",
            Membership::Out => "does not belong to it",
        };
        (tag, format!("{word}: {reason}"))
    })
    .collect()
}

/// Returns the verdicts, worst first, then in the registry's order.
fn verdicts(assessment: &Assessment, subject: &Subject<'_>) -> Vec<VerdictRow> {
    let mut rows: Vec<VerdictRow> =
        evaluated().map(|index| verdict_row(assessment, subject, index)).collect();
    crate::order::sort_by_key(&mut rows, |row| std::cmp::Reverse(row.verdict));
    rows
}

/// Returns the verdict of one criterion with reason and evidence.
pub fn verdict_row(assessment: &Assessment, subject: &Subject<'_>, index: CriterionIndex) -> VerdictRow {
    let criterion = index.criterion();
    let finding = assessment.explain_with(subject, index);
    let is_open = matches!(finding.verdict, Verdict::Unmet | Verdict::Unproven);
    VerdictRow {
        criterion: criterion.id.to_owned(),
        claim: criterion.claim.to_owned(),
        verdict: finding.verdict,
        capture: capture_of(&finding).unwrap_or_default().to_owned(),
        closes: if is_open { criterion.closes.to_owned() } else { String::new() },
        evidence: evidence(&assessment.store, &finding.evidence),
        reason: finding.reason,
        inputs: finding.inputs,
        controls: assessment
            .packs
            .iter()
            .flat_map(|pack| pack.controls.iter().map(move |control| (pack, control)))
            .filter(|(_, control)| control.bears_on(index))
            .map(|(pack, control)| (pack.short.clone(), control.id.clone()))
            .collect(),
    }
}

/// Makes the links of the chain.
struct Chain<'a> {
    assessment: &'a Assessment,
    subject: &'a Subject<'a>,
    row: usize,
}

/// One link before its evidence is looked up.
struct Link {
    who: String,
    account: Option<AccountId>,
    is_machine: bool,
    when: String,
    note: String,
    verdict: Verdict,
    place: Option<Place>,
}

impl Link {
    fn unknown(who: &str, note: &str) -> Self {
        Self {
            who: who.into(),
            account: None,
            is_machine: false,
            when: String::new(),
            note: note.into(),
            verdict: Verdict::Unproven,
            place: None,
        }
    }

    fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }
}

impl Chain<'_> {
    fn steps(&self) -> Vec<ChainStep> {
        [
            ("Asked for", self.asked_for()),
            ("Prompted", self.prompted()),
            ("Wrote", self.wrote()),
            ("Answers for it", self.answers()),
            ("Approved", self.approved()),
            ("Merged", self.merged()),
            ("Released", self.released()),
        ]
        .into_iter()
        .map(|(role, link)| ChainStep {
            role: role.to_owned(),
            initials: if link.account.is_some() || link.is_machine {
                initials(&link.who)
            } else {
                String::new()
            },
            is_machine: link.is_machine,
            when: link.when,
            note: link.note,
            verdict: link.verdict,
            evidence: link.place.and_then(|place| evidence_row(&self.assessment.store, &link.who, place)),
            who: link.who,
        })
        .collect()
    }

    fn verdict(&self, criterion: &str) -> Verdict {
        CriterionIndex::of(criterion)
            .map_or(Verdict::Unproven, |index| self.assessment.verdict(self.row, index))
    }

    /// The first criterion that is not met among some, with the reason in words.
    fn worst(&self, criteria: &[&str]) -> (Verdict, String) {
        let worst =
            criteria.iter().map(|id| (self.verdict(id), *id)).reduce(|a, b| if b.0 > a.0 { b } else { a });
        match worst.and_then(|(verdict, id)| Some((verdict, CriterionIndex::of(id)?))) {
            Some((verdict, index)) if verdict > Verdict::Met => {
                (verdict, self.assessment.explain_with(self.subject, index).reason)
            }
            Some((verdict, _)) => (verdict, String::new()),
            None => (Verdict::Unproven, String::new()),
        }
    }

    fn is_machine(&self, account: Option<AccountId>) -> bool {
        self.subject.kind(account).is_machine()
    }

    /// The link of an account.
    fn of(&self, account: AccountId, when: Option<Moment>, note: String, place: Place) -> Link {
        Link {
            who: self.assessment.store.name(account).to_owned(),
            account: Some(account),
            is_machine: self.is_machine(Some(account)),
            when: when.map_or_else(String::new, minute),
            note,
            verdict: Verdict::Met,
            place: Some(place),
        }
    }

    fn asked_for(&self) -> Link {
        let store = &self.assessment.store;
        let mut tickets: Vec<_> = self.subject.tickets().collect();
        crate::order::sort_by_key(&mut tickets, |ticket| !ticket.is_linked);
        let Some(ticket) = tickets.first() else {
            return Link::unknown("not known", "no ticket or request on record")
                .verdict(self.verdict("authorisation.ticketed"));
        };
        let known = if ticket.is_linked {
            "linked by the forge: system-observed"
        } else {
            "named in typed text: self-typed"
        };
        Link {
            when: ticket.created.map_or_else(String::new, minute),
            place: Some(ticket.place),
            ..Link::unknown(store.text(ticket.id), known).verdict(self.verdict("authorisation.ticketed"))
        }
    }

    fn prompted(&self) -> Link {
        match self.subject.ai {
            AiInvolvement::None => {
                Link::unknown("nobody", "on record: AI took no part").verdict(Verdict::NotApplicable)
            }
            AiInvolvement::Unknown => Link::unknown("not known", "nothing shows whether AI took part"),
            AiInvolvement::Assisted | AiInvolvement::Generated => {
                let named =
                    self.subject.ai_sessions().find_map(|session| Some((session, session.initiator?)));
                let verdict = self.verdict("ai.initiator");
                match named {
                    Some((session, account)) => {
                        let note = format!("{}: {}", session.source.word(), session.capture.word());
                        self.of(account, session.at, note, session.place).verdict(verdict)
                    }
                    None => Link::unknown("not known", "no record names who asked the AI").verdict(verdict),
                }
            }
        }
    }

    fn wrote(&self) -> Link {
        let (store, change) = (&self.assessment.store, self.subject.change);
        let place = change.place;
        match self.subject.ai {
            AiInvolvement::Assisted | AiInvolvement::Generated => self.wrote_with_ai(),
            ai => {
                let Some(author) = change.author else {
                    return Link::unknown("not known", "no author on record");
                };
                let link = self.of(author, None, String::new(), place);
                if link.is_machine {
                    let kind = self.subject.kind(Some(author)).word();
                    return Link { note: format!("known to be no person: {kind}"), ..link };
                }
                let others = self.subject.writers.len().saturating_sub(1);
                let who = if others > 0 {
                    format!("{} and {others} more", store.name(author))
                } else {
                    link.who.clone()
                };
                let (note, verdict) = match ai {
                    AiInvolvement::None => ("on record: AI took no part", Verdict::Met),
                    _ => ("AI's part not known", Verdict::Unproven),
                };
                Link { who, note: note.into(), verdict, ..link }
            }
        }
    }

    fn wrote_with_ai(&self) -> Link {
        let (store, change) = (&self.assessment.store, self.subject.change);
        let session = self
            .subject
            .ai_sessions()
            .max_by_key(|session| (!session.model.is_empty(), !session.tool.is_empty()));
        let text = |text| Some(store.text(text)).filter(|text| !text.is_empty());
        let agent_author =
            change.author.filter(|author| self.subject.kind(Some(*author)) == ActorKind::Agent);
        let tool =
            session.and_then(|session| text(session.tool)).or(agent_author.map(|author| store.name(author)));
        let model = session.and_then(|session| text(session.model));
        let note = session.map_or_else(
            || "the author's account is an agent's: system-observed".to_owned(),
            |session| format!("{}: {}", session.source.word(), session.capture.word()),
        );
        Link {
            who: format!("{}, {}", tool.unwrap_or("agent"), model.unwrap_or("model not known")),
            account: None,
            is_machine: true,
            when: session.and_then(|session| session.at).map_or_else(String::new, minute),
            note,
            verdict: self.verdict("ai.model-pinned"),
            place: Some(session.map_or(change.place, |session| session.place)),
        }
    }

    fn answers(&self) -> Link {
        let change = self.subject.change;
        let Some(author) = change.author else { return Link::unknown("nobody named", "no author on record") };
        let link = self.of(author, change.created, String::new(), change.place);
        let (note, verdict) = match self.subject.kind(Some(author)) {
            ActorKind::Human => ("author of record", Verdict::Met),
            ActorKind::Unknown => {
                ("author of record; a person or an app, nothing shows which", Verdict::Unproven)
            }
            ActorKind::Bot | ActorKind::Agent | ActorKind::Service => {
                ("author of record is a machine; no person answers for it", Verdict::Unmet)
            }
        };
        Link { note: note.into(), verdict, ..link }
    }

    fn approved(&self) -> Link {
        let store = &self.assessment.store;
        let (verdict, reason) = self.worst(&[
            "review.human",
            "review.independent",
            "review.current-revision",
            "review.before-merge",
        ]);
        let decisive = self.subject.decisive_approvals();
        let review = decisive.last().copied().or_else(|| self.subject.approvals().last());
        let Some(review) = review else {
            let who = if self.subject.paper() == Verdict::Unmet { "nobody" } else { "not known" };
            return Link::unknown(who, &reason).verdict(verdict);
        };
        let note = if reason.is_empty() { "system-observed".to_owned() } else { reason };
        let mut when = review.submitted.map_or_else(String::new, minute);
        if !review.commit.is_empty() {
            let space = if when.is_empty() { "" } else { ", " };
            when = format!("{when}{space}on {}", short(store.text(review.commit)));
        }
        match review.author {
            Some(author) => Link { when, ..self.of(author, None, note, review.place).verdict(verdict) },
            None => Link {
                when,
                place: Some(review.place),
                ..Link::unknown("an account that is gone", &note).verdict(verdict)
            },
        }
    }

    fn merged(&self) -> Link {
        let change = self.subject.change;
        let when = change.merged.map_or_else(String::new, minute);
        let Known::Is(merger) = change.merged_by else {
            return Link { when, ..Link::unknown("not known", "no record names who merged it") };
        };
        let capture = change.merged_by_capture.unwrap_or_default().word();
        let role = self.verdict("release.approver-independent");
        let is_own = self.subject.took_part(merger);
        let note = match (is_own, role) {
            (true, Verdict::Unmet) => {
                format!("also wrote or prompted it, and no one else let it in: {capture}")
            }
            (true, _) => format!("also wrote or prompted it: {capture}"),
            (false, _) => format!("{}: {capture}", change.method.words()),
        };
        let verdict = if is_own && role > Verdict::Met { role } else { Verdict::Met };
        Link { when, ..self.of(merger, None, note, change.merged_by_place).verdict(verdict) }
    }

    fn released(&self) -> Link {
        let verdict = self.verdict("release.deployer-independent");
        let Some(deployment) = self.subject.deployments().next() else {
            return Link::unknown("not known", "no deployment on record").verdict(verdict);
        };
        let environment = self.assessment.store.text(deployment.environment);
        match deployment.creator {
            Some(creator) if self.subject.took_part(creator) => self
                .of(creator, deployment.at, "also wrote or prompted it".into(), deployment.place)
                .verdict(verdict),
            Some(creator) => {
                let note = format!("deployed to {environment}: system-observed");
                self.of(creator, deployment.at, note, deployment.place).verdict(verdict)
            }
            None => Link {
                when: deployment.at.map_or_else(String::new, minute),
                place: Some(deployment.place),
                ..Link::unknown("not said", "the deployment does not say who started it").verdict(verdict)
            },
        }
    }
}

/// Returns up to two letters for the dot of an account: the first of the first and last word of a name, or the first two.
fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let letters: String = match words.next_back() {
        Some(last) => first.chars().take(1).chain(last.chars().take(1)).collect(),
        None => first.chars().take(2).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_two_letters_at_most() {
        for (name, expected) in
            [("Ana Paz", "AP"), ("ana-p", "AP"), ("octocat", "OC"), ("é", "É"), ("", ""), ("a b c", "AC")]
        {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
