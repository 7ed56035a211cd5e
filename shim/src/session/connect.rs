//! A session's beginning: the hello to the broker, with the first lane right behind it, and the answer.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use ava_protocol::session::{self as wire, Answer, Hello, Opening};
use ava_protocol::{admin, upcall::OPEN_LANE};
use ava_transport::client::{self, Patience};
use ava_transport::lane;

use super::keeper::Keeper;
use super::lanes::Lanes;
use super::{GENERATION, Session, Slot, tell};
use crate::answers::Answers;
use crate::callbacks::Callbacks;
use crate::handles::Handles;
use crate::known::Known;
use crate::lines::Lines;
use crate::listener::Listener;
use crate::pending::Pending;
use crate::regions::Pool;

/// With the value `1`, every call crosses and waits for the vendor's answer.
const STRICT_VARIABLE: &str = "AVA_STRICT";
/// With the value `socket`, calls travel over sockets, without shared memory.
const TRANSPORT_VARIABLE: &str = "AVA_TRANSPORT";

/// A session as its broker knows it.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Its number.
    pub session: u64,
    pub socket: wire::Socket,
    /// When the broker was asked for it, and when it had answered, in milliseconds since 1970.
    between: (u64, u64),
}

impl Begun {
    /// Whether this is what the broker tells of, which may be another broker with numbers of its own.
    pub fn is(&self, session: &admin::Session, api: &str) -> bool {
        /// For clocks that are set, and for what is rounded.
        const SLACK_MS: u64 = 1000;
        let (from, to) = self.between;
        let since = session.since_unix_ms;
        session.session == self.session && session.api == api && since + SLACK_MS >= from && since <= to + SLACK_MS
    }
}

/// Whether the program's environment asks for calls that all wait.
pub fn is_strict() -> bool {
    std::env::var_os(STRICT_VARIABLE).is_some_and(|value| value == "1")
}

/// A session of this process with an API.
///
/// # Errors
/// Where there is none and why, in words; nothing if it is for want of memory.
pub fn connect(slot: &'static Slot) -> Result<Box<Session>, Option<String>> {
    crate::log::start();
    let sockets = std::env::var_os(TRANSPORT_VARIABLE).is_some_and(|value| value == "socket");
    let over = |kind| {
        // Over sockets every thread has a descriptor of its own, which must be in the table that it shares.
        let keeper = Keeper::start(kind == lane::Kind::Ring).map_err(Trouble::Here)?;
        let its = Arc::clone(&keeper);
        keeper.run(move || begin(slot, &its, kind)).unwrap_or(Err(Trouble::Memory))
    };
    let begun = match over(if sockets { lane::Kind::Socket } else { lane::Kind::Ring }) {
        Err(Trouble::Here(error)) if !sockets => {
            tell(&format!(
                "this program shares no memory with its worker, since it may not ({error}); its calls go over sockets, more \
                 slowly"
            ));
            over(lane::Kind::Socket)
        }
        begun => begun,
    };
    begun.map_err(|trouble| match trouble {
        Trouble::Here(error) => Some(format!("since this program may not ({error})")),
        Trouble::There(why) => Some(why),
        Trouble::Memory => None,
    })
}

/// Why no session has begun.
enum Trouble {
    /// The process is short of something, or has forbidden itself a system call.
    Here(io::Error),
    /// The broker refuses, or is not there.
    There(String),
    /// There is no memory.
    Memory,
}

/// Begins a session, on the thread that keeps its descriptors.
fn begin(slot: &'static Slot, keeper: &Arc<Keeper>, transport: lane::Kind) -> Result<Box<Session>, Trouble> {
    let uid = client::users().0;
    let socket = wire::discover(|name| std::env::var_os(name), |path| path.exists(), uid);
    let refused = |why: String| Err(Trouble::There(format!("at {}: {why}", socket.path().display())));
    let shared = slot.shared().ok_or(Trouble::Memory)?;
    let program = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let mut words = program.split(|b| *b == 0).filter(|w| !w.is_empty()).map(String::from_utf8_lossy);
    let first = words.next().unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or_default().to_string();
    let line = std::iter::once(first.clone()).chain(words).collect::<Vec<_>>().join(" ");
    let cwd = std::env::current_dir().unwrap_or_default();
    let hello = Hello::new(
        slot.api.name,
        ava_protocol::FINGERPRINT,
        &name,
        std::process::id() as i32,
        &line,
        &cwd.to_string_lossy(),
    );
    let opening = wire::seal(&Opening::Session(hello));
    if let wire::Socket::Private(path) = &socket
        && let Err(error) = client::check_private(path)
    {
        return refused(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no broker".into(),
            _ => error.to_string(),
        });
    }
    // The first lane goes with the hello.
    let (first_lane, theirs) = keeper.make_lane(transport).map_err(Trouble::Here)?;
    let theirs: Vec<_> = theirs.iter().map(AsFd::as_fd).collect();
    // A private broker is started before the program, and ends when it is idle; others come and go.
    let may_come = !matches!(socket, wire::Socket::Private(_));
    let from = unix_ms();
    let opened = client::open_session(socket.path(), &opening, &[], (OPEN_LANE, &theirs), may_come, Patience::PROGRAM);
    let (control, answer) = match opened {
        Ok(connection) => connection,
        Err(error) => return refused(error.to_string()),
    };
    let (session, populate, memory) = match wire::open::<Answer>(&answer) {
        Ok(Answer::Welcome { session, populate, memory }) => (session, populate, memory),
        Ok(Answer::Refused { reason, .. }) => return refused(reason),
        Ok(Answer::Admin(_) | Answer::Starting { .. }) => return refused("an answer to another question".into()),
        Err(error) => return refused(error.to_string()),
    };
    tracing::info!(session, socket = %socket.path().display(), "welcome");
    if populate && first_lane.populate().is_err() {
        return Err(Trouble::Memory);
    }
    keeper.adopt(OwnedFd::from(control)).map_err(Trouble::Here)?;
    let generation = GENERATION.fetch_add(1, Ordering::Relaxed) + 1;
    Ok(Box::new(Session {
        slot,
        shared,
        begun: Begun { session, socket, between: (from, unix_ms()) },
        keeper: Arc::clone(keeper),
        transport,
        first_lane: Mutex::new(Some(first_lane)),
        lanes: Lanes::new(),
        generation,
        lost: AtomicBool::new(false),
        lines: Lines::default(),
        handles: Handles::new(&shared.range, generation),
        known: Known::new(&shared.known, generation, shared.strict),
        answers: Answers::new(shared.strict),
        regions: Pool::new(Arc::clone(keeper), populate, memory),
        pending: Pending::default(),
        callbacks: Callbacks::new(),
        listener: Listener::default(),
        own: (slot.own)(),
        heard: AtomicU64::new(0),
        process: std::process::id(),
        threads: Mutex::new(0),
    }))
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
