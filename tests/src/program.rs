//! A program to run, and its result.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use std::os::unix::process::ExitStatusExt;

/// A program with its arguments, which can be run repeatedly.
#[derive(Debug, Clone)]
pub struct Program {
    pub(crate) name: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) limit: Duration,
    pub(crate) user: Option<u32>,
}

impl Program {
    /// The program `name`, searched in PATH.
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        Self {
            name: name.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            files: Vec::new(),
            limit: Duration::from_mins(2),
            user: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs it as another user, which needs root, and a world that others may enter ([`crate::World::for_all`]).
    #[must_use]
    pub fn by(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// Runs it in a directory that starts with copies of these files, and of the files in these directories.
    #[must_use]
    pub fn with(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.files.extend(files);
        self
    }

    /// Kills it after so long; two minutes by default.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name.display())?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", argument.display()))
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this status.
    With(i32),
    /// A signal killed it.
    By(i32),
    /// It exceeded its time limit and was killed.
    Late,
    /// It exited in time, but another process still held its output at the limit.
    Held,
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        status.code().map_or_else(|| Self::By(status.signal().unwrap_or_default()), Self::With)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::With(code) => write!(f, "exit status {code}"),
            Self::By(signal) => write!(f, "killed by signal {signal}"),
            Self::Late => f.write_str("did not end in time"),
            Self::Held => f.write_str("ended, but its output was still held open afterwards"),
        }
    }
}

/// A program's result. Its working directory is replaced by `SCRATCH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How it ended.
    pub ended: Ended,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.ended)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "{name}:\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}
