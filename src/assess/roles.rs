//! Who did what for one change: the duties that rules of segregation are about, each with its person and record.

use crate::model::record::ReviewState;
use crate::model::{Capture, Moment, SignatureState};
use crate::store::{AccountId, ChangeSource, Known, PersonId, Place};

use super::subject::Subject;
use super::tickets::Approval;

/// A part that somebody has in a change, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Opened the ticket.
    Requested,
    /// Asked an AI for it.
    Prompted,
    /// Author of the change or of one of its commits.
    Wrote,
    /// Co-author in a trailer or list.
    CoWrote,
    /// Sent a review of any kind.
    Reviewed,
    /// Approved it.
    Approved,
    /// Merged it.
    Merged,
    /// Approved its release: its deployment to production, or in its ticket.
    ApprovedRelease,
    /// Started its deployment to production.
    Released,
}

impl Duty {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Prompted,
        Self::Wrote,
        Self::CoWrote,
        Self::Reviewed,
        Self::Approved,
        Self::Merged,
        Self::ApprovedRelease,
        Self::Released,
    ];

    /// Returns the word that JSON, CSV and people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Prompted => "prompted",
            Self::Wrote => "wrote",
            Self::CoWrote => "co-wrote",
            Self::Reviewed => "reviewed",
            Self::Approved => "approved",
            Self::Merged => "merged",
            Self::ApprovedRelease => "approved release",
            Self::Released => "released",
        }
    }
}

impl Duty {
    /// Returns the key by which queries ask for who holds it.
    pub const fn query_key(self) -> &'static str {
        match self {
            Self::Requested => "requested-by",
            Self::Prompted => "prompted-by",
            Self::Wrote => "written-by",
            Self::CoWrote => "co-written-by",
            Self::Reviewed => "reviewed-by",
            Self::Approved => "approved-by",
            Self::Merged => "merged-by",
            Self::ApprovedRelease => "release-approved-by",
            Self::Released => "released-by",
        }
    }
}

/// One person's part in a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which part.
    pub duty: Duty,
    /// By which account.
    pub account: AccountId,
    /// Whose account it is.
    pub person: PersonId,
    /// The record that says so.
    pub place: Place,
    /// How that is known.
    pub capture: Capture,
    /// When, where that is on record.
    pub at: Option<Moment>,
}

/// Gathers who did what; [`Subject::held`] keeps it.
pub(super) fn of(subject: &Subject<'_>) -> Vec<Held> {
    let mut roles = Roles { subject, held: Vec::new() };
    roles.requested();
    roles.written();
    roles.reviewed();
    roles.released();
    crate::order::sort_by_key(&mut roles.held, |held| held.duty);
    roles.held
}

/// Returns what is said of a duty that nobody holds: that it is known that nobody does, or that nothing shows who does.
pub fn nobody(subject: &Subject<'_>, duty: Duty) -> &'static str {
    let lists = subject.change.lists;
    let reviews_known = lists.reviews && !lists.reviews_cut;
    match duty {
        Duty::Requested => "no record says who opened its ticket",
        Duty::Prompted if subject.ai == crate::model::AiInvolvement::None => "nobody: AI took no part",
        Duty::Prompted => "no record says who asked an AI for it",
        Duty::Wrote => "its author is not on record",
        Duty::CoWrote => "nobody is named",
        Duty::Reviewed | Duty::Approved if reviews_known => "nobody",
        Duty::Reviewed | Duty::Approved => "the bundle does not hold the whole list of its reviews",
        Duty::Merged => "who merged it is not on record",
        Duty::ApprovedRelease => "no approval of its release is on record",
        Duty::Released => "no record says who deployed it to production",
    }
}

struct Roles<'a> {
    subject: &'a Subject<'a>,
    held: Vec<Held>,
}

impl Roles<'_> {
    fn hold(&mut self, duty: Duty, account: AccountId, place: Place, capture: Capture, at: Option<Moment>) {
        if !self.held.iter().any(|held| held.duty == duty && held.account == account) {
            let person = self.subject.store.person(account);
            self.held.push(Held { duty, account, person, place, capture, at });
        }
    }

    fn requested(&mut self) {
        for ticket in self.subject.tickets() {
            if let Some((account, place)) = ticket.requester {
                let capture = if ticket.is_linked { Capture::SystemObserved } else { Capture::SelfTyped };
                self.hold(Duty::Requested, account, place, capture, ticket.created);
            }
        }
        for session in self.subject.ai_sessions() {
            if let Some(account) = session.initiator {
                self.hold(Duty::Prompted, account, session.place, session.capture, session.at);
            }
        }
    }

    fn written(&mut self) {
        let (store, change) = (self.subject.store, self.subject.change);
        if let Some(author) = change.author {
            let (place, capture) = match change.source {
                ChangeSource::Forge => (change.place.field("author"), Capture::SystemObserved),
                ChangeSource::MergeSubject | ChangeSource::DirectCommit => (change.place, Capture::SelfTyped),
            };
            self.hold(Duty::Wrote, author, place, capture, change.created);
        }
        for commit in self.subject.commits() {
            let capture = match commit.signature {
                Some(SignatureState::Valid) => Capture::Verified,
                _ => Capture::SelfTyped,
            };
            // A merge commit is written by who merges, not by who wrote what is merged.
            if let Some(author) = commit.author.filter(|_| commit.parents.is_none_or(|parents| parents < 2)) {
                self.hold(Duty::Wrote, author, commit.place, capture, commit.authored);
            }
            for &account in commit.co_authors.of(&store.co_authors) {
                self.hold(Duty::CoWrote, account, commit.place, capture, commit.authored);
            }
        }
        let wrote: Vec<PersonId> =
            self.held.iter().filter(|held| held.duty == Duty::Wrote).map(|held| held.person).collect();
        self.held.retain(|held| held.duty != Duty::CoWrote || !wrote.contains(&held.person));
    }

    fn reviewed(&mut self) {
        let (store, change) = (self.subject.store, self.subject.change);
        let author = change.author.map(|author| store.person(author));
        for review in self.subject.reviews() {
            let Some(account) = review.author else { continue };
            let is_reply = author == Some(store.person(account)) && review.state == ReviewState::Commented;
            if review.state != ReviewState::Pending && !is_reply {
                self.hold(Duty::Reviewed, account, review.place, Capture::SystemObserved, review.submitted);
            }
            if review.state == ReviewState::Approved {
                self.hold(Duty::Approved, account, review.place, Capture::SystemObserved, review.submitted);
            }
        }
        if let Known::Is(merger) = change.merged_by {
            let capture = change.merged_by_capture.unwrap_or_default();
            self.hold(Duty::Merged, merger, change.merged_by_place, capture, change.merged);
        }
    }

    fn released(&mut self) {
        let (approvals, _) = super::tickets::approvals(self.subject);
        for approval in approvals {
            let Approval { person, at, place, capture } = approval;
            self.hold(Duty::ApprovedRelease, person, place, capture, at);
        }
        for deployment in self.subject.deployments() {
            if let Some(creator) = deployment.creator {
                let capture = Capture::SystemObserved;
                self.hold(Duty::Released, creator, deployment.place, capture, deployment.at);
            }
        }
    }
}
