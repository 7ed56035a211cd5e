//! `ava-worker`: the process that serves one program.

use std::os::fd::{FromRawFd, OwnedFd};

use ava_protocol::archive::Message;
use ava_protocol::control::{CONTROL_FD, EndKind, FromWorker, TENANT_FD};
use ava_transport::message;
use ava_worker::Session;
use clap::Parser;

/// Runs the vendor's library for one program. Started by ava-broker; by hand only with --probe.
#[derive(Parser)]
#[command(name = "ava-worker", version)]
struct Args {
    /// The session's number, for the log.
    #[arg(long, default_value_t = 0)]
    session: u64,
    /// The API to serve.
    #[arg(long, default_value = ava_protocol::opencl::NAME)]
    api: String,
    /// Load the vendor's library, print what it has as JSON, and end.
    #[arg(long)]
    probe: bool,
}

fn main() {
    let args = Args::parse();
    if args.api != ava_protocol::opencl::NAME {
        eprintln!("ava-worker: no API is called {:?}; there is {}", args.api, ava_protocol::opencl::NAME);
        std::process::exit(2);
    }
    if args.probe {
        println!("{}", ava_worker::probe());
        return;
    }
    // SAFETY: the broker hands over these two descriptors, which nothing else in this process owns; asked first.
    let open = unsafe { libc::fcntl(TENANT_FD, libc::F_GETFD) >= 0 && libc::fcntl(CONTROL_FD, libc::F_GETFD) >= 0 };
    if !open {
        eprintln!("ava-worker: started without its descriptors; ava-broker starts workers");
        std::process::exit(2);
    }
    // SAFETY: as above.
    let (tenant, control) = unsafe { (OwnedFd::from_raw_fd(TENANT_FD), OwnedFd::from_raw_fd(CONTROL_FD)) };
    for fd in [&tenant, &control] {
        let _ = rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC);
    }
    // A program that closes its standard output must not take the worker with it.
    // SAFETY: a plain change of a signal's disposition, before there are threads.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    raise_file_limit();
    let (vendor, library) = match ava_worker::load() {
        Ok(loaded) => loaded,
        Err(error) => {
            let ended = FromWorker::Ended { kind: EndKind::Failed, reason: error };
            let _ = message::send(&control, &ended.encode(), &[]);
            std::process::exit(1);
        }
    };
    let session: &'static Session = Box::leak(Box::new(Session::new(vendor, tenant, control)));
    session.tell(&FromWorker::Ready { library, fingerprint: ava_protocol::FINGERPRINT });
    session.serve()
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
