//! `duties.*`: what each framework demands of who may do what together, each rule with its own reason.
//!
//! The rules differ, so they are criteria of their own: SOC 2 gives a single user who builds and implements as an example,
//! SOX is read as approver and migrator apart from the author, PCI DSS 6.2.3.1 takes three persons, DORA's RTS 17(1)(b)
//! parts approving from requesting and from implementing, SLSA's Source level 4 takes two humans. All are tested over
//! persons; whoever prompted an AI counts as an author.

use crate::model::{ActorKind, Capture, Verdict};
use crate::policy::wildcard;
use crate::store::{AccountId, Known, PersonId};

use super::finding::Finding;
use super::review::listed;
use super::roles::{Duty, Held};
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    let facts = Facts::new(subject, explain);
    match id {
        "duties.soc2-separated" => facts.soc2(),
        "duties.sox-separated" => facts.sox(),
        "duties.pci-three-persons" => facts.pci(),
        "duties.dora-independent" => facts.dora(),
        _ => facts.slsa(),
    }
}

/// Who did what, and what is known of it as a whole.
struct Facts<'a> {
    subject: &'a Subject<'a>,
    explain: bool,
    held: &'a [Held],
    /// Whether the whole list of reviews is in the bundle.
    reviews_known: bool,
}

/// What one half of a rule comes to, with its reason.
struct Half {
    verdict: Verdict,
    reason: String,
    held: Vec<Held>,
}

impl Half {
    const fn new(verdict: Verdict, reason: String, held: Vec<Held>) -> Self {
        Self { verdict, reason, held }
    }
}

impl<'a> Facts<'a> {
    fn new(subject: &'a Subject<'a>, explain: bool) -> Self {
        let lists = subject.change.lists;
        let reviews_known = lists.reviews && !lists.reviews_cut;
        Self { subject, explain, held: subject.held(), reviews_known }
    }

