//! Questions to an assessment, answered as the plain data of [`crate::protocol`]: queries, sorting, pages and details.

pub mod change_view;
pub mod closers;
pub mod duties_view;
pub mod facets;
pub mod facts;
pub mod filter;
pub mod matcher;
pub mod matrix_view;
pub mod population_view;
pub mod route;
pub mod sort;
pub mod terms;
pub mod trust_view;
pub mod views;
pub mod words;

pub use filter::{Query, parse};
pub use matcher::Matcher;
