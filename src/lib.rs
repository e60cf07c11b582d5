//! Lacuna's engine: opens exported evidence of code changes, tests every change against the controls of compliance
//! frameworks, and shows the attestation gap.
//!
//! The library is pure: synchronous, without browser, clock or environment. Data flows one way, one module per
//! step (`docs/architecture.md`):
//!
//! ```text
//! bytes ─source→ files ─format→ records ─store→ linked evidence ─assess→ verdicts ─framework→ matrix ─query→ pages ─report→ files
//! ```
//!
//! [`engine`] drives them as a resumable machine, so that the worker, the command line and the tests run the same code.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "web")]
pub mod app;
pub mod assess;
pub mod audit;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compare;
pub mod engine;
pub mod format;
pub mod framework;
pub mod model;
pub mod order;
pub mod policy;
pub mod problem;
pub mod protocol;
pub mod query;
pub mod report;
pub mod source;
pub mod store;
pub mod verify;
pub mod workpaper;
