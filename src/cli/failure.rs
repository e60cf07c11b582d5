//! What the command line says when it cannot do what was asked: the fact, then a hint, in one place.

use std::io::{self, Write};
use std::path::Path;

use crate::problem::is_invisible;

/// Why it stopped.
#[derive(Debug)]
pub(super) enum Failure {
    /// The call or the input cannot be used: a fact and a hint.
    Told {
        /// What is so.
        fact: String,
        /// What to do.
        hint: String,
    },
    /// The reader of the output is gone; nothing is left to say.
    Closed,
}

impl Failure {
    pub(super) const fn new(fact: String, hint: String) -> Self {
        Self::Told { fact, hint }
    }

    pub(super) fn output(path: &Path, error: &io::Error) -> Self {
        Self::new(
            format!("{} cannot be written: {error}", path.display()),
            "Name a file in a folder that exists and may be written to.".into(),
        )
    }

    /// Says it on standard error. The fact may hold text from the input, so control characters are made visible.
    pub(super) fn tell(&self) {
        if let Self::Told { fact, hint } = self {
            let fact: String = fact
                .chars()
                .map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c })
                .collect();
            io::stderr().write_all(format!("lacuna: {fact}\nhint: {hint}\n").as_bytes()).ok();
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        Self::new(
            format!("the output cannot be written: {error}"),
            "Check that there is room, or name a file with -o.".into(),
        )
    }
}
