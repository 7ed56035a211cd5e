//! `ava-worker`: the process that serves one program.

use std::os::fd::{FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use ava_protocol::api::{APIS, Api};
use ava_protocol::control::{CONTROL_FD, EndKind, FromWorker};
use ava_protocol::envelope::{BUILD, seal};
use ava_protocol::glob::Glob;
use ava_protocol::quota::{self, Seat};
use ava_protocol::surroundings::{LIBRARY_PATH_VARIABLE, PLUGINS_VARIABLE};
use ava_protocol::usage::Layout;
use ava_sandbox::{Home, Mode, Owner, Plan};
use ava_transport::handover::{self, Awaited, Handover};
use ava_transport::message;
use ava_transport::region::Region;
use ava_worker::{Bounds, Occupancy, Part, Usage, Visible, Worker, boundary, stdio};
use clap::Parser;
use rustix::process::Signal;

mod title;

use title::Title;

/// Runs the vendor's library for one program. Started by ava-broker, not by hand.
#[derive(Parser)]
#[command(name = "ava-worker", version = BUILD)]
struct Args {
    /// The API to serve.
    #[arg(long, default_value = "opencl", value_parser = api)]
    api: &'static Api,
    /// The file of the vendor's library, in place of the one that is found by its name.
    #[arg(long)]
    library: Option<PathBuf>,
    /// There is no program yet: ask the vendor's library for its devices while nobody waits.
    #[arg(long)]
    spare: bool,
    /// Empty the private directory, unless a worker uses it, and end.
    #[arg(long)]
    sweep: bool,
    /// What to do if the sandbox cannot be entered.
    #[arg(long, default_value_t)]
    sandbox: Mode,
    /// Become this user, who has nothing else.
    #[arg(long)]
    user: Option<u32>,
    /// Groups that this user is in, besides those of the devices.
    #[arg(long = "group")]
    groups: Vec<u32>,
    /// Most bytes of regions.
    #[arg(long)]
    memory: Option<u64>,
    /// Most lanes.
    #[arg(long)]
    lanes: Option<usize>,
    /// Show the program devices only that are known by a name of this pattern.
    #[arg(long = "device", value_parser = Glob::new)]
    devices: Vec<Glob>,
    /// Show of each device a part with so many percent of its compute units.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    compute_units: Option<u8>,
    /// Most bytes of private memory, if no control group sees to that.
    #[arg(long)]
    data: Option<u64>,
    /// Files and folders that may be read besides.
    #[arg(long = "read")]
    read: Vec<PathBuf>,
    /// Files and folders that may be written besides.
    #[arg(long = "write")]
    write: Vec<PathBuf>,
    /// Where files stand that take the place of the API's own.
    #[arg(long)]
    templates: Option<PathBuf>,
    /// Use no newer Landlock, for tests.
    #[arg(long)]
    landlock_abi: Option<i32>,
}

fn api(name: &str) -> Result<&'static Api, String> {
    let names = || APIS.iter().map(|api| api.name).collect::<Vec<_>>().join(", ");
    Api::find(name).ok_or_else(|| format!("there is {}", names()))
}

fn main() {
    let args = Args::parse();
    boundary::within(|| work(&args));
}

fn work(args: &Args) {
    // SAFETY: the arguments have been read, and this is the only thread.
    let mut title = unsafe { Title::take() };
    let mut show = |text: &str| title.iter_mut().for_each(|title| title.set(&format!("ava-worker: {text}")));
    if args.sweep {
        std::process::exit(i32::from(!sweep(args)));
    }
    // SAFETY: the broker hands over this descriptor, which nothing else in this process owns; asked first.
    let open = unsafe { libc::fcntl(CONTROL_FD, libc::F_GETFD) >= 0 };
    if !open {
        eprintln!("ava-worker: started without its descriptor; ava-broker starts workers");
        std::process::exit(2);
    }
    // SAFETY: as above.
    let control = unsafe { OwnedFd::from_raw_fd(CONTROL_FD) };
    let _ = rustix::io::fcntl_setfd(&control, rustix::io::FdFlags::CLOEXEC);
    // A pipe that nobody reads any more must not take the worker with it.
    // SAFETY: a plain change of a signal's disposition, before there are threads.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    // If the broker ends while this process is stopped, its group goes on with this signal.
    // SAFETY: as above.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    raise_file_limit();
    let (home, sandbox) = match shut_in(args) {
        Ok(both) => both,
        Err(error) => end(&control, EndKind::Failed, format!("the worker cannot be shut in: {error}")),
    };
    // A library that never comes back must not outlive the broker, which would end it. Later a session may.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    stdio::open_streams();
    let visible = Visible::new(&args.devices, args.compute_units.and_then(Part::new));
    let served = match ava_worker::load(args.api, args.library.as_deref(), visible) {
        Ok(served) => served,
        Err(error) => {
            home.leave();
            end(&control, EndKind::Failed, with_advice(error))
        }
    };
    if args.spare {
        served.api.warm_up();
        show(&format!("spare for {}", args.api.name));
    }
    // If the broker ends while it has this process stop, it is to go on.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::CONT));
    let identity = ava_surroundings::identity(Path::new(&served.library));
    tell(&control, &FromWorker::Ready { library: served.described(), identity, sandbox });
    let Handover { session, title, tenant, page, bell, quota, seat } = match handover::wait(&control) {
        Awaited::Tenant(handover) => handover,
        ended => {
            home.leave();
            match ended {
                Awaited::Shutdown(reason) => end(&control, EndKind::Shutdown, reason),
                // A worker without a tenant ends with its broker, also with one that was killed.
                _ => end(&control, EndKind::Failed, "the broker has gone".into()),
            }
        }
    };
    // For whoever lists processes. The name has room for the number only.
    show(&title);
    if let Ok(name) = std::ffi::CString::new(format!("ava-worker {session}")) {
        let _ = rustix::thread::set_name(&name);
    }
    // They live as long as this process.
    let map = |fd: &OwnedFd, bytes, of: &str| match Region::open(fd, bytes) {
        Ok(page) => Box::leak(Box::new(page)).words(),
        Err(error) => end(&control, EndKind::Failed, format!("the page of {of}: {error}")),
    };
    let seat = Seat::new(map(&quota, quota::BYTES, "the tenant's quotas"), seat as usize);
    let page = map(&page, Layout::of(args.api).bytes(), "the session's usage");
    let (usage, occupancy) = (Usage::new(args.api, page, seat), Occupancy::new(page, bell));
    let most = Bounds::default();
    let bounds = Bounds { memory: args.memory.unwrap_or(most.memory), lanes: args.lanes.unwrap_or(most.lanes) };
    let worker = Worker::new(served.api, tenant, control, (usage, occupancy), bounds, Some(home));
    let worker: &'static Worker = Box::leak(Box::new(worker));
    if let Err(error) = stdio::begin(worker.session()) {
        worker.end(EndKind::Failed, &format!("the worker has no standard output: {error}"));
    }
    worker.serve()
}

