//! stub
use super::*;
use crate::problem::Problem;
/// s
pub struct Root {
    /// s
    pub path: String,
    /// s
    pub source: Box<dyn ByteSource>,
}
impl Root {
    /// s
    pub fn reopen(&self) -> Self {
        Self { path: self.path.clone(), source: self.source.reopen() }
    }
}
/// s
#[derive(Clone, Debug)]
pub struct Origin;
impl Origin {
    /// s
    pub fn reopen(&self, _: &[Root], _: &Limits) -> Result<Box<dyn ByteSource>, Problem> {
        Ok(Box::new(Bytes::new(vec![])))
    }
}
/// s
pub enum IntakeItem {
    /// s
    File {
        /// s
        path: String,
        /// s
        source: Box<dyn ByteSource>,
        /// s
        origin: Origin,
    },
    /// s
    Archive {
        /// s
        path: String,
        /// s
        source: Box<dyn ByteSource>,
        /// s
        origin: Origin,
        /// s
        title: &'static str,
    },
    /// s
    Problem(Problem),
}
/// s
pub struct Intake;
impl Intake {
    /// s
    pub fn new(_: Vec<Root>, _: Limits) -> Self {
        Self
    }
    /// s
    pub fn next(&mut self) -> Option<IntakeItem> {
        None
    }
}
