//! The files that a worker may access: the vendor's libraries and data, its own directory, its devices. Enforced by
//! Landlock.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, make_bitflags,
};

use ava_surroundings::places;

use crate::plan::{Error, Plan};

/// Folders of libraries. Their files may be executed, as the dynamic loader and LLVM's tools need; the seccomp filter
/// decides whether a worker may start programs at all, and these inherit its sandbox.
const LIBRARIES: &[&str] = &[
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/opt",
    // All packages of NixOS and Guix.
    "/nix/store",
    "/gnu/store",
    "/run/opengl-driver",
];

/// Files that libraries read on any machine: data of the distribution, and descriptions of the hardware.
const DATA: &[&str] = &[
    "/usr/share",
    "/usr/local/share",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/uptime",
    "/proc/version",
    "/proc/sys/vm",
    // This process only.
    "/proc/self",
    "/sys/devices",
];

/// Devices without stored data.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
const EXECUTE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{Execute | ReadFile | ReadDir});
/// Files, folders, links and pipes; no devices or sockets, and no execution.
const WRITE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    ReadFile | ReadDir | WriteFile | RemoveDir | RemoveFile | MakeDir | MakeReg | MakeFifo | MakeSym | Refer | Truncate
});
const HARMLESS: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | WriteFile | Truncate});
const DEVICE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir | WriteFile | Truncate | IoctlDev});
const SOCKET: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ResolveUnix});

/// Limits this thread and all threads and processes that it creates to the files of the plan. Returns the version of
/// Landlock in force; `None` if the kernel has none.
pub fn confine(plan: &Plan) -> Result<Option<i32>, Error> {
    let abi = landlock_abi().min(plan.newest_abi.unwrap_or(i32::MAX));
    if abi < 1 {
        return Ok(None);
    }
    let known = ABI::from(abi);
    let mut ruleset =
        Ruleset::default().set_compatibility(CompatLevel::BestEffort).handle_access(AccessFs::from_all(known))?;
    if known >= ABI::V4 {
        ruleset = ruleset.handle_access(AccessNet::from_all(known))?;
    }
    if known >= ABI::V6 {
        ruleset = ruleset.scope(Scope::from_all(known))?;
    }
    let mut ruleset = ruleset.create()?;
    for (path, access) in grants(plan) {
        // A path that does not exist, or that this user cannot access, needs no rule. Rights that this version of Landlock
        // does not know are not requested.
        let access = access & AccessFs::from_all(known);
        if let (Ok(file), false) = (PathFd::new(path), access.is_empty()) {
            ruleset = ruleset.add_rule(PathBeneath::new(file, access))?;
        }
    }
    let status = ruleset.restrict_self()?;
    Ok((status.ruleset != RulesetStatus::NotEnforced).then_some(abi))
}

fn grants(plan: &Plan) -> Vec<(PathBuf, BitFlags<AccessFs>)> {
    let needs = plan.needs;
    let mut all = Vec::new();
    let mut grant = |paths: Vec<PathBuf>, access| all.extend(paths.into_iter().map(|path| (path, access)));
    grant(places::matching_any(LIBRARIES), EXECUTE);
    grant(plan.libraries.iter().flat_map(|folder| places::with_links(folder)).collect(), EXECUTE);
    grant(places::matching_any(DATA), READ);
    grant(places::own_processors(), READ);
    let named: Vec<PathBuf> = needs.read.iter().flat_map(places::find).collect();
    grant(named.iter().filter_map(|file| places::around_library(file)).collect(), READ);
    grant(named, READ);
    grant(plan.read.clone(), READ);
    grant(needs.execute.iter().flat_map(places::find).collect(), EXECUTE);
    grant(places::matching_any(DEVICES), HARMLESS);
    grant(places::matching_any(needs.devices), DEVICE);
    grant(places::matching_any(needs.sockets), SOCKET);
    grant(plan.needs_write.clone(), WRITE);
    grant(plan.write.clone(), WRITE);
    grant(vec![Path::to_owned(plan.home)], WRITE);
    all
}

/// The version of Landlock that this kernel has; 0 for none.
#[must_use]
pub fn landlock_abi() -> i32 {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with no attributes and this flag the call creates nothing and only returns the version.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, VERSION) };
    i32::try_from(version).unwrap_or(0).max(0)
}
