//! Limits on the resources of one process, and on access to it by others.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Threads and processes of all workers of one user, since the kernel counts per user.
const PROCESSES: u64 = 8192;
/// When memory runs out, the kernel kills a worker before the broker and before processes without a limit of their own.
const OOM_SCORE: &str = "200";

/// Sets the limits; the process cannot raise any of them again.
pub fn set(memory: Option<u64>, own_user: bool) -> io::Result<()> {
    offer_to_end();
    // Other processes of the same user cannot trace it or take its descriptors.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // No core: it would hold the program's data, and could fill a disk.
    lower(Resource::Core, 0)?;
    // Queues of POSIX messages outlive their creators, and their memory is charged to the user.
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

/// Makes the kernel kill this process before others when memory runs out. A process that is not dumpable, or has changed its
/// user, may not set this itself.
pub fn offer_to_end() {
    // It fails if an administrator has set a higher value, which is as good.
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
}

fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let before = getrlimit(resource);
    let limit = before.maximum.map_or(to, |maximum| maximum.min(to));
    Ok(setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?)
}
