//! Control groups: they limit a worker's memory and processes, and let the broker kill everything that a worker started.
//!
//! ```text
//! the broker's own group
//! ├── broker/                the broker (version 2 only, which has no processes beside groups with controllers)
//! ├── left/                  workers of an earlier broker that made no groups (version 2 only)
//! └── ava/                   all workers together
//!     └── TENANT/            all workers of one tenant
//!         └── PID-N/         one worker: the process number of the broker that started it, and a counter
//! ```
//!
//! With version 1 there is such a tree in the hierarchy of each controller. If version 2 is mounted as well, a tree there
//! lets the broker kill a whole group.
//!
//! A tenant's group stays as long as memory is charged to it: pages of shared memory outlive a worker while its program
//! maps them, and would otherwise be charged to the parent group.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use ava_cgroups::hierarchy::{Kind, hierarchies};
use tracing::debug;

use crate::memory::Budget;

/// The most threads and processes of one worker, of all workers of a tenant, and of all workers. A worker has a thread for
/// each thread of its program.
const TASKS: [u64; 3] = [2048, 6144, 16384];
/// A tenant's group without workers is removed once at most this much shared memory is charged to it, in bytes.
const LEFT: u64 = 4 << 20;
/// The controllers of version 2 that the broker enables. Not that of processors: there a group has the weight of one thread,
/// so that workers would wait for each other's programs. The broker shares out the processors by itself (`pacer`).
const CONTROLLERS: &str = "+memory +pids";
const NO_CONTROLLERS: &str = "-memory -pids -cpu";
/// The kernel's counter of processes killed because a group reached its memory limit.
const KILLED: &str = "oom_kill ";

/// The broker's control groups.
#[derive(Debug)]
pub struct Groups {
    trees: Vec<Tree>,
    budget: Budget,
    last: u64,
    /// Tenants' groups that are to be removed.
    leaving: Vec<String>,
    /// Workers' groups to remove when they are empty: workers that were killed and have not ended yet, and workers
    /// that an earlier broker started, whose end this broker does not see.
    ending: Vec<PathBuf>,
}

/// The name of the group of all workers.
const ALL: &str = "ava";

/// That group in one hierarchy.
#[derive(Debug, Clone)]
struct Tree {
    workers: PathBuf,
    kind: Kind,
}

/// A group's depth in the tree: the index of its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Worker = 0,
    Tenant = 1,
    All = 2,
}

/// One worker's group.
#[derive(Debug)]
pub struct Group {
    tenant: String,
    folders: Vec<PathBuf>,
}

