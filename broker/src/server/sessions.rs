//! Sessions: begun, heard from, and ended.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use ava_protocol::admin::State;
use ava_protocol::api::{APIS, Api};
use ava_protocol::control::{FromWorker, LogLevel, ToWorker};
use ava_protocol::session::{Answer, Hello, PROTOCOL, Refusal};
use ava_transport::handover::Output;
use tracing::{debug, error, info, warn};

use super::{Due, Server};
use crate::connection::{refuse, tell};
use crate::environment::{Directories, of_worker};
use crate::events::{Happened, Interest, Source};
use crate::policy::noise::Line;
use crate::policy::warmth::Whose;
use crate::session::Session;
use crate::spare::Loaded;
use crate::tenant::Tenant;
use crate::text::clean;
use crate::worker::{Heard, Start, Worker, in_words};

/// A worker must have its vendor library after so long.
pub(super) const START_TIME: Duration = Duration::from_secs(60);
/// A worker that was told to end is killed after so long.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// Messages taken from one worker before others get their turn.
pub(super) const BATCH: usize = 32;
/// Messages taken from a worker that is over: more than its socket's buffer holds.
pub(super) const LAST_WORDS: usize = 1 << 15;
/// The longest line that a worker can write to the log, in bytes.
pub(super) const LONGEST_LINE: usize = 512;

impl Server {
    /// A connection wants to become a session.
    pub(super) fn begin(&mut self, connection: u64, hello: Hello, fds: Vec<OwnedFd>) {
        let Some(connection) = self.take_connection(connection) else {
            return;
        };
        let (uid, pid) = (connection.tenant.uid, connection.tenant.pid);
        if let Err((stream, code, reason)) = self.try_begin(connection.tenant, connection.stream, &hello, fds) {
            refuse(&stream, code, &reason);
            self.log_refusal(uid, pid, &reason);
        }
    }

    fn try_begin(
        &mut self,
        tenant: Tenant,
        stream: UnixStream,
        hello: &Hello,
        fds: Vec<OwnedFd>,
    ) -> Result<(), (UnixStream, Refusal, String)> {
        let uid = tenant.uid;
        let (api, output) = match self.judge(uid, hello, fds) {
            Ok(admitted) => admitted,
            Err((code, reason)) => return Err((stream, code, reason)),
        };
        self.last_session += 1;
        let number = self.last_session;
        let whose = Whose { uid, api: api.name };
        self.warmth.begun(whose, Instant::now());
        let (worker, output, loaded) = match self.find_worker(whose, api, output) {
            Ok(found) => found,
            Err(error) => {
                self.admission.end(uid);
                let reason = format!("{} cannot be started: {error}", self.settings.worker.display());
                error!(session = number, uid, reason, "no worker");
                return Err((stream, Refusal::Worker, reason));
            }
        };
        let mut session = Session::new(number, tenant, whose, worker, stream, hello);
        session.output = output;
        let shown = &session.detail.session;
        info!(
            session = number,
            uid,
            pid = shown.pid,
            program = shown.program,
            api = shown.api,
            worker = shown.worker_pid,
            cgroup = session.detail.cgroup,
            "session begins"
        );
        let added = self.events.add(&session.worker.control, Source::Control(number), Interest::Read);
        let added =
            added.and_then(|()| self.events.add(&session.worker.process, Source::Worker(number), Interest::Read));
        let added = added.and_then(|()| match &session.tenant.process {
            Some(process) => self.events.add(process, Source::Tenant(number), Interest::Read),
            None => Ok(()),
        });
        self.sessions.insert(number, session);
        self.deadlines.set(Due::Start(number), Instant::now() + START_TIME);
        if let Err(error) = added {
            self.doom(number, format!("it cannot be watched: {error}"));
        }
        if let Some(Loaded { library, fingerprint }) = loaded {
            self.welcome(number, &library, fingerprint);
        }
        Ok(())
    }

