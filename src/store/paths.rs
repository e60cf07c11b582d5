//! What a path is, by the conventions of languages and of their package managers.

use crate::policy::wildcard;

use super::rows::ChangedFile;
use super::strings::{Strings, Text};

/// Names of files that name dependencies, lower case, with `*` for any run of characters.
const MANIFESTS: &[&str] = &[
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock*",
    "deno.lock",
    "cargo.toml",
    "cargo.lock",
    "go.mod",
    "go.sum",
    "pom.xml",
    "build.gradle*",
    "gradle.lockfile",
    "libs.versions.toml",
    "requirements*.txt",
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "pipfile*",
    "setup.py",
    "gemfile*",
    "*.gemspec",
    "composer.json",
    "composer.lock",
    "packages.config",
    "packages.lock.json",
    "directory.packages.props",
    "*.csproj",
    "mix.exs",
    "mix.lock",
    "pubspec.yaml",
    "pubspec.lock",
    "package.swift",
    "package.resolved",
    "conanfile*",
    "vcpkg.json",
];

/// What the paths of changed files are: each path is looked at once, however many changes touch it.
#[derive(Clone, Debug, Default)]
pub struct PathKinds(Vec<Kind>);

/// What one path is.
#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    is_known: bool,
    is_manifest: bool,
    is_test: bool,
}

impl PathKinds {
    /// Looks at the paths of changed files.
    pub fn of(files: &[ChangedFile], strings: &Strings) -> Self {
        let mut kinds = vec![Kind::default(); strings.count()];
        for file in files {
            let Some(kind) = kinds.get_mut(file.path.index()).filter(|kind| !kind.is_known) else { continue };
            let path = strings.get(file.path);
            *kind = Kind { is_known: true, is_manifest: is_manifest(path), is_test: is_test_path(path) };
        }
        Self(kinds)
    }

    /// Returns whether the path of a changed file is one of a file that names dependencies.
    pub fn is_manifest(&self, path: Text) -> bool {
        self.0.get(path.index()).is_some_and(|kind| kind.is_manifest)
    }

    /// Returns whether the path of a changed file is one of a test.
    pub fn is_test(&self, path: Text) -> bool {
        self.0.get(path.index()).is_some_and(|kind| kind.is_test)
    }
}

/// Returns whether a path is one of a file that names dependencies.
fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    MANIFESTS.iter().any(|manifest| wildcard(manifest, name))
}

/// Returns whether a path is one of a test, by the conventions of common languages.
pub fn is_test_path(path: &str) -> bool {
    if !may_be_test_path(path.as_bytes()) {
        return false;
    }
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    lower.split('/').any(|part| {
        matches!(part, "test" | "tests" | "__tests__" | "spec" | "specs" | "testing" | "e2e" | "testdata")
    }) || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || name.contains(".test.")
        || name.contains(".spec.")
        || (stem.ends_with("test") || stem.ends_with("tests"))
            && (name.ends_with(".java") || name.ends_with(".kt") || name.ends_with(".cs"))
}

/// Returns whether a path holds `test`, `spec` or `e2e`, as all that are one of a test do.
fn may_be_test_path(path: &[u8]) -> bool {
    let is_at = |start: Option<usize>, word: &[u8]| {
        start
            .and_then(|start| path.get(start..start + word.len()))
            .is_some_and(|part| part.eq_ignore_ascii_case(word))
    };
    memchr::memchr3_iter(b's', b'S', b'2', path).any(|at| {
        is_at(at.checked_sub(2), b"test") || is_at(Some(at), b"spec") || is_at(at.checked_sub(1), b"e2e")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_paths_are_known_by_convention() {
        for path in [
            "tests/a.rs",
            "src/x_test.go",
            "web/a.spec.ts",
            "src/test/java/FooTest.java",
            "test_a.py",
            "E2E/a.js",
            "A.SPEC.ts",
        ] {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["src/latest.rs", "contest/a.py", "src/attestation.rs", "greatest.java.txt"] {
            assert!(!is_test_path(path), "{path}");
        }
    }

    #[test]
    fn files_that_name_dependencies_are_known_by_their_names() {
        for path in
            ["Cargo.toml", "web/package-lock.json", "a/requirements-dev.txt", "x/Y.csproj", "Gemfile.lock"]
        {
            assert!(is_manifest(path), "{path}");
        }
        for path in ["src/main.rs", "package.json.md", "docs/go.mod/readme"] {
            assert!(!is_manifest(path), "{path}");
        }
    }

    #[test]
    fn a_path_is_the_same_whichever_change_touches_it() {
        let mut strings = Strings::default();
        let mut file = |path: &str| ChangedFile { path: strings.intern(path), ..ChangedFile::default() };
        let files = [file("go.mod"), file("src/a.go"), file("go.mod"), file("src/a_test.go")];
        let kinds = PathKinds::of(&files, &strings);
        let told = files.map(|file| (kinds.is_manifest(file.path), kinds.is_test(file.path)));
        assert_eq!(told, [(true, false), (false, false), (true, false), (false, true)]);
        assert!(!kinds.is_manifest(Text::at(99)), "a text that is no path of a changed file is nothing");
    }
}
