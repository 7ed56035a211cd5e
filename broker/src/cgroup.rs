//! Control groups: what a session's worker may take of the machine, and that nothing of it is left at its end.
//!
//! ```text
//! the broker's own group
//! ├── broker/                the broker (version 2 only, which has no processes beside groups with controllers)
//! ├── left/                  workers of a broker that made no groups (likewise)
//! └── ava/                   all workers together
//!     └── TENANT/            all of one tenant's
//!         └── PID-N/         one worker's, by the broker that started it and a number
//! ```
//!
//! With version 1 there is a tree like this in the hierarchy of each controller, and one in that of version 2, if it is
//! mounted, from which a whole group can be killed.
//!
//! A tenant's group stays as long as memory is charged to it: pages of shared memory outlive a worker as long as its program
//! maps them, and would otherwise be charged to everybody.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use tracing::debug;

use crate::hierarchy::{Kind, hierarchies};
use crate::memory::Budget;

/// Threads and processes of one worker, of one tenant's, and of all: a worker has a thread for each of its program's.
const TASKS: [u64; 3] = [2048, 6144, 16384];
/// A tenant's group that has no worker any more goes when no more bytes of shared memory than this are charged to it.
const LEFT: u64 = 4 << 20;
/// The controllers of version 2 that are of use.
const CONTROLLERS: &str = "+memory +pids +cpu";
const NO_CONTROLLERS: &str = "-memory -pids -cpu";
/// What the kernel counts of a killed worker.
const KILLED: &str = "oom_kill ";

/// The broker's control groups.
#[derive(Debug)]
pub struct Groups {
    trees: Vec<Tree>,
    budget: Budget,
    last: u64,
    /// Tenants' groups that are to be removed.
    leaving: Vec<String>,
    /// Workers' groups that are to be removed when they are empty: of workers that were killed and are not quite gone, and of
    /// those that an earlier broker started, whose end this one does not see.
    ending: Vec<PathBuf>,
}

/// What the group of all workers is called.
const ALL: &str = "ava";

/// That group in one hierarchy.
#[derive(Debug, Clone)]
struct Tree {
    workers: PathBuf,
    kind: Kind,
}

/// How far down a group is; the index of its bounds.
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
    /// Takes the broker's own group apart, as far as it is delegated to it. Why not, if it is not.
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
                // Without it there is another way to kill, if not as sure a one.
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

    /// Takes the controllers from all groups, so that a service manager can start another broker beside living workers. To be
    /// called from beside them, by the same user.
    ///
    /// # Errors
    /// Those of the file system of control groups.
    pub fn release() -> io::Result<()> {
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        for (folder, _) in hierarchies(&own, &mounts).into_iter().filter(|(_, kind)| *kind == Kind::Unified) {
            // systemd runs what it runs beside the service in a group of that name.
            let service = if folder.ends_with(".control") { folder.parent().unwrap_or(&folder) } else { &folder };
            let all = service.join(ALL);
            let lowest = below(&all);
            for group in lowest.iter().map(PathBuf::as_path).chain([all.as_path(), service]) {
                match write(&group.join("cgroup.subtree_control"), NO_CONTROLLERS) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Removes what earlier brokers have left, but for groups of workers that live: those are bounded as ever.
    fn take_over(&mut self) {
        for Tree { workers, kind } in self.trees.clone() {
            for tenant in below(&workers) {
                let (gone, alive): (Vec<_>, Vec<_>) =
                    below(&tenant).into_iter().partition(|worker| fs::remove_dir(worker).is_ok());
                debug!(
                    tenant = tenant.display().to_string(),
                    gone = gone.len(),
                    alive = alive.len(),
                    "groups of before"
                );
                if alive.is_empty() && charged(&tenant, kind) <= LEFT && fs::remove_dir(&tenant).is_ok() {
                    continue;
                }
                let _ = self.bound(&tenant, kind, Level::Tenant);
                alive.iter().for_each(|worker| drop(self.bound(worker, kind, Level::Worker)));
                self.ending.extend(alive);
                tenant.file_name().and_then(OsStr::to_str).into_iter().for_each(|name| self.leave(name.to_owned()));
            }
        }
    }

    /// For people: which version.
    pub fn describe(&self) -> String {
        let version = if self.trees.iter().any(|tree| tree.kind == Kind::Unified) { 2 } else { 1 };
        format!(
            "version {version}, {}",
            self.trees.first().map(|tree| tree.workers.display().to_string()).unwrap_or_default()
        )
    }

    /// Whether a whole group can be killed at once, also one of another user's processes.
    pub fn can_kill(&self) -> bool {
        self.trees.iter().any(|tree| matches!(tree.kind, Kind::Unified | Kind::Bare))
    }

    /// A group for a worker of this tenant's, and the files that a process writes itself into to be in it.
    ///
    /// # Errors
    /// Those of the file system of control groups.
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

    /// A worker is over: its group is removed, and its tenant's some time.
    pub fn give_back(&mut self, group: Group) {
        self.ending.extend(group.folders);
        self.leave(group.tenant);
    }

    /// A tenant's group is to be removed, when that can be.
    fn leave(&mut self, tenant: String) {
        if !self.leaving.contains(&tenant) {
            self.leaving.push(tenant);
        }
    }

    /// Removes groups of workers that are over, and tenants' that nothing is charged to; whether some are left.
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
            // One that has a worker cannot be removed, and is not to be.
            folders().for_each(|(folder, _)| drop(fs::remove_dir(folder)));
            false
        });
        !self.leaving.is_empty() || !self.ending.is_empty()
    }

    /// Removes all groups that are empty: the broker ends. What living workers are in stays, for the next broker to take over.
    pub fn close(&self) {
        for Tree { workers, .. } in &self.trees {
            for tenant in below(workers) {
                below(&tenant).iter().chain([&tenant]).for_each(|folder| drop(fs::remove_dir(folder)));
            }
            let _ = fs::remove_dir(workers);
        }
    }

    /// Sets the bounds of a group.
    fn bound(&self, folder: &Path, kind: Kind, level: Level) -> io::Result<()> {
        let memory = [self.budget.worker, self.budget.tenant, self.budget.all][level as usize];
        let tasks = TASKS[level as usize];
        match kind {
            Kind::Unified => {
                write(&folder.join("memory.max"), memory)?;
                write(&folder.join("pids.max"), tasks)?;
                if level == Level::Worker {
                    // A worker without its compiler, or the other way round, is of no use.
                    return write(&folder.join("memory.oom.group"), 1);
                }
                write(&folder.join("cgroup.subtree_control"), CONTROLLERS)
            }
            Kind::Memory => write(&folder.join("memory.limit_in_bytes"), memory),
            Kind::Pids => write(&folder.join("pids.max"), tasks),
            // Equal shares, by tenants and then by workers, are what groups begin with.
            Kind::Cpu | Kind::Bare => Ok(()),
        }
    }
}

