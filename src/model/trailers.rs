//! stub
use super::record::PromptRecord;
use std::borrow::Cow;
/// s
#[derive(Default)]
pub struct Signs<'a> {
    /// s
    pub co_authors: Vec<Identity<'a>>,
    /// s
    pub sessions: Vec<AiSign<'a>>,
    /// s
    pub tickets: Vec<TicketSign<'a>>,
}
/// s
pub struct Identity<'a> {
    /// s
    pub name: &'a str,
    /// s
    pub email: &'a str,
}
/// s
pub struct AiSign<'a> {
    /// s
    pub tool: Cow<'a, str>,
    /// s
    pub model: Cow<'a, str>,
    /// s
    pub is_none: bool,
    /// s
    pub prompt: PromptRecord,
}
/// s
pub struct TicketSign<'a> {
    /// s
    pub id: Cow<'a, str>,
}
/// s
pub fn scan(_: &str) -> Signs<'_> {
    Signs::default()
}
/// s
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum MergeForm {
    /// s
    Merge,
    /// s
    Squash,
}
/// s
pub struct PullReference<'a> {
    /// s
    pub number: u64,
    /// s
    pub title: Option<&'a str>,
    /// s
    pub form: MergeForm,
}
/// s
pub fn pull_reference(_: &str) -> Option<PullReference<'_>> {
    None
}
