//! A worker for the broker's own tests: it has no vendor library and does what `POCL_FAKE` or its tenant says.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, exit};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use ava_protocol::api::Api;
use ava_protocol::control::{CONTROL_FD, EndKind, FromWorker, LogLevel, ToWorker};
use ava_protocol::quota::Resource::DeviceMemory;
use ava_protocol::quota::{self, Seat};
use ava_protocol::session::{Answer, Hello, Opening, open, seal};
use ava_protocol::usage::{self, Layout, RUNNING, Running};
use ava_transport::client;
use ava_transport::handover::{Awaited, Handover, wait};
use ava_transport::message::{recv, send};
use ava_transport::region::Region;

fn say(control: &UnixStream, message: &FromWorker) -> io::Result<()> {
    send(control, &seal(message), &[])
}

fn ended(control: &UnixStream, kind: EndKind, reason: &str) -> ! {
    let _ = say(control, &FromWorker::Ended { kind, reason: reason.into() });
    exit(0)
}

/// Counts in the session's page as a worker does after so many calls.
fn count(page: &Region, calls: u64) {
    let api = Api::find("opencl").unwrap();
    let (layout, words) = (Layout::of(api), page.words());
    let finish = api.functions.iter().position(|name| *name == "clFinish").unwrap();
    let memory = api.kinds.iter().position(|kind| kind.name == "cl_mem").unwrap();
    let counts = [
        (usage::MEMORY, 4096),
        (usage::COMMANDS, 1),
        (usage::BYTES_IN, 10),
        (usage::BYTES_OUT, 20),
        (layout.objects().start + memory, 1),
        (layout.calls().start + finish, calls),
        (layout.moved().start + finish, 30),
        (layout.launches().start + usage::add_kernel(words, layout, "fake\x1bkernel"), 3),
    ];
    for (at, value) in counts {
        words[at].store(value, Ordering::Relaxed);
    }
    usage::add_device(words, layout, "fake device");
}

/// The broker gets what no worker sends it.
fn pass(control: &UnixStream, fds: Vec<OwnedFd>) {
    let log = FromWorker::Log { level: LogLevel::Info, text: "with descriptors".into() };
    let borrowed: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
    send(control, &seal(&log), &borrowed).unwrap();
}

/// Ends when the broker says so.
fn obey(control: &UnixStream) {
    if let Ok(Some((body, _))) = recv(control) {
        match open::<ToWorker>(&body).unwrap() {
            ToWorker::TenantLeft => ended(control, EndKind::TenantLeft, "the program has ended"),
            ToWorker::Shutdown { reason } => ended(control, EndKind::Shutdown, &reason),
            ToWorker::Serve { .. } => panic!("a second tenant"),
        }
    }
}

/// What else this process was given: `name=value` lines and descriptor numbers.
fn surroundings(session: u64, title: &str) -> String {
    let mut lines: Vec<String> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    let mut fds: Vec<u32> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    fds.sort_unstable();
    lines.push(format!("session={session}"));
    lines.push(format!("title={title}"));
    lines.push(format!("fds={fds:?}"));
    lines.push(format!("directory={}", std::env::current_dir().unwrap().display()));
    lines.push(format!("args={:?}", std::env::args().skip(1).collect::<Vec<_>>()));
    lines.join("\n")
}

/// The tenant.
fn tenant(control: &UnixStream) -> (u64, String, UnixStream, Region, Seat) {
    let Handover { session, title, tenant, page, bell: _, quota, seat } = match wait(control) {
        Awaited::Tenant(handover) => handover,
        Awaited::Shutdown(reason) => ended(control, EndKind::Shutdown, &reason),
        Awaited::Nobody => exit(0),
    };
    let size = Layout::of(Api::find("opencl").unwrap()).bytes();
    let quota = Region::open(&quota, quota::BYTES).unwrap();
    let seat = Seat::new(Box::leak(Box::new(quota)).words(), seat as usize);
    (session, title, tenant.into(), Region::open(&page, size).unwrap(), seat)
}

