//! The packs that come with the tool, as they lie in `public/frameworks/`.

use std::sync::LazyLock;

use crate::problem::Problem;

use super::pack::{Pack, parse};

/// The texts of the built-in packs with the names of their files, in the order of every output.
pub const TEXTS: [(&str, &str); 4] = [
    ("soc2.toml", include_str!("../../public/frameworks/soc2.toml")),
    ("sox-itgc.toml", include_str!("../../public/frameworks/sox-itgc.toml")),
    ("hipaa.toml", include_str!("../../public/frameworks/hipaa.toml")),
    ("pci-dss.toml", include_str!("../../public/frameworks/pci-dss.toml")),
];

/// Returns the built-in packs; they are parsed when they are first asked for.
///
/// # Errors
/// Every problem of every pack; there is none in a release, which a test proves.
pub fn builtin() -> Result<Vec<Pack>, Vec<Problem>> {
    PARSED.clone()
}

static PARSED: LazyLock<Result<Vec<Pack>, Vec<Problem>>> = LazyLock::new(|| {
    let (mut packs, mut problems) = (Vec::new(), Vec::new());
    for (path, text) in TEXTS {
        match parse(text, path) {
            Ok(pack) => packs.push(pack),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(packs) } else { Err(problems) }
});
