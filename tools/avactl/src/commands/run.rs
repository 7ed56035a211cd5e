//! `avactl run`

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use ava_cli::{Example, example};
use ava_protocol::session::{FOREVER, SOCKET_VARIABLE, WAIT_FOREVER, WAIT_VARIABLE, wait};
use ava_surroundings::settings;
use clap_complete::ArgValueCompleter;

use super::completion::Words;
use crate::error::{Failure, Kind};
use crate::locate::{SHIM, stubs};
use crate::{private, program};

pub const EXAMPLES: &[Example] = &[
    example("Run a program", "avactl run clinfo"),
    example("With arguments of its own", "avactl run -- python3 -c 'print(1)'"),
    example("Wait up to a minute if the limit of sessions is reached", "avactl run --wait=60 clinfo"),
    example("See each call", "AVA_LOG=trace avactl run clinfo"),
];

/// Run a program on AvA's devices
///
/// The program is started with AvA's library in place of the vendor's, without changes to the program; its exit status
/// becomes avactl's. A message on standard error says so where AvA's library cannot be loaded. If no broker is running,
/// avactl starts a private one, which exits half a minute after the last program.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Wait for a place when a limit of sessions is reached: so many seconds, or without a number for ever
    ///
    /// Without it, and without AVA_WAIT, such a program has no devices. It says once that it waits. Free places go to the
    /// user with the fewest sessions, and among one user's programs to the first.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = FOREVER, value_parser = seconds)]
    wait: Option<u32>,

    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "PROGRAM", add = ArgValueCompleter::new(Words))]
    command: Vec<OsString>,
}

/// Becomes the program; returns only with a failure.
pub fn run(args: Args) -> Failure {
    match prepare(&args) {
        Ok(mut command) => {
            let error = command.exec();
            let program = args.command.first().map(Path::new).unwrap_or(Path::new(""));
            let kind = match error.kind() {
                ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::CannotRun,
            };
            let error = if program.is_dir() { "Is a directory".to_owned() } else { error.to_string() };
            Failure::new(kind, format!("{}: {error}", program.display()))
        }
        Err(failure) => failure,
    }
}

/// Parses the time as in [`WAIT_VARIABLE`].
fn seconds(text: &str) -> Result<u32, String> {
    wait(text).ok_or_else(|| format!("{text:?} is neither a number of seconds nor `{FOREVER}`"))
}

fn prepare(args: &Args) -> Result<Command, Failure> {
    let words = args.command.as_slice();
    let [name, arguments @ ..] = words else {
        return Err(Failure::new(Kind::Usage, "no program given"));
    };
    settings::check().map_err(|why| Failure::new(Kind::Usage, why))?;
    for (name, near) in settings::misspelt() {
        eprintln!("avactl: {name} is not a variable of AvA; did you mean {near}?");
    }
    let looked = program::look(words);
    if let Some(remark) = &looked.remark {
        eprintln!("avactl: {}\n  hint: {}", remark.text, remark.hint);
    }
    let mut command = Command::new(name);
    command.args(arguments);
    if looked.bare {
        return Ok(command);
    }
    let shim = SHIM.find()?;
    // The program's own preloads come first, as they came before the vendor's library.
    let preload = with("LD_PRELOAD", &shim, Place::Last)?;
    let libraries = stubs(&shim).map(|stubs| with("LD_LIBRARY_PATH", &stubs, Place::First)).transpose()?;
    let broker = private::ensure()?;
    command.env(SOCKET_VARIABLE, std::path::absolute(broker.socket.path())?).env("LD_PRELOAD", preload);
    command.envs(libraries.map(|libraries| ("LD_LIBRARY_PATH", libraries)));
    if let Some((variable, option)) = looked.option {
        let mut options = std::env::var_os(variable).unwrap_or_default();
        if !options.is_empty() {
            options.push(":");
        }
        options.push(option);
        command.env(variable, options);
    }
    if let Some(wait) = args.wait {
        let wait = if wait == WAIT_FOREVER { FOREVER.to_owned() } else { wait.to_string() };
        command.env(WAIT_VARIABLE, wait);
    }
    Ok(command)
}

/// Where a path is inserted into a list.
#[derive(Clone, Copy)]
enum Place {
    First,
    Last,
}

/// The value of a variable of the dynamic linker, with `path` added.
fn with(variable: &str, path: &Path, place: Place) -> Result<OsString, Failure> {
    joined(path, std::env::var_os(variable).unwrap_or_default(), place)
}

fn joined(path: &Path, rest: OsString, place: Place) -> Result<OsString, Failure> {
    // The dynamic linker splits at these characters, and knows no quotes.
    if path.as_os_str().as_bytes().iter().any(|byte| matches!(byte, b' ' | b':' | b';')) {
        let message =
            format!("{}: the dynamic linker takes no path with a space, a colon or a semicolon", path.display());
        return Err(Failure::new(Kind::General, message).hint("move it, or make a link to it and set AVA_SHIM"));
    }
    let own = path.as_os_str().to_owned();
    if rest.is_empty() {
        return Ok(own);
    }
    let [mut value, other] = match place {
        Place::First => [own, rest],
        Place::Last => [rest, own],
    };
    value.push(":");
    value.push(other);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_still_is() {
        let library = Path::new("/l/libava.so");
        let value = |rest: &str, place| joined(library, rest.into(), place).unwrap();
        assert_eq!(value("", Place::First), "/l/libava.so");
        assert_eq!(value("a.so b.so", Place::First), "/l/libava.so:a.so b.so");
        assert_eq!(value("a.so b.so", Place::Last), "a.so b.so:/l/libava.so");
        assert_eq!(joined("/a b/l.so".as_ref(), "".into(), Place::Last).unwrap_err().kind, Kind::General);
    }
}
