//! How many instructions hot calls take in the program's process: `tests/bench/hot.c` under callgrind.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::process;
use super::results::{Figure, Side, Sides};
use super::setting::{Setting, Turns};
use super::units::Unit;

/// What hot.c calls. The first is an empty function, which is taken from the others.
const NOTHING: &str = "nothing";
const CALLS: &[(&str, &str)] = &[
    ("setarg", "instructions_set_kernel_arg"),
    ("enqueue", "instructions_enqueue"),
    ("info", "instructions_device_info"),
    ("retain", "instructions_retain_release"),
];

/// Valgrind starts slowly, and what runs in it runs slowly.
const LIMIT: std::time::Duration = std::time::Duration::from_mins(5);

/// Where valgrind is.
pub fn valgrind() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join("valgrind")).find(|file| file.is_file());
    found.context("valgrind is not there, and so no instructions are counted; tools/setup test installs it")
}

/// Instructions for each call, on each side but the native one.
pub fn measure(setting: &Setting<'_>, turns: Turns) -> Result<Vec<Figure>> {
    let valgrind = valgrind()?;
    let hot = setting.built.program("hot")?;
    let count = if turns.quick { 500 } else { 2000 };
    let mut figures = Vec::new();
    let per_call = |side: Side, call: &str| {
        let once = counted(setting, &valgrind, &hot, side, call, count)?;
        let twice = counted(setting, &valgrind, &hot, side, call, 2 * count)?;
        anyhow::Ok(difference(once, twice, count))
    };
    let mut floor = [0.0; 2];
    for (call, name) in [(NOTHING, "")].iter().chain(CALLS) {
        let mut values = [None; 2];
        for side in turns.sides.iter().filter(|side| **side != Side::Native) {
            let at = usize::from(*side == Side::AvaSocket);
            let value = per_call(*side, call)?;
            if *call == NOTHING {
                floor[at] = value;
            }
            values[at] = Some(value - floor[at]);
        }
        if *call != NOTHING {
            let sides = Sides::new(None, values[0], values[1]);
            figures.push(Figure { name: (*name).to_owned(), unit: Unit::Instructions, sides });
        }
    }
    Ok(figures)
}

/// The instructions below `measured` in hot.c.
fn counted(setting: &Setting<'_>, valgrind: &Path, hot: &Path, side: Side, call: &str, count: u32) -> Result<u64> {
    let home = setting.home(side);
    let out = home.join("callgrind.out");
    let _ = fs::remove_file(&out);
    let mut command = setting.command(side, valgrind)?;
    command.args(["-q", "--tool=callgrind", "--toggle-collect=measured"]);
    command.arg(format!("--callgrind-out-file={}", out.display())).arg(hot).args([call, &count.to_string()]);
    process::run(command, &home, &setting.cpus(side), LIMIT)
        .with_context(|| format!("hot.c ({call}) does not run under valgrind"))?;
    let text = fs::read_to_string(&out).with_context(|| out.display().to_string())?;
    total(&text).with_context(|| format!("{} has no total", out.display()))
}

/// What callgrind's file says at its end.
fn total(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}

/// What one call took, if `count` calls took the one and twice as many the other.
fn difference(once: u64, twice: u64, count: u32) -> f64 {
    (twice as f64 - once as f64) / f64::from(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_difference() {
        assert_eq!(total("version: 1\nsummary: 12\n\n\ntotals: 1548013\n"), Some(1_548_013));
        assert_eq!(total("version: 1\n"), None);
        assert_eq!(difference(1_548_013, 3_096_013, 1000).to_string(), "1548");
    }
}
