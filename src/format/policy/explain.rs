//! Problems of a policy as an editor or a terminal shows them: line, column, path of the key, and what to do.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::parse;
use crate::assess::registry::CRITERIA;
use crate::policy::Policy;
use crate::problem::{Kind, Problem};
use crate::protocol::PolicyProblem;

/// Parses a policy like [`parse`], and says of each problem where it is to the column and what to do.
pub fn explain(text: &str, path: &str) -> (Policy, Vec<PolicyProblem>) {
    let (policy, problems) = parse(text, path);
    (policy, locate(text, &problems))
}

/// Says of each problem of a text where it is to the column and what to do.
pub fn locate(text: &str, problems: &[Problem]) -> Vec<PolicyProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (root, _) = DeTable::parse_recoverable(text);
    problems.iter().map(|problem| located(text, root.get_ref(), problem)).collect()
}

fn located(text: &str, root: &DeTable<'_>, problem: &Problem) -> PolicyProblem {
    let at = usize::try_from(problem.at.offset).unwrap_or(usize::MAX).min(text.len());
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    // The key of a problem of syntax is whatever was read by mistake.
    let key =
        if problem.kind == Kind::Malformed { String::new() } else { path_at(root, at).unwrap_or_default() };
    PolicyProblem {
        severity: problem.severity,
        line: problem.at.line.max(1),
        column: before.get(line_start..).map_or(0, |part| part.chars().count()) as u64 + 1,
        hint: hint(problem, &key),
        key,
        found: problem.found.clone(),
        expected: problem.expected.clone(),
    }
}

/// Returns the path of the key that an offset is at: the deepest whose name or value is there.
fn path_at(table: &DeTable<'_>, at: usize) -> Option<String> {
    for (key, value) in table {
        let name = key.get_ref();
        if let Some(rest) = within(value, at) {
            return Some(format!("{name}{rest}"));
        }
        if key.span().contains(&at) {
            return Some(name.to_string());
        }
    }
    None
}

fn within(value: &Spanned<DeValue<'_>>, at: usize) -> Option<String> {
    let inner = match value.get_ref() {
        DeValue::Table(table) => path_at(table, at).map(|rest| format!(".{rest}")),
        DeValue::Array(list) => list
            .iter()
            .enumerate()
            .find_map(|(index, element)| within(element, at).map(|rest| format!("[{index}]{rest}"))),
        _ => None,
    };
    inner.or_else(|| value.span().contains(&at).then(String::new))
}

fn hint(problem: &Problem, key: &str) -> String {
    match problem.kind {
        Kind::Unrecognised => match nearest(problem) {
            Some(near) => format!("Did you mean {near}?"),
            None => "docs/policy.md lists what can stand here; nothing like it is known.".to_owned(),
        },
        Kind::Malformed => "Until this is right, none of the policy is read.".to_owned(),
        Kind::WrongType if key.is_empty() => "Until it is right, the default stands.".to_owned(),
        Kind::WrongType => format!("Until {key} is right, its default stands."),
        Kind::MissingField => format!("Add it to this table: {}.", problem.expected),
        Kind::Duplicate => "The first one stands; give the second an id of its own.".to_owned(),
        _ => String::new(),
    }
}

/// Returns the known name that an unknown one is most like, if it is like any.
fn nearest(problem: &Problem) -> Option<String> {
    let word = problem.found.split_once('“')?.1.split_once('”')?.0;
    let listed = problem.expected.rsplit(" family ").next().unwrap_or_default().split(", ");
    let criteria = CRITERIA.iter().map(|criterion| criterion.id);
    let known: Vec<&str> =
        if problem.found.starts_with("the criterion") { criteria.collect() } else { listed.collect() };
    // A third of the letters may be wrong: less like it is another word.
    let most = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|known| !known.is_empty())
        .map(|known| (strsim::osa_distance(word, known), known))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, known)| known.to_owned())
}
