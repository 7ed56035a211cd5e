//! One session: a tenant's program, the worker that serves it, and where they are in their life.
//!
//! ```text
//! Starting ──Ready──► Running ──────────────┐
//!    │                   │ doom             │ worker ends
//!    └──────doom────► Ending ──worker ends──┴─► (history)
//! ```

use std::os::fd::OwnedFd;
use std::time::{SystemTime, UNIX_EPOCH};

use ava_protocol::admin::{self, Detail, State};
use ava_protocol::api::Api;
use ava_protocol::control::EndKind;
use ava_protocol::session::Hello;
use ava_protocol::usage::Stats;
use interprocess::os::unix::uds_local_socket::Stream;

use crate::foreign::Foreign;
use crate::names;
use crate::peer::Peer;
use crate::policy::noise::Noise;
use crate::policy::warmth::Whose;
use crate::text::clean;
use crate::usage::Usage;
use crate::worker::Worker;

/// The longest name that the broker keeps, in bytes.
const KEPT_NAME: usize = 64;

/// A session that has a worker.
#[derive(Debug)]
pub struct Session {
    /// Whose it is.
    pub peer: Peer,
    /// Children of its program that go on with what that has.
    pub heirs: Vec<OwnedFd>,
    /// Whose spares could serve it.
    pub whose: Whose,
    /// The worker.
    pub worker: Worker,
    /// The tenant's connection until it is welcomed, and given to the worker, or refused.
    pub stream: Option<Foreign<Stream>>,
    /// Variables that the program has set and its worker has otherwise.
    pub ignored: Vec<String>,
    /// What is shown of it.
    pub detail: Detail,
    /// The worker's own word about the end.
    pub word: Option<(EndKind, String)>,
    /// Why the broker wants it to end.
    pub doom: Option<String>,
    /// What it has used.
    pub usage: Usage,
    /// Connections that wait for its end.
    pub killers: Vec<u64>,
    /// How much of what the worker has to say goes to the log.
    pub noise: Noise,
}

impl Session {
    /// A session that has just got its worker.
    pub fn new(
        number: u64,
        peer: Peer,
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
            program: clean(&hello.program, KEPT_NAME),
            api: clean(&hello.api, KEPT_NAME),
            worker_pid: worker.pid(),
            state: State::Starting,
            devices: Vec::new(),
            memory_bytes: 0,
            calls: 0,
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
            container: peer.tenant.container.as_deref().unwrap_or_default().to_owned(),
            library: String::new(),
            sandbox: String::new(),
            stats: Stats::default(),
        };
        Self {
            peer,
            heirs: Vec::new(),
            whose,
            worker,
            stream: Some(stream),
            ignored: Vec::new(),
            detail,
            word: None,
            doom: None,
            usage: Usage::new(api),
            killers: Vec::new(),
            noise: Noise::new(20),
        }
    }

    /// Where it is in its life.
    pub fn state(&self) -> State {
        self.detail.session.state
    }

    /// Moves it on.
    pub fn set_state(&mut self, state: State) {
        self.detail.session.state = state;
    }

    /// Whose it is, as lists of processes show it of its worker.
    pub fn title(&self) -> String {
        let admin::Session { session, uid, pid, program, .. } = &self.detail.session;
        format!("session {session} of {}, process {pid}: {program}", names::user(*uid))
    }

    /// Takes over what the worker has counted by now.
    pub fn count(&mut self) {
        let stats = self.usage.read();
        let shown = &mut self.detail.session;
        shown.memory_bytes = stats.memory_bytes;
        shown.calls = stats.calls;
        shown.commands = stats.commands;
        shown.bytes_in = stats.bytes_in;
        shown.bytes_out = stats.bytes_out;
        shown.devices.clone_from(&stats.devices);
        self.detail.stats = stats;
    }

    /// How it ended, given how its worker did.
    pub fn reason(&self, exit: &str) -> String {
        match (&self.doom, &self.word) {
            (Some(doom), _) => doom.clone(),
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

    /// The worker ended without anybody's will, its own included.
    pub fn is_crash(&self) -> bool {
        self.doom.is_none() && self.word.as_ref().is_none_or(|(kind, _)| *kind == EndKind::Crashed)
    }
}

/// Milliseconds since 1970.
pub fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