    /// May this session be? If so it is counted.
    fn judge(
        &mut self,
        uid: u32,
        hello: &Hello,
        fds: Vec<OwnedFd>,
    ) -> Result<(&'static Api, Output), (Refusal, String)> {
        if hello.protocol != PROTOCOL {
            let reason = format!("the program's side speaks protocol {}, this broker {PROTOCOL}", hello.protocol);
            return Err((Refusal::Version, reason));
        }
        let (came, announced) = (fds.len(), usize::from(hello.stdout) + usize::from(hello.stderr));
        let Some(output) = Output::announced(hello.stdout, hello.stderr, fds) else {
            return Err((Refusal::Malformed, format!("{came} descriptors came and {announced} were announced")));
        };
        let Some(api) = Api::find(&hello.api) else {
            let known: Vec<_> = APIS.iter().map(|api| api.name).collect();
            let reason = format!("there is no API {:?}; there is {}", clean(&hello.api, 64), known.join(", "));
            return Err((Refusal::UnknownApi, reason));
        };
        let wait = self.damping.wait(uid, Instant::now());
        if !wait.is_zero() {
            let reason =
                format!("workers of user {uid} crashed too often; the next may start in {:.1} s", wait.as_secs_f64());
            return Err((Refusal::Damped, reason));
        }
        self.admission.begin(uid).map_err(|full| (Refusal::Busy, full.to_string()))?;
        Ok((api, output))
    }

    /// A worker for a session: a spare, to which the output is to be given and which may have its library already, or else a
    /// new one, which is started with the output.
    fn find_worker(
        &mut self,
        whose: Whose,
        api: &Api,
        output: Output,
    ) -> std::io::Result<(Worker, Output, Option<Loaded>)> {
        match self.take_spare(whose) {
            Some(spare) => Ok((spare.worker, output, spare.loaded)),
            None => Ok((self.start_worker(whose.uid, api, output, false)?, Output::default(), None)),
        }
    }

    pub(super) fn start_worker(&self, uid: u32, api: &Api, output: Output, spare: bool) -> std::io::Result<Worker> {
        let directories = Directories::prepare(&self.settings.cache, uid)?;
        let vendor_library_path = self.settings.vendor_library_path.as_deref();
        let (plugins, log) = (&self.settings.plugins, self.settings.log);
        let environment = of_worker(api, std::env::vars_os(), &directories, vendor_library_path, plugins, log);
        Worker::start(Start {
            program: &self.settings.worker,
            spare,
            api: api.name,
            environment,
            output,
            files: self.settings.files,
        })
    }

    pub(super) fn control_ready(&mut self, number: u64, happened: Happened) {
        if happened.writable {
            let Some(session) = self.sessions.get_mut(&number) else {
                return;
            };
            if session.worker.flush().is_ok_and(|done| done) {
                let _ = self.events.change(&session.worker.control, Source::Control(number), Interest::Read);
            }
        }
        if happened.readable {
            self.hear(number, BATCH);
        }
    }

    /// Takes what a worker has said, up to so many messages.
    fn hear(&mut self, number: u64, messages: usize) {
        for _ in 0..messages {
            let Some(session) = self.sessions.get_mut(&number) else {
                return;
            };
            match session.worker.hear() {
                Heard::Nothing => return,
                Heard::Message(message) => self.heard(number, message),
                Heard::Closed => {
                    // It usually ends at the same time, and then the process's end is the better story.
                    self.events.remove(&session.worker.control);
                    self.deadlines.set_first(Due::End(number), Instant::now() + GRACE);
                    return;
                }
                Heard::Nonsense(what) => {
                    self.events.remove(&session.worker.control);
                    self.doom(number, format!("its worker sent nonsense: {what}"));
                    return self.kill(number);
                }
            }
        }
    }

