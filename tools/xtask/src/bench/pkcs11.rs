//! Single calls of PKCS#11, `tests/pkcs11/bench.c`, and many objects, `many.c` beside it: natively, through AvA, and through p11-kit's server.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::process::readable_within;
use super::results::{Group, Samples, Side};
use super::setting::{Setting, Turns, clean};
use super::{cpus, micro};
use crate::repository::run;

/// How long p11-kit's server may take to start.
const START: Duration = Duration::from_secs(30);
/// What compiles the programs.
pub const FLAGS: &[&str] = &["-DCRYPTOKI_COMPAT", "-I/usr/include/p11-kit-1", "-ldl"];

/// A program, its arguments, and those that make it short.
type Measured = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const PROGRAMS: &[Measured] = &[
    ("pkcs11", "tests/pkcs11/bench.c", &["2000"], &["50"]),
    ("many", "tests/pkcs11/many.c", &["10000", "200"], &["200", "4"]),
];

/// Runs the programs by turns; through p11-kit as well.
pub fn measure(setting: &Setting<'_>, turns: Turns, group: &mut Group) -> Result<()> {
    let server = Server::start(setting)?;
    let mut samples = Samples::default();
    for (name, source, usual, quick) in PROGRAMS {
        let program = setting.built.compiled(name, source, FLAGS)?;
        for _ in 0..turns.repeat {
            for side in turns.sides.iter().copied().chain([Side::P11Kit]) {
                let mut command = setting.command(side, &program)?;
                command.args(if turns.quick { *quick } else { *usual }).env("PKCS11_MODULE", setting.vendor.file());
                if side == Side::P11Kit {
                    command.env("PKCS11_MODULE", &server.client).env("P11_KIT_SERVER_ADDRESS", &server.address);
                }
                micro::add(&mut samples, side, &setting.finish(side, command)?.stdout)?;
            }
        }
    }
    group.figures.extend(samples.figures());
    Ok(())
}

/// p11-kit's server of the same token; gone when this is.
struct Server {
    process: Child,
    address: String,
    /// The module that talks to it.
    client: PathBuf,
}

impl Server {
    fn start(setting: &Setting<'_>) -> Result<Self> {
        // Its directory depends on the architecture, and so does the library's.
        let library = run(Command::new("cc").arg("-print-file-name=libp11-kit.so"))?;
        let client = PathBuf::from(library.trim()).with_file_name("pkcs11/p11-kit-client.so");
        ensure!(client.exists(), "{} is not there; tools/setup test installs it", client.display());
        let socket = setting.place.join("p11-kit.sock");
        let mut command = Command::new("p11-kit");
        command.args(["server", "--foreground", "--name"]).arg(&socket);
        command.arg("--provider").arg(setting.vendor.file()).arg("pkcs11:token=AvA");
        clean(&mut command, &setting.place);
        command.env(setting.needs.0, &setting.needs.1).env("XDG_RUNTIME_DIR", &setting.place);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = cpus::spawn(&mut command, &setting.cpus_of_server())?;
        let said = process.stdout.take().context("its output")?;
        let server = Self { process, address: format!("unix:path={}", socket.display()), client };
        ensure!(readable_within(&said, START)?, "p11-kit's server is not ready within {} s", START.as_secs());
        // It says where it listens once it does.
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        if !line.contains(&server.address) {
            bail!("p11-kit's server does not listen: {line}");
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
