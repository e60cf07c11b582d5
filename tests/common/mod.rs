//! What the native suites share.
#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "each suite uses its part")]

pub mod history;
