//! A session's beginning: the hello to the broker, with the first lane right behind it, and the answer.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ava_protocol::session::{self as wire, Answer, Hello, Opening};
use ava_protocol::upcall::OPEN_LANE;
use ava_transport::client::{self, Patience};
use ava_transport::lane;

use super::{GENERATION, Session, Slot, tell};
use crate::answers::Answers;
use crate::callbacks::Callbacks;
use crate::handles::Handles;
use crate::known::Known;
use crate::lines::Lines;
use crate::pending::Pending;
use crate::regions::Pool;
use crate::texts::Texts;

/// With the value `1`, every call crosses and waits for the vendor's answer.
const STRICT_VARIABLE: &str = "AVA_STRICT";
/// With the value `socket`, calls travel over sockets, without shared memory.
const TRANSPORT_VARIABLE: &str = "AVA_TRANSPORT";

/// The session of this process with an API; `None`, after a line on standard error, if there will be none.
pub fn connect(slot: &'static Slot) -> Option<Session> {
    crate::log::start();
    let uid = rustix::process::getuid().as_raw();
    let socket = wire::discover(|name| std::env::var_os(name), |path| path.exists(), uid);
    let refused = |why: String| {
        tell(&format!(
            "no session at {}: {why}. Start the program with `avactl run -- PROGRAM`, or see `avactl doctor`.",
            socket.path().display()
        ));
        None
    };
    let program = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let mut words = program.split(|b| *b == 0).filter(|w| !w.is_empty()).map(String::from_utf8_lossy);
    let first = words.next().unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or_default().to_string();
    let line = std::iter::once(first.clone()).chain(words).collect::<Vec<_>>().join(" ");
    let cwd = std::env::current_dir().unwrap_or_default();
    let mut hello = Hello::new(
        slot.api.name,
        ava_protocol::FINGERPRINT,
        &name,
        rustix::process::getpid().as_raw_pid(),
        &line,
        &cwd.to_string_lossy(),
    );
    let (stdout, stderr) = (open_fd(1), open_fd(2));
    hello.stdout = stdout.is_some();
    hello.stderr = stderr.is_some();
    let fds: Vec<_> = stdout.into_iter().chain(stderr).collect();
    let opening = wire::seal(&Opening::Session(hello));
    if let wire::Socket::Private(path) = &socket
        && let Err(error) = client::check_private(path)
    {
        return refused(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no broker".into(),
            _ => error.to_string(),
        });
    }
    let sockets = std::env::var_os(TRANSPORT_VARIABLE).is_some_and(|value| value == "socket");
    let transport = if sockets { lane::Kind::Socket } else { lane::Kind::Ring };
    // The first lane goes with the hello.
    let (first_lane, theirs) = lane::offer(transport).ok()?;
    let theirs: Vec<_> = theirs.iter().map(AsFd::as_fd).collect();
    // A private broker is started before the program, and ends when it is idle; others come and go.
    let may_come = !matches!(socket, wire::Socket::Private(_));
    let opened =
        client::open_session(socket.path(), &opening, &fds, (OPEN_LANE, &theirs), may_come, Patience::PROGRAM);
    let (control, answer) = match opened {
        Ok(connection) => connection,
        Err(error) => return refused(error.to_string()),
    };
    match wire::open::<Answer>(&answer) {
        Ok(Answer::Welcome { session, .. }) => tracing::info!(session, socket = %socket.path().display(), "welcome"),
        Ok(Answer::Refused { reason, .. }) => return refused(reason),
        Ok(Answer::Admin(_) | Answer::Starting { .. }) => return refused("an answer to another question".into()),
        Err(error) => return refused(error.to_string()),
    }
    slot.control.store(control.as_raw_fd(), Ordering::Relaxed);
    let strict = std::env::var_os(STRICT_VARIABLE).is_some_and(|value| value == "1");
    let handles =
        Handles::new(!strict, slot.dispatch.first().map_or(std::ptr::null(), |first| std::ptr::from_ref(first).cast()))
            .ok()?;
    Some(Session {
        slot,
        control,
        transport,
        first_lane: Mutex::new(Some(first_lane)),
        generation: GENERATION.fetch_add(1, Ordering::Relaxed) + 1,
        lost: AtomicBool::new(false),
        lines: Lines::default(),
        handles,
        known: Known::new(strict),
        answers: Answers::new(strict),
        regions: Pool::default(),
        pending: Pending::default(),
        callbacks: Callbacks::default(),
        texts: Texts::default(),
        own: (slot.own)(),
        heard: AtomicU64::new(0),
        pid: rustix::process::getpid(),
        threads: Mutex::new(0),
    })
}

/// The process's descriptor `fd`, if it is open.
fn open_fd(fd: i32) -> Option<BorrowedFd<'static>> {
    // SAFETY: asks about a number; borrows it only if it is open, for the length of the hello.
    unsafe { (libc::fcntl(fd, libc::F_GETFD) >= 0).then(|| BorrowedFd::borrow_raw(fd)) }
}
