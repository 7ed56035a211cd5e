//! `ava-worker`: the process that serves one program.

use std::os::fd::{FromRawFd, OwnedFd};

use ava_protocol::api::{APIS, Api};
use ava_protocol::archive::Message;
use ava_protocol::control::{CONTROL_FD, EndKind, FromWorker};
use ava_transport::handover::{self, Awaited, Handover, Output};
use ava_transport::message;
use ava_worker::Session;
use clap::Parser;
use rustix::process::Signal;

/// Runs the vendor's library for one program. Started by ava-broker; by hand only with --probe.
#[derive(Parser)]
#[command(name = "ava-worker", version)]
struct Args {
    /// The API to serve.
    #[arg(long, default_value = "opencl", value_parser = api)]
    api: &'static Api,
    /// There is no program yet: ask the vendor's library for its devices while nobody waits.
    #[arg(long)]
    spare: bool,
    /// Load the vendor's library, print what it has as JSON, and end.
    #[arg(long)]
    probe: bool,
}

fn api(name: &str) -> Result<&'static Api, String> {
    let names = || APIS.iter().map(|api| api.name).collect::<Vec<_>>().join(", ");
    Api::find(name).ok_or_else(|| format!("there is {}", names()))
}

fn main() {
    let args = Args::parse();
    if args.probe {
        println!("{}", ava_worker::probe(args.api));
        return;
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
    // A program that closes its standard output must not take the worker with it.
    // SAFETY: a plain change of a signal's disposition, before there are threads.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    raise_file_limit();
    // A library that never comes back must not outlive the broker, which would end it. Later a session may.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    let served = match ava_worker::load(args.api) {
        Ok(served) => served,
        Err(error) => end(&control, EndKind::Failed, error),
    };
    if args.spare {
        served.api.warm_up();
    }
    let _ = rustix::process::set_parent_process_death_signal(None);
    tell(&control, &FromWorker::Ready { library: served.described(), fingerprint: ava_protocol::FINGERPRINT });
    let Handover { session, tenant, output } = match handover::wait(&control) {
        Awaited::Tenant(handover) => handover,
        Awaited::Shutdown(reason) => end(&control, EndKind::Shutdown, reason),
        // A worker without a tenant ends with its broker, also with one that was killed.
        Awaited::Nobody => end(&control, EndKind::Failed, "the broker has gone".into()),
    };
    // For whoever lists processes.
    if let Ok(name) = std::ffi::CString::new(format!("ava-worker {session}")) {
        let _ = rustix::thread::set_name(&name);
    }
    adopt(output);
    let session: &'static Session = Box::leak(Box::new(Session::new(served.api, tenant, control)));
    session.serve()
}

/// The program's output becomes this process's.
fn adopt(output: Output) {
    // What the vendor has said until now was said to nobody, and is not for this program.
    // SAFETY: with a null pointer it flushes all the streams that there are.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    // It fails for no descriptor that is open.
    if let Some(stdout) = output.stdout {
        let _ = rustix::stdio::dup2_stdout(stdout);
    }
    if let Some(stderr) = output.stderr {
        let _ = rustix::stdio::dup2_stderr(stderr);
    }
}

/// Ends a worker that has no session, without the vendor's exit handlers.
fn end(control: &OwnedFd, kind: EndKind, reason: String) -> ! {
    tell(control, &FromWorker::Ended { kind, reason });
    // SAFETY: ends the process at once; nothing of it is needed any more.
    unsafe { libc::_exit(i32::from(kind == EndKind::Failed)) }
}

/// Tells the broker; one that is gone is no matter.
fn tell(control: &OwnedFd, message: &FromWorker) {
    let _ = message::send(control, &message.encode(), &[]);
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
