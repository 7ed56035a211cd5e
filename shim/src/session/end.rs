//! A session's end in the program: its memory is released, and the reason is written to standard error, once.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use ava_protocol::admin::{self, Request};
use ava_protocol::session::{self as wire, Answer, Opening};
use ava_transport::client;

use super::core::Session;
use crate::base::console::tell;
use crate::base::fault::Fault;
use crate::port::connect::{Begun, surroundings};

/// How long the broker is asked for the reason, and how often while it has not noticed the end.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);

impl Session {
    /// Has a thread hear what the worker tells beside replies, if none does.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn listen(&'static self) -> Result<(), Fault> {
        self.listener.start(&self.port.keeper, &self.book.callbacks, || {
            self.lose();
        })
    }

    /// The worker is gone: every call fails from now on. The first thread that notices does the cleanup.
    pub fn lose(&'static self) -> Fault {
        // A child that was forked within a call of this session has copies only, which others still use.
        if self.port.is_here() && self.port.set_lost() {
            let keeper = &self.port.keeper;
            let closed = keeper.was_closed_by_program();
            // Whoever listens, or begins to now, hears what the worker has said before its end.
            let _ = self.listen();
            keeper.shut();
            self.close();
            self.listener.wait_for_end();
            self.tell_why(closed);
            keeper.end();
        }
        self.fault()
    }

    /// The worker has sent what no worker sends, which the program is told: the session is lost.
    #[cold]
    pub fn refuse(&'static self, what: &str) -> Fault {
        if self.port.is_here() && !self.is_lost() {
            tell(&format!("the worker of this program's session {} has sent {what}", self.port.begun.session));
        }
        self.lose()
    }

    /// Ends a session of which nothing is left to the program, if what surrounds the program would be another worker's by
    /// now: what starts afresh gets that one.
    pub fn leave_if_outdated(&self) {
        let Some(begun) = &self.port.begun.surroundings else { return };
        let library = (!begun.library.is_empty()).then(|| Path::new(OsStr::from_bytes(&begun.library)));
        let now = surroundings(self.api, library);
        if now.is_ok_and(|now| now.is_some_and(|now| now != *begun)) && self.port.set_lost() {
            self.close();
        }
    }

    /// Whether the worker is gone, which nobody may have noticed: what starts afresh is not to find it out the hard way.
    pub fn has_ended(&'static self) -> bool {
        if !self.is_lost() && self.port.keeper.is_worker_gone() {
            self.lose();
        }
        self.is_lost()
    }

    /// Gives back what is kept of the session, but for what the program may look at. Threads may still be within calls:
    /// they find nothing any more, or what is theirs.
    fn close(&self) {
        self.port.close();
        let released = self.book.close();
        self.hooks.close();
        released.into_iter().for_each(|id| drop(self.forget_notes(id)));
    }

    fn tell_why(&self, closed_by_program: bool) {
        let number = self.port.begun.session;
        let rest = "what was made with it fails, what is made from now on gets a new one";
        if closed_by_program {
            tell(&format!(
                "this program has closed the connection of its session {number}, which AvA can keep from it only over \
                 shared memory; {rest}"
            ));
            return;
        }
        let (begun, api) = (self.port.begun.clone(), self.api.name);
        let reason = self.port.keeper.run(move || reason(&begun, api, Instant::now() + PATIENCE));
        let reason = reason.ok().flatten().map_or_else(String::new, |reason| format!(": {reason}"));
        tell(&format!("the worker of this program's session {number} has ended{reason}; {rest}"));
    }
}

/// Asks the broker why a session has ended; `None` if there is no reply in time.
fn reason(begun: &Begun, api: &str, deadline: Instant) -> Option<String> {
    loop {
        match ask(begun.socket.path(), begun.session, deadline)? {
            admin::Answer::Session(detail) if begun.is(&detail.session, api) => {
                if let Some(reason) = detail.session.ended {
                    return Some(reason);
                }
                // It has not noticed yet.
            }
            // It knows nothing of the session: it may be another broker.
            _ => return None,
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        // The broker tells nobody when it has noticed.
        std::thread::sleep(PAUSE.min(left));
    }
}

fn ask(socket: &Path, session: u64, deadline: Instant) -> Option<admin::Answer> {
    let left = || deadline.saturating_duration_since(Instant::now());
    let stream = client::connect(socket, left()).ok()?;
    let request = wire::seal(&Opening::Admin(Request::Session { session }));
    let answer = client::ask(&stream, &request, left()).ok()?;
    match wire::open::<Answer>(&answer) {
        Ok(Answer::Admin(answer)) => Some(answer),
        _ => None,
    }
}
