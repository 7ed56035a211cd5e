//! What went wrong, for people and for scripts.

use std::process::ExitCode;

/// The kind of failure, which is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Something else.
    General = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Not allowed.
    Denied = 3,
    /// No broker answers.
    Unreachable = 4,
    /// The program to run is there but cannot be run (as `env` says it).
    CannotRun = 126,
    /// There is no such program (as `env` says it).
    NotFound = 127,
}

/// A failure with what may help.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub kind: Kind,
    /// What happened: one line.
    pub message: String,
    /// What to do about it: a line each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without hints.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }

    /// The same with one more hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Tells it on standard error.
    pub fn report(&self) -> ExitCode {
        eprintln!("avactl: {}", self.message);
        for hint in &self.hints {
            eprintln!("  hint: {hint}");
        }
        ExitCode::from(self.kind as u8)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::General, error.to_string())
    }
}
