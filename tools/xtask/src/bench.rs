//! `cargo xtask bench`: single calls and whole programs natively and through AvA by turns, beside the targets.

mod build;
mod catalogue;
mod cpus;
mod instructions;
mod memory;
mod micro;
mod pkcs11;
mod preload;
mod process;
mod programs;
mod report;
mod results;
mod selection;
mod setting;
mod statistics;
mod targets;
mod tflite;
mod units;
mod vendor;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use build::Built;
use catalogue::ENTRIES;
use cpus::Pins;
use programs::Fared;
use results::{Group, Machine, Results, Skipped};
use selection::Selection;
use setting::{Setting, Transport, Turns};
use vendor::{Choice, Vendor};

/// Measure what AvA costs
///
/// Builds AvA with optimizations, then runs the same programs natively and through AvA by turns, on every vendor library
/// that tools/setup installs; those of PKCS#11 also through p11-kit's server. Shows medians, ratios, and whether the targets are met: how much a call may
/// cost is written in tools/xtask/src/bench/targets.rs, what the programs do in tests/bench/README.md.
///
/// A target that is missed is no failure. A program that fails or computes something else through AvA is.
///
/// Pinned, the program runs on one CPU and the broker with its workers on another; natively the program has both. Whole
/// programs and memory are measured unpinned, unless only --pinned is asked for.
///
/// The memory of an idle session is what its program holds for itself (Private_Clean and Private_Dirty in
/// /proc/PID/smaps_rollup) beyond the same program without any call of OpenCL, and an eighth of what the broker holds for
/// itself while it has eight such sessions. Not in it: the worker, which has the vendor library that the program would
/// have had itself (its private memory natively is shown), and memory that both sides have touched, which is not
/// private to either.
#[derive(Args)]
pub struct Bench {
    /// Only this library
    #[arg(long, value_enum, default_value = "all")]
    vendor: Choice,
    /// Only these: micro (calls, clbench, preload, memory, pkcs11, tflite), programs, or one of their names
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,
    /// How often each is run, by turns
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Only with the program on one CPU and broker and workers on another
    #[arg(long)]
    pinned: bool,
    /// Only wherever the kernel runs it
    #[arg(long)]
    unpinned: bool,
    /// What carries the calls
    #[arg(long, value_enum, default_value = "default")]
    transport: Transport,
    /// Count the instructions of hot calls in the program's process (with valgrind) instead of measuring time
    #[arg(long)]
    instructions: bool,
    /// Shorter runs, which show that everything works; their figures are rough
    #[arg(long)]
    quick: bool,
    /// How to show it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Write it there instead of to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Measure the AvA that is built there instead of building it
    #[arg(long, value_name = "DIRECTORY")]
    binaries: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For scripts: "schema": 1, seconds, bytes and counts
    Json,
}

impl Bench {
    pub fn run(self) -> Result<()> {
        let selection = Selection::new(self.only.clone())?;
        let modes = self.modes()?;
        if self.instructions {
            instructions::valgrind()?;
        }
        let directory = tempfile::Builder::new().prefix("ava-bench-").tempdir()?;
        let built = Built::new(self.binaries.clone(), &directory.path().join("programs"))?;
        let pins = modes.iter().copied().flatten().next();
        let mut results = Results {
            schema: 1,
            machine: Machine::this(cpus::allowed()?.len(), pins),
            repeat: self.repeat,
            quick: self.quick,
            groups: Vec::new(),
            skipped: Vec::new(),
            errors: Vec::new(),
            targets: Vec::new(),
        };
        if selection.micro("preload") && !self.instructions {
            for pins in &modes {
                let mut group = Group::new(None, mode_of(*pins));
                eprintln!("{}: preload", group.mode.name());
                group.figures = preload::measure(&built.file("libava.so"), *pins, self.repeat, self.quick)?;
                results.groups.push(group);
            }
        }
        if self.instructions || selection.needs_vendor() {
            // Instructions are counted in calls of OpenCL.
            let needed = |vendor: Vendor| if self.instructions { vendor.is_opencl() } else { selection.needs(vendor) };
            let (vendors, missing) = Vendor::present(self.vendor, needed)?;
            results.skipped.extend(missing);
            for vendor in vendors {
                self.vendor(vendor, &modes, &selection, &built, directory.path(), &mut results)?;
            }
        }
        results.groups.retain(|group| !group.figures.is_empty() || !group.programs.is_empty());
        results.targets = results.groups.iter().flat_map(targets::verdicts).collect();
        self.show(&results)?;
        if results.groups.iter().any(is_alike) {
            eprintln!("xtask: AVA_TRANSPORT=socket makes no difference: has this AvA another transport?");
        }
        for error in &results.errors {
            eprintln!("xtask: {error}");
        }
        ensure!(results.errors.is_empty(), "{} of the programs went wrong", results.errors.len());
        Ok(())
    }

