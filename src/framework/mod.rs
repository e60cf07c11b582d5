//! Framework packs: what a framework demands, as criteria and predicates, and the tally of verdicts against it.
//!
//! A pack is one TOML file (`docs/packs.md`). [`pack::parse`] checks it and resolves its criteria, [`needs`] decides a
//! control on a change, [`matrix::tally`] counts all changes. Nothing here knows evidence or the store.

pub mod builtin;
pub mod matrix;
pub mod needs;
pub mod pack;
mod schema;
pub mod words;

pub use builtin::builtin;
pub use matrix::{ControlCounts, ControlTally, tally};
pub use needs::{Needs, Predicates};
pub use pack::{Control, Pack, parse};
pub use words::{Applies, Kind, Status, Strength};