    fn of(&self, duty: Duty) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(move |held| held.duty == duty)
    }

    fn kind(&self, held: &Held) -> ActorKind {
        self.subject.kind(Some(held.account))
    }

    fn took_part(&self, held: &Held) -> bool {
        self.subject.took_part(held.account)
    }

    fn name(&self, account: AccountId) -> &'a str {
        self.subject.name(Some(account))
    }

    fn names(&self, held: &[Held]) -> String {
        listed(held.iter().map(|held| self.name(held.account)).collect())
    }

    /// Returns the approvals that came before the merge; `None` in their time counts only if `or_unknown`.
    fn approvals(&self, or_unknown: bool) -> Vec<Held> {
        let merged = self.subject.change.merged;
        let is_in_time = |held: &Held| match held.at.zip(merged) {
            Some((at, merged)) => at <= merged,
            None => or_unknown,
        };
        let approvals = self.subject.approvals().filter_map(|review| {
            let account = review.author?;
            Some(Held {
                duty: Duty::Approved,
                account,
                person: self.subject.store.person(account),
                place: review.place,
                capture: Capture::SystemObserved,
                at: review.submitted,
            })
        });
        approvals.filter(is_in_time).collect()
    }

    /// Returns a finding on what some did; it is known no better than the weakest of their records and kinds.
    fn finding(&self, verdict: Verdict, held: &[Held], reason: impl FnOnce() -> String) -> Finding {
        let kind_from =
            |held: &Held| self.subject.account(held.account).map_or(Capture::Inferred, |a| a.kind_from);
        let weakest = held
            .iter()
            .map(|held| match verdict {
                Verdict::Met => held.capture.min(kind_from(held)),
                _ => held.capture,
            })
            .min();
        let capture = weakest.unwrap_or(match verdict {
            Verdict::Unmet | Verdict::NotApplicable => Capture::SystemObserved,
            _ => Capture::Inferred,
        });
        Finding::new(verdict, capture, self.explain, reason).with_all(held, |held| {
            (format!("{} by {}", held.duty.word(), self.name(held.account)), held.place)
        })
    }

    fn unknown_author(&self) -> Option<Finding> {
        self.subject.change.author.is_none().then(|| {
            self.finding(Verdict::Unproven, &[], || {
                "Who wrote it is not on record, so nobody can be told apart from the author.".into()
            })
        })
    }

    /// SOC 2 CC8.1: for example, no user alone builds or tests a change and implements it.
    fn soc2(&self) -> Finding {
        if let Some(finding) = self.unknown_author() {
            return finding;
        }
        let mut deciders = self.approvals(false);
        let implemented = [Duty::Merged, Duty::ApprovedRelease, Duty::Released];
        deciders.extend(implemented.iter().flat_map(|&duty| self.of(duty).copied()));
        let other =
            |kind: ActorKind| deciders.iter().find(|held| !self.took_part(held) && self.kind(held) == kind);
        if let Some(held) = other(ActorKind::Human) {
            return self.finding(Verdict::Met, &[*held], || {
                format!(
                    "{} {} it and neither wrote nor prompted it, so nobody built and implemented it alone.",
                    self.name(held.account),
                    held.duty.word()
                )
            });
        }
        if let Some(held) = other(ActorKind::Unknown) {
            return self.finding(Verdict::Unproven, &[*held], || {
                format!(
                    "Only {} took part beside those who wrote it, and nothing tells whether that is a person.",
                    self.name(held.account)
                )
            });
        }
        let own: Vec<Held> = deciders.iter().filter(|held| self.took_part(held)).copied().collect();
        let merger = self.subject.change.merged_by;
        let is_alone = matches!(merger, Known::Is(merger) if self.subject.took_part(merger));
        let starters_known = self.subject.deployments().all(|deployment| deployment.creator.is_some());
        if is_alone && self.reviews_known && starters_known {
            return self.finding(Verdict::Unmet, &own, || {
                format!(
                    "{} wrote or prompted it and implemented it; nobody else approved, merged or released it.",
                    self.names(&own)
                )
            });
        }
        self.finding(Verdict::Unproven, &own, || {
            if matches!(merger, Known::Is(_)) && !is_alone {
                "A machine merged it, and on whose word is not on record.".into()
            } else {
                "Nothing shows that anybody beside those who wrote it approved, merged or released it, and not everything is on record."
                    .into()
            }
        })
    }

    /// Returns words, if they were asked for.
    fn words(&self, words: impl FnOnce() -> String) -> String {
        if self.explain { words() } else { String::new() }
    }

    /// Returns whether a person who did not write it approved it before the merge.
    fn approved_by_another(&self) -> Half {
        let approvals = self.approvals(false);
        let human = |held: &&Held| !self.took_part(held) && self.kind(held) == ActorKind::Human;
        if let Some(held) = approvals.iter().find(human) {
            let reason = self.words(|| {
                format!("{} approved it before the merge and did not write it", self.name(held.account))
            });
            return Half::new(Verdict::Met, reason, vec![*held]);
        }
        let may = |held: &&Held| !self.took_part(held) && !self.kind(held).is_machine();
        if let Some(held) = self.approvals(true).iter().find(may) {
            let reason = self.words(|| {
                format!(
                    "{} approved it, and whether that is a person, or when it was, is not on record",
                    self.name(held.account)
                )
            });
            return Half::new(Verdict::Unproven, reason, vec![*held]);
        }
        let all: Vec<Held> = self.of(Duty::Approved).copied().collect();
        if !self.reviews_known {
            let reason = self.words(|| "The bundle does not hold the whole list of its reviews".into());
            return Half::new(Verdict::Unproven, reason, all);
        }
        let reason = self.words(|| {
            if all.is_empty() {
                "Nobody approved it".into()
            } else {
                format!(
                    "No person beside those who wrote it approved it before the merge; approved by {}",
                    self.names(&all)
                )
            }
        });
        Half::new(Verdict::Unmet, reason, all)
    }

    /// Returns whether somebody else moved it to production, or tooling that an enforced review makes up for.
    fn migrated_by_another(&self) -> Half {
        let Some(held) = self.of(Duty::Released).next().copied() else {
            let reason = self.words(|| "Who moved it to production is not on record".into());
            return Half::new(Verdict::Unproven, reason, Vec::new());
        };
        let name = self.name(held.account);
        if self.took_part(&held) {
            let reason = self.words(|| format!("{name} wrote or prompted it and moved it to production"));
            return Half::new(Verdict::Unmet, reason, vec![held]);
        }
        match self.kind(&held) {
            ActorKind::Human => {
                let reason = self.words(|| format!("{name} moved it to production and did not write it"));
                Half::new(Verdict::Met, reason, vec![held])
            }
            ActorKind::Unknown => {
                let reason = self.words(|| {
                    format!("{name} moved it to production; nothing tells whether that is a person")
                });
                Half::new(Verdict::Unproven, reason, vec![held])
            }
            _ => self.compensated(held),
        }
    }

    /// Tooling moved it: the review of the merged revision on a protected branch stands in for the second person.
    fn compensated(&self, held: Held) -> Half {
        let revision = super::review::decide("review.current-revision", self.subject, false).verdict;
        let protected = super::release::decide("release.protected", self.subject, false).verdict;
        let verdict = match revision.max(protected) {
            Verdict::Met => Verdict::Met,
            Verdict::Unmet => Verdict::Unmet,
            _ => Verdict::Unproven,
        };
        let name = self.name(held.account);
        let reason = self.words(|| match verdict {
            Verdict::Met => format!(
                "{name}, a machine, moved it to production, and a review of the merged revision that the branch enforced makes up for it"
            ),
            _ => format!(
                "{name}, a machine, moved it to production; the review that would make up for it is {} on the merged revision, and protection of the branch is {}",
                revision.word(),
                protected.word()
            ),
        });
        Half::new(verdict, reason, vec![held])
    }

    /// SOX, by convention: the approver is not the author, and who builds does not move it to production.
    fn sox(&self) -> Finding {
        if let Some(finding) = self.unknown_author() {
            return finding;
        }
        let (approved, moved) = (self.approved_by_another(), self.migrated_by_another());
        let verdict = approved.verdict.max(moved.verdict);
        let mut halves = vec![approved, moved];
        if verdict != Verdict::Met {
            halves.retain(|half| half.verdict == verdict);
        }
        let held: Vec<Held> = halves.iter().flat_map(|half| half.held.iter().copied()).collect();
        self.finding(verdict, &held, || {
            let reasons: Vec<&str> = halves.iter().map(|half| half.reason.as_str()).collect();
            format!("{}.", reasons.join(". "))
        })
    }

    /// Returns whether a person has a role that makes them accountable for releases.
    fn is_management(&self, person: PersonId) -> bool {
        let roles = self.subject.store.persons.get(person.index()).map(|person| &person.roles);
        roles.into_iter().flatten().any(|role| {
            self.subject.policy.demands.management_roles.iter().any(|pattern| wildcard(pattern, role))
        })
    }

    /// PCI DSS 6.2.3.1: where people review, author, reviewer and accountable approver are three.
    fn pci(&self) -> Finding {
        let is_manual =
            self.subject.reviews().iter().any(|review| !self.subject.kind(review.author).is_machine());
        if !is_manual && self.reviews_known {
            return self.finding(Verdict::NotApplicable, &[], || {
                "No person reviewed it by hand, and 6.2.3.1 speaks of manual reviews only.".into()
            });
        }
        if !is_manual {
            return self.finding(Verdict::Unproven, &[], || {
                "The bundle does not hold the whole list of its reviews.".into()
            });
        }
        if let Some(finding) = self.unknown_author() {
            return finding;
        }
        let merged = self.subject.change.merged;
        let in_time = |held: &Held| held.at.zip(merged).is_none_or(|(at, merged)| at <= merged);
        let reviewers: Vec<Held> = self
            .of(Duty::Reviewed)
            .filter(|held| !self.took_part(held) && self.kind(held) == ActorKind::Human && in_time(held))
            .copied()
            .collect();
        let deciding = [Duty::Approved, Duty::Merged, Duty::ApprovedRelease];
        let managers: Vec<Held> = deciding
            .iter()
            .flat_map(|&duty| self.of(duty))
            .filter(|held| !self.took_part(held) && self.is_management(held.person))
            .copied()
            .collect();
        let pair = managers.iter().find_map(|manager| {
            let reviewer = reviewers.iter().find(|reviewer| reviewer.person != manager.person)?;
            Some([*reviewer, *manager])
        });
        if let Some(pair) = pair {
            return self.finding(Verdict::Met, &pair, || {
                format!(
                    "{} wrote it, {} reviewed it, and {}, who is accountable for releases by people.csv, {} it: three persons.",
                    self.subject.name(self.subject.change.author),
                    self.name(pair[0].account),
                    self.name(pair[1].account),
                    pair[1].duty.word()
                )
            });
        }
        self.pci_gap(&reviewers, &managers)
    }

    fn pci_gap(&self, reviewers: &[Held], managers: &[Held]) -> Finding {
        if reviewers.is_empty() {
            let verdict = if self.reviews_known && !self.has_unknown_reviewer() {
                Verdict::Unmet
            } else {
                Verdict::Unproven
            };
            let all: Vec<Held> = self.of(Duty::Reviewed).copied().collect();
            return self.finding(verdict, &all, || match verdict {
                Verdict::Unmet => "Nobody but its authors reviewed it by hand before the merge.".into(),
                _ => "No reviewer before the merge is known to be a person other than its authors.".into(),
            });
        }
        if managers.is_empty() {
            return self.finding(Verdict::Unproven, reviewers, || {
                format!(
                    "{} reviewed it; nobody on record who approved, merged or released it has a role in people.csv that makes them accountable for releases ({}).",
                    self.names(reviewers),
                    self.subject.policy.demands.management_roles.join(", ")
                )
            });
        }
        let verdict = if self.reviews_known { Verdict::Unmet } else { Verdict::Unproven };
        self.finding(verdict, managers, || {
            format!(
                "{} is reviewer and accountable approver at once: two persons where the rule takes three.",
                self.names(managers)
            )
        })
    }

    fn has_unknown_reviewer(&self) -> bool {
        self.of(Duty::Reviewed).any(|held| !self.took_part(held) && self.kind(held) == ActorKind::Unknown)
    }

    /// DORA, RTS 17(1)(b): who approves neither requested nor implements. Persons stand in for the functions.
    fn dora(&self) -> Finding {
        if let Some(finding) = self.unknown_author() {
            return finding;
        }
        let approved = self.approved_by_another();
        if approved.verdict != Verdict::Met {
            return self.finding(approved.verdict, &approved.held, || format!("{}.", approved.reason));
        }
        let clashes = |held: &Held| {
            self.held.iter().find(|other| {
                matches!(other.duty, Duty::Requested | Duty::Released) && other.person == held.person
            })
        };
        let approvals: Vec<Held> = self
            .approvals(false)
            .into_iter()
            .filter(|held| !self.took_part(held) && self.kind(held) == ActorKind::Human)
            .collect();
        let Some(free) = approvals.iter().find(|held| clashes(held).is_none()) else {
            let verdict = if self.reviews_known { Verdict::Unmet } else { Verdict::Unproven };
            let pairs: Vec<Held> =
                approvals.iter().chain(approvals.iter().filter_map(clashes)).copied().collect();
            return self.finding(verdict, &pairs, || {
                let duty = approvals.first().and_then(clashes).map_or("", |other| other.duty.word());
                format!("{} approved it and also {duty} it.", self.names(&approvals))
            });
        };
        let missing: Vec<&str> =
            [(Duty::Requested, "who requested it"), (Duty::Released, "who put it into production")]
                .into_iter()
                .filter(|(duty, _)| self.of(*duty).next().is_none())
                .map(|(_, words)| words)
                .collect();
        if !missing.is_empty() {
            return self.finding(Verdict::Unproven, &[*free], || {
                format!(
                    "{} approved it and did not write it; {} is not on record.",
                    self.name(free.account),
                    missing.join(", and ")
                )
            });
        }
        let others = self.of(Duty::Requested).chain(self.of(Duty::Released)).copied();
        let held: Vec<Held> = std::iter::once(*free).chain(others).collect();
        self.finding(Verdict::Met, &held, || {
            format!(
                "{} approved it, and neither requested, wrote, prompted nor released it.",
                self.name(free.account)
            )
        })
    }

    /// SLSA Source level 4: two humans agree before it is merged: who brought it in and a reviewer, or two reviewers.
    fn slsa(&self) -> Finding {
        let author =
            self.of(Duty::Wrote).find(|held| Some(held.account) == self.subject.change.author).copied();
        if let Some(robot) = author.filter(|held| self.is_trusted_robot(held)) {
            return self.finding(Verdict::NotApplicable, &[robot], || {
                format!("{} is a robot that the policy trusts to write changes.", self.name(robot.account))
            });
        }
        let distinct = |held: Vec<Held>| {
            let mut persons: Vec<Held> = Vec::new();
            for held in held {
                if !persons.iter().any(|known| known.person == held.person) {
                    persons.push(held);
                }
            }
            persons
        };
        let agreeing = |or_unknown: bool| {
            let all = author.into_iter().chain(self.approvals(or_unknown));
            distinct(all.filter(|held| self.may_agree(held, or_unknown)).collect())
        };
        let humans = agreeing(false);
        if humans.len() >= 2 {
            return self.finding(Verdict::Met, &humans, || {
                format!("Two humans agreed to it before the merge: {}.", self.names(&humans))
            });
        }
        let is_whole = self.reviews_known && author.is_some() && agreeing(true).len() < 2;
        let verdict = if is_whole { Verdict::Unmet } else { Verdict::Unproven };
        self.finding(verdict, &humans, || {
            let who = match humans.first() {
                Some(held) => format!("Only {} is on record", self.name(held.account)),
                None => "No human is on record".into(),
            };
            let robot = author.filter(|held| self.kind(held).is_machine()).map_or_else(String::new, |held| {
                format!(" {} brought it in, so it takes two human reviewers.", self.name(held.account))
            });
            let rest = if is_whole { "" } else { ", and not all kinds, times or reviews are known" };
            format!("{who} as agreeing to it before the merge{rest}.{robot}")
        })
    }

    fn may_agree(&self, held: &Held, or_unknown: bool) -> bool {
        match self.kind(held) {
            ActorKind::Human => true,
            ActorKind::Unknown => or_unknown,
            _ => false,
        }
    }

    /// Returns whether the policy exempts the robot that brought the change in; what a prompt steers is never exempt.
    fn is_trusted_robot(&self, held: &Held) -> bool {
        let store = self.subject.store;
        let Some(account) = self.subject.account(held.account) else { return false };
        let is_named = |pattern: &String| {
            [account.login, account.email]
                .iter()
                .any(|text| !text.is_empty() && wildcard(pattern, store.text(*text)))
        };
        matches!(account.kind, ActorKind::Bot | ActorKind::Service)
            && self.subject.policy.duties.trusted_robots.iter().any(is_named)
    }
}