    /// The ways to measure: unpinned is without pins, and comes last.
    fn modes(&self) -> Result<Vec<Option<Pins>>> {
        // Counting does not depend on where things run.
        if self.instructions {
            return Ok(vec![None]);
        }
        let both = self.pinned == self.unpinned;
        let pins = match Pins::choose() {
            Ok(pins) => Some(pins),
            Err(error) if self.pinned => return Err(error),
            Err(error) => {
                if both {
                    eprintln!("xtask: {error:#}; only unpinned runs are measured");
                }
                None
            }
        };
        let mut modes = Vec::new();
        modes.extend(pins.filter(|_| both || self.pinned).map(Some));
        if both || self.unpinned {
            modes.push(None);
        }
        Ok(modes)
    }

    /// Everything on one vendor.
    fn vendor(
        &self,
        vendor: Vendor,
        modes: &[Option<Pins>],
        selection: &Selection,
        built: &Built,
        directory: &Path,
        results: &mut Results,
    ) -> Result<()> {
        let turns = Turns { sides: self.transport.sides(), repeat: self.repeat, quick: self.quick };
        for (index, pins) in modes.iter().enumerate() {
            // What takes long, and what does not depend on where things run, is measured once.
            let last = index + 1 == modes.len();
            let calls = !vendor.is_opencl() || selection.micro("calls") || selection.micro("clbench");
            if !last && !calls {
                continue;
            }
            let mut group = Group::new(Some(vendor.name()), mode_of(*pins));
            let place = directory.join(format!("{}-{}", vendor.name(), group.mode.name()));
            let setting = Setting::new(vendor, *pins, built, &place)?;
            let label = format!("{}, {}", vendor.name(), group.mode.name());
            let say = |what: &str| eprintln!("{label}: {what}");
            if self.instructions {
                say("instructions");
                group.figures = instructions::measure(&setting, turns)?;
                results.groups.push(group);
                continue;
            }
            let mut errors = Vec::new();
            let mut note = |name: &str, done: Result<()>| {
                if let Err(error) = done {
                    errors.push(format!("{label}: {name}: {error:#}"));
                }
            };
            if !vendor.is_opencl() {
                let (name, measure): (_, fn(&_, _, &mut _) -> _) = match vendor {
                    Vendor::TfLite => ("tflite", tflite::measure),
                    _ => ("pkcs11", pkcs11::measure),
                };
                say(name);
                note(name, measure(&setting, turns, &mut group));
                results.errors.extend(errors);
                results.groups.push(group);
                continue;
            }
            if selection.micro("calls") {
                say("calls");
                note("calls", micro::calls(&setting, turns, &mut group));
            }
            if selection.micro("clbench") {
                say("clbench");
                note("clbench", micro::clbench(&setting, turns, &mut group));
            }
            if last {
                if selection.micro("memory") {
                    say("memory");
                    let figures = memory::measure(&setting, turns.sides);
                    note("memory", figures.map(|figures| group.figures.extend(figures)));
                }
                for entry in ENTRIES.iter().filter(|entry| selection.program(entry.name)) {
                    say(entry.name);
                    match programs::measure(&setting, entry, turns) {
                        Ok(Fared::Measured(program)) => group.programs.push(program),
                        Ok(Fared::Differs(program, difference)) => {
                            group.programs.push(program);
                            note(entry.name, Err(anyhow::anyhow!("it computes something else: {difference}")));
                        }
                        Ok(Fared::Missing(why)) => {
                            let skipped = Skipped { name: entry.name.to_owned(), why };
                            if !results.skipped.contains(&skipped) {
                                results.skipped.push(skipped);
                            }
                        }
                        Err(error) => note(entry.name, Err(error)),
                    }
                }
            }
            results.errors.extend(errors);
            results.groups.push(group);
        }
        Ok(())
    }

    fn show(&self, results: &Results) -> Result<()> {
        let text = match self.format {
            Format::Table => report::table(results),
            Format::Json => serde_json::to_string_pretty(results)? + "\n",
        };
        match &self.output {
            Some(file) => std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?,
            None => print!("{text}"),
        }
        Ok(())
    }
}

/// Whether the round trip takes as long with either transport.
fn is_alike(group: &Group) -> bool {
    let sides = group.figure("round_trip").map(|figure| figure.sides).unwrap_or_default();
    matches!((sides.ava, sides.ava_socket), (Some(ava), Some(socket)) if (0.67..1.5).contains(&(socket / ava)))
}

fn mode_of(pins: Option<Pins>) -> cpus::Mode {
    if pins.is_some() { cpus::Mode::Pinned } else { cpus::Mode::Unpinned }
}
