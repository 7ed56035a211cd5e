//! A session's end in the program: its memory is given back, and the program is told why, once.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ava_protocol::admin::{self, Request};
use ava_protocol::session::{self as wire, Answer, Opening};
use ava_transport::client;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::connect::{Begun, surroundings};
use super::{Session, tell};
use crate::fault::Fault;

/// How long the broker is asked for the reason, and how often while it has not noticed the end.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);

impl Session {
    /// The worker is gone: every call fails from now on. Whoever is the first to know sees to the rest.
    pub fn lose(&'static self) -> Fault {
        // A child that was forked within a call of this session has copies only, which others still use.
        if self.pid == rustix::process::getpid() && !self.lost.swap(true, Ordering::AcqRel) {
            // Whoever listens, or begins to now, hears what the worker has said before its end.
            let _ = self.listener.listen(self);
            self.give_up();
            self.listener.wait_for_end();
            self.tell_why();
        }
        self.fault()
    }

    /// Ends a session of which nothing is left to the program, if what surrounds the program would be another worker's by now: what
    /// starts afresh gets that one.
    pub fn leave_if_outdated(&self) {
        let Some(begun) = &self.begun.surroundings else { return };
        let library = (!begun.library.is_empty()).then(|| Path::new(OsStr::from_bytes(&begun.library)));
        let now = surroundings(self.slot.api, library);
        if now.is_ok_and(|now| now.is_some_and(|now| now != *begun)) && !self.lost.swap(true, Ordering::AcqRel) {
            self.give_up();
        }
    }

    /// Whether the worker is gone, which nobody may have noticed: what starts afresh is not to find it out the hard way.
    pub fn has_ended(&'static self) -> bool {
        let Ok(control) = self.control() else { return self.is_lost() };
        let mut fds = [PollFd::new(&*control, PollFlags::RDHUP)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let over = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
        if poll(&mut fds, Some(&now)).is_ok() && fds[0].revents().intersects(over) {
            drop(control);
            self.lose();
        }
        self.is_lost()
    }

    /// What calls fail with once the session is lost.
    pub fn fault(&self) -> Fault {
        self.own.when_lost().map_or(Fault::Lost, Fault::Status)
    }

    /// Gives back what is kept of the session, but for what the program may look at. Threads may still be within calls: they
    /// find nothing any more, or what is theirs.
    fn give_up(&self) {
        if let Ok(mut control) = self.control.lock()
            && let Some(control) = control.take()
        {
            // A child that is forked from now on has nothing to close: the number may be another descriptor's.
            let number = std::os::fd::AsRawFd::as_raw_fd(&*control);
            let _ = self.slot.control.compare_exchange(number, -1, Ordering::Relaxed, Ordering::Relaxed);
            // Ends the thread that listens, if this session's end is not the worker's.
            let _ = control.shutdown(std::net::Shutdown::Both);
        }
        if let Ok(mut lane) = self.first_lane.lock() {
            *lane = None;
        }
        drop(self.pending.give_up());
        drop(self.regions.close());
        self.callbacks.give_up();
        self.answers.give_up();
        let released = self.handles.retire();
        self.own.give_up();
        released.into_iter().for_each(|id| drop(self.own.forget(id)));
    }

    fn tell_why(&self) {
        let number = self.begun.session;
        let reason = reason(&self.begun, self.slot.api.name, Instant::now() + PATIENCE);
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        tell(&format!(
            "the worker of this program's session {number} has ended{reason}; what was made with it fails, what is made \
             from now on gets a new one"
        ));
    }
}

/// Why a session has ended, as the broker tells who asks; `None` if it does not in time.
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
    let answer = client::ask(&stream, &request, &[], left()).ok()?;
    match wire::open::<Answer>(&answer) {
        Ok(Answer::Admin(answer)) => Some(answer),
        _ => None,
    }
}
