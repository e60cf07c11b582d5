//! The parts of the generator of the built-in sample.

#![allow(missing_docs)]

pub mod evidence;
pub mod forge;
pub mod history;
pub mod people;
pub mod plan;
pub mod story;
