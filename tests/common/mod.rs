//! What the native suites share.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::panic, reason = "each suite uses its part")]

pub mod history;
pub mod schema;

/// Returns a folder of the shared samples, or says loudly that it is skipped: tests of samples show nothing without them.
#[allow(clippy::disallowed_methods, reason = "where samples are is the host's business")]
pub fn sample(name: &str) -> Option<std::path::PathBuf> {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("LACUNA_SAMPLES").map_or_else(beside, std::path::PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no samples at {}", folder.display());
    None
}
