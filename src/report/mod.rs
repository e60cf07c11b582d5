//! Files to hand on: one file of this folder for each output, made by the same functions in the browser and on the
//! command line.

pub mod chart;
pub mod csv;
pub mod json;
pub mod table;

/// s
pub mod html {
    /// s
    pub fn write(_: &crate::engine::Bundle) -> String {
        String::new()
    }
}
