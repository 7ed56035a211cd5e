//! The event loop: one thread, which waits for nobody in particular.
//!
//! - **Invariant:** no operation on a tenant's or worker's descriptor waits.
//! - **Invariant:** every event is answered by a bounded amount of work, so that no peer can keep the loop to itself.

mod accept;
mod heirs;
mod queue;
mod requests;
mod sessions;
mod spares;
mod sweeping;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ava_protocol::api::APIS;
use ava_protocol::surroundings::Surroundings;
use ava_transport::spawn::{Child, Spawner};
use interprocess::local_socket::{ListenerNonblockingMode, traits::Listener as _};
use rustix::process::Rlimit;
use sd_notify::NotifyState;
use tracing::{info, warn};

use crate::connection::Connection;
use crate::environment::Wishes;
use crate::events::{Events, Happened, Interest, Source};
use crate::foreign::Closer;
use crate::history::History;
use crate::isolation::Isolation;
use crate::place::{Access, Place};
use crate::policy::admission::{Admission, Limits};
use crate::policy::damping::Damping;
use crate::policy::deadlines::Deadlines;
use crate::policy::noise::{Line, Noise};
use crate::policy::queue::Queue;
use crate::policy::warmth::Warmth;
use crate::session::Session;
use crate::spare::Spare;
use crate::tenant::TenantId;

/// What the broker was told about itself.
#[derive(Debug)]
pub struct Settings {
    /// The worker program.
    pub worker: PathBuf,
    /// What the options say of workers.
    pub wishes: Wishes,
    /// Groups of workers' users.
    pub worker_groups: Vec<u32>,
    /// Where files are that tenants get in place of an API's own.
    pub templates: PathBuf,
    /// The newest Landlock that workers use.
    pub landlock_abi: Option<i32>,
    /// Upper bounds.
    pub limits: Limits,
    /// Workers to start ahead for each user.
    pub warm: usize,
    /// End after so long without a session.
    pub idle_exit: Option<Duration>,
    /// The log level's name, for workers.
    pub log: &'static str,
    /// The limit of open files the broker was started with, for workers.
    pub files: Option<Rlimit>,
    /// The broker's user.
    pub uid: u32,
    /// When the broker started.
    pub started: SystemTime,
}

/// Messages taken from one worker before others get their turn.
const BATCH: usize = 32;

/// Things with a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Due {
    /// A connection says nothing.
    Connection(u64),
    /// A worker does not become ready.
    Start(u64),
    /// A session does not end.
    End(u64),
    /// None of a session's programs is left, nor has another joined it.
    Orphan(u64),
    /// A spare is to be started, or somebody to be forgotten.
    Spares,
    /// A spare does not become ready, or does not end.
    Spare(u64),
    /// Accepting is paused.
    Accept,
    /// Control groups may be removed.
    Groups,
    /// Directories of containers that are gone may be removed.
    Sweep,
    /// Nobody needs the broker.
    Idle,
    /// The service manager wants a sign of life.
    Watchdog,
}

/// A program that will open a session.
struct Expected {
    /// Whose limits count.
    account: TenantId,
    process: OwnedFd,
}

/// Processes that empty directories, and whose.
#[derive(Debug, Default)]
struct Sweeping {
    last: u64,
    processes: HashMap<u64, (String, Child)>,
}

/// The broker.
pub struct Server {
    settings: Settings,
    spawner: Spawner,
    isolation: Isolation,
    closer: Closer,
    place: Place,
    events: Events,
    signal: UnixStream,
    deadlines: Deadlines<Due>,
    admission: Admission,
    /// Programs that wait for a place among the sessions.
    queue: Queue,
    damping: Damping,
    connections: HashMap<u64, Connection>,
    sessions: BTreeMap<u64, Session>,
    warmth: Warmth,
    /// What surrounds the broker, for each API.
    surroundings: Vec<(&'static str, Arc<Surroundings>)>,
    spares: BTreeMap<u64, Spare>,
    /// Programs that will open a session.
    expected: HashMap<u64, Expected>,
    history: History,
    refusals: Noise,
    last_connection: u64,
    last_session: u64,
    last_spare: u64,
    sweeping: Sweeping,
    watchdog: Option<Duration>,
    /// Why the loop is to end.
    over: Option<&'static str>,
}

impl Server {
    /// A broker at `place` that ends when something can be read from `signal`.
    pub fn new(
        settings: Settings,
        spawner: Spawner,
        isolation: Isolation,
        place: Place,
        signal: UnixStream,
    ) -> io::Result<Self> {
        let events = Events::new()?;
        place.listener.set_nonblocking(ListenerNonblockingMode::Accept)?;
        events.add(&place.listener, Source::Listener, Interest::Read)?;
        if let Some(admin) = &place.admin {
            admin.set_nonblocking(ListenerNonblockingMode::Accept)?;
            events.add(admin, Source::AdminListener, Interest::Read)?;
        }
        events.add(&signal, Source::Signal, Interest::Read)?;
        Ok(Self {
            admission: Admission::new(settings.limits),
            queue: Queue::new(&settings.limits),
            warmth: Warmth::new(settings.warm),
            settings,
            spawner,
            isolation,
            closer: Closer::default(),
            place,
            events,
            signal,
            deadlines: Deadlines::new(),
            damping: Damping::default(),
            connections: HashMap::new(),
            sessions: BTreeMap::new(),
            surroundings: own_surroundings(),
            spares: BTreeMap::new(),
            expected: HashMap::new(),
            history: History::default(),
            refusals: Noise::new(10),
            last_connection: 0,
            last_session: 0,
            last_spare: 0,
            sweeping: Sweeping::default(),
            watchdog: None,
            over: None,
        })
    }

