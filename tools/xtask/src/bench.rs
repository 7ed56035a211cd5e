//! `cargo xtask bench`: single calls and whole programs natively and through AvA by turns, beside the targets.

mod build;
mod busy;
mod catalogue;
mod conditions;
mod cpus;
mod cuda;
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
mod sharing;
mod statistics;
mod targets;
mod tflite;
mod together;
mod units;
mod vendor;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};

use build::Built;
use busy::Busy;
use catalogue::ENTRIES;
use conditions::{Condition, conditions};
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
/// A busy process computes all the time and does nothing else. With --busy, so many of them run beside what is measured,
/// natively and through AvA: they start before each group and end after it. Targets of single calls are those of an idle
/// machine; whole programs have targets beside busy processes, too.
///
/// The memory of an idle session is what its program holds for itself (Private_Clean and Private_Dirty in
/// /proc/PID/smaps_rollup) beyond the same program without any call of OpenCL, and an eighth of what the broker holds for
/// itself while it has eight such sessions. Not in it: the worker, which has the vendor library that the program would
/// have had itself (its private memory natively is shown), and memory that both sides have touched, which is not
/// private to either.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    #[command(subcommand)]
    other: Option<Other>,
    /// Only this library
    #[arg(long, value_enum, default_value = "all")]
    vendor: Choice,
    /// Only these: micro (calls, clbench, preload, memory, pkcs11, tflite, cuda), programs, or one of their names
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
    /// Beside so many busy processes; of several numbers, beside so many each (unpinned)
    #[arg(long, value_name = "N", num_args = 1.., value_delimiter = ',', default_value = "0", conflicts_with = "pinned")]
    busy: Vec<u32>,
    /// Run so many of the programs at once, each a different one, instead of measuring one after the other
    #[arg(long, value_name = "N", conflicts_with_all = ["pinned", "instructions"], value_parser = clap::value_parser!(u32).range(2..))]
    together: Option<u32>,
    /// What carries the calls
    #[arg(long, value_enum, default_value = "default")]
    transport: Transport,
    /// Count the instructions of hot calls in the program's process (with valgrind) instead of measuring time
    #[arg(long, conflicts_with = "busy")]
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

