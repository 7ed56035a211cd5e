//! One session: a tenant's program, the worker that serves it, and the session's state.
//!
//! ```text
//! Starting ───Ready───► Running ─────────────┐
//!    │                     │ end_session      │ worker ends
//!    └───end_session───► Ending ─worker ends─┴─► (history)
//! ```

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ava_ledger::{Amounts, Counts, Labels, SessionId, Times};
use ava_protocol::admin::{self, Detail, State};
use ava_protocol::api::Api;
use ava_protocol::control::EndKind;
use ava_protocol::session::Hello;
use ava_protocol::usage::Stats;
use interprocess::os::unix::uds_local_socket::Stream;

use crate::foreign::Foreign;
use crate::ledger::Note;
use crate::names;
use crate::pacer::Held;
use crate::peer::Peer;
use crate::policy::rate_limit::RateLimit;
use crate::policy::spares::Whose;
use crate::quota::Seat;
use crate::text::clean;
use crate::usage::Usage;
use crate::watch::{Clocks, Watch};
use crate::worker::Worker;

/// The longest name of a program or API that the broker keeps, in bytes.
const KEPT_NAME: usize = 64;

/// A session with a worker.
#[derive(Debug)]
pub struct Session {
    /// Whose it is.
    pub peer: Peer,
    /// The tenant that it counts for.
    pub tenant: Arc<str>,
    /// Forked children of its program that continue the session.
    pub children: Vec<OwnedFd>,
    /// Which spares can serve it.
    pub whose: Whose,
    /// The worker.
    pub worker: Worker,
    /// What its clock showed when it got the session.
    clock_before: Option<Duration>,
    /// The tenant's connection, until it is welcomed and passed to the worker, or refused.
    pub stream: Option<Foreign<Stream>>,
    /// Settings of the program that its worker ignores.
    pub ignored: Vec<String>,
    /// What `avactl` shows.
    pub detail: Detail,
    /// The end reason that the worker reported.
    pub word: Option<(EndKind, String)>,
    /// The end reason, if the broker ends it.
    pub end_reason: Option<String>,
    /// Its usage.
    pub usage: Usage,
    /// For how long its worker was stopped, since it had used more than its share or cap.
    pub held: Held,
    /// The commands that it runs.
    watch: Watch,
    /// The most device memory that was seen, in bytes.
    memory_peak: u64,
    /// What the ledger knows of it.
    noted: Amounts,
    counts_noted: Counts,
    /// Its seat among its tenant's sessions, as long as its worker has the session.
    pub seat: Option<Seat>,
    /// Connections of administrators that wait for its end.
    pub killers: Vec<u64>,
    /// The rate limit of the worker's log lines.
    pub log_limit: RateLimit,
}

impl Session {
    /// A new session.
    pub fn new(
        number: u64,
        (peer, tenant): (Peer, Arc<str>),
        api: &'static Api,
        whose: Whose,
        worker: Worker,
        stream: Foreign<Stream>,
        hello: &Hello,
    ) -> Self {
        let session = admin::Session {
            session: number,
            pid: peer.pid,
            uid: peer.uid,
            tenant: tenant.to_string(),
            program: clean(&hello.program, KEPT_NAME),
            api: clean(&hello.api, KEPT_NAME),
            worker_pid: worker.pid(),
            state: State::Starting,
            devices: Vec::new(),
            device_ns: 0,
            held_ns: 0,
            memory_bytes: 0,
            calls: 0,
            waits: 0,
            commands: 0,
            bytes_in: 0,
            bytes_out: 0,
            since_unix_ms: unix_ms(SystemTime::now()),
            ended: None,
            ended_unix_ms: None,
        };
        let detail = Detail {
            session,
            command_line: clean(&hello.command_line, ava_protocol::session::MAX_COMMAND_LINE),
            cwd: clean(&hello.cwd, ava_protocol::session::MAX_NAME),
            cgroup: clean(&peer.cgroup, ava_protocol::session::MAX_NAME),
            label: peer.label.clone().unwrap_or_default(),
            container: peer.tenant.container.as_deref().unwrap_or_default().to_owned(),
            library: String::new(),
            sandbox: String::new(),
            stats: Stats::default(),
        };
        Self {
            peer,
            tenant,
            children: Vec::new(),
            whose,
            worker,
            clock_before: None,
            stream: Some(stream),
            ignored: Vec::new(),
            detail,
            word: None,
            end_reason: None,
            usage: Usage::new(api),
            held: Held::default(),
            watch: Watch::default(),
            memory_peak: 0,
            noted: Amounts::default(),
            counts_noted: Counts::default(),
            seat: None,
            killers: Vec::new(),
            log_limit: RateLimit::new(20),
        }
    }

    /// Its state.
    pub fn state(&self) -> State {
        self.detail.session.state
    }

    /// Sets its state.
    pub fn set_state(&mut self, state: State) {
        self.detail.session.state = state;
    }

