//! The event loop: one thread, which waits for all descriptors at once.
//!
//! - **Invariant:** no operation on a tenant's or worker's descriptor blocks.
//! - **Invariant:** the work per event is bounded, so that no peer can keep the loop busy.

mod accept;
mod children;
mod cleanup;
mod commands;
mod ledger;
mod policy;
mod queue;
mod requests;
mod sessions;
mod spares;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ava_policy::{Policy, Problem, Who};
use ava_protocol::api::APIS;
use ava_protocol::surroundings::Surroundings;
use ava_transport::spawn::{Child, Spawner};
use interprocess::local_socket::{ListenerNonblockingMode, traits::Listener as _};
use rustix::process::Rlimit;
use sd_notify::NotifyState;
use tracing::{info, warn};

use crate::connection::Connection;
use crate::environment::WorkerOptions;
use crate::events::{Events, Happened, Interest, Source};
use crate::foreign::Closer;
use crate::history::History;
use crate::isolation::Isolation;
use crate::ledger::{Ledger, Noted};
use crate::pacer::Pacer;
use crate::place::{Access, Place};
use crate::policy::admission::{Admission, Limits};
use crate::policy::backoff::Backoff;
use crate::policy::deadlines::Deadlines;
use crate::policy::queue::Queue;
use crate::policy::rate_limit::{Line, RateLimit};
use crate::policy::spares::SparePolicy;
use crate::policy::tenancy::Tenancy;
use crate::quota::Quotas;
use crate::session::Session;
use crate::spare::Spare;
use crate::tenant::TenantId;

/// The broker's settings.
#[derive(Debug)]
pub struct Settings {
    /// The worker program.
    pub worker: PathBuf,
    /// The options that concern workers.
    pub worker_options: WorkerOptions,
    /// Additional groups of workers' users.
    pub worker_groups: Vec<u32>,
    /// The directory of configuration files that each tenant gets a copy of.
    pub templates: PathBuf,
    /// The newest version of Landlock that workers use.
    pub landlock_abi: Option<i32>,
    /// Limits on sessions and connections.
    pub limits: Limits,
    /// The policy's file.
    pub config: Config,
    /// Spare workers to keep ready for each user.
    pub warm: usize,
    /// End after being idle for this long.
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

/// Where the policy is read from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The first file, if there is a place for one.
    pub file: Option<PathBuf>,
    /// An option names it, so it has to exist.
    pub required: bool,
}

/// The most messages read from one worker per event.
const BATCH: usize = 32;

/// Things with a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Due {
    /// A connection sent no message in time.
    Connection(u64),
    /// A worker did not become ready in time.
    Start(u64),
    /// A session did not end in time.
    End(u64),
    /// All of a session's programs ended, and no other has joined it.
    Orphan(u64),
    /// Start a spare, or forget a tenant without recent sessions.
    Spares,
    /// A spare did not become ready, or did not end, in time.
    Spare(u64),
    /// Accept connections again after a pause.
    Accept,
    /// Try again to remove control groups.
    Groups,
    /// Remove the directories of containers without sessions.
    Sweep,
    /// The broker was idle for as long as the options allow.
    Idle,
    /// Look for how long commands have been running.
    Commands,
    /// Note what sessions used.
    Ledger,
    /// Notify the service manager's watchdog.
    Watchdog,
}

/// A program that will open a session.
struct Expected {
    /// The tenant whose limits apply.
    account: TenantId,
    process: OwnedFd,
}

/// Processes that empty tenants' directories.
#[derive(Debug, Default)]
struct Cleanup {
    last: u64,
    processes: HashMap<u64, (String, Child)>,
}

