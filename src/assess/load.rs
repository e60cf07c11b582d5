//! `review.load`: an indicator of whether a reviewer had too much to review on the day of the approval.
//!
//! Counted are the changes of others that the reviewer reviewed on that day (UTC), and their changed lines, over all that
//! the bundle holds; what it does not hold may come on top.

use crate::model::{Capture, Moment, Verdict};
use crate::store::Review;
use crate::store::load::Day;

use super::finding::Finding;
use super::subject::Subject;

/// One approval and its reviewer's day.
struct Judged<'a> {
    review: &'a Review,
    at: Moment,
    day: Day,
    verdict: Verdict,
}

/// Decides `review.load`.
pub fn decide(subject: &Subject<'_>, explain: bool) -> Finding {
    let lists = subject.change.lists;
    let approvals = subject.decisive_approvals();
    let in_time: Vec<&Review> =
        approvals.iter().copied().filter(|review| subject.is_before_merge(review) != Some(false)).collect();
    if in_time.is_empty() {
        if !lists.reviews || lists.reviews_cut {
            return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
                "The bundle does not hold the whole list of its reviews.".into()
            });
        }
        return Finding::new(Verdict::NotApplicable, Capture::SystemObserved, explain, || {
            "There is no independent approval before the merge; review.independent and review.before-merge tell that."
                .into()
        });
    }
    let judged = in_time.iter().filter_map(|review| judge(subject, review));
    // The least loaded reviewer counts: a second person's approval on a busy day takes nothing from the first one's.
    let Some(best) = judged.min_by_key(|judged| (judged.verdict, judged.day.changes, judged.day.lines))
    else {
        return Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
            "The export does not say when it was approved.".into()
        });
    };
    let name = subject.name(best.review.author);
    let finding = Finding::new(best.verdict, Capture::SystemObserved, explain, || {
        let day = best.at.date();
        match best.verdict {
            Verdict::Met => format!("{name} reviewed {} on {day} in this bundle.", words(best.day)),
            Verdict::Unmet => {
                format!(
                    "{name} reviewed {} on {day}, more than the policy takes for one day.",
                    words(best.day)
                )
            }
            _ => format!(
                "{name} reviewed {} on {day}; how large all of them are is not on record.",
                words(best.day)
            ),
        }
    });
    let limits = &subject.policy.duties;
    finding
        .input("changes reviewed that day", || best.day.changes.to_string())
        .input("changed lines of them", || best.day.lines.to_string())
        .input("of unknown size", || best.day.unsized_changes.to_string())
        .input("limits", || {
            format!("{} changes and {} lines a day (UTC)", limits.reviews_per_day, limits.lines_per_day)
        })
        .with(|| format!("approval by {name}"), best.review.place)
}

fn judge<'a>(subject: &Subject<'_>, review: &'a Review) -> Option<Judged<'a>> {
    let at = review.submitted?;
    let day = subject.store.load.on(subject.store.person(review.author?), at);
    let limits = &subject.policy.duties;
    let verdict = if day.changes > limits.reviews_per_day || day.lines > limits.lines_per_day {
        Verdict::Unmet
    } else if day.unsized_changes > 0 {
        Verdict::Unproven
    } else {
        Verdict::Met
    };
    Some(Judged { review, at, day, verdict })
}

fn words(day: Day) -> String {
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    format!(
        "{} change{} with {} changed line{}",
        day.changes,
        plural(day.changes),
        day.lines,
        plural(day.lines)
    )
}
