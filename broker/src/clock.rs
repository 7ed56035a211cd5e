//! The processor clock of a worker, read from outside: the time that its device used, where the device is a processor.
//!
//! A worker's control group counts all that the worker started, a tick late (10 ms at most). Without a group the clock is that
//! of its process, of children that it has waited for, and of those that live, as far as the kernel lists them.
//!
//! - **Invariant:** nothing that a worker says or writes changes its clock.
//! - **Invariant:** a clock never goes back, and the work of reading it is bounded.

use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ava_transport::processor;
use rustix::process::Pid;

use crate::cgroup::Group;

/// How long the list of a worker's children is good for.
const CHILDREN_LAST: Duration = Duration::from_millis(100);
/// The most children, and the most threads that are asked for children.
const MOST: usize = 64;
/// The most bytes read of a file of the kernel's.
const LONGEST: u64 = 4096;

/// The clock of one worker.
#[derive(Debug)]
pub struct ProcessorClock {
    /// `None` once the process was reaped, since its number may be another's then.
    pid: Cell<Option<Pid>>,
    /// The file in which its control group counts.
    group: Option<File>,
    children: RefCell<Children>,
    last: Cell<Duration>,
}

/// What a process without a control group has started.
#[derive(Debug, Default)]
struct Children {
    listed: Option<Instant>,
    living: Vec<Pid>,
    /// The time of those that ended and were waited for.
    ended: Duration,
}

impl ProcessorClock {
    /// That of a process that was started in this group.
    pub fn of(pid: Pid, group: Option<&Group>) -> Self {
        Self {
            pid: Cell::new(Some(pid)),
            group: group.and_then(|group| {
                let files = group.files(&["cpu.stat", "cpuacct.usage"]).filter_map(|file| File::open(file).ok());
                files.into_iter().find(|file| count(file).is_some())
            }),
            children: RefCell::default(),
            last: Cell::default(),
        }
    }

    /// The processor time since the process began; what it was last when the process is gone.
    pub fn read(&self) -> Duration {
        let Some(pid) = self.pid.get() else {
            return self.last.get();
        };
        let own = processor::time(pid).unwrap_or_default();
        let all = match &self.group {
            // It may be behind its process's clock.
            Some(file) => count(file).unwrap_or_default().max(own),
            None => own.saturating_add(self.children.borrow_mut().time(pid)),
        };
        self.last.set(self.last.get().max(all));
        self.last.get()
    }

    /// Stops it: the process was reaped.
    pub fn stop(&self) {
        self.pid.set(None);
    }
}

impl Children {
    fn time(&mut self, parent: Pid) -> Duration {
        let now = Instant::now();
        if self.listed.is_none_or(|listed| now.duration_since(listed) >= CHILDREN_LAST) {
            *self = Self { listed: Some(now), living: living_children(parent), ended: ended_children(parent) };
        }
        let living = self.living.iter().filter_map(|child| processor::time(*child).ok());
        living.fold(self.ended, Duration::saturating_add)
    }
}

/// The time that a group has used. It stands in the first line.
fn count(file: &File) -> Option<Duration> {
    let mut text = [0; 256];
    let read = file.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(&text[..read]).ok()?;
    let nanoseconds = text.trim().parse().map(Duration::from_nanos);
    let microseconds = || text.lines().find_map(|line| line.strip_prefix("usage_usec ")?.trim().parse().ok());
    nanoseconds.ok().or_else(|| microseconds().map(Duration::from_micros))
}

/// Children and their children that live, where the kernel lists them (`CONFIG_PROC_CHILDREN`).
fn living_children(parent: Pid) -> Vec<Pid> {
    let mut found: Vec<Pid> = Vec::new();
    let mut threads_left = MOST;
    let mut next = Some(parent);
    let mut asked = 0;
    while let Some(process) = next {
        let threads = fs::read_dir(format!("/proc/{}/task", process.as_raw_pid())).into_iter().flatten().flatten();
        for thread in threads.take(threads_left) {
            threads_left -= 1;
            let listed = text(&thread.path().join("children")).unwrap_or_default();
            let children = listed.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
            found.extend(children.take(MOST - found.len()));
        }
        next = found.get(asked).copied();
        asked += 1;
    }
    found
}

/// The time of children that ended and were waited for.
fn ended_children(parent: Pid) -> Duration {
    let stat = text(&format!("/proc/{}/stat", parent.as_raw_pid()).into()).unwrap_or_default();
    // The name, in parentheses, may contain anything. `cutime` and `cstime` are fields 16 and 17; the name is the second.
    let ticks = stat.rsplit_once(')').map(|(_, rest)| {
        let fields = rest.split_whitespace().skip(16 - 3).take(2);
        fields.filter_map(|field| field.parse::<u64>().ok()).fold(0, u64::saturating_add)
    });
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks.unwrap_or_default().saturating_mul(1000) / per_second)
}

fn text(file: &PathBuf) -> Option<String> {
    let mut text = String::new();
    File::open(file).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    const COMPUTE: &str = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

    #[test]
    fn children_count_too_and_the_last_time_stays() {
        let script = format!("({COMPUTE}); echo; read line; exec sleep 100");
        let mut child =
            Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let clock = ProcessorClock::of(pid, None);
        child.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
        let time = clock.read();
        let own = processor::time(pid).unwrap();
        assert!(time > own.saturating_mul(2), "{time:?} of a child, {own:?} of its own");
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let last = clock.read();
        assert!(last >= time);
        clock.stop();
        assert_eq!(clock.read(), last);
    }

    #[test]
    fn both_versions_of_control_groups_have_a_count() {
        let folder = tempfile::tempdir().unwrap();
        let counted = |name: &str, text: &str| {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            count(&File::open(file).unwrap())
        };
        assert_eq!(counted("cpu.stat", "usage_usec 1500\nuser_usec 7\n"), Some(Duration::from_micros(1500)));
        assert_eq!(counted("cpu.stat", "nr_periods 0\nthrottled_time 5\n"), None, "the file of version 1");
        assert_eq!(counted("cpuacct.usage", "1234567\n"), Some(Duration::from_nanos(1_234_567)));
        assert_eq!(counted("cpuacct.usage", "nonsense"), None);
    }
}
