//! What the native suites share.
#![allow(dead_code, missing_docs, reason = "each suite uses its part")]

pub mod history;
