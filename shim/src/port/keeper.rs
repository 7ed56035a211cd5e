//! The thread that keeps a session's descriptors where nobody else closes them: in a table of descriptors of its own.
//!
//! Programs close by number what they do not know (`closefrom`, `close_range`, a loop up to the limit), and then open files of
//! their own under these numbers. So whatever takes a descriptor (the connection to the worker, the lanes' sockets, memory
//! files on their way) is done by this thread, which does not share the program's table. That it is there can be seen in no
//! list of the program's descriptors, it takes none of those that the program may have, and a forked child has no copy.
//!
//! Where the kernel gives a thread no table of its own, and for lanes over sockets, which every thread uses itself, the table
//! is the program's; then descriptors get high numbers, and are looked at before they are used.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread::Builder;
use std::time::{Duration, Instant};

use ava_protocol::upcall::OPEN_LANE;
use ava_transport::client;
use ava_transport::guarded::Guarded;
use ava_transport::lane::{self, Carried, Carrier, Lane};
use ava_transport::message;
use ava_transport::peer;
use ava_transport::ready;
use ava_transport::region::Region;
use rustix::event::PollFlags;
use rustix::net::SocketType;

use crate::base::fault::Fault;
use crate::base::threads;

/// How often the worker is looked for at most while threads wait for it.
const LOOK_AGAIN: Duration = Duration::from_millis(80);
/// The pause of who finds a lane's socket full of descriptors.
const PAUSE: Duration = Duration::from_micros(100);
/// Bytes of stack for a thread that does not run the program's code.
const STACK: usize = 256 << 10;
/// Descriptors from here on are none of the standard ones.
const FIRST: libc::c_uint = 3;

type Job = Box<dyn FnOnce() + Send>;

/// A thread, and how others have it do something.
#[derive(Debug)]
pub struct Keeper {
    /// `None` when it is to end.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    /// Whether its table is its own.
    apart: bool,
    /// The connection to the worker.
    control: OnceLock<Guarded>,
    process: u32,
    /// When the worker was looked for last, in milliseconds since `began`, and whether it was gone.
    began: Instant,
    looked: AtomicU64,
    gone: AtomicBool,
}

impl Keeper {
    /// Starts one; with `apart`, in a table of its own if that can be had. That has nothing of the caller's but `heirloom`.
    ///
    /// # Errors
    /// That of `clone`, which names it.
    pub fn start(apart: bool, heirloom: Option<RawFd>) -> io::Result<Arc<Self>> {
        let (jobs, to_do) = mpsc::channel::<Job>();
        let (tell, told) = mpsc::sync_channel(1);
        threads::spawn(small("ava-keeper"), move |_| {
            let _ = tell.send(apart && part(heirloom));
            to_do.into_iter().for_each(|job| job());
        })
        .map_err(|error| io::Error::new(error.kind(), format!("clone: {error}")))?;
        Ok(Arc::new(Self {
            jobs: Mutex::new(Some(jobs)),
            apart: told.recv().unwrap_or_default(),
            control: OnceLock::new(),
            process: std::process::id(),
            began: Instant::now(),
            looked: AtomicU64::new(0),
            gone: AtomicBool::new(false),
        }))
    }

    /// Has the thread do something, and waits for it.
    ///
    /// # Errors
    /// `Lost` when the session is over.
    pub fn run<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> Result<R, Fault> {
        let (tell, told) = mpsc::sync_channel(1);
        self.send(move || drop(tell.send(job())))?;
        told.recv().map_err(|_| Fault::Lost)
    }

    /// Has the thread do something some time.
    fn send(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
        if !client::is_still(self.process) {
            // The thread is the parent's.
            return Err(Fault::Lost);
        }
        let jobs = self.jobs.lock().ok().and_then(|jobs| jobs.clone()).ok_or(Fault::Lost)?;
        jobs.send(Box::new(job)).map_err(|_| Fault::Lost)
    }

    /// Starts another thread with the same table.
    pub fn spawn(&self, name: &'static str, run: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
        self.run(move || threads::spawn(small(name), move |_| run()))?.map_err(|_| Fault::Exhausted)
    }

    /// On the thread: what is a file of its own in the table is kept so that nobody takes it for something else.
    fn guard(&self, fd: OwnedFd) -> io::Result<Guarded> {
        if self.apart { Guarded::beyond_standard(fd) } else { Guarded::high(fd) }
    }

