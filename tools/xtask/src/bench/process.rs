//! A program run to its end, and how long that took.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::cpus;

/// A program that ended well.
#[derive(Debug)]
pub struct Finished {
    pub seconds: f64,
    pub stdout: String,
}

/// A program that was started.
pub struct Running {
    name: String,
    child: Child,
    start: Instant,
    limit: Duration,
    /// Where its output goes.
    files: [PathBuf; 2],
}

/// Runs `command` to its end, as `start` starts it.
pub fn run(command: Command, place: &Path, cpus: &[usize], limit: Duration) -> Result<Finished> {
    start(command, place, cpus, limit)?.finish()
}

/// Starts `command` in `place` on these CPUs (all, if there are none). Its output goes to files there, so that nobody has
/// to read it meanwhile. One that fails, or has not ended at its `limit`, is an error.
pub fn start(mut command: Command, place: &Path, cpus: &[usize], limit: Duration) -> Result<Running> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().display().to_string();
    let files = ["stdout", "stderr"].map(|file| place.join(file));
    let [stdout, stderr] = files.each_ref().map(File::create);
    command.current_dir(place).stdin(Stdio::null()).stdout(stdout?).stderr(stderr?);
    let start = Instant::now();
    let child = cpus::spawn(&mut command, cpus)?;
    Ok(Running { name, child, start, limit, files })
}

impl Running {
    /// Waits for its end.
    pub fn finish(mut self) -> Result<Finished> {
        let left = self.limit.saturating_sub(self.start.elapsed());
        let in_time = ended_within(&self.child, left);
        let seconds = self.start.elapsed().as_secs_f64();
        if !matches!(in_time, Ok(true)) {
            self.child.kill()?;
        }
        let status = self.child.wait()?;
        let read = |file| fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let [stdout, stderr] = self.files.each_ref().map(read);
        let stderr = stderr?;
        let last = stderr.trim_end().lines().rev().take(20).collect::<Vec<_>>();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
        let name = &self.name;
        if !in_time? {
            bail!("{name} did not end within {} s\n{last}", self.limit.as_secs());
        }
        ensure!(status.success(), "{name}: {status}\n{last}");
        Ok(Finished { seconds, stdout: stdout? })
    }
}

impl Drop for Running {
    /// Ends it, if nobody waited for its end.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended_within(child: &Child, limit: Duration) -> Result<bool> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process without a number")?;
    readable_within(&pidfd_open(pid, PidfdFlags::empty())?, limit)
}

/// Whether there is something to read, or an end, before so long.
pub fn readable_within(file: &impl AsFd, limit: Duration) -> Result<bool> {
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs().try_into()?, tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&left)) {
            Err(rustix::io::Errno::INTR) => {}
            ready => return Ok(ready? > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Finished> {
        let place = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, place.path(), &[], limit)
    }

    #[test]
    fn what_it_says_and_how_it_ends_is_known() {
        let long = Duration::from_mins(1);
        let finished = shell("echo here", long).unwrap();
        assert_eq!(finished.stdout, "here\n");
        assert!(finished.seconds > 0.0);
        let error = shell("echo lost >&2; exit 3", long).unwrap_err().to_string();
        assert_eq!(error, "sh: exit status: 3\nlost");
        let error = shell("exec sleep 100", Duration::from_millis(20)).unwrap_err().to_string();
        assert!(error.starts_with("sh did not end within 0 s"), "{error}");
    }
}