/// What is measured in another way.
#[derive(Debug, Subcommand)]
enum Other {
    Sharing(sharing::Sharing),
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
        if let Some(Other::Sharing(sharing)) = self.other {
            return sharing.run();
        }
        let selection = Selection::new(self.only.clone())?;
        let conditions = self.conditions()?;
        if self.instructions {
            instructions::valgrind()?;
        }
        let directory = tempfile::Builder::new().prefix("ava-bench-").tempdir()?;
        let built = Built::new(self.binaries.clone(), &directory.path().join("programs"))?;
        let pins = conditions.iter().find_map(|condition| condition.pins);
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
        if selection.micro("preload") && !self.instructions && self.together.is_none() {
            for condition in &conditions {
                let mut group = Group::new(None, condition.mode(), condition.busy);
                eprintln!("{}: preload", condition.name());
                let busy = Busy::start(&built, condition.busy)?;
                group.figures = preload::measure(&built.file("libava.so"), condition.pins, self.repeat, self.quick)?;
                busy.end()?;
                results.groups.push(group);
            }
        }
        if self.instructions || self.together.is_some() || selection.needs_vendor() {
            let (vendors, missing) = Vendor::present(self.vendor, |vendor| self.needs(vendor, &selection))?;
            results.skipped.extend(missing);
            for vendor in vendors {
                for condition in &conditions {
                    self.group(vendor, condition, &selection, &built, directory.path(), &mut results)?;
                }
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

    /// Under which conditions to measure.
    fn conditions(&self) -> Result<Vec<Condition>> {
        // Counting does not depend on where things run.
        if self.instructions || self.together.is_some() {
            return Ok(conditions(None, false, true, &self.busy));
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
        Ok(conditions(pins, self.pinned, self.unpinned, &self.busy))
    }

    /// Whether there is anything to do with this vendor's library.
    fn needs(&self, vendor: Vendor, selection: &Selection) -> bool {
        match () {
            // Instructions are counted in calls of OpenCL.
            () if self.instructions => vendor.is_opencl(),
            () if self.together.is_some() => vendor.is_opencl() && selection.programs(),
            () => selection.needs(vendor),
        }
    }

    /// Everything on one vendor, under one condition.
    fn group(
        &self,
        vendor: Vendor,
        condition: &Condition,
        selection: &Selection,
        built: &Built,
        directory: &Path,
        results: &mut Results,
    ) -> Result<()> {
        let calls = !vendor.is_opencl() || selection.micro("calls") || selection.micro("clbench");
        if !condition.programs && !calls {
            return Ok(());
        }
        let turns = Turns { sides: self.transport.sides(), repeat: self.repeat, quick: self.quick };
        let mut group = Group::new(Some(vendor.name()), condition.mode(), condition.busy);
        let place = directory.join(format!("{}-{}-{}", vendor.name(), group.mode.name(), group.busy));
        let setting = Setting::new(vendor, condition.pins, built, &place)?;
        let busy = Busy::start(built, condition.busy)?;
        let mut log = Log { label: format!("{}, {}", vendor.name(), condition.name()), results };
        match vendor {
            _ if self.instructions => {
                log.say("instructions");
                group.figures = instructions::measure(&setting, turns)?;
            }
            Vendor::SoftCuda => log.measured("cuda", || cuda::measure(&setting, turns, &mut group)),
            Vendor::TfLite => log.measured("tflite", || tflite::measure(&setting, turns, &mut group)),
            Vendor::SoftHsm => log.measured("pkcs11", || pkcs11::measure(&setting, turns, &mut group)),
            Vendor::Pocl | Vendor::Intel => self.opencl(&setting, condition, selection, &mut group, &mut log),
        }
        busy.end()?;
        results.groups.push(group);
        Ok(())
    }

    /// What there is of OpenCL.
    fn opencl(
        &self,
        setting: &Setting<'_>,
        condition: &Condition,
        selection: &Selection,
        group: &mut Group,
        log: &mut Log<'_>,
    ) {
        let turns = Turns { sides: self.transport.sides(), repeat: self.repeat, quick: self.quick };
        if let Some(count) = self.together {
            let entries: Vec<_> = ENTRIES.iter().filter(|entry| selection.program(entry.name)).collect();
            log.measured("together", || together::measure(setting, &entries, count, turns, group));
            return;
        }
        if selection.micro("calls") {
            log.measured("calls", || micro::calls(setting, turns, group));
        }
        if selection.micro("clbench") {
            log.measured("clbench", || micro::clbench(setting, turns, group));
        }
        if selection.micro("memory") && condition.independent {
            log.measured("memory", || {
                group.figures.extend(memory::measure(setting, turns.sides)?);
                Ok(())
            });
        }
        if !condition.programs {
            return;
        }
        for entry in ENTRIES.iter().filter(|entry| selection.program(entry.name)) {
            log.say(entry.name);
            match programs::measure(setting, entry, turns) {
                Ok(Fared::Measured(program)) => {
                    // A run takes long, and may be ended before its table is printed.
                    eprintln!("    {}", report::line(&program));
                    group.programs.push(program);
                }
                Ok(Fared::Differs(program, difference)) => {
                    group.programs.push(program);
                    log.error(entry.name, &anyhow::anyhow!("it computes something else: {difference}"));
                }
                Ok(Fared::Missing(why)) => log.skipped(entry.name, why),
                Err(error) => log.error(entry.name, &error),
            }
        }
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

/// What is measured, for who waits for it, and what goes wrong.
struct Log<'a> {
    label: String,
    results: &'a mut Results,
}

impl Log<'_> {
    fn say(&self, what: &str) {
        eprintln!("{}: {what}", self.label);
    }

    fn measured(&mut self, what: &str, measure: impl FnOnce() -> Result<()>) {
        self.say(what);
        if let Err(error) = measure() {
            self.error(what, &error);
        }
    }

    fn error(&mut self, what: &str, error: &anyhow::Error) {
        self.results.errors.push(format!("{}: {what}: {error:#}", self.label));
    }

    fn skipped(&mut self, name: &str, why: String) {
        let skipped = Skipped { name: name.to_owned(), why };
        if !self.results.skipped.contains(&skipped) {
            self.results.skipped.push(skipped);
        }
    }
}
