//! `avactl run`

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use ava_protocol::session::SOCKET_VARIABLE;

use crate::error::{Failure, Kind};
use crate::locate::{SHIM, preload};
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
    let preload = with_preload(&preload(&SHIM.find()?), std::env::var_os("LD_PRELOAD").as_deref())?;
    let broker = private::ensure()?;
    let mut command = Command::new(program);
    command.args(arguments).env(SOCKET_VARIABLE, broker.socket.path()).env("LD_PRELOAD", preload);
    Ok(command)
}

/// The value of `LD_PRELOAD` with `libraries` in front of what was there.
fn with_preload(libraries: &[PathBuf], before: Option<&OsStr>) -> Result<OsString, Failure> {
    let mut value = OsString::new();
    for library in libraries {
        // The dynamic linker splits at both, and knows no quotes.
        if library.as_os_str().as_bytes().iter().any(|byte| matches!(byte, b' ' | b':')) {
            let message =
                format!("{}: the dynamic linker cannot preload a path with a space or colon", library.display());
            return Err(Failure::new(Kind::General, message).hint("move it, or make a link to it and set AVA_SHIM"));
        }
        if !value.is_empty() {
            value.push(":");
        }
        value.push(library);
    }
    if let Some(before) = before.filter(|before| !before.is_empty()) {
        value.push(":");
        value.push(before);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_preloaded_still_is() {
        let library = [PathBuf::from("/l/libava.so")];
        assert_eq!(with_preload(&library, None).unwrap(), "/l/libava.so");
        assert_eq!(with_preload(&library, Some("".as_ref())).unwrap(), "/l/libava.so");
        assert_eq!(with_preload(&library, Some("a.so b.so".as_ref())).unwrap(), "/l/libava.so:a.so b.so");
        let both = [PathBuf::from("/l/libava.so"), PathBuf::from("/l/stubs/libOpenCL.so.1")];
        assert_eq!(with_preload(&both, None).unwrap(), "/l/libava.so:/l/stubs/libOpenCL.so.1");
        assert_eq!(with_preload(&["/a b/l.so".into()], None).unwrap_err().kind, Kind::General);
    }
}
