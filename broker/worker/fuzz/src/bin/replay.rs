//! Serves inputs from files, then as many made from them as are asked for, the same ones in every run:
//! `ava-worker-replay ROUNDS FILE…`. Each API that there are files of gets as many. What it is at when it dies is in the last
//! line of its output.

use std::collections::BTreeMap;
use std::io::Write;

use ava_worker_fuzz::mutate::{Random, mutated};
use ava_worker_fuzz::{Tally, records, run, run_scribbled};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || std::io::Error::other("usage: ava-worker-replay ROUNDS FILE…");
    let rounds: u64 = arguments.next().and_then(|rounds| rounds.parse().ok()).ok_or_else(usage)?;
    let mut out = std::io::stdout().lock();
    let mut seeds = BTreeMap::<&str, Vec<Vec<u8>>>::new();
    for file in arguments {
        let input = std::fs::read(&file)?;
        writeln!(out, "{file}")?;
        let tally = run(&input);
        writeln!(out, "{tally:?}")?;
        let api = records::api(&input).map_or("", |(api, _)| api.name);
        seeds.entry(api).or_default().push(input);
    }
    if seeds.is_empty() {
        return Err(usage());
    }
    let mut all = Tally::default();
    for round in 0..rounds {
        let mut random = Random::new(round);
        let Some((api, seeds)) = seeds.iter().cycle().nth(round as usize % seeds.len()) else { break };
        let seed = random.below(seeds.len());
        writeln!(out, "round {round} of seed {seed} of {api}")?;
        let input = mutated(&seeds[seed], &mut random);
        let tally = if round % 8 == 0 { run_scribbled(&input) } else { run(&input) };
        all.replies += tally.replies;
        all.refusals += tally.refusals;
        all.malformed += tally.malformed;
    }
    writeln!(out, "{all:?}")
}
