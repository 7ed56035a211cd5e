//! The start of a session: the hello to the broker, followed by the first lane, and the answer.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ava_protocol::api::Api;
use ava_protocol::session::{self as wire, Answer, Hello, Opening, Refusal};
use ava_protocol::surroundings::Surroundings;
use ava_protocol::{admin, upcall};
use ava_transport::client::{self, Patience};
use ava_transport::guarded::Guarded;
use ava_transport::lane::{self, Lane};
use ava_transport::message;

use super::keeper::Keeper;
use super::messages::{self, Once};
use crate::base::console::tell;
use crate::process::library;

/// With the value `socket`, calls use sockets instead of shared memory.
const TRANSPORT_VARIABLE: &str = "AVA_TRANSPORT";

/// How long the program waits for a place where a limit of sessions is reached, as its environment says.
fn wait() -> u32 {
    let said = std::env::var_os(wire::WAIT_VARIABLE).unwrap_or_default();
    said.to_str().and_then(wire::wait).unwrap_or_default()
}

/// Says that the program waits.
fn tell_of_waiting(reason: &str, ahead: u64) {
    let before = match ahead {
        0 => String::new(),
        1 => "; one program is before it".to_owned(),
        _ => format!("; {ahead} programs are before it"),
    };
    tell(&format!("this program waits for a place: {reason}{before}"));
}

/// A session as its broker knows it.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Its number.
    pub session: u64,
    pub socket: wire::Socket,
    /// What its worker is made of, if that is the program's own.
    pub surroundings: Option<Surroundings>,
    /// When the broker was asked for it, and when it had answered, in milliseconds since 1970.
    between: (u64, u64),
    /// Whether this process touches the memory of lanes and regions first, and how much it may have of these.
    pub populate: bool,
    pub memory: u64,
}

impl Begun {
    /// A session that no broker knows of.
    #[cfg(test)]
    pub fn made_up() -> Self {
        let socket = wire::Socket::Named(PathBuf::new());
        Self { session: 1, socket, surroundings: None, between: (0, 0), populate: false, memory: u64::MAX }
    }

    /// Whether this is what the broker tells of, which may be another broker with numbers of its own.
    pub fn is(&self, session: &admin::Session, api: &str) -> bool {
        /// For clocks that are set, and for what is rounded.
        const SLACK_MS: u64 = 1000;
        let (from, to) = self.between;
        let since = session.since_unix_ms;
        session.session == self.session && session.api == api && since + SLACK_MS >= from && since <= to + SLACK_MS
    }
}

/// A session's connection to its worker, with the first lane.
pub struct Connection {
    pub keeper: Arc<Keeper>,
    pub begun: Begun,
    pub transport: lane::Kind,
    pub first_lane: Box<dyn Lane>,
}

/// What of the program's surroundings does not count, told once: variables, and the library's file.
pub type Told = [Once; 2];

/// Begins a session of this process with an API. Of a strict program no question is answered ahead.
///
/// # Errors
/// Where there is none and why, in words; nothing if it is for want of memory.
pub fn connect(api: &'static Api, is_strict: bool, told: &'static Told) -> Result<Connection, Option<String>> {
    ava_surroundings::settings::check().map_err(|why| Some(format!("with {why}")))?;
    crate::base::log::start();
    let greeting = Arc::new(Greeting::new(api, is_strict)?);
    let over = |transport| {
        let greeting = Arc::clone(&greeting);
        kept(transport, None, move |keeper| begin(keeper, transport, &greeting, told))
    };
    let begun = match over(transport()) {
        Err(Trouble::Here(error)) if transport() == lane::Kind::Ring => {
            tell(&format!(
                "this program shares no memory with its worker, since it may not ({error}); its calls go over sockets, more \
                 slowly"
            ));
            over(lane::Kind::Socket)
        }
        begun => begun,
    };
    begun.map_err(Trouble::in_words)
}

