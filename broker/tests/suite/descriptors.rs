//! Descriptors whose `close` blocks: a socket that lingers, a file whose server does not answer, and others that might.
//! Peers send them wherever the broker receives some, or where the kernel discards them for it. Meanwhile the broker must
//! answer an administrator.

use std::fs::File;
use std::io::{IoSlice, Write};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ava_protocol::admin::Request;
use ava_protocol::session::{Hello, Opening, seal};
use ava_transport::client;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg, socketpair,
    sockopt,
};
use rustix::process::{Pid, Signal, kill_process};

use super::world::{World, pipe};

/// How long `close` takes.
const LINGER: Duration = Duration::from_secs(30);
/// The limit for an answer: it takes far less than a millisecond, and a broker that blocks needs [`LINGER`].
const LIMIT: Duration = Duration::from_secs(1);
/// The number of requests to the broker.
const TIMES: usize = 31;
/// More descriptors than any receiver accepts.
const MANY: usize = 200;

/// A descriptor that is slow to close as long as this lives.
enum Slow {
    /// Ours, and its other end.
    Ours { fd: OwnedFd, _behind: Behind },
    /// A helper's, which sends it for us. Of some kinds each `close` blocks, also that of a child at `execve`.
    Helpers { helper: OwnedFd, _process: Process },
}

/// The other end, which does nothing.
enum Behind {
    Nobody,
    Peer { _peer: TcpStream },
    Process { _process: Process },
}

/// Removed when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Slow {
    /// Sends `bytes` with so many copies.
    fn pass(&self, stream: &UnixStream, bytes: &[u8], count: usize) {
        match self {
            Self::Ours { fd, .. } => send_all(stream, bytes, &vec![fd.as_fd(); count]),
            Self::Helpers { helper, .. } => {
                let count = u32::try_from(count).unwrap().to_ne_bytes();
                send_all(helper, &[&count, bytes].concat(), &[stream.as_fd()]);
                assert!(hears(helper), "the helper did not pass it");
            }
        }
    }

    /// The receiver has the last copy. (While it is in transit, closing ours does not block.)
    fn let_go(self) -> Held {
        match self {
            Self::Ours { _behind, .. } => Held::Behind { _behind },
            helpers @ Self::Helpers { .. } => Held::Helpers { _helpers: helpers },
        }
    }
}

/// The cause of the slow `close`.
enum Held {
    Behind { _behind: Behind },
    Helpers { _helpers: Slow },
}

/// Bytes with descriptors, perhaps more than a receiver accepts.
fn send_all(socket: &impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MANY))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)));
    sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL).unwrap();
}

/// Waits until the helper is done.
fn hears(helper: &OwnedFd) -> bool {
    rustix::io::read(helper, &mut [0; 1]).is_ok_and(|count| count == 1)
}

/// A connection with unsent data, to a peer that does not read.
fn lingering() -> Slow {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    while stream.write(&[0; 1 << 16]).is_ok() {}
    sockopt::set_socket_linger(&stream, Some(LINGER)).unwrap();
    Slow::Ours { fd: stream.into(), _behind: Behind::Peer { _peer: peer } }
}

/// A file of a file system whose server is stopped; `None` where such a file system cannot be mounted.
fn of_fuse() -> Option<Slow> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuse");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuse.c");
        let made = Command::new("cc").args(["-std=gnu11", "-O1", "-Wall", "-o"]).arg(&program).arg(source).status();
        assert!(made.unwrap().success());
        program
    });
    let (helper, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    // Only the helper sees the mount point.
    let child = Command::new(program).arg(env!("CARGO_TARGET_TMPDIR")).stdin(theirs).spawn().unwrap();
    let process = Process(child);
    if !hears(&helper) {
        eprintln!("skipped: files of FUSE, which cannot be mounted here");
        return None;
    }
    Some(Slow::Helpers { helper, _process: process })
}

/// A full pipe to a process that does not run.
fn pipe_to_nobody() -> Slow {
    let (read, write) = pipe();
    let child = Command::new("cat").stdin(read).stdout(Stdio::null()).spawn().unwrap();
    let process = Process(child);
    kill_process(pid_of(&process.0), Signal::STOP).unwrap();
    rustix::io::ioctl_fionbio(&write, true).unwrap();
    while (&write).write(&[0; 4096]).is_ok() {}
    Slow::Ours { fd: write.into(), _behind: Behind::Process { _process: process } }
}

fn device(path: &str) -> Option<Slow> {
    let file = File::options().read(true).write(true).open(path);
    let file = file.inspect_err(|error| eprintln!("skipped: {path}: {error}")).ok()?;
    Some(Slow::Ours { fd: file.into(), _behind: Behind::Nobody })
}