    /// Serves until told to end, or until idle for too long.
    pub fn run(mut self) -> io::Result<()> {
        // Half of what the service manager allows.
        self.watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 2);
        self.due(Due::Watchdog, Instant::now());
        let _ = sd_notify::notify(&[NotifyState::Ready]);
        if let Access::Only(uid) = self.place.access {
            self.expect_session(&TenantId::user(uid), true);
        }
        let now = Instant::now();
        self.deadlines.set(Due::Sweep, now);
        // Of an earlier broker.
        self.deadlines.set(Due::Groups, now);
        while self.over.is_none() {
            let now = Instant::now();
            while let Some(due) = self.deadlines.due(now) {
                self.due(due, now);
            }
            if self.over.is_some() {
                break;
            }
            self.watch_idleness(now);
            self.watch_spares(now);
            for happened in self.events.wait(self.deadlines.wait(Instant::now()))? {
                self.happened(happened);
            }
        }
        let _ = sd_notify::notify(&[NotifyState::Stopping]);
        self.isolation.close();
        info!(reason = self.over.unwrap_or("?"), sessions = self.sessions.len(), "the broker ends; sessions go on");
        Ok(())
    }

    fn happened(&mut self, happened: Happened) {
        match happened.source {
            Source::Listener => self.accept(false),
            Source::AdminListener => self.accept(true),
            Source::Signal => {
                self.events.remove(&self.signal);
                self.over = Some("told to");
            }
            Source::Connection(number) => self.connection_ready(number, happened),
            Source::Control(number) => self.control_ready(number, happened),
            Source::Worker(number) => self.worker_over(number),
            Source::Program(number) => self.program_over(number),
            Source::Spare(number) => self.hear_spare(number, BATCH),
            Source::SpareWorker(number) => self.spare_over(number),
            Source::Sweeper(number) => self.swept(number),
            Source::Expected(number) => {
                if let Some(Expected { process, .. }) = self.expected.remove(&number) {
                    self.events.remove(&process);
                }
            }
        }
    }

    fn due(&mut self, due: Due, now: Instant) {
        match due {
            Due::Connection(number) => self.connection_silent(number),
            Due::Orphan(number) => self.orphaned(number),
            Due::Start(number) => self.doom(number, "the worker did not become ready in time".to_owned()),
            Due::End(number) => self.kill(number),
            Due::Spares => self.start_spare(now),
            Due::Spare(number) => self.spare_late(number),
            Due::Accept => self.accept_again(),
            Due::Groups => self.tidy_groups(now),
            Due::Sweep => self.sweep(now),
            Due::Idle => {
                // Whoever knocked at the last moment is still let in.
                self.accept(false);
                if self.connections.is_empty() {
                    self.over = Some("idle");
                }
            }
            Due::Watchdog => {
                if let Some(every) = self.watchdog {
                    let _ = sd_notify::notify(&[NotifyState::Watchdog]);
                    self.deadlines.set(Due::Watchdog, now + every);
                }
            }
        }
    }

    fn watch_idleness(&mut self, now: Instant) {
        let Some(limit) = self.settings.idle_exit else {
            return;
        };
        if self.sessions.is_empty() && self.connections.is_empty() && self.expected.is_empty() {
            self.deadlines.set_first(Due::Idle, now + limit);
        } else {
            self.deadlines.cancel(Due::Idle);
        }
    }

    /// Logs a refusal, unless there are very many.
    fn log_refusal(&mut self, uid: u32, pid: i32, reason: &str) {
        if let Line::Write { left_out } = self.refusals.line(Instant::now()) {
            warn!(uid, pid, reason, left_out, "refused");
        }
    }
}

/// What surrounds this process: who is served by it and says nothing else has that, if it is theirs.
fn own_surroundings() -> Vec<(&'static str, Arc<Surroundings>)> {
    let is_ours = |path: &Path| path.file_name().is_some_and(|name| name == "libava.so");
    let of = |api| ava_surroundings::take(api, None, is_ours).inspect_err(|why| warn!("{why}")).unwrap_or_default();
    APIS.iter().map(|api| (api.name, Arc::new(of(api)))).collect()
}
