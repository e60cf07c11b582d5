//! Lists that their export cut: the caps of GitHub's tools and interfaces, and what a length says.
//!
//! A list is certainly cut when the forge itself states a greater total; it seems cut when its length is exactly a cap and
//! no total is stated. Caps: `gh pr list --limit` (30 by default); 100 elements of each list inside a pull request of `gh`;
//! pages of 30 (default) or 100 elements of REST lists; 250 commits and 3000 files of a pull request, 300 files of a
//! comparison or commit, in REST; 1000 results of a search.

use crate::model::At;
use crate::model::Part;
use crate::problem::{Kind, Problem, Spot};

/// Elements of each list inside a pull request of `gh`.
pub const GH_NESTED: u64 = 100;
/// Commits of a pull request in REST.
pub const REST_COMMITS: u64 = 250;
/// Files of a pull request in REST.
pub const REST_FILES: u64 = 3000;
/// Files of a comparison or commit in REST.
pub const REST_COMPARED_FILES: u64 = 300;

/// Limits that people and tools ask `gh pr list` for, its default first.
const GH_LIMITS: [u64; 9] = [30, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
/// Sizes of one REST page: the default and the greatest.
const REST_PAGES: [u64; 2] = [30, 100];

/// What a length says about a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It has as many elements as the cap lets through.
    Likely {
        /// The cap.
        cap: u64,
    },
    /// The forge states more elements than are listed.
    Certain {
        /// Count of elements that the forge states.
        total: u64,
    },
}

/// Returns whether a list was cut, from its length, its cap and the total that the forge states beside it.
pub fn nested(listed: usize, cap: u64, total: Option<u64>) -> Option<Cut> {
    let listed = listed as u64;
    match total {
        Some(total) if total > listed => Some(Cut::Certain { total }),
        Some(_) => None,
        None => (listed == cap).then_some(Cut::Likely { cap }),
    }
}

/// Returns the limit that a list of `gh pr list` seems to have hit.
pub fn gh_limit(count: u64) -> Option<u64> {
    GH_LIMITS.into_iter().find(|&limit| limit == count)
}

/// Returns the size of the page that a REST list seems to be.
pub fn rest_page(count: u64) -> Option<u64> {
    REST_PAGES.into_iter().find(|&page| page == count)
}

/// Returns the problem of a cut list inside a record.
pub fn problem(at: &At, key: &'static str, listed: usize, cut: Cut) -> Problem {
    let (found, expected) = match cut {
        Cut::Likely { cap } => (
            format!("{key}: {listed} elements, exactly the most that the export gives; there may be more"),
            format!("fewer than {cap}, or a total that says the list is whole"),
        ),
        Cut::Certain { total } => (
            format!("{key}: {listed} of {total} elements; the others are not in the export"),
            format!("{total}"),
        ),
    };
    Problem::warning(Kind::Truncated, found)
        .expected(expected)
        .at(Spot::pointer(at.pointer(Some(Part::field(key))), at.start))
}

/// Returns the problem of a file whose list seems cut at `cap`.
pub fn file_problem(of: &str, count: u64, cap: u64, source: &str) -> Problem {
    Problem::warning(
        Kind::Truncated,
        format!("{count} {of}, exactly a limit of {source}; the list may go on beyond it"),
    )
    .expected(format!("a count other than {cap}, or the following pages in the same file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_total_decides_and_a_cap_only_hints() {
        assert_eq!(nested(100, 100, None), Some(Cut::Likely { cap: 100 }));
        assert_eq!(nested(99, 100, None), None);
        assert_eq!(nested(130, 100, None), None);
        assert_eq!(nested(100, 100, Some(100)), None);
        assert_eq!(nested(100, 100, Some(412)), Some(Cut::Certain { total: 412 }));
        assert_eq!(nested(3, 100, Some(4)), Some(Cut::Certain { total: 4 }));
    }
}
