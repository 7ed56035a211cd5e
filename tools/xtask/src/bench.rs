//! `cargo xtask bench`: `tests/bench/clbench.c` natively and through AvA, side by side.

mod broker;
mod report;
mod vendor;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::repository::{root, run};
use broker::Broker;
use report::Report;
use vendor::Vendor;

/// Measure what AvA costs
///
/// Builds AvA with optimizations, then runs the same program natively and through AvA by turns, linked against the loader
/// and opening it with dlopen, on every OpenCL implementation that tools/setup installs. Shows the median of the
/// rounds and the ratio of AvA's time to the native one.
#[derive(Args)]
pub struct Bench {
    /// How often each is run, by turns
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Iterations of each latency test
    #[arg(long, default_value_t = 500, value_name = "N")]
    iterations: u32,
    /// Sizes of the bandwidth tests
    #[arg(long, default_value = "4k,1m,64m", value_name = "SIZES")]
    sizes: String,
    /// Only these tests of clbench
    #[arg(long, value_name = "TESTS")]
    tests: Option<String>,
    /// Only this implementation
    #[arg(long, value_enum)]
    vendor: Option<Vendor>,
    /// Run everything on so many CPUs, the first that are allowed; 0 stands for all
    #[arg(long, default_value_t = 2, value_name = "N")]
    cpus: usize,
    /// How to show it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For scripts
    Json,
}

/// How the program comes to its functions.
#[derive(Clone, Copy)]
enum Linkage {
    Direct,
    Dlopen,
}

impl Linkage {
    const ALL: [Self; 2] = [Self::Direct, Self::Dlopen];

    fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Dlopen => "dlopen",
        }
    }
}

impl Bench {
    pub fn run(self) -> Result<()> {
        build()?;
        let directory = tempfile::Builder::new().prefix("ava-bench-").tempdir()?;
        let programs = Linkage::ALL.map(|linkage| Ok((linkage, compile(linkage, directory.path())?)));
        let programs = programs.into_iter().collect::<Result<Vec<_>>>()?;
        let vendors = Vendor::present(self.vendor)?;
        let cpus = pin(self.cpus)?;
        let mut report = Report::new(cpus, self.rounds);
        for vendor in vendors {
            let place = directory.path().join(vendor.name());
            std::fs::create_dir(&place)?;
            let broker = Broker::start(vendor, &place)?;
            for round in 1..=self.rounds {
                for (linkage, program) in &programs {
                    eprint!("\r{}, {}: round {round} of {} ", vendor.name(), linkage.name(), self.rounds);
                    let native = self.measure(vendor.natively(Command::new(program), &place))?;
                    let remote = self.measure(broker.through(Command::new(program), &place))?;
                    report.add(vendor.name(), linkage.name(), &native, &remote)?;
                }
            }
            eprintln!();
        }
        print!(
            "{}",
            match self.format {
                Format::Table => report.table(),
                Format::Json => report.json(),
            }
        );
        Ok(())
    }

    fn measure(&self, mut program: Command) -> Result<serde_json::Value> {
        let iterations = self.iterations.to_string();
        program.args(["--iters", &iterations, "--async", &(self.iterations * 4).to_string()]);
        program.args(["--batch", "200", "--warmup", "50", "--sizes", &self.sizes]);
        program.args(["--bw-bytes", "128m", "--bw-max", "500"]);
        if let Some(tests) = &self.tests {
            program.args(["--tests", tests]);
        }
        let said = run(&mut program)?;
        serde_json::from_str(&said).with_context(|| format!("clbench said no JSON: {said}"))
    }
}

/// Builds AvA, with optimizations.
fn build() -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root()).args(["build", "--release", "--quiet"]);
    build.args(["--package", "ava-shim", "--package", "ava-broker", "--package", "ava-worker"]);
    ensure!(build.status().context("cargo")?.success(), "AvA does not build");
    Ok(())
}

/// A file that the build makes.
fn built(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("release").join(name)
}

fn compile(linkage: Linkage, directory: &Path) -> Result<PathBuf> {
    let program = directory.join(format!("clbench-{}", linkage.name()));
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut cc = Command::new(compiler);
    cc.arg("-O2").arg("-o").arg(&program).arg(root().join("tests/bench/clbench.c"));
    match linkage {
        Linkage::Direct => cc.args(["-lOpenCL", "-lm"]),
        Linkage::Dlopen => cc.args(["-DCLBENCH_DLOPEN", "-ldl", "-lm"]),
    };
    run(&mut cc).context("clbench does not compile; tools/setup installs what it needs")?;
    Ok(program)
}

/// Keeps this process, and so all that it starts, on the first CPUs that it may use.
fn pin(count: usize) -> Result<usize> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None)?;
    let cpus: Vec<_> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    if count == 0 || count >= cpus.len() {
        return Ok(cpus.len());
    }
    let mut chosen = CpuSet::new();
    cpus.iter().take(count).for_each(|cpu| chosen.set(*cpu));
    sched_setaffinity(None, &chosen)?;
    Ok(count)
}
