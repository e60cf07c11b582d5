//! Charts.
use crate::protocol::MonthRow;
/// s
pub fn trend(_: &[MonthRow]) -> String {
    String::new()
}
/// s
pub fn ai_share(_: &[MonthRow]) -> String {
    String::new()
}
