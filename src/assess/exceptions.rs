//! Exceptions of the policy: a valid, unexpired one turns what is unmet or unproven into `excepted`.

use crate::model::Verdict;
use crate::policy::Exception;
use crate::store::same_object;

use super::finding::Finding;
use super::subject::Subject;

/// Applies the first exception that covers a finding.
pub fn apply(criterion: &str, subject: &Subject<'_>, finding: Finding, explain: bool) -> Finding {
    if !matches!(finding.verdict, Verdict::Unmet | Verdict::Unproven) || subject.policy.exceptions.is_empty()
    {
        return finding;
    }
    let Some(exception) =
        subject.policy.exceptions.iter().find(|exception| covers(exception, criterion, subject))
    else {
        return finding;
    };
    let was = finding.verdict;
    let reason = if explain {
        let until = exception.until.map_or_else(String::new, crate::model::Moment::date);
        let control = if exception.compensating_control.is_empty() {
            String::new()
        } else {
            format!(" Compensating control: {}.", exception.compensating_control.trim_end_matches('.'))
        };
        format!(
            "Exception {} of {}, until {until}: {}.{control} Without it: {}. {}",
            exception.id,
            exception.owner,
            exception.reason.trim_end_matches('.'),
            was.word(),
            finding.reason
        )
    } else {
        String::new()
    };
    finding.turned(Verdict::Excepted, reason)
}

/// Returns whether an exception has an owner, a reason, a compensating control and an end, and is in force.
pub fn is_valid(exception: &Exception, now: Option<crate::model::Moment>) -> bool {
    let is_complete = !exception.owner.is_empty()
        && !exception.reason.is_empty()
        && !exception.compensating_control.is_empty();
    let in_force = exception.until.zip(now).is_some_and(|(until, now)| now < until)
        && exception.from.is_none_or(|from| now.is_some_and(|now| now >= from));
    is_complete && in_force
}

fn covers(exception: &Exception, criterion: &str, subject: &Subject<'_>) -> bool {
    is_valid(exception, subject.now)
        && exception.criteria.iter().any(|pattern| {
            pattern == criterion
                || pattern
                    .strip_suffix(".*")
                    .is_some_and(|family| criterion.split('.').next() == Some(family))
        })
        && exception.changes.iter().any(|name| names(name, subject))
}

/// Returns whether `owner/name#12`, `#12` or a commit names the change.
fn names(name: &str, subject: &Subject<'_>) -> bool {
    let (store, change) = (subject.store, subject.change);
    if let Some((repository, number)) = name.rsplit_once('#') {
        let same_repository =
            repository.is_empty() || repository.eq_ignore_ascii_case(store.text(change.repository));
        return same_repository && change.number > 0 && number.parse() == Ok(change.number);
    }
    same_object(name, store.text(change.merge_commit)) || same_object(name, store.text(change.head))
}