    fn heard(&mut self, number: u64, message: FromWorker) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        match message {
            FromWorker::Ready { library, fingerprint } => self.welcome(number, &library, fingerprint),
            FromWorker::Report { stats, .. } => {
                session.report(stats);
                self.reported(number);
            }
            FromWorker::Ended { kind, reason } => session.word = Some((kind, clean(&reason, LONGEST_LINE))),
            FromWorker::Log { level, text } => {
                if let Line::Write { left_out } = session.noise.line(Instant::now()) {
                    log_worker(Some(number), level, &text, left_out);
                }
            }
        }
    }

    /// The worker has its vendor library: the tenant may begin, and the broker steps aside.
    fn welcome(&mut self, number: u64, library: &str, fingerprint: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        // One that is to end already is refused, with the reason, when it has ended.
        if session.state() != State::Starting {
            return;
        }
        let Some(stream) = session.stream.take() else {
            return;
        };
        session.detail.library = clean(library, ava_protocol::session::MAX_NAME);
        self.deadlines.cancel(Due::Start(number));
        if fingerprint != 0 && session.fingerprint != 0 && fingerprint != session.fingerprint {
            let reason = "libava.so and the worker come from different builds; install them together";
            refuse(&stream, Refusal::Version, reason);
            return self.doom(number, reason.to_owned());
        }
        session.set_state(State::Running);
        debug!(session = number, library = session.detail.library, "session runs");
        // If this fails the tenant is gone, which the worker sees too.
        let _ = tell(&stream, &Answer::Welcome { session: number, populate: false });
        // Only now does the worker get the connection, so that nothing of its own comes before the welcome.
        let given = session.worker.serve(number, &stream, &std::mem::take(&mut session.output));
        self.warmth.succeeded(session.whose, Instant::now());
        if let Err(error) = given {
            self.doom(number, format!("its worker cannot be given the program's connection: {error}"));
        }
    }

    pub(super) fn tenant_over(&mut self, number: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if let Some(process) = session.tenant.process.take() {
            self.events.remove(&process);
        }
        self.doom(number, "the program ended".to_owned());
    }

    /// The session is to end: its worker is told, and killed if it takes too long.
    pub(super) fn doom(&mut self, number: u64, reason: String) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if session.state() == State::Ending {
            return;
        }
        session.set_state(State::Ending);
        let said = session.worker.say(&ToWorker::Shutdown { reason: reason.clone() });
        if let Ok(false) = said {
            let _ = self.events.change(&session.worker.control, Source::Control(number), Interest::Both);
        }
        // A worker that had already said why it ends knows better.
        if session.word.is_none() {
            session.doom = Some(reason);
        }
        self.deadlines.cancel(Due::Start(number));
        self.deadlines.set(Due::End(number), Instant::now() + GRACE);
    }

    pub(super) fn kill(&mut self, number: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if session.word.is_none() && session.doom.is_none() {
            session.doom = Some("its worker stopped talking to the broker".to_owned());
        }
        session.worker.kill();
    }

    /// The worker's process is over, and with it the session.
    pub(super) fn worker_over(&mut self, number: u64) {
        self.hear(number, LAST_WORDS);
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        let Some(status) = session.worker.reap() else {
            return;
        };
        let Some(mut session) = self.sessions.remove(&number) else {
            return;
        };
        let exit = in_words(status);
        let reason = session.reason(&exit);
        let (uid, state) = (session.tenant.uid, session.state());
        self.events.remove(&session.worker.control);
        self.events.remove(&session.worker.process);
        if let Some(process) = &session.tenant.process {
            self.events.remove(process);
        }
        self.deadlines.cancel(Due::Start(number));
        self.deadlines.cancel(Due::End(number));
        self.admission.end(uid);
        if session.is_crash() {
            self.damping.crashed(uid, Instant::now());
        }
        if state == State::Starting {
            self.warmth.failed(session.whose, Instant::now());
        }
        self.warmth.used(session.whose, Instant::now());
        if let Some(stream) = session.stream.take() {
            refuse(&stream, Refusal::Worker, &reason);
        }
        let shown = &session.detail.session;
        info!(
            session = number,
            uid,
            pid = shown.pid,
            program = shown.program,
            reason,
            exit,
            began = state != State::Starting,
            calls = shown.calls,
            commands = shown.commands,
            bytes_in = shown.bytes_in,
            bytes_out = shown.bytes_out,
            "session ended"
        );
        self.history.push(session.detail, reason.clone());
        for client in session.killers {
            self.killed(client, number, &reason);
        }
        self.reported(number);
    }
}

/// Writes what a worker has to say to the log; `None` for one without a session.
pub(super) fn log_worker(session: Option<u64>, level: LogLevel, text: &str, left_out: u64) {
    let text = clean(text, LONGEST_LINE);
    match level {
        LogLevel::Error => error!(session, left_out, "worker: {text}"),
        LogLevel::Warn => warn!(session, left_out, "worker: {text}"),
        LogLevel::Info => info!(session, left_out, "worker: {text}"),
        LogLevel::Debug | LogLevel::Trace => debug!(session, left_out, "worker: {text}"),
    }
}
