//! `avactl version`

use ava_cli::{Example, example};
use ava_protocol::admin::{Answer, Request};
use ava_protocol::session::PROTOCOL;
use serde::Serialize;

use crate::error::Failure;
use crate::output::{Format, TableArgs, show};
use crate::reach::Broker;
use crate::table::properties;

pub const EXAMPLES: &[Example] = &[example("The versions of avactl and of the broker", "avactl version")];

/// Show the versions of avactl and of the broker, if one runs
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Debug, Serialize)]
pub(super) struct Versions {
    pub avactl: &'static str,
    pub protocol: u32,
    pub broker: Option<String>,
    pub socket: Option<String>,
    /// It has not answered in time.
    #[serde(skip)]
    pub silent: bool,
}

/// Asks and shows.
pub fn run(_args: Args, format: Format) -> Result<(), Failure> {
    let avactl = env!("CARGO_PKG_VERSION");
    let mut versions = Versions { avactl, protocol: PROTOCOL, broker: None, socket: None, silent: false };
    if let Ok(broker) = Broker::running() {
        versions.socket = Some(broker.socket.path().display().to_string());
        if let Ok(Answer::Status(status)) = broker.ask(Request::Status) {
            versions.broker = Some(status.version);
        }
        versions.silent = broker.is_silent();
    }
    show(format, &versions, |versions| text(versions, TableArgs::default().view().width))
}

pub(super) fn text(versions: &Versions, width: Option<usize>) -> String {
    let broker = match (&versions.broker, &versions.socket) {
        (Some(version), Some(socket)) => format!("{version}, at {socket}"),
        (None, Some(socket)) if versions.silent => format!("does not answer, at {socket}"),
        (None, Some(socket)) => format!("of another version, at {socket}"),
        _ => "none runs".to_owned(),
    };
    properties(
        &[("avactl", versions.avactl.to_owned()), ("protocol", versions.protocol.to_string()), ("broker", broker)],
        width,
    )
}
