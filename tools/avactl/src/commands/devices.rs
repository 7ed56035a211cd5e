//! `avactl devices`

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use ava_cli::{Example, example};
use ava_protocol::admin::Session;
use ava_protocol::session::SOCKET_VARIABLE;
use serde::{Deserialize, Serialize};

use crate::devices::{Device, cuda, opencl};
use crate::error::{Failure, Kind};
use crate::locate::SHIM;
use crate::output::{Format, TableArgs, show};
use crate::private;
use crate::table::{Cell, Column, View, render};
use crate::units::bytes;

/// Show the devices that programs get, and who is on them
///
/// avactl asks through AvA's library, as any program would; if no broker is running, it starts a private one.
///
/// RESOURCE is what a device is a view of: all devices that compute on the machine's processors are one resource, whichever API and
/// vendor shows them, and so is a GPU at its PCI address. What is used of the processors is measured and shared out; of other devices
/// the time is not measured yet. SESSIONS is how many programs know a device of this name, of those that you may see.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    table: TableArgs,

    /// Asks for the devices of one API only, which may fail
    #[arg(long, hide = true, value_name = "API")]
    of: Option<String>,
}

pub const EXAMPLES: &[Example] = &[
    example("The devices that programs find", "avactl devices"),
    example("Whole names, versions and drivers on a narrow terminal", "avactl devices --wide"),
];

#[derive(Debug, Serialize)]
pub(super) struct Devices {
    devices: Vec<Used>,
}

/// A device, and the sessions that know of it.
#[derive(Debug, Serialize)]
struct Used {
    #[serde(flatten)]
    device: Device,
    sessions: Vec<u64>,
}

/// What a process says that asks for one API's.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    devices: Vec<Device>,
}

impl Devices {
    pub(super) fn new(devices: Vec<Device>, sessions: &[Session]) -> Self {
        let used = |device: Device| {
            let on_it = sessions.iter().filter(|one| one.api == device.api && one.devices.contains(&device.name));
            Used { sessions: on_it.map(|session| session.session).collect(), device }
        };
        Self { devices: devices.into_iter().map(used).collect() }
    }
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    let shim = SHIM.find()?;
    let broker = private::ensure()?;
    let socket = broker.socket.path().as_os_str();
    if std::env::var_os(SOCKET_VARIABLE).as_deref() != Some(socket) {
        // AvA's library reads the environment of its process, so that is what has to change.
        let again = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(SOCKET_VARIABLE, socket)
            .exec();
        return Err(again.into());
    }
    if let Some(api) = &args.of {
        return show(Format::Json, &Found { devices: of(api, &shim)? }, |_| String::new());
    }
    let others = apart("cuda")?;
    let sessions = broker.sessions(false)?;
    let mut devices = match opencl::devices(&shim) {
        // There may be no OpenCL where there is another API.
        Err(_) if !others.is_empty() => Vec::new(),
        found => found?,
    };
    devices.extend(others);
    let view = args.table.view();
    show(format, &Devices::new(devices, &sessions), |devices| table(devices, view, args.table.bytes))
}

fn of(api: &str, shim: &Path) -> Result<Vec<Device>, Failure> {
    match api {
        "opencl" => opencl::devices(shim),
        "cuda" => cuda::devices(shim),
        other => Err(Failure::new(Kind::Usage, format!("the devices of {other} cannot be listed"))),
    }
}

/// The devices of an API that may not be there, asked for by another process, so that nothing is said of that.
fn apart(api: &str) -> Result<Vec<Device>, Failure> {
    let mut ask = Command::new(std::env::current_exe()?);
    let output = ask.args(["devices", "--of", api]).stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    let found = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success());
    Ok(found.map_or_else(Vec::new, |found: Found| found.devices))
}

/// Columns from left to right; a column's rank decides whether it is left out on a narrow terminal.
const COLUMNS: [Column; 10] = [
    Column::text("DEVICE", 0).cut_to(16),
    Column::text("API", 7),
    Column::text("TYPE", 1),
    Column::text("RESOURCE", 4),
    Column::text("VENDOR", 9).cut_to(8),
    Column::text("VERSION", 6).cut_to(12),
    Column::text("DRIVER", 8).cut_to(10),
    Column::number("UNITS", 5),
    Column::number("MEM", 2),
    Column::number("SESSIONS", 3),
];

/// The devices as a table.
pub(super) fn table(devices: &Devices, view: View, exact: bool) -> String {
    let row = |Used { device, sessions }: &Used| {
        let memory = if exact { device.memory_bytes.to_string() } else { bytes(device.memory_bytes) };
        let texts = [
            device.name.clone(),
            device.api.clone(),
            device.r#type.clone(),
            device.resource.clone(),
            device.vendor.clone(),
            device.version.clone(),
            device.driver.clone(),
            device.compute_units.to_string(),
            memory,
            sessions.len().to_string(),
        ];
        texts.map(Cell::from).to_vec()
    };
    render(&COLUMNS, &devices.devices.iter().map(row).collect::<Vec<_>>(), view)
}
