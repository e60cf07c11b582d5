//! Which system a change belongs to, by the rules of the policy, and why.

use crate::policy::{Policy, System, wildcard};
use crate::store::Store;

use super::subject::Subject;

/// The most systems that are told apart; the rules of further ones narrow nothing.
pub const MOST_SYSTEMS: usize = 64;

/// Whether a change belongs to a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// No rule fits it.
    Out,
    /// A rule may fit it: the bundle does not hold what it looks at.
    Unknown,
    /// A rule fits it.
    In,
}

/// Returns the systems that the policy has rules for, each once, sorted.
pub fn tags(policy: &Policy) -> Vec<String> {
    let mut tags: Vec<String> = policy.systems.iter().map(|system| system.tag.clone()).collect();
    crate::order::sort(&mut tags);
    tags.dedup();
    tags.truncate(MOST_SYSTEMS);
    tags
}

/// Returns a bit for each system that a change is known not to belong to, in the order of [`tags`].
pub fn beyond(subject: &Subject<'_>) -> u64 {
    if subject.policy.systems.is_empty() {
        return 0;
    }
    let out = |tag: &String| membership(subject, tag).0 == Membership::Out;
    tags(subject.policy).iter().zip(0..64).fold(0, |bits, (tag, bit)| bits | u64::from(out(tag)) << bit)
}

/// Returns whether a change belongs to a system that the policy has rules for, with the reason in words.
pub fn membership(subject: &Subject<'_>, tag: &str) -> (Membership, String) {
    let rules = subject.policy.systems.iter().filter(|system| system.tag == tag);
    let best = rules
        .map(|rule| of_rule(subject, rule))
        .reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.unwrap_or((Membership::Unknown, "the policy has no rule for it".to_owned()))
}

/// What a list of a rule is about, its patterns, and what the bundle knows of the change.
type Listed<'a> = (&'a str, &'a [String], Option<Vec<String>>);

/// Returns how a change stands to one rule: each list that says anything must have an entry that fits.
fn of_rule(subject: &Subject<'_>, rule: &System) -> (Membership, String) {
    let (store, change) = (subject.store, subject.change);
    let one = |text: &str| if text.is_empty() { None } else { Some(vec![text.to_owned()]) };
    let paths = change
        .lists
        .files
        .then(|| subject.files().iter().map(|file| store.text(file.path).to_owned()).collect());
    let labels = change.lists.labels.then(|| texts(store, change.labels.of(&store.labels_of)));
    let lists: [Listed<'_>; 4] = [
        ("repository", &rule.repositories, one(store.text(change.repository))),
        ("branch", &rule.branches, one(store.text(change.base_branch))),
        ("path", &rule.paths, paths.filter(|_| !change.lists.files_cut)),
        ("label", &rule.labels, labels),
    ];
    let mut reasons = Vec::new();
    let mut membership = Membership::In;
    for (noun, patterns, known) in lists.into_iter().filter(|(_, patterns, _)| !patterns.is_empty()) {
        let Some(known) = known else {
            membership = membership.min(Membership::Unknown);
            reasons.push(format!("its {noun} is not in the bundle, so it is not left out"));
            continue;
        };
        let fits = |text: &String| patterns.iter().find(|pattern| wildcard(pattern, text));
        match known.iter().find_map(|text| Some((text, fits(text)?))) {
            Some((text, pattern)) => reasons.push(format!("{noun} {text} fits {pattern}")),
            None => return (Membership::Out, format!("no {noun} fits {}", patterns.join(", "))),
        }
    }
    (membership, reasons.join("; "))
}

fn texts(store: &Store, ids: &[crate::store::Text]) -> Vec<String> {
    ids.iter().map(|id| store.text(*id).to_owned()).collect()
}
