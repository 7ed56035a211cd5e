//! Control groups for one test, in which to measure what a broker and its workers use; removed with all processes in them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::running::ready;

/// How long killed processes may take to disappear.
const PATIENCE: Duration = Duration::from_secs(20);
/// The controllers of version 1 that the broker uses; an empty name means version 2.
const HIERARCHIES: [&str; 3] = ["memory", "pids", ""];

/// A group in each hierarchy. When dropped, all processes in it are killed and the groups removed.
#[derive(Debug)]
pub struct Groups {
    folders: Vec<(&'static str, PathBuf)>,
}

impl Groups {
    /// Groups called `name`, below those of this process.
    ///
    /// # Errors
    /// A message that says what is missing.
    pub fn new(name: &str) -> Result<Self, String> {
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let mounts = fs::read_to_string("/proc/self/mountinfo").map_err(|error| error.to_string())?;
        let mut groups = Self { folders: Vec::new() };
        for hierarchy in HIERARCHIES {
            let Some(around) = own_folder(hierarchy, &own, &mounts) else { continue };
            let folder = around.join(name);
            fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            groups.folders.push((hierarchy, folder));
        }
        let unified = groups.folder("").is_some_and(|folder| folder.join("memory.max").exists());
        if unified || groups.folder("memory").is_some() && groups.folder("pids").is_some() {
            Ok(groups)
        } else {
            Err("this machine has no control groups for memory and tasks".to_owned())
        }
    }

    /// The folder in the hierarchy of a controller, or of version 2.
    #[must_use]
    pub fn folder(&self, hierarchy: &str) -> Option<&Path> {
        self.folders.iter().find(|(name, _)| *name == hierarchy).map(|(_, folder)| folder.as_path())
    }

    /// The folder that holds a controller's files, in either version.
    ///
    /// # Panics
    /// If there is none; then there are no such groups.
    #[must_use]
    pub fn of_controller(&self, controller: &str) -> &Path {
        self.folder(controller).or_else(|| self.folder("")).expect("a hierarchy with this controller")
    }

    /// The groups called `name` within these, created if they are missing.
    ///
    /// # Panics
    /// If they cannot be created.
    #[must_use]
    pub fn within(&self, name: &str) -> Vec<PathBuf> {
        let folders = self.folders.iter().map(|(_, folder)| folder.join(name));
        folders.inspect(|folder| fs::create_dir_all(folder).expect("a control group")).collect()
    }

    /// The group called `name` within the one of version 2, whose name identifies a program's container.
    ///
    /// # Panics
    /// If it cannot be created.
    #[must_use]
    pub fn within_unified(&self, name: &str) -> Option<PathBuf> {
        let folder = self.folder("")?.join(name);
        fs::create_dir_all(&folder).expect("a control group");
        Some(folder)
    }

    /// Bytes that are charged to a group within, in either version.
    ///
    /// # Panics
    /// If there is no such group.
    #[must_use]
    pub fn charged(&self, within: &str) -> u64 {
        charged(&self.of_controller("memory").join(within))
    }

    /// What is charged to a group within and to each one below it, in MiB by path; that to the group itself has the name ".".
    #[must_use]
    pub fn charges(&self, within: &str) -> BTreeMap<String, u64> {
        let mut found = BTreeMap::new();
        add_charges(&self.of_controller("memory").join(within), "", &mut found);
        found
    }

    /// The existing groups of workers, as `TENANT/PID-N`, in any hierarchy.
    #[must_use]
    pub fn of_workers(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (_, folder) in &self.folders {
            for tenant in below(&folder.join("ava")) {
                found.extend(below(&tenant).iter().map(|worker| format!("{}/{}", name(&tenant), name(worker))));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Kills all processes in the groups.
    pub fn kill(&self) {
        self.folders.iter().for_each(|(_, folder)| end_all(folder));
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        self.kill();
        for (_, folder) in &self.folders {
            let deadline = Instant::now() + PATIENCE;
            while remove(folder).is_err_and(|error| error.kind() != io::ErrorKind::NotFound) {
                if Instant::now() > deadline {
                    eprintln!("{} stays", folder.display());
                    break;
                }
                end_all(folder);
                std::thread::yield_now();
            }
        }
    }
}

/// The number in the first of these files that exists.
///
/// # Panics
/// If none exists.
#[must_use]
pub fn number(folder: &Path, files: &[&str]) -> u64 {
    let texts = files.iter().filter_map(|file| fs::read_to_string(folder.join(file)).ok());
    let mut numbers = texts.filter_map(|text| text.trim().parse().ok());
    numbers.next().unwrap_or_else(|| panic!("{} has none of {files:?}", folder.display()))
}

/// The groups of a process, by hierarchy, with the kernel's names.
#[must_use]
pub fn of_process(pid: u32) -> Vec<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    lines.map(|(hierarchy, path)| (hierarchy.to_owned(), path.to_owned())).collect()
}

/// This process's group: with version 1 its own; with version 2 the root, since only there may groups exist beside
/// processes.
fn own_folder(hierarchy: &str, own: &str, mounts: &str) -> Option<PathBuf> {
    let lines = own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let mut fitting = lines.filter(|(list, _)| list.split(',').any(|one| one == hierarchy));
    let (_, path) = fitting.next()?;
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let (root, at) = (before.next()?, before.next()?);
        let mut after = after.split(' ');
        let (kind, options) = (after.next()?, after.nth(1)?);
        if hierarchy.is_empty() {
            return (kind == "cgroup2").then(|| PathBuf::from(at));
        }
        let fits = kind == "cgroup" && options.split(',').any(|option| option == hierarchy);
        let below = Path::new(path).strip_prefix(root).ok()?;
        fits.then(|| Path::new(at).join(below))
    })
}

/// Kills all processes in a group and its subgroups, and waits until they are gone.
fn end_all(folder: &Path) {
    below(folder).iter().for_each(|within| end_all(within));
    let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for pid in text.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)) {
        if let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) {
            let _ = kill_process(pid, Signal::KILL);
            let _ = ready(&[process.as_fd()], Instant::now() + PATIENCE);
        }
    }
}

/// Removes a group and its subgroups.
fn remove(folder: &Path) -> io::Result<()> {
    below(folder).iter().try_for_each(|within| remove(within))?;
    fs::remove_dir(folder)
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Groups may disappear meanwhile.
fn add_charges(folder: &Path, path: &str, found: &mut BTreeMap<String, u64>) {
    let Some(bytes) = charged_if_there(folder) else { return };
    found.insert(if path.is_empty() { "." } else { path }.to_owned(), bytes >> 20);
    for within in below(folder) {
        add_charges(&within, format!("{path}/{}", name(&within)).trim_start_matches('/'), found);
    }
}

/// Bytes of memory, private and shared, that are charged to a group and its subgroups. (Page cache is charged to the group
/// that reads a file first, but that is chance, so it is left out.)
///
/// # Panics
/// If there is no such group.
#[must_use]
pub fn charged(folder: &Path) -> u64 {
    charged_if_there(folder).unwrap_or_else(|| panic!("there is no group {}", folder.display()))
}

fn charged_if_there(folder: &Path) -> Option<u64> {
    let text = fs::read_to_string(folder.join("memory.stat")).ok()?;
    let of = |names: &[&str]| {
        let found = text.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| names.contains(name));
        found.and_then(|(_, number)| number.parse::<u64>().ok()).unwrap_or(0)
    };
    // Version 1 has separate files for a group alone and for the total with its subgroups.
    Some(match of(&["total_rss"]) + of(&["total_shmem"]) {
        0 => of(&["anon"]) + of(&["shmem"]),
        total => total,
    })
}
