//! Sessions: their start, their workers' messages, their end.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ava_protocol::admin::State;
use ava_protocol::api::{APIS, Api};
use ava_protocol::control::{FromWorker, LogLevel, ToWorker};
use ava_protocol::session::{Answer, Hello, Refusal};
use ava_protocol::surroundings::{PLUGINS_VARIABLE, Surroundings};
use ava_scheduler::Terms;
use ava_transport::handover::Given;
use interprocess::os::unix::uds_local_socket::Stream;
use tracing::{debug, error, info, warn};

use super::{BATCH, Due, Server};
use crate::connection::{Candidate, refuse, tell};
use crate::environment::{WorkerInputs, WorkerOptions};
use crate::events::{Happened, Interest, Source};
use crate::foreign::{Foreign, Origin};
use crate::isolation::Isolation;
use crate::pacer::{self, Entry};
use crate::peer::Peer;
use crate::policy::rate_limit::Line;
use crate::policy::spares::Whose;
use crate::policy::tenancy::Allowance;
use crate::quota::Seat;
use crate::session::Session;
use crate::spare::Loaded;
use crate::text::clean;
use crate::worker::{Heard, Start, Worker, in_words};

/// The longest time until a worker has loaded its vendor library.
pub(super) const START_TIME: Duration = Duration::from_secs(60);
/// A worker that was told to end is killed after this long.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// The same, after its program ended: it first finishes and counts the one-way calls in its rings, on a machine that may be
/// busy.
pub(super) const AFTERMATH: Duration = Duration::from_secs(10);
/// The most messages read from an ended worker: more than its socket's buffer holds.
pub(super) const LAST_WORDS: usize = 1 << 15;
/// The longest log line of a worker, in bytes.
pub(super) const LONGEST_LINE: usize = 512;

impl Server {
    /// A connection asks for a session.
    pub(super) fn hello(&mut self, number: u64, hello: Hello) {
        match judge(&hello.api, hello.surroundings.as_ref()) {
            Ok(api) => self.admit(number, Candidate { api, hello }),
            Err((code, reason)) => self.refuse(number, code, &reason),
        }
    }

    /// Turns a connection into a session, which has been admitted already.
    pub(super) fn begin(&mut self, connection: u64, tenant: Arc<str>, candidate: Candidate) {
        let Some(connection) = self.take_connection(connection) else {
            return;
        };
        let (uid, pid) = (connection.peer.uid, connection.peer.pid);
        if let Err((stream, code, reason)) = self.try_begin((connection.peer, tenant), connection.stream, candidate) {
            refuse(&stream, code, &reason);
            self.log_refusal(uid, pid, &reason);
        }
    }

    fn try_begin(
        &mut self,
        (peer, tenant): (Peer, Arc<str>),
        stream: Foreign<Stream>,
        candidate: Candidate,
    ) -> Result<(), (Foreign<Stream>, Refusal, String)> {
        let uid = peer.uid;
        let allowance = self.tenancy.allowance(&tenant, &peer.who());
        let Candidate { api, hello } = candidate;
        self.last_session += 1;
        let number = self.last_session;
        let (surroundings, ignored) = self.surroundings(&peer, api, hello.surroundings.as_ref(), &allowance);
        let whose = Whose { tenant: peer.tenant.clone(), api: api.name, surroundings, allowance };
        self.spare_policy.begun(&whose, Instant::now());
        let (worker, loaded) = match self.find_worker(&whose, api) {
            Ok(found) => found,
            Err(error) => {
                self.admission.end(&tenant);
                let reason = format!("{} cannot be started: {error}", self.settings.worker.display());
                error!(session = number, uid, reason, "no worker");
                return Err((stream, Refusal::Worker, reason));
            }
        };
        let mut session = Session::new(number, (peer, tenant), api, whose, worker, stream, &hello);
        session.ignored = ignored;
        let shown = &session.detail.session;
        info!(
            session = number,
            uid,
            tenant = shown.tenant,
            pid = shown.pid,
            program = shown.program,
            api = shown.api,
            worker = shown.worker_pid,
            cgroup = session.detail.cgroup,
            label = session.detail.label,
            "session begins"
        );
        let added = self.events.add(&session.worker.control, Source::Control(number), Interest::Read);
        let added =
            added.and_then(|()| self.events.add(session.worker.process(), Source::Worker(number), Interest::Read));
        let added = added.and_then(|()| match &session.peer.process {
            Some(process) => self.events.add(process, Source::Program(number), Interest::Read),
            None => Ok(()),
        });
        self.sessions.insert(number, session);
        self.watch_ledger();
        self.deadlines.set(Due::Start(number), Instant::now() + START_TIME);
        if let Err(error) = added {
            self.end_session(number, format!("it cannot be watched: {error}"));
        }
        match loaded {
            Some(loaded) => self.welcome(number, &loaded),
            None => self.say_starting(number),
        }
        Ok(())
    }

