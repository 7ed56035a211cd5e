//! How a worker shuts itself in, before it loads the vendor's library and hears its program.
//!
//! On a device that computes on the CPU a kernel may make system calls, so whoever runs a program *is* its worker. What a
//! worker can do is therefore what its user could do anyway, and no more: this crate takes the rest away, without any
//! privilege, and for good. It knows no API: what an API's vendors need stands in its table ([`Needs`]).
//!
//! 1. With [`identity`], it becomes a user of its own, if a broker of the system gives it one, and loses all capabilities.
//! 2. With [`limits`], it leaves no core, is not to be traced, and has bounds on memory, descriptors and processes.
//! 3. With [`files`], Landlock shows it the vendor's libraries, its own directory and its devices.
//! 4. With [`calls`], seccomp leaves it the system calls that computing takes, on itself.
//!
//! - **Invariant:** it is done by the only thread there is, so every later thread and process is shut in too.
//! - **Invariant:** nothing of it can be undone from inside: not by what is executed, nor by descriptors that come later.

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

/// The oldest Landlock that [`Mode::Require`] is content with: that of Linux 5.19, which sees renames across directories.
pub const OLDEST_ABI: i32 = 2;

/// What is to be done if a part of the sandbox cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Serve nobody.
    Require,
    /// Go without that part.
    #[default]
    Best,
    /// Go without all of it.
    Off,
}

impl Mode {
    /// All of them, by name.
    pub const ALL: [Self; 3] = [Self::Require, Self::Best, Self::Off];

    /// As on the command line.
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
        found.ok_or_else(|| format!("there is no sandbox {text:?}: require, best or off"))
    }
}

/// What a worker is to be shut in with.
#[derive(Debug)]
pub struct Plan<'a> {
    pub mode: Mode,
    /// What its API's vendors need.
    pub needs: &'a Needs,
    /// Whether it makes copies of itself, for children that its program forks.
    pub copies: bool,
    /// The directory that is its user's: to write, and to keep what was compiled.
    pub home: &'a Path,
    /// What that is to write: of [`Needs::write`], what is this tenant's own.
    pub needs_write: Vec<PathBuf>,
    /// Directories of vendors' libraries, besides the system's.
    pub libraries: Vec<PathBuf>,
    /// What the administrator lets workers read, and write, besides.
    pub read: Vec<PathBuf>,
    pub write: Vec<PathBuf>,
    /// Use no newer Landlock than this one.
    pub newest_abi: Option<i32>,
    /// Most bytes of private memory; for a worker that has a control group, the group's limit is the better one.
    pub memory: Option<u64>,
    /// The user of its own that it has become.
    pub owner: Option<u32>,
}

/// What a worker is shut in with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The version of Landlock; `None` for none.
    pub landlock: Option<i32>,
    /// System calls are filtered.
    pub calls: bool,
    /// It has a user of its own.
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
        f.write_str(if self.calls { ", system calls" } else { ", no filter of system calls" })?;
        match self.user {
            Some(uid) => write!(f, ", user {uid}"),
            None => Ok(()),
        }
    }
}

/// Why a worker is not shut in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a limit of resources: {0}")]
    Limit(#[source] std::io::Error),
    #[error("this kernel has {}, and a sandbox is required (Linux 5.19 or newer, with `landlock` among its security modules)",
        match .0 { 0 => "no Landlock".to_owned(), abi => format!("only version {abi} of Landlock") })]
    NoLandlock(i32),
    #[error("Landlock: {0}")]
    Landlock(#[from] landlock::RulesetError),
    #[error("this kernel has no filters of system calls (seccomp), and a sandbox is required")]
    NoFilter,
    #[error("the filter of system calls: {0}")]
    Calls(#[from] seccompiler::Error),
    #[error("the filter of system calls: {0}")]
    Filter(#[from] seccompiler::BackendError),
}

/// Shuts this process in; its environment is complete and nothing of a vendor's is loaded.
///
/// # Errors
/// If a part cannot be had that is required. The process is of no use then.
///
/// # Panics
/// If the process has more threads than this one, which would be left out.
pub fn enter(plan: &Plan) -> Result<Summary, Error> {
    assert!(threads() == 1, "a sandbox is entered before there are threads");
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

/// How many threads this process has; one, if that cannot be known.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(1, |tasks| tasks.count())
}
