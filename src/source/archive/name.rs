//! Names from archives and folders, made safe to show and to compare; none of them is ever used as a path on disk.

use std::cmp::Ordering;

/// The longest name that is accepted, in bytes: the `PATH_MAX` of Linux.
const NAME_BYTES: usize = 4096;

/// Returns a name with `/` between its parts and without empty and `.` parts, or why it is refused.
///
/// Backslashes are taken as separators, as archivers on Windows write them; what they could climb with is refused all
/// the same.
///
/// # Errors
/// Says what is wrong with it: absolute, a drive letter, a `..` part, a NUL character, no name, over 4,096 bytes.
pub fn clean_name(name: &str) -> Result<String, &'static str> {
    if name.len() > NAME_BYTES {
        return Err("a name of over 4096 bytes");
    }
    if name.contains('\0') {
        return Err("a name with a NUL character");
    }
    let is_separator = |c| c == '/' || c == '\\';
    if name.starts_with(is_separator) {
        return Err("an absolute name");
    }
    let mut parts = Vec::new();
    for part in name.split(is_separator) {
        match part {
            "" | "." => {}
            ".." => return Err("a name that climbs out of the archive"),
            part => parts.push(part),
        }
    }
    match parts.first().map(|part| part.as_bytes()) {
        None => Err("an empty name"),
        Some([letter, b':', ..]) if letter.is_ascii_alphabetic() => Err("a name with a drive letter"),
        Some(_) => Ok(parts.join("/")),
    }
}

/// Compares two paths part by part: the order in which a sorted walk through folders meets files.
pub fn path_order(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

/// Returns the start of a path up to the part for which it is passed over, or `None` for a path that is read.
///
/// Passed over are `.git` (the export of a repository is a git bundle), `__MACOSX`, `.DS_Store` and `Thumbs.db`.
pub fn passed_over(path: &str) -> Option<&str> {
    let mut end = 0;
    for part in path.split('/') {
        end += part.len();
        let is_last = end == path.len();
        let is_passed =
            matches!(part, ".git" | "__MACOSX") || is_last && matches!(part, ".DS_Store" | "Thumbs.db");
        if is_passed {
            return path.get(..end);
        }
        end += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leaves_the_archive_is_refused() {
        for name in [
            "../a",
            "a/../../b",
            "/etc/passwd",
            "\\\\host\\share",
            "\\a",
            "a\\..\\..\\b",
            "C:\\a",
            "c:a",
            "a\0b",
            "",
            ".",
            "a/..",
        ] {
            assert!(clean_name(name).is_err(), "{name:?}");
        }
        assert!(clean_name(&"x".repeat(4097)).is_err());
        assert!(clean_name(&"x".repeat(4096)).is_ok());
    }

    #[test]
    fn a_harmless_name_is_normalised() {
        assert_eq!(clean_name("./a//b\\c.json").as_deref(), Ok("a/b/c.json"));
        assert_eq!(clean_name("..a/b..").as_deref(), Ok("..a/b.."));
    }

    #[test]
    fn paths_sort_like_a_walk() {
        let mut paths = ["a.zip-2", "a.zip/x", "a.zip", "a/b", "a"];
        crate::order::sort_by(&mut paths, |a, b| path_order(a, b));
        assert_eq!(paths, ["a", "a/b", "a.zip", "a.zip/x", "a.zip-2"]);
    }

    #[test]
    fn internals_are_passed_over_and_lookalikes_are_not() {
        assert_eq!(passed_over("r/.git/objects/ab"), Some("r/.git"));
        assert_eq!(passed_over("__MACOSX/._x"), Some("__MACOSX"));
        assert_eq!(passed_over("a/.DS_Store"), Some("a/.DS_Store"));
        assert_eq!(passed_over("a/.github/x"), None);
        assert_eq!(passed_over("Thumbs.db/x"), None);
    }
}
