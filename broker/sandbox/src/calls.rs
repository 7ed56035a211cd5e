//! Which system calls a worker may make: those that computing takes, on itself. By seccomp.
//!
//! What is not on the list fails with `EPERM`. Where libraries have another way, or do without, it fails with `ENOSYS`, as on
//! an older kernel. The kernel remembers which calls are allowed whatever their arguments, and lets them pass without
//! running the filter.

mod allowed;

use std::collections::BTreeMap;
use std::path::Path;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use crate::Error;

/// What an API's vendors need beyond computing.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    /// Starting programs, such as compilers.
    pub processes: bool,
    /// Connecting to services by sockets of this machine.
    pub sockets: bool,
}

/// Lets this thread, and what comes of it, make the allowed calls only; `false` on a kernel without such filters. `abi` is the version of Landlock that is in force:
/// what it does not see is refused here.
pub fn confine(rights: Rights, abi: i32) -> Result<bool, Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let errno = |code: i32| SeccompAction::Errno(code.unsigned_abs());
    // The last filter that says no is the one whose word is heard.
    let filters = [
        SeccompFilter::new(allowed::rules(rights, abi)?, errno(libc::EPERM), SeccompAction::Allow, arch)?,
        // glibc then starts threads by `clone`, whose flags a filter can see.
        SeccompFilter::new(allowed::absent(), SeccompAction::Allow, errno(libc::ENOSYS), arch)?,
    ];
    if !Path::new("/proc/sys/kernel/seccomp").exists() {
        return Ok(false);
    }
    for filter in filters {
        let program: BpfProgram = filter.try_into()?;
        seccompiler::apply_filter(&program)?;
    }
    Ok(true)
}

/// Rules by the number of the call, of which one has to fit; a number without any fits always.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// One condition on an argument, of which the lower half counts: the kernel takes `int` and `unsigned int` so.
fn on(argument: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)
}

/// One condition on a whole argument, such as an address.
fn on_all(argument: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, op, value)
}
