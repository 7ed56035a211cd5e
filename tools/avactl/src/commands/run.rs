//! `avactl run`

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use ava_protocol::session::SOCKET_VARIABLE;

use crate::error::{Failure, Kind};
use crate::locate::{SHIM, stubs};
use crate::private;

/// Run a program on AvA's devices
///
/// The program is started with AvA's library in place of the vendor's. It needs no changes and notices nothing; its
/// exit status is avactl's. If no broker is there, a private one is started, which ends half a minute after the last
/// program.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "PROGRAM")]
    command: Vec<OsString>,
}

/// Becomes the program; comes back only with a failure.
pub fn run(args: Args) -> Failure {
    match prepare(&args.command) {
        Ok(mut command) => {
            let error = command.exec();
            let program = args.command.first().map(|program| program.display().to_string()).unwrap_or_default();
            let kind = match error.kind() {
                ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::CannotRun,
            };
            Failure::new(kind, format!("{program}: {error}"))
        }
        Err(failure) => failure,
    }
}

fn prepare(words: &[OsString]) -> Result<Command, Failure> {
    let [program, arguments @ ..] = words else {
        return Err(Failure::new(Kind::Usage, "which program?"));
    };
    let shim = SHIM.find()?;
    let preload = before("LD_PRELOAD", &shim)?;
    let libraries = stubs(&shim).map(|stubs| before("LD_LIBRARY_PATH", &stubs)).transpose()?;
    let broker = private::ensure()?;
    let mut command = Command::new(program);
    command.args(arguments).env(SOCKET_VARIABLE, broker.socket.path()).env("LD_PRELOAD", preload);
    command.envs(libraries.map(|libraries| ("LD_LIBRARY_PATH", libraries)));
    Ok(command)
}

/// The value of a variable of the dynamic linker's with `path` in front of what is there.
fn before(variable: &str, path: &Path) -> Result<OsString, Failure> {
    in_front(path, std::env::var_os(variable).as_deref())
}

fn in_front(path: &Path, rest: Option<&OsStr>) -> Result<OsString, Failure> {
    // The dynamic linker splits at these, and knows no quotes.
    if path.as_os_str().as_bytes().iter().any(|byte| matches!(byte, b' ' | b':' | b';')) {
        let message =
            format!("{}: the dynamic linker takes no path with a space, a colon or a semicolon", path.display());
        return Err(Failure::new(Kind::General, message).hint("move it, or make a link to it and set AVA_SHIM"));
    }
    let mut value = path.as_os_str().to_owned();
    if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
        value.push(":");
        value.push(rest);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_still_is() {
        let library = Path::new("/l/libava.so");
        assert_eq!(in_front(library, None).unwrap(), "/l/libava.so");
        assert_eq!(in_front(library, Some("".as_ref())).unwrap(), "/l/libava.so");
        assert_eq!(in_front(library, Some("a.so b.so".as_ref())).unwrap(), "/l/libava.so:a.so b.so");
        assert_eq!(in_front("/a b/l.so".as_ref(), None).unwrap_err().kind, Kind::General);
    }
}
