//! The private memory of an idle session: `tests/bench/session.c`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::cpus;
use super::process::readable_within;
use super::results::{Figure, Side, Sides};
use super::setting::Setting;
use super::units::Unit;

/// How many sessions share the broker when it is looked at.
const SESSIONS: usize = 8;
/// How long a program may take to be idle.
const LIMIT: Duration = Duration::from_mins(2);

/// Programs that are idle after the same calls, on each side, and what they and their broker hold for themselves.
pub fn measure(setting: &Setting<'_>, sides: &[Side]) -> Result<Vec<Figure>> {
    let without = Idle::start(setting, Side::Native, "nothing")?.private()?;
    let with_vendor = Idle::start(setting, Side::Native, "calls")?.private()?;
    let mut program = [None; 2];
    let mut shared = [None; 2];
    let mut broker = [None; 2];
    for side in sides.iter().filter(|side| **side != Side::Native) {
        let at = usize::from(*side == Side::AvaSocket);
        // Looked at while it is alone: what several such programs share would be private to none.
        let first = Idle::start(setting, *side, "calls")?;
        program[at] = Some(first.private()?);
        shared[at] = shared_of(&rollup(first.0.id())?);
        let others = (1..SESSIONS).map(|_| Idle::start(setting, *side, "calls")).collect::<Result<Vec<_>>>()?;
        broker[at] = Some(private(setting.broker())? / SESSIONS as f64);
        drop((first, others));
    }
    let session = [0, 1].map(|at| Some((program[at]? - without).max(0.0) + broker[at]?));
    let figure = |name: &str, native, [ava, socket]: [Option<f64>; 2]| Figure {
        name: name.to_owned(),
        unit: Unit::Bytes,
        sides: Sides::new(native, ava, socket),
    };
    Ok(vec![
        figure("memory_without_calls", Some(without), [None; 2]),
        figure("memory_program", Some(with_vendor), program),
        figure("memory_broker_share", None, broker),
        figure("memory_shared", None, shared),
        figure("memory_session", None, session),
    ])
}

/// A program that is idle until this is gone.
struct Idle(Child);

impl Idle {
    fn start(setting: &Setting<'_>, side: Side, what: &str) -> Result<Self> {
        let mut command = setting.command(side, &setting.built.program("session")?)?;
        command.arg(what).current_dir(setting.home(side)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut idle = Self(cpus::spawn(&mut command, &setting.cpus(side))?);
        let mut line = String::new();
        let stdout = idle.0.stdout.take().context("its output")?;
        ensure!(readable_within(&stdout, LIMIT)?, "session.c was not idle within {} s", LIMIT.as_secs());
        BufReader::new(stdout).read_line(&mut line)?;
        if line != "idle\n" {
            bail!("session.c ended before it was idle: {}", idle.0.wait()?);
        }
        Ok(idle)
    }

    fn private(&self) -> Result<f64> {
        private(self.0.id())
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The bytes that a process shares with no other.
fn private(process: u32) -> Result<f64> {
    private_of(&rollup(process)?).with_context(|| format!("the kernel does not say what is private to {process}"))
}

fn rollup(process: u32) -> Result<String> {
    let file = format!("/proc/{process}/smaps_rollup");
    fs::read_to_string(&file).with_context(|| file.clone())
}

fn private_of(rollup: &str) -> Option<f64> {
    Some(bytes(rollup, "Private_Clean")? + bytes(rollup, "Private_Dirty")?)
}

/// A process's share of shared memory: half of what two have touched. Older kernels do not say.
fn shared_of(rollup: &str) -> Option<f64> {
    bytes(rollup, "Pss_Shmem")
}

fn bytes(rollup: &str, name: &str) -> Option<f64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_memory_is_read() {
        let text = "00400000-7ffe [rollup]\nRss:  900 kB\nPrivate_Clean:   12 kB\nPrivate_Dirty:  100 kB\nSwap: 0 kB\n";
        assert_eq!(private_of(text), Some(112.0 * 1024.0));
        assert_eq!(private_of("Rss: 900 kB\n"), None);
        assert_eq!(shared_of("Pss_Shmem:   3 kB\n"), Some(3.0 * 1024.0));
        assert!(private(std::process::id()).unwrap() > 0.0);
    }
}
