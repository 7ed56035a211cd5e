//! The user that a worker runs as: with a system broker, each tenant has its own, in the groups of its devices.
//!
//! The broker has no right to create files for others, so the worker creates its own directory: with the new user's fsuid
//! and the broker's group, which may create entries in the folder of tenants' directories, but not list them.

use std::collections::BTreeSet;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use ava_protocol::sandbox::Needs;
use rustix::process::{getegid, geteuid, getgroups};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use ava_surroundings::places;

use crate::limits;

/// The identity that a worker is to take.
#[derive(Debug, Clone)]
pub struct Owner<'a> {
    /// The user, and the group of the same number.
    pub uid: u32,
    /// Groups that the administrator gives workers, in addition to those of their devices.
    pub groups: &'a [u32],
}

/// The part that failed.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {error}")]
pub struct Error {
    what: String,
    #[source]
    error: io::Error,
}

fn failed<E: Into<io::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> Error {
    let what = what.into();
    move |error| Error { what, error: error.into() }
}

/// Whether this process can change users, and so give each tenant one.
#[must_use]
pub fn may_change_user() -> bool {
    let needed = CapabilitySet::SETUID | CapabilitySet::SETGID;
    capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// Creates a user's directory if it is missing, as that user: its owner is the only record of the tenant's user.
///
/// # Errors
/// Those of creating it, with its path.
pub fn make_home(uid: u32, home: &Path) -> Result<(), Error> {
    // SAFETY: plain system calls on numbers; they change only this thread's file access, and only until the end of this
    // function.
    let before = unsafe { libc::setfsuid(uid) };
    let made = DirBuilder::new().mode(0o700).create(home);
    // SAFETY: as above; the number is the one that the first call returned, so the kernel's own.
    unsafe { libc::setfsuid(before.cast_unsigned()) };
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(home.display().to_string())(error)),
        _ => Ok(()),
    }
}

/// Creates the owner's directory if it is missing, and changes to the owner permanently.
///
/// # Errors
/// Those of the directory, with its path, and of a process that [may not](may_change_user).
pub fn become_owner(owner: &Owner, needs: &Needs, home: &Path) -> Result<(), Error> {
    let groups = groups(owner, needs);
    // This comes first: changing the fsuid already makes this process's files in `/proc` root's.
    limits::offer_to_end();
    make_home(owner.uid, home)?;
    give_up_bounding_set();
    let uid = owner.uid;
    // SAFETY: `groups` is an array of that length; the others are system calls on numbers. There is one thread.
    let changed = unsafe {
        libc::setgroups(groups.len(), groups.as_ptr()) == 0
            && libc::setresgid(uid, uid, uid) == 0
            && libc::setresuid(uid, uid, uid) == 0
    };
    if changed { Ok(()) } else { Err(failed(format!("cannot become user {uid}"))(io::Error::last_os_error())) }
}

/// The groups of the API's devices that this process is a member of, and the administrator's.
fn groups(owner: &Owner, needs: &Needs) -> Vec<u32> {
    const GROUP_MAY: u32 = 0o060;
    let own: BTreeSet<u32> =
        getgroups().into_iter().flatten().chain([getegid()]).map(rustix::fs::Gid::as_raw).collect();
    let devices = places::matching_any(needs.devices);
    let found = devices.iter().filter_map(|device| device.metadata().ok());
    let of_devices = found.filter(|found| found.mode() & GROUP_MAY != 0 && found.gid() != 0).map(|found| found.gid());
    let allowed = of_devices.filter(|gid| geteuid().is_root() || own.contains(gid));
    allowed.chain(owner.groups.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Drops every privilege beyond the user's, also those that `execve` would grant.
pub fn give_up_capabilities() {
    give_up_bounding_set();
    let _ = rustix::thread::clear_ambient_capability_set();
    let none = CapabilitySet::empty();
    let _ = set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none });
}

/// Drops the capability bounding set. It fails without privilege, and then there is nothing to drop.
fn give_up_bounding_set() {
    for capability in CapabilitySet::all() {
        let _ = rustix::thread::remove_capability_from_bounding_set(capability);
    }
}
