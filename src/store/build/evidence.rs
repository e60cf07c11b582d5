//! Takes in what stands beside changes: tests, AI sessions, statements, deployments, branches and listings.

use crate::model::record::{
    AccountRecord, AttestationRecord, DeploymentRecord, ListingRecord, ProtectionRecord, PushRecord,
    ReferenceRecord, SessionRecord, TestRunRecord,
};
use crate::model::{Capture, SignatureState};
use crate::store::paths::is_test_path;
use crate::store::relations::*;
use crate::store::rows::*;
use crate::store::strings::Text;

use super::{Builder, Owned, Owner, span, with_part};

impl Builder {
    pub(super) fn test(&mut self, record: &TestRunRecord<'_>, owner: Owner, place: Place) {
        let change = match owner {
            Owner::Unsaid => self.owner(record.change.as_ref()),
            said => said,
        };
        let (mut commit, mut bound) = (self.strings.intern_lower(&record.commit), Capture::SystemObserved);
        if commit.is_empty() {
            // A report without a revision is bound by a revision in its path, which whoever named the file typed.
            bound = Capture::Inferred;
            let path =
                self.store.files.get(self.file.index()).map(|file| file.path.clone()).unwrap_or_default();
            commit = revision_in_path(&path).map_or(Text::EMPTY, |id| self.strings.intern_lower(id));
        }
        let row = TestRun {
            name: self.strings.intern(&record.name),
            commit,
            bound,
            outcome: record.outcome,
            counts: record.counts,
            at: record.ended.or(record.started),
            is_test: record.is_test,
            place: with_part(place, record.part),
        };
        self.tests.push(Owned { change, row });
    }

    pub(super) fn session(&mut self, record: &SessionRecord<'_>, place: Place) {
        let owner = self.owner(record.change.as_ref());
        let start = self.store.attributions.len();
        let (mut lines, mut test_lines) = (0u32, 0u32);
        for file in &record.files {
            let count = file.ranges.iter().fold(0u32, |sum, (first, last)| {
                sum.saturating_add(last.saturating_sub(*first).saturating_add(1))
            });
            lines = lines.saturating_add(count);
            if is_test_path(&file.path) {
                test_lines = test_lines.saturating_add(count);
            }
            let last_line = file.ranges.iter().map(|(_, last)| *last).max().unwrap_or(0);
            let path = self.strings.intern(&file.path);
            self.store.attributions.push(Attribution { path, lines: count, last_line });
        }
        let row = Session {
            source: record.source,
            capture: record.source.capture(),
            commit: self.strings.intern_lower(&record.commit),
            none: record.none,
            tool: self.strings.intern_lower(&record.tool),
            model: self.strings.intern(&record.model),
            session: self.strings.intern(&record.session),
            initiator: self.account(record.initiator.as_ref()),
            prompt: record.prompt,
            reproducible: record.reproducible,
            at: record.at,
            lines,
            test_lines,
            paths: span(start, self.store.attributions.len()),
            dangling: record.dangling,
            place: with_part(place, record.part),
        };
        self.sessions.push(Owned { change: owner, row });
    }

    pub(super) fn statement(&mut self, record: &AttestationRecord<'_>, place: Place) {
        if record.signatures > 0 {
            self.signed.keep(record.digest, record.text);
        }
        let facts = &record.facts;
        let actor = AccountRecord::login(facts.actor.as_ref());
        let actor = if facts.actor.is_empty() { None } else { self.account(Some(&actor)) };
        let controls = facts.controls.as_ref().map(|controls| {
            controls.iter().map(|(name, since)| (self.strings.intern(name), *since)).collect()
        });
        let row = Statement {
            digest: record.digest,
            envelope: record.envelope,
            predicate_type: self.strings.intern(&record.predicate_type),
            media_type: self.strings.intern(&record.media_type),
            subjects: record
                .subjects
                .iter()
                .map(|(algorithm, digest)| {
                    (self.strings.intern(algorithm), self.strings.intern_lower(digest))
                })
                .collect(),
            signatures: record.signatures,
            signature: if record.signatures == 0 {
                SignatureState::NotSigned
            } else {
                SignatureState::NotChecked
            },
            verification: None,
            attached_to: self.strings.intern_lower(&record.attached_to),
            actor,
            activity: self.strings.intern(&facts.activity),
            reference: self.strings.intern(&facts.reference),
            previous: self.strings.intern_lower(&facts.previous),
            at: facts.at,
            controls,
            levels: facts.levels.iter().map(|level| self.strings.intern(level)).collect(),
            result: self.strings.intern(&facts.result),
            issuer: self.strings.intern(&facts.issuer),
            tests: facts.tests,
            binds_merged: false,
            place: with_part(place, record.part),
        };
        self.store.statements.push(row);
    }

