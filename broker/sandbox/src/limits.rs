//! Bounds on what one process may take, and on who may look at it.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Threads and processes of one user's workers: of all of them, since the kernel counts by user.
const PROCESSES: u64 = 8192;
/// A worker is killed for want of memory before the broker is, and before what has no limit of its own.
const OOM_SCORE: &str = "200";

/// Sets them, none of which can be raised again.
pub fn set(memory: Option<u64>, own_user: bool) -> io::Result<()> {
    offer_to_end();
    // Others of the same user cannot trace it, nor take its descriptors.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // No core: it would hold what the program computes on, and could fill a disk.
    lower(Resource::Core, 0)?;
    // The queues of POSIX messages outlive their makers, and their memory is charged to the user.
    lower(Resource::Msgqueue, 0)?;
    lower(Resource::Rtprio, 0)?;
    if let Some(memory) = memory {
        lower(Resource::Data, memory)?;
    }
    if own_user {
        lower(Resource::Nproc, PROCESSES)?;
    }
    Ok(())
}

/// Has the kernel end this process before others for want of memory. What is not to be traced may not say so of itself, and
/// neither may who has become another user.
pub fn offer_to_end() {
    // It fails where an administrator has set a higher one, which is as good.
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
}

fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let before = getrlimit(resource);
    let limit = before.maximum.map_or(to, |maximum| maximum.min(to));
    Ok(setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?)
}
