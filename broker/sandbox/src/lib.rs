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
//!
//! # Layers
//!
//! - data: `plan`
//! - parts, each alone: `calls`, `files`, `home`, `limits`
//! - users, which set a limit: `identity`

mod calls;
mod files;
mod home;
mod identity;
mod limits;
mod plan;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use ava_surroundings::places;

pub use files::landlock_abi;
pub use home::Home;
pub use identity::{Owner, become_owner, make_home, may_change_user};
pub use plan::{Error, Mode, OLDEST_ABI, Plan, Summary};

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
