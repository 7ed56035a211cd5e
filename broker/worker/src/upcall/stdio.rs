//! The worker's standard output and error, which the vendor takes for the program's: what is written there is told to the
//! program's library, which writes it where the program's own output goes by then.
//!
//! `stdout` and `stderr` of the C library are streams of ours, so that what passes through them is known at once.
//! Descriptors 1 and 2 are pipes, which a thread reads. So that what a kernel printed is out before the call returns that
//! waited for the kernel, they are also looked at before replies, once a program was built that may print.

use std::ffi::{c_char, c_int, c_void};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use ava_protocol::control::{EndKind, FromWorker};
use ava_protocol::frame::Notice;
use ava_protocol::upcall::Stream;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::session::Session;

/// How long a process that aborts waits for its last words to be told.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Longest of the last words that are kept for the reason of the end.
const LONGEST_WORDS: usize = 400;

/// Standard output and error are the process's: the C library's streams and what they write to are found by no other way.
static STDIO: OnceLock<Stdio> = OnceLock::new();

struct Stdio {
    session: &'static Session,
    /// What descriptors 1 and 2 are the writing ends of.
    pipes: [(Stream, OwnedFd); 2],
    /// Held while pipes are read, so that what is read is in order.
    reading: Mutex<Vec<u8>>,
    /// Whether kernels may print.
    may_print: AtomicBool,
    /// What was last written to standard error.
    words: Mutex<Vec<u8>>,
    /// Read by the thread that reads the pipes: the process aborts.
    aborting: OwnedFd,
}

/// Makes the C library's streams those of this module. What is written before there is a session is lost.
///
/// To be called before the vendor's library is loaded: C++ takes the streams then.
pub fn open_streams() {
    for stream in [Stream::Buffered, Stream::Error] {
        let functions = CookieFunctions { read: None, write: Some(written), seek: None, close: None };
        // SAFETY: the cookie is a number; the streams are the C library's variables, which no other thread uses yet.
        unsafe {
            let file = fopencookie(stream as usize as *mut c_void, c"w".as_ptr(), functions);
            if file.is_null() {
                continue;
            }
            setvbuf(file, std::ptr::null_mut(), libc::_IONBF, 0);
            match stream {
                Stream::Error => stderr = file,
                Stream::Buffered | Stream::Output => stdout = file,
            }
        }
    }
}

/// From now on what is written is the session's.
///
/// # Errors
/// There are no descriptors or threads for it.
pub fn begin(session: &'static Session) -> std::io::Result<()> {
    let (output, error, abort) =
        (pipe_with(PipeFlags::CLOEXEC)?, pipe_with(PipeFlags::CLOEXEC)?, pipe_with(PipeFlags::CLOEXEC)?);
    // Each end has flags of its own.
    fcntl_setfl(&output.0, OFlags::NONBLOCK)?;
    fcntl_setfl(&error.0, OFlags::NONBLOCK)?;
    rustix::stdio::dup2_stdout(&output.1)?;
    rustix::stdio::dup2_stderr(&error.1)?;
    let stdio = Stdio {
        session,
        pipes: [(Stream::Output, output.0), (Stream::Error, error.0)],
        reading: Mutex::new(vec![0; 64 << 10]),
        may_print: AtomicBool::new(false),
        words: Mutex::default(),
        aborting: abort.0,
    };
    let stdio = STDIO.get_or_init(|| stdio);
    std::thread::Builder::new().name("stdio".into()).spawn(|| stdio.read_on())?;
    ABORT.store(std::os::fd::IntoRawFd::into_raw_fd(abort.1), Ordering::Release);
    // SAFETY: the handler is async-signal-safe.
    unsafe { libc::signal(libc::SIGABRT, aborts as *const () as libc::sighandler_t) };
    Ok(())
}

/// Something may be printed from now on, by a kernel or by this process itself.
pub fn may_print() {
    if let Some(stdio) = STDIO.get() {
        stdio.may_print.store(true, Ordering::Relaxed);
    }
}

/// Something may be printed from now on, if this text that is compiled names the function that does it.
pub fn expect(text: &[u8]) {
    const PRINTF: &[u8] = b"printf";
    if text.windows(PRINTF.len()).any(|word| word == PRINTF) {
        may_print();
    }
}

/// Whatever kernels have printed by now is told.
pub fn gather() {
    if let Some(stdio) = STDIO.get().filter(|stdio| stdio.may_print.load(Ordering::Relaxed)) {
        stdio.gather();
    }
}

