//! `release.*`: who let the change in, who released it, and whether the branch was protected.

use crate::model::{Capture, Verdict};
use crate::policy::wildcard;
use crate::store::{AccountId, ChangeSource, Known};

use super::finding::Finding;
use super::review::listed;
use super::signature::vouched;
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "release.deployer-independent" => deployer(subject, explain),
        "release.approver-independent" => approver(subject, explain),
        "release.management-approved" => super::urgent::management(subject, explain),
        "release.emergency-reviewed" => super::urgent::emergency(subject, explain),
        "release.rollback" => super::tickets::shown_by(subject, "back-out", "the way back", explain),
        _ => protected(subject, explain),
    }
}

fn deployer(subject: &Subject<'_>, explain: bool) -> Finding {
    let Some(deployment) = subject.deployments().next() else {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The bundle holds no deployment of it to production.".into()
        });
    };
    let place = deployment.place;
    let environment = subject.store.text(deployment.environment);
    let label = || {
        format!(
            "deployment to {}",
            if environment.is_empty() { "an unnamed environment" } else { environment }
        )
    };
    let Some(creator) = deployment.creator else {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The deployment does not say who started it.".into()
        })
        .with(label, place);
    };
    if subject.took_part(creator) {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
            format!(
                "{} wrote or prompted the change and started its deployment.",
                subject.name(Some(creator))
            )
        })
        .with(label, place);
    }
    if subject.kind(Some(creator)).is_machine() {
        return Finding::new(Verdict::Unproven, Capture::SystemObserved, explain, || {
            format!("{} deployed it; who set that machine off is not on record.", subject.name(Some(creator)))
        })
        .with(label, place);
    }
    Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
        format!("{} started its deployment and took no part in writing it.", subject.name(Some(creator)))
    })
    .with(label, place)
}

fn approver(subject: &Subject<'_>, explain: bool) -> Finding {
    let of_deployments: Vec<AccountId> = subject
        .deployments()
        .filter_map(|deployment| deployment.approvers.as_deref())
        .flatten()
        .copied()
        .collect();
    if !of_deployments.is_empty() {
        let places = || subject.deployments().map(|deployment| deployment.place);
        let other = of_deployments
            .iter()
            .find(|approver| !subject.took_part(**approver) && !subject.kind(Some(**approver)).is_machine());
        return match other {
            Some(approver) => Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
                format!(
                    "{} approved its deployment and took no part in writing it.",
                    subject.name(Some(*approver))
                )
            }),
            None => Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
                format!(
                    "Its deployment was approved by no other person: {}.",
                    listed(of_deployments.iter().map(|id| subject.name(Some(*id))).collect())
                )
            }),
        }
        .with_all(places(), |place| ("approval of the deployment".into(), place));
    }
    of_merge(subject, explain)
}

/// Without a release approval, the decision to release is taken with the merge: by the merger, or by the approver before
/// a merge that the author then carries out.
fn of_merge(subject: &Subject<'_>, explain: bool) -> Finding {
    let merged_by = subject.change.merged_by;
    let place = subject.change.merged_by_place;
    let capture = subject.change.merged_by_capture.unwrap_or_default();
    let approval = subject.decisive_approvals().into_iter().find(|review| {
        subject.is_before_merge(review) == Some(true) && !subject.kind(review.author).is_machine()
    });
    if let Some(review) = approval {
        return Finding::new(Verdict::Met, Capture::SystemObserved, explain, || {
            format!(
                "{} approved it before the merge and took no part in writing it.",
                subject.name(review.author)
            )
        })
        .with(|| format!("approval by {}", subject.name(review.author)), review.place);
    }
    let lists = subject.change.lists;
    let reviews_known = lists.reviews && !lists.reviews_cut;
    match merged_by {
        Known::Is(merger) if subject.took_part(merger) => {
            let verdict = if reviews_known { Verdict::Unmet } else { Verdict::Unproven };
            Finding::new(verdict, capture, explain, || {
                let name = subject.name(Some(merger));
                if reviews_known {
                    format!("{name} wrote it and merged it, without an approval by anyone else.")
                } else {
                    format!(
                        "{name} wrote it and merged it; whether anyone else approved it is not in the bundle."
                    )
                }
            })
            .with(|| "who merged it".into(), place)
        }
        Known::Is(merger) if subject.kind(Some(merger)).is_machine() => {
            Finding::new(Verdict::Unproven, capture, explain, || {
                format!("{} merged it; on whose word is not on record.", subject.name(Some(merger)))
            })
            .with(|| "who merged it".into(), place)
        }
        Known::Is(merger) => Finding::new(Verdict::Met, capture, explain, || {
            format!("{} merged it and took no part in writing it.", subject.name(Some(merger)))
        })
        .with(|| "who merged it".into(), place),
        Known::Absent | Known::Nobody => Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "Who merged it is not on record.".into()
        }),
    }
}

fn protected(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    for statement in subject.statements() {
        let Some(controls) = &statement.controls else { continue };
        let is_of_it = statement.subjects.iter().any(|(_, digest)| *digest == subject.change.merge_commit);
        let state = vouched(subject, statement);
        if !is_of_it || !state.counts() {
            continue;
        }
        let in_force: Vec<&str> = controls
            .iter()
            .filter(|(_, since)| {
                since.zip(subject.change.merged).is_none_or(|(since, merged)| since <= merged)
            })
            .map(|(name, _)| store.text(*name))
            .collect();
        let verdict = if in_force.is_empty() { Verdict::Unmet } else { Verdict::Met };
        return Finding::new(verdict, state.capture(), explain, || match verdict {
            Verdict::Met => format!(
                "A statement about the merged revision names controls in force since before: {}; {}.",
                listed(in_force),
                state.words()
            ),
            _ => "A statement about the merged revision names no control that was in force.".into(),
        })
        .with(|| "source provenance".into(), statement.place);
    }
    let branch = store.text(subject.change.base_branch);
    let of_branch = store.protections.iter().find(|protection| {
        let name = store.text(protection.branch);
        let same_repository =
            protection.repository.is_empty() || protection.repository == subject.change.repository;
        same_repository
            && (name.is_empty()
                || name == "~DEFAULT_BRANCH"
                || name == "~ALL"
                || wildcard(name.trim_start_matches("refs/heads/"), branch))
    });
    if let Some(protection) = of_branch {
        if subject.change.source == ChangeSource::DirectCommit
            && store.changes.iter().any(|change| change.source == ChangeSource::Forge)
        {
            return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
                "It came to the branch past the protection: no change of the forge holds it.".into()
            })
            .with(|| "branch protection".into(), protection.place);
        }
        return Finding::new(Verdict::Unproven, Capture::SystemObserved, explain, || {
            let state = if protection.enforced { "is enforced" } else { "is not enforced" };
            format!(
                "The protection {state} as exported; an export shows its own moment, not that of the merge."
            )
        })
        .with(|| "branch protection".into(), protection.place);
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "The bundle holds no branch protection and no source provenance for it.".into()
    })
}
