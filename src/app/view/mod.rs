//! The screens, one file each.

pub mod change;
pub mod changes;
pub mod compare;
pub mod duties;
pub mod evidence;
pub mod matrix;
pub mod opening;
pub mod overview;
pub mod policy;
pub mod population;
pub mod privacy;
pub mod problems;
pub mod report;
pub mod statement;
pub mod trust;
pub mod welcome;
pub mod workpaper;