    /// Gets a worker for a session: a spare, which may have loaded its library already, or else a new one.
    fn find_worker(&mut self, whose: &Whose, api: &Api) -> std::io::Result<(Worker, Option<Loaded>)> {
        match self.take_spare(whose) {
            Some(spare) => Ok((spare.worker, spare.loaded)),
            None => Ok((self.start_worker(whose, api, false)?, None)),
        }
    }

    /// The environment of a session's worker, if it differs from the broker's, and the program's settings that are ignored.
    fn surroundings(
        &self,
        peer: &Peer,
        api: &Api,
        programs: Option<&Surroundings>,
        allowance: &Allowance,
    ) -> (Option<Arc<Surroundings>>, Vec<String>) {
        match programs {
            Some(programs) if self.is_own(peer) => {
                let named = programs.variable(PLUGINS_VARIABLE).map(OsStr::from_bytes);
                let ignored = named.filter(|named| allowance.plugins.as_ref().is_some_and(|plugins| plugins != named));
                let ignored = ignored.map(|named| format!("{PLUGINS_VARIABLE}={}", named.display()));
                (Some(Arc::new(programs.clone())), ignored.into_iter().collect())
            }
            None if self.is_own(peer) => (Some(self.own_surroundings(api)), Vec::new()),
            Some(programs) => {
                let inputs = WorkerInputs::of_broker(api, &self.settings.worker_options, std::env::vars_os());
                (None, inputs.with_plugins(allowance.plugins.as_deref()).ignored(programs))
            }
            None => (None, Vec::new()),
        }
    }

    /// The broker's own environment.
    pub(super) fn own_surroundings(&self, api: &Api) -> Arc<Surroundings> {
        let found = self.surroundings.iter().find(|(name, _)| *name == api.name);
        found.map(|(_, surroundings)| surroundings.clone()).unwrap_or_default()
    }

    /// What a worker with an environment is made from.
    fn inputs(&self, api: &Api, surroundings: Option<&Surroundings>, allowance: &Allowance) -> WorkerInputs {
        let options = &self.settings.worker_options;
        let inputs = match surroundings {
            Some(programs) => WorkerInputs::of_program(api, options, programs, std::env::vars_os()),
            None => WorkerInputs::of_broker(api, options, std::env::vars_os()),
        };
        inputs.with_plugins(allowance.plugins.as_deref())
    }

    /// Whether a worker for this peer would certainly find no library of an API's.
    ///
    /// # Errors
    /// As for a hello.
    pub(super) fn lacks_library(
        &self,
        peer: &Peer,
        api: &str,
        programs: Option<&Surroundings>,
    ) -> Result<bool, (Refusal, String)> {
        let api = judge(api, programs)?;
        let (surroundings, _) = self.surroundings(peer, api, programs, &Allowance::USUAL);
        Ok(self.inputs(api, surroundings.as_deref(), &Allowance::USUAL).lacks_library(api))
    }

    pub(super) fn start_worker(&mut self, whose: &Whose, api: &Api, spare: bool) -> std::io::Result<Worker> {
        let tenant = &whose.tenant;
        let room = self.isolation.room(tenant).map_err(std::io::Error::other)?;
        let settings = &self.settings;
        let inputs = self.inputs(api, whose.surroundings.as_deref(), &whose.allowance);
        let environment = inputs.environment(api, &room.home, settings.log, self.isolation.several);
        let mut arguments = vec!["--api".into(), api.name.into()];
        arguments.extend(spare.then(|| "--spare".into()));
        arguments.extend(inputs.library.iter().flat_map(|file| ["--library".into(), file.into()]));
        arguments.extend(self.shut_in(&inputs.worker_options, &whose.allowance, room.uid));
        let start = Start {
            program: &settings.worker,
            directory: inputs.directory.as_deref(),
            arguments,
            environment,
            files: settings.files,
            group: room.group,
            origin: Origin::new(tenant.clone(), &self.closer),
        };
        Worker::start(&mut self.spawner, start)
    }

