//! Whether there is a vendor's library to stand for: the broker knows where its workers look for one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ava_protocol::admin::{Answer as Said, Request};
use ava_protocol::api::{APIS, Api};
use ava_protocol::session::{self as wire, Answer, Opening, Socket};
use ava_transport::client;

use super::connect;
use crate::base::fault::guard;
use crate::process::library;

/// How long the program waits for the answer, which costs the broker a look at some folders.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the broker says that no worker of this program would find an API's library. Where there is no broker, or none that
/// answers, nothing is said: the program's first call tells why.
pub fn is_nowhere(api: &'static Api) -> bool {
    /// What is there stays there.
    static THERE: [AtomicBool; APIS.len()] = [const { AtomicBool::new(false) }; APIS.len()];
    let Some(there) = APIS.iter().position(|known| known.name == api.name).and_then(|at| THERE.get(at)) else {
        return false;
    };
    if there.load(Ordering::Relaxed) {
        return false;
    }
    // Nothing of it is the program's: neither a panic nor that its thread is cancelled.
    let nowhere = guard(|| Ok(ask(api)), |_| None);
    there.fetch_or(nowhere == Some(false), Ordering::Relaxed);
    nowhere == Some(true)
}

/// What the broker says; `None` for nothing.
fn ask(api: &'static Api) -> Option<bool> {
    let socket = client::discover();
    if let Socket::Private(path) = &socket {
        client::check_private(path).ok()?;
    }
    let surroundings = connect::surroundings(api, library::of(api).as_deref()).ok()?;
    let request = Request::Library { api: api.name.to_owned(), surroundings };
    let stream = client::connect(socket.path(), PATIENCE).ok()?;
    let answer = client::ask(&stream, &wire::seal(&Opening::Admin(request)), PATIENCE).ok()?;
    match wire::open::<Answer>(&answer) {
        Ok(Answer::Admin(Said::Library { nowhere })) => Some(nowhere),
        _ => None,
    }
}
