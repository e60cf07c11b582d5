//! `tests.*`: whether tests ran on what was merged, whether they passed, who wrote them, and who validated them.

use crate::model::record::{Outcome, Register, ReviewState};
use crate::model::{ActorKind, AiInvolvement, Capture, Verdict};
use crate::store::{Entry, Place, Review, Session, TestRun, same_object};

use super::finding::Finding;
use super::review::{listed, short};
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "tests.ran" => ran(subject, explain),
        "tests.passed" => passed(subject, explain),
        "tests.independent" => independent(subject, explain),
        "tests.traced" => traced(subject, explain),
        _ => validated(subject, explain),
    }
}

fn label(subject: &Subject<'_>, test: &TestRun) -> (String, Place) {
    (format!("{}: {}", subject.store.text(test.name), test.outcome.word()), test.place)
}

/// Returns whether a run was on the merged revision: its last one, its merge commit, or by its record.
fn is_on_merged(subject: &Subject<'_>, test: &TestRun) -> bool {
    let store = subject.store;
    let commit = store.text(test.commit);
    commit.is_empty()
        || same_object(commit, store.text(subject.change.head))
        || same_object(commit, store.text(subject.change.merge_commit))
}

/// Returns the last conclusive run of each test on the merged revision: a rerun replaces what it repeats.
fn latest<'a>(subject: &Subject<'a>) -> Vec<&'a TestRun> {
    let is_conclusive = |test: &&TestRun| matches!(test.outcome, Outcome::Passed | Outcome::Failed);
    let on_merged = |test: &&TestRun| test.is_test && is_on_merged(subject, test);
    let mut runs: Vec<&TestRun> =
        subject.tests().iter().rev().filter(on_merged).filter(is_conclusive).collect();
    crate::order::sort_by_key(&mut runs, |run| run.name);
    runs.dedup_by_key(|run| run.name);
    runs
}

fn ran(subject: &Subject<'_>, explain: bool) -> Finding {
    let runs = latest(subject);
    if !runs.is_empty() {
        let capture = runs.iter().map(|run| run.bound).max().unwrap_or_default();
        return Finding::new(Verdict::Met, capture, explain, || {
            format!(
                "Ran on the merged revision: {}.",
                listed(runs.iter().map(|run| subject.store.text(run.name)).collect())
            )
        })
        .with_all(runs.iter(), |run| label(subject, run));
    }
    let tests: Vec<&TestRun> = subject.tests().iter().filter(|test| test.is_test).collect();
    let elsewhere = tests.iter().find(|test| !is_on_merged(subject, test));
    if let Some(test) = elsewhere {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
            format!(
                "Tests ran on {}, which is not the merged revision.",
                short(subject.store.text(test.commit))
            )
        })
        .with_all(tests.iter(), |test| label(subject, test));
    }
    let lists = subject.change.lists;
    if !tests.is_empty() || lists.checks && !lists.checks_cut {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
            if tests.is_empty() {
                "The export lists its checks, and no test is among them.".into()
            } else {
                "Its tests were skipped or never ended.".into()
            }
        })
        .with(|| "the change's list of checks".into(), subject.change.place.field("statusCheckRollup"))
        .with_all(tests.iter(), |test| label(subject, test));
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "The bundle holds no test result for the merged revision.".into()
    })
}

fn passed(subject: &Subject<'_>, explain: bool) -> Finding {
    let runs = latest(subject);
    let failed: Vec<&&TestRun> = runs.iter().filter(|run| run.outcome == Outcome::Failed).collect();
    if !failed.is_empty() {
        return Finding::new(Verdict::Unmet, Capture::SystemObserved, explain, || {
            format!(
                "Failed on the merged revision: {}.",
                listed(failed.iter().map(|run| subject.store.text(run.name)).collect())
            )
        })
        .with_all(failed.iter(), |run| label(subject, run));
    }
    if !runs.is_empty() {
        let capture = runs.iter().map(|run| run.bound).max().unwrap_or_default();
        return Finding::new(Verdict::Met, capture, explain, || {
            format!("All {} tests on the merged revision passed.", runs.len())
        })
        .with_all(runs.iter(), |run| label(subject, run));
    }
    if ran(subject, false).verdict == Verdict::Unmet {
        return Finding::new(Verdict::NotApplicable, Capture::SystemObserved, explain, || {
            "No test ran on the merged revision, so none could pass; tests.ran tells that.".into()
        });
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "The bundle holds no test result for the merged revision.".into()
    })
}