impl Groups {
    /// Makes the tree inside the broker's own group. An error says why it cannot, for example because the group is not
    /// delegated to the broker.
    pub fn take(budget: Budget) -> Result<Self, String> {
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| format!("/proc/self/cgroup: {error}"))?;
        let mounts =
            fs::read_to_string("/proc/self/mountinfo").map_err(|error| format!("/proc/self/mountinfo: {error}"))?;
        let mut trees = Vec::new();
        for (folder, kind) in hierarchies(&own, &mounts) {
            let workers = folder.join(ALL);
            let made = match kind {
                Kind::Unified => delegate(&folder).and_then(|()| make(&workers)),
                _ => make(&workers),
            };
            match made {
                Ok(_) => trees.push(Tree { workers, kind }),
                // Without this hierarchy the broker kills by process group, which is less reliable.
                Err(_) if kind == Kind::Bare => {}
                Err(error) => return Err(format!("{}: {error}", folder.display())),
            }
        }
        let has = |kinds: &[Kind]| trees.iter().any(|tree: &Tree| kinds.contains(&tree.kind));
        if !has(&[Kind::Unified, Kind::Memory]) || !has(&[Kind::Unified, Kind::Pids]) {
            return Err("no control group with memory and pids is there".to_owned());
        }
        let mut groups = Self { trees, budget, last: 0, leaving: Vec::new(), ending: Vec::new() };
        for tree in &groups.trees {
            groups
                .bound(&tree.workers, tree.kind, Level::All)
                .map_err(|error| format!("{}: {error}", tree.workers.display()))?;
        }
        groups.take_over();
        Ok(groups)
    }

    /// Disables the controllers of all groups, so that a service manager can start another broker while workers live. The
    /// caller is in the service's group, and of the same user.
    ///
    /// # Errors
    /// Errors of cgroupfs.
    pub fn release() -> io::Result<()> {
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        for (folder, kind) in hierarchies(&own, &mounts) {
            if !matches!(kind, Kind::Unified | Kind::Bare) {
                continue;
            }
            // systemd runs a service's additional commands (ExecReload=, ExecStartPre=) in a group of this name.
            let service = if folder.ends_with(".control") { folder.parent().unwrap_or(&folder) } else { &folder };
            let all = service.join(ALL);
            let lowest = below(&all);
            lowest.iter().flat_map(|tenant| below(tenant)).for_each(|worker| thaw(&worker));
            if kind == Kind::Bare {
                continue;
            }
            for group in lowest.iter().map(PathBuf::as_path).chain([all.as_path(), service]) {
                match write(&group.join("cgroup.subtree_control"), NO_CONTROLLERS) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Removes the groups that earlier brokers left, except those of living workers, which keep their limits.
    fn take_over(&mut self) {
        for Tree { workers, kind } in self.trees.clone() {
            for tenant in below(&workers) {
                let (gone, alive): (Vec<_>, Vec<_>) =
                    below(&tenant).into_iter().partition(|worker| fs::remove_dir(worker).is_ok());
                debug!(
                    tenant = tenant.display().to_string(),
                    gone = gone.len(),
                    alive = alive.len(),
                    "groups of earlier brokers"
                );
                if alive.is_empty() && charged(&tenant, kind) <= LEFT && fs::remove_dir(&tenant).is_ok() {
                    continue;
                }
                let _ = self.bound(&tenant, kind, Level::Tenant);
                alive.iter().for_each(|worker| {
                    thaw(worker);
                    drop(self.bound(worker, kind, Level::Worker));
                });
                self.ending.extend(alive);
                tenant.file_name().and_then(OsStr::to_str).into_iter().for_each(|name| self.leave(name.to_owned()));
            }
        }
    }

    /// The version and the folder, for people.
    pub fn describe(&self) -> String {
        let version = if self.trees.iter().any(|tree| tree.kind == Kind::Unified) { 2 } else { 1 };
        format!(
            "version {version}, {}",
            self.trees.first().map(|tree| tree.workers.display().to_string()).unwrap_or_default()
        )
    }

    /// Whether a whole group can be killed at once, also when its processes belong to another user.
    pub fn can_kill(&self) -> bool {
        self.trees.iter().any(|tree| matches!(tree.kind, Kind::Unified | Kind::Bare))
    }

    /// Makes a group for a worker of this tenant; also returns the `cgroup.procs` files through which a process joins it.
    ///
    /// # Errors
    /// Errors of cgroupfs.
    pub fn make(&mut self, tenant: &str) -> io::Result<(Group, Vec<OwnedFd>)> {
        self.last += 1;
        self.leaving.retain(|leaving| leaving != tenant);
        let name = format!("{}-{}", std::process::id(), self.last);
        let mut group = Group { tenant: tenant.to_owned(), folders: Vec::new() };
        let mut joins = Vec::new();
        for tree in &self.trees {
            let of_tenant = tree.workers.join(tenant);
            if make(&of_tenant)? {
                self.bound(&of_tenant, tree.kind, Level::Tenant)?;
            }
            let folder = of_tenant.join(&name);
            make(&folder)?;
            group.folders.push(folder.clone());
            self.bound(&folder, tree.kind, Level::Worker)?;
            joins.push(OpenOptions::new().write(true).open(folder.join("cgroup.procs"))?.into());
        }
        Ok((group, joins))
    }

    /// A worker ended: removes its group, and later its tenant's.
    pub fn give_back(&mut self, group: Group) {
        self.ending.extend(group.folders);
        self.leave(group.tenant);
    }

    /// Marks a tenant's group for removal when it is empty.
    fn leave(&mut self, tenant: String) {
        if !self.leaving.contains(&tenant) {
            self.leaving.push(tenant);
        }
    }

    /// Removes groups of ended workers, and tenants' groups without charged memory. Returns whether some are left.
    pub fn tidy(&mut self) -> bool {
        self.ending.retain(|folder| match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => true,
            Err(error) => {
                debug!(folder = folder.display().to_string(), %error, "a control group stays");
                false
            }
            Ok(()) => false,
        });
        let (trees, ending) = (&self.trees, &self.ending);
        self.leaving.retain(|tenant| {
            let folders = || trees.iter().map(|tree| (tree.workers.join(tenant), tree.kind));
            if ending.iter().any(|worker| worker.parent().is_some_and(|folder| folder.ends_with(tenant))) {
                return true;
            }
            if folders().any(|(folder, kind)| charged(&folder, kind) > LEFT) {
                return true;
            }
            // The kernel does not remove a group that has a worker.
            folders().for_each(|(folder, _)| drop(fs::remove_dir(folder)));
            false
        });
        !self.leaving.is_empty() || !self.ending.is_empty()
    }

    /// Removes all empty groups when the broker ends. Groups of living workers stay; the next broker takes them over.
    pub fn close(&self) {
        for Tree { workers, .. } in &self.trees {
            for tenant in below(workers) {
                below(&tenant).iter().chain([&tenant]).for_each(|folder| drop(fs::remove_dir(folder)));
            }
            let _ = fs::remove_dir(workers);
        }
    }

    /// Sets the limits of a group.
    fn bound(&self, folder: &Path, kind: Kind, level: Level) -> io::Result<()> {
        let memory = [self.budget.worker, self.budget.tenant, self.budget.all][level as usize];
        let tasks = TASKS[level as usize];
        match kind {
            Kind::Unified => {
                write(&folder.join("memory.max"), memory)?;
                write(&folder.join("pids.max"), tasks)?;
                if level == Level::Worker {
                    // A worker without its compiler process, or the reverse, cannot work: the kernel kills both.
                    return write(&folder.join("memory.oom.group"), 1);
                }
                write(&folder.join("cgroup.subtree_control"), CONTROLLERS)
            }
            Kind::Memory => write(&folder.join("memory.limit_in_bytes"), memory),
            Kind::Pids => write(&folder.join("pids.max"), tasks),
            Kind::Bare => Ok(()),
        }
    }
}

impl Group {
    /// Where files of these names would be, in each hierarchy.
    pub fn files(&self, names: &'static [&'static str]) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().flat_map(|folder| names.iter().map(|name| folder.join(name)))
    }

    /// Kills every process in the group. Returns whether the kernel supports that.
    pub fn kill(&self) -> bool {
        self.folders.iter().any(|folder| write(&folder.join("cgroup.kill"), 1).is_ok())
    }

    /// Whether the kernel killed a process of the group because it reached its memory limit.
    pub fn lacked_memory(&self) -> bool {
        let files =
            self.folders.iter().flat_map(|folder| [folder.join("memory.events"), folder.join("memory.oom_control")]);
        let texts = files.filter_map(|file| fs::read_to_string(file).ok());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).any(|line| {
            line.strip_prefix(KILLED).and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0)
        })
    }
}

