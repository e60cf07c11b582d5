//! Lists and objects of GitHub's REST interface (version 2022-11-28), as `gh api`, curl or a webhook bring them.
//!
//! Each kind of list is a format of its own, recognised by its fields: pull requests, reviews, review comments, commits,
//! files, checks, issues, and webhook payloads, whose parts are the same objects. Pages behind each other are one list.

mod checks;
mod commits;
mod issues;
mod pulls;
mod reviews;
mod webhooks;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Deserialize;

use super::detect::{Peek, Shape};
use super::json::{End, Text};
use super::{Head, github, truncation};
use crate::model::record::{AccountRecord, ListingRecord, Record, Str};
use crate::model::{At, Base, Records};

pub use checks::FORMAT as CHECKS;
pub use commits::{COMMITS, COMPARISON, FILES};
pub use issues::{COMMENTS as ISSUE_COMMENTS, ISSUES};
pub use pulls::FORMAT as PULLS;
pub use reviews::{COMMENTS as REVIEW_COMMENTS, REVIEWS};
pub use webhooks::FORMAT as WEBHOOKS;

/// An account (REST `simple-user`).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct User<'a> {
    #[serde(borrow)]
    pub login: Text<'a>,
    #[serde(borrow)]
    pub node_id: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
}

impl<'a> User<'a> {
    /// Returns the account, or `None` where nothing names it.
    pub(super) fn account(self, association: Str<'a>) -> Option<AccountRecord<'a>> {
        let kind = github::kind(self.login.as_str(), None, self.kind.as_str(), self.node_id.as_str());
        (!self.login.is_empty()).then(|| AccountRecord {
            login: self.login.0,
            kind,
            association,
            ..AccountRecord::default()
        })
    }
}

/// Returns the account of a field that may be null.
pub(super) fn account<'a>(user: Option<User<'a>>, association: Text<'a>) -> Option<AccountRecord<'a>> {
    user.and_then(|user| user.account(association.0))
}

/// A repository, as far as it names itself.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Repository<'a> {
    #[serde(borrow)]
    pub full_name: Text<'a>,
}

/// An id of the interface, which is a number, as text.
pub(super) fn id<'a>(node_id: Text<'a>, id: Option<u64>) -> Str<'a> {
    if node_id.is_empty() { id.map_or(Cow::Borrowed(""), |id| Cow::Owned(id.to_string())) } else { node_id.0 }
}

/// Returns the first text that is not empty.
pub(super) fn first<'a>(one: Str<'a>, other: impl FnOnce() -> Str<'a>) -> Str<'a> {
    if one.is_empty() { other() } else { one }
}

/// The repository that all records of a file name; empty where they name several or none.
#[derive(Default)]
pub(super) struct OneRepository(Option<String>);

impl OneRepository {
    /// Takes note of a record's repository.
    pub(super) fn note(&mut self, repository: &str) {
        match &mut self.0 {
            Some(known) if known != repository => known.clear(),
            Some(_) => {}
            None => self.0 = Some(repository.to_owned()),
        }
    }

    /// Emits what is known of the list as a whole, and the problem of its cut where there is one.
    pub(super) fn finish(
        &self,
        end: &End,
        of: &'static str,
        source: &'static str,
        cap: Option<u64>,
        out: &mut dyn Records,
    ) {
        self.finish_with(end, ListingRecord { of, source, ..ListingRecord::default() }, cap, out);
    }

    /// Like [`Self::finish`], for a list of which more is known than what it is of and how it was made.
    pub(super) fn finish_with(
        &self,
        end: &End,
        known: ListingRecord<'_>,
        cap: Option<u64>,
        out: &mut dyn Records,
    ) {
        let cap = cap.filter(|_| !end.is_single);
        if let Some(cap) = cap {
            out.problem(truncation::file_problem(known.of, end.count, cap, known.source));
        }
        let listing = ListingRecord {
            repository: Cow::Borrowed(self.0.as_deref().unwrap_or_default()),
            count: end.count,
            cut_at: cap.or(end.is_cut_short.then_some(end.count)),
            ..known
        };
        out.record(At::new(Base::Whole, 0, 0), Record::Listing(listing));
    }
}

/// Returns the peek of a JSON file and the words for its shape; `None` for an empty list.
fn peek<'h>(head: &'h Head<'_>) -> Option<(&'h Peek, &'static str)> {
    let peek = head.json.as_ref()?;
    let shape = match peek.shape {
        Shape::Array => "array of objects",
        Shape::Lines => "lines of objects",
        Shape::Object => "object",
        Shape::EmptyArray => return None,
    };
    Some((peek, shape))
}
