//! AvA's broker: the process that admits programs, starts a worker for each, monitors it, and counts what it uses.
//!
//! - **Invariant:** it never loads vendor code and never opens a file that a tenant named.
//! - **Invariant:** it never blocks on a tenant or a worker, and its limits bound what it keeps for each.
//! - **Invariant:** sessions outlive it: a worker ends when its tenant's connection ends, not when its broker does.
//!
//! `../DESIGN.md` describes the whole.
//!
//! # Layers
//!
//! - names and texts: `text`, `names`, `tenant`
//! - the operating system: `memory`, `cgroup`, `clock`, `leash`, `users`, `isolation`, `place`, `events`, `environment`
//! - decisions without I/O: `policy`
//! - the command line and the log: `options`, `journal`
//! - what is kept: `ledger`
//! - what is shared out: `pacer`
//! - other processes: `foreign`, `peer`, `usage`, `quota`, `watch`, `worker`
//! - the state of each: `connection`, `session`, `spare`, `history`
//! - the event loop: `server`
#![forbid(unsafe_code)]

mod cgroup;
mod clock;
mod connection;
mod environment;
mod events;
mod foreign;
mod history;
mod isolation;
mod journal;
mod leash;
mod ledger;
mod memory;
mod names;
mod options;
mod pacer;
mod peer;
mod place;
mod policy;
mod quota;
mod server;
mod session;
mod spare;
mod tenant;
mod text;
mod usage;
mod users;
mod watch;
mod worker;

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use ava_ledger::Limits;
use ava_policy::{Problem, files};
use ava_protocol::envelope::BUILD;
use ava_transport::spawn::Spawner;
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tracing::{error, info, warn};

use crate::cgroup::Groups;
use crate::environment::WorkerOptions;
use crate::isolation::{Isolation, Wish};
use crate::ledger::Ledger;
use crate::options::Options;
use crate::place::{Access, Place};
use crate::server::{Config, Server, Settings};

/// The most problems of the policy's files that the log shows.
const MOST_PROBLEMS: usize = 48;

/// The least size of a ledger at which its records are joined, in bytes.
const LEAST_LEDGER: u64 = 16 << 20;

