//! Criteria, one file for each family: from linked evidence to verdicts.

pub mod registry;