/// Whatever was printed by now is told, however long the program takes to read what was told before.
pub fn gather_all() {
    if let Some(stdio) = STDIO.get() {
        while !stdio.gather() {
            stdio.session.outbox.wait_for_room();
        }
    }
}

/// What comes before a reply, if anything was ever written.
pub fn notice(session: &Session) -> Option<Notice> {
    gather();
    let number = session.outbox.said();
    (number > 0).then_some(Notice::Said { number })
}

impl Stdio {
    fn read_on(&self) {
        loop {
            let mut fds = [&self.pipes[0].1, &self.pipes[1].1, &self.aborting].map(|fd| PollFd::new(fd, PollFlags::IN));
            if poll(&mut fds, None).is_err() {
                continue;
            }
            let aborting = !fds[2].revents().is_empty();
            // Who prints waits for a program that does not read, as natively, and nobody else does.
            self.session.outbox.wait_for_room();
            self.gather();
            if aborting {
                return self.speak_last();
            }
        }
    }

    /// Tells what is in the pipes, as far as there is room; whether that was all. Waits for nobody: lanes come by here with
    /// every reply.
    fn gather(&self) -> bool {
        let Ok(mut room) = self.reading.lock() else { return true };
        for (stream, pipe) in &self.pipes {
            loop {
                if !self.session.outbox.has_room() {
                    return false;
                }
                let Ok(len @ 1..) = rustix::io::read(pipe, &mut *room) else { break };
                // Whatever prints may print again.
                self.may_print.store(true, Ordering::Relaxed);
                self.say(*stream, &room[..len]);
            }
        }
        true
    }

    fn say(&self, stream: Stream, bytes: &[u8]) {
        if stream == Stream::Error
            && let Ok(mut words) = self.words.lock()
        {
            words.extend_from_slice(&bytes[bytes.len().saturating_sub(LONGEST_WORDS)..]);
            let excess = words.len().saturating_sub(LONGEST_WORDS);
            words.drain(..excess);
        }
        self.session.outbox.say(stream, bytes);
    }

    /// The process aborts: the program gets the rest of what was written, and the broker the last of it as the reason.
    fn speak_last(&self) {
        let words = self.words.lock().map(|words| String::from_utf8_lossy(&words).trim().replace('\n', "; "));
        if let Ok(words) = words
            && !words.is_empty()
        {
            let ended = FromWorker::Ended { kind: EndKind::Crashed, reason: words };
            self.session.broker.tell_last(&[ended], LAST_WORDS / 2);
        }
        self.session.outbox.drain();
        SPOKEN.store(true, Ordering::Release);
    }
}

/// Written to when the process aborts. A signal's handler is the process's, and is given nothing but the signal's number.
static ABORT: AtomicI32 = AtomicI32::new(-1);
/// The last words are told: the handler may go on.
static SPOKEN: AtomicBool = AtomicBool::new(false);

/// Waits a moment for the thread that reads. Then `abort` goes on to its end.
extern "C" fn aborts(_signal: c_int) {
    // SAFETY: system calls that are async-signal-safe, on memory of this function's.
    unsafe {
        libc::write(ABORT.load(Ordering::Acquire), c"!".as_ptr().cast(), 1);
        let step = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        for _ in 0..LAST_WORDS.as_millis() {
            if SPOKEN.load(Ordering::Acquire) {
                return;
            }
            libc::nanosleep(&raw const step, std::ptr::null_mut());
        }
    }
}

/// What one of the streams is to write.
unsafe extern "C" fn written(cookie: *mut c_void, bytes: *const c_char, len: usize) -> isize {
    if let Some(stdio) = STDIO.get() {
        // SAFETY: the C library names its own bytes.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), len) };
        let error = cookie as usize == Stream::Error as usize;
        stdio.session.outbox.wait_for_room();
        stdio.say(if error { Stream::Error } else { Stream::Buffered }, bytes);
    }
    len as isize
}

#[repr(C)]
struct CookieFunctions {
    read: Option<unsafe extern "C" fn(*mut c_void, *mut c_char, usize) -> isize>,
    write: Option<unsafe extern "C" fn(*mut c_void, *const c_char, usize) -> isize>,
    seek: Option<unsafe extern "C" fn(*mut c_void, *mut i64, c_int) -> c_int>,
    close: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
}

unsafe extern "C" {
    static mut stdout: *mut libc::FILE;
    static mut stderr: *mut libc::FILE;
    fn fopencookie(cookie: *mut c_void, mode: *const c_char, functions: CookieFunctions) -> *mut libc::FILE;
    fn setvbuf(file: *mut libc::FILE, buffer: *mut c_char, mode: c_int, size: usize) -> c_int;
}