    pub(super) fn deployment(&mut self, record: &DeploymentRecord<'_>, place: Place) {
        let approvers = record.approvers.as_ref().map(|approvers| {
            approvers
                .iter()
                .filter_map(|approver| self.accounts.account(approver, &mut self.strings))
                .collect()
        });
        let row = Deployment {
            repository: self.strings.intern_lower(&record.repository),
            commit: self.strings.intern_lower(&record.commit),
            environment: self.strings.intern(&record.environment),
            is_production: false,
            creator: self.account(record.creator.as_ref()),
            approvers,
            at: record.at,
            outcome: record.outcome,
            id: self.strings.intern(&record.id),
            place: with_part(place, record.part),
        };
        if record.is_update {
            self.updates.push(row);
        } else {
            self.store.deployments.push(row);
        }
    }

    pub(super) fn reference(&mut self, record: &ReferenceRecord<'_>, place: Place) {
        let row = Branch {
            repository: self.strings.intern_lower(&record.repository),
            name: self.strings.intern(&record.name),
            target: self.strings.intern_lower(&record.target),
            line: record.first_parents.iter().map(|id| self.strings.intern_lower(id)).collect(),
            reaches_root: record.reaches_root,
            place,
        };
        self.store.branches.push(row);
    }

    pub(super) fn protection(&mut self, record: &ProtectionRecord<'_>, place: Place) {
        let row = Protection {
            repository: self.strings.intern_lower(&record.repository),
            branch: self.strings.intern(&record.branch),
            enforced: record.enforced,
            required_approvals: record.required_approvals,
            binds_administrators: record.binds_administrators,
            bypass_actors: record.bypass_actors,
            place,
        };
        self.store.protections.push(row);
    }

    pub(super) fn push(&mut self, record: &PushRecord<'_>, place: Place) {
        let branch = record.reference.strip_prefix("refs/heads/").unwrap_or(&record.reference);
        // A tip of nothing but noughts says that there was none.
        let tip =
            |id: &str| if id.bytes().all(|byte| byte == b'0') { String::new() } else { id.to_lowercase() };
        let row = Push {
            repository: self.strings.intern_lower(&record.repository),
            branch: self.strings.intern(branch),
            kind: record.kind,
            before: self.strings.intern(&tip(&record.before)),
            after: self.strings.intern(&tip(&record.after)),
            actor: self.account(record.actor.as_ref()),
            at: record.at,
            place,
        };
        self.store.pushes.push(row);
    }

    pub(super) fn listing(&mut self, record: &ListingRecord<'_>, place: Place) {
        let row = Listing {
            repository: self.strings.intern_lower(&record.repository),
            of: record.of,
            source: record.source,
            count: record.count,
            cut_at: record.cut_at,
            extracted: record.extracted,
            has_closed: record.has_closed,
            file: self.file,
            place,
        };
        self.store.listings.push(row);
    }
}

/// Returns the object id that a path names: its last part of 7 to 40 hexadecimal digits with at least one digit among
/// them, so that plain words are no revisions.
pub(in crate::store) fn revision_in_path(path: &str) -> Option<&str> {
    path.split(|c: char| !c.is_ascii_alphanumeric()).rev().find(|part| {
        (7..=40).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && (part.len() >= 12 || part.bytes().any(|byte| byte.is_ascii_alphabetic()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_in_a_path_is_hexadecimal_and_no_word() {
        assert_eq!(revision_in_path("junit/c41e9a7.xml"), Some("c41e9a7"));
        assert_eq!(revision_in_path("reports/2026-08-14/facade.xml"), None);
        assert_eq!(revision_in_path("junit/20260814.xml"), None);
    }
}