    /// The sandbox's settings, as a worker's arguments.
    fn shut_in(&self, worker_options: &WorkerOptions, allowance: &Allowance, uid: Option<u32>) -> Vec<OsString> {
        let settings = &self.settings;
        let mut all: Vec<OsString> = vec!["--sandbox".into(), worker_options.mode.name().into()];
        let mut add = |name: &str, value: &OsStr| all.extend([name.into(), value.to_owned()]);
        // The worker may use a region a little longer than the library does.
        let memory = region_bytes(&self.isolation, allowance);
        add("--memory", memory.saturating_add(memory / 4).to_string().as_ref());
        if let Some(lanes) = allowance.lanes {
            add("--lanes", lanes.to_string().as_ref());
        }
        allowance.devices.iter().flatten().for_each(|pattern| add("--device", pattern.as_ref()));
        if let Some(percent) = allowance.compute_units {
            add("--compute-units", percent.to_string().as_ref());
        }
        worker_options.sandbox_read.iter().for_each(|path| add("--read", path.as_os_str()));
        worker_options.sandbox_write.iter().for_each(|path| add("--write", path.as_os_str()));
        if let Some(abi) = settings.landlock_abi {
            add("--landlock-abi", abi.to_string().as_ref());
        }
        if self.isolation.several {
            add("--templates", settings.templates.as_os_str());
        }
        if let Some(uid) = uid {
            add("--user", uid.to_string().as_ref());
            settings.worker_groups.iter().for_each(|gid| add("--group", gid.to_string().as_ref()));
        }
        if !self.isolation.has_groups() {
            add("--data", self.isolation.budget.private.to_string().as_ref());
        }
        all
    }

    /// Tells the program that its worker is loading the library, so that it can distinguish this from a stopped broker.
    fn say_starting(&self, number: u64) {
        if let Some(stream) = self.sessions.get(&number).and_then(|session| session.stream.as_ref()) {
            // If this fails, the tenant is gone, and the broker gets an event.
            let _ = tell(stream, &Answer::Starting { session: number });
        }
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

    /// Handles a worker's messages, at most this many.
    fn hear(&mut self, number: u64, messages: usize) {
        for _ in 0..messages {
            let Some(session) = self.sessions.get_mut(&number) else {
                return;
            };
            match session.worker.hear() {
                Heard::Nothing => return,
                Heard::Message(message) => self.heard(number, message),
                Heard::Closed => {
                    // It usually exits at the same time, and then its exit status is the better reason.
                    self.events.remove(&session.worker.control);
                    self.deadlines.set_first(Due::End(number), Instant::now() + GRACE);
                    return;
                }
                Heard::OtherBuild(why) => {
                    self.events.remove(&session.worker.control);
                    self.end_session(number, why);
                    return self.kill(number);
                }
                Heard::Nonsense(what) => {
                    self.events.remove(&session.worker.control);
                    self.end_session(number, format!("its worker sent nonsense: {what}"));
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
            FromWorker::Ready { library, identity, sandbox } => {
                self.welcome(number, &Loaded { library, identity, sandbox });
            }
            FromWorker::Ended { kind, reason } => session.word = Some((kind, clean(&reason, LONGEST_LINE))),
            FromWorker::Log { level, text } => {
                if let Line::Write { left_out } = session.log_limit.line(Instant::now()) {
                    log_worker(Some(number), level, &text, left_out);
                }
            }
        }
    }

    /// The worker has loaded its vendor library: the tenant is welcomed, and its connection passes to the worker.
    fn welcome(&mut self, number: u64, loaded: &Loaded) {
        let Loaded { library, identity, sandbox } = loaded;
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        // A session that is already ending is refused, with the reason, when it has ended.
        if session.state() != State::Starting {
            return;
        }
        let Some(stream) = session.stream.take() else {
            return;
        };
        session.detail.library = clean(library, ava_protocol::session::MAX_NAME);
        session.detail.sandbox = clean(sandbox, ava_protocol::session::MAX_NAME);
        self.deadlines.cancel(Due::Start(number));
        session.run();
        debug!(session = number, library = session.detail.library, "session runs");
        // If this fails, the tenant is gone, and the worker notices it too.
        let populate = self.isolation.has_groups();
        let welcome = Answer::Welcome {
            session: number,
            populate,
            memory: region_bytes(&self.isolation, &session.whose.allowance),
            own: session.whose.surroundings.is_some(),
            ignored: std::mem::take(&mut session.ignored),
            library: session.detail.library.clone(),
            identity: clean(identity, ava_protocol::session::MAX_NAME),
        };
        let _ = tell(&stream, &welcome);
        // The worker gets the connection only now, so that the welcome comes before anything that it sends.
        let seat = self.quotas.seat(&session.tenant, &self.tenancy.limits(&session.tenant));
        let given = hand_over(session, &stream, seat, self.tenancy.share(&session.tenant));
        let given = given.map(|entry| self.pacer.enter(entry));
        self.spare_policy.succeeded(&session.whose, Instant::now());
        self.watch_commands(Instant::now());
        if let Err(error) = given {
            self.end_session(number, format!("its worker cannot be given the program's connection: {error}"));
        }
    }

    /// Ends a session: its worker is told, and killed if it takes too long.
    pub(super) fn end_session(&mut self, number: u64, reason: String) {
        let shutdown = ToWorker::Shutdown { reason: reason.clone() };
        self.end_session_with(number, reason, &shutdown, GRACE);
    }

    /// The same, with another message to the worker, and another timeout.
    pub(super) fn end_session_with(&mut self, number: u64, reason: String, word: &ToWorker, grace: Duration) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if session.state() == State::Ending {
            return;
        }
        session.set_state(State::Ending);
        session.worker.let_off();
        self.pacer.leave(number);
        let said = session.worker.say(word);
        if let Ok(false) = said {
            let _ = self.events.change(&session.worker.control, Source::Control(number), Interest::Both);
        }
        // If the worker has already reported a reason, that one is kept.
        if session.word.is_none() {
            session.end_reason = Some(reason);
        }
        self.deadlines.cancel(Due::Start(number));
        self.deadlines.set(Due::End(number), Instant::now() + grace);
    }

    pub(super) fn kill(&mut self, number: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if session.word.is_none() && session.end_reason.is_none() {
            session.end_reason = Some("its worker stopped talking to the broker".to_owned());
        }
        session.worker.kill();
    }

    /// The worker's process ended, and with it the session.
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
        self.pacer.leave(number);
        let exit = match session.worker.lacked_memory() {
            true => format!("{}, because it reached the memory limit of a session", in_words(status)),
            false => in_words(status),
        };
        let reason = session.reason(&exit);
        session.count();
        self.note_end(&session);
        let (uid, state) = (session.peer.uid, session.state());
        self.events.remove(&session.worker.control);
        self.events.remove(session.worker.process());
        self.let_go(&mut session);
        self.deadlines.cancel(Due::Start(number));
        self.deadlines.cancel(Due::End(number));
        self.deadlines.cancel(Due::Orphan(number));
        self.admission.end(&session.tenant);
        if session.is_crash() {
            self.backoff.crashed(&session.peer.account, Instant::now());
        }
        if state == State::Starting {
            self.spare_policy.failed(&session.whose, Instant::now());
        }
        self.spare_policy.used(&session.whose, Instant::now());
        self.give_back_group(session.worker.take_group());
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
            waits = shown.waits,
            commands = shown.commands,
            bytes_in = shown.bytes_in,
            bytes_out = shown.bytes_out,
            "session ended"
        );
        self.history.push(session.peer.tenant, session.detail, reason.clone(), SystemTime::now());
        for client in session.killers {
            self.killed(client, number, &reason);
        }
        self.serve_queue();
    }
}

