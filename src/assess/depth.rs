//! `review.depth`: an indicator of whether a review was deep enough for the size and risk of its change (design §8).
//!
//! Inputs: time from the last push or the request to the approval, changed lines, comments with substance, rounds, and
//! commits that came after the first review. Only inputs that the export has are used; when they decide nothing, the
//! verdict is unproven. It indicates effort, not understanding.

use crate::model::{Capture, Moment, Verdict};
use crate::store::Review;

use super::finding::Finding;
use super::subject::Subject;

/// How deep a review was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// An approval and nothing else, or a risky change without a comment of substance.
    Nominal,
    /// Too fast, or too much at once.
    Shallow,
    /// In proportion to the change.
    Adequate,
    /// With substance, in more than one round or with changes made after it.
    Deep,
}

impl Depth {
    /// Returns the word that people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nominal => "nominal",
            Self::Shallow => "shallow",
            Self::Adequate => "adequate",
            Self::Deep => "deep",
        }
    }
}

/// How the class comes from the inputs, for whoever reads a report.
const FORMULA: &str = "each limit that is passed presses it down; nominal: nothing of substance, or a risky change without a comment of substance; shallow: substance, and pressed down; adequate: substance, and not pressed; deep: adequate, with several reviews or commits after the first one; the deepest review counts";

/// What is known of the review that ended in one approval.
struct Inputs {
    /// Milliseconds from the last push before the approval, or the request, to the approval.
    elapsed: Option<i64>,
    lines: Option<u64>,
    /// Comments with substance by people other than the writers, before the merge.
    substantive: usize,
    line_comments: u64,
    /// Reviews by people other than the writers, before the merge.
    rounds: usize,
    /// Commits after the first of them.
    changes_after: usize,
    is_risky: Option<bool>,
}

/// Decides `review.depth`.
pub fn decide(subject: &Subject<'_>, explain: bool) -> Finding {
    let approvals = subject.decisive_approvals();
    let in_time = approvals.iter().copied().filter(|review| subject.is_before_merge(review) != Some(false));
    let judged = in_time.map(|review| {
        let inputs = inputs(subject, review);
        let (depth, reasons) = classify(subject, &inputs, explain);
        (depth, review, inputs, reasons)
    });
    // The deepest review counts: a second person's quick approval takes nothing from the first one's work.
    let Some((depth, review, inputs, reasons)) = judged.max_by_key(|(depth, ..)| *depth) else {
        return without_review(subject, approvals.is_empty(), explain);
    };
    let verdict = verdict(depth, &reasons, &inputs);
    let finding = Finding::new(verdict, Capture::SystemObserved, explain, || {
        words(subject, depth, review, &reasons, &inputs, verdict)
    });
    let finding = with_inputs(finding, subject, depth, &inputs).input(
        "changes of others that the reviewer had that day",
        || {
            let on = review.author.zip(review.submitted);
            let day = on.map(|(author, at)| subject.store.load.on(subject.store.person(author), at).changes);
            day.map_or_else(|| "not in the export".into(), |count| count.to_string())
        },
    );
    finding.with(|| format!("approval by {}", subject.name(review.author)), review.place)
}

fn without_review(subject: &Subject<'_>, no_approval: bool, explain: bool) -> Finding {
    let lists = subject.change.lists;
    if lists.reviews && !lists.reviews_cut {
        return Finding::new(Verdict::NotApplicable, Capture::SystemObserved, explain, || {
            if no_approval {
                "There is no independent approval whose depth could be judged.".into()
            } else {
                "Every independent approval came after the merge; review.before-merge tells that.".into()
            }
        });
    }
    Finding::new(Verdict::Unproven, Capture::Inferred, explain, || {
        "The bundle does not hold the whole list of its reviews.".into()
    })
}

fn inputs(subject: &Subject<'_>, approval: &Review) -> Inputs {
    let until = subject.change.merged;
    let reviews: Vec<&Review> = subject
        .reviews()
        .iter()
        .filter(|review| review.author.is_some_and(|author| !subject.took_part(author)))
        .filter(|review| !subject.kind(review.author).is_machine())
        .filter(|review| until.is_none_or(|until| review.submitted.is_none_or(|at| at <= until)))
        .collect();
    let words = u32::try_from(subject.policy.depth.substance_words).unwrap_or(u32::MAX);
    let first = reviews.iter().filter_map(|review| review.submitted).min();
    let pushes = || subject.commits().filter_map(|commit| commit.committed);
    let last_push = approval.submitted.and_then(|at| pushes().filter(|push| *push <= at).max());
    let since: Option<Moment> = last_push.max(subject.change.created);
    Inputs {
        elapsed: approval.submitted.zip(since).map(|(at, since)| at.since(since)),
        lines: subject.lines(),
        substantive: reviews
            .iter()
            .filter(|review| review.words >= words || review.line_comments.unwrap_or(0) > 0)
            .count(),
        line_comments: reviews.iter().map(|review| u64::from(review.line_comments.unwrap_or(0))).sum(),
        // Each comment on a line is a record of its own in REST; the review that they were sent with is one more.
        rounds: reviews.iter().filter(|review| review.line_comments.is_none()).count(),
        changes_after: first.map_or(0, |first| pushes().filter(|push| *push > first).count()),
        is_risky: subject.is_risky(),
    }
}

