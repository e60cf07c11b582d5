//! stub
use super::ActorKind;
/// s
pub fn kind_of(_: &str, _: &str, _: &str) -> Option<ActorKind> {
    None
}
