//! A worker's sandbox, which it enters before it loads the vendor's library and reads from its program.
//!
//! On a device that computes on the CPU a kernel may make system calls, so a program can take over its worker. A worker must
//! therefore have no more rights than its program's user has anyway: this crate drops the others, without privilege, and
//! permanently. It knows no API: an API's table lists what its vendors need ([`Needs`]).
//!
//! 1. [`identity`]: with a system broker it changes to a user of its own, and drops all capabilities.
//! 2. [`limits`]: no core, not traceable, limits on memory, descriptors and processes.
//! 3. [`files`]: Landlock allows the vendor's libraries, its own directory and its devices.
//! 4. [`calls`]: a seccomp filter allows the system calls that computing needs, on itself.
//!
//! - **Invariant:** the only thread of the process enters the sandbox, so every later thread and process inherits it.
//! - **Invariant:** nothing inside can undo it: neither an executed program nor a descriptor that arrives later.

mod calls;
mod files;
mod home;
mod identity;
mod limits;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ava_protocol::sandbox::Needs;
use ava_surroundings::places;

pub use files::landlock_abi;
pub use home::Home;
pub use identity::{Owner, become_owner, make_home, may_change_user};

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

/// Enters the sandbox. The process's environment is complete and no vendor code is loaded.
///
/// # Errors
/// If a required part is not available. The process must then exit.
///
/// # Panics
/// If the process has several threads: the others would stay outside.
pub fn enter(plan: &Plan) -> Result<Summary, Error> {
    assert!(threads() == 1, "the sandbox must be entered before the process starts threads");
    let mut summary = Summary { user: plan.owner, ..Summary::default() };
    if plan.mode == Mode::Off {
        return Ok(summary);
    }
    identity::give_up_capabilities();
    limits::set(plan.memory, plan.owner.is_some()).map_err(Error::Limit)?;
    let sockets = places::matching_any(plan.needs.sockets).iter().any(|socket| socket.exists());
    summary.landlock = files::confine(plan)?;
    if summary.landlock.is_none_or(|abi| abi < OLDEST_ABI) && plan.mode == Mode::Require {
        return Err(Error::NoLandlock(summary.landlock.unwrap_or(0)));
    }
    let rights = calls::Rights { processes: !plan.needs.execute.is_empty(), copies: plan.copies, sockets };
    summary.calls = calls::confine(rights, summary.landlock.unwrap_or(0))?;
    if plan.mode == Mode::Require && !summary.calls {
        return Err(Error::NoFilter);
    }
    Ok(summary)
}

/// Directories in a search path.
#[must_use]
pub fn split(path: Option<&OsStr>) -> Vec<PathBuf> {
    let path = path.map(OsString::from).unwrap_or_default();
    std::env::split_paths(&path).filter(|path| path.is_absolute()).collect()
}

/// The number of this process's threads; one if that is unknown.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(1, |tasks| tasks.count())
}
