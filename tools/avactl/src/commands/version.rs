//! `avactl version`

use ava_cli::{Example, example};
use ava_protocol::admin::{Answer, Request};
use ava_protocol::envelope::{BUILD, PROTOCOL};
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
    /// The build; only parts of the same build understand each other.
    pub build: &'static str,
    pub broker: Option<String>,
    pub socket: Option<String>,
    /// Why the broker's is not known.
    #[serde(skip)]
    pub failure: Option<String>,
}

/// Asks and shows.
pub fn run(_args: Args, format: Format) -> Result<(), Failure> {
    let avactl = env!("CARGO_PKG_VERSION");
    let mut versions = Versions { avactl, protocol: PROTOCOL, build: BUILD, broker: None, socket: None, failure: None };
    if let Ok(broker) = Broker::running() {
        versions.socket = Some(broker.socket.path().display().to_string());
        match broker.ask(Request::Status) {
            Ok(Answer::Status(status)) => versions.broker = Some(status.version),
            Ok(_) => {}
            Err(failure) => versions.failure = Some(failure.message),
        }
    }
    show(format, &versions, |versions| text(versions, TableArgs::default().view().width))
}

pub(super) fn text(versions: &Versions, width: Option<usize>) -> String {
    let broker = match (&versions.broker, &versions.socket) {
        (Some(version), Some(socket)) => format!("{version}, at {socket}"),
        (None, Some(socket)) => {
            versions.failure.clone().unwrap_or_else(|| format!("an unexpected answer, at {socket}"))
        }
        _ => "not running".to_owned(),
    };
    properties(
        &[
            ("avactl", versions.avactl.to_owned()),
            ("protocol", versions.protocol.to_string()),
            ("build", versions.build.to_owned()),
            ("broker", broker),
        ],
        width,
    )
}
