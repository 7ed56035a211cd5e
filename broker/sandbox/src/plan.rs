//! The configuration of a sandbox, the parts of it that are in force, and why there is none.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ava_protocol::sandbox::Needs;

/// The oldest version of Landlock that [`Mode::Require`] accepts: that of Linux 5.19, which controls renames across
/// directories.
pub const OLDEST_ABI: i32 = 2;

/// What to do if a part of the sandbox is not available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Serve nobody.
    Require,
    /// Run without that part.
    #[default]
    Best,
    /// Run without a sandbox.
    Off,
}

impl Mode {
    /// All modes, by name.
    pub const ALL: [Self; 3] = [Self::Require, Self::Best, Self::Off];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Require => "require",
            Self::Best => "best",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| format!("{text:?} is no sandbox mode: use require, best or off"))
    }
}

/// The configuration of a worker's sandbox.
#[derive(Debug)]
pub struct Plan<'a> {
    pub mode: Mode,
    /// What its API's vendors need.
    pub needs: &'a Needs,
    /// Whether it forks copies of itself, for children that its program forks.
    pub copies: bool,
    /// The tenant's private directory, writable, for caches and files.
    pub home: &'a Path,
    /// Of [`Needs::write`], the files that belong to this tenant, which it may write.
    pub needs_write: Vec<PathBuf>,
    /// Directories of vendors' libraries, in addition to the system's.
    pub libraries: Vec<PathBuf>,
    /// Paths that the administrator lets workers read, and write, in addition.
    pub read: Vec<PathBuf>,
    pub write: Vec<PathBuf>,
    /// Use no newer version of Landlock than this one.
    pub newest_abi: Option<i32>,
    /// Limit of private memory in bytes; for a worker in a control group, the group's limit is the better one.
    pub memory: Option<u64>,
    /// The user of its own that it has changed to.
    pub owner: Option<u32>,
}

/// The parts of a sandbox that are in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The version of Landlock; `None` for none.
    pub landlock: Option<i32>,
    /// The seccomp filter is installed.
    pub calls: bool,
    /// The user of its own that it runs as.
    pub user: Option<u32>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.landlock.is_none() && !self.calls {
            return f.write_str("off");
        }
        match self.landlock {
            Some(abi) => write!(f, "Landlock {abi}")?,
            None => f.write_str("no Landlock")?,
        }
        f.write_str(if self.calls { ", seccomp filter" } else { ", no seccomp filter" })?;
        match self.user {
            Some(uid) => write!(f, ", user {uid}"),
            None => Ok(()),
        }
    }
}

/// Why a worker has no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot set a resource limit: {0}")]
    Limit(#[source] std::io::Error),
    #[error("this kernel has {}, and a sandbox is required (Linux 5.19 or newer, with `landlock` among its security modules)",
        match .0 { 0 => "no Landlock".to_owned(), abi => format!("only version {abi} of Landlock") })]
    NoLandlock(i32),
    #[error("Landlock: {0}")]
    Landlock(#[from] landlock::RulesetError),
    #[error("this kernel has no seccomp filters, and a sandbox is required")]
    NoFilter,
    #[error("the seccomp filter: {0}")]
    Calls(#[from] seccompiler::Error),
    #[error("the seccomp filter: {0}")]
    Filter(#[from] seccompiler::BackendError),
}