impl Group {
    /// Ends everything in the group. Whether there is a way to.
    pub fn kill(&self) -> bool {
        self.folders.iter().any(|folder| write(&folder.join("cgroup.kill"), 1).is_ok())
    }

    /// The kernel killed something in it for want of memory.
    pub fn lacked_memory(&self) -> bool {
        let files =
            self.folders.iter().flat_map(|folder| [folder.join("memory.events"), folder.join("memory.oom_control")]);
        let texts = files.filter_map(|file| fs::read_to_string(file).ok());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).any(|line| {
            line.strip_prefix(KILLED).and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0)
        })
    }
}

/// Bytes of shared memory charged to a group and those below it: what can be left of a worker that is gone. (Files that it was
/// the first to read are charged too, but only until the memory is needed.)
fn charged(folder: &Path, kind: Kind) -> u64 {
    let key = match kind {
        Kind::Unified => "shmem ",
        Kind::Memory => "total_shmem ",
        Kind::Bare | Kind::Pids | Kind::Cpu => return 0,
    };
    let text = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok()).unwrap_or(0)
}

/// Moves the broker aside, so that there can be controlled groups beside it, and lets them be controlled.
fn delegate(own: &Path) -> io::Result<()> {
    let control = own.join("cgroup.subtree_control");
    if write(&control, CONTROLLERS).is_ok() {
        return Ok(());
    }
    let aside = own.join("broker");
    make(&aside)?;
    write(&aside.join("cgroup.procs"), std::process::id())?;
    // Living workers of a broker that made no groups, such as one without a sandbox. Anybody else's processes stay where they
    // are: then this group is not the broker's to take apart.
    let others = fs::read_to_string(own.join("cgroup.procs"))?;
    let left = own.join("left");
    let _ = fs::remove_dir(&left);
    for process in others.lines().filter(|process| is_worker(process)) {
        make(&left)?;
        // One that ends meanwhile is in nobody's way.
        let _ = write(&left.join("cgroup.procs"), process);
    }
    write(&control, CONTROLLERS)
}

/// Whether a process is a worker, by the name that workers have.
fn is_worker(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.starts_with("ava-worker"))
}

/// The groups right below one.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}

/// Makes a group unless it is there; whether it was not.
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
