//! A broker of the benchmark's own.

use std::fs::File;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::built;
use super::vendor::Vendor;

/// How long it may take to start.
const START: Duration = Duration::from_secs(30);

/// A broker that serves one implementation, ended when this is gone.
pub struct Broker {
    child: Child,
    socket: PathBuf,
}

impl Broker {
    /// Starts it and waits until it is ready. What it says goes to a log in `place`.
    pub fn start(vendor: Vendor, place: &Path) -> Result<Self> {
        let socket = place.join("broker.sock");
        let notify = place.join("notify");
        let notices = UnixDatagram::bind(&notify)?;
        notices.set_read_timeout(Some(START))?;
        let mut command = Command::new(built("ava-broker"));
        command.arg("--socket").arg(&socket).arg("--worker").arg(built("ava-worker"));
        // Nothing is to start beside what is measured.
        command.args(["--warm", "0"]);
        if let Some(libraries) = vendor.libraries() {
            command.arg("--vendor-library-path").arg(libraries);
        }
        command.env("OCL_ICD_VENDORS", vendor.registration()).env("POCL_CACHE_DIR", place.join("remote"));
        command.env("NOTIFY_SOCKET", &notify).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(place.join("broker.log"))?);
        let broker = Self { child: command.spawn().context("the broker does not start")?, socket };
        let mut notice = [0; 512];
        loop {
            let len = notices.recv(&mut notice).with_context(|| {
                let log = std::fs::read_to_string(place.join("broker.log")).unwrap_or_default();
                format!("the broker is not ready in time\n{log}")
            })?;
            if notice[..len].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                return Ok(broker);
            }
        }
    }

    /// The program through AvA. It finds no implementation by itself.
    pub fn through(&self, mut program: Command, place: &Path) -> Command {
        program.env("LD_PRELOAD", built("libava.so")).env("AVA_SOCKET", &self.socket);
        program.env("OCL_ICD_VENDORS", place.join("none"));
        program
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
