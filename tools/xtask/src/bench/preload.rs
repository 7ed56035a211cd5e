//! What LD_PRELOAD costs a program that has nothing to do with OpenCL.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};

use super::cpus::{self, Pins};
use super::results::{Figure, Samples, Side};
use super::units::Unit;

/// What does nothing.
const TRUE: &str = "/bin/true";
const SPAWNS: u32 = 500;
const QUICK: u32 = 50;

/// From the start of /bin/true to its end, many times, by turns.
pub fn measure(library: &Path, pins: Option<Pins>, repeat: u32, quick: bool) -> Result<Vec<Figure>> {
    let cpus: Vec<_> = pins.iter().map(|pins| pins.program).collect();
    let mut samples = Samples::default();
    for _ in 0..repeat * if quick { QUICK } else { SPAWNS } {
        for side in [Side::Native, Side::Ava] {
            let mut command = Command::new(TRUE);
            // Nothing that needs a step between fork and exec, so that this is a posix_spawn.
            command.env_clear().stdin(Stdio::null());
            if side == Side::Ava {
                command.env("LD_PRELOAD", library);
            }
            let start = Instant::now();
            let status = cpus::spawn(&mut command, &cpus)?.wait()?;
            samples.add(side, "preload", Unit::Seconds, start.elapsed().as_secs_f64());
            ensure!(status.success(), "{TRUE}: {status}");
        }
    }
    Ok(samples.figures())
}