    /// On the thread: the descriptor that it was started with, once.
    ///
    /// # Errors
    /// Those of `fcntl`, where the caller's table is its own, too.
    pub fn heirloom(&self, number: RawFd) -> io::Result<OwnedFd> {
        if self.apart {
            // SAFETY: the number is of this table, in which nothing else is done with it.
            return Ok(unsafe { OwnedFd::from_raw_fd(number) });
        }
        // SAFETY: the caller has it open, and waits.
        unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()
    }

    /// On the thread: this is the connection from now on.
    pub fn adopt(&self, control: OwnedFd) -> io::Result<()> {
        let _ = self.control.set(self.guard(control)?);
        Ok(())
    }

    /// The connection, for the threads with this table, and for a forked child to close its copy of.
    ///
    /// # Errors
    /// `NotConnected` if there is none, or if the program has closed it.
    pub fn control(&self) -> io::Result<&Guarded> {
        self.control.get().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Whether the worker has closed the connection, or the program has.
    pub fn is_worker_gone(self: &Arc<Self>) -> bool {
        let keeper = Arc::clone(self);
        let gone = self.run(move || keeper.control().and_then(Guarded::get).map_or(true, is_closed)).unwrap_or(true);
        self.gone.store(gone, Ordering::Relaxed);
        gone
    }

    /// The same, as known lately.
    fn was_worker_gone(self: &Arc<Self>) -> bool {
        let now = self.began.elapsed().as_millis() as u64;
        let looked = self.looked.load(Ordering::Relaxed);
        let due = now >= looked + LOOK_AGAIN.as_millis() as u64;
        if due && self.looked.compare_exchange(looked, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            return self.is_worker_gone();
        }
        self.gone.load(Ordering::Relaxed)
    }

    /// Why the session is over, if that is the program's own doing.
    pub fn was_closed_by_program(&self) -> bool {
        !self.apart && self.control().and_then(|control| control.get().map(drop)).is_err()
    }

    /// On the thread: makes a lane. The descriptors are for the worker.
    ///
    /// # Errors
    /// Those of [`lane::offer`].
    pub fn make_lane(self: &Arc<Self>, kind: lane::Kind) -> io::Result<(Box<dyn Lane>, Vec<OwnedFd>)> {
        lane::offer_with(kind, |socket| Ok(Box::new(KeptSocket(Arc::new(self.keep(socket)?)))))
    }

    /// Makes a lane, of which the worker is told.
    pub fn open_lane(self: &Arc<Self>, kind: lane::Kind) -> Result<Box<dyn Lane>, OpenError> {
        let keeper = Arc::clone(self);
        let opened = self.run(move || {
            let (lane, theirs) = keeper.make_lane(kind).map_err(OpenError::Local)?;
            let theirs: Vec<_> = theirs.iter().map(std::os::fd::AsFd::as_fd).collect();
            let control = keeper.control().and_then(Guarded::get).map_err(|_| OpenError::Lost)?;
            message::send(&control, OPEN_LANE, &theirs).map_err(|_| OpenError::Lost)?;
            Ok(lane)
        });
        opened.unwrap_or(Err(OpenError::Lost))
    }

    /// Makes a region, and the descriptor to send to the worker.
    pub fn create_region(self: &Arc<Self>, len: u64) -> io::Result<(Region, Kept)> {
        let keeper = Arc::clone(self);
        let made = self.run(move || {
            let (region, fd) = Region::create(len)?;
            Ok((region, keeper.keep(fd)?))
        });
        made.unwrap_or_else(|_| Err(io::ErrorKind::NotConnected.into()))
    }

    /// Makes a region likewise, at an address where nothing is yet.
    pub fn create_region_at(self: &Arc<Self>, len: u64, address: usize) -> io::Result<(Region, Kept)> {
        let keeper = Arc::clone(self);
        let made = self.run(move || {
            let (region, fd) = Region::create_at(len, address)?;
            Ok((region, keeper.keep(fd)?))
        });
        made.unwrap_or_else(|_| Err(io::ErrorKind::NotConnected.into()))
    }

    /// A connection with one end in the caller's table, and the other in the thread's.
    ///
    /// # Errors
    /// Those of sockets.
    pub fn pair(self: &Arc<Self>) -> io::Result<(UnixStream, Kept)> {
        if !self.apart {
            let (ours, theirs) = UnixStream::pair()?;
            return Ok((ours, self.keep(theirs.into())?));
        }
        // Nothing else than a connection comes from one table to another.
        let (ours, theirs) = peer::pair(SocketType::STREAM, |address| {
            let (keeper, address) = (Arc::clone(self), address.clone());
            let connect = move || keeper.keep(peer::connect(SocketType::STREAM, &address)?);
            self.run(connect).unwrap_or_else(|_| Err(io::ErrorKind::NotConnected.into()))
        })?;
        Ok((ours.into(), theirs))
    }

    /// Has a copy of a descriptor of the caller's table.
    ///
    /// # Errors
    /// Those of sockets, by which it comes.
    pub fn copy_of(self: &Arc<Self>, fd: BorrowedFd<'_>) -> io::Result<Kept> {
        if !self.apart {
            return self.keep(fd.try_clone_to_owned()?);
        }
        let (ours, theirs) = self.pair()?;
        lane::send_descriptor(ours.as_fd(), fd)?;
        let keeper = Arc::clone(self);
        let taken = self.run(move || match lane::receive_descriptor(theirs.get()?)? {
            Carried::Here(fd) => keeper.keep(fd),
            Carried::Missed(error) => Err(error),
            Carried::Gone => Err(io::ErrorKind::NotConnected.into()),
        });
        taken.unwrap_or_else(|_| Err(io::ErrorKind::NotConnected.into()))
    }

    /// Gives a descriptor of the thread's table to the caller's.
    ///
    /// # Errors
    /// Those of sockets, by which it comes; the caller's table is full.
    pub fn hand_over(self: &Arc<Self>, fd: Kept) -> io::Result<OwnedFd> {
        let (ours, theirs) = self.pair()?;
        let sent = self.run(move || lane::send_descriptor(theirs.get()?, fd.get()?));
        sent.unwrap_or_else(|_| Err(io::ErrorKind::NotConnected.into()))?;
        let carried = lane::receive_descriptor(ours.as_fd())?;
        drop(ours);
        match carried {
            // The number that is free without the connection is the one that the vendor would have given it.
            Carried::Here(fd) => Ok(match fd.try_clone() {
                Ok(lower) if lower.as_raw_fd() < fd.as_raw_fd() => lower,
                _ => fd,
            }),
            Carried::Missed(error) => Err(error),
            Carried::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// On the thread: keeps a descriptor.
    pub fn keep(self: &Arc<Self>, fd: OwnedFd) -> io::Result<Kept> {
        Ok(Kept { fd: Some(self.guard(fd)?), keeper: Arc::clone(self) })
    }

    /// Nothing comes by the connection any more, beyond what has come.
    pub fn shut(self: &Arc<Self>) {
        let keeper = Arc::clone(self);
        let _ = self.run(move || {
            let control = keeper.control().and_then(Guarded::get)?;
            Ok::<_, io::Error>(rustix::net::shutdown(control, rustix::net::Shutdown::Both)?)
        });
    }

    /// The session is over: the connection is closed, and the thread ends when it has nothing to do.
    pub fn end(self: &Arc<Self>) {
        let keeper = Arc::clone(self);
        let _ = self.send(move || {
            if let Ok(control) = keeper.control() {
                control.close();
            }
        });
        if let Ok(mut jobs) = self.jobs.lock() {
            *jobs = None;
        }
    }
}

/// Why there is no lane.
#[derive(Debug)]
pub enum OpenError {
    /// The worker is gone.
    Lost,
    /// This process may not, or cannot, have another.
    Local(#[expect(dead_code, reason = "for people")] io::Error),
}

/// A descriptor of a keeper's table.
#[derive(Debug)]
pub struct Kept {
    /// `None` once it is on its way to be closed.
    fd: Option<Guarded>,
    keeper: Arc<Keeper>,
}

impl Kept {
    /// Its number, which means something to the keeper and its lanes only.
    pub fn number(&self) -> io::Result<RawFd> {
        self.fd.as_ref().map(Guarded::number).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn get(&self) -> io::Result<BorrowedFd<'_>> {
        self.fd.as_ref().ok_or(io::ErrorKind::NotConnected)?.get()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let fd = self.fd.take();
        if self.keeper.apart {
            // With the thread its table is gone, and with that the descriptor. Here its number means nothing.
            let fd = std::mem::ManuallyDrop::new(fd);
            let _ = self.keeper.send(move || drop(std::mem::ManuallyDrop::into_inner(fd)));
        }
    }
}

/// The socket of a ring lane, as its other threads have it.
#[derive(Debug)]
struct KeptSocket(Arc<Kept>);

impl Carrier for KeptSocket {
    fn send(&self, fd: BorrowedFd<'_>, is_full: &mut dyn FnMut()) -> io::Result<()> {
        let number = fd.as_raw_fd();
        let mut told = false;
        loop {
            let socket = Arc::clone(&self.0);
            // SAFETY: the number is of the keeper's table, in which it stays open while its owner waits here.
            let send = move || lane::send_descriptor(socket.get()?, unsafe { BorrowedFd::borrow_raw(number) });
            match self.0.keeper.run(send).map_err(|_| io::ErrorKind::BrokenPipe)? {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !std::mem::replace(&mut told, true) {
                        is_full();
                    }
                    if self.is_hung_up() {
                        return Err(io::ErrorKind::BrokenPipe.into());
                    }
                    // Nothing tells when there is room: a wait here would keep the thread from what makes it.
                    std::thread::sleep(PAUSE);
                }
                sent => return sent,
            }
        }
    }

    fn recv(&self) -> io::Result<Carried> {
        let (socket, keeper) = (Arc::clone(&self.0), Arc::clone(&self.0.keeper));
        let receive = move || -> io::Result<Result<Kept, Carried>> {
            Ok(match lane::receive_descriptor(socket.get()?)? {
                Carried::Here(fd) => Ok(keeper.keep(fd)?),
                other => Err(other),
            })
        };
        match self.0.keeper.run(receive).unwrap_or(Ok(Err(Carried::Gone)))? {
            Ok(fd) => Ok(self.0.keeper.hand_over(fd).map_or_else(Carried::Missed, Carried::Here)),
            Err(other) => Ok(other),
        }
    }

    fn is_hung_up(&self) -> bool {
        self.0.keeper.was_worker_gone()
    }
}

/// A thread that does not run the program's code.
fn small(name: &str) -> Builder {
    Builder::new().name(name.into()).stack_size(STACK)
}

/// Whether the peer of a connection has closed it.
fn is_closed(control: BorrowedFd<'_>) -> bool {
    let over = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
    ready::poll(&control, PollFlags::RDHUP, Some(Duration::ZERO)).is_ok_and(|ready| ready.intersects(over))
}

/// Gives this thread a table of its own, in which there are the standard descriptors and `heirloom` only. `false` if it cannot be
/// had.
fn part(heirloom: Option<RawFd>) -> bool {
    let kept = heirloom.map_or(FIRST - 1, |number| number as libc::c_uint);
    let range = |from: libc::c_uint, to: libc::c_uint, flags: libc::c_uint| {
        // SAFETY: a plain system call. What is closed is this thread's copy: the first call parts the tables before.
        from > to || unsafe { libc::syscall(libc::SYS_close_range, from, to, flags) } == 0
    };
    if range(kept + 1, libc::c_uint::MAX, libc::CLOSE_RANGE_UNSHARE) {
        range(FIRST, kept - 1, 0);
        let_go();
        return true;
    }
    // SAFETY: a plain system call.
    if unsafe { libc::unshare(libc::CLONE_FILES) } != 0 {
        return false;
    }
    let open = fs::read_dir("/proc/thread-self/fd").into_iter().flatten().flatten();
    let numbers: Vec<RawFd> = open.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number >= FIRST as RawFd && Some(*number) != heirloom) {
        // SAFETY: closes this thread's copy, which nobody uses. (The directory's own is closed by now.)
        unsafe { libc::close(number) };
    }
    let_go();
    true
}

/// The program's standard input and output are not held open by this thread. Its errors are, for a panic's last words.
fn let_go() {
    for number in [0, 1] {
        // SAFETY: closes this thread's copy, which nobody uses.
        unsafe { libc::close(number) };
    }
}
