//! `avactl doctor`

mod checks;
mod diagnosis;
mod probe;
#[cfg(test)]
mod tests;
mod vendors;

use std::process::ExitCode;

use ava_cli::{Example, example};

use crate::error::Failure;
use crate::locate::SHIM;
use crate::output::{Format, show};

use diagnosis::{Diagnosis, Health, Unsupported};

pub const EXAMPLES: &[Example] = &[
    example("Show what works, and how to fix what does not", "avactl doctor"),
    example("For a script", "avactl doctor --format json"),
];

/// Check whether programs can run here, and what to do if not
///
/// Does what a program would do that `avactl run` starts in this environment: connects to the broker or starts it, and opens
/// a session with each API through AvA's library. Shows what the vendors' libraries answer, and which problems there are.
///
/// The exit status is 1 if something is broken, else 0, also if some APIs' libraries are not installed. No check takes
/// longer than half a minute.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also show files, workers, and the functions that are refused
    #[arg(short, long)]
    verbose: bool,

    /// Be the program: open a session with this API and report the result
    #[arg(long, hide = true, value_name = "API")]
    probe: Option<String>,
}

/// Programs that never use AvA, however they are started.
const NATIVELY: &str = "No preloaded library reaches set-user-ID, static and 32-bit programs, what `env -i` starts, and \
    Python's tflite_runtime and ai-edge-litert, which have the API inside: they run natively.";

/// Runs all checks and shows the results.
pub fn run(args: Args, format: Format) -> Result<ExitCode, Failure> {
    if let Some(api) = &args.probe {
        return probe::probe(api, &SHIM.find()?).map(|()| ExitCode::SUCCESS);
    }
    let diagnosis = checks::all();
    show(format, &diagnosis, |diagnosis| text(diagnosis, args.verbose))?;
    Ok(if diagnosis.healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The diagnosis as text.
fn text(diagnosis: &Diagnosis, verbose: bool) -> String {
    let mut text = String::new();
    for (i, check) in diagnosis.checks.iter().enumerate() {
        // What the next check needs, too, is said there.
        let next = diagnosis.checks.get(i + 1).map_or(&[][..], |next| &next.fixes);
        let mark = match check.health {
            Health::Ok => "ok",
            Health::Note => "note",
            Health::Absent => "absent",
            Health::Broken => "BROKEN",
        };
        text += &lines(&format!("{mark:<6}  {:<9}  ", check.name), &check.found);
        let details = check.details.iter().filter(|_| verbose);
        for line in check.fixes.iter().filter(|fix| !next.contains(fix)).chain(details) {
            text += &lines(&" ".repeat(19), line);
        }
    }
    if verbose {
        text += &refused(&diagnosis.unsupported);
    }
    text += "\n";
    text += &lines("", NATIVELY);
    text += if diagnosis.healthy { "Programs can run here." } else { "Programs cannot run here yet." };
    text += if verbose { "\n" } else { " `avactl doctor --verbose` shows more.\n" };
    text
}

/// The refused functions, by reason.
fn refused(all: &[Unsupported]) -> String {
    let mut reasons: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for one in all {
        match reasons.iter_mut().find(|(api, reason, _)| (*api, *reason) == (one.api, one.reason)) {
            Some((.., functions)) => functions.push(one.function),
            None => reasons.push((one.api, one.reason, vec![one.function])),
        }
    }
    let mut text = String::new();
    if !reasons.is_empty() {
        text += "\nRefused functions, and extensions that are hidden from programs:\n";
    }
    for (api, reason, functions) in reasons {
        text += &lines("  ", &format!("{api}: {reason}"));
        text += &lines("    ", &functions.join(" "));
    }
    text
}

/// A paragraph that begins with `head`, indented and wrapped for a small terminal.
fn lines(head: &str, paragraph: &str) -> String {
    const WIDTH: usize = 79;
    let indent = " ".repeat(head.chars().count());
    let options = textwrap::Options::new(WIDTH).initial_indent(head).subsequent_indent(&indent).break_words(false);
    // Commands to paste stay in one piece, and the features of other crates in the build make no difference.
    let options = options
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    textwrap::fill(paragraph, options) + "\n"
}
