//! Files to hand on: one file of this folder for each output, made by the same functions in the browser and on the
//! command line.

pub mod chart;
pub mod csv;
pub mod html;
pub mod json;
pub mod table;