fn independent(subject: &Subject<'_>, explain: bool) -> Finding {
    match subject.ai {
        AiInvolvement::None => {
            return Finding::new(Verdict::NotApplicable, Capture::SelfTyped, explain, || {
                "It is on record that AI took no part.".into()
            });
        }
        AiInvolvement::Unknown => {
            return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
                "Nothing in the bundle shows whether AI took part, in code or tests.".into()
            });
        }
        AiInvolvement::Assisted | AiInvolvement::Generated => {}
    }
    if !subject.change.lists.files || subject.change.lists.files_cut {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "Which files it changed is not fully on record.".into()
        });
    }
    let store = subject.store;
    let tests: Vec<_> = subject.files().iter().filter(|file| store.paths.is_test(file.path)).collect();
    if tests.is_empty() {
        let runs = latest(subject);
        let verdict = if runs.is_empty() { Verdict::Unproven } else { Verdict::Met };
        return Finding::new(verdict, Capture::SystemObserved, explain, || match verdict {
            Verdict::Met => "It changes no test, so the tests that ran on it are older than it.".into(),
            _ => "It changes no test, and no test is known to have run on it.".into(),
        })
        .with_all(runs.iter(), |run| label(subject, run));
    }
    let attributed: Vec<&Session> = subject.ai_sessions().filter(|session| session.lines > 0).collect();
    if attributed.is_empty() {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "It changes tests, and no record says which lines of them AI wrote.".into()
        });
    }
    let added: Option<u64> = tests.iter().map(|file| file.additions.map(u64::from)).sum();
    let by_ai: u64 = attributed.iter().map(|session| u64::from(session.test_lines)).sum();
    let wrote_both =
        attributed.iter().any(|session| session.test_lines > 0 && session.lines > session.test_lines);
    let wrote_all = added.is_none_or(|added| by_ai >= added);
    if wrote_both && wrote_all && by_ai > 0 {
        return Finding::new(Verdict::Unmet, Capture::SelfTyped, explain, || {
            format!("The session that wrote the code wrote its tests too: {by_ai} lines of them.")
        })
        .with_all(attributed.iter(), |session| (session.source.word().to_owned(), session.place));
    }
    let capture = attributed.iter().map(|session| session.capture).min().unwrap_or_default();
    Finding::new(Verdict::Met, capture, explain, || match by_ai {
        0 => "No line of its tests is attributed to AI.".into(),
        _ => format!("Of its tests, {by_ai} lines are attributed to AI, and others are not by the session that wrote the code."),
    })
    .with_all(attributed.iter(), |session| (session.source.word().to_owned(), session.place))
}

fn traced(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let rows: Vec<&Entry> = subject.entries(Register::Trace).collect();
    if rows.is_empty() {
        return Finding::unproven(explain, "The bundle traces no requirement of it to a test.");
    }
    let capture = rows.iter().map(|row| row.capture).max().unwrap_or_default();
    let told = |verdict, words: &dyn Fn() -> String| {
        Finding::new(verdict, capture, explain, words)
            .with_all(rows.iter(), |row| (format!("requirement {}", store.text(row.subject)), row.place))
    };
    let is_tested = |row: &&&Entry| !row.detail.is_empty();
    let untested: Vec<&str> =
        rows.iter().filter(|row| !is_tested(row)).map(|row| store.text(row.subject)).collect();
    if !untested.is_empty() {
        return told(Verdict::Unmet, &|| {
            format!("Requirements without a test: {}.", listed(untested.clone()))
        });
    }
    // A matrix by requirement must hold each of its tickets; one that names the change speaks for all of it.
    let names_change = rows.iter().any(|row| !row.target.is_empty());
    let open: Vec<&str> = subject
        .tickets()
        .filter(|ticket| !rows.iter().any(|row| row.subject == ticket.id))
        .map(|ticket| store.text(ticket.id))
        .collect();
    if !names_change && !open.is_empty() {
        return told(Verdict::Unproven, &|| format!("The matrix does not hold {}.", listed(open.clone())));
    }
    told(Verdict::Met, &|| {
        let tests = rows.iter().map(|row| store.text(row.detail)).collect();
        format!("{} requirements are traced to tests: {}.", rows.len(), listed(tests))
    })
}

fn validated(subject: &Subject<'_>, explain: bool) -> Finding {
    let words = u32::try_from(subject.policy.depth.substance_words).unwrap_or(u32::MAX);
    let by_other = |review: &&Review| {
        review.author.is_some_and(|author| {
            !subject.took_part(author) && subject.kind(Some(author)) == ActorKind::Human
        })
    };
    let speaks = |review: &&Review| {
        review.mentions_tests && review.words >= words && review.state != ReviewState::Dismissed
    };
    let in_time = |review: &&Review| subject.is_before_merge(review) != Some(false);
    if let Some(review) = subject.reviews().iter().filter(by_other).filter(speaks).find(in_time) {
        return Finding::new(Verdict::Met, Capture::HumanAttested, explain, || {
            format!(
                "{}, who did not write it, wrote about its tests in a review.",
                subject.name(review.author)
            )
        })
        .with(|| format!("review by {}", subject.name(review.author)), review.place);
    }
    let lists = subject.change.lists;
    let changes_tests = subject.files().iter().any(|file| subject.store.paths.is_test(file.path));
    if lists.files && !lists.files_cut && !changes_tests && !latest(subject).is_empty() {
        return Finding::new(Verdict::NotApplicable, Capture::SystemObserved, explain, || {
            "It changes no test.".into()
        });
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "No statement of a named human on its tests is on record.".into()
    })
}