/// What a process that this one starts, in its session, hears from the broker at `socket`.
fn knock(socket: &str) -> String {
    let own = std::env::current_exe().unwrap();
    let output = Command::new(own).args(["--knock", socket]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// As that process: asks for a session and prints the answer.
fn knock_and_print(socket: &str) {
    let hello = Hello::new("opencl", "a worker's", 1, "a worker's", "/");
    let (_, answer) = client::open(Path::new(socket), &seal(&Opening::Session(hello))).unwrap();
    print!("{:?}", open::<Answer>(&answer).unwrap());
}

/// Uses so much more processor time.
fn compute(time: Duration) {
    let used = || ava_transport::processor::time(rustix::process::getpid()).unwrap();
    let until = used() + time;
    while used() < until {}
}

fn main() {
    if let [_, knock, socket] = std::env::args().collect::<Vec<_>>().as_slice()
        && knock == "--knock"
    {
        return knock_and_print(socket);
    }
    // SAFETY: the broker put this descriptor here for this process, and nothing else uses the number.
    let control = UnixStream::from(unsafe { OwnedFd::from_raw_fd(CONTROL_FD) });
    let mode = std::env::var("POCL_FAKE").unwrap_or_default();
    let spare = std::env::args().any(|argument| argument == "--spare");
    match mode.as_str() {
        "crash" => std::process::abort(),
        "fail" => ended(&control, EndKind::Failed, "libOpenCL.so.1: cannot open shared object file"),
        "fail ahead" if spare => ended(&control, EndKind::Failed, "spares are not for us"),
        "other build" => {
            let log = FromWorker::Log { level: LogLevel::Info, text: "not to be understood".into() };
            let mut bytes = seal(&log);
            bytes[8..13].copy_from_slice(b"9.9.9");
            send(&control, &bytes, &[]).unwrap();
        }
        "nonsense" => (&control).write_all(&[5, 0, 0, 0, 1, 2, 3, 4, 5]).unwrap(),
        "busy" => compute(Duration::from_millis(50)),
        "flood" => {
            let log = FromWorker::Log { level: LogLevel::Info, text: "again\u{1b}[2J".into() };
            while say(&control, &log).is_ok() {}
        }
        _ => {}
    }
    // Loading takes until somebody has opened the other end and closed it.
    if let Some(gate) = mode.strip_prefix("gate ") {
        File::open(gate).unwrap().read_to_end(&mut Vec::new()).unwrap();
    }
    say(
        &control,
        &FromWorker::Ready { library: "/usr/lib/fake.so".into(), identity: "fake".into(), sandbox: "none".into() },
    )
    .unwrap();
    let (session, title, tenant, page, seat) = tenant(&control);
    count(&page, 1);
    let surroundings = surroundings(session, &title);
    if mode == "deaf" {
        loop {
            thread::sleep(Duration::from_secs(1000));
        }
    }
    let broker = control.try_clone().unwrap();
    thread::spawn(move || obey(&broker));
    loop {
        match recv(&tenant) {
            Ok(Some((body, fds))) => match body.as_slice() {
                b"write" => fds.into_iter().for_each(|fd| File::from(fd).write_all(b"written").unwrap()),
                b"pass" => {
                    pass(&control, fds);
                    send(&tenant, b"passed", &[]).unwrap();
                }
                b"pass and go" => {
                    pass(&control, fds);
                    exit(0)
                }
                b"count and abort" => {
                    count(&page, 7);
                    std::process::abort();
                }
                b"compute" => {
                    compute(Duration::from_millis(20));
                    send(&tenant, b"computed", &[]).unwrap();
                }
                b"abort" => std::process::abort(),
                bytes if bytes.starts_with(b"take ") => {
                    let bytes = std::str::from_utf8(&bytes[5..]).unwrap().parse().unwrap();
                    let taken = seat.take(DeviceMemory, bytes);
                    send(&tenant, if taken { b"taken" } else { b"refused" }, &[]).unwrap();
                }
                bytes if bytes.starts_with(b"run ") => {
                    let number = std::str::from_utf8(&bytes[4..]).unwrap().parse().unwrap();
                    let word = Running { number, on_processors: false }.word();
                    page.words()[RUNNING.start].store(word, Ordering::Relaxed);
                    send(&tenant, b"runs", &[]).unwrap();
                }
                b"surroundings" => send(&tenant, surroundings.as_bytes(), &[]).unwrap(),
                b"nonsense" => ended(&control, EndKind::Malformed, "opcode 60000"),
                knocks if knocks.starts_with(b"knock ") => {
                    send(&tenant, knock(std::str::from_utf8(&knocks[6..]).unwrap()).as_bytes(), &[]).unwrap();
                }
                other => send(&tenant, other, &[]).unwrap(),
            },
            Ok(None) => break,
            Err(error) => ended(&control, EndKind::Failed, &error.to_string()),
        }
    }
    count(&page, 2);
    ended(&control, EndKind::TenantLeft, "end of file")
}
