//! stub
use crate::model::{At, Records};
/// stub
pub fn read_note(_: &[u8], _: &str, _: At, _: &mut dyn Records) -> bool {
    false
}