/// Returns the class, and what pressed it down; the words are only made if they are asked for.
fn classify(subject: &Subject<'_>, inputs: &Inputs, explain: bool) -> (Depth, Vec<String>) {
    let limits = &subject.policy.depth;
    let mut reasons = Vec::new();
    let mut press = |applies: bool, words: &dyn Fn() -> String| {
        if applies {
            reasons.push(if explain { words() } else { String::new() });
        }
    };
    if let Some(elapsed) = inputs.elapsed {
        #[expect(clippy::cast_precision_loss, reason = "times and counts of lines are far below 2^52")]
        let (seconds, lines) = (elapsed.max(0) as f64 / 1000.0, inputs.lines.unwrap_or(0) as f64);
        press(seconds <= limits.instant_seconds as f64, &|| {
            format!(
                "approved {} after the last push or request, limit {} s",
                span(elapsed),
                limits.instant_seconds
            )
        });
        if inputs.lines.is_some() && lines > 0.0 {
            let hourly = lines * 3600.0 / seconds.max(1.0);
            press(hourly > limits.lines_per_hour, &|| {
                format!(
                    "{lines:.0} lines in {} is {hourly:.0} an hour, limit {:.0}",
                    span(elapsed),
                    limits.lines_per_hour
                )
            });
            press(seconds < lines * limits.seconds_per_line, &|| {
                format!("less than {} s a line", limits.seconds_per_line)
            });
        }
    }
    let in_one_sitting =
        inputs.rounds <= 1 && inputs.lines.is_some_and(|lines| lines > limits.lines_per_sitting);
    press(in_one_sitting, &|| {
        format!("{} lines in one sitting, limit {}", inputs.lines.unwrap_or(0), limits.lines_per_sitting)
    });
    let is_bare = inputs.substantive == 0;
    if is_bare && inputs.is_risky == Some(true) {
        press(true, &|| "a risky change without a comment of substance".into());
        return (Depth::Nominal, reasons);
    }
    let depth = match (reasons.is_empty(), is_bare) {
        (false, true) => Depth::Nominal,
        (false, false) => Depth::Shallow,
        (true, true) => Depth::Nominal,
        (true, false) if inputs.rounds > 1 || inputs.changes_after > 0 => Depth::Deep,
        (true, false) => Depth::Adequate,
    };
    (depth, reasons)
}

fn verdict(depth: Depth, reasons: &[String], inputs: &Inputs) -> Verdict {
    if !reasons.is_empty() {
        return Verdict::Unmet;
    }
    match depth {
        Depth::Adequate | Depth::Deep => Verdict::Met,
        // An approval without words is enough for a small change of low risk that had its time.
        _ if inputs.is_risky == Some(false) && inputs.elapsed.is_some() => Verdict::Met,
        _ => Verdict::Unproven,
    }
}

fn words(
    subject: &Subject<'_>,
    depth: Depth,
    review: &Review,
    reasons: &[String],
    inputs: &Inputs,
    verdict: Verdict,
) -> String {
    let name = subject.name(review.author);
    match verdict {
        Verdict::Unmet => {
            format!("The deepest review, by {name}, is {}: {}.", depth.word(), reasons.join("; "))
        }
        Verdict::Met if depth == Depth::Nominal => format!(
            "{name} left nothing but an approval, which is enough for a change of this size and risk."
        ),
        Verdict::Met => format!(
            "The deepest review, by {name}, is {}: {} with substance in {} reviews.",
            depth.word(),
            inputs.substantive,
            inputs.rounds
        ),
        _ => format!(
            "{name} left nothing but an approval, and the export does not hold the size of the change or its times."
        ),
    }
}

fn with_inputs(finding: Finding, subject: &Subject<'_>, depth: Depth, inputs: &Inputs) -> Finding {
    let limits = &subject.policy.depth;
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "not in the export".into());
    finding
        .input("class", || depth.word().into())
        .input("time from last push or request", || or_unknown(inputs.elapsed.map(span)))
        .input("changed lines", || or_unknown(inputs.lines.map(|lines| lines.to_string())))
        .input("of these AI-written", || or_unknown(subject.ai_lines().map(|lines| lines.to_string())))
        .input("reviews by others before the merge", || inputs.rounds.to_string())
        .input("of these with substance", || inputs.substantive.to_string())
        .input("comments on lines", || inputs.line_comments.to_string())
        .input("commits after the first review", || inputs.changes_after.to_string())
        .input("risky", || or_unknown(inputs.is_risky.map(|risky| if risky { "yes".into() } else { "no".into() })))
        .input("formula", || FORMULA.into())
        .input("limits", || {
            format!(
                "{} lines an hour; {} lines in one sitting; {} s a line; {} s after the last push; risky from {} lines or on sensitive paths; substance from {} words",
                limits.lines_per_hour, limits.lines_per_sitting, limits.seconds_per_line, limits.instant_seconds, limits.risky_lines, limits.substance_words
            )
        })
}

/// Writes a span of milliseconds in the largest fitting units.
fn span(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