/// Goes on with a session of the parent's in a forked child, by a connection to the copy of its worker.
///
/// # Errors
/// There is no memory, or nobody to serve it.
pub fn adopt(connection: &Guarded, begun: Begun, is_strict: bool) -> Result<Connection, Option<String>> {
    let number = connection.get().map_err(|error| Some(error.to_string()))?.as_raw_fd();
    let adopted = kept(transport(), Some(number), move |keeper| go_on(keeper, transport(), number, begun, is_strict));
    // The keeper has it by now; a child of this process is not to have it.
    connection.close();
    adopted.map_err(Trouble::in_words)
}

/// What lanes are made of.
fn transport() -> lane::Kind {
    let sockets = std::env::var_os(TRANSPORT_VARIABLE).is_some_and(|value| value == "socket");
    if sockets { lane::Kind::Socket } else { lane::Kind::Ring }
}

/// Begins a session on a thread that keeps its descriptors. It has `heirloom`, too, a descriptor of the caller's.
fn kept(
    transport: lane::Kind,
    heirloom: Option<RawFd>,
    begin: impl FnOnce(&Arc<Keeper>) -> Result<Connection, Trouble> + Send + 'static,
) -> Result<Connection, Trouble> {
    // Over sockets every thread has a descriptor of its own, which must be in the table that it shares.
    let keeper = Keeper::start(transport == lane::Kind::Ring, heirloom).map_err(Trouble::Here)?;
    let its = Arc::clone(&keeper);
    keeper.run(move || begin(&its)).unwrap_or(Err(Trouble::Memory))
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

impl Trouble {
    fn in_words(self) -> Option<String> {
        match self {
            Self::Here(error) => Some(format!("since this program may not ({error})")),
            Self::There(why) => Some(why),
            Self::Memory => None,
        }
    }
}

/// What the broker is told, by the thread that calls, and where it is.
struct Greeting {
    socket: wire::Socket,
    hello: Hello,
    is_strict: bool,
    /// The file of the vendor's library that the program names.
    library: Option<PathBuf>,
}

impl Greeting {
    fn new(api: &'static Api, is_strict: bool) -> Result<Self, Option<String>> {
        let program = std::fs::read("/proc/self/cmdline").unwrap_or_default();
        let mut words = program.split(|b| *b == 0).filter(|w| !w.is_empty()).map(String::from_utf8_lossy);
        let first = words.next().unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default().to_string();
        let line = std::iter::once(first.clone()).chain(words).collect::<Vec<_>>().join(" ");
        let cwd = std::env::current_dir().unwrap_or_default();
        let mut hello = Hello::new(api.name, &name, std::process::id() as i32, &line, &cwd.to_string_lossy());
        hello.wait = wait();
        let library = library::of(api);
        hello.surroundings = surroundings(api, library.as_deref()).map_err(|why| Some(format!("since {why}")))?;
        Ok(Self { socket: client::discover(), hello, is_strict, library })
    }
}

/// Begins a session, on the thread that keeps its descriptors.
fn begin(
    keeper: &Arc<Keeper>,
    transport: lane::Kind,
    Greeting { socket, hello, is_strict, library }: &Greeting,
    [variables, libraries]: &Told,
) -> Result<Connection, Trouble> {
    let refused = |why: String| Err(Trouble::There(messages::at(socket, &why)));
    let (wait, surroundings) = (hello.wait, hello.surroundings.clone());
    let opening = wire::seal(&Opening::Session(hello.clone()));
    if let wire::Socket::Private(path) = socket
        && let Err(error) = client::check_private(path)
    {
        return Err(Trouble::There(messages::unsafe_place(socket, &error)));
    }
    // The first lane goes with the hello.
    let (first_lane, theirs) = keeper.make_lane(transport).map_err(Trouble::Here)?;
    let theirs: Vec<_> = theirs.iter().map(AsFd::as_fd).collect();
    // A private broker is started before the program, and ends when it is idle; others come and go.
    let may_come = !matches!(socket, wire::Socket::Private(_));
    let from = unix_ms();
    // The broker keeps the time, too; what is said last is its reason.
    let place = Duration::from_secs(u64::from(wait) + 5);
    let patience = Patience { place, told: tell_of_waiting, ..Patience::PROGRAM };
    let opened = client::open_session(socket.path(), &opening, (words(*is_strict), &theirs), may_come, patience);
    let (control, answer) = match opened {
        Ok(connection) => connection,
        Err(error) => return Err(Trouble::There(messages::unreached(socket, &error))),
    };
    let (session, populate, memory, own) = match wire::open::<Answer>(&answer) {
        Ok(Answer::Welcome { session, populate, memory, own, ignored, library: has, identity }) => {
            if !ignored.is_empty() {
                variables.tell(&messages::ignored(socket, &ignored));
            }
            if let Some(named) = library.as_ref().filter(|_| !own && !identity.is_empty())
                && ava_surroundings::identity(named) != identity
            {
                libraries.tell(&messages::other_library(socket, named, &has));
            }
            (session, populate, memory, own)
        }
        Ok(Answer::Refused { code: Refusal::Busy, reason }) if wait == 0 => {
            return refused(format!("{reason}. With `avactl run --wait PROGRAM` it waits for a place"));
        }
        Ok(Answer::Refused { reason, .. }) => return refused(reason),
        Ok(Answer::Admin(_) | Answer::Starting { .. } | Answer::Waiting { .. }) => {
            return refused("an answer to another question".into());
        }
        Err(wire::EnvelopeError::Build { theirs }) => {
            return Err(Trouble::There(messages::other_build(socket, &theirs)));
        }
        Err(error) => return refused(error.to_string()),
    };
    tracing::info!(session, socket = %socket.path().display(), "welcome");
    let surroundings = surroundings.filter(|_| own);
    let between = (from, unix_ms());
    let begun = Begun { session, socket: socket.clone(), surroundings, between, populate, memory };
    connected(keeper, OwnedFd::from(control), begun, (transport, first_lane))
}

/// Goes on with what the parent had, on the thread that keeps the child's descriptors.
fn go_on(
    keeper: &Arc<Keeper>,
    transport: lane::Kind,
    number: RawFd,
    begun: Begun,
    is_strict: bool,
) -> Result<Connection, Trouble> {
    let connection = keeper.heirloom(number).map_err(Trouble::Here)?;
    let (first_lane, theirs) = keeper.make_lane(transport).map_err(Trouble::Here)?;
    let theirs: Vec<_> = theirs.iter().map(AsFd::as_fd).collect();
    message::send(&connection, words(is_strict), &theirs).map_err(|error| Trouble::There(error.to_string()))?;
    tracing::info!(session = begun.session, "goes on in a child");
    connected(keeper, connection, begun, (transport, first_lane))
}

/// What the worker is told with the first lane.
fn words(is_strict: bool) -> &'static [u8] {
    if is_strict { upcall::OPEN_STRICT_LANE } else { upcall::OPEN_LANE }
}

fn connected(
    keeper: &Arc<Keeper>,
    control: OwnedFd,
    begun: Begun,
    (transport, first_lane): (lane::Kind, Box<dyn Lane>),
) -> Result<Connection, Trouble> {
    if begun.populate && first_lane.populate().is_err() {
        return Err(Trouble::Memory);
    }
    keeper.adopt(control).map_err(Trouble::Here)?;
    Ok(Connection { keeper: Arc::clone(keeper), begun, transport, first_lane })
}

/// What surrounds the program; nothing, if that is for others to say than for who has started it (set-user-ID files).
pub fn surroundings(api: &Api, library: Option<&Path>) -> Result<Option<Surroundings>, String> {
    // SAFETY: asks for a number.
    if unsafe { libc::getauxval(libc::AT_SECURE) } != 0 {
        return Ok(None);
    }
    ava_surroundings::take(api, library, library::is_ours).map(Some)
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
