//! Which CPUs programs, broker and workers run on.

use std::fs;
use std::process::{Child, Command};

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

/// Whether everything has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The program on one CPU, the broker with its workers on another; natively the program has both.
    Pinned,
    /// Wherever the kernel puts it.
    Unpinned,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Unpinned => "unpinned",
        }
    }

    /// `unpinned`, or `unpinned, beside 2 busy processes`.
    pub fn beside(self, busy: u32) -> String {
        match (self.name(), busy) {
            (name, 0) => name.to_owned(),
            (name, 1) => format!("{name}, beside 1 busy process"),
            (name, busy) => format!("{name}, beside {busy} busy processes"),
        }
    }
}

/// The two CPUs of pinned runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pins {
    pub program: usize,
    pub broker: usize,
}

impl Pins {
    /// Two CPUs that this process may use, of different cores if there are such.
    pub fn choose() -> Result<Self> {
        let allowed = allowed()?;
        Self::of(&allowed, &siblings).with_context(|| {
            format!("pinned runs need two CPUs, and this process may use {}: ask for --unpinned", allowed.len())
        })
    }

    fn of(allowed: &[usize], siblings: &dyn Fn(usize) -> Vec<usize>) -> Option<Self> {
        let (program, others) = allowed.split_first()?;
        let same_core = siblings(*program);
        let broker = others.iter().find(|cpu| !same_core.contains(cpu)).or(others.first())?;
        Some(Self { program: *program, broker: *broker })
    }

    /// Both, for native programs.
    pub fn both(self) -> [usize; 2] {
        [self.program, self.broker]
    }
}

/// The CPUs that this process may use.
pub fn allowed() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect())
}

/// The CPUs of the same core. Where the kernel does not say, there are none.
fn siblings(cpu: usize) -> Vec<usize> {
    let list = fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"));
    list.map(|text| list_of(&text)).unwrap_or_default()
}

/// `0-1,8` is 0, 1, 8.
fn list_of(text: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    text.trim().split(',').filter_map(range).flatten().collect()
}

/// Starts `command` on these CPUs; on all, if there are none. It and what it starts stay there.
pub fn spawn(command: &mut Command, cpus: &[usize]) -> Result<Child> {
    let start = |command: &mut Command| {
        let name = command.get_program().to_owned();
        command.spawn().with_context(|| format!("cannot run {}", name.display()))
    };
    if cpus.is_empty() {
        return start(command);
    }
    // A child has the CPUs of the thread that starts it.
    let before = sched_getaffinity(None)?;
    let mut chosen = CpuSet::new();
    for cpu in cpus {
        ensure!(*cpu < CpuSet::MAX_CPU, "there is no CPU {cpu}");
        chosen.set(*cpu);
    }
    sched_setaffinity(None, &chosen).context("cannot choose CPUs")?;
    let child = start(command);
    sched_setaffinity(None, &before).context("cannot choose CPUs")?;
    child
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus_are_read() {
        assert_eq!(list_of("0\n"), [0]);
        assert_eq!(list_of("0-2,8\n"), [0, 1, 2, 8]);
        assert_eq!(list_of(""), [] as [usize; 0]);
    }

    #[test]
    fn two_cores_are_better_than_one() {
        let pairs = |cpu: usize| vec![cpu & !1, cpu | 1];
        assert_eq!(Pins::of(&[0, 1, 2, 3], &pairs), Some(Pins { program: 0, broker: 2 }));
        assert_eq!(Pins::of(&[2, 3], &pairs), Some(Pins { program: 2, broker: 3 }));
        assert_eq!(Pins::of(&[5], &pairs), None);
        assert_eq!(Pins::of(&[], &pairs), None);
    }

    #[test]
    fn a_child_runs_where_it_should() {
        let cpu = allowed().unwrap()[0];
        let mut show = Command::new("grep");
        show.args(["Cpus_allowed_list", "/proc/self/status"]).stdout(std::process::Stdio::piped());
        let said = spawn(&mut show, &[cpu]).unwrap().wait_with_output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.split_whitespace().nth(1), Some(&*cpu.to_string()));
    }
}