/// Makes the worker's directories and takes away what is beyond them, before anything of a vendor's or a program's is
/// here. What was done, for people.
fn shut_in(args: &Args) -> Result<(Home, String), String> {
    let needs = &args.api.sandbox;
    let place = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let place = place.ok_or("it has no HOME")?;
    let owner = args.user.map(|uid| Owner { uid, groups: &args.groups });
    if let Some(owner) = &owner {
        ava_sandbox::become_owner(owner, needs, &place).map_err(|error| error.to_string())?;
    }
    let home = Home::prepare(&place).map_err(|error| error.to_string())?;
    let own = |variable: &str, file: &str| std::env::var_os(variable).is_some_and(|path| path == place.join(file));
    let files: Vec<_> =
        args.api.configurations.iter().copied().filter(|own_file| own(own_file.variable, own_file.file)).collect();
    let configured = home.configure(&files, args.templates.as_deref(), needs.write);
    let needs_write = configured.map_err(|error| error.to_string())?;
    // SAFETY: nothing else of this process reads or writes the environment: it has one thread.
    unsafe { std::env::set_var("TMPDIR", &home.scratch) };
    let variable = |name: &str| ava_sandbox::split(std::env::var_os(name).as_deref());
    let plan = Plan {
        mode: args.sandbox,
        needs,
        copies: args.api.forks,
        home: &place,
        needs_write,
        libraries: variable(LIBRARY_PATH_VARIABLE).into_iter().chain(around(args.library.as_deref())).collect(),
        read: args.read.iter().cloned().chain(variable(PLUGINS_VARIABLE)).collect(),
        write: args.write.clone(),
        newest_abi: args.landlock_abi,
        memory: args.data,
        owner: args.user,
    };
    let summary = ava_sandbox::enter(&plan).map_err(|error| error.to_string())?;
    Ok((home, summary.to_string()))
}

/// Where libraries may be said to be is nothing that the dynamic linker knows of.
fn with_advice(error: String) -> String {
    if !error.contains("cannot open shared object file") {
        return error;
    }
    format!(
        "{error}; the folder that it is in can be named with AVA_VENDOR_LIBRARY_PATH=DIRS, or to a broker for several users \
         with --vendor-library-path DIRS"
    )
}

/// What is to be seen of a library that is named by its file: it, and what it has beside it.
fn around(library: Option<&Path>) -> Vec<PathBuf> {
    let beside = library.and_then(ava_surroundings::places::around_library);
    library.map(Path::to_owned).into_iter().chain(beside).collect()
}

/// Empties a tenant's directory as the tenant's user; whether that is done.
fn sweep(args: &Args) -> bool {
    let Some(home) = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()) else {
        return false;
    };
    let owner = args.user.map(|uid| Owner { uid, groups: &[] });
    let became = owner.is_none_or(|owner| ava_sandbox::become_owner(&owner, &args.api.sandbox, &home).is_ok());
    became && Home::empty(&home, args.user.is_some()).is_ok()
}

/// Ends a worker that has no session, without the vendor's exit handlers.
fn end(control: &OwnedFd, kind: EndKind, reason: String) -> ! {
    tell(control, &FromWorker::Ended { kind, reason });
    // SAFETY: ends the process at once; nothing of it is needed any more.
    unsafe { libc::_exit(i32::from(kind == EndKind::Failed)) }
}

/// Tells the broker; one that is gone is no matter.
fn tell(control: &OwnedFd, message: &FromWorker) {
    let _ = message::send(control, &seal(message), &[]);
}

/// Each thread of the program takes a descriptor here; what the broker leaves as the usual limit is too low for some.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const ENOUGH: u64 = 8192;
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    if limit.current.is_some_and(|now| now < current) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limit.maximum });
    }
}
