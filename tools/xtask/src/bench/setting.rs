//! One vendor, one way of pinning: a broker of the benchmark's own, and programs beside it and through it.

use std::fs::{self, File};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::build::Built;
use super::cpus::{self, Pins};
use super::process::{self, Finished, Running};
use super::results::Side;
use super::vendor::Vendor;

/// How long the broker may take to start.
const START: Duration = Duration::from_secs(30);
/// How long a program may take.
const LIMIT: Duration = Duration::from_mins(10);

/// Which transports are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// What programs get
    Default,
    /// The fallback, with AVA_TRANSPORT=socket
    Socket,
    /// Both, compared
    Both,
}

impl Transport {
    /// What is run by turns.
    pub fn sides(self) -> &'static [Side] {
        match self {
            Self::Default => &[Side::Native, Side::Ava],
            Self::Socket => &[Side::Native, Side::AvaSocket],
            Self::Both => &[Side::Native, Side::Ava, Side::AvaSocket],
        }
    }
}

/// How programs are run by turns.
#[derive(Clone, Copy)]
pub struct Turns {
    pub sides: &'static [Side],
    pub repeat: u32,
    pub quick: bool,
}

/// A vendor with a broker that serves it. All of it is gone when this is.
pub struct Setting<'a> {
    pub vendor: Vendor,
    pins: Option<Pins>,
    pub built: &'a Built,
    pub place: PathBuf,
    /// What the vendor library needs: a variable of the environment and its value.
    pub needs: (&'static str, PathBuf),
    /// The directory of its libraries, if nobody knows it.
    pub libraries: Option<PathBuf>,
    broker: Child,
}

impl<'a> Setting<'a> {
    /// Starts the broker, with its files in `place`, and waits until it is ready. Pinned if there are `pins`.
    pub fn new(vendor: Vendor, pins: Option<Pins>, built: &'a Built, place: &Path) -> Result<Self> {
        fs::create_dir_all(place)?;
        let needs = vendor.needs(place)?;
        let libraries = vendor.libraries(built, place)?;
        let notify = place.join("notify");
        let notices = UnixDatagram::bind(&notify)?;
        notices.set_read_timeout(Some(START))?;
        let mut command = Command::new(built.file("ava-broker"));
        command.arg("--socket").arg(place.join("broker.sock")).arg("--worker").arg(built.file("ava-worker"));
        if let Some(libraries) = &libraries {
            command.arg("--vendor-library-path").arg(libraries);
        }
        let home = place.join("broker");
        clean(&mut command, &home);
        command.env(needs.0, &needs.1).env("NOTIFY_SOCKET", &notify).env("AVA_LOG", "warn");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(place.join("broker.log"))?);
        let cpus: Vec<_> = pins.iter().map(|pins| pins.broker).collect();
        let broker = cpus::spawn(&mut command, &cpus)?;
        let setting = Self { vendor, pins, built, place: place.to_owned(), needs, libraries, broker };
        let mut notice = [0; 512];
        loop {
            let len = notices
                .recv(&mut notice)
                .with_context(|| format!("the broker is not ready in time\n{}", setting.log()))?;
            if notice[..len].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                return Ok(setting);
            }
        }
    }

    /// The broker's process.
    pub fn broker(&self) -> u32 {
        self.broker.id()
    }

    /// The CPUs of a program; none stands for all.
    pub fn cpus(&self, side: Side) -> Vec<usize> {
        match (self.pins, side) {
            (None, _) => Vec::new(),
            (Some(pins), Side::Native) => pins.both().to_vec(),
            (Some(pins), Side::Ava | Side::AvaSocket | Side::P11Kit) => vec![pins.program],
        }
    }

    /// The CPUs of what serves the program; none stands for all.
    pub fn cpus_of_server(&self) -> Vec<usize> {
        self.pins.iter().map(|pins| pins.broker).collect()
    }

    /// Where programs of one side run: their caches stay, so that each finds there what its earlier runs left.
    pub fn home(&self, side: Side) -> PathBuf {
        self.place.join(match side {
            Side::Native => "native",
            Side::Ava => "ava",
            Side::AvaSocket => "ava-socket",
            Side::P11Kit => "p11-kit",
        })
    }

    /// `program` on one side.
    pub fn command(&self, side: Side, program: &Path) -> Result<Command> {
        let home = self.home(side);
        fs::create_dir_all(home.join("tmp"))?;
        let mut command = Command::new(program);
        clean(&mut command, &home);
        let (variable, value) = &self.needs;
        command.env(variable, value);
        match (side, &self.libraries) {
            (Side::Native, Some(libraries)) => {
                command.env("LD_LIBRARY_PATH", libraries);
            }
            (Side::Ava | Side::AvaSocket, _) => {
                let socket = self.place.join("broker.sock");
                command.env("LD_PRELOAD", self.built.file("libava.so")).env("AVA_SOCKET", socket);
            }
            (Side::Native, None) | (Side::P11Kit, _) => {}
        }
        if side == Side::AvaSocket {
            command.env("AVA_TRANSPORT", "socket");
        }
        Ok(command)
    }

    /// Runs `program` on one side to its end.
    pub fn run(&self, side: Side, program: &Path, arguments: &[String]) -> Result<Finished> {
        let mut command = self.command(side, program)?;
        command.args(arguments);
        self.finish(side, command)
    }

    /// Runs what `command` made, and somebody has added to, to its end.
    pub fn finish(&self, side: Side, command: Command) -> Result<Finished> {
        let done = process::run(command, &self.home(side), &self.cpus(side), LIMIT);
        done.with_context(|| self.how(side))
    }

    /// Starts `program` on one side, with its output in a directory `name` of its own.
    pub fn start(&self, side: Side, name: &str, program: &Path, arguments: &[String]) -> Result<Running> {
        let place = self.home(side).join("at-once").join(name);
        fs::create_dir_all(&place)?;
        let mut command = self.command(side, program)?;
        command.args(arguments);
        process::start(command, &place, &self.cpus(side), LIMIT).with_context(|| self.how(side))
    }

    /// How a program of one side came to the vendor, if it failed.
    pub fn how(&self, side: Side) -> String {
        let way = match side {
            Side::Native => "natively",
            Side::Ava => "through AvA",
            Side::AvaSocket => "through AvA's sockets",
            Side::P11Kit => "through p11-kit's server",
        };
        match &*self.log() {
            "" => way.to_owned(),
            log => format!("{way} (the broker's log: {log})"),
        }
    }

    /// What the broker complained of lately.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.place.join("broker.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Drop for Setting<'_> {
    fn drop(&mut self) {
        let _ = self.broker.kill();
        let _ = self.broker.wait();
    }
}

/// An environment in which nothing of the user's changes what is measured.
pub fn clean(command: &mut Command, home: &Path) {
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
    command.env("TERM", "dumb").env("PYTHONDONTWRITEBYTECODE", "1").env("TMPDIR", home.join("tmp")).env("HOME", home);
    command.env("POCL_CACHE_DIR", home.join("cache/pocl"));
    for (name, directory) in [("CACHE", "cache"), ("DATA", "data"), ("CONFIG", "config")] {
        command.env(format!("XDG_{name}_HOME"), home.join(directory));
    }
}