/// Bytes of shared memory charged to a group and the groups below it: all that can remain of an ended worker. (The page
/// cache is charged too, but the kernel reclaims it when memory is needed.)
fn charged(folder: &Path, kind: Kind) -> u64 {
    let key = match kind {
        Kind::Unified => "shmem ",
        Kind::Memory => "total_shmem ",
        Kind::Bare | Kind::Pids => return 0,
    };
    let text = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok()).unwrap_or(0)
}

/// Moves the broker into a group of its own, because version 2 allows no processes beside groups with controllers, and
/// enables the controllers.
fn delegate(own: &Path) -> io::Result<()> {
    let control = own.join("cgroup.subtree_control");
    if write(&control, CONTROLLERS).is_ok() {
        return Ok(());
    }
    let aside = own.join("broker");
    make(&aside)?;
    write(&aside.join("cgroup.procs"), std::process::id())?;
    // Living workers of a broker that made no groups, such as one without a sandbox. Other processes are not moved: if
    // there are any, this group does not belong to the broker alone.
    let others = fs::read_to_string(own.join("cgroup.procs"))?;
    let left = own.join("left");
    let _ = fs::remove_dir(&left);
    for process in others.lines().filter(|process| is_worker(process)) {
        make(&left)?;
        // A process that ends meanwhile does not matter.
        let _ = write(&left.join("cgroup.procs"), process);
    }
    write(&control, CONTROLLERS)
}

/// Whether a process is a worker, by the name that workers have.
fn is_worker(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.starts_with("ava-worker"))
}

/// Has a group go on that a broker which is gone has frozen.
fn thaw(worker: &Path) {
    let file = worker.join("cgroup.freeze");
    if file.exists() {
        let _ = write(&file, 0);
    }
}

/// The direct children of a group.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}

/// Makes a group unless it exists. Returns whether it was made.
fn make(folder: &Path) -> io::Result<bool> {
    match fs::create_dir(folder) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn write(file: &Path, value: impl std::fmt::Display) -> io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(value.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_workers_are_put_aside() {
        assert!(!is_worker(&std::process::id().to_string()) && !is_worker("0") && !is_worker("nonsense"));
        let folder = tempfile::tempdir().unwrap();
        let worker = folder.path().join("ava-worker");
        fs::copy("/bin/sleep", &worker).unwrap();
        let mut process = std::process::Command::new(worker).arg("60").spawn().unwrap();
        // The kernel lets the parent go on shortly before the child has its new name.
        let named = (0..1000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            is_worker(&process.id().to_string())
        });
        assert!(named);
        process.kill().and_then(|()| process.wait()).unwrap();
    }
}
