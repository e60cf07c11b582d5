//! Problems of one manifest, of which the bound lets so many through.

use crate::problem::{Kind, Problem, Severity};
use crate::source::Limits;

/// Problems on their way out.
pub(super) struct Told {
    problems: Vec<Problem>,
    left: u64,
    untold: u64,
    worst: Severity,
}

impl Told {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { problems: Vec::new(), left: limits.problems, untold: 0, worst: Severity::Note }
    }

    /// Takes a problem in, or counts it once the bound is reached.
    pub(super) fn add(&mut self, problem: Problem) {
        if self.left == 0 {
            self.untold += 1;
            self.worst = self.worst.min(problem.severity);
            return;
        }
        self.left -= 1;
        self.problems.push(problem);
    }

    /// Returns the problems; those of no file are the manifest's.
    pub(super) fn finish(mut self, manifest: &str) -> Vec<Problem> {
        if self.untold > 0 {
            let found = format!("{} further files or lines that are not as listed", self.untold);
            let problem = Problem::new(self.worst, Kind::OverLimit, found);
            self.problems.push(problem.expected("fewer problems than the bound (problems) to tell each"));
        }
        for problem in &mut self.problems {
            if problem.file.is_empty() {
                manifest.clone_into(&mut problem.file);
            }
        }
        self.problems
    }
}
