//! stub
pub mod chart;
/// s
pub mod json {
    /// s
    pub fn write(_: &crate::engine::Bundle) -> String {
        String::new()
    }
}
/// s
pub mod csv {
    /// s
    pub fn write(_: &crate::engine::Bundle) -> String {
        String::new()
    }
}
/// s
pub mod html {
    /// s
    pub fn write(_: &crate::engine::Bundle) -> String {
        String::new()
    }
}
