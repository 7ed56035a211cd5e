//! `avactl kill`

use ava_protocol::admin::{Answer, Request};
use serde::Serialize;

use crate::error::{Failure, Kind};
use crate::output::{Format, show};
use crate::reach::Broker;

/// End a session
///
/// The program itself is left alone: what it has fails with the API's own error, as if the device were gone. If it begins
/// anew, it gets another session.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The session's number, as `avactl ps` shows it
    session: u64,
}

#[derive(Debug, Serialize)]
struct Killed {
    session: u64,
    ended: String,
}

/// Asks, and shows how it ended.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    match Broker::reach()?.ask(Request::Kill { session: args.session })? {
        Answer::Killed { session, reason } => show(format, &Killed { session, ended: reason }, |killed| {
            format!("session {} {}\n", killed.session, killed.ended)
        }),
        _ => Err(Failure::new(Kind::General, "the broker answered something else")),
    }
}
