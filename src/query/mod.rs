//! stub
pub mod route;
pub mod terms;
/// s
pub mod views {
    use crate::assess::Assessment;
    use crate::protocol::*;
    /// s
    pub fn overview(_: &Assessment) -> Overview {
        Overview::default()
    }
    /// s
    pub fn matrix(_: &Assessment, _: &str, _: Columns) -> Option<Matrix> {
        None
    }
    /// s
    pub fn changes(_: &Assessment, _: &str, _: Sort, _: u32, _: u32) -> ChangesPage {
        todo!()
    }
    /// s
    pub fn change(_: &Assessment, _: &str, _: &str, _: Sort) -> Option<ChangeDetail> {
        None
    }
    /// s
    pub fn files(_: &Assessment, _: &str, _: u32, _: u32) -> Page<FileRow> {
        todo!()
    }
    /// s
    pub fn problems(_: &Assessment, _: &str, _: u32, _: u32) -> Page<ProblemRow> {
        todo!()
    }
    /// s
    pub fn summary(_: &str, _: &str, _: &Assessment) -> Summary {
        todo!()
    }
}