/// Why the broker cannot start or go on.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Place(#[from] place::Error),
    #[error("there is no worker program; looked for {}", list(.0))]
    NoWorker(Vec<PathBuf>),
    #[error("{}: not a file", .0.display())]
    NotAWorker(PathBuf),
    #[error(transparent)]
    Isolation(#[from] isolation::Error),
    #[error("there is no group {0}")]
    NoGroup(String),
    #[error("the policy's files have errors")]
    Policy(Vec<Problem>),
    #[error("the event loop: {0}")]
    Io(#[from] io::Error),
}

fn main() -> ExitCode {
    // Before the command line is read: its parser would report a bad variable as a bad option.
    if let Err(why) = ava_surroundings::settings::check() {
        eprintln!("ava-broker: {why}");
        return ExitCode::from(2);
    }
    let options = Options::of_process();
    if options.manual {
        let written = Options::manual().and_then(|page| io::stdout().write_all(&page));
        return if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    journal::start(options.log.filter());
    let done = if options.release_groups { Groups::release().map_err(Error::Io) } else { serve(options) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Error::Policy(problems) = &error {
                problems.iter().take(MOST_PROBLEMS).for_each(|problem| error!("{problem}"));
            }
            error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: Options) -> Result<(), Error> {
    // First, so that it gets the lowest descriptor numbers.
    let spawner = Spawner::new()?;
    let uid = geteuid().as_raw();
    let worker = worker_program(options.worker.as_deref())?;
    let place = place(&options, uid)?;
    let config = config(&options, &place, uid);
    let (policy, warnings) = config.load().map_err(Error::Policy)?;
    warnings.iter().take(MOST_PROBLEMS).for_each(|problem| warn!("{problem}"));
    let (before, files) = raise_file_limit();
    let (signal, sender) = UnixStream::pair()?;
    for number in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::low_level::pipe::register(number, sender.try_clone()?)?;
    }
    let groups = options.worker_group.iter().map(|name| names::group(name).ok_or_else(|| Error::NoGroup(name.clone())));
    let worker_groups = groups.collect::<Result<_, _>>()?;
    let isolation = Isolation::establish(Wish {
        mode: options.sandbox,
        several: place.access == Access::Reach,
        bases: environment::base_directories(|name| std::env::var_os(name), uid, place.path.as_deref()),
        users: options.worker_uids,
        session_memory: options.session_memory,
    })?;
    let ledger = ledger(&options, &place, uid)?;
    let settings = Settings {
        worker,
        limits: options.limits().fit(files),
        config,
        warm: usize::from(options.warm),
        idle_exit: options.idle_exit.map(Duration::from_secs),
        log: options.log.name(),
        worker_options: WorkerOptions {
            vendor_library_path: options.vendor_library_path.unwrap_or_default(),
            plugins: std::env::join_paths(&options.plugins).unwrap_or_default(),
            sandbox_read: options.sandbox_read,
            sandbox_write: options.sandbox_write,
            mode: options.sandbox,
        },
        worker_groups,
        templates: options.templates,
        landlock_abi: options.landlock_abi,
        files: before,
        uid,
        started: SystemTime::now(),
    };
    let described = isolation.describe();
    info!(
        socket = place.path.as_deref().unwrap_or(Path::new("?")).display().to_string(),
        worker = settings.worker.display().to_string(),
        sandbox = described.sandbox,
        landlock = described.landlock,
        users = described.users,
        groups = described.groups,
        sessions = settings.limits.sessions,
        connections = settings.limits.connections,
        rules = policy.rules.len(),
        "ava-broker {BUILD} listens"
    );
    described.missing.iter().for_each(|missing| warn!("{missing}"));
    Ok(Server::new(settings, policy, (spawner, isolation), (place, ledger), signal)?.run()?)
}

/// Where the policy is: the machine's for a broker that serves several, otherwise the user's.
fn config(options: &Options, place: &Place, uid: u32) -> Config {
    let several = place.access == Access::Reach;
    let usual =
        || if several { Some(files::SYSTEM.into()) } else { files::private(|name| std::env::var_os(name), uid) };
    Config { file: options.config.clone().or_else(usual), required: options.config.is_some() }
}

/// The ledger, if one is to be kept.
fn ledger(options: &Options, place: &Place, uid: u32) -> io::Result<Option<Ledger>> {
    let usual = place::default_path(uid);
    let usual = || ledger::usual_file(|name| std::env::var_os(name), place.path.as_deref(), &usual);
    let limits = Limits { hours: u64::from(options.ledger_days) * 24, bytes: options.ledger_size.max(LEAST_LEDGER) };
    let file = (options.ledger_days > 0).then(|| options.ledger.clone().unwrap_or_else(usual));
    file.map(|file| Ledger::start(file, limits)).transpose()
}

/// Where to listen: on the service manager's sockets, or else on the options'.
fn place(options: &Options, uid: u32) -> Result<Place, place::Error> {
    if let Some(place) = Place::activated()? {
        return Ok(place);
    }
    let path = options.socket.clone().unwrap_or_else(|| place::default_path(uid));
    let group = options.group.clone().or_else(|| place::default_group(&path));
    let mut place = Place::take(&path, group.as_deref(), uid)?;
    if let Some(admin) = options.admin_socket.clone().or_else(|| place::default_admin(&path)) {
        place.add_admin(&admin, uid)?;
    }
    Ok(place)
}

fn worker_program(given: Option<&Path>) -> Result<PathBuf, Error> {
    match given {
        Some(path) if path.is_file() => Ok(std::path::absolute(path)?),
        Some(path) => Err(Error::NotAWorker(path.to_owned())),
        None => worker::find(&std::env::current_exe()?).map_err(Error::NoWorker),
    }
}

/// Raises the limit of open files as far as allowed. Returns the limit as it was, for workers, and the new number.
fn raise_file_limit() -> (Option<Rlimit>, usize) {
    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: before.maximum, maximum: before.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => before.maximum,
        Err(_) => before.current,
    };
    let files = now.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    (Some(before), files)
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
