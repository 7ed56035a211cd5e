//! Failures, for people and for scripts.

use std::process::ExitCode;

use anstyle::AnsiColor;

/// The kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something else.
    General,
    /// There is no such session.
    NoSession,
    /// The command line is invalid.
    Usage,
    /// Not allowed.
    Denied,
    /// No broker answers.
    Unreachable,
    /// The program to run exists but cannot be executed (`env` uses the same status).
    CannotRun,
    /// The program does not exist (`env` uses the same status).
    NotFound,
}

impl Kind {
    /// The exit status for this kind.
    const fn status(self) -> u8 {
        match self {
            Self::General | Self::NoSession => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::Unreachable => 4,
            Self::CannotRun => 126,
            Self::NotFound => 127,
        }
    }
}

/// A failure, with hints.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub kind: Kind,
    /// What happened: one line.
    pub message: String,
    /// How to fix it: a line each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without hints.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }

    /// Adds a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints it on standard error.
    pub fn report(&self) -> ExitCode {
        let (error, help) = (AnsiColor::Red.on_default().bold(), AnsiColor::Green.on_default());
        anstream::eprintln!("{error}avactl:{error:#} {}", self.message);
        for hint in &self.hints {
            anstream::eprintln!("  {help}hint:{help:#} {hint}");
        }
        ExitCode::from(self.kind.status())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::General, error.to_string())
    }
}