    /// The text that process lists show for its worker.
    pub fn title(&self) -> String {
        let admin::Session { session, uid, pid, program, .. } = &self.detail.session;
        format!("session {session} of {}, process {pid}: {program}", names::user(*uid))
    }

    /// The worker gets the session: what it used before, and what its loading of the library used, counts for nobody.
    pub fn run(&mut self) {
        self.set_state(State::Running);
        self.clock_before = Some(self.worker.clock.read());
    }

    /// The time on its device.
    pub fn device_time(&self) -> Duration {
        self.clock_before.map_or(Duration::ZERO, |before| self.worker.clock.read().saturating_sub(before))
    }

    /// For how long the command has been running that has for longest; see [`Watch`].
    pub fn longest_command(&mut self, now: Instant) -> Duration {
        let running = self.usage.running();
        let (held, clock) = (self.held.get(), &self.worker.clock);
        self.watch.look(&running, &Clocks { now, held, processor: &|| clock.read() })
    }

    /// Copies the worker's current counts.
    pub fn count(&mut self) {
        let stats = self.usage.read();
        let device_time = self.device_time();
        let shown = &mut self.detail.session;
        shown.device_ns = u64::try_from(device_time.as_nanos()).unwrap_or(u64::MAX);
        let stopped = u64::try_from(self.held.get().as_nanos()).unwrap_or(u64::MAX);
        shown.held_ns = stopped.saturating_add(stats.held_ns);
        shown.memory_bytes = stats.memory_bytes;
        shown.calls = stats.calls;
        shown.waits = stats.waits;
        shown.commands = stats.commands;
        shown.bytes_in = stats.bytes_in;
        shown.bytes_out = stats.bytes_out;
        shown.devices.clone_from(&stats.devices);
        self.memory_peak = self.memory_peak.max(stats.memory_bytes);
        self.detail.stats = stats;
    }

    /// What it has used, as last counted.
    fn amounts(&self) -> Amounts {
        let shown = &self.detail.session;
        Amounts {
            sessions: u64::from(self.clock_before.is_some()),
            device_ns: shown.device_ns,
            held_ns: shown.held_ns,
            commands: shown.commands,
            calls: shown.calls,
            bytes_in: shown.bytes_in,
            bytes_out: shown.bytes_out,
            memory_peak_bytes: self.memory_peak,
        }
    }

    /// How often its program called each function and launched each kernel, as last counted.
    fn counts(&self) -> Counts {
        let stats = &self.detail.stats;
        let mut counts = Counts::default();
        let mut add = |times: fn(&mut Counts) -> &mut Times, name: &String, more: u64| {
            let sum = times(&mut counts).entry(name.clone()).or_default();
            *sum = sum.saturating_add(more);
        };
        stats.functions.iter().for_each(|one| add(|counts| &mut counts.functions, &one.name, one.calls));
        stats.kernels.iter().for_each(|one| add(|counts| &mut counts.kernels, &one.name, one.launches));
        counts
    }

    /// What the ledger does not know yet, of a session of the broker that started then.
    pub fn note(&self, broker: u64) -> Option<Note> {
        let (amounts, shown) = (self.amounts(), &self.detail.session);
        let labels = || Labels {
            tenant: shown.tenant.clone(),
            uid: shown.uid,
            container: self.detail.container.clone(),
            cgroup: self.detail.cgroup.clone(),
            program: shown.program.clone(),
            api: shown.api.clone(),
            device: shown.devices.join(", "),
        };
        let id = SessionId { broker, session: shown.session };
        let is_new = !amounts.is_idle_since(&self.noted);
        is_new.then(|| Note {
            id,
            labels: labels(),
            amounts: amounts.since(&self.noted),
            counts: self.counts().since(&self.counts_noted),
        })
    }

    /// The ledger knows all that was last counted.
    pub fn noted(&mut self) {
        self.noted = self.amounts();
        self.counts_noted = self.counts();
    }

    /// The end reason, given its worker's exit status.
    pub fn reason(&self, exit: &str) -> String {
        match (&self.end_reason, &self.word) {
            (Some(reason), _) => reason.clone(),
            (None, Some((EndKind::TenantLeft, text))) => format!("the program left: {text}"),
            (None, Some((EndKind::Malformed, text))) => {
                format!("the program sent nonsense: {text}")
            }
            (None, Some((EndKind::Shutdown, text))) => format!("shut down: {text}"),
            (None, Some((EndKind::Failed, text))) => format!("the worker gave up: {text}"),
            (None, Some((EndKind::Crashed, text))) => format!("the worker {exit}: {text}"),
            (None, None) => format!("the worker {exit}"),
        }
    }

    /// Whether the worker crashed: it ended though neither the broker nor itself had decided so.
    pub fn is_crash(&self) -> bool {
        self.end_reason.is_none() && self.word.as_ref().is_none_or(|(kind, _)| *kind == EndKind::Crashed)
    }
}

/// Milliseconds since 1970.
pub fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
