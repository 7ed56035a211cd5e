//! Processes that only compute, beside what is measured: `tests/bench/busy.c`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::build::Built;
use super::process::readable_within;

const SOURCE: &str = "tests/bench/busy.c";
/// How long one may take to start.
const START: Duration = Duration::from_secs(30);

/// The processes. They end when this is gone, and when this process ends without having dropped it (Ctrl-C).
pub struct Busy(Vec<Child>);

impl Busy {
    /// Starts so many, and waits until all of them compute.
    pub fn start(built: &Built, count: u32) -> Result<Self> {
        let mut busy = Self(Vec::new());
        if count == 0 {
            return Ok(busy);
        }
        let program = built.compiled("busy", SOURCE, &[""; 0])?;
        for _ in 0..count {
            let mut command = Command::new(&program);
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            busy.0.push(command.spawn().with_context(|| format!("cannot run {}", program.display()))?);
        }
        for process in &mut busy.0 {
            let stdout = process.stdout.take().context("its output")?;
            ensure!(readable_within(&stdout, START)?, "busy.c does not start within {} s", START.as_secs());
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line)?;
            ensure!(line == "busy\n", "busy.c does not compute");
        }
        Ok(busy)
    }

    /// Ends them. That one has ended before is an error: what was measured was not measured beside all of them.
    pub fn end(mut self) -> Result<()> {
        for process in &mut self.0 {
            let ended = process.try_wait()?;
            ensure!(ended.is_none(), "busy.c ended while programs were measured beside it");
        }
        Ok(())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for process in &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    use super::*;

    /// The processor time of a process, in ticks.
    fn time(process: u32) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(11).unwrap().parse().unwrap()
    }

    /// The program, without an AvA.
    fn built(directory: &Path) -> Built {
        for name in ["libava.so", "ava-broker", "ava-worker"] {
            fs::write(directory.join(name), "").unwrap();
        }
        Built::new(Some(directory.to_owned()), &directory.join("programs")).unwrap()
    }

    #[test]
    fn so_many_compute_until_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let built = built(directory.path());
        let busy = Busy::start(&built, 2).unwrap();
        let processes: Vec<_> = busy.0.iter().map(Child::id).collect();
        assert_eq!(processes.len(), 2);
        while processes.iter().any(|process| time(*process) == 0) {
            std::thread::yield_now();
        }
        busy.end().unwrap();
        assert!(processes.iter().all(|process| !fs::exists(format!("/proc/{process}")).unwrap()));

        let mut busy = Busy::start(&built, 1).unwrap();
        busy.0[0].kill().unwrap();
        busy.0[0].wait().unwrap();
        assert!(busy.end().is_err());
    }

    #[test]
    fn one_ends_with_its_parent_however_that_ends() {
        let directory = tempfile::tempdir().unwrap();
        let program = built(directory.path()).compiled("busy", SOURCE, &[""; 0]).unwrap();
        let mut parent = Command::new("sh");
        parent.args(["-c", "\"$0\" & echo $!; wait"]).arg(program).stdout(Stdio::piped());
        let mut parent = parent.spawn().unwrap();
        let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said = [lines.next().unwrap(), lines.next().unwrap()];
        said.sort();
        let [process, word] = said;
        assert_eq!(word, "busy");
        let process = Pid::from_raw(process.parse().unwrap()).unwrap();
        let process = pidfd_open(process, PidfdFlags::empty()).unwrap();
        parent.kill().unwrap();
        parent.wait().unwrap();
        assert!(readable_within(&process, START).unwrap());
    }
}
