//! Who owns the paths of a change by CODEOWNERS.

use crate::model::record::Register;
use crate::store::{AccountId, Entry, Person, Store};

use super::subject::Subject;

/// The owners of the paths of a change.
pub(super) enum Owners<'a> {
    /// They are not known, and why.
    Unknown(&'static str),
    /// Each owned path with its owners as the file writes them, and the file.
    Known(Vec<(&'a str, &'a str)>, &'a Entry),
}

/// Returns the owners of the paths of a change.
pub(super) fn of<'a>(subject: &Subject<'a>) -> Owners<'a> {
    let store = subject.store;
    let files = store.registers.all(Register::CodeOwners);
    let repository = store.text(subject.change.repository).rsplit('/').next().unwrap_or_default();
    let names = |entry: &&Entry| {
        let path = store.locate(entry.place).map_or("", |(file, ..)| file.path.as_str());
        !repository.is_empty() && path.split('/').any(|part| part.eq_ignore_ascii_case(repository))
    };
    let file = match files {
        [] => return Owners::Unknown("the bundle names no code owners"),
        [only] => only,
        several => match several.iter().filter(names).collect::<Vec<_>>().as_slice() {
            [one] => *one,
            _ => return Owners::Unknown("several files of code owners fit it"),
        },
    };
    let Some(paths) = subject.paths() else {
        return Owners::Unknown("which files it changed is not fully on record");
    };
    if file.is_cut {
        return Owners::Unknown("the file of code owners was not read to its end");
    }
    let lines = store.registers.items(file);
    let owned = paths.filter_map(|path| {
        // The last line that fits decides.
        let line = lines.iter().rev().find(|line| fits(store.text(line.name), path))?;
        Some((path, store.text(line.detail))).filter(|(_, owners)| !owners.is_empty())
    });
    Owners::Known(owned.collect(), file)
}

/// Returns whether a person is one of some owners; `None` where a team is among them whose members are not on record.
pub(super) fn is_owner(store: &Store, person: &Person, owners: &str) -> Option<bool> {
    let mut unknown = false;
    for owner in owners.split_whitespace() {
        let bare = owner.trim_start_matches('@');
        let is_own = |id: &AccountId| {
            store.accounts.get(id.index()).is_some_and(|account| {
                [account.login, account.email].iter().any(|text| store.text(*text).eq_ignore_ascii_case(bare))
            })
        };
        if person.accounts.iter().any(is_own) || has_team(person, bare) {
            return Some(true);
        }
        unknown |= bare.contains('/') && !store.persons.iter().any(|other| has_team(other, bare));
    }
    if unknown { None } else { Some(false) }
}

/// A team is a role of its members: `@acme/core`, `acme/core` or `core`.
fn has_team(person: &Person, team: &str) -> bool {
    let Some((_, short)) = team.split_once('/') else { return false };
    person.roles.iter().any(|role| {
        let role = role.trim_start_matches('@');
        role.eq_ignore_ascii_case(team) || role.eq_ignore_ascii_case(short)
    })
}

/// Returns whether a pattern of CODEOWNERS fits a path, by the rules of `.gitignore` that it follows.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let pattern = pattern.replace("\\ ", " ");
    let is_folder = pattern.ends_with('/');
    let inner = pattern.trim_end_matches('/').trim_start_matches('/');
    let is_anchored = pattern.starts_with('/') || inner.contains('/');
    let pattern: Vec<&str> = inner.split('/').filter(|part| !part.is_empty()).collect();
    let parts: Vec<&str> = path.split('/').collect();
    let starts = if is_anchored { 0..1 } else { 0..parts.len() };
    starts.into_iter().any(|from| matches(&pattern, &parts[from..], is_folder))
}

/// Matches part by part; what is left of the path is inside a folder that fits, except below `*`.
fn matches(pattern: &[&str], path: &[&str], is_folder: bool) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => !is_folder,
        (None, Some(_)) => true,
        (Some((&"**", rest)), _) => {
            rest.is_empty() && !path.is_empty()
                || (0..=path.len()).any(|from| matches(rest, &path[from..], is_folder))
        }
        (Some(_), None) => false,
        // `docs/*` owns files in it and not what is deeper.
        (Some((&"*", [])), Some((_, rest))) => rest.is_empty() != is_folder,
        (Some((part, rest)), Some((name, inner))) => {
            crate::policy::fits(part.as_bytes(), name.as_bytes(), b'*', |a, b| a == b || *a == b'?')
                && matches(rest, inner, is_folder)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_as_the_forges_document_them() {
        for (pattern, path) in [
            ("*", "a/b/c.rs"),
            ("*.js", "web/app.js"),
            ("/build/logs/", "build/logs/a/b.txt"),
            ("docs/*", "docs/a.md"),
            ("apps/", "x/apps/y/z.rs"),
            ("/docs/", "docs/a/b.md"),
            ("/scripts", "scripts/run.sh"),
            ("**/logs", "build/logs/x.log"),
            ("src/**/tests", "src/a/b/tests/c.rs"),
            ("/Cargo.toml", "Cargo.toml"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("docs/*", "docs/a/b.md"),
            ("/docs/", "x/docs/a.md"),
            ("*.js", "web/app.jsx"),
            ("/Cargo.toml", "a/Cargo.toml"),
            ("apps/", "apps"),
            ("src/pay", "src/payment/a.rs"),
            ("*.RS", "a.rs"),
        ] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends() {
        let pattern = "**/".repeat(12) + "x";
        assert!(!fits(&pattern, &"a/".repeat(12)));
    }
}
