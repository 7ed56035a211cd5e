//! `avactl devices`

use std::os::unix::process::CommandExt;
use std::process::Command;

use ava_protocol::session::SOCKET_VARIABLE;
use serde::Serialize;

use crate::error::Failure;
use crate::locate::SHIM;
use crate::opencl::{self, Device};
use crate::output::{Format, show};
use crate::private;
use crate::table::{Align, render};
use crate::units::bytes;

/// Show the devices that programs get
///
/// avactl asks through AvA's library, as any program would; with no broker there, a private one is started.
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Debug, Serialize)]
pub(super) struct Devices {
    pub devices: Vec<Device>,
}

/// Asks and shows.
pub fn run(_args: Args, format: Format) -> Result<(), Failure> {
    let shim = SHIM.find()?;
    let broker = private::ensure()?;
    let socket = broker.socket.path().as_os_str();
    if std::env::var_os(SOCKET_VARIABLE).as_deref() != Some(socket) {
        // AvA's library looks at the environment of its process, so that is what has to change.
        let again = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(SOCKET_VARIABLE, socket)
            .exec();
        return Err(again.into());
    }
    let devices = opencl::devices(&shim)?;
    show(format, &Devices { devices }, table)
}

/// The devices in columns.
pub(super) fn table(devices: &Devices) -> String {
    use Align::{Left, Right};
    let columns = [
        ("DEVICE", Left),
        ("TYPE", Left),
        ("VENDOR", Left),
        ("VERSION", Left),
        ("DRIVER", Left),
        ("UNITS", Right),
        ("MEM", Right),
    ];
    let row = |device: &Device| {
        vec![
            device.name.clone(),
            device.r#type.to_owned(),
            device.vendor.clone(),
            device.version.clone(),
            device.driver.clone(),
            device.compute_units.to_string(),
            bytes(device.memory_bytes),
        ]
    };
    render(&columns, &devices.devices.iter().map(row).collect::<Vec<_>>())
}
