//! `avactl devices`

use std::os::unix::process::CommandExt;
use std::process::Command;

use ava_cli::{Example, example};
use ava_protocol::session::SOCKET_VARIABLE;
use serde::Serialize;

use crate::error::Failure;
use crate::locate::SHIM;
use crate::opencl::{self, Device};
use crate::output::{Format, TableArgs, show};
use crate::private;
use crate::table::{Cell, Column, View, render};
use crate::units::bytes;

/// Show the devices that programs get
///
/// avactl asks through AvA's library, as any program would; if no broker is running, it starts a private one.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    table: TableArgs,
}

pub const EXAMPLES: &[Example] = &[
    example("The devices that programs find", "avactl devices"),
    example("Whole names, versions and drivers on a narrow terminal", "avactl devices --wide"),
];

#[derive(Debug, Serialize)]
pub(super) struct Devices {
    pub devices: Vec<Device>,
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
    let devices = opencl::devices(&shim)?;
    let view = args.table.view();
    show(format, &Devices { devices }, |devices| table(devices, view, args.table.bytes))
}

/// Columns from left to right; a column's rank decides whether it is left out on a narrow terminal.
const COLUMNS: [Column; 7] = [
    Column::text("DEVICE", 0).cut_to(16),
    Column::text("TYPE", 1),
    Column::text("VENDOR", 6).cut_to(8),
    Column::text("VERSION", 4).cut_to(12),
    Column::text("DRIVER", 5).cut_to(10),
    Column::number("UNITS", 3),
    Column::number("MEM", 2),
];

/// The devices as a table.
pub(super) fn table(devices: &Devices, view: View, exact: bool) -> String {
    let row = |device: &Device| {
        let memory = if exact { device.memory_bytes.to_string() } else { bytes(device.memory_bytes) };
        let texts = [
            device.name.clone(),
            device.r#type.to_owned(),
            device.vendor.clone(),
            device.version.clone(),
            device.driver.clone(),
            device.compute_units.to_string(),
            memory,
        ];
        texts.map(Cell::from).to_vec()
    };
    render(&COLUMNS, &devices.devices.iter().map(row).collect::<Vec<_>>(), view)
}