/// The ways to send a descriptor to the broker. The result must live until the measurement.
type Way = (&'static str, fn(&World, Slow) -> (Held, Option<UnixStream>));

const WAYS: &[Way] = &[
    ("with a hello", |world, slow| say(world, slow, &session("opencl"), 1)),
    ("with an administrator's request", |world, slow| say(world, slow, &Opening::Admin(Request::Status), 1)),
    ("with too much of a message", |world, slow| bytes(world, slow, &u32::MAX.to_le_bytes(), 1)),
    ("with half a message", |world, slow| {
        let (held, _) = bytes(world, slow, &[100, 0, 0], 1);
        (held, None)
    }),
    ("behind a hello that is refused", |world, slow| behind(world, slow, &session("none"), 1)),
    ("behind a request", |world, slow| behind(world, slow, &Opening::Admin(Request::Status), 1)),
    ("many with a hello", |world, slow| say(world, slow, &session("opencl"), MANY)),
    ("many behind a hello that is refused", |world, slow| behind(world, slow, &session("none"), MANY)),
    ("from a worker", |world, slow| by_worker(world, slow, b"pass")),
    ("from a worker that ends", |world, slow| by_worker(world, slow, b"pass and go")),
];

/// Causes an event that the broker sees when the step is done.
fn meanwhile<R>(world: &World, what: impl FnOnce() -> R) -> R {
    kill_process(pid_of(&world.broker), Signal::STOP).unwrap();
    let result = what();
    kill_process(pid_of(&world.broker), Signal::CONT).unwrap();
    result
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

fn session(api: &str) -> Opening {
    Opening::Session(Hello::new(api, "p", 1, "p", "/"))
}

fn connect(world: &World) -> UnixStream {
    UnixStream::connect(world.socket()).unwrap()
}

/// Waits until there is something to read, within [`LIMIT`].
fn soon(stream: &UnixStream) -> bool {
    let limit = Timespec::try_from(LIMIT).unwrap();
    poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&limit)).unwrap() > 0
}

/// In transit.
fn message(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_le_bytes(), body].concat()
}

/// With these bytes.
fn bytes(world: &World, slow: Slow, bytes: &[u8], count: usize) -> (Held, Option<UnixStream>) {
    let stream = connect(world);
    let held = meanwhile(world, || {
        slow.pass(&stream, bytes, count);
        slow.let_go()
    });
    (held, Some(stream))
}

/// With an opening.
fn say(world: &World, slow: Slow, opening: &Opening, count: usize) -> (Held, Option<UnixStream>) {
    bytes(world, slow, &message(&seal(opening)), count)
}

/// In the socket's queue, when the broker no longer needs the connection.
fn behind(world: &World, slow: Slow, opening: &Opening, count: usize) -> (Held, Option<UnixStream>) {
    let mut stream = connect(world);
    let held = meanwhile(world, || {
        stream.write_all(&message(&seal(opening))).unwrap();
        slow.pass(&stream, b"more", count);
        slow.let_go()
    });
    (held, None)
}

/// From a session's worker.
fn by_worker(world: &World, slow: Slow, how: &[u8]) -> (Held, Option<UnixStream>) {
    let tenant = world.tenant();
    let held = meanwhile(world, || {
        slow.pass(&tenant.stream, &message(how), 1);
        let held = slow.let_go();
        // It has closed its own, or is blocked in `close`.
        soon(&tenant.stream);
        held
    });
    (held, Some(tenant.stream))
}

/// The median of the answers' times; or why there is none.
fn median_answer(world: &World) -> Result<Duration, String> {
    let mut times = Vec::new();
    for number in 0..TIMES {
        let (socket, (sender, receiver)) = (world.socket(), mpsc::channel());
        let started = Instant::now();
        thread::spawn(move || {
            // A broker that was killed meanwhile does not answer at all.
            let answer = client::open(&socket, &seal(&Opening::Admin(Request::Status)));
            let _ = sender.send(answer.is_ok());
        });
        match receiver.recv_timeout(LIMIT) {
            Ok(true) => times.push(started.elapsed()),
            Ok(false) => return Err(format!("request {number} failed")),
            Err(_) => return Err(format!("request {number} had no answer after {LIMIT:?}")),
        }
    }
    times.sort_unstable();
    Ok(times[TIMES / 2])
}

/// Sends the broker what `slow` makes in each way, and checks that it answers.
fn nothing_waits_for(name: &str, slow: impl Fn() -> Option<Slow>) {
    let mut late = Vec::new();
    for (way, pass) in WAYS {
        let world = World::new();
        let Some(slow) = slow() else { return };
        let held = pass(&world, slow);
        match median_answer(&world) {
            Ok(median) => {
                println!("{name} {way}: answered in {median:?}");
                assert_eq!(world.tenant().ask("fine"), "fine");
            }
            Err(reason) => late.push(format!("{name} {way}: {reason}")),
        }
        // The cause is removed before the broker, so that blocked threads return.
        drop(held);
    }
    assert!(late.is_empty(), "the broker waits:\n{}", late.join("\n"));
}

#[test]
fn sockets_that_linger() {
    // It is slow: `close` blocks. Otherwise this tests nothing.
    let Slow::Ours { fd, _behind: behind } = lingering() else { unreachable!() };
    let (sender, receiver) = mpsc::channel();
    let closing = thread::spawn(move || {
        drop(fd);
        let _ = sender.send(());
    });
    assert!(receiver.recv_timeout(LIMIT).is_err(), "closing it does not wait");
    drop(behind);
    closing.join().unwrap();
    nothing_waits_for("a socket that lingers", || Some(lingering()));
}

#[test]
fn files_whose_server_does_not_answer() {
    nothing_waits_for("a file of FUSE", of_fuse);
}

#[test]
fn pipes_to_processes_that_do_not_run() {
    nothing_waits_for("a full pipe", || Some(pipe_to_nobody()));
}

#[test]
fn devices() {
    for path in ["/dev/ptmx", "/dev/fuse", "/dev/tty"] {
        nothing_waits_for(path, || device(path));
    }
}
