//! Several whole programs at once, each a different one: how long until the last of them has ended.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use super::catalogue::Entry;
use super::programs::{first_difference, located};
use super::results::{Group, Samples};
use super::setting::{Setting, Turns};
use super::units::Unit;

/// Runs the first `count` of the programs that are there, all at once, by turns. A first run on each side is not timed.
pub fn measure(
    setting: &Setting<'_>,
    entries: &[&'static Entry],
    count: u32,
    turns: Turns,
    group: &mut Group,
) -> Result<()> {
    let mut programs = Vec::new();
    for entry in entries {
        programs.extend(located(setting, entry)?.ok().map(|file| (*entry, file)));
    }
    let there = programs.len();
    programs.truncate(count as usize);
    ensure!(programs.len() == count as usize, "{count} programs cannot run at once: there are {there}");
    group.together = programs.iter().map(|(entry, _)| entry.name).collect();
    let mut samples = Samples::default();
    let mut natively: Option<Vec<String>> = None;
    for round in 0..=turns.repeat {
        for side in turns.sides {
            let start = Instant::now();
            let mut running = Vec::new();
            for (entry, file) in &programs {
                running.push(setting.start(*side, entry.name, file, &entry.arguments(turns.quick))?);
            }
            let mut said = Vec::new();
            for ((entry, _), running) in programs.iter().zip(running) {
                let finished = running.finish().with_context(|| setting.how(*side))?;
                said.push((entry.lasting)(&finished.stdout));
            }
            if round > 0 {
                samples.add(*side, "together", Unit::Seconds, start.elapsed().as_secs_f64());
            }
            let native = natively.get_or_insert_with(|| said.clone());
            for ((entry, _), (native, said)) in programs.iter().zip(native.iter().zip(&said)) {
                if native != said {
                    bail!("{} computes something else: {}", entry.name, first_difference(native, said));
                }
            }
        }
    }
    group.figures.extend(samples.figures());
    Ok(())
}