/// Checks what a program names, and finds its API.
fn judge(api: &str, surroundings: Option<&Surroundings>) -> Result<&'static Api, (Refusal, String)> {
    let Some(api) = Api::find(api) else {
        let known: Vec<_> = APIS.iter().map(|api| api.name).collect();
        let reason = format!("there is no API {:?}; the APIs are {}", clean(api, 64), known.join(", "));
        return Err((Refusal::UnknownApi, reason));
    };
    if surroundings.is_some_and(|surroundings| !surroundings.is_sane(api)) {
        return Err((Refusal::Malformed, "an environment that no program sends".to_owned()));
    }
    Ok(api)
}

/// Passes a session to its worker. What is to be known of it to share out the processors.
fn hand_over(session: &mut Session, program: &impl AsFd, seat: io::Result<Seat>, terms: Terms) -> io::Result<Entry> {
    let ((page, its), title, bell) = (session.usage.share()?, session.title(), pacer::bell()?);
    let (number, seat) = (session.detail.session.session, session.seat.insert(seat?));
    let (quota, its_bell) = (seat.page().as_fd(), bell.as_fd());
    let given = Given { session: number, title, page: its.as_fd(), bell: its_bell, quota, seat: seat.number() };
    session.worker.serve(program, given)?;
    let (clock, leash) = session.worker.reins();
    let (tenant, held) = (Arc::clone(&session.tenant), session.held.clone());
    Ok(Entry { session: number, tenant, terms, leash, clock, page, bell, held })
}

/// The most bytes of regions of a session.
fn region_bytes(isolation: &Isolation, allowance: &Allowance) -> u64 {
    let memory = isolation.budget.worker;
    allowance.region_bytes.map_or(memory, |bytes| bytes.min(memory))
}

/// Logs a worker's line; `None` for a spare.
pub(super) fn log_worker(session: Option<u64>, level: LogLevel, text: &str, left_out: u64) {
    let text = clean(text, LONGEST_LINE);
    match level {
        LogLevel::Error => error!(session, left_out, "worker: {text}"),
        LogLevel::Warn => warn!(session, left_out, "worker: {text}"),
        LogLevel::Info => info!(session, left_out, "worker: {text}"),
        LogLevel::Debug | LogLevel::Trace => debug!(session, left_out, "worker: {text}"),
    }
}
