//! What an auditor does with a population: freeze it, draw a sample from it, and evaluate what testing the sample found.
//!
//! Everything here can be done again by hand: `docs/sampling.md` says how, with nothing but `sha256sum` and a table.

mod draw;
mod duties;
mod listing;
mod size;
mod strata;

pub use draw::{Method, Order, Sample, SampleError, Stratum, draw};
pub use duties::{Duties, Pattern, duties, self_service};
pub use listing::{Item, Population, population};
pub use size::{Evaluation, Frequency, Risk, SizeError, conventional, evaluate, required};
pub use strata::StrataBy;
