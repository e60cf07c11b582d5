//! Files to records: one file of this folder for each foreign format, and their list in [`detect`].
//!
//! A format is recognised by content, never by name alone, and says why. It reads through a [`Window`] in steps, so
//! that a large file can be stopped and its progress told, and puts what it reads into a [`Records`] receiver. A record
//! that cannot be read is one problem; everything else goes on.

pub mod agent_trace;
pub mod attestation;
pub mod branch_protection;
pub mod code_owners;
pub mod commit_text;
pub mod cyclonedx;
pub mod detect;
mod document;
pub mod gh_pull_requests;
pub mod git_ai;
pub mod git_bundle;
pub mod github;
pub mod github_deployments;
pub mod github_events;
pub mod github_rest;
pub mod jira;
pub mod json;
pub mod junit;
pub mod mailmap;
pub mod manifest;
pub mod people;
pub mod policy;
mod raw_json;
pub mod register;
pub mod sarif;
pub mod signing_keys;
pub mod spdx;
mod table;
#[cfg(test)]
mod testing;
pub mod truncation;
pub mod workpaper;

use crate::model::Records;
use crate::problem::Problem;
use crate::source::{Limits, Window};

pub use detect::Head;

/// A foreign format.
pub struct Format {
    /// Stable id, for JSON and the docs: kebab-case.
    pub id: &'static str,
    /// Name that people read.
    pub title: &'static str,
    /// Returns why the start of a file is of this format, or `None`.
    pub recognise: fn(&Head<'_>) -> Option<String>,
    /// Returns a reader at the start of a file.
    pub open: fn() -> Box<dyn Reader>,
}

/// Whether a reader is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Call again.
    More,
    /// The file was read as far as it can be.
    Done,
}

/// What a reader needs to know beside the bytes.
pub struct Context<'a> {
    /// Path of the file in the bundle.
    pub path: &'a str,
    /// Bounds.
    pub limits: &'a Limits,
}

/// Reads one file, step by step.
pub trait Reader {
    /// Reads on, about `budget` bytes, and puts records and problems into `out`.
    ///
    /// # Errors
    /// When nothing more of the file can be read; what was put into `out` before stands.
    fn step(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        budget: u64,
    ) -> Result<Step, Problem>;
}

/// A reader of formats that are held whole: one function from bytes to records.
pub struct Whole(pub fn(&[u8], &Context<'_>, &mut dyn Records) -> Result<(), Problem>);

impl Reader for Whole {
    fn step(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        _budget: u64,
    ) -> Result<Step, Problem> {
        let bytes = window.whole(context.limits)?;
        (self.0)(bytes, context, out)?;
        Ok(Step::Done)
    }
}