/// The broker.
pub struct Server {
    settings: Settings,
    spawner: Spawner,
    isolation: Isolation,
    closer: Closer,
    pacer: Pacer,
    place: Place,
    events: Events,
    signal: UnixStream,
    deadlines: Deadlines<Due>,
    admission: Admission,
    tenancy: Tenancy,
    quotas: Quotas,
    /// Programs that wait until the limits allow another session.
    queue: Queue,
    backoff: Backoff,
    connections: HashMap<u64, Connection>,
    sessions: BTreeMap<u64, Session>,
    spare_policy: SparePolicy,
    /// The broker's own environment, for each API.
    surroundings: Vec<(&'static str, Arc<Surroundings>)>,
    spares: BTreeMap<u64, Spare>,
    /// Programs that will open a session.
    expected: HashMap<u64, Expected>,
    history: History,
    /// `None` if none is kept.
    ledger: Option<Ledger>,
    noted: Noted,
    /// Connections that wait for the ledger's answer, and their users.
    asked: HashMap<u64, u32>,
    refusals: RateLimit,
    last_connection: u64,
    last_session: u64,
    last_spare: u64,
    cleanup: Cleanup,
    watchdog: Option<Duration>,
    /// Why the loop ends, once it does.
    over: Option<&'static str>,
}

impl Server {
    /// A broker at `place` that ends when `signal` becomes readable.
    pub fn new(
        settings: Settings,
        policy: Policy,
        (spawner, isolation): (Spawner, Isolation),
        (place, ledger): (Place, Option<Ledger>),
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
        if let Some(ledger) = &ledger {
            events.add(&ledger.wake, Source::Ledger, Interest::Read)?;
        }
        Ok(Self {
            admission: Admission::new(settings.limits),
            tenancy: Tenancy::new(policy, settings.limits.sessions_per_user),
            quotas: Quotas::default(),
            queue: Queue::new(&settings.limits),
            spare_policy: SparePolicy::new(settings.warm),
            settings,
            spawner,
            isolation,
            closer: Closer::default(),
            pacer: Pacer::start()?,
            place,
            events,
            signal,
            deadlines: Deadlines::new(),
            backoff: Backoff::default(),
            connections: HashMap::new(),
            sessions: BTreeMap::new(),
            surroundings: own_surroundings(),
            spares: BTreeMap::new(),
            expected: HashMap::new(),
            history: History::default(),
            ledger,
            noted: Noted::default(),
            asked: HashMap::new(),
            refusals: RateLimit::new(10),
            last_connection: 0,
            last_session: 0,
            last_spare: 0,
            cleanup: Cleanup::default(),
            watchdog: None,
            over: None,
        })
    }

    /// Serves until a signal tells it to end, or until it was idle for too long.
    pub fn run(mut self) -> io::Result<()> {
        // Half of the service manager's timeout.
        self.watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 2);
        self.due(Due::Watchdog, Instant::now());
        let _ = sd_notify::notify(&[NotifyState::Ready]);
        if let Access::Only(uid) = self.place.access {
            let tenant = TenantId::user(uid);
            let allowance = self.tenancy.allowance(&tenant.own_name(), &Who { uid, ..Who::default() });
            self.expect_session(&tenant, true, allowance);
        }
        let now = Instant::now();
        self.deadlines.set(Due::Sweep, now);
        // Groups of an earlier broker.
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
        self.note_sessions(Instant::now());
        if let Some(ledger) = self.ledger.take() {
            ledger.end();
        }
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
                self.over = Some("signal");
            }
            Source::Connection(number) => self.connection_ready(number, happened),
            Source::Control(number) => self.control_ready(number, happened),
            Source::Worker(number) => self.worker_over(number),
            Source::Program(number) => self.program_over(number),
            Source::Spare(number) => self.hear_spare(number, BATCH),
            Source::SpareWorker(number) => self.spare_over(number),
            Source::Sweeper(number) => self.swept(number),
            Source::Ledger => self.accounted(),
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
            Due::Start(number) => self.end_session(number, "the worker did not become ready in time".to_owned()),
            Due::End(number) => self.kill(number),
            Due::Spares => self.start_spare(now),
            Due::Spare(number) => self.spare_late(number),
            Due::Accept => self.accept_again(),
            Due::Groups => self.tidy_groups(now),
            Due::Sweep => self.sweep(now),
            Due::Commands => self.watch_commands(now),
            Due::Ledger => self.note_sessions(now),
            Due::Idle => {
                // A program that connected at the last moment is still served.
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

    /// Logs a refusal, within the rate limit.
    fn log_refusal(&mut self, uid: u32, pid: i32, reason: &str) {
        if let Line::Write { left_out } = self.refusals.line(Instant::now()) {
            warn!(uid, pid, reason, left_out, "refused");
        }
    }
}

impl Config {
    /// Reads the policy; none where there is no place for one.
    ///
    /// # Errors
    /// All that is wrong with its files.
    pub fn load(&self) -> Result<(Policy, Vec<Problem>), Vec<Problem>> {
        self.file.as_ref().map_or_else(|| Ok(<_>::default()), |file| Policy::load(file, self.required))
    }
}

/// This process's environment, library files and settings, which programs get that send none of their own.
fn own_surroundings() -> Vec<(&'static str, Arc<Surroundings>)> {
    let is_ours = |path: &Path| path.file_name().is_some_and(|name| name == "libava.so");
    let of = |api| ava_surroundings::take(api, None, is_ours).inspect_err(|why| warn!("{why}")).unwrap_or_default();
    APIS.iter().map(|api| (api.name, Arc::new(of(api)))).collect()
}
