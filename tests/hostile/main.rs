//! Hostile and damaged archives through the public intake: nothing panics, nothing is materialised over a bound, what is
//! refused is named, and the rest is read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounds;
mod content;
mod damage;
mod folders;
mod properties;
mod support;
