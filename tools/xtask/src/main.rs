//! `cargo xtask`: what developers of AvA do now and then.
//!
//! **Invariant:** nothing here is needed to build or to use AvA.
//!
//! # Layers
//!
//! - the repository, and what its files name of each other: `repository`, `layers`
//! - counts: `numbers`
//! - the subcommands: `bench`, `dist`, `import`, `simulate`, `tables`, `tidy`
#![forbid(unsafe_code)]

mod bench;
mod dist;
mod import;
mod layers;
mod numbers;
mod repository;
mod simulate;
mod tables;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What developers of AvA do now and then.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Expand(tables::Expand),
    Import(import::Import),
    Coverage(tables::Coverage),
    Bench(bench::Bench),
    Dist(dist::Dist),
    Simulate(simulate::Simulate),
    Tidy(tidy::Tidy),
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Expand(expand) => expand.run(),
        Verb::Import(import) => import.run(),
        Verb::Coverage(coverage) => coverage.run(),
        Verb::Bench(bench) => bench.run(),
        Verb::Dist(dist) => dist.run(),
        Verb::Simulate(simulate) => simulate.run(),
        Verb::Tidy(tidy) => tidy.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        super::Cli::command().debug_assert();
    }
}
