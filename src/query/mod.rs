//! Questions to an assessment, answered as the plain data of [`crate::protocol`]: queries, sorting, pages and details.

pub mod filter;
pub mod index;
pub mod matcher;
pub mod sort;

pub use filter::{Query, parse};
pub use index::Index;
pub use matcher::Matcher;

/// Stand-in for the views; replaced by the query layer.
pub mod views {
    use crate::assess::Assessment;
    use crate::protocol::*;
    /// Stand-in.
    pub fn summary(_: &str, _: &str, _: &Assessment) -> Summary { Summary::default() }
    /// Stand-in.
    pub fn overview(_: &Assessment) -> Overview { Overview::default() }
    /// Stand-in.
    pub fn matrix(_: &Assessment, _: &str, _: Columns) -> Option<Matrix> { None }
    /// Stand-in.
    pub fn changes(_: &Assessment, query: &str, _: Sort, offset: u32, _: u32) -> ChangesPage {
        ChangesPage { query: query.into(), complaints: vec![], page: Page { offset, total: 0, of: 0, rows: vec![] }, facets: vec![] }
    }
    /// Stand-in.
    pub fn change(_: &Assessment, _: &str, _: &str, _: Sort) -> Option<ChangeDetail> { None }
    /// Stand-in.
    pub fn files(_: &Assessment, _: &str, offset: u32, _: u32) -> Page<FileRow> { Page { offset, total: 0, of: 0, rows: vec![] } }
    /// Stand-in.
    pub fn problems(_: &Assessment, _: &str, offset: u32, _: u32) -> Page<ProblemRow> { Page { offset, total: 0, of: 0, rows: vec![] } }
}
